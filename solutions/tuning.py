"""Tuning: the references of the chapter on what is not learned.

Rows are examples. A set of hyperparameters is a vector of positive numbers, one trial a row of shape (d,).
Nothing is changed in place; all chance comes from the generator that is given.
"""

import numpy as np

from gradus.validation import (
    NONNEGATIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    shapes,
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


@validate(penalty=NONNEGATIVE)
@shapes(x="n d", y="n")
def fold_errors(x, y, folds, penalty):
    """The error of ridge regression on each fold, by models that never saw it.

    Each model is fitted to columns of mean 0 and standard deviation 1 (divisor
    n); a column that does not vary among the rows it is fitted to is centred
    only. The intercept is not penalised.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        Inputs, in any units.
    y : ndarray of shape (n,)
        Targets.
    folds : list of k tuples (train, held)
        Two ndarrays of int, the numbers of the rows to fit to and of those to
        judge by.
    penalty : float, at least 0, above 0 where a column does not vary
        Times the sum of the squared weights, added to the sum of the squared
        errors on the training rows.

    Returns
    -------
    errors : ndarray of shape (k,)
        The mean squared error on each fold's held rows.

    Source: Hastie, Tibshirani and Friedman (2009), section 7.10.2.
    """
    errors = []
    for train, held in folds:
        mean, std = x[train].mean(axis=0), x[train].std(axis=0)
        # By rounding, the deviation of equal numbers need not be exactly 0.
        std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std)
        z, z_held = (x[train] - mean) / std, (x[held] - mean) / std
        middle = y[train].mean()
        gram = z.T @ z + penalty * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, z.T @ (y[train] - middle))
        errors.append(np.mean((middle + z_held @ weights - y[held]) ** 2))
    return np.array(errors)


def one_standard_error(errors):
    """The simplest candidate that is not clearly worse than the best one.

    The best candidate has the lowest mean over the folds, and it is the spread
    of its errors that says what is worse; a mean exactly at the limit is not.

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
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if low.ndim != 1 or low.size == 0 or low.shape != high.shape:
        raise ValueError(
            f"low, high: expected two vectors of one length, got shapes {low.shape} and {high.shape}"
        )
    if not ((0 < low) & (low < high) & (high < np.inf)).all():
        raise ValueError(
            f"low, high: expected 0 < low < high < infinity, got {low} and {high}"
        )
    trials = np.exp(
        rng.uniform(np.log(low), np.log(high), (n_trials, len(low)))
    )
    values = np.array([f(trial) for trial in trials])
    return trials, values, trials[np.argmin(values)]


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


@validate(first=POSITIVE_COUNT, factor=POSITIVE_COUNT)
@shapes(losses="n E")
def successive_halving(losses, first, factor):
    """Train many trials for a short time, and ever fewer for longer.

    The curves are there as if every trial had been trained to the end; what
    follows the epochs that a trial is trained for must not be looked at.

    Parameters
    ----------
    losses : ndarray of shape (n, E)
        Column e - 1: the validation loss of each of n trials after e epochs;
        infinite where training diverged.
    first : int, from 1 to E
        For how many epochs every trial is trained.
    factor : int, at least 2
        By how much the trials become fewer, rounded down but never to none,
        and their epochs more, from one round to the next. The search ends with
        the round in which a single trial is trained, or where the next would
        need more than E epochs.

    Returns
    -------
    best : int
        The number of the trial that is ahead after the last round, by the loss
        after its last epoch; of equal ones, in every round, the one of the
        smaller number counts as better.
    epochs : ndarray of int, shape (n,)
        For how many epochs each trial was trained, all rounds together: a
        trial that goes on does not begin anew.

    Source: Jamieson and Talwalkar (2016).
    """
    if factor < 2:
        raise ValueError(
            f"factor: expected a whole number of at least 2, got {factor}"
        )
    n, most = losses.shape
    if n < 1 or first > most:
        raise ValueError(
            f"losses: expected a trial and {first} epochs at least, got shape {losses.shape}"
        )
    epochs, left, trained = np.zeros(n, dtype=int), np.arange(n), first
    while True:
        epochs[left] = trained
        left = left[np.argsort(losses[left, trained - 1], kind="stable")]
        if len(left) == 1 or trained * factor > most:
            return int(left[0]), epochs
        left = np.sort(left[: max(1, len(left) // factor)])
        trained *= factor


@validate(budget=POSITIVE_COUNT)
@shapes(curves="m E")
def plan_search(curves, budget):
    """How many trials to train in each epoch of a search that gives up early.

    Judged by what it achieves. A search draws trials at random, without
    repetition, and trains plan[0] of them for an epoch; of these the plan[1]
    that are ahead go on, and so forth. Where the plan is 0, or after E epochs,
    it ends, and the trial is taken that is then ahead. Reached is the mean of
    that trial's last loss, over many searches among the trials whose curves
    are given.

    The score is (best constant - reached) / (best constant - lowest loss): 0
    for the best of the plans that give up nobody until they end, 1 for knowing
    all curves.

    Parameters
    ----------
    curves : ndarray of shape (m, E)
        Column e - 1: the validation losses of m trials of an earlier, costly
        search after e epochs.
    budget : int, at least E
        How many epochs all trials of a search may be trained, together.

    Returns
    -------
    plan : ndarray of int, shape (E,)
        For each epoch the number of trials, from 1 to m in the first; it never
        rises, and its sum is at most `budget`. What is no such plan has no
        score.
    """
    (m, most), best = curves.shape, (np.inf, np.zeros(0, dtype=int))
    rng = np.random.default_rng(1)
    draws = np.argsort(rng.random((80, m)), axis=1)
    for last in {max(1, round(share * most)) for share in _LENGTHS}:
        for power in np.linspace(0, 2, 11):
            plan = np.zeros(most, dtype=int)
            plan[:last] = _falling(power, last, budget, m)
            best = min(
                best, (_reached(curves, plan, draws), plan), key=lambda b: b[0]
            )
    return best[1]


_LENGTHS = (0.3, 0.5, 0.7, 0.85, 1.0)


def _falling(power, last, budget, most):
    """Whole numbers in proportion to epoch**-power, as many as the budget allows."""
    low, high = 0.0, float(budget)
    for _ in range(40):
        middle = (low + high) / 2
        plan = _rounded(middle, power, last, most)
        low, high = (middle, high) if plan.sum() <= budget else (low, middle)
    return _rounded(low, power, last, most)


def _rounded(scale, power, last, most):
    falling = np.floor(scale * np.arange(1.0, last + 1) ** -power)
    return np.clip(falling, 1, most).astype(int)


def _reached(curves, plan, draws):
    """The mean last loss of the trial that is ahead at the end; one order of the trials in each row of draws."""
    left = draws[:, : plan[0]]
    last = np.count_nonzero(plan) - 1
    for e in range(1, last + 1):
        if plan[e] < left.shape[1]:
            order = np.argsort(curves[left, e - 1], axis=1, kind="stable")
            left = np.take_along_axis(left, order[:, : plan[e]], axis=1)
    return curves[left, last].min(axis=1).mean()
