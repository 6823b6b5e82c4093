"""How an author says what a right answer is: cases, points, known mistakes, other right ways.

    @judge(reference.sgd_step, points=1, returns=("theta",))
    def sgd_step(rng):
        yield Call("a vector", theta=rng.normal(size=4), grad=rng.normal(size=4), lr=0.1)

    sgd_step.add_mistakes('''
        the step goes uphill: subtract lr * grad, do not add it
            theta - lr -> theta + lr
    ''')
    sgd_step.add_variants('''
        element by element
            return [t - lr * g for t, g in zip(theta, grad)]
    ''')

`gradus.texts` says what stands below a sentence. What no text can say is a decorated function:
`@sgd_step.mistake("a sentence")`, `@sgd_step.variant("a description")`.

From the one generator come the cases that a student sees (`PUBLIC_SEED`) and those that grade
(the course's secret seed): an honest answer that passes the first passes the second.
"""

import ast
import hashlib
import inspect
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np

from gradus import texts, values
from gradus.plan import Case, Mistake, Plan, Quantities
from gradus.verdict import right_mistakes

PUBLIC_SEED = 0


class Call:
    """One case: the arguments of a call, under a label that gives no value away.

    Parameters
    ----------
    label : str
        What this case is about, in the reader's words ("the first step, t = 1").
    **arguments
        Data (see `gradus.values`), by the names of the reference's parameters.
    """

    def __init__(self, label: str, /, **arguments: Any):
        self.label = label
        self.arguments = arguments


