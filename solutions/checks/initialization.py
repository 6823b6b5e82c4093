"""How the exercises of the chapter on initialization are judged.

The pre-activations of a case have entries far from 0 on both sides, so that no mistake hides behind a
rounding, and one case has entries near -10,000 and 10,000. Layers are never square, so that inputs,
outputs and their mean are told apart.
"""

import math

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.distributions import sample
from gradus.values import Problem, Rng
from solutions import initialization as reference

RETURNS = ("a", "slope")


def _entries(rng, *shape, low=0.3, high=2.5):
    """Numbers of both signs, none near 0; in one row the signs alternate, so that both are there."""
    sizes = rng.uniform(low, high, size=shape)
    signs = rng.choice([-1.0, 1.0], size=shape)
    signs.flat[:2] = 1.0, -1.0
    return signs * sizes


def _activation_cases(rng):
    yield Call("positive numbers", z=rng.uniform(0.3, 2.5, size=4))
    yield Call("negative numbers", z=-rng.uniform(0.3, 2.5, size=4))
    yield Call("a matrix", z=_entries(rng, 3, 5))
    yield Call("three axes", z=_entries(rng, 2, 3, 2))
    yield Call("near 10,000 and -10,000", z=_entries(rng, 5, low=9_000.0, high=11_000.0))


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
    the sign in the exponent is wrong: this falls from 1 to 0; the sigmoid rises
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
""")


@judge(reference.relu, points=1, returns=RETURNS)
def relu(rng):
    yield from _activation_cases(rng)
    z = _entries(rng, 6)
    z[2:4] = 0.0
    yield Call("zeros among them", z=z)


relu.add_mistakes("""
    at z = 0 the slope is 0 here: 1 only where z > 0
        return np.maximum(z, 0), (z >= 0) * 1.0
    the slope is the activation itself: it is 1 where z > 0, however large z is
        return np.maximum(z, 0), np.maximum(z, 0)
    the slope is -1 on the negative side: nothing passes there, it is 0
        return np.maximum(z, 0), np.sign(z)
    or
        return np.maximum(z, 0), np.where(z > 0, 1.0, -1.0)
    the slope is 1 everywhere: where z is not above 0, it is 0
        return np.maximum(z, 0), np.ones(z.shape)
    negative numbers come out positive: this is the absolute value; ReLU makes them 0
        return np.abs(z), (z > 0) * 1.0
    the wrong side is cut off: negative numbers become 0, positive ones stay
        return np.minimum(z, 0), (z < 0) * 1.0
    the maximum of the whole array was taken: use np.maximum(z, 0), entry by entry
        return np.max(z), (z > 0) * 1.0
    the slope is missing: return both, `a, slope`
        return np.maximum(z, 0)
    at z = 0 the slope is 0 here, and not one half
        return np.maximum(z, 0), np.heaviside(z, 0.5)
    the results are in the other order: `a, slope`
        return relu(z)[::-1]
    0 and 1 have changed places in the slope: it is 1 where z > 0 and 0 elsewhere
        return np.maximum(z, 0), (z <= 0) * 1.0
    or
        return np.maximum(z, 0), (z < 0) * 1.0
    the slope is small and not 0 on the negative side: that is the leaky ReLU's
        return np.maximum(z, 0), np.where(z > 0, 1.0, 0.01)
    negative numbers keep a small part: that is the leaky ReLU; here they become 0
        return leaky_relu(z)
    the activation is 1 where z is above 0: it is z there
        return (z > 0) * 1.0, (z > 0) * 1.0
    the slope is z itself: it is 1 where z > 0 and 0 elsewhere
        return np.maximum(z, 0), z
    positive numbers are cut off at 1: they stay as they are
        return np.clip(z, 0, 1), (z > 0) * 1.0
    or
        return np.clip(z, 0, 1), ((z > 0) & (z < 1)) * 1.0
    positive numbers are cut off at 6 (ReLU6): they stay as they are
        return np.clip(z, 0, 6), (z > 0) * 1.0
    or
        return np.clip(z, 0, 6), ((z > 0) & (z < 6)) * 1.0
    negative numbers are left out: each becomes 0 and keeps its place
        return z[z > 0], np.ones((z > 0).sum())
    `if z > 0` or `max(z, 0)` of an array is not one answer: take np.maximum, entry by entry
        return max(z, 0), (z > 0) * 1.0
    or
        return (z, 1.0) if z > 0 else (0, 0)
    negative numbers stay as they are: they become 0
        return z, (z > 0) * 1.0
""")
relu.add_variants("""
    a mask of truth values
        return z * (z > 0), z > 0
    half the sum of z and its absolute value
        return (z + np.abs(z)) / 2, np.heaviside(z, 0)
    number by number, whole numbers as slopes
        return _numbers(lambda z: (z, 1) if z > 0 else (0, 0), z)
