"""A small fully connected network whose parameters are one vector, so that any optimizer can train it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

Activation = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def relu(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rectified linear unit: value and slope of every entry, the slope 0 at 0."""
    return np.maximum(z, 0), (z > 0).astype(z.dtype)


def _classes(y: np.ndarray, n: int, classes: int) -> np.ndarray:
    y = np.asarray(y)
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y: expected {n} whole numbers, one for each row of x, got shape {y.shape}, {y.dtype}"
        )
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(f"y: expected classes 0 to {classes - 1}, got {y.min()} to {y.max()}")
    return y


def _cross_entropy(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of the softmax in nats, and its gradient by the logits, of shape (n, classes).

    Raises a ValueError that names y if it is not n whole numbers, each of them a class.
    """
    y = _classes(y, *logits.shape)
    rows = np.arange(len(y))
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    delta = np.exp(log_p)
    delta[rows, y] -= 1
    return float(-log_p[rows, y].mean()), delta / len(y)


def _accuracy(logits: np.ndarray, y: np.ndarray) -> float:
    """Share of rows whose largest logit is that of the label; errors as `_cross_entropy`."""
    return float(np.mean(logits.argmax(axis=1) == _classes(y, *logits.shape)))


# Of a layer: the shape of its weights, the number of its biases.
Shape = tuple[tuple[int, ...], int]


def _size(shapes: list[Shape]) -> int:
    """How many parameters layers of these shapes have."""
    return sum(math.prod(shape) + units for shape, units in shapes)


def _views(theta: np.ndarray, shapes: list[Shape]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Views of a vector as (weights, biases), layer by layer."""
    if theta.shape != (_size(shapes),):
        raise ValueError(f"theta: expected shape ({_size(shapes)},), got {theta.shape}")
    views, start = [], 0
    for shape, units in shapes:
        middle, end = start + math.prod(shape), start + math.prod(shape) + units
        views.append((theta[start:middle].reshape(shape), theta[middle:end]))
        start = end
    return views


class Layer(NamedTuple):
    """What the way back needs of one layer: what entered it, its pre-activations and the slopes there."""

    a: np.ndarray
    z: np.ndarray
    slope: np.ndarray


def forward(
    a: np.ndarray,
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    activation: Activation = relu,
) -> tuple[np.ndarray, list[Layer]]:
    """Inputs through layers that all have the same activation.

    Parameters
    ----------
    a : ndarray of shape (n, d)
        What enters the first layer, one example in each row.
    weights, biases : list of ndarray
        Of each layer, of shape (inputs, units) and (units,).
    activation : callable
        z -> value and slope, two arrays of the shape of z.

    Returns
    -------
    a : ndarray
        What leaves the last layer.
    kept : list of Layer
        Of each layer what entered it, its pre-activations, and the slopes there: ``a, z, slope``.
    """
    kept = []
    for w, b in zip(weights, biases, strict=True):
        z = a @ w + b
        out, slope = activation(z)
        kept.append(Layer(a, z, slope))
        a = out
    return a, kept


def backward(da: np.ndarray, weights: list[np.ndarray], kept: list[Layer]) -> list[np.ndarray]:
    """The way back through the layers of `forward`.

    Parameters
    ----------
    da : ndarray
        The gradient by what left the last layer.
    weights, kept : list
        As `forward` had and returned them.

    Returns
    -------
    dzs : list of ndarray
        The gradients by the pre-activations of each layer, the first layer first.
    """
    dzs: list[np.ndarray] = []
    for layer, above in zip(kept[::-1], [None, *weights[:0:-1]], strict=True):
        arriving = da if above is None else dzs[-1] @ above.T
        dzs.append(arriving * layer.slope)
    return dzs[::-1]


@dataclass(frozen=True)
class MLP:
    """Hidden layers, of ReLU units by default, and a softmax on top.

    Parameters
    ----------
    widths : tuple of int
        Of the input, each hidden layer, and the classes: ``(64, 100, 10)``.
    activation : callable
        Of the hidden layers: z -> value and slope, two arrays of the shape of z.
    """

    widths: tuple[int, ...]
    activation: Activation = field(default=relu, repr=False)

    def __post_init__(self) -> None:
        sizes = self.widths if isinstance(self.widths, tuple | list) else ()
        if len(sizes) < 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
            raise ValueError(
                f"widths: expected at least two positive whole numbers, got {self.widths!r}"
            )

    @property
    def size(self) -> int:
        """Number of parameters."""
        return _size(self._shapes())

    def init(self, rng: np.random.Generator) -> np.ndarray:
        """Draw parameters: weights of variance 2 / fan-in (He et al., 2015), biases zero.

        Returns
        -------
        theta : ndarray of shape (size,)
        """
        parts = []
        for n, k in pairwise(self.widths):
            parts += [rng.normal(0.0, np.sqrt(2 / n), n * k), np.zeros(k)]
        return np.concatenate(parts)

    def layers(self, theta: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Views of the vector theta as (weights of shape (n, k), biases of shape (k,)), layer by layer."""
        return _views(theta, self._shapes())

    def _shapes(self) -> list[Shape]:
        return [((n, k), k) for n, k in pairwise(self.widths)]

    def logits(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Scores before the softmax: x of shape (n, d) -> (n, classes)."""
        return self._forward(theta, x)[-1]

    def hidden(self, theta: np.ndarray, x: np.ndarray) -> list[Layer]:
        """Of each hidden layer what entered it, its pre-activations, and the slopes there."""
        return self._forward(theta, x)[0]

    def _forward(
        self, theta: np.ndarray, x: np.ndarray
    ) -> tuple[list[Layer], np.ndarray, np.ndarray]:
        """The hidden layers, what entered the last one, and the logits."""
        x = np.asarray(x)
        if x.ndim != 2 or len(x) == 0 or x.shape[1] != self.widths[0]:
            raise ValueError(
                f"x: expected shape (n, {self.widths[0]}) and a row at least, got {x.shape}"
            )
        *hidden, (weights, biases) = self.layers(theta)
        a, kept = forward(x, [w for w, _ in hidden], [b for _, b in hidden], self.activation)
        return kept, a, a @ weights + biases

    def loss(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean cross-entropy and its gradient.

        Parameters
        ----------
        theta : ndarray of shape (size,)
        x : ndarray of shape (n, d)
        y : ndarray of int, shape (n,)

        Returns
        -------
        loss : float
            In nats.
        gradient : ndarray of shape (size,)

        Raises
        ------
        ValueError
            If a shape does not fit, or a label is no class.
        """
        kept, last, logits = self._forward(theta, x)
        loss, delta = _cross_entropy(logits, y)
        weights = [w for w, _ in self.layers(theta)]
        deltas = [delta]
        if kept:
            deltas = [*backward(delta @ weights[-1].T, weights[:-1], kept), delta]
        gradient = np.empty_like(theta, dtype=delta.dtype)
        entering = [*(layer.a for layer in kept), last]
        for (d_weights, d_biases), a, dz in zip(
            self.layers(gradient), entering, deltas, strict=True
        ):
            d_weights[...] = a.T @ dz
            d_biases[...] = dz.sum(axis=0)
        return loss, gradient

    def accuracy(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        """Share of rows whose largest logit is that of the label."""
        return _accuracy(self.logits(theta, x), y)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, of the shape of `logits`."""
    large = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return large / large.sum(axis=-1, keepdims=True)


def batches(n: int, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """An epoch's mini-batches: the rows 0 to n - 1 in random order, in arrays of `size`; the last may be smaller."""
    return np.split(rng.permutation(n), range(size, n, size))


class Trainable(Protocol):
    """What `train` asks of a network."""

    def init(self, rng: np.random.Generator) -> np.ndarray:
        """First parameters, one vector."""

    def loss(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient."""


def train(
    network: Trainable,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    loss: Callable[..., tuple[float, np.ndarray]] | None = None,
    epochs: int = 150,
    lr: float = 0.5,
    size: int = 50,
    prepare: Callable[[np.ndarray], np.ndarray] | None = None,
    after: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Stochastic gradient descent from new parameters, and the parameters on its way.

    Parameters
    ----------
    network : MLP or ConvNet
        Or whatever has their `init` and `loss`.
    x : ndarray of shape (n, d)
    y : ndarray of int, shape (n,)
    rng : numpy.random.Generator
        Draws the first parameters, then the order of the examples in each epoch.
    loss : callable, optional
        theta, x, y -> loss and gradient; `network.loss` without it.
    epochs : int
    lr : float
    size : int
        Of a mini-batch; the last of an epoch may be smaller.
    prepare : callable, optional
        Changes all inputs before each epoch.
    after : callable, optional
        Changes the parameters after each step.

    Returns
    -------
    path : ndarray of shape (epochs + 1, parameters)
        In row k the parameters after k epochs.
    """
    loss = loss or network.loss
    theta = network.init(rng)
    path = [theta]
    for _ in range(epochs):
        seen = x if prepare is None else prepare(x)
        for rows in batches(len(y), size, rng):
            theta = theta - lr * loss(theta, seen[rows], y[rows])[1]
            theta = theta if after is None else after(theta)
        path.append(theta)
    return np.array(path)
