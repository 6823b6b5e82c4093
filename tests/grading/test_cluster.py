"""A class graded by a Dask cluster: a real scheduler and workers that are processes of their own.

One cluster speaks plain tcp and one TLS, with certificates made by the commands of grading.md.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from autograder import cli, doctor
from autograder.course import CourseError
from autograder.grade import scheduler
from autograder.grade.scheduler import Scheduler
from tests.conftest import ROOT, need
from tests.grading.conftest import need_sandbox, put

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


@contextlib.contextmanager
def running(folder, protocol, count, *options):
    """The address of a scheduler on the loopback, and its worker processes."""
    need_sandbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"{protocol}://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--protocol", protocol, "--no-dashboard", *options)
    programs = [start(folder, "scheduler", "--port", str(port), *here)]
    for _ in range(count):
        worker = ("worker", address, "--nthreads", "1", "--no-nanny")
        programs.append(start(folder, *worker, *here))
    try:
        until = time.monotonic() + 60
        while (folder / "log").read_text().count("Register worker") < count:
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.1)
        yield address, programs[1:]
    finally:
        for process in reversed(programs):  # a worker waits for a scheduler that has gone
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler that speaks plain tcp, and its two worker processes."""
    with running(tmp_path_factory.mktemp("elsewhere"), "tcp", 2) as found:
        yield found


