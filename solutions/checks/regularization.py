"""How the exercises of the chapter on regularization are judged.

Strengths and thresholds in the cases are large, so that every mistake changes a result by far more
than the tolerance for float32. Where chance decides, a function of `quantities` says what is compared.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import regularization as reference
from solutions.checks import quantities


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


@l2_penalty.mistake("the biases are penalised, too: only where `is_weight` is true")
def l2_with_biases(theta, lam, is_weight):
    return lam / 2 * np.sum(theta**2), lam * theta


@l2_penalty.mistake(
    "the penalty lacks the half: `lam / 2` times the sum of squares, whose gradient is `lam * theta`"
)
def l2_no_half(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(weights**2), lam * weights


@l2_penalty.mistake(
    "another convention: this is `lam` times the sum of squares, with a gradient twice as large; here the penalty has a half"
)
def l2_other_convention(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(weights**2), 2 * lam * weights


@l2_penalty.mistake("the gradient has a half too much: the derivative of `lam / 2 * w**2` is `lam * w`")
def l2_half_gradient(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), lam / 2 * weights


@l2_penalty.mistake("this takes the norm itself: the L2 penalty is the SQUARED norm, without a root")
def l2_not_squared(theta, lam, is_weight):
    weights = theta * is_weight
    norm = np.linalg.norm(weights)
    return lam / 2 * norm, lam / 2 * weights / norm


@l2_penalty.mistake("the gradient of the squared norm is wanted; the penalty itself is a SQUARED norm, without a root")
def l2_root(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.linalg.norm(weights), lam * weights


@l2_penalty.mistake("this is a mean: the penalty is a sum over the weights, not divided by their number")
def l2_mean(theta, lam, is_weight):
    weights, n = theta * is_weight, theta.size
    return lam / 2 * np.mean(weights**2), lam * weights / n


@l2_penalty.mistake("`lam` is missing in the gradient")
def l2_no_lam(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), weights


@l2_penalty.mistake("the gradient has the wrong sign: the penalty grows with the weights")
def l2_sign(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), -lam * weights


@l2_penalty.mistake(
    "grad holds the weights alone: it must have the shape of `theta`, with 0 for the biases"
)
def l2_short(theta, lam, is_weight):
    # Where there are no biases this is right; the other cases tell.
    weights = theta[is_weight]
    return lam / 2 * np.sum(weights**2), lam * weights


@l2_penalty.mistake("the gradient penalises the biases, the penalty does not: grad is 0 for the biases, too")
def l2_gradient_with_biases(theta, lam, is_weight):
    return lam / 2 * np.sum((theta * is_weight) ** 2), lam * theta


@l2_penalty.mistake("the penalty counts the biases, the gradient does not: sum the squares of the weights alone")
def l2_value_with_biases(theta, lam, is_weight):
    return lam / 2 * np.sum(theta**2), lam * theta * is_weight


@l2_penalty.mistake("this is the square of the sum: square each weight first, then add")
def l2_square_of_the_sum(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights) ** 2, lam * weights


@l2_penalty.mistake("the gradient is twice too large: the 2 of the derivative and the half of the penalty cancel")
def l2_double_gradient(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), 2 * lam * weights


@l2_penalty.mistake("`is_weight` is the wrong way round: it is true for weights, and the biases are spared")
def l2_biases_alone(theta, lam, is_weight):
    return reference.l2_penalty(theta, lam, ~is_weight)


@l2_penalty.variant("a loop")
def l2_loop(theta, lam, is_weight):
    penalty, grad = 0.0, []
    for w, counts in zip(theta, is_weight, strict=True):
        penalty += 0.5 * lam * w * w if counts else 0.0
        grad.append(lam * w if counts else 0.0)
    return penalty, grad


@l2_penalty.variant("by indices, in float32")
def l2_indices(theta, lam, is_weight):
    grad = np.zeros(len(theta), dtype=np.float32)
    grad[is_weight] = lam * theta[is_weight]
    return np.float32(lam / 2 * theta[is_weight] @ theta[is_weight]), grad


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


@ridge.mistake("the intercept is penalised, too: subtract the means first, or leave it out of the penalty")
def ridge_penalised_intercept(x, y, lam):
    ones = np.column_stack([x, np.ones(len(x))])
    both = np.linalg.solve(ones.T @ ones + lam * np.eye(ones.shape[1]), ones.T @ y)
    return both[:-1], both[-1]


@ridge.mistake("the fit goes through the origin: subtract the means of x and y before you solve")
def ridge_no_intercept(x, y, lam):
    return np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ y), 0.0


@ridge.mistake(
    "the weights come from x and y as they are: subtract their means before you solve, not only for the intercept"
)
def ridge_late_mean(x, y, lam):
    weights = np.linalg.solve(x.T @ x + lam * np.eye(x.shape[1]), x.T @ y)
    return weights, y.mean() - x.mean(axis=0) @ weights


@ridge.mistake(
    "`lam` is added to every entry of the matrix: `+ lam` does that; it belongs on the diagonal, `lam * np.eye(d)`"
)
def ridge_everywhere(x, y, lam):
    xc, yc = x - x.mean(axis=0), y - y.mean()
    weights = np.linalg.lstsq(xc.T @ xc + lam, xc.T @ yc, rcond=1e-12)[0]
    return weights, y.mean() - x.mean(axis=0) @ weights


@ridge.mistake("this is least squares without a penalty: `lam` is not used")
def ridge_without(x, y, lam):
    xc, yc = x - x.mean(axis=0), y - y.mean()
    weights = np.linalg.lstsq(xc, yc, rcond=1e-12)[0]
    return weights, y.mean() - x.mean(axis=0) @ weights


@ridge.mistake(
    "another convention: this minimises the MEAN of the squares plus the penalty; here the squares are summed, so `lam` is not multiplied by n"
)
def ridge_mean(x, y, lam):
    return reference.ridge(x, y, lam * len(x))


@ridge.mistake("`lam` enters squared: it is added to the diagonal as it is")
def ridge_squared(x, y, lam):
    return reference.ridge(x, y, lam**2)


@ridge.mistake(
    "`lam` enters halved: the sum of squares has no half here, so its derivative and that of the penalty both have the factor 2"
)
def ridge_half(x, y, lam):
    return reference.ridge(x, y, lam / 2)


@ridge.mistake("`lam` enters doubled: both derivatives have the factor 2, which cancels")
def ridge_double(x, y, lam):
    return reference.ridge(x, y, 2 * lam)


@ridge.mistake(
    "the intercept is the mean of y, which would be right for x of mean 0: subtract `x.mean(axis=0) @ weights`"
)
def ridge_intercept_mean(x, y, lam):
    return reference.ridge(x, y, lam)[0], y.mean()


@ridge.mistake("the mean of ALL entries of x is subtracted: each column has its own, `x.mean(axis=0)`")
def ridge_one_mean(x, y, lam):
    xc, yc = x - x.mean(), y - y.mean()
    weights = np.linalg.solve(xc.T @ xc + lam * np.eye(x.shape[1]), xc.T @ yc)
    return weights, y.mean() - x.mean(axis=0) @ weights


@ridge.mistake("the weights are right, the intercept is not 0: it is the mean of y minus `x.mean(axis=0) @ weights`")
def ridge_zero_intercept(x, y, lam):
    return reference.ridge(x, y, lam)[0], 0.0


@ridge.mistake("the intercept has a wrong sign: SUBTRACT `x.mean(axis=0) @ weights` from the mean of y")
def ridge_intercept_sign(x, y, lam):
    weights, _ = reference.ridge(x, y, lam)
    return weights, y.mean() + x.mean(axis=0) @ weights


@ridge.mistake("`lam` is divided by n: the squares are summed here, not averaged, and `lam` stands as it is")
def ridge_divided(x, y, lam):
    return reference.ridge(x, y, lam / len(x))


@ridge.mistake("the columns are divided by their standard deviations: subtract the means, nothing else")
def ridge_standardised(x, y, lam):
    scale = x.std(axis=0)
    weights = reference.ridge(x / scale, y, lam)[0] / scale
    return weights, y.mean() - x.mean(axis=0) @ weights


@ridge.variant("more rows of data: least squares on x below which sqrt(lam) * I stands")
def ridge_augmented(x, y, lam):
    d = x.shape[1]
    # The intercept's column is 1 for the data and 0 for the added rows.
    rows = np.block(
        [[x, np.ones((len(x), 1))], [np.sqrt(lam) * np.eye(d), np.zeros((d, 1))]]
    )
    solution = np.linalg.lstsq(rows, np.append(y, np.zeros(d)), rcond=None)[0]
    return list(solution[:-1]), float(solution[-1])


@ridge.variant("by the singular values")
def ridge_svd(x, y, lam):
    mean = x.mean(axis=0)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    weights = vt.T @ (s / (s**2 + lam) * (u.T @ (y - np.mean(y))))
    return weights, np.mean(y - x @ weights)


@ridge.variant("the unpenalised column of ones, a zero on the diagonal")
def ridge_zero_on_the_diagonal(x, y, lam):
    ones = np.column_stack([np.ones(len(x)), x])
    diagonal = np.diag([0.0] + [lam] * x.shape[1])
    both = np.linalg.inv(ones.T @ ones + diagonal) @ ones.T @ y
    return both[1:].astype(np.float32), np.float32(both[0])


@judge(reference.l1_penalty, points=1, returns=("penalty", "subgradient"))
def l1_penalty(rng):
    yield from _penalty_cases(rng)


@l1_penalty.mistake("the biases are penalised, too: only where `is_weight` is true")
def l1_with_biases(theta, lam, is_weight):
    return lam * np.sum(np.abs(theta)), lam * np.sign(theta)


@l1_penalty.mistake("absolute values are missing: positive and negative weights cancel in this sum")
def l1_without_abs(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(weights), lam * np.sign(weights)


@l1_penalty.mistake("the slope of |w| does not depend on how large w is: it is the sign of w")
def l1_proportional(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * weights


@l1_penalty.mistake("the slope of |w| is -1 for negative w: take the sign, not 1 for every weight")
def l1_ones(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * (weights != 0)


@l1_penalty.mistake("the L1 penalty has no half: it is `lam` times the sum of absolute values")
def l1_half(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(np.abs(weights)), lam / 2 * np.sign(weights)


@l1_penalty.mistake("`lam` is missing in the subgradient")
def l1_no_lam(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), np.sign(weights)


@l1_penalty.mistake("this is the L2 penalty: L1 takes absolute values, not squares")
def l1_is_l2(theta, lam, is_weight):
    weights = theta * is_weight
    return lam / 2 * np.sum(weights**2), lam * weights


@l1_penalty.mistake("at a weight that is 0 the subgradient is 0: `np.where(w > 0, 1, -1)` gives -1 there")
def l1_two_signs(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * np.where(weights > 0, 1.0, -1.0) * is_weight


@l1_penalty.mistake("this is a mean: the penalty is a sum over the weights")
def l1_mean(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.mean(np.abs(weights)), lam * np.sign(weights) / theta.size


@l1_penalty.mistake("the subgradient penalises the biases, the penalty does not: it is 0 for the biases, too")
def l1_slope_with_biases(theta, lam, is_weight):
    return lam * np.sum(np.abs(theta * is_weight)), lam * np.sign(theta)


@l1_penalty.mistake("at a weight that is 0 the subgradient is 0: `np.where(w >= 0, 1, -1)` gives 1 there")
def l1_two_signs_up(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * np.where(weights >= 0, 1.0, -1.0) * is_weight


@l1_penalty.mistake("`w / abs(w)` is 0 / 0 where w is 0: `np.sign(w)` is 0 there")
def l1_quotient(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), lam * weights / np.abs(weights)


@l1_penalty.mistake(
    "the subgradient holds the weights alone: it must have the shape of `theta`, with 0 for the biases"
)
def l1_short(theta, lam, is_weight):
    weights = theta[is_weight]
    return lam * np.sum(np.abs(weights)), lam * np.sign(weights)


@l1_penalty.mistake("the subgradient has the wrong sign: the penalty grows with |w|")
def l1_sign(theta, lam, is_weight):
    weights = theta * is_weight
    return lam * np.sum(np.abs(weights)), -lam * np.sign(weights)


@l1_penalty.variant("a loop with cases")
def l1_loop(theta, lam, is_weight):
    penalty, slopes = 0.0, []
    for w, counts in zip(theta.tolist(), is_weight.tolist(), strict=True):
        penalty += lam * abs(w) * counts
        slopes.append(lam * ((w > 0) - (w < 0)) if counts else 0.0)
    return penalty, slopes


@l1_penalty.variant("the norm, in float32")
def l1_norm(theta, lam, is_weight):
    weights = np.where(is_weight, theta, 0.0).astype(np.float32)
    return lam * np.linalg.norm(weights, ord=1), np.float32(lam) * np.sign(weights)


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


@soft_threshold.mistake(
    "entries above the threshold stay as they are: that is the hard threshold; the soft one moves them towards zero, too"
)
def soft_is_hard(z, threshold):
    return z * (np.abs(z) > threshold)


@soft_threshold.mistake(
    "small entries jump beyond zero: that is a subgradient step; the proximal step stops at zero"
)
def soft_subgradient(z, threshold):
    return z - threshold * np.sign(z)


@soft_threshold.mistake("the signs are lost: negative entries stay negative")
def soft_unsigned(z, threshold):
    return np.maximum(np.abs(z) - threshold, 0)


@soft_threshold.mistake("negative entries are all set to zero: they move up towards zero by the threshold")
def soft_one_sided(z, threshold):
    return np.maximum(z - threshold, 0)


@soft_threshold.mistake("this is what is taken away: return the rest, `z` minus this")
def soft_clip(z, threshold):
    return np.clip(z, -threshold, threshold)


@soft_threshold.mistake("the entries move away from zero")
def soft_away(z, threshold):
    return np.sign(z) * (np.abs(z) + threshold)


@soft_threshold.mistake("the threshold is halved: the minimum of (w - z)**2 / 2 + threshold * |w| lies a whole threshold below |z|")
def soft_half(z, threshold):
    return reference.soft_threshold(z, threshold / 2)


@soft_threshold.mistake("this is the L2 step, which divides: the L1 step subtracts")
def soft_shrink(z, threshold):
    return z / (1 + threshold)


@soft_threshold.mistake("entries within the threshold stay as they are: they become exactly 0")
def soft_keeps_small(z, threshold):
    return np.where(np.abs(z) > threshold, z - threshold * np.sign(z), z)


@soft_threshold.mistake("negative entries move down, away from zero: below -threshold add the threshold, `z + threshold`")
def soft_negative_down(z, threshold):
    return np.where(np.abs(z) > threshold, z - threshold, 0.0)


@soft_threshold.mistake("where z and the threshold are both 0 this divides 0 by 0: subtract from |z|, without a quotient")
def soft_quotient(z, threshold):
    return z * np.maximum(1 - threshold / np.abs(z), 0)


@soft_threshold.variant("two one-sided thresholds")
def soft_two_sides(z, threshold):
    return np.maximum(z - threshold, 0) - np.maximum(-z - threshold, 0)


@soft_threshold.variant("what is left when the clipped part is gone")
def soft_rest(z, threshold):
    return (z - np.clip(z, -threshold, threshold)).astype(np.float32)


@soft_threshold.variant("lists and cases")
def soft_lists(z, threshold):
    if np.ndim(z):
        return [soft_lists(entry, threshold) for entry in z]
    return float(z - threshold if z > threshold else z + threshold if z < -threshold else 0.0)


@judge(reference.elastic_net_prox, points=2, returns=("w",))
def elastic_net_prox(rng):
    for label, shape in {"a vector": (8,), "a matrix": (4, 5)}.items():
        lr, l1, l2 = rng.uniform([0.3, 1.5, 0.6], [0.6, 2.5, 1.2])
        yield Call(label, z=lr * l1 * _around_the_threshold(rng, shape), lr=lr, l1=l1, l2=l2)
    z = 0.3 * _around_the_threshold(rng, 6)
    yield Call("L1 alone", z=z, lr=0.25, l1=rng.uniform(1.1, 1.2), l2=0.0)
    yield Call("L2 alone", z=z, lr=rng.uniform(0.2, 0.5), l1=0.0, l2=1.7)


@elastic_net_prox.mistake(
    "first divided, then thresholded: the threshold comes first, the division by 1 + lr * l2 after it"
)
def elastic_order(z, lr, l1, l2):
    return reference.soft_threshold(z / (1 + lr * l2), lr * l1)


@elastic_net_prox.mistake(
    "the L2 part is a gradient step, times 1 - lr * l2: the exact minimiser divides by 1 + lr * l2"
)
def elastic_gradient(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1) * (1 - lr * l2)


@elastic_net_prox.mistake("the learning rate is missing: the threshold is lr * l1, the divisor 1 + lr * l2")
def elastic_no_lr(z, lr, l1, l2):
    return reference.soft_threshold(z, l1) / (1 + l2)


@elastic_net_prox.mistake("`l1` and `l2` have changed places")
def elastic_swapped(z, lr, l1, l2):
    return reference.elastic_net_prox(z, lr, l2, l1)


@elastic_net_prox.mistake("the L2 penalty is forgotten: divide by 1 + lr * l2")
def elastic_l1_only(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1)


@elastic_net_prox.mistake("the L1 penalty is forgotten: threshold at lr * l1 first")
def elastic_l2_only(z, lr, l1, l2):
    return z / (1 + lr * l2)


@elastic_net_prox.mistake("the divisor has a factor 2 too much: the penalty is l2 / 2 * w**2, with a half")
def elastic_twice(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1) / (1 + 2 * lr * l2)


@elastic_net_prox.mistake(
    "negative entries are all set to zero: they move up towards zero by the threshold"
)
def elastic_one_sided(z, lr, l1, l2):
    return np.maximum(z - lr * l1, 0) / (1 + lr * l2)


@elastic_net_prox.mistake("the learning rate is missing in the divisor: it is 1 + lr * l2")
def elastic_no_lr_below(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1) / (1 + l2)


@elastic_net_prox.mistake("the learning rate is missing in the threshold: it is lr * l1")
def elastic_no_lr_above(z, lr, l1, l2):
    return reference.soft_threshold(z, l1) / (1 + lr * l2)


@elastic_net_prox.mistake("the result is multiplied by 1 + lr * l2, and grows: divide by it")
def elastic_multiplied(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1) * (1 + lr * l2)


@elastic_net_prox.mistake("the divisor has a half too much: the derivative of l2 / 2 * w**2 is l2 * w, so it is 1 + lr * l2")
def elastic_halved(z, lr, l1, l2):
    return reference.soft_threshold(z, lr * l1) / (1 + lr * l2 / 2)


@elastic_net_prox.mistake("this is a (sub)gradient step of the penalties: it has no exact zeros, take their minimiser")
def elastic_subgradient(z, lr, l1, l2):
    return z - lr * (l1 * np.sign(z) + l2 * z)


@elastic_net_prox.mistake("the signs are lost: negative entries stay negative")
def elastic_unsigned(z, lr, l1, l2):
    return np.maximum(np.abs(z) - lr * l1, 0) / (1 + lr * l2)


@elastic_net_prox.variant("two one-sided thresholds")
def elastic_two_sides(z, lr, l1, l2):
    a = lr * l1
    return (np.where(z > a, z - a, 0) + np.where(z < -a, z + a, 0)).astype(np.float32) / (1 + lr * l2)


@elastic_net_prox.variant("entry by entry, by comparing the three candidates")
def elastic_candidates(z, lr, l1, l2):
    def best(entry):
        candidates = [0.0, (entry - lr * l1) / (1 + lr * l2), (entry + lr * l1) / (1 + lr * l2)]
        return min(
            candidates,
            key=lambda w: (w - entry) ** 2 / 2 + lr * (l1 * abs(w) + l2 / 2 * w**2),
        )

    return np.vectorize(best)(z)


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


@decoupled_weight_decay_step.mistake(
    "the decay went into the gradient: that is Adam with an L2 penalty, whose decay is divided by the root like the rest; here it acts on `theta` alone"
)
def decay_in_the_gradient(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    grad = grad + weight_decay * theta
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
    )


@decoupled_weight_decay_step.mistake(
    "the decay is divided by the root: add it outside the fraction, `- lr * weight_decay * theta`"
)
def decay_divided(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    root = np.sqrt(v / (1 - beta2**t)) + eps
    return theta - lr * (m / (1 - beta1**t) + weight_decay * theta) / root, m, v


@decoupled_weight_decay_step.mistake(
    "the decay lacks the learning rate: in this convention theta loses the share lr * weight_decay"
)
def decay_no_lr(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: w - s - d * w,
    )  # fmt: skip


@decoupled_weight_decay_step.mistake(
    "the decay multiplies the parameters after the step: it is the old theta that loses the share lr * weight_decay"
)
def decay_of_the_new(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: (w - s) * (1 - lr * d),
    )  # fmt: skip


@decoupled_weight_decay_step.mistake("the decay has the wrong sign: the parameters grow")
def decay_grows(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: w - s + lr * d * w,
    )  # fmt: skip


@decoupled_weight_decay_step.mistake("this is Adam alone: the weight decay is missing")
def decay_missing(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
    )


@decoupled_weight_decay_step.mistake(
    "this decays by the sign of theta, as L1 does: weight decay takes a share of theta itself"
)
def decay_sign(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: w - s - lr * d * np.sign(w),
    )  # fmt: skip


@decoupled_weight_decay_step.mistake("the bias correction is missing: divide m by 1 - beta1**t and v by 1 - beta2**t")
def decay_uncorrected(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v) + eps) - lr * weight_decay * theta, m, v


@decoupled_weight_decay_step.mistake(
    "the corrected averages are returned: the correction is for this step alone, return m and v without it"
)
def decay_corrected_state(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    theta, m, v = reference.decoupled_weight_decay_step(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps
    )
    return theta, m / (1 - beta1**t), v / (1 - beta2**t)


@decoupled_weight_decay_step.mistake("`eps` is inside the root: here it is added to the root")
def decay_eps_inside(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    step = lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps)
    return theta - step - lr * weight_decay * theta, m, v


@decoupled_weight_decay_step.mistake("`beta1` and `beta2` have changed places: beta1 belongs to m, beta2 to v")
def decay_swapped(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return reference.decoupled_weight_decay_step(
        theta, grad, m, v, t, lr, weight_decay, beta2, beta1, eps
    )


@decoupled_weight_decay_step.mistake("the root of v_hat is missing")
def decay_no_root(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    step = lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps)
    return theta - step - lr * weight_decay * theta, m, v


@decoupled_weight_decay_step.mistake("the step goes uphill: subtract it")
def decay_uphill(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: w + s - lr * d * w,
    )  # fmt: skip


@decoupled_weight_decay_step.mistake("the decay has a half: in one step theta loses the share lr * weight_decay, the whole of it")
def decay_half(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    return _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
        lambda w, lr, d, s: w - s - lr * d / 2 * w,
    )  # fmt: skip


@decoupled_weight_decay_step.variant("as PyTorch does it: shrink first, then step")
def decay_first(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    theta = theta.copy()
    theta *= 1 - lr * weight_decay
    m = m + (1 - beta1) * (grad - m)
    v = beta2 * v + (1 - beta2) * np.square(grad)
    theta -= lr / (1 - beta1**t) * m / (np.sqrt(v) / np.sqrt(1 - beta2**t) + eps)
    return theta, m, v


@decoupled_weight_decay_step.variant("in float32, the decay after the step, of the old theta")
def decay_after(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    new, m, v = _adamw(
        theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
    )
    return [a.astype(np.float32) for a in (new - lr * weight_decay * theta, m, v)]


@decoupled_weight_decay_step.variant("number by number")
def decay_numbers(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps):
    def one(w, g, m, v):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        root = (v / (1 - beta2**t)) ** 0.5 + eps
        return (1 - lr * weight_decay) * w - lr * m / (1 - beta1**t) / root, m, v

    return tuple(np.vectorize(one)(theta, grad, m, v))


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


def _stopping(losses, patience, min_delta, better=None, late=0):
    """The rule with a test of one's own for an improvement, and so many epochs too late."""
    best = 0
    for epoch in range(1, len(losses)):
        if better(epoch, best):
            best = epoch
        elif epoch - best >= patience + late:
            return epoch, best
    return len(losses) - 1, best


