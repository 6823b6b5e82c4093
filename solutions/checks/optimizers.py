"""How the exercises of the chapter on optimizers are judged.

Hyperparameters in the cases are far from their defaults and eps is large, so that no mistake hides
behind a rounding: each one changes a result by far more than the tolerance for float32.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem
from solutions import optimizers as reference

SHAPES = {"a vector": (4,), "a matrix": (3, 5), "three axes": (2, 3, 4), "one number": (1,)}


def _normal(rng, shape, *names):
    """Normal arrays by name, no entry near zero, so that signs and quotients are well defined."""
    return {name: rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 2.0, size=shape) for name in names}


def _squares(rng, shape, name):
    return {name: rng.uniform(0.2, 3.0, size=shape)}


@judge(reference.sgd_step, points=1, returns=("theta",))
def sgd_step(rng):
    for label, shape in SHAPES.items():
        yield Call(label, **_normal(rng, shape, "theta", "grad"), lr=rng.uniform(0.1, 0.9))


sgd_step.add_mistakes("""
    the step goes uphill: the gradient points up, so subtract `lr * grad`
        return theta + lr * grad
    the step ignores `lr`: it is `lr` times the gradient
        return theta - grad
    the gradient was scaled to length 1: the step is `lr * grad`, long where the slope is steep, not
    a fixed distance
        # For a single number this is the sign; the cases hold none of absolute value 1.
        return theta - lr * grad / np.linalg.norm(grad)
    this is the step alone: add it to `theta` and return the new parameters
        return -lr * grad
    this is `lr * grad` alone: subtract it from `theta` and return the new parameters
        return lr * grad
    the signs of the gradient's entries are used: the step is `lr * grad`, long where the slope is
    steep
        return theta - lr * np.sign(grad)
    all parameters make the same step, that of the mean gradient: each has its own entry of `grad`
        # For a single number this is right; the other cases tell.
        return theta - lr * grad.mean()
    all parameters make the same step, that of the sum of `grad`: each has its own entry
        return theta - lr * grad.sum()
    `theta` and `grad` have changed places: the step begins at `theta`
        return grad - lr * theta
    `lr` divides the gradient: it multiplies it
        return theta - grad / lr
    the gradient multiplies `theta`: the step is `lr * grad`, whatever theta is
        return theta - lr * grad * theta
""")
sgd_step.add_variants("""
    in place on a copy
        theta = theta.copy()
        theta -= lr * grad
        return theta
    in float32
        return theta.astype(np.float32) - np.float32(lr) * grad.astype(np.float32)
    lists, number by number
        def sgd_lists(theta, grad, lr):
            if np.ndim(theta) == 0:
                return float(theta) - lr * float(grad)
            return [sgd_lists(t, g, lr) for t, g in zip(theta, grad, strict=True)]
""")


@judge(reference.convergence_rate, points=2, returns=("rate",))
def convergence_rate(rng):
    small, large = rng.uniform([0.1, 2.0], [0.3, 4.0])
    between = rng.uniform(0.5, 1.5, size=4)
    two, six = (np.array([large, small]), np.array([*between[:2], large, between[2], small, between[3]]))
    one = np.array([large])
    yield Call("one eigenvalue, a small learning rate", eigenvalues=one, lr=0.4 / large)
    yield Call("one eigenvalue, an overshoot", eigenvalues=one, lr=1.3 / large)
    yield Call("the flat direction is the slowest", eigenvalues=two, lr=0.5 / large)
    yield Call("the steep direction is the slowest", eigenvalues=two, lr=1.99 / large)
    yield Call("it diverges along the steep direction", eigenvalues=two, lr=2.7 / large)
    yield Call("six in any order, the flat one is the slowest", eigenvalues=six, lr=0.9 / large)
    yield Call("six in any order, the steep one is the slowest", eigenvalues=six, lr=1.99 / large)
    yield Call("the best learning rate", eigenvalues=six, lr=2 / (small + large))


convergence_rate.add_mistakes("""
    the factor 1 - lr * lambda may be negative, an overshoot: take its absolute value
        return np.max(1 - lr * eigenvalues)
    the best direction was taken: the slowest one decides, so take the largest factor
        np.max -> np.min
    the largest eigenvalue alone does not decide: the flat direction may be the slowest
        return abs(1 - lr * np.max(eigenvalues))
    this is (k - 1) / (k + 1), the rate of the best learning rate: here `lr` is given
        k = np.max(eigenvalues) / np.min(eigenvalues)
        return (k - 1) / (k + 1)
    these are the factors of all directions: the rate is one number, the largest
        return np.abs(1 - lr * eigenvalues)
    the smallest eigenvalue alone does not decide: with a large rate the steep direction may be the
    slowest
        return abs(1 - lr * np.min(eigenvalues))
    the eigenvalues come in any order: the first and the last need not be the ends of the spectrum
        return max(abs(1 - lr * eigenvalues[0]), abs(1 - lr * eigenvalues[-1]))
    the product is subtracted from nothing: the factor of an eigenvalue is 1 - lr * lambda
        return np.max(np.abs(lr * eigenvalues))
    the factors are multiplied: the rate is the largest of them
        return np.prod(np.abs(1 - lr * eigenvalues))
    the factors are averaged: the slowest direction decides, so take the largest
        return np.mean(np.abs(1 - lr * eigenvalues))
    the factors are squared, as the loss is: the error itself is multiplied by |1 - lr * lambda|
        return np.max((1 - lr * eigenvalues) ** 2)
    the factor is 1 - lr * lambda, with a minus
        return np.max(np.abs(1 + lr * eigenvalues))
    this is the eigenvalue or its place, not the factor: the rate is the largest |1 - lr * lambda|
        return eigenvalues[np.argmax(np.abs(1 - lr * eigenvalues))]
    or
        return np.argmax(np.abs(1 - lr * eigenvalues))
    `lr` divides: the factor is 1 - lr * lambda
        return np.max(np.abs(1 - eigenvalues / lr))
""")
convergence_rate.add_variants("""
    a loop over the eigenvalues
        rate = 0.0
        for eigenvalue in eigenvalues:
            rate = max(rate, abs(1 - lr * eigenvalue))
        return rate
    only the two ends of the spectrum matter
        return max(abs(1 - lr * min(eigenvalues)), abs(1 - lr * max(eigenvalues)))
    the spectral norm of the iteration matrix
        return np.linalg.norm(np.eye(len(eigenvalues)) - lr * np.diag(eigenvalues), ord=2)
