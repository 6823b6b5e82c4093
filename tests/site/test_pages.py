"""Every page as it stands on disk: whole, linked, described, with no formula left raw."""

import importlib
import re
import sys
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import NavigableString

import gradus
from autograder.course import Course
from autograder.release.chapter import read_chapter
from gradus.authoring import PUBLIC_SEED, exercises_of, written_of
from tests.conftest import ROOT
from tests.plans import plan_of
from tests.site.conftest import MOVED, UNWRITTEN

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_chapter

COURSE = Course.find(ROOT)

CHAPTERS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md"))]


def module_of(chapter, package="solutions"):
    return importlib.import_module(f"{package}.{chapter.replace('-', '_')}")


def checks_of(chapter):
    return module_of(chapter, "solutions.checks")


def code_of(node):
    return "".join(node.find(class_="highlight").strings)


def test_the_site_has_the_pages_of_its_contents_and_no_other(site, pages):
    made = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    assert {page for page in made if not page.startswith("_static")} == {*pages, *MOVED}
    assert CHAPTERS
    assert {f"chapters/{chapter}" for chapter in CHAPTERS} <= set(pages)


def test_the_page_of_the_library_has_every_public_name(soup):
    for public in gradus.__all__:
        (signature,) = soup("api").find_all(id=f"gradus.{public}")
        assert signature.find_next("dd").p.get_text(), public


def test_github_pages_serves_every_folder(site):
    assert (site / ".nojekyll").is_file()


def test_a_page_has_a_title_a_description_and_one_heading(soup, name):
    page = soup(name)
    assert "Gradus" in page.title.string
    assert len(page.select("main h1:not(#jb-print-docs-body h1)")) == 1
    assert page.html["lang"] == "en"
    if name not in UNWRITTEN:
        described = page.find_all("meta", attrs={"name": "description"})
        assert len(described) == 1
        assert len(described[0]["content"]) > 40


def test_a_page_refers_to_no_other_host_but_by_links(soup, name):
    for tag, attribute in (
        ("script", "src"),
        ("link", "href"),
        ("img", "src"),
        ("iframe", "src"),
        ("source", "src"),
    ):
        for node in soup(name).find_all(tag, attrs={attribute: True}):
            assert not urlsplit(node[attribute]).netloc, node


def test_every_file_link_and_anchor_of_a_page_exists(site, soup, name):
    here = site / f"{name}.html"
    for node in soup(name).find_all(["a", "link", "script", "img"]):
        target = node.get("href") or node.get("src")
        if not target or urlsplit(target).scheme or target in ("#", "#!"):
            continue
        parts = urlsplit(target)
        path = (here.parent / unquote(parts.path)).resolve() if parts.path else here
        assert path.is_file(), f"{name}: {target} leads nowhere"
        if parts.fragment and path.suffix == ".html":
            there = soup(str(path.relative_to(site).with_suffix("")))
            assert there.find(id=unquote(parts.fragment)), f"{name}: {target} has no such anchor"


def test_no_formula_is_left_raw_and_none_is_wrong(soup, name):
    page = soup(name)
    main = page.find("main")
    assert not main.find_all(class_="katex-error")
    for formula in main.find_all(class_="math"):
        assert formula.select(".katex-html .base"), formula
    left = [
        text
        for text in main.find_all(string=re.compile(r"\$|\\[a-zA-Z(\[]"))
        if type(text) is NavigableString
        and not any(
            p.name in ("pre", "code", "script", "style") or "katex" in p.get("class", ())
            for p in text.parents
        )
    ]
    assert left == []


# How many parts an element of MathML has.
PARTS = {
    "mfrac": 2,
    "mroot": 2,
    "msub": 2,
    "msup": 2,
    "munder": 2,
    "mover": 2,
    "msubsup": 3,
    "munderover": 3,
}
LETTERS = ("mi", "mo", "mn", "mtext")


def wrong_in(formula):
    """What is no MathML in a formula: an element with too few or too many parts, or a letter that has parts."""
    return [
        str(node)[:200]
        for node in formula.find_all(True)
        if len(node.find_all(True, recursive=False))
        != (
            0
            if node.name in LETTERS
            else PARTS.get(node.name, len(node.find_all(True, recursive=False)))
        )
    ]


def test_every_formula_is_valid_mathml(soup, name):
    for formula in soup(name).find_all("math"):
        assert wrong_in(formula) == []


