"""Any file gives a notebook that can be graded, with one line for each defect."""

import codecs
import json
import random

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder import submission

EXERCISE = "@exercise\ndef doubled(x):\n    raise NotImplementedError('replace this line with your answer')"
RIGHT = "@exercise\ndef doubled(x):\n    return 2 * x"
QUESTION = "**Why?** Say it."
STUB = "*Write your answer here, in place of this line.*"


def cell(kind, source, cell_id, grade_id="", **marks):
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    found = make(source, id=cell_id)
    if grade_id:
        found.metadata["nbgrader"] = {
            "grade_id": grade_id,
            "schema_version": 3,
            "task": False,
            **marks,
        }
    return found


RELEASED = nbformat.v4.new_notebook(
    cells=[
        cell("markdown", "# Doubling", "title"),
        cell("code", "import numpy as np", "setup"),
        cell("code", EXERCISE, "doubled", "doubled", solution=True, grade=False, locked=False),
        cell(
            "code",
            "check(doubled)",
            "check-doubled",
            "check-doubled",
            solution=False,
            grade=True,
            locked=True,
            points=2,
        ),
        cell("code", "picture = [doubled(x) for x in range(3)]", "figure"),
        cell(
            "markdown",
            QUESTION,
            "why-question",
            "why-question",
            solution=False,
            grade=False,
            locked=True,
        ),
        cell("markdown", STUB, "why", "why", solution=True, grade=True, locked=False, points=1),
    ],
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
)
IDS = ["doubled", "check-doubled", "why-question", "why"]


def answered(**sources):
    """The released notebook as a dict, answered."""
    notebook = json.loads(nbformat.writes(RELEASED))
    for found in notebook["cells"]:
        default = {"doubled": RIGHT, "why": "Because."}.get(found["id"], found["source"])
        found["source"] = sources.get(found["id"].replace("-", "_"), default)
    return notebook


def read(data):
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    found = submission.read(data, RELEASED)
    nbformat.validate(found.notebook)
    nbformat.writes(found.notebook).encode()
    ids = [submission.grade_id(c) for c in found.notebook.cells if submission.grade_id(c)]
    assert sorted(ids) == sorted(IDS)
    return found


def source(found, grade_id="doubled"):
    return next(c.source for c in found.notebook.cells if submission.grade_id(c) == grade_id)


def test_a_whole_submission_has_no_defect():
    found = read(answered())
    assert found.readable
    assert found.defects == []
    assert source(found) == RIGHT
    assert source(found, "why") == "Because."
    assert [c.id for c in found.notebook.cells] == [c.id for c in RELEASED.cells]


@pytest.mark.parametrize(
    ("encode", "says"),
    [
        (lambda text: codecs.BOM_UTF8 + text.encode(), "UTF-8-SIG"),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (lambda text: text.encode("utf-16-be"), "UTF-16-BE"),
        (lambda text: codecs.BOM_UTF32_LE + text.encode("utf-32-le"), "UTF-32"),
        (
            lambda text: text.replace("Because.", "Weil's so schön ist.").encode("latin-1"),
            "Latin-1",
        ),
    ],
)
def test_other_encodings(encode, says):
    found = read(encode(json.dumps(answered(), ensure_ascii=False)))
    assert [says in line for line in found.defects] == [True]
    assert source(found) == RIGHT


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "the folder holds none"),
        (b"", "the file is empty"),
        (b" \n\t", "the file is empty"),
        (b"%PDF-1.4 ...", "a PDF file"),
        (b"PK\x03\x04...", "a ZIP or Office file"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"my answers: 42", "not JSON"),
        (b"\x00\x01\x02\xff" * 100, "not JSON"),
        (b"[1, 2, 3]", "no cells"),
        (b"null", "no cells"),
        (b'{"cells": []}', "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": [1, "a", null, {}]}', "no cells"),
        (b"[" * 100_000, "not JSON"),
        (b'{"cells": [' + b'{"cell_type":' * 100_000, "not JSON"),
        (b"9" * 10_000, "not JSON"),
    ],
)
def test_what_is_no_notebook_is_called_so(data, says):
    found = read(data)
    assert not found.readable
    (line,) = found.defects
    assert line.startswith("not a notebook: ")
    assert says in line
    assert source(found) == EXERCISE


