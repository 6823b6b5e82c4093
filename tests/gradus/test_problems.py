"""Functions to minimise: gradients and Hessians against differences, minima against random points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradus import problems

STEEP = problems.quadratic([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]], name="steep")
ALL = [*map(problems.get, problems.names()), STEEP, problems.quadratic([2.0])]
every = pytest.mark.parametrize("problem", ALL, ids=lambda problem: problem.name)


def points(problem, count=20, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, size=(count, len(problem.start)))


def central(function, theta, h=1e-5):
    """Derivatives along each coordinate, in the last axis."""
    steps = h * np.eye(len(theta))
    return np.stack([(function(theta + d) - function(theta - d)) / (2 * h) for d in steps], -1)


def test_the_book_has_its_problems():
    assert set(problems.names()) >= {
        *("bowl", "tilted bowl", "saddle", "product", "rosenbrock", "two wells")
    }
    for name in problems.names():
        assert problems.get(name).name == name
        assert name in repr(problems.get(name))


@every
def test_the_gradient_is_the_derivative_of_the_value(problem):
    for theta in points(problem):
        np.testing.assert_allclose(
            problem.gradient(theta), central(problem.value, theta), rtol=1e-6, atol=1e-6
        )


@every
def test_the_hessian_is_the_derivative_of_the_gradient(problem):
    for theta in points(problem):
        hessian = problem.hessian(theta)
        np.testing.assert_allclose(hessian, central(problem.gradient, theta), rtol=1e-6, atol=1e-5)
        np.testing.assert_array_equal(hessian, hessian.T)


@every
def test_a_minimum_is_one(problem):
    if problem.minimum is None:
        # No minimum: it falls without end along some direction.
        far = 1e3 * points(problem, 200)
        assert problem.value(far).min() < -1e4
        return
    np.testing.assert_allclose(problem.gradient(problem.minimum), 0, atol=1e-12)
    assert np.linalg.eigvalsh(problem.hessian(problem.minimum)).min() >= 0
    lowest = problem.value(problem.minimum)
    for scale in (1e-3, 0.1, 1, 10):
        assert np.all(problem.value(problem.minimum + scale * points(problem, 2000)) >= lowest)
    assert problem.value(problem.start) > lowest


@every
def test_many_points_at_once(problem):
    theta = points(problem, 24).reshape(2, 3, 4, -1)
    values, gradients = problem.value(theta), problem.gradient(theta)
    assert values.shape == (2, 3, 4)
    assert gradients.shape == theta.shape
    for index in np.ndindex(2, 3, 4):
        np.testing.assert_allclose(values[index], problem.value(theta[index]), rtol=1e-12)
        np.testing.assert_allclose(gradients[index], problem.gradient(theta[index]), rtol=1e-12)
    assert np.ndim(problem.value(theta[0, 0, 0])) == 0


@every
def test_a_list_is_a_point_too_and_integers_are_numbers(problem):
    theta = [1] * len(problem.start)
    same = np.ones(len(theta))
    np.testing.assert_array_equal(problem.value(theta), problem.value(same))
    np.testing.assert_array_equal(problem.gradient(theta), problem.gradient(same))
    np.testing.assert_array_equal(problem.hessian(theta), problem.hessian(same))


@every
def test_nothing_is_changed_and_no_answer_is_shared(problem):
    theta = points(problem, 1)[0]
    before = theta.copy()
    gradient, hessian = problem.gradient(theta), problem.hessian(theta)
    first = gradient.copy(), hessian.copy()
    gradient += 1
    hessian += 1
    np.testing.assert_array_equal(theta, before)
    np.testing.assert_array_equal(problem.gradient(theta), first[0])
    np.testing.assert_array_equal(problem.hessian(theta), first[1])


@every
def test_an_answer_in_place_cannot_move_the_start(problem):
    with pytest.raises(ValueError, match="read-only"):
        problem.start[...] += 1
    if problem.minimum is not None:
        with pytest.raises(ValueError, match="read-only"):
            problem.minimum[...] += 1


def test_the_caller_keeps_the_array_that_was_given_as_start():
    start = np.ones(2)
    problem = problems.quadratic([1.0, 2.0], start=start)
    start += 1
    np.testing.assert_array_equal(problem.start, [1, 1])


@pytest.mark.parametrize("name", problems.names())
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1)])
def test_a_point_of_the_wrong_shape(name, shape):
    problem = problems.get(name)
    for function in (problem.value, problem.gradient):
        with pytest.raises(ValueError, match=f"^theta: expected shape .*{len(problem.start)}"):
            function(np.ones(shape))


@given(arrays(np.float64, st.integers(1, 5), elements=st.floats(-5, 5).filter(bool)))
def test_a_quadratic_of_given_eigenvalues(eigenvalues):
    problem = problems.quadratic(eigenvalues)
    n = len(eigenvalues)
    np.testing.assert_array_equal(problem.hessian(problem.start), np.diag(eigenvalues))
    np.testing.assert_allclose(problem.value(np.ones(n)), eigenvalues.sum() / 2, atol=1e-12)
    np.testing.assert_array_equal(problem.start, np.ones(n))
    assert (problem.minimum is None) == (eigenvalues.min() < 0)


def test_a_flat_direction_has_no_one_minimum():
    assert problems.quadratic([1.0, 0.0]).minimum is None


def test_the_values_that_the_text_states():
    x, y = 1.7, -0.6
    theta = np.array([x, y])
    stated = {
        "bowl": x**2 / 20 + y**2,
        "saddle": (x**2 - y**2) / 2,
        "product": x * y,
        "rosenbrock": (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "two wells": (x**2 - 1) ** 2 + 0.3 * x + y**2 / 2,
    }
    for name, value in stated.items():
        assert problems.get(name).value(theta) == pytest.approx(value, rel=1e-12)
    starts = {
        "bowl": [-7, 2],
        "saddle": [-2, 1e-3],
        "product": [1, 2],
        "rosenbrock": [-1.2, 1],
        "two wells": [2, 1],
    }
    for name, start in starts.items():
        np.testing.assert_array_equal(problems.get(name).start, start)
    np.testing.assert_array_equal(problems.get("rosenbrock").minimum, [1, 1])


def test_the_long_rosenbrock_is_scipys():
    optimize = pytest.importorskip("scipy.optimize")
    problem = problems.get("long rosenbrock")
    for theta in points(problem):
        assert problem.value(theta) == pytest.approx(optimize.rosen(theta), rel=1e-12)
        np.testing.assert_allclose(problem.gradient(theta), optimize.rosen_der(theta), rtol=1e-9)
        np.testing.assert_allclose(problem.hessian(theta), optimize.rosen_hess(theta), rtol=1e-12)


def test_the_tilted_bowl_is_the_bowl_turned():
    bowl, tilted = problems.get("bowl"), problems.get("tilted bowl")
    turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2)
    theta = points(bowl)
    np.testing.assert_allclose(tilted.value(theta @ turn.T), bowl.value(theta), rtol=1e-12)
    np.testing.assert_allclose(tilted.start, turn @ bowl.start, rtol=1e-12)


def test_two_wells_has_two():
    wells = problems.get("two wells")
    roots = np.sort(np.roots([4, 0, -4, 0.3]).real)
    kinds = [np.sign(np.linalg.eigvalsh(wells.hessian(np.array([x, 0.0])))).sum() for x in roots]
    assert kinds == [2, 0, 2]
    assert wells.minimum[0] == pytest.approx(roots[0])


@pytest.mark.parametrize("name", ["", "Bowl", "no such", None, 3, ["bowl"]])
def test_an_unknown_name(name):
    with pytest.raises(ValueError, match="^name: expected one of bowl, .*; got "):
        problems.get(name)


@pytest.mark.parametrize(
    "curvature",
    [
        [],
        3.0,
        [[1.0, 2.0]],
        [[1.0, 2.0], [3.0, 1.0]],
        np.ones((2, 2, 2)),
        [np.nan, 1.0],
        [np.inf, 1.0],
        [[1.0, np.nan], [np.nan, 1.0]],
    ],
)
def test_a_curvature_that_is_none(curvature):
    with pytest.raises(ValueError, match="^curvature: expected"):
        problems.quadratic(curvature)


@pytest.mark.parametrize("start", [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_a_start_of_the_wrong_shape(start):
    with pytest.raises(ValueError, match=r"^start: expected shape \(2,\), got "):
        problems.quadratic([1.0, 2.0], start=start)


@pytest.mark.parametrize("name", problems.curves())
def test_a_curve_is_a_function_of_each_entry_with_its_derivative(name):
    curve = problems.get(name)
    assert curve.name == name
    z = np.array([[-9.3, -2.1, -0.4], [0.3, 1.7, 8.8]])
    assert curve.value(z).shape == curve.gradient(z).shape == z.shape
    difference = (curve.value(z + 1e-5) - curve.value(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(curve.gradient(z), difference, rtol=1e-6, atol=1e-8)
    assert float(curve.value(0.7)) == pytest.approx(float(curve.value(np.array([0.7]))[0]))
    assert np.isfinite(curve.value(np.array([-1e4, 1e4]))).all()


def test_curves_and_problems_have_names_of_their_own():
    assert not set(problems.curves()) & set(problems.names())
