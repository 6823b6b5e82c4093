"""How the exercises of the chapter on ensembles are judged."""

import warnings

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import ensembles as reference
from solutions import quantities


def _probabilities(rng, *shape):
    scores = rng.uniform(0.2, 2.0, shape)
    return scores / scores.sum(axis=-1, keepdims=True)


@judge(reference.average_probabilities, points=1, returns=("probabilities",))
def average_probabilities(rng):
    yield Call("three models", probabilities=_probabilities(rng, 3, 5, 4))
    yield Call("as many models as classes", probabilities=_probabilities(rng, 4, 6, 4))
    yield Call("as many models as examples", probabilities=_probabilities(rng, 5, 5, 3))
    sure = np.eye(3)[rng.integers(0, 3, (2, 7))] * 0.9 + 0.1 / 3
    yield Call("two models that are sure of themselves", probabilities=sure)
    yield Call("one model", probabilities=_probabilities(rng, 1, 3, 4))


average_probabilities.add_mistakes("""
    this is the sum over the models: divide it by their number
        np.mean -> np.sum
    the geometric mean was taken, of which one sure model can make zero: average the probabilities
    themselves
        mean = np.exp(np.mean(np.log(probabilities), axis=0))
        return mean / mean.sum(axis=1, keepdims=True)
    the mean is over the examples: the first axis counts the models
        axis=0 -> axis=1
    the mean is over the classes: the first axis counts the models
        axis=0 -> axis=-1
    a softmax was taken once more: these are probabilities already, their mean is the answer
        powers = np.exp(np.mean(probabilities, axis=0))
        return powers / powers.sum(axis=1, keepdims=True)
    the geometric mean was taken, whose entries do not even add up to 1: take the mean
        return np.exp(np.mean(np.log(probabilities), axis=0))
    this is the class that wins: return the mean probabilities of all classes
        return np.mean(probabilities, axis=0).argmax(axis=1)
    the median was taken, whose entries need not add up to 1: take the mean
        # Of two models the median is the mean: that the others differ is enough.
        np.mean -> np.median
    each model was made to vote for one class first: average what it says of all classes
        k = probabilities.shape[2]
        return np.eye(k)[probabilities.argmax(axis=2)].mean(axis=0)
    the probabilities were cut to whole numbers before the mean: keep them in an array of floats
        return np.round(probabilities).mean(axis=0)
    this is the product of the probabilities: take the mean
        return np.prod(probabilities, axis=0)
    or
        mean = np.prod(probabilities, axis=0)
        return mean / mean.sum(axis=1, keepdims=True)
    the largest probability of any model was taken: take the mean
        return probabilities.max(axis=0)
    this is the first model's: average over all of them
        return probabilities[0].copy()
    each row was divided by its sum over the examples: the mean adds up to 1 over the classes
    already
        mean = probabilities.mean(axis=0)
        return mean / mean.sum(axis=0)
    the harmonic mean was taken: take the mean
        return 1 / np.mean(1 / probabilities, axis=0)
    all was averaged into one number: average over the models alone
        return probabilities.mean()
""")
average_probabilities.add_variants("""
    a loop over the models
        total = 0
        for one in probabilities:
            total = total + one / len(probabilities)
        return total
    in float32, by einsum
        m = len(probabilities)
        return np.einsum("mnk->nk", probabilities.astype(np.float32)) / np.float32(m)
""")


