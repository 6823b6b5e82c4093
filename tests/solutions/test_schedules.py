"""Schedules against PyTorch's, Keras's and d2l's recorded rates, and by their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions.optimizers import (
    cosine_annealing,
    exponential_decay,
    inverse_time_decay,
    linear_warmup,
    reduce_on_plateau,
    step_decay,
)

RATES = st.floats(1e-4, 1.0)


def same(actual, recorded):
    """Within the tolerance of the recorded rates."""
    np.testing.assert_allclose(actual, recorded, rtol=1e-12, atol=1e-14)


@pytest.fixture
def schedules(oracle):
    return oracle("lr_schedules")["sequences"]


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("StepLR(step=5,gamma=0.5)", lambda t: step_decay(0.1, t, 5, 0.5)),
        ("ExponentialLR(gamma=0.9)", lambda t: exponential_decay(0.1, t, 1, 0.9)),
        ("LambdaLR(1/(1+0.1t))", lambda t: inverse_time_decay(0.1, t, 0.1)),
        (
            "CosineAnnealingLR(T_max=20,eta_min=0.01)",
            lambda t: cosine_annealing(0.3, t, 20, 0.01),
        ),
        (
            "d2l CosineScheduler(max_update=20,base=.3,final=.01)",
            lambda t: cosine_annealing(0.3, t, 20, 0.01),
        ),
        (
            "seed_exponential_decay(lr0=.01,s=20), epoch 0..40",
            lambda t: exponential_decay(0.01, t, 20),
        ),
        (
            "CosineAnnealingWarmRestarts(T_0=10,T_mult=1)",
            lambda t: cosine_annealing(0.1, t % 10, 10),
        ),
    ],
)
def test_schedule_agrees_with_the_recorded_one(schedules, name, rate):
    assert len(schedules[name]) >= 20
    same([rate(t) for t in range(len(schedules[name]))], schedules[name])


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


def test_exponential_decay_agrees_with_keras(oracle):
    for step, lr in oracle("keras")["results"]["ExponentialDecay(0.01,31250,0.1)"].items():
        same(exponential_decay(0.01, int(step), 31250, 0.1), lr)


def test_warmup_is_one_step_ahead_of_d2ls(schedules):
    """d2l's rate is 0 at t = 0; ours begins with d2l's second step, and what follows is the cosine."""
    recorded = schedules["d2l CosineScheduler(20,warmup_steps=5,base=.3,final=.01)"]
    assert recorded[0] == 0
    same([linear_warmup(0.3, t, 5) for t in range(5)], recorded[1:6])
    same([cosine_annealing(0.3, t, 15, 0.01) for t in range(16)], recorded[5:])


TIMES = st.floats(0.0, 1e4)


@given(RATES, TIMES, st.floats(0.1, 1e3), st.floats(0.01, 0.99))
def test_exponential_decay(lr0, t, decay_time, factor):
    assert exponential_decay(lr0, 0, decay_time, factor) == lr0
    np.testing.assert_allclose(
        exponential_decay(lr0, t + decay_time, decay_time, factor),
        factor * exponential_decay(lr0, t, decay_time, factor),
        rtol=1e-8,
        atol=1e-300,
    )


@given(RATES, st.integers(0, 200), st.integers(1, 50), st.floats(0.1, 0.9))
def test_step_decay_is_the_exponential_at_its_cuts(lr0, t, step_size, factor):
    last_cut = t - t % step_size
    rate = step_decay(lr0, t, step_size, factor)
    np.testing.assert_allclose(rate, exponential_decay(lr0, last_cut, step_size, factor), rtol=1e-9)
    assert rate == step_decay(lr0, last_cut, step_size, factor)
    assert step_decay(lr0, last_cut + step_size, step_size, factor) < rate


@given(RATES, st.floats(1e-3, 10.0), TIMES)
def test_inverse_time_decay(lr0, k, t):
    assert inverse_time_decay(lr0, 0, k) == lr0
    np.testing.assert_allclose(inverse_time_decay(lr0, 1 / k, k), lr0 / 2, rtol=1e-12)
    assert inverse_time_decay(lr0, t + 1, k) < inverse_time_decay(lr0, t, k)
    assert inverse_time_decay(lr0, t, 0) == lr0


@given(st.floats(0.1, 1.0), st.floats(0.0, 0.1), st.floats(1.0, 1e3), st.floats(0.0, 1.0))
def test_cosine_annealing(lr0, lr_min, total, fraction):
    def rate(t):
        return cosine_annealing(lr0, t, total, lr_min)

    np.testing.assert_allclose(rate(0), lr0, rtol=1e-12)
    np.testing.assert_allclose(rate(total / 2), (lr0 + lr_min) / 2, rtol=1e-12)
    np.testing.assert_allclose(rate(total), lr_min, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(rate(total * (1 + fraction)), lr_min, rtol=1e-12, atol=1e-15)
    # Point symmetry about the middle, and never up.
    t = fraction * total
    np.testing.assert_allclose(rate(t) + rate(total - t), lr0 + lr_min, rtol=1e-9)
    assert rate(min(t + total / 10, total)) <= rate(t) + 1e-15


@given(RATES, st.integers(1, 100))
def test_linear_warmup(lr0, warmup):
    rates = [linear_warmup(lr0, t, warmup) for t in range(warmup + 5)]
    np.testing.assert_allclose(np.diff([0.0, *rates[:warmup]]), lr0 / warmup, rtol=1e-7)
    assert rates[warmup - 1 :] == [lr0] * 6
    assert linear_warmup(lr0, 0, 0) == lr0


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
