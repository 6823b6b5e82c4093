"""The first page: the race of the optimizers, and each part of the book with its picture and its hours.

What stands here is drawn when the site is built, by the references that readers write.
"""

import html
import inspect
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import gradus_overview as overview
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Polygon
from sphinx.errors import ExtensionError

from gradus import plots, problems

if TYPE_CHECKING:
    from autograder.course import Course

BLUE, RED, GREEN = (plots.series(k)["color"] for k in range(3))
METHODS = {"gradient descent": "sgd_step", "momentum": "momentum_step", "adam": "adam_step"}
STEPS, RATE = 100, 0.1
VALLEY = problems.quadratic([0.1, 2.0], start=[-7.0, 2.0])
QUESTION = (
    "One valley, one learning rate, a hundred steps. Why is gradient descent, which always goes straight downhill, "
    "still on its way when momentum has long arrived?"
)


def reference(course: "Course", name: str) -> Callable:
    """The right answer to an exercise, whichever chapter has it."""
    for chapter in course.chapters():
        if found := getattr(course.reference_module(chapter), name, None):
            return found
    raise ExtensionError(f"the first page: no chapter has a reference {name}")


def descend(course: "Course", step: str, problem: problems.Problem, steps: int) -> np.ndarray:
    """The points that a method visits, shape (steps + 1, n)."""
    move = reference(course, step)
    names = inspect.signature(move).parameters
    theta, state = problem.start, {n: np.zeros(2) for n in names if n in ("velocity", "m", "v")}
    points = [theta]
    for t in range(1, steps + 1):
        given = {"theta": theta, "grad": problem.gradient(theta), "lr": RATE, "t": t, **state}
        result = move(**{name: value for name, value in given.items() if name in names})
        theta, *kept = result if state else (result,)
        state = dict(zip(state, kept, strict=True))
        points.append(theta)
    return np.array(points)


def race(course: "Course") -> str:
    """The figure that opens the book; where scripts run, with controls and all six methods."""
    fig, ax = plt.subplots(figsize=(7.2, 3.1))
    plots.contours(ax, VALLEY, xlim=(-8, 3), ylim=(-2.4, 2.4))
    for name, step in METHODS.items():
        plots.path(ax, descend(course, step, VALLEY, STEPS), name)
    ax.set(xticks=[], yticks=[])
    ax.legend(loc="lower right")
    said = (
        "Level lines of a long valley, and the paths of three optimizers in it. Gradient descent creeps along its "
        "bottom and has not arrived; momentum swings through it, and is there; Adam is nearly there."
    )
    figure = plots.figure(fig, alt=said, caption=QUESTION, interactive="optimizer-race")
    return f'```{{raw}} html\n<div class="gradus-brief">{figure._repr_html_()}</div>\n```'


def _network(ax: Axes, course: "Course") -> None:
    layers = [(x, np.linspace(-1, 1, n)) for x, n in ((0, 4), (1.5, 5), (3, 5), (4.5, 3))]
    for (x0, left), (x1, right) in itertools.pairwise(layers):
        for a in left:
            ax.plot(
                [[x0], [x1]] * np.ones(len(right)),
                [a * np.ones(len(right)), right],
                color="black",
                lw=0.5,
                alpha=0.3,
            )
    for x, places in layers:
        ax.plot(x + 0 * places, places, "o", color=BLUE, ms=7)


def _optimizers(ax: Axes, course: "Course") -> None:
    plots.contours(ax, VALLEY, xlim=(-8, 3), ylim=(-2.4, 2.4), levels=8)
    for name, color in (("momentum_step", BLUE), ("adam_step", RED)):
        ax.plot(*descend(course, name, VALLEY, 70).T, color=color)


def _initialization(ax: Axes, course: "Course") -> None:
    z = np.linspace(-3, 3, 200)
    for depth, width in enumerate((1.0, 0.75, 0.5, 0.3)):
        density = np.exp(-0.5 * (z / width) ** 2) / width**0.5
        ax.fill_between(z, -depth * 0.7, density - depth * 0.7, color=BLUE, alpha=0.35, lw=0)
        ax.plot(z, density - depth * 0.7, color=BLUE, lw=1.2)


def _batchnorm(ax: Axes, course: "Course") -> None:
    rng = np.random.default_rng(1)
    cloud = rng.normal(size=(90, 2)) @ [[0.9, 0.25], [0.0, 0.2]] + [-2.2, 0.4]
    ax.plot(*cloud.T, "o", color=RED, ms=2.5, alpha=0.7)
    even = (cloud - cloud.mean(0)) / cloud.std(0)
    ax.plot(*(0.45 * even + [2.2, 0]).T, "o", color=BLUE, ms=2.5, alpha=0.7)
    ax.annotate("", (0.9, 0), (-0.4, 0.1), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.set(xlim=(-4.8, 4), ylim=(-1.5, 1.5))


def _bias_variance(ax: Axes, course: "Course") -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 12)
    y = np.sin(2 * np.pi * x) + 0.35 * rng.normal(size=12)
    fine = np.linspace(0, 1, 200)
    for degree, color in ((1, RED), (4, GREEN), (10, BLUE)):
        fitted = np.polynomial.Polynomial.fit(x, y, degree)
        ax.plot(fine, fitted(fine), color=color, lw=1.3)
    ax.plot(x, y, "o", color="black", ms=3.5)
    ax.set(ylim=(-2, 2))


