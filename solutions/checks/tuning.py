"""How the exercises of the chapter on tuning are judged.

Shares of rows are no whole numbers of rows, so that truncating shows; columns of data lie far from zero and
differ in scale, few rows are standardised, so that the divisors n and n - 1 differ by more than float32's
tolerance; ranges are wide and lie apart, so that a scale that is not logarithmic shows.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem, Rng
from solutions import quantities
from solutions import tuning as reference


def _seeds(rng):
    """Label and weight, and the generator: one, the same again, and another, which alone tells a fixed seed."""
    seed = int(rng.integers(2**31))
    yield "a first generator", 1.0, Rng(seed)
    yield "the same generator again", 0.5, Rng(seed)
    yield "another generator", 3.0, Rng(seed + 1)


def _rows(rng, low, high, validation, test, up=True):
    """A number of rows of which both shares are to be rounded up, or both down."""
    least, most = (0.55, 0.95) if up else (0.05, 0.45)
    while True:
        n = int(rng.integers(low, high))
        if all(least < share * n % 1 < most for share in (validation, test)):
            return n


@judge(
    reference.train_validation_test_split,
    points=2,
    places=True,
    returns=("train", "validation", "test"),
    compare_as=quantities.split,
)
def train_validation_test_split(rng):
    n = _rows(rng, 5000, 6000, 0.23, 0.17)
    for label, weight, given in _seeds(rng):
        yield Call(label, weight, n=n, validation=0.23, test=0.17, rng=given)
    seed = int(rng.integers(2**31))
    n = _rows(rng, 4000, 5000, 0.34, 0.27, up=False)
    yield Call("large parts", 3.0, n=n, validation=0.34, test=0.27, rng=Rng(seed))
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
    or
        rows, b = np.arange(n), n - round(test * n)
        a = b - round(validation * n)
        return rows[:a], rows[a:b], rows[b:]
    the rows were not shuffled, and the sizes were truncated: data are often in an order, by class or
    by date; the nearest whole number is `round(0.9)`, 1
        rows, a, b = np.arange(n), int(validation * n), int(test * n)
        return rows[a + b :], rows[:a], rows[a : a + b]
    or
        rows, b = np.arange(n), n - int(test * n)
        a = b - int(validation * n)
        return rows[:a], rows[a:b], rows[b:]
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
    the test rows begin at the first one, as the validation rows do, so that rows are in both: they begin where
    those end
        rows[n_validation:last] -> rows[:n_test]
    the training part holds the test rows as well: it begins where those end
        rows[last:], -> rows[n_validation:],
    the training part holds the validation rows as well: it holds neither of the other two
        rows[last:], -> np.append(rows[last:], rows[:n_validation]),
    the last rows of the training part are for testing as well: cut it off before them
        rows, a, b = rng.permutation(n), round(validation * n), round(test * n)
        return rows[a + b :], rows[:a], rows[-b:]
    or
        rows, a, b = rng.permutation(n), round(validation * n), round(test * n)
        return rows[a:], rows[:a], rows[-b:]
    validation and test rows are drawn from all rows, each by themselves, so that some are in both: draw the
    second from what the first has left
        a, b = (rng.choice(n, round(share * n), replace=False) for share in (validation, test))
        return np.setdiff1d(np.arange(n), np.append(a, b)), a, b
    each row goes to a part by chance of its own, so that the sizes vary: they are given
        u = rng.random(n)
        a, b = u < validation, (u >= validation) & (u < validation + test)
        return np.flatnonzero(~(a | b)), np.flatnonzero(a), np.flatnonzero(b)
    or
        parts = rng.choice(3, n, p=[1 - validation - test, validation, test])
        return tuple(np.flatnonzero(parts == part) for part in range(3))
    rows are counted from 1 here: from 0
        return _parts(rng.permutation(n) + 1, validation, test)
    the test part has what two other roundings leave: it has `round(test * n)` rows, and the training part the rest
        rows, a = rng.permutation(n), round(validation * n)
        last = n - round((1 - validation - test) * n)
        return rows[last:], rows[:a], rows[a:last]
    or
        rows, a = rng.permutation(n), round(validation * n)
        last = round((validation + test) * n)
        return rows[last:], rows[:a], rows[a:last]
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


@judge(reference.kfold_indices, points=2, places=True, returns=("folds",), compare_as=quantities.folds)
def kfold_indices(rng):
    few, more = 5 * int(rng.integers(100, 120)), int(rng.integers(1, 5))
    for label, weight, given in _seeds(rng):
        yield Call(label, weight, n=few + more, k=5, rng=given)
    seed = int(rng.integers(2**31))
    yield Call("folds of one size", n=few, k=5, rng=Rng(seed))
    three = 3 * int(rng.integers(160, 180))
    yield Call("three folds, one row more", n=three + 1, k=3, rng=Rng(seed + 1))
    yield Call("two folds, one row more", n=few // 2 * 2 + 1, k=2, rng=Rng(seed + 2))
    n = int(rng.integers(4, 12))
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
    the larger folds are not the first ones: the first n % k folds have a row more
        folds = np.array_split(rng.permutation(n), k) -> folds = np.array_split(rng.permutation(n), k)[::-1]
    or
        rows = rng.permutation(n)
        return _pairs(np.split(rows, [i * n // k for i in range(1, k)]))
    each pair trains on one other fold only: on all the others
        folds = np.array_split(rng.permutation(n), k)
        return [(folds[i - 1], fold) for i, fold in enumerate(folds)]
    or
        folds = np.array_split(rng.permutation(n), k)
        return [(folds[(i + 1) % k], fold) for i, fold in enumerate(folds)]
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
    these are masks of True and False: the numbers of the rows are asked for
        masks = [np.isin(np.arange(n), held) for _, held in kfold_indices(n, k, rng)]
        return [(~mask, mask) for mask in masks]
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


@judge(
    reference.fold_errors,
    points=3,
    returns=("errors",),
    repair="the columns are standardised by all rows before the split: that is the leak; by the training rows of each fold",
)
def fold_errors(rng):
    def rows(n, d, tails=1.2):
        logs = tails * rng.normal(size=(n, d))
        x = np.exp(logs) * np.geomspace(1e-5, 50, d)
        y = rng.uniform(3.0, 9.0) + logs @ rng.normal(size=d) + 0.5 * rng.normal(size=n)
        return x, y

    def folds(n, k):
        parts = np.array_split(rng.permutation(n), k)
        return [(np.concatenate(parts[:i] + parts[i + 1 :]), parts[i]) for i in range(k)]

    # The repair is seen in all cases but the one without a penalty.
    for label, n, d, k, penalty in (
        ("heavy tails", 24, 3, 4, rng.uniform(2.0, 5.0)),
        ("a large penalty", 23, 2, 5, rng.uniform(10.0, 20.0)),
        ("two folds", 19, 4, 2, rng.uniform(1.0, 3.0)),
    ):
        x, y = rows(n, d)
        yield Call(label, x=x, y=y, folds=folds(n, k), penalty=penalty)
    x, y = rows(20, 3)
    yield Call("no penalty: the scale does not matter", 0.5, x=x, y=y, folds=folds(20, 4), penalty=0.0)
    x, y = rows(18, 3)
    held = rng.permutation(18)[:6]
    x[:, 1] = 0.5
    x[held, 1] = rng.uniform(2.0, 4.0, 6)
    kept = np.setdiff1d(np.arange(18), held)
    split = [(kept, held), (rng.permutation(kept)[:9], held)]
    yield Call("a column that varies among the held rows only", 0.5, x=x, y=y, folds=split, penalty=rng.uniform(1, 3))
    x, y = rows(16, 3)
    yield Call("held rows one by one", 0.5, x=x, y=y, folds=folds(16, 16)[:5], penalty=rng.uniform(1, 3))


def _ridge_errors(x, y, folds, penalty, scale=None, middle=np.mean, z=None):
    """Errors of folds; `scale` makes the two sets of inputs of a fold, of x and the numbers of its rows."""
    errors = []
    for train, held in folds:
        a, b = scale(x, train, held) if scale else (x[train], x[held])
        centre = middle(y[train])
        weights = np.linalg.solve(a.T @ a + penalty * np.eye(x.shape[1]), a.T @ (y[train] - centre))
        errors.append(np.mean((centre + b @ weights - y[held]) ** 2))
    return np.array(errors)


def _by(x, rows, ddof=0):
    std = x[rows].std(axis=0, ddof=ddof)
    return x[rows].mean(axis=0), np.where(np.ptp(x[rows], axis=0) == 0, 1.0, std)


fold_errors.add_mistakes("""
    the columns are standardised by all rows before the split: that is the leak; by the training
    rows of each fold
        std = x.std(axis=0)
        z = (x - x.mean(axis=0)) / np.where(std == 0, 1.0, std)
        errors = []
        for train, held in folds:
            middle = y[train].mean()
            gram = z[train].T @ z[train] + penalty * np.eye(x.shape[1])
            weights = np.linalg.solve(gram, z[train].T @ (y[train] - middle))
            predicted = middle + z[held] @ weights
            errors.append(np.mean((predicted - y[held]) ** 2))
        return np.array(errors)
    the rows of the fold, training and held together, give the statistics: that is the leak still
        def scale(x, train, held):
            mean, std = _by(x, np.concatenate([train, held]))
            return (x[train] - mean) / std, (x[held] - mean) / std
        return _ridge_errors(x, y, folds, penalty, scale)
    the held rows are standardised by their own statistics: by those of the training rows
        def scale(x, train, held):
            (a, s), (b, t) = _by(x, train), _by(x, held)
            return (x[train] - a) / s, (x[held] - b) / t
        return _ridge_errors(x, y, folds, penalty, scale)
    the held rows are not standardised: they need the shift and scale of the training rows
        (x[train] - mean) / std, (x[held] - mean) / std -> (x[train] - mean) / std, x[held]
    the held rows are centred only: they need the scale of the training rows, too
        (x[train] - mean) / std, (x[held] - mean) / std -> (x[train] - mean) / std, x[held] - mean
    the statistics are those of the held rows: of the training rows
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x[held].mean(axis=0), x[held].std(axis=0)
        x[train], axis=0) == 0 -> x[held], axis=0) == 0
    nothing is standardised now: the penalty weighs columns by their units
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x[train].mean(axis=0), np.ones(x.shape[1])
    the columns are not centred: the intercept no longer fits
        mean, std = x[train].mean(axis=0), -> mean, std = 0.0,
    the deviation has the divisor n - 1: here it is n, NumPy's default
        x[train].std(axis=0) -> x[train].std(axis=0, ddof=1)
    it was divided by the variance: divide by its root, the standard deviation
        x[train].std(axis=0) -> x[train].var(axis=0)
    there is one mean and one deviation for all columns: each column has its own, `axis=0`
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x[train].mean(), x[train].std()
    a column that does not vary among the training rows divides 0 by 0: centre it only
        std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std) -> pass
    the mean of all targets was taken: a leak, too; of the training rows
        middle = y[train].mean() -> middle = y.mean()
    the mean of the held targets was taken: of the training rows
        middle = y[train].mean() -> middle = y[held].mean()
    the errors are those on the training rows: judge by the held ones
        (middle + z_held @ weights - y[held]) -> (middle + z @ weights - y[train])
    it was fitted to the held rows and judged by the training ones: the other way round
        for train, held in folds -> for held, train in folds
    the mean of the targets is not added to the predictions
        (middle + z_held @ weights - y[held]) -> (z_held @ weights - y[held])
    the penalty is left out
        + penalty * np.eye(x.shape[1]) -> + 0 * np.eye(x.shape[1])
    the penalty is multiplied by the number of rows: here the errors are summed, not averaged
        penalty * np.eye -> penalty * len(train) * np.eye
    the penalty is divided by the number of rows: the errors are summed, and it counts as it is
        penalty * np.eye -> penalty / len(train) * np.eye
    the mean over the folds is returned: return one error for each fold
        return np.array(errors) -> return np.mean(errors)
    these are roots of mean squares: return the mean squared errors
        np.mean((middle + z_held @ weights - y[held]) ** 2) -> np.sqrt(np.mean((middle + z_held @ weights - y[held]) ** 2))
    these are mean absolute errors: return the mean squared errors
        np.mean((middle + z_held @ weights - y[held]) ** 2) -> np.mean(np.abs(middle + z_held @ weights - y[held]))
    these are sums of squared errors: return their means
        np.mean((middle + z_held @ weights - y[held]) ** 2) -> np.sum((middle + z_held @ weights - y[held]) ** 2)
    a mean or a deviation is still that of all rows, and that is the leak: take both from the training rows of each
    fold
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x.mean(axis=0), x.std(axis=0)
    or
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x[train].mean(axis=0), x.std(axis=0)
    or
        mean, std = x[train].mean(axis=0), x[train].std(axis=0) -> mean, std = x.mean(axis=0), x[train].std(axis=0)
    or
        mean, std = x.mean(axis=0), x.std(axis=0)
        z = (x - mean) / np.where(std == 0, 1.0, std)
        errors = []
        for train, held in folds:
            middle, centre = y[train].mean(), z[train].mean(axis=0)
            a = z[train] - centre
            weights = np.linalg.solve(a.T @ a + penalty * np.eye(x.shape[1]), a.T @ (y[train] - middle))
            errors.append(np.mean((middle + (z[held] - centre) @ weights - y[held]) ** 2))
        return np.array(errors)
    a small number is added to every deviation: the columns that vary are to be divided by theirs alone
        std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std) -> std = std + 1e-8
    the intercept is penalised with the weights: it is free
        errors = []
        for train, held in folds:
            mean, std = _by(x, train)
            a, b = (np.column_stack([np.ones(len(r)), (x[r] - mean) / std]) for r in (train, held))
            weights = np.linalg.solve(a.T @ a + penalty * np.eye(len(a.T)), a.T @ y[train])
            errors.append(np.mean((b @ weights - y[held]) ** 2))
        return np.array(errors)
    the penalty is halved: the whole of it is multiplied by the sum of the squared weights
        penalty * np.eye -> penalty / 2 * np.eye
    the penalty is added to every entry: only to the diagonal
        penalty * np.eye(x.shape[1]) -> penalty
    the penalty is in the errors: they are the mean squares on the held rows, and no more
        np.mean((middle + z_held @ weights - y[held]) ** 2) -> np.mean((middle + z_held @ weights - y[held]) ** 2) + penalty * weights @ weights
