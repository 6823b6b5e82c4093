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
from solutions.checks import quantities


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
    yield Call(
        "inputs far from zero: years", **_data(rng, 25, 1985.0, 2015.0), degree=8, x_new=years
    )


def _scaled(x, inputs):
    return (inputs - (x.max() + x.min()) / 2) / ((x.max() - x.min()) / 2)


def _least_squares(features, y):
    return np.linalg.lstsq(features, y, rcond=None)[0]


@fit_polynomial.mistake(
    "the degree is one too low: a polynomial of degree d has the d + 1 powers 0, 1, ..., d"
)
def fit_one_power_too_few(x, y, degree, x_new):
    return Legendre.fit(x, y, max(degree - 1, 0))(x_new)


@fit_polynomial.mistake(
    "the degree is one too high: a polynomial of degree d has the d + 1 powers 0, 1, ..., d"
)
def fit_one_power_too_many(x, y, degree, x_new):
    # Through every point there is then no unique fit: the smallest coefficients are taken.
    u, u_new = _scaled(x, x), _scaled(x, x_new)
    return np.vander(u_new, degree + 2) @ _least_squares(np.vander(u, degree + 2), y)


@fit_polynomial.mistake(
    "the constant term is missing: the powers begin with x**0, a column of ones"
)
def fit_without_constant(x, y, degree, x_new):
    powers = np.arange(1, degree + 1)
    u, u_new = _scaled(x, x)[:, None], _scaled(x, x_new)[:, None]
    return (u_new**powers) @ _least_squares(u**powers, y)


@fit_polynomial.mistake(
    "`x_new` was scaled by its own range: scale it with the numbers that scaled `x`"
)
def fit_scaled_apart(x, y, degree, x_new):
    features = np.vander(_scaled(x, x), degree + 1)
    return np.vander(_scaled(x_new, x_new), degree + 1) @ _least_squares(features, y)


@fit_polynomial.mistake("`x` was scaled, `x_new` was not: scale both with the numbers of `x`")
def fit_new_unscaled(x, y, degree, x_new):
    features = np.vander(_scaled(x, x), degree + 1)
    return np.vander(x_new, degree + 1) @ _least_squares(features, y)


@fit_polynomial.mistake(
    "these are the fitted values at the training inputs `x`: predict at `x_new`"
)
def fit_predicts_at_x(x, y, degree, x_new):
    return Legendre.fit(x, y, degree)(x)


@fit_polynomial.mistake(
    "these are coefficients: return what the polynomial predicts at `x_new`"
)
def fit_coefficients(x, y, degree, x_new):
    return _least_squares(np.vander(_scaled(x, x), degree + 1, increasing=True), y)


@fit_polynomial.mistake(
    "the powers run down in the fit and up in the prediction: use one order for both"
)
def fit_mixed_orders(x, y, degree, x_new):
    coefficients = _least_squares(np.vander(_scaled(x, x), degree + 1), y)
    return np.vander(_scaled(x, x_new), degree + 1, increasing=True) @ coefficients


@fit_polynomial.mistake(
    "powers of unscaled inputs lose all digits where the inputs are far from zero: shift and scale `x` and `x_new` alike, for example to [-1, 1]"
)
def fit_raw_powers(x, y, degree, x_new):
    return np.vander(x_new, degree + 1) @ _least_squares(np.vander(x, degree + 1), y)


@fit_polynomial.mistake(
    "the inputs are not moved, as `np.polyfit` does not either, and powers of years all look alike, scaled or not: shift `x` and `x_new` first, or use `np.polynomial.Polynomial.fit`, which does"
)
def fit_polyfit(x, y, degree, x_new):
    # The steps of np.polyfit, without its warning.
    powers = np.vander(x, degree + 1)
    scale = np.sqrt((powers**2).sum(axis=0))
    cutoff = len(x) * np.finfo(float).eps
    coefficients = np.linalg.lstsq(powers / scale, y, rcond=cutoff)[0] / scale
    return np.polyval(coefficients, x_new)


@fit_polynomial.mistake(
    "the normal equations of unscaled powers: they lose twice as many digits as the powers themselves; scale `x` and `x_new` first"
)
def fit_raw_normal_equations(x, y, degree, x_new):
    powers = np.vander(x, degree + 1)
    return np.vander(x_new, degree + 1) @ np.linalg.solve(powers.T @ powers, powers.T @ y)


@fit_polynomial.mistake(
    "`convert()` goes back to powers of the unscaled inputs, and the digits are lost again: call the fitted polynomial itself, `h(x_new)`"
)
def fit_converted(x, y, degree, x_new):
    return Polynomial.fit(x, y, degree).convert()(x_new)


@fit_polynomial.variant("NumPy's class, which scales by itself")
def fit_numpy(x, y, degree, x_new):
    return Polynomial.fit(x, y, degree)(x_new)


@fit_polynomial.variant("normal equations of the powers, inputs scaled to [0, 1]")
def fit_unit_interval(x, y, degree, x_new):
    low, width = x.min(), np.ptp(x)
    powers = np.vander((x - low) / width, degree + 1)
    theta = np.linalg.solve(powers.T @ powers, powers.T @ y)
    return np.vander((x_new - low) / width, degree + 1) @ theta


