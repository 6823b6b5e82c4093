"""Whatever a file holds, it has a verdict: properties of reading and judging, over files of every kind.

Nothing is run here: what a submission's code did is played, at random.
"""

import json
import random
from copy import deepcopy
from unittest.mock import patch

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course import TEXT_STUB
from autograder.grade import one, reading
from autograder.grade.cells import defined, grade_id, is_answer
from autograder.grade.execution import CellReport, Run
from gradus.calling import Outcome
from gradus.stub import STUB_LINE

SETTINGS = settings(max_examples=80, suppress_health_check=list(HealthCheck))
KINDS = ("returned", "raised", "timeout", "killed", "not found", "not data")
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) `\x1b[31m` \u202e\n"


@pytest.fixture(scope="module")
def whole(assignment):
    """A whole submission with every question answered, as text."""
    notebook = deepcopy(assignment.released)
    for cell in notebook.cells:
        if is_answer(cell):
            cell.source = cell.source.replace(STUB_LINE, "return 1").replace(TEXT_STUB, "Because.")
    notebook.cells.append(nbformat.v4.new_code_cell("mine = 1"))
    return nbformat.writes(notebook)


def played(seed):
    """What stands in for running cells: reports and outcomes of every kind."""
    rng = random.Random(seed)

    def execute(cells, plans, sandbox):
        def outcome(expected):
            kind = rng.choice(KINDS)
            values = [expected, None, "text", float("nan"), 10**400, [[1, 2], [3]], {"a": 1}]
            text = rng.choice(["", "NotImplementedError", HOSTILE, "x" * 500])
            return Outcome(kind, rng.choice(values), ("x",), text, text, text)

        def report():
            return CellReport(*(rng.choice(["", HOSTILE, "CellTimeout"]) for _ in range(4)))

        return Run(
            {index: report() for index, _ in cells},
            {plan.exercise: [outcome(expected) for expected in plan.expected] for plan in plans},
        )

    return execute


def verdict(data, assignment, seed=0):
    """Read and judge a file, and hold what comes out to all that must be true of it."""
    found = one.read(data, assignment)
    notebook = found.notebook
    hold(notebook, assignment.released)
    assert all("outputs" not in cell or not cell.outputs for cell in notebook.cells)
    assert {**notebook.metadata, "gradus": 0} == {**assignment.released.metadata, "gradus": 0}
    assert found.readable == (not any("not a notebook" in line for line in found.defects))
    with patch.object(one, "execute", played(seed)):
        graded = one.grade_notebook(notebook, assignment, None)
    hold(graded.notebook, assignment.released)
    assert len(set(graded.defects)) == len(graded.defects) <= one.MAX_DEFECTS + 1
    for line in graded.defects:
        assert line.isprintable() and len(line) < 500 and "<" not in line.replace("<<<", "")
    marks = one.sheet(graded, assignment).marks
    cells = [cell.metadata.get("nbgrader", {}) for cell in assignment.released.cells]
    most = {about["grade_id"]: about["points"] for about in cells if about.get("grade")}
    assert marks.keys() == most.keys()
    assert all(mark is None or 0 <= mark <= most[name] for name, mark in marks.items())
    assert set(graded.verdicts) == set(assignment.plans)
    return found, graded


def hold(notebook, released):
    """A notebook has every released cell once, its metadata and locked text as released, and can be stored."""
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode()
    slots = {cell.id: cell for cell in released.cells}
    found = [cell for cell in notebook.cells if cell.id in slots]
    assert sorted(cell.id for cell in found) == sorted(slots)
    for cell in found:
        slot = slots[cell.id]
        assert cell.cell_type == slot.cell_type
        assert cell.metadata == slot.metadata
        if grade_id(slot) and not is_answer(slot):
            assert cell.source == slot.source
    assert not any(cell.metadata for cell in notebook.cells if cell.id not in slots)


def test_the_whole_submission_itself_has_no_defect(whole, assignment):
    found, _ = verdict(whole.encode(), assignment)
    assert found.defects == []
    assert [cell.source for cell in found.notebook.cells] == [
        cell.source for cell in nbformat.reads(whole, as_version=4).cells
    ]


