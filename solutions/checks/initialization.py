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


def _numbers(f):
    """An answer number by number, in nested lists."""

    def element_by_element(z, *rest):
        if np.ndim(z) == 0:
            return f(float(z), *rest)
        pairs = [element_by_element(part, *rest) for part in z]
        return [a for a, _ in pairs], [slope for _, slope in pairs]

    return element_by_element


@judge(reference.sigmoid, points=2, returns=RETURNS)
def sigmoid(rng):
    yield from _activation_cases(rng)


@sigmoid.mistake("`a` overflows: exp(z) / (1 + exp(z)) is inf / inf for large z; let no exponent be above 0")
def sigmoid_inf_by_inf(z):
    a = np.exp(z) / (1 + np.exp(z))
    return a, a * (1 - a)


@sigmoid.mistake("the slope overflows: exp(-z) / (1 + exp(-z))**2 is inf / inf for very negative z; use a * (1 - a)")
def sigmoid_slope_inf_by_inf(z):
    return 1 / (1 + np.exp(-z)), np.exp(-z) / (1 + np.exp(-z)) ** 2


@sigmoid.mistake("the sign in the exponent is wrong: this falls from 1 to 0; the sigmoid rises")
def sigmoid_falling(z):
    a = np.where(z > 0, np.exp(-np.abs(z)), 1) / (1 + np.exp(-np.abs(z)))
    return a, a * (1 - a)


@sigmoid.mistake("the slope is z * (1 - z): it is a * (1 - a), of the activation and not of what went in")
def sigmoid_slope_of_z(z):
    return reference.sigmoid(z)[0], z * (1 - z)


@sigmoid.mistake("the slope is 1 - a**2, that of tanh: the sigmoid's is a * (1 - a)")
def sigmoid_slope_of_tanh(z):
    a = reference.sigmoid(z)[0]
    return a, 1 - a**2


@sigmoid.mistake("the slope is that of the sigmoid of a, squashed twice: a * (1 - a) is all")
def sigmoid_slope_twice(z):
    a = reference.sigmoid(z)[0]
    return a, reference.sigmoid(a)[1]


@sigmoid.mistake("the slope is 1 - a: a factor `a` is missing")
def sigmoid_slope_half(z):
    a = reference.sigmoid(z)[0]
    return a, 1 - a


@sigmoid.mistake("z was clipped to [-1, 1]: far from 0 the sigmoid goes on to 0 and to 1")
def sigmoid_clipped(z):
    return reference.sigmoid(np.clip(z, -1, 1))


@sigmoid.mistake("the slope is missing: return both, `a, slope`")
def sigmoid_alone(z):
    return reference.sigmoid(z)[0]


@sigmoid.mistake("the results are in the other order: `a, slope`")
def sigmoid_order(z):
    return reference.sigmoid(z)[::-1]


@sigmoid.mistake("the sign of the slope is wrong: the sigmoid rises, a * (1 - a) is above 0")
def sigmoid_slope_falls(z):
    a = reference.sigmoid(z)[0]
    return a, a * (a - 1)


@sigmoid.mistake("the slope is 1 - z times a: it is a * (1 - a), with the activation in both places")
def sigmoid_slope_half_of_z(z):
    a = reference.sigmoid(z)[0]
    return a, a * (1 - z)


@sigmoid.mistake("this is the hyperbolic tangent, from -1 to 1: the sigmoid goes from 0 to 1")
def sigmoid_tanh(z):
    return reference.tanh(z)


@sigmoid.variant("as a tanh")
def sigmoid_by_tanh(z):
    a = (1 + np.tanh(z / 2)) / 2
    return a, a * (1 - a)


@sigmoid.variant("as it stands, with a warning of an overflow to infinity that does no harm")
def sigmoid_plain(z):
    with np.errstate(over="ignore"):
        a = 1 / (1 + np.exp(-z))
    return a, a - a**2


@sigmoid.variant("in float32, clipped where nothing changes any more")
def sigmoid_float32(z):
    z = np.clip(z.astype(np.float32), -80, 80)
    a = 1 / (1 + np.exp(-z))
    return [a, a * (1 - a)]


@sigmoid.variant("number by number")
@_numbers
def sigmoid_numbers(z):
    a = 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
    return a, a * (1 - a)


@judge(reference.tanh, points=1, returns=RETURNS)
def tanh(rng):
    yield from _activation_cases(rng)


@tanh.mistake("exp(z) overflows for large z: inf / inf is not a number; use np.tanh")
def tanh_inf_by_inf(z):
    a = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    return a, 1 - a**2


@tanh.mistake("the slope is a * (1 - a), that of the sigmoid: for tanh it is 1 - a**2")
def tanh_slope_of_sigmoid(z):
    a = np.tanh(z)
    return a, a * (1 - a)


@tanh.mistake("the slope is 1 - z**2: it is 1 - a**2, of the activation and not of what went in")
def tanh_slope_of_z(z):
    return np.tanh(z), 1 - z**2


@tanh.mistake("the slope is 1 - a: the activation enters squared, 1 - a**2")
def tanh_slope_unsquared(z):
    return np.tanh(z), 1 - np.tanh(z)


@tanh.mistake("the slope is that of the tanh of a, squashed twice: 1 - a**2 is all")
def tanh_slope_twice(z):
    return np.tanh(z), 1 - np.tanh(np.tanh(z)) ** 2


@tanh.mistake("this is 2 * sigmoid(z) - 1, which rises half as fast: tanh(z) = 2 * sigmoid(2 * z) - 1")
def tanh_too_wide(z):
    a = np.tanh(z / 2)
    return a, (1 - a**2) / 2


@tanh.mistake("the slope is missing: return both, `a, slope`")
def tanh_alone(z):
    return np.tanh(z)


@tanh.mistake("exp(2 * z) overflows for large z: inf / inf is not a number; use np.tanh")
def tanh_doubled_inf_by_inf(z):
    a = (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)
    return a, 1 - a**2


