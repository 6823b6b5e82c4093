"""Every exercise of every chapter: right answers pass its check, known mistakes fail it and are named."""

import importlib
import itertools
import pkgutil
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import solutions.checks
from gradus import values
from gradus.authoring import PUBLIC_SEED, exercises_of, right_without_chance, written_of
from gradus.calling import Outcome
from gradus.calling import call as attempt
from gradus.plan import Seen, read_cases, write_cases
from gradus.tables import Table
from gradus.verdict import examine, is_raised
from tests.conftest import THOROUGH
from tests.plans import packed, plan_of

# Many once a week: a case that exposes a mistake at most seeds only is a defect of the check.
SEEDS = [PUBLIC_SEED, *(range(1, 10) if THOROUGH else ()), 2**63 - 25, 2**128 + 51]
CHAPTERS = [
    importlib.import_module(f"solutions.checks.{module.name}")
    for module in pkgutil.iter_modules(solutions.checks.__path__)
]
EXERCISES = [exercise for chapter in CHAPTERS for exercise in exercises_of(chapter)]
WRITTEN = [written for chapter in CHAPTERS for written in written_of(chapter)]
exercises = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
seeds = pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed {seed}")
few_seeds = pytest.mark.parametrize("seed", [SEEDS[0], SEEDS[-1]], ids=lambda seed: f"seed {seed}")


def judged(function, plan):
    """The verdict on a function whose results crossed from the sandbox as bytes."""
    return examine(plan, tried(function, plan))


def tried(function, plan):
    """What a function does with each case."""
    return [travelled(attempt(function, case)) for case in plan.cases]


def travelled(outcome):
    try:
        return replace(outcome, value=values.unpack(values.pack(outcome.value)))
    except values.NotData as error:
        return Outcome("not data", message=str(error))


def test_there_are_chapters():
    assert CHAPTERS
    assert all(exercises_of(chapter) for chapter in CHAPTERS)
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_each_exercise_has_the_reference_of_its_name_in_the_chapters_module(chapter):
    module = importlib.import_module(chapter.__name__.replace(".checks.", "."))
    for exercise in exercises_of(chapter):
        assert getattr(module, exercise.name) is exercise.reference
        assert vars(chapter)[exercise.name] is exercise


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_they_stand_in_the_order_of_the_chapter(chapter):
    """So that `progress()` lists them alike for an author, for the site and in a student's notebook."""
    text = Path("chapters", chapter.__name__.split(".")[-1].replace("_", "-") + ".md").read_text()
    asked = re.findall(r'^exercise\("(\w+)"\)', text, re.MULTILINE)
    assert [exercise.name for exercise in exercises_of(chapter)] == asked


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_each_exercise_says_of_which_kind_it_is_and_a_chapter_has_of_each(chapter):
    name = chapter.__name__.split(".")[-1].replace("_", "-")
    text = Path("chapters", f"{name}.md").read_text()
    kinds = dict(re.findall(r"^\*\*Exercise: `(\w+)`\*\* \((.+?)\)\.", text, re.MULTILINE))
    judged = {exercise.name: exercise for exercise in exercises_of(chapter)}
    assert list(kinds) == list(judged)
    assert set(kinds.values()) <= {"warm-up", "build", "derive", "repair", "reach"}
    assert {n for n, k in kinds.items() if k == "repair"} == {n for n in judged if judged[n].repair}
    assert {n for n, k in kinds.items() if k == "reach"} == {n for n in judged if judged[n].score}
    easy = [name for name, kind in kinds.items() if kind == "warm-up"]
    assert len(easy) <= 2 and all(judged[name].points == 1 for name in easy)
    if name != "more-noise":  # an optional page
        assert {"repair", "derive"} <= {*kinds.values()}


@exercises
def test_enough_stands_behind_the_check(exercise):
    assert len(exercise.mistakes) >= 2
    assert len(exercise.variants) >= 2
    assert exercise.points > 0
    assert len(plan_of(exercise, PUBLIC_SEED).cases) >= 3
    # Texts of one sentence stand together, under it.
    sentences = [
        sentence for sentence, _ in itertools.groupby(exercise.mistakes, lambda known: known[0])
    ]
    assert len(set(sentences)) == len(sentences)
    assert all(len(sentence) > 20 for sentence in sentences)
    assert exercise.reference.__doc__


