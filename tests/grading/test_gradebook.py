"""The writer of the gradebook: nbgrader's rows, whole batches or none, faults, rosters."""

import csv
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import ClassVar

import nbformat
import pytest
import sqlalchemy
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader import api, utils
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import NbGraderPreprocessor, SaveCells
from traitlets.config import Config

from autograder import nbgrader_settings
from autograder.course import Course, CourseError, find_programs
from autograder.grade import many
from autograder.gradebook import Entry, Gradebook, GradebookError, read_roster
from tests.conftest import ROOT
from tests.grading.conftest import put

COURSE, NAME = "testing", "hw"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
DUE = datetime(2026, 3, 1, 12)
# What tells two rows of a table apart, but for their made ids.
NATURAL = {
    "assignment": ["name"],
    "notebook": ["assignment_id", "name"],
    "base_cell": ["notebook_id", "type", "name"],
    "source_cell": ["notebook_id", "name"],
    "submitted_assignment": ["assignment_id", "student_id"],
    "submitted_notebook": ["assignment_id", "notebook_id"],
    "grade": ["notebook_id", "cell_id"],
    "comment": ["notebook_id", "cell_id"],
}


def rows(address):
    """Every row of nbgrader's tables, with names in place of made ids."""
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    names, found = {}, {}
    with engine.connect() as connection:
        for table in api.Base.metadata.sorted_tables:
            found[table.name] = []
            for row in connection.execute(sqlalchemy.select(table)).mappings():
                values = {key: names.get(value, value) for key, value in row.items()}
                if table.name in NATURAL:
                    values["id"] = "/".join(values[key] for key in NATURAL[table.name])
                    names[row["id"]] = values["id"]
                found[table.name].append(values)
            found[table.name].sort(key=lambda values: values["id"])
        version = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version"))
        found["alembic_version"] = version.all()
    return found


def cell(make, source, grade_id, **marks):
    marks = {"grade": False, "solution": False, "locked": False, "task": False} | marks
    marks = {"schema_version": 3, "grade_id": grade_id, **marks}
    found = make(source, metadata={"nbgrader": marks})
    found.metadata.nbgrader["checksum"] = utils.compute_checksum(found)
    return found


def notebook(exercises=("one", "two")):
    """A released notebook: exercises of 2 points, a locked question, two written ones of 4."""
    cells = [new_markdown_cell("# A chapter")]
    for name in exercises:
        cells.append(cell(new_code_cell, f"def {name}(): ...", name, solution=True))
        check = {"grade": True, "locked": True, "points": 2}
        cells.append(cell(new_code_cell, f"check({name})", f"check-{name}", **check))
    cells.append(cell(new_markdown_cell, "Why?", "question", locked=True))
    for name in ("why", "how"):
        answer = {"grade": True, "solution": True, "points": 4}
        cells.append(cell(new_markdown_cell, "*Write here*", name, **answer))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def entry(student, one=2.0, two=0.0, answered=("one", "two"), submitted=None):
    marks = {"check-one": one, "check-two": two}
    marks |= {name: None if name in answered else 0.0 for name in ("why", "how")}
    unanswered = {"one", "two", "why", "how"} - set(answered)
    return Entry(student, submitted, marks, frozenset(unanswered))


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    find_programs()


@pytest.fixture(scope="module")
def entered(tmp_path_factory):
    """A SQLite gradebook in which nbgrader itself has entered the assignment."""
    before = os.environ["PATH"]
    find_programs()
    file = tmp_path_factory.mktemp("entered") / "gradebook.db"
    address = f"sqlite:///{file}"
    with api.Gradebook(address, COURSE) as book:
        book.add_assignment(NAME, duedate=DUE.isoformat())
    names = {"notebook": NAME, "assignment": NAME, "db_url": address}
    SaveCells().preprocess(notebook(), {"nbgrader": names})
    os.environ["PATH"] = before
    return file


@pytest.fixture
def address(tmp_path, entered):
    shutil.copy(entered, tmp_path / "gradebook.db")
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


def opened(address, exercises=("one", "two"), **options):
    return Gradebook(address, COURSE, NAME, notebook(exercises), **options)


