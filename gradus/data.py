"""Data that needs no download: scikit-learn's handwritten digits."""

import functools
import gzip
import importlib.util
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = "datasets/data/digits.csv.gz"


class Digits(NamedTuple):
    """Images of 8 x 8 pixels as rows of 64 numbers in [0, 1], and their labels 0 to 9.

    Shapes: ``x_train`` (n, 64), ``y_train`` (n,), and likewise for validation and test.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(seed: int = 0) -> Digits:
    """The 1,797 digits in a fixed random order: 1,197 to train, 300 to validate, 300 to test.

    Parameters
    ----------
    seed : int
        Of the order.

    Raises
    ------
    ImportError
        If scikit-learn, which brings the images, is missing.
    """
    x, y = _images()
    order = np.random.default_rng(seed).permutation(len(y))
    x, y = x[order] / 16.0, y[order]
    test, validation = slice(0, 300), slice(300, 600)
    train = slice(600, None)
    return Digits(x[train], y[train], x[validation], y[validation], x[test], y[test])


def few_digits(
    seed: int, n: int = 100, n_wrong: int = 10
) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """A small training set, some of its labels wrong, from the first 500 training digits.

    Parameters
    ----------
    seed : int
        Of a generator, which draws the digits and the wrong labels.
    n : int
        How many digits, at most 500.
    n_wrong : int
        The labels of the first n_wrong of them are wrong.

    Returns
    -------
    x, y, rng : ndarray of shape (n, 64), ndarray of shape (n,), numpy.random.Generator
        The generator, to go on with: everything else in an experiment may come from it.
    """
    if not 0 <= n_wrong <= n <= 500:
        raise ValueError(f"n, n_wrong: expected 0 <= n_wrong <= n <= 500, got {n}, {n_wrong}")
    known, rng = _known(), np.random.default_rng(seed)
    rows = rng.choice(500, n, replace=False)
    x, y = known.x_train[rows], known.y_train[rows].copy()
    y[:n_wrong] = (y[:n_wrong] + rng.integers(1, 10, n_wrong)) % 10
    return x, y, rng


def _images() -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels, by scikit-learn's file: to import scikit-learn for it takes a dozen times as long."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise ImportError(
            "the digits come with scikit-learn: install it with `pip install scikit-learn`"
        )
    file = Path(found.origin).parent / FILE
    if not file.is_file():  # a version that keeps it elsewhere
        from sklearn.datasets import load_digits

        return load_digits(return_X_y=True)
    with gzip.open(file, "rt") as text:
        table = np.loadtxt(text, delimiter=",")
    return table[:, :-1], table[:, -1].astype(int)


@functools.cache
def _known() -> Digits:
    return digits()
