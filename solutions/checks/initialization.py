"""How the exercises of the chapter on initialization are judged.

Layers are never square, so that inputs, outputs and their mean are told apart.
"""

import itertools
import math

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.distributions import sample
from gradus.values import Problem, Rng
from solutions import initialization as reference
from solutions import quantities


@judge(reference.gaussian_average, points=2, returns=("average",), rtol=0.01)
def gaussian_average(rng):
    for label, name, low, high in (
        ("a bump, small variance", "bump", 0.2, 0.5),
        ("a bump, large variance", "bump", 2.0, 4.0),
        ("a kink at 0", "hinge", 2.5, 4.0),
        ("a jump at 0", "step", 1.0, 3.0),
        ("a wave", "cosine", 0.2, 0.5),
        ("a longer wave", "cosine", 1.5, 2.2),
        ("a smooth bend", "softplus", 2.5, 4.0),
        # To which what lies beyond three deviations still brings 3 %.
        ("a square", "square", 0.5, 2.0),
        # As deep networks have them: a grid that does not go with the spread of z misses one of the two.
        ("a kink at 0, a variance in the thousands", "hinge", 2e3, 5e3),
        ("a kink at 0, a variance of a millionth", "hinge", 1e-6, 3e-6),
    ):
        weight = 3.0 if name == "square" else 1.0
        yield Call(label, weight, f=Problem(name, "value"), variance=rng.uniform(low, high))


def _average(f, sd):
    return reference.gaussian_average(f, sd**2)


gaussian_average.add_mistakes("""
    the grid ends too early: what lies far out is rare, but f may be large there; go to 6 standard deviations or more
        x = (np.arange(4000) + 0.5) * 0.0015 - 3
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)
    the grid is one of z, and the weight that of x = z / sqrt(variance)
        z = ((np.arange(4000) + 0.5) * 0.004 - 8) * np.sqrt(variance)
        weights = np.exp(-(z**2) / 2)
        return np.sum(weights * f(z)) / np.sum(weights)
    a point of the grid lies at 0, where f may jump: take midpoints of an even number of intervals
        x = np.linspace(-8, 8, 201)
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)
    or
        x = np.linspace(-8, 8, 401)
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)
    or
        x = np.arange(-8, 8, 0.05)
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)
    the variance was taken for the standard deviation: z is sqrt(variance) * x
        return _average(f, variance)
    or
        x = (np.arange(4000) + 0.5) * 0.004 - 8
        weights = np.exp(-(x**2) / 2)
        return np.sum(weights * f(variance * x)) / np.sum(weights)
    the weight is exp(-x**2), also that of np.polynomial.hermite.hermgauss: with it z is sqrt(2 *
    variance) * x; with sqrt(variance) * x it is exp(-x**2 / 2)
        return _average(f, np.sqrt(variance / 2))
    or
        x, w = np.polynomial.hermite.hermgauss(60)
        return w @ f(np.sqrt(variance) * x) / np.sqrt(np.pi)
    the weights are exp(-x**2), and do not add up to 1 either: take exp(-x**2 / 2), divided by the sum
    of the weights
        np.exp(-(x**2) / 2) -> np.exp(-(x**2))
        / np.sum(weights) -> / np.sqrt(2 * np.pi) * 0.004
    the grid of z does not go with its spread: let z reach several standard deviations either way, by
    z = sqrt(variance) * x
        z = (np.arange(4000) + 0.5) * 0.004 - 8
        weights = np.exp(-(z**2) / (2 * variance))
        return np.sum(weights * f(z)) * 0.004 / np.sqrt(2 * np.pi * variance)
    or
        z = np.linspace(-8, 8, 4000)
        weights = np.exp(-(z**2) / (2 * variance))
        return np.sum(weights * f(z)) / np.sum(weights)
    or
        z = np.linspace(-10, 10, 10_000)
        weights = np.exp(-(z**2) / (2 * variance))
        return np.sum(weights * f(z)) * (z[1] - z[0]) / np.sqrt(2 * np.pi * variance)
    these weights of z lack 1 / sqrt(variance), so that they do not add up to 1: divide by their sum
        x = (np.arange(4000) + 0.5) * 0.004 - 8
        return np.sqrt(variance) * np.sum(np.exp(-(x**2) / 2) * f(np.sqrt(variance) * x)) * 0.004 / np.sqrt(2 * np.pi)
    the weights do not add up to 1: divide by sqrt(2 * pi), or by their sum
        return np.sqrt(2 * np.pi) * gaussian_average(f, variance)
    or
        return gaussian_average(f, variance) / np.sqrt(2 * np.pi)
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
    the weights of np.polynomial.hermite.hermgauss add up to sqrt(pi): divide by their sum
        x, w = np.polynomial.hermite.hermgauss(100)
        return w @ f(np.sqrt(2 * variance) * x)
    these are too few normal numbers for an error below 1 percent: it falls like one over the root of their number
        return f(np.sqrt(variance) * np.random.default_rng(0).normal(size=50)).mean()
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
    two hundred midpoints
        x = -8 + 16 * (np.arange(200) + 0.5) / 200
        weights = np.exp(-x * x / 2)
        return np.average(f(x * variance**0.5), weights=weights)
    Simpson's rule
        x = np.linspace(-8, 8, 2001)
        density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        values = f(np.sqrt(variance) * x) * density
        return (values[:-2:2] + 4 * values[1::2] + values[2::2]).sum() * (x[1] - x[0]) / 3
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
    the average is taken over z of variance m_(l-1), what enters the layer: z has the variance q_l
        found = []
        for n, s in zip(widths, weight_variances):
            found.append(n * s * mean_square)
            mean_square = _mean_square(activation)(mean_square)
        return np.array(found)
    the average is taken over z of variance 1: that of layer l is q_l
        after = _mean_square(activation)
        return _forward(widths, weight_variances, mean_square, lambda q: after(1.0))
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
    z has the variance q, and its root was given to gaussian_average: that takes the variance
        after = _mean_square(activation)
        return _forward(widths, weight_variances, mean_square, lambda q: after(np.sqrt(q)))
    the number of inputs is that of the first layer everywhere: layer l has widths[l-1]
        after = _mean_square(activation)
        return _forward(widths, weight_variances, mean_square, after, fan=[widths[0]] * len(weight_variances))
    the mean square is 1 for every layer: m_0 is `mean_square`, and m_(l-1) comes from the layer before
        return np.array([n * s for n, s in zip(widths, weight_variances)])
    the activation stands before the first layer, too: it stands behind each
        variances = []
        for fan_in, s in zip(widths, weight_variances, strict=False):
            mean_square = gaussian_average(lambda z: activation(z) ** 2, mean_square)
            variances.append(fan_in * s * mean_square)
        return np.array(variances)
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
    by midpoints, as a recursion
        x = np.linspace(-8, 8, 200)
        weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
        q = widths[0] * weight_variances[0] * mean_square
        if len(weight_variances) == 1:
            return [q]
        passed = weights @ activation(x * np.sqrt(q)) ** 2
        return [q, *forward_variance(widths[1:], weight_variances[1:], activation, passed)]
    by the sizes of one layer's outputs, summed up
        x, dx = np.linspace(-7, 7, 1000, retstep=True)
        density, variances = np.exp(-(x**2) / 2) * dx / np.sqrt(2 * np.pi), np.zeros(len(widths) - 1)
        for layer in range(len(variances)):
            variances[layer] = widths[layer] * mean_square * weight_variances[layer]
            mean_square = np.sum(density * np.square(activation(variances[layer] ** 0.5 * x)))
        return variances
""")


