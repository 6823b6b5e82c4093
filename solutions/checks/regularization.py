"""How the exercises of the chapter on regularization are judged.

Strengths and thresholds in the cases are large, so that every mistake changes a result by far more
than the tolerance for float32. Where chance decides, a function of `quantities` says what is compared.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import quantities
from solutions import regularization as reference
from solutions.checks.optimizers import AVERAGES_MISTAKES


def _away_from_zero(rng, shape, low=0.3, high=2.0):
    """Numbers of both signs, none near zero."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(low, high, size=shape)


def _parameters(rng, n_weights, n_biases):
    """A shuffled theta with the flags that tell weights from biases."""
    is_weight = rng.permutation(np.arange(n_weights + n_biases) < n_weights)
    return {"theta": _away_from_zero(rng, is_weight.size), "is_weight": is_weight}


def _penalty_cases(rng):
    for label, n_weights, n_biases in (
        ("four weights, two biases", 4, 2),
        ("two weights, five biases", 2, 5),
        ("a small layer", 12, 3),
        ("no bias", 5, 0),
    ):
        yield Call(label, **_parameters(rng, n_weights, n_biases), lam=rng.uniform(0.2, 0.8))
    sparse = _parameters(rng, 6, 2)
    sparse["theta"][np.flatnonzero(sparse["is_weight"])[::2]] = 0.0
    yield Call("some weights are zero", **sparse, lam=rng.uniform(1.2, 3.0))


@judge(reference.l2_penalty, points=2, returns=("penalty", "grad"))
def l2_penalty(rng):
    yield from _penalty_cases(rng)


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
        return lam * np.sum(theta**2), lam * theta
    or
        return lam * np.sum(theta**2), 2 * lam * theta
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
    this is least squares without a penalty: `lam` is not used
        xc, yc = x - x.mean(axis=0), y - y.mean()
        weights = np.linalg.lstsq(xc, yc, rcond=1e-12)[0]
        return weights, y.mean() - x.mean(axis=0) @ weights
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


@judge(reference.l1_penalty, points=1, returns=("penalty", "subgradient"))
def l1_penalty(rng):
    yield from _penalty_cases(rng)


l1_penalty.add_mistakes("""
    the biases are penalised, too: only where `is_weight` is true
        return lam * np.sum(np.abs(theta)), lam * np.sign(theta)
    absolute values are missing: positive and negative weights cancel in this sum
        np.sum(np.abs(weights)) -> np.sum(weights)
    or
        return lam * np.sum(theta * is_weight), lam * np.sign(theta * is_weight)
    the slope of |w| does not depend on how large w is: it is the sign of w
        np.sign(weights) -> weights
    the slope of |w| is -1 for negative w: take the sign, not 1 for every weight
        np.sign(weights) -> (weights != 0)
    or
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * is_weight
    or
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * np.ones(theta.shape)
    or
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * (theta > 0) * is_weight
    the L1 penalty has no half: it is `lam` times the sum of absolute values
        weights = theta * is_weight
        return lam / 2 * np.sum(np.abs(weights)), lam / 2 * np.sign(weights)
    `lam` is missing in the subgradient
        lam * np.sign -> np.sign
    this is the L2 penalty: L1 takes absolute values, not squares
        weights = theta * is_weight
        return lam / 2 * np.sum(weights**2), lam * weights
    at a weight that is 0 the subgradient is 0: `np.where(w > 0, 1, -1)` gives -1 there
        np.sign(weights) -> np.where(weights > 0, 1.0, -1.0) * is_weight
    this is a mean: the penalty is a sum over the weights
        np.sum -> np.mean
        np.sign(weights) -> np.sign(weights) / theta.size
    the subgradient penalises the biases, the penalty does not: it is 0 for the biases, too
        return lam * np.sum(np.abs(theta * is_weight)), lam * np.sign(theta)
    at a weight that is 0 the subgradient is 0: `np.where(w >= 0, 1, -1)` gives 1 there
        np.sign(weights) -> np.where(weights >= 0, 1.0, -1.0) * is_weight
    `w / abs(w)` is 0 / 0 where w is 0: `np.sign(w)` is 0 there
        np.sign -> weights / np.abs
    the subgradient holds the weights alone: it must have the shape of `theta`, with 0 for the
    biases
        theta * is_weight -> theta[is_weight]
    the subgradient has the wrong sign: the penalty grows with |w|
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), -lam * np.sign(weights)
    this is the Euclidean norm: the L1 penalty is the sum of the absolute values
        weights = theta * is_weight
        return lam * np.linalg.norm(weights), lam * np.sign(weights)
    or
        weights = theta * is_weight
        return lam * np.linalg.norm(weights), lam * weights / np.linalg.norm(weights)
    this is the Euclidean norm, of all parameters, biases included: the L1 penalty is the sum of the
    weights' absolute values
        return lam * np.linalg.norm(theta), lam * np.sign(theta)
    or
        return lam * np.linalg.norm(theta), lam * np.sign(theta * is_weight)
    or
        return lam * np.linalg.norm(theta), lam * theta / np.linalg.norm(theta)
    the biases are penalised, too, and at a weight that is 0 the subgradient is not 0
        return lam * np.sum(np.abs(theta)), lam * np.where(theta > 0, 1.0, -1.0)
    or
        return lam * np.sum(np.abs(theta)), lam * np.where(theta >= 0, 1.0, -1.0)
    the penalty counts the biases, the subgradient does not: sum the weights alone
        return lam * np.sum(np.abs(theta)), lam * np.sign(theta) * is_weight
    the biases have a slope, -1: `np.where(w > 0, 1, -1)` gives it to every 0, and theirs is 0
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * np.where(weights > 0, 1.0, -1.0)
    or
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * np.where(weights < 0, -1.0, 1.0)
    `lam` is missing in the penalty
        weights = theta * is_weight
        return np.sum(np.abs(weights)), lam * np.sign(weights)
    `lam` is missing in both
        weights = theta * is_weight
        return np.sum(np.abs(weights)), np.sign(weights)
    the slope of |w| is the absolute value of w: it is the sign of w
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam * np.abs(weights)
    the subgradient is divided by 2, as L2's penalty is: it is `lam` times the sign
        weights = theta * is_weight
        return lam * np.sum(np.abs(weights)), lam / 2 * np.sign(weights)
    the penalty is halved: it is `lam` times the sum of absolute values
        weights = theta * is_weight
        return lam / 2 * np.sum(np.abs(weights)), lam * np.sign(weights)
    the penalty is the largest absolute value: it is their sum
        weights = theta * is_weight
        return lam * np.max(np.abs(weights)), lam * np.sign(weights)
    the absolute value was taken after the sum: take that of each weight, then add
        weights = theta * is_weight
        return lam * np.abs(np.sum(weights)), lam * np.sign(weights)
    this is a mean: the penalty is a sum over the weights, and the subgradient is that of the sum
        weights = theta * is_weight
        return lam * np.mean(np.abs(weights)), lam * np.sign(weights)
    or
        weights = theta * is_weight
        return lam * np.mean(np.abs(theta[is_weight])), lam * np.sign(weights)
    the penalty is not summed: it is one number
        weights = theta * is_weight
        return lam * np.abs(weights), lam * np.sign(weights)
    `is_weight` is the wrong way round: it is true for weights, and the biases are spared
        return l1_penalty(theta, lam, ~is_weight)
""")
l1_penalty.add_variants("""
    a loop with cases
        penalty, slopes = 0.0, []
        for w, counts in zip(theta.tolist(), is_weight.tolist(), strict=True):
            penalty += lam * abs(w) * counts
            slopes.append(lam * ((w > 0) - (w < 0)) if counts else 0.0)
        return penalty, slopes
    the norm, in float32
        weights = np.where(is_weight, theta, 0.0).astype(np.float32)
        return lam * np.linalg.norm(weights, ord=1), np.float32(lam) * np.sign(weights)
""")


def _around_the_threshold(rng, shape):
    """Entries on both sides of the threshold 1, none near it or near zero."""
    size = rng.choice([-1.0, 1.0], size=shape)
    near = rng.uniform(0.2, 0.8, size=shape)
    far = rng.uniform(1.3, 3.0, size=shape)
    return size * np.where(rng.permuted(np.arange(size.size) % 2 == 0).reshape(shape), near, far)


