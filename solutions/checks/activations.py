"""How the exercises of the chapter on activations are judged.

The pre-activations of a case have entries far from 0 on both sides, so that no mistake hides behind a
rounding, and one case has entries near -10,000 and 10,000.
"""

import math

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import activations as reference
from solutions import quantities

RETURNS = ("a", "slope")


def _entries(rng, *shape, low=0.3, high=2.5):
    """Numbers of both signs, none near 0; in one row the signs alternate, so that both are there."""
    sizes = rng.uniform(low, high, size=shape)
    signs = rng.choice([-1.0, 1.0], size=shape)
    signs.flat[:2] = 1.0, -1.0
    return signs * sizes


def _activation_cases(rng):
    # On both sides of 1.
    sizes = np.array([0.3, 0.85, 1.4, 1.95]) + rng.uniform(0, 0.55, size=(2, 4))
    yield Call("positive numbers", z=rng.permutation(sizes[0]))
    yield Call("negative numbers", z=-rng.permutation(sizes[1]))
    yield Call("a matrix", z=_entries(rng, 3, 5))
    yield Call("three axes", z=_entries(rng, 2, 3, 2))
    # What overflows, or is cut off, is told from a right answer here alone.
    yield Call("near 10,000 and -10,000", 2.5, z=_entries(rng, 5, low=9_000.0, high=11_000.0))
    # An array that is made like these cuts what it is given.
    yield Call("whole numbers", 0.5, z=rng.permutation([-3, -1, 1, 2, *rng.integers(-5, 6, size=2)]))


def _gate_cases(rng):
    for case in _activation_cases(rng):
        if "10,000" in case.label:
            # So large that a difference quotient has no digits left, whatever its step.
            far = rng.uniform(1e9, 2e9, size=2) * [1.0, -1.0]
            yield Call(f"{case.label}, and much further out", case.weight, z=np.append(case.arguments["z"], far))
        else:
            yield case


def _numbers(f, z):
    """An answer number by number, in nested lists."""
    if np.ndim(z) == 0:
        return f(float(z))
    pairs = [_numbers(f, part) for part in z]
    return [a for a, _ in pairs], [slope for _, slope in pairs]


@judge(reference.sigmoid, points=2, returns=RETURNS)
def sigmoid(rng):
    yield from _activation_cases(rng)


sigmoid.add_mistakes("""
    `a` overflows: exp(z) / (1 + exp(z)) is inf / inf for large z; let no exponent be above 0
        a = np.exp(z) / (1 + np.exp(z))
        return a, a * (1 - a)
    the slope overflows: exp(-z) / (1 + exp(-z))**2 is inf / inf for very negative z; use a * (1 -
    a)
        return 1 / (1 + np.exp(-z)), np.exp(-z) / (1 + np.exp(-z)) ** 2
    or
        e = np.exp(-z)
        return 1 / (1 + e), e / (1 + e) ** 2
    the sign in the exponent is wrong, or the two cases have changed places: this falls from 1 to 0; the sigmoid rises
        a = np.where(z > 0, np.exp(-np.abs(z)), 1) / (1 + np.exp(-np.abs(z)))
        return a, a * (1 - a)
    or
        a = 1 / (1 + np.exp(z))
        return a, a * (1 - a)
    the slope is z * (1 - z): it is a * (1 - a), of the activation and not of what went in
        return sigmoid(z)[0], z * (1 - z)
    the slope is 1 - a**2, that of tanh: the sigmoid's is a * (1 - a)
        a = sigmoid(z)[0]
        return a, 1 - a**2
    the slope is that of the sigmoid of a, squashed twice: a * (1 - a) is all
        a = sigmoid(z)[0]
        return a, sigmoid(a)[1]
    the slope is 1 - a: a factor `a` is missing
        a = sigmoid(z)[0]
        return a, 1 - a
    z was clipped to [-1, 1]: far from 0 the sigmoid goes on to 0 and to 1
        return sigmoid(np.clip(z, -1, 1))
    the slope is missing: return both, `a, slope`
        return sigmoid(z)[0]
    the results are in the other order: `a, slope`
        return sigmoid(z)[::-1]
    the sign of the slope is wrong: the sigmoid rises, a * (1 - a) is above 0
        a = sigmoid(z)[0]
        return a, a * (a - 1)
    the slope is 1 - z times a: it is a * (1 - a), with the activation in both places
        a = sigmoid(z)[0]
        return a, a * (1 - z)
    this is the hyperbolic tangent, from -1 to 1: the sigmoid goes from 0 to 1
        return tanh(z)
    the slope lacks 1 - a: it is a * (1 - a)
        a = sigmoid(z)[0]
        return a, a
    the slope is exp(-z), without its denominator: it is a * (1 - a)
        return sigmoid(z)[0], np.exp(-np.abs(z))
    the slope is 1 / (1 + exp(-z))**2, the square of a: it is a * (1 - a)
        a = sigmoid(z)[0]
        return a, a**2
    the slope is a * (1 + a): it is a * (1 - a)
        a = sigmoid(z)[0]
        return a, a * (1 + a)
    this is exp(z) / (1 + exp(-z)): it is 1 / (1 + exp(-z)), or exp(z) / (1 + exp(z))
        a = np.exp(z) / (1 + np.exp(-z))
        return a, a * (1 - a)
    the brackets are missing: 1 / 1 + exp(-z) is 1 + exp(-z)
        a = 1 / 1 + np.exp(-z)
        return a, a * (1 - a)
    the minus is inside the denominator: it is 1 / (1 + exp(-z))
        a = 1 / (1 - np.exp(-z))
        return a, a * (1 - a)
    the slope of the branch for negative z has the wrong sign
        a = sigmoid(z)[0]
        return a, np.sign(z) * a * (1 - a)
    the slope is 1 everywhere: it is a * (1 - a)
        return sigmoid(z)[0], np.ones(z.shape)
    this is the softmax: each number has a sigmoid of its own
        e = np.exp(z - z.max())
        a = e / e.sum()
        return a, a * (1 - a)
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = sigmoid(z)
        return a, slope
    `if z > 0` or `max(z, 0)` of an array is not one answer: choose entry by entry, with np.where
        if z >= 0:
            a = 1 / (1 + np.exp(-z))
        else:
            a = np.exp(z) / (1 + np.exp(z))
        return a, a * (1 - a)
    the value is that of |z|: for negative z the other branch is due, below one half
        a = sigmoid(np.abs(z))[0]
        return a, a * (1 - a)
    z was clipped so near that the results are off: far from 0 the sigmoid goes on to 0 and to 1
        return sigmoid(np.clip(z, -5, 5))
    or
        return sigmoid(np.clip(z, -10, 10))
    the argument of tanh is not halved: this rises twice as fast as the sigmoid
        a = (1 + np.tanh(z)) / 2
        return a, a * (1 - a)
    or
        a = (1 + np.tanh(z)) / 2
        return a, (1 - np.tanh(z) ** 2) / 2
""")
sigmoid.add_variants("""
    as a tanh
        a = (1 + np.tanh(z / 2)) / 2
        return a, a * (1 - a)
    as it stands, with a warning of an overflow to infinity that does no harm
        with np.errstate(over="ignore"):
            a = 1 / (1 + np.exp(-z))
        return a, a - a**2
    in float32, clipped where nothing changes any more
        z = np.clip(z.astype(np.float32), -80, 80)
        a = 1 / (1 + np.exp(-z))
        return [a, a * (1 - a)]
    number by number
        def number(z):
            a = 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
            return a, a * (1 - a)
        return _numbers(number, z)
""")


@judge(reference.tanh, points=1, returns=RETURNS)
def tanh(rng):
    yield from _activation_cases(rng)


