"""The numbers and claims that the prose of the chapter on quasi-Newton methods states, computed anew."""

import re
import warnings

import jupytext
import numpy as np
import pytest

from gradus import data, nn, problems
from solutions.newton import hessian_product, wolfe_line_search
from solutions.quasi_newton import bfgs, bfgs_update, lbfgs, lbfgs_direction
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "quasi-newton.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)
ROSENBROCK = problems.get("rosenbrock")


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page():
    """What the cells define that experiments below need, run with the references as the site is."""
    from solutions import quasi_newton

    names = (
        "odd_loss",
        "on_batches",
        "history",
        "decays",
        "ends",
        "from_identity",
        "on_printed",
    )
    world = vars(quasi_newton) | {"display": None}
    for cell in jupytext.reads(SOURCE, fmt="md:myst").cells:
        imports = cell.source.startswith("import matplotlib")
        defines = any(f"def {name}(" in cell.source for name in names)
        if cell.cell_type != "code" or not (imports or defines):
            continue
        code = cell.source.replace('chapter("quasi-newton")', "")
        # Definitions alone: what a cell measures is measured below, where it is needed.
        code = code.split("\nfactors = ")[0]
        code = code.split('\nprint("memory ')[0].split("\nalphas, curves")[0]
        code = code.split('\nprint("of 100 starts')[0].split('\nprint("training loss after')[0]
        code = code.split("\ndraws = ")[0]
        code = code.split("\nrng = np.random.default_rng(1)\nbasis")[0].split("\ntilted = ")[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, world)
    return world


def points_of(page, minimise, f, gradient, *rest, **more):
    """How many points a method asks at."""
    counted = page["Counted"](f, gradient)
    minimise(counted.value, counted.gradient, *rest, **more)
    return len(counted.seen)


def test_scaling_the_first_matrix(page):
    said("The scaled method hardly minds the units")
    said("with $c = 1$ the identity is much the better start there")
    said("the trials of a line search count")
    for name in ("rosenbrock", "ill-conditioned"):
        p = problems.get(name)
        counts = [
            points_of(
                page,
                bfgs,
                lambda x, c=c: c * p.value(x),
                lambda x, c=c: c * p.gradient(x),
                p.start,
                tol=1e-5 * c,
            )
            for c in (1e-4, 1.0, 1e4)
        ]
        assert max(counts) - min(counts) <= 4
    identity = points_of(page, page["from_identity"], p.value, p.gradient, p.start, tol=1e-5)
    assert identity < 0.6 * counts[1]


@pytest.mark.parametrize("seed", range(5))
def test_two_relatives_of_bfgs(seed):
    said("updates an approximation $B$ of the Hessian itself so that $B s = y$")
    said("it can learn that the curvature is negative")
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4))
    m, s = root @ root.T + np.eye(4), rng.normal(size=4)
    y = m @ s + 0.3 * rng.normal(size=4)
    assert s @ y > 0
    b = bfgs_update(m, y, s)  # exchanged
    assert b @ s == pytest.approx(y)
    # As it is found in books, for the inverse.
    inverse = np.linalg.inv(m)
    z = inverse @ y
    assert np.linalg.inv(b) == pytest.approx(
        inverse - np.outer(z, z) / (y @ z) + np.outer(s, s) / (y @ s)
    )
    for change in (y, -y):  # the second of negative curvature
        r = s - m @ change
        new = m + np.outer(r, r) / (r @ change)
        assert new @ change == pytest.approx(s)
        # Of all symmetric updates of rank one, which are multiples of some v v': v is along r.
        v = rng.normal(size=4)
        other = m + np.outer(v, v) * ((r @ v) / (v @ change) / (v @ v))
        assert np.abs(other @ change - s).max() > 1e-3
    assert np.linalg.eigvalsh(new)[0] < 0 and -y @ s < 0


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
    said("the first ten pairs more than halve their number, the last thirty hardly change it")
    said("The full matrix, with all pairs, needs *more* points than the newest three of them")
    given = loss, gradient, np.zeros(65)
    one, three, ten, twenty, fifty = (
        points_of(page, lbfgs, *given, memory, tol=1e-6) for memory in (1, 3, 10, 20, 50)
    )
    assert one / ten > 2
    assert twenty - fifty < 12
    assert points_of(page, bfgs, *given, tol=1e-6) > three
    said("it still carries the scaling of its very first step, while L-BFGS begins every direction")
    # All pairs as BFGS has them, with the scaling of the newest: it is not the pairs.
    assert points_of(page, lbfgs, *given, 1000, tol=1e-6) < three / 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_mini_batches(page):
    said("What the table says, and it says the same for other seeds")
    said("L-BFGS is nearly always worse than plain SGD")
    said("the loss is thrown up by powers of ten")
    said("It ends about where SGD and Adam do after as many passes")
    said("it ends fifty times lower than any of them, or more")
    best_of, on_batches, other = (page[name] for name in ("best_of", "on_batches", "sgd_or_adam"))
    alphas = (1.0, 0.3, 0.1, 0.03, 0.01)
    passes, exact = page["full_batch"]()

    def ends(make, settings):
        return best_of(make, settings)[3]

    ratios = []
    for seed in range(1, 6):  # the page has 0
        two = ends(lambda alpha, s=seed: on_batches(32, False, alpha, seed=s), alphas)
        same = ends(lambda alpha, s=seed: on_batches(32, True, alpha, seed=s), alphas)
        sgd = ends(lambda lr, s=seed: other(False, lr, seed=s), (0.3, 1.0, 3.0))
        adam = ends(lambda lr, s=seed: other(True, lr, seed=s), (0.01, 0.03, 0.1))
        ratios.append(two / sgd)
        assert 0.3 < same / sgd < 2
        assert 0.4 < same / adam < 2.5
        assert on_batches(32, False, 1.0, seed=seed)[1].max() > 1000
        lowest = min(two, same, sgd, adam)
        assert lowest / exact[page["passes"]] > 50
        # In the first passes Adam is ahead, with the rate that is best on the page.
        seen, excess = other(True, 0.03, seed=seed)
        assert np.all(np.interp([1, 2, 4], seen, excess) < exact[[1, 2, 4]])
    # What noise is learned is chance, down to the order of summation: one run in eight or so gets away.
    assert np.median(ratios) > 1.5
    assert sum(ratio > 1 for ratio in ratios) >= 4


