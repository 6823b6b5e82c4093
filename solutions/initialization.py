"""Activations and initial weights: the references of that chapter.

An activation returns its value and its derivative together: the way back needs what the way
forward has computed. None of them overflows, whatever finite number goes in.
"""

import numpy as np

from gradus.validation import NONNEGATIVE, POSITIVE_COUNT, validate

# Klambauer et al. (2017): with these, mean 0 and variance 1 reproduce themselves.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def sigmoid(z):
    """The logistic sigmoid and its derivative, element by element.

    a = 1 / (1 + exp(-z)),   slope = a * (1 - a)

    Finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz.

    Source: Goodfellow, Bengio and Courville (2016), section 3.10.
    """
    z = np.asarray(z, dtype=float)
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1 + small), small / (1 + small) ** 2


def tanh(z):
    """The hyperbolic tangent and its derivative, element by element.

    a = (exp(z) - exp(-z)) / (exp(z) + exp(-z)),   slope = 1 - a**2

    Finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz.

    Source: LeCun, Bottou, Orr and Müller (1998), section 4.4.
    """
    a = np.tanh(np.asarray(z, dtype=float))
    return a, 1 - a**2


def relu(z):
    """The rectified linear unit and its derivative, element by element.

    a = max(z, 0),   slope = 1 where z > 0, else 0

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz, which is 0 at z = 0.

    Source: Nair and Hinton (2010); Glorot, Bordes and Bengio (2011).
    """
    z = np.asarray(z, dtype=float)
    return np.maximum(z, 0.0), np.where(z > 0, 1.0, 0.0)


@validate(alpha=NONNEGATIVE)
def leaky_relu(z, alpha=0.01):
    """The leaky ReLU and its derivative, element by element.

    a = z where z > 0, else alpha * z;   slope = 1 where z > 0, else alpha

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.
    alpha : float, at least 0
        The slope on the negative side.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz.

    Source: Maas, Hannun and Ng (2013).
    """
    z = np.asarray(z, dtype=float)
    slope = np.where(z > 0, 1.0, alpha)
    return slope * z, slope


@validate(alpha=NONNEGATIVE)
def elu(z, alpha=1.0):
    """The exponential linear unit and its derivative, element by element.

    a = z where z > 0, else alpha * (exp(z) - 1)
    slope = 1 where z > 0, else alpha * exp(z)

    Finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.
    alpha : float, at least 0
        The activation goes to -alpha for very negative z.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz.

    Source: Clevert, Unterthiner and Hochreiter (2016).
    """
    z = np.asarray(z, dtype=float)
    below = np.minimum(z, 0.0)
    a = np.where(z > 0, z, alpha * np.expm1(below))
    return a, np.where(z > 0, 1.0, alpha * np.exp(below))


def selu(z):
    """The scaled ELU and its derivative, element by element.

    With alpha = 1.6732632423543772 and scale = 1.0507009873554805:

    a = scale * z where z > 0, else scale * alpha * (exp(z) - 1)
    slope = scale where z > 0, else scale * alpha * exp(z)

    Finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations.

    Returns
    -------
    a, slope : tuple of two ndarrays, shape of z
        The activations, and da/dz.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter (2017).
    """
    a, slope = elu(z, SELU_ALPHA)
    return SELU_SCALE * a, SELU_SCALE * slope


def dead_units(z):
    """Which units of a ReLU layer are off for every example.

    Parameters
    ----------
    z : ndarray of shape (n, m)
        The pre-activations of m units for n examples.

    Returns
    -------
    dead : ndarray of bool, shape (m,)
        True for a unit whose pre-activation is at most 0 for all n examples.

    Source: Maas, Hannun and Ng (2013), section 2.
    """
    z = np.asarray(z, dtype=float)
    if z.ndim != 2 or len(z) == 0:
        raise ValueError(
            f"z: expected shape (n, m) and a row at least, got {z.shape}"
        )
    return np.all(z <= 0, axis=0)


