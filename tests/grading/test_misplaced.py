"""Every path in `submitted/` has a verdict or a line: what lies elsewhere, is hidden, a link or there twice."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import folders
from autograder.course import Course
from tests.grading import corpus
from tests.grading.conftest import marks, need_sandbox
from tests.grading.corpus import FULL, NAME, RIGHT, WRITTEN

ALL = sum(FULL.values())


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    need_sandbox()
    folder = tmp_path_factory.mktemp("misplaced") / "project"
    return folder, corpus.release(folder)


@pytest.fixture
def book(template):
    return template[1]


@pytest.fixture
def course(template, tmp_path):
    found = Course.find(Path(shutil.copytree(template[0], tmp_path / "project")))
    (found.directory / "submitted").mkdir()
    return found


def put(course, path, notebook, age=0):
    """Write a file below `submitted/`, that many seconds ago."""
    file = course.directory / "submitted" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(notebook if isinstance(notebook, str) else corpus.text_of(notebook))
    os.utime(file, (1_700_000_000 - age,) * 2)
    return file


def grade(course, *options, name=NAME):
    program = Path(sys.executable).with_name("autograder")
    done = subprocess.run(
        [program, "grade", name, *options], cwd=course.root, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def points(course):
    return {s: sum(filter(None, found.values())) for s, found in marks(course, NAME).items()}


def test_what_lies_elsewhere_has_a_line_and_the_rest_its_points(course, book):
    right = book.right()
    put(course, f"ann/{NAME}/{NAME}.ipynb", right)
    put(course, f"both/{NAME}/{NAME}.ipynb", right)
    put(course, f"both/{NAME}.ipynb", right)
    put(course, f"bob/{NAME}.ipynb", right)
    put(course, f"carol/Steps/{NAME}.ipynb", right)
    put(course, f"dave/{NAME} /{NAME}.ipynb", right)
    put(course, f"erin/hand-in/{NAME}/{NAME}.ipynb", right)
    put(course, f"group 1/frank/{NAME}/{NAME}.ipynb", right)
    put(course, f".grace/{NAME}/{NAME}.ipynb", right)
    put(course, "heidi.ipynb", right)
    put(course, f"ivan/{NAME} (1).zip", "")
    submitted = course.directory / "submitted"
    (submitted / "judy").symlink_to("ann")
    (submitted / "kim").mkdir()
    (submitted / "kim" / "Steps").symlink_to(submitted / "ann" / NAME)
    put(course, ".DS_Store", "")
    put(course, "leo/notes.txt", "")
    (submitted / "empty").mkdir()

    status, out, err = grade(course)
    assert status == 1
    lines = err.splitlines()
    for path, why in {
        f"submitted/both/{NAME}.ipynb": "lies beside its folder",
        f"submitted/bob/{NAME}.ipynb": f"move it into submitted/bob/{NAME}/",
        "submitted/carol/Steps": "is not called steps: rename it",
        f'"submitted/dave/{NAME} "': "is not called steps: rename it",
        "submitted/erin/hand-in": f"holds {NAME}/{NAME}.ipynb",
        '"submitted/group 1/frank"': f"holds {NAME}/{NAME}.ipynb",
        "submitted/.grace": "is hidden",
        "submitted/heidi.ipynb": "is no student's folder",
        f'"submitted/ivan/{NAME} (1).zip"': "lies beside its folder",
        "submitted/kim/Steps": "is a link",
        "submitted/leo/notes.txt": "passed over",
    }.items():
        (line,) = [line for line in lines if line.startswith(f"{path} ")]
        assert why in line
        rows = [row for row in out.splitlines() if line in row]
        assert len(rows) == (0 if "notes.txt" in path else 1)
        assert all(re.search(rf" not graded +{re.escape(line)}", row) for row in rows)
    assert any(".DS_Store" in line and "no student's work" in line for line in lines)
    assert len(lines) == 12
    assert re.search(rf"judy +not a notebook +0 / {ALL + WRITTEN:g} +the folder is a link", out)
    assert points(course) == {"ann": ALL, "both": ALL, "judy": 0}


def test_a_student_of_the_roster_who_is_elsewhere_is_not_told_to_have_nothing(course, book):
    put(course, f"ann/{NAME}/{NAME}.ipynb", book.right())
    put(course, f"bob/{NAME}.ipynb", book.right())
    roster = course.root / "roster.csv"
    roster.write_text("id\nann\nbob\ncarol\n")
    status, out, _ = grade(course, "--roster", str(roster))
    assert status == 1
    assert "not graded: bob" in out and "no submission: carol" in out
    assert "no submission: bob" not in out


def test_a_class_of_which_all_are_elsewhere(course, book):
    put(course, f"bob/{NAME}.ipynb", book.right())
    for name in (NAME, "all"):
        status, out, err = grade(course, name=name)
        assert status == 1
        assert err.startswith(f"submitted/bob/{NAME}.ipynb lies beside its folder")
        assert "not graded: bob" in out


def test_what_names_no_assignment_is_told_where_nothing_is_graded(course, book):
    put(course, "work/mine.ipynb", book.right())
    for name in (NAME, "all"):
        status, _, err = grade(course, name=name)
        assert status == 2
        assert err.startswith("submitted/work/mine.ipynb ")
        assert "submissions" in err


def test_what_names_another_assignment_is_left_to_that(course, book):
    (course.directory / "release" / "other").mkdir()
    for path in ("ann/other/other.ipynb", "ann/Other/x.ipynb", "ann/other.ipynb"):
        put(course, path, book.right())
    assert folders.overlooked(course, NAME) == []
    found = folders.overlooked(course, "other")
    assert [item.path for item in found] == ["submitted/ann/Other", "submitted/ann/other.ipynb"]
    assert all(item.person and item.meant for item in found)


def test_of_two_notebooks_with_answers_the_newest_counts(course, book):
    half = book.blank(scale=RIGHT["scale"])
    put(course, f"ann/{NAME}/{NAME}.ipynb", half, age=100)
    put(course, f"ann/{NAME}/{NAME} (1).ipynb", book.right())
    put(course, f"bob/{NAME}/{NAME}.ipynb", book.right())
    put(course, f"bob/{NAME}/{NAME} (1).ipynb", half, age=100)
    status, out, err = grade(course)
    assert (status, err) == (0, "")
    assert points(course) == {"ann": ALL, "bob": ALL}
    assert re.search(r"ann .*was called `steps \(1\).ipynb`.* of 2; not graded: `steps.ipynb`", out)
    assert re.search(r"bob .*`steps.ipynb` was read .* of 2; not graded: `steps \(1\).ipynb`", out)


def test_a_broken_notebook_does_not_count_before_a_whole_one_and_its_coming_is_told(course, book):
    put(course, f"ann/{NAME}/{NAME}.ipynb", book.right(), age=100)
    assert grade(course)[0] == 0
    put(course, f"ann/{NAME}/{NAME} (1).ipynb", '{"cells": [')
    status, out, _ = grade(course)
    assert status == 0
    assert "graded: ann" in out and "not graded: `steps (1).ipynb`" in out
    assert points(course) == {"ann": ALL}
    assert "unchanged: ann" in grade(course)[1]


def test_notebooks_none_of_which_has_answers(course, book):
    put(course, f"ann/{NAME}/{NAME}.ipynb", book.blank(), age=100)
    put(course, f"ann/{NAME}/{NAME} (1).ipynb", book.blank())
    assert "`steps.ipynb` was read: none of 2 notebooks has answers" in grade(course)[1]
    assert points(course) == {"ann": 0}
