"""Grade one submission: bytes in, verdicts and a graded notebook out.

`grade` is a function of its arguments alone: it reads no course and writes no file, so that it can run in
this process, in a pool or on another machine.
"""

import ast
import builtins
import functools
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import nbformat
from nbformat import NotebookNode, from_dict

from autograder.course import Course, CourseError
from autograder.grade import submission
from autograder.grade.cells import defined, definitions, grade_id, is_answer, parse
from autograder.grade.execution import SENTENCES, CellReport, Run, execute
from autograder.kept import shown
from autograder.plans import plans_that_grade
from autograder.sandbox.host import Limits, Sandbox
from gradus import stub, values
from gradus.calling import LINE_CHARS, Outcome
from gradus.plan import Case, Plan
from gradus.tables import Table
from gradus.verdict import Verdict, examine, is_open, is_raised, says_it

# What may be said of a hidden case as the sandbox says it: names of Python's and NumPy's own.
_EXCEPTIONS = frozenset(
    name
    for name, found in vars(builtins).items()
    if isinstance(found, type) and issubclass(found, BaseException)
) | {"AxisError", "LinAlgError"}
_TYPES = frozenset(name for name, found in vars(builtins).items() if isinstance(found, type)) | {
    "coroutine",
    "function",
    "generator",
    "module",
}
MAX_DEFECTS = 20
# What the line on such a submission begins with, as the others begin with "not a notebook".
NOT_GRADABLE = "not gradable"
MAX_OUTPUT_CHARS = 200_000  # of all cells of a submission together


