import numpy as np


def scale(x, weight):
    """The hyperbolic tangent of x, times a weight.

    weight * tanh(x), in a new array of the shape to which both broadcast.
    """
    return weight * np.tanh(x)


def track(value, mean, decay=0.9):
    """One step of a running mean: (value - new mean, new mean).

    new mean = decay * mean + (1 - decay) * value
    """
    mean = decay * mean + (1 - decay) * value
    return value - mean, mean


def draw(rng, shape, keep):
    """A mask for dropout: 1 / keep where rng.random(shape) < keep, else 0."""
    return (rng.random(shape) < keep) / keep


def descend(problem, theta, lr, n_steps):
    """theta after n_steps of gradient descent on problem.gradient."""
    for _ in range(n_steps):
        theta = theta - lr * problem.gradient(theta)
    return theta
