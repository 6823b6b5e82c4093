"""Known mistakes and other right answers, written out to run where `solutions` is not."""

import builtins
import importlib
import pkgutil

import numpy as np
import pytest

import solutions.checks
from autograder.release.inline import standalone
from gradus import values
from gradus.calling import call as attempt
from gradus.authoring import exercises_of

EXERCISES = [
    exercise
    for module in pkgutil.iter_modules(solutions.checks.__path__)
    for exercise in exercises_of(importlib.import_module(f"solutions.checks.{module.name}"))
]


@pytest.fixture
def run(monkeypatch):
    """Run code as a submission's cell is run, and get one of its names; `solutions` cannot be imported."""
    imported = builtins.__import__

    def without_solutions(name, *arguments, **options):
        if name.split(".")[0] == "solutions":
            raise ImportError(name)
        return imported(name, *arguments, **options)

    def run(code, name):
        names = {"exercise": lambda function: function, "np": np, "__name__": "cell"}
        with monkeypatch.context() as patch:
            patch.setattr(builtins, "__import__", without_solutions)
            exec(compile(code, "a cell", "exec"), names)  # noqa: S102
        # Nothing is left that another answer of the same notebook could overwrite.
        assert set(names) == {"exercise", "np", "__name__", "__builtins__", name}
        return names[name]

    return run


def results(function, plan):
    """What a function gives for each case, as bytes."""
    for outcome in (attempt(function, case) for case in plan.cases):
        try:
            yield outcome.kind, values.pack(outcome.value)
        except values.NotData:
            yield outcome.kind, type(outcome.value).__name__


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_written_out_a_function_does_the_same(run, exercise):
    plan = exercise.plan()
    for _, function in (*exercise.mistakes, *exercise.variants):
        code = standalone(function, exercise.name, "exercise")
        compile(code, "a cell", "exec")
        assert code.startswith(f"@exercise\ndef {exercise.name}(")
        alone = run(code, exercise.name)
        pairs = list(zip(results(alone, plan), results(function, plan), strict=True))
        # Where a mistake makes a reference refuse a value, that check of arguments is not written out.
        assert all(got == expected for got, expected in pairs if expected[0] != "raised"), code


SCALE = {"by": 2.0}


def _times(a, b=SCALE["by"]):
    return a * b * SCALE["by"] / 2.0


def _factory(power):
    def raised(x):
        return _times(x) ** power

    return raised


def test_constants_helpers_and_enclosing_variables_are_written_out(run):
    code = standalone(_factory(3), "cube", "exercise")
    assert run(code, "cube")(3.0) == 6.0**3
    both = [lambda x, n=SCALE: x + n["by"], lambda x, n=SCALE: x - n["by"]]
    assert [run(standalone(f, "shift", "exercise"), "shift")(1.0) for f in both] == [3.0, -1.0]


def test_a_value_that_is_no_code_is_named():
    thing = object()
    with pytest.raises(TypeError, match="thing: expected a function, a module, an array or plain data"):
        standalone(lambda: thing, "answer", "exercise")
