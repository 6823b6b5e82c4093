"""Gradient descent and momentum: the references of the chapter on descent.

Every step is a pure function: parameters and state go in, new arrays come out,
nothing is changed in place. A hyperparameter outside its range raises
`ValueError` with its name (`@validate`).
"""

import numpy as np

from gradus.validation import (
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    validate,
)


@validate(lr=NONNEGATIVE)
def sgd_step(theta, grad, lr):
    """One step of (stochastic) gradient descent.

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
    """The rate of gradient descent on a quadratic.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n,)
        Of the Hessian, all positive, in any order.
    lr : float, at least 0
        The learning rate.

    Returns
    -------
    rate : float, at least 0
        What one step leaves of the error in the worst direction: below 1
        gradient descent converges, above 1 it diverges.

    Source: Goh (2017), "Why momentum really works".
    """
    return np.max(np.abs(1 - lr * eigenvalues))


@validate(lr=NONNEGATIVE, mu=FRACTION)
def momentum_step(theta, grad, velocity, lr, mu=0.9):
    """One step of gradient descent with momentum (the heavy ball).

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The parameters and the gradient of the loss there.
    velocity : ndarray, shape of theta
        What is remembered of the gradients so far, without the learning rate;
        zeros before the first step.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays
        Both as they are after the step.

    Source: Polyak (1964), in the convention of PyTorch: the learning rate
    stays outside the velocity.
    """
    velocity = mu * velocity + grad
    return theta - lr * velocity, velocity


@validate(mu=FRACTION)
def momentum_path(gradient, theta, rates, mu=0.9):
    """The points that momentum visits, with a learning rate for every step.

    Steps as momentum_step makes them, from a velocity of zero.

    Parameters
    ----------
    gradient : callable
        gradient(theta) is the gradient of the loss at theta, shape (n,).
    theta : ndarray of shape (n,)
        The start.
    rates : ndarray of shape (n_steps,)
        The learning rate of each step. It holds for the whole of this step,
        and for no other.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    points : ndarray of shape (n_steps + 1, n)
        The start, then theta after each step.

    Source: Polyak (1964), form A of the text.
    """
    velocity = np.zeros_like(theta)
    points = [theta]
    for lr in rates:
        velocity = mu * velocity + gradient(theta)
        theta = theta - lr * velocity
        points.append(theta)
    return np.array(points)


@validate(n_steps=POSITIVE_COUNT)
def descent_rates(eigenvalues, n_steps):
    """A learning rate for each step of gradient descent on a quadratic.

    The steps have no memory: each is theta - rate * gradient. Judged by what
    they achieve together: the worst factor by which they multiply the error
    along an eigenvector, for the given eigenvalues.

    The score is log(worst factor) / log(target), the share of the digits that
    target = 2 * r**n_steps / (1 + r**(2 * n_steps)) stands for, where r is the
    rate of momentum at its best. Below 0 the error has grown.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n,)
        Of the Hessian, all positive, in any order.
    n_steps : int, at least 1
        How many steps will be made.

    Returns
    -------
    rates : ndarray of shape (n_steps,)
        In any order.

    Source: Young (1953), "On Richardson's method for solving linear systems
    with positive definite matrices".
    """
    low, high = np.min(eigenvalues), np.max(eigenvalues)
    angles = np.pi * (np.arange(n_steps) + 0.5) / n_steps
    return 2 / (high + low + (high - low) * np.cos(angles))


@validate(curvature=POSITIVE, sigma=POSITIVE, lr=POSITIVE, mu=FRACTION)
def noise_floor(curvature, sigma, lr, mu=0.0):
    """How far noise keeps momentum from the minimum, along one eigenvector.

    Parameters
    ----------
    curvature : float, above 0
        The eigenvalue of this direction; the minimum lies at 0.
    sigma : float, above 0
        The standard deviation of the noise in every gradient, independent from
        step to step, of mean 0.
    lr : float, above 0
        The learning rate, constant, and within the limit of stability.
    mu : float in [0, 1)
        The momentum, in the convention of momentum_step; 0 is SGD.

    Returns
    -------
    variance : float
        Of theta after many steps, exactly: not for small rates alone.
    """
    room = 2 * (1 + mu) - lr * curvature
    return lr * sigma**2 * (1 + mu) / (curvature * (1 - mu) * room)


@validate(lr=NONNEGATIVE, mu=FRACTION)
def nesterov_step(theta, gradient, velocity, lr, mu=0.9):
    """One step of Nesterov's accelerated gradient.

    Parameters
    ----------
    theta : ndarray of shape (n,)
        The parameters.
    gradient : callable
        gradient(theta) is the gradient of the loss at theta, shape (n,).
        It is costly: one call a step is enough.
    velocity : ndarray of shape (n,)
        As in momentum_step: without the learning rate.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays
        Both as they are after the step.

    Source: Nesterov (1983); Sutskever et al. (2013), equations 3 and 4, here
    with the learning rate outside the velocity.
    """
    velocity = mu * velocity + gradient(theta - lr * mu * velocity)
    return theta - lr * velocity, velocity


@validate(lr=NONNEGATIVE, mu=FRACTION)
def nesterov_shifted_step(theta, grad, velocity, lr, mu=0.9):
    """One step of Nesterov's method, as seen from the look-ahead point.

    Parameters
    ----------
    theta, grad : ndarray, any shape
        The look-ahead point of this step, and the gradient of the loss there.
    velocity : ndarray, shape of theta
        As in nesterov_step, before the step.
    lr : float, at least 0
        The learning rate.
    mu : float in [0, 1)
        The momentum.

    Returns
    -------
    theta, velocity : tuple of two ndarrays
        The look-ahead point of the next step, and the velocity after this one.

    Source: Bengio et al. (2013); PyTorch's SGD with nesterov=True.
    """
    velocity = mu * velocity + grad
    return theta - lr * (grad + mu * velocity), velocity