class Half(BasePlugin):
    """Half of the points for an hour, more than all for longer; for one student less than none."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        if student_id == "dave":
            return -1.0
        return score / 2 if total_seconds_late <= 3600 else score + 10


class Fails(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        if student_id == "bob":
            raise KeyError("bob")


def config_of(penalty):
    config = Config()
    if isinstance(penalty, str):
        config.LateSubmissionPlugin.penalty_method = penalty
    else:
        config.AssignLatePenalties.plugin_class = penalty
    return config


class Scripted(NbGraderPreprocessor):
    """In place of Execute: writes each check cell's points as our own preprocessor does."""

    entries: ClassVar[dict[str, Entry]] = {}

    def preprocess(self, nb, resources):
        marks = self.entries[resources["nbgrader"]["student"]].marks
        for cell in nb.cells:
            if cell.cell_type == "code" and utils.is_grade(cell):
                points = {"text/plain": repr(marks[cell.metadata.nbgrader.grade_id])}
                cell.outputs = [new_output("execute_result", data=points)]
        return nb, resources


def grade_by_nbgrader(folder, address, entries, config):
    """nbgrader's Autograde, configured as ours, over submissions that earn what `entries` say."""
    Scripted.entries = {entry.student: entry for entry in entries}
    for entry in entries:
        submitted = notebook()
        for cell in submitted.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in ("one", "two", "why", "how") and name not in entry.unanswered:
                cell.source = "my_answer = 1"
        place = folder / "submitted" / entry.student / NAME
        place.mkdir(parents=True, exist_ok=True)
        nbformat.write(submitted, place / f"{NAME}.ipynb")
        (place / "timestamp.txt").unlink(missing_ok=True)
        if entry.submitted:
            (place / "timestamp.txt").write_text(f"{entry.submitted:%Y-%m-%d %H:%M:%S} UTC")
    given, config = config, nbgrader_settings.configuration(Course.find(ROOT))
    config.merge(given)
    del config.Autograde["exporter_class"]
    config.Autograde.autograde_preprocessors[0] = Scripted
    config.CourseDirectory.course_id, config.CourseDirectory.root = COURSE, str(folder)
    config.CourseDirectory.db_url, config.CourseDirectory.assignment_id = address, NAME
    directory = CourseDirectory(config=config)
    log = logging.getLogger("tests.silent")
    log.setLevel(logging.CRITICAL)
    Autograde(coursedir=directory, config=config, log=log, force=True).start()


def edit_by_hand(address):
    """What a person does in formgrader: marks, extra credit, comments, a flag, an extension."""
    with api.Gradebook(address, COURSE) as book:
        book.find_grade("why", NAME, NAME, "alice").manual_score = 3.5
        book.find_grade("check-one", NAME, NAME, "alice").manual_score = 1.0
        book.find_grade("check-two", NAME, NAME, "bob").extra_credit = 0.5
        book.find_comment("why", NAME, NAME, "bob").manual_comment = "Well said"
        book.find_submission_notebook(NAME, NAME, "dave").flagged = True
        book.db.commit()
        book.grant_extension(NAME, "carol", hours=2)


FIRST = [
    entry("alice", 2.0, 2.0, ("one", "two", "why", "how"), DUE - timedelta(days=1)),
    entry("bob", 1.25, 0.1, ("one", "why"), DUE + timedelta(hours=1)),
    entry("carol", 0.7, 2 / 3, ("one", "two"), DUE + timedelta(hours=2)),
    entry("dave", 0.0, 0.0, ()),
]
SECOND = [
    entry("alice", 0.5, 2.0, ("one", "two", "how"), DUE + timedelta(seconds=1)),
    entry("bob", 2.0, 2.0, ("one", "two", "why")),  # no time now: the known one stays
    entry("carol", 0.7, 2 / 3, ("one", "two", "how"), DUE + timedelta(hours=2)),
    entry("dave", 1.0, 0.0, ("one",), DUE + timedelta(days=1)),
]


