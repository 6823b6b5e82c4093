"""Boosting: the references of that chapter.

Labels are -1 and 1, targets are numbers. Nothing is changed in place.
"""

import numpy as np

from gradus.validation import (
    COUNT,
    POSITIVE,
    POSITIVE_COUNT,
    shapes,
    validate,
)


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

    All examples begin with the same weight. In each round the candidate of
    least weighted error is chosen, the first of several; it may be chosen
    again. An error below 1e-10 counts as 1e-10, and one above 1 - 1e-10 as
    that, so that every vote is finite.

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
        Its vote: the ensemble answers the sign of the sum of the answers, each
        times its vote.

    Source: Freund and Schapire (1997).
    """
    weights = np.full(len(y), 1 / len(y))
    chosen, alphas = [], []
    for _ in range(n_rounds):
        errors = np.sum(weights * (candidates != y), axis=1)
        best = int(np.argmin(errors))
        # A candidate without error would get an infinite vote.
        error = np.clip(errors[best], 1e-10, 1 - 1e-10)
        alpha = np.log((1 - error) / error) / 2
        weights = weights * np.exp(-alpha * y * candidates[best])
        weights = weights / np.sum(weights)
        chosen.append(best)
        alphas.append(alpha)
    return np.array(chosen), np.array(alphas)


@validate(n_rounds=POSITIVE_COUNT, rate=POSITIVE)
@shapes(x="n", y="n")
def gradient_boost(x, y, n_rounds, rate):
    """Gradient boosting for squared error, on one feature, with stumps.

    A stump answers one number up to its threshold and another above it.
    Thresholds lie half-way between neighbouring, different values of x; of
    several that fit equally well the smallest is taken.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        The feature, which is not constant, and the targets.
    n_rounds : int, at least 1
    rate : float, above 0
        The shrinkage.

    Returns
    -------
    start : float
        The constant that is best before the first round.
    thresholds : ndarray of shape (n_rounds,)
        Of each round's stump.
    steps : ndarray of shape (n_rounds, 2)
        What each round adds to the prediction, shrinkage included: up to its
        threshold, and above it.

    Source: Friedman (2001), algorithm 2.
    """
    values = np.unique(x)
    if len(values) < 2:
        raise ValueError("x: it is constant, so that no stump can split it")
    cuts = (values[:-1] + values[1:]) / 2
    above = x > cuts[:, None]
    start = np.mean(y)
    scores, thresholds, steps = np.full(len(y), start), [], []
    for _ in range(n_rounds):
        residuals = y - scores
        low = ~above @ residuals / np.sum(~above, axis=1)
        high = above @ residuals / np.sum(above, axis=1)
        fits = np.where(above, high[:, None], low[:, None])
        best = np.argmin(np.sum((residuals - fits) ** 2, axis=1))
        thresholds.append(cuts[best])
        steps.append([rate * low[best], rate * high[best]])
        scores = scores + rate * fits[best]
    return start, np.array(thresholds), np.array(steps)


@shapes(y="n", scores="n")
def logistic_residuals(y, scores):
    """What the next member of a boosted classifier is fitted to.

    For the logistic loss: of an example with label y and score F it is the
    natural logarithm of 1 + exp(-y * F).

    Parameters
    ----------
    y : ndarray of shape (n,)
        The labels, -1 or 1.
    scores : ndarray of shape (n,)
        The ensemble's scores so far, of any size.

    Returns
    -------
    residuals : ndarray of shape (n,)
        Minus the derivative of each example's loss by its own score; finite
        for scores of a thousand, too.

    Source: Friedman (2001), section 4.5, with another factor of the score.
    """
    return y * (1 - np.tanh(y * scores / 2)) / 2


@validate(n_rounds=POSITIVE_COUNT, rate=POSITIVE)
@shapes(candidates="m n", y="n")
def logistic_boost(candidates, y, n_rounds, rate):
    """Gradient boosting for the logistic loss, over given classifiers.

    Scores begin at 0. Each round takes the candidate which, times its best
    factor, is nearest to what is left, and adds it with `rate` times that
    factor; the first of several.

    Parameters
    ----------
    candidates : ndarray of shape (m, n)
        The answers of m classifiers for n examples, -1 or 1.
    y : ndarray of shape (n,)
        The labels, -1 or 1.
    n_rounds : int, at least 1
    rate : float, above 0
        The shrinkage.

    Returns
    -------
    chosen : ndarray of int, shape (n_rounds,)
        The candidate of each round.
    steps : ndarray of shape (n_rounds,)
        By what its answers are multiplied before they are added to the
        scores, shrinkage included.

    Source: Friedman (2001), algorithm 1.
    """
    scores, chosen, steps = np.zeros(len(y)), [], []
    for _ in range(n_rounds):
        left = y * (1 - np.tanh(y * scores / 2)) / 2
        factors = candidates @ left / len(y)
        best = int(np.argmax(np.abs(factors)))
        chosen.append(best)
        steps.append(rate * factors[best])
        scores = scores + steps[-1] * candidates[best]
    return np.array(chosen), np.array(steps)


@validate(depth=COUNT)
@shapes(x="n d", y="n", x_new="k d")
def tree_predict(x, y, x_new, depth):
    """The predictions of a regression tree.

    A question is whether a feature is above a threshold, which lies half-way
    between neighbouring, different values of that node's examples. Of equally
    good ones the first feature's is asked, at the smallest threshold. A node
    whose examples all have one target, or all the same features, asks none.

    Parameters
    ----------
    x, y : ndarray of shape (n, d) and (n,)
        The training data.
    x_new : ndarray of shape (k, d)
        Where to predict.
    depth : int, at least 0
        How many questions lead to an answer, at most.

    Returns
    -------
    y_new : ndarray of shape (k,)

    Source: Breiman, Friedman, Olshen and Stone (1984).
    """
    best = None
    if depth > 0 and np.any(y != y[0]):
        for feature in range(x.shape[1]):
            values = np.unique(x[:, feature])
            cuts = (values[:-1] + values[1:]) / 2
            if len(cuts) == 0:
                continue
            above = x[:, feature] > cuts[:, None]
            count = np.sum(above, axis=1)
            high, low = above @ y, ~above @ y
            # The squares that a split takes away, up to a constant.
            gains = high**2 / count + low**2 / (len(y) - count)
            place = int(np.argmax(gains))
            if best is None or gains[place] > best[0]:
                best = gains[place], feature, cuts[place]
    if best is None:
        return np.full(len(x_new), np.mean(y))
    _, feature, cut = best
    above, there = x[:, feature] > cut, x_new[:, feature] > cut
    y_new = np.empty(len(x_new))
    for side in (False, True):
        rows = above == side
        if np.any(there == side):
            y_new[there == side] = tree_predict(
                x[rows], y[rows], x_new[there == side], depth - 1
            )
    return y_new
