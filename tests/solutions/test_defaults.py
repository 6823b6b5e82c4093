"""The defaults of the arguments: an answer whose signature has another one fails a case that grades."""

import inspect

import pytest

from gradus.authoring import exercises_of
from gradus.calling import call
from gradus.verdict import examine
from solutions.checks import (
    activations,
    adaptive,
    batchnorm,
    descent,
    initialization,
    network,
    normalization,
    penalties,
    schedules,
    transfer,
)

CHAPTERS = (
    *(network, activations, descent, adaptive, schedules),
    *(initialization, batchnorm, normalization, penalties, transfer),
)
# Half or twice the step changes a central difference by less than the rounding of the function.
NOT_SEEN = ("numerical_gradient", "h")
WORDS = {"fan_in": ("fan_out", "fan_avg"), "normal": ("uniform",)}


def _others(default):
    """Two numbers in its place."""
    if isinstance(default, bool):
        return (not default,)
    if isinstance(default, str):  # one of a few words
        return WORDS[default]
    if default == 0:
        return (1,) if isinstance(default, int) else (1e-3,)
    return (default // 2, 2 * default) if isinstance(default, int) else (default / 2, 2 * default)


DEFAULTS = [
    (exercise, name, other)
    for chapter in CHAPTERS
    for exercise in exercises_of(chapter)
    for name, parameter in inspect.signature(exercise.reference).parameters.items()
    if parameter.default is not parameter.empty and (exercise.name, name) != NOT_SEEN
    for other in _others(parameter.default)
]


@pytest.mark.parametrize(
    ("exercise", "name", "other"), DEFAULTS, ids=lambda value: getattr(value, "name", str(value))
)
def test_another_default_fails_a_case_that_grades(exercise, name, other):
    # Without the guards, which refuse some of them.
    answer = inspect.unwrap(exercise.reference)

    def changed(*args, **kwargs):
        given = inspect.signature(answer).bind(*args, **kwargs).arguments
        return answer(**{name: other} | given)

    for seed in (0, 1, 2, 3):
        plan = exercise.plan(seed)
        verdict = examine(plan, [call(changed, case) for case in plan.cases], reveal=False)
        assert verdict.status == "wrong", f"seed {seed}"
