"""How the exercises of the chapter on bias and variance are judged.

There are more data sets than points, or fewer, but never as many: an average along the wrong axis
shows by its shape. Noise is far from 1, so that its square is another number, and few models are
averaged, so that the divisors K and K - 1 differ by more than the tolerance for float32.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import bias_variance as reference

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
    the variance is taken about the truth: it is the spread of the models about their own mean
        return _parts(predictions, truth, noise_sd**2, np.mean((predictions - truth) ** 2))
    one mean was taken of all predictions: each point has a mean of its own
        predictions.mean(axis=0) -> predictions.mean()
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
    this is the plain estimate: on average it is too large by the variance of the average model
        return _plain_bias(predictions, truth)
    or
        return np.mean((predictions - truth) ** 2, axis=0) - predictions.var(axis=0)
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
    while True:
        drawn = rng.uniform(-1.5, 1.5, size=(n + m, p))
        drawn[:, 0] = 1.0
        # So that float32, and the normal equations, lose few digits.
        if np.linalg.cond(drawn[:n]) < 12:
            return {"features": drawn[:n], "features_new": drawn[n:]}


@judge(reference.smoother_matrix, points=3, returns=("smoother",))
def smoother_matrix(rng):
    yield Call("least squares", **_features(rng, 12, 5, 3))
    yield Call("the constant alone", **_features(rng, 6, 4, 1))
    yield Call("as many features as data: through every point", **_features(rng, 4, 3, 4))
    yield Call("ridge", **_features(rng, 10, 6, 4), penalty=rng.uniform(2.0, 5.0))
    yield Call("a small penalty", **_features(rng, 9, 4, 5), penalty=rng.uniform(0.1, 0.3))
    yield Call("a huge penalty", **_features(rng, 8, 5, 3), penalty=rng.uniform(300.0, 900.0))
    square = _features(rng, 5, 3, 5)
    yield Call("ridge, as many features as data", **square, penalty=rng.uniform(0.5, 1.5))


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
    the new features stand below the inverse: the fit is made with the training features alone
        penalties = np.diag(_penalties(features, penalty))
        return features_new @ np.linalg.pinv(features_new.T @ features_new + penalties) @ features.T
    the new features are centred with their own mean: the fit has that of the training features
        rest = features[:, 1:] - features[:, 1:].mean(axis=0)
        new = features_new[:, 1:] - features_new[:, 1:].mean(axis=0)
        gram = rest.T @ rest + penalty * np.eye(rest.shape[1])
        return 1 / len(features) + new @ np.linalg.solve(gram, rest.T)
    the mean of the targets is missing: where the features are centred, each row has 1 / n besides
        rest = features[:, 1:] - features[:, 1:].mean(axis=0)
        new = features_new[:, 1:] - features[:, 1:].mean(axis=0)
        return new @ np.linalg.solve(rest.T @ rest + penalty * np.eye(rest.shape[1]), rest.T)
    another coefficient than the constant's is left out of the penalty: the constant is the first column's
        return _smoother(features, features_new, _penalties(features, penalty)[::-1])
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
    by QR of the features, and the penalty on the triangle
        q, r = np.linalg.qr(features)
        inner = r.T @ r + penalty * np.diag(np.arange(len(r)) > 0)
        return features_new @ np.linalg.solve(inner, r.T @ q.T)
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


@judge(reference.exact_decomposition, points=1, returns=("bias2", "variance"))
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
    the diagonal of the smoother was taken: that is right for a projection alone; sum the squares of each row
        return _exact(smoother, truth, truth_new, noise_sd**2 * np.diag(smoother))
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
    the product of noise and fit counts once: it stands in the square twice
        n = truth.size
        return _training_error(smoother, truth, noise_sd**2 * (1 - (np.trace(smoother) - np.sum(smoother**2)) / n))
    the product of noise and fit is added: the fit follows the noise, so it makes the error smaller
        n = truth.size
        return _training_error(smoother, truth, noise_sd**2 * (1 + (2 * np.trace(smoother) + np.sum(smoother**2)) / n))
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
    this is divided by the degrees of freedom that are left, n minus the trace: the error is a mean over n targets
        total / len(truth) -> total / (len(truth) - np.trace(smoother))
    the variance of the fit is subtracted: it is added, and the product of noise and fit, twice the trace, is
    what makes the error smaller
        return _training_error(smoother, truth, noise_sd**2 * (1 - np.sum(smoother**2) / truth.size))
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


def _basis(rng, n, p):
    features = rng.normal(size=(n, p)) * np.geomspace(0.4, 3.0, p) + rng.uniform(-2.0, 2.0, size=p)
    features[:, 0] = 1.0
    return features


@judge(reference.penalty_for, points=3, returns=("penalty",), rtol=2e-5)
def penalty_for(rng):
    def large(n, p, scale):
        """A constant and columns in small units: the penalty is as large as their squares."""
        features = scale * _basis(rng, n, p)
        features[:, 0] = 1.0
        return features

    yield Call("half of six", features=large(12, 6, 2000.0), freedom=rng.uniform(2.7, 3.3))
    yield Call("nearly all of them", features=_basis(rng, 10, 4), freedom=rng.uniform(3.85, 3.95))
    yield Call("hardly more than the constant", features=large(15, 5, 300.0), freedom=rng.uniform(1.03, 1.08))
    # Below a thousand million, which is a bound that may be thought large enough.
    yield Call("one feature", features=large(8, 2, 1000.0), freedom=rng.uniform(1.3, 1.7))
    yield Call("as many features as data", features=_basis(rng, 6, 6), freedom=rng.uniform(3.0, 4.0))
    yield Call("all of them: no penalty", 0.5, features=_basis(rng, 9, 3), freedom=3)


def _penalty(features, freedom, count):
    """Where a count that falls with the penalty is `freedom`."""
    low, high = 0.0, 1.0
    while count(high) > freedom and high < 1e12:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) > freedom else (low, middle)
    return (low + high) / 2


def _trace(features, penalty, free=1):
    diagonal = penalty * (np.arange(features.shape[1]) >= free)
    return np.trace(features @ np.linalg.pinv(features.T @ features + np.diag(diagonal)) @ features.T)


def _wrong_side(features, freedom, high):
    low = 0.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if _trace(features, middle) > freedom else (middle, high)
    return (low + high) / 2


penalty_for.add_mistakes("""
    the constant is penalised too: it is free, and counts as one whole degree
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty, free=0))
    the constant is not counted: it is a degree of freedom as well
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) - 1)
    the columns were not centred: the free constant takes their means
        squares = np.linalg.svd(features[:, 1:], compute_uv=False) ** 2
        return _penalty(features, freedom, lambda penalty: 1 + np.sum(squares / (squares + penalty)))
    the singular values are not squared
        rest = features[:, 1:] - features[:, 1:].mean(axis=0)
        s = np.linalg.svd(rest, compute_uv=False)[: features.shape[1] - 1]
        return _penalty(features, freedom, lambda penalty: 1 + np.sum(s / (s + penalty)))
    the sum of the squares of the smoother was taken: the trace counts the degrees of freedom
        def count(penalty):
            return np.sum(reference.smoother_matrix(features, features, penalty) ** 2)
        return _penalty(features, freedom, count)
    the twice-counted trace 2 tr(S) - tr(S S') was taken: here it is the trace
        def count(penalty):
            smoother = reference.smoother_matrix(features, features, penalty)
            return 2 * np.trace(smoother) - np.sum(smoother**2)
        return _penalty(features, freedom, count)
    the degrees that are left, n minus the trace, were counted
        return _penalty(features, len(features) - freedom, lambda penalty: _trace(features, penalty))
    the features that are given up were counted: `freedom` of them are left
        p = features.shape[1]
        return _penalty(features, min(max(p + 1 - freedom, 1.0001), p), lambda penalty: _trace(features, penalty))
    the penalty is divided by the number of data: the errors are summed, not averaged
        return penalty_for(features, freedom) / len(features)
    the penalty is multiplied by the number of data: the errors are summed, not averaged
        return penalty_for(features, freedom) * len(features)
    the penalty is squared: it stands in the objective as it is
        return penalty_for(features, freedom) ** 2
    the root of the penalty is returned: only extra rows hold the root
        return np.sqrt(penalty_for(features, freedom))
    the degrees of freedom at that penalty are returned: return the penalty
        return float(freedom)
    the penalty is half as large: the 2 of both squares cancels
        return penalty_for(features, freedom) / 2
    the penalty is twice as large: the 2 of both squares cancels
        return penalty_for(features, freedom) * 2
    the logarithm of the penalty is returned
        return np.log(penalty_for(features, freedom) + 1e-300)
    the bound above which no penalty is looked for is a fixed number: with large features the penalty is
    larger, so double the bound until it is above, or make it from the squares of the features
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 1e4 else 0.0)
    or
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 1e6 else 0.0)
    or
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 1 else 0.0)
    or
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 100 else 0.0)
    or
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 1e3 else 0.0)
    or
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty) if penalty < 1e5 else 0.0)
    a coarse grid was searched: the penalty is right to six digits
        grid = np.geomspace(1e-3, 1e4, 200)
        return float(grid[np.argmin([abs(_trace(features, penalty) - freedom) for penalty in grid])])
    the interval is halved on the wrong side: where the degrees are too many the penalty must rise
        return _wrong_side(features, freedom, 1e6)
    or
        return _wrong_side(features, freedom, 1e3)
    or
        return _wrong_side(features, freedom, 1e4)
    or
        return _wrong_side(features, freedom, 1e8)
    or
        return _wrong_side(features, freedom, 1e9)
    or
        return _wrong_side(features, freedom, 1e12)
    the features were divided by their deviations: the penalty is one for the features as they are
        features = features / np.append(1.0, features[:, 1:].std(axis=0))
        return _penalty(features, freedom, lambda penalty: _trace(features, penalty))