""")
fold_errors.add_variants("""
    with a function for the statistics
        def scaled(train, rows):
            mean, std = x[train].mean(axis=0), x[train].std(axis=0)
            std[np.ptp(x[train], axis=0) == 0] = 1
            return (x[rows] - mean) / std
        errors = []
        for train, held in folds:
            z, target = scaled(train, train), y[train] - np.mean(y[train])
            w = np.linalg.inv(z.T @ z + penalty * np.eye(z.shape[1])) @ z.T @ target
            errors.append(float(np.mean((y[held] - np.mean(y[train]) - scaled(train, held) @ w) ** 2)))
        return errors
    by further rows of a least-squares problem
        d, errors = x.shape[1], np.zeros(len(folds))
        for i, (train, held) in enumerate(folds):
            mean = np.mean(x[train], axis=0)
            std = np.sqrt(np.mean((x[train] - mean) ** 2, axis=0))
            std = np.where(std < 1e-9 * (1 + np.abs(mean)), 1, std)
            rows = np.vstack([(x[train] - mean) / std, np.sqrt(penalty) * np.eye(d)])
            targets = np.append(y[train] - y[train].mean(), np.zeros(d))
            w = np.linalg.lstsq(rows, targets, rcond=None)[0]
            errors[i] = np.mean((y[train].mean() + (x[held] - mean) / std @ w - y[held]) ** 2)
        return errors
    with the penalty in the columns' own units
        errors = []
        for train, held in folds:
            mean, var = x[train].mean(axis=0), x[train].var(axis=0)
            var[np.ptp(x[train], axis=0) == 0] = 1
            c = x[train] - mean
            w = np.linalg.solve(c.T @ c + penalty * np.diag(var), c.T @ (y[train] - y[train].mean()))
            errors.append(np.mean((y[train].mean() + (x[held] - mean) @ w - y[held]) ** 2))
        return np.array(errors)
    with an intercept as a column of its own
        errors = []
        for train, held in folds:
            mean, std = x[train].mean(axis=0), x[train].std(axis=0)
            std = np.where(np.ptp(x[train], axis=0) == 0, 1.0, std)
            a, b = (np.column_stack([np.ones(len(r)), (x[r] - mean) / std]) for r in (train, held))
            free = np.diag([0.0] + [penalty] * x.shape[1])
            errors.append(np.mean((b @ np.linalg.pinv(a.T @ a + free) @ a.T @ y[train] - y[held]) ** 2))
        return np.array(errors)