def test_too_large_a_file_is_not_read(monkeypatch):
    monkeypatch.setattr(submission, "MAX_BYTES", 1000)
    assert "larger than" in read(json.dumps(answered()).encode()).defects[0]


def test_a_file_that_is_cut_off_keeps_its_whole_cells():
    text = json.dumps(answered(), indent=1)
    found = read(text[: text.index("check(doubled)")].encode())
    assert found.readable
    assert source(found) == RIGHT
    assert "broken or cut off" in found.defects[0]
    assert "`why`" in found.defects[1]


def test_one_broken_cell_does_not_hide_the_next():
    text = json.dumps(answered(), indent=1).replace(
        '"import numpy as np"', '"import numpy as np', 1
    )
    assert source(read(text.encode())) == RIGHT


def test_merge_conflict_marks_in_the_file_and_in_a_cell():
    text = json.dumps(answered(), indent=1)
    line = next(line for line in text.splitlines() if "return 2 * x" in line)
    other = line.replace("2 * x", "3 * x")
    conflict = f"<<<<<<< HEAD\n{line}\n=======\n{other}\n>>>>>>> theirs"
    found = read(text.replace(line, conflict).encode())
    assert source(found) == RIGHT
    assert found.defects == [
        "the file held merge-conflict marks: the first side of each conflict was read"
    ]
    base = f"<<<<<<< HEAD\n{line}\n||||||| base\n{other}\n=======\n{other}\n>>>>>>> theirs"
    assert source(read(text.replace(line, base).encode())) == RIGHT
    inside = "def doubled(x):\n<<<<<<< HEAD\n    return 2 * x\n=======\n    return 3 * x\n>>>>>>> theirs\n"
    found = read(answered(doubled=inside))
    assert source(found).splitlines() == ["def doubled(x):", "    return 2 * x"]
    assert found.defects == [
        "a cell held merge-conflict marks: the first side of each conflict was read"
    ]


def test_old_formats():
    cells = [
        {"cell_type": "code", "input": c["source"], "language": "python", "outputs": []}
        if c["cell_type"] == "code"
        else {"cell_type": "markdown", "source": [c["source"]]}
        for c in answered()["cells"]
    ]
    found = read(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    )
    assert source(found) == RIGHT
    assert "old format" in found.defects[0]


def test_stripped_metadata_and_ids():
    notebook = answered()
    for found in notebook["cells"]:
        found["metadata"] = {}
        del found["id"]
    found = read(notebook)
    assert source(found) == RIGHT
    assert source(found, "why") == "Because."
    assert found.defects == [
        "the cells had lost their nbgrader metadata: exercises were found by the names of functions"
    ]


def test_metadata_of_any_shape():
    for marks in (None, [], 3, {"nbgrader": 3}, {"nbgrader": {"grade_id": ["x"]}}):
        notebook = answered()
        for found in notebook["cells"]:
            found["metadata"] = marks
        assert source(read(notebook)) == RIGHT


def test_points_and_outputs_of_a_student_are_not_kept():
    notebook = answered()
    for found in notebook["cells"]:
        found["metadata"].setdefault("nbgrader", {})["points"] = 1000
        if found["cell_type"] == "code":
            found["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}}
            ]
    notebook["metadata"]["gradus"] = {"verdicts": {"doubled": {"earned": 1000}}}
    text = nbformat.writes(read(notebook).notebook)
    assert "1000" not in text