""")


@judge(reference.leaky_relu, points=1, returns=RETURNS)
def leaky_relu(rng):
    for case in _activation_cases(rng):
        # Below the least positive entry, so that np.maximum(z, alpha) changes the negative ones alone.
        yield Call(case.label, **case.arguments, alpha=rng.uniform(0.15, 0.29))
    z = _entries(rng, 6)
    z[2:4] = 0.0
    yield Call("zeros among them", z=z, alpha=rng.uniform(0.15, 0.29))
    yield Call("alpha left at its default", z=_entries(rng, 4, low=40.0, high=90.0))


leaky_relu.add_mistakes("""
    the negative side is cut off: it keeps the slope `alpha`
        return relu(z)
    the slope of the negative side is alpha, where `alpha * z` has it: here it is 0
        return np.where(z > 0, z, alpha * z), (z > 0) * 1.0
    or
        return np.maximum(z, alpha * z), np.where(z > 0, 1.0, 0.0)
    the slope on the negative side is `alpha`, not `alpha * z`: it does not depend on z
        return np.where(z > 0, z, alpha * z), np.where(z > 0, 1, alpha * z)
    the negative side is the constant `alpha`: it is `alpha * z`
        return np.where(z > 0, z, alpha), np.where(z > 0, 1, alpha)
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
        return np.where(z > 0, z, z / alpha), np.where(z > 0, 1.0, 1 / alpha)
    this is the ELU: on the negative side it is `alpha * z`, a straight line
        return elu(z, alpha)
    the whole is multiplied by `alpha`: only the negative side is
        return alpha * z, np.full(z.shape, alpha)
    the negative side has the slope 1 - alpha: it is `alpha`
        slope = np.where(z > 0, 1.0, 1 - alpha)
        return slope * z, slope
    the slope is the activation: it is 1 where z > 0 and `alpha` elsewhere
        a = leaky_relu(z, alpha)[0]
        return a, a
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
""")


@judge(reference.elu, points=2, returns=RETURNS)
def elu(rng):
    for case in _activation_cases(rng):
        yield Call(case.label, **case.arguments, alpha=rng.uniform(1.4, 2.0))
    z = _entries(rng, 6)
    z[2:4] = 0.0
    yield Call("zeros among them", z=z, alpha=rng.uniform(1.4, 2.0))
    yield Call("alpha left at its default", z=_entries(rng, 4))


elu.add_mistakes("""
    masks multiply an overflow: exp(z) is infinite for large z, and inf * 0 is not a number; let no
    exponent be above 0
        below = alpha * np.exp(z)
        return z * (z > 0) + (below - alpha) * (z <= 0), 1 * (z > 0) + below * (z <= 0)
    or
        below = alpha * (np.exp(z) - 1)
        return z * (z > 0) + below * (z <= 0), 1 * (z > 0) + (below + alpha) * (z <= 0)
    or
        below = alpha * (np.exp(z) - 1)
        return np.where(z > 0, z, below), 1 * (z > 0) + alpha * np.exp(z) * (z <= 0)
    the - 1 is missing: alpha * exp(z) jumps at 0; it is alpha * (exp(z) - 1)
        below = alpha * np.exp(np.minimum(z, 0))
        return np.where(z > 0, z, below), np.where(z > 0, 1, below)
    the brackets are missing: it is alpha * (exp(z) - 1), and not alpha * exp(z) - 1
        below = alpha * np.exp(np.minimum(z, 0))
        return np.where(z > 0, z, below - 1), np.where(z > 0, 1, below)
    the slope on the negative side is the activation: it is alpha * exp(z), which is a + alpha
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1, a)
    the slope on the negative side lacks `alpha`: it is alpha * exp(z)
        return elu(z, alpha)[0], np.exp(np.minimum(z, 0))
    or
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1, np.exp(np.minimum(z, 0)))
    the slope on the negative side is 0: that is ReLU's; here it is alpha * exp(z)
        return elu(z, alpha)[0], (z > 0) * 1.0
    `alpha` is ignored: 1 is only its default
        return elu(z)
    the positive side is multiplied by `alpha`, too: it is z itself, with slope 1
        a, slope = elu(z)
        return alpha * a, alpha * slope
    the sign of the negative side is wrong: alpha * (1 - exp(z)) is above 0
        a, slope = elu(z, alpha)
        return np.where(z > 0, a, -a), np.where(z > 0, 1, -slope)
    the slope is missing: return both, `a, slope`
        return elu(z, alpha)[0]
    the activation lacks `alpha` on the negative side: it is alpha * (exp(z) - 1)
        return elu(z)[0], elu(z, alpha)[1]
    the slope on the negative side is the constant `alpha`: it is alpha * exp(z)
        return elu(z, alpha)[0], np.where(z > 0, 1, alpha)
    the slope on the positive side is z: it is 1, however large z is
        a, slope = elu(z, alpha)
        return a, np.where(z > 0, z, slope)
    the slope on the negative side is a + 1: it is a + alpha
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1, a + 1)
    the sign of the activation is wrong on the negative side: alpha * (exp(z) - 1) is below 0
        a, slope = elu(z, alpha)
        return np.where(z > 0, a, -a), slope
    the results are in the other order: `a, slope`
        return elu(z, alpha)[::-1]
    at z = 0 the slope is alpha here, that of the negative side: 1 only where z > 0
        a = elu(z, alpha)[0]
        return a, np.where(z >= 0, 1.0, a + alpha)
    the slope on the negative side is z + alpha, with the input in place of the activation: it is a
    + alpha, which is alpha * exp(z)
        return elu(z, alpha)[0], np.where(z > 0, 1.0, z + alpha)
    the slope on the negative side is a - alpha: it is a + alpha, which is alpha * exp(z)
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1.0, a - alpha)
    the slope on the negative side is alpha * z: it is alpha * exp(z)
        return elu(z, alpha)[0], np.where(z > 0, 1.0, alpha * z)
    the slope on the negative side is alpha times the activation: it is alpha * exp(z)
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1.0, alpha * a)
    the slope on the negative side is alpha * exp(a), of the activation: it is alpha * exp(z)
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1.0, alpha * np.exp(np.minimum(a, 0)))
    the slope on the negative side is 1 - a: it is a + alpha
        a = elu(z, alpha)[0]
        return a, np.where(z > 0, 1.0, 1 - a)
    the slope is 1 everywhere: on the negative side it is alpha * exp(z)
        return elu(z, alpha)[0], np.ones(z.shape)
    `alpha` is inside the exponent: it is alpha * (exp(z) - 1)
        below = np.minimum(z, 0)
        return np.where(z > 0, z, np.expm1(alpha * below)), np.where(z > 0, 1.0, alpha * np.exp(alpha * below))
    or
        below = np.minimum(z, 0)
        return np.where(z > 0, z, np.exp(alpha * below) - 1), np.where(z > 0, 1.0, alpha * np.exp(below))
    the exponent has a minus: on the negative side it is exp(z), below 1
        below = np.maximum(-z, 0)
        return np.where(z > 0, z, alpha * np.expm1(below)), np.where(z > 0, 1.0, alpha * np.exp(below))
    or
        a = np.where(z > 0, z, alpha * (np.exp(-z) - 1))
        return a, np.where(z > 0, 1.0, a + alpha)
    the negative side is a straight line, alpha * z: that is the leaky ReLU; here it is alpha *
    (exp(z) - 1)
        return leaky_relu(z, alpha)
    this is the ReLU: on the negative side it is alpha * (exp(z) - 1)
        return relu(z)
    the two sides have changed places: alpha * (exp(z) - 1) belongs to the negative one
        below = np.exp(z)
        return np.where(z > 0, alpha * (below - 1), z), np.where(z > 0, alpha * below, 1.0)
    alpha is the value below 0, as a constant: it is alpha * (exp(z) - 1)
        return np.where(z > 0, z, -alpha), np.where(z > 0, 1.0, 0.0)
    the slope on the negative side is alpha * exp(z) - 1: it is alpha * exp(z)
        return elu(z, alpha)[0], np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)) - 1)
""")
elu.add_variants("""
    np.where, with an overflow that is not chosen
        with np.errstate(over="ignore"):
            a = np.where(z > 0, z, alpha * (np.exp(z) - 1))
        return a, np.where(z > 0, 1, a + alpha)
    a sum of the two sides, each cut at 0, in float32
        z = z.astype(np.float32)
        below = np.float32(alpha) * np.expm1(np.minimum(z, 0))
        return np.maximum(z, 0) + below, np.where(z > 0, np.float32(1), below + np.float32(alpha))
    number by number
        def number(z):
            return (z, 1.0) if z > 0 else (alpha * (math.exp(z) - 1), alpha * math.exp(z))
        return _numbers(number, z)
