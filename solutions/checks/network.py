"""How the exercises of the chapter on a network and its gradient are judged.

Many arrays are square, so that a matrix that is transposed or a sum along the wrong axis is not told
by its shape alone; steps of differences are large, so that each formula has an error of its own.
"""

import itertools

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem, Rng
from solutions import network as reference
from solutions import quantities


def _away_from_zero(rng, *shape):
    """Random numbers of both signs, none of them near zero."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 2.0, size=shape)


def _labels(rng, n, k):
    """Labels of which no two neighbours are the same, so that rows cannot be mixed up."""
    return (rng.integers(k) + np.cumsum(rng.integers(1, k, size=n))) % k


def _onehot(labels, k):
    return np.eye(k)[labels]


def _softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@judge(reference.accuracy, points=1, returns=("accuracy",))
def accuracy(rng):
    def scores(n, k, right, large=1.0):
        """Scores of which the given number of rows is right; rows and columns have no ties."""
        logits = large * rng.uniform(-1, 1, size=(n, k))
        best = logits.argmax(axis=1)
        wrong = rng.permutation(n)[right:]
        labels = best.copy()
        labels[wrong] = (best[wrong] + rng.integers(1, k, size=len(wrong))) % k
        return {"logits": logits, "labels": labels}

    def number(low, high):
        return int(rng.integers(low, high))

    yield Call("a dozen examples or so of three classes", **scores(number(10, 15), 3, number(3, 8)))
    n = number(5, 9)
    square = scores(n, n, number(1, n - 1))
    # The best example of a class is right for some, so that an average along the wrong axis is not 0.
    while not np.any(square["logits"].argmax(axis=0) == square["labels"]):
        square = scores(n, n, number(1, n - 1))
    yield Call("as many examples as classes", **square)
    many = scores(number(40, 60), 10, number(11, 34), large=20.0)
    # The row of the highest score of all comes first and is right, so that its place among all is some row's label.
    rows = np.argsort(many["logits"].max(axis=1) * np.where(_right(**many), -1, 1))
    many = {name: array[rows] for name, array in many.items()}
    many["logits"][0] += 40.0
    yield Call("about fifty examples of ten classes", **many)
    # So low that their exponentials are 0: a softmax without a shift is no number, and its argmax 0.
    low = scores(number(8, 13), 5, number(2, 7))
    while np.mean(low["labels"] == 0) == np.mean(_right(**low)):
        low = scores(number(8, 13), 5, number(2, 7))
    yield Call("all scores are negative", **_shifted(low, -1000.0))
    n = number(5, 9)
    yield Call("all right", 0.5, **scores(n, 3, n))
    yield Call("none right", 0.5, **scores(n, 3, 0))


def _right(logits, labels):
    return logits.argmax(axis=1) == labels


def _shifted(arguments, by):
    return {**arguments, "logits": arguments["logits"] + by}


accuracy.add_mistakes("""
    this is the number of right rows: divide it by the number of rows
        np.mean -> np.sum
    this is the share of wrong rows, the error rate: the accuracy is 1 minus it
        return np.mean(logits.argmax(axis=1) != labels)
    or
        return 1 - np.mean(logits.argmax(axis=1) == labels)
    this is in percent: the accuracy is a share, from 0 to 1
        np.mean -> 100 * np.mean
    this says of every row whether it is right: take the mean of it
        return logits.argmax(axis=1) == labels
    exp of a score far from 0 is 0, or an overflow, and the softmax no number: the highest score of a
    row is found without it
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return np.mean(p.argmax(axis=1) == labels)
    the lowest score of each row was taken: the network's answer is the highest
        return np.mean(logits.argmin(axis=1) == labels)
    this divides by the number of classes: divide by the number of rows, the examples
        return np.sum(logits.argmax(axis=1) == labels) / logits.shape[1]
    a row whose label has a positive score is not yet right: its score must be the highest of the
    row
        return np.mean(logits[np.arange(len(labels)), labels] > 0)
    this is the mean score of the labels: count the rows where it is the highest
        return np.mean(logits[np.arange(len(labels)), labels])
    this is 1 if all rows are right and else 0: `//` drops the rest, and `np.all` asks about all at
    once; divide the number of right rows by that of all with `/`
        return np.sum(logits.argmax(axis=1) == labels) // len(labels)
    or
        return np.array_equal(logits.argmax(axis=1), labels)
    this divides by the number of all scores: divide by the number of rows
        return np.sum(logits.argmax(axis=1) == labels) / logits.size
    this is 0 in every case: compare with each label the place of the highest score in its row,
    argmax, and neither the score itself nor its place among all
        return np.mean(logits.max(axis=1) == labels)
    the highest score of each column was taken, the best example of a class: take that of each row,
    the best class of an example
        return np.mean(logits.argmax(axis=0) == labels)
    or
        best = logits.argmax(axis=0)
        return np.mean([best[j] == labels[j] for j in range(min(len(best), len(labels)))])
    or
        best = logits.argmax(axis=0)
        return np.sum(best[labels] == np.arange(len(labels))) / len(labels)
    this is the mean distance between class and label: count the rows in which they are the same
        return np.mean(np.abs(logits.argmax(axis=1) - labels))
    the label is asked to be among the two best: its score must be the highest of the row
        return np.mean([label in row for label, row in zip(labels, np.argsort(logits, axis=1)[:, -2:])])
    this is the mean of a one-hot matrix, over n * k entries: the mean is over the n rows
        return np.mean(np.eye(logits.shape[1])[logits.argmax(axis=1)] == np.eye(logits.shape[1])[labels])
    this is the error rate in percent: the accuracy is a share, and 1 minus the share of wrong rows
        return 100 * np.mean(logits.argmax(axis=1) != labels)
    this is the number of wrong rows: divide the number of right ones by that of all
        return np.sum(logits.argmax(axis=1) != labels)
    `argmax` without an axis is one place among all scores: take that of the highest in each row,
    `axis=1`
        return np.mean(logits.argmax() == labels)
    the result is returned after the first row: `return` stands inside the loop
        return float(logits[0].argmax() == labels[0]) / len(labels)
    or
        return float(logits[0].argmax() == labels[0])
    one row is left out: the loop goes over all of them, `range(len(labels))`
        return np.sum(logits.argmax(axis=1)[:-1] == labels[:-1]) / len(labels)
    or
        return np.sum(logits.argmax(axis=1)[1:] == labels[1:]) / len(labels)
    one column is compared with a threshold: the answer of a row is the place of its highest score,
    whatever its size
        return np.mean((logits[:, 1] > 0).astype(int) == labels)
    or
        return np.mean((logits[:, 0] > 0).astype(int) == labels)
    or
        return np.mean((logits[:, 1] > 0.5).astype(int) == labels)
""")
accuracy.add_variants("""
    a loop over the rows
        right = 0
        for scores, label in zip(logits, labels, strict=True):
            right += int(max(range(len(scores)), key=lambda j: scores[j]) == label)
        return right / len(labels)
    the label's score is the row's maximum, in float32
        own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        return np.float32(np.count_nonzero(own == logits.max(axis=1)) / len(labels))
    as the share of no mistakes, one by one
        wrong = [int(np.argsort(row)[-1] != label) for row, label in zip(logits, labels, strict=True)]
        return 1 - sum(wrong) / len(wrong)
    nobody has a higher score than the label
        own = logits[np.arange(len(labels)), labels]
        return np.mean((logits > own[:, None]).sum(axis=1) == 0)
""")


# Only of smooth functions that are no quadratics do central differences have an error, and a step.
@judge(reference.numerical_gradient, points=2, returns=("grad",), rtol=1e-6, atol=1e-8)
def numerical_gradient(rng):
    for label, name, h in (
        ("the long bowl, a large step", "bowl", 0.3),
        ("Rosenbrock, a large step", "rosenbrock", 0.2),
        ("two wells, a large step", "two wells", 0.25),
        ("five variables, a large step", "long rosenbrock", 0.15),
    ):
        size = 5 if name == "long rosenbrock" else 2
        x = _away_from_zero(rng, size)
        yield Call(label, f=Problem(name, "value"), x=x, h=h * rng.uniform(0.8, 1.2))
    yield Call("h left at its default", f=Problem("two wells", "value"), x=_away_from_zero(rng, 2))
    yield Call("a step of 1", f=Problem("product", "value"), x=_away_from_zero(rng, 2), h=1.0)


numerical_gradient.add_mistakes("""
    these are one-sided differences, f(x + h) - f(x) over h: central ones step to both sides
        return np.array([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))])
    or
        grad = np.zeros(len(x))
        for i in range(len(x)):
            moved = x.copy()
            moved[i] += h
            grad[i] = (f(moved) - f(x)) / h
        return grad
    these are one-sided differences, f(x) - f(x - h) over h: central ones step to both sides
        return np.array([(f(x) - f(x - h * e)) / h for e in np.eye(len(x))])
    divide by 2 * h: from x - h to x + h it is two steps, so this is twice the gradient
        return np.array([(f(x + h * e) - f(x - h * e)) / h for e in np.eye(len(x))])
    the quotient was multiplied by h instead of divided: `/ 2 * h` needs brackets, `/ (2 * h)`
        return np.array([(f(x + h * e) - f(x - h * e)) / 2 * h for e in np.eye(len(x))])
    all coordinates were moved at once: move one at a time, and leave the others where they are
        return np.full(len(x), (f(x + h) - f(x - h)) / (2 * h))
    a coordinate was not put back after its turn: the next ones are measured from another point
        x, grad = x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            x[i] += h
            above = f(x)
            x[i] -= 2 * h
            grad[i] = (above - f(x)) / (2 * h)
        return grad
    or
        x, grad = x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            x[i] += h
            above = f(x)
            x[i] -= 2 * h
            below = f(x)
            grad[i] = (above - below) / (2 * h)
        return grad
    the sign is wrong: it is f(x + h) minus f(x - h)
        return np.array([(f(x - h * e) - f(x + h * e)) / (2 * h) for e in np.eye(len(x))])
    with a step as large as `h` a central difference is off by a certain amount, and this is not:
    use the argument `h`
        return numerical_gradient(f, x, 1e-5)
    the step is relative, `h * x[i]`: here it is `h`, whatever x is
        steps = h * np.diag(x)
        return np.array([(f(x + s) - f(x - s)) / (2 * s.sum()) for s in steps])
    or
        steps = h * np.diag(x)
        return np.array([(f(x + s) - f(x - s)) / (2 * h) for s in steps])
    this is the sum of all partial derivatives, one number: the gradient has one for each coordinate
        return np.sum(numerical_gradient(f, x, h))
    the second point is x itself, not x - h: from x + h it is two steps back, `x[i] -= 2 * h`
        return np.array([(f(x + h * e) - f(x)) / (2 * h) for e in np.eye(len(x))])
    the difference is not divided: divide it by 2 * h
        return np.array([f(x + h * e) - f(x - h * e) for e in np.eye(len(x))])
    the two values were added: it is f(x + h) minus f(x - h)
        return np.array([(f(x + h * e) + f(x - h * e)) / (2 * h) for e in np.eye(len(x))])
    this is 0 everywhere: are the two points one array, changed twice? `plus = x` is no copy; make each
    point with `x.copy()`
        x, grad = x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            plus, minus = x, x
            plus[i] += h
            minus[i] -= h
            grad[i] = (f(plus) - f(minus)) / (2 * h)
        return grad
    or
        return np.zeros(len(x))
    a coordinate was moved and not put back, and the next ones are measured from there: work on a
    copy for each of them
        x, grad = x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            before = f(x)
            x[i] += h
            grad[i] = (f(x) - before) / h
        return grad
    or
        x, grad = x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            minus = x.copy()
            minus[i] -= h
            x[i] += h
            grad[i] = (f(x) - f(minus)) / (2 * h)
        return grad
    or
        base, x, grad = f(x), x.copy(), np.zeros(len(x))
        for i in range(len(x)):
            x[i] += h
            grad[i] = (f(x) - base) / h
        return grad
    half a step to each side, and divided by 2 * h: the two points are 2 * h apart, x - h and x + h
        return np.array([(f(x + h * e / 2) - f(x - h * e / 2)) / (2 * h) for e in np.eye(len(x))])
    the points lie half a step to each side: they are x + h and x - h
        return np.array([(f(x + h * e / 2) - f(x - h * e / 2)) / h for e in np.eye(len(x))])
    the step is not squared: divide by 2 * h
        return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h**2) for e in np.eye(len(x))])
    or
        return np.array([(f(x + h * e) - f(x - h * e)) / h**2 for e in np.eye(len(x))])
    these are second derivatives, f(x + h) - 2 f(x) + f(x - h): the gradient is f(x + h) - f(x - h)
    over 2 * h
        return np.array([(f(x + h * e) - 2 * f(x) + f(x - h * e)) / h**2 for e in np.eye(len(x))])
    this is half of a one-sided difference: central ones are f(x + h) - f(x - h) over 2 * h
        return np.array([(f(x) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])
    only the first coordinate has a derivative: take each of them in turn
        return numerical_gradient(f, x, h) * (np.arange(len(x)) == 0)
    the last coordinate is left out: take each of them in turn
        return numerical_gradient(f, x, h) * (np.arange(len(x)) < len(x) - 1)
    the grad is cut to whole numbers: make its array of floats
        return np.trunc(numerical_gradient(f, x, h)).astype(int)
    the step is 1, whatever `h` is: move the coordinate by h
        return np.array([(f(x + e) - f(x - e)) / (2 * h) for e in np.eye(len(x))])
    or
        return np.array([(f(x + e) - f(x - e)) / 2 for e in np.eye(len(x))])
    the first value is not divided: the difference of the two needs brackets, and then `/ (2 * h)`
        return np.array([f(x + h * e) - f(x - h * e) / (2 * h) for e in np.eye(len(x))])
    the coordinates before it are moved, too: begin for each with a step that is 0 everywhere else
        return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.tri(len(x))])
    the first coordinate is left out: they are numbered from 0
        return numerical_gradient(f, x, h) * (np.arange(len(x)) > 0)
    the difference is divided by 2 alone: from x - h to x + h it is two steps of h
        return np.array([(f(x + h * e) - f(x - h * e)) / 2 for e in np.eye(len(x))])
