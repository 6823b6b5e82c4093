"""The numbers and claims that the prose of the chapter on initialization states, computed anew."""

import itertools
import re

import numpy as np
import pytest

from solutions.initialization import (
    backward_variance,
    forward_variance,
    gaussian_average,
    relu,
    selu,
    sigmoid,
    tanh,
)
from tests.conftest import ROOT

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "initialization.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def names(run_chapter):
    """What the chapter's cells define."""
    return run_chapter("initialization")


# The opening


def test_the_three_starts(names):
    said("the loss at the start is more than a hundred thousand")
    said(
        "With 0.01 the loss is $\\ln 10 = 2.30$, that of guessing, and stays there to three digits"
    )
    said("falls from 2.5 to 0.1")
    learned = names["learned"]
    assert learned["1"][0] > 1e5
    assert np.isnan(learned["1"][1:]).all()
    assert np.abs(np.array(learned["0.01"]) - np.log(10)).max() < 0.005
    assert learned["the third"][0] == pytest.approx(2.5, abs=0.05)
    assert learned["the third"][-1] == pytest.approx(0.1, abs=0.05)


def test_what_six_layers_make_of_a_factor():
    said("$\\sqrt{2/100}$ is 0.14")
    assert np.sqrt(2 / 100) == pytest.approx(0.14, abs=0.005)
    said(
        "a factor of 7 in every layer is $7^6 = 117{,}649$ in six, a factor of $\\tfrac1{14}$ is $10^{-7}$"
    )
    assert 7**6 == 117_649
    assert np.log10(14.0**-6) == pytest.approx(-7, abs=0.2)
    said("ReLU takes away another half of the mean square: 7 and $\\tfrac1{14}$.")
    assert np.sqrt(100 / 2) == pytest.approx(7, abs=0.1)
    assert np.sqrt(100e-4 / 2) == pytest.approx(1 / 14, abs=1e-3)


# Activations


def test_bounds_of_the_slopes(oracle):
    said("$0.25^{5} \\approx 10^{-3}$ over five layers and $0.25^{10} \\approx 10^{-6}$ over ten")
    assert np.log10(0.25) * np.array([5, 10]) == pytest.approx([-3, -6], abs=0.03)
    assert oracle("activations")["facts"]["sigmoid_max_derivative"] == 0.25


def test_the_other_form_of_the_sigmoid_fails():
    said("for $z = 1000$ it is $\\infty/\\infty$, not a number, where the value is simply 1")
    with np.errstate(all="ignore"):
        assert np.isnan(np.exp(1000.0) / (1 + np.exp(1000.0)))
        assert 1 / (1 + np.exp(np.float64(1000.0))) == 0
    assert sigmoid(np.array([1000.0]))[0] == 1


def test_the_products_of_weights_and_slopes(names):
    said(
        "The slopes of tanh are between 0 and 1, all of them, and yet with large weights its gradient explodes."
    )
    said("at size 1 it hardly shrinks at all")

    def ratio(activation, deviation):
        _, dzs = names["study"](activation, names["normal"](deviation), depth=10)
        return np.sqrt(np.mean(dzs[0] ** 2) / np.mean(dzs[-1] ** 2))

    assert ratio(tanh, 1.0) > 1000
    assert ratio(sigmoid, 0.1) < 1e-5
    assert 0.5 < ratio(sigmoid, 1.0) < 1.5


# The chapter's own network


@pytest.mark.parametrize("activation", [tanh, sigmoid, selu])
def test_the_gradients_of_the_chapters_network_are_derivatives(names, activation):
    rng = np.random.default_rng(0)
    widths = (6, 5, 4, 3)
    pairs = list(itertools.pairwise(widths))
    weights = [rng.normal(size=shape) for shape in pairs]
    biases = [rng.normal(size=k) for _, k in pairs]
    x, labels = rng.normal(size=(7, 6)), rng.integers(3, size=7)
    _, d_weights, d_biases = names["gradients"](x, labels, weights, biases, activation)
    for arrays, found in ((weights, d_weights), (biases, d_biases)):
        for array, d_array in zip(arrays, found, strict=True):
            for place in np.ndindex(array.shape):
                values = []
                for h in (1e-5, -1e-5):
                    array[place] += h
                    values.append(names["gradients"](x, labels, weights, biases, activation)[0])
                    array[place] -= h
                assert d_array[place] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8)


