"""How `glyphs.npz` was drawn: every glyph as its signed distance to the outline, by Matplotlib's fonts.

    python -m gradus.glyphs

writes that file again; nothing else needs Matplotlib here. A distance field is small, turns into a stroke
of any weight by adding a number, and can be read between its points (Green, 2007).
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = Path(__file__).with_name("glyphs.npz")

DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"

# The files that Matplotlib ships; those that begin with "cm" have no Greek letters at Unicode's places.
FACES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)

# In pixels of the frame: the height of a capital, the most that a glyph may be wide or high, the field's
# extent and the distance at which it ends. In points and levels: its sides, and levels to a pixel.
CAPITAL, LARGEST, EXTENT, FARTHEST = 16.0, 20.0, 24.0, 2.0
SIDE, LEVELS = 32, 8


class Fields(NamedTuple):
    """Signed distances, (n, SIDE, SIDE) in int8, positive inside; and row numbers by (face, character)."""

    distance: np.ndarray
    row: dict[tuple[str, str], int]


@functools.cache
def fields() -> Fields:
    """What `glyphs.npz` holds."""
    with np.load(FILE) as file:
        keys = zip(file["face"].tolist(), file["character"].tolist(), strict=True)
        return Fields(file["distance"], {key: row for row, key in enumerate(keys)})


def pairs() -> list[tuple[str, str]]:
    """Every face with every character that it has."""
    return [
        (face, character)
        for face in FACES
        for character in DIGITS + LATIN + GREEK
        if not (face.startswith("cm") and character in GREEK)
    ]


def draw(face: str, character: str) -> np.ndarray:
    """The field of one glyph, from its outline.

    Parameters
    ----------
    face, character : str
        Of `FACES`, of `DIGITS`, `LATIN` or `GREEK`.

    Returns
    -------
    distance : ndarray of int8, shape (SIDE, SIDE)
        In 1 / LEVELS of a pixel, at most FARTHEST, positive inside; the first row is the upper one.
    """
    capital = np.concatenate(_outline(face, "H"))
    outline = _outline(face, character)
    points = np.concatenate(outline)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(CAPITAL / np.ptp(capital[:, 1]), LARGEST / np.max(high - low))
    closed = [scale * (np.vstack([part, part[:1]]) - (low + high) / 2) for part in outline]
    begin = np.concatenate([part[:-1] for part in closed])
    along = np.concatenate([np.diff(part, axis=0) for part in closed])
    begin, along = (ends[along.any(axis=1)] for ends in (begin, along))
    places = ((np.arange(SIDE) + 0.5) / SIDE - 0.5) * EXTENT
    x, y = (grid.ravel()[:, None] for grid in np.meshgrid(places, -places))
    dx, dy = x - begin[:, 0], y - begin[:, 1]
    share = np.clip((dx * along[:, 0] + dy * along[:, 1]) / (along**2).sum(axis=1), 0, 1)
    squared = (dx - share * along[:, 0]) ** 2 + (dy - share * along[:, 1]) ** 2
    # The winding number: edges that cross the height of the point, to the right of it, by direction.
    left = along[:, 0] * dy > along[:, 1] * dx
    rises, falls = (dy >= 0) & (dy < along[:, 1]), (dy < 0) & (dy >= along[:, 1])
    winding = (rises & left).sum(axis=1) - (falls & ~left).sum(axis=1)
    distance = np.where(winding != 0, 1, -1) * np.sqrt(squared.min(axis=1))
    levels = np.round(np.clip(distance, -FARTHEST, FARTHEST) * LEVELS)
    return levels.astype(np.int8).reshape(SIDE, SIDE)


@functools.cache
def _font(face: str):
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(get_data_path(), "fonts", "ttf", f"{face}.ttf")))
    # At 40 pixels to the em curves fall into few pieces, none of them visible.
    font.set_size(40, 72)
    return font


@functools.cache
def _outline(face: str, character: str) -> list[np.ndarray]:
    """Polygons, each of shape (points, 2), y upwards."""
    from matplotlib.ft2font import LoadFlags
    from matplotlib.path import Path as Outline

    font = _font(face)
    font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    polygons = Outline(*font.get_path()).to_polygons(closed_only=False)
    return [np.asarray(polygon) for polygon in polygons]


def main() -> None:
    """Draw every glyph into `glyphs.npz`."""
    faces, characters = zip(*pairs(), strict=True)
    distance = np.array([draw(*pair) for pair in pairs()])
    np.savez_compressed(FILE, distance=distance, face=faces, character=characters)
    print(f"{len(distance)} glyphs, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
