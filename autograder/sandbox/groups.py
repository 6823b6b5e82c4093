"""What the kernel holds a submission to, where it gives this program a control group of its own (cgroup v2).

There, memory (that of sockets, pipes and files in memory counted), the number of tasks and processor time are
those of all its processes together. Elsewhere limits hold for each process, the server inside the sandbox adds
them up ten times a second, and what ran out of time is tried again when nothing else runs.
"""

import contextlib
import functools
import itertools
import os
import time
from pathlib import Path

_MOUNTED, _PROC = Path("/sys/fs/cgroup"), Path("/proc")
_CONTROLLERS = {"cpu", "memory", "pids"}
HOW = "systemd-run --user --scope -p Delegate=yes autograder grade NAME"
# bubblewrap, once or twice, and the server.
_OWN_TASKS = 8
_END_SECONDS = 2.0
_numbers = itertools.count()


class Unavailable(Exception):
    """Why this program has no control group that it may divide."""


@functools.cache
def own() -> Path:
    """The group in which this program may make others; it moves into a group below it for that.

    Called by the process from which the others are forked, before they are.

    Raises
    ------
    Unavailable
    """
    groups = (_PROC / "self/cgroup").read_text().splitlines()
    group = _MOUNTED / next((line[4:] for line in groups if line.startswith("0::/")), "-")
    try:
        found = set((group / "cgroup.controllers").read_text().split())
    except OSError:
        raise Unavailable("there is no cgroup v2 here") from None
    if missing := sorted(_CONTROLLERS - found):
        raise Unavailable(f"its cgroup v2 does not hold {', '.join(missing)}")
    if not os.access(group / "cgroup.subtree_control", os.W_OK) or not os.access(group, os.W_OK):
        raise Unavailable(f"its control group is not this user's; it is in {HOW}")
    others = set((group / "cgroup.procs").read_text().split()) - {str(os.getpid())}
    if others:
        raise Unavailable(f"other programs are in its control group; none are in {HOW}")
    try:
        # A group that is divided holds no process itself.
        inner = group / "grader"
        inner.mkdir(exist_ok=True)
        (inner / "cgroup.procs").write_text(str(os.getpid()))
        (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in _CONTROLLERS))
    except OSError as error:
        raise Unavailable(f"its control group cannot be divided ({error.strerror})") from None
    return group


class Group:
    """A control group for one sandbox: a submission has one processor, so many bytes and tasks.

    Parameters
    ----------
    parent : Path
        What `own` returned.
    """

    def __init__(self, parent: Path):
        self.folder = parent / f"sandbox-{os.getpid()}-{next(_numbers)}"
        self.folder.mkdir()
        self._killed = 0

    def enter(self, command: list[str]) -> list[str]:
        """A command that enters the group and then becomes the given one."""
        into = str(self.folder / "cgroup.procs")
        return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', into, *command]

    def limit(self, memory_bytes: int, tasks: int) -> None:
        """Hold what is in the group from now on to so much beyond what it uses already."""
        used = int((self.folder / "memory.current").read_text())
        for name, value in (
            ("memory.max", used + memory_bytes),
            ("memory.swap.max", 0),
            ("pids.max", tasks + _OWN_TASKS),
            ("cpu.max", "100000 100000"),
        ):
            with contextlib.suppress(FileNotFoundError):  # a system without swap has no such limit
                (self.folder / name).write_text(str(value))

    def killed(self) -> bool:
        """Whether the kernel has ended a process for the memory of all since this was last asked."""
        lines = (self.folder / "memory.events").read_text().splitlines()
        events = dict(line.split() for line in lines)
        before, self._killed = self._killed, int(events["oom_kill"])
        return self._killed > before

    def close(self) -> None:
        """End every process in the group, and remove it."""
        with contextlib.suppress(OSError):
            (self.folder / "cgroup.kill").write_text("1")
        end = time.monotonic() + _END_SECONDS
        while time.monotonic() < end:
            try:
                self.folder.rmdir()
                return
            except OSError:
                time.sleep(0.01)