@judge(reference.soft_threshold, points=2, returns=("w",))
def soft_threshold(rng):
    for label, shape in {
        "a vector": (8,), "a matrix": (4, 5), "three axes": (2, 3, 4)
    }.items():  # fmt: skip
        scale = rng.uniform(0.4, 2.5)
        yield Call(label, z=scale * _around_the_threshold(rng, shape), threshold=scale)
    yield Call("threshold 0", z=_away_from_zero(rng, 5) * [1, 1, 0, 1, 1], threshold=0.0)
    yield Call("some entries are 0", z=_around_the_threshold(rng, 6) * [1, 0, 1, 0, 1, 1], threshold=1.1)


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
""")


@judge(reference.elastic_net_prox, points=2, returns=("w",))
def elastic_net_prox(rng):
    for label, shape in {"a vector": (8,), "a matrix": (4, 5)}.items():
        lr, l1, l2 = rng.uniform([0.3, 1.5, 0.6], [0.6, 2.5, 1.2])
        yield Call(label, z=lr * l1 * _around_the_threshold(rng, shape), lr=lr, l1=l1, l2=l2)
    z = 0.3 * _around_the_threshold(rng, 6)
    yield Call("L1 alone", z=z, lr=0.25, l1=rng.uniform(1.1, 1.2), l2=0.0)
    yield Call("L2 alone", z=z, lr=rng.uniform(0.2, 0.5), l1=0.0, l2=1.7)


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
""")


def _adamw(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, decay):
    """AdamW whose last line is `decay(theta, lr, weight_decay, step)`."""
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return decay(theta, lr, weight_decay, step), m, v


@judge(reference.decoupled_weight_decay_step, points=3, returns=("theta", "m", "v"))
def decoupled_weight_decay_step(rng):
    def state(shape, first=False):
        m, v = 0.5 * _away_from_zero(rng, shape), rng.uniform(0.5, 2.0, shape)
        return {
            "theta": _away_from_zero(rng, shape),
            "grad": _away_from_zero(rng, shape),
            "m": 0 * m if first else m,
            "v": 0 * v if first else v,
        }

    def hyper(**fixed):
        drawn = {
            "lr": rng.uniform(0.2, 0.4),
            "weight_decay": rng.uniform(0.4, 0.8),
            "beta1": rng.uniform(0.5, 0.7),
            "beta2": rng.uniform(0.75, 0.85),
            "eps": rng.uniform(0.05, 0.2),
        }
        return drawn | fixed

    yield Call("the first step, t = 1", **state(4, first=True), t=1, **hyper())
    for label, shape in {"a vector": (4,), "a matrix": (3, 4)}.items():
        yield Call(label, **state(shape), t=int(rng.integers(2, 5)), **hyper())
    yield Call("no gradient, only decay", **(state(5) | {"grad": np.zeros(5), "m": np.zeros(5)}), t=3, **hyper())
    yield Call("weight_decay = 0: plain Adam", **state(4), t=2, **hyper(weight_decay=0.0))


decoupled_weight_decay_step.add_mistakes("""
    the decay went into the gradient: that is Adam with an L2 penalty, whose decay is divided by the
    root like the rest; here it acts on `theta` alone
        grad = grad + weight_decay * theta
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
    the decay is divided by the root: add it outside the fraction, `- lr * weight_decay * theta`
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        root = np.sqrt(v / (1 - beta2**t)) + eps
        return theta - lr * (m / (1 - beta1**t) + weight_decay * theta) / root, m, v
    the decay lacks the learning rate: in this convention theta loses the share lr * weight_decay
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - d * w,
        )  # fmt: skip
    the decay multiplies the parameters after the step: it is the old theta that loses the share lr
    * weight_decay
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: (w - s) * (1 - lr * d),
        )  # fmt: skip
    the decay has the wrong sign: the parameters grow
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s + lr * d * w,
        )  # fmt: skip
    this is Adam alone: the weight decay is missing
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
    this decays by the sign of theta, as L1 does: weight decay takes a share of theta itself
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - lr * d * np.sign(w),
        )  # fmt: skip
    the bias correction is missing: divide m by 1 - beta1**t and v by 1 - beta2**t
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * m / (np.sqrt(v) + eps) - lr * weight_decay * theta, m, v
    the corrected averages are returned: the correction is for this step alone, return m and v
    without it
        theta, m, v = decoupled_weight_decay_step(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps
        )
        return theta, m / (1 - beta1**t), v / (1 - beta2**t)
    `eps` is inside the root: here it is added to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    `beta1` and `beta2` have changed places: beta1 belongs to m, beta2 to v
        return decoupled_weight_decay_step(
            theta, grad, m, v, t, lr, weight_decay, beta2, beta1, eps
        )
    the root of v_hat is missing
        np.sqrt(v_hat) -> v_hat
    the step goes uphill: subtract it
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w + s - lr * d * w,
        )  # fmt: skip
    the decay has a half: in one step theta loses the share lr * weight_decay, the whole of it
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - lr * d / 2 * w,
        )  # fmt: skip
""")
decoupled_weight_decay_step.add_mistakes(AVERAGES_MISTAKES)
decoupled_weight_decay_step.add_mistakes("""
    the step uses the old averages: update m and v first
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * theta, m, v
    the averages are returned as they were given: return the new m and v
        old, old_v = m, v
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * theta, old, old_v
    the corrected m is returned: return m as it was before the correction
        m, v -> m_hat, v
    the corrected v is returned: return v as it was before the correction
        m, v -> m, v_hat
    the step ignores `lr`: it is `lr` times the quotient
        lr * m_hat -> m_hat
    Nesterov's look-ahead is in the step (NAdam): here it is the corrected m alone
        m / (1 - beta1**t) -> beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * grad / (1 - beta1**t)
    or
        m / (1 - beta1**t) -> (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    or
        m / (1 - beta1**t) -> beta1 * m / (1 - beta1**t) + (1 - beta1) * grad / (1 - beta1**t)
    the larger of the old and the new v is kept (AMSGrad): here v is the average itself
        v = beta2 * v + (1 - beta2) * grad**2 -> v = np.maximum(v, beta2 * v + (1 - beta2) * grad**2)
    v averages the squares of grad - m (AdaBelief): it averages the squares of the gradient
        grad**2 -> (grad - m) ** 2
    v is the largest gradient so far (AdaMax): it averages their squares
        v = beta2 * v + (1 - beta2) * grad**2 -> v = np.maximum(beta2 * v, np.abs(grad))
        v / (1 - beta2**t) -> v**2
    `1 - beta2` is squared with the gradient: its weight is `1 - beta2`
        (1 - beta2) * grad**2 -> ((1 - beta2) * grad) ** 2
    eps stands inside the root, and the bias is not corrected: divide m by `1 - beta1**t` and v by
    `1 - beta2**t`, and add eps to the root
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    one v for the whole array: each parameter has one of its own, so square element by element
        grad**2 -> np.sum(grad**2)
    or
        grad**2 -> np.mean(grad**2)
    m is not updated, but the gradient is: m averages the gradients, `beta1 * m + (1 - beta1) *
    grad`
        m = beta1 * m + (1 - beta1) * grad -> m = grad
    `1 - beta` is missing in m, and the bias is not corrected: m averages the gradients, and is
    divided by `1 - beta1**t`
        m + (1 - beta1) * grad -> m + grad
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    v is divided by the root of its correction: the root is taken after the division
        v / (1 - beta2**t) -> v / np.sqrt(1 - beta2**t)
    the correction is outside the root for v: divide v by `1 - beta2**t`, then take the root
        np.sqrt(v_hat) -> np.sqrt(v) / (1 - beta2**t)
    the root of the correction multiplies the step in the wrong place: `sqrt(1 - beta2**t)` stands
    above the line, `1 - beta1**t` below
        m_hat / (np.sqrt(v_hat) + eps) -> m * (1 - beta1**t) / np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    this is the step alone: subtract it from `theta`
        theta - step -> -step
    both corrections use beta1: v has a decay of its own, divide it by `1 - beta2**t`
        beta2**t -> beta1**t
    both corrections use beta2: m has a decay of its own, divide it by `1 - beta1**t`
        beta1**t -> beta2**t
    the correction lacks its power: divide by `1 - beta**t`, not by `1 - beta`
        1 - beta1**t -> 1 - beta1
        1 - beta2**t -> 1 - beta2
    t is counted from 0 here: the first step is t = 1 and its correction is `1 - beta**1`
        (1 - beta1**t) -> (1 - beta1 ** (t + 1))
        (1 - beta2**t) -> (1 - beta2 ** (t + 1))
    t is counted from 1: the powers are `beta**t`, not `beta**(t - 1)`, which divides by 0 at the
    first step
        (1 - beta1**t) -> (1 - beta1 ** (t - 1))
        (1 - beta2**t) -> (1 - beta2 ** (t - 1))
    only m is corrected: divide v by `1 - beta2**t`, too
        v / (1 - beta2**t) -> v
    only v is corrected: divide m by `1 - beta1**t`, too
        m / (1 - beta1**t) -> m
    m sums the gradients: it averages them, the new one enters with weight `1 - beta1`
        m + (1 - beta1) * grad -> m + grad
    m and v have changed places in the results: theta, m, v
        weight_decay * theta, m, v -> weight_decay * theta, v, m
    the gradient itself stands in the step: it is made with the corrected m
        m / (1 - beta1**t) -> grad
    eps is outside the fraction: without parentheses it is added to the quotient, not to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat) + eps
    v averages the squares of m: it averages the squares of the gradient
        grad**2 -> m**2
    eps is added to the root of the uncorrected v: that is Keras's form; here it is `sqrt(v_hat) +
    eps`
        m_hat / (np.sqrt(v_hat) + eps) -> m_hat * np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    `eps` is missing: it is added to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat)
    the parameters have been replaced by their share: theta is multiplied by 1 - lr * weight_decay,
    not by lr * weight_decay
        theta - step - lr * weight_decay * theta -> lr * weight_decay * theta - step
    the step has the learning rate twice: step and decay both have it once
        theta - step - lr * weight_decay * theta -> theta - lr * (step + weight_decay * theta)
    the decay takes theta's square: theta loses the share lr * weight_decay of itself
        lr * weight_decay * theta -> lr * weight_decay * theta**2
    the decay is a number of its own, without theta: theta loses the share lr * weight_decay of
    itself
        lr * weight_decay * theta -> lr * weight_decay
    the decay is doubled: theta loses the share lr * weight_decay, once
        lr * weight_decay * theta -> 2 * lr * weight_decay * theta
    the decay has the learning rate squared: theta loses the share lr * weight_decay
        lr * weight_decay * theta -> lr**2 * weight_decay * theta
    the decay went into the gradient, without a share in v: here it acts on `theta` alone
        grad**2 -> grad**2; m = m + (1 - beta1) * weight_decay * theta
        theta - step - lr * weight_decay * theta -> theta - step
    the decay went into the gradient and is made on theta, too: on `theta` alone
        m = beta1 * m + -> grad = grad + weight_decay * theta; m = beta1 * m +
    the decay went into the gradient with the wrong sign: here it acts on `theta` alone, which loses
    a share
        m = beta1 * m + -> grad = grad - weight_decay * theta; m = beta1 * m +
        theta - step - lr * weight_decay * theta -> theta - step
    the decay lacks the learning rate and is added: theta loses the share lr * weight_decay
        - lr * weight_decay * theta -> + weight_decay * theta
    the decay lacks the learning rate and multiplies the parameters after the step: it is the old
    theta that loses the share lr * weight_decay
        theta - step - lr * weight_decay * theta -> (theta - step) * (1 - weight_decay)
    the bias is not corrected, and the decay lacks the learning rate: divide m by `1 - beta1**t` and
    v by `1 - beta2**t`, and multiply the decay by `lr`
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
        lr * weight_decay -> weight_decay
    eps stands inside the root, and the decay lacks the learning rate: add eps to the root, and
    multiply the decay by `lr`
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
        lr * weight_decay -> weight_decay
    the correction of v lacks its power: divide by `1 - beta2**t`
        beta2**t -> beta2
    the correction of m lacks its power: divide by `1 - beta1**t`
        beta1**t -> beta1
    the step uses the old m: update it first
        m = beta1 * m -> old = m; m = beta1 * m
        m / (1 - beta1**t) -> old / (1 - beta1**t)
    the step uses the old v: update it first
        v = beta2 * v -> old = v; v = beta2 * v
        v / (1 - beta2**t) -> old / (1 - beta2**t)
    m is not corrected, and eps stands inside the root: divide m by `1 - beta1**t`, and add eps to
    the root
        m / (1 - beta1**t) -> m
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
""")
decoupled_weight_decay_step.add_variants("""
    as PyTorch does it: shrink first, then step
        theta = theta.copy()
        theta *= 1 - lr * weight_decay
        m = m + (1 - beta1) * (grad - m)
        v = beta2 * v + (1 - beta2) * np.square(grad)
        theta -= lr / (1 - beta1**t) * m / (np.sqrt(v) / np.sqrt(1 - beta2**t) + eps)
        return theta, m, v
    in float32, the decay after the step, of the old theta
        new, m, v = _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
        return [a.astype(np.float32) for a in (new - lr * weight_decay * theta, m, v)]
    number by number
        def one(w, g, m, v):
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            root = (v / (1 - beta2**t)) ** 0.5 + eps
            return (1 - lr * weight_decay) * w - lr * m / (1 - beta1**t) / root, m, v
        return tuple(np.vectorize(one)(theta, grad, m, v))
""")


