"""The verdict on an exercise: a plan's expected results held against what an answer did.

The same comparison serves the check in a student's notebook and the grader outside the sandbox.
What is most helpful comes first: not answered, raised, type, shape, value at the first wrong
place; and the name of the mistake, if it is a known one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradus import values
from gradus.calling import Outcome
from gradus.distributions import Sample, compare_samples
from gradus.plan import Plan, Quantities
from gradus.relations import relation

# What float32 arithmetic can meet: about a hundred roundings, and cancellation against the largest entry.
FLOAT32_RTOL = 1e-4
FLOAT32_ATOL = 1e-5
IN_PLACE = "right values, but it changes its argument "
NOT_FINITE = "a division by zero, an overflow, or the root or logarithm of a negative number"


@dataclass(frozen=True)
class CaseVerdict:
    """Whether one case passed, and what was found if it did not."""

    label: str
    passed: bool
    message: str = ""


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise.

    `status` is "right", "wrong" or "not answered"; `earned` is the share of `points` of the cases
    passed; `mistake` is the sentence of the known mistake that explains every failed case.
    """

    exercise: str
    points: float
    status: str
    earned: float
    cases: tuple[CaseVerdict, ...]
    mistake: str = ""

    @property
    def message(self) -> str:
        """One sentence for the student."""
        if self.status == "right":
            return f"all {len(self.cases)} cases pass"
        failed = [case for case in self.cases if not case.passed]
        return self.mistake or f"{failed[0].message} (case: {failed[0].label})"


def examine(plan: Plan, outcomes: list[Outcome], reveal: bool = True) -> Verdict:
    """Judge the outcomes of a plan's cases, one for each, in order.

    Parameters
    ----------
    plan : Plan
    outcomes : list of Outcome
    reveal : bool
        Whether messages may show values: yes in a student's notebook, no for the grader's cases. Those
        neither show nor count anything that an answer could choose: it could say the arguments with it.
    """
    if len(outcomes) != len(plan.cases):
        raise ValueError(
            f"outcomes: expected {len(plan.cases)}, one for each case, got {len(outcomes)}"
        )
    messages = _messages(plan, outcomes, reveal)
    cases = tuple(
        CaseVerdict(case.label, message is None, message or "")
        for case, message in zip(plan.cases, messages, strict=True)
    )
    passed = sum(case.passed for case in cases)
    if all(
        outcome.kind == "not found" or outcome.error == "NotImplementedError"
        for outcome in outcomes
    ):
        return Verdict(plan.exercise, plan.points, "not answered", 0.0, cases)
    if passed == len(cases):
        return Verdict(plan.exercise, plan.points, "right", float(plan.points), cases)
    # Rounding gives no point away: with many cases it could fill up the last hundredth.
    earned = min(round(plan.points * passed / len(cases), 2), plan.points - 0.01)
    return Verdict(plan.exercise, plan.points, "wrong", earned, cases, _name(plan, outcomes, cases))


def _messages(plan: Plan, outcomes: list[Outcome], reveal: bool) -> list[str | None]:
    """What is wrong with each outcome, or None."""
    return [
        _examine_case(plan, number, outcome, reveal) or _examine_chance(plan, number, outcomes)
        for number, outcome in enumerate(outcomes)
    ]


def _examine_case(plan: Plan, number: int, outcome: Outcome, reveal: bool) -> str | None:
    """What is wrong with the outcome of one case, or None."""
    expected = plan.expected[number]
    match outcome.kind:
        case "not found":
            return f"not answered: there is no function `{plan.exercise}`"
        case "raised" if outcome.error == "NotImplementedError":
            return "not answered yet"
        case "raised":
            where = f", in the line: {outcome.line}" if outcome.line else ""
            text = f": {outcome.message}" if outcome.message and (reveal or outcome.line) else ""
            return f"raised {outcome.error}{text}{where}"
        case "timeout":
            return "took too long and was stopped: is there a loop that does not end?"
        case "killed":
            return (
                f"ended its process: {outcome.message or 'it left Python or used too much memory'}"
            )
        case "not data":
            got = outcome.message or "something else"
            return f"expected {_shape_of(plan, expected, reveal)}, got {got}"
    if outcome.value is None and expected is not None:
        return "returned None: does every path end in `return`?"
    found = _compare_results(plan, number, expected, outcome.value, reveal)
    if found is None and outcome.changed:
        names = ", ".join(f"`{name}`" for name in outcome.changed)
        found = f"{IN_PLACE}{names} in place: work on a copy"
    return found