@fit_polynomial.variant("QR of the powers, inputs standardised")
def fit_qr(x, y, degree, x_new):
    mean, deviation = x.mean(), x.std()
    q, r = np.linalg.qr(np.vander((x - mean) / deviation, degree + 1, increasing=True))
    powers = np.vander((x_new - mean) / deviation, degree + 1, increasing=True)
    return powers @ np.linalg.solve(r, q.T @ y)


@fit_polynomial.variant("normal equations in Chebyshev polynomials, a list")
def fit_normal_equations(x, y, degree, x_new):
    basis = [Chebyshev.basis(k, domain=[x.min(), x.max()]) for k in range(degree + 1)]
    features = np.array([t(x) for t in basis])
    weights = np.linalg.solve(features @ features.T, features @ y)
    return [float(sum(w * t(new) for w, t in zip(weights, basis, strict=True))) for new in x_new]


@fit_polynomial.variant("polynomials orthogonal on the inputs, by a recurrence, then in float32")
def fit_orthogonal(x, y, degree, x_new):
    u, u_new = _scaled(x, x), _scaled(x, x_new)
    before, now = (np.zeros_like(u), np.zeros_like(u_new)), (np.ones_like(u), np.ones_like(u_new))
    beta, prediction = 0.0, 0.0
    for _ in range(degree + 1):
        norm = now[0] @ now[0]
        prediction = prediction + (now[0] @ y) / norm * now[1]
        alpha = (u * now[0]) @ now[0] / norm
        triples = zip((u, u_new), now, before, strict=True)
        before, now = now, [(v - alpha) * p - beta * q for v, p, q in triples]
        beta = now[0] @ now[0] / norm
    return prediction.astype(np.float32)


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


@simulate_targets.mistake(
    "every data set has the same noise: draw an array of shape (n_sets, n), new noise for each target"
)
def targets_same_noise(truth, noise_sd, n_sets, rng):
    return np.tile(truth + noise_sd * rng.standard_normal(truth.size), (n_sets, 1))


@simulate_targets.mistake(
    "all targets of a data set have the same noise: draw an array of shape (n_sets, n), new noise for each target"
)
def targets_one_shift(truth, noise_sd, n_sets, rng):
    return truth + noise_sd * rng.standard_normal((n_sets, 1))


@simulate_targets.mistake(
    "the variance was taken for the standard deviation: `noise_sd` itself multiplies the standard normal draws"
)
def targets_variance(truth, noise_sd, n_sets, rng):
    return truth + noise_sd**2 * rng.standard_normal((n_sets, truth.size))


@simulate_targets.mistake(
    "the standard deviation was taken for the variance: `noise_sd` itself multiplies the standard normal draws"
)
def targets_root(truth, noise_sd, n_sets, rng):
    return truth + noise_sd**0.5 * rng.standard_normal((n_sets, truth.size))


@simulate_targets.mistake(
    "the noise ignores `noise_sd`: multiply the standard normal draws by it"
)
def targets_standard(truth, noise_sd, n_sets, rng):
    return truth + rng.standard_normal((n_sets, truth.size))


@simulate_targets.mistake("the noise is uniform: it should be normal")
def targets_uniform(truth, noise_sd, n_sets, rng):
    return truth + noise_sd * rng.uniform(-1.0, 1.0, size=(n_sets, truth.size))


@simulate_targets.mistake("this is the noise alone: add it to `truth`")
def targets_noise_alone(truth, noise_sd, n_sets, rng):
    return noise_sd * rng.standard_normal((n_sets, truth.size))


@simulate_targets.mistake(
    "the noise grows with the size of the truth: it is added, `truth + noise`, not multiplied"
)
def targets_relative(truth, noise_sd, n_sets, rng):
    return truth * (1 + noise_sd * rng.standard_normal((n_sets, truth.size)))


@simulate_targets.mistake("the numbers do not come from the generator `rng` that is given")
def targets_own_generator(truth, noise_sd, n_sets, rng):
    return truth + noise_sd * np.random.default_rng(0).standard_normal((n_sets, truth.size))


@simulate_targets.variant("normal draws around the truth")
def targets_around(truth, noise_sd, n_sets, rng):
    return rng.normal(truth, noise_sd, size=(n_sets, len(truth)))


@simulate_targets.variant("number by number, column by column, as lists")
def targets_loops(truth, noise_sd, n_sets, rng):
    columns = [[rng.normal(value, noise_sd) for _ in range(n_sets)] for value in truth]
    return [list(row) for row in zip(*columns, strict=True)]


@simulate_targets.variant("in float32, by the method of Box and Muller")
def targets_float32(truth, noise_sd, n_sets, rng):
    radius = np.sqrt(-2 * np.log1p(-rng.random((n_sets, truth.size))))
    noise = radius * np.cos(2 * np.pi * rng.random((n_sets, truth.size)))
    return (truth + noise_sd * noise).astype(np.float32)


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
    n_models, n_points = shape
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


@average_prediction.mistake(
    "the average runs over the points: row k is model k, so average over the rows, axis 0"
)
def average_over_points(predictions):
    return predictions.mean(axis=1)


@average_prediction.mistake(
    "everything was averaged into one number: average over the models alone, point by point"
)
def average_over_all(predictions):
    return predictions.mean()


@average_prediction.mistake("this is the sum: divide by the number of models")
def average_sum(predictions):
    return predictions.sum(axis=0)


