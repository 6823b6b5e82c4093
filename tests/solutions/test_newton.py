"""The references of the chapter on Newton's method: properties, closed forms, other ways, bad input."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as st

from gradus import problems
from solutions import newton as reference
from solutions.newton import (
    backtracking,
    conjugate_gradient,
    hessian_product,
    newton_step,
    polak_ribiere,
    safe_direction,
    trust_region_step,
    wolfe_line_search,
)

SEEDS = st.integers(0, 2**32 - 1)


def matrix(rng, n, low=0.1, high=10.0):
    """Symmetric with eigenvalues between the bounds."""
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
    result = (basis * rng.uniform(low, high, size=n)) @ basis.T
    return (result + result.T) / 2


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


def _more_and_thuente():
    """Their six functions of one number, with slopes, c1 and c2.

    Source: Moré and Thuente (1994), "Line search algorithms with guaranteed sufficient decrease", section 5.
    """

    def bent(beta=0.01, waves=39):
        def value(a):
            base = (a - 1) ** 2 / (2 * beta) + beta / 2 if abs(a - 1) <= beta else abs(a - 1)
            size = waves * np.pi / 2
            return base + (1 - beta) / size * np.sin(size * a)

        def slope(a):
            return np.clip((a - 1) / beta, -1, 1) + (1 - beta) * np.cos(waves * np.pi / 2 * a)

        return value, slope

    def two_roots(one, two):
        first, second = (np.sqrt(1 + beta**2) - beta for beta in (one, two))

        def value(a):
            return first * np.hypot(1 - a, two) + second * np.hypot(a, one)

        def slope(a):
            return first * (a - 1) / np.hypot(1 - a, two) + second * a / np.hypot(a, one)

        return value, slope

    yield lambda a: -a / (a**2 + 2), lambda a: (a**2 - 2) / (a**2 + 2) ** 2, 1e-3, 0.1
    yield (
        lambda a: (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4,
        lambda a: 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3,
        0.1,
        0.1,
    )
    yield *bent(), 0.1, 0.1
    for betas in ((1e-3, 1e-3), (1e-2, 1e-3), (1e-3, 1e-2)):
        yield *two_roots(*betas), 1e-3, 1e-3


@pytest.mark.parametrize("initial", [1e-3, 1e-1, 1e1, 1e3])
@pytest.mark.parametrize("functions", list(_more_and_thuente()), ids=range(1, 7))
def test_a_wolfe_step_is_found_where_that_of_more_and_thuente_is(functions, initial):
    """The 24 rows of their tables 1 to 6."""
    value, slope, c1, c2 = functions
    for a in (0.3, 1.004, 2.5):  # the slopes are those of the values
        assert (value(a + 1e-6) - value(a - 1e-6)) / 2e-6 == pytest.approx(slope(a), abs=1e-4)
    here = value(0.0), np.array([slope(0.0)])
    alpha, _, grad = reference._line_search(
        lambda x: value(x[0]),
        lambda x: np.array([slope(x[0])]),
        np.zeros(1),
        here,
        np.ones(1),
        c1,
        c2,
        initial,
    )
    assert alpha > 0
    assert value(alpha) <= value(0.0) + c1 * alpha * slope(0.0)
    assert abs(grad[0]) <= c2 * abs(slope(0.0))


def test_a_trial_that_overflows_is_too_far():
    """Jennrich and Sampson's function and one that grows faster still, along a line, from far too long a step."""
    i = np.arange(1.0, 11.0)

    def far(x):
        return float(np.exp(np.exp(x[0])) - 9 * x[0])

    def jennrich(x):
        return float(np.sum((2 + 2 * i - np.exp(i * x[0]) - np.exp(i * x[1])) ** 2))

    def by_hand(x):
        e = np.exp(i * x[:, None])
        return -2 * (i * e) @ (2 + 2 * i - e.sum(axis=0))

    with np.errstate(all="ignore"):
        for f, gradient, start, d in (
            (far, lambda x: np.array([np.exp(x[0] + np.exp(x[0])) - 9]), [0.0], [1.0]),
            (jennrich, by_hand, [0.2, 0.25], [1.0, 1.0]),
        ):
            theta, direction = np.array(start), np.array(d)
            direction *= -np.sign(gradient(theta) @ direction)
            for initial in (0.1, 3.0, 6.5, 30.0, 400.0, 1e5):
                alpha = wolfe_line_search(f, gradient, theta, direction, initial=initial)
                there = theta + alpha * direction
                assert f(there) < f(theta)
                assert abs(gradient(there) @ direction) <= 0.9 * abs(gradient(theta) @ direction)


@pytest.mark.parametrize("size", [1e150, 1e200, 1e300])
def test_the_cubic_is_the_same_in_units_in_which_its_squares_overflow(size):
    small = reference._cubic((0.0, 1.0, -2.0), (1.0, 0.5, 3.0))
    large = reference._cubic((0.0, size, -2.0 * size), (1.0, 0.5 * size, 3.0 * size))
    assert large == pytest.approx(small)


@given(SEEDS, st.integers(1, 6))
def test_a_safe_direction_goes_downhill_and_is_newtons_where_that_does(seed, n):
    rng = np.random.default_rng(seed)
    hessian, grad = matrix(rng, n, -3.0, 3.0), rng.normal(size=n)
    direction = safe_direction(grad, hessian)
    assert grad @ direction < 0
    bowl = matrix(rng, n)
    np.testing.assert_allclose(bowl @ safe_direction(grad, bowl), -grad, atol=1e-9)


