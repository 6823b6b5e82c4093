"""Ensembles: the references of that chapter.

Labels are whole numbers from 0, or -1 and 1 where a function says so. Nothing is changed in place.
"""

import numpy as np

from gradus.validation import COUNT, POSITIVE, POSITIVE_COUNT, shapes, validate


@shapes(probabilities="m n k")
def average_probabilities(probabilities):
    """The prediction of an ensemble that averages.

    Parameters
    ----------
    probabilities : ndarray of shape (m, n, k)
        Of m models, for n examples and k classes.

    Returns
    -------
    probabilities : ndarray of shape (n, k)

    Source: Lakshminarayanan, Pritzel and Blundell (2017).
    """
    return np.mean(probabilities, axis=0)


@validate(n_classes=POSITIVE_COUNT)
@shapes(votes="m n")
def majority_vote(votes, n_classes):
    """The class that most members name; of several, the smallest.

    Parameters
    ----------
    votes : ndarray of int, shape (m, n)
        The classes that m models name for n examples, 0 to n_classes - 1.
    n_classes : int, at least 1

    Returns
    -------
    labels : ndarray of int, shape (n,)

    Source: Breiman (1996).
    """
    votes = np.asarray(votes)
    if votes.min() < 0 or votes.max() >= n_classes:
        raise ValueError(
            f"votes: expected classes 0 to {n_classes - 1}, got {votes.min()} to {votes.max()}"
        )
    counts = np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
    return counts.argmax(axis=1)


@shapes(logits="n k", labels="n")
def best_temperature(logits, labels):
    """The temperature that makes a classifier's log loss least.

    The logits are divided by it before the softmax.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        Of held-out examples; of any size, in hundreds, too.
    labels : ndarray of int, shape (n,)
        Some of them are not those of the largest logit.

    Returns
    -------
    temperature : float
        Between 0.01 and 100, to four digits or better.

    Source: Guo, Pleiss, Sun and Weinberger (2017).
    """
    right = np.mean(logits[np.arange(len(labels)), labels])
    low, high = -np.log(100), np.log(100)  # of 1 / temperature
    for _ in range(60):
        middle = (low + high) / 2
        scaled = np.exp(middle) * logits
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        p = powers / powers.sum(axis=1, keepdims=True)
        # The slope of the log loss by 1 / temperature: it rises.
        rises = np.mean(np.sum(p * logits, axis=1)) > right
        low, high = (low, middle) if rises else (middle, high)
    return float(np.exp(-(low + high) / 2))


@validate(n=POSITIVE_COUNT)
def bootstrap_sample(n, rng):
    """Draw n of n examples with replacement.

    Parameters
    ----------
    n : int, at least 1
        How many examples there are.
    rng : numpy.random.Generator

    Returns
    -------
    rows : ndarray of int, shape (n,)
        Indices from 0 to n - 1, in any order; some come twice or more, others
        not at all.

    Source: Efron (1979).
    """
    return rng.integers(0, n, size=n)


@validate(degree=COUNT)
@shapes(x="n", y="n", rows="m n", x_new="k")
def bagging_predict(x, y, rows, x_new, degree):
    """Bagging: a polynomial for each bootstrap sample, predictions averaged.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        The training data.
    rows : ndarray of int, shape (m, n)
        The indices of m bootstrap samples.
    x_new : ndarray of shape (k,)
        Where to predict.
    degree : int, at least 0
        Of the polynomials, which are fitted by least squares.

    Returns
    -------
    y_new : ndarray of shape (k,)

    Source: Breiman (1996).
    """
    fit = np.polynomial.Polynomial.fit
    return np.mean([fit(x[r], y[r], degree)(x_new) for r in rows], axis=0)


@shapes(predictions="m n", rows="m n")
def out_of_bag_average(predictions, rows):
    """For each training example the mean of those models that did not see it.

    Parameters
    ----------
    predictions : ndarray of shape (m, n)
        Of m models, for each of the n training examples.
    rows : ndarray of int, shape (m, n)
        The bootstrap sample that each model was trained on.

    Returns
    -------
    average : ndarray of shape (n,)
        nan for an example that every model has seen.

    Source: Breiman (1996), "Out-of-bag estimation".
    """
    unseen = np.ones(np.shape(predictions), dtype=bool)
    for model, seen in enumerate(rows):
        unseen[model, seen] = False
    with np.errstate(invalid="ignore"):
        return np.sum(predictions * unseen, axis=0) / np.sum(unseen, axis=0)


@validate(
    n_steps=POSITIVE_COUNT, n_cycles=POSITIVE_COUNT, lr=POSITIVE, step=COUNT
)
def snapshot_schedule(step, n_steps, n_cycles, lr):
    """The cyclic learning rate of snapshot ensembles: a cosine, begun anew.

    Parameters
    ----------
    step : int, at least 0
        The step of training, counted from 0.
    n_steps, n_cycles : int, at least 1
        Of the whole training. Where they do not divide, cycles are a step
        longer than the quotient, and the last ones are cut short or missing.
    lr : float, above 0
        The rate at the beginning of each cycle.

    Returns
    -------
    lr : float

    Source: Huang et al. (2017), equation 2; they count from 1.
    """
    length = -(-n_steps // n_cycles)
    return lr / 2 * (1 + np.cos(np.pi * (step % length) / length))


@validate(t=POSITIVE_COUNT)
def polyak_average(average, theta, t):
    """Take one more point into the running mean of the points of a run.

    Parameters
    ----------
    average : ndarray, any shape
        The mean so far; if t is 1, any numbers of theta's size.
    theta : ndarray, shape of average
        The new point.
    t : int, at least 1
        How many points there are with the new one.

    Returns
    -------
    average : ndarray
        The mean of all t points, each with the same weight.

    Source: Polyak and Juditsky (1992); Izmailov et al. (2018).
    """
    return average + (theta - average) / t