@average_prediction.mistake(
    "this is the median: the average model is the mean, for which the decomposition holds"
)
def average_median(predictions):
    return np.median(predictions, axis=0)


@average_prediction.mistake("a mean is divided by K, the number of models, not by K - 1")
def average_divisor(predictions):
    return predictions.sum(axis=0) / (len(predictions) - 1)


@average_prediction.mistake("the sum was divided by the number of points, not of models")
def average_by_points(predictions):
    return predictions.sum(axis=0) / predictions.shape[1]


@average_prediction.variant("a product with equal weights")
def average_weights(predictions):
    return np.full(len(predictions), 1 / len(predictions)) @ predictions


@average_prediction.variant("a running mean")
def average_running(predictions):
    average = np.zeros(predictions.shape[1])
    for count, row in enumerate(predictions, start=1):
        average = average + (row - average) / count
    return average


@average_prediction.variant("lists, in float32")
def average_lists(predictions):
    columns = zip(*predictions.tolist(), strict=True)
    return [np.float32(sum(column) / len(column)) for column in columns]


@judge(reference.bias_squared, points=2, returns=("bias2",))
def bias_squared(rng):
    for label, shape in MODELS.items():
        yield Call(label, **_models(rng, shape))
    yield Call("one model", **_models(rng, (1, 6)))


@bias_squared.mistake(
    "this is the mean of the squared distances, bias and variance together: first average the models, then take the distance"
)
def bias_squares_first(predictions, truth):
    return ((predictions - truth) ** 2).mean(axis=0)


@bias_squared.mistake("the bias is not squared")
def bias_plain(predictions, truth):
    return predictions.mean(axis=0) - truth


@bias_squared.mistake("this is the absolute bias: square it")
def bias_absolute(predictions, truth):
    return np.abs(predictions.mean(axis=0) - truth)


@bias_squared.mistake("this is one number, averaged over the points: return it for each point")
def bias_averaged(predictions, truth):
    return ((predictions.mean(axis=0) - truth) ** 2).mean()


@bias_squared.mistake(
    "the bias was averaged over the points before it was squared: there, places where it is above and below cancel"
)
def bias_averaged_first(predictions, truth):
    return (predictions.mean(axis=0) - truth).mean() ** 2


@bias_squared.mistake("this is the variance: bias is the distance of the average from the truth")
def bias_is_variance(predictions, truth):
    return predictions.var(axis=0)


@bias_squared.mistake("the median of the models was taken: the average model is their mean")
def bias_of_median(predictions, truth):
    return (np.median(predictions, axis=0) - truth) ** 2


@bias_squared.mistake(
    "the squares were subtracted: square the difference of average and truth, not each of the two"
)
def bias_difference_of_squares(predictions, truth):
    return predictions.mean(axis=0) ** 2 - truth**2


@bias_squared.variant("the errors first, then their mean")
def bias_errors_first(predictions, truth):
    return np.mean([row - truth for row in predictions], axis=0) ** 2


@bias_squared.variant("the mean square minus the variance")
def bias_by_difference(predictions, truth):
    return np.mean((predictions - truth) ** 2, axis=0) - predictions.var(axis=0)


@bias_squared.variant("number by number, in float32")
def bias_loop(predictions, truth):
    columns = predictions.T.tolist()
    return [
        np.float32((sum(column) / len(column) - f) ** 2)
        for column, f in zip(columns, truth, strict=True)
    ]


@judge(reference.variance, points=2, returns=("variance",))
def variance(rng):
    for label, shape in MODELS.items():
        yield Call(label, predictions=_models(rng, shape)["predictions"])
    yield Call("one model: no spread", predictions=_models(rng, (1, 6))["predictions"])


@variance.mistake(
    "divided by K - 1: here the mean is over the K models that there are, so that the parts add up exactly"
)
def variance_sample(predictions):
    return _sample_variance(predictions)


@variance.mistake("this is the standard deviation: the squares are averaged, and no root is taken")
def variance_root(predictions):
    return predictions.std(axis=0)


@variance.mistake(
    "the variance runs over the points: it is the spread of the models at one point, axis 0"
)
def variance_over_points(predictions):
    return predictions.var(axis=1)


@variance.mistake(
    "everything was put into one number: that counts the shape of the function as spread; take the spread of the models at each point"
)
def variance_of_all(predictions):
    return predictions.var()


@variance.mistake("this is the sum of the squares: divide by the number of models")
def variance_sum(predictions):
    return ((predictions - predictions.mean(axis=0)) ** 2).sum(axis=0)


@variance.mistake("this is the mean of the squares: subtract the square of the mean")
def variance_second_moment(predictions):
    return (predictions**2).mean(axis=0)


@variance.mistake("this is the mean absolute distance from the average: square the distances")
def variance_absolute(predictions):
    return np.abs(predictions - predictions.mean(axis=0)).mean(axis=0)


@variance.mistake(
    "the distances are measured from one average over everything: each point has an average of its own"
)
def variance_grand_mean(predictions):
    return ((predictions - predictions.mean()) ** 2).mean(axis=0)


@variance.mistake("the sign is turned: it is the mean of the squares MINUS the square of the mean")
def variance_sign(predictions):
    return predictions.mean(axis=0) ** 2 - (predictions**2).mean(axis=0)


@variance.mistake("this is one number, averaged over the points: return it for each point")
def variance_averaged(predictions):
    return predictions.var(axis=0).mean()


