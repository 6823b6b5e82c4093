"""The EPUB: every chapter, figure, formula and answer, in pages that a strict reader takes; a PDF's figures."""

import ast
import re
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

from autograder.course import Course
from gradus import plots
from tests.conftest import ROOT
from tests.site.conftest import UNWRITTEN
from tests.site.test_pages import wrong_in

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_overview
import gradus_paper

CHAPTERS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md"))]
READ = list(Course.find(ROOT).chapters())
XHTML = "{http://www.w3.org/1999/xhtml}"
# Elements of pictures and formulas, where they are taken for a page's own.
IN_NO_PAGE = {
    f"{XHTML}{tag}" for tag in ("svg", "g", "path", "text", "defs", "math", "mrow", "mi", "mo")
}
RAW = re.compile(r"\\[a-zA-Z(\[]|\$")


def page(epub, name):
    return ElementTree.parse(epub / f"{name}.xhtml").getroot()


def having(tree, word):
    return [node for node in tree.iter() if word in node.get("class", "").split()]


def prose(node):
    """The text of a page but for its code."""
    if node.tag.rpartition("}")[2] in ("pre", "code", "script", "style"):
        return
    yield node.text or ""
    for child in node:
        yield from prose(child)
        yield child.tail or ""


def test_the_contents_name_every_page_and_the_answers_at_the_end(epub, pages):
    listed = [
        link.get("href") for link in ElementTree.parse(epub / "nav.xhtml").iterfind(".//{*}a")
    ]
    assert listed == [
        *(f"{name}.xhtml" for name in pages if name not in UNWRITTEN),
        "answers.xhtml",
    ]
    package = ElementTree.parse(epub / "content.opf")
    names = {item.get("id"): item.get("href") for item in package.iterfind(".//{*}item")}
    order = [names[place.get("idref")] for place in package.iterfind(".//{*}itemref")]
    assert [name for name in order if name in listed] == listed
    assert package.find(".//{*}title").text == "Gradus"


def test_every_file_that_a_page_names_is_in_the_book(epub):
    known = {
        item.get("href") for item in ElementTree.parse(epub / "content.opf").iterfind(".//{*}item")
    }
    for path in epub.rglob("*.xhtml"):
        assert str(path.relative_to(epub)) in known
        for node in ElementTree.parse(path).iter():
            target = (node.get("src") or node.get("href") or "").split("#")[0]
            if target and not re.match(r"\w+:", target):
                there = (path.parent / target).resolve()
                assert there.is_file(), f"{path.name}: {target}"
                assert str(there.relative_to(epub.resolve())) in known, f"{path.name}: {target}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_on_paper_has_its_figures_and_formulas_and_no_answers(epub, soup, chapter):
    tree = page(epub, f"chapters/{chapter}")
    html = soup(f"chapters/{chapter}")
    figures = having(tree, "gradus-figure")
    assert len(figures) == len(html.find_all(class_="gradus-figure")) > 0
    assert all(figure.find(".//{http://www.w3.org/2000/svg}svg") is not None for figure in figures)
    text = (epub / "chapters" / f"{chapter}.xhtml").read_text("utf-8")
    assert "color-mix(" not in text and "var(--" not in text
    formulas = tree.findall(".//{http://www.w3.org/1998/Math/MathML}math")
    assert len(formulas) == len(html.find("main").select("math:not(.gradus-reference math)")) > 0
    assert not tree.findall(".//{*}annotation")
    assert not having(tree, "katex-html") and not having(tree, "gradus-reference")
    manifest = ElementTree.parse(epub / "content.opf").find(
        f".//{{*}}item[@href='chapters/{chapter}.xhtml']"
    )
    assert {"mathml", "svg"} <= set(manifest.get("properties").split())


def test_every_picture_and_formula_of_the_epub_has_its_namespace_and_is_valid(epub):
    for path in epub.rglob("*.xhtml"):
        foreign = [node.tag for node in ElementTree.parse(path).iter() if node.tag in IN_NO_PAGE]
        assert foreign == [], path.name
        for formula in BeautifulSoup(path.read_text("utf-8"), "html.parser").find_all("math"):
            assert wrong_in(formula) == [], path.name


def test_the_map_of_an_epub_leads_to_its_chapters(epub):
    links = page(epub, "index").findall(".//{http://www.w3.org/2000/svg}a")
    parts = Course.find(ROOT).parts().values()
    assert [link.get("href") for link in links] == [f"chapters/{names[0]}.xhtml" for names in parts]


