"""The code of a function with all that it takes from its package, so that it runs where the package is not."""

import ast
import dis
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

KINDS = {"GLOBAL": ("LOAD_GLOBAL", "LOAD_NAME"), "ATTR": ("LOAD_ATTR", "LOAD_METHOD")}

# How a parameter is handed on to another function of the same signature.
PASSED = {
    inspect.Parameter.POSITIONAL_ONLY: "{0}",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "{0}",
    inspect.Parameter.VAR_POSITIONAL: "*{0}",
    inspect.Parameter.KEYWORD_ONLY: "{0}={0}",
    inspect.Parameter.VAR_KEYWORD: "**{0}",
}


def standalone(function: Callable, name: str, decorator: str) -> str:
    """A function's code under another name, decorated, with the code of all that it uses within it.

    Parameters
    ----------
    function : function
        Of a module whose source is there. What it takes from modules of the same package (functions,
        constants, variables of enclosing functions) is written out, what it takes from others imported.
    name, decorator : str

    Decorators of what it uses are left out: they look at arguments, and change no result.

    Returns
    -------
    str
        One definition, `@decorator` and `def name`.

    Raises
    ------
    TypeError
        If the function uses a value that cannot be written as code.
    """
    scope = _Scope(function.__module__)
    if function.__name__ == "<lambda>" or function.__closure__:
        scope.define("_answer", function)
        taken = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
        given = ", ".join(PASSED[p.kind].format(p.name) for p in taken.parameters.values())
        own = ast.parse(f"def {name}{taken}:\n    return _answer({given})").body[0]
    else:
        scope.needs(function)
        own = _node(function)
        own.name = name
        for node in ast.walk(own):
            if isinstance(node, ast.Name) and node.id == function.__name__:
                node.id = name
    own.decorator_list = [ast.Name(decorator)]
    # Within it: another answer of the same notebook may have helpers of the same names.
    own.body = ast.parse(scope.render()).body + own.body
    return ast.unparse(ast.fix_missing_locations(own))


def uses(function: Callable, imported: dict[str, str] | None = None) -> str:
    """The code of all that a function takes from its module, to stand above it or in it.

    `imported` has the modules, by their names there, that need not be imported again. May be empty.
    Raises TypeError as `standalone` does.
    """
    scope = _Scope(function.__module__, imported)
    scope.needs(inspect.unwrap(function))
    return scope.render()


