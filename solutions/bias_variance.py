"""The bias-variance decomposition: the references of that chapter.

Predictions of many models are one array of shape (K, m): row k holds the predictions of the model
that was fitted to data set k, at m inputs. An argument of the wrong shape, or out of its range,
raises `ValueError` with its name.
"""

import numpy as np

from gradus.validation import (
    COUNT,
    NONNEGATIVE,
    POSITIVE_COUNT,
    shapes,
    validate,
)


@validate(degree=COUNT)
@shapes(x="n", y="n", x_new="m")
def fit_polynomial(x, y, degree, x_new):
    """Fit a polynomial by least squares and predict at new inputs.

    The polynomial of that degree with the smallest sum of (y - h(x))**2,
    evaluated at x_new. Scale the inputs first, in a way that is the same for
    x and x_new: powers of unscaled inputs can lose all digits.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        Inputs, in any order and of any size, and targets; at least degree + 1
        different inputs.
    degree : int, at least 0
        The highest power; degree 0 is a constant.
    x_new : ndarray of shape (m,)
        Where to predict.

    Returns
    -------
    predictions : ndarray of shape (m,)

    Source: Trefethen and Bau (1997), lecture 11.
    """
    different = np.unique(x).size
    if different <= degree:
        raise ValueError(
            f"x: expected more than {degree} different inputs, got {different}"
        )
    middle, half = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2 or 1.0
    features, features_new = (
        np.polynomial.legendre.legvander((inputs - middle) / half, degree)
        for inputs in (x, x_new)
    )
    return features_new @ np.linalg.lstsq(features, y, rcond=None)[0]


@validate(noise_sd=NONNEGATIVE, n_sets=POSITIVE_COUNT)
@shapes(truth="n")
def simulate_targets(truth, noise_sd, n_sets, rng):
    """Draw the targets of many data sets with the same inputs.

    y[k, i] = truth[i] + noise_sd * e[k, i], where all e are independent draws
    from the standard normal distribution.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        The true function at the inputs.
    noise_sd : float, at least 0
        The standard deviation of the noise.
    n_sets : int, at least 1
        The number K of data sets.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    targets : ndarray of shape (n_sets, n)
        One data set in each row.

    Source: the model y = f(x) + noise of the text.
    """
    return truth + noise_sd * rng.standard_normal((n_sets, len(truth)))


@shapes(predictions="K m")
def average_prediction(predictions):
    """The average model, point by point.

    Parameters
    ----------
    predictions : ndarray of shape (K, m)
        Row k: the predictions of the model fitted to data set k.

    Returns
    -------
    average : ndarray of shape (m,)

    Source: Geman, Bienenstock and Doursat (1992).
    """
    return predictions.mean(axis=0)


@shapes(predictions="K m", truth="m")
def bias_squared(predictions, truth):
    """The squared bias at each point: how far the average is from the truth.

    Parameters
    ----------
    predictions : ndarray of shape (K, m)
        Row k: the predictions of the model fitted to data set k.
    truth : ndarray of shape (m,)
        The true function, without noise.

    Returns
    -------
    bias2 : ndarray of shape (m,)

    Source: Geman, Bienenstock and Doursat (1992).
    """
    return (predictions.mean(axis=0) - truth) ** 2


@shapes(predictions="K m")
def variance(predictions):
    """The variance at each point: how far models are from the average model.

    The mean over the K models of the squared distance: divided by K, not K - 1.

    Parameters
    ----------
    predictions : ndarray of shape (K, m)
        Row k: the predictions of the model fitted to data set k.

    Returns
    -------
    variance : ndarray of shape (m,)

    Source: Geman, Bienenstock and Doursat (1992).
    """
    return predictions.var(axis=0)


@validate(noise_sd=NONNEGATIVE)
@shapes(predictions="K m", truth="m")
def decompose_mse(predictions, truth, noise_sd):
    """Squared bias, variance, noise and their sum, averaged over the points.

    Parameters
    ----------
    predictions : ndarray of shape (K, m)
        Row k: the predictions of the model fitted to data set k.
    truth : ndarray of shape (m,)
        The true function, without noise.
    noise_sd : float, at least 0
        The standard deviation of the noise in a new target.

    Returns
    -------
    bias2, variance, noise, total : tuple of four floats
        `variance` as in the exercise of that name, divided by K; `noise` is the
        variance of the noise; `total` is the expected squared error of a
        prediction for a new target.

    Source: Geman, Bienenstock and Doursat (1992).
    """
    bias2 = ((predictions.mean(axis=0) - truth) ** 2).mean()
    spread = predictions.var(axis=0).mean()
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@shapes(predictions="K m", truth="m")
def unbiased_bias_squared(predictions, truth):
    """An estimate of the squared bias that is right on average for every K.

    The squared distance of the average of K models from the truth is too large
    by the variance of that average, on average. Subtract an estimate of it: the
    variance with the divisor K - 1, divided by K.

    Parameters
    ----------
    predictions : ndarray of shape (K, m), K at least 2
        Row k: the predictions of the model fitted to data set k.
    truth : ndarray of shape (m,)
        The true function, without noise.

    Returns
    -------
    bias2 : ndarray of shape (m,)
        It may be negative: cut off, it would be too large on average again.

    Source: the text; the variance of a mean of K independent draws.
    """
    count = len(predictions)
    if count < 2:
        raise ValueError("predictions: expected at least two models, got one")
    plain = (predictions.mean(axis=0) - truth) ** 2
    return plain - predictions.var(axis=0, ddof=1) / count