""")


def _momentum_cases(rng):
    first = np.zeros(4)
    yield Call("the first step: velocity 0", **_normal(rng, 4, "theta", "grad"), velocity=first, lr=0.3, mu=0.8)
    for label, shape in SHAPES.items():
        state = _normal(rng, shape, "theta", "grad", "velocity")
        yield Call(label, **state, lr=rng.uniform(0.1, 0.6), mu=rng.uniform(0.4, 0.8))
    yield Call("mu = 0: plain gradient descent", **_normal(rng, 3, "theta", "grad", "velocity"), lr=0.3, mu=0.0)
    yield Call("mu left at its default", **_normal(rng, 3, "theta", "grad", "velocity"), lr=0.3)


@judge(reference.momentum_step, points=2, returns=("theta", "velocity"))
def momentum_step(rng):
    yield from _momentum_cases(rng)


momentum_step.add_mistakes("""
    the velocity is averaged: this is `(1 - mu) * grad`, the convention of an exponential average;
    here `grad` enters whole
        grad -> (1 - mu) * grad
    or
        return theta - lr * (mu * velocity + (1 - mu) * grad), mu * velocity + (1 - mu) * grad
    the learning rate is inside the velocity: here it stays outside, `velocity <- mu * velocity +
    grad`, and multiplies the step
        velocity = mu * velocity - lr * grad
        return theta + velocity, velocity
    two conventions are mixed: with `mu * velocity - lr * grad` one adds the velocity; subtracting
    it climbs the hill
        velocity = mu * velocity - lr * grad
        return theta - velocity, velocity
    the step uses the old velocity: update the velocity first, then take the step with the new one
        return theta - lr * velocity, mu * velocity + grad
    `lr` and `mu` have changed places
        mu -> lr
        theta - lr -> theta - mu
    the old velocity is forgotten: this is plain gradient descent
        return theta - lr * grad, grad
    the new velocity must be returned too: `return theta, velocity`
        return theta - lr * (mu * velocity + grad)
    the results are in the other order: `return theta, velocity`
        velocity = mu * velocity + grad
        return velocity, theta - lr * velocity
    the learning rate is inside the velocity: here it stays outside, `mu * velocity + grad` without
    `lr`
        grad -> lr * grad
        lr * velocity -> velocity
    the step goes uphill: this velocity is a sum of gradients, so subtract `lr * velocity`
        theta - lr -> theta + lr
    the step ignores `lr`: it is `lr` times the velocity
        lr * velocity -> velocity
    the velocity ignores `mu`: the old one is kept in the part `mu`
        mu * velocity -> velocity
    the memory is added while the gradient is subtracted, so it pushes uphill: both are in the
    velocity, and the whole of it is subtracted
        velocity = mu * velocity + grad
        return theta + lr * mu * velocity - lr * grad, velocity
    or
        return theta + lr * mu * velocity - lr * grad, mu * velocity + grad
    or
        return theta + mu * velocity - lr * grad, mu * velocity + grad
    the old velocity is multiplied by the learning rate, too: `mu * velocity + grad` has none
        mu * velocity -> mu * lr * velocity
    the step looks ahead, `grad + mu * velocity` with the new velocity: that is Nesterov's; here it
    is the new velocity itself
        velocity = mu * velocity + grad
        return theta - lr * (grad + mu * velocity), velocity
    the gradient is subtracted in the velocity, and the velocity is subtracted again, so the step
    goes uphill: `velocity <- mu * velocity + grad`
        + grad -> - grad
    the gradient is subtracted in the velocity: here it is a sum of gradients, `mu * velocity +
    grad`, and the step subtracts it
        velocity = mu * velocity - grad
        return theta + lr * velocity, velocity
    `mu` and `1 - mu` have changed places: the share `mu` of the old velocity is kept, and `grad`
    enters whole
        velocity = (1 - mu) * velocity + mu * grad
        return theta - lr * velocity, velocity
    the share 1 - mu of the old velocity is kept: it is `mu`
        mu * velocity -> (1 - mu) * velocity
    the old velocity is returned: the next step needs the new one, `mu * velocity + grad`
        return theta - lr * (mu * velocity + grad), velocity
    the new velocity is multiplied by `mu` once more: the step is `lr * velocity`
        lr * velocity -> lr * mu * velocity
    `mu` multiplies the gradient, too: `mu * velocity + grad`
        mu * velocity + grad -> mu * (velocity + grad)
    `mu` multiplies the gradient, not the old velocity
        mu * velocity + grad -> velocity + mu * grad
    the gradient is counted twice: it is in the velocity already
        lr * velocity -> lr * (velocity + grad)
    this is the step alone: subtract it from `theta`
        theta - lr * velocity -> -lr * velocity
    or
        theta - lr * velocity -> lr * velocity
    the velocity that is returned has the learning rate in it: `mu * velocity + grad` has none
        velocity = mu * velocity + grad
        return theta - lr * velocity, lr * velocity
    the step is made without the velocity, with the gradient alone: subtract `lr * velocity`
        velocity = mu * velocity + grad
        return theta - lr * grad, velocity
    two conventions are mixed: with `mu * velocity + lr * grad`, where the learning rate is inside,
    one subtracts the velocity; adding it climbs the hill
        velocity = mu * velocity + lr * grad
        return theta + velocity, velocity
    the velocity is averaged, and the learning rate is inside it: here `grad` enters whole, and `lr`
    multiplies the step
        velocity = mu * velocity + (1 - mu) * lr * grad
        return theta - velocity, velocity
    or
        velocity = mu * velocity - (1 - mu) * lr * grad
        return theta + velocity, velocity
    the learning rate is there twice, inside the velocity and in the step: `mu * velocity + grad`
    has none
        velocity = mu * velocity + lr * grad
        return theta - lr * velocity, velocity
    the velocity is averaged, and the step goes uphill: `grad` enters whole, and `lr * velocity` is
    subtracted
        grad -> (1 - mu) * grad
        theta - lr -> theta + lr
    the share 1 - mu of the old velocity is kept, and the learning rate is inside: it is `mu`, and
    `lr` multiplies the step
        velocity = (1 - mu) * velocity + lr * grad
        return theta - velocity, velocity
    theta is right, and the velocity that is returned lacks the new gradient: it is `mu * velocity +
    grad`
        return theta - lr * (grad + mu * velocity), mu * velocity
    theta is right, and the velocity that is returned is the gradient: it is `mu * velocity + grad`
        return theta - lr * (grad + mu * velocity), grad
    the step takes the old velocity without `lr`: it is `lr * (mu * velocity + grad)`
        return theta - lr * grad - mu * velocity, mu * velocity + grad
""")
momentum_step.add_variants("""
    in place on copies
        theta, velocity = theta.copy(), velocity.copy()
        velocity *= mu
        velocity += grad
        theta -= lr * velocity
        return theta, velocity
    another order of operations
        return theta - lr * grad - lr * mu * velocity, grad + mu * velocity
    in float32, as a list of two
        velocity = np.float32(mu) * velocity.astype(np.float32) + grad.astype(np.float32)
        return [theta.astype(np.float32) - np.float32(lr) * velocity, velocity]
""")


@judge(reference.nesterov_step, points=2, returns=("theta", "velocity"))
def nesterov_step(rng):
    for label, name in {
        "the long bowl": "bowl",
        "the saddle": "saddle",
        "Rosenbrock": "rosenbrock",
        "two wells": "two wells",
    }.items():
        state = _normal(rng, 2, "theta", "velocity")
        yield Call(
            label, **state, gradient=Problem(name, "gradient"), lr=rng.uniform(0.1, 0.3), mu=rng.uniform(0.5, 0.8)
        )
    state, bowl = _normal(rng, 2, "theta"), Problem("bowl", "gradient")
    yield Call("the first step: velocity 0", **state, gradient=bowl, velocity=np.zeros(2), lr=0.2, mu=0.7)
    yield Call("mu left at its default", **_normal(rng, 2, "theta", "velocity"), gradient=bowl, lr=0.2)


nesterov_step.add_mistakes("""
    the gradient is taken at `theta`: that is classical momentum; Nesterov's is taken where the
    velocity will carry you, `theta - lr * mu * velocity`
        theta - lr * mu * velocity -> theta
    the look-ahead point lies on the wrong side: the step will subtract the velocity, so look ahead
    at `theta - lr * mu * velocity`
        theta - lr * mu -> theta + lr * mu
    the look-ahead point lacks `lr`: velocity is a sum of gradients, the step it makes is `lr * mu *
    velocity`
        lr * mu -> mu
    the look-ahead point lacks `mu`: it is `theta - lr * mu * velocity`
        lr * mu * velocity -> lr * velocity
    the step starts at the look-ahead point, so the momentum is counted twice: it starts at `theta`
        ahead = theta - lr * mu * velocity
        velocity = mu * velocity + gradient(ahead)
        return ahead - lr * velocity, velocity
    the new velocity must be returned too, theta first
        return theta - lr * (mu * velocity + gradient(theta - lr * mu * velocity))
    the two results have changed places: theta first, then the velocity
        theta - lr * velocity, velocity -> velocity, theta - lr * velocity
    this is the form of the frameworks, where theta is the look-ahead point: here the gradient is to
    be taken at the look-ahead point
        grad = gradient(theta)
        velocity = mu * velocity + grad
        return theta - lr * (grad + mu * velocity), velocity
    the velocity is averaged: here the gradient enters whole, not with the factor 1 - mu
        + gradient -> + (1 - mu) * gradient
    the learning rate is inside the velocity: here it stays outside, `mu * velocity +
    gradient(...)`, and multiplies the step
        velocity = mu * velocity - lr * gradient(theta + mu * velocity)
        return theta + velocity, velocity
    or
        velocity = mu * velocity + lr * gradient(theta - mu * velocity)
        return theta - velocity, velocity
    the step goes uphill: this velocity is a sum of gradients, so subtract `lr * velocity`
        return theta - lr -> return theta + lr
    the step ignores `lr`: it is `lr` times the velocity
        velocity, velocity -> XX, velocity
        theta - lr * XX -> theta - velocity
    the old velocity is returned: the next step needs the new one
        return theta - lr * (mu * velocity + gradient(theta - lr * mu * velocity)), velocity
    the step uses the old velocity: update the velocity first, then take the step with the new one
        return theta - lr * velocity, mu * velocity + gradient(theta - lr * mu * velocity)
    the old velocity is forgotten in the new one: it is `mu * velocity` plus the gradient at the
    look-ahead point
        velocity = gradient(theta - lr * mu * velocity)
        return theta - lr * velocity, velocity
    the step is made with the gradient alone: subtract `lr` times the new velocity
        grad = gradient(theta - lr * mu * velocity)
        return theta - lr * grad, mu * velocity + grad
    the velocity ignores `mu`: the old one is kept in the part `mu`
        velocity = mu * velocity -> velocity = velocity
    the gradient at the look-ahead point is subtracted in the velocity: it is added
        velocity + gradient -> velocity - gradient
    the look-ahead point has the gradient at theta in it: it is `theta - lr * mu * velocity`, the
    momentum alone
        ahead = theta - lr * (mu * velocity + gradient(theta))
        velocity = mu * velocity + gradient(ahead)
        return theta - lr * velocity, velocity
    the look-ahead point is returned for theta: the step starts at `theta` and subtracts `lr` times
    the new velocity
        ahead = theta - lr * mu * velocity
        return ahead, mu * velocity + gradient(ahead)
    the gradient is taken at `theta`, and the learning rate is inside the velocity: that is
    classical momentum in another convention; take the gradient at `theta - lr * mu * velocity`, and
    let `lr` multiply the step
        velocity = mu * velocity - lr * gradient(theta)
        return theta + velocity, velocity
    or
        velocity = mu * velocity + lr * gradient(theta)
        return theta - velocity, velocity
    two conventions are mixed: the look-ahead point of a velocity with `lr` and a minus inside, and
    a velocity that has neither
        velocity = mu * velocity + gradient(theta + mu * velocity)
        return theta - lr * velocity, velocity
    the learning rate is there twice, inside the velocity and in the step: `mu * velocity +
    gradient(...)` has none
        velocity = mu * velocity + lr * gradient(theta - lr * mu * velocity)
        return theta - lr * velocity, velocity
    the momentum is made twice, once to look ahead and once more after it: the new velocity is made
    of the old one, and the gradient there
        ahead = mu * velocity + gradient(theta)
        velocity = mu * ahead + gradient(theta - lr * ahead)
        return theta - lr * velocity, velocity
    or
        ahead = mu * velocity + gradient(theta)
        velocity = mu * velocity + gradient(theta - lr * mu * ahead)
        return theta - lr * velocity, velocity
