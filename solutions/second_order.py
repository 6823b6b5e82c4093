"""Newton, conjugate gradients, BFGS and L-BFGS: the references of that chapter, and real minimisers.

A function to minimise comes as `f` (theta of shape (n,) -> number) and `gradient` (theta -> array of
shape (n,)). Nothing is changed in place. Settings outside their range raise `ValueError` (`@validate`).
"""

import math

import numpy as np

from gradus.validation import (
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    validate,
)

TRIALS = 30  # of one line search


@validate(damping=NONNEGATIVE)
def newton_step(theta, grad, hessian, damping=0.0):
    """One step of Newton's method, damped by a multiple of the identity.

    theta <- theta - (H + damping * I)^(-1) grad

    Parameters
    ----------
    theta, grad : ndarray of shape (n,)
        The parameters and the gradient there.
    hessian : ndarray of shape (n, n)
        The Hessian H there: symmetric.
    damping : float, at least 0
        Where it exceeds minus the smallest eigenvalue of H, the step goes
        downhill.

    Returns
    -------
    theta : ndarray of shape (n,)
        The new parameters, in a new array.

    Source: Nocedal and Wright (2006), sections 3.3 and 3.4.
    """
    return theta - np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)


@validate(initial=POSITIVE, c1=PROPER_FRACTION, shrink=PROPER_FRACTION)
def backtracking(f, theta, grad, direction, initial=1.0, c1=1e-4, shrink=0.5):
    """A step length with which f falls enough, found by backtracking.

    The first alpha of initial, initial * shrink, initial * shrink**2, ... with
    f(theta + alpha * direction) <= f(theta) + c1 * alpha * (grad @ direction).

    Parameters
    ----------
    f : callable
        theta of shape (n,) -> number.
    theta, grad, direction : ndarray of shape (n,)
        The point, the gradient there, a direction with grad @ direction < 0.
    initial : float, above 0
        The first step length to try.
    c1 : float in (0, 1)
        The share of the fall promised by the slope that must be kept.
    shrink : float in (0, 1)

    Returns
    -------
    alpha : float

    Source: Armijo (1966); Nocedal and Wright (2006), algorithm 3.1.
    """
    value, slope = f(theta), _descent(grad, direction)
    alpha = initial
    while not f(theta + alpha * direction) <= value + c1 * alpha * slope:
        alpha *= shrink
        if alpha * np.abs(direction).max() < np.finfo(float).tiny:
            raise ValueError(
                "direction: f falls nowhere along it; is `grad` the gradient of f?"
            )
    return alpha


def _descent(grad, direction):
    """The slope along a direction, which must go downhill."""
    slope = float(grad @ direction)
    if not slope < 0:
        raise ValueError(
            f"direction: expected grad @ direction < 0, got {slope:g}"
        )
    return slope


@validate(c1=PROPER_FRACTION, c2=PROPER_FRACTION, initial=POSITIVE)
def wolfe_line_search(
    f, gradient, theta, direction, c1=1e-4, c2=0.9, initial=1.0
):
    """A step length alpha > 0 that fulfils the strong Wolfe conditions.

    With d for the direction and slope = gradient(theta) @ d:
    f(theta + alpha * d) <= f(theta) + c1 * alpha * slope    f falls enough
    |gradient(theta + alpha * d) @ d| <= c2 * |slope|        it has become flat

    Parameters
    ----------
    f, gradient : callable
        theta of shape (n,) -> number, and -> array of shape (n,).
    theta, direction : ndarray of shape (n,)
        The point and a direction d with slope < 0.
    c1, c2 : float, 0 < c1 < c2 < 1
    initial : float, above 0
        The first step length to try.

    Returns
    -------
    alpha : float
        Any that fulfils both.

    Source: Wolfe (1969); Nocedal and Wright (2006), algorithms 3.5 and 3.6.
    """
    if not c1 < c2:
        raise ValueError(f"c2: expected a number above c1 = {c1:g}, got {c2:g}")
    here = f(theta), gradient(theta)
    slope = _descent(here[1], direction)
    alpha, _, grad = _line_search(
        f, gradient, theta, here, direction, c1, c2, initial
    )
    if not abs(grad @ direction) <= -c2 * slope:
        raise ValueError(
            "direction: no step along it fulfils both conditions; is f bounded below?"
        )
    return alpha


