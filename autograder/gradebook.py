"""The one writer of nbgrader's gradebook: rows as of `nbgrader autograde`, a batch at a time.

nbgrader opens its database nine times for a submission and commits every grade. Here a batch is one
transaction with a constant number of statements, on a connection of its own: between batches
nothing is held open, so that a server may be restarted and others may write.
"""

import csv
import json
import math
import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from autograder.course import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sqlalchemy.engine import URL
    from sqlalchemy.orm import Session
    from traitlets.config import Config

T = TypeVar("T")

NO_RESPONSE = "No response."  # nbgrader's words
ROSTER = ("id", "first_name", "last_name", "email", "lms_user_id")
_RETRY_SECONDS = 0.2
# How long one attempt waits for a lock: s.
_LOCK_SECONDS = 1
# How a transaction begins, so that writers take turns and none waits without end.
_BEGIN = {
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": [
        f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'",
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


@dataclass(frozen=True)
class Total:
    """What the gradebook gives a submission, all told.

    Attributes
    ----------
    score : float
        Points by the grader and by hand, with extra credit, less the late penalty; not below 0.
    most : float
        What all cells together give.
    penalty : float
        For being late.
    waiting : int
        How many cells a person has to mark, or to look at again.
    """

    score: float
    most: float
    penalty: float
    waiting: int


class Database:
    """The database of a gradebook, written in transactions: whatever ends this process, each is there or is not.

    Its parameters are those of `Gradebook`.
    """

    def __init__(
        self,
        db_url: str,
        patience: float = 60.0,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        # Late: nbgrader takes two seconds to import.
        from nbgrader import api
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        self._api = api
        self._patience, self._log = patience, log
        url = _parse(db_url)
        shown = url.set(query={k: v for k, v in url.query.items() if "password" not in k})
        self.address = shown.render_as_string(hide_password=True)
        try:
            options = {"timeout": _LOCK_SECONDS} if url.get_backend_name() == "sqlite" else {}
            if url.get_driver_name().startswith("psycopg"):
                options = {"connect_timeout": 10}
            self._engine = create_engine(url, connect_args=options, poolclass=NullPool)
        except ImportError as error:
            raise self._failure(error) from error
        self._reached = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def make(self) -> None:
        """Make nbgrader's tables where there are none."""
        self._transaction(self._make_tables)

    def _make_tables(self, session: "Session") -> None:
        """nbgrader's tables where the database is new.

        nbgrader's own `Gradebook` makes them in several steps and starts a program for it; here a
        run that is killed, or a second one, meets all of them or none.
        """
        from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

        connection = session.connection()
        head = newest_revision()
        tables = inspect(connection).get_table_names()
        revision = Table(
            "alembic_version", MetaData(), Column("version_num", String(32), nullable=False)
        )
        if not {"assignment", revision.name}.intersection(tables):
            self._api.Base.metadata.create_all(connection)
            revision.create(connection)
            session.execute(insert(revision), [{"version_num": head}])
        else:
            found = session.scalar(select(revision)) if revision.name in tables else None
            if found != head:
                raise GradebookError(
                    f"the gradebook's database {self.address} has tables of another version of"
                    f" nbgrader ({found or 'no revision'}, not {head}): run nbgrader db upgrade"
                )

    def _transaction(self, work: "Callable[[Session], T]") -> T:
        """What `work` returns, in one transaction; again while the database is locked or away."""
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.orm import Session

        end, told = time.monotonic() + self._patience, False
        while True:
            try:
                with Session(self._engine) as session, session.begin():
                    for statement in _BEGIN.get(self._engine.dialect.name, ()):
                        session.execute(text(statement))
                    return work(session)
            except SQLAlchemyError as error:
                failure = self._failure(error)
                if time.monotonic() > end or not _passes(error, self._reached):
                    raise failure from error
            if not told:
                self._log(f"{failure}: waiting up to {self._patience:g} s")
                told = True
            time.sleep(_RETRY_SECONDS)

    def _failure(self, error: Exception) -> GradebookError:
        return GradebookError(
            f"the gradebook's database {self.address} cannot be used: {_cause(error)}"
        )


class Gradebook(Database):
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
        nbgrader's: the late penalties (`AssignLatePenalties`, `LateSubmissionPlugin`), and whether
        unknown students are entered (`Autograde.create_student`).
    patience : float
        How long a locked or restarted database is waited for: s.
    log : callable
        Called with a line when that waiting begins.

    Raises
    ------
    GradebookError
        If the database cannot be used, has another version's tables, or has submissions of an
        assignment with other cells. Nothing is written then.
    """

    def __init__(
        self,
        db_url: str,
        course_name: str,
        name: str,
        released: "NotebookNode",
        config: "Config | None" = None,
        patience: float = 60.0,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        super().__init__(db_url, patience, log)
        self._name = name
        self._late_plugin = _late_plugin(config)
        settings: dict[str, Any] = config or {}
        self._create_student = settings.get("Autograde", {}).get("create_student", True)
        self._transaction(lambda session: self._open(session, course_name, released))
        self._reached = True

    def stored(self) -> dict[str, datetime | None]:
        """The students whose submission is in, each with its time in UTC."""
        from sqlalchemy import select

        table = self._api.SubmittedAssignment
        query = select(table.student_id, table.timestamp)
        query = query.where(table.assignment_id == self._assignment_id)
        return self._transaction(lambda session: dict(session.execute(query).all()))

    def store(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Store graded submissions in one transaction; what a person marked or wrote is kept.

        Parameters
        ----------
        entries : iterable of Entry
            The last one counts where a student has several.

        Returns
        -------
        dict of student -> str
            The entries that were left out because the database cannot hold them, each with its
            reason. All others are stored.

        Raises
        ------
        GradebookError
            If the database fails, or stays locked or away. None of the entries is stored then.
        """
        return self._write(self._put, {entry.student: entry for entry in entries})

    def settle(self) -> dict[str, Total]:
        """Enter the late penalties anew, by the due date, extensions and marks of now, and add all up.

        Returns
        -------
        dict of student -> Total
            Of every submission that is stored.

        Raises
        ------
        GradebookError
            As `store`; and if the course's own plugin for late penalties fails.
        """
        try:
            self._transaction(self._put_all_penalties)
        except _Refused as error:
            raise GradebookError(f"{error}: the penalties stay as they were") from error
        return self._transaction(self._add_up)

    def _put_all_penalties(self, session: "Session") -> None:
        from sqlalchemy import select, update

        submission, notebook = self._api.SubmittedAssignment, self._api.SubmittedNotebook
        query = select(
            notebook.id, submission.student_id, submission.timestamp, submission.extension
        )
        query = query.join(submission, notebook.assignment_id == submission.id)
        mine = notebook.notebook_id == self._notebook_id
        late = {
            row.id: (row.student_id, seconds)
            for row in session.execute(query.where(mine))
            if (seconds := self._seconds_late(row.timestamp, row.extension)) > 0
        }
        session.execute(update(notebook).where(mine).values(late_submission_penalty=None))
        if late:
            self._put_penalties(session, late)

    def _add_up(self, session: "Session") -> dict[str, Total]:
        from sqlalchemy import select

        api = self._api
        submission, notebook, grade = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade
        query = select(
            submission.student_id,
            notebook.late_submission_penalty,
            grade.score,
            grade.needs_manual_grade,
        )
        query = query.join(notebook, notebook.assignment_id == submission.id)
        query = query.join(grade, grade.notebook_id == notebook.id)
        query = query.where(
            notebook.notebook_id == self._notebook_id, grade.cell_id.in_(self._graded.values())
        )
        rows = defaultdict(list)
        for student, *row in session.execute(query):
            rows[student].append(row)
        most, totals = math.fsum(self._points.values()), {}
        for student, found in rows.items():
            penalty = found[0][0] or 0.0
            score = max(0.0, math.fsum(score for _, score, _ in found) - penalty)
            totals[student] = Total(score, most, penalty, sum(bool(by) for *_, by in found))
        return totals

    def _seconds_late(self, submitted: datetime | None, extension: timedelta | None) -> float:
        """How late it is for its student; not above 0 where it is not, or nobody knows."""
        if not submitted or not self._due:
            return 0.0
        return (submitted - self._due - (extension or timedelta())).total_seconds()

    def enter_students(self, rows: Iterable[dict[str, Any]]) -> dict[str, str]:
        """Enter students, or what is new about them, as `nbgrader db student import` does.

        Parameters
        ----------
        rows : iterable of dict
            As `read_roster` returns them.

        Returns
        -------
        dict of student -> str
            Those that were left out because the database cannot hold them, each with its reason.

        Raises
        ------
        GradebookError
            As `store`.
        """
        return self._write(self._put_students, {row["id"]: row for row in rows})

    def _write(self, put: Callable, items: dict[str, Any]) -> dict[str, str]:
        """`put(session, items)` in one transaction; where some cannot be held, one by one."""
        from sqlalchemy.exc import DataError

        def one_by_one(session: "Session") -> dict[str, str]:
            refused = {}
            for student, item in items.items():
                try:
                    with session.begin_nested():
                        put(session, {student: item})
                except (_Refused, UnicodeError, DataError) as error:
                    refused[student] = _cause(error)
            return refused

        if not items:
            return {}
        try:
            self._transaction(lambda session: put(session, items))
        except (_Refused, UnicodeError):
            return self._transaction(one_by_one)
        except GradebookError as error:
            if not isinstance(error.__cause__, DataError):
                raise
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
        """Enter a batch, as nbgrader's `SaveAutoGrades` and `AssignLatePenalties` would."""
        from nbgrader.utils import parse_utc
        from sqlalchemy import insert, select, update

        api = self._api
        submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        for entry in entries.values():
            self._examine(entry)
        if self._create_student:
            self._put_students(session, {student: {"id": student} for student in entries})
        else:
            query = select(api.Student.id).where(api.Student.id.in_(entries))
            if entries.keys() - set(session.scalars(query)):
                raise _Refused("no such student: nbgrader_config.py says create_student = False")
        stored = self._rows(session, entries)
        new, changed = defaultdict(list), defaultdict(list)

        def enter(table: type, key: dict[str, str], values: dict[str, Any]) -> str:
            found = stored.get((table, *key.values()))
            row = {"id": found.id if found else api.new_uuid(), **values}
            if found:
                changed[table].append(row)
            else:
                new[table].append(row | key)
            return row["id"]

        late = {}
        for student, entry in entries.items():
            key = {"assignment_id": self._assignment_id, "student_id": student}
            found = stored.get((submission, *key.values()))
            submitted = parse_utc(entry.submitted) or (found.timestamp if found else None)
            key = {"assignment_id": enter(submission, key, {"timestamp": submitted})}
            key["notebook_id"] = self._notebook_id
            notebook_id = enter(notebook, key, {"late_submission_penalty": None})
            seconds = self._seconds_late(submitted, found.extension if found else None)
            if seconds > 0:
                late[notebook_id] = (student, seconds)
            for name, cell_id in self._graded.items():
                key = {"notebook_id": notebook_id, "cell_id": cell_id}
                found, points = stored.get((api.Grade, *key.values())), entry.marks[name]
                # As in nbgrader: what a person marked before has to be looked at again.
                manual = points is None or (found is not None and found.manual_score is not None)
                enter(api.Grade, key, {"auto_score": points, "needs_manual_grade": manual})
            for name, cell_id in self._answers.items():
                key = {"notebook_id": notebook_id, "cell_id": cell_id}
                text = NO_RESPONSE if name in entry.unanswered else None
                enter(api.Comment, key, {"auto_comment": text})
        for table in (submission, notebook, api.Grade, api.Comment):
            if new[table]:
                # Without it, rows with and without a None go into statements of their own.
                whole = {"render_nulls": True}
                session.execute(insert(table), new[table], execution_options=whole)
            if changed[table]:
                session.execute(update(table), changed[table])
        if late:
            self._put_penalties(session, late)

    def _rows(self, session: "Session", students: Iterable[str]) -> dict[tuple, Any]:
        """The rows of some students that are stored, by table and by what each row belongs to."""
        from sqlalchemy import select

        api = self._api
        submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        found = {}

        def find(table: Any, *columns: Any, **within: Iterable[str]) -> list[str]:
            places = [getattr(table, name) for name in within]
            query = select(*places, table.id, *columns)
            # By both columns of nbgrader's unique key: its tables have no other index.
            query = query.where(
                *(p.in_(ids) for p, ids in zip(places, within.values(), strict=True))
            )
            rows = session.execute(query).all()
            found.update({(table, *row[:2]): row for row in rows})
            return [row.id for row in rows]

        assignment, cells = [self._assignment_id], [*self._graded.values(), *self._answers.values()]
        columns = (submission.timestamp, submission.extension)
        ids = find(submission, *columns, assignment_id=assignment, student_id=students)
        ids = find(notebook, assignment_id=ids, notebook_id=[self._notebook_id])
        find(api.Grade, api.Grade.manual_score, notebook_id=ids, cell_id=cells)
        find(api.Comment, notebook_id=ids, cell_id=cells)
        return found

    def _put_penalties(self, session: "Session", late: dict[str, tuple[str, float]]) -> None:
        """Enter the penalties of late notebooks: of which student, by how many seconds."""
        from sqlalchemy import select, update

        grade = self._api.Grade
        # Summed here: nbgrader's own sum reads every grade of the course for each notebook.
        query = select(grade.notebook_id, grade.score)
        query = query.where(grade.notebook_id.in_(late), grade.cell_id.in_(self._graded.values()))
        scores = defaultdict(list)
        for notebook_id, score in session.execute(query):
            scores[notebook_id].append(score)
        rows = []
        for notebook_id, (student, seconds) in late.items():
            score = math.fsum(scores[notebook_id])
            try:
                penalty = self._late_plugin.late_submission_penalty(student, score, seconds)
                penalty = None if penalty is None else min(max(penalty, 0), score)
            except Exception as error:  # of the course's own plugin
                reason = f"{type(error).__name__}: {error}"
                raise _Refused(f"its late penalty cannot be had: {reason}") from error
            rows.append({"id": notebook_id, "late_submission_penalty": penalty})
        session.execute(update(self._api.SubmittedNotebook), rows)

    def _examine(self, entry: Entry) -> None:
        """Refuse an entry that nbgrader could not hold, or would read otherwise."""
        try:
            entry.student.encode()
        except UnicodeError as error:
            raise _Refused("the student's name is not UTF-8: rename the folder") from error
        # nbgrader takes such a name for a pattern, which fits other students' files, or none.
        if set("\n*?[") & set(entry.student):
            raise _Refused("the student's name has one of * ? [ or a line break: rename the folder")
        for name in self._graded:
            if name not in entry.marks:
                raise _Refused(f"there are no points for {name}")
            points, most = entry.marks[name], self._points[name]
            if points is not None and not 0 <= points <= most:
                raise _Refused(f"{name} has {points!r} points: expected 0 to {most:g}")

    def _open(self, session: "Session", course_name: str, released: "NotebookNode") -> None:
        """Enter what the database lacks, and read what does not change."""
        from sqlalchemy import select

        api = self._api
        self._make_tables(session)
        if session.get(api.Course, course_name) is None:
            session.add(api.Course(id=course_name))
        assignment = session.scalar(select(api.Assignment).filter_by(name=self._name))
        if assignment is None:
            assignment = api.Assignment(self._name, course_id=course_name)
            session.add(assignment)
        notebook = next((n for n in assignment.notebooks if n.name == self._name), None)
        if notebook is None:
            kernel = json.dumps(released.metadata.get("kernelspec", {}))
            notebook = api.Notebook(name=self._name, assignment=assignment, kernelspec=kernel)
            session.add(notebook)
        self._enter_cells(session, notebook, released)
        session.flush()
        self._assignment_id, self._due = assignment.id, assignment.duedate
        self._notebook_id = notebook.id
        self._graded = {cell.name: cell.id for cell in notebook.grade_cells}
        self._points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        self._answers = {cell.name: cell.id for cell in notebook.solution_cells}

    def _enter_cells(self, session: "Session", notebook: Any, released: "NotebookNode") -> None:
        """The cells as nbgrader's `SaveCells` enters them."""
        from nbgrader import utils
        from sqlalchemy import select

        api = self._api
        wanted = {}
        for cell in released.cells:
            grade, solution = utils.is_grade(cell), utils.is_solution(cell)
            if not (grade or solution or utils.is_locked(cell)):
                continue
            marks = cell.metadata.nbgrader
            wanted[api.SourceCell, marks.grade_id] = {
                "cell_type": cell.cell_type,
                "locked": utils.is_locked(cell),
                "source": cell.source,
                "checksum": marks.get("checksum"),
            }
            if grade:
                points = {"max_score": float(marks.points), "cell_type": cell.cell_type}
                wanted[api.GradeCell, marks.grade_id] = points
            if solution:
                wanted[api.SolutionCell, marks.grade_id] = {}
        cells = (*notebook._base_cells, *notebook.source_cells)
        found = {(type(cell), cell.name): cell for cell in cells}
        if found.keys() != wanted.keys():
            query = select(api.SubmittedNotebook.id).filter_by(notebook_id=notebook.id)
            if session.scalar(query.limit(1)):
                raise GradebookError(
                    f"{self._name} was released again with other exercises, but has submissions in"
                    " the gradebook: keep its exercises, or remove it with"
                    f" nbgrader db assignment remove {self._name}"
                )
        for key in found.keys() - wanted.keys():
            session.delete(found[key])
        for (kind, name), values in wanted.items():
            cell = found.get((kind, name))
            if cell is None:
                session.add(kind(name=name, notebook=notebook, **values))
            else:
                for attribute, value in values.items():
                    setattr(cell, attribute, value)
        session.flush()
        session.expire(notebook)


def _cause(error: Exception) -> str:
    """The cause in one line, without the statement and its rows."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _passes(error: Exception, reached: bool) -> bool:
    """Whether to try again: after a lock, a conflict, or the loss of a server once reached."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if state := getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None):
        # Connection lost, transaction undone for another, server ends or starts; lock, unique key,
        # too many connections.
        return state.startswith(("08", "40", "57P")) or state in ("55P03", "23505", "53300")
    return reached and isinstance(error, OperationalError | InterfaceError)


def newest_revision() -> str:
    """The revision of the tables of this nbgrader, as Alembic names it.

    Read from its scripts: to have Alembic run them takes as long as to grade five submissions.
    """
    from nbgrader.dbutil import ALEMBIC_DIR

    scripts = [file.read_text("utf-8") for file in Path(ALEMBIC_DIR, "versions").glob("*.py")]
    names, below = (
        set(re.findall(rf"^{name} = ['\"](\w+)['\"]", "\n".join(scripts), re.MULTILINE))
        for name in ("revision", "down_revision")
    )
    (head,) = names - below
    return head


def _late_plugin(config: "Config | None") -> Any:
    """The late penalties that nbgrader's configuration names, or nbgrader's own."""
    try:
        if "AssignLatePenalties" not in (config or {}):
            # nbgrader's own, had without the preprocessors, whose import takes a third of a second.
            from nbgrader.plugins import LateSubmissionPlugin

            return LateSubmissionPlugin(config=config)
        from nbgrader.preprocessors import AssignLatePenalties

        preprocessor = AssignLatePenalties(config=config)
        preprocessor.init_plugin()
    except Exception as error:  # of traitlets, or of the course's own plugin
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise GradebookError(
            f"nbgrader_config.py: late penalties cannot be set up: {reason}"
        ) from error
    return preprocessor.plugin_inst


def _parse(db_url: str) -> "URL":
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(db_url)
        url.get_dialect()
    except ImportError as error:
        raise GradebookError(f"--db: no driver for {url.drivername}: {error}") from error
    except (ArgumentError, ValueError) as error:
        raise GradebookError(
            "--db: expected an address for SQLAlchemy, such as postgresql+psycopg://user@host/name"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise GradebookError("--db: a database in memory is lost: give sqlite:////PATH/FILE.db")
    return url


def read_roster(file: Path) -> list[dict[str, Any]]:
    """Read a roster in CSV as `nbgrader db student import` does: other columns are ignored.

    Returns
    -------
    list of dict
        One for each student: "id", and those of `ROSTER` that the file has.

    Raises
    ------
    CourseError
        If it cannot be read or has no column "id", or a line has no id, another's, too many fields.
    """
    rows: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            names = [name.strip() for name in reader.fieldnames or ()]
            if "id" not in names:
                raise CourseError(
                    f"--roster: {file} has no column 'id': expected a first line with names"
                    f" of {', '.join(ROSTER)}, separated by commas"
                )
            reader.fieldnames = names
            for row in reader:
                if not any("".join(value or "").strip() for value in row.values()):
                    continue  # spreadsheets leave separators in empty lines
                where = f"--roster: line {reader.line_num} of {file}"
                student = (row["id"] or "").strip()
                if None in row:
                    raise CourseError(f"{where} has more fields than the first line")
                if not student:
                    raise CourseError(f"{where} has no id")
                if student in rows:
                    first = lines[student]
                    raise CourseError(f"{where} has {student!r} again, who is in line {first}")
                lines[student] = reader.line_num
                known = [name for name in names if name in ROSTER]
                rows[student] = {name: (row[name] or "").strip() or None for name in known}
    except OSError as error:
        raise CourseError(f"--roster: {file} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise CourseError(f"--roster: {file} is not in UTF-8: save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise CourseError(f"--roster: line {reader.reader.line_num} of {file}: {error}") from error
    return list(rows.values())