""")
numerical_gradient.add_variants("""
    one array that is changed and put back
        x, grad = np.array(x, dtype=float), []
        for i, old in enumerate(x.tolist()):
            x[i] = old + h
            above = f(x)
            x[i] = old - h
            grad.append((above - f(x)) / (2 * h))
            x[i] = old
        return grad
    rows of the identity, divided by the step that was really taken
        values = []
        for e in np.eye(len(x)):
            right, left = x + h * e, x - h * e
            values.append((f(right) - f(left)) / np.sum(right - left))
        return np.array(values)
    all points at once, as the rows of a matrix
        steps = h * np.vstack([np.eye(len(x)), -np.eye(len(x))])
        above, below = np.split(np.apply_along_axis(f, 1, x + steps), 2)
        return (above - below) / 2 / h
    by the mean of the two one-sided differences
        middle, grad = f(x), np.zeros(len(x))
        for i in range(len(x)):
            plus, minus = x.astype(float), x.astype(float)
            plus[i] += h
            minus[i] -= h
            grad[i] = ((f(plus) - middle) / h + (middle - f(minus)) / h) / 2
        return grad
""")


@judge(
    reference.relative_error,
    points=2,
    returns=("error",),
    repair="this compares the lengths of whole vectors: a wrong entry that is small hides there, so compare "
    "entry by entry",
)
def relative_error(rng):
    def pair(*shape, low, high):
        """Two arrays of which the second is the first times a number that differs by entry."""
        a = _away_from_zero(rng, *shape)
        return {"a": a, "b": a * rng.uniform(low, high, size=shape)}

    yield Call("a vector, some percent apart", **pair(6, low=0.9, high=1.1))
    yield Call("a matrix, the second is larger", **pair(3, 4, low=1.4, high=2.6))
    yield Call("a matrix, the second is smaller", 1.5, **pair(4, 3, low=0.4, high=0.7))
    small = pair(5, low=1.1, high=1.4)
    small["a"][0] *= 0.01
    small["b"][0] = 1.7 * small["a"][0]
    yield Call("the smallest entry is the worst", **small)
    yield Call("opposite signs", **pair(4, low=-1.2, high=-0.8))
    zeros = pair(5, low=1.2, high=1.5)
    zeros["a"][2] = zeros["b"][2] = 0.0
    yield Call("one entry is zero in both", **zeros)
    tiny = pair(4, low=1.1, high=1.3)
    yield Call("all are smaller than the floor", a=1e-9 * tiny["a"], b=1e-9 * tiny["b"])
    less = -rng.uniform(0.1, 0.6, size=7)
    below = {"a": less, "b": less * rng.uniform(-1.6, -1.1, size=7)}
    yield Call("opposite signs, all are smaller than a floor of 1", 2.5, **below, floor=1.0)


def _sizes(a, b, floor):
    return np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)


relative_error.add_mistakes("""
    this divides by |a| alone: divide by the larger of |a| and |b|
        return np.max(np.abs(a - b) / np.maximum(np.abs(a), floor))
    or
        return np.max(np.abs(a - b) / np.abs(a))
    or
        return np.max(np.abs((a - b) / a))
    or
        return np.max(np.abs(a - b) / (np.abs(a) + floor))
    this divides by |b| alone: divide by the larger of |a| and |b|
        return np.max(np.abs(a - b) / np.maximum(np.abs(b), floor))
    or
        return np.max(np.abs(a - b) / np.abs(b))
    or
        return np.max(np.abs((a - b) / b))
    or
        return np.max(np.abs(a - b) / (np.abs(b) + floor))
    this divides by |a| + |b|, another convention, whose error is up to half as large: here it is
    the larger of the two
        return np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), floor))
    or
        return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b)))
    or
        return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + floor))
    or
        return np.max(np.abs(a - b) / (np.maximum(np.abs(a), floor) + np.maximum(np.abs(b), floor)))
    this is the mean over the entries: one wrong entry counts, so take the maximum
        return np.mean(np.abs(a - b) / _sizes(a, b, floor))
    or
        return np.mean(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))
    or
        return np.mean(np.abs(a - b) / (np.abs(a) + np.abs(b)))
    or
        return np.mean(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), floor))
    this is the largest absolute difference: divide by the size of the entries
        return np.max(np.abs(a - b))
    a - b may be negative: take its absolute value
        return np.max((a - b) / _sizes(a, b, floor))
    this has one error for each entry: return the largest, one number
        return np.abs(a - b) / _sizes(a, b, floor)
    the floor was added: it is the least that one divides by, a maximum
        return np.max(np.abs(a - b) / (np.maximum(np.abs(a), np.abs(b)) + floor))
    the argument `floor` is not used, only its default
        return np.max(np.abs(a - b) / _sizes(a, b, 1e-8))
    the floor is missing: without it two zeros give 0 / 0
        return np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))
    this compares the lengths of whole vectors: a wrong entry that is small hides there, so compare
    entry by entry
        norm = np.linalg.norm
        return norm(a - b) / max(norm(a), norm(b), floor)
    or
        norm = np.linalg.norm
        return norm(a - b) / (norm(a) + norm(b))
    or
        norm = np.linalg.norm
        return norm(a - b) / (norm(a) + norm(b) + floor)
    or
        norm = np.linalg.norm
        return norm(a - b) / max(norm(a) + norm(b), floor)
    or
        norm = np.linalg.norm
        return norm(a - b) / max(norm(a), norm(b))
    or
        norm = np.linalg.norm
        return norm(a - b) / norm(a)
    or
        norm = np.linalg.norm
        return norm(a - b) / norm(b)
    the largest difference was divided by the largest entry: divide entry by entry, then take the
    maximum
        return np.max(np.abs(a - b)) / np.max(_sizes(a, b, floor))
    or
        return np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b)))
    or
        return np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b)), floor)
    or
        return np.max(np.abs(a - b)) / (np.max(np.abs(a)) + np.max(np.abs(b)))
    the size of an entry is its absolute value: here a negative one counts as small
        return np.max(np.abs(a - b) / np.maximum(np.maximum(a, b), floor))
    this divides by the smaller of |a| and |b|: take the larger
        return np.max(np.abs(a - b) / np.maximum(np.minimum(np.abs(a), np.abs(b)), floor))
    this divides by the mean of |a| and |b|, another convention: here it is the larger of the two
        return np.max(np.abs(a - b) / np.maximum((np.abs(a) + np.abs(b)) / 2, floor))
    or
        return np.max(np.abs(a - b) / ((np.abs(a) + np.abs(b)) / 2))
    or
        return np.max(2 * np.abs(a - b) / (np.abs(a) + np.abs(b) + floor))
    or
        return np.max(np.abs(a - b) / ((np.abs(a) + np.abs(b)) / 2 + floor))
    this is the sum over the entries: one wrong entry counts, so take the maximum
        return np.sum(np.abs(a - b) / _sizes(a, b, floor))
    this is the smallest error: one wrong entry counts, so take the maximum
        return np.min(np.abs(a - b) / _sizes(a, b, floor))
    the absolute values were subtracted: opposite signs differ, it is |a - b|
        return np.max(np.abs(np.abs(a) - np.abs(b)) / _sizes(a, b, floor))
    this is |a - b| over |a + b|: the divisor is the larger of |a| and |b|
        return np.max(np.abs(a - b) / np.maximum(np.abs(a + b), floor))
    or
        return np.max(np.abs(a - b) / np.abs(a + b))
    or
        return np.max(np.abs(a - b) / (np.abs(a + b) + floor))
    the floor is the most that one divides by here, a minimum: it is the least
        return np.max(np.abs(a - b) / np.minimum(np.maximum(np.abs(a), np.abs(b)), floor))
    the difference is squared: take its absolute value
        return np.max((a - b) ** 2 / _sizes(a, b, floor))
    or
        return np.max((a - b) ** 2 / _sizes(a, b, floor) ** 2)
    the error is in percent: it is a ratio
        return 100 * relative_error(a, b, floor)
    the sign is wrong where b is larger, and negative ones count as small: take the absolute value
    of a - b
        return np.max((a - b) / np.maximum(np.abs(a), np.abs(b)))
    what is below the floor counts as equal here: its difference is to be divided by the floor
        size = np.maximum(np.abs(a), np.abs(b))
        return np.max(np.where(size < floor, 0.0, np.abs(a - b) / _sizes(a, b, floor)))
    only the entry with the largest difference is looked at: divide entry by entry, then take the maximum
        at = np.argmax(np.abs(a - b))
        return (np.abs(a - b) / _sizes(a, b, floor)).flat[at]
    the floor is used only where both entries are 0, or not at all: it is the least that one divides by,
    for all small entries
        size = np.maximum(np.abs(a), np.abs(b))
        return np.max(np.abs(a - b) / np.where(size == 0, floor, size))
    or
        return np.nanmax(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))
    the maximum is taken along one axis: the error is one number, the largest of all entries
        return np.max(np.abs(a - b) / _sizes(a, b, floor), axis=0)
    or
        return np.max(np.abs(a - b) / _sizes(a, b, floor), axis=-1)
