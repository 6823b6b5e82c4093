"""Transfer: what is kept is kept to the bit, what is drawn has its variance, what is frozen stands still."""

from itertools import pairwise

import numpy as np
import pytest

from gradus.nn import MLP
from solutions.descent import momentum_step
from solutions.transfer import (
    discriminative_learning_rates,
    freeze_mask,
    low_rank_gradients,
    masked_step,
    replace_head,
    replay_rows,
)

NET = MLP((7, 40, 30, 6))


@pytest.fixture
def theta():
    return NET.init(np.random.default_rng(0)) + 0.5


class TestReplaceHead:
    def test_the_features_are_those_of_the_trained_network(self, theta):
        new = replace_head(theta, NET.widths, 2, 50, np.random.default_rng(1))
        moved = MLP((7, 40, 30, 50))
        assert new.shape == (moved.size,)
        for kept, old in zip(moved.layers(new)[:2], NET.layers(theta)[:2], strict=True):
            np.testing.assert_array_equal(kept[0], old[0])
            np.testing.assert_array_equal(kept[1], old[1])

    @pytest.mark.parametrize(("keep", "n"), [(1, 40), (2, 30)])
    def test_the_weights_have_mean_0_and_variance_1_over_their_inputs(self, theta, keep, n):
        new = replace_head(theta, NET.widths, keep, 500, np.random.default_rng(1))
        weights, biases = MLP((*NET.widths[: keep + 1], 500)).layers(new)[-1]
        assert not biases.any()
        count = weights.size
        assert abs(weights.mean()) < 4 * np.sqrt(1 / n / count)
        assert abs(weights.var() * n - 1) < 4 * np.sqrt(2 / count)

    def test_a_score_then_has_the_variance_of_a_feature(self):
        rng = np.random.default_rng(2)
        features = rng.normal(size=(2000, 100))
        theta = np.zeros(MLP((3, 100, 2)).size)
        weights, _ = MLP((3, 100, 50)).layers(replace_head(theta, (3, 100, 2), 1, 50, rng))[-1]
        assert np.var(features @ weights) == pytest.approx(1, abs=0.1)

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"keep": 3}, "keep: expected fewer than all 3"),
            ({"keep": 0}, "keep"),
            ({"n_classes": 0}, "n_classes"),
            ({"widths": (7, 40)}, "keep"),
            ({"widths": (7, 40, 30, 5)}, "theta: expected shape"),
            ({"widths": (7,)}, "widths"),
        ],
    )
    def test_bad_input_is_named(self, theta, change, named):
        good = {"theta": theta, "widths": NET.widths, "keep": 2, "n_classes": 3}
        with pytest.raises(ValueError, match=named):
            replace_head(**good | change, rng=np.random.default_rng(0))


@pytest.mark.parametrize("frozen", range(4))
def test_a_mask_covers_whole_layers_from_the_input(frozen):
    mask = freeze_mask(NET.widths, frozen)
    assert mask.dtype == float
    layers = NET.layers(mask)
    for number, (weights, biases) in enumerate(layers):
        assert np.all(weights == (number >= frozen))
        assert np.all(biases == (number >= frozen))


@pytest.mark.parametrize(("frozen", "named"), [(4, "at most 3"), (-1, "frozen"), (0.5, "frozen")])
def test_what_cannot_be_frozen_is_named(frozen, named):
    with pytest.raises(ValueError, match=named):
        freeze_mask(NET.widths, frozen)