def test_equal_units_stay_equal(names):
    said("after 380 steps on random batches the 32 hidden units are still *one*")
    assert 10 * 38 == 380
    columns = {}
    for name, (widths, initial) in names["starts"].items():
        weights, biases, losses = names["train"](widths, initial, tanh)
        different = len(np.unique(weights[0].round(9), axis=1).T)
        columns[name] = different, losses[-1], names["accuracy"](weights, biases, tanh)
    assert [columns[name][0] for name in columns] == [1, 1, 32, 1]
    said("With zeros nothing was learned.")
    assert columns["all weights 0"][1] == pytest.approx(np.log(10), abs=0.01)
    said("With 0.01 everywhere something was: the loss did fall.")
    assert columns["all weights 0.01"][1] < 2
    said("the network does what a network with a single hidden unit does")
    one = columns["one hidden unit, normal, 0.1"]
    assert columns["all weights 0.01"][2] == pytest.approx(one[2], abs=0.05)
    assert columns["normal, 0.1"][2] > 0.9


def test_zeros_leave_all_gradients_zero_but_those_of_the_last_biases(names):
    said("The biases of the last layer alone can learn")
    weights = [np.zeros((64, 5)), np.zeros((5, 5)), np.zeros((5, 10))]
    biases = [np.zeros(5), np.zeros(5), np.zeros(10)]
    for activation in (relu, tanh):
        _, d_weights, d_biases = names["gradients"](
            names["x"][:50], names["y"][:50], weights, biases, activation
        )
        assert not any(d.any() for d in (*d_weights, *d_biases[:-1]))
        assert d_biases[-1].any()


@pytest.mark.parametrize("outgoing_differs", [False, True])
def test_equal_incoming_weights_are_not_enough_to_stay_equal(names, outgoing_differs):
    said("different outgoing weights give them different gradients on the way back")
    rng = np.random.default_rng(0)
    last = rng.normal(size=(4, 10)) if outgoing_differs else np.tile(rng.normal(size=10), (4, 1))
    weights, biases = [np.full((64, 4), 0.3 / 64), last], [np.zeros(4), np.zeros(10)]
    for _ in range(5):
        weights, biases = names["step"](names["x"], names["y"], weights, biases, tanh, 0.1)
    different = len(np.unique(weights[0].round(9), axis=1).T)
    assert different == (4 if outgoing_differs else 1)


# Forward


def test_relus_moments():
    said(
        "its mean is $\\sqrt{q/2\\pi} = 0.399\\sqrt q$, so that its *variance* is only $0.341\\, q$"
    )
    assert 1 / np.sqrt(2 * np.pi) == pytest.approx(0.399, abs=5e-4)
    assert 0.5 - 1 / (2 * np.pi) == pytest.approx(0.341, abs=5e-4)


def test_five_layers_predicted_and_measured(names):
    said("holds for 100 units within some ten percent")
    said("over twenty powers of ten")
    ends = []
    for activation in (sigmoid, tanh, relu):
        for deviation in names["SCALES"].values():
            predicted = forward_variance(
                (100,) * 6, [deviation**2] * 5, lambda z, f=activation: f(z)[0]
            )[-1]
            kept = [
                names["study"](activation, names["normal"](deviation), 5, seed=s)[0]
                for s in range(8)
            ]
            measured = np.mean([np.mean(k[-1][1] ** 2) for k in kept])
            assert measured == pytest.approx(predicted, rel=0.1)
            ends.append(measured)
    assert np.log10(max(ends) / min(ends)) == pytest.approx(20, abs=0.5)


# Xavier and He


def test_factors_from_784_to_300():
    said(
        "$784 \\cdot 2/1084 = 1.45$ on the way forward and by $300 \\cdot 2/1084 = 0.55$ on the way back"
    )
    assert (784 * 2 / 1084, 300 * 2 / 1084) == pytest.approx((1.45, 0.55), abs=5e-3)
    said("it gives 0.0607 in place of 0.0505, 20 % too much, which means 45 % in the mean square")
    wrong, right = 2 / np.sqrt(1084), np.sqrt(2 / 784)
    assert (wrong, right) == pytest.approx((0.0607, 0.0505), abs=5e-5)
    assert (wrong / right, (wrong / right) ** 2) == pytest.approx((1.20, 1.45), abs=5e-3)


