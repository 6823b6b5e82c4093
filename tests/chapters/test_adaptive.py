"""The numbers and claims that the prose of the chapter on adaptive rates states, computed anew."""

import re

import numpy as np
import pytest

from gradus import data, nn, problems
from solutions.adaptive import (
    adagrad_step,
    adam_step,
    adamw_step,
    longest_step,
    rmsprop_step,
)
from tests.conftest import ROOT

SEEDS = range(7, 12)  # the page has 0 to 6

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "adaptive.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    return run_chapter("adaptive")


def test_half_lives_of_the_averages():
    said("every 6.6 steps for $\\rho = 0.9$, every 693 for $\\rho = 0.999$")
    assert np.log(2) / -np.log(0.9) == pytest.approx(6.6, abs=0.05)
    assert np.log(2) / -np.log(0.999) == pytest.approx(693, abs=0.5)


def test_after_a_steep_stretch():
    said("RMSProp recovers to 1 within about seventy steps; AdaGrad stays near 0.014")
    lengths = {}
    for step in (adagrad_step, rmsprop_step):
        memory = np.zeros(1)
        for g in [10.0] * 50 + [1.0] * 70:
            moved, memory = step(np.zeros(1), np.array([g]), memory, lr=1.0)
        lengths[step.__name__] = -moved[0]
    assert lengths["rmsprop_step"] == pytest.approx(1, abs=0.04)
    assert lengths["adagrad_step"] == pytest.approx(0.014, abs=2e-4)


def test_uncorrected_adam():
    said("up to 6.57 times")
    t = np.arange(1, 3001)
    ratio = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
    assert ratio[0] == pytest.approx(np.sqrt(10))
    assert ratio.max() == pytest.approx(6.57, abs=5e-3)
    assert t[ratio.argmax()] == 12


def test_epsilon_inside_the_root_acts_like_its_root_outside():
    said("A full step, or thirty times less.")
    g, eps = 1e-5, 1e-7
    assert (g / (np.sqrt(g**2) + eps)) / (g / np.sqrt(g**2 + eps)) == pytest.approx(30, rel=0.05)


def test_steps_of_adam_under_noise_alone():
    said("near $0.23\\,\\eta$ where they are nothing but noise")
    rng, m, v = np.random.default_rng(0), np.zeros(2000), np.zeros(2000)
    for t in range(1, 3001):
        moved, m, v = adam_step(np.zeros(2000), rng.normal(size=2000), m, v, t, lr=1.0)
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(0.23, abs=0.01)
    said("averaging divides noise by $\\sqrt{(1+\\beta_1)/(1-\\beta_1)} = 4.4$")
    assert np.sqrt(1.9 / 0.1) == pytest.approx(4.4, abs=0.05)


def end(page, method, lr, seed, **how):
    """The loss after training, infinite if it diverged."""
    step, n_state = page["METHODS"][method]
    with np.errstate(all="ignore"):
        loss = page["train"](step, lr, n_state, seed=seed, **how)[0][-1]
    return np.nan_to_num(loss, nan=np.inf)


def test_the_two_lessons_with_other_seeds(page):
    said("With five other starts both lessons hold, but the order of the methods does not")
    good = {"gradient descent": (0.1, 0.316, 1.0), "adagrad": (0.1,), "adam": (0.0316,)}
    orders = set()
    for seed in SEEDS:
        best = {name: min(end(page, name, lr, seed) for lr in lrs) for name, lrs in good.items()}
        orders.add(tuple(sorted(best, key=best.get)))
        assert max(best.values()) < end(page, "adam", 0.316, seed)
        assert end(page, "gradient descent", 0.0316, seed) > 2 * best["gradient descent"]
        assert end(page, "adam", 1.0, seed) > 2
    assert len(orders) > 1


