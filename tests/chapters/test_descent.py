"""The numbers and claims that the prose of the chapter on descent states, computed anew."""

import re

import numpy as np
import pytest

from gradus import problems
from solutions.descent import (
    convergence_rate,
    descent_rates,
    momentum_step,
    nesterov_shifted_step,
    noise_floor,
    sgd_step,
)
from tests.conftest import ROOT

SEEDS = range(5, 10)  # the page has 0 to 4

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "descent.md").read_text("utf-8"))
BOWL = problems.get("bowl")


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    return run_chapter("descent")


def test_the_zigzag_changes_sign_at_every_step():
    said("$y$ changes its sign thirty times")
    theta, signs = BOWL.start, []
    for _ in range(30):
        theta = sgd_step(theta, BOWL.gradient(theta), 0.9)
        signs.append(np.sign(theta[1]))
    assert signs == [-1, 1] * 15


def test_the_gradient_at_the_start_points_across_the_valley():
    said("at the start, the gradient points almost straight across the valley")
    across, along = np.abs(BOWL.gradient(BOWL.start))[::-1]
    assert across > 5 * along


def test_the_bowl_has_condition_number_20():
    said("eigenvalues $\\tfrac1{10}$ and $2$, so $\\kappa = 20$")
    assert np.linalg.eigvalsh(BOWL.hessian(BOWL.start)) == pytest.approx([0.1, 2.0])
    said("lowest where they cross, at 0.952")
    assert 2 / 2.1 == pytest.approx(0.952, abs=5e-4)


def test_steps_per_digit_grow_like_the_condition_number():
    said("about $1.15\\,\\kappa$")
    kappa = 1e6
    rate = convergence_rate(np.array([1.0, kappa]), 2 / (1 + kappa))
    assert np.log(10) / -np.log(rate) / kappa == pytest.approx(1.15, abs=0.005)


def test_a_start_a_thousand_times_closer_to_the_ridge_costs_72_steps():
    said("A start a thousand times closer costs 72 more steps")
    saddle = problems.get("saddle")

    def steps(distance):
        theta, count = np.array([-2.0, distance]), 0
        while abs(theta[1]) < 1:
            theta, count = sgd_step(theta, saddle.gradient(theta), 0.1), count + 1
        return count

    assert steps(1e-6) - steps(1e-3) in (72, 73)


@pytest.mark.parametrize(("signs", "length"), [((1, 1), 10.0), ((1, -1), 1 / 1.9)])
def test_momentum_lengthens_steady_steps_and_halves_alternating_ones(signs, length):
    said("with $\\mu = 0.9$ the steps become ten times as long")
    said("the sum goes to $\\pm g/(1+\\mu)$: half as long")
    velocity = np.zeros(1)
    for t in range(400):
        _, velocity = momentum_step(np.zeros(1), np.array([float(signs[t % 2])]), velocity, 0.1)
    assert abs(velocity[0]) == pytest.approx(length)


def test_two_pairs_of_conventions_agree_with_every_schedule():
    said("With every schedule of the rate A and C agree, and so do B and D; all four only while")
    rng, mu = np.random.default_rng(0), 0.9
    for schedule in (rng.uniform(0.01, 0.1, 30), np.full(30, 0.05)):
        a = b = c = d = before = BOWL.start
        v = u = w = np.zeros(2)
        for lr in schedule:
            a, v = momentum_step(a, BOWL.gradient(a), v, lr, mu)
            u = mu * u - lr * BOWL.gradient(b)
            b = b + u
            w = mu * w + (1 - mu) * BOWL.gradient(c)
            c = c - lr / (1 - mu) * w
            d, before = d - lr * BOWL.gradient(d) + mu * (d - before), d
        assert a == pytest.approx(c, abs=1e-12) and b == pytest.approx(d, abs=1e-12)
        assert (np.abs(a - b).max() > 0.1) == (np.ptp(schedule) > 0)


@pytest.mark.parametrize(("step", "limit"), [(momentum_step, 3.8), (nesterov_shifted_step, 1.357)])
def test_limits_of_stability(step, limit):
    said("up to 1.36 where momentum bears 3.8")

    def grows(eta):
        theta, velocity = np.ones(1), np.zeros(1)
        for _ in range(4000):
            theta, velocity = step(theta, theta, velocity, eta, 0.9)
        return abs(theta[0]) > 1

    assert not grows(limit - 0.005)
    assert grows(limit + 0.005)


