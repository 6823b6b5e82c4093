"""Activation functions: the references of that chapter.

An activation returns its value and its slope together: the way back needs what the way forward
has computed. None of them overflows, whatever finite number goes in.
"""

import numpy as np

from gradus.validation import NONNEGATIVE, POSITIVE, validate

# Klambauer et al. (2017): with these, mean 0 and variance 1 reproduce themselves.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def sigmoid(z):
    """The logistic sigmoid and its slope, element by element.

    Both are finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz.

    Source: Goodfellow, Bengio and Courville (2016), section 3.10.
    """
    z = np.asarray(z, dtype=float)
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1 + small), small / (1 + small) ** 2


def tanh(z):
    """The hyperbolic tangent and its slope, element by element.

    Both are finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz.

    Source: LeCun, Bottou, Orr and Müller (1998), section 4.4.
    """
    a = np.tanh(np.asarray(z, dtype=float))
    return a, 1 - a**2


@validate(alpha=NONNEGATIVE)
def leaky_relu(z, alpha=0.01):
    """The leaky ReLU and its slope, element by element; ReLU for alpha = 0.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.
    alpha : float, from 0 to 1
        The slope on the negative side.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz. The kink at z = 0 counts as negative.

    Source: Maas, Hannun and Ng (2013); for alpha = 0, Nair and Hinton (2010).
    """
    z = np.asarray(z, dtype=float)
    slope = np.where(z > 0, 1.0, alpha)
    return slope * z, slope


@validate(alpha=NONNEGATIVE, scale=POSITIVE)
def elu(z, alpha=1.0, scale=1.0):
    """The scaled exponential linear unit and its slope, element by element.

    Both are finite for every finite z, such as 10,000 and -10,000. A scale
    of 1 is ELU; alpha = 1.6733 with scale = 1.0507 is SELU.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.
    alpha : float, at least 0
        The activation goes to -scale * alpha for very negative z.
    scale : float, above 0
        The slope for every positive z.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz. z = 0 counts as negative.

    Source: Clevert, Unterthiner and Hochreiter (2016); with a scale,
    Klambauer, Unterthiner, Mayr and Hochreiter (2017).
    """
    z = np.asarray(z, dtype=float)
    below = np.minimum(z, 0.0)
    a = np.where(z > 0, z, alpha * np.expm1(below))
    slope = np.where(z > 0, 1.0, alpha * np.exp(below))
    return scale * a, scale * slope


def silu(z):
    """The sigmoid-weighted linear unit (SiLU, swish) and its slope.

    Both are finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz, exact and not by differences.

    Source: Elfwing, Uchibe and Doya (2018); Ramachandran, Zoph and Le (2017).
    """
    gate, rise = sigmoid(z)
    return z * gate, gate + z * rise


def gelu(z):
    """The Gaussian error linear unit (GELU) and its slope.

    With the distribution function of the normal distribution itself, and not
    with one of the approximations by tanh or by a sigmoid. Both results are
    finite for every finite z, such as 10,000 and -10,000.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz by its formula, not by differences.

    Source: Hendrycks and Gimpel (2016).
    """
    from math import erf

    z = np.asarray(z, dtype=float)
    gate = (1 + np.vectorize(erf, otypes=[float])(z / np.sqrt(2))) / 2
    density = np.exp(-(np.clip(z, -40, 40) ** 2) / 2) / np.sqrt(2 * np.pi)
    return z * gate, gate + z * density


def softplus(z):
    """The softplus, the smooth ReLU, and its slope, element by element.

    Both are finite for every finite z, and both keep their digits
    everywhere, at z = -50 as at z = 50.

    Parameters
    ----------
    z : ndarray, any shape
        The pre-activations; floats or whole numbers.

    Returns
    -------
    a, slope : tuple of two ndarrays of floats, shape of z
        The activations, and da/dz.

    Source: Dugas et al. (2001).
    """
    small = np.exp(-np.abs(z))
    a = np.maximum(z, 0) + np.log1p(small)
    return a, np.where(z > 0, 1.0, small) / (1 + small)


def dead_units(z):
    """Which units of a ReLU layer are off for every example.

    Parameters
    ----------
    z : ndarray of shape (n, m)
        The pre-activations of m units for n examples.

    Returns
    -------
    dead : ndarray of bool, shape (m,)
        True for a unit that is off for all n examples; at 0 it is off.

    Source: Maas, Hannun and Ng (2013), section 2.
    """
    z = np.asarray(z, dtype=float)
    if z.ndim != 2 or len(z) == 0:
        raise ValueError(
            f"z: expected shape (n, m) and a row at least, got {z.shape}"
        )
    return np.all(z <= 0, axis=0)
