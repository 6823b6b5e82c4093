"""The interactive figures: their numbers are the references', and they need no mouse and no script."""

import io
import json
import re
import shutil
import subprocess
import sys
from itertools import product
from math import comb
from pathlib import Path

import matplotlib.colors
import matplotlib.image
import numpy as np
import pytest
import scipy.stats
from sklearn.neighbors import KNeighborsClassifier
from sphinx.errors import ExtensionError

from gradus import nn, plots, problems
from solutions import (
    activations,
    adaptive,
    batchnorm,
    bias_variance,
    boosting,
    descent,
    ensembles,
    initialization,
    network,
    newton,
    noise,
    normalization,
    penalties,
    quasi_newton,
    schedules,
)
from tests.conftest import ROOT
from tests.site.conftest import NODE, guessed

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_publish

SCRIPTS = ROOT / "_web" / "interactive"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.js") if path.stem != "figures")


def has(file, *pieces):
    """That a chapter still says this, or that a script still has it."""
    text = file.read_text()
    for piece in pieces:
        assert piece in text


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
    "gradient descent": (descent.sgd_step, 0),
    "momentum": (descent.momentum_step, 1),
    "nesterov": (descent.nesterov_shifted_step, 1),
    "adagrad": (adaptive.adagrad_step, 1),
    "rmsprop": (adaptive.rmsprop_step, 1),
    "adam": (adaptive.adam_step, 2),
}


def raced(problem, method, lr, mu, steps, start=None):
    """The points of a method by the references, up to the first beyond a million."""
    step, n_state = METHODS[method]
    theta = problem.start if start is None else np.array(start)
    state, points = [np.zeros(2)] * n_state, [theta]
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
    elsewhere = [
        (method, 0.01, 0.5, 20, start) for method in METHODS for start in ((0.3, -0.8), (1, 1))
    ]
    paths = in_node("optimizer-race", [("run", landscape, *setting) for setting in elsewhere])
    for setting, found in zip(elsewhere, paths, strict=True):
        same(found, raced(problem, *setting))


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_wherever_the_race_starts_three_methods_step_as_far_across_as_up(landscape):
    has(
        ROOT / "chapters" / "adaptive.md",
        "the first step of the three adaptive methods is as long in $x$ as in $y$",
    )
    rng, problem = np.random.default_rng(0), problems.get(LANDSCAPES[landscape])
    for method in METHODS:
        alike = []
        for start in rng.uniform(0.2, 0.9, (20, 2)) * rng.choice([-1, 1], (20, 2)):
            here, there = raced(problem, method, 1e-4, 0.9, 1, start)
            across, up = np.abs(there - here)
            alike.append(across == pytest.approx(up, rel=1e-3))
        assert sum(alike) == (20 if method in ("adagrad", "rmsprop", "adam") else 0), method


def test_a_name_stands_beside_its_own_path_and_on_nothing():
    names, box = ["one", "another", "hidden", "third"], [0, 0, 400, 300]
    x = np.linspace(20, 380, 100)
    paths = [np.column_stack([x, y + 0 * x]) for y in (60, 150, 150, 240)]
    (found,) = in_node("optimizer-race", [("placed", paths, names, box)])
    # Two paths that are one have no place where a name would tell which.
    assert found[1:3] == [None, None]
    for i in (0, 3):
        at, low, anchor = found[i]
        wide = 7 * len(names[i])
        left = {"start": at, "end": at - wide}[anchor]
        assert 0 <= left and left + wide <= 400 and 12 < low < 300
        # Text stands on its line: from 10 above it to 2 below.
        across, down = np.concatenate(paths).T
        covers = (left < across) & (across < left + wide) & (low - 10 < down) & (down < low + 2)
        assert not covers.any()
        assert np.argmin([np.hypot(*(path - [left, low]).T).min() for path in paths]) == i


def test_the_races_of_the_buttons_do_what_the_chapter_says():
    has(
        ROOT / "chapters" / "descent.md",
        'give it the rate 0.9, then 1.1 (the buttons "zig-zags" and "diverges")',
        'lower its coefficient from 0.9 to 0.4 ("momentum 0.9" and "momentum 0.4")',
    )
    found = re.findall(
        r'"?([a-z][\w .-]*)"?: only\("([a-z ]+)", (-?[\d.]+)(?:, ([\d.]+))?\)',
        (SCRIPTS / "optimizer-race.js").read_text(),
    )
    wanted = {
        "zig-zags": ("gradient descent", 0.9, 0.9),
        "diverges": ("gradient descent", 1.1, 0.9),
        "momentum 0.9": ("momentum", 0.4, 0.9),
        "momentum 0.4": ("momentum", 0.4, 0.4),
    }
    bowl, across, arrived = problems.get("bowl"), {}, {}
    assert [button for button, *_ in found] == list(wanted)
    for button, method, power, mu in found:
        name, rate, told = wanted[button]
        assert (method, float(mu or 0.9)) == (name, told)
        assert 10 ** float(power) == pytest.approx(rate, rel=0.03)  # the notches of the slider
        points = raced(bowl, method, 10 ** float(power), told, 100)
        across[button] = points[:40, 1]
        (arrived[button],) = in_node(
            "optimizer-race", [("settlingStep", [bowl.value(point) for point in points], 0.01)]
        )
    for button, shrinks in (("zig-zags", True), ("diverges", False)):
        factors = across[button][1:] / across[button][:-1]
        assert np.all(factors < 0)  # from wall to wall
        assert np.all((np.abs(factors) < 1) == shrinks)
    assert arrived["momentum 0.4"] < arrived["momentum 0.9"] <= 100
    assert arrived["diverges"] == np.inf


def test_the_race_counts_the_steps_after_which_all_values_stay_low():
    cases = [[1, 0.5, 0.001], [0.001] * 4, [1, 0.001, 1], [5, 0.001, 2, 0.002, 0.003], [0.01]]
    found = in_node("optimizer-race", [("settlingStep", case, 0.01) for case in cases])
    assert found == [
        min((k for k in range(len(case)) if max(case[k:]) < 0.01), default=np.inf) for case in cases
    ]


# ---- the plane of rate and momentum


@pytest.mark.parametrize("mu", [0.0, 0.4, 0.9, 0.99])
def test_the_plane_has_the_factors_of_the_references(mu):
    points = list(product((0.01, 0.5, 1.0, 1.9, 2.5, 3.9), (2.0, 20.0, 1000.0)))
    found = in_node("rate-plane", [("worst", rate, mu, kappa) for rate, kappa in points])
    for (rate, kappa), factor in zip(points, found, strict=True):
        factors = []
        for curvature in (1 / kappa, 1.0):
            columns = [
                descent.momentum_step(t, curvature * t, v, rate, mu)
                for t, v in ((1.0, 0.0), (0.0, 1.0))
            ]
            factors.append(np.abs(np.linalg.eigvals(np.array(columns).T)).max())
        # Where two roots meet, NumPy finds them to half of the digits.
        same(factor, max(factors), 1e-6)
        if mu == 0:
            same(factor, descent.convergence_rate(np.array([1 / kappa, 1.0]), rate))
    for x in (0.01, 1.0, 2.5):
        path = descent.momentum_path(lambda theta, x=x: x * theta, np.ones(1), np.ones(40), mu)
        same(in_node("rate-plane", [("errors", x, mu, 40)])[0], path[:, 0])


@pytest.mark.parametrize("kappa", [2.0, 20.0, 1000.0])
def test_no_point_of_the_plane_is_better_than_the_best(kappa):
    (best,) = in_node("rate-plane", [("best", kappa)])
    grid = list(product(np.linspace(0.02, 3.98, 45), np.linspace(0, 0.99, 34)))
    calls = [("worst", best["rate"], best["mu"], kappa), ("worst", best["plain"], 0, kappa)]
    top, plain, *others = in_node("rate-plane", calls + [("worst", *at, kappa) for at in grid])
    root = np.sqrt(kappa)
    same([top, plain], [(root - 1) / (root + 1), (kappa - 1) / (kappa + 1)], 1e-6)
    assert min(others) >= top - 1e-9
    assert min(w for w, (_, mu) in zip(others, grid, strict=True) if mu == 0) >= plain - 1e-9


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
    for penalty, sd in ((0, 0), (0, 3), (10**-4.0, 1), (0.3, 1), (1000, 2.9)):
        smoother = bias_variance.smoother_matrix(*features, penalty)
        targets = truth + sd * draws
        wanted_fan = targets @ smoother.T
        if penalty == 0:
            fits = [np.polynomial.Polynomial.fit(x, y, degree)(x_new) for y in targets]
            same(wanted_fan, fits)
        found = in_node(
            "bias-variance",
            [
                ("smootherMatrix", *features, penalty),
                ("exactDecomposition", smoother, truth, truth_new, sd),
                ("fan", smoother, truth, sd, draws),
                ("simulated", wanted_fan, truth_new),
            ],
        )
        same(found[0], smoother)
        same(found[1], bias_variance.exact_decomposition(smoother, truth, truth_new, sd))
        same(found[2], wanted_fan)
        for part, reference in zip(
            found[3],
            (
                wanted_fan.mean(axis=0),
                bias_variance.unbiased_bias_squared(wanted_fan, truth_new),
                wanted_fan.var(axis=0),
            ),
            strict=True,
        ):
            same(part, reference)


