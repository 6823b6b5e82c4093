"""Penalties: the references of that chapter.

Pure functions: nothing is changed in place, and chance comes from the generator `rng`. A
hyperparameter outside its range raises `ValueError` with its name (`@validate`), and so do data
whose shapes cannot be meant.
"""

import numpy as np

from gradus.validation import (
    COUNT,
    NONNEGATIVE,
    POSITIVE,
    shapes,
    validate,
)


@validate(lam=NONNEGATIVE)
def l2_penalty(theta, lam, is_weight):
    """The L2 penalty of the weights, and its gradient.

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
    """Least squares with an L2 penalty on the weights: the minimum.

    What is minimised is a sum over the rows, no mean, and without halves.

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


@validate(c=POSITIVE)
@shapes(weights="d k")
def max_norm(weights, c):
    """Weights of a layer within the budget of max-norm.

    Parameters
    ----------
    weights : ndarray of shape (d, k)
        Those of the edge from input i to unit j in row i and column j; floats
        or whole numbers.
    c : float, above 0
        The budget of each unit.

    Returns
    -------
    weights : ndarray of shape (d, k)
        New: the nearest within the budget of every unit.

    Source: Srivastava et al. (2014), section 5.1.
    """
    return weights * (c / np.maximum(np.linalg.norm(weights, axis=0), c))


@validate(threshold=NONNEGATIVE)
def soft_threshold(z, threshold):
    """The proximal step of the L1 norm, entry by entry.

    Parameters
    ----------
    z : ndarray, any shape
        Floats or whole numbers.
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
    """The proximal step of the elastic net, entry by entry.

    The square has a half in both, the distance and the penalty.

    Parameters
    ----------
    z : ndarray, any shape
        The parameters after a gradient step on the data term; floats or
        whole numbers.
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


@validate(patience=COUNT, min_delta=NONNEGATIVE)
def early_stopping(losses, patience, min_delta=0.0):
    """When training stops, and from which epoch the weights are restored.

    What happens at the end of an epoch depends on the losses up to it alone.

    Parameters
    ----------
    losses : sequence of n floats
        Validation losses, one for each epoch, as if training never stopped.
    patience : int, at least 0
        0 acts as 1 does.
    min_delta : float, at least 0
        A loss that is lower by no more than this is no improvement; nor is
        one that is not a number. The first is a number.

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