@variance.mistake("the mean over the models is missing: average the squared distances over axis 0")
def variance_not_averaged(predictions):
    return (predictions - predictions.mean(axis=0)) ** 2


@variance.mistake("the distances are those from the median: the average model is the mean")
def variance_from_median(predictions):
    return ((predictions - np.median(predictions, axis=0)) ** 2).mean(axis=0)


@variance.variant("mean of the squares minus square of the mean")
def variance_moments(predictions):
    return (predictions**2).mean(axis=0) - predictions.mean(axis=0) ** 2


@variance.variant("half the mean squared distance of all pairs")
def variance_pairs(predictions):
    differences = predictions[:, None] - predictions[None, :]
    return np.mean(differences**2, axis=(0, 1)) / 2


@variance.variant("the diagonal of the covariance matrix")
def variance_covariance(predictions):
    centred = predictions - predictions.mean(axis=0, keepdims=True)
    return np.diag(centred.T @ centred) / len(predictions)


@variance.variant("a loop over the points, in float32")
def variance_loop(predictions):
    found = np.empty(predictions.shape[1], dtype=np.float32)
    for i, column in enumerate(predictions.T):
        mean = sum(column) / len(column)
        found[i] = sum((value - mean) ** 2 for value in column) / len(column)
    return found


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


@decompose_mse.mistake("the noise is `noise_sd` here: its variance, the square, is what adds up")
def mse_noise_not_squared(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd)


@decompose_mse.mistake(
    "the total lacks the noise: the error is measured against new targets, which have it"
)
def mse_without_noise(predictions, truth, noise_sd):
    bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
    return bias2, spread, noise, total - noise


@decompose_mse.mistake(
    "the bias was averaged over the points before it was squared: there, places where it is above and below cancel"
)
def mse_bias_averaged_first(predictions, truth, noise_sd):
    bias2 = (predictions.mean(axis=0) - truth).mean() ** 2
    spread = predictions.var(axis=0).mean()
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@decompose_mse.mistake(
    "the variance counts the shape of the function as spread: take the variance of the models at each point, then the mean over the points"
)
def mse_variance_of_all(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd**2, predictions.var())


@decompose_mse.mistake(
    "the variance is divided by K - 1: divided by K, the parts add up exactly"
)
def mse_sample_variance(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd**2, _sample_variance(predictions).mean())


@decompose_mse.mistake("standard deviations were averaged: average the variances")
def mse_root(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd**2, predictions.std(axis=0).mean())


@decompose_mse.mistake(
    "the bias is the mean of the squared distances of all models: that holds the variance already, which is then counted twice"
)
def mse_variance_twice(predictions, truth, noise_sd):
    bias2, spread = np.mean((predictions - truth) ** 2), predictions.var(axis=0).mean()
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@decompose_mse.mistake("these are arrays, one entry for each point: average each over the points")
def mse_not_averaged(predictions, truth, noise_sd):
    bias2, spread = (predictions.mean(axis=0) - truth) ** 2, predictions.var(axis=0)
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@decompose_mse.mistake("sums over the points were taken: average bias and variance over them")
def mse_summed(predictions, truth, noise_sd):
    bias2, spread = (
        np.sum((predictions.mean(axis=0) - truth) ** 2),
        predictions.var(axis=0).sum(),
    )
    return bias2, spread, noise_sd**2, bias2 + spread + noise_sd**2


@decompose_mse.mistake(
    "only the total is returned: `return bias2, variance, noise, total`"
)
def mse_total_only(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd**2)[-1]


@decompose_mse.mistake(
    "bias and variance have changed places: `return bias2, variance, noise, total`"
)
def mse_order(predictions, truth, noise_sd):
    bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
    return spread, bias2, noise, total


@decompose_mse.mistake("the total is right, but `noise` is the standard deviation: return its square")
def mse_noise_returned_plain(predictions, truth, noise_sd):
    bias2, spread, _, total = _parts(predictions, truth, noise_sd**2)
    return bias2, spread, noise_sd, total


@decompose_mse.mistake("the parts are right, but `noise_sd` itself was added to the total: add its square")
def mse_noise_added_plain(predictions, truth, noise_sd):
    bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
    return bias2, spread, noise, total - noise + noise_sd


@decompose_mse.mistake(
    "the variance runs over the points: take that of the models at each point, axis 0, then the mean over the points"
)
def mse_variance_over_points(predictions, truth, noise_sd):
    return _parts(predictions, truth, noise_sd**2, predictions.var(axis=1).mean())


@decompose_mse.mistake("the bias is not squared: square it at each point, then average over the points")
def mse_absolute_bias(predictions, truth, noise_sd):
    bias = np.mean(np.abs(predictions.mean(axis=0) - truth))
    spread = predictions.var(axis=0).mean()
    return bias, spread, noise_sd**2, bias + spread + noise_sd**2


@decompose_mse.mistake("a root was taken of the total: the expected SQUARED error is wanted")
def mse_root_of_total(predictions, truth, noise_sd):
    bias2, spread, noise, total = _parts(predictions, truth, noise_sd**2)
    return bias2, spread, noise, total**0.5


@decompose_mse.variant("the total first, the bias as what is left")
def mse_total_first(predictions, truth, noise_sd):
    total = np.mean((predictions - truth) ** 2) + noise_sd**2
    spread = np.mean((predictions - predictions.mean(axis=0)) ** 2)
    return total - spread - noise_sd**2, spread, noise_sd**2, total


