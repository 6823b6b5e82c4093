"""One style for the whole book: a colour, a line and a marker for each method, and figures as SVG.

Importing this module sets Matplotlib's defaults. A figure is the last line of its cell:

    plots.figure(fig, alt="what is seen", caption="what follows from it")
"""

import hashlib
import html
import io
import re
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D

from gradus.problems import Problem

# Every colour has a contrast of at least 3:1 on white and on the dark pages; a line style and a
# marker tell the methods apart where colours cannot.
METHODS: dict[str, dict[str, Any]] = {
    "gradient descent": {"color": "#7b7b7b", "linestyle": "-", "marker": "o"},
    "momentum": {"color": "#2176c7", "linestyle": "--", "marker": "s"},
    "nesterov": {"color": "#12908e", "linestyle": "-.", "marker": "D"},
    "adagrad": {"color": "#a87c00", "linestyle": ":", "marker": "^"},
    "rmsprop": {"color": "#a35bc4", "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    "adam": {"color": "#d6452b", "linestyle": "-", "marker": "P"},
}
NAMES = {"nesterov": "Nesterov", "adagrad": "AdaGrad", "rmsprop": "RMSProp", "adam": "Adam"}
_SERIES = (
    ("#2176c7", "-"),
    ("#d6452b", "--"),
    ("#12908e", "-."),
    ("#a35bc4", ":"),
    ("#a87c00", (0, (5, 1, 1, 1))),
    ("#7b7b7b", "-"),
)
# Above this many points a path is drawn as pixels: an SVG would be larger than the page.
MOST_POINTS = 5000

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

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]" + (f"\n{self.caption}" if self.caption else "")

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure class="gradus-figure">{self.svg}{caption}</figure>'


def figure(fig: MatplotlibFigure, alt: str, caption: str = "") -> Figure:
    """Make a Matplotlib figure fit for the page, and close it.

    Parameters
    ----------
    fig : matplotlib Figure
    alt : str
        What is seen, for those who do not see it: a sentence or two.
    caption : str, optional
        What follows from it.

    Raises
    ------
    ValueError
        If the text alternative is missing or too short to say anything.
    """
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(
            "alt: describe what is seen in the figure, in a sentence of at least 20 letters"
        )
    for artist in fig.findobj(Line2D):
        if len(artist.get_xdata()) > MOST_POINTS:
            artist.set_rasterized(True)
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gradus"}):
        fig.savefig(
            buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
        )
    plt.close(fig)
    return Figure(_for_the_page(buffer.getvalue(), alt), alt, caption)


def _for_the_page(svg: str, alt: str) -> str:
    """Turn Matplotlib's SVG into one that takes the page's ink, width and namespace of ids."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    # Black is the ink of the page, whatever that is; a text without a fill is black.
    svg = re.sub(r"#000000\b", "currentColor", svg)
    svg = re.sub(r"<text (?![^>]*fill)", '<text fill="currentColor" ', svg)
    # Ids are the same in every figure that Matplotlib makes; on a page they must differ.
    unique = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="', f'id="{unique}-', svg)
    svg = re.sub(r'href="#', f'href="#{unique}-', svg)
    svg = svg.replace("url(#", f"url(#{unique}-")
    svg = re.sub(
        r'<svg ([^>]*?)width="([\d.]+)pt" height="[\d.]+pt"',
        lambda m: (
            f'<svg {m[1]}role="img" aria-label="{html.escape(alt)}" style="width:100%;max-width:{m[2]}pt;height:auto"'
        ),
        svg,
        count=1,
    )
    return re.sub(r"\n\s*", "\n", svg)
