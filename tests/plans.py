"""The plans of the book's exercises, each made once for all tests, and not again before the sources change."""

import functools
import hashlib
from dataclasses import replace

from gradus import values
from gradus.authoring import Exercise
from gradus.plan import Plan
from tests.conftest import ROOT, kept

_plans: dict[tuple[str, int], Plan] = {}


@functools.cache
def _sources() -> bytes:
    """All that a plan depends on, but for Python and its packages, as a digest."""
    digest = hashlib.sha256()
    files = (file for folder in ("gradus", "solutions") for file in (ROOT / folder).rglob("*.*"))
    for file in sorted(files):
        if file.suffix in (".py", ".npz"):
            digest.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.digest()


def judging_alone(exercise: Exercise, seed: int) -> Plan:
    """A plan without the known mistakes, which take long to run."""
    return replace(exercise, mistakes=[], repair="").plan(seed)


def packed(exercise: Exercise, seed: int) -> bytes:
    """The data of a plan."""

    def make() -> bytes:
        return values.pack(exercise.plan(seed).to_data())

    return kept(f"plan-{exercise.name}-{seed}", [_sources()], make)


def plan_of(exercise: Exercise, seed: int) -> Plan:
    """A plan as it reaches a judge: packed and unpacked."""
    key = exercise.name, seed
    if key not in _plans:
        _plans[key] = Plan.from_data(values.unpack(packed(exercise, seed)))
    return _plans[key]
