"""The numbers and claims in the prose of the chapter on bias and variance, computed anew."""

import re

import numpy as np
import pytest

from gradus import data, nn
from solutions.bias_variance import (
    exact_decomposition,
    expected_training_error,
    leave_one_out,
    penalty_for,
    smoother_matrix,
    unbiased_bias_squared,
    variance_parts,
)
from tests.conftest import ROOT

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "bias-variance.md").read_text("utf-8"))
X, GRID = np.linspace(0, 10, 20), np.linspace(0, 10, 201)
DEGREES = np.arange(15)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


def f(x):
    return x + 2 * np.sin(1.5 * x)


def fit_polynomial(x, y, degree, x_new):
    return np.polynomial.Polynomial.fit(x, y, degree)(x_new)


def simulate_targets(truth, noise_sd, n_sets, rng):
    return rng.normal(truth, noise_sd, size=(n_sets, len(truth)))


def smoother(degree, penalty=0.0, x=X, x_new=GRID):
    old, new = (np.polynomial.legendre.legvander((a - 5) / 5, degree) for a in (x, x_new))
    return smoother_matrix(old, new, penalty)


def parts(degree, noise_sd=1.0, penalty=0.0, x=X, x_new=GRID):
    """Mean squared bias and mean variance."""
    found = exact_decomposition(smoother(degree, penalty, x, x_new), f(x), f(x_new), noise_sd)
    return np.array([part.mean() for part in found])


CURVES = np.array([parts(degree) for degree in DEGREES])


def test_the_total_is_not_constant():
    said("The line: 2.05. Degree 10: 0.062, of which 0.04 is noise that nobody can avoid.")
    said("the sum goes from 2.05 (degree 1) to 0.062 (degree 10) and up again")
    assert sum(parts(1, 0.2)) + 0.04 == pytest.approx(2.05, abs=5e-3)
    assert sum(parts(10, 0.2)) + 0.04 == pytest.approx(0.062, abs=5e-4)
    assert sum(parts(17, 0.2)) > 10


@pytest.fixture(scope="module")
def page(run_chapter):
    return run_chapter("bias-variance")


def test_more_parameters_than_few_may_predict_better():
    said("with fewer parameters than data the variance grows, and the error beyond its best")
    assert (np.diff(CURVES[:, 1]) > 0).all()
    best = CURVES.sum(axis=1).argmin()
    assert 0 < best < len(CURVES) - 1
    assert CURVES[best].sum() < 0.5 * CURVES[0].sum()
    assert (np.diff(CURVES[best:].sum(axis=1)) > 0).all()


def test_the_best_degrees_and_what_they_are_made_of():
    said("at the optimum for $\\sigma = 1$ the variance is 19 times the squared bias,")
    said("for $\\sigma = 3$ less than half of it.")
    said("The sum is lowest at degree 8")
    assert np.argmin(CURVES.sum(axis=1)) == 8
    assert CURVES[8, 1] / CURVES[8, 0] == pytest.approx(19, abs=0.5)
    strong = CURVES[np.argmin(CURVES @ [1, 9])]
    assert 9 * strong[1] / strong[0] < 0.5
    said("(Degree 8 without a penalty had 1.43:")
    assert CURVES[8].sum() + 1 == pytest.approx(1.43, abs=5e-3)
    equal = np.argmin(np.abs(CURVES[:, 0] - CURVES[:, 1]))
    assert equal == 6
    assert CURVES[equal].sum() > CURVES[8].sum() + 0.2


def test_degree_0_has_the_largest_bias():
    said("degree 0 uses all 20 targets, every one with the same weight, and has the largest bias")
    assert smoother(0) == pytest.approx(1 / 20)
    assert CURVES[:, 0].argmax() == 0


def test_conditions_of_the_bases():
    said("the last column of the features reaches $10^d$ while the first stays at 1")
    u = (X - 5) / 5
    raw, scaled = (np.linalg.cond(np.vander(inputs, 11)) for inputs in (X, u))
    legendre = np.linalg.cond(np.polynomial.legendre.legvander(u, 10))
    assert raw > 1e11
    assert 1e3 < scaled < 1e4
    assert legendre < 10


