"""The digits: what they are, how they are split, and what is said without scikit-learn."""

import sys

import numpy as np
import pytest

from gradus import data

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def test_shapes_and_range(digits):
    for part, size in (("train", 1197), ("validation", 300), ("test", 300)):
        x, y = getattr(digits, f"x_{part}"), getattr(digits, f"y_{part}")
        assert x.shape == (size, 64)
        assert y.shape == (size,)
        assert x.dtype == np.float64
        assert y.dtype.kind == "i"
        assert x.min() == 0
        assert x.max() == 1
        assert set(y) == set(range(10))


def rows(x, y):
    return sorted(map(tuple, np.column_stack([x, y])))


def test_every_digit_stands_in_exactly_one_part(digits):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    parts = [digits[i : i + 2] for i in (0, 2, 4)]
    together = rows(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]))
    assert together == rows(x / 16, y)


def test_a_scikit_learn_that_keeps_its_file_elsewhere_gives_the_same(digits, monkeypatch):
    monkeypatch.setattr(data, "FILE", "nowhere/digits.csv.gz")
    for ours, theirs in zip(digits, data.digits(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_the_parts_are_mixed(digits):
    """In the order of the file, the first digits are 0 to 9 over and over, by one writer after another."""
    for y in (digits.y_train, digits.y_validation, digits.y_test):
        assert len(set(y[:10])) < 10
        assert np.bincount(y).min() > 0.05 * len(y)


def test_a_seed_gives_one_order(digits):
    again, other = data.digits(seed=0), data.digits(seed=1)
    for ours, theirs in zip(digits, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(digits.y_train, other.y_train)


def test_a_change_of_one_answer_is_not_in_the_next(digits):
    again = data.digits()
    again.x_train[...] = 7
    np.testing.assert_array_equal(data.digits().x_train, digits.x_train)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        data.digits()


def test_few_digits_are_of_the_first_500_and_some_of_their_labels_are_wrong(digits):
    known = {tuple(x): y for x, y in zip(digits.x_train[:500], digits.y_train[:500], strict=True)}
    for seed in range(5):
        x, y, rng = data.few_digits(seed, 40, 7)
        truth = np.array([known[tuple(row)] for row in x])
        assert (truth != y).tolist() == [True] * 7 + [False] * 33
        again = data.few_digits(seed, 40, 7)
        assert (again[0] == x).all()
        assert again[2].random() == rng.random()
    assert len(data.few_digits(0)[1]) == 100
    with pytest.raises(ValueError, match="n, n_wrong: expected"):
        data.few_digits(0, 600)