""")
nesterov_step.add_variants("""
    in two moves: the momentum's, then the correction
        ahead = theta - lr * mu * velocity
        grad = gradient(ahead)
        return ahead - lr * grad, mu * velocity + grad
    with the learning rate inside the velocity, and converted back
        inside = -lr * velocity
        inside = mu * inside - lr * gradient(theta + mu * inside)
        return theta + inside, -inside / lr
    in place on copies
        velocity, theta = velocity.copy(), theta.copy()
        velocity *= mu
        velocity += gradient(theta - lr * velocity)
        theta -= lr * velocity
        return theta, velocity
""")


@judge(reference.nesterov_shifted_step, points=2, returns=("theta", "velocity"))
def nesterov_shifted_step(rng):
    yield from _momentum_cases(rng)


nesterov_shifted_step.add_mistakes("""
    this is classical momentum: the step is `grad + mu * velocity` with the new velocity, one look
    further
        (grad + mu * velocity) -> velocity
    the old velocity stands in the step, which makes it classical momentum again; use the new one
        # The same numbers as classical momentum, but the velocity was stored before it was updated.
        return theta - lr * (grad + mu * velocity), velocity
    the step lacks the gradient: it is `grad + mu * velocity`
        (grad + mu * velocity) -> mu * velocity
    the gradient is counted once too often: the step is `grad + mu * velocity`, not `grad +
    velocity`
        grad + mu * velocity -> grad + velocity
    the whole new velocity is added to `mu` times itself: the step is `grad + mu * velocity`
        (grad + mu * velocity) -> (1 + mu) * velocity
    the formula with `mu**2` means the OLD velocity: the step is `grad + mu * velocity` with the new
    one, or `(1 + mu) * grad + mu**2 * velocity` with the old
        (grad + mu * velocity) -> (mu * mu * velocity + (1 + mu) * grad)
    or
        (grad + mu * velocity) -> (grad + mu * (mu * velocity + grad))
    the velocity is averaged: here `grad` enters whole, not with the factor 1 - mu
        mu * velocity + grad -> mu * velocity + (1 - mu) * grad
    the learning rate is inside the velocity: here it stays outside, `mu * velocity + grad`, and
    multiplies the step
        old = velocity
        velocity = mu * velocity - lr * grad
        return theta - mu * old + (1 + mu) * velocity, velocity
    or
        velocity = mu * velocity - lr * grad
        return theta + mu * velocity - lr * grad, velocity
    or
        velocity = mu * velocity + lr * grad
        return theta - (lr * grad + mu * velocity), velocity
    or
        velocity = mu * velocity + lr * grad
        return theta - lr * (grad + mu * velocity), velocity
    the step goes uphill: subtract it
        theta - lr -> theta + lr
    the step ignores `lr`: it is `lr` times `grad + mu * velocity`
        lr * ( -> (
    the old velocity is returned: the next step needs the new one, `mu * velocity + grad`
        new = mu * velocity + grad
        return theta - lr * (grad + mu * new), velocity
    the momentum is added while the gradient is subtracted, so it pushes uphill: both are subtracted
        (grad + mu * velocity) -> (grad - mu * velocity)
    `mu` multiplies the gradient, too: the step is `grad + mu * velocity`
        (grad + mu * velocity) -> mu * (grad + velocity)
    the velocity ignores `mu`: the old one is kept in the part `mu`
        velocity = mu * velocity -> velocity = velocity
    the velocity is a new gradient minus the old velocity: it is `mu * velocity + grad`
        velocity = mu * velocity + grad -> velocity = grad - mu * velocity
    the old velocity is forgotten: `mu * velocity + grad`
        velocity = mu * velocity + grad -> velocity = grad
    this is the step alone: subtract it from `theta`
        theta - lr -> -lr
    or
        theta - lr -> lr
    the two results have changed places: theta first, then the velocity
        velocity = mu * velocity + grad
        return velocity, theta - lr * (grad + mu * velocity)
""")
nesterov_shifted_step.add_variants("""
    by the formula of the change of variables
        old, new = -lr * velocity, -lr * (mu * velocity + grad)
        return theta + new + mu * (new - old), -new / lr
    in place on copies
        theta, velocity = np.array(theta), np.array(velocity)
        velocity *= mu
        velocity += grad
        theta -= lr * grad
        theta -= lr * mu * velocity
        return theta, velocity
    in float32
        theta, grad, velocity = (np.float32(array) for array in (theta, grad, velocity))
        velocity = np.float32(mu) * velocity + grad
        return theta - np.float32(lr) * (grad + np.float32(mu) * velocity), velocity
""")


@judge(reference.adagrad_step, points=2, returns=("theta", "s"))
def adagrad_step(rng):
    yield Call(
        "worked by hand: f = xy from (1, 2), first step",
        theta=np.array([1.0, 2.0]),
        grad=np.array([2.0, 1.0]),
        s=np.zeros(2),
        lr=1.0,
        eps=0.0,
    )
    yield Call(
        "worked by hand: f = xy from (1, 2), second step",
        theta=np.array([0.0, 1.0]),
        grad=np.array([1.0, 0.0]),
        s=np.array([4.0, 1.0]),
        lr=1.0,
        eps=0.0,
    )
    for label, shape in SHAPES.items():
        state = _normal(rng, shape, "theta", "grad") | _squares(rng, shape, "s")
        yield Call(label, **state, lr=rng.uniform(0.1, 0.6), eps=rng.uniform(0.2, 0.5))
    # Gradients of the size of eps, where its default matters.
    state = {"theta": np.ones(4), "grad": np.array([0.0, 0.7, -2e-8, 3e-8]), "s": np.zeros(4)}
    yield Call("gradients of 0 and near 0, eps left at its default", **state, lr=rng.uniform(0.2, 0.4))


adagrad_step.add_mistakes("""
    eps stands inside the root: here it is outside, `sqrt(s) + eps`
        (np.sqrt(s) + eps) -> np.sqrt(s + eps)
    the sum of the old squares is used for the step: add the new square first
        return theta - lr * grad / (np.sqrt(s) + eps), s + grad**2
    the gradients are summed, not their squares: `s + grad**2`
        s + grad**2 -> s + grad
    the root is missing: divide by `sqrt(s) + eps`
        np.sqrt(s) -> s
    one sum for the whole array: each parameter has a sum of its own, so square element by element
        grad**2 -> np.sum(grad**2)
    the old squares are forgotten: `s` is the sum over all steps
        s + grad**2 -> grad**2
    without eps a gradient that was always 0 divides 0 by 0: add `eps` to the root
        (np.sqrt(s) + eps) -> np.sqrt(s)
    the step goes uphill: subtract it
        theta - lr -> theta + lr
    eps is outside the fraction: without parentheses, `/ np.sqrt(s) + eps` adds it to the quotient
        (np.sqrt(s) + eps) -> np.sqrt(s) + eps
    the step is multiplied by the root: divide by `sqrt(s) + eps`
        / (np.sqrt -> * (np.sqrt
    the step ignores `lr`: it is `lr` times the quotient
        lr * grad -> grad
    the step lacks the gradient: it is `lr * grad` divided by the root
        lr * grad -> lr
    the old sum is returned: the next step needs the new one, `s + grad**2`
        return theta - lr * grad / (np.sqrt(s + grad**2) + eps), s
    the root is returned for `s`: keep the sum of the squares
        eps), s -> eps), np.sqrt(s)
    `eps` is added to the sum and returned with it: it belongs to the root of this step alone
        s = s + grad**2 + eps
        return theta - lr * grad / np.sqrt(s), s
    absolute values are summed: `s` is the sum of the squares
        grad**2 -> np.abs(grad)
    the gradients are summed and then squared: square each gradient, then add
        s + grad**2 -> (s + grad) ** 2
    the signs are lost: the step is `lr * grad`, with the sign of the gradient
        lr * grad -> lr * np.abs(grad)
    the gradient is divided by its own size: divide by the root of the sum `s`
        (np.sqrt(s) + eps) -> (np.abs(grad) + eps)
    the mean of the squares is added, one number for the whole array: each parameter has a sum of
    its own
        grad**2 -> np.mean(grad**2)
    `eps` is the least that one divides by: here it is added to the root
        (np.sqrt(s) + eps) -> np.maximum(np.sqrt(s), eps)
    old and new squares are averaged: that is RMSProp; AdaGrad's `s` is their sum
        s + grad**2 -> 0.9 * s + 0.1 * grad**2
    or
        s + grad**2 -> (s + grad**2) / 2
    the step goes uphill, and eps stands inside the root: subtract it, and divide by `sqrt(s) + eps`
        theta - lr -> theta + lr
        (np.sqrt(s) + eps) -> np.sqrt(s + eps)
    this is the step alone: subtract it from `theta`
        theta - lr -> -lr
    or
        theta - lr -> lr
    the root is missing, and so is eps: divide by `sqrt(s) + eps`
        (np.sqrt(s) + eps) -> s
    the old sum is used for the step, and eps stands inside the root: add the new square first, and
    divide by `sqrt(s) + eps`
        return theta - lr * grad / np.sqrt(s + eps), s + grad**2
    the old squares are forgotten, and eps stands inside the root: `s` is the sum over all steps,
    and the divisor is `sqrt(s) + eps`
        s + grad**2 -> grad**2
        (np.sqrt(s) + eps) -> np.sqrt(s + eps)
""")
adagrad_step.add_variants("""
    in place on copies
        theta, s = theta.copy(), s.copy()
        s += grad * grad
        theta -= lr * grad / (s**0.5 + eps)
        return theta, s
    a loop over the entries
        new_theta, new_s = np.empty_like(theta), np.empty_like(s)
        for index in np.ndindex(theta.shape):
            new_s[index] = s[index] + grad[index] ** 2
            new_theta[index] = theta[index] - lr / (np.sqrt(new_s[index]) + eps) * grad[index]
        return new_theta, new_s
    in float32
        theta, grad, s = (np.float32(array) for array in (theta, grad, s))
        s = s + np.square(grad)
        return theta - np.float32(lr) * grad / (np.sqrt(s) + np.float32(eps)), s
""")


@judge(reference.rmsprop_step, points=2, returns=("theta", "v"))
def rmsprop_step(rng):
    state = _normal(rng, 4, "theta", "grad")
    yield Call("the first step: v 0", **state, v=np.zeros(4), lr=0.2, rho=0.7, eps=0.3)
    for label, shape in SHAPES.items():
        state = _normal(rng, shape, "theta", "grad") | _squares(rng, shape, "v")
        yield Call(label, **state, lr=rng.uniform(0.1, 0.6), rho=rng.uniform(0.6, 0.8), eps=rng.uniform(0.2, 0.5))
    state = _normal(rng, 3, "theta", "grad") | _squares(rng, 3, "v")
    yield Call("rho left at its default", **state, lr=0.2, eps=0.1)
    state = {"theta": np.ones(4), "grad": np.array([0.0, 0.7, -2e-8, 3e-8]), "v": np.zeros(4)}
    yield Call("gradients of 0 and near 0, all left at its default", **state, lr=rng.uniform(0.2, 0.4))


rmsprop_step.add_mistakes("""
    eps stands inside the root, as in Keras: here it is outside, `sqrt(v) + eps`, as in PyTorch
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
    the squares are summed: that is AdaGrad; RMSProp averages, `rho * v + (1 - rho) * grad**2`
        rho * v + (1 - rho) * grad -> v + grad
    the new square enters whole: its weight is `1 - rho`
        (1 - rho) * grad**2 -> grad**2
    the weights have changed places: `rho` belongs to the old average, `1 - rho` to the new square
        rho * v + (1 - rho) * grad -> (1 - rho) * v + rho * grad
    the root is missing: divide by `sqrt(v) + eps`
        np.sqrt(v) -> v
    the gradient is averaged, not its square
        grad**2 -> grad
    or
        grad**2 -> grad
        np.sqrt(v) -> np.sqrt(np.abs(v))
    or
        grad**2 -> grad
        (np.sqrt(v) + eps) -> (v + eps)
    or
        grad**2 -> grad
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
    or
        grad**2 -> grad
        np.sqrt(v) -> np.sqrt(np.maximum(v, 0))
    the step uses the old average: update `v` first
        return theta - lr * grad / (np.sqrt(v) + eps), rho * v + (1 - rho) * grad**2
    the step goes uphill: subtract it
        theta - lr -> theta + lr
    eps is outside the fraction: without parentheses, `/ np.sqrt(v) + eps` adds it to the quotient
        (np.sqrt(v) + eps) -> np.sqrt(v) + eps
    `eps` is missing: a gradient that was always 0 divides 0 by 0
        (np.sqrt(v) + eps) -> np.sqrt(v)
    the step is multiplied by the root: divide by `sqrt(v) + eps`
        / (np.sqrt -> * (np.sqrt
    the step ignores `lr`: it is `lr` times the quotient
        lr * grad -> grad
    the step lacks the gradient: it is `lr * grad` divided by the root
        lr * grad -> lr
    the old average is returned: the next step needs the new one
        new = rho * v + (1 - rho) * grad**2
        return theta - lr * grad / (np.sqrt(new) + eps), v
    the root is returned for `v`: keep the average of the squares
        eps), v -> eps), np.sqrt(v)
    absolute values are averaged: `v` is the average of the squares
        grad**2 -> np.abs(grad)
    `1 - rho` is squared with the gradient: its weight is `1 - rho`
        (1 - rho) * grad**2 -> ((1 - rho) * grad) ** 2
    the old average is forgotten: the share `rho` of it is kept
        rho * v + (1 - rho) -> (1 - rho)
    `rho` multiplies both: the new square has the weight `1 - rho`
        (1 - rho) * grad**2 -> rho * grad**2
    the old average is kept whole: its share is `rho`
        rho * v + -> v +
    one average for the whole array: each parameter has one of its own, so square element by element
        grad**2 -> np.mean(grad**2)
    or
        grad**2 -> np.sum(grad**2)
    the signs are lost: the step is `lr * grad`, with the sign of the gradient
        lr * grad -> lr * np.abs(grad)
    `eps` is the least that one divides by: here it is added to the root
        (np.sqrt(v) + eps) -> np.maximum(np.sqrt(v), eps)
    `eps` is added to the average and returned with it: it belongs to the root of this step alone
        v = rho * v + (1 - rho) * grad**2 + eps
        return theta - lr * grad / np.sqrt(v), v
    the new square enters whole, and the old average has the weight `1 - rho`: the old one is kept
    in the part `rho`, the new square has `1 - rho`
        rho * v + (1 - rho) * grad**2 -> (1 - rho) * v + grad**2
    the step is made with the average `v`, not with the gradient: `lr * grad` divided by the root
        lr * grad / -> lr * v /
    the weights have changed places and eps stands inside the root: `rho` belongs to the old
    average, and the divisor is `sqrt(v) + eps`
        rho * v + (1 - rho) * grad -> (1 - rho) * v + rho * grad
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
    this is the step alone: subtract it from `theta`
        theta - lr -> -lr
    or
        theta - lr -> lr
    the average is divided by 1 - rho, as if to correct it: RMSProp takes `v` as it is
        np.sqrt(v) -> np.sqrt(v / (1 - rho))
    the old squares are kept whole and the new ones, too, and eps stands inside the root: average
    with `rho` and `1 - rho`, and divide by `sqrt(v) + eps`
        rho * v + (1 - rho) * grad -> v + grad
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
    the step goes uphill, and eps stands inside the root: subtract it, and divide by `sqrt(v) + eps`
        theta - lr -> theta + lr
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
    the root is missing, and so is eps: divide by `sqrt(v) + eps`
        (np.sqrt(v) + eps) -> v
    the new square enters whole, and eps stands inside the root: its weight is `1 - rho`, and the
    divisor `sqrt(v) + eps`
        (1 - rho) * grad**2 -> grad**2
        (np.sqrt(v) + eps) -> np.sqrt(v + eps)
""")
rmsprop_step.add_variants("""
    in place on copies
        v = v.copy()
        v *= rho
        v += (1 - rho) * grad * grad
        return theta - lr * grad / (np.sqrt(v) + eps), v
    as a correction of the old average
        v = v + (1 - rho) * (np.square(grad) - v)
        return theta + (-lr / (v**0.5 + eps)) * grad, v
    in float32
        theta, grad, v = (np.float32(array) for array in (theta, grad, v))
        v = np.float32(rho) * v + np.float32(1 - rho) * grad**2
        return theta - np.float32(lr) * grad / (np.sqrt(v) + np.float32(eps)), v
""")


# Of whatever steps by the corrected averages m and v, as Adam and AdamW do.
AVERAGES_MISTAKES = """
    the averages are multiplied by `1 - beta**t`: divide by it, it is what is missing in them
        m / (1 - beta1**t) -> m * (1 - beta1**t)
        v / (1 - beta2**t) -> v * (1 - beta2**t)
    m is multiplied by `1 - beta1**t`: divide by it
        m / (1 - beta1**t) -> m * (1 - beta1**t)
    v is multiplied by `1 - beta2**t`: divide by it
        v / (1 - beta2**t) -> v * (1 - beta2**t)
    the step is multiplied by the root: divide by `sqrt(v_hat) + eps`
        / (np.sqrt -> * (np.sqrt
    v sums the squares: it averages them, the new one enters with weight `1 - beta2`
        v + (1 - beta2) * grad**2 -> v + grad**2
    m and v sum: they average, what is new enters with weight `1 - beta`
        m + (1 - beta1) * grad -> m + grad
        v + (1 - beta2) * grad**2 -> v + grad**2
    the weights of m have changed places: `beta1` belongs to the old average
        beta1 * m + (1 - beta1) * grad -> (1 - beta1) * m + beta1 * grad
    the weights of v have changed places: `beta2` belongs to the old average
        beta2 * v + (1 - beta2) * grad -> (1 - beta2) * v + beta2 * grad
    the weights have changed places: `beta1` and `beta2` belong to the old averages, `1 - beta` to
    what is new
        beta1 * m + (1 - beta1) * grad -> (1 - beta1) * m + beta1 * grad
        beta2 * v + (1 - beta2) * grad -> (1 - beta2) * v + beta2 * grad
    v averages the gradient: it averages its square
        grad**2 -> grad
    or
        grad**2 -> grad
        np.sqrt(v_hat) -> np.sqrt(np.abs(v_hat))
    v averages the absolute values: it averages the squares
        grad**2 -> np.abs(grad)
    v has the decay beta1: its own is beta2
        v = beta2 * v + (1 - beta2) -> v = beta1 * v + (1 - beta1)
    or
        v = beta2 * v + (1 - beta2) -> v = beta1 * v + (1 - beta1)
        beta2**t -> beta1**t
    m has the decay beta2: its own is beta1
        m = beta1 * m + (1 - beta1) -> m = beta2 * m + (1 - beta2)
    or
        m = beta1 * m + (1 - beta1) -> m = beta2 * m + (1 - beta2)
        beta1**t -> beta2**t
    the betas are multiplied by t: they are raised to its power, `beta**t`
        beta1**t -> beta1 * t
        beta2**t -> beta2 * t
    the correction is `1 - beta**t`, which grows to 1: this has a plus
        1 - beta1**t -> 1 + beta1**t
        1 - beta2**t -> 1 + beta2**t
    m and v are divided by `beta**t`: divide by `1 - beta**t`
        (1 - beta1**t) -> beta1**t
        (1 - beta2**t) -> beta2**t
    the gradient is divided by m's correction before it is averaged: average first, then divide
        m = beta1 * m + (1 - beta1) * grad -> mean = beta1 * m + (1 - beta1) * grad; m = beta1 * m + (1 - beta1) * grad / (1 - beta1**t)
        m / (1 - beta1**t) -> m
        m, v -> mean, v
"""


@judge(reference.adam_step, points=4, returns=("theta", "m", "v"))
def adam_step(rng):
    zeros = np.zeros(4)
    betas = {"beta1": 0.8, "beta2": 0.95}
    yield Call(
        "the first step, t = 1", **_normal(rng, 4, "theta", "grad"), m=zeros, v=zeros, t=1, lr=0.3, **betas, eps=0.2
    )
    yield Call(
        "the first step from 0 with gradients of 0 and near 0, all left at its default",
        theta=zeros,
        grad=np.array([0.0, 0.7, -2e-8, 3e-8]),
        m=zeros,
        v=zeros,
        t=1,
    )
    for (label, shape), t in zip(SHAPES.items(), (2, 3, 7, 12), strict=True):
        state = _normal(rng, shape, "theta", "grad", "m") | _squares(rng, shape, "v")
        beta1, beta2 = rng.uniform([0.6, 0.93], [0.8, 0.97])
        yield Call(
            f"{label}, t = {t}",
            **state,
            t=t,
            lr=rng.uniform(0.1, 0.4),
            beta1=beta1,
            beta2=beta2,
            eps=rng.uniform(0.2, 0.5),
        )
    state = _normal(rng, 3, "theta", "grad", "m") | _squares(rng, 3, "v")
    yield Call("t = 10,000: the correction has faded", **state, t=10_000, lr=0.3, **betas, eps=0.2)
    state = _normal(rng, 3, "theta", "grad", "m") | _squares(rng, 3, "v")
    yield Call("t = 5, lr left at its default", **state | {"theta": zeros[:3]}, t=5, **betas, eps=0.2)
    state = _normal(rng, 3, "theta", "grad", "m") | _squares(rng, 3, "v")
    yield Call("t = 5, betas and eps left at their defaults", **state, t=5, lr=0.3)


adam_step.add_mistakes("""
    the bias is not corrected: divide m by `1 - beta1**t` and v by `1 - beta2**t`
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    the corrected moments are returned: the correction is for this step alone, return m and v as
    they were before it
        m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * grad**2) / (1 - beta2**t)
        return theta - lr * m / (np.sqrt(v) + eps), m, v
    both corrections use beta1: v has a decay of its own, divide it by `1 - beta2**t`
        beta2**t -> beta1**t
    the correction lacks its power: divide by `1 - beta**t`, not by `1 - beta`
        1 - beta1**t -> 1 - beta1
        1 - beta2**t -> 1 - beta2
    t is counted from 0 here: the first step is t = 1 and its correction is `1 - beta**1`
        (1 - beta1**t) -> (1 - beta1 ** (t + 1))
        (1 - beta2**t) -> (1 - beta2 ** (t + 1))
    eps stands inside the root: here it is outside, `sqrt(v_hat) + eps`, as in the paper
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    eps is added to the root of the uncorrected v: that is Keras's form, the paper's "epsilon hat";
    here it is `sqrt(v_hat) + eps`
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps), m, v
    the root is missing: divide by `sqrt(v_hat) + eps`
        np.sqrt(v_hat) -> v_hat
    m sums the gradients, as momentum does: in Adam it averages them, the new one enters with weight
    `1 - beta1`
        m + (1 - beta1) * grad -> m + grad
    v averages the squares of m: it averages the squares of the gradient
        grad**2 -> m**2
    t is counted from 1: the powers are `beta**t`, not `beta**(t - 1)`, which divides by 0 at the
    first step
        (1 - beta1**t) -> (1 - beta1 ** (t - 1))
        (1 - beta2**t) -> (1 - beta2 ** (t - 1))
    both corrections use beta2: m has a decay of its own, divide it by `1 - beta1**t`
        beta1**t -> beta2**t
    only m is corrected: v needs it more, divide it by `1 - beta2**t`
        v / (1 - beta2**t) -> v
    only v is corrected: divide m by `1 - beta1**t`, too
        m / (1 - beta1**t) -> m
    m and v have changed places in the results: theta, m, v
        m, v -> v, m
    the gradient itself stands in the step: that is RMSProp; Adam uses the corrected m
        m / (1 - beta1**t) -> grad
    the step goes uphill: subtract it
        theta - lr -> theta + lr
    eps is outside the fraction: without parentheses it is added to the quotient, not to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat) + eps
    `eps` is missing: a gradient that was always 0 divides 0 by 0
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat)
""")
adam_step.add_mistakes(AVERAGES_MISTAKES)
adam_step.add_mistakes("""
    the step uses the old averages: update m and v first
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
    the averages are returned as they were given: return the new m and v
        old, old_v = m, v
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps), old, old_v
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
    the step is made with m, not corrected, and lacks `lr`: it is `lr * m_hat` divided by the root
        lr * m_hat -> m
    this is the step alone: subtract it from `theta`
        theta - lr -> -lr
    or
        theta - lr -> lr
    `beta1` and `beta2` have changed places: beta1 belongs to m, beta2 to v
        return adam_step(theta, grad, m, v, t, lr, beta2, beta1, eps)
    the correction of v lacks its power: divide by `1 - beta2**t`
        beta2**t -> beta2
    the correction of m lacks its power: divide by `1 - beta1**t`
        beta1**t -> beta1
    the root is missing, and so is eps: divide by `sqrt(v_hat) + eps`
        (np.sqrt(v_hat) + eps) -> v_hat
    m is not corrected, and eps stands inside the root: divide m by `1 - beta1**t`, and add eps to
    the root
        m / (1 - beta1**t) -> m
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    v is not corrected, and eps stands inside the root: divide v by `1 - beta2**t`, and add eps to
    the root
        v / (1 - beta2**t) -> v
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    the step uses the old m: update it first
        m = beta1 * m -> old = m; m = beta1 * m
        m / (1 - beta1**t) -> old / (1 - beta1**t)
    the step uses the old v: update it first
        v = beta2 * v -> old = v; v = beta2 * v
        v / (1 - beta2**t) -> old / (1 - beta2**t)
    the bias is not corrected, and the root is missing: divide m by `1 - beta1**t` and v by `1 -
    beta2**t`, and take the root of v
        m / (1 - beta1**t) -> m
        (np.sqrt(v_hat) + eps) -> (v + eps)
    the bias is not corrected, and the step goes uphill: divide m by `1 - beta1**t` and v by `1 -
    beta2**t`, and subtract the step
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
        theta - lr -> theta + lr
    the corrected moments are returned, and eps stands inside the root: return m and v as they were
    before the correction, and add eps to the root
        m_hat = m / (1 - beta1**t) -> m = m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t) -> v = v_hat = v / (1 - beta2**t)
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    v sums the squares, and the bias is not corrected: v averages them, and is divided by `1 -
    beta2**t`, as m is by `1 - beta1**t`
        v + (1 - beta2) * grad**2 -> v + grad**2
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    m and v sum, and the bias is not corrected: they average, what is new enters with weight `1 -
    beta`, and are divided by `1 - beta**t`
        m + (1 - beta1) * grad -> m + grad
        v + (1 - beta2) * grad**2 -> v + grad**2
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    the averages have each other's decay, the corrections have their own: beta1 belongs to m, beta2
    to v
        m = beta1 * m + (1 - beta1) -> m = beta2 * m + (1 - beta2)
        v = beta2 * v + (1 - beta2) -> v = beta1 * v + (1 - beta1)
    the corrections have each other's decay: beta1 belongs to m, beta2 to v
        1 - beta1**t -> 1 - BETA**t
        1 - beta2**t -> 1 - beta1**t
        1 - BETA**t -> 1 - beta2**t
    the learning rate is divided by the root of t, too: here it is `lr`
        lr * m_hat -> lr / np.sqrt(t) * m_hat
    or
        lr * m_hat -> lr / t * m_hat
    the weights have changed places, and the bias is not corrected: `beta` belongs to the old
    averages, which are divided by `1 - beta**t`
        beta1 * m + (1 - beta1) * grad -> (1 - beta1) * m + beta1 * grad
        beta2 * v + (1 - beta2) * grad -> (1 - beta2) * v + beta2 * grad
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
""")
adam_step.add_variants("""
    in place on copies
        theta, m, v = theta.copy(), m.copy(), v.copy()
        m *= beta1
        m += (1 - beta1) * grad
        v *= beta2
        v += (1 - beta2) * grad * grad
        theta -= lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
        return theta, m, v
    the correction folded into the learning rate and eps
        m = m + (1 - beta1) * (grad - m)
        v = v + (1 - beta2) * (grad * grad - v)
        root = np.sqrt(1 - beta2**t)
        return theta - lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root), m, v
    in float32, a list of three
        theta, grad, m, v = (np.float32(array) for array in (theta, grad, m, v))
        m = np.float32(beta1) * m + np.float32(1 - beta1) * grad
        v = np.float32(beta2) * v + np.float32(1 - beta2) * grad**2
        m_hat, v_hat = m / np.float32(1 - beta1**t), v / np.float32(1 - beta2**t)
        return [theta - np.float32(lr) * m_hat / (np.sqrt(v_hat) + np.float32(eps)), m, v]
