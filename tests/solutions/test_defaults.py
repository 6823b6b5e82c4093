"""The defaults of the arguments: an answer whose signature has another one fails a case that grades."""

import inspect

import pytest

from gradus import calling
from tests.solutions.test_strength import CASE_SECONDS, EXERCISES, judge_of

# What no result can tell, or tells no wrong answer by.
NOT_SEEN = {
    # Half or twice the step changes a central difference by less than the rounding of the function.
    "numerical_gradient": ("h",),
    # Any step length that fulfils the conditions, wherever the search begins.
    "wolfe_line_search": ("c1", "c2", "initial"),
    # In the last step the residual falls past both.
    "trust_region_step": ("tol",),
    # No right answer needs so many iterations.
    "bfgs": ("max_iterations",),
    "lbfgs": ("max_iterations",),
}
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
    for exercise in EXERCISES.values()
    for name, parameter in inspect.signature(exercise.reference).parameters.items()
    if parameter.default is not parameter.empty and name not in NOT_SEEN.get(exercise.name, ())
    for other in _others(parameter.default)
]


@pytest.mark.parametrize(
    ("exercise", "name", "other"), DEFAULTS, ids=lambda value: getattr(value, "name", str(value))
)
def test_another_default_fails_a_case_that_grades(exercise, name, other, monkeypatch):
    # Without the guards, which refuse some of them.
    answer = inspect.unwrap(exercise.reference)

    def changed(*args, **kwargs):
        given = inspect.signature(answer).bind(*args, **kwargs).arguments
        return answer(**{name: other} | given)

    # Who never shortens a step never ends.
    monkeypatch.setattr(calling, "CASE_SECONDS", CASE_SECONDS)
    passed = [seed for seed in range(4) if judge_of(exercise.name).passes(changed, seed)]
    assert not passed
