"""Run a submission's cells in the sandbox, then ask its functions case by case.

A cell that hangs, ends the process or exhausts it is dropped and the rest is run again, so that it
costs only what it holds, however many there are: the time bounds the runs, not their number. What comes back
is checked to be plain outcomes; the verdict is taken elsewhere.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autograder.grade.cells import definitions, only_defines, parse
from autograder.sandbox.host import Connection, Limits, Lost, Sandbox, SandboxError
from gradus.calling import Outcome
from gradus.plan import Plan
from gradus.values import NotData

# Runs that end before any cell or call is to blame, such as by what a cell has left running. Whatever is to
# blame is left out of the next run, so that there are no more of these than cells and exercises.
MAX_BLAMELESS = 8
# All runs of the cells together may take so many times what one may.
_ALL_RUNS = 3
# A cell that takes longer is cut to its definitions where all together take too long; and where the runs that
# were lost do, which may be many.
_SLOW_SECONDS, _SLOW_AGAIN_SECONDS = 0.5, 0.05
# What runs out inside may be seen a little earlier than outside.
_TICK_SECONDS = 0.05
_START_SECONDS = 30.0
# For what takes a moment, on a machine that may be busy with other things.
_PATIENCE_SECONDS = 5.0
# How a process ended, as it may be told to a student: as the code inside the sandbox says it, and as that outside.
_AGAIN = "the notebook ended its process again and again"
_ENDED_AGAIN = "ended its process again and again"
SENTENCES = frozenset(
    (
        _AGAIN,
        "it ended its process",
        "its result is too large to read",
        "it used too much memory",
        "too many processes or threads run already",
        "it was ended: by itself, or for too much memory or too many processes",
        "it was ended by SIGSEGV",
        "it left Python, or used too much memory",
    )
)
_KINDS = frozenset(("returned", "raised", "timeout", "killed", "not found", "not data"))


@dataclass(frozen=True)
class CellReport:
    """What running one cell did: text that it printed, and what it raised."""

    output: str = ""
    error: str = ""
    message: str = ""
    line: str = ""
    starved: bool = False  # it took too long, and may have waited for others


@dataclass
class Run:
    """What a submission did: reports by cell index, outcomes by exercise, a line for each limit that ran out.

    `starved`: something took too long that may not if nothing else runs.
    """

    cells: dict[int, CellReport] = field(default_factory=dict)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    starved: bool = False


def execute(cells: list[tuple[int, str]], plans: list[Plan], sandbox: Sandbox) -> Run:
    """Run cells in order, then make every call of every plan.

    The calls of an exercise are made one after the other in one fork of the notebook's state, or, where the
    answer's code may keep something from one to the next, each in a fork of its own that finds the files as the
    cells left them. So no call can spoil another, most answers cost one fork, and an answer has one guess: nothing
    that it can see depends on whether it was right before.

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
    run, losses, blameless, asked = Run(), 0, 0, False
    dropped: dict[int, CellReport] = {}
    cut: dict[int, CellReport] = {}
    seconds, lost_seconds = _ALL_RUNS * limits.run_seconds, 0.0
    while blameless < MAX_BLAMELESS and seconds > 0:
        left = [plan for plan in plans if plan.exercise not in run.outcomes]
        if not left:
            break
        playing = [
            (index, definitions(source) if index in cut else source)
            for index, source in cells
            if index not in dropped
        ]
        lost, alive = None, False
        took: dict[int, float] = {}
        begun, known = time.monotonic(), len(run.outcomes)
        with sandbox.submission() as connection:
            try:
                played = _play(connection, playing, limits, took)
                ran = time.monotonic() - begun
                if not asked:
                    run.cells, asked = played | cut | dropped, True
                alive = _ask(connection, left, run, limits)
            except _CellLost as error:
                ran = time.monotonic() - begun
                lost = error
        seconds -= ran
        if lost and lost.over and not cut:
            cut = _cut(cells, lost.before, took, lost.index, _SLOW_SECONDS, "took too long")
            run.starved = True
            run.notes.append(
                f"its cells together took longer than {limits.run_seconds:g} s (run_seconds): "
                f"of {len(cut)} of them only the definitions were run"
            )
            continue
        if alive:
            continue
        losses += 1
        lost_seconds += ran
        if lost:
            run.cells = run.cells if asked else lost.before
            dropped[lost.index] = _greedy(lost.report) if connection.greedy else lost.report
            # A cell that ran out of time would do so again.
            dropped |= {
                index: report
                for index, report in lost.before.items()
                if report.error == "CellTimeout"
            }
        elif len(run.outcomes) == known:
            blameless += 1
        if lost_seconds > limits.run_seconds and not cut:
            ran_whole = lost.before if lost else played
            kept = [(index, source) for index, source in cells if index not in dropped]
            cut = _cut(kept, ran_whole, took, None, _SLOW_AGAIN_SECONDS, _ENDED_AGAIN)
            run.notes.append(
                f"its process ended {losses} times, which took longer than {limits.run_seconds:g} s "
                f"(run_seconds): of {len(cut)} of its cells only the definitions were run"
            )
    reports = run.cells | cut | dropped
    run.starved |= any(report.starved for report in reports.values()) or seconds <= 0
    # What a cell does after the first call is not told: by the clock it could know what the call was given.
    run.cells = run.cells if asked else reports
    over = Outcome("killed", message=_AGAIN) if seconds > 0 else Outcome("timeout")
    for plan in plans:
        if plan.exercise not in run.outcomes:
            run.outcomes[plan.exercise] = [over] * len(plan.cases)
            run.notes.append(_left_over(plan, losses, seconds, limits))
    return run


