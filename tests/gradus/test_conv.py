"""The convolutional network: its parts against loops of their definitions, its gradient against differences."""

import numpy as np
import pytest

from gradus import data
from gradus.conv import (
    ConvNet,
    correlate,
    filters_gradient,
    images_gradient,
    mean_pool,
    mean_pool_backward,
    windows,
)
from gradus.nn import train


def drawn(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def test_correlation_against_its_definition():
    images, filters, biases = drawn((2, 3, 6, 5), (4, 3, 3, 3), (4,))
    maps = correlate(images, filters, biases)
    assert maps.shape == (2, 4, 4, 3)
    for n, f, i, j in np.ndindex(maps.shape):
        total = biases[f]
        for c, u, v in np.ndindex(3, 3, 3):
            total += filters[f, c, u, v] * images[n, c, i + u, j + v]
        assert maps[n, f, i, j] == pytest.approx(total)


def test_windows_are_columns_in_the_order_of_the_places():
    images = np.arange(12.0).reshape(1, 1, 3, 4)
    columns = windows(images, 2)
    assert columns.shape == (1, 4, 6)
    assert columns[0, :, 0].tolist() == [0, 1, 4, 5]
    assert columns[0, :, 5].tolist() == [6, 7, 10, 11]


def test_a_shift_of_the_image_shifts_the_maps():
    images, filters, biases = drawn((2, 1, 12, 12), (3, 1, 3, 3), (3,))
    moved = np.roll(images, (2, 1), axis=(2, 3))
    maps, shifted = correlate(images, filters, biases), correlate(moved, filters, biases)
    np.testing.assert_allclose(shifted[:, :, 2:, 1:], maps[:, :, :-2, :-1])
    assert not np.allclose(shifted, maps)
    # Pooled maps move along if the shift is a multiple of the pooling's width.
    np.testing.assert_allclose(
        mean_pool(correlate(np.roll(images, 2, axis=2), filters, biases), 2)[:, :, 1:],
        mean_pool(maps, 2)[:, :, :-1],
    )


def test_the_linear_layer_above_the_maps_knows_the_place():
    network = ConvNet((1, 28, 28), ((4, 5, 3), (6, 3, 2)), 5)
    theta = network.init(np.random.default_rng(0))
    centred, moved = (
        data.glyphs(5, 0, "ABCDE", shift=np.full((5, 2), pixels), noise=0).x for pixels in (0.0, 3)
    )
    logits = network.logits(theta, centred)
    assert np.abs(network.logits(theta, moved) - logits).max() > 0.1 * logits.std()


def test_the_gradients_of_the_correlation_are_those_of_a_bilinear_map():
    """It is linear in the images and in the filters: the gradients are the adjoints, to rounding."""
    images, filters, dmaps = drawn((2, 3, 7, 6), (4, 3, 3, 3), (2, 4, 5, 4))
    other_images, other_filters, other_biases = drawn((2, 3, 7, 6), (4, 3, 3, 3), (4,), seed=1)
    dfilters, dbiases = filters_gradient(dmaps, images, 3)
    dimages = images_gradient(dmaps, filters)
    assert (dimages.shape, dfilters.shape) == (images.shape, filters.shape)
    zero = np.zeros(4)
    assert np.sum(dimages * other_images) == pytest.approx(
        np.sum(dmaps * correlate(other_images, filters, zero))
    )
    assert np.sum(dfilters * other_filters) == pytest.approx(
        np.sum(dmaps * correlate(images, other_filters, zero))
    )
    assert dbiases @ other_biases == pytest.approx(
        np.sum(dmaps * correlate(images, 0 * filters, other_biases))
    )


@pytest.mark.parametrize(
    ("shape", "width"), [((2, 3, 6, 4), 2), ((2, 1, 7, 5), 3), ((1, 2, 3, 3), 1)]
)
def test_mean_pooling_and_its_gradient(shape, width):
    maps, other = drawn(shape, shape)
    pooled = mean_pool(maps, width)
    assert pooled.shape == (*shape[:2], shape[2] // width, shape[3] // width)
    for n, f, i, j in np.ndindex(pooled.shape):
        window = maps[n, f, i * width : (i + 1) * width, j * width : (j + 1) * width]
        assert pooled[n, f, i, j] == pytest.approx(window.mean())
    (dpooled,) = drawn(pooled.shape, seed=1)
    dmaps = mean_pool_backward(dpooled, shape, width)
    assert np.sum(dmaps * other) == pytest.approx(np.sum(dpooled * mean_pool(other, width)))


def problem(network, n=5, seed=1):
    rng = np.random.default_rng(seed)
    theta = network.init(rng) + 0.1 * rng.normal(size=network.size)
    return theta, rng.normal(size=(n, *network.shape)), rng.integers(network.classes, size=n)


@pytest.mark.parametrize(
    "network",
    [
        ConvNet((1, 5, 5), ((2, 3, 1),), 2),
        ConvNet((2, 6, 7), ((3, 3, 2),), 3),
        ConvNet((1, 9, 8), ((3, 3, 2), (4, 2, 1)), 3),
        ConvNet((1, 11, 11), ((2, 2, 2), (3, 2, 2), (2, 1, 2)), 2),
    ],
)
def test_the_gradient_against_central_differences(network):
    theta, x, y = problem(network)
    h = 1e-6
    numerical = [
        (network.loss(theta + d, x, y)[0] - network.loss(theta - d, x, y)[0]) / (2 * h)
        for d in h * np.eye(network.size)
    ]
    _, gradient = network.loss(theta, x, y)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=1e-8)
    assert all(np.abs(weights).max() > 1e-4 for weights, _ in network.layers(gradient))


def test_the_logits_are_those_of_the_parts():
    network = ConvNet((1, 9, 8), ((3, 3, 2),), 4)
    theta, x, _ = problem(network)
    (filters, b), (weights, biases) = network.layers(theta)
    maps = mean_pool(np.maximum(correlate(x, filters, b), 0), 2)
    expected = maps.reshape(5, -1) @ weights.reshape(4, -1).T + biases
    np.testing.assert_allclose(network.logits(theta, x), expected)
    np.testing.assert_array_equal(network.logits(theta, x.reshape(5, 72)), network.logits(theta, x))


def test_size_layers_and_init():
    network = ConvNet((1, 28, 28), ((8, 5, 3), (16, 3, 2)), 10)
    assert network.size == (25 + 1) * 8 + (9 * 8 + 1) * 16 + (16 * 3 * 3 + 1) * 10
    theta = network.init(np.random.default_rng(0))
    layers = network.layers(theta)
    assert [w.shape for w, _ in layers] == [(8, 1, 5, 5), (16, 8, 3, 3), (10, 16, 3, 3)]
    for weights, biases in layers:
        assert weights.std() == pytest.approx(np.sqrt(2 / weights[0].size), rel=0.15)
        assert not biases.any()
    layers[0][0][0, 0, 0, 0] = 7
    assert theta[0] == 7, "layers are views"


def test_accuracy_and_the_loss_of_guessing():
    network = ConvNet((1, 4, 4), ((2, 3, 1),), 3)
    _, x, y = problem(network, n=6)
    zero = np.zeros(network.size)
    assert network.loss(zero, x, y)[0] == pytest.approx(np.log(3))
    assert network.accuracy(zero, x, y) == np.mean(y == 0)


def test_nothing_is_changed_in_place():
    network = ConvNet((1, 6, 6), ((2, 3, 2),), 2)
    theta, x, y = problem(network)
    before = theta.copy(), x.copy(), y.copy()
    network.loss(theta, x, y)
    for now, then in zip((theta, x, y), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_it_learns_glyphs():
    network, rng = ConvNet((1, 28, 28), ((4, 5, 4),), 4), np.random.default_rng(0)
    known, new = (data.glyphs(n, rng, "AEOX", shift=0.0) for n in (100, 200))
    theta = train(network, known.x, known.y, rng, epochs=10, lr=0.3, size=20)[-1]
    assert network.accuracy(theta, new.x, new.y) > 0.9


@pytest.mark.parametrize(
    ("shape", "stages", "classes", "name"),
    [
        ((1, 6), ((2, 3, 1),), 2, "shape"),
        ((1, 6, 0), ((2, 3, 1),), 2, "shape"),
        ((1, 6, 6.0), ((2, 3, 1),), 2, "shape"),
        ((1, 6, 6), (), 2, "stages"),
        ((1, 6, 6), ((2, 3),), 2, "stages"),
        ((1, 6, 6), ((2, 3, 1), (2, 3)), 2, "stages"),
        ((1, 6, 6), ((2, 3, -1),), 2, "stages"),
        ((1, 6, 6), ((2, 3, 1), (2, 5, 1)), 2, "stages"),
        ((1, 6, 6), ((2, 5, 3),), 2, "stages"),
        ((1, 6, 6), ((2, 3, 1),), 0, "classes"),
    ],
)
def test_a_network_that_cannot_be(shape, stages, classes, name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        ConvNet(shape, stages, classes)


@pytest.mark.parametrize(
    ("theta", "x", "y", "name"),
    [
        ((1,), (3, 16), np.zeros(3, dtype=int), "theta"),
        (None, (3, 15), np.zeros(3, dtype=int), "x"),
        (None, (3, 4, 4), np.zeros(3, dtype=int), "x"),
        (None, (0, 16), np.zeros(0, dtype=int), "x"),
        (None, (3, 16), np.zeros(2, dtype=int), "y"),
        (None, (3, 16), np.array([0, 1, 2]), "y"),
        (None, (3, 16), np.zeros(3), "y"),
    ],
)
def test_arguments_that_do_not_fit(theta, x, y, name):
    network = ConvNet((1, 4, 4), ((2, 3, 1),), 2)
    for call in (network.loss, network.accuracy):
        with pytest.raises(ValueError, match=f"^{name}: expected "):
            call(np.zeros(theta or network.size), np.zeros(x), y)
