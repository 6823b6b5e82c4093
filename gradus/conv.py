"""A small convolutional network in NumPy: filters that are shared over places, and means over windows."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gradus.nn import Shape, _accuracy, _cross_entropy, _size, _views


def windows(images: np.ndarray, size: int) -> np.ndarray:
    """Every window of size x size as a column: (n, c, h, w) -> (n, c * size * size, places).

    There are h' * w' places, row by row, with h' = h - size + 1 and w' = w - size + 1.
    """
    views = sliding_window_view(images, (size, size), axis=(2, 3))
    n, c, down, right = views.shape[:4]
    return views.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * size * size, down * right)


def correlate(images: np.ndarray, filters: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """One map for each filter: at every place the inner product of the filter with the window there.

    Deep learning calls this a convolution; a mathematician's would turn the filter by half a turn first.

    Parameters
    ----------
    images : ndarray of shape (n, c, h, w)
    filters : ndarray of shape (f, c, size, size)
    biases : ndarray of shape (f,)

    Returns
    -------
    maps : ndarray of shape (n, f, h - size + 1, w - size + 1)
        No margin is added: only windows that lie inside the image have a place.
    """
    size = filters.shape[2]
    maps = filters.reshape(len(filters), -1) @ windows(images, size) + biases[:, None]
    return maps.reshape(len(images), len(filters), images.shape[2] - size + 1, -1)


def filters_gradient(
    dmaps: np.ndarray, images: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of `correlate` by filters of that size and biases, from that by its maps.

    A filter works at every place: its gradient is the sum over the places.
    """
    n, f, down, right = dmaps.shape
    columns = dmaps.reshape(n, f, down * right)
    dfilters = np.sum(columns @ windows(images, size).swapaxes(1, 2), axis=0)
    return dfilters.reshape(f, -1, size, size), columns.sum(axis=(0, 2))


