"""What a page shows of its reader and for its use: progress, the place, exercises, predictions, previews."""

import copy
import gzip
import json
import re
import subprocess

import pytest

from autograder.course import Course
from autograder.release import myst
from autograder.release.chapter import read_chapter
from gradus.authoring import exercises_of
from tests.conftest import ROOT
from tests.site.conftest import NODE, guessed

COURSE = Course.find(ROOT)
CHAPTERS = list(COURSE.chapters())
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NO_STORAGE = "Object.defineProperty(window, 'localStorage', {get() { throw Error('none here') }})"


def exercises(chapter):
    return list(read_chapter(COURSE.chapter(chapter)).named("exercise"))


def judged(chapter):
    """A chapter's exercises as their author judges them, in its order."""
    found = {e.name: e for e in exercises_of(COURSE.checks_module(chapter))}
    return [found[name] for name in exercises(chapter)]


def solve(page, *names, chapter="descent"):
    for name in names:
        page.evaluate(f"localStorage['gradus/{chapter}/{name}'] = '{{\"solved\":true}}'")


def broken(page, where):
    """The rules of accessibility that a part of a page breaks."""
    page.add_script_tag(path=AXE)
    report = page.evaluate(
        "where => axe.run({include: [where]}, {resultTypes: ['violations']})", where
    )
    return {v["id"]: [node["html"][:200] for node in v["nodes"][:3]] for v in report["violations"]}


def test_every_page_loads_the_script_and_the_names_before_it(soup, name):
    scripts = [s for s in soup(name).find_all("script", src=True) if "/reader/" in "/" + s["src"]]
    assert [s["src"].split("?")[0].split("/")[-1] for s in scripts[:2]] == ["book.js", "reader.js"]
    assert all("defer" in s.attrs and s.get("type") != "module" for s in scripts)


def test_the_names_are_those_of_the_exercises(site):
    script = (site / "reader" / "book.js").read_text() + ";console.log(JSON.stringify(gradusBook))"
    names = subprocess.run([NODE, "-e", script], capture_output=True, check=True).stdout
    assert json.loads(names) == {chapter: exercises(chapter) for chapter in CHAPTERS}