def test_the_fits_of_the_buttons_have_the_errors_that_the_chapter_gives():
    text = (ROOT / "chapters" / "bias-variance.md").read_text()
    assert (
        'buttons for what follows: "no penalty", "the best penalty", "a penalty of 1,000"' in text
    )
    assert "falls from 10.7 to 1.7" in text
    assert "A penalty of 1,000 brings it to 11.2" in text
    assert "(Degree 8 without a penalty had 1.43" in text
    script = (SCRIPTS / "bias-variance.js").read_text()
    found = re.findall(r'"([^"]+)": { degree: (\d+), noise: 1, power: (NONE|[-.\d]+)', script)
    wanted = [10.7, 1.7, 11.2, 1.43]
    assert [case for case, *_ in found] == [
        "no penalty",
        "the best penalty",
        "a penalty of 1,000",
        "degree 8",
    ]
    x, x_new = np.linspace(0, 10, 20), np.linspace(0, 10, 201)
    values, values_new = (at + 2 * np.sin(1.5 * at) for at in (x, x_new))

    def total(degree, penalty):
        bases = [np.polynomial.legendre.legvander((at - 5) / 5, degree) for at in (x, x_new)]
        calls = [("smootherMatrix", *bases, penalty)]
        calls = [("exactDecomposition", *in_node("bias-variance", calls), values, values_new, 1)]
        return 1 + np.sum(np.mean(in_node("bias-variance", calls)[0], axis=1))

    for (_, degree, power), error in zip(found, wanted, strict=True):
        penalty = 0 if power == "NONE" else 10 ** float(power)
        digits = len(str(error).split(".")[1])
        assert round(total(int(degree), penalty), digits) == error
    best, *others = (total(15, 10**power) for power in (-0.5, -0.75, -0.25))
    assert best < min(others)


# ---- two accidents


def drawn_units(rng, count=40, most=200):
    """Starts as the figure's script has them: pairs (side, kink)."""
    return np.stack([rng.choice([-1, 1], (count, most)), rng.uniform(0, 10, (count, most))], -1)


def unit_parts(starts, p, penalty, sd):
    """Squared bias and both variances by the script, from smoothers that NumPy makes."""
    x, x_new = np.linspace(0, 10, 20), np.linspace(0, 10, 41)
    truth, truth_new = (at + 2 * np.sin(1.5 * at) for at in (x, x_new))
    smoothers = []
    for start in starts[:, :p]:
        old, new = (np.maximum(0, start[:, 0] * (at[:, None] - start[:, 1])) for at in (x, x_new))
        smoothers.append(np.linalg.solve(old @ old.T + penalty * np.eye(20), old @ new.T).T)
    calls = [
        ("units", x_new, starts[-1, :p]),
        ("smootherMatrix", old, new, penalty),
        ("parts", smoothers, truth, truth_new, sd),
    ]
    units, matrix, found = in_node("two-accidents", calls)
    same(units, new)
    same(matrix, smoothers[-1], 1e-7)
    return found, np.array(smoothers), truth, truth_new


@pytest.mark.parametrize(("p", "penalty", "sd"), [(3, 0.01, 0), (20, 0.1, 1), (50, 100, 3)])
def test_the_two_accidents_have_the_parts_of_the_references(p, penalty, sd):
    rng = np.random.default_rng(p)
    found, smoothers, truth, truth_new = unit_parts(drawn_units(rng, 12), p, penalty, sd)
    bias2 = bias_variance.unbiased_bias_squared(smoothers @ truth, truth_new).mean()
    spread = [bias_variance.exact_decomposition(s, truth, truth_new, sd)[1] for s in smoothers]
    whole = np.mean(spread) + np.mean(np.var(smoothers @ truth, axis=0, ddof=1))
    same(found[0], bias2)
    same(found[1] + found[2], whole)
    # The data's part is what two fits to the same data from different starts have in common.
    pairs = np.einsum("amn,bmn->abm", smoothers, smoothers).mean(axis=-1)
    apart = pairs[~np.eye(len(pairs), dtype=bool)].mean()
    same(found[1], sd**2 * apart)


def test_the_units_of_the_buttons_do_what_the_chapter_says():
    has(
        ROOT / "chapters" / "bias-variance.md",
        'buttons: "5 units", "20 units", "200 units", "200, with a penalty"',
        "A penalty takes most of that, and brings some bias.",
    )
    script = (SCRIPTS / "two-accidents.js").read_text()
    counts = json.loads(re.search(r"COUNTS = (\[[\d, ]+\])", script)[1])
    least = re.search(r"LEAST = ([-\d]+)", script)[1]
    buttons = re.findall(r'"([^"]+)": { index: (\d+), noise: 1, power: (\S+) }', script)
    starts, found = drawn_units(np.random.default_rng(0)), {}
    for name, index, power in buttons:
        p = counts[int(index)]
        assert name.split()[0].strip(",") == str(p)
        power = float(power.replace("LEAST", least))
        found[name] = unit_parts(starts, p, 10**power, 1)[0]
    five, twenty, many, tamed = found.values()
    assert five[2] > 4 * five[1]
    assert many[2] < 0.02 * many[1]
    assert tamed[1] < 0.5 * many[1] and tamed[0] > 0.1
    assert sum(tamed) < sum(twenty) < sum(many) < sum(five)


# ---- activations over depth

