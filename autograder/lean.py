"""What the commands do without: code that other packages import, that grading never runs, and that takes seconds."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

# jsonschema would compile a grammar for addresses, and load another calendar, for kinds of text that no
# notebook's schema asks for. It does without where they are not installed.
_FORMATS = ("rfc3987_syntax", "isoduration")


# nbgrader's own modules import these, too, for JupyterHub and for archives; grading asks for neither.
_PACKAGES, _ARCHIVES = ("nbgrader", "requests"), "setuptools.archive_util"


def skip() -> None:
    """Have this process import nbgrader without what only its server needs, and nbformat without unused formats."""
    for name in _FORMATS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # stub without None
    for name in _PACKAGES:
        if name not in sys.modules:
            sys.modules[name] = _without_its_own_code(name)
    if _ARCHIVES not in sys.modules:
        sys.modules[_ARCHIVES] = _of_functions(_ARCHIVES)


def _of_functions(name: str) -> ModuleType:
    """A module that gives out functions before its code has run; the first call of one runs it."""
    module = ModuleType(name)

    def get(attribute: str) -> Callable:
        if attribute.startswith("__"):
            raise AttributeError(attribute)

        def call(*args: Any, **kwargs: Any) -> Any:
            if sys.modules.get(name) is module:
                del sys.modules[name]
            return getattr(importlib.import_module(name), attribute)(*args, **kwargs)

        return call

    module.__getattr__ = get  # type: ignore[method-assign]
    return module


def _without_its_own_code(name: str) -> ModuleType:
    """A package whose modules are imported as usual; its own code, which imports many, runs if it is asked for."""
    spec = importlib.util.find_spec(name)
    assert spec and spec.loader
    package, own = importlib.util.module_from_spec(spec), spec.loader

    def get(attribute: str) -> Any:
        if importlib.util.find_spec(f"{name}.{attribute}"):
            return importlib.import_module(f"{name}.{attribute}")
        del package.__getattr__
        own.exec_module(package)
        return getattr(package, attribute)

    package.__getattr__ = get  # type: ignore[method-assign]
    return package
