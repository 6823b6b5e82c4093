"""How the exercises of the chapter on bias and variance are judged.

There are more data sets than points, or fewer, but never as many: an average along the wrong axis
shows by its shape. Noise is far from 1, so that its square is another number, and few models are
averaged, so that the divisors K and K - 1 differ by more than the tolerance for float32.
"""

import numpy as np
from numpy.polynomial import Chebyshev, Legendre, Polynomial

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import bias_variance as reference
from solutions import quantities


def _data(rng, n, low=0.0, high=10.0):
    """Inputs in no order, spread over a range, and targets that no polynomial fits."""
    x = np.linspace(low, high, n) + (high - low) / n * rng.uniform(-0.3, 0.3, size=n)
    return {"x": rng.permutation(x), "y": rng.uniform(-3.0, 3.0, size=n)}


# Predictions may lose digits in a basis that is good enough: hence the wider tolerance. The normal
# equations of inputs scaled to [0, 1] are off by up to 1e-5 at degree 8, raw powers of years by 1.
@judge(reference.fit_polynomial, points=3, returns=("predictions",), rtol=5e-5, atol=5e-5)
def fit_polynomial(rng):
    inside = rng.uniform(1.0, 9.0, size=7)
    yield Call("degree 0", **_data(rng, 9), degree=0, x_new=inside)
    yield Call("a straight line", **_data(rng, 9), degree=1, x_new=inside)
    yield Call("a cubic", **_data(rng, 12), degree=3, x_new=inside)
    yield Call("one new input", **_data(rng, 12), degree=2, x_new=inside[:1])
    beyond = np.array([-1.0, 11.0, 12.0]) + rng.uniform(0.0, 0.5, size=3)
    yield Call("new inputs beyond the old ones", **_data(rng, 15), degree=2, x_new=beyond)
    yield Call("through every point", **_data(rng, 5), degree=4, x_new=inside)
    yield Call("degree 8", **_data(rng, 20), degree=8, x_new=inside)
    years = rng.uniform(1990.0, 2010.0, size=6)
    yield Call("inputs far from zero: years", **_data(rng, 25, 1985.0, 2015.0), degree=8, x_new=years)


def _scaled(x, inputs):
    return (inputs - (x.max() + x.min()) / 2) / ((x.max() - x.min()) / 2)


def _least_squares(features, y):
    return np.linalg.lstsq(features, y, rcond=None)[0]


fit_polynomial.add_mistakes("""
    the degree is one too low: a polynomial of degree d has the d + 1 powers 0, 1, ..., d
        return Legendre.fit(x, y, max(degree - 1, 0))(x_new)
    the degree is one too high: a polynomial of degree d has the d + 1 powers 0, 1, ..., d
        # Through every point there is then no unique fit: the smallest coefficients are taken.
        u, u_new = _scaled(x, x), _scaled(x, x_new)
        return np.vander(u_new, degree + 2) @ _least_squares(np.vander(u, degree + 2), y)
    the constant term is missing: the powers begin with x**0, a column of ones
        powers = np.arange(1, degree + 1)
        u, u_new = _scaled(x, x)[:, None], _scaled(x, x_new)[:, None]
        return (u_new**powers) @ _least_squares(u**powers, y)
    `x_new` was scaled by its own range: scale it with the numbers that scaled `x`
        features = np.vander(_scaled(x, x), degree + 1)
        return np.vander(_scaled(x_new, x_new), degree + 1) @ _least_squares(features, y)
    or
        def scaled(v):
            return (v - v.mean()) / (v.std() or 1.0)
        features = np.vander(scaled(x), degree + 1)
        return np.vander(scaled(x_new), degree + 1) @ _least_squares(features, y)
    `x` was scaled, `x_new` was not: scale both with the numbers of `x`
        features = np.vander(_scaled(x, x), degree + 1)
        return np.vander(x_new, degree + 1) @ _least_squares(features, y)
    these are the fitted values at the training inputs `x`: predict at `x_new`
        return Legendre.fit(x, y, degree)(x)
    these are coefficients: return what the polynomial predicts at `x_new`
        return _least_squares(np.vander(_scaled(x, x), degree + 1, increasing=True), y)
    or
        return _least_squares(np.vander(_scaled(x, x), degree + 1), y)
    the powers run down in the fit and up in the prediction: use one order for both
        coefficients = _least_squares(np.vander(_scaled(x, x), degree + 1), y)
        return np.vander(_scaled(x, x_new), degree + 1, increasing=True) @ coefficients
    or
        c = np.polynomial.polynomial.polyfit(_scaled(x, x), y, degree)
        return np.polyval(c, _scaled(x, x_new))
    or
        c = np.polyfit(_scaled(x, x), y, degree)
        return np.polynomial.polynomial.polyval(_scaled(x, x_new), c)
    powers of inputs that lie far from zero lose all digits: shift and scale `x` and `x_new` alike,
    by numbers that the range of `x` gives, for example to [-1, 1]
        return np.vander(x_new, degree + 1) @ _least_squares(np.vander(x, degree + 1), y)
    the inputs are not moved, as `np.polyfit` does not either, and powers of years all look alike,
    scaled or not: shift `x` and `x_new` first, or use `np.polynomial.Polynomial.fit`, which does
        # The steps of np.polyfit, without its warning.
        powers = np.vander(x, degree + 1)
        scale = np.sqrt((powers**2).sum(axis=0))
        cutoff = len(x) * np.finfo(float).eps
        coefficients = np.linalg.lstsq(powers / scale, y, rcond=cutoff)[0] / scale
        return np.polyval(coefficients, x_new)
    the normal equations of unscaled powers: they lose twice as many digits as the powers
    themselves; scale `x` and `x_new` first
        powers = np.vander(x, degree + 1)
        return np.vander(x_new, degree + 1) @ np.linalg.solve(powers.T @ powers, powers.T @ y)
    `convert()` goes back to powers of the unscaled inputs, and the digits are lost again: call the
    fitted polynomial itself, `h(x_new)`
        return Polynomial.fit(x, y, degree).convert()(x_new)
    the straight line is fitted whatever `degree` is
        return np.polynomial.Polynomial.fit(x, y, 1)(x_new)
    x and y have changed places in the fit: y is a function of x
        return np.polynomial.Polynomial.fit(y, x, degree)(x_new)
    the value of y at the nearest x is taken: fit at `x`, predict at `x_new`
        return y[np.abs(x[:, None] - x_new).argmin(axis=0)]
    the points are joined by lines: fit one polynomial to all of them
        order = np.argsort(x)
        return np.interp(x_new, x[order], y[order])
    the mean of y is predicted everywhere: that is degree 0
        return np.full(len(x_new), y.mean())
""")
fit_polynomial.add_variants("""
    NumPy's class, which scales by itself
        return Polynomial.fit(x, y, degree)(x_new)
    normal equations of the powers, inputs scaled to [0, 1]
        low, width = x.min(), np.ptp(x)
        powers = np.vander((x - low) / width, degree + 1)
        theta = np.linalg.solve(powers.T @ powers, powers.T @ y)
        return np.vander((x_new - low) / width, degree + 1) @ theta
    QR of the powers, inputs standardised
        mean, deviation = x.mean(), x.std()
        q, r = np.linalg.qr(np.vander((x - mean) / deviation, degree + 1, increasing=True))
        powers = np.vander((x_new - mean) / deviation, degree + 1, increasing=True)
        return powers @ np.linalg.solve(r, q.T @ y)
    normal equations in Chebyshev polynomials, a list
        basis = [Chebyshev.basis(k, domain=[x.min(), x.max()]) for k in range(degree + 1)]
        features = np.array([t(x) for t in basis])
        weights = np.linalg.solve(features @ features.T, features @ y)
        return [
            float(sum(w * t(new) for w, t in zip(weights, basis, strict=True))) for new in x_new
        ]
    polynomials orthogonal on the inputs, by a recurrence, then in float32
        u, u_new = _scaled(x, x), _scaled(x, x_new)
        before, now = (
            (np.zeros_like(u), np.zeros_like(u_new)),
            (np.ones_like(u), np.ones_like(u_new)),
        )
        beta, prediction = 0.0, 0.0
        for _ in range(degree + 1):
            norm = now[0] @ now[0]
            prediction = prediction + (now[0] @ y) / norm * now[1]
            alpha = (u * now[0]) @ now[0] / norm
            triples = zip((u, u_new), now, before, strict=True)
            before, now = now, [(v - alpha) * p - beta * q for v, p, q in triples]
            beta = now[0] @ now[0] / norm
        return prediction.astype(np.float32)
""")


