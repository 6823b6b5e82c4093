"""Answers that know nothing of what is asked: guesses, and the results that lie beside the notebook.

The share of the points that such an answer gets is its mean over the hidden seeds.
"""

import inspect
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product
from statistics import mean
from typing import Any

import numpy as np

from gradus import values
from gradus.calling import Outcome, as_data
from gradus.plan import Case, Plan, Seen
from gradus.values import Problem, Rng
from gradus.verdict import compare, earned, examine

CONSTANTS = (0, 1, 2, -1, 0.5, math.nan, math.inf, True, False, "", None, (), [])
FILLED = {
    "zeros like": np.zeros_like,
    "ones like": np.ones_like,
    "nan like": lambda x: np.full_like(x, np.nan),
}
FORMULAS: dict[str, Callable] = {
    "mean": np.mean, "sum": np.sum, "max": np.max, "min": np.min, "sign": np.sign, "abs": np.abs, "minus": np.negative,
    "len": len, "rows": lambda x: np.shape(x)[0], "columns": lambda x: np.shape(x)[1],
}  # fmt: skip
PAIRED: dict[str, Callable] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
# Of so many arguments each result is made where all results are judged together.
FEW = 3


class Formula(str):
    """The name of what is computed of the arguments: where it is right, it is no guess."""


def best_guess(reference: Callable, visible: Plan, hidden: list[Plan]) -> tuple[float, str]:
    """The best share for a guess, and which it is.

    Each of several results may be another guess; where they are judged together, each is of a few.
    """
    places = 1 if visible.compare_as or visible.score else len(visible.returns)
    pools = [
        (plan, [dict(_guesses(reference, visible, case)) for case in plan.cases]) for plan in hidden
    ]
    names = dict.fromkeys(name for _, pool in pools for guesses in pool for name in guesses)
    # For each result its guesses, one of those that pass the same cases.
    found: list[dict[tuple, str]] = [{} for _ in range(places)]
    for name in names:
        for place in range(places):
            passed = tuple(_passed(plan, place, name, pool) for plan, pool in pools)
            found[place].setdefault(passed, name)
    best = 0.0, ""
    for choice in product(*(guesses.items() for guesses in found)):
        # Of each plan, which cases pass in all results, or what part of them is earned.
        passes = (
            np.min(seed, axis=0) for seed in zip(*(passed for passed, _ in choice), strict=True)
        )
        share = mean(
            earned(plan, ok) / plan.points for plan, ok in zip(hidden, passes, strict=True)
        )
        is_right = share == 1 and any(isinstance(name, Formula) for _, name in choice)
        if share > best[0] and not is_right:
            best = share, "; ".join(name for _, name in choice)
    return best


def _guesses(reference: Callable, visible: Plan, case: Case) -> Iterator[tuple[str, Any]]:
    """What one may return for a case, under names that are the same for every case."""
    call = inspect.signature(reference).bind(
        *values.realise(case.args), **values.realise(case.kwargs)
    )
    call.apply_defaults()
    given = {name: value for name, value in call.arguments.items() if not callable(value)}
    several = len(visible.returns) > 1
    if visible.compare_as and several:
        few = list(given.items())[:FEW]
        for name, value in few[:]:
            few += _made(f"zeros like {name}", np.zeros_like, value)
        for chosen in product(few, repeat=len(visible.returns)):
            yield ", ".join(name for name, _ in chosen), tuple(value for _, value in chosen)
        several = False
    for number, results in enumerate(map(_shown, visible.expected)):
        for place, result in enumerate(results if several else [results]):
            yield f"result {place} of visible case {number}", result
    yield from ((repr(constant), constant) for constant in CONSTANTS)
    for name, value in given.items():
        yield name, value
        for word, function in FILLED.items():
            yield from _made(f"{word} {name}", _filled, function, value)
        for word, function in FORMULAS.items():
            yield from _made(Formula(f"{word}({name})"), function, value)
    for (one, a), (other, b) in permutations(given.items(), 2):
        for sign, function in PAIRED.items():
            yield from _made(Formula(f"{one} {sign} {other}"), function, a, b)


def _filled(function: Callable, value: Any) -> Any:
    return [function(v) for v in value] if isinstance(value, tuple | list) else function(value)


