"""How the exercises of the chapter on tuning are judged.

Shares of rows are no whole numbers of rows, so that truncating shows; columns of data lie far from zero and
differ in scale, few rows are standardised, so that the divisors n and n - 1 differ by more than float32's
tolerance; ranges are wide and lie apart, so that a scale that is not logarithmic shows.
"""

import itertools

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem, Rng
from solutions import quantities
from solutions import tuning as reference


def _seeds(rng):
    """One generator, the same again, and another: the judge sees where chance comes from."""
    seed = int(rng.integers(2**31))
    return {"a first generator": Rng(seed), "the same generator again": Rng(seed), "another generator": Rng(seed + 1)}


def _rows(rng, low, high, validation, test, up=True):
    """A number of rows of which both shares are to be rounded up, or both down."""
    least, most = (0.55, 0.95) if up else (0.05, 0.45)
    while True:
        n = int(rng.integers(low, high))
        if all(least < share * n % 1 < most for share in (validation, test)):
            return n


@judge(
    reference.train_validation_test_split,
    points=3,
    returns=("train", "validation", "test"),
    compare_as=quantities.split,
)
def train_validation_test_split(rng):
    n = _rows(rng, 500, 600, 0.23, 0.17)
    for label, given in _seeds(rng).items():
        yield Call(label, n=n, validation=0.23, test=0.17, rng=given)
    seed = int(rng.integers(2**31))
    n = _rows(rng, 400, 500, 0.34, 0.27, up=False)
    yield Call("large parts", n=n, validation=0.34, test=0.27, rng=Rng(seed))
    n = _rows(rng, 600, 700, 0.13, 0.28)
    yield Call("more to test than to validate", n=n, validation=0.13, test=0.28, rng=Rng(seed + 1))
    n = _rows(rng, 100, 120, 0.26, 0.31)
    yield Call("a hundred rows", n=n, validation=0.26, test=0.31, rng=Rng(seed + 2))


def _parts(rows, validation, test):
    """The reference's parts of rows in a given order."""
    a, b = round(validation * len(rows)), round(test * len(rows))
    return rows[a + b :], rows[:a], rows[a : a + b]


train_validation_test_split.add_mistakes("""
    the rows were not shuffled: data are often in an order, by class or by date, and then the parts
    differ
        return _parts(np.arange(n), validation, test)
    only training and validation rows were shuffled: the test rows are always the last ones
        n_test = round(test * n)
        rows = np.append(rng.permutation(n - n_test), np.arange(n - n_test, n))
        n_train = n - n_test - round(validation * n)
        return rows[:n_train], rows[n_train : n - n_test], rows[n - n_test :]
    each part was drawn by itself: rows are in two parts, so that a row is trained on and tested on
        sizes = [len(part) for part in _parts(np.arange(n), validation, test)]
        return tuple(rng.permutation(n)[:size] for size in sizes)
    the rows were drawn with replacement: some are there more than once, others not at all
        return _parts(rng.integers(0, n, n), validation, test)
    `validation` was taken as a share of what the test part leaves: here it is a share of all n rows
        rows, b = rng.permutation(n), round(test * n)
        a = round(validation * (n - b))
        return rows[a + b :], rows[:a], rows[a : a + b]
    the sizes were truncated: `int(0.9)` is 0, the nearest whole number is `round(0.9)`, 1
        rows, a, b = rng.permutation(n), int(validation * n), int(test * n)
        return rows[a + b :], rows[:a], rows[a : a + b]
    the sizes were rounded up: the nearest whole number to 3.2 is `round(3.2)`, 3
        rows = rng.permutation(n)
        a, b = int(np.ceil(validation * n)), int(np.ceil(test * n))
        return rows[a + b :], rows[:a], rows[a : a + b]
    validation and test part are exchanged: the results are train, validation, test
        train, a, b = _parts(rng.permutation(n), validation, test)
        return train, b, a
    the training part holds all rows: those of the other two parts must not be in it
        rows = rng.permutation(n)
        return rows, *_parts(rows, validation, test)[1:]
    the numbers do not come from the generator `rng`: with it, a split can be made again
        return _parts(np.random.default_rng(0).permutation(n), validation, test)
    the second split deals places of what the first left, not the rows that stand there: some rows
    are in two parts, others in none
        order, (v, s) = rng.permutation(n), (round(validation * n), round(test * n))
        again = rng.permutation(n - v)
        return again[s:], order[:v], again[:s]
    or
        order, (v, s) = rng.permutation(n), (round(validation * n), round(test * n))
        again = rng.permutation(n - s)
        return again[v:], again[:v], order[:s]
    or
        order, (v, s) = rng.permutation(n), (round(validation * n), round(test * n))
        again = np.arange(n - v)
        return again[s:], order[:v], again[:s]
    training and validation part are exchanged: the results are train, validation, test
        train, a, b = _parts(rng.permutation(n), validation, test)
        return a, train, b
    the results are validation, test, train: return train, validation, test
        train, a, b = _parts(rng.permutation(n), validation, test)
        return a, b, train
    the training part has a row too few, or one is in no part: slices leave out their ends already
        rows, a, b = rng.permutation(n), round(validation * n), round(test * n)
        return rows[a + b + 1 :], rows[:a], rows[a : a + b]
    or
        rows, a, b = rng.permutation(n), round(validation * n), round(test * n)
        return rows[a + b : -1], rows[:a], rows[a : a + b]
""")
train_validation_test_split.add_variants("""
    shuffled in place, cut by np.split, each part sorted
        rows = np.arange(n)
        rng.shuffle(rows)
        at = round(test * n)
        test_rows, validation_rows, train = np.split(rows, [at, at + round(validation * n)])
        return np.sort(train), np.sort(validation_rows), np.sort(test_rows)
    chosen without replacement, one part after the other
        rest = np.arange(n)
        test_rows = rng.choice(rest, size=round(test * n), replace=False)
        rest = np.setdiff1d(rest, test_rows)
        validation_rows = rng.choice(rest, size=round(validation * n), replace=False)
        return np.setdiff1d(rest, validation_rows), validation_rows, test_rows
    lists, by sorting random keys
        rows = [row for _, row in sorted((rng.random(), row) for row in range(n))]
        a, b = round(validation * n), round(test * n)
        return [rows[a + b :], rows[:a], rows[a : a + b]]
""")


