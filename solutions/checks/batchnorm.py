"""How the exercises of the chapter on batch normalization are judged.

Many arrays are square, so that an average along the wrong axis is not told by its shape alone; eps is
large and the number of rows small, so that a wrong eps, a wrong n and a wrong root each show by far.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import batchnorm as reference


def _scales(rng, *names, size):
    """Vectors of both signs, none of their entries near 0 or 1."""
    signs = {name: rng.choice([-1.0, 1.0], size=size) for name in names}
    return {name: sign * rng.uniform(1.3, 2.5, size=size) for name, sign in signs.items()}


def _columns(rng, n, d):
    """Columns with different means and spreads, none of them near 0 or 1."""
    mean = rng.choice([-1.0, 1.0], size=d) * rng.uniform(1.0, 3.0, size=d)
    return mean + rng.uniform(1.6, 3.0, size=d) * rng.normal(size=(n, d))


def _whole(rng, *shape):
    """Whole numbers, as pixels are: an array that is made like them cuts what it is given."""
    return rng.integers(-9, 10, size=shape)


def _eps(rng):
    return rng.uniform(0.4, 0.8)


@judge(reference.batchnorm_forward, points=3, returns=("y", "x_hat", "mean", "var"))
def batchnorm_forward(rng):
    def layer(n, d, **more):
        units = _scales(rng, "gamma", "beta", size=d)
        return {"x": _columns(rng, n, d), **units, "eps": _eps(rng), **more}

    yield Call("six examples of three units", **layer(6, 3))
    yield Call("as many examples as units", **layer(5, 5))
    yield Call("one unit", **layer(4, 1))
    yield Call("two examples", **layer(2, 4))
    still = layer(5, 3)
    still["x"][:, 1] = rng.uniform(1, 2)
    yield Call("a unit that gives the same for all examples", **still)
    small = layer(6, 4)
    del small["eps"]
    yield Call("small values, eps at its default", **small | {"x": 2e-3 * small["x"]})
    yield Call("whole numbers", 0.5, **layer(6, 3) | {"x": _whole(rng, 6, 3)})
    yield Call("gamma 1 and beta 0", **layer(5, 4) | {"gamma": np.ones(4), "beta": np.zeros(4)})
    yield Call("one example alone", **layer(1, 3))


def _forward(x, gamma, beta, eps, *, mean=None, var=None, std=None):
    """The reference with its parts made changeable: each mistake changes one."""
    mean = x.mean(axis=0) if mean is None else mean
    var = x.var(axis=0) if var is None else var
    x_hat = (x - mean) / (np.sqrt(var + eps) if std is None else std)
    return gamma * x_hat + beta, x_hat, mean, var


batchnorm_forward.add_mistakes("""
    mean and variance are taken over the units of each example: that is layer normalization; here
    they are taken over the examples, one for each column
        mean, var = x.mean(axis=1), x.var(axis=1)
        x_hat = (x - mean[:, None]) / np.sqrt(var[:, None] + eps)
        return gamma * x_hat + beta, x_hat, mean, var
    or
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        x_hat = (x - mean) / np.sqrt(var + eps)
        return gamma * x_hat + beta, x_hat, mean, var
    or
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        x_hat = (x - mean) / np.sqrt(var + eps)
        return gamma * x_hat + beta, x_hat, mean.ravel(), var.ravel()
    the averages run over the units of each example (`axis=1`): here they run over the examples, one
    for each column
        return _forward(x, gamma, beta, eps, mean=x.mean(axis=1), var=x.var(axis=1))
    one mean and one variance were taken of all entries together: each column has its own
        return _forward(x, gamma, beta, eps, mean=x.mean(), var=x.var())
    the variance is divided by n - 1: within the batch it is the biased one, divided by n
        var = x.var(axis=0, ddof=1) if len(x) > 1 else np.full(x.shape[1], np.nan)
        return _forward(x, gamma, beta, eps, var=var)
    this divides by the variance: divide by its root
        return _forward(x, gamma, beta, eps, std=x.var(axis=0) + eps)
    or
        return _forward(x, gamma, beta, eps, std=x.var(axis=0))
    eps stands outside the root: it is added to the variance, inside
        return _forward(x, gamma, beta, eps, std=x.std(axis=0) + eps)
    or
        std = np.sqrt(x.var(axis=0)) + eps
        y, x_hat, mean, _ = _forward(x, gamma, beta, eps, std=std)
        return y, x_hat, mean, std**2
    eps is left out: add it to the variance before the root
        return _forward(x, gamma, beta, eps, std=x.std(axis=0))
    gamma and beta are left out: y = gamma * x_hat + beta
        _, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return x_hat, x_hat, mean, var
    gamma and beta have changed places: gamma scales, beta shifts
        return _forward(x, beta, gamma, eps)
    the mean is not subtracted: x_hat = (x - mean) / sqrt(var + eps)
        _, _, mean, var = _forward(x, gamma, beta, eps)
        x_hat = x / np.sqrt(var + eps)
        return gamma * x_hat + beta, x_hat, mean, var
    the variance is the mean of x**2: subtract the mean before you square
        return _forward(x, gamma, beta, eps, var=np.mean(x**2, axis=0))
    the last result is a standard deviation: return the variance, without eps and without the root
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, np.sqrt(var)
    the last result has eps in it: return the variance alone
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, var + eps
    only y is returned: `return y, x_hat, mean, var`
        return _forward(x, gamma, beta, eps)[0]
    mean and var have two axes: they are vectors, one number for each unit, so leave out keepdims
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean[None], var[None]
    gamma is left out: y = gamma * x_hat + beta
        return _forward(x, 1.0, beta, eps)
    beta is left out: y = gamma * x_hat + beta
        return _forward(x, gamma, 0.0, eps)
    beta is scaled, too: it is added after x_hat was multiplied by gamma
        return _forward(x, gamma, gamma * beta, eps)
    `eps` is ignored: 1e-5 is only its default
        return _forward(x, gamma, beta, 1e-5)
    var is a sum: the variance is the mean of (x - mean)**2, so divide by n
        return _forward(x, gamma, beta, eps, var=len(x) * x.var(axis=0))
    the last two results have changed places: `return y, x_hat, mean, var`
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, var, mean
    this divides by the square of the variance: divide by its root
        return _forward(x, gamma, beta, eps, std=(x.var(axis=0) + eps) ** 2)
    this multiplies by the root: divide by it
        return _forward(x, gamma, beta, eps, std=1 / np.sqrt(x.var(axis=0) + eps))
    eps is added twice, inside the root and outside: it is added to the variance, inside
        return _forward(x, gamma, beta, eps, std=np.sqrt(x.var(axis=0) + eps) + eps)
    eps is subtracted from the variance: it is added
        return _forward(x, gamma, beta, eps, std=np.sqrt(np.abs(x.var(axis=0) - eps)))
    or
        return _forward(x, gamma, beta, eps, std=np.sqrt(x.var(axis=0) - eps))
    eps is squared: it is added to the variance as it is
        return _forward(x, gamma, beta, eps, std=np.sqrt(x.var(axis=0) + eps**2))
    the last result is the root sqrt(var + eps): return the variance, without eps and without the
    root
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, np.sqrt(var + eps)
    the last result is 1 / sqrt(var + eps): return the variance
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, 1 / np.sqrt(var + eps)
    the last result is the unbiased variance: within the batch it is the biased one, divided by n
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, var * len(x) / (len(x) - 1) if len(x) > 1 else np.full(len(var), np.nan)
    x_hat is x minus the mean, not divided: return (x - mean) / sqrt(var + eps)
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x - mean, mean, var
    the second result is y again: return x_hat, before gamma and beta
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, y, mean, var
    the first two results have changed places: `return y, x_hat, mean, var`
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return x_hat, y, mean, var
    beta is subtracted: y = gamma * x_hat + beta
        return _forward(x, gamma, -beta, eps)
    y is divided by gamma: multiply by it
        return _forward(x, 1 / gamma, beta, eps)
    gamma multiplies x, not x_hat: y = gamma * x_hat + beta
        _, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return gamma * x + beta, x_hat, mean, var
    the mean is added: x_hat = (x - mean) / sqrt(var + eps)
        _, _, mean, var = _forward(x, gamma, beta, eps)
        x_hat = (x + mean) / np.sqrt(var + eps)
        return gamma * x_hat + beta, x_hat, mean, var
    the brackets are missing: only the mean was divided, x was not
        _, _, mean, var = _forward(x, gamma, beta, eps)
        x_hat = x - mean / np.sqrt(var + eps)
        return gamma * x_hat + beta, x_hat, mean, var
    x_hat is not divided by the root: x_hat = (x - mean) / sqrt(var + eps)
        return _forward(x, gamma, beta, eps, std=1.0)
    the variance is not one of squares: it is the mean of (x - mean)**2
        return _forward(x, gamma, beta, eps, var=np.mean(np.abs(x - x.mean(axis=0)), axis=0))
    the standard deviation stands in place of the variance below the root, and is returned: take the
    variance
        return _forward(x, gamma, beta, eps, var=x.std(axis=0))
    the median was taken: the mean is asked
        return _forward(x, gamma, beta, eps, mean=np.median(x, axis=0))
    the range was taken, largest minus smallest: the variance is asked
        return _forward(x, gamma, beta, eps, std=np.ptp(x, axis=0) + eps)
    one mean was taken of all entries together: each column has its own
        return _forward(x, gamma, beta, eps, mean=x.mean())
    one variance was taken of all entries together: each column has its own
        return _forward(x, gamma, beta, eps, var=x.var())
    eps stands outside the root, and the last result is a standard deviation: eps is added to the
    variance, which is returned
        y, x_hat, mean, var = _forward(x, gamma, beta, eps, std=x.std(axis=0) + eps)
        return y, x_hat, mean, np.sqrt(var)
    eps is left out, and the last result is a standard deviation: add eps to the variance, and
    return the variance
        y, x_hat, mean, var = _forward(x, gamma, beta, eps, std=x.std(axis=0))
        return y, x_hat, mean, np.sqrt(var)
    the variance is divided by n - 1 in x_hat: within the batch it is the biased one, divided by n
        std = np.sqrt((x.var(axis=0, ddof=1) if len(x) > 1 else np.full(x.shape[1], np.nan)) + eps)
        return _forward(x, gamma, beta, eps, std=std)
    eps stands outside the root, and the variance is divided by n - 1: add it to the variance, which
    is divided by n
        var = x.var(axis=0) * len(x) / (len(x) - 1) if len(x) > 1 else np.full(x.shape[1], np.nan)
        return _forward(x, gamma, beta, eps, var=var, std=np.sqrt(var) + eps)
    eps is left out, and the variance is divided by n - 1: add it to the variance, which is divided
    by n
        var = x.var(axis=0) * len(x) / (len(x) - 1) if len(x) > 1 else np.full(x.shape[1], np.nan)
        return _forward(x, gamma, beta, eps, var=var, std=np.sqrt(var))
    the results are cut to whole numbers: arrays made like `x` are whole where x is; make them of floats
        y, x_hat = np.zeros_like(x), np.zeros_like(x)
        y[:], x_hat[:], mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, var
    or
        y = np.zeros_like(x)
        y[:], x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, x_hat, mean, var
    or
        x_hat = np.zeros_like(x)
        _, x_hat[:], mean, var = _forward(x, gamma, beta, eps)
        return gamma * x_hat + beta, x_hat, mean, var
    the mean is taken of what is centred already, and is 0: take it of `x`, before it is subtracted
        _, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return gamma * x_hat + beta, x_hat, (x - mean).mean(axis=0), var
    four results are asked, one after the other: `return y, x_hat, mean, var`, without brackets
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, (x_hat, mean, var)
    the second result has gamma already: return x_hat before gamma and beta
        y, x_hat, mean, var = _forward(x, gamma, beta, eps)
        return y, gamma * x_hat, mean, var
    eps is the least that the variance may be: it is added to it
        return _forward(x, gamma, beta, eps, std=np.sqrt(np.maximum(x.var(axis=0), eps)))
    the root is taken twice: eps was added to the standard deviation, and the root of that was taken
        return _forward(x, gamma, beta, eps, std=np.sqrt(x.std(axis=0) + eps))
