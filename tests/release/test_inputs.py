"""What is wrong with the course itself is said in one line too, with exit status 2, and nothing is written."""

import contextlib
import sqlite3
import zipfile

import pytest

from autograder.gradebook import newest_revision
from tests.release.conftest import CHECKS

TABLE = '[tool.autograder]\ncourse = "small"\n'
FILES = {
    "not TOML": (
        {"pyproject.toml": "[tool.autograder\n"},
        "pyproject.toml cannot be read: Expected ']'",
    ),
    "not UTF-8": (
        {"pyproject.toml": b"\xff"},
        "pyproject.toml cannot be read: 'utf-8' codec can't decode",
    ),
    "no references": (
        {"pyproject.toml": TABLE},
        'pyproject.toml: [tool.autograder] has no references: add references = "..."',
    ),
    "no course": (
        {"pyproject.toml": '[tool.autograder]\nreferences = "answers"\n'},
        'pyproject.toml: [tool.autograder] has no course: add course = "..."',
    ),
    "no table": (
        {"pyproject.toml": '[tool]\nautograder = "small"\n'},
        "pyproject.toml: [tool.autograder] is no table",
    ),
    "a number for a name": (
        {"pyproject.toml": '[tool.autograder]\ncourse = 3\nreferences = "answers"\n'},
        "[tool.autograder] course = 3: expected a text",
    ),
    "no name of a package": (
        {"pyproject.toml": f'{TABLE}references = "../answers"\n'},
        "[tool.autograder] references = '../answers': expected the name of a package",
    ),
    "no name of the course": (
        {"pyproject.toml": '[tool.autograder]\ncourse = ""\nreferences = "answers"\n'},
        "[tool.autograder] course is empty: name the course",
    ),
    "a toc that is not YAML": ({"_toc.yml": "root: [index"}, "_toc.yml cannot be read: while"),
    "a toc that names a number": (
        {"_toc.yml": "chapters:\n- file: 3\n"},
        "_toc.yml cannot be read: file: expected the name of a page, got 3",
    ),
    "a toc that holds itself": (
        {"_toc.yml": "&a [*a]"},
        "_toc.yml cannot be read: maximum recursion",
    ),
    "a file where the course is to be": ({"course": "mine"}, "/course: File exists"),
}
CHANGES = {
    "a limit that does not exist": (
        {"settings": "[tool.autograder.limits]\ncell_second = 3"},
        "[tool.autograder.limits] cell_second = 3: the limits are called cell_seconds,",
    ),
    "a limit of nothing": (
        {"settings": "[tool.autograder.limits]\ncell_seconds = 0"},
        "[tool.autograder.limits] cell_seconds = 0: expected a positive float",
    ),
    "a Generator as argument": (
        {"checks": CHECKS.replace("x=rng.normal(size=3)", "x=rng")},
        "chapters/small.md:15: the cases of 'double' cannot be made: ",
    ),
    **{
        f"{points} points": (
            {"checks": CHECKS.replace("points=2", f"points={points}")},
            f"small.py cannot be imported: ValueError: double: points={points}: expected a positive number",
        )
        for points in ("-2", "0")
    },
    "checks that end the program": (
        {"checks": CHECKS + "\nraise SystemExit(3)\n"},
        "small.py cannot be imported: SystemExit: 3",
    ),
    "results that are letters": (
        {"checks": CHECKS.replace('returns=("twice",)', 'returns=("twice")')},
        "double: returns='twice': expected a tuple of names, ('twice',)",
    ),
    "a question for no points": (
        {"checks": CHECKS.replace("points=3", "points=0")},
        "small.py cannot be imported: ValueError: why: points=0: expected a positive number",
    ),
}


def one_line(run, message):
    status, out, err = run("release", "small")
    assert (status, out) == (2, [])
    assert len(err) == 1 and message in err[0]


@pytest.mark.parametrize("case", FILES)
def test_a_broken_file(small, run, case):
    files, message = FILES[case]
    small.write()
    for name, content in files.items():
        (small.root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(small.root.rglob("*"))
    one_line(run, message)
    assert sorted(small.root.rglob("*")) == before


@pytest.mark.parametrize("case", CHANGES)
def test_a_setting_or_a_case_that_cannot_be(small, run, case):
    changes, message = CHANGES[case]
    for name, value in changes.items():
        setattr(small, name, value)
    small.write()
    one_line(run, message)
    assert not (small.root / "course").exists()


def test_a_first_release_that_is_ended_leaves_a_whole_gradebook(small, run, monkeypatch):
    def end(*_):
        raise SystemExit(143)

    monkeypatch.setattr("nbgrader.apps.NbGraderAPI.generate_assignment", end)
    small.write()
    assert run("release", "small")[0] == 143
    with contextlib.closing(sqlite3.connect(small.root / "course" / "gradebook.db")) as database:
        assert database.execute("SELECT * FROM alembic_version").fetchall() == [
            (newest_revision(),)
        ]


def test_a_course_that_is_no_project_hands_out_a_gradus_with_numpy(small, run):
    small.write()
    assert run("release", "small")[0] == 0
    (wheel,) = (small.root / "course" / "release" / "small").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (about,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        assert "Requires-Dist: numpy" in archive.read(about).decode()
