"""What a cell is to the grader: its id, whether it takes an answer, which functions it defines."""

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode  # it takes a second to import

_DEFINED = re.compile(r"^(?:async\s+)?def\s+(\w+)\s*\(", re.MULTILINE)


def grade_id(cell: "NotebookNode") -> str:
    """nbgrader's id of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: "NotebookNode") -> bool:
    """Whether a released cell is there for a student's answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def defined(source: str) -> list[str]:
    """Names of the functions that a text defines at its margin, whether or not it is Python."""
    return _DEFINED.findall(source) if "def" in source else []


def shown_as_code(text: object) -> str:
    """Text of a student's as code, harmless in Markdown and in HTML."""
    shown = str(text)[:100].replace("`", " ")
    printable = "".join(character if character.isprintable() else " " for character in shown)
    return f"`{html.escape(printable, quote=False)}`"
