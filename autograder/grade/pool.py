"""Many submissions at once: in worker processes of this machine, or on a Dask cluster.

What goes out is the bytes of a submission, what comes back is a `Sheet`: neither needs a shared folder, and no
worker ever opens the gradebook.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from autograder.grade import one
from autograder.grade.one import Assignment, Sheet
from autograder.sandbox.host import Limits, SandboxError

ATTEMPTS = 2
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
        for _ in range(ATTEMPTS):
            try:
                graded = one.grade(task.data, self.assignment, self.sandbox, task.defects)
                return one.sheet(graded, self.assignment)
            except SandboxError as error:
                said = str(error)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
        return Sheet.failed(f"the grader failed: {said}")


class Pool:
    """Worker processes of this machine, each with a sandbox of its own.

    A worker that ends (out of memory, killed) is replaced and its submission graded again, `ATTEMPTS` times
    in all.

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
                yield task, Sheet.failed(f"the grader's process ended {ATTEMPTS} times over it")
            for task in following:
                self.submit(task)

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
    _grade_here = Grader(*settings)


def _start() -> None:
    _grade_here.sandbox.start()


def _grade(task: Task) -> Sheet:
    return _grade_here(task)
