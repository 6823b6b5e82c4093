"""The one writer of nbgrader's gradebook: the rows that `nbgrader autograde` writes, a batch at a time.

nbgrader opens its database nine times for a submission and commits every grade. Here a batch is one
transaction with a constant number of queries, on a connection of its own: between batches nothing is held
open, so that a server may be restarted and others may write.
"""

import csv
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from autograder.course import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sqlalchemy.engine import URL
    from sqlalchemy.orm import Session
    from traitlets.config import Config

T = TypeVar("T")

NO_RESPONSE = "No response."  # nbgrader's words
ROSTER = ("id", "first_name", "last_name", "email", "lms_user_id")
LONGEST = 128  # characters that nbgrader's columns of a student hold
# Two writers take turns, and neither waits for a lock without an end: s.
LOCK_WAIT = 1
_RETRY_SECONDS = 0.2
_BEGIN = {
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": [
        f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'",
        "SELECT pg_advisory_xact_lock(1735549284)",
    ],
}


class GradebookError(CourseError):
    """The gradebook's database does not work; nothing of what was being stored is in it."""


class _Refused(Exception):
    """An entry that cannot be stored, and why."""


@dataclass(frozen=True)
class Entry:
    """What the gradebook is to know of a graded submission.

    Attributes
    ----------
    student : str
    submitted : datetime or None
        When, in UTC; None where no time was recorded.
    marks : dict of grade id -> float or None
        Points of every grade cell; None where a person must mark it.
    unanswered : frozenset of str
        Grade ids of the answer cells that are as they were released.
    """

    student: str
    submitted: datetime | None
    marks: dict[str, float | None]
    unanswered: frozenset[str] = frozenset()


class _Cell(NamedTuple):
    id: str
    name: str