def _made(name: str, function: Callable, *arguments: Any) -> Iterator[tuple[str, Any]]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = as_data(function(*arguments))
        except Exception:  # of these arguments it cannot be made
            return
    yield name, value


def _passed(plan: Plan, place: int, name: str, pool: list[dict[str, Any]]) -> tuple[float, ...]:
    """Which cases a guess passes as the result at a place, or what part of them it earns."""
    if plan.compare_as or plan.score:
        missing = Outcome("raised", error="KeyError")
        outcomes = [
            Outcome("returned", guesses[name]) if name in guesses else missing for guesses in pool
        ]
        cases = examine(replace(plan, mistakes=()), outcomes).cases
        return tuple(case.passed or case.part for case in cases)
    wanted = [expected[place] if len(plan.returns) > 1 else expected for expected in plan.expected]
    return tuple(
        name in guesses and compare("", want, guesses[name], plan.rtol, plan.atol, False) is None
        for want, guesses in zip(wanted, pool, strict=True)
    )


def best_copy(visible: Plan, hidden: list[Plan]) -> tuple[float, str]:
    """The best share for returning a visible result for each hidden case, and that of each way to choose it.

    No answer is told the labels: by them, it is the most that arguments which give a case away could tell.
    """
    ways = {"label": _by_label, "arguments": _nearest, "arguments, resized": _resized}
    shares = {}
    for name, find in ways.items():
        earned = []
        for plan in hidden:
            outcomes = [Outcome("returned", find(visible, case)) for case in plan.cases]
            earned.append(examine(replace(plan, mistakes=()), outcomes).earned / plan.points)
        shares[name] = mean(earned)
    told = "; ".join(f"by {name} {share:.0%}" for name, share in shares.items())
    return max(shares.values()), told


def _by_label(visible: Plan, case: Case) -> Any:
    labels = [shown.label for shown in visible.cases]
    return _shown(visible.expected[labels.index(case.label)]) if case.label in labels else None


def _shown(expected: Any) -> Any:
    """A visible result as the file beside the notebook has it."""
    return expected.form if isinstance(expected, Seen) else expected


def _arguments(case: Case) -> dict[str, Any]:
    return dict(zip(case.names, (*case.args, *case.kwargs.values()), strict=True))


def _nearest_number(visible: Plan, case: Case) -> int:
    far = [_distance(_arguments(case), _arguments(shown)) for shown in visible.cases]
    return far.index(min(far))


def _nearest(visible: Plan, case: Case) -> Any:
    return _shown(visible.expected[_nearest_number(visible, case)])


def _resized(visible: Plan, case: Case) -> Any:
    """The nearest result, each array of an argument's shape in the shape that this argument has here."""
    number = _nearest_number(visible, case)
    shown, asked = _arguments(visible.cases[number]), _arguments(case)
    shapes = {
        np.shape(value): np.shape(asked[name])
        for name, value in reversed(shown.items())
        if isinstance(value, np.ndarray) and isinstance(asked.get(name), np.ndarray)
    }

    def fitted(result: Any) -> Any:
        if isinstance(result, tuple | list):
            return type(result)(map(fitted, result))
        is_like = isinstance(result, np.ndarray) and result.shape in shapes
        return np.resize(result, shapes[result.shape]) if is_like else result

    return fitted(_shown(visible.expected[number]))


def _distance(one: Any, other: Any) -> float:
    """How far two values lie apart: of numbers relative, else 0 or 1; generators are not told apart."""
    if isinstance(one, dict):
        names = dict.fromkeys((*one, *other))
        return sum(_distance(one[n], other[n]) if n in one and n in other else 1.0 for n in names)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        if not one or len(one) != len(other):
            return float(len(one) != len(other))
        return mean(map(_distance, one, other))
    if type(one) is not type(other) or isinstance(one, str | Problem | Rng | None):
        return float(not isinstance(one, Rng) and (type(one) is not type(other) or one != other))
    if np.shape(one) != np.shape(other):
        return 1.0
    if np.array_equal(one, other):
        return 0.0
    with np.errstate(all="ignore"):
        size = np.linalg.norm(one) + np.linalg.norm(other)
        far = float(np.linalg.norm(np.subtract(one, other, dtype=float)) / size)
    return far if math.isfinite(far) else 1.0