@validate(variance=NONNEGATIVE)
def gaussian_average(f, variance):
    """The expected value of f(z), z normal with mean 0 and the given variance.

    E[f(z)] = integral of
              f(sqrt(variance) * x) * exp(-x**2 / 2) / sqrt(2 * pi) dx

    Parameters
    ----------
    f : callable
        f(z) is an array of the shape of z, each entry a function of its own.
    variance : float, at least 0
        Of z.

    Returns
    -------
    average : float
        With an error below 2 percent: a sum over a few hundred points will do.

    Source: the definition of an expected value.
    """
    # An even number of points: none of them lies on a kink at 0.
    x = np.linspace(-8.0, 8.0, 4000)
    weights = np.exp(-(x**2) / 2)
    return np.sum(weights * f(np.sqrt(variance) * x)) / np.sum(weights)


@validate(mean_square=NONNEGATIVE)
def forward_variance(widths, weight_variances, activation, mean_square=1.0):
    """The variance that theory predicts for the pre-activations of every layer.

    Layer l = 1, ..., L has weights of shape (widths[l-1], widths[l]), drawn
    with mean 0 and the variance s_l = weight_variances[l-1]; biases are 0.

    q_l = widths[l-1] * s_l * m_(l-1)
    m_0 = mean_square,   m_l = E[activation(z)**2], z normal of variance q_l

    Parameters
    ----------
    widths : tuple of L + 1 int
        Of the input and of each layer.
    weight_variances : list of L float
        The variance of the weights of each layer.
    activation : callable
        activation(z) is an array of the shape of z.
    mean_square : float, at least 0
        The mean of the squares of the inputs.

    Returns
    -------
    variances : ndarray of shape (L,)
        q_1 to q_L, with an error below 2 percent.

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

    Layer l = 1, ..., L is as in forward_variance; v_l is the variance of the
    entries of dz_l, the gradient of the loss by the pre-activations z_l, in
    units of that of the last layer.

    v_L = 1
    v_l = widths[l+1] * s_(l+1) * E[slope(z)**2] * v_(l+1),
    where z is normal of variance q_l = variances[l-1]

    Parameters
    ----------
    widths : tuple of L + 1 int
        Of the input and of each layer.
    weight_variances : list of L float
        The variance s_l of the weights of each layer.
    slope : callable
        slope(z) is the derivative of the activation, of the shape of z.
    variances : ndarray of shape (L,)
        The variances q_1 to q_L of the pre-activations.

    Returns
    -------
    ratios : ndarray of shape (L,)
        v_1 to v_L, with an error below 2 percent; the last is 1.

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


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT)
def lecun_normal(n_in, n_out, rng):
    """Weights that keep the variance on the way forward where nothing bends it.

    normal, mean 0, standard deviation sqrt(1 / n_in)

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: LeCun, Bottou, Orr and Müller (1998), section 4.6.
    """
    return rng.normal(0.0, np.sqrt(1 / n_in), size=(n_in, n_out))


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT)
def xavier_normal(n_in, n_out, rng):
    """Weights for activations that are linear around 0: forward and backward.

    normal, mean 0, standard deviation sqrt(2 / (n_in + n_out))

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: Glorot and Bengio (2010), section 4.2.
    """
    return rng.normal(0.0, np.sqrt(2 / (n_in + n_out)), size=(n_in, n_out))


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT)
def xavier_uniform(n_in, n_out, rng):
    """As xavier_normal, the same variance, but uniform.

    uniform between -r and r, with r = sqrt(6 / (n_in + n_out))

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: Glorot and Bengio (2010), section 4.2.
    """
    r = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, size=(n_in, n_out))


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT)
def he_normal(n_in, n_out, rng):
    """Weights for ReLU: they keep the variance on the way forward.

    normal, mean 0, standard deviation sqrt(2 / n_in)

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: He et al. (2015), section 2.2.
    """
    return rng.normal(0.0, np.sqrt(2 / n_in), size=(n_in, n_out))


@validate(n_in=POSITIVE_COUNT, n_out=POSITIVE_COUNT)
def he_uniform(n_in, n_out, rng):
    """As he_normal, the same variance, but uniform.

    uniform between -r and r, with r = sqrt(6 / n_in)

    Parameters
    ----------
    n_in, n_out : int, at least 1
        The numbers of inputs and of outputs of the layer.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    weights : ndarray of shape (n_in, n_out)

    Source: He et al. (2015), section 2.2.
    """
    r = np.sqrt(6 / n_in)
    return rng.uniform(-r, r, size=(n_in, n_out))