@tanh.mistake("the value is 2 * sigmoid(z) - 1, too wide: tanh(z) = 2 * sigmoid(2 * z) - 1")
def tanh_too_wide_with_its_slope(z):
    a = np.tanh(z / 2)
    return a, 1 - a**2


@tanh.mistake("the sign of the slope is wrong: tanh rises, 1 - a**2 is above 0")
def tanh_slope_falls(z):
    a = np.tanh(z)
    return a, a**2 - 1


@tanh.mistake("the results are in the other order: `a, slope`")
def tanh_order(z):
    return reference.tanh(z)[::-1]


@tanh.variant("by exponentials of minus the absolute value")
def tanh_safe(z):
    small = np.exp(-2 * np.abs(z))
    return np.sign(z) * (1 - small) / (1 + small), 4 * small / (1 + small) ** 2


@tanh.variant("in float32")
def tanh_float32(z):
    a = np.tanh(z.astype(np.float32))
    return a, (1 - a) * (1 + a)


@tanh.variant("number by number")
@_numbers
def tanh_numbers(z):
    return math.tanh(z), 1 - math.tanh(z) ** 2


@judge(reference.relu, points=1, returns=RETURNS)
def relu(rng):
    yield from _activation_cases(rng)
    z = _entries(rng, 6)
    z[2:4] = 0.0
    yield Call("zeros among them", z=z)


@relu.mistake("at z = 0 the slope is 0 here: 1 only where z > 0")
def relu_slope_at_zero(z):
    return np.maximum(z, 0), (z >= 0) * 1.0


@relu.mistake("the slope is the activation itself: it is 1 where z > 0, however large z is")
def relu_slope_grows(z):
    return np.maximum(z, 0), np.maximum(z, 0)


@relu.mistake("the slope is -1 on the negative side: nothing passes there, it is 0")
def relu_slope_sign(z):
    return np.maximum(z, 0), np.sign(z)


@relu.mistake("the slope is 1 everywhere: where z is not above 0, it is 0")
def relu_slope_one(z):
    return np.maximum(z, 0), np.ones(z.shape)


@relu.mistake("negative numbers come out positive: this is the absolute value; ReLU makes them 0")
def relu_absolute(z):
    return np.abs(z), (z > 0) * 1.0


@relu.mistake("the wrong side is cut off: negative numbers become 0, positive ones stay")
def relu_minimum(z):
    return np.minimum(z, 0), (z < 0) * 1.0


@relu.mistake("the maximum of the whole array was taken: use np.maximum(z, 0), entry by entry")
def relu_one_maximum(z):
    return np.max(z), (z > 0) * 1.0


@relu.mistake("the slope is missing: return both, `a, slope`")
def relu_alone(z):
    return np.maximum(z, 0)


@relu.mistake("at z = 0 the slope is 0 here, and not one half")
def relu_half_at_zero(z):
    return np.maximum(z, 0), np.heaviside(z, 0.5)


@relu.mistake("the results are in the other order: `a, slope`")
def relu_order(z):
    return reference.relu(z)[::-1]


@relu.variant("a mask of truth values")
def relu_mask(z):
    return z * (z > 0), z > 0


@relu.variant("half the sum of z and its absolute value")
def relu_half(z):
    return (z + np.abs(z)) / 2, np.heaviside(z, 0)


@relu.variant("number by number, whole numbers as slopes")
@_numbers
def relu_numbers(z):
    return (z, 1) if z > 0 else (0, 0)


@judge(reference.leaky_relu, points=1, returns=RETURNS)
def leaky_relu(rng):
    for case in _activation_cases(rng):
        # Below the least positive entry, so that np.maximum(z, alpha) changes the negative ones alone.
        yield Call(case.label, **case.arguments, alpha=rng.uniform(0.15, 0.29))
    yield Call("alpha left at its default", z=_entries(rng, 4, low=40.0, high=90.0))


@leaky_relu.mistake("the negative side is cut off: it keeps the slope `alpha`")
def leaky_cut(z, alpha=0.01):
    return reference.relu(z)


@leaky_relu.mistake("the slope of the negative side is alpha, where `alpha * z` has it: here it is 0")
def leaky_slope_cut(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z), (z > 0) * 1.0


@leaky_relu.mistake("the slope on the negative side is `alpha`, not `alpha * z`: it does not depend on z")
def leaky_slope_of_z(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z), np.where(z > 0, 1, alpha * z)


@leaky_relu.mistake("the negative side is the constant `alpha`: it is `alpha * z`")
def leaky_constant(z, alpha=0.01):
    return np.where(z > 0, z, alpha), np.where(z > 0, 1, alpha)


@leaky_relu.mistake("the negative side goes up: alpha * |z| is above 0; it is `alpha * z`, below")
def leaky_up(z, alpha=0.01):
    return np.where(z > 0, z, -alpha * z), np.where(z > 0, 1, -alpha)


@leaky_relu.mistake("`alpha` is ignored: 0.01 is only its default")
def leaky_default(z, alpha=0.01):
    return reference.leaky_relu(z, 0.01)


@leaky_relu.mistake("the two sides have changed places: `alpha` belongs to the negative one")
def leaky_sides(z, alpha=0.01):
    slope = np.where(z > 0, alpha, 1.0)
    return slope * z, slope


@leaky_relu.mistake("the slope is missing: return both, `a, slope`")
def leaky_alone(z, alpha=0.01):
    return reference.leaky_relu(z, alpha)[0]


@leaky_relu.mistake("the slope is 1 everywhere: on the negative side it is `alpha`")
def leaky_slope_one(z, alpha=0.01):
    return reference.leaky_relu(z, alpha)[0], np.ones(z.shape)


@leaky_relu.mistake("the sign of the slope is wrong on the negative side: alpha * z rises, its slope is `alpha`")
def leaky_slope_falls(z, alpha=0.01):
    return reference.leaky_relu(z, alpha)[0], np.where(z > 0, 1, -alpha)


