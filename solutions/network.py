"""A network and its gradient: the references of that chapter.

Rows are examples. A gradient has the shape of what it is the gradient by, and its name with a d
in front: `dw` is that of the loss by `w`. What does not fit raises `ValueError` with its name.
"""

import functools
import inspect

import numpy as np

from gradus.validation import POSITIVE, POSITIVE_COUNT, shapes, validate


def _guard(check):
    """A decorator: `check(arguments)`, by name, may raise `ValueError` before the call."""

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def guarded(*args, **kwargs):
            check(signature.bind(*args, **kwargs).arguments)
            return function(*args, **kwargs)

        return guarded

    return decorate


def _classes(last):
    """Guard `labels`: whole numbers of classes, of which the last axis of `last` has one entry each."""

    def check(arguments):
        labels, k = (
            np.asarray(arguments["labels"]),
            np.shape(arguments[last])[-1],
        )
        if labels.dtype.kind not in "iu":
            raise ValueError(
                f"labels: expected whole numbers, got {labels.dtype}"
            )
        if labels.min() < 0 or labels.max() >= k:
            raise ValueError(
                f"labels: expected classes 0 to {k - 1}, got {labels.min()} to {labels.max()}"
            )

    return _guard(check)


def _same_shape(one, other):
    """Guard two arrays that may have any shape, but the same, and not an empty one."""

    def check(arguments):
        want, got = (np.shape(arguments[name]) for name in (one, other))
        if want != got or 0 in got:
            raise ValueError(
                f"{other}: expected the shape of {one}, {want}, not empty, got {got}"
            )

    return _guard(check)


@shapes(logits="n k", labels="n")
@_classes("logits")
def accuracy(logits, labels):
    """The share of examples whose highest score is that of their label.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        In each row the scores of k classes for one example.
    labels : ndarray of int, shape (n,)
        The right class of each example, from 0 to k - 1.

    Returns
    -------
    accuracy : float
        From 0 to 1.

    Source: the definition.
    """
    return np.mean(logits.argmax(axis=1) == labels)


@validate(h=POSITIVE)
@shapes(x="n")
def numerical_gradient(f, x, h=1e-5):
    """The gradient of f at x by central differences, one coordinate at a time.

    Parameters
    ----------
    f : callable
        f(x) is a number, for x of shape (n,).
    x : ndarray of shape (n,)
        The point, of floats.
    h : float, above 0
        The step along each coordinate, to either side.

    Returns
    -------
    grad : ndarray of shape (n,)

    Source: Nocedal and Wright (2006), section 8.1.
    """
    grad = np.empty(len(x))
    for i in range(len(x)):
        step = np.zeros(len(x))
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@validate(floor=POSITIVE)
@_same_shape("a", "b")
def relative_error(a, b, floor=1e-8):
    """The largest relative difference of two arrays, entry by entry.

    Each entry is compared with its own counterpart, relative to the larger of
    the two, and the worst entry counts.

    Parameters
    ----------
    a, b : ndarray of one shape, any
        The two gradients that are compared.
    floor : float, above 0
        Where both entries are smaller than this, their difference is divided
        by it: two zeros agree.

    Returns
    -------
    error : float
        0 if a and b are equal; at most 2.

    Source: the CS231n notes, "Gradient checks", with a floor.
    """
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)
    return np.max(np.abs(a - b) / size)


@shapes(x="n d", w="d k", dz="n k")
def affine_backward(dz, x, w):
    """The gradients of the loss by all that goes into z = x @ w + b.

    Parameters
    ----------
    dz : ndarray of shape (n, k)
        The gradient of the loss by z.
    x : ndarray of shape (n, d)
        What entered the layer.
    w : ndarray of shape (d, k)
        Its weights.

    Returns
    -------
    dx, dw, db : tuple of three ndarrays
        Of the shapes of x, w and b: (n, d), (d, k) and (k,).

    Source: Goodfellow, Bengio and Courville (2016), section 6.5.6.
    """
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)


@shapes(logits="n k", labels="n")
@_classes("logits")
def softmax_cross_entropy(logits, labels):
    """The mean cross-entropy of the softmax of the logits, and its gradient.

    Both are right for any logits: those of 10,000 neither overflow nor give
    log(0).

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        In each row the scores of k classes for one example; floats or whole
        numbers.
    labels : ndarray of int, shape (n,)
        The right class of each example, from 0 to k - 1.

    Returns
    -------
    loss : float
        In nats.
    grad : ndarray of shape (n, k)
        The gradient of the loss by the logits.

    Source: Bridle (1990) for the softmax; Blanchard, Higham and Higham (2021)
    for the shift by the largest entry of a row.
    """
    n, rows = len(logits), np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    loss = np.mean(log_sum - shifted[rows, labels])
    grad = np.exp(shifted - log_sum[:, None])
    grad[rows, labels] -= 1
    return loss, grad / n


def _chain(arguments):
    """Guard the layers of a network: each takes what the one before gives."""
    x, labels, weights, biases = (
        arguments[name] for name in ("x", "labels", "weights", "biases")
    )
    n, width = np.shape(x) if np.ndim(x) == 2 else (0, 0)
    if n == 0 or width == 0:
        raise ValueError(
            f"x: expected shape (n, d), nothing empty, got {np.shape(x)}"
        )
    if len(weights) == 0 or len(weights) != len(biases):
        raise ValueError(
            "weights: expected a layer at least, and as many as biases; got "
            f"{len(weights)} and {len(biases)}"
        )
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        if np.ndim(w) != 2 or np.shape(w)[0] != width or 0 in np.shape(w):
            raise ValueError(
                f"weights[{i}]: expected shape ({width}, units), got {np.shape(w)}"
            )
        width = np.shape(w)[1]
        if np.shape(b) != (width,):
            raise ValueError(
                f"biases[{i}]: expected shape ({width},), got {np.shape(b)}"
            )
    labels = np.asarray(labels)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels: expected {n} whole numbers, got shape {labels.shape}, {labels.dtype}"
        )