tanh.add_mistakes("""
    exp(z) overflows for large z: inf / inf is not a number; use np.tanh
        a = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
        return a, 1 - a**2
    or
        return np.sinh(z) / np.cosh(z), 1 / np.cosh(z) ** 2
    the slope is a * (1 - a), that of the sigmoid: for tanh it is 1 - a**2
        a = np.tanh(z)
        return a, a * (1 - a)
    the slope is 1 - z**2: it is 1 - a**2, of the activation and not of what went in
        return np.tanh(z), 1 - z**2
    the slope is 1 - a: the activation enters squared, 1 - a**2
        return np.tanh(z), 1 - np.tanh(z)
    the slope is that of the tanh of a, squashed twice: 1 - a**2 is all
        return np.tanh(z), 1 - np.tanh(np.tanh(z)) ** 2
    this is 2 * sigmoid(z) - 1, which rises half as fast: tanh(z) = 2 * sigmoid(2 * z) - 1
        a = np.tanh(z / 2)
        return a, (1 - a**2) / 2
    the slope is missing: return both, `a, slope`
        return np.tanh(z)
    exp(2 * z) overflows for large z: inf / inf is not a number; use np.tanh
        a = (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)
        return a, 1 - a**2
    the value is 2 * sigmoid(z) - 1, too wide: tanh(z) = 2 * sigmoid(2 * z) - 1
        a = np.tanh(z / 2)
        return a, 1 - a**2
    or
        a = 2 / (1 + np.exp(-z)) - 1
        return a, 1 - a**2
    the sign of the slope is wrong: tanh rises, 1 - a**2 is above 0
        a = np.tanh(z)
        return a, a**2 - 1
    the results are in the other order: `a, slope`
        return tanh(z)[::-1]
    the slope is that of the sigmoid at z: for tanh it is 1 - a**2
        return np.tanh(z), sigmoid(z)[1]
    the slope is 1 + a**2: it is 1 - a**2
        a = np.tanh(z)
        return a, 1 + a**2
    the slope is 1 / cosh(z), without the square: it is 1 / cosh(z)**2, which is 1 - a**2
        return np.tanh(z), 1 / np.cosh(np.clip(z, -700, 700))
    or
        return np.tanh(z), 1 / np.cosh(z)
    the slope is -2 * a * (1 - a**2), the next derivative: the first one is 1 - a**2
        a = np.tanh(z)
        return a, -2 * a * (1 - a**2)
    the slope is (1 - a)**2: it is 1 - a**2
        a = np.tanh(z)
        return a, (1 - a) ** 2
    the slope is 1 - |a|: the activation enters squared, 1 - a**2
        a = np.tanh(z)
        return a, 1 - np.abs(a)
    the slope is 1 - tan(z)**2, with the tangent: it is 1 - a**2
        return np.tanh(z), 1 - np.tan(z) ** 2
    this is the arc tangent: take np.tanh
        a = np.arctan(z)
        return a, 1 / (1 + z**2)
    or
        a = np.arctan(z)
        return a, 1 - a**2
    this is the tangent, without the h: take np.tanh
        a = np.tan(z)
        return a, 1 - a**2
    or
        a = np.tan(z)
        return a, 1 + a**2
    or
        a = np.tan(z)
        return a, 1 / np.cos(z) ** 2
    the sign of the activation is wrong: tanh rises
        a = np.tanh(z)
        return -a, 1 - a**2
    or
        a = np.tanh(-z)
        return a, 1 - a**2
    or
        a = (1 - np.exp(2 * z)) / (1 + np.exp(2 * z))
        return a, 1 - a**2
    this is the sigmoid, from 0 to 1: tanh goes from -1 to 1
        return sigmoid(z)
    the slope is 1 everywhere: it is 1 - a**2
        return np.tanh(z), np.ones(z.shape)
    this is the hyperbolic sine, whose slope is cosh: tanh is their quotient
        return np.sinh(z), np.cosh(z)
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = tanh(z)
        return a, slope
    the slope lacks what is inside: 2 * sigmoid(2 * z) has the factor 2 twice on the way back
        a, slope = sigmoid(2 * z)
        return 2 * a - 1, slope
    or
        a, slope = sigmoid(2 * z)
        return 2 * a - 1, 2 * slope
    exp(-2 * z) overflows for very negative z: inf / inf is not a number; use np.tanh
        e = np.exp(-2 * z)
        a = (1 - e) / (1 + e)
        return a, 1 - a**2
    the activation is doubled, not squared: the slope is 1 - a**2
        a = np.tanh(z)
        return a, 1 - a * 2
    the value is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a = np.zeros_like(z)
        a[:] = np.tanh(z)
        return a, 1 - a**2
    or
        a = np.zeros_like(z)
        a[:] = np.tanh(z)
        return a, tanh(z)[1]
""")
tanh.add_variants("""
    by exponentials of minus the absolute value
        small = np.exp(-2 * np.abs(z))
        return np.sign(z) * (1 - small) / (1 + small), 4 * small / (1 + small) ** 2
    in float32
        a = np.tanh(z.astype(np.float32))
        return a, (1 - a) * (1 + a)
    number by number
        return _numbers(lambda z: (math.tanh(z), 1 - math.tanh(z) ** 2), z)
    the difference of two sigmoids
        right, left = sigmoid(2 * z)[0], sigmoid(-2 * z)[0]
        return right - left, 4 * right * left
""")


@judge(reference.leaky_relu, points=1, returns=RETURNS)
def leaky_relu(rng):
    for case in _activation_cases(rng):
        # Below the least positive entry, so that np.maximum(z, alpha) changes the negative ones alone.
        yield Call(case.label, case.weight, **case.arguments, alpha=rng.uniform(0.15, 0.29))
    z, alpha = _entries(rng, 6), rng.uniform(0.15, 0.29)
    z[2:4] = 0.0
    z[4] = alpha * rng.uniform(0.3, 0.7)  # above 0 and below alpha: the kink is at 0
    yield Call("zeros among them", z=z, alpha=alpha)
    z = _entries(rng, 3, 3, low=7.0, high=9.0)
    z[1, 1] = 0.0
    yield Call("alpha = 0: the ReLU", z=z, alpha=0.0)
    yield Call("alpha left at its default", z=_entries(rng, 4, low=40.0, high=90.0))