@dataclass
class Exercise:
    """An exercise as its author judges it: made by `judge`, read by the check and by the grader."""

    reference: Callable
    points: float
    returns: tuple[str, ...]
    rtol: float
    atol: float
    compare_as: Quantities | None
    generator: Callable[[np.random.Generator], Iterator[Call]]
    mistakes: list[tuple[str, Callable]] = field(default_factory=list)
    variants: list[tuple[str, Callable]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.reference.__name__

    def mistake(self, sentence: str) -> Callable:
        """Record a wrong implementation with the sentence that names it."""
        return self._record(self.mistakes, sentence)

    def variant(self, description: str) -> Callable:
        """Record another right way to write the answer: tests hold the check to accepting it."""
        return self._record(self.variants, description)

    def add_mistakes(self, text: str) -> None:
        """Record wrong implementations, each under the sentence that names it (see `gradus.texts`)."""
        self._add("mistake", self.mistakes, text)

    def add_variants(self, text: str) -> None:
        """Record other right ways, each under its description (see `gradus.texts`)."""
        self._add("variant", self.variants, text)

    def _add(self, kind: str, where: list, text: str) -> None:
        names = self.generator.__globals__
        where += texts.functions(text, self.reference, names, kind, first=len(where) + 1)

    def _record(self, where: list, text: str) -> Callable:
        def keep(function: Callable) -> Callable:
            where.append((text, function))
            return function

        return keep

    def plan(self, seed: int = PUBLIC_SEED) -> Plan:
        """The cases of one seed with what the reference and each mistake return for them.

        A case that is the same at every seed, such as one worked by hand, is shown and does not grade: its
        result lies beside the notebook, for whoever wants to look it up.
        """
        cases = self._cases(seed)
        if seed != PUBLIC_SEED:
            shown = {values.pack((case.args, case.kwargs)) for case in self._cases(PUBLIC_SEED)}
            fresh = tuple(c for c in cases if values.pack((c.args, c.kwargs)) not in shown)
            cases = fresh or cases
        plan = Plan(
            exercise=self.name,
            points=self.points,
            returns=self.returns,
            rtol=self.rtol,
            atol=self.atol,
            compare_as=self.compare_as,
            cases=cases,
            expected=tuple(run(self.reference, case) for case in cases),
            mistakes=tuple(
                Mistake(sentence, tuple(_run_mistake(function, case) for case in cases))
                for sentence, function in self.mistakes
            ),
        )
        unused = tuple(self._unused(cases))
        harmless = right_mistakes(replace(plan, mistakes=unused))
        known = plan.mistakes + tuple(one for one in unused if one.sentence not in harmless)
        return replace(plan, mistakes=known)

    def _unused(self, cases: tuple[Case, ...]) -> Iterator[Mistake]:
        """For each argument with a default what an answer returns that does not look at it."""
        for name, parameter in inspect.signature(self.reference).parameters.items():
            if isinstance(parameter.default, bool | int | float):
                sentence = (
                    f"the argument `{name}` is not used, only its default, {parameter.default}"
                )
                without = (_with_default(case, name, parameter.default) for case in cases)
                yield Mistake(
                    sentence, tuple(_run_mistake(self.reference, case) for case in without)
                )

    def _cases(self, seed: int) -> tuple[Case, ...]:
        digest = hashlib.sha256(f"{seed}/{self.name}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:16]))
        return tuple(self._case(call) for call in self.generator(rng))

    def _case(self, call: Call) -> Case:
        parameters = inspect.signature(self.reference).parameters
        unknown = set(call.arguments) - set(parameters)
        if unknown:
            raise TypeError(
                f"{self.name}: case {call.label!r} has no parameter {sorted(unknown)[0]!r}"
            )
        given = {name: _plain(value) for name, value in call.arguments.items()}
        named = {
            name: given[name]
            for name, p in parameters.items()
            if p.kind is p.KEYWORD_ONLY and name in given
        }
        leading = [name for name in parameters if name not in named]
        while leading and leading[-1] not in given:
            leading.pop()
        # A parameter left out between two others is given its default, so that all can be renamed.
        defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
        for name in leading:
            if name not in given | defaults:
                raise TypeError(f"{self.name}: case {call.label!r} gives no {name!r}")
        args = tuple((defaults | given)[name] for name in leading)
        return Case(call.label, (*leading, *named), args, named)


def _plain(value: Any) -> Any:
    """Numbers as Python has them: a function that is promised a float gets one."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def run(function: Callable, case: Case) -> Any:
    """Call a function on copies of a case's arguments."""
    return function(*values.realise(case.args), **values.realise(case.kwargs))


def _with_default(case: Case, name: str, default: Any) -> Case:
    """A case in which an argument, if it is given, has the value of its default."""
    args = [
        default if known == name else value
        for known, value in zip(case.names, case.args, strict=False)
    ]
    kwargs = {key: default if key == name else value for key, value in case.kwargs.items()}
    return replace(case, args=tuple(args), kwargs=kwargs)


def _run_mistake(function: Callable, case: Case) -> Any:
    # A mistake may raise, divide by zero or overflow on some cases: that too is how it is known.
    with np.errstate(all="ignore"):
        try:
            return run(function, case)
        except Exception as error:
            return {"raised": type(error).__name__}


def judge(
    reference: Callable,
    *,
    points: float,
    returns: tuple[str, ...],
    rtol: float = 1e-7,
    atol: float = 1e-10,
    compare_as: Callable[[dict[str, Any], Any], dict[str, Any]] | None = None,
) -> Callable[[Callable], Exercise]:
    """Make an `Exercise` of a generator of cases.

    Parameters
    ----------
    reference : callable
        The right answer, from `solutions`.
    points : float
        Shared equally by the cases.
    returns : tuple of str
        Names of the results, for messages. One name: the function returns that value itself;
        more: a tuple of them.
    rtol, atol : float
        A result passes where ``|answer - expected| <= atol + rtol * |expected|``; float32 answers
        get the wider tolerance of `gradus.verdict`.
    compare_as : callable, optional
        Where many results are right (a random array, a step length): what of a result is compared. From the
        arguments of a call, by name, and its result it makes named quantities; see `gradus.distributions`.
    """
    if not 0 < points < math.inf:
        raise ValueError(f"{reference.__name__}: points={points!r}: expected a positive number")
    quantities = _as_text(compare_as) if compare_as else None

    def make(generator: Callable) -> Exercise:
        return Exercise(reference, points, returns, rtol, atol, quantities, generator)

    return make


def _as_text(function: Callable) -> Quantities:
    """A function as it travels with the cases of a course."""
    name, module = function.__name__, function.__module__
    if module.startswith("gradus."):
        return Quantities(name, f"from {module} import {name}")
    source = inspect.getsource(sys.modules[module])
    for node in ast.walk(ast.parse(source)):
        imports = isinstance(node, ast.Import | ast.ImportFrom)
        for imported in ast.unparse(node).split()[1].split(",") if imports else ():
            package = imported.split(".")[0]
            if package not in ("gradus", "numpy", *sys.stdlib_module_names):
                raise ValueError(
                    f"compare_as: {module} imports {package}, which a student may not have: write {name} in a "
                    "module that imports no more than numpy and gradus"
                )
    return Quantities(name, source)


@dataclass(frozen=True)
class Written:
    """A question answered in prose and marked by a person.

    Parameters
    ----------
    name : str
        As in the chapter: ``+++ {"written": "name"}``.
    points : float
    rubric : str
        Markdown for the marker; never released.
    """

    name: str
    points: float
    rubric: str

    def __post_init__(self) -> None:
        if not 0 < self.points < math.inf:
            raise ValueError(f"{self.name}: points={self.points!r}: expected a positive number")


def exercises_of(module: ModuleType) -> list[Exercise]:
    """The exercises that a module of `solutions.checks` judges, in the order it defines them."""
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


def written_of(module: ModuleType) -> list[Written]:
    """The written questions of a module of `solutions.checks`, in the order it defines them."""
    return [value for value in vars(module).values() if isinstance(value, Written)]
