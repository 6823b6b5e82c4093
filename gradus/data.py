"""Data that needs no download: scikit-learn's handwritten digits."""

from typing import NamedTuple

import numpy as np


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
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn: install it with `pip install scikit-learn`"
        ) from error
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    x, y = x[order] / 16.0, y[order]
    test, validation = slice(0, 300), slice(300, 600)
    train = slice(600, None)
    return Digits(x[train], y[train], x[validation], y[validation], x[test], y[test])
