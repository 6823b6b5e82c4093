"""The numbers and claims that the prose of the chapter on Newton's method states, computed anew."""

import itertools
import re
from types import FunctionType

import jupytext
import numpy as np
import pytest

from gradus import data, minimise, nn, problems
from solutions import newton as reference
from solutions.newton import conjugate_gradient, newton_step
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "newton.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)
ROSENBROCK = problems.get("rosenbrock")


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page():
    """What some cells define, run with the references as the site is."""
    world = vars(reference) | {"data": data, "minimise": minimise, "nn": nn}
    for cell in jupytext.reads(SOURCE, fmt="md:myst").cells:
        if cell.cell_type == "code" and re.search(
            r"^(def (newton|nonlinear_cg|softmax_gradient|trust_region)|class Softmax)\b",
            cell.source,
            re.M,
        ):
            # Definitions alone: what a cell measures is measured below, where it is needed.
            code = cell.source.split("\nstarts = ")[0].split("\nrules = ")[0].split("\nhs = ")[0]
            code = code.split('\nprint("')[0]
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
    said("to solve $H d = -g$ takes a third of the arithmetic")
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
    said("On Rosenbrock's function the bare method is the *faster* one")
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


@pytest.mark.parametrize("seed", range(5))
def test_the_leap_that_the_line_search_forbids(page, seed):
    said("was luck, but luck that most starts share, and the line search forbids it")
    starts = np.random.default_rng(seed).uniform(-3, 3, size=(40, 2))
    leaps, counts = 0, []
    for start in starts:
        damped = theta = start
        values = [ROSENBROCK.value(theta)]
        for _ in range(6):
            theta = newton_step(theta, ROSENBROCK.gradient(theta), ROSENBROCK.hessian(theta))
            values.append(ROSENBROCK.value(theta))
        leaps += any(new > old + 1e-8 for old, new in itertools.pairwise(values))
        # It is not the damping: without the line search that is as fast as the bare method.
        count = 0
        while np.abs(grad := ROSENBROCK.gradient(damped)).max() > 1e-5 and count < 100:
            damped = damped + page["safe_direction"](grad, ROSENBROCK.hessian(damped))
            count += 1
        given = ROSENBROCK.value, ROSENBROCK.gradient, ROSENBROCK.hessian, start
        counts.append((count, page["newton"](*given, safe=False)[1], page["newton"](*given)[1]))
    assert leaps > 0.8 * len(starts)
    without, bare, safe = np.median(counts, axis=0)
    assert without <= bare + 1 and safe > 2 * bare


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
    b = np.random.default_rng(0).normal(size=100)

    def error(eigenvalues, steps):
        off = conjugate_gradient(np.diag(eigenvalues), b, steps) - b / eigenvalues
        return np.sqrt(np.sum(eigenvalues * off**2, axis=1) / np.sum(b**2 / eigenvalues))

    assert error(np.repeat([1.0, 30.0, 100.0, 600.0, 990.0], 20), 5)[-1] < 1e-8
    assert error(np.geomspace(1, 1000, 100), 100)[-1] > 1e-6
    assert error(np.linspace(1, 1000, 100), 100).min() < 1e-12


@pytest.mark.parametrize("seed", range(5))  # the page has 0
def test_the_stairs_of_clusters_grow_with_their_width(seed):
    said("in stairs of $m$ steps or more: the wider the clusters, the longer")
    said("with five clusters it falls in stairs of about eleven steps")
    centres = np.repeat([1.0, 30.0, 100.0, 600.0, 990.0], 20)
    rng = np.random.default_rng(seed)
    off, b, enough = rng.uniform(-1, 1, 100), rng.normal(size=100), []
    for width in (1e-2, 1e-3, 1e-4, 1e-6):
        eigenvalues = centres * (1 + width * off)
        errors = conjugate_gradient(np.diag(eigenvalues), b, 60) - b / eigenvalues
        errors = np.sqrt(np.sum(eigenvalues * errors**2, axis=1))
        enough.append(np.argmax(errors < 1e-8 * errors[0]))
        assert errors[4] > 0.5 * errors[0]  # no fall in fewer steps than clusters
        if width == 1e-2:  # that of the page
            steps, logs = np.arange(57), np.log(errors[:57])
            waves = logs - np.polyval(np.polyfit(steps, logs, 1), steps)
            waves = np.abs(np.fft.rfft(waves, 1024))  # periods of 3 to 20 steps
            assert 1024 / (50 + np.argmax(waves[50:340])) == pytest.approx(11, abs=0.6)
    assert enough == sorted(enough, reverse=True) and enough[0] > 2.5 * enough[-1]


