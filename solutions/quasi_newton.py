"""BFGS and L-BFGS: the references of that chapter, real minimisers.

A function to minimise comes as `f` (theta of shape (n,) -> number) and `gradient` (theta -> array of
shape (n,)). Nothing is changed in place. Settings outside their range raise `ValueError` (`@validate`).
"""

import numpy as np

from gradus.validation import POSITIVE, POSITIVE_COUNT, shapes, validate
from solutions.newton import _line_search


def bfgs_update(inverse, step, change):
    """The BFGS update of an approximation to the inverse Hessian.

    Parameters
    ----------
    inverse : ndarray of shape (n, n)
        Symmetric and positive definite.
    step, change : ndarray of shape (n,)
        What was added to theta, and the gradient there minus that before.

    Returns
    -------
    inverse : ndarray of shape (n, n)
        A new array: symmetric, positive definite, with inverse @ change equal
        to step. Equal to the old one where change @ step is not positive.

    Source: Nocedal and Wright (2006), equation 6.17.
    """
    curvature = change @ step
    if not curvature > 0:
        return inverse.copy()
    # Multiplied out, so that it costs n^2, not n^3.
    hy = inverse @ change
    cross = np.outer(hy / curvature, step)
    return (
        inverse
        - cross
        - cross.T
        + np.outer((1 + change @ hy / curvature) / curvature * step, step)
    )


