"""How the exercises of the chapter on a network and its gradient are judged.

Many arrays are square, so that a matrix that is transposed or a sum along the wrong axis is not told
by its shape alone; steps of differences are large, so that each formula has an error of its own.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem, Rng
from solutions import network as reference
from solutions.checks import quantities


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

    yield Call("five examples of three classes, two right", **scores(5, 3, 2))
    yield Call("as many examples as classes", **scores(4, 4, 3))
    yield Call("forty examples of ten classes", **scores(40, 10, 27, large=20.0))
    yield Call("all right", **scores(6, 3, 6))
    yield Call("none right", **scores(6, 3, 0))
    yield Call("all scores are negative", **_shifted(scores(7, 5, 3), -50.0))


def _shifted(arguments, by):
    return {**arguments, "logits": arguments["logits"] + by}


@accuracy.mistake("this is the number of right rows: divide it by the number of rows")
def accuracy_count(logits, labels):
    return np.sum(logits.argmax(axis=1) == labels)


@accuracy.mistake("this is the share of wrong rows, the error rate: the accuracy is 1 minus it")
def accuracy_error(logits, labels):
    return np.mean(logits.argmax(axis=1) != labels)


@accuracy.mistake("this is in percent: the accuracy is a share, from 0 to 1")
def accuracy_percent(logits, labels):
    return 100 * np.mean(logits.argmax(axis=1) == labels)


@accuracy.mistake("this says of every row whether it is right: take the mean of it")
def accuracy_rows(logits, labels):
    return logits.argmax(axis=1) == labels


@accuracy.mistake("the lowest score of each row was taken: the network's answer is the highest")
def accuracy_lowest(logits, labels):
    return np.mean(logits.argmin(axis=1) == labels)


@accuracy.mistake(
    "this divides by the number of classes: divide by the number of rows, the examples"
)
def accuracy_by_classes(logits, labels):
    return np.sum(logits.argmax(axis=1) == labels) / logits.shape[1]


@accuracy.mistake(
    "a row whose label has a positive score is not yet right: its score must be the highest of the row"
)
def accuracy_positive(logits, labels):
    return np.mean(logits[np.arange(len(labels)), labels] > 0)


@accuracy.mistake("this is the mean score of the labels: count the rows where it is the highest")
def accuracy_mean_score(logits, labels):
    return np.mean(logits[np.arange(len(labels)), labels])


@accuracy.mistake("`//` divides whole numbers and drops the rest: divide with `/`")
def accuracy_whole(logits, labels):
    return np.sum(logits.argmax(axis=1) == labels) // len(labels)


@accuracy.mistake("this divides by the number of all scores: divide by the number of rows")
def accuracy_by_size(logits, labels):
    return np.sum(logits.argmax(axis=1) == labels) / logits.size


@accuracy.mistake("the highest score itself was compared with the label: compare its place, argmax")
def accuracy_of_maximum(logits, labels):
    return np.mean(logits.max(axis=1) == labels)


@accuracy.variant("a loop over the rows")
def accuracy_loop(logits, labels):
    right = 0
    for scores, label in zip(logits, labels, strict=True):
        right += int(max(range(len(scores)), key=lambda j: scores[j]) == label)
    return right / len(labels)


@accuracy.variant("the label's score is the row's maximum, in float32")
def accuracy_maximum(logits, labels):
    own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return np.float32(np.count_nonzero(own == logits.max(axis=1)) / len(labels))


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


@numerical_gradient.mistake(
    "these are one-sided differences, f(x + h) - f(x) over h: central ones step to both sides"
)
def numerical_forward(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))])


@numerical_gradient.mistake(
    "these are one-sided differences, f(x) - f(x - h) over h: central ones step to both sides"
)
def numerical_backward(f, x, h=1e-5):
    return np.array([(f(x) - f(x - h * e)) / h for e in np.eye(len(x))])


@numerical_gradient.mistake(
    "divide by 2 * h: from x - h to x + h it is two steps, so this is twice the gradient"
)
def numerical_by_h(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - h * e)) / h for e in np.eye(len(x))])


@numerical_gradient.mistake(
    "the quotient was multiplied by h instead of divided: `/ 2 * h` needs brackets, `/ (2 * h)`"
)
def numerical_brackets(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - h * e)) / 2 * h for e in np.eye(len(x))])


@numerical_gradient.mistake(
    "all coordinates were moved at once: move one at a time, and leave the others where they are"
)
def numerical_all_at_once(f, x, h=1e-5):
    return np.full(len(x), (f(x + h) - f(x - h)) / (2 * h))


@numerical_gradient.mistake(
    "a coordinate was not put back after its turn: the next ones are measured from another point"
)
def numerical_not_put_back(f, x, h=1e-5):
    x, grad = x.copy(), np.zeros(len(x))
    for i in range(len(x)):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        grad[i] = (above - f(x)) / (2 * h)
    return grad


@numerical_gradient.mistake("the sign is wrong: it is f(x + h) minus f(x - h)")
def numerical_sign(f, x, h=1e-5):
    return np.array([(f(x - h * e) - f(x + h * e)) / (2 * h) for e in np.eye(len(x))])


@numerical_gradient.mistake(
    "with a step as large as `h` a central difference is off by a certain amount, and this is not: use the argument `h`"
)
def numerical_own_h(f, x, h=1e-5):
    return reference.numerical_gradient(f, x, 1e-5)


@numerical_gradient.mistake("the step is relative, `h * x[i]`: here it is `h`, whatever x is")
def numerical_relative_step(f, x, h=1e-5):
    steps = h * np.diag(x)
    return np.array([(f(x + s) - f(x - s)) / (2 * s.sum()) for s in steps])


@numerical_gradient.mistake(
    "this is the sum of all partial derivatives, one number: the gradient has one for each coordinate"
)
def numerical_sum(f, x, h=1e-5):
    return np.sum(reference.numerical_gradient(f, x, h))


@numerical_gradient.mistake(
    "the second point is x itself, not x - h: from x + h it is two steps back, `x[i] -= 2 * h`"
)
def numerical_one_step_back(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x)) / (2 * h) for e in np.eye(len(x))])


@numerical_gradient.mistake("the difference is not divided: divide it by 2 * h")
def numerical_not_divided(f, x, h=1e-5):
    return np.array([f(x + h * e) - f(x - h * e) for e in np.eye(len(x))])


@numerical_gradient.mistake("the two values were added: it is f(x + h) minus f(x - h)")
def numerical_added(f, x, h=1e-5):
    return np.array([(f(x + h * e) + f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@numerical_gradient.variant("one array that is changed and put back")
def numerical_put_back(f, x, h=1e-5):
    x, grad = np.array(x), []
    for i, old in enumerate(x.tolist()):
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        grad.append((above - f(x)) / (2 * h))
        x[i] = old
    return grad


@numerical_gradient.variant("rows of the identity, divided by the step that was really taken")
def numerical_real_step(f, x, h=1e-5):
    values = []
    for e in np.eye(len(x)):
        right, left = x + h * e, x - h * e
        values.append((f(right) - f(left)) / np.sum(right - left))
    return np.array(values)


@numerical_gradient.variant("all points at once, as the rows of a matrix")
def numerical_rows(f, x, h=1e-5):
    steps = h * np.vstack([np.eye(len(x)), -np.eye(len(x))])
    above, below = np.split(np.apply_along_axis(f, 1, x + steps), 2)
    return (above - below) / 2 / h


@judge(reference.relative_error, points=2, returns=("error",))
def relative_error(rng):
    def pair(*shape, low, high):
        """Two arrays of which the second is the first times a number that differs by entry."""
        a = _away_from_zero(rng, *shape)
        return {"a": a, "b": a * rng.uniform(low, high, size=shape)}

    yield Call("a vector, some percent apart", **pair(6, low=0.9, high=1.1))
    yield Call("a matrix, the second is larger", **pair(3, 4, low=1.4, high=2.6))
    yield Call("a matrix, the second is smaller", **pair(4, 3, low=0.4, high=0.7))
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
    below = {name: 0.3 * values for name, values in pair(7, low=1.1, high=1.6).items()}
    yield Call("all are smaller than a floor of 1", **below, floor=1.0)


def _sizes(a, b, floor):
    return np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)


@relative_error.mistake("this divides by |a| alone: divide by the larger of |a| and |b|")
def error_by_a(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.abs(a), floor))


@relative_error.mistake("this divides by |b| alone: divide by the larger of |a| and |b|")
def error_by_b(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.abs(b), floor))


@relative_error.mistake(
    "this divides by |a| + |b|, another convention, whose error is up to half as large: here it is the larger of the two"
)
def error_by_sum(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), floor))


@relative_error.mistake(
    "this is the mean over the entries: one wrong entry counts, so take the maximum"
)
def error_mean(a, b, floor=1e-8):
    return np.mean(np.abs(a - b) / _sizes(a, b, floor))


@relative_error.mistake(
    "this is the largest absolute difference: divide by the size of the entries"
)
def error_absolute(a, b, floor=1e-8):
    return np.max(np.abs(a - b))


@relative_error.mistake("a - b may be negative: take its absolute value")
def error_signed(a, b, floor=1e-8):
    return np.max((a - b) / _sizes(a, b, floor))


@relative_error.mistake("this has one error for each entry: return the largest, one number")
def error_all(a, b, floor=1e-8):
    return np.abs(a - b) / _sizes(a, b, floor)


@relative_error.mistake("the floor was added: it is the least that one divides by, a maximum")
def error_floor_added(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / (np.maximum(np.abs(a), np.abs(b)) + floor))


@relative_error.mistake("the argument `floor` is not used, only its default")
def error_own_floor(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / _sizes(a, b, 1e-8))


@relative_error.mistake("the floor is missing: without it two zeros give 0 / 0")
def error_no_floor(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))


@relative_error.mistake(
    "this compares the lengths of whole vectors: a wrong entry that is small hides there, so compare entry by entry"
)
def error_norms(a, b, floor=1e-8):
    norm = np.linalg.norm
    return norm(a - b) / max(norm(a), norm(b), floor)


@relative_error.mistake(
    "the largest difference was divided by the largest entry: divide entry by entry, then take the maximum"
)
def error_of_largest(a, b, floor=1e-8):
    return np.max(np.abs(a - b)) / np.max(_sizes(a, b, floor))


@relative_error.mistake("the size of an entry is its absolute value: here a negative one counts as small")
def error_sizes_signed(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.maximum(a, b), floor))


@relative_error.mistake("this divides by the smaller of |a| and |b|: take the larger")
def error_by_smaller(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum(np.minimum(np.abs(a), np.abs(b)), floor))


@relative_error.mistake(
    "this divides by the mean of |a| and |b|, another convention: here it is the larger of the two"
)
def error_by_mean(a, b, floor=1e-8):
    return np.max(np.abs(a - b) / np.maximum((np.abs(a) + np.abs(b)) / 2, floor))


@relative_error.mistake("this is the sum over the entries: one wrong entry counts, so take the maximum")
def error_sum(a, b, floor=1e-8):
    return np.sum(np.abs(a - b) / _sizes(a, b, floor))


@relative_error.mistake("this is the smallest error: one wrong entry counts, so take the maximum")
def error_least(a, b, floor=1e-8):
    return np.min(np.abs(a - b) / _sizes(a, b, floor))


@relative_error.mistake("the absolute values were subtracted: opposite signs differ, it is |a - b|")
def error_of_sizes(a, b, floor=1e-8):
    return np.max(np.abs(np.abs(a) - np.abs(b)) / _sizes(a, b, floor))


@relative_error.variant("a loop over pairs of numbers")
def error_loop(a, b, floor=1e-8):
    worst = 0.0
    for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True):
        worst = max(worst, abs(p - q) / max(abs(p), abs(q), floor))
    return worst


@relative_error.variant("the maximum over a stack of three")
def error_stack(a, b, floor=1e-8):
    size = np.max([np.abs(a), np.abs(b), np.full_like(a, floor)], axis=0)
    return (np.abs(b - a) / size).max().astype(np.float32)


@relative_error.variant("clipped from below")
def error_clip(a, b, floor=1e-8):
    larger = np.where(a**2 > b**2, a, b)
    return np.abs((a - b) / np.clip(np.abs(larger), floor, None)).max()


LAYERS = {  # rows, inputs, units
    "five examples, three inputs, two units": (5, 3, 2),
    "four of each": (4, 4, 4),
    "one example": (1, 3, 2),
    "one unit": (4, 3, 1),
    "as many examples as units": (3, 5, 3),
}


@judge(reference.affine_forward, points=1, returns=("z",))
def affine_forward(rng):
    for label, (n, d, k) in LAYERS.items():
        yield Call(
            label,
            x=_away_from_zero(rng, n, d),
            w=_away_from_zero(rng, d, k),
            b=_away_from_zero(rng, k),
        )
    yield Call(
        "weights of zero",
        x=_away_from_zero(rng, 3, 4),
        w=np.zeros((4, 2)),
        b=_away_from_zero(rng, 2),
    )


@affine_forward.mistake("the bias is missing: add `b` to every row")
def forward_without_bias(x, w, b):
    return x @ w


@affine_forward.mistake(
    "the biases are added along the wrong axis: each column of z has its own, each row has all of them"
)
def forward_bias_by_row(x, w, b):
    return x @ w + b[:, None]


@affine_forward.mistake("the weights are transposed: here w has one row for each input, so z = x @ w")
def forward_transposed(x, w, b):
    return x @ w.T + b


@affine_forward.mistake("this is transposed: examples are rows, in x and in z")
def forward_columns(x, w, b):
    return (x @ w + b).T


@affine_forward.mistake("negative outputs were cut off: the activation is not part of this layer")
def forward_relu(x, w, b):
    return np.maximum(x @ w + b, 0)


@affine_forward.mistake("the bias is subtracted: add it")
def forward_minus_bias(x, w, b):
    return x @ w - b


@affine_forward.mistake("`*` multiplies entry by entry: the matrix product is `@`")
def forward_entrywise(x, w, b):
    return x * w + b


@affine_forward.mistake("all biases were added to every output: each unit has one bias")
def forward_bias_sum(x, w, b):
    return x @ w + b.sum()


@affine_forward.mistake("the outputs were averaged over the units: each unit gives its sum")
def forward_mean(x, w, b):
    return x @ w / w.shape[0] + b


@affine_forward.variant("three loops")
def forward_loops(x, w, b):
    z = [[float(bias) for bias in b] for _ in x]
    for r in range(len(x)):
        for j in range(len(b)):
            for i in range(len(w)):
                z[r][j] += x[r, i] * w[i, j]
    return z


@affine_forward.variant("einsum, in float32")
def forward_einsum(x, w, b):
    return (np.einsum("ni,ij->nj", x, w) + b[None, :]).astype(np.float32)


@affine_forward.variant("the bias as one more row of weights, with an input of 1")
def forward_ones(x, w, b):
    return np.column_stack([x, np.ones(len(x))]) @ np.vstack([w, b])


@judge(reference.affine_backward, points=3, returns=("dx", "dw", "db"))
def affine_backward(rng):
    for label, (n, d, k) in LAYERS.items():
        yield Call(
            label,
            dz=_away_from_zero(rng, n, k),
            x=_away_from_zero(rng, n, d),
            w=_away_from_zero(rng, d, k),
        )
    dz = _away_from_zero(rng, 6, 2)
    dz[1:] = 0
    x, w = _away_from_zero(rng, 6, 3), _away_from_zero(rng, 3, 2)
    yield Call("only the first example has a gradient", dz=dz, x=x, w=w)


@affine_backward.mistake(
    "`w` enters dx transposed: the entry (r, i) of dx sums dz[r, j] * w[i, j] over the units j"
)
def backward_w_not_transposed(dz, x, w):
    return dz @ w, x.T @ dz, dz.sum(axis=0)


@affine_backward.mistake("dw is transposed: it has the shape of w, one row for each input")
def backward_dw_transposed(dz, x, w):
    return dz @ w.T, dz.T @ x, dz.sum(axis=0)


@affine_backward.mistake("db is not summed: b acts on every row, so its gradient sums the rows of dz")
def backward_db_not_summed(dz, x, w):
    return dz @ w.T, x.T @ dz, dz


@affine_backward.mistake(
    "db is the mean of the rows: take the sum, since the loss's division by n is in dz already"
)
def backward_db_mean(dz, x, w):
    return dz @ w.T, x.T @ dz, dz.mean(axis=0)


@affine_backward.mistake(
    "dw and db are divided by n once more: the loss's division by n is in dz already"
)
def backward_averaged(dz, x, w):
    return dz @ w.T, x.T @ dz / len(x), dz.mean(axis=0)


@affine_backward.mistake(
    "dw is divided by n once more: the loss's division by n is in dz already"
)
def backward_dw_averaged(dz, x, w):
    return dz @ w.T, x.T @ dz / len(x), dz.sum(axis=0)


@affine_backward.mistake("db is summed along the wrong axis: one number is left for each unit")
def backward_db_wrong_axis(dz, x, w):
    return dz @ w.T, x.T @ dz, dz.sum(axis=1)


@affine_backward.mistake("db has two axes: b is a vector, so leave out keepdims")
def backward_db_keepdims(dz, x, w):
    return dz @ w.T, x.T @ dz, dz.sum(axis=0, keepdims=True)


@affine_backward.mistake("the results are in another order: `return dx, dw, db`")
def backward_order(dz, x, w):
    return x.T @ dz, dz.sum(axis=0), dz @ w.T


@affine_backward.mistake("dx is missing: `return dx, dw, db`, the layer below needs it")
def backward_without_dx(dz, x, w):
    return x.T @ dz, dz.sum(axis=0)


@affine_backward.mistake(
    "db is not 1: that is the derivative of z by b, which the chain rule multiplies by dz"
)
def backward_db_ones(dz, x, w):
    return dz @ w.T, x.T @ dz, np.ones(dz.shape[1])


@affine_backward.mistake("the signs are wrong: this is the step downhill, the gradient points up")
def backward_signs(dz, x, w):
    return -dz @ w.T, -x.T @ dz, -dz.sum(axis=0)


@affine_backward.mistake("dx and dw have changed places: `return dx, dw, db`")
def backward_dw_first(dz, x, w):
    return x.T @ dz, dz @ w.T, dz.sum(axis=0)


@affine_backward.mistake(
    "all three are divided by n once more: the loss's division by n is in dz already"
)
def backward_all_averaged(dz, x, w):
    n = len(x)
    return dz @ w.T / n, x.T @ dz / n, dz.sum(axis=0) / n


@affine_backward.mistake("db is one number: each unit has a bias of its own, so sum over the rows alone")
def backward_db_total(dz, x, w):
    return dz @ w.T, x.T @ dz, dz.sum()


@affine_backward.variant("a sum over the examples, one outer product each")
def backward_outer(dz, x, w):
    dx, dw, db = [], np.zeros_like(w), np.zeros(w.shape[1])
    for row, delta in zip(x, dz, strict=True):
        dx.append(w @ delta)
        dw += np.outer(row, delta)
        db += delta
    return np.array(dx), dw, db


@affine_backward.variant("einsum, as a list of three in float32")
def backward_einsum(dz, x, w):
    parts = np.einsum("rj,ij->ri", dz, w), np.einsum("ri,rj->ij", x, dz), np.einsum("rj->j", dz)
    return [part.astype(np.float32) for part in parts]


@affine_backward.variant("db as a product with ones, dx transposed twice")
def backward_products(dz, x, w):
    return (w @ dz.T).T, (dz.T @ x).T, np.ones(len(dz)) @ dz


@judge(reference.relu_backward, points=1, returns=("dz",))
def relu_backward(rng):
    for label, shape in {"a vector": (9,), "a matrix": (4, 5), "three axes": (2, 3, 4)}.items():
        yield Call(label, da=_away_from_zero(rng, *shape), z=_mixed(rng, *shape))
    z = _mixed(rng, 3, 4)
    z[:, 1] = 0.0
    yield Call("some z are exactly zero", da=_away_from_zero(rng, 3, 4), z=z)
    yield Call("all units are active", da=_away_from_zero(rng, 6), z=np.abs(_mixed(rng, 6)))
    yield Call("no unit is active", da=_away_from_zero(rng, 6), z=-np.abs(_mixed(rng, 6)))


def _mixed(rng, *shape):
    """Numbers away from zero, both signs among the first two and beside every sign."""
    values = rng.uniform(0.3, 2.0, size=shape).ravel()
    values[rng.permutation(values.size)[: values.size // 2]] *= -1
    return values.reshape(shape)


@relu_backward.mistake("the mask must come from z, what went in: here it comes from the sign of da")
def mask_of_upstream(da, z):
    return da * (da > 0)


@relu_backward.mistake("at z = 0 this lets the gradient through: the book's convention is 0 there")
def mask_with_zero(da, z):
    return da * (z >= 0)


@relu_backward.mistake("at z = 0 this takes one half: the book's convention is 0 there")
def mask_with_half(da, z):
    return da * np.heaviside(z, 0.5)


@relu_backward.mistake("this is the mask alone: multiply it by da, as the chain rule asks")
def mask_alone(da, z):
    return (z > 0).astype(float)


@relu_backward.mistake("this multiplies by the output of the ReLU: multiply by its derivative, 0 or 1")
def times_output(da, z):
    return da * np.maximum(z, 0)


@relu_backward.mistake("the mask is the wrong way round: the gradient passes where z is positive")
def mask_inverted(da, z):
    return da * (z <= 0)


@relu_backward.mistake("da passes unchanged: where z was cut off, the gradient is 0")
def no_mask(da, z):
    return da


@relu_backward.mistake("negative gradients were cut off, too: only the sign of z decides")
def both_masks(da, z):
    return np.maximum(da, 0) * (z > 0)


@relu_backward.mistake("where z is negative the derivative is 0, not -1")
def sign_for_mask(da, z):
    return da * np.sign(z)


@relu_backward.mistake("this is the forward pass, max(z, 0): the gradient is da, masked")
def forward_again(da, z):
    return np.maximum(z, 0)


@relu_backward.mistake("this multiplies by z itself: multiply by the derivative of the ReLU, 0 or 1")
def times_input(da, z):
    return da * z


@relu_backward.mistake("da and z have changed places: z says where, da says what")
def roles_swapped(da, z):
    return z * (da > 0)


@relu_backward.variant("a copy, set to zero where the unit is off")
def relu_backward_copy(da, z):
    dz = np.array(da, dtype=np.float32)
    dz[z <= 0] = 0
    return dz


@relu_backward.variant("one number at a time")
def relu_backward_numbers(da, z):
    pairs = zip(np.ravel(da).tolist(), np.ravel(z).tolist(), strict=True)
    return np.reshape([up if value > 0 else 0.0 for up, value in pairs], np.shape(z))


@relu_backward.variant("heaviside, 0 at 0")
def relu_backward_heaviside(da, z):
    return np.multiply(np.heaviside(z, 0.0), da)


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
    yield Call("logits up to 10,000", logits=logits(6, 4, large), labels=_labels(rng, 6, 4))
    both = np.vstack([logits(2, 3, 2, large), logits(3, 3, 2, -large)])
    yield Call("rows near 10,000 and near -10,000", logits=both, labels=_labels(rng, 5, 3))


def _cross_entropy(logits, labels):
    """log p by row and class, and the gradient before it is divided by n."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p, np.exp(log_p) - _onehot(labels, logits.shape[1])


