"""Mutants: a function's source with one small thing changed, as a slip of the hand would change it.

The docstring, the decorators and the guards (an `if` that only raises) stay as they are.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

SWAPPED = {
    ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.FloorDiv: (ast.Div,), ast.Mod: (ast.FloorDiv,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
# Functions and methods: one called in place of another; those without which their argument stands alone.
PAIRS = (
    "maximum minimum, max min, argmax argmin, mean sum, std var, any all, floor ceil, zeros ones, "
    "zeros_like ones_like, normal uniform, random standard_normal"
).split(", ")
RENAMED = {a: b for pair in PAIRS for a, b in (pair.split(), pair.split()[::-1])}
OMITTED = set("sqrt abs exp log sign copy sort sorted round clip reversed transpose".split())
DRAWS = "normal", "uniform", "integers", "choice"
KEPT = "strict", "dtype", "rcond"  # arguments that change no number


@dataclass(frozen=True)
class Mutant:
    """A changed function, and the lines that differ: before and after.

    `of_default`: an argument's default is another, or used for whatever is given.
    """

    change: str
    function: Callable
    of_default: bool


def mutants(function: Callable) -> Iterator[Mutant]:
    """Every mutant of a function, each once, in the order of its source."""
    plain = inspect.unwrap(function)
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(plain))).body
    assert isinstance(tree, ast.FunctionDef)
    tree.decorator_list = []
    tree.body = tree.body[ast.get_docstring(tree) is not None :]
    original = ast.unparse(tree)
    for text, of_default in dict.fromkeys(_changed(tree, inspect.signature(plain))):
        if text != original:
            scope = dict(plain.__globals__)
            exec(text, scope)
            yield Mutant(_difference(original, text), scope[plain.__name__], of_default)


def _difference(old: str, new: str) -> str:
    before, after = ([line.strip() for line in text.splitlines()] for text in (old, new))
    for end in (0, -1):
        while before and after and before[end] == after[end]:
            del before[end], after[end]
    if before and before[0].startswith("def "):  # of a head the parameter that differs
        return _difference(*(head[0][:-2].replace(", ", "\n") for head in (before, after)))
    return f"{' | '.join(before) or '(nothing)'}  ->  {' | '.join(after) or '(nothing)'}"


def _changed(tree: ast.FunctionDef, signature: inspect.Signature) -> Iterator[tuple[str, bool]]:
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:  # it is not used, only its default
            tree.body[:0] = ast.parse(f"{name} = {parameter.default!r}").body
            yield ast.unparse(tree), True
            del tree.body[0]
    bound, head = set(signature.parameters), set(ast.walk(tree.args))
    for node, put in list(_places(tree)):
        for new in _alternatives(node, bound):
            put(new)
            yield ast.unparse(tree), node in head
            put(node)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[Any], None]]]:
    """The parts of a tree, each with what puts another in its place."""
    for field, value in ast.iter_fields(node):
        if field == "annotation":  # of a name in a function it is never looked at
            continue
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(part, ast.AST) and not _stays(part):
                in_list = isinstance(value, list)
                yield (
                    part,
                    partial(*((value.__setitem__, number) if in_list else (setattr, node, field))),
                )
                yield from _places(part)


def _stays(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return not node.orelse and all(isinstance(part, ast.Raise) for part in node.body)
    return isinstance(node, ast.Raise | ast.JoinedStr) or getattr(node, "arg", "") in KEPT


def _with(node: ast.AST, **fields: Any) -> Any:
    new = copy(node)
    vars(new).update(fields)
    return new


def _replaced(items: list, i: int, *new: Any) -> list:
    return [*items[:i], *new, *items[i + 1 :]]


def _turned(items: list) -> Iterator[list]:
    """Two neighbours exchanged."""
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _moved(node: ast.expr) -> list[ast.expr]:
    return [ast.BinOp(node, op, ast.Constant(1)) for op in (ast.Add(), ast.Sub())]


def _scaled(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Mult(), ast.Constant(1.25))


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _alternatives(node: ast.AST, bound: set[str]) -> Iterator[ast.AST]:
    """What may stand in a node's place; `bound`: the names that have a value before it."""
    match node:
        case ast.BinOp(left, op, right):
            yield from (_with(node, op=other()) for other in SWAPPED.get(type(op), ()))
            yield from (left, right)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.BoolOp(op, parts):
            yield _with(node, op=SWAPPED[type(op)][0]())
            yield from (_with(node, values=_replaced(parts, i)) for i in range(len(parts)))
        case ast.Compare(left, ops, comparators):
            for i, op in enumerate(ops):
                for other in SWAPPED[type(op)]:
                    yield _with(node, ops=_replaced(ops, i, other()))
            if "rng.random" in ast.unparse(left):  # a probability
                yield _with(node, comparators=[_scaled(comparators[0])])
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(n)):
            yield from map(ast.Constant, (1 - n if n in (0, 1) else n - 1, n + 1, -n))
        case ast.Constant(float(x)):
            other = 1.0 - x if x in (0.0, 1.0) else x + 1
            yield from map(ast.Constant, (other, -x, 0.5 * x) if x else (other,))
        case ast.IfExp(_, body, orelse):
            yield from (body, orelse)
        case ast.If() | ast.While():
            truths = (True, False) if isinstance(node, ast.If) else (False,)
            yield from (_with(node, test=ast.Constant(truth)) for truth in truths)
        case ast.comprehension() | ast.For():
            for part in ("[1:]", "[:-1]"):
                yield _with(node, iter=_expression(f"list({ast.unparse(node.iter)}){part}"))
            if isinstance(node, ast.comprehension) and node.ifs:
                yield _with(node, ifs=[])
        case ast.Attribute(value, "T"):
            yield value
        case ast.Subscript(_, index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            for i, part in enumerate(parts):
                for other in _indices(part):
                    new = _replaced(parts, i, other)
                    yield _with(node, slice=ast.Tuple(new, ast.Load()) if len(new) > 1 else other)
        case ast.Call():
            yield from _calls(node)
        case ast.Return(ast.Tuple(results)):
            yield from (ast.Return(ast.Tuple(turned, ast.Load())) for turned in _turned(results))
        case ast.Assign([target]):
            names = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
            if names <= bound:
                yield ast.Pass()
            bound |= names
        case ast.AugAssign(target, op, value):
            yield from (ast.Pass(), ast.Assign([target], value, lineno=0))
            yield from (_with(node, op=other()) for other in SWAPPED.get(type(op), ()))
        case ast.Expr() | ast.Break() | ast.Continue():
            yield ast.Pass()


def _indices(part: ast.expr) -> Iterator[ast.expr]:
    if isinstance(part, ast.Slice):
        for end, first in (("lower", 1), ("upper", -1)):
            given = getattr(part, end)
            for other in _moved(given) if given else [ast.Constant(first)]:
                yield _with(part, **{end: other})
        yield _with(part, step=None)
    elif not isinstance(part, ast.Constant):  # a constant changes by itself
        yield from _moved(part)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    """A call of another name or with other arguments, or what it is made of alone."""
    func, args, keywords = node.func, node.args, node.keywords
    field = "attr" if isinstance(func, ast.Attribute) else "id"
    name = getattr(func, field, "")
    if name in RENAMED:
        yield _with(node, func=_with(func, **{field: RENAMED[name]}))
    if name in OMITTED:
        is_method = field == "attr" and ast.unparse(func.value) not in ("np", "math")
        yield func.value if is_method else args[0]
    if not any(isinstance(argument, ast.Starred) for argument in args):
        yield from (_with(node, args=turned) for turned in _turned(args))
    if len(args) > 1:
        yield _with(node, args=args[:-1])
    for i, keyword in enumerate(keywords):
        if not _stays(keyword):
            yield _with(node, keywords=_replaced(keywords, i))
    if name == "range":
        for i, argument in enumerate(args):
            yield from (_with(node, args=_replaced(args, i, moved)) for moved in _moved(argument))
    if name in DRAWS:
        for i, argument in enumerate(args[:2]):
            yield _with(node, args=_replaced(args, i, _scaled(argument)))
    if name == "integers":
        yield _with(node, keywords=[*keywords, ast.keyword("endpoint", ast.Constant(True))])
    if name == "permutation":
        yield _expression(f"np.arange({ast.unparse(args[0])})")
