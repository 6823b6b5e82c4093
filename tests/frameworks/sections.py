"""The section "In a framework" of each chapter: its text, its snippets, what they take for granted and call.

Needs no framework: `make test` reads with it, too.
"""

import ast
import builtins
import re
import symtable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(file.stem for file in (ROOT / "chapters").glob("*.md"))
HEADING = "\n## In a framework\n"
LIBRARIES = ("torch", "torchvision", "keras", "keras_tuner", "sklearn", "scipy")


@dataclass
class Snippet:
    """A fence of Python, and the names that the line above it lists after the word "given"."""

    code: str
    given: set[str]


def section(chapter: str) -> str:
    """The text between the heading and the next of its level."""
    text = (ROOT / "chapters" / f"{chapter}.md").read_text("utf-8")
    before, found, after = text.partition(HEADING)
    assert found, f"{chapter} has no section on frameworks"
    return re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0]


def prose(chapter: str) -> str:
    """The section less its snippets, on one line."""
    return " ".join(re.sub(r"^```.*?^```$", "", section(chapter), flags=re.M | re.S).split())


def snippets(chapter: str) -> list[Snippet]:
    """In the order of the page."""
    fence = re.compile(r"^([^\n]*)\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        Snippet(code, set(re.findall(r"`(\w+)`", re.split(r"\bgiven\b", line.lower())[-1])))
        if "given" in line.lower()
        else Snippet(code, set())
        for line, code in fence.findall("\n" + section(chapter))
    ]


def _globals(table: symtable.SymbolTable, top: bool = True) -> set[str]:
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (top or symbol.is_global())
    }
    return names.union(*(_globals(child, False) for child in table.get_children()))


def open_names(code: str) -> set[str]:
    """What a program reads before it has bound it, and Python does not bring."""
    bound, found = set(dir(builtins)), set()
    for statement in ast.parse(code).body:
        table = symtable.symtable(ast.unparse(statement), "snippet", "exec")
        stored = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        before = bound | stored
        found |= _globals(table) - (bound if isinstance(statement, ast.Assign) else before)
        bound = before
    return found


def calls(code: str) -> list[tuple[str, set[str]]]:
    """The full name of each thing of a library that a snippet names, and the keywords given to it there."""
    tree, short, found = ast.parse(code), {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            short |= {alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            short |= {alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def full(node) -> str | None:
        if isinstance(node, ast.Name):
            return short.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := full(node.value)):
            return f"{owner}.{node.attr}"
        return None

    for node in ast.walk(tree):  # `schedules = torch.optim.lr_scheduler`
        if isinstance(node, ast.Assign) and (name := full(node.value)):
            short[node.targets[0].id] = name
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        name = full(node)
        if name and id(node) not in inner and name.split(".")[0] in LIBRARIES:
            words = called[id(node)].keywords if id(node) in called else []
            found.append((name, {word.arg for word in words}))
    return found
