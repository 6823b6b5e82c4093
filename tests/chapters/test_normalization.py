"""The numbers and claims that the prose of the chapter on normalization states, computed anew."""

import re

import numpy as np
import pytest

from gradus import nn
from solutions.batchnorm import batchnorm_backward, batchnorm_forward
from solutions.normalization import equilibrium, layernorm_forward, recalibrate
from tests.conftest import ROOT

SEEDS = range(20, 25)  # none of the page's
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "normalization.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    return run_chapter("normalization")


def test_of_a_batch_of_two_one_bit_is_left():
    said("So of a batch of two a unit hands on one bit")
    x = np.random.default_rng(0).normal(3, 2, size=(2, 50))
    x_hat = batchnorm_forward(x, np.ones(50), np.zeros(50), 1e-30)[1]
    assert np.abs(x_hat) == pytest.approx(1)
    said("of two *features* it leaves one bit")
    x_hat = layernorm_forward(x.T, np.ones(2), np.zeros(2), 1e-30)[1]
    assert np.abs(x_hat) == pytest.approx(1)


@pytest.mark.parametrize("norm", ["batch", "layer", "group", "instance", "position"])
def test_the_coloured_numbers_are_those_of_the_norm(page, norm):
    """Changing a number outside of the coloured part leaves the chosen one's normalized value."""
    shape, chosen = (4, 6, 5), (1, 2, 2)
    mask = page["averaged"](norm, shape, 2, chosen)
    assert mask[chosen]
    sizes = {"batch": 20, "layer": 30, "group": 15, "instance": 5, "position": 6}
    assert mask.sum() == sizes[norm]
    # The part is that of each of its numbers: it is one of the parts into which the cube is cut.
    for other in np.argwhere(mask):
        assert np.array_equal(page["averaged"](norm, shape, 2, tuple(other)), mask)


def test_layer_and_rms_differ_by_the_mean():
    said("By about $0.8/\\sqrt d$, if the numbers have no mean in common.")
    said("there $\\mu^2$ is $1/\\pi$ of the mean square")
    rng = np.random.default_rng(3)
    for d in (32, 256):
        x = rng.normal(size=(4000, d))
        x_hat = layernorm_forward(x, np.ones(d), np.zeros(d))[1]
        by_rms = x / np.sqrt(np.mean(x**2, axis=1, keepdims=True))
        apart = np.linalg.norm(x_hat - by_rms, axis=1) / np.sqrt(d)
        assert apart.mean() * np.sqrt(d) == pytest.approx(np.sqrt(2 / np.pi), rel=0.05)
    assert np.sqrt(2 / np.pi) == pytest.approx(0.8, abs=0.005)
    a = np.maximum(rng.normal(size=1_000_000), 0)
    assert a.mean() ** 2 / np.mean(a**2) == pytest.approx(1 / np.pi, rel=0.01)


def test_the_gradients_of_the_pages_networks(page):
    x, y = page["digits"].x_train[:12], page["digits"].y_train[:12]
    rng = np.random.default_rng(0)
    networks = [
        (
            page["residual"](rng, 3),
            lambda ws, place=place: page["residual_gradient"](ws, x, y, place),
        )
        for place in ("pre", "post", "none")
    ]
    networks += [
        (page["start"](rng), lambda ws, batch=batch: page["gradient"](ws, x, y, batch))
        for batch in (True, False)
    ]
    for weights, at in networks:
        grads = at(weights)[1]
        for i, grad in enumerate(grads):
            for _ in range(4):
                place = tuple(rng.integers(size) for size in grad.shape)
                ends = []
                for h in (1e-5, -1e-5):
                    moved = [w.copy() for w in weights]
                    moved[i][place] += h
                    ends.append(at(moved)[0])
                there = (ends[0] - ends[1]) / 2e-5
                assert there == pytest.approx(grad[place], abs=1e-6 * np.abs(grad).max() + 1e-9)


def test_batch_normalization_is_that_of_the_transposed_matrix(page):
    said("batch normalization is layer normalization of the transposed matrix")
    z = np.random.default_rng(0).normal(size=(9, 5))
    expected = batchnorm_forward(z, np.ones(5), np.zeros(5))[1]
    assert page["N"](z.T)[0].T == pytest.approx(expected)


