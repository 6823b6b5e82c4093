"""All that is missing or weak in how chapters are judged, in one run: where `release` stops at the first thing."""

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.course import Course, CourseError
from autograder.release.chapter import read_chapter
from autograder.release.release import agree
from autograder.sandbox.host import Limits
from gradus.authoring import (
    MOST_OF_A_MISTAKE,
    PUBLIC_SEED,
    Exercise,
    exercises_of,
    right_without_chance,
)
from gradus.calling import call_cases
from gradus.plan import Plan
from gradus.verdict import Verdict, examine

_FEWEST, _FEWEST_CASES = 2, 3


@dataclass(frozen=True)
class Finding:
    """Something to mend, or (`note`) to think about: where, and what."""

    place: str
    text: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {'note: ' * self.note}{self.text}"


def lint(course: Course, names: list[str], seeds: int) -> Iterator[Finding]:
    """What is to be mended in chapters; by default in each that has exercises.

    Parameters
    ----------
    course : Course
    names : list of str
        Of the chapters.
    seeds : int
        On so many sets of cases each known mistake and each other right way is tried.

    Raises
    ------
    CourseError
        If there is no such chapter.
    """
    try:
        Limits.of(course)
    except CourseError as error:
        yield Finding("pyproject.toml", str(error))
    for name in names or course.chapters():
        file = course.chapter(name)
        chapter, said = None, []
        try:
            chapter = read_chapter(file)
            if not names and not chapter.named("exercise"):
                continue
            agree(course, chapter)
        except CourseError as error:
            said.append(str(error))
        try:
            exercises = exercises_of(course.checks_module(name))
        except CourseError as error:
            exercises = []
            if chapter:  # of one that cannot be read nobody knows whether it needs them
                said.append(str(error))
        for text in dict.fromkeys(said):
            yield Finding(name, text)
        for exercise in exercises:
            line = inspect.getsourcelines(exercise.generator)[1]
            place = f"{course.checks_file(name)}:{line}"
            plans: list[tuple[int, Plan]] = []
            for text in _found(exercise, seeds, plans):
                yield Finding(place, f"{exercise.name}: {text}")
            for text in _overpaid(exercise, plans):
                yield Finding(place, f"{exercise.name}: {text}", note=True)


def _found(exercise: Exercise, seeds: int, plans: list[tuple[int, Plan]]) -> Iterator[str]:
    if not inspect.getdoc(exercise.reference):
        yield "the reference has no docstring: a student is not told what is asked"
    for what, known in (("mistakes", exercise.mistakes), ("other right ways", exercise.variants)):
        if len(known) < _FEWEST:
            yield f"{len(known)} {what}: write at least {_FEWEST}"
    for seed in range(PUBLIC_SEED, PUBLIC_SEED + seeds):
        try:
            with _quiet():
                plans.append((seed, exercise.plan(seed)))
        except Exception as error:  # of the reference, or of what makes the cases
            yield f"at seed {seed} no cases can be made: {type(error).__name__}: {error}"
            return
    if len(plans[0][1].cases) < _FEWEST_CASES:
        yield f"{len(plans[0][1].cases)} cases: write at least {_FEWEST_CASES}"
    for about, function in exercise.variants:
        for seed, plan in plans:
            verdict = _verdict(function, plan)
            if verdict.status != "right":
                said = next(case.message for case in verdict.cases if not case.passed)
                yield f"the other right way {about!r} is not right at seed {seed}: {said}"
                break
    right = {seed: right_without_chance(plan) for seed, plan in plans}
    for sentence, function in exercise.mistakes:
        for seed, plan in plans:
            fault = _fault(sentence, _verdict(function, plan), exercise)
            if sentence in right[seed]:
                fault = "is right, and would refuse a right answer like it,"
            if fault:
                yield f"the mistake {sentence!r} {fault} at seed {seed}"
                break


def _verdict(function: Callable, plan: Plan) -> Verdict:
    with _quiet():
        return examine(plan, call_cases(function, plan.cases))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What a mistake makes NumPy warn of is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fault(sentence: str, verdict: Verdict, exercise: Exercise) -> str:
    """What is wrong with a known mistake, given its verdict, or ""."""
    if verdict.status == "right":
        return "passes every case"
    if verdict.mistake != sentence and sentence != exercise.repair:
        return f"is told as {verdict.mistake!r}" if verdict.mistake else "is not recognised"
    return ""


def _overpaid(exercise: Exercise, plans: list[tuple[int, Plan]]) -> Iterator[str]:
    for sentence, function in [] if exercise.score else exercise.mistakes:
        earned = [_verdict(function, plan).earned for _, plan in plans]
        if earned and MOST_OF_A_MISTAKE * exercise.points < min(earned) < exercise.points:
            yield (
                f"the mistake {sentence!r} keeps {min(earned):g} of {exercise.points:g} points:"
                " weigh the cases, unless it is a slip at an edge"
            )