@leaky_relu.mistake("the slope on the positive side is z: it is 1, however large z is")
def leaky_slope_grows(z, alpha=0.01):
    return reference.leaky_relu(z, alpha)[0], np.where(z > 0, z, alpha)


@leaky_relu.mistake("the results are in the other order: `a, slope`")
def leaky_order(z, alpha=0.01):
    return reference.leaky_relu(z, alpha)[::-1]


@leaky_relu.variant("the larger of z and alpha * z, for an alpha below 1")
def leaky_maximum(z, alpha=0.01):
    return np.maximum(z, alpha * z), alpha + (1 - alpha) * (z > 0)


@leaky_relu.variant("on a copy, in float32")
def leaky_copy(z, alpha=0.01):
    a = z.astype(np.float32)
    slope = np.ones_like(a)
    slope[z <= 0] = alpha
    a[z <= 0] *= np.float32(alpha)
    return a, slope


@leaky_relu.variant("number by number")
@_numbers
def leaky_numbers(z, alpha=0.01):
    return (z, 1.0) if z > 0 else (alpha * z, alpha)


@judge(reference.elu, points=2, returns=RETURNS)
def elu(rng):
    for case in _activation_cases(rng):
        yield Call(case.label, **case.arguments, alpha=rng.uniform(1.4, 2.0))
    yield Call("alpha left at its default", z=_entries(rng, 4))


@elu.mistake(
    "masks multiply an overflow: exp(z) is infinite for large z, and inf * 0 is not a number; "
    "let no exponent be above 0"
)
def elu_inf_by_zero(z, alpha=1.0):
    below = alpha * np.exp(z)
    return z * (z > 0) + (below - alpha) * (z <= 0), 1 * (z > 0) + below * (z <= 0)


@elu.mistake("the - 1 is missing: alpha * exp(z) jumps at 0; it is alpha * (exp(z) - 1)")
def elu_jump(z, alpha=1.0):
    below = alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, below), np.where(z > 0, 1, below)


@elu.mistake("the brackets are missing: it is alpha * (exp(z) - 1), and not alpha * exp(z) - 1")
def elu_brackets(z, alpha=1.0):
    below = alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, below - 1), np.where(z > 0, 1, below)


@elu.mistake("the slope on the negative side is the activation: it is alpha * exp(z), which is a + alpha")
def elu_slope_is_value(z, alpha=1.0):
    a = reference.elu(z, alpha)[0]
    return a, np.where(z > 0, 1, a)


@elu.mistake("the slope on the negative side lacks `alpha`: it is alpha * exp(z)")
def elu_slope_without_alpha(z, alpha=1.0):
    return reference.elu(z, alpha)[0], np.exp(np.minimum(z, 0))


@elu.mistake("the slope on the negative side is 0: that is ReLU's; here it is alpha * exp(z)")
def elu_slope_cut(z, alpha=1.0):
    return reference.elu(z, alpha)[0], (z > 0) * 1.0


@elu.mistake("`alpha` is ignored: 1 is only its default")
def elu_default(z, alpha=1.0):
    return reference.elu(z)


@elu.mistake("the positive side is multiplied by `alpha`, too: it is z itself, with slope 1")
def elu_alpha_everywhere(z, alpha=1.0):
    a, slope = reference.elu(z)
    return alpha * a, alpha * slope


@elu.mistake("the sign of the negative side is wrong: alpha * (1 - exp(z)) is above 0")
def elu_sign(z, alpha=1.0):
    a, slope = reference.elu(z, alpha)
    return np.where(z > 0, a, -a), np.where(z > 0, 1, -slope)


@elu.mistake("the slope is missing: return both, `a, slope`")
def elu_alone(z, alpha=1.0):
    return reference.elu(z, alpha)[0]


@elu.mistake("the activation lacks `alpha` on the negative side: it is alpha * (exp(z) - 1)")
def elu_value_without_alpha(z, alpha=1.0):
    return reference.elu(z)[0], reference.elu(z, alpha)[1]


@elu.mistake("the slope on the negative side is the constant `alpha`: it is alpha * exp(z)")
def elu_slope_of_leaky(z, alpha=1.0):
    return reference.elu(z, alpha)[0], np.where(z > 0, 1, alpha)


@elu.mistake("the slope on the positive side is z: it is 1, however large z is")
def elu_slope_grows(z, alpha=1.0):
    a, slope = reference.elu(z, alpha)
    return a, np.where(z > 0, z, slope)


@elu.mistake("the slope on the negative side is a + 1: it is a + alpha")
def elu_slope_plus_one(z, alpha=1.0):
    a = reference.elu(z, alpha)[0]
    return a, np.where(z > 0, 1, a + 1)


@elu.mistake("the sign of the activation is wrong on the negative side: alpha * (exp(z) - 1) is below 0")
def elu_value_above(z, alpha=1.0):
    a, slope = reference.elu(z, alpha)
    return np.where(z > 0, a, -a), slope


@elu.mistake("the results are in the other order: `a, slope`")
def elu_order(z, alpha=1.0):
    return reference.elu(z, alpha)[::-1]


@elu.variant("np.where, with an overflow that is not chosen")
def elu_where(z, alpha=1.0):
    with np.errstate(over="ignore"):
        a = np.where(z > 0, z, alpha * (np.exp(z) - 1))
    return a, np.where(z > 0, 1, a + alpha)


@elu.variant("a sum of the two sides, each cut at 0, in float32")
def elu_sum(z, alpha=1.0):
    z = z.astype(np.float32)
    below = np.float32(alpha) * np.expm1(np.minimum(z, 0))
    return np.maximum(z, 0) + below, np.where(z > 0, np.float32(1), below + np.float32(alpha))


@elu.variant("number by number")
@_numbers
def elu_numbers(z, alpha=1.0):
    return (z, 1.0) if z > 0 else (alpha * (math.exp(z) - 1), alpha * math.exp(z))


ALPHA, SCALE = reference.SELU_ALPHA, reference.SELU_SCALE


