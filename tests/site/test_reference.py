"""References as the pages show them: each runs where it is pasted, and passes its check."""

import shutil
import sys

import pytest

from autograder.course import Course
from autograder.release import pack
from autograder.release.chapter import read_chapter
from tests.conftest import ROOT
from tests.site.test_live import in_a_worker, stubs_of, task

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_chapter
import gradus_reference

COURSE = Course.find(ROOT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return pack.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize("chapter", COURSE.chapters())
def test_what_is_shown_passes_alone_where_it_is_pasted(book, wheel, tmp_path, chapter):
    """The exercises above it are still open, as they are to somebody who looks one up."""
    text = read_chapter(COURSE.chapter(chapter))
    shutil.copy(book.directory / "release" / chapter / f"{chapter}.cases", tmp_path)
    shown = gradus_chapter.shown_references(COURSE, text)
    assert list(shown) == list(stubs_of(chapter))
    tasks = [task(chapter, name, code) for name, code in shown.items()]
    for name, result in zip(shown, in_a_worker(tasks, wheel, tmp_path), strict=True):
        assert (result["status"], result["summary"]) == ("right", f"{name}: all cases pass"), result
        assert result["output"] == ""


MODULE = """\
import math
from itertools import pairwise

import numpy as np
import numpy.linalg
from gradus.validation import POSITIVE, validate

A, B = 1.0, 2.0  # two
UNUSED = A


@validate(x=POSITIVE)
def first(x):
    \"\"\"The first.

    And more of it.
    \"\"\"
    return np.exp(x)  # kept


def second(x, scale=A):
    \"\"\"The second.\"\"\"
    pairwise = x

    def inner():
        return numpy.linalg.norm(x), _helper(pairwise)

    return first(inner()) * scale


def _helper(x):
    return math.tau if x else second(x)
"""
SECOND = """\
import math
import numpy.linalg


A, B = 1.0, 2.0  # two


def first(x):
    \"\"\"The first.\"\"\"
    return np.exp(x)  # kept


def _helper(x):
    return math.tau if x else second(x)


def second(x, scale=A):
    \"\"\"The second.\"\"\"
    pairwise = x

    def inner():
        return numpy.linalg.norm(x), _helper(pairwise)

    return first(inner()) * scale"""


def test_what_a_reference_uses_stands_above_it_and_nothing_else():
    setup = "import numpy as np\nimport matplotlib.pyplot as plt"
    assert gradus_reference.shown(MODULE, "second", setup, {"first", "second"}) == SECOND
    alone = gradus_reference.shown(MODULE, "first", "", {"first", "second"})
    head = "import numpy as np\n\n\ndef first(x):\n"
    assert alone.startswith(head) and "And more of it." in alone and "validate" not in alone