""")


@judge(reference.one_standard_error, points=2, returns=("index",))
def one_standard_error(rng):
    def errors(means, stds, k):
        """Errors of which each row has the very mean and standard deviation (divisor k - 1)."""
        noise = rng.normal(size=(len(means), k))
        noise[:, 0] += k / 5  # the first fold is a hard one
        noise -= noise.mean(axis=1, keepdims=True)
        noise /= noise.std(axis=1, ddof=1, keepdims=True)
        return np.array(means)[:, None] + np.array(stds)[:, None] * noise

    def among(means, stds, k, scale=None):
        """Those candidates after some that are simpler and far worse, and before some that are no better."""
        before, after = (rng.uniform(2.5, 6.0, size=rng.integers(1, 9)) for _ in range(2))
        means, stds = (
            np.concatenate([before, means, after]),
            np.pad(stds, (len(before), len(after)), constant_values=2.5),
        )
        base, scale = (rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.2)) if scale is None else (rng.uniform(20, 30), scale)
        return base + scale * errors(means, stds, k)

    # The limit is 1 / sqrt(k) above the best mean, 0, where the best one's deviation is 1.
    # In most cases a simpler one is within it, then one that is not.
    yield Call("one that is simpler is as good", errors=among([1.5, 0.7, 0.4, 0.8, 0.1, 0.0, 0.6], [1] * 7, 5))
    yield Call("all simpler ones are worse", errors=among([3.0, 1.2, 0.6, 0.0, 0.2], [1] * 5, 5))
    yield Call("the best one varies little", 3.0, errors=among([0.6, 0.05, 0.3, 0.0], [4, 2, 3, 0.2], 4))
    yield Call("the best one varies much", errors=among([1.9, 1.4, 0.7, 0.0, 0.3], [0.2, 0.2, 1.5, 3, 0.2], 4))
    # The limit is at 0.58; with the divisor k it is at 0.47, with the root of k - 1 at 0.71.
    yield Call("between the divisors k and k - 1", 2.0, errors=among([1.5, 0.64, 0.54, 0.9, 0.2, 0.0], [1] * 6, 3))
    # At 0.5, 0.43 and 0.58.
    yield Call("between them with four folds", 2.0, errors=among([0.9, 0.54, 0.46, 0.8, 0.0], [1] * 5, 4))
    # The deviation is 3, so that its square is not smaller.
    yield Call("losses larger than 1", 2.0, errors=among([1.5, 0.55, 0.2, 0.6, 0.0], [1] * 5, 5, scale=3.0))
    simplest = rng.uniform(0.2, 0.6) + 0.1 * errors([0.0, 0.2, 1.5, 0.9], [1] * 4, 10)
    yield Call("the simplest is best", 0.5, errors=simplest)
    yield Call("more folds than candidates", errors=among([0.9, 0.2, 0.15, 0.0, 2.0], [1] * 5, 30))
    yield Call("exactly one standard error above the best", errors=_at_the_limit(rng))


def _at_the_limit(rng):
    """Errors without a rounding: 3, 3, 3 and -1 have the mean 2, and its standard error is 1."""
    worse = rng.uniform(4.0, 9.0, size=(rng.integers(1, 8), 4))
    limit, best = [2.0, 4.0, 3.0, 3.0], [3.0, 3.0, 3.0, -1.0]
    errors = np.array([*worse, limit, best])[:, rng.permutation(4)]
    return (errors + rng.integers(2, 9)) / 8


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
    a candidate that is exactly one standard error above the best mean is within the limit: `<=`
        means, k = np.mean(errors, axis=1), errors.shape[1]
        best = np.argmin(means)
        within = means < means[best] + np.std(errors[best], ddof=1) / np.sqrt(k)
        return int(np.argmax(within))
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
    the spread is that of the candidates' means, or of all errors together, or of another candidate: take that of
    the best candidate's folds
        np.std(errors[best], ddof=1) -> np.std(errors[0], ddof=1)
    or
        np.std(errors[best], ddof=1) -> np.std(errors[-1], ddof=1)
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + errors.std() / np.sqrt(errors.shape[1]))
    or
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + errors.std(ddof=1) / np.sqrt(errors.size))
    or
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
    the standard error is that of a share of k errors: the folds' own deviation, divided by the root of k
        means = np.mean(errors, axis=1)
        return _first_within(errors, means.min() + np.sqrt(np.abs(means.min() * (1 - means.min())) / len(errors[0])))
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
    from the best candidate on, simpler ones are tried until one is outside the limit: a still simpler one may be
    within it, for means need not fall steadily; look at all
        means = np.mean(errors, axis=1)
        index = int(np.argmin(means))
        limit = means[index] + np.std(errors[index], ddof=1) / np.sqrt(errors.shape[1])
        while index > 0 and means[index - 1] <= limit:
            index -= 1
        return index
    the limit is two standard errors above the best mean: one is asked for
        np.std(errors[best], ddof=1) -> 2 * np.std(errors[best], ddof=1)
    the medians over the folds are compared: it is their means
        means = np.mean(errors, axis=1) -> means = np.median(errors, axis=1)
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


@judge(reference.trials_needed, points=2, returns=("n",))
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
    while True:
        one = call("one trial is enough", 0.6, 0.25)
        top, confidence = one.arguments.values()
        # With the logarithms of top and of confidence it is another number.
        if np.ceil(np.log(1 - top) / np.log(1 - confidence)) != np.ceil(np.log(confidence) / np.log(top)):
            break
    yield one
    # The quotient is 1 without a rounding, and so is each difference from 1.
    half = int(rng.integers(10, 120)) / 256
    yield Call("exactly as likely as one trial hits", 0.5, top=half, confidence=half)


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
    the bound itself is refused: where n trials reach `confidence` exactly they are enough, and
    rounding down and adding 1 gives one more
        return int(np.log(1 - confidence) / np.log(1 - top)) + 1
    or
        n = 0
        while (1 - top) ** n >= 1 - confidence:
            n += 1
        return n
    top**n is the probability that all of n trials hit: that none does is (1 - top)**n
        return int(np.ceil(np.log(1 - confidence) / np.log(top)))
    the quotient is upside down, and its denominator is the logarithm of `confidence`: it is that of a miss,
    log(1 - confidence) / log(1 - top)
        return int(np.ceil(np.log(1 - top) / np.log(confidence)))
    this is a probability: the number of trials is asked
        return 1 - (1 - top) ** confidence
    the arguments are shares, not per cent: do not divide them by 100
        return int(np.ceil(np.log(1 - confidence / 100) / np.log(1 - top / 100)))
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
        return 1 + np.ceil(np.log2(1 / (1 - confidence)) / np.log2(1 / (1 - top)) - 1)
""")


