"""The plans of the book's exercises, each made once for all tests, and not again before the sources change."""

import functools

from gradus import values
from gradus.authoring import Exercise
from gradus.plan import Plan
from tests.conftest import ROOT, kept

_plans: dict[tuple[str, int], Plan] = {}


@functools.cache
def _sources() -> list[bytes]:
    """All that a plan depends on, but for Python and its packages."""
    files = (file for folder in ("gradus", "solutions") for file in (ROOT / folder).rglob("*.*"))
    return [file.read_bytes() for file in sorted(files) if file.suffix in (".py", ".npz")]


def packed(exercise: Exercise, seed: int) -> bytes:
    """The data of a plan."""

    def make() -> bytes:
        return values.pack(exercise.plan(seed).to_data())

    return kept(f"plan-{exercise.name}-{seed}", _sources(), make)


def plan_of(exercise: Exercise, seed: int) -> Plan:
    """A plan as it reaches a judge: packed and unpacked."""
    key = exercise.name, seed
    if key not in _plans:
        _plans[key] = Plan.from_data(values.unpack(packed(exercise, seed)))
    return _plans[key]
