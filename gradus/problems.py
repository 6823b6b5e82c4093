"""Functions to minimise, each with value, gradient, Hessian, start and minimum; and curves.

>>> from gradus import problems
>>> bowl = problems.get("bowl")
>>> bowl.gradient(bowl.start)
array([-0.7,  4. ])
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Problem:
    """A function of a vector theta.

    Attributes
    ----------
    name : str
    value : callable
        theta of shape (..., n) -> values of shape (...).
    gradient : callable
        theta of shape (..., n) -> gradients of the same shape.
    hessian : callable
        theta of shape (n,) -> array of shape (n, n).
    start : ndarray of shape (n,)
        Where the book's experiments begin.
    minimum : ndarray of shape (n,), or None
        The global minimiser; None where the function has none.
    """

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    hessian: Callable[[np.ndarray], np.ndarray]
    start: np.ndarray
    minimum: np.ndarray | None

    def __post_init__(self) -> None:
        # Read-only copies: an answer that works in place must not move the book's start.
        for name in ("start", "minimum"):
            if (array := getattr(self, name)) is not None:
                array = np.array(array, dtype=float)
                array.flags.writeable = False
                object.__setattr__(self, name, array)

    def __repr__(self) -> str:
        return f"<problem {self.name}: start {self.start.tolist()}>"


def quadratic(
    curvature: ArrayLike, start: ArrayLike | None = None, name: str = "quadratic"
) -> Problem:
    """The quadratic ``1/2 * theta @ H @ theta``, with its stationary point at 0.

    Parameters
    ----------
    curvature : array_like of shape (n,) or (n, n)
        The Hessian H: symmetric, or the eigenvalues of a diagonal one. With a negative
        eigenvalue the function has a saddle and no minimum.
    start : array_like of shape (n,), optional
        Ones by default.
    """
    hessian = np.asarray(curvature, dtype=float)
    if hessian.ndim == 1:
        hessian = np.diag(hessian)
    symmetric = hessian.ndim == 2 and hessian.size > 0 and np.array_equal(hessian, hessian.T)
    if not symmetric or not np.isfinite(hessian).all():
        raise ValueError(
            f"curvature: expected finite eigenvalues or a symmetric matrix, got shape {hessian.shape}"
        )
    n = len(hessian)
    begin = np.ones(n) if start is None else np.asarray(start, dtype=float)
    if begin.shape != (n,):
        raise ValueError(f"start: expected shape {(n,)}, got {begin.shape}")

    def gradient(theta):
        return _points(theta, n) @ hessian

    return Problem(
        name,
        value=lambda theta: 0.5 * np.sum(gradient(theta) * theta, axis=-1),
        gradient=gradient,
        hessian=lambda theta: hessian.copy(),
        start=begin,
        minimum=np.zeros(n) if np.all(np.linalg.eigvalsh(hessian) > 0) else None,
    )


def _points(theta: np.ndarray, n: int) -> np.ndarray:
    theta = np.asarray(theta, dtype=float)
    if theta.shape[-1:] != (n,):
        raise ValueError(f"theta: expected shape (..., {n}), got {theta.shape}")
    return theta


def _xy(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    theta = _points(theta, 2)
    return theta[..., 0], theta[..., 1]


def _product() -> Problem:
    return Problem(
        "product",
        value=lambda theta: np.prod(_xy(theta), axis=0),
        gradient=lambda theta: np.stack(_xy(theta)[::-1], axis=-1),
        hessian=lambda theta: np.array([[0.0, 1.0], [1.0, 0.0]]),
        start=np.array([1.0, 2.0]),
        minimum=None,
    )


def _rosenbrock() -> Problem:
    def value(theta):
        x, y = _xy(theta)
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(theta):
        x, y = _xy(theta)
        return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=-1)

    def hessian(theta):
        x, y = _xy(theta)
        return np.array([[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200.0]])

    return Problem(
        "rosenbrock", value, gradient, hessian, np.array([-1.2, 1.0]), np.array([1.0, 1.0])
    )


def _long_rosenbrock(n: int = 5) -> Problem:
    """The sum of (1 - x_i)^2 + 100 (x_{i+1} - x_i^2)^2: every variable but the ends has two neighbours."""

    def value(theta):
        theta = _points(theta, n)
        x, y = theta[..., :-1], theta[..., 1:]
        return np.sum((1 - x) ** 2 + 100 * (y - x**2) ** 2, axis=-1)

    def gradient(theta):
        theta = _points(theta, n)
        x, y = theta[..., :-1], theta[..., 1:]
        result = np.zeros_like(theta)
        result[..., :-1] = -2 * (1 - x) - 400 * x * (y - x**2)
        result[..., 1:] += 200 * (y - x**2)
        return result

    def hessian(theta):
        theta = _points(theta, n)
        x, y = theta[:-1], theta[1:]
        diagonal = np.zeros(n)
        diagonal[:-1] = 2 - 400 * (y - 3 * x**2)
        diagonal[1:] += 200
        return np.diag(diagonal) - np.diag(400 * x, 1) - np.diag(400 * x, -1)

    start = np.resize([-1.2, 1.0], n)
    return Problem("long rosenbrock", value, gradient, hessian, start, np.ones(n))


def _two_wells() -> Problem:
    """(x^2 - 1)^2 + 0.3 x + y^2 / 2: a shallow well near x = 1, the deep one near x = -1."""

    def value(theta):
        x, y = _xy(theta)
        return (x**2 - 1) ** 2 + 0.3 * x + y**2 / 2

    def gradient(theta):
        x, y = _xy(theta)
        return np.stack([4 * x * (x**2 - 1) + 0.3, y], axis=-1)

    def hessian(theta):
        x, _ = _xy(theta)
        return np.array([[12 * x**2 - 4, 0.0], [0.0, 1.0]])

    deep = float(np.roots([4, 0, -4, 0.3]).real.min())
    return Problem(
        "two wells", value, gradient, hessian, np.array([2.0, 1.0]), np.array([deep, 0.0])
    )


def _ill_conditioned(n: int = 10, kappa: float = 1e3) -> Problem:
    """A quadratic with eigenvalues from 1 to kappa, each the same multiple of the one before, turned in space."""
    normal = np.sqrt(np.arange(1.0, n + 1))
    mirror = np.eye(n) - 2 * np.outer(normal, normal) / (normal @ normal)
    hessian = mirror @ np.diag(np.geomspace(1, kappa, n)) @ mirror
    return quadratic((hessian + hessian.T) / 2, name="ill-conditioned")


def _logistic(n_examples: int = 30, penalty: float = 0.01) -> Problem:
    """Logistic regression with a penalty on theta: two overlapping classes, four parameters.

    The mean of ln(1 + exp(-label * theta @ x)) over examples x with label -1 or 1, and
    penalty / 2 * theta @ theta.
    """
    t = np.linspace(0, 1, n_examples)
    x = np.stack([4 * np.sin(7 * t), 2 * t - 1, np.cos(50 * t), np.ones(n_examples)], axis=1)
    x *= np.where(np.sin(7 * t) + 0.9 * np.cos(23 * t) > 0, 1, -1)[:, None]  # times its label

    def value(theta):
        theta = _points(theta, 4)
        loss = np.logaddexp(0, -theta @ x.T).mean(axis=-1)
        return loss + penalty / 2 * np.sum(theta**2, axis=-1)

    def share(theta):
        """How far each example is from being sure of its label: in (0, 1)."""
        return (1 - np.tanh(theta @ x.T / 2)) / 2

    def gradient(theta):
        theta = _points(theta, 4)
        return penalty * theta - share(theta) @ x / n_examples

    def hessian(theta):
        p = share(_points(theta, 4))
        result = (x.T * (p * (1 - p))) @ x / n_examples + penalty * np.eye(4)
        return (result + result.T) / 2

    minimum = np.zeros(4)
    for _ in range(20):
        minimum = minimum - np.linalg.solve(hessian(minimum), gradient(minimum))
    return Problem("logistic", value, gradient, hessian, np.array([-2.0, 2.0, -1.0, 2.0]), minimum)


_PROBLEMS = {
    problem.name: problem
    for problem in (
        # f = x^2/20 + y^2, the long valley that carries the chapter on descent.
        quadratic([0.1, 2.0], start=[-7.0, 2.0], name="bowl"),
        # The same valley turned by 45 degrees: no axis of it is a coordinate any more.
        quadratic(
            [[1.05, -0.95], [-0.95, 1.05]],
            start=np.array([-9.0, -5.0]) / np.sqrt(2),
            name="tilted bowl",
        ),
        # A saddle entered almost along its ridge: f = (x^2 - y^2) / 2.
        quadratic([1.0, -1.0], start=[-2.0, 1e-3], name="saddle"),
        _product(),
        _rosenbrock(),
        _long_rosenbrock(),
        _two_wells(),
        _ill_conditioned(),
        _logistic(),
    )
}


@dataclass(frozen=True)
class Curve:
    """A function of one number, for each entry of an array by itself, with its derivative.

    Attributes
    ----------
    name : str
    value, gradient : callable
        z of any shape -> values, derivatives of that shape.
    """

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]


# Functions to hand to an exercise that averages, or compares, what it is given.
_CURVES = {
    curve.name: curve
    for curve in (
        Curve("identity", lambda z: 1.0 * np.asarray(z), lambda z: np.ones(np.shape(z))),
        # At the kink the mean of both slopes, so that a point there does not upset an average.
        Curve("hinge", lambda z: np.maximum(z, 0.0), lambda z: np.heaviside(z, 0.5)),
        Curve(
            "step", lambda z: np.where(np.asarray(z) > 0, 1.0, 0.0), lambda z: np.zeros(np.shape(z))
        ),
        Curve("square", np.square, lambda z: 2.0 * np.asarray(z)),
        Curve("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        Curve("cosine", np.cos, lambda z: -np.sin(z)),
        Curve(
            "bump", lambda z: np.exp(-np.square(z) / 2), lambda z: -z * np.exp(-np.square(z) / 2)
        ),
        Curve("softplus", lambda z: np.logaddexp(0, z), lambda z: (1 + np.tanh(z / 2)) / 2),
    )
}


def names() -> list[str]:
    """The names of the problems."""
    return list(_PROBLEMS)


def curves() -> list[str]:
    """The names of the curves."""
    return list(_CURVES)


def get(name: str) -> Problem | Curve:
    """The problem, or curve, of that name."""
    if name not in names() + curves():
        raise ValueError(f"name: expected one of {', '.join(names() + curves())}; got {name!r}")
    return _PROBLEMS.get(name) or _CURVES[name]
