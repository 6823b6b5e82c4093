"""Newton's method, line searches and conjugate gradients: the references of that chapter, and a minimiser.

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
    shapes,
    validate,
)

TRIALS = 30  # of one line search
ROUNDING = 4 * float(np.finfo(float).eps)  # of a value of f, relative


@validate(damping=NONNEGATIVE)
def newton_step(theta, grad, hessian, damping=0.0):
    """One step of Newton's method, damped.

    Parameters
    ----------
    theta, grad : ndarray of shape (n,)
        The parameters and the gradient there.
    hessian : ndarray of shape (n, n)
        The Hessian H there: symmetric.
    damping : float, at least 0
        What is added to each eigenvalue of H. Where it exceeds minus the
        smallest one, the step goes downhill.

    Returns
    -------
    theta : ndarray of shape (n,)
        The new parameters, in a new array.

    Source: Nocedal and Wright (2006), sections 3.3 and 3.4.
    """
    return theta - np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)


@shapes(grad="n", hessian="n n")
def safe_direction(grad, hessian):
    """Newton's direction, damped where it might not go downhill.

    Where the Hessian is positive definite it is not damped; elsewhere by 0.1
    minus twice its smallest eigenvalue.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    hessian : ndarray of shape (n, n)
        Symmetric.

    Returns
    -------
    direction : ndarray of shape (n,)
        Downhill.

    Source: Nocedal and Wright (2006), section 3.4.
    """
    lowest = np.linalg.eigvalsh(hessian)[0]
    damping = 0.0 if lowest > 0 else 0.1 - 2 * lowest
    return -np.linalg.solve(hessian + damping * np.eye(len(grad)), grad)


@validate(initial=POSITIVE, c1=PROPER_FRACTION, shrink=PROPER_FRACTION)
def backtracking(f, theta, grad, direction, initial=1.0, c1=1e-4, shrink=0.5):
    """A step length with which f falls enough, found by backtracking.

    Parameters
    ----------
    f : callable
        theta of shape (n,) -> number.
    theta, grad, direction : ndarray of shape (n,)
        The point, the gradient there, a direction with grad @ direction < 0.
    initial : float, above 0
        The first step length to try.
    c1 : float in (0, 1)
        That of Armijo's condition, whose bound itself is good enough. A value
        of nan or inf never is.
    shrink : float in (0, 1)
        By what a refused length is multiplied.

    Returns
    -------
    alpha : float
        The first length that fulfils Armijo's condition: `initial` if it does.

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

    Parameters
    ----------
    f, gradient : callable
        theta of shape (n,) -> number, and -> array of shape (n,).
    theta, direction : ndarray of shape (n,)
        The point and a direction downhill, of any length.
    c1, c2 : float, 0 < c1 < c2 < 1
        For the fall of f and for its slope along the direction.
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
        # Values that differ by rounding say nothing: there the slopes decide.
        level = low[1] + ROUNDING * abs(low[1])
        # Written so that nan, too, is "too far".
        if not (
            value <= value0 + c1 * alpha * slope0
            and (low[0] == 0 or value <= level)
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
    # By the largest of the three, so that no square overflows.
    size = max(abs(theta), abs(dx), abs(dy))
    if not 0 < size < math.inf:
        return math.nan
    root = (theta / size) ** 2 - dx / size * (dy / size)
    if not root >= 0:
        return math.nan
    root = math.copysign(size * math.sqrt(root), y - x)
    bottom = dy - dx + 2 * root
    return y - (y - x) * (dy + root - theta) / bottom if bottom else math.nan


@validate(n_steps=POSITIVE_COUNT)
def conjugate_gradient(a, b, n_steps):
    """Conjugate gradients: solve a x = b step by step, from x = 0.

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


@validate(penalty=NONNEGATIVE)
@shapes(x="n d", weights="d k", direction="d k")
def hessian_product(x, weights, direction, penalty):
    """The Hessian of softmax regression times a direction, without the Hessian.

    The loss of the weights W is the mean cross-entropy of softmax(x @ W), over
    the n examples, whatever their labels, plus half of the penalty times the
    sum of the squares of all entries of W.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        The inputs, an example a row.
    weights, direction : ndarray of shape (d, k)
        W, and the change of W: of any length, not only a short one.
    penalty : float, at least 0

    Returns
    -------
    product : ndarray of shape (d, k)
        The derivative of the gradient at W along the direction. Exact but for
        rounding, for logits of any size; no array of (d * k)**2 is needed.

    Source: Pearlmutter (1994).
    """
    logits = x @ weights
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    change = x @ direction
    change = p * (change - np.sum(p * change, axis=1, keepdims=True))
    return x.T @ change / len(x) + penalty * direction


@validate(radius=POSITIVE, tol=PROPER_FRACTION)
def trust_region_step(grad, hessian, radius, tol=1e-6):
    """The step of a trust region, as conjugate gradients find it.

    Parameters
    ----------
    grad : ndarray of shape (n,)
        The gradient at the region's centre.
    hessian : ndarray of shape (n, n)
        Symmetric, with eigenvalues of any sign. It is used for products
        hessian @ direction alone.
    radius : float, above 0
        Of the region.
    tol : float in (0, 1)
        Inside of it the search ends once the model's gradient is no longer
        than this times `grad`.

    Returns
    -------
    step : ndarray of shape (n,)
        No longer than the radius.

    Source: Steihaug (1983).
    """
    step, r = np.zeros(len(grad)), -np.array(grad, dtype=float)
    d, rr = r, r @ r
    enough = tol**2 * rr
    while rr > enough:
        hd = hessian @ d
        curvature = d @ hd
        inside = curvature > 0
        if inside:
            alpha = rr / curvature
            inside = np.linalg.norm(step + alpha * d) < radius
        if not inside:
            along, room = step @ d, radius**2 - step @ step
            root = np.sqrt(along**2 + (d @ d) * room)
            return step + (root - along) / (d @ d) * d
        step = step + alpha * d
        r = r - alpha * hd
        rr, before = r @ r, rr
        d = r + rr / before * d
    return step


def polak_ribiere(grad, grad_new):
    """How much of the old direction the next one keeps: never less than none.

    The rule of Polak and Ribiere, with Powell's bound.

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
