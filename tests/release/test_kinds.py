"""The stub of a repair: wherever one is shown, a program stands in it."""

import shutil
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from autograder.course import Course
from autograder.release.chapter import read_chapter, references_of
from autograder.release.release import release_assignments
from gradus.stub import STUB_LINE
from tests.conftest import ROOT, forget

COURSE = ROOT / "tests" / "grading" / "kinds_course"
STUB = '''\
@exercise
def running_means(values):
    """For each value the mean of it and of those before it.

    An array as long as `values`.
    """
    total, means = 0.0, []
    for number, value in enumerate(values, start=1):
        total = total + value
        # As many as there are so far.
        means.append(total / len(values))
    return np.array(means)'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    shutil.copytree(COURSE, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield Course.find(tmp_path)
    forget("solved")


def test_the_reference_makes_it(course):
    references = references_of(course, read_chapter(course.chapter("kinds")))
    assert references["running_means"].stub == STUB
    assert references["cover"].stub.endswith(STUB_LINE)


def test_the_notebook_has_it_and_the_source_has_the_answer(course):
    list(release_assignments(course, ["kinds"]))
    made = {
        step: {
            cell.id: cell
            for cell in nbformat.read(course.directory / step / "kinds" / "kinds.ipynb", 4).cells
        }
        for step in ("source", "release")
    }
    cell = made["release"]["running_means"]
    assert cell.source == STUB and "given" not in cell.metadata
    assert cell.metadata.nbgrader.checksum == compute_checksum(cell)
    assert "means.append(total / number)" in made["source"]["running_means"].source
    assert "find its fault and repair it" in made["release"]["guide"].source


def test_where_nothing_is_to_be_repaired_nothing_is_said_of_it(small):
    list(release_assignments(small.write(), ["small"]))
    assert "How to work" in small.notebook().cells[0].source
    assert "repair" not in small.notebook().cells[0].source


def test_a_page_and_what_is_tried_in_it_have_it(course, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "_ext")
    import gradus_chapter

    source = [course.chapter("kinds").read_text()]
    app = SimpleNamespace(
        config=SimpleNamespace(gradus_show_references=True),
        builder=SimpleNamespace(name="html"),
        env=SimpleNamespace(temp_data={}),
        confdir=course.root,
    )
    gradus_chapter.complete(app, "chapters/kinds", source)
    assert source[0].count(STUB) == 2
    assert f"{{gradus-exercise}} running_means\n{STUB}\n" in source[0]
