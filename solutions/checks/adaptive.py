"""How the exercises of the chapter on adaptive rates are judged.

Hyperparameters in the cases are far from their defaults and eps is large, so that no mistake hides
behind a rounding: each one changes a result by far more than the tolerance for float32.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Problem
from solutions import adaptive as reference
from solutions.checks.descent import SHAPES, _normal


def _squares(rng, shape, name):
    return {name: rng.uniform(0.2, 3.0, size=shape)}


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
    or
        theta - lr * grad / (np.sqrt(s) + eps) -> theta - (lr / np.sqrt(s) + eps) * grad
    eps stands inside the root, squared: here it is outside, `sqrt(s) + eps`
        (np.sqrt(s) + eps) -> np.sqrt(s + eps**2)
    eps is added to the sum, and to the root once more: it belongs to the root alone
        s = s + grad**2 -> s = s + grad**2 + eps
    the square is added to `s` twice: return the sum that the step was made with
        eps), s -> eps), s + grad**2
    the length of the whole gradient is added: each parameter has a sum of its own, of squares
        s + grad**2 -> s + np.linalg.norm(grad)
    the gradients are summed, and the absolute value of their sum divides: square each gradient, then add
        s + grad**2 -> s + grad
        np.sqrt(s) -> np.abs(s)
    the gradient is squared in the step, too: only in the sum
        lr * grad / -> lr * grad**2 /
    the root is missing, and eps is outside the fraction: divide by `sqrt(s) + eps`
        (np.sqrt(s) + eps) -> s + eps
    the root was kept for `s`, and the step takes the root of that: keep the sum of the squares
        s + grad**2 -> np.sqrt(s + grad**2)
    `s` is taken for the root of the sum of the squares: it is that sum itself
        s + grad**2 -> np.sqrt(s**2 + grad**2)
        np.sqrt(s) -> s
    or
        s + grad**2 -> s**2 + grad**2
    the sum stands in the place of the gradient: the step is `lr * grad` divided by the root
        lr * grad / -> lr * s /
    the sums of all parameters are added up before the root: each parameter has a sum of its own
        np.sqrt(s) -> np.sqrt(np.sum(s))
    or
        (np.sqrt(s) + eps) -> np.sqrt(np.sum(s) + eps)
    the step goes uphill, and eps is missing: subtract it, and divide by `sqrt(s) + eps`
        theta - lr -> theta + lr
        (np.sqrt(s) + eps) -> np.sqrt(s)
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


@judge(reference.rmsprop_step, points=1, returns=("theta", "v"))
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
    or
        beta1**t -> beta1 * t
    or
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
# What goes wrong between the averages and the step, in Adam and AdamW alike.
CORRECTION_MISTAKES = """
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
"""


@judge(reference.adam_step, points=4, returns=("theta", "m", "v"))
def adam_step(rng):
    zeros = np.zeros(4)
    betas = {"beta1": 0.8, "beta2": 0.95}
    yield Call(
        "the first step, t = 1", **_normal(rng, 4, "theta", "grad"), m=zeros, v=zeros, t=1, lr=0.3, **betas, eps=0.2
    )
    # From 0, where a step of 0.001 is seen; some gradients are of the size of eps.
    grad = rng.uniform([0.0, 0.5, -3e-8, 2e-8], [0.0, 0.9, -1e-8, 5e-8])
    label = "the first step from 0 with gradients of 0 and near 0, all left at its default"
    yield Call(label, theta=zeros, grad=grad, m=zeros, v=zeros, t=1)
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
    the brackets of the correction are wrong: only beta is raised to the power, `1 - beta**t`
        (1 - beta1**t) -> (1 - beta1) ** t
        (1 - beta2**t) -> (1 - beta2) ** t
    `beta1` and `beta2` are ignored: 0.9 and 0.999 are only their defaults
        return adam_step(theta, grad, m, v, t, lr, 0.9, 0.999, eps)
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
""")
adam_step.add_mistakes(CORRECTION_MISTAKES)
adam_step.add_mistakes("""
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
    entry by entry, in lists
        def entry(theta, grad, m, v):
            m, v = m * beta1 + grad * (1 - beta1), v * beta2 + grad * grad * (1 - beta2)
            root = np.sqrt(v / (1 - beta2**t))
            return theta - lr / (root + eps) * m / (1 - beta1**t), m, v
        rows = [entry(*numbers) for numbers in zip(*(np.ravel(a) for a in (theta, grad, m, v)))]
        return tuple(np.reshape(column, np.shape(theta)) for column in zip(*rows))
""")


