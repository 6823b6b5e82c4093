"""How the exercises of the chapter on normalization are judged.

Sequences have several leading axes, so that a sum over the first alone is told; eps is large, so that a wrong
one shows by far; every position, map and sequence has a level and a spread of its own.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import normalization as reference


def _scales(rng, *names, size):
    """Vectors of both signs, none of their entries near 0 or 1, no two alike in size."""
    signs = {name: rng.choice([-1.0, 1.0], size=size) for name in names}
    return {name: sign * rng.uniform(1.3, 2.5, size=size) for name, sign in signs.items()}


def _positions(rng, *shape):
    """Each position has a level and a spread of its own, neither near 0 or 1."""
    *leading, _ = shape
    level = rng.choice([-1.0, 1.0], size=(*leading, 1)) * rng.uniform(1.0, 3.0, size=(*leading, 1))
    return level + rng.uniform(1.6, 3.0, size=(*leading, 1)) * rng.normal(size=shape)


def _whole(rng, *shape):
    """Whole numbers: an array that is made like them cuts what it is given."""
    return rng.integers(-9, 10, size=shape)


def _eps(rng):
    return rng.uniform(0.4, 0.8)


@judge(reference.layernorm_forward, points=1, returns=("y", "x_hat", "std"))
def layernorm_forward(rng):
    def layer(*shape):
        return {"x": _positions(rng, *shape), **_scales(rng, "gamma", "beta", size=shape[-1]), "eps": _eps(rng)}

    yield Call("six examples of three features", **layer(6, 3))
    yield Call("as many examples as features", **layer(4, 4))
    yield Call("two sequences of three positions", **layer(2, 3, 5))
    yield Call("all three sizes are the same", **layer(3, 3, 3))
    yield Call("one position", **layer(5))
    small = layer(2, 4, 3)
    del small["eps"]
    yield Call("small values, eps at its default", **small | {"x": 2e-3 * small["x"]})
    yield Call("whole numbers", 0.5, **layer(6, 4) | {"x": _whole(rng, 6, 4)})


def _layer(x, gamma, beta, eps, *, axis=-1, ddof=0, std=None, mean=None):
    """The reference with its parts made changeable: each mistake changes one."""
    var = x.var(axis=axis, keepdims=True, ddof=ddof)
    std = np.sqrt(var + eps) if std is None else std(var)
    x_hat = (x - (x.mean(axis=axis, keepdims=True) if mean is None else mean)) / std
    return gamma * x_hat + beta, x_hat, std


layernorm_forward.add_mistakes("""
    the averages run over the examples: that is batch normalization; here they run over the features of
    each position, the last axis
        return _layer(x, gamma, beta, eps, axis=0)
    or
        std = np.sqrt(x.var(axis=0) + eps)
        x_hat = (x - x.mean(axis=0)) / std
        return gamma * x_hat + beta, x_hat, std
    or
        axis = tuple(range(x.ndim - 1)) or 0
        return _layer(x, gamma, beta, eps, axis=axis)
    the averages run along axis 1, which are the positions of a sequence: the features are the last axis
        return _layer(x, gamma, beta, eps, axis=min(1, x.ndim - 1))
    or
        return _layer(x, gamma, beta, eps, axis=1)
    or
        std = np.sqrt(x.var(axis=1) + eps)
        x_hat = (x - x.mean(axis=1)[:, None]) / std[:, None]
        return gamma * x_hat + beta, x_hat, std[:, None]
    or
        std = np.sqrt(x.var(axis=1) + eps)
        x_hat = (x - x.mean(axis=1)) / std
        return gamma * x_hat + beta, x_hat, std
    the positions of a sequence are averaged together: each position has its own mean and variance
        axis = (-2, -1) if x.ndim == 3 else -1
        return _layer(x, gamma, beta, eps, axis=axis)
    or
        axis = tuple(range(1, x.ndim)) or 0
        return _layer(x, gamma, beta, eps, axis=axis)
    one mean and one variance were taken of all entries together: each position has its own
        std = np.sqrt(x.var() + eps)
        x_hat = (x - x.mean()) / std
        return gamma * x_hat + beta, x_hat, std
    or
        return _layer(x, gamma, beta, eps, axis=None)
    the variance is divided by d - 1: it is the biased one, divided by d
        return _layer(x, gamma, beta, eps, ddof=1)
    eps stands outside the root: it is added to the variance, inside
        return _layer(x, gamma, beta, eps, std=lambda var: np.sqrt(var) + eps)
    eps is left out: add it to the variance before the root
        return _layer(x, gamma, beta, eps, std=np.sqrt)
    this divides by the variance: divide by its root
        return _layer(x, gamma, beta, eps, std=lambda var: var + eps)
    or
        return _layer(x, gamma, beta, eps, std=lambda var: var)
    the mean is not subtracted: with the mean of the squares below the root it would be RMS
    normalization
        return _layer(x, gamma, beta, eps, mean=0.0)
    this is RMS normalization: the mean is subtracted here, from the values and in the variance
        std = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return gamma * x / std + beta, x / std, std
    the variance is the mean of x**2: subtract the mean before you square
        std = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
        return gamma * x_hat + beta, x_hat, std
    gamma and beta are left out: what was learned belongs to the layer
        _, x_hat, std = _layer(x, gamma, beta, eps)
        return x_hat, x_hat, std
    gamma is left out: it scales each feature
        return _layer(x, 1.0, beta, eps)
    beta is left out: it shifts each feature
        return _layer(x, gamma, 0.0, eps)
    gamma and beta have changed places: gamma scales, beta shifts
        return _layer(x, beta, gamma, eps)
    beta is scaled, too: it is added after x_hat was multiplied by gamma
        return _layer(x, gamma, gamma * beta, eps)
    the last result has lost its axis: keep it, with the length 1
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return y, x_hat, std[..., 0]
    the last result is the variance: return what the deviations were divided by
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return y, x_hat, std**2 - eps
    or
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return y, x_hat, std**2
    the last result lacks eps: return what the deviations were divided by
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return y, x_hat, x.std(axis=-1, keepdims=True)
    the last result is 1 / std: return std
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return y, x_hat, 1 / std
    the first two results have changed places: `return y, x_hat, std`
        y, x_hat, std = _layer(x, gamma, beta, eps)
        return x_hat, y, std
    only y is returned: `return y, x_hat, std`
        return _layer(x, gamma, beta, eps)[0]
    the results are cut to whole numbers: arrays made like `x` are whole where x is; make them of floats
        y, x_hat = np.zeros_like(x), np.zeros_like(x)
        y[:], x_hat[:], std = _layer(x, gamma, beta, eps)
        return y, x_hat, std
    the second result is y again: return x_hat, before gamma and beta
        y, _, std = _layer(x, gamma, beta, eps)
        return y, y, std
""")
layernorm_forward.add_variants("""
    by moving the features to the front
        columns = np.moveaxis(x, -1, 0)
        centred = columns - columns.mean(0)
        std = ((centred**2).mean(0) + eps) ** 0.5
        x_hat = np.moveaxis(centred / std, 0, -1)
        return x_hat * gamma + beta, x_hat, std[..., None]
    as rows, there and back, in float32
        rows = x.reshape(-1, x.shape[-1]).astype(np.float32)
        centred = rows - rows.mean(axis=1, keepdims=True)
        std = np.sqrt(np.einsum("ij,ij->i", centred, centred) / rows.shape[1] + np.float32(eps))
        x_hat = (centred / std[:, None]).reshape(x.shape)
        y = x_hat * gamma.astype(np.float32) + beta.astype(np.float32)
        return y, x_hat, std.reshape(*x.shape[:-1], 1)
    row by row, in lists
        rows = x.reshape(-1, x.shape[-1])
        means = [sum(row) / len(row) for row in rows]
        stds = [(sum((v - m) ** 2 for v in row) / len(row) + eps) ** 0.5 for row, m in zip(rows, means)]
        x_hat = np.array([(row - m) / s for row, m, s in zip(rows, means, stds)]).reshape(x.shape)
        return [gamma * x_hat + beta, x_hat, np.reshape(stds, (*x.shape[:-1], 1))]
    by a centring matrix
        d = x.shape[-1]
        centred = x @ (np.eye(d) - np.ones((d, d)) / d)
        std = np.sqrt(np.linalg.norm(centred, axis=-1, keepdims=True) ** 2 / d + eps)
        return centred * (gamma / std) + beta, centred / std, std
