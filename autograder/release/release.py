"""From a chapter to nbgrader's source and release: the notebook that a student gets, and what goes with it.

In `source/NAME/` and, without the answers, in `release/NAME/`:

    NAME.ipynb                 the notebook
    NAME.cases                 what its checks need, as data: cases, expected results, known mistakes
    gradus_book-VERSION-*.whl  what it imports
    requirements.txt           what a student installs: pip install -r requirements.txt
"""

import ast
import functools
import hashlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import Course, CourseError, find_programs, make_private, private_files
from autograder.folders import database
from autograder.gradebook import Database
from autograder.kept import Record, shown
from autograder.plans import plans_that_grade
from autograder.release import myst, pack
from autograder.release.chapter import (
    Cell,
    Chapter,
    Reference,
    check_id,
    question_id,
    read_chapter,
    references_of,
    solution_id,
)
from autograder.release.inline import uses
from autograder.report import failure_of_database
from autograder.sandbox.host import Limits
from gradus import authoring, values, verdict
from gradus.plan import write_cases
from gradus.stub import STUB_LINE

T = TypeVar("T")
SCHEMA = 3
OTHER_SEEDS = range(1, 4)
# Set-up must work; every other cell may raise while exercises are open, and "Run all" goes on.
MAY_RAISE = "raises-exception"
GUIDE = """\
> **How to work in this notebook.** Run its cells from the top. An exercise is a function under `@exercise`:
> write your answer in place of `raise NotImplementedError(...)`, run the cell, and then the check below it,
> which says what is right, what is not, and often which mistake it is. `progress()` shows your points so far.
> {repair}Hand in this file under its own name, `{name}.ipynb`."""
REPAIR = """\
Where a program stands in its place, that program is wrong: find its fault and repair it.
> """
# Of a cell's metadata in the source: the body that stands in its stub.
GIVEN = "given"


def release_assignments(
    course: Course,
    names: list[str],
    *,
    graded: bool = True,
    made: Callable[[str, int], None] = lambda name, all_of_them: None,
) -> Iterator[str]:
    """Make source and release of assignments; nothing is written unless all of them can be made.

    Parameters
    ----------
    course : Course
    names : list of str
        Assignments; if empty, every chapter that has exercises.
    graded : bool
        Whether submissions will be graded: then the cases that grade are made now, so that grading need not begin
        with it.
    made : callable
        Is called for each assignment that is made, of so many, before any is written.

    Yields
    ------
    line : str
        What was released, and where.

    Raises
    ------
    CourseError
        If an assignment is unknown or its chapter, references and checks do not agree.
    """
    Limits.of(
        course
    )  # what would keep every submission from being graded is said before one is handed out
    wanted = dict.fromkeys(names or course.chapters())
    chapters = [read_chapter(course.chapter(name)) for name in wanted]
    bare = [chapter.name for chapter in chapters if not chapter.named("exercise")]
    if names and bare:
        raise CourseError(
            f"{bare[0]}: this chapter has no exercise, so there is nothing to release"
        )
    chapters = [chapter for chapter in chapters if chapter.name not in bare]
    if not chapters:
        raise CourseError("no chapter has an exercise: nothing to release")
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        for chapter in chapters:
            (staging / "source" / chapter.name).mkdir(parents=True)
        for name in _each(functools.partial(_stage, course, staging), chapters):
            made(name, len(chapters))
        if graded:
            list(_each(functools.partial(_plan, course), chapters))
        wheel = pack.build_wheel(staging)
        for source in (staging / "source").iterdir():
            (source / "requirements.txt").write_text(pack.requirements(course, wheel.name), "utf-8")
            shutil.copy(wheel, source)
        for chapter in chapters:
            _generate_assignment(course, chapter.name, staging)
        _write_configuration(course)
        make_private(course.directory / "source")  # it holds the answers
        record = Record(course.directory)
        for chapter in chapters:
            for step in ("source", "release"):
                yield from _update(
                    record, staging / step / chapter.name, course.directory / step / chapter.name
                )
            record.save()
            yield _summary(course, chapter)


