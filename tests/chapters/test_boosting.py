"""The numbers and claims that the prose of the chapter on boosting states, computed anew."""

import re
from fractions import Fraction

import numpy as np
import pytest

from solutions.boosting import adaboost
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "boosting.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def names(run_chapter):
    """What the chapter's cells define."""
    return run_chapter("boosting")


def other_digits(names, seed):
    rng, digits = np.random.default_rng(seed), names["digits"]
    rows = rng.permutation(len(digits.y_train))[:300]
    return digits.x_train[rows], digits.y_train[rows], rng


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


def test_boosting_on_other_digits(names):
    said("it errs about as often as the best alone")
    shares = []
    for seed in range(20, 25):
        x, y, _ = other_digits(names, seed)
        odd, table = np.where(y % 2 == 1, 1, -1), names["answers"](x)
        order = np.argsort(np.mean(table != odd, axis=1), kind="stable")
        one, many = (
            np.mean(np.sign(names["table_new"][order[:m]].sum(axis=0)) != names["odd_new"])
            for m in (1, 25)
        )
        assert -0.04 < many - one < 0.12
        chosen, alphas = names["adaboost"](table, odd, 200)
        scores = alphas[:, None] * names["table_new"][chosen]
        wrong = np.mean(np.sign(np.cumsum(scores, axis=0)) != names["odd_new"], axis=1)
        assert 0.4 < wrong[-1] / wrong[0] < 0.62
        noisy = np.where(names["flipped"], -odd, odd)
        chosen, alphas = names["adaboost"](table, noisy, 50)
        weights = np.exp(-noisy * (alphas @ table[chosen]))
        shares.append(weights[names["flipped"]].sum() / weights.sum())
    assert min(shares) > 0.25


def test_boosting(names):
    said("One pixel tells odd from even for four digits in five")
    assert names["new"][0] == pytest.approx(0.2, abs=0.01)
    said("halve the error of the best of them")
    assert names["new"][-1] == pytest.approx(names["new"][0] / 2, abs=0.01)
    said("goes to zero")
    assert names["training"][-1] == 0
    assert (names["training"] <= names["bound"]).all()
    assert names["weights"][names["flipped"]].sum() > 0.25


def test_a_coin_has_no_vote():
    said("A member with $e = \\tfrac12$ gets none")
    _, alphas = adaboost(np.array([[1, 1]]), np.array([1, -1]), 1)
    assert alphas[0] == pytest.approx(0)


def test_shrinkage_and_early_stopping(names):
    said("A rate of 1 is the worst at its best round and at the end")
    said("from 0.3 to 0.1 the best error hardly changes, for three or four times as many rounds")
    said("after its best round each of them gets worse")
    rng = np.random.default_rng(50)
    off = np.array([names["errors_by_round"](rng) for _ in range(5)])
    best, last = off.min(axis=2), off[:, :, -1]
    assert np.all(best[:, 0] > best[:, 1:].max(axis=1))
    assert np.all(last[:, 0] > last[:, 1:].max(axis=1))
    assert np.mean(best[:, 1]) == pytest.approx(np.mean(best[:, 2]), rel=0.1)
    where = np.median(off.argmin(axis=2), axis=0)
    assert 2 < where[2] / where[1] < 5
    assert np.all(last > best)


def test_a_member_without_error():
    said("we count an error below $10^{-10}$ as $10^{-10}$, which is a vote of 11.5")
    _, alphas = adaboost(np.array([[1, -1]]), np.array([1, -1]), 1)
    assert alphas[0] == pytest.approx(11.5, abs=0.05)


def test_the_answer_for_recall():
    said("$\\tfrac12\\ln 4 = 0.693$; 0; $-0.693$")
    assert np.log(4) / 2 == pytest.approx(0.693, abs=5e-4)


def test_against_wrong_labels_the_bounded_pull_is_better(names):
    said("With clean labels AdaBoost is ahead after as many rounds")
    said("with a fifth of them wrong the bounded pull is better by far")
    said("and at the best round of each it is still ahead")
    rng = np.random.default_rng(70)
    rows = np.array([names["with_wrong_labels"](rng, 0.2) for _ in range(5)])
    assert np.all(rows[:, 1] < rows[:, 0] - 0.01)
    assert rows[:, 1].mean() < rows[:, 0].mean() - 0.03
    assert rows[:, 3].mean() < rows[:, 2].mean() - 0.005
    said("in 1,000 rounds it gets worse. But so does AdaBoost, and the lead remains.")
    long = np.array([names["with_wrong_labels"](rng, 0.2, 1000)[:2] for _ in range(5)])
    assert np.all(long.mean(axis=0) > rows[:, :2].mean(axis=0) + 0.01)
    assert np.all(long[:, 1] < long[:, 0] - 0.02)
    clean = np.array([names["with_wrong_labels"](rng, 0.0) for _ in range(5)])
    assert clean[:, 0].mean() < clean[:, 1].mean()


