"""Schedules against PyTorch's, Keras's and d2l's recorded rates; clipping and averaging; and by their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions.quantities import noise_lowered
from solutions.schedules import (
    accumulated_gradient,
    best_rates,
    clip_by_global_norm,
    plan_rates,
    reduce_on_plateau,
    schedule,
    weight_averages,
)

RATES = st.floats(1e-4, 1.0)
SHAPES = ("linear", "cosine", "exponential", "inverse", "jump")


def same(actual, recorded):
    """Within the tolerance of the recorded rates."""
    np.testing.assert_allclose(actual, recorded, rtol=1e-12, atol=1e-14)


@pytest.fixture
def schedules(oracle):
    return oracle("lr_schedules")["sequences"]


@pytest.mark.parametrize(
    ("name", "start", "phases"),
    [
        ("StepLR(step=5,gamma=0.5)", 0.1, [("jump", 5, 0.1 * 0.5**k) for k in range(4)]),
        ("ExponentialLR(gamma=0.9)", 0.1, [("exponential", 19, 0.1 * 0.9**19)]),
        ("LambdaLR(1/(1+0.1t))", 0.1, [("inverse", 19, 0.1 / 2.9)]),
        ("CosineAnnealingLR(T_max=20,eta_min=0.01)", 0.3, [("cosine", 20, 0.01)]),
        ("d2l CosineScheduler(max_update=20,base=.3,final=.01)", 0.3, [("cosine", 20, 0.01)]),
        ("seed_exponential_decay(lr0=.01,s=20), epoch 0..40", 0.01, [("exponential", 40, 1e-4)]),
        (
            "CosineAnnealingWarmRestarts(T_0=10,T_mult=1)",
            0.1,
            [("cosine", 10, 0.0), ("jump", 0, 0.1)] * 3,
        ),
    ],
)
def test_a_plan_agrees_with_the_recorded_one(schedules, name, start, phases):
    """They record the rate before the first step, too; a restart stands for the end of a wave."""
    recorded, rates = np.array(schedules[name]), schedule(start, phases)
    assert len(recorded) >= 20
    if "Restarts" in name:
        keep = np.arange(1, 31) % 10 > 0
        same(rates[keep], recorded[1:][keep])
    elif name.startswith("StepLR"):
        same(rates, recorded)
    else:
        same(rates, recorded[1:])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "ReduceLROnPlateau(factor=.1,patience=2,threshold=1e-4 rel,cooldown=0)",
            {"factor": 0.1, "patience": 2, "threshold": 1e-4, "cooldown": 0},
        ),
        (
            "ReduceLROnPlateau(factor=.5,patience=1,cooldown=2,min_lr=.01)",
            {"factor": 0.5, "patience": 1, "cooldown": 2, "min_lr": 0.01},
        ),
    ],
)
def test_reduce_on_plateau_agrees_with_pytorch(schedules, name, settings):
    rates = reduce_on_plateau(schedules[name]["metrics"], 0.1, **settings)
    same(rates, schedules[name]["lr_before_each_epoch"])
    assert rates[-1] < rates[0]


def test_the_exponential_agrees_with_keras(oracle):
    rates = schedule(0.01, [("exponential", 10 * 31250, 0.01 * 0.1**10)])
    for step, lr in oracle("keras")["results"]["ExponentialDecay(0.01,31250,0.1)"].items():
        if int(step):
            np.testing.assert_allclose(rates[int(step) - 1], lr, rtol=1e-11)


def test_warmup_then_cosine_is_d2ls(schedules):
    recorded = schedules["d2l CosineScheduler(20,warmup_steps=5,base=.3,final=.01)"]
    same(schedule(0.0, [("linear", 5, 0.3), ("cosine", 15, 0.01)]), recorded[1:])


@given(RATES, RATES, st.integers(1, 60), st.sampled_from(SHAPES))
def test_a_phase_leads_from_one_rate_to_the_other(start, end, n, shape):
    rates = schedule(start, [(shape, n, end)])
    assert rates.shape == (n,)
    np.testing.assert_allclose(rates[-1], end, rtol=1e-9)
    steps = np.diff([start, *rates]) * np.sign(end - start)
    assert np.all(steps >= -1e-12)
    # Twice as many steps pass through the same rates.
    np.testing.assert_allclose(schedule(start, [(shape, 2 * n, end)])[1::2], rates, rtol=1e-9)


@given(RATES, RATES, st.integers(2, 60))
def test_what_each_shape_keeps_equal(start, end, n):
    def steps(shape, by):
        return np.diff(by(np.array([start, *schedule(start, [(shape, n, end)])])))

    for shape, by in (
        ("linear", lambda r: r),
        ("exponential", np.log),
        ("inverse", lambda r: 1 / r),
    ):
        found = steps(shape, by)
        np.testing.assert_allclose(found, found.mean(), rtol=1e-6, atol=1e-9)
    wave = schedule(start, [("cosine", 2 * n, end)])
    np.testing.assert_allclose(wave[n - 1], (start + end) / 2, rtol=1e-9)
    np.testing.assert_allclose(wave[:-1] + wave[:-1][::-1], start + end, rtol=1e-9)


def test_phases_follow_each_other_and_one_of_no_steps_moves_the_start():
    whole = schedule(0.0, [("linear", 4, 0.4), ("jump", 0, 0.2), ("cosine", 3, 0.0)])
    same(whole[:4], [0.1, 0.2, 0.3, 0.4])
    same(whole[4:], schedule(0.2, [("cosine", 3, 0.0)]))
    assert schedule(0.3, []).shape == (0,)
    with pytest.raises(ValueError, match="shape: expected one of five, got 'square'"):
        schedule(0.1, [("square", 3, 0.2)])


def variance_after(rates, curvature, sigma, variance):
    for rate in rates:
        variance = (1 - rate * curvature) ** 2 * variance + rate**2 * sigma**2
    return variance


@given(
    st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.integers(1, 12), st.data()
)
def test_no_other_rates_come_nearer(curvature, sigma, variance, n, data):
    best = best_rates(curvature, sigma, variance, n)
    least = variance_after(best, curvature, sigma, variance)
    # The precision, one over the variance, grows by the same in every step.
    np.testing.assert_allclose(1 / least, 1 / variance + n * (curvature / sigma) ** 2, rtol=1e-9)
    for scale in (0.99, 1.01):
        at = data.draw(st.integers(0, n - 1))
        other = best.copy()
        other[at] *= scale
        assert variance_after(other, curvature, sigma, variance) > least * (1 - 1e-12)
    others = data.draw(st.lists(st.floats(0, 2 / curvature), min_size=n, max_size=n))
    assert variance_after(others, curvature, sigma, variance) >= least * (1 - 1e-12)


def test_the_best_rates_fall_like_one_over_t():
    rates = best_rates(2.0, 3.0, 0.5, 10_000)
    np.testing.assert_allclose(np.diff(1 / rates), 2.0, rtol=1e-6)
    assert best_rates(1.0, 1.0, 1.0, 0).shape == (0,)


@pytest.mark.parametrize("kappa", [5.0, 50.0, 300.0])
@pytest.mark.parametrize("n_steps", [1, 10, 50])
def test_no_single_rate_of_a_plan_can_be_better(kappa, n_steps):
    curvatures = np.geomspace(1 / kappa, 1, 12)[::-1]
    rates = plan_rates(curvatures, 2.0, 300.0, n_steps)

    def loss(rates):
        return sum(c * variance_after(rates, c, 2.0, 300.0) for c in curvatures)

    least = loss(rates)
    for at in range(0, n_steps, 7):
        for scale in (0.97, 1.03):
            other = rates.copy()
            other[at] *= scale
            assert loss(other) > least
    arguments = {"curvatures": curvatures, "sigma": 2.0, "variance": 300.0, "n_steps": n_steps}
    constant = min(loss(np.full(n_steps, r)) for r in np.geomspace(0.01, 2, 60))
    bound = sum(c / (1 / 300.0 + n_steps * (c / 2.0) ** 2) for c in curvatures)
    score = noise_lowered(arguments, rates)
    assert score == pytest.approx(np.log(constant / least) / np.log(constant / bound), rel=1e-6)
    assert 0 <= score < 1
    if n_steps == 1:
        assert score < 0.01


def test_a_plan_for_one_curvature_is_the_best_for_it():
    rates = plan_rates(np.array([2.0]), 1.5, 0.7, 9)
    np.testing.assert_allclose(rates, best_rates(2.0, 1.5, 0.7, 9), rtol=1e-9)


ARRAYS = st.lists(st.lists(st.floats(-10, 10), min_size=1, max_size=5), min_size=1, max_size=4)


@given(ARRAYS, st.floats(0.1, 20.0))
def test_clipping_keeps_the_direction_and_the_length_below(arrays, most):
    grads = [np.array(part) for part in arrays]
    flat = np.concatenate(grads)
    clipped, norm = clip_by_global_norm(grads, most)
    np.testing.assert_allclose(norm, np.linalg.norm(flat), rtol=1e-9, atol=1e-12)
    length = np.linalg.norm(np.concatenate(clipped))
    np.testing.assert_allclose(length, min(norm, most), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.concatenate(clipped) * norm, flat * length, rtol=1e-9, atol=1e-9)
    assert all(new is not old for new, old in zip(clipped, grads, strict=True))


def test_parts_of_any_size_give_the_gradient_of_the_whole():
    rng = np.random.default_rng(0)
    examples, sizes = rng.normal(size=(20, 3)), np.array([7, 7, 5, 1])
    parts = np.split(examples, np.cumsum(sizes)[:-1])
    grads = np.array([part.mean(axis=0) for part in parts])
    same(accumulated_gradient(grads, sizes), examples.mean(axis=0))
    assert not np.allclose(grads.mean(axis=0), examples.mean(axis=0))


@given(st.integers(1, 30), st.floats(0, 0.99))
def test_the_weights_of_an_average_add_up_to_one_from_the_first_row_on(n, beta):
    np.testing.assert_allclose(weight_averages(np.full((n, 2), 3.0), beta), 3.0, rtol=1e-9)
    one = np.zeros((n, 1))
    one[0] = 1
    ages = np.arange(n)
    sums = np.array([np.sum(beta ** ages[: t + 1]) for t in range(n)])
    same(weight_averages(one, beta)[:, 0], beta**ages / sums)


LOSSES = st.lists(st.floats(0.01, 10.0), max_size=40)


@given(
    LOSSES,
    st.floats(0.1, 1.0),
    st.floats(0.05, 0.9),
    st.integers(0, 5),
    st.integers(0, 5),
    st.floats(0.0, 0.1),
)
def test_reduce_on_plateau_only_cuts(losses, lr, factor, patience, cooldown, min_lr):
    rates = reduce_on_plateau(losses, lr, factor, patience, cooldown=cooldown, min_lr=min_lr)
    assert rates.shape == (len(losses),)
    assert np.all(rates[: patience + 2] == lr)
    assert np.all(np.diff(rates) <= 0)
    assert np.all(rates >= min_lr)
    cuts = np.flatnonzero(np.diff(rates))
    np.testing.assert_allclose(
        rates[cuts + 1], np.maximum(rates[cuts] * factor, min_lr), rtol=1e-12
    )
    assert np.all(np.diff(cuts) > patience + cooldown)


@given(st.floats(0.5, 1.0), st.integers(0, 6), st.integers(0, 6))
def test_reduce_on_plateau_counts_epochs(lr, patience, cooldown):
    """On a loss that never falls, the first cut shows patience + 2 epochs after the first, then every patience + cooldown + 1."""
    rates = reduce_on_plateau([1.0] * 40, lr, 0.5, patience, cooldown=cooldown)
    cuts = np.flatnonzero(np.diff(rates)) + 1
    assert cuts[0] == patience + 2
    assert np.all(np.diff(cuts) == patience + cooldown + 1)


def test_reduce_on_plateau_leaves_a_falling_loss_alone():
    assert np.all(reduce_on_plateau([0.9**t for t in range(60)], 0.3, patience=0) == 0.3)
    # A fall of a thousandth each epoch is none at a threshold of a hundredth.
    slow = [0.999**t for t in range(12)]
    assert reduce_on_plateau(slow, 0.3, patience=2)[-1] == 0.3
    assert reduce_on_plateau(slow, 0.3, patience=2, threshold=0.5)[-1] < 0.3
    # At threshold 0 an equal loss is no better one.
    assert reduce_on_plateau([1.0] * 4, 0.3, patience=1, threshold=0)[-1] < 0.3
