"""The references of the chapter on a network: against PyTorch and SciPy, by properties, by differences."""

import itertools

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
    expression_gradient,
    minibatches,
    network_gradient,
    numerical_gradient,
    relative_error,
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
def test_affine_backward_against_differences(n, d, k):
    x, w, b, rng = layer(n, d, k)
    c = rng.normal(size=(n, k))
    dx, dw, db = affine_backward(c, x, w)
    assert [g.shape for g in (dx, dw, db)] == [x.shape, w.shape, b.shape]
    close(dx, by_differences(lambda v: np.sum(c * (v @ w + b)), x), 1e-7, 1e-8)
    close(dw, by_differences(lambda v: np.sum(c * (x @ v + b)), w), 1e-7, 1e-8)
    close(db, by_differences(lambda v: np.sum(c * (x @ w + v)), b), 1e-7, 1e-8)


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


def net(n, *widths, seed=0):
    rng = np.random.default_rng(seed)
    pairs = list(itertools.pairwise(widths))
    weights = [rng.normal(size=pair) for pair in pairs]
    biases = [rng.normal(size=k) for _, k in pairs]
    return rng.normal(size=(n, widths[0])), rng.integers(widths[-1], size=n), weights, biases


@pytest.mark.parametrize(
    "sizes", [(6, 3, 5, 4), (4, 4, 4, 4, 4), (1, 2, 3, 2), (9, 4, 3), (5, 3, 6, 5, 4, 2)]
)
def test_the_gradient_of_the_network_against_differences(sizes):
    x, labels, weights, biases = net(*sizes)
    loss, d_weights, d_biases = network_gradient(x, labels, weights, biases)
    assert np.isfinite(loss)
    for lists, gradients in ((weights, d_weights), (biases, d_biases)):
        assert len(gradients) == len(weights)
        for i, (parameter, gradient) in enumerate(zip(lists, gradients, strict=True)):
            assert gradient.shape == parameter.shape

            def loss_with(array, i=i, lists=lists):
                changed = [*lists[:i], array, *lists[i + 1 :]]
                both = (changed, biases) if lists is weights else (weights, changed)
                return network_gradient(x, labels, *both)[0]

            assert relative_error(gradient, by_differences(loss_with, parameter), floor=1e-4) < 1e-5


@pytest.mark.parametrize("widths", [(5, 6, 4), (5, 4), (5, 7, 6, 3)])
def test_the_network_is_the_books_small_one(widths):
    x, labels, weights, biases = net(7, *widths)
    theta = np.concatenate([v.ravel() for pair in zip(weights, biases, strict=True) for v in pair])
    loss, gradient = MLP(widths).loss(theta, x, labels)
    ours, d_weights, d_biases = network_gradient(x, labels, weights, biases)
    assert ours == pytest.approx(loss, rel=1e-13)
    pairs = zip(d_weights, d_biases, strict=True)
    close(np.concatenate([d.ravel() for pair in pairs for d in pair]), gradient)


def test_a_unit_that_is_exactly_0_passes_nothing():
    weights, biases = [np.ones((1, 1)), np.ones((1, 2))], [np.zeros(1), np.zeros(2)]
    _, d_weights, d_biases = network_gradient(np.zeros((1, 1)), np.array([0]), weights, biases)
    assert d_biases[0] == 0
    assert not d_weights[0].any()


# expressions


def random_expression(rng):
    """Inputs and some twenty operations on values that were made before, of several shapes."""
    inputs = [rng.uniform(0.5, 2, shape) for shape in ((3, 4), (4, 4), (4,), (3, 4), (2,))]
    values, operations = list(inputs), []
    for _ in range(15):
        square = [i for i, v in enumerate(values) if v.shape == (3, 4)]
        i, j = rng.choice(square, 2)
        name = rng.choice(["add", "multiply", "divide", "matmul", "relu", "row"])
        operation = {
            "matmul": ("matmul", i, 1),
            "relu": ("relu", i),
            "row": ("add", i, 2),
        }.get(name, (name, i, j))
        operations.append((operation[0], *map(int, operation[1:])))
        value = expression_gradient([*values], [operations[-1], ("sum", len(values))])
        a, b = values[operation[1]], values[operation[-1]]
        made = {
            "add": lambda a, b: a + b,
            "multiply": lambda a, b: a * b,
            "divide": lambda a, b: a / b,
            "matmul": lambda a, b: a @ b,
            "relu": lambda a, b: np.maximum(a, 0),
        }[operation[0]](a, b)
        assert value[0] == pytest.approx(made.sum())
        # Kept small, and away from the kink and from 0.
        operations.append(("logsumexp", len(values)) if name == "row" else ("sum", len(values)))
        values += [made, np.zeros(3) if name == "row" else np.zeros(())]
    last = [i for i, v in enumerate(values) if v.shape == (3, 4)][-1]
    return inputs, [*operations, ("sum", last)]


