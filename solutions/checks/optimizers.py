"""How the exercises of the chapter on optimizers are judged."""

import numpy as np

from gradus.judging import Call, Written, judge
from solutions import optimizers as reference

SHAPES = {"a vector": (4,), "a matrix": (3, 5), "three axes": (2, 3, 4), "one number": (1,)}


@judge(reference.sgd_step, points=1, returns=("theta",))
def sgd_step(rng):
    for label, shape in SHAPES.items():
        yield Call(label, theta=rng.normal(size=shape), grad=rng.normal(size=shape), lr=rng.uniform(0.1, 0.9))


@sgd_step.mistake("the step goes uphill: the gradient points up, so subtract `lr * grad`")
def sgd_uphill(theta, grad, lr):
    return theta + lr * grad


@sgd_step.mistake("the step ignores `lr`: its length is `lr` times that of the gradient")
def sgd_without_lr(theta, grad, lr):
    return theta - grad


@sgd_step.mistake("the gradient was made of length 1 first: the step is `lr * grad`, long where the slope is steep")
def sgd_constant_length(theta, grad, lr):
    return theta - lr * grad / np.linalg.norm(grad)


@sgd_step.variant("in place on a copy")
def sgd_in_place(theta, grad, lr):
    theta = theta.copy()
    theta -= lr * grad
    return theta


@sgd_step.variant("in float32")
def sgd_float32(theta, grad, lr):
    return theta.astype(np.float32) - np.float32(lr) * grad.astype(np.float32)


@sgd_step.variant("lists, item by item")
def sgd_list(theta, grad, lr):
    return [t - lr * g for t, g in zip(theta.ravel().tolist(), grad.ravel().tolist())] if theta.ndim == 1 else (
        [sgd_list(t, g, lr) for t, g in zip(theta, grad)]
    )


why_bias_correction = Written(
    "why-bias-correction",
    points=4,
    rubric="""\
- 1 point: both moments start at zero, so both begin too small by the factor 1 - beta^t.
- 1 point: at t = 1 the quotient is (1 - beta1) / sqrt(1 - beta2) times sign(g) = 3.16 sign(g).
- 1 point: the step is too large, not too small, because the second moment is corrected more slowly.
- 1 point: the correction makes the first step lr * sign(g), and fades.
""",
)
