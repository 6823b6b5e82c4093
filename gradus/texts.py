"""Known mistakes and other right ways as text: what differs from the reference, under a sentence.

    `lr` and `mu` have changed places
        mu * velocity -> lr * velocity
        theta - lr -> theta - mu
    the old velocity is forgotten: this is plain gradient descent, as it was before there was any
    momentum
        return theta - lr * grad, grad
    or
        velocity = grad
        return theta - lr * velocity, velocity

At the margin stands a sentence, which may go on in the lines below it. What is indented under it is one of:

- edits of the reference's body, `old -> new`, one a line. They are made one after the other; `old` must
  fit exactly once when it is its turn, and fits whole names only (`lr` not in `lr0`). Nothing after
  the arrow takes `old` out. Lines that begin with # are comments.
- a body: any statements, with the reference's parameters.
- a function, `def name(...)`, where names or defaults of the parameters differ, or which calls itself.

`or` at the margin: another text for the same sentence. Blank lines between them mean nothing.

A text sees the names of the reference's module, then those that stood in the module of the checks when
it was read, so a helper stands above it. The exercise's own name is the reference.
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
from types import CodeType, FunctionType
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
        What tracebacks call the functions: `<NAME, KIND 1>`, and so on.

    Raises
    ------
    ValueError
        If an edit does not fit exactly once, or a text is no Python; the message says where.
    """
    original = _Reference(inspect.unwrap(reference))
    names = {**names, **original.names}
    made = []
    for number, (sentence, code) in enumerate(_parse(text, original.name), start=first):
        try:
            source = original.source_of(code)
            function = _compile(source, f"<{original.name}, {kind} {number}>", names)
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


class _Reference:
    """The parts of a reference's code that texts are made of."""

    def __init__(self, function: Callable):
        self.name, self.names = function.__name__, function.__globals__
        source = textwrap.dedent(inspect.getsource(function))
        (node,) = ast.parse(source).body
        self.parameters = ast.unparse(node.args)
        # From the end of the docstring on, so that a comment below it belongs to the body.
        documented = ast.get_docstring(node) is not None
        start = node.body[0].end_lineno if documented else node.body[0].lineno - 1
        lines = source.splitlines()[start:]
        if not documented:
            column = node.body[0].col_offset
            lines[0] = " " * column + lines[0][column:]
        self.body = textwrap.dedent("\n".join(lines)).strip("\n")

    def source_of(self, code: str) -> str:
        """The whole function that a text stands for."""
        if _is_function(code):
            return code
        lines = [line for line in code.splitlines() if line.strip() and line.lstrip()[0] != "#"]
        edits = [re.split(r"\s+->(?:\s+|$)", line) for line in lines]
        if all(len(edit) > 1 for edit in edits):
            code = self.body
            for line, edit in zip(lines, edits, strict=True):
                code = _edited(code, line, *edit)
        return f"def {self.name}({self.parameters}):\n{textwrap.indent(code, '    ')}"


def _is_function(code: str) -> bool:
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
    exec(code, names, made)  # noqa: S102
    ((name, function),) = made.items()
    if name not in names:  # it may call itself
        function = FunctionType(function.__code__, names | made, name, function.__defaults__)
        function.__globals__[name] = function
    unknown = global_names(function.__code__) - set(function.__globals__) - set(dir(builtins))
    if unknown:
        raise ValueError(f"there is no `{min(unknown)}` (a helper stands above the text that uses it)")
    return function


def global_names(code: CodeType) -> set[str]:
    """The global names that compiled code looks up, in inner functions too."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    return found.union(*map(global_names, inner))
