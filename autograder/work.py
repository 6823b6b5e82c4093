"""A reader's own notebooks, in `work/`: no later round overwrites what a reader changed there."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.kept import Record, digest, numbered, shown
from autograder.release import pack
from autograder.release.release import release_assignments


def fill_work(
    course: Course,
    names: list[str],
    watch: Callable[[str, int], None] = lambda name, all_of_them: None,
) -> Iterator[str]:
    """Put the notebooks, with what they need, into `work/NAME/`, where no work of the reader's stands.

    They are released into a folder of their own: the course that an instructor has released stays as it is.

    Parameters
    ----------
    course : Course
    names : list of str
        Assignments; if empty, every chapter that has exercises.
    watch : callable
        Is called for each assignment that is made, of so many.

    Yields
    ------
    line : str
        What is new, and which files of the reader's stay as they are.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        for _ in release_assignments(
            replace(course, directory=made), names, graded=False, made=watch
        ):
            pass
        work = course.root / "work"
        work.mkdir(exist_ok=True)
        record = Record(work)
        for released in sorted((made / "release").iterdir()):
            yield from fill_folder(record, released, work / released.name)
            record.save()
    yield f"the notebooks are in {shown(work)}"


def fill_folder(record: Record, released: Path, folder: Path) -> Iterator[str]:
    """Fill one folder with what was released; drop an old wheel that nobody changed."""
    for old in folder.glob(pack.WHEELS):
        if not (released / old.name).exists() and record.is_free(old):
            old.unlink()
    for file in sorted(released.iterdir()):
        yield from _put(record, folder / file.name, file.read_bytes())


def _put(record: Record, path: Path, data: bytes) -> Iterator[str]:
    """Put a file in its place, or beside one in which the reader has worked."""
    if record.is_free(path) or (path.is_file() and path.read_bytes() == data):
        record.put(path, data)
        return
    beside = numbered(path.with_name(f"{path.stem}-new{path.suffix}"))
    for place in (path, *_up_to_free(record, beside)):
        # The reader has had this version, and may have worked in it, or thrown it away.
        if record.last(place) == digest(data):
            return
    record.put(place, data)
    yield f"{shown(path)} is yours and stays as it is; the chapter has changed since: {place.name} beside it is new"


def _up_to_free(record: Record, places: Iterator[Path]) -> Iterator[Path]:
    """The places that are taken, and the first that is not."""
    for place in places:
        yield place
        if record.is_free(place):
            return