""")
batchnorm_forward.add_variants("""
    column by column, number by number
        n, d = x.shape
        y, x_hat, means, variances = np.zeros((n, d)), np.zeros((n, d)), [], []
        for j in range(d):
            mean = sum(x[i, j] for i in range(n)) / n
            var = sum((x[i, j] - mean) ** 2 for i in range(n)) / n
            for i in range(n):
                x_hat[i, j] = (x[i, j] - mean) / (var + eps) ** 0.5
                y[i, j] = gamma[j] * x_hat[i, j] + beta[j]
            means.append(mean)
            variances.append(var)
        return y, x_hat, means, variances
    by a centring matrix, in float32, as a list
        x = x.astype(np.float32)
        n = len(x)
        centred = (np.eye(n, dtype=np.float32) - np.float32(1 / n)) @ x
        var = np.einsum("ij,ij->j", centred, centred) / np.float32(n)
        x_hat = centred / np.sqrt(var + np.float32(eps))
        return [x_hat * gamma.astype(np.float32) + beta.astype(np.float32), x_hat, x.mean(0), var]
    with the variance as a difference of moments, and a single slope
        mean = np.average(x, axis=0)
        var = np.maximum(np.average(x * x, axis=0) - mean**2, 0)
        slope = 1 / np.sqrt(var + eps)
        return x * (gamma * slope) + (beta - gamma * slope * mean), (x - mean) * slope, mean, var
    with keepdims, and vectors at the end
        mean = x.mean(axis=0, keepdims=True)
        var = np.square(x - mean).sum(axis=0, keepdims=True) / len(x)
        x_hat = (x - mean) * (var + eps) ** -0.5
        return np.multiply(x_hat, gamma) + beta, x_hat, mean[0], var.ravel()
""")


def _backward_case(rng, n, d, eps=None, spread=1.0):
    """What goes back through a layer, and what the way forward left."""
    x, eps = spread * _columns(rng, n, d), _eps(rng) if eps is None else eps
    mean, var = x.mean(axis=0), x.var(axis=0)
    x_hat = (x - mean) / np.sqrt(var + eps)
    # A gradient that has a part along the ones and one along x_hat, so that both corrections are large.
    dy = rng.normal(size=(n, d)) + rng.uniform(0.6, 1.2, size=d) + 0.7 * x_hat
    return {"dy": dy, "x": x, "x_hat": x_hat, "mean": mean, "var": var, "eps": eps} | _scales(rng, "gamma", size=d)


def _small_case(rng):
    """Variances of the size of eps, which has its default."""
    return _backward_case(rng, 5, 3, eps=1e-5, spread=2e-3)


def _pick(arguments, *names):
    return {name: arguments[name] for name in names}


_STEPS = ("dy", "x", "mean", "var", "gamma", "eps")

_LINE = ("dy", "x_hat", "gamma", "var", "eps")


@judge(reference.batchnorm_backward_steps, points=3, returns=("dx_hat", "dvar", "dmean", "dx"))
def batchnorm_backward_steps(rng):
    for label, n, d in (
        ("six examples of three units", 6, 3),
        ("as many examples as units", 5, 5),
        ("one unit", 4, 1),
        ("two examples", 2, 4),
        ("three examples", 3, 2),
    ):
        yield Call(label, **_pick(_backward_case(rng, n, d), *_STEPS))
    unscaled = _backward_case(rng, 5, 3) | {"gamma": np.ones(3)}
    yield Call("gamma 1", **_pick(unscaled, *_STEPS))
    yield Call("small values, eps at its default", **_pick(_small_case(rng), *_STEPS[:-1]))


def _steps(dy, x, mean, var, gamma, eps, *, dvar_by=None, paths=(1.0, 1.0), dmean_by=-1.0, n=None):
    """The reference with its parts made changeable: each mistake changes one."""
    n = len(x) if n is None else n
    std, dx_hat = np.sqrt(var + eps), dy * gamma
    dvar = np.sum(dx_hat * (x - mean), axis=0) * (-0.5 / std**3 if dvar_by is None else dvar_by)
    dmean = dmean_by * np.sum(dx_hat, axis=0) / std
    by_var, by_mean = paths
    dx = dx_hat / std + by_var * dvar * 2 * (x - mean) / n + by_mean * dmean / n
    return dx_hat, dvar, dmean, dx


batchnorm_backward_steps.add_mistakes("""
    gamma is missing: it multiplies x_hat on the way forward, so it multiplies dy on the way back
        return _steps(dy, x, mean, var, 1.0, eps)
    dx has only the direct path: mean and variance depend on x, too, so add their two paths
        return _steps(dy, x, mean, var, gamma, eps, paths=(0.0, 0.0))
    in dx the path through the variance is missing
        return _steps(dy, x, mean, var, gamma, eps, paths=(0.0, 1.0))
    in dx the path through the mean is missing
        return _steps(dy, x, mean, var, gamma, eps, paths=(1.0, 0.0))
    the factor 2 of the square is missing in the path through the variance: the derivative of (x -
    mean)**2 is 2 * (x - mean)
        return _steps(dy, x, mean, var, gamma, eps, paths=(0.5, 1.0))
    the factor 1 / n is missing: mean and variance are averages over the n examples
        return _steps(dy, x, mean, var, gamma, eps, n=1)
    the variance is treated as the unbiased one, divided by n - 1: within the batch it is divided by
    n
        n = len(x)
        return _steps(dy, x, mean, var, gamma, eps, paths=(n / (n - 1), 1.0))
    the sign of dvar is wrong: a larger variance makes x_hat smaller, hence the factor -1/2
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=0.5 / np.sqrt(var + eps) ** 3)
    the power in dvar is wrong: the derivative of (var + eps)**(-1/2) is -1/2 * (var + eps)**(-3/2)
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / np.sqrt(var + eps))
    or
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / (var + eps))
    or
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / (var + eps) ** 3)
    or
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 * (var + eps) ** 1.5)
    or
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / np.sqrt(var + eps) ** 1.5)
    the factor 1/2 of the root is missing in dvar: the derivative of (var + eps)**(-1/2) is -1/2 *
    (var + eps)**(-3/2)
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-1 / np.sqrt(var + eps) ** 3)
    the sign of dmean is wrong: the mean is subtracted, so its derivative is negative
        return _steps(dy, x, mean, var, gamma, eps, dmean_by=1.0)
    eps is left out: it belongs to every root, as on the way forward
        return _steps(dy, x, mean, var, gamma, 0.0)
    dvar and dmean are not summed: the examples share one mean and one variance, so the parts of all
    rows add up
        std, dx_hat = np.sqrt(var + eps), dy * gamma
        dvar, dmean = dx_hat * (x - mean) * -0.5 / std**3, -dx_hat / std
        return dx_hat, dvar, dmean, dx_hat / std + dvar * 2 * (x - mean) / len(x) + dmean / len(x)
    the sums run along the wrong axis: they run over the examples, and one number is left for each
    unit
        std, dx_hat = np.sqrt(var + eps), dy * gamma
        dvar = np.sum(dx_hat * (x - mean) * -0.5 / std**3, axis=1)
        dmean = -np.sum(dx_hat / std, axis=1)
        return dx_hat, dvar, dmean, dx_hat / std + dvar * 2 * (x - mean) / len(x) + dmean / len(x)
    `** -3 / 2` is half of the power -3: the exponent needs brackets, `** (-3 / 2)` or `** -1.5`
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 * (var + eps) ** -3 / 2)
    dvar and dmean are means: they are sums over the rows; what is divided by n is in dx
        n, std = len(x), np.sqrt(var + eps)
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / std**3 / n, dmean_by=-1 / n)
    n was taken for the number of units: it is that of the rows of x
        return _steps(dy, x, mean, var, gamma, eps, n=x.shape[1])
    x is not centred: where the variance is passed, it is x - mean
        return _steps(dy, x, 0.0, var, gamma, eps)
    dvar is a mean: it is a sum over the rows; what is divided by n is in dx
        n, std = len(x), np.sqrt(var + eps)
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / std**3 / n)
    dmean is a mean: it is a sum over the rows; what is divided by n is in dx
        return _steps(dy, x, mean, var, gamma, eps, dmean_by=-1 / len(x))
    dmean takes dy, without gamma: it is minus the sum of dx_hat, divided by the root
        return _steps(dy, x, mean, var, gamma, eps, dmean_by=-np.sum(dy, axis=0) / np.sum(dy * gamma, axis=0))
    dvar and dmean have changed places: the order is dx_hat, dvar, dmean, dx
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dmean, dvar, dx
    in dx the path through the mean is not divided by n: the mean is an average over the n examples
        return _steps(dy, x, mean, var, gamma, eps, paths=(1.0, len(x)))
    in dx the path through the variance is not divided by n: the variance is an average over the n
    examples
        return _steps(dy, x, mean, var, gamma, eps, paths=(len(x), 1.0))
    in dx the path through the mean is subtracted: all three are added, dmean has its minus
        return _steps(dy, x, mean, var, gamma, eps, paths=(1.0, -1.0))
    in dx the path through the variance is subtracted: all three are added, dvar has its minus
        return _steps(dy, x, mean, var, gamma, eps, paths=(-1.0, 1.0))
    the direct path is missing in dx: add dx_hat / sqrt(var + eps)
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar, dmean, dx - dx_hat / np.sqrt(var + eps)
    the direct path is not divided by the root in dx: it is dx_hat / sqrt(var + eps)
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar, dmean, dx - dx_hat / np.sqrt(var + eps) + dx_hat
    dmean is not divided by the root: it is minus the sum of dx_hat / sqrt(var + eps)
        return _steps(dy, x, mean, var, gamma, eps, dmean_by=-np.sqrt(var + eps))
    dmean is divided by var + eps: divide by its root
        return _steps(dy, x, mean, var, gamma, eps, dmean_by=-1 / np.sqrt(var + eps))
    gamma is divided by: it multiplies dy
        return _steps(dy, x, mean, var, 1 / gamma, eps)
    gamma is there twice: dx_hat has it already
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma**2, eps)
        return dy * gamma, dvar, dmean, dx
    the factor -3/2 stands in dvar: the derivative of (var + eps)**(-1/2) is -1/2 * (var +
    eps)**(-3/2)
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-1.5 / np.sqrt(var + eps) ** 3)
    or
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-1.5 / np.sqrt(var + eps) ** 5)
    the sign of dvar and the one of dmean are wrong: a larger variance makes x_hat smaller, and the
    mean is subtracted
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=0.5 / np.sqrt(var + eps) ** 3, dmean_by=1.0)
    dvar is divided by the root once too often: x_hat stands there in place of x - mean, or the
    power of var + eps is -2 in place of -3/2
        dvar_by = -0.5 / (var + eps) ** 2
        dx_hat, dvar, dmean, _ = _steps(dy, x, mean, var, gamma, eps, dvar_by=dvar_by)
        return dx_hat, dvar, dmean, dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / len(x) + dmean / len(x)
    eps stands outside the root: it is added to the variance, inside
        std = np.sqrt(var) + eps
        return _steps(dy, x, mean, std**2 - eps, gamma, eps)
    dvar takes dy, without gamma: it is the sum of dx_hat * (x - mean), times the factor
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / gamma / np.sqrt(var + eps) ** 3)
    or
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, 1.0, eps)
        return dy * gamma, dvar, dmean, dx
    x is not centred in dx: the derivative of the variance by x is 2 * (x - mean) / n
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar, dmean, dx + dvar * 2 * mean / len(x)
    x is not centred in dvar: it is the sum of dx_hat * (x - mean), times the factor
        std, dx_hat, n = np.sqrt(var + eps), dy * gamma, len(x)
        dvar, dmean = np.sum(dx_hat * x, axis=0) * -0.5 / std**3, -np.sum(dx_hat, axis=0) / std
        return dx_hat, dvar, dmean, dx_hat / std + dvar * 2 * (x - mean) / n + dmean / n
    the sums were divided by n, and then once more in dx: dvar and dmean are sums over the rows
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar / len(x), dmean / len(x), dx
    dx is missing: four results are asked, the last of them is what the layer below needs
        return _steps(dy, x, mean, var, gamma, eps)[:3]
    or
        return *_steps(dy, x, mean, var, gamma, eps)[:3], None
    eps is left out of the power in dvar: it is added to the variance there, too
        return _steps(dy, x, mean, var, gamma, eps, dvar_by=-0.5 / var**1.5)
    the direct path in dx lacks gamma: it is dx_hat / sqrt(var + eps)
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar, dmean, dx + (dy - dx_hat) / np.sqrt(var + eps)
    the first result is dx, too: return dx_hat, and make dx in an array of its own; `dx = dx_hat` is no copy
        _, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx, dvar, dmean, dx
    dx is multiplied by gamma again: dx_hat has it already
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma, eps)
        return dx_hat, dvar, dmean, gamma * dx
    n was taken for the number of all entries: it is that of the rows of x
        return _steps(dy, x, mean, var, gamma, eps, n=x.size)
    dvar and dmean take dy, without gamma: they are made of dx_hat
        dx_hat = dy * gamma
        _, dvar, dmean, _ = _steps(dy, x, mean, var, 1.0, eps)
        dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / len(x) + dmean / len(x)
        return dx_hat, dvar, dmean, dx
    dx_hat is divided by the root: that is part of the next step
        dx_hat, dvar, dmean, dx = _steps(dy, x, mean, var, gamma / np.sqrt(var + eps), eps)
        return dx_hat, dvar, dmean, dx
    the paths through the variance and the mean are subtracted in dx: all three are added, dvar and dmean have
    their minus
        return _steps(dy, x, mean, var, gamma, eps, paths=(-1.0, -1.0))
