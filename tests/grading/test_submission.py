"""Any file gives a notebook that can be graded, with one line for each defect."""

import codecs
import contextlib
import json
import os
import socket
from pathlib import Path

import nbformat
import pytest

from autograder.grade import reading, submission
from autograder.grade.cells import grade_id

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
    ids = [grade_id(c) for c in found.notebook.cells if grade_id(c)]
    assert sorted(ids) == sorted(IDS)
    return found


def source(found, name="doubled"):
    return next(c.source for c in found.notebook.cells if grade_id(c) == name)


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
        (lambda text: codecs.BOM_UTF8 + text.encode(), "byte-order mark"),
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
        (b"9" * 10_000, "no cells"),
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
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
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


def test_commas_before_closing_brackets():
    text = json.dumps(answered(doubled=RIGHT + "[0,]"), indent=1)
    found = read(text.replace("\n  }", ",\n  }").replace("\n }", ",\n }").encode())
    assert source(found) == RIGHT + "[0,]"
    assert found.defects == ["the file is broken or cut off: 7 whole cells could be read"]


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
        "the cell `doubled` held merge-conflict marks: the first side of each conflict was read"
    ]


def test_a_conflict_with_windows_line_ends_and_one_that_is_never_closed():
    text = json.dumps(answered(), indent=1)
    line = next(line for line in text.splitlines() if "return 2 * x" in line)
    conflict = f"<<<<<<< HEAD\n{line}\n=======\nnot JSON\n>>>>>>> theirs"
    assert source(read(text.replace(line, conflict).replace("\n", "\r\n").encode())) == RIGHT
    cell = "def doubled(x):\n<<<<<<< HEAD\n    return 2 * x\n=======\n    return 3 * x\n"
    assert source(read(answered(doubled=cell))).endswith("return 3 * x\n")
    rule = "def doubled(x):\n    '''Twice.\n=======\n    '''\n    return 2 * x"
    assert source(read(answered(doubled=rule))) == rule


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


def test_of_several_cells_with_one_id_the_last_answer_counts_not_a_stub_after_it():
    notebook = answered()
    at = next(n for n, c in enumerate(notebook["cells"]) if c["id"] == "why")
    notebook["cells"].append(dict(notebook["cells"][at], source=STUB))
    found = read(notebook)
    assert source(found, "why") == "Because."
    assert found.defects == ["the cell `why` was there 2 times: the last answer counts"]
    notebook["cells"].append(dict(notebook["cells"][at], source="On second thought."))
    assert source(read(notebook), "why") == "On second thought."


def test_a_notebook_of_another_assignment():
    other = {"cell_type": "code", "source": "a = 1", "metadata": {"nbgrader": {"grade_id": "a"}}}
    assert read({"cells": [other]}).defects == [
        "no cell of this assignment is in the notebook: is it that of another one?"
    ]


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


def test_a_function_that_stands_only_in_a_text_cell_is_found():
    notebook = answered(doubled=EXERCISE)
    text = {"cell_type": "markdown", "source": f"So:\n```python\n{RIGHT}\n```\n", "metadata": {}}
    notebook["cells"].append(text)
    found = read(notebook)
    assert found.defects == ["`doubled` stood in a text cell: it was read as code"]
    assert found.notebook.cells[-1].cell_type == "code"
    assert found.notebook.cells[-1].source.strip() == RIGHT
    # A text about a function that is defined elsewhere stays a text.
    for notebook in (answered(), answered(doubled=EXERCISE)):
        mine = {"cell_type": "code", "source": RIGHT, "metadata": {}, "outputs": []}
        notebook["cells"] += [text, mine]
        found = read(notebook)
        assert found.defects == []
        assert found.notebook.cells[-2].cell_type == "markdown"


def test_a_cell_that_is_far_too_long_is_left_out(monkeypatch):
    long = "a" * (reading.MAX_CELL_CHARS + 1)
    notebook = answered(why=long)
    found = read(notebook)
    assert source(found) == RIGHT
    assert source(found, "why") == STUB
    assert found.defects[0] == "the cell `why` was left out: it is longer than 200,000 characters"
    monkeypatch.setattr(reading, "MAX_CHARS", 1000)
    notebook = answered()
    notebook["cells"] += [{"cell_type": "code", "source": "a = 1\n" * 20}] * 100
    found = read(notebook)
    assert source(found) == RIGHT
    assert sum(len(cell.source) for cell in found.notebook.cells) <= 1000
    assert found.defects == ["what follows the first 1,000 characters was left out"]


