"""What lies in nbgrader's folders of a course: who submitted, when, and what the grader wrote there."""

import contextlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from autograder.course import Course

_TIMESTAMP_BYTES = 200
_BEFORE_OFFSET = re.compile(r"\s+(?=(?:[+-]\d\d:?\d\d|Z)$)")
_ZONE = re.compile(r"(\S+(?: \S+)?) ([A-Za-z][\w+/-]*)")
# nbgrader's exchange puts them beside a submission, and looks for them beside its feedback.
_OF_THE_EXCHANGE = ("timestamp.txt", "submission_secret.txt")
_SECRET_BYTES = 1_000
_MAX_LOOKED_AT = 1_000
# Of systems and programs, in every folder: nobody handed them in.
_LITTER = re.compile(
    r"\._.*|\.DS_Store|\.directory|\.git(?:ignore|keep|attributes)?|\.ipynb_checkpoints|\.keep"
    r"|Thumbs\.db|desktop\.ini|__MACOSX|__pycache__"
)
_LIKE_A_SUBMISSION = re.compile(r"\.ipynb|(?:\.tar)?\.(?:7z|gz|py|rar|tar|tgz|zip)$", re.IGNORECASE)
_COPY = re.compile(r"(?:\s*\(\d+\)|[\s_-]*copy\s*\d*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Overlooked:
    """Something in `submitted/` that does not lie where a submission lies, and is not graded.

    Attributes
    ----------
    student : str
        In whose folder it lies, or "".
    path : str
        As seen from the course's folder.
    why : str
    person : bool
        Whether it may be a submission: a person has to look at it.
    meant : bool
        Whether it names the assignment, but for spelling or place.
    """

    student: str
    path: str
    why: str
    person: bool
    meant: bool = False

    def __str__(self) -> str:
        # A space at the end of a name must be seen.
        shown = f'"{self.path}"' if re.search(r"\s", self.path) else self.path
        return f"{shown} {self.why}"


def submitted(directory: Path, name: str) -> list[str]:
    """The students who have a folder for an assignment, or something else in its place."""
    folder = directory / "submitted"
    if not folder.is_dir():
        return []
    students = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in students if os.path.lexists(path / name))


def overlooked(course: Course, name: str) -> list[Overlooked]:
    """What of `submitted/` is not graded: all but the assignments' own folders in the students' folders.

    What names another assignment is left for that one to tell.
    """
    folder = course.directory / "submitted"
    if not folder.is_dir():
        return []
    made = (course.directory / step for step in ("source", "release"))
    assignments = {name, *course.chapters()}.union(
        path.name for step in made if step.is_dir() for path in step.iterdir()
    )
    found, litter = [], []
    for entry in sorted(folder.iterdir()):
        path = f"submitted/{entry.name}"
        if _LITTER.fullmatch(entry.name):
            litter.append(path)
        elif entry.is_symlink() or not entry.is_dir():
            # A link to a folder with the assignment in it has a verdict, which says what it is.
            if not os.path.lexists(entry / name):
                why = "is no student's folder: passed over"
                if entry.is_dir():
                    why = "is a link, which is not followed: put the folder itself there"
                person = entry.is_symlink() or _is_like_a_submission(entry.name)
                found.append(Overlooked("", path, why, person))
        elif entry.name.startswith("."):
            why = "is hidden: passed over; rename it if it is a student's"
            found.append(Overlooked("", path, why, bool(_like_submissions(entry))))
        else:
            found += _beside(entry, name, assignments, litter)
    if litter:
        more = f" and {len(litter) - 3} more" if len(litter) > 3 else ""
        why = f"{', '.join(litter[:3])}{more}: passed over, no student's work"
        found.append(Overlooked("", "left by a system or a program:", why, person=False))
    return found


