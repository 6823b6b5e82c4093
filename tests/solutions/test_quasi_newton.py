"""The references of the chapter on quasi-Newton methods: properties, closed forms, other ways, bad input."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from gradus import problems
from solutions.newton import nonlinear_conjugate_gradient
from solutions.quasi_newton import (
    batch_pairs,
    bfgs,
    bfgs_update,
    fit_decay,
    lbfgs,
    lbfgs_direction,
    spectral_direction,
)
from tests.solutions.test_newton import BAD, NAMES, RUN, SEEDS, matrix

MINIMISERS = {
    "bfgs": bfgs,
    "lbfgs": lbfgs,
    "lbfgs with one pair": lambda *args, **kwargs: lbfgs(*args, memory=1, **kwargs),
    "conjugate gradients": nonlinear_conjugate_gradient,
}
minimisers = pytest.mark.parametrize("minimise", MINIMISERS.values(), ids=MINIMISERS)


def pairs(rng, n, m):
    """Steps and the changes of the gradient that a positive definite Hessian makes of them."""
    steps = rng.normal(size=(m, n))
    return steps, steps @ matrix(rng, n)


@given(SEEDS, st.integers(1, 6))
def test_the_update_fulfils_the_secant_equation_and_leaves_the_rest(seed, n):
    rng = np.random.default_rng(seed)
    inverse = matrix(rng, n)
    (step,), (change,) = pairs(rng, n, 1)
    new = bfgs_update(inverse, step, change)
    np.testing.assert_allclose(new @ change, step, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(new, new.T, atol=1e-9 * np.abs(new).max())
    assert np.linalg.eigvalsh(new)[0] > 0
    # On pairs of vectors at right angles to the step it is the old one.
    across = np.eye(n) - np.outer(step, step) / (step @ step)
    np.testing.assert_allclose(
        across @ new @ across, across @ inverse @ across, atol=1e-8 * np.abs(new).max()
    )
    singular = np.linalg.svd(new - inverse, compute_uv=False)
    assert np.all(singular[2:] < 1e-9 * max(singular.max(), 1))


@given(SEEDS, st.integers(1, 5))
def test_the_update_is_the_product_of_the_text_and_the_inverse_of_the_direct_one(seed, n):
    rng = np.random.default_rng(seed)
    inverse = matrix(rng, n)
    (s,), (y,) = pairs(rng, n, 1)
    v = np.eye(n) - np.outer(y, s) / (y @ s)
    product = v.T @ inverse @ v + np.outer(s, s) / (y @ s)
    new = bfgs_update(inverse, s, y)
    np.testing.assert_allclose(new, product, rtol=1e-7, atol=1e-9 * np.abs(product).max())
    b = np.linalg.inv(inverse)
    direct = b - np.outer(b @ s, b @ s) / (s @ b @ s) + np.outer(y, y) / (y @ s)
    np.testing.assert_allclose(new @ direct, np.eye(n), atol=1e-5)


def test_without_positive_curvature_the_inverse_stays_and_is_a_copy():
    inverse = np.diag([1.0, 2.0])
    for change in (-np.ones(2), np.array([1.0, -1.0]), np.full(2, np.nan)):
        new = bfgs_update(inverse, np.ones(2), change)
        np.testing.assert_array_equal(new, inverse)
        assert new is not inverse


def test_exact_steps_make_bfgs_end_in_n_steps_with_the_inverse_hessian():
    rng = np.random.default_rng(3)
    n = 6
    hessian, theta, inverse = matrix(rng, n), rng.normal(size=n), np.eye(n)
    for _ in range(n):
        grad = hessian @ theta
        direction = -inverse @ grad
        step = -(grad @ direction) / (direction @ hessian @ direction) * direction
        inverse = bfgs_update(inverse, step, hessian @ step)
        theta = theta + step
    np.testing.assert_allclose(theta, 0, atol=1e-8)
    np.testing.assert_allclose(inverse @ hessian, np.eye(n), atol=1e-6)


@given(SEEDS, st.integers(1, 8), st.integers(0, 6))
def test_the_two_loops_give_the_direction_of_the_dense_matrix(seed, n, m):
    rng = np.random.default_rng(seed)
    (steps, changes), grad = pairs(rng, n, m), rng.normal(size=n)
    inverse = np.eye(n)
    if m:
        inverse = inverse * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for step, change in zip(steps, changes, strict=True):
        inverse = bfgs_update(inverse, step, change)
    expected = -inverse @ grad
    direction = lbfgs_direction(grad, steps, changes)
    tolerance = 1e-8 * np.abs(inverse).max() * np.abs(grad).max()
    np.testing.assert_allclose(direction, expected, rtol=1e-6, atol=tolerance)
    np.testing.assert_array_equal(direction, lbfgs_direction(grad, list(steps), list(changes)))
    assert grad @ direction < 0


@minimisers
@pytest.mark.parametrize("name", NAMES)
def test_a_minimiser_comes_to_rest_where_the_gradient_is_small(minimise, name):
    problem = problems.get(name)
    start = problem.start.copy()
    theta, iterations = minimise(problem.value, problem.gradient, problem.start, tol=1e-6)
    assert np.abs(problem.gradient(theta)).max() <= 1e-6
    assert np.linalg.eigvalsh(problem.hessian(theta))[0] > 0
    assert 0 < iterations < 1000
    np.testing.assert_array_equal(problem.start, start)


@minimisers
def test_max_iterations_and_a_start_that_is_good_enough(minimise):
    problem = problems.get("rosenbrock")
    values = []
    for most in (1, 2, 5):
        theta, iterations = minimise(
            problem.value, problem.gradient, problem.start, tol=1e-8, max_iterations=most
        )
        assert iterations == most
        values.append(problem.value(theta))
    assert problem.value(problem.start) > values[0] > values[1] > values[2]
    theta, iterations = minimise(problem.value, problem.gradient, problem.minimum, tol=1e-8)
    np.testing.assert_array_equal(theta, problem.minimum)
    assert iterations == 0


@minimisers
def test_the_first_step_goes_along_minus_the_gradient(minimise):
    problem = problems.get("ill-conditioned")
    theta, _ = minimise(problem.value, problem.gradient, problem.start, max_iterations=1)
    step, grad = theta - problem.start, problem.gradient(problem.start)
    assert step @ grad == pytest.approx(-np.linalg.norm(step) * np.linalg.norm(grad))


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_bfgs_does_not_mind_the_units_of_the_loss(factor):
    problem = problems.get("rosenbrock")
    _, iterations = bfgs(
        lambda x: factor * problem.value(x),
        lambda x: factor * problem.gradient(x),
        problem.start,
        tol=1e-5 * factor,
    )
    assert abs(iterations - 36) <= 4


@minimisers
def test_a_point_of_nan_ends_the_search(minimise):
    theta, iterations = minimise(
        lambda x: np.nan, lambda x: np.ones(2), np.zeros(2), max_iterations=50
    )
    assert iterations < 50
    np.testing.assert_array_equal(theta, np.zeros(2))


@given(SEEDS)
def test_pairs_of_batches_are_those_of_each_batchs_hessian(seed):
    rng = np.random.default_rng(seed)
    x, y, points = rng.normal(size=(9, 3)), rng.normal(size=9), rng.normal(size=(5, 3))
    rows = np.array([rng.permutation(9)[:4] for _ in range(5)])
    steps, changes = batch_pairs(x, y, points, rows, 3)
    np.testing.assert_array_equal(steps, np.diff(points, axis=0)[1:])
    for step, change, batch in zip(steps, changes, rows[1:4], strict=True):
        hessian = x[batch].T @ x[batch] / 4
        np.testing.assert_allclose(change, hessian @ step, atol=1e-12)
    assert batch_pairs(x, y, points[:1], rows[:1], 3)[0].shape == (0, 3)


@pytest.mark.parametrize("seed", range(5))
def test_a_decay_is_fitted_as_scipy_fits_it(seed):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 4, 25)
    y = 2 * np.exp(-0.7 * t) + 0.1 * rng.normal(size=25)
    points = fit_decay(t, y, rng.uniform(0, 2, 2), 1.0, 50)
    fitted = scipy.optimize.least_squares(lambda p: p[0] * np.exp(-p[1] * t) - y, [2.0, 0.7])
    np.testing.assert_allclose(points[-1], fitted.x, atol=1e-5)
    losses = [np.sum((a * np.exp(-b * t) - y) ** 2) for a, b in points]
    assert np.all(np.diff(losses) <= 0)


@given(SEEDS)
def test_a_damped_trial_minimises_the_damped_model(seed):
    rng = np.random.default_rng(seed)
    t, theta, damping = rng.uniform(0, 3, 8), rng.uniform(0.5, 1.5, 2), rng.uniform(0.5, 5)
    y = 2 * np.exp(-t) + 0.1 * rng.normal(size=8)
    _, trial = fit_decay(t, y, theta, damping, 1)
    if np.all(trial == theta):
        return  # not taken
    h = 1e-6

    def residuals(p):
        return p[0] * np.exp(-p[1] * t) - y

    jacobian = np.stack(
        [(residuals(theta + h * e) - residuals(theta - h * e)) / (2 * h) for e in np.eye(2)], axis=1
    )
    slope = jacobian.T @ (residuals(theta) + jacobian @ (trial - theta)) + damping * (trial - theta)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_no_matrix_of_stretch_1_has_a_lower_sum_than_the_spectral_direction(seed, m, n):
    rng = np.random.default_rng(seed)
    grad = rng.normal(size=(m, n))
    direction = spectral_direction(grad)
    assert np.linalg.norm(direction, 2) == pytest.approx(1)
    lowest = np.sum(grad * direction)
    assert lowest == pytest.approx(-np.linalg.norm(grad, "nuc"))
    for _ in range(20):
        other = direction + 0.3 * rng.normal(size=(m, n))
        other /= max(1.0, np.linalg.norm(other, 2))
        assert np.sum(grad * other) >= lowest - 1e-9


def test_the_spectral_direction_does_nothing_where_the_gradient_does_nothing():
    grad = np.diag([3.0, 0.5, 0.0])[:, [0, 1, 2, 2]]
    np.testing.assert_allclose(
        spectral_direction(grad), -np.diag([1.0, 1.0, 0.0])[:, [0, 1, 2, 2]], atol=1e-12
    )
    np.testing.assert_array_equal(spectral_direction(np.zeros((2, 3))), np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (
            lambda: batch_pairs(np.ones((3, 2)), np.ones(2), np.ones((2, 2)), np.ones((2, 1)), 1),
            "y",
        ),
        (
            lambda: batch_pairs(
                np.ones((3, 2)), np.ones(3), np.ones((2, 2)), np.ones((1, 1), int), 1
            ),
            "rows",
        ),
        (
            lambda: batch_pairs(
                np.ones((3, 2)), np.ones(3), np.ones((2, 2)), np.ones((2, 1), int), 0
            ),
            "memory",
        ),
        (lambda: fit_decay(np.ones(3), np.ones(2), np.ones(2), 1.0, 1), "y"),
        (lambda: fit_decay(np.ones(3), np.ones(3), np.ones(2), 0.0, 1), "damping"),
        (lambda: fit_decay(np.ones(3), np.ones(3), np.ones(2), 1.0, 0), "n_trials"),
        (lambda: spectral_direction(np.ones(3)), "grad"),
    ],
)
def test_what_does_not_fit_is_named(call, named):
    with pytest.raises(ValueError, match=f"^{named}: expected "):
        call()


VALID = {
    bfgs: RUN | {"tol": 1e-3, "max_iterations": 5},
    lbfgs: RUN | {"memory": 2, "tol": 1e-3, "max_iterations": 5},
}


@pytest.mark.parametrize(
    ("minimise", "argument", "value"),
    [
        (minimise, argument, value)
        for minimise, arguments in VALID.items()
        for argument in arguments
        if argument in BAD
        for value in BAD[argument]
    ]
    + [(lbfgs, "memory", value) for value in (0, -1, 1.5)],
)
def test_a_setting_out_of_its_range_is_named(minimise, argument, value):
    minimise(**VALID[minimise])
    with pytest.raises(ValueError, match=f"^{argument}: expected "):
        minimise(**VALID[minimise] | {argument: value})
