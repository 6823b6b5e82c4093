"""The command `autograder grade` on real files as things go wrong: no mark lost, none doubled."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from types import SimpleNamespace

import psutil
import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from tests.grading.conftest import need_sandbox, put
from tests.grading.corpus import FULL, NAME, RIGHT, only, release, text_of

PROGRAM = os.path.join(os.path.dirname(sys.executable), "autograder")
SLOW = "import time\ntime.sleep(0.4)"
SECONDS = 120


class Running:
    """The command in a process group of its own, as a shell starts it."""

    def __init__(self, course, *arguments):
        self.out, self.err = course.root / "out", course.root / "err"
        hidden = ("AUTOGRADER", "GRADUS")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = psutil.Popen(
                [PROGRAM, *arguments],
                cwd=course.root,
                env=environment,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def until(self, said, file=None, times=1):
        """Wait until it has printed something."""
        for _ in range(SECONDS * 50):
            if self.said(file).count(said) >= times:
                return
            assert self.process.poll() is None, (said, self.said(), self.said(self.err))
            time.sleep(0.02)
        pytest.fail(f"{said!r} was not said")

    def said(self, file=None):
        return (file or self.out).read_text("utf-8", "replace")

    def end(self):
        """Wait until it has ended: its status, what it printed, its errors."""
        status = self.process.wait(SECONDS)
        return status, self.said(), self.said(self.err)

    def stop(self, number, group=False):
        """Send a signal; return what it had started and is still there after some seconds."""
        started = self.process.children(recursive=True)
        assert len(started) >= 4  # two workers, two sandboxes
        (os.killpg if group else os.kill)(self.process.pid, number)
        self.process.wait(SECONDS)
        for _ in range(100):
            if not (left := [process for process in started if runs(process)]):
                break
            time.sleep(0.1)
        return left


def runs(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def command(course, *arguments):
    return Running(course, *arguments).end()


def states(out):
    """The states by student that a log says, one line for each."""
    found = re.findall(r"^(\w[\w ]*): (.*)$", out, re.M)
    assert len({student for _, student in found}) == len(found)
    return {student: state for state, student in found}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The small course, released: its folder, and its notebook to be answered."""
    need_sandbox()
    folder = tmp_path_factory.mktemp("faults") / "course"
    book = release(folder)
    Course.find(folder).secret()
    return SimpleNamespace(folder=folder, book=book)


@pytest.fixture
def course(first, tmp_path):
    """The released course in a folder of the test's own, without submissions."""
    return Course.find(shutil.copytree(first.folder, tmp_path / "small"))


@pytest.fixture
def hand_in(first):
    """A class that hands in: `hand_in(course, options many, *cells)` -> expected points by student."""

    def write(course, students, *cells):
        whole = text_of(first.book.right(*cells)).encode()
        part = text_of(first.book.blank(*cells, scale=RIGHT["scale"])).encode()
        expected = {}
        for number in range(students):
            student = f"s{number:02}"
            put(course, student, NAME, part if number % 3 else whole)
            expected[student] = only(scale=2.0) if number % 3 else FULL
        return expected

    return write


def points(course, db=""):
    """Points by student and exercise; each student has one row, and one for each grade cell."""
    with Gradebook(db or f"sqlite:///{course.directory}/gradebook.db", "small") as book:
        found = {}
        for item in book.assignment_submissions(NAME):
            assert item.student.id not in found
            (notebook,) = item.notebooks
            grades = {grade.name: grade.auto_score for grade in notebook.grades}
            assert len(notebook.grades) == len(grades) == 5 and grades.keys() >= {"why"}
            found[item.student.id] = {name: grades[f"check-{name}"] for name in FULL}
    return found


def graded_files(course):
    return {path.parts[-3] for path in course.directory.glob(f"autograded/*/{NAME}/{NAME}.ipynb")}


