"""The references of the chapter on ensembles: recorded vectors, closed forms, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus import values
from gradus.calling import Outcome
from gradus.verdict import examine
from solutions.checks.ensembles import bootstrap_sample as bootstrap_check
from solutions.ensembles import (
    average_probabilities,
    bagging_predict,
    best_temperature,
    bootstrap_sample,
    majority_vote,
    out_of_bag_average,
    polyak_average,
    snapshot_schedule,
)

seeds = st.integers(0, 2**32 - 1)


# Averaging and voting


@given(seeds)
def test_an_average_is_a_prediction_and_its_log_loss_is_not_above_the_mean(seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(4), size=(5, 7))
    mean = average_probabilities(p)
    assert mean.shape == (7, 4)
    np.testing.assert_allclose(mean.sum(axis=1), 1, rtol=1e-12)
    labels = rng.integers(0, 4, 7)
    rows = np.arange(7)
    assert -np.log(mean[rows, labels]).mean() <= -np.log(p[:, rows, labels]).mean() + 1e-12


def test_one_model_is_its_own_ensemble():
    p = np.random.default_rng(0).dirichlet(np.ones(3), size=(1, 6))
    np.testing.assert_array_equal(average_probabilities(p), p[0])
    votes = p.argmax(axis=2)
    np.testing.assert_array_equal(majority_vote(votes, 3), votes[0])


@given(seeds)
def test_votes_do_not_depend_on_who_gives_them(seed):
    rng = np.random.default_rng(seed)
    votes = rng.integers(0, 4, (6, 9))
    expected = [min(range(4), key=lambda c: (-list(v).count(c), c)) for v in votes.T]
    np.testing.assert_array_equal(majority_vote(votes, 4), expected)
    np.testing.assert_array_equal(majority_vote(rng.permutation(votes), 4), expected)


def test_constant_labels_win():
    np.testing.assert_array_equal(majority_vote(np.full((5, 3), 2), 4), [2, 2, 2])


@given(seeds)
def test_the_best_temperature_is_that_of_scipys_search(seed):
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(30, 4)) * rng.uniform(0.5, 5)
    labels = np.where(rng.random(30) < 0.6, logits.argmax(axis=1), rng.integers(0, 4, 30))
    labels[0] = logits[0].argmin()

    def loss(log_t):
        return -log_softmax(logits / np.exp(log_t), axis=1)[np.arange(30), labels].mean()

    found = minimize_scalar(
        loss, bounds=np.log([0.01, 100]), method="bounded", options={"xatol": 1e-9}
    )
    t = best_temperature(logits, labels)
    assert loss(np.log(t)) <= found.fun + 1e-9
    assert best_temperature(100 * logits + 7, labels) == pytest.approx(min(100 * t, 100), rel=1e-6)


# Bootstrap and bagging


def test_a_bootstrap_sample_holds_the_recorded_share(oracle):
    facts = oracle("sklearn_stats")["results"]["bagging"]["facts"]["inclusion_prob"]
    rng = np.random.default_rng(0)
    for n, expected in ((5, facts["5"]), (10, facts["10"]), (100, facts["100"])):
        shares = [len(np.unique(bootstrap_sample(n, rng))) / n for _ in range(2000)]
        error = np.std(shares) / np.sqrt(len(shares))
        assert np.mean(shares) == pytest.approx(expected, abs=4 * error)
        assert expected == pytest.approx(1 - (1 - 1 / n) ** n)


def test_a_bootstrap_sample_is_of_all_examples_and_repeatable():
    rows = bootstrap_sample(500, np.random.default_rng(3))
    assert rows.shape == (500,)
    assert rows.dtype.kind == "i"
    assert 0 <= rows.min() <= rows.max() < 500
    np.testing.assert_array_equal(rows, bootstrap_sample(500, np.random.default_rng(3)))
    assert bootstrap_sample(1, np.random.default_rng(0)).tolist() == [0]


def test_bagging_agrees_with_the_recorded_predictions(oracle):
    recorded = oracle("sklearn_stats")["results"]["bagging"]
    x, y, grid = (np.array(recorded[name]) for name in ("x", "y", "x_grid"))
    rows = np.array(recorded["bootstrap_indices"])
    np.testing.assert_allclose(
        bagging_predict(x, y, rows, grid, 5), recorded["ensemble_prediction"], rtol=1e-8, atol=1e-10
    )
    for row, expected in zip(rows, recorded["member_predictions"], strict=True):
        np.testing.assert_allclose(
            bagging_predict(x, y, row[None], grid, 5), expected, rtol=1e-8, atol=1e-10
        )
    unseen = [1 - len(np.unique(row)) / len(x) for row in rows]
    np.testing.assert_allclose(unseen, recorded["oob_fraction"], atol=1e-12)


def test_a_polynomial_is_found_again_by_every_sample():
    rng = np.random.default_rng(1)
    x, new = rng.uniform(-1, 1, 30), np.array([-0.5, 0.2])
    rows = rng.integers(0, 30, (4, 30))
    y = 1 - 2 * x + 3 * x**2
    np.testing.assert_allclose(bagging_predict(x, y, rows, new, 2), 1 - 2 * new + 3 * new**2)


def test_out_of_bag_takes_only_those_that_did_not_see():
    predictions = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    rows = np.array([[0, 0, 1], [0, 2, 2]])
    average = out_of_bag_average(predictions, rows)
    assert np.isnan(average[0])
    np.testing.assert_array_equal(average[1:], [20.0, 3.0])


# One run


def test_snapshot_schedule_agrees_with_the_paper(oracle):
    name = "snapshot_ensemble(alpha0=.1,T=50,M=5), t=1..50"
    recorded = oracle("lr_schedules")["sequences"]
    ours = [snapshot_schedule(step, 50, 5, 0.1) for step in range(50)]
    np.testing.assert_allclose(ours, recorded[name], rtol=1e-12, atol=1e-15)
    restarts = recorded["CosineAnnealingWarmRestarts(T_0=10,T_mult=1)"]
    n = min(len(restarts), 50)
    np.testing.assert_allclose(
        np.array(ours[:n]) / ours[0], np.array(restarts[:n]) / restarts[0], atol=1e-12
    )


def test_the_jumps_of_cycles_that_do_not_divide_the_steps():
    rates = np.array([snapshot_schedule(step, 100, 3, 1.0) for step in range(100)])
    assert (np.flatnonzero(np.diff(rates) > 0) + 1).tolist() == [34, 68]
    assert rates.max() == rates[0] == 1.0


@given(seeds)
def test_the_running_average_is_the_mean(seed):
    points = np.random.default_rng(seed).normal(size=(12, 3))
    average = np.full(3, 7.0)
    for t, theta in enumerate(points, start=1):
        average = polyak_average(average, theta, t)
    np.testing.assert_allclose(average, points.mean(axis=0), rtol=1e-10, atol=1e-12)


# Bad input


P, Y, X = np.full((2, 3, 4), 0.25), np.array([1, -1, 1]), np.arange(3.0)[:, None]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: average_probabilities(P[0]), "probabilities: expected shape"),
        (lambda: average_probabilities(P[:0]), "probabilities: expected shape"),
        (lambda: best_temperature(P[0], np.zeros(4, int)), "labels: expected shape"),
        (lambda: majority_vote(np.zeros((2, 0), int), 3), "votes: expected shape"),
        (lambda: majority_vote(np.array([[0, 3]]), 3), "votes: expected classes 0 to 2"),
        (lambda: majority_vote(np.array([[0, -1]]), 3), "votes: expected classes 0 to 2"),
        (lambda: majority_vote(np.array([[0]]), 0), "n_classes: expected"),
        (lambda: bootstrap_sample(0, np.random.default_rng()), "n: expected"),
        (lambda: bagging_predict(X[:, 0], Y[:2], np.zeros((1, 3), int), X[:, 0], 1), "y: expected"),
        (lambda: bagging_predict(X[:, 0], Y, np.zeros((0, 3), int), X[:, 0], 1), "rows: expected"),
        (lambda: bagging_predict(X[:, 0], Y, np.zeros((1, 3), int), X[:, 0], -1), "degree: exp"),
        (lambda: out_of_bag_average(np.ones((2, 3)), np.zeros((2, 4), int)), "rows: expected"),
        (lambda: snapshot_schedule(-1, 10, 2, 0.1), "step: expected"),
        (lambda: snapshot_schedule(0, 10, 0, 0.1), "n_cycles: expected"),
        (lambda: snapshot_schedule(0, 10, 2, 0.0), "lr: expected"),
        (lambda: polyak_average(np.ones(2), np.ones(2), 0), "t: expected"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match="^" + named):
        call()


def test_a_fraction_is_no_index():
    plan = bootstrap_check.plan()
    drawn = [values.realise(case.args) for case in plan.cases]
    places = [Outcome("returned", rng.random(n) * n) for n, rng in drawn]
    verdict = examine(plan, places)
    assert (verdict.status, verdict.earned) == ("wrong", 0)
    assert verdict.message == "the numbers that were drawn are no indices: take whole ones"
    floors = [Outcome("returned", np.floor(outcome.value)) for outcome in places]
    assert "make them whole" in examine(plan, floors).message
    whole = [Outcome("returned", outcome.value.astype(int)) for outcome in floors]
    assert examine(plan, whole).status == "right"
