"""The plans that grade, kept from one run to the next: to make them takes seconds, to read them a moment.

They lie beside the course's secret, for nobody but its owner, and are made anew when anything changes that they are
made of.
"""

import hashlib
import hmac
import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import gradus
from autograder.course import Course, CourseError, make_private, private_files
from gradus import authoring
from gradus.plan import Plan, read_cases, write_cases

FOLDER = ".plans"
# Code that was written after this process began may be another one than it has imported.
_BEGUN = time.time()


def plans_that_grade(course: Course, name: str, exercises: Iterable[str]) -> dict[str, Plan]:
    """The plan of each exercise of an assignment, with the cases that grade.

    Raises
    ------
    CourseError
        If an exercise has no checks, or its cases cannot be made.
    """
    wanted = list(exercises)
    file = course.directory / FOLDER / f"{name}.cases"
    kept = _read(course, name, file)
    if kept.keys() >= set(wanted):
        return {exercise: kept[exercise] for exercise in wanted}
    judged = {item.name: item for item in authoring.exercises_of(course.checks_module(name))}
    if unknown := sorted(set(wanted) - set(judged)):
        raise CourseError(
            f"{name}: exercise {unknown[0]!r} was released but has no checks now: run autograder release {name}"
        )
    plans = {}
    for exercise in wanted:
        try:
            plans[exercise] = judged[exercise].plan(course.hidden_seed(name, exercise))
        except ValueError as error:
            raise CourseError(f"{name}: the cases that grade {exercise!r}: {error}") from error
    _write(course, name, file, plans)
    return plans


def _read(course: Course, name: str, file: Path) -> dict[str, Plan]:
    """What was kept, by exercise; {} where there is nothing, or it is of anything else than what is there now."""
    try:
        head, _, cases = file.read_bytes().partition(b"\n")
        about = json.loads(head)
        if about != _about(course, name, about["files"], cases):
            return {}
        return {plan.exercise: plan for plan in read_cases(cases)}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write(course: Course, name: str, file: Path, plans: dict[str, Plan]) -> None:
    """Keep them; where that cannot be, the next run makes them anew."""
    try:
        files = _files(course)
        if any((course.root / used).stat().st_mtime >= _BEGUN for used in files):
            return
        cases = write_cases(list(plans.values()))
        about = json.dumps(_about(course, name, files, cases))
        with private_files():
            make_private(file.parent)
            fresh = file.with_name(f"{file.name}-{secrets.token_hex(8)}")
            fresh.write_bytes(about.encode() + b"\n" + cases)
            os.replace(fresh, file)
    except (OSError, ValueError):
        return


def _about(course: Course, name: str, files: Iterable[str], cases: bytes) -> dict:
    """What plans are made of: code, Python, NumPy and the secret, whose stamp nobody can make who does not know it."""
    about = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "files": {
            file: hashlib.sha256((course.root / file).read_bytes()).hexdigest() for file in files
        },
    }
    stamped = json.dumps([course.name, name, about]).encode() + cases
    return about | {"stamp": hmac.digest(course.secret(), stamped, "sha256").hex()}


def _files(course: Course) -> list[str]:
    """The files of the modules that are there now and may have a part in it: the course's, and those of `gradus`."""
    own = Path(gradus.__file__).parent
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    files = {Path(file).resolve() for file in loaded if file}
    course_files = (
        file
        for file in files
        if file.is_relative_to(course.root) and "site-packages" not in file.parts
    )
    return sorted(
        {os.path.relpath(file, course.root) for file in (*course_files, *own.glob("*.py"))}
    )
