"""Read the file of a submission, whatever it is: find it, decode it, take what cells it has.

Any bytes give cells, or a sentence that says what the file is instead; each defect is a line.
"""

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.grade.cells import defined, is_answer, shown_as_code
from gradus.stub import STUB_LINE

if TYPE_CHECKING:
    from nbformat import NotebookNode  # it takes a second to import

MAX_BYTES = 64 * 2**20
MAX_BRACKETS = 2_000_000
MAX_QUOTES = 8_000_000  # two a string, which takes sixty bytes, however short
MAX_CELLS = 2_000
MAX_CELL_CHARS = 200_000
MAX_CHARS = 1_000_000
MAX_FILES = 10_000
_MAX_DEPTH = 4
# Where there are several notebooks, those that are looked into to choose one.
_MAX_CHOICES = 20
_MAX_CHOICE_BYTES = 8 * 2**20
_MAX_CHOICE_BRACKETS = 200_000
# Each costs a pass over the rest of the file, so that a long file is given fewer: the same on every machine.
_MAX_BROKEN_CELLS = 50
_MAX_BROKEN_CHARS = 64 * 2**20
_MAX_CONFLICT_MARKS = 10_000
_OTHER_FILES = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP or Office file",
    b"\x1f\x8b": "a gzip file",
    b"<": "a web page: save the notebook itself, not the page that shows it",
}
# Numbers are not read: so none is too long, and lists of them need little memory.
_JSON = json.JSONDecoder(parse_int=bool, parse_float=bool, strict=False)
# At a line's end, where it cannot be a string's.
_TRAILING_COMMA = re.compile(r",(?=[ \t\r]*\n\s*[}\]])")
_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_CONFLICT_MARK = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$", re.MULTILINE)
_MERGED = "held merge-conflict marks: the first side of each conflict was read"
FROM_TEXT = "this is a text, not a notebook: the functions in it were read"
_SCRIPT_MARK = re.compile(r"^# (?:%%|In ?\[).*$", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}```[^\n`]*\n(.*?)^ {0,3}```", re.MULTILINE | re.DOTALL)
# What MyST writes above the code of a cell.
_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


class NotANotebook(Exception):
    """Nothing in a file can be graded; the text says what it is instead."""


@dataclass
class Cell:
    """All that is taken from a student's cell."""

    kind: str
    source: str
    grade_id: str
    cell_id: str


def locate(
    folder: Path, name: str, released: "NotebookNode | None" = None
) -> tuple[Path | None, list[str]]:
    """The file of a submission: of several notebooks the newest that has answers, or else the one of the name.

    Parameters
    ----------
    folder : Path
        Of one student and one assignment.
    name : str
        Of the assignment.
    released : NotebookNode, optional
        The notebook that students were given, which tells what an answer is. Without it, the one of the
        name counts, whatever lies beside it.

    Returns
    -------
    file : Path or None
        None if the folder holds nothing that could be the submission.
    defects : list of str
        One of them names what was passed over.

    Raises
    ------
    OSError
        If the folder itself cannot be read.
    """
    right = folder / f"{name}.ipynb"
    if os.path.islink(folder) or os.path.islink(folder.parent):
        return None, ["the folder is a link: links are not followed"]
    defects, named = [], False
    with contextlib.suppress(FileNotFoundError):
        mode = right.lstat().st_mode
        named = stat.S_ISREG(mode)
        if named and released is None:
            return right, []
        if not named:
            defects.append(f"{shown_as_code(right.name)} is {_what_it_is(mode)}")
    files = {path: about.st_mtime_ns for path, about in islice(_files(folder), MAX_FILES)}
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if named and right not in notebooks:  # it is beyond those that are looked at
        return right, []
    if len(notebooks) > 1 and released is not None:
        return _choose(right, {path: files[path] for path in notebooks}, released, defects)
    if named:
        return right, []
    # A Python script can be graded, and of any other file it can be said what it is.
    for like in (
        lambda path: path.suffix.lower() == ".ipynb",
        lambda path: ".ipynb" in path.name.lower(),
        lambda path: path.suffix == ".py",
        lambda path: path.stem == name,
    ):
        if found := [path for path in files if like(path)]:
            file = max(found, key=lambda path: (files[path], path))
            several = f" (the newest of {len(found)})" if len(found) > 1 else ""
            return file, [*defects, _was_called(file, right) + several]
    return None, [*defects, *_hidden(folder)]


def _hidden(folder: Path) -> Iterator[str]:
    """A line, if a submission that holds none else holds a notebook that is hidden."""
    for place, _, names in islice(os.walk(folder), MAX_FILES):
        parts = Path(place).relative_to(folder).parts
        for name in names:
            hidden = [part for part in (*parts, name) if part.startswith(".")]
            # Those are copies that Jupyter and macOS make.
            copies = any(part == ".ipynb_checkpoints" or part.startswith("._") for part in hidden)
            if hidden and not copies and name.lower().endswith(".ipynb"):
                yield f"{shown_as_code(Path(*parts, name))} is hidden: it was not read"
                return


def _choose(
    right: Path, notebooks: dict[Path, int], released: "NotebookNode", defects: list[str]
) -> tuple[Path, list[str]]:
    """One of several notebooks, by their times, and a line that names the others."""

    def order(path: Path) -> tuple:
        return _answered(path, asked, given), notebooks[path], path == right, path

    asked = {name for slot in released.cells if is_answer(slot) for name in defined(slot.source)}
    given = {cell.source.strip() for cell in released.cells}
    newest = sorted(notebooks, key=lambda path: (path == right, notebooks[path]))[-_MAX_CHOICES:]
    ranks = {path: order(path) for path in newest}
    file = max(newest, key=ranks.__getitem__)
    if ranks[file][0] == _UNANSWERED and right in ranks:
        file = right
    kinds = ("the newest", "the newest that may have answers", "the newest that has answers")
    kind = kinds[ranks[file][0]]
    line = shown_as_code(file.name) + " was read"
    if file != right:
        line = _was_called(file, right)
    elif ranks[file][0] == _UNANSWERED:
        return file, [*defects, f"{line}: none of {len(notebooks)} notebooks has answers"]
    others = sorted(notebooks.keys() - {file}, key=notebooks.__getitem__, reverse=True)
    shown = ", ".join(shown_as_code(path.relative_to(right.parent)) for path in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    why = f" ({kind} of {len(notebooks)}; not graded: {shown}{more})"
    return file, [*defects, line + why]


_UNANSWERED, _UNKNOWN, _ANSWERED = range(3)


def _answered(path: Path, asked: set[str], given: set[str]) -> int:
    """Whether a notebook has answers, found out in bounds: this runs where the class is held together."""
    try:
        if path.lstat().st_size > _MAX_CHOICE_BYTES:
            return _UNKNOWN
        text = _decode(load(path) or b"", [])
        if text.count("[") + text.count("{") > _MAX_CHOICE_BRACKETS:
            return _UNKNOWN
        notebook = _JSON.decode(text)
    except (OSError, ValueError, RecursionError):
        return _UNKNOWN
    sheets = [notebook, *_list(notebook, "worksheets")]
    cells = [
        _cell(raw) for sheet in sheets for raw in _list(sheet, "cells") if isinstance(raw, dict)
    ]
    own = [cell for cell in cells if cell.source.strip() and cell.source.strip() not in given]
    written = any(cell.kind == "markdown" and cell.grade_id for cell in own)
    answered = written or any(
        asked & set(defined(cell.source)) and STUB_LINE not in cell.source for cell in own
    )
    return _ANSWERED if answered else _UNANSWERED


def _list(node: Any, key: str) -> list:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def _was_called(file: Path, right: Path) -> str:
    shown = shown_as_code(file.relative_to(right.parent))
    return f"the notebook was called {shown}, not {shown_as_code(right.name)}"


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Regular files of a folder and of those in it; links, hidden ones and what cannot be read left out."""

    def refuse(error: OSError) -> None:
        if error.filename == os.fspath(folder):
            raise error

    for place, folders, names in os.walk(folder, onerror=refuse):
        inner = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
        if inner >= _MAX_DEPTH:
            folders.clear()
        for name in sorted(names):
            path = Path(place, name)
            try:
                about = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(about.st_mode) and not name.startswith("."):
                yield path, about


def _what_it_is(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link: links are not followed"
    return "a folder, not a file" if stat.S_ISDIR(mode) else "not a regular file: it was not read"


def load(file: Path | None) -> bytes | None:
    """The bytes of a submission, no more than are read anyway; None if there is no file.

    Raises
    ------
    OSError
        If it cannot be read, or is a link or no regular file.
    """
    if file is None:
        return None
    # Without waiting: `locate` saw a regular file, but a pipe may have taken its place.
    opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(opened, "rb") as stream:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(0, "not a regular file", os.fspath(file))
        return stream.read(MAX_BYTES + 1)


def cells_of(data: bytes | None, released: "NotebookNode", defects: list[str]) -> list[Cell]:
    """The cells of a submission's bytes; `NotANotebook` where there are none."""
    if data is None:
        raise NotANotebook("the folder holds none")
    begins = data.lstrip()[:7]
    if not begins:
        raise NotANotebook("the file is empty")
    if len(data) > MAX_BYTES:
        raise NotANotebook(f"the file is larger than {MAX_BYTES >> 20} MB")
    for start, what in _OTHER_FILES.items():
        if begins.startswith(start) and begins != b"<<<<<<<":
            raise NotANotebook(f"this is {what}")
    found = _parse(_decode(data, defects), released, defects)
    cells = [_cell(raw) for raw in found[:MAX_CELLS] if isinstance(raw, dict)]
    if len(found) > MAX_CELLS:
        defects.append(f"only the first {MAX_CELLS:,} of {len(found):,} cells were read")
    cells = [cell for cell in cells if cell.source.strip()]
    if not cells:
        raise NotANotebook("it has no cells")
    for cell in cells:
        if cell.kind == "code" and _has_conflict(cell.source):
            defects.append(f"{_named(cell)} {_MERGED}")
            cell.source = _first_side(cell.source)
    return _not_too_long(cells, defects)


def _not_too_long(cells: list[Cell], defects: list[str]) -> list[Cell]:
    kept, chars = [], 0
    for cell in cells:
        if len(cell.source) > MAX_CELL_CHARS:
            defects.append(
                f"{_named(cell)} was left out: it is longer than {MAX_CELL_CHARS:,} characters"
            )
        elif chars + len(cell.source) > MAX_CHARS:
            defects.append(f"what follows the first {MAX_CHARS:,} characters was left out")
            break
        else:
            chars += len(cell.source)
            kept.append(cell)
    return kept


def _named(cell: Cell) -> str:
    return f"the cell {shown_as_code(cell.grade_id)}" if cell.grade_id else "a cell"


def _decode(data: bytes, defects: list[str]) -> str:
    encoding = json.detect_encoding(data)
    if encoding == "utf-8-sig":
        defects.append("the file begins with a byte-order mark: it was read without it")
    elif encoding != "utf-8":
        defects.append(f"the file was encoded as {encoding.upper()}, not UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        defects.append("the file is not valid UTF-8: it was read as Latin-1")
        return data.decode("latin-1" if encoding == "utf-8" else encoding, "replace")


def _parse(text: str, released: "NotebookNode", defects: list[str]) -> list:
    """The raw cells of a notebook's text."""
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        raise NotANotebook(f"the file has more than {MAX_BRACKETS:,} brackets")
    if text.count('"') > MAX_QUOTES:
        raise NotANotebook(f"the file has more than {MAX_QUOTES:,} quotation marks")
    if _has_conflict(text):
        defects.append(f"the file {_MERGED}")
        text = _first_side(text)
    try:
        notebook = _JSON.decode(text)
    except (ValueError, RecursionError):
        if cells := _salvage(_TRAILING_COMMA.sub("", text)):
            defects.append(f"the file is broken or cut off: {len(cells)} whole cells could be read")
        elif cells := _script(text, released):
            defects.append(FROM_TEXT)
        else:
            raise NotANotebook("the file is not JSON, or ends before its first cell") from None
        return cells
    if isinstance(notebook, dict):
        if isinstance(notebook.get("cells"), list):
            return notebook["cells"]
        sheets = notebook.get("worksheets")
        if isinstance(sheets, list):
            defects.append("the notebook is in an old format (before version 4)")
            lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    raise NotANotebook("the file is JSON, but it has no cells")


def _has_conflict(text: str) -> bool:
    return "<" * 7 in text and bool(_CONFLICT.search(text))


def _first_side(text: str) -> str:
    """A text without merge-conflict marks and without the second side (and the base) of a conflict."""
    kept, at, side = [], 0, 0
    for mark in islice(_CONFLICT_MARK.finditer(text), _MAX_CONFLICT_MARKS):
        sign = mark[0][0]
        if side == 0 and sign != "<":
            continue
        if side < 2:
            kept.append(text[at : mark.start()])
        # What follows the last mark is kept, even if that mark ends no conflict.
        at = mark.end() + 1
        side = {"<": 1, ">": 0}.get(sign, 2)
    return "".join([*kept, text[at:]])


def _salvage(text: str) -> list:
    """The whole cells of a text that is not whole: whatever reads as JSON after "cells": [."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    cells: list = []
    at, broken, passed = start.end() if start else len(text), 0, 0
    following = re.compile(r"[\s,]*(?=\{)")
    # What is broken may be one cell alone: then the beginning of the next is looked for.
    begins = re.compile(r'(?=\{\s*"(?:cell_type|attachments)")')
    while len(cells) < MAX_CELLS and broken < _MAX_BROKEN_CELLS and passed < _MAX_BROKEN_CHARS:
        opening = following.match(text, at) or begins.search(text, at)
        if not opening:
            break
        try:
            cell, at = _JSON.raw_decode(text, opening.end())
            cells.append(cell)
        except (ValueError, RecursionError):
            broken += 1
            passed += len(text) - opening.end()
            at = opening.end() + 1
    return cells


def _script(text: str, released: "NotebookNode") -> list[dict]:
    """The cells of a Python script or of a Markdown text that defines a function that was asked for."""
    asked = {name for slot in released.cells if is_answer(slot) for name in defined(slot.source)}
    if len(text) > MAX_CHARS or not asked & set(defined(text)):
        return []
    blocks = [_OPTIONS.sub("", b[1]) for b in islice(_FENCED.finditer(text), MAX_CELLS)]
    if asked & {name for block in blocks for name in defined(block)}:
        return [{"cell_type": "code", "source": block} for block in blocks]
    marks = list(islice(_SCRIPT_MARK.finditer(text), MAX_CELLS))
    ends = [*(mark.start() for mark in marks), len(text)]
    cells = [{"cell_type": "code", "source": text[: ends[0]]}]
    for mark, end in zip(marks, ends[1:], strict=True):
        source, kind = text[mark.end() : end], "code"
        if "[markdown]" in mark[0]:
            source, kind = re.sub(r"^# ?", "", source, flags=re.MULTILINE), "markdown"
        cells.append({"cell_type": kind, "source": source.strip()})
    return cells


def _cell(raw: dict) -> Cell:
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    # Lone surrogates cannot be written as UTF-8, NUL not stored in every database.
    source = source.encode("utf-8", "replace").decode().replace("\x00", "")
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return Cell(
        kind="code" if raw.get("cell_type") == "code" else "markdown",
        source=source.replace("\r\n", "\n").replace("\r", "\n"),
        grade_id=_string(marks.get("grade_id") if isinstance(marks, dict) else None),
        cell_id=_string(raw.get("id")),
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
