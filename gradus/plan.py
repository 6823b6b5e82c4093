"""What is needed to judge one exercise, as data: cases, expected results, known mistakes.

`gradus.authoring` makes a plan of what an author wrote; the check in a notebook and the grader read it.
"""

import functools
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from gradus import values
from gradus.distributions import Law, Sample

# The first line of a file of cases: another number where an earlier gradus could not read the rest.
CASES_FORMAT = b"GRADUS-CASES 6"
_AS_THEY_ARE = (
    *("exercise", "points", "returns", "rtol", "atol", "places"),
    *("repair", "at_stake", "credit"),
)
_SEEN, _ZEROS = "what is compared", "zeros"
_LAW = [field.name for field in fields(Law)]
# Of arrays up to this long the numbers stay in what is kept of a result.
_LONG = 32


@dataclass(frozen=True)
class Case:
    """A call as it is made: leading arguments by position, so that a student may rename them.

    `weight`: how much it counts beside the other cases of its exercise.
    """

    label: str
    names: tuple[str, ...]
    args: tuple
    kwargs: dict[str, Any]
    weight: float = 1.0

    @property
    def arguments(self) -> dict[str, Any]:
        """All arguments, by name."""
        return dict(zip(self.names, (*self.args, *self.kwargs.values()), strict=True))


def reseeded(case: Case, seed: int) -> Case:
    """A case with every generator among its arguments of a seed."""
    return replace(case, args=_reseeded(case.args, seed), kwargs=_reseeded(case.kwargs, seed))