def _mean_loss(log_p, labels):
    return -log_p[np.arange(len(labels)), labels].mean()


@softmax_cross_entropy.mistake(
    "exp of a large logit overflows: subtract the largest logit of each row first, it changes nothing else"
)
def entropy_naive(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "the softmax is safe, but its logarithm is not: where p underflows to 0 this is log(0); write log p as the shifted logit minus the log of the sum"
)
def entropy_log_of_p(logits, labels):
    p = _softmax(logits)
    return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "a small number inside the logarithm hides log(0) and caps the loss: write log p as the shifted logit minus the log of the sum"
)
def entropy_eps_in_log(logits, labels):
    p = _softmax(logits)
    return _mean_loss(np.log(p + 1e-12), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "one maximum was subtracted for all rows: each row needs its own, or a low row underflows as a whole"
)
def entropy_global_max(logits, labels):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    return _mean_loss(np.log(p), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake("this is the sum over the rows: loss and gradient are those of the mean")
def entropy_sum(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels) * len(labels), grad


@softmax_cross_entropy.mistake(
    "the loss is a mean over n rows, so its gradient has 1 / n, too: grad lacks it"
)
def entropy_grad_of_sum(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels), grad


@softmax_cross_entropy.mistake(
    "the gradient lacks the labels: subtract 1 from the probability of each row's own class"
)
def entropy_grad_without_labels(logits, labels):
    log_p, _ = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels), np.exp(log_p) / len(labels)