def test_a_smaller_model_than_was_asked_for():
    said(
        "Without all that `lstsq` fits a *smaller* model than you asked for, and says so only by the rank and by residuals that come back empty"
    )
    said("with years as inputs, a cubic is enough")
    years = 2000 + 2 * X
    powers = np.vander(years, 4)
    theta, residuals, rank, _ = np.linalg.lstsq(powers, f(X), rcond=None)
    assert rank == 3
    assert residuals.size == 0
    assert np.linalg.lstsq(powers[:, 1:], f(X), rcond=None)[1].size == 1
    assert np.abs(powers @ theta - fit_polynomial(years, f(X), 3, years)).max() > 0.1


def test_the_first_picture():
    said("at degree 19 it passes through all 20 points")
    said("It cannot get below about $\\sigma^2 = 1$")
    said("Degree 15 passes near every point and swings far away from the wave at the left end.")
    rng = np.random.default_rng(1)
    y = f(X) + rng.normal(size=20)
    x_test = rng.uniform(0, 10, size=10_000)
    y_test = f(x_test) + rng.normal(size=10_000)
    train, test = np.transpose(
        [
            (
                np.mean((y - fit_polynomial(X, y, degree, X)) ** 2),
                np.mean((y_test - fit_polynomial(X, y, degree, x_test)) ** 2),
            )
            for degree in range(20)
        ]
    )
    assert (np.diff(train) < 1e-9).all()
    assert train[19] < 1e-9
    assert test.min() > 0.95
    assert test[8] < test[1] < test[15] < test[19]
    far = np.abs(fit_polynomial(X, y, 15, GRID) - f(GRID))
    assert GRID[far.argmax()] < 1
    assert far.max() > 5


def test_the_average_of_many_is_good_at_degree_13():
    said("at degree 13 the thick line covers the dotted one")
    targets = simulate_targets(f(X), 1.0, 300, np.random.default_rng(0))
    fan = np.array([fit_polynomial(X, y, 13, GRID) for y in targets])
    assert np.abs(fan.mean(axis=0) - f(GRID))[5:-5].max() < 0.3
    assert fan.var(axis=0).mean() > 1


def test_optimism():
    said("The gap, $2\\sigma^2 p/n$, is called the **optimism**")
    for degree in (1, 8, 15):
        train = expected_training_error(smoother(degree, x_new=X), f(X), 1.0)
        bias2, spread = parts(degree, x_new=X)
        share = (degree + 1) / 20
        assert spread == pytest.approx(share)
        assert train == pytest.approx(bias2 + 1 - share)
        assert bias2 + spread + 1 - train == pytest.approx(2 * share)


@pytest.mark.parametrize("seed", range(5))
def test_the_trace_stands_for_p_in_the_optimism_alone(seed):
    said("the second holds with $\\operatorname{tr}(S)$ in the place of $p$")
    rng = np.random.default_rng(seed)
    matrix = smoother(12, penalty=rng.uniform(0.1, 3.0), x_new=X)
    truth, noise_sd = rng.normal(size=20), rng.uniform(0.5, 2.0)
    bias2, spread = exact_decomposition(matrix, truth, truth, noise_sd)
    new = bias2.mean() + spread.mean() + noise_sd**2
    share = noise_sd**2 * np.trace(matrix) / 20
    assert new - expected_training_error(matrix, truth, noise_sd) == pytest.approx(2 * share)
    assert spread.mean() < 0.95 * share


def test_the_product_of_noise_and_deviation():
    """E[e_i (mean h_i - h_i)] = -sigma^2 S_ii, by simulation."""
    said("= -\\,\\sigma^2 S_{ii} ,")
    matrix, count = smoother(4, x_new=X), 50_000
    noise = simulate_targets(np.zeros(20), 1.3, count, np.random.default_rng(0))
    products = -noise * (noise @ matrix.T)
    error = products.std(axis=0) / np.sqrt(count)
    assert (np.abs(products.mean(axis=0) + 1.69 * np.diag(matrix)) < 4.5 * error).all()


