"""The program inside the sandbox: warm, with Python's libraries loaded, it forks for each submission.

Over the socket that is its standard input come one-letter commands: S with the end of a connection, to start
a submission on it; K to end it. The answer to K is E, or M where it had used too much memory, its own or the
kernel's, or started too many processes. No code of a submission runs in this process. It runs as a file, and
imports nothing of the autograder but its neighbours.
"""

import contextlib
import gc
import itertools
import os
import random
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile

import isolate
import numpy as np
import numpy.random  # it would be loaded anew in each fork
import runner

from gradus import values

_WATCH_SECONDS = 0.1
_IN_USE = ("Pss:", "SwapPss:")  # in memory, and out of it
_MOST_LOCKS = 1000  # on ranges of files: the kernel's memory for them has no other bound


class Server:
    """At most one submission at a time."""

    def __init__(self, control: socket.socket, settings: dict) -> None:
        self.control, self.limits, self.files = control, settings["limits"], settings["files"]
        self.nested, self.watched = settings["nested"], settings["watched"]
        self.filter = settings["filter"].tobytes()
        self.shell = runner.Shell(self.limits)
        self.child, self.greedy, self.folder = 0, False, ""

    def set_up(self, cells: list[str]) -> str:
        """Do once what every submission would do for itself: the cells of the book that come before its own.

        Returns why one of them fails, or "".
        """
        # The way of a cell that is not plain Python is long the first time.
        runner.compiled("%x", "<warm>")
        runner.put(self.files)
        for source in cells:
            report = self.shell.run(0, source)
            if report["error"]:
                return f"{report['error']}: {report['message']}"
        gc.collect()
        gc.freeze()
        return ""

    def serve(self) -> None:
        """Answer commands until the other end closes."""
        while True:
            wait = _WATCH_SECONDS if self.child and self.watched else None
            if not select.select([self.control], [], [], wait)[0]:
                self._watch()
                continue
            command, ends, _, _ = socket.recv_fds(self.control, 1, 1)
            match command:
                case b"S":
                    self._start(socket.socket(fileno=ends[0]))
                case b"K":
                    self._end()
                    self.control.sendall(b"M" if self.greedy else b"E")
                case _:
                    self._end()
                    return

    def _start(self, ends: socket.socket) -> None:
        self.greedy = False
        # With namespaces comes an empty /tmp; without, it has to be made and removed.
        self.folder = "" if self.nested else tempfile.mkdtemp()
        self.child = isolate.fork_in_namespaces(self.limits) if self.nested else os.fork()
        if self.child == 0:
            # Whatever happens, this fork never returns into the server's loop.
            try:
                self.control.close()
                os.setsid()
                os.chdir(self.folder or "/tmp")
                isolate.limit(self.limits, counted=self.nested or self.watched)
                isolate.give_up_privileges(self.filter)
                random.seed()
                np.random.seed()  # noqa: NPY002 (that of a student who uses the old functions)
                runner.put(self.files)
                self.shell.alone = self.nested
                runner.run(runner.Connection(ends), self.shell)
            finally:
                os._exit(0)
        ends.close()

    def _end(self) -> None:
        """End the submission and every process that it has left: orphans become this process's children."""
        known, self.child = self.child, 0
        while children := _children(known):
            known = 0
            for child in children:
                for kill in (os.killpg, os.kill):
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        kill(child, signal.SIGKILL)
            for child in children:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child, 0)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self) -> None:
        """Hold all processes of the submission together to the limits that the system sets for each."""
        found = {pid for pid in _processes() if pid not in (1, os.getpid())}
        if (
            len(found) <= self.limits["processes"]
            and _memory(found) <= self.limits["memory_bytes"]
            # What the kernel holds for them belongs to no process.
            and _sockets() <= self.limits["sockets"]
            and _locks() <= _MOST_LOCKS
            and (self.nested or _files() <= isolate.MOST_FILES)
        ):
            return
        # At first those that the notebook started, so that only the call they belong to is lost.
        self.greedy, first = True, {self.child}
        for pid in found - first or first:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _children(known: int) -> list[int]:
    """Direct children of this process, ended or not; where the system has no list of them, the one that is known."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:
        return [known] if known else []


def _memory(pids: set[int]) -> int:
    """Bytes in use by processes, also where they were moved to swap; what they share is counted once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
            lines = [line.split() for line in file]
            total += sum(1024 * int(size) for name, size, *_ in lines if name in _IN_USE)
    return total


def _sockets() -> int:
    """Sockets in the sandbox, those too that are on their way in a message; this program's own came from outside."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/net/sockstat") as file:
        return next(int(line.split()[2]) for line in file if line.startswith("sockets: used"))
    return 0


def _locks() -> int:
    """Locks on files that processes of the sandbox hold; no more of them are counted than matter."""
    with contextlib.suppress(OSError), open("/proc/locks") as file:
        return sum(1 for _ in itertools.islice(file, _MOST_LOCKS + 1))
    return 0


def _files() -> int:
    """Files in the temporary folders, where these are the sandbox's own."""
    disks = map(os.statvfs, ("/tmp", "/dev/shm"))
    return max(disk.f_files - disk.f_ffree for disk in disks)


def main() -> None:
    """Read the settings, load what submissions use, say so, and serve."""
    control = socket.socket(fileno=os.dup(0))
    (size,) = struct.unpack("<I", _exactly(control, 4))
    settings = values.unpack(_exactly(control, size))
    null = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(null, file)
    isolate.adopt_orphans()
    # Whoever starts this process may have little processor time left; it serves a whole class.
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    server = Server(control, settings)
    if trouble := server.set_up(settings["setup"]):
        control.sendall(b"X" + trouble.encode()[:500])
        return
    control.sendall(b"R")
    server.serve()


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = control.recv(size - len(data))
        if not part:
            sys.exit()
        data += part
    return data


if __name__ == "__main__":
    main()
