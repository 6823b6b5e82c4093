"""The numbers and claims that the prose of the chapter on regularization states, computed anew."""

import re

import numpy as np
import pytest

from solutions.regularization import (
    decoupled_weight_decay_step,
    early_stopping,
    fractional_pooling_regions,
    soft_threshold,
)
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "regularization.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    """The names that the chapter's experiments have made when all of them have run."""
    return run_chapter("regularization")


# Claims that need no experiment


def test_the_corner_and_the_point_on_the_circle_are_where_level_lines_touch():
    centre, hessian = np.array([0.4, 1.8]), np.array([[1.0, 0.35], [0.35, 0.8]])
    w = np.array([1.0, 1.0])
    for _ in range(2000):
        w = soft_threshold(w - 0.5 * hessian @ (w - centre), 0.5 * 0.78)
    assert w == pytest.approx([0, 1], abs=1e-6)
    said("solves the problem with the penalty 0.78")
    ball = np.linalg.solve(hessian + 0.7 * np.eye(2), hessian @ centre)
    gradient = hessian @ (ball - centre)
    assert gradient == pytest.approx(-0.7 * ball)


def test_a_little_shrinkage_always_helps():
    said("its derivative by $a$ is $2\\sigma^2 > 0$: *a little shrinkage always helps*")
    said("The best factor is $a = w^2 / (w^2 + \\sigma^2)$")
    w, sigma = 0.3, 1.7

    def error(a):
        return (1 - a) ** 2 * w**2 + a**2 * sigma**2

    assert (error(1 + 1e-6) - error(1 - 1e-6)) / 2e-6 == pytest.approx(2 * sigma**2)
    grid = np.linspace(0, 1, 100_001)
    assert grid[error(grid).argmin()] == pytest.approx(w**2 / (w**2 + sigma**2), abs=1e-5)


def test_early_stopping_is_like_l2_for_small_curvature():
    said("For small $h$ the factor is about $\\eta t h$")
    lr, t, h = 0.5, 100, 1e-5
    assert 1 - (1 - lr * h) ** t == pytest.approx(lr * t * h, rel=1e-3)
    assert h / (h + 1 / (lr * t)) == pytest.approx(lr * t * h, rel=1e-3)


def test_decay_under_adam_is_divided_by_the_size_of_the_gradients():
    said("the decay in one step is about $\\eta\\lambda w / s$ in place of $\\eta\\lambda w$")
    lr, lam, n = 0.002, 0.1, 1000
    for size in (1.0, 10.0):
        rng, w = np.random.default_rng(0), np.ones(4000)
        m = v = np.zeros_like(w)
        for t in range(1, n + 1):
            g = size * rng.normal(size=w.shape) + lam * w
            w, m, v = decoupled_weight_decay_step(w, g, m, v, t, lr, 0.0)
        # Four standard errors of the mean of a walk of n steps of length lr.
        slack = 4 * lr * np.sqrt(n / 4000)
        assert w.mean() == pytest.approx(np.exp(-lr * lam / size * n), abs=slack + 0.005)


def test_masks_of_a_large_layer():
    said("$2^{4096} \\approx 10^{1233}$")
    assert 4096 * np.log10(2) == pytest.approx(1233, abs=0.1)


def test_ten_equal_inputs_have_a_tenth_of_the_variance():
    said("the same sum from ten equal inputs has a tenth of the variance")
    assert 10 * 0.1**2 == pytest.approx(0.1)
    said("At $p = 0.2$ the wrong one gives a quarter of the right one.")
    assert 0.2 / 0.8 == 0.25


def test_expected_depth():
    said("with 54 blocks and $p_L = \\tfrac12$, about 40")
    assert np.sum(1 - np.arange(1, 55) / 54 * 0.5) == pytest.approx(40.25)
    said("A quarter of the training time is saved")
    assert 1 - 40.25 / 54 == pytest.approx(0.25, abs=0.01)


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


def test_the_answers_to_the_questions():
    said("the step is $-\\eta\\,(-0.02 + 0.01) > 0$")
    said("3. $(0.7,\\ 0,\\ -0.2)$.")
    assert soft_threshold(np.array([1.2, -0.3, -0.7]), 0.5) == pytest.approx([0.7, 0, -0.2])
    said("It stops at the end of epoch 3, counted from 0")
    assert early_stopping([0.9, 0.7, 0.75, 0.72, 0.69, 0.8, 0.8], 2) == (3, 1)