def _ties(rng):
    """Columns of seven votes in which two classes, or three, have two votes each."""
    columns = []
    for number in range(8):
        # Class 0 wins twice at least: it is easily forgotten.
        classes = np.append(0, 1 + rng.permutation(5)) if number < 2 else rng.permutation(6)
        column = rng.permutation(np.repeat(classes[:5], (2, 2, 1, 1, 1) if number % 2 else (2, 2, 2, 1, 0)))
        tied = np.flatnonzero(np.bincount(column, minlength=6) == 2)
        # The smallest of them is met first, in the middle or last, in turn.
        wanted = np.roll(tied, number // 2)
        places = np.flatnonzero(np.isin(column, tied))
        first, rest = places[: len(tied)], places[len(tied) :]
        column[first], column[rest] = wanted, rng.permutation(tied)
        columns.append(column)
    return np.array(columns).T


@judge(reference.majority_vote, points=2, returns=("labels",))
def majority_vote(rng):
    def clear(m, n, k):
        """Votes without a tie, in which neither the median nor the mean is the winner."""
        columns = []
        while len(columns) < n:
            column = rng.integers(0, k, m)
            counts = np.sort(np.bincount(column, minlength=k))
            middle, mean = np.median(column), round(np.mean(column))
            differ = columns or middle != mean
            if counts[-1] > counts[-2] and np.bincount(column).argmax() not in (middle, mean) and differ:
                columns.append(column)
        return np.array(columns).T

    yield Call("seven models, six classes", votes=clear(7, 8, 6), n_classes=6)
    yield Call("as many models as examples", votes=clear(9, 9, 7), n_classes=7)
    yield Call("ties", votes=_ties(rng), n_classes=6)
    yield Call("one model", votes=rng.integers(0, 9, (1, 12)), n_classes=9)
    yield Call("a class that nobody names", votes=clear(7, 6, 6) + 1, n_classes=9)


majority_vote.add_mistakes("""
    class numbers are names: their mean means nothing, count the votes for each
        return np.round(np.mean(votes, axis=0)).astype(int)
    class numbers are names: their median means nothing, count the votes for each
        return np.median(votes, axis=0).astype(int)
    of classes with equally many votes the largest was taken: take the smallest
        counts = np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
        return n_classes - 1 - counts[:, ::-1].argmax(axis=1)
    the votes were counted for each model: count them for each example, along the first axis
        return majority_vote(votes.T, n_classes)
    these are numbers of votes: return the class that has the most
        return np.max(np.sum(votes[:, :, None] == np.arange(n_classes), axis=0), axis=1)
    of classes with equally many votes the one that is met first was taken: take the smallest
        return [max(column, key=column.count) for column in votes.T.tolist()]
    the mean of class numbers, cut to a whole number, names no winner: count the votes for each
    class
        return np.mean(votes, axis=0).astype(int)
    class 0 was not counted: classes go from 0 to n_classes - 1
        counts = np.sum(votes[:, :, None] == np.arange(1, n_classes), axis=0)
        return 1 + counts.argmax(axis=1)
    the first model's vote was taken: count those of all
        return votes[0]
    the last model's vote was taken: count those of all
        return votes[-1]
    the largest class number was taken: count the votes
        return votes.max(axis=0)
    the smallest class number was taken: count the votes
        return votes.min(axis=0)
    the votes of all examples were counted together: each example has a winner of its own
        return np.full(votes.shape[1], np.bincount(votes.ravel(), minlength=n_classes).argmax())
    the class with the fewest votes was taken: the most
        counts = np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
        return counts.argmin(axis=1)
    this is the place among the classes that were named: return the class itself
        return [np.unique(column, return_counts=True)[1].argmax() for column in votes.T]
    classes are counted from 1 here: from 0
        return majority_vote(votes, n_classes) + 1
    these are the shares of the votes: return the class that has the most
        return np.mean(votes[:, :, None] == np.arange(n_classes), axis=0)
    these are all numbers of votes: return the class that has the most
        return np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
""")
majority_vote.add_variants("""
    bincount, column by column
        return [np.bincount(column, minlength=n_classes).argmax() for column in votes.T]
    np.unique, column by column
        winners = []
        for column in votes.T:
            classes, times = np.unique(column, return_counts=True)
            winners.append(int(classes[times.argmax()]))
        return winners
    a dictionary
        winners = []
        for column in votes.T.tolist():
            counts = {}
            for vote in column:
                counts[vote] = counts.get(vote, 0) + 1
            winners.append(min(counts, key=lambda c: (-counts[c], c)))
        return np.array(winners, dtype=float)
""")


@judge(reference.bootstrap_sample, points=1, returns=("rows",), compare_as=quantities.draws_with_replacement)
def bootstrap_sample(rng):
    seed = int(rng.integers(2**31))
    n = int(rng.integers(900, 1200))
    yield Call("a thousand examples or so", n=n, rng=Rng(seed))
    yield Call("the same generator again", n=n, rng=Rng(seed))
    yield Call("another generator", n=n, rng=Rng(seed + 1))
    yield Call("more examples", n=2 * n, rng=Rng(seed + 2))
    # Of one example only 0 can be drawn: who counts one too far, or rounds up, does it here.
    alone = seed + 3
    while not _too_far(alone):
        alone += 1
    yield Call("one example", n=1, rng=Rng(alone))


def _too_far(seed):
    """Whether draws that may wrongly end with n = 1 do so from this seed."""
    return np.random.default_rng(seed).integers(0, 2, size=1)[0] == 1 and np.random.default_rng(seed).random(1)[0] > 0.5


bootstrap_sample.add_mistakes("""
    drawn without replacement: every example comes once; a bootstrap sample draws with replacement
        return rng.permutation(n)
    the numbers do not come from the generator `rng`
        return np.random.default_rng(0).integers(0, n, size=n)
    only for n = 1 it is seen, where this raises: can one example never be drawn? `integers` leaves
    its upper end out, so draw from 0 up to n
        0, n -> 0, n - 1
    n itself is drawn, which is no example: indices count from 0, and end with n - 1
        0, n -> 1, n + 1
    half as many draws as examples, repeated: draw n times
        return np.resize(rng.integers(0, n, size=n // 2), n)
    one number was drawn and repeated: draw n of them, each by itself
        return np.full(n, rng.integers(0, n))
    only the rows that were drawn are listed, each once: a sample keeps its repetitions
        return np.unique(rng.integers(0, n, size=n))
""")
bootstrap_sample.add_variants("""
    rng.choice
        return rng.choice(n, size=n, replace=True)
    one after the other
        return [int(n * rng.random()) for _ in range(n)]
""")


@judge(reference.bagging_predict, points=2, returns=("y_new",), rtol=1e-6)
def bagging_predict(rng):
    for label, n, m, degree in (
        ("straight lines", 12, 4, 1),
        ("cubics", 20, 6, 3),
        ("as many models as examples", 9, 9, 2),
        ("constants", 8, 3, 0),
        ("one model", 15, 1, 2),
    ):
        x = rng.permutation(np.linspace(-2, 2, n)) + rng.uniform(-0.1, 0.1, n)
        y = np.sin(2 * x) + x**2 + rng.uniform(-0.5, 0.5, n)
        x_new = rng.uniform(-2, 2, 6)
        # Enough different points in every sample for its polynomial.
        rows = rng.integers(0, n, (m, n))
        rows[:, : degree + 2] = np.argsort(rng.random((m, n)), axis=1)[:, : degree + 2]
        yield Call(label, x=x, y=y, rows=rows, x_new=x_new, degree=degree)


bagging_predict.add_mistakes("""
    one polynomial was fitted to all the data: fit one to each sample, then average
        return np.polynomial.Polynomial.fit(x, y, degree)(x_new)
    one polynomial was fitted to all samples together: fit one to each, then average the predictions
        return np.polynomial.Polynomial.fit(x[rows].ravel(), y[rows].ravel(), degree)(x_new)
    only x was taken from the sample: y belongs to the same indices, y[row] with x[row]
        y[r] -> y
    only y was taken from the sample: x belongs to the same indices, x[row] with y[row]
        x[r], y -> x, y
    the `coef` of `Polynomial.fit` belong to a rescaled x: call the polynomial itself
        fit = np.polynomial.Polynomial.fit
        coefficients = np.mean([fit(x[r], y[r], degree).coef for r in rows], axis=0)
        return np.polynomial.polynomial.polyval(x_new, coefficients)
    the median of the predictions was taken: take their mean
        np.mean -> np.median
    only the first sample was used: fit one polynomial to each
        return np.polynomial.Polynomial.fit(x[rows[0]], y[rows[0]], degree)(x_new)
    divided by the number of examples: divide by that of the samples, len(rows)
        np.mean -> np.sum
        axis=0) -> axis=0) / len(x)
    the polynomials have one power too few: of degree d they have d + 1 coefficients
        powers, new = (np.vander(v, degree) for v in (x, x_new))
        return np.mean(
            [new @ np.linalg.lstsq(powers[r], y[r], rcond=None)[0] for r in rows], axis=0
        )
    these are the predictions of all models: average them
        fit = np.polynomial.Polynomial.fit
        return np.array([fit(x[r], y[r], degree)(x_new) for r in rows])
    the predictions were added up: divide by the number of models
        return bagging_predict(x, y, rows, x_new, degree) * len(rows)
    repeated examples were counted once: a sample keeps its repetitions
        x[r], y[r] -> x[np.unique(r)], y[np.unique(r)]
    the predictions are those of the last sample's polynomial: average over all
        return np.polynomial.Polynomial.fit(x[rows[-1]], y[rows[-1]], degree)(x_new)
    the predictions are at the training inputs: predict at `x_new`
        fit = np.polynomial.Polynomial.fit
        return np.mean([fit(x[r], y[r], degree)(x) for r in rows], axis=0)
    the mean is over the new points: average over the models, axis 0
        fit = np.polynomial.Polynomial.fit
        return np.mean([fit(x[r], y[r], degree)(x_new) for r in rows], axis=1)
    x and y have changed places in the fit: y is a function of x
        fit = np.polynomial.Polynomial.fit
        return np.mean([fit(y[r], x[r], degree)(x_new) for r in rows], axis=0)
    the polynomials have one power too many: of degree d they have d + 1 coefficients
        fit = np.polynomial.Polynomial.fit
        return np.mean([fit(x[r], y[r], degree + 1)(x_new) for r in rows], axis=0)
    these are coefficients: return what the polynomials predict at `x_new`, averaged
        fit = np.polynomial.Polynomial.fit
        return np.mean([fit(x[r], y[r], degree).coef for r in rows], axis=0)
    or
        return np.mean([np.polyfit(x[r], y[r], degree) for r in rows], axis=0)
""")
bagging_predict.add_variants("""
    np.polyfit, the coefficients averaged
        # A polynomial's value is linear in its coefficients: here it is the same.
        return np.polyval(np.mean([np.polyfit(x[r], y[r], degree) for r in rows], axis=0), x_new)
    least squares with powers
        powers, new = (np.vander(v, degree + 1) for v in (x, x_new))
        total = np.zeros(len(x_new))
        for r in rows:
            total += new @ np.linalg.lstsq(powers[r], y[r], rcond=None)[0]
        return total / len(rows)
""")


@judge(reference.out_of_bag_average, points=2, returns=("average",))
def out_of_bag_average(rng):
    for label, m, n in (
        ("six models, eight examples", 6, 8),
        ("as many models as examples", 7, 7),
        ("twenty models", 20, 12),
        ("three models", 3, 9),
    ):
        rows = rng.integers(0, n, (m, n))
        while True:  # every example is unseen by somebody
            seen = np.array([np.isin(np.arange(n), r) for r in rows])
            if not seen.all(axis=0).any() and seen.any(axis=0).any():
                break
            rows = rng.integers(0, n, (m, n))
        yield Call(label, predictions=rng.uniform(1.0, 3.0, (m, n)), rows=rows)
    rows = rng.integers(0, 6, (2, 6))
    rows[:, 0] = rng.integers(0, 6)
    predictions = rng.uniform(1.0, 3.0, (2, 6))
    yield Call("an example that every model has seen", predictions=predictions, rows=rows)


def _seen(rows):
    return np.array([np.isin(np.arange(len(r)), r) for r in rows])


out_of_bag_average.add_mistakes("""
    all models were averaged: leave out those that saw the example in training
        return np.mean(predictions, axis=0)
    the models that saw the example were averaged: take the others
        seen = _seen(rows)
        return np.sum(predictions * seen, axis=0) / np.maximum(seen.sum(axis=0), 1)
    or
        seen = _seen(rows)
        return np.sum(predictions * seen, axis=0) / seen.sum(axis=0)
    divided by the number of all models: divide by that of the models that did not see the example
        return np.mean(predictions * ~_seen(rows), axis=0)
    these are sums: divide by the number of models that did not see the example
        return np.sum(predictions * ~_seen(rows), axis=0)
    an example counts as unseen where its index is not at its own place: look for it anywhere in the
    sample
        unseen = rows != np.arange(rows.shape[1])
        return np.sum(predictions * unseen, axis=0) / np.maximum(unseen.sum(axis=0), 1)
    or
        unseen = rows != np.arange(rows.shape[1])
        return np.sum(predictions * unseen, axis=0) / unseen.sum(axis=0)
    an example was left out as soon as one model had seen it: ask each model by itself
        unseen = np.broadcast_to(~_seen(rows).any(axis=0), predictions.shape)
        return np.sum(predictions * unseen, axis=0) / unseen.sum(axis=0)
    this is one mean for each model: average over the models, one number for each example
        unseen = ~_seen(rows)
        return np.sum(predictions * unseen, axis=1) / unseen.sum(axis=1)
    an example that every model has seen has no such mean: give nan, not 0
        return np.nan_to_num(out_of_bag_average(predictions, rows), nan=0.0)
    `~rows[k]` of row numbers is -1 - row, which counts from the end: it is not the set of the
    others; make a mask of True and False, and turn that round
        m, n = predictions.shape
        total, count = np.zeros(n), np.zeros(n)
        for k in range(m):
            outside = np.unique(~rows[k])
            total[outside] += predictions[k, outside]
            count[outside] += 1
        return total / count
    or
        m, n = predictions.shape
        total, count = np.zeros(n), np.zeros(n)
        for k in range(m):
            total[~rows[k]] += predictions[k, ~rows[k]]
            count[~rows[k]] += 1
        return total / count
    or
        m, n = predictions.shape
        total, count = np.zeros(n), np.zeros(n)
        for k in range(m):
            total[~rows[k]] += predictions[k, ~rows[k]]
            count[~rows[k]] += 1
        return total / np.maximum(count, 1)
    or
        unseen = np.zeros(predictions.shape)
        for k, row in enumerate(rows):
            unseen[k, ~row] = 1
        return np.sum(predictions * unseen, axis=0) / np.maximum(unseen.sum(axis=0), 1)
    predictions[k, rows[k]] are those of the sample, and stand in another order: leave them out, by
    a mask
        return np.mean([p[r] for p, r in zip(predictions, rows)], axis=0)
    where an example is drawn twice it was subtracted twice: each model has seen an example or not
        seen = np.array([np.bincount(r, minlength=len(r)) for r in rows])
        return np.sum(predictions * (1 - seen), axis=0) / np.sum(1 - seen, axis=0)
    or
        n = rows.shape[1]
        total, count = predictions.sum(axis=0), np.full(n, float(len(rows)))
        for p, r in zip(predictions, rows):
            for i in r:
                total[i] -= p[i]
                count[i] -= 1
        return total / count
    divided by the number of models less one: divide by that of the models that did not see the
    example
        unseen = ~_seen(rows)
        return np.sum(predictions * unseen, axis=0) / (len(rows) - 1)
    the median of the models that did not see the example was taken: take the mean
        hidden = np.where(_seen(rows), np.nan, predictions)
        return np.array([np.median(c[~np.isnan(c)]) if not np.isnan(c).all() else np.nan for c in hidden.T])
    all were averaged, and those that saw the example counted as 0: divide by the number of models
    that did not
        return np.sum(predictions * ~_seen(rows), axis=0) / np.maximum(_seen(rows).sum(axis=0), 1)
""")
out_of_bag_average.add_variants("""
    with nanmean
        hidden = predictions.copy()
        for model, r in enumerate(rows):
            hidden[model, r] = np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an example that every model has seen
            return np.nanmean(hidden, axis=0)
    example by example
        averages = []
        for i, column in enumerate(predictions.T.tolist()):
            others = [p for p, row in zip(column, rows.tolist(), strict=True) if i not in row]
            averages.append(sum(others) / len(others) if others else float("nan"))
        return averages
""")


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
            case = {"x": x, "y": y, "weights": weights / weights.sum()}
            _, feature, threshold, _ = _stumps(**case)[0]
            if _decided(case) and feature == 1 and np.sum(x[:, 1] < threshold) == cut:
                break
        yield Call(label, **case)


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


def _decided(case):
    """Whether one stump is best, by more than float32 could hide.

    Better, too, than the same answer everywhere: some would call that a stump.
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
    the threshold is zero, whatever the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [0.0])
    the threshold is the mean of the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [column.mean()])
    the threshold is the median of the feature: try all half-way points
        return _best_cut(x, y, weights, lambda column: [np.median(column)])
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
        yield Call(label, candidates=candidates, y=y, n_rounds=n_rounds)


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
    the two results have changed places: `return chosen, alphas`
        return adaboost(candidates, y, n_rounds)[::-1]
""")
adaboost.add_variants("""
    weights of wrong ones divided by 2e, of right ones by 2(1 - e)
        weights, chosen, alphas = np.full(len(y), 1 / len(y)), [], []
        for _ in range(n_rounds):
            wrong = candidates != y
            errors = wrong @ weights
            best = errors.argmin()
            e = errors[best]
            chosen.append(int(best))
            alphas.append(0.5 * np.log(1 / e - 1))
            weights = np.where(wrong[best], weights / (2 * e), weights / (2 * (1 - e)))
        return chosen, alphas
    by the exponential loss of the sum so far
        score, chosen, alphas = np.zeros(len(y)), [], []
        for _ in range(n_rounds):
            weights = np.exp(-y * score)
            weights = weights / weights.sum()
            errors = [float(weights[row != y].sum()) for row in candidates]
            best = errors.index(min(errors))
            alpha = np.arctanh(1 - 2 * errors[best])
            score = score + alpha * candidates[best]
            chosen.append(best)
            alphas.append(alpha)
        return chosen, alphas
""")