def test_the_straight_way(page):
    said("Post-norm halves the straight way in each block; pre-norm keeps it")
    said("and all of them about $1/e$")
    assert (1 + 1 / 16) ** -16 == pytest.approx(np.exp(-1), rel=0.05)
    for name, shares in page["ways"].items():
        ratio = shares / page["predicted"][name]
        # Of widths as small as these, each block is off by up to a tenth.
        assert np.all(np.abs(np.log(ratio)) < 0.12 * np.arange(17) + 0.15), name
    assert page["ways"]["post-norm"][-1] < 1e-3 < 0.05 < page["ways"]["pre-norm"][-1]


def test_the_straight_way_of_wide_networks(page):
    """Seeds that are not the page's, and a width at which the drawn variances are near the expected."""
    x, y = page["digits"].x_train[:100], page["digits"].y_train[:100]
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        post = page["residual_gradient"](page["residual"](rng, 8, width=256), x, y, "post")[2]
        pre = page["residual_gradient"](page["residual"](rng, 8, width=256), x, y, "pre")[2]
        assert np.log(post[-1] / 2**-8) == pytest.approx(0, abs=1.0)
        assert pre[-1] * 9 == pytest.approx(1, abs=0.2)


def test_without_a_norm_the_variance_doubles_in_each_block(page):
    said("then the variance doubles in each of $L$ blocks, and $2^L$ is the old trouble")
    growths = []
    for seed in SEEDS:
        first, *branches, _ = page["residual"](np.random.default_rng(seed), 16, width=128)
        h = page["digits"].x_train[:100] @ first
        start = np.mean(h**2)
        for w1, w2 in zip(branches[::2], branches[1::2], strict=True):
            h = h + np.maximum(h @ w1, 0) @ w2
        growths.append(np.log2(np.mean(h**2) / start) / 16)
    assert np.mean(growths) == pytest.approx(1, abs=0.15)


def test_pre_and_post_norm(page):
    said("post-norm learns slowly, pre-norm fast, and post-norm with small branches as fast.")
    best = {
        name: losses[losses[:, :, -1].mean(axis=1).argmin(), :, -1]
        for name, losses in page["by_place"].items()
    }
    assert best["post-norm"].min() > 2 * best["pre-norm"].mean()
    small = best["post-norm, small branches"]
    assert small.mean() < best["pre-norm"].mean() + 0.05
    assert best["post-norm"].mean() == pytest.approx(1.04, abs=0.1)
    assert best["pre-norm"].mean() == pytest.approx(0.37, abs=0.05)
    assert small.mean() == pytest.approx(0.31, abs=0.05)


def test_pre_and_post_norm_with_other_seeds_and_rates(page):
    def mean(kind, lr, **how):
        return np.mean(
            [page["residual_losses"](*page["kinds"][kind], lr, seed, **how)[-1] for seed in SEEDS]
        )

    with np.errstate(all="ignore"):
        pre, small = mean("pre-norm", 0.1), mean("post-norm, small branches", 0.03)
        post = [mean("post-norm", lr) for lr in (0.01, 0.03)]
        said("with 60 steps of it the best loss is no lower")
        warm = [mean("post-norm", lr, warm_up=60) for lr in (0.03, 0.1)]
        said("by the fifteenth epoch its loss is below 0.3, too")
        late = mean("post-norm", 0.03, epochs=15)
    assert late < 0.3
    assert pre < 0.5 and small < 0.5
    assert min(post) > 0.85
    assert min(warm) > min(post) - 0.1


def test_the_gradients_of_post_norm_are_of_one_order(page):
    said("which at the start are of one order in all blocks of the post-norm network")
    x, y = page["digits"].x_train[:300], page["digits"].y_train[:300]
    sizes = []
    for seed in SEEDS:
        weights = page["residual"](np.random.default_rng(seed), 16)
        grads = page["residual_gradient"](weights, x, y, "post")[1]
        sizes.append([np.linalg.norm(g) for g in grads[1:-1:2]])
    typical = np.exp(np.mean(np.log(sizes), axis=0))
    assert typical.max() / typical.min() < 4


