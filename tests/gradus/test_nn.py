"""The small network: its gradient against differences and PyTorch's, and that it learns."""

from itertools import pairwise

import numpy as np
import pytest

from gradus import data
from gradus.nn import MLP, backward, batches, forward, softmax, train
from solutions import activations
from solutions.descent import sgd_step


def problem(widths, n=6, seed=0):
    rng = np.random.default_rng(seed)
    network = MLP(widths)
    theta = network.init(rng) + 0.1 * rng.normal(size=network.size)
    return network, theta, rng.normal(size=(n, widths[0])), rng.integers(widths[-1], size=n)


@pytest.mark.parametrize("widths", [(3, 2), (3, 5, 2), (4, 6, 5, 3), (1, 1, 1, 2)])
def test_the_gradient_against_central_differences(widths):
    network, theta, x, y = problem(widths)
    h = 1e-6
    numerical = [
        (network.loss(theta + d, x, y)[0] - network.loss(theta - d, x, y)[0]) / (2 * h)
        for d in h * np.eye(network.size)
    ]
    _, gradient = network.loss(theta, x, y)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=1e-8)
    assert np.abs(gradient).max() > 1e-3


@pytest.mark.parametrize("activation", [activations.tanh, activations.sigmoid, activations.silu])
def test_the_gradient_with_other_activations(activation):
    _, theta, x, y = problem((4, 6, 5, 3))
    network, h = MLP((4, 6, 5, 3), activation), 1e-6
    numerical = [
        (network.loss(theta + d, x, y)[0] - network.loss(theta - d, x, y)[0]) / (2 * h)
        for d in h * np.eye(network.size)
    ]
    np.testing.assert_allclose(network.loss(theta, x, y)[1], numerical, rtol=1e-5, atol=1e-8)


def test_what_is_kept_of_the_hidden_layers():
    network, theta, x, _ = problem((4, 6, 5, 3))
    first, second = network.hidden(theta, x)
    (w1, b1), (w2, b2), (w3, b3) = network.layers(theta)
    np.testing.assert_array_equal(first.a, x)
    np.testing.assert_allclose(first.z, x @ w1 + b1)
    np.testing.assert_array_equal(second.a, np.maximum(first.z, 0))
    np.testing.assert_allclose(second.z, second.a @ w2 + b2)
    np.testing.assert_array_equal(second.slope, second.z > 0)
    np.testing.assert_allclose(network.logits(theta, x), np.maximum(second.z, 0) @ w3 + b3)


def test_the_way_back_is_the_derivative_of_the_way_forward():
    rng, h = np.random.default_rng(0), 1e-6
    weights, a = rng.normal(size=(3, 5, 5)), rng.normal(size=(4, 5))
    out, kept = forward(a, weights, np.zeros((3, 5)), activations.tanh)
    da = rng.normal(size=out.shape)
    dzs = backward(da, weights, kept)
    assert [dz.shape for dz in dzs] == [(4, 5)] * 3
    for place in np.ndindex(a.shape):
        above, below = (
            np.sum(da * forward(a + d, weights, np.zeros((3, 5)), activations.tanh)[0])
            for d in (
                h
                * (np.arange(20) == np.ravel_multi_index(place, a.shape)).reshape(4, 5)
                * np.array([[[1]], [[-1]]])
            )
        )
        assert (dzs[0] @ weights[0].T)[place] == pytest.approx((above - below) / (2 * h), abs=1e-7)


@pytest.mark.parametrize(
    ("n", "size", "lengths"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 5, [3])]
)
def test_an_epoch_has_every_row_once_in_a_new_order(n, size, lengths):
    rng = np.random.default_rng(0)
    epochs = [batches(n, size, rng) for _ in range(20)]
    assert all([len(rows) for rows in epoch] == lengths for epoch in epochs)
    orders = [np.concatenate(epoch) for epoch in epochs]
    assert all(sorted(order) == [*range(n)] for order in orders)
    assert len({tuple(order) for order in orders}) > 3


