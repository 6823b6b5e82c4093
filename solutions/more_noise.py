"""More noise: the references of that chapter.

Pure functions: nothing is changed in place, and chance comes from the generator `rng`. A
hyperparameter outside its range raises `ValueError` with its name (`@validate`), and so do data
whose shapes cannot be meant.
"""

import numpy as np

from gradus.validation import FRACTION, POSITIVE_COUNT, PROBABILITY, validate
from solutions.noise import _images


@validate(p=FRACTION)
def dropconnect_forward(x, weights, p, rng):
    """DropConnect in training: a linear layer that drops single weights.

    Its expectation is x @ weights.

    Parameters
    ----------
    x : ndarray of shape (n, d)
    weights : ndarray of shape (d, k)
    p : float in [0, 1)
        The probability of being dropped, of each weight by itself.
    rng : numpy.random.Generator

    Returns
    -------
    out, mask : ndarrays of shape (n, k) and (d, k)
        mask holds the factor by which each weight was multiplied, the scale
        included: one mask for the whole mini-batch.

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

    The scale is at test time, not in training.

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
        Used in training alone, one toss for each example; None at test time.

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
    edges = np.floor(n * (np.arange(out + 1) + u) / out).astype(int)
    edges = edges - edges[0]
    edges[-1] = n  # as it is, but for rounding
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


def pca_color_augment(images, alphas):
    """Shift the colour of each image along the principal components of colour.

    The components are those of the colours of all pixels of all images. All
    pixels of an image are shifted alike.

    Parameters
    ----------
    images : ndarray of shape (n, 3, h, w)
    alphas : ndarray of shape (n, 3)
        For each image one factor for each component, the one of the largest
        variance first. In training they are drawn anew each time, from a
        normal distribution of mean 0 and standard deviation 0.1.

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
