"""Known mistakes and other right ways as text: under a sentence, what differs from the reference.

Of a reference whose body is `above = degrees - 32` and `return above * 5 / 9`:

    the fraction is upside down: a degree Celsius is the larger one, so there are fewer of them, and
    the result must be multiplied by 5 / 9
        5 / 9 -> 9 / 5
    32 is subtracted, as the fraction is taken, once
        degrees - 32 -> degrees
    or
        return degrees * 5 / 9

At the margin stands a sentence, which may go on in the lines below it. What is indented under it is one of:

- edits of the reference's body, `old -> new`, one a line. They are made one after the other; `old` must
  fit exactly once when it is its turn, and fits whole names only (`x` not in `x0`). Nothing after the
  arrow takes `old` out. Lines that begin with # are comments.
- a body: any statements, with the reference's parameters and their defaults.
- a function, `def name(...)`, where its parameters differ, or where it calls itself by that name.

`or` at the margin begins another text for the same sentence. Between texts blank lines mean nothing.

A text sees the names of the reference's module, then those that the module of the checks has so far: a
helper stands above the text that uses it. The exercise's name is the reference, guards included.
"""

import ast
import builtins
import dis
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable
from itertools import groupby
from types import CodeType
from typing import Any


def functions(
    text: str, reference: Callable, names: dict[str, Any], kind: str = "text", first: int = 1
) -> list[tuple[str, Callable]]:
    """Each sentence of a text with the function that stands under it.

    Parameters
    ----------
    text : str
        As this module describes it.
    reference : function
        Whose body is edited, and whose parameters a body has.
    names : dict
        What a text may use beside the names of the reference's module.
    kind, first : str, int
        What tracebacks call the functions: `<MODULE.NAME, KIND 1>`, and so on.

    Raises
    ------
    ValueError
        If an edit does not fit exactly once, or a text is no Python; the message says where.
    """
    original = _Reference(inspect.unwrap(reference))
    names = {**names, **original.names}
    made = []
    for number, (sentence, code) in enumerate(_parse(text, original.name), start=first):
        # With the module: two exercises of one name, of two courses, have a file each.
        file = f"<{reference.__module__}.{original.name}, {kind} {number}>"
        try:
            if _is_function(code):
                scope = dict(names)  # of its own: it may call itself
                function = _compile(code, file, scope)
                scope[function.__name__] = function
            else:
                function = _compile(original.with_body(code), file, names)
        except ValueError as error:
            raise ValueError(f"{original.name}, {sentence!r}: {error}") from None
        made.append((sentence, function))
    return made


def _parse(text: str, name: str) -> list[tuple[str, str]]:
    """The sentences, each with the code that stands under it."""
    found, sentence, open_since = [], "", ""
    lines = textwrap.dedent(text).strip("\n").splitlines()
    for at_margin, run in groupby(lines, lambda line: line[:1].strip() != ""):
        if at_margin:
            open_since = " ".join(line.strip() for line in run)
            sentence = sentence if open_since == "or" else open_since
        elif code := textwrap.dedent("\n".join(run)).strip("\n"):
            if not sentence:
                raise ValueError(f"{name}: no sentence stands at the margin above {code!r}")
            found.append((sentence, code))
            open_since = ""
        elif open_since:
            break
    if open_since:
        raise ValueError(f"{name}, {open_since!r}: nothing stands indented below it")
    return found


def body_of(function: Callable) -> str:
    """The lines of a function below its docstring, at the margin."""
    return _Reference(inspect.unwrap(function)).body


class _Reference:
    """The parts of a reference's code that texts are made of."""

    def __init__(self, function: Callable):
        self.name, self.names = function.__name__, function.__globals__
        source = textwrap.dedent(inspect.getsource(function))
        (node,) = ast.parse(source).body
        assert isinstance(node, ast.FunctionDef)  # as every reference is written
        self.parameters = ast.unparse(node.args)
        # From the end of the docstring on, so that a comment below it belongs to the body.
        documented = ast.get_docstring(node) is not None
        start = node.body[0].end_lineno if documented else node.body[0].lineno - 1
        lines = source.splitlines()[start:]
        if not documented:
            column = node.body[0].col_offset
            lines[0] = " " * column + lines[0][column:]
        self.body = textwrap.dedent("\n".join(lines)).strip("\n")

    def with_body(self, code: str) -> str:
        """The function of the reference's parameters with a body, or with its own after edits."""
        lines = [line for line in code.splitlines() if line.strip() and line.lstrip()[0] != "#"]
        edits = [re.split(r"\s+->(?:\s+|$)", line) for line in lines]
        if edits and all(len(edit) > 1 for edit in edits):
            code = self.body
            for line, edit in zip(lines, edits, strict=True):
                code = _edited(code, line, *edit)
        return f"def {self.name}({self.parameters}):\n{textwrap.indent(code, '    ')}"


def _is_function(code: str) -> bool:
    """Whether a text is a whole function, and not a body that begins with one."""
    try:
        nodes = ast.parse(code).body
    except SyntaxError:  # edits, or an error that compiling will report
        return False
    return len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef)


def _edited(body: str, line: str, old: str, new: str, *more: str) -> str:
    """A body after one edit."""
    if more:
        raise ValueError(f"the edit `{line}` has more than one arrow")
    before = r"(?<!\w)" if re.match(r"\w", old) else ""
    after = r"(?!\w)" if re.search(r"\w$", old) else ""
    edited, count = re.subn(before + re.escape(old) + after, lambda _: new, body)
    if count != 1:
        fits = f"{count} times" if count else "nowhere"
        raise ValueError(f"the edit `{line}` must fit exactly once, and fits {fits} in\n\n{body}")
    return edited


def _compile(source: str, file: str, names: dict[str, Any]) -> Callable:
    """The function of a source, whose lines tracebacks and `inspect.getsource` find under `file`."""
    lines = source.splitlines(keepends=True)
    try:
        code = compile(source, file, "exec")
    except SyntaxError as error:
        line = lines[min(error.lineno or 1, len(lines)) - 1].strip()
        raise ValueError(f"{error.msg}, in the line `{line}`") from None
    linecache.cache[file] = len(source), None, lines, file
    made: dict[str, Callable] = {}
    exec(code, names, made)
    ((name, function),) = made.items()
    unknown = global_names(function.__code__) - {name, *names, *vars(builtins)}
    if unknown:
        raise ValueError(
            f"there is no `{min(unknown)}` (a helper stands above the text that uses it)"
        )
    return function


def global_names(code: CodeType) -> set[str]:
    """The global names that compiled code looks up, in inner functions too."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    return found.union(*map(global_names, inner))
