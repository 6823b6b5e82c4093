"""nbgrader's step that makes a stub of an answer, for repairs, too: there the stub holds a program."""

import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.release.release import GIVEN
from gradus.stub import STUB_LINE


class ClearAnswers(ClearSolutions):
    """Puts into a cell the program that is given in its metadata, in the place of the stub's line."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        """Clear one cell."""
        given = cell.metadata.pop(GIVEN, "")
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if given:
            line = re.compile(rf"^( *){re.escape(STUB_LINE)}$", re.MULTILINE)
            cell.source = line.sub(lambda found: _indented(given, found[1]), cell.source)
        return cell, resources


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line if line else line for line in text.split("\n"))
