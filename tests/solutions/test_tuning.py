"""The references of the chapter on tuning: against scikit-learn, closed forms and their own properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gradus import problems
from solutions.quantities import loss_found
from solutions.tuning import (
    fold_errors,
    kfold_indices,
    one_standard_error,
    plan_search,
    random_search,
    successive_halving,
    train_validation_test_split,
    trials_needed,
)

SEEDS = st.integers(0, 2**32)


def chance(seed=0):
    return np.random.default_rng(seed)


# Splits


@given(n=st.integers(10, 300), validation=st.floats(0.1, 0.4), test=st.floats(0.1, 0.4), seed=SEEDS)
def test_a_split_shares_out_every_row_once(n, validation, test, seed):
    parts = train_validation_test_split(n, validation, test, chance(seed))
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    _, one, other = parts
    assert (len(one), len(other)) == (round(validation * n), round(test * n))


def test_every_row_comes_into_every_part_at_the_rate_of_its_size():
    rng, counts = chance(), np.zeros((3, 20))
    for _ in range(4000):
        for count, part in zip(
            counts, train_validation_test_split(20, 0.25, 0.1, rng), strict=True
        ):
            count[part] += 1
    for count, share in zip(counts / 4000, (0.65, 0.25, 0.1), strict=True):
        error = np.sqrt(share * (1 - share) / 4000)
        assert np.abs(count - share).max() < 4 * error


def test_two_rows_fall_into_parts_as_without_replacement():
    rng = chance(1)
    both = np.mean(
        [
            {0, 1} <= set(train_validation_test_split(10, 0.4, 0.3, rng)[1].tolist())
            for _ in range(4000)
        ]
    )
    expected = 4 / 10 * 3 / 9
    assert both == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 4000))


def test_the_same_generator_makes_the_same_split():
    one, same, other = (train_validation_test_split(50, 0.2, 0.2, chance(s)) for s in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 0.2, 0.2), "n: expected a whole number of at least 1, got 0"),
        ((10, 0.0, 0.2), "validation: expected a number in"),
        ((10, 0.2, 1.0), "test: expected a number in"),
        ((10, 0.5, 0.5), "validation, test: expected a sum below 1, got 0.5 and 0.5"),
        ((2, 0.2, 0.2), "n: expected enough rows for three parts, got 2"),
        ((10, 0.2, 0.01), "n: expected enough rows for three parts, got 10"),
    ],
)
def test_a_split_that_is_none_is_an_error(arguments, said):
    with pytest.raises(ValueError, match=said):
        train_validation_test_split(*arguments, chance())


@given(n=st.integers(2, 200), k=st.integers(2, 12), seed=SEEDS)
def test_folds_have_scikit_learns_sizes_and_validate_each_row_once(n, k, seed):
    k = min(n, k)
    folds = kfold_indices(n, k, chance(seed))
    for train, validation in folds:
        assert sorted(np.concatenate([train, validation]).tolist()) == list(range(n))
    assert sorted(np.concatenate([v for _, v in folds]).tolist()) == list(range(n))
    theirs = KFold(k, shuffle=True, random_state=0).split(np.zeros((n, 1)))
    assert [len(v) for _, v in folds] == [len(v) for _, v in theirs]


def test_every_row_comes_into_every_fold_equally_often():
    rng, counts = chance(), np.zeros((3, 10))
    for _ in range(3000):
        for count, (_, validation) in zip(counts, kfold_indices(10, 3, rng), strict=True):
            count[validation] += 1
    for count, size in zip(counts / 3000, (4, 3, 3), strict=True):
        assert np.abs(count - size / 10).max() < 4 * np.sqrt(0.24 / 3000)


@pytest.mark.parametrize(
    ("n", "k", "said"), [(5, 1, "k: "), (5, 0, "k: "), (3, 4, "n: "), (0, 2, "n: ")]
)
def test_folds_that_are_none_are_an_error(n, k, said):
    with pytest.raises(ValueError, match=said):
        kfold_indices(n, k, chance())


# One standard error


def test_the_rule_worked_by_hand():
    # The best: mean 3, deviation sqrt(((-1)^2 + 0 + 1) / 2) = 1, standard error 1 / sqrt 3 = 0.577.
    best = [2.0, 3.0, 4.0]
    assert one_standard_error(np.array([[5, 5, 5.0], [3.57, 3.57, 3.57], best])) == 1
    assert one_standard_error(np.array([[5, 5, 5.0], [3.58, 3.58, 3.58], best])) == 2
    assert one_standard_error(np.array([[3.5, 3.5, 3.5], best, [3.1, 3.1, 3.1]])) == 0


def test_no_spread_no_tolerance_and_ties_go_to_the_simplest():
    assert one_standard_error(np.array([[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]])) == 1
    assert one_standard_error(np.array([[0.3, 0.4]])) == 0
    assert one_standard_error(np.zeros((4, 2))) == 0


@given(SEEDS, st.floats(-5, 5), st.floats(0.1, 10))
def test_scale_and_shift_of_the_errors_do_not_matter(seed, shift, scale):
    errors = chance(seed).normal(size=(6, 5))
    index = one_standard_error(errors)
    assert one_standard_error(shift + scale * errors) == index
    assert index <= errors.mean(axis=1).argmin()


@pytest.mark.parametrize("shape", [(3,), (0, 4), (3, 1), (2, 3, 4)])
def test_errors_of_another_shape_are_an_error(shape):
    with pytest.raises(ValueError, match="errors: expected shape"):
        one_standard_error(np.zeros(shape))


# Grids, scales and searches


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ([0.0], [2.0], "low, high: expected 0 < low < high"),
        ([2.0], [2.0], "low, high: expected 0 < low < high"),
        ([1.0], [np.inf], "low, high: expected 0 < low < high"),
        ([1.0], [np.nan], "low, high: expected 0 < low < high"),
        ([1.0, 1.0], [2.0], "low, high: expected two vectors of one length"),
        ([], [], "low, high: expected two vectors"),
    ],
)
def test_ranges_that_are_none_are_an_error(low, high, said):
    with pytest.raises(ValueError, match=said):
        random_search(np.sum, np.array(low), np.array(high), 3, chance())


def test_numbers_of_trials_agree_with_the_recorded_ones(oracle):
    recorded = oracle("sklearn_stats")["results"]["random_search"]
    assert trials_needed(0.05, 0.95) == recorded["trials_needed_for_95pct_top5pct"] == 59
    for n, probability in recorded["prob_at_least_one_in_top5pct"].items():
        assert 1 - 0.95 ** int(n) == pytest.approx(probability)
        assert trials_needed(0.05, probability - 1e-9) == int(n)
        assert trials_needed(0.05, probability + 1e-9) == int(n) + 1


@given(st.floats(1e-4, 0.99), st.floats(0.01, 0.9999))
def test_one_trial_less_is_not_enough(top, confidence):
    n = trials_needed(top, confidence)
    assert isinstance(n, int)
    assert n >= 1
    assert (1 - top) ** n <= (1 - confidence) * (1 + 1e-9)
    assert (1 - top) ** (n - 1) >= (1 - confidence) * (1 - 1e-9)


def test_extreme_numbers_of_trials():
    assert trials_needed(1e-12, 0.5) == pytest.approx(np.log(2) * 1e12, rel=1e-6)
    assert trials_needed(1 - 1e-12, 0.5) == 1
    for top, confidence in ((0.0, 0.5), (1.0, 0.5), (0.5, 1.0), (0.5, 0.0), (np.nan, 0.5)):
        with pytest.raises(ValueError, match="expected a number in"):
            trials_needed(top, confidence)


def test_a_search_evaluates_each_trial_once_and_keeps_the_best():
    seen = []

    def f(trial):
        assert trial.shape == (3,)
        seen.append(trial.copy())
        return float(np.sum(np.log(trial) ** 2))

    low, high = np.array([1e-3, 1.0, 10.0]), np.array([1e3, 2.0, 1e4])
    trials, values, best = random_search(f, low, high, 40, chance(5))
    np.testing.assert_array_equal(trials, seen)
    np.testing.assert_array_equal(values, [np.sum(np.log(t) ** 2) for t in seen])
    assert values.min() == f(best)
    assert ((low <= trials) & (trials <= high)).all()


def test_columns_of_a_search_are_log_uniform_and_independent():
    low, high = np.array([1e-4, 1e-2]), np.array([1.0, 1e5])
    trials, _, _ = random_search(problems.get("bowl").value, low, high, 5000, chance(1))
    u = np.log(trials / low) / np.log(high / low)
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(u.T)[0, 1]) < 4 / np.sqrt(5000)


def test_a_trial_that_diverged_is_not_the_best():
    def f(trial):
        return np.inf if trial[0] > 0.01 else trial[0]

    _, values, best = random_search(f, np.array([1e-4]), np.array([1.0]), 50, chance())
    assert np.isinf(values).any()
    assert best[0] == values.min()


def test_searches_hit_the_best_twentieth_as_often_as_the_formula_says():
    rng = chance(2)
    hits = [
        random_search(lambda t: t[0], np.array([1.0]), np.array([10.0]), 60, rng)[1].min()
        < 10**0.05
        for _ in range(1500)
    ]
    expected = 1 - 0.95**60
    assert np.mean(hits) == pytest.approx(expected, abs=4 * np.sqrt(expected * 0.046 / 1500))


def test_a_number_of_trials_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="n_trials: expected a whole number of at least 1"):
        random_search(np.sum, np.ones(1), np.full(1, 2.0), 0, chance())


def test_columns_of_a_search_have_the_recorded_shares(oracle):
    recorded = oracle("sklearn_stats")["results"]["random_search"]["log_uniform_range_0p001_1000"]
    trials, _, _ = random_search(np.sum, np.array([1e-3]), np.array([1e3]), 20_000, chance())
    for end, share in recorded["prob_below"].items():
        error = np.sqrt(share * (1 - share) / 20_000)
        assert np.mean(trials < float(end)) == pytest.approx(share, abs=4 * error)


# Errors of folds


@given(SEEDS, st.floats(0, 20), st.integers(2, 6))
def test_errors_of_folds_agree_with_scikit_learns_pipeline(seed, penalty, k):
    rng = chance(seed)
    x, y = np.exp(rng.normal(size=(30, 4))) * [1e-3, 1, 50, 1e4], rng.normal(5, 2, 30)
    x[:, 1] = 0.1  # its mean and deviation are rounded
    folds = kfold_indices(30, k, rng)
    model = make_pipeline(StandardScaler(), Ridge(penalty + 1e-6))
    theirs = -cross_val_score(model, x, y, cv=folds, scoring="neg_mean_squared_error")
    np.testing.assert_allclose(fold_errors(x, y, folds, penalty + 1e-6), theirs, rtol=1e-8)


def test_errors_of_folds_do_not_depend_on_units_nor_on_held_targets_of_others():
    rng = chance(2)
    x, y, folds = rng.normal(size=(20, 3)), rng.normal(size=20), kfold_indices(20, 4, chance(1))
    errors = fold_errors(x, y, folds, 2.0)
    moved = fold_errors(x * [1e-3, 1, 1e6] + [5, -2, 0], 7 + y, folds, 2.0)
    np.testing.assert_allclose(moved, errors, rtol=1e-8)
    far = x.copy()
    far[folds[0][1]] += 100 * rng.normal(size=(5, 3))
    # What is held may not move the model: the predictions are as far off as the line says.
    train, held = folds[0]
    assert fold_errors(far, y, [(train, train)], 2.0) == fold_errors(x, y, [(train, train)], 2.0)
    assert fold_errors(far, y, [(train, held)], 2.0) > errors[0]


# Giving up early


def test_halving_by_hand():
    losses = np.array(
        [
            [5.0, 4.0, 3.0, 2.0],
            [1.0, 9.0, 9.0, 9.0],
            [2.0, 3.0, 3.0, 1.0],
            [8.0, 0.0, 0.0, 0.0],
        ]
    )
    best, epochs = successive_halving(losses, 1, 2)
    assert (best, epochs.tolist()) == (2, [1, 2, 4, 1])
    best, epochs = successive_halving(losses, 1, 3)
    assert (best, epochs.tolist()) == (1, [1, 3, 1, 1])
    best, epochs = successive_halving(losses, 2, 4)  # eight epochs are more than there are
    assert (best, epochs.tolist()) == (3, [2, 2, 2, 2])


@given(SEEDS, st.integers(1, 70), st.integers(1, 5), st.integers(2, 5))
def test_halving_spends_what_the_rounds_say_and_looks_at_nothing_else(seed, n, first, factor):
    losses = chance(seed).normal(size=(n, 40))
    best, epochs = successive_halving(losses, first, factor)
    left, trained = n, first
    spent = n * first
    while left > 1 and trained * factor <= 40:
        left, trained = max(1, left // factor), trained * factor
        spent += left * (trained - trained // factor)
    assert epochs.sum() == spent
    assert np.sum(epochs == trained) == left
    hidden = np.where(np.arange(40) < epochs[:, None], losses, np.nan)
    again = successive_halving(hidden, first, factor)
    assert again[0] == best
    np.testing.assert_array_equal(again[1], epochs)


def test_halving_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="factor: expected a whole number of at least 2"):
        successive_halving(np.zeros((3, 4)), 1, 1)
    with pytest.raises(ValueError, match="losses: expected a trial and 5 epochs"):
        successive_halving(np.zeros((3, 4)), 5, 2)


def search_by_hand(curves, plan, order):
    """One search, written anew: who is ahead goes on."""
    left = list(order[: plan[0]])
    for epoch in range(1, len(plan)):
        if not plan[epoch]:
            break
        left = sorted(left, key=lambda i: curves[i, epoch - 1])[: plan[epoch]]
    last = np.count_nonzero(plan) - 1
    return min(curves[i, last] for i in left)


@pytest.mark.parametrize("seed", range(3))
def test_the_score_of_a_plan_is_that_of_searches_by_hand(seed):
    rng = chance(seed)
    curves = rng.random((20, 8)) + np.linspace(1, 0, 8)
    plan = np.array([9, 9, 4, 4, 2, 1, 0, 0])
    draws = np.argsort(chance(0).random((120, 20)), axis=1)
    reached = np.mean([search_by_hand(curves, plan, order) for order in draws])
    constants = []
    for last in range(1, 9):
        even = np.zeros(8, dtype=int)
        even[:last] = min(40 // last, 20)
        constants.append(np.mean([search_by_hand(curves, even, order) for order in draws]))
    best = min(constants)
    score = loss_found({"curves": curves, "budget": 40}, plan)
    assert score == pytest.approx((best - reached) / (best - curves.min()))


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_keeps_to_its_budget_and_never_rises(seed):
    curves = chance(seed).random((30, 12)) + np.linspace(1, 0, 12)
    for budget in (12, 40, 120):
        plan = plan_search(curves, budget)
        assert plan.sum() <= budget
        assert 1 <= plan[0] <= 30
        assert (np.diff(plan) <= 0).all()


def test_plans_that_are_none_have_no_score():
    curves = chance(0).random((10, 4))
    for plan in (
        [5, 6, 1, 0],
        [11, 0, 0, 0],
        [0, 0, 0, 0],
        [4, 4, 4, 4],
        [2.5, 1, 0, 0],
        [3, 1, 0, -1],
    ):
        assert loss_found({"curves": curves, "budget": 15}, np.array(plan)) == -np.inf


def test_nothing_is_changed_in_place():
    rng = chance()
    x, y, errors = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=(4, 5))
    folds = kfold_indices(6, 2, rng)
    for call in (
        lambda: fold_errors(x, y, folds, 1.0),
        lambda: one_standard_error(errors),
        lambda: successive_halving(errors, 1, 2),
        lambda: plan_search(errors, 9),
    ):
        before = [array.copy() for array in (x, y, errors, *folds[0])]
        call()
        for array, old in zip((x, y, errors, *folds[0]), before, strict=True):
            np.testing.assert_array_equal(array, old)
