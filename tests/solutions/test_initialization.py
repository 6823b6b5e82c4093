"""The references of the chapter on initialization: PyTorch's and Keras's records, closed forms, moments, differences."""

import itertools

import numpy as np
import pytest

from gradus.nn import relu
from solutions.activations import SELU_ALPHA, SELU_SCALE, elu, leaky_relu, sigmoid, tanh
from solutions.initialization import (
    backward_variance,
    distance_factor,
    forward_variance,
    gaussian_average,
    orthogonal_weights,
    scale_layers,
    variance_scaling,
)


def selu(z):
    return elu(z, SELU_ALPHA, SELU_SCALE)


def rule(name, **arguments):
    def initializer(n_in, n_out, rng):
        return variance_scaling(n_in, n_out, rng, **arguments)

    initializer.__name__ = name
    return initializer


lecun_normal = rule("lecun_normal")
xavier_normal = rule("xavier_normal", mode="fan_avg")
xavier_uniform = rule("xavier_uniform", mode="fan_avg", distribution="uniform")
he_normal = rule("he_normal", gain=np.sqrt(2))
he_uniform = rule("he_uniform", gain=np.sqrt(2), distribution="uniform")
backward_normal = rule("backward_normal", gain=3.0, mode="fan_out")
# For n_in, n_out: the variance, and how wide a uniform distribution of it is.
INITIALIZERS = {
    lecun_normal: lambda n, k: 1 / n,
    xavier_normal: lambda n, k: 2 / (n + k),
    xavier_uniform: lambda n, k: 2 / (n + k),
    he_normal: lambda n, k: 2 / n,
    he_uniform: lambda n, k: 2 / n,
    backward_normal: lambda n, k: 9 / k,
}
every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS, ids=lambda f: f.__name__)
LAYERS = [(784, 300), (30, 500), (100, 7)]


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


@pytest.mark.parametrize(
    ("argument", "wrong", "expected"),
    [
        ("gain", 0, "a finite number above 0"),
        ("gain", np.nan, "a finite number above 0"),
        ("mode", "fan-in", "'fan_in', 'fan_out' or 'fan_avg'"),
        ("mode", None, "'fan_in', 'fan_out' or 'fan_avg'"),
        ("distribution", "truncated_normal", "'normal' or 'uniform'"),
    ],
)
def test_other_rules_than_there_are(argument, wrong, expected):
    with pytest.raises(ValueError, match=f"^{argument}: expected {expected}, got "):
        variance_scaling(3, 4, np.random.default_rng(0), **{argument: wrong})


@pytest.mark.parametrize("layer", [(40, 90), (90, 40), (50, 50), (1, 7), (7, 1)])
def test_orthogonal_weights(layer):
    weights = orthogonal_weights(*layer, np.random.default_rng(0), 1.7)
    assert weights.shape == layer
    small = weights.T @ weights if layer[0] >= layer[1] else weights @ weights.T
    np.testing.assert_allclose(small, 1.7**2 * np.eye(min(layer)), atol=1e-12)
    other = orthogonal_weights(*layer, np.random.default_rng(1), 1.7)
    assert np.abs(weights - other).max() > 0.1 or 1 in layer
    for n in (0, 2.5):
        with pytest.raises(ValueError, match="^n_in: expected a whole number of at least 1"):
            orthogonal_weights(n, 3, np.random.default_rng(0))


def test_a_product_of_orthogonal_weights_stretches_all_directions_alike():
    rng, product = np.random.default_rng(0), np.eye(30)
    for _ in range(50):
        product = product @ orthogonal_weights(30, 30, rng, 1.1)
    np.testing.assert_allclose(np.linalg.svd(product)[1], 1.1**50, rtol=1e-10)


def test_every_layer_of_scaled_weights_has_mean_square_one():
    rng = np.random.default_rng(0)
    weights = [rng.normal(0.5, 3, shape) for shape in itertools.pairwise((5, 8, 6, 7))]
    x = rng.normal(1.0, 2.0, (20, 5))
    for activation in (np.tanh, lambda z: relu(z)[0]):
        scaled, a = scale_layers(weights, x, activation), x
        for w, new in zip(weights, scaled, strict=True):
            ratios = new / w
            np.testing.assert_allclose(ratios, ratios[0, 0])
            assert ratios[0, 0] > 0
            z = a @ new
            assert np.mean(z**2) == pytest.approx(1)
            a = activation(z)


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


def test_the_distance_of_near_inputs_is_what_random_layers_make_of_it():
    """Forty wide layers: a small difference, measured, within four standard errors."""
    n, s, q = 400, 1.7 / 400, 0.8
    for f in (tanh, relu, selu):
        factor, found = distance_factor(n, s, lambda z, f=f: f(z)[1], q), []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            z, w = rng.normal(0, np.sqrt(q), n), rng.normal(0, np.sqrt(s), (n, n))
            d = 1e-6 * rng.normal(size=n)
            moved = (f(z + d)[0] - f(z)[0]) @ w
            found.append(np.mean(moved**2) / np.mean(d**2))
        error = np.std(found, ddof=1) / np.sqrt(len(found))
        assert abs(np.mean(found) - factor) < 4 * error


def test_the_factor_of_the_distance_is_that_of_the_gradient():
    q = np.array([0.7, 1.3])
    v = backward_variance((9, 20, 30), [0.1, 0.02], lambda z: tanh(z)[1], q)
    # For square layers: what counts is the fan-in forward, the fan-out backward.
    assert distance_factor(30, 0.02, lambda z: tanh(z)[1], q[0]) == pytest.approx(v[0])


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
