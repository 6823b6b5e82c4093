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
import contextlib
import hashlib
import inspect
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np

from gradus import texts, values
from gradus.plan import Case, Mistake, Plan, Quantities, Seen, reseeded
from gradus.verdict import (
    examine,
    is_raised,
    is_right,
    outcomes_of,
    said_of_chance,
    wrong_cases,
)

PUBLIC_SEED = 0
# Of few values a hidden case may be the one that is shown: so often they are drawn.
_DRAWS = 3
# As many times the reference draws for one law: its own chance then adds an eighth to an answer's variance.
OF_THE_REFERENCE = 8
# Of the points of an exercise that is scored, so much may be earned by a known mistake.
MOST_OF_A_MISTAKE = 0.5


class Call:
    """One case: the arguments of a call, under a label that gives no value away.

    Parameters
    ----------
    label : str
        What this case is about, in the reader's words ("the first step, t = 1").
    weight : float, optional
        How much it counts: more than 1 where one case alone tells a common mistake from a right answer, less
        for an edge that a right idea may miss.
    **arguments
        Data (see `gradus.values`), by the names of the reference's parameters.
    """

    def __init__(self, label: str, weight: float = 1.0, /, **arguments: Any):
        if not 0 < weight < math.inf:
            raise ValueError(f"{label!r}: weight={weight!r}: expected a positive number")
        self.label = label
        self.weight = weight
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
    places: bool
    generator: Callable[[np.random.Generator], Iterator[Call]]
    mistakes: list[tuple[str, Callable]] = field(default_factory=list)
    variants: list[tuple[str, Callable]] = field(default_factory=list)
    repair: str = ""
    score: Quantities | None = None
    credit: tuple[tuple[float, float], ...] = ()
    most: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.reference.__name__

    @property
    def given(self) -> Callable | None:
        """The program that a repair begins with: the first text of its mistake."""
        if not self.repair:
            return None
        for sentence, function in self.mistakes:
            if sentence == self.repair:
                return function
        raise ValueError(f"repair: no known mistake of {self.name} is called {self.repair!r}")

    def mistake(self, sentence: str) -> Callable:
        """Record a wrong implementation with the sentence that names it."""
        return self._record(self.mistakes, sentence)

    def variant(self, description: str) -> Callable:
        """Record another right way to write the answer: tests hold the check to accepting it."""
        return self._record(self.variants, description)

    def add_mistakes(self, text: str, most: float = MOST_OF_A_MISTAKE) -> None:
        """Record wrong implementations, each under the sentence that names it (see `gradus.texts`).

        `most`: what part of the points they may earn, where what they achieve is scored.
        """
        known = len(self.mistakes)
        self._add("mistake", self.mistakes, text)
        self.most |= {sentence: most for sentence, _ in self.mistakes[known:]}

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
        cases = self._cases(seed) if seed == PUBLIC_SEED else self._hidden_cases(seed)
        plan = Plan(
            exercise=self.name,
            points=self.points,
            returns=self.returns,
            rtol=self.rtol,
            atol=self.atol,
            compare_as=self.compare_as,
            places=self.places,
            cases=cases,
            expected=self._expected(cases),
            repair=self.repair,
            score=self.score,
            credit=self.credit,
        )
        self._reaches_all(plan)
        known = [
            Mistake(sentence, _in_form(plan, (_run_mistake(function, case) for case in cases)))
            for sentence, function in self.mistakes
        ]
        if self.given:
            results = next(one.results for one in known if one.sentence == self.repair)
            plan = replace(plan, at_stake=wrong_cases(plan, results))
            if not plan.at_stake:
                raise ValueError("the program that is given to be repaired passes every case")
        unused = [one for one in self._unused(cases) if not is_right(plan, one.results)]
        return replace(plan, mistakes=tuple(self._as_compared(plan, one) for one in known + unused))

    def overpaid(self, plan: Plan) -> list[str]:
        """The sentences of the known mistakes that earn more than they may, where what is achieved is scored."""
        if not self.score:
            return []
        return [
            mistake.sentence
            for mistake in plan.mistakes
            if examine(plan, outcomes_of(mistake.results)).earned
            > self.points * self.most.get(mistake.sentence, MOST_OF_A_MISTAKE)
        ]

    def _reaches_all(self, plan: Plan) -> None:
        """Raise ValueError if the reference does not earn every case that is scored."""
        if self.score and (short := wrong_cases(plan, plan.expected)):
            verdict = examine(plan, outcomes_of(plan.expected)).cases[short[0]]
            raise ValueError(
                f"the reference does not earn all of the case {verdict.label!r}: {verdict.message}"
            )

    def _expected(self, cases: tuple[Case, ...]) -> tuple:
        results = [run(self.reference, case) for case in cases]
        if not self.compare_as:
            return tuple(results)
        seen = []
        for n, case in enumerate(cases, 1):
            seeds = range(1, OF_THE_REFERENCE) if _has_generator(case) else ()
            drawn = [run(self.reference, reseeded(case, seed)) for seed in seeds]
            seen.append(Seen.of(self.compare_as, cases[:n], results[:n], *drawn))
        return tuple(seen)

    def _as_compared(self, plan: Plan, mistake: Mistake) -> Mistake:
        """A mistake with what of its results is compared."""
        if not self.compare_as:
            return mistake
        results = tuple(
            result
            if is_raised(result)
            else Seen.of(self.compare_as, plan.cases[:n], mistake.results[:n])
            for n, result in enumerate(mistake.results, 1)
        )
        return Mistake(
            mistake.sentence, results, said_of_chance(plan, outcomes_of(mistake.results))
        )

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

    def _hidden_cases(self, seed: int) -> tuple[Case, ...]:
        """The cases of a seed but those that are shown; if that is by chance, of another draw."""
        shown = {values.pack((case.args, case.kwargs)) for case in self._cases(PUBLIC_SEED)}
        fresh: list[tuple[Case, ...]] = []
        for draw in range(_DRAWS):
            cases = self._cases(seed, draw)
            hidden = (c for c in cases if values.pack((c.args, c.kwargs)) not in shown)
            fresh.append(tuple(hidden))
            if len(fresh[-1]) == len(cases):
                break
        return max(fresh, key=len) or cases

    def _cases(self, seed: int, draw: int = 0) -> tuple[Case, ...]:
        again = f"/{draw}" if draw else ""
        digest = hashlib.sha256(f"{seed}/{self.name}{again}".encode()).digest()
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
        return Case(call.label, (*leading, *named), args, named, call.weight)


