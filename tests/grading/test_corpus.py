"""The corpus as one class, graded once by the command: every submission has its score and harms no other."""

import contextlib
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.course import Course
from autograder.report import printable
from tests.grading.conftest import marks, need_sandbox
from tests.grading.corpus import (
    FULL,
    NAME,
    SUBMISSIONS,
    TOLD,
    WRITTEN,
    files_of,
    release,
    write,
)

ENTRIES = list(SUBMISSIONS.values())
STUDENTS = [entry for entry in ENTRIES if entry.family == "student"]
ODD_NAMES = [
    *(
        "O'Brien; DROP TABLE",
        "<b onclick=x>",
        "\x1bc\x1b]0;red\x07",
        "new\nline",
        "x" * 200,
        "-rf",
        "%s",
    ),
    *("{student_id}", "*", "[a-z]", "a", "é", "e\u0301", "\u202eabc", "=1+1", NAME, "\udcff"),
]
WAS_HERE = "gradus-corpus-was-here"
PR_SET_CHILD_SUBREAPER = 36
# What a page of feedback is made of: none of them runs, frames or loads anything.
TAGS = set(
    "a b blockquote br code details div em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong sub summary sup "
    "table tbody td tfoot th thead tr ul".split()
)
ATTRIBUTES = "class id title colspan rowspan start open href name content http-equiv charset type tabindex".split()


def autograder(folder, *arguments):
    program = Path(sys.executable).with_name("autograder")
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("GRADUS", "AUTOGRADER"))
    }
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        timeout=900,
    )