class TestKilled:
    def test_the_command_itself_and_a_second_one_beside_it(self, course, hand_in):
        expected = hand_in(course, 16, SLOW)
        run = Running(course, "grade", NAME, "--workers", "2")
        run.until("graded: ")
        os.kill(run.process.pid, signal.SIGSTOP)  # it holds its lock until it is killed
        other = course.directory.parent / "other"
        other.mkdir()
        second = command(SimpleNamespace(root=other), "--course", course.directory, "grade", NAME)
        assert second[0] == 2 and second[1] == ""
        assert second[2] == "autograder: another run grades in course: wait until it has ended\n"
        assert run.stop(signal.SIGKILL) == []
        done = points(course)
        assert 0 < len(done) < 16
        assert done.items() <= expected.items()

        status, out, err = command(course, "grade", NAME)
        assert (status, err) == (0, "")
        assert points(course) == expected
        found = states(out)
        assert found.keys() == expected.keys() == graded_files(course)
        # Those whose row was written but whose file was not are graded once more.
        unchanged = {student for student, state in found.items() if state == "unchanged"}
        assert unchanged and unchanged <= done.keys()
        assert set(found.values()) == {"graded", "unchanged"}
        assert not list(course.directory.rglob("*.new"))

    def test_a_worker_and_a_sandbox(self, course, hand_in):
        expected = hand_in(course, 12, SLOW)
        run = Running(course, "grade", NAME, "--workers", "2")
        run.until("graded: ")
        one, two = (child for child in run.process.children() if child.children())
        one.kill()
        two.children()[0].kill()
        status, out, err = run.end()
        assert (status, err) == (0, "")
        assert points(course) == expected
        assert set(states(out).values()) == {"graded"}
        assert states(out).keys() == expected.keys()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_ctrl_c_and_its_like_store_what_was_done(self, course, hand_in, number):
        expected = hand_in(course, 16, SLOW)
        before = signal.signal(number, signal.SIG_DFL)  # who is run by `nohup` ignores one
        run = Running(course, "grade", NAME, "--workers", "2")
        signal.signal(number, before)
        run.until("graded: ")
        assert run.stop(number, group=number == signal.SIGINT) == []
        status, out, err = run.end()
        assert status == 128 + number
        said = "autograder: interrupted: the next run grades what is not stored\n"
        assert err == (said if number == signal.SIGINT else "")
        done = points(course)
        assert states(out) == dict.fromkeys(done, "graded")
        assert done.keys() == graded_files(course)
        assert 0 < len(done) < 16 and done.items() <= expected.items()
        assert not list(course.directory.rglob("*.new"))

    def test_a_release_that_is_ended_leaves_no_answers_behind(self, course, tmp_path, monkeypatch):
        place = tmp_path / "temporary"
        place.mkdir()
        monkeypatch.setenv("TMPDIR", str(place))
        run = Running(course, "release", NAME)
        while not list(place.iterdir()):
            assert run.process.poll() is None
            time.sleep(0.01)
        run.process.terminate()
        assert run.end() == (128 + signal.SIGTERM, "", "")
        assert list(place.iterdir()) == []


