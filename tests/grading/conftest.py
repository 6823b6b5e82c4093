"""A course released once into a temporary folder, and the demonstration class graded once."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from autograder.course import Course
from autograder.sandbox import host
from gradus.authoring import Call, judge
from tests.conftest import ROOT, need

# The chapter of the book that these tests grade.
ASSIGNMENT = "descent"


def need_sandbox():
    """Skip, or fail under GRADUS_REQUIRE_ALL=1, where bubblewrap is missing or is not allowed to work."""
    need("bubblewrap")
    if trouble := host._trouble():
        if os.environ.get("GRADUS_REQUIRE_ALL") == "1":
            pytest.fail(trouble)
        pytest.skip(trouble)


@pytest.fixture
def bubblewrap():
    need_sandbox()


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The folder of the book's own course with its first assignment released; nothing is added to it."""
    from autograder.release.release import release_assignments

    found = Course.find(ROOT, directory=tmp_path_factory.mktemp("released"))
    list(release_assignments(found, [ASSIGNMENT]))
    found.secret()
    return found.directory


@pytest.fixture(scope="session")
def course(released, tmp_path_factory):
    """The released course, with no submissions but the demonstration's."""
    made = tmp_path_factory.mktemp("demonstration") / "course"
    shutil.copytree(released, made)
    return Course.find(ROOT, directory=made)


@pytest.fixture(scope="session")
def name():
    return ASSIGNMENT


@pytest.fixture(scope="session")
def assignment(course, name):
    from autograder.grade.one import Assignment

    return Assignment.load(course, name)


@pytest.fixture(scope="session")
def answers(course, assignment):
    """The right answers by exercise."""
    from autograder.demo import right_answers

    return right_answers(course, assignment)


@pytest.fixture(scope="session")
def grade(assignment):
    """The graded notebook of some bytes: `grade(data)`."""
    from autograder.grade import one

    need_sandbox()
    box = assignment.sandbox("bubblewrap", host.Limits())
    yield lambda data: one.grade(data, assignment, box)
    box.close()


@pytest.fixture
def submit(assignment):
    """The bytes of a submission: `submit(answers, extra cells...)`."""
    from autograder.demo import notebook_with

    def make(answers, *extra):
        return nbformat.writes(notebook_with(assignment.released, answers, *extra)).encode()

    return make


@pytest.fixture
def empty_course(released, tmp_path):
    """The released course in a folder of the test's own, without submissions."""
    made = tmp_path / "course"
    shutil.copytree(released, made)
    return Course.find(ROOT, directory=made)


@pytest.fixture(scope="session")
def demonstration(course, name):
    """The demonstration class, graded: results by student."""
    need_sandbox()
    from autograder.demo import write_class
    from autograder.folders import read_graded
    from autograder.grade.many import grade_class

    write_class(course, name)
    found = {}
    for result in grade_class(course, name):
        file = course.directory / "autograded" / result.student / name / f"{name}.ipynb"
        verdicts = read_graded(file)["verdicts"]
        found[result.student] = SimpleNamespace(**vars(result), verdicts=verdicts)
    return found


class Postgres:
    """A PostgreSQL server of the tests' own, which listens in its folder only."""

    def __init__(self, folder):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = programs[-1] if programs else Path(shutil.which("postgres")).parent
        self.folder, self.address = folder, f"postgresql+psycopg://grader@/postgres?host={folder}"
        # PostgreSQL refuses to run as root.
        root = os.geteuid() == 0
        self.who = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
        if root:
            shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "-U", "grader", "-A", "trust", "-E", "UTF8")

    def run(self, program, *arguments):
        subprocess.run(
            [self.programs / program, "-D", f"{self.folder}/data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **self.who,
        )

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        self.run("pg_ctl", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def stop(self):
        self.run("pg_ctl", "-m", "immediate", "-w", "stop")


@pytest.fixture
def postgres():
    """A new PostgreSQL server: `.address`, `.start()`, `.stop()`."""
    need("postgres")
    folder = tempfile.mkdtemp(prefix="gradus-postgres-")
    try:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(course, student, name, data, file=None):
    """Put a submission of a student into a course."""
    folder = course.directory / "submitted" / student / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (file or f"{name}.ipynb")).write_bytes(data)
    return folder


def marks(course, name, db=""):
    """Points in nbgrader's gradebook by student and grade cell."""
    from nbgrader.api import Gradebook

    with Gradebook(db or f"sqlite:///{course.directory}/gradebook.db", course.name) as gradebook:
        return {
            item.student.id: {
                grade.name: grade.score for nb in item.notebooks for grade in nb.grades
            }
            for item in gradebook.assignment_submissions(name)
        }


@pytest.fixture
def scores():
    """Points in nbgrader's gradebook: `scores(course, name)`."""
    return marks


def doubled(x, times=1):
    """The reference of the exercises below."""
    return x * 2.0**times


def other(x):
    return x + 1.0


def plans(seed=1):
    """Two exercises that belong to no chapter: `doubled` and `other`."""

    @judge(doubled, points=2, returns=("y",))
    def double_cases(rng):
        for size in (1, 3, 5):
            yield Call(f"{size} numbers", x=rng.normal(size=size), times=2)

    @double_cases.mistake("it is halved")
    def halved(x, times=1):
        return x / 2.0**times

    @judge(other, points=1, returns=("y",))
    def other_cases(rng):
        yield Call("a number", x=float(np.round(rng.normal(), 3)))

    return [double_cases.plan(seed), other_cases.plan(seed)]


RIGHT = "def doubled(x, times=1):\n    return x * 2.0**times"
OTHER = "def other(x):\n    return x + 1.0"
