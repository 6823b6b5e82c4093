"""The verdict on an exercise: a plan's expected results held against what an answer did.

The same comparison serves the check in a student's notebook and the grader outside the sandbox.
What is most helpful comes first: not answered, raised, type, shape, value at the first wrong
place; and the name of the mistake, if it is a known one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradus import values
from gradus.calling import Outcome
from gradus.distributions import FALSE_ALARM, Sample, coincidence, compare_sample
from gradus.plan import Mistake, Plan, Seen, digest, emptied
from gradus.relations import relation

# What float32 arithmetic can meet: about a hundred roundings, and cancellation against the largest entry.
FLOAT32_RTOL = 1e-4
FLOAT32_ATOL = 1e-5
IN_PLACE = "right values, but it changes its argument "
IMPRECISE = "near, as float32 would be: was a number rounded on the way, or a small term left out?"
AS_GIVEN = "on every case it still does what the program that was given does"
_HOLD_OTHERS = ("a tuple", "a list", "a dict")
NOT_FINITE = "a division by zero, an overflow, or the root or logarithm of a negative number"


@dataclass(frozen=True)
class CaseVerdict:
    """Whether one case passed, and what was found if it did not, or its score where it is scored.

    `part`: what it earns of its weight all the same, where what is achieved is scored.
    """

    label: str
    passed: bool
    message: str = ""
    part: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise.

    `status` is "right", "wrong" or "not answered"; `earned` is what of `points` the cases passed
    are worth; `mistake` is the sentence of the known mistake that explains every failed case. `as_given`: it is not
    answered, since it does what the program does that is to be repaired.
    """

    exercise: str
    points: float
    status: str
    earned: float
    cases: tuple[CaseVerdict, ...]
    mistake: str = ""
    as_given: bool = False

    @property
    def message(self) -> str:
        """One sentence for the student."""
        if self.as_given:
            return AS_GIVEN
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
    outcomes = [_Answered(**vars(outcome)) for outcome in outcomes]
    messages = _messages(plan, outcomes, reveal)
    if plan.compare_as and not any(messages):
        messages = [_drawn_as_a_mistake(plan, outcomes)] * len(outcomes)
    cases = tuple(
        CaseVerdict(case.label, True, _surpasses(plan, number, outcomes) if reveal else "")
        if message is None
        else CaseVerdict(case.label, False, message, _part(plan, number, outcomes))
        for number, (case, message) in enumerate(zip(plan.cases, messages, strict=True))
    )
    if is_open(plan, outcomes):
        as_given = not _is_stub(outcomes)
        return Verdict(plan.exercise, plan.points, "not answered", 0.0, cases, as_given=as_given)
    if all(case.passed for case in cases):
        return Verdict(plan.exercise, plan.points, "right", float(plan.points), cases)
    worth = earned(plan, [case.passed or case.part for case in cases])
    return Verdict(plan.exercise, plan.points, "wrong", worth, cases, _name(plan, outcomes, cases))


def is_open(plan: Plan, outcomes: Sequence[Outcome]) -> bool:
    """Whether an exercise is not answered: its stub is as it was, or a repair does what the given program does.

    The given program is known by what it does, not by its text: to write it otherwise is no repair.
    """
    return _is_stub(outcomes) or _is_as_given(plan, outcomes)


def _is_stub(outcomes: Sequence[Outcome]) -> bool:
    return all(o.kind == "not found" or o.error == "NotImplementedError" for o in outcomes)


def _is_as_given(plan: Plan, outcomes: Sequence[Outcome]) -> bool:
    given = [mistake for mistake in plan.mistakes if mistake.sentence == plan.repair]
    return bool(given) and bool(_made(plan, given, outcomes))


@dataclass(frozen=True, eq=False)
class _Answered(Outcome):
    """An outcome that remembers the quantities of its value: every known mistake is held against them."""

    quantities: dict[str, Any] = field(default_factory=dict)


def earned(plan: Plan, passed: Sequence[float]) -> float:
    """The points of an answer that passes some of a plan's cases, where it is scored each to a part of 1.

    What fails costs twice its share of the weights: who returns an argument, zeros or the result of a case
    that was seen passes half of them with no idea of the exercise. In a repair the share is one of the cases that the
    given program fails: what it passes was no work. What is scored earns by how far it came, and costs once.
    """
    weights = [case.weight for case in plan.cases]
    lost = sum(weight * (1 - part) for weight, part in zip(weights, passed, strict=True))
    whole = sum(weights[number] for number in plan.at_stake) or sum(weights)
    share = max(0.0, 1 - (1 if plan.score else 2) * lost / whole)
    # Rounding gives no point away: with many cases it could fill up the last hundredth.
    return min(round(plan.points * share, 2), plan.points - 0.01 * (lost > 0))


