"""The site is light and can be found: fonts, search, addresses, keyboard, paper."""

import json
import re
from functools import cache
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pydata_sphinx_theme
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from sphinx.search.en import SearchEnglish

from tests.conftest import ROOT
from tests.site.conftest import MOVED, UNWRITTEN

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


def test_every_letter_that_a_style_sheet_shows_for_an_icon_is_in_the_font(site):
    shown = set(
        map(ord, re.findall("[\ue000-\uf8ff]", (site / "_static" / "site.css").read_text("utf-8")))
    )
    assert shown
    fonts = [letters(font) for font in (site / "_static" / FONTS).glob("*.woff2")]
    assert shown <= set().union(*fonts)


def test_the_icon_of_a_written_question_is_in_its_font(visit, site, address):
    page = visit(f"{address}/chapters/descent.html")
    icon, font = page.locator(".gradus-written > .admonition-title").first.evaluate(
        "node => { const { content, fontFamily } = getComputedStyle(node, '::after'); return [content, fontFamily] }"
    )
    assert "Font Awesome" in font
    assert ord(icon.strip('"')) in letters(site / "_static" / FONTS / "fa-solid-900.woff2")


def test_what_no_page_uses_is_not_published(site):
    assert not list(site.rglob("*.map")) and not list(site.rglob("fontawesome.js*"))
    for script in (site / "_static" / "scripts").glob("*.js"):
        assert "sourceMappingURL" not in script.read_text("utf-8")


def test_every_letter_of_a_formula_is_in_the_fonts_that_have_it(site, soup, name):
    used = {
        ord(letter) for formula in soup(name).select(".katex-html") for letter in formula.get_text()
    }
    fonts = list((site / "katex" / "fonts").glob("*.woff2"))
    assert len(fonts) == 20
    for font in fonts:
        whole = letters(ROOT / "node_modules" / "katex" / "dist" / "fonts" / font.name)
        assert used & whole <= letters(font)


@pytest.fixture(scope="module")
def index(site):
    text = (site / "sections.js").read_text("utf-8")
    return json.loads(text[text.index("(") + 1 : text.rindex(")")])


def test_search_finds_every_term_of_the_glossary(index, soup):
    sections = [(index["pages"][page], anchor) for page, anchor, *_ in index["sections"]]
    language = SearchEnglish({})
    terms = soup("glossary").select("dl.glossary dt")
    assert len(terms) > 100
    assert any(re.search("[가-힣]", term.get_text()) for term in terms)
    here = ""
    for term in terms:
        previous = term.find_previous_sibling()
        here = term["id"] if previous is None or previous.name == "dd" else here
        words = [w.lower() for w in language.split(term.get_text()) if not w.isdigit()]
        stems = [language.stem(word) for word in words if language.word_filter(word)]
        assert stems, term
        for stem in stems:
            places = np.cumsum([number // 32 for number in index["terms"][stem]])
            assert ("glossary", here) in [sections[place] for place in places], (term, stem)


def test_every_section_of_the_index_is_on_its_page(index, soup):
    assert len(index["sections"]) > 400
    for page, anchor, title, above in index["sections"]:
        place = soup(index["pages"][page]).find(id=anchor)
        assert place, anchor
        assert title and above < len(index["sections"])


def find(visit, address, query):
    """Addresses of what a search finds, the best first, and the page."""
    page = visit(f"{address}/search.html?q={query}")
    page.wait_for_selector("#search-results li")
    links = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    return [link.removeprefix(f"{address}/") for link in links], page


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("Adam bias correction", "chapters/adaptive.html#bias-correction"),
        ("line search", "chapters/newton.html#line-search"),
        ("dropout", "chapters/noise.html#dropout-rely-on-nobody"),
        ("활성함수", "glossary.html#term-activation-function"),
        ("평균 모델", "glossary.html#term-average-model"),
        ("L2 penalty", "glossary.html#term-weight-penalty"),
        ("Nestrov", "chapters/descent.html#nesterov-look-before-you-leap"),
        ("momentm", "chapters/descent.html#momentum-remember-where-you-were-going"),
    ],
)
def test_search_leads_to_the_section_even_where_a_letter_is_wrong(visit, address, query, place):
    found, page = find(visit, address, query)
    assert found[0] == place
    first = page.locator("#search-results li p").first
    page.wait_for_function("node => node.textContent.length > 20", arg=first.element_handle())
    assert page.complaints == []


def test_search_reads_british_spelling_and_says_what_it_looked_for(visit, address):
    found, page = find(visit, address, "initialisation")
    assert found == find(visit, address, "initialization")[0]
    assert "for “initialization”" in page.locator(".search-summary").inner_text()


def test_search_says_that_it_has_found_nothing(visit, address):
    page = visit(f"{address}/search.html?q=zzzzqqq")
    page.wait_for_function("document.querySelector('.search-summary').textContent")
    assert page.locator(".search-summary").inner_text() == "No section of the book has these words."
    assert page.complaints == []


