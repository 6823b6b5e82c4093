"""How the exercises of the chapter on descent are judged.

Hyperparameters in the cases are far from their defaults, so that no mistake hides behind a rounding:
each one changes a result by far more than the tolerance for float32.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem
from solutions import descent as reference
from solutions import quantities

SHAPES = {"a vector": (4,), "a matrix": (3, 5), "three axes": (2, 3, 4), "one number": (1,)}


def _normal(rng, shape, *names):
    """Normal arrays by name, no entry near zero, so that signs and quotients are well defined."""
    return {name: rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 2.0, size=shape) for name in names}


@judge(reference.sgd_step, points=1, returns=("theta",))
def sgd_step(rng):
    for label, shape in SHAPES.items():
        given, lr = _normal(rng, shape, "theta", "grad"), rng.uniform(0.1, 0.9)
        # One entry of the step is longer than 1.
        given["grad"].flat[rng.integers(given["grad"].size)] = rng.choice([-1, 1]) * rng.uniform(1.3, 2.5) / lr
        yield Call(label, **given, lr=lr)


sgd_step.add_mistakes("""
    the step goes uphill: the gradient points up, so subtract `lr * grad`
        return theta + lr * grad
    the step ignores `lr`: it is `lr` times the gradient
        return theta - grad
    the gradient was scaled to length 1: the step is `lr * grad`, long where the slope is steep, not
    a fixed distance
        # For a single number this is the sign; the cases hold none of absolute value 1.
        return theta - lr * grad / np.linalg.norm(grad)
    the step was clipped to lie within [-1, 1], or the gradient was: the step is `lr * grad`, however
    long it is
        return theta - np.clip(lr * grad, -1, 1)
    or
        return theta - lr * np.clip(grad, -1, 1)
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
    the brackets are wrong: `lr * grad` is subtracted from `theta`
        return (theta - lr) * grad
    or
        return lr * (theta - grad)
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
    for label, eigenvalues, low, high in (
        ("one eigenvalue, a small learning rate", one, 0.2, 0.7),
        ("one eigenvalue, an overshoot", one, 1.2, 1.5),
        ("the flat direction is the slowest", two, 0.4, 0.6),
        ("the steep direction is the slowest", two, 1.985, 1.995),
        ("it diverges along the steep direction", two, 2.4, 2.9),
        ("six in any order, the flat one is the slowest", six, 0.8, 1.0),
        ("six in any order, the steep one is the slowest", six, 1.985, 1.995),
    ):
        yield Call(label, eigenvalues=eigenvalues, lr=rng.uniform(low, high) / large)
    yield Call("the best learning rate", eigenvalues=six, lr=2 / (small + large))


convergence_rate.add_mistakes("""
    the factor 1 - lr * lambda may be negative, an overshoot: take its absolute value
        return np.max(1 - lr * eigenvalues)
    or
        factors = 1 - lr * eigenvalues
        return factors[np.argmax(np.abs(factors))]
    the best direction was taken: the slowest one decides, so take the largest factor
        np.max -> np.min
    the largest eigenvalue alone does not decide: the flat direction may be the slowest
        return abs(1 - lr * np.max(eigenvalues))
    this is (k - 1) / (k + 1), the rate of the best learning rate: here `lr` is given
        k = np.max(eigenvalues) / np.min(eigenvalues)
        return (k - 1) / (k + 1)
    these are the factors of all directions: the rate is one number, the largest
        return np.abs(1 - lr * eigenvalues)
    the smallest eigenvalue alone does not decide, nor the largest of 1 - lr * lambda before its sign is
    dropped: with a large rate the steep direction may be the slowest
        return abs(1 - lr * np.min(eigenvalues))
    the eigenvalues come in any order: the first and the last need not be the ends of the spectrum
        return max(abs(1 - lr * eigenvalues[0]), abs(1 - lr * eigenvalues[-1]))
    or
        return abs(1 - lr * eigenvalues[0])
    the product is subtracted from nothing: the factor of an eigenvalue is 1 - lr * lambda
        return np.max(np.abs(lr * eigenvalues))
    the factors are multiplied: the rate is the largest of them
        return np.prod(np.abs(1 - lr * eigenvalues))
    the factors are averaged: the slowest direction decides, so take the largest
        return np.mean(np.abs(1 - lr * eigenvalues))
    or
        return abs(1 - lr * np.mean(eigenvalues))
    or
        return (abs(1 - lr * np.min(eigenvalues)) + abs(1 - lr * np.max(eigenvalues))) / 2
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
    the maximum is subtracted from 1: take |1 - lr * lambda| for each eigenvalue, then the largest
        return 1 - np.max(np.abs(lr * eigenvalues))
    this is the length of the vector of all factors: the rate is the largest of them
        return np.linalg.norm(1 - lr * eigenvalues)
    this says whether it converges: the rate is a number, the largest |1 - lr * lambda|
        return np.max(np.abs(1 - lr * eigenvalues)) < 1
    this is a learning rate: here `lr` is given, and what a step leaves of the error is asked for
        return 2 / np.max(eigenvalues)
    or
        return 2 / (np.min(eigenvalues) + np.max(eigenvalues))
    or
        return 1 / np.max(eigenvalues)
    the factors are added: the rate is the largest of them
        return np.sum(np.abs(1 - lr * eigenvalues))
    the rate is cut off at 1: above it says how fast the error grows
        return min(1.0, np.max(np.abs(1 - lr * eigenvalues)))
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
    the largest of the squares, and its root
        return np.sqrt(((1 - lr * eigenvalues) ** 2).max())
""")


