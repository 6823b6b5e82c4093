"""Every page as it stands on disk: whole, linked, described, with no formula left raw."""

import importlib
import re
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import NavigableString

import gradus
from gradus.authoring import exercises_of, written_of
from tests.conftest import ROOT

CHAPTERS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md"))]


def module_of(chapter, package="solutions"):
    return importlib.import_module(f"{package}.{chapter.replace('-', '_')}")


def checks_of(chapter):
    return module_of(chapter, "solutions.checks")


def code_of(node):
    return "".join(node.find(class_="highlight").strings)


def test_the_site_has_the_pages_of_its_contents_and_no_other(site, pages):
    made = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    assert {page for page in made if not page.startswith("_static")} == set(pages)
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
    if name != "search":
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
    momentum = next(e for e in exercises_of(checks_of("optimizers")) if e.name == "momentum_step")
    cases = len(momentum.plan().cases)
    assert f"1 of {cases} cases pass" in check  # as the text below it says
    assert check.count("✗") == cases - 1
    assert any(sentence.replace("`", "") in check for sentence, _ in momentum.mistakes)


def test_pictures_say_what_is_seen(soup, name):
    page = soup(name)
    for image in page.find("main").find_all("img"):
        assert len(image.get("alt", "")) >= 20 and "_images/" not in image["alt"], image
    for figure in page.find_all(class_="gradus-figure"):
        assert len(figure.svg["aria-label"]) >= 20 and figure.svg["role"] == "img"
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
def test_a_chapter_shows_each_stub_its_passed_check_and_its_reference_folded(soup, chapter):
    page = soup(f"chapters/{chapter}")
    source = module_of(chapter).__loader__.get_source(module_of(chapter).__name__)
    cells = [code_of(cell) for cell in page.find_all(class_="cell_input")]
    passed = [line.get_text() for line in page.select(".cell_output .gradus-check > p")]
    folded = {
        code_of(d).split("def ", 1)[1].split("(")[0]: d
        for d in page.select("details.gradus-reference")
        if d.find("pre")
    }
    exercises = exercises_of(checks_of(chapter))
    assert set(folded) == {exercise.name for exercise in exercises}
    for exercise in exercises:
        stub = [code for code in cells if code.startswith(f"@exercise\ndef {exercise.name}(")]
        assert len(stub) == 1 and "replace this line with your answer" in stub[0]
        cases = len(exercise.plan().cases)
        assert f"{exercise.name}: {cases} of {cases} cases pass" in passed
        reference = folded[exercise.name]
        assert "open" not in reference.attrs
        assert exercise.name in reference.summary.get_text()
        assert code_of(reference).strip() in source
        assert "replace this line" not in code_of(reference)


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