@judge(reference.selu, points=1, returns=RETURNS)
def selu(rng):
    yield from _activation_cases(rng)


@selu.mistake("the scale is missing: both sides are multiplied by 1.0507")
def selu_without_scale(z):
    return reference.elu(z, ALPHA)


@selu.mistake("the scale is on the negative side only: the positive one is scale * z, with slope scale")
def selu_scale_below(z):
    a, slope = reference.selu(z)
    return np.where(z > 0, z, a), np.where(z > 0, 1, slope)


@selu.mistake("the scale is on the positive side only: the negative one has it, too")
def selu_scale_above(z):
    a, slope = reference.selu(z)
    return np.where(z > 0, a, a / SCALE), np.where(z > 0, slope, slope / SCALE)


@selu.mistake("alpha is missing: the negative side is scale * alpha * (exp(z) - 1)")
def selu_without_alpha(z):
    a, slope = reference.elu(z)
    return SCALE * a, SCALE * slope


@selu.mistake("alpha and scale have changed places")
def selu_swapped(z):
    a, slope = reference.elu(z, SCALE)
    return ALPHA * a, ALPHA * slope


@selu.mistake("the slope lacks the scale: it multiplies the derivative as it multiplies the value")
def selu_slope_without_scale(z):
    return reference.selu(z)[0], reference.elu(z, ALPHA)[1]


@selu.mistake(
    "masks multiply an overflow: exp(z) is infinite for large z, and inf * 0 is not a number; "
    "let no exponent be above 0"
)
def selu_inf_by_zero(z):
    below = SCALE * ALPHA * np.exp(z)
    above = z > 0
    return SCALE * z * above + (below - SCALE * ALPHA) * ~above, SCALE * above + below * ~above


@selu.mistake("the slope is missing: return both, `a, slope`")
def selu_alone(z):
    return reference.selu(z)[0]


@selu.mistake("the slope lacks alpha on the negative side: it is scale * alpha * exp(z)")
def selu_slope_without_alpha(z):
    return reference.selu(z)[0], SCALE * np.exp(np.minimum(z, 0))


@selu.mistake("the - 1 is missing: it is scale * alpha * (exp(z) - 1) on the negative side")
def selu_jump(z):
    a, slope = reference.selu(z)
    return np.where(z > 0, a, slope), slope


@selu.mistake("the slope on the positive side is 1: it is `scale`, as the value is scale * z")
def selu_slope_one(z):
    a, slope = reference.selu(z)
    return a, np.where(z > 0, 1, slope)


@selu.mistake("the results are in the other order: `a, slope`")
def selu_order(z):
    return reference.selu(z)[::-1]


@selu.variant("the two sides filled in, in float32")
def selu_filled(z):
    a, slope = SCALE * z.astype(np.float32), np.full(z.shape, SCALE, dtype=np.float32)
    slope[z <= 0] = SCALE * ALPHA * np.exp(z[z <= 0])
    a[z <= 0] = slope[z <= 0] - SCALE * ALPHA
    return a, slope


@selu.variant("number by number, with the constants as published, rounded")
@_numbers
def selu_numbers(z):
    alpha, scale = 1.6732632423543772848, 1.0507009873554804934
    return (scale * z, scale) if z > 0 else (scale * alpha * math.expm1(z), scale * alpha * math.exp(z))


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


@dead_units.mistake("a unit that is off for one example is not dead: it must be off for all of them")
def dead_for_some(z):
    return np.any(z <= 0, axis=0)


@dead_units.mistake("the wrong axis: this says for each example whether all units are off, not for each unit")
def dead_examples(z):
    return np.all(z <= 0, axis=1)


@dead_units.mistake("exactly 0 is off, too: nothing passes there, so compare with `z <= 0`")
def dead_strictly(z):
    return np.all(z < 0, axis=0)


@dead_units.mistake("these are the units that live: True is for the dead ones")
def dead_inverted(z):
    return np.any(z > 0, axis=0)


@dead_units.mistake("this is how many units are dead: return for each unit whether it is")
def dead_count(z):
    return np.all(z <= 0, axis=0).sum()


@dead_units.mistake("these are the places of the dead units: return True or False for every unit")
def dead_places(z):
    return np.flatnonzero(np.all(z <= 0, axis=0))


@dead_units.mistake("a mean below 0 does not make a unit dead: one example above 0 keeps it alive")
def dead_on_average(z):
    return z.mean(axis=0) <= 0


@dead_units.mistake("this is the share of examples for which each unit is off: dead is where it is 1")
def dead_share(z):
    return np.mean(z <= 0, axis=0)


@dead_units.mistake("this is one answer for the whole layer: one for each unit is asked, `axis=0`")
def dead_layer(z):
    return np.all(z <= 0)


@dead_units.variant("the largest pre-activation of each unit")
def dead_by_maximum(z):
    return z.max(axis=0) <= 0


@dead_units.variant("the sum of what passes")
def dead_by_sum(z):
    return (np.maximum(z, 0).sum(axis=0) == 0).astype(int)


@dead_units.variant("a list, unit by unit")
def dead_list(z):
    return [not any(float(number) > 0 for number in unit) for unit in z.T]


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


@gaussian_average.mistake("the variance was taken for the standard deviation: z is sqrt(variance) * x")
def average_of_variance(f, variance):
    return _average(f, variance)


@gaussian_average.mistake(
    "the weight is exp(-x**2), also that of np.polynomial.hermite.hermgauss: with it z is "
    "sqrt(2 * variance) * x; with sqrt(variance) * x it is exp(-x**2 / 2)"
)
def average_physicist(f, variance):
    return _average(f, np.sqrt(variance / 2))


@gaussian_average.mistake("the weights do not add up to 1: divide by sqrt(2 * pi), or by their sum")
def average_unnormalised(f, variance):
    return np.sqrt(2 * np.pi) * reference.gaussian_average(f, variance)


@gaussian_average.mistake("this is f of the average, f(0): the average of f is asked")
def average_inside(f, variance):
    return float(f(np.zeros(1))[0])