@validate(penalty=NONNEGATIVE)
@shapes(features="n p", features_new="m p")
def smoother_matrix(features, features_new, penalty=0.0):
    """The matrix S that turns targets into predictions, by ridge regression.

    theta minimises
    sum((y - features @ theta)**2) + penalty * sum(theta[1:]**2);
    the predictions features_new @ theta are S @ y, with one S for every y.
    The coefficient of the first column, the constant, is not penalised.

    Parameters
    ----------
    features : ndarray of shape (n, p)
        Row i: the features of training input i. The first column is all ones;
        the columns are linearly independent.
    features_new : ndarray of shape (m, p)
        The features of the inputs where to predict.
    penalty : float, at least 0
        0 is plain least squares.

    Returns
    -------
    smoother : ndarray of shape (m, n)

    Source: Hastie, Tibshirani and Friedman (2009), section 5.4.1.
    """
    n, p = features.shape
    # Ridge is least squares with a row for each penalised weight, of target zero.
    rows = np.vstack([features, np.sqrt(penalty) * np.eye(p)[1:]])
    targets = np.eye(len(rows), n)
    solution, _, rank, _ = np.linalg.lstsq(rows, targets, rcond=None)
    if rank < p:
        raise ValueError(
            f"features: expected {p} linearly independent columns, got {rank}"
        )
    return features_new @ solution


@validate(noise_sd=NONNEGATIVE)
@shapes(smoother="m n", truth="n", truth_new="m")
def exact_decomposition(smoother, truth, truth_new, noise_sd):
    """The exact squared bias and variance of a linear smoother, point by point.

    The targets are truth + noise, the predictions smoother @ targets.

    Parameters
    ----------
    smoother : ndarray of shape (m, n)
        Turns the n targets into predictions at m points.
    truth : ndarray of shape (n,)
        The true function at the training inputs.
    truth_new : ndarray of shape (m,)
        The true function at the m points.
    noise_sd : float, at least 0
        The standard deviation of the noise, independent in each target.

    Returns
    -------
    bias2, variance : tuple of two ndarrays of shape (m,)

    Source: Hastie, Tibshirani and Friedman (2009), section 7.3.
    """
    bias2 = (smoother @ truth - truth_new) ** 2
    return bias2, noise_sd**2 * np.sum(smoother**2, axis=1)


@validate(noise_sd=NONNEGATIVE)
@shapes(smoother="n n", truth="n")
def expected_training_error(smoother, truth, noise_sd):
    """Expected mean squared error of a linear smoother on its training targets.

    Parameters
    ----------
    smoother : ndarray of shape (n, n)
        Turns the n targets into predictions at the training inputs.
    truth : ndarray of shape (n,)
        The true function there.
    noise_sd : float, at least 0
        The standard deviation of the noise, independent in each target.

    Returns
    -------
    error : float

    Source: Hastie, Tibshirani and Friedman (2009), section 7.4.
    """
    rest = np.eye(len(truth)) - smoother
    total = np.sum((rest @ truth) ** 2) + noise_sd**2 * np.sum(rest**2)
    return total / len(truth)


@validate(noise_sd=NONNEGATIVE)
@shapes(degrees="k", bias2="k", unit_variance="k")
def best_degree(degrees, bias2, unit_variance, noise_sd):
    """The degree with the smallest expected error on new targets.

    Parameters
    ----------
    degrees : ndarray of int, shape (k,)
        The degrees to choose from, rising.
    bias2 : ndarray of shape (k,)
        The mean squared bias of each: it does not depend on the noise.
    unit_variance : ndarray of shape (k,)
        The mean variance of each if the noise had the standard deviation 1.
    noise_sd : float, at least 0
        The standard deviation that the noise has.

    Returns
    -------
    degree : int
        Among equals, the smallest.

    Source: the text; the variance is proportional to that of the noise.
    """
    return int(degrees[np.argmin(bias2 + noise_sd**2 * unit_variance)])