@decompose_mse.variant("a loop over the points, in float32, as a list")
def mse_loop(predictions, truth, noise_sd):
    bias2 = spread = 0.0
    for column, f in zip(predictions.T, truth, strict=True):
        mean = sum(column) / len(column)
        bias2 += (mean - f) ** 2 / len(truth)
        spread += sum((value - mean) ** 2 for value in column) / len(column) / len(truth)
    parts = [bias2, spread, noise_sd**2]
    return [np.float32(value) for value in (*parts, sum(parts))]


@decompose_mse.variant("by einsum")
def mse_einsum(predictions, truth, noise_sd):
    mean = np.einsum("km->m", predictions) / len(predictions)
    bias, spread = mean - truth, predictions - mean
    bias2 = np.einsum("m,m->", bias, bias) / truth.size
    spread2 = np.einsum("km,km->", spread, spread) / predictions.size
    return bias2, spread2, noise_sd * noise_sd, noise_sd * noise_sd + spread2 + bias2


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


@unbiased_bias_squared.mistake(
    "nothing is subtracted: on average this is too large by the variance of the average model"
)
def unbiased_plain(predictions, truth):
    return _plain_bias(predictions, truth)


@unbiased_bias_squared.mistake(
    "the variance of one model was subtracted: that of an average of K models is K times smaller"
)
def unbiased_whole_variance(predictions, truth):
    return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1)


@unbiased_bias_squared.mistake(
    "the variance was divided by K and again by K: its first divisor is K - 1, or it is too small on average itself"
)
def unbiased_divisor(predictions, truth):
    return _plain_bias(predictions, truth) - predictions.var(axis=0) / len(predictions)


@unbiased_bias_squared.mistake(
    "negative values were cut off: without them the estimate is too large on average again"
)
def unbiased_cut_off(predictions, truth):
    return np.maximum(reference.unbiased_bias_squared(predictions, truth), 0.0)


@unbiased_bias_squared.mistake("the sign is turned: negative values became positive")
def unbiased_absolute(predictions, truth):
    return np.abs(reference.unbiased_bias_squared(predictions, truth))


@unbiased_bias_squared.mistake(
    "the variance of the average was added: the plain estimate is too large, so subtract it"
)
def unbiased_added(predictions, truth):
    return _plain_bias(predictions, truth) + predictions.var(axis=0, ddof=1) / len(predictions)


@unbiased_bias_squared.mistake(
    "a standard deviation was subtracted from a square: subtract the variance, divided by K"
)
def unbiased_root(predictions, truth):
    count = len(predictions)
    return _plain_bias(predictions, truth) - predictions.std(axis=0, ddof=1) / count**0.5


@unbiased_bias_squared.mistake(
    "the variance was divided by the number of points: divide by the number of models"
)
def unbiased_by_points(predictions, truth):
    count = predictions.shape[1]
    return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1) / count


@unbiased_bias_squared.mistake("the variance was divided by K - 1 twice: that is the divisor of the estimate; the average of K models then divides it by K")
def unbiased_divisor_twice(predictions, truth):
    count = np.float64(len(predictions))
    return _plain_bias(predictions, truth) - predictions.var(axis=0, ddof=1) / (count - 1)


@unbiased_bias_squared.mistake(
    "the squared distances of all models were averaged: average the models first, then square"
)
def unbiased_squares_first(predictions, truth):
    squares = ((predictions - truth) ** 2).mean(axis=0)
    return squares - predictions.var(axis=0, ddof=1) / len(predictions)


@unbiased_bias_squared.mistake(
    "the variance runs over everything: take that of the models at each point, axis 0"
)
def unbiased_variance_of_all(predictions, truth):
    return _plain_bias(predictions, truth) - predictions.var(ddof=1) / len(predictions)


@unbiased_bias_squared.variant("the mean product of the errors of two different models")
def unbiased_products(predictions, truth):
    errors, count = predictions - truth, len(predictions)
    products = np.einsum("km,lm->m", errors, errors) - np.einsum("km,km->m", errors, errors)
    return products / (count * (count - 1))


@unbiased_bias_squared.variant("by the pairs, one after the other, as a list in float32")
def unbiased_pairs(predictions, truth):
    errors, count = (predictions - truth).tolist(), len(predictions)
    pairs = [(k, j) for k in range(count) for j in range(count) if k < j]
    return [
        np.float32(sum(errors[k][i] * errors[j][i] for k, j in pairs) / len(pairs))
        for i in range(truth.size)
    ]


@unbiased_bias_squared.variant("variance with the divisor K, corrected")
def unbiased_corrected(predictions, truth):
    return _plain_bias(predictions, truth) - predictions.var(axis=0) / (len(predictions) - 1)


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


@smoother_matrix.mistake(
    "the constant is penalised too: only theta[1:] is, so that the fit follows the mean of the targets"
)
def smoother_penalises_constant(features, features_new, penalty=0.0):
    return _smoother(features, features_new, np.full(features.shape[1], penalty))


@smoother_matrix.mistake("the penalty is ignored: this is least squares for every penalty")
def smoother_without_penalty(features, features_new, penalty=0.0):
    return features_new @ np.linalg.pinv(features)