@early_stopping.mistake(
    "it stops one epoch too late: at the end of the epoch that is `patience` epochs after the best, not beyond it"
)
def stopping_late(losses, patience, min_delta=0.0):
    return _stopping(
        losses, patience, min_delta, lambda e, b: losses[e] < losses[b] - min_delta, late=1
    )


@early_stopping.mistake(
    "each epoch is compared with the one before it: compare it with the best loss so far"
)
def stopping_previous(losses, patience, min_delta=0.0):
    return _stopping(
        losses, patience, min_delta, lambda e, b: losses[e] < losses[e - 1] - min_delta
    )


@early_stopping.mistake("`min_delta` is not used: a smaller improvement than that is none")
def stopping_no_delta(losses, patience, min_delta=0.0):
    return _stopping(losses, patience, min_delta, lambda e, b: losses[e] < losses[b])


@early_stopping.mistake("a loss as low as the best is no improvement: it must be lower")
def stopping_ties(losses, patience, min_delta=0.0):
    return _stopping(losses, patience, min_delta, lambda e, b: losses[e] <= losses[b] - min_delta)


@early_stopping.mistake("`min_delta` has the wrong sign: the loss must be below best - min_delta")
def stopping_delta_sign(losses, patience, min_delta=0.0):
    return _stopping(losses, patience, min_delta, lambda e, b: losses[e] < losses[b] + min_delta)