@dataclass(frozen=True)
class Assignment:
    """All that grading needs to know of an assignment.

    Attributes
    ----------
    name : str
    released : NotebookNode
        The notebook that students were given.
    files : dict of name -> bytes
        What the notebook reads: the visible cases.
    plans : dict of exercise -> Plan
        With the cases that grade. They stay outside the sandbox, but for their arguments.
    limits : Limits
        What a submission may use in this course: a grade stands on them, too.
    """

    name: str
    released: NotebookNode
    files: dict[str, bytes]
    plans: dict[str, Plan]
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def load(cls, course: Course, name: str) -> "Assignment":
        """The assignment of that name, as it was released.

        Raises
        ------
        CourseError
            If there is none, or it is not released, or its checks have changed since.
        """
        released = released_notebook(course, name)
        cases = course.directory / "release" / name / f"{name}.cases"
        if not cases.is_file():
            raise CourseError(_NOT_RELEASED.format(name=name))
        exercises = checked(released)
        plans = plans_that_grade(course, name, exercises.values())
        for cell in released.cells:
            exercise = exercises.get(grade_id(cell))
            if exercise and plans[exercise].points != cell.metadata.nbgrader.points:
                raise CourseError(
                    f"{name}: {exercise!r} was released with {cell.metadata.nbgrader.points:g} points and has"
                    f" {plans[exercise].points:g} now: run autograder release {name}"
                )
        return cls(name, released, {cases.name: cases.read_bytes()}, plans, Limits.of(course))

    def fingerprint(self, data: bytes | None) -> str:
        """What a grade stands on: a submission whose fingerprint is unchanged need not be graded again."""
        submitted = hashlib.sha256(b"none" if data is None else b"file" + data)
        return hashlib.sha256(self._digest + submitted.digest()).hexdigest()

    @functools.cached_property
    def setup(self) -> list[str]:
        """The set-up as it was released, and the stubs: a student's own versions come after them."""
        return [
            cell.source
            for cell in self.released.cells
            if cell.cell_type == "code"
            and ("setup" in cell.metadata.get("tags", ()) or is_answer(cell))
        ]

    def sandbox(self, kind: str, limits: Limits) -> Sandbox:
        """A sandbox for submissions of this assignment."""
        return Sandbox(kind, limits, self.setup, self.files)

    @functools.cached_property
    def _digest(self) -> bytes:
        plans = [values.pack(plan.to_data()) for plan in self.plans.values()]
        limits = values.pack(asdict(self.limits))
        parts = [nbformat.writes(self.released).encode(), *self.files.values(), *plans, limits]
        return b"".join(hashlib.sha256(part).digest() for part in parts)


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Attributes
    ----------
    notebook : NotebookNode
        The canonical notebook: each check cell's outputs are the verdict and, last, the points.
    verdicts : dict of exercise -> Verdict
    defects : list of str
    readable : bool
        False if the file was no notebook: a person should look at it.
    revealed : dict of exercise -> Verdict
        As `verdicts`, with all that was said and with values, for an instructor's eyes; {} unless asked for.
    starved : bool
        Whether something took too long that may not if nothing else runs.
    """

    notebook: NotebookNode
    verdicts: dict[str, Verdict]
    defects: list[str]
    readable: bool
    revealed: dict[str, Verdict]
    starved: bool = False


@dataclass(frozen=True)
class Sheet:
    """What is stored of a graded submission, and what crosses between processes and machines.

    Attributes
    ----------
    notebook : bytes
        The graded notebook's file; b"" if there is no verdict.
    marks : dict of grade id -> float or None
        Points of each grade cell; None: answered, and a person marks it.
    unanswered : frozenset of grade id
        Cells for an answer that are as they were released.
    readable : bool
    defects : tuple of str
    failure : str
        Why there is no verdict, or "".
    starved : bool
        As in `Graded`.
    """

    notebook: bytes
    marks: dict[str, float | None]
    unanswered: frozenset[str]
    readable: bool
    defects: tuple[str, ...]
    failure: str = ""
    starved: bool = False

    @classmethod
    def failed(cls, why: str) -> "Sheet":
        """The sheet of a submission that the grader could not grade: no fault of the submission."""
        return cls(b"", {}, frozenset(), False, (), why)


def sheet(graded: Graded, assignment: Assignment) -> Sheet:
    """What is stored of a graded submission."""
    released = {grade_id(cell): cell for cell in assignment.released.cells}
    exercises = checked(assignment.released)
    unanswered, marks = set(), {}
    for cell in graded.notebook.cells:
        about, name = cell.metadata.get("nbgrader", {}), grade_id(cell)
        if about.get("solution") and cell.source == released[name].source:
            unanswered.add(name)
        if about.get("grade"):
            if about.get("solution"):
                marks[name] = 0.0 if name in unanswered else None
            else:
                marks[name] = score(graded.verdicts[exercises[name]])
    return Sheet(
        # nbformat would validate every cell again, and break each text into a list of its lines.
        json.dumps(graded.notebook, ensure_ascii=False, indent=1).encode(),
        marks,
        frozenset(unanswered),
        graded.readable,
        tuple(graded.defects),
        starved=graded.starved,
    )


def grade(
    data: bytes | None,
    assignment: Assignment,
    sandbox: Sandbox,
    defects: Sequence[str] = (),
    full: bool = False,
) -> Graded:
    """Grade the bytes of a submission.

    Parameters
    ----------
    data : bytes or None
        Anything; None where there is no file.
    assignment : Assignment
    sandbox : Sandbox
    defects : sequence of str
        What was wrong with the file before it was read: a line each.
    full : bool
        Whether to add the verdicts that only an instructor may see.

    Returns
    -------
    Graded
        Always: what cannot be read or run has its own verdict.

    Raises
    ------
    SandboxError
        If the sandbox failed, not the submission.
    """
    return grade_notebook(read(data, assignment, defects).notebook, assignment, sandbox, full)


def read(
    data: bytes | None, assignment: Assignment, defects: Sequence[str] = ()
) -> submission.Submission:
    """The first half of `grade`: repair the file; what was found stands in the notebook's metadata."""
    found = submission.read(data, assignment.released)
    return _described(found, data, assignment, defects)


def refused(
    data: bytes | None, assignment: Assignment, why: str, defects: Sequence[str] = ()
) -> Graded:
    """The verdict on a submission that costs the grader more than it has: no points, and a line for a person."""
    found = submission.unread(assignment.released, f"{NOT_GRADABLE}: {why}")
    _described(found, data, assignment, defects)
    return grade_notebook(found.notebook, assignment, None)


def _described(
    found: submission.Submission,
    data: bytes | None,
    assignment: Assignment,
    defects: Sequence[str],
) -> submission.Submission:
    found.notebook.metadata["gradus"] = {
        "fingerprint": assignment.fingerprint(data),
        "readable": found.readable,
        "defects": [*defects, *found.defects],
    }
    return found


