"""What a submission does on the hidden cases, with values and in its own words: for an instructor's eyes alone.

Nothing of it is kept: the submission is run again. So no file holds it that could reach a student.
"""

from collections.abc import Iterator

from autograder import folders
from autograder.course import Course, CourseError
from autograder.grade import one, reading
from autograder.report import printable
from autograder.sandbox import host
from gradus.tables import Table


def explain(course: Course, name: str, student: str, sandbox: str = "bubblewrap") -> Iterator[str]:
    """Run a student's submission and say of every case what was found, values included.

    Raises
    ------
    CourseError
        If the assignment or the submission is unknown or cannot be read, or the sandbox does not work.
    """
    assignment = one.Assignment.load(course, name)
    if student not in folders.submitted(course.directory, name):
        raise CourseError(f"{student} has submitted nothing of {name}")
    host.require(sandbox)
    try:
        file, defects = reading.locate(course.directory / "submitted" / student / name, name)
        data = reading.load(file)
    except OSError as error:
        raise CourseError(f"the submission cannot be read: {error.strerror}") from error
    box = assignment.sandbox(sandbox, host.Limits.of(course))
    try:
        graded = one.grade(data, assignment, box, defects, full=True)
    except host.SandboxError as error:
        raise CourseError(str(error)) from error
    finally:
        box.close()
    yield from map(printable, graded.defects)
    for verdict in graded.revealed.values():
        yield from map(printable, repr(Table(verdict)).splitlines())
