"""How the exercises of the chapter on transfer are judged."""

from itertools import pairwise

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import quantities
from solutions import transfer as reference

WIDTHS = {"two layers": (5, 4, 3), "three layers": (3, 6, 2, 4), "four layers": (2, 3, 5, 4, 2)}


def _layers(theta, widths):
    """The layers of a network as (weights, biases)."""
    start = 0
    for n, k in pairwise(widths):
        middle = start + n * k
        yield theta[start:middle].reshape(n, k), theta[middle : middle + k]
        start = middle + k


def _joined(layers):
    return np.concatenate([part for w, b in layers for part in (np.ravel(w), b)])


def _size(widths):
    return sum(n * k + k for n, k in pairwise(widths))


@judge(reference.replace_head, points=3, returns=("theta",), compare_as=quantities.new_head)
def replace_head(rng):
    seed = int(rng.integers(2**31))
    widths = (6, 4, 30)  # few inputs of the head: one more, for the bias, would be seen
    case = {"theta": rng.uniform(1.0, 3.0, _size(widths)), "widths": widths, "keep": 1, "n_classes": 1500}
    yield Call("all layers but the last are kept", **case, rng=Rng(seed))
    yield Call("the same generator again", **case, rng=Rng(seed))
    yield Call("another generator", 3.0, **case, rng=Rng(seed + 1))
    for label, widths, keep, n_classes in (
        ("one layer of three is kept", (5, 60, 20, 10), 1, 30),
        ("two layers of three are kept", (5, 8, 50, 7), 2, 36),
    ):
        theta = rng.uniform(1.0, 3.0, _size(widths))
        given = Rng(seed + n_classes)
        yield Call(label, 2.5, theta=theta, widths=widths, keep=keep, n_classes=n_classes, rng=given)


def _new_head(theta, widths, keep, n_classes, weights, biases=None):
    kept = list(_layers(theta, widths))[:keep]
    biases = np.zeros(n_classes) if biases is None else biases
    return _joined([*kept, (weights, biases)])


