"""Answers whose distribution is off by a tenth are refused; the bounds on false alarms are in `gradus.distributions`."""

import sys
from dataclasses import replace

import pytest

from gradus.distributions import Law
from tests.conftest import ROOT, THOROUGH
from tests.solutions.test_checks import EXERCISES

sys.path.insert(0, str(ROOT / "benchmarks"))

import power

RANDOM = {exercise.name: exercise for exercise in power.exercises()}
SEEDS = range(1, 31 if THOROUGH else 4)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, parameter) for name in RANDOM for parameter in power.PARAMETERS[name]],
)
def test_a_parameter_that_is_off_by_a_tenth_is_refused(name, parameter):
    assert power.power(RANDOM[name], power.PARAMETERS[name][parameter], 0.1, SEEDS) >= 0.99


def test_every_exercise_that_draws_with_a_parameter_is_among_them():
    """The others draw places, each equally likely."""
    places = """bootstrap_sample minibatches random_crop train_validation_test_split kfold_indices
        replay_rows"""
    drawn = {
        exercise.name
        for exercise in EXERCISES
        if exercise.compare_as
        and any(
            isinstance(law, Law)
            for law in replace(exercise, mistakes=[], repair="")
            .plan()
            .expected[0]
            .quantities.values()
        )
    }
    assert drawn == {*power.PARAMETERS, *places.split()}
