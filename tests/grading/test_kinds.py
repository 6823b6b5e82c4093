"""A program to be repaired and an exercise that is scored, released and graded in the sandbox."""

import shutil
import sys

import nbformat
import pytest

from autograder import demo, report
from autograder.course import Course
from autograder.grade import one
from autograder.grade.many import grade_class
from autograder.release.release import release_assignments
from autograder.sandbox.host import Limits
from gradus.verdict import AS_GIVEN
from tests.conftest import ROOT
from tests.grading.conftest import marks, need_sandbox, put

NAME = "kinds"
REPAIRED = (
    "def running_means(values):\n    return np.cumsum(values) / np.arange(1, len(values) + 1)"
)
SUMS = "def running_means(values):\n    return np.cumsum(values)"
RESTYLED = "def running_means(values):\n    return np.cumsum(np.asarray(values) / len(values))"
BROKEN = "def running_means(values):\n    return np.cumsum(values"
BEST = "def cover(length, n):\n    return length * (np.arange(n) + 0.5) / n"
ENDS = "def cover(length, n):\n    return np.linspace(0, length, n)"
PARTLY = "def cover(length, n):\n    return np.linspace(0.01 * length, length, n)"
SPIES = "def cover(length, n):\n    return [length + n] * n"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    need_sandbox()
    root = tmp_path_factory.mktemp("kinds") / "course"
    shutil.copytree(ROOT / "tests" / "grading" / "kinds_course", root)
    path, sys.path[:] = list(sys.path), [str(root), *sys.path]
    found = Course.find(root)
    list(release_assignments(found, [NAME]))
    yield found
    sys.path[:] = path
    for module in [module for module in sys.modules if module.split(".")[0] == "solved"]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def assignment(course):
    return one.Assignment.load(course, NAME)


@pytest.fixture(scope="module")
def graded(assignment):
    box = assignment.sandbox("bubblewrap", Limits())

    def grade(**answers):
        return one.grade(written(assignment, answers), assignment, box, full=True)

    yield grade
    box.close()


def written(assignment, answers):
    return nbformat.writes(demo.notebook_with(assignment.released, answers)).encode()


def points(found):
    return {name: (v.status, v.earned) for name, v in found.verdicts.items()}


def test_right_answers_have_all_points(graded):
    found = graded(running_means=REPAIRED, cover=BEST)
    assert points(found) == {"running_means": ("right", 2), "cover": ("right", 2)}


def test_untouched_neither_is_answered(graded, assignment):
    found = graded()
    assert points(found) == {"running_means": ("not answered", 0), "cover": ("not answered", 0)}
    assert found.verdicts["running_means"].as_given
    sheet = one.sheet(found, assignment)
    assert sheet.unanswered == {"running_means", "cover"}
    assert set(sheet.marks.values()) == {0.0}


def test_to_write_the_given_program_otherwise_is_no_repair(graded):
    verdict = graded(running_means=RESTYLED).verdicts["running_means"]
    assert (verdict.status, verdict.earned, verdict.message) == ("not answered", 0, AS_GIVEN)


def test_a_cell_that_is_broken_is_told_though_the_given_program_stands_behind_it(graded):
    verdict = graded(running_means=BROKEN).verdicts["running_means"]
    assert (verdict.status, verdict.earned) == ("wrong", 0)
    assert verdict.message.startswith("raised SyntaxError")


def test_a_repair_with_another_fault_is_named(graded):
    verdict = graded(running_means=SUMS).verdicts["running_means"]
    assert (verdict.status, verdict.earned) == ("wrong", 0)
    assert verdict.mistake == "these are sums: divide by how many there are"


def test_a_part_of_the_way_earns_its_part_and_no_number_comes_back(graded):
    found = graded(cover=PARTLY)
    verdict = found.verdicts["cover"]
    assert (verdict.status, verdict.earned) == ("wrong", 0.88)
    assert [case.message for case in verdict.cases] == [
        "reaches 0.7, not 0.99",
        "reaches 0.4, not 0.7",
        "reaches 0.7, not 0.99",
    ]
    # An instructor is told the score.
    assert found.revealed["cover"].cases[0].message.startswith("the score is 0.7")
    (cell,) = [cell for cell in found.notebook.cells if cell.id == "check-cover"]
    assert "others in part: 0.88 of 2 points" in cell.outputs[0].data["text/plain"]
    assert cell.outputs[1].data["text/plain"] == "0.88"


def test_a_known_mistake_is_named_and_earns_its_part(graded):
    verdict = graded(cover=ENDS).verdicts["cover"]
    assert verdict.mistake == "the ends of the line are among the places"
    assert verdict.earned == 0.88


def test_what_an_answer_returns_does_not_come_back(graded):
    verdict = graded(cover=SPIES).verdicts["cover"]
    assert {case.message for case in verdict.cases} == {"does not reach 0.4"}


def test_a_class_its_gradebook_and_its_report(course, assignment):
    for student, answers in {
        "all": {"running_means": REPAIRED, "cover": BEST},
        "part": {"running_means": SUMS, "cover": ENDS},
        "none": {},
    }.items():
        put(course, student, NAME, written(assignment, answers))
    grade_class(course, NAME)
    found = {
        student: [grades[f"check-{name}"] for name in ("running_means", "cover")]
        for student, grades in marks(course, NAME).items()
    }
    assert found == {"all": [2, 2], "part": [0, 0.88], "none": [0, 0]}
    told = report.make_report(course, NAME)
    assert {row.student: row.total for row in told.rows} == {"all": 4, "part": 0.88, "none": 0}
    assert {(exercise, count) for exercise, _, count in told.mistakes} == {
        ("running_means", 1),
        ("cover", 1),
    }
