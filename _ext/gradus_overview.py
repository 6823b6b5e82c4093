"""What pages say of all chapters, made from the chapters: so that nothing is written twice.

A comment of `MADE` in a page is replaced by what is made.
"""

import itertools
import math
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import yaml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from autograder.course import Course

TITLE = re.compile(r"^# (.*)$", re.MULTILINE)
NEEDS = re.compile(r"^It needs\b.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
MISTAKES = re.compile(r"^## Common mistakes$.*?((?:^\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
LABELLED = re.compile(r"^\(([\w-]+)\)=\n(#+) (.*)$", re.MULTILINE)
CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", SVG)
WORDS_PER_MINUTE, MINUTES_PER_POINT = 150, 8


def course_of(app: Sphinx) -> "Course":
    """The course that the site shows."""
    # Late: where the project is not installed, `gradus_site.prepare` lets Python find it.
    from autograder.course import Course

    return Course.find(Path(app.confdir))


def chapters(course: "Course") -> dict[str, str]:
    """The chapters' texts by name, in the order of the table of contents."""
    return {name: file.read_text("utf-8") for name, file in course.chapters().items()}


def title(text: str) -> str:
    """A chapter's title before its colon."""
    return TITLE.findall(text)[0].split(":")[0]


def link(label: str, text: str) -> str:
    """A link to a section, or by its file to a chapter: its label may be a term of the glossary, too."""
    return f"[{text}]({f'#{label}' if label.startswith('sec-') else f'chapters/{label}.md'})"


def needs(course: "Course") -> dict[str, list[str]]:
    """The chapters that each one builds on: those to which its sentence "It needs ..." links."""
    texts = chapters(course)
    found = {}
    for name, text in texts.items():
        if not (sentence := NEEDS.search(text)):
            raise ExtensionError(f"{name}: no paragraph that begins with 'It needs'")
        links = re.findall(r"\]\(#?([\w-]+)(?:\.md)?\)", sentence[0])
        owners = [o for link in links for o, other in texts.items() if f"({link})=" in other]
        found[name] = list(dict.fromkeys(owners))
    return found


def minutes(course: "Course", name: str, text: str) -> tuple[int, float, float]:
    """Exercises, points, and the time that reading and answering take, in minutes."""
    from gradus.authoring import exercises_of, written_of

    checks = course.checks_module(name)
    exercises = exercises_of(checks)
    points = sum(e.points for e in exercises) + sum(w.points for w in written_of(checks))
    words = len(CODE.sub("", text).split())
    return len(exercises), points, words / WORDS_PER_MINUTE + points * MINUTES_PER_POINT


def hours_and_points(course: "Course") -> str:
    """What each chapter takes, and all of them, as a table: hours, exercises, written questions."""
    from gradus.authoring import exercises_of, written_of

    head = ["chapter", "hours", "exercises", "points", "written questions", "points by hand"]
    rows: list[tuple[str, tuple[float, ...]]] = []
    total = [0.0] * 5
    for name, text in chapters(course).items():
        checks = course.checks_module(name)
        exercises, written = exercises_of(checks), written_of(checks)
        by_machine, by_hand = (sum(e.points for e in some) for some in (exercises, written))
        hours = minutes(course, name, text)[2] / 60
        numbers = hours, len(exercises), by_machine, len(written), by_hand
        total = [a + b for a, b in zip(total, numbers, strict=True)]
        rows.append((link(name, title(text)), numbers))
    rows.append(("all", tuple(total)))
    lines = [
        f"| {what} | {hours:.0f} | {' | '.join(f'{n:g}' for n in rest)} |"
        for what, (hours, *rest) in rows
    ]
    said = (
        f"Hours are those of somebody who reads {WORDS_PER_MINUTE} words a minute and needs "
        f"{MINUTES_PER_POINT} minutes for each point; who meets all of it for the first time may need twice as many."
    )
    return "\n".join([f"| {' | '.join(head)} |", "|---" + "|---:" * 5 + "|", *lines, "", said])


def summary(course: "Course", name: str) -> str:
    """A chapter's time, exercises, points and what comes before, in one line of Markdown."""
    texts = chapters(course)
    count, points, time = minutes(course, name, texts[name])
    titles = (f"[{title(texts[other])}]({other}.md)" for other in needs(course)[name])
    asked = f"{count} exercises · {points:g} points"
    return f"About {time / 60:.0f} hours · {asked} · builds on {', '.join(titles) or 'no other chapter'}"


def map_of(course: "Course") -> tuple[dict[str, str], dict[str, list[str]]]:
    """The parts of the book by their first chapters, and for each those that it builds on, none that another implies.

    A book without parts is drawn chapter by chapter.
    """
    before, parts = needs(course), course.parts()
    if sum(map(len, parts.values())) == len(before) and len(parts) > 1:
        titles = {names[0]: part for part, names in parts.items()}
        part_of = {name: names[0] for names in parts.values() for name in names}
    else:
        titles = {name: title(text) for name, text in chapters(course).items()}
        part_of = {name: name for name in titles}
    found: dict[str, list[str]] = {name: [] for name in titles}
    implied: dict[str, set[str]] = {name: set() for name in titles}
    seen: set[str] = set()
    for name, others in before.items():
        seen.add(name)
        if late := [other for other in others if other not in seen]:
            raise ExtensionError(f"{name}: it needs {late[0]}, which comes later")
        found[part_of[name]] += [
            part_of[other] for other in others if part_of[other] != part_of[name]
        ]
    for name in titles:  # a chapter builds on earlier ones only
        implied[name] = set(found[name]).union(*(implied[other] for other in found[name]))
        once = list(dict.fromkeys(found[name]))
        found[name] = [o for o in once if not any(o in implied[other] for other in once)]
    return titles, found


def levels(before: dict[str, list[str]]) -> list[list[str]]:
    """What is drawn in the rows of the map: each box below all that it builds on."""
    level: dict[str, int] = {}
    for name, others in before.items():
        level[name] = 1 + max((level[other] for other in others), default=-1)
    return [[n for n in level if level[n] == k] for k in range(max(level.values()) + 1)]


def columns(before: dict[str, list[str]]) -> dict[str, int]:
    """A column for each box, so that no arrow crosses a box and the arrows are short."""
    rows = levels(before)
    wide = max(map(len, rows))
    row = {name: y for y, names in enumerate(rows) for name in names}

    def length(place: dict[str, int], name: str) -> float:
        """Of the arrows to a box, where all rows down to it have their places; a crossing counts as a hundred."""
        total = 0.0
        for other in before[name]:
            down, across = row[name] - row[other], place[name] - place[other]
            passed = (
                (y, place[other] + across * (y - row[other]) / down)
                for y in range(row[other] + 1, row[name])
            )
            crossed = sum(abs(place[n] - x) < 0.7 for y, x in passed for n in rows[y])
            total += abs(across) + 100 * crossed
        return total

    best: tuple[float, dict[str, int]] = (math.inf, {})

    def extend(place: dict[str, int], so_far: float) -> None:
        """Place the rows below, as long as that may be shorter than the best."""
        nonlocal best
        if so_far >= best[0]:
            return
        y = len({row[name] for name in place})
        if y == len(rows):
            best = so_far, place
            return
        for xs in itertools.permutations(range(wide), len(rows[y])):
            further = place | dict(zip(rows[y], xs, strict=True))
            extend(further, so_far + sum(length(further, name) for name in rows[y]))

    extend({}, 0.0)
    return best[1]


def drawn(course: "Course") -> str:
    """The map: a box for each part, which leads to it, an arrow from it to those that build on it."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    from gradus import plots

    titles, before = map_of(course)
    rows, column = levels(before), columns(before)
    # In points: so narrow that its words can still be read on a phone.
    wide, high, gap, apart, line = 76, 38, 1.5, 26, 12
    across = max(map(len, rows))
    fig = plt.figure(
        figsize=((across * (wide + gap) - gap) / 72, (len(rows) * (high + apart) - apart) / 72)
    )
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 72 * fig.get_figwidth()), ylim=(0, 72 * fig.get_figheight()))
    ax.axis("off")
    place = {
        name: (column[name] * (wide + gap), (len(rows) - 1 - y) * (high + apart) + high / 2)
        for y, names in enumerate(rows)
        for name in names
    }
    for name in titles:
        x, y = place[name]
        corner, style = (x + 3, y - high / 2 + 3), "round,pad=2,rounding_size=4"
        box = FancyBboxPatch(corner, wide - 6, high - 6, style, fc="none", gid=f"box-{name}")
        ax.add_patch(box)
        words = textwrap.wrap(titles[name], 14, break_on_hyphens=False)
        for number, part in enumerate(words):  # each in the middle, whatever font a reader has
            middle = x + wide / 2, y + ((len(words) - 1) / 2 - number) * line
            gid = f"words{number}-{name}"
            ax.text(*middle, part, ha="center", va="center", size=10, gid=gid)
        for other in before[name]:
            start = place[other][0] + wide / 2, place[other][1] - high / 2 - 3
            end = x + wide / 2, y + high / 2 + 3
            arrow = FancyArrowPatch(
                start, end, arrowstyle="->", mutation_scale=10, shrinkA=0, shrinkB=0, alpha=0.7
            )
            arrow.set_gid(f"arrow-{other}-{name}")
            ax.add_patch(arrow)
    said = "; ".join(
        f"{titles[name]} builds on {', '.join(titles[o] for o in others)}"
        for name, others in before.items()
        if others
    )
    figure = plots.figure(fig, alt=f"A map of the parts. {said}.")
    return f"```{{raw}} html\n{linked(figure._repr_html_(), list(titles))}\n```"


def linked(figure: str, names: list[str]) -> str:
    """A map whose boxes lead to the chapters."""
    before, picture, after = re.split("(<svg.*</svg>)", figure)
    svg = ElementTree.fromstring(picture)
    svg.set("role", "group")  # a picture holds no links
    (axes,) = [node for node in svg.iter() if node.get("id", "").endswith("-axes_1")]
    for name in names:
        part = re.compile(rf"\w+-(?:box|words\d)-{name}")
        parts = [node for node in axes if part.fullmatch(node.get("id", ""))]
        box = ElementTree.SubElement(axes, f"{{{SVG}}}a", href=f"chapters/{name}.html")
        for node in parts:
            axes.remove(node)
            box.append(node)
    return before + ElementTree.tostring(svg, "unicode") + after


def mistakes(course: "Course") -> str:
    """The tables "Common mistakes" of all chapters."""
    parts = []
    for name, text in chapters(course).items():
        if not (rows := MISTAKES.search(text)):
            raise ExtensionError(f"{name}: no table under a heading 'Common mistakes'")
        # From this page, a chapter's file lies elsewhere than from its neighbours.
        table = re.sub(r"\]\((?=[\w-]+\.md)", "](chapters/", rows[1])
        parts.append(f"## {link(name, title(text))}\n\n{table}")
    return "\n\n".join(parts)


def sources(course: "Course") -> str:
    """Where each topic of the lecture notes is treated, note by note."""
    notes = yaml.safe_load((course.root / "sources.yml").read_text("utf-8"))
    titles = section_titles(course)
    parts = []
    for note in notes:
        rows = ["| lines | topic | where |", "|---|---|---|"]
        for topic in note["topics"]:
            if not topic["sections"]:
                raise ExtensionError(f"sources.yml, {topic['id']}: no section is named")
            if unknown := [label for label in topic["sections"] if label not in titles]:
                raise ExtensionError(f"sources.yml, {topic['id']}: no section {unknown[0]!r}")
            where = ", ".join(link(label, titles[label]) for label in topic["sections"])
            rows.append(f"| {topic['lines']} | {topic['topic']} | {where} |")
        parts.append(f"## {note['note']}\n\n" + "\n".join(rows))
    return "\n\n".join(parts)


def section_titles(course: "Course") -> dict[str, str]:
    """The headings that have a label, by it; a section's with its chapter's title."""
    found = {}
    for text in chapters(course).values():
        for label, level, heading in LABELLED.findall(text):
            heading = heading.split(":")[0] if level == "#" else heading
            found[label] = heading if level == "#" else f"{title(text)}: {heading}"
    return found


MADE = {
    "<!-- the hours and points of all chapters -->": hours_and_points,
    "<!-- the map of the chapters -->": drawn,
    "<!-- the mistakes of all chapters -->": mistakes,
    "<!-- the topics of the sources -->": sources,
}