def test_the_network_of_the_framework_section(oracle):
    said("The network above has 266,610 parameters")
    model = oracle("keras")["results"]["dropout_model"]
    assert model["total"] == 266_610 == 785 * 300 + 301 * 100 + 101 * 10


# Claims about what the experiments show


def test_the_opening(page):
    said("has 7,510 parameters: 75 for each example")
    network = page["network"]
    assert network.size == 7510
    x, y, _ = page["few_digits"](0)
    last = page["plain_path"][-1]
    assert network.accuracy(last, x, y) == 1
    said("It repeats the ten wrong labels, all of them.")
    assert (network.logits(last, x[:10]).argmax(axis=1) == y[:10]).all()
    assert 20 <= page["lowest"] <= 45
    assert page["val_losses"][-1] > 1.2 * min(page["val_losses"])


def test_zeros_of_l1(page):
    said("The subgradient has no exact zero to show, the proximal step a large share")
    assert not (page["by_slope"][page["is_weight"]] == 0).any()
    assert np.mean(page["by_prox"][page["is_weight"]] == 0) > 0.4
    said("Ridge shrinks every coefficient and sets none to zero")
    assert not (np.array(page["ridge_path"]) == 0).any()
    lasso, others = np.array(page["lasso_path"]), page["truth"] == 0
    assert (lasso[-1] == 0).all()
    gone = (lasso[:, others] == 0).all(axis=1).argmax()
    assert (lasso[gone, ~others] != 0).all()
    assert (np.diff((lasso == 0).sum(axis=1)) >= 0).all()


def test_twins_share_under_both_penalties(page):
    said("L1 alone gives most of it to one twin.")
    said("the twins share *and* most of the useless features are zero")
    twins, response, prox = (page[name] for name in ("twins", "response", "elastic_net_prox"))
    lr = 1 / np.linalg.eigvalsh(twins.T @ twins / 60).max()

    def fitted(l1, l2):
        w = np.zeros(13)
        for _ in range(3000):
            w = prox(w - lr * twins.T @ (twins @ w - response) / 60, lr, l1, l2)
        return w

    l2, l1, both = fitted(0.0, 0.4), fitted(0.4, 0.0), fitted(0.4, 0.4)
    assert l2[0] == pytest.approx(l2[1], abs=0.05)
    assert l1[1] > 5 * l1[0]
    assert both[0] == pytest.approx(both[1], abs=0.05)
    assert [np.sum(w[5:] == 0) for w in (l2, l1, both)] == [0, 8, 6]


def test_what_is_left_under_adam(page):
    said("the one with large gradients stays near one")
    small, middle, large = page["means"]["L2 inside Adam"][-1]
    assert small < 0.06 < 0.6 < middle < 0.7 < 0.94 < large
    said("and fall to 0.67")
    assert page["means"]["AdamW"][-1] == pytest.approx([0.67] * 3, abs=0.012)


def test_restored_weights_are_better_than_those_of_the_stop(page):
    said("since the weights are restored, little else is lost")
    rows = [early_stopping(page["val_losses"], patience) for patience in (10, 30, 1000)]
    assert len({best for _, best in rows}) == 1
    network, path = page["network"], page["plain_path"]
    at_stop, restored = (
        network.loss(path[k], page["x_test"], page["y_test"])[0] for k in (rows[2][0], rows[2][1])
    )
    assert restored < at_stop - 0.2


def mean_accuracy(page, name, n, epochs, seeds):
    thetas = [page["train_augmented"](name, seed, n, epochs=epochs) for seed in seeds]
    x, y = page["x_test"], page["y_test"]
    return np.mean([page["network"].accuracy(theta, x, y) for theta in thetas])


