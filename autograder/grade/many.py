"""Grade a class: every submission of an assignment through the workers, and its marks into nbgrader's gradebook.

Nothing is read from `nbgrader_config.py` that decides how a submission runs: nbgrader only logs a configuration
that is broken, and would then run submissions without a sandbox.

A submission is done when its marks are in the gradebook and, after that, its graded notebook in `autograded/`: a run
that ends in between leaves a notebook that does not fit its submission, and the next run grades it again.
"""

import contextlib
import fcntl
import importlib
import math
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.course import Course, CourseError, find_programs, private_files
from autograder.folders import carry, database, overlooked, read_graded, read_timestamp, submitted
from autograder.grade import pool, reading
from autograder.grade.one import NOT_GRADABLE, Assignment, Sheet
from autograder.grade.scheduler import Scheduler
from autograder.gradebook import Entry, Gradebook, Total, read_roster
from autograder.sandbox import host

BATCH = 50
_BATCH_SECONDS = 2.0
IN_THE_GRADEBOOK = ("graded", "unchanged", "not a notebook", NOT_GRADABLE)
# States of a submission that a person has to look at.
TROUBLE = ("not a notebook", NOT_GRADABLE, "not graded", "not in the roster", "failed", "not done")


@dataclass(frozen=True)
class Result:
    """What became of one student's submission.

    Attributes
    ----------
    student : str
    state : str
        "graded", "unchanged" (graded before), "no submission", or of `TROUBLE`: "not a notebook",
        "not graded" (what lies in a wrong place), "not gradable" (it cost the grader more than it has: no
        points), "not in the roster", "failed" (no verdict) or "not done" (the run ended before).
    note : str
        What a person should know.
    earned, points : float
        Those that are given automatically.
    total : Total or None
        What the gradebook gives all told; None where it has no submission.
    """

    student: str
    state: str
    note: str = ""
    earned: float = 0.0
    points: float = 0.0
    total: Total | None = None


@dataclass(frozen=True)
class Options:
    """How a class is graded.

    Attributes
    ----------
    kind : str
        Of sandbox: "bubblewrap" or "none".
    workers : int
        Processes of this machine; 0: as many as it has cores.
    scheduler : Scheduler or None
        Of a Dask cluster, whose workers grade instead.
    db : str
        Address of the gradebook's database for SQLAlchemy; "": nbgrader's SQLite file.
    force : bool
        Grade anew what is unchanged too.
    roster : Path or None
        A CSV file of the students, as `nbgrader db student import` reads it: who is not in it is not graded.
    """

    kind: str = "bubblewrap"
    workers: int = 0
    scheduler: Scheduler | None = None
    db: str = ""
    force: bool = False
    roster: Path | None = None


def grade_class(
    course: Course,
    name: str,
    options: Options = Options(),
    on_done: Callable[[Result], None] = lambda result: None,
    log: Callable[[str], None] = lambda line: None,
) -> list[Result]:
    """Grade every submission of an assignment; points go into nbgrader's gradebook.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.
    options : Options, optional
    on_done : callable
        Called with each result when it is stored.
    log : callable
        Called with a line about what the run waits for, or passes over.

    Returns
    -------
    list of Result
        One for each submission, for each student of the roster who has none, and for whatever else in
        `submitted/` may be one, by student.

    Raises
    ------
    CourseError
        If the assignment is unknown or not released, nobody submitted, the sandbox, the scheduler or the database
        does not work, or another run grades the same course: nothing is written then.
    """
    course.chapter(name)
    students = submitted(course.directory, name)
    roster = read_roster(options.roster) if options.roster else []
    beside = overlooked(course, name)
    for item in beside:
        log(str(item))
    if not students and not any(item.meant for item in beside):
        place = f"{course.directory.name}/submitted/STUDENT/{name}/"
        raise CourseError(f"{name} has no submissions: put each into {place}{name}.ipynb")
    assignment = Assignment.load(course, name)
    with (
        _alone(course.directory),
        _workers(course, assignment, options, max(len(students), 1)) as grade,
        _gradebook(course, assignment, options, log) as book,
    ):
        for student, why in book.enter_students(roster).items():
            log(f"--roster: {student} cannot be entered: {why}")
        run = _Run(course, assignment, book, on_done)
        known = set(students)
        if options.roster:
            known = {row["id"] for row in roster}
            note = f"not in {options.roster.name}: not graded"
            for student in sorted(set(students) - known):
                run.end(Result(student, "not in the roster", note))
        misplaced = [item for item in beside if item.person]
        owners = {item.student for item in misplaced if item.student} - set(students)
        for student in sorted(known - set(students) - owners):
            run.end(Result(student, "no submission"))
        try:
            run.collect(grade(run.tasks([s for s in students if s in known], options.force)))
        except CourseError as error:
            # What is stored stays; what is not is graded by the next run.
            log(str(error))
            for student in sorted(set(students) - {result.student for result in run.results}):
                run.end(Result(student, "not done", "run the command again"))
        for item in misplaced:
            result = Result(item.student or Path(item.path).name, "not graded", str(item))
            if item.student in owners:
                owners.remove(item.student)
                run.end(result)
            else:
                # Its student has been told of already, or there is none.
                run.results.append(result)
        # Of those that are unchanged, too: a due date, an extension or a mark by hand may be new.
        try:
            totals = book.settle()
        except CourseError as error:
            log(str(error))
            totals = {}
    for number, result in enumerate(run.results):
        if result.state in IN_THE_GRADEBOOK:
            run.results[number] = replace(result, total=totals.get(result.student))
    return sorted(run.results, key=lambda result: result.student)


Work = Callable[[Iterator[pool.Task]], Generator[tuple[pool.Task, Sheet]]]


@contextlib.contextmanager
def _workers(course: Course, assignment: Assignment, options: Options, most: int) -> Iterator[Work]:
    """What turns tasks into sheets: processes of this machine, not more than are of use, or a cluster."""
    limits = host.Limits.of(course)
    if options.scheduler:
        from autograder.grade.cluster import Cluster

        with Cluster(options.scheduler, assignment, options.kind, limits) as cluster:
            yield _again_alone(cluster.run)
        return
    host.choose(options.kind)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(options.workers or cores or 1, most)
    with pool.Pool(assignment, options.kind, limits, workers) as processes:
        with ThreadPoolExecutor(1) as thread:
            proof = thread.submit(host.prove, options.kind)
            # It takes as long, and has to be imported in any case.
            importlib.import_module("nbgrader.api")
            proof.result()
        yield _again_alone(processes.run) if workers > 1 else processes.run


def _again_alone(grade: Work) -> Work:
    """The same, but what ran out of time while others computed is graded once more when nothing else runs.

    Only that counts: so no submission, whatever it starts, can take the time of another.
    """

    def run(tasks: Iterator[pool.Task]) -> Generator[tuple[pool.Task, Sheet]]:
        starved = []
        for task, sheet in grade(tasks):
            if sheet.starved:
                starved.append(task)
            else:
                yield task, sheet
        for task in starved:
            yield from grade(iter([task]))

    return run


class _Run:
    """One pass over a class: what is to be graded goes out, what comes back is stored in batches."""

    def __init__(
        self,
        course: Course,
        assignment: Assignment,
        book: Gradebook,
        on_done: Callable[[Result], None],
    ):
        self.course, self.assignment, self.book = course, assignment, book
        self.on_done = on_done
        self.stored = book.stored()
        self.results: list[Result] = []
        self.batch: list[tuple[str, Sheet]] = []

    def end(self, result: Result) -> None:
        self.results.append(result)
        self.on_done(result)

    def tasks(self, students: list[str], force: bool) -> Iterator[pool.Task]:
        """The submissions that have to be graded, read one by one."""
        for student in students:
            folder = self._folder("submitted", student)
            try:
                file, defects = reading.locate(
                    folder, self.assignment.name, self.assignment.released
                )
                data = reading.load(file)
            except OSError as error:
                self.end(Result(student, "failed", f"it cannot be read: {error.strerror}"))
                continue
            if not force and self._is_graded(student, data, defects):
                carry(folder, self._folder("autograded", student))
                self.end(self._unchanged(student))
            else:
                yield pool.Task(student, data, tuple(defects))

    def collect(self, done: Generator[tuple[pool.Task, Sheet]]) -> None:
        """Store what comes back, many at a time; what has come back is stored whatever happens then.

        Raises
        ------
        CourseError
            If the gradebook or the scheduler failed for good.
        """
        # The first is stored at once: whoever waits sees that it works.
        since = -math.inf
        try:
            for task, sheet in done:
                if sheet.failure:
                    self.end(Result(task.student, "failed", sheet.failure))
                    continue
                self.batch.append((task.student, sheet))
                if len(self.batch) >= BATCH or time.monotonic() - since > _BATCH_SECONDS:
                    self._store()
                    since = time.monotonic()
        finally:
            done.close()
            self._store()

    def _store(self) -> None:
        """Put a batch into the gradebook, then the graded notebooks into their places."""
        entries, places = [], []
        for student, sheet in self.batch:
            try:
                entries.append(self._entry(student, sheet))
                places.append((student, sheet, self._stage(student, sheet)))
            except OSError as error:
                self.end(Result(student, "failed", f"it cannot be stored: {error.strerror}"))
        self.batch = []
        try:
            refused = self.book.store(entries)
        except CourseError:
            for _, _, staged in places:
                _unstage(staged)
            raise
        for student, sheet, staged in places:
            if why := refused.get(student):
                _unstage(staged)
                self.end(Result(student, "failed", why))
                continue
            staged.replace(self._graded(student))
            carry(self._folder("submitted", student), self._folder("autograded", student))
            self.end(self._result(student, sheet))

    def _entry(self, student: str, sheet: Sheet) -> Entry:
        submitted = read_timestamp(self._folder("submitted", student))
        return Entry(student, submitted, sheet.marks, sheet.unanswered)

    def _stage(self, student: str, sheet: Sheet) -> Path:
        """Write a graded notebook beside its place."""
        staged = self._graded(student).with_suffix(".new")
        try:
            staged.parent.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(sheet.notebook)
        except OSError:
            _unstage(staged)
            raise
        return staged

    def _is_graded(self, student: str, data: bytes | None, defects: Sequence[str]) -> bool:
        about = read_graded(self._graded(student))
        submitted = read_timestamp(self._folder("submitted", student))
        return (
            student in self.stored
            and "verdicts" in about
            and about["fingerprint"] == self.assignment.fingerprint(data)
            # What is new beside the file is told on it, too.
            and set(defects) <= set(about["defects"])
            and submitted in (None, self.stored[student])
        )

    def _result(self, student: str, sheet: Sheet) -> Result:
        earned = sum(mark or 0.0 for mark in sheet.marks.values())
        points = sum(plan.points for plan in self.assignment.plans.values())
        return _told(student, "graded", sheet.readable, sheet.defects, earned, points)

    def _unchanged(self, student: str) -> Result:
        about = read_graded(self._graded(student))
        verdicts = about["verdicts"].values()
        earned, points = (sum(v[key] for v in verdicts) for key in ("earned", "points"))
        return _told(student, "unchanged", about["readable"], about["defects"], earned, points)

    def _folder(self, step: str, student: str) -> Path:
        return self.course.directory / step / student / self.assignment.name

    def _graded(self, student: str) -> Path:
        return self._folder("autograded", student) / f"{self.assignment.name}.ipynb"


def _told(
    student: str, state: str, readable: bool, defects: Sequence[str], earned: float, points: float
) -> Result:
    note = "; ".join(defects)
    if not readable:
        beyond = any(line.startswith(f"{NOT_GRADABLE}: ") for line in defects)
        state = NOT_GRADABLE if beyond else "not a notebook"
        note = note.removeprefix(f"{state}: ")
    return Result(student, state, note, earned, points)


def _gradebook(
    course: Course, assignment: Assignment, options: Options, log: Callable[[str], None]
) -> Gradebook:
    find_programs()
    with private_files():
        return Gradebook(
            database(course, options.db),
            course.name,
            assignment.name,
            assignment.released,
            config=_penalties(course),
            log=log,
        )


def _penalties(course: Course) -> Config:
    """What `nbgrader_config.py` says of late submissions and of unknown students.

    Raises
    ------
    CourseError
        If the file cannot be read: nbgrader itself would only log that.
    """
    file = course.root / "nbgrader_config.py"
    if not file.is_file():
        return Config()
    try:
        read = PyFileConfigLoader(file.name, str(course.root)).load_config()
    except (Exception, SystemExit) as error:
        raise CourseError(f"{file.name} cannot be read: {type(error).__name__}: {error}") from error
    kept = ("AssignLatePenalties", "LateSubmissionPlugin", "Autograde")
    return Config({name: read[name] for name in kept if name in read})


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep a second run away from the same course; the lock ends with this process, however it ends."""
    try:
        file = (directory / ".grading").open("w")
    except OSError as error:
        raise CourseError(f"{directory} cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CourseError(
                f"another run grades in {directory.name}: wait until it has ended"
            ) from error
        yield


def _unstage(staged: Path) -> None:
    """Remove a file that is not to be stored, and the folders that were made for it."""
    staged.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # nbgrader stops at a folder without a notebook
        staged.parent.rmdir()
        staged.parent.parent.rmdir()
