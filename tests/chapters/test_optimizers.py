"""The numbers and claims that the prose of the chapter on optimizers states, computed anew."""

import re

import numpy as np
import pytest

from gradus import problems
from solutions.optimizers import (
    adagrad_step,
    convergence_rate,
    momentum_step,
    nesterov_shifted_step,
    rmsprop_step,
    sgd_step,
)
from tests.conftest import ROOT

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "optimizers.md").read_text("utf-8"))
BOWL = problems.get("bowl")


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


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


def test_noise_floor_formula():
    lr, curvature, sigma = 0.3, 1.5, 0.7
    rng, theta = np.random.default_rng(0), np.zeros(20_000)
    for _ in range(100):
        theta = sgd_step(theta, curvature * theta + sigma * rng.normal(size=theta.shape), lr)
    predicted = lr * sigma**2 / (curvature * (2 - lr * curvature))
    # The sample variance of n normal numbers has the standard error sqrt(2 / n) of itself.
    assert theta.var() == pytest.approx(predicted, rel=4 * np.sqrt(2 / theta.size))


def test_steps_in_twenty_epochs():
    said("decay_steps=34_380")
    assert 20 * -(-55_000 // 32) == 34_380
    assert 20 * 55_000 // 32 == 34_375