def test_loss_and_gradient_against_pytorch(oracle):
    recorded = oracle("mlp_oracle")
    x, y = (np.array(recorded["data"][key]) for key in "Xy")

    def vector(parts):
        return np.concatenate(
            [np.ravel(parts[f"{kind}{layer}"]) for layer in (1, 2, 3) for kind in "Wb"]
        )

    network, expected = MLP((4, 8, 8, 3)), recorded["gradients"]["relu"]
    theta = vector(recorded["params"])
    loss, gradient = network.loss(theta, x, y)
    np.testing.assert_allclose(network.logits(theta, x), expected["logits"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(loss, expected["loss"], rtol=1e-12)
    np.testing.assert_allclose(gradient, vector(expected["grads"]), rtol=1e-12, atol=1e-14)


def test_size_and_layers():
    network = MLP((4, 6, 3))
    assert network.size == 4 * 6 + 6 + 6 * 3 + 3
    theta = np.arange(float(network.size))
    layers = network.layers(theta)
    assert [(w.shape, b.shape) for w, b in layers] == [((4, 6), (6,)), ((6, 3), (3,))]
    np.testing.assert_array_equal(
        np.concatenate([np.ravel(p) for pair in layers for p in pair]), theta
    )
    layers[0][0][0, 0] = -1
    assert theta[0] == -1, "layers are views"


def test_init_draws_weights_of_variance_two_over_fan_in_and_no_biases():
    widths = (200, 300, 100)
    network = MLP(widths)
    theta = network.init(np.random.default_rng(0))
    assert theta.shape == (network.size,)
    for (weights, biases), (fan_in, _) in zip(network.layers(theta), pairwise(widths), strict=True):
        assert weights.std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.02)
        assert abs(weights.mean()) < 4 * weights.std() / np.sqrt(weights.size)
        assert not biases.any()
    np.testing.assert_array_equal(theta, network.init(np.random.default_rng(0)))


def test_the_loss_of_guessing_is_the_logarithm_of_the_number_of_classes():
    network, theta, x, y = problem((4, 5, 10))
    loss, _ = network.loss(np.zeros_like(theta), x, y)
    assert loss == pytest.approx(np.log(10), rel=1e-12)


@pytest.mark.parametrize("size", [1e4, 1e8, -1e4])
def test_huge_logits_neither_overflow_nor_vanish(size):
    network = MLP((1, 3))
    theta = np.array([size, -size, 0.0, 0, 0, 0])
    x, y = np.ones((2, 1)), np.array([0, 1])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradient = network.loss(theta, x, y)
    # One row is right without doubt, the other wrong by 2 * size.
    assert loss == pytest.approx(abs(size), rel=1e-12)
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(
        gradient[:3], [0.5, -0.5, 0] if size > 0 else [-0.5, 0.5, 0], atol=1e-12
    )


def test_a_constant_added_to_all_logits_changes_nothing():
    network, theta, x, y = problem((3, 4, 5))
    shifted = theta.copy()
    network.layers(shifted)[-1][1][...] += 123.0
    np.testing.assert_allclose(network.loss(shifted, x, y)[0], network.loss(theta, x, y)[0])
    np.testing.assert_allclose(
        network.loss(shifted, x, y)[1], network.loss(theta, x, y)[1], atol=1e-12
    )


def test_the_loss_is_the_mean_over_the_rows():
    network, theta, x, y = problem((3, 4, 5), n=4)
    each = [network.loss(theta, x[i : i + 1], y[i : i + 1]) for i in range(4)]
    loss, gradient = network.loss(theta, x, y)
    assert loss == pytest.approx(np.mean([value for value, _ in each]))
    np.testing.assert_allclose(gradient, np.mean([grad for _, grad in each], axis=0), atol=1e-14)


def test_nothing_is_changed_in_place():
    network, theta, x, y = problem((3, 4, 5))
    before = theta.copy(), x.copy(), y.copy()
    network.loss(theta, x, y)
    network.accuracy(theta, x, y)
    for now, then in zip((theta, x, y), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_parameters_may_be_whole_numbers():
    network, _, x, y = problem((3, 4, 2))
    theta = np.arange(network.size) % 3 - 1
    loss, gradient = network.loss(theta, x, y)
    same = network.loss(theta.astype(float), x, y)
    assert loss == same[0]
    np.testing.assert_array_equal(gradient, same[1])


def test_accuracy():
    network = MLP((2, 2))
    theta = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    x = np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0], [0.0, 5.0]])
    assert network.accuracy(theta, x, np.array([0, 1, 0, 0])) == 0.75