def test_a_difference_of_gradients_beside_the_derived_product(page):
    said("it falls as h falls, to below 1e-9 near h = 1e-4, and rises again for smaller steps")
    hs, rng = np.logspace(-12, 0, 13), np.random.default_rng(7)
    off = np.array([page["errors_of_differences"](rng, hs) for _ in range(5)])
    assert set(off.argmin(axis=1)) <= {7, 8, 9}  # 1e-5 to 1e-3
    assert np.median(off[:, 8]) < 1e-9
    assert off[:, 0].min() > 1e-3
    assert off[:, 12].min() > 1e-5


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


@pytest.mark.parametrize("seed", range(6))  # 0: from the page's beginnings
def test_a_loose_search_costs_conjugate_gradients_three_times_the_steps(page, seed):
    said(
        "conjugate gradients need at least three times as many steps on the functions below, and twice as many values of $f$"
    )
    search, close = page["wolfe_line_search"], page["nonlinear_cg"]
    loose = {**page, "wolfe_line_search": lambda *given, c2, **rest: search(*given, c2=0.9, **rest)}
    loose = FunctionType(close.__code__, loose, argdefs=close.__defaults__)
    for name in ("rosenbrock", "long rosenbrock"):
        p = problems.get(name)
        start = p.start + (seed > 0) * np.random.default_rng(seed).normal(0, 0.3, p.start.shape)
        counts = []
        for cg in (close, loose):
            values = []

            def value(theta, f=p.value, values=values):
                values.append(f(theta))
                return values[-1]

            counts.append((cg(value, p.gradient, start)[1], len(values)))
        (few, cheap), (many, dear) = counts
        assert many > 3 * few and dear > 2 * cheap


def test_answers_and_rubric_of_the_saddle():
    said("the gradient in the basis of its eigenvectors is $(1, 1)$")
    hessian, grad = np.diag([4.0, -1.0]), np.ones(2)
    for damping, slope in ((0, 0.75), (3, -9 / 14), (0.5, 16 / 9)):
        step = newton_step(np.zeros(2), grad, hessian, damping)
        assert grad @ step == pytest.approx(slope)


@pytest.mark.parametrize("seed", range(5))
def test_the_step_of_a_trust_region_is_a_damped_one_whatever_the_signs(seed):
    said(
        "the answer is a damped step: $-(H + \\lambda_d I)^{-1} g$ with a $\\lambda_d$ that makes it fit"
    )
    said("the direction turns downhill, to $-g$, as the radius shrinks")
    rng = np.random.default_rng(seed)
    hessian, grad = np.diag([-1.0, 0.5, 3.0]), rng.normal(size=3)
    for radius in (0.1, 1.0):
        dampings = 1.0 + np.geomspace(1e-6, 1e4, 4000)
        steps = np.array([newton_step(np.zeros(3), grad, hessian, d) for d in dampings])
        step = steps[np.argmin(np.abs(np.linalg.norm(steps, axis=1) - radius))]
        angle = rng.normal(size=(20_000, 3))
        others = radius * angle / np.linalg.norm(angle, axis=1)[:, None]
        inside = others * rng.uniform(size=(20_000, 1))
        model = [d @ grad + np.sum(d @ hessian * d, axis=-1) / 2 for d in (step, others, inside)]
        assert model[0] < min(model[1].min(), model[2].min()) + 0.01 * radius
    cosines = steps @ grad / np.linalg.norm(steps, axis=1) / -np.linalg.norm(grad)
    assert cosines[-1] > 1 - 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_without_a_part_along_the_lowest_eigenvector_no_damped_step_reaches_far(seed):
    said("Unless $g$ has no part along the lowest eigenvector")
    rng = np.random.default_rng(seed)
    hessian, grad = np.diag([-1.0, 0.5, 3.0]), np.array([0.0, *rng.normal(size=2)])
    longest = newton_step(np.zeros(3), grad, hessian, 1 + 1e-9)
    assert np.linalg.norm(longest) > np.linalg.norm(newton_step(np.zeros(3), grad, hessian, 1.01))
    # In a region of twice its length the model is lower with the lowest eigenvector added.
    far = longest + np.sqrt(3) * np.linalg.norm(longest) * np.eye(3)[0]
    assert np.linalg.norm(far) == pytest.approx(2 * np.linalg.norm(longest))
    model = [d @ grad + d @ hessian @ d / 2 for d in (far, longest)]
    assert model[0] < model[1]