def _falling(rng, n, start=1.0):
    """A loss that falls by 0.03 to 0.06 at every epoch."""
    return list(start - np.cumsum(rng.uniform(0.03, 0.06, n)))


def _bump(rng, best, n):
    """n epochs above the best loss so far, by 0.02 to 0.09, each below the one before it."""
    return list(best + np.sort(rng.uniform(0.02, 0.09, n))[::-1])


@judge(reference.early_stopping, points=3, returns=("stopped", "best"))
def early_stopping(rng):
    first = _falling(rng, 3)
    bump = _bump(rng, first[-1], 2)
    second = _falling(rng, 2, start=first[-1])
    end = _bump(rng, second[-1], 6)
    losses = first + bump + second + end
    yield Call("a short bump, then a long one", losses=losses, patience=3)
    yield Call("the same losses, less patience", losses=losses, patience=2)
    yield Call("the same losses, patience 1", losses=losses, patience=1)
    yield Call("patience 0", losses=losses, patience=0)
    yield Call("it never stops", losses=[*first, *bump, *second, *end[:1]], patience=5)
    low = second[-1] - 0.2
    yield Call("a lower loss after the end", losses=[*first, *_bump(rng, first[-1], 4), low], patience=3)
    ties = _falling(rng, 2)
    yield Call("the best loss is met again", losses=ties + [ties[-1]] * 3 + [low], patience=2)
    slow = _falling(rng, 2)
    slow += [slow[-1] + change for change in (-0.001, 0.004, 0.003, 0.0035)]
    yield Call("improvements too small to count", losses=slow, patience=3, min_delta=0.008)
    # Each less than min_delta below the one before; together more than that below the best.
    creeping = _falling(rng, 2)
    creeping += [creeping[-1] - rng.uniform(0.006, 0.0075) * k for k in range(1, 9)]
    yield Call("small improvements that add up", losses=creeping, patience=3, min_delta=0.01)


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
""")


def _chances(rng):
    """A seed, the same again, and another: chance must come from the generator that is given."""
    seed = int(rng.integers(2**31))
    return (("", seed), (", the same generator again", seed), (", another generator", seed + 1))


@judge(reference.random_flip, points=2, returns=("images",), compare_as=quantities.flips)
def random_flip(rng):
    images = rng.uniform(0.5, 2.0, (300, 1, 2, 3))
    for words, seed in _chances(rng):
        yield Call(f"300 images{words}", images=images, p=0.2, rng=Rng(seed))
    rgb = rng.uniform(0.5, 2.0, (400, 3, 1, 2))
    yield Call("three channels", images=rgb, p=0.85, rng=Rng(int(rng.integers(2**31))))
    for label, p in (("p = 0: none", 0.0), ("p = 1: all", 1.0)):
        images = rng.uniform(0.5, 2.0, (6, 2, 3, 4))
        yield Call(label, images=images, p=p, rng=Rng(int(rng.integers(2**31))))


random_flip.add_mistakes("""
    `p` is the probability of being mirrored, not of staying as it is
        return random_flip(images, 1 - p, rng)
    one toss decides for all images: toss once for each image
        return images[:, :, :, ::-1] if rng.random() < p else images
    images are turned upside down: left to right is the last axis
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    all images are mirrored: only a share `p` of them should be
        return images[:, :, :, ::-1]
    rows, columns or pixels have tosses of their own: an image is mirrored as a whole
        mirrored = rng.random((*images.shape[:3], 1)) < p
        return np.where(mirrored, images[:, :, :, ::-1], images)
    images are mirrored AND turned upside down, a rotation by 180 degrees: reverse the last axis
    only
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, :, ::-1, ::-1], images)
    every image has the probability 1/2: it is `p`
        return random_flip(images, 0.5, rng)
    a fixed share is mirrored, the first ones: each image has a toss of its own
        images = images.copy()
        first = round(p * len(images))
        images[:first] = images[:first, :, :, ::-1]
        return images
    the numbers do not come from the generator `rng`
        return random_flip(images, p, np.random.default_rng(0))
    the order of the images is turned round, not the images: left to right is the last axis
        return images[::-1].copy()
    or
        out = images.copy()
        if rng.random() < p:
            out = np.flip(out, axis=0)
        return out
    or
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[::-1], images)
    or
        return np.flip(images, axis=0) if rng.random() < 0.5 else images.copy()
    all axes are turned round, the images among each other, too: reverse the last axis only
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], np.flip(images), images)
    the channels are turned round: left to right is the last axis
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, ::-1], images)
    no image is mirrored: a share `p` of them should be
        return images.copy()
    rows and columns are exchanged, the image is transposed: reverse the last axis
        mirrored = rng.random(len(images)) < p
        if images.shape[2] == images.shape[3]:
            return np.where(mirrored[:, None, None, None], images.swapaxes(2, 3), images)
        return images.swapaxes(2, 3)
    each channel has a toss of its own: an image is mirrored as a whole
        mirrored = rng.random((*images.shape[:2], 1, 1)) < p
        return np.where(mirrored, images[:, :, :, ::-1], images)
    only the mirrored images are returned: the others stay as they are, in their places
        return images[rng.random(len(images)) < p][:, :, :, ::-1]
