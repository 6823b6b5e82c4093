"""The numbers and claims that the prose of the chapter on schedules states, computed anew."""

import re

import numpy as np
import pytest

from solutions.schedules import best_rates, plan_rates, schedule, weight_averages
from tests.conftest import ROOT

SEEDS = range(10, 15)  # the page has 0 to 4

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "schedules.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    return run_chapter("schedules")


def test_steps_in_twenty_epochs():
    said("decay_steps=34_380")
    assert 20 * -(-55_000 // 32) == 34_380
    assert 20 * 55_000 // 32 == 34_375


def test_the_floors_of_the_first_figure():
    said("With rate 0.3 it falls within 15 steps to 0.18 and stays")
    for lr, floor, steps in ((0.3, 0.18, 15), (0.03, 0.015, 200)):
        variance = 100.0
        for _ in range(steps):
            variance = (1 - lr) ** 2 * variance + lr**2
        assert variance == pytest.approx(floor, rel=0.06)
        assert lr / (2 - lr) == pytest.approx(floor, rel=0.03)


def test_the_best_rates_are_one_over_t():
    rates = best_rates(1.0, 1.0, 1.0, 1000)
    assert np.diff(1 / rates) == pytest.approx(1)


def test_the_noise_of_slower_rates_dies_out_too():
    said("with rates like $1/\\sqrt t$ the variance goes to 0 as well, more slowly")
    for start in (1.0, 100.0):
        slow = fast = start
        for t in range(1, 40_001):
            slow = (1 - t**-0.5) ** 2 * slow + 1 / t
            fast = (1 - 1 / t) ** 2 * fast + 1 / t**2
            if t in (400, 40_000):
                assert slow == pytest.approx(0.5 * t**-0.5, rel=0.05)  # half of the rate
                assert fast == pytest.approx(1 / t, rel=0.05)


@pytest.mark.parametrize("kappa", [10.0, 30.0, 100.0, 200.0, 300.0])
def test_the_best_plan_for_many_curvatures_is_nearly_a_straight_line(kappa):
    said("evenly on a log scale over two powers of ten or more, as here, and some fifty steps")
    said("it is nearly a straight line to zero")
    said("the better conditioned the loss, or the further out the start, the more it bends")
    for n_steps in (40, 60):
        near, far = (
            np.corrcoef(plan_rates(np.geomspace(1 / kappa, 1, 20), 1.0, v, n_steps), range(n_steps))
            for v in (100.0, 1e5)
        )
        assert far[0, 1] ** 2 < near[0, 1] ** 2 - 0.01
    for n_steps in (40, 60):
        rates = plan_rates(np.geomspace(1 / kappa, 1, 20), 1.0, 100.0, n_steps)
        straight = np.corrcoef(rates, np.arange(n_steps))[0, 1] ** 2
        assert straight > 0.95 if kappa >= 100 else straight < 0.85
        assert rates[-1] < 0.15 * rates[0]
        said("Curvatures spread evenly without the log bend it, too: the spectrum decides.")
        rates = plan_rates(np.linspace(1 / kappa, 1, 20), 1.0, 100.0, n_steps)
        assert np.corrcoef(rates, np.arange(n_steps))[0, 1] ** 2 < 0.85
        assert np.corrcoef(1 / rates, np.arange(n_steps))[0, 1] ** 2 > 0.85


def test_the_shape_asked_for_is_one_of_five():
    said("which of the five shapes do the best rates resemble?")
    said("Six plans, made by one program from five shapes.")
    said("nearly a straight line to zero")
    for shape in ("linear", "cosine", "exponential", "inverse", "jump"):
        assert len(schedule(1.0, [(shape, 4, 0.5)])) == 4


def ends(page, net, rates, epochs, seeds=SEEDS, *how, **more):
    """The losses at the end, infinite where training diverged."""
    with np.errstate(all="ignore"):
        lasts = [page["train"](net, rates, epochs, seed, *how, **more)[0][-1] for seed in seeds]
    return np.nan_to_num(lasts, nan=np.inf)


def test_schedules_under_noise_with_other_seeds(page):
    said("a constant rate stays on its floor; the schedules leave it as the rate falls")
    said(
        "the stable rate stays with the constant one until the 16th epoch and then falls the lowest"
    )
    last = {
        name: np.array(
            [
                page["train"](
                    *(page["linear"], rates, 20, seed), batch_size=8, labels=page["spoilt"](seed)
                )[0][-1]
                for seed in SEEDS
            ]
        )
        for name, rates in page["PLANS"].items()
    }
    constant, small, steps, cosine, stable = last.values()
    assert cosine.mean() < constant.mean() and steps.mean() < constant.mean()
    assert np.all(stable < cosine) and np.all(cosine < small)
    assert small.mean() > constant.mean()


def test_without_noise_a_schedule_gains_nothing(page):
    said("Here the constant rate mostly ends with the *lower* training loss")
    said("the validation accuracies differ by no more than those of two seeds")
    digits, network = page["digits"], page["network"]
    losses, right = [], []
    for seed in SEEDS:
        runs = [
            page["train"](network, rates, 40, seed)
            for rates in (0.3, schedule(0.3, [("cosine", 40 * 38, 0.0)]))
        ]
        losses.append([run[0][-1] for run in runs])
        right.append(
            [network.accuracy(run[1], digits.x_validation, digits.y_validation) for run in runs]
        )
    constant, cosine = np.transpose(losses)
    assert np.sum(constant < cosine) >= 3
    said("simply because it went on moving")
    # Where the rates add up to as much, the cosine ends as low, and the constant as high.
    as_far = np.median(ends(page, network, schedule(0.3, [("cosine", 80 * 38, 0.0)]), 80))
    half = np.median(ends(page, network, 0.15, 40))
    assert as_far == pytest.approx(np.median(constant), rel=0.2)
    assert half == pytest.approx(np.median(cosine), rel=0.2)
    constant, cosine = np.transpose(right)
    assert abs(constant.mean() - cosine.mean()) < constant.std(ddof=1)


def test_warm_up_widens_the_range_of_rates(page):
    said("At the best rate it gains nothing; at seven and ten times that rate it makes up for much")
    for lr, helps in ((0.03, False), (0.2, True), (0.3, True)):
        warmed = schedule(0.0, [("linear", 38, lr), ("jump", 7 * 38, lr)])
        plain, warm = (
            ends(page, page["network"], rates, 8, SEEDS, page["adam_step"], 2)
            for rates in (lr, warmed)
        )
        if helps:
            assert warm.mean() < 0.75 * plain.mean()
        else:
            assert abs(warm.mean() - plain.mean()) < 1.5 * plain.std(ddof=1)


def test_what_two_bounds_do(page):
    said(
        "The bound of 5 touches about one step in seven at the rate 0.03, and lowers the loss there"
    )
    said("a loss at small rates and a gain at large ones")
    said(
        "At the rate 0.03 its mini-batch gradients are mostly 1 to 5 long, and now and then above 10"
    )
    step, found, shares = page["momentum_step"], {}, []
    with np.errstate(all="ignore"):
        for lr in (0.003, 0.03, 0.06):
            for bound in (np.inf, 5.0, 1.0):
                runs = [
                    page["train"](page["deep"], lr, 8, seed, step, 1, **page["clipped"](bound))
                    for seed in SEEDS
                ]
                found[lr, bound] = np.median([np.nan_to_num(r[0][-1], nan=np.inf) for r in runs])
                if bound == 5 and lr == 0.03:
                    shares += [np.mean(r[2] > 5) for r in runs]
                if bound == np.inf and lr == 0.03:
                    usual = [np.mean((1 < r[2]) & (r[2] < 5)) for r in runs]
                    peaks = [np.mean(r[2] > 10) for r in runs]
    assert 0.1 < np.mean(shares) < 0.25
    assert np.mean(usual) > 0.6 and 0.005 < np.mean(peaks) < 0.1
    assert found[0.03, 5.0] < 0.85 * found[0.03, np.inf]
    assert found[0.003, 1.0] > 1.3 * found[0.003, np.inf]
    assert found[0.06, 1.0] < 0.6 * found[0.06, np.inf]


def test_the_linear_scaling_rule(page):
    said("With the rate in proportion to the batch, 95 steps do what 1,500 do.")
    assert 5 * -(-1197 // 64) == 95 and 5 * -(-1197 // 4) == 1500
    small, large, slow = (
        ends(page, page["network"], lr, 5, batch_size=size)
        for lr, size in ((0.01, 4), (0.16, 64), (0.04, 64))
    )
    assert large.mean() == pytest.approx(small.mean(), rel=0.1)
    assert slow.mean() > 2.5 * small.mean()


def test_larger_batches_stop_saving_steps(page):
    said("needed fall from 300 to 70 at a batch of 64, and then hardly further")
    needed = [
        np.mean(
            [min(page["steps_to"](size, lr, seed) for lr in (0.1, 0.2, 0.4, 0.8)) for seed in SEEDS]
        )
        for size in (4, 64, 256)
    ]
    assert needed[0] > 3 * needed[1]
    assert needed[2] == pytest.approx(needed[1], rel=0.4)
    said("until noise is no longer what limits the rate")
    # It is the limit of stability, and not the largest of the four rates: twice that is worse.
    twice, largest = (
        np.mean([page["steps_to"](256, lr, seed) for seed in SEEDS]) for lr in (1.6, 0.8)
    )
    assert twice > 1.5 * largest


def test_an_average_of_a_constant_rate_is_as_good_as_a_schedule(page):
    said("The average of a constant rate is about as good as the end of a schedule")
    said("averaging the end of a schedule, which has come to rest, gains nothing")
    found = []
    for seed in SEEDS:
        labels = page["spoilt"](seed)
        row = []
        for rates in (0.3, page["PLANS"]["cosine: 0.3 to 0"]):
            points = page["train"](
                *(page["linear"], rates, 20, seed), batch_size=8, labels=labels, keep=True
            )[1]
            for beta in (0.0, 0.99):
                theta = weight_averages(points[-1000:], beta)[-1]
                row.append(page["linear"].loss(theta, page["digits"].x_train, labels)[0])
        found.append(row)
    last, averaged, cosine, both = np.transpose(found)
    assert np.all(averaged < last) and averaged.mean() < cosine.mean() + 0.01
    assert np.abs(both - cosine).max() < 0.005


def test_half_precision():
    said("float16 has nothing between 0 and $6 \\cdot 10^{-8}$, and next to 1 its spacing is 0.001")
    assert np.finfo(np.float16).smallest_subnormal == pytest.approx(6e-8, rel=0.01)
    assert np.finfo(np.float16).eps == pytest.approx(0.001, rel=0.03)
    said("a step of 0.0002 on a weight of 1 is lost")
    assert np.float16(1) + np.float16(0.0002) == np.float16(1)
