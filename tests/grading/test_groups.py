"""Control groups: when one is divided, and, where this machine gives the tests one, what it holds a submission to.

A machine that gives one: `systemd-run --user --scope -p Delegate=yes python -m pytest tests/grading/test_groups.py`.
"""

import os
import time
from dataclasses import replace

import pytest

from autograder.grade.one import grade
from autograder.sandbox import groups
from autograder.sandbox.host import Limits
from tests.grading.conftest import OTHER, RIGHT
from tests.grading.test_grading import ASSIGNMENT, submitted


class TestWhere:
    @pytest.fixture
    def group(self, tmp_path, monkeypatch):
        """A control group as the system shows it, in a folder."""
        made = tmp_path / "sys" / "user.slice" / "mine"
        made.mkdir(parents=True)
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text("1:name=systemd:/\n0::/user.slice/mine\n")
        for name, text in (
            ("cgroup.controllers", "cpuset cpu io memory pids\n"),
            ("cgroup.procs", f"{os.getpid()}\n"),
            ("cgroup.subtree_control", ""),
        ):
            (made / name).write_text(text)
        monkeypatch.setattr(groups, "_MOUNTED", tmp_path / "sys")
        monkeypatch.setattr(groups, "_PROC", tmp_path / "proc")
        groups.own.cache_clear()
        yield made
        groups.own.cache_clear()

    def test_it_is_divided_and_this_process_moves_below(self, group):
        (group / "grader").mkdir()
        assert groups.own() == group
        assert (group / "grader/cgroup.procs").read_text() == str(os.getpid())
        given = (group / "cgroup.subtree_control").read_text().split()
        assert set(given) == {"+cpu", "+memory", "+pids"}

    @pytest.mark.parametrize(
        ("file", "text", "said"),
        [
            ("cgroup.controllers", None, "there is no cgroup v2 here"),
            ("cgroup.controllers", "cpu io pids", "its cgroup v2 does not hold memory"),
            ("cgroup.procs", "PID\n1\n", "other programs are in its control group"),
        ],
    )
    def test_why_not(self, group, file, text, said):
        (group / file).unlink()
        if text:
            (group / file).write_text(text.replace("PID", str(os.getpid())))
        with pytest.raises(groups.Unavailable, match=said):
            groups.own()
        assert (group / "cgroup.subtree_control").read_text() == ""

    def test_a_system_that_holds_memory_another_way(self, group, tmp_path):
        (tmp_path / "proc/self/cgroup").write_text("4:memory:/a\n")
        with pytest.raises(groups.Unavailable, match="there is no cgroup v2 here"):
            groups.own()


@pytest.mark.usefixtures("bubblewrap")
class TestHeld:
    @pytest.fixture
    def sandbox(self):
        try:
            groups.own()
        except groups.Unavailable as error:
            pytest.skip(f"no control group: {error}")
        limits = Limits(cell_seconds=20, case_seconds=4, sockets=10**6)
        box = replace(ASSIGNMENT, limits=limits).sandbox("bubblewrap", limits)
        box.start()
        yield box
        box.close()
        assert not box._group.folder.exists()

    def points(self, sandbox, *extra):
        graded = grade(submitted(RIGHT, OTHER, *extra), ASSIGNMENT, sandbox)
        return [verdict.earned for verdict in graded.verdicts.values()]

    def read(self, sandbox, file):
        return (sandbox._group.folder / file).read_text()

    def test_memory_that_no_process_counts(self, sandbox):
        fill = (
            "import os, socket\n"
            "for _ in range(24):\n"
            "    if os.fork() == 0:\n"
            "        kept = []\n"
            "        while True:\n"
            "            a, b = socket.socketpair()\n"
            "            kept.append((a, b)), a.setblocking(False)\n"
            "            try:\n"
            "                while True:\n                    a.send(bytes(2**16))\n"
            "            except BlockingIOError:\n                pass\n"
        )
        sandbox._group.limit(64 * 2**20, 32)
        cell = f"{fill}import time\ntime.sleep(15)"
        assert self.points(sandbox, cell) == [2, 1]
        assert int(self.read(sandbox, "memory.peak")) <= int(self.read(sandbox, "memory.max"))
        events = dict(map(str.split, self.read(sandbox, "memory.events").splitlines()))
        assert int(events["max"]) > 0, self.read(sandbox, "memory.peak")
        assert self.points(sandbox) == [2, 1]

    def test_processor_time(self, sandbox):
        spin = (
            "import os, time\n"
            "for _ in range(12):\n"
            "    if os.fork() == 0:\n        os.setsid()\n        while True: pass\n"
            "time.sleep(4)"
        )

        def used():
            return float(self.read(sandbox, "cpu.stat").split()[1]) / 1e6

        before, begun = used(), time.monotonic()
        assert self.points(sandbox, spin) == [2, 1]
        assert used() - before <= 1.1 * (time.monotonic() - begun)
