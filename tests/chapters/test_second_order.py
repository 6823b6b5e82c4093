"""The numbers and claims that the prose of the chapter on second-order methods states, computed anew."""

import re
import warnings

import jupytext
import numpy as np
import pytest

from gradus import data, nn, problems
from solutions.second_order import (
    bfgs,
    bfgs_update,
    conjugate_gradient,
    lbfgs,
    newton_step,
    wolfe_line_search,
)
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "second-order.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)
ROSENBROCK = problems.get("rosenbrock")


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page():
    """What the cells define that experiments below need, run with the references as the site is."""
    from solutions import second_order

    names = ("newton", "nonlinear_cg", "odd_loss", "on_batches", "Counted", "history")
    world = vars(second_order) | {
        "rosenbrock": ROSENBROCK,
        "tilted": problems.get("tilted bowl"),
        "display": None,
    }
    for cell in jupytext.reads(SOURCE, fmt="md:myst").cells:
        imports = cell.source.startswith("import time")
        defines = any(f"def {name}(" in cell.source for name in names)
        if cell.cell_type != "code" or not (imports or defines or "class Counted" in cell.source):
            continue
        code = cell.source.replace('chapter("second-order")', "")
        # Definitions alone: what a cell measures is measured below, where it is needed.
        code = code.split("\nfactors = ")[0].split("\nstarts = ")[0].split("\nrules = ")[0]
        code = code.split('\nprint("memory ')[0].split("\nalphas, curves")[0]
        code = code.split("\nrng = np.random.default_rng(1)\nbasis")[0].split("\n_, matrices")[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, world)
    return world


def test_rosenbrocks_valley():
    said("the curvature is 1,002 across the valley and 0.4 along it")
    said("the condition number is about 2,500")
    low, high = np.linalg.eigvalsh(ROSENBROCK.hessian(ROSENBROCK.minimum))
    assert (high, low) == (pytest.approx(1002, abs=0.5), pytest.approx(0.4, abs=0.005))
    assert high / low == pytest.approx(2500, rel=0.02)
    said("ten to get down to the floor, thousands to follow it")
    theta, distances = ROSENBROCK.start, []
    for _ in range(4000):
        theta = theta - 0.001 * ROSENBROCK.gradient(theta)
        distances.append(theta[1] - theta[0] ** 2)
    assert abs(distances[9]) < 0.01
    assert 0.05 < np.linalg.norm(theta - ROSENBROCK.minimum) < 0.3


def test_newton_on_rosenbrock_and_its_leap():
    said("Seven, and look at how it gets there.")
    said("from about 5 to over 1,000")
    said("its leap over the hill of 1,400")
    theta, values = ROSENBROCK.start, []
    for _ in range(8):
        values.append(ROSENBROCK.value(theta))
        theta = newton_step(theta, ROSENBROCK.gradient(theta), ROSENBROCK.hessian(theta))
    assert values[1] == pytest.approx(5, abs=0.5)
    assert values[2] == pytest.approx(1400, abs=20)
    assert values[7] < 1e-25 < values[6]


def test_the_ratio_of_errors_goes_to_a_half():
    said("The ratio goes to $\\tfrac12$")
    x = 1.8
    for _ in range(3):
        before = x - np.log(2)
        x = newton_step(np.array([x]), np.array([np.exp(x) - 2]), np.array([[np.exp(x)]]))[0]
    assert (x - np.log(2)) / before**2 == pytest.approx(0.5, abs=0.02)


def test_memory_of_a_hessian():
    said("has a Hessian of 7,451 GiB")
    assert 8 * 1e12 / 2**30 == pytest.approx(7451, abs=0.5)


def test_operations_of_solving_and_inverting():
    """Elimination: 2/3 n^3; the inverse: 2 n^3."""
    said("takes a third of the arithmetic of forming $H^{-1}$")
    assert (2 / 3) / 2 == pytest.approx(1 / 3)


def test_the_saddle_between_the_wells():
    said("With damping above 2.92 it goes downhill")
    wells, start = problems.get("two wells"), np.array([0.3, 0.3])
    grad, hessian = wells.gradient(start), wells.hessian(start)
    assert np.linalg.eigvalsh(hessian)[0] == pytest.approx(-2.92, abs=0.005)
    assert wells.value(np.array([0.075, 0.0])) > wells.value(start)
    for damping, downhill in ((0, False), (2.8, False), (3.0, True), (8, True)):
        slope = grad @ (newton_step(start, grad, hessian, damping) - start)
        assert (slope < 0) == downhill
    said("into the right well for damping 4, beyond it for 3.6")
    ends = [newton_step(start, grad, hessian, damping)[0] for damping in (8, 4, 3.6)]
    assert ends == sorted(ends)
    assert ends[1] == pytest.approx(1, abs=0.1)
    assert ends[2] > 1.4