class TestDatabase:
    def test_a_lock_on_the_file_is_waited_for(self, course, hand_in):
        expected = hand_in(course, 12, SLOW)
        other = sqlite3.connect(course.directory / "gradebook.db", isolation_level=None, timeout=60)
        waits = f"{course.directory}/gradebook.db cannot be used: database is locked: waiting up to 60 s"
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            run = Running(course, "grade", NAME, "--workers", "2")
            run.until(waits, run.err)
            assert points(course) == {}
            other.execute("ROLLBACK")
            run.until("graded: ")
            other.execute("BEGIN IMMEDIATE")
            run.until(waits, run.err, times=2)
            other.execute("ROLLBACK")
            status, out, err = run.end()
        assert status == 0 and len(err.splitlines()) == 2
        assert points(course) == expected
        assert states(out) == dict.fromkeys(expected, "graded")

    def test_postgresql_is_restarted_in_the_middle(self, course, hand_in, postgres):
        expected = hand_in(course, 12, SLOW)
        roster = course.root / "class.csv"
        roster.write_text("id,email\n" + "\n".join(expected) + f"\ns12,{'x' * 200}\n")
        options = ("--db", postgres.address, "--roster", "class.csv")
        run = Running(course, "grade", NAME, "--workers", "2", *options)
        run.until("graded: ")
        postgres.stop()
        try:
            run.until("waiting up to 60 s", run.err)
        finally:
            postgres.start()
        status, out, err = run.end()
        entered, waits = err.splitlines()
        assert re.match("--roster: s12 cannot be entered: value too long", entered)
        assert status == 0 and "postgresql+psycopg://grader@/postgres" in waits
        assert points(course, postgres.address) == expected
        assert states(out) == dict.fromkeys(expected, "graded") | {"s12": "no submission"}
        assert points(course) == {}

    @pytest.mark.parametrize("full", ["course", "gradebook"])
    def test_a_full_disk(self, course, hand_in, small_disk, full):
        expected = hand_in(course, 12)
        db = ""
        if full == "course":
            shutil.copytree(course.directory, small_disk, dirs_exist_ok=True)
            shutil.rmtree(course.directory)
            course.directory.symlink_to(small_disk)
            room = 80_000
        else:
            shutil.copy(course.directory / "gradebook.db", small_disk)
            db = f"sqlite:///{small_disk}/gradebook.db"
            room = 8_192
        option = ("--db", db) if db else ()
        ballast = small_disk / "ballast"
        left = os.statvfs(small_disk)
        ballast.write_bytes(b"0" * (left.f_bavail * left.f_frsize - room))

        status, out, err = command(course, "grade", NAME, *option)
        assert status == 1
        assert "Traceback" not in out + err
        assert "No space left on device" in out or "database or disk is full" in err
        assert len(err.splitlines()) <= 1
        found, done = states(out), points(course, db)
        assert found.keys() == expected.keys()
        assert done.keys() == {student for student in found if found[student] == "graded"}
        assert len(done) < 12 and done.items() <= expected.items()
        assert set(found.values()) <= {"graded", "failed", "not done"}
        assert not list(course.directory.rglob("*.new"))

        ballast.unlink()
        status, out, err = command(course, "grade", NAME, *option)
        assert (status, err) == (0, "")
        assert points(course, db) == expected
        assert {s for s, state in states(out).items() if state == "unchanged"} == done.keys()

    def test_no_database_is_one_line_by_every_command(self, course, hand_in):
        hand_in(course, 1)
        assert command(course, "grade", NAME)[0] == 0
        (course.directory / "gradebook.db").write_text("no database")
        for words in (("release", NAME), ("grade", NAME), ("feedback", NAME), ("report", NAME)):
            status, out, err = command(course, *words)
            assert (status, out) == (2, "")
            assert re.fullmatch(r"autograder: the gradebook's .* file is not a database\n", err)


class TestDisk:
    def test_a_full_one_is_one_line_and_what_reads_goes_on(self, course, hand_in, small_disk):
        hand_in(course, 1)
        assert command(course, "grade", NAME)[0] == 0
        shutil.copytree(course.directory, small_disk, dirs_exist_ok=True)
        shutil.rmtree(course.directory)
        course.directory.symlink_to(small_disk)
        (small_disk / "release" / NAME / "requirements.txt").unlink()
        left = os.statvfs(small_disk)
        (small_disk / "ballast").write_bytes(b"0" * (left.f_bavail * left.f_frsize))
        page = small_disk / "page.html"
        for words in (("release", NAME), ("feedback", NAME), ("report", NAME, "--html", page)):
            status, out, err = command(course, *words)
            assert status == 2 and "Traceback" not in err
            last = err.splitlines()[-1]
            assert re.match(
                "autograder: .*(No space left on device|database or disk is full)", last
            )
        assert command(course, "report", NAME)[::2] == (0, "")
        assert [file.name for file in small_disk.glob(".secret*")] == [".secret"]