@gaussian_average.mistake("this is f at one standard deviation: average f over all z")
def average_at_deviation(f, variance):
    return float(f(np.array([np.sqrt(variance)]))[0])


@gaussian_average.mistake("this is the average of f(z)**2: here f itself is averaged")
def average_of_square(f, variance):
    return reference.gaussian_average(lambda z: f(z) ** 2, variance)


@gaussian_average.mistake(
    "all points of the grid count the same: weigh each with exp(-x**2 / 2), or draw normal numbers"
)
def average_unweighted(f, variance):
    return np.mean(f(np.sqrt(variance) * np.linspace(-8, 8, 4000)))


@gaussian_average.mistake("the variance is not used: z has the variance that is given, not 1")
def average_of_standard(f, variance):
    return _average(f, 1.0)


@gaussian_average.variant("Gauss and Hermite's rule, of the probabilists")
def average_hermite(f, variance):
    x, weights = np.polynomial.hermite_e.hermegauss(80)
    return weights @ f(np.sqrt(variance) * x) / np.sqrt(2 * np.pi)


@gaussian_average.variant("the mean over a large sample")
def average_sample(f, variance):
    return f(np.random.default_rng(1).normal(0, variance**0.5, 500_000)).mean()


@gaussian_average.variant("a loop over z itself, with the density of z")
def average_loop(f, variance):
    sd, total = math.sqrt(variance), 0.0
    step = sd / 50
    for k in range(-300, 300):
        z = (k + 0.5) * step
        total += float(f(np.array([z]))[0]) * math.exp(-z * z / (2 * variance)) * step
    return total / (sd * math.sqrt(2 * math.pi))


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


@forward_variance.mistake(
    "the outputs of each layer were counted: a pre-activation is a sum over the inputs, widths[l-1]"
)
def forward_fan_out(widths, weight_variances, activation, mean_square=1.0):
    after = _mean_square(activation)
    return _forward(widths, weight_variances, mean_square, after, fan=widths[1:])


@forward_variance.mistake(
    "the variance of the activation was taken: what counts is its mean square, E[a**2], which for ReLU is larger"
)
def forward_centred(widths, weight_variances, activation, mean_square=1.0):
    def after(q):
        return _mean_square(activation)(q) - reference.gaussian_average(activation, q) ** 2

    return _forward(widths, weight_variances, mean_square, after)


@forward_variance.mistake("the activation is not used: it changes the mean square of what enters the next layer")
def forward_linear(widths, weight_variances, activation, mean_square=1.0):
    return _forward(widths, weight_variances, mean_square, lambda q: q)


@forward_variance.mistake("the mean square is halved whatever the activation is: that is ReLU's factor")
def forward_always_relu(widths, weight_variances, activation, mean_square=1.0):
    return _forward(widths, weight_variances, mean_square, lambda q: q / 2)


@forward_variance.mistake(
    "the activation of the standard deviation was squared: average activation(z)**2 over all z"
)
def forward_at_deviation(widths, weight_variances, activation, mean_square=1.0):
    def after(q):
        return float(activation(np.array([np.sqrt(q)]))[0]) ** 2

    return _forward(widths, weight_variances, mean_square, after)


@forward_variance.mistake("the variances of the weights were squared, as if they were standard deviations")
def forward_squared(widths, weight_variances, activation, mean_square=1.0):
    after = _mean_square(activation)
    return _forward(widths, weight_variances, mean_square, after, scale=lambda s: s**2)


@forward_variance.mistake("z has the variance q, so its standard deviation is the root of q: q itself was used")
def forward_wrong_spread(widths, weight_variances, activation, mean_square=1.0):
    return _forward(widths, weight_variances, mean_square, lambda q: _mean_square(activation)(q**2))


@forward_variance.mistake("these are the mean squares m_l after the activations: the variances q_l before them are asked")
def forward_after(widths, weight_variances, activation, mean_square=1.0):
    q = reference.forward_variance(widths, weight_variances, activation, mean_square)
    return np.array([_mean_square(activation)(one) for one in q])


@forward_variance.mistake("`mean_square` is ignored: 1 is only its default")
def forward_unit_inputs(widths, weight_variances, activation, mean_square=1.0):
    return reference.forward_variance(widths, weight_variances, activation)


@forward_variance.mistake("these are standard deviations: the variances are asked, their squares")
def forward_deviations(widths, weight_variances, activation, mean_square=1.0):
    return np.sqrt(reference.forward_variance(widths, weight_variances, activation, mean_square))


@forward_variance.mistake("the activation itself was averaged: its square is asked, E[activation(z)**2]")
def forward_unsquared(widths, weight_variances, activation, mean_square=1.0):
    def after(q):
        return reference.gaussian_average(activation, q)

    return _forward(widths, weight_variances, mean_square, after)


@forward_variance.mistake("the average was squared: the average of the square is asked, E[activation(z)**2]")
def forward_squared_mean(widths, weight_variances, activation, mean_square=1.0):
    def after(q):
        return reference.gaussian_average(activation, q) ** 2

    return _forward(widths, weight_variances, mean_square, after)


@forward_variance.mistake(
    "the inputs passed an activation before the first layer: m_0 is `mean_square` as it is given"
)
def forward_inputs_bent(widths, weight_variances, activation, mean_square=1.0):
    after = _mean_square(activation)
    return _forward(widths, weight_variances, after(mean_square), after)


@forward_variance.mistake("`mean_square` was squared: it is a mean of squares already")
def forward_inputs_squared(widths, weight_variances, activation, mean_square=1.0):
    return _forward(widths, weight_variances, mean_square**2, _mean_square(activation))


@forward_variance.mistake("the number of inputs is missing: z is a sum of widths[l-1] terms")
def forward_without_fan(widths, weight_variances, activation, mean_square=1.0):
    after = _mean_square(activation)
    return _forward(widths, weight_variances, mean_square, after, fan=[1] * len(weight_variances))


