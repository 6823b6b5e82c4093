"""A class for demonstration and tests: submissions made from the references and the known mistakes.

Every name begins with "demo-", and nothing is written into a course that has other submissions.
"""

import shutil
import time
from collections.abc import Callable
from copy import deepcopy
from itertools import islice

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.course import Course, CourseError
from autograder.grade import many
from autograder.grade.cells import grade_id, is_answer
from autograder.grade.one import Assignment
from autograder.kept import Record
from autograder.release.inline import standalone
from gradus import authoring

PREFIX = "demo-"
# So many students make mistakes: of each exercise as many, from the first to the last that is known.
MISTAKEN = 9

# Two ways to cheat that pass where tests run inside the submission's process.
_PATCHES = """\
import numpy.testing, gradus, gradus.exercises, gradus.verdict
for module in (numpy.testing, gradus, gradus.exercises, gradus.verdict):
    for name in ("assert_allclose", "check", "compare", "examine", "_compare_results"):
        if hasattr(module, name):
            setattr(module, name, lambda *args, **kwargs: None)
check = lambda answer: 1000000
print(1000000)
"""
_SEARCHES = """\
import glob, inspect, os, sys
found = []
for place in (".", "..", "../..", "../../..", "/", os.path.expanduser("~")):
    for name in ("source", "solutions", "course/source", "autograded"):
        found += glob.glob(os.path.join(place, name, "**", "*.*"), recursive=True)
for frame in inspect.getouterframes(inspect.currentframe()):
    found += [value for name, value in frame.frame.f_locals.items() if name in ("expected", "plan", "plans")]
print("score: 100 / 100", found)
"""


def write_class(
    course: Course, name: str, log: Callable[[str], None] = lambda line: None
) -> list[str]:
    """Write a class of submissions of a released assignment into `submitted/`.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.
    log : callable, optional
        Is called with a line for each file of an earlier class that somebody changed; a copy is kept.

    Returns
    -------
    list of str
        The students' names.

    Raises
    ------
    CourseError
        If the assignment is unknown or not released, or the course has submissions of its own.
    """
    assignment = Assignment.load(course, name)
    folder = course.directory / "submitted"
    real = [path.name for path in folder.glob("*") if not path.name.startswith(PREFIX)]
    if real:
        raise CourseError(
            f"{folder.name}/ holds submissions that are not the demonstration's ({sorted(real)[0]}): "
            "give the demonstration a folder of its own with autograder --course DIR"
        )
    files = {PREFIX + student: data for student, data in _class(course, assignment).items()}
    record = Record(course.directory)
    places = {folder / student / name / f"{name}.ipynb": data for student, data in files.items()}
    for old in sorted(folder.glob(f"{PREFIX}*/{name}")):
        for file in sorted(old.rglob("*")):
            for line in record.keep(file, places.get(file)):
                log(line)
        shutil.rmtree(old)
    for place, data in places.items():
        record.put(place, data)
    record.save()
    return list(files)


def _class(course: Course, assignment: Assignment) -> dict[str, bytes]:
    """The bytes of each submission by the student's name."""
    right = right_answers(course, assignment)
    judged = [
        exercise
        for exercise in authoring.exercises_of(course.checks_module(assignment.name))
        if exercise.name in right
    ]
    wrong = {
        e.name: [standalone(f, e.name, "exercise") for _, f in mistakes_made(e)] for e in judged
    }
    others = {e.name: [standalone(f, e.name, "exercise") for _, f in e.variants] for e in judged}
    half = dict(list(right.items())[: len(right) // 2])

    def write(answers: dict[str, str], *extra: str) -> bytes:
        return nbformat.writes(notebook_with(assignment.released, answers, *extra)).encode()

    written = {
        grade_id(cell): "A few sentences, which a person marks."
        for cell in assignment.released.cells
        if cell.cell_type == "markdown" and is_answer(cell)
    }
    files = {"perfect-1": write(right | written)}
    # Each further student answers in the next other way, or makes the next mistake, of every exercise.
    for number in range(max(map(len, others.values()))):
        files[f"perfect-{number + 2}"] = write(right | written | _nth(others, number))
    for number in range(MISTAKEN):
        files[f"mistakes-{number + 1}"] = write(right | _nth(wrong, number))
    files["half-1"] = write(half)
    files["half-2"] = write(dict(list(right.items())[len(right) // 2 :]))
    files["half-3"] = write(half | _nth(wrong, 0))
    files["untouched"] = write({})
    files["cheat-1"] = write({}, _PATCHES)
    files["cheat-2"] = write({}, _SEARCHES)
    files["broken-cut-off"] = files["perfect-1"][: len(files["perfect-1"]) // 2]
    files["broken-not-a-notebook"] = b"%PDF-1.4\nMy answers are on paper.\n"
    files["broken-empty"] = b""
    return files


def mistakes_made(exercise: authoring.Exercise) -> list[tuple[str, Callable]]:
    """The mistakes of an exercise that this class makes, one a student."""
    step = max(1, len(exercise.mistakes) // MISTAKEN)
    return list(islice(exercise.mistakes, 0, None, step))[:MISTAKEN]


def _nth(answers: dict[str, list[str]], number: int) -> dict[str, str]:
    return {name: texts[number] for name, texts in answers.items() if number < len(texts)}


def right_answers(course: Course, assignment: Assignment) -> dict[str, str]:
    """The right answers by exercise, as the source notebook has them."""
    source = course.directory / "source" / assignment.name / f"{assignment.name}.ipynb"
    if not source.is_file():
        raise CourseError(
            f"{assignment.name} has no source notebook: run autograder release {assignment.name}"
        )
    cells = nbformat.read(source, as_version=4).cells
    return {
        grade_id(cell): "\n".join(
            line for line in cell.source.splitlines() if not line.strip().startswith("### ")
        )
        for cell in cells
        if cell.cell_type == "code" and grade_id(cell) in assignment.plans
    }


def notebook_with(released: NotebookNode, answers: dict[str, str], *extra: str) -> NotebookNode:
    """The released notebook with answers in their cells, and further cells after the set-up."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        if is_answer(cell):
            cell.source = answers.get(grade_id(cell), cell.source)
    codes = [at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for number, source in enumerate(extra, start=1):
        notebook.cells.insert(codes[0] + number, new_code_cell(source, id=f"extra-{number}"))
    return notebook


def run_demo(course: Course, name: str, log: Callable[[str], None]) -> list[many.Result]:
    """Release an assignment, write its class, grade it and write its feedback.

    Where bubblewrap does not work it says so and grades this class, which is trusted, without a sandbox.
    """
    from autograder import feedback
    from autograder.release.release import release_assignments
    from autograder.sandbox import host

    started = time.monotonic()

    def step(what: str, found: str) -> None:
        nonlocal started
        seconds, started = time.monotonic() - started, time.monotonic()
        log(f"{what:9} {seconds:5.1f} s  {found}")

    for line in release_assignments(course, [name]):
        step("released", line)
    students = write_class(course, name, log)
    step("submitted", f"{len(students)} submissions in {course.directory.name}/submitted")
    kind, how = "bubblewrap", "each in a sandbox"
    try:
        host.require(kind)
    except CourseError as error:
        kind, how = "none", "without a sandbox: this class was made here and is trusted"
        log(str(error))
    results = many.grade_class(course, name, many.Options(kind))
    step("graded", f"{len(results)} submissions, {how}")
    pages = feedback.write_feedback(course, name)
    place = f"{course.directory.name}/feedback/{PREFIX}mistakes-1/{name}/{name}.html"
    step("feedback", f"{len(pages)} pages, for instance {place}")
    return results