@judge(reference.standardize, points=2, returns=("z_train", "z_new"))
def standardize(rng):
    def data(rows, d, scale=1.0, shift=0.0):
        center = np.linspace(-3.0, 4.0, d)
        return shift + center + scale * np.geomspace(0.4, 3.0, d) * rng.normal(size=(rows, d))

    yield Call("three columns", x_train=data(8, 3), x_new=data(5, 3))
    yield Call("new data from elsewhere", x_train=data(9, 4), x_new=data(6, 4, 2.0, 3.0))
    yield Call("one new row", x_train=data(7, 3), x_new=data(1, 3))
    constant = data(6, 3), data(4, 3)
    constant[0][:, 1] = 0.5
    yield Call("a column that does not vary", x_train=constant[0], x_new=constant[1])
    zero = data(10, 4), data(3, 4)
    zero[0][:, [0, 2]] = 0.0
    yield Call("pixels that are always black", x_train=zero[0], x_new=zero[1])
    yield Call("one column", x_train=data(6, 1), x_new=data(9, 1))


def _safe(std):
    return np.where(std == 0, 1.0, std)


standardize.add_mistakes("""
    `x_new` was standardised by its own statistics: use those of `x_train`; one new row would always
    become zeros
        return tuple((x - x.mean(axis=0)) / _safe(x.std(axis=0)) for x in (x_train, x_new))
    or
        return tuple((x - x.mean(axis=0)) / x.std(axis=0) for x in (x_train, x_new))
    or
        return tuple((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8) for x in (x_train, x_new))
    the statistics are those of both sets together: that is the leak, `x_new` must not have a part
    in them
        both = np.concatenate([x_train, x_new])
        mean, std = both.mean(axis=0), _safe(both.std(axis=0))
        return (x_train - mean) / std, (x_new - mean) / std
    or
        both = np.concatenate([x_train, x_new])
        return tuple((x - both.mean(axis=0)) / both.std(axis=0) for x in (x_train, x_new))
    there is one mean and one deviation for all columns: each column has its own, `axis=0`
        return (x_train - x_train.mean()) / x_train.std(), (x_new - x_train.mean()) / x_train.std()
    the rows were standardised: rows are examples, columns have the statistics
        def rows(x):
            return (x - x.mean(axis=1, keepdims=True)) / _safe(x.std(axis=1, keepdims=True))
        return rows(x_train), rows(x_new)
    or
        def rows(x):
            return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
        return rows(x_train), rows(x_new)
    it was divided by the variance: divide by its root, the standard deviation
        mean, variance = x_train.mean(axis=0), _safe(x_train.var(axis=0))
        return (x_train - mean) / variance, (x_new - mean) / variance
    or
        mean, variance = x_train.mean(axis=0), x_train.var(axis=0)
        return (x_train - mean) / variance, (x_new - mean) / variance
    the deviation has the divisor n - 1: here it is n, NumPy's default
        mean, std = x_train.mean(axis=0), _safe(x_train.std(axis=0, ddof=1))
        return (x_train - mean) / std, (x_new - mean) / std
    or
        mean, std = x_train.mean(axis=0), x_train.std(axis=0, ddof=1)
        return (x_train - mean) / std, (x_new - mean) / std
    a column that does not vary has the deviation 0: centre it only, do not divide by zero
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        return (x_train - mean) / std, (x_new - mean) / std
    a small number was added to the deviation: a column that does not vary is blown up; centre it
    only
        mean, std = x_train.mean(axis=0), x_train.std(axis=0) + 1e-8
        return (x_train - mean) / std, (x_new - mean) / std
    a column that does not vary in `x_train` became zeros in `x_new`: subtract its mean there, too
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        return tuple(np.where(std == 0, 0.0, (x - mean) / _safe(std)) for x in (x_train, x_new))
    the columns are centred but not scaled: divide by the standard deviation
        mean = x_train.mean(axis=0)
        return x_train - mean, x_new - mean
    the columns are scaled but not centred: subtract the mean of `x_train` first
        std = _safe(x_train.std(axis=0))
        return x_train / std, x_new / std
    or
        std = x_train.std(axis=0)
        return x_train / std, x_new / std
    this maps the smallest number to 0 and the largest to 1: asked are mean 0 and deviation 1
        low, width = x_train.min(axis=0), _safe(np.ptp(x_train, axis=0))
        return (x_train - low) / width, (x_new - low) / width
    or
        low, width = x_train.min(axis=0), np.ptp(x_train, axis=0)
        return (x_train - low) / width, (x_new - low) / width
    `x_new` was returned as it came: it needs the same shift and scale
        std = _safe(x_train.std(axis=0))
        return (x_train - x_train.mean(axis=0)) / std, x_new
    `x_new` was centred by its own mean: use that of `x_train`
        std = _safe(x_train.std(axis=0))
        return (x_train - x_train.mean(axis=0)) / std, (x_new - x_new.mean(axis=0)) / std
    `x_new` was scaled by its own deviation: use that of `x_train`
        mean = x_train.mean(axis=0)
        return (x_train - mean) / _safe(x_train.std(axis=0)), (x_new - mean) / _safe(x_new.std(axis=0))
    the mean is added: it is subtracted
        mean, std = x_train.mean(axis=0), _safe(x_train.std(axis=0))
        return (x_train + mean) / std, (x_new + mean) / std
    the brackets are missing: only the mean was divided
        mean, std = x_train.mean(axis=0), _safe(x_train.std(axis=0))
        return x_train - mean / std, x_new - mean / std
    it was multiplied by the deviation: divide by it
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        return (x_train - mean) * std, (x_new - mean) * std
    or
        mean, std = x_train.mean(axis=0), _safe(x_train.std(axis=0))
        return (x_train - mean) * std, (x_new - mean) * std
    the two results have changed places: `return z_train, z_new`
        return standardize(x_train, x_new)[::-1]
    a column that does not vary is set to nan, or to inf: centre it only
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        std = np.where(std == 0, np.nan, std)
        return (x_train - mean) / std, (x_new - mean) / std
    the deviation is at least 1: only where it is 0 it is replaced
        mean, std = x_train.mean(axis=0), np.maximum(x_train.std(axis=0), 1.0)
        return (x_train - mean) / std, (x_new - mean) / std
    1 was added to the deviation: only where it is 0 it is replaced
        mean, std = x_train.mean(axis=0), x_train.std(axis=0) + 1.0
        return (x_train - mean) / std, (x_new - mean) / std
""")
standardize.add_variants("""
    column by column
        z_train, z_new = np.empty_like(x_train), np.empty_like(x_new)
        for j in range(x_train.shape[1]):
            mean = sum(x_train[:, j]) / len(x_train)
            std = (sum((x - mean) ** 2 for x in x_train[:, j]) / len(x_train)) ** 0.5 or 1.0
            z_train[:, j] = (x_train[:, j] - mean) / std
            z_new[:, j] = (x_new[:, j] - mean) / std
        return z_train, z_new
    in float32
        x_train, x_new = x_train.astype(np.float32), x_new.astype(np.float32)
        std = x_train.std(axis=0)
        std[std == 0] = 1
        return (x_train - x_train.mean(axis=0)) / std, (x_new - x_train.mean(axis=0)) / std
    as one linear map, from the moments
        n = len(x_train)
        mean = np.ones(n) @ x_train / n
        variance = np.einsum("ij,ij->j", x_train - mean, x_train - mean) / n
        scale = np.diag(1 / np.sqrt(np.where(variance > 0, variance, 1)))
        return [(x_train - mean) @ scale, (x_new - mean) @ scale]
""")