def test_steps_that_fall_and_do_not_arrive():
    said("the values fall to 1 and never below")
    t = np.arange(30)
    points = (-1.0) ** t * (1 + 2.0**-t)
    assert points[:4].tolist() == [2, -1.5, 1.25, -1.125]
    values = points**2
    assert np.all(np.diff(values) < 0)
    assert values[-1] > 1
    # Every step goes downhill, and no share of the slope is kept for ever.
    slopes, steps = 2 * points[:-1], np.diff(points)
    assert np.all(slopes * steps < 0)
    assert (values[-1] - values[-2]) / (slopes[-1] * steps[-1]) < 1e-6


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_safe_newton_beside_the_bare_one(page):
    said("it diverges from nearly all")
    said("And on Rosenbrock's function the bare method is the *faster* one")
    said("On `two wells` the bare method goes to the saddle from some of the starts")
    rng = np.random.default_rng(1)
    for name, least, most in (("logistic", 0, 0.2), ("two wells", 0.5, 0.95), ("rosenbrock", 1, 1)):
        p, good, counts = problems.get(name), {True: 0, False: 0}, {True: [], False: []}
        for _ in range(60):
            start = rng.uniform(-3, 3, size=len(p.start))
            for safe in (True, False):
                theta, count = page["newton"](p.value, p.gradient, p.hessian, start, safe=safe)
                good[safe] += count < 100 and np.linalg.eigvalsh(p.hessian(theta))[0] > 0
                counts[safe].append(count)
        assert good[True] == 60
        assert least * 60 <= good[False] <= most * 60
        if name == "rosenbrock":
            assert np.median(counts[False]) < np.median(counts[True])


def test_a_wolfe_step_may_end_on_a_hilltop():
    said("Note that the hilltop between the wells is allowed, too")
    wells, theta, d = problems.get("two wells"), np.array([2.0, 1.0]), np.array([-1.0, -0.3])
    slope, alphas = wells.gradient(theta) @ d, np.linspace(1.5, 2.2, 100)
    line = theta + alphas[:, None] * d
    top = wells.value(line).argmax()
    assert 0 < top < 99
    assert wells.value(line[top]) <= wells.value(theta) + 0.01 * alphas[top] * slope
    assert abs(wells.gradient(line[top]) @ d) <= 0.03 * abs(slope)


def test_five_values_need_five_steps_and_rounding_costs_more_than_n():
    said("Four matrices of condition number about 1,000 and 100 unknowns.")
    said("more than $n$ steps may be needed")
    said("with rounding sometimes more")
    b = np.random.default_rng(0).normal(size=100)

    def error(eigenvalues, steps):
        off = conjugate_gradient(np.diag(eigenvalues), b, steps) - b / eigenvalues
        return np.sqrt(np.sum(eigenvalues * off**2, axis=1) / np.sum(b**2 / eigenvalues))

    assert error(np.repeat([1.0, 30.0, 100.0, 600.0, 990.0], 20), 5)[-1] < 1e-8
    assert error(np.geomspace(1, 1000, 100), 100)[-1] > 1e-6
    assert error(np.linspace(1, 1000, 100), 100).min() < 1e-12


def test_nonlinear_conjugate_gradients(page):
    said("(1,000 is where the search was given up.)")
    p = problems.get("long rosenbrock")
    rules = {
        "ours": page["polak_ribiere"],
        "Fletcher": lambda grad, new: new @ new / (grad @ grad),
        "none": lambda grad, new: 0.0,
    }
    counts = {
        name: page["nonlinear_cg"](p.value, p.gradient, p.start, beta_of=rule)[1]
        for name, rule in rules.items()
    }
    assert counts["ours"] < 300
    assert counts["Fletcher"] == counts["none"] == 1000


def test_scaling_the_first_matrix():
    said("The scaled method hardly minds the units")
    said("with $c = 1$ the identity is much the better start there")
    for name in ("rosenbrock", "ill-conditioned"):
        p = problems.get(name)
        counts = [
            bfgs(
                lambda x, c=c: c * p.value(x),
                lambda x, c=c: c * p.gradient(x),
                p.start,
                tol=1e-5 * c,
            )[1]
            for c in (1e-4, 1.0, 1e4)
        ]
        assert max(counts) - min(counts) <= 3
    theta, inverse = p.start, np.eye(10)
    for count in range(100):  # noqa: B007 (what it came to is looked at below)
        grad = p.gradient(theta)
        if np.abs(grad).max() <= 1e-5:
            break
        step = -inverse @ grad
        step = wolfe_line_search(p.value, p.gradient, theta, step) * step
        inverse = bfgs_update(inverse, step, p.gradient(theta + step) - grad)
        theta = theta + step
    assert count < counts[1] / 2