@smoother_matrix.mistake("the penalty is squared: it stands in the objective as it is")
def smoother_penalty_squared(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty**2))


@smoother_matrix.mistake(
    "the penalty is multiplied by the number of data: the objective is a sum of squares, not their mean"
)
def smoother_of_mean(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty) * len(features))


@smoother_matrix.mistake(
    "this turns targets into coefficients: multiply by `features_new` from the left"
)
def smoother_coefficients(features, features_new, penalty=0.0):
    return _smoother(features, np.eye(features.shape[1]), _penalties(features, penalty))


@smoother_matrix.mistake(
    "these are predictions at the training inputs: multiply by `features_new` from the left"
)
def smoother_at_training_inputs(features, features_new, penalty=0.0):
    return _smoother(features, features, _penalties(features, penalty))


@smoother_matrix.mistake("the matrix is transposed: row i belongs to new input i, shape (m, n)")
def smoother_transposed(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty)).T


@smoother_matrix.mistake(
    "the inverse of features.T @ features + penalties is missing: this is no least-squares fit"
)
def smoother_without_inverse(features, features_new, penalty=0.0):
    return features_new @ features.T


@smoother_matrix.mistake(
    "the matrix of the penalties is full of ones: only its diagonal is not zero"
)
def smoother_penalty_everywhere(features, features_new, penalty=0.0):
    return features_new @ np.linalg.solve(features.T @ features + penalty, features.T)


@smoother_matrix.mistake(
    "the penalty counts half: setting the derivative to zero, the 2 of both squares cancels"
)
def smoother_half_penalty(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty) / 2)


@smoother_matrix.mistake("the penalty counts twice: setting the derivative to zero, the 2 of both squares cancels")
def smoother_double_penalty(features, features_new, penalty=0.0):
    return _smoother(features, features_new, 2 * _penalties(features, penalty))


@smoother_matrix.mistake("the penalty is divided by the number of data: the squares are summed, and it stands as it is")
def smoother_divided_penalty(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty) / len(features))


@smoother_matrix.mistake("a root was taken of the penalty: only the extra ROWS hold the root, the normal equations the penalty itself")
def smoother_root_penalty(features, features_new, penalty=0.0):
    return _smoother(features, features_new, _penalties(features, penalty**0.5))


@smoother_matrix.variant("column by column: the fit to each unit vector")
def smoother_columns(features, features_new, penalty=0.0):
    n, p = features.shape
    gram = features.T @ features + penalty * np.diag([0.0] + [1.0] * (p - 1))
    columns = [features_new @ np.linalg.inv(gram) @ features.T @ unit for unit in np.eye(n)]
    return np.column_stack(columns)


@smoother_matrix.variant("extra rows, by QR, as lists")
def smoother_rows(features, features_new, penalty=0.0):
    n, p = features.shape
    extra = np.zeros((p - 1, p))
    extra[:, 1:] = np.sqrt(penalty) * np.eye(p - 1)
    q, r = np.linalg.qr(np.concatenate([features, extra]))
    return (features_new @ np.linalg.solve(r, q.T[:, :n])).tolist()


@smoother_matrix.variant("the means taken out first, then the singular values, float32 at the end")
def smoother_centred(features, features_new, penalty=0.0):
    n, p = features.shape
    means = features[:, 1:].mean(axis=0)
    u, s, vt = np.linalg.svd(features[:, 1:] - means, full_matrices=False)
    keep = s > 1e-10
    factors = s[keep] / (s[keep] ** 2 + penalty)
    rest = (features_new[:, 1:] - means) @ vt[keep].T * factors @ u[:, keep].T
    return (1 / n + rest).astype(np.float32)


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


@exact_decomposition.mistake(
    "the noise is not squared: the variance is `noise_sd**2` times the sum of the squared weights"
)
def exact_noise_not_squared(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd * np.sum(smoother**2, axis=1))


@exact_decomposition.mistake(
    "the weights are summed, not their squares: variances of independent terms add with the weights squared"
)
def exact_weights_not_squared(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd**2 * smoother.sum(axis=1))


@exact_decomposition.mistake(
    "the sum of the weights was squared: that would be one noise shared by all targets; sum the squares"
)
def exact_sum_squared(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd**2 * smoother.sum(axis=1) ** 2)


@exact_decomposition.mistake(
    "the squared weights were averaged over the targets: they are added"
)
def exact_weights_averaged(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd**2 * np.mean(smoother**2, axis=1))


@exact_decomposition.mistake("this is the standard deviation: the variance has no root")
def exact_root(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd * np.sqrt(np.sum(smoother**2, axis=1)))


@exact_decomposition.mistake(
    "the sum runs over the points: each row of the smoother holds the weights of one prediction"
)
def exact_wrong_axis(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd**2 * np.sum(smoother**2, axis=0))


@exact_decomposition.mistake("the bias is not squared")
def exact_bias_plain(smoother, truth, truth_new, noise_sd):
    return smoother @ truth - truth_new, noise_sd**2 * np.sum(smoother**2, axis=1)


@exact_decomposition.mistake(
    "bias and variance are averaged over the points: return both for each point"
)
def exact_averaged(smoother, truth, truth_new, noise_sd):
    bias2 = np.mean((smoother @ truth - truth_new) ** 2)
    return bias2, noise_sd**2 * np.mean(np.sum(smoother**2, axis=1))


