"""How the exercises of the chapter on penalties are judged.

Strengths and thresholds in the cases are large, so that every mistake changes a result by far more
than the tolerance for float32.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import penalties as reference


def _away_from_zero(rng, shape, low=0.3, high=2.0):
    """Numbers of both signs, none near zero."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(low, high, size=shape)


def _parameters(rng, n_weights, n_biases):
    """A shuffled theta with the flags that tell weights from biases."""
    is_weight = rng.permutation(np.arange(n_weights + n_biases) < n_weights)
    return {"theta": _away_from_zero(rng, is_weight.size), "is_weight": is_weight}


@judge(
    reference.l2_penalty,
    points=2,
    returns=("penalty", "grad"),
    repair="the biases are penalised, too, and the half is missing: `lam / 2` times the sum of the squared weights, where `is_weight` is true",
)
def l2_penalty(rng):
    for label, n_weights, n_biases in (
        ("four weights, two biases", 4, 2),
        ("two weights, five biases", 2, 5),
        ("a small layer", 12, 3),
        ("no bias", 5, 0),
    ):
        case = _parameters(rng, n_weights, n_biases)
        if n_biases == 0:  # a sum below 0, of which the absolute value is another number
            case["theta"] *= -np.sign(case["theta"].sum())
        yield Call(label, **case, lam=rng.uniform(0.2, 0.8))
    sparse = _parameters(rng, 6, 2)
    sparse["theta"][np.flatnonzero(sparse["is_weight"])[::2]] = 0.0
    yield Call("some weights are zero", 1.5, **sparse, lam=rng.uniform(1.2, 3.0))


l2_penalty.add_mistakes("""
    the biases are penalised, too: only where `is_weight` is true
        return lam / 2 * np.sum(theta**2), lam * theta
    the penalty lacks the half: `lam / 2` times the sum of squares, whose gradient is `lam * theta`
        lam / 2 -> lam
    another convention: this is `lam` times the sum of squares, with a gradient twice as large; here
    the penalty has a half
        lam / 2 -> lam
        lam * weights -> 2 * lam * weights
    the gradient has a half too much: the derivative of `lam / 2 * w**2` is `lam * w`
        lam * weights -> lam / 2 * weights
    this takes the norm itself: the L2 penalty is the SQUARED norm, without a root
        weights = theta * is_weight
        norm = np.linalg.norm(weights)
        return lam / 2 * norm, lam / 2 * weights / norm
    or
        np.sum(weights**2) -> np.linalg.norm(weights)
        lam * weights -> lam * weights / np.linalg.norm(weights)
        lam / 2 -> lam
    the gradient is right, and the penalty takes the norm itself: it is the SQUARED norm, without a
    root
        np.sum(weights**2) -> np.linalg.norm(weights)
    or
        np.sum(weights**2) -> np.linalg.norm(weights)
        lam / 2 -> lam
    the penalty takes the norm itself, and the biases are penalised, too: it is the SQUARED norm of the
    weights alone
        return lam / 2 * np.linalg.norm(theta), lam * theta
    or
        return lam / 2 * np.linalg.norm(theta), lam * theta * is_weight
    or
        return lam * np.linalg.norm(theta), lam * theta * is_weight
    this is a mean: the penalty is a sum over the weights, not divided by their number
        weights, n = theta * is_weight, theta.size
        return lam / 2 * np.mean(weights**2), lam * weights / n
    `lam` is missing in the gradient
        lam * weights -> weights
    the gradient has the wrong sign: the penalty grows with the weights
        weights = theta * is_weight
        return lam / 2 * np.sum(weights**2), -lam * weights
    grad holds the weights alone: it must have the shape of `theta`, with 0 for the biases
        # Where there are no biases this is right; the other cases tell.
        theta * is_weight -> theta[is_weight]
    the gradient penalises the biases, the penalty does not: grad is 0 for the biases, too
        return lam / 2 * np.sum((theta * is_weight) ** 2), lam * theta
    the penalty counts the biases, the gradient does not: sum the squares of the weights alone
        return lam / 2 * np.sum(theta**2), lam * theta * is_weight
    this is the square of the sum: square each weight first, then add
        np.sum(weights**2) -> np.sum(weights) ** 2
    the gradient is twice too large: the 2 of the derivative and the half of the penalty cancel
        lam * weights -> 2 * lam * weights
    `is_weight` is the wrong way round: it is true for weights, and the biases are spared
        return l2_penalty(theta, lam, ~is_weight)
    the biases are penalised, too, and the half is missing: `lam / 2` times the sum of the squared
    weights, where `is_weight` is true
        return lam * np.sum(theta**2), 2 * lam * theta
    or
        return lam * np.sum(theta**2), lam * theta
    absolute values are summed: the L2 penalty takes squares
        return lam / 2 * np.sum(np.abs(theta * is_weight)), lam * theta * is_weight
    this is the L1 penalty: L2 takes squares, not absolute values
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * np.sign(weights)
    `lam` is missing in the penalty
        return np.sum((theta * is_weight) ** 2) / 2, lam * theta * is_weight
    `lam` is missing in both
        return np.sum((theta * is_weight) ** 2) / 2, theta * is_weight
    `lam` is squared: it enters once
        return lam**2 / 2 * np.sum((theta * is_weight) ** 2), lam**2 * theta * is_weight
    the penalty is a mean, the gradient is that of the sum: the penalty is the sum over the weights
        return lam / 2 * np.mean((theta * is_weight) ** 2), lam * theta * is_weight
    or
        return lam / 2 * np.mean(theta[is_weight] ** 2), lam * theta * is_weight
    the gradient is one number: it has an entry for each parameter
        return lam / 2 * np.sum((theta * is_weight) ** 2), lam * np.sum(theta * is_weight)
    the penalty is not summed: it is one number, `lam / 2` times the sum of the squares
        return lam / 2 * (theta * is_weight) ** 2, lam * theta * is_weight
    the gradient holds the signs of the weights, that of the L1 penalty: here it is `lam * theta`
    for them
        return lam / 2 * np.sum((theta * is_weight) ** 2), lam * np.sign(theta * is_weight)
    the gradient is squared: the derivative of `lam / 2 * w**2` is `lam * w`
        return lam / 2 * np.sum((theta * is_weight) ** 2), lam * (theta * is_weight) ** 2
    where is_weight is true and where it is false stand in one gradient: the biases have their own
    values in it, not 0
        return lam / 2 * np.sum((theta * is_weight) ** 2), np.where(is_weight, lam * theta, theta)
    this is `theta` after a step, with the penalty's gradient subtracted: return the gradient
        return lam / 2 * np.sum((theta * is_weight) ** 2), theta - lam * theta * is_weight
""")
l2_penalty.add_variants("""
    a loop
        penalty, grad = 0.0, []
        for w, counts in zip(theta, is_weight, strict=True):
            penalty += 0.5 * lam * w * w if counts else 0.0
            grad.append(lam * w if counts else 0.0)
        return penalty, grad
    by indices, in float32
        grad = np.zeros(len(theta), dtype=np.float32)
        grad[is_weight] = lam * theta[is_weight]
        return np.float32(lam / 2 * theta[is_weight] @ theta[is_weight]), grad
    by the gradient
        grad = np.where(is_weight, theta, 0) * lam
        return grad @ np.where(is_weight, theta, 0) / 2, grad
    on a copy
        weights = theta.copy()
        weights[~is_weight] = 0
        return lam * (weights @ weights) / 2, weights * lam
""")