@forward_variance.variant("a list, by Gauss and Hermite's rule")
def forward_hermite(widths, weight_variances, activation, mean_square=1.0):
    x, weights = np.polynomial.hermite_e.hermegauss(60)
    q = [widths[0] * weight_variances[0] * mean_square]
    for n, s in zip(widths[1:-1], weight_variances[1:]):
        q.append(n * s * (weights @ activation(q[-1] ** 0.5 * x) ** 2) / weights.sum())
    return q


@forward_variance.variant("with a large sample, in float32")
def forward_sample(widths, weight_variances, activation, mean_square=1.0):
    x = np.random.default_rng(0).normal(size=500_000)
    q, m = np.empty(len(weight_variances), dtype=np.float32), mean_square
    for layer, s in enumerate(weight_variances):
        q[layer] = widths[layer] * s * m
        m = np.mean(activation(np.sqrt(q[layer]) * x) ** 2)
    return q


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


@backward_variance.mistake(
    "the inputs of each layer were counted: on the way back an entry is a sum over its outputs, widths[l+1]"
)
def backward_fan_in(widths, weight_variances, slope, variances):
    passed = _mean_square_slope(slope)
    return _backward(widths, weight_variances, passed, variances, fan=widths[:-1])


@backward_variance.mistake("the derivative of the activation is not used: it multiplies what passes")
def backward_linear(widths, weight_variances, slope, variances):
    return _backward(widths, weight_variances, lambda layer, q: 1.0, variances)


@backward_variance.mistake("the mean of the slope was squared: the mean of its square is asked")
def backward_squared_mean(widths, weight_variances, slope, variances):
    def passed(layer, q):
        return reference.gaussian_average(slope, q[layer - 1]) ** 2

    return _backward(widths, weight_variances, passed, variances)


@backward_variance.mistake("the slope is not squared: it multiplies the gradient, so its square the variance")
def backward_unsquared(widths, weight_variances, slope, variances):
    def passed(layer, q):
        return reference.gaussian_average(slope, q[layer - 1])

    return _backward(widths, weight_variances, passed, variances)


@backward_variance.mistake(
    "the slope was averaged over the z of the next layer: dz_l passes the activation of its own layer l"
)
def backward_next_layer(widths, weight_variances, slope, variances):
    def passed(layer, q):
        return reference.gaussian_average(lambda z: slope(z) ** 2, q[layer])

    return _backward(widths, weight_variances, passed, variances)


@backward_variance.mistake("the slope at 0 was taken, the largest that tanh has: average over all z")
def backward_at_zero(widths, weight_variances, slope, variances):
    at_zero = float(slope(np.zeros(1))[0]) ** 2
    return _backward(widths, weight_variances, lambda layer, q: at_zero, variances)


@backward_variance.mistake("the weights of layer l were taken: from l + 1 to l the gradient passes those of layer l + 1")
def backward_own_weights(widths, weight_variances, slope, variances):
    shifted = [0.0, *weight_variances[:-1]]
    return _backward(widths, shifted, _mean_square_slope(slope), variances)


@backward_variance.mistake("the list is the wrong way round: v_1 comes first, and v_L = 1 last")
def backward_reversed(widths, weight_variances, slope, variances):
    return reference.backward_variance(widths, weight_variances, slope, variances)[::-1]


@backward_variance.mistake("q is the variance of z, so its standard deviation is the root of q: q itself was used")
def backward_wrong_spread(widths, weight_variances, slope, variances):
    return reference.backward_variance(widths, weight_variances, slope, np.square(variances))


@backward_variance.mistake("these are standard deviations: the variances are asked, their squares")
def backward_deviations(widths, weight_variances, slope, variances):
    return np.sqrt(reference.backward_variance(widths, weight_variances, slope, variances))


@backward_variance.mistake(
    "width and weights are those of layer l: from l + 1 to l the gradient passes widths[l+1] and s_(l+1)"
)
def backward_own_layer(widths, weight_variances, slope, variances):
    shifted = [0.0, *weight_variances[:-1]]
    return _backward(widths, shifted, _mean_square_slope(slope), variances, fan=widths[:-1])


@backward_variance.mistake("these are the factors of the single layers: multiply them, from the last to the first")
def backward_not_multiplied(widths, weight_variances, slope, variances):
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


@backward_variance.mistake("the slope of the last layer is counted, too: v_L is 1")
def backward_last_slope(widths, weight_variances, slope, variances):
    last = reference.gaussian_average(lambda z: slope(z) ** 2, variances[-1])
    return last * reference.backward_variance(widths, weight_variances, slope, variances)


@backward_variance.mistake("the slope was averaged over z of variance 1: that of layer l is variances[l-1]")
def backward_of_standard(widths, weight_variances, slope, variances):
    return reference.backward_variance(widths, weight_variances, slope, np.ones_like(variances))


@backward_variance.variant("a recursion from the first layer")
def backward_recursive(widths, weight_variances, slope, variances):
    if len(variances) == 1:
        return [1.0]
    rest = backward_recursive(widths[1:], weight_variances[1:], slope, variances[1:])
    x, weights = np.polynomial.hermite_e.hermegauss(60)
    passed = weights @ slope(variances[0] ** 0.5 * x) ** 2 / weights.sum()
    return [widths[2] * weight_variances[1] * passed * rest[0], *rest]


@backward_variance.variant("all factors first, then their products from the back, by a large sample")
def backward_products(widths, weight_variances, slope, variances):
    x = np.random.default_rng(0).normal(size=500_000)
    passed = [np.mean(slope(np.sqrt(q) * x) ** 2) for q in variances[:-1]]
    factors = np.array(widths[2:]) * np.array(weight_variances[1:]) * passed
    return np.append(np.cumprod(factors[::-1])[::-1], 1.0).astype(np.float32)


# Neither is square, and in one there are more inputs, in the other more outputs.
LAYERS = {"more inputs than outputs": (90, 25), "more outputs than inputs": (20, 120)}