""")
random_flip.add_variants("""
    image by image
        return [image[:, :, ::-1] if rng.random() < p else image for image in images]
    in place on a copy, in float32
        images = images.astype(np.float32)
        mirrored = rng.binomial(1, p, len(images)).astype(bool)
        images[mirrored] = images[mirrored][..., ::-1]
        return images
""")


@judge(reference.random_crop, points=2, returns=("crops",), compare_as=quantities.crops)
def random_crop(rng):
    images = rng.uniform(0.5, 2.0, (160, 1, 3, 4))
    for words, seed in _chances(rng):
        yield Call(f"160 images of 3 x 4 pixels{words}", images=images, size=2, rng=Rng(seed))
    square = rng.uniform(0.5, 2.0, (120, 1, 4, 4))
    yield Call("square images", images=square, size=2, rng=Rng(int(rng.integers(2**31))))
    # Many, since a place at the edge may come up a little too often; bytes, since they are many.
    pixels = np.tile(np.arange(8, dtype=np.uint8), (2500, 1))
    wide = rng.permuted(pixels, axis=1).reshape(2500, 1, 2, 4)
    yield Call("2,500 images of bytes", images=wide, size=2, rng=Rng(int(rng.integers(2**31))))
    rgb = rng.uniform(0.5, 2.0, (100, 3, 3, 2))
    yield Call("three channels", images=rgb, size=2, rng=Rng(int(rng.integers(2**31))))
    whole = rng.uniform(0.5, 2.0, (5, 2, 3, 3))
    yield Call("the whole image", images=whole, size=3, rng=Rng(int(rng.integers(2**31))))


def _cut(images, size, rows, columns):
    return np.stack([image[:, r : r + size, c : c + size] for image, r, c in zip(images, rows, columns, strict=True)])


random_crop.add_mistakes("""
    one place for all images: draw a place for each
        n, _, h, w = images.shape
        row, column = rng.integers(h - size + 1), rng.integers(w - size + 1)
        return _cut(images, size, [row] * n, [column] * n)
    the last place is never taken: `rng.integers(0, k)` leaves out k, so k is h - size + 1
        n, _, h, w = images.shape
        return _cut(
            images, size, rng.integers(0, max(h - size, 1), n), rng.integers(0, max(w - size, 1), n)
        )
    or
        n, c, h, w = images.shape
        out = np.empty((n, c, size, size), images.dtype)
        for i in range(n):
            top = int(rng.integers(0, h - size)) if h > size else 0
            left = int(rng.integers(0, w - size)) if w > size else 0
            out[i] = images[i, :, top : top + size, left : left + size]
        return out
    or
        n, _, h, w = images.shape
        return _cut(images, size, rng.integers(0, h - size, n), rng.integers(0, w - size, n))
    the window is always in the middle: its place is drawn
        n, _, h, w = images.shape
        return _cut(images, size, [(h - size) // 2] * n, [(w - size) // 2] * n)
    the window is always in the corner: its place is drawn
        return images[:, :, :size, :size]
    row and column are one number, so all windows lie on the diagonal: draw both
        n, _, h, w = images.shape
        place = rng.integers(0, min(h, w) - size + 1, n)
        return _cut(images, size, place, place)
    only the rows are drawn: the columns, too
        n, _, h, _ = images.shape
        return _cut(images, size, rng.integers(0, h - size + 1, n), [0] * n)
    each channel is cut at a place of its own: a window has all channels of its image
        n, c, h, w = images.shape
        flat = images.reshape(n * c, 1, h, w)
        return random_crop(flat, size, rng).reshape(n, c, size, size)
    the numbers do not come from the generator `rng`
        return random_crop(images, size, np.random.default_rng(0))
    a place beyond the last is moved to the last, which comes up too often: draw among the h - size
    + 1 places that fit
        n, _, h, w = images.shape
        rows, columns = (np.minimum(rng.integers(0, side, n), side - size) for side in (h, w))
        return _cut(images, size, rows, columns)
    a rounded number takes the first and the last place half as often as the others: draw whole
    numbers
        n, _, h, w = images.shape
        rows, columns = (np.round(rng.random(n) * (side - size)).astype(int) for side in (h, w))
        return _cut(images, size, rows, columns)
    only the columns are drawn: the rows, too
        n, _, _, w = images.shape
        return _cut(images, size, [0] * n, rng.integers(0, w - size + 1, n))
    the first place is never taken: `rng.integers(1, ...)` leaves out 0
        n, _, h, w = images.shape
        rows = rng.integers(min(1, h - size), h - size + 1, n)
        return _cut(images, size, rows, rng.integers(min(1, w - size), w - size + 1, n))
    the windows are cut out of other images: window i is one of image i
        return np.repeat(random_crop(images[:1], size, rng), len(images), axis=0)
    the pixels are drawn one by one: a window is a block of neighbours
        n, c, h, w = images.shape
        rows, columns = rng.integers(0, h, (n, size)), rng.integers(0, w, (n, size))
        return np.stack([image[:, r][:, :, k] for image, r, k in zip(images, rows, columns)])
    the places of the rows serve for the columns, too: draw both
        n, _, h, w = images.shape
        rows = rng.integers(0, h - size + 1, n)
        return _cut(images, size, rows, np.minimum(rows, w - size))
""")
random_crop.add_variants("""
    all windows, then one of each image
        windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))
        n = len(images)
        rows = np.floor(rng.random(n) * windows.shape[2]).astype(int)
        columns = np.floor(rng.random(n) * windows.shape[3]).astype(int)
        return windows[np.arange(n), :, rows, columns].astype(np.float32)
    lists, row and column drawn together
        _, _, h, w = images.shape
        crops = []
        for image in images:
            row, column = rng.integers(0, [h - size + 1, w - size + 1])
            crops.append(image[:, row : row + size, column : column + size].tolist())
        return crops