@early_stopping.mistake("it stops at the first rise: wait until `patience` epochs have passed since the best")
def stopping_at_once(losses, patience, min_delta=0.0):
    return reference.early_stopping(losses, 1, min_delta)


@early_stopping.mistake(
    "the epochs without improvement are counted over the whole run: an improvement sets the count back to 0"
)
def stopping_no_reset(losses, patience, min_delta=0.0):
    best, bad = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        else:
            bad += 1
            if bad >= patience:
                return epoch, best
    return len(losses) - 1, best


@early_stopping.mistake(
    "the best of all losses is taken, also of those after the end: when training stops, nobody knows them"
)
def stopping_clairvoyant(losses, patience, min_delta=0.0):
    return reference.early_stopping(losses, patience, min_delta)[0], int(np.argmin(losses))


@early_stopping.mistake(
    "the weights of the last epoch are kept: restore those of the best epoch, which lies before it"
)
def stopping_no_restore(losses, patience, min_delta=0.0):
    stopped, _ = reference.early_stopping(losses, patience, min_delta)
    return stopped, stopped


@early_stopping.mistake("epochs are counted from 1 here: the first is epoch 0")
def stopping_from_one(losses, patience, min_delta=0.0):
    stopped, best = reference.early_stopping(losses, patience, min_delta)
    return stopped + 1, best + 1