def test_twice_the_deviation_and_half_the_variance():
    said("after 50 layers, $2^{50} \\approx 10^{15}$")
    assert np.log10(2.0**50) == pytest.approx(15, abs=0.1)
    said("with $s = 2.93/n$, is wrong by a factor of 1.47 in every layer")
    assert 1 / (0.5 - 1 / (2 * np.pi)) == pytest.approx(2.93, abs=5e-3)
    assert 2.93 / 2 == pytest.approx(1.47, abs=6e-3)


def test_he_forward_leaves_a_quotient_of_widths_backward():
    said("multiply to a quotient of the last and the first width, $n_L/n_1$")
    widths = (30, 80, 20, 50, 10)
    v = backward_variance(widths, [2 / n for n in widths[:-1]], lambda z: relu(z)[1], np.ones(4))
    assert v[0] == pytest.approx(widths[-1] / widths[1])


def test_gains():
    def factors(f):
        keeps = gaussian_average(lambda z: f(z)[0] ** 2, 1.0)
        return 1 / keeps, gaussian_average(lambda z: f(z)[1] ** 2, 1.0) / keeps

    said("the variance of the gradient grows by 18 % in every layer")
    assert factors(tanh)[1] == pytest.approx(1.18, abs=5e-3)
    said("loses more than five sixths of the gradient's mean square in every layer")
    assert factors(sigmoid)[1] < 1 / 6
    said("For ReLU it is 2 and the gradient is kept as well")
    assert factors(relu) == pytest.approx((2, 1))
    said("For SELU it is exactly 1, with the mean 0")
    assert factors(selu)[0] == pytest.approx(1, abs=1e-6)


# Every pairing


def sizes_of(dzs):
    return np.log10([np.sqrt(np.mean(dz**2)) for dz in dzs])


def test_what_the_alternative_texts_of_the_grid_say(names):
    studies = names["STUDIES"]
    said("with Xavier it slopes down by about seven powers of ten, with He it is level")
    size = {
        initial: np.log10(np.sqrt(np.mean(studies["ReLU", initial, 50][0][-1][1] ** 2)))
        for initial in names["INITIAL"]
    }
    assert size["Xavier"] == pytest.approx(-7.3, abs=0.5)
    assert abs(size["He"]) < 0.5
    assert (size["N(0, 1)"], size["0.01"]) == pytest.approx((42, -57), abs=2)
    said("tanh by about 18 powers of ten")
    assert sizes_of(studies["tanh", "N(0, 1)", 50][1])[0] == pytest.approx(18, abs=1)
    said("but ReLU with Xavier falls by seven powers")
    assert sizes_of(studies["ReLU", "Xavier", 50][1])[0] == pytest.approx(-7.4, abs=0.5)
    said(
        "Level in four panels only: tanh with Xavier and, roughly, He; ReLU with He; and, by an accident,"
    )
    level = [
        key
        for key, (_, dzs) in studies.items()
        if key[2] == 50 and np.abs(sizes_of(dzs) - sizes_of(dzs)[-1]).max() < 1.2
    ]
    assert set(level) == {
        ("tanh", "Xavier", 50),
        ("tanh", "He", 50),
        ("ReLU", "He", 50),
        ("sigmoid", "N(0, 1)", 50),
    }