""")


def _back(rng, *shape):
    """What goes back through a layer, and what the way forward left."""
    x, units, eps = _positions(rng, *shape), _scales(rng, "gamma", size=shape[-1]), _eps(rng)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
    # Its product with gamma has a part along the ones and one along x_hat, so that both corrections are large.
    part = rng.uniform(0.6, 1.2, size=(*shape[:-1], 1)) + 0.7 * x_hat
    dy = rng.normal(size=shape) + part / units["gamma"]
    return {"dy": dy, "x": x, "x_hat": x_hat, "std": std, "eps": eps} | units


def _pick(arguments, *names):
    return {name: arguments[name] for name in names}


_FORMS = (
    ("six examples of three features", (6, 3)),
    ("as many examples as features", (4, 4)),
    ("two sequences of three positions", (2, 3, 5)),
    ("all three sizes are the same", (3, 3, 3)),
    ("one position", (5,)),
)


@judge(reference.layernorm_backward, points=4, returns=("dx", "dgamma", "dbeta"))
def layernorm_backward(rng):
    for label, shape in _FORMS:
        yield Call(label, **_pick(_back(rng, *shape), "dy", "x_hat", "gamma", "std"))
    even = _back(rng, 2, 4, 3)
    even["dy"] = even["dy"] - np.mean(even["dy"] * even["gamma"], axis=-1, keepdims=True) / even["gamma"]
    yield Call("no part of the gradient shifts a position", 0.5, **_pick(even, "dy", "x_hat", "gamma", "std"))


def _line(dy, x_hat, gamma, std, *, shift=1.0, along=1.0, axis=-1):
    """The reference with its parts made changeable: each mistake changes one."""
    leading, grad = tuple(range(dy.ndim - 1)), dy * gamma
    mean = grad.mean(axis=axis, keepdims=True)
    other = np.mean(grad * x_hat, axis=axis, keepdims=True)
    dx = (grad - shift * mean - along * x_hat * other) / std
    return dx, np.sum(dy * x_hat, axis=leading), np.sum(dy, axis=leading)


layernorm_backward.add_mistakes("""
    the part along x_hat is divided by the true mean of its squares, which eps has made less than 1: on the way back
    through the standard deviation nothing is divided by that mean
        g = gamma * dy
        along = np.sum(g * x_hat, axis=-1, keepdims=True) / np.sum(x_hat**2, axis=-1, keepdims=True)
        _, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return (g - np.mean(g, axis=-1, keepdims=True) - x_hat * along) / std, dgamma, dbeta
    gamma stands in front of the averages, as in batch normalization: here it differs between the numbers
    that are averaged, so it belongs inside
        means = dy.mean(axis=-1, keepdims=True), np.mean(dy * x_hat, axis=-1, keepdims=True)
        _, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return gamma / std * (dy - means[0] - x_hat * means[1]), dgamma, dbeta
    the averages in dx run over the examples, as in batch normalization: here they run over the features
    of each position
        return _line(dy, x_hat, gamma, std, axis=0)
    or
        axis = tuple(range(dy.ndim - 1)) or 0
        return _line(dy, x_hat, gamma, std, axis=axis)
    this is the way back of batch normalization: here the averages run over the features, and gamma
    belongs inside
        dgamma, dbeta, n = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0), len(dy)
        return gamma / std * (dy - dbeta / n - x_hat * dgamma / n), dgamma, dbeta
    mean and variance are treated as constants: both depend on x, and two terms are subtracted
        return _line(dy, x_hat, gamma, std, shift=0, along=0)
    the path through the mean is missing in dx
        return _line(dy, x_hat, gamma, std, shift=0)
    the path through the variance is missing in dx
        return _line(dy, x_hat, gamma, std, along=0)
    sums in place of means in dx: mean and variance are averages over the d features
        return _line(dy, x_hat, gamma, std, shift=len(gamma), along=len(gamma))
    the signs in dx are wrong: both terms are subtracted
        return _line(dy, x_hat, gamma, std, shift=-1, along=-1)
    the mean is added in dx: both terms are subtracted
        return _line(dy, x_hat, gamma, std, shift=-1)
    the part along x_hat is added in dx: both terms are subtracted
        return _line(dy, x_hat, gamma, std, along=-1)
    the means in dx are divided by d - 1: mean and variance are divided by d
        by = len(gamma) / (len(gamma) - 1)
        return _line(dy, x_hat, gamma, std, shift=by, along=by)
    the last term of dx lacks x_hat: a mean alone is no part along x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std, along=0)
        return dx - np.mean(dy * gamma * x_hat, axis=-1, keepdims=True) / std, dgamma, dbeta
    gamma is missing in dx: the way back passes the scaling first
        dx, dgamma, dbeta = _line(dy, x_hat, 1.0, std)
        return dx, dgamma, dbeta
    gamma is there twice in dx
        return _line(dy, x_hat, gamma**2, std)
    gamma is divided by in dx: it multiplied x_hat on the way forward, so it multiplies dy
        return _line(dy, x_hat, 1 / gamma, std)
    gamma is missing in the two averages of dx
        means = dy.mean(axis=-1, keepdims=True), np.mean(dy * x_hat, axis=-1, keepdims=True)
        _, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return (gamma * dy - means[0] - x_hat * means[1]) / std, dgamma, dbeta
    dx is not divided by std
        return _line(dy, x_hat, gamma, 1.0)
    dx is multiplied by std: divide by it
        return _line(dy, x_hat, gamma, 1 / std)
    dx is divided by the variance: divide by std
        return _line(dy, x_hat, gamma, std**2)
    or
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx / std, dgamma, dbeta
    the root is taken of std once more: it is a root already
        return _line(dy, x_hat, gamma, np.sqrt(std))
    the averages in dx were taken over all positions together: each has its own
        return _line(dy, x_hat, gamma, std, axis=None)
    dgamma and dbeta are summed over the first axis only: all positions of all sequences share gamma and
    beta
        dx, _, _ = _line(dy, x_hat, gamma, std)
        return dx, np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)
    dgamma and dbeta are summed over the features: each feature has its own, so sum over all else
        dx, _, _ = _line(dy, x_hat, gamma, std)
        return dx, np.sum(dy * x_hat, axis=-1), np.sum(dy, axis=-1)
    dgamma and dbeta are means: they are sums, the 1/n of the loss is in dy already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, dgamma / max(dy[..., 0].size, 2), dbeta / max(dy[..., 0].size, 2)
    or
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        leading = tuple(range(dy.ndim - 1))
        return dx, np.mean(dy * x_hat, axis=leading), np.mean(dy, axis=leading)
    dgamma and dbeta are not summed: all positions share gamma and beta
        return _line(dy, x_hat, gamma, std)[0], dy * x_hat, dy.copy()
    dgamma and dbeta are single numbers: each feature has its own
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, dgamma.sum(), dbeta.sum()
    gamma is in dgamma: gamma multiplies x_hat, so dgamma is made of dy and x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, gamma * dgamma, dbeta
    gamma is in dgamma and in dbeta: neither has it
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, gamma * dgamma, gamma * dbeta
    dgamma is the sum of dy alone: gamma multiplies x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, dbeta, dbeta
    dgamma and dbeta have changed places: `return dx, dgamma, dbeta`
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx, dbeta, dgamma
    dx lacks the gradient itself: two terms are subtracted from it
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx - dy * gamma / std, dgamma, dbeta
    dx is missing: `return dx, dgamma, dbeta`, the layer below needs it
        return _line(dy, x_hat, gamma, std)[1:]
    dx is divided by d once more: only the two averages have the d
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dx / len(gamma), dgamma, dbeta
    dx is d times as large: with d times the gradient and with sums in place of means, divide by d as well
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, std)
        return dy.shape[-1] * dx, dgamma, dbeta
    `len(dy)` was taken for d: the sums over the features are divided by their number, `dy.shape[-1]`
        share = dy.shape[-1] / len(dy)
        return _line(dy, x_hat, gamma, std, shift=share, along=share)
    the last term of dx holds a sum: both terms are means over the d features
        return _line(dy, x_hat, gamma, std, along=dy.shape[-1])