def test_at_their_best_rates_two_of_six_leap(page):
    said("Tuned, all six learn, gradient descent and RMSProp with leaps.")
    rates = {"gradient descent": 1.0, "momentum": 0.1, "nesterov": 0.1}
    rates |= {"adagrad": 0.1, "rmsprop": 0.0316, "adam": 0.0316}
    leaps = {}
    for name, lr in rates.items():
        step, n_state = page["METHODS"][name]
        runs = np.array([page["train"](step, lr, n_state, seed=s)[0] for s in range(50, 65)])
        leaps[name] = np.mean((runs[:, 1:] > 2 * runs[:, :-1]).any(axis=1))
        assert np.median(runs[:, -1]) < 0.15
    two = [leaps.pop(name) for name in ("gradient descent", "rmsprop")]
    assert min(two) > 0.4 and max(leaps.values()) < 0.25


def test_amsgrad_is_the_remedy_of_the_counterexample():
    said("AMSGrad, divides by the largest $v$ so far")
    said("Here $\\beta_1 = 0$ and $\\beta_2$ is tiny")
    beta2 = 1 / 17
    for largest, end in ((False, 1.0), (True, -1.0)):
        x, v, most = 0.0, 0.0, 0.0
        for t in range(1, 3001):
            g = 4.0 if t % 3 == 1 else -1.0
            v = beta2 * v + (1 - beta2) * g**2
            most = max(most, v)
            x = np.clip(x - 0.5 / np.sqrt(t) * g / np.sqrt(most if largest else v), -1, 1)
        assert x == pytest.approx(end, abs=0.05)


def test_decay_under_adam_is_divided_by_the_size_of_the_gradients():
    said("the decay in one step is about $\\eta\\lambda w / s$ in place of $\\eta\\lambda w$")
    lr, lam, n = 0.002, 0.1, 1000
    for size in (1.0, 10.0):
        rng, w = np.random.default_rng(0), np.ones(4000)
        m = v = np.zeros_like(w)
        for t in range(1, n + 1):
            g = size * rng.normal(size=w.shape) + lam * w
            w, m, v = adamw_step(w, g, m, v, t, lr, 0.0)
        # Four standard errors of the mean of a walk of n steps of length lr.
        slack = 4 * lr * np.sqrt(n / 4000)
        assert w.mean() == pytest.approx(np.exp(-lr * lam / size * n), abs=slack + 0.005)


@pytest.mark.parametrize(("beta2", "longest"), [(0.999, 7.27), (0.99, 2.35), (0.95, 1.16)])
def test_the_longest_steps(beta2, longest):
    said(
        "With 0.999 it rises to 7.27 after some thousand steps, with 0.99 to 2.35, with 0.95 to 1.16"
    )
    assert longest_step(10_000, 0.9, beta2) == pytest.approx(longest, abs=0.006)
    if beta2 == 0.999:
        said("$\\eta\\,(1-\\beta_1)/\\sqrt{1-\\beta_2} = 3.16\\,\\eta$")
        assert longest_step(10_000, 0.9, beta2) == pytest.approx(7.27, abs=0.005)
        assert 0.1 / np.sqrt(0.001) == pytest.approx(3.16, abs=0.005)
        said("the factor $\\beta_2/\\beta_1$, 11 % a step")
        assert 0.999 / 0.9 == pytest.approx(1.11, abs=0.001)


def test_own_rates_cure_the_straight_valley_and_not_the_turned_one():
    said("A rate for each coordinate cures bad scaling, where it lies along the coordinates.")
    for name, share, cured in (("bowl", 0.5, True), ("tilted bowl", 0.9, False)):
        problem = problems.get(name)
        theta, rates = problem.start, share / np.diag(problem.hessian(problem.start))
        for _ in range(20):
            theta = theta - rates * problem.gradient(theta)
        assert (problem.value(theta) < 1e-8) == cured