def test_theory_and_one_network_of_fifty_layers(names):
    said("for tanh with N(0, 1) to a factor of about thirty")
    said("the 36 powers of ten that the line predicts there")
    for (name, initial, depth), (kept, dzs) in names["STUDIES"].items():
        if depth != 50:
            continue
        activation, s = names["THREE"][name], names["DEVIATION"][initial] ** 2
        q = forward_variance((100,) * 51, [s] * 50, lambda z, f=activation: f(z)[0])
        v = backward_variance((100,) * 51, [s] * 50, lambda z, f=activation: f(z)[1], q)
        measured = np.array([np.mean(z**2) for _, z, _ in kept])
        returned = np.array([np.mean(dz**2) for dz in dzs]) / np.mean(dzs[-1] ** 2)
        # In logarithms: they span up to 115 powers of ten.
        assert np.abs(np.log10(measured / q)).max() < 1
        wild = (name, initial) == ("tanh", "N(0, 1)")
        scatter = np.abs(np.log10(returned / v)).max()
        assert scatter == pytest.approx(np.log10(30), abs=0.15) if wild else scatter < 1
        assert not wild or np.log10(v[0]) == pytest.approx(36, abs=0.5)


def test_the_accident_of_the_saturated_sigmoid():
    said("the factor per layer is near 1")
    said("by the theory the factor grows like $\\sqrt{n}$")

    def factor(n):
        q = forward_variance((n,) * 21, [1.0] * 20, lambda z: sigmoid(z)[0])
        v = backward_variance((n,) * 21, [1.0] * 20, lambda z: sigmoid(z)[1], q)
        return v[9] / v[10]

    assert factor(100) == pytest.approx(1, abs=0.05)
    assert factor(1600) / factor(400) == pytest.approx(2, abs=0.05)


def test_angles(names):
    said("Sigmoid layers make all inputs alike within five layers")
    said("turns every pair of inputs slowly into the same direction")

    def cosines(activation, initial, depth, seed):
        rng = np.random.default_rng(seed)
        first, other = rng.normal(size=(2, 400))
        a = np.array([first, 0.5 * first + np.sqrt(0.75) * other])
        for _ in range(depth):
            a = activation(a @ names["INITIAL"][initial](400, 400, rng))[0]
        return a[0] @ a[1] / np.linalg.norm(a[0]) / np.linalg.norm(a[1])

    for seed in range(3):
        assert cosines(sigmoid, "Xavier", 5, seed) > 0.999
        assert abs(cosines(tanh, "N(0, 1)", 20, seed)) < 0.25
        assert 0.1 < cosines(tanh, "Xavier", 20, seed) < 0.8
        assert cosines(relu, "He", 50, seed) > 0.97


# Digits


def test_five_layers_on_digits(names):
    runs = {
        initial: [results[2][-1] for results in runs] for initial, runs in names["runs"].items()
    }
    said("0.01 does not learn at any rate")
    assert np.abs(np.array(runs["0.01"]) - np.log(10)).max() < 0.02
    said("N(0, 1) learns at a rate a thousand times smaller than the others")
    assert np.nanargmin(runs["N(0, 1)"]) == 1
    assert np.isnan(runs["N(0, 1)"][2:]).all()
    assert names["rates"][1] * 1000 == pytest.approx(names["rates"][3])
    said("Xavier and He both learn.")
    said("He is ahead at the same rate.")
    assert max(runs["Xavier"][3], runs["He"][3]) < 0.3
    assert all(he < xavier for he, xavier in zip(runs["He"][2:], runs["Xavier"][2:], strict=True))
    said("N(0, 1) falls from 140,000 to about 40.")
    assert names["curves"]["N(0, 1)"][0] == pytest.approx(140_000, rel=0.02)
    assert names["curves"]["N(0, 1)"][-1] == pytest.approx(40, abs=5)
    said("Xavier and He fall, He ahead, to about 0.14 and 0.05.")
    assert names["curves"]["Xavier"][-1] == pytest.approx(0.14, abs=0.03)
    assert names["curves"]["He"][-1] == pytest.approx(0.05, abs=0.02)
    said("$2^{-5} = \\tfrac1{32}$ in the mean square, less than 6 in the signal")
    assert np.sqrt(32) < 6


def test_twenty_layers(names):
    ends = {
        initial: names["train"](names["deep"], names["INITIAL"][initial], relu, 0.03, 4)[2][-1]
        for initial in ("Xavier", "He")
    }
    assert ends["Xavier"] == pytest.approx(np.log(10), abs=0.01)
    assert ends["He"] < 1.3


