"""Read a submission, whatever it is: any bytes give a notebook that can be graded, and a line for each defect.

The notebook that comes out has every cell that was released, with the student's code in its place,
and the cells that the student added. Nothing else of the file is kept: no metadata, no outputs.
"""

import codecs
import html
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

MAX_BYTES = 64 * 2**20
MAX_CELLS = 5_000
MAX_CELL_CHARS = 500_000
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_FILES = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP or Office file",
    b"\x1f\x8b": "a gzip file",
    b"<": "a web page: save the notebook itself, not the page that shows it",
}


_CONFLICT = re.compile(r"^<{7}( .*)?$", re.MULTILINE)
_MERGED = "merge-conflict marks: the first side of each conflict was read"


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

    notebook: NotebookNode
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
    """The file of a submission: the notebook's own name, or else the only or newest notebook there.

    Parameters
    ----------
    folder : Path
        Of one student and one assignment.
    name : str
        Of the assignment.

    Returns
    -------
    file : Path or None
        None if the folder holds no notebook.
    defects : list of str
    """
    if folder.is_symlink():
        return None, []
    files = sorted(path for path in _files(folder) if not path.name.startswith("."))
    right = folder / f"{name}.ipynb"
    if right in files:
        return right, []
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if not notebooks:
        named = [path for path in files if path.stem == name or ".ipynb" in path.name]
        if len(named) != 1:
            return None, []
        notebooks = named
    file = max(notebooks, key=lambda path: (path.stat().st_mtime, path.name))
    several = f" (the newest of {len(notebooks)})" if len(notebooks) > 1 else ""
    shown = file.relative_to(folder)
    return file, [f"the notebook was called {_code(shown)}, not {_code(right.name)}{several}"]


def _files(folder: Path) -> Iterator[Path]:
    """Regular files in a folder and in the folders in it, links left out."""
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.name.startswith((".", "__")):
            yield from (deep for deep in path.iterdir() if deep.is_file() and not deep.is_symlink())


def load(file: Path | None) -> bytes | None:
    """The bytes of a submission, no more than are read anyway; None if there is no file."""
    if file is None:
        return None
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def read(data: bytes | None, released: NotebookNode) -> Submission:
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
        cells = _cells(data, defects)
    except NotANotebook as error:
        return Submission(deepcopy(released), [f"not a notebook: {error}"], readable=False)
    return Submission(_canonical(cells, released, defects), defects)


def _cells(data: bytes | None, defects: list[str]) -> list[_Cell]:
    if data is None:
        raise NotANotebook("the folder holds none")
    if not data.strip():
        raise NotANotebook("the file is empty")
    if len(data) > MAX_BYTES:
        raise NotANotebook(f"the file is larger than {MAX_BYTES >> 20} MB")
    for start, what in _OTHER_FILES.items():
        if data.lstrip().startswith(start) and not data.lstrip().startswith(b"<<<<<<<"):
            raise NotANotebook(f"this is {what}")
    found = _parse(_decode(data, defects), defects)
    cells = [_cell(raw) for raw in found[:MAX_CELLS] if isinstance(raw, dict)]
    if len(found) > MAX_CELLS:
        defects.append(f"only the first {MAX_CELLS} of {len(found)} cells were read")
    cells = [cell for cell in cells if cell.source.strip()]
    for cell in cells:
        if cell.kind == "code" and _CONFLICT.search(cell.source):
            defects.append(f"a cell held {_MERGED}")
            cell.source = _first_side(cell.source)
    if not cells:
        raise NotANotebook("it has no cells")
    return cells


def _decode(data: bytes, defects: list[str]) -> str:
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "")
    if not encoding and b"\x00" in data[:4]:
        encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
    if encoding:
        defects.append(f"the file was encoded as {encoding.upper()}, not UTF-8")
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        defects.append("the file is not valid UTF-8: it was read as Latin-1")
        return data.decode(encoding, "replace") if encoding else data.decode("latin-1")