def test_recalibration(page):
    said(
        "It helps where the averages are of something else: of their own start, or of other images."
    )
    cases = [*page["cases"], *(page["four_cases"](seed) for seed in SEEDS)]
    gain = {name: np.array([case[name][1] - case[name][0] for case in cases]) for name in cases[0]}
    assert gain["two epochs, averages with 0.99"].mean() > 0.02
    assert gain["images of half the contrast"].mean() > 0.2
    assert abs(gain["weights averaged over 5 epochs"].mean()) < 0.015
    said("what was learned in batches of two is not mended")
    two = np.array([case["trained in batches of 2"] for case in cases])
    assert two.max() < 0.9
    assert abs(np.mean(two[:, 1] - two[:, 0])) < 0.1


def test_averaged_weights_of_deep_networks_need_new_statistics(page):
    said("new ones gain about two points at this rate, and more than five at three times the rate")
    digits = page["digits"]
    x, y = digits.x_validation, digits.y_validation

    def gain(lr):
        found = []
        for seed in range(26, 34):
            weights = page["start"](np.random.default_rng(seed), widths=(64, *[50] * 8, 10))
            path, kept = page["trained"](weights, lr, 8, seed)
            mean = [np.mean(ws, axis=0) for ws in zip(*path[3:], strict=True)]
            new = page["recalibrated"](mean, digits.x_train)
            found.append(page["accuracy"](mean, x, y, new) - page["accuracy"](mean, x, y, kept))
        return np.mean(found)

    assert gain(1.0) == pytest.approx(0.022, abs=0.012)
    assert 0.05 < gain(3.0) < 0.25


def test_a_change_of_contrast_is_undone_altogether(page):
    said("it shifts and stretches each unit of the first layer")
    digits, weights = page["digits"], page["start"](np.random.default_rng(1))
    kept = page["recalibrated"](weights, digits.x_train)
    other = page["recalibrated"](weights, 0.5 * digits.x_train + 0.5)
    z, changed = digits.x_test @ weights[0], (0.5 * digits.x_test + 0.5) @ weights[0]
    hats = [
        (a - mean) / np.sqrt(var + 1e-5) for a, (mean, var) in ((z, kept[0]), (changed, other[0]))
    ]
    assert hats[0] == pytest.approx(hats[1], abs=1e-3)


def test_with_and_without_a_batch(page):
    said("Four epochs. In batches of two batch normalization fails, from eight on it is ahead.")
    said("with four images they are about equal")
    best = {batch: runs.mean(axis=0).min(axis=1) for batch, runs in page["errors"].items()}
    assert best[True][0] > 0.3 > 0.1 > best[False][0]
    assert abs(best[True][1] - best[False][1]) < 0.03
    assert np.all(best[True][2:] < best[False][2:] - 0.01)


def test_with_and_without_a_batch_with_other_seeds(page):
    def error(batch, size):
        runs = np.array([page["error_by_rate"](batch, size, seed) for seed in SEEDS])
        return runs.mean(axis=0).min()

    assert error(True, 2) > 0.3 > 0.13 > error(False, 2)
    assert error(True, 32) < error(False, 32) - 0.01


def test_in_a_longer_training_the_lead_of_batch_normalization_is_gone(page):
    said("in sixteen epochs, each at its best rate, the two come within about a point")
    said("from eight images on, and with four layer normalization is ahead")
    said("In batches of two batch normalization still has a quarter of the images wrong.")
    digits = page["digits"]

    def error(batch, size, rates):
        def once(lr, seed):
            weights = page["start"](np.random.default_rng(seed))
            path, kept = page["trained"](weights, lr, 16, seed, batch, size, n=480)
            statistics = kept if batch else None
            return 1 - page["accuracy"](path[-1], digits.x_test, digits.y_test, statistics)

        return min(np.mean([once(lr, seed) for seed in SEEDS]) for lr in rates)

    # Of 0.003 to 3 these rates are the best on five other seeds; for a batch of four the next, too.
    assert abs(error(True, 32, (1.0,)) - error(False, 32, (0.3,))) < 0.015
    assert abs(error(True, 8, (0.1,)) - error(False, 8, (0.1,))) < 0.015
    assert error(False, 4, (0.03,)) < error(True, 4, (0.03, 0.1)) - 0.003
    assert error(True, 2, (0.03,)) > 0.25