replace_head.add_mistakes("""
    the variance of the weights was taken for their standard deviation: draw with sqrt(1 / n)
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, 1 / n, n * n_classes))
    the variance of the weights is 1 over the outputs of the head: it is 1 over its inputs
        n = widths[keep]
        weights = rng.normal(0, n_classes**-0.5, n * n_classes)
        return _new_head(theta, widths, keep, n_classes, weights)
    the weights of the new head are all zero: nothing is wrong with that for one layer on fixed
    features, but the layers below it would get no gradient in the first step; draw them
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, np.zeros(n * n_classes))
    the variance is He's, 2 / n: the head has no ReLU behind it, so it is 1 / n
        n = widths[keep]
        return _new_head(
            theta, widths, keep, n_classes, rng.normal(0, (2 / n) ** 0.5, n * n_classes)
        )
    the weights are standard normal: their variance is 1 / (number of inputs)
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(size=n * n_classes))
    only the last layer was cut off: keep the first `keep` layers, however many there are
        return replace_head(theta, widths, len(widths) - 2, n_classes, rng)
    the biases of the new head were drawn, too: they are zero
        n = widths[keep]
        drawn = rng.normal(0, n**-0.5, (n + 1) * n_classes)
        return _new_head(theta, widths, keep, n_classes, drawn[:-n_classes], drawn[-n_classes:])
    the kept layers were drawn anew, too: all that was learned is gone
        layers = [
            (rng.normal(0, n**-0.5, (n, k)), np.zeros(k))
            for n, k in pairwise((*widths[: keep + 1], n_classes))
        ]
        return _joined(layers)
    the numbers do not come from the generator `rng`: draw with rng.normal
        return replace_head(theta, widths, keep, n_classes, np.random.default_rng(0))
    the biases of the kept layers were not counted: a layer from n to k units has n * k weights and k biases
        n, end = widths[keep], sum(n * k for n, k in pairwise(widths[: keep + 1]))
        return np.concatenate([theta[:end], rng.normal(0, n**-0.5, n * n_classes), np.zeros(n_classes)])
    one layer too few was kept: the first `keep` layers end at `widths[keep]` units
        n, end = widths[keep], _size(widths[:keep])
        return np.concatenate([theta[:end], rng.normal(0, n**-0.5, n * n_classes), np.zeros(n_classes)])
    or
        n, end = widths[keep - 1], _size(widths[:keep])
        return np.concatenate([theta[:end], rng.normal(0, n**-0.5, n * n_classes), np.zeros(n_classes)])
    the biases of the new head are 1: they are zero
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, n**-0.5, n * n_classes), np.ones(n_classes))
    the biases of the new head stand before its weights: first the weights, then the biases
        n = widths[keep]
        kept = theta[: _size(widths[: keep + 1])]
        return np.concatenate([kept, np.zeros(n_classes), rng.normal(0, n**-0.5, n * n_classes)])
    the weights are uniform: draw them from a normal distribution, of variance 1 / (number of inputs)
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.uniform(-(n**-0.5), n**-0.5, n * n_classes))
    or
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.uniform(-((3 / n) ** 0.5), (3 / n) ** 0.5, n * n_classes))
    the variance is Glorot's, 2 / (inputs + outputs): it is 1 / (number of inputs)
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, (2 / (n + n_classes)) ** 0.5, n * n_classes))
    the biases of the new head are missing: n_classes zeros
        n = widths[keep]
        return np.append(theta[: _size(widths[: keep + 1])], rng.normal(0, n**-0.5, n * n_classes))
    all layers are kept, and the head stands behind them: keep the first `keep` of them
        n = widths[keep]
        return np.concatenate([theta, rng.normal(0, n**-0.5, n * n_classes), np.zeros(n_classes)])
    the new head has as many inputs as the old one: it stands on the last layer that is kept, of `widths[keep]`
    units
        n = widths[-2]
        kept = theta[: _size(widths[: keep + 1])]
        return np.concatenate([kept, rng.normal(0, n**-0.5, n * n_classes), np.zeros(n_classes)])
    the weights have the standard deviation 0.01, whatever the layer: their variance is 1 / (number of inputs)
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, 0.01, n * n_classes))
    the variance is 1 over the inputs of the network: it is 1 over those of the head, `widths[keep]`
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, widths[0] ** -0.5, n * n_classes))
    the bias is counted among the inputs of the head: the variance of the weights is 1 / n of n features
        n = widths[keep]
        return _new_head(theta, widths, keep, n_classes, rng.normal(0, (n + 1) ** -0.5, n * n_classes))
""")
replace_head.add_variants("""
    layer by layer
        n = widths[keep]
        weights = rng.standard_normal((n_classes, n)).T / n**0.5
        return _new_head(theta, widths, keep, n_classes, weights)
    a list that grows
        end = sum((n + 1) * k for n, k in pairwise(widths[: keep + 1]))
        numbers = [float(x) for x in theta[:end]]
        numbers += [rng.normal(0, widths[keep] ** -0.5) for _ in range(widths[keep] * n_classes)]
        return numbers + [0.0] * n_classes
""")


@judge(reference.freeze_mask, points=1, returns=("mask",))
def freeze_mask(rng):
    for label, length, frozen in (
        ("two layers, one frozen", 2, 1),
        ("three layers, one frozen", 3, 1),
        ("three layers, two frozen", 3, 2),
        ("four layers, none frozen", 4, 0),
        ("four layers, three frozen", 4, 3),
        ("three layers, all frozen", 3, 3),
    ):
        widths = tuple(int(n) for n in rng.permutation(np.arange(2, 15))[: length + 1])
        yield Call(label, widths=widths, frozen=frozen)


def _mask(widths, values):
    return np.repeat(values, [n * k + k for n, k in pairwise(widths)])