class TestSameRows:
    @pytest.mark.parametrize("penalty", ["none", "zero", Half], ids=["none", "zero", "plugin"])
    def test_as_nbgrader_at_first_and_again_and_after_a_person(
        self, tmp_path, entered, address, penalty
    ):
        theirs = f"sqlite:///{shutil.copy(entered, tmp_path / 'theirs.db')}"
        config = config_of(penalty)
        for entries in (FIRST, SECOND, FIRST):
            grade_by_nbgrader(tmp_path, theirs, entries, config)
            with opened(address, config=config) as book:
                assert book.store(entries) == {}
            assert rows(address) == rows(theirs)
            if entries is FIRST:
                edit_by_hand(theirs)
                edit_by_hand(address)
                assert rows(address) == rows(theirs)
        found = rows(address)
        assert len(found["grade"]) == 16 and len(found["comment"]) == 16
        by_hand = [row for row in found["grade"] if row["manual_score"] is not None]
        assert len(by_hand) == 2 and all(row["needs_manual_grade"] for row in by_hand)
        penalties = [row["late_submission_penalty"] for row in found["submitted_notebook"]]
        assert any(penalties) == (penalty != "none")

    def test_postgresql_has_the_rows_of_sqlite(self, address, postgres):
        with opened(postgres.address):
            self._due(postgres.address)
        for there in (address, postgres.address):
            with opened(there, config=config_of(Half)) as book:
                assert book.store(FIRST) == {}
                edit_by_hand(there)
                assert book.store(SECOND) == {}
                times = book.stored()
            assert times["bob"] == DUE + timedelta(hours=1)
            assert times["dave"] == DUE + timedelta(days=1)
        ours, theirs = rows(postgres.address), rows(address)
        # nbgrader's own preprocessors enter a course of that name wherever they open a gradebook.
        theirs["course"] = [row for row in theirs["course"] if row["id"] != "default_course"]
        ours["course"] = [row for row in ours["course"] if row["id"] != "default_course"]
        assert ours == theirs

    @staticmethod
    def _due(address):
        with api.Gradebook(address, COURSE) as book:
            book.find_assignment(NAME).duedate = DUE
            book.db.commit()

    def test_a_new_gradebook_has_what_nbgrader_enters(self, tmp_path, entered):
        address = f"sqlite:///{tmp_path / 'new.db'}"
        with opened(address):
            pass
        self._due(address)
        ours, theirs = rows(address), rows(f"sqlite:///{entered}")
        assert ours.pop("course") == [{"id": COURSE}]
        assert {"id": COURSE} in theirs.pop("course")
        assert ours == theirs

    def test_what_the_release_entered_is_left_as_it_is(self, released, name, tmp_path):
        file = shutil.copy(released / "gradebook.db", tmp_path)
        before = dump(file)
        notebook = nbformat.read(released / "release" / name / f"{name}.ipynb", as_version=4)
        with Gradebook(f"sqlite:///{file}", "gradus", name, notebook) as book:
            assert book.stored() == {}
        assert dump(file) == before
        assert any("check-" in line for line in before)

    def test_by_both_commands(self, bubblewrap, empty_course, name, submit, answers, assignment):
        put(empty_course, "alice", name, submit(answers))
        folder = put(empty_course, "bob", name, nbformat.writes(assignment.released).encode())
        (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 CET")
        theirs = f"sqlite:///{empty_course.directory}/gradebook.db"
        ours = theirs.replace("gradebook.db", "ours.db")
        shutil.copy(empty_course.directory / "gradebook.db", empty_course.directory / "ours.db")
        subprocess.run(
            [str(Path(sys.executable).with_name("nbgrader")), "autograde", name],
            cwd=ROOT,
            env=os.environ | {"AUTOGRADER_COURSE": str(empty_course.directory)},
            capture_output=True,
            check=True,
        )
        results = many.grade_class(empty_course, name, many.Options(db=ours, force=True))
        assert [result.state for result in results] == ["graded", "graded"]
        assert rows(ours) == rows(theirs)
        assert rows(ours)["submitted_assignment"][1]["timestamp"] == datetime(2026, 3, 1, 11)


def dump(file):
    with sqlite3.connect(file) as connection:
        return list(connection.iterdump())


class TestCells:
    def test_other_cells_are_entered_while_nobody_submitted(self, address):
        with opened(address, ["two", "three"]) as book:
            marks = {"check-two": 1, "check-three": 2, "why": 0, "how": 0}
            assert book.store([Entry("alice", None, marks)]) == {}
        found = rows(address)
        names = [row["name"] for row in found["source_cell"]]
        assert names == "check-three check-two how question three two why".split()
        assert len(found["base_cell"]) == 8 and len(found["grade"]) == 4

    def test_other_cells_are_refused_once_somebody_submitted(self, address):
        with opened(address) as book:
            book.store(FIRST)
        before = rows(address)
        with pytest.raises(GradebookError, match="hw was released again with other exercises"):
            opened(address, ["one", "three"])
        assert rows(address) == before

    def test_other_points_and_texts_are_taken_over(self, address):
        with opened(address) as book:
            book.store(FIRST)
        changed = notebook()
        check = next(c for c in changed.cells if c.get("source") == "check(one)")
        check.metadata.nbgrader["points"] = 3
        question = next(c for c in changed.cells if c.source == "Why?")
        question.source = "Why not?"
        with Gradebook(address, COURSE, NAME, changed) as book:
            assert book.store([entry("alice", one=3.0)]) == {}
        found = rows(address)
        assert {row["max_score"] for row in found["grade_cells"]} == {2.0, 3.0, 4.0}
        assert "Why not?" in [row["source"] for row in found["source_cell"]]


class TestStore:
    def test_twice_is_once_and_the_last_counts(self, address):
        with opened(address) as book:
            book.store(FIRST)
            before = dump(address.removeprefix("sqlite:///"))
            book.store(FIRST)
            assert dump(address.removeprefix("sqlite:///")) == before
            book.store([entry("alice", one=0.0), entry("alice", one=1.5)])
            assert book.store([]) == {}
        assert marks(address)["alice", "check-one"] == 1.5

    def test_the_number_of_queries_is_that_of_one(self, address):
        counts = []
        with opened(address) as book:
            sqlalchemy.event.listen(
                book._engine, "before_cursor_execute", lambda *given: counts.append(given[2])
            )
            for number in (1, 100):
                counts.clear()
                times = [DUE + timedelta(days) for days in range(number)]
                assert book.store(entry(f"{number}-{t}", submitted=t) for t in times) == {}
                if number == 1:
                    expected = len(counts)
        assert expected > 5
        assert len(counts) <= expected + 2  # a long insert may take more than one statement

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            (entry("x", one=2.5), "check-one has 2.5 points: expected 0 to 2"),
            (entry("x", one=-1.0), "expected 0 to 2"),
            (entry("x", two=float("nan")), "check-two has nan points"),
            (Entry("x", None, {"check-one": 1.0}), "there are no points for "),
            (entry("odd-\udcff"), "not UTF-8: rename the folder"),
        ],
    )
    def test_what_cannot_be_held_is_named_and_the_rest_stored(self, address, wrong, reason):
        with opened(address) as book:
            refused = book.store([entry("alice"), wrong, entry("bob")])
            assert list(refused) == [wrong.student] and reason in refused[wrong.student]
            assert set(book.stored()) == {"alice", "bob"}

    def test_a_name_too_long_for_postgresql(self, postgres):
        long = "x" * 200
        with opened(postgres.address) as book:
            refused = book.store([entry("alice"), entry(long), entry("bob-\u00e9\U0001f600")])
            assert list(refused) == [long] and "too long" in refused[long]
            assert set(book.stored()) == {"alice", "bob-\u00e9\U0001f600"}
            refused = book.enter_students([{"id": "carol"}, {"id": "dave", "email": long}])
            assert list(refused) == ["dave"]
        assert [row["id"] for row in rows(postgres.address)["student"]][-1] == "carol"

    def test_unknown_students_where_the_configuration_wants_none(self, address):
        config = Config()
        config.Autograde.create_student = False
        with opened(address, config=config) as book:
            book.enter_students([{"id": "alice"}])
            refused = book.store([entry("alice"), entry("bob")])
            assert list(refused) == ["bob"] and "no such student" in refused["bob"]
            assert set(book.stored()) == {"alice"}

    def test_a_penalty_that_fails_costs_its_own_submission_only(self, address):
        late = DUE + timedelta(hours=1)
        with opened(address, config=config_of(Fails)) as book:
            refused = book.store([entry("alice", submitted=late), entry("bob", submitted=late)])
            assert list(refused) == ["bob"] and "KeyError" in refused["bob"]
            assert set(book.stored()) == {"alice"}

    def test_a_penalty_that_does_not_exist(self, address):
        with pytest.raises(GradebookError, match="nbgrader_config.py: late penalties"):
            opened(address, config=config_of("half"))