def test_flips_and_shifts_harm_and_warps_help(page):
    said("Flips harm:")
    said("Shifts by a whole pixel, so often recommended, harm as well")
    plain, flip, shift, warps = (
        mean_accuracy(page, name, 100, 150, range(4)) for name in page["AUGMENT"]
    )
    assert max(flip, shift) < plain - 0.01
    assert warps > plain
    said("With small warps the error is lower for every number of digits.")
    plain, warps = (np.array(page["accuracies"][name]) for name in ("nothing", "small warps"))
    assert (warps > plain).all()
    said("Twice as many digits lower it more.")
    assert (np.diff(plain) > (warps - plain)[:-1]).all()
    said("in half the steps the warps gain nothing at 400 digits")
    nothing, warped = (
        mean_accuracy(page, name, 400, 37, range(3)) for name in ("nothing", "small warps")
    )
    assert warped < nothing + 0.003


def test_a_pass_with_all_units_against_all_masks(page):
    said("Where the output is *linear* in the mask, the two are equal, to rounding")
    assert len(page["masks"]) == 1024
    assert page["chances"].sum() == pytest.approx(1)
    full = page["full_pass"]
    assert page["mean_logits"] == pytest.approx(full, abs=1e-11)
    assert page["geometric"] == pytest.approx(page["softmax"](full), abs=1e-12)
    assert page["mean_probabilities"] != pytest.approx(page["softmax"](full), abs=0.1)
    said(
        "one pass is more confident than the average, though it nearly always names the same class"
    )
    assert (page["passed"] > page["averaged"]).mean() > 0.9
    assert page["agree"] > 0.95


def test_dropout_still_learns_the_wrong_labels(page):
    said("the survivors, too, can learn the wrong labels")
    x, y, _ = page["few_digits"](0)
    logits = page["network"].logits(page["dropout_path"][-1], x)
    assert (logits.argmax(axis=1) == y).all()


def test_the_wrong_ratio_spoils_the_loss_of_both_networks_and_the_accuracy_of_the_deep_one(page):
    said("The loss tells the mistake in both.")
    labels = page["y_test"]

    def scores(layers, factor):
        *below, (weights, biases) = layers
        hidden = page["x_test"]
        for w, b in below:
            hidden = np.maximum(hidden @ w + b, 0) * factor
        logits = hidden @ weights + biases
        probabilities = page["softmax"](logits)[np.arange(len(labels)), labels]
        return -np.log(probabilities).mean(), np.mean(logits.argmax(axis=1) == labels)

    (right, high), (wrong, still) = (scores(page["trained"][0], k) for k in (1, 0.25))
    assert wrong > right + 0.4
    assert still == pytest.approx(high, abs=0.01)
    (right, high), (wrong, low) = (scores(page["trained"][1], k) for k in (1, 0.25))
    assert wrong > right + 1
    assert low < high - 0.3


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
        passes = np.array([page["softmax"](random_pass(rng)) for _ in range(32)])
        alone = np.mean(passes.argmax(axis=2) != labels)
        together = np.mean(passes.mean(axis=0).argmax(axis=1) != labels)
        fixed = np.mean(one_pass.argmax(axis=1) != labels)
        assert together < alone - 0.02
        if name == "fractional pooling":
            assert fixed > (alone + together) / 2
        else:
            assert fixed < together + 0.01
    said("fixed regions are just one draw")


def test_the_remedies(page):
    gains = {
        name: 100 * (scores[:, 1] - page["scores"]["nothing"][:, 1]).mean()
        for name, scores in page["scores"].items()
    }
    repeated = {name: scores[:, 2].mean() for name, scores in page["scores"].items()}
    said(
        "Flips lose. L1 is near zero, L2 gains about one point, early stopping and dropout two to three"
    )
    assert gains["flips"] < -0.5
    assert abs(gains["L1, proximal"]) < 0.7
    assert gains["L2"] == pytest.approx(1, abs=0.7)
    assert gains["early stopping"] == pytest.approx(2.2, abs=0.8)
    assert gains["dropout"] == pytest.approx(2.5, abs=0.8)
    said("Warps and dropout together gain more than both alone added up.")
    both = gains["warps and dropout"]
    assert both == max(gains.values())
    assert both > gains["dropout"] + gains["small warps"] + 0.5
    said("On top of the others it adds nothing here")
    assert gains["warps, dropout, stop"] < both
    said("dropout alone gains while it still repeats all of them")
    assert repeated["dropout"] == repeated["nothing"] == 10
    assert repeated["warps and dropout"] < 7