@judge(reference.ridge, points=3, returns=("weights", "intercept"))
def ridge(rng):
    for label, n, d in (
        ("one feature", 6, 1),
        ("three features", 12, 3),
        ("as many features as examples", 5, 5),
        ("more features than examples", 4, 7),
        ("many examples", 40, 4),
    ):
        x = rng.normal(size=(n, d)) + rng.choice([-1, 1], d) * rng.uniform(1.0, 2.0, d)
        y = x @ _away_from_zero(rng, d) + rng.uniform(2, 4) + rng.normal(size=n)
        yield Call(label, x=x, y=y, lam=n * rng.uniform(0.2, 0.6))


ridge.add_mistakes("""
    the intercept is penalised, too: subtract the means first, or leave it out of the penalty
        ones = np.column_stack([x, np.ones(len(x))])
        both = np.linalg.solve(ones.T @ ones + lam * np.eye(ones.shape[1]), ones.T @ y)
        return both[:-1], both[-1]
    or
        ones = np.column_stack([np.ones(len(x)), x])
        both = np.linalg.solve(ones.T @ ones + lam * np.eye(ones.shape[1]), ones.T @ y)
        return both[1:], both[0]
    the fit goes through the origin: subtract the means of x and y before you solve
        return np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ y), 0.0
    the weights come from x and y as they are: subtract their means before you solve, not only for
    the intercept
        weights = np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ y)
        return weights, y.mean() - x.mean(axis=0) @ weights
    `lam` is added to every entry of the matrix: `+ lam` does that; it belongs on the diagonal, `lam
    * np.eye(d)`
        xc, yc = x - x.mean(axis=0), y - y.mean()
        weights = np.linalg.lstsq(xc.T @ xc + lam, xc.T @ yc, rcond=1e-12)[0]
        return weights, y.mean() - x.mean(axis=0) @ weights
    or
        lam * np.eye(x.shape[1]) -> lam
    this is least squares without a penalty: `lam` is not used
        xc, yc = x - x.mean(axis=0), y - y.mean()
        weights = np.linalg.lstsq(xc, yc, rcond=1e-12)[0]
        return weights, y.mean() - x.mean(axis=0) @ weights
    or
        lam * np.eye(x.shape[1]) -> 0
    another convention: this minimises the MEAN of the squares plus the penalty; here the squares
    are summed, so `lam` is not multiplied by n
        return ridge(x, y, lam * len(x))
    `lam` enters squared: it is added to the diagonal as it is
        return ridge(x, y, lam**2)
    `lam` enters halved: the sum of squares has no half here, so its derivative and that of the
    penalty both have the factor 2
        return ridge(x, y, lam / 2)
    `lam` enters doubled: both derivatives have the factor 2, which cancels
        return ridge(x, y, 2 * lam)
    the intercept is the mean of y, which would be right for x of mean 0: subtract `x.mean(axis=0) @
    weights`
        return ridge(x, y, lam)[0], y.mean()
    the mean of ALL entries of x is subtracted: each column has its own, `x.mean(axis=0)`
        xc, yc = x - x.mean(), y - y.mean()
        weights = np.linalg.solve(xc.T @ xc + lam * np.eye(x.shape[1]), xc.T @ yc)
        return weights, y.mean() - x.mean(axis=0) @ weights
    the weights are right, the intercept is not 0: it is the mean of y minus `x.mean(axis=0) @
    weights`
        return ridge(x, y, lam)[0], 0.0
    the intercept has a wrong sign: SUBTRACT `x.mean(axis=0) @ weights` from the mean of y
        weights, _ = ridge(x, y, lam)
        return weights, y.mean() + x.mean(axis=0) @ weights
    `lam` is divided by n: the squares are summed here, not averaged, and `lam` stands as it is
        return ridge(x, y, lam / len(x))
    the columns are divided by their standard deviations: subtract the means, nothing else
        scale = x.std(axis=0)
        weights = ridge(x / scale, y, lam)[0] / scale
        return weights, y.mean() - x.mean(axis=0) @ weights
    `lam` is subtracted: add it to the diagonal
        xc, yc = x - x.mean(axis=0), y - y.mean()
        weights = np.linalg.solve(xc.T @ xc - lam * np.eye(x.shape[1]), xc.T @ yc)
        return weights, y.mean() - x.mean(axis=0) @ weights
    x is not centred, y is: subtract the means of both before you solve
        weights = np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ (y - y.mean()))
        return weights, y.mean() - x.mean(axis=0) @ weights
    or
        weights = np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ (y - y.mean()))
        return weights, y.mean()
    the mean of y is missing in the intercept: it is the mean of y minus `x.mean(axis=0) @ weights`
        weights, _ = ridge(x, y, lam)
        return weights, -x.mean(axis=0) @ weights
    the intercept and the weights have changed places: `return weights, intercept`
        return ridge(x, y, lam)[::-1]
    the root of `lam` was taken: it is added to the diagonal as it is
        return ridge(x, y, np.sqrt(lam))
    the weights are shrunk by 1 / (1 + lam) each: that is right for columns at right angles and of
    length 1 alone
        xc, yc = x - x.mean(axis=0), y - y.mean()
        weights = np.linalg.lstsq(xc, yc, rcond=1e-12)[0] / (1 + lam)
        return weights, y.mean() - x.mean(axis=0) @ weights
    the penalty is of the absolute values, the L1 one: ridge takes squares
        xc, yc = x - x.mean(axis=0), y - y.mean()
        rest = xc.T @ yc
        weights = np.linalg.solve(xc.T @ xc + 1e-9 * np.eye(x.shape[1]), np.sign(rest) * np.maximum(np.abs(rest) - lam, 0))
        return weights, y.mean() - x.mean(axis=0) @ weights
    the columns are divided by their standard deviations, and their weights are returned as they
    are: subtract the means, nothing else
        weights = ridge(x / x.std(axis=0), y, lam)[0]
        return weights, y.mean() - x.mean(axis=0) @ weights
    or
        z = (x - x.mean(axis=0)) / x.std(axis=0)
        return ridge(z, y, lam)[0], y.mean()
    the intercept is penalised, too, and `lam` is multiplied or divided by n: subtract the means
    first, and take `lam` as it is
        ones = np.column_stack([x, np.ones(len(x))])
        both = np.linalg.solve(ones.T @ ones + lam * len(x) * np.eye(ones.shape[1]), ones.T @ y)
        return both[:-1], both[-1]
    or
        ones = np.column_stack([x, np.ones(len(x))])
        both = np.linalg.solve(ones.T @ ones + lam / len(x) * np.eye(ones.shape[1]), ones.T @ y)
        return both[:-1], both[-1]
""")
ridge.add_variants("""
    more rows of data: least squares on x below which sqrt(lam) * I stands
        d = x.shape[1]
        # The intercept's column is 1 for the data and 0 for the added rows.
        rows = np.block([[x, np.ones((len(x), 1))], [np.sqrt(lam) * np.eye(d), np.zeros((d, 1))]])
        solution = np.linalg.lstsq(rows, np.append(y, np.zeros(d)), rcond=None)[0]
        return list(solution[:-1]), float(solution[-1])
    by the singular values
        mean = x.mean(axis=0)
        u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
        weights = vt.T @ (s / (s**2 + lam) * (u.T @ (y - np.mean(y))))
        return weights, np.mean(y - x @ weights)
    the unpenalised column of ones, a zero on the diagonal
        ones = np.column_stack([np.ones(len(x)), x])
        diagonal = np.diag([0.0] + [lam] * x.shape[1])
        both = np.linalg.inv(ones.T @ ones + diagonal) @ ones.T @ y
        return both[1:].astype(np.float32), np.float32(both[0])
""")


