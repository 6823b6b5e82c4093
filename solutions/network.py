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

    grad[i] = (f(x + h * e_i) - f(x - h * e_i)) / (2 * h)

    Parameters
    ----------
    f : callable
        f(x) is a number, for x of shape (n,).
    x : ndarray of shape (n,)
        The point.
    h : float, above 0
        The step along each coordinate, which e_i points along.

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

    The maximum over all entries of |a - b| / max(|a|, |b|, floor).

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


@shapes(x="n d", w="d k", b="k")
def affine_forward(x, w, b):
    """The outputs of a fully connected layer, without an activation.

    z = x @ w + b, where b is added to every row.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        One example in each row.
    w : ndarray of shape (d, k)
        The weights: one column for each unit.
    b : ndarray of shape (k,)
        The biases.

    Returns
    -------
    z : ndarray of shape (n, k)

    Source: Goodfellow, Bengio and Courville (2016), section 6.1.
    """
    return x @ w + b


@shapes(x="n d", w="d k", dz="n k")
def affine_backward(dz, x, w):
    """The gradients of the loss by all that goes into z = x @ w + b.

    dx = dz @ w.T, dw = x.T @ dz, and db is the sum of the rows of dz.

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


@_same_shape("z", "da")
def relu_backward(da, z):
    """The gradient of the loss by z, where a = max(z, 0), entry by entry.

    dz = da where z > 0, and 0 elsewhere; 0 at z = 0, too.

    Parameters
    ----------
    da : ndarray, any shape
        The gradient of the loss by a.
    z : ndarray, shape of da
        What entered the ReLU.

    Returns
    -------
    dz : ndarray, shape of z

    Source: Goodfellow, Bengio and Courville (2016), section 6.3; 0 at the kink
    as in PyTorch and TensorFlow.
    """
    return np.where(z > 0, da, 0.0)


@shapes(logits="n k", labels="n")
@_classes("logits")
def softmax_cross_entropy(logits, labels):
    """The mean cross-entropy of the softmax of the logits, and its gradient.

    loss = mean over the rows of log(sum_j exp(logits[i, j])) - logits[i, y_i]
    grad = (softmax of each row - one-hot row of its label) / n

    Computed so that logits of 10,000 neither overflow nor give log(0).

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        In each row the scores of k classes for one example.
    labels : ndarray of int, shape (n,)
        The right class y_i of each example, from 0 to k - 1.

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


@shapes(x="n d", labels="n", w1="d m", b1="m", w2="m k", b2="k")
@_classes("b2")
def network_gradient(x, labels, w1, b1, w2, b2):
    """Loss and gradient of a network with one hidden layer of ReLU units.

    z1 = x @ w1 + b1,  a1 = max(z1, 0),  z2 = a1 @ w2 + b2;
    the loss is the mean cross-entropy of the softmax of z2.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        One example in each row.
    labels : ndarray of int, shape (n,)
        The right class of each example, from 0 to k - 1.
    w1, b1 : ndarrays of shape (d, m) and (m,)
        The hidden layer.
    w2, b2 : ndarrays of shape (m, k) and (k,)
        The output layer.

    Returns
    -------
    loss : float
    dw1, db1, dw2, db2 : ndarrays
        The gradients of the loss, each of the shape of what it is named after.

    Source: Rumelhart, Hinton and Williams (1986).
    """
    z1 = affine_forward(x, w1, b1)
    a1 = np.maximum(z1, 0)
    loss, dz2 = softmax_cross_entropy(affine_forward(a1, w2, b2), labels)
    da1, dw2, db2 = affine_backward(dz2, a1, w2)
    _, dw1, db1 = affine_backward(relu_backward(da1, z1), x, w1)
    return loss, dw1, db1, dw2, db2


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