def test_the_equilibrium(page):
    said("The angle is the same for all, to a few percent.")
    said("The length is not quite")
    ratio = page["angle"] / page["expected"][:, 1]
    assert np.all(np.abs(ratio - 1) < 0.07)
    assert np.all(np.abs(page["length"] / page["expected"][:, 0] - 1) < 0.05)
    assert page["expected"][0, 1] == pytest.approx(0.17, abs=0.005)
    assert page["length"].max() > 1.3 * page["length"].min()
    said("and so on the last layer, which has neither norm nor decay, and remembers")
    gradients = page["G"].reshape(3, -1)
    assert gradients[2].min() > 1.5 * gradients[:2].max()


def decayed(page, weights, lr, decay, epochs, rng):
    """SGD with decay in front of the norms: of each step the loss, the gradients, the weights before and after."""
    digits = page["digits"]
    for _ in range(epochs):
        for rows in nn.batches(len(digits.y_train), 32, rng):
            x, y = digits.x_train[rows], digits.y_train[rows]
            loss, grads, _ = page["gradient"](weights, x, y)
            moved = [
                w - lr * (g + d * w)
                for w, g, d in zip(weights, grads, (decay, decay, 0.0), strict=True)
            ]
            yield loss, grads, weights, moved
            weights = moved


def test_the_gradient_in_equilibrium_is_that_of_how_the_last_layer_began(page):
    """Three times as long were the last layer alone, or the others; the angle is that of all layers."""
    said("It sets the angle of a step, for all layers alike, however large their gradients are")

    def at_the_end(factors, seed):
        """Gradients of the second layer as at length 1, and the angles of both, in mean square."""
        rng, found = np.random.default_rng(seed), []
        weights = [f * w for f, w in zip(factors, page["start"](rng), strict=True)]
        for _, grads, old, new in decayed(page, weights, 0.3, 0.05, 8, rng):
            cosines = [
                np.sum(w * v) / np.linalg.norm(w) / np.linalg.norm(v)
                for w, v in zip(old[:2], new[:2], strict=True)
            ]
            size = np.linalg.norm(grads[1]) * np.linalg.norm(old[1])
            found.append([size, *np.arccos(cosines)])
        return np.sqrt(np.mean(np.square(found[-100:]), axis=0))

    ends = np.array(
        [
            [at_the_end(factors, seed) for seed in SEEDS]
            for factors in ((1, 1, 1), (3, 3, 1), (1, 1, 3))
        ]
    )
    sizes, angles = ends[..., 0], ends[..., 1:]
    assert sizes[2].min() > 1.15 * sizes[:2].max()
    assert sizes[1].mean() < 1.25 * sizes[0].mean() < 0.8 * sizes[2].mean()
    assert angles == pytest.approx(equilibrium(0.3, 0.05, 1.0)[1], rel=0.09)


@pytest.mark.parametrize(("lr", "decay"), [(0.3, 0.03), (0.1, 0.2)])
def test_the_equilibrium_with_other_seeds_and_rates(page, lr, decay):
    for seed in SEEDS:
        late = page["followed"](lr, decay, 1.0, seed, epochs=10)[:, -100:]
        length, angle, gradient, _ = np.sqrt(np.mean(late**2, axis=1))
        expected = equilibrium(lr, decay, gradient)
        assert length == pytest.approx(expected[0], rel=0.1)
        assert angle == pytest.approx(expected[1], rel=0.1)