def _messages(plan: Plan, outcomes: list[Outcome], reveal: bool) -> list[str | None]:
    """What is wrong with each outcome, or None."""
    return [
        _examine_case(plan, number, outcomes, reveal) or _examine_chance(plan, number, outcomes)
        for number in range(len(outcomes))
    ]


def _examine_case(plan: Plan, number: int, outcomes: Sequence[Outcome], reveal: bool) -> str | None:
    """What is wrong with the outcome of one case, or None."""
    expected, outcome = plan.expected[number], outcomes[number]
    if isinstance(expected, Seen):
        expected = expected.form
    match outcome.kind:
        case "not found":
            return f"not answered: there is no function `{plan.exercise}`"
        case "raised" if outcome.error == "NotImplementedError":
            return "not answered yet"
        case "raised":
            where = f", in the line: {outcome.line}" if outcome.line else ""
            text = f": {outcome.message}" if outcome.message and (reveal or outcome.line) else ""
            if outcome.error == "TypeError" and not outcome.line:  # most likely the call itself
                where = f"; the call is {plan.exercise}({', '.join(plan.cases[number].names)})"
            return f"raised {outcome.error}{text}{where}"
        case "timeout":
            return "took too long and was stopped: is there a loop that does not end?"
        case "killed":
            return (
                f"ended its process: {outcome.message or 'it left Python or used too much memory'}"
            )
        case "not data":
            got = outcome.message or "something else"
            if got in _HOLD_OTHERS:
                got += " with something in it that is neither numbers nor text"
            return f"expected {_shape_of(plan, expected, reveal)}, got {got}"
    if outcome.value is None and expected is not None:
        return "returned None: does every path end in `return`?"
    if plan.score:
        found = _falls_short(plan, number, outcomes, reveal)
    else:
        found = _compare_results(plan, number, plan.expected[number], outcomes, reveal)
    if found is None and plan.places and not _are_places(expected, outcome.value):
        found = "right numbers, held as floats: they are places in an array, so make them whole, of type int"
    if found is None and outcome.changed:
        names = ", ".join(f"`{name}`" for name in outcome.changed)
        found = f"{IN_PLACE}{names} in place: work on a copy"
    return found


def _drawn_as_a_mistake(plan: Plan, outcomes: list[Outcome]) -> str | None:
    """The sentence of a mistake too slight for one call to show, if an answer made every one of its draws."""
    digests: list[str] = []
    for mistake in plan.mistakes:
        if mistake.right:
            digests = digests or [digest(outcome.value) for outcome in outcomes]
            if digests == [result.digest for result in mistake.results]:
                return mistake.sentence
    return None


def _name(plan: Plan, outcomes: list[Outcome], cases: Sequence[CaseVerdict]) -> str:
    """What explains every case that failed, in a sentence, or ""."""
    found = {case.message for case in cases if not case.passed}
    if len(found) == 1 and (only := found.pop()).startswith(IN_PLACE):
        return only
    return (
        _made(plan, plan.mistakes, outcomes)
        or _told(plan, outcomes)
        or _name_but_for_infinite(plan, outcomes)
        or _relation(plan, outcomes)
    )


def _made(plan: Plan, mistakes: Sequence[Mistake], outcomes: Sequence[Outcome]) -> str:
    """The sentence of the first of some mistakes that does on every case what an answer did, or "".

    On the cases that pass, too: a mistake that explains only the failures may be another one.
    """
    of_chance = said_of_chance(plan, outcomes) if plan.compare_as else ()
    asked = bool(of_chance), _advice(of_chance)
    for mistake in mistakes:
        if (bool(mistake.of_chance), _advice(mistake.of_chance)) == asked and all(
            _agrees(plan, n, mistake.results[n], outcomes) for n in range(len(outcomes))
        ):
            return mistake.sentence
    return ""