def _left_over(plan: Plan, losses: int, seconds: float, limits: Limits) -> str:
    """A line that says why an exercise's calls were not made, or not again."""
    if seconds > 0:
        return f"`{plan.exercise}` was left out: the notebook ended its process {losses} times"
    most = _ALL_RUNS * limits.run_seconds
    return f"`{plan.exercise}` was left out: all runs of the cells took {most:g} s (run_seconds)"


def _cut(
    cells: list[tuple[int, str]],
    before: dict[int, CellReport],
    took: dict[int, float],
    last: int | None,
    slow_seconds: float,
    why: str,
) -> dict[int, CellReport]:
    """The cells of which only the definitions are run from now on: the slow ones, the `last`, and those not yet run.

    Each with what it did, if it came to its end.
    """
    over = f"the cells together {why}; of this one, no more than its definitions ran"
    slow = {index for index, seconds in took.items() if seconds > slow_seconds} | {last}
    cut = {}
    for index, source in cells:
        tree = parse(source)
        # What is no plain Python, such as a cell that begins with %%, is all or nothing.
        shorter = index in slow if tree is None else not only_defines(tree)
        if shorter and (index in slow or index not in before):
            cut[index] = before.get(index, CellReport("", "CellTimeout", over))
    return cut


def _greedy(report: CellReport) -> CellReport:
    return replace(report, message="this cell used too much memory; the rest ran without it")


class _CellLost(Exception):
    """The cell that ended the run, what those before it did; `over`: all together took too long."""

    def __init__(
        self,
        index: int,
        report: CellReport,
        before: dict[int, CellReport],
        over: bool,
    ):
        super().__init__(index)
        self.index, self.report, self.before, self.over = index, report, before, over


