"""Submissions that are hostile, broken or unusual: a function each, with what it must score.

The course is `small_course`. Each function gets a `Book` and returns the submission: the notebook as a dict,
the bytes of its file, or a `Folder`. What could harm a machine without a sandbox is bounded by itself, and
is left out of the class for stock nbgrader:

    python -m tests.grading.corpus                 the table: what each is and what it must score
    python -m tests.grading.corpus --stock DIR     the class in DIR, for nbgrader alone to grade
    python -m tests.grading.corpus --got DIR...    the table with what each scored in graded courses
"""

import argparse
import codecs
import copy
import functools
import io
import json
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gradus.plan import write_cases

COURSE = Path(__file__).with_name("small_course")
NAME = "steps"
FULL = {"scale": 2.0, "track": 3.0, "draw": 1.0, "descend": 2.0}
# Of the written question, which a person marks.
WRITTEN = 1.0
NOTHING = dict.fromkeys(FULL, 0.0)
SIGNATURES = {
    "scale": "x, weight",
    "track": "value, mean, decay=0.9",
    "draw": "rng, shape, keep",
    "descend": "problem, theta, lr, n_steps",
}
BODIES = {
    "scale": "return weight * np.tanh(x)",
    "track": "mean = decay * mean + (1 - decay) * value\nreturn value - mean, mean",
    "draw": "return (rng.random(shape) < keep) / keep",
    "descend": (
        "for _ in range(n_steps):\n    theta = theta - lr * problem.gradient(theta)\nreturn theta"
    ),
}


def but(**lost: float) -> dict[str, float]:
    """Full points, but for these exercises."""
    return FULL | lost


def only(**earned: float) -> dict[str, float]:
    """No points, but for these exercises."""
    return NOTHING | earned


def define(name: str, body: str) -> str:
    """An answer of that body."""
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f"@exercise\ndef {name}({SIGNATURES[name]}):\n{body}"


RIGHT = {name: define(name, body) for name, body in BODIES.items()}


class Folder(dict):
    """A submission that is not one file: bytes, a `Link`, or None for a folder, by path."""


@dataclass(frozen=True)
class Link:
    target: str


@dataclass(frozen=True)
class Submission:
    """One submission of the corpus.

    Attributes
    ----------
    name : str
        Of the student, too.
    family : str
        "cheat", "probe" (right where the sandbox holds), "resource", "file", "honest" or "student".
    about : str
    score : dict of exercise -> float
    state : str
        What `autograder grade` must say of it.
    note : str
        A regular expression that the line on the file must match; "": there must be none.
    stock : bool
        Whether it does no harm outside a sandbox.
    make : callable
        Of a `Book`.
    """

    name: str
    family: str
    about: str
    score: dict[str, float]
    state: str
    note: str | None
    stock: bool
    make: Callable


SUBMISSIONS: dict[str, Submission] = {}


def submission(
    family: str,
    score: dict[str, float],
    state: str = "graded",
    note: str = "",
    stock: bool = True,
) -> Callable:
    """Enter a function into the corpus."""

    def enter(make: Callable) -> Callable:
        name = make.__name__
        assert name not in SUBMISSIONS, name
        about = make.__doc__.strip()
        SUBMISSIONS[name] = Submission(name, family, about, score, state, note, stock, make)
        return make

    return enter


cheat = functools.partial(submission, "cheat")
probe = functools.partial(submission, "probe", FULL)
resource = functools.partial(submission, "resource", stock=False)
broken = functools.partial(submission, "file")
honest = functools.partial(submission, "honest", FULL)
student = functools.partial(submission, "student")


class Book:
    """The released notebook, to be answered.

    Parameters
    ----------
    released : bytes
        Of the file that students were given.
    cases : bytes
        Of the file of visible cases beside it.
    """

    def __init__(self, released: bytes, cases: bytes):
        self.released, self.cases = json.loads(released), cases
        for cell in self.released["cells"]:
            cell["source"] = "".join(cell["source"])

    def blank(self, *cells: str, last: tuple[str, ...] = (), **answers: str) -> dict:
        """The notebook with no answers but these, and code cells after the set-up and at the end."""
        notebook = copy.deepcopy(self.released)
        for cell in notebook["cells"]:
            if text := answers.get(cell["id"]):
                cell["source"] = text
        setup = next(at for at, cell in enumerate(notebook["cells"]) if "setup" in cell["id"])
        own = [code(textwrap.dedent(text).strip(), f"own-{n}") for n, text in enumerate(cells)]
        end = [code(textwrap.dedent(text).strip(), f"last-{n}") for n, text in enumerate(last)]
        notebook["cells"][setup + 1 : setup + 1] = own
        notebook["cells"] += end
        return notebook

    def right(self, *cells: str, last: tuple[str, ...] = (), **answers: str) -> dict:
        """The notebook with right answers, but for these."""
        return self.blank(*cells, last=last, **RIGHT | {"why": "Nothing was seen."} | answers)


def code(source: str, cell_id: str) -> dict:
    """A code cell of a notebook's file."""
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def cell_of(notebook: dict, cell_id: str) -> dict:
    """The cell of that id."""
    return next(cell for cell in notebook["cells"] if cell.get("id") == cell_id)


def text_of(notebook: dict) -> str:
    """The text of a notebook's file, as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def files_of(entry: Submission, book: Book) -> Folder:
    """What lies in the folder of a submission."""
    made = entry.make(book)
    if isinstance(made, Folder):
        return made
    if isinstance(made, dict):
        made = text_of(made).encode()
    return Folder({f"{NAME}.ipynb": made})


def release(folder: Path) -> Book:
    """Copy the course into a folder, release its assignment, and return its notebook."""
    shutil.copytree(
        COURSE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    program = Path(sys.executable).with_name("autograder")
    subprocess.run([program, "release", NAME], cwd=folder, check=True, capture_output=True)
    released = folder / "course" / "release" / NAME
    return Book(
        (released / f"{NAME}.ipynb").read_bytes(), (released / f"{NAME}.cases").read_bytes()
    )


def write(folder: Path, book: Book, entries: list[Submission]) -> None:
    """Write submissions into the folder of a course."""
    for entry in entries:
        place = folder / "course" / "submitted" / entry.name / NAME
        place.mkdir(parents=True)
        for path, content in files_of(entry, book).items():
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                file.mkdir()
            elif isinstance(content, Link):
                file.symlink_to(content.target)
            else:
                file.write_bytes(content)


# What follows is the corpus. First those who hand in nothing to be afraid of.


@student(FULL)
def student_right(book):
    """An honest student: everything right."""
    return book.right()


@student(FULL)
def student_other_ways(book):
    """An honest student: everything right, in other ways than the reference."""
    return book.right(
        scale=define("scale", "e = np.exp(2.0 * np.asarray(x))\nreturn weight * (e - 1) / (e + 1)"),
        track=define(
            "track", "new = mean + (1 - decay) * (value - mean)\nreturn (value - new, new)"
        ),
        draw=define("draw", "return np.where(rng.random(size=shape) < keep, 1 / keep, 0.0)"),
    )


@student(only(scale=2.0, track=3.0))
def student_half(book):
    """An honest student: the first half is answered."""
    return book.blank(scale=RIGHT["scale"], track=RIGHT["track"])


@student(but(scale=0.0, draw=0.0))
def student_known_mistakes(book):
    """An honest student: two known mistakes."""
    return book.right(
        scale=define("scale", "return np.tanh(weight * x)"),
        draw=define("draw", "return (rng.random(shape) < keep) * 1.0"),
    )


@student(but(track=1.0, descend=1.0))
def student_some_cases(book):
    """An honest student: two answers right for some of the cases."""
    return book.right(
        track=define("track", "mean = 0.9 * mean + (1 - 0.9) * value\nreturn value - mean, mean"),
        descend=define("descend", "return theta - lr * problem.gradient(theta)"),
    )


@student(but(scale=0.0))
def student_in_place(book):
    """An honest student: an argument is changed in place."""
    return book.right(
        scale=define(
            "scale", "x = np.tanh(x, out=x) if np.ndim(x) else np.tanh(x)\nx *= weight\nreturn x"
        )
    )


@student(NOTHING)
def student_untouched(book):
    """An honest student: the notebook as it was released."""
    return book.blank()


# Cheats: what each must score is what its honest part earns.


@cheat(NOTHING)
def patched_check(book):
    """`check` is replaced, here and in gradus."""
    return book.blank(
        """
        import gradus, gradus.exercises
        check = gradus.check = gradus.exercises.check = lambda answer: 1000
        """
    )


@cheat(NOTHING)
def patched_numpy_testing(book):
    """numpy.testing accepts everything."""
    return book.blank(
        """
        import numpy.testing
        for name in dir(numpy.testing):
            if name.startswith("assert"):
                setattr(numpy.testing, name, lambda *args, **kwargs: None)
        """
    )


@cheat(NOTHING)
def patched_numpy_comparisons(book):
    """np.allclose, isclose, array_equal and argwhere say that all is equal."""
    return book.blank(
        """
        np.allclose = np.array_equal = lambda *args, **kwargs: True
        np.isclose = lambda a, b, **kwargs: np.ones(np.shape(b), bool)
        np.argwhere = lambda *args: np.empty((0, 1), int)
        """,
        scale=define("scale", "return np.zeros(np.broadcast(x, weight).shape)"),
    )


@cheat(NOTHING)
def patched_verdict(book):
    """gradus.verdict finds nothing wrong."""
    return book.blank(
        """
        import gradus.exercises, gradus.verdict
        for name in ("compare", "_examine_case", "_compare_results", "_compare_numbers"):
            setattr(gradus.verdict, name, lambda *args, **kwargs: None)
        def examine(plan, outcomes, reveal=True):
            return gradus.verdict.Verdict(plan.exercise, plan.points, "right", plan.points, ())
        gradus.verdict.examine = gradus.exercises.examine = examine
        """,
        scale=define("scale", "return x"),
        track=define("track", "return value, mean"),
    )


@cheat(NOTHING)
def patched_calling(book):
    """gradus.calling, which calls the answers in the sandbox, too, says that all of them are right."""
    return book.blank(
        """
        from gradus import calling
        class Right(calling.Outcome):
            passed, status, points, earned = True, "right", 3.0, 3.0
        def call(*args, **kwargs):
            return Right("returned", {"passed": True, "points": 3.0}, ())
        calling.call = calling.call_cases = calling.described = call
        calling.changed_arguments = lambda *args: ()
        """
    )


@cheat(NOTHING)
def patched_values(book):
    """gradus.values packs whatever verdict or points a reader might look for."""
    return book.blank(
        """
        from gradus import values
        pack = values.pack
        def lie(value):
            if isinstance(value, dict) and "kind" in value:
                value = {"kind": "returned", "value": None, "changed": (), "passed": True, "points": 3.0,
                         "earned": 3.0, "status": "right"}
            return pack(value)
        values.pack = lie
        """
    )


@cheat(NOTHING)
def patched_session(book):
    """The plans of gradus's own session expect what the stubs do."""
    return book.blank(
        """
        import dataclasses, gradus.exercises
        session = gradus.exercises._session
        for name, plan in list(session.plans.items()):
            session.plans[name] = dataclasses.replace(plan, cases=(), expected=(), mistakes=())
        """
    )


@cheat(NOTHING)
def patched_runner(book):
    """Whatever runs the notebook is looked for in memory and made to answer for it."""
    return book.blank(
        """
        import gc, sys, types
        for module in list(sys.modules.values()):
            for name in ("_call", "call", "call_cases", "_examine_case", "examine", "grade", "score"):
                if hasattr(module, name) and not module.__name__.startswith(("numpy", "IPython")):
                    setattr(module, name, lambda *args, **kwargs: 1.0)
        for thing in gc.get_objects():
            if isinstance(thing, type) and thing.__name__ in ("Shell", "Verdict", "Plan", "Outcome"):
                for name in ("answer", "_call", "earned", "status", "points"):
                    try:
                        setattr(thing, name, property(lambda self: 3.0))
                    except (TypeError, AttributeError):
                        pass
        """
    )


@cheat(NOTHING)
def equals_everything(book):
    """Results are objects that say they equal everything."""
    body = "return Same()"
    return book.blank(
        """
        class Same:
            __eq__ = __le__ = __ge__ = __contains__ = lambda self, other: True
            __ne__ = __lt__ = __gt__ = lambda self, other: False
            __sub__ = __rsub__ = __abs__ = __getitem__ = lambda self, *other: self
            __bool__ = lambda self: True
            __hash__ = lambda self: 0
            __len__ = lambda self: 2
            __float__ = lambda self: 0.0
            dtype, shape, ndim, size = np.dtype(float), (), 0, 1
        """,
        **{name: define(name, body) for name in FULL},
    )


@cheat(NOTHING)
def lying_array(book):
    """Results are arrays of a subclass that answers every comparison itself."""
    return book.blank(
        """
        class Liar(np.ndarray):
            def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
                return np.bool_(True)
            def __array_function__(self, function, types, args, kwargs):
                return True
            __eq__ = lambda self, other: np.ones(self.shape, bool)
            all = any = lambda self, *args: True
        """,
        scale=define("scale", "return np.zeros(np.broadcast(x, weight).shape).view(Liar)"),
        track=define(
            "track",
            "return np.zeros(np.shape(value)).view(Liar), np.zeros(np.shape(value)).view(Liar)",
        ),
        draw=define("draw", "return np.zeros(shape).view(Liar)"),
        descend=define("descend", "return np.zeros(2).view(Liar)"),
    )


@cheat(NOTHING)
def lying_float(book):
    """Results are numbers of a subclass of float that equals every other."""
    return book.blank(
        """
        class Liar(float):
            __eq__ = __le__ = __ge__ = lambda self, other: True
            __sub__ = __rsub__ = __abs__ = lambda self, *other: Liar(0.0)
        """,
        scale=define("scale", "return Liar(0.0) if not np.ndim(x) else [Liar(0.0)] * len(x)"),
        track=define("track", "return Liar(0.0), Liar(0.0)"),
    )


@cheat(NOTHING)
def changing_array(book):
    """Results are objects whose __array__ gives another array each time it is asked."""
    return book.blank(
        """
        class Chameleon:
            count = 0
            def __array__(self, dtype=None, copy=None):
                self.count += 1
                return np.full(5, float(self.count))
        """,
        **{name: define(name, "return Chameleon()") for name in FULL},
    )


@cheat(NOTHING)
def wild_pointer(book):
    """The result points at memory that is not its own."""
    return book.blank(
        """
        class Wild:
            __array_interface__ = {"shape": (4096,), "typestr": "<f8", "data": (4096, True), "version": 3}
        """,
        **{name: define(name, "return np.asarray(Wild())") for name in FULL},
    )


