"""The scores of a whole course as a file that something else reads: nbgrader's columns, or a learning platform's."""

import csv
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError
from autograder.report import is_unmarked, no_formula, opened

# The columns of nbgrader's own export, which quotes nothing.
_NBGRADER = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
# Those that Canvas's gradebook asks for before the assignments, and what stands in its second row.
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "    Points Possible"
# As Moodle's grade export names them; its import asks which of them says who a row is of.
_MOODLE = ("First name", "Last name", "ID number", "Email address")
_WIDE = ("student_id", "last_name", "first_name", "email")


def export(course: Course, file: Path, db: str = "", form: str = "nbgrader") -> list[str]:
    """Write the scores of all assignments and students, with late penalties and marks by hand.

    Parameters
    ----------
    course : Course
    file : Path
    db : str
        The gradebook's address.
    form : str
        Of `FORMS`: "nbgrader", a row for each student and assignment in nbgrader's columns, where who handed
        nothing in has 0; or a row for each student and a column for each assignment that somebody handed in:
        "wide", "canvas", "moodle". There what was not handed in, or is not wholly marked, is left empty.

    Returns
    -------
    list of str
        A line for each assignment some of whose scores a person has yet to complete.

    Raises
    ------
    CourseError
        If there is no such form, the gradebook cannot be used or the file cannot be written.
    """
    if form not in FORMS:
        raise CourseError(f"--format: expected one of {', '.join(FORMS)}; got {form!r}")
    left_out: list[str] = []
    with opened(course, db) as gradebook:
        if not gradebook.assignments:
            raise CourseError("the gradebook has no assignment: run autograder release")
        rows = list(FORMS[form](gradebook, left_out))
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise CourseError(f"{file} cannot be written: {error.strerror}") from error
    return left_out


def _nbgrader(gradebook: Any, left_out: list[str]) -> Iterator[list[str]]:
    yield list(_NBGRADER)
    for assignment in gradebook.assignments:
        found = handed_in(assignment)
        if waiting := sum(map(has_unmarked, found.values())):
            left_out.append(
                f"{assignment.name}: {waiting} of {len(found)} not wholly marked: their scores are those so far"
            )
        submissions = {item.student_id: item for item in assignment.submissions}
        for student in gradebook.students:
            submission = submissions.get(student.id)
            raw = submission.score if submission else 0.0
            penalty = (submission.late_submission_penalty or 0.0) if submission else 0.0
            texts = (
                *(assignment.name, assignment.duedate),
                submission.timestamp if submission else None,
                *(student.id, student.last_name, student.first_name, student.email),
            )
            numbers = (raw, penalty, max(0.0, raw - penalty), assignment.max_score)
            yield [*map(_text, texts), *map(str, numbers)]


def _canvas(gradebook: Any, left_out: list[str]) -> Iterator[list[str]]:
    def who(student: Any) -> tuple:
        name = ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
        return name, student.lms_user_id, None, student.id, None

    return _row_each(gradebook, left_out, _CANVAS, who, _POSSIBLE)


def _moodle(gradebook: Any, left_out: list[str]) -> Iterator[list[str]]:
    who = attrgetter("first_name", "last_name", "id", "email")
    return _row_each(gradebook, left_out, _MOODLE, who)


def _wide(gradebook: Any, left_out: list[str]) -> Iterator[list[str]]:
    who = attrgetter("id", "last_name", "first_name", "email")
    return _row_each(gradebook, left_out, _WIDE, who)


def _row_each(
    gradebook: Any,
    left_out: list[str],
    heads: tuple[str, ...],
    who: Callable[[Any], tuple],
    possible: str = "",
) -> Iterator[list[str]]:
    """A row for each student: who it is, under `heads`, then a score for each assignment.

    `possible`: the name of a second row, of the most that each assignment gives.
    """
    assignments, scores = _scores(gradebook, left_out)
    yield [*heads, *map(_text, assignments)]
    if possible:
        yield [possible, *[""] * (len(heads) - 1), *map(_number, assignments.values())]
    for student, row in scores:
        yield [*map(_text, who(student)), *row]


FORMS: dict[str, Callable[[Any, list[str]], Iterator[list[str]]]] = {
    "nbgrader": _nbgrader,
    "wide": _wide,
    "canvas": _canvas,
    "moodle": _moodle,
}


def _scores(
    gradebook: Any, left_out: list[str]
) -> tuple[dict[str, float], list[tuple[Any, list[str]]]]:
    """The assignments that somebody handed in, each with the most it gives, and each student's scores in them."""
    submissions = {item.name: handed_in(item) for item in gradebook.assignments}
    assignments = {
        item.name: item.max_score for item in gradebook.assignments if submissions[item.name]
    }
    waiting = {
        name: {student for student, item in submissions[name].items() if has_unmarked(item)}
        for name in assignments
    }
    for name, students in waiting.items():
        if students:
            left_out.append(
                f"{name}: {len(students)} of {len(submissions[name])} left empty: a person has yet to mark them"
            )
    rows = []
    for student in gradebook.students:
        row = []
        for name in assignments:
            submission = submissions[name].get(student.id)
            known = submission is not None and student.id not in waiting[name]
            row.append(_number(_score(submission)) if known else "")
        rows.append((student, row))
    return assignments, rows


def handed_in(assignment: Any) -> dict[str, Any]:
    """What was handed in of an assignment; who has an extension only has handed nothing in."""
    return {item.student_id: item for item in assignment.submissions if item.notebooks}


def _score(submission: Any) -> float:
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))


def has_unmarked(submission: Any) -> bool:
    """Whether a person has yet to give points for one of its cells."""
    return any(is_unmarked(grade) for notebook in submission.notebooks for grade in notebook.grades)


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _text(value: object) -> str:
    return no_formula("" if value is None else str(value))