@softmax_cross_entropy.mistake("the gradient has the wrong sign: it is p minus the one-hot row")
def entropy_grad_sign(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels), -grad / len(labels)


@softmax_cross_entropy.mistake(
    "`p[:, labels] -= 1` changes these columns in every row: each row has one label, `p[rows, labels]`"
)
def entropy_all_rows(logits, labels):
    log_p, _ = _cross_entropy(logits, labels)
    p = np.exp(log_p)
    p[:, labels] -= 1
    return _mean_loss(log_p, labels), p / len(labels)


@softmax_cross_entropy.mistake(
    "the softmax was taken down the columns: the probabilities of each row, of one example, add up to 1"
)
def entropy_columns(logits, labels):
    log_p = logits - logits.max(axis=0)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=0))
    grad = np.exp(log_p) - _onehot(labels, logits.shape[1])
    return _mean_loss(log_p, labels), grad / len(labels)


@softmax_cross_entropy.mistake(
    "this divides by n * k, all entries: the mean is over the n rows, of each of which one entry counts"
)
def entropy_over_entries(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels) / logits.shape[1], grad / logits.size


@softmax_cross_entropy.mistake("the loss is negative: it is minus the logarithm of the probability")
def entropy_sign(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return -_mean_loss(log_p, labels), grad / len(labels)


@softmax_cross_entropy.mistake("this loss is in bits: take the natural logarithm")
def entropy_bits(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels) / np.log(2), grad / len(labels)


@softmax_cross_entropy.mistake(
    "this is the gradient by the probabilities, -1 / p: the chain rule carries it on through the softmax to the logits"
)
def entropy_by_p(logits, labels):
    log_p, _ = _cross_entropy(logits, labels)
    one = _onehot(labels, logits.shape[1])
    # Only the label's own entry is divided: 0 / 0 elsewhere would be no number.
    by_p = np.where(one > 0, -np.exp(-log_p), 0.0)
    return _mean_loss(log_p, labels), by_p / len(labels)


@softmax_cross_entropy.mistake("the gradient must be returned too: `return loss, grad`")
def entropy_loss_only(logits, labels):
    return _mean_loss(_cross_entropy(logits, labels)[0], labels)


@softmax_cross_entropy.mistake(
    "1e-7 inside the logarithm hides log(0), changes every loss and caps it at 16: write log p as the shifted logit minus the log of the sum"
)
def entropy_1e7_in_log(logits, labels):
    p = _softmax(logits)
    return _mean_loss(np.log(p + 1e-7), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "1e-8 inside the logarithm hides log(0), changes every loss and caps it at 18: write log p as the shifted logit minus the log of the sum"
)
def entropy_1e8_in_log(logits, labels):
    p = _softmax(logits)
    return _mean_loss(np.log(p + 1e-8), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "p clipped at 1e-15 hides log(0) and caps the loss at 35: write log p as the shifted logit minus the log of the sum"
)
def entropy_clipped(logits, labels):
    p = _softmax(logits)
    clipped = np.clip(p, 1e-15, 1 - 1e-15)
    return _mean_loss(np.log(clipped), labels), (p - _onehot(labels, p.shape[1])) / len(p)


@softmax_cross_entropy.mistake(
    "the shift by the largest logit is in the sum of the exponentials only: subtract it from the label's logit, too"
)
def entropy_shift_forgotten(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels) - logits.max(axis=1).mean(), grad / len(labels)


@softmax_cross_entropy.mistake("the loss is the sum over the rows: take the mean, as the gradient has it")
def entropy_loss_of_sum(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels) * len(labels), grad / len(labels)


@softmax_cross_entropy.mistake("the gradient is divided by n * k, all entries: the mean is over the n rows")
def entropy_grad_over_entries(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return _mean_loss(log_p, labels), grad / logits.size


@softmax_cross_entropy.mistake("this is one loss for each row: return their mean, one number")
def entropy_of_rows(logits, labels):
    log_p, grad = _cross_entropy(logits, labels)
    return -log_p[np.arange(len(labels)), labels], grad / len(labels)


@softmax_cross_entropy.variant("row by row, in plain Python")
def entropy_rows(logits, labels):
    loss, grad = 0.0, []
    for scores, label in zip(np.asarray(logits).tolist(), labels, strict=True):
        top = max(scores)
        total = sum(np.exp(s - top) for s in scores)
        loss += (top - scores[label] + np.log(total)) / len(labels)
        p = [np.exp(s - top) / total for s in scores]
        p[label] -= 1
        grad.append([value / len(labels) for value in p])
    return loss, grad


@softmax_cross_entropy.variant("logaddexp and one-hot rows")
def entropy_logaddexp(logits, labels):
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    target = (labels[:, None] == np.arange(logits.shape[1])).astype(float)
    return -(target * log_p).sum() / len(logits), (np.exp(log_p) - target) / len(logits)


@softmax_cross_entropy.variant("in float32")
def entropy_float32(logits, labels):
    logits = logits.astype(np.float32)
    log_p, grad = _cross_entropy(logits, labels)
    return [_mean_loss(log_p, labels), (grad / len(labels)).astype(np.float32)]


@judge(
    reference.network_gradient, points=3, returns=("loss", "dw1", "db1", "dw2", "db2"), atol=1e-9
)
def network_gradient(rng):
    for label, (n, d, m, k) in {
        "eight examples": (8, 3, 5, 4),
        "four of everything": (4, 4, 4, 4),
        "one example": (1, 3, 6, 2),
        "a narrow hidden layer": (9, 4, 2, 3),
        "as many inputs as classes": (7, 3, 6, 3),
    }.items():
        yield Call(
            label,
            x=_away_from_zero(rng, n, d),
            labels=_labels(rng, n, k),
            w1=_away_from_zero(rng, d, m),
            b1=0.5 * _away_from_zero(rng, m),
            w2=_away_from_zero(rng, m, k),
            b2=_away_from_zero(rng, k),
        )


def _forward(x, w1, b1, w2, b2):
    z1 = x @ w1 + b1
    a1 = np.maximum(z1, 0)
    return z1, a1, a1 @ w2 + b2


def _network(x, labels, w1, b1, w2, b2, mask=lambda z1, da1: z1 > 0):
    z1, a1, z2 = _forward(x, w1, b1, w2, b2)
    log_p, dz2 = _cross_entropy(z2, labels)
    dz2 /= len(x)
    da1 = dz2 @ w2.T
    dz1 = da1 * mask(z1, da1)
    loss = _mean_loss(log_p, labels)
    return loss, x.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)


@network_gradient.mistake(
    "the gradient goes back through the ReLU unchanged: where z1 was cut off it must be set to 0"
)
def network_no_mask(x, labels, w1, b1, w2, b2):
    return _network(x, labels, w1, b1, w2, b2, mask=lambda z1, da1: 1.0)


@network_gradient.mistake(
    "the ReLU's mask comes from the sign of z1 in the forward pass: here it comes from that of da1"
)
def network_mask_of_upstream(x, labels, w1, b1, w2, b2):
    return _network(x, labels, w1, b1, w2, b2, mask=lambda z1, da1: da1 > 0)


@network_gradient.mistake("the hidden layer has no ReLU here: a1 = max(z1, 0)")
def network_linear(x, labels, w1, b1, w2, b2):
    z1 = x @ w1 + b1
    log_p, dz2 = _cross_entropy(z1 @ w2 + b2, labels)
    dz2 /= len(x)
    dz1 = dz2 @ w2.T
    return (
        _mean_loss(log_p, labels), x.T @ dz1, dz1.sum(axis=0), z1.T @ dz2, dz2.sum(axis=0)
    )  # fmt: skip


@network_gradient.mistake("dw2 needs what entered the second layer: a1, after the ReLU, not z1")
def network_z1_for_a1(x, labels, w1, b1, w2, b2):
    loss, dw1, db1, _, db2 = _network(x, labels, w1, b1, w2, b2)
    z1, _, z2 = _forward(x, w1, b1, w2, b2)
    return loss, dw1, db1, z1.T @ _cross_entropy(z2, labels)[1] / len(x), db2


@network_gradient.mistake(
    "the first layer's gradient is 0: the error goes back through w2 and the ReLU to w1 and b1"
)
def network_first_layer_frozen(x, labels, w1, b1, w2, b2):
    loss, dw1, db1, dw2, db2 = _network(x, labels, w1, b1, w2, b2)
    return loss, 0 * dw1, 0 * db1, dw2, db2


@network_gradient.mistake(
    "these are the gradients of the summed loss: the loss is a mean, so they lack 1 / n"
)
def network_sum(x, labels, w1, b1, w2, b2):
    loss, *gradients = _network(x, labels, w1, b1, w2, b2)
    return loss, *(len(x) * gradient for gradient in gradients)


@network_gradient.mistake(
    "the gradients are divided by n twice: the mean is in that of the logits already"
)
def network_mean_twice(x, labels, w1, b1, w2, b2):
    loss, *gradients = _network(x, labels, w1, b1, w2, b2)
    return loss, *(gradient / len(x) for gradient in gradients)


@network_gradient.mistake("there is a ReLU on the logits, too: they may be negative")
def network_relu_on_logits(x, labels, w1, b1, w2, b2):
    z1, a1, z2 = _forward(x, w1, b1, w2, b2)
    log_p, dz2 = _cross_entropy(np.maximum(z2, 0), labels)
    dz2 *= (z2 > 0) / len(x)
    dz1 = dz2 @ w2.T * (z1 > 0)
    return (
        _mean_loss(log_p, labels), x.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)
    )  # fmt: skip