""")

ALPHA, SCALE = reference.SELU_ALPHA, reference.SELU_SCALE


@judge(reference.selu, points=1, returns=RETURNS)
def selu(rng):
    yield from _activation_cases(rng)
    z = _entries(rng, 6)
    z[2:4] = 0.0
    yield Call("zeros among them", z=z)


selu.add_mistakes("""
    the scale is missing: both sides are multiplied by 1.0507
        return elu(z, ALPHA)
    the scale is on the negative side only: the positive one is scale * z, with slope scale
        a, slope = selu(z)
        return np.where(z > 0, z, a), np.where(z > 0, 1, slope)
    the scale is on the positive side only: the negative one has it, too
        a, slope = selu(z)
        return np.where(z > 0, a, a / SCALE), np.where(z > 0, slope, slope / SCALE)
    alpha is missing: the negative side is scale * alpha * (exp(z) - 1)
        a, slope = elu(z)
        return SCALE * a, SCALE * slope
    alpha and scale have changed places
        a, slope = elu(z, SCALE)
        return ALPHA * a, ALPHA * slope
    the slope lacks the scale: it multiplies the derivative as it multiplies the value
        return selu(z)[0], elu(z, ALPHA)[1]
    or
        a, slope = selu(z)
        return a, np.where(z > 0, 1.0, ALPHA * np.exp(np.minimum(z, 0)))
    masks multiply an overflow: exp(z) is infinite for large z, and inf * 0 is not a number; let no
    exponent be above 0
        below = SCALE * ALPHA * np.exp(z)
        above = z > 0
        return SCALE * z * above + (below - SCALE * ALPHA) * ~above, SCALE * above + below * ~above
    the slope is missing: return both, `a, slope`
        return selu(z)[0]
    the slope lacks alpha on the negative side: it is scale * alpha * exp(z)
        return selu(z)[0], SCALE * np.exp(np.minimum(z, 0))
    the - 1 is missing: it is scale * alpha * (exp(z) - 1) on the negative side
        a, slope = selu(z)
        return np.where(z > 0, a, slope), slope
    the slope on the positive side is 1: it is `scale`, as the value is scale * z
        a, slope = selu(z)
        return a, np.where(z > 0, 1, slope)
    the results are in the other order: `a, slope`
        return selu(z)[::-1]
    at z = 0 the slope is that of the negative side, scale * alpha: `scale` only where z > 0
        a, slope = selu(z)
        return a, np.where(z >= 0, SCALE, slope)
    the slope on the negative side is the activation: it is scale * alpha * exp(z)
        a, slope = selu(z)
        return a, np.where(z > 0, SCALE, a)
    the slope on the negative side is a + alpha, which lacks the scale: it is a + scale * alpha,
    which is scale * alpha * exp(z)
        a, slope = selu(z)
        return a, np.where(z > 0, SCALE, a + ALPHA)
    the slope on the negative side lacks the scale: it is scale * alpha * exp(z)
        a, slope = selu(z)
        return a, np.where(z > 0, SCALE, slope / SCALE)
    the slope on the negative side is the constant scale * alpha: it is scale * alpha * exp(z)
        a, slope = selu(z)
        return a, np.where(z > 0, SCALE, SCALE * ALPHA)
    the scale is there twice: both sides are multiplied by it once
        a, slope = selu(z)
        return SCALE * a, SCALE * slope
    or
        a, slope = selu(z)
        return np.where(z > 0, a, SCALE * a), np.where(z > 0, slope, SCALE * slope)
    the slope lacks the scale, and the value lacks it on the positive side: both sides of both are
    multiplied by it
        a, slope = elu(z, ALPHA)
        return np.where(z > 0, a, SCALE * a), slope
    the brackets are missing: it is scale * alpha * (exp(z) - 1) on the negative side
        a, slope = selu(z)
        return np.where(z > 0, a, slope - 1), slope
    or
        a, slope = selu(z)
        return np.where(z > 0, a, slope - SCALE), slope
    this is the ELU with alpha = 1: alpha is 1.6733 and both sides are multiplied by the scale
    1.0507
        return elu(z)
    the sign of the negative side is wrong: scale * alpha * (exp(z) - 1) is below 0
        a, slope = selu(z)
        return np.abs(a), slope
    the slope on the positive side is the activation: it is `scale`, however large z is
        a, slope = selu(z)
        return a, np.where(z > 0, a, slope)
    the slope on the positive side is z: it is `scale`, however large z is
        a, slope = selu(z)
        return a, np.where(z > 0, z, slope)
    the slope on the negative side is 0: it is scale * alpha * exp(z)
        a, slope = selu(z)
        return a, np.where(z > 0, slope, 0.0)
    the exponent has a minus: on the negative side it is exp(z), below 1
        below = np.maximum(-z, 0)
        return np.where(z > 0, SCALE * z, SCALE * ALPHA * np.expm1(below)), np.where(z > 0, SCALE, SCALE * ALPHA * np.exp(below))
""")
selu.add_variants("""
    the two sides filled in, in float32
        a, slope = SCALE * z.astype(np.float32), np.full(z.shape, SCALE, dtype=np.float32)
        slope[z <= 0] = SCALE * ALPHA * np.exp(z[z <= 0])
        a[z <= 0] = slope[z <= 0] - SCALE * ALPHA
        return a, slope
    number by number, with the constants as published, rounded
        alpha, scale = 1.6732632423543772848, 1.0507009873554804934
        def number(z):
            if z > 0:
                return scale * z, scale
            return scale * alpha * math.expm1(z), scale * alpha * math.exp(z)
        return _numbers(number, z)