@judge(reference.simulate_targets, points=2, returns=("targets",), compare_as=quantities.residuals)
def simulate_targets(rng):
    truth, seed = rng.uniform(-5.0, 5.0, size=30), int(rng.integers(2**31))
    many = {"truth": truth, "noise_sd": rng.uniform(0.2, 0.35), "n_sets": 50}
    yield Call("50 data sets of 30 targets", **many, rng=Rng(seed))
    yield Call("the same generator once more", **many, rng=Rng(seed))
    yield Call("another generator", **many, rng=Rng(seed + 1))
    yield Call(
        "strong noise, few data sets",
        truth=rng.uniform(-20.0, 20.0, size=90),
        noise_sd=rng.uniform(2.5, 4.0),
        n_sets=16,
        rng=Rng(seed + 2),
    )


simulate_targets.add_mistakes("""
    every data set has the same noise: draw an array of shape (n_sets, n), new noise for each target
        return np.tile(truth + noise_sd * rng.standard_normal(truth.size), (n_sets, 1))
    all targets of a data set have the same noise: draw an array of shape (n_sets, n), new noise for
    each target
        len(truth) -> 1
    the variance was taken for the standard deviation: `noise_sd` itself multiplies the standard
    normal draws
        return truth + noise_sd**2 * rng.standard_normal((n_sets, truth.size))
    the standard deviation was taken for the variance: `noise_sd` itself multiplies the standard
    normal draws
        return truth + noise_sd**0.5 * rng.standard_normal((n_sets, truth.size))
    the noise ignores `noise_sd`: multiply the standard normal draws by it
        return truth + rng.standard_normal((n_sets, truth.size))
    the noise is uniform: it should be normal
        return truth + noise_sd * rng.uniform(-1.0, 1.0, size=(n_sets, truth.size))
    this is the noise alone: add it to `truth`
        return noise_sd * rng.standard_normal((n_sets, truth.size))
    the noise grows with the size of the truth: it is added, `truth + noise`, not multiplied
        return truth * (1 + noise_sd * rng.standard_normal((n_sets, truth.size)))
    the numbers do not come from the generator `rng` that is given
        return truth + noise_sd * np.random.default_rng(0).standard_normal((n_sets, truth.size))
    the noise is uniform between 0 and `noise_sd`: it should be normal, about 0
        return truth + noise_sd * rng.random((n_sets, truth.size))
    the noise is uniform with the right deviation: it should be normal
        return truth + noise_sd * np.sqrt(3) * rng.uniform(-1.0, 1.0, size=(n_sets, truth.size))
    the noise is never negative: take the normal numbers as they are
        return truth + noise_sd * np.abs(rng.standard_normal((n_sets, truth.size)))
    one number is added to everything: draw an array of shape (n_sets, n), new noise for each target
        return truth + noise_sd * rng.standard_normal() * np.ones((n_sets, truth.size))
    the truth is multiplied by the noise: it is added
        return truth * noise_sd * rng.standard_normal((n_sets, truth.size))
    the normal numbers have the mean `noise_sd` and deviation 1: the mean comes first, 0
        return truth + rng.normal(noise_sd, 1.0, size=(n_sets, truth.size))
    the mean of the noise is `noise_sd`: it is 0
        return truth + rng.normal(noise_sd, noise_sd, size=(n_sets, truth.size))
""")
simulate_targets.add_variants("""
    normal draws around the truth
        return rng.normal(truth, noise_sd, size=(n_sets, len(truth)))
    number by number, column by column, as lists
        columns = [[rng.normal(value, noise_sd) for _ in range(n_sets)] for value in truth]
        return [list(row) for row in zip(*columns, strict=True)]
    in float32, by the method of Box and Muller
        radius = np.sqrt(-2 * np.log1p(-rng.random((n_sets, truth.size))))
        noise = radius * np.cos(2 * np.pi * rng.random((n_sets, truth.size)))
        return (truth + noise_sd * noise).astype(np.float32)
""")