@network_gradient.mistake("the results are in another order: `return loss, dw1, db1, dw2, db2`")
def network_order(x, labels, w1, b1, w2, b2):
    loss, dw1, db1, dw2, db2 = _network(x, labels, w1, b1, w2, b2)
    return loss, dw2, db2, dw1, db1


@network_gradient.mistake("the loss must be returned too, as the first result")
def network_without_loss(x, labels, w1, b1, w2, b2):
    return _network(x, labels, w1, b1, w2, b2)[1:]


@network_gradient.mistake("the gradients have the wrong sign: they point up, the step goes down")
def network_signs(x, labels, w1, b1, w2, b2):
    loss, *gradients = _network(x, labels, w1, b1, w2, b2)
    return loss, *(-gradient for gradient in gradients)


@network_gradient.mistake(
    "db1 and db2 are means: the biases are shared by all examples, so sum; 1 / n is in dz2 already"
)
def network_db_mean(x, labels, w1, b1, w2, b2):
    loss, dw1, db1, dw2, db2 = _network(x, labels, w1, b1, w2, b2)
    return loss, dw1, db1 / len(x), dw2, db2 / len(x)


@network_gradient.mistake("the mask is the wrong way round: the gradient passes where z1 is positive")
def network_mask_inverted(x, labels, w1, b1, w2, b2):
    return _network(x, labels, w1, b1, w2, b2, mask=lambda z1, da1: z1 <= 0)


