"""What a notebook says: `chapter(...)` once, then `@exercise`, `check(...)` and `progress()`.

Under the environment variable GRADUS_REFERENCES, the name of a package (the book's own is
"solutions"), `@exercise` hands back the reference of the same name and `check` takes its cases
from that package: so the website and an author's notebook show real results while the page shows
the stub. A student's notebook has neither; its cases are in the file `<chapter>.cases` beside it.
"""

import importlib
import inspect
import linecache
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from gradus import stub
from gradus.calling import call_cases
from gradus.plan import Plan, read_cases
from gradus.tables import Progress, Table, summary
from gradus.verdict import Verdict, examine


class CheckFailed(Exception):
    """Not every case of a check passes; the table above it says which, and why."""

    def _render_traceback_(self) -> list[str]:
        # IPython would print the frames of Gradus; the table above says what a student needs.
        return [str(self)]


class NoExercise(CheckFailed, LookupError):
    """What a check was given answers no exercise."""


@dataclass
class _Session:
    """The chapter of this notebook, what it asks, and what was found so far."""

    chapter: str = ""
    plans: dict[str, Plan] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)


_session = _Session()


def chapter(name: str) -> None:
    """Begin the chapter of that name: read what its exercises ask.

    Parameters
    ----------
    name : str
        As in the book's address: "descent", "bias-variance".

    Raises
    ------
    FileNotFoundError
        If the file with the cases is not beside the notebook.
    ValueError
        If it cannot be read.
    """
    global _session
    _session = _Session(name, _load_plans(name))
    if shell := _shell():
        shell.set_custom_exc((NotImplementedError,), _explain_unanswered)


def exercise(function: Callable | str) -> Callable | None:
    """Mark a function as the answer to the exercise of its name.

    Parameters
    ----------
    function : callable or str
        With a name alone, the line stands for the exercise in the text of a chapter: a released
        notebook and the website have the function to complete in its place. With the references at
        hand it defines the reference under that name among the globals of the cell that says so, and
        hands back nothing, which a notebook would show.

    Raises
    ------
    LookupError
        If the references lack it, or a name alone is given where there are none.
    """
    name = function if isinstance(function, str) else function.__name__
    module = _references(_session.chapter)
    if module and not hasattr(module, name):
        raise LookupError(f"exercise {name!r} has no reference: write {name} in {module.__name__}")
    if isinstance(function, str):
        if not module:
            raise LookupError(
                f"exercise({name!r}) is a line of the book's text: the notebook that `autograder release` "
                "makes has the function to complete here, and with GRADUS_REFERENCES set the line defines it"
            )
        # The caller's frame, not IPython's namespace: tests and tools run cells without IPython.
        sys._getframe(1).f_globals[name] = getattr(module, name)
        return None
    if module:
        return getattr(module, name)
    return function


def check(answer: Callable) -> None:
    """Try an answer on the visible cases and show a table of what passed and what did not.

    Parameters
    ----------
    answer : callable
        The function to judge; its name says which exercise it answers.

    Raises
    ------
    CheckFailed
        If a case does not pass: so that nbgrader's Validate sees it.
    NoExercise
        If it is no function, or no exercise of this chapter has its name.
    """
    check_as(_asked(answer, sys._getframe(1)), answer)


def check_as(name: str, answer: Callable) -> None:
    """Try an answer as `check` does, as that to the exercise of a name."""
    _need_function(answer, name)
    plan = _session.plans[name]
    verdict = examine(plan, call_cases(answer, plan.cases))
    if verdict.status == "not answered" and (below := _below_the_stub(answer)):
        print(
            f"{name}: the line `raise NotImplementedError(...)` stands above your code and ends the function "
            "before it; here it was passed over: delete it"
        )
        verdict = examine(plan, call_cases(below, plan.cases))
    elif verdict.status == "not answered" and (called := _open_and_called(answer)):
        print(f"{name} calls `{called}`, which is not answered yet: answer that one first")
    _session.verdicts[name] = verdict
    _display(Table(verdict, plan.cases))
    if verdict.status != "right":
        raise CheckFailed(f"{name}: {summary(verdict)}")