@early_stopping.mistake("where training never stops, the last epoch is n - 1: epochs are counted from 0")
def stopping_n(losses, patience, min_delta=0.0):
    stopped, best = reference.early_stopping(losses, patience, min_delta)
    waited = stopped - best >= max(patience, 1)
    return (stopped if waited else len(losses)), best


@early_stopping.mistake("the results are in the other order: `return stopped, best`")
def stopping_order(losses, patience, min_delta=0.0):
    return reference.early_stopping(losses, patience, min_delta)[::-1]


@early_stopping.mistake(
    "it stops one epoch too early: an epoch that is no improvement ends training if it lies `patience` epochs after the best"
)
def stopping_early(losses, patience, min_delta=0.0):
    return _stopping(
        losses, patience, min_delta, lambda e, b: losses[e] < losses[b] - min_delta, late=-1
    )


@early_stopping.mistake(
    "best is the epoch of the lowest loss: a loss lower by less than `min_delta` is no improvement, and its epoch not the best"
)
def stopping_lowest(losses, patience, min_delta=0.0):
    stopped, _ = reference.early_stopping(losses, patience, min_delta)
    return stopped, int(np.argmin(losses[: stopped + 1]))


@early_stopping.mistake(
    "each epoch is compared with the lowest loss so far: compare it with that of the best epoch, the last that was an improvement by more than `min_delta`"
)
def stopping_against_the_lowest(losses, patience, min_delta=0.0):
    lowest, waited = 0, 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[lowest] - min_delta else waited + 1
        lowest = epoch if losses[epoch] < losses[lowest] else lowest
        if waited >= max(patience, 1):
            return epoch, lowest
    return len(losses) - 1, lowest


@early_stopping.mistake("with patience 0 it stops at an improvement: only an epoch that is no improvement ends training")
def stopping_at_an_improvement(losses, patience, min_delta=0.0):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(losses) - 1, best


@early_stopping.mistake("rises in a row are counted: count the epochs since the best, whether the loss rises or falls")
def stopping_rises(losses, patience, min_delta=0.0):
    rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] > losses[epoch - 1] else 0
        if rises >= max(patience, 1):
            return epoch, int(np.argmin(losses[: epoch + 1]))
    return len(losses) - 1, int(np.argmin(losses))


@early_stopping.variant("with a counter and the best value, as Keras has it")
def stopping_counter(losses, patience, min_delta=0.0):
    best, value, wait = 0, np.inf, 0
    for epoch, loss in enumerate(losses):
        wait += 1
        if loss < value - min_delta:
            best, value, wait = epoch, loss, 0
        elif wait >= patience and epoch > 0:
            return epoch, best
    return epoch, best


@early_stopping.variant("a while loop, in float32")
def stopping_while(losses, patience, min_delta=0.0):
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


@early_stopping.variant("for each epoch, the bad ones in a row before it")
def stopping_in_a_row(losses, patience, min_delta=0.0):
    best, in_a_row = 0, 0
    for epoch in range(1, len(losses)):
        better = losses[epoch] + min_delta < losses[best]
        best, in_a_row = (epoch, 0) if better else (best, in_a_row + 1)
        if not better and in_a_row >= patience:
            return (epoch, best)
    return (len(losses) - 1, best)


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


@random_flip.mistake("`p` is the probability of being mirrored, not of staying as it is")
def flip_keep(images, p, rng):
    return reference.random_flip(images, 1 - p, rng)


@random_flip.mistake("one toss decides for all images: toss once for each image")
def flip_together(images, p, rng):
    return images[:, :, :, ::-1] if rng.random() < p else images


@random_flip.mistake("images are turned upside down: left to right is the last axis")
def flip_vertical(images, p, rng):
    mirrored = rng.random(len(images)) < p
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