@judge(reference.kfold_indices, points=3, returns=("folds",), compare_as=quantities.folds)
def kfold_indices(rng):
    few = 5 * int(rng.integers(45, 55))
    for label, given in _seeds(rng).items():
        yield Call(label, n=few + 3, k=5, rng=given)
    seed = int(rng.integers(2**31))
    yield Call("folds of one size", n=few, k=5, rng=Rng(seed))
    three = 3 * int(rng.integers(60, 80))
    yield Call("three folds, one row more", n=three + 1, k=3, rng=Rng(seed + 1))
    yield Call("two folds, one row more", n=few // 2 * 2 + 1, k=2, rng=Rng(seed + 2))
    n = int(rng.integers(4, 8))
    yield Call("a fold for each row", n=n, k=n, rng=Rng(seed + 3))


def _pairs(folds):
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), fold) for i, fold in enumerate(folds)]


kfold_indices.add_mistakes("""
    the rows were not shuffled: data are often in an order, by class or by date, and then the folds
    differ
        return _pairs(np.array_split(np.arange(n), k))
    every k-th row was taken: that is spread evenly, but not at random, and data may have a period
        return _pairs([np.arange(i, n, k) for i in range(k)])
    each fold was shuffled anew: some rows are validated twice and others never; shuffle once
        pairs = []
        for i in range(k):
            pairs.append(_pairs(np.array_split(rng.permutation(n), k))[i])
        return pairs
    the training rows hold all n rows: those of the fold must be left out, or they are trained on
        rows = rng.permutation(n)
        return [(rows, fold) for fold in np.array_split(rows, k)]
    the pairs are the wrong way round: first the rows to train, then those to validate
        return [pair[::-1] for pair in _pairs(np.array_split(rng.permutation(n), k))]
    or
        order, size = rng.permutation(n), n // k
        return [(order[i * size : (i + 1) * size], np.concatenate([order[: i * size], order[(i + 1) * size :]])) for i in range(k)]
    the last n % k rows are in no fold: the first folds have one row more, so that each row is
    validated
        rows = rng.permutation(n)[: n // k * k]
        return _pairs(np.array_split(rows, k))
    or
        order, size = rng.permutation(n), n // k
        return [
            (np.concatenate([order[: i * size], order[(i + 1) * size :]]), order[i * size : (i + 1) * size])
            for i in range(k)
        ]
    the last fold has all the rows that are left over: give one each to the first n % k folds
        rows = rng.permutation(n)
        return _pairs(np.split(rows, [n // k * i for i in range(1, k)]))
    places were taken for rows: `train` counts places in the shuffled order, `validation` holds its
    rows; some rows are in both
        folds = np.array_split(rng.permutation(n), k)
        places = _pairs(np.array_split(np.arange(n), k))
        return [(train, fold) for (train, _), fold in zip(places, folds, strict=True)]
    `np.delete(rows, fold)` leaves out the *places* in `fold`, not the rows: some rows are in both
        rows = rng.permutation(n)
        return [(np.delete(rows, fold), fold) for fold in np.array_split(rows, k)]
    the numbers do not come from the generator `rng`: with it, the folds can be made again
        return _pairs(np.array_split(np.random.default_rng(0).permutation(n), k))
    the training rows lack other folds besides the one that validates: train on all others
        folds = np.array_split(rng.permutation(n), k)
        return [(np.concatenate([folds[(i + 1) % k], *folds[i + 2 :]]), fold) for i, fold in enumerate(folds)]
    only one pair is returned: there is one for each fold
        return _pairs(np.array_split(rng.permutation(n), k))[:1]
    or
        return _pairs(np.array_split(rng.permutation(n), k))[0]
    these are the folds alone: return a pair for each, the rows to train and those to validate
        return np.array_split(rng.permutation(n), k)
    the folds were drawn with replacement: each row is validated once
        return _pairs(np.array_split(rng.integers(0, n, n), k))
    `n // k` folds of k rows: k folds of n // k rows or one more
        return _pairs(np.array_split(rng.permutation(n), max(n // k, 2)))
    the folds overlap by a row: a slice's end is the first row that is not in it
        order, size = rng.permutation(n), -(-n // k)
        folds = [order[max(i * size - 1, 0) : (i + 1) * size] for i in range(k)]
        return _pairs(folds)
""")
kfold_indices.add_variants("""
    by a mask, sizes computed, each part sorted
        order, start, pairs = rng.permutation(n), 0, []
        for i in range(k):
            size = n // k + (1 if i < n % k else 0)
            held = np.zeros(n, dtype=bool)
            held[order[start : start + size]] = True
            pairs.append((np.flatnonzero(~held), np.flatnonzero(held)))
            start += size
        return pairs
    dealt like cards, as lists
        order = list(range(n))
        rng.shuffle(order)
        folds = [order[i::k] for i in range(k)]
        return [[[r for r in order if r not in set(fold)], fold] for fold in folds]
    a random label for each row
        label = rng.permutation(np.arange(n) % k)
        return tuple((np.nonzero(label != i)[0], np.nonzero(label == i)[0]) for i in range(k))
""")