leaky_relu.add_mistakes("""
    the negative side is cut off: it keeps the slope `alpha`
        return np.maximum(z, 0), (z > 0) * 1.0
    the slope of the negative side is alpha, where `alpha * z` has it: here it is 0
        return np.where(z > 0, z, alpha * z), (z > 0) * 1.0
    or
        return np.maximum(z, alpha * z), np.where(z > 0, 1.0, 0.0)
    the slope on the negative side is `alpha`, not `alpha * z`: it does not depend on z
        return np.where(z > 0, z, alpha * z), np.where(z > 0, 1, alpha * z)
    the negative side is the constant `alpha`: it is `alpha * z`
        return np.where(z > 0, z, alpha), np.where(z > 0, 1, alpha)
    or
        return np.where(z > 0, z, alpha), np.where(z > 0, 1.0, 0.0)
    or
        return np.maximum(z, alpha), np.where(z > 0, 1, alpha)
    or
        return np.maximum(z, alpha), np.where(z > alpha, 1, alpha)
    the negative side goes up: alpha * |z| is above 0; it is `alpha * z`, below
        return np.where(z > 0, z, -alpha * z), np.where(z > 0, 1, -alpha)
    `alpha` is ignored: 0.01 is only its default
        return leaky_relu(z, 0.01)
    the two sides have changed places: `alpha` belongs to the negative one
        slope = np.where(z > 0, alpha, 1.0)
        return slope * z, slope
    the slope is missing: return both, `a, slope`
        return leaky_relu(z, alpha)[0]
    the slope is 1 everywhere: on the negative side it is `alpha`
        return leaky_relu(z, alpha)[0], np.ones(z.shape)
    the sign of the slope is wrong on the negative side: alpha * z rises, its slope is `alpha`
        return leaky_relu(z, alpha)[0], np.where(z > 0, 1, -alpha)
    the slope on the positive side is z: it is 1, however large z is
        return leaky_relu(z, alpha)[0], np.where(z > 0, z, alpha)
    the results are in the other order: `a, slope`
        return leaky_relu(z, alpha)[::-1]
    at z = 0 the slope is `alpha` here: 1 only where z > 0
        return leaky_relu(z, alpha)[0], np.where(z >= 0, 1.0, alpha)
    at z = 0 the slope is `alpha` here, and not 0
        return leaky_relu(z, alpha)[0], np.where(z > 0, 1.0, np.where(z < 0, alpha, 0.0))
    `alpha` is subtracted on the negative side: it multiplies z there
        return np.where(z > 0, z, z - alpha), np.where(z > 0, 1.0, alpha)
    `alpha` is added on the negative side: it multiplies z there
        return np.where(z > 0, z, z + alpha), np.where(z > 0, 1.0, alpha)
    z is divided by `alpha` on the negative side: it is multiplied by it
        return np.where(z > 0, z, z / alpha), np.where(z > 0, 1.0, alpha)
    or
        return np.where(z > 0, z, z / alpha), np.where(z > 0, 1.0, np.divide(1, alpha))
    this is the ELU: on the negative side it is `alpha * z`, a straight line
        return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))), np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))
    the whole is multiplied by `alpha`: only the negative side is
        return alpha * z, np.full(z.shape, alpha)
    the negative side has the slope 1 - alpha: it is `alpha`
        slope = np.where(z > 0, 1.0, 1 - alpha)
        return slope * z, slope
    the slope is the activation: it is 1 where z > 0 and `alpha` elsewhere
        a = leaky_relu(z, alpha)[0]
        return a, a
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = leaky_relu(z, alpha)
        return a, slope
    at z = 0 the slope is `alpha` here, and not the mean of both sides
        slope = np.where(z > 0, 1.0, alpha)
        return slope * z, np.where(z == 0, (1 + alpha) / 2, slope)
    negative numbers come out positive: this is the absolute value; they are multiplied by `alpha`
        return np.abs(z), np.where(z > 0, 1.0, alpha)
    or
        return np.abs(z), np.sign(z)
    the slope is -1 on the negative side: it is `alpha`
        return leaky_relu(z, alpha)[0], np.where(z > 0, 1.0, -1.0)
    the wrong side is cut off: the negative one has the slope `alpha`, the positive one 1
        return np.minimum(z, 0), (z < 0) * 1.0
    the maximum of the whole array was taken: each entry has its own, entry by entry
        return np.max(z), np.where(z > 0, 1.0, alpha)
    0 and 1 have changed places in the slope: it is 1 where z > 0
        return leaky_relu(z, alpha)[0], (z <= 0) * 1.0
    the activation is 1 where z is above 0: it is z there
        slope = np.where(z > 0, 1.0, alpha)
        return np.where(z > 0, 1.0, alpha * z), slope
    or
        slope = np.where(z > 0, 1.0, alpha)
        return slope, slope
    positive numbers are cut off at 1: they stay as they are
        return np.where(z > 0, np.minimum(z, 1), alpha * z), np.where(z > 0, 1.0, alpha)
    positive numbers are cut off at 6 (ReLU6): they stay as they are
        return np.where(z > 0, np.minimum(z, 6), alpha * z), np.where(z > 0, 1.0, alpha)
    or
        return np.where(z > 0, np.minimum(z, 6), alpha * z), np.where((z > 0) & (z < 6), 1.0, alpha)
    negative numbers are left out: each is multiplied by `alpha` and keeps its place
        return z[z > 0], np.ones((z > 0).sum())
    `if z > 0` or `max(z, 0)` of an array is not one answer: choose entry by entry, with np.where
        return max(z, alpha * z), np.where(z > 0, 1.0, alpha)
    or
        return (z, 1.0) if z > 0 else (alpha * z, alpha)
    negative numbers stay as they are: they are multiplied by `alpha`
        return z, np.where(z > 0, 1.0, alpha)
    the kink is put at `alpha`: it is at 0, and `alpha` is the slope below it
        return np.where(z > alpha, z, alpha * z), np.where(z > alpha, 1, alpha)
    or
        return np.where(z > 0, z, alpha * z), np.where(z > alpha, 1, alpha)
    the slope ignores `alpha`: 0.01 is only its default
        return leaky_relu(z, alpha)[0], np.where(z > 0, 1, 0.01)
    `alpha` is added to the slope on both sides: on the positive one it is 1
        slope = (z > 0) + alpha
        return slope * z, slope
    or
        return leaky_relu(z, alpha)[0], (z > 0) + alpha
    the slope is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        slope = np.ones_like(z)
        slope[z <= 0] = alpha
        return leaky_relu(z, alpha)[0], slope
    the slope is a / z here, which divides 0 by 0: choose it by the side, with z = 0 on the negative one
        a = leaky_relu(z, alpha)[0]
        return a, a / z
""")
leaky_relu.add_variants("""
    the larger of z and alpha * z, for an alpha below 1
        return np.maximum(z, alpha * z), alpha + (1 - alpha) * (z > 0)
    on a copy, in float32
        a = z.astype(np.float32)
        slope = np.ones_like(a)
        slope[z <= 0] = alpha
        a[z <= 0] *= np.float32(alpha)
        return a, slope
    number by number
        return _numbers(lambda z: (z, 1.0) if z > 0 else (alpha * z, alpha), z)
    the two sides as a sum
        return np.maximum(z, 0) + alpha * np.minimum(z, 0), np.where(z <= 0, alpha, 1)
""")


@judge(reference.elu, points=2, returns=RETURNS)
def elu(rng):
    def given():
        return {"alpha": rng.uniform(1.4, 2.0), "scale": rng.uniform(0.5, 0.8)}

    for case in _activation_cases(rng):
        weight = case.weight * (1.3 if case.weight > 1 else 1)
        yield Call(case.label, weight, **case.arguments, **given())
    z = _entries(rng, 6)
    z[2:4] = 0.0
    # So near below 0 that alpha * exp(z) is above 1.
    z[4] = -rng.uniform(0.1, 0.2)
    yield Call("zeros among them", z=z, **given())
    yield Call("scale left at its default", 0.5, z=_entries(rng, 4), alpha=rng.uniform(1.4, 2.0))
    yield Call("SELU", 0.5, z=_entries(rng, 5), alpha=reference.SELU_ALPHA, scale=reference.SELU_SCALE)
    yield Call("both left at their defaults", 0.5, z=_entries(rng, 4))


def _sides(z, alpha, scale, above=None, below=None, above_slope=1.0, below_slope=None):
    """The unit with another value or slope on one side; each is multiplied by the scale."""
    low = np.minimum(z, 0)
    above = z if above is None else above
    below = alpha * np.expm1(low) if below is None else below
    below_slope = alpha * np.exp(low) if below_slope is None else below_slope
    return scale * np.where(z > 0, above, below), scale * np.where(z > 0, above_slope, below_slope)