""")
relative_error.add_variants("""
    a loop over pairs of numbers
        worst = 0.0
        for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True):
            worst = max(worst, abs(p - q) / max(abs(p), abs(q), floor))
        return worst
    the maximum over a stack of three
        size = np.max([np.abs(a), np.abs(b), np.full_like(a, floor)], axis=0)
        return (np.abs(b - a) / size).max().astype(np.float32)
    clipped from below
        larger = np.where(a**2 > b**2, a, b)
        return np.abs((a - b) / np.clip(np.abs(larger), floor, None)).max()
    where the floor is the largest of the three
        size = np.where(np.abs(a) > np.abs(b), np.abs(a), np.abs(b))
        size[size < floor] = floor
        return float(max((np.abs(np.subtract(a, b)) / size).ravel()))
""")

LAYERS = {  # rows, inputs, units
    "five examples, three inputs, two units": (5, 3, 2),
    "four of each": (4, 4, 4),
    "one example": (1, 3, 2),
    "one unit": (4, 3, 1),
    "as many examples as units": (3, 5, 3),
}


@judge(reference.softmax_cross_entropy, points=3, returns=("loss", "grad"))
def softmax_cross_entropy(rng):
    def logits(n, k, spread, middle=0):
        # Multiples of 1/64 are the same in float32, however far from zero.
        return np.round(64 * rng.uniform(-spread, spread, size=(n, k))) / 64 + middle

    for label, (n, k) in {
        "five examples of three classes": (5, 3),
        "as many examples as classes": (4, 4),
        "one example": (1, 5),
        "two classes": (6, 2),
    }.items():
        yield Call(label, logits=logits(n, k, 2), labels=_labels(rng, n, k))
    even = logits(3, 1, 5).repeat(4, 1)
    yield Call("all classes are equally likely", logits=even, labels=_labels(rng, 3, 4))
    large = rng.integers(8_000, 12_000)
    # What underflows is told from a right answer here alone.
    yield Call("logits up to 10,000", 2.5, logits=logits(6, 4, large), labels=_labels(rng, 6, 4))
    both = np.vstack([logits(2, 3, 2, large), logits(3, 3, 2, -large)])
    yield Call("rows near 10,000 and near -10,000", logits=both, labels=_labels(rng, 5, 3))
    yield Call("whole numbers", 0.5, logits=rng.integers(-3, 4, size=(4, 3)), labels=_labels(rng, 4, 3))


def _cross_entropy(logits, labels):
    """log p by row and class, and the gradient before it is divided by n."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p, np.exp(log_p) - _onehot(labels, logits.shape[1])


def _mean_loss(log_p, labels):
    return -log_p[np.arange(len(labels)), labels].mean()


softmax_cross_entropy.add_mistakes("""
    exp of a large logit overflows: subtract the largest logit of each row first, it changes nothing
    else
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits)
        p = e / e.sum(axis=1, keepdims=True)
        n = len(labels)
        return -np.log(p[np.arange(n), labels] + 1e-12).mean(), (p - _onehot(labels, p.shape[1])) / n
    or
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    or
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        one = _onehot(labels, p.shape[1])
        return -np.sum(one * np.log(p)) / len(p), (p - one) / len(p)
    the softmax is safe, but its logarithm is not: where p underflows to 0 this is log(0); write log
    p as the shifted logit minus the log of the sum
        p = _softmax(logits)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        p, one = _softmax(logits), _onehot(labels, logits.shape[1])
        return -np.sum(one * np.log(p)) / len(p), (p - one) / len(p)
    a small number inside the logarithm hides log(0) and caps the loss: write log p as the shifted
    logit minus the log of the sum
        p = _softmax(logits)
        return _mean_loss(np.log(p + 1e-12), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    one maximum was subtracted for all rows: each row needs its own, or a low row underflows as a
    whole
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=1, keepdims=True)
        one = _onehot(labels, p.shape[1])
        return -np.sum(one * np.log(p)) / len(p), (p - one) / len(p)
    or
        shifted = logits - logits.max()
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    or
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(p)), labels] + 1e-12).mean(), (p - _onehot(labels, p.shape[1])) / len(p)
    this is the sum over the rows: loss and gradient are those of the mean
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) * len(labels), grad
    the loss is a mean over n rows, so its gradient has 1 / n, too: grad lacks it
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), grad
    the gradient lacks the labels: subtract 1 from the probability of each row's own class
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), np.exp(log_p) / len(labels)
    or
        p = _softmax(logits)
        return _mean_loss(np.log(p), labels), p / len(labels)
    the gradient has the wrong sign: it is p minus the one-hot row
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), -grad / len(labels)
    `p[:, labels] -= 1` changes these columns in every row: each row has one label, `p[rows,
    labels]`
        log_p, _ = _cross_entropy(logits, labels)
        p = np.exp(log_p)
        p[:, labels] -= 1
        return _mean_loss(log_p, labels), p / len(labels)
    the softmax was taken down the columns: the probabilities of each row, of one example, add up to
    1
        log_p = logits - logits.max(axis=0)
        log_p = log_p - np.log(np.exp(log_p).sum(axis=0))
        grad = np.exp(log_p) - _onehot(labels, logits.shape[1])
        return _mean_loss(log_p, labels), grad / len(labels)
    or
        p = np.exp(logits) / sum(np.exp(logits))
        one = _onehot(labels, p.shape[1])
        return -np.sum(one * np.log(p)) / len(p), (p - one) / len(p)
    or
        p = np.exp(logits) / sum(np.exp(logits))
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        p = np.exp(logits) / np.exp(logits).sum(axis=0)
        return _mean_loss(np.log(p + 1e-12), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max(axis=0))
        p = e / e.sum(axis=0)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=0)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=0)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    this divides by n * k, all entries: the mean is over the n rows, of each of which one entry
    counts
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) / logits.shape[1], grad / logits.size
    the loss is negative: it is minus the logarithm of the probability
        log_p, grad = _cross_entropy(logits, labels)
        return -_mean_loss(log_p, labels), grad / len(labels)
    this loss is in bits: take the natural logarithm
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) / np.log(2), grad / len(labels)
    this is the gradient by the probabilities, -1 / p: the chain rule carries it on through the
    softmax to the logits
        log_p, _ = _cross_entropy(logits, labels)
        one = _onehot(labels, logits.shape[1])
        # Only the label's own entry is divided: 0 / 0 elsewhere would be no number.
        by_p = np.where(one > 0, -np.exp(-log_p), 0.0)
        return _mean_loss(log_p, labels), by_p / len(labels)
    the gradient must be returned too: `return loss, grad`
        return _mean_loss(_cross_entropy(logits, labels)[0], labels)
    1e-7 inside the logarithm hides log(0), changes every loss and caps it at 16: write log p as the
    shifted logit minus the log of the sum
        p = _softmax(logits)
        return _mean_loss(np.log(p + 1e-7), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    1e-8 inside the logarithm hides log(0), changes every loss and caps it at 18: write log p as the
    shifted logit minus the log of the sum
        p = _softmax(logits)
        return _mean_loss(np.log(p + 1e-8), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    p clipped at 1e-15 hides log(0) and caps the loss at 35: write log p as the shifted logit minus
    the log of the sum
        p = _softmax(logits)
        clipped = np.clip(p, 1e-15, 1 - 1e-15)
        return _mean_loss(np.log(clipped), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    the shift by the largest logit is in the sum of the exponentials only: subtract it from the
    label's logit, too
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) - logits.max(axis=1).mean(), grad / len(labels)
    the loss is the sum over the rows: take the mean, as the gradient has it
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) * len(labels), grad / len(labels)
    the gradient is divided by n * k, all entries: the mean is over the n rows
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), grad / logits.size
    this is one loss for each row: return their mean, one number
        log_p, grad = _cross_entropy(logits, labels)
        return -log_p[np.arange(len(labels)), labels], grad / len(labels)
    the softmax was divided by the sum over all rows: each row has a sum of its own, so that the
    probabilities of an example add up to 1
        e = np.exp(logits)
        p = e / e.sum()
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max())
        p = e / e.sum()
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum()
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        shifted = logits - logits.max()
        log_p = shifted - np.log(np.exp(shifted).sum())
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    the loss is the sum over the rows, the gradient is divided by n twice: the mean of the rows has
    the factor 1 / n, in both
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) * len(labels), grad / len(labels) ** 2
    the gradient is divided by n twice: the loss is a mean over n rows, so its gradient has 1 / n
    once
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), grad / len(labels) ** 2
    the loss is the mean over all entries of the one-hot product, n * k of them: the mean is over
    the n rows
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels) / logits.shape[1], grad / len(labels)
    the losses of the other classes, -log(1 - p), are added, as for k questions of yes or no: here
    the label's own probability alone counts
        p, one = _softmax(logits), _onehot(labels, logits.shape[1])
        losses = one * np.log(p) + (1 - one) * np.log(1 - p)
        return -losses.sum() / len(p), (p - one) / len(p)
    this is the mean probability of the labels, or minus it: take the logarithm
        p = _softmax(logits)
        return -p[np.arange(len(p)), labels].mean(), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        p = _softmax(logits)
        return p[np.arange(len(p)), labels].mean(), (p - _onehot(labels, p.shape[1])) / len(p)
    the logits themselves were taken for log p: subtract the logarithm of the sum of the
    exponentials of the row
        _, grad = _cross_entropy(logits, labels)
        return -logits[np.arange(len(labels)), labels].mean(), grad / len(labels)
    the gradient is multiplied by p * (1 - p), as if a sigmoid followed: p minus the one-hot row is
    already that by the logits
        log_p, grad = _cross_entropy(logits, labels)
        p = np.exp(log_p)
        return _mean_loss(log_p, labels), grad * p * (1 - p) / len(labels)
    the gradient is that by the labels' own logits alone: every logit of a row has one, p minus the
    one-hot row
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), grad * _onehot(labels, logits.shape[1]) / len(labels)
    the logits stand in the gradient in place of the probabilities: it is p minus the one-hot row
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), (logits - _onehot(labels, logits.shape[1])) / len(labels)
    the shifted logits stand in the gradient in place of the probabilities: it is p minus the one-
    hot row
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), (log_p - _onehot(labels, logits.shape[1])) / len(labels)
    the 1 is added at the label: it is subtracted
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), (np.exp(log_p) + _onehot(labels, logits.shape[1])) / len(labels)
    the 1 is subtracted after the division by n: divide the whole of p minus the one-hot row by n
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), np.exp(log_p) / len(labels) - _onehot(labels, logits.shape[1])
    the gradient has the wrong sign and lacks 1 / n: it is p minus the one-hot row, divided by n
        log_p, grad = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), -grad
    the sign of the loss is wrong, and so is that of the gradient: the loss is minus the logarithm
    of the probability
        log_p, grad = _cross_entropy(logits, labels)
        return -_mean_loss(log_p, labels), -grad / len(labels)
    the gradient is that of one-hot rows of the highest scores, not of the labels
        log_p, _ = _cross_entropy(logits, labels)
        best = _onehot(logits.argmax(axis=1), logits.shape[1])
        return _mean_loss(log_p, labels), (np.exp(log_p) - best) / len(labels)
    the loss takes a mean over all pairs of a row and a label, `[:, labels]`: each row has one
    label, `[rows, labels]`
        log_p, grad = _cross_entropy(logits, labels)
        return -log_p[:, labels].mean(), grad / len(labels)
    `max` or `sum` along the rows lacks `keepdims=True`: a vector of n numbers does not stand beside
    an array of n rows; it meets its columns, or fits nothing
        e = np.exp(logits - logits.max(axis=1))
        p = e / e.sum(axis=1)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        e = np.exp(logits)
        p = e / e.sum(axis=1)
        return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)
    or
        shifted = logits - logits.max(axis=1)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1))
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    or
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1))
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    exp of a large logit overflows, and the gradient lacks 1 / n: subtract the largest logit of each
    row first, and divide the gradient by n
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels), p - _onehot(labels, p.shape[1])
    exp of a large logit overflows, and this is the sum over the rows: subtract the largest logit of
    each row first, and take the mean
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels) * len(p), p - _onehot(labels, p.shape[1])
    or
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels) * len(p), (p - _onehot(labels, p.shape[1])) / len(p)
    one maximum was subtracted for all rows, and the gradient lacks 1 / n: each row needs its own,
    and the gradient is that of the mean
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=1, keepdims=True)
        return _mean_loss(np.log(p), labels), p - _onehot(labels, p.shape[1])
    the logarithm of the softmax is not safe, and this is the sum over the rows: write log p as the
    shifted logit minus the log of the sum, and take the mean
        p = _softmax(logits)
        return _mean_loss(np.log(p), labels) * len(p), p - _onehot(labels, p.shape[1])
    the sign in the exponent of the gradient is wrong: p is exp of the shifted logit MINUS the log
    of the sum
        log_p, _ = _cross_entropy(logits, labels)
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(2 * shifted - log_p)
        return _mean_loss(log_p, labels), (p - _onehot(labels, logits.shape[1])) / len(labels)
    the gradient is cut to whole numbers: an array made like `logits` is whole where they are; make it of floats
        log_p, by_rows = _cross_entropy(logits, labels)
        grad = np.zeros_like(logits)
        grad[:] = by_rows / len(labels)
        return _mean_loss(log_p, labels), grad
    `[:, labels]` takes columns, for every row all labels: the row's own is `[np.arange(n), labels]`
        log_p, _ = _cross_entropy(logits, labels)
        grad = np.exp(log_p)
        grad[:, labels] -= 1
        return -log_p[:, labels].mean(), grad / len(labels)
    the exponentials of all rows are summed: each row has its own sum
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum())
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    the largest logit of each column was subtracted: one number for a whole row changes nothing,
    different ones do
        shifted = logits - logits.max(axis=0)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return _mean_loss(log_p, labels), (np.exp(log_p) - _onehot(labels, logits.shape[1])) / len(labels)
    the logit was not shifted, and the sum under the logarithm was: subtract the same maximum in both
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        p = np.exp(np.minimum(log_p, 700))
        return _mean_loss(log_p, labels), (p - _onehot(labels, logits.shape[1])) / len(labels)
    the gradient is divided by the number of classes: divide by that of the rows
        loss, grad = softmax_cross_entropy(logits, labels)
        return loss, grad * len(labels) / logits.shape[1]
    the number of the label is subtracted from every probability: subtract 1 at its place alone
        log_p, _ = _cross_entropy(logits, labels)
        return _mean_loss(log_p, labels), (np.exp(log_p) - labels[:, None]) / len(labels)
    the loss is the mean over all classes: of each row, only the probability of its label counts
        log_p, grad = _cross_entropy(logits, labels)
        return -log_p.mean(), grad / len(labels)
    the loss is taken of the probabilities after 1 was subtracted from them for the gradient: it is one array
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = grad = p / p.sum(axis=1, keepdims=True)
        grad[np.arange(len(p)), labels] -= 1
        return -np.log(p[np.arange(len(p)), labels]).mean(), grad / len(p)
    or
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = grad = p / p.sum(axis=1, keepdims=True)
        grad[np.arange(len(p)), labels] -= 1
        return -np.log(np.abs(p[np.arange(len(p)), labels])).mean(), grad / len(p)
""")
softmax_cross_entropy.add_variants("""
    row by row, in plain Python
        loss, grad = 0.0, []
        for scores, label in zip(np.asarray(logits).tolist(), labels, strict=True):
            top = max(scores)
            total = sum(np.exp(s - top) for s in scores)
            loss += (top - scores[label] + np.log(total)) / len(labels)
            p = [np.exp(s - top) / total for s in scores]
            p[label] -= 1
            grad.append([value / len(labels) for value in p])
        return loss, grad
    logaddexp and one-hot rows
        log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        target = (labels[:, None] == np.arange(logits.shape[1])).astype(float)
        return -(target * log_p).sum() / len(logits), (np.exp(log_p) - target) / len(logits)
    in float32
        logits = logits.astype(np.float32)
        log_p, grad = _cross_entropy(logits, labels)
        return [_mean_loss(log_p, labels), (grad / len(labels)).astype(np.float32)]
    a probability of each class, by the differences to all others
        n, rows = len(labels), np.arange(len(labels))
        with np.errstate(over="ignore"):
            p = 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)
        away = logits - logits[rows, labels][:, None]
        loss = np.logaddexp.reduce(away, axis=1).mean()
        p[rows, labels] -= 1
        return loss, p / n
""")


