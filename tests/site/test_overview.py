"""The pages made from all chapters: the map, the mistakes, the topics of the source notes."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_overview as overview

from autograder.course import Course
from gradus.authoring import exercises_of

COURSE = Course.find(ROOT)
NOTES = yaml.safe_load((ROOT / "sources.yml").read_text("utf-8"))
TOPICS = [topic for note in NOTES for topic in note["topics"]]
TITLES = overview.section_titles(COURSE)
CHAPTERS = overview.chapters(COURSE)
GLOSSARY = (ROOT / "glossary.md").read_text("utf-8").split("```")[1]
GLOSSARY = GLOSSARY.removeprefix("{glossary}").strip()

FIRST = """\
(first)=
# First: a beginning

It needs nothing.

(sec-first-part)=
## A part

Text.

(sec-without-heading)=
More text.

## Common mistakes

| what one reads | what is true |
|---|---|
| "always" | seldom |

The end.
"""
SECOND = FIRST.replace("first", "second").replace("First", "Second")
SECOND = SECOND.replace("nothing", "the [first part](#sec-first-part)")


@pytest.fixture
def book(tmp_path):
    """A function that writes a small book of two chapters and one topic, and returns its course."""

    def write(first=FIRST, second=SECOND, sections="sec-second-part, first"):
        (tmp_path / "chapters").mkdir()
        (tmp_path / "chapters" / "first.md").write_text(first)
        (tmp_path / "chapters" / "second.md").write_text(second)
        (tmp_path / "_toc.yml").write_text(
            "parts:\n"
            "- chapters: [{file: notation}]\n"
            "- chapters: [{file: chapters/first}, {file: chapters/second}]\n"
        )
        topic = f"{{id: T001, lines: '3-5', topic: why, sections: [{sections}]}}"
        (tmp_path / "sources.yml").write_text(f"- note: A note\n  topics: [{topic}]\n")
        (tmp_path / "notation.md").touch()
        (tmp_path / "pyproject.toml").write_text(
            '[tool.autograder]\ncourse = "c"\nreferences = "answers"\n'
        )
        return Course.find(tmp_path)

    return write


def test_every_topic_is_there_once():
    # The last five were found later: a note is in the order of its lines.
    assert sorted(topic["id"] for topic in TOPICS) == [f"T{k:03}" for k in range(1, 239)]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic["id"])
def test_a_topic_names_sections_that_are_there_and_reads_as_a_cell_of_a_table(topic):
    assert 1 <= len(topic["sections"]) <= 3
    assert len(set(topic["sections"])) == len(topic["sections"])
    assert not set(topic["sections"]) - TITLES.keys()
    assert topic["topic"] == topic["topic"].strip() != ""
    assert not set("|\n") & set(topic["topic"])
    assert topic["topic"].isascii()


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note["note"].split(":")[0])
def test_the_topics_of_a_note_are_in_its_order(note):
    lines = [[int(line) for line in re.split("[-,]", topic["lines"])] for topic in note["topics"]]
    assert all(places == sorted(places) for places in lines)
    starts = [places[0] for places in lines]
    assert starts == sorted(starts)


def test_the_page_of_sources_says_and_links_every_topic():
    page = overview.sources(COURSE)
    assert page.count("\n## ") + page.startswith("## ") == len(NOTES) == 5
    for topic in TOPICS:
        links = [overview.link(label, TITLES[label]) for label in topic["sections"]]
        assert f"| {topic['lines']} | {topic['topic']} | {', '.join(links)} |" in page.splitlines()


def test_a_chapter_builds_on_earlier_ones():
    earlier = []
    before = overview.needs(COURSE)
    for name in CHAPTERS:
        assert set(before[name]) <= set(earlier), name
        earlier.append(name)
    assert sum(map(len, before.values())) > 0


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_takes_some_hours(chapter):
    exercises, points, minutes = overview.minutes(COURSE, chapter, CHAPTERS[chapter])
    assert exercises > 0 and points >= exercises
    assert 60 < minutes < 15 * 60


def test_time_is_of_words_outside_code_and_of_points():
    words = 300 * "word "
    code = "```python\n" + 3000 * "word " + "\n```\n"
    exercises, points, minutes = overview.minutes(COURSE, "network", words)
    assert minutes == pytest.approx(2 + 8 * points)
    assert overview.minutes(COURSE, "network", words + "\n" + code) == (exercises, points, minutes)


def test_the_hours_and_points_are_those_of_the_chapters():
    rows = overview.hours_and_points(COURSE).split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert len(cells) == len(CHAPTERS) + 1
    found = [overview.minutes(COURSE, name, text) for name, text in CHAPTERS.items()]
    for (_, hours, exercises, points, _, by_hand), (count, both, time) in zip(
        cells, [*found, np.sum(found, axis=0)], strict=True
    ):
        assert int(hours) == round(time / 60)
        assert int(exercises) == count
        assert float(points) + float(by_hand) == both


PLANS = {
    heading: re.findall(r"^\| (\d+) \| (.*) \| (.*) \| (.*) \|$", part, re.MULTILINE)
    for heading, part in re.findall(
        r"^## ([^\n]* weeks)$(.*?)(?=^## |\Z)",
        (ROOT / "lecturers.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}


def chapters_of(row):
    return re.findall(r"\]\(chapters/([\w-]+)\.md\)", row[1])


def test_the_long_plan_has_every_chapter_once_and_in_order():
    assert [name for row in PLANS["Fifteen weeks"] for name in chapters_of(row)] == [*CHAPTERS]


@pytest.mark.parametrize(("heading", "weeks"), [("Fifteen weeks", 15), ("Eight weeks", 8)])
def test_a_plan_has_its_weeks_and_no_chapter_before_what_it_needs(heading, weeks):
    rows, before = PLANS[heading], overview.needs(COURSE)
    assert [int(row[0]) for row in rows] == [*range(1, weeks + 1)]
    seen = []
    for row in rows:
        names = chapters_of(row)
        assert names
        for name in names:
            assert name not in seen
            assert set(before[name]) <= set(seen), name
            seen.append(name)
        hours = [overview.minutes(COURSE, name, CHAPTERS[name])[2] / 60 for name in names]
        assert 2 < sum(hours) < 7, row


@pytest.mark.parametrize("heading", ["Fifteen weeks", "Eight weeks"])
def test_what_a_plan_hands_in_or_leaves_out_are_exercises_of_its_chapters(heading):
    for row in PLANS[heading]:
        modules = [COURSE.checks_module(name) for name in chapters_of(row)]
        known = {exercise.name for module in modules for exercise in exercises_of(module)}
        handed, left = (re.findall(r"`(\w+)`", cell) for cell in row[2:])
        assert len(handed) >= 3
        assert set(handed) | set(left) <= known, row
        assert not set(handed) & set(left)


def test_links_of_a_collected_mistake_lead_from_the_page_that_collects_it(monkeypatch):
    def files():
        return re.findall(r"\]\(([^)#]+\.md)", overview.mistakes(COURSE))

    assert len(files()) >= len(CHAPTERS) and all((ROOT / file).is_file() for file in files())
    text = "# Newton: steps\n\n## Common mistakes\n\n| one | [there](descent.md) |\n|---|---|\n\n"
    monkeypatch.setattr(overview, "chapters", lambda course: {"newton": text})
    assert files() == ["chapters/newton.md", "chapters/descent.md"]


def test_the_mistakes_of_every_chapter_are_collected():
    page = overview.mistakes(COURSE)
    parts = page.split("## [")[1:]
    titles = [overview.title(text) for text in CHAPTERS.values()]
    assert [part.split("](")[0] for part in parts] == titles
    for part in parts:
        rows = part.strip().splitlines()[2:]
        assert 2 + 2 <= len(rows)
        assert all(row.startswith("|") for row in rows)


def test_a_small_book_is_read(book):
    course = book()
    assert list(overview.chapters(course)) == ["first", "second"]
    assert overview.needs(course) == {"first": [], "second": ["first"]}
    assert overview.section_titles(course) == {
        "first": "First",
        "sec-first-part": "First: A part",
        "second": "Second",
        "sec-second-part": "Second: A part",
    }
    row = "| 3-5 | why | [Second: A part](#sec-second-part), [First](chapters/first.md) |"
    assert row in overview.sources(course).splitlines()
    assert overview.mistakes(course).count('| "always" | seldom |') == 2
    assert "The end" not in overview.mistakes(course)


def test_the_map_says_in_words_what_it_draws(book):
    drawn = overview.drawn(book())
    assert "Second builds on First." in drawn
    assert "<img" in drawn or "<svg" in drawn


@pytest.mark.parametrize("label", ["sec-nowhere", "sec-without-heading"])
def test_a_topic_of_an_unknown_section_is_named(book, label):
    with pytest.raises(ExtensionError, match=f"T001: no section '{label}'"):
        overview.sources(book(sections=label))


def test_a_topic_without_a_section_is_named(book):
    with pytest.raises(ExtensionError, match="T001: no section"):
        overview.sources(book(sections=""))


def test_a_chapter_without_its_table_is_named(book):
    text = SECOND.replace("## Common mistakes", "## Something else")
    with pytest.raises(ExtensionError, match="second: no table under a heading 'Common mistakes'"):
        overview.mistakes(book(second=text))


def test_a_chapter_that_does_not_say_what_it_needs_is_named(book):
    with pytest.raises(ExtensionError, match="first: no paragraph that begins with 'It needs'"):
        overview.needs(book(first=FIRST.replace("It needs", "It wants")))


def test_a_chapter_that_needs_a_later_one_is_named(book):
    text = FIRST.replace("It needs nothing", "It needs [more](second.md)")
    with pytest.raises(ExtensionError, match="first: it needs second, which comes later"):
        overview.drawn(book(first=text))


def test_the_glossary_is_in_order_and_says_nothing_twice():
    entries = GLOSSARY.split("\n\n")
    firsts = [entry.splitlines()[0].casefold() for entry in entries]
    assert firsts == sorted(firsts)
    terms = [line.casefold() for line in GLOSSARY.splitlines() if line and not line.startswith(" ")]
    assert len(terms) == len(set(terms))
    assert 100 <= len(entries) <= 200


def test_a_term_in_bold_leads_to_the_glossary(tmp_path):
    targets = {
        "overfitting": "overfitting",
        "Saddle points": "saddle-point",
        "Newton's step": "Newton-s-step",  # its apostrophe is typographic on the page
        "L2 penalty": "L2-penalty",
        "features of a face": None,
    }
    bold = ", ".join(f"**{words}**" for words in targets)
    index = f"# Terms\n\n{bold}.\n\n```{{toctree}}\nglossary\n```\n"
    (tmp_path / "index.md").write_text(index)
    shutil.copy(ROOT / "glossary.md", tmp_path)
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT)!r}, {str(ROOT / '_ext')!r}]\n"
        "import gradus_site\n"
        "extensions, html_theme = ['myst_parser'], 'basic'\n"
        "def setup(app):\n    app.add_post_transform(gradus_site.LinkTerms)\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", str(tmp_path), str(out)]
    subprocess.run(command, check=True)
    page = BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser")
    found = [strong.parent.get("href") for strong in page.select("p strong")]
    assert found == [term and f"glossary.html#term-{term}" for term in targets.values()]