COMMANDS = re.search(
    r"^openssl req -x509.*?(?=^```)", (ROOT / "grading.md").read_text(), re.M | re.S
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with the certificates of a class of machines, made as grading.md says: `ca.pem`, `ada.pem`, `ada.key`."""
    need("openssl")
    folder = tmp_path_factory.mktemp("authority")
    for _ in range(2):  # the second is another one, of the same names
        subprocess.run(["bash", "-ec", COMMANDS[0]], cwd=folder, check=True, capture_output=True)
        if not (folder / "other").exists():
            shutil.copytree(folder, folder.with_name("other"), dirs_exist_ok=True)
            folder.with_name("other").rename(folder / "other")
    return folder


def files(folder, ca="ca.pem", cert="ada.pem", key="ada.key"):
    """Options that name the certificates of a folder."""
    return (
        *("--tls-ca-file", str(folder / ca)),
        *("--tls-cert", str(folder / cert)),
        *("--tls-key", str(folder / key)),
    )


@pytest.fixture(scope="module")
def encrypted(authority, tmp_path_factory):
    """The address of a scheduler that speaks TLS, with a worker."""
    folder = tmp_path_factory.mktemp("encrypted")
    with running(folder, "tls", 1, *files(authority)) as (address, _):
        yield address


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


def test_over_tls_the_same_marks_are_given(
    cluster, encrypted, authority, empty_course, name, submit, answers, scores
):
    for number in (0, 2):
        some = {key: answers[key] for key in list(answers)[: number + 1]}
        put(empty_course, f"student-{number}", name, submit(some))
    found = []
    for options in ((cluster[0],), (encrypted, *files(authority))):
        run = grade(empty_course, name, "--force", "--scheduler", *options)
        out, err = run.communicate(timeout=120)
        assert (run.returncode, err) == (0, "")
        assert out.count("graded: student-") == 2
        found.append(scores(empty_course, name))
    assert found[0] == found[1] and sum(found[0]["student-2"].values()) > 0


@pytest.fixture
def refused(empty_course, name, submit, monkeypatch, capfd, caplog):
    """What `grade --scheduler` says in one line, with exit status 2 and nothing written: `refused(*options)`."""
    put(empty_course, "alice", name, submit({}))
    monkeypatch.setenv("AUTOGRADER_COURSE", str(empty_course.directory))
    monkeypatch.chdir(ROOT)
    before = sorted({*empty_course.directory.rglob("*"), empty_course.directory / ".grading"})
    marks = (empty_course.directory / "gradebook.db").read_bytes()

    def run(*options):
        arguments = ["autograder", "grade", name, "--scheduler", *map(str, options)]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
        assert [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")] == []
        assert sorted(empty_course.directory.rglob("*")) == before
        assert (empty_course.directory / "gradebook.db").read_bytes() == marks
        return err.removeprefix("autograder: ").removesuffix("\n")

    return run


def test_certificates_that_are_missing_or_do_not_fit(refused, encrypted, authority, cluster):
    where = f"--scheduler {encrypted}"
    assert refused(encrypted) == (
        f"{where} needs --tls-ca-file (distributed.comm.tls.ca-file): give --tls-ca-file FILE, or set it for dask"
    )
    ca = ("--tls-ca-file", authority / "ca.pem")
    assert refused(encrypted, *ca).startswith(f"{where} needs --tls-cert (")
    assert refused(encrypted, *files(authority, key="nobody.key")) == (
        f"--tls-key: {authority}/nobody.key cannot be read (No such file or directory): give a file in PEM"
    )
    assert "--tls-ca-file: " in refused(encrypted, *files(authority, ca="."))
    (authority / "no.pem").write_text("no certificate")
    line = refused(encrypted, *files(authority, ca="no.pem"))
    assert line.startswith("--tls-ca-file: ") and "holds no certificate" in line
    line = refused(encrypted, *files(authority, cert="no.pem"))
    assert line.startswith("--tls-cert and --tls-key: not a certificate and its key, in PEM (")
    line = refused(encrypted, *files(authority, key="ca.key"))
    assert line.endswith("(key values mismatch)")
    line = refused(encrypted, *ca, "--tls-cert", authority / "ada.pem")
    assert line == "--tls-cert: not a certificate and its key, in PEM (PEM lib)"
    password = ["openssl", "ec", "-in", "ada.key", "-aes256", "-passout", "pass:x"]
    subprocess.run(
        [*password, "-out", "closed.key"], cwd=authority, check=True, capture_output=True
    )
    line = refused(encrypted, *files(authority, key="closed.key"))
    assert line == "--tls-key: the key has a password: give one without"

    # What another authority signed: theirs, and ours.
    line = refused(encrypted, *files(authority / "other"))
    assert line.startswith(f"{where} has a certificate that --tls-ca-file does not vouch for (")
    own = {"cert": "other/ada.pem", "key": "other/ada.key"}
    line = refused(encrypted, *files(authority, **own))
    assert line.startswith(f"{where} refuses our certificate (")
    assert line.endswith("give --tls-cert and --tls-key that its authority signed")

    # A scheduler that speaks the other protocol.
    plain = cluster[0].replace("tcp", "tls")
    line = refused(plain, *files(authority))
    assert line.startswith(f"--scheduler {plain} does not speak TLS (wrong version number): start ")
    line = refused(encrypted.replace("tls", "tcp"))
    assert line.endswith(" does not answer as a Dask scheduler does: does it speak tls://?")
    line = refused(cluster[0], *ca)
    assert line.endswith("is not encrypted: write tls:// to use the --tls- options")


def test_a_refused_certificate_makes_no_noise(encrypted, authority, empty_course, name, submit):
    put(empty_course, "alice", name, submit({}))
    run = grade(empty_course, name, "--scheduler", encrypted, *files(authority / "other"))
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out, err.count("\n")) == (2, "", 1), err


def test_dask_may_be_told_of_the_certificates(encrypted, authority):
    import dask

    setting = {"ca-file": "ca.pem", "client.cert": "ada.pem", "client.key": "ada.key"}
    tls = {f"distributed.comm.tls.{key}": str(authority / setting[key]) for key in setting}
    with dask.config.set(tls):
        first, second = doctor._cluster(Scheduler(encrypted))
        assert (first.ok, first.said) == (True, "1 workers; encrypted")
        assert second.ok and second.what.startswith("worker tls://127.0.0.1")
        with (
            dask.config.set({"distributed.comm.tls.client.key": "nothing"}),
            pytest.raises(CourseError, match="client.key.*nothing cannot be read"),
        ):
            Scheduler(encrypted).connect(5)
        # An option goes before it.
        with pytest.raises(CourseError, match="^--tls-key: nowhere cannot be read"):
            Scheduler(encrypted, tls_key="nowhere").connect(5)


def test_plain_tcp_beyond_this_machine_has_to_be_asked_for(refused, cluster, monkeypatch):
    for address in ("tcp://192.0.2.77:8786", "192.0.2.77:8786", "tcp://[2001:db8::1]:8786"):
        line = refused(address)
        assert line.startswith(f"--scheduler {address} is not encrypted, and whoever can reach it")
        assert line.endswith("use tls://, or --insecure-scheduler where nobody else can reach it")
    assert "expected tls://HOST:PORT" in refused("inproc://127.0.0.1/1")
    assert "missing port number" in refused("tls://127.0.0.1")

    plain = Scheduler(cluster[0])
    first, *workers = doctor._cluster(plain)
    assert first.said.endswith(" workers; not encrypted, on this machine alone")
    names = {"all-here": ["127.0.0.2", "::1"], "some-here": ["127.0.0.1", "192.0.2.77"]}
    found = lambda host, port, **_: [(0, 0, 0, "", (a, port)) for a in names[host]]  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(scheduler.socket, "getaddrinfo", found)
        Scheduler("tcp://all-here:8786")._plain("all-here", 8786)
        with pytest.raises(CourseError, match="is not encrypted"):
            Scheduler("tcp://some-here:8786")._plain("some-here", 8786)

    # As if the loopback were a network.
    monkeypatch.setattr(scheduler, "_is_loopback", lambda address: False)
    with pytest.raises(CourseError, match="is not encrypted"):
        plain.connect(5)
    first, *workers = doctor._cluster(replace(plain, insecure=True))
    assert first.ok and all(worker.ok for worker in workers)
    assert "not encrypted, as --insecure-scheduler asked for: whoever can reach it" in first.said


def test_a_cluster_that_listens_elsewhere_too(monkeypatch):
    def look(address, own, worker, **more):
        client = SimpleNamespace(
            scheduler_info=lambda: {"address": own}, nthreads=lambda: {worker: 1}
        )
        Scheduler(address, **more)._look_around(client, address[:3])

    here, there = "tcp://127.0.0.1:1", "tcp://192.0.2.7:1"
    look(here, here, here)
    look(here, there, there, insecure=True)
    for own, worker, who in ((there, here, "scheduler"), (here, there, "worker")):
        with pytest.raises(CourseError, match=f"has the {who} {there}, and .* --host 127.0.0.1"):
            look(here, own, worker)
    with pytest.raises(
        CourseError, match="has the worker tcp://.* not encrypted: .*--protocol tls"
    ):
        look("tls://127.0.0.1:1", "tls://192.0.2.7:1", here)


def test_options_for_a_scheduler_need_one(refused, monkeypatch):
    with pytest.raises(CourseError, match="are for --scheduler"):
        cli._scheduler("", "ca.pem", "", "", False)
    assert cli._scheduler("", "", "", "", False) is None
