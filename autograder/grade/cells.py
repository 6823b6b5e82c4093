"""What a cell is to the grader: its id, whether it takes an answer, which functions it defines."""

import ast
import functools
import html
import re
import warnings
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


def bound(source: str) -> set[str]:
    """Names that a cell makes at its top level: functions, classes, what is assigned and imported."""
    tree = parse(source)
    if tree is None:
        return set(defined(source))
    found, waiting = set(), list[ast.AST](tree.body)
    while waiting:
        match waiting.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node:
                found.add(node.name)
            case ast.Name(name, ast.Store()):
                found.add(name)
            case ast.alias(name, other):
                found.add(other or name)
            case ast.stmt() | ast.Tuple() | ast.List() | ast.ExceptHandler() as node:
                waiting += ast.iter_child_nodes(node)
    return found


@functools.lru_cache(maxsize=1000)
def definitions(source: str) -> str:
    """Of a cell: what an answer might use, without the experiment and its figure."""
    tree = parse(source)
    return "\n".join(_text(node, source) for node in tree.body if _defines(node)) if tree else ""


def only_defines(tree: ast.Module) -> bool:
    """Whether a cell has nothing but what `definitions` keeps."""
    return all(map(_defines, tree.body))


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Lambda) or (
            node.value is not None and _is_literal(node.value)
        )
    functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return isinstance(node, ast.Import | ast.ImportFrom | functions)


def _text(node: ast.stmt, source: str) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:  # a sum of hundreds of terms, which Python itself can read
        above = [decorator.lineno for decorator in getattr(node, "decorator_list", ())]
        lines = source.split("\n")  # as Python counts them
        return "\n".join(lines[min([node.lineno, *above]) - 1 : node.end_lineno])


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


# A cell is looked at more than once; a long one takes a second to parse, and its tree a hundred megabytes.
@functools.lru_cache(maxsize=1)
def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell, or None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "\d" and its like: they are the student's own
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def shown_as_code(text: object) -> str:
    """Text of a student's as code, harmless in Markdown and in HTML."""
    shown = str(text)[:100].replace("`", " ")
    printable = "".join(character if character.isprintable() else " " for character in shown)
    return f"`{html.escape(printable, quote=False)}`"
