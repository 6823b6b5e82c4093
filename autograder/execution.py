"""Run a submission's cells in the sandbox, then ask its functions case by case.

A cell that hangs, ends the process or exhausts it is dropped and the rest is run again, so that it
costs only what it holds. What comes back is checked to be plain outcomes; the verdict is taken elsewhere.
"""

import time
from dataclasses import dataclass, field

from autograder.sandbox import Limits, Lost, Sandbox, job
from gradus.judging import Plan
from gradus.values import NotData
from gradus.verdict import Outcome

# Runs of one submission: each further one leaves out a cell, or an exercise, that ended the last.
MAX_RUNS = 8
_START_SECONDS = 30.0
_KINDS = frozenset(("returned", "raised", "timeout", "killed", "not found", "not data"))


@dataclass(frozen=True)
class CellReport:
    """What running one cell did: text that it printed, and what it raised."""

    output: str = ""
    error: str = ""
    message: str = ""
    line: str = ""


@dataclass
class Run:
    """What a submission did: reports by cell index, outcomes by exercise."""

    cells: dict[int, CellReport] = field(default_factory=dict)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)


def execute(
    cells: list[tuple[int, str]],
    plans: list[Plan],
    files: dict[str, bytes],
    sandbox: str = "bubblewrap",
    limits: Limits | None = None,
) -> Run:
    """Run cells in order, then make every call of every plan.

    Parameters
    ----------
    cells : list of (index, source)
    plans : list of Plan
        Only the arguments of their cases enter the sandbox.
    files : dict of name -> bytes
        Put into the working directory: the cases that a student has too.
    sandbox : str
        "bubblewrap" or "none".
    limits : Limits, optional

    Returns
    -------
    Run
        With outcomes for every exercise, one for each case.
    """
    limits = limits or Limits()
    end = time.monotonic() + limits.run_seconds
    run, dropped = Run(), {}
    for _ in range(MAX_RUNS):
        left = [plan for plan in plans if plan.exercise not in run.outcomes]
        if not left or time.monotonic() > end:
            break
        with Sandbox(sandbox, limits) as process:
            playing = [(index, source) for index, source in cells if index not in dropped]
            try:
                process.send(job(limits, sandbox != "none", playing, files), _START_SECONDS)
                run.cells = _play(process, [index for index, _ in playing], limits, end)
            except _CellLost as lost:
                dropped[lost.index] = lost.report
                continue
            except Lost:
                continue
            for plan in left:
                run.outcomes[plan.exercise], alive = _ask(process, plan, limits, end)
                if not alive:
                    break
    run.cells |= dropped
    for plan in plans:
        over = Outcome("killed", message="the notebook ended its process again and again")
        if time.monotonic() > end:
            over = Outcome("timeout")
        run.outcomes.setdefault(plan.exercise, [over] * len(plan.cases))
    return run


class _CellLost(Exception):
    def __init__(self, index: int, report: CellReport):
        super().__init__(index)
        self.index, self.report = index, report


def _play(
    process: Sandbox, indices: list[int], limits: Limits, end: float
) -> dict[int, CellReport]:
    """Wait for each cell to begin and to end; what went wrong in between is the fault of the last one."""
    reports: dict[int, CellReport] = {}
    last, wait = None, _START_SECONDS
    try:
        for index in indices:
            _expect(process.receive(wait), "begins", index)
            last = index
            wait = min(limits.cell_seconds + limits.grace_seconds, max(end - time.monotonic(), 0))
            said = _expect(process.receive(wait), "cell", index)
            text = {key: _text(said.get(key)) for key in ("error", "message", "line")}
            output = _text(said.get("output"), limits.output_chars + 100)
            reports[index] = CellReport(output, **text)
            wait = limits.grace_seconds
        _expect(process.receive(wait), "ready", True)
    except (Lost, NotData) as error:
        if last is None:
            raise Lost("killed", "the runner did not start") from error
        late = isinstance(error, Lost) and error.kind == "timeout"
        did = "took too long" if late else "ended the process"
        report = CellReport(
            "",
            "CellTimeout" if late else "ProcessEnded",
            f"this cell {did}; the rest ran without it",
        )
        raise _CellLost(last, report) from None
    return reports


def _ask(process: Sandbox, plan: Plan, limits: Limits, end: float) -> tuple[list[Outcome], bool]:
    """The outcomes of a plan's cases, and whether the process is still there."""
    outcomes = []
    for case in plan.cases:
        request = {
            "exercise": plan.exercise,
            "names": case.names,
            "args": case.args,
            "kwargs": case.kwargs,
        }
        try:
            process.send(request, limits.grace_seconds)
            wait = min(limits.case_seconds + limits.grace_seconds, max(end - time.monotonic(), 0))
            outcomes.append(_outcome(process.receive(wait)))
        except NotData:
            outcomes.append(Outcome("not data", message="a result that cannot be read"))
        except Lost as lost:
            lost_outcome = Outcome(lost.kind, message=str(lost))
            return outcomes + [lost_outcome] * (len(plan.cases) - len(outcomes)), False
        if outcomes[-1].kind == "timeout":
            # One endless loop is told from the next by nothing: do not wait for each.
            return outcomes + [outcomes[-1]] * (len(plan.cases) - len(outcomes)), True
    return outcomes, True


def _outcome(said: object) -> Outcome:
    """A frame as an outcome; whatever is not one is refused."""
    if not isinstance(said, dict) or said.get("kind") not in _KINDS:
        raise NotData("not an outcome")
    changed = said.get("changed", ())
    changed = changed if isinstance(changed, tuple) else ()
    return Outcome(
        said["kind"],
        said.get("value"),
        tuple(_text(name, 50) for name in changed[:20]),
        **{key: _text(said.get(key)) for key in ("error", "message", "line")},
    )


def _expect(said: object, key: str, value: int) -> dict:
    if not isinstance(said, dict) or type(said.get(key)) is not type(value) or said[key] != value:
        raise NotData(f"expected a frame with {key!r}")
    return said


def _text(value: object, most: int = 500) -> str:
    return value[:most] if isinstance(value, str) else ""