MODELS = {
    "4 models, 7 points": (4, 7),
    "3 models, 11 points": (3, 11),
    "6 models, 2 points": (6, 2),
    "5 models, 1 point": (5, 1),
}


def _sample_variance(predictions):
    """With the divisor K - 1; of one model, nan without NumPy's warning."""
    count = len(predictions)
    return predictions.var(axis=0) * count / np.float64(count - 1)


def _models(rng, shape):
    """Predictions around a truth: biased by 0.5 to 1.5 either way, spread by about 1."""
    _, n_points = shape
    truth = rng.uniform(-3.0, 3.0, size=n_points)
    bias = rng.choice([-1.0, 1.0], size=n_points) * rng.uniform(0.5, 1.5, size=n_points)
    spread = rng.uniform(-1.5, 1.5, size=shape)
    # About the middle of the models their median and their mean must not meet.
    spread[0] += 2.0
    return {"predictions": truth + bias + spread, "truth": truth}


@judge(reference.average_prediction, points=1, returns=("average",))
def average_prediction(rng):
    for label, shape in MODELS.items():
        yield Call(label, predictions=_models(rng, shape)["predictions"])
    yield Call("one model", predictions=_models(rng, (1, 6))["predictions"])


average_prediction.add_mistakes("""
    the average runs over the points: row k is model k, so average over the rows, axis 0
        axis=0 -> axis=1
    everything was averaged into one number: average over the models alone, point by point
        return predictions.mean()
    this is the sum: divide by the number of models
        return predictions.sum(axis=0)
    this is the median: the average model is the mean, for which the decomposition holds
        return np.median(predictions, axis=0)
    a mean is divided by K, the number of models, not by K - 1
        return predictions.sum(axis=0) / (len(predictions) - 1)
    the sum was divided by the number of points, not of models
        return predictions.sum(axis=0) / predictions.shape[1]
    the predictions were cut to whole numbers before the mean: keep them in an array of floats
        return predictions.astype(int).mean(axis=0)
    or
        return np.round(predictions).mean(axis=0)
    the mean was cut to whole numbers: keep it in an array of floats
        return predictions.mean(axis=0).astype(int)
    or
        return predictions.mean(axis=0) // 1
    this is the first model's, not the mean of all
        return predictions[0].copy()
    this is the last model's, not the mean of all
        return predictions[-1].copy()
    the running mean gives each new model half: all K models count the same
        average = predictions[0]
        for row in predictions[1:]:
            average = (average + row) / 2
        return average
    the first model is not counted: average over all K models
        return predictions[1:].sum(axis=0) / len(predictions)
    or
        return predictions[1:].sum(axis=0) / max(len(predictions) - 1, 1)
    the last model is not counted: average over all K models
        return predictions[:-1].sum(axis=0) / len(predictions)
    or
        return predictions[:-1].sum(axis=0) / max(len(predictions) - 1, 1)
    the absolute values are averaged: average the predictions
        return np.abs(predictions).mean(axis=0)
""")
average_prediction.add_variants("""
    a product with equal weights
        return np.full(len(predictions), 1 / len(predictions)) @ predictions
    a running mean
        average = np.zeros(predictions.shape[1])
        for count, row in enumerate(predictions, start=1):
            average = average + (row - average) / count
        return average
    lists, in float32
        columns = zip(*predictions.tolist(), strict=True)
        return [np.float32(sum(column) / len(column)) for column in columns]
""")


@judge(reference.bias_squared, points=2, returns=("bias2",))
def bias_squared(rng):
    for label, shape in MODELS.items():
        yield Call(label, **_models(rng, shape))
    yield Call("one model", **_models(rng, (1, 6)))


bias_squared.add_mistakes("""
    this is the mean of the squared distances, bias and variance together: first average the models,
    then take the distance
        return ((predictions - truth) ** 2).mean(axis=0)
    the bias is not squared
        return predictions.mean(axis=0) - truth
    this is the absolute bias: square it
        return np.abs(predictions.mean(axis=0) - truth)
    this is one number, averaged over the points: return it for each point
        return ((predictions.mean(axis=0) - truth) ** 2).mean()
    the bias was averaged over the points before it was squared: there, places where it is above and
    below cancel
        return (predictions.mean(axis=0) - truth).mean() ** 2
    this is the variance: bias is the distance of the average from the truth
        return predictions.var(axis=0)
    the median of the models was taken: the average model is their mean
        return (np.median(predictions, axis=0) - truth) ** 2
    the squares were subtracted: square the difference of average and truth, not each of the two
        return predictions.mean(axis=0) ** 2 - truth**2
    the mean runs over the points: row k is model k, so average over the rows, axis 0
        return (predictions.mean(axis=1) - truth.mean()) ** 2
    the predictions were cut to whole numbers before the mean: keep them in an array of floats
        return (predictions.astype(int).mean(axis=0) - truth) ** 2
    the sum of the models was taken: the average model is their mean
        return (predictions.sum(axis=0) - truth) ** 2
    the truth was left out: bias is the distance of the average from it
        return predictions.mean(axis=0) ** 2
    the first model was taken for the average
        return (predictions[0] - truth) ** 2
    one average over everything was taken: each point has an average of its own
        return (predictions.mean() - truth) ** 2
    the sum over the models was not divided, and the bias is not squared: divide by their number,
    and square
        return predictions.sum(axis=0) - truth
""")
bias_squared.add_variants("""
    the errors first, then their mean
        return np.mean([row - truth for row in predictions], axis=0) ** 2
    the mean square minus the variance
        return np.mean((predictions - truth) ** 2, axis=0) - predictions.var(axis=0)
    number by number, in float32
        columns = predictions.T.tolist()
        return [
            np.float32((sum(column) / len(column) - f) ** 2)
            for column, f in zip(columns, truth, strict=True)
        ]
""")