class Gradebook:
    """The gradebook of one assignment, open for writing.

    Parameters
    ----------
    db_url : str
        Address of the database for SQLAlchemy. Where it is new, nbgrader's tables are made.
    course_name : str
        nbgrader's name of the course.
    name : str
        Of the assignment.
    released : NotebookNode
        Its notebook as it was released. Cells that are new or changed are entered.
    config : Config, optional
        nbgrader's: the late penalties (`AssignLatePenalties`, `LateSubmissionPlugin`), and whether unknown
        students are entered (`Autograde.create_student`).
    patience : float
        How long a locked or restarted database is waited for: s.
    tell : callable
        Called with a line when that waiting begins.

    Raises
    ------
    GradebookError
        If the database cannot be used, has another version's tables, or has submissions of an assignment
        with other cells. Nothing is written then.
    """

    def __init__(
        self,
        db_url: str,
        course_name: str,
        name: str,
        released: "NotebookNode",
        config: "Config | None" = None,
        patience: float = 60.0,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        # Late: nbgrader takes two seconds to import.
        from nbgrader import api
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        self._api = api
        self._name, self._patience, self._tell = name, patience, tell
        self._graded: list[_Cell] = []
        self._answers: list[_Cell] = []
        url = _parse(db_url)
        self._password = url.password
        shown = url.set(query={k: v for k, v in url.query.items() if "password" not in k})
        self.address = shown.render_as_string(hide_password=True)
        options = {"timeout": LOCK_WAIT} if url.get_backend_name() == "sqlite" else {}
        if url.get_driver_name().startswith("psycopg"):
            options = {"connect_timeout": 10}
        try:
            self._engine = create_engine(url, connect_args=options, poolclass=NullPool)
        except ImportError as error:
            raise self._failure(error) from error
        self._penalty = self._late_penalties(config)
        self._create_student = (config or {}).get("Autograde", {}).get("create_student", True)
        self._reached = False
        try:
            self._open(url, course_name, released)
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        except RuntimeError as error:  # nbgrader's word for cells that differ from those submitted
            raise GradebookError(
                f"{name} was released again with other exercises, but has submissions in the gradebook: "
                f"keep its exercises, or remove it with nbgrader db assignment remove {name}"
            ) from error
        self._reached = True

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def stored(self) -> dict[str, datetime | None]:
        """The students whose submission of this assignment is in, with the time of submission in UTC."""
        from sqlalchemy import select

        table = self._api.SubmittedAssignment
        query = select(table.student_id, table.timestamp).where(
            table.assignment_id == self._assignment_id
        )
        return self._transaction(lambda session: dict(session.execute(query).all()))

    def roster(self) -> set[str]:
        """Every student of the gradebook."""
        from sqlalchemy import select

        query = select(self._api.Student.id)
        return self._transaction(lambda session: set(session.scalars(query)))

    def store(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Store graded submissions in one transaction; what a person marked or wrote is kept.

        Parameters
        ----------
        entries : iterable of Entry
            The last one counts where a student has several.

        Returns
        -------
        dict of student -> str
            The entries that were left out because the database cannot hold them, each with its reason. All
            others are stored.

        Raises
        ------
        GradebookError
            If the database fails, or stays locked or away. None of the entries is stored then.
        """
        return self._write(self._put, {entry.student: entry for entry in entries})

    def enter_students(self, rows: Iterable[dict[str, str | None]]) -> dict[str, str]:
        """Enter students, or what is new about them, as `nbgrader db student import` does.

        Parameters
        ----------
        rows : iterable of dict
            As `read_roster` returns them.

        Returns
        -------
        dict of student -> str
            Those that were left out because the database cannot hold them, each with its reason.
        """
        return self._write(self._put_students, {row["id"]: row for row in rows})

    def _write(self, put: Callable, items: dict[str, Any]) -> dict[str, str]:
        """`put(session, items)` in one transaction; where some cannot be held, one by one."""
        from sqlalchemy.exc import DataError

        unfit = (_Refused, DataError, UnicodeError)

        def one_by_one(session: "Session") -> dict[str, str]:
            refused = {}
            for student, item in items.items():
                try:
                    with session.begin_nested():
                        put(session, {student: item})
                except unfit as error:
                    refused[student] = self._cause(error)
            return refused

        if not items:
            return {}
        try:
            self._transaction(lambda session: put(session, items))
        except unfit:
            return self._transaction(one_by_one)
        return {}

    def _put_students(self, session: "Session", rows: dict[str, dict]) -> None:
        from sqlalchemy import insert, select, update

        table = self._api.Student
        known = set(session.scalars(select(table.id).where(table.id.in_(rows))))
        new = [row for student, row in rows.items() if student not in known]
        changed = [row for student, row in rows.items() if student in known and len(row) > 1]
        if new:
            session.execute(insert(table), new)
        if changed:
            session.execute(update(table), changed)

    def _put(self, session: "Session", entries: dict[str, Entry]) -> None:
        """Enter the rows of a batch: `nbgrader.converters.Autograde` and `SaveAutoGrades` in one."""
        from nbgrader.utils import parse_utc
        from sqlalchemy import insert, select, update

        api = self._api
        for entry in entries.values():
            self._examine(entry)
        if self._create_student:
            self._put_students(session, {student: {"id": student} for student in entries})
        else:
            ids = select(api.Student.id).where(api.Student.id.in_(entries))
            if unknown := entries.keys() - set(session.scalars(ids)):
                raise _Refused(f"{min(unknown)} is not in the roster")

        submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        mine = (submission.assignment_id == self._assignment_id, submission.student_id.in_(entries))
        query = select(submission.id, submission.student_id, submission.timestamp, submission.extension)
        submissions = {row.student_id: row for row in session.execute(query.where(*mine))}
        query = select(notebook.assignment_id, notebook.id).join(submission)
        query = query.where(*mine, notebook.notebook_id == self._notebook_id)
        notebooks = dict(session.execute(query).all())
        of_mine = (notebook.id.in_(notebooks.values()),)
        grade, comment = api.Grade, api.Comment
        query = select(grade.notebook_id, grade.cell_id, grade.id, grade.manual_score)
        grades = {tuple(row[:2]): row for row in session.execute(query.join(notebook).where(*of_mine))}
        query = select(comment.notebook_id, comment.cell_id, comment.id)
        comments = {
            tuple(row[:2]): row for row in session.execute(query.join(notebook).where(*of_mine))
        }

        new, changed = defaultdict(list), defaultdict(list)
        ids: dict[str, str] = {}  # of notebooks, by student
        late: dict[str, tuple[str, float]] = {}
        for student, entry in entries.items():
            submitted, extension = parse_utc(entry.submitted), None
            if found := submissions.get(student):
                submission_id, extension = found.id, found.extension
                if submitted is None:
                    submitted = found.timestamp
                elif submitted != found.timestamp:
                    changed[submission].append({"id": found.id, "timestamp": submitted})
            else:
                submission_id = api.new_uuid()
                new[submission].append(
                    {
                        "id": submission_id,
                        "assignment_id": self._assignment_id,
                        "student_id": student,
                        "timestamp": submitted,
                    }
                )
            notebook_id = notebooks.get(submission_id)
            if notebook_id is None:
                notebook_id = api.new_uuid()
                new[notebook].append(
                    {
                        "id": notebook_id,
                        "assignment_id": submission_id,
                        "notebook_id": self._notebook_id,
                    }
                )
            else:
                changed[notebook].append({"id": notebook_id, "late_submission_penalty": None})
            ids[student] = notebook_id
            if submitted and self._due:
                seconds = (submitted - self._due - (extension or timedelta())).total_seconds()
                if seconds > 0:
                    late[notebook_id] = (student, seconds)

        grade_rows, comment_rows = defaultdict(list), defaultdict(list)
        for student, entry in entries.items():
            notebook_id = ids[student]
            for cell in self._graded:
                row = {"auto_score": entry.marks[cell.name]}
                found = grades.get((notebook_id, cell.id))
                # As nbgrader: what a person marked before has to be looked at again.
                manual = found is not None and found.manual_score is not None
                row["needs_manual_grade"] = manual or row["auto_score"] is None
                if found:
                    grade_rows[False].append({"id": found.id, **row})
                else:
                    new_row = {"id": api.new_uuid(), "notebook_id": notebook_id, "cell_id": cell.id}
                    grade_rows[True].append(new_row | row)
            for cell in self._answers:
                row = {"auto_comment": NO_RESPONSE if cell.name in entry.unanswered else None}
                if found := comments.get((notebook_id, cell.id)):
                    comment_rows[False].append({"id": found.id, **row})
                else:
                    new_row = {"id": api.new_uuid(), "notebook_id": notebook_id, "cell_id": cell.id}
                    comment_rows[True].append(new_row | row)
        for table, rows in (
            (submission, {True: new[submission], False: changed[submission]}),
            (notebook, {True: new[notebook], False: changed[notebook]}),
            (grade, grade_rows),
            (comment, comment_rows),
        ):
            if rows[True]:
                session.execute(insert(table), rows[True])
            if rows[False]:
                session.execute(update(table), rows[False])
        self._put_penalties(session, late)

    def _put_penalties(self, session: "Session", late: dict[str, tuple[str, float]]) -> None:
        """Late penalties as `nbgrader.preprocessors.AssignLatePenalties` assigns them."""
        from sqlalchemy import select, update

        if not late:
            return
        table = self._api.SubmittedNotebook
        query = select(table.id, table.score).where(table.id.in_(late))
        rows = []
        for notebook_id, score in session.execute(query):
            student, seconds = late[notebook_id]
            penalty = self._penalty.late_submission_penalty(student, score, seconds)
            if penalty is not None:
                penalty = min(max(penalty, 0), score)
            rows.append({"id": notebook_id, "late_submission_penalty": penalty})
        session.execute(update(table), rows)

    def _examine(self, entry: Entry) -> None:
        """Refuse an entry that does not fit nbgrader's tables or this assignment."""
        if len(entry.student) > LONGEST:
            raise _Refused(f"the name of a student has at most {LONGEST} characters")
        entry.student.encode()  # a name that is not text, from a file system that has such
        if missing := {cell.name for cell in self._graded} - entry.marks.keys():
            raise _Refused(f"no points are given for {min(missing)}")

    def _open(self, url: "URL", course_name: str, released: "NotebookNode") -> None:
        """Make what is missing with nbgrader's own means, then read what does not change."""
        from nbgrader.preprocessors import SaveCells
        from sqlalchemy import select

        db_url = url.render_as_string(hide_password=False)
        with self._api.Gradebook(db_url, course_name) as gradebook:
            self._examine_revision(gradebook)
            if self._name not in {item.name for item in gradebook.assignments}:
                gradebook.add_assignment(self._name)
        names = {"notebook": self._name, "assignment": self._name, "db_url": db_url}
        if self._transaction(self._cells) != _cells_of(released):
            SaveCells().preprocess(released, {"nbgrader": names})
        api = self._api

        def read(session: "Session") -> None:
            assignment = session.scalars(select(api.Assignment).filter_by(name=self._name)).one()
            self._assignment_id, self._due = assignment.id, assignment.duedate
            query = select(api.Notebook.id).filter_by(
                name=self._name, assignment_id=self._assignment_id
            )
            self._notebook_id = session.scalars(query).one()
            for kind, attribute in ((api.GradeCell, "_graded"), (api.SolutionCell, "_answers")):
                query = select(kind.id, kind.name).filter_by(notebook_id=self._notebook_id)
                setattr(self, attribute, [_Cell(*row) for row in session.execute(query)])

        self._transaction(read)

    def _cells(self, session: "Session") -> dict[str, tuple[str, float | None]]:
        """The text and the points of each cell that the database has, by grade id."""
        from sqlalchemy import select

        api = self._api
        mine = select(api.Notebook.id).join(api.Assignment)
        mine = mine.where(api.Assignment.name == self._name, api.Notebook.name == self._name)
        query = select(api.GradeCell.name, api.GradeCell.max_score)
        points = dict(session.execute(query.where(api.GradeCell.notebook_id.in_(mine))).all())
        query = select(api.SourceCell.name, api.SourceCell.source)
        return {
            name: (source, points.get(name))
            for name, source in session.execute(query.where(api.SourceCell.notebook_id.in_(mine)))
        }

    def _examine_revision(self, gradebook: Any) -> None:
        """Refuse a database whose tables are those of another version of nbgrader."""
        from alembic.script import ScriptDirectory
        from sqlalchemy import text

        head = ScriptDirectory(str(Path(self._api.__file__).with_name("alembic"))).get_current_head()
        found = gradebook.db.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found != head:
            raise GradebookError(
                f"the gradebook's database {self.address} has tables of another version of nbgrader "
                f"({found}, not {head}): run nbgrader db upgrade"
            )

    def _transaction(self, work: "Callable[[Session], T]") -> T:
        """What `work` returns, in one transaction; tried again while the database is locked or away."""
        from sqlalchemy import text
        from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
        from sqlalchemy.orm import Session

        end, told = time.monotonic() + self._patience, False
        while True:
            try:
                with Session(self._engine) as session:
                    for statement in _BEGIN.get(self._engine.dialect.name, ()):
                        session.execute(text(statement))
                    found = work(session)
                    session.commit()
                    return found
            except DataError:
                raise
            except (OperationalError, InterfaceError) as error:
                if not self._reached or time.monotonic() > end or _lasting(error):
                    raise self._failure(error) from error
                if not told:
                    self._tell(f"{self._failure(error)}: waiting up to {self._patience:g} s")
                    told = True
                time.sleep(_RETRY_SECONDS)
            except SQLAlchemyError as error:
                raise self._failure(error) from error

    def _failure(self, error: Exception) -> GradebookError:
        return GradebookError(
            f"the gradebook's database {self.address} cannot be used: {self._cause(error)}"
        )

    def _cause(self, error: Exception) -> str:
        """The cause in one line, without the password."""
        lines = str(getattr(error, "orig", None) or error).strip().splitlines()
        cause = lines[0] if lines else type(error).__name__
        return cause.replace(self._password, "***") if self._password else cause

    def _late_penalties(self, config: "Config | None") -> Any:
        """The plugin that nbgrader's configuration names, or nbgrader's own."""
        from nbgrader.preprocessors import AssignLatePenalties

        preprocessor = AssignLatePenalties(config=config)
        preprocessor.init_plugin()
        return preprocessor.plugin_inst


def _lasting(error: Exception) -> bool:
    """Whether waiting is of no use: only for locks and for a server that is away it is."""
    cause = getattr(error, "orig", None)
    if not isinstance(cause, sqlite3.Error):
        return False
    return "locked" not in str(cause) and "busy" not in str(cause)


def _cells_of(released: "NotebookNode") -> dict[str, tuple[str, float | None]]:
    """The cells of a released notebook that nbgrader's `SaveCells` records."""
    found = {}
    for cell in released.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") or marks.get("solution") or marks.get("locked"):
            points = float(marks["points"]) if marks.get("grade") else None
            found[marks["grade_id"]] = cell.source, points
    return found


def _parse(db_url: str) -> "URL":
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(db_url)
    except (ArgumentError, ValueError) as error:
        raise GradebookError(
            "--db: expected an address for SQLAlchemy, such as postgresql+psycopg://user@host/name"
        ) from error


def read_roster(file: Path) -> list[dict[str, str | None]]:
    """Read a roster in CSV, with the columns of `nbgrader db student import`.

    Returns
    -------
    list of dict
        One for each student: "id", and those of `ROSTER` that the file has.

    Raises
    ------
    CourseError
        If it cannot be read, has no column "id", another one than these, or a line without or with a known id.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            columns = reader.fieldnames or []
    except OSError as error:
        raise CourseError(f"--roster: {file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"--roster: {file} is not a CSV file in UTF-8: {error}") from error
    if "id" not in columns or (unknown := [name for name in columns if name not in ROSTER]):
        what = f"has the column {unknown[0]!r}" if "id" in columns else "has no column 'id'"
        raise CourseError(f"--roster: {file} {what}; its first line names of {', '.join(ROSTER)}")
    lines: dict[str, int] = {}
    for line, row in rows:
        student = (row["id"] or "").strip()
        if not student or None in row:
            what = "has no id" if not student else "has more fields than the first line"
            raise CourseError(f"--roster: line {line} of {file} {what}")
        if student in lines:
            raise CourseError(
                f"--roster: line {line} of {file} has the student {student!r} of line {lines[student]} again"
            )
        lines[student] = line
    return [{key: (value or "").strip() or None for key, value in row.items()} for _, row in rows]