@judge(reference.random_search, points=3, returns=("trials", "values", "best"), compare_as=quantities.search)
def random_search(rng):
    low = 10.0 ** rng.uniform([-3.5, -2.5], [-3.0, -2.0])
    high = low * 10.0 ** rng.uniform(3.0, 4.0, 2)
    f = Problem("rosenbrock", "value")
    for label, weight, given in _seeds(rng):
        yield Call(label, weight, f=f, low=low, high=high, n_trials=2500, rng=given)
    seed = int(rng.integers(2**31))
    low = 10.0 ** rng.uniform([0.5, -3.0], [1.0, -2.0])
    high = low * 10.0 ** rng.uniform([1.0, 2.5], [1.5, 3.0])
    yield Call(
        "two ranges that lie apart", f=Problem("bowl", "value"), low=low, high=high, n_trials=1500, rng=Rng(seed)
    )
    low = 10.0 ** (rng.uniform(-2.0, -1.5, 5) + np.linspace(0, 1, 5))
    yield Call(
        "five hyperparameters",
        f=Problem("long rosenbrock", "value"),
        low=low,
        high=low * 10.0 ** rng.uniform(1.0, 2.5, 5),
        n_trials=1000,
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
    the values of each hyperparameter are spread evenly, as on a grid: draw each number by itself
        axes = np.geomspace(low, high, n_trials)
        return _searched(f, np.column_stack([rng.permutation(axis) for axis in axes.T]))
    or
        return _searched(f, np.geomspace(low, high, n_trials))
    all hyperparameters were drawn from the range of the first: each column has its own range
        shape = n_trials, len(low)
        return _searched(f, np.exp(rng.uniform(np.log(low[0]), np.log(high[0]), shape)))
    values[i] is not f of trials[i]: give f the hyperparameters that are returned, not their logarithms, nor
    others that are drawn anew
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
    `np.exp` is missing: the trials are logarithms, and f got them; give and return the hyperparameters themselves
        return _searched(f, rng.uniform(np.log(low), np.log(high), (n_trials, len(low))))
    or
        return _searched(f, rng.uniform(np.log10(low), np.log10(high), (n_trials, len(low))))
    the second and the third result have changed places: trials, values, best
        trials, values, best = random_search(f, low, high, n_trials, rng)
        return trials, best, values
    the logarithms are normal: draw them uniform, from that of the one end to that of the other
        middle, width = np.log(low * high) / 2, np.log(high / low)
        return _searched(f, np.exp(np.clip(rng.normal(middle, width / 6, (n_trials, len(low))), np.log(low), np.log(high))))
    or
        middle, width = np.log(low * high) / 2, np.log(high / low)
        return _searched(f, np.exp(rng.normal(middle, width / 4, (n_trials, len(low)))))
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


def _losses(rng, n, most):
    """Curves that cross and shake, no two numbers alike."""
    end, speed = rng.uniform(0.3, 1.5, n), np.exp(rng.normal(size=n)) * 3 / most
    epochs = np.arange(1, most + 1)
    losses = end[:, None] + (2.3 - end)[:, None] * np.exp(-speed[:, None] * epochs)
    return losses * np.exp(0.15 * rng.normal(size=(n, most)))


@judge(reference.successive_halving, points=4, returns=("best", "epochs"))
def successive_halving(rng):
    n = int(rng.integers(33, 60))
    yield Call("halves", losses=_losses(rng, n, 40), first=1, factor=2)
    # In these two a round has fewer trials than the factor, and no number is divided without a rest.
    n = int(rng.choice([19, 20, 22, 23, 25, 26]))
    yield Call("thirds", losses=_losses(rng, n, 60), first=2, factor=3)
    n = int(rng.choice([33, 34, 35, 37, 38, 39, 41, 42, 43, 45, 46, 47]))
    yield Call("fourths, and more epochs in the first round", 1.5, losses=_losses(rng, n, 140), first=2, factor=4)
    while True:
        losses = _losses(rng, int(rng.integers(40, 60)), 15)
        best, epochs = _halved(losses, 3, 2)
        # Of those that are left another one is ahead in the last column.
        if losses[best, -1] > losses[epochs == epochs.max(), -1].min():
            break
    yield Call("the epochs come to an end first", losses=losses, first=3, factor=2)
    # The last round needs all epochs, and no more.
    yield Call("the last round needs all epochs", losses=_losses(rng, int(rng.integers(40, 60)), 24), first=3, factor=2)
    losses = _losses(rng, 23, 50)
    losses[rng.permutation(23)[:14], int(rng.integers(1, 3)) :] = np.inf
    yield Call("some diverge", losses=losses, first=3, factor=2)
    yield Call("fewer trials than the factor", 0.5, losses=_losses(rng, 3, 30), first=4, factor=5)
    yield Call("a single trial", 0.5, losses=_losses(rng, 1, 20), first=int(rng.integers(3, 8)), factor=2)
    while True:
        losses = np.round(_losses(rng, int(rng.integers(25, 40)), 30))
        # Where equal ones are kept in the order of an earlier round, something else must come out.
        (best, epochs), (other, others) = (_halved(losses, 2, 2, order=o) for o in (np.sort, np.array))
        if best != other or (epochs != others).any():
            break
    yield Call("many equal losses", 0.5, losses=losses, first=2, factor=2)


def _halved(losses, first, factor, rank=None, keep=None, longer=None, order=np.sort):
    """Successive halving with one of its parts changed: what trials are ranked by, how many stay, for how long."""
    rank = rank or (lambda left, e: losses[left, e - 1])
    keep = keep or (lambda n: max(1, n // factor))
    longer = longer or (lambda e: e * factor)
    epochs, left, e = np.zeros(len(losses), dtype=int), np.arange(len(losses)), first
    while True:
        epochs[left] = e
        left = left[np.argsort(rank(left, e), kind="stable")]
        if len(left) == 1 or longer(e) > losses.shape[1]:
            return int(left[0]), epochs
        left, e = order(left[: keep(len(left))]), longer(e)


successive_halving.add_mistakes("""
    the trials of the largest losses go on: those of the smallest
        losses[left, trained - 1], kind -> -losses[left, trained - 1], kind
    the trials are ranked by their last epoch of all, which nobody has paid for: by the loss after the
    epochs so far
        losses[left, trained - 1], kind -> losses[left, -1], kind
    the trials are ranked by their best loss so far: by the loss after the last of their epochs
        losses[left, trained - 1], kind -> losses[left, :trained].min(axis=1), kind
    the trials are ranked by the mean of their losses so far: by the last of them
        losses[left, trained - 1], kind -> losses[left, :trained].mean(axis=1), kind
    the column is one too far: after e epochs the loss stands in column e - 1
        losses[left, trained - 1], kind -> losses[left, min(trained, most - 1)], kind
    all rounds are ranked by the losses after the first one: by the newest
        losses[left, trained - 1], kind -> losses[left, first - 1], kind
    places among those that are left were taken for the numbers of trials
        left = left[np.argsort(losses[left, trained - 1], kind="stable")] -> left = np.argsort(losses[left, trained - 1], kind="stable")
    or
        epochs, left, trained = np.zeros(len(losses), dtype=int), np.arange(len(losses)), first
        while True:
            epochs[left] = trained
            left = np.argsort(losses[left, trained - 1], kind="stable")
            if len(left) == 1 or trained * factor > losses.shape[1]:
                return int(left[0]), epochs
            left, trained = left[: max(1, len(left) // factor)], trained * factor
    the number that is returned is a place among those that are left in the last round: the trial's own number
        return int(left[0]), epochs -> return int(np.argmin(losses[before, trained - 1])), epochs
        epochs[left] = trained -> epochs[left], before = trained, left
    a trial that goes on was trained from the beginning again: its epochs so far count
        epochs[left] = trained -> epochs[left] += trained
    each round is as long as the first: the epochs of a trial are multiplied by the factor
        return _halved(losses, first, factor, longer=lambda e: e + first)
    or
        trained *= factor -> trained += first
    the epochs are doubled whatever the factor: they are multiplied by it
        return _halved(losses, first, factor, longer=lambda e: 2 * e)
    one half goes on whatever the factor: one part of `factor`
        return _halved(losses, first, factor, keep=lambda n: max(1, n // 2))
    one half goes on and the epochs are doubled, whatever the factor
        return _halved(losses, first, 2)
    the number of those that go on is rounded up: it is rounded down
        return _halved(losses, first, factor, keep=lambda n: -(-n // factor))
    one part of `factor` is given up: it is what goes on
        return _halved(losses, first, factor, keep=lambda n: max(1, n - max(1, n // factor)))
    only the best one goes on after the first round: one part of `factor` does, round by round
        return _halved(losses, first, factor, keep=lambda n: 1)
    it ends, or no trial is left, once there are fewer than `factor`: the best one goes on
        if len(left) == 1 or -> if len(left) < factor or
    the single trial that is left is not trained any further: its round is the last one
        epochs[left] = trained -> epochs[left] = trained if len(left) > 1 or n == 1 else epochs[left]
    the last round is left out: it may need as many epochs as there are columns
        trained * factor > most -> trained * factor >= most
    or
        return _halved(losses[:, : max(first, losses.shape[1] // factor)], first, factor)
    the search goes on with a single trial: it ends with the round in which that is trained
        len(left) == 1 or trained * factor -> trained * factor
    of equal trials the one that was ahead before counts as better: the one of the smaller number
        np.sort(left[: max(1, len(left) // factor)]) -> left[: max(1, len(left) // factor)]
    the single trial was trained to the last column: it has its round, and no more
        epochs[left] = trained -> epochs[left] = trained if len(left) > 1 else most
    the first round lasts an epoch: it lasts `first` of them
        trained = np.zeros(n, dtype=int), np.arange(n), first -> trained = np.zeros(n, dtype=int), np.arange(n), 1
    the first round has been multiplied by the factor already
        trained = np.zeros(n, dtype=int), np.arange(n), first -> trained = np.zeros(n, dtype=int), np.arange(n), min(first * factor, most)
    no trial was given up: this trains all of them to the end
        return int(np.argmin(losses[:, -1])), np.full(len(losses), losses.shape[1])
    the epochs of all trials are added up: return those of each
        best, epochs = successive_halving(losses, first, factor)
        return best, int(epochs.sum())
    the smallest loss is returned: return the number of the trial
        best, epochs = successive_halving(losses, first, factor)
        return float(losses[best, epochs[best] - 1]), epochs
    the results are in the other order: the best trial first
        return successive_halving(losses, first, factor)[::-1]
    trials are counted from 1: from 0
        best, epochs = successive_halving(losses, first, factor)
        return best + 1, epochs
    only the epochs of the last round are there: of all trials, 0 for none is not right either
        best, epochs = successive_halving(losses, first, factor)
        return best, np.where(epochs == epochs.max(), epochs, 0)
    at the end the trial is taken that would be as low as the best in the last column: nobody has paid for
    that; compare by the loss after the epochs so far
        int(left[0]) -> int(left[np.argmin(losses[left, -1])])
    at the end trials that were given up are compared, too: of those that are left the best is asked for
        int(left[0]) -> int(np.argmin(losses[:, trained - 1]))
    of equal trials the one of the larger number counts as better: the one of the smaller
        left = left[np.argsort(losses[left, trained - 1], kind="stable")] -> left = left[::-1][np.argsort(losses[left[::-1], trained - 1], kind="stable")]
    of equal trials any may be ahead, for `np.argsort` keeps their order only with `kind="stable"`
        , kind="stable") -> )
""")
successive_halving.add_variants("""
    with lists, by sorting pairs
        left, e, epochs = list(range(len(losses))), first, [0] * len(losses)
        while True:
            for i in left:
                epochs[i] = e
            ranked = [i for _, i in sorted((losses[i][e - 1], i) for i in left)]
            if len(ranked) == 1 or e * factor > len(losses[0]):
                return ranked[0], epochs
            left, e = ranked[: max(len(ranked) // factor, 1)], e * factor
    one round after the other, by calling itself
        def go_on(left, e):
            order = left[np.lexsort((left, losses[left, e - 1]))]
            epochs[left] = e
            n = max(1, len(left) // factor)
            done = len(left) == 1 or factor * e > losses.shape[1]
            return order[0] if done else go_on(order[:n], factor * e)
        epochs = np.zeros(len(losses), dtype=np.int32)
        return go_on(np.arange(len(losses)), first), epochs
    with a mask; those that are given up count as infinite
        n, most = losses.shape
        alive, e = np.ones(n, dtype=bool), first
        epochs = np.full(n, first)
        while alive.sum() > 1 and e * factor <= most:
            keep = max(1, alive.sum() // factor)
            order = sorted(np.flatnonzero(alive), key=lambda i: losses[i, e - 1])
            alive[:] = False
            alive[order[:keep]] = True
            e *= factor
            epochs[alive] = e
        ahead = np.flatnonzero(alive)
        return ahead[np.argmin(losses[ahead, e - 1])], epochs
    the rounds' sizes first
        sizes, lengths = [len(losses)], [first]
        while sizes[-1] > 1 and lengths[-1] * factor <= losses.shape[1]:
            sizes.append(max(1, sizes[-1] // factor))
            lengths.append(lengths[-1] * factor)
        epochs, left = np.zeros(len(losses)), np.arange(len(losses))
        for size, length in zip(sizes, lengths):
            left = np.sort(left[:size])
            epochs[left] = length
            left = left[np.argsort(losses[left, length - 1], kind="stable")]
        return left[0], epochs.astype(int)
""")


def _pool(rng, m, most, budget, slow, noise):
    """Curves of which the reference's plan makes much; where `slow` is positive, slow beginners end lower."""
    while True:
        quality = rng.random(m)
        end = 0.3 + 1.2 * quality
        speed = 3 / most * np.exp(0.9 * rng.normal(size=m) + slow * (2 * quality - 1))
        fall = np.exp(-speed[:, None] * np.arange(1, most + 1))
        curves = (end[:, None] + (2.3 - end)[:, None] * fall) * np.exp(noise * rng.normal(size=(m, most)))
        given = {"curves": np.round(curves, 4), "budget": budget}
        if slow > 0 and quantities.loss_found(given, _by_factor(given["curves"], budget, 2)) > 0.1:
            continue
        if quantities.loss_found(given, reference.plan_search(**given)) > 0.55:
            return given


def _by_factor(curves, budget, factor):
    """Successive halving from one epoch on, with as many trials as the budget allows."""
    m, most = curves.shape

    def plan(n):
        numbers = []
        while len(numbers) < most:
            numbers += [n] * (max(1, len(numbers) * factor) - len(numbers))
            n = max(1, n // factor)
        return np.array(numbers[:most])

    return max((plan(n) for n in range(1, m + 1) if plan(n).sum() <= budget), key=lambda p: p[0])


@judge(
    reference.plan_search,
    points=3,
    returns=("plan",),
    score=quantities.loss_found,
    credit={0.12: 0.25, 0.2: 0.5, 0.28: 0.75, 0.35: 1.0},
)
def plan_search(rng):
    # No two cases have as many epochs, nor have those of two seeds: a plan that was seen fits none of them.
    def sizes(least):
        most = least + int(rng.integers(12))
        return most, int(rng.integers(9, 12) * most / 2)

    yield Call("the first losses tell much", 0.5, **_pool(rng, 60, *sizes(24), -0.5, 0.02))
    yield Call("who begins slowly ends lower", 2.0, **_pool(rng, 60, *sizes(36), 1.2, 0.02))
    yield Call("slowly, and with noise", 2.0, **_pool(rng, 60, *sizes(48), 1.2, 0.05))
    yield Call("more epochs", 1.5, **_pool(rng, 70, *sizes(60), 1.1, 0.02))


plan_search.add_mistakes("""
    nobody is given up: this is random search, of which every trial is trained to the end
        m, most = curves.shape
        return np.full(most, budget // most)
    one epoch decides everything: the trials that learn fastest need not end lowest
        m, most = curves.shape
        return np.append(min(budget, m), np.zeros(most - 1, dtype=int))
    this is successive halving in any case: look at the curves when losses begin to tell
        m, most = curves.shape
        return _by_factor(curves, budget, 2)
    this gives up two of three in any case: look at the curves when losses begin to tell
        return _by_factor(curves, budget, 3)
    this gives up three of four in any case: look at the curves when losses begin to tell
        return _by_factor(curves, budget, 4)
    only one trial goes on after the first epoch: the one that learns fastest
        m, most = curves.shape
        return np.append(min(m, budget - most + 1), np.ones(most - 1, dtype=int))
    the budget is exceeded: all epochs of all trials count
        m, most = curves.shape
        return np.full(most, m)
    or
        m, most = curves.shape
        return np.linspace(m, 1, most).astype(int)
    the plan rises: a trial that was given up is not trained any more
        return plan_search(curves, budget)[::-1]
    half of the budget is not used
        return _by_factor(curves, budget // 2, 2)
    these are shares of the budget: give whole numbers of trials
        return plan_search(curves, budget) / budget
    a single trial is trained: nobody is compared with it
        return np.ones(curves.shape[1], dtype=int)
""")
plan_search.add_variants("""
    better and better, by small changes
        rng = np.random.default_rng(3)
        plan, draws = plan_search(curves, budget), np.argsort(rng.random((60, len(curves))), axis=1)
        value = reference._reached(curves, plan, draws)
        for _ in range(120):
            other = plan + rng.integers(-2, 3, len(plan)) * (rng.random(len(plan)) < 0.3)
            other = np.minimum.accumulate(np.clip(other, 0, len(curves)))
            if other[0] > 0 and other.sum() <= budget:
                reached = reference._reached(curves, other, draws)
                if reached < value:
                    plan, value = other, reached
        return plan
    powers of the epoch, in finer steps
        m, most = curves.shape
        draws, best = np.argsort(np.random.default_rng(5).random((80, m)), axis=1), (np.inf, None)
        for last in range(most // 4, most + 1, 3):
            for power in np.linspace(0.2, 2.4, 12):
                plan = np.zeros(most, dtype=int)
                plan[:last] = reference._falling(power, last, budget, m)
                best = min(best, (reference._reached(curves, plan, draws), plan), key=lambda b: b[0])
        return best[1]
    the reference's, in a list
        return plan_search(curves, budget).tolist()
""")

five_leaks = Written(
    "five-leaks",
    points=4,
    rubric="""\
- 1 point: two things were computed from all visits, the test visits among them: the means and the scales, a leak that is usually small (large only with heavy tails or few rows); and the choice of the 40 columns, a serious one, for columns that correlate with returning by chance are kept with their chance.
- 1 point: visits of one patient stand in both parts, so that the individual is recognised: split by patients.
- 1 point: 200 settings were compared on the test visits and the best result is quoted: flattered, on average, by up to sqrt(2 ln 200), about 3.3 standard errors; validation data are missing.
- 1 point: a right order: split first (by patients, three parts; for use next month, the test part the latest), then all preparation from the training part, choice on the validation part or by folds, the test part once.""",
)

plan_a_search = Written(
    "plan-a-search",
    points=4,
    rubric="""\
- 1 point: 4 machines times 24 hours at 3 trainings an hour are 288 trainings, shared out to at least two rounds, with some kept for other seeds; shorter trainings in the first round are a plus.
- 1 point: scales: learning rate and weight decay log-uniform, 1 - momentum log-uniform, width log-uniform and rounded, dropout uniform; sensible ends.
- 1 point: random, not a grid, with the reason (n**5 trials, or few values on the axis that matters); and after the first round: where the best several lie, whether at an edge (then the range is moved), which hyperparameters do not matter; the curves; stop when seeds differ more than trials.
- 1 point: what is promised: of n trials one among the best share q of what can be drawn with probability 1 - (1 - q)**n, with numbers; not the optimum. Reported is the test error of the final choice, measured once, with its standard error.""",
)
