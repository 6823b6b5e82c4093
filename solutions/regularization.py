"""Regularization: the references of that chapter.

Pure functions: nothing is changed in place, and chance comes from the generator `rng`. A
hyperparameter outside its range raises `ValueError` with its name (`@validate`), and so do data
whose shapes cannot be meant.
"""

import numpy as np

from gradus.validation import (
    COUNT,
    FRACTION,
    NONNEGATIVE,
    POSITIVE_COUNT,
    PROBABILITY,
    validate,
)


@validate(lam=NONNEGATIVE)
def l2_penalty(theta, lam, is_weight):
    """The L2 penalty of the weights, and its gradient.

    penalty = lam / 2 * (sum of the squares of the weights)

    Parameters
    ----------
    theta : ndarray of shape (p,)
        All parameters, weights and biases.
    lam : float, at least 0
        The strength of the penalty.
    is_weight : ndarray of bool, shape (p,)
        True where theta holds a weight, False where it holds a bias.

    Returns
    -------
    penalty, grad : float, ndarray of shape (p,)
        Biases are not penalised: they add nothing, and grad is 0 there.

    Source: Goodfellow, Bengio and Courville (2016), section 7.1.1.
    """
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), lam * weights


@validate(lam=NONNEGATIVE)
def ridge(x, y, lam):
    """Least squares with an L2 penalty on the weights, in closed form.

    Minimises
        sum_i (y_i - x_i @ weights - intercept)**2 + lam * sum(weights**2)

    Parameters
    ----------
    x : ndarray of shape (n, d)
    y : ndarray of shape (n,)
    lam : float, at least 0
        The strength; 0 is allowed where the d columns of x, each minus its
        mean, are independent.

    Returns
    -------
    weights, intercept : ndarray of shape (d,), float
        The intercept is not penalised.

    Source: Hoerl and Kennard (1970); the convention of scikit-learn's Ridge.
    """
    _rows(x, y)
    x_mean, y_mean = x.mean(axis=0), y.mean()
    xc, yc = x - x_mean, y - y_mean
    weights = np.linalg.solve(xc.T @ xc + lam * np.eye(x.shape[1]), xc.T @ yc)
    return weights, y_mean - x_mean @ weights


def _rows(x, y):
    """Refuse data of which ridge regression could make nothing, or something else than is meant."""
    if np.ndim(x) != 2 or 0 in np.shape(x):
        raise ValueError(
            f"x: expected shape (n, d) and a row at least, got {np.shape(x)}"
        )
    if np.shape(y) != (len(x),):
        raise ValueError(f"y: expected shape ({len(x)},), got {np.shape(y)}")


@validate(lam=NONNEGATIVE)
def l1_penalty(theta, lam, is_weight):
    """The L1 penalty of the weights, and a subgradient of it.

    penalty = lam * (sum of the absolute values of the weights)

    Parameters
    ----------
    theta : ndarray of shape (p,)
        All parameters, weights and biases.
    lam : float, at least 0
        The strength of the penalty.
    is_weight : ndarray of bool, shape (p,)
        True where theta holds a weight, False where it holds a bias.

    Returns
    -------
    penalty, subgradient : float, ndarray of shape (p,)
        The subgradient is 0 at weights that are 0, and for biases.

    Source: Goodfellow, Bengio and Courville (2016), section 7.1.2.
    """
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * np.sign(weights)


@validate(threshold=NONNEGATIVE)
def soft_threshold(z, threshold):
    """The proximal step of the L1 norm: towards zero, and no further.

    The minimiser w of  (w - z)**2 / 2 + threshold * |w|,  entry by entry.

    Parameters
    ----------
    z : ndarray, any shape
    threshold : float, at least 0
        Where the step follows a gradient step, this is lr * lam.

    Returns
    -------
    w : ndarray, shape of z

    Source: Donoho and Johnstone (1994); Parikh and Boyd (2014), section 6.5.
    """
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


@validate(lr=NONNEGATIVE, l1=NONNEGATIVE, l2=NONNEGATIVE)
def elastic_net_prox(z, lr, l1, l2):
    """The proximal step of the elastic net.

    The minimiser w of  (w - z)**2 / 2 + lr * (l1 * |w| + l2 / 2 * w**2),
    entry by entry.

    Parameters
    ----------
    z : ndarray, any shape
        The parameters after a gradient step on the data term.
    lr : float, at least 0
        The learning rate.
    l1, l2 : float, at least 0
        The strengths of the two penalties.

    Returns
    -------
    w : ndarray, shape of z

    Source: Zou and Hastie (2005); Parikh and Boyd (2014), section 6.5.
    """
    return np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) / (1 + lr * l2)


