"""A class graded by a Dask cluster: a real scheduler and workers that are processes of their own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT
from tests.grading.conftest import put

PROGRAM = Path(sys.executable).with_name("dask")


def start(folder, *arguments):
    """A program of Dask's in an empty folder, which knows of no course."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("AUTOGRADER", "GRADUS"))
    }
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [PROGRAM, *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )


@pytest.fixture
def cluster(bubblewrap, tmp_path):
    """The address of a scheduler on the loopback, and its two worker processes."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = start(folder, "scheduler", "--port", str(port), *here)
    workers = [
        start(folder, "worker", address, "--nthreads", "1", "--no-nanny", *here) for _ in range(2)
    ]
    yield address, workers
    for process in (*workers, scheduler):
        process.terminate()
    for process in (*workers, scheduler):
        process.wait()


def grade(course, name, *options):
    return subprocess.Popen(
        [Path(sys.executable).with_name("autograder"), "grade", name, *options],
        cwd=ROOT,
        env=os.environ | {"AUTOGRADER_COURSE": str(course.directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sandboxes(process):
    """Processes in which submissions of this worker run."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            if any("server.py" in word for word in child.cmdline()):
                found.append(child)
    return found


def test_a_worker_that_is_killed_costs_nothing(
    cluster, empty_course, name, submit, answers, scores
):
    address, workers = cluster
    names = list(answers)
    for number in range(8):
        some = {key: answers[key] for key in names[: number + 1]}
        put(empty_course, f"student-{number}", name, submit(some, "import time; time.sleep(1)"))
    put(empty_course, "broken", name, b"no notebook")
    run = grade(empty_course, name, "--scheduler", address)
    until = time.monotonic() + 60
    while not (working := sandboxes(workers[0])) and time.monotonic() < until:
        time.sleep(0.05)
    assert working
    time.sleep(0.5)
    workers[0].send_signal(signal.SIGKILL)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 1, err  # for the file that is no notebook
    assert sorted(line for line in out.splitlines() if line.startswith("graded: ")) == [
        f"graded: student-{number}" for number in range(8)
    ]
    remote = scores(empty_course, name)
    psutil.wait_procs(working, timeout=10)
    assert not [process for process in working if process.is_running()]

    again = grade(empty_course, name, "--force", "--workers", "2")
    out, err = again.communicate(timeout=120)
    assert again.returncode == 1, err
    assert out.count("graded: student-") == 8
    assert scores(empty_course, name) == remote
    assert sum(remote["student-7"].values()) > sum(remote["student-0"].values()) > 0


def test_a_scheduler_that_is_not_there_or_has_no_workers(empty_course, name, submit, tmp_path):
    put(empty_course, "alice", name, submit({}))
    run = grade(empty_course, name, "--scheduler", "tcp://127.0.0.1:1")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 2 and out == ""
    assert "tcp://127.0.0.1:1 cannot be reached" in err and len(err.splitlines()) == 1
    assert not (empty_course.directory / "autograded").exists()

    run = grade(empty_course, name, "--scheduler", "nonsense://")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 2 and len(err.splitlines()) == 1 and "nonsense://" in err
