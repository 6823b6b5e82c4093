"""Initial weights: the references of that chapter."""

import numpy as np

from gradus.validation import (
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    Range,
    validate,
)

MODE: Range = (
    "'fan_in', 'fan_out' or 'fan_avg'",
    lambda x: x in ("fan_in", "fan_out", "fan_avg"),
)
DISTRIBUTION: Range = (
    "'normal' or 'uniform'",
    lambda x: x in ("normal", "uniform"),
)


@validate(variance=NONNEGATIVE)
def gaussian_average(f, variance):
    """The expected value of f(z), z normal with mean 0 and the given variance.

    Parameters
    ----------
    f : callable
        f(z) is an array of the shape of z: f works entry by entry; it may
        jump at 0.
    variance : float, above 0
        Of z.

    Returns
    -------
    average : float
        With an error below 1 percent.

    Source: the definition of an expected value.
    """
    # The midpoints of an even number of intervals: none lies on a jump at 0.
    x = (np.arange(4000) + 0.5) * 0.004 - 8
    weights = np.exp(-(x**2) / 2)
    return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)


@validate(mean_square=NONNEGATIVE)
def forward_variance(widths, weight_variances, activation, mean_square=1.0):
    """The variance that theory predicts for the pre-activations of each layer.

    Layer l = 1, ..., L has weights of shape (widths[l-1], widths[l]), drawn
    with mean 0 and the variance weight_variances[l-1]; biases are 0. The
    activation stands behind every layer, and not before the first.

    Parameters
    ----------
    widths : tuple of L + 1 int
        Of the input and of each layer.
    weight_variances : list of L float
        The variance of the weights of each layer.
    activation : callable
        activation(z) is an array of the shape of z: the value alone.
    mean_square : float, above 0
        The mean of the squares of the inputs.

    Returns
    -------
    variances : ndarray of shape (L,)
        q_1 to q_L, those of the pre-activations, with an error below 3
        percent.

    Source: He et al. (2015), section 2.2; for any activation, Poole et al.
    (2016).
    """
    _check_widths(widths, weight_variances)
    variances = []
    for fan_in, s in zip(widths, weight_variances, strict=False):
        variances.append(fan_in * s * mean_square)
        mean_square = gaussian_average(
            lambda z: activation(z) ** 2, variances[-1]
        )
    return np.array(variances)


def backward_variance(widths, weight_variances, slope, variances):
    """The variance that theory predicts for the gradient of every layer.

    Layer l = 1, ..., L is as in forward_variance; the ratio of layer l is the
    variance of the entries of dz_l, the gradient of the loss by its
    pre-activations, in units of that of the last layer.

    Parameters
    ----------
    widths : tuple of L + 1 int
        Of the input and of each layer.
    weight_variances : list of L float
        The variance of the weights of each layer.
    slope : callable
        slope(z) is the derivative of the activation, of the shape of z; it
        may jump at 0.
    variances : ndarray of shape (L,)
        The variances q_1 to q_L of the pre-activations.

    Returns
    -------
    ratios : ndarray of shape (L,)
        v_1 to v_L, with an error below 5 percent; the last is 1.

    Source: He et al. (2015), section 2.2; for any activation, Schoenholz et
    al. (2017).
    """
    _check_widths(widths, weight_variances)
    if np.shape(variances) != (len(weight_variances),):
        raise ValueError(
            f"variances: expected shape ({len(weight_variances)},), got {np.shape(variances)}"
        )
    ratios = [1.0]
    for fan_out, s, q in zip(
        widths[:1:-1], weight_variances[:0:-1], variances[-2::-1], strict=True
    ):
        passed = gaussian_average(lambda z: slope(z) ** 2, q)
        ratios.append(fan_out * s * passed * ratios[-1])
    return np.array(ratios[::-1])


def _check_widths(widths, weight_variances):
    if len(weight_variances) == 0 or len(widths) != len(weight_variances) + 1:
        raise ValueError(
            "widths: expected one more than weight_variances, and a layer at least; got "
            f"{len(widths)} and {len(weight_variances)}"
        )
    if any(n < 1 for n in widths):
        raise ValueError(
            f"widths: expected whole numbers of at least 1, got {widths!r}"
        )
    if any(s < 0 for s in weight_variances):
        raise ValueError(
            f"weight_variances: expected numbers of at least 0, got {weight_variances!r}"
        )


