"""The report on an assignment: points of each exercise and student, and how often each mistake was made."""

import contextlib
import csv
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import folders
from autograder.course import Course, CourseError, find_programs
from autograder.grade import one


@dataclass(frozen=True)
class Row:
    """One student: points by exercise or written question (None: a person has yet to mark it).

    A student who handed nothing in has no points at all.

    Attributes
    ----------
    student : str
    scores : dict of exercise -> float or None
    note : str
        About the file.
    penalty : float
        For being late.
    waiting : frozenset of str
        What a person has to mark, or, because the submission has changed since, to look at again.
    name : str
        First and last name, where the gradebook has them.
    """

    student: str
    scores: dict[str, float | None]
    note: str
    penalty: float = 0.0
    waiting: frozenset[str] = frozenset()
    name: str = ""

    @property
    def total(self) -> float:
        return max(0.0, math.fsum(score or 0.0 for score in self.scores.values()) - self.penalty)


@dataclass(frozen=True)
class Report:
    """An assignment's results.

    Attributes
    ----------
    name : str
    points : dict of exercise -> float
        The most that each exercise or written question gives.
    rows : list of Row
        By student.
    mistakes : list of (exercise, sentence, number of students)
        Known mistakes, the most frequent first.
    """

    name: str
    points: dict[str, float]
    rows: list[Row]
    mistakes: list[tuple[str, str, int]]


def make_report(course: Course, name: str, db: str = "") -> Report:
    """Read an assignment's results from the gradebook and the graded notebooks.

    Raises
    ------
    CourseError
        If the assignment is unknown, or nothing of it is graded.
    """
    released = one.released_notebook(course, name)
    exercises = one.checked(released)
    rows: list[Row] = []
    counts: Counter[tuple[str, str]] = Counter()
    points: dict[str, float] = {}
    with opened(course, db) as gradebook:
        known = [item.name for item in gradebook.assignments]
        entered = gradebook.assignment_submissions(name) if name in known else []
        # Who has an extension, and has handed nothing in, has a submission without a notebook.
        graded = [item for item in entered if item.notebooks]
        for item in sorted(graded, key=lambda item: item.student.id):
            file = course.directory / "autograded" / item.student.id / name / f"{name}.ipynb"
            about = folders.read_graded(file)
            grades = [grade for notebook in item.notebooks for grade in notebook.grades]
            scores, waiting = {}, set()
            for cell in released.cells:
                for grade in grades:
                    if grade.name == cell.metadata.get("nbgrader", {}).get("grade_id"):
                        label = exercises.get(grade.name, grade.name)
                        points[label] = grade.max_score
                        scores[label] = None if is_unmarked(grade) else grade.score
                        waiting |= {label} if grade.needs_manual_grade else set()
            note = "; ".join(about.get("defects", []))
            penalty = item.late_submission_penalty or 0.0
            who = _name(item.student)
            rows.append(Row(item.student.id, scores, note, penalty, frozenset(waiting), who))
            for exercise, verdict in about.get("verdicts", {}).items():
                if verdict["mistake"]:
                    counts[exercise, verdict["mistake"]] += 1
        handed_in = {row.student for row in rows}
        absent = {item.id: _name(item) for item in gradebook.students if item.id not in handed_in}
    if not rows:
        raise CourseError(f"nothing of {name} is graded: run autograder grade {name}")
    rows += [Row(student, {}, "no submission", name=who) for student, who in absent.items()]
    rows.sort(key=lambda row: row.student)
    order = list(points)
    mistakes = sorted(
        ((exercise, sentence, count) for (exercise, sentence), count in counts.items()),
        key=lambda found: (-found[2], order.index(found[0]), found[1]),
    )
    return Report(name, points, rows, mistakes)


def is_unmarked(grade: Any) -> bool:
    """Whether neither the grader nor a person has given points for a cell of the gradebook."""
    return grade.needs_manual_grade and grade.manual_score is None and grade.auto_score is None


def _name(student: Any) -> str:
    return " ".join(filter(None, (student.first_name, student.last_name)))


def show(report: Report, console: Console) -> None:
    """Print a report, the points last: tables on a terminal, plain lines in a log."""
    numbers = {exercise: str(number) for number, exercise in enumerate(report.points, start=1)}
    full = sum(report.points.values())
    lines(
        console,
        "known mistakes",
        ("students", "exercise", "mistake"),
        [(str(count), exercise, sentence) for exercise, sentence, count in report.mistakes],
    )
    lines(
        console,
        "about the files",
        ("student", "what was found"),
        [(row.student, row.note) for row in report.rows if row.note],
    )
    lines(
        console,
        "exercises",
        ("", "exercise", "points", "mean", "full marks", "to be marked"),
        [
            (numbers[exercise], exercise, f"{points:g}", *_statistics(report, exercise, points))
            for exercise, points in report.points.items()
        ],
    )
    lines(
        console,
        f"{report.name}: points of {sum(bool(row.scores) for row in report.rows)} submissions",
        ("student", *numbers.values(), "late", "all"),
        [
            (
                row.student,
                *(_points(row, exercise) for exercise in report.points),
                f"-{row.penalty:g}" if row.penalty else "-",
                f"{row.total:g}",
            )
            for row in report.rows
        ]
        + [("most", *(f"{points:g}" for points in report.points.values()), "", f"{full:g}")],
    )


