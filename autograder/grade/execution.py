"""Run a submission's cells in the sandbox, then ask its functions case by case.

A cell that hangs, ends the process or exhausts it is dropped and the rest is run again, so that it
costs only what it holds. What comes back is checked to be plain outcomes; the verdict is taken elsewhere.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from autograder.sandbox.host import Connection, Limits, Lost, Sandbox, SandboxError
from gradus.calling import Outcome
from gradus.plan import Case, Plan
from gradus.values import NotData
from gradus.verdict import examine

# Runs of one submission: each further one leaves out a cell, or an exercise, that ended the last.
MAX_RUNS = 8
_START_SECONDS = 30.0
# For what takes a moment, on a machine that may be busy with other things.
_PATIENCE_SECONDS = 5.0
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


def execute(cells: list[tuple[int, str]], plans: list[Plan], sandbox: Sandbox) -> Run:
    """Run cells in order, then make every call of every plan.

    The calls of an exercise are made one after the other in one fork of the notebook's state. Where they
    are not all right, each is made once more in a fork of its own, and that counts: so no call can spoil
    another, and a right answer costs one fork.

    Parameters
    ----------
    cells : list of (index, source)
    plans : list of Plan
        Only the arguments of their cases enter the sandbox.
    sandbox : Sandbox

    Returns
    -------
    Run
        With outcomes for every exercise, one for each case.

    Raises
    ------
    SandboxError
        If the sandbox failed, not the submission.
    """
    limits = sandbox.limits
    end = time.monotonic() + limits.run_seconds
    run, dropped = Run(), {}
    for _ in range(MAX_RUNS):
        left = [plan for plan in plans if plan.exercise not in run.outcomes]
        if not left or time.monotonic() > end:
            break
        playing = [(index, source) for index, source in cells if index not in dropped]
        lost = None
        with sandbox.submission() as connection:
            try:
                run.cells = _play(connection, playing, limits, end)
                _ask_all(connection, left, run, limits, end)
            except _CellLost as error:
                lost = error
        if lost:
            run.cells = lost.before
            dropped[lost.index] = _greedy(lost.report) if connection.greedy else lost.report
            # A cell that ran out of time would do so again.
            dropped |= {
                index: report
                for index, report in lost.before.items()
                if report.error == "CellTimeout"
            }
    run.cells |= dropped
    for plan in plans:
        over = Outcome("killed", message="the notebook ended its process again and again")
        if time.monotonic() > end:
            over = Outcome("timeout")
        run.outcomes.setdefault(plan.exercise, [over] * len(plan.cases))
    return run


def _greedy(report: CellReport) -> CellReport:
    return replace(report, message="this cell used too much memory; the rest ran without it")


class _CellLost(Exception):
    """The cell that ended the run, and what those before it did."""

    def __init__(self, index: int, report: CellReport, before: dict[int, CellReport]):
        super().__init__(index)
        self.index, self.report, self.before = index, report, before


def _play(
    connection: Connection, cells: list[tuple[int, str]], limits: Limits, end: float
) -> dict[int, CellReport]:
    """Wait for each cell to begin and to end; what went wrong in between is the fault of the last one."""
    reports: dict[int, CellReport] = {}
    last, wait = None, _START_SECONDS
    try:
        connection.send(cells, _START_SECONDS)
        for index, _ in cells:
            _expect(connection.receive(wait), "begins", index)
            last = index
            wait = min(limits.cell_seconds + limits.grace_seconds, max(end - time.monotonic(), 0))
            said = _expect(connection.receive(wait), "cell", index)
            text = {key: _text(said.get(key)) for key in ("error", "message", "line")}
            output = _text(said.get("output"), limits.output_chars + 100)
            reports[index] = CellReport(output, **text)
            wait = _PATIENCE_SECONDS
        _expect(connection.receive(wait), "ready", True)
    except (Lost, NotData) as error:
        if last is None:  # no code of the submission had begun
            raise SandboxError(f"no submission can be run: {error}") from error
        late = isinstance(error, Lost) and error.kind == "timeout"
        did = "took too long" if late else "ended the process"
        kind = "CellTimeout" if late else "ProcessEnded"
        report = CellReport("", kind, f"this cell {did}; the rest ran without it")
        raise _CellLost(last, report, reports) from None
    return reports


def _ask_all(
    connection: Connection, plans: list[Plan], run: Run, limits: Limits, end: float
) -> None:
    """Fill in the outcomes of plans, as far as the process lives."""
    lives = False
    asked = _ask(connection, [(p, p.cases) for p in plans], False, limits, end)
    for plan, outcomes, alive in asked:
        run.outcomes[plan.exercise], lives = outcomes, alive
    if not lives:
        return  # those that were not asked have their turn in the next run
    doubtful = {p.exercise: _failed(p, run.outcomes[p.exercise]) for p in plans}
    again = [(p, [p.cases[number] for number in doubtful[p.exercise]]) for p in plans]
    again = [(plan, cases) for plan, cases in again if cases]
    for plan, outcomes, _ in _ask(connection, again, True, limits, end):
        for number, outcome in zip(doubtful[plan.exercise], outcomes, strict=True):
            run.outcomes[plan.exercise][number] = outcome


def _failed(plan: Plan, outcomes: list[Outcome]) -> list[int]:
    """The cases that may come out better in a process of their own; none, if one of them took too long."""
    # Chance is judged by calls made one after the other: alone, each would find the same generator.
    if (
        len(outcomes) < 2
        or plan.compare_as
        or any(outcome.kind == "timeout" for outcome in outcomes)
    ):
        return []
    verdict = examine(plan, outcomes, reveal=False)
    if verdict.status == "not answered":
        return []
    return [number for number, case in enumerate(verdict.cases) if not case.passed]


def _ask(
    connection: Connection,
    asked: Sequence[tuple[Plan, Sequence[Case]]],
    alone: bool,
    limits: Limits,
    end: float,
) -> Iterator[tuple[Plan, list[Outcome], bool]]:
    """The outcomes of each plan's cases, up to the plan whose calls ended the process, and whether it lives.

    All calls go out in one frame, so that there is one trip; `alone`: each is made in a fork of its own.
    """
    exercises = []
    for plan, cases in asked:
        calls = [
            {"exercise": plan.exercise, "names": c.names, "args": c.args, "kwargs": c.kwargs}
            for c in cases
        ]
        exercises += [[call] for call in calls] if alone else [calls]
    if not exercises:
        return
    try:
        connection.send({"exercises": exercises}, _PATIENCE_SECONDS)
    except Lost:
        return
    for plan, cases in asked:
        outcomes, alive = _listen(connection, len(cases), limits, end)
        yield plan, outcomes, alive
        if not alive:
            return


def _listen(
    connection: Connection, count: int, limits: Limits, end: float
) -> tuple[list[Outcome], bool]:
    """The outcomes of so many calls, and whether the process is still there."""
    outcomes: list[Outcome] = []
    while len(outcomes) < count:
        wait = min(limits.case_seconds + limits.grace_seconds, max(end - time.monotonic(), 0))
        try:
            outcomes.append(_outcome(connection.receive(wait)))
        except NotData:
            outcomes.append(Outcome("not data", message="a result that cannot be read"))
        except Lost as lost:
            missing = count - len(outcomes)
            return outcomes + [Outcome(lost.kind, message=str(lost))] * missing, False
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
