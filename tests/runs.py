"""A released notebook, answered with the references and run as a student would: once, for all tests that need it.

Its outputs are what `tests/release` holds to be right; the names that its cells define are those by which
`tests/chapters` tries what the prose claims.
"""

import os
import pickle
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import nbformat
from nbclient import NotebookClient

from autograder.course import Course
from autograder.release.chapter import Chapter
from tests.conftest import kept

# After the last cell: all names but IPython's own, functions of the notebook by their code.
_NAMES = """\
def _keep():
    import cloudpickle, gradus, importlib.util
    shell = get_ipython()
    known = {name: value for name, value in shell.user_ns.items() if not name.startswith("_")}
    with open("names", "wb") as file:
        cloudpickle.dump({n: v for n, v in known.items() if n not in shell.user_ns_hidden}, file)
    print(gradus.__file__, importlib.util.find_spec("solutions"))
_keep()
"""


@dataclass
class Released:
    """One chapter of the real course and what was made of it."""

    course: Course
    chapter: Chapter

    def folder(self, step: str = "release") -> Path:
        return self.course.directory / step / self.chapter.name

    def notebook(self, step: str = "release") -> nbformat.NotebookNode:
        return nbformat.read(self.folder(step) / f"{self.chapter.name}.ipynb", 4)


def beside(folder: Path, target: Path) -> dict[str, str]:
    """Copy a release as a student has it; the environment in which Python finds the wheel's gradus."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as wheel:
        wheel.extractall(target / "installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRADUS_")}
    return {**environment, "PYTHONPATH": str(target / "installed")}


def execute(notebook: nbformat.NotebookNode, folder: Path, environment: dict[str, str]) -> dict:
    """Run all cells as "Run all" does; the cells by their ids."""
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    return {cell.id: cell for cell in notebook.cells}


def answered(released: Released) -> nbformat.NotebookNode:
    """The released notebook with the references in its exercise cells."""
    notebook = released.notebook()
    answers = {cell.id: cell.source for cell in released.notebook("source").cells}
    for cell in notebook.cells:
        if cell.id in released.chapter.named("exercise"):
            cell.source = answers[cell.id]
    return notebook


def contents(released: Released) -> list[bytes]:
    """Every file that a student gets."""
    return [file.read_bytes() for file in sorted(released.folder().iterdir())]


def answered_run(released: Released) -> nbformat.NotebookNode:
    """The answered notebook with its outputs."""
    return nbformat.reads(_run(released)[0], 4)


def names_of(released: Released) -> dict[str, Any]:
    """What the cells of the answered notebook define, by name."""
    return cloudpickle.loads(_run(released)[1])


def _run(released: Released) -> tuple[str, bytes]:
    """Not made again in the next session, as long as the release, its answers and this file are the same."""
    notebook = answered(released)

    def run() -> bytes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place).resolve()
            environment = beside(released.folder(), folder)
            notebook.cells.append(nbformat.v4.new_code_cell(_NAMES, id="names"))
            cells = execute(notebook, folder, environment)
            # It is the wheel that ran, and the references were out of reach.
            where = [str(folder / "installed/gradus/__init__.py"), "None"]
            assert cells["names"].outputs[0].text.split() == where, cells["names"].outputs
            notebook.cells.pop()
            return pickle.dumps((nbformat.writes(notebook), (folder / "names").read_bytes()))

    parts = [nbformat.writes(notebook).encode(), Path(__file__).read_bytes(), *contents(released)]
    return pickle.loads(kept(f"answered-{released.chapter.name}", parts, run))
