"""Tuning: the references of the chapter on what is not learned.

Rows are examples. A set of hyperparameters is a vector of positive numbers, one trial a row of shape (d,).
Nothing is changed in place; all chance comes from the generator that is given.
"""

from itertools import product

import numpy as np

from gradus.validation import (
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    validate,
)


@validate(n=POSITIVE_COUNT, validation=PROPER_FRACTION, test=PROPER_FRACTION)
def train_validation_test_split(n, validation, test, rng):
    """Share out the rows 0 to n - 1 at random: every row to one of three parts.

    Parameters
    ----------
    n : int, at least 1
        The number of rows.
    validation, test : float in (0, 1)
        The shares of these parts, each a fraction of all n rows. The parts
        have round(validation * n) and round(test * n) rows; all others are
        for training.
    rng : numpy.random.Generator

    Returns
    -------
    train, validation, test : tuple of three ndarrays of int
        The numbers of the rows of each part, in any order.

    Source: Hastie, Tibshirani and Friedman (2009), section 7.2.
    """
    if validation + test >= 1:
        raise ValueError(
            f"validation, test: expected a sum below 1, got {validation} and {test}"
        )
    rows = rng.permutation(n)
    n_validation, n_test = round(validation * n), round(test * n)
    if not n_validation or not n_test or n_validation + n_test >= n:
        raise ValueError(f"n: expected enough rows for three parts, got {n}")
    last = n_validation + n_test
    return rows[last:], rows[:n_validation], rows[n_validation:last]


def standardize(x_train, x_new):
    """Centre and scale the columns of two sets by the statistics of the first.

    z = (x - mean) / std, with the mean and the standard deviation (divisor n)
    of each column of x_train. A column that does not vary in x_train is
    centred only.

    Parameters
    ----------
    x_train : ndarray of shape (n, d)
        The training data, from which the statistics are taken.
    x_new : ndarray of shape (m, d)
        Other data: for validation, for test, or met later.

    Returns
    -------
    z_train, z_new : tuple of two ndarrays
        Of the shapes of x_train and x_new.

    Source: Hastie, Tibshirani and Friedman (2009), section 7.10.2.
    """
    shapes = np.shape(x_train), np.shape(x_new)
    if len(shapes[0]) != 2 or 0 in shapes[0]:
        raise ValueError(
            f"x_train: expected shape (n, d) and a row at least, got {shapes[0]}"
        )
    if len(shapes[1]) != 2 or shapes[1][1] != shapes[0][1]:
        raise ValueError(
            f"x_new: expected shape (m, {shapes[0][1]}), got {shapes[1]}"
        )
    mean, std = np.mean(x_train, axis=0), np.std(x_train, axis=0)
    # By rounding, the deviation of equal numbers such as 0.1 need not be exactly 0.
    std = np.where(np.ptp(x_train, axis=0) == 0, 1.0, std)
    return (x_train - mean) / std, (x_new - mean) / std


@validate(n=POSITIVE_COUNT, k=POSITIVE_COUNT)
def kfold_indices(n, k, rng):
    """Deal the rows 0 to n - 1 at random into k folds, each to validate once.

    The first n % k folds have n // k + 1 rows, the others n // k.

    Parameters
    ----------
    n : int, at least k
        The number of rows.
    k : int, at least 2
        The number of folds.
    rng : numpy.random.Generator

    Returns
    -------
    folds : list of k tuples (train, validation)
        Two ndarrays of int: validation holds the rows of this fold, train all
        others, each in any order.

    Source: Stone (1974).
    """
    if k < 2:
        raise ValueError(f"k: expected a whole number of at least 2, got {k}")
    if n < k:
        raise ValueError(
            f"n: expected at least one row for each of {k} folds, got {n}"
        )
    folds = np.array_split(rng.permutation(n), k)
    return [
        (np.concatenate(folds[:i] + folds[i + 1 :]), validation)
        for i, validation in enumerate(folds)
    ]


def one_standard_error(errors):
    """The simplest candidate that is not clearly worse than the best one.

    The best candidate has the lowest mean over the folds. Chosen is the first
    candidate whose mean is at most the best one's mean plus its standard error,
    std / sqrt(k), with the standard deviation of the best one's k errors
    (divisor k - 1).

    Parameters
    ----------
    errors : ndarray of shape (candidates, k)
        The validation error of each candidate on each of k >= 2 folds; the
        simplest candidate first, the most flexible one last.

    Returns
    -------
    index : int
        Of the candidate that is chosen.

    Source: Breiman et al. (1984); Hastie, Tibshirani and Friedman (2009),
    section 7.10.
    """
    shape = np.shape(errors)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 2:
        raise ValueError(
            f"errors: expected shape (candidates, k) with a candidate and two folds at least, got {shape}"
        )
    means = np.mean(errors, axis=1)
    best = np.argmin(means)
    limit = means[best] + np.std(errors[best], ddof=1) / np.sqrt(shape[1])
    return int(np.argmax(means <= limit))