def test_what_turning_the_valley_costs(page):
    said("Turning the valley costs gradient descent, momentum and Nesterov not a single step")
    said("AdaGrad, which had the straight valley in four steps, needs ten times as many")
    said("RMSProp and Adam have little to lose")
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    rng = np.random.default_rng(0)
    for start in (
        page["bowl"].start,
        *(7 * rng.choice([-1, 1], (3, 2)) * rng.uniform(0.4, 1, (3, 2))),
    ):
        curvature = np.diag([0.1, 2.0])
        turned = turn @ curvature @ turn.T
        counts = {
            name: [
                page["settling_step"](p.value(page["best_run"](name, p, 200)))
                for p in (
                    problems.quadratic(curvature, start),
                    problems.quadratic((turned + turned.T) / 2, turn @ start),
                )
            ]
            for name in page["METHODS"]
        }
        for name in ("gradient descent", "momentum", "nesterov"):
            assert counts[name][0] == counts[name][1]
        assert counts["adagrad"][0] <= 5 and counts["adagrad"][1] > 6 * counts["adagrad"][0]
        assert all(counts[name][1] < 1.8 * counts[name][0] for name in ("rmsprop", "adam"))


def test_adagrad_leaps_past_the_bend_in_its_first_step(page):
    said("owe much to its first one, of length $\\eta$ in each coordinate, which carries it past")
    valley = problems.get("rosenbrock")
    assert page["settling_step"](valley.value(page["best_run"]("adagrad", valley, 500))) == 9
    with np.errstate(all="ignore"):
        for lr in page["RATES"]:
            theta, s, values = valley.start, np.zeros(2), []
            for t in range(500):
                grad, before = valley.gradient(theta), theta
                theta, s = adagrad_step(theta, grad, s, lr)
                if t == 0:  # a tenth at most, and all the rest as it is
                    theta = before + np.clip(theta - before, -0.1, 0.1)
                values.append(valley.value(theta))
            assert page["settling_step"](np.array(values)) > 100


def test_rare_classes_are_what_sgd_learns_late(page):
    said("About half of every method's loss, or more, lies on the rare classes")
    said("there SGD's is the highest, and Adam's the lowest")
    rates = {"SGD": 20, "momentum": 2, "sign, averaged": 0.02, "Adam": 0.2}  # the page's best
    rare = {}
    for name, lr in rates.items():
        step, n_state, _ = page["RARE"][name]
        ends = np.array([page["rare_classes"](step, lr, n_state, seed) for seed in SEEDS])
        rare[name] = ends[:, 3]
        assert np.mean(0.264 * ends[:, 3] / ends[:, 0]) > 0.45
    assert min(rare, key=lambda name: rare[name].mean()) == "Adam"
    assert max(rare, key=lambda name: rare[name].mean()) == "SGD"
    assert np.all(rare["SGD"] > rare["Adam"])


def test_with_equally_frequent_classes_momentum_ends_below_adam(page):
    said("With 100 equally frequent classes momentum, at its own best rate, ends below Adam")

    def ends(name, lr, power):
        step, n_state, _ = page["RARE"][name]
        return np.array(
            [page["rare_classes"](step, lr, n_state, seed, power=power)[0] for seed in SEEDS]
        )

    for adam_lr in (0.1, 0.2, 0.4):
        assert ends("momentum", 8, 0).mean() < ends("Adam", adam_lr, 0).mean()
        assert min(ends("momentum", lr, 1).mean() for lr in (2, 4, 8)) > ends("Adam", 0.2, 1).mean()


