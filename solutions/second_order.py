"""Newton, conjugate gradients, BFGS and L-BFGS: the references of that chapter, and real minimisers.

A function to minimise comes as `f` (theta of shape (n,) -> number) and `gradient` (theta -> array of
shape (n,)). Nothing is changed in place. Settings outside their range raise `ValueError` (`@domain`).
"""

import math

import numpy as np

from gradus.domain import (
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    domain,
)

MEMORY = 10  # pairs that L-BFGS keeps
TRIALS = 30  # of one line search


@domain(damping=NONNEGATIVE)
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
        Above minus the smallest eigenvalue of H, the step goes downhill.

    Returns
    -------
    theta : ndarray of shape (n,)
        The new parameters.

    Source: Nocedal and Wright (2006), sections 3.3 and 3.4.
    """
    return theta - np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)


@domain(initial=POSITIVE, c1=PROPER_FRACTION, shrink=PROPER_FRACTION)
def backtracking(f, theta, grad, direction, initial=1.0, c1=1e-4, shrink=0.5):
    """A step length that makes f fall enough, by backtracking (Armijo).

    The first of initial, initial * shrink, initial * shrink^2, ... with
    f(theta + alpha * direction) <= f(theta) + c1 * alpha * grad @ direction.

    Parameters
    ----------
    f : callable
        theta of shape (n,) -> number.
    theta, grad, direction : ndarray of shape (n,)
        The point, the gradient there, a direction with grad @ direction < 0.
    initial : float, above 0
    c1, shrink : float in (0, 1)

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
            raise ValueError("direction: f falls nowhere along it; is `grad` the gradient of f?")
    return alpha


def _descent(grad, direction):
    """The slope along a direction, which must go downhill."""
    slope = float(grad @ direction)
    if not slope < 0:
        raise ValueError(f"direction: expected grad @ direction < 0, got {slope:g}")
    return slope


@domain(c1=PROPER_FRACTION, c2=PROPER_FRACTION, initial=POSITIVE)
def wolfe_line_search(f, gradient, theta, direction, c1=1e-4, c2=0.9, initial=1.0):
    """A step length that fulfils the strong Wolfe conditions.

    f(theta + alpha * d) <= f(theta) + c1 * alpha * slope      (f falls enough)
    |gradient(theta + alpha * d) @ d| <= c2 * |slope|          (the slope is flat enough)
    with slope = gradient(theta) @ d.

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

    Source: Nocedal and Wright (2006), algorithms 3.5 and 3.6; cubic interpolation.
    """
    if not c1 < c2:
        raise ValueError(f"c2: expected a number above c1 = {c1:g}, got {c2:g}")
    here = f(theta), gradient(theta)
    _descent(here[1], direction)
    alpha, *_ = _line_search(f, gradient, theta, here, direction, c1, c2, initial)
    if alpha == 0:
        raise ValueError("direction: no step along it fulfils both conditions; is f bounded below?")
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
        if not (value <= value0 + c1 * alpha * slope0 and (low[0] == 0 or value < low[1])):
            high, last = trial, None
        else:
            best = alpha, value, grad
            if abs(slope) <= -c2 * slope0:
                return best
            last = low
            if high is None and slope >= 0 or high is not None and slope * (high[0] - alpha) >= 0:
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
    return float(np.clip(guess, near, far)) if math.isfinite(guess) else low[0] + 0.5 * width


def _outwards(last, low):
    """The next step length to try beyond `low`, where the slope still falls."""
    width = low[0] - last[0]
    guess = _cubic(last, low)
    nearest, farthest = low[0] + 1.1 * width, low[0] + 4 * width
    # A cubic that turns before `low`, or nowhere, says nothing on what lies beyond.
    return float(min(max(guess, nearest), farthest)) if guess > low[0] else farthest


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


