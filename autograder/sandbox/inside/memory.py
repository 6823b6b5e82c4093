"""Whether an answer can keep anything from one of its calls to the next: read from its code, on the safe side.

Where it cannot, its calls in one process are as if each were made alone. It is asked of answers that are not
right; who makes it say so of another gains nothing, for what the calls returned stands then.
"""

import builtins
import dis
import math
import types

import numpy as np

_BUILTINS = """abs all any bool complex dict divmod enumerate filter float frozenset int isinstance issubclass iter
    len list map max min next pow print range repr reversed round set slice sorted str sum tuple type zip"""
_CONSTANT = {id(getattr(builtins, name)) for name in _BUILTINS.split()} | {id(np.ndarray)}
_PLAIN = (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType, np.dtype)
_MODULES = ("numpy", "math", "gradus")
# What changes a name or an object that others see; a class is one.
_CHANGES = "STORE_GLOBAL DELETE_GLOBAL STORE_ATTR DELETE_ATTR LOAD_BUILD_CLASS".split()
# Of NumPy, what is remembered; other names that begin with an underscore lead anywhere.
_REMEMBERED = "random seterr seterrcall setbufsize set_printoptions".split()
_NUMPY_FUNCTION = type(np.sum)


def forgets(function: object) -> bool:
    """Whether nothing outside of a call of a function can be changed by it, but for its arguments."""
    return isinstance(function, types.FunctionType) and _is_constant(function, set())


def _is_constant(value: object, seen: set[int]) -> bool:
    if id(value) in seen or type(value) in _PLAIN or isinstance(value, np.generic):
        return True
    seen.add(id(value))
    if isinstance(value, tuple | frozenset):
        return type(value) in (tuple, frozenset) and all(_is_constant(v, seen) for v in value)
    if isinstance(value, types.ModuleType):
        return _is_known(value.__name__)
    if isinstance(value, np.ufunc | _NUMPY_FUNCTION):
        return True
    if isinstance(value, type):
        known = issubclass(value, np.generic) or (
            issubclass(value, BaseException) and value.__module__ == "builtins"
        )
        return known or id(value) in _CONSTANT
    if isinstance(value, types.BuiltinFunctionType):  # or a method, such as a list's `append`
        return id(value) in _CONSTANT or value.__self__ is math
    return isinstance(value, types.FunctionType) and (
        _is_known(value.__module__ or "") or _keeps_nothing(value, seen)
    )


def _is_known(module: str) -> bool:
    return module.split(".")[0] in _MODULES and not set(module.split(".")) & set(_REMEMBERED)


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
