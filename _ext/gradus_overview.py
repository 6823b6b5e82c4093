"""What pages say of all chapters, made from the chapters: so that nothing is written twice.

A comment of `MADE` in a page is replaced by what is made.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

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


def summary(course: "Course", name: str) -> str:
    """A chapter's time, exercises, points and what comes before, in one line of Markdown."""
    texts = chapters(course)
    count, points, time = minutes(course, name, texts[name])
    titles = (f"[{title(texts[other])}]({other}.md)" for other in needs(course)[name])
    asked = f"{count} exercises · {points:g} points"
    return f"About {time / 60:.0f} hours · {asked} · builds on {', '.join(titles) or 'no other chapter'}"


def table(course: "Course") -> str:
    """A table of the chapters: what comes before, exercises, points, hours."""
    texts, before = chapters(course), needs(course)
    rows = ["| chapter | builds on | exercises | points | hours |", "|---|---|---|---|---|"]
    for name, text in texts.items():
        count, points, time = minutes(course, name, text)
        first = ", ".join(link(other, title(texts[other])) for other in before[name])
        cells = f"{link(name, title(text))} | {first or '-'}"
        rows.append(f"| {cells} | {count} | {points:g} | {time / 60:.1f} |")
    return "\n".join(rows)


def drawn(course: "Course") -> str:
    """The map of the chapters: an arrow from each to those that build on it."""
    import matplotlib.pyplot as plt

    from gradus import plots

    texts, before = chapters(course), needs(course)
    level: dict[str, int] = {}
    for name in texts:  # a chapter builds on earlier ones only
        if late := [other for other in before[name] if other not in level]:
            raise ExtensionError(f"{name}: it needs {late[0]}, which comes later")
        level[name] = 1 + max((level[other] for other in before[name]), default=-1)
    columns = [[n for n in texts if level[n] == k] for k in range(max(level.values()) + 1)]
    place = {
        name: (2.6 * x, (len(column) - 1) / 2 - y)
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
    }
    fig, ax = plt.subplots(figsize=(2.2 * len(columns), 0.75 * max(map(len, columns)) + 0.4))
    for name, others in before.items():
        x, y = place[name]
        ax.annotate(
            title(texts[name]),
            (x, y),
            ha="center",
            va="center",
            bbox={"boxstyle": "round", "fc": "none"},
        )
        for other in others:
            arrow = {"arrowstyle": "->", "shrinkA": 0, "shrinkB": 0, "alpha": 0.6}
            start = place[other][0] + 1.0, place[other][1]
            ax.annotate("", (x - 1.0, y), start, arrowprops=arrow)
    ax.set(
        xlim=(-1.2, 2.6 * (len(columns) - 1) + 1.2),
        ylim=(-max(map(len, columns)) / 2, max(map(len, columns)) / 2),
    )
    ax.axis("off")
    said = "; ".join(
        f"{title(texts[name])} builds on {', '.join(title(texts[o]) for o in others)}"
        for name, others in before.items()
        if others
    )
    figure = plots.figure(fig, alt=f"A map of the chapters. {said}.")
    return f"```{{raw}} html\n{figure._repr_html_()}\n```"


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
    "<!-- the chapters -->": table,
    "<!-- the map of the chapters -->": drawn,
    "<!-- the mistakes of all chapters -->": mistakes,
    "<!-- the topics of the sources -->": sources,
}
