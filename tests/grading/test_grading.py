"""One submission of an assignment that belongs to no chapter: what of it runs, and what is made of it."""

import re

import nbformat
import pytest

from autograder.grade.one import Assignment, grade
from autograder.sandbox.host import Limits
from gradus.stub import STUB_LINE
from tests.grading.conftest import OTHER, RIGHT, plans

pytestmark = pytest.mark.usefixtures("bubblewrap")

STUBS = {
    "doubled": f"def doubled(x, times=1):\n    '''Twice as much.'''\n    {STUB_LINE}",
    "other": f"def other(x):\n    {STUB_LINE}",
}
BOOK = """\
import math
HALF, NAMES = 0.5, ["a", "b"]
def halve(x):
    return x * HALF
class Scale:
    factor = 2.0
open("experiment", "w").write("ran")
figure = halve(doubled(1.0))
"""


def code(source, cell_id, **marks):
    cell = nbformat.v4.new_code_cell(source, id=cell_id)
    if marks:
        cell.metadata["nbgrader"] = {
            "grade_id": cell_id,
            "schema_version": 3,
            "task": False,
            "grade": False,
            "solution": False,
            "locked": False,
            **marks,
        }
    return cell


def make_assignment():
    found = {plan.exercise: plan for plan in plans()}
    cells = [code("import numpy as np", "setup")]
    cells[0].metadata["tags"] = ["setup"]
    for exercise, plan in found.items():
        cells.append(code(STUBS[exercise], exercise, solution=True))
        marks = {"grade": True, "locked": True, "points": plan.points}
        cells.append(code(f"check({exercise})", f"check-{exercise}", **marks))
    cells.append(code(BOOK, "book"))
    return Assignment(
        "doubling", nbformat.v4.new_notebook(cells=cells), {"doubling.cases": b""}, found
    )


ASSIGNMENT = make_assignment()
LIMITS = Limits(cell_seconds=3, case_seconds=2, grace_seconds=1)
SANDBOX = ASSIGNMENT.sandbox("bubblewrap", LIMITS)


def submitted(*extra, **answers):
    """The bytes of the released notebook with answers, and with further cells at its end."""
    notebook = nbformat.from_dict(ASSIGNMENT.released)
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    notebook.cells += [code(source, f"mine-{number}") for number, source in enumerate(extra)]
    return nbformat.writes(notebook).encode()


def graded(*extra, **answers):
    """Grade such a submission."""
    return grade(submitted(*extra, **answers), ASSIGNMENT, SANDBOX)


def points(found):
    return [verdict.earned for verdict in found.verdicts.values()]


def score(found, exercise):
    """What nbgrader reads as the points of a check cell."""
    from nbgrader.utils import determine_grade

    (cell,) = [c for c in found.notebook.cells if c.id == f"check-{exercise}"]
    return determine_grade(cell)


def test_points_stand_where_nbgrader_reads_them():
    found = graded(doubled=RIGHT, other="def other(x):\n    return x")
    assert points(found) == [2, 0]
    assert score(found, "doubled") == (2, 2)
    assert score(found, "other") == (0, 1)
    half = graded(doubled="def doubled(x, times=1):\n    return x * (4 if len(x) > 1 else 0)")
    assert points(half) == [0.67, 0]
    assert score(half, "doubled") == (0.67, 2)


def test_an_answer_may_use_the_helpers_of_the_book_but_its_experiments_do_not_run():
    uses = (
        "def doubled(x, times=1):\n"
        "    assert NAMES == ['a', 'b'] and math.pi > 3\n"
        "    return halve(x) / HALF * Scale.factor**times"
    )
    assert points(graded(doubled=uses)) == [2, 0]
    ran = "import os\ndef other(x):\n    return x + 1.0 if not os.path.exists('experiment') else 0"
    assert points(graded(other=ran)) == [0, 1]
    assert points(graded(other="def other(x):\n    figure\n    return x + 1.0")) == [0, 0]
    # A cell of the book that the student has changed is the student's: it runs.
    changed = BOOK.replace("doubled(1.0)", "1.0")
    assert points(graded(book=changed, other="def other(x):\n    return x + 1.0 + 0 * figure")) == [
        0,
        1,
    ]


def test_answers_in_cells_of_their_own_and_the_last_definition_counts():
    assert points(graded(RIGHT, OTHER)) == [2, 1]
    # Above the stub too, which does not count as a definition.
    assert points(graded(setup=f"import numpy as np\n{OTHER}")) == [0, 1]
    assert points(graded("def other(x):\n    return 0", OTHER)) == [0, 1]
    assert points(graded(OTHER, "def other(x):\n    return 0")) == [0, 0]


def test_code_under_the_line_of_the_stub_is_reached():
    found = graded(other=f"{STUBS['other']}\n    return x + 1.0")
    assert points(found) == [0, 1]
    assert found.defects == [
        "`other`: the line `raise NotImplementedError(...)` stands above your code; it was taken out"
    ]
    # Elsewhere such a line is the student's own.
    branch = f"def other(x):\n    if x > 1e9:\n        {STUB_LINE}\n    return x + 1.0"
    assert points(graded(other=branch)) == [0, 1]
    assert points(graded(other=STUBS["other"] + "\n" + OTHER)) == [0, 1]


def test_a_set_up_that_was_spoilt_costs_nothing():
    spoilt = "import nothing_of_that_name\nimport numpy as np"
    uses = "def doubled(x, times=1):\n    return np.multiply(x, 2.0**times)"
    assert points(graded(setup=spoilt, doubled=uses)) == [2, 0]


