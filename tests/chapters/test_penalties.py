"""The numbers and claims that the prose of the chapter on penalties states, computed anew."""

import re

import numpy as np
import pytest

from gradus import data, nn
from solutions.descent import momentum_step
from solutions.penalties import early_stopping, soft_threshold
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "penalties.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    """The names that the chapter's experiments have made when all of them have run."""
    return run_chapter("penalties")


# Claims that need no experiment


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_a_decay_beside_the_velocity_is_a_weaker_penalty(mu):
    said("comes to rest where $g = -(1 - \\mu)\\lambda w$, like an L2 penalty of the strength")
    curvature, target, lam, lr = 0.1, 1.0, 0.1, 0.05
    coupled = decoupled = np.zeros(1)
    v = u = np.zeros(1)
    for _ in range(20_000):
        g = curvature * (coupled - target)
        coupled, v = momentum_step(coupled, g + lam * coupled, v, lr, mu)
        g = curvature * (decoupled - target)
        moved, u = momentum_step(decoupled, g, u, lr, mu)
        decoupled = moved - lr * lam * decoupled
    assert coupled == pytest.approx(curvature / (curvature + lam))
    assert decoupled == pytest.approx(curvature / (curvature + (1 - mu) * lam))


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


def test_the_answers_to_the_questions():
    said("the step is $-\\eta\\,(-0.02 + 0.01) > 0$")
    said("3. $(0.7,\\ 0,\\ -0.2)$.")
    assert soft_threshold(np.array([1.2, -0.3, -0.7]), 0.5) == pytest.approx([0.7, 0, -0.2])
    said("It stops at the end of epoch 3, counted from 0")
    assert early_stopping([0.9, 0.7, 0.75, 0.72, 0.69, 0.8, 0.8], 2) == (3, 1)


# Claims about what the experiments show


def test_the_opening(page):
    said("has 7,510 parameters: 75 for each example")
    network = page["network"]
    assert network.size == 7510
    x, y, _ = data.few_digits(0)
    last = page["plain_path"][-1]
    assert network.accuracy(last, x, y) == 1
    said("It repeats all ten wrong labels.")
    assert (network.logits(last, x[:10]).argmax(axis=1) == y[:10]).all()
    assert 20 <= page["lowest"] <= 45
    assert page["val_losses"][-1] > 1.2 * min(page["val_losses"])


def test_zeros_of_l1(page):
    said("The subgradient has no exact zero to show, the proximal step a large share")
    assert not (page["by_slope"][page["is_weight"]] == 0).any()
    assert np.mean(page["by_prox"][page["is_weight"]] == 0) > 0.4
    said("Ridge shrinks the coefficients as a whole, though a single one may grow, and sets none")
    said("the four that matter shrink smoothly, some of the eight others grow at first")
    ridge, matter = np.abs(page["ridge_path"]), page["truth"] != 0
    assert (ridge > 0).all()
    assert (np.diff(np.linalg.norm(ridge, axis=1)) < 0).all()
    assert (np.diff(ridge[:, matter], axis=0) < 0).all()
    assert (ridge[:, ~matter].max(axis=0) > 1.2 * ridge[0, ~matter]).sum() >= 3
    lasso, others = np.array(page["lasso_path"]), page["truth"] == 0
    assert (lasso[-1] == 0).all()
    gone = (lasso[:, others] == 0).all(axis=1).argmax()
    assert (lasso[gone, ~others] != 0).all()
    assert (np.diff((lasso == 0).sum(axis=1)) >= 0).all()