@pytest.mark.parametrize("seed", range(5))
def test_the_third_step_of_steepest_descent_goes_the_way_of_the_first(seed):
    said("the third goes the first one's way again")
    rng = np.random.default_rng(seed)
    for n in (2, 3, 10):
        basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
        a = (basis * rng.uniform(0.1, 10.0, size=n)) @ basis.T
        residuals = [rng.normal(size=n)]
        for _ in range(2):
            r = residuals[-1]
            residuals.append(r - (r @ r) / (r @ a @ r) * (a @ r))
        assert residuals[0] @ residuals[1] == pytest.approx(
            0, abs=1e-9 * (residuals[0] @ residuals[0])
        )
        assert residuals[0] @ residuals[2] > 0


def test_a_positive_diagonal_is_not_enough():
    said("one eigenvalue is $-1$")
    assert np.linalg.eigvalsh([[1, 2], [2, 1]]) == pytest.approx([-1, 3])


def test_points_of_conjugate_gradients_only_get_longer():
    said("the points of conjugate gradients from 0 only get longer, and the model only lower")
    rng = np.random.default_rng(3)
    for _ in range(20):
        a = rng.normal(size=(6, 6))
        a, b = a @ a.T + 0.1 * np.eye(6), rng.normal(size=6)
        points = conjugate_gradient(a, b, 5)
        assert np.all(np.diff(np.linalg.norm(points, axis=1)) > 0)
        assert np.all(np.diff(np.sum(points @ a * points, axis=1) / 2 - points @ b) < 0)


def test_a_trust_region_is_as_safe(page):
    said("As safe as damping with a line search, in about as many steps")
    rng = np.random.default_rng(1)
    for name in ("rosenbrock", "two wells", "logistic"):
        p, counts = problems.get(name), []
        for _ in range(60):
            given = p.value, p.gradient, p.hessian, rng.uniform(-3, 3, size=len(p.start))
            theta, count = page["trust_region"](*given)
            assert count < 300
            assert np.linalg.eigvalsh(p.hessian(theta))[0] > 0
            counts.append((count, page["newton"](*given)[1]))
        region, search = np.median(counts, axis=0)
        assert 0.5 < region / search < 2


@pytest.mark.parametrize("seed", range(20, 25))  # the page has 0 to 4
def test_newton_by_products_beside_nonlinear_conjugate_gradients(page, seed):
    said("with the one Newton-CG is ahead, with the other about level")
    said("It asks at a tenth of the points")
    points, few, products, a, b = page["costs"](np.random.default_rng(seed))
    assert few < 0.12 * points
    assert few + products < 0.9 * points
    assert 0.75 < (few + 1.5 * products) / points < 1.25
    assert a == pytest.approx(b, abs=1e-5)
    said("it makes far fewer steps, and the first trial of each is nearly always good")
    rows = np.random.default_rng(seed).permutation(1197)[:600]
    one, two = page["Softmax"](rows), page["Softmax"](rows)
    _, many = page["nonlinear_cg"](one.value, one.gradient, np.zeros(640))
    _, steps = page["trust_region"](two.value, two.gradient, two.hessian, np.zeros(640))
    # As many points as steps, and the start: a step that is refused leaves a point, too.
    losses = [one.value(np.frombuffer(point)) for point in two.points]
    assert steps < many / 5 and len(losses) == few <= steps + 1
    assert len(set(losses)) == few


@pytest.mark.parametrize("seed", range(5))
def test_the_step_without_saddles_leads_downhill_and_away(seed):
    said("downhill wherever no eigenvalue is 0, and away from a saddle along the eigenvectors of")
    rng = np.random.default_rng(seed)
    vectors = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    eigenvalues = np.array([-2.0, -0.1, 0.5, 3.0])
    theta = rng.normal(size=4)  # the saddle is at 0
    grad = vectors @ (eigenvalues * (vectors.T @ theta))
    step = -vectors @ (vectors.T @ grad / np.abs(eigenvalues))
    assert grad @ step < 0
    before, after = vectors.T @ theta, vectors.T @ (theta + step)
    assert after == pytest.approx([2 * before[0], 2 * before[1], 0, 0])
