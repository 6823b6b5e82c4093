"""A term: three assignments and six students, whose points are the same wherever they are told."""

import csv
import re
from datetime import datetime
from types import SimpleNamespace

import pytest
import typer
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from autograder import cli
from autograder.course import Course
from autograder.folders import moment, read_timestamp
from tests.grading.conftest import need_sandbox, put
from tests.grading.corpus import NAME, RIGHT, WRITTEN, release, text_of
from tests.grading.test_faults import command

NAMES = (NAME, "more", "last")
STUDENTS = ("ann", "bob", "cem", "dea", "eve", "fay")
DUE, ON_TIME, LATE = "2027-03-01 12:00", "2027-03-01 11:00 UTC", "2027-03-02 12:00 UTC"
# Half of the points for whoever is late.
HALF = """
from nbgrader.plugins import LateSubmissionPlugin

class Half(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2

c = get_config()
c.AssignLatePenalties.plugin_class = Half
"""
FULL, PART = 8.0, 2.0
MOST = FULL + WRITTEN


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """The course with three assignments released, and what hands in: `submit(student, name, whole, when)`."""
    need_sandbox()
    root = tmp_path_factory.mktemp("term") / "course"
    book = release(root)
    course = Course.find(root)
    for name in NAMES[1:]:
        for place in ("chapters/steps.md", "answers/steps.py", "answers/checks/steps.py"):
            file = root / place
            text = file.read_text().replace('chapter("steps")', f'chapter("{name}")')
            file.with_stem(name).write_text(text.replace("import steps", f"import {name}"))
    pages = "".join(f"- file: chapters/{name}\n" for name in NAMES[1:])
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: chapters/steps\nchapters:\n{pages}")
    (root / "nbgrader_config.py").write_text(HALF)
    assert command(course, "release", *NAMES[1:])[0] == 0
    assert command(course, "due", "last", DUE)[0] == 0
    whole = text_of(book.right()).encode()
    part = text_of(book.blank(scale=RIGHT["scale"])).encode()

    def submit(student, name, full=True, when=ON_TIME):
        folder = put(course, student, name, whole if full else part)
        (folder / "timestamp.txt").write_text(when)

    return SimpleNamespace(course=course, submit=submit)


def mark(course, student, name, points):
    """What a person does in formgrader."""
    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
        grade = book.find_grade("why", name, name, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def said(course, name):
    """What each of the places says of an assignment: points by student."""
    found = {}
    status, out, err = command(course, "grade", name)
    assert (status, err) == (0, "")
    table = re.findall(r"^  (\w+) +(?:graded|unchanged) +(\S+) / (\S+)", out, re.M)
    found["grade"] = {student: float(score) for student, score, _ in table}
    assert {float(most) for _, _, most in table} == {MOST}

    file, page = course.root / "points.csv", course.root / "report.html"
    status, out, err = command(course, "report", name, "--csv", str(file), "--html", str(page))
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(file.open()))
    handed_in = [row for row in rows if row["about the file"] != "no submission"]
    found["report"] = {row["student"]: float(row["all"]) for row in handed_in}
    soup = BeautifulSoup(page.read_text(), "html.parser")
    assert soup.h1.text == name
    last = soup.find_all("table")[-1]
    heads = [cell.text for cell in last.thead.find_all("th")]
    found["page"] = {
        row.th.text: float(row.find_all(["th", "td"])[heads.index("all")].text)
        for row in last.tbody.find_all("tr")
    }

    assert command(course, "export", str(file))[0] == 0
    rows = [row for row in csv.DictReader(file.open()) if row["assignment"] == name]
    found["export"] = {
        row["student_id"]: float(row["score"])
        for row in rows
        if row["student_id"] in found["grade"]
    }

    assert command(course, "feedback", name)[0] == 0
    found["feedback"] = {}
    for student in found["grade"]:
        text = (course.directory / "feedback" / student / name / f"{name}.html").read_text()
        ((score, most),) = re.findall(r"<h4>\w+ \(Score: (\S+) / (\S+)\)</h4>", text)
        assert float(most) == MOST
        found["feedback"][student] = float(score)

    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
        items = [item for item in book.assignment_submissions(name) if item.notebooks]
        found["formgrader"] = {
            item.student.id: item.score - (item.late_submission_penalty or 0) for item in items
        }
    return found


def agree(course, name, expected):
    for place, points in said(course, name).items():
        assert points == pytest.approx(expected), place


def wide(course, form="wide"):
    status, out, err = command(course, "export", "wide.csv", "--format", form)
    assert (status, out) == (0, "")
    with (course.root / "wide.csv").open(newline="") as stream:
        return list(csv.reader(stream)), err