@judge(reference.affine_backward, points=3, returns=("dx", "dw", "db"))
def affine_backward(rng):
    for label, (n, d, k) in LAYERS.items():
        yield Call(label, dz=_away_from_zero(rng, n, k), x=_away_from_zero(rng, n, d), w=_away_from_zero(rng, d, k))
    dz = _away_from_zero(rng, 6, 2)
    dz[1:] = 0
    x, w = _away_from_zero(rng, 6, 3), _away_from_zero(rng, 3, 2)
    yield Call("only the first example has a gradient", dz=dz, x=x, w=w)


affine_backward.add_mistakes("""
    `w` enters dx transposed: the entry (r, i) of dx sums dz[r, j] * w[i, j] over the units j
        w.T -> w
    dw is transposed: it has the shape of w, one row for each input
        x.T @ dz -> dz.T @ x
    db is not summed: b acts on every row, so its gradient sums the rows of dz
        return dz @ w.T, x.T @ dz, dz
    db is the mean of the rows: take the sum, since the loss's division by n is in dz already
        dz.sum -> dz.mean
    dw and db are divided by n once more: the loss's division by n is in dz already
        return dz @ w.T, x.T @ dz / len(x), dz.mean(axis=0)
    dw is divided by n once more: the loss's division by n is in dz already
        return dz @ w.T, x.T @ dz / len(x), dz.sum(axis=0)
    db is summed along the wrong axis: one number is left for each unit
        axis=0 -> axis=1
    db has two axes: b is a vector, so leave out keepdims
        return dz @ w.T, x.T @ dz, dz.sum(axis=0, keepdims=True)
    the results are in another order: `return dx, dw, db`
        return x.T @ dz, dz.sum(axis=0), dz @ w.T
    dx is missing: `return dx, dw, db`, the layer below needs it
        return x.T @ dz, dz.sum(axis=0)
    or
        return x.T @ dz, dz.sum(axis=0), None
    or
        return None, x.T @ dz, dz.sum(axis=0)
    or
        return np.zeros_like(x), x.T @ dz, dz.sum(axis=0)
    db is not 1: that is the derivative of z by b, which the chain rule multiplies by dz
        return dz @ w.T, x.T @ dz, np.ones(dz.shape[1])
    the signs are wrong: this is the step downhill, the gradient points up
        return -dz @ w.T, -x.T @ dz, -dz.sum(axis=0)
    dx and dw have changed places: `return dx, dw, db`
        return x.T @ dz, dz @ w.T, dz.sum(axis=0)
    all three are divided by n once more: the loss's division by n is in dz already
        n = len(x)
        return dz @ w.T / n, x.T @ dz / n, dz.sum(axis=0) / n
    db is one number: each unit has a bias of its own, so sum over the rows alone
        return dz @ w.T, x.T @ dz, dz.sum()
    dx is transposed: it has the shape of x, one row for each example
        dz @ w.T -> w @ dz.T
    dx lacks the weights: it is dz @ w.T
        # Where there are as many inputs as units this has the right shape.
        dz @ w.T -> dz.copy()
    dw lacks x: it is x.T @ dz
        return dz @ w.T, np.tile(dz.sum(axis=0), (x.shape[1], 1)), dz.sum(axis=0)
    dw takes the weights in place of the inputs: it is x.T @ dz
        return dz @ w.T, w * dz.sum(axis=0), dz.sum(axis=0)
    x stands in dx in place of the weights: dx = dz @ w.T
        return x * dz.sum(axis=1, keepdims=True), x.T @ dz, dz.sum(axis=0)
    db is one number: each unit has a bias of its own, so take the rows' sum, not the mean of all
    entries
        return dz @ w.T, x.T @ dz, dz.mean()
    dx is divided by n once more: the loss's division by n is in dz already
        return dz @ w.T / len(x), x.T @ dz, dz.sum(axis=0)
    dw is divided by n once more and db is one number: the loss's division by n is in dz already,
    and each unit has a bias of its own
        return dz @ w.T, x.T @ dz / len(x), dz.sum() / len(x)
    db is divided by n once more, as one number for all: each unit has a bias of its own, and the
    loss's division by n is in dz already
        return dz @ w.T, x.T @ dz, dz.sum() / len(x)
    db is the first row of dz: b acts on every row, so its gradient sums all of them
        return dz @ w.T, x.T @ dz, dz[0].copy()
    the products are taken entry by entry (`*`): they are matrix products, `@`
        return dz * w.T, x.T * dz, dz.sum(axis=0)
    or
        return dz * w, x * dz, dz.sum(axis=0)
    the sums over the examples are means in dw: the loss's division by n is in dz already, and dx
    and db are right
        return dz @ w.T, np.mean(x[:, :, None] * dz[:, None, :], axis=1), dz.sum(axis=0)
    dw and dx are steps downhill, with a minus: the gradient points up
        return -dz @ w.T, -x.T @ dz, dz.sum(axis=0)
    db is zero: b is added to z, so its gradient is the sum of the rows of dz
        return dz @ w.T, x.T @ dz, np.zeros(dz.shape[1])
    db keeps its axis, with as many rows as examples: it is a vector, one number for each unit
        return dz @ w.T, x.T @ dz, np.tile(dz.sum(axis=0), (len(dz), 1))
    x is not transposed in dw: it is x.T @ dz
        x.T @ dz -> x @ dz
    the factors of dw are in the wrong order: it is x.T @ dz
        x.T @ dz -> dz @ x.T
    the factors of dx are in the wrong order: it is dz @ w.T
        dz @ w.T -> w.T @ dz
    dx takes x in place of w: it is dz @ w.T
        dz @ w.T -> dz @ dz.T @ x
    dw is transposed and db is not summed: dw has the shape of w, and db one number for each unit
        return dz @ w.T, dz.T @ x, 1 * dz
    w enters dx transposed, and db is one number: dx is dz @ w.T, and each unit has a bias of its
    own
        return dz @ w, x.T @ dz, dz.sum()
    db has two axes and all are divided by n once more: b is a vector, and the loss's division by n
    is in dz already
        n = len(x)
        return dz @ w.T, x.T @ dz / n, dz.sum(axis=0, keepdims=True) / n
    `reshape` writes the entries in their order into another form: that is no transpose, `.T` is
        dz @ w.T -> dz @ w.reshape(w.shape[1], w.shape[0])
    or
        x.T @ dz -> x.reshape(x.shape[1], x.shape[0]) @ dz
    or
        return dz @ w.reshape(w.shape[::-1]), x.reshape(x.shape[::-1]) @ dz, dz.sum(axis=0)
    dw is that of the last example alone, or db is, too: w and b act on every row, so add up what the rows
    give, `+=`
        return dz @ w.T, np.outer(x[-1], dz[-1]), dz.sum(axis=0)
    or
        return dz @ w.T, np.outer(x[-1], dz[-1]), dz[-1].copy()
""")
affine_backward.add_variants("""
    a sum over the examples, one outer product each
        dx, dw, db = [], np.zeros_like(w), np.zeros(w.shape[1])
        for row, delta in zip(x, dz, strict=True):
            dx.append(w @ delta)
            dw += np.outer(row, delta)
            db += delta
        return np.array(dx), dw, db
    einsum, as a list of three in float32
        parts = np.einsum("rj,ij->ri", dz, w), np.einsum("ri,rj->ij", x, dz), np.einsum("rj->j", dz)
        return [part.astype(np.float32) for part in parts]
    db as a product with ones, dx transposed twice
        return (w @ dz.T).T, (dz.T @ x).T, np.ones(len(dz)) @ dz
    all in one product: the biases as one more row of weights
        rows = np.column_stack([x, np.ones(len(x))]).T @ dz
        return np.dot(w, dz.transpose()).transpose(), rows[:-1], rows[-1]
""")


