"""How strong the checks are: what a wrong answer, a guess and a copied result get in every exercise.

    python benchmarks/checks.py
    python benchmarks/checks.py --chapter descent --survivors
    python benchmarks/checks.py --exercise adam_step --seeds 10 --json FILE

For each exercise: mutants of the reference (`mutants`); how many have its results, but for roundings, and how
many others pass the visible cases and, at most, those of a hidden seed; of those that the visible cases refuse the
share that a sentence names; what the best guess and the best copy of visible results get (`thoughtless`);
the most that a known mistake keeps; and how long a check takes.
"""

import argparse
import importlib
import json
import os
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this clone, whichever is installed

from mutants import Mutant, mutants
from thoughtless import best_copy, best_guess

import solutions.checks
from gradus import calling
from gradus.authoring import PUBLIC_SEED, Exercise, exercises_of
from gradus.calling import call_cases
from gradus.plan import Plan
from gradus.verdict import compare, examine, outcomes_of

# A mutant may never end.
CASE_SECONDS = 1.0
# It is the reference itself if it differs by no more in the cases of so many seeds.
SAME_SEEDS, ROUNDING = range(20), 1e-12


class Judge:
    """Whether a function passes the cases of an exercise, found with as few calls as will do."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self._plans: dict[int, Plan] = {}
        self._label = ""

    def plan(self, seed: int) -> Plan:
        """Without the known mistakes, which take long to run."""
        if seed not in self._plans:
            plan = replace(self.exercise, mistakes=[], repair="").plan(seed)
            self._plans[seed] = replace(plan, mistakes=())
        return self._plans[seed]

    def passes(self, function: Callable, seed: int) -> bool:
        """The case that refused the last one is tried first."""
        plan = self.plan(seed)
        if plan.compare_as:  # by what differs from case to case, too
            return examine(plan, call_cases(function, plan.cases), False).status == "right"
        pairs = zip(plan.cases, plan.expected, strict=True)
        for case, expected in sorted(pairs, key=lambda pair: pair[0].label != self._label):
            alone = replace(plan, cases=(case,), expected=(expected,))
            if examine(alone, call_cases(function, [case]), False).status != "right":
                self._label = case.label
                return False
        return True

    def is_same(self, mutant: Mutant) -> bool:
        """Whether its results are the reference's, but for roundings; another default is another function."""
        return not mutant.of_default and all(
            outcome.kind == "returned"
            and not outcome.changed
            and compare("", right.value, outcome.value, ROUNDING, ROUNDING) is None
            for plan in map(self.plan, SAME_SEEDS)
            for right, outcome in zip(
                call_cases(self.exercise.reference, plan.cases),
                call_cases(mutant.function, plan.cases),
                strict=True,
            )
        )


@dataclass
class Strength:
    """What was found for one exercise."""

    exercise: str
    points: float
    cases: int
    mistakes: int
    variants: int
    mutants: int = 0
    same: list[str] = field(default_factory=list)
    named: int = 0
    passed: dict[int, int] = field(default_factory=dict)  # by seed, how many mutants
    # Each with the seeds that it passes.
    survivors: list[tuple[str, list[int]]] = field(default_factory=list)
    guess: tuple[float, str] = (0.0, "")
    copy: tuple[float, str] = (0.0, "")
    kept: tuple[float, str] = (0.0, "")
    milliseconds: float = 0.0


def strength(exercise: Exercise, seeds: int) -> Strength:
    visible, hidden = exercise.plan(), [exercise.plan(seed) for seed in range(1, seeds + 1)]
    numbers = len(visible.cases), len(exercise.mistakes), len(exercise.variants)
    found = Strength(exercise.name, exercise.points, *numbers)
    found.guess = best_guess(exercise.reference, visible, hidden)
    found.copy = best_copy(visible, hidden)
    found.kept = max(known(exercise, hidden), default=(0.0, ""))
    found.milliseconds = milliseconds(exercise, visible)
    found.passed = dict.fromkeys((PUBLIC_SEED, *range(1, seeds + 1)), 0)
    judge = Judge(exercise)
    for mutant in mutants(exercise.reference):
        found.mutants += 1
        verdict = examine(visible, call_cases(mutant.function, visible.cases))
        passed = [seed for seed in found.passed if seed and judge.passes(mutant.function, seed)]
        if verdict.status == "right":
            passed.insert(0, PUBLIC_SEED)
        if len(passed) == len(found.passed) and judge.is_same(mutant):
            found.same.append(mutant.change)
            continue
        found.named += bool(verdict.mistake)
        for seed in passed:
            found.passed[seed] += 1
        if passed:
            found.survivors.append((mutant.change, passed))
    return found