@judge(reference.snapshot_schedule, points=2, returns=("lr",))
def snapshot_schedule(rng):
    lr = rng.uniform(0.3, 1.0)
    for label, step, n_steps, n_cycles in (
        ("in the first cycle", 13, 100, 4),
        ("in the second cycle", 33, 100, 4),
        ("in the third cycle", 57, 100, 4),
        ("a cycle begins", 40, 120, 3),
        ("a cycle ends", 39, 120, 3),
        ("cycles that do not divide the steps", 61, 100, 7),
        ("one cycle", 30, 50, 1),
    ):
        yield Call(label, step=step, n_steps=n_steps, n_cycles=n_cycles, lr=lr * rng.uniform(0.9, 1.1))


snapshot_schedule.add_mistakes("""
    one cosine over the whole training: begin anew in every cycle, by `step` modulo the cycle's
    length
        return lr / 2 * (1 + np.cos(np.pi * step / n_steps))
    a cosine of period one cycle, which rises again: half a period, pi, is one cycle
        np.pi -> 2 * np.pi
    the rate starts at 2 * lr: halve it, since 1 + cos is 2 at the beginning
        return 2 * snapshot_schedule(step, n_steps, n_cycles, lr)
    the length of a cycle was rounded down: round it up, so that there are no more cycles than asked
    for
        c = n_steps // n_cycles
        return lr / 2 * (1 + np.cos(np.pi * (step % c) / c))
    the steps were counted from 1: here the first one is 0, and has the rate lr
        return snapshot_schedule(step - 1, n_steps, n_cycles, lr)
    the steps were counted one too far: the first one is 0, and has the rate lr
        return snapshot_schedule(step + 1, n_steps, n_cycles, lr)
    without `step` modulo the cycle's length the rate climbs in every second cycle instead of
    jumping up
        (step % length) -> step
    a cycle is a whole number of steps: round n_steps / n_cycles up
        c = n_steps / n_cycles
        return lr / 2 * (1 + np.cos(np.pi * (step % c) / c))
    a cycle is one step too long where the cycles divide the steps: n // m + 1 does not round up
        c = n_steps // n_cycles + 1
        return lr / 2 * (1 + np.cos(np.pi * (step % c) / c))
    divided by the cycle's length less one: divide by the length
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos(np.pi * (step % length) / (length - 1)))
    `n_cycles` is how many cycles there are: one of them has ceil(n_steps / n_cycles) steps
        return lr / 2 * (1 + np.cos(np.pi * (step % n_cycles) / n_cycles))
    the rate rises within a cycle: 1 *plus* the cosine falls
        return lr - snapshot_schedule(step, n_steps, n_cycles, lr)
    the rate falls in a straight line: it follows a cosine
        c = -(-n_steps // n_cycles)
        return lr * (1 - (step % c) / c)
    the half is missing, and the 1: lr / 2 times 1 plus the cosine
        length = -(-n_steps // n_cycles)
        return lr * np.cos(np.pi * (step % length) / length)
    or
        length = -(-n_steps // n_cycles)
        return lr / 2 * np.cos(np.pi * (step % length) / length)
    pi is missing: the angle runs from 0 to pi within a cycle
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos((step % length) / length))
    the angle is the number of the cycle, not the place within it: take step modulo the length
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos(np.pi * (step // length) / length))
    this is a sine: it is the cosine that falls from 1 to -1
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.sin(np.pi * (step % length) / length))
    `lr` is missing: this is the share of it
        return snapshot_schedule(step, n_steps, n_cycles, 1.0)
    the brackets are missing: step modulo the cycle's length comes first, then the division
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos(np.pi * step % length / length))
    the angle begins one step further, so that the last one of a cycle has rate 0: the first step of
    a cycle has the angle 0
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos(np.pi * (step % length + 1) / length))
    the place within the cycle is divided by the steps of the whole training: divide it by the
    cycle's length
        length = -(-n_steps // n_cycles)
        return lr / 2 * (1 + np.cos(np.pi * (step % length) / n_steps))
""")
snapshot_schedule.add_variants("""
    by the square of a cosine
        length = int(np.ceil(n_steps / n_cycles))
        return lr * np.cos(np.pi / 2 * (step / length - step // length)) ** 2
    a loop over the cycles
        length = (n_steps + n_cycles - 1) // n_cycles
        while step >= length:
            step -= length
        return 0.5 * lr + 0.5 * lr * float(np.cos(np.pi * step / length))
""")