@pytest.mark.parametrize("seed", range(90, 95))
def test_wrong_labels_gain_weight_in_the_first_rounds(names, seed):
    said("That is so in the first rounds. Later such an example is missed by about half")
    said("and the share of all of them stays about what it is")
    x, y, _ = other_digits(names, seed)
    given, wrong = np.where(y % 2 == 1, 1, -1), np.arange(300) < 30
    given[wrong] *= -1
    table = names["answers"](x)
    chosen, alphas = adaboost(table, given, 200)

    def share(rounds):
        weights = np.exp(-given * (alphas[:rounds] @ table[chosen[:rounds]]))
        return weights[wrong].sum() / weights.sum()

    assert share(1) > 0.15 and share(20) > share(1)
    assert share(200) == pytest.approx(share(50), abs=0.06)
    missed = (np.sign(alphas)[:, None] * table[chosen] != given)[:, wrong].mean(axis=1)
    assert missed[50:].mean() == pytest.approx(0.5, abs=0.06) and missed[:5].mean() > 0.5


def test_a_sum_of_stumps_is_a_sum_over_features(names):
    said("A sum of stumps is then a sum of functions of one feature each")
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (60, 2))
    corners = np.array([[a, b] for a in (-0.6, 0.7) for b in (-0.5, 0.4)])
    values = names["boosted_trees"](x, names["checkers"](x), corners, 1)[-1]
    assert values[0] + values[3] == pytest.approx(values[1] + values[2])


@pytest.mark.parametrize("seed", range(80, 85))
def test_what_depth_adds_to_boosting(names, seed):
    said("Stumps end above the variance of the truth: they find the slope along $x_1$")
    said("the third level makes up for a poor one")
    one, two, three = names["by_depth"](np.random.default_rng(seed))
    assert one > np.var(names["checkers"](names["squares"])) > two > three
    assert three < 2.5


def test_stumps_find_the_slope(names):
    said("and lose more by fitting noise where the board is")
    squares, slopes = names["squares"], []
    for seed in range(80, 85):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (120, 2))
        y = names["checkers"](x) + 0.5 * rng.normal(size=120)
        last = names["boosted_trees"](x, y, squares, 1)[-1]
        slopes.append(np.polyfit(squares[:, 0], last, 1)[0])
    assert np.mean(slopes) == pytest.approx(1, abs=0.5)


def test_a_forest_has_worse_trees_that_are_less_alike(names):
    said(
        "Of ten trees the mean is not yet free of what each does wrong alone; of sixty the floor counts, and there the forest leads"
    )
    said("worse by itself, and its errors are less than half as correlated with another's")
    bagged, forest = (
        np.array([names["crowd"](seed, features) for seed in range(10, 20)])
        for features in (64, 16)
    )
    one, ten, sixty, alike = (forest - bagged).T
    assert one.min() > 0.03
    assert ten.mean() > 0 > sixty.mean()
    assert np.mean(sixty < 0) >= 0.8
    assert np.all(forest[:, 3] < 0.6 * bagged[:, 3])
    assert forest[:, 3].mean() < bagged[:, 3].mean() / 2


@pytest.mark.parametrize("seed", range(30, 35))
def test_bagged_trees_begin_with_the_same_question(names, seed):
    said("they are much alike, since a telling pixel is asked early in most of them")
    x, y, rng = other_digits(names, seed)
    odd, first = np.where(y % 2 == 1, 1.0, -1.0), []
    for _ in range(60):
        rows = rng.choice(150, 150)
        right = {}
        for pixel in range(64):
            values = np.unique(x[rows, pixel])
            for cut in (values[:-1] + values[1:]) / 2:
                above = x[rows, pixel] > cut
                parts = odd[rows][above], odd[rows][~above]
                right[pixel, cut] = sum(part.sum() ** 2 / len(part) for part in parts)
        first.append(max(right, key=right.get)[0])
    assert np.bincount(first).max() > 40