def _reseeded(value: Any, seed: int) -> Any:
    if isinstance(value, values.Rng):
        return values.Rng(seed)
    if isinstance(value, tuple | list):
        return type(value)(_reseeded(item, seed) for item in value)
    if isinstance(value, dict):
        return {key: _reseeded(item, seed) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known: the sentence a student should read, and what it returns.

    Of results that are compared by quantities and are right each by itself, `of_chance` is what is said of each
    beside the others, "" where nothing: what is wrong is where chance comes from. A mistake of which nothing is
    said is told by its very draws.
    """

    sentence: str
    results: tuple
    of_chance: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether its results pass every case, so far as their distribution shows."""
        return bool(self.of_chance) and not any(self.of_chance)


@dataclass(frozen=True)
class Quantities:
    """What of a result is compared, or scored, where many results are right: a function of the course.

    It travels as text with the cases, so that `gradus` knows no course and a check needs nothing else.

    Attributes
    ----------
    name : str
        Of the function: of a call's arguments, by name, and its result it makes named quantities, or one score.
    module : str
        The source of the module that defines it, which imports no more than NumPy and `gradus`.
    """

    name: str
    module: str

    @property
    def tells(self) -> tuple[str, ...]:
        """The quantities that each say by themselves, in a word, what is wrong: `TELLS` in the module."""
        return _defined(self.module).get("TELLS", ())

    def of(self, cases: Sequence[Case], results: Sequence[Any]) -> Any:
        """The quantities, or the score, of the last of some calls.

        A `gradus.distributions.Sample` is compared as draws, all else by value.
        """
        function = _defined(self.module)[self.name]
        asked = [case.arguments for case in cases]
        before = []
        if function.__code__.co_argcount > 2:
            earlier = zip(map(values.realise, asked[:-1]), results[:-1], strict=True)
            before.append(list(earlier))
        with np.errstate(all="ignore"):  # of an answer's numbers, whatever they are
            return function(values.realise(asked[-1]), results[-1], *before)


@functools.cache
def _defined(module: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "quantities"}
    exec(compile(module, "<quantities>", "exec"), names)
    return names


@dataclass(frozen=True)
class Seen:
    """What is kept of a result of which only some quantities are compared.

    Attributes
    ----------
    form : data
        The result, long arrays with zeros in place of their numbers.
    quantities : dict, optional
        By name, a `gradus.distributions.Law`, None for draws that are not finite, or a value; None in place of all
        where the numbers mean nothing.
    digest : str
        Of the whole result: results of one digest are the same numbers.
    """

    form: Any
    quantities: dict[str, Any] | None
    digest: str

    @classmethod
    def of(
        cls, compare_as: Quantities, cases: Sequence[Case], results: Sequence[Any], *others: Any
    ) -> "Seen":
        """What is kept of the last of some results; its laws are made of the draws of other calls, too."""
        try:
            found = [compare_as.of(cases, [*results[:-1], one]) for one in (results[-1], *others)]
            quantities = {key: _kept([one[key] for one in found]) for key in found[0]}
        except Exception:  # of a mistake, a place beyond the end for instance
            quantities = None
        return cls(emptied(results[-1]), quantities, digest(results[-1]))


def digest(result: Any) -> str:
    """Of a result's numbers, whatever holds them; of float32, that of no other."""
    return hashlib.sha256(values.pack(_as_numbers(result))).hexdigest()


def _as_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_numbers(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        try:
            return np.asarray(value, dtype=float)
        except (ValueError, TypeError):
            return [_as_numbers(item) for item in value]
    if isinstance(value, np.ndarray | bool | int | float) and np.asarray(value).dtype.kind != "c":
        return np.asarray(value, dtype=float)
    return value


def _kept(found: list) -> Any:
    if not isinstance(found[0], Sample):
        return found[0]
    return Law.of(np.concatenate([np.ravel(sample.draws) for sample in found]))


def emptied(value: Any) -> Any:
    """A result as a form: long arrays with zeros in place of their numbers."""
    if isinstance(value, np.ndarray) and value.size > _LONG:
        return np.zeros_like(value)
    if isinstance(value, tuple | list):
        return type(value)(map(emptied, value))
    return value


def _packed(result: Any) -> Any:
    """A result as a value that `gradus.values.pack` takes; a `Seen` is told by its key, which no result has."""
    if not isinstance(result, Seen):
        return result
    quantities = result.quantities and {
        key: {"law": tuple(vars(one)[name] for name in _LAW)} if isinstance(one, Law) else (one,)
        for key, one in result.quantities.items()
    }
    return {_SEEN: (_packed_form(result.form), quantities, result.digest)}


def _unpacked(result: Any) -> Any:
    if not (isinstance(result, dict) and set(result) == {_SEEN}):
        return result
    form, quantities, digest = result[_SEEN]
    found = quantities and {
        key: Law(*one["law"]) if isinstance(one, dict) else one[0]
        for key, one in quantities.items()
    }
    return Seen(_unpacked_form(form), found, digest)


def _packed_form(form: Any) -> Any:
    """A form whose long arrays are their type and shape: they are many, and full of zeros."""
    if isinstance(form, np.ndarray) and form.size > _LONG:
        return {_ZEROS: (form.dtype.name, form.shape)}
    if isinstance(form, tuple | list):
        return type(form)(map(_packed_form, form))
    return form


def _unpacked_form(form: Any) -> Any:
    if isinstance(form, dict) and set(form) == {_ZEROS}:
        dtype, shape = form[_ZEROS]
        return values.own(np.zeros(shape, dtype))
    if isinstance(form, tuple | list):
        return type(form)(map(_unpacked_form, form))
    return form


@dataclass(frozen=True)
class Plan:
    """All that is needed to judge one exercise at one seed: data alone, no code.

    Of a repair, `repair` is the sentence of the mistake that the given program makes, and `at_stake` has the numbers
    of the cases that it fails. Where what an answer achieves is scored, `credit` has thresholds of the score, rising,
    each with the part of a case that it earns.
    """

    exercise: str
    points: float
    returns: tuple[str, ...]
    rtol: float
    atol: float
    cases: tuple[Case, ...]
    expected: tuple
    mistakes: tuple[Mistake, ...] = ()
    compare_as: "Quantities | None" = None
    places: bool = False
    repair: str = ""
    at_stake: tuple[int, ...] = ()
    score: "Quantities | None" = None
    credit: tuple[tuple[float, float], ...] = ()

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

    @functools.cached_property
    def alike(self) -> list[list[int]]:
        """For each case the numbers of those that ask the same, itself among them, whatever their generators."""
        unseeded = [reseeded(case, 0) for case in self.cases]
        asked = [values.pack((case.args, case.kwargs)) for case in unseeded]
        return [[n for n, other in enumerate(asked) if other == one] for one in asked]

    @functools.cached_property
    def coarse(self) -> frozenset[int]:
        """The numbers of the cases that give numbers of fewer digits than a float has."""
        asked = enumerate(case.arguments.values() for case in self.cases)
        return frozenset(number for number, given in asked if any(map(_is_coarse, given)))

    def to_data(self) -> dict:
        """The plan as a value that `gradus.values.pack` takes."""
        return {
            **{key: getattr(self, key) for key in _AS_THEY_ARE},
            "compare_as": self.compare_as and (self.compare_as.name, self.compare_as.module),
            "score": self.score and (self.score.name, self.score.module),
            "cases": [tuple(vars(case).values()) for case in self.cases],
            "expected": tuple(map(_packed, self.expected)),
            "mistakes": [
                (one.sentence, tuple(map(_packed, one.results)), one.of_chance)
                for one in self.mistakes
            ],
        }

    @classmethod
    def from_data(cls, data: dict) -> "Plan":
        """The inverse of `to_data`."""
        return cls(
            **{
                **data,
                "compare_as": data["compare_as"] and Quantities(*data["compare_as"]),
                "score": data["score"] and Quantities(*data["score"]),
                "cases": tuple(Case(*case) for case in data["cases"]),
                "expected": tuple(map(_unpacked, data["expected"])),
                "mistakes": tuple(
                    Mistake(sentence, tuple(map(_unpacked, results)), of_chance)
                    for sentence, results, of_chance in data["mistakes"]
                ),
            }
        )


def _is_coarse(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_is_coarse, value))
    return getattr(value, "dtype", None) in (np.float16, np.float32)


def write_cases(plans: list[Plan]) -> bytes:
    """The file that lies beside a notebook: the plans of a chapter's exercises at the public seed."""
    packed = values.pack([plan.to_data() for plan in plans])
    if len(packed) > values.MAX_BYTES:
        raise ValueError(f"the cases take {len(packed)} bytes; at most {values.MAX_BYTES} are read")
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
