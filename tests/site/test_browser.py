"""Every page in a browser: wide and narrow, light and dark, served and from a file."""

import functools
import gzip
import hashlib
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Course
from gradus import plots
from tests.conftest import ROOT, kept
from tests.site.conftest import MOVED, Quiet, guessed, serving

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_overview

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = [(width, mode) for width in (1280, 390) for mode in ("light", "dark")]


@pytest.fixture(scope="session")
def loaded(site):
    """All that pages load and use, as one digest: a page's own bytes and these say how it looks and what it does."""
    files = [
        *site.rglob("*.css"),
        *site.rglob("*.js"),
        *site.glob("**/_images/*"),
        *site.glob("**/*.woff2"),
        AXE,
    ]
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(files):
        if file.name not in (
            "searchindex.js",
            "sections.js",
        ):  # of other pages, and of the page of search alone
            digest.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.digest()


# ---- what is looked at on every page, one after the other once it is loaded


def weighs_little(page, site, address):
    """A chapter without its figures: 300 KiB at most, as it is sent."""
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
    assert {page.url.rpartition("/")[2], "site.css", "fa-solid-900.woff2"} <= set(weight)
    assert "searchindex.js" not in weight
    assert sum(weight.values()) <= 300 * 1024, weight


# Where on a page its sections begin, from the top to the end.
PLACES = """() => {
    const tops = [...document.querySelectorAll('.bd-article > section > section')].map(
        section => section.getBoundingClientRect().top + scrollY)
    return [0, ...tops, document.documentElement.scrollHeight]
}"""
SHARES = np.linspace(0.1, 0.9, 9)


def settle(page):
    """Lay out a page as a reader leaves it who has seen all of it, but made no prediction."""
    for figure in page.locator(".gradus-figure > :not(svg, figcaption):visible").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".gradus-play").wait_for()


def has_a_true_scroll_bar(page, lay_out):
    """Before it has been read, and as it is when it was; then it is laid out."""
    reckoned = np.array(page.evaluate(PLACES))
    lay_out(page)
    settle(page)
    true = np.array(page.evaluate(PLACES))
    assert abs(reckoned[-1] / true[-1] - 1) < 0.1
    reached = np.interp(SHARES * reckoned[-1], reckoned, true) / true[-1]
    assert np.abs(reached - SHARES).max() < 0.05


def has_formulas_that_fit_or_scroll_by_keyboard(page, width):
    """On a desktop all fit; on a phone those that do not can be scrolled."""
    wide = "all => all.map((n, i) => n.scrollWidth > n.clientWidth ? i : -1).filter(i => i >= 0)"
    formulas = page.locator(".katex-display")
    found = [formulas.nth(i) for i in formulas.evaluate_all(wide)]
    if width == 1280:
        assert [formula.inner_text() for formula in found] == []
    for formula in found:
        formula.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "node => node.scrollLeft > 0", arg=formula.element_handle(), timeout=5000
        )


def open_all(page):
    """Unfold what is folded, reveal what is to be predicted, and start every figure and exercise."""
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.wait_for_function(
        "[...document.querySelectorAll('gradus-exercise')].every(e => e.querySelector('textarea'))"
    )
    guessed(page)
    for figure in page.locator(".gradus-figure > :not(svg, figcaption)").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".gradus-play").wait_for()


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


def has_a_style_sheet_with_every_rule_that_it_uses(page, site):
    (link,) = page.locator("link[rel=stylesheet]").all()
    sheet = (site / "_static" / "site.css").read_text("utf-8")
    whole = [(site / sheet).read_text("utf-8") for sheet in link.get_attribute("data-of").split()]
    whole += [(site / "_static" / "basic.css").read_text("utf-8")]  # imported by the theme's
    assert len(sheet) < len("".join(whole)) / 2
    used = Counter(selector for each in whole for selector in page.evaluate(FINDS, each))
    assert used.total() > 200
    assert used - Counter(page.evaluate(FINDS, sheet)) == Counter()


def can_be_read_by_everybody(page, mode):
    """No rule of axe is broken."""
    page.add_script_tag(path=AXE)
    # Tens of thousands of letters and strokes that screen readers never meet would take minutes;
    # and of what axe looks at, dark pages differ in their colours alone.
    skipped = {"exclude": [[".katex-html"], [".gradus-figure svg"]]}
    options = {"resultTypes": ["violations"]} | (
        {"runOnly": ["color-contrast"]} if mode == "dark" else {}
    )
    report = page.evaluate("([what, how]) => axe.run(what, how)", [skipped, options])
    broken = {
        v["id"]: [node["html"][:200] for node in v["nodes"][:3]] for v in report["violations"]
    }
    assert broken == {}
    assert report["passes"]