@cheat(NOTHING)
def code_in_a_pickle(book):
    """Results that would run a command where they are unpickled, in an array of objects too."""
    return book.blank(
        """
        import os
        class Bomb:
            def __reduce__(self):
                return os.system, ("touch /tmp/gradus-corpus-was-here /gradus-corpus-was-here",)
        """,
        scale=define("scale", "return Bomb()"),
        track=define("track", "return np.array([Bomb()], dtype=object), Bomb()"),
        draw=define("draw", "import pickle\nreturn pickle.dumps(Bomb())"),
        descend=define(
            "descend", "import pickle\nreturn np.frombuffer(pickle.dumps(Bomb()), np.uint8)"
        ),
    )


@cheat(NOTHING)
def odd_types(book):
    """Results are a generator, a lambda, a mock and a class."""
    return book.blank(
        scale=define("scale", "return (v for v in np.ravel(x))"),
        track=define("track", "from unittest.mock import MagicMock\nreturn MagicMock()"),
        draw=define("draw", "return lambda *args: True"),
        descend=define("descend", "return type('Right', (), {'__eq__': lambda a, b: True})"),
    )


@cheat(NOTHING)
def coroutines(book):
    """Answers are asynchronous: they return coroutines."""
    return book.blank(**{name: RIGHT[name].replace("def ", "async def ", 1) for name in FULL})


@cheat(NOTHING)
def odd_dtypes(book):
    """Results are arrays of objects, of strings, of records and of dates."""
    return book.blank(
        scale=define("scale", "return np.array(weight * np.tanh(x), dtype=object)"),
        track=define(
            "track", "return np.full(np.shape(value), 'right'), np.full(np.shape(value), 'right')"
        ),
        draw=define("draw", "return np.zeros(shape, dtype=[('a', 'f8'), ('b', 'O')])"),
        descend=define("descend", "return np.array(['2020-01-01', 'NaT'], dtype='datetime64[D]')"),
    )


@cheat(NOTHING)
def not_a_number(book):
    """Results are nan and infinity in the right shape."""
    return book.blank(
        scale=define("scale", "return np.full(np.broadcast(x, weight).shape, np.nan)"),
        track=define(
            "track", "return np.full(np.shape(value), np.inf), np.full(np.shape(value), np.nan)"
        ),
        draw=define("draw", "return np.full(shape, np.nan, np.float32)"),
        descend=define("descend", "return np.full(2, -np.inf)"),
    )


@cheat(NOTHING)
def zeros_in_low_precision(book):
    """Results are zeros of float16 and float32, for the wider tolerance."""
    return book.blank(
        scale=define("scale", "return np.zeros(np.broadcast(x, weight).shape, np.float16)"),
        track=define(
            "track",
            "return np.zeros(np.shape(value), np.float32), np.zeros(np.shape(value), np.float16)",
        ),
        draw=define("draw", "return np.zeros(shape, np.float16)"),
        descend=define("descend", "return np.zeros(2, np.float32)"),
    )


@cheat(NOTHING)
def all_values_at_once(book):
    """Results have one more axis, or fewer entries, for a comparison that broadcasts."""
    return book.blank(
        scale=define("scale", "return np.empty((0,) + np.broadcast(x, weight).shape)"),
        track=define("track", "return np.empty(0), np.empty(0)"),
        draw=define(
            "draw", "return np.linspace(0, 3, 1000)[:, None, None] * np.ones((1,) + shape)"
        ),
        descend=define("descend", "return []"),
    )


@cheat(NOTHING)
def arguments_handed_back(book):
    """Results are the arguments themselves."""
    return book.blank(
        scale=define("scale", "return x"),
        track=define("track", "return value, mean"),
        draw=define("draw", "return np.full(shape, keep)"),
        descend=define("descend", "return theta"),
    )


@cheat(NOTHING)
def huge_view(book):
    """The result is a view of one number as an array of 10**12 entries."""
    return book.blank(
        **{
            name: define(name, "return np.broadcast_to(np.zeros(()), (10**6, 10**6))")
            for name in FULL
        }
    )


@cheat(NOTHING)
def deep_results(book):
    """Results are nested ten thousand deep, contain themselves, or have a million keys."""
    return book.blank(
        scale=define("scale", "deep = []\nfor _ in range(10_000):\n    deep = [deep]\nreturn deep"),
        track=define("track", "own = []\nown += [own, own]\nreturn own, own"),
        draw=define("draw", "return {str(n): n for n in range(10**6)}"),
        descend=define("descend", "own = {}\nown['own'] = own\nreturn own"),
    )


@cheat(NOTHING)
def endless_results(book):
    """Results that promise a length they do not have, or have no end."""
    return book.blank(
        """
        import itertools
        class Promise(str):
            __len__ = lambda self: 10**9
        class Endless(tuple):
            __iter__ = lambda self: itertools.repeat(0.0)
        class Sequence:
            __len__ = lambda self: 10**15
            __getitem__ = lambda self, at: 0.0
        """,
        scale=define("scale", "return Promise('x')"),
        track=define("track", "return Endless((1.0, 2.0))"),
        draw=define("draw", "return Sequence()"),
        descend=define("descend", "return 10**4000, 10**5000"),
    )


@cheat(NOTHING)
def hostile_exceptions(book):
    """Exceptions whose text or name is enormous, fails, or is markup and terminal escapes."""
    return book.blank(
        r"""
        class Loud(Exception):
            __str__ = lambda self: "<script>alert(1)</script>" * 10**6
        class Mute(Exception):
            def __str__(self): raise self
            __repr__ = __str__
        Marked = type("<iframe src=//example.org></iframe>\x1b[2J\x1b]0;x\x07" * 1000, (Exception,), {})
        class Meta(type):
            __name__ = property(lambda cls: 1 / 0)
        class Nameless(Exception, metaclass=Meta): pass
        """,
        scale=define("scale", "raise Loud"),
        track=define("track", "raise Mute"),
        draw=define("draw", r"raise Marked('<img src=x onerror=alert(1)>\x1b[31m')"),
        descend=define("descend", "raise Nameless"),
    )


@cheat(NOTHING)
def exceptions_in_a_chain(book):
    """An exception with a chain of ten thousand causes, and a group nested in itself."""
    return book.blank(
        scale=define(
            "scale",
            """
            error = ValueError(0)
            for n in range(10_000):
                following = ValueError(n)
                following.__cause__ = error
                error = following
            raise error
            """,
        ),
        track=define("track", "raise ExceptionGroup('g', [ValueError(n) for n in range(10_000)])"),
        draw=define(
            "draw", "error = ValueError()\nerror.__cause__ = error.__context__ = error\nraise error"
        ),
    )


@cheat(only(scale=2.0))
def markup_everywhere(book):
    """Scripts, frames and pictures from elsewhere in text cells, output, docstrings, names and the answer."""
    evil = (
        "<script>alert(1)</script><img src=https://example.org/x.png onerror=alert(1)>"
        "<iframe src='https://example.org'></iframe><svg onload=alert(1)></svg>"
        "[x](javascript:alert(1)) ![x](https://example.org/y.png) <style>@import '//example.org'</style>"
        "\x1b[2J\x1b]0;title\x07"
    )
    notebook = book.blank(
        (
            f"print({evil!r})\nfrom IPython.display import HTML, display\n"
            f"display(HTML({evil!r}))\nraise ValueError({evil!r})"
        ),
        scale=define("scale", f"{('Doc: ' + evil)!r}\n{BODIES['scale']}"),
        track=define("track", f"raise ValueError({evil!r})  # {evil!r}"),
        why=evil,
    )
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "evil", "metadata": {}, "source": evil}
    )
    notebook["metadata"]["title"] = evil
    return notebook


@cheat(NOTHING)
def input_transformer(book):
    """IPython's input transformers empty every cell that checks."""
    return book.blank(
        """
        shell = get_ipython()
        def blank(lines):
            return ["pass\\n"] if any("check(" in line for line in lines) else lines
        shell.input_transformers_cleanup.append(blank)
        shell.input_transformers_post.append(blank)
        """
    )


@cheat(NOTHING)
def ast_transformer(book):
    """An AST transformer turns every call into the number 1000."""
    return book.blank(
        """
        import ast
        class Blank(ast.NodeTransformer):
            def visit_Call(self, node):
                return ast.copy_location(ast.Constant(1000), node)
        get_ipython().ast_transformers.append(Blank())
        """
    )


@cheat(NOTHING)
def shell_hooks(book):
    """IPython's events, exception handler and run_cell are replaced."""
    return book.blank(
        """
        shell = get_ipython()
        shell.set_custom_exc((BaseException,), lambda *args, **kwargs: None)
        shell.showtraceback = lambda *args, **kwargs: None
        shell.events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
        type(shell).run_cell = lambda self, *args, **kwargs: None
        """
    )


@cheat(NOTHING)
def display_hook(book):
    """The display hook and printed text say that the score is full."""
    return book.blank(
        """
        import sys, builtins
        sys.displayhook = lambda value: print("1000")
        sys.excepthook = lambda *error: None
        print("score: 1000 / 8")
        print("3.0")
        1000
        """,
        **{name: define(name, "print(1000)\nreturn 1000") for name in FULL},
    )


@cheat(NOTHING)
def typed_outputs(book):
    """Full scores stand as outputs of the check cells in the file."""
    notebook = book.blank()
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "3.0"},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    notebook["metadata"]["gradus"] = {
        "readable": True,
        "defects": [],
        "verdicts": {"scale": {"earned": 2.0}},
    }
    return notebook


@cheat(only(scale=2.0))
def more_points(book):
    """Points and max_score are raised in the metadata."""
    notebook = book.blank(scale=RIGHT["scale"])
    for cell in notebook["cells"]:
        if marks := cell["metadata"].get("nbgrader"):
            marks.update(points=1000.0, max_score=1000.0, score=1000.0)
    return notebook


@cheat(only(scale=2.0), note="locked cell `check-track` was changed")
def easier_checks(book):
    """Check cells are unlocked and check another exercise, or nothing."""
    notebook = book.blank(scale=RIGHT["scale"])
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["source"] = "check(scale)" if cell["id"] != "check-draw" else "1000"
            cell["metadata"]["nbgrader"].update(locked=False, checksum="0" * 32)
    return notebook


@cheat(only(scale=2.0), note="check-scale|was there")
def grade_cells_in_disorder(book):
    """Check cells are doubled, moved to the front, and turned into answers."""
    notebook = book.blank(scale=RIGHT["scale"])
    checks = [cell for cell in notebook["cells"] if cell["id"].startswith("check-")]
    notebook["cells"] = [copy.deepcopy(cell) for cell in checks] + notebook["cells"]
    for cell in checks:
        cell["source"] = "100.0"
        cell["metadata"]["nbgrader"].update(solution=True, grade=True, locked=False)
    return notebook


@cheat(only(scale=2.0), note=".")
def checks_for_another(book):
    """The check cells of unanswered exercises have the id of the one that is answered."""
    notebook = book.blank(scale=RIGHT["scale"])
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["metadata"]["nbgrader"]["grade_id"] = "check-scale"
            cell["source"] = "check(scale)"
    return notebook


@cheat(only(scale=2.0), note=".")
def one_answer_under_every_id(book):
    """A right answer stands in the cells of the other exercises, too."""
    return book.blank(**dict.fromkeys(FULL, RIGHT["scale"]))


@cheat(NOTHING)
def frames_searched(book):
    """Every frame and every object in memory is searched for expected results."""
    search = """
    import gc, inspect, sys
    from gradus.plan import Plan
    found = []
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ("expected", "plan", "plans", "want", "reference", "module"):
                found.append(value)
        frame = frame.f_back
    found += [thing for thing in gc.get_objects() if type(thing).__name__ in ("Plan", "Case", "Mistake")]
    for plan in found:
        if isinstance(plan, Plan) and plan.exercise == {name!r}:
            for expected in plan.expected:
                if np.shape(expected) == np.shape({first}) or {name!r} != "scale":
                    return expected
    """
    firsts = {name: SIGNATURES[name].split(",")[0] for name in FULL}
    return book.blank(
        **{
            name: define(name, textwrap.dedent(search).format(name=name, first=firsts[name]))
            for name in FULL
        }
    )


@cheat(NOTHING)
def visible_cases_read(book):
    """The file of the visible cases is read, and its expected results are given in order."""
    return book.blank(
        """
        from gradus.plan import read_cases
        plans = read_cases(open("steps.cases", "rb").read())
        results = {plan.exercise: iter(plan.expected * 10) for plan in plans}
        """,
        **{name: define(name, f"return next(results[{name!r}])") for name in FULL},
    )


@cheat(NOTHING)
def visible_cases_by_argument(book):
    """The expected result of the visible case whose arguments are nearest is given."""
    return book.blank(
        """
        from gradus import exercises
        def nearest(name, *given):
            def far(case):
                try:
                    return sum(float(np.sum(np.abs(np.asarray(a, float) - np.asarray(b, float))))
                               for a, b in zip(case.args, given))
                except (TypeError, ValueError):
                    return 1e9
            plan = exercises._session.plans[name]
            distances = [far(case) for case in plan.cases]
            return plan.expected[int(np.argmin(distances))]
        """,
        scale=define("scale", "return nearest('scale', x, weight)"),
        track=define("track", "return nearest('track', value, mean, decay)"),
        draw=define("draw", "return nearest('draw', 0, shape, keep)"),
        descend=define("descend", "return nearest('descend', 0, theta, lr, n_steps)"),
    )


@cheat(NOTHING, stock=False)
def memory_read(book):
    """The memory of this process and of its parent is searched for expected results."""
    body = """
    import os, re
    for pid in ("self", os.getppid(), 1):
        try:
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
                for line in list(maps)[:200]:
                    start, end = (int(part, 16) for part in line.split()[0].split("-"))
                    if " rw" in line and end - start < 2**22:
                        memory.seek(start)
                        data = memory.read(end - start)
                        at = data.find(b"expected")
                        if at > 0:
                            return np.frombuffer(data[at:at + 40])
        except (OSError, ValueError, OverflowError):
            pass
    """
    return book.blank(**{name: define(name, body) for name in FULL})


@cheat(NOTHING, stock=False)
def parent_memory_written(book):
    """The answer writes into the memory of its parent through /proc/PID/mem."""
    body = """
    import os
    few = sum(name.isdigit() for name in os.listdir("/proc")) < 40
    for pid in (os.getppid(), 1) if few else ():
        try:
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "r+b", 0) as memory:
                for line in list(maps)[:50]:
                    if " rw" in line:
                        memory.seek(int(line.split("-")[0], 16))
                        memory.write(b"\\0" * 4096)
        except (OSError, ValueError):
            pass
    return 0.0
    """
    return book.blank(scale=define("scale", body))


@cheat(NOTHING)
def descriptors_read(book):
    """Everything that the open files hold is read, and the pipes are emptied."""
    body = """
    import os, select
    found = b""
    for file in range(64):
        try:
            if select.select([file], [], [], 0)[0]:
                found += os.read(file, 10**6)
        except (OSError, ValueError):
            pass
    return np.frombuffer(found[:len(found) // 8 * 8])
    """
    return book.blank(**{name: define(name, body) for name in FULL})