@random_flip.mistake("all images are mirrored: only a share `p` of them should be")
def flip_always(images, p, rng):
    return images[:, :, :, ::-1]


@random_flip.mistake("each row of pixels has a toss of its own: an image is mirrored as a whole")
def flip_rows(images, p, rng):
    mirrored = rng.random((*images.shape[:3], 1)) < p
    return np.where(mirrored, images[:, :, :, ::-1], images)


@random_flip.mistake("images are mirrored AND turned upside down, a rotation by 180 degrees: reverse the last axis only")
def flip_both(images, p, rng):
    mirrored = rng.random(len(images)) < p
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1, ::-1], images)


@random_flip.mistake("every image has the probability 1/2: it is `p`")
def flip_half(images, p, rng):
    return reference.random_flip(images, 0.5, rng)


@random_flip.mistake("a fixed share is mirrored, the first ones: each image has a toss of its own")
def flip_first(images, p, rng):
    images = images.copy()
    first = round(p * len(images))
    images[:first] = images[:first, :, :, ::-1]
    return images


@random_flip.mistake("the numbers do not come from the generator `rng`")
def flip_own_generator(images, p, rng):
    return reference.random_flip(images, p, np.random.default_rng(0))


@random_flip.variant("image by image")
def flip_loop(images, p, rng):
    return [image[:, :, ::-1] if rng.random() < p else image for image in images]


@random_flip.variant("in place on a copy, in float32")
def flip_in_place(images, p, rng):
    images = images.astype(np.float32)
    mirrored = rng.binomial(1, p, len(images)).astype(bool)
    images[mirrored] = images[mirrored][..., ::-1]
    return images


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
    return np.stack(
        [
            image[:, r : r + size, c : c + size]
            for image, r, c in zip(images, rows, columns, strict=True)
        ]
    )


@random_crop.mistake("one place for all images: draw a place for each")
def crop_together(images, size, rng):
    n, _, h, w = images.shape
    row, column = rng.integers(h - size + 1), rng.integers(w - size + 1)
    return _cut(images, size, [row] * n, [column] * n)


@random_crop.mistake(
    "the last place is never taken: `rng.integers(0, k)` leaves out k, so k is h - size + 1"
)
def crop_short(images, size, rng):
    n, _, h, w = images.shape
    return _cut(
        images, size, rng.integers(0, max(h - size, 1), n), rng.integers(0, max(w - size, 1), n)
    )


@random_crop.mistake("the window is always in the middle: its place is drawn")
def crop_centre(images, size, rng):
    n, _, h, w = images.shape
    return _cut(images, size, [(h - size) // 2] * n, [(w - size) // 2] * n)


@random_crop.mistake("the window is always in the corner: its place is drawn")
def crop_corner(images, size, rng):
    return images[:, :, :size, :size]


@random_crop.mistake("row and column are one number, so all windows lie on the diagonal: draw both")
def crop_diagonal(images, size, rng):
    n, _, h, w = images.shape
    place = rng.integers(0, min(h, w) - size + 1, n)
    return _cut(images, size, place, place)


@random_crop.mistake("only the rows are drawn: the columns, too")
def crop_rows(images, size, rng):
    n, _, h, _ = images.shape
    return _cut(images, size, rng.integers(0, h - size + 1, n), [0] * n)


@random_crop.mistake("each channel is cut at a place of its own: a window has all channels of its image")
def crop_channels(images, size, rng):
    n, c, h, w = images.shape
    flat = images.reshape(n * c, 1, h, w)
    return reference.random_crop(flat, size, rng).reshape(n, c, size, size)


@random_crop.mistake("the numbers do not come from the generator `rng`")
def crop_own_generator(images, size, rng):
    return reference.random_crop(images, size, np.random.default_rng(0))


@random_crop.mistake("a place beyond the last is moved to the last, which comes up too often: draw among the h - size + 1 places that fit")
def crop_clipped(images, size, rng):
    n, _, h, w = images.shape
    rows, columns = (np.minimum(rng.integers(0, side, n), side - size) for side in (h, w))
    return _cut(images, size, rows, columns)


@random_crop.mistake("a rounded number takes the first and the last place half as often as the others: draw whole numbers")
def crop_rounded(images, size, rng):
    n, _, h, w = images.shape
    rows, columns = (np.round(rng.random(n) * (side - size)).astype(int) for side in (h, w))
    return _cut(images, size, rows, columns)


@random_crop.mistake("only the columns are drawn: the rows, too")
def crop_columns(images, size, rng):
    n, _, _, w = images.shape
    return _cut(images, size, [0] * n, rng.integers(0, w - size + 1, n))


@random_crop.variant("all windows, then one of each image")
def crop_windows(images, size, rng):
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))
    n = len(images)
    rows = np.floor(rng.random(n) * windows.shape[2]).astype(int)
    columns = np.floor(rng.random(n) * windows.shape[3]).astype(int)
    return windows[np.arange(n), :, rows, columns].astype(np.float32)


@random_crop.variant("lists, row and column drawn together")
def crop_lists(images, size, rng):
    _, _, h, w = images.shape
    crops = []
    for image in images:
        row, column = rng.integers(0, [h - size + 1, w - size + 1])
        crops.append(image[:, row : row + size, column : column + size].tolist())
    return crops


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


@pca_color_augment.mistake("the shift has the factor lambda, the eigenvalue itself, not its root")
def pca_root(images, alphas):
    return _shifted(images, alphas, power=0.5)


@pca_color_augment.mistake("the factor lambda is missing: a component is moved in proportion to its variance")
def pca_no_lambda(images, alphas):
    return _shifted(images, alphas, power=0.0)


@pca_color_augment.mistake(
    "`np.linalg.eigh` sorts the eigenvalues from small to large: here the first alpha belongs to the largest"
)
def pca_ascending(images, alphas):
    return _shifted(images, alphas, backwards=False)


@pca_color_augment.mistake("the eigenvectors are the COLUMNS of the matrix that `np.linalg.eigh` returns, not its rows")
def pca_rows(images, alphas):
    return _shifted(images, alphas, rows=True)


@pca_color_augment.mistake("the covariance is taken about the mean: subtract the mean colour first")
def pca_not_centred(images, alphas):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    return _shifted(images, alphas, covariance=pixels.T @ pixels / len(pixels))


@pca_color_augment.mistake("this is the matrix of correlations: the covariance is wanted")
def pca_correlation(images, alphas):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    return _shifted(images, alphas, covariance=np.corrcoef(pixels.T))


@pca_color_augment.mistake("the sum of squares must be divided by the number of pixels")
def pca_sum(images, alphas):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    return _shifted(images, alphas, covariance=np.cov(pixels.T) * len(pixels))


@pca_color_augment.mistake(
    "`reshape(-1, 3)` mixes the channels: the channel axis is the second, move it to the end first"
)
def pca_mixed(images, alphas):
    return _shifted(images, alphas, covariance=np.cov(images.reshape(-1, 3).T))


@pca_color_augment.mistake("every image gets the shift of the first one: row i of `alphas` belongs to image i")
def pca_same(images, alphas):
    return _shifted(images, np.repeat(alphas[:1], len(alphas), axis=0))


@pca_color_augment.mistake("the components are those of each image by itself: take the pixels of all images together")
def pca_each(images, alphas):
    pairs = zip(images, alphas, strict=True)
    return np.concatenate([_shifted(image[None], alpha[None]) for image, alpha in pairs])


@pca_color_augment.mistake("the shift alone is returned: add it to the images")
def pca_shift_only(images, alphas):
    return _shifted(images, alphas) - images


@pca_color_augment.mistake("the result is clipped: return it as it is")
def pca_clipped(images, alphas):
    return np.clip(_shifted(images, alphas), 0, 1)