""")
penalty_for.add_variants("""
    by halving the logarithm, with the smoother itself
        low, high = -30.0, 30.0
        if freedom == features.shape[1]:
            return 0
        for _ in range(80):
            middle = (low + high) / 2
            free = np.trace(reference.smoother_matrix(features, features, np.exp(middle)))
            low, high = (middle, high) if free > freedom else (low, middle)
        return np.exp(middle)
    by Newton's method, from the left, where it cannot overshoot
        rest = features[:, 1:] - features[:, 1:].mean(axis=0)
        squares = np.linalg.eigvalsh(rest.T @ rest)
        penalty = 0.0
        for _ in range(500):
            value = 1 + np.sum(squares / (squares + penalty)) - freedom
            penalty += value / np.sum(squares / (squares + penalty) ** 2)
        return float(penalty)
    with the penalty in a matrix
        p, n = features.shape[1], len(features)
        free = np.diag(np.append(0.0, np.ones(p - 1)))
        gram = features.T @ features
        low, high = 0.0, 1e9
        for _ in range(120):
            middle = low + (high - low) / 2
            trace = np.trace(np.linalg.solve(gram + middle * free, gram))
            if trace > freedom:
                low = middle
            else:
                high = middle
        return middle
    by secants of the inverse
        if freedom == features.shape[1]:
            return 0.0
        rest = features[:, 1:] - features[:, 1:].mean(axis=0)
        squares = np.linalg.eigvalsh(rest.T @ rest)
        at = 0.0
        for _ in range(2000):
            shares = squares / (squares + at)
            wanted, now = freedom - 1, shares.sum()
            slope = np.sum(shares / (squares + at))
            if abs(now - wanted) < 1e-13:
                break
            at += (now - wanted) / slope
        return at