def test_no_directive_or_role_is_left_raw(soup, name):
    text = " ".join(
        words
        for words in soup(name).find("main").strings
        if not any(parent.name in ("pre", "code", "script") for parent in words.parents)
    )
    assert not re.search(r":::|```|\{(?:cite|eq|ref|doc|numref|term):?\w*\}|^\+\+\+|\[@", text), (
        name
    )


def test_no_cell_failed(soup, name):
    page = soup(name)
    assert not page.find_all(class_=re.compile("traceback|stderr"))
    assert "Traceback (most recent call last)" not in page.get_text()
    if name != "using":
        assert "✗" not in page.get_text()


def test_the_page_on_use_shows_a_check_that_names_a_mistake(soup):
    check = soup("using").select_one(".gradus-check").get_text()
    momentum = next(e for e in exercises_of(checks_of("descent")) if e.name == "momentum_step")
    cases = len(momentum.plan().cases)
    assert f"1 of {cases} cases pass" in check  # as the text below it says
    assert check.count("✗") == cases - 1
    assert any(sentence.replace("`", "") in check for sentence, _ in momentum.mistakes)


def test_pictures_say_what_is_seen(soup, name):
    page = soup(name)
    for image in page.find("main").find_all("img"):
        assert len(image.get("alt", "")) >= 20 and "_images/" not in image["alt"], image
    for figure in page.find_all(class_="gradus-figure"):
        assert len(figure.svg["aria-label"]) >= 20
        assert figure.svg["role"] == ("group" if figure.svg.find("a") else "img")
    ids = [node["id"] for node in page.find_all(id=True)]
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})[:5]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_figure_of_a_chapter_is_drawn(soup, chapter):
    drawn = len(soup(f"chapters/{chapter}").find_all(class_="gradus-figure"))
    assert drawn == len(
        re.findall(
            r"^plots\.figure\(", (ROOT / "chapters" / f"{chapter}.md").read_text(), re.MULTILINE
        )
    )
    assert drawn > 0


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_shows_each_stub_and_folded_its_reference_with_the_passed_check(soup, chapter):
    page = soup(f"chapters/{chapter}")
    shown = gradus_chapter.shown_references(COURSE, read_chapter(COURSE.chapter(chapter)))
    cells = [code_of(cell) for cell in page.find_all(class_="cell_input")]
    folded = {
        d.summary.code.get_text(): d
        for d in page.select("details.gradus-reference")
        if d.find("pre")
    }
    exercises = exercises_of(checks_of(chapter))
    assert set(folded) == {exercise.name for exercise in exercises}
    for exercise in exercises:
        stub = [code for code in cells if code.startswith(f"@exercise\ndef {exercise.name}(")]
        assert len(stub) == 1
        assert ("replace this line with your answer" in stub[0]) == (not exercise.repair)
        cases = len(plan_of(exercise, PUBLIC_SEED).cases)
        reference = folded[exercise.name]
        label = reference.find("p")
        assert label.get_text() == f"With the reference above, check({exercise.name}) shows:"
        passed = label.find_next(class_="gradus-check")
        assert passed in reference.select(".cell_output .gradus-check")
        assert passed.p.get_text() == f"{exercise.name}: {cases} of {cases} cases pass"
        assert "open" not in reference.attrs
        assert code_of(reference).strip() == shown[exercise.name]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_result_of_the_references_stands_open_below_a_stub(soup, chapter):
    page = soup(f"chapters/{chapter}")
    results = page.select("main .gradus-check")
    assert len(results) == len(exercises_of(checks_of(chapter))) + 1
    for result in results:
        assert result.find_parent("details", class_=["gradus-reference", "gradus-result"])
    (last,) = page.select("details.gradus-result")
    assert "open" not in last.attrs and "with the references" in last.get_text().lower()
    assert results[-1] in last.select(".gradus-check")
    for place in page.find_all("gradus-exercise"):
        assert not place.find_previous(class_="cell").find(class_="cell_output")
        reference = place.find_next(class_="gradus-reference")
        assert reference.summary.code.get_text() == place["data-name"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_shows_its_written_questions_and_folds_their_rubrics(soup, chapter):
    page = soup(f"chapters/{chapter}")
    questions = written_of(checks_of(chapter))
    boxes = page.select(".gradus-written")
    assert len(boxes) == len(questions)
    rubrics = [d for d in page.select("details.gradus-reference") if not d.find("pre")]
    assert len(rubrics) == len(questions)
    for question, box, rubric in zip(questions, boxes, rubrics, strict=True):
        assert "open" not in rubric.attrs
        assert f"{question.points:g} points" in box.get_text()
        assert len(rubric.find_all("li")) == question.rubric.count("\n- ") + 1
