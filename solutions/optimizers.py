"""Optimizers and learning-rate schedules: the references of that chapter.

Every step is a pure function: parameters and state go in, new arrays come out,
nothing is changed in place. A hyperparameter outside its range raises
`ValueError` with its name (`@validate`).
"""

import numpy as np

from gradus.validation import (
    COUNT,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    validate,
)


@validate(lr=NONNEGATIVE)
def sgd_step(theta, grad, lr):
    """One step of (stochastic) gradient descent.

    theta <- theta - lr * grad

    Parameters
    ----------
    theta : ndarray, any shape
        The parameters.
    grad : ndarray, shape of theta
        The gradient of the loss at theta.
    lr : float, at least 0
        The learning rate.

    Returns
    -------
    theta : ndarray
        The new parameters, in a new array.

    Source: Robbins and Monro (1951); the text writes eta for lr.
    """
    return theta - lr * grad


@validate(lr=NONNEGATIVE)
def convergence_rate(eigenvalues, lr):
    """The rate of gradient descent on a quadratic: the worst factor per step.

    Along the eigenvector of eigenvalue lambda, one step multiplies the error
    by 1 - lr * lambda; the rate is the largest absolute value of these.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n,)
        Of the Hessian, all positive, in any order.
    lr : float, at least 0
        The learning rate.

    Returns
    -------
    rate : float
        Below 1: gradient descent converges; above 1: it diverges.

    Source: Goh (2017), "Why momentum really works".
    """
    return np.max(np.abs(1 - lr * eigenvalues))


@validate(lr=NONNEGATIVE, mu=FRACTION)
def momentum_step(theta, grad, velocity, lr, mu=0.9):
    """One step of gradient descent with momentum (the heavy ball).

    velocity <- mu * velocity + grad
    theta    <- theta - lr * velocity

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    velocity : ndarray, shape of theta
        The decaying sum of the gradients so far; zeros before the first step.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays

    Source: Polyak (1964), in the convention of PyTorch: the learning rate
    stays outside the velocity.
    """
    velocity = mu * velocity + grad
    return theta - lr * velocity, velocity


@validate(lr=NONNEGATIVE, mu=FRACTION)
def nesterov_step(theta, gradient, velocity, lr, mu=0.9):
    """One step of Nesterov's accelerated gradient.

    velocity <- mu * velocity + gradient(theta - lr * mu * velocity)
    theta    <- theta - lr * velocity

    Parameters
    ----------
    theta : ndarray of shape (n,)
        The parameters.
    gradient : callable
        gradient(theta) is the gradient of the loss at theta, shape (n,).
    velocity : ndarray of shape (n,)
        As in momentum_step.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays

    Source: Nesterov (1983); Sutskever et al. (2013), equations 3 and 4, here
    with the learning rate outside the velocity.
    """
    velocity = mu * velocity + gradient(theta - lr * mu * velocity)
    return theta - lr * velocity, velocity


@validate(lr=NONNEGATIVE, mu=FRACTION)
def nesterov_shifted_step(theta, grad, velocity, lr, mu=0.9):
    """One step of Nesterov's method, where theta is the look-ahead point.

    velocity <- mu * velocity + grad
    theta    <- theta - lr * (grad + mu * velocity)      with the new velocity

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The look-ahead point and the gradient of the loss there.
    velocity : ndarray, shape of theta
        As in momentum_step.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays

    Source: Bengio et al. (2013); PyTorch's SGD with nesterov=True.
    """
    velocity = mu * velocity + grad
    return theta - lr * (grad + mu * velocity), velocity


@validate(lr=NONNEGATIVE, eps=NONNEGATIVE)
def adagrad_step(theta, grad, s, lr, eps=1e-8):
    """One step of AdaGrad: each parameter has a learning rate of its own.

    s     <- s + grad**2
    theta <- theta - lr * grad / (sqrt(s) + eps)

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    s : ndarray, shape of theta
        The sum of the squared gradients so far; zeros before the first step.
    lr : float, at least 0
        The learning rate.
    eps : float, at least 0
        Keeps the quotient finite; added to the root, outside it.

    Returns
    -------
    theta, s : tuple of two ndarrays

    Source: Duchi, Hazan and Singer (2011), diagonal form.
    """
    s = s + grad**2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@validate(lr=NONNEGATIVE, rho=FRACTION, eps=NONNEGATIVE)
