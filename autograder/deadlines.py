"""Due dates, and who may hand in later; the next `autograder grade` counts by them."""

from datetime import datetime
from typing import Any

from autograder.course import Course, CourseError
from autograder.folders import moment
from autograder.report import opened


def set_due(course: Course, name: str, when: str, db: str = "") -> str:
    """Set the due date of an assignment, or say it where `when` is empty.

    Returns
    -------
    str
        A line that says what holds now.

    Raises
    ------
    CourseError
        If there is no such assignment or no such date; nothing is changed then.
    """
    until = _date("the due date", when) if when else None
    with opened(course, db) as gradebook:
        assignment = _assignment(course, gradebook, name)
        if until:
            assignment.duedate = until
            gradebook.db.commit()
        due = assignment.duedate
    if due is None:
        return f"{name} has no due date: nobody is late"
    return f"{name} is due {due:%Y-%m-%d %H:%M} UTC{_COUNTED.format(name=name) if until else ''}"


def extend(course: Course, student: str, name: str, until: str, db: str = "") -> str:
    """Let a student hand in until then, be it before or after the due date's passing or the submission.

    Returns
    -------
    str
        A line that says what holds now.

    Raises
    ------
    CourseError
        If there is no such student, assignment or date, the assignment has no due date, or that is later;
        nothing is changed then.
    """
    from nbgrader.api import SubmittedAssignment

    end = _date("--until", until)
    with opened(course, db) as gradebook:
        assignment = _assignment(course, gradebook, name)
        if assignment.duedate is None:
            raise CourseError(f"{name} has no due date: set one with autograder due {name} DATE")
        if end < assignment.duedate:
            raise CourseError(
                f"--until: {name} is due {assignment.duedate:%Y-%m-%d %H:%M} UTC, later than {end:%Y-%m-%d %H:%M} UTC"
            )
        found = [item for item in gradebook.students if item.id == student]
        if not found:
            raise CourseError(
                f"the gradebook has no student {student!r}: check the spelling, or enter the class with"
                f" autograder grade {name} --roster FILE"
            )
        submission = next((s for s in assignment.submissions if s.student_id == student), None)
        if submission is None:
            submission = SubmittedAssignment(assignment=assignment, student=found[0])
            gradebook.db.add(submission)
        submission.extension = end - assignment.duedate
        gradebook.db.commit()
    return (
        f"{student} may hand in {name} until {end:%Y-%m-%d %H:%M} UTC{_COUNTED.format(name=name)}"
    )


_COUNTED = ": the next autograder grade {name} counts by it"


def _assignment(course: Course, gradebook: Any, name: str) -> Any:
    course.chapter(name)
    found = [item for item in gradebook.assignments if item.name == name]
    if not found:
        raise CourseError(f"{name} is not released: run autograder release {name}")
    return found[0]


def _date(argument: str, text: str) -> datetime:
    """A date and time in UTC, as the gradebook keeps them; without a zone it is UTC's."""
    try:
        return moment(text)
    except (ValueError, OverflowError) as error:
        raise CourseError(
            f"{argument}: expected a date and time, such as '2027-01-31 23:59 +0100'; got {text!r}"
        ) from error