@SETTINGS
@given(data=st.binary(max_size=500) | st.text(max_size=500).map(str.encode), seed=st.integers(0))
def test_any_bytes(data, seed, assignment):
    verdict(data, assignment, seed)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([HOSTILE, "HUGE", "DEEP", "1e999", "a\ud800\x00b", "def f(x):\n    return x"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def notebooks(assignment):
    """Values that are shaped like notebooks, with the ids and texts of the released cells among them."""
    cells = assignment.released.cells
    ids = st.sampled_from([grade_id(cell) or cell.id for cell in cells]) | ANYTHING
    functions = [name for cell in cells for name in defined(cell.source)]
    answers = [f"def {name}(*a):\n    return {n}" for n, name in enumerate(functions)]
    conflict = "<<<<<<< a\nx = 1\n=======\nx = 2\n>>>>>>> b\n"
    fenced = [f"```python\n{answer}\n```" for answer in answers]
    texts = [*(cell.source for cell in cells), *answers, *fenced, conflict, HOSTILE, "a\ud800\x00b"]
    lines = st.lists(ANYTHING | st.sampled_from(texts), max_size=3)
    marks = st.fixed_dictionaries(
        {},
        optional={
            "grade_id": ids,
            "points": ANYTHING,
            "grade": ANYTHING,
            "solution": ANYTHING,
            "locked": ANYTHING,
            "schema_version": ANYTHING,
        },
    )
    cell = st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | ANYTHING,
            "source": st.sampled_from(texts) | lines | ANYTHING,
            "input": st.sampled_from(texts) | ANYTHING,
            "id": ids,
            "metadata": st.fixed_dictionaries({}, optional={"nbgrader": marks | ANYTHING})
            | ANYTHING,
            "outputs": ANYTHING,
            "attachments": ANYTHING,
        },
    )
    cells = st.lists(cell | ANYTHING, max_size=8)
    return st.fixed_dictionaries(
        {},
        optional={
            "cells": cells | ANYTHING,
            "worksheets": st.lists(st.fixed_dictionaries({"cells": cells}) | ANYTHING, max_size=2),
            "metadata": ANYTHING,
            "nbformat": ANYTHING,
        },
    )


@SETTINGS
@given(data=st.data(), seed=st.integers(0))
def test_any_structure(data, seed, assignment):
    text = json.dumps(data.draw(notebooks(assignment)))
    text = text.replace('"HUGE"', "9" * 5000).replace('"DEEP"', "[" * 3000 + "]" * 3000)
    verdict(text.encode(), assignment, seed)


def flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def cut(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 100, 10_000, 10**9]) :]


def repeat(rng, data):
    at, to = rng.randrange(len(data)), rng.randrange(len(data))
    return data[:at] + data[to : to + rng.choice([1, 1000, 10**9])] + data[at:]


def conflict(rng, data):
    lines = data.split(b"\n")
    for mark in (b"<<<<<<< HEAD", b"=======", b">>>>>>> theirs"):
        if rng.random() < 0.9:
            lines.insert(rng.randrange(len(lines) + 1), mark)
    return b"\n".join(lines)


def recode(rng, data):
    encodings = ("utf-16", "utf-8-sig", "utf-32-le", "utf-16-be", "utf-7", "cp037")
    return data.decode("latin-1").encode(rng.choice(encodings))


def rename(rng, data):
    keys = [b"cells", b"source", b"cell_type", b"metadata", b"nbgrader", b"grade_id", b"id", b"{"]
    return data.replace(rng.choice(keys), rng.choice([*keys, b"", b"x"]), rng.choice([-1, 1, 5]))


def line_ends(rng, data):
    return data.replace(b"\n", rng.choice([b"\r\n", b"\r", b"", b"\x0c\n"]))


@SETTINGS
@given(
    changes=st.lists(
        st.sampled_from([flip, cut, repeat, conflict, recode, rename, line_ends]),
        min_size=1,
        max_size=4,
    ),
    seed=st.integers(0),
)
def test_any_damage_to_the_bytes(changes, seed, whole, assignment):
    rng, data = random.Random(seed), whole.encode()
    for change in changes:
        data = change(rng, data) or b" "
    verdict(data, assignment, seed)