def progress() -> None:
    """Show the points of every exercise of this chapter that was checked so far."""
    _display(Progress(_session.plans, _session.verdicts))


def _asked(answer: Any, caller: FrameType) -> str:
    """The exercise that the caller means by an answer: by the name it has there, or by its own.

    A lambda or a decorated function has another name of its own; one function may have the names of two.
    """
    plans = _session.plans
    _need_function(answer, answer if isinstance(answer, str) and answer in plans else "NAME")
    names = [
        name for name in plans if name in caller.f_globals and caller.f_globals[name] is answer
    ]
    if len(names) > 1:
        line = linecache.getline(caller.f_code.co_filename, caller.f_lineno)
        said = re.search(r"\bcheck\(\s*(\w+)\s*\)", line)
        names = [said[1]] if said and said[1] in names else names
    name = names[0] if names else getattr(answer, "__name__", "")
    if name in plans:
        return name
    known = ", ".join(plans) or "none: run the set-up cell, which says chapter(...)"
    raise NoExercise(
        f"no exercise is called {name!r}: write the answer with `def` under the exercise's name; "
        f"the exercises here are: {known}"
    )


def _need_function(answer: Any, name: str) -> None:
    if not callable(answer):
        got = "its name in quotation marks" if isinstance(answer, str) else "what it returns"
        raise NoExercise(f"check takes the function itself, not {got}: write check({name})")


def _below_the_stub(answer: Callable) -> Callable | None:
    """The same function without a stub's line that was left above its code; None if there is none."""
    function = inspect.unwrap(answer)
    source, names = _past_stubs(function)
    if function.__name__ not in names:
        return None
    scope = dict(function.__globals__)
    exec(compile(source, function.__code__.co_filename, "exec"), scope)
    return scope[function.__name__]


def _past_stubs(function: Callable) -> tuple[str, list[str]]:
    """The source of a function without stubs' lines, and whose lines these were; "" where it cannot be read."""
    try:
        return stub.past(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return "", []


def _open_and_called(answer: Callable) -> str:
    """The exercise that an answer calls, where its own source is no stub; "" if it calls none, or is one."""
    function = inspect.unwrap(answer)
    source, names = _past_stubs(function)
    if not source or function.__name__ in names:
        return ""
    called = (name for name in function.__code__.co_names if name in _session.plans)
    return next(called, "")


def _shell() -> Any:
    """IPython's shell, if this is a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _explain_unanswered(
    shell: Any, kind: type, error: Exception, trace: Any, tb_offset: int | None = None
) -> None:
    """In place of a long traceback: which exercise a cell of the book is waiting for."""
    name = traceback.extract_tb(trace)[-1].name
    if name in _session.plans:
        if "matplotlib.pyplot" in sys.modules:  # no half-drawn figure below the line
            sys.modules["matplotlib.pyplot"].close("all")
        lines = [
            f"NotImplementedError: this cell needs your answer to `{name}`, which is still open"
        ]
    else:
        lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    # IPython leaves the showing to such a handler; this is how its own tracebacks are shown.
    shell._showtraceback(kind, error, lines)


def _references(name: str, *inside: str) -> ModuleType | None:
    package = os.environ.get("GRADUS_REFERENCES")
    if not package:
        return None
    return importlib.import_module(".".join((package, *inside, name.replace("-", "_"))))


def _load_plans(name: str) -> dict[str, Plan]:
    if checks := _references(name, "checks"):
        from gradus.authoring import exercises_of  # which a student's notebook never needs

        plans = [exercise.plan() for exercise in exercises_of(checks)]
    else:
        path = Path(os.environ.get("GRADUS_CASES", ".")) / f"{name}.cases"
        if not path.is_file():
            raise FileNotFoundError(
                f"{path.name} is not beside this notebook: it came with it, in the same folder; fetch both again"
            )
        try:
            plans = read_cases(path.read_bytes())
        except ValueError as error:
            raise ValueError(f"{path.name} {error}") from error
    return {plan.exercise: plan for plan in plans}


def _display(table: Any) -> None:
    try:
        from IPython.display import display
    except ImportError:
        print(table)
    else:
        display(table)