@exact_decomposition.mistake(
    "the variance holds the noise of a new target: that is the third part, not the model's"
)
def exact_with_noise(smoother, truth, truth_new, noise_sd):
    spread = noise_sd**2 * np.sum(smoother**2, axis=1)
    return _exact(smoother, truth, truth_new, spread + noise_sd**2)


@exact_decomposition.mistake("bias and variance have changed places: `return bias2, variance`")
def exact_order(smoother, truth, truth_new, noise_sd):
    return noise_sd**2 * np.sum(smoother**2, axis=1), (smoother @ truth - truth_new) ** 2


@exact_decomposition.mistake("the noise is missing in the variance: multiply the sum of the squared weights by `noise_sd**2`")
def exact_unit_noise(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, np.sum(smoother**2, axis=1))


@exact_decomposition.mistake("this is the absolute bias: square it")
def exact_absolute(smoother, truth, truth_new, noise_sd):
    return np.abs(smoother @ truth - truth_new), noise_sd**2 * np.sum(smoother**2, axis=1)


@exact_decomposition.mistake("this is the whole matrix of covariances: the variances are its diagonal")
def exact_full_covariance(smoother, truth, truth_new, noise_sd):
    return _exact(smoother, truth, truth_new, noise_sd**2 * smoother @ smoother.T)


@exact_decomposition.variant("the diagonal of the covariance matrix of the predictions")
def exact_covariance(smoother, truth, truth_new, noise_sd):
    covariance = smoother @ (noise_sd**2 * np.eye(truth.size)) @ smoother.T
    return np.square(truth_new - smoother @ truth), np.diag(covariance)


@exact_decomposition.variant("by einsum, as a list of two")
def exact_einsum(smoother, truth, truth_new, noise_sd):
    bias = np.einsum("mn,n->m", smoother, truth) - truth_new
    return [bias * bias, np.einsum("mn,mn->m", smoother, smoother) * noise_sd * noise_sd]


@exact_decomposition.variant("point by point, in float32")
def exact_loop(smoother, truth, truth_new, noise_sd):
    bias2, spread = np.zeros((2, len(truth_new)), dtype=np.float32)
    for i, weights in enumerate(smoother):
        bias2[i] = (sum(weights * truth) - truth_new[i]) ** 2
        spread[i] = sum((noise_sd * weight) ** 2 for weight in weights)
    return bias2, spread


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


@expected_training_error.mistake(
    "this is bias, variance and noise, the error for new targets: the training targets hold the same noise as the fit, so their errors are (I - S) @ targets"
)
def training_as_new(smoother, truth, noise_sd):
    spread = np.mean(np.sum(smoother**2, axis=1))
    return _training_error(smoother, truth, noise_sd**2 * (1 + spread))


@expected_training_error.mistake(
    "the trace of I - S was taken: that is right for a projection alone; sum the squares of all entries of I - S"
)
def training_trace(smoother, truth, noise_sd):
    return _training_error(smoother, truth, noise_sd**2 * (1 - np.trace(smoother) / truth.size))


@expected_training_error.mistake(
    "only the diagonal of I - S was squared: all its entries multiply noise"
)
def training_diagonal(smoother, truth, noise_sd):
    return _training_error(smoother, truth, noise_sd**2 * np.mean((1 - np.diag(smoother)) ** 2))


