"""The doctor: all is well where it is, and each line says what to do where it is not."""

import dataclasses
import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from autograder import cli, doctor
from autograder.course import Course, CourseError, find_programs
from autograder.grade.scheduler import Scheduler
from autograder.sandbox import calls, host, probes
from gradus.calling import Outcome
from tests.conftest import ROOT


def by_what(findings):
    return {finding.what: finding for finding in findings}


def files(folder):
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def only(findings):
    (finding,) = findings
    return finding


def told(finding, *words):
    """A problem whose line has these words."""
    assert not finding.ok
    assert str(finding).startswith("PROBLEM")
    for word in words:
        assert word in finding.said


def test_all_is_well_and_nothing_is_changed(bubblewrap, empty_course, monkeypatch):
    monkeypatch.chdir(ROOT)
    before = files(empty_course.directory)
    found = by_what(doctor.examine(empty_course))
    assert [str(finding) for finding in found.values() if not finding.ok] == []
    attempts = [finding.said for what, finding in found.items() if what.startswith("sandbox: ")]
    assert len(attempts) == 14
    assert all(said.startswith("refused (") for said in attempts)
    assert "read the course's secret" in " ".join(found)
    assert f"{len(calls.names(platform.machine()))} system calls" in found["libseccomp"].said
    assert files(empty_course.directory) == before


def test_without_a_sandbox_what_it_would_refuse_succeeds(empty_course):
    found = by_what(doctor._sandbox(empty_course, "none"))
    told(found["sandbox"], "use bubblewrap")
    for what in (
        "read the course's secret",
        "read the gradebook",
        "read the references' folder",
        "read a file of the machine that all may read",
        "read /etc/passwd",
        "write outside its own folder",
        "reach a server on this machine",
        "see other processes",
        "start more than 32 processes",
        "hold more than 128 sockets",
    ):
        told(found[f"sandbox: {what}"], "NOT refused", "grade no submission")
    told(found["layer: namespaces"], "shared user, mnt, pid, net, ipc, uts", "bubblewrap")
    assert "sandbox: mount a file system" not in found


def test_the_attempts_on_memory_and_folders_can_succeed(tmp_path):
    assert probes.allocate(2**20) == (True, "1 MiB")
    (tmp_path / "private").touch()
    (tmp_path / "shown").touch()
    assert probes.list_folder(str(tmp_path), ["shown"]) == (True, "1 entries")
    assert probes.list_folder(str(tmp_path), ["shown", "private"]) == (False, "0 entries")


def test_an_attempt_that_could_not_be_made_is_no_refusal():
    assert doctor._refused(Outcome("returned", (False, "EPERM"))) == "refused (EPERM)"
    assert "ended" in doctor._refused(Outcome("killed"))
    for outcome in (
        Outcome("raised", error="NameError"),
        Outcome("returned", "refused"),
        Outcome("not found"),
        Outcome("timeout"),
    ):
        with pytest.raises(CourseError, match="could not be tried"):
            doctor._refused(outcome)


def test_a_sandbox_that_does_not_start(empty_course, monkeypatch):
    monkeypatch.setattr(host, "_trouble", lambda: "bubblewrap is missing, install it")
    told(only(doctor._sandbox(empty_course, "bubblewrap")), "missing", "install it")


def test_layers_that_do_not_stand():
    limits = host.Limits()
    spaces = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("user", "net")}
    value = {
        "spaces": spaces | {"pid": "pid:[1]"},
        "nested": False,
        "limits": dict.fromkeys(("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE"), -1),
        "status": {"NoNewPrivs": "0", "Seccomp": "0", "CapEff": "000001ffffffffff"},
    }
    found = by_what(doctor._layers(Outcome("returned", value), limits))
    assert len(found) == 6
    told(found["layer: namespaces"], "shared user, net")
    told(found["layer: no new privileges"], "NoNewPrivs is 0")
    told(found["layer: filter of system calls (seccomp)"], "Seccomp is 0")
    told(found["layer: no capabilities"], "CapEff is 000001ffffffffff")
    told(found["layer: limits of the system"], "AS, FSIZE, NOFILE, NPROC, CPU, CORE")
    told(only(doctor._layers(Outcome("killed"), limits)), "could not be read")