""")


def _coloured(rng, n, h, w):
    """Images whose colours vary along three directions of clearly different, and slanted, extent."""
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    spread = rng.uniform(0.9, 1.1, 3) * [1.6, 1.0, 0.5]
    pixels = rng.normal(size=(n, h, w, 3)) * spread @ axes.T + rng.uniform(1, 2, 3)
    return np.moveaxis(pixels, -1, 1)


# The covariance may be divided by one pixel less: the tolerance is wider than that.
@judge(
    reference.pca_color_augment, points=3, returns=("images",), compare_as=quantities.colour_shifts,
    rtol=4e-3, atol=1e-4,
)  # fmt: skip
def pca_color_augment(rng):
    for label, n, h, w in (
        ("eight images", 8, 9, 8), ("images that are not square", 5, 12, 10), ("one image", 1, 20, 20),
    ):  # fmt: skip
        images = _coloured(rng, n, h, w)
        yield Call(label, images=images, alphas=_away_from_zero(rng, (n, 3), 0.3, 0.9))
    alphas = np.zeros((6, 3))
    alphas[:, 0] = _away_from_zero(rng, 6)
    yield Call("along the first component alone", images=_coloured(rng, 6, 10, 9), alphas=alphas)


def _shifted(images, alphas, covariance=None, power=1.0, backwards=True, rows=False):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    values, vectors = np.linalg.eigh(np.cov(pixels.T) if covariance is None else covariance)
    if backwards:
        values, vectors = values[::-1], vectors[:, ::-1]
    basis = vectors if rows else vectors.T
    return images + ((alphas * values**power) @ basis)[:, :, None, None]


pca_color_augment.add_mistakes("""
    the shift has the factor lambda, the eigenvalue itself, not its root
        return _shifted(images, alphas, power=0.5)
    the factor lambda is missing: a component is moved in proportion to its variance
        return _shifted(images, alphas, power=0.0)
    `np.linalg.eigh` sorts the eigenvalues from small to large: here the first alpha belongs to the
    largest
        return _shifted(images, alphas, backwards=False)
    the eigenvectors are the COLUMNS of the matrix that `np.linalg.eigh` returns, not its rows
        return _shifted(images, alphas, rows=True)
    or
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors[::-1])[:, :, None, None]
    or
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values) @ vectors)[:, :, None, None]
    the covariance is taken about the mean: subtract the mean colour first
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=pixels.T @ pixels / len(pixels))
    this is the matrix of correlations: the covariance is wanted
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=np.corrcoef(pixels.T))
    the sum of squares must be divided by the number of pixels
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=np.cov(pixels.T) * len(pixels))
    `reshape(-1, 3)` mixes the channels: the channel axis is the second, move it to the end first
        return _shifted(images, alphas, covariance=np.cov(images.reshape(-1, 3).T))
    every image gets the shift of the first one: row i of `alphas` belongs to image i
        return _shifted(images, np.repeat(alphas[:1], len(alphas), axis=0))
    the components are those of each image by itself: take the pixels of all images together
        pairs = zip(images, alphas, strict=True)
        return np.concatenate([_shifted(image[None], alpha[None]) for image, alpha in pairs])
    the shift alone is returned: add it to the images
        return _shifted(images, alphas) - images
    the result is clipped: return it as it is
        return np.clip(_shifted(images, alphas), 0, 1)
    the eigenvalues are reversed, the eigenvectors are not: reverse both, `values[::-1]` and
    `vectors[:, ::-1]`
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors.T)[:, :, None, None]
    the ROWS of the matrix of eigenvectors are reversed: they are its columns, `vectors[:, ::-1]`
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors[::-1].T)[:, :, None, None]
    a factor 0.1 too much: `alphas` are drawn already, with the deviation 0.1 where they are
        return _shifted(images, 0.1 * alphas)
    the factor lambda is squared: a component is moved in proportion to lambda
        return _shifted(images, alphas, power=2.0)
    every channel gets the same shift, the sum over its components: a component has an entry for
    each channel
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values = np.linalg.eigvalsh(np.cov(pixels.T))[::-1]
        return images + (alphas * values).sum(axis=1)[:, None, None, None]
    the components are left out, alpha times lambda is added to the channels: it is spread over them
    by the eigenvectors
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values = np.linalg.eigvalsh(np.cov(pixels.T))[::-1]
        return images + (alphas * values)[:, :, None, None]
    the first component alone is used: all three are
        return _shifted(images, alphas * [1, 0, 0])
""")
pca_color_augment.add_variants("""
    by singular values, divided by the number of pixels
        pixels = np.stack([images[:, c].ravel() for c in range(3)], axis=1)
        _, s, vt = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
        shifts = (alphas * s**2 / len(pixels)) @ vt
        return images + shifts.reshape(len(images), 3, 1, 1)
    a loop over images and components, other signs, in float32
        pixels = np.moveaxis(images, 1, 0).reshape(3, -1)
        values, vectors = np.linalg.eig(np.cov(pixels, bias=True))
        order = np.argsort(-values)
        out = images.astype(np.float32)
        for i in range(len(images)):
            for k, j in enumerate(order):
                p = -vectors[:, j].real
                out[i] += (alphas[i, k] * values[j].real * p)[:, None, None].astype(np.float32)
        return out
""")


@judge(reference.dropout_forward, points=3, returns=("out", "mask"), compare_as=quantities.dropout)
def dropout_forward(rng):
    x = _away_from_zero(rng, (120, 12))
    for words, seed in _chances(rng):
        yield Call(f"120 examples, 12 units{words}", x=x, p=0.3, rng=Rng(seed))
    wide = _away_from_zero(rng, (12, 120))
    yield Call("12 examples, 120 units", x=wide, p=0.6, rng=Rng(int(rng.integers(2**31))))
    maps = _away_from_zero(rng, (100, 2, 3, 2))
    yield Call("four axes", x=maps, p=0.2, rng=Rng(int(rng.integers(2**31))))
    yield Call("p = 0: nothing is dropped", x=_away_from_zero(rng, (3, 5)), p=0.0, rng=Rng(7))


dropout_forward.add_mistakes("""
    `p` is the probability of being DROPPED; here it is that of being kept
        mask = (rng.random(x.shape) < p) / max(p, 1e-3)
        return x * mask, mask
    nothing is scaled: this is dropout of the first kind, which multiplies by 1 - p at test time;
    the inverted one divides the kept entries by 1 - p now
        mask = (rng.random(x.shape) >= p) * 1.0
        return x * mask, mask
    or
        keep = rng.random(x.shape) >= p
        return x * keep, keep
    the kept entries are multiplied by 1 - p: they are DIVIDED by it, so that the expectation stays
        mask = (rng.random(x.shape) >= p) * (1 - p)
        return x * mask, mask
    the kept entries are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept
        (np.shape(x)) -> (x.shape)
        (1 - p) -> max(p, 1e-3)
    a share `p` is KEPT: an entry is kept where its random number is not below `p`
        (np.shape(x)) >= p -> (x.shape) < p
    the same units are dropped for all examples: the mask has the shape of x, an entry for each
    example
        mask = np.repeat((rng.random((1, *x.shape[1:])) >= p) / (1 - p), len(x), axis=0)
        return x * mask, mask
    or
        mask = np.broadcast_to((rng.random(x.shape[-1]) >= p) / (1 - p), x.shape).copy()
        return x * mask, mask
    whole examples are dropped: each entry has a chance of its own
        mask = np.ones(x.shape) * (rng.random((len(x), *[1] * (x.ndim - 1))) >= p) / (1 - p)
        return x * mask, mask
    exactly a share `p` of each example is dropped: each entry is dropped by itself, and the number
    varies
        flat = np.ones((len(x), x[0].size)) / (1 - p)
        flat[:, : round(p * flat.shape[1])] = 0
        mask = rng.permuted(flat, axis=1).reshape(x.shape)
        return x * mask, mask
    the scale is in the result but not in the mask, which the backward pass needs: mask is 0 or 1 /
    (1 - p)
        keep = rng.random(x.shape) >= p
        return x * keep / (1 - p), keep * 1.0
    the scale is in the mask but not in the result: out is `x * mask`
        keep = rng.random(x.shape) >= p
        return x * keep, keep / (1 - p)
    the mask is random, but nothing is dropped from x: out is `x * mask`
        return 1.0 * x, (rng.random(x.shape) >= p) / (1 - p)
    the numbers do not come from the generator `rng`
        return dropout_forward(x, p, np.random.default_rng(0))
    the scale is there twice: mask holds it already, out is `x * mask`
        (np.shape(x)) -> (x.shape)
        x * mask -> x * mask / (1 - p)
    the result and the mask come from different draws: draw once, and use that mask for both
        return dropout_forward(x, p, rng)[0], dropout_forward(x, p, rng)[1]
    a share `p` is kept, and nothing is scaled: `p` is the ratio dropped, and the kept entries are
    divided by 1 - p
        mask = (rng.random(x.shape) < p) * 1.0
        return x * mask, mask
    nothing is dropped: each entry has a toss of its own, and is dropped with the probability `p`
        return 1.0 * x, np.ones(x.shape)
    or
        return x / (1 - p), np.ones(x.shape) / (1 - p)
    the random numbers themselves stand in the mask, times the scale: it is 0 or 1 / (1 - p)
        mask = rng.random(x.shape)
        return x * mask, mask
    or
        mask = rng.random(x.shape) / (1 - p)
        return x * mask, mask
    or
        numbers = rng.random(x.shape)
        mask = numbers * (numbers >= p) / (1 - p)
        return x * mask, mask
    normal numbers were drawn, so that another share than `p` is dropped: draw uniform ones
        mask = (rng.normal(size=x.shape) >= p) / (1 - p)
        return x * mask, mask
    every entry is dropped with the probability 1/2: it is `p`
        mask = (rng.random(x.shape) >= 0.5) / (1 - p)
        return x * mask, mask
    or
        mask = (rng.random(x.shape) >= 0.5) * 2.0
        return x * mask, mask
    or
        mask = rng.integers(0, 2, x.shape) / (1 - p)
        return x * mask, mask
    the kept entries are divided by the root of 1 - p: divide by 1 - p
        mask = (rng.random(x.shape) >= p) / np.sqrt(1 - p)
        return x * mask, mask
    the mask says which entries are dropped, out is right: mask is 1 / (1 - p) where an entry is
    kept
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return x * mask, (mask == 0) * 1.0
    or
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return x * mask, (mask == 0) / (1 - p)
    the kept entries are multiplied by 1 + p: the kept entries are divided by 1 - p
        mask = (rng.random(x.shape) >= p) * (1 + p)
        return x * mask, mask
    the kept entries are divided by the share that was kept by chance: divide by 1 - p
        keep = rng.random(x.shape) >= p
        mask = keep / keep.mean()
        return x * mask, mask
    out and mask have changed places: `return out, mask`
        return dropout_forward(x, p, rng)[::-1]
    a share `p` is kept, and the kept entries are multiplied by 1 - p: `p` is the ratio dropped, and
    they are divided by 1 - p
        mask = (rng.random(x.shape) < p) * (1 - p)
        return x * mask, mask
    the kept entries are multiplied by `p`: they are divided by 1 - p
        mask = (rng.random(x.shape) >= p) * p
        return x * mask, mask
    or
        mask = (rng.random(x.shape) < p) * p
        return x * mask, mask
