"""Optimizers and learning-rate schedules: the references of the chapter on optimizers.

Every step is a pure function: parameters and state go in, new arrays come out, nothing is changed
in place. A hyperparameter outside its range raises `ValueError` with its name (`@domain`).
"""

import numpy as np

from gradus.domain import COUNT, FRACTION, NONNEGATIVE, POSITIVE, POSITIVE_COUNT, PROPER_FRACTION, domain


@domain(lr=NONNEGATIVE)
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

    Source: Robbins and Monro (1951); the notes write eta for lr.
    """
    return theta - lr * grad


@domain(lr=NONNEGATIVE)
def convergence_rate(eigenvalues, lr):
    """Rate of gradient descent on a quadratic: the factor by which the error shrinks, at worst.

    Along the eigenvector of eigenvalue lambda, one step multiplies the error by 1 - lr * lambda;
    the rate is the largest absolute value of these factors.

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


@domain(lr=NONNEGATIVE, mu=FRACTION)
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

    Source: Polyak (1964), in the convention of PyTorch: the learning rate stays outside the velocity.
    """
    velocity = mu * velocity + grad
    return theta - lr * velocity, velocity
