"""How the exercises of the chapter on boosting are judged."""

import itertools

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import boosting as reference
from solutions import quantities


@judge(reference.fit_stump, points=4, returns=("feature", "threshold", "sign", "error"))
def fit_stump(rng):
    for label, n, d, above in (
        ("two features", 14, 2, 1),
        ("the upper side is -1", 12, 3, -1),
        ("one feature", 15, 1, 1),
        ("more features than examples", 7, 9, -1),
        ("repeated values", 16, 3, 1),
    ):
        while True:
            x = rng.uniform(-3, 3, (n, d))
            if label == "repeated values":
                x = np.round(x) + np.arange(d) / 8
            cut = float(np.quantile(x[:, d // 2], rng.uniform(0.3, 0.7)))
            y = above * np.where(x[:, d // 2] > cut, 1, -1)
            y = np.where(rng.random(n) < 0.2, -y, y)
            weights = rng.uniform(0.2, 2.0, n)
            weights /= weights.sum()
            case = {"x": x, "y": y, "weights": weights}
            if not _decided(case) or not (d == 1 or n < d or _all_differ(case)):
                continue
            _, feature, threshold, sign = _stumps(**case)[0]
            below = x[x[:, feature] < threshold, feature]
            if (
                sign == above
                and (n > d or feature > 0)
                and (label != "repeated values" or np.sum(below == below.max()) > 1)
            ):
                break
        yield Call(label, **case)
    for label, pick, cut in (("one example below the cut", np.argmin, 1), ("one example above the cut", np.argmax, 9)):
        while True:
            x, y = rng.uniform(-3, 3, (10, 2)), np.ones(10, dtype=int)
            lone = pick(x[:, 1])
            y[[lone, (lone + 1) % 10]] = -1
            weights = rng.uniform(0.5, 1.0, 10)
            weights[lone] = 3
            # It is the first row, or the last: neither may be forgotten.
            order = np.roll(np.arange(10), -lone - (cut == 9))
            case = {"x": x[order], "y": y[order], "weights": weights[order] / weights.sum()}
            _, feature, threshold, _ = _stumps(**case)[0]
            if _decided(case) and feature == 1 and np.sum(x[:, 1] < threshold) == cut:
                break
        yield Call(label, 1.5, **case)
    while True:
        x, y, weights = (
            rng.permuted(np.repeat([np.arange(6.0)], 2, axis=0), axis=1).T,
            np.ones(6),
            rng.uniform(0.5, 1.0, 6),
        )
        x += rng.uniform(-0.3, 0.3, x.shape)
        lone = int(rng.integers(6))
        y[lone] = -1
        case = {"x": x, "y": rng.choice([-1, 1]) * y, "weights": weights / weights.sum()}
        first, second, *_ = _stumps(**case)
        # In the middle of both features, so that no stump is as good as the same answer everywhere.
        if np.all(np.abs(x[lone] - 2.5) < 2) and second[0] - first[0] > 0.01:
            break
    yield Call("the same answer everywhere would be better", 0.1, **case)


def _stumps(x, y, weights):
    """Every stump as (error, feature, threshold, sign), best first."""
    found = []
    for feature in range(x.shape[1]):
        values = np.unique(x[:, feature])
        for threshold in (values[:-1] + values[1:]) / 2:
            for sign in (1, -1):
                answer = np.where(x[:, feature] > threshold, sign, -sign)
                found.append((weights[answer != y].sum(), feature, threshold, sign))
    return sorted(found)


def _held_against(x, y, weights, kept):
    """The stump of those whose wrong weights are less than the error of the best so far, as it is `kept`."""
    best = None
    for j in range(x.shape[1]):
        for t in _middles(np.unique(x[:, j])):
            for s in (1, -1):
                wrong = np.where(x[:, j] > t, s, -s) != y
                if best is None or np.sum(weights[wrong]) < best[3]:
                    best = j, t, s, kept(wrong)
    return best


def _decided(case):
    """Whether one stump is best, by more than float32 could hide.

    Better, too, than the same answer everywhere: who takes that for a stump is told in a case of its own.
    """
    first, second, *_ = _stumps(**case)
    one_class = np.sum(case["weights"][case["y"] > 0])
    next_best = min(second[0], one_class, 1 - one_class)
    return first[0] > 0.01 and next_best - first[0] > 1e-3


def _all_differ(case):
    """Whether each of the known mistakes ends at another stump."""
    right = _stumps(**case)[0][1:]
    plain = _stumps(case["x"], case["y"], np.full(len(case["y"]), 1 / len(case["y"])))
    return plain[0][1:] != right and plain[1][0] > plain[0][0]


def _best_cut(x, y, weights, cuts_of, features=None):
    """As the reference, with other thresholds or fewer features."""
    best = None
    for feature in range(x.shape[1]) if features is None else features:
        for threshold in cuts_of(x[:, feature]):
            for sign in (1, -1):
                answer = np.where(x[:, feature] > threshold, sign, -sign)
                error = weights[answer != y].sum()
                if best is None or error < best[3]:
                    best = feature, threshold, sign, error
    return best


def _middles(values):
    return (values[:-1] + values[1:]) / 2


fit_stump.add_mistakes("""
    every example counts the same: the error is the sum of the *weights* of the wrong ones
        n = len(y)
        return fit_stump(x, y, np.full(n, 1 / n))
    only stumps that answer 1 above the threshold were tried: try both signs
        error, feature, threshold, sign = next(s for s in _stumps(x, y, weights) if s[3] == 1)
        return feature, threshold, sign, error
    the threshold is one of the values: put it half-way between two neighbours
        feature, threshold, sign, error = fit_stump(x, y, weights)
        return feature, x[x[:, feature] < threshold, feature].max(), sign, error
    or
        return _best_cut(x, y, weights, np.unique)
    the threshold is the value above the cut: put it half-way between two neighbours
        feature, threshold, sign, error = fit_stump(x, y, weights)
        return feature, x[x[:, feature] > threshold, feature].min(), sign, error
    a value that comes twice is no pair of neighbours: `np.unique` gives each once
        return _best_cut(x, y, weights, lambda column: _middles(np.sort(column)))
    rows that follow each other are no neighbours: sort the feature's values first
        return _best_cut(x, y, weights, _middles)
    the cut above the smallest value was left out: of n values there are n - 1
        return _best_cut(x, y, weights, lambda column: _middles(np.unique(column))[1:])
    the cut below the largest value was left out: of n values there are n - 1
        return _best_cut(x, y, weights, lambda column: _middles(np.unique(column))[:-1])
    only the first feature was tried: try them all
        return _best_cut(x, y, weights, lambda column: _middles(np.unique(column)), features=[0])
    the best of the last feature alone is kept: keep the best of all
        return _best_cut(x, y, weights, lambda column: _middles(np.unique(column)), features=[x.shape[1] - 1])
    the stump is the one with the fewest wrong examples: take that of least weighted error
        feature, threshold, sign, _ = fit_stump(x, y, np.full(len(y), 1 / len(y)))
        answer = np.where(x[:, feature] > threshold, sign, -sign)
        return feature, threshold, sign, weights[answer != y].sum()
    the last number is the share of wrong examples: give the sum of their weights
        feature, threshold, sign, _ = fit_stump(x, y, weights)
        return (
            feature,
            threshold,
            sign,
            np.mean(np.where(x[:, feature] > threshold, sign, -sign) != y),
        )
    the sign is the wrong way round: it is the answer *above* the threshold
        feature, threshold, sign, error = fit_stump(x, y, weights)
        return feature, threshold, -sign, error
    the stump with the *largest* error was taken: its opposite is the best, give that
        error, feature, threshold, sign = _stumps(x, y, weights)[-1]
        return feature, threshold, sign, error
    the last number is the share that is right: give the weighted error
        *stump, error = fit_stump(x, y, weights)
        return (*stump, 1 - error)
    the number of wrong examples is the error: give the sum of their weights
        feature, threshold, sign, _ = fit_stump(x, y, weights)
        return feature, threshold, sign, np.sum(np.where(x[:, feature] > threshold, sign, -sign) != y)
    the results are in another order: feature, threshold, sign, error
        feature, threshold, sign, error = fit_stump(x, y, weights)
        return feature, sign, threshold, error
    the same answer for all examples is no stump: that a threshold lies between two values
    was left out
        return _best_cut(x, y, weights, lambda column: np.append(column.min() - 1, _middles(np.unique(column))))
    or
        return _best_cut(x, y, weights, lambda column: np.append(_middles(np.unique(column)), column.max() + 1))
    the threshold is zero, whatever the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [0.0])
    the threshold is the mean of the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [column.mean()])
    the threshold is the median of the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [np.median(column)])
    the number or the share of the wrong examples is held against the best: hold the sum of their
    weights against the best sum so far
        return _held_against(x, y, weights, np.sum)
    or
        return _held_against(x, y, weights, np.mean)
    the share that is right is held against the best: keep the error itself, the sum of the weights of
    the wrong ones
        float(error) -> float(1 - error)
    the mean of the weights of the wrong ones is the error, divided by the number of examples: it is
    their sum
        *stump, error = fit_stump(x, y, weights)
        return (*stump, error / len(y))
""")
fit_stump.add_variants("""
    all stumps at once
        error, feature, threshold, sign = _stumps(x, y, weights)[0]
        return feature, threshold, sign, error
    by running sums over the sorted examples
        best = (np.inf,)
        for feature in range(x.shape[1]):
            order = np.argsort(x[:, feature], kind="stable")
            v, signed = x[order, feature], (weights * y)[order]
            below = np.cumsum(signed)[:-1]
            # Of the stump with sign 1: what it gets right, minus what it gets wrong.
            edge = signed.sum() - 2 * below
            for i in np.flatnonzero(v[1:] > v[:-1]):
                for sign in (1, -1):
                    error = (1 - sign * edge[i]) / 2
                    if error < best[0]:
                        best = error, feature, (v[i] + v[i + 1]) / 2, sign
        return best[1], best[2], best[3], best[0]
""")


@judge(reference.adaboost, points=4, returns=("chosen", "alphas"))
def adaboost(rng):
    for label, m, n, n_rounds in (
        ("one round", 5, 11, 1),
        ("two rounds", 6, 13, 2),
        ("four rounds", 8, 17, 4),
        ("as many candidates as examples", 13, 13, 3),
        ("one of them is worse than guessing", 4, 15, 3),
    ):
        while True:
            y = rng.choice([-1, 1], n)
            wrong = rng.random((m, n)) < rng.uniform(0.25, 0.45, (m, 1))
            if label.startswith("one of"):
                wrong[0] = rng.random(n) < 0.75
            candidates = np.where(wrong, -y, y)
            if not _clear_rounds(candidates, y, n_rounds):
                continue
            errors = np.mean(candidates != y, axis=1)
            if label.startswith("one of") and errors[0] < 1.01 - errors.min():
                continue  # not so bad that its opposite would be the best
            if n_rounds == 4 and len(set(reference.adaboost(candidates, y, 4)[0])) == 4:
                continue  # one of them is chosen again
            break
        weight = 2.2 if label == "four rounds" or label.startswith("one of") else 1.0
        yield Call(label, weight, candidates=candidates, y=y, n_rounds=n_rounds)
    y = rng.permutation([-1, 1, 1, -1, 1, -1, rng.choice([-1, 1])])
    candidates = np.where(rng.random((5, 7)) < 0.4, -y, y)
    candidates[:, 0] = -y[0]  # none is perfect but one
    candidates[rng.integers(1, 5)] = y
    yield Call("one of them is never wrong", candidates=candidates, y=y, n_rounds=2)
    yield Call("one candidate, which is always wrong", 0.1, candidates=-y[None], y=y, n_rounds=1)


def _clear_rounds(candidates, y, n_rounds):
    """Whether in each round, one candidate is best by far, neither perfect nor as bad as guessing."""
    weights = np.full(len(y), 1 / len(y))
    chosen = []
    for _ in range(n_rounds):
        errors = np.sort(np.sum(weights * (candidates != y), axis=1))
        if errors[0] < 0.05 or errors[0] > 0.42 or errors[1] - errors[0] < 1e-3:
            return False
        best = int(np.argmin(np.sum(weights * (candidates != y), axis=1)))
        alpha = np.log((1 - errors[0]) / errors[0]) / 2
        weights = weights * np.exp(-alpha * y * candidates[best])
        weights /= weights.sum()
        chosen.append(best)
    return len(set(chosen)) > min(1, n_rounds - 1)


adaboost.add_mistakes("""
    the votes are twice as large: alpha is *half* the logarithm of (1 - e) / e
        chosen, alphas = adaboost(candidates, y, n_rounds)
        return chosen, 2 * alphas
    alpha is *half* the logarithm of (1 - e) / e, in the vote and in the update of the weights
        / error) / 2 -> / error)
    with log(e / (1 - e)) / 2 votes and weights go the wrong way: the fraction is (1 - e) / e
        np.log((1 - error) / error) / 2 -> -np.log((1 - error) / error) / 2
    the exponent has half the alpha, or the update reaches the wrong examples alone, or the right
    ones: exp(alpha) for those, exp(-alpha) for these
        y * candidates[best] -> np.minimum(y * candidates[best], 0)
    the exponent leaves out alpha: it is minus alpha times label times answer
        -alpha * y * candidates[best] -> -y * candidates[best]
    the exponent leaves out the label: it is minus alpha times label times answer
        -alpha * y * candidates[best] -> -alpha * candidates[best]
    the weights begin anew in each round: multiply those that the round before has left
        weights * np.exp -> 1 / len(y) * np.exp
    the weighted error is the *sum* of the weights of the wrong ones, not their mean
        errors[best] -> errors[best] / len(y)
    a candidate was struck out once it had been chosen: it may be the best again in a later round
        best = -> errors[chosen] = np.inf; best =
    the candidate whose error is farthest from one half was chosen: take the least error
        np.argmin(errors) -> np.argmax(np.abs(errors - 0.5))
    every vote counts the same: alpha grows as the error falls
        chosen, alphas = adaboost(candidates, y, n_rounds)
        return chosen, np.ones_like(alphas)
    the weights never change, so that every round is the first: examples that are wrong must gain
    weight
        weights * np.exp(-alpha * y * candidates[best]) -> weights
        weights / np.sum(weights) -> weights
    the weights of the examples that are *right* grow: the exponent is minus alpha times label times
    answer
        -alpha * y -> alpha * y
    the weights were not divided by their sum, so that they are no shares any more
        weights / np.sum(weights) -> weights
    this is log(e / (1 - e)) / 2, a negative vote for a good classifier: turn the fraction over
        chosen, alphas = adaboost(candidates, y, n_rounds)
        return chosen, -alphas
    alpha is log((1 + e) / (1 - e)) / 2, which grows with the error: the fraction is (1 - e) / e
        np.log((1 - error) / error) / 2 -> np.log((1 + error) / (1 - error)) / 2
    alpha is 1 - e, or 1 - 2e: it is log((1 - e) / e) / 2
        np.log((1 - error) / error) / 2 -> 1 - error
    or
        np.log((1 - error) / error) / 2 -> 1 - 2 * error
    the brackets are missing, log(1 - e) / e: the logarithm is of the whole fraction
        np.log((1 - error) / error) / 2 -> np.log(1 - error) / error / 2
    or
        np.log((1 - error) / error) / 2 -> np.log(1 - error / error) / 2
    the logarithm is to base 2 or 10: take the natural one
        np.log((1 - error) / error) / 2 -> np.log2((1 - error) / error) / 2
    or
        np.log((1 - error) / error) / 2 -> np.log10((1 - error) / error) / 2
    the half stands inside the logarithm, the root is taken twice: alpha is log((1 - e) / e) / 2
        np.log((1 - error) / error) / 2 -> np.log((1 - error) / error) / 4
    the candidate with the LARGEST weighted error was chosen: take the least
        np.argmin(errors) -> np.argmax(errors)
    the weights of the wrong examples are added alpha, not multiplied: times exp(alpha) where it is
    wrong, exp(-alpha) where it is right
        weights * np.exp(-alpha * y * candidates[best]) -> weights + alpha * (candidates[best] != y) / len(y)
    the exponent has alpha doubled: it is minus alpha times label times answer
        -alpha * y * candidates[best] -> -2 * alpha * y * candidates[best]
    the right ones are counted as the error: it is the sum of the weights of the wrong ones
        candidates != y -> candidates == y
    the weights were divided by the largest, not by their sum
        weights / np.sum(weights) -> weights / np.max(weights)
    the update uses the answers alone, without the label, or the label alone: it is minus alpha
    times label times answer
        -alpha * y * candidates[best] -> -alpha * y
    where a candidate is never wrong its vote is infinite: an error below 1e-10 counts as 1e-10
        np.clip(errors[best], 1e-10, 1 - 1e-10) -> errors[best]
    where the best candidate is always wrong its vote is minus infinity, as it is infinite where one
    is never wrong: an error above 1 - 1e-10 counts as 1 - 1e-10
        np.clip(errors[best], 1e-10, 1 - 1e-10) -> max(errors[best], 1e-10)
    a candidate that is never wrong ends the rounds: all of them are made, its error counts as 1e-10
        chosen, alphas = adaboost(candidates, y, n_rounds)
        kept = 1 + int(np.argmax(alphas > 11)) if np.any(alphas > 11) else n_rounds
        return chosen[:kept], alphas[:kept]
    a candidate that is never wrong gets the vote 1, or none: its error counts as 1e-10
        chosen, alphas = adaboost(candidates, y, n_rounds)
        return chosen, np.where(alphas > 11, 1.0, alphas)
    or
        chosen, alphas = adaboost(candidates, y, n_rounds)
        return chosen, np.where(alphas > 11, 0.0, alphas)
    the two results have changed places: `return chosen, alphas`
        return adaboost(candidates, y, n_rounds)[::-1]
    an error of 0 ends the rounds, or one of a half or more, or both do: all rounds are made, with an
    error counted as 1e-10 or as 1 - 1e-10 at the ends
        error = -> if errors[best] == 0 or errors[best] >= 0.5: break; error =
    or
        error = -> if errors[best] == 0: break; error =
    or
        error = -> if errors[best] >= 0.5: break; error =
""")
adaboost.add_variants("""
    weights of wrong ones divided by 2e, of right ones by 2(1 - e)
        weights, chosen, alphas = np.full(len(y), 1 / len(y)), [], []
        for _ in range(n_rounds):
            wrong = candidates != y
            errors = wrong @ weights
            best = errors.argmin()
            e = np.clip(errors[best], 1e-10, 1 - 1e-10)
            chosen.append(int(best))
            alphas.append(0.5 * np.log(1 / e - 1))
            if errors[best] > 0:
                weights = np.where(wrong[best], weights / (2 * e), weights / (2 * (1 - e)))
        return chosen, alphas
    by the exponential loss of the sum so far
        score, chosen, alphas = np.zeros(len(y)), [], []
        for _ in range(n_rounds):
            weights = np.exp(-y * score)
            weights = weights / weights.sum()
            errors = [float(weights[row != y].sum()) for row in candidates]
            best = errors.index(min(errors))
            alpha = np.arctanh(1 - 2 * min(max(errors[best], 1e-10), 1 - 1e-10))
            score = score + alpha * candidates[best]
            chosen.append(best)
            alphas.append(alpha)
        return chosen, alphas
""")


@judge(reference.gradient_boost, points=4, returns=("start", "thresholds", "steps"))
def gradient_boost(rng):
    for label, n, n_rounds, rate in (
        ("one round", 7, 1, 1.0),
        ("two rounds, no shrinkage", 9, 2, 1.0),
        ("four rounds, shrunk", 12, 4, rng.uniform(0.2, 0.6)),
        ("repeated values", 14, 3, rng.uniform(0.2, 0.6)),
        ("six rounds, shrunk", 10, 6, rng.uniform(0.1, 0.5)),
    ):
        while True:
            x = rng.uniform(-2, 4, n)
            if label == "repeated values":
                x = rng.integers(0, 6, n) / 2
            y = rng.uniform(1, 3) + x**2 / 2 + rng.normal(size=n)
            if _clear_cuts(x, y, n_rounds, rate):
                break
        weight = 2.2 if rate < 1 else 1.0
        yield Call(label, weight, x=x, y=y, n_rounds=n_rounds, rate=rate)
    x, y = _peak(rng)
    yield Call("two thresholds that fit equally well", 0.1, x=x, y=y, n_rounds=1, rate=rng.uniform(0.2, 0.6))


def _peak(rng):
    """Three examples that two thresholds split equally well: every sum of these targets is exact."""
    order = rng.permutation(3)
    x = np.cumsum(rng.uniform(0.5, 1.5, 3)) - 2
    return x[order], (rng.choice([-1, 1]) * rng.integers(1, 5) * np.array([1.0, -2.0, 1.0]))[order]


def _clear_cuts(x, y, n_rounds, rate):
    """Whether in each round one threshold is the best by far."""
    start, thresholds, steps = reference.gradient_boost(x, y, n_rounds, rate)
    scores, values = np.full(len(y), start), np.unique(x)
    for threshold, (low, high) in zip(thresholds, steps, strict=True):
        residuals = y - scores
        fits = []
        for cut in (values[:-1] + values[1:]) / 2:
            parts = residuals[x <= cut], residuals[x > cut]
            fits.append(sum(((part - part.mean()) ** 2).sum() for part in parts))
        first, second = np.sort(fits)[:2]
        if second - first < 1e-3 * second:
            return False
        scores = scores + np.where(x > threshold, high, low)
    return True


gradient_boost.add_mistakes("""
    the scores move by the whole stump: they move by `rate` times it, as the result says
        scores + rate * fits[best] -> scores + fits[best]
    the steps lack the shrinkage: they are what is added to the prediction
        rate * low[best], rate * high[best] -> low[best], high[best]
    there is no shrinkage at all: each round adds `rate` times its stump
        rate * low[best], rate * high[best] -> low[best], high[best]
        scores + rate * fits[best] -> scores + fits[best]
    every round is fitted to the targets: fit it to what is left of them
        residuals = y - scores -> residuals = y
    every round is fitted to the first residuals: subtract the prediction as it is by now
        residuals = y - scores -> residuals = y - start
    the residual is target minus prediction: this is its opposite
        residuals = y - scores -> residuals = scores - y
    it starts at 0: the best constant for squared error is the mean
        start = np.mean(y) -> start = 0.0
    the start is shrunk, too: `rate` is for the stumps
        start = np.mean(y) -> start = rate * np.mean(y)
    the first round is fitted to the targets: fit it to what the start leaves of them
        np.full(len(y), start) -> np.zeros(len(y))
    it starts at the median: the best constant for squared error is the mean
        start = np.mean(y) -> start = np.median(y)
    the thresholds are values of x: they lie half-way between neighbours
        cuts = (values[:-1] + values[1:]) / 2 -> cuts = values[:-1]
    or
        cuts = (values[:-1] + values[1:]) / 2 -> cuts = values[1:] - 1e-9
    the two steps have changed places: first the one up to the threshold
        rate * low[best], rate * high[best] -> rate * high[best], rate * low[best]
    the stump of least absolute error is taken: take that of least squared error
        (residuals - fits) ** 2 -> np.abs(residuals - fits)
    of thresholds of the same error the largest is taken: take the smallest
        best = np.argmin(np.sum((residuals - fits) ** 2, axis=1)) -> off = np.sum((residuals - fits) ** 2, axis=1)[::-1]; best = len(cuts) - 1 - np.argmin(off)
    the worst stump is taken: take that of least squared error
        np.argmin -> np.argmax
    the two sides' mean squared errors are added: add up the squares, so that a side counts by its
    examples
        best = np.argmin(np.sum((residuals - fits) ** 2, axis=1)) -> off = (residuals - fits) ** 2; best = np.argmin(np.sum(off * above, axis=1) / np.sum(above, axis=1) + np.sum(off * ~above, axis=1) / np.sum(~above, axis=1))
    a side answers the sum of its residuals: the best constant is their mean
        ~above @ residuals / np.sum(~above, axis=1) -> ~above @ residuals
        above @ residuals / np.sum(above, axis=1) -> above @ residuals
    a side is divided by all examples: the best constant is the mean of that side
        ~above @ residuals / np.sum(~above, axis=1) -> ~above @ residuals / len(y)
        above @ residuals / np.sum(above, axis=1) -> above @ residuals / len(y)
    the stump answers one number and its opposite: each side has a mean of its own
        ~above @ residuals / np.sum(~above, axis=1) -> -above.astype(float) @ residuals / np.sum(above, axis=1)
    the shrinkage grows with the rounds: it is the same in each
        rate * low[best], rate * high[best] -> rate ** (len(steps) + 1) * low[best], rate ** (len(steps) + 1) * high[best]
        scores + rate * fits[best] -> scores + rate ** len(steps) * fits[best]
    a round too few is made
        start, thresholds, steps = gradient_boost(x, y, n_rounds, rate)
        return start, thresholds[:-1], steps[:-1]
    the first stump is kept: look for the best threshold anew in each round
        start, thresholds, steps = gradient_boost(x, y, 1, rate)
        decay = (1 - rate) ** np.arange(n_rounds)
        return start, np.repeat(thresholds, n_rounds), decay[:, None] * steps
    the constant is added to each round's step: it is the start
        start, thresholds, steps = gradient_boost(x, y, n_rounds, rate)
        return start, thresholds, start + steps
    the scores forget the rounds before: each round's stump is added to what they are by now
        scores + rate -> start + rate
    the residual is twice the right one: it is the target minus the prediction, without a factor
        residuals = y - scores -> residuals = 2 * (y - scores)
    the thresholds are their places in the list: return the thresholds themselves
        thresholds.append(cuts[best]) -> thresholds.append(best)
""")
gradient_boost.add_variants("""
    by running sums of the sorted residuals
        order = np.argsort(x, kind="stable")
        x, left, start = x[order], y[order] - y.mean(), y.mean()
        places = np.flatnonzero(np.diff(x)) + 1
        thresholds, steps, n = [], [], len(x)
        for _ in range(n_rounds):
            sums = np.cumsum(left)
            below, total = sums[places - 1], sums[-1]
            gain = below**2 / places + (total - below) ** 2 / (n - places)
            i = places[gain.argmax()]
            low, high = rate * left[:i].mean(), rate * left[i:].mean()
            left = left - np.append(np.full(i, low), np.full(n - i, high))
            thresholds.append((x[i - 1] + x[i]) / 2)
            steps.append((low, high))
        return start, np.array(thresholds), np.array(steps)
    by loops, with lists
        start = sum(y) / len(y)
        score, thresholds, steps = [start] * len(y), [], []
        different = sorted(set(x.tolist()))
        for _ in range(n_rounds):
            best = None
            for a, b in zip(different, different[1:], strict=False):
                sides = [[], []]
                for xi, yi, si in zip(x, y, score, strict=True):
                    sides[int(xi > (a + b) / 2)].append(yi - si)
                means = [sum(side) / len(side) for side in sides]
                off = sum((r - m) ** 2 for s, m in zip(sides, means, strict=True) for r in s)
                if best is None or off < best[0]:
                    best = off, (a + b) / 2, means
            _, cut, means = best
            thresholds.append(cut)
            steps.append([rate * means[0], rate * means[1]])
            score = [s + rate * means[int(xi > cut)] for s, xi in zip(score, x, strict=True)]
        return float(start), thresholds, steps
    by least squares on two columns
        cuts = np.convolve(np.unique(x), [0.5, 0.5], mode="valid")
        start = np.average(y)
        scores, thresholds, steps = start * np.ones(len(y)), [], []
        for _ in range(n_rounds):
            found = []
            for cut in cuts:
                columns = np.stack([x <= cut, x > cut], axis=1).astype(float)
                answers = np.linalg.lstsq(columns, y - scores, rcond=None)[0]
                off = y - scores - columns @ answers
                found.append((off @ off, cut, answers, columns))
            _, cut, answers, columns = min(found, key=lambda entry: entry[0])
            thresholds.append(cut)
            steps.append(rate * answers)
            scores = scores + rate * columns @ answers
        return start, np.array(thresholds), np.array(steps)
    residuals in place, a mask for each cut
        start = float(y.mean())
        left, values = y - start, np.unique(x)
        cuts = values[:-1] + np.diff(values) / 2
        thresholds, steps = np.zeros(n_rounds), np.zeros((n_rounds, 2))
        for t in range(n_rounds):
            off = [sum(len(r) * np.var(r) for r in (left[x <= c], left[x > c])) for c in cuts]
            thresholds[t] = c = cuts[int(np.argmin(off))]
            steps[t] = rate * left[x <= c].mean(), rate * left[x > c].mean()
            left -= steps[t][(x > c).astype(int)]
        return start, thresholds, steps
""")


@judge(reference.logistic_residuals, points=2, returns=("residuals",))
def logistic_residuals(rng):
    for label, n, size in (("scores of about 1", 6, 1.0), ("small scores", 5, 0.1), ("scores of some size", 7, 4.0)):
        y = rng.permutation(np.append([-1, 1], rng.choice([-1, 1], n - 2)))
        yield Call(label, y=y, scores=size * rng.normal(size=n))
    y = rng.choice([-1, 1], 6)
    large = rng.uniform(800, 2000, 6) * np.array([1, -1, 1, -1, 1, -1])
    large[4:] = rng.normal(size=2)
    yield Call("scores of a thousand", y=y, scores=large)
    yield Call("one example", y=np.array([-1]), scores=rng.normal(size=1))


logistic_residuals.add_mistakes("""
    this is the derivative: minus it is asked for, the way in which the loss falls
        return -logistic_residuals(y, scores)
    the label is missing in front: the chain rule brings it out of the exponent
        return (1 - np.tanh(y * scores / 2)) / 2
    this is y minus the score, the residual of the squared error
        return y - scores
    this is the residual of the exponential loss, which has no bound
        return y * np.exp(-y * scores)
    the sigmoid has the wrong sign in it: an example that is right by far has next to no residual
        return y * (1 + np.tanh(y * scores / 2)) / 2
    this is the loss: its derivative by the score is asked for
        return np.logaddexp(0, -y * scores)
    or
        return -np.logaddexp(0, -y * scores)
    this is y minus the probability, for labels 0 and 1: here they are -1 and 1
        return y - 1 / (1 + np.exp(-scores))
    the label in the exponent is missing: it is y times the score
        return y * (1 - np.tanh(scores / 2)) / 2
    the score counts twice: the exponent, or the argument of a tanh, is twice as large as it should be
        np.tanh(y * scores / 2) -> np.tanh(y * scores)
    the exponential of a large score overflows: write it so that it cannot
        e = np.exp(-y * scores)
        return y * e / (1 + e)
    it is divided by n: each example's own loss is asked for
        return logistic_residuals(y, scores) / len(y)
    this is the sign of the residual alone
        return np.sign(logistic_residuals(y, scores))
    this is y minus tanh of the score, twice the residual at twice the score: of a loss with -2 * y * F
        return y - np.tanh(scores)
    the exponential residual is only cut off at 1: that of the logistic loss is another
        return y * np.minimum(np.exp(-y * scores), 1.0)
    this is the second derivative, p (1 - p): the first is asked for
        p = (1 + np.tanh(scores / 2)) / 2
        return p * (1 - p)
    the residuals are added up: one for each example is asked for
        return np.sum(logistic_residuals(y, scores))
    only the examples on the wrong side have a residual here, as for the hinge: every one has
        return np.where(y * scores < 0, logistic_residuals(y, scores), 0.0)
""")
logistic_residuals.add_variants("""
    by label 0 or 1 and the probability of 1
        p = np.exp(-np.logaddexp(0, -scores))
        return (y + 1) / 2 - p
    by the exponential of a number that is not positive
        m = y * scores
        e = np.exp(-np.abs(m))
        return y * np.where(m > 0, e / (1 + e), 1 / (1 + e))
    number by number
        out = []
        for label, score in zip(y, scores, strict=True):
            m = min(max(float(label * score), -700.0), 700.0)
            out.append(label / (1 + np.exp(m)))
        return out
    in float32
        margin = (y * scores).astype(np.float32)
        return (y * np.float32(0.5) * (1 - np.tanh(margin / 2))).astype(np.float32)
""")


@judge(
    reference.logistic_boost,
    points=3,
    returns=("chosen", "steps"),
    repair="this is the residual of the exponential loss: that of the logistic loss has a bound",
)
def logistic_boost(rng):
    for label, weight, m, n, n_rounds, rate in (
        ("one round", 0.5, 5, 11, 1, 1.0),
        ("three rounds", 1.0, 6, 13, 3, rng.uniform(1.5, 2.5)),
        ("five rounds", 2.0, 8, 15, 5, rng.uniform(1.0, 2.0)),
        ("a candidate that is mostly wrong", 2.0, 5, 12, 4, rng.uniform(1.5, 2.5)),
        ("eight rounds", 2.0, 9, 20, 8, rng.uniform(0.8, 1.5)),
    ):
        while True:
            y = rng.choice([-1, 1], n)
            wrong = rng.random((m, n)) < rng.uniform(0.2, 0.45, (m, 1))
            if label.startswith("a candidate"):
                wrong[1] = rng.random(n) < 0.9
            candidates = np.where(wrong, -y, y)
            if not _clear_fits(candidates, y, n_rounds, rate):
                continue
            chosen, steps = reference.logistic_boost(candidates, y, n_rounds, rate)
            if label.startswith("a candidate") and not np.any(steps < 0):
                continue
            if n_rounds < 2 or len(set(chosen)) > 1:
                break
        yield Call(label, weight, candidates=candidates, y=y, n_rounds=n_rounds, rate=rate)


def _clear_fits(candidates, y, n_rounds, rate):
    """Whether in each round one candidate is the best by far."""
    scores = np.zeros(len(y))
    chosen, steps = reference.logistic_boost(candidates, y, n_rounds, rate)
    for best, step in zip(chosen, steps, strict=True):
        factors = np.sort(np.abs(candidates @ (y / (1 + np.exp(y * scores)))))
        if factors[-1] - factors[-2] < 0.02 * factors[-1] or factors[-1] < 0.1:
            return False
        scores = scores + step * candidates[best]
    return True


logistic_boost.add_mistakes("""
    this is the residual of the exponential loss: that of the logistic loss has a bound
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.exp(-y * scores)
    this is the residual of the squared error, y minus the score
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y - scores
    the exponential residual is only cut off at 1: that of the logistic loss is another
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.minimum(np.exp(-y * scores), 1.0)
    the exponential residuals are divided by their sum: these are AdaBoost's weights
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.exp(-y * scores) / np.sum(np.exp(-y * scores))
    or
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.exp(-y * scores) / np.mean(np.exp(-y * scores))
    the label is missing in the exponent, or it stands once too often in what is added to the scores
        np.tanh(y * scores / 2) -> np.tanh(scores / 2)
    or
        steps[-1] * candidates[best] -> steps[-1] * y * candidates[best]
    the label is missing in front
        y * (1 - np.tanh(y * scores / 2)) -> (1 - np.tanh(y * scores / 2))
    the sign in the exponent is turned: an example that is right by far has next to no residual
        1 - np.tanh(y * scores / 2) -> 1 + np.tanh(y * scores / 2)
    the residual is twice the right one
        np.tanh(y * scores / 2)) / 2 -> np.tanh(y * scores / 2))
    this is y minus the probability: that is for labels 0 and 1
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y - 1 / (1 + np.exp(-scores))
    the score counts twice: the exponent, or the argument of a tanh, is twice as large as it should be
        np.tanh(y * scores / 2) -> np.tanh(y * scores)
    this is y minus tanh of the score, twice the residual at twice the score: of a loss with -2 * y * F
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y - np.tanh(scores)
    this is the loss of each example, not its derivative
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.logaddexp(0, -y * scores)
    or
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * np.log(1 + np.exp(-y * scores))
    this is the second derivative, p (1 - p): the first is asked for
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y * (1 - np.tanh(scores / 2) ** 2) / 4
    the residuals are those of the start in every round: the scores have moved on
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = y / 2
    only the examples on the wrong side have a residual here: every one has
        left = y * (1 - np.tanh(y * scores / 2)) / 2 -> left = np.where(y * scores <= 0, y * (1 - np.tanh(y * scores / 2)) / 2, 0.0)
    the scores move by the whole step, shrinkage left out
        scores + steps[-1] * candidates[best] -> scores + factors[best] * candidates[best]
    a candidate that is mostly wrong is never chosen: with a negative factor it is a good one
        np.argmax(np.abs(factors)) -> np.argmax(factors)
    the factors are not divided by the number of examples
        / len(y) -> / 1
    or
        / len(y) -> / np.sum(np.abs(left))
    this is AdaBoost's vote in place of the step
        steps.append(rate * factors[best]) -> e = np.sum(np.abs(left) * (candidates[best] != y)) / np.sum(np.abs(left)); steps.append(rate * np.log((1 - e) / e) / 2)
    the steps lack the shrinkage: they are what is added to the scores, `rate` included
        chosen, steps = logistic_boost(candidates, y, n_rounds, rate)
        return chosen, steps / rate
    there is no shrinkage at all: each round adds `rate` times its factor
        rate * factors[best] -> factors[best]
    the scores forget the rounds before: add each step to what they are by now
        scores + steps[-1] -> steps[-1]
""")
logistic_boost.add_variants("""
    the bounded quotient, a loop over the candidates
        scores, chosen, steps = np.zeros(len(y)), [], []
        for _ in range(n_rounds):
            left = y / (1 + np.exp(y * scores))
            factors = [np.mean(row * left) for row in candidates]
            best = max(range(len(factors)), key=lambda i: abs(factors[i]))
            chosen.append(best)
            steps.append(rate * factors[best])
            scores = scores + rate * factors[best] * candidates[best]
        return chosen, steps
    labels 0 and 1 and the probability of 1
        scores, found = np.zeros(len(y)), []
        for _ in range(n_rounds):
            left = (y + 1) / 2 - 1 / (1 + np.exp(-scores))
            factors = candidates.dot(left) / len(left)
            best = (factors**2).argmax()
            found.append((best, rate * factors[best]))
            scores += found[-1][1] * candidates[best]
        return np.array([i for i, _ in found]), np.array([step for _, step in found])
    by least squares, the scores made anew each round
        chosen, steps = np.zeros(n_rounds, dtype=int), np.zeros(n_rounds)
        for t in range(n_rounds):
            scores = steps[:t] @ candidates[chosen[:t]] if t else np.zeros(len(y))
            left = y * np.exp(-np.logaddexp(0, y * scores))
            sums = candidates @ left / len(y)
            off = np.sum((left - sums[:, None] * candidates) ** 2, axis=1)
            chosen[t] = np.argmin(off)
            steps[t] = rate * sums[chosen[t]]
        return chosen, steps
    by the exponential of a number that is not positive
        def logistic(score):
            e = np.exp(-np.abs(y * score))
            return y * np.where(y * score > 0, e / (1 + e), 1 / (1 + e))
        scores, chosen, steps = 0.0 * y, [], []
        for _ in range(n_rounds):
            sums = candidates @ logistic(scores)
            chosen.append(int(np.abs(sums).argmax()))
            steps.append(float(rate * sums[chosen[-1]] / y.size))
            scores = scores + steps[-1] * candidates[chosen[-1]]
        return chosen, np.array(steps)
""")


def _tree_case(rng, n, d, depth, repeated=False):
    """Training data on which every question of a tree is the best by far, and examples on all sides."""
    while True:
        x = rng.integers(0, 6, (n, d)) / 2 if repeated else rng.uniform(-3, 3, (n, d))
        y = 2 * np.sign(x[:, 0] - 0.3) * np.sign(x[:, -1] + 0.4) + x[:, d // 2] + rng.normal(size=n)
        x_new = rng.uniform(-3.5, 3.5, (12, d)) if not repeated else rng.uniform(-0.3, 2.8, (12, d))
        case = x, y, x_new, depth
        if not _questions(x, y, depth) or not _well_apart(x, x_new):
            continue
        if n < 12 or _told_apart(*case):
            return {"x": x, "y": y, "x_new": x_new, "depth": depth}


# What a split may be judged by in place of the squares.
OTHER_SCORES = (
    lambda low, high: np.var(low) + np.var(high),
    lambda low, high: np.sum(np.abs(low - low.mean())) + np.sum(np.abs(high - high.mean())),
    lambda low, high: -abs(low.mean() - high.mean()),
    lambda low, high: -(low.mean() ** 2) - high.mean() ** 2,
)


def _told_apart(x, y, x_new, depth):
    """Whether trees whose splits are judged in other ways say something else, each another thing."""
    said = [reference.tree_predict(x, y, x_new, depth)]
    said += [_grow(x, y, x_new, depth, score=score) for score in OTHER_SCORES]
    return all(np.abs(a - b).max() > 1e-3 for a, b in itertools.combinations(said, 2))


def _well_apart(x, x_new):
    """No example to predict lies so near to a possible threshold that a rounding sends it elsewhere."""
    return all(
        np.abs((np.sort(x[:, j])[:-1] + np.sort(x[:, j])[1:])[:, None] / 2 - x_new[:, j]).min() > 1e-4
        for j in range(x.shape[1])
    )


def _questions(x, y, depth):
    """Whether each question that a tree of this depth asks is the best by far."""
    if depth == 0 or len(y) < 2 or np.ptp(y) == 0:
        return True
    found = []
    for j in range(x.shape[1]):
        values = np.unique(x[:, j])
        for cut in (values[:-1] + values[1:]) / 2:
            sides = x[:, j] <= cut
            off = sum(np.sum((y[side] - y[side].mean()) ** 2) for side in (sides, ~sides))
            found.append((off, j, cut))
    if not found:
        return True
    found.sort()
    if len(found) > 1 and len(y) > 2 and found[1][0] - found[0][0] < 0.02 * found[0][0] + 1e-3:
        return False
    _, j, cut = found[0]
    return all(_questions(x[side], y[side], depth - 1) for side in (x[:, j] <= cut, x[:, j] > cut))


@judge(reference.tree_predict, points=4, returns=("y_new",))
def tree_predict(rng):
    yield Call("one question", 1.0, **_tree_case(rng, 9, 1, 1))
    yield Call("two features, one question", 1.0, **_tree_case(rng, 12, 2, 1))
    yield Call("two questions in a row", 3.0, **_tree_case(rng, 14, 2, 2))
    yield Call("three in a row", 3.0, **_tree_case(rng, 12, 3, 3))
    yield Call("repeated values", 2.0, **_tree_case(rng, 12, 2, 2, repeated=True))
    x = np.sort(rng.uniform(-3, 3, 7))[:, None]
    y = np.cumsum(rng.uniform(0.5, 1.0, 7) * 1.8 ** np.arange(7))
    while not _well_apart(x, x_new := rng.uniform(-3.5, 3.5, (9, 1))):
        pass
    yield Call("grown to the end", 1.0, x=x, y=y, x_new=x_new, depth=20)
    alike = np.repeat(rng.uniform(-1, 1, (3, 2)), 3, axis=0)
    alike[:, 1] = alike[0, 1]
    y = np.repeat([0.0, 4.0, 9.0], 3) + rng.uniform(-0.5, 0.5, 9)
    new = np.column_stack([rng.uniform(-2, 2, 8), rng.uniform(-2, 2, 8)])
    yield Call("examples that are alike", 1.0, x=alike, y=y, x_new=new, depth=6)
    # In one order along both features, so that both split as well.
    case = _tree_case(rng, 9, 1, 1)
    case["x"] = np.hstack([case["x"], case["x"] ** 3 / 3 + case["x"]])
    case["x_new"] = np.hstack([case["x_new"], -case["x_new"]])
    yield Call("two features that split alike", 0.5, **case)
    x, y = _peak(rng)
    while not _well_apart(x[:, None], x_new := rng.uniform(-2.5, 3.0, (8, 1))):
        pass
    yield Call("two thresholds that split alike", 0.5, x=x[:, None], y=y, x_new=x_new, depth=1)
    # Every sum of these is exact, so that the first question gains exactly nothing.
    sides = rng.uniform(0.5, 2.0, (2, 2)) * [[-1], [1]]
    rows = rng.permutation(np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 2, axis=0))
    board = np.column_stack([sides[rows[:, 0], 0], sides[rows[:, 1], 1]])
    while not _well_apart(board, x_new := rng.uniform(-3, 3, (12, 2))):
        pass
    y = rng.integers(1, 5) * np.where(rows[:, 0] == rows[:, 1], 1.0, -1.0)
    yield Call("a board: the first question gains nothing", 1.0, x=board, y=y, x_new=x_new, depth=2)
    yield Call("no question", 0.5, **_tree_case(rng, 8, 2, 0))


def _grow(x, y, x_new, depth, *, score=None, cuts=None, answer=np.mean, features=None, above=np.greater, gain=False):
    """A tree with one part exchanged: score(y of the two sides) is made least, if `gain`, only below that of y."""
    score = score or (lambda low, high: np.sum((low - low.mean()) ** 2) + np.sum((high - high.mean()) ** 2))
    cuts = cuts or (lambda column: np.convolve(np.unique(column), [0.5, 0.5], mode="valid"))
    best = np.sum((y - y.mean()) ** 2) if gain else np.inf, None, None
    if depth > 0 and np.ptp(y) > 0:
        for j in features(x) if features else range(x.shape[1]):
            for cut in cuts(x[:, j]):
                up = above(x[:, j], cut)
                if up.all() or not up.any():
                    continue
                value = score(y[~up], y[up])
                if value < best[0] - 1e-12:
                    best = value, j, cut
    if best[1] is None:
        return np.full(len(x_new), answer(y))
    _, j, cut = best
    up, there = above(x[:, j], cut), above(x_new[:, j], cut)
    result = np.empty(len(x_new))
    same = {"score": score, "cuts": cuts, "answer": answer, "features": features, "above": above, "gain": gain}
    result[there] = _grow(x[up], y[up], x_new[there], depth - 1, **same)
    result[~there] = _grow(x[~up], y[~up], x_new[~there], depth - 1, **same)
    return result


def _swapped(x, y, x_new, depth):
    """A tree in which every question's two sides have changed places for what is predicted."""
    split = _split(x, y) if depth else None
    if split is None:
        return np.full(len(x_new), y.mean())
    j, cut = split
    up = x[:, j] > cut
    low, high = (_swapped(x[side], y[side], x_new, depth - 1) for side in (~up, up))
    return np.where(x_new[:, j] > cut, low, high)


def _same_question(x, y, x_new, depth):
    """A tree that looks for the first question only, and then for the best on that feature alone."""
    split = _split(x, y) if depth else None
    if split is None:
        return np.full(len(x_new), y.mean())
    return _grow(x, y, x_new, depth, features=lambda _: [split[0]])


def _split(x, y):
    """Feature and threshold of the best question, or None."""
    found = []
    for j in range(x.shape[1] if np.ptp(y) > 0 else 0):
        for cut in np.convolve(np.unique(x[:, j]), [0.5, 0.5], mode="valid"):
            up = x[:, j] > cut
            if up.any() and not up.all():
                found.append((sum(np.var(y[s]) * s.sum() for s in (up, ~up)), j, cut))
    return min(found)[1:] if found else None


tree_predict.add_mistakes("""
    the two means of squares are added: a side counts by its examples
        return _grow(x, y, x_new, depth, score=lambda low, high: np.var(low) + np.var(high))
    the absolute errors are added: take the split of least squared error
        return _grow(x, y, x_new, depth, score=lambda low, high: np.sum(np.abs(low - low.mean())) + np.sum(np.abs(high - high.mean())))
    or
        return _grow(x, y, x_new, depth, score=lambda low, high: np.sum(np.abs(low - np.median(low))) + np.sum(np.abs(high - np.median(high))))
    the split is in the middle of the examples: try every place between two values
        return _grow(x, y, x_new, depth, cuts=lambda column: [np.median(column)])
    the split is at the mean of the feature: try every place between two values
        return _grow(x, y, x_new, depth, cuts=lambda column: [np.mean(column)])
    the thresholds are the values themselves: they lie half-way between neighbours
        return _grow(x, y, x_new, depth, cuts=lambda column: np.unique(column)[:-1])
    or
        return _grow(x, y, x_new, depth, cuts=lambda column: np.unique(column)[1:], above=np.greater_equal)
    or
        return _grow(x, y, x_new, depth, cuts=lambda column: np.unique(column)[1:])
    a leaf answers the median of its targets: the mean is best for squares
        return _grow(x, y, x_new, depth, answer=np.median)
    a leaf answers the sum of its targets: the mean is best for squares
        return _grow(x, y, x_new, depth, answer=np.sum)
    only the first feature is asked: try them all
        return _grow(x, y, x_new, depth, features=lambda x: [0])
    the worst split is taken: take the one of least squared error
        return _grow(x, y, x_new, depth, score=lambda low, high: -np.sum((low - low.mean()) ** 2) - np.sum((high - high.mean()) ** 2))
    the squares of the two means are added: each counts as often as its side has examples
        return _grow(x, y, x_new, depth, score=lambda low, high: -low.mean() ** 2 - high.mean() ** 2)
    of questions of the same error the last is asked: ask the first feature's, at the smallest threshold
        return _grow(x, y, x_new, depth, cuts=lambda column: np.convolve(np.unique(column), [0.5, 0.5], mode="valid")[::-1], features=lambda x: range(x.shape[1])[::-1])
    or
        return _grow(x, y, x_new, depth, features=lambda x: range(x.shape[1])[::-1])
    or
        return _grow(x, y, x_new, depth, cuts=lambda column: np.convolve(np.unique(column), [0.5, 0.5], mode="valid")[::-1])
    a question that gains nothing was left out: the next one may need it
        return _grow(x, y, x_new, depth, gain=True)
    the means lie farthest apart, whatever the number of examples on a side: the squares decide
        return _grow(x, y, x_new, depth, score=lambda low, high: -abs(low.mean() - high.mean()))
    one question too few is asked
        return tree_predict(x, y, x_new, max(depth - 1, 0))
    one question too many is asked
        return tree_predict(x, y, x_new, depth + 1)
    only one question is asked: each side is a tree of its own
        return tree_predict(x, y, x_new, min(depth, 1))
    the tree is grown to the end, whatever the depth
        return tree_predict(x, y, x_new, 50)
    or
        return tree_predict(x, y, x_new, 50 if depth else 0)
    the two sides have changed places
        return _swapped(x, y, x_new, depth)
    both sides ask the feature of the first question: each side may ask another
        return _same_question(x, y, x_new, depth)
    the mean of all targets is returned for every example
        return np.full(len(x_new), y.mean())
    this is the target of the nearest training example
        return y[np.sum((x_new[:, None] - x) ** 2, axis=2).argmin(axis=1)]
""")


tree_predict.add_variants("""
    a loop over all questions, recursive
        return _grow(x, y, x_new, depth)
    example by example, through lists
        def answer(rows, new, depth):
            targets = [float(y[i]) for i in rows]
            mean = sum(targets) / len(targets)
            if depth == 0 or max(targets) == min(targets):
                return mean
            best = None
            for j in range(len(new)):
                values = sorted({float(x[i, j]) for i in rows})
                for a, b in zip(values, values[1:], strict=False):
                    sides = [[i for i in rows if x[i, j] <= (a + b) / 2], [i for i in rows if x[i, j] > (a + b) / 2]]
                    off = 0.0
                    for side in sides:
                        middle = sum(y[i] for i in side) / len(side)
                        off += sum((y[i] - middle) ** 2 for i in side)
                    if best is None or off < best[0] - 1e-12:
                        best = off, j, (a + b) / 2, sides
            if best is None:
                return mean
            _, j, cut, sides = best
            return answer(sides[int(new[j] > cut)], new, depth - 1)
        return [answer(list(range(len(y))), new, depth) for new in x_new]
    by running sums of the sorted targets
        best, n = None, len(y)
        if depth and np.ptp(y) > 0:
            for j in range(x.shape[1]):
                order = np.argsort(x[:, j], kind="stable")
                v, sums = x[order, j], np.cumsum(y[order] - y.mean())
                for i in np.flatnonzero(v[1:] > v[:-1]):
                    gain = sums[i] ** 2 * (1 / (i + 1) + 1 / (n - i - 1))
                    if best is None or gain > best[0] + 1e-12:
                        best = gain, j, (v[i] + v[i + 1]) / 2
        if best is None:
            return np.full(len(x_new), y.mean())
        _, j, cut = best
        up = x[:, j] > cut
        low = tree_predict(x[~up], y[~up], x_new, depth - 1)
        high = tree_predict(x[up], y[up], x_new, depth - 1)
        return np.where(x_new[:, j] > cut, high, low)
    a tree kept as nested pairs, then asked
        def grow(rows, depth):
            targets = y[rows]
            if depth == 0 or np.all(targets == targets[0]):
                return targets.mean()
            best = (np.inf,)
            for j in range(x.shape[1]):
                values = np.unique(x[rows, j])
                for cut in values[:-1] + np.diff(values) / 2:
                    up = x[rows, j] > cut
                    off = sum(np.var(part) * len(part) for part in (targets[up], targets[~up]))
                    if off < best[0] - 1e-12:
                        best = off, j, cut, up
            if len(best) == 1:
                return targets.mean()
            _, j, cut, up = best
            return j, cut, grow(rows[~up], depth - 1), grow(rows[up], depth - 1)
        root, out = grow(np.arange(len(y)), depth), np.zeros(len(x_new))
        for k, new in enumerate(x_new):
            node = root
            while isinstance(node, tuple):
                node = node[3] if new[node[0]] > node[1] else node[2]
            out[k] = node
        return out
""")


wrong_labels = Written(
    name="boosting-with-wrong-labels",
    points=4,
    rubric="""\
- 1 point: the update: an example that a member gets wrong is multiplied by exp(alpha), and good members get a wrongly labelled example "wrong", so that its weight grows in the first rounds and stays high.
- 1 point: what follows: later members are chosen to fit these labels; training error goes to zero, the error on new examples stops falling or rises.
- 1 point: how to see it: a small share of the examples gathers most of the weight (largest weights, or their effective number, by round), or the error on held-out examples beside the training error.
- 1 point: two remedies that work, such as stopping early, a smaller vote (shrinkage), a cap on the weights or a loss that grows more slowly (logistic), looking at the heaviest examples anew, bagging in place of boosting; chosen by the error on clean held-out examples, not by the training error.
""",
)
