"""Layer, RMS and group normalization, recalibration, equilibrium: the references of that chapter.

Of vectors and sequences the last axis is that of the features, whatever stands in front of it; of
images, the second. Variances are biased, divided by the number of their values. What does not fit
together raises `ValueError` that names the argument.
"""

import numpy as np

from gradus.validation import POSITIVE, POSITIVE_COUNT, shapes, validate


@validate(eps=POSITIVE)
def layernorm_forward(x, gamma, beta, eps=1e-5):
    """Normalize each position by itself, over its features.

    Parameters
    ----------
    x : ndarray of shape (..., d)
        d features, of one position or of many: (d,) for a vector, (n, d) for n
        examples, (n, t, d) for n sequences of t positions; floats or whole
        numbers.
    gamma, beta : ndarray of shape (d,)
        The scale and the shift of each feature; both are learned.
    eps : float, above 0
        Added to the variance, inside the root.

    Returns
    -------
    y, x_hat : ndarrays of the shape of x
    std : ndarray of shape (..., 1)
        What the deviations of each position were divided by.

    Source: Ba, Kiros and Hinton (2016), section 3.
    """
    x, gamma, beta = _features(x, gamma=gamma, beta=beta)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
    return gamma * x_hat + beta, x_hat, std


def layernorm_backward(dy, x_hat, gamma, std):
    """The gradients of layer normalization by its inputs, scales and shifts.

    Parameters
    ----------
    dy : ndarray of shape (..., d)
        The gradient of the loss by what came out.
    x_hat : ndarray of the shape of dy
        The normalized inputs, as layernorm_forward returns them.
    gamma : ndarray of shape (d,)
        The scale of each feature.
    std : ndarray of shape (..., 1)
        As layernorm_forward returns it; all above 0.

    Returns
    -------
    dx : ndarray of the shape of dy
    dgamma, dbeta : ndarrays of shape (d,)
    """
    x_hat, gamma = _features(x_hat, "x_hat", gamma=gamma)
    dy, std = np.asarray(dy, dtype=float), np.asarray(std, dtype=float)
    if dy.shape != x_hat.shape:
        raise ValueError(
            f"dy: expected the shape of x_hat, {x_hat.shape}, got {dy.shape}"
        )
    if std.shape != (*x_hat.shape[:-1], 1) or not np.all(std > 0):
        raise ValueError(
            f"std: expected positive numbers of shape {(*x_hat.shape[:-1], 1)}, got {std!r}"
        )
    leading = tuple(range(dy.ndim - 1))
    grad = dy * gamma
    along = np.mean(grad * x_hat, axis=-1, keepdims=True)
    dx = (grad - grad.mean(axis=-1, keepdims=True) - x_hat * along) / std
    return dx, np.sum(dy * x_hat, axis=leading), np.sum(dy, axis=leading)


@validate(eps=POSITIVE)
def rmsnorm_backward(dy, x, gamma, eps=1e-5):
    """The gradients of RMS normalization by its inputs and scales.

    Forward, each position is divided by the root of the mean of its squares
    (plus eps, inside the root), and multiplied by gamma.

    Parameters
    ----------
    dy : ndarray of shape (..., d)
        The gradient of the loss by what came out.
    x : ndarray of the shape of dy
        What went in.
    gamma : ndarray of shape (d,)
        The scale of each feature.
    eps : float, above 0
        As on the way forward.

    Returns
    -------
    dx : ndarray of the shape of dy
    dgamma : ndarray of shape (d,)
    """
    x, gamma = _features(x, gamma=gamma)
    dy = np.asarray(dy, dtype=float)
    if dy.shape != x.shape:
        raise ValueError(
            f"dy: expected the shape of x, {x.shape}, got {dy.shape}"
        )
    rms = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    x_hat, grad = x / rms, dy * gamma
    dx = (grad - x_hat * np.mean(grad * x_hat, axis=-1, keepdims=True)) / rms
    return dx, np.sum(dy * x_hat, axis=tuple(range(dy.ndim - 1)))


