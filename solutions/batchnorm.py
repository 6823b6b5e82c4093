"""Batch normalization: the references of that chapter.

Rows are examples, columns are units; of images, the second axis is that of the feature maps. `var` is
always the biased variance of the batch, divided by the number of its values, unless it says otherwise.
What does not fit together raises `ValueError` that names the argument.
"""

import numpy as np

from gradus.validation import FRACTION, POSITIVE, POSITIVE_COUNT, validate


@validate(eps=POSITIVE)
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    """Normalize each column over the batch, then scale and shift it (training).

    Parameters
    ----------
    x : ndarray of shape (n, d)
        One example in each row, one unit in each column; floats or whole
        numbers.
    gamma, beta : ndarray of shape (d,)
        The scale and the shift of each unit; both are learned.
    eps : float, above 0
        Keeps the quotient finite; added to the variance, inside the root.

    Returns
    -------
    y, x_hat : ndarrays of shape (n, d)
    mean, var : ndarrays of shape (d,)
        Of the batch; var is biased, divided by n.

    Source: Ioffe and Szegedy (2015), algorithm 1.
    """
    x = _matrix("x", x)
    gamma, beta = _units(x.shape[1], gamma=gamma, beta=beta)
    mean, var = x.mean(axis=0), x.var(axis=0)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, x_hat, mean, var


@validate(eps=POSITIVE)
def batchnorm_backward_steps(dy, x, mean, var, gamma, eps=1e-5):
    """Back through batch normalization, one node of the graph after the other.

    Parameters
    ----------
    dy : ndarray of shape (n, d)
        The gradient of the loss by what came out.
    x : ndarray of shape (n, d)
        What went in.
    mean, var : ndarray of shape (d,)
        Of the columns of x; var is biased.
    gamma : ndarray of shape (d,)
        The scale of each unit.
    eps : float, above 0
        As on the way forward.

    Returns
    -------
    dx_hat : ndarray of shape (n, d)
        The gradient of the loss by the normalized inputs.
    dvar, dmean : ndarrays of shape (d,)
        By the variance and by the mean of each column; the part of dmean that
        comes through the variance is zero and left out.
    dx : ndarray of shape (n, d)
        By what went in, on all three ways.

    Source: Ioffe and Szegedy (2015), section 3.
    """
    x = _matrix("x", x)
    dy = _like("dy", dy, "x", x)
    mean, var, gamma = _units(x.shape[1], mean=mean, var=var, gamma=gamma)
    n, centred, std = len(x), x - mean, _root(var, eps)
    dx_hat = dy * gamma
    dvar = np.sum(dx_hat * centred, axis=0) * -0.5 / std**3
    dmean = -np.sum(dx_hat, axis=0) / std
    dx = dx_hat / std + dvar * 2 * centred / n + dmean / n
    return dx_hat, dvar, dmean, dx


@validate(eps=POSITIVE)
def batchnorm_backward(dy, x_hat, gamma, var, eps=1e-5):
    """The gradients by inputs, scales and shifts, from what forward left.

    Parameters
    ----------
    dy : ndarray of shape (n, d)
        The gradient of the loss by what came out.
    x_hat : ndarray of shape (n, d)
        The normalized inputs, as batchnorm_forward returns them.
    gamma : ndarray of shape (d,)
        The scale of each unit.
    var : ndarray of shape (d,)
        The biased variance of each column of the inputs.
    eps : float, above 0
        As on the way forward.

    Returns
    -------
    dx, dgamma, dbeta : tuple of three ndarrays
        Of shapes (n, d), (d,) and (d,).

    Source: Ioffe and Szegedy (2015), section 3, simplified.
    """
    x_hat = _matrix("x_hat", x_hat)
    dy = _like("dy", dy, "x_hat", x_hat)
    gamma, var = _units(x_hat.shape[1], gamma=gamma, var=var)
    along = np.mean(dy * x_hat, axis=0)
    dx = gamma / _root(var, eps) * (dy - dy.mean(axis=0) - x_hat * along)
    return dx, np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)


@validate(n=POSITIVE_COUNT, rho=FRACTION)
def update_running_statistics(
    running_mean, running_var, mean, var, n, rho=0.9, unbiased=True
):
    """The averages over the batches so far, with one more batch.

    Parameters
    ----------
    running_mean, running_var : ndarray of shape (d,)
        The averages before this batch.
    mean, var : ndarray of shape (d,)
        Of this batch; var is biased, divided by n.
    n : int, at least 1
        How many values each of them was computed from; at least 2 if unbiased.
    rho : float in [0, 1)
        How much of the old averages is kept.
    unbiased : bool
        Whether the batch's variance enters as an unbiased estimate of that of
        all examples; as it is if False.

    Returns
    -------
    running_mean, running_var : tuple of two ndarrays

    Source: PyTorch's BatchNorm1d with momentum = 1 - rho; Keras's
    BatchNormalization with momentum = rho and unbiased=False.
    """
    running_mean = np.asarray(running_mean, dtype=float)
    if running_mean.ndim != 1:
        raise ValueError(
            f"running_mean: expected a vector, got shape {running_mean.shape}"
        )
    rest = {"running_var": running_var, "mean": mean, "var": var}
    running_var, mean, var = _units(len(running_mean), **rest)
    if unbiased and n < 2:
        raise ValueError(
            f"n: expected at least 2 for an unbiased variance, got {n}"
        )
    factor = n / (n - 1) if unbiased else 1.0
    return (
        rho * running_mean + (1 - rho) * mean,
        rho * running_var + (1 - rho) * factor * var,
    )


