"""Chapters for the site of the tests as they ran elsewhere: the answered notebook of each is the same run.

`make book` runs them, and so does a thorough run of the tests, where `test_run_for_the_site_it_says_the_same` compares
the two for every chapter.
"""

from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache.executors import utils
from myst_nb.core.execute import cache

# The quickest, which the site's own code runs in every session.
OWN = "network"


def take(folder: str) -> None:
    """Have MyST-NB, in this process, take the outputs of `folder`'s notebooks where all code is theirs."""
    known = [nbformat.read(file, 4) for file in Path(folder).glob("*.ipynb")]
    codes = {_code(notebook): notebook for notebook in known}

    def run(
        notebook: nbformat.NotebookNode, *arguments: Any, **options: Any
    ) -> utils.ExecutionResult:
        ran = codes.get(_code(notebook))
        if ran is None:
            return utils.single_nb_execution(notebook, *arguments, **options)
        for here, there in zip(_cells(notebook), _cells(ran), strict=True):
            here.outputs, here.execution_count = there.outputs, there.execution_count
        return utils.ExecutionResult(notebook, options.get("cwd", ""), 0.0, None, None)

    cache.single_nb_execution = run


def _cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _code(notebook: nbformat.NotebookNode) -> tuple[str, ...]:
    """All code but that of exercises, which is the reference here and the answer there."""
    return tuple(
        "" if cell.source.startswith(("exercise(", "@exercise")) else cell.source
        for cell in _cells(notebook)
    )