@judge(reference.variance, points=2, returns=("variance",))
def variance(rng):
    for label, shape in MODELS.items():
        yield Call(label, predictions=_models(rng, shape)["predictions"])
    yield Call("one model: no spread", predictions=_models(rng, (1, 6))["predictions"])


variance.add_mistakes("""
    divided by K - 1: here the mean is over the K models that there are, so that the parts add up
    exactly
        return _sample_variance(predictions)
    this is the standard deviation: the squares are averaged, and no root is taken
        return predictions.std(axis=0)
    the variance runs over the points: it is the spread of the models at one point, axis 0
        axis=0 -> axis=1
    everything was put into one number: that counts the shape of the function as spread; take the
    spread of the models at each point
        return predictions.var()
    this is the sum of the squares: divide by the number of models
        return ((predictions - predictions.mean(axis=0)) ** 2).sum(axis=0)
    this is the mean of the squares: subtract the square of the mean
        return (predictions**2).mean(axis=0)
    this is the mean absolute distance from the average: square the distances
        return np.abs(predictions - predictions.mean(axis=0)).mean(axis=0)
    the distances are measured from one average over everything: each point has an average of its
    own
        return ((predictions - predictions.mean()) ** 2).mean(axis=0)
    the sign is turned: it is the mean of the squares MINUS the square of the mean
        return predictions.mean(axis=0) ** 2 - (predictions**2).mean(axis=0)
    this is one number, averaged over the points: return it for each point
        return predictions.var(axis=0).mean()
    the mean over the models is missing: average the squared distances over axis 0
        return (predictions - predictions.mean(axis=0)) ** 2
    the distances are those from the median: the average model is the mean
        return ((predictions - np.median(predictions, axis=0)) ** 2).mean(axis=0)
    the variance is taken of the errors' sizes, not of the predictions
        return np.abs(predictions).var(axis=0)
    this is the standard deviation with the divisor K - 1: no root is taken, and the divisor is K
        return np.sqrt(_sample_variance(predictions))
    this is 0 everywhere, as the sum of the distances from the mean is: square each, then average
        return (predictions - predictions.mean(axis=0)).sum(axis=0) ** 2
    the distances from the first model were averaged: take those from the mean
        return ((predictions - predictions[0]) ** 2).mean(axis=0)
    the predictions were cut to whole numbers: keep them in an array of floats
        return predictions.astype(int).var(axis=0)
    this is the range, largest minus smallest: average the squared distances from the mean
        return np.ptp(predictions, axis=0)
""")
variance.add_variants("""
    mean of the squares minus square of the mean
        return (predictions**2).mean(axis=0) - predictions.mean(axis=0) ** 2
    half the mean squared distance of all pairs
        differences = predictions[:, None] - predictions[None, :]
        return np.mean(differences**2, axis=(0, 1)) / 2
    the diagonal of the covariance matrix
        centred = predictions - predictions.mean(axis=0, keepdims=True)
        return np.diag(centred.T @ centred) / len(predictions)
    a loop over the points, in float32
        found = np.empty(predictions.shape[1], dtype=np.float32)
        for i, column in enumerate(predictions.T):
            mean = sum(column) / len(column)
            found[i] = sum((value - mean) ** 2 for value in column) / len(column)
        return found
""")


@judge(reference.decompose_mse, points=3, returns=("bias2", "variance", "noise", "total"))
def decompose_mse(rng):
    for label, shape in MODELS.items():
        yield Call(label, **_models(rng, shape), noise_sd=rng.uniform(0.3, 0.7))
    yield Call("strong noise", **_models(rng, (5, 8)), noise_sd=rng.uniform(2.0, 3.0))
    yield Call("no noise", **_models(rng, (5, 8)), noise_sd=0.0)
    yield Call("one model", **_models(rng, (1, 6)), noise_sd=rng.uniform(0.3, 0.7))


def _parts(predictions, truth, noise, spread=None):
    bias2 = np.mean((predictions.mean(axis=0) - truth) ** 2)
    spread = predictions.var(axis=0).mean() if spread is None else spread
    return bias2, spread, noise, bias2 + spread + noise


