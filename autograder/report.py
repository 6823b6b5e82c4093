"""The report on an assignment: points of each exercise and student, and how often each mistake was made."""

import contextlib
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    """

    student: str
    scores: dict[str, float | None]
    note: str

    @property
    def total(self) -> float:
        return sum(score or 0.0 for score in self.scores.values())


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
    # Late: nbgrader takes two seconds to import, and who grades prints with this module too.
    from nbgrader.api import Gradebook

    course.chapter(name)
    find_programs()
    assignment = one.Assignment.load(course, name)
    exercises = one.checked(assignment.released)
    rows: list[Row] = []
    counts: Counter[tuple[str, str]] = Counter()
    points: dict[str, float] = {}
    with _usable(), Gradebook(folders.database(course, db), course.name) as gradebook:
        known = [item.name for item in gradebook.assignments]
        graded = gradebook.assignment_submissions(name) if name in known else []
        for item in sorted(graded, key=lambda item: item.student.id):
            file = course.directory / "autograded" / item.student.id / name / f"{name}.ipynb"
            about = folders.read_graded(file)
            grades = [grade for notebook in item.notebooks for grade in notebook.grades]
            scores = {}
            for cell in assignment.released.cells:
                for grade in grades:
                    if grade.name == cell.metadata.get("nbgrader", {}).get("grade_id"):
                        label = exercises.get(grade.name, grade.name)
                        points[label] = grade.max_score
                        scores[label] = None if grade.needs_manual_grade else grade.score
            rows.append(Row(item.student.id, scores, "; ".join(about.get("defects", []))))
            for exercise, verdict in about.get("verdicts", {}).items():
                if verdict["mistake"]:
                    counts[exercise, verdict["mistake"]] += 1
        handed_in = {row.student for row in rows}
        absent = [item.id for item in gradebook.students if item.id not in handed_in]
    if not rows:
        raise CourseError(f"nothing of {name} is graded: run autograder grade {name}")
    rows += [Row(student, {}, "no submission") for student in absent]
    rows.sort(key=lambda row: row.student)
    order = list(points)
    mistakes = sorted(
        ((exercise, sentence, count) for (exercise, sentence), count in counts.items()),
        key=lambda found: (-found[2], order.index(found[0]), found[1]),
    )
    return Report(name, points, rows, mistakes)


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
        ("student", *numbers.values(), "all"),
        [
            (row.student, *(_points(row, exercise) for exercise in report.points), f"{row.total:g}")
            for row in report.rows
        ]
        + [("most", *(f"{points:g}" for points in report.points.values()), f"{full:g}")],
    )


def write_csv(report: Report, file: Path) -> None:
    """Write one line for each student: points of each exercise, their sum, and the note on the file."""
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["student", *report.points, "all", "about the file"])
            for row in report.rows:
                scores = [row.scores.get(exercise) for exercise in report.points]
                shown = ["" if score is None else f"{score:g}" for score in scores]
                writer.writerow(
                    [no_formula(row.student), *shown, f"{row.total:g}", no_formula(row.note)]
                )
    except OSError as error:
        raise CourseError(f"--csv: {file} cannot be written: {error.strerror}") from error


def export(course: Course, file: Path, db: str = "") -> None:
    """Write the scores of all assignments and students, with penalties and marks by hand, in nbgrader's columns.

    Raises
    ------
    CourseError
        If the gradebook cannot be used or the file cannot be written.
    """
    from nbgrader.api import Gradebook, MissingEntry

    find_programs()
    try:
        with _usable(), Gradebook(folders.database(course, db), course.name) as gradebook:
            rows = []
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    try:
                        submission = gradebook.find_submission(assignment.name, student.id)
                    except MissingEntry:
                        submission = None
                    rows.append(_exported(assignment, student, submission))
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(_EXPORTED)
            writer.writerows(rows)
    except OSError as error:
        raise CourseError(f"{file} cannot be written: {error.strerror}") from error


# The columns of nbgrader's own export, which quotes nothing.
_EXPORTED = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


def _exported(assignment: Any, student: Any, submission: Any) -> list[str]:
    """A row of the export; who handed nothing in has 0."""
    raw = submission.score if submission else 0.0
    penalty = (submission.late_submission_penalty or 0.0) if submission else 0.0
    texts = (
        assignment.name,
        assignment.duedate,
        submission.timestamp if submission else None,
        *(student.id, student.last_name, student.first_name, student.email),
    )
    numbers = (raw, penalty, max(0.0, raw - penalty), assignment.max_score)
    return [
        *(no_formula("" if text is None else str(text)) for text in texts),
        *map(str, numbers),
    ]


def no_formula(text: str) -> str:
    """Text that a spreadsheet shows: what it would compute (a link, a command) has an apostrophe before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@contextlib.contextmanager
def _usable() -> Iterator[None]:
    """Say in a line that the gradebook's database cannot be used, where it fails."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
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
    return "?" if score is None else f"{score:g}"


def _statistics(report: Report, exercise: str, points: float) -> tuple[str, str, str]:
    scores = [row.scores[exercise] for row in report.rows if exercise in row.scores]
    marked = [score for score in scores if score is not None]
    mean = f"{sum(marked) / len(marked):.2f}" if marked else ""
    full = f"{sum(score == points for score in marked)} of {len(scores)}"
    waiting = scores.count(None)
    return mean, full, str(waiting) if waiting else ""
