"""What the chapter on quasi-Newton methods compares with, and a counter of where a method asks.

A function to minimise comes as `f` (theta of shape (n,) -> number) and `gradient` (theta -> array of
shape (n,)). A minimiser is done when no entry of the gradient is larger than `tol` in absolute value; it
returns the last theta, and how many steps were made.
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], float]
Gradient = Callable[[np.ndarray], np.ndarray]


class Counted:
    """A function and its gradient, which remember the points where one of them was asked for.

    Parameters
    ----------
    f, gradient : callable

    Attributes
    ----------
    seen : set of bytes
        The points: what is asked for twice at one point counts once.
    """

    def __init__(self, f: Function, gradient: Gradient) -> None:
        self._f, self._gradient = f, gradient
        self.seen: set[bytes] = set()

    def value(self, theta: np.ndarray) -> float:
        """f(theta), a number."""
        self.seen.add(theta.tobytes())
        return self._f(theta)

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """The gradient at theta, of its shape."""
        self.seen.add(theta.tobytes())
        return self._gradient(theta)


def strong_wolfe(
    f: Function,
    gradient: Gradient,
    theta: np.ndarray,
    direction: np.ndarray,
    c2: float = 0.9,
    initial: float = 1.0,
) -> float:
    """A step length that fulfils the strong Wolfe conditions with c1 = 1e-4.

    Parameters
    ----------
    f, gradient : callable
    theta, direction : ndarray of shape (n,)
        The point, and a direction downhill.
    c2 : float
        Between 1e-4 and 1: what may be left of the slope.
    initial : float, above 0
        The first length to try.

    Returns
    -------
    alpha : float
        After 60 trials the last one, whatever it fulfils.
    """
    value0, slope0 = f(theta), gradient(theta) @ direction
    low, high, alpha = (0.0, value0, slope0), None, initial
    for _ in range(60):
        point = theta + alpha * direction
        value, slope = f(point), gradient(point) @ direction
        falls = value <= value0 + 1e-4 * alpha * slope0
        if falls and abs(slope) <= -c2 * slope0:
            break
        if falls and slope < 0:
            low = alpha, value, slope
        else:
            high = alpha, value, slope
        alpha = 2 * alpha if high is None else _cubic(low, high)
    return alpha


def _cubic(low: tuple[float, ...], high: tuple[float, ...]) -> float:
    """Where the cubic through two (alpha, value, slope) is lowest, away from its ends; else halfway."""
    (a, fa, da), (b, fb, db) = low, high
    with np.errstate(all="ignore"):
        e1 = da + db - 3 * (fa - fb) / (a - b)
        e2 = np.sqrt(e1**2 - da * db)
        guess = b - (b - a) * (db + e2 - e1) / (db - da + 2 * e2)
    guess = guess if np.isfinite(guess) else (a + b) / 2
    return np.clip(guess, a + 0.1 * (b - a), b - 0.1 * (b - a))


def halving(
    f: Function, theta: np.ndarray, grad: np.ndarray, direction: np.ndarray, initial: float = 1.0
) -> float:
    """The first of initial, half of it, ... with which f falls by Armijo's rule with c1 = 1e-4.

    Parameters
    ----------
    f : callable
    theta, grad, direction : ndarray of shape (n,)
        The point, the gradient there, a direction downhill.
    initial : float, above 0

    Returns
    -------
    alpha : float
    """
    alpha, value, slope = initial, f(theta), grad @ direction
    while not f(theta + alpha * direction) <= value + 1e-4 * alpha * slope:
        alpha /= 2
    return alpha


def newton(
    f: Function,
    gradient: Gradient,
    hessian: Gradient,
    theta: np.ndarray,
    tol: float = 1e-5,
    max_iterations: int = 100,
) -> tuple[np.ndarray, int]:
    """Newton's method, with `halving`; damped where the Hessian is not positive definite.

    Parameters
    ----------
    f, gradient : callable
    hessian : callable
        theta -> array of shape (n, n).
    theta : ndarray of shape (n,)
    tol : float, above 0
    max_iterations : int

    Returns
    -------
    theta : ndarray of shape (n,)
    steps : int
    """
    for iteration in range(max_iterations):
        grad = gradient(theta)
        if np.abs(grad).max() <= tol:
            return theta, iteration
        h = hessian(theta)
        if (lowest := np.linalg.eigvalsh(h)[0]) <= 0:
            h = h + (0.1 - 2 * lowest) * np.eye(len(theta))
        direction = -np.linalg.solve(h, grad)
        theta = theta + halving(f, theta, grad, direction) * direction
    return theta, max_iterations


def nonlinear_cg(
    f: Function,
    gradient: Gradient,
    theta: np.ndarray,
    tol: float = 1e-5,
    max_iterations: int = 1000,
) -> tuple[np.ndarray, int]:
    """Conjugate gradients with the rule of Polak and Ribiere, and `strong_wolfe` with c2 = 0.1.

    Parameters
    ----------
    f, gradient : callable
    theta : ndarray of shape (n,)
    tol : float, above 0
    max_iterations : int

    Returns
    -------
    theta : ndarray of shape (n,)
    steps : int
    """
    grad = gradient(theta)
    direction, before = -grad, -grad @ grad
    alpha = 1 / max(1.0, float(np.linalg.norm(grad)))
    for iteration in range(max_iterations):
        if np.abs(grad).max() <= tol:
            return theta, iteration
        slope = grad @ direction
        if slope >= 0:  # not downhill: begin anew with the gradient
            direction, slope = -grad, -grad @ grad
        # The first trial promises as much as the last step did.
        initial = alpha * min(10.0, before / slope)
        alpha = strong_wolfe(f, gradient, theta, direction, c2=0.1, initial=initial)
        theta, before, old = theta + alpha * direction, slope, grad
        grad = gradient(theta)
        beta = max(0.0, grad @ (grad - old) / (old @ old))
        direction = -grad + beta * direction
    return theta, max_iterations
