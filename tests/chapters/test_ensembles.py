"""The numbers and claims that the prose of the chapter on ensembles states, computed anew."""

import contextlib
import io
import re
from fractions import Fraction

import numpy as np
import pytest

from gradus import nn
from solutions.ensembles import adaboost, polyak_average, snapshot_schedule
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "ensembles.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)
CELLS = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", SOURCE, re.MULTILINE | re.DOTALL)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def names(run_chapter):
    """What the chapter's cells define."""
    return run_chapter("ensembles")


# Numbers by themselves


def test_three_weak_voters():
    said(
        "three models that are right with probability 0.4 each, independently, make a vote that is right less often, 0.352"
    )
    assert 3 * 0.4**2 * 0.6 + 0.4**3 == pytest.approx(0.352)


def test_the_share_of_a_bootstrap_sample():
    said("about **63.2 %** of the examples; the other 36.8 % are **out of bag**")
    assert 1 - (1 - 1e-6) ** 1e6 == pytest.approx(0.632, abs=5e-4)
    said("a sample holds about 25 different points, few for 14 coefficients")
    assert 40 * (1 - (1 - 1 / 40) ** 40) == pytest.approx(25, abs=0.6)
    said("$1 - 0.8^5 = 0.672$")
    assert 1 - 0.8**5 == pytest.approx(0.672, abs=5e-4)
    said("about four models instead of ten")
    assert 10 * (1 - 1 / 300) ** 300 == pytest.approx(4, abs=0.5)


def test_ten_points_in_fractions():
    said("$\\tfrac16$ each, the seven right ones the other half, $\\tfrac1{14}$ each")
    said("$e_2 = \\tfrac3{14}$, $\\alpha_2 = 0.650$")
    said("6, 7, 8 weigh $\\tfrac7{66}$ and the others $\\tfrac1{22}$")
    said("$e_3 = \\tfrac4{22} = \\tfrac2{11}$, $\\alpha_3 = 0.752$")
    weights = [Fraction(1, 10)] * 10
    for wrong, error in (
        ({6, 7, 8}, Fraction(3, 10)),
        ({3, 4, 5}, Fraction(3, 14)),
        ({0, 1, 2, 9}, Fraction(2, 11)),
    ):
        assert sum(weights[i] for i in wrong) == error
        weights = [
            w / (2 * error if i in wrong else 2 * (1 - error)) for i, w in enumerate(weights)
        ]
        if error == Fraction(3, 14):
            assert weights[6] == Fraction(7, 66)
            assert weights[0] == weights[9] == Fraction(1, 22)
            assert weights[3] == Fraction(1, 6)
    alphas = [np.log((1 - e) / e) / 2 for e in (3 / 10, 3 / 14, 2 / 11)]
    assert alphas == pytest.approx([0.424, 0.650, 0.752], abs=5e-4)
    said("$-0.424 + 0.650 - 0.752 < 0$, and at $x = 7$, $-0.424 + 0.650 + 0.752 > 0$")
    said(
        "Each point is missed by exactly one of the three, and no $\\alpha$ outweighs the other two together"
    )
    assert max(alphas) < sum(alphas) / 2
    assert sorted([6, 7, 8, 3, 4, 5, 0, 1, 2, 9]) == list(range(10))