@network_gradient.mistake("the way back multiplies by a1: multiply by the ReLU's derivative, 0 or 1")
def network_times_a1(x, labels, w1, b1, w2, b2):
    return _network(x, labels, w1, b1, w2, b2, mask=lambda z1, da1: np.maximum(z1, 0))


@network_gradient.mistake("the loss is the sum over the rows: return their mean")
def network_loss_of_sum(x, labels, w1, b1, w2, b2):
    loss, *gradients = _network(x, labels, w1, b1, w2, b2)
    return len(x) * loss, *gradients


@network_gradient.mistake("weights and biases are in another order: `return loss, dw1, db1, dw2, db2`")
def network_weights_first(x, labels, w1, b1, w2, b2):
    loss, dw1, db1, dw2, db2 = _network(x, labels, w1, b1, w2, b2)
    return loss, dw1, dw2, db1, db2


@network_gradient.variant("one example at a time, with outer products")
def network_by_example(x, labels, w1, b1, w2, b2):
    total = [0.0, np.zeros_like(w1), np.zeros_like(b1), np.zeros_like(w2), np.zeros_like(b2)]
    for row, label in zip(x, labels, strict=True):
        hidden = row @ w1 + b1
        active = (hidden > 0).astype(float)
        scores = (hidden * active) @ w2 + b2
        delta = np.exp(scores - scores.max())
        delta /= delta.sum()
        loss = scores.max() + np.log(np.exp(scores - scores.max()).sum()) - scores[label]
        delta[label] -= 1
        below = (w2 @ delta) * active
        parts = loss, np.outer(row, below), below, np.outer(hidden * active, delta), delta
        total = [whole + part / len(x) for whole, part in zip(total, parts, strict=True)]
    return tuple(total)