def test_the_race(page):
    start = SOURCE.index("def gradient_descent(")
    world = page | {"rosenbrock": ROSENBROCK}
    exec(SOURCE[start : SOURCE.index("```", start)], world)
    traces, tasks = world["traces"], list(world["tasks"])

    def each_step(method):
        return [traces[method, task][1] / traces[method, task][0] for task in tasks]

    said("*L-BFGS* and *BFGS* need about one evaluation a step")
    assert max(each_step("BFGS") + each_step("L-BFGS, 10 pairs")) < 1.5
    said("hence two to four evaluations a step")
    assert {round(each) for each in each_step("conjugate gradients")} <= {2, 3, 4}
    said("*Newton's method* needs the fewest steps, on the two convex problems by far")
    for task in tasks:
        newton, *others = sorted((traces[method, task][0], method) for method in world["methods"])
        assert newton[1] == "Newton"
        assert task == "Rosenbrock" or newton[0] < others[0][0] / 3
    done = {
        method: [traces[method, task][0] < 2000 for task in tasks] for method in world["methods"]
    }
    said(
        "does not finish where the condition number is in the thousands or above, line search or not"
    )
    assert done.pop("gradient descent") == [False, False, True]
    said("does finish on two problems of three")
    assert sum(done.pop("Adam")) == 2
    assert all(map(all, done.values()))


def by_the_exercises_alone(f, gradient, theta, memory=10, tol=1e-5, max_iterations=10_000):
    """L-BFGS as one writes it: the line search asks for f(theta) once more in every step."""
    steps, changes = [], []
    for iteration in range(max_iterations):
        grad = gradient(theta)
        if np.abs(grad).max() <= tol:
            return theta, iteration
        direction = lbfgs_direction(grad, steps, changes)
        initial = 1.0 if steps else min(1.0, 1 / np.linalg.norm(grad))
        alpha = wolfe_line_search(f, gradient, theta, direction, initial=initial)
        step = alpha * direction
        steps = [*steps, step][-memory:]
        changes = [*changes, gradient(theta + step) - grad][-memory:]
        theta = theta + step
    return theta, max_iterations


def train_with_the_whole_batch(page, minimise=lbfgs, seed=0):
    """What the cell on the network defines, from another start or with another answer."""
    start = SOURCE.index("network = nn.MLP((64, 32, 10))")
    cell = SOURCE[start : SOURCE.index("```", start)]
    first = "first = network.init(np.random.default_rng(0))"
    assert cell.count(first) == 1
    world = {"np": np, "nn": nn, "lbfgs": minimise, "noting": page["noting"]}
    world["digits"] = data.digits()
    exec(cell.replace(first, first.replace("(0)", f"({seed})")), world)
    return world