@pca_color_augment.mistake("the eigenvalues are reversed, the eigenvectors are not: reverse both, `values[::-1]` and `vectors[:, ::-1]`")
def pca_values_reversed(images, alphas):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    values, vectors = np.linalg.eigh(np.cov(pixels.T))
    return images + ((alphas * values[::-1]) @ vectors.T)[:, :, None, None]


@pca_color_augment.mistake("the ROWS of the matrix of eigenvectors are reversed: they are its columns, `vectors[:, ::-1]`")
def pca_rows_reversed(images, alphas):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    values, vectors = np.linalg.eigh(np.cov(pixels.T))
    return images + ((alphas * values[::-1]) @ vectors[::-1].T)[:, :, None, None]


@pca_color_augment.mistake("a factor 0.1 too much: `alphas` are drawn already, with the deviation 0.1 where they are")
def pca_tenth(images, alphas):
    return _shifted(images, 0.1 * alphas)


@pca_color_augment.variant("by singular values, divided by the number of pixels")
def pca_svd(images, alphas):
    pixels = np.stack([images[:, c].ravel() for c in range(3)], axis=1)
    _, s, vt = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
    shifts = (alphas * s**2 / len(pixels)) @ vt
    return images + shifts.reshape(len(images), 3, 1, 1)


@pca_color_augment.variant("a loop over images and components, other signs, in float32")
def pca_loop(images, alphas):
    pixels = np.moveaxis(images, 1, 0).reshape(3, -1)
    values, vectors = np.linalg.eig(np.cov(pixels, bias=True))
    order = np.argsort(-values)
    out = images.astype(np.float32)
    for i in range(len(images)):
        for k, j in enumerate(order):
            p = -vectors[:, j].real
            out[i] += (alphas[i, k] * values[j].real * p)[:, None, None].astype(np.float32)
    return out


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


@dropout_forward.mistake("`p` is the probability of being DROPPED; here it is that of being kept")
def dropout_keep(x, p, rng):
    mask = (rng.random(x.shape) < p) / max(p, 1e-3)
    return x * mask, mask


@dropout_forward.mistake(
    "nothing is scaled: this is dropout of the first kind, which multiplies by 1 - p at test time; the inverted one divides the kept entries by 1 - p now"
)
def dropout_unscaled(x, p, rng):
    mask = (rng.random(x.shape) >= p) * 1.0
    return x * mask, mask


@dropout_forward.mistake("the kept entries are multiplied by 1 - p: they are DIVIDED by it, so that the expectation stays")
def dropout_multiplied(x, p, rng):
    mask = (rng.random(x.shape) >= p) * (1 - p)
    return x * mask, mask


@dropout_forward.mistake("the kept entries are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept")
def dropout_by_p(x, p, rng):
    mask = (rng.random(x.shape) >= p) / max(p, 1e-3)
    return x * mask, mask


@dropout_forward.mistake(
    "a share `p` is KEPT: an entry is kept where its random number is not below `p`"
)
def dropout_crossed(x, p, rng):
    mask = (rng.random(x.shape) < p) / (1 - p)
    return x * mask, mask


@dropout_forward.mistake("the same units are dropped for all examples: the mask has the shape of x, an entry for each example")
def dropout_shared(x, p, rng):
    mask = np.repeat((rng.random((1, *x.shape[1:])) >= p) / (1 - p), len(x), axis=0)
    return x * mask, mask


@dropout_forward.mistake("whole examples are dropped: each entry has a chance of its own")
def dropout_examples(x, p, rng):
    mask = np.ones(x.shape) * (rng.random((len(x), *[1] * (x.ndim - 1))) >= p) / (1 - p)
    return x * mask, mask


@dropout_forward.mistake("exactly a share `p` of each example is dropped: each entry is dropped by itself, and the number varies")
def dropout_fixed_share(x, p, rng):
    flat = np.ones((len(x), x[0].size)) / (1 - p)
    flat[:, : round(p * flat.shape[1])] = 0
    mask = rng.permuted(flat, axis=1).reshape(x.shape)
    return x * mask, mask


@dropout_forward.mistake("the scale is in the result but not in the mask, which the backward pass needs: mask is 0 or 1 / (1 - p)")
def dropout_bare_mask(x, p, rng):
    keep = rng.random(x.shape) >= p
    return x * keep / (1 - p), keep * 1.0


@dropout_forward.mistake("the scale is in the mask but not in the result: out is `x * mask`")
def dropout_bare_result(x, p, rng):
    keep = rng.random(x.shape) >= p
    return x * keep, keep / (1 - p)


@dropout_forward.mistake("the mask is random, but nothing is dropped from x: out is `x * mask`")
def dropout_no_drop(x, p, rng):
    return 1.0 * x, (rng.random(x.shape) >= p) / (1 - p)


@dropout_forward.mistake("the numbers do not come from the generator `rng`")
def dropout_own_generator(x, p, rng):
    return reference.dropout_forward(x, p, np.random.default_rng(0))


@dropout_forward.mistake("the scale is there twice: mask holds it already, out is `x * mask`")
def dropout_twice(x, p, rng):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask / (1 - p), mask


@dropout_forward.mistake("the result and the mask come from different draws: draw once, and use that mask for both")
def dropout_two_draws(x, p, rng):
    return reference.dropout_forward(x, p, rng)[0], reference.dropout_forward(x, p, rng)[1]


@dropout_forward.variant("binomial draws, in float32")
def dropout_binomial(x, p, rng):
    mask = (rng.binomial(1, 1 - p, size=x.shape) / (1 - p)).astype(np.float32)
    return x.astype(np.float32) * mask, mask


@dropout_forward.variant("entry by entry, in lists")
def dropout_lists(x, p, rng):
    mask = np.array([0.0 if rng.random() < p else 1 / (1 - p) for _ in range(x.size)])
    mask = mask.reshape(x.shape)
    return (x * mask).tolist(), mask.tolist()


@dropout_forward.variant("a choice between two values")
def dropout_choice(x, p, rng):
    mask = rng.choice([0.0, 1 / (1 - p)], p=[p, 1 - p], size=x.shape)
    return np.where(mask > 0, x / (1 - p), 0.0), mask


@judge(reference.dropout_backward, points=1, returns=("grad_x",))
def dropout_backward(rng):
    for label, shape, keep in (
        ("a layer", (3, 5), 0.7), ("four axes", (2, 2, 3, 3), 0.6), ("a high rate", (4, 6), 0.3),
    ):  # fmt: skip
        mask = rng.permuted(np.arange(np.prod(shape)) < keep * np.prod(shape)).reshape(shape)
        yield Call(label, grad_out=_away_from_zero(rng, shape), mask=mask / keep)
    yield Call("nothing was dropped", grad_out=_away_from_zero(rng, (2, 4)), mask=np.ones((2, 4)))


@dropout_backward.mistake("the gradient passes the dropped entries, too: multiply by the mask")
def backward_all(grad_out, mask):
    return 1.0 * grad_out


@dropout_backward.mistake("the scale is missing: multiply by the mask as it is, not only where it is positive")
def backward_unscaled(grad_out, mask):
    return grad_out * (mask > 0)


@dropout_backward.mistake("the scale is undone: the derivative of `x * mask` is `mask`, so multiply, do not divide")
def backward_divided(grad_out, mask):
    return np.divide(grad_out, mask, out=np.zeros_like(grad_out), where=mask > 0)


@dropout_backward.mistake("the gradient flows through the dropped entries alone: multiply by the mask")
def backward_complement(grad_out, mask):
    return grad_out * (mask == 0)


@dropout_backward.mistake("the mask enters squared: multiply by it once")
def backward_twice(grad_out, mask):
    return grad_out * mask**2


@dropout_backward.mistake("this is the mask, the derivative of one entry: multiply the gradient by it")
def backward_mask(grad_out, mask):
    return mask.copy()