def test_formulas_in_a_line_that_a_verdict_quotes_are_only_set():
    line = r"raise ValueError(x)  # $\href{javascript:alert(1)}{x} \require{html} \frac12$"
    found = graded(other=f"def other(x):\n    {line}")
    (cell,) = [c for c in found.notebook.cells if c.id == "check-other"]
    shown = cell.outputs[0].data["text/html"]
    assert r"$\ href{javascript:alert(1)}{x} \ require{html} \frac12$" in shown
    assert r"\href" not in shown


def test_checks_are_never_run_in_the_sandbox():
    touch = "open('checked', 'w').close()"
    tells = "import os\ndef other(x):\n    return x + 1.0 if not os.path.exists('checked') else 0"
    spies = f"def check(f):\n    {touch}\nprogress = check"
    assert points(graded("check(other)\nprogress()", setup=spies, other=tells)) == [0, 1]


def test_what_a_student_prints_is_kept_as_text():
    found = graded("print('<b>hello</b>')", "1 / 0")
    outputs = {cell.id: cell.get("outputs") for cell in found.notebook.cells}
    assert [o.text for o in outputs["own-6"]] == ["<b>hello</b>\n"]
    assert [o.text for o in outputs["own-7"]] == [
        "ZeroDivisionError: division by zero, in the line: 1 / 0\n"
    ]
    assert all(o.output_type == "stream" for cell in ("own-6", "own-7") for o in outputs[cell])


def test_a_cell_that_hung_or_died_says_so_in_its_verdict():
    hung = graded(
        doubled="while True:\n    pass\ndef doubled(x, times=1):\n    return x", other=OTHER
    )
    assert points(hung) == [0, 1]
    assert "took too long" in hung.verdicts["doubled"].message
    died = graded(
        doubled="import os; os._exit(1)\ndef doubled(x, times=1):\n    return x", other=OTHER
    )
    assert points(died) == [0, 1]
    assert died.verdicts["doubled"].message.startswith("ended its process: its cell did")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError(x)", "raised ValueError, in the line: raise ValueError(x)"),
        ("raise type('E7', (Exception,), {})", "raised an exception, in the line: raise type("),
        ("import os; os.kill(os.getpid(), 34)", "ended its process: it left Python or used"),
        ("return object()", "expected an array of numbers, got an object"),
        ("return type('T77', (), {})()", "got what is no array of numbers or is too large"),
        ("return np.zeros(2**23)", "got what is no array of numbers or is too large"),
        ("return np.zeros((17, 23))", "y: wrong shape"),
        ("return [0.0] * 17", "y: wrong shape"),
        ("return np.where(np.arange(len(x)) == 0, x, 7.0)", "y: wrong value (case"),
        ("return x * np.inf", "y: nan or inf: a division by zero"),
        ("return {'a77': 1}", "y: expected an array of numbers, got a dict"),
    ],
)
def test_a_hidden_case_tells_a_student_the_kind_of_error_only(body, says):
    """The numbers, types and texts that an answer chooses are for the instructor."""
    found = graded(doubled=f"def doubled(x, times=1):\n    {body}")
    messages = [case.message for case in found.verdicts["doubled"].cases if not case.passed]
    verdict = found.verdicts["doubled"]
    assert says in verdict.message
    source = f"in the line: {body}"
    assert not re.search(r"[1-9]", " ".join(m.replace(source, "") for m in messages))
    assert found.revealed == {}


def test_a_line_that_differs_from_case_to_case_is_not_told():
    """An answer with enough lines could say its arguments by the one in which it raises."""
    lines = [f"    if told % 50 == {k}: raise ValueError  # {k}" for k in range(50)]
    head = "def doubled(x, times=1):\n    told = int(1e6 * np.abs(x).sum())"
    found = graded(doubled="\n".join([head, *lines]))
    assert [case.message for case in found.verdicts["doubled"].cases] == [
        "raised ValueError"
    ] * len(ASSIGNMENT.plans["doubled"].cases)
    once = graded(
        doubled="def doubled(x, times=1):\n    if len(x) > 3: raise ValueError\n    return 2 * x"
    )
    assert "in the line" not in once.verdicts["doubled"].message


def test_an_instructor_can_be_told_all():
    notebook = nbformat.reads(nbformat.writes(ASSIGNMENT.released), as_version=4)
    answers = {
        "doubled": "def doubled(x, times=1):\n    raise type(f'E{len(x)}', (Exception,), {})(f'{x[0]!r}')",
        "other": "def other(x):\n    return [1.0] * 17",
    }
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    found = grade(nbformat.writes(notebook).encode(), ASSIGNMENT, SANDBOX, full=True)
    args = [float(case.args[0][0]) for case in ASSIGNMENT.plans["doubled"].cases]
    for case, size, first in zip(found.revealed["doubled"].cases, (1, 3, 5), args, strict=True):
        assert case.message.startswith(f"raised E{size}: ") and str(first) in case.message
    assert "expected shape (), got (17,)" in found.revealed["other"].message
    del found.notebook.metadata.gradus["fingerprint"]  # it may have any digits
    assert "17" not in nbformat.writes(found.notebook).replace("* 17", "")


def test_a_fingerprint_is_of_the_file_the_release_the_cases_and_the_limits():
    from dataclasses import replace

    one = ASSIGNMENT.fingerprint(b"x")
    assert one == make_assignment().fingerprint(b"x")
    others = [
        ASSIGNMENT.fingerprint(b"y"),
        ASSIGNMENT.fingerprint(None),
        ASSIGNMENT.fingerprint(b""),
        replace(ASSIGNMENT, files={}).fingerprint(b"x"),
        replace(ASSIGNMENT, limits=LIMITS).fingerprint(b"x"),
        replace(ASSIGNMENT, plans={plan.exercise: plan for plan in plans(seed=2)}).fingerprint(
            b"x"
        ),
    ]
    assert len({one, *others}) == 7
