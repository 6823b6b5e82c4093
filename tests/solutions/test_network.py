"""The references of the chapter on a network: against PyTorch and SciPy, by properties, by differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradus import problems
from gradus.nn import MLP
from solutions.network import (
    accuracy,
    affine_backward,
    affine_forward,
    minibatches,
    network_gradient,
    numerical_gradient,
    relative_error,
    relu_backward,
    softmax_cross_entropy,
)

FINITE = st.floats(-50, 50)
SHAPES = [(5, 3, 2), (4, 4, 4), (1, 3, 2), (4, 3, 1), (3, 1, 5), (1, 1, 1)]


def layer(n, d, k, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k), rng


def by_differences(f, array, h=1e-5):
    flat = numerical_gradient(lambda v: f(v.reshape(array.shape)), array.ravel(), h)
    return flat.reshape(array.shape)


def close(actual, expected, rtol=1e-12, atol=1e-14):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


# accuracy


def test_accuracy_of_known_answers():
    logits = np.array([[0.1, 0.9], [2.0, -3.0], [-1.0, -2.0], [5.0, 6.0]])
    assert accuracy(logits, np.array([1, 0, 0, 0])) == 0.75
    assert accuracy(logits, np.array([0, 1, 1, 0])) == 0
    assert accuracy(logits, logits.argmax(axis=1)) == 1


def test_accuracy_does_not_change_with_what_leaves_the_order():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(50, 7)), rng.integers(7, size=50)
    share = accuracy(logits, labels)
    assert share == accuracy(3 * logits + rng.normal(size=(50, 1)), labels)
    assert share == accuracy(np.exp(logits), labels)


# numerical_gradient


@pytest.mark.parametrize("name", problems.names())
@pytest.mark.parametrize("seed", range(5))
def test_differences_against_the_gradients_of_the_problems(name, seed):
    problem = problems.get(name)
    x = np.random.default_rng(seed).uniform(-2, 2, size=problem.start.size)
    close(numerical_gradient(problem.value, x), problem.gradient(x), rtol=1e-6, atol=1e-6)


@given(arrays(float, (3,), elements=FINITE), st.floats(1e-3, 10))
def test_central_differences_are_exact_for_quadratics(x, h):
    matrix = np.array([[2.0, -1.0, 0.5], [-1.0, 3.0, 0.0], [0.5, 0.0, 1.0]])
    f = lambda v: 0.5 * v @ matrix @ v + v[1]  # noqa: E731
    expected = matrix @ x + [0, 1, 0]
    # What rounding leaves: 16 digits of the largest value, divided by h.
    slack = 1e-14 * (1 + np.abs(x).max() + h) ** 2 / h
    close(numerical_gradient(f, x, h), expected, rtol=1e-9, atol=slack)


def test_the_error_is_that_of_the_third_derivative():
    x = np.array([0.3, -1.1])
    for h in (0.1, 0.01):
        found = numerical_gradient(lambda v: np.sum(v**3), x, h)
        # (x + h)^3 - (x - h)^3 over 2 h is 3 x^2 + h^2: f''' = 6.
        close(found, 3 * x**2 + h**2, rtol=1e-11, atol=1e-12)


def test_the_function_is_asked_twice_for_each_coordinate_and_sees_its_own_copy():
    asked = []

    def f(v):
        asked.append(v)
        return float(v @ v)

    x = np.array([1.0, 2.0, 3.0])
    numerical_gradient(f, x, 0.5)
    assert len(asked) == 6
    assert len({id(v) for v in asked}) == 6
    np.testing.assert_array_equal(x, [1, 2, 3])
    np.testing.assert_array_equal(np.mean(asked, axis=0), x)


def test_differences_at_whole_numbers():
    close(numerical_gradient(lambda v: v @ v, np.array([1, 2]), 0.25), [2, 4])


# relative_error


@given(arrays(float, (2, 3), elements=FINITE), arrays(float, (2, 3), elements=FINITE))
def test_relative_error_is_symmetric_and_at_most_2(a, b):
    error = relative_error(a, b)
    assert error == relative_error(b, a) == relative_error(-a, -b)
    assert 0 <= error <= 2
    assert relative_error(a, a) == 0


@given(arrays(float, 4, elements=st.floats(0.1, 50)), st.floats(1e-3, 1e3))
def test_relative_error_does_not_depend_on_the_unit(a, unit):
    b = a * [1.0, 1.1, 0.7, 1.0]
    close(relative_error(unit * a, unit * b), 0.3)


def test_relative_error_of_zeros_and_small_numbers():
    zero = np.zeros(3)
    assert relative_error(zero, zero) == 0
    assert relative_error(zero, np.array([0, 0.5, 0])) == 1
    assert relative_error(zero, np.array([0, 1e-9, 0])) == pytest.approx(0.1)
    assert relative_error(zero, np.array([0, 1e-9, 0]), floor=1e-9) == pytest.approx(1)
    assert relative_error(np.array([2.0]), np.array([-2.0])) == 2
    assert relative_error(1.0, 2.0) == 0.5


def test_one_wrong_entry_among_many_is_seen():
    a = np.full(1000, 1e3)
    b = a.copy()
    a[7], b[7] = 1e-3, 2e-3
    assert relative_error(a, b) == 0.5
    assert np.linalg.norm(a - b) / np.linalg.norm(a) < 1e-7


# affine layers


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_the_affine_layer_number_by_number(n, d, k):
    x, w, b, _ = layer(n, d, k)
    z = affine_forward(x, w, b)
    assert z.shape == (n, k)
    for r in range(n):
        for j in range(k):
            assert z[r, j] == pytest.approx(sum(x[r, i] * w[i, j] for i in range(d)) + b[j])


def test_two_affine_layers_are_one():
    x, w, b, rng = layer(5, 3, 4)
    w2, b2 = rng.normal(size=(4, 2)), rng.normal(size=2)
    close(affine_forward(affine_forward(x, w, b), w2, b2), affine_forward(x, w @ w2, b @ w2 + b2))


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_affine_backward_against_differences(n, d, k):
    x, w, b, rng = layer(n, d, k)
    c = rng.normal(size=(n, k))
    dx, dw, db = affine_backward(c, x, w)
    assert [g.shape for g in (dx, dw, db)] == [x.shape, w.shape, b.shape]
    close(dx, by_differences(lambda v: np.sum(c * affine_forward(v, w, b)), x), 1e-7, 1e-8)
    close(dw, by_differences(lambda v: np.sum(c * affine_forward(x, v, b)), w), 1e-7, 1e-8)
    close(db, by_differences(lambda v: np.sum(c * affine_forward(x, w, v)), b), 1e-7, 1e-8)


def test_affine_backward_is_linear_in_the_gradient_and_adds_over_examples():
    x, w, _, rng = layer(6, 3, 2)
    dz = rng.normal(size=(6, 2))
    dx, dw, db = affine_backward(dz, x, w)
    parts = [affine_backward(dz[i : i + 1], x[i : i + 1], w) for i in range(6)]
    close(dx, np.concatenate([part[0] for part in parts]))
    close(dw, sum(part[1] for part in parts))
    close(db, sum(part[2] for part in parts))
    for one, two in zip((dx, dw, db), affine_backward(-3 * dz, x, w), strict=True):
        close(two, -3 * one)


# relu_backward


def test_relu_backward_passes_only_where_the_unit_was_on():
    z = np.array([-2.0, -1e-300, -0.0, 0.0, 1e-300, 2.0, np.inf, -np.inf])
    da = np.array([1.0, 2.0, 3.0, 4.0, 5.0, -6.0, 7.0, 8.0])
    np.testing.assert_array_equal(relu_backward(da, z), [0, 0, 0, 0, 5, -6, 7, 0])


def test_relu_backward_is_finite_where_the_gradient_is_not_and_the_unit_is_off():
    off = relu_backward(np.array([np.inf, np.nan]), np.array([-1.0, -1.0]))
    np.testing.assert_array_equal(off, [0, 0])


def test_relu_backward_against_differences():
    rng = np.random.default_rng(0)
    z, c = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    assert np.abs(z).min() > 1e-4
    numerical = by_differences(lambda v: np.sum(c * np.maximum(v, 0)), z)
    close(relu_backward(c, z), numerical, 1e-8, 1e-9)


# softmax_cross_entropy


@pytest.mark.parametrize(("n", "k"), [(1, 2), (5, 3), (4, 4), (7, 10), (3, 1)])
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0, 1e4])
def test_cross_entropy_against_scipy(n, k, scale):
    special = pytest.importorskip("scipy.special")
    rng = np.random.default_rng(n + k)
    logits, labels = scale * rng.normal(size=(n, k)), rng.integers(k, size=n)
    loss, grad = softmax_cross_entropy(logits, labels)
    rows = np.arange(n)
    close(loss, -special.log_softmax(logits, axis=1)[rows, labels].mean(), rtol=1e-12, atol=1e-12)
    expected = special.softmax(logits, axis=1)
    expected[rows, labels] -= 1
    close(grad, expected / n, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e8, 1e300])
def test_huge_logits_neither_overflow_nor_vanish(size):
    logits = np.array([[size, 0.0], [-size, 0.0], [0.0, size], [0.0, 0.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, grad = softmax_cross_entropy(logits, np.zeros(4, dtype=int))
    # The rows' losses: none, size, size, ln 2.
    assert loss == pytest.approx((2 * size + np.log(2)) / 4, rel=1e-12)
    expected = np.array([[0, 0], [-1, 1], [-1, 1], [-0.5, 0.5]]) / 4
    np.testing.assert_allclose(grad, expected, atol=1e-40 if size > 1e2 else 1e-20)


def test_a_small_loss_is_not_rounded_to_zero():
    # ln(1 + e^-30): a loss near 0, where 1 - p is all that is left.
    loss, grad = softmax_cross_entropy(np.array([[30.0, 0.0]]), np.array([0]))
    assert loss == pytest.approx(np.log1p(np.exp(-30)), rel=1e-2)
    assert grad[0, 1] == pytest.approx(np.exp(-30), rel=1e-9)


def test_the_loss_of_not_knowing():
    for k in (1, 2, 10, 1000):
        loss, grad = softmax_cross_entropy(np.full((3, k), -7.0), np.array([0, k - 1, k // 2]))
        assert loss == pytest.approx(np.log(k), abs=1e-14)
        close(grad.sum(axis=1), 0, atol=1e-14)


@given(arrays(float, (4, 3), elements=FINITE), st.floats(-1e4, 1e4))
def test_a_constant_for_each_row_changes_nothing(logits, shift):
    labels = np.array([0, 1, 2, 0])
    moved = logits + shift * np.arange(4)[:, None]
    one, two = softmax_cross_entropy(logits, labels), softmax_cross_entropy(moved, labels)
    close(two[0], one[0], rtol=1e-9, atol=1e-10)
    close(two[1], one[1], rtol=1e-9, atol=1e-10)


def test_cross_entropy_against_differences():
    rng = np.random.default_rng(0)
    logits, labels = 3 * rng.normal(size=(6, 4)), rng.integers(4, size=6)
    numerical = by_differences(lambda v: softmax_cross_entropy(v, labels)[0], logits)
    loss, grad = softmax_cross_entropy(logits, labels)
    close(grad, numerical, rtol=1e-6, atol=1e-10)
    assert np.abs(grad).max() <= 1 / 6
    each = [softmax_cross_entropy(logits[i : i + 1], labels[i : i + 1]) for i in range(6)]
    close(loss, np.mean([value for value, _ in each]))
    close(grad, np.concatenate([part for _, part in each]) / 6)


# The whole network


def net(n, d, m, k, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (d, m), (m,), (m, k), (k,)
    parameters = [rng.normal(size=shape) for shape in shapes]
    return rng.normal(size=(n, d)), rng.integers(k, size=n), parameters


@pytest.mark.parametrize("sizes", [(6, 3, 5, 4), (4, 4, 4, 4), (1, 2, 3, 2), (9, 4, 1, 3)])
def test_the_gradient_of_the_network_against_differences(sizes):
    x, labels, parameters = net(*sizes)
    loss, *gradients = network_gradient(x, labels, *parameters)
    assert np.isfinite(loss)
    for i, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        assert gradient.shape == parameter.shape

        def loss_with(array, i=i):
            changed = [*parameters[:i], array, *parameters[i + 1 :]]
            return network_gradient(x, labels, *changed)[0]

        assert relative_error(gradient, by_differences(loss_with, parameter), floor=1e-5) < 1e-5


def test_the_network_is_the_books_small_one():
    x, labels, parameters = net(7, 5, 6, 4)
    theta = np.concatenate([p.ravel() for p in parameters])
    loss, gradient = MLP((5, 6, 4)).loss(theta, x, labels)
    ours, *gradients = network_gradient(x, labels, *parameters)
    assert ours == pytest.approx(loss, rel=1e-13)
    close(np.concatenate([g.ravel() for g in gradients]), gradient)


@pytest.fixture
def recorded(oracle):
    """The 4-8-8-3 network of PyTorch: data, parameters, gradients, losses of training."""
    return oracle("mlp_oracle")


def test_the_pieces_give_pytorchs_gradients(recorded):
    x, y = (np.array(recorded["data"][key]) for key in "Xy")
    weights = [np.array(recorded["params"][f"W{layer}"]) for layer in (1, 2, 3)]
    biases = [np.array(recorded["params"][f"b{layer}"]) for layer in (1, 2, 3)]
    expected = recorded["gradients"]["relu"]
    inputs, outputs = [x], []
    for w, b in zip(weights, biases, strict=True):
        outputs.append(affine_forward(inputs[-1], w, b))
        inputs.append(np.maximum(outputs[-1], 0))
    close(outputs[-1], expected["logits"])
    loss, dz = softmax_cross_entropy(outputs[-1], y)
    assert loss == pytest.approx(expected["loss"], rel=1e-12)
    for layer in (2, 1, 0):
        dx, dw, db = affine_backward(dz, inputs[layer], weights[layer])
        close(dw, expected["grads"][f"W{layer + 1}"])
        close(db, expected["grads"][f"b{layer + 1}"])
        dz = relu_backward(dx, outputs[layer - 1]) if layer else None


def test_the_pieces_train_as_pytorch_does(recorded):
    """Fifty steps of gradient descent on a network of tanh units."""
    run = recorded["training_50_full_batch_steps_tanh"]["sgd"]
    x, y = (np.array(recorded["data"][key]) for key in "Xy")
    parameters = [np.array(recorded["params"][name]) for name in "W1 b1 W2 b2 W3 b3".split()]
    losses = []
    for _ in run["losses"]:
        w1, b1, w2, b2, w3, b3 = parameters
        a1 = np.tanh(affine_forward(x, w1, b1))
        a2 = np.tanh(affine_forward(a1, w2, b2))
        loss, dz3 = softmax_cross_entropy(affine_forward(a2, w3, b3), y)
        losses.append(loss)
        da2, dw3, db3 = affine_backward(dz3, a2, w3)
        da1, dw2, db2 = affine_backward(da2 * (1 - a2**2), a1, w2)
        _, dw1, db1 = affine_backward(da1 * (1 - a1**2), x, w1)
        gradients = dw1, db1, dw2, db2, dw3, db3
        last = parameters
        parameters = [
            p - run["kwargs"]["lr"] * g for p, g in zip(parameters, gradients, strict=True)
        ]
    close(losses, run["losses"], rtol=recorded["tolerance"]["rel"])
    close(last[4], run["final_W3"], rtol=recorded["tolerance"]["rel"], atol=1e-12)


def test_frameworks_take_0_for_the_derivative_at_the_kink(oracle):
    facts = oracle("activations")["facts"]
    assert relu_backward(np.ones(1), np.zeros(1))[0] == facts["relu_derivative_at_0_torch"] == 0


# minibatches


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 5))
def test_batches_share_out_all_examples(n, batch_size, seed):
    batches = minibatches(n, batch_size, np.random.default_rng(seed))
    assert isinstance(batches, list)
    *full, last = [len(batch) for batch in batches]
    assert full == [batch_size] * (-(-n // batch_size) - 1)
    assert 1 <= last <= batch_size
    numbers = np.concatenate(batches)
    assert numbers.dtype.kind == "i"
    np.testing.assert_array_equal(np.sort(numbers), np.arange(n))


def test_every_example_is_in_the_first_batch_equally_often():
    rng, counts = np.random.default_rng(0), np.zeros(10)
    for _ in range(3000):
        counts[minibatches(10, 3, rng)[0]] += 1
    # 3,000 draws of probability 0.3: four standard errors are 100.
    assert np.abs(counts - 900).max() < 100


def test_batches_come_from_the_generator():
    one, two = (minibatches(50, 7, np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    rng = np.random.default_rng(3)
    first, second = (np.concatenate(minibatches(50, 7, rng)) for _ in range(2))
    assert not np.array_equal(first, second)


# What does not fit


X, W, B = np.ones((5, 3)), np.ones((3, 2)), np.ones(2)
LABELS = np.array([0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(X, LABELS[:4]), r"labels: expected shape \(n,\) with n = 5, got \(4,\)"),
        (lambda: accuracy(X, LABELS.astype(float)), "labels: expected whole numbers, got float64"),
        (lambda: accuracy(X, LABELS + 2), "labels: expected classes 0 to 2, got 2 to 3"),
        (lambda: accuracy(X, -LABELS), "labels: expected classes 0 to 2, got -1 to 0"),
        (lambda: accuracy(X[:0], LABELS[:0]), "logits: expected shape .*, nothing empty"),
        (lambda: accuracy(np.ones(3), np.ones(1, int)), "logits: expected shape"),
        (lambda: numerical_gradient(np.sum, np.ones(2), 0.0), "h: expected a finite number above"),
        (lambda: numerical_gradient(np.sum, np.ones(2), -1e-5), "h: expected"),
        (lambda: numerical_gradient(np.sum, np.ones(2), np.nan), "h: expected"),
        (lambda: numerical_gradient(np.sum, np.ones((2, 2))), r"x: expected shape \(n,\)"),
        (lambda: numerical_gradient(np.sum, np.ones(0)), "x: expected shape .*, nothing empty"),
        (lambda: relative_error(np.ones(2), np.ones(3)), r"b: expected the shape of a, \(2,\)"),
        (lambda: relative_error(np.ones(2), 1.0), "b: expected the shape of a"),
        (lambda: relative_error(np.ones(0), np.ones(0)), "b: expected the shape of a, .* not"),
        (lambda: relative_error(1.0, 1.0, floor=0.0), "floor: expected a finite number above 0"),
        (lambda: affine_forward(X, W.T, B), r"w: expected shape \(d, k\) with d = 3, got \(2, 3\)"),
        (lambda: affine_forward(X, W, np.ones(3)), r"b: expected shape \(k,\) with k = 2"),
        (lambda: affine_forward(X, W, np.ones((1, 2))), "b: expected shape"),
        (lambda: affine_forward(X[0], W, B), r"x: expected shape \(n, d\).*, got \(3,\)"),
        (lambda: affine_forward(X[:0], W, B), "x: expected shape .*, nothing empty"),
        (lambda: affine_backward(np.ones((5, 3)), X, W), r"dz: .* with k = 2, n = 5, got \(5, 3\)"),
        (lambda: affine_backward(np.ones((4, 2)), X, W), "dz: expected shape"),
        (lambda: affine_backward(np.ones((5, 2)), X, W.T), "w: expected shape"),
        (lambda: relu_backward(np.ones(3), np.ones(4)), r"da: expected the shape of z, \(4,\)"),
        (lambda: softmax_cross_entropy(X, LABELS + 2), "labels: expected classes 0 to 2"),
        (lambda: softmax_cross_entropy(X[:0], LABELS[:0]), "logits: .*, nothing empty"),
        (lambda: softmax_cross_entropy(X, LABELS[:, None]), r"labels: .* got \(5, 1\)"),
        (lambda: network_gradient(X, LABELS, W, B, W, B), r"w2: expected shape .* with m = 2"),
        (lambda: network_gradient(X, LABELS + 1, W, B, W.T[:, :2], B), "labels: expected classes"),
        (lambda: minibatches(0, 3, None), "n: expected a whole number of at least 1, got 0"),
        (lambda: minibatches(3, 0, None), "batch_size: expected a whole number of at least 1"),
        (lambda: minibatches(3, 2.5, None), "batch_size: expected a whole number"),
        (lambda: minibatches(-3, 2, None), "n: expected a whole number"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_nothing_is_changed_in_place():
    x, labels, parameters = net(4, 3, 5, 2)
    given = [x, labels, *parameters]
    before = [array.copy() for array in given]
    network_gradient(*given)
    softmax_cross_entropy(x, labels)
    affine_backward(np.ones((4, 5)), x, parameters[0])
    relu_backward(x, x)
    accuracy(x, labels)
    numerical_gradient(np.sum, parameters[1])
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)