def marks(address):
    """Automatic points by student and grade id."""
    found = {}
    for row in rows(address)["grade"]:
        student, cell = row["notebook_id"].split("/")[1], row["cell_id"].split("/")[-1]
        found[student, cell] = row["auto_score"]
    return found


@contextmanager
def locked(address):
    """Another connection holds the write lock."""
    file = address.removeprefix("sqlite:///")
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


class TestFaults:
    def test_an_exception_in_the_middle_leaves_nothing(self, address, monkeypatch):
        late = entry("dave", submitted=DUE + timedelta(days=1))
        with opened(address) as book:
            book.store([entry("alice")])
            before = rows(address)

            def fail(session, late):
                assert session.scalar(sqlalchemy.select(api.Student.id).filter_by(id="dave"))
                raise ZeroDivisionError

            monkeypatch.setattr(book, "_put_penalties", fail)
            with pytest.raises(ZeroDivisionError):
                book.store([entry("alice", one=0.0), late])
            assert rows(address) == before
            monkeypatch.undo()
            assert book.store([entry("alice", one=0.0), late]) == {}
        assert marks(address)["alice", "check-one"] == 0.0

    def test_a_kill_in_the_middle_leaves_nothing(self, address, monkeypatch):
        with opened(address) as book:
            book.store([entry("alice")])
            before = rows(address)
            monkeypatch.setattr(
                book, "_put_penalties", lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            )
            late = [entry(f"s{n}", submitted=DUE + timedelta(days=1)) for n in range(200)]
            child = get_context("fork").Process(target=book.store, args=(late,))
            child.start()
            child.join(60)
            assert child.exitcode == -signal.SIGKILL
            assert rows(address) == before
            monkeypatch.undo()
            assert book.store(late) == {}
            assert len(book.stored()) == 201

    def test_a_lock_is_waited_for(self, address):
        said = []
        with opened(address, log=said.append) as book, locked(address) as other:
            # Released only once the writer has said that it waits.
            release = threading.Thread(target=lambda: (wait_for(said), other.execute("ROLLBACK")))
            release.start()
            assert book.store(FIRST) == {}
            release.join()
            assert set(book.stored()) == {"alice", "bob", "carol", "dave"}
        assert len(said) == 1 and "database is locked: waiting up to 60 s" in said[0]

    def test_a_lock_that_is_not_released_ends_the_batch(self, address):
        said = []
        locks = pytest.raises(GradebookError, match="db cannot be used: database is locked")
        with opened(address, patience=0.1, log=said.append) as book, locked(address), locks:
            book.store(FIRST)
        assert len(said) <= 1
        assert rows(address)["submitted_assignment"] == []

    def test_a_lock_at_the_start(self, address):
        with locked(address), pytest.raises(GradebookError, match="database is locked"):
            opened(address, patience=0.1)

    def test_a_full_disk_leaves_nothing(self, address):
        many = [entry(f"s{n}") for n in range(500)]
        with opened(address, log=pytest.fail) as book:
            book.store([entry("alice")])
            before = rows(address)

            @sqlalchemy.event.listens_for(book._engine, "connect")
            def fill(connection, record):
                pages = connection.execute("PRAGMA page_count").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {pages + 2}")

            with pytest.raises(GradebookError, match="database or disk is full"):
                book.store(many)
            assert rows(address) == before
            sqlalchemy.event.remove(book._engine, "connect", fill)
            assert book.store(many) == {}
            assert len(book.stored()) == 501

    def test_a_file_that_may_not_be_written(self, address):
        with opened(address, log=pytest.fail) as book:
            sqlalchemy.event.listen(
                book._engine, "connect", lambda c, _: c.execute("PRAGMA query_only = ON")
            )
            with pytest.raises(GradebookError, match="readonly"):
                book.store(FIRST)

    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_two_writers_double_nothing(self, kind, address, request):
        if kind == "postgresql":
            address = request.getfixturevalue("postgres").address
        students = [f"s{number:03}" for number in range(120)]
        errors = []

        def write(order):
            try:
                with opened(address) as book:
                    for start in range(0, len(order), 10):
                        assert book.store(map(entry, order[start : start + 10])) == {}
            except BaseException as error:
                errors.append(error)

        writers = [threading.Thread(target=write, args=(o,)) for o in (students, students[::-1])]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert errors == []
        found = rows(address)
        assert [row["student_id"] for row in found["submitted_assignment"]] == students
        assert len(found["submitted_notebook"]) == 120 and len(found["grade"]) == 480

    def test_postgresql_is_restarted(self, postgres, address, monkeypatch):
        said, batches = [], [[entry(f"s{b}-{n}") for n in range(5)] for b in range(4)]
        with opened(postgres.address, log=said.append) as book:
            assert book.store(batches[0]) == {}
            # Between batches: not even noticed.
            postgres.stop()
            postgres.start()
            assert book.store(batches[1]) == {}
            assert said == []
            # In the middle of a batch, whose rows are in but not committed.
            put, begun = book._put, []

            def stopped(session, entries):
                put(session, entries)
                if not begun:
                    begun.append(True)
                    postgres.stop()

            monkeypatch.setattr(book, "_put", stopped)
            start = threading.Thread(target=lambda: (wait_for(said), postgres.start()))
            start.start()
            assert book.store(batches[2]) == {}
            start.join()
            assert len(said) == 1 and "waiting up to 60 s" in said[0]
            assert book.store(batches[3]) == {}
        with opened(address) as other:
            for batch in batches:
                other.store(batch)
        for table in ("student", "submitted_assignment", "submitted_notebook", "grade", "comment"):
            assert rows(postgres.address)[table] == rows(address)[table]

    def test_postgresql_stays_away(self, postgres):
        with opened(postgres.address, patience=0.5) as book:
            postgres.stop()
            try:
                with pytest.raises(GradebookError, match="cannot be used: "):
                    book.store(FIRST)
            finally:
                postgres.start()
            assert book.stored() == {}

    def test_a_table_of_postgresql_is_locked(self, postgres):
        engine = sqlalchemy.create_engine(postgres.address)
        said = []
        with opened(postgres.address, log=said.append) as book, engine.connect() as other:
            other.execute(sqlalchemy.text("LOCK TABLE grade"))
            book._patience = 0.1
            with pytest.raises(GradebookError, match="lock timeout"):
                book.store(FIRST)
            book._patience = 60
            said.clear()
            release = threading.Thread(target=lambda: (wait_for(said), other.rollback()))
            release.start()
            assert book.store(FIRST) == {}
            release.join()
        engine.dispose()
        assert len(said) == 1 and "lock timeout: waiting up to 60 s" in said[0]
        assert len(rows(postgres.address)["grade"]) == 16


