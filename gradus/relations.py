"""What is true of a wrong result that no known mistake explains: how its numbers are related to those asked.

Each sentence says no more than what was compared: that in every case a result is minus the right one, or an
argument as it was given. What the cause is, it leaves to the reader.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from gradus.plan import Case

# One wrong number is the square of another by chance.
MANY = 3

Same = Callable[[str, Any, Any], bool]


def relation(
    names: Sequence[str], cases: Sequence[Case], wanted: list, got: list, same: Same
) -> str:
    """How each of the results that are wrong is related to what is asked, in a sentence; "" if one is not.

    Parameters
    ----------
    names : sequence of str
        Of the results.
    cases : sequence of Case
    wanted, got : list
        Of each case, a tuple of as many results as there are names.
    same : callable
        same(name, wanted, got): whether a result is right.
    """
    for order in list(permutations(range(len(names))))[1:] if len(names) < 6 else ():
        turned = [[one[place] for place in order] for one in got]
        pairs = [zip(names, *pair, strict=True) for pair in zip(wanted, turned, strict=True)]
        if all(same(*triple) for results in pairs for triple in results):
            return f"the results are right, and in another order: `return {', '.join(names)}`"
    found: dict[str, list[str]] = {}
    wrong = 0
    for place, name in enumerate(names):
        want, answer = [w[place] for w in wanted], [g[place] for g in got]
        if all(same(name, *pair) for pair in zip(want, answer, strict=True)):
            continue
        words = next(
            (
                words
                for words, others in _others(cases, want)
                if all(same(name, *pair) for pair in zip(others, answer, strict=True))
            ),
            None,
        )
        if words is None:
            return ""
        wrong += sum(not same(name, *pair) for pair in zip(want, answer, strict=True))
        found.setdefault(words, []).append(f"`{name}`")
    if wrong < MANY:
        return ""
    said = "; ".join(f"{', '.join(which)}: {words}" for words, which in found.items())
    return f"in every case {said}"


def _others(cases: Sequence[Case], wanted: list) -> Iterator[tuple[str, list]]:
    """What might have been returned in place of what is asked, in words and in numbers."""
    try:
        want = [np.asarray(one, dtype=float) for one in wanted]
    except (TypeError, ValueError):  # words, or a ragged list
        return
    yield "0 in place of what is asked", [np.zeros_like(one) for one in want]
    given = [
        dict(zip(case.names, (*case.args, *case.kwargs.values()), strict=True)) for case in cases
    ]
    for name in given[0]:
        arguments = [one.get(name) for one in given]
        if all(isinstance(one, np.ndarray | float | int) for one in arguments):
            yield f"the argument `{name}` as it was given", arguments
    with np.errstate(all="ignore"):
        for words, change in _CHANGES.items():
            yield words, [change(one) for one in want]


_CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "minus what is asked, the sign is wrong": np.negative,
    "the absolute value of what is asked, without its sign": np.abs,
    "twice what is asked": lambda want: 2 * want,
    "half of what is asked": lambda want: want / 2,
    "a hundred times what is asked": lambda want: 100 * want,
    "the square of what is asked": np.square,
    "the root of what is asked": np.sqrt,
    "the exponential of what is asked": np.exp,
    "the logarithm of what is asked": np.log,
    "1 minus what is asked": lambda want: 1 - want,
    "1 divided by what is asked": lambda want: 1 / want,
    "1 more than what is asked": lambda want: want + 1,
    "1 less than what is asked": lambda want: want - 1,
    "what is asked, with its fractions cut off: whole numbers": np.trunc,
    "what is asked, rounded to whole numbers": np.round,
    "the transpose of what is asked": np.transpose,
    "what is asked in the reversed order": lambda want: want[::-1] if want.ndim else want,
    "what is asked, transposed and squeezed into its shape": lambda want: want.T.reshape(
        want.shape
    ),
    "the sum of what is asked, one number": np.sum,
    "the mean of what is asked, one number": np.mean,
    "the largest of what is asked, one number": lambda want: np.max(want, initial=-np.inf),
}
