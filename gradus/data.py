"""Data that needs no download: scikit-learn's handwritten digits, and glyphs drawn from Matplotlib's fonts."""

import functools
import gzip
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gradus.glyphs import (
    DIGITS,
    EXTENT,
    FACES,
    GREEK,
    LATIN,
    LEVELS,
    SIDE,
    fields,
)
from gradus.validation import NONNEGATIVE, POSITIVE_COUNT, validate

__all__ = [
    "DIGITS",
    "FACES",
    "GREEK",
    "LATIN",
    "Digits",
    "Glyphs",
    "digits",
    "few_digits",
    "glyphs",
    "halved",
    "printed_digits",
]

# Of scikit-learn.
FILE = "datasets/data/digits.csv.gz"


class Digits(NamedTuple):
    """Images as rows of d numbers in [0, 1], and their labels 0 to 9.

    Shapes: ``x_train`` (n, d), ``y_train`` (n,), and likewise for validation and test; d is 64 for
    handwritten digits of 8 x 8 pixels, 196 for printed ones of 14 x 14.
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


class Glyphs(NamedTuple):
    """Images of 28 x 28 pixels as rows of 784 numbers in [0, 1], what they show, and in which face.

    Shapes: ``x`` (n, 784), ``y`` (n,), the number of the character, and ``face`` (n,), that of the face.
    """

    x: np.ndarray
    y: np.ndarray
    face: np.ndarray


@validate(n=POSITIVE_COUNT, noise=NONNEGATIVE)
def glyphs(
    n: int,
    rng: np.random.Generator | int,
    characters: str = DIGITS,
    faces: Sequence[str] = FACES,
    *,
    shift: float | np.ndarray = 2.0,
    slant: float | np.ndarray = 0.2,
    stroke: float | np.ndarray = 0.3,
    noise: float = 0.1,
) -> Glyphs:
    """Draw digits and letters from the fonts that Matplotlib ships, each a little otherwise.

    A capital is 16 pixels high, no glyph wider or higher than 20; unshifted, it stands in the middle of
    the frame. Paper is 0 and ink 1. The same arguments give the same images on every machine: the
    outlines lie in the package, and Matplotlib is not needed.

    Parameters
    ----------
    n : int
        How many images, at least 1. Every character stands in as many of them, or in one more.
    rng : numpy.random.Generator or int
        Draws all that is drawn; an int is a generator's seed.
    characters : str
        The classes, 0 to len(characters) - 1, of `DIGITS`, `LATIN` or `GREEK`.
    faces : sequence of str
        Of `FACES`; one of those that have the character is drawn for each image. Those whose names begin
        with "cm" have no Greek letters.
    shift : float, or ndarray of shape (n, 2)
        In pixels, to the right and down: drawn uniformly from [-shift, shift], or as the array says.
    slant : float, or ndarray of shape (n,)
        To the right for each pixel of height, likewise.
    stroke : float, or ndarray of shape (n,)
        In pixels, by which every edge of the ink moves outwards, likewise; from -1 to 1.
    noise : float
        Standard deviation of what is added to each pixel before it is cut to [0, 1].

    Returns
    -------
    Glyphs
        ``x`` of shape (n, 784) in float64; ``y`` and ``face`` of shape (n,), whole numbers.

    Raises
    ------
    ValueError
        If an argument is out of its range, or a character is in none of the faces; it names the argument.
    """
    # An int or a generator: neither None, whose images nobody could draw again, nor NumPy's old states.
    if not isinstance(rng, np.random.Generator | int | np.integer) or isinstance(rng, bool):
        raise ValueError(f"rng: expected a numpy.random.Generator or a whole number, got {rng!r}")
    rng = np.random.default_rng(rng)
    drawable = _drawable(characters, faces)
    y = rng.permutation(np.arange(n) % len(characters))
    # Of each character the faces that have it come first in its row.
    choices = np.array([len(having) for having in drawable])
    table = np.zeros((len(drawable), max(choices), 2), dtype=int)
    for row, having in zip(table, drawable, strict=True):
        row[: len(having)] = having
    face, field = table[y, rng.integers(0, choices[y])].T
    moved = _drawn("shift", shift, (n, 2), rng, 28.0)
    leaning = _drawn("slant", slant, (n,), rng, 2.0)
    grown = _drawn("stroke", stroke, (n,), rng, 1.0)
    x = np.empty((n, 784))
    for block in np.split(np.arange(n), range(500, n, 500)):
        x[block] = _ink(field[block], moved[block], leaning[block], grown[block])
    if noise > 0:
        x += rng.normal(0.0, noise, x.shape)
    return Glyphs(np.clip(x, 0.0, 1.0, out=x), y, face)


def halved(x: np.ndarray) -> np.ndarray:
    """Images of 28 x 28 pixels, shape (n, 784), as 14 x 14, shape (n, 196): each pixel is the mean of four."""
    return x.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)


@validate(n=POSITIVE_COUNT)
def printed_digits(seed: int = 0, n: int = 3000) -> Digits:
    """Printed digits of 14 x 14 pixels: `glyphs` of all faces, `halved`.

    Parameters
    ----------
    seed : int
        Of the generator that draws them.
    n : int
        How many to train, at least 1; there are 1,000 more to validate and 1,000 to test.
    """
    drawn = glyphs(n + 2000, seed)
    (train, validation, test), y = (
        np.split(part, (n, n + 1000)) for part in (halved(drawn.x), drawn.y)
    )
    return Digits(train, y[0], validation, y[1], test, y[2])


def _drawable(characters: str, faces: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each character the numbers of the faces that have it, and of its fields there."""
    known = DIGITS + LATIN + GREEK
    if not isinstance(characters, str) or not characters or not set(characters) <= set(known):
        raise ValueError(
            f"characters: expected a string of digits, Latin or Greek letters, got {characters!r}"
        )
    if len(set(characters)) < len(characters):
        raise ValueError(f"characters: expected each of them once, got {characters!r}")
    if isinstance(faces, str) or not len(faces) or not set(faces) <= set(FACES):
        raise ValueError(f"faces: expected some of {', '.join(FACES)}; got {faces!r}")
    rows = fields().row
    drawable = [
        [(i, rows[face, character]) for i, face in enumerate(faces) if (face, character) in rows]
        for character in characters
    ]
    for character, having in zip(characters, drawable, strict=True):
        if not having:
            raise ValueError(f"characters: {character!r} is in none of the faces {faces!r}")
    return drawable


