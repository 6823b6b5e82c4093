"""AdaGrad, RMSProp, Adam and AdamW: the references of the chapter on adaptive rates.

Pure functions, as in `descent`: nothing is changed in place.
"""

import numpy as np

from gradus.validation import (
    COUNT,
    FRACTION,
    NONNEGATIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    validate,
)


@validate(lr=NONNEGATIVE, eps=NONNEGATIVE)
def adagrad_step(theta, grad, s, lr, eps=1e-8):
    """One step of AdaGrad: each parameter has a learning rate of its own.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    s : ndarray, shape of theta
        What is remembered of the squares of the gradients before this one;
        zeros before the first step.
    lr : float, at least 0
        The learning rate.
    eps : float, at least 0
        Keeps the quotient finite; added to the root, outside it.

    Returns
    -------
    theta, s : tuple of two ndarrays
        Both as they are after the step.

    Source: Duchi, Hazan and Singer (2011), diagonal form.
    """
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@validate(lr=NONNEGATIVE, rho=FRACTION, eps=NONNEGATIVE)
def rmsprop_step(theta, grad, v, lr, rho=0.9, eps=1e-8):
    """One step of RMSProp: AdaGrad with an average in place of the sum.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    v : ndarray, shape of theta
        The average of the squared gradients; zeros before the first step.
    lr : float, at least 0
        The learning rate.
    rho : float in [0, 1)
        How much of the old average is kept.
    eps : float, at least 0
        Keeps the quotient finite; added to the root, outside it.

    Returns
    -------
    theta, v : tuple of two ndarrays
        Both as they are after the step.

    Source: Tieleman and Hinton (2012), lecture 6e; eps as in PyTorch.
    """
    v = rho * v + (1 - rho) * grad**2
    return theta - lr * grad / (np.sqrt(v) + eps), v


@validate(
    t=POSITIVE_COUNT,
    lr=NONNEGATIVE,
    beta1=FRACTION,
    beta2=FRACTION,
    eps=NONNEGATIVE,
)
def adam_step(theta, grad, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam, with bias correction.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    m, v : ndarray, shape of theta
        The averages of the gradients and of their squares, not corrected;
        zeros before the first step.
    t : int, at least 1
        The number of this step: the first is 1.
    lr : float, at least 0
        The learning rate.
    beta1, beta2 : float in [0, 1)
        How much is kept of the old average of the gradients, and of that of
        their squares.
    eps : float, at least 0
        Keeps the quotient finite; added to the root of the corrected average,
        outside it.

    Returns
    -------
    theta, m, v : tuple of three ndarrays
        As they are after the step; m and v not corrected: the correction is
        for this step alone.

    Source: Kingma and Ba (2015), algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@validate(
    n_steps=COUNT,
    lr=NONNEGATIVE,
    beta1=FRACTION,
    beta2=FRACTION,
    eps=NONNEGATIVE,
)
def adam_path(
    gradient, theta, n_steps, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    """The points that Adam visits.

    Steps as adam_step makes them, the first with t = 1, from averages of zero.

    Parameters
    ----------
    gradient : callable
        gradient(theta) is the gradient of the loss at theta, shape (n,).
    theta : ndarray of shape (n,)
        The start.
    n_steps : int, at least 0
        How many steps are made.
    lr, beta1, beta2, eps : float
        As in adam_step.

    Returns
    -------
    points : ndarray of shape (n_steps + 1, n)
        The start, then theta after each step.

    Source: Kingma and Ba (2015), algorithm 1.
    """
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    points = [theta]
    for t in range(1, n_steps + 1):
        grad = gradient(theta)
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
        points.append(theta)
    return np.array(points)


@validate(t=POSITIVE_COUNT, beta1=FRACTION, beta2=PROPER_FRACTION)
def longest_step(t, beta1=0.9, beta2=0.999):
    """The longest step that Adam can make in one coordinate, whatever it meets.

    Parameters
    ----------
    t : int, at least 1
        The number of the step; t gradients have been seen, this one included.
    beta1, beta2 : float
        As in adam_step; beta1 in [0, 1), beta2 in (0, 1).

    Returns
    -------
    length : float
        In units of the learning rate, for eps = 0, with the bias correction:
        the largest absolute value over all sequences of t gradients that are
        not all zero.
    """
    ages = np.arange(t)
    a = (1 - beta1) * beta1**ages / (1 - beta1**t)
    b = (1 - beta2) * beta2**ages / (1 - beta2**t)
    return np.sqrt(np.sum(a**2 / b))


@validate(
    t=POSITIVE_COUNT,
    lr=NONNEGATIVE,
    weight_decay=NONNEGATIVE,
    beta1=FRACTION,
    beta2=FRACTION,
    eps=NONNEGATIVE,
)
def adamw_step(
    theta,
    grad,
    m,
    v,
    t,
    lr=0.001,
    weight_decay=0.01,
    beta1=0.9,
    beta2=0.999,
    eps=1e-8,
):
    """One step of AdamW: Adam, and a weight decay that bypasses it.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the data term there.
    m, v : ndarray, shape of theta
        The averages of the gradients and of their squares, not corrected;
        zeros before the first step.
    t : int, at least 1
        The number of this step: the first is 1.
    lr : float, at least 0
        The learning rate.
    weight_decay : float, at least 0
        In one step the old theta loses the share lr * weight_decay.
    beta1, beta2, eps : float
        As in adam_step.

    Returns
    -------
    theta, m, v : tuple of three ndarrays
        As they are after the step; m and v not corrected.

    Source: Loshchilov and Hutter (2019), in the convention of PyTorch's AdamW.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    step = lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta - step - lr * weight_decay * theta, m, v