""")


# Neither is square, and in one there are more inputs, in the other more outputs.
LAYERS = {"more inputs than outputs": (90, 25), "more outputs than inputs": (20, 120)}


def _initial_cases(rng):
    seed = int(rng.integers(2**31))
    for place, (label, (n_in, n_out)) in enumerate(LAYERS.items()):
        yield Call(label, n_in=n_in, n_out=n_out, rng=Rng(seed + 10 * place))
    n_in, n_out = LAYERS["more inputs than outputs"]
    yield Call("the same generator again", n_in=n_in, n_out=n_out, rng=Rng(seed))
    yield Call("another generator", n_in=n_in, n_out=n_out, rng=Rng(seed + 1))


# Of every initializer; `size=(n_in, n_out)` ends the one line that draws.
COMMON_MISTAKES = """
    the numbers do not come from the generator `rng`: draw with its methods
        rng. -> np.random.default_rng(0).
    the shape is turned: rows are inputs, columns are units, (n_in, n_out)
        size=(n_in, n_out)) -> size=(n_in, n_out)).T.copy()
    a matrix is asked, of shape (n_in, n_out), not a vector
        size=(n_in, n_out)) -> size=(n_in, n_out)).ravel()
    all units have the same weights, so they would stay the same for ever: draw each one
        # Drawn once for a unit's inputs, and the same for all units.
        return rng -> return np.repeat(rng
        size=(n_in, n_out)) -> size=(n_in, n_out))[:, :1], n_out, axis=1)
    all inputs of a unit have the same weight: draw each one
        return rng -> return np.repeat(rng
        size=(n_in, n_out)) -> size=(n_in, n_out))[:1], n_in, axis=0)
    all weights are the same number: draw one for each, with `size=(n_in, n_out)`
        return rng -> return np.full((n_in, n_out), rng
        , size=(n_in, n_out)) -> ))
    or
        return np.zeros((n_in, n_out))
"""
NORMAL_VARIANTS = """
    standard normal numbers, scaled, drawn the other way round
        rng.normal(0.0, -> (rng.standard_normal((n_out, n_in)) *
        , size=(n_in, n_out)) -> ).T
    in float32
        size=(n_in, n_out)) -> size=n_in * n_out).reshape(n_in, n_out).astype("f4")
    a list of lists, number by number
        return rng -> return [[rng
        , size=(n_in, n_out)) -> ) for _ in range(n_out)] for _ in range(n_in)]
"""
UNIFORM_VARIANTS = """
    numbers between 0 and 1, moved and stretched
        rng.uniform(-r, r, size=(n_in, n_out)) -> r * (2 * rng.random((n_in, n_out)) - 1)
    in float32, column by column
        return rng -> return np.stack([rng
        size=(n_in, n_out)) -> n_in) for _ in range(n_out)], axis=1).astype("f4")
    a list of lists, number by number
        return rng -> return [[rng
        , size=(n_in, n_out)) -> ) for _ in range(n_out)] for _ in range(n_in)]