@domain(n_steps=POSITIVE_COUNT)
def conjugate_gradient(a, b, n_steps):
    """Conjugate gradients on a x = b, which minimises x @ a @ x / 2 - b @ x.

    From x = 0, with residual r = b - a x and first direction d = r:
    alpha = (r @ r) / (d @ a @ d)
    x <- x + alpha * d,  r_new = r - alpha * a @ d
    d <- r_new + (r_new @ r_new) / (r @ r) * d,  r <- r_new

    Parameters
    ----------
    a : ndarray of shape (n, n)
        Symmetric and positive definite.
    b : ndarray of shape (n,)
    n_steps : int, at least 1

    Returns
    -------
    points : ndarray of shape (n_steps + 1, n)
        x before the first step and after each one; it stays where r is zero.

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


@domain(tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def nonlinear_conjugate_gradient(f, gradient, theta, tol=1e-5, max_iterations=10_000):
    """Minimise by conjugate gradients of Polak and Ribiere, beta not below 0.

    d <- -g_new + beta * d,  beta = max(0, g_new @ (g_new - g) / (g @ g))

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
        The best point found.
    iterations : int

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
        beta = max(0.0, grad_new @ (grad_new - grad) / (grad @ grad))
        direction = -grad_new + beta * direction
        fall, value, grad = value - value_new, value_new, grad_new
    return theta, max_iterations


def bfgs_update(inverse, step, change):
    """The BFGS update of an approximate inverse Hessian.

    With rho = 1 / (change @ step):
    (I - rho * step change^T) inverse (I - rho * change step^T) + rho * step step^T
    Where change @ step is not positive, the inverse stays as it is.

    Parameters
    ----------
    inverse : ndarray of shape (n, n)
        Symmetric and positive definite.
    step, change : ndarray of shape (n,)
        theta_new - theta and gradient_new - gradient.

    Returns
    -------
    inverse : ndarray of shape (n, n)
        Symmetric, positive definite, with inverse @ change = step.

    Source: Nocedal and Wright (2006), equation 6.17.
    """
    curvature = change @ step
    if not curvature > 0:
        return inverse.copy()
    # Multiplied out, so that it costs n^2, not n^3.
    hy = inverse @ change
    cross = np.outer(hy / curvature, step)
    return (
        inverse - cross - cross.T + np.outer((1 + change @ hy / curvature) / curvature * step, step)
    )


@domain(tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def bfgs(f, gradient, theta, tol=1e-5, max_iterations=10_000):
    """Minimise by BFGS with a strong Wolfe line search.

    The first direction is -g; before the first update the inverse Hessian
    is (s @ y) / (y @ y) * I, with the first step s and change of gradient y.

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
        The best point found.
    iterations : int

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
    """The L-BFGS direction -H @ grad by two loops, without the matrix H.

    H is what BFGS makes of (s @ y) / (y @ y) * I, of the newest pair, with
    all the pairs (s, y), oldest first; without any pair it is I.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    steps, changes : ndarray of shape (m, n), or lists of m arrays
        Steps s and changes y of the gradient, oldest first; s @ y > 0.

    Returns
    -------
    direction : ndarray of shape (n,)

    Source: Nocedal (1980); Nocedal and Wright (2006), algorithm 7.4.
    """
    q = np.array(grad, dtype=float)
    curvatures = [y @ s for s, y in zip(steps, changes, strict=True)]
    weights = []
    for s, y, sy in zip(reversed(steps), reversed(changes), reversed(curvatures), strict=True):
        weights.append((s @ q) / sy)
        q -= weights[-1] * y
    if len(curvatures):
        q *= curvatures[-1] / (changes[-1] @ changes[-1])
    for s, y, sy in zip(steps, changes, curvatures, strict=True):
        q += (weights.pop() - (y @ q) / sy) * s
    return -q


@domain(memory=POSITIVE_COUNT, tol=POSITIVE, max_iterations=POSITIVE_COUNT)
def lbfgs(f, gradient, theta, memory=MEMORY, tol=1e-5, max_iterations=10_000):
    """Minimise by L-BFGS with a strong Wolfe line search.

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
        The best point found.
    iterations : int

    Source: Liu and Nocedal (1989); Nocedal and Wright (2006), algorithm 7.5.
    """
    theta = np.array(theta, dtype=float)
    value, grad = f(theta), gradient(theta)
    steps, changes = [], []
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
            steps, changes = [*steps, step][-memory:], [*changes, change][-memory:]
        theta, value, grad = theta + step, value_new, grad_new
    return theta, max_iterations