# Each width and each mode; the other two pairs once a week.
@pytest.mark.thorough(look=[LOOKS[0], LOOKS[-1]])
@pytest.mark.parametrize("look", LOOKS, ids="{0[0]}-{0[1]}".format)
def test_a_page_is_sound_at_every_width_and_in_both_modes(
    visit, lay_out, browser, site, loaded, address, name, look
):
    width, mode = look

    def see():
        page = visit(f"{address}/{name}.html", width, mode)
        assert page.evaluate("document.documentElement.dataset.theme") == mode
        if name.startswith("chapters/") and name not in MOVED:
            weighs_little(page, site, address)
        has_a_true_scroll_bar(page, lay_out)
        has_formulas_that_fit_or_scroll_by_keyboard(page, width)
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        can_be_read_by_everybody(page, mode)
        assert page.complaints == []
        has_a_style_sheet_with_every_rule_that_it_uses(page, site)
        return b""

    # A page that was sound is not looked at again before it changes, or what it loads, or the browser.
    parts = [(site / f"{name}.html").read_bytes(), loaded, browser.version.encode()]
    parts += [(site / "sections.js").read_bytes()] if name == "search" else []
    kept(f"sound-{name.replace('/', '-')}-{width}-{mode}", parts, see)


def test_the_scroll_bar_is_true_of_a_page_that_arrives_in_pieces(visit, lay_out, site):
    """What is seen of a section while it arrives is not remembered as all that it holds."""
    whole = (site / "using.html").read_bytes()
    begins = [
        match.start() for match in re.finditer(rb'<section id="[^"]*" style="--gradus-', whole)
    ]

    class InPieces(Quiet):
        def copyfile(self, source, outputfile):
            content = source.read()
            cut = int(self.path.partition("?")[2] or 0)
            outputfile.write(content[:cut])
            outputfile.flush()
            if cut:
                time.sleep(0.3)
            outputfile.write(content[cut:])

    handler = functools.partial(InPieces, directory=str(site))
    with serving(handler) as address:
        for begin in begins[1:5]:
            has_a_true_scroll_bar(visit(f"{address}/using.html?{begin + 600}"), lay_out)


def test_a_page_works_from_a_file(visit, site, name):
    page = visit((site / f"{name}.html").as_uri())
    assert page.complaints == []
    assert page.evaluate("document.fonts.size") > 0


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_figures_take_the_ink_and_the_paper_of_the_page(visit, address, mode):
    page = visit(f"{address}/chapters/descent.html", mode=mode)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    rgb = lambda text: tuple(int(x) / 255 for x in text[4:-1].split(","))  # noqa: E731
    assert plots.contrast(rgb(paper), plots.PAGES[mode]) < 1.05, (
        "gradus.plots.PAGES has another background"
    )
    inks = page.evaluate(
        "[...document.querySelectorAll('.gradus-figure svg')].map(s => getComputedStyle(s).fill)"
    )
    assert inks
    for ink in inks:
        assert plots.contrast(rgb(ink), rgb(paper)) > 7
    slabs = page.evaluate(
        """[...document.querySelectorAll('.gradus-figure')].flatMap(figure => {
            const colours = []
            for (let node = figure; node && node.tagName != 'BODY'; node = node.parentElement)
                colours.push(getComputedStyle(node).backgroundColor)
            return colours})"""
    )
    assert set(slabs) <= {"rgba(0, 0, 0, 0)", paper}


def test_words_in_figures_can_be_read_on_a_phone(visit, lay_out, address):
    page = visit(f"{address}/chapters/descent.html", width=390)
    lay_out(page)
    heights = page.evaluate(
        """[...document.querySelectorAll('.gradus-figure svg[role=img]')].filter(svg => svg.checkVisibility()).map(
            svg => 11 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"""
    )
    assert heights
    assert min(heights) >= 8.5