@network_gradient.variant("einsum, as a list in float32")
def network_einsum(x, labels, w1, b1, w2, b2):
    active = (np.einsum("ni,ij->nj", x, w1) + b1 > 0).astype(float)
    hidden = active * (x @ w1 + b1)
    p = _softmax(hidden @ w2 + b2)
    delta = (p - _onehot(labels, len(b2))) / len(x)
    below = np.einsum("nk,jk,nj->nj", delta, w2, active)
    loss = -np.log((p * _onehot(labels, len(b2))).sum(axis=1)).mean()
    gradients = x.T @ below, below.sum(0), hidden.T @ delta, delta.sum(0)
    return [loss, *(gradient.astype(np.float32) for gradient in gradients)]


@judge(reference.minibatches, points=2, returns=("batches",), compare_as=quantities.batches)
def minibatches(rng):
    seed, n = int(rng.integers(2**31)), 8 * int(rng.integers(56, 66))
    for label, given in (
        ("some hundred examples in batches of 8", seed),
        ("the same seed again", seed),
        ("another seed", seed + 1),
    ):
        yield Call(label, n=n, batch_size=8, rng=Rng(given))
    size = int(rng.integers(7, 12))
    for label, count, batch_size in (
        ("the last batch is shorter", 30 * size + int(rng.integers(2, size - 1)), size),
        ("one example is left for the last batch", 2 * size + 1, size),
        ("the batch is larger than the data", size, 5 * size),
        ("batches of one example", 4 * size, 1),
    ):
        yield Call(label, n=count, batch_size=batch_size, rng=Rng(seed + count))


