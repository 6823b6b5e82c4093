"""The references of the chapter on initialization: PyTorch's and Keras's records, closed forms, moments, differences."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from solutions.initialization import (
    backward_variance,
    dead_units,
    elu,
    forward_variance,
    gaussian_average,
    he_normal,
    he_uniform,
    leaky_relu,
    lecun_normal,
    relu,
    selu,
    sigmoid,
    tanh,
    xavier_normal,
    xavier_uniform,
)

ACTIVATIONS = [sigmoid, tanh, relu, leaky_relu, elu, selu]
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda f: f.__name__)
# For n_in, n_out: the variance, and how wide a uniform distribution of it is.
INITIALIZERS = {
    lecun_normal: lambda n, k: 1 / n,
    xavier_normal: lambda n, k: 2 / (n + k),
    xavier_uniform: lambda n, k: 2 / (n + k),
    he_normal: lambda n, k: 2 / n,
    he_uniform: lambda n, k: 2 / n,
}
every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS, ids=lambda f: f.__name__)
LAYERS = [(784, 300), (30, 500), (100, 7)]
NUMBERS = arrays(float, array_shapes(max_dims=3, max_side=5), elements=st.floats(-1e300, 1e300))


# Activations


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("sigmoid", sigmoid),
        ("tanh", tanh),
        ("relu", relu),
        ("leaky_relu_0.01", leaky_relu),
        ("elu_1", elu),
        ("selu", selu),
    ],
)
def test_value_and_slope_are_those_of_pytorch(name, ours, oracle):
    recorded = oracle("activations")
    a, slope = ours(np.array(recorded["x"]))
    np.testing.assert_allclose(a, recorded["functions"][name]["y"], rtol=1e-12, atol=1e-15)
    # PyTorch's 1 - a * a and a * (1 - a) lose the digits that are left far out.
    np.testing.assert_allclose(slope, recorded["functions"][name]["dy"], rtol=1e-11, atol=2e-16)


@every_activation
def test_the_slope_is_the_derivative(activation):
    z = np.random.default_rng(0).uniform(-4, 4, size=(40, 5))
    z = z[np.abs(z) > 0.01]
    difference = (activation(z + 1e-5)[0] - activation(z - 1e-5)[0]) / 2e-5
    np.testing.assert_allclose(activation(z)[1], difference, rtol=1e-8, atol=1e-9)


@every_activation
@given(NUMBERS)
def test_no_finite_number_does_harm(activation, z):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a, slope = activation(z / 2)
    for result in (a, slope):
        assert result.shape == z.shape
        assert np.isfinite(result).all()
    assert (slope >= 0).all()


@every_activation
def test_at_ten_thousand(activation):
    z = np.array([-1e4, 1e4])
    with np.errstate(all="raise", under="ignore"):
        a, slope = activation(z)
    limits = {
        "sigmoid": ([0, 1], [0, 0]),
        "tanh": ([-1, 1], [0, 0]),
        "relu": ([0, 1e4], [0, 1]),
        "leaky_relu": ([-100, 1e4], [0.01, 1]),
        "elu": ([-1, 1e4], [0, 1]),
        "selu": ([-1.7580993408473766, 10507.009873554805], [0, 1.0507009873554805]),
    }
    np.testing.assert_allclose([a, slope], limits[activation.__name__], rtol=1e-12, atol=0)


@every_activation
def test_every_activation_rises(activation):
    a, _ = activation(np.linspace(-20, 20, 4001))
    assert (np.diff(a) >= 0).all()


def test_sigmoid_and_tanh_are_one_function():
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(2 * sigmoid(2 * z)[0] - 1, tanh(z)[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(4 * sigmoid(2 * z)[1], tanh(z)[1], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(sigmoid(z)[0] + sigmoid(-z)[0], 1, rtol=1e-15)


def test_the_sigmoids_tail_keeps_its_digits():
    z = np.array([-700.0, -40.0, 40.0])
    np.testing.assert_allclose(sigmoid(z)[1], np.exp(-np.abs(z)), rtol=1e-15)


def test_the_largest_slopes():
    z = np.linspace(-5, 5, 1001)
    for activation, largest in ((sigmoid, 0.25), (tanh, 1.0)):
        slope = activation(z)[1]
        assert slope.max() == pytest.approx(largest, abs=1e-15)
        assert z[slope.argmax()] == pytest.approx(0, abs=1e-12)


def test_at_the_kink():
    zero = np.zeros(1)
    assert relu(zero) == (0, 0)
    assert leaky_relu(zero, 0.3) == (0, 0.3)
    assert elu(zero, 1.5) == (0, 1.5)


def test_special_cases_of_the_leaky_ones():
    z = np.linspace(-3, 3, 21)
    np.testing.assert_array_equal(leaky_relu(z, 0.0), relu(z))
    np.testing.assert_array_equal(elu(z, 0.0), relu(z))
    np.testing.assert_array_equal(leaky_relu(z, 1.0)[0], z)


def test_elu_keeps_its_digits_near_zero():
    assert elu(np.array([-1e-12]))[0][0] == pytest.approx(-1e-12, rel=1e-11)


@pytest.mark.parametrize("activation", [leaky_relu, elu])
@pytest.mark.parametrize("alpha", [-0.1, np.nan, np.inf, "0.1", None])
def test_alpha_out_of_range(activation, alpha):
    with pytest.raises(ValueError, match="^alpha: expected a finite number of at least 0, got "):
        activation(np.ones(2), alpha)


def test_dead_units():
    z = np.array([[-1.0, 2.0, 0.0, -1.0], [-3.0, -1.0, -2.0, 1e-9]])
    assert dead_units(z).tolist() == [True, False, True, False]
    assert dead_units(z[:, :0]).shape == (0,)
    for wrong in (np.ones(3), np.ones((0, 3)), np.ones((2, 2, 2))):
        with pytest.raises(ValueError, match=r"^z: expected shape \(n, m\)"):
            dead_units(wrong)


# Initial weights


@every_initializer
@pytest.mark.parametrize("layer", LAYERS)
def test_moments_within_four_standard_errors(initializer, layer):
    weights = initializer(*layer, np.random.default_rng(1))
    assert weights.shape == layer
    variance, n = INITIALIZERS[initializer](*layer), weights.size
    # The fourth moment is 3 times the squared variance of a normal, 9/5 of a uniform distribution.
    kurtosis = 9 / 5 if "uniform" in initializer.__name__ else 3
    assert abs(weights.mean()) < 4 * np.sqrt(variance / n)
    error = variance * np.sqrt((kurtosis - 1) / n)
    assert abs(np.mean(weights**2) - variance) < 4 * error
    fourth = np.mean(weights**4) / variance**2
    spread = np.sqrt({3: 96.0, 9 / 5: 9 - (9 / 5) ** 2}[kurtosis] / n)
    assert abs(fourth - kurtosis) < 4 * spread


@every_initializer
def test_neither_rows_nor_columns_are_alike(initializer):
    weights = initializer(40, 300, np.random.default_rng(2))
    assert np.linalg.matrix_rank(weights) == 40
    assert np.abs(np.corrcoef(weights)[0, 1:]).max() < 0.3


@pytest.mark.parametrize(
    ("initializer", "key"), [(xavier_uniform, "xavier"), (he_uniform, "kaiming")]
)
def test_bounds_and_deviations_are_those_of_pytorch(initializer, key, oracle):
    for case in oracle("init")["cases"]:
        n, k = case["fan_in"], case["fan_out"]
        suffix = "" if key == "xavier" else "_fan_in"
        bound, deviation = case[f"{key}_uniform{suffix}_bound"], case[f"{key}_normal{suffix}_std"]
        assert bound == pytest.approx(np.sqrt(3) * deviation, rel=1e-12)
        assert deviation**2 == pytest.approx(INITIALIZERS[initializer](n, k), rel=1e-12)
        weights = initializer(n, k, np.random.default_rng(3))
        assert 0.99 * bound < np.abs(weights).max() <= bound
        wrong = case["seed_formula_sqrt2*sqrt(2/(fi+fo))"]
        assert wrong == pytest.approx(2 / np.sqrt(n + k), rel=1e-12)


def test_deviations_are_those_of_keras(oracle):
    nominal = oracle("keras")["results"]["initializers_784x300"]["nominal"]
    for key, initializer in (("he", he_normal), ("glorot", xavier_normal), ("lecun", lecun_normal)):
        assert nominal[f"{key}_std"] ** 2 == pytest.approx(INITIALIZERS[initializer](784, 300))
    for key, initializer in (("he", he_uniform), ("glorot", xavier_uniform)):
        bound = nominal[f"{key}_uniform_bound"]
        assert bound**2 / 3 == pytest.approx(INITIALIZERS[initializer](784, 300))


@every_initializer
def test_chance_comes_from_the_generator(initializer):
    one, same, other = (initializer(3, 4, np.random.default_rng(s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


@every_initializer
@pytest.mark.parametrize("wrong", [0, -3, 2.5, np.nan, "4", None])
def test_widths_out_of_range(initializer, wrong):
    rng = np.random.default_rng(0)
    for name in ("n_in", "n_out"):
        arguments = {"n_in": 3, "n_out": 4, "rng": rng, name: wrong}
        with pytest.raises(
            ValueError, match=f"^{name}: expected a whole number of at least 1, got "
        ):
            initializer(**arguments)


# Averages


@pytest.mark.parametrize("variance", [1e-4, 0.3, 1.0, 7.0, 100.0])
def test_averages_in_closed_form(variance):
    for f, exact in (
        (np.ones_like, 1),
        (lambda z: z**2, variance),
        (lambda z: z**4, 3 * variance**2),
        (np.abs, np.sqrt(2 * variance / np.pi)),
        (lambda z: relu(z)[0], np.sqrt(variance / (2 * np.pi))),
        (lambda z: relu(z)[0] ** 2, variance / 2),
        (lambda z: relu(z)[1] ** 2, 0.5),
        (lambda z: leaky_relu(z, 0.2)[0] ** 2, variance * (1 + 0.2**2) / 2),
        (lambda z: np.exp(-(z**2) / 2), 1 / np.sqrt(1 + variance)),
        (lambda z: sigmoid(z)[0], 0.5),
    ):
        assert gaussian_average(f, variance) == pytest.approx(exact, rel=2e-5)
    assert gaussian_average(np.cos, variance) == pytest.approx(np.exp(-variance / 2), abs=1e-9)
    assert gaussian_average(lambda z: tanh(z)[0], variance) == pytest.approx(0, abs=1e-12)


def test_the_average_of_no_variance_is_the_value_at_zero():
    assert gaussian_average(lambda z: sigmoid(z)[0], 0.0) == pytest.approx(0.5)


def test_averages_by_quadrature():
    from scipy.integrate import quad
    from scipy.stats import norm

    for variance in (0.1, 2.0, 90.0):
        for f in (
            lambda z: np.tanh(z) ** 2,
            lambda z: sigmoid(z)[1] ** 2,
            lambda z: selu(z)[0] ** 2,
        ):
            exact = quad(
                lambda x, v=variance, f=f: f(np.sqrt(v) * x) * norm.pdf(x), -9, 9, limit=500
            )
            assert gaussian_average(f, variance) == pytest.approx(exact[0], rel=1e-5)


def test_the_moments_of_relu_as_recorded(oracle):
    moments = oracle("init")["moments"]
    mean, square = (gaussian_average(lambda z, p=p: relu(z)[0] ** p, 1.0) for p in (1, 2))
    assert mean == pytest.approx(moments["relu_mean"], rel=1e-5)
    assert square == pytest.approx(moments["relu_second_moment_of_N(0,1)"], rel=1e-9)
    assert square - mean**2 == pytest.approx(moments["relu_var"], rel=1e-5)


def test_selus_constants_solve_its_two_equations():
    assert gaussian_average(lambda z: selu(z)[0], 1.0) == pytest.approx(0, abs=1e-6)
    assert gaussian_average(lambda z: selu(z)[0] ** 2, 1.0) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("variance", [-1.0, np.nan, np.inf, "1", None])
def test_variance_out_of_range(variance):
    with pytest.raises(ValueError, match="^variance: expected a finite number of at least 0, got "):
        gaussian_average(np.cos, variance)


# Variances, forward and backward

WIDTHS, VARIANCES = (3, 10, 20, 5), [0.5, 0.1, 0.2]


def identity(z):
    return z


def test_forward_without_an_activation():
    q = forward_variance(WIDTHS, VARIANCES, identity, 2.0)
    np.testing.assert_allclose(q, [3 * 0.5 * 2, 3 * 0.5 * 2 * 10 * 0.1, 3 * 20 * 0.2], rtol=1e-9)


def test_forward_with_relu():
    q = forward_variance(WIDTHS, VARIANCES, lambda z: relu(z)[0])
    np.testing.assert_allclose(q, [1.5, 1.5 * 0.5, 1.5 * 0.5 * 4 * 0.5], rtol=1e-9)


def test_backward_without_an_activation_and_with_relu():
    q = np.ones(3)
    v = backward_variance(WIDTHS, VARIANCES, np.ones_like, q)
    np.testing.assert_allclose(v, [20 * 0.1 * 5 * 0.2, 5 * 0.2, 1], rtol=1e-9)
    v = backward_variance(WIDTHS, VARIANCES, lambda z: relu(z)[1], q)
    np.testing.assert_allclose(v, [0.25 * 20 * 0.1 * 5 * 0.2, 0.5 * 5 * 0.2, 1], rtol=1e-9)


def test_backward_takes_the_variance_of_its_own_layer():
    q = np.array([0.2, 1.0, 5.0])
    v = backward_variance(WIDTHS, VARIANCES, lambda z: tanh(z)[1], q)
    factors = [gaussian_average(lambda z: tanh(z)[1] ** 2, each) for each in q[:2]]
    np.testing.assert_allclose(v, [factors[0] * 2 * factors[1], factors[1], 1], rtol=1e-9)


def test_one_layer():
    assert forward_variance((4, 9), [0.5], np.tanh) == pytest.approx([2.0])
    assert backward_variance((4, 9), [0.5], np.tanh, [2.0]) == pytest.approx([1.0])


def test_he_keeps_relu_exactly_forward_and_by_widths_backward():
    widths = (64, 200, 50, 400, 10)
    he = [2 / n for n in widths[:-1]]
    q = forward_variance(widths, he, lambda z: relu(z)[0])
    np.testing.assert_allclose(q, 2, rtol=1e-9)
    v = backward_variance(widths, he, lambda z: relu(z)[1], q)
    np.testing.assert_allclose(v, [10 / n for n in widths[1:]], rtol=1e-9)


@pytest.mark.parametrize("activation", [tanh, sigmoid, relu, elu, selu], ids=lambda f: f.__name__)
def test_predictions_against_random_networks(activation):
    """Forty networks of unequal widths: the mean of their mean squares, within four standard errors."""
    widths, deviations = (60, 150, 90, 200), (0.2, 0.1, 0.12)
    variances = [d**2 for d in deviations]
    q = forward_variance(widths, variances, lambda z: activation(z)[0])
    v = backward_variance(widths, variances, lambda z: activation(z)[1], q)
    forward, backward = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        weights = [
            rng.normal(0, d, shape)
            for d, shape in zip(deviations, itertools.pairwise(widths), strict=True)
        ]
        a = rng.normal(size=(50, widths[0]))
        zs = []
        for w in weights:
            zs.append(a @ w)
            a = activation(zs[-1])[0]
        dz = rng.normal(size=zs[-1].shape)
        dzs = [dz]
        for w, z in zip(weights[:0:-1], zs[-2::-1], strict=True):
            dz = (dz @ w.T) * activation(z)[1]
            dzs.insert(0, dz)
        forward.append([np.mean(z**2) for z in zs])
        backward.append([np.mean(dz**2) for dz in dzs])
    for measured, predicted in ((np.array(forward), q), (np.array(backward), v)):
        error = measured.std(axis=0, ddof=1) / np.sqrt(len(measured))
        # The theory is that of infinite width: one part in two hundred is left over for it.
        assert (np.abs(measured.mean(axis=0) - predicted) < 4 * error + 0.005 * predicted).all()


@pytest.mark.parametrize("count", [backward_variance, forward_variance])
@pytest.mark.parametrize(
    ("widths", "variances", "message"),
    [
        ((3,), [], "^widths: expected one more than weight_variances"),
        ((3, 4), [0.1, 0.1], "^widths: expected one more than weight_variances"),
        ((3, 0), [0.1], "^widths: expected whole numbers of at least 1"),
        ((3, 4), [-0.1], "^weight_variances: expected numbers of at least 0"),
    ],
)
def test_layers_that_are_none(count, widths, variances, message):
    rest = (np.ones(len(variances)),) if count is backward_variance else ()
    with pytest.raises(ValueError, match=message):
        count(widths, variances, np.tanh, *rest)


def test_other_arguments_out_of_range():
    with pytest.raises(
        ValueError, match="^mean_square: expected a finite number of at least 0, got -1"
    ):
        forward_variance((3, 4), [0.1], np.tanh, -1)
    with pytest.raises(ValueError, match=r"^variances: expected shape \(2,\), got \(3,\)"):
        backward_variance((3, 4, 5), [0.1, 0.1], np.tanh, np.ones(3))