@pytest.mark.parametrize("mu", [0.3, 0.9, 0.99])
def test_in_the_band_every_direction_shrinks_by_the_root_of_mu(mu):
    low, high = (1 - np.sqrt(mu)) ** 2, (1 + np.sqrt(mu)) ** 2
    for x in np.linspace(low, high, 9)[1:-1]:
        assert np.abs(np.roots([1, -(1 + mu - x), mu])) == pytest.approx(np.sqrt(mu))
    said("no direction can shrink faster than by 5 % a step")
    assert 1 - np.sqrt(0.9) == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("kappa", [5.0, 20.0, 50.0, 300.0, 2000.0])
@pytest.mark.parametrize("n_steps", [4, 8, 16])
def test_good_rates_reach_far_beyond_the_limit_of_one(kappa, n_steps):
    said("In good rates there are some far beyond $2/M$.")
    assert descent_rates(np.array([1.0, kappa]), n_steps).max() > 1.9 * 2 / kappa


def test_the_wells_lie_where_the_text_says():
    said("a shallow well near $x = 0.96$, in front of the start, and a deep one near $x = -1.04$")
    wells = problems.get("two wells")
    for x, value in ((0.96, 0.294), (-1.0356, -0.305)):
        point = np.array([x, 0.0])
        assert abs(wells.gradient(point)[0]) < 0.02
        assert np.linalg.eigvalsh(wells.hessian(point)).min() > 0
        assert wells.value(point) == pytest.approx(value, abs=2e-3)


def test_best_rates_on_the_valley():
    said("0.744 on our valley, between gradient descent's 0.905 and momentum's 0.635")
    curvatures, kappa = np.array([0.1, 2.0]), 20.0

    def rate(step, lr, mu):
        """The spectral radius of one step, by its action on a basis of (theta, velocity)."""
        rates = []
        for curvature in curvatures:
            columns = [step(t, curvature * t, v, lr, mu) for t, v in ((1.0, 0.0), (0.0, 1.0))]
            rates.append(np.abs(np.linalg.eigvals(np.array(columns).T)).max())
        return max(rates)

    lrs, mus = np.linspace(0.3, 1.5, 121), np.linspace(0.2, 0.8, 121)
    for step, best in (
        (momentum_step, (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)),
        (nesterov_shifted_step, 1 - 2 / np.sqrt(3 * kappa + 1)),
    ):
        found = min(rate(step, lr, mu) for lr in lrs for mu in mus)
        assert best - 1e-9 <= found <= best + 0.02
    assert 1 - 2 / np.sqrt(61) == pytest.approx(0.744, abs=5e-4)
    assert (np.sqrt(20) - 1) / (np.sqrt(20) + 1) == pytest.approx(0.635, abs=5e-4)
    assert 19 / 21 == pytest.approx(0.905, abs=5e-4)


def test_nesterov_is_momentum_with_a_coefficient_for_each_direction():
    curvature, lr, mu = np.array([0.1, 1.0, 3.0]), 0.2, 0.9
    theta = other = np.ones(3)
    velocity = other_velocity = np.zeros(3)
    for _ in range(30):
        velocity = mu * velocity + curvature * (theta - lr * mu * velocity)
        theta = theta - lr * velocity
        other_velocity = mu * (1 - lr * curvature) * other_velocity + curvature * other
        other = other - lr * other_velocity
    assert theta == pytest.approx(other, rel=1e-12)


def test_noise_floor_formula():
    lr, curvature, sigma = 0.3, 1.5, 0.7
    rng, theta = np.random.default_rng(0), np.zeros(20_000)
    for _ in range(100):
        theta = sgd_step(theta, curvature * theta + sigma * rng.normal(size=theta.shape), lr)
    predicted = lr * sigma**2 / (curvature * (2 - lr * curvature))
    # The sample variance of n normal numbers has the standard error sqrt(2 / n) of itself.
    assert theta.var() == pytest.approx(predicted, rel=4 * np.sqrt(2 / theta.size))