def _momentum_cases(rng):
    first = np.zeros(4)
    yield Call("the first step: velocity 0", **_normal(rng, 4, "theta", "grad"), velocity=first, lr=0.3, mu=0.8)
    for label, shape in SHAPES.items():
        state = _normal(rng, shape, "theta", "grad", "velocity")
        yield Call(label, **state, lr=rng.uniform(0.1, 0.6), mu=rng.uniform(0.4, 0.8))
    yield Call("mu = 0: plain gradient descent", **_normal(rng, 3, "theta", "grad", "velocity"), lr=0.3, mu=0.0)
    yield Call("mu left at its default", **_normal(rng, 3, "theta", "grad", "velocity"), lr=0.3)


@judge(reference.momentum_step, points=1, returns=("theta", "velocity"))
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


@judge(
    reference.momentum_path,
    points=2,
    returns=("points",),
    repair="the learning rate is inside the velocity, which carries the rates of earlier steps on",
)
def momentum_path(rng):
    bowl = Problem("bowl", "gradient")
    yield Call("one step", 0.5, gradient=bowl, **_normal(rng, 2, "theta"), rates=np.array([0.3]), mu=0.8)
    same = np.full(12, rng.uniform(0.2, 0.4))
    yield Call("the same rate in all steps", 0.5, gradient=bowl, **_normal(rng, 2, "theta"), rates=same, mu=0.7)
    for label, name, rates in (
        ("the rate is cut once", "tilted bowl", np.repeat(rng.uniform([0.2, 0.03], [0.3, 0.06]), (5, 6))),
        ("the rate rises", "two wells", np.linspace(0.01, 0.05, 7) * rng.uniform(0.8, 1.2)),
        ("a rate of its own for every step", "saddle", rng.uniform(0.05, 0.3, size=9)),
        ("two steps", "bowl", rng.uniform([0.3, 0.05], [0.5, 0.1])),
    ):
        yield Call(
            label, gradient=Problem(name, "gradient"), **_normal(rng, 2, "theta"), rates=rates, mu=rng.uniform(0.5, 0.8)
        )
    yield Call(
        "mu left at its default", gradient=bowl, **_normal(rng, 2, "theta"), rates=rng.uniform(0.05, 0.3, size=6)
    )


