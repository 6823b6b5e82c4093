"""What lies in nbgrader's folders of a course: who submitted, when, and what the grader wrote there."""

import json
import os
from datetime import datetime
from pathlib import Path

from autograder.course import Course

_TIMESTAMP_BYTES = 200


def submitted(directory: Path, name: str) -> list[str]:
    """The students who have a folder for an assignment, or something else in its place."""
    folder = directory / "submitted"
    if not folder.is_dir():
        return []
    students = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in students if os.path.lexists(path / name))


def read_timestamp(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC, from its `timestamp.txt`; None where that cannot be read."""
    from nbgrader.utils import parse_utc

    file = folder / "timestamp.txt"
    if file.is_symlink() or not file.is_file():
        return None
    with file.open("rb") as stream:
        text = stream.read(_TIMESTAMP_BYTES).decode("utf-8", "replace").strip()
    try:
        return parse_utc(text)
    except (ValueError, OverflowError):  # of dateutil
        return None


def read_graded(file: Path) -> dict:
    """What `autograder.grade.one` wrote into a graded notebook's metadata; {} if there is none."""
    try:
        return json.loads(file.read_text("utf-8"))["metadata"].get("gradus", {})
    except (OSError, ValueError, KeyError):
        return {}


def database(course: Course, db: str = "") -> str:
    """The address of the gradebook's database: nbgrader's SQLite file, unless another is given."""
    return db or f"sqlite:///{course.directory / 'gradebook.db'}"
