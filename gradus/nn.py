"""A small fully connected network whose parameters are one vector, so that any optimizer can train it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class MLP:
    """ReLU layers and a softmax on top.

    Parameters
    ----------
    widths : tuple of int
        Of the input, each hidden layer, and the classes: ``(64, 100, 10)``.
    """

    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = self.widths if isinstance(self.widths, tuple | list) else ()
        if len(sizes) < 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
            raise ValueError(
                f"widths: expected at least two positive whole numbers, got {self.widths!r}"
            )

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(n * k + k for n, k in pairwise(self.widths))

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
        if theta.shape != (self.size,):
            raise ValueError(f"theta: expected shape ({self.size},), got {theta.shape}")
        views, start = [], 0
        for n, k in pairwise(self.widths):
            middle, end = start + n * k, start + n * k + k
            views.append((theta[start:middle].reshape(n, k), theta[middle:end]))
            start = end
        return views

    def logits(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Scores before the softmax: x of shape (n, d) -> (n, classes)."""
        return self._forward(theta, x)[-1]

    def _forward(self, theta: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
        """Inputs of every layer, and the logits last."""
        x = np.asarray(x)
        if x.ndim != 2 or len(x) == 0 or x.shape[1] != self.widths[0]:
            raise ValueError(
                f"x: expected shape (n, {self.widths[0]}) and a row at least, got {x.shape}"
            )
        outputs = [x]
        *hidden, last = self.layers(theta)
        for weights, biases in hidden:
            outputs.append(np.maximum(outputs[-1] @ weights + biases, 0))
        outputs.append(outputs[-1] @ last[0] + last[1])
        return outputs

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
        *inputs, logits = self._forward(theta, x)
        y = self._classes(y, len(logits))
        rows = np.arange(len(y))
        logits = logits - logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        delta = np.exp(log_p)
        delta[rows, y] -= 1
        delta /= len(y)
        gradient = np.empty_like(theta, dtype=delta.dtype)
        for (d_weights, d_biases), (weights, _), entering in zip(
            reversed(self.layers(gradient)),
            reversed(self.layers(theta)),
            reversed(inputs),
            strict=True,
        ):
            d_weights[...] = entering.T @ delta
            d_biases[...] = delta.sum(axis=0)
            delta = (delta @ weights.T) * (entering > 0)
        return float(-log_p[rows, y].mean()), gradient

    def accuracy(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        """Share of rows whose largest logit is that of the label."""
        logits = self.logits(theta, x)
        return float(np.mean(logits.argmax(axis=1) == self._classes(y, len(logits))))

    def _classes(self, y: np.ndarray, n: int) -> np.ndarray:
        y = np.asarray(y)
        if y.shape != (n,) or y.dtype.kind not in "iu":
            raise ValueError(
                f"y: expected {n} whole numbers, one for each row of x, got shape {y.shape}, {y.dtype}"
            )
        if y.min() < 0 or y.max() >= self.widths[-1]:
            raise ValueError(
                f"y: expected classes 0 to {self.widths[-1] - 1}, got {y.min()} to {y.max()}"
            )
        return y