@cheat(NOTHING)
def references_imported(book):
    """The references are looked for on every path, and imported."""
    return book.blank(
        """
        import glob, importlib, os, sys
        os.environ["GRADUS_REFERENCES"] = "answers"
        for place in (".", "..", "../..", "../../..", "../../../..", "/", "/course", "/source", os.getcwd()):
            sys.path.append(os.path.abspath(place))
        for name in ("answers.steps", "answers.checks.steps", "solutions.descent", "autograder.grade.one"):
            try:
                globals().update(vars(importlib.import_module(name)))
            except ImportError:
                pass
        import gradus
        gradus.chapter("steps")
        """,
        **{name: define(name, "pass") for name in FULL},
    )


@cheat(NOTHING)
def source_searched(book):
    """The source notebook and the graded ones of others are looked for, and their code is run."""
    return book.blank(
        """
        import glob, json, os
        for above in (".", "..", "../..", "../../..", "/"):
            for folder in ("source", "autograded", "submitted", "course", "answers"):
                for file in glob.glob(os.path.join(above, folder, "**", "*.*"), recursive=True)[:200]:
                    try:
                        text = open(file).read()
                        for cell in json.loads(text)["cells"]:
                            if "def " in "".join(cell["source"]):
                                exec("".join(cell["source"]), globals())
                    except Exception:
                        pass
        """
    )


@cheat(NOTHING)
def shadow_numpy(book):
    """A numpy.py stands beside the notebook, and patches comparisons."""
    shadow = (
        b"def allclose(*a, **k): return True\nisclose = array_equal = allclose\n"
        b"open('/tmp/gradus-corpus-was-here', 'w')\n"
    )
    return Folder(
        {
            "steps.ipynb": text_of(book.blank()).encode(),
            "numpy.py": shadow,
            "numpy/__init__.py": shadow,
        }
    )


@cheat(NOTHING)
def shadow_gradus(book):
    """A package gradus whose check accepts everything stands beside the notebook."""
    shadow = (
        b"def exercise(f): return f\nchapter = progress = lambda *a: None\n"
        b"check = lambda f: 1000\nproblems = None\n"
    )
    return Folder({"steps.ipynb": text_of(book.blank()).encode(), "gradus/__init__.py": shadow})


@cheat(NOTHING)
def shadow_startup(book):
    """Modules that Python or Jupyter import by themselves stand beside the notebook."""
    shadow = (
        b"import gradus\ngradus.check = lambda f: 1000\nopen('/tmp/gradus-corpus-was-here', 'w')\n"
    )
    names = (
        "sitecustomize",
        "usercustomize",
        "ipykernel_launcher",
        "conftest",
        "nbgrader_config",
        "json",
        "ast",
    )
    config = {"jupyter_config.py": shadow, ".ipython/profile_default/startup/00.py": shadow}
    files = {f"{name}.py": shadow for name in names}
    return Folder({"steps.ipynb": text_of(book.blank()).encode(), **files, **config})


@cheat(NOTHING)
def shadow_cases(book):
    """A file of cases that expect what the stubs return stands beside the notebook."""
    return Folder(
        {
            "steps.ipynb": text_of(book.blank()).encode(),
            "steps.cases": write_cases([]),
            "timestamp.txt": b"0001-01-01 00:00:00.0 UTC",
        }
    )


@cheat(NOTHING)
def modules_written_by_a_cell(book):
    """A cell writes modules into the working directory, to be imported by whoever comes next."""
    return book.blank(
        """
        import os, sys
        for name in ("numpy", "gradus", "values", "json", "struct", "select", "copy", "runner", "isolate"):
            with open(f"{name}.py", "w") as file:
                file.write("def pack(*a): return b'1000'\\nunpack = loads = pack\\n")
        sys.path.insert(0, os.getcwd())
        for name in ("gradus.values", "json", "struct", "copy"):
            sys.modules.pop(name, None)
        """
    )


@cheat(NOTHING)
def modules_replaced(book):
    """sys.modules holds mocks in place of gradus, json and struct."""
    return book.blank(
        """
        import sys
        from unittest.mock import MagicMock
        for name in list(sys.modules):
            if name.split(".")[0] in ("gradus", "json", "nbgrader", "autograder", "struct"):
                sys.modules[name] = MagicMock()
        """
    )


@cheat(NOTHING)
def builtins_that_agree(book):
    """isinstance, len, abs, float and all say what suits the submission."""
    return book.blank(
        """
        import builtins
        builtins.isinstance = lambda *args: True
        builtins.abs = builtins.float = lambda value: 0.0
        builtins.all = builtins.any = builtins.bool = lambda *args: True
        builtins.len = lambda value: 2
        """
    )


@cheat(NOTHING)
def builtins_that_run(book):
    """exec, compile, __import__, open and print are replaced: checks run as nothing."""
    return book.blank(
        """
        import builtins
        builtins.exec = builtins.eval = builtins.compile = lambda *args, **kwargs: None
        builtins.open = builtins.print = builtins.id = lambda *args, **kwargs: None
        builtins.__import__ = lambda *args, **kwargs: None
        """
    )


@cheat(FULL)
def builtins_under_right_answers(book):
    """Right answers, below a cell that replaces print, open, id, exec, compile and input."""
    return book.right(
        """
        import builtins
        for name in ("print", "open", "id", "exec", "eval", "compile", "input", "vars", "repr"):
            setattr(builtins, name, lambda *args, **kwargs: None)
        """
    )


FORGE = """
import os, struct
from gradus import values
def forge(*frames):
    data = b"".join(struct.pack("<I", len(f)) + f for f in map(values.pack, frames))
    for file in range(3, 64):
        try:
            os.set_blocking(file, False)
            os.write(file, data)
        except (OSError, ValueError):
            pass
"""
FULL_FRAMES = "{'kind': 'returned', 'value': 1.0, 'changed': ()}, {'points': 3.0, 'earned': 3.0, 'status': 'right'}"


@cheat(NOTHING)
def forged_by_a_cell(book):
    """A cell writes results into every open file."""
    return book.blank(FORGE + f"forge({{'ready': True}}, *[{FULL_FRAMES}] * 20)")


@cheat(NOTHING)
def forged_by_an_answer(book):
    """Answers write results into every open file and leave."""
    return book.blank(
        FORGE, **{name: define(name, f"forge(*[{FULL_FRAMES}] * 20)\nos._exit(0)") for name in FULL}
    )


@cheat(NOTHING)
def forged_by_a_thread(book):
    """A thread that a cell left running writes results into every open file."""
    return book.blank(
        FORGE
        + f"""
import threading, time
def again():
    for _ in range(200):
        forge({FULL_FRAMES})
        time.sleep(0.01)
threading.Thread(target=again, daemon=True).start()
"""
    )


@cheat(NOTHING)
def forged_garbage(book):
    """A cell writes lengths of four gigabytes and random bytes into every open file."""
    return book.blank(
        """
        import os
        for file in range(3, 64):
            for data in (b"\\xff" * 64, b"\\x04\\0\\0\\0null", os.urandom(1000)):
                try:
                    os.set_blocking(file, False)
                    os.write(file, data)
                except OSError:
                    pass
        """
    )


@cheat(NOTHING)
def forged_kinds(book):
    """What outcomes say of themselves is of every type, and nested in itself."""
    return book.blank(
        """
        from gradus import calling, values
        pack, kinds = values.pack, [[], {}, 1.0, None, True, np.zeros(2), values.Rng(1), ("returned",), "right"]
        def lie(value):
            if isinstance(value, dict) and "kind" in value:
                kind = kinds.pop(0)
                kinds.append(kind)
                value = {"kind": kind, "value": {"kind": kind}, "changed": [kind], "error": kind, "line": kind,
                         "starved": kind}
            return pack(value)
        values.pack = lie
        """,
        **RIGHT,
    )


@cheat(FULL)
def answered_by_a_child(book):
    """A cell forks, and the child would go on in the place of its parent, which ends."""
    # The child waits: were it quicker than its parent's end, the next cells would be blamed by chance.
    return book.right("import os, time\nif os.fork():\n    os._exit(0)\ntime.sleep(0.5)")


@cheat(but(scale=0.0))
def forked_answer(book):
    """An answer forks; child and parent both return, the child with another value."""
    return book.right(scale=define("scale", "import os\nreturn 1.0 if os.fork() == 0 else 2.0"))


@cheat(NOTHING)
def chance(book):
    """Results are drawn at random, in the hope of a second call."""
    return book.blank(
        scale=define("scale", "return weight * np.tanh(x) * np.random.choice([-1.001, 1.001])"),
        draw=define("draw", "return np.random.default_rng().choice([0, 1 / keep], size=shape)"),
    )


def two_guesses(book: Book, late: str, *cells: str) -> dict:
    """Right answers, but for one that has two rules, each right for half of the cases: which of them is `late`."""
    body = f"""
late = {late}
return weight * (np.tanh(x) if (np.ndim(x) == 1) != late else x)
"""
    return book.right(*cells, scale=define("scale", body))


# A right answer is called four times; what tells the fifth call would have been told that the four were not right.
COUNTS = """
import os
def fifth(path):
    with open(path, "a") as file:
        file.write("x")
    return os.path.getsize(path) > 4
"""


@cheat(but(scale=0.0))
def two_guesses_by_files(book):
    """Of two guesses, the one that is made depends on a file in the working folder."""
    return two_guesses(book, "fifth('calls')", COUNTS)


@cheat(but(scale=0.0))
def two_guesses_by_a_file_of_a_cell(book):
    """Of two guesses, the one that is made depends on how often a file has grown that a cell wrote."""
    return two_guesses(book, "fifth('calls')", COUNTS, "open('calls', 'w').close()")


@cheat(but(scale=0.0), stock=False)
def two_guesses_by_files_in_tmp(book):
    """Of two guesses, the one that is made depends on a file deep in /tmp."""
    return two_guesses(
        book, "os.makedirs('/tmp/a/b', exist_ok=True) or fifth('/tmp/a/b/calls')", COUNTS
    )


@cheat(but(scale=0.0), stock=False)
def two_guesses_by_shared_memory(book):
    """Of two guesses, the one that is made depends on a file in /dev/shm."""
    return two_guesses(book, "fifth('/dev/shm/calls')", COUNTS)


@cheat(but(scale=0.0))
def two_guesses_by_a_file_without_a_name(book):
    """Of two guesses, the one that is made depends on a file without a name that a cell shares with its forks."""
    return two_guesses(
        book,
        "count() > 4",
        """
        import mmap, tempfile
        with tempfile.TemporaryFile() as file:
            file.truncate(8)
            shared = mmap.mmap(file.fileno(), 8)
        def count():
            shared[0] += 1
            return shared[0]
        """,
    )


@cheat(but(scale=0.0))
def two_guesses_by_a_pipe(book):
    """Of two guesses, the one that is made depends on what earlier calls wrote into a pipe."""
    return two_guesses(
        book,
        "count() > 4",
        """
        import fcntl, os, struct, termios
        reads, writes = os.pipe()
        def count():
            os.write(writes, b"x")
            return struct.unpack("i", fcntl.ioctl(reads, termios.FIONREAD, b"    "))[0]
        """,
    )


@cheat(but(scale=0.0), stock=False)
def two_guesses_by_pid(book):
    """Of two guesses, the one that is made depends on the number of the process."""
    return two_guesses(book, "os.getpid() - os.getppid() > 3", "import os")


@cheat(but(scale=0.0))
def two_guesses_by_the_clock(book):
    """Of two guesses, the one that is made depends on the time since the first cell."""
    return two_guesses(
        book,
        "time.sleep(0.4) or time.monotonic() - begun > 2",
        "import time\nbegun = time.monotonic()",
    )


@cheat(but(scale=0.0))
def two_guesses_by_counting(book):
    """Of two guesses, the one that is made depends on whether the process has called it before."""
    return two_guesses(book, "not calls and not calls.append(1)", "calls = []")


@cheat(but(scale=0.0))
def two_guesses_alternate(book):
    """Two guesses take turns, and the second is right."""
    return book.right(
        "calls = []",
        scale=define(
            "scale", "calls.append(1)\nreturn weight * (x if len(calls) % 2 else np.tanh(x))"
        ),
    )


@cheat(but(scale=1.0))
def two_guesses_by_frames(book):
    """Of two guesses that differ for a number only, the one that is made depends on whether the call is alone."""
    body = """
    import sys
    frame = sys._getframe()
    while "calls" not in frame.f_locals:
        frame = frame.f_back
    alone = len(frame.f_locals["calls"]) == 1
    return weight * (np.tanh(x) if np.ndim(x) or not alone else x)
    """
    return book.right(scale=define("scale", body))


# What an answer would tell of a hidden argument: in no source does it stand as it would be told.
TELLS = "told = 7007 * 11001\nword = str(told)"
TOLD = str(7007 * 11001)


@cheat(NOTHING)
def tells_by_exceptions(book):
    """Arguments are told in the text and the name of an exception, a signal, and a number of notes."""
    return book.blank(
        TELLS,
        scale=define("scale", "raise ValueError(word)"),
        track=define("track", "raise type(f'E{word}', (Exception,), {})(word)"),
        draw=define("draw", "raise KeyError(told)"),
        descend=define("descend", "error = ValueError()\nerror.add_note(word)\nraise error"),
    )


@cheat(NOTHING)
def tells_by_lines(book):
    """Arguments are told in the line that is quoted of a cell: its text, in memory, is another's."""
    body = """
        import linecache
        lines = [f"raise ValueError({word})\\n"] * 100
        for name in list(linecache.cache):
            linecache.cache[name] = (1, None, lines, name)
        linecache.getline = lambda *args: lines[0]
        linecache.checkcache = lambda *args: None
        raise ValueError
    """
    return book.blank(TELLS, **{name: define(name, body) for name in FULL})


@cheat(NOTHING)
def tells_by_shapes(book):
    """Arguments are told in the shape, the length, the number of bytes and the type of results."""
    return book.blank(
        TELLS,
        scale=define("scale", "return np.empty((0, told))"),
        track=define("track", "return [None] * (told // 100)"),
        draw=define("draw", "return type(f'T{word}', (), {})()"),
        descend=define("descend", "return b'x' * 10 + word.encode()"),
    )


@cheat(NOTHING)
def tells_by_values(book):
    """Arguments are told in text, in a key, and in a number where another type is asked."""
    return book.blank(
        TELLS,
        scale=define("scale", "return word"),
        track=define("track", "return {word: told}"),
        draw=define("draw", "return np.full(shape, told)"),
        descend=define("descend", "return [word]"),
    )


@cheat(NOTHING)
def tells_by_forged_outcomes(book):
    """Arguments are told in every text of an outcome, which gradus, in the sandbox, writes as the cheat likes."""
    return book.blank(
        TELLS,
        """
        from gradus import calling, values
        pack, kinds = values.pack, ["raised", "killed", "not data", "returned", "not found"]
        def lie(value):
            if isinstance(value, dict) and "kind" in value:
                kind = kinds.pop(0)
                kinds.append(kind)
                value = {"kind": kind, "value": None, "changed": (word,), "error": word, "message": word, "line": word}
            return pack(value)
        values.pack = lie
        """,
        **{name: define(name, "return 1") for name in FULL},
    )


