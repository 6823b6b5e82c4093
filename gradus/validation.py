"""Arguments out of range or of the wrong shape: an error that names the argument."""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Range = tuple[str, Callable[[Any], bool]]

POSITIVE: Range = ("a finite number above 0", lambda x: 0 < x < math.inf)
NONNEGATIVE: Range = ("a finite number of at least 0", lambda x: 0 <= x < math.inf)
FRACTION: Range = ("a number in [0, 1)", lambda x: 0 <= x < 1)
PROBABILITY: Range = ("a number in [0, 1]", lambda x: 0 <= x <= 1)
PROPER_FRACTION: Range = ("a number in (0, 1)", lambda x: 0 < x < 1)
COUNT: Range = ("a whole number of at least 0", lambda x: x >= 0 and x == int(x))
POSITIVE_COUNT: Range = ("a whole number of at least 1", lambda x: x >= 1 and x == int(x))


def validate(**ranges: Range) -> Callable[[Callable], Callable]:
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


def shapes(**forms: str) -> Callable[[Callable], Callable]:
    """Guard a function's arrays: `ValueError` with the name of one that does not fit the others.

    Parameters
    ----------
    **forms : str
        For each array the names of its axes: ``shapes(x="n d", y="n")``. Axes of one name have one
        length, at least 1.
    """

    def guard(function: Callable) -> Callable:
        signature = inspect.signature(function)
        unknown = set(forms) - set(signature.parameters)
        if unknown:
            raise TypeError(f"{function.__name__} has no parameter {sorted(unknown)[0]!r} to guard")

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            lengths: dict[str, int] = {}
            for name, form in forms.items():
                axes, shape = form.split(), np.shape(bound.arguments[name])
                fits = len(axes) == len(shape) and 0 not in shape
                known = [f"{axis} = {lengths[axis]}" for axis in sorted(set(axes) & set(lengths))]
                if fits:
                    pairs = zip(axes, shape, strict=True)
                    fits = all(lengths.setdefault(axis, size) == size for axis, size in pairs)
                if not fits:
                    expected = f"({', '.join(axes)}{',' * (len(axes) == 1)})"
                    given = f" with {', '.join(known)}" if known else ", nothing empty"
                    raise ValueError(f"{name}: expected shape {expected}{given}, got {shape}")
            return function(*args, **kwargs)

        return guarded

    return guard