"""


@judge(reference.lecun_normal, points=1, returns=("weights",), compare_as=sample)
def lecun_normal(rng):
    yield from _initial_cases(rng)


lecun_normal.add_mistakes("""
    the variance was taken for the standard deviation: it is sqrt(1 / n_in)
        np.sqrt(1 / n_in) -> 1 / n_in
    the outputs were counted: each pre-activation is a sum over n_in inputs
        np.sqrt(1 / n_in) -> np.sqrt(1 / n_out)
    this is the mean of inputs and outputs, Xavier's: here the inputs alone count
        np.sqrt(1 / n_in) -> np.sqrt(2 / (n_in + n_out))
    the factor 2 is He's, for ReLU: here it is sqrt(1 / n_in)
        np.sqrt(1 / n_in) -> np.sqrt(2 / n_in)
    the standard deviation is 1: it must shrink with the number of inputs
        np.sqrt(1 / n_in) -> 1.0
    the numbers of inputs and units were multiplied: the inputs alone count
        np.sqrt(1 / n_in) -> np.sqrt(1 / (n_in * n_out))
    the distribution is uniform: here it is normal
        r = np.sqrt(3 / n_in)
        return rng.uniform(-r, r, size=(n_in, n_out))
    the standard deviation is the root of n_in: it is 1 divided by that, and shrinks with the inputs
        np.sqrt(1 / n_in) -> np.sqrt(n_in)
    inputs and units were added: the inputs alone count
        np.sqrt(1 / n_in) -> np.sqrt(1 / (n_in + n_out))
    the 3 belongs to the bound of a uniform distribution: the standard deviation is sqrt(1 / n_in)
        np.sqrt(1 / n_in) -> np.sqrt(3 / n_in)
    sqrt(6 / (n_in + n_out)) is the bound of Xavier's uniform distribution: here the inputs alone
    count, and it is a standard deviation
        np.sqrt(1 / n_in) -> np.sqrt(6 / (n_in + n_out))
    the root was taken twice: the standard deviation is sqrt(1 / n_in)
        np.sqrt(1 / n_in) -> n_in**-0.25
    the standard deviation is a fixed small number: it depends on n_in
        np.sqrt(1 / n_in) -> 0.01
    the standard deviation is a fixed tenth: it depends on n_in
        np.sqrt(1 / n_in) -> 0.1
    the mean is the standard deviation: it is 0
        rng.normal(0.0, np.sqrt(1 / n_in) -> rng.normal(np.sqrt(1 / n_in), np.sqrt(1 / n_in)
    the mean and the standard deviation have changed places: rng.normal takes the mean first, 0
        rng.normal(0.0, np.sqrt(1 / n_in) -> rng.normal(np.sqrt(1 / n_in), 1.0
    the distribution is uniform, and between 0 and 1: here it is normal
        return rng.random((n_in, n_out)) * np.sqrt(1 / n_in)
    the bounds of a uniform distribution were taken from the standard deviation: here it is normal
        r = np.sqrt(1 / n_in)
        return rng.uniform(-r, r, size=(n_in, n_out))
""")
lecun_normal.add_mistakes(COMMON_MISTAKES)
lecun_normal.add_variants(NORMAL_VARIANTS)


@judge(reference.gaussian_average, points=2, returns=("average",), rtol=0.03)
def gaussian_average(rng):
    for label, name, low, high in (
        ("a bump, small variance", "bump", 0.2, 0.5),
        ("a bump, large variance", "bump", 2.0, 4.0),
        ("a kink at 0", "hinge", 2.5, 4.0),
        ("a wave", "cosine", 0.2, 0.5),
        ("a longer wave", "cosine", 1.5, 2.2),
        ("a smooth bend", "softplus", 2.5, 4.0),
    ):
        yield Call(label, f=Problem(name, "value"), variance=rng.uniform(low, high))


def _average(f, sd):
    return reference.gaussian_average(f, sd**2)


gaussian_average.add_mistakes("""
    the variance was taken for the standard deviation: z is sqrt(variance) * x
        return _average(f, variance)
    or
        x = np.linspace(-8.0, 8.0, 4000)
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(variance * x)) / np.sum(weights)
    the weight is exp(-x**2), also that of np.polynomial.hermite.hermgauss: with it z is sqrt(2 *
    variance) * x; with sqrt(variance) * x it is exp(-x**2 / 2)
        return _average(f, np.sqrt(variance / 2))
    or
        x, w = np.polynomial.hermite.hermgauss(60)
        return w @ f(np.sqrt(variance) * x) / np.sqrt(np.pi)
    the weights do not add up to 1: divide by sqrt(2 * pi), or by their sum
        return np.sqrt(2 * np.pi) * gaussian_average(f, variance)
    this is f of the average, f(0): the average of f is asked
        return float(f(np.zeros(1))[0])
    this is f at one standard deviation: average f over all z
        return float(f(np.array([np.sqrt(variance)]))[0])
    this is the average of f(z)**2: here f itself is averaged
        return gaussian_average(lambda z: f(z) ** 2, variance)
    all points of the grid count the same: weigh each with exp(-x**2 / 2), or draw normal numbers
        return np.mean(f(np.sqrt(variance) * np.linspace(-8, 8, 4000)))
    the variance is not used: z has the variance that is given, not 1
        return _average(f, 1.0)
    the variance multiplies the average: it is the spread of z, f(sqrt(variance) * x) is averaged
        return variance * _average(f, 1.0)
    or
        return np.sqrt(variance) * _average(f, 1.0)
    f of the absolute value is averaged: z is of both signs
        return gaussian_average(lambda z: f(np.abs(z)), variance)
    z is uniform here: it is normal
        r = np.sqrt(3 * variance)
        return np.mean(f(np.linspace(-r, r, 4000)))
    or
        r = np.sqrt(variance)
        return np.mean(f(np.linspace(-r, r, 4000)))
    the sum of the weights and values was divided by their number: divide by the sum of the weights
        / np.sum(weights) -> / len(x)
    the sum of the weights and values is not multiplied by the distance of the points, or not
    divided: divide by the sum of the weights
        / np.sum(weights) -> / np.sqrt(2 * np.pi)
    or
        / np.sum(weights) -> / 1
""")
gaussian_average.add_variants("""
    Gauss and Hermite's rule, of the probabilists
        x, weights = np.polynomial.hermite_e.hermegauss(80)
        return weights @ f(np.sqrt(variance) * x) / np.sqrt(2 * np.pi)
    the mean over a large sample
        return f(np.random.default_rng(1).normal(0, variance**0.5, 500_000)).mean()
    a loop over z itself, with the density of z
        sd, total = math.sqrt(variance), 0.0
        step = sd / 50
        for k in range(-300, 300):
            z = (k + 0.5) * step
            total += float(f(np.array([z]))[0]) * math.exp(-z * z / (2 * variance)) * step
        return total / (sd * math.sqrt(2 * math.pi))
""")


def _layers(rng, n_layers):
    """Widths no two of which are near, and variances that keep the signal near its size."""
    widths = tuple(int(n) for n in rng.permutation([20, 50, 120, 300, 700])[: n_layers + 1])
    variances = [float(rng.uniform(0.7, 2.0) / n) for n in widths[:-1]]
    return {"widths": widths, "weight_variances": variances}


@judge(reference.forward_variance, points=3, returns=("variances",), rtol=0.03)
def forward_variance(rng):
    for label, name, n_layers in (
        ("no activation, two layers", "identity", 2),
        ("ReLU, three layers", "hinge", 3),
        ("ReLU, four layers", "hinge", 4),
        ("tanh, three layers", "tanh", 3),
        ("softplus, three layers", "softplus", 3),
    ):
        activation = Problem(name, "value")
        inputs = rng.uniform(2.0, 4.0)
        yield Call(label, **_layers(rng, n_layers), activation=activation, mean_square=inputs)
    activation = Problem("hinge", "value")
    yield Call("mean_square left at its default", **_layers(rng, 3), activation=activation)


def _forward(widths, weight_variances, mean_square, after, fan=None, scale=lambda s: s):
    """The recursion with another mean square after a layer of variance q, fan or scale."""
    found = []
    for n, s in zip(fan or widths[:-1], weight_variances, strict=True):
        found.append(n * scale(s) * mean_square)
        mean_square = after(found[-1])
    return np.array(found)


def _mean_square(activation):
    return lambda q: reference.gaussian_average(lambda z: activation(z) ** 2, q)


forward_variance.add_mistakes("""
    the outputs of each layer were counted: a pre-activation is a sum over the inputs, widths[l-1]
        after = _mean_square(activation)
        return _forward(widths, weight_variances, mean_square, after, fan=widths[1:])
    the variance of the activation was taken: what counts is its mean square, E[a**2], which for
    ReLU is larger
        def after(q):
            return _mean_square(activation)(q) - gaussian_average(activation, q) ** 2
        return _forward(widths, weight_variances, mean_square, after)
    the activation is not used: it changes the mean square of what enters the next layer
        return _forward(widths, weight_variances, mean_square, lambda q: q)
    the mean square is halved whatever the activation is: that is ReLU's factor
        return _forward(widths, weight_variances, mean_square, lambda q: q / 2)
    the activation of the standard deviation was squared: average activation(z)**2 over all z
        def after(q):
            return float(activation(np.array([np.sqrt(q)]))[0]) ** 2
        return _forward(widths, weight_variances, mean_square, after)
    the variances of the weights were squared, as if they were standard deviations
        after = _mean_square(activation)
        return _forward(widths, weight_variances, mean_square, after, scale=lambda s: s**2)
    z has the variance q, so its standard deviation is the root of q: q itself was used
        return _forward(
            widths, weight_variances, mean_square, lambda q: _mean_square(activation)(q**2)
        )
    these are the mean squares m_l after the activations: the variances q_l before them are asked
        q = forward_variance(widths, weight_variances, activation, mean_square)
        return np.array([_mean_square(activation)(one) for one in q])
    `mean_square` is ignored: 1 is only its default
        return forward_variance(widths, weight_variances, activation)
    these are standard deviations: the variances are asked, their squares
        return np.sqrt(forward_variance(widths, weight_variances, activation, mean_square))
    the activation itself was averaged: its square is asked, E[activation(z)**2]
        def after(q):
            return gaussian_average(activation, q)
        return _forward(widths, weight_variances, mean_square, after)
    the average was squared: the average of the square is asked, E[activation(z)**2]
        def after(q):
            return gaussian_average(activation, q) ** 2
        return _forward(widths, weight_variances, mean_square, after)
    the inputs passed an activation before the first layer: m_0 is `mean_square` as it is given
        after = _mean_square(activation)
        return _forward(widths, weight_variances, after(mean_square), after)
    `mean_square` was squared: it is a mean of squares already
        return _forward(widths, weight_variances, mean_square**2, _mean_square(activation))
    the number of inputs is missing: z is a sum of widths[l-1] terms
        after = _mean_square(activation)
        return _forward(
            widths, weight_variances, mean_square, after, fan=[1] * len(weight_variances)
        )
    the mean square after the activation is not used: every layer starts from the inputs' own,
    m_(l-1) comes from the layer before
        return np.array([n * s * mean_square for n, s in zip(widths, weight_variances)])
""")
forward_variance.add_variants("""
    a list, by Gauss and Hermite's rule
        x, weights = np.polynomial.hermite_e.hermegauss(60)
        q = [widths[0] * weight_variances[0] * mean_square]
        for n, s in zip(widths[1:-1], weight_variances[1:]):
            q.append(n * s * (weights @ activation(q[-1] ** 0.5 * x) ** 2) / weights.sum())
        return q
    with a large sample, in float32
        x = np.random.default_rng(0).normal(size=500_000)
        q, m = np.empty(len(weight_variances), dtype=np.float32), mean_square
        for layer, s in enumerate(weight_variances):
            q[layer] = widths[layer] * s * m
            m = np.mean(activation(np.sqrt(q[layer]) * x) ** 2)
        return q
""")


@judge(reference.backward_variance, points=3, returns=("ratios",), rtol=0.03)
def backward_variance(rng):
    for label, name, n_layers in (
        ("no activation, three layers", "identity", 3),
        ("ReLU, three layers", "hinge", 3),
        ("ReLU, four layers", "hinge", 4),
        ("tanh, three layers", "tanh", 3),
        ("tanh, four layers", "tanh", 4),
        ("softplus, three layers", "softplus", 3),
    ):
        layers = _layers(rng, n_layers)
        # Each variance far from its neighbours.
        variances = rng.permutation(np.array([0.2, 0.6, 1.4, 3.0])[:n_layers])
        variances = variances * rng.uniform(0.9, 1.1, size=n_layers)
        yield Call(label, **layers, slope=Problem(name, "gradient"), variances=variances)


def _backward(widths, weight_variances, passed, variances, fan=None, scale=lambda s: s):
    """The recursion, with another factor of the activation, fan or scale."""
    fan, ratios = fan or widths[1:], [1.0]
    for layer in range(len(variances) - 1, 0, -1):
        factor = passed(layer, variances)
        ratios.insert(0, fan[layer] * scale(weight_variances[layer]) * factor * ratios[0])
    return np.array(ratios)


def _mean_square_slope(slope):
    return lambda layer, q: reference.gaussian_average(lambda z: slope(z) ** 2, q[layer - 1])


backward_variance.add_mistakes("""
    the inputs of each layer were counted: on the way back an entry is a sum over its outputs,
    widths[l+1]
        passed = _mean_square_slope(slope)
        return _backward(widths, weight_variances, passed, variances, fan=widths[:-1])
    the derivative of the activation is not used: it multiplies what passes
        return _backward(widths, weight_variances, lambda layer, q: 1.0, variances)
    the mean of the slope was squared: the mean of its square is asked
        def passed(layer, q):
            return gaussian_average(slope, q[layer - 1]) ** 2
        return _backward(widths, weight_variances, passed, variances)
    the slope is not squared: it multiplies the gradient, so its square the variance
        def passed(layer, q):
            return gaussian_average(slope, q[layer - 1])
        return _backward(widths, weight_variances, passed, variances)
    the slope was averaged over the z of the next layer: dz_l passes the activation of its own layer
    l
        def passed(layer, q):
            return gaussian_average(lambda z: slope(z) ** 2, q[layer])
        return _backward(widths, weight_variances, passed, variances)
    the slope at 0 was taken, the largest that tanh has: average over all z
        at_zero = float(slope(np.zeros(1))[0]) ** 2
        return _backward(widths, weight_variances, lambda layer, q: at_zero, variances)
    the weights of layer l were taken: from l + 1 to l the gradient passes those of layer l + 1
        shifted = [0.0, *weight_variances[:-1]]
        return _backward(widths, shifted, _mean_square_slope(slope), variances)
    the list is the wrong way round: v_1 comes first, and v_L = 1 last
        return backward_variance(widths, weight_variances, slope, variances)[::-1]
    q is the variance of z, so its standard deviation is the root of q: q itself was used
        return backward_variance(widths, weight_variances, slope, np.square(variances))
    these are standard deviations: the variances are asked, their squares
        return np.sqrt(backward_variance(widths, weight_variances, slope, variances))
    width and weights are those of layer l: from l + 1 to l the gradient passes widths[l+1] and
    s_(l+1)
        shifted = [0.0, *weight_variances[:-1]]
        return _backward(widths, shifted, _mean_square_slope(slope), variances, fan=widths[:-1])
    these are the factors of the single layers: multiply them, from the last to the first
        passed = _mean_square_slope(slope)
        return np.array(
            [
                *(
                    widths[layer + 1] * weight_variances[layer] * passed(layer, variances)
                    for layer in range(1, len(variances))
                ),
                1.0,
            ]
        )
    the slope of the last layer is counted, too: v_L is 1
        last = gaussian_average(lambda z: slope(z) ** 2, variances[-1])
        return last * backward_variance(widths, weight_variances, slope, variances)
    the slope was averaged over z of variance 1: that of layer l is variances[l-1]
        return backward_variance(widths, weight_variances, slope, np.ones_like(variances))
""")
backward_variance.add_variants("""
    a recursion from the first layer
        def backward_recursive(widths, weight_variances, slope, variances):
            if len(variances) == 1:
                return [1.0]
            rest = backward_recursive(widths[1:], weight_variances[1:], slope, variances[1:])
            x, weights = np.polynomial.hermite_e.hermegauss(60)
            passed = weights @ slope(variances[0] ** 0.5 * x) ** 2 / weights.sum()
            return [widths[2] * weight_variances[1] * passed * rest[0], *rest]
    all factors first, then their products from the back, by a large sample
        x = np.random.default_rng(0).normal(size=500_000)
        passed = [np.mean(slope(np.sqrt(q) * x) ** 2) for q in variances[:-1]]
        factors = np.array(widths[2:]) * np.array(weight_variances[1:]) * passed
        return np.append(np.cumprod(factors[::-1])[::-1], 1.0).astype(np.float32)
""")


@judge(reference.xavier_normal, points=2, returns=("weights",), compare_as=sample)
def xavier_normal(rng):
    yield from _initial_cases(rng)


xavier_normal.add_mistakes("""
    the variance was taken for the standard deviation: it is the root of 2 / (n_in + n_out)
        np.sqrt(2 / (n_in + n_out)) -> 2 / (n_in + n_out)
    the inputs alone were counted, as LeCun does: Xavier takes n_in and n_out
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(1 / n_in)
    the outputs alone were counted: Xavier takes n_in and n_out
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(1 / n_out)
    the 2 is missing: what counts is the mean of n_in and n_out, half of their sum
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(1 / (n_in + n_out))
    the 2 is doubled: that is a normal distribution with twice the variance
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(4 / (n_in + n_out))
    this is He's, for ReLU, 2 / n_in: Xavier takes n_in and n_out
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(2 / n_in)
    sqrt(6 / (n_in + n_out)) is the bound of the uniform distribution, not a standard deviation
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(6 / (n_in + n_out))
    the distribution is uniform: here it is normal, xavier_uniform comes next
        return xavier_uniform(n_in, n_out, rng)
    inputs and units were multiplied: they are added
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(2 / (n_in * n_out))
    the root is of 2 alone: n_in + n_out stands below it, too
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(2) / (n_in + n_out)
    the brackets are missing: 2 is divided by the sum n_in + n_out
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(2 / n_in + n_out)
    the standard deviation is 1: it must shrink with the numbers of inputs and units
        np.sqrt(2 / (n_in + n_out)) -> 1.0
    the standard deviation is a fixed small number: it depends on n_in and n_out
        np.sqrt(2 / (n_in + n_out)) -> 0.01
    the outputs stand alone, with the 2: Xavier takes n_in and n_out
        np.sqrt(2 / (n_in + n_out)) -> np.sqrt(2 / n_out)
    the mean is the standard deviation: it is 0
        rng.normal(0.0, np.sqrt(2 / (n_in + n_out)) -> rng.normal(np.sqrt(2 / (n_in + n_out)), np.sqrt(2 / (n_in + n_out))
    the distribution is uniform between minus and plus the standard deviation: here it is normal
        r = np.sqrt(2 / (n_in + n_out))
        return rng.uniform(-r, r, size=(n_in, n_out))
    the distribution is uniform between 0 and 1, times the deviation: here it is normal
        return rng.random((n_in, n_out)) * np.sqrt(2 / (n_in + n_out))
""")
xavier_normal.add_mistakes(COMMON_MISTAKES)
xavier_normal.add_variants(NORMAL_VARIANTS)


@judge(reference.xavier_uniform, points=2, returns=("weights",), compare_as=sample)
def xavier_uniform(rng):
    yield from _initial_cases(rng)


xavier_uniform.add_mistakes("""
    the bound is the standard deviation: a uniform distribution on (-r, r) has only r / sqrt(3), so
    r = sqrt(6 / ...)
        6 / (n_in + n_out) -> 2 / (n_in + n_out)
    the root is missing: the bound is sqrt(6 / (n_in + n_out))
        np.sqrt(6 / (n_in + n_out)) -> 6 / (n_in + n_out)
    the inputs alone were counted: Xavier takes n_in and n_out
        6 / (n_in + n_out) -> 3 / n_in
    the outputs alone were counted: Xavier takes n_in and n_out
        6 / (n_in + n_out) -> 3 / n_out
    this is He's, for ReLU, 6 / n_in: Xavier takes n_in and n_out
        6 / (n_in + n_out) -> 6 / n_in
    3 in place of 6: the mean of n_in and n_out is half of their sum
        6 / (n_in + n_out) -> 3 / (n_in + n_out)
    12 in place of 6: (2 r)**2 / 12 is the variance of a uniform distribution of width 2 r
        6 / (n_in + n_out) -> 12 / (n_in + n_out)
    these lie between -r / 2 and r / 2: the bound is r on either side
        return np.sqrt(6 / (n_in + n_out)) * (rng.random((n_in, n_out)) - 0.5)
    all weights are positive: draw between -r and r, so that the mean is 0
        -r, r -> 0, r
    the distribution is normal: here it is uniform
        return xavier_normal(n_in, n_out, rng)
    the bound is a root of n_in + n_out alone, without the 6
        6 / (n_in + n_out) -> 1 / (n_in + n_out)
    inputs and units were multiplied: they are added
        6 / (n_in + n_out) -> 6 / (n_in * n_out)
    the root is of 6 alone: n_in + n_out stands below it, too
        np.sqrt(6 / (n_in + n_out)) -> np.sqrt(6) / (n_in + n_out)
    the numbers lie between -1 and 1: the bound is sqrt(6 / (n_in + n_out))
        np.sqrt(6 / (n_in + n_out)) -> 1.0
    all weights are negative or 0: draw between -r and r
        -r, r -> -r, 0
""")
xavier_uniform.add_mistakes(COMMON_MISTAKES)
xavier_uniform.add_variants(UNIFORM_VARIANTS)


@judge(reference.he_normal, points=2, returns=("weights",), compare_as=sample)
def he_normal(rng):
    yield from _initial_cases(rng)


he_normal.add_mistakes("""
    the variance was taken for the standard deviation: it is the root of 2 / n_in
        np.sqrt(2 / n_in) -> 2 / n_in
    sqrt(2) / n_in is not sqrt(2 / n_in): n_in stands below the root, too
        np.sqrt(2 / n_in) -> np.sqrt(2) / n_in
    the outputs were counted: on the way forward the inputs count, n_in
        np.sqrt(2 / n_in) -> np.sqrt(2 / n_out)
    this is sqrt(2) times Xavier's, 4 / (n_in + n_out): the same only if n_in = n_out; here it is 2
    / n_in
        np.sqrt(2 / n_in) -> 2 / np.sqrt(n_in + n_out)
    the 2 is missing: ReLU halves the mean square, so the variance of the weights is doubled
        np.sqrt(2 / n_in) -> np.sqrt(1 / n_in)
    the standard deviation was doubled: it is the variance that is doubled, 2 / n_in
        np.sqrt(2 / n_in) -> 2 / np.sqrt(n_in)
    this is Xavier's: for ReLU it is 2 / n_in
        np.sqrt(2 / n_in) -> np.sqrt(2 / (n_in + n_out))
    sqrt(6 / n_in) is the bound of the uniform distribution, not a standard deviation
        np.sqrt(2 / n_in) -> np.sqrt(6 / n_in)
    the distribution is uniform: here it is normal, he_uniform comes next
        return he_uniform(n_in, n_out, rng)
    the standard deviation is 1: it must shrink with the number of inputs
        np.sqrt(2 / n_in) -> 1.0
    the standard deviation is a fixed small number: it depends on n_in
        np.sqrt(2 / n_in) -> 0.01
    the root is upside down: it is sqrt(2 / n_in)
        np.sqrt(2 / n_in) -> np.sqrt(n_in / 2)
    the 2 stands below the line: it is sqrt(2 / n_in)
        np.sqrt(2 / n_in) -> np.sqrt(1 / (2 * n_in))
    the numbers of inputs and units were multiplied: the inputs alone count
        np.sqrt(2 / n_in) -> np.sqrt(2 / (n_in * n_out))
    the mean is the standard deviation: it is 0
        rng.normal(0.0, np.sqrt(2 / n_in) -> rng.normal(np.sqrt(2 / n_in), np.sqrt(2 / n_in)
    the distribution is uniform between minus and plus the standard deviation: here it is normal
        r = np.sqrt(2 / n_in)
        return rng.uniform(-r, r, size=(n_in, n_out))
    the distribution is uniform between 0 and 1, times the deviation: here it is normal
        return rng.random((n_in, n_out)) * np.sqrt(2 / n_in)
""")
he_normal.add_mistakes(COMMON_MISTAKES)
he_normal.add_variants(NORMAL_VARIANTS)


@judge(reference.he_uniform, points=2, returns=("weights",), compare_as=sample)
def he_uniform(rng):
    yield from _initial_cases(rng)


he_uniform.add_mistakes("""
    the bound is the standard deviation: a uniform distribution on (-r, r) has only r / sqrt(3), so
    r = sqrt(6 / n_in)
        np.sqrt(6 / n_in) -> np.sqrt(2 / n_in)
    the root is missing: the bound is sqrt(6 / n_in)
        np.sqrt(6 / n_in) -> 6 / n_in
    sqrt(6) / n_in is not sqrt(6 / n_in): n_in stands below the root, too
        np.sqrt(6 / n_in) -> np.sqrt(6) / n_in
    the outputs were counted: on the way forward the inputs count, n_in
        np.sqrt(6 / n_in) -> np.sqrt(6 / n_out)
    this is sqrt(2) times Xavier's, 12 / (n_in + n_out): the same only if n_in = n_out; here it is 6
    / n_in
        np.sqrt(6 / n_in) -> np.sqrt(12 / (n_in + n_out))
    this is Xavier's, 6 / (n_in + n_out): for ReLU it is 6 / n_in
        np.sqrt(6 / n_in) -> np.sqrt(6 / (n_in + n_out))
    3 in place of 6: that keeps the variance without ReLU, which halves the mean square
        np.sqrt(6 / n_in) -> np.sqrt(3 / n_in)
    12 in place of 6: (2 r)**2 / 12 is the variance of a uniform distribution of width 2 r
        np.sqrt(6 / n_in) -> np.sqrt(12 / n_in)
    these lie between -r / 2 and r / 2: the bound is r on either side
        return np.sqrt(6 / n_in) * (rng.random((n_in, n_out)) - 0.5)
    all weights are positive: draw between -r and r, so that the mean is 0
        -r, r -> 0, r
    the distribution is normal: here it is uniform
        return he_normal(n_in, n_out, rng)
    the bound is the root of 1 / n_in: it is sqrt(6 / n_in)
        6 / n_in -> 1 / n_in
    inputs and units were multiplied: the inputs alone count
        6 / n_in -> 6 / (n_in * n_out)
    the numbers lie between -1 and 1: the bound is sqrt(6 / n_in)
        np.sqrt(6 / n_in) -> 1.0
    all weights are negative or 0: draw between -r and r
        -r, r -> -r, 0
""")
he_uniform.add_mistakes(COMMON_MISTAKES)
he_uniform.add_variants(UNIFORM_VARIANTS)


@judge(reference.dead_units, points=1, returns=("dead",))
def dead_units(rng):
    for label, n, m, dead in (
        ("some units are off for all examples", 6, 5, 2),
        ("every unit is on for somebody", 5, 4, 0),
        ("one example", 1, 7, 3),
        ("most units are off", 8, 6, 5),
    ):
        z = -rng.uniform(0.5, 2.0, size=(n, m))
        alive = np.argsort(rng.random(m))[dead:]
        z[rng.integers(n, size=m - dead), alive] *= -0.2
        yield Call(label, z=z)
    # One that is on for nearly all, and one that is exactly 0 for some and on for none.
    z = rng.uniform(0.5, 2.0, size=(6, 4))
    z[rng.integers(1, 6), 0] *= -1
    z[:, 1] = -np.abs(z[:, 1])
    z[:3, 1] = 0.0
    yield Call("exactly 0 is off, too", z=z)


dead_units.add_mistakes("""
    a unit that is off for one example is not dead: it must be off for all of them
        return np.any(z <= 0, axis=0)
    or
        return z.min(axis=0) <= 0
    the wrong axis: this says for each example whether all units are off, not for each unit
        return np.all(z <= 0, axis=1)
    exactly 0 is off, too: nothing passes there, so compare with `z <= 0`
        return np.all(z < 0, axis=0)
    these are the units that live: True is for the dead ones
        return np.any(z > 0, axis=0)
    or
        return z.max(axis=0) > 0
    or
        return np.all(z > 0, axis=0)
    this is how many units are dead: return for each unit whether it is
        return np.all(z <= 0, axis=0).sum()
    these are the places of the dead units: return True or False for every unit
        return np.flatnonzero(np.all(z <= 0, axis=0))
    a mean or a sum below 0 does not make a unit dead, nor that it is off for most examples: one
    above 0 keeps it alive
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
""")
dead_units.add_variants("""
    the largest pre-activation of each unit
        return z.max(axis=0) <= 0
    the sum of what passes
        return (np.maximum(z, 0).sum(axis=0) == 0).astype(int)
    a list, unit by unit
        return [not any(float(number) > 0 for number in unit) for unit in z.T]
""")


breaking_symmetry = Written(
    "breaking-symmetry",
    points=4,
    rubric="""\
- 1 point: the argument: units with equal incoming and outgoing weights (and biases) have equal activations and equal gradients, so any update that is the same function of a parameter and its gradients keeps them equal.
- 1 point: mini-batches, momentum and Adam do not help: they change the gradients or the rule for all units alike. (No point where Adam's rate per parameter is said to break it.)
- 1 point: dropout does, and so does noise added to each weight: units get different gradients. (Different biases do, too, where the activation bends: an answer that says so and why may have the point.)
- 1 point: what a network that stays symmetric can still learn: that of a single unit in each layer, and that this is seen by counting the different columns, not by the loss alone.""",
)

deep_and_silent = Written(
    "deep-and-silent",
    points=4,
    rubric="""\
- 1 point: the factor per layer on the way forward, derived: fan-in times weight variance times 1/2; for Xavier with equal widths 1/2 per layer.
- 1 point: after 40 layers 2**-40, about 1e-12, for the variance, 1e-6 for the size of the signal; the same on the way back; the logits are nearly 0, so the loss is ln k and stays there.
- 1 point: a remedy with its reason: weights of variance 2 / n_in (or batch normalization); a larger learning rate is not one, since the gradients of all layers are scaled by about the same small factor at the start but not any more once they move.
- 1 point: a measurement that would confirm it before anything is changed: the standard deviation of the activations and of the gradients, layer by layer, on one batch.""",
)