def _name(plan: Plan, outcomes: list[Outcome], cases: Sequence[CaseVerdict]) -> str:
    """What explains every case that failed, in a sentence, or ""."""
    found = {case.message for case in cases if not case.passed}
    if len(found) == 1 and (only := found.pop()).startswith(IN_PLACE):
        return only
    return (
        _name_mistake(plan, outcomes)
        or _name_but_for_infinite(plan, outcomes)
        or _relation(plan, outcomes)
    )


def _name_mistake(plan: Plan, outcomes: list[Outcome]) -> str:
    """The sentence of the first known mistake that does on every case what this answer did.

    On the cases that pass, too: a mistake that explains only the failures may be another one.
    """
    for mistake in plan.mistakes:
        pairs = enumerate(zip(mistake.results, outcomes, strict=True))
        if all(_agrees(plan, number, *pair) for number, pair in pairs) and (
            not _is_of_chance(plan, mistake.results)
            or _is_of_chance(plan, [outcome.value for outcome in outcomes])
        ):
            return mistake.sentence
    return ""


def _name_but_for_infinite(plan: Plan, outcomes: list[Outcome]) -> str:
    """The one known mistake that does what this answer did where its numbers are finite.

    Who divides by something forgets the case in which it is 0 besides; the mistake was recorded without it.
    """
    finite = [
        number
        for number, pair in enumerate(zip(plan.expected, outcomes, strict=True))
        if not _is_infinite(*pair)
    ]
    infinite = len(outcomes) - len(finite)
    if not 0 < infinite <= len(outcomes) // 3 or any(outcome.changed for outcome in outcomes):
        return ""
    known = {
        mistake.sentence
        for mistake in plan.mistakes
        if all(
            _agrees(plan, number, mistake.results[number], outcomes[number]) for number in finite
        )
        and sum(
            _examine_case(plan, number, outcomes[number], False) is not None for number in finite
        )
        > 1
    }
    return (
        f"{known.pop()}; besides, not all numbers are finite: {NOT_FINITE}"
        if len(known) == 1
        else ""
    )


def _is_infinite(expected: Any, outcome: Outcome) -> bool:
    """Whether an answer has no finite number where one is asked."""
    if outcome.kind == "raised":
        return outcome.error in ("ZeroDivisionError", "FloatingPointError", "OverflowError")
    return _is_finite(expected) and not _is_finite(outcome.value)


def _is_finite(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_finite, value))
    try:
        return bool(np.isfinite(value).all())
    except Exception:  # no numbers, or an object whose conversion fails in any way it likes
        return True


def _relation(plan: Plan, outcomes: list[Outcome]) -> str:
    """How the results are related to those asked, in every case; "" if in no simple way."""
    if plan.compare_as or any(o.kind != "returned" or o.changed for o in outcomes):
        return ""
    wanted, got = list(plan.expected), [outcome.value for outcome in outcomes]
    if len(plan.returns) == 1:
        wanted, got = [(one,) for one in wanted], [(one,) for one in got]
    if not all(isinstance(one, tuple | list) and len(one) == len(plan.returns) for one in got):
        return ""
    return relation(
        plan.returns,
        plan.cases,
        wanted,
        got,
        lambda name, want, one: compare(name, want, one, plan.rtol, plan.atol, False) is None,
    )