@judge(reference.network_gradient, points=4, returns=("loss", "d_weights", "d_biases"), atol=1e-9)
def network_gradient(rng):
    for label, (n, widths) in {
        "one hidden layer": (8, (3, 5, 4)),
        "two hidden layers, four of everything": (4, (4, 4, 4, 4)),
        "one example": (1, (3, 6, 5, 2)),
        "three hidden layers": (9, (4, 6, 5, 7, 3)),
        "as many inputs as classes": (7, (3, 6, 3)),
        "a unit whose z is exactly 0": (5, (3, 4, 2)),
        "no hidden layer": (6, (4, 3)),
    }.items():
        pairs = list(itertools.pairwise(widths))
        weights = [_away_from_zero(rng, *pair) for pair in pairs]
        biases = [0.5 * _away_from_zero(rng, k) for _, k in pairs]
        if "exactly 0" in label:
            # Of zeros alone, so that it is 0 in every order of summation.
            unit = int(rng.integers(widths[1]))
            weights[0][:, unit] = biases[0][unit] = 0.0
        yield Call(
            label,
            0.3 if len(widths) == 2 else 1.0,
            x=_away_from_zero(rng, n, widths[0]),
            labels=_labels(rng, n, widths[-1]),
            weights=weights,
            biases=biases,
        )


def _forward(x, weights, biases):
    """What enters each layer, and its pre-activations."""
    entered, zs = [x], []
    for w, b in zip(weights, biases, strict=True):
        zs.append(entered[-1] @ w + b)
        entered.append(np.maximum(zs[-1], 0))
    return entered[:-1], zs


def _network(x, labels, weights, biases, mask=lambda z, da: z > 0, enters=lambda z, a: a, start=None):
    """The gradient with another slope of the units, inputs of the weights' gradient, or first dz."""
    entered, zs = _forward(x, weights, biases)
    log_p, dz = _cross_entropy(zs[-1], labels)
    dz = dz / len(x) if start is None else start(log_p, dz)
    d_weights, d_biases = [], []
    for layer in range(len(weights) - 1, -1, -1):
        a = enters(zs[layer - 1], entered[layer]) if layer else x
        d_weights.insert(0, a.T @ dz)
        d_biases.insert(0, dz.sum(axis=0))
        if layer:
            da = dz @ weights[layer].T
            dz = da * mask(zs[layer - 1], da)
    return _mean_loss(log_p, labels), d_weights, d_biases


def _times(factor, arrays):
    return [factor * array for array in arrays]