@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_the_noise_floor_of_momentum_is_about_that_of_a_larger_rate(mu):
    said("its floor is about that of SGD with $\\eta/(1-\\mu)$")
    for lr in (1e-3, 1e-5):
        ratio = noise_floor(2.0, 1.0, lr, mu) / noise_floor(2.0, 1.0, lr / (1 - mu))
        assert ratio == pytest.approx(1, abs=2 * lr / (1 - mu))
    said(
        "where $\\eta$ approaches the limit of stability, $2(1+\\mu)/\\lambda$, it goes to infinity"
    )
    limit = 2 * (1 + mu) / 2.0
    assert noise_floor(2.0, 1.0, limit * (1 - 1e-9), mu) > 1e6


def test_momentum_is_no_cure_for_noise():
    said("With $\\mu = 0.9$ the floor is ten times as high as without")
    floors = []
    for lr, mu in ((0.01, 0.0), (0.01, 0.9), (0.1, 0.0)):
        rng, theta, velocity = np.random.default_rng(1), np.zeros(20_000), np.zeros(20_000)
        for _ in range(400):
            noisy = 2 * theta + rng.normal(size=theta.shape)
            theta, velocity = momentum_step(theta, noisy, velocity, lr, mu)
        floors.append(np.mean(theta**2))
    assert floors == pytest.approx([0.0025, 0.0251, 0.0278], rel=0.05)


def test_the_ratio_of_the_first_step(page):
    said("At the first step the good rate has a ratio of 1.5 % here")
    norm = np.linalg.norm
    network, digits = page["network"], page["digits"]
    for seed in range(50):
        theta = network.init(np.random.default_rng(seed))
        grad = network.loss(theta, digits.x_train, digits.y_train)[1]
        ratio = 0.2 * norm(grad) / norm(theta)
        assert (0.0148 < ratio < 0.0158) if seed == 0 else (0.01 < ratio < 0.06)
    said("between 1 and 6 % with other seeds")


def test_curvatures_of_a_network_differ_by_powers_of_ten(page):
    said("a thousand times more curved along one parameter than along each of a quarter of them")
    network, digits = page["network"], page["digits"]
    x, y = digits.x_train[:100], digits.y_train[:100]
    for seed in SEEDS:
        theta, curvatures = network.init(np.random.default_rng(seed)), []
        for i in range(0, network.size, 5):  # of every fifth: enough for a quantile
            ends = []
            for h in (1e-4, -1e-4):
                there = theta.copy()
                there[i] += h
                ends.append(network.loss(there, x, y)[1][i])
            curvatures.append(abs(ends[0] - ends[1]) / 2e-4)
        assert max(curvatures) > 1e3 * np.quantile(curvatures, 0.25)


def test_the_inputs_make_the_condition_number(page):
    said("What is left in the last row is the correlation, which no scaling of columns removes.")
    kappas, steps = [], []
    for x in page["INPUTS"].values():
        x = np.column_stack([x, np.ones(len(x))])
        kappas.append(np.linalg.cond(x) ** 2)
        hessian = x.T @ x / len(x)
        eigenvalues, vectors = np.linalg.eigh(hessian)
        step = np.eye(3) - 2 / (eigenvalues[0] + eigenvalues[-1]) * hessian
        # From a start on the slowest direction: how long a digit takes.
        error, many = vectors[:, 0], 1
        while np.linalg.norm(np.linalg.matrix_power(step, many) @ error) > 0.1:
            many *= 2
        steps.append(many)
    raw, centred, scaled = kappas
    assert raw > 100 * centred > 100**2 * scaled
    assert steps[0] > 8 * steps[1] > 8**2 * steps[2]
    # Two columns of deviation 1 and their correlation.
    correlation = np.corrcoef(page["cars"].T)[0, 1]
    assert scaled == pytest.approx((1 + correlation) / (1 - correlation), rel=1e-6)


def test_the_unit_of_a_column_enters_squared():
    said("its entry on the diagonal a million times")
    x = np.random.default_rng(0).normal(5, 1, size=(50, 2))
    grams = x * [1000, 1]
    assert (grams.T @ grams)[0, 0] == pytest.approx(1e6 * (x.T @ x)[0, 0])