momentum_path.add_mistakes("""
    the learning rate is inside the velocity, which carries the rates of earlier steps on
        mu * velocity + gradient(theta) -> mu * velocity - lr * gradient(theta)
        theta - lr * velocity -> theta + velocity
    the learning rate is there twice now, inside the velocity and in the step
        mu * velocity + gradient(theta) -> mu * velocity + lr * gradient(theta)
    or
        mu * velocity + gradient(theta) -> mu * velocity - lr * gradient(theta)
        theta - lr * velocity -> theta + lr * velocity
    the learning rate is gone now: it multiplies the step
        theta - lr * velocity -> theta - velocity
    or
        mu * velocity + gradient(theta) -> mu * velocity - gradient(theta)
        theta - lr * velocity -> theta + velocity
    the rate is outside now, and the sign has been left behind: a sum of gradients is subtracted
        theta - lr * velocity -> theta + lr * velocity
    or
        mu * velocity + gradient(theta) -> mu * velocity - gradient(theta)
    the memory is subtracted from the gradient now: it is added to it
        mu * velocity + gradient(theta) -> gradient(theta) - mu * velocity
    the velocity is averaged now: the gradient enters whole
        gradient(theta) -> (1 - mu) * gradient(theta)
    the old rate multiplies the step: each has the rate of its own number
        velocity = np.zeros_like(theta)
        points = [theta]
        for lr in [rates[0], *rates[:-1]]:
            velocity = mu * velocity + gradient(theta)
            theta = theta - lr * velocity
            points.append(theta)
        return np.array(points)
    the first rate serves for all steps: each has its own
        in rates -> in [rates[0]] * len(rates)
    the velocity begins anew in every step: it goes on from step to step
        mu * velocity + gradient(theta) -> gradient(theta)
    the velocity is scaled by the rate, as if it held one: it is the rate's business in the step alone
        velocity = np.zeros_like(theta)
        points, before = [theta], rates[0]
        for lr in rates:
            velocity = mu * velocity * lr / before + gradient(theta)
            theta, before = theta - lr * velocity, lr
            points.append(theta)
        return np.array(points)
    or
        velocity = np.zeros_like(theta)
        points, before = [theta], rates[0]
        for lr in rates:
            velocity = mu * velocity * before / lr - lr * gradient(theta)
            theta, before = theta + velocity, lr
            points.append(theta)
        return np.array(points)
    the gradient is taken at the look-ahead point now: that is Nesterov's
        gradient(theta) -> gradient(theta - lr * mu * velocity)
    the step uses the velocity before the update: update it first
        velocity = mu * velocity + gradient(theta) -> old = velocity; velocity = mu * velocity + gradient(theta)
        lr * velocity -> lr * old
    the step is right now, but the start is missing from the points
        points = [theta] -> points = []
    the step is right now, but the last point is missing
        np.array(points) -> np.array(points[:-1])
    two faults: the rate is still inside the velocity, and the start is missing from the points
        points = [theta] -> points = []
        mu * velocity + gradient(theta) -> mu * velocity - lr * gradient(theta)
        theta - lr * velocity -> theta + velocity
    two faults: the rate is still inside the velocity, and the velocity is subtracted, which climbs
        mu * velocity + gradient(theta) -> mu * velocity - lr * gradient(theta)
        theta - lr * velocity -> theta - velocity
    every point is the last one: `-=` changes the one array that stands in the list so often; make a
    new one, `theta = theta - ...`
        velocity = np.zeros_like(theta)
        points = [theta]
        for lr in rates:
            velocity = mu * velocity + gradient(theta)
            theta -= lr * velocity
            points.append(theta)
        return np.array(points)
    or
        velocity = np.zeros_like(theta)
        points = [theta]
        for lr in rates:
            velocity = mu * velocity - lr * gradient(theta)
            theta += velocity
            points.append(theta)
        return np.array(points)
    two faults: the rate is gone from the velocity and from the step, and the sign has been left behind
        theta - lr * velocity -> theta + velocity
    the step is made before the velocity is: first the velocity, then the step with it
        velocity = np.zeros_like(theta)
        points = [theta]
        for lr in rates:
            theta = theta - lr * velocity
            velocity = mu * velocity + gradient(theta)
            points.append(theta)
        return np.array(points)
    the last rate serves for all steps: each has its own
        in rates -> in [rates[-1]] * len(rates)
    the gradient at the start serves for all steps now: each takes that at its own point
        velocity, grad = np.zeros_like(theta), gradient(theta)
        points = [theta]
        for lr in rates:
            velocity = mu * velocity + grad
            theta = theta - lr * velocity
            points.append(theta)
        return np.array(points)
    the velocity begins as the gradient at the start now, which so comes in twice: it begins at 0
        velocity = np.zeros_like(theta) -> velocity = gradient(theta)
    the mean of the rates serves for all steps: each has its own
        in rates -> in [np.mean(rates)] * len(rates)
    the rates are taken from the last to the first: the first belongs to the first step
        in rates -> in rates[::-1]
    the step is right now, but only the last point is returned: all of them are asked for, the start first
        return np.array(points) -> return theta
    the velocities stand in the place of the points: append theta
        points.append(theta) -> points.append(velocity)
""")
momentum_path.add_variants("""
    with momentum_step
        velocity, points = np.zeros(len(theta)), [theta]
        for lr in rates:
            theta, velocity = momentum_step(theta, gradient(theta), velocity, lr, mu)
            points.append(theta)
        return points
    the rate inside, and the old velocity brought to the new rate
        moved, points, before = np.zeros(len(theta)), [theta], rates[0]
        for lr in rates:
            moved = mu * moved * (lr / before) - lr * gradient(points[-1])
            points.append(points[-1] + moved)
            before = lr
        return np.array(points)
    into an array that is there
        points = np.empty((len(rates) + 1, len(theta)))
        points[0], velocity = theta, 0.0
        for t, lr in enumerate(rates):
            velocity = gradient(points[t]) + velocity * mu
            points[t + 1] = points[t] - velocity * lr
        return points
    the gradients kept, and summed up anew in every step
        grads, points = [], [theta]
        for t, lr in enumerate(rates):
            grads.append(gradient(points[t]))
            ages = np.arange(t + 1)[::-1, None]
            points.append(points[t] - lr * np.sum(mu**ages * grads, axis=0))
        return np.array(points)
""")


