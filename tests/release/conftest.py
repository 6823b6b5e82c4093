"""The real course released once, and small courses to break."""

import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from autograder import cli
from autograder.course import Course
from autograder.release.chapter import read_chapter
from tests.runs import Released

ROOT = Path(__file__).resolve().parents[2]
BOOK = Course.find(ROOT)
CHAPTERS = [
    chapter.name
    for chapter in map(read_chapter, BOOK.chapters().values())
    if chapter.named("exercise")
]
_numbers = itertools.count()

SETUP = """\
---
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# A chapter

```{code-cell} ipython3
:tags: [setup]
import numpy as np

from gradus import chapter, check, exercise, progress

chapter("small")
```
"""
EXERCISE = """
```{code-cell} ipython3
exercise("double")
```
"""
CHECK = """
```{code-cell} ipython3
check(double)
```
"""
QUESTION = """
+++ {"written": "why"}

Why is $2x = x + x$?

+++

The end.
"""
REFERENCE = '''
def double(x):
    """Twice x.

    In the docstring stands: 2 * x
    """
    # The reason for this comment is that it goes along.
    total = x + x
    return total
'''
CHECKS = """
from gradus.authoring import Call, Written, judge
from {package} import small as reference

@judge(reference.double, points=2, returns=("twice",))
def double(rng):
    yield Call("a vector", x=rng.normal(size=3))
    yield Call("a number", x=rng.uniform(1, 2))

@double.mistake("this is the square: add x to itself")
def square(x):
    return x * x

why = Written("why", points=3, rubric="- 3 points: the distributive law is named.")
"""


@dataclass
class Small:
    """A course of one chapter, `small`, whose parts a test may change before it writes them."""

    root: Path
    package: str
    chapter: str = SETUP + EXERCISE + CHECK + QUESTION
    reference: str = REFERENCE
    checks: str = CHECKS
    settings: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def write(self) -> Course:
        """Write the course, at first or again."""
        package = self.root / self.package
        (self.root / "chapters").mkdir(parents=True, exist_ok=True)
        (package / "checks").mkdir(parents=True, exist_ok=True)
        (self.root / "pyproject.toml").write_text(
            f'[tool.autograder]\ncourse = "small"\nreferences = "{self.package}"\n{self.settings}\n'
        )
        (self.root / "chapters" / "small.md").write_text(self.chapter)
        (package / "__init__.py").touch()
        (package / "checks" / "__init__.py").touch()
        (package / "small.py").write_text(self.reference)
        (package / "checks" / "small.py").write_text(self.checks.replace("{package}", self.package))
        for name, text in self.files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        for name in [name for name in sys.modules if name.startswith(self.package)]:
            del sys.modules[name]
        return Course.find(self.root)

    def notebook(self, step: str = "release") -> nbformat.NotebookNode:
        """The notebook that was made, of `source` or of `release`."""
        return nbformat.read(self.root / "course" / step / "small" / "small.ipynb", 4)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    # A package name of its own for each course: Python imports a name once.
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    return Small(tmp_path, f"answers{next(_numbers)}")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable:
    """Run `autograder` with arguments: exit status, lines on stdout and on stderr."""

    def call(*arguments: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["autograder", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out.splitlines(), err.splitlines()

    return call


@pytest.fixture(scope="session", params=CHAPTERS)
def released(request: pytest.FixtureRequest, book: Course) -> Released:
    return Released(book, read_chapter(book.chapter(request.param)))
