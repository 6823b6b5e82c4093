"""The references of the chapter on tuning: against scikit-learn, closed forms and their own properties."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from gradus import problems
from solutions.tuning import (
    grid_trials,
    kfold_indices,
    log_uniform,
    narrow_range,
    one_standard_error,
    random_search,
    standardize,
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


# Standardising


@given(SEEDS)
def test_standardised_columns_agree_with_scikit_learn(seed):
    rng = chance(seed)
    x_train, x_new = rng.normal(3, 2, (9, 4)), rng.normal(1, 5, (5, 4))
    x_train[:, 2] = 0.1  # its mean and deviation are rounded
    scaler = StandardScaler().fit(x_train)
    for mine, x in zip(standardize(x_train, x_new), (x_train, x_new), strict=True):
        np.testing.assert_allclose(mine, scaler.transform(x), rtol=1e-12, atol=1e-12)


def test_training_columns_get_mean_0_and_deviation_1_and_new_ones_the_same_map():
    rng = chance()
    x = rng.normal(5, 3, (30, 3))
    z, z_new = standardize(x, x[:4])
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1)
    np.testing.assert_array_equal(z_new, z[:4])


def test_units_do_not_matter():
    rng = chance(2)
    x, new = rng.normal(size=(8, 3)), rng.normal(size=(4, 3))
    scale, shift = np.array([1e-3, 1.0, 1e6]), np.array([5.0, -2.0, 0.0])
    for one, other in zip(
        standardize(x, new), standardize(x * scale + shift, new * scale + shift), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e100, -7.0])
def test_a_constant_column_is_only_centred(value):
    z, z_new = standardize(np.full((7, 1), value), np.array([[value + 1.0]]))
    np.testing.assert_allclose(z, 0, atol=1e-12 * max(1, abs(value)))
    assert np.isfinite(z_new).all()


def test_one_row_to_train_on_and_none_that_is_new():
    z, z_new = standardize(np.ones((1, 3)), np.zeros((0, 3)))
    np.testing.assert_array_equal(z, np.zeros((1, 3)))
    assert z_new.shape == (0, 3)


@pytest.mark.parametrize(
    ("x_train", "x_new", "said"),
    [
        (np.zeros((0, 3)), np.zeros((2, 3)), "x_train: expected shape"),
        (np.zeros(3), np.zeros((2, 3)), "x_train: expected shape"),
        (np.zeros((2, 3)), np.zeros((2, 4)), r"x_new: expected shape \(m, 3\), got \(2, 4\)"),
        (np.zeros((2, 3)), np.zeros(3), "x_new: expected shape"),
    ],
)
def test_shapes_that_do_not_fit_are_an_error(x_train, x_new, said):
    with pytest.raises(ValueError, match=said):
        standardize(x_train, x_new)


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


def test_a_grid_by_hand():
    found = grid_trials(np.array([0.01, 1.0]), np.array([1.0, 4.0]), 3)
    expected = [(a, b) for a in (0.01, 0.1, 1) for b in (1, 2, 4)]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("d", "n"), [(1, 7), (2, 5), (3, 4), (5, 2)])
def test_a_grid_has_every_combination_and_its_ends(d, n):
    low = 10.0 ** -np.arange(1, d + 1)
    trials = grid_trials(low, 50 * low, n)
    assert trials.shape == (n**d, d)
    assert len({tuple(row) for row in trials.round(12)}) == n**d
    np.testing.assert_allclose(trials[[0, -1]], [low, 50 * low])
    assert all(len(np.unique(column.round(12))) == n for column in trials.T)


@pytest.mark.parametrize(
    ("low", "high", "n", "said"),
    [
        ([1.0], [2.0], 1, "n: expected a whole number of at least 2"),
        ([1.0], [2.0], 2.5, "n: expected a whole number"),
        ([0.0], [2.0], 2, "low, high: expected 0 < low < high"),
        ([2.0], [2.0], 2, "low, high: expected 0 < low < high"),
        ([1.0], [np.inf], 2, "low, high: expected 0 < low < high"),
        ([1.0], [np.nan], 2, "low, high: expected 0 < low < high"),
        ([1.0, 1.0], [2.0], 2, "low, high: expected two vectors of one length"),
        ([], [], 2, "low, high: expected two vectors"),
    ],
)
def test_ranges_that_are_none_are_an_error(low, high, n, said):
    with pytest.raises(ValueError, match=said):
        grid_trials(np.array(low), np.array(high), n)
    if n == 2:
        with pytest.raises(ValueError, match=said):
            random_search(np.sum, np.array(low), np.array(high), 3, chance())


def test_logarithms_are_uniform(oracle):
    recorded = oracle("sklearn_stats")["results"]["random_search"]["log_uniform_range_0p001_1000"]
    draws = log_uniform(1e-3, 1e3, 20_000, chance())
    assert stats.kstest(draws, stats.loguniform(1e-3, 1e3).cdf).pvalue > 1e-4
    for end, share in recorded["prob_below"].items():
        error = np.sqrt(share * (1 - share) / 20_000)
        assert np.mean(draws < float(end)) == pytest.approx(share, abs=4 * error)
    assert draws.mean() == pytest.approx(recorded["mean"], abs=4 * draws.std() / np.sqrt(20_000))


def test_extreme_ranges_stay_within_their_ends():
    for low, high in ((1e-300, 1e300), (1.0, 1.0 + 1e-9), (5e-324, 1.0)):
        draws = log_uniform(low, high, 1000, chance())
        assert ((draws >= low * (1 - 1e-12)) & (draws <= high * (1 + 1e-12))).all()


@pytest.mark.parametrize(
    ("low", "high", "size", "said"),
    [
        (0.0, 1.0, 3, "low: expected a finite number above 0"),
        (-1.0, 1.0, 3, "low: expected a finite number above 0"),
        (1.0, np.inf, 3, "high: expected a finite number above 0"),
        (2.0, 1.0, 3, "low: expected a number below high = 1.0, got 2.0"),
        (1.0, 2.0, 0, "size: expected a whole number of at least 1"),
    ],
)
def test_draws_that_cannot_be_are_an_error(low, high, size, said):
    with pytest.raises(ValueError, match=said):
        log_uniform(low, high, size, chance())


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


# Narrowing


def test_a_range_narrowed_by_hand():
    trials = np.array([[1.0, 1e-3], [100.0, 1e-5], [10.0, 1e-1], [1e4, 1e-4]])
    values = np.array([0.2, 0.1, 9.0, 0.3])
    low, high = narrow_range(trials, values, keep=2, margin=0.5)
    np.testing.assert_allclose(low, [0.1, 1e-6])
    np.testing.assert_allclose(high, [1000.0, 1e-2])
    low, high = narrow_range(trials, values, keep=1)
    np.testing.assert_allclose([low, high], [[100.0, 1e-5]] * 2)


@given(SEEDS, st.integers(1, 12), st.floats(0, 1))
def test_a_narrowed_range_holds_the_best_and_nothing_depends_on_units(seed, keep, margin):
    rng = chance(seed)
    trials, values = np.exp(rng.normal(0, 3, (12, 2))), rng.permutation(12)
    low, high = narrow_range(trials, values, keep, margin)
    best = trials[values < keep]
    assert (low <= best * (1 + 1e-12)).all()
    assert (best <= high * (1 + 1e-12)).all()
    order = rng.permutation(12)
    again = narrow_range(trials[order] * 1000, values[order], keep, margin)
    np.testing.assert_allclose(again, (low * 1000, high * 1000), rtol=1e-9)


def test_a_range_moves_beyond_an_edge_where_the_best_are():
    trials = np.geomspace(1e-6, 1e-2, 20)[:, None]
    _, high = narrow_range(trials, -trials[:, 0], keep=4, margin=0.5)
    assert high[0] > 1e-2


def test_trials_that_diverged_are_the_worst():
    trials, values = np.array([[1.0], [2.0], [4.0]]), np.array([np.inf, 0.5, 0.1])
    np.testing.assert_allclose(narrow_range(trials, values, 2, margin=0.0), [[2.0], [4.0]])


@pytest.mark.parametrize(
    ("trials", "values", "keep", "margin", "said"),
    [
        (np.ones(3), np.ones(3), 1, 0.1, "trials: expected shape"),
        (np.ones((0, 2)), np.ones(0), 1, 0.1, "trials: expected shape"),
        (np.ones((3, 2)), np.ones(2), 1, 0.1, r"values: expected shape \(3,\), got \(2,\)"),
        (np.ones((3, 2)), np.ones(3), 4, 0.1, "keep: expected at most the 3 trials, got 4"),
        (np.ones((3, 2)), np.ones(3), 0, 0.1, "keep: expected a whole number"),
        (np.ones((3, 2)), np.ones(3), 1, -0.1, "margin: expected a finite number"),
    ],
)
def test_what_cannot_be_narrowed_is_an_error(trials, values, keep, margin, said):
    with pytest.raises(ValueError, match=said):
        narrow_range(trials, values, keep, margin)


def test_nothing_is_changed_in_place():
    rng = chance()
    x, errors = rng.normal(size=(6, 3)), rng.normal(size=(4, 5))
    trials, values = np.exp(x), rng.normal(size=6)
    calls = itertools.product(
        (
            lambda: standardize(x, x),
            lambda: one_standard_error(errors),
            lambda: narrow_range(trials, values, 3),
        ),
        (x, errors, trials, values),
    )
    for call, array in calls:
        before = array.copy()
        call()
        np.testing.assert_array_equal(array, before)
