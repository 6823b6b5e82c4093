"""Read a submission, whatever it is: any bytes give a notebook that can be graded, and a line for each defect.

The notebook that comes out has every cell that was released, with the student's code in its place,
and the cells that the student added. Nothing else of the file is kept: no metadata, no outputs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.grade.cells import bound, defined, grade_id, is_answer, shown_as_code
from autograder.grade.reading import FROM_TEXT, Cell, NotANotebook, cells_of

if TYPE_CHECKING:
    from nbformat import NotebookNode  # it takes a second to import

# With these, MathJax makes links, styles elements or loads extensions.
_TEX = re.compile(
    r"\\(?=(?:href|url|require|class|cssId|style|bbox|mmlToken|unicode|includegraphics|data|html\w*)"
    r"(?![A-Za-z]))"
)
_FENCED = re.compile(r"^ {0,3}```[^\n`]*\n(.*?)^ {0,3}```", re.MULTILINE | re.DOTALL)


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
        cells = cells_of(data, released, defects)
    except NotANotebook as error:
        return unread(released, f"not a notebook: {error}")
    notebook = _canonical(cells, released, defects)
    return Submission(notebook, list(dict.fromkeys(defects)))


def unread(released: "NotebookNode", why: str) -> Submission:
    """What stands for a submission of which nothing could be taken: the released notebook, unanswered."""
    return Submission(_copied(released), [why], readable=False)


def _canonical(cells: list[Cell], released: "NotebookNode", defects: list[str]) -> "NotebookNode":
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
    if FROM_TEXT not in defects:
        _tell_of_cells(cells, slots, missing, defects)
    notebook.cells = [cell for _, cell in found]
    return notebook


def _tell_of_cells(
    cells: list[Cell], slots: list["NotebookNode"], missing: list[int], defects: list[str]
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
                f"the cell {shown_as_code(grade_id(slot))} was there {count} times: the last answer counts"
            )
    if not any(cell.grade_id for cell in cells):
        defects.append(
            "the cells had lost their nbgrader metadata: exercises were found by the names of functions"
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(map(shown_as_code, names[:6])) + more


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

    outputs: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return NotebookNode(id=cell_id, cell_type=kind, metadata={}, source=source, **outputs)


def _fill(slot: "NotebookNode", cell: Cell, defects: list[str]) -> "NotebookNode":
    """A released cell with what the student wrote in it, unless it is locked."""
    if grade_id(slot) and not is_answer(slot):
        if cell.source.strip() != slot.source.strip():
            defects.append(
                f"the locked cell {shown_as_code(grade_id(slot))} was changed: it was put back as released"
            )
        return slot
    if slot.cell_type == "markdown":
        if cell.source != slot.source:
            slot.source = _harmless(cell.source)
    elif cell.kind == "markdown":
        defects.append(
            f"the cell {shown_as_code(grade_id(slot))} had become text: it was read as code"
        )
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
    return harmless_tex(markdown)


def harmless_tex(text: str) -> str:
    """A text whose formulas, in whatever of the page they stand, MathJax only sets."""
    return _TEX.sub(r"\\ ", text)


class _Match:
    """Which released cell each of the student's cells is: by id, by text, by function, by position."""

    def __init__(self, cells: list[Cell], slots: list["NotebookNode"]):
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
        left = asked.keys() - self._answered(asked, self.defined)
        # Only where a text has another: this takes longer.
        if any(
            left & set(n) for c, n in zip(self.cells, self.defined, strict=True) if c.kind != "code"
        ):
            left -= self._answered(asked, (bound(cell.source) for cell in self.cells))
        return left

    def _answered(self, asked: dict[str, int], made: Iterable[Iterable[str]]) -> set[str]:
        """Which of the functions are among the names that code cells make, but for their stubs."""
        return {
            name
            for number, names in enumerate(made)
            if self.cells[number].kind == "code" or number in self.found
            for name in names
            if name in asked and not self._is_as_released(number, asked[name])
        }

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


def notes(defects: list[str]) -> "NotebookNode":
    """A cell that tells a student what was wrong with the file."""
    lines = "\n".join(f"- {line}" for line in defects)
    return _node("markdown", f"**About this file**\n\n{lines}", "about-this-file")