def _around_the_threshold(rng, shape):
    """Entries on both sides of the threshold 1, none near it or near zero."""
    size = rng.choice([-1.0, 1.0], size=shape)
    near = rng.uniform(0.2, 0.8, size=shape)
    far = rng.uniform(1.3, 3.0, size=shape)
    return size * np.where(rng.permuted(np.arange(size.size) % 2 == 0).reshape(shape), near, far)


def _whole(rng, n):
    """Whole numbers, 0 among them: an array that is made like these cuts what it is given."""
    return rng.permutation([-3, 0, 2, *rng.integers(-5, 6, size=n - 3)])


@judge(reference.max_norm, points=2, returns=("weights",))
def max_norm(rng):
    def columns(d, sizes):
        drawn = _away_from_zero(rng, (d, len(sizes)))
        return drawn / np.linalg.norm(drawn, axis=0) * sizes

    c = rng.uniform(1.3, 2.7)
    # The last is within although its square is above c.
    within, above = np.array([*rng.uniform(0.3, 0.8, 2), 0.95]), rng.uniform(1.4, 3.0, 3)
    yield Call("units within and above", 1.5, weights=columns(4, c * np.concatenate([within, above])), c=c)
    yield Call("more inputs than units", weights=columns(9, c * np.concatenate([within[:1], above[:2]])), c=c)
    yield Call("as many inputs as units", weights=columns(4, c * np.concatenate([above[:2], within[1:]])), c=c)
    yield Call("all units within", 0.5, weights=columns(5, c * within), c=c)
    yield Call("a budget below 1", weights=columns(3, np.concatenate([0.4 * within, 0.4 * above])), c=0.4)
    weights = columns(4, c * np.concatenate([above, within[:1]]))
    weights[:, 1] = 0
    yield Call("a unit whose weights are all 0", weights=weights, c=c)
    yield Call("whole numbers", 0.5, weights=rng.integers(2, 5, (3, 4)) * rng.choice([-1, 1], (3, 4)), c=c)