def _parse(text: str, defects: list[str]) -> list:
    """The raw cells of a notebook's text."""
    if _CONFLICT.search(text):
        defects.append(f"the file held {_MERGED}")
        text = _first_side(text)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        cells = _salvage(text)
        if not cells:
            raise NotANotebook("the file is not JSON, or ends before its first cell") from None
        defects.append(f"the file is broken or cut off: {len(cells)} whole cells could be read")
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


def _first_side(text: str) -> str:
    """A text without merge-conflict marks and without the second side (and the base) of a conflict."""
    text = re.sub(r"^(?:\|{7}|={7}).*?^>{7}[^\n]*\n?", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^[<>]{7}[^\n]*\n?", "", text, flags=re.MULTILINE)


def _salvage(text: str) -> list:
    """The whole cells of a text that is not whole: whatever reads as JSON after "cells": [."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    if not start:
        return []
    decoder, cells, at = json.JSONDecoder(), [], start.end()
    for _ in range(MAX_CELLS):
        if not (opening := re.compile(r"[\s,]*(?=\{)").match(text, at)):
            break
        try:
            cell, at = decoder.raw_decode(text, opening.end())
        except (ValueError, RecursionError):
            # What is broken may be this cell alone: look for the beginning of the next.
            following = re.compile(r'\{\s*"(cell_type|attachments)"').search(
                text, opening.end() + 1
            )
            if not following:
                break
            at = following.start()
            continue
        cells.append(cell)
    return cells


def _cell(raw: dict) -> _Cell:
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    # Lone surrogates cannot be written as UTF-8, NUL not stored in every database.
    source = source.encode("utf-8", "replace").decode().replace("\x00", "")[:MAX_CELL_CHARS]
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return _Cell(
        kind="code" if raw.get("cell_type") == "code" else "markdown",
        source=source.replace("\r\n", "\n"),
        grade_id=_string(marks.get("grade_id") if isinstance(marks, dict) else None),
        cell_id=_string(raw.get("id")),
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _canonical(cells: list[_Cell], released: NotebookNode, defects: list[str]) -> NotebookNode:
    """The released notebook with the student's cells in it, in the student's order."""
    slots = released.cells
    places = _Match(cells, slots).places()
    notebook = deepcopy(released)
    found: list[tuple[int | None, NotebookNode]] = []
    for number, cell in enumerate(cells):
        if number in places:
            found.append((places[number], _fill(slots[places[number]], cell, defects)))
        else:
            if cell.kind == "code":
                own = new_code_cell(cell.source, id=f"own-{number}")
            else:
                own = new_markdown_cell(_harmless(cell.source), id=f"own-{number}")
            found.append((None, own))
    missing = [index for index in range(len(slots)) if index not in places.values()]
    for index in missing:
        before = [at for at, (slot, _) in enumerate(found) if slot is not None and slot < index]
        found.insert(before[-1] + 1 if before else 0, (index, deepcopy(slots[index])))
    if names := [_code(grade_id(slots[index])) for index in missing if grade_id(slots[index])]:
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        shown = ", ".join(names[:6])
        defects.append(f"{_cells_were(len(names))} missing and put back as released: {shown}{more}")
    if places and not any(cell.grade_id for cell in cells):
        defects.append(
            "the cells had lost their nbgrader metadata: exercises were found by the names of functions"
        )
    notebook.cells = [cell for _, cell in found]
    return notebook


def _cells_were(count: int) -> str:
    return "a cell was" if count == 1 else f"{count} cells were"


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's id of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: NotebookNode) -> bool:
    """Whether a released cell is there for a student's answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _fill(slot: NotebookNode, cell: _Cell, defects: list[str]) -> NotebookNode:
    """A released cell with what the student wrote in it, unless it is locked."""
    filled = deepcopy(slot)
    if grade_id(slot) and not is_answer(slot):
        if cell.source.strip() != slot.source.strip():
            defects.append(
                f"the locked cell {_code(grade_id(slot))} was changed: it was put back as released"
            )
        return filled
    filled.source = cell.source
    if slot.cell_type == "markdown" and cell.source != slot.source:
        filled.source = _harmless(cell.source)
    if cell.kind != slot.cell_type and slot.cell_type == "code":
        defects.append(
            f"the cell {_code(grade_id(slot) or 'of code')} had become text: it was read as code"
        )
        fenced = re.search(r"```\w*\n(.*?)```", cell.source, re.DOTALL)
        filled.source = fenced.group(1) if fenced else cell.source
    return filled


def _harmless(markdown: str) -> str:
    """A student's Markdown without tags: who marks it in formgrader must not run what is in it."""
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", markdown)


class _Match:
    """Which released cell each of the student's cells is: by id, by text, by function, by position."""

    def __init__(self, cells: list[_Cell], slots: list[NotebookNode]):
        self.cells, self.slots = cells, slots
        self.found: dict[int, int] = {}

    def places(self) -> dict[int, int]:
        """Released cell's index by the index of the student's cell."""
        ids = {grade_id(slot): at for at, slot in enumerate(self.slots) if grade_id(slot)}
        # In reverse, because of several cells with one id the last counts.
        for number, cell in reversed(list(enumerate(self.cells))):
            self._take(number, ids.get(cell.grade_id))
        by_cell_id = {slot.get("id", ""): at for at, slot in enumerate(self.slots)}
        for number, cell in reversed(list(enumerate(self.cells))):
            if cell.cell_id and cell.grade_id not in ids:
                self._take(number, by_cell_id.get(cell.cell_id))
        by_text: dict[tuple[str, str], list[int]] = {}
        for at, slot in enumerate(self.slots):
            by_text.setdefault((slot.cell_type, slot.source.strip()), []).append(at)
        for number, cell in enumerate(self.cells):
            for at in by_text.get((cell.kind, cell.source.strip()), []):
                self._take(number, at)
        self._by_function()
        self._by_position()
        return self.found

    def _take(self, number: int, at: int | None) -> None:
        if at is None or number in self.found or at in self.found.values():
            return
        text, code = self.cells[number].kind == "markdown", self.slots[at].cell_type == "code"
        if (
            text
            and code
            and not (is_answer(self.slots[at]) and "def " in self.cells[number].source)
        ):
            return
        self.found[number] = at

    def _by_function(self) -> None:
        """A cell that defines the function of an answer cell, the last one first."""
        for at, slot in enumerate(self.slots):
            if is_answer(slot) and slot.cell_type == "code":
                names = defined(slot.source)
                for number, cell in reversed(list(enumerate(self.cells))):
                    if names and names[0] in defined(cell.source):
                        self._take(number, at)

    def _by_position(self) -> None:
        """A written answer: the student's text that follows the question."""
        for at, slot in enumerate(self.slots):
            if is_answer(slot) and slot.cell_type == "markdown" and at not in self.found.values():
                before = [number for number, place in self.found.items() if place == at - 1]
                following = before[0] + 1 if before else len(self.cells)
                if following < len(self.cells) and self.cells[following].kind == "markdown":
                    self._take(following, at)


def defined(source: str) -> list[str]:
    """Names of the functions that a text defines at its margin, whether or not it is Python."""
    return re.findall(r"^(?:async\s+)?def\s+(\w+)\s*\(", source, re.MULTILINE)


def notes(defects: list[str]) -> NotebookNode:
    """A cell that tells a student what was wrong with the file."""
    lines = "\n".join(f"- {line}" for line in defects)
    return new_markdown_cell(f"**About this file**\n\n{lines}", id="about-this-file")


def _code(text: object) -> str:
    """Text of a student's as code, harmless in Markdown and in HTML."""
    shown = re.sub(r"[`\r\n]", " ", str(text))[:100]
    return f"`{html.escape(shown, quote=False)}`"
