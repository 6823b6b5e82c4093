"""One style for the whole book: a colour, a line and a marker for each method, and figures as SVG.

Importing this module sets Matplotlib's defaults. A figure is the last line of its cell:

    plots.figure(fig, alt="what is seen", caption="what follows from it")
"""

import hashlib
import html
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gradus.problems import Problem

# Found by search: every colour has a contrast of at least 3:1 on white and on the dark pages, and
# no two look alike to readers who lack one kind of cone. Line and marker tell methods apart, too.
METHODS: dict[str, dict[str, Any]] = {
    "gradient descent": {"color": "#84909c", "linestyle": "-", "marker": "o"},
    "momentum": {"color": "#0054fc", "linestyle": "--", "marker": "s"},
    "nesterov": {"color": "#0ca86c", "linestyle": "-.", "marker": "D"},
    "adagrad": {"color": "#c08400", "linestyle": ":", "marker": "^"},
    "rmsprop": {"color": "#8448a8", "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    "adam": {"color": "#c03030", "linestyle": (0, (10, 1.5)), "marker": "P"},
}
NAMES = {"nesterov": "Nesterov", "adagrad": "AdaGrad", "rmsprop": "RMSProp", "adam": "Adam"}
_SERIES = (
    ("#0054fc", "-"),
    ("#c03030", "--"),
    ("#0ca86c", "-."),
    ("#8448a8", ":"),
    ("#c08400", (0, (5, 1, 1, 1))),
    ("#84909c", "-"),
)
# Above this many points a path is drawn as pixels: an SVG would be larger than the page.
MOST_POINTS = 5000
# The backgrounds of the website.
PAGES = {"light": "#ffffff", "dark": "#121212"}
# White is the paper: of the website, of JupyterLab, of VS Code, of Colab, or white.
PAPER = (
    "var(--pst-color-background, var(--jp-layout-color0, "
    "var(--vscode-editor-background, var(--colab-primary-surface-color, #fff))))"
)
FONT = "DejaVu Sans, Verdana, sans-serif"
# Percent of the page's ink in coloured words: text needs a contrast of 4.5:1, lines only 3:1.
INK_IN_WORDS = 35

plt.rcParams.update(
    {
        "figure.figsize": (5.4, 3.2),
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.titlesize": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[color for color, _ in _SERIES]),
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
        "legend.frameon": False,
        "legend.fontsize": 10,
        # Of a picture its own pixels go into the file, which the browser enlarges, and not thousands more.
        "image.interpolation": "none",
    }
)


def style(method: str, **changes: Any) -> dict[str, Any]:
    """Colour, line style, marker and label of a method: keywords for Matplotlib's ``plot``.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    **changes
        What this one line has otherwise.
    """
    if method not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}; got {method!r}")
    return {**METHODS[method], "label": NAMES.get(method, method), **changes}


def series(index: int, **changes: Any) -> dict[str, Any]:
    """Colour and line style of the line of that index, where lines are not methods."""
    color, line = _SERIES[index % len(_SERIES)]
    return {"color": color, "linestyle": line, **changes}


def contours(
    ax: Axes,
    problem: Problem,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    levels: int = 12,
) -> None:
    """Draw level lines of a problem of two variables, with equal areas between them."""
    x, y = np.linspace(*xlim, 100), np.linspace(*ylim, 100)
    values = problem.value(np.stack(np.meshgrid(x, y), axis=-1))
    lines = np.unique(np.quantile(values, np.linspace(0.02, 0.95, levels)))
    ax.contour(
        x, y, values, levels=lines, colors="black", alpha=0.3, linewidths=0.8, linestyles="solid"
    )
    if problem.minimum is not None:
        ax.plot(*problem.minimum, marker="*", color="black", markersize=10, linestyle="none")
    ax.set(xlim=xlim, ylim=ylim)


def path(ax: Axes, points: np.ndarray, method: str, **changes: Any) -> Line2D:
    """Draw the points that a method visits, shape (steps + 1, 2), as a line with markers."""
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points: expected shape (steps + 1, 2), got {points.shape}")
    # A diverging path would make Matplotlib draw far beyond the axes.
    inside = points[np.cumsum(~(np.abs(points) < 1e6).all(axis=1)) == 0]
    every = max(1, len(inside) // 40)
    (line,) = ax.plot(*inside.T, **style(method, linewidth=1.4, markevery=every, **changes))
    return line


def label_line(ax: Axes, line: Line2D, text: str) -> None:
    """Write a line's name at its end, in its colour."""
    points = np.column_stack(line.get_data()).astype(float)
    end = points[np.isfinite(points).all(axis=1)][-1]
    ax.annotate(
        text, end, xytext=(5, 0), textcoords="offset points", va="center", color=line.get_color()
    )


@dataclass(frozen=True)
class Figure:
    """A figure as a notebook shows it: an SVG that follows light and dark, with its text alternative."""

    svg: str
    alt: str
    caption: str = ""
    interactive: str = ""

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]" + (f"\n{self.caption}" if self.caption else "")

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        tag = f"gradus-{self.interactive}"
        seen = f"<{tag}>{self.svg}</{tag}>" if self.interactive else self.svg
        return f'<figure class="gradus-figure">{seen}{caption}</figure>'