def test_nesterov_and_momentum_end_alike_on_the_digits(page):
    said("the two end at losses of 0.04 and 0.05, which is within the deviation between seeds")
    momentum, nesterov = (
        [page["train"](step, 0.1, 1, seed=seed)[0][-1] for seed in SEEDS]
        for step in (momentum_step, nesterov_shifted_step)
    )
    assert np.mean(momentum) == pytest.approx(0.04, abs=0.006)
    assert np.mean(nesterov) == pytest.approx(0.05, abs=0.01)
    assert np.mean(nesterov) - np.mean(momentum) < np.std(nesterov, ddof=1)


def test_three_rates_in_the_valley():
    said("With rate 0.1 the path turns into the bottom and creeps along it")
    ends = {}
    for lr in (0.1, 0.9, 1.02):
        theta = BOWL.start
        for _ in range(30):
            theta = sgd_step(theta, BOWL.gradient(theta), lr)
        ends[lr] = np.abs(theta / BOWL.start)
    assert ends[0.1][0] > 0.7 and ends[0.1][1] < 0.01
    assert ends[0.9][0] < 0.1
    assert ends[1.02][1] > 3


def test_sharpness_comes_down_to_the_limit_of_stability(page):
    said("the limit is 2, and the sharpness is above it at first")
    said("the sharpness comes down to the limit")
    for seed in SEEDS:
        _, slow, _ = page["descend"](0.1, 120, seed)
        _, fast, losses = page["descend"](1.0, 120, seed)
        assert max(fast[:2]) > 2.3
        assert fast[-1] == pytest.approx(2, abs=0.4)
        assert slow[-1] > 3
        assert losses[-1] < 0.1
    said("turns almost any $v$ towards the eigenvector whose eigenvalue is largest in size")
    said("On the way of a training that is the largest one")
    said("after the first steps the sharpness rises, as at 0.1 in the picture")
    network, digits = page["network"], page["digits"]
    x, y = digits.x_train, digits.y_train
    found = []
    for seed in SEEDS:
        theta, sizes = network.init(np.random.default_rng(seed)), []
        for step in range(101):
            grad = network.loss(theta, x, y)[1]
            if step in (0, 10, 100):
                v = grad
                for _ in range(20):
                    v = v / np.linalg.norm(v)
                    product = (network.loss(theta + 1e-8 * v, x, y)[1] - grad) / 1e-8
                    value, v = v @ product, product
                sizes.append(value)
            theta = theta - 0.1 * grad
        assert sizes[2] > sizes[1] > 0
        found.append(sizes)
    first, soon, _ = np.mean(found, axis=0)
    assert first > 1.2 * soon  # in the first steps it falls
    said("At 0.5 it rises to about its limit 4 and falls again.")
    middling = np.array([page["descend"](0.5, 150, seed)[1] for seed in range(5)])  # those drawn
    assert middling.max(axis=1).mean() == pytest.approx(4, abs=0.4)
    assert middling[:, 0].mean() < 3.7 and middling[:, -1].mean() < 3.5


def test_at_the_same_loss_a_larger_rate_has_a_smaller_sharpness(page):
    said(
        "So the rate chooses not only how fast one gets down, but, where it is large, also what kind of place one gets to"
    )
    ends = np.array(
        [
            [page["descend"](lr, 600, seed, every=20, until=0.1)[1][-1] for lr in (0.25, 1.0)]
            for seed in SEEDS
        ]
    )
    assert np.all(ends[:, 1] < ends[:, 0])


def test_momentum_on_mini_batches_and_on_all_examples(page):
    said("momentum at the rate $\\eta$ does about what SGD does at $\\eta/(1-\\mu)$")
    said("with all examples in every step, without noise, momentum is ahead")
    ends = {
        size: np.array(
            [
                [
                    page["train"](step, lr, n, epochs=epochs, batch_size=size, seed=seed)[0][-1]
                    for step, n, lr in methods.values()
                ]
                for seed in SEEDS
            ]
        )
        for size, (epochs, methods) in page["RUNS"].items()
    }
    sgd, momentum = ends[32].T
    assert abs(np.mean(sgd - momentum)) < 2 * np.std(sgd - momentum, ddof=1)
    sgd, momentum = ends[1197].T
    assert np.all(momentum < sgd)