decompose_mse.add_mistakes("""
    the noise is `noise_sd` here: its variance, the square, is what adds up
        return _parts(predictions, truth, noise_sd)
    the total lacks the noise: the error is measured against new targets, which have it
        bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
        return bias2, spread, noise, total - noise
    the bias was averaged over the points before it was squared: there, places where it is above and
    below cancel
        bias2 = (predictions.mean(axis=0) - truth).mean() ** 2
        spread = predictions.var(axis=0).mean()
        return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2
    the variance counts the shape of the function as spread: take the variance of the models at each
    point, then the mean over the points
        return _parts(predictions, truth, noise_sd**2, predictions.var())
    the variance is divided by K - 1: divided by K, the parts add up exactly
        return _parts(predictions, truth, noise_sd**2, _sample_variance(predictions).mean())
    standard deviations were averaged: average the variances
        return _parts(predictions, truth, noise_sd**2, predictions.std(axis=0).mean())
    the bias is the mean of the squared distances of all models: that holds the variance already,
    which is then counted twice
        bias2, spread = np.mean((predictions - truth) ** 2), predictions.var(axis=0).mean()
        return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2
    these are arrays, one entry for each point: average each over the points
        bias2, spread = (predictions.mean(axis=0) - truth) ** 2, predictions.var(axis=0)
        return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2
    sums over the points were taken: average bias and variance over them
        bias2, spread = (
            np.sum((predictions.mean(axis=0) - truth) ** 2),
            predictions.var(axis=0).sum(),
        )
        return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2
    only the total is returned: `return bias2, variance, noise, total`
        return _parts(predictions, truth, noise_sd**2)[-1]
    bias and variance have changed places: `return bias2, variance, noise, total`
        bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
        return spread, bias2, noise, total
    the total is right, but `noise` is the standard deviation: return its square
        bias2, spread, _, total = _parts(predictions, truth, noise_sd**2)
        return bias2, spread, noise_sd, total
    the parts are right, but `noise_sd` itself was added to the total: add its square
        bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
        return bias2, spread, noise, total - noise + noise_sd
    the variance runs over the points: take that of the models at each point, axis 0, then the mean
    over the points
        return _parts(predictions, truth, noise_sd**2, predictions.var(axis=1).mean())
    the bias is not squared: square it at each point, then average over the points
        bias = np.mean(np.abs(predictions.mean(axis=0) - truth))
        spread = predictions.var(axis=0).mean()
        return bias, spread, noise_sd**2, bias + spread + noise_sd**2
    a root was taken of the total: the expected SQUARED error is wanted
        bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
        return bias2, spread, noise, total**0.5
    the bias is a sum over the points: average it
        bias2, spread = np.sum((predictions.mean(axis=0) - truth) ** 2), predictions.var(axis=0).mean()
        return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2
    the variance is a sum over the points: average it
        return _parts(predictions, truth, noise_sd**2, predictions.var(axis=0).sum())
""")
decompose_mse.add_variants("""
    the total first, the bias as what is left
        total = np.mean((predictions - truth) ** 2) + noise_sd**2
        spread = np.mean((predictions - predictions.mean(axis=0)) ** 2)
        return total - spread - noise_sd**2, spread, noise_sd**2, total
    a loop over the points, in float32, as a list
        bias2 = spread = 0.0
        for column, f in zip(predictions.T, truth, strict=True):
            mean = sum(column) / len(column)
            bias2 += (mean - f) ** 2 / len(truth)
            spread += sum((value - mean) ** 2 for value in column) / len(column) / len(truth)
        parts = [bias2, spread, noise_sd**2]
        return [np.float32(value) for value in (*parts, sum(parts))]
    by einsum
        mean = np.einsum("km->m", predictions) / len(predictions)
        bias, spread = mean - truth, predictions - mean
        bias2 = np.einsum("m,m->", bias, bias) / truth.size
        spread2 = np.einsum("km,km->", spread, spread) / predictions.size
        return bias2, spread2, noise_sd * noise_sd, noise_sd * noise_sd + spread2 + bias2
""")


@judge(reference.unbiased_bias_squared, points=2, returns=("bias2",))
def unbiased_bias_squared(rng):
    for label, shape in MODELS.items():
        yield Call(label, **_models(rng, shape))
    yield Call("two models", **_models(rng, (2, 6)))
    models = _models(rng, (3, 6))
    near = models["predictions"].mean(axis=0) + rng.uniform(-0.05, 0.05, size=6)
    yield Call("next to no bias", predictions=models["predictions"], truth=near)


def _plain_bias(predictions, truth):
    return (predictions.mean(axis=0) - truth) ** 2


unbiased_bias_squared.add_mistakes("""
    nothing is subtracted: on average this is too large by the variance of the average model
        return _plain_bias(predictions, truth)
    the variance of one model was subtracted: that of an average of K models is K times smaller
        return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1)
    the variance was divided by K and again by K: its first divisor is K - 1, or it is too small on
    average itself
        return _plain_bias(predictions, truth) - predictions.var(axis=0) / len(predictions)
    negative values were cut off: without them the estimate is too large on average again
        return np.maximum(unbiased_bias_squared(predictions, truth), 0.0)
    the sign is turned: negative values became positive
        return np.abs(unbiased_bias_squared(predictions, truth))
    the variance of the average was added: the plain estimate is too large, so subtract it
        return _plain_bias(predictions, truth) + predictions.var(axis=0, ddof=1) / len(predictions)
    a standard deviation was subtracted from a square: subtract the variance, divided by K
        count = len(predictions)
        return _plain_bias(predictions, truth) - predictions.std(axis=0, ddof=1) / count**0.5
    the variance was divided by the number of points: divide by the number of models
        count = predictions.shape[1]
        return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1) / count
    the variance was divided by K - 1 twice: that is the divisor of the estimate; the average of K
    models then divides it by K
        count = np.float64(len(predictions))
        return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1) / (count - 1)
    the squared distances of all models were averaged: average the models first, then square
        squares = ((predictions - truth) ** 2).mean(axis=0)
        return squares - predictions.var(axis=0, ddof=1) / len(predictions)
    the variance runs over everything: take that of the models at each point, axis 0
        return _plain_bias(predictions, truth) - predictions.var(ddof=1) / len(predictions)
""")
unbiased_bias_squared.add_variants("""
    the mean product of the errors of two different models
        errors, count = predictions - truth, len(predictions)
        products = np.einsum("km,lm->m", errors, errors) - np.einsum("km,km->m", errors, errors)
        return products / (count * (count - 1))
    by the pairs, one after the other, as a list in float32
        errors, count = (predictions - truth).tolist(), len(predictions)
        pairs = [(k, j) for k in range(count) for j in range(count) if k < j]
        return [
            np.float32(sum(errors[k][i] * errors[j][i] for k, j in pairs) / len(pairs))
            for i in range(truth.size)
        ]
    variance with the divisor K, corrected
        return _plain_bias(predictions, truth) - predictions.var(axis=0) / (len(predictions) - 1)
""")


def _features(rng, n, m, p):
    """Features of n training inputs and m new ones: a column of ones and p - 1 others."""
    drawn = rng.uniform(-1.5, 1.5, size=(n + m, p))
    drawn[:, 0] = 1.0
    return {"features": drawn[:n], "features_new": drawn[n:]}


@judge(reference.smoother_matrix, points=3, returns=("smoother",))
def smoother_matrix(rng):
    yield Call("least squares", **_features(rng, 12, 5, 3))
    yield Call("the constant alone", **_features(rng, 6, 4, 1))
    yield Call("as many features as data: through every point", **_features(rng, 4, 3, 4))
    yield Call("ridge", **_features(rng, 10, 6, 4), penalty=rng.uniform(2.0, 5.0))
    yield Call("a small penalty", **_features(rng, 9, 4, 5), penalty=rng.uniform(0.1, 0.3))
    yield Call("a huge penalty", **_features(rng, 8, 5, 3), penalty=rng.uniform(300.0, 900.0))
    yield Call("more features than data", **_features(rng, 4, 3, 7), penalty=rng.uniform(0.5, 1.5))