@SETTINGS
@given(seed=st.integers(0), count=st.integers(1, 12))
def test_any_change_of_the_cells(seed, count, whole, assignment):
    rng, notebook = random.Random(seed), json.loads(whole)
    cells = notebook["cells"]
    for _ in range(count):
        cell, other = rng.choice(cells), rng.choice(cells)
        match rng.randrange(9):
            case 0 if len(cells) > 1:
                cells.remove(cell)
            case 1:
                cells.insert(rng.randrange(len(cells)), json.loads(json.dumps(cell)))
            case 2:
                rng.shuffle(cells)
            case 3:
                cell["cell_type"] = rng.choice(["code", "markdown", "raw", "x", None])
            case 4:
                cell["source"] = other["source"]
            case 5:
                cell["metadata"] = other["metadata"]
            case 6:
                cell["metadata"] = rng.choice([{}, None, [], {"nbgrader": 3}])
            case 7:
                cell["id"] = rng.choice([other["id"], "", None, 3])
            case 8:
                cell["source"] = [HOSTILE, "<<<<<<< a\n", "=======\n", ">>>>>>> b\n"]
    found, _ = verdict(json.dumps(notebook).encode(), assignment, seed)
    assert found.readable


def test_what_is_read_does_not_depend_on_the_order_of_keys_or_on_formatting(whole, assignment):
    plain = one.read(whole.encode(), assignment).notebook.cells
    turned = json.loads(whole, object_pairs_hook=lambda pairs: dict(sorted(pairs, reverse=True)))
    for text in (json.dumps(turned), json.dumps(turned, indent=4), json.dumps(turned, indent="\t")):
        assert one.read(text.encode(), assignment).notebook.cells == plain


@pytest.mark.parametrize(
    "data",
    [
        b'{"cells": [' + b'{"cell_type": "code" ' * 50_000,
        b'{"cells": [' + b'{"cell_type": "code", "source": "x\n' * 50_000,
        b'{"cells": [' + b'{"cell_type": "' * 50_000,
        b'{"cells": [{' * 50_000,
        b"<<<<<<< a\n" + b"=======\n" * 200_000,
        b"<<<<<<< a\n=======\n>>>>>>> b\n" * 50_000,
        b'"cells"' + b" " * 500_000,
    ],
)
def test_work_on_a_broken_file_is_bounded(data, assignment):
    """Each attempt at a cell may cost a pass over the file: there are few of them."""
    attempts = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, s, idx=0):
            attempts.append(idx)
            return super().raw_decode(s, idx)

    with patch.object(reading, "_JSON", Counting(strict=False)):
        found, _ = verdict(data, assignment)
    assert not found.readable
    assert len(attempts) <= reading._MAX_BROKEN_CELLS + 1


def test_many_brackets_are_refused_before_they_are_parsed(assignment):
    with patch.object(reading, "MAX_BRACKETS", 10_000):
        found, _ = verdict(b'{"cells": [' + b"[]," * 10_000 + b"0]}", assignment)
    assert found.defects == ["not a notebook: the file has more than 10,000 brackets"]


def test_many_cells_cost_no_more_than_the_most_that_are_read(assignment):
    cells = [{"cell_type": "code", "source": f"a = {n}", "id": str(n)} for n in range(20_000)]
    with patch.object(reading, "MAX_CELLS", 200):
        found, _ = verdict(json.dumps({"cells": cells}).encode(), assignment)
    assert sum(cell.id.startswith("own-") for cell in found.notebook.cells) == 200
    assert "only the first 200 of 20,000 cells were read" in found.defects


def test_what_is_found_while_judging_is_bounded_too(whole, assignment, recwarn):
    notebook = json.loads(whole)
    for number in range(50):
        code = f"def {'f' * 1000}_{number}(x):\n    {STUB_LINE}\n    return '\\d'"
        name = f"def g{number}(x):\n    {STUB_LINE}\n    return x"
        notebook["cells"] += [{"cell_type": "code", "source": text} for text in (code, name)]
    _, graded = verdict(json.dumps(notebook).encode(), assignment)
    assert len(graded.defects) == one.MAX_DEFECTS + 1
    assert graded.defects[-1] == "and 31 more of this kind"
    assert not recwarn.list