""")
batchnorm_backward_steps.add_variants("""
    with the part of dmean that is zero, and powers in place of roots
        n = x.shape[0]
        dx_hat = np.multiply(dy, gamma)
        dvar = (dx_hat * (x - mean) * -0.5 * (var + eps) ** -1.5).sum(0)
        dmean = (dx_hat * -((var + eps) ** -0.5)).sum(0) + dvar * (-2 * (x - mean)).sum(0) / n
        return (
            dx_hat,
            dvar,
            dmean,
            dx_hat * (var + eps) ** -0.5 + dvar * 2 * (x - mean) / n + dmean / n,
        )
    column by column, by the matrix of derivatives of x_hat by x
        n, d = x.shape
        dx_hat, dvar, dmean, dx = dy * gamma, np.zeros(d), np.zeros(d), np.zeros((n, d))
        for j in range(d):
            c, s = x[:, j] - mean[j], (var[j] + eps) ** 0.5
            dvar[j] = -(dx_hat[:, j] @ c) / (2 * s**3)
            dmean[j] = -dx_hat[:, j].sum() / s
            jacobian = (np.eye(n) - 1 / n) / s - np.outer(c, c) / (n * s**3)
            dx[:, j] = jacobian @ dx_hat[:, j]
        return [dx_hat, dvar, dmean, dx]
    einsum, in float32
        dy, x, mean, var, gamma = (a.astype(np.float32) for a in (dy, x, mean, var, gamma))
        inverse, n = 1 / np.sqrt(var + np.float32(eps)), np.float32(len(x))
        dx_hat = np.einsum("ij,j->ij", dy, gamma)
        dvar = np.einsum("ij,ij,j->j", dx_hat, x - mean, -(inverse**3) / 2)
        dmean = -np.einsum("ij,j->j", dx_hat, inverse)
        return dx_hat, dvar, dmean, dx_hat * inverse + (2 * dvar * (x - mean) + dmean) / n
    row by row
        root = np.sqrt(var + eps)
        dx_hat, dvar, dmean = np.zeros(x.shape), np.zeros(len(var)), np.zeros(len(var))
        for i in range(len(x)):
            dx_hat[i] = gamma * dy[i]
            dvar -= dx_hat[i] * (x[i] - mean) / root**3 / 2
            dmean -= dx_hat[i] / root
        dx = [dx_hat[i] / root + (2 * dvar * (x[i] - mean) + dmean) / len(x) for i in range(len(x))]
        return dx_hat, dvar, dmean, np.array(dx)
