"""What a notebook says: `chapter(...)` once, then `@exercise`, `check(...)` and `progress()`.

Under the environment variable GRADUS_REFERENCES, the name of a package (the book's own is
"solutions"), `@exercise` hands back the reference of the same name and `check` takes its cases
from that package: so the website and an author's notebook show real results while the page shows
the stub. A student's notebook has neither; its cases are in the file `<chapter>.cases` beside it.
"""

import copy
import html
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from gradus import judging, problems, values
from gradus.judging import Plan
from gradus.verdict import Outcome, Verdict, examine


class CheckFailed(Exception):
    """Not every case of a check passes; the table above it says which, and why."""

    def _render_traceback_(self) -> list[str]:
        # IPython would print the frames of Gradus; the table above says what a student needs.
        return [str(self)]


@dataclass
class _Session:
    """The chapter of this notebook, what it asks, and what was found so far."""

    chapter: str = ""
    plans: dict[str, Plan] = field(default_factory=dict)
    answers: dict[str, Callable] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)


_session = _Session()


def chapter(name: str) -> None:
    """Begin the chapter of that name: read what its exercises ask.

    Parameters
    ----------
    name : str
        As in the book's address: "optimizers", "bias-variance".

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
    _session.answers[name] = function
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
    """
    name = getattr(answer, "__name__", repr(answer))
    if name not in _session.plans:
        known = ", ".join(_session.plans) or "none: run the set-up cell, which says chapter(...)"
        raise LookupError(
            f"no exercise is called {name!r}: write the answer with `def` under the exercise's name; "
            f"the exercises here are: {known}"
        )
    plan = _session.plans[name]
    verdict = examine(plan, [_try(answer, case) for case in plan.cases])
    _session.verdicts[name] = verdict
    _display(Table(verdict))
    if verdict.status != "right":
        raise CheckFailed(f"{name}: {_summary(verdict)}")


def progress() -> None:
    """Show the points of every exercise of this chapter that was checked so far."""
    _display(Progress(_session.plans, _session.verdicts))


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
        lines = [f"NotImplementedError: this cell needs your answer to `{name}`, which is still open"]
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
        plans = [exercise.plan() for exercise in judging.exercises_of(checks)]
    else:
        path = Path(os.environ.get("GRADUS_CASES", ".")) / f"{name}.cases"
        if not path.is_file():
            raise FileNotFoundError(
                f"{path.name} is not beside this notebook: it came with it, in the same folder; fetch both again"
            )
        try:
            plans = [Plan.from_data(data) for data in values.unpack(path.read_bytes())]
        except (values.NotData, KeyError, TypeError) as error:
            raise ValueError(f"{path.name} is damaged: fetch it again") from error
    return {plan.exercise: plan for plan in plans}


def _try(answer: Callable, case: judging.Case) -> Outcome:
    """Call an answer as the grader does, in this process."""
    args, kwargs = values.realise(case.args), values.realise(case.kwargs)
    given = copy.deepcopy((args, kwargs))
    try:
        with np.errstate(all="ignore"):
            value = answer(*args, **kwargs)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[1:]
        # The cells of a notebook are files of one folder; the error may come from deep inside NumPy.
        folders = [os.path.dirname(frame.filename) for frame in frames]
        own = [frame for frame, folder in zip(frames, folders, strict=True) if folder == folders[0]]
        line = own[-1].line if own else ""
        return Outcome("raised", error=type(error).__name__, message=str(error), line=line or "")
    return Outcome("returned", value, changed=changed_arguments(case.names, given, (args, kwargs)))


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


def _summary(verdict: Verdict) -> str:
    if verdict.status == "not answered":
        return "not answered yet"
    passed = sum(case.passed for case in verdict.cases)
    return f"{passed} of {len(verdict.cases)} cases pass"


def _display(table: Any) -> None:
    try:
        from IPython.display import display
    except ImportError:
        print(table)
    else:
        display(table)


@dataclass(frozen=True)
class Table:
    """A verdict as a small table: HTML in a notebook, plain text elsewhere."""

    verdict: Verdict

    def __repr__(self) -> str:
        lines = [f"{self.verdict.exercise}: {_summary(self.verdict)}"]
        if self.verdict.status == "wrong":
            lines += [self.verdict.message]
        if self.verdict.status != "not answered":
            lines += [
                f"  {'pass' if c.passed else 'FAIL'}  {c.label}" + f": {c.message}" * (not c.passed)
                for c in self.verdict.cases
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        escape = html.escape
        verdict = self.verdict
        head = f"<p class='gradus-{verdict.status.replace(' ', '-')}'><strong>{escape(verdict.exercise)}</strong>: {_summary(verdict)}</p>"
        if verdict.status == "not answered":
            return head
        rows = [("✓ pass" if c.passed else "✗ fail", c.label, c.message) for c in verdict.cases]
        heads = ("result", "case", "what was found")
        if verdict.status == "right":
            return f"<div class='gradus-check'>{head}{_table(heads[:2], [row[:2] for row in rows])}</div>"
        said = f"<p>{_code(verdict.message)}</p>"
        return f"<div class='gradus-check'>{head}{said}{_table(heads, rows)}</div>"


@dataclass(frozen=True)
class Progress:
    """The points of a chapter so far: HTML in a notebook, plain text elsewhere."""

    plans: dict[str, Plan]
    verdicts: dict[str, Verdict]

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = []
        for name, plan in self.plans.items():
            verdict = self.verdicts.get(name)
            state = _summary(verdict) if verdict else "not checked yet"
            rows.append((name, f"{verdict.earned if verdict else 0:g} / {plan.points:g}", state))
        earned = sum(verdict.earned for verdict in self.verdicts.values())
        total = sum(plan.points for plan in self.plans.values())
        return [*rows, ("all", f"{earned:g} / {total:g}", "")]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name:28} {points:>9}  {state}".rstrip() for name, points, state in self._rows()
        )

    def _repr_html_(self) -> str:
        return f"<div class='gradus-check'>{_table(('exercise', 'points', 'state'), self._rows())}</div>"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    left = "style='text-align:left'"  # notebooks align to the right
    head = "".join(f"<th {left}>{text}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td {left}>{_code(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _code(text: str) -> str:
    """Escape a message and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )
