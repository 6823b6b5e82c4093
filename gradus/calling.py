"""One code that calls an answer: for the check in a notebook, in the page, and inside the sandbox."""

import _thread
import contextlib
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence

# As it was before any answer ran: with another in its place a change of an argument would not be seen.
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np

from gradus import problems, values
from gradus.plan import Case

# That one call may take, here and where it is graded, unless a course says otherwise.
CASE_SECONDS = 10.0
# Of an exception, so much is told.
_MESSAGE_CHARS, LINE_CHARS = 500, 300


@dataclass(frozen=True)
class Outcome:
    """What one call of an answer did.

    Attributes
    ----------
    kind : str
        "returned", "raised", "timeout", "killed" (it ended its process or broke a limit),
        "not found" (no function of that name) or "not data" (the result cannot be judged).
    value : data
        What was returned.
    changed : tuple of str
        Names of the arguments that the call changed in place.
    error, message, line : str
        Type and text of what was raised, or what happened; the answer's own line, if known.
    """

    kind: str
    value: Any = None
    changed: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    line: str = ""


class Raised(TypedDict):
    """What was raised, as an `Outcome` has it."""

    error: str
    message: str
    line: str


class OutOfTime(BaseException):
    """A call used up its time. Not an Exception, so that a plain `except` does not hide it."""


def call_cases(answer: Callable, cases: Sequence[Case]) -> list[Outcome]:
    """Call an answer on every case in this process, within `CASE_SECONDS` each.

    After a call that took too long the others are not made: they would most likely take as long.
    """
    outcomes: list[Outcome] = []
    for case in cases:
        try:
            with _limited(CASE_SECONDS):
                outcome = call(answer, case)
        except OutOfTime:
            outcome = Outcome("timeout")
        outcomes.append(_carried(outcome))
        if outcome.kind == "timeout":
            return outcomes + [outcome] * (len(cases) - len(outcomes))
    return outcomes


def call(answer: Callable, case: Case, is_own: Callable[[str], bool] | None = None) -> Outcome:
    """Call an answer on copies of a case's arguments.

    Parameters
    ----------
    answer : callable
    case : Case
    is_own : callable, optional
        Whether a file is the answer's own, for the line that raised; by default, those in the folder of
        the file that defines the answer: the cells of a notebook are files of one folder.

    Returns
    -------
    Outcome
        Whatever the answer does, but for an interrupt, which is the reader's own, and the end of its time.
    """
    args, kwargs = values.realise(case.args), values.realise(case.kwargs)
    given = deepcopy((args, kwargs))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = answer(*args, **kwargs)
    except (OutOfTime, KeyboardInterrupt):
        raise
    except MemoryError:
        return Outcome("killed", message="it used too much memory")
    except BaseException as error:
        return Outcome("raised", **described(error, is_own))
    changed = changed_arguments(case.names, given, (args, kwargs))
    try:
        return Outcome("returned", as_data(value), changed)
    except Exception:  # of an object whose conversion to an array fails in any way it likes
        return _no_data(value)


def described(error: BaseException, is_own: Callable[[str], bool] | None = None) -> Raised:
    """An exception as text: its type, what it says, and the last of the answer's own lines; see `call`."""
    try:
        message = str(error)[:_MESSAGE_CHARS]
    except BaseException:  # of a class whose text is itself code
        message = ""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # without `call`
    if not is_own:
        folder = os.path.dirname(frames[0].filename) if frames else ""
        is_own = lambda file: os.path.dirname(file) == folder  # noqa: E731
    lines = [frame.line for frame in frames if is_own(frame.filename)]
    line = (lines[-1] if lines else "") or ""
    return {
        "error": type(error).__name__,
        "message": message,
        "line": line.strip()[:LINE_CHARS],
    }


def as_data(value: Any) -> Any:
    """A result as data: what NumPy takes for numbers becomes an array; `values.NotData` where it takes it for none."""
    if isinstance(value, tuple | list):
        return (tuple if isinstance(value, tuple) else list)(as_data(item) for item in value)
    if isinstance(value, dict):
        return {key: as_data(item) for key, item in value.items()}
    if value is None or type(value) in (bool, int, float, str, np.str_):
        return value
    array = np.asarray(value)
    if array.dtype == object:
        raise values.NotData(values.kind(value))
    return array.astype(np.float64) if array.dtype == np.longdouble else array


def changed_arguments(names: tuple[str, ...], before: tuple, after: tuple) -> tuple[str, ...]:
    """Names of the arguments that differ between two (args, kwargs) of one call."""
    pairs = zip((*before[0], *before[1].values()), (*after[0], *after[1].values()), strict=True)
    return tuple(name for name, (old, new) in zip(names, pairs, strict=True) if not _same(old, new))


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray):
        return isinstance(new, np.ndarray) and np.array_equal(
            old, new, equal_nan=old.dtype.kind in "fc"
        )
    if isinstance(old, tuple | list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, problems.Problem):  # equal by its arrays, which have no one truth
        return _same(vars(old), vars(new))
    if isinstance(old, np.random.Generator) or callable(old):
        return True  # a generator is there to be used up
    return type(old) is type(new) and (old == new or (old != old and new != new))


def _carried(outcome: Outcome) -> Outcome:
    """An outcome whose value has crossed as the grader's does: as bytes."""
    try:
        return replace(outcome, value=values.unpack(values.pack(outcome.value)))
    except values.NotData:
        return _no_data(outcome.value)


def _no_data(value: Any) -> Outcome:
    return Outcome("not data", message=values.kind(value))


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Have what runs within raise `OutOfTime` after so many seconds, where this system can interrupt it.

    A browser's worker can neither be signalled nor start a thread: the page has a Stop for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "setitimer"):
        before = signal.signal(signal.SIGALRM, _ring)
        rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, rest)
            signal.signal(signal.SIGALRM, before)
    else:
        with _interrupted(seconds):
            yield


def _ring(*_: object) -> None:
    raise OutOfTime


@contextlib.contextmanager
def _interrupted(seconds: float) -> Iterator[None]:
    """As `_limited`, by the interrupt that Ctrl-C gives: Windows has no alarm."""
    rang = threading.Event()

    def ring() -> None:
        rang.set()
        _thread.interrupt_main()

    clock = threading.Timer(seconds, ring)
    clock.daemon = True
    try:
        clock.start()
    except RuntimeError:  # no threads here
        yield
        return
    try:
        yield
    except KeyboardInterrupt:
        if not rang.is_set():
            raise
        raise OutOfTime from None
    finally:
        clock.cancel()
