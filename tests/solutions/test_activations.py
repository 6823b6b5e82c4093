"""The references of the chapter on activations: PyTorch's records, closed forms, differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradus import nn
from solutions.activations import (
    SELU_ALPHA,
    SELU_SCALE,
    dead_units,
    elu,
    gelu,
    leaky_relu,
    sigmoid,
    silu,
    softplus,
    tanh,
)


def relu(z):
    return leaky_relu(z, 0.0)


def selu(z):
    return elu(z, SELU_ALPHA, SELU_SCALE)


RISING = [sigmoid, tanh, relu, leaky_relu, elu, selu, softplus]
every_activation = pytest.mark.parametrize(
    "activation", [*RISING, silu, gelu], ids=lambda f: f.__name__
)
NUMBERS = arrays(float, array_shapes(max_dims=3, max_side=5), elements=st.floats(-1e300, 1e300))


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("sigmoid", sigmoid),
        ("tanh", tanh),
        ("relu", relu),
        ("leaky_relu_0.01", leaky_relu),
        ("elu_1", elu),
        ("selu", selu),
        ("silu", silu),
        ("gelu_exact", gelu),
        ("softplus", softplus),
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
    assert activation in (silu, gelu) or (slope >= 0).all()


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
        **dict.fromkeys(("silu", "gelu", "softplus"), ([0, 1e4], [0, 1])),
    }
    np.testing.assert_allclose([a, slope], limits[activation.__name__], rtol=1e-12, atol=0)


@pytest.mark.parametrize("activation", RISING, ids=lambda f: f.__name__)
def test_all_but_the_gated_ones_rise(activation):
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
    assert elu(zero, 1.5, 2.0) == (0, 3.0)
    assert leaky_relu(zero, 0.3) == (0, 0.3)
    assert elu(zero, 1.5) == (0, 1.5)


def test_special_cases_of_the_leaky_ones():
    z = np.linspace(-3, 3, 21)
    np.testing.assert_array_equal(leaky_relu(z, 0.0), nn.relu(z))
    np.testing.assert_array_equal(elu(z, 0.0), relu(z))
    np.testing.assert_array_equal(leaky_relu(z, 1.0)[0], z)


def test_elu_keeps_its_digits_near_zero():
    assert elu(np.array([-1e-12]))[0][0] == pytest.approx(-1e-12, rel=1e-11)


def test_gated_units_by_scipy():
    from scipy.special import expit, ndtr

    z = np.concatenate([np.linspace(-38, 38, 1001), [-1e4, 1e4]])
    np.testing.assert_allclose(silu(z)[0], z * expit(z), rtol=1e-13)
    np.testing.assert_allclose(gelu(z)[0], z * ndtr(z), rtol=1e-12, atol=1e-14)


def test_the_softplus_keeps_its_digits():
    from scipy.special import expit

    z = np.array([-700.0, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
    a, slope = softplus(z)
    np.testing.assert_allclose(a, np.logaddexp(0, z), rtol=1e-14)
    np.testing.assert_allclose(slope, expit(z), rtol=1e-14)
    # ReLU from above, and minus the logarithm of a sigmoid.
    assert (a >= relu(z)[0]).all()
    np.testing.assert_allclose(a[2:-2], -np.log(sigmoid(-z[2:-2])[0]), rtol=1e-14)


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
