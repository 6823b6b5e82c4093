"""Figures: what they refuse, what they promise to both kinds of page, and that they are the same each time."""

import itertools
import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from gradus import plots, problems

ALT = "A falling line that flattens near zero after ten steps."
COLOURS = {method["color"] for method in plots.METHODS.values()} | {
    plots.series(i)["color"] for i in range(6)
}


def draw():
    fig, ax = plt.subplots()
    (line,) = ax.plot([0, 1, 2], [0.12345, 0.5, 0.2], **plots.style("adam"))
    plots.label_line(ax, line, "Adam <1> & $x^2$")
    plots.contours(ax, problems.get("bowl"), xlim=(-8, 2), ylim=(-2.4, 2.4))
    ax.text(0, 0, "rate 0.9523", bbox={"facecolor": "white"})
    ax.set_title("a plain title")
    return fig


def texts(svg):
    return [
        "".join(node.itertext()).strip()
        for node in ET.fromstring(svg).iter()
        if node.tag.endswith("}text")
    ]


@pytest.mark.parametrize("alt", ["", "too short", " " * 40, None, 7])
def test_a_figure_without_a_text_alternative_is_refused(alt):
    fig = draw()
    with pytest.raises(ValueError, match="^alt: describe what is seen"):
        plots.figure(fig, alt=alt)
    plt.close(fig)


def test_a_figure_is_its_svg_with_its_alternative_and_its_caption():
    figure = plots.figure(
        draw(), alt='It says "a < b" & falls, step after step.', caption="So x < y."
    )
    root = ET.fromstring(figure.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'It says "a < b" & falls, step after step.'
    assert "<figcaption>So x &lt; y.</figcaption>" in figure._repr_html_()
    assert repr(figure).splitlines() == [
        '[Figure: It says "a < b" & falls, step after step.]',
        "So x < y.",
    ]
    assert plt.get_fignums() == []


def test_an_interactive_figure_is_the_same_figure_in_an_element_of_that_name():
    still = plots.figure(draw(), alt="A line that rises from 0 to 1.", caption="It rises.")
    moving = plots.figure(
        draw(), alt="A line that rises from 0 to 1.", caption="It rises.", interactive="rising-line"
    )
    wrapped = f"<gradus-rising-line>{still.svg}</gradus-rising-line>"
    assert moving._repr_html_() == still._repr_html_().replace(still.svg, wrapped)
    fig = draw()
    with pytest.raises(ValueError, match="^interactive: expected words joined by hyphens"):
        plots.figure(fig, alt="A line that rises from 0 to 1.", interactive="<script>")
    plt.close(fig)


def test_words_stay_words_and_numbers_in_them_stay_whole():
    svg = plots.figure(draw(), alt=ALT).svg
    assert "rate 0.9523" in texts(svg)
    assert "a plain title" in texts(svg)
    assert "Adam<1>&x2" in [
        "".join(words.split()) for words in texts(svg)
    ]  # a formula: letter by letter


def test_the_same_figure_has_the_same_bytes_and_two_figures_share_no_id():
    first, again = plots.figure(draw(), alt=ALT), plots.figure(draw(), alt=ALT)
    assert first == again
    fig, ax = plt.subplots()
    ax.plot([1, 2, 3])
    other = plots.figure(fig, alt=ALT)
    ids, other_ids = (set(re.findall(r'\bid="([^"]+)"', figure.svg)) for figure in (first, other))
    assert ids and other_ids and not ids & other_ids


def test_every_reference_within_a_figure_has_its_target():
    svg = plots.figure(draw(), alt=ALT).svg
    targets = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    assert targets
    assert targets <= set(re.findall(r'\bid="([^"]+)"', svg))


def test_nothing_is_black_or_white_for_ever():
    svg = plots.figure(draw(), alt=ALT).svg
    assert "#000000" not in svg and "#ffffff" not in svg and "<style" not in svg
    root = svg[: svg.index(">")]
    assert 'fill="currentColor"' in root  # what names no fill, letters of formulas too, is ink
    assert plots.PAPER in svg  # the box behind a text


@pytest.mark.parametrize("name", ["", *re.findall(r"--[\w-]+", plots.PAPER)])
def test_white_is_the_paper_on_which_the_figure_stands(browser, name):
    page = browser.new_page()
    place = f"{name or '--of-somebody-else'}: #1e1e1e; color: #cccccc"
    page.set_content(f'<body style="{place}">{plots.figure(draw(), alt=ALT)._repr_html_()}')
    fill = "all => all.map(node => getComputedStyle(node).fill)"
    papers = page.locator("[style*='fill: var(']").evaluate_all(fill)
    page.close()
    assert papers
    assert set(papers) == {"rgb(30, 30, 30)" if name else "rgb(255, 255, 255)"}


@pytest.mark.parametrize("color", ["#333333", "0.3", "yellow", "#dddddd"])
def test_words_that_light_or_dark_pages_would_swallow_are_refused(color):
    fig, ax = plt.subplots()
    ax.text(0.5, 0.5, "hard to see", color=color)
    with pytest.raises(ValueError, match="'hard to see' cannot be read on light and on dark pages"):
        plots.figure(fig, alt=ALT)
    plt.close(fig)


@pytest.mark.parametrize("page", plots.PAGES)
@pytest.mark.parametrize("color", sorted(COLOURS))
def test_contrast_of_lines_and_of_words(color, page):
    assert plots.contrast(color, plots.PAGES[page]) >= 3
    ink = {"light": "#323232", "dark": "#ced6dd"}[page]
    share = plots.INK_IN_WORDS / 100
    mixed = tuple((1 - share) * np.array(to_rgb(color)) + share * np.array(to_rgb(ink)))
    assert plots.contrast(mixed, plots.PAGES[page]) >= 4.5


def test_contrast_is_that_of_wcag():
    assert plots.contrast("black", "white") == pytest.approx(21)
    assert plots.contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)
    assert plots.contrast("white", "#777777") == plots.contrast("#777777", "white")


