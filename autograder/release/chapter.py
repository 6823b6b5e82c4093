"""A chapter as the autograder sees it: cells, and among them exercises, checks and written questions."""

import ast
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext.myst
import nbformat

from autograder.course import STUB_LINE, CourseError


@dataclass(frozen=True)
class Cell:
    """One cell of a chapter.

    Attributes
    ----------
    kind : str
        "markdown", "setup", "exercise", "check", "written" (the question, in MyST) or "code": the
        book's own experiments and figures.
    source : str
    line : int
        Of the chapter's file, counted from 1, on which the source begins.
    name : str
        Of the exercise or of the written question.
    tags : tuple of str
    """

    kind: str
    source: str
    line: int
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
            if isinstance(node, ast.Call) and _is_name(node.func, "chapter")
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


def read_chapter(file: Path) -> Chapter:
    """Read a chapter and find its exercises, checks and written questions.

    Parameters
    ----------
    file : Path
        A MyST notebook as jupytext writes it.

    Raises
    ------
    CourseError
        If jupytext cannot read it, a cell is not Python, an exercise is not a plain stub, or a name
        is taken.
    """
    text = file.read_text("utf-8")
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
            name = cell.metadata.get("written", "")
            cells.append(Cell("written" if name else "markdown", cell.source, start + 1, name))
        elif cell.cell_type == "code":
            cells.append(
                _read_code(chapter, cell.source, start, tuple(cell.metadata.get("tags", ())))
            )
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


def stubs_of(source: str) -> list[ast.FunctionDef]:
    """What stands under `@exercise` in a cell."""
    return [
        node
        for node in ast.parse(source).body
        if any(_is_name(decorator, "exercise") for decorator in getattr(node, "decorator_list", ()))
    ]


def docstring(function: ast.FunctionDef) -> str:
    """The docstring of a function without its indentation."""
    return ast.get_docstring(function) or ""


def body_lines(source: str, function: ast.FunctionDef) -> list[str]:
    """The lines of a function after its signature and docstring, as they are written."""
    body = function.body
    if ast.get_docstring(function) is not None:
        start = body[0].end_lineno
    else:
        # A signature can span lines, and comments may stand before the first statement.
        start = body[0].lineno - 1
    return source.splitlines()[start : function.end_lineno]


def differences(stub: ast.FunctionDef, reference: ast.FunctionDef) -> str:
    """How the signature or docstring of a stub differs from its reference's; "" if it does not."""
    ours, theirs = _signature(stub), _signature(reference)
    if ours != theirs:
        return f"its signature is {ours}, its reference's {theirs}"
    ours, theirs = docstring(stub), docstring(reference)
    if ours == theirs:
        return ""
    pairs = itertools.zip_longest(ours.splitlines(), theirs.splitlines(), fillvalue="(the end)")
    number, (a, b) = next((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    return f"line {number} of its docstring is {a.strip()!r}, its reference's {b.strip()!r}"


def _signature(function: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"{function.name}({ast.unparse(function.args)}){returns}"


def _read_code(chapter: Chapter, source: str, line: int, tags: tuple[str, ...]) -> Cell:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise chapter.error(line, f"this cell is not Python: {error.msg}") from error
    if stubs := stubs_of(source):
        stub = stubs[0]
        if len(stubs) > 1 or not isinstance(stub, ast.FunctionDef):
            raise chapter.error(
                line, f"{stub.name!r}: an exercise is one function in a cell of its own"
            )
        written = [text.strip() for text in body_lines(source, stub)]
        if written != [STUB_LINE]:
            raise chapter.error(
                line, f"the body of stub {stub.name!r} must be the one line: {STUB_LINE}"
            )
        return Cell("exercise", source, line, stub.name, tags)
    if name := _checked(tree):
        return Cell("check", source, line, name, tags)
    return Cell("setup" if "setup" in tags else "code", source, line, "", tags)


def _checked(tree: ast.Module) -> str:
    """NAME where a cell is `check(NAME)` and nothing else."""
    match tree.body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name)], []))]:
            return name
    return ""


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