elu.add_mistakes("""
    masks multiply an overflow: exp(z) is infinite for large z, and inf * 0 is not a number; let no
    exponent be above 0
        below = alpha * np.exp(z)
        on = z > 0
        return scale * (z * on + (below - alpha) * ~on), scale * (on + below * ~on)
    or
        below = alpha * (np.exp(z) - 1)
        return scale * (z * (z > 0) + below * (z <= 0)), scale * ((z > 0) + (below + alpha) * (z <= 0))
    or
        below = alpha * (np.exp(z) - 1)
        return scale * np.where(z > 0, z, below), scale * ((z > 0) + alpha * np.exp(z) * (z <= 0))
    or
        below = alpha * (np.exp(z) - 1)
        return scale * (z * (z > 0) + below * (z <= 0)), elu(z, alpha, scale)[1]
    the - 1 is missing: alpha * exp(z) jumps at 0; it is alpha * (exp(z) - 1)
        return _sides(z, alpha, scale, below=alpha * np.exp(np.minimum(z, 0)))
    or
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, slope), slope
    the brackets are missing: it is alpha * (exp(z) - 1), and not alpha * exp(z) - 1
        return _sides(z, alpha, scale, below=alpha * np.exp(np.minimum(z, 0)) - 1)
    or
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, slope - 1), slope
    or
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, slope - scale), slope
    the slope on the negative side is the activation: it is that and scale * alpha more
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, a)
    or
        return _sides(z, alpha, scale, below_slope=alpha * np.expm1(np.minimum(z, 0)))
    the slope on the negative side lacks `alpha`: it multiplies the derivative as it multiplies the
    value
        return _sides(z, alpha, scale, below_slope=np.exp(np.minimum(z, 0)))
    the slope on the negative side is 0: that is ReLU's; here it is scale * alpha * exp(z)
        return _sides(z, alpha, scale, below_slope=0.0)
    `alpha` is ignored: 1 is only its default
        return elu(z, 1.0, scale)
    `scale` is ignored: 1 is only its default, and it multiplies both sides, of value and slope
        return elu(z, alpha)
    `alpha` and `scale` are ignored: 1 is only their default
        return elu(z)
    the positive side is multiplied by `alpha`, too: its slope is the scale alone
        a, slope = elu(z, 1.0, scale)
        return alpha * a, alpha * slope
    the sign of the negative side is wrong: alpha * (1 - exp(z)) is above 0
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, -a), np.where(z > 0, slope, -slope)
    or
        a, slope = elu(z, alpha, scale)
        return np.abs(a), slope
    the slope is missing: return both, `a, slope`
        return elu(z, alpha, scale)[0]
    the activation lacks `alpha` on the negative side: it is the slope's factor, too
        return elu(z, 1.0, scale)[0], elu(z, alpha, scale)[1]
    the slope on the negative side is a constant: it is largest at 0 and falls with exp(z)
        return _sides(z, alpha, scale, below_slope=alpha)
    or
        return elu(z, alpha, scale)[0], np.where(z > 0, scale, alpha)
    the slope on the positive side is z, or the activation: it is `scale`, however large z is
        return _sides(z, alpha, scale, above_slope=z)
    or
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, z, slope)
    the slope on the negative side is a + 1: what is added to the activation is scale * alpha
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, a + 1)
    or
        return _sides(z, alpha, scale, below_slope=alpha * np.expm1(np.minimum(z, 0)) + 1)
    the slope on the negative side is a + alpha, which lacks the scale: it is a + scale * alpha
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, a + alpha)
    the results are in the other order: `a, slope`
        return elu(z, alpha, scale)[::-1]
    at z = 0 the slope is that of the negative side, scale * alpha: `scale` only where z > 0
        a, slope = elu(z, alpha, scale)
        return a, np.where(z == 0, scale, slope)
    the slope on the negative side is z + alpha, with the input in place of the activation
        return _sides(z, alpha, scale, below_slope=z + alpha)
    or
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, z + scale * alpha)
    the slope on the negative side is a - alpha: what is taken off in the value is added again
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, a - scale * alpha)
    or
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, a - alpha)
    the slope on the negative side is alpha * z: it falls with exp(z)
        return _sides(z, alpha, scale, below_slope=alpha * z)
    the slope on the negative side is alpha times the activation: a constant is added to it, not
    multiplied
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, alpha * a)
    or
        return _sides(z, alpha, scale, below_slope=alpha**2 * np.expm1(np.minimum(z, 0)))
    the exponent of the slope is the activation: it is z
        return _sides(z, alpha, scale, below_slope=alpha * np.exp(alpha * np.expm1(np.minimum(z, 0))))
    the slope on the negative side is 1 - a: what is added to the activation is scale * alpha
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, 1 - a)
    the slope is the same on both sides: on the negative one it falls with exp(z)
        return _sides(z, alpha, scale, below_slope=1.0)
    or
        return elu(z, alpha, scale)[0], np.ones(z.shape)
    `alpha` is inside the exponent: it multiplies exp(z) - 1
        low = np.minimum(z, 0)
        return _sides(z, alpha, scale, below=np.expm1(alpha * low), below_slope=alpha * np.exp(alpha * low))
    or
        low = np.minimum(z, 0)
        return _sides(z, alpha, scale, below=np.expm1(alpha * low))
    `scale` is inside the exponent: it multiplies the whole
        low = scale * np.minimum(z, 0)
        return _sides(z, alpha, scale, below=alpha * np.expm1(low), below_slope=alpha * np.exp(low))
    the exponent has a minus: on the negative side it is exp(z), below 1
        low = np.maximum(-z, 0)
        return _sides(z, alpha, scale, below=alpha * np.expm1(low), below_slope=alpha * np.exp(low))
    or
        low = np.exp(-np.minimum(z, 0))
        return scale * np.where(z > 0, z, alpha * (low - 1)), scale * np.where(z > 0, 1.0, alpha * low)
    the negative side is a straight line: that is the leaky ReLU; here it bends, alpha * (exp(z) - 1)
        a, slope = leaky_relu(z, alpha)
        return scale * a, scale * slope
    this is the ReLU: on the negative side it is alpha * (exp(z) - 1), times the scale
        return np.maximum(z, 0), (z > 0) * 1.0
    or
        return scale * np.maximum(z, 0), scale * (z > 0)
    the two sides have changed places: alpha * (exp(z) - 1) belongs to the negative one
        grown = np.exp(z)
        return scale * np.where(z > 0, alpha * (grown - 1), z), scale * np.where(z > 0, alpha * grown, 1.0)
    the negative side is a constant: it is alpha * (exp(z) - 1), times the scale
        return _sides(z, alpha, scale, below=-alpha, below_slope=0.0)
    the slope on the negative side is alpha * exp(z) - 1: the derivative of a constant is 0
        return _sides(z, alpha, scale, below_slope=alpha * np.exp(np.minimum(z, 0)) - 1)
    the scale is on the negative side only: the positive one has it, too
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, z, a), np.where(z > 0, 1, slope)
    the scale is on the positive side only: the negative one has it, too
        a, slope = elu(z, alpha)
        return np.where(z > 0, scale * a, a), np.where(z > 0, scale, slope)
    `alpha` and `scale` have changed places
        return elu(z, scale, alpha)
    the slope lacks the scale: it multiplies the derivative as it multiplies the value
        return elu(z, alpha, scale)[0], elu(z, alpha)[1]
    the slope lacks the scale on the positive side: there it is `scale`
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, 1.0, slope)
    the slope lacks the scale on the negative side: it multiplies the derivative as it multiplies the
    value
        a, slope = elu(z, alpha)
        return scale * a, np.where(z > 0, scale, slope)
    the value lacks the scale: it multiplies the value as it multiplies the slope
        return elu(z, alpha)[0], elu(z, alpha, scale)[1]
    the scale is there twice: both sides are multiplied by it once
        a, slope = elu(z, alpha, scale)
        return scale * a, scale * slope
    or
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, scale * a), np.where(z > 0, slope, scale * slope)
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = elu(z, alpha, scale)
        return a, slope
    at z = 0 the slope is that of the negative side, and not 0
        a, slope = elu(z, alpha, scale)
        return a, np.where(z == 0, 0.0, slope)
    at z = 0 the slope is that of the negative side, and not the mean of both sides
        a, slope = elu(z, alpha, scale)
        return a, np.where(z == 0, scale * (1 + alpha) / 2, slope)
    `if z > 0` or `max(z, 0)` of an array is not one answer: choose entry by entry, with np.where
        if z > 0:
            return scale * z, scale
        return scale * alpha * np.expm1(z), scale * alpha * np.exp(z)
    1 is subtracted twice: expm1(z) is exp(z) - 1 already
        a, slope = elu(z, alpha, scale)
        return np.where(z > 0, a, a - scale * alpha), slope
    the slope on the negative side has the scale twice, in `a` and before the bracket: it is a + scale
    * alpha, where a is the scaled activation
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, scale * (a + alpha))
    or
        a, slope = elu(z, alpha, scale)
        return a, np.where(z > 0, slope, scale * slope)
    these are SELU's numbers in every case: `alpha` and `scale` are given
        return elu(z, 1.6732632423543772, 1.0507009873554805)
    or
        return elu(z, 1.6733, 1.0507)
    the slope has the scale twice: it multiplies the derivative once, as it multiplies the value
        a, slope = elu(z, alpha, scale)
        return a, scale * slope
    the value is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a = np.zeros_like(z)
        a[z > 0] = z[z > 0]
        a[z <= 0] = alpha * np.expm1(z[z <= 0])
        return scale * a, elu(z, alpha, scale)[1]
    the larger of z and alpha * (exp(z) - 1) is the ELU only up to alpha = 1: choose by the sign of z
        a = np.maximum(z, alpha * np.expm1(np.minimum(z, 0)))
        return scale * a, elu(z, alpha, scale)[1]
    or
        below = alpha * np.expm1(np.minimum(z, 0))
        return scale * np.maximum(z, below), scale * np.where(z > below, 1.0, alpha * np.exp(np.minimum(z, 0)))
    the slope is cut off at the scale, which alpha * exp(z) exceeds below 0 where alpha is above 1: choose by
    the sign of z
        return elu(z, alpha, scale)[0], scale * np.minimum(1, alpha * np.exp(z))
""")
elu.add_variants("""
    np.where, with an overflow that is not chosen
        with np.errstate(over="ignore"):
            a = np.where(z > 0, z, alpha * (np.exp(z) - 1))
        return scale * a, scale * np.where(z > 0, 1, a + alpha)
    a sum of the two sides, each cut at 0, in float32
        z = z.astype(np.float32)
        below = np.float32(alpha) * np.expm1(np.minimum(z, 0))
        slope = np.where(z > 0, np.float32(1), below + np.float32(alpha))
        return np.float32(scale) * (np.maximum(z, 0) + below), np.float32(scale) * slope
    number by number
        def number(z):
            if z > 0:
                return scale * z, scale
            return scale * alpha * (math.exp(z) - 1), scale * alpha * math.exp(z)
        return _numbers(number, z)
    the two sides filled in
        a, slope = np.array(z, dtype=float), np.ones(z.shape)
        low = z <= 0
        a[low] = alpha * np.expm1(a[low])
        slope[low] = a[low] + alpha
        return scale * a, scale * slope
    masks that multiply, without an overflow
        on, low = z > 0, np.minimum(z, 0)
        slope = scale * on + scale * alpha * np.exp(low) * (1 - on)
        return scale * z * on + scale * alpha * np.expm1(low) * ~on, slope
""")