def test_twins_share_under_both_penalties(page):
    said("L2 alone shares the work between the twins and has no zeros.")
    said("L1 alone gives all to one twin, as in most other draws; which one is up to the noise.")
    said("the twins share *and* most of the useless features are zero")
    centred, response, prox = (page[name] for name in ("centred", "response", "elastic_net_prox"))
    shares = []
    for seed in range(6):
        noise = 0.02 * np.random.default_rng(seed).normal(size=centred.shape)
        twins = np.column_stack([centred[:, 0], centred + noise])
        lr = 1 / np.linalg.eigvalsh(twins.T @ twins / 60).max()

        def fitted(l1, l2, twins=twins, lr=lr):
            w, gram, target = np.zeros(13), twins.T @ twins / 60, twins.T @ response / 60
            for _ in range(3000 if l2 else 60_000):  # the twins' difference is slow
                w = prox(w - lr * (gram @ w - target), lr, l1, l2)
            return w

        l2, l1, both = fitted(0.0, 0.4), fitted(0.4, 0.0), fitted(0.4, 0.4)
        assert l2[0] == pytest.approx(l2[1], abs=0.05)
        assert both[0] == pytest.approx(both[1], abs=0.05)
        zeros = [np.sum(w[5:] == 0) for w in (l2, l1, both)]
        assert zeros[:2] == [0, 8]
        assert zeros[2] >= 6
        shares.append(l1[1] / (l1[0] + l1[1]))
    assert shares[0] == 1  # the page's
    assert min(shares) < 0.02
    assert sum(share < 0.02 or share > 0.98 for share in shares) >= 5


def test_restored_weights_are_better_than_those_of_the_stop(page):
    said("since the weights are restored, little else is lost")
    rows = [early_stopping(page["val_losses"], patience) for patience in (10, 30, 1000)]
    assert len({best for _, best in rows}) == 1
    network, path = page["network"], page["plain_path"]
    at_stop, restored = (
        network.loss(path[k], page["x_test"], page["y_test"])[0] for k in (rows[2][0], rows[2][1])
    )
    assert restored < at_stop - 0.2


def test_the_remedies(page):
    gains = {
        name: 100 * (scores[:, 1] - page["scores"]["nothing"][:, 1]).mean()
        for name, scores in page["scores"].items()
    }
    repeated = {name: scores[:, 2].mean() for name, scores in page["scores"].items()}
    said("L1 is near zero, L2 gains about one point, early stopping two.")
    assert abs(gains["L1, proximal"]) < 0.7
    assert gains["L2"] == pytest.approx(1, abs=0.7)
    assert gains["early stopping"] == pytest.approx(2.2, abs=0.8)
    said("A hundred more digits to train on gain ten points, the most")
    assert gains["more data in its place"] == pytest.approx(10, abs=0.8)
    said("more data gain while most of the wrong labels are still repeated")
    assert repeated["nothing"] == 10
    assert repeated["more data in its place"] > 8


@pytest.fixture(scope="module")
def other(page):
    """The remedies that the text compares, on six draws that are not the page's."""
    ways = {name: page["REMEDIES"][name] for name in page["REMEDIES"] if "L1" not in name}
    ways["strong L2"] = {"l2": 0.03}
    return {
        name: np.array([page["train_with"](seed, **how) for seed in range(10, 16)])
        for name, how in ways.items()
    }


def test_early_stopping_costs_the_data_that_it_watches(other):
    said("the same hundred, used for training, gain several times as much")
    plain, stopped, more = (
        other[name][:, 1] for name in ("nothing", "early stopping", "more data in its place")
    )
    assert 0.01 < np.mean(stopped - plain) < 0.3 * np.mean(more - plain)
    assert np.all(more > stopped)


def test_with_right_labels_neither_l2_nor_early_stopping_gains(page):
    said("with a hundred right ones neither L2 nor early stopping gains anything")
    network, x_val, y_val = page["network"], page["x_val"], page["y_val"]

    def decayed(theta, x, y):
        value, grad = network.loss(theta, x, y)
        return value, grad + 0.01 * theta * page["is_weight"]

    gains = []
    for seed in range(20, 30):
        paths = []
        for loss in (None, decayed):
            x, y, rng = data.few_digits(seed, n_wrong=0)
            paths.append(nn.train(network, x, y, rng, loss))
        losses = [network.loss(theta, x_val, y_val)[0] for theta in paths[0]]
        ends = paths[0][-1], paths[0][early_stopping(losses, patience=10)[1]], paths[1][-1]
        plain, *others = (network.accuracy(end, page["x_test"], page["y_test"]) for end in ends)
        gains.append(np.array(others) - plain)
    assert np.max(np.mean(gains, axis=0)) < 0.004