def _smoother(features, features_new, penalties):
    gram = features.T @ features + np.diag(penalties)
    return features_new @ np.linalg.solve(gram, features.T)


def _penalties(features, penalty):
    return penalty * (np.arange(features.shape[1]) > 0)


smoother_matrix.add_mistakes("""
    the constant is penalised too: only theta[1:] is, so that the fit follows the mean of the
    targets
        return _smoother(features, features_new, np.full(features.shape[1], penalty))
    the penalty is ignored: this is least squares for every penalty
        return features_new @ np.linalg.pinv(features)
    the penalty is squared: it stands in the objective as it is
        return _smoother(features, features_new, _penalties(features, penalty**2))
    the penalty is multiplied by the number of data: the objective is a sum of squares, not their
    mean
        return _smoother(features, features_new, _penalties(features, penalty) * len(features))
    this turns targets into coefficients: multiply by `features_new` from the left
        return _smoother(features, np.eye(features.shape[1]), _penalties(features, penalty))
    these are predictions at the training inputs: multiply by `features_new` from the left
        return _smoother(features, features, _penalties(features, penalty))
    the matrix is transposed: row i belongs to new input i, shape (m, n)
        return _smoother(features, features_new, _penalties(features, penalty)).T
    the inverse of features.T @ features + penalties is missing: this is no least-squares fit
        return features_new @ features.T
    the matrix of the penalties is full of ones: only its diagonal is not zero
        return features_new @ np.linalg.solve(features.T @ features + penalty, features.T)
    the penalty counts half: setting the derivative to zero, the 2 of both squares cancels
        return _smoother(features, features_new, _penalties(features, penalty) / 2)
    the penalty counts twice: setting the derivative to zero, the 2 of both squares cancels
        return _smoother(features, features_new, 2 * _penalties(features, penalty))
    the penalty is divided by the number of data: the squares are summed, and it stands as it is
        return _smoother(features, features_new, _penalties(features, penalty) / len(features))
    a root was taken of the penalty: only the extra ROWS hold the root, the normal equations the
    penalty itself
        return _smoother(features, features_new, _penalties(features, penalty**0.5))
""")
smoother_matrix.add_variants("""
    column by column: the fit to each unit vector
        n, p = features.shape
        gram = features.T @ features + penalty * np.diag([0.0] + [1.0] * (p - 1))
        columns = [features_new @ np.linalg.inv(gram) @ features.T @ unit for unit in np.eye(n)]
        return np.column_stack(columns)
    extra rows, by QR, as lists
        n, p = features.shape
        extra = np.zeros((p - 1, p))
        extra[:, 1:] = np.sqrt(penalty) * np.eye(p - 1)
        q, r = np.linalg.qr(np.concatenate([features, extra]))
        return (features_new @ np.linalg.solve(r, q.T[:, :n])).tolist()
    the means taken out first, then the singular values, float32 at the end
        n, p = features.shape
        means = features[:, 1:].mean(axis=0)
        u, s, vt = np.linalg.svd(features[:, 1:] - means, full_matrices=False)
        keep = s > 1e-10
        factors = s[keep] / (s[keep] ** 2 + penalty)
        rest = (features_new[:, 1:] - means) @ vt[keep].T * factors @ u[:, keep].T
        return (1 / n + rest).astype(np.float32)
""")


def _linear(rng, m, n):
    """A smoother whose rows sum to about 1, and a truth at its inputs and outputs."""
    smoother = rng.uniform(-0.5, 0.5, size=(m, n)) + 1 / n
    return {
        "smoother": smoother,
        "truth": rng.uniform(1.0, 3.0, size=n),
        "truth_new": rng.choice([-3.0, 6.0], size=m) + rng.uniform(-0.5, 0.5, size=m),
    }


@judge(reference.exact_decomposition, points=3, returns=("bias2", "variance"))
def exact_decomposition(rng):
    yield Call("6 points, 4 targets", **_linear(rng, 6, 4), noise_sd=rng.uniform(0.3, 0.7))
    yield Call("3 points, 8 targets", **_linear(rng, 3, 8), noise_sd=rng.uniform(2.0, 3.0))
    yield Call("one point", **_linear(rng, 1, 5), noise_sd=rng.uniform(0.3, 0.7))
    yield Call("one target", **_linear(rng, 4, 1), noise_sd=rng.uniform(0.3, 0.7))
    yield Call("no noise", **_linear(rng, 4, 7), noise_sd=0.0)
    yield Call("at the training inputs", **_linear(rng, 5, 5), noise_sd=rng.uniform(0.3, 0.7))


def _exact(smoother, truth, truth_new, spread):
    return (smoother @ truth - truth_new) ** 2, spread