max_norm.add_mistakes("""
    the rows were measured: the weights that enter a unit stand in a column
        norms = np.linalg.norm(weights, axis=1, keepdims=True)
        return weights * (c / np.maximum(norms, c))
    the whole matrix has one norm here: each unit has its own budget
        return weights * (c / max(np.linalg.norm(weights), c))
    every unit was brought to the norm `c`: those within stay as they are
        return weights * c / np.linalg.norm(weights, axis=0)
    or
        return weights * c / np.maximum(np.linalg.norm(weights, axis=0), 1e-12)
    each entry was cut at `c`: it is the norm of a unit's weights that has the budget
        return np.clip(weights, -c, c)
    the square of the norm was held against `c`
        norms = np.sum(weights**2, axis=0)
        return weights * (c / np.maximum(norms, c))
    or
        squares = np.sum(weights**2, axis=0)
        return np.where(squares > c, weights * c / np.sqrt(np.maximum(squares, c)), weights)
    the square of the norm divides, too: above the budget the factor is c / norm
        norms = np.linalg.norm(weights, axis=0)
        return np.where(norms > c, weights * c / np.maximum(norms, c) ** 2, weights)
    units above the budget were set to zero: they are scaled back to it
        return weights * (np.linalg.norm(weights, axis=0) <= c)
    units above the budget were brought to the norm 1: to `c`
        norms = np.linalg.norm(weights, axis=0)
        return np.where(norms > c, weights / np.maximum(norms, c), weights)
    it is the other way round: units within were stretched to `c`, those above left
        return weights * (c / np.maximum(np.minimum(np.linalg.norm(weights, axis=0), c), 1e-300))
    or
        return weights * (c / np.minimum(np.linalg.norm(weights, axis=0), c))
    or
        norms = np.linalg.norm(weights, axis=0)
        return np.where(norms < c, weights * c / np.maximum(norms, 1e-12), weights)
    the norm is the sum of the absolute values here: it is the root of the sum of the squares
        return weights * (c / np.maximum(np.abs(weights).sum(axis=0), c))
    the norm is the largest absolute value here: it is the root of the sum of the squares
        return weights * (c / np.maximum(np.abs(weights).max(axis=0), c))
    the root of the mean of the squares was taken for the norm: it is that of their sum
        return weights * (c / np.maximum(np.sqrt(np.mean(weights**2, axis=0)), c))
    units above the budget lose `c`: they are scaled back to it
        norms = np.linalg.norm(weights, axis=0)
        return np.where(norms > c, weights - c * np.sign(weights), weights)
    all units are scaled by one factor, that of the largest: each has its own
        return weights * (c / max(np.linalg.norm(weights, axis=0).max(), c))
    where a unit's weights are all 0 this divides 0 by 0
        norms = np.linalg.norm(weights, axis=0)
        return weights / norms * np.minimum(norms, c)
    the result is cut to whole numbers: an array made like `weights` is whole where they are; make it of floats
        new = np.zeros_like(weights)
        new[:] = max_norm(weights, c)
        return new
    this is the factor of each unit: multiply the weights by it
        return c / np.maximum(np.linalg.norm(weights, axis=0), c)
    the weights are divided by the factor: multiply
        return weights / (c / np.maximum(np.linalg.norm(weights, axis=0), c))
    the square of the norm is held against `c`, and scaled to it: the norm itself has the budget
        squares = np.sum(weights**2, axis=0)
        return weights * np.sqrt(c / np.maximum(squares, c))
    the largest singular value is held against `c`: each unit has a budget, for the norm of its column
        np.linalg.norm(weights, axis=0) -> np.linalg.norm(weights, 2)
""")
max_norm.add_variants("""
    unit by unit
        new = np.array(weights, dtype=float)
        for j in range(new.shape[1]):
            norm = np.sqrt(np.sum(new[:, j] ** 2))
            if norm > c:
                new[:, j] *= c / norm
        return new
    where it is above
        norms = np.sqrt((np.asarray(weights, dtype=float) ** 2).sum(axis=0, keepdims=True))
        safe = np.where(norms > 0, norms, 1.0)
        return np.where(norms > c, weights * (c / safe), weights)
    a factor of at most 1
        norms = np.linalg.norm(weights, axis=0)
        with np.errstate(divide="ignore"):
            return weights * np.minimum(1.0, c / norms)
    on the transposed matrix
        rows = []
        for w in np.transpose(weights):
            norm = np.hypot.reduce(np.abs(w).astype(float))
            rows.append(w / norm * c if norm > c else w * 1.0)
        return np.array(rows).T
    the Gram matrix's diagonal
        norms = np.sqrt(np.diag(weights.T @ weights))
        return weights @ np.diag(c / np.maximum(norms, c))
""")


@judge(reference.soft_threshold, points=2, returns=("w",))
def soft_threshold(rng):
    for label, shape in {
        "a vector": (8,), "a matrix": (4, 5), "three axes": (2, 3, 4)
    }.items():  # fmt: skip
        scale = rng.uniform(0.4, 2.5)
        yield Call(label, z=scale * _around_the_threshold(rng, shape), threshold=scale)
    yield Call("threshold 0", z=_away_from_zero(rng, 5) * [1, 1, 0, 1, 1], threshold=0.0)
    yield Call("some entries are 0", z=_around_the_threshold(rng, 6) * [1, 0, 1, 0, 1, 1], threshold=1.1)
    yield Call("whole numbers", 0.5, z=_whole(rng, 7), threshold=rng.uniform(1.2, 1.8))


