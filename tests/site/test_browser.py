"""Every page in a browser: wide and narrow, light and dark, served and from a file."""

import hashlib
from pathlib import Path

import pytest

from tests.conftest import ROOT, kept

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHAPTERS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md"))]
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
        if file.name != "searchindex.js":  # of other pages, and of the page of search alone
            digest.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.digest()


@pytest.mark.parametrize(("width", "mode"), LOOKS)
def test_a_page_is_sound_at_every_width_and_in_both_modes(
    visit, lay_out, browser, site, loaded, address, name, width, mode
):
    def look():
        page = visit(f"{address}/{name}.html", width, mode)
        assert page.evaluate("document.documentElement.dataset.theme") == mode
        page.evaluate(
            "document.querySelectorAll('details').forEach(details => details.open = true)"
        )
        page.wait_for_function(
            "[...document.querySelectorAll('gradus-exercise')].every(e => e.querySelector('textarea'))"
        )
        lay_out(page)
        for figure in page.locator(".gradus-figure > :not(svg, figcaption)").all():
            figure.scroll_into_view_if_needed()
            figure.locator(".gradus-play").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
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
        assert page.complaints == []
        return b""

    # A page that was sound is not looked at again before it changes, or what it loads, or the browser.
    parts = [(site / f"{name}.html").read_bytes(), loaded, browser.version.encode()]
    parts += [(site / "searchindex.js").read_bytes()] if name == "search" else []
    kept(f"sound-{name.replace('/', '-')}-{width}-{mode}", parts, look)


def test_a_page_works_from_a_file(visit, site, name):
    page = visit((site / f"{name}.html").as_uri())
    assert page.complaints == []
    assert page.evaluate("document.fonts.size") > 0


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_figures_take_the_ink_and_the_paper_of_the_page(visit, address, mode):
    from gradus import plots

    page = visit(f"{address}/chapters/optimizers.html", mode=mode)
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
    page = visit(f"{address}/chapters/optimizers.html", width=390)
    lay_out(page)
    heights = page.evaluate(
        """[...document.querySelectorAll('.gradus-figure svg[role=img]')].filter(svg => svg.checkVisibility()).map(
            svg => 11 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"""
    )
    assert heights
    assert min(heights) >= 8.5


def wide_formulas(page):
    formulas = page.locator(".katex-display")
    return [
        formulas.nth(i)
        for i in range(formulas.count())
        if formulas.nth(i).evaluate("n => n.scrollWidth > n.clientWidth")
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_formulas_fit_a_desktop_and_scroll_by_keyboard_on_a_phone(visit, address, chapter):
    desktop = visit(f"{address}/chapters/{chapter}.html")
    assert [formula.inner_text() for formula in wide_formulas(desktop)] == []
    phone = visit(f"{address}/chapters/{chapter}.html", width=390)
    for formula in wide_formulas(phone):
        formula.focus()
        phone.keyboard.press("ArrowRight")
        phone.wait_for_function(
            "node => node.scrollLeft > 0", arg=formula.element_handle(), timeout=5000
        )


FAR = ".bd-article > section > section:last-of-type"


def test_what_is_far_from_the_screen_is_not_laid_out_until_it_comes_near(visit, address):
    page = visit(f"{address}/chapters/optimizers.html", width=390)
    drawn = "node => node.checkVisibility({ contentVisibilityAuto: true })"
    last = page.locator(f"{FAR} p").last
    assert not last.evaluate(drawn)
    blocks = page.locator(".bd-article > section > section:nth-of-type(n + 4) .highlight pre")
    wide = [block.evaluate("n => n.scrollWidth > n.clientWidth") for block in blocks.all()]
    # All can be reached by keyboard at first; what need not be scrolled is passed over when it comes near.
    assert blocks.evaluate_all("all => all.every(n => n.tabIndex === 0)")
    for scrolls in (True, False):
        block = blocks.nth(wide.index(scrolls))
        block.scroll_into_view_if_needed()
        expected = f"node => node.tabIndex === {0 if scrolls else -1}"
        page.wait_for_function(expected, arg=block.element_handle(), timeout=5000)
    last.scroll_into_view_if_needed()
    page.wait_for_function(drawn, arg=last.element_handle(), timeout=5000)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_section_is_higher_than_it_counts_before_it_is_laid_out(
    visit, lay_out, address, chapter
):
    page = visit(f"{address}/chapters/{chapter}.html", width=390)
    sections = page.locator(".bd-article > section > section")
    counts = sections.first.evaluate(
        "node => getComputedStyle(node).containIntrinsicHeight"
    ).removeprefix("auto ")
    lay_out(page)
    assert sections.evaluate_all("all => Math.max(...all.map(n => n.offsetHeight))") <= float(
        counts.removesuffix("px")
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_into_a_page_leads_to_its_place(visit, address, soup, width):
    places = [
        s["id"] for s in soup("chapters/optimizers").select("article section section section")
    ]
    for place in (places[0], places[len(places) // 2], places[-1]):
        page = visit(f"{address}/chapters/optimizers.html#{place}", width=width)
        top = "id => document.getElementById(id).getBoundingClientRect().top"
        page.wait_for_function(f"id => Math.abs(({top})(id)) < 450", arg=place, timeout=5000)


def test_no_line_begins_with_what_follows_a_formula(visit, lay_out, address):
    page = visit(f"{address}/chapters/optimizers.html", width=390)
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
    page = visit(f"{address}/chapters/optimizers.html")
    first = page.locator("details.gradus-reference").first
    assert not first.evaluate("node => node.open")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.evaluate("node => node.open")
    assert "return" in first.inner_text()


def test_search_finds_a_word_of_a_chapter(visit, address):
    page = visit(f"{address}/search.html?q=Nesterov")
    page.wait_for_selector("#search-results li")
    assert "optimizers" in page.inner_html("#search-results")
    assert page.complaints == []