def test_code_and_numbers_of_an_epub_can_be_read(epub, visit):
    shown = visit((epub / "chapters" / "descent.xhtml").as_uri(), width=500)
    papers = shown.evaluate(
        "[...document.querySelectorAll('div.highlight')].map(node => getComputedStyle(node).backgroundColor)"
    )
    rgb = {tuple(int(x) / 255 for x in re.findall(r"\d+", paper)[:3]) for paper in papers}
    assert rgb and all(plots.contrast(paper, "white") < 1.2 for paper in rgb)
    over = shown.evaluate(
        """[...document.querySelectorAll('div.math')].filter(formula => {
            const number = formula.querySelector('.eqno')?.getBoundingClientRect()
            const letters = [...formula.querySelectorAll('math *')].map(node => node.getBoundingClientRect())
            return number && letters.some(box => box.width && box.right > number.left && box.left < number.right
                && box.bottom > number.top && box.top < number.bottom)
        }).length"""
    )
    assert over == 0


def test_no_formula_of_the_book_on_paper_is_left_raw(epub):
    for path in epub.rglob("*.xhtml"):
        assert [
            text for text in prose(ElementTree.parse(path).getroot()) if RAW.search(text)
        ] == [], path.name


def test_the_answers_hold_every_reference(epub):
    code = "".join("".join(node.itertext()) for node in having(page(epub, "answers"), "highlight"))
    for chapter in CHAPTERS:
        source = (ROOT / "solutions" / f"{chapter.replace('-', '_')}.py").read_text()
        functions = [
            node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
        ]
        assert functions
        assert all(f"def {name}(" in code for name in functions)


FIGURE = '<figure class="gradus-figure"><svg role="img" aria-label="A &lt; B."><g id="f01234567-x"/></svg>{}</figure>'


def put_twins(html, folder, monkeypatch):
    """A page with a figure that a cell put out and a folded cell, as a PDF has it."""
    monkeypatch.setenv("GRADUS_FIGURES", str(folder))
    form = nodes.container("", nodes.raw("", html, format="html"), mime_type="text/html")
    bundle = nodes.container("", form, nb_element="mime_bundle")
    code = nodes.container("", nodes.literal_block("", "plt.plot()"), nb_element="cell_code_source")
    document = new_document("page")
    document += nodes.container("", code, bundle, nb_element="cell_code", hide_mode="input")
    document.settings.env = SimpleNamespace(
        docname="page", images=SimpleNamespace(add_file=lambda *_: None)
    )
    gradus_paper.TakeTwins(document).run()
    return document


def test_a_pdf_takes_the_twin_of_a_figure_and_no_folded_code(tmp_path, monkeypatch):
    (tmp_path / "f01234567.pdf").touch()
    page = put_twins(FIGURE.format("<figcaption>1 &lt; 2</figcaption>"), tmp_path, monkeypatch)
    (figure,) = page.findall(nodes.figure)
    assert figure[0]["uri"] == str(tmp_path / "f01234567.pdf")
    assert figure[0]["alt"] == "A < B."
    assert figure[1].astext() == "1 < 2"
    assert not list(page.findall(nodes.raw)) and not list(page.findall(nodes.literal_block))


def test_a_pdf_takes_the_twin_of_the_map(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADUS_FIGURES", str(tmp_path))
    drawn = gradus_overview.drawn(Course.find(ROOT)).split("\n")[1]
    (figure,) = put_twins(drawn, tmp_path, monkeypatch).findall(nodes.figure)
    (twin,) = tmp_path.iterdir()
    assert figure[0]["uri"] == str(twin)
    assert figure[0]["alt"].startswith("A map of the parts.")


def test_a_figure_without_a_twin_is_named(tmp_path, monkeypatch):
    with pytest.raises(ExtensionError, match="page: f01234567.pdf is missing"):
        put_twins(FIGURE.format(""), tmp_path, monkeypatch)


def test_a_figure_draws_its_twin_where_it_is_asked_for(tmp_path, monkeypatch):
    def draw():
        fig, ax = plt.subplots()
        ax.plot([0, 1])
        return plots.figure(fig, alt="A line that rises from left to right.").svg

    plain = draw()
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("GRADUS_FIGURES", str(tmp_path))
    assert draw() == plain
    (twin,) = tmp_path.iterdir()
    assert twin.read_bytes().startswith(b"%PDF")
    assert f'id="{twin.stem}-' in plain
