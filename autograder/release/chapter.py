"""A chapter as the autograder sees it: cells, and among them exercises, checks and written questions.

An exercise is a cell with one line, `exercise("NAME")`. Its signature and docstring are the
reference's: from there comes the stub, wherever one is shown. In a repair the program of a known
mistake stands below them.
"""

import ast
import functools
import inspect
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import jupytext.myst
import nbformat

from autograder.course import Course, CourseError
from gradus.authoring import exercises_of
from gradus.stub import STUB_LINE
from gradus.texts import body_of


@dataclass(frozen=True)
class Cell:
    """One cell of a chapter.

    Attributes
    ----------
    kind : str
        "markdown", "setup", "exercise" (its one line), "check", "written" (the question, in MyST) or
        "code": the book's own experiments and figures.
    source : str
    line, end : int
        The first and the last line of the cell in the chapter's file, counted from 1: of code, its fences.
    place : slice
        Where the source stands in the list of the file's lines.
    name : str
        Of the exercise or of the written question.
    tags : tuple of str
    """

    kind: str
    source: str
    line: int
    end: int
    place: slice
    name: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book."""

    name: str
    file: Path
    cells: tuple[Cell, ...]

    def named(self, kind: str) -> dict[str, Cell]:
        """The cells of a kind by their names, in order."""
        return {cell.name: cell for cell in self.cells if cell.kind == kind}

    def begins(self) -> bool:
        """Whether a set-up cell says `chapter(...)` with the name of this chapter."""
        calls = (
            node
            for cell in self.cells
            if cell.kind == "setup"
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "chapter"
        )
        return any(ast.unparse(argument) == repr(self.name) for c in calls for argument in c.args)

    def error(self, line: int, message: str) -> CourseError:
        """What is wrong on a line of this chapter."""
        return CourseError(f"{self.file.parent.name}/{self.file.name}:{line}: {message}")


def solution_id(name: str) -> str:
    """nbgrader's grade id of the cell that holds an answer."""
    return name


def check_id(name: str) -> str:
    """nbgrader's grade id of the cell that checks an exercise."""
    return f"check-{name}"


def question_id(name: str) -> str:
    """nbgrader's grade id of the cell that asks a written question."""
    return f"{name}-question"


@dataclass(frozen=True)
class Reference:
    """A reference as its file has it, but for its decorators.

    Attributes
    ----------
    head : str
        Signature and docstring, which a student reads.
    body : str
        The lines below, which no student does.
    indent : str
    given : str
        The body that a student begins with, at the margin.
    """

    head: str
    body: str
    indent: str
    given: str = STUB_LINE

    @property
    def stub(self) -> str:
        """The cell that a student begins with."""
        return f"@exercise\n{self.head}\n{textwrap.indent(self.given, self.indent)}"

    def solution(self, used: str) -> str:
        """The cell with the answer between nbgrader's marks, above it the code that it uses."""
        above = textwrap.indent(used, self.indent).splitlines()
        marks = [f"{self.indent}### {which} SOLUTION" for which in ("BEGIN", "END")]
        return "\n".join(["@exercise", self.head, marks[0], *above, self.body, marks[1]])


def read_chapter(file: Path, text: str | None = None) -> Chapter:
    """Read a chapter and find its exercises, checks and written questions.

    Parameters
    ----------
    file : Path
        A MyST notebook as jupytext writes it.
    text : str, optional
        What the file says, where it has been read before.

    Raises
    ------
    CourseError
        If jupytext cannot read it, a cell is not Python, an exercise is more than its line, or a
        name is taken.
    """
    return _read(file, file.read_text("utf-8") if text is None else text)


