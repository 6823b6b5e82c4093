"""Known mistakes and other right answers, written out to run where `solutions` is not."""

import builtins
import importlib
import pkgutil
from dataclasses import replace

import numpy as np
import pytest

import solutions.checks
from autograder.release.inline import standalone
from gradus import values
from gradus.authoring import PUBLIC_SEED, exercises_of
from gradus.calling import call as attempt
from tests.conftest import THOROUGH
from tests.plans import plan_of

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
            exec(compile(code, "a cell", "exec"), names)
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
    plan = plan_of(exercise, PUBLIC_SEED)
    plan = plan if THOROUGH else replace(plan, cases=plan.cases[:2])
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


def _double(x):
    return _times(x)


def _depth(x):
    return 1 + _depth(x[0]) if isinstance(x, list) else 0


def test_constants_and_helpers_are_written_out(run):
    assert run(standalone(_double, "twice", "exercise"), "twice")(3.0) == 6.0


def test_a_function_that_calls_itself_does_so_under_its_new_name(run):
    assert run(standalone(_depth, "depth", "exercise"), "depth")([[1]]) == 2


THING = object()


def _takes_a_thing():
    return THING


def test_a_value_that_is_no_code_is_named():
    with pytest.raises(
        TypeError, match="THING: expected a function, a module, an array or plain data"
    ):
        standalone(_takes_a_thing, "answer", "exercise")


def test_a_function_that_depends_on_where_it_was_defined_is_refused():
    power = 3
    with pytest.raises(
        TypeError, match="cube: expected a function defined with `def` outside any other"
    ):

        def cube(x):
            return x**power

        standalone(cube, "answer", "exercise")
    with pytest.raises(TypeError, match="outside any other"):
        standalone(lambda x: x, "answer", "exercise")