""")


def _fit(rng, n, p, penalty=0.0):
    """A smoother of least squares or ridge, with the constant free, and targets."""
    features = rng.normal(size=(n, p))
    features[:, 0] = 1.0
    return {
        "smoother": reference.smoother_matrix(features, features, penalty),
        "y": rng.uniform(2.0, 4.0) + features @ rng.normal(size=p) + rng.normal(size=n),
    }


@judge(reference.leave_one_out, points=3, returns=("errors",))
def leave_one_out(rng):
    yield Call("the mean of five", **_fit(rng, 5, 1))
    yield Call("least squares", **_fit(rng, 11, 4))
    yield Call("ridge", **_fit(rng, 9, 4, rng.uniform(1.0, 4.0)))
    yield Call("a large penalty", **_fit(rng, 8, 3, rng.uniform(100.0, 300.0)))
    yield Call("hardly more targets than features", **_fit(rng, 7, 6))
    yield Call("ridge, as many features as targets", **_fit(rng, 6, 6, rng.uniform(0.3, 0.8)))
    features = rng.uniform(0.5, 1.5, size=(7, 2))
    smoother = features @ np.linalg.pinv(features)
    yield Call("least squares without a constant", smoother=smoother, y=rng.uniform(2.0, 4.0, size=7))


leave_one_out.add_mistakes("""
    these are the errors of the fit to all targets: each of them is in its own fit
        return y - smoother @ y
    the errors are multiplied by what is left: leaving a target out makes its error larger
        (1 - np.diag(smoother)) -> (1 / (1 - np.diag(smoother)))
    the weight of the target itself was set to zero: the others' weights no longer add up as in a fit
        return y - (smoother - np.diag(np.diag(smoother))) @ y
    one divisor was taken for all, with the mean of the diagonal: that is generalised cross-validation
        (1 - np.diag(smoother)) -> (1 - np.mean(np.diag(smoother)))
    or
        (1 - np.diag(smoother)) -> (1 - np.trace(smoother) / len(y))
    the trace is not divided by the number of targets, and each has its own entry of the diagonal
        (1 - np.diag(smoother)) -> (1 - np.trace(smoother))
    the divisor is squared: so it is in the squared errors
        (1 - np.diag(smoother)) -> (1 - np.diag(smoother)) ** 2
    the errors are squared: return them as they are
        return ((y - smoother @ y) / (1 - np.diag(smoother))) ** 2
    this is the mean of the squared errors: return the errors
        return np.mean(((y - smoother @ y) / (1 - np.diag(smoother))) ** 2)
    the sign is turned: it is the target less the prediction
        return (smoother @ y - y) / (1 - np.diag(smoother))
    these are the predictions without the target: return the errors
        return y - (y - smoother @ y) / (1 - np.diag(smoother))
    the 1 is missing in the divisor
        (1 - np.diag(smoother)) -> np.diag(smoother)
    or
        (1 - np.diag(smoother)) -> -np.diag(smoother)
    the divisor holds the sum of the squares of a row: it holds the entry of the diagonal
        np.diag(smoother) -> np.sum(smoother**2, axis=1)
    or
        np.diag(smoother) -> np.sqrt(np.sum(smoother**2, axis=1))
    the divisor holds the sum of a row: it holds the entry of the diagonal
        (1 - np.diag(smoother)) -> (1 + 1e-9 - np.sum(smoother, axis=1))
    only the target is divided, not the prediction: the brackets are missing
        (y - smoother @ y) / (1 - np.diag(smoother)) -> y - smoother @ y / (1 - np.diag(smoother))
    the other weights of a row are made to add up to 1: so they do in a fit with a constant alone
        others = smoother - np.diag(np.diag(smoother))
        return y - others @ y / others.sum(axis=1)
    the divisor is 1 plus the diagonal: 1 minus it
        1 - np.diag(smoother) -> 1 + np.diag(smoother)
    the root of the divisor was taken: that is for the spread of an error, not for leaving it out
        (1 - np.diag(smoother)) -> np.sqrt(1 - np.diag(smoother))
    these are the targets less the mean of the others, whatever the method
        return (y - np.mean(y)) * len(y) / (len(y) - 1.0)