@judge(
    reference.descent_rates,
    points=3,
    returns=("rates",),
    score=quantities.digits_gained,
    # One rate in all steps earns nothing, two or four in turn a part.
    credit={0.3: 0.25, 0.6: 0.5, 0.8: 0.75, 0.95: 1.0},
)
def descent_rates(rng):
    def spread(of, n, least, most):
        # Of any scale, so that the rates of another case are of no use.
        low = 10 ** rng.uniform(-3, 1)
        return rng.permutation(of(low, low * rng.uniform(least, most), n))

    yield Call("eigenvalues evenly spread", eigenvalues=spread(np.linspace, 30, 40, 60), n_steps=8)
    yield Call("on a logarithmic scale", eigenvalues=spread(np.geomspace, 40, 60, 90), n_steps=10)
    low, high = 10 ** rng.uniform(-3, 1) * rng.uniform([0.8, 25.0], [1.2, 35.0])
    between = np.append([low, high], rng.uniform(low, high, size=60))
    yield Call("random ones, few steps", eigenvalues=rng.permutation(between), n_steps=6)
    yield Call("many steps", eigenvalues=spread(np.linspace, 50, 80, 120), n_steps=16)
    yield Call("badly conditioned", eigenvalues=spread(np.geomspace, 60, 250, 300), n_steps=12)