exact_decomposition.add_mistakes("""
    the noise is not squared: the variance is `noise_sd**2` times the sum of the squared weights
        return _exact(smoother, truth, truth_new, noise_sd * np.sum(smoother**2, axis=1))
    the weights are summed, not their squares: variances of independent terms add with the weights
    squared
        return _exact(smoother, truth, truth_new, noise_sd**2 * smoother.sum(axis=1))
    the sum of the weights was squared: that would be one noise shared by all targets; sum the
    squares
        return _exact(smoother, truth, truth_new, noise_sd**2 * smoother.sum(axis=1) ** 2)
    the squared weights were averaged over the targets: they are added
        return _exact(smoother, truth, truth_new, noise_sd**2 * np.mean(smoother**2, axis=1))
    this is the standard deviation: the variance has no root
        return _exact(smoother, truth, truth_new, noise_sd * np.sqrt(np.sum(smoother**2, axis=1)))
    the sum runs over the points: each row of the smoother holds the weights of one prediction
        return _exact(smoother, truth, truth_new, noise_sd**2 * np.sum(smoother**2, axis=0))
    the bias is not squared
        return smoother @ truth - truth_new, noise_sd**2 * np.sum(smoother**2, axis=1)
    bias and variance are averaged over the points: return both for each point
        bias2 = np.mean((smoother @ truth - truth_new) ** 2)
        return bias2, noise_sd**2 * np.mean(np.sum(smoother**2, axis=1))
    the variance holds the noise of a new target: that is the third part, not the model's
        spread = noise_sd**2 * np.sum(smoother**2, axis=1)
        return _exact(smoother, truth, truth_new, spread + noise_sd**2)
    bias and variance have changed places: `return bias2, variance`
        return noise_sd**2 * np.sum(smoother**2, axis=1), (smoother @ truth - truth_new) ** 2
    the noise is missing in the variance: multiply the sum of the squared weights by `noise_sd**2`
        return _exact(smoother, truth, truth_new, np.sum(smoother**2, axis=1))
    this is the absolute bias: square it
        return np.abs(smoother @ truth - truth_new), noise_sd**2 * np.sum(smoother**2, axis=1)
    this is the whole matrix of covariances: the variances are its diagonal
        return _exact(smoother, truth, truth_new, noise_sd**2 * smoother @ smoother.T)
""")
exact_decomposition.add_variants("""
    the diagonal of the covariance matrix of the predictions
        covariance = smoother @ (noise_sd**2 * np.eye(truth.size)) @ smoother.T
        return np.square(truth_new - smoother @ truth), np.diag(covariance)
    by einsum, as a list of two
        bias = np.einsum("mn,n->m", smoother, truth) - truth_new
        return [bias * bias, np.einsum("mn,mn->m", smoother, smoother) * noise_sd * noise_sd]
    point by point, in float32
        bias2, spread = np.zeros((2, len(truth_new)), dtype=np.float32)
        for i, weights in enumerate(smoother):
            bias2[i] = (sum(weights * truth) - truth_new[i]) ** 2
            spread[i] = sum((noise_sd * weight) ** 2 for weight in weights)
        return bias2, spread
""")


def _square(rng, n):
    """A smoother that is no projection, so that the trace and the sum of squares are not the same."""
    linear = _linear(rng, n, n)
    return {name: linear[name] for name in ("smoother", "truth")}


@judge(reference.expected_training_error, points=2, returns=("error",))
def expected_training_error(rng):
    yield Call("5 targets", **_square(rng, 5), noise_sd=rng.uniform(0.4, 0.7))
    yield Call("9 targets, strong noise", **_square(rng, 9), noise_sd=rng.uniform(2.0, 3.0))
    yield Call("one target", **_square(rng, 1), noise_sd=rng.uniform(1.5, 2.5))
    yield Call("no noise", **_square(rng, 6), noise_sd=0.0)
    features = rng.normal(size=(8, 3))
    yield Call(
        "least squares",
        smoother=features @ np.linalg.pinv(features),
        truth=rng.uniform(1.0, 3.0, size=8),
        noise_sd=rng.uniform(1.5, 2.5),
    )


def _training_error(smoother, truth, noise_part):
    return np.mean((truth - smoother @ truth) ** 2) + noise_part


expected_training_error.add_mistakes("""
    this is bias, variance and noise, the error for new targets: the training targets hold the same
    noise as the fit, so their errors are (I - S) @ targets
        spread = np.mean(np.sum(smoother**2, axis=1))
        return _training_error(smoother, truth, noise_sd**2 * (1 + spread))
    the trace of I - S was taken: that is right for a projection alone; sum the squares of all
    entries of I - S
        return _training_error(smoother, truth, noise_sd**2 * (1 - np.trace(smoother) / truth.size))
    only the diagonal of I - S was squared: all its entries multiply noise
        return _training_error(smoother, truth, noise_sd**2 * np.mean((1 - np.diag(smoother)) ** 2))
    the noise is not squared: its variance is `noise_sd**2`
        rest = np.eye(truth.size) - smoother
        return _training_error(smoother, truth, noise_sd * np.sum(rest**2) / truth.size)
    the noise is missing: this is the squared bias alone
        return _training_error(smoother, truth, 0.0)
    this is the sum over the targets: divide by their number
        return truth.size * expected_training_error(smoother, truth, noise_sd)
    the noise part is a sum over the targets and the bias a mean: divide both by n
        rest = np.eye(truth.size) - smoother
        return _training_error(smoother, truth, noise_sd**2 * np.sum(rest**2))
    this is squared bias plus variance, the distance from the truth: the error is measured from the
    noisy targets
        spread = np.mean(np.sum(smoother**2, axis=1))
        return _training_error(smoother, truth, noise_sd**2 * spread)
    the noise of the targets was added whole: part of it was fitted, so I - S stands before it
        return _training_error(smoother, truth, noise_sd**2)
    the noise part is divided by n twice, by a mean over all n * n entries: sum each row, then
    average over the targets
        rest = np.eye(truth.size) - smoother
        return _training_error(smoother, truth, noise_sd**2 * np.mean(rest**2))
    `1 - smoother` subtracts from every entry: the identity is `np.eye(n)`
        np.eye(len(truth)) -> 1
        len(truth) -> truth.size
    the trace of (I - S)(I - S) was taken: a transpose is missing; the sum of the squared entries is
    that of (I - S)(I - S)^T
        rest = np.eye(truth.size) - smoother
        return _training_error(smoother, truth, noise_sd**2 * np.trace(rest @ rest) / truth.size)
    the spread of the fit is missing: noise and cross term are there, but the sum of the squares of
    S counts, too
        return _training_error(
            smoother, truth, noise_sd**2 * (1 - 2 * np.trace(smoother) / truth.size)
        )
    the bias is missing: the smoother makes errors without noise, too, (I - S) @ truth
        rest = np.eye(truth.size) - smoother
        return noise_sd**2 * np.sum(rest**2) / truth.size
    the smoother itself was taken in place of I - S: the error is what the fit leaves
        rest = np.eye(len(truth)) - smoother -> rest = smoother
""")
expected_training_error.add_variants("""
    the error for new targets, less the optimism
        n = truth.size
        new = np.mean((smoother @ truth - truth) ** 2) + noise_sd**2 * (1 + np.sum(smoother**2) / n)
        return new - 2 * noise_sd**2 * np.trace(smoother) / n
    traces of products
        rest = np.eye(truth.size) - smoother
        second_moment = np.outer(truth, truth) + noise_sd**2 * np.eye(truth.size)
        return np.trace(rest @ second_moment @ rest.T) / truth.size
    target by target, in float32
        error = 0.0
        for i, weights in enumerate(smoother):
            error += (truth[i] - sum(weights * truth)) ** 2
            for j, weight in enumerate(weights):
                error += (noise_sd * ((i == j) - weight)) ** 2
        return np.float32(error / len(truth))
""")


