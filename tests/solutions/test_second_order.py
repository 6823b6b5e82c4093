"""The references of the chapter on second-order methods: properties, closed forms, other ways, bad input."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as st

from gradus import problems
from solutions import second_order as reference
from solutions.second_order import (
    backtracking,
    bfgs,
    bfgs_update,
    conjugate_gradient,
    lbfgs,
    lbfgs_direction,
    newton_step,
    nonlinear_conjugate_gradient,
    polak_ribiere,
    wolfe_line_search,
)

SEEDS = st.integers(0, 2**32 - 1)
MINIMISERS = {
    "bfgs": bfgs,
    "lbfgs": lbfgs,
    "lbfgs with one pair": lambda *args, **kwargs: lbfgs(*args, memory=1, **kwargs),
    "conjugate gradients": nonlinear_conjugate_gradient,
}
minimisers = pytest.mark.parametrize("minimise", MINIMISERS.values(), ids=MINIMISERS)


def matrix(rng, n, low=0.1, high=10.0):
    """Symmetric with eigenvalues between the bounds."""
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
    result = (basis * rng.uniform(low, high, size=n)) @ basis.T
    return (result + result.T) / 2


def pairs(rng, n, m):
    """Steps and the changes of the gradient that a positive definite Hessian makes of them."""
    steps = rng.normal(size=(m, n))
    return steps, steps @ matrix(rng, n)


@given(SEEDS, st.integers(1, 6))
def test_newton_solves_a_quadratic_in_one_step(seed, n):
    rng = np.random.default_rng(seed)
    hessian, minimum, theta = matrix(rng, n), rng.normal(size=n), rng.normal(size=n)
    stepped = newton_step(theta, hessian @ (theta - minimum), hessian)
    np.testing.assert_allclose(stepped, minimum, rtol=1e-8, atol=1e-8)


@given(SEEDS, st.integers(1, 5))
def test_newtons_step_is_the_same_in_other_coordinates(seed, n):
    """theta = A phi: the gradient is A^T g, the Hessian A^T H A."""
    rng = np.random.default_rng(seed)
    hessian, a = matrix(rng, n), matrix(rng, n) + np.triu(rng.normal(size=(n, n)), 1) / 10
    theta, grad = rng.normal(size=n), rng.normal(size=n)
    phi = np.linalg.solve(a, theta)
    there = newton_step(phi, a.T @ grad, a.T @ hessian @ a)
    np.testing.assert_allclose(a @ there, newton_step(theta, grad, hessian), rtol=1e-6, atol=1e-6)


@given(SEEDS, st.integers(2, 6))
def test_a_damped_step_goes_downhill_if_the_damping_exceeds_minus_the_lowest_eigenvalue(seed, n):
    rng = np.random.default_rng(seed)
    hessian = matrix(rng, n, -3.0, 3.0)
    lowest = np.linalg.eigvalsh(hessian)[0]
    grad, theta = rng.normal(size=n), rng.normal(size=n)
    step = newton_step(theta, grad, hessian, max(0.0, -lowest) + 0.1) - theta
    assert grad @ step < 0
    # It minimises the model with damping / 2 * |d|^2, and with very much of it is gradient descent.
    far = newton_step(theta, grad, hessian, 1e7) - theta
    np.testing.assert_allclose(far * 1e7, -grad, rtol=1e-5, atol=1e-5)


def test_newton_is_drawn_to_a_saddle_and_damping_leaves_it():
    saddle = problems.get("saddle")
    at = np.array([0.4, 0.3])
    grad, hessian = saddle.gradient(at), saddle.hessian(at)
    np.testing.assert_allclose(newton_step(at, grad, hessian), [0, 0], atol=1e-15)
    assert saddle.value(newton_step(at, grad, hessian, 1.5)) < saddle.value(at)


@pytest.mark.parametrize("x", [0.3, 0.9, 1.0, 1.1, -2.0])
def test_newton_on_the_root_of_one_plus_x_squared_goes_to_minus_x_cubed(x):
    root = np.sqrt(1 + x**2)
    stepped = newton_step(np.array([x]), np.array([x / root]), np.array([[root**-3]]))
    np.testing.assert_allclose(stepped, [-(x**3)], rtol=1e-12)


def descent(rng, name):
    problem = problems.get(name)
    while True:
        theta = rng.uniform(-2, 2, size=len(problem.start))
        grad = problem.gradient(theta)
        direction = -matrix(rng, len(theta)) @ grad
        if grad @ direction < -1e-3:
            return problem, theta, grad, direction


NAMES = ["tilted bowl", "rosenbrock", "long rosenbrock", "two wells", "logistic", "ill-conditioned"]


@given(SEEDS, st.sampled_from(NAMES), st.floats(1e-4, 0.9), st.floats(0.1, 0.9))
def test_backtracking_gives_the_first_length_that_falls_enough(seed, name, c1, shrink):
    problem, theta, grad, direction = descent(np.random.default_rng(seed), name)
    alpha = backtracking(problem.value, theta, grad, direction, 2.0, c1, shrink)
    slope, value = grad @ direction, problem.value(theta)

    def enough(length):
        return problem.value(theta + length * direction) <= value + c1 * length * slope

    count = round(np.log(alpha / 2.0) / np.log(shrink))
    assert alpha == pytest.approx(2.0 * shrink**count)
    assert enough(alpha)
    assert not any(enough(2.0 * shrink**k) for k in range(count - 1))


def test_backtracking_takes_the_first_length_if_it_is_good():
    problem = problems.get("bowl")
    grad = problem.gradient(problem.start)
    assert backtracking(problem.value, problem.start, grad, -grad, initial=0.01) == 0.01


def test_backtracking_on_a_parabola_in_closed_form():
    """f = x^2 / 2 from 1 along -1: f falls enough if alpha <= 2 (1 - c1)."""
    one = np.ones(1)
    for c1 in (0.1, 0.5, 0.9):
        alpha = backtracking(lambda x: x @ x / 2, one, one, -one, 100.0, c1, 0.9)
        assert 0.9 * 2 * (1 - c1) <= alpha <= 2 * (1 - c1)


@pytest.mark.parametrize("search", [wolfe_line_search, None], ids=["wolfe", "backtracking"])
def test_a_direction_that_is_not_downhill_is_refused(search):
    problem = problems.get("bowl")
    grad = problem.gradient(problem.start)
    with pytest.raises(ValueError, match="direction: expected grad @ direction < 0"):
        if search:
            wolfe_line_search(problem.value, problem.gradient, problem.start, grad)
        else:
            backtracking(problem.value, problem.start, grad, grad)


def test_a_gradient_that_is_not_that_of_f_is_told():
    problem = problems.get("bowl")
    grad = problem.gradient(problem.start)
    with pytest.raises(ValueError, match="is `grad` the gradient of f"):
        backtracking(lambda x: np.nan, problem.start, grad, -grad)
    with pytest.raises(ValueError, match="no step along it fulfils both"):
        wolfe_line_search(problem.value, lambda x: -problem.gradient(x), problem.start, grad)


def test_a_function_without_a_minimum_along_the_line_has_no_wolfe_step():
    with pytest.raises(ValueError, match="is f bounded below"):
        wolfe_line_search(lambda x: x[0], lambda x: np.ones(1), np.zeros(1), -np.ones(1))


@given(
    SEEDS,
    st.sampled_from(NAMES),
    st.floats(1e-6, 1e3),
    st.sampled_from([(1e-4, 0.9), (1e-4, 0.1), (0.3, 0.4)]),
)
def test_a_wolfe_step_fulfils_both_conditions(seed, name, initial, constants):
    problem, theta, grad, direction = descent(np.random.default_rng(seed), name)
    c1, c2 = constants
    alpha = wolfe_line_search(problem.value, problem.gradient, theta, direction, c1, c2, initial)
    slope, there = grad @ direction, theta + alpha * direction
    assert alpha > 0
    assert problem.value(there) <= problem.value(theta) + c1 * alpha * slope
    assert abs(problem.gradient(there) @ direction) <= c2 * abs(slope)
    # The curvature condition, by which BFGS lives.
    assert (problem.gradient(there) - grad) @ (there - theta) > 0


@given(SEEDS, st.integers(1, 7))
def test_conjugate_gradients_solve_in_n_steps_with_orthogonal_residuals(seed, n):
    rng = np.random.default_rng(seed)
    a, b = matrix(rng, n, 0.5, 5.0), rng.normal(size=n)
    points = conjugate_gradient(a, b, n)
    assert points.shape == (n + 1, n)
    np.testing.assert_allclose(points[-1], np.linalg.solve(a, b), rtol=1e-5, atol=1e-7)
    residuals, steps = b - points @ a, np.diff(points, axis=0)
    longest, products = np.linalg.norm(b), steps @ a @ steps.T
    off = ~np.eye(n + 1, dtype=bool)
    assert np.abs(residuals @ residuals.T)[off].max(initial=0) < 1e-7 * longest**2
    assert np.abs(products - np.diag(np.diag(products))).max() < 1e-7 * products.max()


@given(SEEDS, st.integers(1, 4))
def test_with_m_different_eigenvalues_m_steps_are_enough(seed, m):
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    a = (basis * np.resize(np.arange(1.0, m + 1), 12)) @ basis.T
    b = rng.normal(size=12)
    np.testing.assert_allclose(conjugate_gradient(a, b, m)[-1], np.linalg.solve(a, b), atol=1e-9)


def test_conjugate_gradients_agree_with_scipy():
    rng = np.random.default_rng(0)
    a, b = matrix(rng, 30, 0.1, 50.0), rng.normal(size=30)
    seen = []
    scipy.sparse.linalg.cg(a, b, rtol=1e-12, maxiter=15, callback=lambda x: seen.append(x.copy()))
    np.testing.assert_allclose(conjugate_gradient(a, b, 15)[1:], seen, rtol=1e-9, atol=1e-12)


def test_each_point_is_the_best_of_its_krylov_space():
    rng = np.random.default_rng(1)
    a, b = matrix(rng, 8), rng.normal(size=8)
    points = conjugate_gradient(a, b, 5)
    for k in range(1, 6):
        krylov = np.stack([np.linalg.matrix_power(a, j) @ b for j in range(k)], axis=1)
        krylov, _ = np.linalg.qr(krylov)
        best = krylov @ np.linalg.solve(krylov.T @ a @ krylov, krylov.T @ b)
        np.testing.assert_allclose(points[k], best, rtol=1e-7)


def test_the_error_stays_below_the_bound_of_the_condition_number():
    rng = np.random.default_rng(2)
    eigenvalues = np.geomspace(1, 200, 60)
    b = rng.normal(size=60)
    off = conjugate_gradient(np.diag(eigenvalues), b, 40) - b / eigenvalues
    errors = np.sqrt(np.sum(eigenvalues * off**2, axis=1))
    root = (np.sqrt(200) - 1) / (np.sqrt(200) + 1)
    assert np.all(errors <= 2 * root ** np.arange(41) * errors[0] * (1 + 1e-9))


def test_conjugate_gradients_stay_where_the_residual_is_zero():
    np.testing.assert_array_equal(conjugate_gradient(np.eye(2), np.zeros(2), 3), np.zeros((4, 2)))
    points = conjugate_gradient(2 * np.eye(2), np.array([1.0, 3.0]), 4)
    np.testing.assert_array_equal(points[1:], [[0.5, 1.5]] * 4)


@given(SEEDS, st.integers(1, 6))
def test_polak_ribiere_is_fletcher_reeves_for_orthogonal_gradients_and_zero_without_progress(
    seed, n
):
    rng = np.random.default_rng(seed)
    grad, new = rng.normal(size=n), rng.normal(size=n)
    assert polak_ribiere(grad, grad) == 0
    assert polak_ribiere(grad, 0.5 * grad) == 0
    assert polak_ribiere(grad, 2 * grad) == pytest.approx(2)
    across = new - (new @ grad) / (grad @ grad) * grad
    assert polak_ribiere(grad, across) == pytest.approx((across @ across) / (grad @ grad))
    assert polak_ribiere(grad, new) >= 0


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


@pytest.mark.parametrize("seed", range(3))
def test_the_logistic_problem_has_the_minimum_that_scipy_finds(seed):
    problem = problems.get("logistic")
    start = np.random.default_rng(seed).normal(size=4)
    found = scipy.optimize.minimize(problem.value, start, jac=problem.gradient, tol=1e-12).x
    np.testing.assert_allclose(found, problem.minimum, atol=1e-5)


ONES = np.ones(2)
BOWL = problems.get("bowl")
LINE = {"f": BOWL.value, "theta": ONES, "direction": -ONES}
RUN = {"f": BOWL.value, "gradient": BOWL.gradient, "theta": ONES}
VALID = {
    "newton_step": {"theta": ONES, "grad": ONES, "hessian": np.eye(2), "damping": 0.0},
    "backtracking": LINE | {"grad": ONES, "initial": 1.0, "c1": 0.1, "shrink": 0.5},
    "wolfe_line_search": LINE | {"gradient": BOWL.gradient, "c1": 0.1, "c2": 0.5, "initial": 1.0},
    "conjugate_gradient": {"a": np.eye(2), "b": ONES, "n_steps": 1},
    "bfgs": RUN | {"tol": 1e-3, "max_iterations": 5},
    "lbfgs": RUN | {"memory": 2, "tol": 1e-3, "max_iterations": 5},
    "nonlinear_conjugate_gradient": RUN | {"tol": 1e-3, "max_iterations": 5},
}
BAD = {
    "damping": (-1.0, np.nan, np.inf),
    "initial": (0.0, -1.0, np.nan),
    "c1": (0.0, 1.0, -0.1),
    "c2": (0.0, 1.0, 2.0),
    "shrink": (0.0, 1.0, "half"),
    "n_steps": (0, -1, 1.5),
    "tol": (0.0, -1e-3, np.nan),
    "max_iterations": (0, 2.5, None),
    "memory": (0, -1, 1.5),
}


@pytest.mark.parametrize(
    ("function", "argument", "value"),
    [
        (function, argument, value)
        for function, arguments in VALID.items()
        for argument in arguments
        if argument in BAD
        for value in BAD[argument]
    ],
)
def test_a_setting_out_of_its_range_is_named(function, argument, value):
    call = getattr(reference, function)
    call(**VALID[function])
    with pytest.raises(ValueError, match=f"^{argument}: expected "):
        call(**VALID[function] | {argument: value})


def test_c2_must_exceed_c1():
    with pytest.raises(ValueError, match="^c2: expected a number above c1 = 0.5, got 0.3"):
        wolfe_line_search(**VALID["wolfe_line_search"] | {"c1": 0.5, "c2": 0.3})
