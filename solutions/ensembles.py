"""Ensembles: the references of that chapter.

Labels are whole numbers from 0, or -1 and 1 where a function says so. Nothing is changed in place.
"""

import numpy as np

from gradus.validation import COUNT, POSITIVE, POSITIVE_COUNT, shapes, validate


@shapes(probabilities="m n k")
def average_probabilities(probabilities):
    """The prediction of an ensemble: the mean of its members' probabilities.

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
        Indices from 0 to n - 1; some come twice or more, others not at all.

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


@shapes(x="n d", y="n", weights="n")
def fit_stump(x, y, weights):
    """The decision stump of least weighted error.

    A stump answers sign where x[:, feature] > threshold, and -sign elsewhere.
    Thresholds lie half-way between neighbouring, different values of a feature.

    Parameters
    ----------
    x : ndarray of shape (n, d)
    y : ndarray of shape (n,)
        -1 or 1.
    weights : ndarray of shape (n,)
        Of the examples: positive, with sum 1.

    Returns
    -------
    feature : int
    threshold : float
    sign : int
        1 or -1.
    error : float
        The sum of the weights of the examples that it gets wrong.

    Source: Freund and Schapire (1997); Iba and Langley (1992) for the stump.
    """
    best = None
    for feature in range(x.shape[1]):
        values = np.unique(x[:, feature])
        for threshold in (values[:-1] + values[1:]) / 2:
            wrong = np.sum(weights[(x[:, feature] > threshold) != (y > 0)])
            for sign, error in ((1, wrong), (-1, np.sum(weights) - wrong)):
                if best is None or error < best[3]:
                    best = feature, float(threshold), sign, float(error)
    if best is None:
        raise ValueError(
            "x: every feature is constant, so that no stump can split the examples"
        )
    return best


@validate(n_rounds=POSITIVE_COUNT)
@shapes(candidates="m n", y="n")
def adaboost(candidates, y, n_rounds):
    """AdaBoost over a given set of weak classifiers.

    All examples begin with weight 1 / n. In each round the candidate of least
    weighted error e is chosen, the first of several; its vote is
    alpha = log((1 - e) / e) / 2, and each weight is multiplied by
    exp(-alpha * y * answer) and divided by the sum of all.

    Parameters
    ----------
    candidates : ndarray of shape (m, n)
        The answers of m classifiers for n examples, -1 or 1.
    y : ndarray of shape (n,)
        The labels, -1 or 1.
    n_rounds : int, at least 1

    Returns
    -------
    chosen : ndarray of int, shape (n_rounds,)
        The candidate of each round.
    alphas : ndarray of shape (n_rounds,)
        Its vote. The ensemble answers the sign of sum_t alphas[t] * answer_t.

    Source: Freund and Schapire (1997).
    """
    weights = np.full(len(y), 1 / len(y))
    chosen, alphas = [], []
    for _ in range(n_rounds):
        errors = np.sum(weights * (candidates != y), axis=1)
        best = int(np.argmin(errors))
        # A candidate without error would get an infinite vote.
        error = np.clip(errors[best], 1e-12, 1 - 1e-12)
        alpha = np.log((1 - error) / error) / 2
        weights = weights * np.exp(-alpha * y * candidates[best])
        weights = weights / np.sum(weights)
        chosen.append(best)
        alphas.append(alpha)
    return np.array(chosen), np.array(alphas)


@validate(
    n_steps=POSITIVE_COUNT, n_cycles=POSITIVE_COUNT, lr=POSITIVE, step=COUNT
)
def snapshot_schedule(step, n_steps, n_cycles, lr):
    """The cyclic learning rate of snapshot ensembles: a cosine, begun anew.

    With cycles of c = ceil(n_steps / n_cycles) steps,
    lr / 2 * (1 + cos(pi * (step mod c) / c)).

    Parameters
    ----------
    step : int, at least 0
        The step of training, counted from 0.
    n_steps, n_cycles : int, at least 1
        Of the whole training.
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

    average + (theta - average) / t: the mean of t points, if average is that
    of the t - 1 before.

    Parameters
    ----------
    average : ndarray, any shape
        The mean so far; not used if t is 1.
    theta : ndarray, shape of average
        The new point.
    t : int, at least 1
        How many points there are with the new one.

    Returns
    -------
    average : ndarray

    Source: Polyak and Juditsky (1992); Izmailov et al. (2018).
    """
    return average + (theta - average) / t