""")
leave_one_out.add_variants("""
    the prediction without the target first
        weights = np.diag(smoother)
        without = (smoother @ y - weights * y) / (1 - weights)
        return y - without
    target by target, the others' weights made larger, as a list
        errors = []
        for i, row in enumerate(smoother):
            others = sum(row[j] * y[j] for j in range(len(y)) if j != i)
            errors.append(y[i] - others / (1 - row[i]))
        return errors
    by the matrix of what is left, in float32
        rest = np.eye(len(y)) - smoother
        return (np.linalg.solve(np.diag(np.diag(rest)), rest @ y)).astype(np.float32)
    by a search for the target that the fit would hit
        errors = np.empty(len(y))
        for i in range(len(y)):
            changed, step = y.copy(), np.eye(len(y))[i]
            at, slope = smoother[i] @ changed - changed[i], smoother[i] @ step - 1
            errors[i] = at / slope
        return errors
""")


def _outputs(rng, data, starts, points, by_data, by_start):
    center = rng.uniform(-3.0, 3.0, size=points)
    deviations = by_data * rng.normal(size=(data, 1, points)) + by_start * rng.normal(size=(data, starts, points))
    return center + deviations


@judge(
    reference.variance_parts,
    points=3,
    returns=("by_data", "by_start"),
    repair="the share of the start in the averages is still there: an average of S starts keeps its variance divided by S",
)
def variance_parts(rng):
    yield Call("as much from both", outputs=_outputs(rng, 5, 4, 3, 1.0, 1.0))
    yield Call("mostly the start", outputs=_outputs(rng, 6, 3, 5, 0.3, 2.0))
    yield Call("mostly the data", outputs=_outputs(rng, 4, 3, 7, 2.0, 0.6))
    yield Call("two of each", outputs=_outputs(rng, 2, 2, 6, 1.0, 1.5))
    yield Call("one point", outputs=_outputs(rng, 7, 5, 1, 1.0, 1.5))
    yield Call("more starts than data", outputs=_outputs(rng, 3, 8, 4, 0.7, 2.0))
    nearly = _outputs(rng, 4, 3, 5, 0.0, 1.5)
    nearly += nearly.mean(axis=(0, 1)) - nearly.mean(axis=1, keepdims=True) + rng.normal(0, 0.05, size=(4, 1, 5))
    yield Call("averages that hardly differ", outputs=nearly)


variance_parts.add_mistakes("""
    the share of the start in the averages is still there: an average of S starts keeps its variance
    divided by S
        by_start = outputs.var(axis=1, ddof=1).mean()
        by_data = outputs.mean(axis=1).var(axis=0, ddof=1).mean()
        return by_data, by_start
    the variance of the start is subtracted whole: the average of S starts has 1 / S of it
        by_start / outputs.shape[1] -> by_start
    it is divided by the number of data sets: the averages are over the starts
        by_start / outputs.shape[1] -> by_start / outputs.shape[0]
    it is divided by the number of starts less 1: the variance of an average is divided by their number
        by_start / outputs.shape[1] -> by_start / (outputs.shape[1] - 1)
    it is divided by the number of all models: each average is over the starts of one data set
        by_start / outputs.shape[1] -> by_start / (outputs.shape[0] * outputs.shape[1])
    it is divided by the root of the number of starts: variances are divided by the number itself
        by_start / outputs.shape[1] -> by_start / np.sqrt(outputs.shape[1])
    the share of the start is added: what is seen is too large, so subtract it
        spread - by_start / -> spread + by_start /
    the variance of the start is divided by S: it is too small on average; by S - 1
        axis=1, ddof=1 -> axis=1
    the variance of the data is divided by D: it is too small on average; by D - 1
        axis=0, ddof=1 -> axis=0
    both variances have the divisor of a mean: they are too small on average; one less
        axis=1, ddof=1 -> axis=1
        axis=0, ddof=1 -> axis=0
    data and start have changed places: the first axis counts the data sets
        return variance_parts(np.swapaxes(outputs, 0, 1))
    the results have changed places: by_data first
        return variance_parts(outputs)[::-1]
    a negative part was cut off: without it the estimate is too large on average again
        spread - by_start / outputs.shape[1] -> max(spread - by_start / outputs.shape[1], 0.0)
    starts of the same number were compared across the data: they are different starts; average them
    before
        by_start = outputs.var(axis=1, ddof=1).mean()
        return outputs.var(axis=0, ddof=1).mean(), by_start
    or
        by_start = outputs.var(axis=1, ddof=1).mean()
        return outputs.var(axis=0, ddof=1).mean() - by_start, by_start
    the data's part was taken from the variance of all models: of the averages over the starts
        outputs.mean(axis=1).var(axis=0, ddof=1).mean() -> outputs.var(axis=0, ddof=1).mean()
    the rest of the variance of all models was taken for the data's part: together they are not that
        outputs.mean(axis=1).var(axis=0, ddof=1).mean() -> outputs.reshape(-1, outputs.shape[2]).var(axis=0, ddof=1).mean()
    or
        by_start = outputs.var(axis=1, ddof=1).mean()
        return outputs.reshape(-1, outputs.shape[2]).var(axis=0, ddof=1).mean() - by_start, by_start
    these are standard deviations: return variances
        by_data, by_start = variance_parts(outputs)
        return np.sqrt(abs(by_data)), np.sqrt(by_start)
    there is one number for each point: return the means over the points
        by_start = outputs.var(axis=1, ddof=1).mean(axis=0)
        return outputs.mean(axis=1).var(axis=0, ddof=1) - by_start / outputs.shape[1], by_start
    these are sums over the points: return the means
        by_data, by_start = variance_parts(outputs)
        return by_data * outputs.shape[2], by_start * outputs.shape[2]
    the share of the start is still there, and both variances have the divisor of a mean: one less
        return outputs.mean(axis=1).var(axis=0).mean(), outputs.var(axis=1).mean()
    starts of the same number were averaged over the data: they are different starts in each data set
        axis=1, ddof=1).mean() -> axis=1, ddof=1).mean(); by_start = outputs.mean(axis=0).var(axis=0, ddof=1).mean()
    the outputs were averaged over the points first, which cancel: average the variances over the points
        by_data, by_start = variance_parts(outputs.mean(axis=2, keepdims=True))
        return by_data, by_start
