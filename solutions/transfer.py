"""Transfer learning: the references of that chapter.

A network is a vector theta with the widths of its layers, as in `gradus.nn.MLP`: for each layer the
weights of shape (n, k), row by row, then the k biases. Nothing is changed in place.
"""

from itertools import pairwise

import numpy as np

from gradus.validation import (
    COUNT,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROBABILITY,
    validate,
)


@validate(keep=POSITIVE_COUNT, n_classes=POSITIVE_COUNT)
def replace_head(theta, widths, keep, n_classes, rng):
    """Keep the first layers of a trained network and put a new head on them.

    The head is one layer from the last kept layer to the new classes. Its
    weights are drawn from a normal distribution of mean 0, with the variance
    by which a score has the mean square of a feature; its biases are zero.

    Parameters
    ----------
    theta : ndarray of shape (size,)
        The trained network: for each layer, the weights of shape (n, k),
        row by row, then the k biases.
    widths : tuple of int
        Its widths, of the input first: (64, 100, 10) has two layers.
    keep : int, at least 1
        How many layers are kept, counted from the input; fewer than all.
    n_classes : int, at least 1
        Outputs of the new head.
    rng : numpy.random.Generator

    Returns
    -------
    theta : ndarray
        The new network, of widths (*widths[:keep + 1], n_classes).

    Source: Yosinski et al. (2014); the variance is that of LeCun et al. (1998).
    """
    sizes = _sizes(widths)
    if not keep < len(sizes):
        raise ValueError(
            f"keep: expected fewer than all {len(sizes)} layers, got {keep}"
        )
    if len(theta) != sum(sizes):
        raise ValueError(
            f"theta: expected shape ({sum(sizes)},), got {np.shape(theta)}"
        )
    n = widths[keep]
    weights = rng.normal(0.0, np.sqrt(1 / n), n * n_classes)
    return np.concatenate(
        [theta[: sum(sizes[:keep])], weights, np.zeros(n_classes)]
    )


def _sizes(widths):
    """The number of parameters of each layer."""
    if len(widths) < 2:
        raise ValueError(
            f"widths: expected at least two numbers, got {widths!r}"
        )
    return [n * k + k for n, k in pairwise(widths)]


@validate(frozen=COUNT)
def freeze_mask(widths, frozen):
    """Which parameters are trained: 0 in the frozen layers, 1 in the others.

    Parameters
    ----------
    widths : tuple of int
        Of the input first: (64, 100, 10) has two layers.
    frozen : int, at least 0
        How many layers are frozen, counted from the input.

    Returns
    -------
    mask : ndarray of shape (size,)
        For each layer its weights, row by row, then its biases.
    """
    sizes = _sizes(widths)
    if frozen > len(sizes):
        raise ValueError(
            f"frozen: expected at most {len(sizes)}, the layers there are, got {frozen}"
        )
    return np.repeat([0.0] * frozen + [1.0] * (len(sizes) - frozen), sizes)


@validate(mu=FRACTION)
def masked_step(theta, grad, velocity, mask, lr, mu=0.9):
    """One step of momentum that leaves the frozen parameters where they are.

    Parameters
    ----------
    theta, grad, velocity : ndarray of shape (size,)
        The parameters, the gradient there, the velocity before the step.
    mask : ndarray of shape (size,)
        1 where a parameter is trained, 0 where it is frozen.
    lr : float, or ndarray of shape (size,)
        The learning rate, of all or of each.
    mu : float in [0, 1)
        The momentum coefficient.

    Returns
    -------
    theta, velocity : ndarray of shape (size,)
        After the step; a frozen parameter is as before, its velocity is 0.
    """
    velocity = mask * (mu * velocity + grad)
    return theta - lr * velocity, velocity


@validate(lr=NONNEGATIVE, factor=POSITIVE)
def discriminative_learning_rates(widths, lr, factor):
    """Learning rates of all parameters, smaller towards the input.

    Parameters
    ----------
    widths : tuple of int
        Of the input first: (64, 100, 10) has two layers.
    lr : float, at least 0
        The learning rate of the last layer.
    factor : float, above 0
        That of the text; below 1 the rates rise towards the input.

    Returns
    -------
    lr : ndarray of shape (size,)
        For each layer its weights, row by row, then its biases.

    Source: Howard and Ruder (2018), with factor 2.6.
    """
    sizes = _sizes(widths)
    return np.repeat(lr / float(factor) ** np.arange(len(sizes))[::-1], sizes)


def low_rank_gradients(grad, a, b, scale):
    """The gradients by the two factors of a low-rank change of a matrix.

    A layer computes with the matrix w + scale * a @ b, of which only a and b
    are trained.

    Parameters
    ----------
    grad : ndarray of shape (n, k)
        The gradient of the loss by the matrix that the layer computes with.
    a, b : ndarray of shapes (n, r), (r, k)
    scale : float

    Returns
    -------
    grad_a, grad_b : ndarray of shapes (n, r), (r, k)

    Source: Hu et al. (2022), whose factors have changed places.
    """
    return scale * grad @ b.T, scale * a.T @ grad


@validate(
    n_new=POSITIVE_COUNT,
    n_kept=POSITIVE_COUNT,
    size=POSITIVE_COUNT,
    share=PROBABILITY,
)
def replay_rows(n_new, n_kept, size, share, rng):
    """The rows of a mini-batch, a fixed share of which is replayed.

    Examples are numbered: first all of the new task, from 0, then those that
    were kept of the old one.

    Parameters
    ----------
    n_new, n_kept : int, at least 1
        How many examples there are of the new task, and how many were kept.
    size : int, at least 1
        Of the mini-batch.
    share : float in [0, 1]
        The share of kept examples in every mini-batch, not only on average;
        size * share is a whole number, but for rounding.
    rng : numpy.random.Generator

    Returns
    -------
    rows : ndarray of int, shape (size,)
        In any order. Each row is drawn by itself, so that an example may come
        twice; among the kept examples each is as likely as any other, and
        among the new ones.

    Source: Robins (1995), who calls it rehearsal.
    """
    replayed = round(size * share)
    new = rng.integers(0, n_new, size - replayed)
    return np.append(new, n_new + rng.integers(0, n_kept, replayed))
