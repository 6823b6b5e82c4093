"""Where a course lies, which chapters it has, and what it keeps secret."""

import stat

import pytest

from autograder.course import Course, CourseError


def test_found_from_a_folder_below(small):
    small.write()
    below = small.root / "chapters"
    course = Course.find(below)
    assert course == Course.find(small.root)
    assert (course.root, course.directory) == (small.root, small.root / "course")


def test_the_folder_of_nbgrader_can_be_chosen(small, monkeypatch, tmp_path):
    small.write()
    monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path / "by variable"))
    assert Course.find().directory == tmp_path / "by variable"
    assert Course.find(directory=tmp_path / "by hand").directory == tmp_path / "by hand"
    assert str(tmp_path / "by variable") == Course.find().nbgrader_config().CourseDirectory.root


def test_chapters_in_the_order_of_the_contents(small):
    small.files = {
        "_toc.yml": """
format: jb-book
root: index
parts:
  - caption: One
    chapters:
      - file: chapters/second
      - file: using
  - caption: Two
    numbered: 2
    chapters:
      - file: chapters/first.md
        sections:
          - file: chapters/small
""",
        **{
            f"{name}.md": "# A page\n"
            for name in ("index", "using", "chapters/first", "chapters/second")
        },
    }
    course = small.write()
    assert list(course.pages()) == [
        "index", "chapters/second", "using", "chapters/first", "chapters/small",
    ]  # fmt: skip
    assert list(course.chapters()) == ["second", "first", "small"]
    assert course.numbers() == {"chapters/first": 1, "chapters/small": 2}
    assert course.parts() == {"One": ["second"], "Two": ["first", "small"]}
    assert course.chapter("small") == small.root / "chapters" / "small.md"


def test_a_page_of_the_contents_that_is_not_there(small, run):
    small.files["_toc.yml"] = "root: index\nchapters:\n- file: chapters/small\n"
    small.write()
    assert run("release") == (
        2, [], ["autograder: _toc.yml names index, but there is no index.md: write it, or take it out"]
    )  # fmt: skip


def test_secret_is_made_once_and_for_the_instructor_alone(small):
    course = small.write()
    secret = course.secret()
    file = small.root / "course" / ".secret"
    assert len(secret) == 32 and len(set(secret)) > 8
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert course.secret() == secret == file.read_bytes()
    assert [path.name for path in file.parent.iterdir()] == [".secret"]


def test_a_cut_secret_is_not_used(small):
    course = small.write()
    course.secret()
    (small.root / "course" / ".secret").write_bytes(b"short")
    with pytest.raises(CourseError, match="5 bytes, not 32: restore it"):
        course.hidden_seed("small", "double")


def test_hidden_seeds_depend_on_everything_and_on_nothing_else(small, tmp_path):
    course = small.write()
    seed = course.hidden_seed("small", "double")
    assert seed == Course.find(small.root).hidden_seed("small", "double")
    assert seed.bit_length() > 200
    other = Course.find(small.root, directory=tmp_path / "another")
    seeds = {
        seed,
        course.hidden_seed("small", "triple"),
        course.hidden_seed("large", "double"),
        course.hidden_seed("smalldouble", ""),
        other.hidden_seed("small", "double"),
    }
    assert len(seeds) == 5