def test_passes_are_points_and_not_calls(page):
    """What a student writes, with twice as many calls, gives the page's numbers."""
    counts = []

    def counted(f, *rest, **more):
        def seen(theta):
            counts.append(1)
            return f(theta)

        return by_the_exercises_alone(seen, *rest, **more)

    natural = train_with_the_whole_batch(page, counted)
    assert len(counts) > 1.5 * len(natural["values"])
    expected = train_with_the_whole_batch(page)["values"]
    assert natural["values"][:40] == pytest.approx(expected[:40], rel=1e-3)
    assert len(natural["values"]) == pytest.approx(len(expected), abs=2)


def test_a_network_with_the_whole_batch(page):
    said("Adam was ahead for about forty passes; L-BFGS won in its last ten or so")
    said("L-BFGS ends with a training loss that is a hundred times lower, and predicts no better.")
    said("by 7 images; from five other starts the loss was 18 to 500 times lower")
    said("and L-BFGS was behind by 2 to 10 images")
    ratios, gains = [], []
    for seed in range(6):
        world = train_with_the_whole_batch(page, seed=seed)
        exact, adam = (np.array(world[name]) for name in ("values", "adam_values"))
        exact = exact[:60]
        passes = np.arange(1, len(exact) + 1)
        ahead = adam[: len(exact)] < exact
        assert ahead[passes <= 25].all()
        assert not ahead[-5:].any()
        ratios.append(adam[-1] / exact[-1])
        held_out = world["digits"].x_validation, world["digits"].y_validation
        accuracy = world["network"].accuracy
        gains.append(
            accuracy(world["theta_lbfgs"], *held_out) - accuracy(world["theta"], *held_out)
        )
        if seed == 0:
            assert 45 <= len(exact) <= 60
            assert ahead[passes <= 35].all()
            assert not ahead[passes >= 48].any()
            assert 50 < ratios[0] < 1000
    assert 15 < min(ratios[1:]) < max(ratios[1:]) < 600
    behind = np.rint(-300 * np.array(gains))
    assert behind[0] == 7
    assert np.all((behind[1:] >= 1) & (behind[1:] <= 12))


@pytest.mark.parametrize("seed", range(10, 15))  # the page has 0 to 6
def test_printed_digits_few_and_many(page, seed):
    printed = data.printed_digits(seed, 1024)
    # The page's rate is best for both, and its neighbours are far behind: chance does not choose.
    said("lr = min((0.2, 0.6, 2.0, 6.0), key=")
    for n in (128, 1024):
        known = printed.x_train[:n], printed.y_train[:n]
        with np.errstate(all="ignore"):
            ends = [
                page["wider"].loss(page["by_momentum"](*known, lr, 30, seed)[-1], *known)[0]
                for lr in (0.6, 2.0, 6.0)
            ]
        assert 2 * ends[1] < min(ends[0], ends[2])
    (loss, error), (exact, missed) = page["on_printed"](printed, 128, 2.0, seed)
    said("L-BFGS has by far the lower training loss, and errs more often on new images.")
    assert exact < loss / 4
    assert error < missed < error + 0.15
    said("With 1,024 it is far behind after as many passes, on both counts.")
    (loss, error), (exact, missed) = page["on_printed"](printed, 1024, 2.0, seed)
    assert loss < exact / 5
    assert error + 0.01 < missed
    said(
        "within 70 passes its training loss is the lower one again, its test error still the higher"
    )
    (loss, error), (exact, missed) = page["on_printed"](printed, 1024, 2.0, seed, 70)
    assert exact < loss / 4
    assert error + 0.005 < missed
    said("nowhere on its way is its test error as low as that of SGD in the end")
    for n, lr, passes in ((128, 2.0, 30), (1024, 2.0, 70)):
        (_, error), _ = page["on_printed"](printed, n, lr, seed, passes)
        points = page["by_lbfgs"](printed.x_train[:n], printed.y_train[:n], passes, seed)
        right = [page["wider"].accuracy(w, printed.x_test, printed.y_test) for w in points]
        assert error < 1 - max(right)