""")


@judge(reference.batchnorm_backward, points=4, returns=("dx", "dgamma", "dbeta"))
def batchnorm_backward(rng):
    for label, n, d in (
        ("six examples of three units", 6, 3),
        ("as many examples as units", 5, 5),
        ("one unit", 4, 1),
        ("two examples", 2, 4),
        ("three examples", 3, 2),
    ):
        yield Call(label, **_pick(_backward_case(rng, n, d), *_LINE))
    unscaled = _backward_case(rng, 5, 3) | {"gamma": np.ones(3)}
    yield Call("gamma 1", **_pick(unscaled, *_LINE))
    yield Call("small values, eps at its default", **_pick(_small_case(rng), *_LINE[:-1]))
    even = _backward_case(rng, 6, 4)
    even["dy"] = even["dy"] - even["dy"].mean(axis=0)
    yield Call("the columns of dy have mean 0", **_pick(even, *_LINE))


def _line(dy, x_hat, gamma, var, eps, *, mean=1.0, along=1.0, std=None):
    """The reference with its parts made changeable: each mistake changes one."""
    std = np.sqrt(var + eps) if std is None else std
    dgamma, dbeta, n = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0), len(dy)
    return gamma / std * (dy - mean * dbeta / n - along * x_hat * dgamma / n), dgamma, dbeta


batchnorm_backward.add_mistakes("""
    mean and variance are treated as constants: that is right when predicting; in training both
    depend on x, and two terms are subtracted
        return _line(dy, x_hat, gamma, var, eps, mean=0, along=0)
    the path through the mean is missing in dx: subtract the mean of each column of dy
        return _line(dy, x_hat, gamma, var, eps, mean=0)
    the path through the variance is missing in dx: subtract x_hat times the mean of dy * x_hat
        return _line(dy, x_hat, gamma, var, eps, along=0)
    sums in place of means in dx: divide both by the number of examples
        return _line(dy, x_hat, gamma, var, eps, mean=len(dy), along=len(dy))
    the signs in dx are wrong: both terms are subtracted
        return _line(dy, x_hat, gamma, var, eps, mean=-1, along=-1)
    the second term of dx lacks x_hat: what is subtracted is x_hat times the mean of dy * x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps, along=0)
        return dx - gamma / np.sqrt(var + eps) * np.mean(dy * x_hat, axis=0), dgamma, dbeta
    gamma is missing in dx: the way back passes y = gamma * x_hat + beta
        return _line(dy, x_hat, 1.0, var, eps)
    or
        dx, dgamma, dbeta = _line(dy, x_hat, 1.0, var, eps)
        return dx, dgamma, dbeta
    dx is divided by the variance: divide by its root
        return _line(dy, x_hat, gamma, var, eps, std=var + eps)
    eps is left out: add it to the variance, as on the way forward
        return _line(dy, x_hat, gamma, var, 0.0)
    dgamma and dbeta are means: they are sums over the examples, the 1/n of the loss is in dy
    already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma / len(dy), dbeta / len(dy)
    dgamma and dbeta are not summed: all examples share gamma and beta, so their parts add up
        return _line(dy, x_hat, gamma, var, eps)[0], dy * x_hat, dy
    dgamma and dbeta have changed places: `return dx, dgamma, dbeta`
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dbeta, dgamma
    gamma is in dgamma: gamma multiplies x_hat, so dgamma is the sum of dy * x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, gamma * dgamma, dbeta
    the averages run along the wrong axis: they run over the examples, one for each column
        dgamma, dbeta, d = np.sum(dy * x_hat, axis=1), np.sum(dy, axis=1), dy.shape[1]
        inside = dy - dbeta[:, None] / d - x_hat * dgamma[:, None] / d
        return gamma / np.sqrt(var + eps) * inside, dgamma, dbeta
    or
        along = np.mean(dy * x_hat, axis=1, keepdims=True)
        dx = gamma / np.sqrt(var + eps) * (dy - dy.mean(axis=1, keepdims=True) - x_hat * along)
        return dx, np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)
    the means in dx were taken over all entries together: each column has its own, `axis=0`
        _, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        inside = dy - dy.mean() - x_hat * np.mean(dy * x_hat)
        return gamma / np.sqrt(var + eps) * inside, dgamma, dbeta
    the mean of dy is added in dx: both terms are subtracted
        return _line(dy, x_hat, gamma, var, eps, mean=-1)
    x_hat times the mean of dy * x_hat is added in dx: both terms are subtracted
        return _line(dy, x_hat, gamma, var, eps, along=-1)
    the means in dx are divided by n - 1: mean and variance of the batch are divided by n
        by = len(dy) / (len(dy) - 1)
        return _line(dy, x_hat, gamma, var, eps, mean=by, along=by)
    eps stands outside the root: it is added to the variance, inside
        return _line(dy, x_hat, gamma, var, eps, std=np.sqrt(var) + eps)
    gamma is divided by in dx: multiply by it
        return _line(dy, x_hat, 1 / gamma, var, eps)
    gamma is there twice in dx: dy * gamma has it, or the factor in front, not both
        return _line(dy, x_hat, gamma**2, var, eps)
    dx is not divided by the root: multiply by gamma / sqrt(var + eps)
        return _line(dy, x_hat, gamma, var, eps, std=1.0)
    dx is multiplied by the root: divide by it
        return _line(dy, x_hat, gamma, var, eps, std=1 / np.sqrt(var + eps))
    dx is divided by the variance, and eps is left out: divide by the root of var + eps
        return _line(dy, x_hat, gamma, var, eps, std=var)
    dx is n times too large: the sums are divided by n, and n * dy with them
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return len(dy) * dx, dgamma, dbeta
    dx is divided by n once more: the 1/n of the loss is in dy already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx / len(dy), dgamma, dbeta
    dy is not multiplied by n where the sums are not divided by it: n * dy - dbeta - x_hat * dgamma,
    all divided by n
        dgamma, dbeta, n = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0), len(dy)
        return gamma / np.sqrt(var + eps) * (dy - dbeta - x_hat * dgamma) / n, dgamma, dbeta
    the sum of dy is not divided by n in dx: the mean is subtracted
        return _line(dy, x_hat, gamma, var, eps, mean=len(dy))
    the sum of dy * x_hat is not divided by n in dx: x_hat times the mean is subtracted
        return _line(dy, x_hat, gamma, var, eps, along=len(dy))
    dgamma is the sum of dy: it is the sum of dy * x_hat
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dbeta, dbeta
    dgamma is a mean: it is a sum over the examples, the 1/n of the loss is in dy already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma / len(dy), dbeta
    dbeta is a mean: it is a sum over the examples, the 1/n of the loss is in dy already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma, dbeta / len(dy)
    dgamma is not summed: all examples share gamma, so their parts add up
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dy * x_hat, dbeta
    dbeta is not summed: all examples share beta, so their parts add up
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma, dy.copy()
    dgamma and dbeta are single numbers: each unit has its own, so sum over the examples alone
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma.sum(), dbeta.sum()
    dgamma takes gamma * x_hat and dbeta gamma, too: gamma multiplies x_hat alone, and neither has
    it
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, gamma * dgamma, gamma * dbeta
    dgamma and dbeta are sums along the wrong axis: they run over the examples, one for each column
        dx, _, _ = _line(dy, x_hat, gamma, var, eps)
        return dx, np.sum(dy * x_hat, axis=1), np.sum(dy, axis=1)
    the part of dy along x_hat is taken out whole: with eps stretching x does change the output a
    little; subtract x_hat times the mean of dy * x_hat
        length = np.mean(x_hat**2, axis=0)
        return _line(dy, x_hat, gamma, var, eps, along=1 / length)
    dx lacks the gradient itself: the two terms are subtracted from dy
        dgamma, dbeta, n = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0), len(dy)
        return gamma / np.sqrt(var + eps) * (-dbeta / n - x_hat * dgamma / n), dgamma, dbeta
    dx is dy times gamma alone: mean, variance and the root belong to the layer, too
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dy * gamma, dgamma, dbeta
    the means in dx are sums, and gamma is missing: divide both by the number of examples, and
    multiply by gamma
        return _line(dy, x_hat, 1.0, var, eps, mean=len(dy), along=len(dy))
    the signs in dx are wrong, and gamma is missing: both terms are subtracted, and gamma multiplies
        return _line(dy, x_hat, 1.0, var, eps, mean=-1, along=-1)
    mean and variance are treated as constants, and gamma is missing in dx: two terms are
    subtracted, and gamma multiplies
        return _line(dy, x_hat, 1.0, var, eps, mean=0, along=0)
    dgamma and dbeta are means, and dx is divided by n once more: the 1/n of the loss is in dy
    already
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx / len(dy), dgamma / len(dy), dbeta / len(dy)
    dgamma and dbeta have two axes: they are vectors, so leave out keepdims
        dx, dgamma, dbeta = _line(dy, x_hat, gamma, var, eps)
        return dx, dgamma[None], dbeta[None]
    dx is missing: `return dx, dgamma, dbeta`, the layer below needs it
        return _line(dy, x_hat, gamma, var, eps)[1:]
    or
        return None, *_line(dy, x_hat, gamma, var, eps)[1:]
    in dx the path through the variance is divided by n - 1: the variance of the batch is divided by n
        x_hat * along -> x_hat * along * len(dy) / (len(dy) - 1)
""")
batchnorm_backward.add_variants("""
    from the sums, with one common denominator
        n = dy.shape[0]
        dbeta = dy.sum(axis=0)
        dgamma = (dy * x_hat).sum(axis=0)
        return (n * dy - dbeta - x_hat * dgamma) * gamma / (n * (var + eps) ** 0.5), dgamma, dbeta
    step by step through the graph
        n, std = len(dy), np.sqrt(var + eps)
        dx_hat, centred = dy * gamma, x_hat * std
        dvar = (dx_hat * centred).sum(0) * -0.5 * std**-3
        dx = dx_hat / std + 2 / n * dvar * centred - (dx_hat / std).sum(0) / n
        return [dx, (dy * x_hat).sum(0), dy.sum(0)]
    einsum, in float32
        dy, x_hat, gamma, var = (a.astype(np.float32) for a in (dy, x_hat, gamma, var))
        ones = np.ones(len(dy), np.float32)
        dgamma, dbeta = np.einsum("ij,ij->j", dy, x_hat), ones @ dy
        inside = dy - np.outer(ones, dbeta) / len(dy) - x_hat * dgamma / len(dy)
        return gamma / np.sqrt(var + np.float32(eps)) * inside, dgamma, dbeta
    column by column, in lists
        n, d = dy.shape
        dgamma = [float(dy[:, j] @ x_hat[:, j]) for j in range(d)]
        dbeta = [float(sum(dy[:, j])) for j in range(d)]
        scale = [gamma[j] / (var[j] + eps) ** 0.5 for j in range(d)]
        dx = [
            [scale[j] * (dy[i, j] - dbeta[j] / n - x_hat[i, j] * dgamma[j] / n) for j in range(d)]
            for i in range(n)
        ]
        return dx, dgamma, dbeta