network_gradient.add_mistakes("""
    the gradient goes back through the ReLU unchanged: where z was cut off it must be set to 0
        return _network(x, labels, weights, biases, mask=lambda z, da: 1.0)
    the ReLU's mask comes from the sign of z in the forward pass: here it comes from that of da
        return _network(x, labels, weights, biases, mask=lambda z, da: da > 0)
    the mask of a layer is that of the one above: dz of a layer takes the sign of its own z
        entered, zs = _forward(x, weights, biases)
        log_p, dz = _cross_entropy(zs[-1], labels)
        dz /= len(x)
        d_weights, d_biases = [], []
        for layer in range(len(weights) - 1, -1, -1):
            d_weights.insert(0, entered[layer].T @ dz)
            d_biases.insert(0, dz.sum(axis=0))
            dz = (dz * (zs[layer] > 0 if layer < len(weights) - 1 else 1)) @ weights[layer].T
        return _mean_loss(log_p, labels), d_weights, d_biases
    the hidden layers have no ReLU here: a = max(z, 0)
        entered = [x]
        for w, b in zip(weights, biases):
            entered.append(entered[-1] @ w + b)
        log_p, dz = _cross_entropy(entered.pop(), labels)
        dz /= len(x)
        d_weights, d_biases = [], []
        for a, w in zip(entered[::-1], weights[::-1]):
            d_weights.insert(0, a.T @ dz)
            d_biases.insert(0, dz.sum(axis=0))
            dz = dz @ w.T
        return _mean_loss(log_p, labels), d_weights, d_biases
    the gradient of weights needs what entered their layer: after the ReLU, not z
        return _network(x, labels, weights, biases, enters=lambda z, a: z)
    the gradient of weights needs what entered their layer: not the mask of the units
        return _network(x, labels, weights, biases, enters=lambda z, a: 1.0 * (z > 0))
    every layer's weights get the inputs of the network: each needs what entered it
        _, _, d_biases = right = _network(x, labels, weights, biases)
        entered, zs = _forward(x, weights, biases)
        log_p, dz = _cross_entropy(zs[-1], labels)
        return right[0], [*right[1][:-1], x.T @ dz / len(x)], d_biases
    all gradients but those of the last layer are 0: the error goes back through weights and ReLUs
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [*_times(0, d_weights[:-1]), d_weights[-1]], [*_times(0, d_biases[:-1]), d_biases[-1]]
    these are the gradients of the summed loss: the loss is a mean, so they lack 1 / n
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(len(x), d_weights), _times(len(x), d_biases)
    the gradients are divided by n twice: the mean is in that of the logits already
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(1 / len(x), d_weights), _times(1 / len(x), d_biases)
    the gradients are divided by n once more in every layer: the mean is in that of the logits already
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        depth = range(len(weights), 0, -1)
        return loss, [d / len(x) ** k for d, k in zip(d_weights, depth)], [d / len(x) ** k for d, k in zip(d_biases, depth)]
    there is a ReLU on the logits, too: they may be negative
        entered, zs = _forward(x, weights, biases)
        log_p, _ = _cross_entropy(np.maximum(zs[-1], 0), labels)
        _, d_weights, d_biases = _network(
            x, labels, weights, biases,
            start=lambda _, dz: (np.exp(log_p) - _onehot(labels, log_p.shape[1])) * (zs[-1] > 0) / len(x),
        )
        return _mean_loss(log_p, labels), d_weights, d_biases
    or
        entered, zs = _forward(x, weights, biases)
        log_p, _ = _cross_entropy(np.maximum(zs[-1], 0), labels)
        start = (np.exp(log_p) - _onehot(labels, log_p.shape[1])) / len(x)
        return _mean_loss(log_p, labels), *_network(x, labels, weights, biases, start=lambda _, dz: start)[1:]
    the results are in another order: `return loss, d_weights, d_biases`
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, d_biases, d_weights
    the lists are the wrong way round: the first layer comes first, as in `weights`
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, d_weights[::-1], d_biases[::-1]
    weights and biases take turns in one list: return two, `d_weights` and `d_biases`
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, *(d for pair in zip(d_weights, d_biases) for d in pair)
    or
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [d for pair in zip(d_weights, d_biases) for d in pair]
    the loss must be returned too, as the first result
        return _network(x, labels, weights, biases)[1:]
    the gradients have the wrong sign: they point up, the step goes down
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(-1, d_weights), _times(-1, d_biases)
    the biases' gradients are means: they are shared by all examples, so sum; 1 / n is in dz already
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, d_weights, _times(1 / len(x), d_biases)
    the mask is the wrong way round: the gradient passes where z is positive
        return _network(x, labels, weights, biases, mask=lambda z, da: z <= 0)
    the way back multiplies by the activation: multiply by the ReLU's slope, 0 or 1
        return _network(x, labels, weights, biases, mask=lambda z, da: np.maximum(z, 0))
    the loss is the sum over the rows: return their mean
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return len(x) * loss, d_weights, d_biases
    this is the sum over the rows: loss and gradients are those of the mean
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return len(x) * loss, _times(len(x), d_weights), _times(len(x), d_biases)
    the weights' gradients are divided by n once more, those of the biases are not: the mean is in the
    gradient of the logits already
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(1 / len(x), d_weights), d_biases
    the weights' gradients lack 1 / n, or those of the biases do: the mean is in the gradient of the
    logits, and with it in all
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(len(x), d_weights), d_biases
    or
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, d_weights, _times(len(x), d_biases)
    the biases' gradients are single numbers: each unit has a bias of its own, so sum over the rows
    alone
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, d_weights, [d.sum() for d in d_biases]
    the gradient lacks the labels: subtract 1 from the probability of each row's own class, before
    you go back
        return _network(x, labels, weights, biases, start=lambda log_p, dz: np.exp(log_p) / len(x))
    the mask comes from the logits: it is the sign of z, what went into the ReLU
        entered, zs = _forward(x, weights, biases)
        log_p, last = _cross_entropy(zs[-1], labels)
        below = (last / len(x) * (zs[-1] > 0)) @ weights[-1].T
        _, d_weights, d_biases = _network(
            x, labels, weights, biases, mask=lambda z, da: 1.0, start=lambda log_p, dz: dz / len(x) * (zs[-1] > 0)
        )
        return _mean_loss(log_p, labels), [*d_weights[:-1], entered[-1].T @ last / len(x)], [*d_biases[:-1], last.sum(axis=0) / len(x)]
    the biases are missing on the way forward: z = a @ w + b in every layer
        return _network(x, labels, weights, _times(0, biases))
    or
        return _network(x, labels, weights, [*_times(0, biases[:-1]), biases[-1]])
    or
        return _network(x, labels, weights, [*biases[:-1], 0 * biases[-1]])
    the slope on the negative side is not 0: that is the leaky ReLU's; here it is 1 or 0
        return _network(x, labels, weights, biases, mask=lambda z, da: np.where(z > 0, 1.0, 0.01))
    the slope is that of the sigmoid: the ReLU's is 1 or 0
        return _network(x, labels, weights, biases, mask=lambda z, da: np.maximum(z, 0) * (1 - np.maximum(z, 0)))
    the loss is divided by n twice: it is the mean over the rows
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss / len(x), d_weights, d_biases
    only the gradients of the last layer are right in sign: the others have a minus too much
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [*_times(-1, d_weights[:-1]), d_weights[-1]], [*_times(-1, d_biases[:-1]), d_biases[-1]]
    these are the parameters after a learning step: return the gradients themselves
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [w - d for w, d in zip(weights, d_weights)], [b - d for b, d in zip(biases, d_biases)]
    the gradients lack 1 / n, and have the wrong sign: they point up, and the loss is a mean
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, _times(-len(x), d_weights), _times(-len(x), d_biases)
    the gradient goes back through the ReLU unchanged and lacks 1 / n: where z was cut off it is 0,
    and the loss is a mean
        return _network(x, labels, weights, biases, mask=lambda z, da: 1.0, start=lambda _, dz: dz)
    the gradients of the last layer lack 1 / n: the mean is in the gradient of the logits, and with it
    in all
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [*d_weights[:-1], len(x) * d_weights[-1]], [*d_biases[:-1], len(x) * d_biases[-1]]
    the gradients of all layers but the last lack 1 / n, or have it twice: the mean is in the gradient
    of the logits, once
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [*_times(len(x), d_weights[:-1]), d_weights[-1]], [*_times(len(x), d_biases[:-1]), d_biases[-1]]
    or
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [*_times(1 / len(x), d_weights[:-1]), d_weights[-1]], [*_times(1 / len(x), d_biases[:-1]), d_biases[-1]]
    the network has one hidden layer here, whatever the lists hold: go through all of them
        w1, w2, b1, b2 = weights[0], weights[-1], biases[0], biases[-1]
        z1 = x @ w1 + b1
        log_p, dz2 = _cross_entropy(np.maximum(z1, 0) @ w2 + b2, labels)
        dz2 /= len(x)
        dz1 = dz2 @ w2.T * (z1 > 0)
        return _mean_loss(log_p, labels), [x.T @ dz1, np.maximum(z1, 0).T @ dz2], [dz1.sum(axis=0), dz2.sum(axis=0)]
    the weights on the way back are those of the layer below: from z of a layer back to what entered
    it, its own are crossed
        entered, zs = _forward(x, weights, biases)
        log_p, dz = _cross_entropy(zs[-1], labels)
        dz /= len(x)
        d_weights, d_biases = [], []
        for layer in range(len(weights) - 1, -1, -1):
            d_weights.insert(0, entered[layer].T @ dz)
            d_biases.insert(0, dz.sum(axis=0))
            if layer:
                dz = dz @ weights[layer - 1].T * (zs[layer - 1] > 0)
        return _mean_loss(log_p, labels), d_weights, d_biases
    the loss lacks the labels: it is minus the mean logarithm of the label's probability
        entered, zs = _forward(x, weights, biases)
        log_p, _ = _cross_entropy(zs[-1], labels)
        _, d_weights, d_biases = _network(x, labels, weights, biases)
        return -log_p.mean(), d_weights, d_biases
    where z is exactly 0 the slope is 0: the mask is z > 0
        return _network(x, labels, weights, biases, mask=lambda z, da: z >= 0)
    or
        return _network(x, labels, weights, biases, mask=lambda z, da: np.heaviside(z, 0.5))
    the logits' gradient is masked, too: behind the last layer there is no ReLU
        return _network(
            x, labels, weights, biases,
            start=lambda _, dz: dz / len(x) * (_forward(x, weights, biases)[1][-1] > 0),
        )
    the first layer has no gradient: the loop stops before it
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, [0 * d_weights[0], *d_weights[1:]], [0 * d_biases[0], *d_biases[1:]]
    the ReLU is there on the way back only: on the way forward, too, a = max(z, 0) enters the next layer
        entered = [x]
        for w, b in zip(weights, biases):
            entered.append(entered[-1] @ w + b)
        log_p, dz = _cross_entropy(entered.pop(), labels)
        dz /= len(x)
        d_weights, d_biases = [], []
        for a, w in zip(entered[::-1], weights[::-1]):
            d_weights.insert(0, a.T @ dz)
            d_biases.insert(0, dz.sum(axis=0))
            dz = dz @ w.T * (a > 0)
        return _mean_loss(log_p, labels), d_weights, d_biases
    weights and biases come in pairs, one for each layer: return two lists, `d_weights` and `d_biases`
        loss, d_weights, d_biases = _network(x, labels, weights, biases)
        return loss, list(zip(d_weights, d_biases))
""")
network_gradient.add_variants("""
    one example at a time, with outer products
        d_weights, d_biases = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
        total = 0.0
        for row, label in zip(x, labels, strict=True):
            a, kept = row, []
            for w, b in zip(weights, biases, strict=True):
                z = a @ w + b
                kept.append((a, z))
                a = np.maximum(z, 0)
            scores = kept[-1][1]
            delta = np.exp(scores - scores.max())
            total += scores.max() + np.log(delta.sum()) - scores[label]
            delta /= delta.sum()
            delta[label] -= 1
            for layer in reversed(range(len(weights))):
                a, _ = kept[layer]
                d_weights[layer] += np.outer(a, delta) / len(x)
                d_biases[layer] += delta / len(x)
                if layer:
                    delta = (weights[layer] @ delta) * (kept[layer - 1][1] > 0)
        return total / len(x), d_weights, d_biases
    einsum, in float32, as tuples
        active, hidden = [], [x]
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            z = np.einsum("ni,ij->nj", hidden[-1], w) + b
            active.append((z > 0).astype(float))
            hidden.append(z * active[-1])
        p = _softmax(hidden[-1] @ weights[-1] + biases[-1])
        deltas = [(p - _onehot(labels, p.shape[1])) / len(x)]
        for w, on in zip(weights[:0:-1], active[::-1], strict=True):
            deltas.insert(0, np.einsum("nk,jk,nj->nj", deltas[0], w, on))
        loss = -np.log((p * _onehot(labels, p.shape[1])).sum(axis=1)).mean()
        return (
            np.float32(loss),
            tuple((a.T @ d).astype(np.float32) for a, d in zip(hidden, deltas, strict=True)),
            tuple(d.sum(axis=0).astype(np.float32) for d in deltas),
        )
    a recursion from layer to layer
        def back(a, layer):
            z = a @ weights[layer] + biases[layer]
            if layer == len(weights) - 1:
                loss, dz = softmax_cross_entropy(z, labels)
                da, dw, db = affine_backward(dz, a, weights[layer])
                return loss, da, [dw], [db]
            loss, above, d_weights, d_biases = back(np.maximum(z, 0), layer + 1)
            da, dw, db = affine_backward(np.where(z > 0, above, 0.0), a, weights[layer])
            return loss, da, [dw, *d_weights], [db, *d_biases]
        loss, _, d_weights, d_biases = back(x, 0)
        return loss, d_weights, d_biases
    as an expression
        flat = [v for pair in zip(weights, biases, strict=True) for v in pair]
        y = _onehot(labels, len(biases[-1]))
        inputs = [x, *flat, y, np.full(len(x), 1 / len(x)), np.full((len(x), y.shape[1]), -1 / len(x))]
        steps, a, n = [], 0, len(inputs)
        for layer in range(len(weights)):
            steps += [("matmul", a, 1 + 2 * layer), ("add", n + len(steps), 2 + 2 * layer)]
            if layer < len(weights) - 1:
                steps.append(("relu", n + len(steps) - 1 + 0))
            a = n + len(steps) - 1
        steps += [("logsumexp", a), ("multiply", n + len(steps), n - 2), ("multiply", a, n - 3)]
        steps += [("multiply", n + len(steps) - 1, n - 1), ("sum", n + len(steps) - 2), ("sum", n + len(steps))]
        steps += [("add", n + len(steps) - 2, n + len(steps) - 1), ("sum", n + len(steps))]
        value, grads = expression_gradient(inputs, steps)
        return value, grads[1 : 1 + len(flat) : 2], grads[2 : 1 + len(flat) : 2]
""")


@judge(reference.expression_gradient, points=4, returns=("value", "grads"), rtol=1e-6, atol=1e-9)
def expression_gradient(rng):
    def made(*shapes):
        return [_away_from_zero(rng, *shape) for shape in shapes]

    yield Call(
        "a product of sums, a value that forks",
        2.2,
        # (u + v) * (u + v) / w + max(v, 0), with u + v made once and used twice. On the way back v gets another
        # part after the sum: an array that both have for a gradient must not be changed.
        inputs=made((4,), (4,), (4,)),
        operations=[("relu", 1), ("add", 0, 1), ("multiply", 4, 4), ("divide", 5, 2), ("add", 6, 3), ("sum", 7)],
    )
    yield Call(
        "an input that is used three times",
        inputs=made((2, 3), (2, 3)),
        operations=[("multiply", 0, 1), ("add", 2, 0), ("relu", 3), ("divide", 4, 1), ("multiply", 5, 0), ("sum", 6)],
    )
    yield Call(
        "a layer with its biases, square",
        inputs=made((4, 4), (4, 4), (4,), (4, 4)),
        operations=[("matmul", 0, 1), ("add", 4, 2), ("relu", 5), ("add", 0, 3), ("multiply", 6, 7), ("sum", 8)],
    )
    yield Call(
        "the loss of two layers",
        2.4,
        inputs=[*made((5, 3), (3, 6), (6,), (6, 4), (4,)), 0.2 * _onehot(_labels(rng, 5, 4), 4)],
        # Minus the mean of the labels' logits is left out: the gradient of logsumexp is what is seen.
        operations=[
            ("matmul", 0, 1),
            ("add", 6, 2),
            ("relu", 7),
            ("matmul", 8, 3),
            ("add", 9, 4),
            ("logsumexp", 10),
            ("multiply", 10, 5),
            ("sum", 12),
            ("sum", 11),
            ("divide", 14, 13),
            ("sum", 15),
        ],
    )
    large = made((3, 4), (3,))
    large[0] = 900 * large[0]
    large[0][0] -= 9_000  # one maximum for all rows leaves nothing of this one
    yield Call(
        "logits of a thousand, an input that is not used",
        1.8,
        inputs=[*large, *made((2,))],
        operations=[("logsumexp", 0), ("multiply", 3, 1), ("add", 3, 1), ("multiply", 4, 5), ("sum", 6)],
    )
    yield Call("a sum alone", 0.5, inputs=made((3, 2)), operations=[("sum", 0)])
    corner = made((5,), (5,))
    corner[0][1:3] = 0.0
    yield Call(
        "a ReLU of exactly 0, a value that is added to itself",
        0.5,
        inputs=corner,
        operations=[("relu", 0), ("add", 2, 2), ("multiply", 3, 1), ("sum", 4)],
    )


def _values(inputs, operations, logsumexp=None):
    values = [np.asarray(v, dtype=float) for v in inputs]
    for name, *places in operations:
        a, b = values[places[0]], values[places[-1]]
        values.append(_one(name, a, b) if logsumexp is None or name != "logsumexp" else logsumexp(a))
    return values


def _one(name, a, b):
    if name == "logsumexp":
        top = a.max(axis=1)
        return top + np.log(np.exp(a - top[:, None]).sum(axis=1))
    if name == "matmul":
        return a @ b
    if name == "relu":
        return np.maximum(a, 0)
    if name == "sum":
        return a.sum()
    return {"add": np.add, "multiply": np.multiply, "divide": np.divide}[name](a, b)