@validate(tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def bfgs(f, gradient, theta, tol=1e-5, max_iterations=10_000):
    """Minimise by BFGS with a line search, of any kind.

    The first direction is that of steepest descent; the first matrix has the
    scale that the first step has shown.

    Parameters
    ----------
    f, gradient : callable
        theta of shape (n,) -> number, and -> array of shape (n,).
    theta : ndarray of shape (n,)
        Where to begin.
    tol : float, above 0
        Done when no entry of the gradient is larger in absolute value.
    max_iterations : int, at least 1

    Returns
    -------
    theta : ndarray of shape (n,)
        The last point.
    iterations : int
        How many steps were made: 0 if `tol` is met at the start, and at most
        max_iterations.

    Source: Nocedal and Wright (2006), algorithm 6.1.
    """
    theta = np.array(theta, dtype=float)
    value, grad = f(theta), gradient(theta)
    inverse = None
    for iteration in range(max_iterations):
        if np.abs(grad).max() <= tol:
            return theta, iteration
        direction = -grad if inverse is None else -inverse @ grad
        initial = min(1.0, 1 / np.linalg.norm(grad)) if inverse is None else 1.0
        alpha, value_new, grad_new = _line_search(
            f, gradient, theta, (value, grad), direction, 1e-4, 0.9, initial
        )
        if not value_new < value:  # f falls no more: what is left is rounding
            return theta, iteration
        step, change = alpha * direction, grad_new - grad
        if inverse is None and change @ step > 0:
            inverse = (change @ step) / (change @ change) * np.eye(len(theta))
        if inverse is not None:
            inverse = bfgs_update(inverse, step, change)
        theta, value, grad = theta + step, value_new, grad_new
    return theta, max_iterations


def lbfgs_direction(grad, steps, changes):
    """The direction of L-BFGS, by two loops, without a matrix.

    That of the matrix which BFGS updates make, pair by pair, of a multiple of
    the identity: the scale is that of the newest pair.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    steps, changes : ndarray of shape (m, n), or lists of m arrays
        The steps and the changes of the gradient, oldest first; every
        step @ change is positive. There may be none.

    Returns
    -------
    direction : ndarray of shape (n,)
        Downhill; minus the gradient where there is no pair.

    Source: Nocedal (1980); Nocedal and Wright (2006), algorithm 7.4.
    """
    q = np.array(grad, dtype=float)
    curvatures = [y @ s for s, y in zip(steps, changes, strict=True)]
    weights = []
    for s, y, sy in zip(
        reversed(steps), reversed(changes), reversed(curvatures), strict=True
    ):
        weights.append((s @ q) / sy)
        q -= weights[-1] * y
    if len(curvatures):
        q *= curvatures[-1] / (changes[-1] @ changes[-1])
    for s, y, sy in zip(steps, changes, curvatures, strict=True):
        q += (weights.pop() - (y @ q) / sy) * s
    return -q


@validate(memory=POSITIVE_COUNT, tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def lbfgs(f, gradient, theta, memory=10, tol=1e-5, max_iterations=10_000):
    """Minimise by L-BFGS with a line search, of any kind.

    A pair whose step @ change is not positive is not kept.

    Parameters
    ----------
    f, gradient : callable
        theta of shape (n,) -> number, and -> array of shape (n,).
    theta : ndarray of shape (n,)
        Where to begin.
    memory : int, at least 1
        How many pairs of steps and changes of the gradient are kept: the
        newest.
    tol : float, above 0
        Done when no entry of the gradient is larger in absolute value.
    max_iterations : int, at least 1

    Returns
    -------
    theta : ndarray of shape (n,)
        The last point.
    iterations : int
        How many steps were made: 0 if `tol` is met at the start, and at most
        max_iterations.

    Source: Liu and Nocedal (1989); Nocedal and Wright (2006), algorithm 7.5.
    """
    theta = np.array(theta, dtype=float)
    value, grad = f(theta), gradient(theta)
    steps: list[np.ndarray] = []
    changes: list[np.ndarray] = []
    for iteration in range(max_iterations):
        if np.abs(grad).max() <= tol:
            return theta, iteration
        direction = lbfgs_direction(grad, steps, changes)
        initial = 1.0 if steps else min(1.0, 1 / np.linalg.norm(grad))
        alpha, value_new, grad_new = _line_search(
            f, gradient, theta, (value, grad), direction, 1e-4, 0.9, initial
        )
        if not value_new < value:  # f falls no more: what is left is rounding
            return theta, iteration
        step, change = alpha * direction, grad_new - grad
        if change @ step > 0:
            steps, changes = (
                [*steps, step][-memory:],
                [*changes, change][-memory:],
            )
        theta, value, grad = theta + step, value_new, grad_new
    return theta, max_iterations


@validate(memory=POSITIVE_COUNT)
@shapes(x="n d", y="n", points="t d", rows="t b")
def batch_pairs(x, y, points, rows, memory):
    """The pairs that a run on mini-batches leaves to L-BFGS.

    The run is one of linear regression: the loss of a batch is half the mean
    of the squares of x @ theta - y over its examples. The gradients of a pair
    are both of the batch on which its step was made.

    Parameters
    ----------
    x : ndarray of shape (n, d)
    y : ndarray of shape (n,)
        The data.
    points : ndarray of shape (t, d)
        theta at the start and after each step.
    rows : ndarray of int, shape (t, b)
        The batch on which the step from each point is made; that from the
        last one is still to come.
    memory : int, at least 1
        How many pairs are kept: the newest.

    Returns
    -------
    steps, changes : ndarray of shape (m, d)
        The pairs, oldest first, without those whose change @ step is not
        positive. Of none the shape is (0, d).

    Source: Schraudolph, Yu and Guenter (2007).
    """

    def gradient(theta, batch):
        return x[batch].T @ (x[batch] @ theta - y[batch]) / len(batch)

    steps, changes = [], []
    for k in range(len(points) - 1):
        step = points[k + 1] - points[k]
        before = gradient(points[k], rows[k])
        change = gradient(points[k + 1], rows[k]) - before
        if change @ step > 0:
            steps.append(step)
            changes.append(change)
    shape = (-1, x.shape[1])
    return (
        np.reshape(steps[-memory:], shape),
        np.reshape(changes[-memory:], shape),
    )


@validate(damping=POSITIVE, n_trials=POSITIVE_COUNT)
@shapes(t="n", y="n")
def fit_decay(t, y, theta, damping, n_trials):
    """Fit a decay, a * exp(-b * t), by the method of Levenberg and Marquardt.

    The loss is half the sum of the squares of a * exp(-b * t) - y. A trial
    that lowers it is taken.

    Parameters
    ----------
    t, y : ndarray of shape (n,)
        Times and what was measured there.
    theta : ndarray of shape (2,)
        a and b at the start.
    damping : float, above 0
        Of the first trial; after a trial that is taken a tenth of it, after
        one that is not ten times as much.
    n_trials : int, at least 1

    Returns
    -------
    points : ndarray of shape (n_trials + 1, 2)
        theta at the start and after each trial, taken or not.

    Source: Marquardt (1963), with the identity in place of a diagonal.
    """
    theta = np.array(theta, dtype=float)
    points = [theta]

    def residuals(theta):
        return theta[0] * np.exp(-theta[1] * t) - y

    for _ in range(n_trials):
        fall, r = np.exp(-theta[1] * t), residuals(theta)
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1)
        matrix = jacobian.T @ jacobian + damping * np.eye(2)
        trial = theta - np.linalg.solve(matrix, jacobian.T @ r)
        taken = np.sum(residuals(trial) ** 2) < np.sum(r**2)
        if taken:
            theta = trial
        damping = damping / 10 if taken else damping * 10
        points.append(theta)
    return np.array(points)


@shapes(grad="m n")
def spectral_direction(grad):
    """The steepest direction for a matrix whose length is its largest stretch.

    Of all matrices d that make no vector longer, that with the least
    sum(grad * d); of several the one whose entries have the least sum of
    squares.

    Parameters
    ----------
    grad : ndarray of shape (m, n)
        The gradient by a matrix of weights. Singular values below a millionth
        of the largest count as 0.

    Returns
    -------
    direction : ndarray of shape (m, n)

    Source: Jordan et al. (2024); Bernstein and Newhouse (2024).
    """
    u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
    kept = sizes > 1e-6 * sizes[0]
    return -u[:, kept] @ vt[kept]