@validate(
    t=POSITIVE_COUNT,
    lr=NONNEGATIVE,
    weight_decay=NONNEGATIVE,
    beta1=FRACTION,
    beta2=FRACTION,
    eps=NONNEGATIVE,
)
def decoupled_weight_decay_step(
    theta,
    grad,
    m,
    v,
    t,
    lr=0.001,
    weight_decay=0.01,
    beta1=0.9,
    beta2=0.999,
    eps=1e-8,
):
    """One step of AdamW: Adam, and a weight decay that bypasses it.

    m     <- beta1 * m + (1 - beta1) * grad
    v     <- beta2 * v + (1 - beta2) * grad**2
    m_hat  = m / (1 - beta1**t)
    v_hat  = v / (1 - beta2**t)
    theta <- theta - lr * m_hat / (sqrt(v_hat) + eps)
                   - lr * weight_decay * theta

    The theta on the right-hand side is the old one.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the data term there.
    m, v : ndarray, shape of theta
        The averages of the gradients and of their squares, not corrected;
        zeros before the first step.
    t : int, at least 1
        The number of this step: the first is 1.
    lr : float, at least 0
        The learning rate.
    weight_decay : float, at least 0
        In one step theta loses the share lr * weight_decay.
    beta1, beta2 : float in [0, 1)
        How much of the old averages is kept.
    eps : float, at least 0
        Added to the root, outside it.

    Returns
    -------
    theta, m, v : tuple of three ndarrays
        m and v not corrected.

    Source: Loshchilov and Hutter (2019), in the convention of PyTorch's AdamW.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    step = lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta - step - lr * weight_decay * theta, m, v


@validate(patience=COUNT, min_delta=NONNEGATIVE)
def early_stopping(losses, patience, min_delta=0.0):
    """When training stops, and from which epoch the weights are restored.

    The best epoch is at first epoch 0. A later epoch is an improvement if its
    loss is below that of the best epoch by more than min_delta; then it is the
    best epoch from there on. Training stops at the end of an epoch that is no
    improvement and that lies at least `patience` epochs after the best one.

    Parameters
    ----------
    losses : sequence of n floats
        Validation losses, one for each epoch, as if training never stopped.
    patience : int, at least 0
    min_delta : float, at least 0

    Returns
    -------
    stopped, best : tuple of two ints
        The epoch at whose end training stops (the last one, n - 1, if it
        never does), and the best epoch then. The first epoch is 0.

    Source: the rule of Keras's EarlyStopping; Prechelt (1998).
    """
    if len(losses) == 0:
        raise ValueError("losses: expected one at least, got none")
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        elif epoch - best >= patience:
            return epoch, best
    return len(losses) - 1, best


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
    crops = np.empty((n, c, size, size), dtype=images.dtype)
    for i in range(n):
        crops[i] = images[
            i, :, rows[i] : rows[i] + size, columns[i] : columns[i] + size
        ]
    return crops


def pca_color_augment(images, alphas):
    """Shift the colour of each image along the principal components of colour.

    The colours (r, g, b) of all pixels of all images have a covariance matrix
    with eigenvalues lambda_1 >= lambda_2 >= lambda_3 and eigenvectors p_1,
    p_2, p_3 of length 1. To every pixel of image i is added

        alphas[i, 0] * lambda_1 * p_1
        + alphas[i, 1] * lambda_2 * p_2
        + alphas[i, 2] * lambda_3 * p_3

    Parameters
    ----------
    images : ndarray of shape (n, 3, h, w)
    alphas : ndarray of shape (n, 3)
        In training they are drawn anew each time, from a normal distribution
        of mean 0 and standard deviation 0.1.

    Returns
    -------
    images : ndarray of shape (n, 3, h, w)
        New, and not clipped. The sign of an eigenvector is free; the
        covariance may be divided by the number of pixels or by one less.

    Source: Krizhevsky, Sutskever and Hinton (2012), section 4.1.
    """
    _images(images)
    if images.shape[1] != 3:
        raise ValueError(f"images: expected 3 channels, got {images.shape[1]}")
    if np.shape(alphas) != (len(images), 3):
        raise ValueError(
            f"alphas: expected shape ({len(images)}, 3), got {np.shape(alphas)}"
        )
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    values, vectors = np.linalg.eigh(np.cov(pixels.T))
    values, vectors = values[::-1], vectors[:, ::-1]  # the largest first
    shifts = (alphas * values) @ vectors.T
    return images + shifts[:, :, None, None]


@validate(p=FRACTION)
def dropout_forward(x, p, rng):
    """Inverted dropout in training.

    Each entry of x is dropped with probability p, independently of all others,
    and the kept ones are divided by 1 - p, so that the expectation stays x.

    Parameters
    ----------
    x : ndarray, any shape
        The outputs of a layer, for a mini-batch.
    p : float in [0, 1)
        The probability of being DROPPED.
    rng : numpy.random.Generator

    Returns
    -------
    out, mask : tuple of two ndarrays, shape of x
        mask is 0 where an entry is dropped and 1 / (1 - p) where it is kept;
        out is x * mask.

    Source: Srivastava et al. (2014), scaled as frameworks do it.
    """
    mask = (rng.random(np.shape(x)) >= p) / (1 - p)
    return x * mask, mask


def dropout_backward(grad_out, mask):
    """The gradient of the loss with respect to the input of dropout.

    Parameters
    ----------
    grad_out : ndarray, any shape
        The gradient with respect to the output of dropout_forward.
    mask : ndarray, shape of grad_out
        As dropout_forward returned it.

    Returns
    -------
    grad_x : ndarray, shape of grad_out
    """
    if np.shape(grad_out) != np.shape(mask):
        raise ValueError(
            f"mask: expected shape {np.shape(grad_out)}, got {np.shape(mask)}"
        )
    return grad_out * mask


@validate(p=FRACTION)
def dropconnect_forward(x, weights, p, rng):
    """DropConnect in training: a linear layer that drops single weights.

    Each weight is dropped with probability p, independently of all others,
    and the kept ones are divided by 1 - p.

    Parameters
    ----------
    x : ndarray of shape (n, d)
    weights : ndarray of shape (d, k)
    p : float in [0, 1)
        The probability of being dropped.
    rng : numpy.random.Generator

    Returns
    -------
    out, mask : ndarrays of shape (n, k) and (d, k)
        mask is 0 where a weight is dropped and 1 / (1 - p) where it is kept,
        one mask for the whole mini-batch; out is x @ (weights * mask).

    Source: Wan et al. (2013), who draw a mask for each example, scale nothing,
    and at test time draw from a normal distribution of the same moments.
    """
    if (
        np.ndim(x) != 2
        or np.ndim(weights) != 2
        or np.shape(x)[1] != len(weights)
    ):
        raise ValueError(
            f"x, weights: expected shapes (n, d) and (d, k), got {np.shape(x)} and {np.shape(weights)}"
        )
    mask = (rng.random(weights.shape) >= p) / (1 - p)
    return x @ (weights * mask), mask


@validate(survival=PROBABILITY)
def stochastic_depth_forward(x, residual, survival, training, rng):
    """A residual block x + residual whose residual branch survives by chance.

    In training each example keeps the branch with probability `survival`, and
    is x alone otherwise; nothing is scaled. At test time the branch is always
    there, multiplied by its probability.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        The input of the block, which the shortcut passes on.
    residual : ndarray of shape (n, d)
        The output of the residual branch for x.
    survival : float in [0, 1]
        The probability that the branch is KEPT.
    training : bool
        True in training, False at test time.
    rng : numpy.random.Generator
        Used in training alone: one toss for each example.

    Returns
    -------
    out : ndarray of shape (n, d)

    Source: Huang et al. (2016), equations 2 and 5, who toss once for each
    mini-batch.
    """
    if np.ndim(x) != 2 or np.shape(residual) != np.shape(x):
        raise ValueError(
            f"residual: expected the shape of x, (n, d), got {np.shape(residual)} and {np.shape(x)}"
        )
    if not training:
        return x + survival * residual
    kept = rng.random((len(x), 1)) < survival
    return x + kept * residual


@validate(n=POSITIVE_COUNT, out=POSITIVE_COUNT, u=FRACTION)
def fractional_pooling_regions(n, out, u):
    """Cut n pixels of an axis into `out` regions, as the number u says.

    With alpha = n / out, region i runs from edge i up to, but not including,
    edge i + 1, where

        edge i = floor(alpha * (i + u)) - floor(alpha * u),   i = 0, ..., out

    Parameters
    ----------
    n : int
        The number of pixels.
    out : int, at least 1, at most n
        The number of regions.
    u : float in [0, 1)
        In training drawn anew each time, for each axis.

    Returns
    -------
    regions : ndarray of int, shape (out, 2)
        In each row the first pixel of a region and the first one after it.
        The regions are disjoint and cover all n pixels.

    Source: Graham (2014), section 2, pseudorandom disjoint regions.
    """
    if out > n:
        raise ValueError(f"out: expected at most n = {n}, got {out}")
    edges = np.floor(n / out * (np.arange(out + 1) + u)).astype(int)
    edges = edges - edges[0]
    edges[-1] = n  # as it is, but for the rounding of n / out
    return np.column_stack([edges[:-1], edges[1:]])


def max_pool_regions(images, rows, columns):
    """The largest value in each region of each channel of each image.

    Parameters
    ----------
    images : ndarray of shape (n, c, h, w)
    rows : ndarray of int, shape (a, 2)
        Region i of the rows runs from rows[i, 0] up to, but not including,
        rows[i, 1]. Regions may overlap.
    columns : ndarray of int, shape (b, 2)
        Likewise.

    Returns
    -------
    pooled : ndarray of shape (n, c, a, b)
        Entry [:, :, i, j] is the largest value in row region i and column
        region j.
    """
    _images(images)
    for name, regions, length in (
        ("rows", rows, images.shape[2]),
        ("columns", columns, images.shape[3]),
    ):
        starts, ends = np.asarray(regions).reshape(-1, 2).T
        if not (
            len(starts)
            and np.all((0 <= starts) & (starts < ends) & (ends <= length))
        ):
            raise ValueError(
                f"{name}: expected regions (start, end) with 0 <= start < end <= {length}, got {regions}"
            )
    pooled = np.empty(
        (*images.shape[:2], len(rows), len(columns)), dtype=images.dtype
    )
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            region = images[:, :, top:bottom, left:right]
            pooled[:, :, i, j] = region.max(axis=(2, 3))
    return pooled
