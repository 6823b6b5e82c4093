"""The course that is released and graded: where it lies, what its parts are called, its secret.

A course is a folder whose `pyproject.toml` has a table `[tool.autograder]`:

    [tool.autograder]
    course = "gradus"             # nbgrader's name of the course
    references = "solutions"      # the package of the references, with `checks` inside
    site = "https://..."          # optional: where the book is on the web, for links to other pages

    [tool.autograder.limits]      # optional: what a submission may use, see `autograder.sandbox.host.Limits`
    cell_seconds = 10.0
"""

import contextlib
import hmac
import importlib
import os
import secrets
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from traitlets.config import Config

from gradus.stub import STUB_LINE

TEXT_STUB = "*Write your answer here, in place of this line.*"


class CourseError(Exception):
    """Something that the instructor or the author must put right: one line that says what."""


@dataclass(frozen=True)
class Course:
    """A course, as its folder describes it.

    Attributes
    ----------
    root : Path
        The folder with `pyproject.toml`, `_toc.yml`, `chapters/` and the package of references.
    name : str
        nbgrader's name of the course.
    references : str
        The name of the package of references.
    directory : Path
        nbgrader's folder: `source/ release/ submitted/ autograded/ feedback/ gradebook.db`.
    site : str
        The address of the book on the web, or "".
    limits : dict
        What a submission may use, where it differs from `autograder.sandbox.host.Limits`.
    """

    root: Path
    name: str
    references: str
    directory: Path
    site: str = ""
    limits: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def find(cls, start: Path | None = None, directory: Path | str | None = None) -> "Course":
        """The course of a folder, or of the nearest folder above it.

        Parameters
        ----------
        start : Path, optional
            By default the working directory.
        directory : Path, optional
            Where nbgrader's folders are; by default the environment variable AUTOGRADER_COURSE,
            then `course` in the root.

        Raises
        ------
        CourseError
            If there is no course.
        """
        start = (start or Path.cwd()).resolve()
        for root in (start, *start.parents):
            file = root / "pyproject.toml"
            settings = _settings(file) if file.is_file() else {}
            if settings:
                directory = Path(
                    directory or os.environ.get("AUTOGRADER_COURSE") or root / "course"
                )
                return cls(
                    root,
                    settings["course"],
                    settings["references"],
                    directory.resolve(),
                    settings.get("site", ""),
                    settings.get("limits", {}),
                )
        raise CourseError(
            f"no course in {start} or above it: go to the folder whose pyproject.toml has [tool.autograder]"
        )

    def pages(self) -> dict[str, Path]:
        """The pages of the book as `_toc.yml` names them, with their files, in order."""
        listed = self._toc()
        if listed is None:
            files = sorted((self.root / "chapters").glob("*.md"))
            return {f"chapters/{file.stem}": file for file in files}
        names = [name.removesuffix(".md") for name in _names(listed)]
        pages = {name: self.root / f"{name}.md" for name in names}
        for name, file in pages.items():
            if not file.is_file():
                raise CourseError(
                    f"_toc.yml names {name}, but there is no {name}.md: write it, or take it out"
                )
        return pages

    def numbers(self) -> dict[str, int]:
        """The numbers of the pages that `_toc.yml` says are numbered."""
        names = (name for part in self._parts() if part.get("numbered") for name in _names(part))
        return {name.removesuffix(".md"): number for number, name in enumerate(names, 1)}

    def parts(self) -> dict[str, list[str]]:
        """The chapters of each part of the book, by its caption, for the parts that have any."""
        known, found = self.chapters(), {}
        for part in self._parts():
            names = [name.removesuffix(".md").rpartition("/")[2] for name in _names(part)]
            if names := [name for name in names if name in known]:
                found[str(part.get("caption", ""))] = names
        return found

    def _parts(self) -> list[dict]:
        listed = self._toc()
        return listed.get("parts", []) if isinstance(listed, dict) else []

    def _toc(self) -> Any:
        """What stands in `_toc.yml`, of which `_names` makes names; None where there is no such file."""
        toc = self.root / "_toc.yml"
        if not toc.is_file():
            return None
        try:
            listed = yaml.safe_load(toc.read_text("utf-8")) or {}
            list(_names(listed))
        except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            raise CourseError(f"_toc.yml cannot be read: {' '.join(str(error).split())}") from error
        return listed

    def chapters(self) -> dict[str, Path]:
        """The chapters by name, in the order of `_toc.yml`."""
        pages = self.pages().items()
        return {file.stem: file for name, file in pages if name.startswith("chapters/")}

    def chapter(self, name: str) -> Path:
        """The file of the chapter of that name.

        Raises
        ------
        CourseError
            If there is none; the message lists those that exist.
        """
        chapters = self.chapters()
        if name not in chapters:
            known = ", ".join(chapters) or "none"
            raise CourseError(f"there is no assignment {name!r}; the assignments are: {known}")
        return chapters[name]

    def reference_module(self, name: str) -> ModuleType:
        """The module of the references of a chapter."""
        return self._import(self.reference_file(name), name)

    def checks_module(self, name: str) -> ModuleType:
        """The module that says how the exercises of a chapter are judged."""
        return self._import(self.checks_file(name), name)

    def reference_file(self, name: str) -> str:
        """The file with the references of a chapter, as seen from the root."""
        return f"{self.references.replace('.', '/')}/{name.replace('-', '_')}.py"

    def checks_file(self, name: str) -> str:
        """The file that says how the exercises of a chapter are judged, as seen from the root."""
        return f"{self.references.replace('.', '/')}/checks/{name.replace('-', '_')}.py"

    def _import(self, file: str, name: str) -> ModuleType:
        module = file.removesuffix(".py").replace("/", ".")
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))
        try:
            return importlib.import_module(module)
        except (Exception, SystemExit) as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name
            if missing and f"{module}.".startswith(f"{missing}."):
                message = f"chapter {name!r} has exercises but no {file}: write it"
            else:
                reason = f"{type(error).__name__}: {error}".splitlines()[0]
                message = f"{file} cannot be imported: {reason}"
            raise CourseError(message) from error

    def secret(self) -> bytes:
        """The course's 32 secret bytes, made at first use: who has them knows the cases that grade."""
        file = self.directory / ".secret"
        if not file.exists():
            make_private(self.directory)
            # Written whole under a name of its own, then linked: no reader meets half a secret.
            fresh = self.directory / f".secret-{secrets.token_hex(8)}"
            try:
                fresh.touch(mode=0o600, exist_ok=False)
                fresh.write_bytes(secrets.token_bytes(32))
                with contextlib.suppress(FileExistsError):
                    os.link(fresh, file)
            finally:
                fresh.unlink(missing_ok=True)
        secret = file.read_bytes()
        if len(secret) != 32:
            raise CourseError(
                f"{file.name} in {self.directory.name} has {len(secret)} bytes, not 32: restore it from a copy"
            )
        return secret

    def hidden_seed(self, assignment: str, exercise: str) -> int:
        """The seed of the cases that grade an exercise: the same for all students, known to none."""
        message = "\0".join((self.name, assignment, exercise)).encode()
        return int.from_bytes(hmac.digest(self.secret(), message, "sha256"))

    def nbgrader_config(self) -> Config:
        """What every use of nbgrader needs to know of this course."""
        config = Config()
        config.CourseDirectory.course_id = self.name
        config.CourseDirectory.root = str(self.directory)
        config.ClearSolutions.code_stub = {"python": STUB_LINE}
        config.ClearSolutions.text_stub = TEXT_STUB
        return config