def right_mistakes(plan: Plan) -> list[str]:
    """The sentences of the known mistakes that pass every case of a plan: no mistakes, so far as it shows."""
    return [
        mistake.sentence
        for mistake in plan.mistakes
        if not any(_messages(plan, [_outcome(result) for result in mistake.results], False))
    ]


def _outcome(result: Any) -> Outcome:
    """What an answer does that makes a known mistake."""
    if is_raised(result):
        return Outcome("raised", error=result["raised"])
    return Outcome("returned", result)


def is_raised(result: Any) -> bool:
    """Whether the result of a known mistake is that it raises something."""
    return isinstance(result, dict) and set(result) == {"raised"}


def _is_of_chance(plan: Plan, results: Sequence[Any]) -> bool:
    """Whether each random result by itself is right: what is wrong is where chance comes from.

    An answer that is nearly such a result is still wrong in another way.
    """
    return bool(plan.compare_as) and all(
        _compare_results(plan, number, expected, result, False) is None
        for number, (expected, result) in enumerate(zip(plan.expected, results, strict=True))
    )


def _agrees(plan: Plan, number: int, result: Any, outcome: Outcome) -> bool:
    if is_raised(result):
        return outcome.kind == "raised" and outcome.error == result["raised"]
    if outcome.kind != "returned" or (plan.compare_as and outcome.changed):
        return False  # of right draws that change an argument, every mistake about chance would be said
    return _compare_results(plan, number, result, outcome.value, False) is None


def _compare_results(
    plan: Plan, number: int, expected: Any, answer: Any, reveal: bool
) -> str | None:
    if plan.compare_as:
        return _compare_quantities(plan.compare_as, plan, number, expected, answer, reveal)
    return _compare_values(plan, expected, answer, reveal)


def _compare_values(plan: Plan, expected: Any, answer: Any, reveal: bool) -> str | None:
    # A known mistake may return another number of results than the reference.
    if (
        len(plan.returns) == 1
        or not isinstance(expected, tuple)
        or len(expected) != len(plan.returns)
    ):
        return compare(plan.returns[0], expected, answer, plan.rtol, plan.atol, reveal)
    names = ", ".join(plan.returns)
    if not isinstance(answer, tuple | list) or len(answer) != len(expected):
        got = describe(answer, reveal)
        if isinstance(answer, tuple | list):
            got = f"{len(answer)}" if reveal else "another number of them"
        return f"expected {len(expected)} results, a tuple ({names}), got {got}"
    findings = (
        compare(name, want, got, plan.rtol, plan.atol, reveal)
        for name, want, got in zip(plan.returns, expected, answer, strict=True)
    )
    return next((finding for finding in findings if finding), None)


def _compare_quantities(
    compare_as: Quantities, plan: Plan, number: int, expected: Any, answer: Any, reveal: bool
) -> str | None:
    """What is wrong with a result of which only some quantities are compared, once it has the reference's form."""
    of_its_form = replace(plan, atol=np.finfo(float).max)
    if found := _compare_values(of_its_form, expected, answer, reveal):
        return found
    case = plan.cases[number]
    arguments = dict(zip(case.names, (*case.args, *case.kwargs.values()), strict=True))
    try:
        want = compare_as.of(arguments, expected)
    except Exception:  # a known mistake has it whose numbers mean nothing
        return _compare_values(plan, expected, answer, reveal)
    try:
        got = compare_as.of(arguments, _in_form_of(expected, answer))
    except Exception:  # numbers that mean nothing, such as a place beyond the end
        return f"{', '.join(plan.returns)}: wrong values"
    if got.keys() != want.keys():
        return f"{', '.join(plan.returns)}: wrong values"
    for key, quantity in want.items():
        name = key or plan.returns[0]
        if isinstance(quantity, Sample):
            found = compare_samples(name, quantity.draws, got[key].draws, reveal)
        else:
            found = compare(name, quantity, got[key], plan.rtol, plan.atol, reveal)
        if found:
            return found
    return None