def test_it_learns_the_digits_by_plain_gradient_steps():
    pytest.importorskip("sklearn")
    digits, rng = data.digits(), np.random.default_rng(0)
    network = MLP((64, 32, 10))
    theta = network.init(rng)
    first = network.loss(theta, digits.x_train, digits.y_train)[0]
    for _ in range(5):
        order = rng.permutation(len(digits.y_train))
        for rows in np.array_split(order, 40):
            _, grad = network.loss(theta, digits.x_train[rows], digits.y_train[rows])
            theta = sgd_step(theta, grad, lr=0.3)
    assert network.loss(theta, digits.x_train, digits.y_train)[0] < first / 4
    assert network.accuracy(theta, digits.x_test, digits.y_test) > 0.9


@pytest.mark.parametrize("widths", [(), (3,), (3, 0), (0, 3), (-1, 3), (3, 2.5), (3, "4"), 3])
def test_bad_widths(widths):
    with pytest.raises(ValueError, match="^widths: expected at least two positive whole"):
        MLP(widths)


@pytest.mark.parametrize("shape", [(), (37,), (38, 1), (1, 38), (39,)])
def test_parameters_of_another_shape(shape):
    network = MLP((4, 5, 2))
    assert network.size == 37
    x, y = np.zeros((3, 4)), np.zeros(3, dtype=int)
    if shape == (37,):
        network.loss(np.zeros(shape), x, y)
        return
    for call in (network.layers, lambda t: network.logits(t, x), lambda t: network.loss(t, x, y)):
        with pytest.raises(ValueError, match=r"^theta: expected shape \(37,\), got "):
            call(np.zeros(shape))


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (np.zeros((3, 5)), np.zeros(3, dtype=int), "x"),
        (np.zeros(4), np.zeros(1, dtype=int), "x"),
        (np.zeros((3, 4)), np.zeros(2, dtype=int), "y"),
        (np.zeros((3, 4)), np.zeros((3, 1), dtype=int), "y"),
        (np.zeros((3, 4)), np.array([0, 1, 2]), "y"),
        (np.zeros((3, 4)), np.array([0, 1, -1]), "y"),
        (np.zeros((3, 4)), np.array([0.0, 1.0, 1.0]), "y"),
        (np.zeros((0, 4)), np.zeros(0, dtype=int), "x"),
    ],
)
def test_data_of_another_shape(x, y, name):
    network = MLP((4, 5, 2))
    for call in (network.loss, network.accuracy):
        with pytest.raises(ValueError, match=f"^{name}: expected "):
            call(np.zeros(network.size), x, y)


def test_the_messages_say_what_fits():
    network = MLP((4, 5, 2))
    theta, x = np.zeros(network.size), np.zeros((3, 4))
    with pytest.raises(ValueError, match=r"^x: expected shape \(n, 4\) .*, got \(3, 7\)$"):
        network.logits(theta, np.zeros((3, 7)))
    with pytest.raises(ValueError, match="^y: expected classes 0 to 1, got 0 to 2$"):
        network.loss(theta, x, np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"^y: expected 3 whole numbers, .*, got shape \(2,\)"):
        network.loss(theta, x, np.array([0, 1]))


def test_the_softmax_of_large_logits():
    logits = np.array([[0.0, np.log(3.0)], [1e4, 1e4]])
    assert softmax(logits) == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))


def test_training_takes_steps_against_the_gradient_of_each_mini_batch():
    network, _, x, y = problem((4, 5, 3), n=7)
    path = train(network, x, y, np.random.default_rng(1), epochs=2, lr=0.3, size=3)
    rng = np.random.default_rng(1)
    theta = network.init(rng)
    assert (path[0] == theta).all()
    for epoch in (1, 2):
        order = rng.permutation(7)
        for rows in (order[:3], order[3:6], order[6:]):
            theta = theta - 0.3 * network.loss(theta, x[rows], y[rows])[1]
        assert path[epoch] == pytest.approx(theta)


def test_training_with_another_loss_and_what_is_changed_before_and_after():
    network, _, x, y = problem((4, 5, 3), n=6)
    seen = []

    def loss(theta, x, y):
        seen.append(x)
        return 0.0, np.ones_like(theta)

    path = train(
        network, x, y, np.random.default_rng(0), loss, 2, 0.1, 6,
        prepare=lambda x: x + 1, after=lambda theta: theta * 2,
    )  # fmt: skip
    assert path[1] == pytest.approx(2 * (path[0] - 0.1))
    assert sorted(map(tuple, seen[0])) == sorted(map(tuple, x + 1))