def grade_notebook(
    notebook: NotebookNode, assignment: Assignment, sandbox: Sandbox | None, full: bool = False
) -> Graded:
    """The second half of `grade`: run what `read` returned, judge it, write the verdicts into it in place.

    Where nothing could be read, nothing runs, and no sandbox is needed.
    """
    about = notebook.metadata["gradus"]
    defects = list(about["defects"])
    lines: frozenset[str] = frozenset()
    if about["readable"]:
        cells = _program(notebook, assignment, defects)
        lines = _own_lines(cells)
        run = execute(cells, list(assignment.plans.values()), cast(Sandbox, sandbox))
    else:
        missing = {
            name: [Outcome("not found")] * len(p.cases) for name, p in assignment.plans.items()
        }
        run = Run(outcomes=missing)
    verdicts, revealed = {}, {}
    for name, plan in assignment.plans.items():
        # A line that is another from case to case could say the arguments.
        one_line = len({outcome.line for outcome in run.outcomes[name]}) == 1
        told = [
            _told_to_students(plan, outcome, case, lines if one_line else frozenset())
            for outcome, case in zip(run.outcomes[name], plan.cases, strict=True)
        ]
        # How a cell failed may be said as it was: it ran before any argument was there.
        verdicts[name] = examine(plan, _explained(plan, told, run, notebook), reveal=False)
        if full:
            outcomes = _explained(plan, run.outcomes[name], run, notebook)
            revealed[name] = examine(plan, outcomes, reveal=True)
    defects += run.notes
    defects += _renamed(notebook, assignment.released, verdicts)
    defects = list(dict.fromkeys(defects))
    if len(defects) > MAX_DEFECTS:
        defects[MAX_DEFECTS:] = [f"and {len(defects) - MAX_DEFECTS} more of this kind"]
    _write(notebook, verdicts, run)
    if defects:
        notebook.cells.insert(0, submission.notes(defects))
    about["defects"] = defects
    about["verdicts"] = {name: _summary(verdict) for name, verdict in verdicts.items()}
    return Graded(notebook, verdicts, defects, about["readable"], revealed, run.starved)


def released_notebook(course: Course, name: str) -> NotebookNode:
    """The notebook of an assignment that students were given.

    Raises
    ------
    CourseError
        If there is no such assignment, or it is not released.
    """
    course.chapter(name)
    file = course.directory / "release" / name / f"{name}.ipynb"
    try:
        return nbformat.read(file, as_version=4)
    except FileNotFoundError:
        raise CourseError(_NOT_RELEASED.format(name=name)) from None
    except (ValueError, nbformat.ValidationError) as error:
        raise CourseError(f"{shown(file)} is no notebook: run autograder release {name}") from error


_NOT_RELEASED = "{name} is not released: run autograder release {name}"


def checked(released: NotebookNode) -> dict[str, str]:
    """The exercise that each check cell checks, by the cell's grade id."""
    found = {}
    for cell in released.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and marks.get("grade") and not marks.get("solution"):
            match ast.parse(cell.source).body:
                case [ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name)]))]:
                    found[marks["grade_id"]] = name
    return found


def _program(
    notebook: NotebookNode, assignment: Assignment, defects: list[str]
) -> list[tuple[int, str]]:
    """The cells of a submission that are to run, by index, each as it is to run."""
    whole = set(assignment.setup)
    book = {cell.source.strip() for cell in assignment.released.cells if cell.cell_type == "code"}
    cells = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or cell.source in whole or _only_checks(cell):
            continue
        if cell.source.strip() in book:
            source = definitions(cell.source)
        else:
            source = _past_stub(cell.source, defects)
        if source.strip():
            cells.append((index, source))
    return cells


def _only_checks(cell: NotebookNode) -> bool:
    """Whether a cell does nothing but ask for checks: the verdict is taken elsewhere."""
    if cell.metadata.get("nbgrader", {}).get("grade"):
        return True
    tree = parse(cell.source)
    return tree is not None and all(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") in ("check", "progress")
        for node in tree.body
    )


def _past_stub(source: str, defects: list[str]) -> str:
    """Code that was left under the stub's `raise` can be reached: the `raise` is taken out."""
    tree = parse(source)
    if tree is None:
        return source
    source, names = stub.past(source, tree)
    defects += (
        f"`{name[:100]}`: the line `raise NotImplementedError(...)` stands above your code; it was taken out"
        for name in names
    )
    return source


def _explained(
    plan: Plan, outcomes: list[Outcome], run: Run, notebook: NotebookNode
) -> list[Outcome]:
    """The outcomes of an exercise; where its cell failed before it defined the function, how it failed."""
    if not is_open(plan, outcomes):
        return outcomes
    failed = [
        report
        for index, report in sorted(run.cells.items())
        if report.error and plan.exercise in defined(notebook.cells[index].source)
    ]
    if not failed or failed[-1].error == "NotImplementedError":
        return outcomes
    report = failed[-1]
    match report.error:
        case "CellTimeout":
            outcome = Outcome("timeout")
        case "ProcessEnded":
            outcome = Outcome("killed", message="its cell did, when it was run")
        case error:
            outcome = Outcome("raised", error=error, message=report.message, line=report.line)
    return [outcome] * len(outcomes)