def test_the_points_agree_all_term_long(term):
    course, submit = term.course, term.submit
    # The first assignment: all hand in, nothing is due.
    for student in STUDENTS:
        submit(student, NAME, full=student != "dea")
    agree(course, NAME, dict.fromkeys(STUDENTS, FULL) | {"dea": PART})
    rows, err = wide(course)
    # Who wrote nothing has no points for it, without a person.
    assert "steps: 5 of 6 left empty: a person has yet to mark them" in err
    assert rows[0] == ["student_id", "last_name", "first_name", "email", "steps"]
    assert {row[0]: row[-1] for row in rows[1:]} == dict.fromkeys(STUDENTS, "") | {"dea": "2"}
    text = (course.directory / "feedback" / "ann" / NAME / f"{NAME}.html").read_text()
    assert text.count("Score: not marked yet / 1.0") == 2

    # A person marks; nothing is graded again for it.
    for student in STUDENTS:
        mark(course, student, NAME, 0.5 if student == "eve" else WRITTEN)
    marked = dict.fromkeys(STUDENTS, FULL + WRITTEN) | {"dea": PART + WRITTEN, "eve": FULL + 0.5}
    agree(course, NAME, marked)
    assert wide(course)[1] == ""

    # The second: one is late, one has an extension before handing in, one never comes.
    assert command(course, "due", "more")[1] == "more has no due date: nobody is late\n"
    assert command(course, "due", "more", DUE)[1].startswith("more is due 2027-03-01 12:00 UTC:")
    until = ("--until", "2027-03-03 00:00")
    assert command(course, "extend", "cem", "more", *until)[0] == 0
    for student in STUDENTS:
        if student != "dea":
            submit(student, "more", when=LATE if student in ("bob", "cem") else ON_TIME)
    expected = {student: FULL for student in STUDENTS if student != "dea"} | {"bob": FULL / 2}
    agree(course, "more", expected)
    # The extension comes after the grading: it counts at the next one, without --force.
    assert command(course, "extend", "bob", "more", *until)[0] == 0
    agree(course, "more", expected | {"bob": FULL})
    # So does another due date.
    assert command(course, "due", "more", "2027-03-01 10:00")[0] == 0
    shorter = {student: points / 2 for student, points in expected.items()}
    agree(course, "more", shorter | {"bob": FULL, "cem": FULL})

    # The third: handed in again after a person marked it.
    for student in ("eve", "fay"):
        submit(student, "last", full=False)
    agree(course, "last", {"eve": PART, "fay": PART})
    for student in ("eve", "fay"):
        mark(course, student, "last", 1.0)
    submit("fay", "last")
    agree(course, "last", {"eve": PART + 1.0, "fay": FULL + 1.0})
    status, out, _ = command(course, "report", "last")
    assert status == 0 and re.search(r"^  fay .* 1\? +- +9$", out, re.M)
    assert re.search(r"^  ann +no submission$", out, re.M)

    rows, _ = wide(course)
    points = {row[0]: row[4:] for row in rows}
    assert points["student_id"] == ["steps", "more", "last"]
    assert points["dea"] == ["3", "", ""]
    assert points["eve"] == ["8.5", "", "3"]
    assert points["fay"] == ["9", "", "9"]

    canvas_and_moodle(course)


def canvas_and_moodle(course):
    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as book:
        book.update_or_create_student(
            "ann", last_name="Lee, Jr.", first_name="=Ann", email="a@b.c", lms_user_id="1042"
        )
    rows, _ = wide(course, "canvas")
    assert rows[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "9", "9", "9"]
    (ann,) = (row for row in rows if row[3] == "ann")
    assert ann == ["Lee, Jr., =Ann", "1042", "", "ann", "", "9", "", ""]
    rows, _ = wide(course, "moodle")
    assert rows[0][:4] == ["First name", "Last name", "ID number", "Email address"]
    (ann,) = (row for row in rows if row[2] == "ann")
    assert ann == ["'=Ann", "Lee, Jr.", "ann", "a@b.c", "9", "", ""]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ("extend", "bob", NAME, "--until", DUE),
            "has no due date: set one with autograder due",
        ),
        (("extend", "nobody", "last", "--until", DUE), "has no student 'nobody'"),
        (("extend", "bob", "last", "--until", "soon"), "--until: expected a date and time"),
        (("extend", "bob", "last", "--until", "2020-01-01"), "--until: last is due 2027-03-01"),
        (("extend", "bob", "nothing", "--until", DUE), "there is no assignment 'nothing'"),
        (("due", "last", "tomorrow morning"), "the due date: expected a date and time"),
        (("due", "last", "01/02/2027"), "the due date: expected a date and time"),
        (("due", "last", "2027-07-31 23:59 CEST"), "the due date: expected a date and time"),
        (("export", "x.csv", "--format", "excel"), "--format: expected one of nbgrader, wide,"),
        (("report", NAME, "--html", "none/x.html"), "--html: none/x.html cannot be written"),
    ],
)
def test_what_cannot_be_is_one_line(term, words, why):
    status, out, err = command(term.course, *words)
    assert (status, out) == (2, "")
    assert why in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2027-07-31 23:59", 23),
        ("2027-07-31 23:59 +0100", 22),
        ("2027-07-31 23:59 +01:00", 22),
        ("2027-07-31T23:59:00+0200", 21),
        ("2027-07-31 23:59Z", 23),
        ("2027-07-31 23:59 UTC", 23),
        ("2027-07-31 23:59 Europe/Berlin", 21),
    ],
)
def test_a_moment_is_that_of_its_zone(text, hour, tmp_path):
    assert moment(text) == datetime(2027, 7, 31, hour, 59)
    (tmp_path / "timestamp.txt").write_text(f"{text}\n")
    assert read_timestamp(tmp_path) == moment(text)


def test_every_command_has_help_with_an_example():
    for name, about in typer.main.get_command(cli.app).commands.items():
        assert about.help and f"For instance: autograder {name}" in about.epilog