class TestMaskedStep:
    def test_without_a_frozen_layer_it_is_momentum(self, theta):
        rng = np.random.default_rng(3)
        grad, velocity = rng.normal(size=(2, NET.size))
        ours = masked_step(theta, grad, velocity, np.ones(NET.size), 0.1, 0.8)
        for mine, other in zip(ours, momentum_step(theta, grad, velocity, 0.1, 0.8), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-15)

    def test_what_is_frozen_stands_still_whatever_its_velocity_and_starts_from_rest(self, theta):
        rng = np.random.default_rng(4)
        mask = freeze_mask(NET.widths, 2)
        before, velocity = theta.copy(), rng.normal(size=NET.size)
        for _ in range(5):
            theta, velocity = masked_step(theta, rng.normal(size=NET.size), velocity, mask, 0.1)
        np.testing.assert_array_equal(theta[mask == 0], before[mask == 0])
        assert not velocity[mask == 0].any()
        assert np.all(theta[mask == 1] != before[mask == 1])
        freed, _ = masked_step(theta, np.zeros(NET.size), velocity, np.ones(NET.size), 0.1)
        np.testing.assert_array_equal(freed[mask == 0], before[mask == 0])

    def test_arguments_stay_as_they_are(self, theta):
        arrays = theta, np.ones(NET.size), np.full(NET.size, 2.0), freeze_mask(NET.widths, 1)
        copies = [array.copy() for array in arrays]
        masked_step(*arrays, 0.1)
        for array, copy in zip(arrays, copies, strict=True):
            np.testing.assert_array_equal(array, copy)

    @pytest.mark.parametrize("mu", [-0.1, 1.0])
    def test_bad_momentum_is_named(self, theta, mu):
        with pytest.raises(ValueError, match="mu"):
            masked_step(theta, theta, theta, theta, 0.1, mu)


def test_rates_fall_by_the_factor_from_layer_to_layer():
    layers = NET.layers(discriminative_learning_rates(NET.widths, 0.4, 2.5))
    rates = []
    for weights, biases in layers:
        assert len(np.unique(np.append(weights, biases))) == 1
        rates.append(biases[0])
    assert rates[-1] == 0.4
    for lower, upper in pairwise(rates):
        assert upper / lower == pytest.approx(2.5)


@pytest.mark.parametrize("change", [{"factor": 0}, {"lr": -1.0}, {"widths": (3,)}])
def test_bad_rates_are_named(change):
    good = {"widths": (3, 2), "lr": 0.1, "factor": 2}
    with pytest.raises(ValueError, match=next(iter(change))):
        discriminative_learning_rates(**good | change)


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_low_rank_gradients_are_those_of_differences(rank):
    rng = np.random.default_rng(rank)
    w, a, b = (rng.normal(size=shape) for shape in ((5, 4), (5, rank), (rank, 4)))
    x, scale = rng.normal(size=(7, 5)), 0.7

    def loss(a, b):
        return np.sum(np.tanh(x @ (w + scale * a @ b)))

    grad = x.T @ (1 - np.tanh(x @ (w + scale * a @ b)) ** 2)
    for place, found in enumerate(low_rank_gradients(grad, a, b, scale)):
        for index in np.ndindex(found.shape):
            ends = []
            for sign in (1, -1):
                parts = [a.copy(), b.copy()]
                parts[place][index] += sign * 1e-6
                ends.append(loss(*parts))
            assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(found[index], abs=1e-7)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_share_of_what_is_replayed_weighs_the_two_losses(share):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(90 + 10, 3))  # of ninety new examples and ten kept ones
    batches = [gradients[replay_rows(90, 10, 8, share, rng)].mean(axis=0) for _ in range(20_000)]
    expected = (1 - share) * gradients[:90].mean(axis=0) + share * gradients[90:].mean(axis=0)
    np.testing.assert_allclose(np.mean(batches, axis=0), expected, atol=0.02)


@pytest.mark.parametrize("share", [0.0, 0.29, 1.0])
def test_every_batch_has_its_share_of_replayed_rows(share):
    rows = replay_rows(3, 2, 100, share, np.random.default_rng(1))
    assert len(rows) == 100
    assert np.sum(rows >= 3) == round(100 * share)
    assert set(rows) == {*(range(3) if share < 1 else ()), *(range(3, 5) if share > 0 else ())}


@pytest.mark.parametrize("change", [{"n_kept": 0}, {"size": 0}, {"share": 1.5}])
def test_a_bad_batch_is_named(change):
    good = {"n_new": 5, "n_kept": 2, "size": 4, "share": 0.5}
    with pytest.raises(ValueError, match=next(iter(change))):
        replay_rows(**good | change, rng=np.random.default_rng(0))