def _told(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """The sentence of the mistake that a quantity tells which says by itself what is wrong, or "".

    Where much else is free, as a line search, no mistake does on every case what an answer does. The last two cases
    that such a quantity finds wrong must say the same; "" says nothing.
    """
    for key in plan.compare_as.tells if plan.compare_as else ():
        words = []
        for number, (want, outcome) in enumerate(zip(plan.expected, outcomes, strict=True)):
            if key not in (want.quantities or {}) or outcome.kind != "returned" or outcome.changed:
                continue
            got = (_quantities(plan, number, want.form, outcomes) or {}).get(key, "")
            if got != want.quantities[key]:
                words.append((number, got))
        if not words or len({word for _, word in words[-2:]}) > 1 or not words[-1][1]:
            continue
        number, word = words[-1]
        if known := [one for one in plan.mistakes if _word(one.results[number], key) == word]:
            # Of several, such as all that get no further, the one that says the same most often.
            agree = [sum(_word(one.results[n], key) == got for n, got in words) for one in known]
            return known[agree.index(max(agree))].sentence
    return ""


def _word(result: Any, key: str) -> Any:
    """What the quantity of that name says of a mistake's result; None where there is none."""
    return (result.quantities or {}).get(key) if isinstance(result, Seen) else None


def _advice(of_chance: tuple[str, ...]) -> set[str]:
    """What to do about chance: whose draws are the same for all seeds, or never, is to use the one that is given."""
    return {said.rpartition(": ")[2] for said in of_chance} - {""}


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
        if all(_agrees(plan, number, mistake.results[number], outcomes) for number in finite)
        and sum(_examine_case(plan, number, outcomes, False) is not None for number in finite) > 1
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
    if plan.compare_as or plan.score:
        return ""
    if any(o.kind != "returned" or o.changed for o in outcomes):
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
        if (
            [one.digest for one in plan.expected] == [one.digest for one in mistake.results]
            if plan.compare_as and mistake.right
            else not plan.compare_as and is_right(plan, mistake.results)
        )
    ]


def is_right(plan: Plan, results: Sequence[Any]) -> bool:
    """Whether results, one for each case, pass every case."""
    return not wrong_cases(plan, results)


def wrong_cases(plan: Plan, results: Sequence[Any]) -> tuple[int, ...]:
    """The numbers of the cases that results, one for each case, do not pass."""
    messages = _messages(plan, outcomes_of(results), False)
    return tuple(number for number, message in enumerate(messages) if message)


def outcomes_of(results: Sequence[Any]) -> list[Outcome]:
    """What an answer does that makes a known mistake."""
    return [
        Outcome("raised", error=result["raised"], message=result["says"])
        if is_raised(result)
        else Outcome("returned", result)
        for result in results
    ]


def is_raised(result: Any) -> bool:
    """Whether the result of a known mistake is that it raises something."""
    return isinstance(result, dict) and set(result) == {"raised", "says"}


def says_it(result: dict[str, str], message: str) -> bool:
    """Whether a message begins as that of a known mistake: by three words, since NumPy changes others."""
    words = result["says"].split()[:3]
    return message.split()[: len(words)] == words