""")
layernorm_backward.add_variants("""
    a projection for each position
        d = len(gamma)
        rows, hats = (dy * gamma).reshape(-1, d), x_hat.reshape(-1, d)
        dx = [(np.eye(d) - 1 / d - np.outer(h, h) / d) @ g for g, h in zip(rows, hats)]
        dbeta = dy.reshape(-1, d).sum(axis=0)
        return np.reshape(dx, dy.shape) / std, (dy * x_hat).reshape(-1, d).sum(axis=0), dbeta
    node by node
        grad, d = dy * gamma, x_hat.shape[-1]
        centred = x_hat * std
        dvar = np.sum(grad * centred, axis=-1, keepdims=True) * -0.5 / std**3
        dmean = -np.sum(grad / std, axis=-1, keepdims=True)
        dx, over = grad / std + dvar * 2 * centred / d + dmean / d, tuple(range(dy.ndim - 1))
        return dx, (dy * x_hat).sum(axis=over), dy.sum(axis=over)
    one common denominator, einsum, in float32
        dy, x_hat, gamma, std = (a.astype(np.float32) for a in (dy, x_hat, gamma, std))
        d, grad = np.float32(len(gamma)), dy * gamma
        along = np.einsum("...i,...i->...", grad, x_hat)[..., None]
        dx = (d * grad - grad.sum(axis=-1, keepdims=True) - x_hat * along) / (d * std)
        dy = dy.reshape(-1, len(gamma))
        return [dx, np.einsum("ni,ni->i", dy, x_hat.reshape(dy.shape)), np.einsum("ni->i", dy)]
    position by position
        dx, dgamma, dbeta = np.zeros(dy.shape), np.zeros(len(gamma)), np.zeros(len(gamma))
        for place in np.ndindex(dy.shape[:-1]):
            grad, hat = dy[place] * gamma, x_hat[place]
            dx[place] = (grad - grad.mean() - hat * (grad @ hat) / len(hat)) / std[place]
            dgamma += dy[place] * hat
            dbeta += dy[place]
        return dx, dgamma, dbeta
""")


@judge(reference.rmsnorm_backward, points=3, returns=("dx", "dgamma"))
def rmsnorm_backward(rng):
    for label, shape in _FORMS:
        yield Call(label, **_pick(_back(rng, *shape), "dy", "x", "gamma", "eps"))
    small = _back(rng, 2, 3, 4)
    yield Call("small values, eps at its default", **_pick(small | {"x": 2e-3 * small["x"]}, "dy", "x", "gamma"))


def _rms(dy, x, gamma, eps, *, along=1.0, root=None, shift=0.0, axis=-1):
    """The reference with its parts made changeable: each mistake changes one."""
    square = np.mean(x**2, axis=-1, keepdims=True)
    r = np.sqrt(square + eps) if root is None else root(square)
    x_hat, grad = x / r, dy * gamma
    other = np.mean(grad * x_hat, axis=axis, keepdims=True)
    dx = (grad - shift * grad.mean(axis=-1, keepdims=True) - along * x_hat * other) / r
    return dx, np.sum(dy * x_hat, axis=tuple(range(dy.ndim - 1)))


rmsnorm_backward.add_mistakes("""
    the mean of the gradient is subtracted, as in layer normalization: here no mean was subtracted on the
    way forward, so that shifting a position does change the output
        return _rms(dy, x, gamma, eps, shift=1.0)
    this is the way back of layer normalization: here no mean is subtracted, neither from x nor in dx
        centred = x - x.mean(axis=-1, keepdims=True)
        return _rms(dy, centred, gamma, eps, shift=1.0)
    the mean is subtracted from x: RMS normalization divides x as it is
        return _rms(dy, x - x.mean(axis=-1, keepdims=True), gamma, eps)
    the root is that of the variance: it is that of the mean of the squares
        std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
        return _rms(dy, x, gamma, eps, root=lambda square: std)
    the root mean square is treated as a constant: it depends on x, and a term is subtracted
        return _rms(dy, x, gamma, eps, along=0.0)
    the term is added: it is subtracted, a larger x makes the divisor larger
        return _rms(dy, x, gamma, eps, along=-1.0)
    a sum in place of a mean in dx: the square that is divided by is a mean over the d features
        return _rms(dy, x, gamma, eps, along=len(gamma))
    the term is doubled: the 2 of the square and the 1/2 of the root cancel
        return _rms(dy, x, gamma, eps, along=2.0)
    the term is halved: the 2 of the square and the 1/2 of the root cancel
        return _rms(dy, x, gamma, eps, along=0.5)
    gamma stands in front of the average: it differs between the numbers that are averaged, so it belongs
    inside
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        x_hat, leading = x / r, tuple(range(dy.ndim - 1))
        dx = gamma / r * (dy - x_hat * np.mean(dy * x_hat, axis=-1, keepdims=True))
        return dx, np.sum(dy * x_hat, axis=leading)
    gamma is missing in dx: the way back passes the scaling first
        return _rms(dy, x, 1.0, eps)
    gamma is there twice in dx
        return _rms(dy, x, gamma**2, eps)
    gamma is missing in the average of dx
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        x_hat = x / r
        dx = (gamma * dy - x_hat * np.mean(dy * x_hat, axis=-1, keepdims=True)) / r
        return dx, np.sum(dy * x_hat, axis=tuple(range(dy.ndim - 1)))
    the average in dx runs over the examples: it runs over the features of each position
        return _rms(dy, x, gamma, eps, axis=0)
    the average in dx was taken over all positions together: each has its own
        return _rms(dy, x, gamma, eps, axis=None)
    the term has x in place of x divided by its root mean square
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        grad = dy * gamma
        dx = (grad - x * np.mean(grad * x, axis=-1, keepdims=True)) / r
        return dx, np.sum(dy * x / r, axis=tuple(range(dy.ndim - 1)))
    or
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        grad = dy * gamma
        dx = (grad - x * np.mean(grad * x / r, axis=-1, keepdims=True)) / r
        return dx, np.sum(dy * x / r, axis=tuple(range(dy.ndim - 1)))
    the term is divided by the root once too often: x stands in it twice, each divided by the root, and the
    whole is divided once more
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        grad = dy * gamma
        dx = grad / r - x * np.mean(grad * x, axis=-1, keepdims=True) / r**4
        return dx, np.sum(dy * x / r, axis=tuple(range(dy.ndim - 1)))
    the term lacks x: what is subtracted lies along x
        dx, dgamma = _rms(dy, x, gamma, eps, along=0.0)
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return dx - np.mean(dy * gamma * x / r, axis=-1, keepdims=True) / r, dgamma
    eps is left out: it belongs to the root, as on the way forward
        return _rms(dy, x, gamma, eps, root=np.sqrt)
    eps stands outside the root: it is added to the mean of the squares, inside
        return _rms(dy, x, gamma, eps, root=lambda square: np.sqrt(square) + eps)
    this divides by the mean of the squares: divide by its root
        return _rms(dy, x, gamma, eps, root=lambda square: square + eps)
    the squares are added up, not averaged
        return _rms(dy, x, gamma, eps, root=lambda square: np.sqrt(len(gamma) * square + eps))
    or
        norm = np.linalg.norm(x, axis=-1, keepdims=True)
        return _rms(dy, x, gamma, eps, root=lambda square: norm)
    the root mean square is one of each column: each position has its own
        r = np.sqrt(np.mean(x**2, axis=0) + eps)
        x_hat, grad = x / r, dy * gamma
        dx = (grad - x_hat * np.mean(grad * x_hat, axis=0)) / r
        return dx, np.sum(dy * x_hat, axis=tuple(range(dy.ndim - 1)))
    dx is not divided by the root
        dx, dgamma = _rms(dy, x, gamma, eps)
        return dx * np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps), dgamma
    dx is divided by d once more: only the average has the d
        dx, dgamma = _rms(dy, x, gamma, eps)
        return dx / len(gamma), dgamma
    dgamma is made of x: gamma multiplies x after it was divided
        dx, _ = _rms(dy, x, gamma, eps)
        return dx, np.sum(dy * x, axis=tuple(range(dy.ndim - 1)))
    gamma is in dgamma: gamma multiplies what was normalized, so dgamma does not have it
        dx, dgamma = _rms(dy, x, gamma, eps)
        return dx, gamma * dgamma
    dgamma is summed over the first axis only: all positions of all sequences share gamma
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return _rms(dy, x, gamma, eps)[0], np.sum(dy * x / r, axis=0)
    dgamma is summed over the features: each feature has its own, so sum over all else
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return _rms(dy, x, gamma, eps)[0], np.sum(dy * x / r, axis=-1)
    dgamma is a mean: it is a sum, the 1/n of the loss is in dy already
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return _rms(dy, x, gamma, eps)[0], np.mean(dy * x / r, axis=tuple(range(dy.ndim - 1)))
    dgamma is not summed: all positions share gamma
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        return _rms(dy, x, gamma, eps)[0], dy * x / r
    dgamma is the sum of dy: that would be the gradient of a shift
        return _rms(dy, x, gamma, eps)[0], np.sum(dy, axis=tuple(range(dy.ndim - 1)))
    the two results have changed places: `return dx, dgamma`
        return _rms(dy, x, gamma, eps)[::-1]
    `dx` alone is returned: `return dx, dgamma`
        return _rms(dy, x, gamma, eps)[0]