@judge(
    reference.adam_path,
    points=2,
    returns=("points",),
    repair="the corrected averages are carried into the next step: the correction is for this step alone",
)
def adam_path(rng):
    betas = {"beta1": 0.8, "beta2": 0.95}
    bowl = Problem("bowl", "gradient")
    yield Call("one step", 0.5, gradient=bowl, **_normal(rng, 2, "theta"), n_steps=1, lr=0.3, **betas, eps=0.2)
    for label, name, n_steps in (
        ("two steps in the long bowl", "bowl", 2),
        ("the saddle", "saddle", 6),
        ("two wells", "two wells", 9),
        ("thirty steps in the tilted bowl", "tilted bowl", 30),
    ):
        beta1, beta2 = rng.uniform([0.6, 0.93], [0.8, 0.97])
        yield Call(
            label,
            gradient=Problem(name, "gradient"),
            **_normal(rng, 2, "theta"),
            n_steps=n_steps,
            lr=rng.uniform(0.1, 0.3),
            beta1=beta1,
            beta2=beta2,
            eps=rng.uniform(0.2, 0.5),
        )
    yield Call("betas and eps left at their defaults", gradient=bowl, **_normal(rng, 2, "theta"), n_steps=5, lr=0.3)
    # From near 0, where a step of 0.001 is seen.
    small = rng.uniform(0.01, 0.02, size=2)
    yield Call("all left at its default", gradient=bowl, theta=small, n_steps=7)


