"""Noise: the references of that chapter.

Pure functions: nothing is changed in place, and chance comes from the generator `rng`. A
hyperparameter outside its range raises `ValueError` with its name (`@validate`), and so do data
whose shapes cannot be meant.
"""

import numpy as np

from gradus.validation import (
    FRACTION,
    POSITIVE_COUNT,
    PROBABILITY,
    shapes,
    validate,
)


@validate(p=PROBABILITY)
def random_flip(images, p, rng):
    """Mirror each image, left to right, with probability p.

    Parameters
    ----------
    images : ndarray of shape (n, c, h, w)
    p : float in [0, 1]
        The probability that an image is mirrored: one toss for each image.
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray of shape (n, c, h, w)
        New; every image is the old one or its mirror image.
    """
    _images(images)
    mirrored = rng.random(len(images)) < p
    return np.where(
        mirrored[:, None, None, None], images[:, :, :, ::-1], images
    )


def _images(images):
    """Refuse what is not a stack of images."""
    if np.ndim(images) != 4 or 0 in np.shape(images):
        raise ValueError(
            f"images: expected shape (n, c, h, w) and an image at least, got {np.shape(images)}"
        )


@validate(size=POSITIVE_COUNT)
def random_crop(images, size, rng):
    """Cut a square window out of each image, at a place of its own.

    Parameters
    ----------
    images : ndarray of shape (n, c, h, w)
    size : int, at least 1, at most h and w
        The window has size x size pixels.
    rng : numpy.random.Generator

    Returns
    -------
    crops : ndarray of shape (n, c, size, size)
        For each image a window with all its channels. Every place at which
        the window lies inside the image is equally probable.
    """
    _images(images)
    n, c, h, w = images.shape
    if size > min(h, w):
        raise ValueError(
            f"size: expected at most {min(h, w)}, the side of the images, got {size}"
        )
    rows = rng.integers(0, h - size + 1, size=n)
    columns = rng.integers(0, w - size + 1, size=n)
    crops = np.zeros((n, c, size, size), dtype=images.dtype)
    for i in range(n):
        crops[i] = images[
            i, :, rows[i] : rows[i] + size, columns[i] : columns[i] + size
        ]
    return crops


@validate(p=FRACTION)
def dropout_forward(x, p, rng):
    """Inverted dropout in training: its expectation is x.

    Parameters
    ----------
    x : ndarray, any shape
        The outputs of a layer, for a mini-batch.
    p : float in [0, 1)
        The probability of being DROPPED, of each entry by itself.
    rng : numpy.random.Generator

    Returns
    -------
    out, mask : tuple of two ndarrays, shape of x
        mask holds the factor by which each entry of x was multiplied, the
        scale included: the gradient on the way back needs it.

    Source: Srivastava et al. (2014), scaled as frameworks do it.
    """
    mask = (rng.random(np.shape(x)) >= p) / (1 - p)
    return x * mask, mask


def dropout_gradient(x, labels, w1, b1, w2, b2, mask):
    """Loss and gradient of a network with dropout on its hidden layer.

    One hidden layer of m ReLU units, k classes, mean cross-entropy in nats.

    Parameters
    ----------
    x, labels : ndarray of shape (n, d), ndarray of int, shape (n,)
    w1, b1, w2, b2 : ndarrays of shape (d, m), (m,), (m, k), (k,)
    mask : ndarray of shape (n, m)
        What the outputs of the hidden units are multiplied by, the scale
        included.

    Returns
    -------
    loss, dw1, db1, dw2, db2 : float, and ndarrays of the shapes of w1 to b2

    Source: Srivastava et al. (2014), section 5.1.
    """
    _rows(x @ w1 @ w2, labels)
    if np.shape(mask) != (len(x), len(b1)):
        raise ValueError(
            f"mask: expected shape ({len(x)}, {len(b1)}), got {np.shape(mask)}"
        )
    hidden = np.maximum(x @ w1 + b1, 0)
    entering = hidden * mask
    logits = entering @ w2 + b2
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    n, rows = len(x), np.arange(len(x))
    loss = -log_p[rows, labels].mean()
    dz = np.exp(log_p)
    dz[rows, labels] -= 1
    dz = dz / n
    back = dz @ w2.T * mask * (hidden > 0)
    return loss, x.T @ back, back.sum(axis=0), entering.T @ dz, dz.sum(axis=0)


@validate(eps=PROBABILITY)
def smoothed_cross_entropy(logits, labels, eps):
    """Mean cross-entropy against smoothed labels, and its gradient.

    Finite for every finite input, however far apart the logits are.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
    labels : ndarray of int, shape (n,)
        The class of each row, 0 to k - 1.
    eps : float in [0, 1]
        The share of the label's probability that is spread evenly over all
        k classes, the label's own among them.

    Returns
    -------
    loss, grad : float, ndarray of shape (n, k)
        In nats; the gradient is that of the loss with respect to the logits.

    Source: Szegedy et al. (2016), section 7.
    """
    n, k = _rows(logits, labels)
    targets = np.full((n, k), eps / k)
    targets[np.arange(n), labels] += 1 - eps
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(targets * log_p) / n, (np.exp(log_p) - targets) / n


@validate(n_classes=POSITIVE_COUNT)
@shapes(labels="n", partners="n", shares="n")
def mixup(x, labels, partners, shares, n_classes):
    """Mixed examples and their mixed labels, as probabilities.

    Parameters
    ----------
    x : ndarray of shape (n, ...)
        Vectors, images, anything with an example along the first axis; floats
        or whole numbers.
    labels : ndarray of int, shape (n,)
        The class of each example, 0 to n_classes - 1.
    partners : ndarray of int, shape (n,)
        The place of the example that each one is mixed with.
    shares : ndarray of shape (n,)
        What each example keeps of itself, in [0, 1].
    n_classes : int, at least 1

    Returns
    -------
    mixed, targets : ndarray of the shape of x, ndarray of shape (n, n_classes)

    Source: Zhang et al. (2018), equation 2.
    """

    def mix(values):
        kept = np.reshape(shares, (-1,) + (1,) * (values.ndim - 1))
        return kept * values + (1 - kept) * values[partners]

    return mix(x), mix(np.eye(n_classes)[labels])


def _rows(logits, labels):
    """The shape of logits to which the labels fit."""
    if np.ndim(logits) != 2 or 0 in np.shape(logits):
        raise ValueError(
            f"logits: expected shape (n, k) and a row at least, got {np.shape(logits)}"
        )
    n, k = np.shape(logits)
    if np.shape(labels) != (n,) or np.min(labels) < 0 or np.max(labels) >= k:
        raise ValueError(
            f"labels: expected {n} classes from 0 to {k - 1}, got shape {np.shape(labels)}"
        )
    return n, k
