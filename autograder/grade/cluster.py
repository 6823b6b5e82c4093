"""The same work on a Dask cluster: the submission's bytes go to a worker, the sheet comes back.

The assignment, with the cases that grade, is sent to each worker once, to those too that join later. Workers need
this package, the same versions of what it uses, and bubblewrap; no folder of the course, no gradebook.
"""

import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import cast

from distributed import CancelledError, Future, WorkerPlugin, get_worker, wait
from distributed.scheduler import KilledWorker

from autograder.course import CourseError
from autograder.grade.one import Assignment, Sheet
from autograder.grade.pool import ATTEMPTS, Grader, Task, refused
from autograder.grade.scheduler import Scheduler
from autograder.sandbox import host
from autograder.sandbox.host import Limits

_CONNECT_SECONDS = 5


class _Settings(WorkerPlugin):
    """What a worker keeps: the assignment, and a grader for each of its threads."""

    def __init__(self, assignment: Assignment, kind: str, limits: Limits):
        self.settings = (assignment, kind, limits)
        self.name = f"autograder-{uuid.uuid4().hex}"

    def setup(self, worker: object) -> None:
        host.require(self.settings[1])
        self.local = threading.local()
        self.graders: list[Grader] = []

    def teardown(self, worker: object) -> None:
        for grader in self.graders:
            grader.sandbox.close()

    def grader(self) -> Grader:
        if not hasattr(self.local, "grader"):
            self.local.grader = Grader(*self.settings)
            self.graders.append(self.local.grader)
        return self.local.grader


class Cluster:
    """A connection to a cluster whose workers have what they need to grade an assignment.

    Parameters
    ----------
    scheduler : Scheduler
    assignment : Assignment
    kind : str
        Of `host.KINDS`.
    limits : Limits

    Raises
    ------
    CourseError
        If the scheduler cannot be reached in a safe way, or has no workers, or one of them cannot grade.
    """

    def __init__(self, scheduler: Scheduler, assignment: Assignment, kind: str, limits: Limits):
        self.address = address = scheduler.address
        self._client = scheduler.connect(_CONNECT_SECONDS)
        try:
            if not self._client.nthreads():
                raise CourseError(
                    f"--scheduler {address} has no workers: start some with dask worker {address}"
                )
            self._settings = _Settings(assignment, kind, limits)
            self._client.register_plugin(self._settings)
        except CourseError:
            self._client.close()
            raise
        except Exception as error:
            self._client.close()
            raise CourseError(f"a worker of {address} cannot grade: {_line(error)}") from error

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # a scheduler that is lost has nothing to unregister
            self._client.unregister_worker_plugin(self._settings.name)
        self._client.close()

    def run(self, tasks: Iterator[Task]) -> Generator[tuple[Task, Sheet]]:
        """Grade tasks; pairs come as they are done. A task whose worker is lost goes to another.

        Raises
        ------
        CourseError
            If the scheduler is lost.
        """
        working: dict[Future, Task] = {}
        threads = self._threads()
        while True:
            while len(working) < 2 * threads and (task := next(tasks, None)):
                future = self._client.submit(
                    _grade, task, self._settings.name, pure=False, retries=ATTEMPTS
                )
                working[future] = task
            if not working:
                return
            try:
                done, _ = wait(list(working), return_when="FIRST_COMPLETED")
                sheets = [self._sheet(working.pop(future), future) for future in done]
                threads = self._threads()
            except (CancelledError, OSError) as error:
                raise CourseError(f"--scheduler {self.address} was lost") from error
            yield from sheets

    def _sheet(self, task: Task, future: Future) -> tuple[Task, Sheet]:
        error = future.exception()
        if error is None:
            return task, future.result()
        if isinstance(error, KilledWorker):
            why = "the workers that it was sent to ended"
            return task, refused(task, self._settings.settings[0], why)
        return task, Sheet.failed(f"the cluster failed: {_line(error)}")

    def _threads(self) -> int:
        return max(sum(self._client.nthreads().values()), 1)


def _grade(task: Task, settings: str) -> Sheet:
    return cast(_Settings, get_worker().plugins[settings]).grader()(task)


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
