"""The code of a function with all that it takes from its package, so that it runs where the package is not."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from gradus.texts import global_names


def standalone(function: Callable, name: str, decorator: str) -> str:
    """A function's code under another name, decorated, with the code of all that it uses within it.

    Parameters
    ----------
    function : function
        Defined with `def`, whose source is there. What it takes from modules of the same package
        (functions, constants) is written out, what it takes from others imported.
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
    own = _node(function)
    for node in ast.walk(own):
        if isinstance(node, ast.Name) and node.id == own.name:
            node.id = name
    own.name = name
    own.decorator_list = [ast.Name(decorator)]
    # Within it: another answer of the same notebook may have helpers of the same names.
    own.body = ast.parse(uses(function)).body + own.body
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

    def define(self, name: str, value: Any) -> None:
        """Add the definition of a name."""
        if name not in self.texts:
            self.texts[name] = ""  # while it is being written: a function may call itself
            text = self._code(name, value)
            # Put last again: what it uses has been added before it.
            del self.texts[name]
            self.texts[name] = text

    def needs(self, function: FunctionType) -> None:
        """Define all that a function takes from its module."""
        node = _node(function)
        defaults = {part.id for part in ast.walk(node.args) if isinstance(part, ast.Name)}
        used = global_names(function.__code__) | defaults
        for name in sorted(used & set(function.__globals__)):
            value = function.__globals__[name]
            if isinstance(value, ModuleType) and self._is_ours(value.__name__):
                for attribute in sorted(_attributes(node, name)):
                    self._other(name, value.__name__).define(attribute, getattr(value, attribute))
            elif inspect.isfunction(value) and inspect.unwrap(value) is function:
                continue
            elif not (isinstance(value, ModuleType) and self.imported.get(name) == value.__name__):
                self.define(name, value)

    def _code(self, name: str, value: Any) -> str:
        if isinstance(value, ModuleType):
            return f"import {value.__name__} as {name}"
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
        alias = f"\n\n{name} = {node.name}" if node.name != name else ""
        return ast.unparse(node) + alias

    def _other(self, alias: str, module: str) -> "_Scope":
        return self.others.setdefault(alias, _Scope(module))

    def _is_ours(self, module: str) -> bool:
        return module.split(".")[0] == self.package


def _node(function: Callable) -> ast.FunctionDef:
    """A function as its module or its text defines it, without what decorates it there."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(node, ast.FunctionDef) or function.__closure__:
        raise TypeError(
            f"{function.__qualname__}: expected a function defined with `def` outside any other"
        )
    node.decorator_list = []
    return node


def _attributes(node: ast.AST, name: str) -> set[str]:
    """What is taken of a name: `a` of `name.a`."""
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    return {
        part.attr for part in parts if isinstance(part.value, ast.Name) and part.value.id == name
    }