""")
dropout_forward.add_variants("""
    binomial draws, in float32
        mask = (rng.binomial(1, 1 - p, size=x.shape) / (1 - p)).astype(np.float32)
        return x.astype(np.float32) * mask, mask
    entry by entry, in lists
        mask = np.array([0.0 if rng.random() < p else 1 / (1 - p) for _ in range(x.size)])
        mask = mask.reshape(x.shape)
        return (x * mask).tolist(), mask.tolist()
    a choice between two values
        mask = rng.choice([0.0, 1 / (1 - p)], p=[p, 1 - p], size=x.shape)
        return np.where(mask > 0, x / (1 - p), 0.0), mask
""")


@judge(reference.dropout_backward, points=1, returns=("grad_x",))
def dropout_backward(rng):
    for label, shape, keep in (
        ("a layer", (3, 5), 0.7), ("four axes", (2, 2, 3, 3), 0.6), ("a high rate", (4, 6), 0.3),
    ):  # fmt: skip
        mask = rng.permuted(np.arange(np.prod(shape)) < keep * np.prod(shape)).reshape(shape)
        yield Call(label, grad_out=_away_from_zero(rng, shape), mask=mask / keep)
    yield Call("nothing was dropped", grad_out=_away_from_zero(rng, (2, 4)), mask=np.ones((2, 4)))


dropout_backward.add_mistakes("""
    the gradient passes the dropped entries, too: multiply by the mask
        return 1.0 * grad_out
    the scale is missing: multiply by the mask as it is, not only where it is positive
        return grad_out * (mask > 0)
    the scale is undone: the derivative of `x * mask` is `mask`, so multiply, do not divide
        return np.divide(grad_out, mask, out=np.zeros_like(grad_out), where=mask > 0)
    or
        return grad_out / mask
    or
        return grad_out / np.where(mask > 0, mask, 1.0)
    or
        return np.where(mask > 0, grad_out, 0) / mask.max()
    the gradient flows through the dropped entries alone: multiply by the mask
        return grad_out * (mask == 0)
    the mask enters squared: multiply by it once
        return grad_out * mask**2
    this is the mask, the derivative of one entry: multiply the gradient by it
        return mask.copy()
    the gradient is scaled, and not masked: multiply by the mask, which is 0 where an entry was
    dropped
        return grad_out * mask.max()
    or
        return grad_out / (mask > 0).mean()
    or
        return np.where(mask > 0, grad_out * mask, grad_out)
    the mask is added: multiply by it
        return grad_out + mask
    the mask is subtracted: multiply by it
        return grad_out - mask
    only where the mask is 1 the gradient passes: the mask is 0 or the scale, multiply by it
        return grad_out * (mask == 1)
    the dropped entries are left out: grad_x has the shape of the mask, with 0 there
        return (grad_out * mask)[mask > 0]
    the mask comes from the signs of the gradient: multiply by the mask that is given
        return grad_out * (grad_out > 0)
    negative gradients are set to 0, too: multiply by the mask alone
        return np.maximum(grad_out, 0) * mask
""")
dropout_backward.add_variants("""
    only where something was kept, in float32
        grad = np.zeros(mask.shape, dtype=np.float32)
        grad[mask > 0] = (grad_out[mask > 0] * mask.max()).astype(np.float32)
        return grad
    as a product with a diagonal matrix
        return (np.diag(mask.ravel()) @ grad_out.ravel()).reshape(mask.shape)
""")


@judge(
    reference.dropconnect_forward, points=2, returns=("out", "mask"), compare_as=quantities.dropconnect,
    rtol=1e-4, atol=1e-4,
)  # fmt: skip
def dropconnect_forward(rng):
    x, weights = _away_from_zero(rng, (3, 12)), _away_from_zero(rng, (12, 120))
    for words, seed in _chances(rng):
        yield Call(f"from 12 units to 120{words}", x=x, weights=weights, p=0.3, rng=Rng(seed))
    x, weights = _away_from_zero(rng, (2, 120)), _away_from_zero(rng, (120, 12))
    yield Call("from 120 units to 12", x=x, weights=weights, p=0.6, rng=Rng(int(rng.integers(2**31))))
    x, weights = _away_from_zero(rng, (4, 3)), _away_from_zero(rng, (3, 2))
    yield Call("p = 0: nothing is dropped", x=x, weights=weights, p=0.0, rng=Rng(7))


def _connect(x, weights, mask):
    return x @ (weights * mask), mask


dropconnect_forward.add_mistakes("""
    `p` is the probability of being DROPPED; here it is that of being kept
        return _connect(x, weights, (rng.random(weights.shape) < p) / max(p, 1e-3))
    the kept weights are not divided by 1 - p: the expectation shrinks
        return _connect(x, weights, (rng.random(weights.shape) >= p) * 1.0)
    the kept weights are multiplied by 1 - p: divide by it
        return _connect(x, weights, (rng.random(weights.shape) >= p) * (1 - p))
    whole rows of the weights are dropped: that is dropout of the inputs; here each weight has a
    chance of its own
        kept = (rng.random((len(weights), 1)) >= p) / (1 - p)
        return _connect(x, weights, kept * np.ones(weights.shape))
    or
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return (x * mask) @ weights, mask
    or
        mask = (rng.random(len(weights)) >= p) / (1 - p)
        return (x * mask) @ weights, np.tile(mask[:, None], weights.shape[1])
    whole columns of the weights are dropped: that is dropout of the outputs; here each weight has a
    chance of its own
        kept = (rng.random((1, weights.shape[1])) >= p) / (1 - p)
        return _connect(x, weights, kept * np.ones(weights.shape))
    or
        mask = (rng.random((len(x), weights.shape[1])) >= p) / (1 - p)
        return (x @ weights) * mask, mask
    the mask is drawn but not used: out is `x @ (weights * mask)`
        return x @ weights, (rng.random(weights.shape) >= p) / (1 - p)
    the scale is in the result but not in the mask: mask is 0 or 1 / (1 - p)
        keep = (rng.random(weights.shape) >= p) * 1.0
        return x @ (weights * keep) / (1 - p), keep
    the numbers do not come from the generator `rng`
        return dropconnect_forward(x, weights, p, np.random.default_rng(0))
    a share `p` is KEPT: a weight is kept where its random number is not below `p`
        return _connect(x, weights, (rng.random(weights.shape) < p) / (1 - p))
    the kept weights are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept
        return _connect(x, weights, (rng.random(weights.shape) >= p) / max(p, 1e-3))
    a share `p` is kept, and nothing is scaled: `p` is the ratio dropped, and the kept weights are
    divided by 1 - p
        return _connect(x, weights, (rng.random(weights.shape) < p) * 1.0)
    the scale is in the mask but not in the result: out is `x @ (weights * mask)`
        keep = (rng.random(weights.shape) >= p) * 1.0
        return x @ (weights * keep), keep / (1 - p)
    the scale is there twice: mask holds it already
        out, mask = dropconnect_forward(x, weights, p, rng)
        return out / (1 - p), mask
    every weight is dropped with the probability 1/2: it is `p`
        return _connect(x, weights, (rng.random(weights.shape) >= 0.5) / (1 - p))
    nothing is dropped: each weight has a toss of its own, and is dropped with the probability `p`
        return x @ weights, np.ones(weights.shape)
    or
        return x @ weights / (1 - p), np.ones(weights.shape) / (1 - p)
    the masked weights are returned: return the mask
        out, mask = dropconnect_forward(x, weights, p, rng)
        return out, weights * mask
    the masked weights alone are the result: out is `x @ (weights * mask)`
        mask = (rng.random(weights.shape) >= p) / (1 - p)
        return weights * mask, mask
    the kept weights are multiplied by `p`: they are divided by 1 - p
        return _connect(x, weights, (rng.random(weights.shape) >= p) * p)
    or
        return _connect(x, weights, (rng.random(weights.shape) < p) * p)