def test_no_more_cells_are_read_than_a_notebook_has():
    notebook = answered()
    notebook["cells"] += [{"cell_type": "code", "source": "a"}] * 100_000
    found = read(notebook)
    assert len(found.notebook.cells) == reading.MAX_CELLS
    assert found.defects == ["only the first 2,000 of 100,007 cells were read"]


SCRIPT = f"""\
#!/usr/bin/env python
# coding: utf-8

# # Doubling

# In[1]:


import numpy as np


# In[2]:


{RIGHT}


# In[ ]:


check(doubled)
"""
PERCENT = f"""\
# ---
# jupyter:
#   jupytext: {{}}
# ---

# %% [markdown]
# {QUESTION}

# %% [markdown]
# Because.

# %%
{RIGHT}
"""


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT,
        PERCENT,
        RIGHT,
        f"# Doubling\n\n```python\n{RIGHT}\n```\n",
        f"# Doubling\n\n```{{code-cell}}\n---\ntags: [x]\n---\n{RIGHT}\n```\n",
        f"# Doubling\n\n```{{code-cell}}\n:tags: [x]\n:id: y\n{RIGHT}\n```\n",
    ],
)
def test_a_script_or_a_text_is_graded_for_the_functions_in_it(text):
    found = read(text.encode())
    assert found.readable
    assert source(found).strip() == RIGHT
    assert found.defects == ["this is a text, not a notebook: the functions in it were read"]
    if text == PERCENT:
        assert source(found, "why") == "Because."


def test_text_that_cannot_be_stored_is_replaced():
    found = read(answered(why="a\ud800b\x00c"))
    assert source(found, "why") == "a?bc"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "a < b, $a<b$ <script>alert(1)</script> <img src=x onerror=alert(1)>",
            "a < b, $a< b$ < script>alert(1)< /script> < img src=x onerror=alert(1)>",
        ),
        ("![x](http://example.com/x.png)", "! [x](http://example.com/x.png)"),
        ("![x](attachment:x.svg)", "! [x] (attachment:x.svg)"),
        ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
        ("[x](<java&#115;cript:alert(1)>)", "[x] (< java&#115;cript:alert(1)>)"),
        ("[x]\n\n[x]:\njavascript:alert(1)", "[x]\n\n[x] :\njavascript:alert(1)"),
        ("$\\href{javascript:alert(1)}{x}$", "$\\ href{javascript:alert(1)}{x}$"),
        (
            "$\\require{html}\\style{position:fixed}{x}$",
            "$\\ require{html}\\ style{position:fixed}{x}$",
        ),
        (f"[x](data:image/png;base64,{'A' * 999})", "[x] (data:...)"),
        ("[the book](https://example.com) and $\\hat\\theta_t$", None),
        ("# Title\n\n- [ ] *one*\n\n```python\nx[0] = f(x)\n```", None),
    ],
)
def test_a_students_text_runs_and_loads_nothing(text, kept):
    assert source(read(answered(why=text)), "why") == (text if kept is None else kept)


def test_the_notebook_of_a_folder(tmp_path):
    assert reading.locate(tmp_path, "doubling") == (None, [])
    (tmp_path / "notes.txt").write_text("notes")
    assert reading.locate(tmp_path, "doubling") == (None, [])
    (tmp_path / "doubling.pdf").write_text("%PDF")
    assert reading.locate(tmp_path, "doubling")[0] == tmp_path / "doubling.pdf"
    (tmp_path / "steps.py").write_text("pass")
    assert reading.locate(tmp_path, "doubling")[0] == tmp_path / "steps.py"
    (tmp_path / "doubling.ipynb.txt").write_text("{}")
    assert reading.locate(tmp_path, "doubling")[0] == tmp_path / "doubling.ipynb.txt"
    copy = tmp_path / "doubling (1)`x`.ipynb"
    copy.write_text("{}")
    assert reading.locate(tmp_path, "doubling") == (
        copy,
        ["the notebook was called `doubling (1) x .ipynb`, not `doubling.ipynb`"],
    )
    newer = tmp_path / "Doubling.IPYNB"
    newer.write_text("{}")
    os.utime(newer, (2**32, 2**32))
    assert reading.locate(tmp_path, "doubling") == (
        newer,
        ["the notebook was called `Doubling.IPYNB`, not `doubling.ipynb` (the newest of 2)"],
    )
    right = tmp_path / "doubling.ipynb"
    right.write_text("{}")
    assert reading.locate(tmp_path, "doubling") == (right, [])
    assert reading.load(right) == b"{}"