""")


def _statistics(rng, d):
    """Old and new means and variances, far from each other and from 1."""
    return {
        "running_mean": rng.uniform(1.0, 3.0, size=d),
        "running_var": rng.uniform(0.3, 0.8, size=d),
        "mean": -rng.uniform(1.0, 3.0, size=d),
        "var": rng.uniform(2.0, 4.0, size=d),
    }


@judge(reference.update_running_statistics, points=2, returns=("running_mean", "running_var"))
def update_running_statistics(rng):
    def rho():
        return rng.uniform(0.6, 0.75)

    yield Call("a batch of 8", **_statistics(rng, 3), n=8, rho=rho())
    yield Call("a batch of 2", **_statistics(rng, 4), n=2, rho=rho())
    yield Call("a batch of 5, biased", **_statistics(rng, 3), n=5, rho=rho(), unbiased=False)
    yield Call("a batch of 4, biased", **_statistics(rng, 2), n=4, rho=rho(), unbiased=False)
    first = _statistics(rng, 3) | {"running_mean": np.zeros(3), "running_var": np.ones(3)}
    yield Call("the first batch", **first, n=4, rho=rho())
    yield Call("nothing is kept", **_statistics(rng, 3), n=3, rho=0.0)
    alone = _statistics(rng, 3) | {"var": np.zeros(3)}
    yield Call("a batch of one, biased", 0.5, **alone, n=1, rho=rho(), unbiased=False)
    yield Call("all at its default", **_statistics(rng, 3), n=6)


def _update(running_mean, running_var, mean, var, *, factor, rho, mean_factor=1.0):
    return (rho * running_mean + (1 - rho) * mean_factor * mean, rho * running_var + (1 - rho) * factor * var)


update_running_statistics.add_mistakes("""
    rho multiplies the new statistics: here rho is the share of the old ones that is kept (PyTorch's
    momentum is 1 - rho)
        factor = n / (n - 1) if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=1 - rho)
    the variance enters as it is, biased: with `unbiased` it is multiplied by n / (n - 1) first
        return _update(running_mean, running_var, mean, var, factor=1.0, rho=rho)
    the variance is multiplied by n / (n - 1) even where `unbiased` is False
        return _update(running_mean, running_var, mean, var, factor=n / (n - 1), rho=rho)
    or
        return _update(running_mean, running_var, mean, var, factor=n / (n - 1) if n > 1 else 1.0, rho=rho)
    the variance is multiplied by (n - 1) / n: the biased one is too small, so the factor is n / (n
    - 1)
        factor = (n - 1) / n if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
    the mean is multiplied by n / (n - 1), too: a mean is not biased, only the variance is
        factor = n / (n - 1) if unbiased else 1.0
        return _update(
            running_mean, running_var, mean, var, factor=factor, rho=rho, mean_factor=factor
        )
    the old average is multiplied by n / (n - 1), too: only the variance of this batch is
        factor = n / (n - 1) if unbiased else 1.0
        new_mean, new_var = _update(running_mean, running_var, mean, var, factor=1.0, rho=rho)
        return new_mean, factor * new_var
    the new statistics are added whole: an average gives them the weight 1 - rho
        factor = n / (n - 1) if unbiased else 1.0
        return rho * running_mean + mean, rho * running_var + factor * var
    standard deviations are averaged and squared: the average is one of variances
        factor = n / (n - 1) if unbiased else 1.0
        new_mean, deviation = _update(
            running_mean, running_var**0.5, mean, var**0.5, factor=factor**0.5, rho=rho
        )
        return new_mean, deviation**2
    the two results have changed places: the mean comes first
        factor = n / (n - 1) if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)[::-1]
    `rho` is ignored: 0.9 is only its default
        factor = n / (n - 1) if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=0.9)
    `unbiased` is the wrong way round: the factor n / (n - 1) belongs to True
        factor = 1.0 if unbiased else n / (n - 1)
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
    rho multiplies the new mean: the mean is averaged as the variance is, rho is the share of the
    old
        factor = n / (n - 1) if unbiased else 1.0
        _, new_var = _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
        return (1 - rho) * running_mean + rho * mean, new_var
    the standard deviation is averaged: the average is one of variances
        return rho * running_mean + (1 - rho) * mean, rho * running_var + (1 - rho) * np.sqrt(var)
    or
        spread = np.sqrt(var * n / (n - 1)) if unbiased else np.sqrt(var)
        return rho * running_mean + (1 - rho) * mean, rho * running_var + (1 - rho) * spread
    or
        spread = np.sqrt(var) * n / (n - 1) if unbiased else np.sqrt(var)
        return rho * running_mean + (1 - rho) * mean, rho * running_var + (1 - rho) * spread
    the old statistics are forgotten: the share rho of them is kept
        factor = n / (n - 1) if unbiased else 1.0
        return (1 - rho) * mean, (1 - rho) * factor * var
    the old statistics are kept whole: their share is rho
        factor = n / (n - 1) if unbiased else 1.0
        return running_mean + (1 - rho) * mean, running_var + (1 - rho) * factor * var
    rho multiplies both: the new statistics have the weight 1 - rho
        factor = n / (n - 1) if unbiased else 1.0
        return rho * (running_mean + mean), rho * (running_var + factor * var)
    the plain mean of old and new is taken: rho is the share of the old
        factor = n / (n - 1) if unbiased else 1.0
        return (running_mean + mean) / 2, (running_var + factor * var) / 2
    these are the statistics of this batch alone: they are averaged with the old ones
        factor = n / (n - 1) if unbiased else 1.0
        return mean, factor * var
    or
        return mean, var
    the factor is (n + 1) / n: the biased variance is divided by n and belongs to n - 1, so it is n
    / (n - 1)
        factor = (n + 1) / n if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
    the variance is divided by n - 1, not multiplied by n before: the factor is n / (n - 1)
        factor = 1 / (n - 1) if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
    the root of n / (n - 1) was taken: a variance has the factor itself
        factor = np.sqrt(n / (n - 1)) if unbiased else 1.0
        return _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
    n / (n - 1) is computed even where `unbiased` is False: with a batch of one n - 1 is 0, and this
    divides by it
        factor = n / (n - 1)
        return _update(running_mean, running_var, mean, var, factor=factor if unbiased else 1.0, rho=rho)
    the variance of the new mean is added: the averages are taken one by one, without each other
        factor = n / (n - 1) if unbiased else 1.0
        new_mean, new_var = _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
        return new_mean, new_var + (1 - rho) * (mean - new_mean) ** 2
    rho multiplies the new statistics, and `unbiased` is not looked at: rho is the share of the old
    ones, and with `unbiased`, but not without, the variance is multiplied by n / (n - 1)
        return _update(running_mean, running_var, mean, var, factor=1.0, rho=1 - rho)
    or
        return _update(running_mean, running_var, mean, var, factor=n / (n - 1), rho=1 - rho)
    rho multiplies the new variance: the variance is averaged as the mean is, rho is the share of
    the old
        factor = n / (n - 1) if unbiased else 1.0
        new_mean, _ = _update(running_mean, running_var, mean, var, factor=factor, rho=rho)
        return new_mean, (1 - rho) * running_var + rho * factor * var
    the running statistics are returned as they were: the new ones are averaged into them
        return running_mean, running_var
    the units were counted, `len(mean)`: n is the number of examples
        n / (n - 1) if unbiased -> len(mean) / np.float64(len(mean) - 1) if unbiased
    the new mean is added whole: an average gives it the weight 1 - rho
        rho * running_mean + (1 - rho) * mean -> rho * running_mean + mean
""")
update_running_statistics.add_variants("""
    a step from the old towards the new
        if unbiased:
            var = var * n / (n - 1)
        step = 1 - rho
        return running_mean - step * (running_mean - mean), running_var - step * (running_var - var)
    lists
        below = n - 1 if unbiased else n
        means = [rho * old + (1 - rho) * new for old, new in zip(running_mean, mean, strict=True)]
        variances = [
            rho * old + (1 - rho) * new * n / below
            for old, new in zip(running_var, var, strict=True)
        ]
        return means, variances
    both at once, in float32
        old = np.stack([running_mean, running_var]).astype(np.float32)
        new = np.stack([mean, var * (n / (n - 1) if unbiased else 1)]).astype(np.float32)
        return tuple(np.float32(rho) * old + np.float32(1 - rho) * new)
""")


@judge(reference.batchnorm_inference, points=1, returns=("y",))
def batchnorm_inference(rng):
    def layer(n, d):
        kept = {
            "running_mean": rng.choice([-1.0, 1.0], size=d) * rng.uniform(1.0, 3.0, size=d),
            "running_var": rng.uniform(2.0, 4.0, size=d),
        }
        units = _scales(rng, "gamma", "beta", size=d)
        return {"x": _columns(rng, n, d), **units, **kept, "eps": _eps(rng)}

    yield Call("five examples of three units", **layer(5, 3))
    yield Call("one example alone", **layer(1, 4))
    yield Call("as many examples as units", **layer(4, 4))
    yield Call("one unit", **layer(6, 1))
    small = layer(5, 3)
    small |= {"running_var": 1e-5 * small["running_var"]}
    del small["eps"]
    yield Call("a small variance, eps at its default", **small)
    yield Call("whole numbers", 0.5, **layer(5, 3) | {"x": _whole(rng, 5, 3)})


def _infer(x, gamma, beta, running_mean, std):
    return gamma * (x - running_mean) / std + beta


batchnorm_inference.add_mistakes("""
    this is normalized by the batch's own mean and variance: when predicting, use the running ones
        return _infer(x, gamma, beta, x.mean(axis=0), np.sqrt(x.var(axis=0) + eps))
    eps is not added: it belongs to the running variance, before the root
        return _infer(x, gamma, beta, running_mean, np.sqrt(running_var))
    eps stands outside the root: it is added to the variance, inside
        return _infer(x, gamma, beta, running_mean, np.sqrt(running_var) + eps)
    this divides by the running variance: divide by its root
        return _infer(x, gamma, beta, running_mean, running_var + eps)
    gamma and beta are left out: what was learned belongs to the layer
        return _infer(x, 1.0, 0.0, running_mean, np.sqrt(running_var + eps))
    gamma and beta have changed places: gamma scales, beta shifts
        return _infer(x, beta, gamma, running_mean, np.sqrt(running_var + eps))
    the parentheses are missing: only the running mean was divided, x was not
        return gamma * (x - running_mean / np.sqrt(running_var + eps)) + beta
    the running mean is not subtracted
        return _infer(x, gamma, beta, 0.0, np.sqrt(running_var + eps))
    `eps` is ignored: 1e-5 is only its default
        return _infer(x, gamma, beta, running_mean, np.sqrt(running_var + 1e-5))
    gamma is left out: what was learned belongs to the layer
        return _infer(x, 1.0, beta, running_mean, np.sqrt(running_var + eps))
    beta is left out: what was learned belongs to the layer
        return _infer(x, gamma, 0.0, running_mean, np.sqrt(running_var + eps))
    beta is divided by the root, too: it is added last
        return (gamma * (x - running_mean) + beta) / np.sqrt(running_var + eps)
    eps is left out and this divides by the running variance: divide by the root of the variance
    with eps
        return _infer(x, gamma, beta, running_mean, running_var)
    this multiplies by the root: divide by it
        return _infer(x, gamma, beta, running_mean, 1 / np.sqrt(running_var + eps))
    this divides by the square of the variance: divide by its root
        return _infer(x, gamma, beta, running_mean, (running_var + eps) ** 2)
    this is not divided by the root of the running variance
        return _infer(x, gamma, beta, running_mean, 1.0)
    beta is subtracted: it is added last
        return _infer(x, gamma, -beta, running_mean, np.sqrt(running_var + eps))
    the running mean is added: subtract it from x
        return _infer(x, gamma, beta, -running_mean, np.sqrt(running_var + eps))
    beta is scaled by gamma, too: it is added last
        return gamma * ((x - running_mean) / np.sqrt(running_var + eps) + beta)
    the running mean is subtracted after the scaling: subtract it first
        return gamma * x / np.sqrt(running_var + eps) - running_mean + beta
    or
        return gamma * (x / np.sqrt(running_var + eps) - running_mean) + beta
    the batch's own mean is subtracted: when predicting, use the running one
        return _infer(x, gamma, beta, x.mean(axis=0), np.sqrt(running_var + eps))
    the batch's own variance is used: when predicting, use the running one
        return _infer(x, gamma, beta, running_mean, np.sqrt(x.var(axis=0) + eps))
    running mean and running variance have changed places
        return _infer(x, gamma, beta, running_var, np.sqrt(running_mean + eps))
    or
        return _infer(x, gamma, beta, running_var, np.sqrt(np.abs(running_mean) + eps))
    this is divided by gamma: multiply by it
        return _infer(x, 1 / gamma, beta, running_mean, np.sqrt(running_var + eps))
    the running variance is corrected by the number of rows: it is used as it is
        n = len(x)
        return _infer(x, gamma, beta, running_mean, np.sqrt(running_var * (n - 1) / n + eps))
    or
        n = len(x)
        return _infer(x, gamma, beta, running_mean, np.sqrt(running_var * n / max(n - 1, 1) + eps))
    the brackets are missing, around x and the running mean: subtract first, then divide and
    multiply by gamma
        return gamma * x - running_mean / np.sqrt(running_var + eps) + beta
    or
        return x - gamma * running_mean / np.sqrt(running_var + eps) + beta
    `eps` stands outside the root and `gamma` is left out: add eps to the variance, and multiply by
    gamma
        return _infer(x, 1.0, beta, running_mean, np.sqrt(running_var) + eps)
    the batch's own statistics are used, and eps stands outside the root: use the running ones, with
    eps in the variance
        return _infer(x, gamma, beta, x.mean(axis=0), x.std(axis=0) + eps)
    the result is cut to whole numbers: an array made like `x` is whole where x is; make it of floats
        y = np.zeros_like(x)
        y[:] = _infer(x, gamma, beta, running_mean, np.sqrt(running_var + eps))
        return y
    one result is asked, y: x_hat was returned, too
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * x_hat + beta, x_hat
    the batch is averaged into the running statistics first: when predicting, they stay as they are
        mean = 0.9 * running_mean + 0.1 * x.mean(axis=0)
        return _infer(x, gamma, beta, mean, np.sqrt(0.9 * running_var + 0.1 * x.var(axis=0) + eps))
    gamma multiplies x alone: the running mean is subtracted before
        return (gamma * x - running_mean) / np.sqrt(running_var + eps) + beta
    mean and variance are taken over the units of each example: that is layer normalization; here they are the
    running ones
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        return gamma * (x - mean) / np.sqrt(var + eps) + beta
""")
batchnorm_inference.add_variants("""
    as a slope and an intercept
        slope = gamma * (running_var + eps) ** -0.5
        return slope * x + (beta - slope * running_mean)
    number by number, in lists
        return [
            [
                g * (value - m) / float(v + eps) ** 0.5 + b
                for value, g, b, m, v in zip(
                    row, gamma, beta, running_mean, running_var, strict=True
                )
            ]
            for row in x
        ]
    as a product with a diagonal matrix, in float32
        scale = np.diag((gamma / np.sqrt(running_var + eps)).astype(np.float32))
        return (x - running_mean).astype(np.float32) @ scale + beta.astype(np.float32)
    row by row: x_hat first
        root = np.sqrt(running_var + eps)
        return np.array([gamma * ((row - running_mean) / root) + beta for row in x])