@functools.lru_cache(maxsize=64)
def _read(file: Path, text: str) -> Chapter:
    chapter = Chapter(file.stem, file, ())
    try:
        notebook = jupytext.myst.myst_to_notebook(text, add_source_map=True)
    except (jupytext.myst.MystMetadataParsingError, nbformat.ValidationError) as error:
        reason = str(error).strip().splitlines()[0]
        raise chapter.error(1, f"jupytext cannot read this chapter: {reason}") from error
    lines = text.splitlines()
    cells = []
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        if cell.cell_type == "markdown":
            while not lines[start].strip():
                start += 1
            end = start + len(cell.source.strip().splitlines())
            name = cell.metadata.get("written", "")
            kind = "written" if name else "markdown"
            cells.append(Cell(kind, cell.source, start + 1, end, slice(start, end), name))
        elif cell.cell_type == "code":
            kind, name = _kind(chapter, cell, start)
            end = _closing_fence(lines, start)
            last = end - 1
            while not lines[last - 1].strip():
                last -= 1
            place = slice(last - len(cell.source.strip().splitlines()), last)
            tags = tuple(cell.metadata.get("tags", ()))
            cells.append(Cell(kind, cell.source, start, end, place, name, tags))
        else:
            raise chapter.error(start, "a raw cell: only Markdown and code can be released")
    first: dict[str, Cell] = {}
    for cell in cells:
        if not cell.name:
            continue
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", cell.name):
            raise chapter.error(
                cell.line, f"the name {cell.name!r}: letters, digits, - and _ only, at most 50"
            )
        made = check_id(cell.name) if cell.kind == "check" else solution_id(cell.name)
        before = first.setdefault(made, cell)
        if before is not cell:
            raise chapter.error(
                cell.line,
                f"a second {cell.kind} {cell.name!r}; the first is on line {before.line}",
            )
    return Chapter(file.stem, file, tuple(cells))


def references_of(course: Course, chapter: Chapter) -> dict[str, Reference]:
    """The references of a chapter's exercises by name, in the chapter's order.

    Raises
    ------
    CourseError
        If an exercise has none, or one from which no stub can be made.
    """
    exercises = chapter.named("exercise")
    if not exercises:
        return {}
    file = course.reference_file(chapter.name)
    module = course.reference_module(chapter.name)
    assert module.__file__  # imported from `file`
    source = Path(module.__file__).read_text("utf-8")
    lines = source.split("\n")  # as Python counts them
    nodes = {
        node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    }
    given = _given(course, chapter)
    references = {}
    for name, cell in exercises.items():
        if name not in nodes:
            raise chapter.error(
                cell.line,
                f"exercise {name!r} has no reference: write it in {file}, or correct the name",
            )
        node = nodes[name]
        match node.body:
            case [ast.Expr(ast.Constant(str()), end_lineno=int(end)) as doc, first, *_] if (
                node.lineno < doc.lineno and end < first.lineno
            ):
                references[name] = Reference(
                    "\n".join(lines[node.lineno - 1 : end]),
                    "\n".join(lines[end : node.end_lineno]),
                    " " * doc.col_offset,
                    given.get(name, STUB_LINE),
                )
            case _:
                raise CourseError(
                    f"{file}:{node.lineno}: {name!r}: no stub can be made without a docstring on"
                    " lines of its own, below the signature and above the code: write it so"
                )
    return references


def _given(course: Course, chapter: Chapter) -> dict[str, str]:
    """The programs that a student is to repair, by exercise."""
    programs = {}
    for exercise in exercises_of(course.checks_module(chapter.name)):
        try:
            function = exercise.given
        except ValueError as error:
            raise CourseError(f"{course.checks_file(chapter.name)}: {error}") from None
        if function:
            named = [list(inspect.signature(f).parameters) for f in (function, exercise.reference)]
            if named[0] != named[1]:
                raise CourseError(
                    f"{course.checks_file(chapter.name)}: the program that {exercise.name!r} gives to be repaired has "
                    "other parameters than the reference"
                )
            programs[exercise.name] = body_of(function)
    return programs


def _kind(chapter: Chapter, cell: nbformat.NotebookNode, line: int) -> tuple[str, str]:
    """The kind and the name of a code cell."""
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        raise chapter.error(line, f"this cell is not Python: {error.msg}") from error
    match tree.body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name)], []))]:
            return "check", name
        case [ast.Expr(ast.Call(ast.Name("exercise"), [ast.Constant(str(name))], []))]:
            # Nothing but the line: a comment would be lost.
            if cell.source.strip() in (f'exercise("{name}")', f"exercise('{name}')"):
                return "exercise", name
    if any(isinstance(node, ast.Name) and node.id == "exercise" for node in ast.walk(tree)):
        raise chapter.error(
            line, 'an exercise is one line in a cell of its own, exercise("NAME"): write it so'
        )
    return ("setup" if "setup" in cell.metadata.get("tags", ()) else "code"), ""


def _closing_fence(lines: list[str], start: int) -> int:
    """The line, counted from 1, that closes the fence on line `start`."""
    (fence,) = re.findall(r"^ *(`+|~+)", lines[start - 1])
    closing = re.compile(rf" *{fence}{fence[0]}* *")
    inside = range(start, len(lines))
    return next((n + 1 for n in inside if closing.fullmatch(lines[n])), len(lines) + 1)