def _drawn(
    name: str, given: float | np.ndarray, shape: tuple, rng: np.random.Generator, most: float
) -> np.ndarray:
    """What an argument says for each image: itself, or numbers drawn between minus and plus it."""
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.shape not in ((), shape) or not np.all(np.abs(values) <= most):
        raise ValueError(
            f"{name}: expected a number or an array of shape {shape}, at most {most:g}, got {given!r}"
        )
    if values.shape:
        return values
    if values < 0:
        raise ValueError(f"{name}: expected a number of at least 0, got {given!r}")
    return rng.uniform(-values, values, shape)


_PIXELS = np.arange(28, dtype=np.float32) - 13.5


def _ink(field: np.ndarray, shift: np.ndarray, slant: np.ndarray, stroke: np.ndarray) -> np.ndarray:
    """How much of each pixel is ink: the signed distance of its centre to the edge, plus a half."""
    right, down = shift.astype(np.float32).T[:, :, None, None]
    y = _PIXELS[:, None] - down
    x = _PIXELS[None, :] - right + slant.astype(np.float32)[:, None, None] * y
    # Where in the field, between four of its points; beyond its edge all is as far away as there.
    column, row = (
        np.clip(place * (SIDE / EXTENT) + (SIDE - 1) / 2, 0, SIDE - 1.001) for place in (x, y)
    )
    row = np.broadcast_to(row, column.shape)
    left, upper = column.astype(np.int32), row.astype(np.int32)
    column, row = column - left, row - upper
    at = (field[:, None, None] * SIDE + upper) * SIDE + left
    levels = fields().distance.reshape(-1)
    top, bottom = (
        levels[at + side] * (1 - column) + levels[at + side + 1] * column for side in (0, SIDE)
    )
    distance = (top * (1 - row) + bottom * row) / LEVELS
    ink = np.clip(distance + stroke.astype(np.float32)[:, None, None] + 0.5, 0, 1)
    return ink.reshape(len(field), 784)