@exercises
def test_labels_are_distinct_and_hold_nothing_random(exercise):
    shown, *hidden = [[c.label for c in plan_of(exercise, seed).cases] for seed in SEEDS]
    assert len(set(shown)) == len(shown)
    assert all(others == hidden[0] for others in hidden)
    assert [label for label in shown if label in hidden[0]] == hidden[0]


@exercises
def test_no_case_that_grades_is_one_that_is_shown(exercise):
    shown, *hidden = [
        {values.pack((c.args, c.kwargs)) for c in plan_of(exercise, seed).cases} for seed in SEEDS
    ]
    assert not [cases for cases in hidden if cases & shown]


@exercises
def test_another_seed_asks_something_else(exercise):
    asked = {values.pack([(c.args, c.kwargs) for c in plan_of(exercise, s).cases]) for s in SEEDS}
    assert len(asked) == len(SEEDS)


@exercises
def test_the_same_seed_asks_the_same(exercise):
    seed = SEEDS[1]
    assert values.pack(exercise.plan(seed).to_data()) == packed(exercise, seed)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_the_file_beside_a_notebook_is_small(chapter):
    plans = [plan_of(exercise, PUBLIC_SEED) for exercise in exercises_of(chapter)]
    data = write_cases(plans)
    assert len(data) < 1_000_000
    assert [plan.exercise for plan in read_cases(data)] == [plan.exercise for plan in plans]


@exercises
@seeds
def test_right_answers_pass(exercise, seed):
    plan = plan_of(exercise, seed)
    for name, function in [("the reference", exercise.reference), *exercise.variants]:
        outcomes = tried(function, plan)
        verdict = examine(plan, outcomes, reveal=seed == PUBLIC_SEED)
        assert verdict.status == "right", (name, verdict.message)
        assert verdict.earned == exercise.points


@exercises
@seeds
def test_every_mistake_fails_and_is_named(exercise, seed):
    plan = plan_of(exercise, seed)
    assert right_without_chance(plan) == []
    for sentence, function in exercise.mistakes:
        outcomes = tried(function, plan)
        if sentence == exercise.repair:
            continue  # it is the stub
        # As in a notebook, and as where it is graded.
        verdict = examine(plan, outcomes, reveal=seed == PUBLIC_SEED)
        assert verdict.status == "wrong", sentence
        assert verdict.mistake == sentence
        assert verdict.message == sentence
        assert verdict.earned < exercise.points


@exercises
def test_a_mistake_in_float32_is_named_too(exercise):
    plan = plan_of(exercise, PUBLIC_SEED)

    def single(value):
        if isinstance(value, tuple):
            return tuple(map(single, value))
        # As a float, a place in an array is wrong in another way.
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            return value
        with np.errstate(over="ignore"):
            less = value.astype(np.float32)
        # A mistake's numbers may be far too large for it.
        return less if np.isfinite(less).all() == np.isfinite(value).all() else value

    for sentence, function in exercise.mistakes:
        verdict = judged(lambda *args, f=function, **kwargs: single(f(*args, **kwargs)), plan)
        if sentence == exercise.repair:
            assert verdict.as_given
        else:
            assert verdict.mistake == sentence


@exercises
def test_what_raises_for_another_reason_is_no_known_mistake(exercise):
    plan = plan_of(exercise, PUBLIC_SEED)
    raised = {r["raised"] for known in plan.mistakes for r in known.results if is_raised(r)}
    for error in raised:
        outcomes = [Outcome("raised", error=error, message="cannot do this with that")]
        verdict = examine(plan, outcomes * len(plan.cases))
        assert verdict.status == "wrong"
        assert verdict.mistake == ""


