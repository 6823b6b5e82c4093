"""Plain nbgrader, wherever it is started: our sandbox and our points, or nothing at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import doctor
from autograder.course import Course
from tests.grading import corpus
from tests.grading.conftest import marks, need_sandbox

CHEAT = "check = lambda answer: 1000000"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A small course with two submissions: one right, one that would replace what checks it."""
    need_sandbox()
    folder = tmp_path_factory.mktemp("plain") / "project"
    book = corpus.release(folder)
    for student, notebook in {"ann": book.right(), "bob": book.blank(CHEAT)}.items():
        place = folder / "course" / "submitted" / student / corpus.NAME
        place.mkdir(parents=True)
        (place / f"{corpus.NAME}.ipynb").write_text(corpus.text_of(notebook))
    return folder


@pytest.fixture
def project(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "project", symlinks=True))


def autograde(cwd, *options):
    """How `nbgrader autograde` ends in a folder."""
    environment = {key: value for key, value in os.environ.items() if key != "AUTOGRADER_COURSE"}
    return subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), "autograde", corpus.NAME, *options],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )


def graded(project):
    """The points of each student in the gradebook."""
    found = marks(Course.find(project), corpus.NAME)
    return {student: sum(filter(None, points.values())) for student, points in found.items()}


@pytest.mark.parametrize("place", ["course", "elsewhere"])
def test_it_takes_our_path_from_the_folder_it_calls_its_own(project, tmp_path, place):
    if place == "course":
        done = autograde(project / "course")
    else:
        (tmp_path / "elsewhere").mkdir()
        done = autograde(tmp_path / "elsewhere", f"--course-dir={project / 'course'}")
    assert done.returncode == 0, done.stderr[-3000:]
    points = graded(project)
    assert points["bob"] == 0
    assert points["ann"] > 0


def test_a_course_folder_that_was_moved_alone_still_finds_its_project(project, tmp_path):
    moved = shutil.move(project / "course", tmp_path / "a" / "b" / "moved")
    # The project that it was released from is the template's, which is still there.
    done = autograde(moved)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Autograding" in done.stderr


def test_without_its_project_it_refuses(project, tmp_path):
    config = project / "course" / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        .replace("pyproject.toml", "gone.toml")
        .replace("Path('", "Path('/nowhere")
    )
    (project / "pyproject.toml").unlink()
    done = autograde(project / "course")
    assert done.returncode != 0
    assert "no course in" in done.stderr
    assert not (project / "course" / "autograded").exists()


def test_a_broken_configuration_of_the_course_ends_it(project):
    (project / "nbgrader_config.py").write_text("c = get_config()\nc.merge(nonsense)\n")
    done = autograde(project / "course")
    assert done.returncode != 0
    assert "NameError" in done.stderr
    assert not (project / "course" / "autograded").exists()


def test_settings_of_the_course_hold_there_too(project):
    (project / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.student_id = 'ann'\n"
    )
    assert autograde(project / "course").returncode == 0
    assert set(graded(project)) == {"ann"}


@pytest.mark.parametrize("what", ["file", "folder", "student"])
def test_a_submission_with_a_link_is_refused(project, tmp_path, what):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "notes.txt").write_text("of somebody else")
    place = project / "course" / "submitted" / "ann"
    if what == "file":
        (place / corpus.NAME / "notes.txt").symlink_to(secret / "notes.txt")
    elif what == "folder":
        (place / corpus.NAME / "notes").symlink_to(secret)
    else:
        place.rename(secret / "ann")
        place.symlink_to(secret / "ann")
    done = autograde(project / "course")
    assert done.returncode == 1
    assert "holds a link" in done.stderr
    autograded = project / "course" / "autograded"
    assert not (autograded / "ann").exists() or not list((autograded / "ann").rglob("*.txt"))
    assert (autograded / "bob" / corpus.NAME / f"{corpus.NAME}.ipynb").is_file()


def test_a_configuration_of_somebody_else_is_left_and_the_doctor_tells(project):
    file = project / "course" / "nbgrader_config.py"
    file.write_text("c = get_config()\n")
    program = Path(sys.executable).with_name("autograder")
    subprocess.run([program, "release", corpus.NAME], cwd=project, check=True, capture_output=True)
    assert file.read_text() == "c = get_config()\n"
    findings = {f.what: f for f in doctor._configuration(Course.find(project))}
    line = findings["nbgrader autograde, in course/"]
    assert not line.ok
    assert "without a sandbox" in line.said