def _parts(name, g, a, b, out):
    """What an operation sends back to what went in."""
    if name == "add":
        return [g, g if b.shape == g.shape else g.sum(axis=0)]
    if name == "multiply":
        return [g * b, g * a]
    if name == "divide":
        return [g / b, -g * out / b]
    if name == "matmul":
        return [g @ b.T, a.T @ g]
    if name == "relu":
        return [g * (a > 0)]
    if name == "logsumexp":
        return [g[:, None] * np.exp(a - out[:, None])]
    return [g * np.ones(a.shape)]


def _expression(
    inputs, operations, collect=lambda old, part: old + part, order=reversed, logsumexp=None, back=None, **other
):
    """The gradients with another way to collect them, another order, or other parts of an operation."""
    other = back or other
    values = _values(inputs, operations, logsumexp)
    n = len(inputs)
    grads = [np.zeros(np.shape(v)) for v in values]
    grads[-1] = np.ones(())
    for k in order(range(len(operations))):
        name, *places = operations[k]
        g, a, b, out = grads[n + k], values[places[0]], values[places[-1]], values[n + k]
        parts = other[name](g, a, b, out) if name in other else _parts(name, g, a, b, out)
        for place, part in zip(places, parts, strict=True):
            grads[place] = collect(grads[place], part)
    return float(values[-1]), grads[:n]


def _with(inputs, operations, share):
    """The gradients with another way back through logsumexp."""
    return _expression(inputs, operations, back={"logsumexp": lambda g, a, b, out: [share(g, a, out)]})


expression_gradient.add_mistakes("""
    a gradient overwrites the one before: where a value is used twice, the gradients of both uses add
    up
        return _expression(inputs, operations, collect=lambda old, part: part)
    what is added to one gradient changes another: a sum sends the same array to both its terms, and
    `+=` changes that array; make a new one, `grads[i] = grads[i] + part`
        values, n = _values(inputs, operations), len(inputs)
        grads = [None] * len(values)
        grads[-1] = np.ones(())
        for k in reversed(range(len(operations))):
            name, *places = operations[k]
            g, a, b = grads[n + k], values[places[0]], values[places[-1]]
            if g is None:
                continue
            for place, part in zip(places, _parts(name, g, a, b, values[n + k])):
                if grads[place] is None:
                    grads[place] = part
                else:
                    grads[place] += part
        return float(values[-1]), [np.zeros(np.shape(v)) if g is None else g for g, v in zip(grads, values[:n])]
    the gradients of two uses are averaged: they add up
        return _expression(inputs, operations, collect=lambda old, part: part if not np.any(old) else (old + part) / 2)
    the operations are gone through from the front: the gradient of a value is whole only when all
    that use it have been
        return _expression(inputs, operations, order=iter)
    each factor of a product gets itself: it gets the other one
        return _expression(inputs, operations, multiply=lambda g, a, b, out: [g * a, g * b])
    a value that is used twice in one operation counts once there: each of the two places sends its
    part
        values = _values(inputs, operations)
        grads = [np.zeros(np.shape(v)) for v in values]
        grads[-1] = np.ones(())
        for k in reversed(range(len(operations))):
            name, *places = operations[k]
            g, a, b, out = grads[len(inputs) + k], values[places[0]], values[places[-1]], values[len(inputs) + k]
            for place, part in dict(zip(places, _parts(name, g, a, b, out))).items():
                grads[place] = grads[place] + part
        return float(values[-1]), grads[: len(inputs)]
    or
        return _expression(inputs, operations, multiply=lambda g, a, b, out: [g * b, g * a if a is not b else 0 * g])
    or
        return _expression(inputs, operations, add=lambda g, a, b, out: [g, 0 * g if a is b else g if b.shape == g.shape else g.sum(axis=0)])
    the row that is added to every row gets the whole gradient: sum it over the rows
        return _expression(inputs, operations, add=lambda g, a, b, out: [g, g])
    the row that is added to every row gets the mean over the rows: it gets the sum
        return _expression(inputs, operations, add=lambda g, a, b, out: [g, g if b.shape == g.shape else g.mean(axis=0)])
    the row that is added to every row is summed along the wrong axis
        return _expression(inputs, operations, add=lambda g, a, b, out: [g, g if b.shape == g.shape else g.sum(axis=1)])
    the divisor's gradient lacks its minus
        return _expression(inputs, operations, divide=lambda g, a, b, out: [g / b, g * out / b])
    the divisor's gradient lacks a factor: a / b**2, with the divisor squared
        return _expression(inputs, operations, divide=lambda g, a, b, out: [g / b, -g * out])
    the divisor gets no gradient: it moves the quotient, too
        return _expression(inputs, operations, divide=lambda g, a, b, out: [g / b, 0 * b])
    the divisor's gradient has no dividend: it is -a / b**2
        return _expression(inputs, operations, divide=lambda g, a, b, out: [g / b, -g / b**2])
    the dividend gets the gradient multiplied by the divisor: divide
        return _expression(inputs, operations, divide=lambda g, a, b, out: [g * b, -g * out / b])
    the matrices of a product are not transposed on the way back
        return _expression(inputs, operations, matmul=lambda g, a, b, out: [g @ b, a @ g])
    the first matrix's gradient lacks a transpose: it is g @ b.T
        return _expression(inputs, operations, matmul=lambda g, a, b, out: [g @ b, a.T @ g])
    the second matrix's gradient is transposed: it has the shape of b
        return _expression(inputs, operations, matmul=lambda g, a, b, out: [g @ b.T, g.T @ a])
    the gradient goes back through the ReLU unchanged: where its input was cut off it is 0
        return _expression(inputs, operations, relu=lambda g, a, b, out: [g])
    the ReLU's mask comes from the gradient: it comes from what went in
        return _expression(inputs, operations, relu=lambda g, a, b, out: [g * (g > 0)])
    the ReLU multiplies by its output on the way back: its slope is 1 or 0
        return _expression(inputs, operations, relu=lambda g, a, b, out: [g * out])
    the gradient of logsumexp is spread evenly: each entry gets its share, its exponential over the sum
        return _with(inputs, operations, lambda g, a, out: g[:, None] * np.ones(a.shape) / a.shape[1])
    the gradient of logsumexp goes to every entry whole: each gets its share, its exponential over the
    sum
        return _with(inputs, operations, lambda g, a, out: g[:, None] * np.ones(a.shape))
    the gradient of logsumexp goes to the largest entry alone: that is the maximum's
        return _with(inputs, operations, lambda g, a, out: g[:, None] * (a == a.max(axis=1, keepdims=True)))
    the gradient of logsumexp does not use what came back: multiply by it
        return _with(inputs, operations, lambda g, a, out: np.exp(a - out[:, None]))
    the shares of logsumexp are taken over the columns: each row has its own sum
        return _with(inputs, operations, lambda g, a, out: g[:, None] * np.exp(a - a.max(axis=0)) / np.exp(a - a.max(axis=0)).sum(axis=0))
    logsumexp overflows: take the largest entry of each row out before the exponentials
        return _expression(inputs, operations, logsumexp=lambda a: np.log(np.exp(a).sum(axis=1)))
    the sum sends back a mean: each entry gets the whole gradient
        return _expression(inputs, operations, sum=lambda g, a, b, out: [g * np.ones(a.shape) / a.size])
    an input that is not used has no gradient here: it is an array of zeros
        value, grads = _expression(inputs, operations)
        used = {place for _, *places in operations for place in places}
        return value, [grad if i in used else None for i, grad in enumerate(grads)]
    or
        value, grads = _expression(inputs, operations)
        used = {place for _, *places in operations for place in places}
        return value, [grad if i in used else 0.0 for i, grad in enumerate(grads)]
    or
        value, grads = _expression(inputs, operations)
        used = {place for _, *places in operations for place in places}
        return value, [grad for i, grad in enumerate(grads) if i in used]
    these are the gradients by all values: return those of the inputs
        values = _values(inputs, operations)
        value, grads = _expression(inputs, operations)
        return value, [*grads, *(np.zeros(np.shape(v)) for v in values[len(inputs) :])]
    or
        values, n = _values(inputs, operations), len(inputs)
        grads = [np.zeros(np.shape(v)) for v in values]
        grads[-1] = np.ones(())
        for k in reversed(range(len(operations))):
            name, *places = operations[k]
            a, b = values[places[0]], values[places[-1]]
            for place, part in zip(places, _parts(name, grads[n + k], a, b, values[n + k])):
                grads[place] = grads[place] + part
        return float(values[-1]), grads
    the gradients have the wrong sign
        value, grads = _expression(inputs, operations)
        return value, [-grad for grad in grads]
    the last gradient begins as the value: it begins as 1, that of a number by itself
        value, grads = _expression(inputs, operations)
        return value, [value * grad for grad in grads]
    the value is missing: `return value, grads`
        return _expression(inputs, operations)[1]
    the results are in the other order: `return value, grads`
        return _expression(inputs, operations)[::-1]
    the gradients are all zero: the last one begins as 1
        value, grads = _expression(inputs, operations)
        return value, [0 * grad for grad in grads]
    where a ReLU's input is exactly 0 its slope is 0: the mask is a > 0
        return _expression(inputs, operations, relu=lambda g, a, b, out: [g * (a >= 0)])
    or
        return _expression(inputs, operations, relu=lambda g, a, b, out: [g * np.heaviside(a, 0.5)])
    one maximum was subtracted for all rows: each row needs its own, or a low row underflows as a whole
        return _expression(inputs, operations, logsumexp=lambda a: a.max() + np.log(np.exp(a - a.max()).sum(axis=1)))
    the maximum was taken out of logsumexp and not added again: the value is that and the logarithm
        return _expression(inputs, operations, logsumexp=lambda a: np.log(np.exp(a - a.max(axis=1)[:, None]).sum(axis=1)))
    or
        values = _values(inputs, operations, lambda a: np.log(np.exp(a - a.max(axis=1)[:, None]).sum(axis=1)))
        return values[-1], _expression(inputs, operations)[1]
    the way back through logsumexp overflows: exp(a - value) is an entry's share, and never above 1
        return _with(inputs, operations, lambda g, a, out: g[:, None] * np.exp(a) / np.exp(a).sum(axis=1)[:, None])
    two vectors of one shape are added entry by entry: the gradient is summed over the rows for a row
    that was added to all of them
        return _expression(inputs, operations, add=lambda g, a, b, out: [g, g.sum(axis=0)])
    dividend and divisor have changed places on the way back
        return _expression(inputs, operations, divide=lambda g, a, b, out: [-g * out / b, g / b])
    the gradient is sent on at each use, with what came before in it, and so more than once: wait until
    all uses of a value are in it, from the last operation to the first
        values, n = _values(inputs, operations), len(inputs)
        grads = [np.zeros(np.shape(v)) for v in values]
        grads[-1] = np.ones(())
        def back(number):
            if number < n:
                return
            name, *places = operations[number - n]
            a, b = values[places[0]], values[places[-1]]
            for place, part in zip(places, _parts(name, grads[number], a, b, values[number])):
                grads[place] = grads[place] + part
                back(place)
        back(len(values) - 1)
        return float(values[-1]), grads[:n]
    the first operation is left out on the way back: `range(last, 0, -1)` ends at 1
        return _expression(inputs, operations, order=lambda numbers: range(len(numbers) - 1, 0, -1))
    the gradient of "logsumexp" lacks an exponential: each entry counts by its share, not by its distance
        np.exp(a - out[:, None]) -> (a - out[:, None])
""")
expression_gradient.add_variants("""
    forward mode: every entry of every input moved, and what moves with it
        values, grads = _values(inputs, operations), []
        for i, array in enumerate(inputs):
            grad = np.zeros(array.shape)
            for place in np.ndindex(array.shape):
                moves = [np.zeros(np.shape(v)) for v in inputs]
                moves[i][place] = 1.0
                for k, (name, *places) in enumerate(operations):
                    (a, da), (b, db) = ((values[p], moves[p]) for p in (places[0], places[-1]))
                    moves.append(
                        da + db if name == "add"
                        else da * b + a * db if name == "multiply"
                        else da / b - a * db / b**2 if name == "divide"
                        else da @ b + a @ db if name == "matmul"
                        else da * (a > 0) if name == "relu"
                        else da.sum() if name == "sum"
                        else (da * np.exp(a - values[len(inputs) + k][:, None])).sum(axis=1)
                    )
                grad[place] = moves[-1]
            grads.append(grad)
        return values[-1], grads
    nodes that send their gradient on, in reverse
        class Node:
            def __init__(self, value, parents=()):
                self.value, self.parents, self.grad = value, parents, np.zeros(np.shape(value))
        nodes = [Node(np.asarray(v, dtype=float)) for v in inputs]
        for name, *places in operations:
            a, b = nodes[places[0]].value, nodes[places[-1]].value
            node = Node(_one(name, a, b), [nodes[p] for p in places])
            node.send = lambda g, name=name, a=a, b=b, out=node.value: _parts(name, g, a, b, out)
            nodes.append(node)
        nodes[-1].grad = np.ones(())
        for node in reversed(nodes[len(inputs) :]):
            for parent, part in zip(node.parents, node.send(node.grad)):
                parent.grad = parent.grad + part
        return nodes[-1].value, [node.grad for node in nodes[: len(inputs)]]
    from the front, by recursion: what a value's gradient is made of
        values, n = _values(inputs, operations), len(inputs)
        def grad(place):
            total = np.zeros(np.shape(values[place]))
            if place == len(values) - 1:
                return np.ones(())
            for k, (name, *places) in enumerate(operations):
                for side, used in enumerate(places):
                    if used == place:
                        g = grad(n + k)
                        a, b = values[places[0]], values[places[-1]]
                        total = total + _parts(name, g, a, b, values[n + k])[side]
            return total
        return values[-1], tuple(grad(place) for place in range(n))
    lists of contributions, added at the end, in float32
        values, n = _values(inputs, operations), len(inputs)
        sent = [[] for _ in values]
        sent[-1].append(np.ones(()))
        for k in range(len(operations))[::-1]:
            name, *places = operations[k]
            g = sum(sent[n + k], np.zeros(np.shape(values[n + k])))
            parts = _parts(name, g, values[places[0]], values[places[-1]], values[n + k])
            for place, part in zip(places, parts):
                sent[place].append(part)
        zeros = [np.zeros(np.shape(v)) for v in values[:n]]
        return values[-1], [sum(parts, zero).astype(np.float32) for parts, zero in zip(sent, zeros)]
""")


