"""Whether an answer can keep anything from one of its calls to the next: read from its code, on the safe side.

Where it cannot, its calls in one process are as if each were made alone. Who makes it say so of another gains
nothing: whatever it says, every call is made once, and what it returned stands.
"""

import builtins
import dis
import math
import types
from typing import Any

import numpy as np

_BUILTINS = """abs all any bool complex dict divmod enumerate filter float frozenset int isinstance issubclass iter
    len list map max min next pow print range repr reversed round set slice sorted str sum tuple type zip"""
_CONSTANT = {id(getattr(builtins, name)) for name in _BUILTINS.split()}
_SCALARS = set(np.sctypeDict.values()) - {np.void}  # of which a field can be changed
_PLAIN = {bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType, *_SCALARS}
_MODULES = ("numpy", "math", "gradus")
# What changes a name or an object that others see; a class is one.
_CHANGES = "STORE_GLOBAL DELETE_GLOBAL STORE_ATTR DELETE_ATTR LOAD_BUILD_CLASS".split()
# Of NumPy, what is remembered, in settings, in memory that is not cleared, or in files; other names that begin
# with an underscore lead anywhere.
_REMEMBERED = frozenset(
    (
        *("random", "matlib", "seterr", "seterrcall", "setbufsize", "set_printoptions"),
        *("empty", "empty_like", "ndarray", "memmap", "open_memmap"),
        *("save", "savez", "savez_compressed", "savetxt", "write_array", "tofile", "dump"),
    )
)
_NUMPY_FUNCTION = type(np.sum)


def forgets(function: Any) -> bool:
    """Whether nothing outside of a call of a function can be changed by it, but for its arguments."""
    try:
        return type(function) is types.FunctionType and _is_constant(function, set())
    except Exception:  # of objects that are no more what they seem
        return False


def _is_constant(value: Any, seen: set[int]) -> bool:
    kind = type(value)
    if id(value) in seen or kind in _PLAIN:
        return True
    seen.add(id(value))
    if kind in (tuple, frozenset):
        return all(_is_constant(part, seen) for part in value)
    name = value.__name__ if hasattr(value, "__name__") else ""
    if name in _REMEMBERED:
        return False
    if kind is types.FunctionType:
        return _is_known(value.__globals__.get("__name__", "")) or _keeps_nothing(value, seen)
    if kind is types.ModuleType:
        return _is_known(name)
    if kind is np.ufunc:  # one can make others of any function
        return getattr(np, name, None) is value
    if kind is _NUMPY_FUNCTION:
        return True
    if kind is types.BuiltinFunctionType:  # or a method, such as a list's `append`
        return id(value) in _CONSTANT or value.__self__ is math
    is_error = kind is type and issubclass(value, BaseException) and value.__module__ == "builtins"
    return is_error or id(value) in _CONSTANT or (kind is type and value in _SCALARS)


def _is_known(module: str) -> bool:
    parts = module.split(".")
    return parts[0] in _MODULES and _REMEMBERED.isdisjoint(parts)


def _keeps_nothing(function: types.FunctionType, seen: set[int]) -> bool:
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    try:
        held += [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError:  # of a name that is not defined yet
        return False
    if function.__dict__ or not all(_is_constant(value, seen) for value in held):
        return False
    return _reads_only(function.__code__, function, seen)


def _reads_only(code: types.CodeType, function: types.FunctionType, seen: set[int]) -> bool:
    """Whether the code of a function, or of one that it defines, changes nothing beyond."""
    if id(code) in seen:
        return True
    seen.add(id(code))
    names = vars(builtins) | function.__globals__
    for step in dis.get_instructions(code):
        kind, name = step.opname, step.argval
        match kind:
            case _ if kind in _CHANGES:
                return False
            case "STORE_DEREF" | "DELETE_DEREF" if name in function.__code__.co_freevars:
                return False
            case "LOAD_GLOBAL" | "LOAD_NAME" if not _is_constant(names.get(name), seen):
                return False
            case "IMPORT_NAME" if not _is_known(name):
                return False
            case "LOAD_ATTR" | "LOAD_METHOD" | "IMPORT_FROM":
                if name.startswith("_") or name in _REMEMBERED:
                    return False
    inner = (part for part in code.co_consts if isinstance(part, types.CodeType))
    return all(_reads_only(part, function, seen) for part in inner)