""")
dropconnect_forward.add_variants("""
    binomial draws and einsum, in float32
        mask = (rng.binomial(1, 1 - p, weights.shape) / (1 - p)).astype(np.float32)
        return np.einsum(
            "nd,dk,dk->nk", x.astype(np.float32), weights.astype(np.float32), mask
        ), mask
    unit by unit
        out, mask = np.zeros((len(x), weights.shape[1])), np.zeros(weights.shape)
        for k in range(weights.shape[1]):
            mask[:, k] = [1 / (1 - p) if rng.random() >= p else 0 for _ in range(len(weights))]
            out[:, k] = x @ (weights[:, k] * mask[:, k])
        return out, mask
""")


@judge(
    reference.stochastic_depth_forward, points=2, returns=("out",), compare_as=quantities.stochastic_depth,
    rtol=1e-4, atol=1e-4,
)  # fmt: skip
def stochastic_depth_forward(rng):
    def block(n, d):
        return {"x": _away_from_zero(rng, (n, d)), "residual": _away_from_zero(rng, (n, d))}

    given = block(200, 3)
    for words, seed in _chances(rng):
        yield Call(f"training{words}", **given, survival=0.8, training=True, rng=Rng(seed))
    number = int(rng.integers(2**31))
    yield Call("training, a low probability", **block(200, 3), survival=0.2, training=True, rng=Rng(number))
    survival = rng.uniform(0.55, 0.7)
    yield Call("test", **block(9, 3), survival=survival, training=False, rng=Rng(number))
    survival = rng.uniform(0.1, 0.3)
    yield Call("test, a low probability", **block(6, 4), survival=survival, training=False, rng=Rng(number))
    yield Call("survival 1: nothing is dropped", **block(5, 2), survival=1.0, training=True, rng=Rng(number))


def _tosses(x, survival, rng):
    return rng.random((len(x), 1)) < survival


stochastic_depth_forward.add_mistakes("""
    at test time the branch is not scaled: multiply it by its probability of survival
        return x + (_tosses(x, survival, rng) if training else 1.0) * residual
    `survival` is the probability of being KEPT; here it is that of being dropped
        return stochastic_depth_forward(x, residual, 1 - survival, training, rng)
    or
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + (1 - survival) * residual
    at test time the branch is multiplied by 1 - survival, the ratio dropped: multiply by the ratio
    kept
        return x + (_tosses(x, survival, rng) if training else 1 - survival) * residual
    the shortcut is dropped, too: x always passes, only the residual branch has a chance
        return (_tosses(x, survival, rng) if training else survival) * (x + residual)
    each entry is dropped by itself, which is dropout: an example keeps its branch, or loses it, as
    a whole
        return x + (rng.random(x.shape) < survival if training else survival) * residual
    one toss decides for all examples: toss for each of them
        return x + (float(rng.random() < survival) if training else survival) * residual
    or
        if training:
            return x + residual if rng.random() < survival else x.copy()
        return x + survival * residual
    the branch is divided by survival in training: here it is scaled at test time, by multiplication
        return x + (_tosses(x, survival, rng) / survival if training else 1.0) * residual
    the branch is scaled twice, in training and at test time: once is enough, at test time
        return x + (_tosses(x, survival, rng) / survival if training else survival) * residual
    branches are dropped at test time, too: there the result is not random
        return x + _tosses(x, survival, rng) * residual
    in training nothing is dropped: multiply the branch by 0 or 1, by chance
        return x + survival * residual
    where the branch survives x is missing: the result is x + residual there
        if not training:
            return x + survival * residual
        return np.where(_tosses(x, survival, rng), residual, x)
    the shortcut is missing: add x to what is left of the branch
        return (_tosses(x, survival, rng) if training else survival) * residual
    at test time x is scaled, too: multiply the branch alone by `survival`
        return x + _tosses(x, survival, rng) * residual if training else survival * (x + residual)
    training and test have changed places
        return stochastic_depth_forward(x, residual, survival, not training, rng)
    `survival` is taken for the probability of being dropped in training, and rightly at test time:
    a branch is kept with the probability `survival`
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + survival * residual
    in training the branch is dropped with the probability `survival`, and the test has no scale: it
    is kept with that probability, and multiplied by it at test time
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + residual
    at test time the branch is divided by survival: it is multiplied
        return x + (_tosses(x, survival, rng) if training else 1 / survival) * residual
    at test time the branch is missing: it is multiplied by its probability of survival
        return x + (_tosses(x, survival, rng) if training else 0.0) * residual
    in training the branch is scaled, too: it is multiplied by 0 or 1 there, and by `survival` at
    test time alone
        return x + (_tosses(x, survival, rng) * survival if training else survival) * residual
    one toss decides for all examples, and at test time the branch is not scaled: toss for each, and
    multiply the branch by `survival` at test time
        if training:
            return x + residual if rng.random() < survival else x.copy()
        return x + residual
    the shortcut is multiplied, not the branch: x always passes, `residual` has a chance
        if not training:
            return survival * x + residual
        return _tosses(x, survival, rng) * x + residual
    the branch survives with the probability 1/2: it is `survival`
        return x + (_tosses(x, 0.5, rng) if training else survival) * residual
    the numbers do not come from the generator `rng`
        return stochastic_depth_forward(x, residual, survival, training, np.random.default_rng(0))
    in training the whole branch passes always: multiply it by 0 or 1, by chance
        return x + (1.0 if training else survival) * residual
    in training the shortcut is dropped, too: x always passes, only the residual branch has a chance
        return _tosses(x, survival, rng) * (x + residual) if training else x + survival * residual
""")
stochastic_depth_forward.add_variants("""
    example by example
        out = x.copy()
        for i in range(len(x)):
            if not training:
                out[i] += survival * residual[i]
            elif rng.random() < survival:
                out[i] += residual[i]
        return out
    binomial draws, in float32
        scale = rng.binomial(1, survival, len(x)) if training else np.full(len(x), survival)
        return (x + np.einsum("n,nd->nd", scale, residual)).astype(np.float32)