def _told_to_students(plan: Plan, outcome: Outcome, case: Case, lines: frozenset[str]) -> Outcome:
    """An outcome without any text that came from the sandbox: it could say the hidden arguments.

    What is left is chosen from what is known outside: names of exceptions and types of Python's own, one of `lines`
    of the student's own source, the names of the case's arguments, and the grader's own sentences.
    """
    error = outcome.error
    raised = _raised(plan) if error else []
    if error and error not in _EXCEPTIONS and error not in {result["raised"] for result in raised}:
        error = "an exception"
    message = ""
    match outcome.kind:
        case "raised":
            told = [r["says"] for r in raised if says_it(r, outcome.message)]
            message = max(told, default="", key=len)
        case "killed":
            message = outcome.message if outcome.message in SENTENCES else ""
        case "not data":
            known = outcome.message.partition(" ")[2] in _TYPES
            message = outcome.message if known else "what is no array of numbers or is too large"
    changed = tuple(name for name in case.names if name in outcome.changed)
    if outcome.changed and not changed:
        changed = case.names
    line = outcome.line if outcome.line in lines else ""
    return replace(outcome, error=error, message=message, line=line, changed=changed)


def _raised(plan: Plan) -> list[dict[str, str]]:
    """What known mistakes raise, by which they are known."""
    return [r for m in plan.mistakes for r in m.results if is_raised(r)]


def _own_lines(cells: list[tuple[int, str]]) -> frozenset[str]:
    """The lines of a submission's cells, each as an outcome quotes it."""
    lines = (line for _, source in cells for line in source.splitlines())
    return frozenset(line.strip()[:LINE_CHARS] for line in lines)


def _renamed(
    notebook: NotebookNode, released: NotebookNode, verdicts: dict[str, Verdict]
) -> list[str]:
    """A line for each answer that was written under another name."""
    stubs = {grade_id(cell): cell.source for cell in released.cells}
    lines = []
    for cell in notebook.cells:
        source, names = stubs.get(grade_id(cell)), defined(cell.source)
        asked = defined(source or "")[:1]
        if source == cell.source or not asked or asked[0] not in verdicts or asked[0] in names:
            continue
        if verdicts[asked[0]].status == "not answered":
            lines.append(f"the cell `{asked[0]}` defines no function of that name")
    return lines


def _write(notebook: NotebookNode, verdicts: dict[str, Verdict], run: Run) -> None:
    """Every output of the notebook, made anew: verdicts for check cells, plain text for those that ran."""
    exercises = checked(notebook)
    room = MAX_OUTPUT_CHARS
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        cell.outputs = []
        exercise = exercises.get(grade_id(cell))
        if exercise in verdicts:
            cell.outputs = _verdict_outputs(verdicts[exercise])
        elif text := _told(run.cells.get(index))[:room]:
            room -= len(text)
            cell.outputs = [_output("stream", name="stdout", text=text)]


def _verdict_outputs(verdict: Verdict) -> list[NotebookNode]:
    """What nbgrader reads: it takes the first execute_result as the score, so there is just one."""
    table = Table(verdict)
    # The lines of a student's that it quotes may hold formulas, which formgrader shows as such.
    shown = {"text/html": submission.harmless_tex(table._repr_html_()), "text/plain": repr(table)}
    given = {"text/plain": repr(score(verdict))}
    return [
        _output("display_data", data=shown, metadata={}),
        _output("execute_result", data=given, metadata={}, execution_count=None),
    ]


def _output(kind: str, **fields: Any) -> NotebookNode:
    """As nbformat's, which holds each against its schema: the notebook is, as a whole, where it is written."""
    return from_dict({"output_type": kind, **fields})


def score(verdict: Verdict) -> float:
    """Points of a verdict, never below 0 nor above the exercise's."""
    earned = verdict.earned if math.isfinite(verdict.earned) else 0.0
    return min(max(earned, 0.0), float(verdict.points))


def _told(report: CellReport | None) -> str:
    if report is None:
        return ""
    parts = [report.output.rstrip("\n")] if report.output else []
    if report.error:
        where = f", in the line: {report.line}" if report.line else ""
        parts.append(f"{report.error}: {report.message}{where}")
    return "\n".join(parts) + "\n" if parts else ""


def _summary(verdict: Verdict) -> dict:
    return {
        "points": verdict.points,
        "earned": verdict.earned,
        "status": verdict.status,
        "message": verdict.message,
        "mistake": verdict.mistake,
    }