def known(exercise: Exercise, hidden: list[Plan]) -> Iterator[tuple[float, str]]:
    """What share of the points each known mistake keeps at each hidden seed."""
    for plan in hidden:
        slight = tuple(mistake for mistake in plan.mistakes if mistake.right)
        for number, mistake in enumerate(plan.mistakes):
            if number < len(exercise.mistakes):
                outcomes = call_cases(exercise.mistakes[number][1], plan.cases)
            else:  # made by the plan: it has no function
                outcomes = outcomes_of(mistake.results)
            verdict = examine(replace(plan, mistakes=slight), outcomes, False)
            yield verdict.earned / plan.points, mistake.sentence


def milliseconds(exercise: Exercise, plan: Plan) -> float:
    """Of a check of the reference: the median of several."""
    seconds = []
    for _ in range(7):
        begin = time.perf_counter()
        examine(plan, call_cases(exercise.reference, plan.cases))
        seconds.append(time.perf_counter() - begin)
    return 1000 * statistics.median(seconds)


HEAD = f"{'exercise':30} pts cases known var | mutants same, pass: visible hidden, named | guess copy kept |   ms"


def row(s: Strength) -> str:
    refused = s.mutants - len(s.same) - s.passed[PUBLIC_SEED]
    hidden = max((count for seed, count in s.passed.items() if seed), default=0)
    return (
        f"{s.exercise:30}{s.points:4g}{s.cases:6}{s.mistakes:6}{s.variants:4} |{s.mutants:8}{len(s.same):5}"
        f"{s.passed[PUBLIC_SEED]:15}{hidden:7}{s.named / max(refused, 1):7.0%} |"
        f"{s.guess[0]:6.0%}{s.copy[0]:5.0%}{s.kept[0]:5.0%} |{s.milliseconds:5.1f}"
    )


def details(s: Strength) -> Iterator[str]:
    """What stands behind a row that is not as it should be."""
    for change, passed in s.survivors:
        yield f"    passes at {', '.join(map(str, passed))}: {change}"
    for what, least in (("guess", 0.03), ("copy", 0.03), ("kept", 0.5)):
        share, how = getattr(s, what)
        if share > least:
            yield f"    {what}, {share:.0%}: {how}"


def totals(found: list[Strength]) -> Iterator[str]:
    points, mutants, cases, mistakes, variants, named = (
        sum(getattr(s, name) for s in found)
        for name in "points mutants cases mistakes variants named".split()
    )
    same = sum(len(s.same) for s in found)
    others = mutants - same
    visible = others - sum(s.passed[PUBLIC_SEED] for s in found)
    hidden = others - sum(any(passed) for s in found for _, passed in s.survivors)
    yield f"{len(found)} exercises: {points:g} points, {cases} cases, {mistakes} known mistakes, {variants} variants"
    yield (
        f"{mutants} mutants, {same} the same; of the others refused by the visible cases: {visible} "
        f"({visible / others:.1%}), {named / visible:.0%} of them named; at every hidden seed: {hidden} "
        f"({hidden / others:.1%})"
    )
    for what, most in (("guess", 0.25), ("copy", 0.25), ("kept", 0.5)):
        shares = {s.exercise: getattr(s, what)[0] for s in found}
        high = [f"{name} {share:.0%}" for name, share in shares.items() if share > most]
        earned = sum(s.points * shares[s.exercise] for s in found)
        yield f"{what}: {earned / points:.1%} of all points; above {most:.0%}: {', '.join(high) or 'none'}"
    yield f"a check takes {statistics.median(s.milliseconds for s in found):.1f} ms (median)"


def chapters() -> dict[str, list[Exercise]]:
    names = [module.name for module in pkgutil.iter_modules(solutions.checks.__path__)]
    return {
        name: exercises_of(importlib.import_module(f"solutions.checks.{name}")) for name in names
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chapter", help="of one chapter, such as descent")
    parser.add_argument("--exercise", nargs="+", help="of these exercises")
    parser.add_argument("--seeds", type=int, default=3, help="how many hidden seeds (default: 3)")
    parser.add_argument("--survivors", action="store_true", help="with what stands behind the rows")
    parser.add_argument("--json", type=Path, help="write all of it to this file")
    options = parser.parse_args()
    calling.CASE_SECONDS = CASE_SECONDS
    # LAPACK writes what it thinks of a mutant's numbers to the standard output.
    sys.stdout = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print(HEAD)
    found = []
    for chapter, exercises in chapters().items():
        for exercise in exercises:
            if options.chapter and options.chapter.replace("-", "_") != chapter:
                continue
            if options.exercise and exercise.name not in options.exercise:
                continue
            found.append(strength(exercise, options.seeds))
            print("\n".join((row(found[-1]), *(details(found[-1]) if options.survivors else ()))))
    if found:
        print(*totals(found), sep="\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(s) for s in found], indent=1))


if __name__ == "__main__":
    main()