# Three averages are multiplied: whoever has passed the exercise before passes this one, too.
@judge(reference.backward_variance, points=3, returns=("ratios",), rtol=0.05)
def backward_variance(rng):
    for label, name, n_layers in (
        ("no activation, three layers", "identity", 3),
        ("ReLU, three layers", "hinge", 3),
        ("ReLU, four layers", "hinge", 4),
        ("tanh, three layers", "tanh", 3),
        ("tanh, four layers", "tanh", 4),
        ("softplus, three layers", "softplus", 3),
        ("ReLU whose slope is 0 at 0, four layers", "step", 4),
    ):
        layers = _layers(rng, n_layers)
        # Each variance far from its neighbours.
        variances = rng.permutation(np.array([0.2, 0.6, 1.4, 3.0])[:n_layers])
        variances = variances * rng.uniform(0.9, 1.1, size=n_layers)
        slope = Problem(name, "value" if name == "step" else "gradient")
        yield Call(label, **layers, slope=slope, variances=variances)


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
    a point of the grid lies at 0, where the slope of ReLU jumps: take midpoints
        x = np.linspace(-8, 8, 201)
        weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
        def passed(layer, q):
            return weights @ slope(np.sqrt(q[layer - 1]) * x) ** 2
        return _backward(widths, weight_variances, passed, variances)
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
    the number of outputs is missing: an entry is a sum over widths[l+1] of them
        ones = [1] * len(widths)
        return _backward(widths, weight_variances, _mean_square_slope(slope), variances, fan=ones)
    the variances of the weights were squared, as if they were standard deviations
        passed = _mean_square_slope(slope)
        return _backward(widths, weight_variances, passed, variances, scale=lambda s: s**2)
    z has the variance q, and its root was given to gaussian_average: that takes the variance
        return backward_variance(widths, weight_variances, slope, np.sqrt(variances))
    the products are made from the front: the gradient comes from the last layer, so that v_1 has all factors
        passed = _mean_square_slope(slope)
        factors = [widths[l + 1] * weight_variances[l] * passed(l, variances) for l in range(1, len(variances))]
        return np.append(np.cumprod(factors), 1.0)
    or
        passed = _mean_square_slope(slope)
        factors = [widths[l + 1] * weight_variances[l] * passed(l, variances) for l in range(1, len(variances))]
        return np.cumprod([1.0, *factors])
    the mean square of the slope is 1/2 here whatever the activation is: that is ReLU's
        return _backward(widths, weight_variances, lambda layer, q: 0.5, variances)
    the first layer is left at 1: the loop ends one layer too early
        ratios = backward_variance(widths, weight_variances, slope, variances)
        return np.append(1.0, ratios[1:])
    each factor is halved besides: 1/2 is ReLU's share, and the average of the slope has it already
        return _backward(widths, weight_variances, _mean_square_slope(slope), variances, scale=lambda s: s / 2)
    the ratios are in units of the first layer: it is the last that is 1
        ratios = backward_variance(widths, weight_variances, slope, variances)
        return ratios / ratios[0]
    the variances of the weights are missing: an entry is a sum of products with them
        return _backward(widths, weight_variances, _mean_square_slope(slope), variances, scale=lambda s: 1.0)
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
    by midpoints, from the last layer
        x = np.linspace(-8, 8, 200)
        weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
        ratios, last = [1.0], len(variances) - 1
        for layer in range(last - 1, -1, -1):
            passed = float(weights @ slope(variances[layer] ** 0.5 * x) ** 2)
            ratios.insert(0, ratios[0] * passed * widths[layer + 2] * weight_variances[layer + 1])
        return ratios
    all averages in one table
        x = (np.arange(800) + 0.5) / 50 - 8
        weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
        passed = slope(np.sqrt(np.asarray(variances))[:, None] * x) ** 2 @ weights
        ratios = np.ones(len(variances))
        for layer in range(len(variances) - 2, -1, -1):
            ratios[layer] = widths[layer + 2] * weight_variances[layer + 1] * passed[layer] * ratios[layer + 1]
        return ratios