@judge(reference.one_standard_error, points=2, returns=("index",))
def one_standard_error(rng):
    def errors(means, stds, k):
        """Errors of which each row has the very mean and standard deviation (divisor k - 1)."""
        noise = rng.normal(size=(len(means), k))
        noise -= noise.mean(axis=1, keepdims=True)
        noise /= noise.std(axis=1, ddof=1, keepdims=True)
        return np.array(means)[:, None] + np.array(stds)[:, None] * noise

    def shifted(means, stds, k):
        base, scale = rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.2)
        return base + scale * errors(means, stds, k)

    # The limit is 1 / sqrt(k) above the best mean, 0, where the best one's deviation is 1.
    yield Call("one that is simpler is as good", errors=shifted([1.5, 0.7, 0.4, 0.1, 0.0, 0.6], [1, 1, 1, 1, 1, 1], 5))
    yield Call("all simpler ones are worse", errors=shifted([3.0, 1.2, 0.6, 0.0, 0.2], [1] * 5, 5))
    yield Call("the best one varies little", errors=shifted([0.6, 0.3, 0.05, 0.0], [4, 3, 2, 0.2], 4))
    yield Call("the best one varies much", errors=shifted([1.9, 1.4, 0.7, 0.0, 0.3], [0.2, 0.2, 0.2, 3, 0.2], 4))
    # The limit is at 0.58; with the divisor k it is at 0.47, with the root of k - 1 at 0.71.
    three = shifted([1.5, 0.64, 0.54, 0.2, 0.0], [1] * 5, 3)
    yield Call("between the divisors k and k - 1", errors=three)
    # The deviation is 3, so that its square is not smaller.
    losses = rng.uniform(5, 9) + 3 * errors([1.5, 0.55, 0.2, 0.0], [1] * 4, 5)
    yield Call("losses larger than 1", errors=losses)
    yield Call("the simplest is best", errors=shifted([0.0, 0.2, 1.5, 0.9], [1] * 4, 10))
    yield Call("more folds than candidates", errors=shifted([0.9, 0.38, 0.25, 0.0, 2.0], [1] * 5, 10))


def _first_within(errors, limit):
    return int(np.argmax(np.mean(errors, axis=1) <= limit))


one_standard_error.add_mistakes("""
    this is the candidate of the lowest mean: asked is the simplest within one standard error of it
        return int(np.argmin(np.mean(errors, axis=1)))
    the limit is one standard deviation above: the standard error of a mean is the deviation divided
    by the root of k
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.std(errors[best], ddof=1))
    or
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.std(errors[best]))
    the deviation has the divisor k: with few folds that is too small, the divisor is k - 1
    (`ddof=1`)
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.std(errors[best]) / np.sqrt(errors.shape[1]))
    the deviation was divided by k: the standard error of a mean has the root of k
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.std(errors[best], ddof=1) / errors.shape[1])
    this adds the variance divided by k: the standard error is its root, std / sqrt(k)
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.var(errors[best], ddof=1) / errors.shape[1])
    divided by sqrt(k - 1): the 1 is subtracted in the deviation only (`ddof=1`), its divisor here
    is sqrt(k)
        means, k = np.mean(errors, axis=1), errors.shape[1]
        best = np.argmin(means)
        return _first_within(errors, means[best] + np.std(errors[best], ddof=1) / np.sqrt(k - 1))
    the last candidate within the limit was taken: the simplest ones come first
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        limit = means[best] + np.std(errors[best], ddof=1) / np.sqrt(errors.shape[1])
        return int(np.flatnonzero(means <= limit)[-1])
    each candidate's own standard error was used: a candidate that varies much would be excused; use
    the best one's
        means = np.mean(errors, axis=1)
        ses = np.std(errors, axis=1, ddof=1) / np.sqrt(errors.shape[1])
        return int(np.argmax(means - ses <= means.min()))
    the number of candidates was taken for the number of folds: rows are candidates, columns are
    folds
        means = np.mean(errors, axis=1)
        best = np.argmin(means)
        return _first_within(
            errors, means[best] + np.std(errors[best], ddof=1) / np.sqrt(len(errors))
        )
    the averages go over the candidates: average over the folds, `axis=1`
        return one_standard_error(errors.T)
    the highest mean was taken for the best: these are errors, the lower the better
        return one_standard_error(-errors)
    the spread is that of the candidates' means: take that of the best candidate's folds
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std(ddof=1) / np.sqrt(len(means)))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std(ddof=1) / np.sqrt(errors.shape[1]))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std() / np.sqrt(len(means)))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std() / np.sqrt(errors.shape[1]))
    the spread is that of the candidates' means, without a root of their number: take the standard
    error of the best candidate's folds
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std(ddof=1))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + means.std())
    the spread is that of all errors together: take that of the best candidate's folds
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + errors.std() / np.sqrt(errors.shape[1]))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + errors.std(ddof=1) / np.sqrt(errors.size))
    the mean of the best candidate within the limit is returned: return its place
        return float(np.mean(errors, axis=1)[one_standard_error(errors)])
    the limit itself is returned: return the place of the first candidate that is not above it
        means, k = np.mean(errors, axis=1), errors.shape[1]
        best = np.argmin(means)
        return float(means[best] + np.std(errors[best], ddof=1) / np.sqrt(k))
    places are counted from 1: from 0
        return one_standard_error(errors) + 1
    the first candidate is taken in every case, as if none were within the limit: it lies one standard
    error ABOVE the best mean
        means, k = np.mean(errors, axis=1), errors.shape[1]
        best = np.argmin(means)
        return _first_within(errors, means[best] - np.std(errors[best], ddof=1) / np.sqrt(k))
    the smallest single error was looked for, not the smallest mean
        k = errors.shape[1]
        best = int(np.argmin(errors.min(axis=1)))
        means = np.mean(errors, axis=1)
        return _first_within(errors, means[best] + np.std(errors[best], ddof=1) / np.sqrt(k))
""")
one_standard_error.add_variants("""
    a loop that stops at the first
        k = len(errors[0])
        means = [sum(row) / k for row in errors]
        best = means.index(min(means))
        variance = sum((e - means[best]) ** 2 for e in errors[best]) / (k - 1)
        for index, mean in enumerate(means):
            if mean <= means[best] + (variance / k) ** 0.5:
                return index
        return best
    the indices within the limit, the smallest of them
        errors = errors.astype(np.float32)
        k, means = errors.shape[1], errors.mean(axis=1)
        se = errors.std(axis=1, ddof=1) / k**0.5
        return np.nonzero(means <= means.min() + se[means.argmin()])[0].min()
""")