def _beside(
    folder: Path, name: str, assignments: set[str], litter: list[str]
) -> Iterator[Overlooked]:
    """What lies in a student's folder beside the folders of assignments."""
    student, place = folder.name, f"submitted/{folder.name}"
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        yield Overlooked(student, place, f"cannot be read: {error.strerror}", person=True)
        return
    for child in children:
        path = f"{place}/{child.name}"
        if child.name in assignments:
            continue
        if _LITTER.fullmatch(child.name):
            litter.append(path)
            continue
        inner = [] if child.is_symlink() or not child.is_dir() else _like_submissions(child)
        meant = _meant(child.name, assignments)
        if not meant:
            meant = set().union(
                *(_meant(part, assignments) for file in inner for part in file.parts)
            )
        if meant and name not in meant:
            continue
        if child.is_symlink():
            why, person = "is a link, which is not followed: put the folder itself there", True
        elif not child.is_dir():
            person = bool(meant) or _is_like_a_submission(child.name)
            why = "lies beside the folders of assignments: passed over"
            if person:
                why = f"lies beside its folder: if it counts, move it into {place}/{name}/"
        elif os.path.exists(folder / name) and child.samefile(folder / name):
            continue  # on a system for which both spellings are one name
        elif _meant(child.name, assignments):
            why, person = f"is not called {name}: rename it", True
        else:
            why, person = "is no assignment's folder: passed over", bool(inner)
            if person:
                why = (
                    f"is no assignment's folder, but holds {inner[0]}: move it into {place}/{name}/"
                )
        yield Overlooked(student, path, why, person, meant=bool(meant))


def _is_like_a_submission(name: str) -> bool:
    return bool(_LIKE_A_SUBMISSION.search(name))


def _like_submissions(folder: Path) -> list[Path]:
    """Some of the files in a folder, and in those within, that may be submissions, as seen from it."""
    files = (
        Path(place, file).relative_to(folder)
        for place, _, files in os.walk(folder)
        for file in sorted(files)
    )
    looked_at = islice(files, _MAX_LOOKED_AT)
    return [
        file
        for file in looked_at
        if _is_like_a_submission(file.name) and not any(map(_LITTER.fullmatch, file.parts))
    ]


def _meant(name: str, assignments: set[str]) -> set[str]:
    """The assignments that a file or folder names, however it spells them."""
    plain = _plain(_LIKE_A_SUBMISSION.split(name)[0])
    return {assignment for assignment in assignments if plain and plain == _plain(assignment)}


def _plain(name: str) -> str:
    """A name without what spelling it makes no difference to a reader."""
    name = _COPY.sub("", unicodedata.normalize("NFKC", name).strip())
    return "".join(character for character in name.casefold() if character.isalnum())


def moment(text: str) -> datetime:
    """A date and time of ISO 8601 in UTC; its offset or its zone's name may follow a space, without one it is UTC's.

    nbgrader's `parse_utc` takes +0100 after a space for a hundred seconds, and a zone that it does not know for UTC.

    Raises
    ------
    ValueError or OverflowError
        If it is none, or the zone is unknown.
    """
    from dateutil.tz import gettz

    text, zone = _BEFORE_OFFSET.sub("", text.strip()), "UTC"
    if named := _ZONE.fullmatch(text):
        text, zone = named.groups()
    if (known := gettz(zone)) is None:
        raise ValueError(f"{zone} is no time zone")
    when = datetime.fromisoformat(text)
    return (
        (when if when.tzinfo else when.replace(tzinfo=known)).astimezone(UTC).replace(tzinfo=None)
    )


def read_timestamp(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC, from its `timestamp.txt`; None where that cannot be read."""
    from nbgrader.utils import parse_utc

    file = folder / "timestamp.txt"
    if file.is_symlink() or not file.is_file():
        return None
    with file.open("rb") as stream:
        text = stream.read(_TIMESTAMP_BYTES).decode("utf-8", "replace").strip()
    for read in (moment, parse_utc):
        # A zone's name is that of a file: none that a student chooses is opened.
        if read is moment or "/" not in text:
            with contextlib.suppress(ValueError, OverflowError):
                return read(text)
    return None


def carry(source: Path, target: Path) -> None:
    """Copy what `nbgrader release_feedback` looks for beside a submission's feedback, and no other file.

    What is a link, is long or is no text stays where it is: whoever hands in may write anything there.
    """
    for name in _OF_THE_EXCHANGE:
        file = source / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if file.is_symlink() or not file.is_file() or file.stat().st_size > _SECRET_BYTES:
                continue
            text = file.read_text("utf-8")
            if name != "timestamp.txt" or read_timestamp(source):
                target.mkdir(parents=True, exist_ok=True)
                # What nbgrader copied itself cannot be written to.
                (target / name).unlink(missing_ok=True)
                (target / name).write_text(text, "utf-8")


def read_graded(file: Path) -> dict:
    """What `autograder.grade.one` wrote into a graded notebook's metadata; {} if there is none."""
    try:
        return json.loads(file.read_text("utf-8"))["metadata"].get("gradus", {})
    except (OSError, ValueError, KeyError):
        return {}


def database(course: Course, db: str = "") -> str:
    """The address of the gradebook's database: nbgrader's SQLite file, unless another is given."""
    return db or f"sqlite:///{course.directory / 'gradebook.db'}"