def rmsprop_step(theta, grad, v, lr, rho=0.9, eps=1e-8):
    """One step of RMSProp: AdaGrad with an average in place of the sum.

    v     <- rho * v + (1 - rho) * grad**2
    theta <- theta - lr * grad / (sqrt(v) + eps)

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

    m     <- beta1 * m + (1 - beta1) * grad
    v     <- beta2 * v + (1 - beta2) * grad**2
    m_hat  = m / (1 - beta1**t)
    v_hat  = v / (1 - beta2**t)
    theta <- theta - lr * m_hat / (sqrt(v_hat) + eps)

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
        How much of the old averages is kept.
    eps : float, at least 0
        Keeps the quotient finite; added to the root, outside it.

    Returns
    -------
    theta, m, v : tuple of three ndarrays
        m and v not corrected: the correction is for this step alone.

    Source: Kingma and Ba (2015), algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@validate(
    lr0=NONNEGATIVE, t=NONNEGATIVE, decay_time=POSITIVE, factor=PROPER_FRACTION
)
def exponential_decay(lr0, t, decay_time, factor=0.1):
    """The learning rate at time t: times `factor` in every `decay_time`.

    lr = lr0 * factor ** (t / decay_time)

    Parameters
    ----------
    lr0 : float, at least 0
        The learning rate at t = 0.
    t : float, at least 0
        The time: epochs or steps.
    decay_time : float, above 0
        In the unit of t.
    factor : float in (0, 1)
        What is left of the rate after one decay_time.

    Returns
    -------
    lr : float

    Source: ExponentialDecay of Keras; decay_steps and decay_rate there.
    """
    return lr0 * factor ** (t / decay_time)


@validate(
    lr0=NONNEGATIVE, t=COUNT, step_size=POSITIVE_COUNT, factor=PROPER_FRACTION
)
def step_decay(lr0, t, step_size, factor=0.1):
    """The learning rate in epoch t, cut once every `step_size` epochs.

    lr = lr0 * factor ** (the number of cuts before epoch t)

    Parameters
    ----------
    lr0 : float, at least 0
        The learning rate of the epochs 0 to step_size - 1.
    t : int, at least 0
        The epoch.
    step_size : int, at least 1
        Epochs between two cuts: epoch t = step_size is the first after a cut.
    factor : float in (0, 1)
        A cut multiplies the rate by this.

    Returns
    -------
    lr : float

    Source: StepLR of PyTorch.
    """
    return lr0 * factor ** (t // step_size)


@validate(lr0=NONNEGATIVE, t=NONNEGATIVE, k=NONNEGATIVE)
def inverse_time_decay(lr0, t, k):
    """The learning rate at time t under 1/t decay.

    lr = lr0 / (1 + k * t)

    Parameters
    ----------
    lr0 : float, at least 0
        The learning rate at t = 0.
    t : float, at least 0
        The time: epochs or steps.
    k : float, at least 0
        How fast it falls: at t = 1 / k half of lr0 is left.

    Returns
    -------
    lr : float

    Source: Robbins and Monro (1951) ask for a rate that falls like 1/t.
    """
    return lr0 / (1 + k * t)


@validate(lr0=NONNEGATIVE, t=NONNEGATIVE, total=POSITIVE, lr_min=NONNEGATIVE)
def cosine_annealing(lr0, t, total, lr_min=0.0):
    """The learning rate at time t, on half a cosine wave from lr0 to lr_min.

    lr = lr_min + (lr0 - lr_min) * (1 + cos(pi * t / total)) / 2   to t = total
    lr = lr_min                                                    after that

    Parameters
    ----------
    lr0 : float, at least 0
        The learning rate at t = 0.
    t : float, at least 0
        The time: epochs or steps.
    total : float, above 0
        When lr_min is reached, in the unit of t.
    lr_min : float, at least 0
        The learning rate at the end.

    Returns
    -------
    lr : float

    Source: Loshchilov and Hutter (2017), equation 5, held at its end.
    """
    fraction = min(t / total, 1.0)
    return lr_min + (lr0 - lr_min) * (1 + np.cos(np.pi * fraction)) / 2


@validate(lr0=NONNEGATIVE, t=COUNT, warmup=COUNT)
def linear_warmup(lr0, t, warmup):
    """The learning rate of step t: it rises in equal parts to lr0, and stays.

    The first step, t = 0, has lr0 / warmup; t = warmup - 1 is the first with
    lr0.

    Parameters
    ----------
    lr0 : float, at least 0
        The learning rate when warm.
    t : int, at least 0
        The step, counted from 0.
    warmup : int, at least 0
        The number of steps; with 0 the rate is lr0 from the start.

    Returns
    -------
    lr : float

    Source: Goyal et al. (2017), gradual warm-up.
    """
    return lr0 * min(1.0, (t + 1) / warmup) if warmup else lr0


@validate(
    lr=NONNEGATIVE,
    factor=PROPER_FRACTION,
    patience=COUNT,
    threshold=NONNEGATIVE,
    cooldown=COUNT,
    min_lr=NONNEGATIVE,
)
def reduce_on_plateau(
    losses, lr, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0
):
    """The learning rate of every epoch, cut when the loss has stopped falling.

    After each epoch, with its loss:
    1. If loss < best * (1 - threshold), where best starts at infinity, the
       loss is the new best and the count of bad epochs starts again at 0;
       otherwise that count grows by 1.
    2. While cooling down, the epoch uses up one epoch of cooldown, and the
       count is set to 0.
    3. If the count is now larger than patience, lr becomes
       max(lr * factor, min_lr), the count starts again at 0, and `cooldown`
       epochs of cooling down begin.

    Parameters
    ----------
    losses : list of float
        The validation loss of every epoch, positive, in order.
    lr : float, at least 0
        The learning rate of the first epoch.
    factor : float in (0, 1)
        A cut multiplies the rate by this.
    patience : int, at least 0
        Bad epochs that are borne without a cut.
    threshold : float, at least 0
        The relative improvement that counts as one.
    cooldown : int, at least 0
        Epochs after a cut in which none is counted as bad.
    min_lr : float, at least 0
        The rate is never cut below this.

    Returns
    -------
    rates : ndarray, shape (len(losses),)
        The rate with which each epoch was trained: a cut after epoch k shows
        in epoch k + 1.

    Source: ReduceLROnPlateau of PyTorch.
    """
    rates, best, bad, cooling = [], np.inf, 0, 0
    for loss in losses:
        rates.append(lr)
        if loss < best * (1 - threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if cooling > 0:
            cooling, bad = cooling - 1, 0
        if bad > patience:
            lr, bad, cooling = max(lr * factor, min_lr), 0, cooldown
    return np.array(rates)