""")
variance_parts.add_variants("""
    by the mean squares of an analysis of variance
        d, s, m = outputs.shape
        rows = outputs.mean(axis=1, keepdims=True)
        within = np.sum((outputs - rows) ** 2) / (d * (s - 1) * m)
        between = s * np.sum((rows - outputs.mean(axis=(0, 1))) ** 2) / ((d - 1) * m)
        return (between - within) / s, within
    by products of different starts, which share the data only
        d, s, m = outputs.shape
        centred = outputs - outputs.mean(axis=(0, 1))
        within = np.mean([outputs[i].var(axis=0, ddof=1).mean() for i in range(d)])
        pairs = [np.mean(outputs[:, i] * outputs[:, j]) for i in range(s) for j in range(s) if i != j]
        others = [np.mean(outputs[i].mean(axis=0) * outputs[j].mean(axis=0)) for i in range(d) for j in range(d) if i != j]
        return np.mean(pairs) - np.mean(others), within
    point by point, as a list, in float32
        by_data, by_start, (d, s, m) = 0.0, 0.0, outputs.shape
        for point in range(m):
            table = outputs[:, :, point]
            start = sum(np.var(row, ddof=1) for row in table) / d
            by_start += start / m
            by_data += (np.var([sum(row) / s for row in table], ddof=1) - start / s) / m
        return [np.float32(by_data), np.float32(by_start)]
    with the average start in place of each
        by_start = np.mean(outputs.var(axis=1)) * outputs.shape[1] / (outputs.shape[1] - 1)
        spread = np.mean(outputs.mean(axis=1).var(axis=0)) * len(outputs) / (len(outputs) - 1)
        return spread - by_start / outputs.shape[1], by_start
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