@given(SEEDS, st.integers(1, 6), st.floats(0.01, 10.0))
def test_the_step_of_a_trust_region_stays_inside_and_beats_the_gradients(seed, n, radius):
    rng = np.random.default_rng(seed)
    hessian, grad = matrix(rng, n, -3.0, 3.0), rng.normal(size=n)
    step = trust_region_step(grad, hessian, radius)
    length = np.linalg.norm(step)
    assert length <= radius * (1 + 1e-9)

    def model(d):
        return grad @ d + d @ hessian @ d / 2

    # Of the points along minus the gradient within the region the lowest is no lower.
    ways = -np.linspace(0, radius / np.linalg.norm(grad), 200)[:, None] * grad
    assert model(step) <= min(model(d) for d in ways) + 1e-9
    if length < 0.999 * radius:
        np.testing.assert_allclose(hessian @ step, -grad, atol=1e-5 * np.linalg.norm(grad))
    elif np.linalg.eigvalsh(hessian)[0] < 0:
        assert length == pytest.approx(radius)


@pytest.mark.parametrize("radius", [0.2, 1.0, 3.0, 50.0])
def test_the_step_of_a_trust_region_agrees_with_scipy(radius):
    from scipy.optimize._trustregion_ncg import CGSteihaugSubproblem

    rng = np.random.default_rng(4)
    for low in (0.3, -2.0):
        hessian, grad = matrix(rng, 8, low, 4.0), rng.normal(size=8)
        # Its tolerance: half of the gradient's length, or its root times it.
        tol = min(0.5, np.sqrt(np.linalg.norm(grad)))
        theirs, _ = CGSteihaugSubproblem(
            np.zeros(8), lambda x: 0.0, lambda x, g=grad: g, lambda x, h=hessian: h
        ).solve(radius)
        np.testing.assert_allclose(
            trust_region_step(grad, hessian, radius, tol), theirs, rtol=1e-9, atol=1e-12
        )


def test_products_are_all_that_the_step_needs():
    class Products:
        def __matmul__(self, v):
            return np.array([2.0, 1.0]) * v

    step = trust_region_step(np.array([1.0, 1.0]), Products(), 10.0)
    np.testing.assert_allclose(step, [-0.5, -1.0])


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


@pytest.mark.parametrize("seed", range(3))
def test_the_logistic_problem_has_the_minimum_that_scipy_finds(seed):
    problem = problems.get("logistic")
    start = np.random.default_rng(seed).normal(size=4)
    found = scipy.optimize.minimize(problem.value, start, jac=problem.gradient, tol=1e-12).x
    np.testing.assert_allclose(found, problem.minimum, atol=1e-5)


@given(SEEDS, st.integers(1, 6), st.integers(1, 4), st.integers(2, 5))
def test_a_product_with_the_hessian_is_the_change_of_the_gradient(seed, n, d, k):
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=(n, d)), rng.normal(size=(d, k))
    one, two = rng.normal(size=(2, d, k))
    labels, penalty = np.eye(k)[rng.integers(k, size=n)], rng.uniform(0, 1)

    def gradient(w):
        p = np.exp(x @ w)
        return x.T @ (p / p.sum(axis=1, keepdims=True) - labels) / n + penalty * w

    product = hessian_product(x, weights, one, penalty)
    h = 1e-5
    change = (gradient(weights + h * one) - gradient(weights - h * one)) / (2 * h)
    np.testing.assert_allclose(product, change, rtol=1e-6, atol=1e-8)
    # Symmetric, linear, and never below the penalty.
    other = hessian_product(x, weights, two, penalty)
    assert np.sum(two * product) == pytest.approx(np.sum(one * other), abs=1e-10)
    both = hessian_product(x, weights, 3 * one - two, penalty)
    np.testing.assert_allclose(both, 3 * product - other, atol=1e-10)
    assert np.sum(one * product) >= penalty * np.sum(one**2) - 1e-10
    # The same number added to all logits of a row changes nothing.
    same = np.tile(rng.normal(size=(d, 1)), k)
    np.testing.assert_allclose(hessian_product(x, weights, same, 0.0), 0, atol=1e-10)


ONES = np.ones(2)
BOWL = problems.get("bowl")
LINE = {"f": BOWL.value, "theta": ONES, "direction": -ONES}
RUN = {"f": BOWL.value, "gradient": BOWL.gradient, "theta": ONES}
VALID = {
    "newton_step": {"theta": ONES, "grad": ONES, "hessian": np.eye(2), "damping": 0.0},
    "backtracking": LINE | {"grad": ONES, "initial": 1.0, "c1": 0.1, "shrink": 0.5},
    "wolfe_line_search": LINE | {"gradient": BOWL.gradient, "c1": 0.1, "c2": 0.5, "initial": 1.0},
    "hessian_product": {"x": ONES[None], "weights": np.eye(2), "direction": np.eye(2)}
    | {"penalty": 0.0},
    "conjugate_gradient": {"a": np.eye(2), "b": ONES, "n_steps": 1},
    "trust_region_step": {"grad": ONES, "hessian": np.eye(2), "radius": 1.0, "tol": 0.1},
    "nonlinear_conjugate_gradient": RUN | {"tol": 1e-3, "max_iterations": 5},
}
BAD = {
    "penalty": (-1.0, np.nan),
    "damping": (-1.0, np.nan, np.inf),
    "radius": (0.0, -1.0, np.nan),
    "initial": (0.0, -1.0, np.nan),
    "c1": (0.0, 1.0, -0.1),
    "c2": (0.0, 1.0, 2.0),
    "shrink": (0.0, 1.0, "half"),
    "n_steps": (0, -1, 1.5),
    "tol": (0.0, -1e-3, np.nan),
    "max_iterations": (0, 2.5, None),
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
