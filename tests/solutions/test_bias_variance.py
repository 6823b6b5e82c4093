"""The references of the chapter on bias and variance: closed forms, recorded vectors, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from solutions.bias_variance import (
    average_prediction,
    best_degree,
    bias_squared,
    decompose_mse,
    exact_decomposition,
    expected_training_error,
    fit_polynomial,
    simulate_targets,
    smoother_matrix,
    unbiased_bias_squared,
    variance,
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


# fit_polynomial


@pytest.mark.parametrize("degree", range(9))
@pytest.mark.parametrize(("low", "high"), [(0, 10), (-1, 1), (1990, 2020), (-1e6, 1e6), (0, 1e-9)])
def test_a_polynomial_of_the_degree_is_found_again(degree, low, high):
    rng = np.random.default_rng(degree)
    roots = rng.uniform(-1, 1, degree)
    x, x_new = rng.uniform(low, high, 30), np.linspace(low, high, 17)

    def polynomial(inputs):
        u = 2 * (inputs - low) / (high - low) - 1
        return 3.0 + np.prod(u[:, None] - roots, axis=1)

    predictions = fit_polynomial(x, polynomial(x), degree, x_new)
    np.testing.assert_allclose(predictions, polynomial(x_new), rtol=1e-8)


@pytest.mark.parametrize("degree", [0, 1, 5, 12, 19])
def test_numpys_class_fits_the_same(degree):
    y = f(X) + np.random.default_rng(0).normal(size=20)
    expected = np.polynomial.Polynomial.fit(X, y, degree)(GRID)
    np.testing.assert_allclose(fit_polynomial(X, y, degree, GRID), expected, rtol=1e-6, atol=1e-6)


def test_residuals_are_orthogonal_to_every_power():
    y = np.random.default_rng(1).normal(size=20)
    residuals = y - fit_polynomial(X, y, 6, X)
    assert np.abs(((X - 5) / 5) ** np.arange(7)[:, None] @ residuals).max() < 1e-12


@given(arrays(float, 8, elements=NUMBERS), NUMBERS, st.floats(0.1, 10))
def test_a_fit_does_not_depend_on_origin_and_unit_of_the_inputs(y, shift, scale):
    x, x_new = np.arange(8.0), np.array([0.5, 3.3])
    moved = fit_polynomial(scale * x + shift, y, 3, scale * x_new + shift)
    size = 1 + np.abs(y).max()
    np.testing.assert_allclose(moved, fit_polynomial(x, y, 3, x_new), atol=1e-9 * size)


def test_degree_0_is_the_mean_and_one_input_is_enough_for_it():
    assert fit_polynomial(X, f(X), 0, GRID[:2]) == pytest.approx(f(X).mean())
    three, seven = np.array([3.0]), np.array([7.0])
    assert fit_polynomial(three, seven, 0, GRID[:2]).tolist() == [7.0, 7.0]
    two = np.array([7.0, 9.0])
    assert fit_polynomial(np.repeat(three, 2), two, 0, GRID[:1]) == pytest.approx([8.0])


def test_equal_inputs_may_occur():
    x, y = np.array([0.0, 0.0, 1.0, 2.0]), np.array([1.0, 3.0, 4.0, 5.0])
    assert fit_polynomial(x, y, 2, np.array([0.0, 1.0, 2.0])) == pytest.approx([2.0, 4.0, 5.0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.0, 2.0], [1.0], 0, [1.0]), "y: expected shape (n,) with n = 2, got (1,)"),
        (([], [], 0, [1.0]), "x: expected shape (n,), nothing empty, got (0,)"),
        (([[1.0]], [1.0], 0, [1.0]), "x: expected shape (n,), nothing empty, got (1, 1)"),
        (([1.0, 1.0], [1.0, 2.0], 1, [1.0]), "x: expected more than 1 different inputs, got 1"),
        (([1.0, 2.0], [1.0, 2.0], 0, 1.0), "x_new: expected shape (m,), nothing empty, got ()"),
        (([1.0], [1.0], -1, [1.0]), "degree: expected a whole number of at least 0, got -1"),
        (([1.0], [1.0], 0.5, [1.0]), "degree: expected a whole number of at least 0, got 0.5"),
    ],
)
def test_bad_data_for_a_fit_are_named(arguments, said):
    with pytest.raises(ValueError) as raised:
        fit_polynomial(*arguments)
    assert str(raised.value).startswith(said)


# simulate_targets


def test_noise_has_the_moments_asked_for():
    noise = simulate_targets(f(X), 0.7, 5000, np.random.default_rng(0)) - f(X)
    n = noise.size
    assert abs(noise.mean()) < 4 * 0.7 / np.sqrt(n)
    assert noise.var() == pytest.approx(0.49, rel=4 * np.sqrt(2 / n))
    # Off the diagonal, correlations of independent columns have the standard error 1 / sqrt(5000).
    correlations = np.corrcoef(noise.T) - np.eye(20)
    assert np.abs(correlations).max() < 5 / np.sqrt(5000)


def test_no_noise_and_one_set():
    assert (simulate_targets(f(X), 0.0, 3, np.random.default_rng(0)) == f(X)).all()
    assert simulate_targets(np.ones(1), 1.0, 1, np.random.default_rng(0)).shape == (1, 1)


@pytest.mark.parametrize(
    ("truth", "noise_sd", "n_sets", "said"),
    [
        ([1.0], -0.1, 1, "noise_sd: expected a finite number of at least 0, got -0.1"),
        ([1.0], 1.0, 0, "n_sets: expected a whole number of at least 1, got 0"),
        ([], 1.0, 1, "truth: expected shape (n,), nothing empty, got (0,)"),
    ],
)
def test_bad_data_for_a_simulation_are_named(truth, noise_sd, n_sets, said):
    with pytest.raises(ValueError) as raised:
        simulate_targets(truth, noise_sd, n_sets, np.random.default_rng(0))
    assert str(raised.value).startswith(said)


# The parts, from models


@given(models())
def test_the_parts_add_up_to_the_mean_square(case):
    predictions, truth = case
    mean_square = np.mean((predictions - truth) ** 2, axis=0)
    parts = bias_squared(predictions, truth) + variance(predictions)
    np.testing.assert_allclose(parts, mean_square, rtol=1e-9, atol=1e-9)
    bias2, spread, noise, total = decompose_mse(predictions, truth, 3.0)
    assert noise == 9.0
    assert total == pytest.approx(bias2 + spread + 9.0, rel=1e-14)
    assert total == pytest.approx(mean_square.mean() + 9.0, rel=1e-9)


@given(models())
def test_the_average_model_is_the_one_of_least_mean_square(case):
    predictions, _ = case
    average = average_prediction(predictions)
    for other in (predictions[0], average + 1.0, np.median(predictions, axis=0)):
        around = np.mean((predictions - other) ** 2, axis=0)
        assert (around >= variance(predictions) * (1 - 1e-12) - 1e-9).all()


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
    plain = np.array([bias_squared(draws.T, np.zeros(200_000)), variance(draws.T)])
    unbiased = unbiased_bias_squared(draws.T, np.zeros(200_000))
    for values, expected in zip((*plain, unbiased), (0.25 + 4 / 3, 4 * 2 / 3, 0.25), strict=True):
        error = values.std() / np.sqrt(200_000)
        assert abs(values.mean() - expected) < 4 * error


def test_one_model_has_no_variance():
    row = np.array([[1.0, 2.0]])
    assert variance(row).tolist() == [0.0, 0.0]
    assert average_prediction(row).tolist() == [1.0, 2.0]
    assert decompose_mse(row, np.zeros(2), 0.0) == (2.5, 0.0, 0.0, 2.5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: average_prediction([1.0, 2.0]), "predictions: expected shape (K, m)"),
        (lambda: variance(np.zeros((0, 3))), "predictions: expected shape (K, m), nothing empty"),
        (
            lambda: bias_squared(np.zeros((2, 3)), np.zeros(2)),
            "truth: expected shape (m,) with m = 3, got (2,)",
        ),
        (lambda: bias_squared(np.zeros((2, 3)), 0.0), "truth: expected shape (m,) with m = 3"),
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
    assert best_degree(degrees, bias2, unit, 0.2) == recorded["best_degree"]["sigma0.2"] == 10
    assert best_degree(degrees, bias2, unit, 1.0) == recorded["best_degree"]["sigma1"] == 8
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
    expected = fit_polynomial(X, y, degree, GRID)
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
    targets = simulate_targets(f(X), 0.8, count, np.random.default_rng(2))
    predictions = targets @ smoother.T
    bias2, spread = exact_decomposition(smoother, f(X), f(GRID[::20]), 0.8)
    assert variance(predictions) == pytest.approx(spread, rel=4.5 * np.sqrt(2 / count))
    # The square of a mean with that standard error about the bias.
    error = np.sqrt(spread / count)
    slack = 4.5 * error * (2 * np.sqrt(bias2) + 4.5 * error)
    assert (np.abs(unbiased_bias_squared(predictions, f(GRID[::20])) - bias2) < slack).all()


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_the_training_error_is_that_of_a_simulation(penalty):
    smoother, count = polynomial_smoother(7, X, penalty), 20_000
    targets = simulate_targets(f(X), 0.8, count, np.random.default_rng(3))
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
        (
            lambda: best_degree([1, 2], [1.0], [1.0, 2.0], 1.0),
            "bias2: expected shape (k,) with k = 2",
        ),
        (lambda: best_degree([1], [1.0], [], 1.0), "unit_variance: expected shape (k,) with k = 1"),
        (lambda: best_degree([], [], [], 1.0), "degrees: expected shape (k,), nothing empty"),
        (lambda: best_degree([1], [1.0], [1.0], -1.0), "noise_sd: expected"),
    ],
)
def test_bad_smoothers_are_named(call, said):
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value).startswith(said)


# best_degree


def test_among_equals_the_smallest_degree():
    degrees, flat = np.array([2, 5, 9]), np.ones(3)
    assert best_degree(degrees, flat, 0 * flat, 1.0) == 2
    assert best_degree(degrees, np.array([3.0, 1.0, 1.0]), degrees, 0.0) == 5


@given(st.floats(0, 100), st.floats(0, 100))
def test_more_noise_never_asks_for_a_larger_degree(one, other):
    degrees = np.arange(10)
    bias2, unit = 5.0 * 0.5**degrees, 0.05 * (degrees + 1)
    low, high = sorted((one, other))
    assert best_degree(degrees, bias2, unit, high) <= best_degree(degrees, bias2, unit, low)


# Nothing is changed in place


def test_arguments_stay_as_they_are():
    rng = np.random.default_rng(0)
    predictions, truth = rng.normal(size=(3, 4)), rng.normal(size=4)
    square = rng.normal(size=(4, 4))
    given_before = [array.copy() for array in (predictions, truth, square)]
    fit_polynomial(truth, truth, 2, truth)
    simulate_targets(truth, 1.0, 2, rng)
    average_prediction(predictions), variance(predictions), bias_squared(predictions, truth)
    decompose_mse(predictions, truth, 1.0), unbiased_bias_squared(predictions, truth)
    smoother_matrix(square, square, 1.0), exact_decomposition(square, truth, truth, 1.0)
    expected_training_error(square, truth, 1.0), best_degree(truth, truth, truth, 1.0)
    for array, before in zip((predictions, truth, square), given_before, strict=True):
        assert (array == before).all()