ACTIVATIONS = {
    "ReLU": nn.relu,
    "tanh": activations.tanh,
    "sigmoid": activations.sigmoid,
    "leaky ReLU": activations.leaky_relu,
    "ELU": activations.elu,
    "SELU": lambda z: activations.elu(z, activations.SELU_ALPHA, activations.SELU_SCALE),
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


def test_the_sizes_of_the_buttons_do_what_the_chapter_says():
    text = (ROOT / "chapters" / "initialization.md").read_text()
    assert (
        'With "He\'s size" the variance stays what it is, with "half of it" every layer divides it by'
        ' four, with "twice" it multiplies it by four;' in text
    )
    assert 'With "sigmoid" it stays as well, but the last layers no longer tell' in text
    script = (SCRIPTS / "initialization.js").read_text()
    assert "[WIDTH, INPUTS, DEPTH, BINS] = [100, 40, 30, 48]" in script
    found = re.findall(r'"([^"]+)": { name: "(\w+)", power: (-?[\d.]+), depth: DEPTH }', script)
    wanted = {"He's size": 1, "half of it": 1 / 4, "twice": 4, "sigmoid": 1}
    assert [name for name, *_ in found] == list(wanted)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, weights = rng.normal(size=(40, 100)), rng.normal(size=(30, 100, 100))
        for name, kind, power in found:
            a, variances, spreads = x, [], []
            for w in weights * 2 ** float(power) / 10:
                variances.append(np.mean((a @ w) ** 2))
                a = ACTIVATIONS[kind](a @ w)[0]
                spreads.append(np.sqrt(np.mean(np.var(a, axis=0))))
            factor = (variances[-1] / variances[0]) ** (1 / 29)
            assert factor == pytest.approx(wanted[name], rel=0.1)
            lost = spreads[-1] / np.sqrt(np.mean(a**2)) < 1e-9
            assert lost == (name == "sigmoid")


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
    problem, update, matrices = problems.get(VALLEYS[valley]), quasi_newton.bfgs_update, []

    def run(count):
        matrices.clear()
        return quasi_newton.bfgs(problem.value, problem.gradient, problem.start, 1e-5, count)

    def recorded(*arguments):
        matrices.append(update(*arguments))
        return matrices[-1]

    monkeypatch.setattr(quasi_newton, "bfgs_update", recorded)
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


def test_the_paths_of_the_buttons_do_what_the_chapter_says():
    has(
        ROOT / "chapters" / "quasi-newton.md",
        'go from "one step" to "nine steps" and see the ellipse turn until it covers the other',
        'in "a chase", on Rosenbrock, the other one moves.',
        'From a start "along the floor" two steps end at the minimum, and nothing was learned of the'
        " curvature across.",
    )
    has(
        SCRIPTS / "second-order.js",
        '"one step": from(-6.35, -3.55, 1), "nine steps": from(-6.35, -3.55, 9)',
        '"a chase": from(-1.2, 1, 11, "Rosenbrock"), "along the floor": from(-5, -5, 2)',
    )
    tilted, rosenbrock = (problems.get(name) for name in VALLEYS.values())
    hessian = tilted.hessian(tilted.start)
    whole, chase, floor = in_node(
        "second-order",
        [
            ("bfgs", "the tilted valley", 1e-5, 40, (-6.35, -3.55)),
            ("bfgs", "Rosenbrock", 1e-5, 40, (-1.2, 1)),
            ("bfgs", "the tilted valley", 1e-5, 40, (-5, -5)),
        ],
    )
    assert len(whole["matrices"]) == 9
    apart = [np.linalg.norm(m @ hessian - np.eye(2), ord=2) for m in np.array(whole["matrices"])]
    assert apart[0] > 0.9
    assert apart[-1] < 0.05
    # Halfway it describes a curvature that is there no longer.
    there = rosenbrock.hessian(np.array(chase["points"][11]))
    assert np.linalg.norm(chase["matrices"][10] @ there - np.eye(2), ord=2) > 1
    assert min(np.linalg.eigvalsh(there)) > 0  # it has an ellipse
    assert len(floor["points"]) == 3
    same(floor["points"][-1], (0, 0))
    learned = np.array(floor["matrices"][-1])
    same(learned @ hessian @ [1, 1], (1, 1))
    same(learned, np.trace(learned) / 2 * np.eye(2))  # across it is as along


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
            same(updated, quasi_newton.bfgs_update(matrix, step, y))
            same(error, np.linalg.norm(matrix @ hessian - np.eye(2), ord=2))


# ---- the cube of the norms


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_the_cube_is_normalized_as_the_references_do_it(groups):
    rng = np.random.default_rng(groups)
    shape = n, c, p = 4, 6, 5
    x, ones, zeros = rng.normal(3, 2, size=shape), np.ones(c), np.zeros(c)
    images = x[:, :, :, None]
    flat, turned = x.reshape(n, -1), np.moveaxis(x, 1, 2)
    hats = {
        "batch": batchnorm.spatial_batchnorm_forward(images, ones, zeros)[0][..., 0],
        "layer": normalization.layernorm_forward(flat, np.ones(c * p), np.zeros(c * p))[1],
        "group": normalization.groupnorm_forward(images, ones, zeros, groups)[0][..., 0],
        "instance": normalization.groupnorm_forward(images, ones, zeros, c)[0][..., 0],
        "position": np.moveaxis(normalization.layernorm_forward(turned, ones, zeros)[1], 2, 1),
    }
    places = list(np.ndindex(shape))
    for norm, hat in hats.items():
        calls = [("normalized", x.ravel(), norm, shape, groups, place) for place in places]
        same([found[2] for found in in_node("norm-cube", calls)], hat.ravel())


def test_the_norms_of_the_buttons_average_what_the_chapter_says():
    has(
        ROOT / "chapters" / "normalization.md",
        'With "batch" numbers of other examples are averaged too; with "two groups", as with every'
        " other norm, none is.",
        "one group is layer normalization, $c$ groups instance normalization"
        ' ("one group" and "six groups" in [the figure',
    )
    script = (SCRIPTS / "norm-cube.js").read_text()
    assert '"batch": { norm: "batch", groups: "2", ...here }' in script
    for words, groups in (("two groups", 2), ("one group", 1), ("six groups", 6)):
        assert f'"{words}": {{ norm: "group", groups: "{groups}", ...here }}' in script
    shape, norms = (4, 6, 5), ("batch", "layer", "group", "instance", "position")
    places = list(np.ndindex(shape))
    calls = [("averaged", norm, shape, 2, place) for place in places for norm in norms]
    calls += [("averaged", "group", shape, n, place) for n in (1, 6) for place in places]
    found = np.array(in_node("norm-cube", calls)).reshape(-1, *shape)
    split, (whole, single) = (
        found[:600].reshape(120, 5, *shape),
        found[600:].reshape(2, 120, *shape),
    )
    for place, own in zip(places, split, strict=True):
        others = np.delete(own, place[0], axis=1).any(axis=(1, 2, 3))
        assert others.tolist() == [True, False, False, False, False]
    assert np.array_equal(whole, split[:, 1])
    assert np.array_equal(single, split[:, 3])


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
    masks = np.array([noise.dropout_forward(np.ones(10), p, Given(row))[1] for row in draws])
    same(in_node("dropout", [("maskOf", row, p) for row in draws]), masks)

    kept = (np.arange(1024)[:, None] >> np.arange(10)) % 2
    chances = np.prod(np.where(kept == 1, 1 - p, p), axis=1)
    for last, link in (
        ("as it is", lambda z: z),
        ("through a sigmoid", lambda z: 1 / (1 + np.exp(-z))),
    ):
        wanted = [
            link(noise.dropout_forward(hidden, p, Given(np.tile(row, (13, 1))))[0] @ weights)
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


def test_the_masks_of_the_buttons_do_what_the_chapter_says():
    said = (
        'from "one mask" to "twelve" and "a thousand" the average comes nearer to that of all, on which'
        ' one pass lies; "through a sigmoid" these two part, the more so the more is dropped'
    )
    assert said in (ROOT / "chapters" / "noise.md").read_text()
    script = (SCRIPTS / "dropout.js").read_text()
    assert "MOST = 1000, SHOWN = 12" in script
    for name, p, count, last in (
        ("one mask", 0.3, "1", "as it is"),
        ("twelve", 0.3, "12", "as it is"),
        ("a thousand", 0.3, "MOST", "as it is"),
        ("through a sigmoid", 0.5, "MOST", "through a sigmoid"),
    ):
        assert f'"{name}": {{ p: {p}, count: {count}, last: "{last}" }}' in script
    (hidden,) = in_node("dropout", [("hiddenOf", np.linspace(-3, 3, 61))])
    apart = {}
    for last in ("as it is", "through a sigmoid"):
        calls = [("exact", hidden, p, last) for p in (0.1, 0.3, 0.5, 0.7, 0.9)]
        one, *averages = in_node("dropout", [("outputs", hidden, np.ones(10), last), *calls])
        apart[last] = [np.abs(np.subtract(one, average)).max() for average, _ in averages]
    assert max(apart["as it is"]) < 1e-12
    assert apart["through a sigmoid"][0] > 0.01
    assert min(np.diff(apart["through a sigmoid"])) > 0
    for seed in range(5):
        draws = np.random.default_rng(seed).random((1000, 10))
        masks = np.where(draws < 0.3, 0, 1 / 0.7)
        calls = [("outputs", hidden, masks[:n].mean(axis=0), "as it is") for n in (1, 12, 1000)]
        pass_, *means = in_node("dropout", [("outputs", hidden, np.ones(10), "as it is"), *calls])
        off = [np.abs(np.subtract(pass_, mean)).max() for mean in means]
        assert off[0] > off[1] > off[2]


def test_the_units_of_the_dropout_figure_are_those_of_the_chapter():
    script, chapter = (
        (SCRIPTS / "dropout.js").read_text(),
        (ROOT / "chapters" / "noise.md").read_text(),
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


# ---- schedules

PLANS = ("constant", "cosine", "cut at the end", "warm-up, cosine", "warm-up, stable, decay")


@pytest.mark.parametrize("shape", ["jump", "linear", "cosine", "exponential", "inverse"])
def test_the_plans_are_those_of_the_reference(shape):
    for start, phases in (
        (0.3, [(shape, 7, 0.03)]),
        (0.02, [("linear", 5, 1.0), (shape, 0, 0.5), (shape, 40, 0.001), ("cosine", 3, 0.4)]),
    ):
        (found,) = in_node("schedules", [("schedule", start, phases)])
        same(found, schedules.schedule(start, phases))
    for top, warmup, begin, last in product((0.3, 1.0), (0, 40), (40, 320, 400), (0.001, 0.2)):
        phases = [
            ("linear", warmup, top),
            ("jump", begin - warmup, top),
            (shape, 400 - begin, last),
        ]
        (found,) = in_node("schedules", [("plan", shape, top, warmup, begin, last)])
        assert len(found) == 400
        same(found, schedules.schedule(0.0 if warmup else top, phases))


@pytest.mark.parametrize("plan", PLANS)
def test_the_runs_under_a_plan_are_those_of_sgd_and_their_mean_is_what_is_expected(plan):
    (rates,) = in_node("schedules", [("preset", plan)])
    # The last point is linear in the start and in the noise of every step: 401 runs have all factors.
    draws = np.random.default_rng(0).normal(size=(6, 400))
    ones, thetas = np.eye(401)[:, 0].copy(), np.full(6, 10.0)
    wanted, losses = [np.sum((10 * ones) ** 2) / 2], [50.0]
    for t, lr in enumerate(rates):
        ones = descent.sgd_step(ones, ones + np.eye(401)[:, t + 1], lr)
        thetas = descent.sgd_step(thetas, thetas + draws[:, t], lr)
        wanted.append((100 * ones[0] ** 2 + np.sum(ones[1:] ** 2)) / 2)
        losses.append(np.mean(thetas**2) / 2)
    found, mean = in_node("schedules", [("expected", rates), ("simulated", rates, draws)])
    same(found, wanted)
    same(mean, losses)


def test_a_constant_rate_comes_to_rest_on_the_floor_of_the_reference():
    for lr in (0.03, 0.3, 1.0):
        (found,) = in_node("schedules", [("floor", lr)])
        same(found, descent.noise_floor(1.0, 1.0, lr) / 2)
        same(in_node("schedules", [("expected", [lr] * 2000)])[0][-1], found)


def test_the_plans_do_what_the_chapter_says_of_them():
    said = 'falls to a tenth of it in the last 80 steps; "cosine" ends lower still'
    assert said in (ROOT / "chapters" / "schedules.md").read_text()
    rates = dict(
        zip(PLANS, in_node("schedules", [("preset", name) for name in PLANS]), strict=True)
    )
    constant, cosine, cut = in_node("schedules", [("expected", rates[n]) for n in PLANS[:3]])
    same(constant[-80:], np.full(80, constant[-1]), 1e-6)
    same(cut[:321], constant[:321])
    assert 0.09 < cut[-1] / constant[-1] < 0.1
    assert cosine[-1] < 0.6 * cut[-1]


# ---- the graph

# f = (u + v) max(v, w), with max(v, w) = w + max(v - w, 0), from the inputs u, v, w and -1.
GRAPH = [
    ("add", 0, 1),
    ("multiply", 2, 3),
    ("add", 1, 5),
    ("relu", 6),
    ("add", 2, 7),
    ("multiply", 4, 8),
    ("sum", 9),
]


def test_the_graph_has_the_value_and_the_gradients_of_the_reference():
    whole = np.array(list(product((-3.0, -0.5, 0.0, 1.0, 2.5), repeat=3)))
    points = np.concatenate([whole, np.random.default_rng(0).normal(size=(20, 3))])
    found = in_node("network", [("graph", *at, 7) for at in points])
    quotients = in_node("network", [("differences", *at) for at in points])
    for at, graph, slopes in zip(points, found, quotients, strict=True):
        value, grads = network.expression_gradient([*at, np.array(-1.0)], GRAPH)
        same(graph["values"]["f"], value)
        same([graph["gradients"][name] for name in "uvw"], grads[:3])
        wanted = network.numerical_gradient(lambda x: (x[0] + x[1]) * max(x[1:]), at)
        same(slopes, wanted)
        parts = [graph["back"][out + "v"][2] for out in "sm"]
        same(graph["gradients"]["v"], sum(parts))
        if at[1] != at[2]:
            same(slopes, grads[:3], 1e-6)


def test_the_graph_knows_step_by_step_what_can_be_known():
    steps = in_node("network", [("graph", 1, 2, -1, step) for step in range(8)])
    whole = steps[-1]
    known = [(set(at["values"]), set(at["gradients"])) for at in steps]
    forward = [(set(values), set()) for values in ("uvw", "uvws", "uvwsm", "uvwsmf")]
    backward = [(set("uvwsmf"), set(gradients)) for gradients in ("f", "fsm", "fsmvw", "fsmvwu")]
    assert known == forward + backward
    # What is known stays, but for v, to which both operations send a part: 3, and then 2.
    for at in steps:
        assert at["values"].items() <= whole["values"].items()
        assert {name: g for name, g in at["gradients"].items() if name != "v"}.items() <= (
            whole["gradients"].items()
        )
    assert [at["gradients"].get("v") for at in steps[-2:]] == [3, 5]


def test_the_presets_of_the_graph_do_what_the_chapter_says():
    text = (ROOT / "chapters" / "network.md").read_text()
    assert 'with "two ways that cancel" the gradient by $v$ is 0' in text
    assert 'with "a kink" it is not what differences say' in text
    script = (SCRIPTS / "network.js").read_text()
    assert '"two ways that cancel": { u: -2, v: 1, w: -1 }' in script
    assert '"a kink": { u: 1, v: 2, w: 2 }' in script
    cancel, kink, slopes = in_node(
        "network", [("graph", -2, 1, -1, 7), ("graph", 1, 2, 2, 7), ("differences", 1, 2, 2)]
    )
    assert cancel["gradients"]["v"] == 0 != cancel["back"]["sv"][2]
    assert abs(kink["gradients"]["v"] - slopes[1]) > 1


# ---- four steps from a point

POINTS = [(0.3, 0.3), (-1.2, 0.4), (-1.0, 1.0), (1.7, -0.9), (0.05, 0.0), (-0.6, 1.3), (-1.2, 1.0)]


@pytest.mark.parametrize("landscape", ["two wells", "Rosenbrock"])
def test_the_steps_from_a_point_are_those_of_the_references(landscape):
    problem = problems.get(landscape.lower())
    for point in np.array(POINTS):
        grad, hessian = problem.gradient(point), problem.hessian(point)
        lowest, highest = np.linalg.eigvalsh(hessian)
        dampings = (0.0, max(0.0, -lowest) + 0.1, 4.2, 1e4)
        radii = (0.05, 0.5, 2.0, 30.0)
        (known,) = in_node("newton", [("known", landscape, point)])
        same(known["value"], problem.value(point))
        same(known["gradient"], grad)
        same(known["hessian"], hessian)
        same(np.array(known["eigenvalues"]) / highest, np.array([lowest, highest]) / highest)
        found = in_node(
            "newton",
            [("damped", known, damping) for damping in dampings]
            + [("region", known, radius) for radius in radii]
            + [("steepest", known, radius) for radius in radii],
        )
        wanted = [newton.newton_step(np.zeros(2), grad, hessian, damping) for damping in dampings]
        wanted += [newton.trust_region_step(grad, hessian, radius) for radius in radii]
        wanted += [descent.sgd_step(np.zeros(2), grad, r / np.linalg.norm(grad)) for r in radii]
        same(found, wanted)
        step = np.array([0.3, -0.2])
        (change,) = in_node("newton", [("model", known, step)])
        same(change, grad @ step + step @ hessian @ step / 2)


def test_the_steps_do_what_the_chapter_says_of_them():
    said = (
        "a step against the gradient runs up the wall, Newton's goes along the valley, but far too"
        " far; damped, or within the circle, it goes downhill"
    )
    assert said in (ROOT / "chapters" / "newton.md").read_text()
    preset = 'valley: { name: "Rosenbrock", x: -1, y: 1, level: 4, radius: 0.5 }'
    script = (SCRIPTS / "newton.js").read_text()
    assert preset in script
    damping = float(re.findall(r"[\d.]+", re.search(r"DAMPING = \[(.*?)\]", script)[1])[4])
    (known,) = in_node("newton", [("known", "Rosenbrock", (-1, 1))])
    calls = [("steepest", known, 0.5), ("damped", known, 0)]
    calls += [("damped", known, damping), ("region", known, 0.5)]
    against, full, shorter, within = np.array(in_node("newton", calls))
    value = problems.get("rosenbrock").value
    at = np.array([-1.0, 1.0])
    assert value(at + against) > 10 * value(at)
    assert value(at + full) > 100 * value(at)
    along = np.array([1.0, -2.0]) / 5**0.5  # the floor y = x^2
    assert full @ along > 0.99 * np.linalg.norm(full)
    assert value(at + shorter) < value(at) > value(at + within)


# ---- one activation, many layers

UNITS = {
    "sigmoid": activations.sigmoid,
    "tanh": activations.tanh,
    "ReLU": lambda z: activations.leaky_relu(z, 0.0),
    "leaky, 0.1": lambda z: activations.leaky_relu(z, 0.1),
    "ELU": activations.elu,
    "SiLU": activations.silu,
    "softplus": activations.softplus,
}


def there_and_back(unit, deviation, depth, width, n, rng):
    """What goes into some layers, and the sizes of what leaves them and of what comes back."""
    weights = list(rng.normal(size=(depth, width, width)))
    x, gradient = rng.normal(size=(2, n, width))
    scaled = [deviation * w for w in weights]
    out, kept = nn.forward(x, scaled, [np.zeros(width)] * depth, unit)
    leaving = [layer.a for layer in kept[1:]] + [out]
    back = nn.backward(gradient, scaled, kept)
    return (x, gradient, weights), [
        [np.sqrt(np.mean(a**2)) for a in rows] for rows in (leaving, back)
    ]


@pytest.mark.parametrize("unit", UNITS)
def test_layers_send_forward_and_back_what_those_of_the_book_do(unit):
    z = np.array([-1e4, -40, -3, -1e-9, 0, 1e-9, 0.5, 3, 40, 1e4])
    same(in_node("activations", [("activated", unit, z)])[0], np.array(UNITS[unit](z)).T)
    for deviation, depth in ((0.02, 1), (0.1, 7), (0.5, 4)):
        rng = np.random.default_rng(depth)
        given, (leaving, back) = there_and_back(UNITS[unit], deviation, depth, 9, 5, rng)
        (found,) = in_node("activations", [("through", *given, deviation, unit)])
        same(np.array(found["leaving"]) / leaving, np.ones(depth))
        same(np.array(found["back"]) / back, np.ones(depth))


def test_the_networks_of_the_buttons_do_what_the_chapter_says():
    said = (
        'With "sigmoid, small weights" the gradient vanishes, with "tanh, large weights" it explodes;'
        ' with "ReLU, He\'s weights"'
    )
    assert said in (ROOT / "chapters" / "activations.md").read_text()
    script = (SCRIPTS / "activations.js").read_text()
    listed = re.search(r"WEIGHTS = \[(.*?)\]", script)[1].replace("HE", str(2**0.5 / 10))
    ranges = {
        "sigmoid, small weights": (0, 1e-4),
        "tanh, large weights": (5, np.inf),
        "ReLU, He's weights": (0.2, 5),
    }
    for name, (low, high) in ranges.items():
        found = re.search(rf'"{name}": {{ name: "(\w+)", weight: (\d+), depth: (\d+) }}', script)
        deviation = [float(size) for size in listed.split(", ")][int(found[2])]
        for seed in range(5):
            rng = np.random.default_rng(seed)
            _, (_, back) = there_and_back(UNITS[found[1]], deviation, int(found[3]), 100, 20, rng)
            assert low < back[0] / back[-1] < high


# ---- boosting


def wave(seed, n=80):
    """The chapter's points: they, their targets, a grid and the truth on it."""
    rng = np.random.default_rng(seed)
    x, grid = rng.uniform(0, 10, n), np.linspace(0, 10, 401)
    truth, on_grid = (at + 2 * np.sin(1.5 * at) for at in (x, grid))
    return x, truth + rng.normal(size=n), grid, on_grid


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0])
def test_the_rounds_of_boosting_are_those_of_the_reference(rate):
    x, y, grid, truth = wave(1)
    twice = np.round(x), y  # with points that no threshold parts
    for inputs, targets, rounds in ((x, y, 60), (x[:2], y[:2], 3), (*twice, 40)):
        start, thresholds, steps = boosting.gradient_boost(inputs, targets, rounds, rate)
        (fit,) = in_node("boosting", [("boost", inputs, targets, rounds, rate)])
        same(fit["start"], start)
        same(fit["thresholds"], thresholds)
        same(fit["steps"], steps)
        added = np.where(grid > thresholds[:, None], steps[:, 1:], steps[:, :1])
        wanted = start + np.vstack([0 * grid, np.cumsum(added, axis=0)])
        errors, last, third = in_node(
            "boosting",
            [("errors", fit, grid, truth), ("predict", fit, grid), ("predict", fit, grid, 3)],
        )
        same(errors, np.mean((wanted - truth) ** 2, axis=1))
        same(last, wanted[-1])
        same(third, wanted[3])


def test_the_rounds_do_what_the_chapter_says_of_them():
    said = (
        'Compare "a hundred rounds" with "too many rounds", where less is left and the truth is'
        ' further away, and with "a hundred at rate 1".'
    )
    assert said in (ROOT / "chapters" / "boosting.md").read_text()
    script = (SCRIPTS / "boosting.js").read_text()
    assert "RATES = [0.1, 0.3, 1]" in script
    assert '"a hundred rounds": { power: 2, which: 1 }' in script
    assert '"too many rounds": { power: 3, which: 1 }' in script
    assert '"a hundred at rate 1": { power: 2, which: 2 }' in script
    for seed in range(5):
        x, y, grid, truth = wave(seed)
        fits = in_node("boosting", [("boost", x, y, 1000, 0.3), ("boost", x, y, 100, 1)])
        calls = [("errors", fits[0], grid, truth), ("errors", fits[0], x, y)]
        off, left, fast = in_node("boosting", [*calls, ("errors", fits[1], grid, truth)])
        assert off[1000] > off[100]
        assert left[1000] < left[100]
        assert fast[100] > off[100]


# ---- networks that vote


def test_networks_err_together_as_by_difficulties_that_differ():
    settings = list(product((0.02, 0.5, 0.7), (0.0, 0.3, 0.75, 1.0)))
    found = in_node("voters", [("chances", 51, *setting) for setting in settings])
    calls = [("voteError", rows[n]) for rows in found for n in (5, 6)]
    votes_wrong = iter(in_node("voters", calls))
    # All ways in which five answer: 1 is wrong, and each is as likely as others with as many.
    votes = np.array(list(product((0, 1), repeat=5))).T
    wrong = votes.sum(axis=0)
    ways = np.array([comb(5, k) for k in wrong])
    for (error, rho), rows in zip(settings, found, strict=True):
        for n in (1, 10, 51):
            k = np.arange(n + 1)
            if rho == 1:
                wanted = (1 - error) * (k == 0) + error * (k == n)
            elif rho:
                a, b = (share * (1 / rho - 1) for share in (error, 1 - error))
                wanted = scipy.stats.betabinom.pmf(k, n, a, b)
            else:
                wanted = scipy.stats.binom.pmf(k, n, error)
            same(rows[n], wanted)
            # What the formula of the chapter says of an average.
            variance = np.array(rows[n]) @ (k / n - error) ** 2
            same(variance, (rho + (1 - rho) / n) * error * (1 - error))
        five, six = next(votes_wrong), next(votes_wrong)
        same(five, np.array(rows[5])[wrong] / ways @ ensembles.majority_vote(votes, 2))
        same(six, five)  # of two halves a toss decides, so that an even network adds nothing


def test_the_networks_of_the_buttons_vote_as_the_chapter_says():
    text = (ROOT / "chapters" / "ensembles.md").read_text()
    assert (
        'With "independent" fewer than four digits are wrong for more than three networks' in text
    )
    assert 'With "mostly wrong", the more vote, the worse by this count;' in text
    script = (SCRIPTS / "voters.js").read_text()
    assert "independent: { error: 0.076, rho: 0 }" in script
    assert '"mostly wrong": { error: 0.6, rho: 0 }' in script
    alone, worse = in_node("voters", [("chances", 51, error, 0) for error in (0.076, 0.6)])
    assert 600 * sum(alone[10][4:]) < 4
    harmed = in_node("voters", [("voteError", row) for row in worse[1::2]])
    assert min(np.diff(harmed)) > 0
    # Of ten classes, where wrong answers scatter over nine, the one that most name.
    for seed in range(5):
        rng = np.random.default_rng(seed)
        named = np.where(rng.random((500, 51)) < 0.6, rng.integers(1, 10, (500, 51)), 0)
        counts = np.apply_along_axis(np.bincount, 1, named, minlength=10)
        assert np.mean(counts[:, 0] > counts[:, 1:].max(axis=1)) > 0.99


# ---- neighbours that vote


def in_a_plane(seed, share=0.2):
    """The chapter's points, their labels with some wrong, the true ones, and new points with theirs."""
    rng = np.random.default_rng(seed)
    points, others = (rng.random((n, 2)) * (2, 1) for n in (200, 600))
    true, wanted = (
        (at[:, 1] > 0.5 + 0.3 * np.sin(5 * at[:, 0])).astype(int) for at in (points, others)
    )
    return points, np.where(rng.random(200) < share, 1 - true, true), true, others, wanted


def test_neighbours_answer_as_those_of_scikit_learn():
    points, labels, true, others, wanted = in_a_plane(0)
    calls = [("nearest", points, at) for at in (points, others)]
    own, near, *sides = in_node("neighbours", calls + [("truth", at) for at in points])
    assert sides == true.tolist()
    counts = (1, 2, 8, 9, 59)
    calls = [("answer", at, labels, k) for k in counts for at in near]
    training, other, *said = in_node(
        "neighbours", [("errors", own, labels, labels), ("errors", near, labels, wanted), *calls]
    )
    for k, answers in zip(counts, np.reshape(said, (len(counts), -1)), strict=True):
        model = KNeighborsClassifier(k).fit(points, labels)
        assert np.array_equal(answers, model.predict(others))
        same(training[k - 1], np.mean(model.predict(points) != labels))
        same(other[k - 1], np.mean(answers != wanted))


def test_neighbours_do_what_the_chapter_says_of_them():
    text = (ROOT / "chapters" / "tuning.md").read_text()
    assert (
        'Go from "one neighbour", with no error on the training points, to "nine neighbours"'
        in text
    )
    assert 'With "no wrong labels" one neighbour does about as well as the best number' in text
    assert "and fifty-nine err at least twice as often" in text
    assert "nine outvote most of them" in text
    assert "0.5 + 0.3 * np.sin(5 * points[:, 0])" in text
    script = (SCRIPTS / "neighbours.js").read_text()
    assert '"one neighbour": { k: 1, wrong: 20 }, "nine neighbours": { k: 9, wrong: 20 }' in script
    assert '"fifty-nine": { k: 59, wrong: 20 }, "no wrong labels": { k: 1, wrong: 0 }' in script
    for seed in range(5):
        points, labels, true, others, wanted = in_a_plane(seed)
        own, near = in_node("neighbours", [("nearest", points, at) for at in (points, others)])
        training, other, clean = in_node(
            "neighbours",
            [
                ("errors", own, labels, labels),
                ("errors", near, labels, wanted),
                ("errors", near, true, wanted),
            ],
        )
        assert training[0] == 0
        assert other[8] < min(other[0], other[58])
        assert clean[0] < min(clean[::2]) + 0.03
        assert clean[58] > 2 * clean[0]
        wrong = [at for at, label, right in zip(own, labels, true, strict=True) if label != right]
        kept = in_node("neighbours", [("answer", at, labels, 9) for at in wrong])
        outvoted = np.array(kept) != labels[labels != true]
        assert outvoted.mean() > 0.5


# ---- what a source is worth


def expected_errors(n, distance, pull, rng):
    """Of the three ways, by least squares on stacked equations: noise and bias apart.

    Three features and a head of two numbers; after one example the errors are 1 and 0.1.
    """
    rest = np.sqrt(distance) * (lambda v: v / np.linalg.norm(v))(rng.normal(size=3))
    head = 2 * (0.1 / 2) / n

    def by_penalty(penalty):
        # n times the features themselves, and a row of the penalty for each.
        design = np.vstack([np.eye(3)] * n + [np.sqrt(penalty) * np.eye(3)])
        solved = np.linalg.pinv(design)
        noise = np.sum(solved[:, : 3 * n] ** 2) / 3
        return head + noise + np.sum((solved[:, 3 * n :] @ (np.sqrt(penalty) * rest)) ** 2)

    return by_penalty(0.0), by_penalty(1e12), by_penalty(pull)


def test_what_a_source_is_worth_is_what_least_squares_expect():
    rng = np.random.default_rng(0)
    settings = list(product((1, 2, 5, 20), (0.01, 0.1, 1.0), (1.0, 10.0, 1000.0)))
    calls = [
        call
        for n, distance, pull in settings
        for call in (("scratch", n), ("frozen", n, distance), ("tuned", n, distance, pull))
    ]
    found = np.reshape(in_node("source", calls), (-1, 3))
    wanted = np.array([expected_errors(*setting, rng) for setting in settings])
    same(found[:, [0, 2]], wanted[:, [0, 2]])
    same(found[:, 1], wanted[:, 1], 1e-6)  # frozen is the limit of a pull without end


def test_the_sources_of_the_buttons_do_what_the_chapter_says():
    text = (ROOT / "chapters" / "transfer.md").read_text()
    assert (
        'With "a near task" the new head is as good as fine-tuning after one example, and soon falls'
        " behind." in text
    )
    assert "it is worse than training from scratch from the second example on, and with" in text
    assert (
        'With "let go" more than half of the near task\'s lead is lost from four examples on.'
        in text
    )
    script = (SCRIPTS / "source.js").read_text()
    assert '"a near task": { far: -1, hold: 1 }, "a far task": { far: 0, hold: 0 }' in script
    assert '"pulled too hard": { far: 0, hold: 1 }, "let go": { far: -1, hold: 0 }' in script
    counts = range(1, 1001)
    ways = [("frozen", 0.1), ("tuned", 0.1, 10), ("frozen", 1), ("tuned", 1, 1), ("tuned", 1, 10)]
    ways += [("tuned", 0.1, 1)] + [("tuned", 0.1, pull) for pull in (9, 9.99, 10.01, 11)]
    calls = [("scratch", n) for n in counts]
    calls += [(name, n, *rest) for name, *rest in ways for n in counts]
    scratch, frozen, near, far, fine, hard, loose, *others = np.reshape(
        in_node("source", calls), (-1, 1000)
    )
    assert frozen[0] == pytest.approx(near[0], rel=0.06)
    assert frozen[4] > 1.3 * near[4]
    assert np.all(near < scratch)
    assert np.all(fine < scratch)
    for way in (far, hard):
        assert np.all(way[1:] > scratch[1:])
        assert way[0] <= scratch[0] + 1e-12
    assert np.all((scratch - loose)[3:] < (scratch - near)[3:] / 2)
    assert np.all((scratch - loose)[:3] > (scratch - near)[:3] / 2)
    # Taken for what it is worth, it is worth most, whatever there is of one's own.
    assert np.all(np.array(others) > near)
    same(near, 0.1 / np.array(counts) + 1 / (np.array(counts) + 10))


# ---- a valley to turn, and rates for its coordinates


def adapted(method, hessian, start, lr, steps):
    """The points of a method by the references, and the rates of both coordinates at each step."""
    points, rates, m, v = [start], [], np.zeros(2), np.zeros(2)
    for t in range(1, steps + 1):
        theta, late = points[-1], 10**6  # so late that there is nothing left to correct
        g, clock = hessian @ theta, t if method == "Adam" else late
        if method == "AdaGrad":
            moved, v = adaptive.adagrad_step(theta, g, v, lr)
        elif method == "RMSProp":
            moved, v = adaptive.rmsprop_step(theta, g, v, lr)
        else:
            moved, m, v = adaptive.adam_step(theta, g, m, v, clock, lr)
        points.append(moved)
        ahead = g if method in ("AdaGrad", "RMSProp") else m / (1 - 0.9**clock)
        rates.append((theta - moved) / ahead)
    return points, rates


def turned(degrees, *curvatures):
    """A Hessian of these curvatures, turned, and the directions that have them."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes = np.array([[c, -s], [s, c]])
    return axes @ np.diag(curvatures) @ axes.T, axes


def valley(degrees, kappa=20.0):
    """Curvature 2 across the floor, and along it less by a factor."""
    return turned(degrees, 2 / kappa, 2)


@pytest.mark.parametrize("method", ["AdaGrad", "RMSProp", "Adam", "Adam, uncorrected"])
def test_the_methods_in_a_turned_valley_go_as_the_references_do(method):
    start, settings = np.array([-4.0, 1.2]), list(product((0, 10, 45), (1.0, 20.0), (0.01, 1.0)))
    valleys = [valley(degrees, kappa)[0] for degrees, kappa, _ in settings]
    found = in_node(
        "own-rates",
        [
            ("adapt", hessian, method, start, lr, 25)
            for hessian, (*_, lr) in zip(valleys, settings, strict=True)
        ],
    )
    for one, hessian, (*_, lr) in zip(found, valleys, settings, strict=True):
        points, rates = adapted(method, hessian, start, lr, 25)
        same(one["points"], points)
        # A rate is a quotient of differences here: fewer digits, where steps are short.
        long = np.abs(np.diff(points, axis=0)) > 1e-4
        same(np.array(one["rates"])[long], np.array(rates)[long], 1e-8)


def test_the_rates_that_stay_leave_what_the_reference_says():
    settings, start = list(product((0, 10, 30, 45), (1.0, 20.0, 100.0))), np.array([-4.0, 1.2])
    valleys = np.array([valley(*setting)[0] for setting in settings])
    same(in_node("own-rates", [("hessian", *setting) for setting in settings]), valleys)
    calls = [("fixed", h, kappa) for h, (_, kappa) in zip(valleys, settings, strict=True)]
    fixed = in_node("own-rates", calls)
    worst = in_node("own-rates", [("worst", *rest) for _, *rest in calls])
    paths = in_node(
        "own-rates",
        [
            ("descend", h, rates[name], start, 30)
            for h, rates in zip(valleys, fixed, strict=True)
            for name in ("one", "own")
        ],
    )
    same(in_node("own-rates", [("value", h, start) for h in valleys]), start @ valleys @ start / 2)
    for i, (hessian, rates) in enumerate(zip(valleys, fixed, strict=True)):
        same(rates["own"], 1 / np.diag(hessian))
        curvatures = np.linalg.eigvalsh(hessian)
        same(worst[i]["one"], descent.convergence_rate(curvatures, rates["one"][0]))
        factors = np.linalg.eigvals(np.eye(2) - np.diag(rates["own"]) @ hessian)
        same(worst[i]["own"], np.abs(factors).max(), 1e-7)
        for name, found in zip(("one", "own"), paths[2 * i : 2 * i + 2], strict=True):
            points = [start]
            for _ in range(30):
                grad = hessian @ points[-1]
                points.append(descent.sgd_step(points[-1], grad * rates[name], 1.0))
            same(found, points)


def test_the_valleys_do_what_the_chapter_says_of_them():
    has(
        ROOT / "chapters" / "adaptive.md",
        'with "along the coordinates" a rate for each arrives in one step, "turned a little" it'
        ' still gains, and "turned by 45 degrees" it makes the very steps of one rate',
        "along the coordinates the flat one gets several times the rate of the steep one; turned by"
        " 45 degrees both get nearly the same",
        'come to rest ("no rest" in',
        '("Too long" in',
    )
    has(
        SCRIPTS / "own-rates.js",
        '"along the coordinates": at(0, "AdaGrad", 1), "turned a little": at(10, "AdaGrad", 1)',
        '"turned by 45 degrees": at(45, "AdaGrad", 1)',
        '"no rest": at(0, "RMSProp", 0.5), "too long": at(0, "Adam, uncorrected", 0.1)',
        "kappa, along: -4, beside: 1.2, method",
    )
    ends, ratios = {}, {}
    for degrees in (0, 10, 45):
        hessian, axes = valley(degrees)
        start = axes @ [-4.0, 1.2]
        (rates,) = in_node("own-rates", [("fixed", hessian, 20)])
        one, own, adagrad = in_node(
            "own-rates",
            [("descend", hessian, rates[name], start, 20) for name in ("one", "own")]
            + [("adapt", hessian, "AdaGrad", start, 1, 60)],
        )
        ends[degrees] = one, own
        ratios[degrees] = np.divide(*np.array(adagrad["rates"]).T)
    same(ends[0][1][1], [0, 0])
    assert np.linalg.norm(ends[10][1][-1]) < np.linalg.norm(ends[10][0][-1]) / 100
    same(*ends[45])
    assert ratios[0].min() > 3
    assert 0.7 < ratios[45].min() <= ratios[45].max() < 1.4
    hessian, start = valley(0)[0], [-4.0, 1.2]
    restless, long, corrected = in_node(
        "own-rates",
        [("adapt", hessian, "RMSProp", start, 0.5, 60)]
        + [("adapt", hessian, name, start, 0.1, 60) for name in ("Adam, uncorrected", "Adam")],
    )
    steps = np.abs(np.diff(restless["points"], axis=0))[-20:].max(axis=1) / 0.5
    assert 0.5 < steps.mean() < 2
    assert np.max(long["points"], axis=0)[0] > 1  # beyond the minimum by a quarter of the way
    assert np.max(corrected["points"], axis=0)[0] < 0.01
    first = [points["points"][1][0] - start[0] for points in (long, corrected)]
    same(first[0] / first[1], 10**0.5, 1e-6)


# ---- a mini-batch and its statistics


def after(batches, rho, unbiased):
    """The averages of the reference, before the first batch and after each."""
    averages = [(np.zeros(1), np.ones(1))]
    for batch in batches:
        mean, var = np.mean(batch, keepdims=True), np.var(batch, keepdims=True)
        averages.append(
            batchnorm.update_running_statistics(
                *averages[-1], mean, var, len(batch), rho, unbiased and len(batch) > 1
            )
        )
    return np.array(averages)[..., 0]


@pytest.mark.parametrize("n", [1, 2, 8, 32])
def test_a_batch_is_normalized_and_kept_as_the_references_do_it(n):
    rng = np.random.default_rng(n)
    batch, batches = rng.normal(3, 2, size=n), rng.normal(3, 2, size=(60, n))
    ones, zeros = np.ones(1), np.zeros(1)
    _, hat, mean, var = batchnorm.batchnorm_forward(batch[:, None], ones, zeros)
    settings = list(product((0.0, 0.9, 0.995), (True, False)))
    stats, out, *averages = in_node(
        "batch-statistics",
        [("statistics", batch), ("normalized", batch, (mean[0], var[0]))]
        + [("kept", batches, *setting) for setting in settings],
    )
    same(stats, [mean[0], var[0]])
    same(out, hat[:, 0])
    for found, setting in zip(averages, settings, strict=True):
        wanted = after(batches, *setting)
        same(found, wanted)
    (found,) = in_node("batch-statistics", [("normalized", batch, wanted[-1])])
    same(found, batchnorm.batchnorm_inference(batch[:, None], ones, zeros, *wanted[-1:].T)[:, 0])


def test_the_batches_do_what_the_chapter_says_of_them():
    has(
        ROOT / "chapters" / "batchnorm.md",
        '"Twice the weights" changes nothing of what comes out; with "one outlier" the seven others'
        ' move, and in "a batch of one" nothing is left of the input.',
        'still $0.99^{100} = 37\\,\\%$ ("too early" in',
        'as large as what it saw in training ("twos, biased" in',
    )
    has(
        SCRIPTS / "batch-statistics.js",
        "[shift, scale] = [3 * factor, 2 * factor]",
        "RHOS = [0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.995]",
        'calm = { n: 8, own: 1, factor: 1, before: 8, rho: 3, t: 100, kind: "unbiased" }',
        '"twice the weights": { ...calm, factor: 2 }, "one outlier": { ...calm, own: 5 }',
        '"a batch of one": { ...calm, n: 1 }, "too early": { ...calm, rho: 5, t: 30 }',
        '"twos, biased": { ...calm, before: 2, rho: 4, t: BATCHES, kind: "biased" }',
    )
    for seed in range(5):
        rng = np.random.default_rng(seed)
        z, later = rng.normal(size=8), rng.normal(size=(200, 8))
        z[0] = 1
        far = np.array([5, *z[1:]])
        batches = [3 + 2 * z, 6 + 4 * z, 3 + 2 * far, [5.0]]
        stats = in_node("batch-statistics", [("statistics", batch) for batch in batches])
        calls = [("normalized", *pair) for pair in zip(batches, stats, strict=True)]
        calls += [
            ("kept", 3 + 2 * later[:30], 0.99, True),
            ("kept", 3 + 2 * later[:, :2], 0.95, False),
        ]
        calm, twice, outlier, alone, early, twos = in_node("batch-statistics", calls)
        same(calm, twice, 1e-4)
        assert np.all(np.array(outlier[1:]) != calm[1:])
        # They draw together, and to the left.
        assert np.ptp(outlier[1:]) < np.ptp(calm[1:])
        assert np.mean(outlier[1:]) < np.mean(calm[1:])
        assert alone == [0]
        assert early[-1][0] < 1.5
        # Half of 4, but for the noise of about forty batches.
        assert twos[-1][1] < 3.5


# ---- two weights and a price on them

LOSSES = [(degrees, low) for degrees in (0, 45, 117, 140) for low in (0.0, 0.05, 0.5, 1.0)]
SOLUTIONS = [(1.2, 0.6), (0.4, 1.8), (-2.5, -0.8), (0.0, 0.0)]


def bowl(degrees, low):
    """A Hessian, turned: of curvature 1 across the floor and `low` along it."""
    return turned(degrees, low, 1)[0]


def test_the_weights_under_a_price_are_where_the_steps_of_the_references_rest():
    same(in_node("penalties", [("hessian", *at) for at in LOSSES]), [bowl(*at) for at in LOSSES])
    prices = [(0.03, 0.0), (0.6, 0.0), (0.0, 0.03), (0.0, 3.0), (0.3, 0.3)]
    settings = list(product([bowl(*at) for at in LOSSES], np.array(SOLUTIONS), prices))
    found = in_node("penalties", [("solve", h, best, *price) for h, best, price in settings])
    losses = in_node(
        "penalties", [("loss", h, best, w) for (h, best, _), w in zip(settings, found, strict=True)]
    )
    for (h, best, (l1, l2)), w, value in zip(settings, np.array(found), losses, strict=True):
        same(value, (w - best) @ h @ (w - best) / 2)
        # Only a minimum stays where it is.
        for lr in (0.1, 0.9):
            z = descent.sgd_step(w, h @ (w - best), lr)
            same(penalties.elastic_net_prox(z, lr, l1, l2), w)
        if l1 == 0:
            values, axes = np.linalg.eigh(h)
            half = np.sqrt(np.maximum(values, 0) / 2)[:, None] * axes.T
            x = np.concatenate([half, -half])  # with means of zero
            same(penalties.ridge(x, x @ best, l2)[0], w)


def test_the_prices_do_what_the_chapter_says_of_them():
    has(
        ROOT / "chapters" / "penalties.md",
        'With "one example: L1", the price on sizes, one weight is exactly zero; with "one example:'
        ' L2", on squares, both are at work.',
        "Move the least-squares solution along the line: neither answer changes.",
        '("A corner" and "no corner" of',
    )
    has(
        SCRIPTS / "penalties.js",
        "10 ** (i / 20 - 2)",
        'base = { kind: "L1", level: 36, x: 0.4, y: 1.8, degrees: 140, low: 0.5 }',
        'one = { kind: "L1", level: 10, x: 1.2, y: 0.6, degrees: 117, low: 0 }',
        '"one example: L1": one, "one example: L2": { ...one, kind: "L2" }',
        '"a corner": base, "no corner": { ...base, kind: "L2" }',
    )
    weak, strong, floor = 10**-1.5, 10**-0.2, np.radians(117)
    line, tilted = bowl(117, 0.0), bowl(140, 0.5)
    along = np.add([1.2, 0.6], np.outer((0, -0.5, 0.7), [np.cos(floor), np.sin(floor)]))
    moved = in_node(
        "penalties",
        [("solve", line, best, *price) for price in ((weak, 0), (0, weak)) for best in along],
    )
    same(moved[:3], [moved[0]] * 3)
    same(moved[3:], [moved[3]] * 3)
    corner, flat = in_node(
        "penalties", [("solve", tilted, (0.4, 1.8), *at) for at in ((strong, 0), (0, strong))]
    )
    assert moved[0][1] == 0 != moved[0][0]
    assert corner[0] == 0 != corner[1]
    assert min(*moved[3], *flat) > 0.1


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


CHAPTERS = {
    name: path.stem
    for path in (ROOT / "chapters").glob("*.md")
    for name in re.findall(r'interactive="([a-z-]+)"', path.read_text())
}


def held_by(name, words):
    """Whether the script of a figure has these words."""
    return words in (SCRIPTS / f"{name}.js").read_text()


def test_a_page_loads_little_script(tmp_path):
    scripts = [shutil.copy(SCRIPTS / f"{name}.js", tmp_path) for name in ["figures", *NAMES]]
    gradus_publish.minify([Path(script) for script in scripts], ROOT)
    for name in NAMES:
        # Nothing that a figure says of itself is left out: it still gives the same functions.
        keys = 'console.log(Object.entries(require(process.argv[1])).map(([k, f]) => [k, f.length]).join(" "))'
        told = [
            subprocess.run([NODE, "-e", keys, path], capture_output=True, text=True, check=True)
            for path in (SCRIPTS / f"{name}.js", tmp_path / f"{name}.js")
        ]
        assert told[0].stdout == told[1].stdout != "\n"
    for chapter in set(CHAPTERS.values()):
        loaded = ["figures", *(name for name, held in CHAPTERS.items() if held == chapter)]
        assert sum((tmp_path / f"{name}.js").stat().st_size for name in loaded) <= 20_000, chapter


def test_what_is_published_of_a_script_does_what_it_did(tmp_path):
    script = tmp_path / "script.js"
    script.write_text("""// First.
/** One line. */
const top = "// no comment";  // stays
const table = (rows) => `<table>${rows.map((row) => `<td  class = "a">${row}  +  //</td>`).join(" ")}</table>`;
console.log(top, table([1, 2]));
""")
    run, size = [NODE, script], script.stat().st_size
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    gradus_publish.minify([script], ROOT)
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == told
    assert script.stat().st_size < 0.8 * size
    # Another script may use it.
    assert "const top=" in script.read_text()


def test_a_script_that_cannot_be_read_ends_the_build(tmp_path):
    script = tmp_path / "script.js"
    script.write_text("const = 1")
    with pytest.raises(ExtensionError, match="(?s)no script small: .*Name expected.*script.js"):
        gradus_publish.minify([script], ROOT)
    assert script.read_text() == "const = 1"


def test_every_script_has_its_figure_and_every_figure_its_script():
    assert sorted(CHAPTERS) == NAMES
    has(ROOT / "using.md", "In every chapter but the optional one a figure has controls")
    optional = {"more-noise"}
    assert set(CHAPTERS.values()) | optional == {path.stem for path in ROOT.glob("chapters/*.md")}


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


# Each press of a key would lay out the rest of the page, too, which `test_browser` looks at.
ALONE = """name => {
    for (const section of document.querySelectorAll('.bd-article > section > section'))
        if (!section.querySelector(`gradus-${name}`)) section.remove()
}"""


def opened(page, figure):
    """An interactive figure of a page whose reader has made every prediction, drawn; its section alone."""
    page.evaluate(ALONE, figure)
    element = guessed(page).locator(f"gradus-{figure}")
    element.scroll_into_view_if_needed()
    element.locator(".gradus-play").wait_for()
    assert not element.locator(".gradus-still").is_visible()
    return element


def has_handles_that_follow_the_pointer(page, element):
    """Each moves a slider, and only while it is held."""
    sliders = "node => [...node.querySelectorAll('input[type=range]')].map(input => input.value)"
    names = element.evaluate("n => [...n.querySelectorAll('[data-drag]')].map(h => h.dataset.drag)")
    for name in names:
        handle = element.locator(f'[data-drag="{name}"] .gradus-grip')
        handle.scroll_into_view_if_needed()
        box, before = handle.bounding_box(), element.evaluate(sliders)
        assert box["width"] >= 10
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 12, y - 18, steps=3)
        page.mouse.up()
        page.wait_for_timeout(300)
        after = element.evaluate(sliders)
        assert after != before, name
        page.mouse.move(x, y)  # it was let go
        page.wait_for_timeout(100)
        assert element.evaluate(sliders) == after
    return len(names)


def is_moved_to_its_extremes_by_keys(page, element, figure):
    """It always shows something, in its drawing, its status line and its table, and says what each control is at."""
    seen = []
    drawn = """([name, before]) =>
        document.querySelector(`gradus-${name} .gradus-play > svg`).innerHTML != before"""
    # What waits until a slider rests does so for a tenth of its time.
    page.evaluate(
        "() => { const wait = setTimeout; window.setTimeout = (call, ms) => wait(call, ms / 10) }"
    )
    for control in element.locator("input, select, button").all():
        kind = control.evaluate("node => node.type")
        for key in ["Enter"] if kind == "button" else ["End", "Home"]:
            before, place = shown(page, figure), control.input_value() if kind != "button" else None
            # A button of settings that are chosen already changes nothing.
            presses = kind == "button" and control.get_attribute("aria-current") != "true"
            control.focus()
            page.keyboard.press(key)
            if presses or (kind == "range" and control.input_value() != place):
                page.wait_for_function(drawn, arg=[figure, before[0]], timeout=20_000)
            page.wait_for_timeout(100)  # the status line waits until the slider rests
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


def has_presets_that_set_its_controls(page, element, figure):
    """The one that is chosen is marked, until a control is moved."""
    presets, drawings = element.locator(".gradus-presets button"), []
    for i in range(presets.count()):
        presets.nth(i).click()
        page.wait_for_function(
            "([name, i]) => [...document.querySelectorAll(`gradus-${name} .gradus-presets button`)]"
            ".map(button => button.getAttribute('aria-current')).indexOf('true') == i",
            arg=[figure, i],
        )
        drawings.append(shown(page, figure)[0])
        assert element.locator('[aria-current="true"]').count() == 1
    assert len(set(drawings)) == len(drawings) > 1
    slider = element.locator("input[type=range]").first
    slider.press("End")
    slider.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert element.locator('[aria-current="true"]').count() == 0


def has_a_style_for_every_class_that_its_script_makes(page, element, site):
    classes = "node => [...node.querySelectorAll('[class]')].flatMap(each => [...each.classList])"
    made = set(element.evaluate(classes))
    for select in element.locator("select").all():
        for option in select.locator("option").all_inner_texts():
            select.select_option(option)
            page.wait_for_timeout(100)  # it is drawn with the next frame
            made |= set(element.evaluate(classes))
    made = {name for name in made if name.startswith("gradus-")}
    assert {"gradus-line", "gradus-square"} & made
    styled = re.findall(r"\.(gradus-[\w-]+)", (site / "_static" / "site.css").read_text("utf-8"))
    assert made <= set(styled)
    # A line without a style of its own would be drawn in the colour of nothing.
    alone = "nodes => nodes.filter(node => node.classList.length < 2 || getComputedStyle(node).stroke == 'none').length"
    assert element.locator(".gradus-line").evaluate_all(alone) == 0


def is_printed_as_it_stands(page, element):
    page.emulate_media(media="print")
    assert element.locator(".gradus-still > svg").is_visible()
    assert not element.locator(".gradus-play").is_visible()


@pytest.mark.parametrize("figure", CHAPTERS)
def test_a_figure_works_on_a_phone_by_finger_and_by_keys_alone(visit, lay_out, address, figure):
    page = visit(f"{address}/chapters/{CHAPTERS[figure]}.html", width=390)
    lay_out(page)
    element = opened(page, figure)
    handles = has_handles_that_follow_the_pointer(page, element)
    assert (handles > 0) == held_by(figure, "handle(")
    is_moved_to_its_extremes_by_keys(page, element, figure)
    assert page.complaints == []


@pytest.mark.parametrize("figure", CHAPTERS)
def test_a_figure_works_on_a_desktop_and_stands_still_on_paper(visit, site, address, figure):
    page = visit(f"{address}/chapters/{CHAPTERS[figure]}.html")
    element = opened(page, figure)
    handles = has_handles_that_follow_the_pointer(page, element)
    assert (handles > 0) == held_by(figure, "handle(")
    has_a_style_for_every_class_that_its_script_makes(page, element, site)
    if held_by(figure, "presets: "):
        has_presets_that_set_its_controls(page, element, figure)
    is_printed_as_it_stands(page, element)
    assert page.complaints == []


@pytest.mark.parametrize("chapter", sorted(set(CHAPTERS.values())))
def test_a_figure_stands_still_without_scripts(browser, address, chapter):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/{chapter}.html")
    for figure in (name for name, held in CHAPTERS.items() if held == chapter):
        assert page.locator(f"gradus-{figure} > svg[role=img]").is_visible()
        assert page.locator(f"gradus-{figure} :is(input, select, button)").count() == 0
    context.close()


def test_a_finger_drags_a_handle_and_does_not_scroll(browser, address):
    screen = {"width": 390, "height": 900}
    context = browser.new_context(viewport=screen, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}/chapters/{CHAPTERS['newton']}.html")
    element = page.locator("gradus-newton")
    element.scroll_into_view_if_needed()
    handle = element.locator('[data-drag="point"] .gradus-grip')
    handle.wait_for()
    handle.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box, scrolled = handle.bounding_box(), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = context.new_cdp_session(page)
    for k in range(6):
        at = {"x": x - 8 * k, "y": y - 5 * k}
        what = {"type": "touchMove" if k else "touchStart", "touchPoints": [at]}
        finger.send("Input.dispatchTouchEvent", what)
        page.wait_for_timeout(60)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)
    box = handle.bounding_box()
    # The sliders have notches of 0.05, some four pixels.
    assert abs(box["x"] + box["width"] / 2 - at["x"]) < 6
    assert abs(box["y"] + box["height"] / 2 - at["y"]) < 6
    assert page.evaluate("scrollY") == scrolled
    context.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_race_has_six_colours(visit, address, mode):
    page = guessed(visit(f"{address}/chapters/{CHAPTERS['optimizer-race']}.html", mode=mode))
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


def test_no_class_of_our_own_is_cut_from_the_style_sheet(site):
    own = re.compile(r"\.(gradus-[\w-]+)")
    kept = set(own.findall((site / "_static" / "site.css").read_text("utf-8")))
    for sheet in [*ROOT.glob("_static/*.css"), *ROOT.glob("_web/*/*.css")]:
        assert set(own.findall(sheet.read_text("utf-8"))) <= kept, sheet


def test_a_page_without_an_interactive_figure_loads_none_of_their_scripts(soup, pages):
    for page in pages:
        loaded = {
            Path(tag["src"].split("?")[0]).stem
            for tag in soup(page).select('script[src*="interactive/"]')
        }
        held = {name for name, chapter in CHAPTERS.items() if page == f"chapters/{chapter}"}
        held |= {"optimizer-race"} if page == "index" else set()
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