def children():
    """Processes whose parent is this one: those that run."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent, *_ = status.read_text().rpartition(")")[2].split()
            if int(parent) == os.getpid() and state != "Z":
                found.add(status.parent.name)
    return found


def grade(folder, book, entries):
    """A class in a folder, graded: the course, options the command ended, and the points."""
    write(folder, book, entries)
    beside = set(folder.parent.iterdir())
    # What the command's processes leave running becomes a child of this one.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = children()
    # Most of the time of this class is limits that run out: a third worker finds work meanwhile.
    done = autograder(folder, "grade", NAME, "--workers", "3")
    for _ in range(50):
        if not (left := children() - before):
            break
        time.sleep(0.1)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    course = Course.find(folder)
    return SimpleNamespace(
        course=course,
        done=done,
        marks=marks(course, NAME),
        left=left,
        new=set(folder.parent.iterdir()) - beside,
    )


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """The course released once, in folders of the same secret: `empty` stays so."""
    need_sandbox()
    empty = tmp_path_factory.mktemp("corpus") / "empty"
    book = release(empty)
    Course.find(empty).secret()
    whole, honest = (shutil.copytree(empty, empty.with_name(name)) for name in ("whole", "honest"))
    return SimpleNamespace(book=book, empty=empty, whole=whole, honest=honest)


@pytest.fixture(scope="session")
def graded(folders):
    """The whole class."""
    return grade(folders.whole, folders.book, ENTRIES)


@pytest.fixture(scope="session")
def honest(folders, graded):
    """The honest students without the others."""
    return grade(folders.honest, folders.book, STUDENTS)


def about(course, name):
    """What the graded notebook of a student says of it, and its cells."""
    notebook = json.loads(
        (course.directory / "autograded" / name / NAME / f"{NAME}.ipynb").read_text("utf-8")
    )
    return notebook["metadata"]["gradus"], notebook["cells"]


def test_the_corpus_is_large_and_of_every_kind():
    assert len({entry.about for entry in ENTRIES}) == len(ENTRIES) > 150
    families = {entry.family for entry in ENTRIES}
    assert families == {"student", "cheat", "probe", "resource", "file", "honest"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_submission_has_its_score(graded, entry):
    found = {name: graded.marks[entry.name][f"check-{name}"] for name in FULL}
    told, _ = about(graded.course, entry.name)
    said = {name: verdict["message"] for name, verdict in told["verdicts"].items()}
    assert found == entry.score, said
    assert list(told["verdicts"]) == list(FULL)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_submission_has_one_row_and_one_clear_line(graded, entry):
    lines = graded.done.stdout.splitlines()
    (row,) = (line for line in lines if re.match(rf"  {entry.name} ", line))
    (heads,) = (line for line in lines if re.match(r"  student +state ", line))
    place = heads.index("about the file")
    # Beside the exercises, the written question: where something was written, it is to be marked.
    points = re.escape(f"{sum(entry.score.values()):g} / {sum(FULL.values()) + WRITTEN:g}")
    assert re.fullmatch(rf"  {entry.name} +{entry.state} +{points}( +1)? *", row[:place])
    assert bool(row[place:]) == bool(entry.note) and re.search(entry.note, row[place:])
    assert graded.done.stdout.splitlines().count(f"{entry.state}: {entry.name}") == 1


# What the commands say of the written answers, which nobody has marked.
WAITING = {
    "feedback": re.compile(rf"{NAME}: \d+ of \d+ not wholly marked, as their pages say\n"),
    "report": re.compile(""),
}


def test_the_command_says_that_some_need_a_person(graded):
    assert graded.done.returncode == 1
    assert graded.done.stderr == ""
    assert set(graded.marks) == set(SUBMISSIONS)


@pytest.fixture(scope="session")
def odd_names(folders):
    """A class of right answers whose students have odd names: how the command ended, and the course."""
    book = folders.book
    folder = folders.whole.with_name("names")
    shutil.copytree(folders.empty, folder)
    (notebook,) = files_of(SUBMISSIONS["student_right"], book).values()
    for name in ODD_NAMES:
        place = folder / "course" / "submitted" / name / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_bytes(notebook)
    return autograder(folder, "grade", NAME), Course.find(folder)


def test_odd_names_of_students(odd_names):
    """Each has its points or is told why not; feedback and report are written for all that are graded."""
    done, course = odd_names
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    found = {name: sum(points.values()) for name, points in marks(course, NAME).items()}
    for name in ODD_NAMES:
        row = printable(name)
        if name in found:
            assert f"graded: {row}" in said and found[name] == sum(FULL.values())
        else:
            assert [
                line
                for line in said
                if line.startswith(f"  {row} ") and "rename the folder" in line
            ]
    assert set(ODD_NAMES) - set(found) == {"\udcff", "new\nline", "*", "[a-z]"}
    for command in ("feedback", "report"):
        done = autograder(course.root, command, NAME)
        assert done.returncode == 0 and WAITING[command].fullmatch(done.stderr)
        assert "\x1b" not in done.stdout
    pages = course.directory.glob(f"feedback/*/{NAME}/{NAME}.html")
    assert {page.parts[-3] for page in pages} == set(found)


def test_honest_students_have_what_they_have_without_the_others(graded, honest):
    assert honest.done.returncode == 0 and honest.done.stderr == ""
    assert set(honest.marks) == {entry.name for entry in STUDENTS}
    for entry in STUDENTS:
        assert graded.marks[entry.name] == honest.marks[entry.name]
        assert about(graded.course, entry.name) == about(honest.course, entry.name)


def test_nothing_of_the_run_is_left(graded):
    """No process that the command had started, and no file outside the course."""
    assert not graded.left
    assert not graded.new
    places = [
        "/",
        "/tmp",
        "/dev/shm",
        "/usr",
        "/etc",
        "/opt",
        "/var",
        Path.home(),
        sys.prefix,
        *sys.path,
    ]
    assert not [place for place in places if Path(place, WAS_HERE).exists()]
    assert not list(graded.course.root.rglob(WAS_HERE))


@pytest.fixture(scope="module")
def shown(graded, tmp_path_factory):
    """What `autograder feedback` and `autograder report` said, and the table that the latter wrote."""
    csv = tmp_path_factory.mktemp("report") / "points.csv"
    return {
        "feedback": autograder(graded.course.root, "feedback", NAME),
        "report": autograder(graded.course.root, "report", NAME, "--csv", csv),
        "csv": csv,
    }


@pytest.mark.parametrize("what", ["feedback", "report"])
def test_nothing_that_is_shown_runs_or_loads(graded, shown, what):
    csv, done = shown["csv"], shown[what]
    assert done.returncode == 0 and WAITING[what].fullmatch(done.stderr)
    texts = {"standard output": done.stdout, "grading": graded.done.stdout}
    if what == "report":
        texts["csv"] = csv.read_text()
        assert texts["csv"].count("\n") == len(ENTRIES) + 1
    else:
        pages = graded.course.directory.glob(f"feedback/*/{NAME}/*.html")
        texts |= {page.parts[-3]: page.read_text("utf-8") for page in pages}
        assert set(texts) >= set(SUBMISSIONS)
        usual = Page(texts["student_right"])
        for name in SUBMISSIONS:
            page = Page(texts[name])
            assert (page.tags, page.styles) == (usual.tags, usual.styles), name
            assert all(
                link.startswith(("#", "http:", "https:", "mailto:")) for link in page.links
            ), name
    for name, text in texts.items():
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text), name


def test_no_value_of_a_hidden_case_reaches_a_student(graded, shown):
    """Neither in the graded notebook nor in feedback or the report; the instructor can see them."""
    told = [name for name in SUBMISSIONS if name.startswith("tells_")]
    assert len(told) >= 5
    for what in ("feedback", "report"):
        assert (shown[what].returncode, TOLD in shown[what].stdout) == (0, False)
    for name in told:
        for folder in ("autograded", "feedback"):
            for file in (graded.course.directory / folder / name).rglob("*.*"):
                assert TOLD.encode() not in file.read_bytes(), (name, file)
    done = autograder(graded.course.root, "report", NAME, "--student", "tells_by_exceptions")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"raised ValueError: {TOLD}, in the line: raise ValueError(word)" in done.stdout
    done = autograder(graded.course.root, "report", NAME, "--student", "nobody")
    assert (done.returncode, done.stdout) == (
        2,
        "",
    ) and "nobody has submitted nothing" in done.stderr


class Page(HTMLParser):
    """What a page holds but text: tags that are not in TAGS, style sheets, links."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.styles, self.links = Counter(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.update({tag} - TAGS)
        for name, value in attributes:
            assert name in ATTRIBUTES, (tag, name, value)
            if name == "href":
                self.links.append(value)

    def handle_data(self, data):
        if self.cdata_elem == "style":
            self.styles.append(data)
