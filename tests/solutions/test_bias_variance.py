"""The references of the chapter on bias and variance: closed forms, recorded vectors, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from solutions.bias_variance import (
    decompose_mse,
    exact_decomposition,
    expected_training_error,
    leave_one_out,
    penalty_for,
    smoother_matrix,
    unbiased_bias_squared,
    variance_parts,
)

X = np.linspace(0, 10, 20)
GRID = np.linspace(0, 10, 201)
NUMBERS = st.floats(-1e3, 1e3)


def f(x):
    return x + 2 * np.sin(1.5 * x)


def legendre(x, degree):
    return np.polynomial.legendre.legvander((x - 5) / 5, degree)


def polynomial_smoother(degree, x_new=GRID, penalty=0.0):
    return smoother_matrix(legendre(X, degree), legendre(x_new, degree), penalty)


@st.composite
def models(draw, least=1):
    shape = draw(st.tuples(st.integers(least, 6), st.integers(1, 5)))
    return draw(arrays(float, shape, elements=NUMBERS)), draw(
        arrays(float, shape[1], elements=NUMBERS)
    )


# The parts, from models


@given(models())
def test_the_parts_add_up_to_the_mean_square(case):
    predictions, truth = case
    mean_square = np.mean((predictions - truth) ** 2, axis=0)
    bias2, spread, noise, total = decompose_mse(predictions, truth, 3.0)
    assert noise == 9.0
    assert total == pytest.approx(bias2 + spread + 9.0, rel=1e-14)
    assert total == pytest.approx(mean_square.mean() + 9.0, rel=1e-9)


@given(models(least=2))
def test_the_unbiased_estimate_is_the_mean_product_of_two_models(case):
    predictions, truth = case
    errors, count = predictions - truth, len(predictions)
    products = [errors[i] * errors[j] for i in range(count) for j in range(count) if i != j]
    found = unbiased_bias_squared(predictions, truth)
    np.testing.assert_allclose(found, np.mean(products, axis=0), rtol=1e-9, atol=1e-8)


def test_estimates_of_few_models_are_right_on_average_or_not_as_the_text_says():
    """200,000 groups of three models at one point of bias 0.5 and standard deviation 2."""
    draws = np.random.default_rng(0).normal(0.5, 2.0, size=(200_000, 3))
    plain = np.array([draws.mean(axis=1) ** 2, draws.var(axis=1)])
    parts = decompose_mse(draws.T, np.zeros(200_000), 0.0)[:2]
    assert parts == pytest.approx(plain.mean(axis=1))
    unbiased = unbiased_bias_squared(draws.T, np.zeros(200_000))
    for values, expected in zip((*plain, unbiased), (0.25 + 4 / 3, 4 * 2 / 3, 0.25), strict=True):
        error = values.std() / np.sqrt(200_000)
        assert abs(values.mean() - expected) < 4 * error


def test_one_model_has_no_variance():
    row = np.array([[1.0, 2.0]])
    assert decompose_mse(row, np.zeros(2), 0.0) == (2.5, 0.0, 0.0, 2.5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: decompose_mse(np.zeros((2, 3)), np.zeros(2), 1.0),
            "truth: expected shape (m,) with m = 3, got (2,)",
        ),
        (
            lambda: variance_parts(np.zeros((1, 3, 2))),
            "outputs: expected two data sets and two starts at least, got shape (1, 3, 2)",
        ),
        (lambda: decompose_mse(np.zeros((2, 3)), np.zeros(3), -1), "noise_sd: expected a finite"),
        (
            lambda: unbiased_bias_squared(np.zeros((1, 3)), np.zeros(3)),
            "predictions: expected at least two models, got one",
        ),
    ],
)
def test_bad_models_are_named(call, said):
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value).startswith(said)


# Linear smoothers


def test_the_recorded_decomposition_of_polynomial_fits(oracle):
    recorded = oracle("sklearn_stats")["results"]["bias_variance_closed_form"]
    tolerance = oracle("sklearn_stats")["tolerance"]["bias_variance"]
    degrees, curves = [], []
    for row in recorded["degrees"]:
        degree = row["degree"]
        (bias2, unit), at_design = (
            [p.mean() for p in exact_decomposition(polynomial_smoother(degree, x), f(X), f(x), 1)]
            for x in (GRID, X)
        )
        assert bias2 == pytest.approx(row["mean_bias2"], rel=tolerance, abs=tolerance)
        assert unit == pytest.approx(row["mean_variance_per_sigma2"], rel=tolerance)
        assert bias2 + 0.04 * unit + 0.04 == pytest.approx(
            row["expected_test_mse_sigma0_2"], rel=tolerance
        )
        expected = row["at_design_bias2"], row["at_design_variance_per_sigma2"]
        assert at_design == pytest.approx(expected, rel=tolerance, abs=tolerance)
        assert at_design[1] == pytest.approx((degree + 1) / 20, rel=1e-9)
        degrees.append(degree)
        curves.append((bias2, unit))
    bias2, unit = np.transpose(curves)
    degrees = np.array(degrees)
    assert degrees[np.argmin(bias2 + 0.04 * unit)] == recorded["best_degree"]["sigma0.2"] == 10
    assert degrees[np.argmin(bias2 + unit)] == recorded["best_degree"]["sigma1"] == 8
    line = np.polynomial.Polynomial.fit(X, f(X), 1).convert().coef
    assert line == pytest.approx(
        [recorded["linear_mean_fit"]["intercept"], recorded["linear_mean_fit"]["slope"]]
    )


def test_scikit_learns_ridge(oracle):
    recorded = oracle("sklearn_stats")["results"]["ridge_lasso"]
    x, y = np.array(recorded["X"]), np.array(recorded["y"])
    features = np.column_stack([np.ones(len(x)), x])
    # A row of the identity picks a coefficient: the intercept first.
    for row in recorded["ridge"]:
        theta = smoother_matrix(features, np.eye(features.shape[1]), row["alpha"]) @ y
        assert theta == pytest.approx([row["intercept"], *row["coef"]], rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("degree", [0, 3, 9, 15])
def test_the_smoother_predicts_what_the_fit_predicts(degree):
    y = np.random.default_rng(degree).normal(size=20)
    expected = np.polynomial.Polynomial.fit(X, y, degree)(GRID)
    np.testing.assert_allclose(polynomial_smoother(degree) @ y, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 1.0, 1e6])
def test_a_smoother_keeps_constants_and_its_penalty_leaves_the_constant_alone(penalty):
    smoother = polynomial_smoother(7, penalty=penalty)
    np.testing.assert_allclose(smoother.sum(axis=1), 1.0, rtol=1e-9)
    if penalty == 1e6:
        np.testing.assert_allclose(smoother, 1 / 20, atol=1e-4)


def test_without_a_penalty_it_is_a_projection_and_with_one_it_is_none():
    smoother = polynomial_smoother(6, X)
    np.testing.assert_allclose(smoother @ smoother, smoother, atol=1e-12)
    np.testing.assert_allclose(smoother, smoother.T, atol=1e-12)
    assert np.trace(smoother) == pytest.approx(7)
    assert np.trace(polynomial_smoother(6, X, 1.0)) < 6.5


def test_a_minimum_of_the_objective():
    rng = np.random.default_rng(0)
    features = np.column_stack([np.ones(9), rng.normal(size=(9, 3))])
    y, penalty = rng.normal(size=9), 2.0
    theta = smoother_matrix(features, np.eye(4), penalty) @ y

    def objective(theta):
        return np.sum((y - features @ theta) ** 2) + penalty * np.sum(theta[1:] ** 2)

    for direction in np.vstack([np.eye(4), -np.eye(4)]):
        assert objective(theta + 1e-4 * direction) > objective(theta)


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_the_exact_parts_are_those_of_a_simulation(penalty):
    smoother, count = polynomial_smoother(9, GRID[::20], penalty), 40_000
    targets = np.random.default_rng(2).normal(f(X), 0.8, size=(count, 20))
    predictions = targets @ smoother.T
    bias2, spread = exact_decomposition(smoother, f(X), f(GRID[::20]), 0.8)
    assert predictions.var(axis=0) == pytest.approx(spread, rel=4.5 * np.sqrt(2 / count))
    # The square of a mean with that standard error about the bias.
    error = np.sqrt(spread / count)
    slack = 4.5 * error * (2 * np.sqrt(bias2) + 4.5 * error)
    assert (np.abs(unbiased_bias_squared(predictions, f(GRID[::20])) - bias2) < slack).all()


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_the_training_error_is_that_of_a_simulation(penalty):
    smoother, count = polynomial_smoother(7, X, penalty), 20_000
    targets = np.random.default_rng(3).normal(f(X), 0.8, size=(count, 20))
    errors = np.mean((targets - targets @ smoother.T) ** 2, axis=1)
    expected = expected_training_error(smoother, f(X), 0.8)
    assert abs(errors.mean() - expected) < 4 * errors.std() / np.sqrt(count)


def test_the_optimism_is_twice_the_trace():
    for penalty in (0.0, 2.0):
        smoother = polynomial_smoother(5, X, penalty)
        bias2, spread = exact_decomposition(smoother, f(X), f(X), 1.3)
        gap = bias2.mean() + spread.mean() + 1.69 - expected_training_error(smoother, f(X), 1.3)
        assert gap == pytest.approx(2 * 1.69 * np.trace(smoother) / 20)


def test_bias_does_not_see_the_noise_nor_variance_the_truth():
    smoother = polynomial_smoother(4)
    quiet, loud = (exact_decomposition(smoother, f(X), f(GRID), sd) for sd in (0.5, 1.5))
    assert (quiet[0] == loud[0]).all()
    assert loud[1] == pytest.approx(9 * quiet[1])
    assert (exact_decomposition(smoother, 0 * X, f(GRID), 1.5)[1] == loud[1]).all()


def test_a_method_that_ignores_the_data_has_no_variance_and_one_that_copies_them_no_bias():
    bias2, spread = exact_decomposition(np.zeros((3, 4)), np.ones(4), np.full(3, 2.0), 5.0)
    assert (bias2.tolist(), spread.tolist()) == ([4.0] * 3, [0.0] * 3)
    bias2, spread = exact_decomposition(np.eye(4), np.arange(4.0), np.arange(4.0), 5.0)
    assert (bias2.tolist(), spread.tolist()) == ([0.0] * 4, [25.0] * 4)
    assert expected_training_error(np.eye(4), np.arange(4.0), 5.0) == 0.0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: smoother_matrix(np.ones((4, 2)), np.ones((3, 2))),
            "features: expected 2 linearly independent columns, got 1",
        ),
        (
            lambda: smoother_matrix(np.ones((4, 2)), np.ones((3, 1))),
            "features_new: expected shape (m, p) with p = 2, got (3, 1)",
        ),
        (lambda: smoother_matrix(np.ones((4, 1)), np.ones((3, 1)), -1.0), "penalty: expected"),
        (lambda: smoother_matrix(np.ones(4), np.ones((3, 1))), "features: expected shape (n, p)"),
        (
            lambda: exact_decomposition(np.ones((2, 3)), np.ones(2), np.ones(2), 1.0),
            "truth: expected shape (n,) with n = 3, got (2,)",
        ),
        (
            lambda: exact_decomposition(np.ones((2, 3)), np.ones(3), np.ones(3), 1.0),
            "truth_new: expected shape (m,) with m = 2, got (3,)",
        ),
        (
            lambda: exact_decomposition(np.ones((2, 3)), np.ones(3), np.ones(2), np.nan),
            "noise_sd: expected a finite number of at least 0, got nan",
        ),
        (
            lambda: expected_training_error(np.ones((2, 3)), np.ones(3), 1.0),
            "smoother: expected shape (n, n), nothing empty, got (2, 3)",
        ),
        (lambda: penalty_for(np.eye(3), 1.0), "freedom: expected a number above 1 and at most 3"),
        (lambda: penalty_for(np.eye(3), 3.5), "freedom: expected a number above 1 and at most 3"),
    ],
)
def test_bad_smoothers_are_named(call, said):
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value).startswith(said)


# Leaving one out, degrees of freedom, two accidents


@pytest.mark.parametrize("penalty", [0.0, 0.4, 30.0])
@pytest.mark.parametrize("degree", [0, 3, 7])
def test_one_fit_tells_what_n_fits_tell(degree, penalty):
    table, y = legendre(X, degree), np.random.default_rng(degree).normal(size=20)
    errors = []
    for i in range(20):
        rest = np.arange(20) != i
        smoother = smoother_matrix(table[rest], table[i : i + 1], penalty)
        errors.append(y[i] - (smoother @ y[rest])[0])
    found = leave_one_out(smoother_matrix(table, table, penalty), y)
    np.testing.assert_allclose(found, errors, rtol=1e-7, atol=1e-9)


@given(st.integers(0, 2**32), st.floats(0.01, 0.99))
def test_the_penalty_has_the_degrees_of_freedom(seed, share):
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(4, 15)), int(rng.integers(2, 5))
    features = np.column_stack([np.ones(n), rng.normal(3, 2, size=(n, p - 1))])
    freedom = 1 + share * (p - 1)
    penalty = penalty_for(features, freedom)
    assert np.trace(smoother_matrix(features, features, penalty)) == pytest.approx(
        freedom, rel=1e-7
    )


def test_all_degrees_of_freedom_need_no_penalty():
    assert penalty_for(legendre(X, 4), 5) == 0


def test_orthogonal_features_have_the_sum_of_the_shrinkage_factors():
    q, _ = np.linalg.qr(np.column_stack([np.ones(9), np.random.default_rng(0).normal(size=(9, 3))]))
    sizes = np.array([2.0, 1.0, 0.5])
    features = np.column_stack([np.ones(9), q[:, 1:] * sizes])
    factors = sizes**2 / (sizes**2 + 0.7)
    assert penalty_for(features, 1 + factors.sum()) == pytest.approx(0.7)


def test_two_accidents_are_told_apart_on_average():
    rng = np.random.default_rng(0)
    found = np.array(
        [
            variance_parts(
                0.5 * rng.normal(size=(3, 1, 400)) + 2.0 * rng.normal(size=(3, 2, 400)) + 7.0
            )
            for _ in range(500)
        ]
    )
    errors = found.std(axis=0) / np.sqrt(500)
    assert (np.abs(found.mean(axis=0) - [0.25, 4.0]) < 4 * errors).all()


# Nothing is changed in place


def test_arguments_stay_as_they_are():
    rng = np.random.default_rng(0)
    predictions, truth = rng.normal(size=(3, 4)), rng.normal(size=4)
    square = rng.normal(size=(4, 4))
    given_before = [array.copy() for array in (predictions, truth, square)]
    (
        leave_one_out(square, truth),
        penalty_for(square, 2.0),
        variance_parts(square[None].repeat(2, 0)),
    )
    decompose_mse(predictions, truth, 1.0), unbiased_bias_squared(predictions, truth)
    smoother_matrix(square, square, 1.0), exact_decomposition(square, truth, truth, 1.0)
    expected_training_error(square, truth, 1.0)
    for array, before in zip((predictions, truth, square), given_before, strict=True):
        assert (array == before).all()