def _line_search(f, gradient, theta, here, direction, c1, c2, alpha):
    """A strong Wolfe step as (alpha, value, gradient), or the best that was found; alpha 0 if there is none.

    An interval [low, high] between which such a step lies is first found, going outwards, and then made smaller.
    `low` is always the best point so far that falls enough; its slope points towards `high`.
    """
    value0, grad0 = here
    slope0 = float(grad0 @ direction)
    low, high = (0.0, value0, slope0), None
    best = 0.0, value0, grad0
    for _ in range(TRIALS):
        point = theta + alpha * direction
        value, grad = f(point), gradient(point)
        slope = float(grad @ direction)
        trial = alpha, value, slope
        # Written so that nan, too, is "too far".
        if not (
            value <= value0 + c1 * alpha * slope0
            and (low[0] == 0 or value < low[1])
        ):
            high, last = trial, None
        else:
            best = alpha, value, grad
            if abs(slope) <= -c2 * slope0:
                return best
            last = low
            if (high is None and slope >= 0) or (
                high is not None and slope * (high[0] - alpha) >= 0
            ):
                high = low
            low = trial
        if high is None:
            alpha = _outwards(last, low)
        else:
            alpha = _inside(low, high)
            if alpha in (low[0], high[0]):
                break
    return best


def _inside(low, high):
    """The next step length to try between two: the minimiser of the cubic, kept away from the ends."""
    width = high[0] - low[0]
    guess = _cubic(low, high)
    near, far = sorted((low[0] + 0.1 * width, low[0] + 0.9 * width))
    return (
        float(np.clip(guess, near, far))
        if math.isfinite(guess)
        else low[0] + 0.5 * width
    )


def _outwards(last, low):
    """The next step length to try beyond `low`, where the slope still falls."""
    width = low[0] - last[0]
    guess = _cubic(last, low)
    nearest, farthest = low[0] + 1.1 * width, low[0] + 4 * width
    # A cubic that turns before `low`, or nowhere, says nothing on what lies beyond.
    return (
        float(min(max(guess, nearest), farthest))
        if guess > low[0]
        else farthest
    )


def _cubic(a, b):
    """Where the cubic through two points (alpha, value, slope) has its minimum; nan if it has none.

    Source: Nocedal and Wright (2006), equation 3.59.
    """
    (x, fx, dx), (y, fy, dy) = a, b
    theta = dx + dy - 3 * (fx - fy) / (x - y)
    root = theta**2 - dx * dy
    if not (root >= 0 and math.isfinite(root)):
        return math.nan
    root = math.copysign(math.sqrt(root), y - x)
    bottom = dy - dx + 2 * root
    return y - (y - x) * (dy + root - theta) / bottom if bottom else math.nan


@validate(n_steps=POSITIVE_COUNT)
def conjugate_gradient(a, b, n_steps):
    """Conjugate gradients: solve a x = b, minimise x @ a @ x / 2 - b @ x.

    From x = 0, with r = b and d = r, in every step:
    alpha  = (r @ r) / (d @ a @ d)
    x     <- x + alpha * d
    r_new  = r - alpha * (a @ d)
    beta   = (r_new @ r_new) / (r @ r)
    d     <- r_new + beta * d
    r     <- r_new

    Parameters
    ----------
    a : ndarray of shape (n, n)
        Symmetric and positive definite.
    b : ndarray of shape (n,)
    n_steps : int, at least 1

    Returns
    -------
    points : ndarray of shape (n_steps + 1, n)
        x before the first step and after each one. Once r is zero, x stays.

    Source: Hestenes and Stiefel (1952).
    """
    x, r = np.zeros(len(b)), np.array(b, dtype=float)
    d, rr = r, r @ r
    points = [x]
    for _ in range(n_steps):
        if rr > 0:
            ad = a @ d
            alpha = rr / (d @ ad)
            x = x + alpha * d
            r = r - alpha * ad
            rr, before = r @ r, rr
            d = r + rr / before * d
        points.append(x)
    return np.array(points)


