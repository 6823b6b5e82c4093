"""Plain nbgrader, wherever it is started: our sandbox and our points, or nothing at all."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import doctor, folders
from autograder.course import Course
from tests.conftest import ROOT
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
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


@pytest.fixture(scope="module")
def ours(template):
    """The points that `autograder grade` gives."""
    folder = shutil.copytree(template, template.with_name("ours"), symlinks=True)
    program = Path(sys.executable).with_name("autograder")
    subprocess.run([program, "grade", corpus.NAME], cwd=folder, check=True, capture_output=True)
    return graded(folder)


@pytest.fixture
def project(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "project", symlinks=True))


def environment():
    return {key: value for key, value in os.environ.items() if key != "AUTOGRADER_COURSE"}


def nbgrader(cwd, *arguments):
    """How a command of nbgrader's ends in a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
    )


def autograde(cwd, *options):
    """How `nbgrader autograde` ends in a folder."""
    return nbgrader(cwd, "autograde", corpus.NAME, *options)


def graded(project):
    """The points of each student in the gradebook."""
    found = marks(Course.find(project), corpus.NAME)
    return {student: sum(filter(None, points.values())) for student, points in found.items()}


def start(project, place):
    """Where nbgrader is started, and the course's folder if it has to be told."""
    folder = {"root": project, "course": project / "course"}.get(place, project.parent / place)
    folder.mkdir(exist_ok=True)
    return folder, str(project / "course") if place == "elsewhere" else ""


PLACES = pytest.mark.parametrize("place", ["root", "course", "elsewhere"])
OF_THE_EXCHANGE = {"timestamp.txt": "2030-01-02 03:04:05 UTC", "submission_secret.txt": "5" * 128}


def beside(project):
    """Put other files beside a submission, as students do, and as the exchange does."""
    place = project / "course" / "submitted" / "ann" / corpus.NAME
    (place / "inner").mkdir()
    for name, text in {"notes.txt": "", "inner/data.csv": "", **OF_THE_EXCHANGE}.items():
        (place / name).write_text(text)


def files(project, step):
    folder = project / "course" / step / "ann" / corpus.NAME
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@PLACES
def test_it_gives_our_points_wherever_it_is_started_and_carries_no_other_file(project, ours, place):
    beside(project)
    folder, course = start(project, place)
    option = [f"--course-dir={course}"] if course else []
    done = autograde(folder, *option)
    assert done.returncode == 0, done.stderr[-3000:]
    points = graded(project)
    assert points == ours
    assert points["bob"] == 0
    assert points["ann"] > 0
    assert files(project, "autograded") == {f"{corpus.NAME}.ipynb", *OF_THE_EXCHANGE}
    if place == "root":
        done = nbgrader(folder, "generate_feedback", corpus.NAME)
        assert done.returncode == 0, done.stderr[-3000:]
        assert files(project, "feedback") == {f"{corpus.NAME}.html", *OF_THE_EXCHANGE}


# As nbgrader's server extension starts formgrader, and as formgrader's handlers then grade.
FORMGRADER = """
import json, os, sys
from jupyter_server.serverapp import ServerApp
from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets.config import Config

name, folder = sys.argv[1:]
server = ServerApp(config=Config({"CourseDirectory": {"root": folder}} if folder else {}))
formgrader = FormgradeExtension(parent=server)
formgrader.root_dir = os.getcwd()
formgrader.initialize([])
formgrader.url_prefix
formgrader.coursedir.parent.load_config_file()
api = NbGraderAPI(formgrader.coursedir, Authenticator(parent=formgrader), parent=formgrader)
ignored = list(api.coursedir.ignore)
done = {student: api.autograde(name, student) for student in sorted(api.get_submitted_students(name))}
assert all(result["success"] for result in done.values()), done
assert api.coursedir.ignore == ignored and "*" not in ignored
print(json.dumps(sorted(done)))
"""


@PLACES
def test_formgrader_takes_our_path_wherever_it_is_started(project, ours, place):
    beside(project)
    folder, course = start(project, place)
    done = subprocess.run(
        [sys.executable, "-c", FORMGRADER, corpus.NAME, course],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == ["ann", "bob"]
    assert graded(project) == ours
    assert files(project, "autograded") == {f"{corpus.NAME}.ipynb", *OF_THE_EXCHANGE}


def test_the_doctor_shows_each_place(project, monkeypatch):
    monkeypatch.chdir(project)
    findings = list(doctor._configuration(Course.find(project)))
    assert [finding.what for finding in findings] == [
        "nbgrader autograde, in the course's root",
        "nbgrader autograde, in course/",
        "nbgrader autograde --course-dir course/, from elsewhere",
    ]
    assert all(finding.ok for finding in findings), findings


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


def test_feedback_comes_back_through_the_exchange(project, tmp_path):
    """Collected by nbgrader, graded and fed back by us, released and fetched by nbgrader: on one machine."""
    exchange, student = tmp_path / "exchange", tmp_path / "student"
    exchange.mkdir(mode=0o777)
    student.mkdir()
    setting = f"c.Exchange.root = {str(exchange)!r}\n"
    with (project / "nbgrader_config.py").open("a") as stream:
        stream.write(setting)
    (student / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'small'\n{setting}"
    )
    own = {"JUPYTER_DATA_DIR": str(tmp_path / "data"), "PATH": os.environ["PATH"]}

    def run(cwd, program, *arguments):
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=cwd,
            env=environment() | own,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (arguments, done.stderr[-3000:])

    run(project, "nbgrader", "release_assignment", corpus.NAME)
    shutil.move(project / "course" / "submitted", tmp_path / "handed in")
    shutil.copytree(tmp_path / "handed in" / "ann" / corpus.NAME, student / corpus.NAME)
    run(student, "nbgrader", "submit", corpus.NAME)
    run(project, "nbgrader", "collect", corpus.NAME)
    run(project, "autograder", "grade", corpus.NAME)
    run(project, "autograder", "feedback", corpus.NAME)
    run(project, "nbgrader", "release_feedback", corpus.NAME)
    run(student, "nbgrader", "fetch_feedback", corpus.NAME)
    assert list(student.glob(f"{corpus.NAME}/feedback/*/{corpus.NAME}.html"))


def test_only_what_the_exchange_wrote_is_carried(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    folders.carry(source, target)
    (source / "timestamp.txt").write_text("not a time")
    (source / "submission_secret.txt").write_bytes(b"\xff")
    folders.carry(source, target)
    (source / "submission_secret.txt").write_text("x" * 2_000)
    (source / "timestamp.txt").unlink()
    (source / "timestamp.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text(OF_THE_EXCHANGE["timestamp.txt"])
    folders.carry(source, target)
    assert not target.exists()
    (source / "timestamp.txt").unlink()
    for name, text in {**OF_THE_EXCHANGE, "notes.txt": ""}.items():
        (source / name).write_text(text)
    for _ in range(2):
        folders.carry(source, target)
        assert {file.name: file.read_text() for file in target.iterdir()} == OF_THE_EXCHANGE
        (target / "timestamp.txt").chmod(0o444)