def test_missing_duplicated_moved_and_renamed_cells():
    notebook = answered()
    first, *rest = notebook["cells"]
    notebook["cells"] = [first, *(c for c in rest if c["id"] != "check-doubled")]
    found = read(notebook)
    assert found.defects == ["a cell was missing and put back as released: `check-doubled`"]
    assert [c.id for c in found.notebook.cells][3] == "check-doubled"

    notebook = answered()
    early = dict(notebook["cells"][2], source="def doubled(x):\n    return 0")
    notebook["cells"].insert(0, early)
    found = read(notebook)
    assert source(found) == RIGHT
    assert found.notebook.cells[0].source == early["source"]

    notebook = answered()
    notebook["cells"].reverse()
    assert source(read(notebook)) == RIGHT

    notebook = answered(doubled=EXERCISE)
    notebook["cells"].append({"cell_type": "code", "source": RIGHT, "metadata": {}, "outputs": []})
    found = read(notebook)
    assert found.notebook.cells[-1].source == RIGHT
    assert found.notebook.cells[-1].metadata == {}


def test_a_locked_cell_is_put_back():
    found = read(answered(check_doubled="print(100)"))
    assert source(found, "check-doubled") == "check(doubled)"
    assert found.defects == [
        "the locked cell `check-doubled` was changed: it was put back as released"
    ]


def test_code_in_a_text_cell_is_read_as_code():
    notebook = answered()
    notebook["cells"][2].update(
        cell_type="markdown", source=f"My answer:\n```python\n{RIGHT}\n```\n"
    )
    found = read(notebook)
    assert source(found).strip() == RIGHT
    assert found.defects == ["the cell `doubled` had become text: it was read as code"]


def test_text_that_cannot_be_stored_is_replaced():
    found = read(answered(why="a\ud800b\x00c"))
    assert source(found, "why") == "a?bc"


def test_tags_in_a_students_text_are_taken_apart():
    found = read(
        answered(why="a < b, $a<b$ <script>alert(1)</script> <img src=x onerror=alert(1)>")
    )
    assert (
        source(found, "why")
        == "a < b, $a< b$ < script>alert(1)< /script> < img src=x onerror=alert(1)>"
    )


def test_the_notebook_of_a_folder(tmp_path):
    assert submission.locate(tmp_path, "doubling") == (None, [])
    (tmp_path / "notes.txt").write_text("notes")
    assert submission.locate(tmp_path, "doubling") == (None, [])
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (tmp_path / "link.ipynb").symlink_to(secret)
    assert submission.locate(tmp_path, "doubling") == (None, [])
    copy = tmp_path / "doubling (1)`x`.ipynb"
    copy.write_text("{}")
    assert submission.locate(tmp_path, "doubling") == (
        copy,
        ["the notebook was called `doubling (1) x .ipynb`, not `doubling.ipynb`"],
    )
    right = tmp_path / "doubling.ipynb"
    right.write_text("{}")
    assert submission.locate(tmp_path, "doubling") == (right, [])


def test_a_notebook_in_an_inner_folder(tmp_path):
    inner = tmp_path / "doubling-main"
    inner.mkdir()
    (inner / "doubling.ipynb").write_text("{}")
    assert submission.locate(tmp_path, "doubling")[0] == inner / "doubling.ipynb"


SETTINGS = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
WHOLE = json.dumps(answered(), indent=1).encode()


@SETTINGS
@given(st.binary(max_size=300))
def test_any_bytes_have_a_verdict(data):
    read(data)


@SETTINGS
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_any_damaged_notebook_has_a_verdict(seed, count):
    rng, data = random.Random(seed), bytearray(WHOLE)
    for _ in range(count):
        at = rng.randrange(len(data))
        match rng.randrange(3):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(200)]
            case 2:
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randrange(200)]
    read(bytes(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = (
    "cells",
    "cell_type",
    "source",
    "metadata",
    "nbgrader",
    "grade_id",
    "id",
    "input",
    "worksheets",
)


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from(KEYS), JSON), max_size=8), st.booleans()
)
def test_any_structure_has_a_verdict(changes, nested):
    notebook = answered()
    for index, key, value in changes:
        place = notebook["cells"][index]
        if nested and isinstance(place.get("metadata"), dict):
            place = place["metadata"].setdefault("nbgrader", {})
        if isinstance(place, dict):
            place[key] = value
    read(notebook)
    read({"cells": [value for _, _, value in changes]})
