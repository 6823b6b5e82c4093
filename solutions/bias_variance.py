"""The bias-variance decomposition: the references of that chapter.

Predictions of many models are one array of shape (K, m): row k holds the predictions of the model
that was fitted to data set k, at m inputs. An argument of the wrong shape, or out of its range,
raises `ValueError` with its name.
"""

import numpy as np

from gradus.validation import (
    NONNEGATIVE,
    POSITIVE,
    shapes,
    validate,
)


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
        `variance` with the divisor K, so that the parts add up exactly; `noise`
        is the variance of the noise; `total` is the expected squared error of a
        prediction for a new target.

    Source: Geman, Bienenstock and Doursat (1992).
    """
    bias2 = ((predictions.mean(axis=0) - truth) ** 2).mean()
    spread = predictions.var(axis=0).mean()
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@shapes(predictions="K m", truth="m")
def unbiased_bias_squared(predictions, truth):
    """An estimate of the squared bias that is right on average for every K.

    Parameters
    ----------
    predictions : ndarray of shape (K, m), K at least 2
        Row k: the predictions of the model fitted to data set k.
    truth : ndarray of shape (m,)
        The true function, without noise.

    Returns
    -------
    bias2 : ndarray of shape (m,)
        Its mean over all draws of K models is the squared bias, so that it must
        be able to err on both sides, and may be negative. The order of the
        models does not matter.

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


@validate(freedom=POSITIVE)
@shapes(features="n p")
def penalty_for(features, freedom):
    """The penalty with which ridge regression has so many degrees of freedom.

    The coefficient of the first column, the constant, is not penalised.

    Parameters
    ----------
    features : ndarray of shape (n, p)
        Row i: the features of training input i. The first column is all ones;
        the columns are linearly independent.
    freedom : float, above 1 and at most p
        The effective degrees of freedom.

    Returns
    -------
    penalty : float, at least 0
        Right to six digits.

    Source: Hastie, Tibshirani and Friedman (2009), section 7.6.
    """
    p = features.shape[1]
    if not 1 < freedom <= p:
        raise ValueError(
            f"freedom: expected a number above 1 and at most {p}, got {freedom}"
        )
    rest = features[:, 1:] - features[:, 1:].mean(axis=0)
    squares = np.linalg.svd(rest, compute_uv=False)[: p - 1] ** 2
    if freedom == p:
        return 0.0
    low, high = 0.0, squares.sum() / (freedom - 1)
    for _ in range(200):
        middle = (low + high) / 2
        more = 1 + np.sum(squares / (squares + middle)) > freedom
        low, high = (middle, high) if more else (low, middle)
    return (low + high) / 2


@shapes(smoother="n n", y="n")
def leave_one_out(smoother, y):
    """The error on each target of the fit to all others, from the fit to all.

    Parameters
    ----------
    smoother : ndarray of shape (n, n)
        Least squares or ridge regression with a fixed penalty, with or without
        a constant: turns the n targets into predictions at the training inputs.
        No entry of its diagonal is 1.
    y : ndarray of shape (n,)
        The targets.

    Returns
    -------
    errors : ndarray of shape (n,)
        Target less prediction, where the prediction is that of the method
        fitted without this target and its input.

    Source: Hastie, Tibshirani and Friedman (2009), section 7.10.1.
    """
    return (y - smoother @ y) / (1 - np.diag(smoother))


@shapes(outputs="D S m")
def variance_parts(outputs):
    """How much of the variance comes from the data, how much from the start.

    Parameters
    ----------
    outputs : ndarray of shape (D, S, m), D and S at least 2
        outputs[d, s]: the predictions at m points of the model that was
        trained on data set d from the random start s; no two models share
        their start.

    Returns
    -------
    by_data, by_start : tuple of two floats
        Means over the points. `by_start` is the variance over starts with the
        data held fixed, in the mean over data; `by_data` is the variance over
        data of what training gives in the mean over all starts. Both are right
        on average for any D and S, so that `by_data` may be negative, and the
        same for any order of the starts of one data set.

    Source: Neal et al. (2018).
    """
    if min(outputs.shape[:2]) < 2:
        raise ValueError(
            f"outputs: expected two data sets and two starts at least, got shape {outputs.shape}"
        )
    by_start = outputs.var(axis=1, ddof=1).mean()
    spread = outputs.mean(axis=1).var(axis=0, ddof=1).mean()
    return spread - by_start / outputs.shape[1], by_start
