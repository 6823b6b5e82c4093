"""The site is light and can be found: fonts, weights, search, addresses, keyboard, paper."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from xml.etree import ElementTree

import matplotlib.image
import pydata_sphinx_theme
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from sphinx.search.en import SearchEnglish

from tests.conftest import ROOT

CHAPTERS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md"))]
MOST = 300 * 1024
PUBLISHED = "https://example.org/gradus/"
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
FONTS = "vendor/fontawesome/webfonts"


@cache
def letters(path):
    with TTFont(path) as font:
        return set(font.getBestCmap())


def icons(sheet):
    """The code of each icon that a style sheet knows, by its class."""
    return {
        name.removesuffix(":before")[1:]: int(code, 16)
        for names, code in ICON_RULE.findall(sheet.read_text("utf-8"))
        for name in names.split(",")
    }


def test_every_icon_of_a_page_is_in_the_font(site, soup, name):
    theme = (
        ROOT.joinpath(pydata_sphinx_theme.__file__).parent
        / "theme"
        / "pydata_sphinx_theme"
        / "static"
    )
    known, kept = (
        icons(theme / "styles" / "pydata-sphinx-theme.css"),
        icons(site / "_static" / "site.css"),
    )
    shown = [node["class"] for node in soup(name).find_all(class_=re.compile("^fa-"))]
    named = [
        (name, "fa-brands" in classes) for classes in shown for name in classes if name in known
    ]
    assert named
    assert len(kept) < len(known) / 20
    for icon, brand in named:
        font = site / "_static" / FONTS / ("fa-brands-400.woff2" if brand else "fa-solid-900.woff2")
        assert kept[icon] == known[icon]
        assert kept[icon] in letters(font), f"{icon} has no glyph"


def test_every_letter_of_a_formula_is_in_the_fonts_that_have_it(site, soup, name):
    used = {
        ord(letter) for formula in soup(name).select(".katex-html") for letter in formula.get_text()
    }
    fonts = list((site / "katex" / "fonts").glob("*.woff2"))
    assert len(fonts) == 20
    for font in fonts:
        whole = letters(ROOT / "node_modules" / "katex" / "dist" / "fonts" / font.name)
        assert used & whole <= letters(font)


# Selectors of a style sheet that find something on the page, whatever is pointed at or pressed: each as
# often as it stands there, under the conditions under which it stands.
FINDS = """async sheet => {
    const all = (rules, under) => [...rules].flatMap(rule =>
        rule.selectorText === undefined ? all(rule.cssRules ?? [], `${under} ${rule.conditionText ?? ""}`)
            : rule.selectorText.split(/,(?![^()]*\\))/).map(selector => [selector.trim(), under]))
    const found = selector => {
        const plain = selector.replace(/::?(?:[a-z-]*(?:before|after|marker|placeholder|selection|scrollbar[a-z-]*)|hover|active|focus[a-z-]*|visited)/g, "")
        try { return document.querySelector(plain || "*") } catch { return null }
    }
    const made = await new CSSStyleSheet().replace(sheet)
    return all(made.cssRules, "").filter(([selector]) => found(selector)).map(each => each.join(" under "))
}"""


def test_the_style_sheet_has_every_rule_that_a_page_uses(visit, site, address, name):
    page = visit(f"{address}/{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    (link,) = page.locator("link[rel=stylesheet]").all()
    sheet = (site / "_static" / "site.css").read_text("utf-8")
    whole = [(site / sheet).read_text("utf-8") for sheet in link.get_attribute("data-of").split()]
    whole += [(site / "_static" / "basic.css").read_text("utf-8")]  # imported by the theme's
    assert len(sheet) < len("".join(whole)) / 2
    for mode in ("light", "dark"):
        page.evaluate("mode => document.documentElement.dataset.theme = mode", mode)
        used = Counter(selector for each in whole for selector in page.evaluate(FINDS, each))
        assert used.total() > 200
        assert used - Counter(page.evaluate(FINDS, sheet)) == Counter()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_weighs_at_most_300_kib_without_its_figures(visit, address, site, chapter):
    page = visit(f"{address}/chapters/{chapter}.html")
    asked = page.evaluate("performance.getEntries().filter(e => e.responseStatus).map(e => e.name)")
    files = {site / url.removeprefix(address).split("?")[0].strip("/") for url in asked}
    weight = {}
    for file in files:
        content = file.read_bytes()
        if file.suffix == ".html":
            content = re.sub(
                rb'<figure class="gradus-figure">.*?</figure>', b"", content, flags=re.DOTALL
            )
        weight[file.name] = len(content if file.suffix == ".woff2" else gzip.compress(content))
    assert {f"{chapter}.html", "site.css", "fa-solid-900.woff2"} <= set(weight)
    assert "searchindex.js" not in weight
    assert sum(weight.values()) <= MOST, weight


def test_search_finds_every_term_of_the_glossary(site, soup):
    index = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(index[index.index("(") + 1 : index.rindex(")")])
    here = index["docnames"].index("glossary")
    language = SearchEnglish({})
    terms = [term.get_text() for term in soup("glossary").select("dl.glossary dt")]
    assert len(terms) > 100
    assert any(re.search("[가-힣]", term) for term in terms)
    for term in terms:
        words = [
            language.stem(word.lower())
            for word in language.split(term)
            if language.word_filter(word.lower())
        ]
        assert any(words), term
        for word in filter(None, words):
            pages = index["terms"].get(word, [])
            assert here in (pages if isinstance(pages, list) else [pages]), (
                f"{term}: {word} is not found"
            )


@pytest.mark.parametrize("query", ["활성함수", "평균 모델", "L2 penalty"])
def test_search_in_the_browser_finds_a_term(visit, address, query):
    page = visit(f"{address}/search.html?q={query}")
    page.wait_for_selector("#search-results li")
    assert "glossary.html" in page.inner_html("#search-results")
    assert page.complaints == []


def tag(page, name):
    found = page.find_all("meta", property=name)
    assert len(found) == 1, name
    return found[0]["content"]


def test_a_page_says_what_a_link_to_it_shows(soup, name):
    page = soup(name)
    assert tag(page, "og:site_name") == "Gradus"
    assert tag(page, "og:title")
    if name != "search":
        assert (
            tag(page, "og:description")
            == page.find("meta", attrs={"name": "description"})["content"]
        )


def test_a_site_without_an_address_names_none(site, soup, name):
    assert not soup(name).find_all("link", rel="canonical")
    assert not soup(name).find_all("meta", property=re.compile("og:url|og:image"))
    assert not (site / "sitemap.xml").exists()


def test_one_setting_says_where_the_site_is_published(bare_site, pages):
    pages = [page for page in pages if page != "search"]
    for name in pages:
        page = BeautifulSoup((bare_site / f"{name}.html").read_text("utf-8"), "html.parser")
        address = f"{PUBLISHED}{name}.html"
        assert [link["href"] for link in page.find_all("link", rel="canonical")] == [address]
        assert tag(page, "og:url") == address
        card = tag(page, "og:image").removeprefix(PUBLISHED)
        assert matplotlib.image.imread(bare_site / card).shape[:2] == (630, 1200)
    sitemap = ElementTree.parse(bare_site / "sitemap.xml")
    assert {place.text for place in sitemap.iterfind(".//{*}loc")} == {
        f"{PUBLISHED}{name}.html" for name in pages
    }


def test_the_keyboard_skips_to_the_text_and_opens_hidden_code(visit, address):
    page = visit(f"{address}/chapters/optimizers.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main-content"
    hidden = page.locator("details.hide").first
    hidden.locator("summary").focus()
    page.keyboard.press("Enter")
    assert hidden.evaluate("node => node.open")


def test_every_control_of_a_page_is_in_the_order_of_the_tab_key(soup, name):
    for node in soup(name).find_all(["a", "button", "input", "select", "textarea", "summary"]):
        assert int(node.get("tabindex", 0)) >= 0, node


def test_paper_is_light_and_holds_the_text_alone(visit, address):
    page = visit(f"{address}/chapters/optimizers.html", mode="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    aside = ".bd-sidebar-primary, .bd-sidebar-secondary, .copybtn, .bd-header-article, details:not([open]), summary"
    shown = (
        f"[...document.querySelectorAll('{aside}')].filter(node => node.checkVisibility()).length"
    )
    assert page.evaluate(shown) == 0
    assert page.evaluate(
        "[...document.querySelectorAll('.bd-article pre')].every(p => p.scrollWidth <= p.clientWidth + 1)"
    )
    assert page.locator("figure.gradus-figure").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