def figure(fig: MatplotlibFigure, alt: str, caption: str = "", interactive: str = "") -> Figure:
    """Make a Matplotlib figure fit for the page, and close it.

    Parameters
    ----------
    fig : matplotlib Figure
    alt : str
        What is seen, for those who do not see it: a sentence or two.
    caption : str, optional
        What follows from it.
    interactive : str, optional
        The script of the website that puts controls in the place of the figure; everywhere else
        the figure stays as it is.

    Raises
    ------
    ValueError
        If the text alternative is missing or too short to say anything, if a word's colour
        cannot be read on light and on dark pages, or if `interactive` is no name of an element.
    """
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(
            "alt: describe what is seen in the figure, in a sentence of at least 20 characters"
        )
    if interactive and not re.fullmatch(r"[a-z]+(-[a-z]+)*", interactive):
        raise ValueError(f"interactive: expected words joined by hyphens, got {interactive!r}")
    for words in fig.findobj(Text):
        color = words.get_color()
        if words.get_text().strip() and not _legible(color):
            raise ValueError(
                f"the colour {color!r} of {words.get_text()!r} cannot be read on light and on dark "
                "pages: leave it black, which becomes the page's ink, or take a colour of plots"
            )
    for artist in fig.findobj():
        if _size(artist) > MOST_POINTS:
            artist.set_rasterized(True)
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gradus"}):
        fig.savefig(
            buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
        )
    svg = _for_the_page(buffer.getvalue(), alt)
    # For the book on paper: the figure under the name that the ids of its SVG begin with.
    if folder := os.environ.get("GRADUS_FIGURES"):
        name = re.findall(r'\bid="(f[0-9a-f]{8})-', svg)[0]
        fig.savefig(Path(folder) / f"{name}.pdf", bbox_inches="tight")
    plt.close(fig)
    return Figure(svg, alt, caption, interactive)


def contrast(color: Any, other: Any) -> float:
    """Contrast of two colours as WCAG 2 defines it, from 1 to 21.

    Parameters
    ----------
    color, other : Matplotlib colours
    """

    def luminance(color: Any) -> float:
        rgb = np.array(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(color), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _legible(color: Any) -> bool:
    """Whether words of this colour show on both pages; black is ink, white is for dark patches."""
    if to_rgb(color) in (to_rgb("black"), to_rgb("white")):
        return True
    return min(contrast(color, page) for page in PAGES.values()) >= 3


def _size(artist: Artist) -> int:
    """How many points an artist draws."""
    if isinstance(artist, Line2D):
        return np.size(artist.get_xdata())
    if isinstance(artist, Collection):
        return max(
            len(np.asarray(artist.get_offsets())), sum(len(path) for path in artist.get_paths())
        )
    return 0


def _for_the_page(svg: str, alt: str) -> str:
    """Turn Matplotlib's SVG into one that takes the page's ink, width and namespace of ids."""
    svg = svg[svg.index("<svg") :]
    # The style sheet would apply to the whole page, and a font stands in every letter's style.
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r" ?font-family: [^;\"]*;?|(?: transform=\"rotate\(-0 [^\"]*\")", "", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    svg = re.sub(r"<[^>]*>", _tag_for_the_page, svg)
    # Ids are the same in every figure that Matplotlib makes; on a page they must differ.
    unique = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="', f'id="{unique}-', svg)
    svg = re.sub(r'href="#', f'href="#{unique}-', svg)
    svg = svg.replace("url(#", f"url(#{unique}-")
    return re.sub(
        r'<svg ([^>]*?)width="([\d.]+)pt" height="[\d.]+pt"',
        lambda m: (
            f'<svg {m[1]}fill="currentColor" role="img" aria-label="{html.escape(alt)}" style="width: 100%; '
            f"max-width: {m[2]}pt; height: auto; font-family: {FONT}; "
            'stroke-linejoin: round; stroke-linecap: butt"'
        ),
        svg,
        count=1,
    )


def _tag_for_the_page(found: re.Match) -> str:
    # Hundredths of a point are finer than any screen; Matplotlib writes millionths.
    tag = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", found[0])
    tag = tag.replace("#000000", "currentColor")
    if tag.startswith("<image"):
        return re.sub(r' id="[^"]*"', "", tag)  # two images of the same pixels have the same
    if not tag.startswith(("<text", "<g ")):
        return tag.replace("#ffffff", PAPER)
    ink = f"color-mix(in srgb, \\1 {100 - INK_IN_WORDS}%, currentColor)"
    return re.sub(r"(?<=fill: )(#(?!ffffff)[0-9a-f]{6})", ink, tag)