@validate(eps=POSITIVE)
def batchnorm_inference(x, gamma, beta, running_mean, running_var, eps=1e-5):
    """Batch normalization when predicting: with fixed statistics, row by row.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        One example in each row, one unit in each column; n may be 1; floats
        or whole numbers.
    gamma, beta : ndarray of shape (d,)
        The scale and the shift of each unit, as learned.
    running_mean, running_var : ndarray of shape (d,)
        The averages that were kept in training.
    eps : float, above 0
        As in training.

    Returns
    -------
    y : ndarray of shape (n, d)

    Source: Ioffe and Szegedy (2015), algorithm 2.
    """
    x = _matrix("x", x)
    given = {
        "gamma": gamma,
        "beta": beta,
        "running_mean": running_mean,
        "running_var": running_var,
    }
    gamma, beta, running_mean, running_var = _units(x.shape[1], **given)
    return (
        gamma * (x - running_mean) / _root(running_var, eps, "running_var")
        + beta
    )


@validate(eps=POSITIVE)
def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    """The weights and biases of one affine layer that does the work of two.

    For every x, x @ w_folded + b_folded is what batchnorm_inference makes of
    x @ w + b.

    Parameters
    ----------
    w : ndarray of shape (d, k)
        The weights of the layer before: one column for each unit.
    b : ndarray of shape (k,)
        Its biases.
    gamma, beta, running_mean, running_var : ndarray of shape (k,)
        Those of the batch normalization of its k outputs.
    eps : float, above 0
        As in training.

    Returns
    -------
    w_folded, b_folded : tuple of two ndarrays
        Of the shapes of w and b.

    Source: the definition.
    """
    w = _matrix("w", w)
    given = {
        "gamma": gamma,
        "beta": beta,
        "running_mean": running_mean,
        "running_var": running_var,
    }
    b, gamma, beta, running_mean, running_var = _units(w.shape[1], b=b, **given)
    scale = gamma / _root(running_var, eps, "running_var")
    return w * scale, (b - running_mean) * scale + beta


@validate(eps=POSITIVE)
def spatial_batchnorm_forward(x, gamma, beta, eps=1e-5):
    """Normalize each feature map over the batch and over its pixels (training).

    As batchnorm_forward, but mean and variance of feature map c are taken over
    all n * h * w values x[:, c, :, :], and gamma and beta have one entry for
    each feature map.

    Parameters
    ----------
    x : ndarray of shape (n, c, h, w)
        n images of c feature maps; floats or whole numbers.
    gamma, beta : ndarray of shape (c,)
        The scale and the shift of each feature map.
    eps : float, above 0
        Added to the variance, inside the root.

    Returns
    -------
    y : ndarray of shape (n, c, h, w)
    mean, var : ndarrays of shape (c,)
        Of the batch; var is biased, divided by n * h * w.

    Source: Ioffe and Szegedy (2015), section 3.2.
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 4 or x.size == 0:
        raise ValueError(
            f"x: expected images of shape (n, c, h, w), not empty, got {x.shape}"
        )
    gamma, beta = _units(x.shape[1], gamma=gamma, beta=beta)
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))

    def each_map(vector):
        return vector[:, None, None]

    x_hat = (x - each_map(mean)) / each_map(np.sqrt(var + eps))
    return each_map(gamma) * x_hat + each_map(beta), mean, var


def count_parameters(layers):
    """How many numbers of a network are learned, and how many are only kept.

    Parameters
    ----------
    layers : tuple or list of tuples
        ("dense", n, k, bias): n inputs, k units; bias is True or False.
        ("batchnorm", n): n units; for images, n feature maps.
        ("activation",): no parameters.

    Returns
    -------
    trained : int
        The weights, the biases, and each gamma and beta.
    not_trained : int
        The running means and running variances.

    Source: the definition; Keras's model.summary() prints both.
    """
    trained = not_trained = 0
    for layer in layers:
        match layer:
            case ("dense", n, k, bias):
                trained += n * k + (k if bias else 0)
            case ("batchnorm", n):
                trained += 2 * n
                not_trained += 2 * n
            case ("activation",):
                pass
            case _:
                raise ValueError(
                    f"layers: expected tuples that begin with dense, batchnorm or activation, got {layer!r}"
                )
    return trained, not_trained


def _matrix(name, values):
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"{name}: expected a matrix that is not empty, got shape {array.shape}"
        )
    return array


def _like(name, values, other_name, other):
    array = np.asarray(values, dtype=float)
    if array.shape != other.shape:
        raise ValueError(
            f"{name}: expected the shape of {other_name}, {other.shape}, got {array.shape}"
        )
    return array


def _units(size, **vectors):
    """Vectors with one entry for each of `size` units."""
    arrays = [np.asarray(values, dtype=float) for values in vectors.values()]
    for name, array in zip(vectors, arrays, strict=True):
        if array.shape != (size,):
            raise ValueError(
                f"{name}: expected shape ({size},), got {array.shape}"
            )
    return arrays


def _root(var, eps, name="var"):
    if np.any(var < 0):
        raise ValueError(
            f"{name}: expected variances of at least 0, got {var.min()}"
        )
    return np.sqrt(var + eps)