soft_threshold.add_mistakes("""
    entries above the threshold stay as they are: that is the hard threshold; the soft one moves
    them towards zero, too
        return z * (np.abs(z) > threshold)
    or
        return np.where(np.abs(z) >= threshold, z, 0.0)
    small entries jump beyond zero: that is a subgradient step; the proximal step stops at zero
        return z - threshold * np.sign(z)
    the signs are lost: negative entries stay negative
        return np.maximum(np.abs(z) - threshold, 0)
    negative entries are all set to zero: they move up towards zero by the threshold
        return np.maximum(z - threshold, 0)
    or
        return np.sign(z) * np.maximum(z - threshold, 0)
    or
        return np.where(z > threshold, z - threshold, 0.0)
    or
        return np.sign(np.maximum(z, 0)) * np.maximum(z - threshold, 0)
    this is what is taken away: return the rest, `z` minus this
        return np.clip(z, -threshold, threshold)
    the entries move away from zero
        return np.sign(z) * (np.abs(z) + threshold)
    the threshold is halved: the minimum of (w - z)**2 / 2 + threshold * |w| lies a whole threshold
    below |z|
        return soft_threshold(z, threshold / 2)
    this is the L2 step, which divides: the L1 step subtracts
        return z / (1 + threshold)
    entries within the threshold stay as they are: they become exactly 0
        return np.where(np.abs(z) > threshold, z - threshold * np.sign(z), z)
    negative entries move down, away from zero: below -threshold add the threshold, `z + threshold`
        return np.where(np.abs(z) > threshold, z - threshold, 0.0)
    where z and the threshold are both 0 this divides 0 by 0: subtract from |z|, without a quotient
        return z * np.maximum(1 - threshold / np.abs(z), 0)
    the entries below the threshold become the threshold: they become 0
        return np.sign(z) * np.maximum(np.abs(z), threshold)
    the sign is lost in one branch: below -threshold the result is z + threshold, here it is its
    absolute value
        return np.where(np.abs(z) > threshold, np.abs(z) - threshold, z)
    positive entries move away from zero, and negative ones, too: above the threshold subtract it,
    below -threshold add it
        return np.where(z > threshold, z + threshold, np.where(z < -threshold, z - threshold, 0.0))
    the smaller of |z| - threshold and 0 is taken: the larger
        return np.sign(z) * np.minimum(np.abs(z) - threshold, 0)
    the signs are the wrong way round: entries keep their sign
        return -np.sign(z) * np.maximum(np.abs(z) - threshold, 0)
    the size is multiplied by z, not by its sign
        return z * np.maximum(np.abs(z) - threshold, 0)
    the threshold is doubled: an entry moves towards zero by the threshold
        return soft_threshold(z, 2 * threshold)
    where it is not set to zero an entry loses the share `threshold`: it moves by the threshold
    itself
        return np.where(np.abs(z) > threshold, z * (1 - threshold), 0.0)
    one length for the whole array: each entry has a threshold of its own
        norm = np.linalg.norm(z)
        return z * max(1 - threshold / norm, 0)
    this is the sign of what is above the threshold, without its size
        return np.sign(z) * (np.abs(z) > threshold)
    entries beyond the threshold are cut off at it: they move towards zero by it, and the small ones
    become 0
        return np.where(np.abs(z) > threshold, np.sign(z) * threshold, 0.0)
    the threshold is subtracted from the sign: it is subtracted from |z|
        return np.maximum(np.abs(z), 0) * (np.sign(z) - threshold)
    all entries lose the threshold, whatever their sign: negative ones move up towards zero, and
    small ones become 0
        return z - threshold
    or
        return np.where(z > 0, z - threshold, 0.0)
    the result is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        w = np.zeros_like(z)
        w[:] = soft_threshold(z, threshold)
        return w
    entries within the threshold are moved by it, too: they become exactly 0
        return np.where(z > threshold, z - threshold, z + threshold)
    the maximum is taken after the sign, so that negative entries become 0: cut the size at 0, then
    give it its sign
        return np.maximum(np.sign(z) * (np.abs(z) - threshold), 0)
""")
soft_threshold.add_variants("""
    two one-sided thresholds
        return np.maximum(z - threshold, 0) - np.maximum(-z - threshold, 0)
    what is left when the clipped part is gone
        return (z - np.clip(z, -threshold, threshold)).astype(np.float32)
    lists and cases
        def soft_lists(z, threshold):
            if np.ndim(z) > 0:
                return [soft_lists(part, threshold) for part in z]
            return float(z - threshold if z > threshold else z + threshold if z < -threshold else 0)
    filled in, side by side
        w = np.zeros(z.shape)
        w[z > threshold] = z[z > threshold] - threshold
        w[z < -threshold] = z[z < -threshold] + threshold
        return w
""")


@judge(reference.elastic_net_prox, points=3, returns=("w",))
def elastic_net_prox(rng):
    for label, shape in {"a vector": (8,), "a matrix": (4, 5)}.items():
        lr, l1, l2 = rng.uniform([0.3, 1.5, 0.6], [0.6, 2.5, 1.2])
        yield Call(label, z=lr * l1 * _around_the_threshold(rng, shape), lr=lr, l1=l1, l2=l2)
    z = 0.3 * _around_the_threshold(rng, 6)
    yield Call("L1 alone", z=z, lr=0.25, l1=rng.uniform(1.1, 1.2), l2=0.0)
    yield Call("L2 alone", z=z, lr=rng.uniform(0.2, 0.5), l1=0.0, l2=1.7)
    lr, l1, l2 = rng.uniform([0.3, 3.5, 0.6], [0.4, 4.5, 1.2])
    yield Call("whole numbers", 0.5, z=_whole(rng, 7), lr=lr, l1=l1, l2=l2)