def make_private(folder: Path) -> None:
    """Make a folder that this user alone may enter; one that is there already keeps its mode."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """What is made meanwhile, by nbgrader or SQLite too, only this user may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _settings(file: Path) -> dict:
    """The table `[tool.autograder]` of a file; {} where there is none.

    Raises
    ------
    CourseError
        If the file is not TOML, or the table lacks a key or holds what it must not.
    """
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:  # of TOML and of UTF-8, too
        raise CourseError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    tools = found.get("tool")
    settings = tools.get("autograder") if isinstance(tools, dict) else None
    if not settings:
        return {}
    table = f"{file.name}: [tool.autograder]"
    if not isinstance(settings, dict):
        raise CourseError(f"{table} is no table: write it so")
    for key in ("course", "references"):
        if key not in settings:
            raise CourseError(f'{table} has no {key}: add {key} = "..."')
    for key, kind in {"course": str, "references": str, "site": str, "limits": dict}.items():
        if not isinstance(settings.get(key, kind()), kind):
            what = "a table" if kind is dict else "a text"
            raise CourseError(f"{table} {key} = {settings[key]!r}: expected {what}")
    if not settings["course"]:
        raise CourseError(f"{table} course is empty: name the course")
    if not all(map(str.isidentifier, settings["references"].split("."))):
        what = f"references = {settings['references']!r}: expected the name of a package"
        raise CourseError(f"{table} {what}")
    return settings


def find_programs() -> None:
    """Put this Python's programs on PATH: nbgrader runs `alembic` by its bare name."""
    programs = str(Path(sys.executable).parent)
    paths = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if programs not in paths:
        os.environ["PATH"] = os.pathsep.join((programs, *paths))


def _names(node: object) -> Iterator[str]:
    """Every page that a table of contents names, in order."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                if not isinstance(value, str):
                    raise TypeError(f"{key}: expected the name of a page, got {value!r}")
                yield value
            else:
                yield from _names(value)
    elif isinstance(node, list):
        for item in node:
            yield from _names(item)
