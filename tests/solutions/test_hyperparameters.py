"""Every hyperparameter of every reference: out of its range, an error that begins with its name."""

import inspect

import numpy as np
import pytest

from solutions import adaptive, descent, schedules
from solutions.adaptive import (
    adagrad_step,
    adam_path,
    adam_step,
    adamw_step,
    longest_step,
    rmsprop_step,
)
from solutions.descent import (
    convergence_rate,
    descent_rates,
    momentum_path,
    momentum_step,
    nesterov_shifted_step,
    nesterov_step,
    noise_floor,
    sgd_step,
)
from solutions.schedules import (
    accumulated_gradient,
    best_rates,
    clip_by_global_norm,
    plan_rates,
    reduce_on_plateau,
    schedule,
    weight_averages,
)

ONES = np.ones(2)
VALID = {
    sgd_step: {"theta": ONES, "grad": ONES, "lr": 0.1},
    convergence_rate: {"eigenvalues": ONES, "lr": 0.1},
    descent_rates: {"eigenvalues": ONES, "n_steps": 3},
    momentum_step: {"theta": ONES, "grad": ONES, "velocity": ONES, "lr": 0.1, "mu": 0.9},
    nesterov_step: {
        "theta": ONES,
        "gradient": lambda x: x,
        "velocity": ONES,
        "lr": 0.1,
        "mu": 0.9,
    },
    nesterov_shifted_step: {"theta": ONES, "grad": ONES, "velocity": ONES, "lr": 0.1, "mu": 0.9},
    adagrad_step: {"theta": ONES, "grad": ONES, "s": ONES, "lr": 0.1, "eps": 1e-8},
    rmsprop_step: {"theta": ONES, "grad": ONES, "v": ONES, "lr": 0.1, "rho": 0.9, "eps": 1e-8},
    adam_step: {
        "theta": ONES,
        "grad": ONES,
        "m": ONES,
        "v": ONES,
        "t": 1,
        "lr": 0.1,
        "beta1": 0.9,
        "beta2": 0.99,
        "eps": 1e-8,
    },
    adam_path: {
        "gradient": lambda x: x,
        "theta": ONES,
        "n_steps": 2,
        "lr": 0.1,
        "beta1": 0.9,
        "beta2": 0.99,
        "eps": 1e-8,
    },
    momentum_path: {"gradient": lambda x: x, "theta": ONES, "rates": ONES, "mu": 0.9},
    noise_floor: {"curvature": 1.0, "sigma": 1.0, "lr": 0.1, "mu": 0.9},
    longest_step: {"t": 3, "beta1": 0.9, "beta2": 0.99},
    adamw_step: {
        "theta": ONES,
        "grad": ONES,
        "m": ONES,
        "v": ONES,
        "t": 1,
        "lr": 0.1,
        "weight_decay": 0.1,
        "beta1": 0.9,
        "beta2": 0.99,
        "eps": 1e-8,
    },
    schedule: {"start": 0.1, "phases": [("cosine", 3, 0.01)]},
    best_rates: {"curvature": 1.0, "sigma": 1.0, "variance": 1.0, "n_steps": 3},
    plan_rates: {"curvatures": ONES, "sigma": 1.0, "variance": 1.0, "n_steps": 3},
    clip_by_global_norm: {"grads": [ONES], "max_norm": 1.0},
    accumulated_gradient: {"grads": np.ones((2, 3)), "sizes": np.array([2, 3])},
    weight_averages: {"points": np.ones((3, 2)), "beta": 0.9},
    reduce_on_plateau: {
        "losses": [1.0, 0.9],
        "lr": 0.1,
        "factor": 0.5,
        "patience": 2,
        "threshold": 1e-4,
        "cooldown": 1,
        "min_lr": 0.01,
    },
}
NOT_HYPERPARAMETERS = {
    *("theta", "grad", "gradient", "velocity", "s", "m", "v", "losses", "eigenvalues"),
    *("rates", "phases", "grads", "sizes", "points", "curvatures"),
}
FRACTION_BAD, PROPER_BAD = (1, 1.5, "0.5"), (0, 1, 1.5)
BAD = {
    "mu": FRACTION_BAD,
    "rho": FRACTION_BAD,
    "beta1": FRACTION_BAD,
    "beta2": FRACTION_BAD,
    "factor": PROPER_BAD,
    "beta": FRACTION_BAD,
    "curvature": (0,),
    "sigma": (0,),
    "variance": (0,),
    "max_norm": (0,),
    "n_steps": (2.5,),
    "patience": (2.5,),
    "cooldown": (0.5,),
}
ALWAYS_BAD = (-0.5, -1, float("nan"), float("inf"), None, "high", [0.1, 0.2])


def test_every_function_of_the_modules_stands_in_the_table():
    functions = {
        value
        for module in (descent, adaptive, schedules)
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }
    assert functions == set(VALID)
    for function, arguments in VALID.items():
        assert set(inspect.signature(function).parameters) == set(arguments)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (function, name)
        for function, arguments in VALID.items()
        for name in arguments
        if name not in NOT_HYPERPARAMETERS
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_hyperparameter_out_of_range_is_named(function, name):
    function(**VALID[function])
    bad = [*ALWAYS_BAD, *BAD.get(name, ())]
    if name == "t":
        bad += [2.5, 0]
    if (function, name) in ((longest_step, "beta2"), (noise_floor, "lr")):
        bad.append(0)
    for value in bad:
        with pytest.raises(ValueError, match=rf"^{name}: expected .*, got "):
            function(**{**VALID[function], name: value})


DEFAULTS = {
    momentum_step: {"mu": 0.9},
    nesterov_step: {"mu": 0.9},
    nesterov_shifted_step: {"mu": 0.9},
    adagrad_step: {"eps": 1e-8},
    rmsprop_step: {"rho": 0.9, "eps": 1e-8},
    adam_step: {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    adam_path: {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    momentum_path: {"mu": 0.9},
    noise_floor: {"mu": 0},
    longest_step: {"beta1": 0.9, "beta2": 0.999},
    adamw_step: {"lr": 0.001, "weight_decay": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    reduce_on_plateau: {
        "factor": 0.1,
        "patience": 10,
        "threshold": 1e-4,
        "cooldown": 0,
        "min_lr": 0,
    },
}


def test_the_defaults_are_those_of_the_papers_and_of_pytorch():
    for function in VALID:
        parameters = inspect.signature(function).parameters.values()
        found = {p.name: p.default for p in parameters if p.default is not p.empty}
        assert found == DEFAULTS.get(function, {}), function.__name__


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        (sgd_step, "lr", 0),
        (momentum_step, "mu", 0),
        (rmsprop_step, "rho", 0.0),
        (adam_step, "eps", 0),
        (adam_step, "t", np.int64(7)),
        (schedule, "start", 0),
        (noise_floor, "mu", 0),
        (longest_step, "beta1", 0),
        (adamw_step, "weight_decay", 0),
        (weight_averages, "beta", 0),
        (reduce_on_plateau, "patience", 0),
    ],
)
def test_the_ends_of_a_range_are_in_it(function, name, value):
    function(**{**VALID[function], name: value})
