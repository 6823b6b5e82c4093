"""The references of the chapter on boosting: recorded rounds, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions.boosting import (
    adaboost,
    fit_stump,
    gradient_boost,
    logistic_boost,
    logistic_residuals,
    tree_predict,
)

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_a_stump_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, (9, 2)).astype(float), rng.choice([-1, 1], 9)
    x[0], x[1] = 0, 1  # so that no feature is constant, and every cut lies above a value
    weights = rng.dirichlet(np.ones(9))
    feature, threshold, sign, error = fit_stump(x, y, weights)
    assert weights[np.where(x[:, feature] > threshold, sign, -sign) != y].sum() == pytest.approx(
        error, abs=1e-12
    )
    for j in range(2):
        # A cut beyond the values would be no stump, but a constant.
        for cut in np.arange(0.5, x[:, j].max()):
            wrong = weights[np.where(x[:, j] > cut, 1, -1) != y].sum()
            assert error <= min(wrong, 1 - wrong) + 1e-12


def test_a_stump_of_constant_labels_is_right_on_one_side_only():
    feature, threshold, sign, error = fit_stump(
        np.arange(4.0)[:, None], np.ones(4), np.full(4, 0.25)
    )
    assert (feature, threshold, sign, error) == (0, 0.5, 1, 0.25)


def ten_points(oracle):
    worked = oracle("sklearn_stats")["results"]["adaboost_worked"]
    x, y = np.array(worked["x"]), np.array(worked["y"])
    cuts = np.arange(0.5, 9)
    table = np.array([np.where(x > cut, sign, -sign) for cut in cuts for sign in (1, -1)])
    return worked, cuts, table, y


def test_adaboost_agrees_with_the_worked_example(oracle):
    worked, cuts, table, y = ten_points(oracle)
    chosen, alphas = adaboost(table, y, 3)
    rounds = worked["rounds"]
    np.testing.assert_allclose(alphas, [r["alpha"] for r in rounds], rtol=1e-12)
    np.testing.assert_allclose(2 * alphas, worked["sklearn"]["weights"], rtol=1e-12)
    np.testing.assert_allclose(cuts[chosen // 2], [r["threshold"] for r in rounds])
    for t, r in enumerate(rounds, start=1):
        score = alphas[:t] @ table[chosen[:t]]
        weights = np.exp(-y * score)
        np.testing.assert_allclose(weights / weights.sum(), r["weights_after"], rtol=1e-12)
        assert np.sum(np.sign(score) != y) == r["train_mistakes"]


def test_stumps_agree_with_the_recorded_rounds(oracle):
    recorded = oracle("sklearn_stats")["results"]["adaboost_2d"]
    x, y = np.array(recorded["X"]), np.array(recorded["y"])
    first = recorded["stumps"][0]
    *_, error = fit_stump(x, y, np.full(len(y), 1 / len(y)))
    # scikit-learn's tree minimises the Gini impurity: its error may be larger, not smaller.
    assert error <= first["error"] + 1e-12
    assert np.log((1 - first["error"]) / first["error"]) / 2 == pytest.approx(
        first["half_weight_alpha"]
    )


@given(seeds)
def test_after_a_round_the_chosen_one_is_a_toss_of_a_coin_and_the_bound_holds(seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([-1, 1], 15)
    candidates = np.where(rng.random((6, 15)) < 0.4, -y, y)
    candidates[:, 0], candidates[:, 1] = y[0], -y[1]
    chosen, alphas = adaboost(candidates, y, 4)
    score, bound = np.zeros(15), 1.0
    for best, alpha in zip(chosen, alphas, strict=True):
        before = np.exp(-y * score)
        error = before[candidates[best] != y].sum() / before.sum()
        bound *= 2 * np.sqrt(error * (1 - error))
        score = score + alpha * candidates[best]
        weights = np.exp(-y * score)
        assert weights[candidates[best] != y].sum() / weights.sum() == pytest.approx(0.5)
        assert np.mean(np.exp(-y * score)) == pytest.approx(bound)
        assert np.mean(y * score <= 0) <= bound + 1e-12


def test_a_perfect_candidate_has_a_finite_vote():
    y = np.array([1, -1, 1])
    chosen, alphas = adaboost(np.array([-y, y]), y, 2)
    assert chosen[0] == 1
    np.testing.assert_allclose(alphas, np.log((1 - 1e-10) / 1e-10) / 2, rtol=1e-12)
    _, turned = adaboost(np.array([-y]), y, 1)
    np.testing.assert_allclose(turned, -alphas[:1], rtol=1e-6)


# Gradient boosting


@pytest.mark.parametrize("rate", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_gradient_boosting_agrees_with_scikit_learn(seed, rate):
    from sklearn.ensemble import GradientBoostingRegressor

    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, 40)
    y = x + 2 * np.sin(1.5 * x) + rng.normal(size=40)
    start, thresholds, steps = gradient_boost(x, y, 20, rate)
    model = GradientBoostingRegressor(n_estimators=20, max_depth=1, learning_rate=rate).fit(
        x[:, None], y
    )
    sides = (x > thresholds[:, None]).astype(int)
    ours = start + np.cumsum([s[side] for s, side in zip(steps, sides, strict=True)], axis=0)
    theirs = np.array(list(model.staged_predict(x[:, None])))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@given(seeds, st.floats(0.05, 1.0))
def test_every_round_lowers_the_squared_error(seed, rate):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(size=9), rng.normal(size=9)
    start, thresholds, steps = gradient_boost(x, y, 5, rate)
    scores, before = np.full(9, start), np.sum((y - start) ** 2)
    for threshold, step in zip(thresholds, steps, strict=True):
        scores = scores + step[(x > threshold).astype(int)]
        off = np.sum((y - scores) ** 2)
        assert off < before
        before = off
    assert np.mean(y - scores) == pytest.approx(0, abs=1e-12)  # sides of own means


@given(seeds)
def test_logistic_residuals_are_the_slope_of_the_loss_and_bounded(seed):
    rng = np.random.default_rng(seed)
    y, scores = rng.choice([-1, 1], 7), rng.normal(scale=3, size=7)
    loss = [np.logaddexp(0, -y * (scores + h)) for h in (1e-5, -1e-5)]
    residuals = logistic_residuals(y, scores)
    np.testing.assert_allclose(residuals, (loss[1] - loss[0]) / 2e-5, atol=1e-9)
    assert np.all((y * residuals > 0) & (y * residuals < 1))


@given(seeds)
def test_logistic_boosting_adds_the_least_squares_fit_of_its_residuals(seed):
    rng = np.random.default_rng(seed)
    y, candidates = rng.choice([-1, 1], 12), rng.choice([-1, 1], (5, 12))
    chosen, steps = logistic_boost(candidates, y, 4, 0.7)
    scores = np.zeros(12)
    for best, step in zip(chosen, steps, strict=True):
        left = logistic_residuals(y, scores)
        fits = [np.linalg.lstsq(row[:, None].astype(float), left, rcond=None) for row in candidates]
        off = [np.sum((left - f[0] * row) ** 2) for f, row in zip(fits, candidates, strict=True)]
        assert off[best] == pytest.approx(min(off))
        assert step == pytest.approx(0.7 * fits[best][0][0])
        scores = scores + step * candidates[best]


@pytest.mark.parametrize(("features", "depth"), [(1, 1), (1, 2), (1, 3), (1, 20), (3, 1)])
@pytest.mark.parametrize("seed", range(5))
def test_a_tree_agrees_with_scikit_learns(seed, features, depth):
    """Deep in a tree of several features two may split as well as each other: there it draws one by chance."""
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(seed)
    x, x_new = rng.uniform(-1, 1, (40, features)), rng.uniform(-1, 1, (100, features))
    y = np.sin(4 * x[:, 0]) + x[:, -1] + 0.3 * rng.normal(size=40)
    theirs = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(x, y).predict(x_new)
    np.testing.assert_allclose(tree_predict(x, y, x_new, depth), theirs, atol=1e-9)


@given(seeds)
def test_a_tree_grown_to_the_end_knows_its_examples(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(12, 2)), rng.normal(size=12)
    np.testing.assert_allclose(tree_predict(x, y, x, 50), y)
    twice = np.vstack([x, x])
    both = np.append(y, y + 2)
    np.testing.assert_allclose(tree_predict(twice, both, x, 50), y + 1)


Y, X = np.array([1, -1, 1]), np.arange(3.0)[:, None]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: fit_stump(X[:0], Y[:0], np.ones(0)), "x: expected shape"),
        (lambda: fit_stump(np.ones((3, 2)), Y, np.full(3, 1 / 3)), "x: every feature is constant"),
        (lambda: fit_stump(X, Y, np.ones(2)), "weights: expected shape"),
        (lambda: adaboost(np.ones((2, 3)), Y[:2], 1), "y: expected shape"),
        (lambda: adaboost(np.ones((2, 3)), Y, 0), "n_rounds: expected"),
        (lambda: gradient_boost(np.ones(3), Y, 1, 0.1), "x: it is constant"),
        (lambda: gradient_boost(X[:, 0], Y[:2], 1, 0.1), "y: expected shape"),
        (lambda: gradient_boost(X[:, 0], Y, 0, 0.1), "n_rounds: expected"),
        (lambda: gradient_boost(X[:, 0], Y, 1, 0.0), "rate: expected"),
        (lambda: logistic_residuals(Y, np.ones(2)), "scores: expected shape"),
        (lambda: logistic_boost(np.ones((2, 3)), Y[:2], 1, 1.0), "y: expected shape"),
        (lambda: logistic_boost(np.ones((2, 3)), Y, 0, 1.0), "n_rounds: expected"),
        (lambda: logistic_boost(np.ones((2, 3)), Y, 1, -1.0), "rate: expected"),
        (lambda: tree_predict(X, Y[:2], X, 1), "y: expected shape"),
        (lambda: tree_predict(X, Y, np.ones((2, 2)), 1), "x_new: expected shape"),
        (lambda: tree_predict(X, Y, X, -1), "depth: expected"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match="^" + named):
        call()