def test_versions(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "0.9.5" if name == "nbgrader" else version(name)
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = by_what(doctor._versions())
    told(found["Python"], "use Python 3.11")
    told(found["nbgrader"], "0.9.5", "pip install 'nbgrader==0.9.6'")
    told(found["bubblewrap"], "apt-get install bubblewrap")
    assert found["numpy"].ok
    monkeypatch.setattr(calls, "_LIBRARY", "libnothing.so.2")
    told(by_what(doctor._versions())["libseccomp"], "apt-get install libseccomp2")


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["not-there>=1"])
    told(by_what(doctor._versions())["not-there"], "missing", "pip install 'not-there>=1'")


def test_limits_that_do_not_exist(empty_course):
    course = dataclasses.replace(empty_course, limits={"cell_hours": 1})
    told(by_what(doctor._course(course))["course: limits"], "cell_hours", "cell_seconds")


def test_a_page_or_checks_that_are_missing(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.autograder]\ncourse = "small"\nreferences = "nowhere_to_be_found"\n'
    )
    (tmp_path / "_toc.yml").write_text("root: index\nchapters:\n- file: chapters/first\n")
    told(by_what(doctor._course(Course.find(tmp_path)))["course: pages"], "index", "write it")
    (tmp_path / "index.md").touch()
    (tmp_path / "chapters").mkdir()
    chapter = (ROOT / "chapters" / "descent.md").read_text()
    (tmp_path / "chapters" / "first.md").write_text(chapter)
    found = by_what(doctor._course(Course.find(tmp_path)))
    assert found["course: pages"].ok
    told(found["chapter first"], "nowhere_to_be_found", "write it")


def test_the_secret(empty_course):
    file = empty_course.directory / ".secret"

    def line():
        return by_what(doctor._course(empty_course))["course: secret"]

    assert line().ok
    file.chmod(0o644)
    told(line(), "mode 644", "chmod 600")
    file.chmod(0o600)
    file.write_bytes(b"short")
    told(line(), "5 bytes", "restore it")
    file.unlink()
    assert "not made yet" in line().said
    (empty_course.directory / "autograded").mkdir()
    told(line(), "missing", "restore it")
    assert not file.exists()


def test_a_release_that_does_not_fit_the_checks(empty_course, name, monkeypatch):
    cases = empty_course.directory / "release" / name / f"{name}.cases"
    data = cases.read_bytes()

    def line():
        return by_what(doctor._course(empty_course))[f"release of {name}"]

    assert line().ok
    cases.write_bytes(data[:-1])
    told(line(), "cases", f"autograder release {name}")
    cases.write_bytes(data)
    exercises = doctor.authoring.exercises_of(empty_course.checks_module(name))
    monkeypatch.setattr(doctor.authoring, "exercises_of", lambda module: exercises[1:])
    told(line(), exercises[0].name, f"autograder release {name}")


CONFIG = """
from pathlib import Path
from autograder.course import Course
from autograder.nbgrader_settings import configuration
c = get_config()
c.merge(Course.find().nbgrader_config())
c.merge(configuration(Course.find(), {kind!r}))
{more}
"""


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("c = get_config()\nc.merge(nonsense)", ("without a sandbox", "NameError", "put nbgrader")),
        (CONFIG.format(kind="none", more=""), ("--sandbox none", "set bubblewrap")),
        (CONFIG.format(kind="bubblewrap", more="c.CourseDirectory.root = '/'"), ("would grade /",)),
        (None, ("there is no nbgrader_config.py", "nbgrader_settings.configure")),
    ],
    ids=["broken", "no sandbox", "another folder", "none"],
)
def test_a_configuration_that_is_not_ours(empty_course, tmp_path, monkeypatch, config, words):
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(ROOT / "pyproject.toml", root)
    if config:
        (root / "nbgrader_config.py").write_text(config)
    monkeypatch.chdir(root)
    # What release writes into the course's folder would put it right.
    (empty_course.directory / "nbgrader_config.py").unlink()
    course = dataclasses.replace(empty_course, root=root)
    told(next(doctor._configuration(course)), *words)


def test_a_configuration_that_is_not_there(empty_course, tmp_path, monkeypatch):
    """Nothing is to be put right then: each line says which file is missing, and what makes it."""
    (empty_course.directory / "nbgrader_config.py").unlink()
    root, here = tmp_path / "root", tmp_path / "here"
    root.mkdir(), here.mkdir()
    shutil.copy(ROOT / "pyproject.toml", root)
    monkeypatch.chdir(here)
    course = dataclasses.replace(empty_course, root=root)
    found = list(doctor._configuration(course))
    made = f"in {course.directory}: run autograder release, which writes it"
    ends = ("or use autograder grade", made, f"in {here}: start nbgrader in {root}", made)
    for line, end in zip(found, ends, strict=True):
        assert not line.ok and line.said.startswith("there is no nbgrader_config.py in ")
        assert line.said.endswith(end)