def _in_form_of(expected: Any, answer: Any) -> Any:
    """An answer whose numbers are held as the reference holds them."""
    if isinstance(expected, tuple | list):
        pairs = zip(expected, answer, strict=True)
        return type(expected)(_in_form_of(want, got) for want, got in pairs)
    if isinstance(expected, dict):
        return {key: _in_form_of(want, answer[key]) for key, want in expected.items()}
    if isinstance(expected, np.ndarray):
        held = np.asarray(answer).astype(expected.dtype)
        # Where whole numbers are asked, a fraction is not cut to one: the quantities see it as it is.
        cut = expected.dtype.kind in "iu" and not np.array_equal(held, answer)
        return np.asarray(answer) if cut else held
    return answer


def _examine_chance(plan: Plan, number: int, outcomes: list[Outcome]) -> str | None:
    """Whether chance comes from the generator that was given: by the cases that differ in nothing else."""
    if not plan.compare_as:
        return None
    for earlier in range(number):
        asked = (plan.cases[n] for n in (earlier, number))
        one, other = (values.pack(_without_seeds((c.args, c.kwargs))) for c in asked)
        if one != other or outcomes[earlier].kind != "returned":
            continue
        same = _same_result(plan, *(outcomes[n].value for n in (earlier, number)))
        should = _same_result(plan, *(plan.expected[n] for n in (earlier, number)))
        if should and not same:
            return "a generator of the same seed must give the same result: draw from the one that is given"
        if same and not should:
            return "another generator must give another result: draw from the one that is given"
    return None


def _without_seeds(value: Any) -> Any:
    """A case's arguments with every generator of one seed."""
    if isinstance(value, values.Rng):
        return values.Rng(0)
    if isinstance(value, tuple | list):
        return type(value)(map(_without_seeds, value))
    if isinstance(value, dict):
        return {key: _without_seeds(item) for key, item in value.items()}
    return value


def _same_result(plan: Plan, one: Any, other: Any) -> bool:
    return _compare_values(replace(plan, rtol=0.0, atol=0.0), one, other, False) is None


def compare(
    name: str, expected: Any, answer: Any, rtol: float, atol: float, reveal: bool = True
) -> str | None:
    """What is wrong with a result, in a sentence, or None where it is right.

    Numbers are judged as numbers, whatever type holds them (a list, an array, float32, int);
    a shape must be the very shape, broadcasting is not forgiven.
    """
    expected, answer = _plain_truth(expected), _plain_truth(answer)
    if isinstance(expected, str | bool) or expected is None:
        same = type(answer) is type(expected) and answer == expected
        got = f": {answer!r}" if reveal else ""
        return (
            None
            if same
            else f"{name}: wrong value{got}" + (f", expected {expected!r}" if reveal else "")
        )
    if isinstance(expected, tuple | list):
        if not isinstance(answer, tuple | list) or len(answer) != len(expected):
            items = f"{len(expected)} items" if reveal else "another number of items"
            return f"{name}: expected {items}, got {describe(answer, reveal)}"
        for index, (want, got) in enumerate(zip(expected, answer, strict=True)):
            item = f"{name}[{index}]" if reveal else name
            found = compare(item, want, got, rtol, atol, reveal)
            if found:
                return found
        return None
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or set(answer) != set(expected):
            got = describe(answer, reveal)
            return f"{name}: expected a dict with keys {sorted(expected)}, got {got}"
        for key, want in expected.items():
            found = compare(f"{name}[{key!r}]", want, answer[key], rtol, atol, reveal)
            if found:
                return found
        return None
    return _compare_numbers(name, np.asarray(expected), answer, rtol, atol, reveal)