def _ends(rng, d):
    """Ranges of three to five powers of ten that lie apart from each other."""
    low = 10.0 ** (rng.uniform(-5.0, -4.0, d) + np.linspace(0.0, 2.0, d))
    return {"low": low, "high": low * 10.0 ** rng.uniform(3.0, 5.0, d)}


@judge(reference.grid_trials, points=2, returns=("trials",))
def grid_trials(rng):
    yield Call("two hyperparameters, three values", **_ends(rng, 2), n=3)
    yield Call("two hyperparameters, the ends only", **_ends(rng, 2), n=2)
    yield Call("one hyperparameter", **_ends(rng, 1), n=6)
    yield Call("three hyperparameters", **_ends(rng, 3), n=4)
    yield Call("more hyperparameters than values", **_ends(rng, 4), n=3)


def _combined(axes):
    return np.array(list(itertools.product(*axes)))


grid_trials.add_mistakes("""
    the steps are equal sums: equal factors are asked, as `np.geomspace` has them
        return _combined([np.linspace(a, b, n) for a, b in zip(low, high, strict=True)])
    the first hyperparameter changes fastest: the last one should
        return _combined(np.geomspace(low, high, n).T[::-1])[:, ::-1]
    `np.meshgrid` exchanges the first two hyperparameters unless it is told `indexing="ij"`
        axes = np.geomspace(low, high, n).T
        return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(low))
    the columns were reshaped into rows, which mixes the hyperparameters: stack them along the last
    axis
        axes = np.geomspace(low, high, n).T
        return np.array(np.meshgrid(*axes, indexing="ij")).reshape(-1, len(low))
    all columns have the range of the first hyperparameter: each has its own
        return _combined([np.geomspace(low[0], high[0], n)] * len(low))
    these are n trials on a diagonal: a grid holds every combination, n**d trials
        return np.geomspace(low, high, n)
    the upper ends are missing: each range goes from low to high, both included
        return _combined(np.geomspace(low, high, n, endpoint=False).T)
    these are the logarithms: return the hyperparameters themselves
        return _combined(np.log10(np.geomspace(low, high, n)).T)
    the rows and columns are exchanged: one trial a row, shape (n**d, d)
        return _combined(np.geomspace(low, high, n).T).T
    n is the number of values of each hyperparameter: here the trials of the whole grid were counted
    as n
        return _combined(np.geomspace(low, high, max(round(n ** (1 / len(low))), 2)).T)
    the ends were taken for exponents: each range goes from low to high, in equal factors
        return _combined(np.exp(np.linspace(low, high, n)).T)
    the logarithms were spaced and never undone, base 10: return the hyperparameters themselves
        return _combined(np.linspace(np.log(low), np.log(high), n).T)
    there is one value too many in each range: n of them, the ends included
        return _combined(np.geomspace(low, high, n + 1).T)
    low and high have changed places: the values rise
        return _combined(np.geomspace(high, low, n).T)
    the lower ends are missing: each range goes from low to high, both included
        return _combined(np.geomspace(low, high, n + 1)[1:].T)
    the exponents were taken for `np.logspace` as natural ones: its base is 10
        return _combined(np.logspace(np.log(low), np.log(high), n).T)
""")
grid_trials.add_variants("""
    np.meshgrid
        axes = [
            np.exp(np.linspace(np.log(a), np.log(b), n)) for a, b in zip(low, high, strict=True)
        ]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(low))
    the digits of each trial's number, by a loop
        d, trials = len(low), []
        for number in range(n**d):
            digits = [number // n ** (d - 1 - j) % n for j in range(d)]
            trials.append(
                [low[j] * (high[j] / low[j]) ** (i / (n - 1)) for j, i in enumerate(digits)]
            )
        return trials
    in float32, column by column
        d = len(low)
        axes = np.geomspace(low, high, n).astype(np.float32)
        columns = [np.tile(np.repeat(axes[:, j], n ** (d - 1 - j)), n**j) for j in range(d)]
        return np.column_stack(columns)
""")


@judge(reference.log_uniform, points=2, returns=("values",), compare_as=quantities.logarithms)
def log_uniform(rng):
    low = 10.0 ** rng.uniform(-5.0, -4.0)
    high = low * 10.0 ** rng.uniform(3.5, 4.5)
    for label, given in _seeds(rng).items():
        yield Call(label, low=low, high=high, size=700, rng=given)
    seed = int(rng.integers(2**31))
    low = rng.uniform(1.5, 3.0)
    yield Call("both ends above 1", low=low, high=low * rng.uniform(40, 90), size=800, rng=Rng(seed))
    low, high = rng.uniform(0.02, 0.05), rng.uniform(20.0, 50.0)
    yield Call("from below 1 to above 1", low=low, high=high, size=2500, rng=Rng(seed + 1))
    yield Call("a narrow range", low=0.5, high=rng.uniform(1.2, 1.6), size=800, rng=Rng(seed + 2))


