"""Standard test problems for unconstrained minimisation, as sums of squares of residuals.

Source: Moré, Garbow and Hillstrom (1981), "Testing unconstrained optimization software", ACM TOMS 7(1);
the numbers of the problems are theirs. The value is the sum of the squared residuals; the published
minima are of that sum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TestFunction:
    """A problem of the set.

    Attributes
    ----------
    name : str
    residuals : callable
        x of shape (n,) -> array of shape (m,).
    transposed : callable
        (x, r) -> the Jacobian's transpose at x times r, of shape (n,).
    start : ndarray of shape (n,)
        The standard starting point.
    minima : tuple of float
        Published values at the minimum, and at local minima that a method may find.
    """

    name: str
    residuals: Callable[[np.ndarray], np.ndarray]
    transposed: Callable[[np.ndarray, np.ndarray], np.ndarray]
    start: np.ndarray
    minima: tuple[float, ...]

    def value(self, x: np.ndarray) -> float:
        r = self.residuals(x)
        return float(r @ r)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return 2 * self.transposed(x, self.residuals(x))


def _small(name, start, residuals, columns, *minima):
    """A problem of few variables: x1, x2, ... -> residuals, and the columns of the Jacobian."""

    def transposed(x, r):
        return np.array([np.broadcast_to(column, r.shape) @ r for column in columns(*x)])

    start = np.asarray(start, dtype=float)
    return TestFunction(
        name, lambda x: np.array(residuals(*x)), transposed, start, minima or (0.0,)
    )


def _jennrich_and_sampson():
    i = np.arange(1.0, 11.0)

    def residuals(x, y):
        return 2 + 2 * i - np.exp(i * x) - np.exp(i * y)

    def columns(x, y):
        return [-i * np.exp(i * x), -i * np.exp(i * y)]

    return _small("Jennrich and Sampson (6)", [0.3, 0.4], residuals, columns, 124.362)


def _helical_valley():
    def angle(x, y):
        return np.arctan2(y, x) / (2 * np.pi) + (y < 0 and x < 0)  # in (-1/4, 3/4)

    def residuals(x, y, z):
        return [10 * (z - 10 * angle(x, y)), 10 * (np.hypot(x, y) - 1), z]

    def columns(x, y, z):
        r = np.hypot(x, y)
        turn = 100 / (2 * np.pi * r**2)
        return [[turn * y, 10 * x / r, 0], [-turn * x, 10 * y / r, 0], [10, 0, 1]]

    return _small("helical valley (7)", [-1, 0, 0], residuals, columns)


def _biggs_exp6():
    t = 0.1 * np.arange(1, 14)
    y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)

    def residuals(a, b, c, d, e, f):
        return c * np.exp(-t * a) - d * np.exp(-t * b) + f * np.exp(-t * e) - y

    def columns(a, b, c, d, e, f):
        ea, eb, ee = np.exp(-t * a), np.exp(-t * b), np.exp(-t * e)
        return [-t * c * ea, t * d * eb, ea, -eb, -t * f * ee, ee]

    return _small(
        "Biggs EXP6 (18)", [1, 2, 1, 1, 1, 1], residuals, columns, 0.0, 5.65565e-3, 0.30636677262479
    )


def _gaussian():
    t = (8 - np.arange(1, 16)) / 2
    half = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
    y = np.array([*half, 0.3989, *half[::-1]])

    def residuals(a, b, c):
        return a * np.exp(-b * (t - c) ** 2 / 2) - y

    def columns(a, b, c):
        bell = np.exp(-b * (t - c) ** 2 / 2)
        return [bell, -a * bell * (t - c) ** 2 / 2, a * bell * b * (t - c)]

    return _small("Gaussian (9)", [0.4, 1, 0], residuals, columns, 1.12793e-8)


def _box():
    t = 0.1 * np.arange(1, 11)

    def residuals(a, b, c):
        return np.exp(-t * a) - np.exp(-t * b) - c * (np.exp(-t) - np.exp(-10 * t))

    def columns(a, b, c):
        return [-t * np.exp(-t * a), t * np.exp(-t * b), -(np.exp(-t) - np.exp(-10 * t))]

    return _small("Box three-dimensional (12)", [0, 10, 20], residuals, columns)


def _brown_and_dennis():
    t = np.arange(1, 21) / 5

    def parts(a, b, c, d):
        return a + t * b - np.exp(t), c + d * np.sin(t) - np.cos(t)

    def columns(*x):
        u, v = parts(*x)
        return [2 * u, 2 * u * t, 2 * v, 2 * v * np.sin(t)]

    return _small(
        "Brown and Dennis (16)",
        [25, 5, -5, -1],
        lambda *x: np.sum(np.square(parts(*x)), axis=0),
        columns,
        85822.2,
    )


def _gulf():
    t = np.arange(1, 100) / 100
    y = 25 + (-50 * np.log(t)) ** (2 / 3)

    def power(a, b, c):
        return np.abs(y - b) ** c / a

    def residuals(a, b, c):
        return np.exp(-power(a, b, c)) - t

    def columns(a, b, c):
        p = power(a, b, c)
        bell = -np.exp(-p)
        return [-bell * p / a, -bell * p * c / (y - b), bell * p * np.log(np.abs(y - b))]

    return _small(
        "Gulf research and development (11)", [5, 2.5, 0.15], residuals, columns, 0.0, 0.038
    )


def _watson(n, minimum):
    t = np.arange(1, 30)[:, None] / 29
    powers = t ** np.arange(n)
    slopes = np.hstack([np.zeros((29, 1)), np.arange(1, n) * powers[:, : n - 1]])

    def residuals(x):
        return np.append(slopes @ x - (powers @ x) ** 2 - 1, [x[0], x[1] - x[0] ** 2 - 1])

    def transposed(x, r):
        g = slopes.T @ r[:29] - 2 * powers.T @ ((powers @ x) * r[:29])
        g[0] += r[29] - 2 * x[0] * r[30]
        g[1] += r[30]
        return g

    return TestFunction(
        f"Watson, {n} variables (20)", residuals, transposed, np.zeros(n), (minimum,)
    )


def _extended_rosenbrock(n):
    def residuals(x):
        return np.concatenate([10 * (x[1::2] - x[::2] ** 2), 1 - x[::2]])

    def transposed(x, r):
        g = np.empty(n)
        g[1::2] = 10 * r[: n // 2]
        g[::2] = -20 * x[::2] * r[: n // 2] - r[n // 2 :]
        return g

    start = np.tile([-1.2, 1.0], n // 2)
    name = f"extended Rosenbrock, {n} variables (21)" if n > 2 else "Rosenbrock (1)"
    return TestFunction(name, residuals, transposed, start, (0.0,))


def _extended_powell(n):
    def residuals(x):
        a, b, c, d = x.reshape(-1, 4).T
        return np.concatenate(
            [a + 10 * b, 5**0.5 * (c - d), (b - 2 * c) ** 2, 10**0.5 * (a - d) ** 2]
        )

    def transposed(x, r):
        a, b, c, d = x.reshape(-1, 4).T
        p, q, s, u = r.reshape(4, -1)
        s, u = 2 * (b - 2 * c) * s, 2 * 10**0.5 * (a - d) * u
        return np.stack([p + u, 10 * p + s, 5**0.5 * q - 2 * s, -(5**0.5) * q - u], axis=1).ravel()

    name = f"extended Powell singular, {n} variables (22)" if n > 4 else "Powell singular (13)"
    return TestFunction(name, residuals, transposed, np.tile([3.0, -1.0, 0.0, 1.0], n // 4), (0.0,))


def _broyden_tridiagonal(n):
    def residuals(x):
        r = (3 - 2 * x) * x + 1
        r[1:] -= x[:-1]
        r[:-1] -= 2 * x[1:]
        return r

    def transposed(x, r):
        g = (3 - 4 * x) * r
        g[:-1] -= r[1:]
        g[1:] -= 2 * r[:-1]
        return g

    return TestFunction(
        f"Broyden tridiagonal, {n} variables (30)", residuals, transposed, -np.ones(n), (0.0,)
    )


def _variably_dimensioned(n):
    j = np.arange(1, n + 1)

    def residuals(x):
        s = j @ (x - 1)
        return np.append(x - 1, [s, s**2])

    def transposed(x, r):
        return r[:n] + j * (r[n] + 2 * (j @ (x - 1)) * r[n + 1])

    return TestFunction(
        f"variably dimensioned, {n} variables (25)", residuals, transposed, 1 - j / n, (0.0,)
    )


def _trigonometric(n):
    i = np.arange(1, n + 1)

    def residuals(x):
        return n - np.cos(x).sum() + i * (1 - np.cos(x)) - np.sin(x)

    def transposed(x, r):
        return np.sin(x) * r.sum() + (i * np.sin(x) - np.cos(x)) * r

    return TestFunction(
        f"trigonometric, {n} variables (26)",
        residuals,
        transposed,
        np.full(n, 1 / n),
        (0.0, 2.79506e-5),
    )


def _penalty_1(n, minimum):
    small = 1e-5**0.5

    def residuals(x):
        return np.append(small * (x - 1), x @ x - 0.25)

    def transposed(x, r):
        return small * r[:n] + 2 * x * r[n]

    start = np.arange(1.0, n + 1)
    return TestFunction(f"penalty I, {n} variables (23)", residuals, transposed, start, (minimum,))


FUNCTIONS = [
    _extended_rosenbrock(2),
    _small(
        "Powell badly scaled (3)",
        [0, 1],
        lambda x, y: [1e4 * x * y - 1, np.exp(-x) + np.exp(-y) - 1.0001],
        lambda x, y: [[1e4 * y, -np.exp(-x)], [1e4 * x, -np.exp(-y)]],
    ),
    _small(
        "Brown badly scaled (4)",
        [1, 1],
        lambda x, y: [x - 1e6, y - 2e-6, x * y - 2],
        lambda x, y: [[1, 0, y], [0, 1, x]],
    ),
    _small(
        "Beale (5)",
        [1, 1],
        lambda x, y: [1.5 - x * (1 - y), 2.25 - x * (1 - y**2), 2.625 - x * (1 - y**3)],
        lambda x, y: [[y - 1, y**2 - 1, y**3 - 1], [x, 2 * x * y, 3 * x * y**2]],
    ),
    _jennrich_and_sampson(),
    _helical_valley(),
    _gaussian(),
    _gulf(),
    _box(),
    _extended_powell(4),
    _small(
        "Wood (14)",
        [-3, -1, -3, -1],
        lambda a, b, c, d: [
            10 * (b - a**2),
            1 - a,
            90**0.5 * (d - c**2),
            1 - c,
            10**0.5 * (b + d - 2),
            (b - d) / 10**0.5,
        ],
        lambda a, b, c, d: [
            [-20 * a, -1, 0, 0, 0, 0],
            [10, 0, 0, 0, 10**0.5, 10**-0.5],
            [0, 0, -2 * 90**0.5 * c, -1, 0, 0],
            [0, 0, 90**0.5, 0, 10**0.5, -(10**-0.5)],
        ],
    ),
    _brown_and_dennis(),
    _biggs_exp6(),
    _watson(6, 2.28767005355e-3),
    _watson(9, 1.39976013e-6),
    _penalty_1(4, 2.24997e-5),
    _penalty_1(10, 7.08765e-5),
    _variably_dimensioned(10),
    _trigonometric(10),
    _broyden_tridiagonal(10),
    _extended_rosenbrock(100),
    _extended_powell(100),
    _extended_rosenbrock(1000),
    _extended_powell(1000),
    _broyden_tridiagonal(1000),
    _variably_dimensioned(1000),
    _trigonometric(1000),
]
