"""The numbers and claims that the prose of the optional chapter on more noise states, computed anew."""

import re

import numpy as np
import pytest

from gradus import data, nn
from solutions.more_noise import fractional_pooling_regions, stochastic_depth_forward
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "more-noise.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    """The names that the chapter's experiments have made when all of them have run."""
    return run_chapter("more-noise")


# Claims that need no experiment


def test_expected_depth():
    said("with 54 blocks and $p_L = \\tfrac12$, about 40")
    assert np.sum(1 - np.arange(1, 55) / 54 * 0.5) == pytest.approx(40.25)
    said("A quarter of the training time is saved")
    assert 1 - 40.25 / 54 == pytest.approx(0.25, abs=0.01)


def test_without_the_factor_a_branch_adds_too_much():
    said("without the factor a branch adds $1/p_l$ times what it added on average in training")
    x, branch = np.zeros((100_000, 1)), np.ones((100_000, 1))
    for survival in (0.5, 0.8):
        added = [
            stochastic_depth_forward(x, branch, survival, True, np.random.default_rng(seed))
            for seed in range(5)
        ]
        assert np.max(added) == 1  # what it adds at most is the same with and without the factor
        assert 1 / np.mean(added) == pytest.approx(1 / survival, rel=0.01)
        assert stochastic_depth_forward(x, branch, survival, False, None) == pytest.approx(survival)


def test_a_toss_for_each_example_saves_little():
    said("with a toss for each example it mostly is")
    survival = 1 - np.arange(1, 55) / 54 * 0.5
    computed = 1 - (1 - survival) ** 32  # unless it is dropped for each of 32 examples
    assert computed.mean() > 0.999


def test_the_edges_of_the_examples():
    said("the regions are $[0, 2), [2, 3), [3, 4), [4, 6), [6, 7)$")
    assert fractional_pooling_regions(7, 5, 0.5).tolist() == [
        [0, 2],
        [2, 3],
        [3, 4],
        [4, 6],
        [6, 7],
    ]
    said("the edges 0, 1, 3, 5 and the regions $[0, 1), [1, 3), [3, 5)$")
    assert fractional_pooling_regions(5, 3, 0.0).tolist() == [[0, 1], [1, 3], [3, 5]]


# Claims about what the experiments show


def test_the_noise_of_dropconnect_is_independent(page):
    said("their noise is correlated; with DropConnect each output has losses of its own")
    correlations = [
        np.corrcoef(outputs.T)[0, 1]
        for outputs in (
            page["dropped"] @ np.array([[1.0, 0.5], [0.8, 1.2], [0.3, 0.6]]),
            page["connect"],
        )
    ]
    assert correlations[0] > 0.9
    assert abs(correlations[1]) < 4 / np.sqrt(20_000)


def test_the_common_pattern(page):
    said("One random pass is poor, the average of many is good")
    rng, labels = np.random.default_rng(5), page["y_test"]
    for name, (random_pass, one_pass) in page["PASSES"].items():
        passes = np.array([nn.softmax(random_pass(rng)) for _ in range(32)])
        alone = np.mean(passes.argmax(axis=2) != labels)
        together = np.mean(passes.mean(axis=0).argmax(axis=1) != labels)
        fixed = np.mean(one_pass.argmax(axis=1) != labels)
        assert together < alone - 0.02
        if name == "fractional pooling":
            assert fixed > (alone + together) / 2
        else:
            assert fixed < together + 0.01
    said("fixed regions are just one draw")


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_common_pattern_on_other_digits(page, seed):
    network, pooled_network, pooled = page["network"], page["on_pooled"], page["pooled"]
    x, y, rng = data.few_digits(seed, n_wrong=0)

    def loss_of_pooled(theta, x, y):
        return pooled_network.loss(theta, pooled(x, *rng.random(2)), y)

    thetas = [
        nn.train(network, x, y, rng, lambda *at: page["dropconnect_loss"](*at, rng))[-1],
        nn.train(pooled_network, x, y, rng, loss_of_pooled)[-1],
    ]
    tests = page["x_test"]
    drops = (page["drop_first_weights"](thetas[0], rng)[0] for _ in range(32))
    passes = (
        [network.logits(theta, tests) for theta in drops],
        [pooled_network.logits(thetas[1], pooled(tests, *rng.random(2))) for _ in range(32)],
    )
    ones = (
        network.logits(thetas[0], tests),
        pooled_network.logits(thetas[1], pooled(tests, 0.4, 0.4)),
    )
    for many, one, stands_in in zip(passes, ones, (True, False), strict=True):
        many = nn.softmax(np.array(many))
        guesses = many.argmax(axis=2), many.mean(axis=0).argmax(axis=1), one.argmax(axis=1)
        alone, together, fixed = (np.mean(guess != page["y_test"]) for guess in guesses)
        assert together < alone - 0.02
        assert (fixed < (alone + together) / 2) == stands_in