""")


@judge(reference.fold_batchnorm, points=2, returns=("w_folded", "b_folded"))
def fold_batchnorm(rng):
    def layers(d, k):
        return {
            "w": _columns(rng, d, k),
            **_scales(rng, "b", "gamma", "beta", "running_mean", size=k),
            "running_var": rng.uniform(2.0, 4.0, size=k),
            "eps": _eps(rng),
        }

    yield Call("four inputs, three units", **layers(4, 3))
    yield Call("as many inputs as units", **layers(4, 4))
    yield Call("one unit", **layers(5, 1))
    yield Call("one input", **layers(1, 3))
    small = layers(3, 4)
    small |= {"running_var": 1e-5 * small["running_var"]}
    del small["eps"]
    yield Call("a small variance, eps at its default", **small)


def _fold(w, b, gamma, beta, running_mean, std):
    return w * gamma / std, (b - running_mean) * gamma / std + beta


fold_batchnorm.add_mistakes("""
    the rows of w were scaled: a unit is a column of w, so scale the columns
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale[:, None], (b - running_mean) * scale + beta
    the bias b of the layer is lost: it is normalized, too
        return _fold(w, 0.0, gamma, beta, running_mean, np.sqrt(running_var + eps))
    the bias b is not scaled: it goes through the normalization as x @ w does
        folded, rest = _fold(w, 0.0, gamma, beta, running_mean, np.sqrt(running_var + eps))
        return folded, b + rest
    the running mean is not in the bias: (b - running_mean), scaled, plus beta
        return _fold(w, b, gamma, beta, 0.0, np.sqrt(running_var + eps))
    the running mean is not scaled: subtract it from b before you scale
        folded, rest = _fold(w, b, gamma, beta, 0.0, np.sqrt(running_var + eps))
        return folded, rest - running_mean
    beta is not in the bias: it is added last, without being scaled
        return _fold(w, b, gamma, 0.0, running_mean, np.sqrt(running_var + eps))
    beta is scaled, too: it is added after the scaling
        return _fold(w, b + beta, gamma, 0.0, running_mean, np.sqrt(running_var + eps))
    gamma is missing: the scale is gamma / sqrt(running_var + eps)
        return _fold(w, b, 1.0, beta, running_mean, np.sqrt(running_var + eps))
    this divides by the running variance: divide by its root
        return _fold(w, b, gamma, beta, running_mean, running_var + eps)
    eps is not added: it belongs to the running variance, before the root
        return _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var))
    eps stands outside the root: it is added to the variance, inside
        return _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var) + eps)
    w is not scaled: each column is multiplied by gamma / sqrt(running_var + eps)
        return w, _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var + eps))[1]
    the running mean is added to b: it is subtracted, (b - running_mean)
        return _fold(w, b, gamma, beta, -running_mean, np.sqrt(running_var + eps))
    the bias is scaled by gamma alone: it is divided by sqrt(running_var + eps) as the weights are
        folded, _ = _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var + eps))
        return folded, gamma * (b - running_mean) + beta
    beta is added to the weights, too: it belongs to the biases alone
        folded, bias = _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var + eps))
        return folded + beta, bias
    beta, too, is divided by the root, though not scaled by gamma: it is added last, as it is
        root = np.sqrt(running_var + eps)
        return w * gamma / root, ((b - running_mean) * gamma + beta) / root
    beta is multiplied by gamma: it is added last, as it is
        root = np.sqrt(running_var + eps)
        return w * gamma / root, (b - running_mean) * gamma / root + gamma * beta
    the bias is scaled without gamma: its factor is that of the weights, gamma / sqrt(running_var +
    eps)
        root = np.sqrt(running_var + eps)
        return w * gamma / root, (b - running_mean) / root + beta
    the weights are scaled without gamma: the scale is gamma / sqrt(running_var + eps)
        root = np.sqrt(running_var + eps)
        return w / root, (b - running_mean) * gamma / root + beta
    the weights are scaled by gamma alone: they are divided by sqrt(running_var + eps), too
        root = np.sqrt(running_var + eps)
        return w * gamma, (b - running_mean) * gamma / root + beta
    the scale multiplies by the root: divide by it
        return _fold(w, b, gamma, beta, running_mean, 1 / np.sqrt(running_var + eps))
    beta is subtracted: it is added last
        return _fold(w, b, gamma, -beta, running_mean, np.sqrt(running_var + eps))
    gamma and beta have changed places: gamma scales, beta shifts
        return _fold(w, b, beta, gamma, running_mean, np.sqrt(running_var + eps))
    b is subtracted: the bias is (b - running_mean), scaled, plus beta
        return _fold(w, -b, gamma, beta, running_mean, np.sqrt(running_var + eps))
    or
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, (running_mean - b) * scale + beta
    neither b nor beta is in the bias: it is (b - running_mean), scaled, plus beta
        return _fold(w, 0.0, gamma, 0.0, running_mean, np.sqrt(running_var + eps))
    the bias is left as it was: the normalization shifts and scales it, too
        return _fold(w, b, gamma, beta, running_mean, np.sqrt(running_var + eps))[0], b
    this divides by the running variance, without eps: divide by the root of the variance with eps
        return _fold(w, b, gamma, beta, running_mean, running_var)
    the running mean is subtracted from the weights, too: it belongs to the biases alone
        root = np.sqrt(running_var + eps)
        return (w - running_mean) * gamma / root, (b - running_mean) * gamma / root + beta
    the bias b is not scaled and beta is missing, or the running mean: it is (b - running_mean),
    scaled, plus beta
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, b + beta
    or
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, b - running_mean * scale
    the bias b is added without its factor, and the running mean, too: (b - running_mean) is scaled
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, b - running_mean + beta
    the weights are normalized as if they were inputs: mean and beta belong to the biases alone
        scale = gamma / np.sqrt(running_var + eps)
        return (w - running_mean) * scale + beta, (b - running_mean) * scale + beta
    the running mean is subtracted from the weights, and not from the biases: it belongs to these alone
        scale = gamma / np.sqrt(running_var + eps)
        return (w - running_mean) * scale, b * scale + beta
    the running mean has a part of the scale only: b - running_mean is scaled as a whole
        return w * gamma / np.sqrt(running_var + eps), (gamma * b - running_mean) / np.sqrt(running_var + eps) + beta
    or
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, b * scale - gamma * running_mean + beta
    the scale is upside down: it is gamma / sqrt(running_var + eps)
        scale = np.sqrt(running_var + eps) / gamma
        return w * scale, (b - running_mean) * scale + beta
""")
fold_batchnorm.add_variants("""
    by what the two layers make of the zero vector and of the unit vectors
        def both(x):
            return gamma * (x @ w + b - running_mean) / np.sqrt(running_var + eps) + beta
        at_zero = both(np.zeros(len(w)))
        return np.array([both(e) - at_zero for e in np.eye(len(w))]), at_zero
    a diagonal matrix from the right, in float32
        scale = np.diag(gamma * (running_var + eps) ** -0.5).astype(np.float32)
        shift = (b - running_mean).astype(np.float32) @ scale + beta.astype(np.float32)
        return w.astype(np.float32) @ scale, shift
    unit by unit, in lists
        columns, biases = [], []
        for j in range(w.shape[1]):
            scale = gamma[j] / (running_var[j] + eps) ** 0.5
            columns.append([scale * weight for weight in w[:, j]])
            biases.append(scale * b[j] + beta[j] - scale * running_mean[j])
        return [list(row) for row in zip(*columns, strict=True)], biases
    the bias as one more row of weights
        rows = np.vstack([w, b - running_mean]) * (gamma / np.sqrt(running_var + eps))
        return rows[:-1], rows[-1] + beta