def test_of_five_sigmoid_layers_the_large_weights_learn(names):
    said(
        "Of the sigmoid networks the one with weights of variance 1 is the only one that has learned anything"
    )
    said("For tanh it is the other way round.")
    best = {
        (name, initial): min(
            names["train"](names["five"], draw, names["THREE"][name], lr, 5)[2][-1]
            for lr in (0.03, 0.3)
        )
        for name in ("sigmoid", "tanh")
        for initial, draw in names["INITIAL"].items()
    }
    assert best["sigmoid", "N(0, 1)"] < 0.5
    assert min(best["sigmoid", initial] for initial in ("0.01", "Xavier", "He")) > 2.25
    assert max(best["tanh", initial] for initial in ("Xavier", "He")) < 0.2
    assert best["tanh", "N(0, 1)"] > 1


def test_dying(names):
    said("With a good rate a few units are off for all digits, as a few were at the start.")
    said(
        "With a rate that is too large most of the network dies, and the loss is that of guessing again"
    )
    found = {}
    for lr in (0.1, 2.0):
        weights, biases, losses = names["train"](names["two"], names["he_normal"], relu, lr, 6)
        found[lr] = sum(names["count_dead"](weights, biases, relu)), losses[-1]
    assert found[0.1][0] < 20
    assert found[0.1][1] < 0.2
    assert found[2.0][0] > 150
    assert found[2.0][1] == pytest.approx(np.log(10), abs=0.1)
    said("at `lr = 2` their networks do not fall silent, they diverge")
    with np.errstate(all="ignore"):
        for name in ("leaky, 0.01", "leaky, 0.2", "ELU"):
            *_, losses = names["train"](
                names["two"], names["he_normal"], names["cures"][name], 2.0, 3
            )
            assert not losses[-1] < 1000


def test_units_killed_by_hand(names):
    said("94 of 100 hidden units are off for every image")
    said("Not one of the dead came back, and a network of six living units reads digits badly.")
    found = {}
    for name, activation in names["cures"].items():
        for epochs in (0, 10):
            weights, biases, _ = names["train"](
                (64, 100, 10), names["he_normal"], activation, epochs=epochs, bias=-2.0
            )
            dead = names["count_dead"](weights, biases, activation)[0]
            found[name, epochs] = dead, names["accuracy"](weights, biases, activation)
    assert all(found[name, 0][0] == 94 for name in names["cures"])
    assert found["ReLU", 10][0] == 94
    assert found["ReLU", 10][1] < 0.4
    said("A slope of 0.01 is hardly better")
    assert found["leaky, 0.01", 10][1] < 0.4
    said("With a slope of 0.2, and with ELU, the network learns.")
    assert min(found[name, 10][1] for name in ("leaky, 0.2", "ELU")) > 0.75


# In a framework, and the questions


def test_frameworks(oracle):
    said("a *third* of LeCun's variance")
    said("loses five sixths of the mean square in every layer")
    assert (1 / 3) * (1 / 2) == pytest.approx(1 / 6)
    said("`gain`: $\\sqrt2$ for ReLU, $\\tfrac53$ for tanh, $\\tfrac34$ for SELU")
    gains = oracle("init")["gains"]
    assert [gains[name] for name in ("relu", "tanh", "selu")] == pytest.approx(
        [2**0.5, 5 / 3, 3 / 4]
    )
    said("multiply every $q_l$ of a ReLU network by 65,025")
    assert 255**2 == 65_025


def test_the_answers():
    said(
        "$\\tfrac12 \\cdot 200 \\cdot 0.0025 = \\tfrac14$; after 20 layers $2^{-40} \\approx 10^{-12}$."
    )
    assert 200 * 0.05**2 / 2 == pytest.approx(0.25)
    said("$\\sqrt{2/50} = 0.2$")
    said("$\\sqrt3 \\cdot 0.2 = 0.346$")
    assert np.sqrt(3) * 0.2 == pytest.approx(0.346, abs=5e-4)
    said("it explodes, by the theory its variance at width 100 some 5,000 times over")
    q = forward_variance((100,) * 31, [4 / 100] * 30, lambda z: tanh(z)[0])
    v = backward_variance((100,) * 31, [4 / 100] * 30, lambda z: tanh(z)[1], q)
    assert v[0] == pytest.approx(5000, rel=0.1)
    assert 1 < q[-1] < 4