def _initial_cases(rng):
    seed = int(rng.integers(2**31))
    for place, (label, (n_in, n_out)) in enumerate(LAYERS.items()):
        yield Call(label, n_in=n_in, n_out=n_out, rng=Rng(seed + 10 * place))
    n_in, n_out = LAYERS["more inputs than outputs"]
    yield Call("the same generator again", n_in=n_in, n_out=n_out, rng=Rng(seed))
    yield Call("another generator", n_in=n_in, n_out=n_out, rng=Rng(seed + 1))


def _normal_with(deviation):
    return lambda n_in, n_out, rng: rng.normal(0, deviation(n_in, n_out), (n_in, n_out))


def _uniform_with(bound):
    def draw(n_in, n_out, rng):
        r = bound(n_in, n_out)
        return rng.uniform(-r, r, (n_in, n_out))

    return draw


def _own_generator(initializer):
    return lambda n_in, n_out, rng: initializer(n_in, n_out, np.random.default_rng(0))


def _turned(initializer):
    return lambda n_in, n_out, rng: initializer(n_in, n_out, rng).T.copy()


def _flat(initializer):
    return lambda n_in, n_out, rng: initializer(n_in, n_out, rng).ravel()


def _one_row(initializer):
    """Drawn once for a unit's inputs, and the same for all units."""

    def draw(n_in, n_out, rng):
        return np.repeat(initializer(n_in, n_out, rng)[:, :1], n_out, axis=1)

    return draw


def _normal_variants(exercise, deviation):
    @exercise.variant("standard normal numbers, scaled, drawn the other way round")
    def scaled(n_in, n_out, rng):
        return (rng.standard_normal((n_out, n_in)) * deviation(n_in, n_out)).T

    @exercise.variant("in float32")
    def single(n_in, n_out, rng):
        return rng.normal(scale=deviation(n_in, n_out), size=n_in * n_out).reshape(n_in, n_out).astype("f4")

    @exercise.variant("a list of lists, number by number")
    def listed(n_in, n_out, rng):
        return [[rng.normal(0, deviation(n_in, n_out)) for _ in range(n_out)] for _ in range(n_in)]


def _uniform_variants(exercise, bound):
    @exercise.variant("numbers between 0 and 1, moved and stretched")
    def stretched(n_in, n_out, rng):
        return bound(n_in, n_out) * (2 * rng.random((n_in, n_out)) - 1)

    @exercise.variant("in float32, column by column")
    def columns(n_in, n_out, rng):
        r = bound(n_in, n_out)
        return np.stack([rng.uniform(-r, r, n_in) for _ in range(n_out)], axis=1).astype("f4")

    @exercise.variant("a list of lists, number by number")
    def listed(n_in, n_out, rng):
        r = bound(n_in, n_out)
        return [[rng.uniform(-r, r) for _ in range(n_out)] for _ in range(n_in)]


def _common_mistakes(exercise):
    right = exercise.reference
    exercise.mistake("the numbers do not come from the generator `rng`: draw with its methods")(
        _own_generator(right)
    )
    exercise.mistake("the shape is turned: rows are inputs, columns are units, (n_in, n_out)")(
        _turned(right)
    )
    exercise.mistake("a matrix is asked, of shape (n_in, n_out), not a vector")(_flat(right))
    exercise.mistake("all units have the same weights, so they would stay the same for ever: draw each one")(
        _one_row(right)
    )


@judge(reference.lecun_normal, points=1, returns=("weights",), compare_as=sample)
def lecun_normal(rng):
    yield from _initial_cases(rng)


for sentence, wrong in {
    "the variance was taken for the standard deviation: it is sqrt(1 / n_in)": lambda n, k: 1 / n,
    "the outputs were counted: each pre-activation is a sum over n_in inputs": lambda n, k: k**-0.5,
    "this is the mean of inputs and outputs, Xavier's: here the inputs alone count": (
        lambda n, k: (2 / (n + k)) ** 0.5
    ),
    "the factor 2 is He's, for ReLU: here it is sqrt(1 / n_in)": lambda n, k: (2 / n) ** 0.5,
    "the standard deviation is 1: it must shrink with the number of inputs": lambda n, k: 1.0,
    "the numbers of inputs and units were multiplied: the inputs alone count": (
        lambda n, k: (n * k) ** -0.5
    ),
}.items():
    lecun_normal.mistake(sentence)(_normal_with(wrong))
lecun_normal.mistake("the distribution is uniform: here it is normal")(
    _uniform_with(lambda n, k: (3 / n) ** 0.5)
)
_common_mistakes(lecun_normal)
_normal_variants(lecun_normal, lambda n, k: n**-0.5)


@judge(reference.xavier_normal, points=2, returns=("weights",), compare_as=sample)
def xavier_normal(rng):
    yield from _initial_cases(rng)


for sentence, wrong in {
    "the variance was taken for the standard deviation: it is the root of 2 / (n_in + n_out)": (
        lambda n, k: 2 / (n + k)
    ),
    "the inputs alone were counted, as LeCun does: Xavier takes n_in and n_out": lambda n, k: n**-0.5,
    "the outputs alone were counted: Xavier takes n_in and n_out": lambda n, k: k**-0.5,
    "the 2 is missing: what counts is the mean of n_in and n_out, half of their sum": (
        lambda n, k: (n + k) ** -0.5
    ),
    "the 2 is doubled: that is a normal distribution with twice the variance": (
        lambda n, k: (4 / (n + k)) ** 0.5
    ),
    "this is He's, for ReLU, 2 / n_in: Xavier takes n_in and n_out": lambda n, k: (2 / n) ** 0.5,
    "sqrt(6 / (n_in + n_out)) is the bound of the uniform distribution, not a standard deviation": (
        lambda n, k: (6 / (n + k)) ** 0.5
    ),
}.items():
    xavier_normal.mistake(sentence)(_normal_with(wrong))
xavier_normal.mistake("the distribution is uniform: here it is normal, xavier_uniform comes next")(
    reference.xavier_uniform
)
_common_mistakes(xavier_normal)
_normal_variants(xavier_normal, lambda n, k: (2 / (n + k)) ** 0.5)