@validate(
    n_in=POSITIVE_COUNT,
    n_out=POSITIVE_COUNT,
    gain=POSITIVE,
    mode=MODE,
    distribution=DISTRIBUTION,
)
def variance_scaling(
    n_in, n_out, rng, gain=1.0, mode="fan_in", distribution="normal"
):
    """Initial weights whose size follows from the width of their layer.

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.
    gain : float, above 0
        Multiplies every weight: with gain = 1 and mode = "fan_in" a layer
        keeps the mean square of what it is given.
    mode : "fan_in", "fan_out" or "fan_avg"
        What is kept: the signal, with the number of inputs; the gradient,
        with that of outputs; or the compromise, with the mean of the two.
    distribution : "normal" or "uniform"
        Both with mean 0 and with the same variance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: LeCun et al. (1998), section 4.6; Glorot and Bengio (2010), section
    4.2; He et al. (2015), section 2.2.
    """
    fan = {"fan_in": n_in, "fan_out": n_out, "fan_avg": (n_in + n_out) / 2}
    deviation = gain / np.sqrt(fan[mode])
    if distribution == "normal":
        return rng.normal(0.0, deviation, size=(n_in, n_out))
    r = np.sqrt(3) * deviation
    return rng.uniform(-r, r, size=(n_in, n_out))


@validate(
    fan_in=POSITIVE_COUNT, weight_variance=NONNEGATIVE, variance=NONNEGATIVE
)
def distance_factor(fan_in, weight_variance, slope, variance):
    """What one layer makes of the distance of two inputs that nearly agree.

    Two inputs have in some wide layer pre-activations z and z + d, with d
    much smaller than z. An activation and a layer of random weights later
    their pre-activations differ again. The factor is the mean square of that
    difference, over the draw of the weights, divided by the mean square of d;
    in the limit of small d.

    Parameters
    ----------
    fan_in : int, at least 1
        The number of units of the first of the two layers.
    weight_variance : float, above 0
        Of the weights from the first layer to the second; their mean is 0.
    slope : callable
        slope(z) is the derivative of the activation, of the shape of z.
    variance : float, above 0
        Of z, which is normal with mean 0.

    Returns
    -------
    factor : float
        With an error below 2 percent.

    Source: Poole et al. (2016), section 2.
    """
    passed = gaussian_average(lambda z: slope(z) ** 2, variance)
    return fan_in * weight_variance * passed


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT, gain=POSITIVE)
def orthogonal_weights(n_in, n_out, rng, gain=1.0):
    """Random weights that stretch all directions alike.

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.
    gain : float, above 0
        Every singular value of the weights.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)
        gain times a matrix whose columns have length 1 and are at right
        angles to each other, or, where n_out > n_in, whose rows are so; which
        matrix of this kind it is, is left to chance, and but for its sign no
        direction is preferred.

    Source: Saxe, McClelland and Ganguli (2014).
    """
    long, short = max(n_in, n_out), min(n_in, n_out)
    columns, _ = np.linalg.qr(rng.normal(size=(long, short)))
    return gain * (columns if n_in >= n_out else columns.T)


def scale_layers(weights, x, activation):
    """Weights of the same directions, of which every layer keeps the signal.

    Each layer's weights are divided by one number, such that the mean square
    of its pre-activations, over all units and all examples, is 1 for the
    network that the new weights make.

    Parameters
    ----------
    weights : list of L ndarrays
        Those of layer l have the shape (widths[l-1], widths[l]); no biases.
    x : ndarray of shape (n, widths[0])
        One example in each row.
    activation : callable
        activation(z) is an array of the shape of z; it stands between two
        layers.

    Returns
    -------
    scaled : list of L ndarrays
        Of the shapes of the weights.

    Source: Mishkin and Matas (2016), for the mean square.
    """
    scaled = []
    for w in weights:
        z = x @ w
        size = np.sqrt(np.mean(z**2))
        scaled.append(w / size)
        x = activation(z / size)
    return scaled