def test_scripts_of_a_reader_are_small(site):
    assert sum(file.stat().st_size for file in (site / "reader").glob("*.js")) < 20_000


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_and_their_sections_are_numbered(soup, chapter):
    page, number = soup(f"chapters/{chapter}"), CHAPTERS.index(chapter) + 1
    sections = page.select("article h2")
    assert page.select_one("article h1").get_text().startswith(f"{number} ")
    for place, heading in enumerate(sections, 1):
        assert heading.get_text().startswith(f"{number}.{place} ")
    assert not page.select("article h3 .section-number")
    listed = page.select(".bd-sidebar-primary li.toctree-l1 a")
    assert [link.get_text().split()[0] for link in listed if link.get_text()[0].isdigit()] == [
        str(n) for n in range(1, len(CHAPTERS) + 1)
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_equation_has_the_same_number_in_the_notebook(soup, chapter):
    page = soup(f"chapters/{chapter}")
    on_page = {
        div["id"].removeprefix("equation-"): div.select_one(".eqno").contents[0]
        for div in page.select("div.math[id]")
    }
    labels = myst.Book(COURSE).labels
    mine = {
        n: la.title for n, la in labels.items() if la.number and la.page == f"chapters/{chapter}"
    }
    assert on_page == mine != {}


def test_the_first_page_leads_to_the_first_chapter(soup):
    (start,) = soup("index").select("a.gradus-start")
    assert start["href"].split("#")[0] == f"chapters/{CHAPTERS[0]}.html"
    assert start.get_text().strip() == "Start"


def test_the_contents_of_every_page_count_what_was_solved(visit, address):
    page = visit(f"{address}/index.html")
    counts = page.locator(".bd-sidebar-primary .gradus-done")
    totals = [len(exercises(chapter)) for chapter in CHAPTERS]
    assert counts.all_text_contents() == [f", 0/{total} solved" for total in totals]
    assert page.locator(".gradus-parts .gradus-done").all_inner_texts() == [""] * len(CHAPTERS)
    solve(page, *exercises("descent")[:2], "not_an_exercise")
    solve(page, exercises("tuning")[0], chapter="tuning")
    page.goto(f"{address}/chapters/descent.html", wait_until="networkidle")
    expected = {"descent": 2, "tuning": 1}
    said = [f", {expected.get(c, 0)}/{t} solved" for c, t in zip(CHAPTERS, totals, strict=True)]
    assert counts.all_text_contents() == said
    solve(page, exercises("descent")[2])
    page.evaluate("dispatchEvent(new Event('gradus-solved'))")
    place = CHAPTERS.index("descent")
    assert counts.nth(place).text_content() == f", 3/{totals[place]} solved"
    page.goto(f"{address}/index.html", wait_until="networkidle")
    done = page.locator(".gradus-parts .gradus-done").nth(place)
    assert done.inner_text() == f"3 of {totals[place]} solved"
    assert page.complaints == []


def test_the_first_page_leads_back_to_where_the_reader_stopped(visit, address):
    page = visit(f"{address}/index.html")
    start = page.locator("a.gradus-start")
    assert start.inner_text() == "Start"
    start.click()
    page.wait_for_url("**/chapters/network.html*")
    page.goto(f"{address}/index.html", wait_until="networkidle")
    assert start.inner_text() == "Continue: 1 A network and its gradient"
    page.goto(f"{address}/chapters/descent.html#sec-opt-momentum", wait_until="networkidle")
    page.wait_for_function("scrollY > 100")
    page.goto(f"{address}/index.html", wait_until="networkidle")
    number = 1 + CHAPTERS.index("descent")
    said = rf"Continue: {number} Descent, {number}\.\d+ Momentum.*"
    assert re.fullmatch(said, start.inner_text())
    start.click()
    page.wait_for_url("**/chapters/descent.html#momentum*")
    page.wait_for_function(
        "Math.abs(document.getElementById('sec-opt-momentum').getBoundingClientRect().top) < 300"
    )
    assert page.complaints == []


def test_without_storage_nothing_is_counted_and_nothing_complains(browser, address):
    context = browser.new_context()
    context.add_init_script(NO_STORAGE)
    page = context.new_page()
    errors = []
    page.goto(f"{address}/chapters/descent.html", wait_until="networkidle")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/index.html", wait_until="networkidle")
    assert page.locator("a.gradus-start").inner_text() == "Start"
    assert page.locator(".bd-sidebar-primary .gradus-done").first.text_content().startswith(", 0/")
    assert all("reader" not in error for error in errors)  # the theme's own scripts do complain
    context.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_count_and_the_way_back_are_sound(visit, address, mode):
    page = visit(f"{address}/chapters/descent.html", mode=mode)
    solve(page, *exercises("descent"))
    page.goto(f"{address}/index.html", wait_until="networkidle")
    assert broken(page, ".bd-sidebar-primary") == {} == broken(page, "article")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


FENCED = re.compile(r"^(:{3,}|`{3,})\{dropdown\} (.*?)$(.*?)^\1$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_two_hints_lead_to_each_exercise_of_more_than_two_points(chapter):
    text = COURSE.chapter(chapter).read_text("utf-8")
    for exercise in judged(chapter):
        begins = text.index(f"**Exercise: `{exercise.name}`")
        part = text[begins : text.index(f"\ncheck({exercise.name})", begins)]
        hints = {title: body for _, title, body in FENCED.findall(part)}
        if exercise.points > 2:
            assert list(hints) == ["A hint", "One more"], exercise.name
        assert all(len(body.split()) >= 8 for body in hints.values()), exercise.name


KINDS = "warm-up|build|derive|repair|reach"
HEADING = rf"Exercise: (\w+) ({KINDS}) · ([\d.]+) points? · not solved yet"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_exercise_is_one_box_with_all_that_belongs_to_it(soup, chapter):
    page = soup(f"chapters/{chapter}")
    boxes = page.select("article.gradus-box")
    assert len(boxes) == len(page.find_all("gradus-exercise")) == len(judged(chapter))
    for box, exercise in zip(boxes, judged(chapter), strict=True):
        heading, *below = box.find_all(recursive=False)
        assert heading["id"] == box["aria-labelledby"]
        # One level below that of its section, so that no level is left out.
        above = box.find_parent("section").find(re.compile("^h[1-5]$"))
        assert heading.name == f"h{int(above.name[1]) + 1}"
        name, kind, points = re.fullmatch(HEADING, heading.get_text()).groups()
        assert (name, float(points)) == (exercise.name, exercise.points)
        assert (kind == "repair") == bool(exercise.repair)
        assert (kind == "reach") == bool(exercise.score)
        assert f"Exercise: {name}" not in box.get_text().replace(heading.get_text(), "")
        (signature,) = box.select(".gradus-signature")
        (contract,) = box.select("details.gradus-contract")
        (tried,) = box.find_all("gradus-exercise")
        hints = [d for d in box.find_all("details", recursive=False) if d is not contract][:-1]
        reference = below[-1]
        place = below.index(signature)
        assert below[place:] == [signature, contract, tried, *hints, reference]
        assert "gradus-reference" in reference["class"] and "open" not in reference.attrs
        titles = [hint.summary.get_text().strip() for hint in hints]
        assert titles == (["A hint", "One more"] if exercise.points > 2 else titles[:1])
        code, whole = signature.get_text(), contract.get_text()
        assert "open" not in contract.attrs
        assert code.startswith(f"def {name}(") and "replace this line" not in code
        sentence = exercise.reference.__doc__.splitlines()[0]
        assert sentence in code and exercise.reference.__doc__.strip()[-30:] in whole
        assert ("return" in code.split(sentence)[1]) == bool(exercise.repair)
        assert whole.strip().endswith(f"check({name})")


def test_the_heading_of_an_exercise_says_that_it_is_solved(visit, address):
    page = visit(f"{address}/chapters/descent.html")
    first, second = exercises("descent")[:2]
    heading = page.get_by_role("heading", name=f"Exercise: {first} warm-up · 1 point ·")
    said = page.locator(".gradus-state")
    assert said.all_text_contents() == ["not solved yet"] * len(exercises("descent"))
    solve(page, first)
    solve(page, second, chapter="network")  # of another chapter
    page.evaluate("dispatchEvent(new Event('gradus-solved'))")
    assert said.all_text_contents()[:2] == ["✓ solved", "not solved yet"]
    page.reload(wait_until="networkidle")
    assert said.all_text_contents()[:2] == ["✓ solved", "not solved yet"]
    assert heading.text_content().endswith("✓ solved")
    assert page.complaints == []


CONTRACT = "#exercise-momentum_step ~ details.gradus-contract"


@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (390, "dark")])
def test_a_contract_opens_in_the_place_of_its_signature(visit, address, width, mode):
    page = visit(f"{address}/chapters/descent.html#exercise-momentum_step", width, mode)
    contract = page.locator(CONTRACT)
    signature = page.locator("#exercise-momentum_step ~ .gradus-signature")
    source = contract.get_by_text("in the convention of PyTorch")
    contract.scroll_into_view_if_needed()
    assert signature.is_visible() and not source.is_visible()
    contract.locator("summary").focus()
    page.keyboard.press("Enter")
    source.wait_for()
    assert not signature.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('.gradus-box details').forEach(d => d.open = true)")
    assert broken(page, ".gradus-box") == {}
    assert page.complaints == []