@judge(reference.minibatches, points=2, places=True, returns=("batches",), compare_as=quantities.batches)
def minibatches(rng):
    seed, n = int(rng.integers(2**31)), 8 * int(rng.integers(56, 66))
    for label, given in (
        ("some hundred examples in batches of 8", seed),
        ("the same seed again", seed),
        ("another seed", seed + 1),
    ):
        yield Call(label, 3.0 if given > seed else 1.0, n=n, batch_size=8, rng=Rng(given))
    size = int(rng.integers(7, 12))
    for label, count, batch_size in (
        ("the last batch is shorter", 30 * size + int(rng.integers(2, size - 1)), size),
        ("one example is left for the last batch", 2 * size + 1, size),
        ("the batch is larger than the data", size, 5 * size),
        ("batches of one example", 4 * size, 1),
    ):
        weight = 2.0 if "shorter" in label else 1.0
        yield Call(label, weight, n=count, batch_size=batch_size, rng=Rng(seed + count))


def _cut(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


minibatches.add_mistakes("""
    every order is not as likely: a place is exchanged with one that is not yet settled, not with any
        order = np.arange(n)
        for i in range(n):
            j = rng.integers(n)
            order[[i, j]] = order[[j, i]]
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]
    or
        order = np.arange(n)
        for i in range(n):
            j = rng.integers(0, n)
            order[i], order[j] = order[j], order[i]
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]
    which examples a batch has is not random: they are those of the data in order, shuffled within a
    batch at most; shuffle all of them, then cut, anew in every epoch
        return _cut(np.arange(n), batch_size)
    these numbers are drawn with replacement: in one epoch each example comes exactly once
        return _cut(rng.integers(n, size=n), batch_size)
    each batch is drawn from all examples anew: in one epoch each example comes exactly once, so
    shuffle once and cut
        sizes = [len(batch) for batch in _cut(np.arange(n), batch_size)]
        return [rng.choice(n, size, replace=False) for size in sizes]
    or
        return [rng.permutation(n)[start : start + batch_size] for start in range(0, n, batch_size)]
    the last, shorter batch is dropped: its examples belong to the epoch
        order = rng.permutation(n)
        return [order[i * batch_size : (i + 1) * batch_size] for i in range(n // batch_size)]
    or
        order = rng.permutation(n)
        return [order[s : s + batch_size] for s in range(0, n - batch_size, batch_size)]
    the batches are made equally long: all have batch_size examples, only the last has what is left
        return np.array_split(rng.permutation(n), -(-n // batch_size))
    batch_size was taken for the number of batches: it is the length of one
        return np.array_split(rng.permutation(n), batch_size)
    or
        return np.array_split(rng.permutation(n), min(n, batch_size))
    the last batch is filled up with examples that have been: it has only what is left
        order = rng.permutation(n)
        return _cut(np.resize(order, -(-n // batch_size) * batch_size), batch_size)
    or
        batches = _cut(rng.permutation(n), batch_size)
        batches[-1] = np.append(batches[-1], np.concatenate(batches)[: batch_size - len(batches[-1])])
        return batches
    the order of the batches is random at most: neighbours in the data stay together in every epoch
        blocks = _cut(np.arange(n), batch_size)
        blocks[: n // batch_size] = [blocks[i] for i in rng.permutation(n // batch_size)]
        return blocks
    or
        starts = rng.permutation(np.arange(0, n, batch_size))
        return [np.arange(s, min(s + batch_size, n)) for s in starts]
    the examples are numbered from 0: here they begin at 1
        return _cut(rng.permutation(n) + 1, batch_size)
    this is one array: cut it into a list of batches
        return rng.permutation(n)
    the order does not come from the generator `rng` that is given: it must be the same for the same
    seed and new for another
        return _cut(np.random.default_rng(0).permutation(n), batch_size)
    there is an empty batch at the end where batch_size divides n: leave it out
        order = rng.permutation(n)
        return [order[i * batch_size : (i + 1) * batch_size] for i in range(n // batch_size + 1)]
    what is left was added to the batch before it: it makes a shorter one of its own
        return np.split(rng.permutation(n), range(batch_size, n - batch_size + 1, batch_size))
    only the first batch is returned: return all of them
        return [rng.permutation(n)[:batch_size]]
    or
        return rng.permutation(n)[:batch_size]
    the batches overlap: the next one begins where the last one ended, batch_size further on
        order = rng.permutation(n)
        return [order[i : i + batch_size] for i in range(n)]
    or
        order = rng.permutation(n)
        return [order[i : i + batch_size] for i in range(0, n, max(batch_size // 2, 1))]
    or
        order = rng.permutation(n)
        return [order[i : i + batch_size + 1] for i in range(0, n, batch_size)]
    or
        order = rng.permutation(n)
        return [order[i : i + batch_size] for i in range(n - batch_size + 1)]
    one number is left out between two batches: a slice's end is not part of it
        order = rng.permutation(n)
        return [order[i : i + batch_size - 1] for i in range(0, n, batch_size) if len(order[i : i + batch_size - 1])]
    the examples are numbered from 1 to n - 1, so that example 0 is never seen: they are 0 to n - 1
        return _cut(rng.permutation(np.arange(1, n)), batch_size)
    the last example is never seen: they are 0 to n - 1
        return _cut(rng.permutation(n - 1), batch_size)
    or
        order = rng.permutation(n - 1)
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]
    the batches are made equally long, and one too few: only the last has what is left
        return np.array_split(rng.permutation(n), max(n // batch_size, 1))
    or
        return np.array_split(rng.permutation(n), n // batch_size)
    the short batch comes first: it is the last
        order, first = rng.permutation(n), n % batch_size
        return [order[:first]] * (first > 0) + _cut(order[first:], batch_size)
    each batch is drawn for itself, and the last is as long as the others: in one epoch each example comes
    exactly once, so shuffle once and cut
        return [rng.choice(n, batch_size) for _ in range(-(-n // batch_size))]
    or
        return [rng.choice(n, min(batch_size, n), replace=False) for _ in range(-(-n // batch_size))]
    or
        return [rng.integers(n, size=batch_size) for _ in range(-(-n // batch_size))]
    or
        return [rng.integers(0, n, batch_size) for _ in range(0, n, batch_size)]
""")
minibatches.add_variants("""
    by sorting random keys
        order = np.argsort(rng.random(n))
        return np.split(order, range(batch_size, n, batch_size))
    a shuffled list, batches sorted
        rest, batches = list(range(n)), []
        rng.shuffle(rest)
        while rest:
            batches.append(sorted(rest[:batch_size]))
            del rest[:batch_size]
        return batches
    a tuple of arrays, the examples taken from the end
        order = rng.choice(n, size=n, replace=False)[::-1].astype(np.int32)
        return tuple(order[i : i + batch_size] for i in range(0, n, batch_size))
""")

two_colleagues = Written(
    "is-it-a-bug",
    points=4,
    rubric="""\
- 1 point: says that a falling loss is no evidence: a wrong gradient that still points downhill lowers the loss, too.
- 1 point: error 0.3 in nearly all entries of dw1 and db1, and below 1e-8 in dw2 and db2: the fault is in what both of the first share, dz1, on the way back through `w2` and ReLU's mask, not in the output layer; rounding is smaller by orders, and a kink touches few entries.
- 1 point: a next step that isolates it: check one piece alone (the ReLU's mask, the dx of affine_backward) on a small random input in float64, or repeat with z1 all positive, or with another h, at which the judge's error would change, and say what each outcome means.
- 1 point: for 1e-3 in three entries of thousands: repeat with a smaller h and at another point, or look at the pre-activations nearest to 0; a kink's error goes away, a wrong formula's stays.""",
)

loss_of_27 = Written(
    "loss-of-27",
    points=3,
    rubric="""\
- 1 point: -ln(1e-12) = 27.631: for these images p has become negligible beside 1e-12, so the loss no longer depends on the logits. (That p has underflowed to 0 is one way, not the only one: p below about 1e-16 is enough for five digits.)
- 1 point: the check finds a relative error of about 1: by differences the loss is flat there, 0, and the formula says -1/n at the label. Each is right for a function of its own; the gradient is that of the true cross-entropy, the loss is what is wrong. No point for "the gradient is wrong".
- 1 point: ln p as the shifted logit minus the logarithm of the sum of the exponentials of the shifted logits, with no number added.""",
)
