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
    the sum over the models is divided by another number: that of the models, the length of the first axis
        np.mean(probabilities, axis=0) -> np.sum(probabilities, axis=0) / probabilities.shape[1]
    or
        np.mean(probabilities, axis=0) -> np.sum(probabilities, axis=0) / probabilities.shape[2]
    or
        np.mean(probabilities, axis=0) -> np.sum(probabilities, axis=0) / max(len(probabilities) - 1, 1)
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
    yield Call("ties", 2.0, votes=_ties(rng), n_classes=6)
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
        return np.array([max(column, key=column.count) for column in votes.T.tolist()])
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
        return np.array([np.unique(column, return_counts=True)[1].argmax() for column in votes.T])
    classes are counted from 1 here: from 0
        return majority_vote(votes, n_classes) + 1
    these are the shares of the votes: return the class that has the most
        return np.mean(votes[:, :, None] == np.arange(n_classes), axis=0)
    these are all numbers of votes: return the class that has the most
        return np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
    the last class was not counted: classes go from 0 to n_classes - 1
        counts = np.sum(votes[:, :, None] == np.arange(n_classes - 1), axis=0)
        return counts.argmax(axis=1)
    more than half of the votes are asked for: the class with the most wins, however few they are
        counts = np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
        return np.where(2 * counts.max(axis=1) > len(votes), counts.argmax(axis=1), 0)
    or
        counts = np.sum(votes[:, :, None] == np.arange(n_classes), axis=0)
        return np.where(2 * counts.max(axis=1) > len(votes), counts.argmax(axis=1), -1)
    of classes with equally many votes the one that was named last was taken: take the smallest
        return np.array([max(column[::-1], key=column.count) for column in votes.T.tolist()])
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


def _labelled(rng, n, k, size, temperature):
    """Logits, and labels drawn from their softmax at a temperature."""
    while True:
        logits = size * rng.normal(size=(n, k)) + rng.uniform(-1, 1)
        scaled = logits / temperature
        p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        labels = np.array([rng.choice(k, p=row / row.sum()) for row in p])
        best = reference.best_temperature(logits, labels)
        off = np.mean(logits.argmax(axis=1) != labels)
        if 0.1 < off < 0.6 and 0.7 < best / temperature < 1.4 and abs(np.log(best)) > 0.25:
            return {"logits": logits, "labels": labels}


@judge(reference.best_temperature, points=3, returns=("temperature",), rtol=1e-3)
def best_temperature(rng):
    yield Call("a classifier that is too sure", **_labelled(rng, 60, 5, 4.0, rng.uniform(2.0, 3.0)))
    yield Call("one that is not sure enough", 3.0, **_labelled(rng, 60, 4, 0.5, rng.uniform(0.2, 0.4)))
    yield Call("two classes", **_labelled(rng, 80, 2, 3.0, rng.uniform(1.7, 2.5)))
    yield Call("ten classes", **_labelled(rng, 50, 10, 5.0, rng.uniform(2.0, 3.0)))
    hundreds = _labelled(rng, 60, 4, 300.0, rng.uniform(30.0, 55.0))
    # So that no exponential of one that is not shifted is finite.
    hundreds["logits"] += 2000
    yield Call("logits in hundreds", 2.0, **hundreds)


def _loss(logits, labels, temperature):
    scaled = logits / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels])


def _lowest(f, low=0.01, high=100.0):
    """Where a function of one number is least, on a log scale, by ever finer grids."""
    low, high = np.log(low), np.log(high)
    for _ in range(12):
        grid = np.linspace(low, high, 21)
        i = int(np.argmin([f(np.exp(g)) for g in grid]))
        low, high = grid[max(i - 1, 0)], grid[min(i + 1, 20)]
    return float(np.exp((low + high) / 2))


