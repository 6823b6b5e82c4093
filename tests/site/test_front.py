"""The first page: what it claims, what it shows of each part, and that it fits the first screen."""

import re
import sys

import numpy as np
import pytest
from sphinx.errors import ExtensionError

from autograder.course import Course
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_front as front

COURSE = Course.find(ROOT)
PATHS = {
    name: front.descend(COURSE, step, front.VALLEY, front.STEPS)
    for name, step in front.METHODS.items()
}


def test_the_question_below_the_race_asks_about_what_is_so():
    """Gradient descent is on its way when momentum has arrived; both go downhill, one of them always."""
    values = {name: front.VALLEY.value(path) for name, path in PATHS.items()}
    assert (np.diff(values["gradient descent"]) < 0).all()
    there = {name: (found[-20:] < 0.01).all() for name, found in values.items()}
    assert there == {"gradient descent": False, "momentum": True, "adam": False}
    assert np.abs(PATHS["gradient descent"][-1]).max() > 2 > 0.5 > np.abs(PATHS["adam"][-1]).max()


def test_paths_are_those_of_the_field():
    """Against closed forms: gradient descent by its powers, momentum by its two-term recursion."""
    by_powers = (
        front.VALLEY.start * (1 - front.RATE * np.array([0.1, 2.0])) ** np.arange(101)[:, None]
    )
    np.testing.assert_allclose(PATHS["gradient descent"], by_powers)
    path = PATHS["momentum"]
    slopes = path[1:-1] * [0.1, 2.0]
    np.testing.assert_allclose(
        path[2:], path[1:-1] - front.RATE * slopes + 0.9 * np.diff(path, axis=0)[:-1], atol=1e-12
    )


def test_every_part_has_a_picture_and_every_chapter_a_place(soup):
    cards = soup("index").select(".gradus-parts .sd-card")
    assert [card.select_one(".sd-card-title").get_text(strip=True) for card in cards] == list(
        COURSE.parts()
    )
    for card, names in zip(cards, COURSE.parts().values(), strict=True):
        assert card.select_one("svg")["aria-hidden"] == "true"
        links = [link["href"].split("#")[0] for link in card.select("li a")]
        assert links == [f"chapters/{name}.html" for name in names]
        about = [re.search(r"\d+ exercises · \d+ hours", li.get_text()) for li in card.select("li")]
        assert all(about) and len(about) == len(names)


def test_every_part_is_tried_on_the_larger_task():
    """Printed glyphs, of which there are as many as one likes; the handwritten digits are 1,797."""
    for part, names in COURSE.parts().items():
        text = "".join(COURSE.chapter(name).read_text("utf-8") for name in names)
        assert re.search(r"data\.(?:printed_digits|glyphs)\(", text), part


def test_a_part_without_a_picture_is_named():
    with pytest.raises(ExtensionError, match="has a part 'Another'"):
        front.picture(COURSE, "Another")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_question_race_and_start_stand_on_the_first_screen(visit, address, mode):
    page = visit(f"{address}/index.html", mode=mode)
    page.locator(".gradus-play").wait_for()
    for seen in ("h1", "a.gradus-start", ".gradus-play > svg", "figcaption"):
        box = page.locator(f"article {seen}").first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900, seen
    assert page.locator(".gradus-play input").count() == 5
    # What sets one method's rate alone stands in the chapter, where one sees whose it is.
    controls = ".gradus-play :is(input, select, button)"
    shown = """all => all.filter(node => node.checkVisibility() && node.parentNode.clientWidth > 1)
        .map(node => node.labels?.[0].innerText ?? '')"""
    assert page.locator(controls).evaluate_all(shown) == ["Learning rate", "Momentum"]
    names = page.locator(
        ".gradus-play tbody th:visible, .gradus-play tbody td:visible"
    ).all_inner_texts()
    assert [name.strip() for name in names] == [
        "gradient descent", "momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"
    ]  # fmt: skip
    before = page.locator(".gradus-play > svg").inner_html()
    page.get_by_label("Learning rate", exact=True).press("ArrowRight")
    # It is drawn with the next frame.
    drawn = "before => document.querySelector('.gradus-play > svg').innerHTML != before"
    page.wait_for_function(drawn, arg=before)
    assert page.locator(".gradus-play > svg").inner_html() != before
    # The start, which a pointer drags, is reached by keyboard: its sliders show themselves.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.labels[0].innerText") == "Start, x"
    assert "Start, x" in page.locator(controls).evaluate_all(shown)
    before = page.locator(".gradus-play > svg").inner_html()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(drawn, arg=before)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.complaints == []
