"""The minimisers as software: the standard test problems, beside SciPy's methods of the same names."""

import functools
import statistics
import sys

import numpy as np
import pytest

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from functions import FUNCTIONS
from minimisers import METHODS, Counted, is_good, ours, scipys


@functools.cache
def results(method):
    """By problem: whether SciPy is good, whether ours is, and the ratio of the calls."""
    found = {}
    for function in FUNCTIONS:
        if method == "BFGS" and function.start.size > 100:
            continue  # SciPy's dense update takes minutes
        theirs, own = Counted(function), Counted(function)
        with np.errstate(all="ignore"):
            values = [function.value(run(method, c)) for run, c in ((scipys, theirs), (ours, own))]
        found[function.name] = *(is_good(function, v) for v in values), own.count / theirs.count
    return found


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_the_gradient_is_that_of_the_value(function):
    rng = np.random.default_rng(0)
    x = function.start + 0.1 * rng.normal(size=function.start.size)
    d = rng.normal(size=x.size)
    h = 1e-6 * max(1.0, np.abs(x).max())
    numerical = (function.value(x + h * d) - function.value(x - h * d)) / (2 * h)
    assert numerical == pytest.approx(function.gradient(x) @ d, rel=1e-4)


@pytest.mark.filterwarnings("ignore::scipy.optimize.OptimizeWarning")
@pytest.mark.parametrize("method", METHODS)
def test_a_published_minimum_is_reached_where_scipy_reaches_it(method):
    missed = [name for name, (theirs, own, _) in results(method).items() if theirs and not own]
    assert not missed
    assert sum(own for _, own, _ in results(method).values()) >= 20


@pytest.mark.parametrize("method", METHODS)
def test_calls_are_at_most_a_twentieth_more_than_scipys(method):
    ratios = [ratio for theirs, _, ratio in results(method).values() if theirs]
    assert statistics.geometric_mean(ratios) <= 1.05