def _each(make: Callable[[Chapter], T], chapters: list[Chapter]) -> Iterator[T]:
    """What `make` returns for each chapter; on Linux in as many processes as there are processors."""
    processes = min(len(chapters), os.cpu_count() or 1)
    if processes == 1 or sys.platform != "linux":
        yield from map(make, chapters)
        return
    # Forked, as graders are: a program that calls this need not guard its own first lines.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        waiting = [pool.submit(make, chapter) for chapter in chapters]
        try:
            for future in waiting:
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _stage(course: Course, staging: Path, chapter: Chapter) -> str:
    """Write a chapter's source notebook and its data file."""
    source = staging / "source" / chapter.name
    nbformat.write(source_notebook(course, chapter), source / f"{chapter.name}.ipynb")
    (source / f"{chapter.name}.cases").write_bytes(visible_cases(course, chapter))
    return chapter.name


def _plan(course: Course, chapter: Chapter) -> None:
    """Make the cases that grade a chapter; they are kept for grading."""
    plans_that_grade(course, chapter.name, chapter.named("exercise"))


def visible_cases(course: Course, chapter: Chapter) -> bytes:
    """The data file of a chapter: the plan of each exercise at the public seed."""
    judged = authoring.exercises_of(course.checks_module(chapter.name))
    exercises = {exercise.name: exercise for exercise in judged}
    plans = []
    for name, cell in chapter.named("exercise").items():
        try:
            plan = exercises[name].plan()
            values.pack(plan.to_data())
            if exercises[name].repair or exercises[name].score:
                for seed in OTHER_SEEDS:  # a plan refuses what holds at one seed alone
                    exercises[name].plan(seed)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise chapter.error(
                cell.line, f"the cases of {name!r} cannot be made: {reason}"
            ) from error
        if right := verdict.right_mistakes(plan):
            raise chapter.error(
                cell.line, f"a known mistake of {name!r} passes all cases: {right[0]!r}"
            )
        if paid := exercises[name].overpaid(plan):
            raise chapter.error(
                cell.line,
                f"a known mistake of {name!r} earns too much: {paid[0]!r}: raise the thresholds, or say what it may "
                "earn, add_mistakes(..., most=)",
            )
        plans.append(plan)
    return write_cases(plans)


