"""How strong the checks are, in part: no mutant of a reference passes, and no guess and no copy gets much.

`python benchmarks/checks.py --survivors` says all of it. Of the mutants every fourth is tried here, all of them once a week.
"""

import functools
import sys

import pytest

from gradus import calling
from gradus.authoring import PUBLIC_SEED
from tests.conftest import ROOT, THOROUGH
from tests.plans import plan_of
from tests.solutions.test_checks import SEEDS as SHOWN_AND_HIDDEN

sys.path.insert(0, str(ROOT / "benchmarks"))

import checks
from checks import CASE_SECONDS, Judge, chapters, known
from mutants import mutants
from thoughtless import best_copy, best_guess

SEEDS = range(1, 4)
# Of these the plans are made for the checks' own tests.
HIDDEN = SHOWN_AND_HIDDEN[-2:]
STEP = 1 if THOROUGH else 4
# Of the points.
MOST = 0.25
EXERCISES = {exercise.name: exercise for known in chapters().values() for exercise in known}
exercises = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
# Where what is achieved is scored, a change that reaches as much is right as well.
COMPARED = {name: exercise for name, exercise in EXERCISES.items() if not exercise.score}

# What a known mistake keeps of the points, at most, but for the weight of a case.
HALF = 0.51
# Slips of an edge keep more: the idea is there. By what stands in their sentences.
EDGES = (
    *(
        "cut to whole numbers",
        "at z = 0",
        "overflow",
        "divides 0 by 0",
        "divides by it",
        "never wrong",
        "0 by 0",
    ),
    *(
        "of the same error",
        "comes twice",
        "was left out",
        "every model has seen",
        "lies at 0",
        "rows are missing",
    ),
    *(
        "as low as the best",
        "the last epoch is n - 1",
        "with patience 0",
        "only equals",
        "exactly `enough`",
    ),
    *("exactly one standard error", "an input that is not used", "what rounding has left"),
    *("the last example is never drawn", "a millionth are dropped", "of equal trials"),
    *("the last round is left out", "goes on with a single trial", "does not go with its spread"),
    *("is exactly 0", "is put at `alpha`", "twice in one operation", "underflows as a whole"),
    *("add up to 1", "a toss is made at test time", "only its sign decides", "0 is not positive"),
    *("every comparison with nan", "the bound itself is refused", "but slopes downwards"),
    *("where it is left out it is not 10", "the grid ends too early"),
    *("in a row that is far below it", "as many columns as the labels name"),
    *("small enough but for its sign",),
    *("below a fixed number are dropped", "the square of the length is compared with the radius"),
    *("one in a hundred keeps", "is cut off at 1: above it", "is cut off at the scale"),
    *("the first example is never drawn", "the length of the gradient is compared"),
    *("gave up after a few trials", "where there is no pair"),
)
# Mutants that are right as well, by what stands in the changed line.
EQUALLY_RIGHT = {
    # Shifts and eigenvectors have no sign.
    "pca_color_augment": ("images - shifts",),
    # Any grid that is fine and wide enough.
    "gaussian_average": ("np.arange(4000)",),
    # Any step length that fulfils the conditions, wherever the search begins.
    "wolfe_line_search": ("initial", "c1=-0.0001", "c1=5e-05", "c2=0.45"),
    # Nor does one step more than ten thousand matter.
    "bfgs": ("initial = ", "_line_search", "=9999", "=10001"),
    "lbfgs": ("initial = ", "_line_search", "=9999", "=10001"),
    # A direction and its opposite are drawn alike; of a square either side will do.
    "orthogonal_weights": ("gain=-1.0", "n_in > n_out"),
    # In the last step the residual falls past both.
    "trust_region_step": ("tol=-1e-06", "tol=5e-07"),
    # Any small step, to either side first.
    "numerical_gradient": ("h=1e-05",),
}
# What does not hold yet, and why: it may only become less.
STILL_OPEN: dict[str, dict[str, str]] = {
    "mutants": {},
    "guess": {},
    "copy": {},
}


@functools.cache
def judge_of(name):
    return Judge(EXERCISES[name])


@pytest.fixture(autouse=True)
def _in_little_time(monkeypatch):
    monkeypatch.setattr(calling, "CASE_SECONDS", CASE_SECONDS)
    if not THOROUGH:  # the plans that are made here anyway
        monkeypatch.setattr(checks, "SAME_SEEDS", SEEDS)


def test_what_is_listed_exists():
    listed = [EQUALLY_RIGHT, *STILL_OPEN.values()]
    assert {name for table in listed for name in table} <= EXERCISES.keys()
    for name, pieces in EQUALLY_RIGHT.items():
        changes = [mutant.change for mutant in mutants(EXERCISES[name].reference)]
        assert all(any(piece in change for change in changes) for piece in pieces), name


@pytest.mark.parametrize("exercise", COMPARED.values(), ids=COMPARED)
def test_mutants_are_refused_at_hidden_seeds(exercise):
    judge, is_open = judge_of(exercise.name), exercise.name in STILL_OPEN["mutants"]
    pieces = EQUALLY_RIGHT.get(exercise.name, ())
    others = [
        mutant
        for mutant in mutants(exercise.reference)
        if not any(piece in mutant.change for piece in pieces)
    ]
    all_of_it = THOROUGH or is_open
    passing = (
        mutant.change
        for mutant in others[:: 1 if all_of_it else STEP]
        if any(judge.passes(mutant.function, seed) for seed in SEEDS[: None if all_of_it else 1])
        and not judge.is_same(mutant)
    )
    if is_open:
        assert next(passing, None), "all are refused: it is open no more"
    else:
        assert not list(passing)


@exercises
def test_a_known_mistake_keeps_at_most_half_unless_it_is_one_of_an_edge(exercise):
    if exercise.score:
        return  # `gradus.authoring.Exercise.overpaid` holds it, at release
    kept = known(exercise, [plan_of(exercise, seed) for seed in HIDDEN])
    high = {sentence for share, sentence in kept if share > HALF}
    assert not {sentence for sentence in high if not any(edge in sentence for edge in EDGES)}


@exercises
def test_no_guess_and_no_copy_of_a_visible_result_gets_much(exercise):
    judge = judge_of(exercise.name)
    visible, hidden = judge.plan(PUBLIC_SEED), [judge.plan(seed) for seed in SEEDS]
    found = {
        "guess": best_guess(exercise.reference, visible, hidden),
        "copy": best_copy(visible, hidden),
    }
    for kind, (share, how) in found.items():
        is_open = exercise.name in STILL_OPEN[kind]
        assert (share > MOST) == is_open, f"{kind}: {share:.0%}, {how}"