adam_path.add_mistakes("""
    the corrected averages are carried into the next step: the correction is for this step alone
        m_hat = m / -> m = m /
        v_hat = v / -> v = v /
        m_hat / (np.sqrt(v_hat) -> m / (np.sqrt(v)
    v is in order; the corrected m is still carried into the next step
        m_hat = m / -> m = m /
        m_hat / (np -> m / (np
    m is in order; the corrected v is still carried into the next step
        v_hat = v / -> v = v /
        np.sqrt(v_hat) -> np.sqrt(v)
    nothing is corrected now: the step needs m and v corrected, only the next step does not
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    only v is corrected now: the step needs m corrected, too
        m / (1 - beta1**t) -> m
    only m is corrected now: the step needs v corrected, too
        v / (1 - beta2**t) -> v
    the correction is now that of the first step in every step: it fades, as `beta**t` does
        1 - beta1**t -> 1 - beta1
        1 - beta2**t -> 1 - beta2
    t is counted from 2 now: the first step is t = 1
        beta1**t -> beta1 ** (t + 1)
        beta2**t -> beta2 ** (t + 1)
    both corrections use beta1 now: v has a decay of its own
        beta2**t -> beta1**t
    the averages begin anew in every step: they go on from step to step, not corrected
        grad = gradient(theta) -> grad, m, v = gradient(theta), np.zeros_like(theta), np.zeros_like(theta)
    the step is right now, but the start is missing from the points
        points = [theta] -> points = []
        return np.array(points) -> return np.array(points).reshape(n_steps, len(theta))
    the step is right now, but the last point is missing
        np.array(points) -> np.array(points[:-1])
    eps has come under the root: it is added to the root of v
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    two faults: the corrected averages are still carried on, and both corrections use beta1
        m_hat = m / -> m = m /
        v_hat = v / (1 - beta2**t) -> v = v / (1 - beta1**t)
        m_hat / (np.sqrt(v_hat) -> m / (np.sqrt(v)
    two faults: the corrected averages are still carried on, and eps stands under the root
        m_hat = m / -> m = m /
        v_hat = v / -> v = v /
        m_hat / (np.sqrt(v_hat) + eps) -> m / np.sqrt(v + eps)
    two faults: the corrected m is still carried on, and v is not corrected any more
        m_hat = m / -> m = m /
        v_hat = v / (1 - beta2**t) -> v_hat = v
        m_hat / (np -> m / (np
    t is counted from 0 now: the first step is t = 1, and with 0 its correction divides by 0
        in range(1, n_steps + 1) -> in range(n_steps)
    the gradient at the start serves for all steps now: each takes that at its own point
        grad = gradient(theta) -> grad = gradient(points[0])
    the gradient is that of the point before: take it where the step begins, at the last point
        grad = gradient(theta) -> grad = gradient(points[-2] if len(points) > 1 else points[0])
    every point is the last one: `-=` changes the one array that stands in the list so often; make a
    new one, `theta = theta - ...`
        theta = theta - lr -> theta -= lr
    or
        m_hat = m / -> m = m /
        v_hat = v / -> v = v /
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps) -> theta -= lr * m / (np.sqrt(v) + eps)
    the first row is 0, and the steps begin there: put the start into it
        theta = np.zeros_like(theta)
        m = v = np.zeros_like(theta)
        points = [theta]
        for t in range(1, n_steps + 1):
            grad = gradient(theta)
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            theta = theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
            points.append(theta)
        return np.array(points)
    the step is right now, but only the last point is returned: all of them are asked for, the start first
        return np.array(points) -> return theta
    the step goes uphill now: subtract it
        theta - lr -> theta + lr
    the step is right now, but made with the defaults of beta1, beta2 and eps: hand on what is given
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        points = [theta]
        for t in range(1, n_steps + 1):
            theta, m, v = adam_step(theta, gradient(theta), m, v, t, lr)
            points.append(theta)
        return np.array(points)
""")
adam_path.add_variants("""
    with adam_step
        m, v, points = np.zeros(len(theta)), np.zeros(len(theta)), [theta]
        for t in range(1, n_steps + 1):
            theta, m, v = adam_step(theta, gradient(theta), m, v, t, lr, beta1, beta2, eps)
            points.append(theta)
        return points
    into an array that is there
        points = np.empty((n_steps + 1, len(theta)))
        points[0] = theta
        m = v = np.zeros(len(theta))
        for t in range(n_steps):
            grad = gradient(points[t])
            m = m + (1 - beta1) * (grad - m)
            v = v + (1 - beta2) * (grad * grad - v)
            corrected = m / (1 - beta1 ** (t + 1))
            points[t + 1] = points[t] - lr * corrected / (np.sqrt(v / (1 - beta2 ** (t + 1))) + eps)
        return points
    the corrections in the rate and in eps
        m, v, points = 0.0, 0.0, [theta]
        for t in range(1, n_steps + 1):
            grad, root = gradient(points[-1]), np.sqrt(1 - beta2**t)
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            points.append(points[-1] - lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root))
        return np.array(points)
    the averages summed up anew in every step
        grads, points = [], [theta]
        for t in range(1, n_steps + 1):
            grads.append(gradient(points[-1]))
            ages = np.arange(t)[::-1, None]
            m_hat = np.sum(beta1**ages * grads, axis=0) * (1 - beta1) / (1 - beta1**t)
            v_hat = np.sum(beta2**ages * np.square(grads), axis=0) * (1 - beta2) / (1 - beta2**t)
            points.append(points[-1] - lr * m_hat / (np.sqrt(v_hat) + eps))
        return np.array(points)
""")


@judge(reference.longest_step, points=3, returns=("length",))
def longest_step(rng):
    yield Call("the first step", 0.5, t=1, beta1=rng.uniform(0.5, 0.8), beta2=rng.uniform(0.9, 0.99))
    yield Call("the second step", t=2, beta1=rng.uniform(0.5, 0.8), beta2=rng.uniform(0.9, 0.99))
    yield Call(
        "no averaging of the gradients", 0.5, t=int(rng.integers(5, 20)), beta1=0.0, beta2=rng.uniform(0.8, 0.95)
    )
    for label, low, high in (("a few steps", 4, 9), ("some steps", 10, 30)):
        yield Call(label, t=int(rng.integers(low, high)), beta1=rng.uniform(0.6, 0.9), beta2=rng.uniform(0.9, 0.99))
    beta2 = rng.uniform(0.4, 0.5)
    yield Call("beta1 above the root of beta2", t=int(rng.integers(4, 9)), beta1=rng.uniform(0.75, 0.85), beta2=beta2)
    root = int(rng.integers(450, 900)) / 1024  # its square is exact
    yield Call("beta1 at the root of beta2", 0.5, t=int(rng.integers(4, 20)), beta1=root, beta2=root**2)
    yield Call("late", t=int(rng.integers(900, 1500)), beta1=rng.uniform(0.7, 0.9), beta2=rng.uniform(0.95, 0.98))
    yield Call("the betas left at their defaults", t=int(rng.integers(50, 200)))