def wait_for(said):
    """Until something is said, but not without end."""
    end = time.monotonic() + 30
    while not said and time.monotonic() < end:
        time.sleep(0.02)


class TestOpening:
    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ("gradebook.db", "expected an address for SQLAlchemy"),
            ("postgresql://host:port/name", "expected an address"),
            ("nosuchdatabase://host/name", "expected an address"),
            ("sqlite://", "in memory"),
            ("sqlite:////nowhere/at/all/gradebook.db", "unable to open database file"),
            ("mysql+pymysql://user:secret@127.0.0.1:1/name", "used: No module named 'pymysql'"),
            (
                "postgresql+psycopg://user:secret@127.0.0.1:1/name?sslpassword=secret",
                r"user:\*\*\*@127.0.0.1:1/name cannot be used: connection failed",
            ),
        ],
    )
    def test_an_address_that_is_wrong(self, wrong, says):
        with pytest.raises(GradebookError, match=says) as raised:
            opened(wrong, log=pytest.fail)
        assert "secret" not in str(raised.value)
        assert len(str(raised.value).splitlines()) == 1

    def test_a_file_that_is_no_database(self, tmp_path):
        file = tmp_path / "gradebook.db"
        file.write_bytes(b"Points: 17\n" * 100)
        with pytest.raises(GradebookError, match="file is not a database"):
            opened(f"sqlite:///{file}", log=pytest.fail)
        assert file.read_bytes() == b"Points: 17\n" * 100

    @pytest.mark.parametrize(
        "change",
        ["UPDATE alembic_version SET version_num = '724cde206c17'", "DROP TABLE alembic_version"],
    )
    def test_tables_of_another_version(self, address, change):
        file = address.removeprefix("sqlite:///")
        with sqlite3.connect(file) as connection:
            connection.execute(change)
        before = dump(file)
        with pytest.raises(GradebookError, match="another version .*: run nbgrader db upgrade"):
            opened(address)
        assert dump(file) == before

    def test_nothing_is_written_where_opening_fails(self, tmp_path):
        address = f"sqlite:///{tmp_path / 'new.db'}"
        broken = notebook()
        broken.cells[2].metadata.nbgrader["points"] = "many"
        with pytest.raises(ValueError):
            Gradebook(address, COURSE, NAME, broken)
        assert dump(tmp_path / "new.db") == ["BEGIN TRANSACTION;", "COMMIT;"]