def database_line(course, db=""):
    return doctor._try("gradebook", lambda: doctor._database(course, db))


def test_the_gradebook(empty_course, tmp_path):
    file = empty_course.directory / "gradebook.db"
    assert database_line(empty_course).ok
    with sqlite3.connect(file) as opened:
        assert opened.execute("SELECT count(*) FROM student").fetchone() == (0,)
        opened.execute("UPDATE alembic_version SET version_num = 'old'")
    told(database_line(empty_course), "(old, not ", "nbgrader db upgrade")
    file.write_bytes(b"no database " * 100)
    told(database_line(empty_course), "not a database")
    file.unlink()
    assert "not there yet" in database_line(empty_course).said
    assert not file.exists()
    sqlite3.connect(file).close()
    assert "is empty" in database_line(empty_course).said


def test_a_gradebook_that_another_holds(empty_course, monkeypatch):
    monkeypatch.setattr(doctor, "_CONNECT_SECONDS", 0.1)
    with sqlite3.connect(empty_course.directory / "gradebook.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        told(database_line(empty_course), "locked")


def test_a_database_server_that_is_not_there(empty_course):
    address = "postgresql+psycopg://teacher:pass-word@127.0.0.1:1/grades"
    finding = database_line(empty_course, address)
    told(finding, "cannot be used", "put the database or --db right")
    assert "pass-word" not in finding.said
    told(database_line(empty_course, "nonsense"), "--db")


def test_a_gradebook_in_postgresql(postgres, empty_course):
    from nbgrader.api import Gradebook

    find_programs()
    for _ in range(2):  # nothing is left by the first
        assert "is empty" in database_line(empty_course, postgres.address).said
    with Gradebook(postgres.address, empty_course.name) as gradebook:
        finding = database_line(empty_course, postgres.address)
        assert finding.ok
        assert "can be written to" in finding.said
        assert gradebook.students == []


def test_a_full_disk_or_no_folder_to_write_to(empty_course, tmp_path, monkeypatch):
    assert "free" in doctor._disk(empty_course)
    usage = SimpleNamespace(free=10 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    told(doctor._try("disk", lambda: doctor._disk(empty_course)), "10 MiB", "make room")
    (tmp_path / "file").touch()
    course = dataclasses.replace(empty_course, directory=tmp_path / "file")
    told(doctor._try("disk", lambda: doctor._disk(course)), "Not a directory")


def test_a_scheduler_and_its_workers(bubblewrap, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(doctor, "_CONNECT_SECONDS", 1)
    told(only(doctor._cluster(Scheduler("tcp://127.0.0.1:1"))), "cannot be reached")
    here = {
        "processes": False,
        "protocol": "tcp://",
        "host": "127.0.0.1",
        "dashboard_address": None,
    }
    monkeypatch.setattr(doctor, "_CONNECT_SECONDS", 10)
    with LocalCluster(n_workers=0, **here) as cluster:
        found = Scheduler(cluster.scheduler_address)
        told(only(doctor._cluster(found)), "no workers", "dask worker tcp")
        cluster.scale(1)
        cluster.wait_for_workers(1)
        scheduler, worker = doctor._cluster(found)
        assert scheduler.ok and scheduler.said.startswith("1 workers; not encrypted, on this ")
        assert worker.ok and worker.what.startswith("worker tcp://127.0.0.1")


def test_a_worker_that_cannot_grade():
    ours, _ = doctor.about_worker()
    assert "ours" in doctor._worker((ours, ""), ours)
    for said, words in (
        ((ours | {"numpy": "1.0"}, ""), "has numpy 1.0: install numpy"),
        ((ours, "bubblewrap is missing"), "bubblewrap is missing"),
        (ModuleNotFoundError("No module named 'autograder'"), "install this package there"),
    ):
        with pytest.raises(CourseError, match=words):
            doctor._worker(said, ours)


def test_the_exit_status(monkeypatch):
    monkeypatch.chdir(ROOT)
    for ok, status in ((True, 0), (False, 1)):
        finding = doctor.Finding("disk", ok, "said")
        monkeypatch.setattr(doctor, "examine", lambda *_, finding=finding: iter([finding]))
        run = CliRunner().invoke(cli.app, ["doctor"])
        assert (run.exit_code, run.output) == (status, f"{finding}\n")
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    with pytest.raises(CourseError, match="--sandbox"):
        CliRunner().invoke(cli.app, ["doctor", "--sandbox", "paper"], catch_exceptions=False)
