"""Read a submission, whatever it is: any bytes give a notebook that can be graded, and a line for each defect.

The notebook that comes out has every cell that was released, with the student's code in its place,
and the cells that the student added. Nothing else of the file is kept: no metadata, no outputs.
"""

import contextlib
import html
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode  # it takes a second to import

MAX_BYTES = 64 * 2**20
MAX_BRACKETS = 2_000_000
MAX_CELLS = 2_000
MAX_CELL_CHARS = 200_000
MAX_CHARS = 1_000_000
MAX_FILES = 10_000
_MAX_DEPTH = 4
# Each costs a pass over the rest of the file.
_MAX_BROKEN_CELLS = 50
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
_FROM_TEXT = "this is a text, not a notebook: the functions in it were read"
_SCRIPT_MARK = re.compile(r"^# (?:%%|In ?\[).*$", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}```[^\n`]*\n(.*?)^ {0,3}```", re.MULTILINE | re.DOTALL)
# With these, MathJax makes links, styles elements or loads extensions.
_TEX = re.compile(
    r"\\(?=(?:href|url|require|class|cssId|style|bbox|mmlToken|unicode|includegraphics|data|html\w*)"
    r"(?![A-Za-z]))"
)
# What MyST writes above the code of a cell.
_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
_DEFINED = re.compile(r"^(?:async\s+)?def\s+(\w+)\s*\(", re.MULTILINE)


class NotANotebook(Exception):
    """Nothing in a file can be graded; the text says what it is instead."""


@dataclass
class Submission:
    """What was read.

    Attributes
    ----------
    notebook : NotebookNode
        Every released cell, with the student's code, and the student's own cells.
    defects : list of str
        One line each, to be shown to the student.
    readable : bool
        False if the file was no notebook: the notebook is then the released one, unanswered.
    """

    notebook: "NotebookNode"
    defects: list[str] = field(default_factory=list)
    readable: bool = True


@dataclass
class _Cell:
    """All that is taken from a student's cell."""

    kind: str
    source: str
    grade_id: str
    cell_id: str


def locate(folder: Path, name: str) -> tuple[Path | None, list[str]]:
    """The file of a submission: the notebook's own name, or else what is most like a notebook, the newest.

    Parameters
    ----------
    folder : Path
        Of one student and one assignment.
    name : str
        Of the assignment.

    Returns
    -------
    file : Path or None
        None if the folder holds nothing that could be the submission.
    defects : list of str

    Raises
    ------
    OSError
        If the folder itself cannot be read.
    """
    right = folder / f"{name}.ipynb"
    if folder.is_symlink():
        return None, ["the folder is a link: links are not followed"]
    defects = []
    with contextlib.suppress(FileNotFoundError):
        mode = right.lstat().st_mode
        if stat.S_ISREG(mode):
            return right, []
        defects.append(f"{_code(right.name)} is {_what_it_is(mode)}")
    files = {path: about.st_mtime for path, about in islice(_files(folder), MAX_FILES)}
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
            shown = _code(file.relative_to(folder))
            return file, [
                *defects,
                f"the notebook was called {shown}, not {_code(right.name)}{several}",
            ]
    return None, defects


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


def read(data: bytes | None, released: "NotebookNode") -> Submission:
    """Read the bytes of a submission.

    Parameters
    ----------
    data : bytes or None
        Anything; None where a folder holds no notebook.
    released : NotebookNode
        The notebook that the student was given.
    """
    defects: list[str] = []
    try:
        cells = _cells(data, released, defects)
    except NotANotebook as error:
        return Submission(_copied(released), [f"not a notebook: {error}"], readable=False)
    notebook = _canonical(cells, released, defects)
    return Submission(notebook, list(dict.fromkeys(defects)))


def _cells(data: bytes | None, released: "NotebookNode", defects: list[str]) -> list[_Cell]:
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


def _not_too_long(cells: list[_Cell], defects: list[str]) -> list[_Cell]:
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


def _named(cell: _Cell) -> str:
    return f"the cell {_code(cell.grade_id)}" if cell.grade_id else "a cell"


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
    if _has_conflict(text):
        defects.append(f"the file {_MERGED}")
        text = _first_side(text)
    try:
        notebook = _JSON.decode(text)
    except (ValueError, RecursionError):
        if cells := _salvage(_TRAILING_COMMA.sub("", text)):
            defects.append(f"the file is broken or cut off: {len(cells)} whole cells could be read")
        elif cells := _script(text, released):
            defects.append(_FROM_TEXT)
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
    at, broken = start.end() if start else len(text), 0
    following = re.compile(r"[\s,]*(?=\{)")
    # What is broken may be one cell alone: then the beginning of the next is looked for.
    begins = re.compile(r'(?=\{\s*"(?:cell_type|attachments)")')
    while len(cells) < MAX_CELLS and broken < _MAX_BROKEN_CELLS:
        opening = following.match(text, at) or begins.search(text, at)
        if not opening:
            break
        try:
            cell, at = _JSON.raw_decode(text, opening.end())
            cells.append(cell)
        except (ValueError, RecursionError):
            broken += 1
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
    for mark, end in zip(marks, ends[1:]):
        source, kind = text[mark.end() : end], "code"
        if "[markdown]" in mark[0]:
            source, kind = re.sub(r"^# ?", "", source, flags=re.MULTILINE), "markdown"
        cells.append({"cell_type": kind, "source": source.strip()})
    return cells


def _cell(raw: dict) -> _Cell:
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    # Lone surrogates cannot be written as UTF-8, NUL not stored in every database.
    source = source.encode("utf-8", "replace").decode().replace("\x00", "")
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return _Cell(
        kind="code" if raw.get("cell_type") == "code" else "markdown",
        source=source.replace("\r\n", "\n").replace("\r", "\n"),
        grade_id=_string(marks.get("grade_id") if isinstance(marks, dict) else None),
        cell_id=_string(raw.get("id")),
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _canonical(cells: list[_Cell], released: "NotebookNode", defects: list[str]) -> "NotebookNode":
    """The released notebook with the student's cells in it, in the student's order."""
    notebook = _copied(released)
    slots = notebook.cells
    match = _Match(cells, slots)
    places = match.places()
    unanswered = match.unanswered()
    in_text: list[str] = []
    found: list[tuple[int | None, NotebookNode]] = []
    for number, cell in enumerate(cells):
        if number in places:
            found.append((places[number], _fill(slots[places[number]], cell, defects)))
            continue
        names = unanswered & set(match.defined[number])
        if cell.kind == "code":
            own = _node("code", cell.source, f"own-{number}")
        elif names:
            in_text += sorted(names - set(in_text))
            own = _node("code", _fenced(cell.source, names), f"own-{number}")
        else:
            own = _node("markdown", _harmless(cell.source), f"own-{number}")
        found.append((None, own))
    missing = sorted(set(range(len(slots))) - set(places.values()))
    for index in missing:
        before = [at for at, (slot, _) in enumerate(found) if slot is not None and slot < index]
        found.insert(before[-1] + 1 if before else 0, (index, slots[index]))
    if in_text:
        defects.append(f"{_listed(in_text)} stood in a text cell: it was read as code")
    if _FROM_TEXT not in defects:
        _tell_of_cells(cells, slots, missing, defects)
    notebook.cells = [cell for _, cell in found]
    return notebook


def _tell_of_cells(
    cells: list[_Cell], slots: list["NotebookNode"], missing: list[int], defects: list[str]
) -> None:
    """Lines on cells that are missing, that are there several times, and that lost their metadata."""
    if len(missing) == len(slots):
        defects.append("no cell of this assignment is in the notebook: is it that of another one?")
        return
    if names := [grade_id(slots[index]) for index in missing if grade_id(slots[index])]:
        were = "a cell was" if len(names) == 1 else f"{len(names)} cells were"
        defects.append(f"{were} missing and put back as released: {_listed(names)}")
    counts = Counter(cell.grade_id for cell in cells)
    for slot in slots:
        if is_answer(slot) and (count := counts[grade_id(slot)]) > 1:
            defects.append(
                f"the cell {_code(grade_id(slot))} was there {count} times: the last answer counts"
            )
    if not any(cell.grade_id for cell in cells):
        defects.append(
            "the cells had lost their nbgrader metadata: exercises were found by the names of functions"
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(map(_code, names[:6])) + more


def _copied(node: Any) -> Any:
    """A deep copy of a notebook: `copy.deepcopy` takes six times as long."""
    if isinstance(node, dict):
        copy = type(node)()
        dict.update(copy, {key: _copied(value) for key, value in node.items()})
        return copy
    return [_copied(value) for value in node] if isinstance(node, list) else node


def _node(kind: str, source: str, cell_id: str) -> "NotebookNode":
    """A new cell; those of `nbformat.v4` would be validated one by one."""
    from nbformat import NotebookNode

    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return NotebookNode(id=cell_id, cell_type=kind, metadata={}, source=source, **outputs)


def grade_id(cell: "NotebookNode") -> str:
    """nbgrader's id of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: "NotebookNode") -> bool:
    """Whether a released cell is there for a student's answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _fill(slot: "NotebookNode", cell: _Cell, defects: list[str]) -> "NotebookNode":
    """A released cell with what the student wrote in it, unless it is locked."""
    if grade_id(slot) and not is_answer(slot):
        if cell.source.strip() != slot.source.strip():
            defects.append(
                f"the locked cell {_code(grade_id(slot))} was changed: it was put back as released"
            )
        return slot
    if slot.cell_type == "markdown":
        if cell.source != slot.source:
            slot.source = _harmless(cell.source)
    elif cell.kind == "markdown":
        defects.append(f"the cell {_code(grade_id(slot))} had become text: it was read as code")
        slot.source = _fenced(cell.source, set(defined(slot.source)))
    else:
        slot.source = cell.source
    return slot


def _fenced(text: str, names: set[str]) -> str:
    """The fenced blocks of a text that define one of the functions; the text itself if there is none."""
    blocks = [block for block in _FENCED.findall(text) if names & set(defined(block))]
    return "\n".join(blocks) or text


def _harmless(markdown: str) -> str:
    """A student's Markdown without what a page that shows it would run or load.

    Who marks it in formgrader must not run it: so no tags, no pictures, no links but to the web, and none of
    the TeX commands with which MathJax makes links, styles or loads extensions.
    """
    markdown = re.sub(r"data:[^\s()\"'<>]{100,}", "data:...", markdown)
    markdown = re.sub(r"<(?=[A-Za-z/!?])", "< ", markdown)
    markdown = re.sub(r"!(?=\[)", "! ", markdown)
    markdown = re.sub(
        r"\](?=\((?!https?://|mailto:|#)|:(?!\s*(?:https?://|mailto:|#)))", "] ", markdown
    )
    return _TEX.sub(r"\\ ", markdown)


class _Match:
    """Which released cell each of the student's cells is: by id, by text, by function, by position."""

    def __init__(self, cells: list[_Cell], slots: list["NotebookNode"]):
        self.cells, self.slots = cells, slots
        self.found: dict[int, int] = {}
        self.taken: dict[int, int] = {}
        self.defined = [defined(cell.source) for cell in cells]
        self.texts = [slot.source.strip() for slot in slots]

    def places(self) -> dict[int, int]:
        """Released cell's index by the index of the student's cell."""
        ids = {grade_id(slot): at for at, slot in enumerate(self.slots) if grade_id(slot)}
        # In reverse, because of several cells with one id the last answer counts.
        order = list(reversed(range(len(self.cells))))
        for stubs in (False, True):
            for number in order:
                at = ids.get(self.cells[number].grade_id)
                if at is not None and (self._is_as_released(number, at) == stubs):
                    self._take(number, at)
        by_cell_id = {slot.get("id", ""): at for at, slot in enumerate(self.slots)}
        for number in order:
            cell = self.cells[number]
            if cell.cell_id and cell.grade_id not in ids:
                self._take(number, by_cell_id.get(cell.cell_id))
        by_text: dict[tuple[str, str], list[int]] = {}
        for at, slot in reversed(list(enumerate(self.slots))):
            by_text.setdefault((slot.cell_type, self.texts[at]), []).append(at)
        for number, cell in enumerate(self.cells):
            if number not in self.found and (same := by_text.get((cell.kind, cell.source.strip()))):
                while same and number not in self.found:
                    self._take(number, same.pop())
        self._by_function()
        self._by_position()
        return self.found

    def unanswered(self) -> set[str]:
        """Functions that are asked for and that no code cell defines, but for their stubs."""
        asked = {
            name: at
            for at, slot in enumerate(self.slots)
            if is_answer(slot) and slot.cell_type == "code"
            for name in defined(slot.source)
        }
        answered = {
            name
            for number, names in enumerate(self.defined)
            if self.cells[number].kind == "code" or number in self.found
            for name in names
            if name in asked and not self._is_as_released(number, asked[name])
        }
        return set(asked) - answered

    def _is_as_released(self, number: int, at: int) -> bool:
        return self.cells[number].source.strip() == self.texts[at]

    def _take(self, number: int, at: int | None) -> None:
        if at is None or number in self.found or at in self.taken:
            return
        cell, slot = self.cells[number], self.slots[at]
        text_for_code = cell.kind == "markdown" and slot.cell_type == "code"
        if text_for_code and not (is_answer(slot) and "def " in cell.source):
            return
        self.found[number] = at
        self.taken[at] = number

    def _by_function(self) -> None:
        """A cell that defines the function of an answer cell, the last one first."""
        numbers: dict[str, list[int]] = {}
        for number, names in enumerate(self.defined):
            for name in dict.fromkeys(names):
                numbers.setdefault(name, []).append(number)
        for at, slot in enumerate(self.slots):
            if is_answer(slot) and slot.cell_type == "code" and at not in self.taken:
                for name in defined(slot.source)[:1]:
                    for number in reversed(numbers.get(name, [])):
                        self._take(number, at)

    def _by_position(self) -> None:
        """A written answer: the student's text that follows the question."""
        for at, slot in enumerate(self.slots):
            if is_answer(slot) and slot.cell_type == "markdown" and at not in self.taken:
                following = self.taken.get(at - 1, len(self.cells)) + 1
                if following < len(self.cells) and self.cells[following].kind == "markdown":
                    self._take(following, at)


def defined(source: str) -> list[str]:
    """Names of the functions that a text defines at its margin, whether or not it is Python."""
    return _DEFINED.findall(source) if "def" in source else []


def notes(defects: list[str]) -> "NotebookNode":
    """A cell that tells a student what was wrong with the file."""
    lines = "\n".join(f"- {line}" for line in defects)
    return _node("markdown", f"**About this file**\n\n{lines}", "about-this-file")


def _code(text: object) -> str:
    """Text of a student's as code, harmless in Markdown and in HTML."""
    shown = str(text)[:100].replace("`", " ")
    printable = "".join(character if character.isprintable() else " " for character in shown)
    return f"`{html.escape(printable, quote=False)}`"