def test_the_approximation_becomes_the_inverse_hessian(page):
    said("the distance falls faster and faster")
    points, matrices = page["history"](ROSENBROCK, 36)
    errors = np.linalg.norm(points - ROSENBROCK.minimum, axis=1)
    assert errors[30] > 0.05 > 1e-5 > errors[36]
    hessian = ROSENBROCK.hessian(ROSENBROCK.minimum)
    assert np.linalg.norm(matrices[-1] @ hessian - np.eye(2), ord=2) < 0.5
    _, matrices = page["history"](problems.get("tilted bowl"), 6)
    hessian = problems.get("tilted bowl").hessian(None)
    off = [np.linalg.norm(m @ hessian - np.eye(2), ord=2) for m in matrices]
    assert off[-1] < 0.3 < 0.9 < off[0]


def test_odd_digits(page):
    said("It has 65 parameters, a loss that needs all 1,197 training images")
    said("curvatures that differ by a factor of about 900")
    assert page["x_odd"].shape == (1197, 65)
    eigenvalues = np.linalg.eigvalsh(page["odd_hessian"](page["best"]))
    assert eigenvalues[-1] / eigenvalues[0] == pytest.approx(900, rel=0.03)
    w = np.random.default_rng(0).normal(size=65)
    d = np.random.default_rng(1).normal(size=65)
    loss, gradient = page["odd_loss"], page["odd_gradient"]
    assert (loss(w + 1e-6 * d) - loss(w - 1e-6 * d)) / 2e-6 == pytest.approx(gradient(w) @ d)
    change = (gradient(w + 1e-6 * d) - gradient(w - 1e-6 * d)) / 2e-6
    np.testing.assert_allclose(change, page["odd_hessian"](w) @ d, rtol=1e-5, atol=1e-7)
    said("the first ten pairs halve the number of steps, the last thirty hardly change it")
    said("The full matrix, with all pairs, needs *more* steps than any of the others")
    one, ten, twenty, fifty = (
        lbfgs(loss, gradient, np.zeros(65), memory, tol=1e-6)[1] for memory in (1, 10, 20, 50)
    )
    assert one / ten == pytest.approx(2, abs=0.4)
    assert twenty - fifty < 12
    assert bfgs(loss, gradient, np.zeros(65), tol=1e-6)[1] > one


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", [0, 3])
def test_mini_batches(page, seed):
    said("What the table says, and it says the same for other seeds")
    said("L-BFGS is worse than plain SGD")
    said("the loss is thrown up by powers of ten")
    said("It ends about where SGD and Adam do after as many passes")
    said("it ends some fifty times lower than any of them")
    best_of, on_batches, other = (page[name] for name in ("best_of", "on_batches", "sgd_or_adam"))
    alphas = (1.0, 0.3, 0.1, 0.03, 0.01)

    def ends(make, settings):
        return best_of(make, settings)[3]

    two = ends(lambda alpha: on_batches(32, False, alpha, seed=seed), alphas)
    same = ends(lambda alpha: on_batches(32, True, alpha, seed=seed), alphas)
    sgd = ends(lambda lr: other(False, lr, seed=seed), (0.3, 1.0, 3.0))
    adam = ends(lambda lr: other(True, lr, seed=seed), (0.01, 0.03, 0.1))
    assert two > 1.5 * sgd
    assert 0.3 < same / sgd < 2
    assert 0.4 < same / adam < 2.5
    assert on_batches(32, False, 1.0, seed=seed)[1].max() > 1000
    passes, exact = page["full_batch"]()
    lowest = min(two, same, sgd, adam)
    assert lowest / exact[page["passes"]] > 50
    # In the first passes Adam is ahead.
    seen, excess, *_ = best_of(lambda lr: other(True, lr, seed=seed), (0.01, 0.03))
    assert np.all(np.interp([1, 2, 4], seen, excess) < exact[[1, 2, 4]])


def test_a_network_with_the_whole_batch():
    said("Adam was ahead for about forty passes; L-BFGS won in its last ten or so")
    said("L-BFGS ends with a training loss that is a hundred times lower, and predicts no better.")
    start = SOURCE.index("network = nn.MLP((64, 32, 10))")
    world = {"np": np, "nn": nn, "digits": data.digits(), "lbfgs": lbfgs}
    exec(SOURCE[start : SOURCE.index("```", start)], world)
    exact, adam = (np.array(world[name]) for name in ("values", "adam_values"))
    assert 45 <= len(exact) <= 60
    passes = np.arange(1, len(exact) + 1)
    ahead = adam[: len(exact)] < exact
    assert ahead[passes <= 35].all()
    assert not ahead[passes >= 48].any()
    assert 50 < adam[-1] / exact[-1] < 1000
    held_out = world["digits"].x_validation, world["digits"].y_validation
    network = world["network"]
    better = network.accuracy(world["theta"], *held_out)
    assert network.accuracy(world["theta_lbfgs"], *held_out) <= better + 0.01


def test_answers_and_rubric_of_the_saddle():
    said("the gradient in the basis of its eigenvectors is $(1, 1)$")
    hessian, grad = np.diag([4.0, -1.0]), np.ones(2)
    for damping, slope in ((0, 0.75), (3, -9 / 14), (0.5, 16 / 9)):
        step = newton_step(np.zeros(2), grad, hessian, damping)
        assert grad @ step == pytest.approx(slope)