@pytest.mark.parametrize("seed", range(6))
def test_gradients_of_random_expressions_against_differences(seed):
    inputs, operations = random_expression(np.random.default_rng(seed))
    value, grads = expression_gradient(inputs, operations)
    assert isinstance(value, float)
    for i, (array, grad) in enumerate(zip(inputs, grads, strict=True)):
        assert grad.shape == array.shape

        def with_(changed, i=i):
            return expression_gradient([*inputs[:i], changed, *inputs[i + 1 :]], operations)[0]

        numerical = by_differences(with_, array)
        scale = np.abs(numerical).max() + 1e-12
        np.testing.assert_allclose(grad / scale, numerical / scale, atol=1e-5)
    assert not grads[4].any()


def test_the_network_as_an_expression():
    x, labels, (w1, w2), (b1, b2) = net(6, 3, 5, 4)
    onehot = np.eye(4)[labels]
    inputs = [x, w1, b1, w2, b2, onehot, np.array(-1.0), np.array(6.0)]
    operations = [
        ("matmul", 0, 1),
        ("add", 8, 2),
        ("relu", 9),
        ("matmul", 10, 3),
        ("add", 11, 4),
        ("logsumexp", 12),
        ("sum", 13),
        ("multiply", 12, 5),
        ("sum", 15),
        ("multiply", 16, 6),
        ("add", 14, 17),
        ("divide", 18, 7),
        ("sum", 19),
    ]
    value, grads = expression_gradient(inputs, operations)
    loss, d_weights, d_biases = network_gradient(x, labels, [w1, w2], [b1, b2])
    assert value == pytest.approx(loss)
    for ours, theirs in zip(
        (grads[1], grads[2], grads[3], grads[4]),
        (d_weights[0], d_biases[0], d_weights[1], d_biases[1]),
        strict=True,
    ):
        close(ours, theirs, 1e-10, 1e-12)


@pytest.fixture
def recorded(oracle):
    """The 4-8-8-3 network of PyTorch: data, parameters, gradients, losses of training."""
    return oracle("mlp_oracle")


def test_the_gradients_are_pytorchs(recorded):
    x, y = (np.array(recorded["data"][key]) for key in "Xy")
    weights = [np.array(recorded["params"][f"W{layer}"]) for layer in (1, 2, 3)]
    biases = [np.array(recorded["params"][f"b{layer}"]) for layer in (1, 2, 3)]
    expected = recorded["gradients"]["relu"]
    loss, d_weights, d_biases = network_gradient(x, y, weights, biases)
    assert loss == pytest.approx(expected["loss"], rel=1e-12)
    for layer in (1, 2, 3):
        close(d_weights[layer - 1], expected["grads"][f"W{layer}"])
        close(d_biases[layer - 1], expected["grads"][f"b{layer}"])


def test_the_pieces_train_as_pytorch_does(recorded):
    """Fifty steps of gradient descent on a network of tanh units."""
    run = recorded["training_50_full_batch_steps_tanh"]["sgd"]
    x, y = (np.array(recorded["data"][key]) for key in "Xy")
    parameters = [np.array(recorded["params"][name]) for name in "W1 b1 W2 b2 W3 b3".split()]
    losses = []
    for _ in run["losses"]:
        w1, b1, w2, b2, w3, b3 = parameters
        a1 = np.tanh(x @ w1 + b1)
        a2 = np.tanh(a1 @ w2 + b2)
        loss, dz3 = softmax_cross_entropy(a2 @ w3 + b3, y)
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
        (lambda: affine_backward(np.ones((5, 3)), X, W), r"dz: .* with k = 2, n = 5, got \(5, 3\)"),
        (lambda: affine_backward(np.ones((4, 2)), X, W), "dz: expected shape"),
        (lambda: affine_backward(np.ones((5, 2)), X, W.T), "w: expected shape"),
        (lambda: softmax_cross_entropy(X, LABELS + 2), "labels: expected classes 0 to 2"),
        (lambda: softmax_cross_entropy(X[:0], LABELS[:0]), "logits: .*, nothing empty"),
        (lambda: softmax_cross_entropy(X, LABELS[:, None]), r"labels: .* got \(5, 1\)"),
        (lambda: network_gradient(X, LABELS, [W, W], [B, B]), r"weights\[1\]: .* \(2, units\)"),
        (lambda: network_gradient(X, LABELS, [W], [B, B]), "weights: expected a layer at least"),
        (lambda: network_gradient(X, LABELS, [], []), "weights: expected a layer at least"),
        (lambda: network_gradient(X, LABELS, [W], [X[0]]), r"biases\[0\]: expected shape \(2,\)"),
        (lambda: network_gradient(X[0], LABELS, [W], [B]), r"x: expected shape \(n, d\)"),
        (lambda: network_gradient(X, LABELS[:3], [W], [B]), "labels: expected 5 whole numbers"),
        (lambda: network_gradient(X, LABELS + 1, [W], [B]), "labels: expected classes"),
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
    x, labels, weights, biases = net(4, 3, 5, 2)
    given = [x, labels, *weights, *biases]
    before = [array.copy() for array in given]
    network_gradient(x, labels, weights, biases)
    softmax_cross_entropy(x, labels)
    affine_backward(np.ones((4, 5)), x, weights[0])
    accuracy(x, labels)
    numerical_gradient(np.sum, biases[0])
    expression_gradient([x, x], [("multiply", 0, 1), ("sum", 2)])
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)