def test_paper_shows_every_contract_whole(visit, address):
    page = visit(f"{address}/chapters/descent.html")
    page.emulate_media(media="print")
    contracts = page.locator(".gradus-contract pre")
    assert contracts.evaluate_all("all => all.every(c => c.getBoundingClientRect().height > 20)")
    assert not page.locator(".gradus-signature, .gradus-state").locator("visible=true").count()


def test_without_scripts_an_exercise_opens_too_and_claims_no_state(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/descent.html#exercise-momentum_step")
    page.locator(f"{CONTRACT} > summary").click()
    assert "Parameters" in page.locator(CONTRACT).inner_text()
    assert not page.locator(".gradus-state").first.is_visible()
    context.close()


SHIFTS = """() => new Promise(done => {
    const found = []
    new PerformanceObserver(list => found.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => done(found.map(({ value, sources }) => [
        value, sources.map(({ node }) => (node?.outerHTML ?? node?.data ?? '').slice(0, 200))])), 300)
})"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("place", ["", "#exercise-momentum_step"])
def test_nothing_moves_while_a_page_loads(visit, address, width, place):
    page = visit(f"{address}/chapters/descent.html{place}", width)
    shifts = page.evaluate(SHIFTS)
    assert sum(value for value, _ in shifts) < 0.02, shifts


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_page_without_its_figures_is_light(site, soup, chapter):
    name = f"chapters/{chapter}"
    figures = sum(len(str(figure)) for figure in soup(name).select(".gradus-figure"))
    page = gzip.compress((site / f"{name}.html").read_bytes())
    whole = (site / f"{name}.html").stat().st_size
    assert len(page) * (1 - figures / whole) < 250 * 1024


NO_PROSE = "pre, .highlight, details, script, style, figure, .cell_output, gradus-chapter, gradus-predict, .gradus-downloads"


def words_of(text):
    """The words of a text, in which a formula is one, and so is an exercise: not of code, figures and what is folded."""
    text = copy.copy(text)
    for box in text.select(".gradus-box"):
        box.replace_with(" (exercise) ")
    for part in text.select(NO_PROSE):
        part.extract()
    for formula in text.select(".math"):
        formula.replace_with(" x ")
    return re.findall(r"\S*\w\S*", text.get_text(" "))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_keeps_the_measure_of_a_week(soup, chapter):
    text = soup(f"chapters/{chapter}").select_one("article section")
    n_figures, boxes = len(text.select(".gradus-figure")), text.select(".gradus-box")
    words = words_of(text)
    assert 1000 < len(words) <= 5000
    assert 100 < words.index("(exercise)") <= 600
    assert 5 <= len(boxes) <= 8
    if chapter != "more-noise":  # an optional page
        assert n_figures >= 6


def up_to_the_next_link(section):
    """A section up to the next heading that has a name to be linked by."""
    section = copy.copy(section)
    for other in section.select("section"):
        if other.find("span", id=re.compile("^sec-"), recursive=False):
            other.extract()
    return section


def test_a_short_road_leads_through_every_chapter_but_the_optional_one(soup):
    lengths = {}
    for chapter in CHAPTERS:
        page = soup(f"chapters/{chapter}")
        for line in page.select("p"):
            if line.get_text().startswith("The short road: "):
                names = [link["href"].removeprefix("#") for link in line.find_all("a")]
                places = [page.find(id=name).find_parent("section") for name in names]
                headings = [place.find(["h2", "h3"]) for place in places]
                assert headings == [h for h in page.select("article :is(h2, h3)") if h in headings]
                assert headings[0] == page.select_one("article h2")
                words = [word for place in places for word in words_of(up_to_the_next_link(place))]
                assert words.count("(exercise)") >= 3
                lengths[chapter] = len(words)
    assert lengths.keys() == {*CHAPTERS} - {"more-noise"}
    assert all(1200 < length < 2700 for length in lengths.values()), lengths
    assert "the sections of its main line, some 2,000 words" in " ".join(
        (ROOT / "using.md").read_text("utf-8").split()
    )
    assert sum(lengths.values()) / len(lengths) == pytest.approx(2000, rel=0.1)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_a_prediction_is_about_is_marked(soup, chapter):
    page = soup(f"chapters/{chapter}")
    asked = re.findall(
        r"\*\*(?:[\w ,]*, predict:|Predict\b[^*]*)\*\*", COURSE.chapter(chapter).read_text("utf-8")
    )
    places = page.find_all("gradus-predict")
    assert len(places) == len(asked)
    for place in places:
        assert "redict" in place.find_previous_sibling().get_text()
        answers = page.select(f".gradus-answer-{place['data-of']}")
        assert any("cell_output" in answer["class"] for answer in answers)
        assert not any(a.has_attr("hidden") or a.find("gradus-predict") for a in answers)
        assert place.find_next(class_="gradus-answer") is answers[0]
    marked = {c for node in page.select(".gradus-answer") for c in node["class"] if c[-9:-8] == "-"}
    assert marked == {f"gradus-answer-{place['data-of']}" for place in places}
    scripts = [s["src"] for s in page.find_all("script", src=True) if "predict.js" in s["src"]]
    assert len(scripts) == bool(places)


GUESS = "gradus-predict >> nth=0"


def test_what_is_to_be_predicted_is_hidden_until_a_guess(visit, address):
    page = visit(f"{address}/chapters/descent.html")
    place, answers = page.locator(GUESS), page.locator(".gradus-answer")
    key = place.get_attribute("data-of")
    mine = page.locator(f".gradus-answer-{key}")
    shown = lambda: mine.evaluate_all("all => all.map(a => a.checkVisibility())")  # noqa: E731
    assert shown() == [False, False, False]
    assert answers.evaluate_all("all => all.every(a => a.hidden)")
    guess, button = place.get_by_label("Your prediction"), place.get_by_role("button")
    assert button.get_attribute("aria-expanded") == "false"
    guess.press("Enter")
    assert shown() == [False, False, False]
    guess.fill("y, at once")
    guess.press("Enter")
    assert shown() == [True, True, True]
    assert not answers.evaluate_all("all => all.every(a => !a.hidden)")
    page.reload(wait_until="networkidle")
    assert shown() == [True, True, True] and guess.input_value() == "y, at once"
    button.focus()
    page.keyboard.press("Enter")
    assert shown() == [False, False, False] and button.inner_text() == "Show what happens"
    page.keyboard.press("Space")
    assert shown() == [True, True, True] and button.get_attribute("aria-expanded") == "true"
    assert page.complaints == []


def test_paper_shows_what_is_hidden_and_no_field(visit, address):
    page = visit(f"{address}/chapters/descent.html")
    page.emulate_media(media="print")
    assert page.locator(".gradus-answer").evaluate_all("all => all.every(a => a.checkVisibility())")
    assert not page.locator("gradus-predict").first.is_visible()


def test_without_scripts_nothing_is_hidden(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/descent.html")
    assert page.locator(".gradus-answer").count() > 6
    assert page.locator(".gradus-answer[hidden]").count() == 0
    context.close()


def test_without_storage_a_guess_is_taken_too(browser, address):
    context = browser.new_context()
    context.add_init_script(NO_STORAGE)
    page = context.new_page()
    page.goto(f"{address}/chapters/descent.html", wait_until="networkidle")
    page.locator(GUESS).get_by_role("button").click()
    assert page.locator(".gradus-answer").first.is_visible()
    context.close()


@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (390, "dark")])
def test_the_field_for_a_guess_is_sound(visit, address, width, mode):
    page = visit(f"{address}/chapters/descent.html", width=width, mode=mode)
    page.locator(GUESS).get_by_label("Your prediction").fill("y " * 100)
    assert broken(page, "gradus-predict") == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_with_links_to_equations_or_terms_load_the_previews(soup, name):
    page = soup(name)
    links = page.select(
        'a.reference:is([href*="#equation-"], [href^="#fig-"], [href*="glossary.html#term-"])'
    )
    scripts = [s for s in page.find_all("script", src=True) if "preview.js" in s["src"]]
    assert len(scripts) == bool(links)


EQUATION = 'a.reference[href="#equation-eq-opt-sgd"] >> nth=0'
TERM = 'a.reference[href$="glossary.html#term-learning-rate"] >> nth=0'


@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (390, "dark")])
def test_an_equation_and_a_term_are_shown_beside_a_link_to_them(visit, address, width, mode):
    page = visit(f"{address}/chapters/descent.html", width=width, mode=mode)
    box = page.get_by_role("tooltip")
    link, term = page.locator(EQUATION), page.locator(TERM)
    formula = page.locator("#equation-eq-opt-sgd .katex-html").first.text_content()
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # the race above it is drawn when it comes near, and is higher then
    link.hover()
    box.wait_for()
    assert box.locator(".katex-html").text_content() == formula
    assert link.get_attribute("aria-describedby") == box.get_attribute("id")
    assert box.get_attribute("aria-label").startswith("\\theta \\leftarrow \\theta - \\eta")
    box.hover()  # it stays, so that a wide one can be scrolled
    page.wait_for_timeout(400)
    assert box.is_visible()
    frame, place = box.bounding_box(), link.bounding_box()
    assert frame["x"] >= 0 and frame["x"] + frame["width"] <= width
    gap = max(frame["y"] - place["y"] - place["height"], place["y"] - frame["y"] - frame["height"])
    assert 0 <= gap < 10
    assert broken(page, ".gradus-preview") == {}
    page.mouse.move(1, 1)
    box.wait_for(state="hidden")
    assert link.get_attribute("aria-describedby") is None
    term.focus()
    box.wait_for()
    assert "step" in box.inner_text()
    assert box.locator("a, [id], [tabindex]").count() == 0
    page.keyboard.press("Escape")
    assert box.is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


# One that stands still, and one that a script has drawn again.
@pytest.mark.parametrize("label", ["fig-net-step", "fig-net-graph"])
@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (390, "dark")])
def test_a_figure_is_shown_beside_a_link_to_it(visit, address, label, width, mode):
    # What is to be predicted is not shown beside a link either.
    page = guessed(visit(f"{address}/chapters/network.html", width=width, mode=mode))
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    box, link = page.get_by_role("tooltip"), page.locator(f'a.reference[href="#{label}"]').first
    figure = page.locator(f"#{label} .gradus-figure")
    figure.scroll_into_view_if_needed()
    figure.locator("svg").first.wait_for()
    link.scroll_into_view_if_needed()
    link.focus()
    box.wait_for()
    assert box.locator("figcaption").text_content() == figure.locator("figcaption").text_content()
    seen = figure.locator("svg:not(.gradus-play *)").get_attribute("aria-label")
    assert len(seen) > 20
    assert box.get_by_role("img").get_attribute("aria-label") == seen
    frame = box.bounding_box()
    assert frame["x"] >= 0 and frame["x"] + frame["width"] <= width
    assert box.locator("svg").bounding_box()["height"] > 100
    assert broken(page, ".gradus-preview") == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


def test_every_figure_that_is_cited_is_on_its_page(soup, name):
    page = soup(name)
    for link in page.select('a.reference[href^="#fig-"]'):
        assert page.find(id=link["href"][1:]).select(".gradus-figure svg")


def test_an_equation_of_another_page_is_fetched_and_shown(visit, address):
    page = visit(f"{address}/chapters/adaptive.html")
    link = page.locator('a.reference[href*=".html#equation-"]').first
    link.scroll_into_view_if_needed()
    link.focus()
    page.get_by_role("tooltip").locator(".katex-html").first.wait_for()
    assert page.complaints == []


def test_from_a_file_equations_are_shown_and_terms_are_links(visit, site):
    page = visit((site / "chapters" / "descent.html").as_uri())
    page.locator(EQUATION).focus()
    page.get_by_role("tooltip").wait_for()
    page.locator(TERM).focus()
    page.get_by_role("tooltip").wait_for(state="hidden")
    assert page.complaints == []