class _Scope:
    """Definitions of one module, by name, each after those that it needs."""

    def __init__(self, module: str, imported: dict[str, str] | None = None):
        self.module = module
        self.imported = imported or {}
        self.package = module.split(".")[0]
        self.others: dict[str, _Scope] = {}
        self.texts: dict[str, str] = {}

    def render(self) -> str:
        """The code of all definitions; other modules of the package become namespaces."""
        parts = ["import types"] if self.others else []
        for alias, other in self.others.items():
            body = textwrap.indent(other.render(), "    ")
            parts.append(
                f"def _{alias}():\n{body}\n    return types.SimpleNamespace(**locals())\n\n"
                f"{alias} = _{alias}()"
            )
        return "\n\n".join([*parts, *self.texts.values()])

    def define(self, name: str, value: Any, texts: dict[str, str] | None = None) -> None:
        """Add the definition of a name, here or among the given texts."""
        texts = self.texts if texts is None else texts
        if name not in texts:
            texts[name] = ""  # while it is being written: a function may call itself
            text = self._code(name, value)
            # Put last again: what it uses has been added before it.
            del texts[name]
            texts[name] = text

    def needs(self, function: FunctionType) -> None:
        """Define all that a function takes from its module."""
        defaults = _node(function).args
        given = {node.id for node in ast.walk(defaults) if isinstance(node, ast.Name)}
        used = _names(function.__code__, "GLOBAL") | given
        attributes = _names(function.__code__, "ATTR")
        for name in sorted(used & set(function.__globals__)):
            value = function.__globals__[name]
            if isinstance(value, ModuleType) and self._is_ours(value.__name__):
                other = self._other(name, value.__name__)
                for attribute in sorted(attributes & set(vars(value))):
                    other.define(attribute, getattr(value, attribute))
            elif inspect.isfunction(value) and inspect.unwrap(value) is function:
                continue
            elif not (isinstance(value, ModuleType) and self.imported.get(name) == value.__name__):
                self.define(name, value)

    def _code(self, name: str, value: Any) -> str:
        if isinstance(value, ModuleType):
            return f"import {value.__name__} as {name}"
        if isinstance(value, functools.partial):
            parts = {
                f"{name}_{i}": part
                for i, part in enumerate((value.func, value.args, value.keywords))
            }
            for key, part in parts.items():
                self.define(key, part)
            first, args, keywords = parts
            return f"import functools\n\n{name} = functools.partial({first}, *{args}, **{keywords})"
        if isinstance(value, FunctionType):
            return self._function(name, inspect.unwrap(value))
        if isinstance(value, type | BuiltinFunctionType | np.ufunc):
            module = getattr(value, "__module__", None) or "numpy"
            return f"from {module} import {value.__name__} as {name}"
        if isinstance(value, np.ndarray):
            return f"import numpy\n\n{name} = numpy.array({value.tolist()}, dtype={value.dtype.name!r})"
        try:
            ast.literal_eval(repr(value))
        except (ValueError, SyntaxError):
            raise TypeError(
                f"{name}: expected a function, a module, an array or plain data, got {value!r}: "
                "write it into the function that uses it"
            ) from None
        return f"{name} = {value!r}"

    def _function(self, name: str, function: FunctionType) -> str:
        module = function.__module__
        if not self._is_ours(module):
            return f"from {module} import {function.__name__} as {name}"
        if module != self.module:
            alias = "_" + module.replace(".", "_")
            self._other(alias, module).define(function.__name__, function)
            return f"{name} = {alias}.{function.__name__}"
        self.needs(function)
        node = _node(function)
        if isinstance(node, ast.Lambda):
            text = f"{name} = {ast.unparse(node)}"
        else:
            text = ast.unparse(node)
            if node.name != name:
                text += f"\n\n{name} = {node.name}"
        if not function.__closure__:
            return text
        inner: dict[str, str] = {}
        cells = zip(function.__code__.co_freevars, function.__closure__, strict=True)
        for variable, cell in cells:
            if cell.cell_contents is not function:
                self.define(variable, cell.cell_contents, inner)
        body = textwrap.indent("\n\n".join([*inner.values(), text]), "    ")
        return f"def _make_{name}():\n{body}\n    return {name}\n\n{name} = _make_{name}()"

    def _other(self, alias: str, module: str) -> "_Scope":
        return self.others.setdefault(alias, _Scope(module))

    def _is_ours(self, module: str) -> bool:
        return module.split(".")[0] == self.package


@functools.cache
def _nodes(source: str) -> list[ast.AST]:
    """The functions of a module, inner ones too."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.Lambda)
    ]


def _node(function: FunctionType) -> ast.FunctionDef | ast.Lambda:
    """A function as its module defines it, without what decorates it there."""
    code = function.__code__
    for node in _nodes(inspect.getsource(sys.modules[function.__module__])):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found = (first, node.name) == (code.co_firstlineno, code.co_name)
        else:
            found = code.co_name == "<lambda>" and _span(node.body) == _span_of(code)
        if found:
            copy = ast.parse(ast.unparse(node)).body[0]
            if isinstance(copy, ast.Expr):
                return copy.value
            copy.decorator_list = []
            return copy
    raise TypeError(f"{function.__qualname__}: its code was not found in {function.__module__}")


def _span(node: ast.AST) -> tuple:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _span_of(code: CodeType) -> tuple:
    """From where to where a lambda's body goes: its first instruction stands for no part of it."""
    places = [place for place in code.co_positions() if None not in place and place[2:] != (0, 0)]
    return min((p[0], p[2]) for p in places), max((p[1], p[3]) for p in places)


def _names(code: CodeType, kind: str) -> set[str]:
    """Names that compiled code looks up, in inner functions too: `"GLOBAL"`, or `"ATTR"` of objects."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = {i.argval for i in dis.get_instructions(code) if i.opname in KINDS[kind]}
    return found.union(*(_names(each, kind) for each in inner))