def test_methods_differ_in_colour_line_and_marker():
    for one, other in itertools.combinations(plots.METHODS.values(), 2):
        for key in ("color", "linestyle", "marker"):
            assert one[key] != other[key]


# Machado, Oliveira and Fernandes (2009), severity 1: what readers without one kind of cone see.
BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(rgb):
    """CIE L*a*b* of linear sRGB."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.cbrt(to_xyz @ np.clip(rgb, 0, 1) / (to_xyz @ np.ones(3)))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
def test_colours_of_methods_differ_for_colour_blind_readers(kind):
    seen = {}
    for name, method in plots.METHODS.items():
        rgb = np.array(to_rgb(method["color"]))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen[name] = lab(np.array(BLIND[kind]) @ linear)
    distances = {
        pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]])
        for pair in itertools.combinations(seen, 2)
    }
    assert min(distances.values()) > 20, min(distances, key=distances.get)


def test_style_names_the_methods_it_knows():
    assert plots.style("adam")["label"] == "Adam"
    assert plots.style("adam", linewidth=3)["linewidth"] == 3
    with pytest.raises(
        ValueError, match="^method: expected one of gradient descent, momentum,.*'sgdm'"
    ):
        plots.style("sgdm")


def test_series_begins_again_after_its_last():
    assert plots.series(6) == plots.series(0)
    assert len({str(plots.series(index)) for index in range(6)}) == 6


def test_a_path_ends_where_it_leaves_the_numbers():
    _, ax = plt.subplots()
    line = plots.path(ax, [[1, 1], [2, 2], [1e9, 0], [3, 3]], "momentum")
    assert line.get_xydata().tolist() == [[1, 1], [2, 2]]
    assert to_hex(line.get_color()) == plots.METHODS["momentum"]["color"]
    with pytest.raises(ValueError, match=r"^points: expected shape \(steps \+ 1, 2\), got \(3,\)"):
        plots.path(ax, [1, 2, 3], "momentum")
    plt.close()


def test_a_label_stands_at_the_last_finite_point():
    _, ax = plt.subplots()
    (line,) = ax.plot([0, 1, 2], [5, 6, np.inf])
    plots.label_line(ax, line, "name")
    assert ax.texts[0].xy == (1, 6)
    assert ax.texts[0].get_color() == line.get_color()
    plt.close()


def test_many_points_become_pixels():
    def drawn(count, how):
        fig, ax = plt.subplots()
        x = np.linspace(0, 1, count)
        getattr(ax, how)(x, np.sin(40 * x), color=plots.series(0)["color"])
        return plots.figure(fig, alt=ALT).svg

    for how in ("plot", "scatter"):
        assert "<image" in drawn(plots.MOST_POINTS + 1, how)
        assert "<image" not in drawn(plots.MOST_POINTS // 50, how)


def test_two_images_of_the_same_pixels_have_no_id_in_common():
    fig, axes = plt.subplots(1, 2)
    for ax in axes:
        ax.imshow(np.eye(8), cmap="gray_r")
    svg = plots.figure(fig, alt=ALT).svg
    assert svg.count("<image") == 2
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) > 2 and len(ids) == len(set(ids))


def test_contours_draw_the_level_lines_and_the_minimum():
    fig, ax = plt.subplots()
    plots.contours(ax, problems.get("rosenbrock"), xlim=(-2, 2), ylim=(-1, 3), levels=7)
    assert len(ax.collections[0].levels) == 7
    assert ax.lines[0].get_xydata().tolist() == [[1, 1]]
    plots.contours(ax, problems.get("saddle"), xlim=(-2, 2), ylim=(-1, 3))
    assert len(ax.lines) == 1  # a saddle has no minimum to mark
    plt.close(fig)