best_temperature.add_mistakes("""
    this is 1 divided by the temperature: the logits are divided by it
        return 1 / best_temperature(logits, labels)
    the lowest temperature is the answer in every case: the log loss is made largest, a bisection
    goes to the wrong side, the largest logit stands for the label's, the share that is right decides,
    which no temperature changes, or what is made least is not the log loss of softmax(logits / t)
        return _lowest(lambda t: -_loss(logits, labels, t))
    or
        return 0.01
    the squared error of the probabilities is made least: take the log loss
        def squared(t):
            scaled = logits / t
            p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            p[np.arange(len(labels)), labels] -= 1
            return np.sum(p**2)
        return _lowest(squared)
    the logarithm of the temperature is returned
        return np.log(best_temperature(logits, labels))
    this is the least log loss: return the temperature at which it is reached
        return _loss(logits, labels, best_temperature(logits, labels))
    temperatures above 1 alone were tried: a classifier may be not sure enough
        return max(1.0, best_temperature(logits, labels))
    the grid is too coarse: four digits are asked for
        grid = np.geomspace(0.01, 100, 100)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.linspace(0.1, 10, 100)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.linspace(0.1, 10, 1000)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.linspace(0.5, 5, 451)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.linspace(0.01, 100, 10000)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.geomspace(0.01, 100, 1000)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    or
        grid = np.geomspace(0.01, 100, 2000)
        return grid[np.argmin([_loss(logits, labels, t) for t in grid])]
    the labels are not used: the mean of the largest probability is brought to the share that is right
        share = np.mean(logits.argmax(axis=1) == labels)
        def off(t):
            scaled = logits / t
            p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
            return abs(np.mean(p.max(axis=1) / p.sum(axis=1)) - share)
        return _lowest(off)
    the square of the temperature is returned, or the logits are divided by its root
        return best_temperature(logits, labels) ** 2
    the temperature is left at 1
        return 1.0
    the exponentials of whole rows are 0, or not finite: either nothing is subtracted from the logits first, or one
    maximum from all rows, where each has its own
        scaled - scaled.max(axis=1, keepdims=True) -> scaled - scaled.max()
    temperatures above 10 were not tried: where the logits are large, so is the best one
        return min(10.0, best_temperature(logits, labels))
""")
best_temperature.add_variants("""
    by ever finer grids of temperatures
        return _lowest(lambda t: _loss(logits, labels, t))
    by golden sections
        a, b = np.log(0.01), np.log(100)
        golden = (np.sqrt(5) - 1) / 2
        for _ in range(80):
            c, d = b - golden * (b - a), a + golden * (b - a)
            if _loss(logits, labels, np.exp(c)) < _loss(logits, labels, np.exp(d)):
                b = d
            else:
                a = c
        return np.exp((a + b) / 2)
    by Newton's method, halved where it goes too far
        beta, size = 0.0, np.abs(logits).max()
        z = (logits - logits.max(axis=1, keepdims=True)) / size
        right = z[np.arange(len(labels)), labels].mean()
        beta = 0.1
        for _ in range(200):
            p = np.exp(beta * z)
            p = p / p.sum(axis=1, keepdims=True)
            mean = np.sum(p * z, axis=1)
            slope = mean.mean() - right
            bend = np.mean(np.sum(p * z**2, axis=1) - mean**2)
            step = slope / bend
            beta = beta / 2 if beta - step <= 0 else min(beta - step, 2 * beta)
        return float(size / beta)
    gradient descent on the logarithm of the temperature, numbers from log_softmax
        rho = 0.0 + np.log(np.std(logits))
        rows = np.arange(len(labels))
        low, high = np.log(0.01), np.log(100.0)
        def slope(rho):
            a, b = (_loss(logits, labels, np.exp(rho + h)) for h in (1e-4, -1e-4))
            return a - b
        for _ in range(60):
            rho = (low + high) / 2
            low, high = (low, rho) if slope(rho) > 0 else (rho, high)
        return np.exp(rho)
""")


@judge(reference.bootstrap_sample, points=1, places=True, returns=("rows",), compare_as=quantities.bootstrap)
def bootstrap_sample(rng):
    n = int(rng.integers(900, 1200))
    seed, another, more = (_to_the_last(rng, n), _to_the_last(rng, n), _to_the_last(rng, 2 * n))
    yield Call("a thousand examples or so", n=n, rng=Rng(seed))
    yield Call("the same generator again", n=n, rng=Rng(seed))
    yield Call("another generator", 2.0, n=n, rng=Rng(another))
    yield Call("more examples", n=2 * n, rng=Rng(more))
    # Of one example only 0 can be drawn: who counts one too far, or rounds up, does it here.
    alone = seed + 3
    while not _too_far(alone):
        alone += 1
    yield Call("one example", 2.0, n=1, rng=Rng(alone))
    # Judged together: whose last example is never drawn does not draw it in any of them.
    for few in range(2, 16):
        yield Call(f"{few} examples", 0.5 if few == 15 else 0.02, n=few, rng=Rng(seed + 10 * few))