freeze_mask.add_mistakes("""
    the mask is the wrong way round: 0 where a layer is frozen, 1 where it is trained
        return 1 - freeze_mask(widths, frozen)
    the layers were counted from the output: the first, frozen layers are those at the input
        n = len(widths) - 1
        return _mask(widths, [1.0] * (n - frozen) + [0.0] * frozen)
    the biases of the frozen layers are still trained: a layer is its weights and its biases
        parts = [
            [np.full(n * k, float(i >= frozen)), np.ones(k)]
            for i, (n, k) in enumerate(pairwise(widths))
        ]
        return np.concatenate([part for layer in parts for part in layer])
    the first `frozen` numbers are 0: `frozen` counts layers, not parameters
        mask = np.ones(_size(widths))
        mask[:frozen] = 0
        return mask
    one layer too many is frozen: layer number `frozen`, counted from 0, is trained
        return _mask(widths, (np.arange(len(widths) - 1) > frozen).astype(float))
    a layer from n to k units has k biases, one for each unit that it feeds: this counts n
        sizes = [n * k + n for n, k in pairwise(widths)]
        return np.repeat((np.arange(len(sizes)) >= frozen).astype(float), sizes)
    one number for each layer: the mask has one for each parameter, n * k weights and k biases
        return (np.arange(len(widths) - 1) >= frozen).astype(float)
    the biases are missing: a layer from n to k units has n * k weights and k biases
        sizes = [n * k for n, k in pairwise(widths)]
        return np.repeat((np.arange(len(sizes)) >= frozen).astype(float), sizes)
    one layer too few is frozen: the first `frozen` layers are
        return _mask(widths, (np.arange(len(widths) - 1) >= frozen - 1).astype(float))
    the layers were counted from the output, and the mask is the wrong way round: the first layers
    are frozen, with 0
        n = len(widths) - 1
        return _mask(widths, [0.0] * (n - frozen) + [1.0] * frozen)
    all is trained: the mask is 0 in the first `frozen` layers
        return np.ones(_size(widths))
    all is frozen: the mask is 1 from layer number `frozen` on, counted from 0
        return np.zeros(_size(widths))
    the weights of the frozen layers are still trained: a layer is its weights and its biases
        parts = [[np.ones(n * k), np.full(k, float(i >= frozen))] for i, (n, k) in enumerate(pairwise(widths))]
        return np.concatenate([part for layer in parts for part in layer])
    only one layer is frozen, number `frozen`: all that come before it are
        return _mask(widths, (np.arange(len(widths) - 1) != frozen).astype(float))
    or
        return _mask(widths, (np.arange(len(widths) - 1) != frozen - 1).astype(float))
    where all layers are frozen the number of those at the end is exactly 0, and `mask[-0:]` is the whole mask:
    count from the front
        sizes = [n * k + k for n, k in pairwise(widths)]
        mask = np.zeros(sum(sizes))
        mask[-sum(sizes[frozen:]) :] = 1
        return mask
    all biases stand at the end: each layer's stand behind its weights
        pairs = list(enumerate(pairwise(widths)))
        weights = [np.full(n * k, float(i >= frozen)) for i, (n, k) in pairs]
        return np.concatenate(weights + [np.full(k, float(i >= frozen)) for i, (n, k) in pairs])
    the biases of the last frozen layer are still trained: a layer is its weights and its biases
        mask = freeze_mask(widths, frozen)
        end = _size(widths[: frozen + 1]) if frozen else 0
        mask[end - widths[frozen] * (frozen > 0) : end] = 1
        return mask
""")
freeze_mask.add_variants("""
    ones, then zeros at the front
        sizes = [n * k + k for n, k in pairwise(widths)]
        mask = np.ones(sum(sizes))
        mask[: sum(sizes[:frozen])] = 0
        return mask
    a list of truth values, as integers
        return [
            int(i >= frozen) for i, (n, k) in enumerate(pairwise(widths)) for _ in range(n * k + k)
        ]
""")