def right_without_chance(plan: Plan) -> list[str]:
    """The sentences of known mistakes that are right in every case, though nothing is random.

    Of random results a mistake may be told by its very draws; elsewhere a right answer may return the same, and
    would be refused.
    """
    if any(map(_has_generator, plan.cases)):
        return []
    return [mistake.sentence for mistake in plan.mistakes if mistake.right]


def _has_generator(case: Case) -> bool:
    return any(isinstance(value, values.Rng) for value in case.arguments.values())


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


def _fixed_words(message: str) -> str:
    """What an exception of Python's or NumPy's says whatever the arguments: up to the first number, name or shape."""
    return re.split(r"-?\d|['\"(\[]", message, maxsplit=1)[0].strip()


def _run_mistake(function: Callable, case: Case) -> Any:
    # A mistake may raise, divide by zero or take a mean of nothing on some cases: that too is how it is known.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run(function, case)
        except Exception as error:
            return {"raised": type(error).__name__, "says": _fixed_words(str(error))}


def _in_form(plan: Plan, results: Iterable[Any]) -> tuple:
    """What a mistake returned, with an array wherever the reference has one: who makes it may return a list there."""
    if plan.compare_as:
        return tuple(results)
    return tuple(map(_as_array, plan.expected, results))


def _as_array(expected: Any, result: Any) -> Any:
    if not isinstance(result, tuple | list):
        return result
    if isinstance(expected, np.ndarray):
        with contextlib.suppress(ValueError):  # a ragged list makes none
            array = np.asarray(result)
            return array if array.dtype.kind in "biuf" + expected.dtype.kind else result
    if isinstance(expected, tuple | list) and len(expected) == len(result):
        return type(result)(map(_as_array, expected, result))
    return result


def judge(
    reference: Callable,
    *,
    points: float,
    returns: tuple[str, ...],
    rtol: float = 1e-7,
    atol: float = 1e-10,
    compare_as: Callable[..., dict[str, Any]] | None = None,
    places: bool = False,
    repair: str = "",
    score: Callable[..., float] | None = None,
    credit: dict[float, float] | None = None,
) -> Callable[[Callable], Exercise]:
    """Make an `Exercise` of a generator of cases.

    Parameters
    ----------
    reference : callable
        The right answer, from `solutions`.
    points : float
        What all cases right earn; `gradus.verdict.earned` says what some of them do.
    returns : tuple of str
        Names of the results, for messages. One name: the function returns that value itself;
        more: a tuple of them.
    rtol, atol : float
        A result passes where ``|answer - expected| <= atol + rtol * |expected|``; float32 answers
        get the wider tolerance of `gradus.verdict`.
    compare_as : callable, optional
        Where many results are right (a random array, a step length): what of a result is compared. From the
        arguments of a call, by name, and its result it makes named quantities; see `gradus.distributions`. A
        third parameter gets the cases before it, a list of (arguments, result). A quantity that its module names
        in `TELLS` says a mistake by itself, in a word: a known mistake with this word names it, whatever else is free.
    places : bool
        Whether the arrays of whole numbers among the results are to be used as indices: then their type must be
        one of whole numbers, too.
    repair : str
        The sentence of one of the known mistakes: its program stands in the stub, and is to be repaired.
    score : callable, optional
        Where an answer is judged by what it achieves: from the arguments of a call, by name, and a result of the
        reference's form it makes a number, the more the better. A known mistake is told by its results all the same.
    credit : dict of float -> float
        Thresholds of the score, each with the part of a case that it earns; the highest earns 1, and the reference
        must reach it.
    """
    if not 0 < points < math.inf:
        raise ValueError(f"{reference.__name__}: points={points!r}: expected a positive number")
    given: object = returns
    if isinstance(given, str):  # ("y") is no tuple: each letter would be a result
        what = f"returns={returns!r}: expected a tuple of names, ({returns!r},)"
        raise ValueError(f"{reference.__name__}: {what}")
    quantities = _as_text(compare_as, "compare_as") if compare_as else None
    scored = _as_text(score, "score") if score else None
    thresholds = tuple(sorted((float(t), float(part)) for t, part in (credit or {}).items()))
    parts = [part for _, part in thresholds]
    if bool(score) != bool(credit) or (score and (compare_as or places)):
        raise ValueError(
            f"{reference.__name__}: score and credit go together, without compare_as and places"
        )
    if score and not (0 < parts[0] and parts[-1] == 1 and parts == sorted(set(parts))):
        raise ValueError(
            f"{reference.__name__}: credit={credit!r}: expected parts above 0 that rise with the threshold, to 1"
        )

    def make(generator: Callable) -> Exercise:
        return Exercise(
            *(reference, points, returns, rtol, atol, quantities, places, generator),
            repair=repair,
            score=scored,
            credit=thresholds,
        )

    return make


def _as_text(function: Callable, what: str) -> Quantities:
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
                    f"{what}: {module} imports {package}, which a student may not have: write {name} in a "
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