log_uniform.add_mistakes("""
    these numbers are uniform, not their logarithms: almost all have the size of high
        return rng.uniform(low, high, size)
    these are the logarithms: return the numbers themselves, by `exp` or a power of ten
        return rng.uniform(np.log(low), np.log(high), size)
    two bases are mixed: the inverse of `np.log` is `np.exp`; powers of ten belong to `np.log10`
        return 10 ** rng.uniform(np.log(low), np.log(high), size)
    two bases are mixed: powers of ten belong to `np.log10`, the inverse of that is not `np.exp`
        return np.exp(rng.uniform(np.log10(low), np.log10(high), size))
    only whole powers of ten were drawn: the exponent may be any number between the ends
        first, last = np.ceil(np.log10(low)), np.floor(np.log10(high))
        return 10.0 ** rng.integers(int(first), max(int(last), int(first)) + 1, size)
    one number was drawn and repeated: draw `size` numbers, each by itself
        return np.full(size, np.exp(rng.uniform(np.log(low), np.log(high))))
    the numbers stand at equal distances, as on a grid: draw each one at random, by itself
        return rng.permutation(np.geomspace(low, high, size))
    the numbers were sorted: independent draws come in no order, and two sorted columns would rise
    together
        return np.sort(np.exp(rng.uniform(np.log(low), np.log(high), size)))
    the logarithms are normal about the middle of the range: here they are uniform, every factor
    equally likely
        middle, width = np.log(low * high) / 2, np.log(high / low)
        return np.exp(rng.normal(middle, width / np.sqrt(12), size))
    the numbers do not come from the generator `rng`: with it, a search can be made again
        return np.exp(np.random.default_rng(0).uniform(np.log(low), np.log(high), size))
    the ends were taken for exponents: draw between the logarithms of low and high
        return np.exp(rng.uniform(low, high, size))
    or
        return 10 ** rng.uniform(low, high, size)
    the logarithm is that of the draws, not of the ends: draw between log(low) and log(high), then
    take exp
        return np.log(rng.uniform(np.exp(low), np.exp(high), size))
    or
        return np.log(rng.uniform(low, high, size))
    these are the logarithms to base ten: return the numbers themselves, by a power of ten
        return rng.uniform(np.log10(low), np.log10(high), size)
    a power of uniform numbers was drawn: the logarithms are to be uniform
        return low + (high - low) * rng.random(size) ** 2
    or
        return low + (high - low) * rng.random(size) ** 3
    low is missing: low * (high / low)**u, for u between 0 and 1
        return (high / low) ** rng.random(size)
    high was taken for the width: low * (high / low)**u, for u between 0 and 1
        return low * high ** rng.random(size)
    one number is drawn: draw `size` of them
        return np.exp(rng.uniform(np.log(low), np.log(high)))
""")
log_uniform.add_variants("""
    powers of ten
        return 10 ** (np.log10(low) + (np.log10(high) - np.log10(low)) * rng.random(size))
    a power of the quotient, number by number, in a list
        return [low * (high / low) ** rng.random() for _ in range(size)]
    in float32
        u = rng.random(size, dtype=np.float32)
        return np.exp2(np.float32(np.log2(high)) - u * np.float32(np.log2(high / low)))
""")


@judge(reference.trials_needed, points=1, returns=("n",))
def trials_needed(rng):
    def call(label, top, confidence):
        # The number is never nearly whole before it is rounded up.
        while True:
            given = {"top": top * rng.uniform(0.8, 1.2), "confidence": 1 - (1 - confidence) * rng.uniform(0.8, 1.2)}
            exact = np.log(1 - given["confidence"]) / np.log(1 - given["top"])
            if 0.1 < exact % 1 < 0.45:
                return Call(label, **given)

    yield call("the best few percent", 0.05, 0.9)
    yield call("the best fifth", 0.2, 0.97)
    yield call("the best half, nearly sure", 0.5, 0.998)
    yield call("the best thousandth", 0.001, 0.7)
    yield call("more likely than not", 0.03, 0.6)
    # With the quotient upside down it is 3 or more, and 1 in every other case.
    yield call("one trial is enough", 0.6, 0.25)


trials_needed.add_mistakes("""
    it was rounded down, or to the nearest: with one trial less the probability is below
    `confidence`; round up
        return round(np.log(1 - confidence) / np.log(1 - top))
    the number of trials is whole: round up
        return np.log(1 - confidence) / np.log(1 - top)
    the quotient is upside down: it is log(1 - confidence) / log(1 - top)
        return int(np.ceil(np.log(1 - top) / np.log(1 - confidence)))
    probabilities of hits were added, n * top: that can exceed 1, for two trials may both hit;
    multiply those of misses
        return int(np.ceil(confidence / top))
    this is how many trials it takes on average, 1 / top: here a probability is asked
        return int(np.ceil(1 / top))
    (1 - top)**n is the probability of missing: it must be at most 1 - confidence, not at most
    confidence
        return int(np.ceil(np.log(confidence) / np.log(1 - top)))
    this is two trials too few: round up, and subtract none
        return int(np.log(1 - confidence) / np.log(1 - top)) - 1
    one trial too many: round up, and no more
        return int(np.ceil(np.log(1 - confidence) / np.log(1 - top))) + 1
    the sign is missing: both logarithms are negative, and so the quotient is positive
        return int(np.ceil(-np.log(1 - confidence) / np.log(1 - top)))
    the logarithms were subtracted: divide them
        return int(np.ceil(np.log(1 - confidence) - np.log(1 - top)))
    the logarithm of 1 - top is approximated by -top: take the logarithm
        return int(np.ceil(-np.log(1 - confidence) / top))
""")
trials_needed.add_variants("""
    trials are added until it is enough
        n, missed = 0, 1.0
        while 1 - missed < confidence:
            n, missed = n + 1, missed * (1 - top)
        return n
    the largest number that is not enough, and one; as a float
        return 1 + np.floor(np.log2(1 / (1 - confidence)) / np.log2(1 / (1 - top)))
""")


@judge(reference.random_search, points=3, returns=("trials", "values", "best"), compare_as=quantities.search)
def random_search(rng):
    low = 10.0 ** rng.uniform([-3.5, -2.5], [-3.0, -2.0])
    high = low * 10.0 ** rng.uniform(3.0, 4.0, 2)
    f = Problem("rosenbrock", "value")
    for label, given in _seeds(rng).items():
        yield Call(label, f=f, low=low, high=high, n_trials=300, rng=given)
    seed = int(rng.integers(2**31))
    low = 10.0 ** rng.uniform([0.5, -3.0], [1.0, -2.0])
    high = low * 10.0 ** rng.uniform([1.0, 2.5], [1.5, 3.0])
    yield Call("two ranges that lie apart", f=Problem("bowl", "value"), low=low, high=high, n_trials=400, rng=Rng(seed))
    low = 10.0 ** (rng.uniform(-2.0, -1.5, 5) + np.linspace(0, 1, 5))
    yield Call(
        "five hyperparameters",
        f=Problem("long rosenbrock", "value"),
        low=low,
        high=low * 10.0 ** rng.uniform(1.0, 2.5, 5),
        n_trials=200,
        rng=Rng(seed + 1),
    )


def _searched(f, trials, choose=np.argmin):
    values = np.array([f(trial) for trial in trials])
    return trials, values, trials[choose(values)]


def _drawn(low, high, n_trials, rng):
    return np.exp(rng.uniform(np.log(low), np.log(high), (n_trials, len(low))))