def test_decay_helps_and_harms_as_a_larger_rate_does(page):
    said("at the rate 0.03 from 0.16 to 0.09, but at the rate 1 from 0.02 to 0.60")
    said("and the test error goes along")
    digits = page["digits"]

    def after(lr, decay):
        """Training loss of the twentieth epoch and test error, statistics made anew."""
        found = []
        for seed in range(30, 35):
            rng = np.random.default_rng(seed)
            steps = list(decayed(page, page["start"](rng), lr, decay, 20, rng))
            losses = [loss for loss, *_ in steps[-len(steps) // 20 :]]
            *_, weights = steps[-1]
            kept = page["recalibrated"](weights, digits.x_train)
            right = page["accuracy"](weights, digits.x_test, digits.y_test, kept)
            found.append((np.mean(losses), 1 - right))
        return np.mean(found, axis=0)

    (slow, errs), (helped, fewer) = after(0.03, 0.0), after(0.03, 0.05)
    assert (slow, helped) == (pytest.approx(0.16, abs=0.02), pytest.approx(0.09, abs=0.015))
    assert fewer < errs
    (fast, errs), (harmed, more) = after(1.0, 0.0), after(1.0, 0.05)
    assert (fast, harmed) == (pytest.approx(0.02, abs=0.01), pytest.approx(0.60, abs=0.06))
    assert more > errs + 0.1


@pytest.mark.parametrize("c", [4, 12])
def test_it_takes_so_many_steps(c):
    said("Weights that are $c$ times too long get there in some $\\ln(c)/(\\eta\\lambda)$ steps.")
    lr, decay = 0.3, 0.05
    length, _ = equilibrium(lr, decay, 1.0)
    steps = round(np.log(c) / (lr * decay))
    squares = [(c * length) ** 2]
    for _ in range(steps):
        squares.append((1 - lr * decay) ** 2 * squares[-1] + lr**2 / squares[-1])
    assert np.sqrt(squares[steps // 2]) > 1.8 * length
    assert np.sqrt(squares[-1]) == pytest.approx(length, rel=0.25)


def test_decay_is_a_rate_that_grows(page):
    said("The two networks compute the same function at each step.")
    for seed in SEEDS:
        decayed, grown = (page["losses"](0.3, 0.05, how, seed, steps=150) for how in (False, True))
        assert decayed == pytest.approx(grown, abs=1e-6)
        assert decayed[-20:].mean() < 1


def test_a_step_turns_the_direction_by_the_effective_rate():
    """Weights of length c and rate lr turn as weights of length 1 and rate lr / c**2 do."""
    rng = np.random.default_rng(0)
    x, dy, w = rng.normal(size=(20, 5)), rng.normal(size=(20, 1)), rng.normal(size=(5, 1))
    w /= np.linalg.norm(w)

    def direction_after(w, lr):
        _, x_hat, _, var = batchnorm_forward(x @ w, np.ones(1), np.zeros(1), 1e-30)
        w = w - lr * x.T @ batchnorm_backward(dy, x_hat, np.ones(1), var, 1e-30)[0]
        return w / np.linalg.norm(w)

    assert direction_after(3 * w, 0.9) == pytest.approx(direction_after(w, 0.1))


def test_rates_that_are_too_large_tame_themselves(page):
    said("the first steps are wild, $\\lVert w\\rVert$ jumps up, and $\\eta_{\\text{eff}}$ falls")
    for seed in SEEDS:
        effective = {}
        for lr in (1.0, 30.0):
            after = page["followed"](lr, 0.0, 1.0, seed, epochs=3)[0][-1]
            effective[lr] = lr / after**2
        assert effective[30.0] < effective[1.0]


def test_questions_for_recall():
    said("1. 32; 8; 256; 32.")
    assert (32, 8, 8 * 32, 8 * 4) == (32, 8, 256, 32)
    said("The length grows by $\\sqrt2$")
    before, after = equilibrium(0.1, 0.02, 3.0), equilibrium(0.2, 0.01, 3.0)
    assert after[1] == pytest.approx(before[1])
    assert after[0] == pytest.approx(np.sqrt(2) * before[0])
    said("0; it is all between the means.")
    x = np.random.default_rng(0).normal(size=(6, 2))
    _, var = recalibrate(np.ones(6, int), x, np.zeros((6, 2)))
    assert var == pytest.approx(x.var(axis=0))