""")


@judge(reference.fractional_pooling_regions, points=2, returns=("regions",))
def fractional_pooling_regions(rng):
    for label, n, out in (
        ("25 pixels in 18 regions", 25, 18),
        ("17 pixels in 12 regions", 17, 12),
        ("40 pixels in 25 regions", 40, 25),
        ("30 pixels in 8 regions, more than two each", 30, 8),
        ("one region for each pixel", 60, 60),
    ):
        yield Call(label, n=n, out=out, u=rng.uniform(0.35, 0.9))
    # Five disjoint ranges: u = 0, rounding or a shift elsewhere cannot agree in all of them.
    for k in range(5):
        yield Call(f"31 pixels in 21 regions, {k + 1}", n=31, out=21, u=(k + rng.uniform(0.1, 0.9)) / 5)


def _regions(edges):
    edges = np.asarray(edges).astype(int)
    return np.column_stack([edges[:-1], edges[1:]])


fractional_pooling_regions.add_mistakes("""
    `u` has no effect, the regions would be the same every time: in floor(alpha * (i + u) - alpha *
    u) it cancels, so take the floor of each term, then subtract
        return _regions(np.floor(n / out * np.arange(out + 1) + 1e-9))
    the first edge is not at 0: subtract floor(alpha * u) from all of them
        return _regions(np.floor(n / out * (np.arange(out + 1) + u)))
    the edges are rounded to the nearest: take the floor of both terms
        edges = np.round(n / out * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
    `u` is added after the scaling: alpha multiplies i + u
        edges = np.floor(n / out * np.arange(out + 1) + u + 1e-9)
        return _regions(edges - edges[0])
    the ends are the last pixels of the regions: here they are the first pixels after them
        return fractional_pooling_regions(n, out, u) - [0, 1]
    these are the sizes of the regions: return where each begins and ends
        return np.diff(fractional_pooling_regions(n, out, u), axis=1)[:, 0]
    alpha is rounded down: n / out is not a whole number, that is the point
        edges = np.floor(n // out * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
    these are the edges: return one row (start, end) for each region
        edges = np.floor(n / out * (np.arange(out + 1) + u))
        return edges - edges[0]
    the floor is taken of a difference, in which `u` cancels but for rounding: take the floor of
    each term by itself, then subtract
        alpha = n / out
        return _regions(np.floor(alpha * (np.arange(out + 1) + u) - alpha * u))
    the second column holds the sizes of the regions: it is the first pixel AFTER each
        return fractional_pooling_regions(n, out, u) @ [[1, -1], [0, 1]]
    pixels are counted from 1: the first is 0
        return fractional_pooling_regions(n, out, u) + 1
    the last region does not end at n: it ends where the image does
        edges = np.floor(n / out * (np.arange(out + 1) + u)).astype(int)
        edges = edges - edges[0]
        edges[-1] = n - 1
        return _regions(edges)
    the regions are of one size, but for the last: their ends are floor(alpha * (i + u)) -
    floor(alpha * u)
        edges = np.arange(out + 1) * (n // out)
        edges[-1] = n
        return _regions(edges)
    the ratio is upside down: alpha is n / out
        edges = np.floor(out / n * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
""")
fractional_pooling_regions.add_variants("""
    ceilings in place of floors, as in the paper
        alpha = n / out
        edges = [int(np.ceil(alpha * (i + u)) - np.ceil(alpha * u)) for i in range(out + 1)]
        return [(start, end) for start, end in zip(edges[:-1], edges[1:], strict=True)]
    from one edge to the next, as floats
        regions, position, alpha = np.zeros((out, 2)), 0, n / out
        for i in range(out):
            size = int(alpha * (i + 1 + u)) - int(alpha * (i + u))
            regions[i] = position, position + size
            position += size
        return regions
""")


def _cut_axis(rng, n, count):
    """Disjoint regions of different sizes that cover the axis."""
    edges = np.sort(np.append(rng.choice(np.arange(1, n), count - 1, replace=False), [0, n]))
    return np.column_stack([edges[:-1], edges[1:]])


@judge(reference.max_pool_regions, points=2, returns=("pooled",))
def max_pool_regions(rng):
    def images(*shape):
        return _away_from_zero(rng, shape)

    yield Call(
        "disjoint regions", images=images(2, 3, 7, 9),
        rows=_cut_axis(rng, 7, 4), columns=_cut_axis(rng, 9, 3),
    )  # fmt: skip
    yield Call(
        "as many rows as columns", images=images(3, 1, 8, 8),
        rows=_cut_axis(rng, 8, 5), columns=_cut_axis(rng, 8, 5),
    )  # fmt: skip
    starts = np.array([0, 2, 3, 5])
    overlapping = np.column_stack([starts, starts + 3])
    yield Call("overlapping regions of 3 x 3 pixels", images=images(2, 2, 8, 8), rows=overlapping, columns=overlapping)
    yield Call(
        "all values are negative", images=-np.abs(images(2, 2, 6, 5)),
        rows=_cut_axis(rng, 6, 3), columns=_cut_axis(rng, 5, 3),
    )  # fmt: skip
    yield Call(
        "one region: the whole image", images=images(2, 2, 4, 5),
        rows=np.array([[0, 4]]), columns=np.array([[0, 5]]),
    )  # fmt: skip


def _pool(images, rows, columns, function):
    """Apply a function of a block of pixels, with the axes (n, c, h, w), to each region."""
    pooled = np.empty((*images.shape[:2], len(rows), len(columns)))
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            pooled[:, :, i, j] = function(images, top, bottom, left, right)
    return pooled


max_pool_regions.add_mistakes("""
    this is the mean of each region: take the largest value
        max(axis -> mean(axis
    the regions end one pixel too late: the end is the first pixel that does NOT belong to it
        top:bottom, left:right -> top : bottom + 1, left : right + 1
    the largest absolute value is taken: the largest value is wanted, with its sign
        images[:, :, top:bottom, left:right] -> np.abs(images[:, :, top:bottom, left:right])
    the search begins at 0: of a region of negative values the largest is negative
        max(axis=(2, 3)) -> max(axis=(2, 3), initial=0)
    the largest value of all channels is taken: each channel is pooled by itself
        max(axis=(2, 3)) -> max(axis=(1, 2, 3), keepdims=True)[:, :, 0, 0]
    rows and columns are exchanged: rows are the third axis of the images, columns the last
        turned = images.transpose(0, 1, 3, 2)
        pooled = _pool(
            turned, rows, columns,
            lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3), initial=-9.0),
        )  # fmt: skip
        return pooled
    or
        images[:, :, top:bottom, left:right] -> images[:, :, left:right, top:bottom]
    or
        return _pool(images, columns, rows, lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3)))
    only the first pixel of each region is taken: take the largest of the region
        region.max(axis=(2, 3)) -> images[:, :, top, left]
    this is the smallest value of each region: take the largest
        max(axis -> min(axis
    this is a sum over each region: take the largest value
        max(axis -> sum(axis
    the largest value of all images and channels is taken: `max` without axes; give it the last two
        max(axis=(2, 3)) -> max()
    the largest value of all images is taken: each image is pooled by itself
        max(axis=(2, 3)) -> max(axis=(0, 2, 3))
    each a-th pixel is taken, from every region's number on: a region is a block of neighbours, from
    its start to its end
        a, b = len(rows), len(columns)
        return np.stack([np.stack([images[:, :, i::a, j::b].max(axis=(2, 3)) for j in range(b)], -1) for i in range(a)], 2)
    the regions begin one pixel too late: the start is the first pixel that belongs to it
        top:bottom, left:right -> top + 1 : bottom, left + 1 : right
    or
        region.max(axis=(2, 3)) -> images[:, :, min(top + 1, bottom - 1) : bottom, min(left + 1, right - 1) : right].max(axis=(2, 3))
    the regions are without their last pixel: a slice leaves out its end already
        top:bottom, left:right -> top : bottom - 1, left : right - 1
    or
        region.max(axis=(2, 3)) -> images[:, :, top : max(bottom - 1, top + 1), left : max(right - 1, left + 1)].max(axis=(2, 3))
    the ends are taken for sizes: a region runs from its start to its end
        top:bottom, left:right -> top : top + bottom, left : left + right
    the last pixel of each region is taken: take the largest of the region
        region.max(axis=(2, 3)) -> images[:, :, bottom - 1, right - 1]
    the largest of each row is averaged, or of each column: take the largest of the region
        region.max(axis=(2, 3)) -> region.max(axis=3).mean(axis=2)
    or
        region.max(axis=(2, 3)) -> region.max(axis=2).mean(axis=2)
    the place of the largest value is returned: return the value
        region.max(axis=(2, 3)) -> region.reshape(*region.shape[:2], -1).argmax(axis=2)
    the regions of equal size were made, not those that are given: `rows` and `columns` say where
    each begins and ends
        h, w = images.shape[2] // len(rows), images.shape[3] // len(columns)
        return _pool(images, [(i * h, i * h + h) for i in range(len(rows))], [(j * w, j * w + w) for j in range(len(columns))], lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3)))
    the median of each region is taken: take the largest value
        region.max(axis=(2, 3)) -> np.median(region, axis=(2, 3))
    rows and columns are exchanged in the result: it has the axes (n, c, rows, columns)
        pooled = max_pool_regions(images, rows, columns)
        return pooled.swapaxes(2, 3).reshape(pooled.shape)
    or
        return max_pool_regions(images, rows, columns).swapaxes(2, 3)
    this is the mean of the largest and the smallest value of each region: take the largest
        region.max(axis=(2, 3)) -> (region.max(axis=(2, 3)) + region.min(axis=(2, 3))) / 2
""")
max_pool_regions.add_variants("""
    first the rows, then the columns
        tall = np.stack([images[:, :, t:b].max(axis=2) for t, b in rows], axis=2)
        return np.stack([tall[:, :, :, l:r].max(axis=3) for l, r in columns], axis=3)
    number by number, in float32
        return np.array(
            [
                [
                    [[channel[t:b, l:r].max() for l, r in columns] for t, b in rows]
                    for channel in image
                ]
                for image in images
            ],
            dtype=np.float32,
        )
""")

which_ratio = Written(
    "which-ratio",
    points=4,
    rubric="""\
- 1 point: the expectation at training is derived from the four masks, or from E[mask] = 1 - p for each input: (1 - p)(w1 x + w2 y).
- 1 point: the test-time factor is the ratio kept, 1 - p = 0.8; with the ratio dropped the sum is 0.2 / 0.8 = a quarter of what the next layer was trained on.
- 1 point: the two ratios agree only at p = 1/2, and why that hides the mistake (lectures and examples use 1/2; a classifier's argmax may survive a wrong scale).
- 1 point: a check that does not rest on accuracy: the mean over many random passes against the test pass, or the mean of the units at training and at test; or inverted dropout, and why it avoids the question.""",
)

choose_remedies = Written(
    "choose-remedies",
    points=4,
    rubric="""\
- 1 point: the diagnosis (training loss near 0, validation loss rising from epoch 15: overfitting) and what is free of cost: early stopping with patience and restored weights.
- 1 point: augmentation by transforms that keep the label, chosen for these images: left and right carry meaning here, so no flips; small shifts, brightness, perhaps small rotations.
- 1 point: at least one further remedy with how its strength is chosen (weight decay or dropout, tuned on the validation data, not on the test data), decoupled because the optimizer is Adam.
- 1 point: a plan that tells the remedies apart: one change at a time or a small grid, several seeds, the spread of the seeds beside the difference; the test set once, at the end.""",
)