def test_ten_points_by_the_plain_majority_and_by_two(names):
    y = names["y_ten"]
    cuts = names["thresholds"]
    table = np.array([np.where(names["x_ten"] > c, s, -s) for c in cuts for s in (1, -1)])
    chosen, _ = adaboost(table, y, 3)
    said("Be fair to the plain majority, though: it would be right here too")
    np.testing.assert_array_equal(np.sign(table[chosen].sum(axis=0)), y)
    assert (np.sum(table[chosen] != y, axis=0) == 1).all()
    said('"$+$ below 8.5" errs three times as well')
    errors = np.sum(table != y, axis=1)
    assert errors.min() == 3
    assert [(cuts[i // 2], i % 2) for i in np.flatnonzero(errors == 3)] == [(2.5, 1), (8.5, 1)]
    said("Two members could not do it: of two votes the larger decides alone")
    said(
        "After a fourth round three points are tied in the plain count, and the weights decide them, rightly"
    )
    chosen, four = adaboost(table, y, 4)
    assert np.sum(table[chosen].sum(axis=0) == 0) == 3
    np.testing.assert_array_equal(np.sign(four @ table[chosen]), y)


def test_answers_for_recall():
    said("$0.6 + 0.4/5 = 0.68$; $0.6$")
    assert 0.6 + 0.4 / 5 == pytest.approx(0.68)
    said("$\\tfrac12\\ln 4 = 0.693$; 0; $-0.693$")
    assert np.log(4) / 2 == pytest.approx(0.693, abs=5e-4)
    said("At 34 and 68: cycles of $\\lceil 100/3 \\rceil = 34$ steps")
    rates = [snapshot_schedule(step, 100, 3, 1.0) for step in range(100)]
    assert (np.flatnonzero(np.diff(rates) > 0) + 1).tolist() == [34, 68]


def test_the_number_of_masks():
    said("$2^{4096} \\approx 10^{1233}$")
    assert 4096 * np.log10(2) == pytest.approx(1233, abs=0.1)


def test_the_noise_floor_and_what_400_points_are_worth():
    said("$\\eta/(2-\\eta) = 0.111$")
    assert 0.2 / 1.8 == pytest.approx(0.111, abs=5e-4)
    said("worth only some 44 independent ones")
    rng = np.random.default_rng(5)
    theta, average = np.zeros(20_000), np.zeros(20_000)
    for t in range(1, 401):
        theta = theta - 0.2 * (theta + rng.normal(size=20_000))
        average = polyak_average(average, theta, t)
    assert np.mean(theta**2) == pytest.approx(0.2 / 1.8, rel=0.04)
    assert 0.2 / 1.8 / np.mean(average**2) == pytest.approx(44, abs=2.5)


def test_units_may_be_exchanged():
    said("Exchange two of them, with their weights, and the network computes the same")
    network, rng = nn.MLP((5, 4, 3)), np.random.default_rng(0)
    theta, x = network.init(rng), rng.normal(size=(6, 5))
    other = theta.copy()
    (w, b), (v, _) = network.layers(other)
    order = [2, 1, 0, 3]
    w[:], b[:], v[:] = w[:, order], b[order], v[order]
    assert not np.allclose(theta, other)
    np.testing.assert_allclose(network.logits(theta, x), network.logits(other, x))


# What the cells show


def test_two_kinds_of_errors(names):
    said("The tallest bars stand at both ends")
    counts = names["counts"][1:]
    assert set(np.argsort(counts)[-2:]) == {0, 9}


def test_averaging_and_voting(names):
    said("with two models, which cannot outvote each other: the rule for ties decides")
    said("The log loss, to which every digit contributes, tells more, and it falls")
    groups = [names["members"].reshape(10 // m, m, 600, 10).mean(axis=1) for m in (1, 2, 5, 10)]
    losses = [np.mean([names["log_loss"](p) for p in means]) for means in groups]
    assert (np.diff(losses) < 0).all()
    assert names["pairwise"](names["wrong"]) > 0.5


def test_doubt(names):
    said(
        "Of the ensemble's 42 errors, 29 lie among the 69 digits on which the members do not agree"
    )
    said("on 13 digits all ten give the same wrong answer")
    wrong = names["members"].mean(axis=0).argmax(axis=1) != names["y_new"]
    split = ~names["unanimous"]
    assert (wrong.sum(), wrong[split].sum(), split.sum()) == (42, 29, 69)


def test_bagging(names):
    said("less correlated, as they should be, and worse")
    bagged = names["bagged"].argmax(axis=2) != names["y_new"]
    assert names["pairwise"](bagged) < names["pairwise"](names["wrong"]) - 0.1
    assert bagged.mean() > names["wrong"].mean() + 0.005
    said("its standard error is about 1.7 %")
    p = names["estimate"]
    assert np.sqrt(p * (1 - p) / 300) == pytest.approx(0.017, abs=5e-4)


@pytest.fixture
def degrees(names) -> dict:
    """Of degrees 1, 7 and 13: bias^2 and variance, single and bagged, as the cell prints them."""
    cell = next(c for c in CELLS if c.startswith("def true_function"))
    names, out = dict(names), io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(cell, "chapter", "exec"), names)
    rows = [line.split() for line in out.getvalue().splitlines()[1:]]
    return {(int(degree), kind): (float(b), float(v)) for degree, kind, b, v in rows}


def test_bagged_polynomials(degrees):
    table = degrees
    said("Bagging lowers the variance at none of the three degrees")
    assert all(table[d, "bagged"][1] >= table[d, "single"][1] for d in (1, 7, 13))
    said("of predictions with a variance of 16.6, has itself a variance of about 0.3")
    assert table[13, "bagged"][1] == pytest.approx(16.6, abs=0.05)
    assert 16.6 / 60 == pytest.approx(0.3, abs=0.05)
    assert table[13, "bagged"][0] < 2 * 16.6 / 60


def test_a_vote_of_two_is_hardly_better_than_one_and_of_five_close_to_the_mean(names):
    said("the vote is hardly better than a single network")
    said("With five or ten the two ways come close")
    votes, y = names["votes"], names["y_new"]
    members = names["members"]

    def errors(m):
        parts = [slice(first, first + m) for first in range(0, 10, m)]
        means = [np.mean(members[p].mean(axis=0).argmax(axis=1) != y) for p in parts]
        by_vote = [np.mean(names["majority_vote"](votes[p], 10) != y) for p in parts]
        return np.mean(means), np.mean(by_vote)

    single = errors(1)[0]
    mean, vote = errors(2)
    assert mean < vote < single
    assert single - vote < 0.003
    assert all(abs(mean - vote) < 0.0025 for mean, vote in (errors(5), errors(10)))


def test_boosting(names):
    said("One pixel tells odd from even for four digits in five")
    assert names["new"][0] == pytest.approx(0.2, abs=0.01)
    said("halve the error of the best of them")
    assert names["new"][-1] == pytest.approx(names["new"][0] / 2, abs=0.01)
    said("goes to zero")
    assert names["training"][-1] == 0
    assert (names["training"] <= names["bound"]).all()
    assert names["weights"][names["flipped"]].sum() > 0.25


def test_a_snapshot_differs_less_than_another_network(names):
    said("snapshots differ on far fewer digits than networks that were trained apart")
    differ = [
        np.mean([names["disagreement"](p.argmax(axis=2)) for p in names[runs]])
        for runs in ("snapshots", "separate")
    ]
    assert differ[0] < differ[1] / 3
    said("what is gained lies in the log loss, not in the error")
    loss, error = (
        [
            np.mean([names[f](np.mean(p, axis=0)) for p in runs])
            for runs in names["results"].values()
        ]
        for f in ("log_loss", "error")
    )
    assert loss[2] < loss[0] - 0.01
    assert abs(error[2] - error[0]) < 0.005
    said("Five *separate* networks at the same total cost do better here")
    assert loss[3] < loss[2]
    assert error[3] < error[2]


def test_parameters_of_different_networks(names):
    said("**Average the predictions of different networks, and parameters only along one run.**")
    assert names["error"](names["halfway"]) > 3 * names["error"](names["members"][1])


def test_the_scaled_pass_is_the_geometric_mean(names):
    np.testing.assert_allclose(names["geometric"], names["scaled"], rtol=1e-12)
    assert np.abs(names["arithmetic"] - names["scaled"]).max() > 0.01


def test_a_coin_has_no_vote():
    said("A member with $e = \\tfrac12$ gets none")
    _, alphas = adaboost(np.array([[1, 1]]), np.array([1, -1]), 1)
    assert alphas[0] == pytest.approx(0)