def said_of_chance(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Where each random result by itself is right, what is said of it beside the others; () where one is wrong.

    An answer that is nearly such a result is still wrong in another way.
    """
    if any(_examine_case(plan, n, outcomes, False) for n in range(len(outcomes))):
        return ()
    return tuple(_examine_chance(plan, n, outcomes) or "" for n in range(len(outcomes)))


def _agrees(plan: Plan, number: int, result: Any, outcomes: Sequence[Outcome]) -> bool:
    outcome = outcomes[number]
    if is_raised(result):
        known = outcome.kind == "raised" and outcome.error == result["raised"]
        return known and says_it(result, outcome.message)
    if outcome.kind != "returned" or (plan.compare_as and outcome.changed):
        return False  # of right draws that change an argument, every mistake about chance would be said
    return _compare_results(plan, number, result, outcomes, False) is None


def _compare_results(
    plan: Plan, number: int, expected: Any, outcomes: Sequence[Outcome], reveal: bool
) -> str | None:
    """What is wrong with one of the results, or None: quantities may depend on those before it, too."""
    if plan.compare_as:
        return _compare_quantities(plan, number, expected, outcomes, reveal)
    if number in plan.coarse:
        # Who computes with what was given cannot be more precise than it is.
        rtol, atol = max(plan.rtol, FLOAT32_RTOL), max(plan.atol, FLOAT32_ATOL)
        plan = replace(plan, rtol=rtol, atol=atol)
    return _compare_values(plan, expected, outcomes[number].value, reveal)


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


def _compare_forms(plan: Plan, expected: Any, answer: Any, reveal: bool) -> str | None:
    """What is wrong with a result, whatever its finite numbers are."""
    return _compare_values(replace(plan, atol=np.finfo(float).max), expected, answer, reveal)


def _falls_short(plan: Plan, number: int, outcomes: Sequence[Outcome], reveal: bool) -> str | None:
    """What a result that is scored lacks of the highest threshold, once it has the reference's form, or None."""
    if found := _compare_forms(plan, plan.expected[number], outcomes[number].value, reveal):
        return found
    score = _score(plan, number, outcomes)
    reached = [threshold for threshold, _ in plan.credit if threshold <= score]
    if len(reached) == len(plan.credit):
        return None
    following = plan.credit[len(reached)][0]
    if not reveal:
        return (
            f"reaches {reached[-1]:g}, not {following:g}"
            if reached
            else f"does not reach {following:g}"
        )
    if score == -np.inf:
        return f"it has no score: the lowest threshold is {following:g}"
    return "the score is {}, the next threshold {}".format(*_apart(score, following))


def _surpasses(plan: Plan, number: int, outcomes: Sequence[Outcome]) -> str:
    """What a result that earns all of its case achieves, where that is scored, or ""."""
    if not plan.score:
        return ""
    return f"the score is {_score(plan, number, outcomes):.6g}, the highest threshold {plan.credit[-1][0]:g}"


def _score(plan: Plan, number: int, outcomes: Sequence[Outcome]) -> float:
    """What a result of the reference's form achieves; -inf where nothing can be said of it."""
    outcome = outcomes[number]
    known = outcome.quantities if isinstance(outcome, _Answered) else {}
    if "score" not in known and plan.score:
        try:
            result = _in_form_of(plan.expected[number], outcome.value)
            known["score"] = float(plan.score.of([plan.cases[number]], [result]))
        except Exception:
            known["score"] = -np.inf
        if not np.isfinite(known["score"]):
            known["score"] = -np.inf
    return known["score"]


def _part(plan: Plan, number: int, outcomes: Sequence[Outcome]) -> float:
    """What a case that does not pass earns of its weight, by how far its result came."""
    outcome = outcomes[number]
    scored = isinstance(outcome, _Answered) and "score" in outcome.quantities
    if not scored or outcome.changed:
        return 0.0
    score = _score(plan, number, outcomes)
    return max((part for threshold, part in plan.credit if threshold <= score), default=0.0)


def _compare_quantities(
    plan: Plan, number: int, expected: Seen, outcomes: Sequence[Outcome], reveal: bool
) -> str | None:
    """What is wrong with a result of which only some quantities are compared, once it has the reference's form."""
    answer = outcomes[number].value
    # Of a mistake the numbers that are not finite are not kept.
    held = answer if expected is plan.expected[number] else emptied(answer)
    if found := _compare_forms(plan, expected.form, held, reveal):
        return found
    got = _quantities(plan, number, expected.form, outcomes)
    if expected.quantities is None or got is None:  # numbers that mean nothing
        as_asked = plan.expected[number].form
        alike = expected.quantities is got and (
            _quantities(plan, number, as_asked, outcomes) is None
        )
        return None if alike else f"{', '.join(plan.returns)}: wrong values"
    if got.keys() != expected.quantities.keys():
        return f"{', '.join(plan.returns)}: wrong values"
    for key, want in expected.quantities.items():
        name = key or plan.returns[0]
        if isinstance(got[key], Sample):
            draws, near = got[key]
            found = (
                compare_sample(name, want, draws, reveal, near)
                if want
                else _not_finite(name, draws)
            )
        else:
            found = compare(name, want, got[key], plan.rtol, plan.atol, reveal)
        if found:
            return found
    return None


def _are_places(expected: Any, answer: Any) -> bool:
    """Whether what is expected as an array of whole numbers can be used as indices."""
    if isinstance(expected, np.ndarray) and expected.dtype.kind in "iu" and expected.ndim:
        return not expected.size or np.asarray(answer).dtype.kind in "iu"
    if isinstance(expected, tuple | list):
        return all(map(_are_places, expected, answer))
    return True


def _not_finite(name: str, draws: np.ndarray) -> str | None:
    return f"{name}: all numbers are finite" if np.isfinite(draws).all() else None


def _quantities(
    plan: Plan, number: int, form: Any, outcomes: Sequence[Outcome]
) -> dict[str, Any] | None:
    """What of an answer's result is compared; None where its numbers mean nothing, as a place beyond the end."""
    held, outcome = repr(_types(form)), outcomes[number]
    known = outcome.quantities if isinstance(outcome, _Answered) else {}
    if held not in known and plan.compare_as:
        before = zip(plan.expected[:number], outcomes[:number], strict=True)
        try:
            results = [_in_its_form(want.form, earlier.value) for want, earlier in before]
            results.append(_in_form_of(form, outcome.value))
            known[held] = plan.compare_as.of(plan.cases[: number + 1], results)
        except Exception:
            known[held] = None
    return known[held]


def _in_its_form(form: Any, answer: Any) -> Any:
    """An earlier answer in the reference's form, or as it is if it has another one."""
    try:
        return _in_form_of(form, answer)
    except Exception:
        return answer


def _types(form: Any) -> Any:
    """How numbers of a form are held."""
    if isinstance(form, tuple | list):
        return [_types(item) for item in form]
    if isinstance(form, dict):
        return {key: _types(item) for key, item in form.items()}
    return str(getattr(form, "dtype", type(form)))


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
        cut = expected.dtype.kind in "biu" and not np.array_equal(held, answer)
        return np.asarray(answer) if cut else held
    return answer


def _examine_chance(plan: Plan, number: int, outcomes: Sequence[Outcome]) -> str | None:
    """Whether chance comes from the generator that was given: by the cases that differ in nothing else."""
    if not plan.compare_as or outcomes[number].kind != "returned":
        return None
    drawn = [n for n in plan.alike[number] if outcomes[n].kind == "returned"]
    for earlier in drawn[: drawn.index(number)]:
        same = _same_result(plan, *(outcomes[n].value for n in (earlier, number)))
        should = plan.expected[earlier].digest == plan.expected[number].digest
        if should and not same:
            return "a generator of the same seed must give the same result: draw from the one that is given"
        if same and not should:
            return "another generator must give another result: draw from the one that is given"
    others = {plan.expected[n].digest: n for n in reversed(drawn)}  # the first of each generator
    return _examine_coincidence(plan, number, sorted(others.values()), outcomes)


def _examine_coincidence(
    plan: Plan, number: int, drawn: list[int], outcomes: Sequence[Outcome]
) -> str | None:
    """Whether different generators gave, in a part of the result, the same draws or as many of each value."""
    seen = {n: _quantities(plan, n, plan.expected[n].form, outcomes) or {} for n in drawn}
    if len(seen) < 2 or number not in seen:
        return None
    for key, one in seen[number].items():
        if not isinstance(one, Sample) or not all(key in other for other in seen.values()):
            continue
        draws = [np.ravel(other[key].draws) for other in seen.values()]
        before = draws[: drawn.index(number)]
        name = key or plan.returns[0]
        if any(np.array_equal(one.draws.ravel(), other) for other in before):
            if coincidence(one.draws, ordered=True) < FALSE_ALARM:
                return (
                    f"{name}: another generator must give others: draw from the one that is given"
                )
        elif coincidence(one.draws, ordered=False) ** (len(draws) - 1) < FALSE_ALARM:
            in_order = {other.tobytes() for other in draws}
            sorted_ = {np.sort(other).tobytes() for other in draws}
            if len(in_order) == len(draws) and len(sorted_) == 1:
                return f"{name}: each generator gives exactly as many of each value: draw each one by itself"
    return None


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
        if not isinstance(answer, dict):
            return f"{name}: expected a dict with keys {sorted(expected)}, got {describe(answer, reveal)}"
        if lacking := sorted(set(expected) - set(answer)):
            return (
                f"{name}: expected a dict with keys {sorted(expected)}, and it lacks {lacking[0]!r}"
            )
        if set(answer) != set(expected):
            return (
                f"{name}: expected a dict with keys {sorted(expected)}, and it has others besides"
            )
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
    close = _close(got, want, rtol, atol)
    if close.all():
        return None
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    where = f" at [{', '.join(map(str, place))}]" if place else ""
    wrong = int((~close).sum())
    rest = f" ({wrong} of {close.size} are wrong)" if close.size > 1 else ""
    if not np.isfinite(got[place]) and np.isfinite(want[place]):
        what = f"{got[place]:g}{where}" if reveal else "nan or inf"
        return f"{name}: {what}: {NOT_FINITE}" + rest * reveal
    near = FLOAT32_ATOL * np.max(np.abs(want), initial=0.0, where=np.isfinite(want))
    if _close(got, want, FLOAT32_RTOL, near).all():
        rest = f"{rest * reveal}: {IMPRECISE}"
    elif not reveal:
        rest = ""
    if not reveal:
        return f"{name}: wrong value{rest}"
    values = ": {}, expected {}".format(*_apart(got[place], want[place]))
    return f"{name}: wrong value{where}{values}{rest}"


def _close(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """As `np.isclose` with equal_nan, for the small arrays of which a verdict compares thousands."""
    same = got == want
    if same.all():
        return same
    with np.errstate(all="ignore"):
        near = (np.abs(got - want) <= atol + rtol * np.abs(want)) & np.isfinite(want)
    return near | same | (np.isnan(got) & np.isnan(want))


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