elastic_net_prox.add_mistakes("""
    first divided, then thresholded: the threshold comes first, the division by 1 + lr * l2 after it
        return soft_threshold(z / (1 + lr * l2), lr * l1)
    the L2 part is a gradient step, times 1 - lr * l2: the exact minimiser divides by 1 + lr * l2
        return soft_threshold(z, lr * l1) * (1 - lr * l2)
    the learning rate is missing: the threshold is lr * l1, the divisor 1 + lr * l2
        return soft_threshold(z, l1) / (1 + l2)
    `l1` and `l2` have changed places
        return elastic_net_prox(z, lr, l2, l1)
    the L2 penalty is forgotten: divide by 1 + lr * l2
        return soft_threshold(z, lr * l1)
    the L1 penalty is forgotten: threshold at lr * l1 first
        return z / (1 + lr * l2)
    the divisor has a factor 2 too much: the penalty is l2 / 2 * w**2, with a half
        return soft_threshold(z, lr * l1) / (1 + 2 * lr * l2)
    negative entries are all set to zero: they move up towards zero by the threshold
        return np.maximum(z - lr * l1, 0) / (1 + lr * l2)
    or
        return np.sign(z) * np.maximum(z - lr * l1, 0) / (1 + lr * l2)
    the learning rate is missing in the divisor: it is 1 + lr * l2
        return soft_threshold(z, lr * l1) / (1 + l2)
    the learning rate is missing in the threshold: it is lr * l1
        return soft_threshold(z, l1) / (1 + lr * l2)
    the result is multiplied by 1 + lr * l2, and grows: divide by it
        return soft_threshold(z, lr * l1) * (1 + lr * l2)
    the divisor has a half too much: the derivative of l2 / 2 * w**2 is l2 * w, so it is 1 + lr * l2
        return soft_threshold(z, lr * l1) / (1 + lr * l2 / 2)
    the L2 part is a gradient step before the threshold: the minimiser thresholds z and divides
        return soft_threshold(z - lr * l2 * z, lr * l1)
    `l1` is in the divisor, too: it belongs to the threshold alone
        return soft_threshold(z, lr * l1) / (1 + lr * (l1 + l2))
    this is a (sub)gradient step of the penalties: it has no exact zeros, take their minimiser
        return z - lr * (l1 * np.sign(z) + l2 * z)
    the signs are lost: negative entries stay negative
        return np.maximum(np.abs(z) - lr * l1, 0) / (1 + lr * l2)
    the divisor is lr * l2, without the 1
        return np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) / (lr * l2)
    or
        return soft_threshold(z, lr * l1) / max(lr * l2, 1e-8)
    the divisor is 1 - lr * l2: it has a plus
        return soft_threshold(z, lr * l1) / (1 - lr * l2)
    the threshold is halved: the penalty is l1 * |w|, without a half
        return soft_threshold(z, lr * l1 / 2) / (1 + lr * l2)
    the hard threshold was taken: entries above it move towards zero by lr * l1, too
        return z * (np.abs(z) > lr * l1) / (1 + lr * l2)
    the threshold is added: the entries move towards zero
        return np.sign(z) * (np.abs(z) + lr * l1) / (1 + lr * l2)
    the learning rate multiplies the result: it is in the threshold and in the divisor alone
        return lr * soft_threshold(z, lr * l1) / (1 + lr * l2)
    the root of the divisor was taken: divide by 1 + lr * l2
        return soft_threshold(z, lr * l1) / np.sqrt(1 + lr * l2)
    the threshold has l1 and l2 together: lr * l1 alone
        return soft_threshold(z, lr * (l1 + l2))
    or
        return soft_threshold(z, lr * (l1 + l2)) / (1 + lr * l2)
    entries within the threshold stay as they are: they become exactly 0
        a = lr * l1
        return np.where(np.abs(z) > a, z - a * np.sign(z), z) / (1 + lr * l2)
    or
        a = lr * l1
        return np.where(np.abs(z) > a, (z - a * np.sign(z)) / (1 + lr * l2), z)
    small entries jump beyond zero: stop at zero
        return (z - lr * l1 * np.sign(z)) / (1 + lr * l2)
    the result is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        w = np.zeros_like(z)
        w[:] = elastic_net_prox(z, lr, l1, l2)
        return w
""")
elastic_net_prox.add_variants("""
    two one-sided thresholds
        a = lr * l1
        return (np.where(z > a, z - a, 0) + np.where(z < -a, z + a, 0)).astype(np.float32) / (
            1 + lr * l2
        )
    entry by entry, by comparing the three candidates
        def best(entry):
            candidates = [0.0, (entry - lr * l1) / (1 + lr * l2), (entry + lr * l1) / (1 + lr * l2)]
            return min(
                candidates, key=lambda w: (w - entry) ** 2 / 2 + lr * (l1 * abs(w) + l2 / 2 * w**2)
            )
        return np.vectorize(best)(z)
    what is left when the clipped part is gone, then shrunk
        a = lr * l1
        return (z - np.clip(z, -a, a)) / (1 + lr * l2)
    filled in, where it is not 0
        w, far = np.zeros(z.shape), np.abs(z) > l1 * lr
        w[far] = (z[far] - lr * l1 * np.sign(z[far])) / (l2 * lr + 1)
        return w
""")


def _falling(rng, n, start=1.0):
    """A loss that falls by 0.03 to 0.06 at every epoch."""
    return list(start - np.cumsum(rng.uniform(0.03, 0.06, n)))


def _bump(rng, best, n):
    """n epochs above the best loss so far, by 0.02 to 0.09, each below the one before it."""
    return list(best + np.sort(rng.uniform(0.02, 0.09, n))[::-1])