def test_a_class_not_yet_learned_has_a_gradient_in_proportion_to_its_frequency():
    said("is, after the first step or two, about in proportion to how often it occurs")
    said("the gradient of its weights is about in proportion to its frequency")
    for seed in SEEDS:
        rng, share = np.random.default_rng(seed), 1 / np.arange(1, 101)
        y = rng.choice(100, size=10_000, p=share / share.sum())
        x = rng.random((100, 50))[y] + 0.35 * rng.normal(size=(len(y), 50))
        model, slopes = nn.MLP((50, 100)), []
        theta = np.zeros(model.size)
        for _ in range(3):
            grad = model.loss(theta, x, y)[1]
            sizes = np.linalg.norm(model.layers(grad)[0][0], axis=0)
            slopes.append(np.polyfit(np.log(np.bincount(y)), np.log(sizes), 1)[0])
            theta = theta - 20 * grad
        # At the very start all classes are guessed alike, and the rare ones far too often.
        assert slopes[0] < 0.6
        assert slopes[1:] == pytest.approx([1, 1], abs=0.15)


def test_momentum_is_as_good_as_adam_on_the_digits(page):
    said(
        "The ten digits are all about equally frequent; [below](#sec-opt-digits) momentum gets there about as far as Adam"
    )
    momentum, adam = (
        [end(page, name, lr, seed) for seed in SEEDS]
        for name, lr in (("momentum", 0.1), ("adam", 0.0316))
    )
    spread = max(np.std(momentum, ddof=1), np.std(adam, ddof=1))
    assert abs(np.mean(momentum) - np.mean(adam)) < 2.5 * spread
    assert np.mean(momentum) < 0.1


def test_momentum_is_a_little_ahead_on_printed_digits(page):
    said("and a little better on [printed ones](#sec-opt-printed)")
    said("Momentum is a little ahead, by about the spread of one start or two")
    said("with other images it is so again")
    said("With a falling rate Adam gains a little and momentum nothing, and momentum stays ahead")
    said("choose among the two best of the eleven rates and one between them")
    draws = {seed: data.printed_digits(seed) for seed in range(10, 20)}
    best, spreads = {}, []
    for name, rates in page["grids"].items():
        assert rates[1] == pytest.approx(np.sqrt(rates[0] * rates[2]), rel=0.01)
        for falling in (False, True):
            runs = [
                np.array([page["misread"](name, lr, falling, k, draws[k]) for k in draws])
                for lr in rates
            ]
            wrong = min(runs, key=lambda wrong: wrong[:, 0].mean())[:, 1]
            best[name, falling] = wrong.mean()
            spreads.append(wrong.std(ddof=1))
    for falling in (False, True):
        lead = best["adam", falling] - best["momentum", falling]
        assert 0.3 < lead < 2.5 * np.mean(spreads)
    assert abs(best["momentum", True] - best["momentum", False]) < 0.3
    assert 0.1 < best["adam", False] - best["adam", True] < 1


def test_what_is_left_under_adam(page):
    said("the one with large gradients stays near one")
    small, middle, large = page["means"]["L2 inside Adam"][-1]
    assert small < 0.06 < 0.6 < middle < 0.7 < 0.94 < large
    said("and fall to 0.67")
    assert page["means"]["AdamW"][-1] == pytest.approx([0.67] * 3, abs=0.012)


def test_the_longest_steps_of_an_ordinary_run(page):
    said("with $\\beta_2 = 0.999$ some steps are clearly longer than $\\eta$, and with 0.95 hardly")
    for lr in (0.003, 0.03):
        for beta2, low, high in ((0.999, 1.05, 4), (0.95, 0.9, 1.17)):
            for seed in SEEDS:
                longest = page["train"](adam_step, lr, 2, seed=seed, beta2=beta2)[2].max() / lr
                assert low < longest < high


def test_a_larger_beta_turns_later():
    said("within 1 step for 0.5, 7 steps for 0.9 and 69 steps for 0.99")
    for beta, steps in ((0.5, 1), (0.9, 7), (0.99, 69)):
        for before, after in ((0.0, 1.0), (1.0, -1.0), (2.0, 0.5), (-3.0, 1.0), (0.1, 7.0)):
            m, found = before, 0
            while abs(m - before) < abs(after - before) / 2 - 1e-12:
                m, found = beta * m + (1 - beta) * after, found + 1
            assert found == steps