def images_gradient(dmaps: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """The gradient of `correlate` by the images, from that by its maps.

    A pixel lies in up to size x size windows: its gradient is the sum over these.
    """
    n, f, down, right = dmaps.shape
    _, c, size, _ = filters.shape
    dwindows = filters.reshape(f, -1).T @ dmaps.reshape(n, f, down * right)
    dwindows = dwindows.reshape(n, c, size, size, down, right)
    dimages = np.zeros((n, c, down + size - 1, right + size - 1))
    for i, j in np.ndindex(size, size):
        dimages[:, :, i : i + down, j : j + right] += dwindows[:, :, i, j]
    return dimages


def mean_pool(maps: np.ndarray, width: int) -> np.ndarray:
    """The mean over windows side by side: (n, f, h, w) -> (n, f, h // width, w // width).

    Rows and columns that do not fill a window are left out.
    """
    down, right = maps.shape[2] // width, maps.shape[3] // width
    parts = [
        maps[:, :, i : down * width : width, j : right * width : width]
        for i, j in np.ndindex(width, width)
    ]
    return sum(parts[1:], parts[0]) / width**2


def mean_pool_backward(dpooled: np.ndarray, shape: tuple[int, ...], width: int) -> np.ndarray:
    """The gradient of `mean_pool` by maps of that shape: each entry of a window gets an equal share."""
    dmaps = np.zeros(shape)
    down, right = dpooled.shape[2] * width, dpooled.shape[3] * width
    dmaps[:, :, :down, :right] = (dpooled / width**2).repeat(width, axis=2).repeat(width, axis=3)
    return dmaps


@dataclass(frozen=True)
class ConvNet:
    """Stages of filters, ReLU and mean pooling; above them a linear layer and a softmax.

    The filters of a stage are shared over all places; the linear layer has a weight for every entry
    of every map that is left. For `gradus.nn.train` it is as good as an `MLP`.

    Parameters
    ----------
    shape : tuple of int
        Of an image: channels, rows, columns.
    stages : tuple of tuples of three int
        Of each: how many filters, how many pixels they are wide, the width of the pooling.
    classes : int
    """

    shape: tuple[int, int, int]
    stages: tuple[tuple[int, int, int], ...]
    classes: int

    def __post_init__(self) -> None:
        given = {"shape": (self.shape,), "stages": self.stages, "classes": ((1, 1, self.classes),)}
        for name, rows in given.items():
            counts = [n for row in rows for n in row if len(row) == 3]
            if len(counts) < max(3, 3 * len(rows)) or not all(
                isinstance(n, int | np.integer) and n > 0 for n in counts
            ):
                raise ValueError(
                    f"{name}: expected positive whole numbers, three in each tuple,"
                    f" got {getattr(self, name)!r}"
                )
        if min(self._maps()[-1]) < 1:
            raise ValueError(f"stages: {self.stages} leave nothing of an image of {self.shape}")

    def _maps(self) -> list[tuple[int, int, int]]:
        """The shape of an image, and of the maps after each stage."""
        shapes = [self.shape]
        for filters, size, width in self.stages:
            _, h, w = shapes[-1]
            shapes.append((filters, (h - size + 1) // width, (w - size + 1) // width))
        return shapes

    def _shapes(self) -> list[Shape]:
        """Of the layers: the last one's filters are as large as the maps below it."""
        maps = self._maps()
        filters = [
            ((f, c, size, size), f)
            for (f, size, _), (c, _, _) in zip(self.stages, maps[:-1], strict=True)
        ]
        return [*filters, ((self.classes, *maps[-1]), self.classes)]

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
        theta = np.zeros(self.size)
        for weights, _ in self.layers(theta):
            weights[...] = rng.normal(0.0, np.sqrt(2 / weights[0].size), weights.shape)
        return theta

    def layers(self, theta: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Views of the vector theta as (weights, biases), layer by layer.

        Weights have the shape (filters, c, size, size), those of the last layer (classes, c, h, w).
        """
        return _views(theta, self._shapes())

    def logits(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Scores before the softmax: x of shape (n, pixels) or (n, c, h, w) -> (n, classes)."""
        return self._forward(theta, x)[-1]

    def _forward(
        self, theta: np.ndarray, x: np.ndarray
    ) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray]:
        """What entered each stage with its maps after the ReLU, what entered the last layer, the logits."""
        a = np.asarray(x)
        pixels = int(np.prod(self.shape))
        if len(a) == 0 or a.shape[1:] not in ((pixels,), self.shape):
            raise ValueError(
                f"x: expected shape (n, {pixels}) or (n, *{self.shape}) and an image at least,"
                f" got {a.shape}"
            )
        a, kept = a.reshape(len(a), *self.shape), []
        *below, (weights, biases) = self.layers(theta)
        for (filters, b), (_, _, width) in zip(below, self.stages, strict=True):
            maps = np.maximum(correlate(a, filters, b), 0)
            kept.append((a, maps))
            a = mean_pool(maps, width)
        return kept, a, np.tensordot(a, weights, axes=([1, 2, 3], [1, 2, 3])) + biases

    def loss(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean cross-entropy in nats and its gradient, of shape (size,).

        x has shape (n, pixels) or (n, c, h, w), y (n,), of whole numbers. Raises a ValueError if a
        shape does not fit, or a label is no class.
        """
        kept, last, logits = self._forward(theta, x)
        loss, delta = _cross_entropy(logits, y)
        gradient = np.empty_like(theta, dtype=delta.dtype)
        *slots, (d_weights, d_biases) = self.layers(gradient)
        *below, (weights, _) = self.layers(theta)
        d_weights[...] = np.tensordot(delta, last, axes=(0, 0))
        d_biases[...] = delta.sum(axis=0)
        da = np.tensordot(delta, weights, axes=(1, 0))
        for k in reversed(range(len(kept))):
            (a, maps), (_, size, width) = kept[k], self.stages[k]
            dmaps = mean_pool_backward(da, maps.shape, width) * (maps > 0)
            slots[k][0][...], slots[k][1][...] = filters_gradient(dmaps, a, size)
            if k > 0:  # nobody asks for the gradient by the pixels
                da = images_gradient(dmaps, below[k][0])
        return loss, gradient

    def accuracy(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        """Share of images whose largest logit is that of the label."""
        return _accuracy(self.logits(theta, x), y)