""")


@judge(reference.exponential_decay, points=1, returns=("lr",))
def exponential_decay(rng):
    lr0, time = rng.uniform(0.1, 1.0), rng.uniform(5.0, 30.0)
    yield Call("t = 0", lr0=lr0, t=0, decay_time=time, factor=0.5)
    yield Call("one decay time later", lr0=lr0, t=time, decay_time=time, factor=0.5)
    yield Call("in between", lr0=lr0, t=rng.uniform(0.2, 0.8) * time, decay_time=time, factor=0.3)
    yield Call("late, factor left at its default", lr0=lr0, t=rng.uniform(1.2, 1.8) * time, decay_time=time)
    yield Call("every epoch by a factor: decay_time = 1", lr0=lr0, t=int(rng.integers(3, 9)), decay_time=1, factor=0.9)


exponential_decay.add_mistakes("""
    the rate falls in steps: the exponent is `t / decay_time`, not rounded down
        return lr0 * factor ** (t // decay_time)
    this is exp(-t / decay_time): the base is `factor`
        return lr0 * np.exp(-t / decay_time)
    `decay_time` is ignored: the exponent is `t / decay_time`
        return lr0 * factor**t
    the rate falls along a straight line: `factor` is raised to the power `t / decay_time`, not
    multiplied by it
        return lr0 * (1 - (1 - factor) * t / decay_time)
    the rate rises: `factor` is below 1, and its exponent t / decay_time has no minus
        return lr0 * factor ** (-t / decay_time)
    `factor` is taken for what is cut away: it is what is left
        return lr0 * (1 - factor) ** (t / decay_time)
    the exponent is upside down: it is t / decay_time
        return lr0 * factor ** (decay_time / t if t else np.inf)
    or
        return lr0 * factor ** (decay_time / t)
    the exponent is t * decay_time: it is t / decay_time
        return lr0 * factor ** (t * decay_time)
    the brackets are missing: `**` comes before `/`, so write factor ** (t / decay_time)
        return lr0 * factor**t / decay_time
    `lr0` is raised to the power, too: only `factor` is
        return (lr0 * factor) ** (t / decay_time)
    `lr0` is missing: this is the share of it that is left
        return factor ** (t / decay_time)
    this is exp(-factor * t / decay_time): the base is `factor`
        return lr0 * np.exp(-factor * t / decay_time)
    or
        return lr0 * np.exp(-t * factor)
    this is one step late: at t = 0 the rate is lr0 and at t = decay_time it is lr0 * factor
        return lr0 * factor ** ((t - 1) / decay_time)
    or
        return lr0 * factor ** (max(t - 1, 0) / decay_time)
    this is one step early: at t = 0 the rate is lr0
        return lr0 * factor ** ((t + 1) / decay_time)
    after `decay_time` the rate falls no more: it goes on falling
        return lr0 * factor ** min(t / decay_time, 1)
    the rate is divided by 1 + t / decay_time: `factor` is raised to the power t / decay_time
        return lr0 / (1 + factor * t / decay_time)
    or
        return lr0 / (1 + t / decay_time)
    `factor` is multiplied by t / decay_time: raise it to that power
        return lr0 * factor * t / decay_time
    the exponent is rounded to a whole number: it is t / decay_time as it is
        return lr0 * factor ** np.ceil(t / decay_time)
    the rate falls by t / decay_time, and not below: `factor` is raised to the power t / decay_time
        return lr0 * (1 - factor) * t / decay_time
    the base is 1 - factor and the time is t alone: it is `factor`, raised to t / decay_time
        return lr0 * (1 - factor) ** t
""")
exponential_decay.add_variants("""
    with exp and log
        return np.exp(np.log(lr0) + t / decay_time * np.log(factor))
    an array of one number without axes
        return np.asarray(lr0) * np.power(factor, np.asarray(t) / decay_time)
""")


@judge(reference.step_decay, points=1, returns=("lr",))
def step_decay(rng):
    lr0, size = rng.uniform(0.1, 1.0), int(rng.integers(6, 12))
    yield Call("the first epoch", lr0=lr0, t=0, step_size=size, factor=0.5)
    middle = size // 2 + 1
    yield Call("in the middle of the first stretch", lr0=lr0, t=middle, step_size=size, factor=0.5)
    yield Call("the last epoch before the first cut", lr0=lr0, t=size - 1, step_size=size, factor=0.5)
    yield Call("the first epoch after it", lr0=lr0, t=size, step_size=size, factor=0.5)
    yield Call("after three cuts", lr0=lr0, t=3 * size + 1, step_size=size, factor=0.3)
    yield Call("factor left at its default", lr0=lr0, t=2 * size + 1, step_size=size)


step_decay.add_mistakes("""
    the rate falls in every epoch: round `t / step_size` down to a whole number of cuts
        return lr0 * factor ** (t / step_size)
    every cut comes one epoch late: epoch t = step_size is the first with the cut rate
        t -> max(t - 1, 0)
    or
        t // -> (t - 1) //
    every cut comes one epoch early: epochs are counted from 0, so epoch t = step_size - 1 is before
    the cut
        t -> (t + 1)
    only one cut is made: there is one every `step_size` epochs
        return lr0 * factor if t >= step_size else lr0
    the cuts are rounded to the nearest: count only those that were made, round `t / step_size` down
        return lr0 * factor ** round(t / step_size)
    the rate is cut in the epoch of a cut alone: it stays cut after that
        return lr0 * factor if t > 0 and t % step_size == 0 else lr0
    the cuts are multiplied with `factor`: raise it to the power of their number
        return lr0 * factor * (t // step_size)
    in the epoch of a cut the rate is cut once more: in epoch t it is lr0 times `factor` to the
    power t // step_size
        rate = lr0 * factor ** (t // step_size)
        return rate * factor if t > 0 and t % step_size == 0 else rate
    or
        rate = lr0 * factor ** (t // step_size)
        return rate * factor if t % step_size == 0 else rate
    the rate rises: it is multiplied by `factor`, not divided by it, so the power has no minus
        (t // step_size) -> -(t // step_size)
    `factor` is taken for what is cut away: it is what is left
        factor ** -> (1 - factor) **
    the cuts are rounded up, so there is one from epoch 1 on: count only those that were made
        (t // step_size) -> np.ceil(t / step_size)
    the remainder t % step_size was taken: the number of cuts is the quotient, t // step_size
        t // step_size -> t % step_size
    `lr0` is missing: this is the share of it that is left
        lr0 * factor -> factor
    `lr0` is raised to the power, too: only `factor` is
        lr0 * factor -> (lr0 * factor)
    the rate is 0 in every case: are brackets missing? `**` comes before `//`, so write factor ** (t //
    step_size)
        return lr0 * factor**t // step_size
    `step_size` is ignored: there is a cut every `step_size` epochs
        t // step_size -> t
    there is one cut more from the beginning on: the epochs 0 to step_size - 1 have lr0
        t // step_size -> t // step_size + 1
    `factor` is subtracted for every cut: multiply by it
        return lr0 - factor * (t // step_size)
    the rate falls by equal steps: `factor` multiplies it once for each cut
        return lr0 * (1 - factor * (t // step_size))
    or
        return lr0 * (1 - (1 - factor) * (t // step_size))
    or
        return max(lr0 * (1 - factor * (t // step_size)), 0)
    the rate is divided by 1 + the number of cuts: `factor` multiplies it once for each of them
        return lr0 / (1 + t // step_size)
    or
        return lr0 * factor / (1 + t // step_size)
""")
step_decay.add_variants("""
    cut by cut
        for _ in range(step_size, t + 1, step_size):
            lr0 = lr0 * factor
        return lr0
    with floor
        return np.float64(lr0) * factor ** np.floor(t / step_size)
""")


@judge(reference.inverse_time_decay, points=1, returns=("lr",))
def inverse_time_decay(rng):
    lr0, k = rng.uniform(0.1, 1.0), rng.uniform(0.05, 0.5)
    yield Call("t = 0", lr0=lr0, t=0, k=k)
    yield Call("t = 1 / k: half is left", lr0=lr0, t=1 / k, k=k)
    yield Call("early", lr0=lr0, t=rng.uniform(2, 5), k=k)
    yield Call("late", lr0=lr0, t=rng.uniform(200, 500), k=k)


inverse_time_decay.add_mistakes("""
    this is lr0 / (k t), infinite at t = 0: the denominator is `1 + k * t`
        return np.float64(lr0) / (k * t)
    `k` is ignored: the denominator is `1 + k * t`
        return lr0 / (1 + t)
    the root was taken: this is lr0 / sqrt(1 + k t), a slower fall
        return lr0 / (1 + k * t) ** 0.5
    the decay was compounded step by step: divide the first rate once by `1 + k * t`
        return lr0 / (1 + k) ** t
    the rate rises: divide by `1 + k * t`
        return lr0 * (1 + k * t)
    the brackets are missing: divide by the whole of `1 + k * t`
        return lr0 / 1 + k * t
    `k` divides t: the denominator is `1 + k * t`
        return lr0 / (1 + t / k)
    t is squared: the denominator is `1 + k * t`
        return lr0 / (1 + k * t**2)
    the denominator is one step ahead: it is `1 + k * t`, 1 at t = 0
        return lr0 / (1 + k * (t + 1))
    the root of t was taken: the denominator is `1 + k * t`
        return lr0 / (1 + k * np.sqrt(t))
    this falls exponentially: divide by `1 + k * t`
        return lr0 * np.exp(-k * t)
    or
        return lr0 * (1 - k) ** t
    this falls along a straight line: divide by `1 + k * t`
        return lr0 * (1 - k * t)
    or
        return lr0 - k * t
    or
        return max(lr0 * (1 - k * t), 0)
    or
        return max(lr0 - k * t, 0)
    `lr0` is missing: this is the share of it that is left
        return 1 / (1 + k * t)
    the denominator is the sum 1 + k + t: k is multiplied by t
        return lr0 / (1 + k + t)
    the first rate stands in the denominator: it is `1 + k * t`
        return lr0 / (1 + lr0 * k * t)
    or
        return lr0 / (lr0 + k * t)
    t is rounded down to a whole number: it may be any time
        return lr0 / (1 + k * int(t))
    or
        return lr0 / (1 + np.floor(k * t))
    the square of the denominator was taken: divide once by `1 + k * t`
        return lr0 / (1 + k * t) ** 2
    `k` is missing, and so is the 1: divide by `1 + k * t`
        return lr0 / max(t, 1)
    or
        return lr0 / t if t else lr0
    the root of the time was taken, without `k`: divide by `1 + k * t`
        return lr0 / np.sqrt(1 + t)
    or
        return lr0 / np.sqrt(t + 1e-8)
""")
inverse_time_decay.add_variants("""
    as a power
        return lr0 * (1 + k * t) ** -1
    by the half-life
        half_life = 1 / k
        return lr0 * half_life / (half_life + t)
""")


@judge(reference.cosine_annealing, points=2, returns=("lr",))
def cosine_annealing(rng):
    lr0, lr_min, total = rng.uniform(0.3, 1.0), rng.uniform(0.02, 0.1), rng.uniform(20.0, 60.0)
    yield Call("t = 0", lr0=lr0, t=0, total=total, lr_min=lr_min)
    yield Call("half-way", lr0=lr0, t=total / 2, total=total, lr_min=lr_min)
    yield Call("early", lr0=lr0, t=rng.uniform(0.1, 0.4) * total, total=total, lr_min=lr_min)
    yield Call("at the end", lr0=lr0, t=total, total=total, lr_min=lr_min)
    yield Call("after the end", lr0=lr0, t=rng.uniform(1.3, 1.8) * total, total=total, lr_min=lr_min)
    yield Call("lr_min left at its default", lr0=lr0, t=rng.uniform(0.6, 0.9) * total, total=total)


cosine_annealing.add_mistakes("""
    `lr_min` is forgotten: the wave runs from lr0 down to lr_min
        lr_min + (lr0 - lr_min) -> lr0
    after the end the rate rises again: hold it at lr_min
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * t / total)) / 2
    `lr_min` is added to a wave of full height: its height is `lr0 - lr_min`, so that it starts at
    lr0
        (lr0 - lr_min) -> lr0
    a whole wave goes by in `total`, down and up again: half a wave, cos(pi t / total), is wanted
        np.pi -> 2 * np.pi
    this is a quarter of a wave, cos(pi t / (2 total)): it falls fastest at the end, not in the
    middle
        return lr_min + (lr0 - lr_min) * np.cos(np.pi * min(t / total, 1.0) / 2)
    pi is missing: the angle runs from 0 to pi, as t runs from 0 to `total`
        np.pi * fraction -> fraction
    after the end the rate is 0: hold it at lr_min
        if t > total:
            return 0.0
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * t / total)) / 2
    after the end the rate is lr0 again: hold it at lr_min
        if t > total:
            return lr0
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * t / total)) / 2
    after the end the wave starts anew at lr0: hold the rate at lr_min
        fraction = t % total / total
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * fraction)) / 2
    the half is missing: the wave 1 + cos runs from 2 to 0
        ) / 2 -> )
    the 1 is missing: cos runs from 1 to -1, and (1 + cos) / 2 from 1 to 0
        (1 + np.cos(np.pi * fraction)) / 2 -> np.cos(np.pi * fraction)
    or
        (1 + np.cos(np.pi * fraction)) / 2 -> np.cos(np.pi * fraction) / 2
    the rate rises from lr_min to lr0: the sign of the cosine is wrong, or lr0 and lr_min have
    changed places
        1 + np.cos -> 1 - np.cos
    this is a sine: the cosine falls from 1 to -1 as its angle runs from 0 to pi
        np.cos -> np.sin
    the wave is cut off at lr_min: it is squeezed between lr0 and lr_min, and reaches lr_min only at
    the end
        return max(lr_min, lr0 * (1 + np.cos(np.pi * min(t / total, 1.0))) / 2)
    the rate falls along a straight line: half a cosine wave is wanted
        (1 + np.cos(np.pi * fraction)) / 2 -> (1 - fraction)
    `lr_min` is not added: the wave of height lr0 - lr_min stands on it
        lr_min + (lr0 -> (lr0
    the wave has the height lr0 + lr_min: it is lr0 - lr_min
        (lr0 - lr_min) -> (lr0 + lr_min)
    the half is missing, and after the end the rate rises again: (1 + cos) / 2, held at lr_min
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * t / total))
    `lr_min` is forgotten, and after the end the rate rises again: the wave runs from lr0 down to
    lr_min, and stays there
        return lr0 * (1 + np.cos(np.pi * t / total)) / 2
    the rate rises from lr_min to lr0, and after the end it falls again: the sign of the cosine is
    wrong, and the rate is held at lr_min
        return lr_min + (lr0 - lr_min) * (1 - np.cos(np.pi * t / total)) / 2
    the angle is upside down: it is pi * t / total
        fraction = min(total / t, 1.0) if t else 1.0
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * fraction)) / 2
    the half stands at the angle: it is pi * t / total, and the height (1 + cos) is halved
        return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * min(t / total, 1.0) / 2))
    the lowest rate is halved, too: half of the height is added to all of lr_min
        return (lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * min(t / total, 1.0)))) / 2
    the wave ends one step too early: at t = total, not at total - 1, the rate is lr_min
        t / total -> t / (total - 1)
    the wave ends one step too late: at t = total the rate is lr_min
        t / total -> t / (total + 1)
    the first step is counted as 1: t = 0 is lr0
        t / total -> (t + 1) / total
    the wave hangs below lr_min: it stands on it, from lr0 down to lr_min
        lr_min + (lr0 - lr_min) -> lr_min - (lr0 - lr_min)
    the angle is in degrees: NumPy's cosine takes radians, from 0 to pi
        np.pi * fraction -> 180 * fraction