""")
rmsnorm_backward.add_variants("""
    by the quotient rule, with sums
        d, grad = x.shape[-1], dy * gamma
        square = (x * x).sum(axis=-1, keepdims=True) / d + eps
        dx = grad * square**-0.5 - x * (grad * x).sum(axis=-1, keepdims=True) / (d * square**1.5)
        return dx, (dy * x * square**-0.5).reshape(-1, d).sum(axis=0)
    a matrix for each position
        dx, dgamma, d = np.zeros(dy.shape), np.zeros(len(gamma)), len(gamma)
        for place in np.ndindex(dy.shape[:-1]):
            r = np.sqrt(x[place] @ x[place] / d + eps)
            jacobian = np.eye(d) / r - np.outer(x[place], x[place]) / (d * r**3)
            dx[place] = jacobian @ (dy[place] * gamma)
            dgamma += dy[place] * x[place] / r
        return [dx, dgamma]
    einsum, in float32
        dy, x, gamma = (a.astype(np.float32) for a in (dy, x, gamma))
        d = np.float32(len(gamma))
        inverse = 1 / np.sqrt(np.einsum("...i,...i->...", x, x) / d + np.float32(eps))[..., None]
        hat, grad = x * inverse, dy * gamma
        along = np.einsum("...i,...i->...", grad, hat)[..., None] / d
        rows = (-1, len(gamma))
        return inverse * (grad - hat * along), np.einsum("ni,ni->i", dy.reshape(rows), hat.reshape(rows))
    node by node
        r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
        grad = dy * gamma
        dr = -np.sum(grad * x, axis=-1, keepdims=True) / r**2
        dsquare = dr / (2 * r)
        dx = grad / r + dsquare * 2 * x / x.shape[-1]
        return dx, np.sum(dy * x / r, axis=tuple(range(x.ndim - 1)))