@judge(
    reference.masked_step,
    points=3,
    returns=("theta", "velocity"),
    repair="the mask is on the gradient and on the step, not on the old velocity: that of a frozen parameter must be 0, or it jumps when it is set free",
)
def masked_step(rng):
    def arrays(n, **more):
        signs = rng.choice([-1.0, 1.0], size=(3, n)) * rng.uniform(0.3, 2.0, size=(3, n))
        theta, grad, velocity = signs
        return {"theta": theta, "grad": grad, "velocity": velocity, **more}

    half = np.repeat([0.0, 1.0], [4, 5])
    yield Call("a velocity of zero", **arrays(9, mask=half, lr=0.3, mu=0.8) | {"velocity": np.zeros(9)})
    yield Call("frozen parameters still have a velocity", **arrays(9, mask=half, lr=0.3, mu=0.7))
    mixed = rng.permutation([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    yield Call("any mask", **arrays(6, mask=mixed, lr=0.2, mu=0.5))
    yield Call("nothing is frozen", **arrays(5, mask=np.ones(5), lr=0.4, mu=0.6))
    yield Call("all is frozen", **arrays(5, mask=np.zeros(5), lr=0.4, mu=0.6))
    yield Call("a learning rate for each parameter", **arrays(6, mask=mixed, lr=rng.uniform(0.1, 0.6, 6), mu=0.8))
    yield Call("mu left at its default", **arrays(6, mask=mixed, lr=rng.uniform(0.1, 0.6)))


masked_step.add_mistakes("""
    the mask is on the gradient alone: a frozen parameter that still has a velocity moves on; mask
    the new velocity
        mask * (mu * velocity + grad) -> mu * velocity + mask * grad
    or
        velocity = mu * velocity + grad * mask
        return theta - lr * velocity, velocity
    the frozen parameters stay, but their velocity is kept: it must be 0, or they jump when they are
    set free
        velocity = mu * velocity + grad
        return theta - lr * mask * velocity, velocity
    or
        velocity = mu * mask * velocity + grad
        return theta - lr * mask * velocity, velocity
    the velocity is masked only after the step, which the frozen parameters still make: mask it before
        velocity = mu * velocity + mask * grad
        return theta - lr * velocity, mask * velocity
    or
        velocity = mu * velocity + grad
        return theta - lr * velocity, mask * velocity
    the mask is on theta: that sets the frozen parameters to zero instead of leaving them
        theta -> mask * theta
    the mask is not used: every parameter moves
        mask * (mu * velocity + grad) -> mu * velocity + grad
    the frozen parameters move and the others stay: the mask is 1 where a parameter is trained
        mask -> (1 - mask)
    the old velocity is forgotten: add mu * velocity to the gradient
        (mu * velocity + grad) -> grad
    the mask is on the old velocity alone: the new gradient moves the frozen parameters; mask the
    sum
        mask * (mu * velocity + grad) -> mu * mask * velocity + grad
    the step is made with the old velocity: compute the new one first
        return theta - lr * mask * velocity, mask * (mu * velocity + grad)
    `mu` is missing: the old velocity is multiplied by it
        mu * velocity -> velocity
    the learning rate is inside the velocity: here it multiplies the velocity in the step
        grad -> lr * grad
        lr * velocity -> velocity
    the gradient has no factor 1 - mu here: velocity <- mu * velocity + grad
        grad -> (1 - mu) * grad
    the step goes uphill: subtract lr * velocity
        theta - lr -> theta + lr
    the learning rate is inside the velocity, and is there twice
        velocity = mask * (mu * velocity + lr * grad)
        return theta - lr * velocity, velocity
    the velocity holds the learning rate and the minus: here it is `mu * velocity + grad`, and the step
    subtracts `lr` times it
        velocity = mask * (mu * velocity - lr * grad)
        return theta + velocity, velocity
    the step ignores `lr`: it is `lr` times the velocity
        lr * velocity -> velocity
    the old velocity is returned: the next step needs the new one
        return theta - lr * mask * (mu * velocity + grad), velocity
    the mask is on the old velocity in the step and on nothing else: mask the sum
        return theta - lr * (mu * mask * velocity + grad), mask * (mu * velocity + grad)
    the gradient is subtracted in the velocity: it is added, and the step subtracts it
        velocity = mask * (mu * velocity - grad)
        return theta - lr * velocity, velocity
    Nesterov's look-ahead is in the step: here it is the new velocity itself
        velocity = mask * (mu * velocity + grad)
        return theta - lr * mask * (grad + mu * velocity), velocity
    the mask is on the parameters that are returned, not on the velocity: mask the new velocity
        velocity = mu * velocity + grad
        return mask * (theta - lr * velocity), velocity
    the mask is on the gradient alone, and the old velocity is forgotten for those that are free:
    mask the sum mu * velocity + grad
        velocity = mask * grad + (1 - mask) * mu * velocity
        return theta - lr * velocity, velocity
    `mu` multiplies the gradient, too: mu * velocity + grad
        velocity = mask * mu * (velocity + grad)
        return theta - lr * velocity, velocity
    the two results have changed places: theta, velocity
        return masked_step(theta, grad, velocity, mask, lr, mu)[::-1]
    the mask is on the gradient and on the step, not on the old velocity: that of a frozen parameter must be
    0, or it jumps when it is set free
        velocity = mu * velocity + mask * grad
        return theta - lr * mask * velocity, velocity
    the mask is on the gradient alone, and the velocity is averaged: mask the sum mu * velocity + grad, in which
    the gradient enters whole
        velocity = mu * velocity + (1 - mu) * mask * grad
        return theta - lr * velocity, velocity
    the mask is on the gradient alone, and the learning rate is inside the velocity: mask the sum mu * velocity +
    grad, and multiply it by lr in the step
        velocity = mu * velocity + lr * mask * grad
        return theta - velocity, velocity
    or
        velocity = mu * velocity - lr * mask * grad
        return theta + velocity, velocity
    the frozen parameters keep their old velocity: it must be 0, or they jump when they are set free
        velocity = np.where(mask == 1, mu * velocity + grad, velocity)
        return theta - lr * mask * velocity, velocity
""")
masked_step.add_variants("""
    by indices
        free = mask > 0
        new_theta, new_velocity = theta.copy(), np.zeros_like(velocity)
        new_velocity[free] = mu * velocity[free] + grad[free]
        new_theta[free] -= np.broadcast_to(lr, theta.shape)[free] * new_velocity[free]
        return new_theta, new_velocity
    with np.where, in float32
        velocity = np.where(mask == 1, mu * velocity + grad, 0).astype(np.float32)
        return [(theta - lr * velocity).astype(np.float32), velocity]
    in place on copies
        theta, velocity = theta.copy(), velocity.copy()
        velocity *= mu
        velocity += grad
        velocity *= mask
        theta -= lr * velocity
        return theta, velocity
    number by number
        rates, rows = np.full(len(theta), 1.0) * lr, []
        for w, g, v, free, rate in zip(theta, grad, velocity, mask, rates, strict=True):
            v = mu * v + g if free else 0.0
            rows.append((w - rate * v, v))
        return tuple(np.array(rows).T)
""")


@judge(reference.discriminative_learning_rates, points=2, returns=("lr",))
def discriminative_learning_rates(rng):
    for label, length in (("two layers", 2), ("three layers", 3), ("four layers", 4)):
        widths = tuple(int(n) for n in rng.permutation(np.arange(2, 12))[: length + 1])
        yield Call(label, widths=widths, lr=rng.uniform(0.1, 0.9), factor=rng.uniform(1.7, 3.5))
    widths = tuple(int(n) for n in rng.permutation(np.arange(2, 12))[:4])
    yield Call("a factor below 1", widths=widths, lr=rng.uniform(0.1, 0.9), factor=rng.uniform(0.3, 0.6))


discriminative_learning_rates.add_mistakes("""
    the layers are in the wrong order: the last one gets lr, the ones towards the input less
        return _mask(widths, lr / factor ** np.arange(len(widths) - 1))
    multiplied by the factor: each layer below gets lr divided by it once more
        return _mask(widths, lr * factor ** np.arange(len(widths) - 1)[::-1])
    the last layer gets lr itself, not lr / factor
        return _mask(widths, lr / factor ** np.arange(1, len(widths))[::-1])
    the rates fall by equal steps, lr / (1 + factor * depth): each layer's is the next one's divided
    by the factor
        return _mask(widths, lr / (1 + factor * np.arange(len(widths) - 1)[::-1]))
    all layers but the last have the same rate: divide by the factor once more for each layer down
        rates = np.full(len(widths) - 1, lr / factor)
        rates[-1] = lr
        return _mask(widths, rates)
    the biases are missing: a layer from n to k units has n * k weights and k biases
        rates = lr / factor ** np.arange(len(widths) - 1.0)[::-1]
        return np.repeat(rates, [n * k for n, k in pairwise(widths)])
    one rate for each layer: there is one for each parameter, n * k weights and k biases
        return lr / factor ** np.arange(len(widths) - 1.0)[::-1]
    all parameters have the same rate: each layer below gets lr divided by the factor once more
        return _mask(widths, np.full(len(widths) - 1, lr))
    the layers are in the wrong order, and multiplied by the factor: the last one gets lr, the one
    below it lr / factor
        return _mask(widths, lr * factor ** np.arange(len(widths) - 1))
    the layers are in the wrong order, and all have one factor too much: the last one gets lr
        return _mask(widths, lr / factor ** np.arange(1, len(widths)))
    the factor is multiplied by the depth: it is raised to its power
        return _mask(widths, lr / np.maximum(factor * np.arange(len(widths) - 1)[::-1], 1.0))
    or
        depth = np.arange(len(widths) - 1)[::-1]
        return _mask(widths, np.where(depth > 0, lr / np.maximum(factor * depth, 1e-9), lr))
    the factor is subtracted: divide by it once more for each layer down
        return _mask(widths, lr - factor * np.arange(len(widths) - 1)[::-1])
    the layers have n * k + n parameters here: a layer from n to k units has n * k weights and k
    biases
        rates = lr / factor ** np.arange(len(widths) - 1.0)[::-1]
        return np.repeat(rates, [n * k + n for n, k in pairwise(widths)])
    `factor` is not used: 2.6 is one value of it
        lr / float(factor) -> lr / 2.6
    all biases have the last layer's rate: a layer's biases have that of its weights
        depths = np.arange(len(widths) - 1.0)[::-1]
        parts = [
            [np.full(n * k, lr / factor**depth), np.full(k, lr)]
            for depth, (n, k) in zip(depths, pairwise(widths), strict=True)
        ]
        return np.concatenate([part for layer in parts for part in layer])
    all biases stand at the end: each layer's stand behind its weights
        rates = lr / factor ** np.arange(len(widths) - 1.0)[::-1]
        pairs = list(zip(rates, pairwise(widths), strict=True))
        weights = [np.full(n * k, rate) for rate, (n, k) in pairs]
        return np.concatenate(weights + [np.full(k, rate) for rate, (n, k) in pairs])
""")
discriminative_learning_rates.add_variants("""
    layer by layer from the top
        parts = []
        for n, k in reversed(list(pairwise(widths))):
            parts.insert(0, np.full(n * k + k, lr))
            lr = lr / factor
        return np.concatenate(parts)
    a list
        last = len(widths) - 2
        return [
            lr * factor ** (i - last)
            for i, (n, k) in enumerate(pairwise(widths))
            for _ in range((n + 1) * k)
        ]
""")


@judge(reference.low_rank_gradients, points=3, returns=("grad_a", "grad_b"))
def low_rank_gradients(rng):
    def case(n, k, r, **more):
        shapes = {"grad": (n, k), "a": (n, r), "b": (r, k)}
        drawn = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        return drawn | {"scale": rng.uniform(1.3, 1.8)} | more

    yield Call("rank one", **case(4, 3, 1))
    yield Call("rank two, more inputs than outputs", **case(6, 4, 2))
    yield Call("rank three, more outputs than inputs", **case(4, 7, 3))
    yield Call("all of one size", **case(3, 3, 3))
    yield Call("at the beginning: b is zero", 0.5, **case(5, 4, 2, b=np.zeros((2, 4))))
    yield Call("a scale below one", **case(5, 6, 2, scale=rng.uniform(0.2, 0.4)))


low_rank_gradients.add_mistakes("""
    the scale is missing: it multiplies the product, so it multiplies both gradients
        return grad @ b.T, a.T @ grad
    the scale is missing in the gradient by a
        scale * grad @ b.T -> grad @ b.T
    the scale is missing in the gradient by b
        scale * a.T @ grad -> a.T @ grad
    the scale enters squared: once from the product is enough
        return scale**2 * grad @ b.T, scale**2 * a.T @ grad
    the gradients are divided by the scale: it multiplies
        return grad @ b.T / scale, a.T @ grad / scale
    the two gradients have changed places
        return scale * a.T @ grad, scale * grad @ b.T
    the factors were divided out, by a pseudo-inverse: a derivative multiplies by the other factor's transpose
        return scale * grad @ np.linalg.pinv(b), scale * np.linalg.pinv(a) @ grad
    the signs are those of a step downhill: the gradients are asked
        return -scale * grad @ b.T, -scale * a.T @ grad
    both gradients are returned transposed: each has the shape of its factor
        return (scale * grad @ b.T).T, (scale * a.T @ grad).T
    both gradients are halved: each factor is changed with the other held fixed, and gets all of it
        return scale * grad @ b.T / 2, scale * a.T @ grad / 2
    the gradient by b is made with an `a` that has made its step: both belong to the factors as they are
        grad_a = scale * grad @ b.T
        return grad_a, scale * (a - grad_a).T @ grad
    or
        grad_a = scale * grad @ b.T
        return grad_a, scale * grad_a.T @ grad
    only the signs of the factors are used
        return scale * grad @ np.sign(b).T, scale * np.sign(a).T @ grad
    the gradients are means over the inputs and outputs: they are sums, as matrix products are
        return scale * grad @ b.T / grad.shape[1], scale * a.T @ grad / grad.shape[0]
    the factors' own product is subtracted: that would be the gradient of a squared distance to `grad`
        off = scale * a @ b - grad
        return scale * off @ b.T, scale * a.T @ off
    or
        off = grad - scale * a @ b
        return scale * off @ b.T, scale * a.T @ off
    the gradient of the whole matrix was returned for each: a factor has fewer numbers
        return grad, grad
    the scale is divided by the rank: `scale` is what multiplies a @ b, all of it
        rank = a.shape[1]
        return scale / rank * grad @ b.T, scale / rank * a.T @ grad
    the gradients are divided by the number of inputs, or of outputs: they are sums, as matrix products are
        return scale * grad @ b.T / len(grad), scale * a.T @ grad / len(grad)
    or
        return scale * grad @ b.T / grad.shape[1], scale * a.T @ grad / grad.shape[1]
""")
low_rank_gradients.add_variants("""
    by indices
        grad_a = np.einsum("ik,rk->ir", grad, b) * scale
        return grad_a, np.einsum("ir,ik->rk", a, grad) * scale
    rank by rank
        grad_a, grad_b = np.zeros_like(a), np.zeros_like(b)
        for q in range(a.shape[1]):
            grad_a[:, q] = grad @ (scale * b[q])
            grad_b[q] = (scale * a[:, q]) @ grad
        return grad_a, grad_b
    the scale goes into the gradient first
        g = scale * grad
        return g @ b.transpose(), np.transpose(g.T @ a)
    entry by entry
        (n, r), k = a.shape, b.shape[1]
        grad_a = [[scale * sum(grad[i, j] * b[q, j] for j in range(k)) for q in range(r)] for i in range(n)]
        grad_b = [[scale * sum(grad[i, j] * a[i, q] for i in range(n)) for j in range(k)] for q in range(r)]
        return np.array(grad_a), np.array(grad_b)
""")


@judge(reference.replay_rows, points=2, places=True, returns=("rows",), compare_as=quantities.replayed)
def replay_rows(rng):
    seed = int(rng.integers(2**31))
    case = {"n_new": int(rng.integers(300, 400)), "n_kept": int(rng.integers(60, 90)), "size": 800, "share": 0.25}
    yield Call("a quarter is replayed", **case, rng=Rng(seed))
    yield Call("the same generator again", **case, rng=Rng(seed))
    yield Call("another generator", 4.0, **case, rng=Rng(seed + 1))
    for label, weight, n_new, n_kept, size, share in (
        ("few are kept, and most are replayed", 1.0, 200, 5, 600, 0.68),
        ("a share that is not exact", 1.0, 150, 50, 300, 0.57),
        ("nothing is replayed", 0.5, 5, 40, 200, 0.0),
        ("all is replayed", 1.0, 80, 40, 200, 1.0),
        ("one of each", 0.25, 1, 1, 4, 0.5),
    ):
        given = Rng(int(rng.integers(2**31)))
        yield Call(label, weight, n_new=n_new, n_kept=n_kept, size=size, share=share, rng=given)


replay_rows.add_mistakes("""
    the batch is drawn from all examples together: few are kept, so few come up; draw from the two apart
        return rng.integers(0, n_new + n_kept, size)
    or
        return rng.choice(n_new + n_kept, size)
    the new and the kept have changed places: `share` is that of the kept ones
        return replay_rows(n_new, n_kept, size, 1 - share, rng)
    each row has a toss of its own, so that the number of kept ones varies: it is size * share in every batch
        kept = rng.random(size) < share
        return np.where(kept, n_new + rng.integers(0, n_kept, size), rng.integers(0, n_new, size))
    or
        round(size * share) -> int(rng.binomial(size, share))
    or
        round(size * share) -> int((rng.random(size) < share).sum())
    the kept examples are numbered from 0, as the new ones are: they come after those, from `n_new` on
        n_new + rng.integers -> rng.integers
    the share is that of the kept examples, not of the batch: size * share rows are replayed
        round(size * share) -> round(n_kept * share)
    the replayed rows are added to a full batch: it has `size` rows with them
        size - replayed -> size
    `int` cuts off what rounding has left, and a row is missing: 0.29 * 100 is a little less than 29; use round
        round(size * share) -> int(size * share)
    `np.ceil` rounds up what rounding has left, and a row too many is replayed: 0.07 * 100 is a little more
    than 7; use round
        round(size * share) -> int(np.ceil(size * share))
    the kept ones are always the same, the first of them: draw them, too
        n_new + rng.integers(0, n_kept, replayed) -> n_new + np.arange(replayed) % n_kept
    one kept example fills its whole share: draw for each row
        rng.integers(0, n_kept, replayed) -> np.full(replayed, rng.integers(0, n_kept))
    the last example is never drawn: `rng.integers(0, k)` leaves out k, so k is the number of examples
        rng.integers(0, n_new, size - replayed) -> rng.integers(0, max(n_new - 1, 1), size - replayed)
        rng.integers(0, n_kept, replayed) -> rng.integers(0, max(n_kept - 1, 1), replayed)
    or
        rng.integers(0, n_new, size - replayed) -> rng.integers(0, max(n_new - 1, 1), size - replayed)
    or
        rng.integers(0, n_kept, replayed) -> rng.integers(0, max(n_kept - 1, 1), replayed)
    examples are drawn without replacement: fewer are kept than a batch may replay
        new = rng.integers(0, n_new, size - replayed) -> new = rng.choice(n_new, size - replayed, replace=False)
        rng.integers(0, n_kept, replayed) -> rng.choice(n_kept, replayed, replace=False)
    or
        rng.integers(0, n_kept, replayed) -> rng.permutation(n_kept)[:replayed]
    the numbers do not come from the generator `rng`
        return replay_rows(n_new, n_kept, size, share, np.random.default_rng(0))
    nothing is replayed: size * share rows are kept examples
        return rng.integers(0, n_new, size)
    the kept ones come first here: the new ones are numbered from 0, those that were kept after them, from
    `n_new` on
        replayed = round(size * share)
        return np.append(rng.integers(0, n_kept, replayed), n_kept + rng.integers(0, n_new, size - replayed))
""")
replay_rows.add_variants("""
    shuffled
        k = int(np.rint(size * share))
        rows = np.concatenate([rng.choice(n_new, size - k), rng.choice(np.arange(n_new, n_new + n_kept), k)])
        return rng.permutation(rows)
    row by row, the kept ones first
        k = round(share * size)
        return [n_new + int(rng.integers(n_kept)) if i < k else int(n_new * rng.random()) for i in range(size)]
    at once, by an array of bounds
        kept = np.arange(size) < round(size * share)
        return rng.integers(np.where(kept, n_new, 0), np.where(kept, n_new + n_kept, n_new))
""")


why_it_hurt = Written(
    name="why-it-hurt",
    points=3,
    rubric="""\
- 1 point: a frozen layer was made for the first task; what tells the new classes apart may be gone, or be there in a form that a linear head cannot read.
- 1 point: names a remedy that follows: cut earlier, set layers free, a nonlinear head, or train from scratch with images transformed as the task allows.
- 1 point: says what to measure: the same data from scratch (with the same transforms), or what a linear and a nonlinear head get out of the features.
""",
)