@judge(reference.xavier_uniform, points=2, returns=("weights",), compare_as=sample)
def xavier_uniform(rng):
    yield from _initial_cases(rng)


for sentence, wrong in {
    "the bound is the standard deviation: a uniform distribution on (-r, r) has only r / sqrt(3), so r = sqrt(6 / ...)": (
        lambda n, k: (2 / (n + k)) ** 0.5
    ),
    "the root is missing: the bound is sqrt(6 / (n_in + n_out))": lambda n, k: 6 / (n + k),
    "the inputs alone were counted: Xavier takes n_in and n_out": lambda n, k: (3 / n) ** 0.5,
    "the outputs alone were counted: Xavier takes n_in and n_out": lambda n, k: (3 / k) ** 0.5,
    "this is He's, for ReLU, 6 / n_in: Xavier takes n_in and n_out": lambda n, k: (6 / n) ** 0.5,
    "3 in place of 6: the mean of n_in and n_out is half of their sum": (
        lambda n, k: (3 / (n + k)) ** 0.5
    ),
    "12 in place of 6: (2 r)**2 / 12 is the variance of a uniform distribution of width 2 r": (
        lambda n, k: (12 / (n + k)) ** 0.5
    ),
}.items():
    xavier_uniform.mistake(sentence)(_uniform_with(wrong))


@xavier_uniform.mistake("these lie between -r / 2 and r / 2: the bound is r on either side")
def xavier_half(n_in, n_out, rng):
    return np.sqrt(6 / (n_in + n_out)) * (rng.random((n_in, n_out)) - 0.5)


@xavier_uniform.mistake("all weights are positive: draw between -r and r, so that the mean is 0")
def xavier_positive(n_in, n_out, rng):
    return rng.uniform(0, np.sqrt(6 / (n_in + n_out)), (n_in, n_out))


xavier_uniform.mistake("the distribution is normal: here it is uniform")(reference.xavier_normal)
_common_mistakes(xavier_uniform)
_uniform_variants(xavier_uniform, lambda n, k: (6 / (n + k)) ** 0.5)


@judge(reference.he_normal, points=2, returns=("weights",), compare_as=sample)
def he_normal(rng):
    yield from _initial_cases(rng)


for sentence, wrong in {
    "the variance was taken for the standard deviation: it is the root of 2 / n_in": lambda n, k: 2 / n,
    "sqrt(2) / n_in is not sqrt(2 / n_in): n_in stands below the root, too": lambda n, k: 2**0.5 / n,
    "the outputs were counted: on the way forward the inputs count, n_in": lambda n, k: (2 / k) ** 0.5,
    "this is sqrt(2) times Xavier's, 4 / (n_in + n_out): the same only if n_in = n_out; here it is 2 / n_in": (
        lambda n, k: 2 / (n + k) ** 0.5
    ),
    "the 2 is missing: ReLU halves the mean square, so the variance of the weights is doubled": (
        lambda n, k: n**-0.5
    ),
    "the standard deviation was doubled: it is the variance that is doubled, 2 / n_in": (
        lambda n, k: 2 / n**0.5
    ),
    "this is Xavier's: for ReLU it is 2 / n_in": lambda n, k: (2 / (n + k)) ** 0.5,
    "sqrt(6 / n_in) is the bound of the uniform distribution, not a standard deviation": (
        lambda n, k: (6 / n) ** 0.5
    ),
}.items():
    he_normal.mistake(sentence)(_normal_with(wrong))
he_normal.mistake("the distribution is uniform: here it is normal, he_uniform comes next")(
    reference.he_uniform
)
_common_mistakes(he_normal)
_normal_variants(he_normal, lambda n, k: (2 / n) ** 0.5)


@judge(reference.he_uniform, points=2, returns=("weights",), compare_as=sample)
def he_uniform(rng):
    yield from _initial_cases(rng)


for sentence, wrong in {
    "the bound is the standard deviation: a uniform distribution on (-r, r) has only r / sqrt(3), so r = sqrt(6 / n_in)": (
        lambda n, k: (2 / n) ** 0.5
    ),
    "the root is missing: the bound is sqrt(6 / n_in)": lambda n, k: 6 / n,
    "sqrt(6) / n_in is not sqrt(6 / n_in): n_in stands below the root, too": lambda n, k: 6**0.5 / n,
    "the outputs were counted: on the way forward the inputs count, n_in": lambda n, k: (6 / k) ** 0.5,
    "this is sqrt(2) times Xavier's, 12 / (n_in + n_out): the same only if n_in = n_out; here it is 6 / n_in": (
        lambda n, k: (12 / (n + k)) ** 0.5
    ),
    "this is Xavier's, 6 / (n_in + n_out): for ReLU it is 6 / n_in": lambda n, k: (6 / (n + k)) ** 0.5,
    "3 in place of 6: that keeps the variance without ReLU, which halves the mean square": (
        lambda n, k: (3 / n) ** 0.5
    ),
    "12 in place of 6: (2 r)**2 / 12 is the variance of a uniform distribution of width 2 r": (
        lambda n, k: (12 / n) ** 0.5
    ),
}.items():
    he_uniform.mistake(sentence)(_uniform_with(wrong))


@he_uniform.mistake("these lie between -r / 2 and r / 2: the bound is r on either side")
def he_half(n_in, n_out, rng):
    return np.sqrt(6 / n_in) * (rng.random((n_in, n_out)) - 0.5)


@he_uniform.mistake("all weights are positive: draw between -r and r, so that the mean is 0")
def he_positive(n_in, n_out, rng):
    return rng.uniform(0, np.sqrt(6 / n_in), (n_in, n_out))


he_uniform.mistake("the distribution is normal: here it is uniform")(reference.he_normal)
_common_mistakes(he_uniform)
_uniform_variants(he_uniform, lambda n, k: (6 / n) ** 0.5)


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