@judge(reference.silu, points=2, returns=RETURNS)
def silu(rng):
    yield from _gate_cases(rng)
    # Where the slope is below 0, and where it is above 1.
    z = np.concatenate([rng.uniform(-4, -1.6, size=3), rng.uniform(1.6, 4, size=3)])
    yield Call("where the slope is negative, or above 1", 1.5, z=rng.permutation(z))


silu.add_mistakes("""
    the slope is that of the gate alone, held fixed: z is a factor, too, and moves the gate
        gate = sigmoid(z)[0]
        return z * gate, gate
    the slope lacks its first term: the derivative of a product has two
        gate, rise = sigmoid(z)
        return z * gate, z * rise
    the slope is that of the sigmoid: the factor z is derived, too
        gate, rise = sigmoid(z)
        return z * gate, rise
    the slope of the gate is 1 - gate here: a factor `gate` is missing
        gate = sigmoid(z)[0]
        return z * gate, gate + z * (1 - gate)
    the slope of the gate is the gate here: a factor 1 - gate is missing
        gate = sigmoid(z)[0]
        return z * gate, gate + z * gate
    the two terms of the product rule are subtracted: they are added
        gate, rise = sigmoid(z)
        return z * gate, gate - z * rise
    the two terms of the product rule are multiplied: they are added
        gate, rise = sigmoid(z)
        return z * gate, gate * z * rise
    the slope is a * (1 - a), the sigmoid's rule applied to another function
        a = z * sigmoid(z)[0]
        return a, a * (1 - a)
    the slope is 1 - a**2, that of tanh
        a = z * sigmoid(z)[0]
        return a, 1 - a**2
    the second term lacks the factor z: the gate moves by its own slope, times z
        gate, rise = sigmoid(z)
        return z * gate, gate + rise
    the slope of the gate has 1 + gate in place of 1 - gate
        gate = sigmoid(z)[0]
        return z * gate, gate + z * gate * (1 + gate)
    the first term is 1: the derivative of z is multiplied by the gate
        gate, rise = sigmoid(z)
        return z * gate, 1 + z * rise
    the slope is cut off at 0 and 1: it lies beyond both somewhere, for the function is no longer
    monotone
        a, slope = silu(z)
        return a, np.clip(slope, 0, 1)
    or
        a, slope = silu(z)
        return a, np.maximum(slope, 0)
    the activation is the gate: z is multiplied by it
        return sigmoid(z)
    or
        return sigmoid(z)[0], silu(z)[1]
    the gate is that of -z: it opens for large positive z
        gate, rise = sigmoid(-z)
        return z * gate, gate - z * rise
    or
        gate, rise = sigmoid(-z)
        return z * gate, gate + z * rise
    `a` overflows: z * exp(z) / (1 + exp(z)) is inf / inf for large z; let no exponent be above 0
        gate = np.exp(z) / (1 + np.exp(z))
        return z * gate, gate + z * gate * (1 - gate)
    the slope overflows: exp(-z) / (1 + exp(-z))**2 is inf / inf for very negative z
        e = np.exp(-z)
        return z / (1 + e), 1 / (1 + e) + z * e / (1 + e) ** 2
    or
        e = np.exp(-z)
        return z / (1 + e), (1 + e + z * e) / (1 + e) ** 2
    this is the softplus, whose slope is the sigmoid: SiLU is z times the sigmoid
        return np.logaddexp(0, z), sigmoid(z)[0]
    this is GELU, whose gate is the normal distribution function: SiLU's is the sigmoid
        return gelu(z)
    the gate has a factor 1.702 inside: that is an approximation of GELU
        gate, rise = sigmoid(1.702 * z)
        return z * gate, gate + 1.702 * z * rise
    the gate is tanh: it is the sigmoid, from 0 to 1
        gate = np.tanh(z)
        return z * gate, gate + z * (1 - gate**2)
    the gate is made of straight lines: that is the hard swish
        gate = np.clip((z + 3) / 6, 0, 1)
        return z * gate, gate + z / 6 * (np.abs(z) < 3)
    this is the ReLU: the gate here is the sigmoid, between 0 and 1
        return np.maximum(z, 0), (z > 0) * 1.0
    the slope is missing: return both, `a, slope`
        return silu(z)[0]
    the results are in the other order: `a, slope`
        return silu(z)[::-1]
    the slope is a difference quotient, and for large z it is what rounding has left: derive it
        return silu(z)[0], (silu(z + 1e-5)[0] - silu(z - 1e-5)[0]) / 2e-5
    or
        return silu(z)[0], (silu(z + 1e-6)[0] - silu(z - 1e-6)[0]) / 2e-6
    or
        return silu(z)[0], (silu(z + 1e-4)[0] - silu(z - 1e-4)[0]) / 2e-4
    or
        return silu(z)[0], (silu(z + 1e-7)[0] - silu(z - 1e-7)[0]) / 2e-7
    or
        return silu(z)[0], (silu(z + 1e-6)[0] - silu(z)[0]) / 1e-6
    or
        return silu(z)[0], (silu(z + 1e-7)[0] - silu(z)[0]) / 1e-7
    or
        return silu(z)[0], (silu(z + 1e-8)[0] - silu(z)[0]) / 1e-8
    the slope is a difference quotient whose step is too large: derive it
        return silu(z)[0], (silu(z + 0.01)[0] - silu(z)[0]) / 0.01
    or
        return silu(z)[0], (silu(z + 1e-3)[0] - silu(z)[0]) / 1e-3
    or
        return silu(z)[0], np.gradient(silu(z)[0].ravel()).reshape(z.shape)
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = silu(z)
        return a, slope
    the activation stands in the place of the gate: the gate's slope is gate * (1 - gate)
        gate = sigmoid(z)[0]
        a = z * gate
        return a, gate + a * (1 - a)
    or
        gate = sigmoid(z)[0]
        a = z * gate
        return a, gate + z * a * (1 - a)
    the first term is z: it is the gate, which is what the derivative of z leaves
        a, slope = sigmoid(z)
        return z * a, z + z * slope
    the gate's slope is added to the activation: the derivative of the product is the gate and z times
    the gate's slope
        gate, rise = sigmoid(z)
        return z * gate, z * gate + rise
    the first term is the activation: it is the gate, without the factor z
        gate, rise = sigmoid(z)
        return z * gate, z * gate + z * rise
    z is squared in the second term: it is z times the gate's slope
        gate, rise = sigmoid(z)
        return z * gate, gate + z**2 * rise
    z stands in the place of the gate: the gate's slope is gate * (1 - gate)
        gate, _ = sigmoid(z)
        return z * gate, gate + z * gate * (1 - z)
    the value is cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a = np.zeros_like(z)
        a[:] = silu(z)[0]
        return a, silu(z)[1]
""")
silu.add_variants("""
    the gate times something
        gate = sigmoid(z)[0]
        return z * gate, gate * (1 + z * (1 - gate))
    from the activation
        gate = (1 + np.tanh(z / 2)) / 2
        a = z * gate
        return a, a + gate * (1 - a)
    with a warning of an overflow to infinity that does no harm, in float32
        z = z.astype(np.float32)
        with np.errstate(over="ignore"):
            gate = 1 / (1 + np.exp(-z))
        return z * gate, gate + z * gate * (1 - gate)
    number by number
        def number(z):
            gate = 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
            return z * gate, gate + z * gate * (1 - gate)
        return _numbers(number, z)
""")


