"""Every hyperparameter of every reference: out of its range, an error that begins with its name."""

import inspect

import numpy as np
import pytest

from solutions import optimizers
from solutions.optimizers import (
    adagrad_step,
    adam_step,
    convergence_rate,
    cosine_annealing,
    exponential_decay,
    inverse_time_decay,
    linear_warmup,
    momentum_step,
    nesterov_shifted_step,
    nesterov_step,
    reduce_on_plateau,
    rmsprop_step,
    sgd_step,
    step_decay,
)

ONES = np.ones(2)
VALID = {
    sgd_step: {"theta": ONES, "grad": ONES, "lr": 0.1},
    convergence_rate: {"eigenvalues": ONES, "lr": 0.1},
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
    exponential_decay: {"lr0": 0.1, "t": 3, "decay_time": 5, "factor": 0.5},
    step_decay: {"lr0": 0.1, "t": 3, "step_size": 5, "factor": 0.5},
    inverse_time_decay: {"lr0": 0.1, "t": 3, "k": 0.5},
    cosine_annealing: {"lr0": 0.1, "t": 3, "total": 10, "lr_min": 0.01},
    linear_warmup: {"lr0": 0.1, "t": 3, "warmup": 5},
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
    *("theta", "grad", "gradient", "velocity", "s", "m", "v", "losses", "eigenvalues")
}
FRACTION_BAD, PROPER_BAD = (1, 1.5, "0.5"), (0, 1, 1.5)
BAD = {
    "mu": FRACTION_BAD,
    "rho": FRACTION_BAD,
    "beta1": FRACTION_BAD,
    "beta2": FRACTION_BAD,
    "factor": PROPER_BAD,
    "decay_time": (0,),
    "total": (0,),
    "step_size": (0, 2.5),
    "warmup": (2.5,),
    "patience": (2.5,),
    "cooldown": (0.5,),
}
ALWAYS_BAD = (-0.5, -1, float("nan"), float("inf"), None, "high", [0.1, 0.2])


def test_every_function_of_the_module_stands_in_the_table():
    functions = {
        value
        for value in vars(optimizers).values()
        if inspect.isfunction(value) and value.__module__ == optimizers.__name__
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
    if name == "t" and function in (adam_step, step_decay, linear_warmup):
        bad.append(2.5)
    if function is adam_step and name == "t":
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
    exponential_decay: {"factor": 0.1},
    step_decay: {"factor": 0.1},
    cosine_annealing: {"lr_min": 0},
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
        (step_decay, "t", 4.0),
        (linear_warmup, "warmup", 0),
        (reduce_on_plateau, "patience", 0),
        (cosine_annealing, "lr_min", 0),
        (cosine_annealing, "t", 0),
        (inverse_time_decay, "k", 0),
    ],
)
def test_the_ends_of_a_range_are_in_it(function, name, value):
    function(**{**VALID[function], name: value})