random_search.add_mistakes("""
    the numbers are uniform in their ranges: draw them log-uniformly, so that every factor is
    equally likely
        return _searched(f, rng.uniform(low, high, (n_trials, len(low))))
    `best` is the trial of the largest value: a loss is the better the smaller
        return _searched(f, _drawn(low, high, n_trials, rng), np.argmax)
    `best` is the last trial: keep the one of the smallest value
        return _searched(f, _drawn(low, high, n_trials, rng), lambda values: -1)
    one random number serves all hyperparameters of a trial, so that all trials lie on a line: draw
    one for each
        u = rng.random((n_trials, 1))
        return _searched(f, low * (high / low) ** u)
    each hyperparameter has its values on a grid: draw each number of each trial by itself
        axes = np.geomspace(low, high, n_trials)
        return _searched(f, np.column_stack([rng.permutation(axis) for axis in axes.T]))
    all hyperparameters were drawn from the range of the first: each column has its own range
        shape = n_trials, len(low)
        return _searched(f, np.exp(rng.uniform(np.log(low[0]), np.log(high[0]), shape)))
    f got the logarithms of the trials: it is to be given the hyperparameters themselves
        trials = _drawn(low, high, n_trials, rng)
        values = np.array([f(np.log(trial)) for trial in trials])
        return trials, values, trials[np.argmin(values)]
    the values were sorted and the trials were not: values[i] is f of trials[i]
        trials, values, best = _searched(f, _drawn(low, high, n_trials, rng))
        return trials, np.sort(values), best
    the values are the smallest so far: return f of each trial, values[i] is f of trials[i]
        trials, values, best = _searched(f, _drawn(low, high, n_trials, rng))
        return trials, np.minimum.accumulate(values), best
    the trials were sorted by their values: return them in the order in which they were drawn
        trials, values, best = _searched(f, _drawn(low, high, n_trials, rng))
        order = np.argsort(values)
        return trials[order], values[order], best
    `best` is the number of the best trial: return the trial itself, shape (d,)
        trials, values, _ = _searched(f, _drawn(low, high, n_trials, rng))
        return trials, values, int(np.argmin(values))
    `best` is the smallest value: return the trial that has it, shape (d,)
        trials, values, _ = _searched(f, _drawn(low, high, n_trials, rng))
        return trials, values, float(values.min())
    the numbers do not come from the generator `rng`: with it, a search can be made again
        return _searched(f, _drawn(low, high, n_trials, np.random.default_rng(0)))
    the trial of the largest value was kept, and the numbers are uniform in their ranges: draw them
    log-uniformly, and keep the trial of the smallest loss
        return _searched(f, rng.uniform(low, high, (n_trials, len(low))), np.argmax)
    the ends were taken for exponents: draw between their logarithms
        return _searched(f, np.exp(rng.uniform(low, high, (n_trials, len(low)))))
    or
        return _searched(f, 10 ** rng.uniform(low, high, (n_trials, len(low))))
    these are the logarithms of the trials: return the hyperparameters themselves
        trials, values, best = _searched(f, _drawn(low, high, n_trials, rng))
        return np.log(trials), values, np.log(best)
    two bases are mixed: the inverse of `np.log` is `np.exp`; powers of ten belong to `np.log10`
        return _searched(f, 10 ** rng.uniform(np.log(low), np.log(high), (n_trials, len(low))))
    or
        return _searched(f, np.exp(rng.uniform(np.log10(low), np.log10(high), (n_trials, len(low)))))
    `best` is the first trial: keep the one of the smallest value
        return _searched(f, _drawn(low, high, n_trials, rng), lambda values: 0)
""")
random_search.add_variants("""
    column by column, by powers of ten
        ends = zip(np.log10(low), np.log10(high), strict=True)
        trials = np.stack([10 ** rng.uniform(a, b, n_trials) for a, b in ends], axis=1)
        values = np.apply_along_axis(f, 1, trials)
        return trials, values, trials[values == values.min()][0]
    trial by trial, the best so far remembered, as lists
        trials, values, best = [], [], None
        for _ in range(n_trials):
            trial = [a * (b / a) ** rng.random() for a, b in zip(low, high, strict=True)]
            value = float(f(np.array(trial)))
            if best is None or value < min(values):
                best = trial
            trials.append(trial)
            values.append(value)
        return [trials, values, best]
    returned in float32
        found = random_search(f, low, high, n_trials, rng)
        return tuple(result.astype(np.float32) for result in found)
""")


@judge(reference.narrow_range, points=3, returns=("low", "high"))
def narrow_range(rng):
    def trials(n, d):
        ends = _ends(rng, d)
        return ends["low"] * (ends["high"] / ends["low"]) ** rng.random((n, d))

    values = rng.permutation(np.linspace(0.2, 2.5, 20)) + rng.uniform(-0.03, 0.03, 20)
    yield Call("two hyperparameters", trials=trials(20, 2), values=values, keep=5, margin=0.3)
    yield Call("one hyperparameter", trials=trials(20, 1), values=values, keep=4, margin=0.25)
    yield Call("no margin", trials=trials(20, 3), values=values, keep=6, margin=0.0)
    diverged = np.where(values > np.sort(values)[12], np.inf, values)
    yield Call("some diverged", trials=trials(20, 2), values=diverged, keep=8, margin=0.2)
    yield Call("the margin left at its default", trials=trials(20, 2), values=values[::-1], keep=3)
    yield Call("only two are kept", trials=trials(12, 3), values=values[:12], keep=2, margin=0.4)


def _kept(trials, values, keep):
    return trials[np.argsort(values)[:keep]]


def _widened(low, high, margin):
    """Both ends moved outwards by factors."""
    factor = (high / low) ** margin
    return low / factor, high * factor


