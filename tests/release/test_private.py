"""What a release makes is its user's own, unless it was there before."""

import os

import pytest

from autograder.course import Course
from autograder.doctor import _private, _try


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def usual():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_course_is_private_and_what_is_handed_out_can_be_read(small, run):
    small.write()
    assert run("release", "small")[0] == 0
    made = small.root / "course"
    assert [mode(made), mode(made / "source"), mode(made / "gradebook.db")] == [0o700, 0o700, 0o600]
    assert mode(made / "release" / "small" / "small.ipynb") == 0o644
    found = _try("private", lambda: _private(Course.find(small.root)))
    assert found.ok and "only you" in found.said


def test_a_course_of_another_mode_is_left_and_told(small, run):
    small.write()
    made = small.root / "course"
    (made / "source").mkdir(parents=True)
    assert run("release", "small")[0] == 0
    assert [mode(made), mode(made / "source"), mode(made / "gradebook.db")] == [0o755, 0o755, 0o600]
    found = _try("private", lambda: _private(Course.find(small.root)))
    assert not found.ok and f"chmod go= {made}" in found.said