def _cut(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


@minibatches.mistake("the examples are not shuffled: the batches must be random, and new in every epoch")
def batches_in_order(n, batch_size, rng):
    return _cut(np.arange(n), batch_size)


@minibatches.mistake(
    "these numbers are drawn with replacement: in one epoch each example comes exactly once"
)
def batches_with_replacement(n, batch_size, rng):
    return _cut(rng.integers(n, size=n), batch_size)


@minibatches.mistake(
    "each batch is drawn from all examples anew: in one epoch each example comes exactly once, so shuffle once and cut"
)
def batches_drawn_anew(n, batch_size, rng):
    sizes = [len(batch) for batch in _cut(np.arange(n), batch_size)]
    return [rng.choice(n, size, replace=False) for size in sizes]


@minibatches.mistake("the last, shorter batch is dropped: its examples belong to the epoch")
def batches_drop_last(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(n // batch_size)]


@minibatches.mistake(
    "the batches are made equally long: all have batch_size examples, only the last has what is left"
)
def batches_evened_out(n, batch_size, rng):
    return np.array_split(rng.permutation(n), -(-n // batch_size))


@minibatches.mistake("batch_size was taken for the number of batches: it is the length of one")
def batches_counted(n, batch_size, rng):
    return np.array_split(rng.permutation(n), batch_size)


@minibatches.mistake("the last batch is filled up with examples that have been: it has only what is left")
def batches_filled_up(n, batch_size, rng):
    order = rng.permutation(n)
    return _cut(np.resize(order, -(-n // batch_size) * batch_size), batch_size)


@minibatches.mistake(
    "only the order of the batches is random: neighbours in the data stay together in every epoch"
)
def batches_blocks(n, batch_size, rng):
    blocks = _cut(np.arange(n), batch_size)
    blocks[: n // batch_size] = [blocks[i] for i in rng.permutation(n // batch_size)]
    return blocks


@minibatches.mistake("the examples are numbered from 0: here they begin at 1")
def batches_from_one(n, batch_size, rng):
    return _cut(rng.permutation(n) + 1, batch_size)


@minibatches.mistake("this is one array: cut it into a list of batches")
def batches_not_cut(n, batch_size, rng):
    return rng.permutation(n)


@minibatches.mistake(
    "the order does not come from the generator `rng` that is given: it must be the same for the same seed and new for another"
)
def batches_own_generator(n, batch_size, rng):
    return _cut(np.random.default_rng(0).permutation(n), batch_size)


@minibatches.mistake("there is an empty batch at the end where batch_size divides n: leave it out")
def batches_empty_last(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(n // batch_size + 1)]


@minibatches.mistake("what is left was added to the batch before it: it makes a shorter one of its own")
def batches_last_merged(n, batch_size, rng):
    return np.split(rng.permutation(n), range(batch_size, n - batch_size + 1, batch_size))


@minibatches.variant("by sorting random keys")
def batches_sorted_keys(n, batch_size, rng):
    order = np.argsort(rng.random(n))
    return np.split(order, range(batch_size, n, batch_size))


@minibatches.variant("a shuffled list, batches sorted")
def batches_list(n, batch_size, rng):
    rest, batches = list(range(n)), []
    rng.shuffle(rest)
    while rest:
        batches.append(sorted(rest[:batch_size]))
        del rest[:batch_size]
    return batches


@minibatches.variant("a tuple of arrays, the examples taken from the end")
def batches_from_the_end(n, batch_size, rng):
    order = rng.choice(n, size=n, replace=False)[::-1].astype(np.int32)
    return tuple(order[i : i + batch_size] for i in range(0, n, batch_size))


two_colleagues = Written(
    "is-it-a-bug",
    points=4,
    rubric="""\
- 1 point: says that a falling loss is no evidence: a wrong gradient that still points downhill lowers the loss, too.
- 1 point: error 0.3 in all entries of dw1 and db1, and 1e-9 above: the fault lies between the hidden layer and the loss's gradient, in the way back (ReLU's mask, `w2`), not in the output layer; it is no rounding and no kink, which touch few entries and are smaller.
- 1 point: a next step that isolates it: check one piece alone (relu_backward, the dx of affine_backward) on a small random input in float64, or repeat with z1 all positive, and say what each outcome means.
- 1 point: for 1e-3 in three entries of thousands: repeat with a smaller h and at another point, or look at the pre-activations nearest to 0; a kink's error goes away, a wrong formula's stays.""",
)


loss_of_27 = Written(
    "loss-of-27",
    points=3,
    rubric="""\
- 1 point: -ln(1e-12) = 27.6: for these images p has become negligible beside 1e-12, so the loss no longer depends on the logits. (That p has underflowed to 0 is one way, not the only one: p below about 1e-14 is enough for three digits.)
- 1 point: the check finds a relative error of about 1: by differences the loss is flat there, 0, and the formula says -1/n at the label. Each is right for a function of its own; the gradient is that of the true cross-entropy, the loss is what is wrong. No point for "the gradient is wrong".
- 1 point: ln p as the shifted logit minus the logarithm of the sum of the exponentials of the shifted logits, with no number added.""",
)