@validate(n=POSITIVE_COUNT)
def grid_trials(low, high, n):
    """All combinations of n values for each hyperparameter, in equal factors.

    The values of hyperparameter j go from low[j] to high[j], both included;
    the quotient of neighbours is always the same.

    Parameters
    ----------
    low, high : ndarray of shape (d,)
        The ends of each range, positive.
    n : int, at least 2
        Values for each hyperparameter.

    Returns
    -------
    trials : ndarray of shape (n**d, d)
        One trial a row; the last hyperparameter changes fastest.
    """
    low, high = _ranges(low, high)
    if n < 2:
        raise ValueError(f"n: expected a whole number of at least 2, got {n}")
    return np.array(list(product(*np.geomspace(low, high, n).T)))


def _ranges(low, high):
    """Two vectors of ends, once they are known to be ranges of positive numbers."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if low.ndim != 1 or low.size == 0 or low.shape != high.shape:
        raise ValueError(
            f"low, high: expected two vectors of one length, got shapes {low.shape} and {high.shape}"
        )
    if not ((0 < low) & (low < high) & (high < np.inf)).all():
        raise ValueError(
            f"low, high: expected 0 < low < high < infinity, got {low} and {high}"
        )
    return low, high


@validate(low=POSITIVE, high=POSITIVE, size=POSITIVE_COUNT)
def log_uniform(low, high, size, rng):
    """Independent numbers whose logarithm is uniform between two ends.

    Every factor is equally likely: as many numbers fall between 0.001 and 0.01
    as between 0.01 and 0.1.

    Parameters
    ----------
    low, high : float, positive
        The ends of the range, low below high.
    size : int, at least 1
        How many numbers.
    rng : numpy.random.Generator

    Returns
    -------
    values : ndarray of shape (size,)

    Source: Bergstra and Bengio (2012).
    """
    if not low < high:
        raise ValueError(
            f"low: expected a number below high = {high}, got {low}"
        )
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


@validate(top=PROPER_FRACTION, confidence=PROPER_FRACTION)
def trials_needed(top, confidence):
    """The fewest random trials of which one is probably among the best.

    Parameters
    ----------
    top : float in (0, 1)
        The share of all that can be drawn which counts as best: 0.05 for the
        best 5 %.
    confidence : float in (0, 1)
        The probability that at least one trial is among them, at least.

    Returns
    -------
    n : int

    Source: Bergstra and Bengio (2012).
    """
    # log1p(x) is log(1 + x), exact for small x, too.
    return int(np.ceil(np.log1p(-confidence) / np.log1p(-top)))


@validate(n_trials=POSITIVE_COUNT)
def random_search(f, low, high, n_trials, rng):
    """Try independent, log-uniform hyperparameters, and keep the best.

    Parameters
    ----------
    f : callable
        f(trial), for a trial of shape (d,), is its validation loss, a number:
        the smaller the better.
    low, high : ndarray of shape (d,)
        The ends of each hyperparameter's range, positive, low below high.
    n_trials : int, at least 1
    rng : numpy.random.Generator

    Returns
    -------
    trials : ndarray of shape (n_trials, d)
        Every number drawn by itself, log-uniformly from its column's range;
        the trials in the order in which they were drawn.
    values : ndarray of shape (n_trials,)
        f of each trial.
    best : ndarray of shape (d,)
        The trial of the smallest value.

    Source: Bergstra and Bengio (2012).
    """
    low, high = _ranges(low, high)
    trials = np.exp(
        rng.uniform(np.log(low), np.log(high), (n_trials, len(low)))
    )
    values = np.array([f(trial) for trial in trials])
    return trials, values, trials[np.argmin(values)]


@validate(keep=POSITIVE_COUNT, margin=NONNEGATIVE)
def narrow_range(trials, values, keep, margin=0.1):
    """The ranges for the next round of a search: around the best trials.

    Of each hyperparameter, take the smallest and the largest value among the
    `keep` best trials. In the logarithm, move each end outwards by `margin`
    times the distance between the two.

    Parameters
    ----------
    trials : ndarray of shape (n, d)
        Hyperparameters, positive, one trial a row.
    values : ndarray of shape (n,)
        The validation loss of each trial, the smaller the better; infinite
        where training diverged.
    keep : int, from 1 to n
        How many of the best trials span the new ranges.
    margin : float, at least 0

    Returns
    -------
    low, high : tuple of two ndarrays of shape (d,)
    """
    shape = np.shape(trials)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(
            f"trials: expected shape (n, d) and a trial at least, got {shape}"
        )
    if np.shape(values) != shape[:1]:
        raise ValueError(
            f"values: expected shape {shape[:1]}, got {np.shape(values)}"
        )
    if keep > shape[0]:
        raise ValueError(
            f"keep: expected at most the {shape[0]} trials, got {keep}"
        )
    logs = np.log(trials[np.argsort(values)[:keep]])
    low, high = logs.min(axis=0), logs.max(axis=0)
    extra = margin * (high - low)
    return np.exp(low - extra), np.exp(high + extra)
