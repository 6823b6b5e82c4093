import numpy as np

from answers import steps as reference
from gradus.authoring import Call, Written, judge
from gradus.values import Problem, Rng


@judge(reference.scale, points=2, returns=("scaled",))
def scale(rng):
    yield Call("a vector", x=rng.normal(size=5), weight=rng.uniform(2, 3))
    yield Call(
        "a matrix, a weight for each column", x=rng.normal(size=(3, 4)), weight=rng.normal(size=4)
    )
    yield Call("a number", x=rng.normal(), weight=rng.uniform(2, 3))
    yield Call("whole numbers", x=rng.integers(1, 4, size=4), weight=rng.uniform(2, 3))


@scale.mistake("the weight stands inside: multiply after the hyperbolic tangent")
def inside(x, weight):
    return np.tanh(weight * x)


@judge(reference.track, points=3, returns=("surprise", "mean"))
def track(rng):
    yield Call("vectors", 4, value=rng.normal(size=4), mean=rng.normal(size=4))
    yield Call("numbers", value=rng.normal(), mean=rng.normal(), decay=rng.uniform(0.2, 0.8))
    yield Call("matrices", value=rng.normal(size=(2, 3)), mean=rng.normal(size=(2, 3)), decay=0.5)


@track.mistake("decay belongs to the old mean, 1 - decay to the value")
def swapped(value, mean, decay=0.9):
    mean = (1 - decay) * mean + decay * value
    return value - mean, mean


@judge(reference.draw, points=1, returns=("mask",))
def draw(rng):
    yield Call("a matrix", rng=Rng(int(rng.integers(2**31))), shape=(8, 5), keep=0.7)
    yield Call("a vector", rng=Rng(int(rng.integers(2**31))), shape=(40,), keep=0.4)


@draw.mistake("the mask is not divided by keep: the mean of a layer shrinks")
def undivided(rng, shape, keep):
    return (rng.random(shape) < keep).astype(float)


@judge(reference.descend, points=2, returns=("theta",))
def descend(rng):
    yield Call("three steps", problem=Problem("bowl"), theta=rng.normal(size=2), lr=0.1, n_steps=3)
    yield Call("one step", 3, problem=Problem("bowl"), theta=rng.normal(size=2), lr=0.3, n_steps=1)


@descend.mistake("the steps go uphill: subtract lr * gradient")
def uphill(problem, theta, lr, n_steps):
    for _ in range(n_steps):
        theta = theta + lr * problem.gradient(theta)
    return theta


why = Written("why", points=1, rubric="- 1 point: the first means are too small.")