""")
cosine_annealing.add_variants("""
    by the half-angle formula
        if t >= total:
            return lr_min
        return lr_min + (lr0 - lr_min) * np.cos(np.pi * t / (2 * total)) ** 2
    as a mean of the ends
        weight = (1 - np.cos(np.pi * np.clip(t / total, 0, 1))) / 2
        return (1 - weight) * lr0 + weight * lr_min
""")


@judge(reference.linear_warmup, points=1, returns=("lr",))
def linear_warmup(rng):
    lr0, warmup = rng.uniform(0.3, 1.0), int(rng.integers(6, 12))
    yield Call("the first step", lr0=lr0, t=0, warmup=warmup)
    yield Call("on the way", lr0=lr0, t=int(rng.integers(2, 5)), warmup=warmup)
    yield Call("the last step of the warm-up", lr0=lr0, t=warmup - 1, warmup=warmup)
    yield Call("the step after it", lr0=lr0, t=warmup, warmup=warmup)
    yield Call("long after it", lr0=lr0, t=warmup + 20, warmup=warmup)
    yield Call("no warm-up", lr0=lr0, t=0, warmup=0)


linear_warmup.add_mistakes("""
    the first step has rate 0 and is wasted: step t has (t + 1) / warmup of lr0
        (t + 1) -> t
    the rate goes on rising after the warm-up: hold it at lr0
        return lr0 * (t + 1) / warmup if warmup else lr0
    with warmup = 0 this divides by zero: the rate is then lr0 from the start
        return lr0 * min(1.0, (t + 1) / warmup)
    the first step has rate 0 and is wasted, and with warmup = 0 this divides by zero: step t has (t
    + 1) / warmup of lr0
        return lr0 * min(1.0, t / warmup)
    the rate goes on rising after the warm-up, and with warmup = 0 this divides by zero: hold it at
    lr0
        return lr0 * (t + 1) / warmup
    the step t = warmup is one too many: it would have more than lr0; the warm-up ends with t =
    warmup - 1
        return lr0 * (t + 1) / warmup if warmup and t <= warmup else lr0
    the step t = warmup is one too many, and with warmup = 0 this divides by zero: the warm-up ends
    with t = warmup - 1
        return lr0 * (t + 1) / warmup if t <= warmup else lr0
    the part of lr0 is (t + 1) / (warmup + 1): step t has (t + 1) / warmup, and t = warmup - 1 all
    of lr0
        return lr0 * min(1.0, (t + 1) / (warmup + 1)) if warmup else lr0
    or
        return lr0 * (t + 1) / (warmup + 1) if t < warmup else lr0
    the part of lr0 is t / (warmup - 1): step t has (t + 1) / warmup, so that the first is not
    wasted
        return lr0 * min(1.0, t / (warmup - 1)) if warmup else lr0
    or
        return lr0 * t / (warmup - 1) if t < warmup else lr0
    `lr0` is missing: this is the share of it
        return min(1.0, (t + 1) / warmup) if warmup else 1.0
    the larger of the two is taken: the rate is at most lr0, a minimum
        return lr0 * max(1.0, (t + 1) / warmup) if warmup else lr0
    the brackets are missing: t + 1 is divided as a whole by `warmup`
        return lr0 * min(1.0, t + 1 / warmup) if warmup else lr0
    there is no warm-up: the first `warmup` steps rise in equal parts to lr0
        return lr0
    with warmup = 0 the rate is 0: it is then lr0 from the start
        return lr0 * min(1.0, (t + 1) / warmup) if warmup else 0.0
    the rate falls: it rises from lr0 / warmup to lr0
        return lr0 * (1 - t / warmup) if t < warmup else lr0
    or
        return lr0 * max(0.0, 1 - t / warmup) if warmup else lr0
    the rate is 0 until the warm-up is over: it rises in equal parts
        return lr0 if t >= warmup else 0.0
    the rate rises along a parabola: in equal parts
        return lr0 * min(1.0, ((t + 1) / warmup) ** 2) if warmup else lr0
    all steps of the warm-up have lr0 / warmup: step t has t + 1 such parts
        return lr0 / warmup if t < warmup else lr0
    in the warm-up the rate is lr0 / (t + 1), or falls from lr0: it rises in equal parts
        return lr0 / (t + 1) if t < warmup else lr0
    after the warm-up the rate is 0, or falls: it stays at lr0
        return lr0 * (t + 1) / warmup if t < warmup else 0.0
    or
        return lr0 * min(1.0, warmup / (t + 1)) if warmup else lr0