@cheat(NOTHING)
def warnings_as_results(book):
    """Answers warn and return the warning, or raise it."""
    return book.blank(
        scale=define("scale", "import warnings\nwarnings.warn('2.0')\nreturn Warning(2.0)"),
        track=define("track", "raise UserWarning(3.0)"),
        draw=define("draw", "raise StopIteration(1.0)"),
        descend=define("descend", "raise GeneratorExit"),
    )


@cheat(NOTHING)
def lying_class(book):
    """Results say that they are of another class, and give other items each time they are read."""
    return book.blank(
        """
        import itertools
        class Liar:
            __class__ = tuple
            count = itertools.count()
            __iter__ = lambda self: iter([float(next(self.count)) for _ in range(2)])
            __len__ = lambda self: 2
            items = lambda self: [("a", next(self.count))]
        class Named(type):
            __instancecheck__ = __subclasscheck__ = lambda *args: True
            __call__ = lambda *args: 1.0
        """,
        **{name: define(name, "return Liar(), Liar()") for name in FULL},
    )


@cheat(NOTHING)
def hostile_subclasses(book):
    """Results are subclasses of dict, str, int and ndarray whose methods raise, lie and write."""
    return book.blank(
        """
        class Dict(dict):
            items = __iter__ = keys = lambda self: 1 / 0
        class Text(str):
            encode = __str__ = __repr__ = lambda self, *args: self
        class Number(int):
            __index__ = __int__ = __float__ = lambda self: open("/tmp/gradus-corpus-was-here", "w") and 1
        class Array(np.ndarray):
            astype = tobytes = __array__ = lambda self, *args, **kwargs: b"\\xff" * 10**7
            dtype = property(lambda self: np.dtype(float))
            shape = property(lambda self: (10**9, 10**9))
        """,
        scale=define("scale", "return Dict(a=1)"),
        track=define("track", "return Text('right'), Number(1)"),
        draw=define("draw", "return np.zeros(shape).view(Array)"),
        descend=define("descend", "return np.zeros(2).view(Array)"),
    )


@cheat(NOTHING)
def imports_hooked(book):
    """Import hooks, codecs, audit hooks and a copyreg reducer are set for whoever comes next."""
    return book.blank(
        """
        import codecs, copyreg, importlib.abc, sys
        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                raise ImportError(name)
        sys.meta_path.insert(0, Finder())
        sys.path_hooks.clear()
        codecs.register(lambda name: 1 / 0)
        copyreg.pickle(float, lambda value: (str, ("1000",)))
        """
    )


@cheat(only(scale=2.0))
def name_of_another_exercise(book):
    """A right answer is bound to the names of the other exercises."""
    return book.blank(scale=RIGHT["scale"] + "\n\ntrack = draw = descend = scale")


@cheat(NOTHING)
def letters_that_look_alike(book):
    """The answer's name is written in letters that look like the right ones."""
    return book.blank(last=(RIGHT["scale"].replace("def scale", "def \u0455cale"),))


# Probes: an answer is right only if an attempt to leave the sandbox has failed.

HELD = define("scale", "if not held:\n    return None\n" + BODIES["scale"])


def attempt(book: Book, *cells: str) -> dict:
    """A notebook whose `scale` is right only where its cells leave `held` true."""
    return book.right("held = False", *cells, scale=HELD)


@probe()
def probe_network(book):
    """There is no network but its own: no interface, no route."""
    return attempt(
        book,
        """
        import socket
        names = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
        try:
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
            reached = True
        except OSError:
            reached = False
        held = names == ["lo"] and not reached
        """,
    )


@probe()
def probe_socket_families(book):
    """Sockets to the host, to the kernel and of packets are refused."""
    return attempt(
        book,
        """
        import socket
        opened = []
        for family in (40, 16, 17, 38, 44):  # vsock, netlink, packet, alg, xdp
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                try:
                    opened.append(socket.socket(family, kind))
                except OSError:
                    pass
        held = not opened
        """,
    )


@probe(stock=False)
def probe_writing(book):
    """Nothing can be written but the temporary folders: neither the system nor Python nor gradus."""
    return attempt(
        book,
        """
        import glob, os, sys, gradus
        places = ["/", "/usr", "/usr/lib", "/etc", "/opt", "/var", "/home", "/root", "/dev", "/proc", "/sys", sys.prefix]
        places += [os.path.dirname(gradus.__file__), os.path.dirname(np.__file__), *sys.path]
        places += glob.glob("/*/") + glob.glob("/opt/*/*/")
        wrote = []
        few = sum(name.isdigit() for name in os.listdir("/proc")) < 40
        own = [os.stat(folder).st_dev for folder in ("/tmp", "/dev/shm")]
        for place in places if few else ():
            if os.path.exists(place) and os.stat(place).st_dev in own:
                continue
            for make in (os.mkdir, lambda path: open(path, "w"), lambda path: os.symlink("x", path)):
                try:
                    make(os.path.join(place, "gradus-corpus-was-here"))
                    wrote.append(place)
                except OSError:
                    pass
        held = few and not wrote
        """,
    )


@probe(stock=False)
def probe_permissions(book):
    """Permissions, owners and times of what is shown cannot be changed; hard links to it cannot be made."""
    return attempt(
        book,
        """
        import os, sys, gradus
        few = sum(name.isdigit() for name in os.listdir("/proc")) < 40
        target = gradus.__file__
        tries = [
            lambda: os.chmod(target, 0o777), lambda: os.chown(target, os.getuid(), os.getgid()),
            lambda: os.utime(target), lambda: os.link(target, "mine.py"), lambda: os.rename(target, target + "x"),
            lambda: os.truncate(target, 10), lambda: os.unlink(os.path.dirname(target) + "/data.py"),
            lambda: os.setxattr(target, "user.x", b"1"), lambda: os.chroot("/tmp"),
        ]
        done = []
        for number, change in enumerate(tries if few else ()):
            try:
                change()
                done.append(number)
            except OSError:
                pass
        held = few and not done
        """,
    )


@probe()
def probe_files(book):
    """Nothing of the course, of a home or of the machine can be seen."""
    return attempt(
        book,
        """
        import os
        seen = []
        for place, folders, files in os.walk("/"):
            folders[:] = [f for f in folders if f not in ("proc", "site-packages", "dist-packages") and place != "/usr"]
            if place.count("/") > 5:
                folders.clear()
            seen += [name for name in (*folders, *files) if name in (
                "gradebook.db", ".secret", "submitted", "autograded", "shadow", "passwd", "id_rsa", ".ssh", "answers",
                "solutions", "grading.py", "docker.sock", "classroom.py", ".git", ".bashrc")]
        held = not seen and not os.path.exists("/proc/1/root/home")
        """,
    )


@probe()
def probe_environment(book):
    """The environment tells nothing: no path of the course, no token, no home."""
    return attempt(
        book,
        """
        import os
        words = ("COURSE", "TOKEN", "SECRET", "PASS", "KEY", "REFERENCES", "SSH", "PYTEST", "DB")
        held = not [name for name in os.environ if any(word in name for word in words)]
        held = held and os.environ.get("HOME") in ("/tmp", os.getcwd())
        """,
    )


@probe()
def probe_processes(book):
    """No other process is seen, and none can be signalled or traced."""
    return attempt(
        book,
        """
        import ctypes, os
        others = [int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid()]
        traced = ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0  # PTRACE_TRACEME
        held = not others and not traced
        """,
    )


@probe()
def probe_leftovers(book):
    """The working directory holds the visible cases alone; nothing of another submission is left."""
    return attempt(
        book,
        """
        import os, sys
        # Where the project itself lies in /tmp, Python is shown there.
        shown = {folder.split("/")[2] for folder in (sys.prefix, sys.base_prefix) if folder.startswith("/tmp/")}
        mine = [name for name in os.listdir(".") if name not in shown]
        held = os.getcwd() == "/tmp" and mine == ["steps.cases"] and not os.listdir("/dev/shm")
        open("/tmp/left", "w").close()
        open("/dev/shm/left", "w").close()
        """,
    )


@probe()
def probe_limits(book):
    """Limits cannot be raised."""
    return attempt(
        book,
        """
        import resource
        raised = []
        for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE"):
            what = getattr(resource, name)
            for most in (resource.RLIM_INFINITY, 2**40):
                try:
                    resource.setrlimit(what, (most, most))
                    raised.append(name)
                except (OSError, ValueError):
                    pass
        held = not raised
        """,
    )


@probe()
def probe_privileges(book):
    """There are no capabilities and none can be had; namespaces, mounts and the like are refused."""
    return attempt(
        book,
        """
        import ctypes, os
        lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
        none = all(int(lines[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"))
        libc = ctypes.CDLL(None)
        done = [flag for flag in (0x10000000, 0x00020000, 0x40000000) if libc.unshare(flag) == 0]
        done += [1] if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0 else []
        for change in (os.setuid, os.setgid):
            try:
                change(0)
                done.append(change)
            except OSError:
                pass
        held = none and not done and lines["NoNewPrivs"].strip() == "1"
        """,
    )


@probe()
def probe_descriptors(book):
    """No open file leads to a file of the machine."""
    return attempt(
        book,
        """
        import os
        targets = []
        for file in os.listdir("/proc/self/fd"):
            try:
                targets.append(os.readlink(f"/proc/self/fd/{file}"))
            except OSError:
                pass
        held = all(target.startswith(("/dev/null", "socket:", "pipe:", "/proc/", "anon_inode:")) for target in targets)
        """,
    )


@probe(stock=False)
def probe_kernel(book):
    """Settings of the kernel cannot be written, and no device can be made or opened."""
    return attempt(
        book,
        """
        import os, stat
        few = sum(name.isdigit() for name in os.listdir("/proc")) < 40
        done = []
        for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches",
                     "/sys/fs/cgroup/cgroup.procs", "/dev/mem", "/dev/kmsg", "/dev/sda"):
            try:
                os.close(os.open(path, os.O_WRONLY))
                done.append(path)
            except OSError:
                pass
        try:
            os.mknod("device", stat.S_IFBLK | 0o600, os.makedev(8, 0))
            done.append("mknod")
        except OSError:
            pass
        held = few and not done
        """,
    )


# Resources: each costs only the exercise that it stands in.


def in_cell(book: Book, source: str) -> dict:
    """Right answers, and a cell of the student's own."""
    return book.right(source)


def in_answer(book: Book, body: str) -> dict:
    """Right answers, but for `scale`."""
    return book.right(scale=define("scale", body))


COSTS_SCALE = but(scale=0.0)


@resource(FULL, stock=True)
def loop_in_a_cell(book):
    """A cell that never ends."""
    return in_cell(book, "while True: pass")


@resource(COSTS_SCALE, stock=True)
def loop_in_an_answer(book):
    """An answer that never ends."""
    return in_answer(book, "while True: pass")


@resource(but(scale=0.0, draw=0.0))
def loops_in_two_answers(book):
    """Two answers that never end."""
    return book.right(
        scale=define("scale", "while True: pass"), draw=define("draw", "while True: pass")
    )


@resource(COSTS_SCALE)
def loop_in_the_cell_of_an_answer(book):
    """The cell that defines an answer never ends; the function is defined above the loop."""
    return book.right(scale="while True: pass\n" + RIGHT["scale"])


@resource(FULL)
def stubborn_cell(book):
    """A cell that catches BaseException and goes on."""
    return in_cell(
        book,
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
    )