def _training(rng):
    """Two bumps shorter than the patience, improvements smaller than min_delta, and a lower loss after the end."""
    patience = int(rng.integers(3, 6))
    losses = _falling(rng, int(rng.integers(3, 7)))
    for _ in range(2):
        best = losses[-1]
        losses += _bump(rng, best, patience - 1) + _falling(rng, int(rng.integers(2, 5)), start=best)
    best = losses[-1]
    losses += [best - 0.003, best - 0.006, *_bump(rng, best, patience + 2), best - 0.5]
    return {"losses": losses, "patience": patience, "min_delta": 0.01}


@judge(reference.early_stopping, points=3, returns=("stopped", "best"))
def early_stopping(rng):
    # All lengths are drawn: so are the epochs that are the answer.
    def length(low=3):
        return int(rng.integers(low, low + 7))

    short = int(rng.integers(2, 5))
    first = _falling(rng, length())
    bump = _bump(rng, first[-1], short)
    second = _falling(rng, length(2), start=first[-1])
    end = _bump(rng, second[-1], length(short + 3))
    losses = first + bump + second + end
    yield Call("a short bump, then a long one", losses=losses, patience=short + 1)
    yield Call("the same losses, less patience", losses=losses, patience=short)
    yield Call("patience 0", losses=losses, patience=0)
    yield Call("it never stops", losses=[*first, *bump, *second, *end[:1]], patience=short + 3)
    low = second[-1] - 0.2
    after = [*first, *_bump(rng, first[-1], short + 2), low]
    yield Call("a lower loss after the end", losses=after, patience=short + 1)
    # The last epoch counts, and so does an improvement of 0.0002.
    yield Call("the best loss comes last", losses=[*first, *bump, first[-1] - 2e-4], patience=short + 1)
    broken = [*first, *_bump(rng, first[-1], short), np.nan, low]
    yield Call("a loss that is not a number", 0.5, losses=broken, patience=short + 1)
    ties = _falling(rng, length())
    yield Call("the best loss is met again", losses=ties + [ties[-1]] * 3 + [low], patience=2)
    slow = _falling(rng, length())
    slow += [slow[-1] + change for change in (-0.001, 0.004, 0.003, 0.0035)]
    yield Call("improvements too small to count", losses=slow, patience=3, min_delta=0.008)
    # Each less than min_delta below the one before; together more than that below the best.
    creeping = _falling(rng, length())
    creeping += [creeping[-1] - rng.uniform(0.006, 0.0075) * k for k in range(1, length(8))]
    yield Call("small improvements that add up", losses=creeping, patience=3, min_delta=0.01)
    # Much of the weight: in these nearly every part of the rule is needed.
    for label in ("two short bumps, then improvements too small to count", "the same of another training"):
        yield Call(label, 3, **_training(rng))