""")
linear_warmup.add_variants("""
    with if
        if t + 1 < warmup:
            return (t + 1) * lr0 / warmup
        return lr0
    from a list of rates
        rates = np.linspace(0, lr0, warmup + 1)[1:]
        return rates[t] if t < warmup else lr0
""")


def _plateau(rng, length):
    """Losses that fall, stay, fall a little and stay again."""
    level, losses = rng.uniform(2.0, 3.0), []
    while len(losses) < length:
        level *= rng.uniform(0.6, 0.8)
        stay = int(rng.integers(3, 8))
        losses += [level, *(level * rng.uniform(1.01, 1.2, size=stay))]
    return [float(loss) for loss in losses[:length]]


@judge(reference.reduce_on_plateau, points=4, returns=("rates",))
def reduce_on_plateau(rng):
    falling = [float(x) for x in 2.0 * 0.9 ** np.arange(12)]
    level = rng.uniform(0.5, 1.0)
    yield Call("a loss that keeps falling: no cut", losses=falling, lr=0.5, factor=0.5, patience=2)
    yield Call("a loss that never falls", losses=[level] * 12, lr=0.5, factor=0.5, patience=2)
    yield Call(
        "patience 0", losses=[level, level * 1.1, level * 0.5, level * 0.6, level * 0.4], lr=0.5, factor=0.5, patience=0
    )
    yield Call("falls and plateaus", losses=_plateau(rng, 40), lr=1.0, factor=0.5, patience=3)
    # Losses far below 1, so that an absolute threshold shows: it would never see an improvement.
    slow = [float(x) for x in 0.2 * level * 0.995 ** np.arange(16)]
    yield Call("improvements smaller than the threshold", losses=slow, lr=1.0, factor=0.5, patience=3, threshold=0.03)
    yield Call(
        "a pause after each cut",
        losses=_plateau(rng, 12) + [level * 3] * 14,
        lr=1.0,
        factor=0.5,
        patience=1,
        cooldown=3,
    )
    yield Call("a floor", losses=[level] * 20, lr=1.0, factor=0.3, patience=1, min_lr=0.05)
    large = [100 * loss for loss in slow]
    yield Call(
        "the same losses, a hundred times as large", losses=large, lr=1.0, factor=0.5, patience=3, threshold=0.03
    )
    # Cut after the third epoch; the best loss comes while the rate cools down, and is not reached again.
    cooled = [level] * 3 + [0.5 * level] + [0.7 * level] * 12
    yield Call("a new best while cooling down", losses=cooled, lr=1.0, factor=0.5, patience=1, cooldown=3)
    yield Call(
        "threshold 0: a tie is no improvement", losses=[level] * 10, lr=1.0, factor=0.5, patience=2, threshold=0.0
    )
    # Falls by less than the default threshold, then by more, then no more.
    steps = [1.0, 1 - 5e-5, (1 - 5e-5) * (1 - 5e-3)]
    small = [level * step for step in steps for _ in range(9)] + [level * steps[-1]] * 40
    yield Call("all else at its default", losses=small, lr=1.0)


reduce_on_plateau.add_mistakes("""
    the cut comes one epoch early: patience is the number of bad epochs that are borne, so cut when
    the count is larger (Keras cuts when it is equal)
        bad > patience -> bad >= max(patience, 1)
    the count does not start again after a cut, so every further epoch cuts again
        lr, bad, cooling = -> lr, _, cooling =
    the threshold is ignored: a loss counts as better below `best * (1 - threshold)`
        best * (1 - threshold) -> best
    the threshold is subtracted: it is relative, a loss counts as better below `best * (1 -
    threshold)`
        best * (1 - threshold) -> best - threshold
    each loss is compared with the one before it: compare with the best so far
        bad += 1 -> best, bad = loss, bad + 1
    the cooldown is ignored: after a cut, `cooldown` epochs count none as bad
        0, cooldown -> 0, 0
    the floor is ignored: the rate never falls below `min_lr`
        max(lr * factor, min_lr) -> lr * factor
    the rate after each epoch is returned: return the rate with which the epoch was trained, the
    first one is `lr`
        losses = [*losses, np.inf]
        rates = reduce_on_plateau(losses, lr, factor, patience, threshold, cooldown, min_lr)
        return rates[1:]
    only the last rate is returned: return the rate of every epoch
        np.array(rates) -> np.array(rates)[-1]
    the cut comes one epoch early: cut when the count is larger than patience, `bad > patience`, not
    when it reaches it
        bad > patience -> bad >= patience
    the best moves with every loss that is a little lower: it is replaced only by one below `best *
    (1 - threshold)`
        bad += 1 -> best, bad = min(best, loss), bad + 1
    the best is forgotten at each cut: it is the best of all epochs so far
        0, cooldown -> 0, cooldown; best = np.inf
    a new best is overlooked while the rate cools down: rule 1 holds in every epoch
        best, bad = loss, 0 -> best, bad = best if cooling else loss, 0
    a loss that only equals `best * (1 - threshold)` counts as better here: it must be below
        loss < best -> loss <= best
    every bad epoch cuts: `patience` of them in a row are borne first
        bad > patience -> bad > 0
    or
        rates, best, cooling = [], np.inf, 0
        for loss in losses:
            rates.append(lr)
            if loss < best * (1 - threshold):
                best = loss
            elif cooling > 0:
                cooling -= 1
            else:
                lr, cooling = max(lr * factor, min_lr), cooldown
        return np.array(rates)
    an improvement does not set the count of bad epochs back to 0
        best, bad = loss, 0 -> best = loss
    the threshold is added: a loss counts as better below `best * (1 - threshold)`
        (1 - threshold) -> (1 + threshold)
    the rate rises: a cut multiplies it by `factor`
        lr * factor -> lr / factor
    `factor` is taken for what is cut away: a cut multiplies the rate by it
        lr * factor -> lr * (1 - factor)
    the smaller of the rate and `min_lr` is taken: `min_lr` is the least, so take the larger
        max(lr -> min(lr
    the cooldown lasts one epoch too long
        0, cooldown -> 0, cooldown and cooldown + 1
    the cooldown ends one epoch too early
        0, cooldown -> 0, max(cooldown - 1, 0)
    the best is the largest loss so far, not the smallest
        loss < best * (1 - threshold) -> best == np.inf or loss > best * (1 - threshold)
    the cut comes one epoch late: cut when the count is larger than patience
        bad > patience -> bad > patience + 1
    an improvement cuts the rate: bad epochs do
        best, bad = loss, 0 -> best, bad = loss, bad + 1
        bad += 1 -> bad = 0
    one rate is returned for all epochs, the last: return that of each epoch
        np.array(rates) -> np.array([lr] * len(losses))
""")
reduce_on_plateau.add_variants("""
    a list, with the epoch of the last cut or best in place of a count
        rates, best, since, cold_until = [], float("inf"), -1, -1
        for epoch, loss in enumerate(losses):
            rates.append(lr)
            if loss < best * (1 - threshold):
                best, since = loss, epoch
            if epoch <= cold_until:
                since = epoch
            if epoch - since > patience:
                lr, since, cold_until = max(lr * factor, min_lr), epoch, epoch + cooldown
        return rates
    in float32, filling an array
        rates = np.full(len(losses), lr, dtype=np.float32)
        best, bad, wait = losses[0] * 10, 0, 0
        for epoch, loss in enumerate(losses):
            better = loss < best - threshold * best
            best = loss if better else best
            bad = 0 if better or wait else bad + 1
            wait = max(wait - 1, 0)
            if bad > patience:
                rates[epoch + 1 :] = max(rates[epoch] * factor, min_lr)
                bad, wait = 0, cooldown
        return rates
""")

why_bias_correction = Written(
    "why-bias-correction",
    points=4,
    rubric="""\
- 1 point: both averages start at zero, so at step t they are too small by the factor 1 - beta^t.
- 1 point: the second moment is behind more than the first, because beta2 is nearer to 1; m is divided by a root that is too small.
- 1 point: a number, derived: at t = 1 the uncorrected step is (1 - beta1) / sqrt(1 - beta2) = 3.16 times lr. Too large, not too small.
- 1 point: what the correction gives (the first step is lr * sign(g)) and that it fades with t. No point where "it prevents 0/0" is given as the reason: eps does that.""",
)

which_optimizer = Written(
    "which-optimizer",
    points=4,
    rubric="""\
- 1 point: curve A (falls, then bounces without end) is named as a learning rate too large for the end of training, not as a local minimum.
- 1 point: a remedy that fits: a schedule that lowers the rate, with a reason (the noise floor is proportional to the rate).
- 1 point: curve B (falls slowly in a straight line on a log scale) is read as ill-conditioning or a rate too small; momentum or an adaptive method, with the rate that theory predicts.
- 1 point: an experiment that would tell the two explanations apart (change one thing, say what each explanation predicts).""",
)