class TestRoster:
    TEXT = "\ufeffid, first_name,last_name,email,section\nada,Ada,Lovelace,,7\nalan,Alan,\n"

    def test_is_entered_as_nbgrader_imports_it(self, tmp_path, entered, address):
        file = tmp_path / "roster.csv"
        theirs = f"sqlite:///{shutil.copy(entered, tmp_path / 'theirs.db')}"
        with opened(address) as book:
            changed = self.TEXT.replace("Ada,Lovelace", "Augusta,King")
            for text in (self.TEXT, changed, "id\nada\ngrace\n"):
                file.write_text(text, "utf-8")
                assert book.enter_students(read_roster(file)) == {}
                file.write_text(text.removeprefix("\ufeff"), "utf-8")
                with api.Gradebook(theirs, COURSE) as their:
                    import_students(their, file)
                assert rows(address) == rows(theirs)
        found = rows(address)["student"]
        assert [row["id"] for row in found] == ["ada", "alan", "grace"]
        assert (found[0]["first_name"], found[0]["email"]) == ("Augusta", None)

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "has no column 'id'"),
            (b"name;first_name\nada;Ada\n", "has no column 'id'.*separated by commas"),
            (b"id,email\nada,a@b.c\n\n,x@y.z\n", "line 4 of .*roster.csv has no id"),
            (b"id\nada\nalan\nada\n", "line 4 of .*roster.csv has 'ada' again, who is in line 2"),
            (b"id,email\nada,a@b.c,7\n", "line 2 of .*roster.csv has more fields"),
            (b"id\n\xe9ve\n", "not in UTF-8: save it as CSV in UTF-8"),
            (b'id,email\n"ada,a@b.c\n', "line 2 of .*roster.csv: unexpected end"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(self, tmp_path, data, says):
        file = tmp_path / "roster.csv"
        file.write_bytes(data)
        with pytest.raises(CourseError, match=says):
            read_roster(file)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CourseError, match="none.csv cannot be read: No such file"):
            read_roster(tmp_path / "none.csv")


def import_students(book, file):
    """The loop of nbgrader's `DbStudentImportApp`."""
    with file.open() as stream:
        reader = csv.DictReader(stream)
        reader.fieldnames = [name.strip() for name in reader.fieldnames]
        for row in reader:
            known = {k: v or None for k, v in row.items() if k in api.Student.__table__.c}
            book.update_or_create_student(known.pop("id"), **known)