def write_csv(report: Report, file: Path) -> None:
    """Write one line for each student: points of each exercise, their sum, and the note on the file."""
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["student", *report.points, "late", "all", "about the file"])
            for row in report.rows:
                scores = [row.scores.get(exercise) for exercise in report.points]
                shown = ["" if score is None else f"{score:g}" for score in scores]
                late = f"-{row.penalty:g}" if row.penalty else ""
                total = f"{row.total:g}"
                writer.writerow(
                    [no_formula(row.student), *shown, late, total, no_formula(row.note)]
                )
    except OSError as error:
        raise CourseError(f"--csv: {file} cannot be written: {error.strerror}") from error


_BINS = 10


def write_html(report: Report, file: Path, names: bool = False) -> None:
    """Write the report as one page that loads nothing: to be opened, printed, or shown without names.

    Parameters
    ----------
    report : Report
    file : Path
    names : bool
        Show who has a name in the gradebook by it; by default ids stand there.

    Raises
    ------
    CourseError
        If the file cannot be written.
    """
    # Late: only this page needs it.
    import jinja2

    templates = jinja2.PackageLoader("autograder")
    page = jinja2.Environment(loader=templates, autoescape=True, undefined=jinja2.StrictUndefined)
    handed_in = [row for row in report.rows if row.scores]
    full = math.fsum(report.points.values())
    bins = _bins([row.total for row in handed_in], full)
    exercises = [
        {"name": name, "points": most}
        | dict(zip(("mean", "full", "waiting"), _statistics(report, name, most), strict=True))
        for name, most in report.points.items()
    ]
    text = page.get_template("report.html.j2").render(
        report=report,
        handed_in=handed_in,
        absent=[row for row in report.rows if not row.scores],
        waiting=[row for row in handed_in if row.waiting],
        mean=math.fsum(row.total for row in handed_in) / len(handed_in) if handed_in else 0.0,
        full=full,
        bins=bins,
        most=max(one["count"] for one in bins) or 1,
        exercises=exercises,
        shown=_points,
        who=lambda row: (row.name if names else "") or row.student,
    )
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise CourseError(f"--html: {file} cannot be written: {error.strerror}") from error


def _bins(totals: list[float], full: float) -> list[dict[str, float]]:
    """How many of the totals lie in each tenth of the points; the last one has its end, and what lies beyond."""
    edges = [full * number / _BINS for number in range(_BINS + 1)]
    counts = Counter(min(sum(total >= edge for edge in edges[1:]), _BINS - 1) for total in totals)
    return [
        {"low": low, "high": high, "count": counts[number]}
        for number, (low, high) in enumerate(pairwise(edges))
    ]


def no_formula(text: str) -> str:
    """Text that a spreadsheet shows: what it would compute (a link, a command) has an apostrophe before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def failure_of_database(text: str) -> str:
    """What SQLAlchemy says in a traceback of nbgrader's, in a line; "" where it says nothing."""
    causes = re.findall(r"^\s*\S*Error: \((\w+\.\w*Error\) .+)$", text, re.MULTILINE)
    return f"the gradebook's database cannot be used: ({causes[0]}" if causes else ""


@contextlib.contextmanager
def opened(course: Course, db: str = "") -> Iterator[Any]:
    """nbgrader's `Gradebook` of a course; where its database fails, a line says so.

    Raises
    ------
    CourseError
        If the database cannot be used.
    """
    # Late: nbgrader takes two seconds to import, and who grades prints with this module too.
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SQLAlchemyError

    find_programs()
    if not db and not os.path.lexists(course.directory / "gradebook.db"):
        # nbgrader would make one.
        raise CourseError(f"no gradebook in {course.directory}: run autograder release")
    try:
        with Gradebook(folders.database(course, db), course.name) as gradebook:
            yield gradebook
    except SQLAlchemyError as error:
        raise CourseError(
            f"the gradebook's database cannot be used: {error}".splitlines()[0]
        ) from error


def lines(
    console: Console, title: str, headers: Iterable[str], rows: list[tuple[str, ...]]
) -> None:
    """Print rows under headers: a table on a terminal, aligned lines in a log and where a table is too wide.

    The last column is the one that is broken into lines.
    """
    headers = tuple(headers)
    rows = [tuple(map(printable, row)) for row in rows]
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    room = console.width - sum(width + 3 for width in widths[:-1]) - 4
    if console.is_terminal and room > min(widths[-1], 30):
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1))
        for header in headers:
            table.add_column(header, no_wrap=header != headers[-1])
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
        return
    console.out(title, highlight=False)
    for row in (headers, *rows):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.out("  " + text.rstrip(), highlight=False)
    console.out("")


def printable(text: str) -> str:
    """Text in which no character moves a terminal's cursor or changes its colours."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _points(row: Row, exercise: str) -> str:
    if exercise not in row.scores:
        return "-"
    score = row.scores[exercise]
    mark = "?" if exercise in row.waiting else ""
    return mark if score is None else f"{score:g}{mark}"


def _statistics(report: Report, exercise: str, points: float) -> tuple[str, str, str]:
    scores = [row.scores[exercise] for row in report.rows if exercise in row.scores]
    marked = [score for score in scores if score is not None]
    mean = f"{sum(marked) / len(marked):.2f}" if marked else ""
    full = f"{sum(score == points for score in marked)} of {len(scores)}"
    waiting = sum(exercise in row.waiting for row in report.rows)
    return mean, full, str(waiting) if waiting else ""