def _play(
    connection: Connection, cells: list[tuple[int, str]], limits: Limits, took: dict[int, float]
) -> dict[int, CellReport]:
    """Wait for each cell to begin and to end; what went wrong in between is the fault of the last one.

    What each took is put into `took`.
    """
    reports: dict[int, CellReport] = {}
    last, wait, over = None, _START_SECONDS, False
    try:
        connection.send(cells, _START_SECONDS)
        for index, _ in cells:
            _expect(connection.receive(wait), "begins", index)
            last, begun = index, time.monotonic()
            left = limits.run_seconds - sum(took.values())
            over = left < limits.cell_seconds + limits.grace_seconds
            wait = max(left, 0) if over else limits.cell_seconds + limits.grace_seconds
            said = _expect(connection.receive(wait), "cell", index)
            took[index] = time.monotonic() - begun
            text = {key: _text(said.get(key)) for key in ("error", "message", "line")}
            output = _text(said.get("output"), limits.output_chars + 100)
            reports[index] = CellReport(output, **text, starved=said.get("starved") is True)
            wait, over = _PATIENCE_SECONDS, False
        _expect(connection.receive(wait), "ready", True)
    except (Lost, NotData) as error:
        if last is None:  # no code of the submission had begun
            raise SandboxError(f"no submission can be run: {error}") from error
        late = isinstance(error, Lost) and error.kind == "timeout"
        did = "took too long" if late else "ended the process"
        kind = "CellTimeout" if late else "ProcessEnded"
        told = f"this cell {did}; the rest ran without it"
        report = CellReport("", kind, told, starved=late)
        raise _CellLost(last, report, reports, late and over) from None
    return reports


def _ask(connection: Connection, plans: Sequence[Plan], run: Run, limits: Limits) -> bool:
    """Fill in the outcomes of plans, up to the one whose calls ended the process; whether it lives.

    Plans that were not asked, because the process had ended, have their turn in the next run. All calls go out in
    one frame, so that there is one trip.
    """
    exercises = [
        {
            "exercise": plan.exercise,
            # Chance is judged by calls made one after the other: alone, each would find the same generator.
            "in_a_row": bool(plan.compare_as),
            "calls": [
                {"exercise": plan.exercise, "names": c.names, "args": c.args, "kwargs": c.kwargs}
                for c in (plan.cases[number] for number in plan.order)
            ],
        }
        for plan in plans
    ]
    asked = [*run.outcomes, *(plan.exercise for plan in plans)]
    try:
        connection.send({"exercises": exercises, "asked": asked}, _PATIENCE_SECONDS)
    except Lost:
        return False
    for plan in plans:
        begun = time.monotonic()
        found, alive, starved = _listen(connection, len(plan.cases), limits)
        run.starved |= starved
        late = time.monotonic() - begun > limits.exercise_seconds - _TICK_SECONDS
        if late and any(outcome.kind == "timeout" for outcome in found):
            most = f"{limits.exercise_seconds:g} s (exercise_seconds)"
            run.notes.append(f"the calls of `{plan.exercise}` together took longer than {most}")
        by_case = dict(zip(plan.order, found, strict=True))
        run.outcomes[plan.exercise] = [by_case[number] for number in range(len(found))]
        if not alive:
            return False
    return True


def _listen(connection: Connection, count: int, limits: Limits) -> tuple[list[Outcome], bool, bool]:
    """The outcomes of so many calls; whether the process is still there, and whether one was starved."""
    outcomes: list[Outcome] = []
    starved = False
    end = time.monotonic() + limits.exercise_seconds + limits.grace_seconds
    while len(outcomes) < count:
        wait = min(limits.case_seconds + limits.grace_seconds, max(end - time.monotonic(), 0))
        try:
            said = connection.receive(wait)
            outcomes.append(_outcome(said))
            starved |= said.get("starved") is True
        except NotData:
            outcomes.append(Outcome("not data", message="a result that cannot be read"))
        except Lost as lost:
            missing = count - len(outcomes)
            late = lost.kind == "timeout"
            return outcomes + [Outcome(lost.kind, message=str(lost))] * missing, False, late
    return outcomes, True, starved


def _outcome(said: object) -> Outcome:
    """A frame as an outcome; whatever is not one is refused."""
    if not isinstance(said, dict) or _text(said.get("kind")) not in _KINDS:
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