descent_rates.add_mistakes("""
    all steps have the same rate, the best of those: different ones can share the spectrum among them
        2 / (high + low + (high - low) * np.cos(angles)) -> np.full(n_steps, 2 / (low + high))
    all steps have the rate 1 / M: that wastes the flat directions
        2 / (high + low + (high - low) * np.cos(angles)) -> np.full(n_steps, 1 / high)
    this is momentum's best rate: without the velocity it diverges
        2 / (high + low + (high - low) * np.cos(angles)) -> np.full(n_steps, (2 / (np.sqrt(low) + np.sqrt(high))) ** 2)
    the roots 1 / rate are spread evenly: the ends of the spectrum, where nothing lies beyond, need
    more of them
        2 / (high + low + (high - low) * np.cos(angles)) -> 1 / np.linspace(low, high, n_steps)
    or
        2 / (high + low + (high - low) * np.cos(angles)) -> 1 / (low + (np.arange(n_steps) + 0.5) / n_steps * (high - low))
    or
        2 / (high + low + (high - low) * np.cos(angles)) -> 1 / np.linspace(low, high, n_steps + 2)[1:-1]
    the rates are spread evenly on a logarithmic scale: the large ones make the steep directions
    grow by more than the small ones can make good
        2 / (high + low + (high - low) * np.cos(angles)) -> np.geomspace(1 / high, 1 / low, n_steps)
    or
        2 / (high + low + (high - low) * np.cos(angles)) -> 1 / np.geomspace(low, high, n_steps)
    the rates are spread evenly: nearly all of them are too large for the steep directions
        2 / (high + low + (high - low) * np.cos(angles)) -> np.linspace(1 / high, 1 / low, n_steps)
    the rates are spread as the roots should be: what is to be spread is 1 / rate
        np.min(eigenvalues), np.max(eigenvalues) -> 1 / np.max(eigenvalues), 1 / np.min(eigenvalues)
        2 / (high + low + (high - low) * np.cos(angles)) -> (high + low + (high - low) * np.cos(angles)) / 2
    these are the eigenvalues that the steps shrink most: the rate is 1 over such a one
        2 / (high + low + (high - low) * np.cos(angles)) -> (high + low + (high - low) * np.cos(angles)) / 2
    the roots include both ends of the spectrum: between two roots it may be as large as beyond one
        (np.arange(n_steps) + 0.5) / n_steps -> np.arange(n_steps) / (n_steps - 1)
    the roots begin at one end of the spectrum and stop short of the other: they should lie alike at both
        np.arange(n_steps) + 0.5 -> np.arange(n_steps)
    or
        np.arange(n_steps) + 0.5 -> np.arange(n_steps) + 1
    the spectrum is taken to begin at 0: so the steps spend themselves where no eigenvalue is
        low, high = np.min(eigenvalues), np.max(eigenvalues) -> low, high = 0.0, np.max(eigenvalues)
    the first and the last eigenvalue are taken for the smallest and the largest: they come in any
    order
        low, high = np.min(eigenvalues), np.max(eigenvalues) -> low, high = sorted((eigenvalues[0], eigenvalues[-1]))
    or
        low, high = np.min(eigenvalues), np.max(eigenvalues) -> low, high = eigenvalues[0], eigenvalues[-1]
    or
        low, high = np.min(eigenvalues), np.max(eigenvalues) -> low, high = eigenvalues[-1], eigenvalues[0]
    two rates take turns: that is the best for two steps; more steps can share the work better
        (np.arange(n_steps) + 0.5) / n_steps -> (np.arange(n_steps) % 2 + 0.5) / 2
    each rate is the best for what the steps before it have left: the steps must be chosen together
        low, high = np.min(eigenvalues), np.max(eigenvalues)
        left, rates = np.ones(len(eigenvalues)), []
        for _ in range(n_steps):
            tried = np.geomspace(1 / high, 1 / low, 300)
            worst = np.abs(left * (1 - np.multiply.outer(tried, eigenvalues))).max(axis=1)
            rates.append(tried[np.argmin(worst)])
            left = left * (1 - rates[-1] * eigenvalues)
        return np.array(rates)
    all steps have the rate 2 / M: that leaves the steep direction as it is, with the other sign
        2 / (high + low + (high - low) * np.cos(angles)) -> np.full(n_steps, 2 / high)
    the rates are half as large as they should be: the middle of the spectrum is (low + high) / 2
        2 / (high + low + (high - low) * np.cos(angles)) -> 1 / (high + low + (high - low) * np.cos(angles))
    the angles are those of other polynomials, which are smallest within and largest at both ends
        (np.arange(n_steps) + 0.5) / n_steps -> (np.arange(n_steps) + 1) / (n_steps + 1)
    one rate is missing: there are n_steps
        np.arange(n_steps) + 0.5 -> np.arange(n_steps - 1) + 0.5
    the angles go around the whole circle, so that the roots come in pairs: half of it has them all
        np.pi * -> 2 * np.pi *
""")
descent_rates.add_variants("""
    the other way round
        np.arange(n_steps) -> np.arange(n_steps)[::-1]
    small and large rates in turn
        rates = np.sort(descent_rates(eigenvalues, n_steps))
        return [rates[i // 2] if i % 2 == 0 else rates[-1 - i // 2] for i in range(n_steps)]
    the roots of a Chebyshev polynomial, from NumPy
        low, high = np.min(eigenvalues), np.max(eigenvalues)
        return 1 / np.polynomial.Chebyshev.basis(n_steps, domain=[low, high]).roots()
    with some room at both ends
        low, high = 0.99 * np.min(eigenvalues), 1.01 * np.max(eigenvalues)
        angles = np.pi * (np.arange(n_steps) + 0.5) / n_steps
        return 2 / (high + low + (high - low) * np.cos(angles))
    in pairs about the middle
        low, high = np.min(eigenvalues), np.max(eigenvalues)
        middle, half = (low + high) / 2, (high - low) / 2
        off = half * np.sin(np.pi * (np.arange(n_steps) - (n_steps - 1) / 2) / n_steps)
        return 1 / (middle + off)
""")