# Of the map: each box by where it leads, each arrow by its beginning and end, in pixels of the screen.
MAP = """() => {
    const svg = document.querySelector('.gradus-figure svg[role=group]')
    const box = ({ x, y, width, height }) => [x, y, x + width, y + height]
    const ends = path => [0, path.getTotalLength()].map(length => {
        const { x, y } = path.getPointAtLength(length).matrixTransform(path.getScreenCTM())
        return [x, y]
    })
    return {
        boxes: Object.fromEntries([...svg.querySelectorAll('a')].map(
            link => [link.getAttribute('href'), box(link.querySelector('path').getBoundingClientRect())])),
        arrows: [...svg.querySelectorAll('[id*="-arrow-"]')].map(arrow => ends(arrow.querySelector('path'))),
        words: [...svg.querySelectorAll('text')].map(text => [
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a, text.closest('a') !== null,
            box(text.getBoundingClientRect()), text.closest('a')?.getAttribute('href')]),
    }
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_the_map_leads_from_chapter_to_chapter(visit, address, width):
    course = Course.find(ROOT)
    page = visit(f"{address}/index.html", width)
    drawn = page.evaluate(MAP)
    boxes = drawn["boxes"]
    titles, before = gradus_overview.map_of(course)
    assert list(boxes) == [f"chapters/{name}.html" for name in titles] and len(boxes) == 10
    assert len(drawn["arrows"]) == sum(map(len, before.values()))
    told = [(other, name) for name, others in before.items() for other in others]
    for (start, end), (other, name) in zip(drawn["arrows"], told, strict=True):
        from_box, to_box = boxes[f"chapters/{other}.html"], boxes[f"chapters/{name}.html"]
        assert 0 < start[1] - from_box[3] < 8 and from_box[0] < start[0] < from_box[2]
        assert 0 < to_box[1] - end[1] < 8 and to_box[0] < end[0] < to_box[2]
        for left, top, right, bottom in boxes.values():
            for x, y in np.linspace(start, end, 50):
                assert not (left <= x <= right and top <= y <= bottom)
    for size, linked, (left, top, right, bottom), href in drawn["words"]:
        box = boxes[href]
        assert linked and size >= 8.5
        assert box[0] < left and right < box[2] and box[1] < top and bottom < box[3]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_map_works_by_mouse_and_keyboard_and_can_be_read(visit, address, mode):
    page = visit(f"{address}/index.html", mode=mode)
    page.add_script_tag(path=AXE)
    broken = page.evaluate(
        "axe.run('.gradus-figure').then(report => report.violations.map(v => v.id))"
    )
    assert broken == []
    link = page.locator(".gradus-figure a").nth(1)
    ink = link.locator("text").evaluate("node => getComputedStyle(node).fill")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    rgb = [tuple(int(x) / 255 for x in text[4:-1].split(",")) for text in (ink, paper)]
    assert plots.contrast(*rgb) >= 4.5
    stroke = "node => getComputedStyle(node.querySelector('path')).strokeWidth"
    plain = link.evaluate(stroke)
    page.locator(".gradus-figure a").first.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("node => node === document.activeElement")
    assert link.evaluate(stroke) != plain
    corner = link.evaluate(
        """link => {
            link.scrollIntoView({ block: 'center', behavior: 'instant' })
            const { x, y } = link.querySelector('path').getBoundingClientRect()
            return [x + 6, y + 6]
        }"""
    )
    page.mouse.click(*corner)  # beside the words
    page.wait_for_url("**/chapters/descent.html")  # the first of the second part


# As Firefox does where only text is made larger: letters twice as large in boxes that stay.
ZOOM = """() => {
    const all = [...document.querySelectorAll('body *')].map(node => [node, parseFloat(getComputedStyle(node).fontSize)])
    all.forEach(([node, size]) => node.style.fontSize = `${2 * size}px`)
}"""


def test_larger_text_does_not_clip_the_title(visit, address):
    page = visit(f"{address}/index.html")
    page.evaluate(ZOOM)
    brand = page.locator(".navbar-brand").first
    words = brand.locator(".logo__title")
    outer, inner = brand.bounding_box(), words.bounding_box()
    assert outer["y"] <= inner["y"]
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"]


@pytest.mark.parametrize("place", ["mistakes", "sources", "chapters/descent", "chapters/network"])
def test_no_column_of_a_table_is_crushed_on_a_phone(visit, lay_out, address, place):
    page = visit(f"{address}/{place}.html", width=390)
    lay_out(page)
    cells = page.evaluate(
        """[...document.querySelectorAll('article table.table :is(td, th) > p:not(:has(.katex))')].map(
            p => [p.textContent.length, p.getBoundingClientRect().width])"""
    )
    assert cells
    assert min(width for letters, width in cells if letters > 40) >= 150
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


FAR = ".bd-article > section > section:last-of-type"


def test_what_is_far_from_the_screen_is_not_laid_out_until_it_comes_near(visit, address):
    page = visit(f"{address}/chapters/descent.html", width=390)
    drawn = "node => node.checkVisibility({ contentVisibilityAuto: true })"
    last = page.locator(f"{FAR} p").last
    assert not last.evaluate(drawn)
    blocks = page.locator(
        ".bd-article > section > section:nth-of-type(n + 4) .highlight pre:not(details *)"
    )
    # What is to be predicted has no width yet.
    wider = "n => n.clientWidth ? n.scrollWidth > n.clientWidth : null"
    wide = [block.evaluate(wider) for block in blocks.all()]
    # All can be reached by keyboard at first; what need not be scrolled is passed over when it comes near.
    assert blocks.evaluate_all("all => all.every(n => n.tabIndex === 0)")
    for scrolls in (True, False):
        block = blocks.nth(wide.index(scrolls))
        block.scroll_into_view_if_needed()
        expected = f"node => node.tabIndex === {0 if scrolls else -1}"
        page.wait_for_function(expected, arg=block.element_handle(), timeout=5000)
    last.scroll_into_view_if_needed()
    page.wait_for_function(drawn, arg=last.element_handle(), timeout=5000)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_jump_by_the_scroll_bar_arrives_where_it_points(visit, lay_out, address, width, share):
    page = visit(f"{address}/chapters/noise.html", width)
    page.evaluate("share => scrollTo(0, share * document.documentElement.scrollHeight)", share)
    page.wait_for_timeout(300)
    at_top = page.evaluate_handle(
        """() => [...document.querySelectorAll('article :is(p, pre, figure, h2, h3, tr, .math)')].find(
            node => node.checkVisibility({ contentVisibilityAuto: true }) && node.getBoundingClientRect().top >= 0)"""
    )
    lay_out(page)
    settle(page)
    place = at_top.evaluate(
        "node => (node.getBoundingClientRect().top + scrollY) / document.documentElement.scrollHeight"
    )
    assert abs(place - share) < 0.05


def test_every_section_says_how_high_it_is(site, soup, name):
    for section in soup(name).select(".bd-article > section > section"):
        high = re.fullmatch(r"--gradus-wide:(\d+)rem;--gradus-narrow:(\d+)rem", section["style"])
        assert all(int(number) > 0 for number in high.groups()), section["id"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_into_a_page_leads_to_its_place(visit, address, soup, width):
    places = [s["id"] for s in soup("chapters/descent").select("article section section section")]
    for place in (places[0], places[len(places) // 2], places[-1]):
        page = visit(f"{address}/chapters/descent.html#{place}", width=width)
        top = "id => document.getElementById(id).getBoundingClientRect().top"
        page.wait_for_function(f"id => Math.abs(({top})(id)) < 450", arg=place, timeout=5000)


def test_no_line_begins_with_what_follows_a_formula(visit, lay_out, address):
    page = visit(f"{address}/chapters/descent.html", width=390)
    lay_out(page)
    gaps = page.evaluate(
        """[...document.querySelectorAll('main span.math')].filter(
            formula => /^[.,;:!?)]/.test(formula.nextSibling?.data)
        ).map(formula => {
            const mark = document.createRange()
            mark.setStart(formula.nextSibling, 0)
            mark.setEnd(formula.nextSibling, 1)
            const parts = [...formula.querySelectorAll('.katex-html > .base')]
            return mark.getBoundingClientRect().left - parts.at(-1).getBoundingClientRect().right
        })"""
    )
    assert len(gaps) > 20
    assert max(map(abs, gaps)) < 5


def test_what_is_folded_opens_by_keyboard(visit, address):
    page = visit(f"{address}/chapters/descent.html")
    first = page.locator("details.gradus-reference").first
    assert not first.evaluate("node => node.open")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.evaluate("node => node.open")
    assert "return" in first.inner_text()


def test_search_finds_a_word_of_a_chapter(visit, address):
    page = visit(f"{address}/search.html?q=Nesterov")
    page.wait_for_selector("#search-results li")
    assert "descent" in page.inner_html("#search-results")
    assert page.complaints == []
