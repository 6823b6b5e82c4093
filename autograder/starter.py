"""What an author begins with: a small course (`autograder new DIR`), or an exercise (`new CHAPTER EXERCISE`)."""

import keyword
import os
import re
import shlex
import shutil
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.release.chapter import read_chapter

TEMPLATES = Path(__file__).with_name("templates")
FILES = TEMPLATES / "starter"
# What the templates of an exercise import.
_TAKEN = frozenset({"np", "chapter", "check", "exercise", "progress", "Call", "judge", "reference"})


def make_course(folder: Path) -> list[str]:
    """Write a course of one chapter into a folder; the page "Grade your own course" goes through its files.

    Returns
    -------
    list of str
        What was written, and what to do next, in lines.

    Raises
    ------
    CourseError
        If something is in the folder already: nothing is written then.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not empty: name a new folder")
    files = sorted(
        file for file in FILES.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )
    for file in files:
        place = folder / file.relative_to(FILES)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    written = [str(folder / file.relative_to(FILES)) for file in files]
    return [*written, f"next: cd {shlex.quote(str(folder))}; autograder lint; autograder release"]


def make_exercise(course: Course, chapter: str, exercise: str) -> list[str]:
    """Write an exercise that is to be filled in at the end of a chapter, which is begun where it is not there.

    Its three parts go to the ends of the chapter, of its references and of its checks; until they are filled in,
    `release` refuses it and `lint` says what is missing.

    Returns
    -------
    list of str
        The files that were written or added to, and what to do next, in lines.

    Raises
    ------
    CourseError
        If one of the names is none, or the chapter has that exercise: nothing is written then.
    """
    if not re.fullmatch(r"[A-Za-z_]\w{,49}", exercise, re.ASCII) or keyword.iskeyword(exercise):
        raise CourseError(
            f"{exercise!r} is no name of an exercise: expected that of a Python function, in ASCII, at most 50 letters"
        )
    if exercise in _TAKEN:
        raise CourseError(f"{exercise!r} is in use in the chapter or in its checks: name another")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", chapter):
        raise CourseError(
            f"{chapter!r} is no name of a chapter: expected letters of a to z, digits and hyphens"
        )
    if keyword.iskeyword(chapter) or chapter == "checks":
        raise CourseError(f"{chapter!r} cannot be the name of a Python module here: name another")
    text = course.chapters().get(chapter, course.root / "chapters" / f"{chapter}.md")
    if text.exists() and exercise in read_chapter(text).named("exercise"):
        raise CourseError(f"{chapter} has an exercise {exercise!r}: name another")
    words = {
        "title": chapter.replace("-", " ").capitalize(),
        "chapter": chapter,
        "exercise": exercise,
        "package": course.references,
        "module": chapter.replace("-", "_"),
    }
    parts = (
        (text, "chapter.md", "cells.md"),
        (course.root / course.reference_file(chapter), "references.py", "reference.py"),
        (course.root / course.checks_file(chapter), "checks.py", "check.py"),
    )
    for file, begin, part in parts:
        before = (
            file.read_text("utf-8").rstrip("\n") + "\n" if file.exists() else _filled(begin, words)
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before + _filled(part, words), "utf-8")
    listed = chapter in course.chapters()
    return [
        *(os.path.relpath(file, course.root) for file, _, _ in parts),
        *([] if listed else [f"_toc.yml does not list chapters/{chapter}: add it"]),
        f"next: fill them in; autograder lint {chapter}",
    ]


def _filled(template: str, words: dict[str, str]) -> str:
    text = (TEMPLATES / "exercise" / template).read_text("utf-8")
    return re.sub(
        r"@(title|chapter|exercise|package|module)\b", lambda found: words[found[1]], text
    )