def _to_the_last(rng, n):
    """A seed from which the last example is drawn: who counts from 1 draws one that does not exist."""
    while True:
        seed = int(rng.integers(2**31))
        if n - 1 in np.random.default_rng(seed).integers(0, n, size=n):
            return seed


def _too_far(seed):
    """Whether draws that may wrongly end with n = 1 do so from this seed."""
    return np.random.default_rng(seed).integers(0, 2, size=1)[0] == 1 and np.random.default_rng(seed).random(1)[0] > 0.5


bootstrap_sample.add_mistakes("""
    the first and the last example are drawn half as often as the others: rounding gives them half of the room
        return np.round(rng.random(n) * (n - 1)).astype(int)
    drawn without replacement: every example comes once; a bootstrap sample draws with replacement
        return rng.permutation(n)
    the numbers do not come from the generator `rng`
        return np.random.default_rng(0).integers(0, n, size=n)
    for n = 1 this raises, where 0 is to be drawn once: with `integers`, draw from 0 up to n, for it
    leaves its upper end out
        0, n -> 0, n - 1
    the last example is never drawn: draw from 0 to n - 1, each equally likely
        0, n -> 0, max(n - 1, 1)
    or
        return (rng.random(n) * (n - 1)).astype(int)
    or
        return rng.choice(max(n - 1, 1), size=n)
    n itself is drawn, which is no example: indices count from 0, and end with n - 1
        0, n -> 1, n + 1
    or
        0, n -> 0, n + 1
    half as many draws as examples, repeated: draw n times
        return np.resize(rng.integers(0, n, size=n // 2), n)
    one number was drawn and repeated: draw n of them, each by itself
        return np.full(n, rng.integers(0, n))
    only the rows that were drawn are listed, each once: a sample keeps its repetitions
        return np.unique(rng.integers(0, n, size=n))
    the first example is never drawn: indices count from 0
        0, n -> 1, n
    or
        0, n -> min(1, n - 1), n
    this is how often each example is drawn: return the indices that were drawn
        return np.bincount(rng.integers(0, n, size=n), minlength=n)
    or
        return rng.multinomial(n, np.full(n, 1 / n))
    the numbers that were drawn are no indices: take whole ones
        return rng.uniform(0, n, size=n)
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
    the coefficients are in the wrong order: `np.polyfit` gives the highest power first, and
    `np.polynomial.polynomial.polyval` takes the lowest first
        coefficients = np.mean([np.polyfit(x[r], y[r], degree) for r in rows], axis=0)
        return np.polynomial.polynomial.polyval(x_new, coefficients)
    the polynomials are of one degree less: np.polyfit and Polynomial.fit take the degree itself
        degree)( -> max(degree - 1, 0))(
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


@judge(
    reference.out_of_bag_average,
    points=2,
    returns=("average",),
    repair="an example counts as unseen where its index is not at its own place: look for it anywhere in the sample",
)
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
        with np.errstate(invalid="ignore"):
            return np.sum(predictions * unseen, axis=0) / np.sum(unseen, axis=0)
    or
        unseen = rows != np.arange(rows.shape[1])
        return np.sum(predictions * unseen, axis=0) / np.maximum(unseen.sum(axis=0), 1)
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
        # A quotient that is nearest to the number above it, where that before is nearest to the one below.
        ("others that do not divide them", 75, 100, 6),
        ("one cycle", 30, 50, 1),
    ):
        weight = 0.5 if n_cycles == 6 else 2.5 if n_steps % n_cycles else 1.5 if "second" in label else 1.0
        given = {"step": step, "n_steps": n_steps, "n_cycles": n_cycles}
        yield Call(label, weight, **given, lr=lr * rng.uniform(0.9, 1.1))


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
    the length of a cycle was rounded to the nearest whole number: round it up, so that there are no
    more cycles than asked for
        c = max(round(n_steps / n_cycles), 1)
        return lr / 2 * (1 + np.cos(np.pi * (step % c) / c))
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
- 1 point: names a way to make members differ that keeps each one good: other seeds, bootstrap samples, cyclic rates, or another that does.
- 1 point: says what to measure: disagreement or correlation of the members on validation data, against one model of equal cost.
""",
)