def ages_of(t):
    """Of t gradients, the newest first."""
    return np.arange(t)


longest_step.add_mistakes("""
    the last gradient alone is there, after zeros: other sequences make longer steps
        return (1 - beta1) / (1 - beta1**t) / np.sqrt((1 - beta2) / (1 - beta2**t))
    this is for one gradient after many zeros, without the correction: other sequences make longer steps
        return (1 - beta1) / np.sqrt(1 - beta2)
    or
        return max(1.0, (1 - beta1) / np.sqrt(1 - beta2))
    all gradients are equal here: other sequences make longer steps
        return 1.0
    the larger of two sequences was taken, equal gradients and one after zeros: others make longer steps
        return max(1.0, (1 - beta1) / (1 - beta1**t) / np.sqrt((1 - beta2) / (1 - beta2**t)))
    the bias is not corrected: the longest step is asked for with the correction
        a = (1 - beta1) * beta1**ages / (1 - beta1**t) -> a = (1 - beta1) * beta1**ages
        b = (1 - beta2) * beta2**ages / (1 - beta2**t) -> b = (1 - beta2) * beta2**ages
    only the weights of m are corrected
        b = (1 - beta2) * beta2**ages / (1 - beta2**t) -> b = (1 - beta2) * beta2**ages
    only the weights of v are corrected
        a = (1 - beta1) * beta1**ages / (1 - beta1**t) -> a = (1 - beta1) * beta1**ages
    this is the square of the length
        np.sqrt(np.sum(a**2 / b)) -> np.sum(a**2 / b)
    the sum goes over infinitely many gradients: there are t
        return longest_step(20000, beta1, beta2)
    or
        return (1 - beta1) / np.sqrt(1 - beta2) / np.sqrt(np.maximum(1 - beta1**2 / beta2, 1e-9))
    or
        late = longest_step(20000, beta1, beta2)
        return late / (1 - beta1**t) * np.sqrt(1 - beta2**t)
    or
        late = (1 - beta1) / np.sqrt(1 - beta2) / np.sqrt(np.maximum(1 - beta1**2 / beta2, 1e-9))
        return late / (1 - beta1**t) * np.sqrt(1 - beta2**t)
    the gradients are as beta2 / beta1 to the power of their age here: they must grow towards now, and
    older ones be the smaller
        np.sqrt(np.sum(a**2 / b)) -> a @ (g := (beta2 / max(beta1, 1e-9)) ** np.minimum(ages, 50.0)) / np.sqrt(b @ g**2)
    the gradients are as the weights of m: that is the longest for a given length of the sequence, not
    for a given v
        np.sqrt(np.sum(a**2 / b)) -> a @ a / np.sqrt(b @ a**2)
    the weights are divided by the root of those of v, and not squared: the sum of their squares counts
        np.sqrt(np.sum(a**2 / b)) -> np.sum(a / np.sqrt(b))
    the triangle inequality bounds the step, but no sequence reaches that
        np.sqrt(np.sum(a**2 / b)) -> np.sum(a) / np.sqrt(np.min(b))
    or
        np.sqrt(np.sum(a**2 / b)) -> np.max(a / np.sqrt(b)) * np.sqrt(t)
    a is not squared: the terms are a**2 / b
        np.sum(a**2 / b) -> np.sum(a / b)
    this is the step of equal gradients without the correction: the longest of all sequences is asked
    for, with it
        return (1 - beta1**t) / np.sqrt(1 - beta2**t)
    with beta1**2 = beta2 the closed form divides 0 by 0: the t terms of its sum are all equal then
        ratio = np.float64(beta1**2 / beta2)
        ages_summed = (1 - ratio**t) / (1 - ratio)
        return (1 - beta1) / (1 - beta1**t) * np.sqrt((1 - beta2**t) / (1 - beta2) * ages_summed)
    or
        ratio = float(beta1) ** 2 / float(beta2)
        ages_summed = (1 - ratio**t) / (1 - ratio)
        return (1 - beta1) / (1 - beta1**t) * np.sqrt((1 - beta2**t) / (1 - beta2) * ages_summed)
    the largest term was taken: all gradients together make the longest step
        np.sqrt(np.sum(a**2 / b)) -> np.max(a / np.sqrt(b))
    the older gradients are counted from 1: the newest has the age 0
        np.arange(t) -> np.arange(1, t + 1)
    one gradient is missing: there are t, of ages 0 to t - 1
        np.arange(t) -> np.arange(t - 1)
    or
        np.arange(t) -> np.arange(max(t - 1, 1))
    one gradient is too many: there are t, of ages 0 to t - 1
        np.arange(t) -> np.arange(t + 1)
    `beta1` and `beta2` have changed places
        return longest_step(t, beta2, max(beta1, 1e-3))
    the weights of m and v have changed places
        np.sum(a**2 / b) -> np.sum(b**2 / a) if beta1 else 1.0
    or
        np.sum(a**2 / b) -> np.sum(b**2 / a)
    the correction is that of the first step, which makes the factors 1 - beta1 and 1 - beta2 vanish: it
    fades, as `beta**t` does
        (1 - beta1**t) -> (1 - beta1)
        (1 - beta2**t) -> (1 - beta2)
    the weights of m, squared, and those of v are summed before the one sum is divided by the other: divide
    each square by its own weight
        np.sum(a**2 / b) -> np.sum(a**2) / np.sum(b)
    the bias is not corrected, and the ages are counted from 1: the newest gradient has the age 0
        np.arange(t) -> np.arange(1, t + 1)
        a = (1 - beta1) * beta1**ages / (1 - beta1**t) -> a = (1 - beta1) * beta1**ages
        b = (1 - beta2) * beta2**ages / (1 - beta2**t) -> b = (1 - beta2) * beta2**ages
    the weights lack their factors, 1 - beta1 and 1 - beta2
        a = (1 - beta1) * beta1**ages / -> a = beta1**ages /
        b = (1 - beta2) * beta2**ages / -> b = beta2**ages /
    the correction of v is not under the root: the step divides by the root of what is corrected
        ratio = np.sum((beta1**2 / beta2) ** ages_of(t))
        return (1 - beta1) / (1 - beta1**t) * (1 - beta2**t) / (1 - beta2) * np.sqrt(ratio)
    or
        ratio = np.sum((beta1**2 / beta2) ** ages_of(t))
        return (1 - beta1) / (1 - beta1**t) * (1 - beta2**t) / np.sqrt(1 - beta2) * np.sqrt(ratio)
    the gradients are as the weights of m divided by the roots of those of v: other sequences make longer steps
        np.sqrt(np.sum(a**2 / b)) -> a @ (a / np.sqrt(b)) / np.sqrt(b @ (a / np.sqrt(b)) ** 2)
    from age to age the terms change by beta1**2 / beta2: beta1 is squared, beta2 is not
        ratio = np.sum((beta1 / beta2) ** ages_of(t))
        return (1 - beta1) / (1 - beta1**t) * np.sqrt((1 - beta2**t) / (1 - beta2) * ratio)
    or
        ratio = np.sum((beta1 / beta2) ** (2 * ages_of(t)))
        return (1 - beta1) / (1 - beta1**t) * np.sqrt((1 - beta2**t) / (1 - beta2) * ratio)
    the sum over the ages stands outside the root: it is under it
        ratio = np.sum((beta1**2 / beta2) ** ages_of(t))
        return (1 - beta1) / (1 - beta1**t) * np.sqrt((1 - beta2**t) / (1 - beta2)) * ratio
    the terms are upside down: the weights of m, squared, stand above those of v
        np.sum(a**2 / b) -> np.sum(b / a**2)
    or
        np.sum(a**2 / b) -> np.sum(b / a**2) if beta1 else 1.0
    the root is that of each term: the root of their sum is asked for
        np.sqrt(np.sum(a**2 / b)) -> np.sum(np.sqrt(a**2 / b) * b)
    `beta1` and `beta2` are not used, only their defaults
        return longest_step(t)
    the correction multiplies: m and v are divided by 1 - beta**t
        / (1 - beta1**t) -> * (1 - beta1**t)
        / (1 - beta2**t) -> * (1 - beta2**t)
    this is the factor of the correction alone: it is multiplied by what the gradients make of m and v
        return np.sqrt(1 - beta2**t) / (1 - beta1**t)
""")
longest_step.add_variants("""
    the geometric series in closed form
        ratio = beta1**2 / beta2
        terms = t if np.isclose(ratio, 1, rtol=1e-13) else (1 - ratio**t) / (1 - ratio)
        first = (1 - beta1) ** 2 * (1 - beta2**t) / ((1 - beta1**t) ** 2 * (1 - beta2))
        return np.sqrt(first * terms)
    the sequence that makes it, put into the step
        g = [(beta1 / beta2) ** age for age in range(t)]
        m = sum((1 - beta1) * beta1**k * x for k, x in enumerate(g)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2**k * x * x for k, x in enumerate(g)) / (1 - beta2**t)
        return m / v**0.5
    by running Adam on that sequence
        m = v = 0.0
        for number in range(1, t + 1):
            g = (max(beta1, 1e-9) / beta2) ** (t - number)
            moved, m, v = adam_step(0.0, g, m, v, number, 1.0, beta1, beta2, 1e-300)
        return -moved
    the norm of the weights, measured by those of v
        a = np.array([beta1**k for k in range(t)])
        b = np.array([beta2**k for k in range(t)])
        return np.linalg.norm(a / a.sum() / np.sqrt(b / b.sum()))
""")