@dropout_backward.variant("only where something was kept, in float32")
def backward_where(grad_out, mask):
    grad = np.zeros(mask.shape, dtype=np.float32)
    grad[mask > 0] = (grad_out[mask > 0] * mask.max()).astype(np.float32)
    return grad


@dropout_backward.variant("as a product with a diagonal matrix")
def backward_matrix(grad_out, mask):
    return (np.diag(mask.ravel()) @ grad_out.ravel()).reshape(mask.shape)


@judge(
    reference.dropconnect_forward, points=2, returns=("out", "mask"), compare_as=quantities.dropconnect,
    rtol=1e-4, atol=1e-4,
)  # fmt: skip
def dropconnect_forward(rng):
    x, weights = _away_from_zero(rng, (3, 12)), _away_from_zero(rng, (12, 120))
    for words, seed in _chances(rng):
        yield Call(f"from 12 units to 120{words}", x=x, weights=weights, p=0.3, rng=Rng(seed))
    x, weights = _away_from_zero(rng, (2, 120)), _away_from_zero(rng, (120, 12))
    yield Call(
        "from 120 units to 12", x=x, weights=weights, p=0.6, rng=Rng(int(rng.integers(2**31)))
    )
    x, weights = _away_from_zero(rng, (4, 3)), _away_from_zero(rng, (3, 2))
    yield Call("p = 0: nothing is dropped", x=x, weights=weights, p=0.0, rng=Rng(7))


def _connect(x, weights, mask):
    return x @ (weights * mask), mask


@dropconnect_forward.mistake("`p` is the probability of being DROPPED; here it is that of being kept")
def connect_keep(x, weights, p, rng):
    return _connect(x, weights, (rng.random(weights.shape) < p) / max(p, 1e-3))


@dropconnect_forward.mistake("the kept weights are not divided by 1 - p: the expectation shrinks")
def connect_unscaled(x, weights, p, rng):
    return _connect(x, weights, (rng.random(weights.shape) >= p) * 1.0)


@dropconnect_forward.mistake("the kept weights are multiplied by 1 - p: divide by it")
def connect_multiplied(x, weights, p, rng):
    return _connect(x, weights, (rng.random(weights.shape) >= p) * (1 - p))


@dropconnect_forward.mistake("whole rows of the weights are dropped: that is dropout of the inputs; here each weight has a chance of its own")
def connect_rows(x, weights, p, rng):
    kept = (rng.random((len(weights), 1)) >= p) / (1 - p)
    return _connect(x, weights, kept * np.ones(weights.shape))


@dropconnect_forward.mistake(
    "whole columns of the weights are dropped: that is dropout of the outputs; here each weight has a chance of its own"
)
def connect_columns(x, weights, p, rng):
    kept = (rng.random((1, weights.shape[1])) >= p) / (1 - p)
    return _connect(x, weights, kept * np.ones(weights.shape))


@dropconnect_forward.mistake("the mask is drawn but not used: out is `x @ (weights * mask)`")
def connect_unused(x, weights, p, rng):
    return x @ weights, (rng.random(weights.shape) >= p) / (1 - p)


@dropconnect_forward.mistake("the scale is in the result but not in the mask: mask is 0 or 1 / (1 - p)")
def connect_bare_mask(x, weights, p, rng):
    keep = (rng.random(weights.shape) >= p) * 1.0
    return x @ (weights * keep) / (1 - p), keep


@dropconnect_forward.mistake("the numbers do not come from the generator `rng`")
def connect_own_generator(x, weights, p, rng):
    return reference.dropconnect_forward(x, weights, p, np.random.default_rng(0))


@dropconnect_forward.mistake(
    "a share `p` is KEPT: a weight is kept where its random number is not below `p`"
)
def connect_crossed(x, weights, p, rng):
    return _connect(x, weights, (rng.random(weights.shape) < p) / (1 - p))


@dropconnect_forward.mistake("the kept weights are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept")
def connect_by_p(x, weights, p, rng):
    return _connect(x, weights, (rng.random(weights.shape) >= p) / max(p, 1e-3))


@dropconnect_forward.variant("binomial draws and einsum, in float32")
def connect_einsum(x, weights, p, rng):
    mask = (rng.binomial(1, 1 - p, weights.shape) / (1 - p)).astype(np.float32)
    return np.einsum("nd,dk,dk->nk", x.astype(np.float32), weights.astype(np.float32), mask), mask


@dropconnect_forward.variant("unit by unit")
def connect_loop(x, weights, p, rng):
    out, mask = np.zeros((len(x), weights.shape[1])), np.zeros(weights.shape)
    for k in range(weights.shape[1]):
        mask[:, k] = [1 / (1 - p) if rng.random() >= p else 0 for _ in range(len(weights))]
        out[:, k] = x @ (weights[:, k] * mask[:, k])
    return out, mask


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
    yield Call(
        "test, a low probability", **block(6, 4), survival=survival, training=False, rng=Rng(number)
    )
    yield Call("survival 1: nothing is dropped", **block(5, 2), survival=1.0, training=True, rng=Rng(number))


def _tosses(x, survival, rng):
    return rng.random((len(x), 1)) < survival


@stochastic_depth_forward.mistake(
    "at test time the branch is not scaled: multiply it by its probability of survival"
)
def depth_unscaled(x, residual, survival, training, rng):
    return x + (_tosses(x, survival, rng) if training else 1.0) * residual


@stochastic_depth_forward.mistake(
    "`survival` is the probability of being KEPT; here it is that of being dropped"
)
def depth_dropped(x, residual, survival, training, rng):
    return reference.stochastic_depth_forward(x, residual, 1 - survival, training, rng)


@stochastic_depth_forward.mistake("at test time the branch is multiplied by 1 - survival, the ratio dropped: multiply by the ratio kept")
def depth_wrong_ratio(x, residual, survival, training, rng):
    return x + (_tosses(x, survival, rng) if training else 1 - survival) * residual


@stochastic_depth_forward.mistake("the shortcut is dropped, too: x always passes, only the residual branch has a chance")
def depth_whole_block(x, residual, survival, training, rng):
    return (_tosses(x, survival, rng) if training else survival) * (x + residual)


@stochastic_depth_forward.mistake(
    "each entry is dropped by itself, which is dropout: an example keeps its branch, or loses it, as a whole"
)
def depth_entries(x, residual, survival, training, rng):
    return x + (rng.random(x.shape) < survival if training else survival) * residual


@stochastic_depth_forward.mistake("one toss decides for all examples: toss for each of them")
def depth_one_toss(x, residual, survival, training, rng):
    return x + (float(rng.random() < survival) if training else survival) * residual


@stochastic_depth_forward.mistake(
    "the branch is divided by survival in training: here it is scaled at test time, by multiplication"
)
def depth_inverted(x, residual, survival, training, rng):
    return x + (_tosses(x, survival, rng) / survival if training else 1.0) * residual


@stochastic_depth_forward.mistake(
    "the branch is scaled twice, in training and at test time: once is enough, at test time"
)
def depth_twice(x, residual, survival, training, rng):
    return x + (_tosses(x, survival, rng) / survival if training else survival) * residual


@stochastic_depth_forward.mistake("branches are dropped at test time, too: there the result is not random")
def depth_random_test(x, residual, survival, training, rng):
    return x + _tosses(x, survival, rng) * residual


@stochastic_depth_forward.mistake("in training nothing is dropped: multiply the branch by 0 or 1, by chance")
def depth_expected(x, residual, survival, training, rng):
    return x + survival * residual


@stochastic_depth_forward.mistake("where the branch survives x is missing: the result is x + residual there")
def depth_residual_alone(x, residual, survival, training, rng):
    if not training:
        return x + survival * residual
    return np.where(_tosses(x, survival, rng), residual, x)