@judge(reference.polyak_average, points=1, returns=("average",))
def polyak_average(rng):
    for label, shape, t in (
        ("the second point", (4,), 2),
        ("the seventh point, a matrix", (3, 5), 7),
        ("the hundredth point", (6,), 100),
        ("the first point", (4,), 1),
    ):
        average, theta = rng.uniform(1.0, 2.0, shape), rng.uniform(-300.0, -200.0, shape)
        yield Call(label, average=average, theta=theta, t=t)


polyak_average.add_mistakes("""
    half of each: that forgets the older points by halves; the new one counts 1 / t
        return (average + theta) / 2
    the new point counts 1 / (t + 1): t counts the points with the new one
        t -> (t + 1)
    this is a sum: the mean of t points is (t - 1) / t times the old mean, plus theta / t
        return average + theta / t
    old and new are exchanged: the new point counts 1 / t, the old mean (t - 1) / t
        return theta + (average - theta) / t
    or
        return (theta * (t - 1) + average) / t
    the old mean stands for t - 1 points: multiply it by t - 1 before the new one is added
        return (average + theta) / t
    the difference is divided by t, not multiplied by it
        return average + (theta - average) * t
    the mean moves *towards* the new point: add (theta - average) / t
        return average - (theta - average) / t
    0.9 and 0.1 make an exponential average, which forgets old points: the new one counts 1 / t
        return 0.9 * average + 0.1 * theta
    this is the new point: average it with the old mean
        return theta.copy()
    the new point counts 1 / (t - 1): it counts 1 / t
        return average + (theta - average) / max(t - 1, 1)
    the brackets are missing: the whole of theta - average is divided by t
        return average + theta - average / t
    the sum of both is returned: a mean divides by the number of points
        return average + theta
    or
        return (t - 1) * average + theta
    the average is returned as it was: the new point counts 1 / t
        return average.copy()
    the weights do not add up to 1: they are (t - 1) / t and 1 / t
        return (t - 1) / t * average + theta * t
    fixed weights make an exponential average, which forgets old points: the new one counts 1 / t
        return 0.99 * average + 0.01 * theta
    or
        return 0.999 * average + 0.001 * theta
    or
        return 0.1 * average + 0.9 * theta
""")
polyak_average.add_variants("""
    weights of both
        return ((t - 1) * average + theta) / t
    number by number
        flat = [
            a * (1 - 1 / t) + b / t for a, b in zip(average.ravel(), theta.ravel(), strict=True)
        ]
        return np.reshape(flat, average.shape)
""")

why_average = Written(
    name="when-averaging-helps",
    points=4,
    rubric="""\
- 1 point: averaging lowers the variance, not the bias; the five copies differ little, so little variance can go.
- 1 point: uses the formula, or says in words that correlation sets the floor rho * sigma^2.
- 1 point: names a way to make members differ that keeps each one good: other seeds, bootstrap samples, cyclic rates.
- 1 point: says what to measure: disagreement or correlation of the members on validation data, against one model of equal cost.
""",
)