def test_a_notebook_in_an_inner_folder(tmp_path):
    inner = tmp_path / "hand-in" / "doubling-main"
    inner.mkdir(parents=True)
    (inner / "doubling.ipynb").write_text("{}")
    assert reading.locate(tmp_path, "doubling") == (
        inner / "doubling.ipynb",
        ["the notebook was called `hand-in/doubling-main/doubling.ipynb`, not `doubling.ipynb`"],
    )
    for hidden in (".ipynb_checkpoints", "__MACOSX"):
        folder = tmp_path / "other" / hidden
        folder.mkdir(parents=True)
        (folder / "doubling.ipynb").write_text("{}")
    assert reading.locate(tmp_path / "other", "doubling") == (None, [])


def _link(path):
    secret = path.parent.parent / "secret"
    secret.write_text("{}")
    path.symlink_to(secret)


def _socket(path):
    # The address of a socket is short: bind it by its name alone.
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(path.parent):
        server.bind(path.name)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Path.mkdir, "a folder, not a file"),
        (_link, "a link: links are not followed"),
        (lambda path: path.symlink_to(path.parent / "nothing"), "a link: links are not followed"),
        (lambda path: path.symlink_to(path), "a link: links are not followed"),
        (lambda path: path.symlink_to("/dev/zero"), "a link: links are not followed"),
        (os.mkfifo, "not a regular file: it was not read"),
        (_socket, "not a regular file: it was not read"),
    ],
)
def test_what_has_the_notebooks_name_but_is_no_file_is_never_read(tmp_path, make, says):
    folder = tmp_path / "folder"
    folder.mkdir()
    make(folder / "doubling.ipynb")
    line = f"`doubling.ipynb` is {says}"
    assert reading.locate(folder, "doubling") == (None, [line])
    (folder / "copy.ipynb").write_text("{}")
    file, defects = reading.locate(folder, "doubling")
    assert file == folder / "copy.ipynb"
    assert defects == [line, "the notebook was called `copy.ipynb`, not `doubling.ipynb`"]


@pytest.mark.parametrize("make", [_link, os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_not_loaded_and_does_not_block(tmp_path, make):
    """As where it takes the file's place after the file was found."""
    (tmp_path / "folder").mkdir()
    place = tmp_path / "folder" / "doubling.ipynb"
    make(place)
    with pytest.raises(OSError):
        reading.load(place)


def test_a_linked_folder_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "doubling.ipynb").write_text("{}")
    folder = tmp_path / "folder"
    folder.symlink_to(elsewhere)
    line = "the folder is a link: links are not followed"
    assert reading.locate(folder, "doubling") == (None, [line])
    folder.unlink()
    folder.mkdir()
    (folder / "inner").symlink_to(elsewhere)
    (folder / "loop").symlink_to(folder)
    assert reading.locate(folder, "doubling") == (None, [])


def test_names_of_every_kind(tmp_path):
    names = [
        b"a\nb.ipynb",
        b"\xff\xfe.ipynb",
        b"x" * 249 + b".ipynb",
        "\u202e\x1b[31m.ipynb".encode(),
        b"<script>`.ipynb",
    ]
    for name in names:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with open(os.fsencode(folder) + b"/" + name, "wb") as stream:
            stream.write(b"{}")
        file, (line,) = reading.locate(folder, "doubling")
        assert reading.load(file) == b"{}"
        assert line.isprintable() and "<" not in line and line.count("`") == 4
        line.encode()


def test_many_files_and_deep_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILES", 100)
    deep = tmp_path
    for _ in range(200):
        deep = deep / "d"
        deep.mkdir()
    (deep / "doubling.ipynb").touch()
    for number in range(300):
        (tmp_path / f"{number:03}.txt").touch()
    seen = []
    monkeypatch.setattr(Path, "lstat", lambda path: seen.append(path) or os.lstat(path))
    assert reading.locate(tmp_path, "doubling") == (None, [])
    assert len(seen) <= 102
    # One that has the right name is found among any number.
    (tmp_path / "doubling.ipynb").touch()
    assert reading.locate(tmp_path, "doubling") == (tmp_path / "doubling.ipynb", [])


def test_a_folder_that_cannot_be_read_is_an_error_and_an_inner_one_is_passed_over(
    tmp_path, monkeypatch
):
    # As root nothing is unreadable: the system's refusal is played.
    def refuse(path, scandir=os.scandir):
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    closed = tmp_path / "inner"
    closed.mkdir()
    (tmp_path / "mine.ipynb").write_text("{}")
    assert reading.locate(tmp_path, "doubling")[0] == tmp_path / "mine.ipynb"
    closed = tmp_path
    with pytest.raises(PermissionError):
        reading.locate(tmp_path, "doubling")
    with pytest.raises(FileNotFoundError):
        reading.locate(tmp_path / "nothing", "doubling")