@pytest.fixture
def small_disk(tmp_path):
    """A folder that is a disk of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True) if os.geteuid() == 0 else None
    if done is None or done.returncode:
        why = done.stderr.strip() if done else "only root can mount a small disk"
        if os.environ.get("GRADUS_REQUIRE_ALL") == "1":
            pytest.fail(why)
        pytest.skip(why)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class TestClass:
    def test_what_has_changed_is_graded_again(self, course, first, hand_in):
        hand_in(course, 3)
        due = datetime(2026, 3, 1, 12)
        with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
            book.update_or_create_assignment(NAME, duedate=due)
        late = "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
        (course.root / "nbgrader_config.py").write_text(late)
        for student, when in (("s00", "2026-03-01 12:00:00"), ("s01", "2026-03-01 11:00:00")):
            (course.directory / "submitted" / student / NAME / "timestamp.txt").write_text(when)
        assert command(course, "grade", NAME)[0] == 0
        assert totals(course) == {"s00": 8.0, "s01": 2.0, "s02": 2.0}

        # A later attempt with the same notebook, and another notebook.
        again = course.directory / "submitted" / "s00" / NAME / "timestamp.txt"
        again.write_text("2026-03-01 12:00:01")
        put(course, "s01", NAME, text_of(first.book.right()).encode())
        status, out, err = command(course, "grade", NAME)
        assert (status, err) == (0, "")
        assert states(out) == {"s00": "graded", "s01": "graded", "s02": "unchanged"}
        assert totals(course) == {"s00": 0.0, "s01": 8.0, "s02": 2.0}
        assert points(course)["s00"] == points(course)["s01"] == FULL

        for options, state in (((), "unchanged"), (("--force",), "graded")):
            status, out, _ = command(course, "grade", NAME, *options)
            assert (status, states(out)) == (0, dict.fromkeys(("s00", "s01", "s02"), state))
            assert totals(course) == {"s00": 0.0, "s01": 8.0, "s02": 2.0}

    def test_a_roster(self, course, hand_in):
        hand_in(course, 2)
        roster = course.root / "class.csv"
        roster.write_text("id,first_name,last_name\ns00,Ada,Lovelace\n,,\nalan,Alan,Turing\n")
        status, out, err = command(course, "grade", NAME, "--roster", "class.csv")
        assert (status, err) == (1, "")
        assert re.search(r"^2 submissions$", out, re.M)
        assert states(out) == {"s00": "graded", "s01": "not in the roster", "alan": "no submission"}
        assert points(course) == {"s00": FULL}
        assert graded_files(course) == {"s00"}
        status, out, err = command(course, "report", NAME)
        assert (status, err) == (0, "")
        assert re.search(r"^  alan +no submission$", out, re.M)
        assert re.search(r"^  alan( +-){6} +0$", out, re.M)
        assert "points of 1 submissions" in out and "s01" not in out

        roster.write_text("id\ns00\ns00\n")
        status, out, err = command(course, "grade", NAME, "--roster", "class.csv")
        assert (status, out) == (2, "")
        twice = "line 3 of class.csv has 's00' again, who is in line 2"
        assert err == f"autograder: --roster: {twice}\n"

    def test_points_that_changed_since_the_release(self, course, hand_in):
        expected = hand_in(course, 2)
        assert command(course, "grade", NAME)[0] == 0
        checks = course.root / "answers" / "checks" / "steps.py"
        text = checks.read_text()
        assert "@judge(reference.scale, points=2" in text
        checks.write_text(text.replace("(reference.scale, points=2", "(reference.scale, points=3"))
        status, out, err = command(course, "grade", NAME)
        assert (status, out) == (2, "")
        why = "'scale' was released with 2 points and has 3 now: run autograder release steps"
        assert err == f"autograder: {NAME}: {why}\n"
        assert points(course) == expected
        # What is graded can be looked at all the same.
        for words in ("report", "feedback"):
            assert command(course, words, NAME)[0] == 0

    def test_who_is_not_in_the_gradebook_keeps_no_page_from_the_others(self, course, hand_in):
        hand_in(course, 2)
        assert command(course, "grade", NAME)[0] == 0
        with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
            book.remove_student("s01")
        status, out, err = command(course, "feedback", NAME)
        assert status == 0 and "feedback/s00/" in out and "s01" not in out
        gone, waiting = err.splitlines()
        assert gone.startswith("autograded/s01: no page, the gradebook has no such submission")
        assert waiting == f"{NAME}: 1 of 1 not wholly marked, as their pages say"
        status, out, err = command(course, "export", "grades.csv")
        so_far = "not wholly marked: their scores are those so far"
        assert (status, out, err) == (0, "", f"{NAME}: 1 of 1 {so_far}\n")

    def test_a_folder_without_a_gradebook_gets_none(self, course, tmp_path):
        empty = tmp_path / "empty"
        empty.mkdir()
        for words in (("export", "x.csv"), ("due", NAME)):
            status, out, err = command(course, "--course", empty, *words)
            assert (status, out) == (2, "")
            assert err == f"autograder: no gradebook in {empty}: run autograder release\n"
        assert list(empty.iterdir()) == []
        assert command(course, "report", NAME, "--names")[2] == (
            "autograder: --names is for --html: add it\n"
        )

    def test_every_assignment(self, course, hand_in):
        hand_in(course, 2)
        for place in ("chapters/steps.md", "answers/steps.py", "answers/checks/steps.py"):
            file = course.root / place
            text = re.sub(r'chapter\("steps"\)', 'chapter("more")', file.read_text())
            file.with_stem("more").write_text(text.replace("import steps", "import more"))
        toc = "format: jb-book\nroot: chapters/more\nchapters:\n- file: chapters/steps\n"
        (course.root / "_toc.yml").write_text(toc)
        file = course.directory / "submitted" / "s00" / NAME / f"{NAME}.ipynb"
        put(course, "s01", "more", file.read_bytes())

        status, out, err = command(course, "grade", "all")
        assert status == 2
        assert err == "autograder: more is not released: run autograder release more\n"
        assert states(out) == {"s00": "graded", "s01": "graded"}
        assert len(points(course)) == 2

        assert command(course, "release", "more")[0] == 0
        status, out, err = command(course, "grade", "all")
        assert (status, err) == (0, "")
        assert out.count("graded: s01") == 1
        assert out.count("unchanged: s00") == out.count("unchanged: s01") == 1
        assert totals(course, "more") == {"s01": 8.0}
        assert len(points(course)) == 2

    def test_what_is_no_submission_is_named_and_the_rest_graded(self, course, hand_in):
        hand_in(course, 1)
        submitted = course.directory / "submitted"
        (submitted / "alice.ipynb").write_bytes(b"{}")
        (submitted / "link").symlink_to("nowhere")
        (submitted / "empty").mkdir()
        for student in ("file", "folder", "pipe", "dangling", "linked", "-n"):
            (submitted / student).mkdir()
        (submitted / "file" / NAME).write_bytes(b"{}")
        (submitted / "linked" / NAME).symlink_to(submitted / "s00" / NAME)
        shutil.copytree(submitted / "s00" / NAME, submitted / "-n" / NAME)
        places = {s: submitted / s / NAME / f"{NAME}.ipynb" for s in ("folder", "pipe", "dangling")}
        for place in places.values():
            place.parent.mkdir()
        places["folder"].mkdir()
        os.mkfifo(places["pipe"])
        places["dangling"].symlink_to("nowhere.ipynb")

        status, out, err = command(course, "grade", NAME)
        assert status == 1
        assert err.splitlines() == [
            "submitted/alice.ipynb is no student's folder: passed over",
            "submitted/link is no student's folder: passed over",
        ]
        unread = dict.fromkeys([*places, "linked"], "not a notebook")
        assert states(out) == {"s00": "graded", "-n": "graded", "file": "failed", **unread}
        for student, why in (
            ("file", "it cannot be read: Not a directory"),
            ("folder", "a folder, not a file"),
            ("pipe", "not a regular file"),
            ("dangling", "a link: links are not followed"),
            ("linked", "the folder is a link: links are not followed"),
        ):
            assert re.search(rf"^  {student} +{unread.get(student, 'failed')} .*{why}", out, re.M)
        found = points(course)
        assert found.pop("s00") == found.pop("-n") == FULL
        assert found == {student: only() for student in unread}


def totals(course, name=NAME):
    """Points by student after late penalties."""
    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
        items = book.assignment_submissions(name)
        return {i.student.id: i.score - (i.late_submission_penalty or 0) for i in items}