def _curves(rng, first=3, last=26):
    """Squared bias that falls by a factor, variance that rises in proportion, over many degrees."""
    degrees = np.arange(first, last)
    bias2 = rng.uniform(8.0, 12.0) * np.exp(-0.6 * degrees)
    return {"degrees": degrees, "bias2": bias2, "unit_variance": rng.uniform(0.04, 0.06) * degrees}


@judge(reference.best_degree, points=2, returns=("degree",))
def best_degree(rng):
    yield Call("little noise", **_curves(rng), noise_sd=rng.uniform(0.05, 0.08))
    yield Call("some noise", **_curves(rng, first=2), noise_sd=rng.uniform(0.2, 0.3))
    yield Call("strong noise", **_curves(rng, first=1), noise_sd=rng.uniform(2.0, 3.0))
    yield Call("noise so strong that the simplest is best", **_curves(rng), noise_sd=30.0)
    stairs = _curves(rng, first=2)
    stairs["bias2"] = np.repeat(stairs["bias2"][::4], 4)[: len(stairs["degrees"])]
    yield Call("a bias that falls in stairs", **stairs, noise_sd=rng.uniform(0.2, 0.3))
    yield Call("no noise: two are equally good", **_twins(rng), noise_sd=0.0)


def _twins(rng):
    """Without noise the degrees 7 and 9 have the same error, all others a larger one."""
    curves = _curves(rng, first=4, last=12)
    curves["bias2"] = rng.uniform(1.0, 2.0, size=8)
    curves["bias2"][[3, 5]] = 0.25
    return curves


def _degree(degrees, errors):
    return int(degrees[np.argmin(errors)])


best_degree.add_mistakes("""
    the noise is not squared: the variance is `noise_sd**2` times what it would be for noise 1
        return _degree(degrees, bias2 + noise_sd * unit_variance)
    the noise is left out: the variance was given for noise 1; multiply it by `noise_sd**2`
        return _degree(degrees, bias2 + unit_variance)
    the variance is left out: the bias alone is smallest for the largest degrees
        return _degree(degrees, bias2)
    the bias is left out: the variance alone is smallest for the smallest degree
        return _degree(degrees, noise_sd**2 * unit_variance)
    this is where squared bias and variance are equal: the sum is smallest somewhere else, where the
    one rises as fast as the other falls
        return _degree(degrees, np.abs(bias2 - noise_sd**2 * unit_variance))
    this is the place in the array: return the degree that stands there
        return int(np.argmin(bias2 + noise_sd**2 * unit_variance))
    this is the smallest error: return the degree that has it
        return np.min(bias2 + noise_sd**2 * unit_variance)
    the search ends where the error rises for the first time: it may fall again, so compare all
        errors = bias2 + noise_sd**2 * unit_variance
        rises = np.flatnonzero(np.diff(errors) > 0)
        return int(degrees[rises[0]]) if rises.size else int(degrees[-1])
    among degrees of the same error the largest was taken: take the smallest
        errors = (bias2 + noise_sd**2 * unit_variance)[::-1]
        return _degree(degrees[::-1], errors)
    this degree has the largest error: take the smallest
        np.argmin -> np.argmax
    the bias was multiplied by the noise: `noise_sd**2` belongs to the variance alone
        return _degree(degrees, noise_sd**2 * (bias2 + unit_variance))
    `bias2` is squared already: square the noise alone
        return _degree(degrees, bias2**2 + noise_sd**2 * unit_variance)
""")
best_degree.add_variants("""
    a loop that keeps the best
        best, least = None, float("inf")
        for degree, b, v in zip(degrees.tolist(), bias2, unit_variance, strict=True):
            if (error := b + noise_sd**2 * v) < least:
                best, least = degree, error
        return best
    sorted by error, then by degree, as a float
        totals = [b + noise_sd * noise_sd * v for b, v in zip(bias2, unit_variance, strict=True)]
        return float(min(zip(totals, degrees, strict=True))[1])
    with the noise of a new target, which changes nothing
        totals = noise_sd**2 * (1 + unit_variance) + bias2
        return degrees[np.flatnonzero(totals == totals.min())].min()
""")

training_error_falls = Written(
    "training-error-falls",
    points=4,
    rubric="""\
- 1 point: the decomposition is about new targets, whose noise is independent of the data set that the model was fitted to; in the cross term that independence is used.
- 1 point: a training target's noise is in the fit, too; the cross term E[e (f - h)] is not zero there but negative, -sigma^2 tr(S) / n on average over the targets.
- 1 point: a number, derived or taken from the page with its source: for least squares with p coefficients the training error is too small by 2 sigma^2 p / n on average (for p = 16, n = 20, sigma = 1: by 1.6).
- 1 point: what to do instead: validation data or cross-validation, or a correction by 2 sigma^2 tr(S) / n. No point where the training error is only "scaled" by a constant.""",
)

which_remedy = Written(
    "which-remedy",
    points=4,
    rubric="""\
- 1 point: A (0.30 on training data, 0.32 on validation data, target 0.10) is read as mostly bias (or noise): the two errors are close, so variance is small.
- 1 point: B (0.02 on training data, 0.30 on validation data) is read as mostly variance.
- 1 point: remedies that fit: for A a richer model, better features or less regularization, and more data is said not to help much; for B more data, regularization, or averaging of models.
- 1 point: an experiment that tells bias from noise in A, or tests the reading of B (the curve of both errors against the number of data, a richer model, several models on resampled data and the spread of their predictions), with what each outcome would mean.""",
)