def test_the_bias_of_the_estimated_bias():
    said("Degree 12 has next to no bias: $0.00001$, averaged over $x$.")
    said("one would have reported a squared bias of 0.17 where there is almost none")
    assert CURVES[12, 0] == pytest.approx(1e-5, abs=5e-6)
    assert CURVES[12].sum() / 5 == pytest.approx(0.17, abs=5e-3)
    said("The corrected estimates miss it by about 0.003 at most, for every $K$.")
    targets = simulate_targets(f(X), 1.0, 2000, np.random.default_rng(6))
    for count in (2, 5, 20, 100):
        groups = np.split(targets @ smoother(12).T, 2000 // count)
        estimate = np.mean([unbiased_bias_squared(group, f(GRID)) for group in groups])
        assert abs(estimate) < 0.0035
    said("$0.5 - 1.2/3 = 0.1$")
    three = np.array([[-1.0], [0.2], [1.1]])  # variance with divisor 2 is about 1.1
    plain = (three.mean() - 0.8) ** 2
    expected = plain - three.var(ddof=1) / 3
    assert unbiased_bias_squared(three, np.array([0.8])) == pytest.approx(expected)


def test_the_middle_is_calm_and_the_end_is_not():
    said("at degree 19 it is enormous between those near the ends, though not in the middle")
    assert parts(19, x_new=X)[1] == pytest.approx(1)
    assert parts(19)[1] > 1e5
    assert parts(19, x_new=np.array([4.9]))[1] < 1
    assert parts(15, x_new=np.array([9.8]))[1] > 100 * parts(15, x_new=np.array([4.9]))[1]


def test_more_data():
    said("the training error and that on new targets soon meet at 3")
    said("While there are many more data than parameters, variance falls like $1/n$")
    many, few = (parts(8, x=np.linspace(0, 10, n)) for n in (200, 50))
    assert few[1] / many[1] == pytest.approx(4, rel=0.1)
    line = parts(1, x=np.linspace(0, 10, 200))
    assert sum(line) + 1 == pytest.approx(3, abs=0.05)


def test_the_dartboards():
    said("the darts lie far from the centre, up and to the right")
    places = np.array([3.0, 7.0])
    for degree, bias in ((1, 2.0), (9, 0.0)):
        matrix = smoother(degree, x_new=places)
        assert matrix @ f(X) - f(places) == pytest.approx([bias, bias], abs=0.25)
    line, flexible = (parts(degree, 1.0, x_new=places)[1] for degree in (1, 9))
    assert flexible > 3 * line


def test_ridge():
    said("Degree 15 without a penalty has an expected error of 10.7, nearly all of it variance")
    said("The error falls from 10.7 to 1.7.")
    said("A penalty of 1,000 brings it to 11.2, nearly that of a constant (11.3).")
    said("the total is lowest, at 1.7, near 0.3.")
    said("squared bias rises from nearly zero to 9 between 0.1 and 100")
    assert parts(15, penalty=0.1)[0] < 0.15
    assert parts(15, penalty=100)[0] == pytest.approx(9, abs=0.2)
    plain = parts(15)
    assert plain.sum() + 1 == pytest.approx(10.7, abs=0.05)
    assert plain[1] / plain.sum() > 0.99
    penalties = np.geomspace(1e-4, 1e3, 29)
    totals = np.array([parts(15, penalty=penalty).sum() + 1 for penalty in penalties])
    assert totals.min() == pytest.approx(1.7, abs=0.05)
    assert 0.1 < penalties[totals.argmin()] < 1
    assert parts(15, penalty=1e3).sum() + 1 == pytest.approx(11.2, abs=0.05)
    assert CURVES[0].sum() + 1 == pytest.approx(11.3, abs=0.05)


def test_the_best_penalty_of_one_direction_is_noise_against_signal():
    said("that is, $\\lambda = \\sigma^2/\\theta_j^2$: noise against signal")
    theta, sigma, s = 0.7, 1.3, 2.1
    penalties = np.linspace(0, 10, 100_001)
    factor = s**2 / (s**2 + penalties)
    error = (1 - factor) ** 2 * theta**2 + factor**2 * sigma**2 / s**2
    assert penalties[error.argmin()] == pytest.approx(sigma**2 / theta**2, abs=1e-3)
    assert error[1] < error[0]


def test_what_choosing_by_each_criterion_costs(page):
    said("The training error picks the largest model whenever it is asked.")
    said("The corrected one does nearly as well as if it knew the truth")
    said(
        "and is no better here than validation on five targets: half of its choices are of degree 1 to 3"
    )
    said("$S_{ii}$ is close to 1 there, and these few errors decide")
    said("nearly as good as the corrected one, without $\\sigma$")
    totals = CURVES.sum(axis=1) + 1
    costs = []
    for seed in range(1, 6):
        chosen = page["choices"](60, np.random.default_rng(seed))
        assert (chosen[0] == 14).all()
        costs.append(totals[chosen].mean(axis=1))
    training, corrected, validation, one_out, generalised = np.mean(costs, axis=0)
    assert corrected < totals.min() + 0.25
    assert corrected < generalised < corrected + 0.35
    assert abs(one_out - validation) < 0.4
    assert min(one_out, validation) > generalised + 0.2
    assert training > max(one_out, validation) + 0.8
    chosen = page["choices"](100, np.random.default_rng(7))[3]
    assert np.mean((chosen >= 1) & (chosen <= 3)) == pytest.approx(0.5, abs=0.15)
    weights = np.diag(smoother(10, x_new=X))
    assert weights[[0, -1]].min() > 0.9 > 0.7 > weights[2:-2].max()
    # Without the two ends, leaving one out would choose no such degree.
    inner = []
    for y in simulate_targets(f(X), 1.0, 50, np.random.default_rng(3)):
        errors = [leave_one_out(smoother(d, x_new=X), y)[1:-1] for d in DEGREES]
        inner.append(np.argmin(np.mean(np.square(errors), axis=1)))
    assert np.mean(np.array(inner) <= 3) < 0.35
    assert totals[14] > 3.5


def test_one_fit_leaves_each_out():
    said("For least squares and ridge this takes **one fit, not $n$**.")
    y = f(X) + np.random.default_rng(0).normal(size=20)
    for degree in (1, 6):
        errors = [
            y[i] - fit_polynomial(np.delete(X, i), np.delete(y, i), degree, X[i]) for i in range(20)
        ]
        assert leave_one_out(smoother(degree, x_new=X), y) == pytest.approx(errors)


def test_degrees_of_freedom(page):
    said("All 16 parameters are there, and but for the constant none is free.")
    constant = smoother(15, 1e9, x_new=X)
    assert constant @ f(X) == pytest.approx(np.full(20, f(X).mean()), abs=1e-3)
    said("for orthogonal features that are all penalised, the sum of the factors $c_j$")
    table = page["features"](X, 15)
    for freedom in (3, 6, 9, 12):
        penalty = penalty_for(table, freedom)
        matrix = smoother(15, penalty, x_new=X)
        assert np.trace(matrix) == pytest.approx(freedom)
        # The optimism is that of as many parameters.
        bias2, spread = parts(15, penalty=penalty, x_new=X)
        gap = bias2 + spread + 1 - expected_training_error(matrix, f(X), 1.0)
        assert gap == pytest.approx(2 * freedom / 20)


def test_the_widest_network():
    said("the widest network has over forty times as many parameters as examples")
    assert 40 < (64 * 64 + 64 + 64 * 10 + 10) / 100 < 50


def predicted(p, n, rng, penalty=None):
    """The test outputs of p random features, fitted to n digits."""
    digits = data.digits()
    rows = rng.permutation(len(digits.y_train))[:n]
    w, b = 0.3 * rng.normal(size=(64, p)), rng.uniform(0, 2 * np.pi, p)
    old, new = (np.cos(x @ w + b) for x in (digits.x_train[rows], digits.x_test))
    targets = np.eye(10)[digits.y_train[rows]] - 0.1
    if penalty is None:
        return new @ np.linalg.lstsq(old, targets, rcond=None)[0] + 0.1
    return new @ old.T @ np.linalg.solve(old @ old.T + penalty * np.eye(n), targets) + 0.1


def test_more_data_may_raise_the_variance(page):
    said(
        "The variance *rises* as data are added from 25 to 92, by a factor of 8, and falls only beyond."
    )
    said("The variance rises from 25 images to a sharp peak at 100, the total from 50, and both")
    said("With a penalty the total falls all the way.")
    factors, totals = [], []
    for seed in range(1, 6):
        by_n = page["by_sample"]((25, 50, 92, 300), np.random.default_rng(seed))
        (few, some, as_many, more), total, tamed = by_n
        totals.append(total)
        assert few < some < as_many
        assert more < few
        assert total[2] > 1.5 * total[0] > total[3]
        assert (np.diff(tamed) < 0).all()
        factors.append(as_many / few)
    assert np.mean(factors) == pytest.approx(8, abs=1.5)
    assert (np.diff(page["by_n"][2]) < 0).all()
    # Up to 50 the fall of the bias makes up for it.
    start, some, as_many, _ = np.mean(totals, axis=0)
    assert some < 1.02 * start and as_many > 3 * some


def test_with_a_penalty_there_is_no_peak():
    said("Both peaks belong to fitting to the last digit: with the penalty there is none")
    onehot, rng, errors = np.eye(10)[data.digits().y_test], np.random.default_rng(1), []
    for p in (30, 60, 92, 150, 400):
        runs = [
            np.mean(np.sum((predicted(p, 100, rng, 1.0) - onehot) ** 2, axis=1)) for _ in range(12)
        ]
        errors.append(np.mean(runs))
    assert errors == sorted(errors, reverse=True)


def test_double_descent():
    said("exactly at 100 the error is far above the picture, and left out")
    said("a U with its minimum near 30 features")
    said("here to below the first minimum")
    onehot = np.eye(10)[data.digits().y_test]

    def error(p, rng):
        return np.mean(np.sum((predicted(p, 100, rng) - onehot) ** 2, axis=1))

    for seed in range(5):
        rng = np.random.default_rng(seed)
        few, first, more, near, at, far = (
            np.mean([error(p, rng) for _ in range(6)]) for p in (10, 30, 60, 92, 100, 800)
        )
        assert far < 0.6 * first < first < few < near < at
        assert first < more < near
        assert at > 5


def test_recall_answers():
    said("$1 - 9/20 = 0.55$ and $1 + 9/20 = 1.45$.")
    rng = np.random.default_rng(0)
    features = np.column_stack([np.ones(20), rng.normal(size=(20, 8))])
    truth = features @ rng.normal(size=9)
    matrix = smoother_matrix(features, features)
    assert expected_training_error(matrix, truth, 1.0) == pytest.approx(0.55)
    bias2, spread = exact_decomposition(matrix, truth, truth, 1.0)
    assert bias2.mean() + spread.mean() + 1 == pytest.approx(1.45)


def test_conversions_of_the_penalty():
    """Where ridge with the converted penalty ends, the gradient of each framework's loss is zero."""
    said("`weight_decay` $w$ adds $\\tfrac w2\\lVert\\theta\\rVert^2$: $\\lambda = n w / 2$")
    said("`L2(l)` adds $l\\lVert\\theta\\rVert^2$: $\\lambda = n l$")
    rng = np.random.default_rng(0)
    n, rate = 12, 0.3
    x, y = rng.normal(size=(n, 3)), rng.normal(size=n)
    for penalty, gradient_of_penalty in ((n * rate / 2, rate), (n * rate, 2 * rate)):
        theta = np.linalg.solve(x.T @ x + penalty * np.eye(3), x.T @ y)
        gradient = 2 / n * x.T @ (x @ theta - y) + gradient_of_penalty * theta
        assert np.abs(gradient).max() < 1e-12


def test_wide_networks_have_less_variance_than_middling_ones(page):
    said("Variance rises at first and then falls")
    found = []
    for seed in range(20, 25):
        rng, found_here = np.random.default_rng(seed), []
        parts = rng.permutation(1000)[:600].reshape(6, 100)
        for width in (3, 5, 64):
            network = nn.MLP((64, width, 10))
            outputs = np.array([page["probabilities"](network, rows, rng)[0] for rows in parts])
            found_here.append(outputs.var(axis=0, ddof=1).mean())
        assert found_here[2] < 0.7 * found_here[1]
        found.append(found_here)
    narrow, middling, _ = np.mean(found, axis=0)
    assert middling > narrow


def test_the_variance_of_the_data_rises_and_that_of_the_start_falls(page):
    said("The part of the data rises with the width, as it does for polynomials")
    said("it is the part of the start that falls")
    found = []
    for seed in range(21, 26):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(1000)[:600].reshape(6, 100)  # other data than the page's
        for width in (4, 16, 64):
            network = nn.MLP((64, width, 10))
            outputs = np.array(
                [
                    [page["probabilities"](network, part, rng)[0].ravel() for _ in range(2)]
                    for part in rows
                ]
            )
            found.append(variance_parts(outputs))
    by_data, by_start = np.moveaxis(np.reshape(found, (5, 3, 2)), -1, 0)
    assert (np.diff(by_start) < 0).all()
    narrow, middling, wide = by_data.mean(axis=0)
    assert 2 * narrow < middling < wide


def test_five_kinks_are_the_start_s_and_two_hundred_the_data_s(page):
    said("Five kinks are where the start put them: twelve starts on one data set disagree")
    said('the averages over starts, chosen by "data", differ little from one data set to another')
    said("With 200 every start leads to nearly the same fit, and that one follows the noise")
    said("A penalty takes most of that, and brings some bias.")
    for seed in range(20, 25):
        rng = np.random.default_rng(seed)
        starts = [(rng.choice([-1, 1], 200), rng.uniform(0, 10, 200)) for _ in range(40)]
        (_, few_data, few_start), best, (none, many_data, many_start), (bias2, tamed, _) = (
            page["both_accidents"](p, 1.0, penalty, starts)
            for p, penalty in ((5, 0.01), (20, 0.01), (200, 0.01), (200, 3.0))
        )
        assert few_start > 4 * few_data and few_data < 0.2
        assert many_start < 0.02 * many_data and none < 0.001
        assert tamed < 0.5 * many_data and bias2 > 0.1
        # The labels of its figure: lowest near 20 units.
        totals = [sum(page["both_accidents"](p, 1.0, 0.01, starts)) for p in (10, 16, 25, 50)]
        assert sum(best) < totals[0] and sum(best) < totals[3]
        assert max(totals[1:3]) < min(totals[0], totals[3])
        few, some, many = (page["both_accidents"](p, 1.0, 0.01, starts) for p in (3, 20, 100))
        assert few[0] > 1.5 and few[2] > 2.5 and few[1] < 0.2
        assert some[0] < 0.05 and many[2] < 0.05


def test_both_accidents_are_those_of_simulated_fits(page):
    # By the exercise, on fits to twelve data sets whose twelve starts are their own.
    rng = np.random.default_rng(1)
    for p, noise_sd, penalty in ((12, 0.5, 0.1), (40, 2.0, 0.01)):
        starts = [(rng.choice([-1, 1], p), rng.uniform(0, 10, p)) for _ in range(12 * 12 * 8)]
        exact = page["both_accidents"](p, noise_sd, penalty, starts)
        simulated, it = [], iter(starts)
        for _ in range(8):
            outputs = np.empty((12, 12, len(GRID)))
            for d in range(12):
                y = f(X) + noise_sd * rng.normal(size=20)
                for s in range(12):
                    start = next(it)
                    old, new = (page["random_units"](x, start, p) for x in (X, GRID))
                    # The rows of a penalty: another way to the same fit.
                    rows = np.vstack([old, penalty**0.5 * np.eye(p)])
                    wanted = np.concatenate([y, np.zeros(p)])
                    outputs[d, s] = new @ np.linalg.lstsq(rows, wanted, rcond=None)[0]
            simulated.append(variance_parts(outputs))
        found = np.mean(simulated, axis=0)
        error = np.std(simulated, axis=0, ddof=1) / 8**0.5
        assert (np.abs(found - exact[1:]) < 4 * error).all()
        assert (error < 0.15 * np.array(exact[1:])).all()


def test_the_peak_is_what_data_and_features_bring_together(page):
    said(
        "The data alone bring a part that rises and has no peak, the features alone one that falls."
    )
    said("**The peak is what they bring together**")
    said(
        "So averaging over *either* takes it away {cite:p}`adlam2020`: over five, as in the table, all but a fifth"
    )
    others = np.array(
        [
            [page["crossed"](p, np.random.default_rng(s)) for s in range(20, 25)]
            for p in (30, 92, 400)
        ]
    )
    for found in (page["peak_parts"], others):
        by_data, by_features, both, one, over_features, over_data = np.moveaxis(found, -1, 0)
        assert (by_data[0] < 0.7 * by_data[1]).all()
        assert abs(by_data[1].mean() - by_data[2].mean()) < 0.25 * by_data[2].mean()
        assert (np.diff(by_features, axis=0) < 0).all()
        assert (both[1] > 10 * both[[0, 2]]).all() and (both[1] > 0.9 * (one[1] - 0.35)).all()
        # Of the whole height of the peak a fifth, its share of the average of five, stays.
        for average in (over_features, over_data):
            assert (average[1] < 0.3 * one[1]).all()
            assert (average[1] > average[[0, 2]] + 0.2).all()
    # Between those three numbers of features there is no peak of one alone either.
    counts = (20, 40, 60, 80, 108, 125, 200, 800)
    draws = [[page["crossed"](p, np.random.default_rng(s)) for s in range(5)] for p in counts]
    by_data, by_features, both = np.mean(draws, axis=1).T[:3]
    assert np.all(np.diff(by_data) > -0.03) and by_data.max() < 0.15
    assert np.all(np.diff(by_features) < 0.02) and by_features.max() < 0.2
    assert np.argmax(both) == 4 and both[4] > 10 * by_data[4]


def test_on_glyphs_the_data_s_part_rises_and_that_of_the_start_falls(page):
    said("It is the same there, and the sum falls.")
    others = [[page["glyph_parts"](w, s) for s in range(20, 25)] for w in (24, 64)]
    for parts in (page["letter_parts"], np.array(others)):
        by_data, by_start = parts[..., 1], parts[..., 2]
        assert np.all(np.diff(by_data.mean(axis=1)) > 0)
        assert np.all(np.diff(by_start.mean(axis=1)) < 0)
        assert np.all(by_data[1] > by_data[0]) and np.all(by_start[1] < by_start[0])
        assert np.all(np.diff(parts.sum(axis=2).mean(axis=1)) < 0)


def test_more_data_cure_the_first_accident(page):
    said("with sixteen times as many images its part falls to less than a tenth")
    said("That of the start falls more slowly, to a third or a half")
    said("with 1,600 images it is nearly half of the variance")
    others = np.array([page["accidents"](seed) for seed in range(20, 25)])
    for both in (page["both"], others):
        assert (both[:, 2, 0] < 0.1 * both[:, 0, 0]).all()
        few, _, many = both.mean(axis=0)
        assert 0.25 < many[1] / few[1] < 0.58
        assert few[1] / few.sum() < 0.17
        assert many[1] / many.sum() == pytest.approx(0.45, abs=0.1)
    said("with six times the steps it is about a quarter there, still about twice its share with")
    longer = [page["accidents"](seed, (100, 1600), 160_000) for seed in range(20, 25)]
    few, many = np.moveaxis(longer, 1, 0).mean(axis=1)
    assert many[1] / many.sum() == pytest.approx(0.26, abs=0.07)
    assert many[1] / many.sum() / (few[1] / few.sum()) == pytest.approx(2.1, abs=0.5)