def _phi(z):
    """The distribution function of the normal distribution, and its density."""
    z = np.asarray(z, dtype=float)
    gate = np.vectorize(math.erfc, otypes=[float])(-z / math.sqrt(2)) / 2
    return gate, np.exp(-(np.clip(z, -40, 40) ** 2) / 2) / math.sqrt(2 * math.pi)


@judge(reference.gelu, points=3, returns=RETURNS)
def gelu(rng):
    yield from _gate_cases(rng)
    z = np.concatenate([rng.uniform(-2.5, -1.1, size=3), rng.uniform(1.1, 2.5, size=3)])
    yield Call("where the slope is negative, or above 1", 1.5, z=rng.permutation(z))


gelu.add_mistakes("""
    the slope is the gate alone: z is a factor that moves the gate, too
        gate, _ = _phi(z)
        return z * gate, gate
    the slope lacks its first term: the derivative of a product has two
        gate, density = _phi(z)
        return z * gate, z * density
    the slope is the density: z is a factor of the activation, and derived, too
        gate, density = _phi(z)
        return z * gate, density
    the second term lacks the factor z
        gate, density = _phi(z)
        return z * gate, gate + density
    the two terms of the product rule are subtracted: they are added
        gate, density = _phi(z)
        return z * gate, gate - z * density
    the second term is the derivative of the density: it is z times the density itself
        gate, density = _phi(z)
        return z * gate, gate - z**2 * density
    or
        gate, density = _phi(z)
        return z * gate, gate - z * z * density
    the derivative of the gate is gate * (1 - gate) only for the sigmoid: here it is the normal
    density
        gate, _ = _phi(z)
        return z * gate, gate + z * gate * (1 - gate)
    the density is not divided by sqrt(2 * pi)
        gate, density = _phi(z)
        return z * gate, gate + z * density * np.sqrt(2 * np.pi)
    the density is divided by 2 * pi: it is the root of that
        gate, density = _phi(z)
        return z * gate, gate + z * density / np.sqrt(2 * np.pi)
    the density lacks the 2 in the exponent: it is exp(-z**2 / 2)
        gate, _ = _phi(z)
        return z * gate, gate + z * np.exp(-(np.clip(z, -20, 20) ** 2)) / np.sqrt(2 * np.pi)
    or
        gate, _ = _phi(z)
        return z * gate, gate + z * np.exp(-(np.clip(z, -20, 20) ** 2)) / np.sqrt(np.pi)
    the derivative of erf(z / sqrt(2)) has a factor 1 / sqrt(2) from within
        gate, density = _phi(z)
        return z * gate, gate + z * density * np.sqrt(2)
    the derivative of erf has a factor 2 / sqrt(pi), not 1 / sqrt(pi)
        gate, density = _phi(z)
        return z * gate, gate + z * density / 2
    the activation is the gate: z is multiplied by it
        return _phi(z)
    or
        return _phi(z)[0], gelu(z)[1]
    this is the approximation by tanh: it is off by up to 0.0005, and the distribution function
    itself is asked; `math.erf` has it
        z = np.asarray(z, dtype=float)
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (z + 0.044715 * z**3))
        return z * (1 + t) / 2, (1 + t) / 2 + z * (1 - t**2) / 2 * c * (1 + 3 * 0.044715 * z**2)
    or
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (z + 0.044715 * z**3))
        return z * (1 + t) / 2, gelu(z)[1]
    or
        z = np.asarray(z, dtype=float)
        t = np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))
        return z * (1 + t) / 2, (1 + t) / 2 + z * _phi(z)[1]
    or
        z = np.asarray(z, dtype=float)
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (z + 0.044715 * z**3))
        return gelu(z)[0], (1 + t) / 2 + z * (1 - t**2) / 2 * c * (1 + 3 * 0.044715 * z**2)
    this is the approximation by a sigmoid of 1.702 * z: the distribution function itself is asked;
    `math.erf` has it
        gate, rise = sigmoid(1.702 * z)
        return z * gate, gate + 1.702 * z * rise
    this is SiLU, whose gate is the sigmoid: GELU's is the normal distribution function
        return silu(z)
    erf needs z / sqrt(2): erf(z) belongs to a normal variable of variance 1/2
        gate, density = _phi(np.sqrt(2) * z)
        return z * gate, gate + np.sqrt(2) * z * density
    or
        return z * _phi(np.sqrt(2) * z)[0], gelu(z)[1]
    or
        gate, density = _phi(np.sqrt(2) * z)
        return z * gate, gate + z * density
    or
        return z * (1 + np.vectorize(math.erf, otypes=[float])(z)) / 2, (1 + np.vectorize(math.erf, otypes=[float])(z)) / 2 + z * np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)
    erf was divided by 2 in its argument: it is z / sqrt(2)
        gate, density = _phi(z / np.sqrt(2))
        return z * gate, gate + z * density / np.sqrt(2)
    or
        gate, density = _phi(z / np.sqrt(2))[0], _phi(z)[1]
        return z * gate, gate + z * density
    erf goes from -1 to 1: the gate is half of 1 + erf, from 0 to 1
        gate, density = _phi(z)
        return z * (2 * gate - 1), 2 * gate - 1 + 2 * z * density
    or
        gate, density = _phi(z)
        return z * (2 * gate - 1), 2 * gate - 1 + z * density
    or
        gate, density = _phi(z)
        return z * (gate - 0.5), gate - 0.5 + z * density
    the half is missing: the gate is half of 1 + erf
        gate, density = _phi(z)
        return 2 * z * gate, 2 * (gate + z * density)
    or
        gate, density = _phi(z)
        return 2 * z * gate, 2 * gate + z * density
    the gate is that of -z: it opens for large positive z
        gate, density = _phi(-z)
        return z * gate, gate - z * density
    the slope is cut off at 0 and 1: it lies beyond both somewhere, for the function is no longer
    monotone
        a, slope = gelu(z)
        return a, np.clip(slope, 0, 1)
    or
        a, slope = gelu(z)
        return a, np.maximum(slope, 0)
    this is the ReLU: the gate here is the normal distribution function, between 0 and 1
        return np.maximum(z, 0), (z > 0) * 1.0
    the slope is missing: return both, `a, slope`
        return gelu(z)[0]
    the results are in the other order: `a, slope`
        return gelu(z)[::-1]
    the slope is a difference quotient, and for large z it is what rounding has left: derive it
        return gelu(z)[0], (gelu(z + 1e-5)[0] - gelu(z - 1e-5)[0]) / 2e-5
    or
        return gelu(z)[0], (gelu(z + 1e-6)[0] - gelu(z - 1e-6)[0]) / 2e-6
    or
        return gelu(z)[0], (gelu(z + 1e-4)[0] - gelu(z - 1e-4)[0]) / 2e-4
    or
        return gelu(z)[0], (gelu(z + 1e-7)[0] - gelu(z - 1e-7)[0]) / 2e-7
    or
        return gelu(z)[0], (gelu(z + 1e-6)[0] - gelu(z)[0]) / 1e-6
    or
        return gelu(z)[0], (gelu(z + 1e-7)[0] - gelu(z)[0]) / 1e-7
    or
        return gelu(z)[0], (gelu(z + 1e-8)[0] - gelu(z)[0]) / 1e-8
    the slope is a difference quotient whose step is too large: derive it
        return gelu(z)[0], (gelu(z + 0.01)[0] - gelu(z)[0]) / 0.01
    or
        return gelu(z)[0], (gelu(z + 1e-3)[0] - gelu(z)[0]) / 1e-3
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = gelu(z)
        return a, slope
    the brackets are missing: `/ np.sqrt(2) * np.pi` multiplies by pi; the density is divided by sqrt(2 *
    pi)
        a, slope = gelu(z)
        density = np.exp(-np.square(z) / 2)
        return a, slope + z * density * (np.pi / np.sqrt(2) - 1 / np.sqrt(2 * np.pi))
    the density grows: the exponent is minus z**2 / 2
        a, slope = gelu(z)
        density = np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)
        return a, slope - z * density + z * np.exp(np.square(z) / 2) / np.sqrt(2 * np.pi)
    the first term is the activation: it is the gate, without the factor z
        a, slope = gelu(z)
        return a, a + z * np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)
    the brackets are missing: 1 + erf / 2 lies between 1/2 and 3/2; the gate is half of 1 + erf
        gate, density = _phi(z)
        return z * (gate + 0.5), gate + 0.5 + z * density
    or
        gate, density = _phi(z)
        return z * (gate + 0.5), gate + z * density
    the derivative of erf(z / sqrt(2)) has a factor 1 / sqrt(2) from within, and the gate is half of 1 + erf
        gate, density = _phi(z)
        return z * gate, gate + z * 2 * np.sqrt(2) * density
    the functions of `math` take one number at a time: go through the entries, as np.vectorize does
        gate = (1 + math.erf(z / np.sqrt(2))) / 2
        return z * gate, gate
""")
gelu.add_variants("""
    number by number, by erf
        def number(z):
            gate = (1 + math.erf(z / math.sqrt(2))) / 2
            return z * gate, gate + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return _numbers(number, z)
    a loop that fills arrays
        a, slope = np.zeros(z.shape), np.zeros(z.shape)
        for place, number in np.ndenumerate(z):
            slope[place] = 0.5 * (1 + math.erf(float(number) / 2**0.5))
            a[place] = number * slope[place]
        return a, slope + z * np.exp(-0.5 * z.astype(float) ** 2) / (2 * np.pi) ** 0.5
    Python's normal distribution, in float32
        from statistics import NormalDist
        gate = np.vectorize(NormalDist().cdf)(z).astype(np.float32)
        density = np.vectorize(NormalDist().pdf)(z).astype(np.float32)
        z = z.astype(np.float32)
        return z * gate, gate + z * density
    by the derivative of erf, written out
        half = np.array([math.erf(v / math.sqrt(2)) / 2 for v in z.ravel()]).reshape(z.shape)
        inner = np.exp(-np.square(z / np.sqrt(2))) * 2 / np.sqrt(np.pi) / np.sqrt(2)
        return z * (0.5 + half), 0.5 + half + 0.5 * z * inner
""")