@judge(reference.noise_floor, points=3, returns=("variance",))
def noise_floor(rng):
    def direction():
        # Of any scale; at the root of its size a rate is neither small nor at the limit.
        return {"curvature": 10 ** rng.uniform(-1, 1), "sigma": rng.uniform(0.3, 3.0)}

    def at(share, mu):
        """The rate that is this share of the largest that is stable."""
        case = direction()
        return {**case, "lr": share * 2 * (1 + mu) / case["curvature"], "mu": mu}

    yield Call("no momentum", 0.5, **at(rng.uniform(0.2, 0.4), 0.0))
    yield Call("mu left at its default", 0.5, **direction(), lr=rng.uniform(0.05, 0.1))
    yield Call("a small rate", **at(rng.uniform(0.005, 0.01), rng.uniform(0.5, 0.8)))
    yield Call("a rate in the middle", **at(rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.5)))
    yield Call("a large rate, beyond the limit of SGD", **at(rng.uniform(0.8, 0.9), rng.uniform(0.6, 0.8)))
    yield Call("much momentum", **at(rng.uniform(0.05, 0.2), rng.uniform(0.9, 0.95)))
    yield Call("little momentum", **at(rng.uniform(0.1, 0.2), rng.uniform(0.1, 0.2)))


noise_floor.add_mistakes("""
    the momentum is ignored: this is the floor of SGD
        return lr * sigma**2 / (curvature * (2 - lr * curvature))
    this is SGD's floor at the rate lr / (1 - mu): momentum's comes near to it for small rates only
        rate = lr / (1 - mu)
        return rate * sigma**2 / (curvature * (2 - rate * curvature))
    this holds for small rates only: what is asked for is exact
        return lr * sigma**2 / (2 * curvature * (1 - mu))
    this is the standard deviation: its square is asked for
        return np.sqrt(noise_floor(curvature, sigma, lr, mu))
    this is the mean loss: the variance of theta is asked for
        return curvature / 2 * noise_floor(curvature, sigma, lr, mu)
    or
        return curvature * noise_floor(curvature, sigma, lr, mu)
    `sigma` is the standard deviation of the noise: its square enters
        sigma**2 -> sigma
    the covariance of two successive steps is left out: theta and its predecessor go together
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2)
    the covariance of two successive steps enters with the wrong sign
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 - 2 * a**2 * mu / (1 + mu))
    here the covariance of two successive steps enters once: it enters twice
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 + a**2 * mu / (1 + mu))
    the covariance C of two iterates in a row is not `a * V`: the recursion times the last iterate leaves a
    second term, which is C again
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 + 2 * a**2 * mu)
    the gradient enters the velocity whole: this is the floor of an average, `(1 - mu) * grad`
        return noise_floor(curvature, sigma, lr * (1 - mu), mu)
    the noise meets the velocity and nothing brings theta back: the gradient does
        return (lr * sigma) ** 2 / (1 - mu**2)
    this is the variance of the velocity's noise: that of theta is asked for
        return sigma**2 / (1 - mu**2)
    the factor of the noise is the rate squared: it enters the step as lr * sigma
        a = 1 + mu - lr * curvature
        return lr * sigma**2 / (1 - a**2 - mu**2 + 2 * a**2 * mu / (1 + mu))
    the numerator is 1 + mu, the divisor has 1 - mu: they have changed places
        (1 + mu) / (curvature * (1 - mu) * room) -> (1 - mu) / (curvature * (1 + mu) * room)
    the factor 1 + mu is lost
        lr * sigma**2 * (1 + mu) -> lr * sigma**2
    the factor 1 - mu is lost: a velocity of steady gradients is 1 / (1 - mu) of them
        (1 - mu) * room -> room
    the limit of stability is that of SGD, 2 / curvature: momentum bears 2 (1 + mu) / curvature
        2 * (1 + mu) - lr * curvature -> (1 + mu) * (2 - lr * curvature)
    or
        2 * (1 + mu) - lr * curvature -> 2 - lr * curvature
    this holds for small rates and without momentum only: what is asked for is exact, at every mu
        return lr * sigma**2 / (2 * curvature)
    `lr` enters the numerator once too often: the square of the rate brings noise in, and the rate takes it out
        lr * sigma**2 -> lr**2 * sigma**2
    the next iterate takes `1 + mu - lr * curvature` of this one: here `mu` is missing
        a = 1 - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 + 2 * a**2 * mu / (1 + mu))
    the square of `mu` has the wrong sign: the iterate before adds to the variance
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 + mu**2 + 2 * a**2 * mu / (1 + mu))
    the covariance of two successive iterates is divided by 1 - mu: its second term has the sign of
    -mu
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 + 2 * a**2 * mu / (1 - mu))
    what the covariance adds to the variance holds the factor `1 + mu - lr * curvature` twice: here it is there
    once
        a = 1 + mu - lr * curvature
        return (lr * sigma) ** 2 / (1 - a**2 - mu**2 + 2 * a * mu / (1 + mu))
    `lr * curvature` has the wrong sign: towards the limit of stability the variance grows
        2 * (1 + mu) - lr * curvature -> 2 * (1 + mu) + lr * curvature
    the limit of stability is half of what it is: momentum bears 2 (1 + mu) / curvature
        2 * (1 + mu) - lr * curvature -> 1 + mu - lr * curvature
    this is SGD's floor with the noise of a velocity: what velocities hold is not independent from step to step
        return lr * sigma**2 / ((1 - mu**2) * curvature * (2 - lr * curvature))
    or
        return lr * sigma**2 / ((1 - mu) ** 2 * curvature * (2 - lr * curvature))
    or
        return lr * sigma**2 * (1 - mu) / ((1 + mu) * curvature * (2 - lr * curvature))
    the floor of SGD is lowered by momentum here: the noise of many steps adds up in the velocity
        return lr * sigma**2 * (1 - mu) / (curvature * (2 - lr * curvature))
    or
        return lr * sigma**2 * (1 - mu) / (2 * curvature)
    this is the mean loss, and for small rates only: the variance of theta is asked for, and exact
        return lr * sigma**2 / (4 * (1 - mu))
    the noise averages out here: it is made anew in every step, and keeps theta moving
        return 0.0
""")
noise_floor.add_variants("""
    three equations for two variances and a covariance
        a, b = 1 + mu - lr * curvature, -mu
        # V = a^2 V + b^2 V + 2ab C + (lr sigma)^2 and C = a V + b C
        system = np.array([[1 - a**2 - b**2, -2 * a * b], [-a, 1 - b]])
        return np.linalg.solve(system, [(lr * sigma) ** 2, 0.0])[0]
    by the covariance of theta and velocity
        step = np.array([[1 - lr * curvature, -lr * mu], [curvature, mu]])
        noise = np.outer([-lr, 1.0], [-lr, 1.0]) * sigma**2
        return np.linalg.solve(np.eye(4) - np.kron(step, step), noise.ravel())[0]
    as a factor on the floor of SGD
        sgd = lr * sigma**2 / (2 - lr * curvature) / curvature
        return sgd * (2 - lr * curvature) / (2 - lr * curvature / (1 + mu)) / (1 - mu)
    the squared answers to one shock, summed over all later steps
        a, total, before, now = 1 + mu - lr * curvature, 0.0, 0.0, lr * sigma
        for _ in range(20000):
            total += now**2
            before, now = now, a * now - mu * before
        return total
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
    the look-ahead point is reached with the new velocity, a gradient at theta in it: it is `theta - lr *
    mu * velocity`, with the old one
        ahead = mu * velocity + gradient(theta)
        velocity = mu * velocity + gradient(theta - lr * mu * ahead)
        return theta - lr * velocity, velocity
    this is the look-ahead point of the next step: return `theta - lr * velocity`, where the parameters
    are
        velocity = mu * velocity + gradient(theta - lr * mu * velocity)
        return theta - lr * velocity - lr * mu * velocity, velocity
    the old velocity is multiplied by `mu` twice in the new one: that is `mu * velocity` plus the gradient
    at the look-ahead point
        velocity = mu * velocity
        velocity = mu * velocity + gradient(theta - lr * velocity)
        return theta - lr * velocity, velocity
    or
        velocity = mu * velocity
        velocity = mu * velocity + gradient(theta - lr * mu * velocity)
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
    this is classical momentum: but the point that is shifted moves with the velocity, too, so that the way to the
    next one is longer than the velocity
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
    or
        (grad + mu * velocity) -> (grad + mu**2 * velocity)
    the velocity is averaged: here `grad` enters whole, not with the factor 1 - mu
        mu * velocity + grad -> mu * velocity + (1 - mu) * grad
    or
        velocity = mu * velocity + (1 - mu) * grad
        return theta - lr * ((1 - mu) * grad + mu * velocity), velocity
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
    `lr` is missing: this change of variables is for velocities that hold it
        old, velocity = velocity, mu * velocity + grad
        return theta - mu * old + (1 + mu) * velocity, velocity
    the velocity holds `mu` once too often, it is `mu * velocity + grad`; the step is right
        velocity = mu * (mu * velocity + grad)
        return theta - lr * (grad + velocity), velocity
    or
        new = mu * velocity + grad
        return theta - lr * (grad + mu * new), mu * new
    the velocity is multiplied by `mu` after the gradient was added: it is `mu * velocity + grad`
        velocity = mu * (velocity + grad)
        return theta - lr * (grad + mu * velocity), velocity
    or
        velocity = mu * (velocity + grad)
        return theta - lr * (grad + velocity), velocity
    the step is returned for the velocity: that is `mu * velocity + grad`
        step = grad + mu * (mu * velocity + grad)
        return theta - lr * step, step
    the velocity goes downhill here: it is a sum of gradients, `mu * velocity + grad`, which the step subtracts
        velocity = mu * velocity - grad
        return theta + lr * (mu * velocity - grad), velocity
    or
        velocity = mu * velocity - grad
        return theta - lr * (grad + mu * velocity), velocity
    the gradient enters once in all here: it enters whole, and once more, times `mu`, in the new velocity
        (grad + mu * velocity) -> ((1 - mu) * grad + mu * velocity)
    or
        new = mu * velocity + grad
        return theta - lr * (grad + mu**2 * velocity), new
    these are the parameters themselves: `theta` is the look-ahead point before the step and after it
        return theta + lr * mu * velocity - lr * (mu * velocity + grad), mu * velocity + grad
    the look-ahead point lies at `theta - lr * mu * velocity`, so the parameters at that plus `lr * mu *
    velocity`: the sign is wrong
        new = mu * velocity + grad
        return theta - lr * mu * velocity - lr * new - lr * mu * new, new
    the change of the velocity has the wrong sign: `- lr * mu * (new - old)` carries the step further
        new = mu * velocity + grad
        return theta - lr * new + lr * mu * (new - velocity), new
    `mu` enters the old velocity's part once, and there it is `mu**2`: the step is `grad + mu * velocity`
    with the new one
        new = mu * velocity + grad
        return theta - lr * ((1 + mu) * grad + mu * velocity), new
    `lr` multiplies one of the two terms alone: the step needs brackets
        new = mu * velocity + grad
        return theta - lr * grad + mu * new, new
    or
        new = mu * velocity + grad
        return theta - lr * grad - mu * new, new
    or
        new = mu * velocity + grad
        return theta - grad - lr * mu * new, new
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

more_momentum = Written(
    "more-momentum",
    points=4,
    rubric="""\
- 1 point: with mu = 0.99 a steady gradient makes steps ten times as long as with 0.9, since they are lr / (1 - mu) times it.
- 1 point: so the noise floor, about lr sigma^2 / (4 (1 - mu)), is ten times as high; the average in the velocity does not lower it.
- 1 point: the swinging: sqrt(0.99) = 0.995 is the best factor that any direction can have, so an overshoot takes hundreds of steps to die out. No point for "a local minimum".
- 1 point: an experiment that tells the two apart and what each predicts, such as mu = 0.99 with a tenth of the rate: the floor comes back, the slow swinging stays; or full batches: the floor goes, the swinging stays.""",
)
