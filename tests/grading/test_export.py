"""The export: nbgrader's columns and numbers, and no name moves a column or runs in a spreadsheet."""

import csv

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from autograder.course import Course, find_programs
from autograder.export import export
from autograder.report import Report, Row, write_csv

STUDENTS = {
    "ann": {"last_name": "Miller, Jr.", "first_name": 'Ann "A"', "email": "ann@example.com"},
    "bob": {"last_name": '=HYPERLINK("http://example.com")', "first_name": "@x\ny"},
    "-rf": {"last_name": "+1", "first_name": "\tz"},
}


@pytest.fixture
def course(tmp_path):
    find_programs()
    (tmp_path / "course").mkdir()
    with Gradebook(f"sqlite:///{tmp_path}/course/gradebook.db", "small") as gradebook:
        gradebook.add_assignment("steps", duedate="2030-01-01")
        for name, about in STUDENTS.items():
            gradebook.add_student(name, **about)
        gradebook.add_submission("steps", "ann")
    return Course(tmp_path, "small", "answers", tmp_path / "course")


def test_columns_stay_and_nothing_is_a_formula(course, tmp_path):
    file = tmp_path / "grades.csv"
    export(course, file)
    with file.open(newline="", encoding="utf-8") as stream:
        rows = {row["student_id"]: row for row in csv.DictReader(stream)}
    assert set(rows) == {"ann", "bob", "'-rf"}
    assert rows["ann"]["last_name"] == "Miller, Jr." and rows["ann"]["first_name"] == 'Ann "A"'
    assert rows["ann"]["email"] == "ann@example.com"
    assert rows["bob"]["last_name"] == '\'=HYPERLINK("http://example.com")'
    assert rows["bob"]["first_name"] == "'@x\ny"
    assert rows["'-rf"]["last_name"] == "'+1" and rows["'-rf"]["first_name"] == "'\tz"
    assert all(row["score"] == "0.0" and None not in row.values() for row in rows.values())


def test_plain_names_are_exported_as_nbgrader_does(course, tmp_path):
    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", "small") as gradebook:
        for name in STUDENTS:
            gradebook.remove_student(name)
        gradebook.add_student("carol", last_name="Weiß", first_name="Carol")
        gradebook.add_student("dave")
        gradebook.add_submission("steps", "carol", timestamp="2030-01-01 10:00")
        CsvExportPlugin(to=str(tmp_path / "theirs.csv")).export(gradebook)
    export(course, tmp_path / "ours.csv")
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_the_report_in_csv_holds_no_formula(tmp_path):
    rows = [Row("=1+1", {"scale": 2.0, "why": None}, "-x, y")]
    write_csv(Report("steps", {"scale": 2.0, "why": 1.0}, rows, []), tmp_path / "points.csv")
    with (tmp_path / "points.csv").open(newline="") as stream:
        _, row = csv.reader(stream)
    assert row == ["'=1+1", "2", "", "", "2", "'-x, y"]