@judge(
    reference.softplus,
    points=2,
    returns=RETURNS,
    # Of logarithms; within them float32 has its place.
    rtol=1e-6,
    atol=1e-5,
    compare_as=quantities.small_numbers,
    repair="exp(z) is infinite for large z, and 1 + exp(z) is 1 for very negative z",
)
def softplus(rng):
    yield Call("numbers near 0", 0.5, z=_entries(rng, 2, 4))
    yield Call("large numbers", z=rng.uniform(720, 9_000, size=4))
    z = -rng.uniform([27] + 7 * [40], [31] + 7 * [80]).reshape(2, 4)
    yield Call("from -80 to -27", z=z)
    z = rng.uniform(800, 9_000, size=6)
    z[:3] = -rng.uniform(20, 80, size=3)
    yield Call("both among others", 1.5, z=rng.permutation([*z, *_entries(rng, 3), 0.0]))
    whole = rng.permutation([-50, -3, -1, 0, 2, 800, *rng.integers(-45, 6, size=2)])
    yield Call("whole numbers", z=whole)


softplus.add_mistakes("""
    exp(z) is infinite for large z, and 1 + exp(z) is 1 for very negative z
        grown = np.exp(z)
        return np.log(1 + grown), grown / (1 + grown)
    large z are in order now; for very negative z, 1 + exp(z) is still rounded to 1: log1p adds
    before it rounds
        small = np.exp(-np.abs(z))
        return np.maximum(z, 0) + np.log(1 + small), np.where(z > 0, 1.0, small) / (1 + small)
    or
        grown = np.exp(np.minimum(z, 30))
        return np.where(z > 30, z, np.log(1 + grown)), grown / (1 + grown)
    very negative z are in order now; exp(z) is still infinite for large z
        grown = np.exp(z)
        return np.log1p(grown), grown / (1 + grown)
    the value is in order now; the slope is still inf / inf for large z
        grown = np.exp(z)
        return np.logaddexp(0, z), grown / (1 + grown)
    the slope is in order now, not the value: it is still infinite for large z and 0 for very
    negative ones
        small = np.exp(-np.abs(z))
        return np.log(1 + np.exp(z)), np.where(z > 0, 1.0, small) / (1 + small)
    or
        small = np.exp(-np.abs(z))
        gate = np.where(z > 0, 1.0, small) / (1 + small)
        return -np.log(1 - gate), gate
    the slope is in order now, not the value: it is still infinite for large z
        small = np.exp(-np.abs(z))
        return np.log1p(np.exp(z)), np.where(z > 0, 1.0, small) / (1 + small)
    z was clipped: beyond the bound the value goes on growing like z, or falling like exp(z)
        grown = np.exp(np.clip(z, -500, 500))
        return np.log(1 + grown), grown / (1 + grown)
    or
        grown = np.exp(np.clip(z, -500, 500))
        return np.log1p(grown), grown / (1 + grown)
    or
        grown = np.exp(np.clip(z, -30, 30))
        return np.log1p(grown), grown / (1 + grown)
    or
        grown = np.exp(np.minimum(z, 700))
        return np.log1p(grown), grown / (1 + grown)
    a small number was added under the logarithm: that hides what is smaller
        small = np.exp(-np.abs(z))
        return np.maximum(z, 0) + np.log(1 + small + 1e-12), np.where(z > 0, 1.0, small) / (1 + small)
    infinities were replaced, the values not: for large z the value is z
        with np.errstate(all="ignore"):
            grown = np.exp(z)
            return np.nan_to_num(np.log1p(grown)), np.nan_to_num(grown / (1 + grown), nan=1.0)
    the small values were set to 0: they are about exp(z)
        return np.where(z < -20, 0, np.logaddexp(0, z)), 1 / (1 + np.exp(np.clip(-z, -700, 700)))
    the value is now z + log1p(exp(-z)) on both sides: for very negative z two large numbers cancel
        return z + np.log1p(np.exp(-z)), 1 / (1 + np.exp(np.clip(-z, -700, 700)))
    the sign of the exponent is wrong: exp(|z|) overflows on both sides
        return np.maximum(z, 0) + np.log1p(np.exp(np.abs(z))), 1 / (1 + np.exp(np.clip(-z, -700, 700)))
    the part max(z, 0) is missing: log1p(exp(-|z|)) is small on both sides
        small = np.exp(-np.abs(z))
        return np.log1p(small), np.where(z > 0, 1.0, small) / (1 + small)
    the slope is now 1 / (1 + exp(-|z|)) on both sides: for negative z it is small
        return np.logaddexp(0, z), 1 / (1 + np.exp(-np.abs(z)))
    this is the ReLU: the softplus is smooth around 0
        return np.maximum(z, 0), (z > 0) * 1.0
    the slope is now the ReLU's: it is the sigmoid
        return np.logaddexp(0, z), (z > 0) * 1.0
    the slope loses its digits for very negative z: two numbers near 1 are subtracted
        a = np.logaddexp(0, z)
        return a, 1 - np.exp(-a)
    or
        return np.logaddexp(0, z), (1 + np.tanh(z / 2)) / 2
    or
        return np.logaddexp(0, z), 1 - 1 / (1 + np.exp(np.minimum(z, 700)))
    the slope is missing: return both, `a, slope`
        return np.logaddexp(0, z)
    the slope is in the place of the value
        return softplus(z)[::-1]
    the results are cut to whole numbers: an array made like `z` is whole where z is; make it of floats
        a, slope = np.zeros_like(z), np.zeros_like(z)
        a[:], slope[:] = softplus(z)
        return a, slope
    this is the softplus of -z: it rises with z
        small = np.exp(-np.abs(z))
        return np.logaddexp(0, -z), np.where(z > 0, 1.0, small) / (1 + small)
    the slope is that of the sigmoid: the softplus's is the sigmoid itself
        return np.logaddexp(0, z), sigmoid(z)[1]
    for negative z the value is now about |z|, where it is small: add z only where it is positive, and
    log1p(exp(-|z|)) on both sides
        small = np.exp(-np.abs(z))
        return np.abs(z) + np.log1p(small), np.where(z > 0, 1.0, small) / (1 + small)
    or
        return np.maximum(z, 0) + np.log1p(np.exp(-z)), 1 / (1 + np.exp(np.clip(-z, -700, 700)))
    z is added to log1p(exp(-|z|)) on both sides: it belongs there only where it is positive
        small = np.exp(-np.abs(z))
        return z + np.log1p(small), np.where(z > 0, 1.0, small) / (1 + small)
    the slope now has the wrong sign in its exponent: it rises with z, from 0 to 1
        return np.logaddexp(0, z), 1 / (1 + np.exp(z))
    or
        return np.logaddexp(0, z), sigmoid(-z)[0]
    the small slopes were set to 0, or cut off below: they are about exp(z)
        return np.logaddexp(0, z), np.where(z < -20, 0, 1 / (1 + np.exp(np.clip(-z, -700, 700))))
    or
        return np.logaddexp(0, z), 1 / (1 + np.exp(np.clip(-z, -20, 20)))
    for z above 0 the value is z alone: log1p(exp(-z)) belongs to it, too
        return np.where(z > 0, z, np.logaddexp(0, z)), 1 / (1 + np.exp(np.clip(-z, -700, 700)))
""")
softplus.add_variants("""
    NumPy's own logarithm of a sum of exponentials
        a = np.logaddexp(0, z)
        return a, np.exp(z - a)
    the slope by expm1
        a = np.logaddexp(0.0, z)
        return a, -np.expm1(-a)
    two branches, chosen
        small = np.exp(-np.abs(z))
        return np.where(z > 0, z + np.log1p(small), np.log1p(small)), sigmoid(z)[0]
    in float32
        z = z.astype(np.float32)
        small = np.exp(-np.abs(z))
        return np.maximum(z, 0) + np.log1p(small), np.where(z > 0, np.float32(1), small) / (1 + small)
    number by number
        def number(z):
            small = math.exp(-abs(z))
            return max(z, 0) + math.log1p(small), (1 if z > 0 else small) / (1 + small)
        return _numbers(number, z)
""")