def test_retraining_on_all_digits_makes_up_for_what_stopping_costs(page):
    said("That is as accurate as the rival, and repeats fewer wrong labels.")
    network, x_val, y_val = page["network"], page["x_val"], page["y_val"]
    ends = []
    for seed in range(20, 30):
        x, y, rng = data.few_digits(seed)
        path = nn.train(network, x, y, rng)
        losses = [network.loss(theta, x_val, y_val)[0] for theta in path]
        epochs = early_stopping(losses, patience=10)[1]
        stopped = path[epochs]
        x, y = np.concatenate([x, x_val]), np.concatenate([y, y_val])
        path = nn.train(network, x, y, np.random.default_rng(seed + 1000), None, max(75, epochs))
        ends.append(
            [
                (
                    network.accuracy(theta, page["x_test"], page["y_test"]),
                    np.sum(network.logits(theta, x[:10]).argmax(axis=1) == y[:10]),
                )
                for theta in (stopped, path[epochs], path[75])
            ]
        )
    stopped, again, rival = np.mean(ends, axis=0)
    assert again[0] > stopped[0] + 0.04
    assert again[0] == pytest.approx(rival[0], abs=0.01)
    assert again[1] < rival[1] - 2


def test_differences_are_seen_because_all_get_the_same_draws(page, other):
    said("The accuracies spread by several points from draw to draw")
    for scores in (page["scores"], other):
        plain, stopped = (scores[name][:, 1] for name in ("nothing", "early stopping"))
        assert np.ptp(plain) > 0.03
        # Of other draws it would be 1.4 times as large.
        assert np.std(stopped - plain) < 0.8 * np.std(plain)


def test_a_stronger_penalty_forgets_the_wrong_labels_and_gains_nothing(page, other):
    said("give up seven or eight of the ten wrong labels, and is no more accurate for it")
    more = [[page["train_with"](seed, l2=lam) for seed in range(20, 28)] for lam in (0.03, 0.0)]
    strong = np.concatenate([other["strong L2"], more[0]])
    plain = np.concatenate([other["nothing"], more[1]])
    assert 1.2 < strong[:, 2].mean() < 2.6
    assert strong[:, 1].mean() < plain[:, 1].mean() + 0.005


def test_no_strength_of_l1_gains(page):
    said("no strength of L1 that we tried, from 0.0003 to 0.005, gains on average")
    said("where L2 gains a point")

    def gain(**how):
        scores = np.array([page["train_with"](seed, **how) for seed in range(20, 30)])
        return 100 * (scores[:, 1] - plain).mean()

    plain = np.array([page["train_with"](seed)[1] for seed in range(20, 30)])
    assert max(gain(l1=l1) for l1 in (0.0003, 0.001, 0.005)) < 0.4
    assert 0.4 < gain(l2=0.01) < 1.6


def test_sgd_prefers_the_shortest_solution(page):
    said("From 0, SGD finds the shortest solution, though nobody asked for it.")
    said("on average, err more on new digits, the more, the longer the start was")
    ends = np.array([page["by_sgd"](seed) for seed in range(20, 25)])
    for found in (ends, page["sgd_ends"]):
        assert found[..., 0].max() < 0.01  # all of them fit
        assert found[:, 0, 1].max() < 0.01
        assert np.all(np.abs(found[:, 1:, 1] - (1.9, 3.8)) < 0.1)
        assert np.all(np.diff(found[..., 2].mean(axis=0)) > 0.01)
        assert np.all(found[:, 2, 2] > found[:, 0, 2])
