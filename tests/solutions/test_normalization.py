"""The references of the chapter on normalization: against differences, against batch normalization and by their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions.batchnorm import batchnorm_backward, batchnorm_forward, spatial_batchnorm_forward
from solutions.normalization import (
    equilibrium,
    groupnorm_forward,
    layernorm_backward,
    layernorm_forward,
    masked_norm,
    recalibrate,
    rmsnorm_backward,
)
from tests.solutions.test_batchnorm import differences

TINY = 1e-30  # an eps that no variance of these tests notices


def same(actual, expected, tolerance=1e-10):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def draw(rng, *shape):
    d = shape[-1]
    return rng.normal(2.0, 3.0, size=shape), rng.normal(size=d), rng.normal(size=d)


SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@given(SHAPES, st.integers(0, 2**32))
def test_layer_normalization_against_differences(shape, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta = draw(rng, *shape)
    dy, eps = rng.normal(size=shape), 0.3
    _, x_hat, std = layernorm_forward(x, gamma, beta, eps)
    dx, dgamma, dbeta = layernorm_backward(dy, x_hat, gamma, std)
    for analytic, f, array in (
        (dx, lambda v: np.sum(dy * layernorm_forward(v, gamma, beta, eps)[0]), x),
        (dgamma, lambda v: np.sum(dy * layernorm_forward(x, v, beta, eps)[0]), gamma),
        (dbeta, lambda v: np.sum(dy * layernorm_forward(x, gamma, v, eps)[0]), beta),
    ):
        same(analytic, differences(f, array), 1e-6)


def rmsnorm(x, gamma, eps):
    return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)


@given(SHAPES, st.integers(0, 2**32))
def test_rms_normalization_against_differences(shape, seed):
    rng = np.random.default_rng(seed)
    x, gamma, _ = draw(rng, *shape)
    dy, eps = rng.normal(size=shape), 0.3
    dx, dgamma = rmsnorm_backward(dy, x, gamma, eps)
    same(dx, differences(lambda v: np.sum(dy * rmsnorm(v, gamma, eps)), x), 1e-6)
    same(dgamma, differences(lambda v: np.sum(dy * rmsnorm(x, v, eps)), gamma), 1e-6)


@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**32))
def test_layer_normalization_is_batch_normalization_of_the_transposed_matrix(n, d, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta = draw(rng, n, d)
    y, x_hat, std = layernorm_forward(x, gamma, beta, 0.2)
    _, turned, _, var = batchnorm_forward(x.T, np.ones(n), np.zeros(n), 0.2)
    same(x_hat, turned.T)
    same(y, gamma * turned.T + beta)
    same(std[:, 0] ** 2, var + 0.2)
    dy = rng.normal(size=(n, d))
    dx, *_ = layernorm_backward(dy, x_hat, gamma, std)
    back, *_ = batchnorm_backward((dy * gamma).T, turned, np.ones(n), var, 0.2)
    same(dx, back.T)


def test_what_the_two_layers_do_not_see():
    rng = np.random.default_rng(0)
    x, gamma, beta = draw(rng, 5, 7)
    y, x_hat, std = layernorm_forward(x, gamma, beta, TINY)
    same(layernorm_forward(3.0 * x + 7.0, gamma, beta, TINY)[0], y, 1e-9)
    dy = rng.normal(size=(5, 7))
    dx, *_ = layernorm_backward(dy, x_hat, gamma, std)
    same(dx.sum(axis=1), 0)
    same(np.sum(dx * x, axis=1), 0)
    dx, _ = rmsnorm_backward(dy, x, gamma, TINY)
    same(np.sum(dx * x, axis=1), 0)
    assert np.abs(dx.sum(axis=1)).min() > 0.01


def test_positions_do_not_see_each_other():
    rng = np.random.default_rng(0)
    x, gamma, beta = draw(rng, 2, 5, 3)
    y, *_ = layernorm_forward(x, gamma, beta)
    same(layernorm_forward(x[1, 2], gamma, beta)[0], y[1, 2])
    same(layernorm_forward(x[:, :2], gamma, beta)[0], y[:, :2])


def test_groups_lie_between_two_other_methods():
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(2, 3, size=(3, 6, 2, 4)), rng.normal(size=6), rng.normal(size=6)
    ones, zeros = np.ones(x[0].size), np.zeros(x[0].size)
    over = (slice(None), None, None)
    y, mean, var = groupnorm_forward(x, gamma, beta, 1, 0.1)
    flat = layernorm_forward(x.reshape(3, -1), ones, zeros, 0.1)[1].reshape(x.shape)
    same(y, gamma[over] * flat + beta[over])
    same(mean[:, 0], x.reshape(3, -1).mean(axis=1))
    same(var[:, 0], x.reshape(3, -1).var(axis=1))
    each, *_ = groupnorm_forward(x, gamma, beta, 6, 0.1)
    for i in range(3):  # of one image alone, per map
        same(each[i : i + 1], spatial_batchnorm_forward(x[i : i + 1], gamma, beta, 0.1)[0])
    two, *_ = groupnorm_forward(x, gamma, beta, 2, 0.1)
    same(two[:, 3:], groupnorm_forward(x[:, 3:], gamma[3:], beta[3:], 1, 0.1)[0])


def test_of_one_pixel_groups_are_layer_normalization_of_parts():
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(4, 6, 1, 1))
    y, *_ = groupnorm_forward(x, np.ones(6), np.zeros(6), 2, 0.1)
    parts = x.reshape(4, 2, 3)
    same(y.reshape(4, 2, 3), layernorm_forward(parts, np.ones(3), np.zeros(3), 0.1)[0])


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32))
def test_padding_has_no_effect(n, t, d, seed):
    rng = np.random.default_rng(seed)
    x, lengths = rng.normal(2, 3, size=(n, t, d)), rng.integers(1, t + 1, size=n)
    mask = np.arange(t) < lengths[:, None]
    found = masked_norm(x, mask, 0.1)
    for i, length in enumerate(lengths):
        alone, *_ = batchnorm_forward(x[i, :length], np.ones(d), np.zeros(d), 0.1)
        same(found[i, :length], alone)
        assert np.all(found[i, length:] == 0)
    longer = np.concatenate([x, np.full((n, 2, d), np.nan)], axis=1)
    more = np.concatenate([mask, np.zeros((n, 2), bool)], axis=1)
    same(masked_norm(longer, more, 0.1)[:, :t], found)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.integers(0, 2**32))
def test_batches_together_have_the_statistics_of_all(counts, seed):
    rng = np.random.default_rng(seed)
    batches = [rng.normal(rng.normal(), 2.0, size=(n, 3)) for n in counts]
    means, variances = ([f(b) for b in batches] for f in (_mean, _var))
    mean, var = recalibrate(np.array(counts), np.array(means), np.array(variances))
    everything = np.concatenate(batches)
    same(mean, everything.mean(axis=0))
    same(var, everything.var(axis=0))


def _mean(batch):
    return batch.mean(axis=0)


def _var(batch):
    return batch.var(axis=0)


@given(st.floats(0.01, 2), st.floats(0.001, 0.4), st.floats(0.1, 5), st.integers(0, 2**32))
def test_the_equilibrium_is_one(lr, decay, gradient, seed):
    """One step from it, made with vectors, keeps the length and turns by the angle."""
    length, angle = equilibrium(lr, decay, gradient)
    rng = np.random.default_rng(seed)
    w = rng.normal(size=6)
    w *= length / np.linalg.norm(w)
    g = rng.normal(size=6)
    g -= (g @ w) / (w @ w) * w
    g *= gradient / length / np.linalg.norm(g)
    after = w - lr * (g + decay * w)
    assert np.linalg.norm(after) == pytest.approx(length, rel=1e-9)
    cosine = after @ w / np.linalg.norm(after) / length
    assert np.cos(angle) == pytest.approx(cosine, rel=1e-9)


def test_from_both_sides_steps_lead_to_the_equilibrium():
    lr, decay, gradient = 0.3, 0.02, 1.7
    length, _ = equilibrium(lr, decay, gradient)
    for square in (0.01, 100.0):
        for _ in range(3000):
            square = (1 - lr * decay) ** 2 * square + lr**2 * gradient**2 / square
        assert np.sqrt(square) == pytest.approx(length, rel=1e-6)


def test_nothing_is_changed_in_place():
    rng = np.random.default_rng(0)
    x, gamma, beta = draw(rng, 2, 3, 4)
    before = x.copy()
    layernorm_forward(x, gamma, beta)
    rmsnorm_backward(x, x, gamma)
    masked_norm(x, np.ones((2, 3), bool))
    groupnorm_forward(x[:, :, :, None], np.ones(3), np.ones(3), 3)
    assert np.array_equal(x, before)


X, V = np.ones((4, 3)), np.ones(3)
IMAGES = np.ones((2, 3, 4, 4))
WRONG = [
    (lambda: layernorm_forward(np.ones((0, 3)), V, V), r"x: .*not empty, got shape \(0, 3\)"),
    (lambda: layernorm_forward(1.0, V, V), "x: "),
    (lambda: layernorm_forward(X, np.ones(4), V), r"gamma: expected shape \(3,\), got \(4,\)"),
    (lambda: layernorm_forward(X, V, V[None]), "beta: "),
    (lambda: layernorm_forward(X, V, V, eps=0.0), "eps: expected a finite number above 0"),
    (lambda: layernorm_backward(X[:2], X, V, X[:, :1]), "dy: expected the shape of x_hat"),
    (lambda: layernorm_backward(X, X, V, V), "std: expected positive numbers of shape"),
    (lambda: layernorm_backward(X, X, V, 0 * X[:, :1]), "std: "),
    (lambda: rmsnorm_backward(X[:2], X, V), "dy: expected the shape of x"),
    (lambda: rmsnorm_backward(X, X, V[:2]), "gamma: "),
    (lambda: groupnorm_forward(IMAGES, V, V, 2), "groups: expected a divisor of 3, got 2"),
    (lambda: groupnorm_forward(IMAGES, V, V, 0), "groups: "),
    (lambda: groupnorm_forward(X, V, V, 1), "x: expected shape"),
    (lambda: masked_norm(IMAGES[0], np.zeros((3, 4), bool)), "mask: expected a real step"),
    (lambda: masked_norm(IMAGES[0], np.ones((4, 3), bool)), "mask: "),
    (lambda: recalibrate(np.array([0, 4]), X[:2], X[:2]), "counts: "),
    (lambda: recalibrate(np.array([4]), X[:2], X[:2]), "means: "),
    (lambda: equilibrium(1.0, 1.5, 1.0), "decay: expected lr \\* decay below 1"),
    (lambda: equilibrium(0.0, 1.5, 1.0), "lr: "),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