narrow_range.add_mistakes("""
    the trials of the largest values were kept: a loss is the better the smaller
        best = trials[np.argsort(values)[-keep:]]
        return _widened(best.min(axis=0), best.max(axis=0), margin)
    the margin was added to the numbers, not to their logarithms: low may even become negative
        best = _kept(trials, values, keep)
        low, high = best.min(axis=0), best.max(axis=0)
        return low - margin * (high - low), high + margin * (high - low)
    there is no margin: the optimum may lie a little beyond the best trials
        best = _kept(trials, values, keep)
        return best.min(axis=0), best.max(axis=0)
    the margin was counted in powers of ten: it is a share of the range's own width in the logarithm
        best = _kept(trials, values, keep)
        return best.min(axis=0) / 10**margin, best.max(axis=0) * 10**margin
    the margin was shared between both ends: each end moves by the whole of it
        best = _kept(trials, values, keep)
        return _widened(best.min(axis=0), best.max(axis=0), margin / 2)
    the margin was counted in the natural logarithm: it is a share of the range's own width there
        best = _kept(trials, values, keep)
        return best.min(axis=0) / np.exp(margin), best.max(axis=0) * np.exp(margin)
    the margin goes inwards: it moves each end outwards, so that the range is wider
        best = _kept(trials, values, keep)
        return _widened(best.min(axis=0), best.max(axis=0), -margin)
    the upper end was moved by the width from the *new* lower end: compute the width before either
    is moved
        best = _kept(trials, values, keep)
        low, high = best.min(axis=0), best.max(axis=0)
        low = low / (high / low) ** margin
        return low, high * (high / low) ** margin
    the ends are the best trial and the last that was kept: take each column's smallest and largest
    number
        best = _kept(trials, values, keep)
        return _widened(best[0], best[-1], margin)
    the new range was cut off at the ends of the trials: where the best lie at the edge, it has to
    move beyond
        best = _kept(trials, values, keep)
        low, high = _widened(best.min(axis=0), best.max(axis=0), margin)
        return np.maximum(low, trials.min(axis=0)), np.minimum(high, trials.max(axis=0))
    the ranges of all trials were returned: only the `keep` best of them count
        return _widened(trials.min(axis=0), trials.max(axis=0), margin)
    the first trials were kept, not the best: take them in the order of their values
        return _widened(trials[:keep].min(axis=0), trials[:keep].max(axis=0), margin)
    the smallest numbers of each column were kept: sort the trials by their values
        best = np.sort(trials, axis=0)[:keep]
        return _widened(best.min(axis=0), best.max(axis=0), margin)
    one range for all hyperparameters: each column has its own, `axis=0`
        best = _kept(trials, values, keep)
        low, high = _widened(best.min(), best.max(), margin)
        return np.full(trials.shape[1], low), np.full(trials.shape[1], high)
    these are the logarithms: return the hyperparameters themselves
        low, high = narrow_range(trials, values, keep, margin)
        return np.log(low), np.log(high)
    one trial too many was kept: the new range spans the `keep` best ones
        return narrow_range(trials, values, keep + 1, margin)
    the ends are those of all trials, without a margin: the `keep` best of them count, and each end
    moves outwards
        return trials.min(axis=0), trials.max(axis=0)
    the margin was added in the numbers, to the width of all trials: it is a share of the new
    range's own width in the logarithm
        best = _kept(trials, values, keep)
        extra = margin * np.ptp(trials, axis=0)
        return best.min(axis=0) - extra, best.max(axis=0) + extra
    the margin multiplies the ends: it is a share of the range's own width in the logarithm
        best = _kept(trials, values, keep)
        return best.min(axis=0) * (1 - margin), best.max(axis=0) * (1 + margin)
    or
        best = _kept(trials, values, keep)
        return best.min(axis=0) / (1 + margin), best.max(axis=0) * (1 + margin)
    the width is that of all trials: it is that of the best ones, in the logarithm
        best = _kept(trials, values, keep)
        factor = (trials.max(axis=0) / trials.min(axis=0)) ** margin
        return best.min(axis=0) / factor, best.max(axis=0) * factor
    the two results have changed places: low first, then high
        return narrow_range(trials, values, keep, margin)[::-1]
    the trials of the largest values were kept, without a margin: a loss is the better the smaller,
    and each end moves outwards
        best = trials[np.argsort(values)[-keep:]]
        return best.min(axis=0), best.max(axis=0)
    the largest values were kept, and the margin was added to the numbers: a loss is the better the
    smaller, and the margin belongs to the logarithms
        best = trials[np.argsort(values)[-keep:]]
        low, high = best.min(axis=0), best.max(axis=0)
        return low - margin * (high - low), high + margin * (high - low)
""")
narrow_range.add_variants("""
    sorted pairs, column by column, by powers of ten
        order = sorted(range(len(values)), key=lambda i: values[i])[:keep]
        low, high = [], []
        for j in range(trials.shape[1]):
            exponents = [np.log10(trials[i, j]) for i in order]
            extra = margin * (max(exponents) - min(exponents))
            low.append(10 ** (min(exponents) - extra))
            high.append(10 ** (max(exponents) + extra))
        return low, high
    all within the keep-th smallest value, as factors
        best = trials[values <= np.partition(values, keep - 1)[keep - 1]]
        low, high = np.min(best, axis=0), np.max(best, axis=0)
        return low ** (1 + margin) / high**margin, high ** (1 + margin) / low**margin
    in float32
        logs = np.log2(trials.astype(np.float32)[np.argsort(values)][:keep])
        low, width = logs.min(axis=0), np.ptp(logs, axis=0)
        return np.exp2(low - margin * width), np.exp2(low + width + margin * width)
""")

five_leaks = Written(
    "five-leaks",
    points=6,
    rubric="""\
- 1 point: means for missing values and for standardising were computed from all visits, test visits among them: a leak, usually a small one; large only with heavy tails or few rows.
- 1 point: the 40 columns were chosen by the labels of the test visits, too: a serious leak, for columns that correlate by chance are kept with their chance.
- 1 point: visits of one patient stand in both parts, so that the individual is recognised: split by patients.
- 1 point: 200 settings were compared on the test visits and the best result is quoted: flattered by up to sqrt(2 ln 200), about 3.3 standard errors; validation data are missing.
- 1 point: a right order: split first (by patients, three parts), then all preparation from the training part, choice on the validation part or by folds, the test part once.
- 1 point: for use next month the test part should be later than the training part, or another point of substance: the base rate (how many return anyway), the standard error of 91 % on 600 visits that are not independent, or which leak is judged worst and why.""",
)

plan_a_search = Written(
    "plan-a-search",
    points=5,
    rubric="""\
- 1 point: 4 machines times 24 hours at 3 trainings an hour are 288 trainings, shared out to at least two rounds, with some kept for other seeds; shorter trainings in the first round are a plus.
- 1 point: scales: learning rate and weight decay log-uniform, 1 - momentum log-uniform, width log-uniform and rounded, dropout uniform; sensible ends.
- 1 point: random, not a grid, with the reason: n**5 trials, or few values on the axis that matters; few dimensions matter.
- 1 point: after the first round: where the best several lie, whether at an edge (then the range is moved), which hyperparameters do not matter; the curves; stop when seeds differ more than trials.
- 1 point: what is promised: of n trials one among the best share q of what can be drawn with probability 1 - (1 - q)**n, with numbers; not the optimum. Reported is the test error of the final choice, measured once, with its standard error.""",
)
