"""The minimisers that a chapter compares with: Wolfe's conditions, minima, and what is counted."""

import numpy as np
import pytest

from gradus import minimise, problems

NAMES = ("rosenbrock", "two wells", "logistic", "tilted bowl")


@pytest.mark.parametrize("name", NAMES)
def test_the_step_length_fulfils_both_conditions(name):
    p, rng = problems.get(name), np.random.default_rng(0)
    for _ in range(30):
        theta = rng.uniform(-2, 2, len(p.start))
        direction = -p.gradient(theta) * rng.uniform(0.5, 2, len(theta))
        slope = p.gradient(theta) @ direction
        for c2 in (0.9, 0.1):
            alpha = minimise.strong_wolfe(p.value, p.gradient, theta, direction, c2)
            end = theta + alpha * direction
            assert p.value(end) <= p.value(theta) + 1e-4 * alpha * slope
            assert abs(p.gradient(end) @ direction) <= -c2 * slope


def test_halving_takes_the_first_length_that_will_do():
    p = problems.get("rosenbrock")
    grad = p.gradient(p.start)
    alpha = minimise.halving(p.value, p.start, grad, -grad)
    bounds = [p.value(p.start) - 1e-4 * a * grad @ grad for a in (alpha, 2 * alpha)]
    assert p.value(p.start - alpha * grad) <= bounds[0]
    assert p.value(p.start - 2 * alpha * grad) > bounds[1]


@pytest.mark.parametrize("name", NAMES)
def test_both_minimisers_end_at_a_minimum(name):
    p = problems.get(name)
    ends = (
        minimise.newton(p.value, p.gradient, p.hessian, p.start),
        minimise.nonlinear_cg(p.value, p.gradient, p.start),
    )
    for theta, steps in ends:
        assert 0 < steps < 1000
        assert np.abs(p.gradient(theta)).max() <= 1e-5
        assert np.linalg.eigvalsh(p.hessian(theta))[0] > 0


def test_a_minimiser_that_is_at_its_end_makes_no_step_and_one_may_be_stopped():
    p = problems.get("rosenbrock")
    assert minimise.newton(p.value, p.gradient, p.hessian, p.minimum)[1] == 0
    assert minimise.nonlinear_cg(p.value, p.gradient, p.minimum)[1] == 0
    assert minimise.newton(p.value, p.gradient, p.hessian, p.start, max_iterations=2)[1] == 2
    assert minimise.nonlinear_cg(p.value, p.gradient, p.start, max_iterations=2)[1] == 2


def test_each_point_counts_once():
    p = problems.get("bowl")
    counted = minimise.Counted(p.value, p.gradient)
    assert counted.value(p.start) == p.value(p.start)
    np.testing.assert_array_equal(counted.gradient(p.start), p.gradient(p.start))
    counted.value(p.start + 1)
    assert len(counted.seen) == 2