""")


@judge(reference.groupnorm_forward, points=3, returns=("y", "mean", "var"))
def groupnorm_forward(rng):
    def images(n, c, h, w, groups):
        spread = rng.uniform(1.6, 3.0, size=(n, c, 1, 1))
        place = rng.uniform(1.0, 3.0, size=(n, c, 1, 1)) * rng.choice([-1.0, 1.0], size=(n, c, 1, 1))
        # Each pixel has a level of its own: averages over fewer axes show.
        x = place + spread * (rng.normal(size=(c, h, w)) + rng.normal(size=(n, c, h, w)))
        return {"x": x, **_scales(rng, "gamma", "beta", size=c), "groups": groups, "eps": _eps(rng)}

    yield Call("four images of six maps, in two groups", **images(4, 6, 3, 5, 2))
    yield Call("six maps in three groups", **images(2, 6, 2, 3, 3))
    yield Call("eight maps in two groups", **images(3, 8, 2, 2, 2))
    yield Call("as many images, rows and columns as maps", **images(6, 6, 6, 6, 3))
    yield Call("one image", **images(1, 8, 3, 2, 4))
    yield Call("one group of all maps", 0.5, **images(3, 4, 2, 3, 1))
    yield Call("a group for each map", 0.5, **images(3, 4, 2, 3, 4))
    small = images(2, 6, 2, 2, 2)
    del small["eps"]
    yield Call("small values, eps at its default", **small | {"x": 2e-3 * small["x"]})
    yield Call("whole numbers", 0.5, **images(3, 6, 2, 4, 2) | {"x": _whole(rng, 3, 6, 2, 4)})


def _group(x, gamma, beta, groups, eps, *, axis=(2, 3, 4), ddof=0, std=None):
    """The reference with its parts made changeable: each mistake changes one."""
    n, c, h, w = x.shape
    parts = x.reshape(n, groups, c // groups, h, w)
    mean, var = parts.mean(axis=axis, keepdims=True), parts.var(axis=axis, keepdims=True, ddof=ddof)
    x_hat = ((parts - mean) / (np.sqrt(var + eps) if std is None else std(var))).reshape(x.shape)
    y = gamma[:, None, None] * x_hat + beta[:, None, None]
    return y, mean.squeeze(axis), var.squeeze(axis)


groupnorm_forward.add_mistakes("""
    the averages run over the images, too: each image is normalized by itself
        return _group(x, gamma, beta, groups, eps, axis=(0, 2, 3, 4))
    or
        n, c, h, w = x.shape
        g = x.reshape(n, groups, c // groups, h, w)
        m, v = g.mean(axis=(0, 2, 3, 4), keepdims=True), g.var(axis=(0, 2, 3, 4), keepdims=True)
        y = ((g - m) / np.sqrt(v + eps)).reshape(x.shape)
        m, v = (np.tile(one.reshape(1, groups), (n, 1)) for one in (m, v))
        return gamma[:, None, None] * y + beta[:, None, None], m, v
    each map of each image has its own mean and variance: that is instance normalization; here the maps of a
    group share them
        return _group(x, gamma, beta, groups, eps, axis=(3, 4))
    or
        mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean[..., 0, 0], var[..., 0, 0]
    all maps of an image are averaged together: that is layer normalization; here each group has its own
        mean, var = x.mean(axis=(1, 2, 3), keepdims=True), x.var(axis=(1, 2, 3), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean[..., 0, 0], var[..., 0, 0]
    or
        return _group(x, gamma, beta, 1, eps)
    each map has its mean and variance over all images: that is batch normalization
        mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean[0, :, 0, 0], var[0, :, 0, 0]
    each pixel has its own mean and variance, over the maps of a group: the average runs over the pixels,
    too
        return _group(x, gamma, beta, groups, eps, axis=(2,))
    the average runs over one of the two axes of the pixels only
        return _group(x, gamma, beta, groups, eps, axis=(2, 3))
    or
        return _group(x, gamma, beta, groups, eps, axis=(2, 4))
    `groups` is taken for the number of maps in a group: it is the number of groups
        return _group(x, gamma, beta, x.shape[1] // groups, eps)
    or
        n, c, h, w = x.shape
        parts = x.reshape(n, c // groups, groups, h, w)
        mean, var = parts.mean(axis=(2, 3, 4), keepdims=True), parts.var(axis=(2, 3, 4), keepdims=True)
        x_hat = ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean[:, :, 0, 0, 0], var[:, :, 0, 0, 0]
    a group is made of maps that lie `groups` apart: those that stand side by side make a group
        n, c, h, w = x.shape
        parts = x.reshape(n, c // groups, groups, h, w)
        mean, var = parts.mean(axis=(1, 3, 4), keepdims=True), parts.var(axis=(1, 3, 4), keepdims=True)
        x_hat = ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean[:, 0, :, 0, 0], var[:, 0, :, 0, 0]
    the groups of an image were averaged together with those of the others: reshape to (n, groups, ...), and
    not to (groups, ...)
        rows = x.reshape(groups, -1)
        mean, var = rows.mean(axis=1), rows.var(axis=1)
        x_hat = ((rows - mean[:, None]) / np.sqrt(var + eps)[:, None]).reshape(x.shape)
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean, var
    maps and pixels are mixed: keep the axis of the maps in front of those of the pixels when you reshape
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(n, groups, -1)
        mean, var = rows.mean(axis=2), rows.var(axis=2)
        x_hat = (rows - mean[:, :, None]) / np.sqrt(var + eps)[:, :, None]
        x_hat = x_hat.reshape(n, h, w, c).transpose(0, 3, 1, 2)
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean, var
    or
        n, c, h, w = x.shape
        rows = x.reshape(n, -1, groups)
        mean, var = rows.mean(axis=1), rows.var(axis=1)
        x_hat = ((rows - mean[:, None]) / np.sqrt(var + eps)[:, None]).reshape(x.shape)
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean, var
    the averages are those of the maps, averaged: the maps of a group have different means, and their
    spread belongs to the variance
        n, c, h, w = x.shape
        parts = x.reshape(n, groups, c // groups, h * w)
        mean, var = parts.mean(axis=(2, 3)), parts.var(axis=3).mean(axis=2)
        x_hat = (parts - mean[:, :, None, None]) / np.sqrt(var + eps)[:, :, None, None]
        return gamma[:, None, None] * x_hat.reshape(x.shape) + beta[:, None, None], mean, var
    gamma and beta are repeated for each group: each map has its own, also within a group
        y, mean, var = _group(x, np.ones_like(gamma), np.zeros_like(beta), groups, eps)
        size = x.shape[1] // groups
        turns = [np.repeat(v[:groups], size)[:, None, None] for v in (gamma, beta)]
        return turns[0] * y + turns[1], mean, var
    gamma and beta stand along the last axis, the columns of the images: they belong to the maps, the
    second axis
        y, mean, var = _group(x, np.ones_like(gamma), np.zeros_like(beta), groups, eps)
        return gamma * y + beta, mean, var
    gamma and beta are left out: what was learned belongs to the layer
        return _group(x, np.ones_like(gamma), np.zeros_like(beta), groups, eps)
    gamma is left out: it scales each map
        return _group(x, np.ones_like(gamma), beta, groups, eps)
    beta is left out: it shifts each map
        return _group(x, gamma, np.zeros_like(beta), groups, eps)
    gamma and beta have changed places: gamma scales, beta shifts
        return _group(x, beta, gamma, groups, eps)
    beta is scaled, too: it is added after the scaling
        return _group(x, gamma, gamma * beta, groups, eps)
    the variance is divided by one less than the number of its values: it is the biased one
        return _group(x, gamma, beta, groups, eps, ddof=1)
    eps stands outside the root: it is added to the variance, inside
        return _group(x, gamma, beta, groups, eps, std=lambda var: np.sqrt(var) + eps)
    eps is left out: add it to the variance before the root
        return _group(x, gamma, beta, groups, eps, std=np.sqrt)
    this divides by the variance: divide by its root
        return _group(x, gamma, beta, groups, eps, std=lambda var: var + eps)
    or
        return _group(x, gamma, beta, groups, eps, std=lambda var: var)
    the mean is not subtracted
        y, mean, var = _group(x, gamma, beta, groups, eps)
        size = x.shape[1] // groups
        back = np.repeat(mean / np.sqrt(var + eps), size, axis=1)[:, :, None, None]
        return y + gamma[:, None, None] * back, mean, var
    the last result is a standard deviation: return the variance, without eps and without the root
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y, mean, np.sqrt(var)
    or
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y, mean, np.sqrt(var + eps)
    mean and var have too many axes: their shape is (n, groups)
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y, mean[:, :, None], var[:, :, None]
    or
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y, mean[:, :, None, None, None], var[:, :, None, None, None]
    the last two results have changed places: `return y, mean, var`
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y, var, mean
    y has five axes, or three: give it the shape of x
        y, mean, var = _group(x, gamma, beta, groups, eps)
        return y.reshape(len(x), groups, -1), mean, var
    or
        y, mean, var = _group(x, gamma, beta, groups, eps)
        n, c, h, w = x.shape
        return y.reshape(n, groups, c // groups, h, w), mean, var
    y alone is returned: `return y, mean, var`
        return _group(x, gamma, beta, groups, eps)[0]
    y is cut to whole numbers: an array made like `x` is whole where x is; make it of floats
        out = np.empty_like(x)
        out[:], mean, var = _group(x, gamma, beta, groups, eps)
        return out, mean, var
""")
groupnorm_forward.add_variants("""
    group by group, with slices
        n, c, h, w = x.shape
        size = c // groups
        y, means, variances = np.empty(x.shape), np.empty((n, groups)), np.empty((n, groups))
        for g in range(groups):
            maps = slice(g * size, (g + 1) * size)
            part = x[:, maps]
            mean = part.mean(axis=(1, 2, 3), keepdims=True)
            var = ((part - mean) ** 2).mean(axis=(1, 2, 3), keepdims=True)
            hat = (part - mean) / (var + eps) ** 0.5
            y[:, maps] = gamma[maps, None, None] * hat + beta[maps, None, None]
            means[:, g], variances[:, g] = mean[:, 0, 0, 0], var[:, 0, 0, 0]
        return y, means, variances
    with five axes
        n, c, h, w = x.shape
        parts = x.reshape(n, groups, c // groups, h, w)
        mean = parts.mean((2, 3, 4), keepdims=True)
        var = parts.var((2, 3, 4), keepdims=True)
        y = ((parts - mean) / np.sqrt(var + eps)).reshape(n, c, h, w)
        y = y * gamma.reshape(1, c, 1, 1) + beta.reshape(1, c, 1, 1)
        return y, mean.reshape(n, groups), var.reshape(n, groups)
    from the moments of the maps, in float32
        x32 = x.astype(np.float32)
        size = x.shape[1] // groups
        first = x32.mean(axis=(2, 3)).reshape(len(x), groups, size)
        second = (x32 * x32).mean(axis=(2, 3)).reshape(len(x), groups, size)
        mean = first.mean(axis=2)
        var = second.mean(axis=2) - mean**2
        slope = gamma / np.repeat(np.sqrt(var + eps), size, axis=1)
        shift = beta - slope * np.repeat(mean, size, axis=1)
        y = x32 * slope[:, :, None, None] + shift[:, :, None, None]
        return y.astype(np.float32), mean, var
    image by image, split
        ys, means, variances = [], [], []
        for image in x:
            parts = np.split(image, groups)
            means.append([part.mean() for part in parts])
            variances.append([part.var() for part in parts])
            hats = [(part - part.mean()) / np.sqrt(part.var() + eps) for part in parts]
            ys.append(gamma[:, None, None] * np.concatenate(hats) + beta[:, None, None])
        return np.array(ys), means, variances
""")


@judge(
    reference.masked_norm,
    points=2,
    returns=("x_hat",),
    repair="the padding is averaged, too: mean and variance are those of the real steps alone",
)
def masked_norm(rng):
    def sequences(n, t, d, lengths, padding=0.0, front=False):
        spread, place = rng.uniform(1.6, 3.0, size=(n, 1, d)), rng.uniform(1.5, 3.0, size=(n, 1, d))
        x = place * rng.choice([-1.0, 1.0], size=(n, 1, d)) + spread * rng.normal(size=(n, t, d))
        mask = np.arange(t) < np.array(lengths)[:, None]
        x[~mask] = padding
        if front:
            x, mask = x[:, ::-1], mask[:, ::-1]
        return {"x": x, "mask": mask, "eps": _eps(rng)}

    yield Call("three sequences, padded with zeros", 2, **sequences(3, 6, 2, [6, 4, 3]))
    yield Call("padded with other numbers", **sequences(2, 7, 3, [5, 3], padding=rng.uniform(4, 6)))
    yield Call("as many sequences as steps", 2, **sequences(4, 4, 2, [3, 2, 4, 3], front=True))
    yield Call("as many steps as features", 2, **sequences(3, 4, 4, [2, 4, 3], front=True))
    yield Call("padding in front", **sequences(2, 6, 2, [4, 3], front=True))
    yield Call("one real step", 0.5, **sequences(2, 5, 3, [1, 4]))
    small = sequences(2, 6, 3, [5, 4])
    del small["eps"]
    yield Call("small values, eps at its default", **small | {"x": 2e-3 * small["x"]})
    yield Call("no padding", 0.5, **sequences(2, 5, 3, [5, 5]))


def _masked_var(x, mask):
    return np.var(x, axis=1, keepdims=True, where=mask[:, :, None])


def _masked(x, mask, eps, *, mean=None, var=None, std=None):
    """The reference with its parts made changeable: each mistake changes one."""
    real = mask[:, :, None]
    count = real.sum(axis=1, keepdims=True)
    clean = np.where(real, x, 0.0)
    mean = clean.sum(axis=1, keepdims=True) / count if mean is None else mean
    centred = np.where(real, clean - mean, 0.0)
    var = (centred**2).sum(axis=1, keepdims=True) / count if var is None else var
    return centred / (np.sqrt(var + eps) if std is None else std(var))


masked_norm.add_mistakes("""
    the padding is averaged, too: mean and variance are those of the real steps alone
        mean = x.mean(axis=1, keepdims=True)
        var = x.var(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * mask[:, :, None]
    the padding is averaged and normalized, too: mean and variance are those of the real steps alone, and
    the padding gives 0
        mean = x.mean(axis=1, keepdims=True)
        var = x.var(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps)
    the padding is set to 0 and then counted: divide the sums by the number of real steps
        clean = x * mask[:, :, None]
        mean, var = clean.mean(axis=1, keepdims=True), clean.var(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * mask[:, :, None]
    the mean is in order; in the variance the padding still counts, with a deviation of minus the mean
        real = mask[:, :, None]
        mean = (x * real).sum(axis=1, keepdims=True) / real.sum(axis=1, keepdims=True)
        var = ((x * real - mean) ** 2).sum(axis=1, keepdims=True) / real.sum(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * real
    or
        real = mask[:, :, None]
        mean = (x * real).sum(axis=1, keepdims=True) / real.sum(axis=1, keepdims=True)
        var = ((x * real - mean) ** 2).mean(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * real
    the mean is in order; the variance is still that of all steps
        return _masked(x, mask, eps, var=x.var(axis=1, keepdims=True))
    or
        mean = np.mean(x, axis=1, keepdims=True, where=mask[:, :, None])
        var = ((x - mean) ** 2).mean(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * mask[:, :, None]
    the mean is in order; in the variance the squares of the padding are still added
        real = mask[:, :, None]
        mean = np.mean(x, axis=1, keepdims=True, where=real)
        var = ((x - mean) ** 2).sum(axis=1, keepdims=True) / real.sum(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * real
    the mean is in order; the squares of the real steps are still divided by the number of all steps
        real = mask[:, :, None]
        mean = (x * real).sum(axis=1, keepdims=True) / real.sum(axis=1, keepdims=True)
        var = ((x - mean) ** 2 * real).mean(axis=1, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * real
    the variance is in order; the mean that is subtracted is still that of all steps
        real = mask[:, :, None]
        var = _masked_var(x, mask)
        return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(var + eps) * real
    the mean is still that of all steps, and the variance is about this mean: take both of the real steps
        return _masked(x, mask, eps, mean=x.mean(axis=1, keepdims=True))
    the sums are still divided by the number of all steps: divide by that of the real ones
        real = mask[:, :, None]
        mean = (x * real).sum(axis=1, keepdims=True) / x.shape[1]
        var = ((x - mean) ** 2 * real).sum(axis=1, keepdims=True) / x.shape[1]
        return (x - mean) / np.sqrt(var + eps) * real
    the padding is not set to 0 at the end
        count = mask.sum(axis=1)[:, None, None]
        mean = (x * mask[:, :, None]).sum(axis=1, keepdims=True) / count
        return (x - mean) / np.sqrt(_masked_var(x, mask) + eps)
    the number of real steps is that of all sequences together: each has its own
        real = mask[:, :, None]
        mean = (x * real).sum(axis=1, keepdims=True) / mask.sum()
        var = ((x - mean) ** 2 * real).sum(axis=1, keepdims=True) / mask.sum()
        return (x - mean) / np.sqrt(var + eps) * real
    the sequences are averaged together: each has its own mean and variance
        flat = x[mask]
        return (x - flat.mean(axis=0)) / np.sqrt(flat.var(axis=0) + eps) * mask[:, :, None]
    the features are averaged together: each has its own mean and variance
        real = np.broadcast_to(mask[:, :, None], x.shape)
        mean = np.mean(x, axis=(1, 2), keepdims=True, where=real)
        var = np.var(x, axis=(1, 2), keepdims=True, where=real)
        return (x - mean) / np.sqrt(var + eps) * real
    this is layer normalization, of each step over its features: here each feature is normalized over the
    steps
        mean, var = x.mean(axis=2, keepdims=True), x.var(axis=2, keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * mask[:, :, None]
    the variance is divided by one less than the number of real steps: it is the biased one
        count = mask.sum(axis=1)[:, None, None]
        return _masked(x, mask, eps, var=_masked_var(x, mask) * count / (count - 1))
    eps is left out now: add it to the variance before the root
        return _masked(x, mask, eps, std=np.sqrt)
    eps stands outside the root now: it is added to the variance, inside
        return _masked(x, mask, eps, std=lambda var: np.sqrt(var) + eps)
    this divides by the variance now: divide by its root
        return _masked(x, mask, eps, std=lambda var: var + eps)
    True and False of the mask have changed places: True is a real step
        mask = ~mask
        return np.nan_to_num(_masked(x, mask, eps))
    or
        return _masked(x, ~mask, eps)
    the padding is NaN: give 0 there
        found = _masked(x, mask, eps)
        found[~mask] = np.nan
        return found
    the padding was cut off: the result has the shape of x
        return _masked(x, mask, eps)[mask]
    the mean is not subtracted from x now
        found = np.where(mask[:, :, None], x, 0.0)
        return found / np.sqrt(_masked_var(x, mask) + eps)
    the variance is the mean of x**2 now: subtract the mean before you square
        square = np.mean(x**2, axis=1, keepdims=True, where=mask[:, :, None])
        return _masked(x, mask, eps, var=square)
    the first steps are taken for the real ones, as many as there are: the mask says which they are
        found = np.zeros(x.shape)
        for i, n in enumerate(mask.sum(axis=1)):
            real = x[i, :n]
            found[i, :n] = (real - real.mean(axis=0)) / np.sqrt(real.var(axis=0) + eps)
        return found
    the real steps are normalized, and then put at the front: each stays in its place
        found = np.zeros(x.shape)
        for i, n in enumerate(mask.sum(axis=1)):
            real = x[i][mask[i]]
            found[i, :n] = (real - real.mean(axis=0)) / np.sqrt(real.var(axis=0) + eps)
        return found
""")


masked_norm.add_variants("""
    sequence by sequence
        out = np.zeros(x.shape)
        for i in range(len(x)):
            real = x[i][mask[i]]
            out[i, mask[i]] = (real - real.mean(axis=0)) / np.sqrt(real.var(axis=0) + eps)
        return out
    with `where=`
        real = mask[:, :, None]
        mean = x.mean(axis=1, keepdims=True, where=real)
        var = x.var(axis=1, keepdims=True, where=real)
        return np.where(real, (x - mean) / np.sqrt(var + eps), 0)
    weights, and the variance as a difference of moments, in float32
        weights = mask / mask.sum(axis=1, keepdims=True)
        x = np.where(mask[:, :, None], x, 0)
        mean = np.einsum("nt,ntd->nd", weights, x)
        var = np.maximum(np.einsum("nt,ntd->nd", weights, x * x) - mean**2, 0)
        found = (x - mean[:, None]) / np.sqrt(var + eps)[:, None]
        return (found * mask[:, :, None]).astype(np.float32)
    with NaN for the padding
        real = mask[:, :, None]
        x = np.where(real, x, np.nan)
        mean, var = np.nanmean(x, axis=1, keepdims=True), np.nanvar(x, axis=1, keepdims=True)
        return np.nan_to_num((x - mean) * (var + eps) ** -0.5)
""")


@judge(reference.recalibrate, points=3, returns=("mean", "var"))
def recalibrate(rng):
    def batches(counts, d, apart=1.0):
        k = len(counts)
        # Means of both signs, far enough apart for their spread to matter.
        means = rng.uniform(0.5, 1.0, size=d) + apart * rng.normal(0, 1.5, size=(k, d))
        return {"counts": np.array(counts), "means": means, "variances": rng.uniform(1.5, 3.0, size=(k, d))}

    yield Call("three batches, the last one short", **batches([8, 8, 3], 3))
    yield Call("two batches of different sizes", **batches([2, 7], 4))
    yield Call("as many batches as units", **batches([5, 1, 4, 9], 4))
    yield Call("one unit", **batches([3, 6, 1, 8, 2], 1))
    alone = batches([1, 1, 1, 1], 3)
    yield Call("batches of one", **alone | {"variances": np.zeros((4, 3))})
    yield Call("equal batches", **batches([6, 6, 6], 2))
    yield Call("one batch", 0.5, **batches([9], 3))


recalibrate.add_mistakes("""
    the variances are averaged and no more: the means of the batches differ, and their spread belongs to the
    variance of all
        np.sum(share * (variances + (means - mean) ** 2), axis=0) -> np.sum(share * variances, axis=0)
    the batches count alike, and the spread of their means is missing: a batch counts by its examples, and
    the spread belongs to the variance
        return means.mean(axis=0), variances.mean(axis=0)
    the batches count alike: a batch counts by the number of its examples
        return means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
    the means count alike: a batch counts by the number of its examples, there, too
        share = (counts / counts.sum())[:, None]
        mean = means.mean(axis=0)
        return mean, np.sum(share * (variances + (means - mean) ** 2), axis=0)
    in the variance the batches count alike: a batch counts by the number of its examples
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.mean(variances + (means - mean) ** 2, axis=0)
    or
        share = (counts / counts.sum())[:, None]
        return np.sum(share * means, axis=0), variances.mean(axis=0) + means.var(axis=0)
    or
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.mean(variances + means**2, axis=0) - mean**2
    the spread of the means counts all batches alike: a batch counts by the number of its examples
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * variances, axis=0) + means.var(axis=0)
    or
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * variances, axis=0) + np.mean((means - mean) ** 2, axis=0)
    the variances count alike: a batch counts by the number of its examples
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, variances.mean(axis=0) + np.sum(share * (means - mean) ** 2, axis=0)
    the variance is unbiased: divide by the number of examples
        total = counts.sum()
        share = (counts / total)[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * (variances + (means - mean) ** 2), axis=0) * total / (total - 1)
    the variances of the batches are made unbiased first: they are not estimates here
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        factor = (counts / np.maximum(counts - 1, 1))[:, None]
        return mean, np.sum(share * (factor * variances + (means - mean) ** 2), axis=0)
    or
        share = (counts / counts.sum())[:, None]
        factor = (counts / (counts - 1))[:, None]
        return np.sum(share * means, axis=0), np.sum(share * factor * variances, axis=0)
    the variances are pooled with n - 1, and the spread of the means is missing: that is an estimate, here
    all examples are there
        share = (counts / counts.sum())[:, None]
        weights = (counts - 1)[:, None]
        return np.sum(share * means, axis=0), np.sum(weights * variances, axis=0) / weights.sum()
    the squares of the means are not subtracted: the variance is the mean of the squares less the square of
    the mean
        share = (counts / counts.sum())[:, None]
        return np.sum(share * means, axis=0), np.sum(share * (variances + means**2), axis=0)
    the square of the mean is added: the variance is the mean of the squares less the square of the mean
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * (variances + means**2), axis=0) + mean**2
    the mean is subtracted, not its square: the variance is the mean of the squares less the square of the mean
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * (variances + means**2), axis=0) - mean
    the spread of the means is subtracted: it is added, all examples are spread more widely than a batch
        (variances + (means -> (variances - (means
    the spread of the means is not squared
        (means - mean) ** 2 -> np.abs(means - mean)
    the standard deviations were averaged: the average is one of variances
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * np.sqrt(variances), axis=0) ** 2
    the last result is a standard deviation: return the variance
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sqrt(np.sum(share * (variances + (means - mean) ** 2), axis=0))
    the variance is the spread of the means alone: the variances within the batches belong to it, too
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(share * (means - mean) ** 2, axis=0)
    or
        share = (counts / counts.sum())[:, None]
        return np.sum(share * means, axis=0), means.var(axis=0)
    the sums are not divided by the number of examples
        mean = np.sum(counts[:, None] * means, axis=0)
        return mean, np.sum(counts[:, None] * variances, axis=0)
    or
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return mean, np.sum(counts[:, None] * (variances + (means - mean) ** 2), axis=0)
    the sums are divided by the number of batches: divide by that of the examples
        weights = counts[:, None] / len(counts)
        mean = np.sum(weights * means, axis=0)
        return mean, np.sum(weights * (variances + (means - mean) ** 2), axis=0)
    the two results have changed places: the mean comes first
        share = (counts / counts.sum())[:, None]
        mean = np.sum(share * means, axis=0)
        return np.sum(share * (variances + (means - mean) ** 2), axis=0), mean
    the average runs over the units: it runs over the batches
        return means.mean(axis=1), variances.mean(axis=1)
    these are the statistics of the last batch: those of all batches together are asked
        return means[-1], variances[-1]
    running averages begin with 0 and 1 and forget: all examples count alike
        m, v = np.zeros(means.shape[1]), np.ones(means.shape[1])
        for new_mean, new_var in zip(means, variances):
            m, v = 0.9 * m + 0.1 * new_mean, 0.9 * v + 0.1 * new_var
        return m, v
    or
        m, v = np.zeros(means.shape[1]), np.ones(means.shape[1])
        for n, new_mean, new_var in zip(counts, means, variances):
            m, v = 0.9 * m + 0.1 * new_mean, 0.9 * v + 0.1 * new_var * n / max(n - 1, 1)
        return m, v
    the variances are pooled with n - 1, as for an estimate: here all examples are there
        mean = counts @ means / counts.sum()
        pooled = (counts - 1) @ variances / (counts.sum() - len(counts))
        return mean, pooled + counts @ (means - mean) ** 2 / counts.sum()
    the spread of the means is taken about their plain mean: take it about the mean of all examples
        spread = variances + (means - means.mean(axis=0)) ** 2
        return counts @ means / counts.sum(), counts @ spread / counts.sum()
    the variances of the batches are taken for unbiased ones, times n - 1: they are biased, times n
        total = counts.sum()
        mean = counts @ means / total
        return mean, ((counts - 1) @ variances + counts @ (means - mean) ** 2) / total
    or
        total = counts.sum()
        mean = counts @ means / total
        return mean, ((counts - 1) @ variances + counts @ (means - mean) ** 2) / (total - 1)
    the sum of squares is divided by the number of examples less that of batches: divide by that of the examples
        total = counts.sum()
        mean = counts @ means / total
        return mean, counts @ (variances + (means - mean) ** 2) / (total - len(counts))
""")
recalibrate.add_variants("""
    by the mean of the squares
        total = counts.sum()
        mean = counts @ means / total
        return mean, counts @ (variances + means**2) / total - mean**2
    np.average
        mean = np.average(means, axis=0, weights=counts)
        within = np.average(variances, axis=0, weights=counts)
        return [mean, within + np.average(np.square(means - mean), axis=0, weights=counts)]
    one batch after the other
        n, mean, m2 = 0, np.zeros(means.shape[1]), np.zeros(means.shape[1])
        for k, new_mean, new_var in zip(counts, means, variances):
            step = new_mean - mean
            m2 = m2 + k * new_var + step**2 * n * k / (n + k)
            mean = mean + step * k / (n + k)
            n += k
        return mean, m2 / n
    einsum, in float32
        share = (counts / counts.sum()).astype(np.float32)
        means, variances = means.astype(np.float32), variances.astype(np.float32)
        mean = np.einsum("k,kd->d", share, means)
        between = np.einsum("k,kd->d", share, (means - mean) ** 2)
        return mean, np.einsum("k,kd->d", share, variances) + between
    examples made up that have these statistics
        columns = []
        for n, m, v in zip(counts, means, variances):
            z = np.linspace(-1, 1, n)
            z = z / z.std() if n > 1 else z * 0
            columns.append(m + z[:, None] * np.sqrt(v))
        found = np.concatenate(columns)
        single = np.sum((counts == 1)[:, None] * variances, axis=0) / counts.sum()
        return found.mean(axis=0), found.var(axis=0) + single
""")


@judge(reference.equilibrium, points=3, returns=("length", "angle"))
def equilibrium(rng):
    def steps(low, high):
        """A decay per step between low and high."""
        lr = rng.uniform(0.7, 2.0)  # so large that the decay alone is below 1
        return {"lr": lr, "decay": rng.uniform(low, high) / lr, "gradient": rng.uniform(2.0, 4.0)}

    yield Call("a strong decay", 2, **steps(0.2, 0.3))
    yield Call("a very strong decay", 2, **steps(0.5, 0.6))
    yield Call("a large gradient", 2, **steps(0.2, 0.4) | {"gradient": rng.uniform(20.0, 40.0)})
    yield Call("a small gradient", 2, **steps(0.1, 0.2) | {"gradient": rng.uniform(0.05, 0.2)})
    yield Call("a decay as in practice", **steps(1e-3, 2e-3))
    yield Call("a weak decay", **steps(1e-5, 2e-5))


def _rest(lr, decay, gradient, *, length=None, angle=None):
    """The reference with its results made changeable: each mistake changes one."""
    kept = 1 - lr * decay
    turned = np.sqrt(1 - kept**2)
    right = np.sqrt(lr * gradient / turned), np.arctan2(turned, kept)
    return right[0] if length is None else length, right[1] if angle is None else angle


equilibrium.add_mistakes("""
    the square of the decay is neglected: it is small where lr * decay is, but asked is the equilibrium itself
        length = (lr * gradient**2 / (2 * decay)) ** 0.25
        return length, np.sqrt(2 * lr * decay)
    the length neglects the square of the decay: it is small where lr * decay is, but asked is the
    equilibrium itself
        return _rest(lr, decay, gradient, length=(lr * gradient**2 / (2 * decay)) ** 0.25)
    the angle is the one to first order, the root of 2 * lr * decay: asked is the angle itself
        return _rest(lr, decay, gradient, angle=np.sqrt(2 * lr * decay))
    or
        return _rest(lr, decay, gradient, angle=np.arctan(np.sqrt(2 * lr * decay)))
    or
        return _rest(lr, decay, gradient, angle=np.arcsin(np.sqrt(2 * lr * decay)))
    the angle is the length of the step by the gradient over that of the weights: it is turned along an
    arc, and the weights have shrunk meanwhile
        length, _ = _rest(lr, decay, gradient)
        return length, lr * gradient / length**2
    the angle is that without the decay: the weights that the step is added to have shrunk
        length, _ = _rest(lr, decay, gradient)
        return length, np.arctan(lr * gradient / length**2)
    the tangent of the angle is returned: take the arc tangent
        length, angle = _rest(lr, decay, gradient)
        return length, np.tan(angle)
    the cosine of the angle is returned: take the arc cosine
        return _rest(lr, decay, gradient, angle=1 - lr * decay)
    the angle is in degrees: radians are asked
        length, angle = _rest(lr, decay, gradient)
        return length, np.degrees(angle)
    this is the square of the length: a root was left out, or the gradient was taken for one that does not
    depend on the length of the weights; of weights of length r it is gradient / r
        length = lr * gradient / np.sqrt(1 - (1 - lr * decay) ** 2)
        return _rest(lr, decay, gradient, length=length)
    the gradient is taken for one that does not depend on the length of the weights, and the square of the
    decay is neglected: of weights of length r the gradient is gradient / r
        length = gradient * np.sqrt(lr / (2 * decay))
        return length, np.sqrt(2 * lr * decay)
    or
        return gradient * np.sqrt(lr / (2 * decay)), np.arctan(np.sqrt(2 * lr * decay))
    the steps by gradient and by decay cancel here: they are perpendicular, so add squares
        length = np.sqrt(gradient / decay)
        return _rest(lr, decay, gradient, length=length)
    or
        length = np.sqrt(gradient / decay)
        return length, np.arctan(lr * gradient / length**2)
    or
        length = gradient / decay
        return length, np.arctan(lr * gradient / length**2)
    or
        length = gradient / decay
        return length, np.arctan(lr * decay)
    the length is to the fourth power: take the fourth root
        length, angle = _rest(lr, decay, gradient)
        return length**4, angle
    the decay is not multiplied by the learning rate: both parts of the step are
        kept = 1 - decay
        turned = np.sqrt(1 - kept**2)
        return np.sqrt(lr * gradient / turned), np.arctan2(turned, kept)
    or
        kept = np.abs(1 - decay)
        turned = np.sqrt(np.abs(1 - kept**2))
        return np.sqrt(lr * gradient / turned), np.arctan2(turned, kept)
    the decay is not multiplied by the learning rate in the length, and in the angle it is
        return _rest(lr, decay, gradient, length=_rest(1.0, decay, lr * gradient)[0])
    the decay is not multiplied by the learning rate in the angle, and in the length it is
        return _rest(lr, decay, gradient, angle=np.arccos(1 - decay))
    the decay is not multiplied by the learning rate, and its square is neglected
        return (lr**2 * gradient**2 / (2 * decay)) ** 0.25, np.sqrt(2 * decay)
    or
        return (lr**2 * gradient**2 / (2 * decay)) ** 0.25, np.arctan(np.sqrt(2 * decay))
    the decay is that of a penalty with twice the slope: the step is made with decay times the weights
        return _rest(lr, 2 * decay, gradient)
    or
        length, angle = _rest(lr, 2 * decay, gradient)
        return length, np.arctan(np.tan(angle))
    the decay is that of a penalty with half the slope: the step is made with decay times the weights
        return _rest(lr, decay / 2, gradient)
    the gradient is not squared in the length: its square is added to that of the weights
        kept = 1 - lr * decay
        length = (lr**2 * gradient / (1 - kept**2)) ** 0.25
        return _rest(lr, decay, gradient, length=length)
    the learning rate is not squared in the length: the square of the step is added to that of the weights
        kept = 1 - lr * decay
        length = (lr * gradient**2 / (1 - kept**2)) ** 0.25
        return _rest(lr, decay, gradient, length=length)
    the learning rate is missing in the length: the step is lr times the gradient
        kept = 1 - lr * decay
        length = (gradient**2 / (1 - kept**2)) ** 0.25
        return _rest(lr, decay, gradient, length=length)
    1 - lr * decay is not squared in the length: the squares of the lengths are compared
        length = (lr * gradient**2 / decay) ** 0.25
        return _rest(lr, decay, gradient, length=length)
    or
        length = (lr * gradient**2 / decay) ** 0.25
        return length, np.sqrt(lr * decay)
    the two results have changed places: `return length, angle`
        return _rest(lr, decay, gradient)[::-1]
    the angle is twice what a step turns
        length, angle = _rest(lr, decay, gradient)
        return length, 2 * angle
    the angle is half of what a step turns
        length, angle = _rest(lr, decay, gradient)
        return length, angle / 2
    the angle is that to the old direction of the gradient: what is asked lies between the weights before
    and after
        length, angle = _rest(lr, decay, gradient)
        return length, np.pi / 2 - angle
    the effective rate is returned for the angle
        length, _ = _rest(lr, decay, gradient)
        return length, lr / length**2
""")
equilibrium.add_variants("""
    by iterating the square of the length
        square = lr * gradient / np.sqrt(lr * decay)
        for _ in range(200):
            kept = (1 - lr * decay) ** 2
            # Newton's step for kept * s**2 - s**2 + (lr * gradient)**2 = 0
            f = (kept - 1) * square**2 + (lr * gradient) ** 2
            square = square - f / (2 * (kept - 1) * square)
        return square**0.5, np.arctan(lr * gradient / square / (1 - lr * decay))
    by a step in the plane
        p = lr * decay
        length = (lr * gradient**2 / (decay * (2 - p))) ** 0.25
        x, y = (1 - p) * length, lr * gradient / length
        return float(length), np.angle(x + 1j * y)
    by the arc cosine
        kept = 1 - lr * decay
        return (lr * gradient) ** 0.5 / (1 - kept**2) ** 0.25, np.arccos(kept)
    by the arc sine, in float32
        p = lr * decay
        sine = np.sqrt(p * (2 - p))
        return np.float32(np.sqrt(lr * gradient / sine)), np.float32(np.arcsin(sine))
""")

which_numbers = Written(
    "which-numbers",
    points=4,
    rubric="""\
- 1 point: for the segmentation network, what is averaged (in training two images and their pixels, at prediction running averages) and that the two differ; the remedy is a norm without a batch (group), or recalibration, or statistics over all devices; a rate alone is no remedy.
- 1 point: for the padded sequences the answer is that statistics over the steps count the padding, and that layer or RMS normalization per position does not have the trouble (or the mask must enter the averages).
- 1 point: for the weight decay the answer is that in front of a normalization it limits no function, but sets the angle of a step, so that without it the weights grow and the effective rate falls; the rate must be tuned again before the two are compared.
- 1 point: for each a trial that would have come out otherwise were the cause another one (the network in training mode, or recalibrated, at prediction; one recording alone and with padding; the length of the weights, or the angle of a step, with and without decay). Whether one norm would do for all three is open: a reasoned yes or no counts.""",
)