@stochastic_depth_forward.mistake("the shortcut is missing: add x to what is left of the branch")
def depth_no_shortcut(x, residual, survival, training, rng):
    return (_tosses(x, survival, rng) if training else survival) * residual


@stochastic_depth_forward.mistake("at test time x is scaled, too: multiply the branch alone by `survival`")
def depth_scales_all(x, residual, survival, training, rng):
    return x + _tosses(x, survival, rng) * residual if training else survival * (x + residual)


@stochastic_depth_forward.mistake("training and test have changed places")
def depth_exchanged(x, residual, survival, training, rng):
    return reference.stochastic_depth_forward(x, residual, survival, not training, rng)


@stochastic_depth_forward.variant("example by example")
def depth_loop(x, residual, survival, training, rng):
    out = x.copy()
    for i in range(len(x)):
        if not training:
            out[i] += survival * residual[i]
        elif rng.random() < survival:
            out[i] += residual[i]
    return out


@stochastic_depth_forward.variant("binomial draws, in float32")
def depth_binomial(x, residual, survival, training, rng):
    scale = rng.binomial(1, survival, len(x)) if training else np.full(len(x), survival)
    return (x + np.einsum("n,nd->nd", scale, residual)).astype(np.float32)


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


@fractional_pooling_regions.mistake(
    "`u` has no effect, the regions would be the same every time: in floor(alpha * (i + u) - alpha * u) it cancels, so take the floor of each term, then subtract"
)
def regions_fixed(n, out, u):
    return _regions(np.floor(n / out * np.arange(out + 1) + 1e-9))


@fractional_pooling_regions.mistake(
    "the first edge is not at 0: subtract floor(alpha * u) from all of them"
)
def regions_shifted(n, out, u):
    return _regions(np.floor(n / out * (np.arange(out + 1) + u)))


@fractional_pooling_regions.mistake("the edges are rounded to the nearest: take the floor of both terms")
def regions_rounded(n, out, u):
    edges = np.round(n / out * (np.arange(out + 1) + u))
    return _regions(edges - edges[0])


@fractional_pooling_regions.mistake("`u` is added after the scaling: alpha multiplies i + u")
def regions_u_outside(n, out, u):
    edges = np.floor(n / out * np.arange(out + 1) + u + 1e-9)
    return _regions(edges - edges[0])


@fractional_pooling_regions.mistake("the ends are the last pixels of the regions: here they are the first pixels after them")
def regions_inclusive(n, out, u):
    return reference.fractional_pooling_regions(n, out, u) - [0, 1]


@fractional_pooling_regions.mistake("these are the sizes of the regions: return where each begins and ends")
def regions_sizes(n, out, u):
    return np.diff(reference.fractional_pooling_regions(n, out, u), axis=1)[:, 0]


@fractional_pooling_regions.mistake("alpha is rounded down: n / out is not a whole number, that is the point")
def regions_whole_alpha(n, out, u):
    edges = np.floor(n // out * (np.arange(out + 1) + u))
    return _regions(edges - edges[0])


@fractional_pooling_regions.mistake("these are the edges: return one row (start, end) for each region")
def regions_edges(n, out, u):
    edges = np.floor(n / out * (np.arange(out + 1) + u))
    return edges - edges[0]


@fractional_pooling_regions.mistake(
    "the floor is taken of a difference, in which `u` cancels but for rounding: take the floor of each term by itself, then subtract"
)
def regions_difference(n, out, u):
    alpha = n / out
    return _regions(np.floor(alpha * (np.arange(out + 1) + u) - alpha * u))


@fractional_pooling_regions.mistake("the second column holds the sizes of the regions: it is the first pixel AFTER each")
def regions_start_and_size(n, out, u):
    return reference.fractional_pooling_regions(n, out, u) @ [[1, -1], [0, 1]]


@fractional_pooling_regions.mistake("pixels are counted from 1: the first is 0")
def regions_from_one(n, out, u):
    return reference.fractional_pooling_regions(n, out, u) + 1


@fractional_pooling_regions.variant("ceilings in place of floors, as in the paper")
def regions_ceil(n, out, u):
    alpha = n / out
    edges = [int(np.ceil(alpha * (i + u)) - np.ceil(alpha * u)) for i in range(out + 1)]
    return [(start, end) for start, end in zip(edges[:-1], edges[1:], strict=True)]


@fractional_pooling_regions.variant("from one edge to the next, as floats")
def regions_walk(n, out, u):
    regions, position, alpha = np.zeros((out, 2)), 0, n / out
    for i in range(out):
        size = int(alpha * (i + 1 + u)) - int(alpha * (i + u))
        regions[i] = position, position + size
        position += size
    return regions


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
    yield Call(
        "overlapping regions of 3 x 3 pixels", images=images(2, 2, 8, 8), rows=overlapping, columns=overlapping
    )
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


@max_pool_regions.mistake("this is the mean of each region: take the largest value")
def pool_mean(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t:b, l:r].mean(axis=(2, 3)))


@max_pool_regions.mistake("the regions end one pixel too late: the end is the first pixel that does NOT belong to it")
def pool_inclusive(images, rows, columns):
    return _pool(
        images, rows, columns, lambda x, t, b, l, r: x[:, :, t : b + 1, l : r + 1].max(axis=(2, 3))
    )


@max_pool_regions.mistake("the largest absolute value is taken: the largest value is wanted, with its sign")
def pool_absolute(images, rows, columns):
    return _pool(
        images, rows, columns, lambda x, t, b, l, r: np.abs(x[:, :, t:b, l:r]).max(axis=(2, 3))
    )


@max_pool_regions.mistake("the search begins at 0: of a region of negative values the largest is negative")
def pool_from_zero(images, rows, columns):
    return _pool(
        images, rows, columns,
        lambda x, t, b, l, r: np.maximum(x[:, :, t:b, l:r].max(axis=(2, 3)), 0),
    )  # fmt: skip


@max_pool_regions.mistake("the largest value of all channels is taken: each channel is pooled by itself")
def pool_channels(images, rows, columns):
    return _pool(
        images, rows, columns,
        lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(1, 2, 3), keepdims=True)[:, :, 0, 0],
    )  # fmt: skip


@max_pool_regions.mistake("rows and columns are exchanged: rows are the third axis of the images, columns the last")
def pool_exchanged(images, rows, columns):
    turned = images.transpose(0, 1, 3, 2)
    pooled = _pool(
        turned, rows, columns,
        lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3), initial=-9.0),
    )  # fmt: skip
    return pooled


@max_pool_regions.mistake("only the first pixel of each region is taken: take the largest of the region")
def pool_first(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t, l])


@max_pool_regions.mistake("this is the smallest value of each region: take the largest")
def pool_min(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t:b, l:r].min(axis=(2, 3)))


@max_pool_regions.mistake("this is a sum over each region: take the largest value")
def pool_sum(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t:b, l:r].sum(axis=(2, 3)))


@max_pool_regions.mistake("the largest value of all images and channels is taken: `max` without axes; give it the last two")
def pool_everything(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t:b, l:r].max())


@max_pool_regions.mistake("the largest value of all images is taken: each image is pooled by itself")
def pool_images(images, rows, columns):
    return _pool(images, rows, columns, lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(0, 2, 3)))


@max_pool_regions.variant("first the rows, then the columns")
def pool_separable(images, rows, columns):
    tall = np.stack([images[:, :, t:b].max(axis=2) for t, b in rows], axis=2)
    return np.stack([tall[:, :, :, l:r].max(axis=3) for l, r in columns], axis=3)


@max_pool_regions.variant("number by number, in float32")
def pool_numbers(images, rows, columns):
    return np.array(
        [
            [[[channel[t:b, l:r].max() for l, r in columns] for t, b in rows] for channel in image]
            for image in images
        ],
        dtype=np.float32,
    )


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
