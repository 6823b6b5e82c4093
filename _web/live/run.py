"""What the worker of a page runs: one exercise of the book with its check, as in a notebook.

A run begins anew: the imports of the set-up cell, the earlier answers of this page that the code
uses, the code, the check. It needs what Pyodide has without further loading, and NumPy.
"""

import ast
import contextlib
import functools
import io
import json
import linecache
import os
import sys
import traceback
import zipfile
from symtable import Symbol, symtable

LONGEST_OUTPUT = 20_000
FOLDER = "exercise"  # no such folder exists; `gradus` knows by it which lines are the reader's own


def open_book(wheel: str, folder: str) -> None:
    """Make `gradus` importable from its wheel; the cases lie in `folder`, too."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    sys.path.insert(0, folder)
    os.environ["GRADUS_CASES"] = folder
    with contextlib.suppress(ModuleNotFoundError):  # a page may be told to load no package
        _let_numpy_raise()


def _let_numpy_raise() -> None:
    """A LinAlgError with NumPy's own words, where that of a page returns nan (pyodide/pyodide#4859)."""
    import numpy as np

    def raising(call, words):
        @functools.wraps(call)
        def checked(*arrays, **options):
            found = call(*arrays, **options)
            if np.isnan(found).any() and all(np.isfinite(array).all() for array in arrays):
                raise np.linalg.LinAlgError(words)
            return found

        return checked

    singular = "Singular matrix"
    said = {"cholesky": "Matrix is not positive definite", "inv": singular, "solve": singular}
    for name, words in said.items():
        setattr(np.linalg, name, raising(getattr(np.linalg, name), words))


def run(task: str) -> str:
    """Run a reader's code and the check of its exercise.

    Parameters
    ----------
    task : str
        JSON: `exercise`, its name; its `code` and `stub`; `setup`, the chapter's set-up cell;
        `before`, the exercises above it in the chapter, in order, each with its `name`, `code` and
        `stub`; `tried`, modules that were looked for in vain.

    Returns
    -------
    result : str
        JSON: `status`, one of "right", "wrong", "not answered" and "error"; `summary`, a line;
        `tables`, what the check shows, as HTML; `output`, what was printed, and the traceback. Or
        `missing` alone: the name of a module that is not there.
    """
    from gradus import exercises

    task = json.loads(task)
    name, output, tables = task["exercise"], _Output(), []
    # A notebook would show a table of `check` and `progress` below the cell; the page does.
    exercises._display = lambda table: tables.append(table._repr_html_())
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status, summary = _outcome(task, name, output)
    if status == "missing":
        return json.dumps({"missing": summary})
    return json.dumps(
        {
            "status": status,
            "summary": summary,
            "tables": "".join(tables),
            "output": output.getvalue(),
        }
    )


def _outcome(task: dict, name: str, output: io.StringIO) -> tuple[str, str]:
    """Run it all; the status of the result and its summary."""
    from gradus import CheckFailed, exercises

    names = {"__name__": "__main__"}
    try:
        tree = ast.parse(task["code"], _file(name))
        earlier = _needed(tree, task["before"])
        trees = [tree, *(ast.parse(code) for _, code in earlier)]
        exec(compile(_setup(task["setup"], trees), _file("setup"), "exec"), names)
        for other, code in earlier:
            with contextlib.redirect_stdout(io.StringIO()):
                _execute(code, other, names)
        _execute(task["code"], name, names)
        if name not in names:
            raise NameError(f"name {name!r} is not defined")
        exercises.check_as(name, names[name])
    except exercises.NoExercise as error:
        return _failed(error, output)
    except CheckFailed as failure:
        verdict = exercises._session.verdicts.get(name)
        status = verdict.status if verdict else "wrong"  # none: the code itself checks another one
        waiting = [f"`{e['name']}`" for e in task["before"] if _is_open(e, earlier)]
        if status == "not answered" and waiting and task["code"].strip() != task["stub"].strip():
            return status, f"{failure}: it uses {', '.join(waiting)}, which is still open"
        return status, str(failure)
    except ModuleNotFoundError as error:
        if error.name and error.name not in task["tried"]:
            return "missing", error.name
        return _failed(error, output)
    except BaseException as error:  # SystemExit, too, is no reason to end the worker
        return _failed(error, output)
    return "right", f"{name}: all cases pass"


def _is_open(exercise: dict, earlier: list[tuple[str, str]]) -> bool:
    return (exercise["name"], exercise["stub"]) in earlier


def _failed(error: BaseException, output: io.StringIO) -> tuple[str, str]:
    """Add the traceback to what was printed, with the reader's lines alone."""
    trace = traceback.TracebackException.from_exception(error)
    own = [frame for frame in trace.stack if frame.filename.startswith(FOLDER)]
    trace.stack = traceback.StackSummary.from_list(own)
    trace.__cause__ = trace.__context__ = None
    output.add("".join(trace.format()))
    return "error", f"Your code stopped with {type(error).__name__}"


def _needed(tree: ast.AST, before: list[dict]) -> list[tuple[str, str]]:
    """Names and codes of the earlier exercises that a code uses, directly or not, in order."""
    wanted, chosen = _used(tree), []
    for exercise in reversed(before):
        code = exercise["code"]
        try:
            table = symtable(code, "", "exec")
        except SyntaxError:  # not finished: as if it were not begun
            code = exercise["stub"]
            table = symtable(code, "", "exec")
        if wanted & {s.get_name() for s in table.get_symbols() if _is_bound(s)}:
            chosen.insert(0, (exercise["name"], code))
            wanted |= _used(ast.parse(code))
    return chosen


def _is_bound(symbol: Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _setup(source: str, trees: list[ast.Module]) -> ast.Module:
    """The set-up cell without the imports that nothing uses: Matplotlib takes long to load."""
    setup = ast.parse(source)
    rest = [node for node in setup.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    wanted = set().union(*map(_used, (*trees, *rest)))
    for node in setup.body:
        if node not in rest:
            node.names = [a for a in node.names if (a.asname or a.name.split(".")[0]) in wanted]
    setup.body = [node for node in setup.body if node in rest or node.names]
    return setup


def _execute(code: str, name: str, names: dict) -> None:
    # So that tracebacks and the check find the line; without a time it is never looked for on disk.
    linecache.cache[_file(name)] = (len(code), None, code.splitlines(keepends=True), _file(name))
    exec(compile(code, _file(name), "exec"), names)


def _file(name: str) -> str:
    return f"{FOLDER}/{name}.py"


class _Output(io.StringIO):
    """What is printed, up to a bound: a loop that prints without end must not fill the memory."""

    def write(self, text: str) -> int:
        room = LONGEST_OUTPUT - self.tell()
        if room >= 0:
            super().write(text if len(text) <= room else text[:room] + "\n... and so on\n")
        return len(text)

    def add(self, text: str) -> None:
        """Add what must not be cut off."""
        super().write(text)