@resource(COSTS_SCALE)
def stubborn_answer(book):
    """An answer that catches BaseException and goes on."""
    return in_answer(
        book, "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    )


@resource(FULL)
def alarm_ignored(book):
    """A cell that ignores every signal, clears its timers and loops."""
    return in_cell(
        book,
        """
        import signal
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        signal.setitimer(signal.ITIMER_REAL, 0)
        while True: pass
        """,
    )


@resource(FULL)
def alarm_armed_again(book):
    """A cell arms an alarm that rings in the cells after it."""
    return in_cell(
        book,
        (
            "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
            "signal.setitimer = lambda *a: None"
        ),
    )


@resource(COSTS_SCALE)
def numpy_loop(book):
    """An answer that stays inside NumPy, where no signal is handled."""
    return in_answer(book, "a = np.ones((1500, 1500))\nfor _ in range(40):\n    np.linalg.svd(a)")


@resource(COSTS_SCALE)
def regex_catastrophe(book):
    """An answer in a regular expression that backtracks for ages, inside C."""
    return in_answer(book, "import re\nre.match(r'(a+)+$', 'a' * 34 + 'b')")


@resource(COSTS_SCALE)
def sleeper(book):
    """An answer that sleeps."""
    return in_answer(book, "import time\ntime.sleep(60)")


@resource(COSTS_SCALE)
def pauser(book):
    """An answer that waits for a signal, with all of them blocked."""
    return in_answer(
        book,
        (
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
            "signal.sigtimedwait([signal.SIGUSR1], 60)"
        ),
    )


@resource(COSTS_SCALE)
def stopped(book):
    """An answer that stops itself and its parent with SIGSTOP."""
    return in_answer(
        book,
        (
            "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n"
            "os.kill(os.getpid(), signal.SIGSTOP)"
        ),
    )


@resource(COSTS_SCALE, stock=True)
def one_wide_text_in_a_list(book):
    """An answer returns a list of 3000 letters and a text of 100,000: as one array, 1.2 GB."""
    return in_answer(book, "return ['x'] * 3000 + ['y' * 100_000]")


@resource(COSTS_SCALE, stock=True)
def one_complex_array_among_truths(book):
    """An answer returns 800 arrays of a byte a number and one of sixteen: as one array, sixteen times the bytes."""
    return in_answer(book, "return [np.zeros(16_000, bool)] * 800 + [np.zeros(16_000, complex)]")


@resource(COSTS_SCALE, stock=True)
def many_small_dicts(book):
    """An answer returns 99,000 dicts a case, which take fifteen times as much room as they are bytes."""
    return in_answer(book, "return [{'a': 0}] * 99_000")


@resource(COSTS_SCALE, stock=True)
def many_small_arrays(book):
    """An answer returns 190,000 arrays of one number."""
    return in_answer(book, "return [np.zeros(1)] * 190_000")


@resource(COSTS_SCALE, stock=True)
def huge_whole_numbers(book):
    """An answer returns a whole number of 100,000 digits, or many of 4,000."""
    return in_answer(book, "return 10**100_000 if np.ndim(x) else [10**4_000] * 1_000")


FORKS = """
import os, time
children = []
for _ in range(60):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        time.sleep(20)
        os._exit(0)
    children.append(child)
"""


@resource(FULL)
def fork_storm_in_a_cell(book):
    """A cell that starts up to sixty processes and leaves them."""
    return in_cell(book, FORKS)


@resource(COSTS_SCALE)
def fork_storm_in_an_answer(book):
    """An answer that starts up to sixty processes and waits for them."""
    return in_answer(book, FORKS + "for child in children:\n    os.waitpid(child, 0)")


@resource(COSTS_SCALE)
def fork_chain(book):
    """An answer whose child forks and leaves, and so on for sixty generations."""
    return in_answer(
        book,
        (
            "import os, time\nfor _ in range(60):\n    if os.fork():\n        os._exit(0)\n"
            "    os.setsid()\ntime.sleep(20)"
        ),
    )


@resource(FULL)
def zombies(book):
    """A cell whose children have ended and are never waited for."""
    return in_cell(
        book,
        (
            "import os\nfor _ in range(60):\n    try:\n"
            "        if os.fork() == 0: os._exit(0)\n    except OSError: break"
        ),
    )


@resource(FULL)
def daemon(book):
    """A cell that leaves a daemon with its own session, which writes for ten seconds."""
    return in_cell(
        book,
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for _ in range(100):
                    open("/tmp/daemon", "a").write("x")
                    time.sleep(0.1)
            os._exit(0)
        """,
    )


@resource(FULL)
def threads(book):
    """A cell that leaves up to sixty threads, some of them busy."""
    return in_cell(
        book,
        """
        import threading, time
        end = time.time() + 10
        def spin():
            while time.time() < end: pass
        for number in range(60):
            try:
                run = spin if number < 2 else lambda: time.sleep(10)
                threading.Thread(target=run, daemon=True).start()
            except RuntimeError:
                break
        """,
    )


@resource(FULL)
def thread_that_python_waits_for(book):
    """A cell that leaves a thread which is no daemon, and an exit handler that sleeps."""
    return in_cell(
        book,
        (
            "import atexit, threading, time\n"
            "threading.Thread(target=time.sleep, args=(20,)).start()\n"
            "atexit.register(time.sleep, 20)"
        ),
    )


@resource(FULL)
def memory_in_a_cell(book):
    """A cell that takes up to 3 GB."""
    return in_cell(book, "kept = [b'x' * 2**26 for _ in range(48)]")


@resource(COSTS_SCALE)
def memory_in_an_answer(book):
    """An answer that takes up to 3 GB."""
    return in_answer(book, "kept = [b'x' * 2**26 for _ in range(48)]\nreturn x")


@resource(COSTS_SCALE)
def memory_of_children(book):
    """An answer whose six children take up to 500 MB each."""
    return in_answer(
        book,
        """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                kept = [b'x' * 2**24 for _ in range(31)]
                time.sleep(5)
                os._exit(0)
        for _ in range(6):
            os.wait()
        return 0.0
        """,
    )


@resource(FULL)
def memory_kept_by_a_cell(book):
    """A cell that keeps as much memory as it gets: what little there is left must do for the calls."""
    return in_cell(
        book,
        (
            "kept = []\ntry:\n    for _ in range(3000):\n"
            "        kept.append(bytearray(2**20))\nexcept MemoryError:\n    del kept[-50:]"
        ),
    )


@resource(FULL)
def shared_memory(book):
    """A cell that fills /dev/shm, to 200 MB at most."""
    return in_cell(
        book,
        (
            "with open('/dev/shm/full', 'wb') as file:\n    for _ in range(200):\n"
            "        file.write(b'x' * 2**20)"
        ),
    )


@resource(FULL, stock=True)
def output_by_print(book):
    """100 MB are printed."""
    return in_cell(book, "for _ in range(100):\n    print('x' * 2**20)")


@resource(FULL)
def output_by_lines(book):
    """A million short lines are printed, on both streams."""
    return in_cell(
        book, "import sys\nfor n in range(500_000):\n    print(n)\n    sys.stderr.write('.\\n')"
    )


@resource(FULL)
def output_by_write(book):
    """100 MB are written straight to standard output and standard error, from an answer, too."""
    body = (
        "import os\nfor _ in range(50):\n    os.write(1, b'x' * 2**20)\n"
        "    os.write(2, b'x' * 2**20)\n"
    )
    return book.right(body, draw=define("draw", body + BODIES["draw"]))


@resource(FULL)
def output_by_logging(book):
    """20 MB are logged."""
    return in_cell(
        book,
        (
            "import logging\nlogging.basicConfig(level=10)\nfor _ in range(20):\n"
            "    logging.debug('x' * 2**20)"
        ),
    )


@resource(COSTS_SCALE)
def result_of_many_bytes(book):
    """The result has 200 MB."""
    return in_answer(book, "return np.zeros(25 * 2**20)")


@resource(COSTS_SCALE)
def frames_of_many_bytes(book):
    """An answer writes 600 MB into its pipe."""
    return in_answer(
        book,
        """
        import os
        for file in range(3, 64):
            try:
                if 'pipe' not in os.readlink(f'/proc/self/fd/{file}'):
                    continue
                os.write(file, b'\\xff\\xff\\xff\\xff')
                for _ in range(600):
                    os.write(file, b'x' * 2**20)
            except OSError:
                pass
        return 0.0
        """,
    )


@resource(FULL)
def full_disk(book):
    """A cell that writes until the folder is full, to 300 MB at most."""
    return in_cell(
        book,
        """
        for number in range(30):
            with open(f'full-{number}', 'wb') as file:
                for _ in range(10):
                    file.write(b'x' * 2**20)
        """,
    )


@resource(FULL)
def many_files(book):
    """A cell that makes twenty thousand small files."""
    return in_cell(
        book, "import os\nfor n in range(20_000):\n    os.close(os.open(f'small-{n}', os.O_CREAT))"
    )


@resource(COSTS_SCALE)
def disk_filled_by_an_answer(book):
    """An answer that fills the folder; the next exercise needs room."""
    return book.right(
        scale=define(
            "scale",
            (
                "for n in range(30):\n    with open(f'full-{n}', 'wb') as f:\n"
                "        f.write(b'x' * 10 * 2**20)\nreturn 0.0"
            ),
        ),
        draw=define(
            "draw", "with open('room', 'wb') as f:\n    f.write(b'x' * 2**20)\n" + BODIES["draw"]
        ),
    )


@resource(COSTS_SCALE)
def folders_beyond_any_path(book):
    """An answer fills the disk in a folder so deep that no path leads there; another writes a file."""
    return book.right(
        scale=define(
            "scale",
            """
            import os
            for _ in range(300):
                os.mkdir("x" * 200)
                os.chdir("x" * 200)
            with open("deep", "wb") as file:
                while file.write(bytes(2**20)):
                    pass
            """,
        ),
        track=define(
            "track",
            "import os\nassert 'x' * 200 not in os.listdir()\nnp.save('mean.npy', mean)\n"
            + BODIES["track"],
        ),
    )


@resource(FULL)
def files_left_open(book):
    """A cell that opens files until there are no more to be had, and keeps them."""
    return in_cell(
        book,
        (
            "kept = []\ntry:\n    for _ in range(5000):\n"
            "        kept.append(open('/dev/null'))\nexcept OSError:\n    pass"
        ),
    )


@resource(COSTS_SCALE, stock=True)
def recursion(book):
    """An answer that calls itself a million times, with the limit raised."""
    return in_answer(
        book,
        (
            "import sys\nsys.setrecursionlimit(10**6)\ndef down(n):\n"
            "    return down(n + 1) if n < 10**6 else n\nreturn down(0)"
        ),
    )


@resource(COSTS_SCALE)
def recursion_in_c(book):
    """An answer that overflows the stack of C."""
    return in_answer(
        book,
        (
            "import sys\nsys.setrecursionlimit(10**6)\nclass A:\n    pass\na = A\n"
            "for _ in range(10**5):\n"
            "    a = type('A', (), {'__getattr__': lambda s, n, a=a: getattr(a(), n)})\n"
            "return a().x"
        ),
    )


@resource(COSTS_SCALE, stock=True)
def crash_in_an_answer(book):
    """An answer that reads address 0."""
    return in_answer(book, "import ctypes\nctypes.string_at(0)")


@resource(FULL, stock=True)
def crash_in_a_cell(book):
    """A cell that reads address 0."""
    return in_cell(book, "import ctypes\nctypes.string_at(0)")


@resource(FULL, stock=True)
def exits_in_cells(book):
    """Cells that call exit(), quit(), sys.exit(), os._exit() and os.abort()."""
    return book.right(
        "exit()",
        "quit(3)",
        "import sys; sys.exit('bye')",
        "import os; os._exit(0)",
        "import os; os.abort()",
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
    )


@resource(but(scale=0.0, track=0.0), stock=True)
def exits_in_answers(book):
    """Answers that call os._exit() and sys.exit()."""
    return book.right(
        scale=define("scale", "import os\nos._exit(0)"),
        track=define("track", "import sys\nsys.exit()"),
    )


@resource(FULL)
def leaves_when_read(book):
    """An answer names an object that ends the process when it is asked for anything: to read its code is enough."""
    return book.right(
        "import os\nclass Odd:\n    def __getattr__(self, name):\n        os._exit(0)\nodd = Odd()",
        descend=define("descend", "odd\n" + BODIES["descend"]),
    )


@resource(but(descend=0.0))
def long_to_read(book):
    """The last answer uses a function of thirty million instructions."""
    return book.right(
        """
        def nothing():
            pass
        code = nothing.__code__
        begins, ends = code.co_code[:2], code.co_code[2:]
        nothing.__code__ = code.replace(co_code=begins + b"\\x09\\x00" * 30_000_000 + ends)
        """,
        descend=define("descend", "nothing()"),
    )


@resource(but(scale=0.0, track=0.0))
def interrupts_in_answers(book):
    """Answers that raise KeyboardInterrupt and GeneratorExit."""
    return book.right(
        scale=define("scale", "raise KeyboardInterrupt"),
        track=define("track", "raise GeneratorExit"),
    )


@resource(COSTS_SCALE)
def kills_everyone(book):
    """An answer that kills its parent, process 1 and every process that it sees."""
    return in_answer(
        book,
        """
        import os, signal
        if sum(name.isdigit() for name in os.listdir("/proc")) < 40:
            for pid in (os.getppid(), 1, -1):
                for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
                    try:
                        os.kill(pid, number)
                    except OSError:
                        pass
        return 0.0
        """,
    )


@resource(COSTS_SCALE)
def signals_to_the_parent(book):
    """An answer that sends its parent the signals for which Python has handlers."""
    return in_answer(
        book,
        """
        import os, signal, time
        if sum(name.isdigit() for name in os.listdir("/proc")) < 40:
            for number in (signal.SIGALRM, signal.SIGINT, signal.SIGCHLD):
                os.kill(os.getppid(), number)
        time.sleep(0.2)
        return 0.0
        """,
    )


@resource(FULL)
def kills_in_a_cell(book):
    """A cell that kills itself, its parent and its group."""
    return in_cell(
        book,
        """
        import os, signal
        if sum(name.isdigit() for name in os.listdir("/proc")) < 40:
            for pid in (os.getppid(), 1, os.getpid()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            os.killpg(0, signal.SIGKILL)
        """,
    )


@resource(FULL)
def descriptors_closed(book):
    """A cell that closes every open file."""
    return in_cell(book, "import os\nos.closerange(0, 64)")


@resource(FULL)
def descriptors_swapped(book):
    """A cell that puts /dev/null in the place of every open file."""
    return in_cell(
        book,
        (
            "import os\nnull = os.open('/dev/null', os.O_RDWR)\nfor file in range(64):\n"
            "    os.dup2(null, file)"
        ),
    )


@resource(FULL)
def streams_replaced(book):
    """A cell that replaces and closes the streams, and the recursion limit, and the working directory."""
    return in_cell(
        book,
        """
        import os, sys
        sys.stdout.close()
        sys.stdout = sys.stderr = sys.__stdout__ = None
        sys.setrecursionlimit(30)
        os.mkdir("deep"); os.chdir("deep"); os.rmdir("../deep")
        """,
    )


@resource(FULL)
def tracing(book):
    """A cell that sets trace and profile functions which raise, and a garbage collector that does."""
    return in_cell(
        book,
        """
        import gc, sys, threading
        def trouble(*args): raise RuntimeError("traced")
        gc.callbacks.append(trouble)
        threading.settrace(trouble)
        sys.setprofile(lambda *args: None)
        """,
    )


@resource(FULL)
def numpy_spoilt(book):
    """An experiment cell that makes NumPy raise at every warning, and prints with no digits."""
    return in_cell(
        book,
        (
            "np.seterr(all='raise')\nnp.set_printoptions(precision=0, threshold=1)\n"
            "np.random.seed(0)\nimport warnings\nwarnings.simplefilter('error')"
        ),
    )


@resource(FULL, note="")
def deep_syntax(book):
    """Cells whose syntax is nested too deep for a parser, in several ways."""
    return book.right(
        "x = " + "(" * 5_000 + "1" + ")" * 5_000,
        "x = " + "-" * 90_000 + "1",
        "x = " + "+".join("1" * 1 for _ in range(60_000)),
        "x = " + "not " * 20_000 + "x",
        "x = a" + ".a" * 50_000,
        "x = f" + "()" * 50_000,
        "x = " + "[" * 50_000,
        "x = " + "{1:" * 30_000,
        "x = " + "lambda: " * 10_000 + "1",
        "x" + "[0]" * 40_000 + " = 1",
    )


@resource(FULL)
def slow_syntax(book):
    """Cells on which a parser that tries everything takes exponential time."""
    return book.right(
        "f(" * 60 + "x for" + ")" * 60,
        "with (" * 1 + "(" * 60 + "a" + ")" * 60 + ": pass",
        "{" * 90 + "a:",
        "[" * 90 + "a b" + "]" * 90,
        "((" * 50 + "a=" + "))" * 50,
        "x = " + "(yield " * 60 + "1 2" + ")" * 60,
        "lambda " * 60 + "a b",
        "f(**{'a': " * 60 + "1 1" + "})" * 60,
        "match " + "(" * 60 + "x" + ")" * 60 + ":\n case " + "(" * 60 + "x y" + ")" * 60 + ": pass",
        "print " * 5000,
    )


@resource(FULL)
def huge_literals(book):
    """Cells with huge literals: a number of ten thousand digits, a power, a repeated string."""
    return book.right(
        "x = " + "9" * 10_000,
        "x = 10 ** 10 ** 8 ** 2",
        "x = 'x' * 10 ** 11",
        "x = 1 << 10 ** 12",
        "x = ((1,) * 10 ** 5,) * 10 ** 7",
    )


# Files: what can be graded is, and one line says what was wrong.


@broken(FULL, note="byte-order mark")
def byte_order_mark(book):
    """The file begins with a byte-order mark."""
    return codecs.BOM_UTF8 + text_of(book.right()).encode()


@broken(FULL, note="UTF-16")
def utf_16(book):
    """The file is UTF-16."""
    return text_of(book.right()).encode("utf-16")


@broken(FULL, note="UTF-32")
def utf_32(book):
    """The file is UTF-32 of the other byte order, with a mark."""
    return codecs.BOM_UTF32_BE + text_of(book.right()).encode("utf-32-be")


@broken(FULL, note="Latin-1")
def latin_1(book):
    """The file is Latin-1."""
    return text_of(
        book.right(why="Weil noch nichts da war, später schon: schöner Mittelwert.")
    ).encode("latin-1")


@broken(FULL)
def nul_in_a_cell(book):
    """A cell holds NUL characters."""
    return book.right(why="Nothing\x00 was seen.", scale=RIGHT["scale"] + "\n# \x00 the end")


@broken(NOTHING, state="not a notebook", note="not JSON")
def nul_bytes(book):
    """The file is nothing but NUL bytes, as after a crash of the disk."""
    return bytes(4096)


@broken(FULL, note="broken or cut off")
def nul_bytes_at_the_end(book):
    """The file's last bytes are NUL."""
    return text_of(book.right()).encode()[:-200] + bytes(200)


def cut(book: Book, after: str) -> bytes:
    """A file that ends within the cell after the one of that id."""
    text = text_of(book.right())
    return text[: text.index(f'"id": "{after}"') + 600].encode()


@broken(only(scale=2.0), note="cut off.*missing")
def cut_off_early(book):
    """The file ends after the first exercise."""
    return cut(book, "check-scale")


@broken(but(descend=0.0), note="cut off.*missing")
def cut_off_late(book):
    """The file ends within the last exercise."""
    text = text_of(book.right())
    return text[: text.index("problem.gradient(theta)")].encode()


@broken(FULL, note="cut off")
def cut_off_at_the_end(book):
    """The file lacks its last brackets."""
    return text_of(book.right()).rstrip("} \n]").encode()


@broken(NOTHING, state="not a notebook", note="ends before its first cell")
def cut_off_at_once(book):
    """The file ends after 30 bytes."""
    return text_of(book.right()).encode()[:30]


@broken(FULL, note="merge-conflict marks")
def merge_conflict(book):
    """The file holds the marks of a merge conflict about its metadata."""
    text = text_of(book.right())
    version = '"nbformat_minor": 5'
    assert version in text
    sides = f'<<<<<<< HEAD\n {version}\n=======\n "nbformat_minor": 4\n>>>>>>> 1f2e3d\n'
    return text.replace(f" {version}", sides).encode()


@broken(FULL, note="merge-conflict marks")
def merge_conflict_in_a_cell(book):
    """A cell holds the marks of a merge conflict: the first side counts."""
    wrong = define("scale", "return 0.0")
    return book.right(scale=f"<<<<<<< HEAD\n{RIGHT['scale']}\n=======\n{wrong}\n>>>>>>> other\n")


@broken(FULL, note="merge-conflict marks")
def merge_conflict_with_base(book):
    """A conflict with three sides, in the lines of a cell's list."""
    notebook = book.right()
    cell_of(notebook, "scale")["source"] = RIGHT["scale"].splitlines(keepends=True)
    text = text_of(notebook)
    line = next(line for line in text.splitlines() if "np.tanh" in line)
    sides = f'<<<<<<< HEAD\n{line}\n||||||| base\n   "0"\n=======\n   "1"\n>>>>>>> other'
    return text.replace(line, sides).encode()


@broken(FULL, note="old format")
def format_3(book):
    """The notebook is in format 3: worksheets, and `input` in place of `source`."""
    cells = [
        {**{k: v for k, v in cell.items() if k not in ("source", "id")}, "input": cell["source"]}
        if cell["cell_type"] == "code"
        else {k: v for k, v in cell.items() if k != "id"}
        for cell in book.right()["cells"]
    ]
    return {
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


@broken(FULL)
def format_4_without_ids(book):
    """The notebook is in format 4.2: cells have no ids, sources are lists of lines."""
    notebook = book.right()
    for cell in notebook["cells"]:
        del cell["id"]
        cell["source"] = cell["source"].splitlines(keepends=True)
    return notebook | {"nbformat_minor": 2}


@broken(FULL)
def format_of_the_future(book):
    """The notebook says that its format is 9."""
    return book.right() | {"nbformat": 9, "nbformat_minor": 99}


@broken(FULL, note=".")
def trailing_commas(book):
    """The JSON was edited by hand: a comma before each closing bracket."""
    return text_of(book.right()).replace("\n  }", ",\n  }").replace("\n }", ",\n }").encode()


@broken(FULL)
def numbers_that_are_not_json(book):
    """NaN, infinities and a number of ten thousand digits stand in the metadata."""
    notebook = book.right()
    notebook["metadata"] |= {"a": float("nan"), "b": float("inf"), "c": "DIGITS"}
    return text_of(notebook).replace('"DIGITS"', "9" * 10_000).encode()


@broken(FULL)
def reordered_cells(book):
    """The cells of the exercises stand in the opposite order."""
    notebook = book.right()
    notebook["cells"] = notebook["cells"][:3] + notebook["cells"][:2:-1]
    return notebook


@broken(FULL, note="missing and put back")
def missing_cells(book):
    """Check cells and text cells were deleted."""
    notebook = book.right()
    notebook["cells"] = [
        c for c in notebook["cells"] if c["cell_type"] == "code" and "check" not in c["id"]
    ]
    return notebook


@broken(but(track=0.0), note="`track`")
def missing_answer(book):
    """The cell of an exercise was deleted."""
    notebook = book.right()
    notebook["cells"].remove(cell_of(notebook, "track"))
    return notebook


@broken(FULL, note="there 2 times")
def doubled_cells(book):
    """Every cell is there twice, the second time as it was released."""
    notebook = book.right()
    notebook["cells"] += book.blank()["cells"]
    return notebook


@broken(FULL, note="there 2 times")
def copied_cell(book):
    """The cell of an exercise was copied with its metadata: first a wrong answer, then the right one."""
    notebook = book.right()
    right = cell_of(notebook, "scale")
    wrong = copy.deepcopy(right) | {"source": define("scale", "return 0.0"), "id": "copy"}
    notebook["cells"].insert(notebook["cells"].index(right), wrong)
    return notebook


@broken(FULL, note="lost their nbgrader metadata")
def stripped_metadata(book):
    """Every cell lost its metadata and its id."""
    notebook = book.right()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    return notebook


@broken(FULL, note=".")
def stripped_metadata_and_renamed_ids(book):
    """Every cell lost its metadata, has another id, and stands among cells of the student's own."""
    notebook = book.right("a = 1", "b = 2")
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"], cell["id"] = {}, f"cell-{number}"
    return notebook


@broken(FULL)
def swapped_ids(book):
    """The grade ids of two exercises were exchanged."""
    notebook = book.right()
    one, other = (cell_of(notebook, name)["metadata"]["nbgrader"] for name in ("scale", "draw"))
    one["grade_id"], other["grade_id"] = "draw", "scale"
    return notebook


@broken(FULL, note="had become text")
def code_turned_to_text(book):
    """The cell of an exercise became a text cell."""
    notebook = book.right()
    cell = cell_of(notebook, "scale")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    return notebook


@broken(FULL, note="had become text")
def raw_cells(book):
    """The cells of exercises became raw cells."""
    notebook = book.right()
    for name in FULL:
        cell_of(notebook, name)["cell_type"] = "raw"
    return notebook


@broken(FULL)
def text_turned_to_code(book):
    """The written answer became a code cell."""
    notebook = book.right()
    cell_of(notebook, "why").update(cell_type="code", outputs=[], execution_count=None)
    return notebook


@broken(FULL, note="`My answers.ipynb`")
def renamed_file(book):
    """The notebook has another name."""
    return Folder({"My answers.ipynb": text_of(book.right()).encode()})


@broken(FULL, note="newest of 2|was called")
def several_files(book):
    """Several notebooks under other names, an empty one and a checkpoint among them."""
    right = text_of(book.right()).encode()
    return Folder(
        {"steps (2).ipynb": right, ".ipynb_checkpoints/steps.ipynb": b"", "steps.ipynb.txt": b""}
    )


@broken(
    FULL, note="was called `steps .1..ipynb`.*the newest that has answers of 2; not graded: `ste"
)
def second_notebook(book):
    """The answers stand in a second notebook, as a browser names it, beside the one as it was released."""
    return Folder(
        {
            "steps.ipynb": text_of(book.blank()).encode(),
            "steps (1).ipynb": text_of(book.right()).encode(),
        }
    )


@broken(FULL, note="`steps.ipynb` was read .the newest that has answers of 3; not graded: `")
def second_notebook_without_answers(book):
    """A copy as it was released and a notebook of experiments lie beside the answers."""
    return Folder(
        {
            "steps.ipynb": text_of(book.right()).encode(),
            "steps-Copy1.ipynb": text_of(book.blank()).encode(),
            "scratch.ipynb": text_of({"cells": [code("x = 1", "x")]}).encode(),
        }
    )


@broken(NOTHING, state="not a notebook", note="hidden/steps.ipynb` is hidden")
def hidden_folder(book):
    """The notebook lies in a hidden folder."""
    return Folder({".hidden/steps.ipynb": text_of(book.right()).encode()})


@broken(FULL, note="was called")
def folder_in_the_folder(book):
    """The notebook lies in a folder of its own name."""
    return Folder({"steps/steps.ipynb": text_of(book.right()).encode()})


@broken(FULL, note="a folder, not a file")
def folder_with_the_name(book):
    """A folder has the notebook's name, and the notebook lies in it."""
    return Folder({"steps.ipynb/answers.ipynb": text_of(book.right()).encode()})


@broken(NOTHING, state="not a notebook", note="the folder holds none")
def empty_folder(book):
    """There is no file at all."""
    return Folder()


@broken(NOTHING, state="not a notebook", note="a link")
def broken_link(book):
    """The notebook is a link that leads nowhere."""
    return Folder({"steps.ipynb": Link("nowhere.ipynb")})


@broken(NOTHING, state="not a notebook", note="a link", stock=False)
def link_to_another(book):
    """The notebook is a link to another student's."""
    return Folder({"steps.ipynb": Link("../../student_right/steps/steps.ipynb")})


@broken(NOTHING, state="not a notebook", note="a link", stock=False)
def link_to_a_device(book):
    """The notebook is a link to a device without an end."""
    return Folder({"steps.ipynb": Link("/dev/zero")})


@broken(FULL, stock=False)
def links_beside(book):
    """Links to the system and to the folder above lie beside the notebook."""
    right = text_of(book.right()).encode()
    return Folder(
        {
            "steps.ipynb": right,
            "root": Link("/"),
            "up": Link(".."),
            "secret": Link("../../../.secret"),
        }
    )


@broken(FULL, note="newest of 3|was called")
def hostile_names_of_files(book):
    """Files whose names are markup, terminal escapes, line breaks, or not UTF-8."""
    right = text_of(book.right()).encode()
    names = [
        "<img src=x onerror=alert(1)>.ipynb",
        "\x1b[2J\n`x` [a](javascript:alert(1)).ipynb",
        "\udcff.ipynb",
    ]
    return Folder(dict.fromkeys(names, right) | {"-rf": b"", "*": b""})


@broken(FULL)
def odd_timestamp(book):
    """The time of submission is nonsense."""
    return Folder(
        {"steps.ipynb": text_of(book.right()).encode(), "timestamp.txt": b"\xff\0 tomorrow " * 1000}
    )


@broken(FULL)
def timestamp_at_the_end_of_time(book):
    """The time of submission lies beyond what UTC can hold."""
    return Folder(
        {
            "steps.ipynb": text_of(book.right()).encode(),
            "timestamp.txt": b"9999-12-31 23:59:59 -1200",
        }
    )


@broken(FULL, stock=False)
def timestamp_from_elsewhere(book):
    """The time of submission is a link to a device."""
    return Folder(
        {"steps.ipynb": text_of(book.right()).encode(), "timestamp.txt": Link("/dev/zero")}
    )


@broken(FULL, stock=False)
def timestamp_that_is_a_folder(book):
    """The time of submission is a folder."""
    return Folder({"steps.ipynb": text_of(book.right()).encode(), "timestamp.txt": None})


@broken(FULL)
def ids_of_every_type(book):
    """Grade ids are lists, dicts, numbers and null; all cells have the same id."""
    notebook = book.right()
    for number, name in enumerate(FULL):
        cell_of(notebook, name)["metadata"]["nbgrader"]["grade_id"] = [[], {}, 5, None][number]
    for cell in notebook["cells"]:
        cell["id"] = "the same"
    return notebook


@broken(FULL)
def marks_of_every_type(book):
    """nbgrader's metadata of a cell are a text, a list and null."""
    notebook = book.right()
    for odd, name in zip(("text", [1], None), FULL, strict=False):
        cell_of(notebook, name)["metadata"]["nbgrader"] = odd
    return notebook


@broken(NOTHING, state="not a notebook", note=".")
def pickle_in_place_of_a_notebook(book):
    """The file is a pickle that would run a command."""
    return b"cos\nsystem\n(S'touch /tmp/gradus-corpus-was-here'\ntR."


@broken(NOTHING, state="not a notebook", note=".")
def random_bytes(book):
    """The file is random bytes."""
    return bytes((n * n * 31 + n // 7) % 256 for n in range(100_000))


@broken(FULL, note="broken or cut off|conflict")
def broken_in_the_middle(book):
    """A cell in the middle is cut in two by bytes of another file; the cells of the exercises are whole."""
    notebook = book.right("print('THE MIDDLE')")
    return text_of(notebook).replace("THE MIDDLE", 'TH"}]},{[\x01').encode()


@broken(NOTHING, state="not a notebook", note="empty")
def empty_file(book):
    """The file is empty."""
    return b""


@broken(NOTHING, state="not a notebook", note="empty")
def white_file(book):
    """The file holds blanks."""
    return b" \n\t\r\n" * 100


@broken(NOTHING, state="not a notebook", note="PDF")
def pdf(book):
    """The file is a PDF."""
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj\n"


@broken(NOTHING, state="not a notebook", note="ZIP")
def zip_file(book):
    """The file is a ZIP archive that holds the notebook."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("steps.ipynb", text_of(book.right()))
    return packed.getvalue()


@broken(NOTHING, state="not a notebook", note="web page")
def web_page(book):
    """The file is the page that showed the notebook."""
    return (
        b"\n<!DOCTYPE html>\n"
        b"<html><script>alert(1)</script><pre>def scale(x, weight): ...</pre></html>"
    )


@broken(NOTHING, state="not a notebook", note=".")
def picture(book):
    """The file is a picture."""
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@broken(NOTHING, state="not a notebook", note="it has no cells|no cells")
def other_json(book):
    """The file is JSON, but no notebook."""
    return b'[{"cells": 1}, 2, "three"]'


@broken(NOTHING, state="not a notebook", note="no cells")
def no_cells(book):
    """The notebook has an empty list of cells."""
    return book.blank() | {"cells": []}


@broken(FULL, note="this is a text")
def script(book):
    """The answers stand in a Python script, under the notebook's name."""
    return ("import numpy as np\nfrom gradus import *\n\n" + "\n\n\n".join(RIGHT.values())).encode()


@broken(FULL, note="was called.*this is a text")
def script_of_vscode(book):
    """The answers stand in a script with cell marks, as VS Code exports it."""
    cells = [
        "# %% [markdown]\n# # Small steps",
        "import numpy as np\nfrom gradus import *",
        *RIGHT.values(),
    ]
    return Folder({"steps.py": "\n\n# %%\n".join(cells).encode()})


@broken(NOTHING, state="not a notebook", note="larger than")
def huge_file(book):
    """The file has 70 MB: pictures in its outputs."""
    notebook = book.right()
    cell_of(notebook, "scale")["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 70 * 2**20}}
    ]
    return notebook


@broken(FULL)
def large_file(book):
    """The file has 30 MB: pictures in its outputs."""
    notebook = book.right()
    cell_of(notebook, "scale")["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 30 * 2**20}}
    ]
    return notebook


@broken(FULL, note="of 100,0")
def many_cells(book):
    """A hundred thousand cells follow those of the notebook."""
    notebook = book.right()
    notebook["cells"] += [code(f"n = {n}", f"c{n}") for n in range(100_000)]
    return notebook


@broken(FULL, note="longer than")
def long_cell(book):
    """A cell of a million characters."""
    return book.right("x = [\n" + "1,\n" * 300_000 + "]")


@broken(but(scale=0.0), note=".")
def sources_of_every_type(book):
    """Sources are a number, null, a list of lists, a dict; the other exercises are right."""
    notebook = book.right("a = 1", "b = 2", "c = 3", "d = 4")
    for number, source in enumerate([7, None, [["x"], 1, None, "y = 1\n"], {"text": "x"}]):
        cell_of(notebook, f"own-{number}")["source"] = source
    cell_of(notebook, "scale")["source"] = 3.5
    return notebook


@broken(FULL)
def keys_missing(book):
    """Cells lack outputs, metadata and types; the notebook lacks its metadata and version."""
    notebook = book.right()
    for cell in notebook["cells"]:
        cell.pop("outputs", None), cell.pop("execution_count", None)
    del cell_of(notebook, "why")["metadata"]
    return {
        "cells": [
            *notebook["cells"],
            {},
            None,
            5,
            "text",
            [],
            {"cell_type": "code"},
            {"source": "x = 1"},
        ]
    }


@broken(FULL)
def metadata_of_every_type(book):
    """Metadata are lists, numbers and null, ids are numbers and dicts, in cells that are not exercises."""
    notebook = book.right("a = 1", "b = 2", "c = 3")
    for number, odd in enumerate([[1, 2], None, "text"]):
        cell_of(notebook, f"own-{number}")["metadata"] = odd
        notebook["cells"][number]["id"] = {"odd": odd}
    return notebook | {"metadata": 7}


@broken(FULL, note=".")
def deep_json(book):
    """The metadata are nested ten thousand deep."""
    return (
        text_of(book.right())
        .replace('"metadata"', '"x": ' + "[" * 10_000 + "]" * 10_000 + ', "metadata"', 1)
        .encode()
    )


@broken(FULL)
def lone_surrogates(book):
    """Texts hold halves of surrogate pairs."""
    notebook = book.right("print('HALF')", why="Because HALF.")
    return json.dumps(notebook).replace("HALF", "\\ud800 \\udfff").encode()


@broken(FULL)
def windows_lines(book):
    """Lines end as on Windows, and on old Macs."""
    text = book.right()
    for name in FULL:
        cell_of(text, name)["source"] = RIGHT[name].replace(
            "\n", "\r\n" if name != "draw" else "\r"
        )
    return text_of(text).replace("\n", "\r\n").encode()


@broken(FULL)
def tabs(book):
    """Answers are indented with tabs."""
    return book.right(**{name: text.replace("    ", "\t") for name, text in RIGHT.items()})


@broken(FULL)
def from_colab(book):
    """The notebook comes from Colab: metadata, outputs, ids and a form."""
    notebook = book.right(
        "#@title Mount { display-mode: 'form' }\nfrom google.colab import drive\n"
        "drive.mount('/content')"
    )
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {
            "id": f"a{number}Xb_",
            "colab": {"base_uri": "https://localhost:8080/"},
        }
        cell["id"] = f"a{number}Xb_"
    notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    return notebook | {"nbformat_minor": 0}


@broken(FULL, note=".")
def from_colab_without_nbgrader(book):
    """The notebook comes from Colab, which has replaced every cell's metadata by its own."""
    notebook = from_colab(book)
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"id": f"a{number}Xb_"}
    return notebook


@broken(FULL)
def from_kaggle(book):
    """The notebook comes from Kaggle: times of execution, a kernel of another name, papermill."""
    notebook = book.right()
    for cell in notebook["cells"]:
        cell["metadata"] |= {
            "execution": {"iopub.status.busy": "2024-01-01"},
            "trusted": True,
            "papermill": {"exception": None},
        }
    notebook["metadata"] = {
        "kernelspec": {"name": "ir", "language": "R", "display_name": "R"},
        "kaggle": {"isGpuEnabled": True},
    }
    return notebook


@broken(FULL)
def from_vscode(book):
    """The notebook comes from VS Code: languages in the metadata, a virtual environment's kernel."""
    notebook = book.right()
    for cell in notebook["cells"]:
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
    notebook["metadata"]["kernelspec"] = {
        "name": ".venv",
        "display_name": ".venv (3.8)",
        "language": "python",
    }
    return notebook


@broken(FULL)
def markdown_without_end(book):
    """Text cells nest quotes, lists, brackets and emphasis thousands deep."""
    notebook = book.right(why="> " * 3_000 + "deep\n\n" + "[" * 5_000 + "]" * 5_000)
    for number, text in enumerate(
        [
            "*a_ " * 5_000,
            "`" * 9_999,
            "- " * 1_000,
            "<" * 9_999,
            "![" * 5_000,
            "$" * 9_999,
            "| a " * 3_000 + "\n" + "|-" * 3_000,
            "[a](" * 3_000,
            "\\" * 9_999,
            "&" * 9_999,
        ]
    ):
        notebook["cells"].append(
            {"cell_type": "markdown", "id": f"deep-{number}", "metadata": {}, "source": text}
        )
    return notebook


# Honest but unusual: none of this costs a right answer a point.


@honest()
def prints(book):
    """Answers print, to standard error, too."""
    noise = "import sys\nprint('noise')\nprint('noise', file=sys.stderr)\n"
    return book.right(**{name: define(name, noise + body) for name, body in BODIES.items()})


@honest()
def progress_bar(book):
    """An answer draws a progress bar."""
    body = (
        "import sys\nfor n in range(50):\n"
        "    sys.stderr.write(f'\\r{n:3}% ' + '#' * n)\n    sys.stderr.flush()\n"
    )
    return book.right(descend=define("descend", body + BODIES["descend"]))


@honest()
def warns(book):
    """Answers warn, divide by zero and overflow on the way."""
    body = "import warnings\nwarnings.warn('slow')\nnp.ones(1) / np.zeros(1)\nnp.exp(1000.0)\n"
    return book.right(**{name: define(name, body + text) for name, text in BODIES.items()})


@honest()
def single_precision(book):
    """Results are float32."""
    return book.right(
        scale=define("scale", "return np.asarray(weight * np.tanh(x), dtype=np.float32)"),
        track=define(
            "track",
            BODIES["track"].replace(
                "value - mean, mean", "np.float32(value - mean), np.float32(mean)"
            ),
        ),
        draw=define(
            "draw", "return np.where(rng.random(shape) < keep, np.float32(1 / keep), np.float32(0))"
        ),
    )


@honest()
def long_double(book):
    """Results are of the longest type of float."""
    return book.right(
        scale=define("scale", "return weight * np.tanh(np.asarray(x, np.longdouble))")
    )


@honest()
def lists(book):
    """Results are lists, lists of lists and tuples."""
    return book.right(
        scale=define("scale", "return (weight * np.tanh(x)).tolist()"),
        track=define(
            "track",
            BODIES["track"].replace(
                "return value - mean, mean",
                "return [np.asarray(value - mean).tolist(), np.asarray(mean).tolist()]",
            ),
        ),
        draw=define(
            "draw",
            "y = (rng.random(shape) < keep) / keep\n"
            "return tuple(map(tuple, y)) if y.ndim > 1 else list(y)",
        ),
        descend=define(
            "descend",
            BODIES["descend"].replace("return theta", "return [theta[0], float(theta[1])]"),
        ),
    )


@honest()
def odd_arrays(book):
    """Results are in Fortran's order, of negative strides, read-only, byte-swapped, of 0 axes, a matrix, masked."""
    return book.right(
        scale=define(
            "scale",
            (
                "y = np.asfortranarray(weight * np.tanh(x)) if np.ndim(x) else np.array(weight * np.tanh(x))\n"
                "return y[::-1][::-1] if y.ndim else y"
            ),
        ),
        track=define(
            "track",
            (
                "new = np.array(decay * mean + (1 - decay) * value)\n"
                "new.flags.writeable = False\nreturn np.array(value - new).astype('>f8'), new"
            ),
        ),
        draw=define(
            "draw",
            (
                "y = (rng.random(shape) < keep) / keep\n"
                "return np.ma.array(y) if y.ndim == 1 else np.matrix(y)"
            ),
        ),
        descend=define(
            "descend",
            BODIES["descend"].replace("return theta", "return np.broadcast_to(theta, (3, 2))[1]"),
        ),
    )


@honest()
def slow_loops(book):
    """Answers in plain Python loops, slowly."""
    body = """
    import time
    time.sleep(0.05)
    x, weight = np.broadcast_arrays(x, weight)
    out = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        out[place] = weight[place] * np.tanh(x[place])
    return out
    """
    return book.right(scale=define("scale", body))


@honest(note="together took longer than 20 s .* only the definitions were run")
def slow_cells(book):
    """Cells of the student's own, each within the limit of a cell, together take longer than all cells may."""
    return book.right(*["import time\ntime.sleep(2.7)\nhalf = 0.5"] * 8)


@honest()
def fails_below_the_answer(book):
    """The cell of an answer fails below the answer, in a test of the student's own."""
    return book.right(scale=RIGHT["scale"] + "\n\nassert scale(1.0, 2.0) == 2, 'not yet'")


@honest()
def streams_used(book):
    """Answers flush, ask for a terminal, redirect and log to the streams."""
    body = """
    import contextlib, io, logging, sys
    sys.stdout.flush()
    sys.stderr.isatty()
    print("x", sys.stdout.encoding, flush=True, end="")
    logging.basicConfig(stream=sys.stdout, level=0, force=True)
    logging.info("one")
    with contextlib.redirect_stdout(io.StringIO()) as kept:
        print("kept")
    """
    return book.right(
        textwrap.dedent(body), scale=define("scale", textwrap.dedent(body) + BODIES["scale"])
    )


@honest()
def other_backend(book):
    """A cell wants a window for its figures, and widgets."""
    return book.right(
        (
            "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\n"
            "plt.figure()\nplt.show()"
        ),
        "%matplotlib widget\nimport ipywidgets",
    )


@honest()
def lists_of_scalars(book):
    """Results are lists of NumPy's scalars and of arrays without axes, and an array of Python's own."""
    return book.right(
        scale=define("scale", "y = weight * np.tanh(x)\nreturn list(y) if np.ndim(y) else y[()]"),
        track=define(
            "track",
            BODIES["track"].replace(
                "return value - mean, mean",
                (
                    "import array\nout = np.asarray(mean)\n"
                    "return value - mean, array.array('d', out) if out.ndim == 1 else out"
                ),
            ),
        ),
        descend=define(
            "descend",
            BODIES["descend"].replace("return theta", "return [np.array(v) for v in theta]"),
        ),
    )


@honest()
def settings_changed(book):
    """Cells change settings of Python and NumPy: recursion, printing, errors, locale, digits, the collector."""
    return book.right(
        """
        import decimal, gc, locale, os, random, sys
        sys.setrecursionlimit(50_000)
        sys.set_int_max_str_digits(0)
        np.set_printoptions(precision=2, suppress=True)
        np.seterr(all="ignore")
        gc.disable()
        locale.setlocale(locale.LC_ALL, "C")
        decimal.getcontext().prec = 5
        os.environ["OMP_NUM_THREADS"] = "64"
        os.environ.clear()
        random.seed(1)
        """
    )


@honest()
def earlier_cell_fails(book):
    """Cells before the answers raise, do not compile, or ask for what is not there."""
    return book.right(
        "1 / 0", "x = 1 +", "import torch", "undefined_name", "def f(:", "assert False, 'todo'"
    )


@honest()
def notebook_lines(book):
    """Lines for IPython: %pip, !, %%time, %matplotlib, ?, %timeit."""
    return book.right(
        "%matplotlib inline\n%pip install numpy\n!ls -la\n%load_ext autoreload\n%autoreload 2",
        "%%bash\necho hello",
        "np.tanh?",
        "files = !ls\nx = %timeit -o 1 + 1",
        "%config InlineBackend.figure_format = 'retina'",
        "!pip install torch\nimport numpy as np",
        "?scale",
        scale="%%time\n" + RIGHT["scale"],
        track="%matplotlib inline\n" + RIGHT["track"],
    )


@honest()
def timed_lines(book):
    """%time makes a name that an answer uses, fills a list, and imports; the cell of an answer, under %%time, awaits."""
    return book.right(
        "%time factor = 1.0\nunits = []\nunit = %time float(1)\n%time units.append(unit)",
        "%time import asyncio",
        scale=define("scale", "return factor * units[0] * weight * np.tanh(x)"),
        track=f"%%time\n{RIGHT['track']}\n\nawait asyncio.sleep(0)",
    )


@honest()
def shell_of_ipython(book):
    """Cells ask IPython for its shell, imported as in scripts too, and set it up."""
    return book.right(
        "get_ipython().magic('matplotlib inline')\nunit = 1.0",
        "from IPython import get_ipython\nget_ipython().run_line_magic('load_ext', 'autoreload')\n"
        "if 'IPKernelApp' in get_ipython().config:\n    get_ipython().kernel.do_shutdown(True)\n"
        "one = 1.0",
        scale="%matplotlib inline\n" + define("scale", "return one * unit * weight * np.tanh(x)"),
    )


@honest()
def names_used_twice(book):
    """Later cells call other things by the names that answers use, or delete them; answers use one another, mended."""
    mixes = "def mix(a, b, t): return t * a + unit * (1 - t) * b\n"
    new = "new = mix(mean, value, decay) + 0 * scale(mean, 1.0)\nreturn value - new, new"
    return book.right(
        "unit = 1.0",
        scale=define("scale", "return None"),
        track=mixes + define("track", new),
        draw="def mix(mask, keep): return mask / keep\n"
        + define("draw", "return mix(rng.random(shape) < keep, keep)")
        + "\n\nunit = 7",
        last=(RIGHT["scale"], "del np, mix"),
    )


@honest()
def modules_of_their_own(book):
    """Cells write modules, with %%writefile too, and import them."""
    return book.right(
        "%%writefile bends.py\nimport numpy as np\n",
        "%%file -a bends.py\ndef bend(x): return np.tanh(x)",
        "with open('factors.py', 'w') as file:\n    file.write('ONE = 1.0')",
        "import bends\nfrom factors import ONE",
        scale=define("scale", "return weight * ONE * bends.bend(x)"),
    )


@honest()
def future_import(book):
    """Annotations are not evaluated: a cell above has said so, for all that follow, as in Jupyter."""
    return book.right(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from numpy.typing import ArrayLike",
        scale=RIGHT["scale"].replace("(x, weight)", "(x: ArrayLike, weight: ArrayLike) -> Array"),
    )


@honest()
def answers_in_new_cells(book):
    """Answers stand in cells of their own; the stubs are as released."""
    return book.blank(last=tuple(RIGHT.values()))


@honest()
def answers_before_the_stubs(book):
    """Answers stand in cells above the stubs, which were left as released."""
    return book.blank(*RIGHT.values())


@honest(note="stands above your code")
def answers_under_the_raise(book):
    """The stub's `raise` was left above the answers."""
    stub = 'raise NotImplementedError("replace this line with your answer")\n'
    return book.right(**{name: define(name, stub + body) for name, body in BODIES.items()})


@honest()
def helpers(book):
    """Answers use functions, constants and a class from cells of the student's own."""
    return book.right(
        "FACTOR = 1.0\ndef bend(x): return FACTOR * np.tanh(x)",
        (
            "class Mean:\n    def __init__(self, mean, decay):\n"
            "        self.mean, self.decay = mean, decay"
        ),
        (
            "def add(self, value):\n"
            "    self.mean = self.decay * self.mean + (1 - self.decay) * value\n"
            "    return self.mean\nMean.add = add"
        ),
        scale=define("scale", "return weight * bend(x)"),
        track=define("track", "new = Mean(mean, decay).add(value)\nreturn value - new, new"),
    )


@honest()
def helpers_below(book):
    """Answers use a function that is defined at the end of the notebook."""
    return book.right(
        last=("def bend(x): return np.tanh(x)",), scale=define("scale", "return weight * bend(x)")
    )


@honest()
def other_callables(book):
    """Answers are a lambda, a partial, an object with __call__ and a decorated function."""
    return book.right(
        (
            "import functools\ndef times(factor, keep_sign):\n    def wrap(f):\n"
            "        return lambda *a, **k: factor * f(*a, **k)\n    return wrap"
        ),
        scale="scale = lambda x, weight: weight * np.tanh(x)",
        track=(
            "def _track(unit, value, mean, decay=0.9):\n"
            "    mean = decay * mean + (1 - decay) * value\n    return value - mean, mean\n"
            "track = functools.partial(_track, 1)"
        ),
        draw=(
            "class Draw:\n    def __call__(self, rng, shape, keep):\n"
            "        return (rng.random(shape) < keep) / keep\ndraw = Draw()"
        ),
        descend="@times(1.0, True)\n" + RIGHT["descend"].replace("@exercise\n", ""),
    )


@honest()
def defined_again(book):
    """A wrong answer comes first; the last definition counts."""
    wrong = {name: define(name, "return None") for name in FULL}
    return book.right(**{name: f"{wrong[name]}\n\n{RIGHT[name]}" for name in FULL})


@honest()
def defined_again_in_a_later_cell(book):
    """Wrong answers stand in the exercises' cells, the right ones in the last cell."""
    wrong = {name: define(name, "return None") for name in FULL}
    return book.blank(last=("\n\n\n".join(RIGHT.values()),), **wrong)


@honest()
def without_the_decorator(book):
    """Answers without @exercise, with other names of parameters and type hints."""
    return book.right(
        scale=(
            "def scale(values: np.ndarray, w: float = 1.0) -> np.ndarray:\n"
            "    return w * np.tanh(values)"
        ),
        track=(
            "def track(v, m, /, decay=0.9):\n    m = decay * m + (1 - decay) * v\n"
            "    return v - m, m"
        ),
        draw=(
            "def draw(generator, shape, keep):\n    return (generator.random(shape) < keep) / keep"
        ),
    )


@honest()
def star_arguments(book):
    """Answers take *args."""
    return book.right(
        scale="@exercise\ndef scale(*args):\n    x, weight = args\n    return weight * np.tanh(x)",
        draw=(
            "@exercise\ndef draw(*args, **kwargs):\n    rng, shape, keep = args\n"
            "    return (rng.random(shape) < keep) / keep"
        ),
    )


@honest()
def star_imports(book):
    """`from gradus import *` and `from numpy import *` hide builtins."""
    return book.right("from gradus import *\nfrom numpy import *\nfrom math import *")


@honest()
def scipy_and_sklearn(book):
    """Answers use SciPy and scikit-learn."""
    return book.right(
        "from scipy.special import expit",
        "from sklearn.base import clone",
        scale=define("scale", "return weight * (2 * expit(2 * np.asarray(x, float)) - 1)"),
    )


@honest()
def other_letters(book):
    """Identifiers and comments in other alphabets."""
    return book.right(
        scale=define("scale", "θ, ваги = x, weight  # 重み\nreturn ваги * np.tanh(θ)"),
        why="Почему? 因为 μ₀ = 0. 😀 e\u0301 \u202eright to left\u202c",
    )


@honest(note="had become text")
def answer_in_a_fence(book):
    """An answer stands in a text cell, within a fence of Markdown."""
    notebook = book.right()
    cell_of(notebook, "scale").update(
        cell_type="markdown", source=f"My answer:\n\n```python\n{RIGHT['scale']}\n```\n"
    )
    return notebook


@honest(note="stood in a text cell")
def answer_in_a_text_cell(book):
    """An answer stands in a text cell of the student's own; the stub is as released."""
    notebook = book.right(scale=book.released["cells"][4]["source"])
    text = f"```python\n{RIGHT['scale']}\n```"
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": text}
    )
    return notebook


@honest()
def attempts_in_text_cells(book):
    """Answers are a lambda, under an `if`, and imported; text cells show wrong functions of their names."""
    notebook = book.right(
        "%%writefile masks.py\ndef draw(rng, shape, keep):\n    " + BODIES["draw"],
        scale="scale = lambda x, weight: weight * np.tanh(x)",
        track="if True:\n" + textwrap.indent(RIGHT["track"], "    "),
        draw="from masks import draw",
    )
    for name in FULL:
        text = f"At first I had:\n\n```python\n{define(name, 'return 0')}\n```"
        notebook["cells"].append(
            {"cell_type": "markdown", "id": f"first-{name}", "metadata": {}, "source": text}
        )
    return notebook


@honest()
def figures(book):
    """Figures in cells and in answers, and plt.show()."""
    show = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    return book.right(show, scale=define("scale", show + BODIES["scale"]))


@honest()
def displays(book):
    """Cells and answers display frames, Markdown and mathematics."""
    return book.right(
        (
            "from IPython.display import HTML, Markdown, clear_output, display\n"
            "display(HTML('<b>x</b>'), Markdown('*x*'))\nclear_output()\nHTML('x')"
        ),
        scale=define("scale", "display(x, clear=True, display_id='x')\n" + BODIES["scale"]),
    )


@honest()
def input_changed_by_an_experiment(book):
    """A cell of the student's own changes arrays in place, and names of the book."""
    return book.right(
        "mean = np.ones(3)\nmean *= 2\nvalue = mean\nvalue[:] = 7\nnp.random.seed(1)\n"
        "chapter_ = chapter"
    )


@honest()
def asserts(book):
    """Cells assert, under `if __name__ == "__main__":` too, and call the checks again."""
    return book.right(
        last=(
            "assert np.allclose(scale(np.zeros(3), 2.0), 0)",
            'if __name__ == "__main__":\n    print(track(1.0, 0.0))\n    check(scale)',
            "check(track)\nprogress()",
            "assert scale(1.0, 1.0) == 1, 'it is not'",
        )
    )


@honest()
def under_main(book):
    """Answers are defined under `if __name__ == "__main__":` and `try:`."""
    return book.right(
        scale='if __name__ == "__main__":\n' + textwrap.indent(RIGHT["scale"], "    "),
        track="try:\n" + textwrap.indent(RIGHT["track"], "    ") + "\nfinally:\n    pass",
    )


@honest()
def caches(book):
    """Answers remember results: lru_cache, a dict, a counter in the function, a global."""
    return book.right(
        "import functools\ncalls = 0\nmemory = {}",
        scale=define("scale", "global calls\ncalls += 1\nscale.calls = calls\n" + BODIES["scale"]),
        draw=define(
            "draw",
            (
                "@functools.lru_cache\ndef inverse(keep): return 1 / keep\n"
                "return (rng.random(shape) < keep) * inverse(keep)"
            ),
        ),
        descend=define(
            "descend",
            "key = (theta.tobytes(), lr, n_steps)\nif key not in memory:\n    "
            + BODIES["descend"]
            .replace("\n", "\n    ")
            .replace("return theta", "memory[key] = theta\nreturn memory[key]"),
        ),
    )


@honest(stock=False)
def files_of_answers(book):
    """An answer leaves files and spoils one that a cell wrote; another needs that file and the places empty."""
    return book.right(
        "import os\nwith open('factor', 'w') as file:\n    file.write('1.0')",
        scale=define(
            "scale",
            (
                "for path in ('/tmp/left', '/dev/shm/left', 'left'):\n    open(path, 'w').close()\n"
                "open('factor', 'w').close()\nos.unlink('steps.cases')\n"
            )
            + BODIES["scale"],
        ),
        track=define(
            "track",
            (
                "found = [*os.listdir('/dev/shm'), *os.listdir('.'), *os.listdir('/tmp')]\n"
                "assert 'left' not in found and 'steps.cases' in found\n"
                "value = value * float(open('factor').read())\n"
            )
            + BODIES["track"],
        ),
    )


@honest()
def recursive(book):
    """An answer calls itself, as deep as there are steps."""
    return book.right(
        descend=define(
            "descend",
            "return theta if n_steps == 0 else descend(problem, theta - lr * problem.gradient(theta), lr, n_steps - 1)",
        )
    )


@honest()
def asks_elsewhere(book):
    """Cells of the student's own ask for input, read a file that is not there, and want a module."""
    return book.right(
        "name = input('your name: ')",
        "open('data.csv')",
        "import pandas_of_mine",
        "import getpass; getpass.getpass()",
    )


@honest()
def modern_python(book):
    """A match statement, a walrus, a dataclass, a generator and positional-only parameters."""
    return book.right(
        "from dataclasses import dataclass\n@dataclass(slots=True)\nclass State:\n    mean: object",
        track=(
            "@exercise\ndef track(value, mean, /, decay=0.9):\n    match State(mean):\n"
            "        case State(mean=old):\n"
            "            return value - (new := decay * old + (1 - decay) * value), new"
        ),
        descend=define(
            "descend",
            (
                "def points(at):\n    while True:\n        yield at\n"
                "        at = at - lr * problem.gradient(at)\n"
                "return next(p for n, p in enumerate(points(theta)) if n == n_steps)"
            ),
        ),
    )


@honest()
def processes_of_their_own(book):
    """An answer uses a pool of threads, and a cell starts a process and waits for it."""
    return book.right(
        (
            "import subprocess, sys\n"
            "print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).returncode)"
        ),
        scale=define(
            "scale",
            (
                "from concurrent.futures import ThreadPoolExecutor\n"
                "with ThreadPoolExecutor(2) as pool:\n"
                "    return weight * pool.submit(np.tanh, x).result()"
            ),
        ),
    )


@honest()
def awaits(book):
    """A cell of the student's own awaits, as notebooks allow; an answer runs a coroutine."""
    return book.right(
        "import asyncio\nawait asyncio.sleep(0)",
        scale=define(
            "scale",
            (
                "import asyncio\nasync def later():\n    await asyncio.sleep(0.001)\n"
                "    return weight * np.tanh(x)\nreturn asyncio.run(later())"
            ),
        ),
    )


@honest()
def awaits_beside_an_answer(book):
    """The cell of an answer awaits, below the answer."""
    return book.right("import asyncio", scale=RIGHT["scale"] + "\n\nawait asyncio.sleep(0)")


@honest()
def set_up_changed(book):
    """The set-up cell was changed: more imports, another seed, a line for IPython."""
    notebook = book.right()
    setup = next(cell for cell in notebook["cells"] if "setup" in cell["id"])
    setup["source"] = (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        + setup["source"]
        + "\nnp.random.seed(0)\nrng = None"
    )
    return notebook


@honest()
def set_up_deleted(book):
    """The set-up cell was deleted, and NumPy is imported in each answer."""
    notebook = book.right(
        **{
            name: text.replace("):\n", "):\n    import numpy as np\n", 1)
            for name, text in RIGHT.items()
        }
    )
    notebook["cells"] = [cell for cell in notebook["cells"] if "setup" not in cell["id"]]
    return notebook


@honest()
def names_of_the_book_used(book):
    """Names that the book uses are used for other things: rng, mean, check, x, value, problems."""
    return book.right(
        "x = weight = value = mean = rng = shape = keep = problem = theta = lr = 5",
        last=("check = progress = problems = exercise = None",),
    )


@honest()
def empty_cells(book):
    """Empty cells, cells of comments, and a cell that ends in a backslash."""
    return book.right("", "# todo", "\n\n\n", "x = 1 \\\n", ";", "...")


@honest(note="missing and put back")
def one_cell(book):
    """All answers in the first exercise's cell; the other cells were emptied."""
    notebook = book.right(scale="\n\n\n".join(RIGHT.values()))
    for name in ("track", "draw", "descend"):
        cell_of(notebook, name)["source"] = ""
    return notebook


def got(folder: Path) -> dict[str, float]:
    """The points of each submission that nbgrader's folder of a course holds graded."""
    from autograder.course import Course
    from tests.grading.conftest import marks

    course = Course.find(folder)
    return {
        name: sum(points[f"check-{exercise}"] for exercise in FULL)
        for name, points in marks(course, NAME).items()
        if (course.directory / "autograded" / name / NAME).is_dir()
    }


def main() -> None:
    """Print the corpus's table, or write the class for stock nbgrader."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--stock", type=Path, metavar="DIR", help="write the class for nbgrader alone into DIR"
    )
    parser.add_argument(
        "--got", type=Path, nargs="+", default=[], metavar="DIR", help="add the points of these"
    )
    options = parser.parse_args()
    if folder := options.stock:
        write(folder, release(folder), [entry for entry in SUBMISSIONS.values() if entry.stock])
        config = (
            f"c = get_config()\nc.CourseDirectory.course_id = 'small'\n"
            f"c.CourseDirectory.root = {str(folder.resolve() / 'course')!r}\n"
        )
        (folder / "nbgrader_config.py").write_text(config + "c.Execute.timeout = 10\n")
    columns = [got(folder) for folder in options.got]
    heads = ("submission", "family", "must", *(folder.name for folder in options.got), "what it is")
    print("|".join(("", *heads, "")), "|".join(("", *["---"] * len(heads), "")), sep="\n")
    for entry in SUBMISSIONS.values():
        points = (f"{column[entry.name]:g}" if entry.name in column else "" for column in columns)
        must = f"{sum(entry.score.values()):g}"
        print(
            "|".join(
                ("", entry.name, entry.family, must, *points, entry.about.replace("|", "/"), "")
            )
        )


if __name__ == "__main__":
    main()
