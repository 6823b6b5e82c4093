"""Hyperparameters out of range: an error that names the argument and what was expected."""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

Range = tuple[str, Callable[[Any], bool]]

POSITIVE: Range = ("a finite number above 0", lambda x: 0 < x < math.inf)
NONNEGATIVE: Range = ("a finite number of at least 0", lambda x: 0 <= x < math.inf)
FRACTION: Range = ("a number in [0, 1)", lambda x: 0 <= x < 1)
PROBABILITY: Range = ("a number in [0, 1]", lambda x: 0 <= x <= 1)
PROPER_FRACTION: Range = ("a number in (0, 1)", lambda x: 0 < x < 1)
COUNT: Range = ("a whole number of at least 0", lambda x: x >= 0 and x == int(x))
POSITIVE_COUNT: Range = ("a whole number of at least 1", lambda x: x >= 1 and x == int(x))


def domain(**ranges: Range) -> Callable[[Callable], Callable]:
    """Guard a function's hyperparameters: outside its range, one raises `ValueError` with its name.

    Parameters
    ----------
    **ranges
        A range of this module for each argument that is guarded.
    """

    def guard(function: Callable) -> Callable:
        signature = inspect.signature(function)
        unknown = set(ranges) - set(signature.parameters)
        if unknown:
            raise TypeError(f"{function.__name__} has no parameter {sorted(unknown)[0]!r} to guard")

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, (expected, holds) in ranges.items():
                value = bound.arguments[name]
                try:
                    fits = bool(holds(value))
                except (TypeError, ValueError, OverflowError):
                    fits = False
                if not fits:
                    raise ValueError(f"{name}: expected {expected}, got {value!r}")
            return function(*args, **kwargs)

        return guarded

    return guard