""")


# Neither is square, and in one there are more inputs, in the other more outputs.
# The smaller number is not near half of the mean, nor the larger one near twice the mean.
LAYERS = {"more inputs than outputs": (215, 55), "more outputs than inputs": (40, 240)}


@judge(reference.variance_scaling, points=3, returns=("weights",), compare_as=sample)
def variance_scaling(rng):
    seed = int(rng.integers(2**31))
    asked = [
        ("fan_in", "normal"),
        ("fan_out", "uniform"),
        ("fan_avg", "normal"),
        ("fan_in", "uniform"),
        ("fan_avg", "uniform"),
        ("fan_out", "normal"),
    ]
    for place, (mode, distribution) in enumerate(asked):
        layer = list(LAYERS)[place % 2]
        n_in, n_out = LAYERS[layer]
        yield Call(
            f"{mode}, {distribution}, {layer}",
            1.7 if mode == "fan_avg" else 1.0,
            n_in=n_in,
            n_out=n_out,
            rng=Rng(seed + 10 * place),
            # Far apart: no one number, the root of 2 or of 3, is close to the gains of several cases.
            gain=1.3 + 0.1 * place + rng.uniform(0, 0.05),
            mode=mode,
            distribution=distribution,
        )
    n_in, n_out = LAYERS["more inputs than outputs"]
    yield Call("all left at their defaults", n_in=n_in, n_out=n_out, rng=Rng(seed))
    yield Call("the same generator again", n_in=n_in, n_out=n_out, rng=Rng(seed))
    yield Call("another generator", 3.3, n_in=n_in, n_out=n_out, rng=Rng(seed + 1))
    # One number has no spread of its own.
    yield Call("one input and one output", 0.2, n_in=1, n_out=1, rng=Rng(seed + 2), gain=rng.uniform(1.3, 1.9))


def _fan(n_in, n_out, mode):
    return {"fan_in": n_in, "fan_out": n_out}.get(mode, (n_in + n_out) / 2)


variance_scaling.add_mistakes("""
    the variance was taken for the standard deviation: it is the root of gain**2 / fan
        gain / np.sqrt(fan[mode]) -> gain**2 / fan[mode]
    the variance was given to rng.normal: it takes the standard deviation, the root of gain**2 / fan
        rng.normal(0.0, deviation -> rng.normal(0.0, deviation**2
    the root is over the gain alone, or missing: the fan stands under a root
        gain / np.sqrt(fan[mode]) -> gain / fan[mode]
    or
        gain / np.sqrt(fan[mode]) -> np.sqrt(gain) / fan[mode]
    the gain stands under the root: it multiplies the weights, its square their variance
        gain / np.sqrt(fan[mode]) -> np.sqrt(gain / fan[mode])
    the gain is squared: that is what it does to the variance, not to the weights
        gain / np.sqrt(fan[mode]) -> gain**2 / np.sqrt(fan[mode])
    the gain divides: it multiplies every weight
        gain / np.sqrt(fan[mode]) -> 1 / (gain * np.sqrt(fan[mode]))
    the inputs are counted in every mode: fan_out counts the outputs, fan_avg the mean of both
        fan[mode] -> n_in
    the outputs are counted in every mode: fan_in counts the inputs, fan_avg the mean of both
        fan[mode] -> n_out
    the mean of inputs and outputs is counted in every mode: fan_in and fan_out count one of them
        fan[mode] -> fan["fan_avg"]
    inputs and outputs have changed places: n_in counts for fan_in
        {"fan_in": n_in, "fan_out": n_out, -> {"fan_in": n_out, "fan_out": n_in,
    fan_avg is the sum of inputs and outputs here: it is half of it, their mean
        (n_in + n_out) / 2 -> n_in + n_out
    fan_avg takes the product, or its root: it is the mean of inputs and outputs
        (n_in + n_out) / 2 -> n_in * n_out
    or
        (n_in + n_out) / 2 -> np.sqrt(n_in * n_out)
    fan_avg is right without its brackets: n_in + n_out / 2 halves the outputs alone
        (n_in + n_out) / 2 -> n_in + n_out / 2
    fan_avg is twice the mean's inverse: it is 2 / (n_in + n_out) that is the variance, so the fan is
    the mean
        (n_in + n_out) / 2 -> 2 / (n_in + n_out)
    fan_avg is the larger, or the smaller, of the two: it is their mean
        (n_in + n_out) / 2 -> max(n_in, n_out)
    or
        (n_in + n_out) / 2 -> min(n_in, n_out)
    the 2 of He's rule is in every rule here: for ReLU it comes with the gain, the root of 2
        gain / np.sqrt(fan[mode]) -> gain * np.sqrt(2 / fan[mode])
    the bound is the standard deviation: a uniform distribution on (-r, r) has only r / sqrt(3)
        np.sqrt(3) * deviation -> deviation
    the bound has the root of 6, that of one rule: it is sqrt(3) times the standard deviation
        np.sqrt(3) * deviation -> np.sqrt(6) * deviation
    the bound is 3 times the standard deviation: it is the root of 3
        np.sqrt(3) * deviation -> 3 * deviation
    the root of 12 belongs to the whole width, from -r to r: the bound is half of it
        np.sqrt(3) * deviation -> np.sqrt(12) * deviation
    these lie between -r / 2 and r / 2: the bound is r on either side
        rng.uniform(-r, r, -> rng.uniform(-r / 2, r / 2,
    the standard deviation of a uniform distribution on (-r, r) is r / sqrt(3): r was divided by it
        np.sqrt(3) * deviation -> deviation / np.sqrt(3)
    all weights are positive: draw between -r and r, so that the mean is 0
        rng.uniform(-r, r, -> rng.uniform(0, r,
    or
        rng.uniform(-r, r, -> rng.uniform(0, 2 * r,
    all weights are negative or 0: draw between -r and r
        rng.uniform(-r, r, -> rng.uniform(-r, 0,
    the numbers lie between -1 and 1: the bound is sqrt(3) times the standard deviation
        r = np.sqrt(3) * deviation -> r = 1.0
    `distribution` is ignored: all are normal
        return variance_scaling(n_in, n_out, rng, gain, mode, "normal")
    `distribution` is ignored: all are uniform
        return variance_scaling(n_in, n_out, rng, gain, mode, "uniform")
    the distributions have changed places
        distribution == "normal" -> distribution == "uniform"
    the bound of the uniform distribution is the standard deviation of the normal one, too
        gain / np.sqrt(fan[mode]) -> gain * np.sqrt(3 / fan[mode])
        np.sqrt(3) * deviation -> deviation
    the standard deviation is 1 whatever the fan: it must shrink with it
        gain / np.sqrt(fan[mode]) -> gain
    the standard deviation is a fixed small number: it depends on the fan
        gain / np.sqrt(fan[mode]) -> 0.01
    or
        gain / np.sqrt(fan[mode]) -> 0.01 * gain
    or
        gain / np.sqrt(fan[mode]) -> 0.1
    the root is upside down: more inputs make smaller weights
        gain / np.sqrt(fan[mode]) -> gain * np.sqrt(fan[mode])
    the root was taken twice
        gain / np.sqrt(fan[mode]) -> gain / fan[mode] ** 0.25
    the mean is the standard deviation: it is 0
        rng.normal(0.0, deviation -> rng.normal(deviation, deviation
    the mean and the standard deviation have changed places: rng.normal takes the mean first, 0
        rng.normal(0.0, deviation -> rng.normal(deviation, 1.0
    these are numbers between 0 and 1, times the deviation: draw normal ones, or between -r and r
        if distribution == "normal": -> if True:
        rng.normal(0.0, deviation, size=(n_in, n_out)) -> deviation * rng.random((n_in, n_out))
    the gain multiplies the normal weights alone: it belongs to both distributions
        np.sqrt(3) * deviation -> np.sqrt(3) * deviation / gain
    the numbers do not come from the generator `rng`: draw with its methods
        return variance_scaling(n_in, n_out, np.random.default_rng(0), gain, mode, distribution)
    the shape is turned: rows are inputs, columns are units, (n_in, n_out)
        return variance_scaling(n_in, n_out, rng, gain, mode, distribution).T.copy()
    a matrix is asked, of shape (n_in, n_out), not a vector
        return variance_scaling(n_in, n_out, rng, gain, mode, distribution).ravel()
    all units have the same weights, so they would stay the same for ever: draw each one
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        return np.repeat(drawn[:, :1], n_out, axis=1)
    all inputs of a unit have the same weight: draw each one
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        return np.repeat(drawn[:1], n_in, axis=0)
    all weights are the same number: draw one for each, with `size=(n_in, n_out)`
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        return np.full((n_in, n_out), drawn[0, 0])
    or
        return np.zeros((n_in, n_out))
    the numbers are divided by their own standard deviation, not by that of what they are drawn from: they are no
    longer independent, and with one input and one output this divides 0 by 0
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        return drawn / drawn.std() * gain / np.sqrt(_fan(n_in, n_out, mode))
    or
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        drawn = drawn - drawn.mean()
        return drawn / drawn.std() * gain / np.sqrt(_fan(n_in, n_out, mode))
    fan_avg is half of the mean: the 2 is there once
        (n_in + n_out) / 2 -> (n_in + n_out) / 4
    what lies beyond two standard deviations is drawn again: that makes the standard deviation smaller, by the
    factor 0.88
        drawn = variance_scaling(n_in, n_out, rng, gain, mode, distribution)
        if distribution == "uniform":
            return drawn
        bound = 2 * gain / np.sqrt(_fan(n_in, n_out, mode))
        while np.any(far := np.abs(drawn) > bound):
            drawn[far] = rng.normal(0, bound / 2, far.sum())
        return drawn
""")
variance_scaling.add_variants("""
    standard numbers, scaled, drawn the other way round
        fan = {"fan_in": n_in, "fan_out": n_out}.get(mode, (n_in + n_out) / 2)
        if distribution == "normal":
            drawn = rng.standard_normal((n_out, n_in)).T
        else:
            drawn = np.sqrt(12) * (rng.random((n_out, n_in)).T - 0.5)
        return drawn * gain / fan**0.5
    in float32
        return variance_scaling(n_in, n_out, rng, gain, mode, distribution).astype("f4")
    a list of lists, number by number
        variance = gain**2 / (n_in if mode == "fan_in" else n_out if mode == "fan_out" else (n_in + n_out) / 2)
        def one():
            if distribution == "uniform":
                return rng.uniform(-math.sqrt(3 * variance), math.sqrt(3 * variance))
            return rng.normal(0, math.sqrt(variance))
        return [[one() for _ in range(n_out)] for _ in range(n_in)]
    unit by unit
        fans = [n_in, n_out, 0.5 * n_in + 0.5 * n_out]
        deviation = gain * fans[("fan_in", "fan_out", "fan_avg").index(mode)] ** -0.5
        columns = []
        for _ in range(n_out):
            if distribution == "normal":
                columns.append(deviation * rng.normal(size=n_in))
            else:
                columns.append(deviation * 3**0.5 * (2 * rng.random(n_in) - 1))
        return np.stack(columns, axis=1)
""")


@judge(reference.distance_factor, points=2, returns=("factor",), rtol=0.02)
def distance_factor(rng):
    for label, name, low, high in (
        ("no activation", "identity", 0.5, 2.0),
        ("ReLU", "hinge", 2.5, 4.0),
        ("tanh, small variance", "tanh", 0.2, 0.4),
        ("tanh, large variance", "tanh", 2.0, 4.0),
        ("softplus", "softplus", 2.5, 4.0),
        ("a wave", "cosine", 0.3, 0.6),
    ):
        fan_in = int(rng.integers(40, 700))
        yield Call(
            label,
            fan_in=fan_in,
            weight_variance=rng.uniform(0.6, 3.0) / fan_in,
            slope=Problem(name, "gradient"),
            variance=rng.uniform(low, high),
        )


distance_factor.add_mistakes("""
    the slope is not squared: it multiplies the difference, so its square the mean square
        return fan_in * weight_variance * gaussian_average(slope, variance)
    the mean of the slope was squared: the mean of its square counts, over all units
        return fan_in * weight_variance * gaussian_average(slope, variance) ** 2
    the activation's slope is not used: it multiplies each unit's difference
        return fan_in * weight_variance
    the weights are not used: each difference is a sum over `fan_in` units, with random weights
        return gaussian_average(lambda z: slope(z) ** 2, variance)
    or
        return fan_in * gaussian_average(lambda z: slope(z) ** 2, variance)
    the number of units is missing: the new difference is a sum over all of them
        return weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance)
    the variance of the weights was squared, as if it were their standard deviation
        return fan_in * weight_variance**2 * gaussian_average(lambda z: slope(z) ** 2, variance)
    the root of the variance of the weights was taken: the mean square has the variance itself
        return fan_in * np.sqrt(weight_variance) * gaussian_average(lambda z: slope(z) ** 2, variance)
    the number of units enters by its root: it is the mean square that is asked
        return np.sqrt(fan_in) * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance)
    this is the factor of the distance: the factor of its square is asked
        return np.sqrt(fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance))
    the slope at 0 was taken: z has the variance that is given, so average over it
        return fan_in * weight_variance * float(slope(np.zeros(1))[0]) ** 2
    the slope at one standard deviation was taken: average over all z
        return fan_in * weight_variance * float(slope(np.array([np.sqrt(variance)]))[0]) ** 2
    z has the given variance, so its standard deviation is the root of it
        return fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance**2)
    the variance of z multiplies the factor: it says at which z the slope is taken, no more
        return variance * fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance)
    z multiplies the slope: it is d that the slope multiplies, and the factor is divided by the mean
    square of d
        return fan_in * weight_variance * gaussian_average(lambda z: (slope(z) * z) ** 2, variance)
    the factor is divided by the variance of z: the differences are compared with each other
        return fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance) / variance
    z has the variance 1 here: average over the one that is given
        return fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, 1.0)
    two differences are independent only for inputs that have nothing to do with each other: here the
    factor 2 has no place
        return 2 * fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance)
    this is half of it: 1/2 is ReLU's share, and the average of the slope has it already
        return fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, variance) / 2
    the mean square of the slope is 1/2 here whatever the activation is: that is ReLU's
        return fan_in * weight_variance / 2
    the mean square of the slope was replaced by its variance
        square = gaussian_average(lambda z: slope(z) ** 2, variance)
        return fan_in * weight_variance * (square - gaussian_average(slope, variance) ** 2)
    this is the gain of variance_scaling, not what it makes: n s, times the average
        return gaussian_average(lambda z: slope(z) ** 2, variance) / (fan_in * weight_variance)
    the root of the variance was given to gaussian_average: that takes the variance
        return fan_in * weight_variance * gaussian_average(lambda z: slope(z) ** 2, np.sqrt(variance))
    the number of units divides: the new difference is a sum over all of them
        return weight_variance / fan_in * gaussian_average(lambda z: slope(z) ** 2, variance)
""")
distance_factor.add_variants("""
    Gauss and Hermite's rule
        x, weights = np.polynomial.hermite_e.hermegauss(120)
        return fan_in * weight_variance * (weights @ slope(variance**0.5 * x) ** 2) / weights.sum()
    with a large sample, in float32
        z = np.random.default_rng(0).normal(0, np.sqrt(variance), 400_000)
        return np.float32(np.mean(slope(z) ** 2) * fan_in * weight_variance)
    by backward_variance: the number is the same
        q = np.array([variance, 1.0])
        return backward_variance((1, 1, fan_in), [1.0, weight_variance], slope, q)[0]
    by midpoints
        z = ((np.arange(600) + 0.5) / 300 - 1) * 8 * math.sqrt(variance)
        density = np.exp(-(z**2) / (2 * variance))
        return weight_variance * fan_in * np.average(slope(z) ** 2, weights=density)
""")


# Of float32, too: the singular values are compared as numbers.
@judge(
    reference.orthogonal_weights, points=2, returns=("weights",), compare_as=quantities.directions, rtol=1e-4, atol=1e-4
)
def orthogonal_weights(rng):
    seed = int(rng.integers(2**31))
    for place, (label, n_in, n_out) in enumerate(
        (("more inputs than outputs", 80, 35), ("more outputs than inputs", 30, 90), ("a square", 50, 50))
    ):
        yield Call(
            label,
            2.0 if n_out > n_in else 1,
            n_in=n_in,
            n_out=n_out,
            rng=Rng(seed + 10 * place),
            gain=rng.uniform(1.3, 1.9),
        )
    yield Call("gain left at its default", n_in=60, n_out=45, rng=Rng(seed))
    yield Call("the same generator again", 0.5, n_in=60, n_out=45, rng=Rng(seed))
    yield Call("another generator", 1.8, n_in=60, n_out=45, rng=Rng(seed + 1))


orthogonal_weights.add_mistakes("""
    these are normal numbers of the right size: their columns are only about at right angles
        return rng.normal(0.0, gain / np.sqrt(max(n_in, n_out)), size=(n_in, n_out))
    or
        return rng.normal(0.0, gain / np.sqrt(n_in), size=(n_in, n_out))
    or
        u, sizes, v = np.linalg.svd(rng.normal(size=(n_in, n_out)), full_matrices=False)
        return gain * u * sizes @ v / np.sqrt(max(n_in, n_out))
    the columns have length 1, but they are not at right angles
        drawn = rng.normal(size=(n_in, n_out))
        return gain * drawn / np.linalg.norm(drawn, axis=0)
    or
        drawn = rng.normal(size=(n_in, n_out))
        return gain * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    the gain is missing: every singular value is `gain`
        return gain * -> return 1.0 *
    the gain is squared: it multiplies the weights
        return gain * -> return gain**2 *
    the gain stands under a root: it multiplies the weights
        return gain * -> return np.sqrt(gain) *
    with more outputs than inputs, np.linalg.qr gives a square matrix, and the first factor of np.linalg.svd
    is one, too: take qr of the transpose, and turn the result, or multiply by the last factor of svd
        return gain * np.linalg.qr(rng.normal(size=(n_in, n_out)))[0]
    or
        u, _, _ = np.linalg.svd(rng.normal(size=(n_in, n_out)), full_matrices=False)
        return gain * u
    this is a square matrix, all directions of the inputs: of shape (n_in, n_out) it is asked
        return gain * np.linalg.qr(rng.normal(size=(n_in, n_out)), mode="complete")[0]
    or
        return gain * np.linalg.qr(rng.normal(size=(max(n_in, n_out), max(n_in, n_out))))[0]
    these are the triangular factors: the directions are in the other one
        long, short = max(n_in, n_out), min(n_in, n_out)
        whole = np.zeros((long, short))
        whole[:short] = np.linalg.qr(rng.normal(size=(long, short)))[1]
        return gain * (whole if n_in >= n_out else whole.T)
    the weights are divided by a root of the width besides: orthogonal columns have length 1 already
        return gain * -> return gain / np.sqrt(n_in) *
    or
        return gain * -> return gain * np.sqrt(max(n_in, n_out) / min(n_in, n_out)) *
    only the largest singular value is `gain`: all of them shall be
        drawn = rng.normal(size=(n_in, n_out))
        return gain * drawn / np.linalg.norm(drawn, 2)
    the whole matrix has length 1: each column shall, or each row
        drawn = rng.normal(size=(n_in, n_out))
        return gain * drawn / np.linalg.norm(drawn)
    the numbers drawn lie between 0 and 1, so that the directions lean to (1, ..., 1): draw numbers
    of mean 0
        rng.normal( -> rng.uniform(
    or
        rng.normal( -> rng.random(
    the directions are those of the coordinates: draw them
        return gain * np.eye(n_in, n_out)
    or
        return gain * rng.permutation(np.eye(max(n_in, n_out)))[:n_in, :n_out]
    a larger orthogonal matrix was cut on both sides: then neither rows nor columns are at right
    angles
        whole = np.linalg.qr(rng.normal(size=(n_in + n_out, n_in + n_out)))[0]
        return gain * whole[:n_in, :n_out]
    the shape is turned: rows are inputs, columns are units, (n_in, n_out)
        return orthogonal_weights(n_out, n_in, rng, gain)
    the numbers do not come from the generator `rng`: draw with its methods
        return orthogonal_weights(n_in, n_out, np.random.default_rng(0), gain)
    all entries are positive, so that the columns are not at right angles
        return np.abs(orthogonal_weights(n_in, n_out, rng, gain))
    a matrix is asked, of shape (n_in, n_out), not a vector
        return orthogonal_weights(n_in, n_out, rng, gain).ravel()
    the gain is added: it multiplies
        return gain * -> return gain +
    with more inputs than outputs, np.linalg.qr of the transpose gives a square matrix, and the second factor
    of np.linalg.svd is one, too: a rotation of the outputs alone
        return gain * np.linalg.qr(rng.normal(size=(n_out, n_in)))[0].T
    or
        _, _, v = np.linalg.svd(rng.normal(size=(n_in, n_out)), full_matrices=False)
        return gain * v
    all weights are 0: draw them
        return np.zeros((n_in, n_out))
    `reshape` writes the numbers in their order into another form: that is no transpose
        (columns if n_in >= n_out else columns.T) -> columns.reshape(n_in, n_out)
""")
orthogonal_weights.add_variants("""
    by singular vectors
        u, _, v = np.linalg.svd(rng.normal(size=(n_in, n_out)), full_matrices=False)
        return gain * (u @ v)
    cut out of a square, with the signs of the triangle
        n = max(n_in, n_out)
        q, r = np.linalg.qr(rng.standard_normal((n, n)))
        q = q * np.sign(np.diag(r))
        return gain * q[:n_in, :n_out]
    Gram and Schmidt, one direction after the other, a list
        found = []
        for _ in range(min(n_in, n_out)):
            v = rng.normal(size=max(n_in, n_out))
            for other in found + found:
                v = v - (other @ v) * other
            found.append(v / np.sqrt(v @ v))
        columns = gain * np.array(found)
        return (columns.T if n_in >= n_out else columns).tolist()
    in float32, turned where it must be
        if n_in < n_out:
            return orthogonal_weights(n_out, n_in, rng, gain).T.astype(np.float32)
        return np.float32(gain) * np.linalg.qr(rng.normal(size=(n_in, n_out)))[0].astype(np.float32)
""")


@judge(
    reference.scale_layers,
    points=2,
    returns=("scaled",),
    repair="the next layer is measured with what the old weights send: send on what the new ones do",
)
def scale_layers(rng):
    for label, name, widths in (
        ("one layer", "tanh", (5, 7)),
        ("tanh, three layers", "tanh", (4, 6, 5, 3)),
        ("ReLU, two layers", "hinge", (5, 8, 4)),
        ("ReLU, four layers", "hinge", (3, 8, 7, 9, 4)),
        ("softplus, three layers", "softplus", (6, 4, 7, 5)),
    ):
        weights = [rng.normal(0.3, rng.uniform(1.5, 3.0), size=shape) for shape in itertools.pairwise(widths)]
        x = rng.uniform(-2.0, 3.0, size=(int(rng.integers(6, 10)), widths[0]))
        weight = 0.5 if len(widths) == 2 else 1
        yield Call(label, weight, weights=weights, x=x, activation=Problem(name, "value"))


def _scaled(weights, x, activation, size, sends):
    scaled = []
    for w in weights:
        z = x @ w
        scaled.append(w / size(z))
        x = sends(z, size(z))
    return scaled


def _rms(z):
    return np.sqrt(np.mean(z**2))


scale_layers.add_mistakes("""
    the next layer is measured with what the old weights send: send on what the new ones do
        activation(z / size) -> activation(z)
    the mean is subtracted now: it is the mean square that shall be 1, not the variance
        np.sqrt(np.mean(z**2)) -> z.std()
    or
        np.sqrt(np.mean(z**2)) -> np.std(z, ddof=1)
    or
        np.sqrt(np.mean(z**2)) -> z.std()
        z / size -> (z - z.mean()) / size
    the mean is subtracted now, and the old weights still send
        return _scaled(weights, x, activation, np.std, lambda z, size: activation(z))
    the weights are divided by the mean square: it is the root of it that makes it 1
        np.sqrt(np.mean(z**2)) -> np.mean(z**2)
    or
        return _scaled(weights, x, activation, lambda z: np.mean(z**2), lambda z, size: activation(z / np.sqrt(size)))
    the weights are multiplied by the size: divide by it
        w / size -> w * size
    or
        w / size -> w * size
        z / size -> z * size
    each unit has its own number now: one number for each layer is asked
        np.mean(z**2) -> np.mean(z**2, axis=0)
    each example is divided by its own size on its way on: one number for each layer is asked
        activation(z / size) -> activation(z / np.sqrt(np.mean(z**2, axis=1, keepdims=True)))
    the size is measured behind the activation: it is that of the pre-activations
        np.mean(z**2) -> np.mean(activation(z) ** 2)
    the outputs of the activation are divided, not what enters it: the new weights make z / size
        activation(z / size) -> activation(z) / size
    the outputs of the activation are divided by their own size: the weights alone are scaled
        activation(z / size) -> activation(z) / np.sqrt(np.mean(activation(z) ** 2))
    the activation is lost on the way: it stands between two layers
        activation(z / size) -> z / size
    the activation is lost, and the old weights still send
        activation(z / size) -> z
    the activation is there twice: once behind each layer
        activation(z / size) -> activation(activation(z / size))
    the activation is applied to the inputs as well: it stands between two layers only
        scaled = [] -> scaled, x = [], activation(x)
    the size is that of the largest entry: the mean square counts
        np.sqrt(np.mean(z**2)) -> np.abs(z).max()
    the size is the mean of the absolute values: the mean square counts
        np.sqrt(np.mean(z**2)) -> np.abs(z).mean()
    the size is the length of the whole array: its mean square counts, not the sum
        np.sqrt(np.mean(z**2)) -> np.linalg.norm(z)
    the size is that of the weights: it is measured on what they make of `x`
        np.sqrt(np.mean(z**2)) -> np.sqrt(np.mean(w**2))
    the last layer is left as it was: it is scaled, too
        return scaled -> return [*scaled[:-1], weights[-1]]
    the first layer is left as it was: it is scaled, too
        return scaled -> return [weights[0], *scaled[1:]]
    all layers are divided by the size of the last one: each has its own
        return scaled -> return [w / size for w in weights]
    this is what leaves the network: the new weights are asked
        return scaled -> return x
    these are the sizes: divide the weights by them
        scaled.append(w / size) -> scaled.append(size)
    these are the pre-activations: the new weights are asked
        scaled.append(w / size) -> scaled.append(z / size)
    the squares are added over the units and divided by the number of examples: they are averaged over both
        np.sqrt(np.mean(z**2)) -> np.sqrt(np.sum(z**2) / len(z))
    the outputs of the activation are brought to the size 1, too: the weights alone are scaled
        activation(z / size) -> activation(z / size) / _rms(activation(z / size))
    each size is divided by that of the layer before: that holds for the ReLU alone, which passes a factor on
        sizes = []
        for w in weights:
            z = x @ w
            sizes.append(_rms(z))
            x = activation(z)
        return [w * before / size for w, before, size in zip(weights, [1.0, *sizes], sizes)]
    the sizes of the layers before were divided out again: what comes from them has its size already
        scaled, total = [], 1.0
        for w in weights:
            z = x @ w
            total *= _rms(z)
            scaled.append(w / total)
            x = activation(z / _rms(z))
        return scaled
""")
scale_layers.add_variants("""
    the new weights, multiplied again
        scaled = []
        for w in weights:
            new = w / np.linalg.norm(x @ w) * np.sqrt(len(x) * w.shape[1])
            scaled.append(new)
            x = activation(x @ new)
        return scaled
    a recursion
        first, *rest = weights
        new = first / math.sqrt(np.square(x @ first).mean())
        return [new] + (scale_layers(rest, activation(x @ new), activation) if rest else [])
    from the inputs anew for each layer, a tuple
        new = [np.array(w) for w in weights]
        for layer in range(len(new)):
            a = x
            for w in new[:layer]:
                a = activation(a @ w)
            new[layer] = new[layer] / np.mean((a @ new[layer]) ** 2) ** 0.5
        return tuple(new)
    measured and corrected until it is 1, in lists
        scaled = []
        for w in weights:
            for _ in range(3):
                w = w / np.sqrt(np.mean((x @ w) ** 2))
            scaled.append(w.tolist())
            x = activation(x @ w)
        return scaled
""")


breaking_symmetry = Written(
    "breaking-symmetry",
    points=4,
    rubric="""\
- 1 point: the argument: units with equal incoming and outgoing weights (and biases) have equal activations and equal gradients, so any update that is the same function of a parameter and its gradients keeps them equal.
- 1 point: mini-batches, momentum and Adam do not help: they change the gradients or the rule for all units alike. (No point where Adam's rate per parameter is said to break it.)
- 1 point: dropout does, and so does noise added to each weight: units get different gradients. (Different biases do, too: the activations differ, so the outgoing weights get different gradients. An answer that says so may have the point.)
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