@pytest.mark.parametrize("seed", range(10, 15))  # the page has 0 to 4
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_decay_by_gauss_newton_damped_or_not(page, seed):
    said(
        "Undamped, some third of the starts or more are lost; damped, none, for fewer points than BFGS"
    )
    plain, damped, quasi, few, many = page["decays"](np.random.default_rng(seed))
    assert plain <= 70
    assert damped == quasi == 100
    assert few < 0.7 * many
    # The same by one measure: points until the first within 0.001 of the minimum.
    rng, t = np.random.default_rng(seed), np.linspace(0, 4, 30)
    y = 2 * np.exp(-0.7 * t) + 0.1 * rng.normal(size=30)
    best = page["fit_decay"](t, y, np.array([2.0, 0.7]), 0.01, 60)[-1]
    counts = []
    for start in rng.uniform([-3, -0.5], [3, 3], size=(100, 2)):
        points = []

        def value(p, points=points):
            points.append(p)
            return np.sum((page["decay"](p, t) - y) ** 2) / 2

        bfgs(value, lambda p: page["slopes"](p, t).T @ (page["decay"](p, t) - y), start, tol=1e-6)
        points = np.unique(points, axis=0, return_index=True)
        points = points[0][np.argsort(points[1])]
        counts.append(1 + np.argmax(np.linalg.norm(points - best, axis=1) < 1e-3))
    assert few < 0.7 * np.median(counts)


def test_the_fisher_information_of_softmax_regression_is_its_hessian():
    """There the logits are linear in the weights, so that the cut drops nothing; no label matters."""
    said(
        "also the mean of $\\nabla\\log p_y\\,(\\nabla\\log p_y)^\\top$ if the labels $y$ are drawn"
    )
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(6, 3)), rng.normal(size=(3, 4))
    p = np.exp(x @ w)
    p /= p.sum(axis=1, keepdims=True)
    cut, drawn = np.zeros((12, 12)), np.zeros((12, 12))
    for row, q in zip(x, p, strict=True):
        jacobian = np.kron(row[None], np.eye(4))  # of the logits by W, row by row
        cut += jacobian.T @ (np.diag(q) - np.outer(q, q)) @ jacobian / 6
        for label, chance in enumerate(q):
            slope = jacobian.T @ (np.eye(4)[label] - q)
            drawn += chance * np.outer(slope, slope) / 6
    np.testing.assert_allclose(cut, drawn, atol=1e-12)
    hessian = [hessian_product(x, w, e.reshape(3, 4), 0.0).ravel() for e in np.eye(12)]
    np.testing.assert_allclose(cut, hessian, atol=1e-12)
    # For short steps it is the divergence of the predictions, twice.
    d = 1e-4 * rng.normal(size=(3, 4))
    q = np.exp(x @ (w + d))
    q /= q.sum(axis=1, keepdims=True)
    divergence = np.mean(np.sum(p * np.log(p / q), axis=1))
    assert divergence == pytest.approx(d.ravel() @ cut @ d.ravel() / 2, rel=1e-3)


def test_two_small_matrices_stand_for_a_large_one():
    said("For a layer of 64 inputs and 32 outputs that is $64^2 + 32^2 = 5{,}120$ numbers")
    assert 64**2 + 32**2 == 5120
    said("in place of $2048^2$, some four million")
    assert (64 * 32) ** 2 == pytest.approx(4e6, rel=0.05)
    rng = np.random.default_rng(0)
    a, b, g = (rng.normal(size=shape) for shape in ((20, 3), (20, 2), (2, 3)))
    a, b = a.T @ a / 20, b.T @ b / 20
    whole = np.linalg.solve(np.kron(b, a), g.ravel()).reshape(2, 3)
    np.testing.assert_allclose(np.linalg.inv(b) @ g @ np.linalg.inv(a), whole)


def test_the_polynomials_of_muon():
    said("which leads to 1")
    said("Muon's lifts all above 0.0015 to between 0.68 and 1.21")
    sizes = np.geomspace(0.00151, 1, 50_000)
    cubic, quintic = sizes, sizes
    for _ in range(5):
        cubic = 1.5 * cubic - 0.5 * cubic**3
        quintic = 3.4445 * quintic - 4.775 * quintic**3 + 2.0315 * quintic**5
    assert (quintic.min(), quintic.max()) == pytest.approx((0.68, 1.205), abs=0.006)
    assert cubic[sizes > 1 / 3].min() > 0.98
    assert cubic[sizes < 0.1].max() < 0.7


@pytest.mark.parametrize("seed", range(60, 65))  # the page has 0 to 4
def test_the_direction_matters_and_not_its_length_alone(page, seed):
    said("On this network it does, and unit length alone does not: the direction matters.")
    best = {
        name: min(page["ends"](direction, lr, seed) for lr in rates)
        for name, (direction, rates) in page["rivals"].items()
    }
    muon = best.pop("singular values 1")
    assert muon < min(best.values())
    assert best["momentum, unit length"] > 2 * muon