""")


@judge(
    reference.spatial_batchnorm_forward,
    points=2,
    returns=("y", "mean", "var"),
    repair="`x.reshape(-1, c)` mixes the feature maps: move their axis to the end before you reshape",
)
def spatial_batchnorm_forward(rng):
    def images(n, c, h, w, **more):
        spread = rng.uniform(1.6, 3.0, size=(c, 1, 1))
        place = rng.uniform(1.0, 3.0, size=(c, 1, 1)) * rng.choice([-1.0, 1.0], size=(c, 1, 1))
        # Each image and each pixel has a level of its own: averages over fewer axes show.
        levels = rng.normal(size=(n, c, 1, 1)) + rng.normal(size=(c, h, w))
        x = place + spread * (levels + rng.normal(size=(n, c, h, w)))
        return {"x": x, **_scales(rng, "gamma", "beta", size=c), "eps": _eps(rng), **more}

    yield Call("four images of two feature maps", **images(4, 2, 3, 5))
    yield Call("all four sizes are the same", **images(3, 3, 3, 3))
    yield Call("as many images as feature maps", **images(2, 2, 4, 3))
    yield Call("one feature map", **images(3, 1, 2, 4))
    yield Call("one image", **images(1, 3, 4, 2))
    small = images(3, 4, 2, 2)
    del small["eps"]
    yield Call("small values, eps at its default", **small | {"x": 2e-3 * small["x"]})
    yield Call("whole numbers", 0.5, **images(3, 2, 3, 4) | {"x": _whole(rng, 3, 2, 3, 4)})


def _spatial(x, gamma, beta, eps, *, axis=(0, 2, 3), ddof=0, std=None):
    """The reference with its parts made changeable: each mistake changes one."""
    mean = x.mean(axis=axis, keepdims=True)
    var = x.var(axis=axis, keepdims=True, ddof=ddof)
    x_hat = (x - mean) / (np.sqrt(var + eps) if std is None else std(var))
    y = gamma[:, None, None] * x_hat + beta[:, None, None]
    return y, mean.squeeze(axis), var.squeeze(axis)


spatial_batchnorm_forward.add_mistakes("""
    each pixel has a mean and a variance of its own: a feature map has one of each, over all images
    and pixels
        return _spatial(x, gamma, beta, eps, axis=(0,))
    or
        mean, var = x.mean(axis=0), x.var(axis=0)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean, var
    or
        mean, var = x.mean(axis=0), x.var(axis=0)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean.mean(axis=(1, 2)), var.mean(axis=(1, 2))
    each image is normalized by itself: that is instance normalization; here the average runs over
    the images, too
        return _spatial(x, gamma, beta, eps, axis=(2, 3))
    or
        mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean, var
    or
        mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean.squeeze(), var.squeeze()
    or
        return _spatial(x, gamma, beta, eps, axis=(2, 3))[0], x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    or
        y, mean, var = _spatial(x, gamma, beta, eps, axis=(2, 3))
        return y, mean.mean(axis=0), var.mean(axis=0)
    the average runs over the feature maps of each image: that is layer normalization; here each
    feature map has its own, over all images and pixels
        return _spatial(x, gamma, beta, eps, axis=(1, 2, 3))
    one mean and one variance for everything: each feature map has its own
        return _spatial(x, gamma, beta, eps, axis=(0, 1, 2, 3))
    or
        mean, var = x.mean(), x.var()
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean, var
    or
        mean, var = x.mean(), x.var()
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, np.full(len(gamma), mean), np.full(len(gamma), var)
    the last axis is taken for that of the feature maps (channels last): here it is the second
        mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, mean, var
    `x.reshape(-1, c)` mixes the feature maps: move their axis to the end before you reshape
        flat = x.reshape(-1, x.shape[1])
        mean, var = flat.mean(axis=0), flat.var(axis=0)
        y = gamma * (flat - mean) / np.sqrt(var + eps) + beta
        return y.reshape(x.shape), mean, var
    mean and var are in order; the values are still taken for rows of one map each, and they are mixed
        flat = x.reshape(-1, x.shape[1])
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        y = gamma * (flat - mean) / np.sqrt(var + eps) + beta
        return y.reshape(x.shape), mean, var
    y is in order; mean and var are still those of rows in which the maps are mixed
        flat = x.reshape(-1, x.shape[1])
        return _spatial(x, gamma, beta, eps)[0], flat.mean(axis=0), flat.var(axis=0)
    the numbers are right, but they have come back in another order: the inverse of `moveaxis(x, 1,
    -1)` is `moveaxis(y, -1, 1)`, a reshape is not
        y, mean, var = _spatial(x, gamma, beta, eps)
        return np.moveaxis(y, 1, -1).reshape(x.shape), mean, var
    or
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y.swapaxes(1, 3).reshape(x.shape), mean, var
    or
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y.swapaxes(0, 1).reshape(x.shape), mean, var
    height and width have changed places: undo the moves of the axes one by one, from the last
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y.swapaxes(2, 3), mean, var
    `transpose(0, 2, 3, 1)` made twice is not undone: its inverse is `transpose(0, 3, 1, 2)`
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y.transpose(0, 3, 1, 2), mean, var
    the feature maps were moved to the front, where a reshape to rows of c numbers mixes them: move them to
    the end
        c = x.shape[1]
        front = x.swapaxes(0, 1)
        y, _, mean, var = batchnorm_forward(front.reshape(-1, c), gamma, beta, eps)
        return y.reshape(front.shape).swapaxes(0, 1), mean, var
    the variances of the single pixels were averaged: the pixels differ in their means, too, so take the
    variance over all of them
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=0).mean(axis=(1, 2))
        y = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
        return gamma[:, None, None] * y + beta[:, None, None], mean, var
    the variances of the single images were averaged: the images differ in their means, too, so take
    the variance over all of them
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(2, 3)).mean(axis=0)
        y = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
        return gamma[:, None, None] * y + beta[:, None, None], mean, var
    the variance is divided by n * h * w - 1: within the batch it is the biased one
        return _spatial(x, gamma, beta, eps, ddof=1)
    eps stands outside the root: it is added to the variance, inside
        return _spatial(x, gamma, beta, eps, std=lambda var: np.sqrt(var) + eps)
    eps is left out: add it to the variance before the root
        return _spatial(x, gamma, beta, eps, std=np.sqrt)
    this divides by the variance: divide by its root
        return _spatial(x, gamma, beta, eps, std=lambda var: var + eps)
    mean and var have four axes: return vectors of shape (c,)
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, mean[None, :, None, None], var[None, :, None, None]
    gamma and beta are left out: y = gamma * x_hat + beta
        return _spatial(x, np.ones_like(gamma), np.zeros_like(beta), eps)
    gamma and beta have changed places: gamma scales, beta shifts
        return _spatial(x, beta, gamma, eps)
    the average runs over one of the two axes of the pixels only: `axis=(0, 2, 3)`
        return _spatial(x, gamma, beta, eps, axis=(0, 2))
    or
        return _spatial(x, gamma, beta, eps, axis=(0, 3))
    or
        mean, var = x.mean(axis=(0, 2), keepdims=True), x.var(axis=(0, 2), keepdims=True)
        y = gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
        return y, mean, var
    `x.reshape(c, -1)` mixes the feature maps: move their axis to the front before you reshape
        rows = x.reshape(x.shape[1], -1)
        mean, var = rows.mean(axis=1), rows.var(axis=1)
        y = (rows - mean[:, None]) / np.sqrt(var + eps)[:, None]
        return (gamma[:, None] * y + beta[:, None]).reshape(x.shape), mean, var
    the last result is a standard deviation: return the variance, without eps and without the root
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, mean, np.sqrt(var)
    `eps` is ignored: 1e-5 is only its default
        return _spatial(x, gamma, beta, 1e-5)
    gamma is left out: y = gamma * x_hat + beta
        return _spatial(x, np.ones_like(gamma), beta, eps)
    beta is left out: y = gamma * x_hat + beta
        return _spatial(x, gamma, np.zeros_like(beta), eps)
    beta is scaled, too: it is added after x_hat was multiplied by gamma
        return _spatial(x, gamma, gamma * beta, eps)
    beta is subtracted: y = gamma * x_hat + beta
        return _spatial(x, gamma, -beta, eps)
    the mean is not subtracted: x_hat = (x - mean) / sqrt(var + eps)
        _, mean, var = _spatial(x, gamma, beta, eps)
        x_hat = x / np.sqrt(var + eps)[:, None, None]
        return gamma[:, None, None] * x_hat + beta[:, None, None], mean, var
    this divides by the square of the variance: divide by its root
        return _spatial(x, gamma, beta, eps, std=lambda var: (var + eps) ** 2)
    this is not divided by the root: x_hat = (x - mean) / sqrt(var + eps)
        return _spatial(x, gamma, beta, eps, std=lambda var: 1.0)
    this divides by the variance, and eps is left out: divide by the root of var + eps
        return _spatial(x, gamma, beta, eps, std=lambda var: var)
    the last result has eps in it: return the variance alone
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, mean, var + eps
    the variance is that of a sum: it is the mean of the squares, divided by all n * h * w pixels
        y, mean, var = _spatial(x, gamma, beta, eps, std=lambda v: np.sqrt(v * (x.size // x.shape[1]) + eps))
        return y, mean, var * (x.size // x.shape[1])
    the last two results have changed places: `return y, mean, var`
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, var, mean
    gamma and beta stand along the last axis, the columns of the images: they belong to the feature
    maps, the second axis
        mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, mean.ravel(), var.ravel()
    mean and variance are those of the images' means: take them over all pixels
        mean, var = x.mean(axis=(2, 3)).mean(axis=0), x.mean(axis=(2, 3)).var(axis=0)
        y = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
        return gamma[:, None, None] * y + beta[:, None, None], mean, var
    the feature maps are the last axis, as `transpose(0, 2, 3, 1)` puts them: move them back to the second
        rows = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        y = gamma * (rows - mean) / np.sqrt(var + eps) + beta
        return y.reshape(np.moveaxis(x, 1, -1).shape), mean, var
    or
        rows = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        return gamma * (rows - mean) / np.sqrt(var + eps) + beta, mean, var
    y is cut to whole numbers: an array made like `x` is whole where x is; make it of floats
        out = np.empty_like(x)
        out[:], mean, var = _spatial(x, gamma, beta, eps)
        return out, mean, var
    three results are asked, y, mean and var: x_hat was returned, too
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, (y - beta[:, None, None]) / gamma[:, None, None], mean, var
    the last result is the root of var + eps: return the variance, without eps and without the root
        y, mean, var = _spatial(x, gamma, beta, eps)
        return y, mean, np.sqrt(var + eps)
""")
spatial_batchnorm_forward.add_variants("""
    as rows of c columns, there and back
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(n * h * w, c)
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        y = gamma * (rows - mean) / np.sqrt(var + eps) + beta
        return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), mean, var
    map by map
        y, means, variances = np.empty(x.shape), [], []
        for c in range(x.shape[1]):
            values = x[:, c]
            means.append(values.mean())
            variances.append(((values - means[-1]) ** 2).mean())
            y[:, c] = gamma[c] * (values - means[-1]) / (variances[-1] + eps) ** 0.5 + beta[c]
        return y, means, variances
    einsum, in float32
        x, count = x.astype(np.float32), np.float32(x.size // x.shape[1])
        mean = np.einsum("nchw->c", x) / count
        centred = x - mean.reshape(1, -1, 1, 1)
        var = np.einsum("nchw,nchw->c", centred, centred) / count
        scale = (gamma / np.sqrt(var + eps)).astype(np.float32)
        shift = beta.reshape(-1, 1, 1).astype(np.float32)
        return np.einsum("nchw,c->nchw", centred, scale) + shift, mean, var
    one row for each feature map
        rows = np.moveaxis(x, 1, 0).reshape(len(gamma), -1)
        mean, var = rows.mean(axis=1, keepdims=True), rows.var(axis=1, keepdims=True)
        y = gamma[:, None] * (rows - mean) / np.sqrt(var + eps) + beta[:, None]
        n, c, h, w = x.shape
        return np.moveaxis(y.reshape(c, n, h, w), 0, 1), mean[:, 0], var[:, 0]
""")


@judge(reference.count_parameters, points=2, returns=("trained", "not_trained"))
def count_parameters(rng):
    def size():
        return int(rng.integers(5, 40))

    a, b, c, d = size(), size() + 40, size() + 80, size() + 120
    yield Call("one dense layer", layers=(("dense", a, b, True),))
    yield Call("one dense layer without a bias", layers=(("dense", b, a, False),))
    yield Call("one batch normalization", layers=(("batchnorm", c),))
    yield Call(
        "a network without normalization", layers=(("dense", d, b, True), ("activation",), ("dense", b, a, True))
    )
    yield Call(
        "normalization of the inputs and before the activation",
        2.0,
        layers=(
            ("batchnorm", d),
            ("dense", d, b, True),
            ("batchnorm", b),
            ("activation",),
            ("dense", b, b, False),
            ("batchnorm", b),
            ("dense", b, a, True),
        ),
    )
    # Layers that are alike, and biases that stay where a normalization follows.
    yield Call(
        "normalization in the place of a bias, and behind one",
        2.0,
        layers=(
            ("dense", d, c, False),
            ("batchnorm", c),
            ("activation",),
            ("dense", c, c, True),
            ("batchnorm", c),
            ("activation",),
            ("dense", c, c, True),
            ("batchnorm", c),
            ("activation",),
            ("dense", c, a, True),
        ),
    )


def _count(layers, *, learned=2, kept=2, bias=lambda n, k, given: k if given else 0):
    """The reference with its parts made changeable: each mistake changes one."""
    trained = not_trained = 0
    for kind, *numbers in layers:
        if kind == "dense":
            n, k, given = numbers
            trained += n * k + bias(n, k, given)
        elif kind == "batchnorm":
            trained += learned * numbers[0]
            not_trained += kept * numbers[0]
    return trained, not_trained


count_parameters.add_mistakes("""
    all four vectors of a normalization are counted as trained: gamma and beta are, the running mean
    and variance are not
        return _count(layers, learned=4, kept=0)
    the running means and variances are not counted: each normalization keeps two numbers for each
    unit
        return _count(layers, kept=0)
    a normalization has two numbers for each unit of either sort: gamma and beta, running mean and
    running variance
        return _count(layers, learned=1, kept=1)
    gamma and beta are not counted: they are learned, two for each unit
        return _count(layers, learned=0)
    the first result is the total, or counts all four vectors of a normalization: return the trained
    ones alone
        trained, not_trained = _count(layers)
        return trained + not_trained, not_trained
    the two results have changed places: the trained ones come first
        return _count(layers)[::-1]
    biases are counted even where a layer has none: look at `bias`
        return _count(layers, bias=lambda n, k, given: k)
    the biases are missing: a layer with `bias` has one for each unit
        return _count(layers, bias=lambda n, k, given: 0)
    a bias is left out where a normalization follows: it has no effect there, but `bias` says whether it is
    there
        trained, not_trained = _count(layers)
        for layer, after in zip(layers, layers[1:]):
            if layer[0] == "dense" and layer[3] and after[0] == "batchnorm":
                trained -= layer[2]
        return trained, not_trained
    or
        trained, not_trained = _count(layers)
        for layer in layers:
            after = layers[layers.index(layer) + 1 :][:1]
            if layer[0] == "dense" and layer[3] and after and after[0][0] == "batchnorm":
                trained -= layer[2]
        return trained, not_trained
    layers that are alike are counted once: each has numbers of its own
        return _count(set(layers))
    a layer has one bias for each unit, not one for each input
        return _count(layers, bias=lambda n, k, given: n if given else 0)
    a layer has one bias for each unit, not one in all
        return _count(layers, bias=lambda n, k, given: int(given))
    only the last layer is counted: add up those of all layers
        return _count(layers[-1:])
    inputs and units were added: a dense layer has a weight for each pair of them, n * k
        return _count(layers, bias=lambda n, k, given: n + k - n * k + (k if given else 0))
    a normalization has four numbers for each unit: two are trained and two are not
        return _count(layers, learned=0, kept=4)
    a normalization has one vector that is learned: gamma and beta are two numbers for each unit
        return _count(layers, learned=1)
    a normalization keeps one number for each unit here: the running mean and the running variance
    are two
        return _count(layers, kept=1)
    a normalization has two numbers in all: it has two for each unit
        trained, not_trained = _count(layers, learned=0, kept=0)
        norms = sum(layer[0] == "batchnorm" for layer in layers)
        return trained + 2 * norms, not_trained + 2 * norms
    three vectors of a normalization are counted as trained: gamma and beta are trained, running
    mean and variance are not
        return _count(layers, learned=3, kept=1)
    the second result is the total: it is the number of those that are not trained
        trained, not_trained = _count(layers)
        return trained, trained + not_trained
    the layers with a bias and those without have changed places
        return _count(layers, bias=lambda n, k, given: 0 if given else k)
    the inputs and the bias were added before: a unit has n weights and a bias, (n + 1) * k with one
    and n * k without
        return _count(layers, bias=lambda n, k, given: k + n if given else 0)
    batch normalization has weights between all units here: gamma and beta are vectors, two numbers
    for each unit
        trained, not_trained = _count(layers, learned=0)
        return trained + sum(layer[1] ** 2 for layer in layers if layer[0] == "batchnorm"), not_trained
    only dense layers are counted: a normalization has two numbers that are trained and two that are
    not, for each unit
        return _count(layers, learned=0, kept=0)
    only the last normalization is kept: add up those of all
        trained, not_trained = count_parameters(layers)
        kept = [2 * layer[1] for layer in layers if layer[0] == "batchnorm"]
        return trained, (kept or [0])[-1]
    only the last dense layer is counted: add up those of all layers
        trained = not_trained = 0
        for name, *sizes in layers:
            if name == "dense":
                n, k, bias = sizes
                trained = n * k + (k if bias else 0)
            elif name == "batchnorm":
                trained += 2 * sizes[0]
                not_trained += 2 * sizes[0]
        return trained, not_trained
    only the first layer is counted: `return` stands inside the loop
        return count_parameters(layers[:1])
""")
count_parameters.add_variants("""
    sums of comprehensions
        norms = 2 * sum(layer[1] for layer in layers if layer[0] == "batchnorm")
        dense = sum((l[1] + l[3]) * l[2] for l in layers if l[0] == "dense")
        return dense + norms, norms
    by making the arrays, in whole numbers of NumPy
        trained, kept = [np.zeros(0)], [np.zeros(0)]
        for layer in layers:
            if layer[0] == "dense":
                trained += [np.zeros(layer[1:3]), np.zeros(layer[2] if layer[3] else 0)]
            if layer[0] == "batchnorm":
                trained.append(np.zeros((2, layer[1])))
                kept.append(np.zeros((2, layer[1])))
        return tuple(np.sum([array.size for array in arrays]) for arrays in (trained, kept))
""")

right_in_training = Written(
    "right-in-training",
    points=4,
    rubric="""\
- 1 point: the cause, and why all answers are the same: in production the network runs in training mode and normalizes by the statistics of a batch of one, so that x_hat is 0 and every layer gives its beta whatever the image is.
- 1 point: why the evaluation did not show it: it ran in training mode, too, but the statistics of 256 shuffled images are close to the running ones.
- 1 point: half for each: PyTorch raises an error in training mode where there is only one value per channel ("Expected more than 1 value per channel when training"), as the unbiased variance that it keeps would be 0/0; in a convolutional network mean and variance are taken over all positions of the image, so x_hat is not 0 and says what the image shows. That the answers then differ a little from those in evaluation mode is right, and not asked for.
- 1 point: half for each: the remedy is evaluation mode, that is the running statistics (or the layer folded into the weights before it), not "larger batches"; the test is that an image gets the same answer alone and in any batch, to rounding (in PyTorch it meets the error).""",
)

why_does_it_work = Written(
    "why-does-it-work",
    points=5,
    rubric="""\
- 1 point: the claim is separated from the fact: that training is easier is measured; that reduced internal covariate shift is the reason is a hypothesis.
- 1 point: evidence against it, described and not only cited: noise put in after the normalization, which moves the distributions and leaves the large rates usable (the experiment of the chapter, Santurkar et al. 2018).
- 1 point: another explanation with its mechanism: scale invariance (gradient orthogonal to the weights, length inversely proportional to their size, so that too large a step lowers the effective rate), or a smoother loss.
- 1 point: an experiment that could refute this other explanation, with what it would have to show.
- 1 point: a limit is named: a case in which the layer harms or the explanation does not reach (gradients that grow with depth, small batches, networks that train as well without it).""",
)