@shapes(x="n c h w", gamma="c", beta="c")
@validate(groups=POSITIVE_COUNT, eps=POSITIVE)
def groupnorm_forward(x, gamma, beta, groups, eps=1e-5):
    """Normalize groups of feature maps, of each image by itself.

    Parameters
    ----------
    x : ndarray of shape (n, c, h, w)
        n images of c feature maps; floats or whole numbers.
    gamma, beta : ndarray of shape (c,)
        The scale and the shift of each feature map.
    groups : int
        Into how many groups the c maps are cut; it divides c. Maps that stand
        side by side make a group, as in PyTorch.
    eps : float, above 0
        Added to the variance, inside the root.

    Returns
    -------
    y : ndarray of shape (n, c, h, w)
    mean, var : ndarrays of shape (n, groups)
        Of each group of each image; var is biased.

    Source: Wu and He (2018), section 3.
    """
    x = np.asarray(x, dtype=float)
    gamma, beta = np.asarray(gamma, dtype=float), np.asarray(beta, dtype=float)
    n, c = x.shape[:2]
    if c % groups:
        raise ValueError(f"groups: expected a divisor of {c}, got {groups}")
    rows = x.reshape(n, groups, -1)
    mean, var = rows.mean(axis=2), rows.var(axis=2)
    x_hat = (rows - mean[:, :, None]) / np.sqrt(var + eps)[:, :, None]
    x_hat = x_hat.reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], mean, var


@shapes(x="n t d", mask="n t")
@validate(eps=POSITIVE)
def masked_norm(x, mask, eps=1e-5):
    """Normalize each feature of each sequence over the sequence's real steps.

    Sequences of different lengths are padded to one length. What stands in the
    padding must have no effect on anything that is returned.

    Parameters
    ----------
    x : ndarray of shape (n, t, d)
        n sequences of t steps with d features; all numbers are finite, in the
        padding, too.
    mask : ndarray of bool of shape (n, t)
        True where a step is real, False where it is padding; each sequence has
        at least one real step.
    eps : float, above 0
        Added to the variance, inside the root.

    Returns
    -------
    x_hat : ndarray of shape (n, t, d)
        Over the real steps each feature of each sequence has mean 0, and a
        biased variance of 1 but for eps; 0 in the padding.
    """
    real = np.asarray(mask, dtype=bool)[:, :, None]
    count = real.sum(axis=1, keepdims=True)
    if np.any(count == 0):
        raise ValueError("mask: expected a real step in each sequence")
    mean = np.sum(x, axis=1, keepdims=True, where=real) / count
    centred = np.where(real, x - mean, 0.0)
    var = np.sum(centred**2, axis=1, keepdims=True) / count
    return centred / np.sqrt(var + eps)


@shapes(counts="k", means="k d", variances="k d")
def recalibrate(counts, means, variances):
    """Mean and variance of all examples, from those of batches.

    Parameters
    ----------
    counts : ndarray of int of shape (k,)
        How many examples each batch has: at least 1, and 2 in all.
    means, variances : ndarrays of shape (k, d)
        Of each unit in each batch; the variances are biased.

    Returns
    -------
    mean, var : ndarrays of shape (d,)
        What one batch of all the examples would have, the variance biased.
    """
    counts = np.asarray(counts)
    if np.any(counts < 1) or counts.sum() < 2:
        raise ValueError("counts: expected numbers of at least 1, and 2 in all")
    share = (counts / counts.sum())[:, None]
    mean = np.sum(share * means, axis=0)
    var = np.sum(share * (variances + (means - mean) ** 2), axis=0)
    return mean, var


@validate(lr=POSITIVE, decay=POSITIVE, gradient=POSITIVE)
def equilibrium(lr, decay, gradient):
    """Where weights before a normalization come to rest, and how they turn.

    Each step of descent is made with the gradient and decay times the
    weights, both times lr. The loss does not depend on the weights' length.

    Parameters
    ----------
    lr, decay : float, above 0
        Their product is below 1.
    gradient : float, above 0
        The length that the gradient has at weights of length 1, the same in all
        directions.

    Returns
    -------
    length : float
        The length of the weights that a step does not change.
    angle : float
        By how much a step turns weights of this length, in radians.
    """
    if not lr * decay < 1:
        raise ValueError(
            f"decay: expected lr * decay below 1, got {lr * decay}"
        )
    kept = 1 - lr * decay
    turned = np.sqrt(lr * decay * (1 + kept))
    return np.sqrt(lr * gradient / turned), np.arctan2(turned, kept)


def _features(x, name="x", **vectors):
    """An array whose last axis is that of the features, and vectors with one entry for each."""
    array = np.asarray(x, dtype=float)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"{name}: expected an array that is not empty, got shape {array.shape}"
        )
    arrays = [np.asarray(values, dtype=float) for values in vectors.values()]
    for which, values in zip(vectors, arrays, strict=True):
        if values.shape != array.shape[-1:]:
            raise ValueError(
                f"{which}: expected shape {array.shape[-1:]}, got {values.shape}"
            )
    return array, *arrays