def _plain_truth(value: Any) -> Any:
    """NumPy's strings, True and False as Python's: from a sandbox truths come as arrays without axes."""
    if isinstance(value, np.str_):
        return str(value)
    truth = isinstance(value, np.ndarray | np.bool_) and value.dtype == bool and value.ndim == 0
    return bool(value) if truth else value


def _compare_numbers(
    name: str, want: np.ndarray, answer: Any, rtol: float, atol: float, reveal: bool
) -> str | None:
    try:
        sides = _sides(answer)
        if isinstance(answer, tuple | list) and sides not in (None, want.shape):
            return f"{name}: {_shapes(want.shape, sides, reveal)}"
        got = np.asarray(None if sides is None else answer)
    except Exception:  # a ragged list, or an object whose conversion fails in any way it likes
        got = np.asarray(None)
    if got.dtype.kind not in "biuf" + want.dtype.kind:
        asked = _numbers_of_shape(want.shape, reveal)
        return f"{name}: expected {asked}, got {describe(answer, reveal)}"
    if got.shape != want.shape:
        return f"{name}: {_shapes(want.shape, got.shape, reveal)}"
    if any(array.dtype in (np.float32, np.float16) for array in (got, want)):
        rtol = max(rtol, FLOAT32_RTOL)
        largest = np.max(np.abs(want), initial=1.0, where=np.isfinite(want))
        atol = max(atol, FLOAT32_ATOL * float(largest))
    if want.dtype.kind != "c":
        want, got = want.astype(np.float64), got.astype(np.float64)
    close = np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return None
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    where = f" at [{', '.join(map(str, place))}]" if place else ""
    wrong = int((~close).sum())
    rest = f" ({wrong} of {close.size} are wrong)" if close.size > 1 else ""
    if not np.isfinite(got[place]) and np.isfinite(want[place]):
        what = f"{got[place]:g}{where}" if reveal else "nan or inf"
        return f"{name}: {what}: {NOT_FINITE}" + rest * reveal
    if not reveal:
        return f"{name}: wrong value"
    values = ": {}, expected {}".format(*_apart(got[place], want[place]))
    return f"{name}: wrong value{where}{values}{rest}"


def _sides(value: Any) -> tuple[int, ...] | None:
    """The shape of the array that nested lists would make, found without making it; None if they make none.

    In one array every entry takes as much room as the widest needs: a single complex number makes sixteen
    bytes of each bool, a single text of a megabyte a megabyte.
    """
    if isinstance(value, tuple | list):
        inner: tuple[int, ...] | None = ()
        for number, item in enumerate(value):
            sides = _sides(item)
            if sides is None or (number and sides != inner):
                return None
            inner = sides
        return None if inner is None else (len(value), *inner)
    if value is None or isinstance(value, str | bytes | dict):
        return None
    return np.shape(value)


def _apart(got: Any, want: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ, at least six."""
    for digits in (6, 9, 12, 17):
        texts = f"{got:.{digits}g}", f"{want:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def describe(value: Any, reveal: bool = True) -> str:
    """A value's type, in the words of a message, and where it may be shown its size."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}" if reveal else "an array"
    if isinstance(value, tuple | list):
        return values.kind(value) + (f" of {len(value)}" if reveal else "")
    return "None" if value is None else values.kind(value)


def _shapes(want: tuple[int, ...], got: tuple[int, ...] | None, reveal: bool) -> str:
    return f"expected shape {want}, got {got}" if reveal else "wrong shape"


def _numbers_of_shape(shape: tuple[int, ...], reveal: bool) -> str:
    return "an array of numbers" + f" of shape {shape}" * reveal if shape else "a number"


def _shape_of(plan: Plan, expected: Any, reveal: bool) -> str:
    if isinstance(expected, tuple):
        return f"a tuple ({', '.join(plan.returns)})"
    # A list may hold arrays of different lengths, which have no shape together; a string has none.
    if isinstance(expected, list | dict | str):
        return describe(expected, reveal)
    return _numbers_of_shape(np.shape(expected), reveal)