def source_notebook(course: Course, chapter: Chapter) -> nbformat.NotebookNode:
    """nbgrader's source notebook of a chapter: with the answers, the rubrics and nbgrader's metadata."""
    agree(course, chapter)
    module = course.reference_module(chapter.name)
    references = references_of(course, chapter)
    checks = course.checks_module(chapter.name)
    imported = _imported(chapter)
    judged = {exercise.name: exercise for exercise in authoring.exercises_of(checks)}
    written = {question.name: question for question in authoring.written_of(checks)}
    text = myst.Book(course).page(chapter)
    ids: dict[str, int] = {}
    repair = REPAIR if any(r.given != STUB_LINE for r in references.values()) else ""
    guide = GUIDE.format(name=chapter.name, repair=repair)
    cells = [new_markdown_cell(guide, id="guide")]
    for cell in chapter.cells:
        match cell.kind:
            case "markdown":
                if markdown := text.convert(cell):
                    cells.append(new_markdown_cell(markdown, id=_content_id("text", markdown, ids)))
            case "written":
                cells.append(_question(text.convert(cell), cell.name))
                cells.append(_answer(written[cell.name]))
            case "exercise":
                try:
                    used = uses(getattr(module, cell.name), imported)
                except TypeError as error:
                    raise chapter.error(
                        cell.line, f"the reference of {cell.name!r}: {error}"
                    ) from None
                _stands_alone(chapter, cell, judged[cell.name].given, imported)
                cells.append(_exercise(cell, references[cell.name], used))
            case "check":
                cells.append(_check(cell, judged[cell.name].points))
            case _:
                cells.append(_code(cell, _content_id(cell.kind, cell.source, ids)))
    if bibliography := text.references():
        cells.append(new_markdown_cell(bibliography, id="references"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )


def agree(course: Course, chapter: Chapter) -> None:
    """Hold a chapter, its references and its checks against each other.

    Raises
    ------
    CourseError
        At the first thing that one of them has and another lacks.
    """
    references_of(course, chapter)
    exercises, checks = chapter.named("exercise"), chapter.named("check")
    written = chapter.named("written")
    judged_module = course.checks_module(chapter.name)
    judged = [exercise.name for exercise in authoring.exercises_of(judged_module)]
    asked = {question.name: question for question in authoring.written_of(judged_module)}
    file = course.checks_file(chapter.name)
    if not chapter.begins():
        raise chapter.error(1, f"no cell tagged setup says chapter({chapter.name!r}): add one")
    taken = _imports(chapter, ast.Import, ast.ImportFrom)
    for name, cell in exercises.items():
        if name in taken:
            raise chapter.error(
                cell.line, f"exercise {name!r} has a name that the set-up cell imports: rename it"
            )
        if name not in judged:
            raise chapter.error(cell.line, f"exercise {name!r} has no cases: judge it in {file}")
        if name not in checks:
            raise chapter.error(
                cell.line, f"exercise {name!r} has no check: add a cell check({name}) below it"
            )
        if checks[name].line < cell.line:
            raise chapter.error(
                checks[name].line, f"check({name}) stands above its exercise: move it below"
            )
    for name, cell in checks.items():
        if name not in exercises:
            raise chapter.error(
                cell.line, f'check({name}) has no exercise: add exercise("{name}") above it'
            )
    for name in judged:
        if name not in exercises:
            raise CourseError(f"{file}: {name!r} is judged, but the chapter has no such exercise")
        if judged.count(name) > 1:
            raise CourseError(f"{file}: {name!r} is judged twice")
    for name, cell in written.items():
        if name not in asked or not asked[name].rubric.strip():
            raise chapter.error(
                cell.line, f"written question {name!r} has no rubric: write one in {file}"
            )
    for name in asked:
        if name not in written:
            raise CourseError(f"{file}: the chapter asks no written question {name!r}")


def _imported(chapter: Chapter) -> dict[str, str]:
    """The modules that the set-up cells import, by their names there."""
    return _imports(chapter, ast.Import)


def _imports(chapter: Chapter, *kinds: type[ast.Import] | type[ast.ImportFrom]) -> dict[str, str]:
    cells = [ast.parse(cell.source) for cell in chapter.cells if cell.kind == "setup"]
    imports = [node for cell in cells for node in ast.walk(cell) if isinstance(node, kinds)]
    return {alias.asname or alias.name: alias.name for node in imports for alias in node.names}


def _stands_alone(
    chapter: Chapter, cell: Cell, given: Callable | None, imported: dict[str, str]
) -> None:
    """Refuse a program to be repaired that takes more than the set-up imports: a student sees all of it."""
    try:
        used = uses(given, imported) if given else ""
    except TypeError as error:
        used = str(error)
    if used:
        raise chapter.error(
            cell.line,
            f"the program that {cell.name!r} gives to be repaired uses what is not in the set-up cell: "
            f"{used.splitlines()[0]}",
        )


def _exercise(cell: Cell, reference: Reference, used: str) -> nbformat.NotebookNode:
    """The reference; what it takes from its module stands in its body: in a notebook it is alone.

    A program that is given to be repaired waits in the metadata, for `clear.ClearAnswers`.
    """
    given = {} if reference.given == STUB_LINE else {GIVEN: reference.given}
    return new_code_cell(
        reference.solution(used),
        id=cell.name,
        metadata={
            "tags": [*cell.tags, MAY_RAISE],
            "nbgrader": _nbgrader(solution_id(cell.name), solution=True),
            **given,
        },
    )


def _check(cell: Cell, points: float) -> nbformat.NotebookNode:
    metadata = _nbgrader(check_id(cell.name), grade=True, locked=True, points=points)
    return new_code_cell(
        cell.source,
        id=check_id(cell.name),
        metadata={"tags": [*cell.tags, MAY_RAISE], "nbgrader": metadata},
    )


def _code(cell: Cell, cell_id: str) -> nbformat.NotebookNode:
    tags = list(cell.tags) if cell.kind == "setup" else [*cell.tags, MAY_RAISE]
    # What the book folds away, JupyterLab folds away too.
    folded = {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}
    return new_code_cell(cell.source, id=cell_id, metadata={"tags": tags, **folded})


def _question(text: str, name: str) -> nbformat.NotebookNode:
    metadata = {"nbgrader": _nbgrader(question_id(name), locked=True)}
    return new_markdown_cell(text, id=question_id(name), metadata=metadata)


def _answer(question: authoring.Written) -> nbformat.NotebookNode:
    """The cell for a written answer; nbgrader replaces the whole of it, the mark scheme, by the stub."""
    text = f"=== BEGIN MARK SCHEME ===\n{question.rubric.strip()}\n=== END MARK SCHEME ==="
    metadata = _nbgrader(
        solution_id(question.name), grade=True, solution=True, points=question.points
    )
    return new_markdown_cell(text, id=question.name, metadata={"nbgrader": metadata})


def _nbgrader(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> dict:
    found = {
        "schema_version": SCHEMA,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    return found if points is None else {**found, "points": points}


def _content_id(kind: str, text: str, seen: dict[str, int]) -> str:
    """An id that depends on what a cell says, not on what stands around it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    count = seen[digest] = seen.get(digest, 0) + 1
    return f"{kind}-{digest}" + (f"-{count}" if count > 1 else "")


def _generate_assignment(course: Course, name: str, staging: Path) -> None:
    """nbgrader's own generate_assignment, from and into `staging`, with the course's gradebook."""
    find_programs()
    make_private(course.directory)
    # Late: nbgrader takes three seconds to import.
    from nbgrader.apps import NbGraderAPI
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import ClearSolutions

    from autograder.release.clear import ClearAnswers

    config = course.nbgrader_config()
    config.CourseDirectory.source_directory = str(staging / "source")
    config.CourseDirectory.release_directory = str(staging / "release")
    config.GenerateAssignment.preprocessors = [
        ClearAnswers if step is ClearSolutions else step
        for step in GenerateAssignment.preprocessors.default()
    ]
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    with (
        private_files()
    ):  # the gradebook is made here; by nbgrader in steps, which an interrupt comes between
        with Database(database(course), patience=5) as new:
            new.make()
        result = api.generate_assignment(name)
    if not result["success"]:
        if "Cannot add or remove cells" in result["log"]:
            raise CourseError(
                f"{name}: exercises were added or removed, but it has submissions already:"
                " finish grading them, or release under another name"
            )
        said = f"{result.get('error') or ''}\n{result['log']}".strip()
        if "KeyboardInterrupt" in said:  # nbgrader takes it for one more error
            raise KeyboardInterrupt
        if why := failure_of_database(said):
            raise CourseError(why)
        lines = re.findall(r"^\s*([\w.]*Error: .+)$", said, re.MULTILINE) or said.splitlines()
        raise CourseError(f"{name}: nbgrader could not make the release: {lines[-1]}")


_CONFIGURATION = """\
# Written by `autograder release`: nbgrader started in this folder grades in the sandbox, or not at all.
# What you set in nbgrader_config.py of the course holds here, too.
from pathlib import Path

c = get_config()
here = Path(__file__).resolve().parent
# Of the project: as it lies to this folder, or where it was, if this folder was moved alone.
places = [(here / {near!r}).resolve(), Path({place!r})]
root = next((place for place in places if (place / "pyproject.toml").is_file()), places[0])
try:
    from autograder.nbgrader_settings import configure

    configure(c, root, here)
    if (root / "nbgrader_config.py").is_file():
        load_subconfig(str(root / "nbgrader_config.py"))
    c.CourseDirectory.root = str(here)
except Exception as error:
    # nbgrader would only log it, and run submissions without a sandbox.
    raise SystemExit(f"{{__file__}}: {{type(error).__name__}}: {{error}}") from error
"""


def _write_configuration(course: Course) -> None:
    """Make plain nbgrader safe where it is started in its own folder; a file of somebody else's stays."""
    file = course.directory / "nbgrader_config.py"
    near = os.path.relpath(course.root, course.directory)
    text = _CONFIGURATION.format(near=near, place=str(course.root))
    first = text.splitlines()[0]
    if file.is_file() and not file.read_text("utf-8").startswith(first):
        return
    make_private(course.directory)
    file.write_text(text, "utf-8")


def _update(record: Record, fresh: Path, folder: Path) -> Iterator[str]:
    """Copy what was made, leave what did not change and what others put there; drop an old wheel.

    A line for each file that somebody changed by hand, and of which a copy is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(pack.WHEELS):
        if not (fresh / old.name).exists():
            old.unlink()
    for file in sorted(fresh.iterdir()):
        target, data = folder / file.name, file.read_bytes()
        yield from record.keep(target, data)
        record.put(target, data)


def _summary(course: Course, chapter: Chapter) -> str:
    exercises, written = chapter.named("exercise"), chapter.named("written")
    checks = course.checks_module(chapter.name)
    known: list[authoring.Exercise | authoring.Written] = [
        *authoring.exercises_of(checks),
        *authoring.written_of(checks),
    ]
    points = sum(item.points for item in known if item.name in {**exercises, **written})
    counted = (("exercise", exercises), ("written question", written))
    asked = " and ".join(f"{len(found)} {what}{'s' * (len(found) != 1)}" for what, found in counted)
    return (
        f"{chapter.name}: {asked},"
        f" {points:g} points, in {shown(course.directory / 'release' / chapter.name)}"
    )