@exercises
@few_seeds
def test_an_untouched_stub_is_not_answered(exercise, seed):
    def stub(*args, **kwargs):
        raise NotImplementedError("replace this line with your answer")

    verdict = judged(stub, plan_of(exercise, seed))
    assert (verdict.status, verdict.earned) == ("not answered", 0)
    assert all(case.message == "not answered yet" for case in verdict.cases)


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if e.repair], ids=lambda exercise: exercise.name
)
@seeds
def test_a_program_that_is_given_is_not_answered_and_what_it_passes_earns_nothing(exercise, seed):
    plan = plan_of(exercise, seed)
    outcomes = tried(exercise.given, plan)
    for reveal in (True, False):
        verdict = examine(plan, outcomes, reveal)
        assert (verdict.status, verdict.earned, verdict.mistake) == ("not answered", 0, "")
        assert exercise.repair not in repr(Table(verdict))
        assert plan.at_stake == tuple(n for n, c in enumerate(verdict.cases) if not c.passed)
    others = {sentence for sentence, _ in exercise.mistakes} - {exercise.repair}
    assert len(others) >= 7


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if e.score], ids=lambda exercise: exercise.name
)
@seeds
def test_a_known_mistake_earns_no_more_than_it_may_where_results_are_scored(exercise, seed):
    assert exercise.overpaid(plan_of(exercise, seed)) == []


@exercises
@few_seeds
def test_answers_without_thought_do_not_pass(exercise, seed):
    plan = plan_of(exercise, seed)
    for answer in (
        lambda *args, **kwargs: None,
        lambda *args, **kwargs: args[0],
        lambda *args, **kwargs: 0.0,
        lambda *args, **kwargs: args[: len(plan.returns)],
        lambda *args, **kwargs: np.nan,
    ):
        assert judged(answer, plan).status == "wrong"


@exercises
def test_expected_results_have_the_declared_form(exercise):
    for seed in SEEDS:
        for expected in plan_of(exercise, seed).expected:
            expected = expected.form if isinstance(expected, Seen) else expected
            results = expected if len(exercise.returns) > 1 else (expected,)
            assert len(results) == len(exercise.returns)
            for result in (item for whole in results for item in _items(whole)):
                if isinstance(result, str):
                    continue
                numbers = np.asarray(result)
                assert numbers.dtype.kind in "biufc"
                # Only a function that promises nan may have to give it.
                promised = np.isnan(numbers) if "nan for" in exercise.reference.__doc__ else False
                assert (np.isfinite(numbers) | promised).all()


def _items(result):
    """A result, or what it lists: the arrays of a list may differ in length."""
    nested = isinstance(result, list | tuple)
    return [item for part in result for item in _items(part)] if nested else [result]


def _first_mutable(arguments):
    return next((value for value in arguments if isinstance(value, np.ndarray | list)), None)


@exercises
def test_an_argument_changed_in_place_is_no_right_answer(exercise):
    """The reference, after which an argument is spoilt."""
    plan = plan_of(exercise, PUBLIC_SEED)
    # To be asked for plans while tests are collected would take longer than this test.
    if _first_mutable(plan.cases[0].args) is None:
        return

    def spoils(*args, **kwargs):
        result = exercise.reference(*args, **kwargs)
        spoilt = _first_mutable(args)
        if isinstance(spoilt, list):
            spoilt.append(spoilt[0])
        else:
            spoilt[0] += 1
        return result

    verdict = judged(spoils, plan)
    assert verdict.status == "wrong"
    assert verdict.earned == 0
    assert "in place" in verdict.message


@pytest.mark.parametrize("written", WRITTEN, ids=lambda written: written.name)
def test_a_rubric_shares_out_the_points(written):
    assert written.points > 0
    lines = written.rubric.strip().splitlines()
    shares = [re.match(r"- (\d+(?:\.\d+)?) points?: \S", line) for line in lines]
    assert lines
    assert all(shares), "each line of a rubric begins with '- N point(s): '"
    assert sum(float(share[1]) for share in shares) == written.points


def test_written_questions_have_names_of_their_own():
    names = [written.name for written in WRITTEN]
    assert len(set(names)) == len(names)