def polak_ribiere(grad, grad_new):
    """How much of the old direction the next one keeps: never less than none.

    beta = max(0, grad_new @ (grad_new - grad) / (grad @ grad))
    The next direction is -grad_new + beta * direction.

    Parameters
    ----------
    grad, grad_new : ndarray of shape (n,)
        The gradient at the old point, not zero, and at the new one.

    Returns
    -------
    beta : float

    Source: Polak and Ribiere (1969); Powell (1984) for the max.
    """
    return max(0.0, float(grad_new @ (grad_new - grad) / (grad @ grad)))


@validate(tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def nonlinear_conjugate_gradient(
    f, gradient, theta, tol=1e-5, max_iterations=10_000
):
    """Minimise by conjugate gradients with `polak_ribiere` and a strong Wolfe line search.

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

    Source: Polak and Ribiere (1969); Nocedal and Wright (2006), section 5.2.
    """
    theta = np.array(theta, dtype=float)
    value, grad = f(theta), gradient(theta)
    direction, fall = -grad, np.linalg.norm(grad) / 2
    for iteration in range(max_iterations):
        if np.abs(grad).max() <= tol:
            return theta, iteration
        slope = grad @ direction
        if slope >= 0:  # rounding, or an inexact line search: begin anew
            direction, slope = -grad, -grad @ grad
        # As far as f would fall on a parabola if it fell as much as in the last step.
        initial = min(1.0, 2.02 * fall / -slope)
        alpha, value_new, grad_new = _line_search(
            f, gradient, theta, (value, grad), direction, 1e-4, 0.4, initial
        )
        if not value_new < value:  # f falls no more: what is left is rounding
            return theta, iteration
        theta = theta + alpha * direction
        direction = -grad_new + polak_ribiere(grad, grad_new) * direction
        fall, value, grad = value - value_new, value_new, grad_new
    return theta, max_iterations


def bfgs_update(inverse, step, change):
    """The BFGS update of an approximation M to the inverse Hessian.

    With s for the step, y for the change and rho = 1 / (y @ s):
    M <- (I - rho * s y^T) M (I - rho * y s^T) + rho * s s^T
    Where y @ s is not positive, M stays as it is.

    Parameters
    ----------
    inverse : ndarray of shape (n, n)
        M: symmetric and positive definite.
    step, change : ndarray of shape (n,)
        s = theta_new - theta and y = gradient_new - gradient.

    Returns
    -------
    inverse : ndarray of shape (n, n)
        Symmetric, positive definite, with inverse @ change equal to step.

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
    """Minimise by BFGS with a line search.

    In every iteration:
    direction = -M @ gradient(theta)
    s = alpha * direction, alpha by a line search
    y = gradient(theta + s) - gradient(theta)
    theta <- theta + s
    M <- bfgs_update(M, s, y)
    The first direction is -gradient(theta); before the first update, M is
    (s @ y) / (y @ y) * I.

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
    """The L-BFGS direction -M @ grad, by two loops, without the matrix M.

    M is what bfgs_update makes of the matrix (s @ y) / (y @ y) * I, with the
    newest pair (s, y), by all pairs in turn, oldest first. Without any pair,
    M is I.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    steps, changes : ndarray of shape (m, n), or lists of m arrays
        The steps s and the changes y of the gradient, oldest first; every
        s @ y is positive.

    Returns
    -------
    direction : ndarray of shape (n,)

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
    """Minimise by L-BFGS with a line search.

    In every iteration:
    direction = lbfgs_direction(gradient(theta), steps, changes)
    s = alpha * direction, alpha by a line search
    y = gradient(theta + s) - gradient(theta)
    theta <- theta + s
    Append s and y to steps and changes, and keep the newest `memory` pairs.

    Parameters
    ----------
    f, gradient : callable
        theta of shape (n,) -> number, and -> array of shape (n,).
    theta : ndarray of shape (n,)
        Where to begin.
    memory : int, at least 1
        How many pairs of steps and changes of the gradient are kept.
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
