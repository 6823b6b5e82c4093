"""What the commands do without: code that other packages import, that grading never runs, and that takes seconds."""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

# jsonschema would compile a grammar for addresses, and load another calendar, for kinds of text that no
# notebook's schema asks for. It does without where they are not installed.
_FORMATS = ("rfc3987_syntax", "isoduration")


def skip() -> None:
    """Have this process import nbgrader without its server's extensions, and nbformat without unused formats."""
    for name in _FORMATS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # stub without None
    if "nbgrader" not in sys.modules:
        sys.modules["nbgrader"] = _without_its_own_code("nbgrader")


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
