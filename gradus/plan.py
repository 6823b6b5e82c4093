"""What is needed to judge one exercise, as data: cases, expected results, known mistakes.

`gradus.authoring` makes a plan of what an author wrote; the check in a notebook and the grader read it.
"""

import functools
import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

from gradus import values

# The first line of a file of cases: another number where an earlier gradus could not read the rest.
CASES_FORMAT = b"GRADUS-CASES 3"
_AS_THEY_ARE = ("exercise", "points", "returns", "rtol", "atol", "expected")


@dataclass(frozen=True)
class Case:
    """A call as it is made: leading arguments by position, so that a student may rename them."""

    label: str
    names: tuple[str, ...]
    args: tuple
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known: the sentence a student should read, and what it returns."""

    sentence: str
    results: tuple


@dataclass(frozen=True)
class Quantities:
    """What of a result is compared where many results are right: a function of the course.

    It travels as text with the cases, so that `gradus` knows no course and a check needs nothing else.

    Attributes
    ----------
    name : str
        Of the function: of a call's arguments, by name, and its result it makes named quantities.
    module : str
        The source of the module that defines it, which imports no more than NumPy and `gradus`.
    """

    name: str
    module: str

    def of(self, arguments: dict[str, Any], result: Any) -> dict[str, Any]:
        """The quantities of one call: a `gradus.distributions.Sample` is compared as draws, all else by value."""
        return _defined(self.module)[self.name](values.realise(arguments), result)


@functools.cache
def _defined(module: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "quantities"}
    exec(compile(module, "<quantities>", "exec"), names)
    return names


@dataclass(frozen=True)
class Plan:
    """All that is needed to judge one exercise at one seed: data alone, no code."""

    exercise: str
    points: float
    returns: tuple[str, ...]
    rtol: float
    atol: float
    cases: tuple[Case, ...]
    expected: tuple
    mistakes: tuple[Mistake, ...]
    compare_as: "Quantities | None" = None

    @functools.cached_property
    def order(self) -> list[int]:
        """The order of the calls in one process, which nobody can tell who does not know the results.

        In the order of the cases, an answer could tell from its arguments that it should not be the first.
        """
        numbers = list(range(len(self.cases)))
        if self.compare_as:  # judged by calls made one after the other
            return numbers
        pairs = zip(self.cases, self.expected, strict=True)
        cases = [values.pack((case.args, case.kwargs, want)) for case, want in pairs]
        digests = [hashlib.sha256(case).digest() for case in cases]
        return sorted(numbers, key=digests.__getitem__)

    def to_data(self) -> dict:
        """The plan as a value that `gradus.values.pack` takes."""
        return {
            **{key: getattr(self, key) for key in _AS_THEY_ARE},
            "compare_as": self.compare_as and (self.compare_as.name, self.compare_as.module),
            "cases": [(case.label, case.names, case.args, case.kwargs) for case in self.cases],
            "mistakes": [(mistake.sentence, mistake.results) for mistake in self.mistakes],
        }

    @classmethod
    def from_data(cls, data: dict) -> "Plan":
        """The inverse of `to_data`."""
        return cls(
            **{
                **data,
                "compare_as": data["compare_as"] and Quantities(*data["compare_as"]),
                "cases": tuple(Case(*case) for case in data["cases"]),
                "mistakes": tuple(Mistake(*mistake) for mistake in data["mistakes"]),
            }
        )


def write_cases(plans: list[Plan]) -> bytes:
    """The file that lies beside a notebook: the plans of a chapter's exercises at the public seed."""
    packed = values.pack([plan.to_data() for plan in plans])
    return CASES_FORMAT + b"\n" + zlib.compress(packed, 9)


def read_cases(data: bytes) -> list[Plan]:
    """The plans of such a file.

    Raises
    ------
    ValueError
        If it is not one; the message begins after the file's name.
    """
    head, _, compressed = data.partition(b"\n")
    if head.startswith(b"GRADUS") and head != CASES_FORMAT:
        raise ValueError(
            "is of another release than the gradus that is installed: "
            "install this folder's requirements again: pip install -r requirements.txt"
        )
    try:
        packed = zlib.decompressobj().decompress(compressed, values.MAX_BYTES)
        return [Plan.from_data(plan) for plan in values.unpack(packed)]
    except (zlib.error, values.NotData, KeyError, TypeError) as error:
        raise ValueError("is damaged: fetch it again") from error