def test_the_icon_of_the_search_does_not_lie_on_what_is_typed_in(visit, address):
    page = visit(f"{address}/search.html?q=Adam")
    icon = page.locator("main .bd-search i").bounding_box()
    field = page.locator("main .bd-search input").bounding_box()
    assert icon["x"] + icon["width"] <= field["x"]


def tag(page, name):
    found = page.find_all("meta", property=name)
    assert len(found) == 1, name
    return found[0]["content"]


def test_a_page_says_what_a_link_to_it_shows(soup, name):
    page = soup(name)
    assert tag(page, "og:site_name") == "Gradus"
    assert tag(page, "og:title")
    if name not in UNWRITTEN:
        assert (
            tag(page, "og:description")
            == page.find("meta", attrs={"name": "description"})["content"]
        )


def test_a_site_without_an_address_names_none(site, soup, name):
    assert not soup(name).find_all("link", rel="canonical")
    assert not soup(name).find_all("meta", property=re.compile("og:url|og:image"))
    assert not (site / "sitemap.xml").exists()


def test_one_setting_says_where_the_site_is_published(bare_site, pages):
    pages = [page for page in pages if page not in UNWRITTEN]
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


@pytest.mark.parametrize("lost", ["nowhere.html", "chapters/nowhere.html", "a/b/c/d"])
@pytest.mark.parametrize("says_its_address", [True, False])
def test_a_wrong_address_gives_a_page_that_leads_back(
    site, bare_site, served, visit, lost, says_its_address
):
    root = served(bare_site if says_its_address else site, "/gradus/")
    page = visit(root + lost)
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.bd-sidebar')).position === 'sticky'"
    )
    assert page.locator("article h1").inner_text() == "Page not found"
    assert says_its_address == (page.url == root + lost)
    links = page.locator("main article a").evaluate_all("all => all.map(a => a.href)")
    assert links == [f"{root}index.html", f"{root}search.html"]
    page.click("main article a")
    page.wait_for_url(f"{root}index.html")


def test_the_page_for_wrong_addresses_is_not_found_by_searching(site, soup, index):
    assert soup("404").find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert "404" not in index["pages"]


@pytest.mark.parametrize("old", MOVED)
def test_an_old_address_says_where_its_page_is_now(soup, index, old):
    page = soup(old)
    assert "Gradus" in page.title.string
    assert page.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert len(page.find("meta", attrs={"name": "description"})["content"]) > 40
    assert [a["href"] for a in page.select("main section#this-page-has-moved a")] == [
        f"{name.removeprefix('chapters/')}.html" for name in MOVED[old]
    ]
    refresh = page.select_one('noscript meta[http-equiv="refresh"]')["content"]
    assert refresh == f"0; url={MOVED[old][0].removeprefix('chapters/')}.html"
    assert old not in index["pages"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("optimizers.html", "descent.html"),
        ("optimizers.html#sec-opt-momentum", "descent.html#sec-opt-momentum"),
        ("optimizers.html#sec-opt-adam", "adaptive.html#sec-opt-adam"),
        ("optimizers.html#sec-opt-schedules", "schedules.html#sec-opt-schedules"),
        ("regularization.html", "penalties.html"),
        ("regularization.html#sec-reg-dropout", "noise.html#sec-reg-dropout"),
    ],
)
def test_an_old_address_leads_to_its_place(visit, address, old, new):
    page = visit(f"{address}/chapters/{old}")
    page.wait_for_url(re.compile(f".*/chapters/{re.escape(new)}.*"))


def test_the_keyboard_skips_to_the_text_and_opens_hidden_code(visit, address):
    page = visit(f"{address}/chapters/descent.html")
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
    page = visit(f"{address}/chapters/descent.html", mode="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    aside = ".bd-sidebar-primary, .bd-sidebar-secondary, .copybtn, .bd-header-article, details:not([open], .gradus-contract), summary"
    shown = (
        f"[...document.querySelectorAll('{aside}')].filter(node => node.checkVisibility()).length"
    )
    assert page.evaluate(shown) == 0
    assert page.evaluate(
        "[...document.querySelectorAll('.bd-article pre')].every(p => p.scrollWidth <= p.clientWidth + 1)"
    )
    assert page.locator("figure.gradus-figure").first.is_visible()
    frames = "[...document.querySelectorAll('.bd-article :is(pre, .highlight, .cell_input, table, .admonition)')]"
    assert page.evaluate(f"{frames}.every(node => getComputedStyle(node).breakInside === 'auto')")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("chapter", ["transfer", "descent"])
def test_no_page_of_paper_is_left_empty_for_what_comes_on_the_next(visit, address, chapter):
    page = visit(f"{address}/chapters/{chapter}.html")
    across, down, margin = 794, 1123, 40  # A4
    page.set_viewport_size({"width": across - 2 * margin, "height": down - 2 * margin})
    page.emulate_media(media="print")
    needed = page.evaluate("document.documentElement.scrollHeight") / (down - 2 * margin)
    sides = dict.fromkeys(("top", "bottom", "left", "right"), f"{margin}px")
    printed = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=sides))
    # Pictures are not broken: a page that ends above one is no empty page.
    assert needed < len(printed) < 1.15 * needed