@expected_training_error.mistake("the noise is not squared: its variance is `noise_sd**2`")
def training_noise_not_squared(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    return _training_error(smoother, truth, noise_sd * np.sum(rest**2) / truth.size)


@expected_training_error.mistake("the noise is missing: this is the squared bias alone")
def training_without_noise(smoother, truth, noise_sd):
    return _training_error(smoother, truth, 0.0)


@expected_training_error.mistake("this is the sum over the targets: divide by their number")
def training_sum(smoother, truth, noise_sd):
    return truth.size * reference.expected_training_error(smoother, truth, noise_sd)


@expected_training_error.mistake(
    "the noise part is a sum over the targets and the bias a mean: divide both by n"
)
def training_half_averaged(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    return _training_error(smoother, truth, noise_sd**2 * np.sum(rest**2))


@expected_training_error.mistake(
    "this is squared bias plus variance, the distance from the truth: the error is measured from the noisy targets"
)
def training_from_truth(smoother, truth, noise_sd):
    spread = np.mean(np.sum(smoother**2, axis=1))
    return _training_error(smoother, truth, noise_sd**2 * spread)


@expected_training_error.mistake(
    "the noise of the targets was added whole: part of it was fitted, so I - S stands before it"
)
def training_whole_noise(smoother, truth, noise_sd):
    return _training_error(smoother, truth, noise_sd**2)


@expected_training_error.mistake(
    "the noise part is divided by n twice, by a mean over all n * n entries: sum each row, then average over the targets"
)
def training_mean_of_entries(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    return _training_error(smoother, truth, noise_sd**2 * np.mean(rest**2))


@expected_training_error.mistake("`1 - smoother` subtracts from every entry: the identity is `np.eye(n)`")
def training_ones(smoother, truth, noise_sd):
    rest = 1 - smoother
    return (np.sum((rest @ truth) ** 2) + noise_sd**2 * np.sum(rest**2)) / truth.size


@expected_training_error.mistake(
    "the trace of (I - S)(I - S) was taken: a transpose is missing; the sum of the squared entries is that of (I - S)(I - S)^T"
)
def training_no_transpose(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    return _training_error(smoother, truth, noise_sd**2 * np.trace(rest @ rest) / truth.size)


@expected_training_error.mistake(
    "the spread of the fit is missing: noise and cross term are there, but the sum of the squares of S counts, too"
)
def training_without_variance(smoother, truth, noise_sd):
    return _training_error(smoother, truth, noise_sd**2 * (1 - 2 * np.trace(smoother) / truth.size))


@expected_training_error.mistake("the bias is missing: the smoother makes errors without noise, too, (I - S) @ truth")
def training_without_bias(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    return noise_sd**2 * np.sum(rest**2) / truth.size


@expected_training_error.variant("the error for new targets, less the optimism")
def training_optimism(smoother, truth, noise_sd):
    n = truth.size
    new = np.mean((smoother @ truth - truth) ** 2) + noise_sd**2 * (1 + np.sum(smoother**2) / n)
    return new - 2 * noise_sd**2 * np.trace(smoother) / n


@expected_training_error.variant("traces of products")
def training_products(smoother, truth, noise_sd):
    rest = np.eye(truth.size) - smoother
    second_moment = np.outer(truth, truth) + noise_sd**2 * np.eye(truth.size)
    return np.trace(rest @ second_moment @ rest.T) / truth.size


@expected_training_error.variant("target by target, in float32")
def training_loop(smoother, truth, noise_sd):
    error = 0.0
    for i, weights in enumerate(smoother):
        error += (truth[i] - sum(weights * truth)) ** 2
        for j, weight in enumerate(weights):
            error += (noise_sd * ((i == j) - weight)) ** 2
    return np.float32(error / len(truth))


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


@best_degree.mistake(
    "the noise is not squared: the variance is `noise_sd**2` times what it would be for noise 1"
)
def degree_noise_not_squared(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, bias2 + noise_sd * unit_variance)


@best_degree.mistake(
    "the noise is left out: the variance was given for noise 1; multiply it by `noise_sd**2`"
)
def degree_without_noise(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, bias2 + unit_variance)


@best_degree.mistake(
    "the variance is left out: the bias alone is smallest for the largest degrees"
)
def degree_of_least_bias(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, bias2)


@best_degree.mistake("the bias is left out: the variance alone is smallest for the smallest degree")
def degree_of_least_variance(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, noise_sd**2 * unit_variance)


@best_degree.mistake(
    "this is where squared bias and variance are equal: the sum is smallest somewhere else, where the one rises as fast as the other falls"
)
def degree_of_equal_parts(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, np.abs(bias2 - noise_sd**2 * unit_variance))


@best_degree.mistake("this is the place in the array: return the degree that stands there")
def degree_place(degrees, bias2, unit_variance, noise_sd):
    return int(np.argmin(bias2 + noise_sd**2 * unit_variance))


@best_degree.mistake("this is the smallest error: return the degree that has it")
def degree_error(degrees, bias2, unit_variance, noise_sd):
    return np.min(bias2 + noise_sd**2 * unit_variance)


@best_degree.mistake(
    "the search ends where the error rises for the first time: it may fall again, so compare all"
)
def degree_first_rise(degrees, bias2, unit_variance, noise_sd):
    errors = bias2 + noise_sd**2 * unit_variance
    rises = np.flatnonzero(np.diff(errors) > 0)
    return int(degrees[rises[0]]) if rises.size else int(degrees[-1])


@best_degree.mistake("among degrees of the same error the largest was taken: take the smallest")
def degree_last_of_equals(degrees, bias2, unit_variance, noise_sd):
    errors = (bias2 + noise_sd**2 * unit_variance)[::-1]
    return _degree(degrees[::-1], errors)


@best_degree.mistake("this degree has the largest error: take the smallest")
def degree_worst(degrees, bias2, unit_variance, noise_sd):
    return int(degrees[np.argmax(bias2 + noise_sd**2 * unit_variance)])


@best_degree.mistake("the bias was multiplied by the noise: `noise_sd**2` belongs to the variance alone")
def degree_both_scaled(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, noise_sd**2 * (bias2 + unit_variance))


@best_degree.mistake("`bias2` is squared already: square the noise alone")
def degree_bias_squared_again(degrees, bias2, unit_variance, noise_sd):
    return _degree(degrees, bias2**2 + noise_sd**2 * unit_variance)


@best_degree.variant("a loop that keeps the best")
def degree_loop(degrees, bias2, unit_variance, noise_sd):
    best, least = None, float("inf")
    for degree, b, v in zip(degrees.tolist(), bias2, unit_variance, strict=True):
        if (error := b + noise_sd**2 * v) < least:
            best, least = degree, error
    return best


@best_degree.variant("sorted by error, then by degree, as a float")
def degree_sorted(degrees, bias2, unit_variance, noise_sd):
    totals = [b + noise_sd * noise_sd * v for b, v in zip(bias2, unit_variance, strict=True)]
    return float(min(zip(totals, degrees, strict=True))[1])


@best_degree.variant("with the noise of a new target, which changes nothing")
def degree_with_noise(degrees, bias2, unit_variance, noise_sd):
    totals = noise_sd**2 * (1 + unit_variance) + bias2
    return degrees[np.flatnonzero(totals == totals.min())].min()


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
