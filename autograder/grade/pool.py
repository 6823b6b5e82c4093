"""Many submissions at once: in worker processes of this machine, or on a Dask cluster.

What goes out is the bytes of a submission, what comes back is a `Sheet`: neither needs a shared folder, and no
worker ever opens the gradebook.
"""

import contextlib
import ctypes
import math
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from autograder.grade import one
from autograder.grade.one import Assignment, Sheet
from autograder.sandbox.host import Limits, SandboxError

ATTEMPTS = 2
# What a worker may map beyond what it has when it begins, and compute over one submission outside the sandbox:
# several times what the largest file and the largest results take that are read. A submission that needs more
# has a verdict without points, and a line that sends a person to it.
MEMORY_BYTES = 2 * 2**30
PROCESSOR_SECONDS = 60.0
_MORE_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1

Settings = tuple[Assignment, str, Limits]  # of a `Grader`


@dataclass(frozen=True)
class Task:
    """A submission that waits to be graded: whose it is, its bytes, and what was found wrong before."""

    student: str
    data: bytes | None
    defects: tuple[str, ...] = ()


class Grader:
    """Grades one submission after the other in one sandbox, which it starts at the first.

    Parameters
    ----------
    assignment : Assignment
    kind : str
        Of `sandbox.KINDS`.
    limits : Limits
    """

    def __init__(self, assignment: Assignment, kind: str, limits: Limits):
        self.assignment = assignment
        self.sandbox = assignment.sandbox(kind, limits)

    def __call__(self, task: Task) -> Sheet:
        """Grade a submission; whatever goes wrong stands in the sheet."""
        for attempt in range(ATTEMPTS):
            try:
                with _at_most(PROCESSOR_SECONDS):
                    graded = one.grade(task.data, self.assignment, self.sandbox, task.defects)
                    return one.sheet(graded, self.assignment)
            except _TooLong:
                why = f"the grader spent {PROCESSOR_SECONDS:g} seconds on it, the sandbox's not counted"
                return refused(task, self.assignment, why)
            except MemoryError:
                if attempt:
                    return refused(task, self.assignment, "it took more memory than the grader has")
                said = "MemoryError"
            except SandboxError as error:
                said = str(error)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
        return Sheet.failed(f"the grader failed: {said}")


def refused(task: Task, assignment: Assignment, why: str) -> Sheet:
    """The sheet of a submission that cost the grader more than it has: a verdict, so that the next run goes on."""
    why = f"{why}; a person must look at it"
    return one.sheet(one.refused(task.data, assignment, why, task.defects), assignment)


class _TooLong(BaseException):
    """The processor time is used up; no handler of exceptions on the way may keep it."""


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise `_TooLong` when this process has computed so long; a thread of a cluster's worker has no such clock.

    Python raises nothing while C computes: the kernel ends a process that goes on for `_MORE_SECONDS`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _end)
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    last = math.ceil(time.process_time() + seconds + _MORE_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (last if hard < 0 else min(last, hard), hard))
    try:
        # Processor time of this process alone: neither a busy machine nor the sandbox uses it up.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _end(*_: object) -> None:
    raise _TooLong


class Pool:
    """Worker processes of this machine, each with a sandbox of its own.

    A worker that ends (out of memory, killed) is replaced and its submission graded again, `ATTEMPTS` times
    in all; a submission over which that many have ended has a verdict without points. Each worker's memory is
    limited (`MEMORY_BYTES`), and so is the processor time that it spends on one submission (`PROCESSOR_SECONDS`).

    Parameters
    ----------
    assignment : Assignment
    kind : str
        Of `sandbox.KINDS`.
    limits : Limits
    workers : int
        How many processes.
    """

    def __init__(self, assignment: Assignment, kind: str, limits: Limits, workers: int):
        self._slots = [_Slot(assignment, kind, limits) for _ in range(workers)]

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for slot in self._slots:
            slot.close()

    def run(self, tasks: Iterator[Task]) -> Generator[tuple[Task, Sheet]]:
        """Grade tasks; pairs come as they are done. No more tasks are read than are worked on."""
        while True:
            for slot in self._slots:
                while len(slot.waiting) < 2 and (task := next(tasks, None)):
                    slot.submit(task)
            first = {slot.waiting[0][1]: slot for slot in self._slots if slot.waiting}
            if not first:
                return
            done, _ = wait(first, return_when=FIRST_COMPLETED)
            for future in done:
                yield from first[future].take()


class _Slot:
    """One worker process, with the task that it works on and the next one: so a lost task is known."""

    def __init__(self, *settings: *Settings):
        self.settings = settings
        self.waiting: deque[tuple[Task, Future]] = deque()
        self.lost: dict[str, int] = {}
        self._start()

    def submit(self, task: Task) -> None:
        try:
            self.waiting.append((task, self.pool.submit(_grade, task)))
        except BrokenProcessPool as error:
            # What broke it is told by the task that it worked on.
            future: Future = Future()
            future.set_exception(error)
            self.waiting.append((task, future))

    def take(self) -> Iterator[tuple[Task, Sheet]]:
        """The first task with its sheet, or nothing if its process was lost and it is tried again."""
        task, future = self.waiting.popleft()
        try:
            yield task, future.result()
        except BrokenProcessPool:
            following = [task for task, _ in self.waiting]
            self.waiting.clear()
            self.close()
            self._start()
            self.lost[task.student] = self.lost.get(task.student, 0) + 1
            if self.lost[task.student] < ATTEMPTS:
                following.insert(0, task)
            else:
                why = f"the grader's process ended {ATTEMPTS} times over it"
                yield task, refused(task, self.settings[0], why)
            for task in following:
                self.submit(task)
        # Between the processes, such as a sheet that no memory is left to pack.
        except Exception as error:
            yield task, Sheet.failed(f"the grader failed: {type(error).__name__}: {error}")

    def close(self) -> None:
        for process in list((self.pool._processes or {}).values()):
            process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> None:
        # A fork has the assignment already, and everything that is imported.
        context = multiprocessing.get_context("fork")
        self.pool = ProcessPoolExecutor(1, context, _prepare, (os.getpid(), *self.settings))
        # The sandbox starts while this process still opens the gradebook.
        self.pool.submit(_start)


_grade_here: Grader


def _prepare(parent: int, *settings: *Settings) -> None:
    """In a worker process, before its first task."""
    global _grade_here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    _limit_memory()
    _grade_here = Grader(*settings)


def _limit_memory() -> None:
    """Let this process map so much more: what a submission makes it allocate must not be the machine's end.

    The soft limit alone: the sandbox, which inherits it, sets a submission's own.
    """
    if sys.platform == "linux":
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = mapped + MEMORY_BYTES
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _start() -> None:
    _grade_here.sandbox.start()


def _grade(task: Task) -> Sheet:
    return _grade_here(task)
