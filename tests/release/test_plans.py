"""The plans that grade are kept from one run to the next, and never used for anything but what they were made of."""

import math
import stat

import pytest

from autograder import plans
from autograder.plans import plans_that_grade
from gradus import authoring, values


@pytest.fixture
def made(monkeypatch):
    """The exercises of which a plan was made, one after the other; code counts as older than this process."""
    monkeypatch.setattr(plans, "_BEGUN", math.inf)
    found, make = [], authoring.Exercise.plan
    monkeypatch.setattr(
        authoring.Exercise,
        "plan",
        lambda exercise, seed: found.append(exercise.name) or make(exercise, seed),
    )
    return found


def packed(course):
    (plan,) = plans_that_grade(course, "small", ["double"]).values()
    return values.pack(plan.to_data())


def test_kept_plans_are_those_that_were_made(small, made):
    course = small.write()
    assert packed(course) == packed(course)
    assert made == ["double"]


def test_only_their_owner_may_read_them(small, made):
    packed(small.write())
    folder = small.root / "course" / plans.FOLDER
    (file,) = folder.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, file)] == [0o700, 0o600]


@pytest.mark.parametrize("changed", ["reference", "checks"])
def test_code_that_changed_makes_them_anew(small, made, changed):
    before = packed(small.write())
    text = getattr(small, changed)
    other = {"total = x + x": "total = 2.5 * x", "rng.uniform(1, 2)": "rng.uniform(3, 4)"}
    for old, new in other.items():
        text = text.replace(old, new)
    setattr(small, changed, text)
    assert packed(small.write()) != before
    assert made == ["double"] * 2


def test_another_python_or_numpy_makes_them_anew(small, made, monkeypatch):
    course = small.write()
    packed(course)
    monkeypatch.setattr(plans.np, "__version__", "another")
    packed(course)
    monkeypatch.setattr(plans.platform, "python_version", lambda: "another")
    packed(course)
    assert made == ["double"] * 3


def test_another_secret_makes_them_anew(small, made):
    course = small.write()
    before = packed(course)
    (course.directory / ".secret").unlink()
    assert packed(course) != before


def test_who_does_not_know_the_secret_cannot_write_them(small, made):
    """A file that was cut, or changed in one byte, or put there by somebody, is passed over."""
    course = small.write()
    packed(course)
    (file,) = (course.directory / plans.FOLDER).iterdir()
    whole = file.read_bytes()
    for data in (b"", b"{}\n", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        file.write_bytes(data)
        packed(course)
        assert file.read_bytes() == whole
    assert made == ["double"] * 5


def test_an_exercise_more_makes_them_anew(small, made):
    small.reference += "\n\ndef triple(x):\n    return 3 * x\n"
    small.checks += """
@judge(reference.triple, points=1, returns=("thrice",))
def triple(rng):
    yield Call("a number", x=rng.uniform(1, 2))
"""
    course = small.write()
    packed(course)
    assert plans_that_grade(course, "small", ["double", "triple"]).keys() == {"double", "triple"}
    assert list(plans_that_grade(course, "small", ["triple"])) == ["triple"]
    assert made == ["double", "double", "triple"]


def test_code_that_may_be_another_than_was_imported_is_not_kept(small, made, monkeypatch):
    monkeypatch.setattr(plans, "_BEGUN", 0.0)
    packed(small.write())
    assert not (small.root / "course" / plans.FOLDER).exists()


def test_where_they_cannot_be_kept_they_are_made(small, made):
    course = small.write()
    course.secret()
    (course.directory / plans.FOLDER).write_text("a file in the way")
    assert packed(course) == packed(course)
    assert made == ["double"] * 2