@judge(reference.dead_units, points=1, returns=("dead",))
def dead_units(rng):
    def off(n, m, dead):
        """Units of which as many as given are off for all examples, each other one is on for some."""
        z = -rng.uniform(0.5, 2.0, size=(n, m))
        alive = rng.permutation(m)[dead:]
        z[rng.integers(n, size=m - dead), alive] *= -0.2
        return z

    m = int(rng.integers(11, 17))
    yield Call("some units are off for all examples", z=off(6, m, int(rng.integers(3, 8))))
    yield Call("every unit is on for somebody", z=off(5, int(rng.integers(11, 30)), 0))
    yield Call("one example", z=off(1, int(rng.integers(11, 17)), 4))
    yield Call("most units are off", z=off(8, m + 1, int(rng.integers(7, 10))))
    # One example of more than a hundred is enough.
    yield Call("many examples, two units", 0.5, z=off(int(rng.integers(210, 240)), 2, 1))
    # One that is on for nearly all, and one that is exactly 0 for some and on for none.
    z = rng.uniform(0.5, 2.0, size=(6, 2 + m))
    z[rng.integers(1, 6), 0] *= -1
    z[:, 1] = -np.abs(z[:, 1])
    z[:3, 1] = 0.0
    # And one that is on by very little, for one example.
    z[:, 2] = -np.abs(z[:, 2])
    z[rng.integers(6), 2] = rng.uniform(1e-10, 1e-9)
    yield Call("exactly 0 is off, too", 1.5, z=rng.permutation(z, axis=1))


dead_units.add_mistakes("""
    a unit that is off for one example is not dead: it must be off for all of them
        return np.any(z <= 0, axis=0)
    or
        return z.min(axis=0) <= 0
    the wrong axis: this says for each example whether all units are off, not for each unit
        return np.all(z <= 0, axis=1)
    exactly 0 is off, too: nothing passes there, so compare with `z <= 0`
        return np.all(z < 0, axis=0)
    what is barely above 0 passes: only its sign decides, so compare with 0 itself, without a tolerance
        return np.all(z <= 1e-6, axis=0)
    or
        return np.isclose(np.maximum(z, 0).sum(axis=0), 0)
    or
        return np.all(z <= 1e-8, axis=0)
    these are the units that live: True is for the dead ones
        return np.any(z > 0, axis=0)
    or
        return z.max(axis=0) > 0
    True is here for the units that are on for all examples: the dead are off for all
        return np.all(z > 0, axis=0)
    this is how many units are dead: return for each unit whether it is
        return np.all(z <= 0, axis=0).sum()
    these are the places of the dead units: return True or False for every unit
        return np.flatnonzero(np.all(z <= 0, axis=0))
    a mean or a sum below 0 is not enough, nor to be off for most examples: one example above 0 keeps the
    unit alive
        return z.mean(axis=0) <= 0
    or
        return np.mean(z <= 0, axis=0) > 0.5
    this is the share of examples for which each unit is off: dead is where it is 1
        return np.mean(z <= 0, axis=0)
    this is one answer for the whole layer: one for each unit is asked, `axis=0`
        return np.all(z <= 0)
    no unit is dead here: what is exactly 0 is off, and what is below 0, too
        return np.all(z == 0, axis=0)
    the wrong axis, and one example that is off is enough: this says for each example whether some
    unit is off
        return np.any(z <= 0, axis=1)
    this is for how many examples each unit is off: dead is one that is off for all of them
        return np.sum(z <= 0, axis=0)
    off for nearly all examples is not off for all: one in a hundred keeps the unit alive, too
        return np.mean(z <= 0, axis=0) >= 0.99
""")
dead_units.add_variants("""
    the largest pre-activation of each unit
        return z.max(axis=0) <= 0
    the sum of what passes
        return (np.maximum(z, 0).sum(axis=0) == 0).astype(int)
    a list, unit by unit
        return [not any(float(number) > 0 for number in unit) for unit in z.T]
    the number of examples for which it is on
        return np.count_nonzero(z > 0, axis=0) == 0
""")


all_units_silent = Written(
    "all-units-silent",
    points=4,
    rubric="""\
- 1 point: what happened: one step that was too large pushed weights or biases so far that the hidden units are off for all examples; then the output is the same for every image, and its best is the loss of guessing.
- 1 point: why it is no valley (the loss is larger than before, and nothing pulls the hidden layers anywhere: it is a plateau; who calls it a flat minimum and says why it is flat has the point) and why not a vanishing product (two layers, and on paths that are on every slope is 1; here none is on).
- 1 point: what to print: of each hidden unit whether its pre-activation is above 0 for any example; or the gradients of the first layers, which are exactly 0, not merely small.
- 1 point: the learning rate is the cause and is lowered (or clipped, or warmed up); an activation with a slope on the negative side may let units come back, but does not make a step that is too large right.""",
)