def _adamw(theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, decay):
    """AdamW whose last line is `decay(theta, lr, weight_decay, step)`."""
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return decay(theta, lr, weight_decay, step), m, v


@judge(reference.adamw_step, points=2, returns=("theta", "m", "v"))
def adamw_step(rng):
    def state(shape, first=False):
        drawn = _normal(rng, shape, "theta", "grad", "m")
        m, v = 0.5 * drawn["m"], rng.uniform(0.5, 2.0, shape)
        return drawn | {"m": 0 * m if first else m, "v": 0 * v if first else v}

    def hyper(**fixed):
        drawn = {
            "lr": rng.uniform(0.2, 0.4),
            "weight_decay": rng.uniform(0.4, 0.8),
            "beta1": rng.uniform(0.5, 0.7),
            "beta2": rng.uniform(0.75, 0.85),
            "eps": rng.uniform(0.05, 0.2),
        }
        return drawn | fixed

    yield Call("the first step, t = 1", **state(4, first=True), t=1, **hyper())
    for label, shape in {"a vector": (4,), "a matrix": (3, 4)}.items():
        yield Call(label, **state(shape), t=int(rng.integers(2, 5)), **hyper())
    yield Call("no gradient, only decay", **(state(5) | {"grad": np.zeros(5), "m": np.zeros(5)}), t=3, **hyper())
    yield Call("weight_decay = 0: plain Adam", **state(4), t=2, **hyper(weight_decay=0.0))
    # From 0, where a step of 0.001 is seen; some gradients are of the size of eps.
    first = state(4, first=True) | {"theta": np.zeros(4)}
    first["grad"] = rng.uniform([0.0, 0.5, -3e-8, 2e-8], [0.0, 0.9, -1e-8, 5e-8])
    yield Call("the first step from 0, all left at its default", **first, t=1)
    lr = rng.uniform(0.2, 0.4)
    yield Call("all but lr left at its default", **state(4), t=int(rng.integers(2, 6)), lr=lr)