def _regularization(ax: Axes, course: "Course") -> None:
    ax.add_patch(Polygon([(1, 0), (0, 1), (-1, 0), (0, -1)], fc=BLUE, alpha=0.3))
    angle = np.linspace(0, 2 * np.pi, 200)
    turned = np.array([[0.94, -0.34], [0.34, 0.94]]) @ [1.5 * np.cos(angle), 0.6 * np.sin(angle)]
    centre, sizes = np.array([[1.2], [1.75]]), np.linspace(0.5, 2, 600)
    apart = [np.abs(size * turned + centre).sum(0).min() - 1 for size in sizes]
    touching = sizes[np.argmin(np.abs(apart))]
    for share in (0.4, 0.7, 1.0):
        ax.plot(*(share * touching * turned + centre), color=RED, lw=1.1)
    ax.plot(0, 1, "o", color="black", ms=5)
    ax.axhline(0, color="black", lw=0.6, alpha=0.5)
    ax.axvline(0, color="black", lw=0.6, alpha=0.5)
    ax.set(aspect="equal")


def _ensembles(ax: Axes, course: "Course") -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(0, 3, 120)
    waves = sum(np.outer(rng.normal(size=14) / k, np.sin(2 * k * x + k)) for k in (1, 2, 3, 4))
    members = np.sin(2 * x) + 0.45 * waves
    ax.plot(x, members.T, color=BLUE, lw=0.7, alpha=0.4)
    ax.plot(x, members.mean(0), color=RED, lw=2.2)


def _tuning(ax: Axes, course: "Course") -> None:
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(*2 * [np.linspace(0.15, 0.85, 4)])).reshape(2, -1)
    for left, points, color in ((0, grid, RED), (1.35, rng.random((2, 16)), BLUE)):
        ax.plot(left + points[0], points[1], "o", color=color, ms=4)
        ax.plot(left + points[0], 0 * points[0] - 0.12, "|", color=color, ms=7)
        ax.plot([left, left + 1, left + 1, left, left], [0, 0, 1, 1, 0], color="black", lw=0.7)
    ax.set(aspect="equal")


def _newton(ax: Axes, course: "Course") -> None:
    x = np.linspace(-2.2, 2.4, 200)
    ax.plot(x, np.cosh(x) + 0.3 * x, color="black", lw=1.3)
    at = 1.6
    value, slope, curve = np.cosh(at) + 0.3 * at, np.sinh(at) + 0.3, np.cosh(at)
    model = value + slope * (x - at) + 0.5 * curve * (x - at) ** 2
    ax.plot(x, np.where(model < 5.5, model, np.nan), color=BLUE, ls="--")
    end = at - slope / curve
    ax.plot([at, end], [value, np.cosh(end) + 0.3 * end], "o", color=RED, ms=5)
    ax.annotate("", (end, 0.35), (at, 0.35), arrowprops={"arrowstyle": "->", "color": RED})
    ax.set(ylim=(0, 5.5))


def _transfer(ax: Axes, course: "Course") -> None:
    for left, head in ((0, BLUE), (3.2, RED)):
        for layer in range(4):
            color = head if layer == 3 else BLUE
            corner, style = (left, layer), "round,pad=0.02,rounding_size=0.12"
            ax.add_patch(
                FancyBboxPatch(
                    corner, 2, 0.6, style, fc=color, ec=color, alpha=0.35 if layer < 3 else 0.8
                )
            )
    ax.annotate("", (3, 1.3), (2.2, 1.3), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.set(xlim=(-0.2, 5.4), ylim=(-0.2, 3.8))


PICTURES = {
    "A network": _network,
    "Optimizers": _optimizers,
    "Initialization": _initialization,
    "Batch normalization": _batchnorm,
    "Bias and variance": _bias_variance,
    "Regularization": _regularization,
    "Ensembles": _ensembles,
    "Tuning": _tuning,
    "Newton to L-BFGS": _newton,
    "Transfer": _transfer,
}


def picture(course: "Course", part: str) -> str:
    """The picture of a part, without words: its name stands below it."""
    if part not in PICTURES:
        raise ExtensionError(
            f"_toc.yml has a part {part!r}, of which _ext/gradus_front.py draws no picture"
        )
    fig, ax = plt.subplots(figsize=(3.3, 1.35))
    PICTURES[part](ax, course)
    ax.axis("off")
    figure = plots.figure(fig, alt=f"A sketch for the part {part}.")
    return figure.svg.replace(
        f'role="img" aria-label="{html.escape(figure.alt)}"', 'aria-hidden="true"'
    )


def parts(course: "Course") -> str:
    """The parts of the book as cards: a picture, and the chapters with their exercises and hours."""
    texts, numbers = overview.chapters(course), course.numbers()
    cards = []
    for part, names in course.parts().items():
        lines = []
        for name in names:
            count, _, time = overview.minutes(course, name, texts[name])
            number = numbers[f"chapters/{name}"]
            about = f"{count} exercises · {time / 60:.0f} hours"
            lines.append(
                f"{number}. {overview.link(name, overview.title(texts[name]))}<br/>\n   {about}"
            )
        drawn = f"```{{raw}} html\n{picture(course, part)}\n```"
        cards.append("\n".join([f":::{{grid-item-card}} {part}", drawn, "", *lines, ":::"]))
    head = "::::{grid} 1 2 2 2\n:gutter: 3\n:class-container: gradus-parts\n"
    return "\n".join([head, *cards, "::::"])


def how_long(course: "Course") -> str:
    """The size of the book, in a sentence."""
    found = [
        overview.minutes(course, name, text) for name, text in overview.chapters(course).items()
    ]
    exercises, points, time = (sum(column) for column in zip(*found, strict=True))
    return (
        f"{len(found)} chapters with {exercises} exercises take about {time / 60:.0f} hours, if you read "
        f"{overview.WORDS_PER_MINUTE} words a minute and spend {overview.MINUTES_PER_POINT} minutes on each of the "
        f"{points:g} points."
    )


MADE = {"<!-- the race -->": race, "<!-- how long -->": how_long, "<!-- the parts -->": parts}
