"""Grade a class: nbgrader's own Autograde over every submission, and what became of each.

The classes that grade are set here and not read from `nbgrader_config.py`: nbgrader only logs a configuration
that is broken, and would then run submissions without a sandbox.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import rmtree
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from autograder import nbgrader_plugin, sandbox, submission
from autograder.course import Course, CourseError, find_programs
from autograder.grading import Assignment


@dataclass(frozen=True)
class Result:
    """What became of one student's submission.

    Attributes
    ----------
    student : str
    state : str
        "graded", "unchanged" (graded before), "not a notebook" or "failed" (no verdict).
    note : str
        What a person should know.
    verdicts : dict of exercise -> dict
        As `autograder.grading` writes them into the notebook's metadata.
    """

    student: str
    state: str
    note: str = ""
    verdicts: dict[str, dict] = field(default_factory=dict)

    @property
    def earned(self) -> float:
        return sum(verdict["earned"] for verdict in self.verdicts.values())

    @property
    def points(self) -> float:
        return sum(verdict["points"] for verdict in self.verdicts.values())


class ClassAutograde(Autograde):
    """nbgrader's Autograde, which takes any submission folder and skips what is unchanged."""

    assignment: Assignment
    on_done: Callable[[str], None]
    entered: set[str]  # students whose submission the gradebook has
    unchanged: set[str]  # students whose submission was graded before

    def init_notebooks(self) -> None:
        """Every folder of a submission counts, whatever files it holds."""
        name = self.coursedir.assignment_id
        self.assignments, self.notebooks = {}, []
        for student in submitted(Path(self.coursedir.root), name):
            folder = self._format_source(name, student)
            self.assignments[folder] = [str(Path(folder, f"{name}.ipynb"))]

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        graded = Path(self._format_dest(assignment_id, student_id))
        if graded.exists():
            file, _ = submission.locate(
                Path(self._format_source(assignment_id, student_id)), assignment_id
            )
            about = read_graded(graded / f"{assignment_id}.ipynb")
            fresh = self.assignment.fingerprint(submission.load(file))
            known = student_id in self.entered and "verdicts" in about
            if not self.force and known and about["fingerprint"] == fresh:
                self.unchanged.add(student_id)
                self.on_done(student_id)
                return False
            rmtree(str(graded))
        return True

    def convert_single_notebook(self, notebook_filename: str) -> None:
        super().convert_single_notebook(notebook_filename)
        self.on_done(Path(notebook_filename).parent.parent.name)


def grade_class(
    course: Course,
    name: str,
    kind: str = "bubblewrap",
    db: str = "",
    force: bool = False,
    on_done: Callable[[str], None] = lambda student: None,
) -> list[Result]:
    """Grade every submission of an assignment; points go into nbgrader's gradebook.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.
    kind : str
        Of sandbox: "bubblewrap" or "none".
    db : str
        Address of the gradebook's database for SQLAlchemy; by default nbgrader's SQLite file.
    force : bool
        Grade anew what is unchanged too.
    on_done : callable
        Called with each student's name when the submission is done.

    Returns
    -------
    list of Result
        One for each submission, by student.

    Raises
    ------
    CourseError
        If the assignment is unknown or not released, nobody submitted, or the sandbox or the database does
        not work: nothing is written then.
    """
    course.chapter(name)
    students = submitted(course.made, name)
    if not students:
        place = f"{course.made.name}/submitted/STUDENT/{name}/"
        raise CourseError(f"{name} has no submissions: put each into {place}{name}.ipynb")
    nbgrader_plugin.load.cache_clear()
    assignment = nbgrader_plugin.load(str(course.root), str(course.made), name)
    sandbox.require(kind)
    config = configuration(course, kind, db)
    directory = CourseDirectory(config=config)
    directory.assignment_id = name
    entered = _enter(directory.db_url, course.name, assignment)
    log = Errors()
    converter = ClassAutograde(coursedir=directory, config=config, log=log.logger, force=force)
    converter.assignment, converter.on_done = assignment, on_done
    converter.entered, converter.unchanged = entered, set()
    try:
        converter.start()
    except NbGraderException as error:
        # Raised at the end for submissions that failed, which are found below; at once for the database.
        if "database" in str(error):
            raise CourseError(f"the gradebook's database failed: {log.last()}") from error
    return [_result(course, name, student, converter.unchanged, log) for student in students]


def submitted(made: Path, name: str) -> list[str]:
    """The students who have a folder for an assignment."""
    folder = made / "submitted"
    if not folder.is_dir():
        return []
    students = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in students if (path / name).is_dir())


def configuration(course: Course, kind: str = "bubblewrap", db: str = "") -> Config:
    """nbgrader's configuration for our commands."""
    find_programs()
    config = course.nbgrader_config()
    config.merge(nbgrader_plugin.configuration(course, kind))
    # nbgrader copies a submission's other files and follows links: into feedback they would travel.
    config.CourseDirectory.ignore = ["*"]
    if db:
        config.CourseDirectory.db_url = db
    return config


def read_graded(file: Path) -> dict:
    """What `autograder.grading` wrote into a graded notebook's metadata; {} if there is none."""
    try:
        return json.loads(file.read_text("utf-8"))["metadata"].get("gradus", {})
    except (OSError, ValueError, KeyError):
        return {}


def _result(course: Course, name: str, student: str, unchanged: set[str], log: "Errors") -> Result:
    about = read_graded(course.made / "autograded" / student / name / f"{name}.ipynb")
    verdicts = about.get("verdicts")
    if verdicts is None:
        return Result(student, "failed", log.of(student) or "nbgrader could not store it")
    note = "; ".join(about["defects"])
    if not about["readable"]:
        return Result(student, "not a notebook", note.removeprefix("not a notebook: "), verdicts)
    return Result(student, "unchanged" if student in unchanged else "graded", note, verdicts)


def _enter(db_url: str, course_name: str, assignment: Assignment) -> set[str]:
    """Prove that the database can be reached, and enter the assignment where it is new.

    Returns
    -------
    set of str
        The students whose submissions it has.
    """
    try:
        with Gradebook(db_url, course_name) as gradebook:
            new = assignment.name not in [item.name for item in gradebook.assignments]
            if new:
                gradebook.add_assignment(assignment.name)
            entered = {
                item.student.id for item in gradebook.assignment_submissions(assignment.name)
            }
        if new:
            names = {"notebook": assignment.name, "assignment": assignment.name, "db_url": db_url}
            SaveCells().preprocess(assignment.released, {"nbgrader": names})
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CourseError(f"the gradebook's database cannot be used: {cause}") from error
    return entered


class Errors(logging.Handler):
    """Keeps what nbgrader logs as errors; the rest is not for an instructor's eyes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []
        self.logger = logging.getLogger("autograder.nbgrader")
        self.logger.handlers = [self]
        self.logger.propagate = False
        self.logger.setLevel(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())

    def last(self) -> str:
        """The last line of the last traceback."""
        lines = [line for text in self.records if "Traceback" in text for line in text.splitlines()]
        return lines[-1] if lines else "no message"

    def of(self, student: str) -> str:
        """Why a student's submission failed: the last line of the traceback after its name."""
        for before, text in zip(self.records, self.records[1:]):
            if f"/{student}/" in before and "Traceback" in text:
                return text.strip().splitlines()[-1]
        return ""