early_stopping.add_mistakes("""
    it stops one epoch too late: at the end of the epoch that is `patience` epochs after the best,
    not beyond it
        >= patience -> >= patience + 1
    or
        best, wait = 0, 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best, wait = epoch, 0
            else:
                wait += 1
                if wait > patience:
                    return epoch, best
        return len(losses) - 1, best
    each epoch is compared with the one before it: compare it with the best loss so far
        losses[best] -> losses[epoch - 1]
    or
        best, waited = 0, 0
        for epoch in range(1, len(losses)):
            waited = 0 if losses[epoch] < losses[epoch - 1] - min_delta else waited + 1
            best = epoch if losses[epoch] < losses[best] else best
            if waited >= max(patience, 1):
                return epoch, best
        return len(losses) - 1, best
    `min_delta` is not used: a smaller improvement than that is none
        losses[best] - min_delta -> losses[best]
    a loss as low as the best is no improvement: it must be lower
        losses[epoch] < losses[best] -> losses[epoch] <= losses[best]
    `min_delta` has the wrong sign: the loss must be below best - min_delta
        losses[best] - min_delta -> losses[best] + min_delta
    it stops at the first rise: wait until `patience` epochs have passed since the best
        return early_stopping(losses, 1, min_delta)
    the epochs without improvement are counted over the whole run: an improvement sets the count
    back to 0
        best, bad = 0, 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best = epoch
            else:
                bad += 1
                if bad >= patience:
                    return epoch, best
        return len(losses) - 1, best
    or
        best, bad = 0, 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best = epoch
            else:
                bad += 1
            if bad >= max(patience, 1):
                return epoch, best
        return len(losses) - 1, best
    the best of all losses is taken, also of those after the end: when training stops, nobody knows
    them
        return early_stopping(losses, patience, min_delta)[0], int(np.argmin(losses))
    or
        best = int(np.argmin(losses))
        return min(best + patience, len(losses) - 1), best
    or
        return epoch, best -> return epoch, int(np.argmin(losses))
    the weights of the last epoch are kept: restore those of the best epoch, which lies before it
        stopped, _ = early_stopping(losses, patience, min_delta)
        return stopped, stopped
    epochs are counted from 1 here: the first is epoch 0
        stopped, best = early_stopping(losses, patience, min_delta)
        return stopped + 1, best + 1
    where training never stops, the last epoch is n - 1: epochs are counted from 0
        stopped, best = early_stopping(losses, patience, min_delta)
        waited = stopped - best >= max(patience, 1)
        return (stopped if waited else len(losses)), best
    the results are in the other order: `return stopped, best`
        return early_stopping(losses, patience, min_delta)[::-1]
    it stops one epoch too early: an epoch that is no improvement ends training if it lies
    `patience` epochs after the best
        >= patience -> >= patience - 1
    best is the epoch of the lowest loss: a loss lower by less than `min_delta` is no improvement,
    and its epoch not the best
        stopped, _ = early_stopping(losses, patience, min_delta)
        return stopped, int(np.argmin(losses[: stopped + 1]))
    or
        best, wait, level = 0, 0, losses[0]
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best]:
                best = epoch
            if losses[epoch] < level - min_delta:
                level, wait = losses[epoch], 0
            else:
                wait += 1
                if wait >= patience:
                    return epoch, best
        return len(losses) - 1, best
    each epoch is compared with the lowest loss so far: compare it with that of the best epoch, the
    last that was an improvement by more than `min_delta`
        lowest, waited = 0, 0
        for epoch in range(1, len(losses)):
            waited = 0 if losses[epoch] < losses[lowest] - min_delta else waited + 1
            lowest = epoch if losses[epoch] < losses[lowest] else lowest
            if waited >= max(patience, 1):
                return epoch, lowest
        return len(losses) - 1, lowest
    with patience 0 it stops at an improvement: only an epoch that is no improvement ends training
        best = 0
        for epoch in range(len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best = epoch
            if epoch - best >= patience:
                return epoch, best
        return len(losses) - 1, best
    rises in a row are counted: count the epochs since the best, whether the loss rises or falls
        rises = 0
        for epoch in range(1, len(losses)):
            rises = rises + 1 if losses[epoch] > losses[epoch - 1] else 0
            if rises >= max(patience, 1):
                return epoch, int(np.argmin(losses[: epoch + 1]))
        return len(losses) - 1, int(np.argmin(losses))
    training never stops: it ends when `patience` epochs have passed since the best
        return len(losses) - 1, int(np.argmin(losses))
    or
        best = 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best = epoch
        return len(losses) - 1, best
    the largest loss is taken for the best: it is the smallest
        best = 0
        for epoch in range(1, len(losses)):
            if losses[epoch] > losses[best] + min_delta:
                best = epoch
            elif epoch - best >= patience:
                return epoch, best
        return len(losses) - 1, best
    the loss of the best epoch is returned: return its number
        stopped, best = early_stopping(losses, patience, min_delta)
        return stopped, losses[best]
    or
        stopped, best = early_stopping(losses, patience, min_delta)
        return losses[stopped], losses[best]
    the epoch before the end is returned as the one in which training stops: it is the epoch at
    whose end it stops
        stopped, best = early_stopping(losses, patience, min_delta)
        return stopped - 1, best
    this is the number of epochs, not the number of the last: epochs are counted from 0
        stopped, best = early_stopping(losses, patience, min_delta)
        return stopped + 1, best
    best is the epoch `patience` before the end: it is the epoch of the best loss, which is not the
    same where training never stops
        stopped, _ = early_stopping(losses, patience, min_delta)
        return stopped, max(stopped - patience, 0)
    the epoch after the end is returned: training stops at the end of the epoch that is `patience`
    epochs after the best
        stopped, best = early_stopping(losses, patience, min_delta)
        waited = stopped - best >= max(patience, 1)
        return (stopped + 1 if waited else stopped), best
    the epoch before the end is returned where training stops: it stops at the end of the epoch that
    is `patience` epochs after the best
        stopped, best = early_stopping(losses, patience, min_delta)
        waited = stopped - best >= max(patience, 1)
        return (stopped - 1 if waited else stopped), best
    with patience 0 it never stops: the count is 1 when it is looked at first, so stop as soon as it is
    `patience` or more
        best, wait = 0, 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best, wait = epoch, 0
            else:
                wait += 1
                if wait == patience:
                    return epoch, best
        return len(losses) - 1, best
    or
        epoch - best >= patience -> epoch - best == patience
    a loss that is not a number counts as an improvement: every comparison with nan is false, so ask
    whether the loss IS lower, not whether it is not
        losses[epoch] < losses[best] - min_delta -> not losses[epoch] >= losses[best] - min_delta
""")
early_stopping.add_variants("""
    with a counter and the best value, as Keras has it
        best, value, wait = 0, np.inf, 0
        for epoch, loss in enumerate(losses):
            wait += 1
            if loss < value - min_delta:
                best, value, wait = epoch, loss, 0
            elif wait >= patience and epoch > 0:
                return epoch, best
        return epoch, best
    a while loop, in float32
        losses = np.array(losses)
        best, epoch = 0, 0
        while epoch + 1 < len(losses):
            epoch += 1
            if losses[best] - losses[epoch] > min_delta:
                best = epoch
                continue
            if epoch >= best + max(patience, 1):
                break
        return [np.float32(epoch), np.float32(best)]
    for each epoch, the bad ones in a row before it
        best, in_a_row = 0, 0
        for epoch in range(1, len(losses)):
            better = losses[epoch] + min_delta < losses[best]
            best, in_a_row = (epoch, 0) if better else (best, in_a_row + 1)
            if not better and in_a_row >= patience:
                return (epoch, best)
        return (len(losses) - 1, best)
    the best epoch by a search in the losses so far
        def improved(epochs):
            best = 0
            for epoch in epochs:
                best = epoch if losses[best] - min_delta > losses[epoch] else best
            return best
        for epoch in range(1, len(losses)):
            best = improved(range(epoch + 1))
            if best != epoch and epoch - best >= patience:
                return np.int64(epoch), np.int64(best)
        return len(losses) - 1, improved(range(len(losses)))
""")


cost_of_stopping = Written(
    "cost-of-stopping",
    points=4,
    rubric="""\
- 1 point: the cost is the data that are not trained on: 100 of 300 labels, which in the chapter's experiment were worth several times as much in training.
- 1 point: the estimate is too good because the epoch was chosen as the best of many on these examples; it matters little where few, similar epochs compete or the 100 are many enough, and an honest estimate takes data that were used for nothing.
- 1 point: another use: train anew on all 300 for as many epochs, or steps, as were found with the 100, cross-validation, or another remedy without stopping.
- 1 point: an experiment that decides: both uses on the same draws, several draws and seeds, the same number of steps or a reason for another, compared on test data that neither has seen, with the spread of the differences.""",
)