@_guard(_chain)
def network_gradient(x, labels, weights, biases):
    """Loss and gradient of a fully connected network of any depth.

    Every layer is affine; behind each but the last stands a ReLU. The loss is
    the mean cross-entropy of the softmax of what the last layer gives.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        One example in each row.
    labels : ndarray of int, shape (n,)
        The right class of each example, from 0 to k - 1.
    weights : list of L ndarrays, L at least 1
        Of each layer, the first one first: of shape (inputs, units). The
        first has d inputs, the last k units.
    biases : list of L ndarrays
        Of each layer, of shape (units,).

    Returns
    -------
    loss : float
    d_weights, d_biases : lists of L ndarrays
        The gradients of the loss by all weights and biases, in their order
        and of their shapes. The slope of a ReLU at 0 is 0.

    Source: Rumelhart, Hinton and Williams (1986).
    """
    entered = [x]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        entered.append(np.maximum(entered[-1] @ w + b, 0))
    logits = entered[-1] @ weights[-1] + biases[-1]
    loss, dz = softmax_cross_entropy(logits, labels)
    d_weights, d_biases = list(weights), list(biases)
    for layer in range(len(weights) - 1, -1, -1):
        a = entered[layer]
        da, dw, db = affine_backward(dz, a, weights[layer])
        d_weights[layer], d_biases[layer] = dw, db
        dz = da * (a > 0)
    return loss, d_weights, d_biases


def expression_gradient(inputs, operations):
    """The value of an expression, and its gradient by every input.

    An expression is a list of operations on numbered values. The inputs have
    the numbers 0, 1, ...; each operation makes one more value, which gets the
    next number, from earlier ones:

    ("add", i, j)       i plus j; j may be a row (k,) that is added to every
                        row of i, of shape (n, k), else they have one shape
    ("multiply", i, j)  entry by entry, of one shape; i may be j
    ("divide", i, j)    entry by entry, of one shape; j has no zeros
    ("matmul", i, j)    of shapes (n, d) and (d, k)
    ("relu", i)         any shape; its slope at 0 is 0
    ("logsumexp", i)    the logarithm of the sum of the exponentials of each
                        row: (n, k) to (n,); never an overflow
    ("sum", i)          of all entries, a single number

    Parameters
    ----------
    inputs : list of ndarrays of floats
    operations : list of tuples, at least one
        The last one is a "sum". A value may be used any number of times, or
        never.

    Returns
    -------
    value : float
        That of the last operation.
    grads : list of ndarrays
        The gradient of value by each input, of its shape; zeros for one that
        is not used.

    Source: Griewank and Walther (2008), chapter 3.
    """
    values = [np.asarray(v, dtype=float) for v in inputs]
    for name, *places in operations:
        a, b = values[places[0]], values[places[-1]]
        if name == "logsumexp":
            top = a.max(axis=1)
            out = top + np.log(np.exp(a - top[:, None]).sum(axis=1))
        else:
            out = {
                "add": lambda a, b: a + b,
                "multiply": lambda a, b: a * b,
                "divide": lambda a, b: a / b,
                "matmul": lambda a, b: a @ b,
                "relu": lambda a, b: np.maximum(a, 0),
                "sum": lambda a, b: a.sum(),
            }[name](a, b)
        values.append(out)
    grads = [np.zeros(np.shape(v)) for v in values]
    grads[-1] = np.ones(())
    for k in range(len(operations) - 1, -1, -1):
        (name, *places), out = operations[k], values[len(inputs) + k]
        g, a, b = grads[len(inputs) + k], values[places[0]], values[places[-1]]
        parts: tuple[np.ndarray, ...]
        if name == "add":
            parts = g, g if b.shape == g.shape else g.sum(axis=0)
        elif name == "multiply":
            parts = g * b, g * a
        elif name == "divide":
            parts = g / b, -g * out / b
        elif name == "matmul":
            parts = g @ b.T, a.T @ g
        elif name == "relu":
            parts = (g * (a > 0),)
        elif name == "logsumexp":
            parts = (g[:, None] * np.exp(a - out[:, None]),)
        else:
            parts = (g * np.ones(a.shape),)
        for place, part in zip(places, parts, strict=True):
            grads[place] = grads[place] + part
    return float(values[-1]), grads[: len(inputs)]


@validate(n=POSITIVE_COUNT, batch_size=POSITIVE_COUNT)
def minibatches(n, batch_size, rng):
    """One epoch: the numbers 0 to n - 1 in random order, cut into batches.

    Every batch has batch_size numbers, but the last has what is left, if
    batch_size does not divide n.

    Parameters
    ----------
    n : int, at least 1
        The number of examples.
    batch_size : int, at least 1
        May be larger than n: then there is one batch, of all.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    batches : list of ndarrays of int
        Each number from 0 to n - 1 stands in exactly one of them, once.

    Source: the DataLoader of PyTorch with shuffle=True and drop_last=False.
    """
    order, starts = rng.permutation(n), range(0, n, batch_size)
    return [order[start : start + batch_size] for start in starts]