adamw_step.add_mistakes("""
    the decay went into the gradient: that is Adam with an L2 penalty, whose decay is divided by the
    root like the rest; here it acts on `theta` alone
        grad = grad + weight_decay * theta
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
    the decay is divided by the root: add it outside the fraction, `- lr * weight_decay * theta`
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        root = np.sqrt(v / (1 - beta2**t)) + eps
        return theta - lr * (m / (1 - beta1**t) + weight_decay * theta) / root, m, v
    the decay lacks the learning rate: in this convention theta loses the share lr * weight_decay
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - d * w,
        )  # fmt: skip
    the decay multiplies the parameters after the step: it is the old theta that loses the share lr
    * weight_decay
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: (w - s) * (1 - lr * d),
        )  # fmt: skip
    the decay has the wrong sign: the parameters grow
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s + lr * d * w,
        )  # fmt: skip
    this is Adam alone: the weight decay is missing
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
    this decays by the sign of theta, as L1 does: weight decay takes a share of theta itself
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - lr * d * np.sign(w),
        )  # fmt: skip
    the bias correction is missing: divide m by 1 - beta1**t and v by 1 - beta2**t
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * m / (np.sqrt(v) + eps) - lr * weight_decay * theta, m, v
    the corrected averages are returned: the correction is for this step alone, return m and v
    without it
        theta, m, v = adamw_step(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps
        )
        return theta, m / (1 - beta1**t), v / (1 - beta2**t)
    `eps` is inside the root: here it is added to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    `beta1` and `beta2` have changed places: beta1 belongs to m, beta2 to v
        return adamw_step(
            theta, grad, m, v, t, lr, weight_decay, beta2, beta1, eps
        )
    the root of v_hat is missing
        np.sqrt(v_hat) -> v_hat
    the step goes uphill: subtract it
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w + s - lr * d * w,
        )  # fmt: skip
    the decay has a half: in one step theta loses the share lr * weight_decay, the whole of it
        return _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps,
            lambda w, lr, d, s: w - s - lr * d / 2 * w,
        )  # fmt: skip
""")
adamw_step.add_mistakes(AVERAGES_MISTAKES)
adamw_step.add_mistakes("""
    the step uses the old averages: update m and v first
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * theta, m, v
    the averages are returned as they were given: return the new m and v
        old, old_v = m, v
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return theta - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * theta, old, old_v
""")
adamw_step.add_mistakes(CORRECTION_MISTAKES)
adamw_step.add_mistakes("""
    this is the step alone: subtract it from `theta`
        theta - step -> -step
    both corrections use beta1: v has a decay of its own, divide it by `1 - beta2**t`
        beta2**t -> beta1**t
    both corrections use beta2: m has a decay of its own, divide it by `1 - beta1**t`
        beta1**t -> beta2**t
    the correction lacks its power: divide by `1 - beta**t`, not by `1 - beta`
        1 - beta1**t -> 1 - beta1
        1 - beta2**t -> 1 - beta2
    t is counted from 0 here: the first step is t = 1 and its correction is `1 - beta**1`
        (1 - beta1**t) -> (1 - beta1 ** (t + 1))
        (1 - beta2**t) -> (1 - beta2 ** (t + 1))
    t is counted from 1: the powers are `beta**t`, not `beta**(t - 1)`, which divides by 0 at the
    first step
        (1 - beta1**t) -> (1 - beta1 ** (t - 1))
        (1 - beta2**t) -> (1 - beta2 ** (t - 1))
    only m is corrected: divide v by `1 - beta2**t`, too
        v / (1 - beta2**t) -> v
    only v is corrected: divide m by `1 - beta1**t`, too
        m / (1 - beta1**t) -> m
    m sums the gradients: it averages them, the new one enters with weight `1 - beta1`
        m + (1 - beta1) * grad -> m + grad
    m and v have changed places in the results: theta, m, v
        weight_decay * theta, m, v -> weight_decay * theta, v, m
    the gradient itself stands in the step: it is made with the corrected m
        m / (1 - beta1**t) -> grad
    eps is outside the fraction: without parentheses it is added to the quotient, not to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat) + eps
    v averages the squares of m: it averages the squares of the gradient
        grad**2 -> m**2
    eps is added to the root of the uncorrected v: that is Keras's form; here it is `sqrt(v_hat) +
    eps`
        m_hat / (np.sqrt(v_hat) + eps) -> m_hat * np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    `eps` is missing: it is added to the root
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat)
    the parameters have been replaced by their share: theta is multiplied by 1 - lr * weight_decay,
    not by lr * weight_decay
        theta - step - lr * weight_decay * theta -> lr * weight_decay * theta - step
    the step has the learning rate twice: step and decay both have it once
        theta - step - lr * weight_decay * theta -> theta - lr * (step + weight_decay * theta)
    the decay takes theta's square: theta loses the share lr * weight_decay of itself
        lr * weight_decay * theta -> lr * weight_decay * theta**2
    the decay is a number of its own, without theta: theta loses the share lr * weight_decay of
    itself
        lr * weight_decay * theta -> lr * weight_decay
    the decay is doubled: theta loses the share lr * weight_decay, once
        lr * weight_decay * theta -> 2 * lr * weight_decay * theta
    the decay has the learning rate squared: theta loses the share lr * weight_decay
        lr * weight_decay * theta -> lr**2 * weight_decay * theta
    the decay went into the gradient, without a share in v: here it acts on `theta` alone
        grad**2 -> grad**2; m = m + (1 - beta1) * weight_decay * theta
        theta - step - lr * weight_decay * theta -> theta - step
    the decay went into the gradient and is made on theta, too: on `theta` alone
        m = beta1 * m + -> grad = grad + weight_decay * theta; m = beta1 * m +
    the decay went into the gradient with the wrong sign: here it acts on `theta` alone, which loses
    a share
        m = beta1 * m + -> grad = grad - weight_decay * theta; m = beta1 * m +
        theta - step - lr * weight_decay * theta -> theta - step
    the decay lacks the learning rate and is added: theta loses the share lr * weight_decay
        - lr * weight_decay * theta -> + weight_decay * theta
    the decay lacks the learning rate and multiplies the parameters after the step: it is the old
    theta that loses the share lr * weight_decay
        theta - step - lr * weight_decay * theta -> (theta - step) * (1 - weight_decay)
    the bias is not corrected, and the decay lacks the learning rate: divide m by `1 - beta1**t` and
    v by `1 - beta2**t`, and multiply the decay by `lr`
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
        lr * weight_decay -> weight_decay
    eps stands inside the root, and the decay lacks the learning rate: add eps to the root, and
    multiply the decay by `lr`
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
        lr * weight_decay -> weight_decay
    the correction of v lacks its power: divide by `1 - beta2**t`
        beta2**t -> beta2
    the correction of m lacks its power: divide by `1 - beta1**t`
        beta1**t -> beta1
    the step uses the old m: update it first
        m = beta1 * m -> old = m; m = beta1 * m
        m / (1 - beta1**t) -> old / (1 - beta1**t)
    the step uses the old v: update it first
        v = beta2 * v -> old = v; v = beta2 * v
        v / (1 - beta2**t) -> old / (1 - beta2**t)
    m is not corrected, and eps stands inside the root: divide m by `1 - beta1**t`, and add eps to
    the root
        m / (1 - beta1**t) -> m
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
""")
adamw_step.add_variants("""
    as PyTorch does it: shrink first, then step
        theta = theta.copy()
        theta *= 1 - lr * weight_decay
        m = m + (1 - beta1) * (grad - m)
        v = beta2 * v + (1 - beta2) * np.square(grad)
        theta -= lr / (1 - beta1**t) * m / (np.sqrt(v) / np.sqrt(1 - beta2**t) + eps)
        return theta, m, v
    in float32, the decay after the step, of the old theta
        new, m, v = _adamw(
            theta, grad, m, v, t, lr, weight_decay, beta1, beta2, eps, lambda w, lr, d, s: w - s
        )
        return [a.astype(np.float32) for a in (new - lr * weight_decay * theta, m, v)]
    number by number
        def one(w, g, m, v):
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            root = (v / (1 - beta2**t)) ** 0.5 + eps
            return (1 - lr * weight_decay) * w - lr * m / (1 - beta1**t) / root, m, v
        return tuple(np.vectorize(one)(theta, grad, m, v))
    in place on copies, the decay of the old theta last
        old, theta, m, v = theta, theta.copy(), m.copy(), v.copy()
        m += (1 - beta1) * (grad - m)
        v += (1 - beta2) * (grad**2 - v)
        theta -= lr * (m / (1 - beta1**t)) / (eps + np.sqrt(v / (1 - beta2**t)))
        theta -= weight_decay * lr * old
        return theta, m, v
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
