"""The numbers and claims that the prose of the chapter on initialization states, computed anew."""

import re

import numpy as np
import pytest

from gradus import data, nn
from gradus.nn import relu
from solutions.activations import (
    SELU_ALPHA,
    SELU_SCALE,
    elu,
    gelu,
    leaky_relu,
    sigmoid,
    silu,
    tanh,
)
from solutions.initialization import (
    backward_variance,
    distance_factor,
    forward_variance,
    gaussian_average,
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
        "A factor of 7 in every layer is $7^6 = 117{,}649$ in six, a factor of $\\tfrac1{14}$ is $10^{-7}$"
    )
    assert 7**6 == 117_649
    assert np.log10(14.0**-6) == pytest.approx(-7, abs=0.2)
    said("ReLU takes away another half of the mean square: 7 and $\\tfrac1{14}$.")
    assert np.sqrt(100 / 2) == pytest.approx(7, abs=0.1)
    assert np.sqrt(100e-4 / 2) == pytest.approx(1 / 14, abs=1e-3)


# The chapter's own functions


def test_the_folded_activations_are_those_of_the_last_chapter(names):
    z = np.concatenate([np.linspace(-6, 6, 121), [-1e4, 1e4]])
    for name, ours in {
        "sigmoid": sigmoid,
        "tanh": tanh,
        "ReLU": relu,
        "leaky, 0.1": lambda z: leaky_relu(z, 0.1),
        "ELU": elu,
        "SELU": lambda z: elu(z, SELU_ALPHA, SELU_SCALE),
        "SiLU": silu,
        "GELU": gelu,
    }.items():
        atol = 1e-7 if name == "GELU" else 1e-15  # its slope is taken by differences
        np.testing.assert_allclose(names["ACTIVATIONS"][name](z), ours(z), rtol=1e-12, atol=atol)


def test_equal_units_stay_equal(names):
    said("after 380 steps on random batches the 32 hidden units are still *one*")
    assert 10 * 38 == 380
    columns = {}
    for name, (widths, initial) in names["starts"].items():
        network, theta, losses = names["train"](widths, initial, tanh)
        different = len(np.unique(network.layers(theta)[0][0].round(9), axis=1).T)
        columns[name] = different, losses[-1], names["accuracy"](network, theta)
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
    for activation in (relu, tanh):
        network = nn.MLP((64, 5, 5, 10), activation)
        _, gradient = network.loss(np.zeros(network.size), names["x"][:50], names["y"][:50])
        *others, last = [d for pair in network.layers(gradient) for d in pair]
        assert not any(d.any() for d in others)
        assert last.any()


@pytest.mark.parametrize("outgoing_differs", [False, True])
def test_equal_incoming_weights_are_not_enough_to_stay_equal(names, outgoing_differs):
    said("different outgoing weights give them different gradients on the way back")
    rng = np.random.default_rng(0)
    last = rng.normal(size=(4, 10)) if outgoing_differs else np.tile(rng.normal(size=10), (4, 1))
    network = nn.MLP((64, 4, 10), tanh)
    theta = np.zeros(network.size)
    (weights, _), (outgoing, _) = network.layers(theta)
    weights[...], outgoing[...] = 0.3 / 64, last
    for _ in range(5):
        theta = theta - 0.1 * network.loss(theta, names["x"], names["y"])[1]
    different = len(np.unique(network.layers(theta)[0][0].round(9), axis=1).T)
    assert different == (4 if outgoing_differs else 1)


# Forward


def test_relus_moments():
    said(
        "its mean is $\\sqrt{q/2\\pi} = 0.399\\sqrt q$, so that its *variance* is only $0.341\\, q$"
    )
    assert 1 / np.sqrt(2 * np.pi) == pytest.approx(0.399, abs=5e-4)
    assert 0.5 - 1 / (2 * np.pi) == pytest.approx(0.341, abs=5e-4)


def test_five_layers_predicted_and_measured(names):
    said("holds for 100 units, in the mean over eight networks within some fifteen percent")
    said("over twenty powers of ten")
    ends = []
    for activation in (sigmoid, tanh, relu):
        for deviation in names["SCALES"].values():
            predicted = forward_variance(
                (100,) * 6, [deviation**2] * 5, lambda z, f=activation: f(z)[0]
            )[-1]
            for first in (0, 100, 200, 300, 400, 500):  # the page's eight, and five times others
                kept = [
                    names["study"](activation, names["normal"](deviation), 5, seed=s)[0]
                    for s in range(first, first + 8)
                ]
                measured = np.mean([np.mean(k[-1][1] ** 2) for k in kept])
                assert measured == pytest.approx(predicted, rel=0.16)
            ends.append(measured)
    assert np.log10(max(ends) / min(ends)) == pytest.approx(20, abs=0.5)


# Xavier and He


def test_factors_from_784_to_300():
    said(
        "$784 \\cdot 2/1084 = 1.45$ on the way forward and by $300 \\cdot 2/1084 = 0.55$ on the way back"
    )
    assert (784 * 2 / 1084, 300 * 2 / 1084) == pytest.approx((1.45, 0.55), abs=5e-3)


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
    said(
        "fifty layers of ELU multiply the mean square by 36 and the variance of the gradient by about 190"
    )
    said("with 1.55 by 1 and by 4")
    for factor, forward, backward in ((2.0, 36, 190), (1.551, 1, 4)):
        widths, variances = (100,) * 51, [factor / 100] * 50
        signal = forward_variance(widths, variances, lambda z: elu(z)[0])
        gradient = backward_variance(widths, variances, lambda z: elu(z)[1], signal)
        # From inputs of mean square 1; the gradient from the last layer to the first.
        assert signal[-1] == pytest.approx(forward, rel=0.02)
        assert gradient[0] == pytest.approx(backward, rel=0.05)
    said("the gradient's variance grows by some 7 % in every layer")
    for f in (silu, gelu):
        assert factors(f)[1] == pytest.approx(1.07, abs=5e-3)
        assert factors(f)[0] > 2
    said("For SELU it is exactly 1, with the mean 0")
    assert factors(lambda z: elu(z, SELU_ALPHA, SELU_SCALE))[0] == pytest.approx(1, abs=1e-6)


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


def test_about_half_of_the_slopes_of_a_saturated_sigmoid_are_near_zero(names):
    said("About half of the slopes are below 0.01")
    for seed in range(1, 6):
        kept, _ = names["study"](sigmoid, names["normal"](1.0), 30, seed=seed)
        assert np.mean(kept[20].slope < 0.01) == pytest.approx(0.5, abs=0.1)


def test_the_accident_of_the_saturated_sigmoid():
    said("the factor per layer is near 1")
    said("by the theory the factor grows like $\\sqrt{n}$")

    def factor(n):
        q = forward_variance((n,) * 21, [1.0] * 20, lambda z: sigmoid(z)[0])
        v = backward_variance((n,) * 21, [1.0] * 20, lambda z: sigmoid(z)[1], q)
        return v[9] / v[10]

    assert factor(100) == pytest.approx(1, abs=0.05)
    assert factor(1600) / factor(400) == pytest.approx(2, abs=0.05)


def test_a_point_at_the_jump():
    said("of 401 equally spaced points from $-8$ to $8$ one lies there, and costs 1.6 percent")
    x = np.linspace(-8, 8, 401)
    weights = np.exp(-(x**2) / 2)
    found = weights @ relu(x)[1] / weights.sum()
    assert 1 - found / 0.5 == pytest.approx(0.016, abs=5e-4)


def test_angles(names):
    said("With sigmoid it is 1 within five layers")
    said("with ReLU and He it rises slowly to above 0.9")
    said("with tanh and Xavier it wanders, at the end between -0.2 and 0.5")
    drawn = names["cosines"][:, :, -1]
    assert drawn[3].min() > 0.9 and -0.2 < drawn[2].min() < drawn[2].max() < 0.5
    said("with tanh and N(0, 1) it falls to around 0")
    said("Tanh with Xavier's weights lies on the border of the two")

    def cosines(activation, initial, seed):
        rng = np.random.default_rng(seed)
        one, other = rng.normal(size=(2, 300))
        a, found = np.array([one, 0.5 * one + np.sqrt(0.75) * other]), []
        for _ in range(31):
            found.append(a[0] @ a[1] / np.prod(np.linalg.norm(a, axis=1)))
            a = activation(a @ names["INITIAL"][initial](300, 300, rng))[0]
        return np.array(found)

    ends, closed = [], []
    for seed in range(5, 11):
        assert cosines(sigmoid, "Xavier", seed)[5] > 0.999
        assert abs(cosines(tanh, "N(0, 1)", seed)[30]) < 0.25
        closing = cosines(relu, "He", seed)
        assert 0.7 < closing[5] < 0.95
        closed.append(closing[30])
        ends.append(cosines(tanh, "Xavier", seed)[30])
    assert np.mean(closed) > 0.95
    assert 0.1 < np.mean(ends) < 0.7
    assert np.std(ends) > 0.05


def test_one_number_for_gradient_and_distance(names):
    said("have one answer")
    n = 300
    for activation, s in (
        (sigmoid, 1 / n),
        (tanh, 1.0),
        (tanh, 1 / n),
        (relu, 2 / n),
        (tanh, 2 / n),
    ):
        q = forward_variance((n,) * 41, [s] * 40, lambda z, f=activation: f(z)[0])[-1]
        number = distance_factor(n, s, lambda z, f=activation: f(z)[1], q)
        found = []
        for seed in range(5, 10):
            rng = np.random.default_rng(seed)
            weights = rng.normal(0, np.sqrt(s), (8, n, n))
            a = rng.normal(0, 1, (50, n))
            a = activation(a * np.sqrt(q / np.mean(a**2)))[0]
            near, biases = a + 1e-7 * rng.normal(size=a.shape), np.zeros((8, n))
            out, kept = nn.forward(a, weights, biases, activation)
            _, moved = nn.forward(near, weights, biases, activation)
            dzs = nn.backward(rng.normal(size=out.shape), weights, kept)
            apart = [np.mean((k.z - m.z) ** 2) for k, m in zip(kept, moved, strict=True)]
            found.append([np.mean(dzs[0] ** 2) / np.mean(dzs[-1] ** 2), apart[-1] / apart[0]])
        for mean in np.mean(np.array(found) ** (1 / 7), axis=0):
            assert mean == pytest.approx(number, rel=0.05)


# What goes beyond the variance


def test_orthogonal_weights_pass_all_directions(names):
    said("they fall from between 1 and 6 to below 1e-9")
    said("they are all 1 for linear layers, and for tanh fall from 0.7 to a tenth or so.")
    said("with tanh, here not far from linear, most of them at a third to two thirds of their")

    def linear(z):
        return z, np.ones_like(z)

    largest, smallest, middling = [], [], []
    for seed in range(10):
        independent, orthogonal = (
            [names["end_to_end"](draw, f, seed) for f in (linear, tanh)]
            for draw in names["draws"].values()
        )
        assert max(values.min() for values in independent) < 1e-9
        np.testing.assert_allclose(orthogonal[0], 1)
        largest.append([independent[0].max(), independent[1].max(), orthogonal[1].max()])
        smallest.append(orthogonal[1].min())
        middling.append(np.mean((orthogonal[1] > 0.3) & (orthogonal[1] < 0.7)))
    assert np.all(np.array(largest)[:5, :2] > 1) and np.all(np.array(largest)[:5, :2] < 6)
    assert np.mean(largest, axis=0) == pytest.approx([4.9, 2.1, 0.66], rel=0.15)
    assert np.mean(smallest) == pytest.approx(0.09, abs=0.03)
    assert np.mean(middling) > 0.75


def test_residual_branches(names):
    said("each block multiplies by $1 + \\beta^2$, forward and back")
    said("stays below $e = 2.72$")
    assert (1 + 1 / 50) ** 50 < np.e < (1 + 1 / 50) ** 51
    for depth, beta in ((10, 1.0), (10, 10**-0.5), (50, 50**-0.5)):
        found = np.array([names["growth"](depth, beta, seed) for seed in range(5, 15)])
        by_theory = (1 + beta**2) ** depth
        assert found.mean(axis=0) == pytest.approx(by_theory, rel=0.35 if beta == 1 else 0.1)
    said("begin a thousand times too loud")
    assert np.sqrt(2.0**20) == pytest.approx(1000, rel=0.05)


def test_the_gradient_of_the_residual_network(names):
    rng = np.random.default_rng(0)
    parameters = names["residual_start"](3, 5, rng)
    x, y = rng.normal(size=(4, 64)), np.array([0, 3, 9, 1])
    _, grads, *_ = names["residual_gradient"](parameters, x, y, 0.6)
    for place, (p, grad) in enumerate(zip(parameters, grads, strict=True)):
        moved = rng.normal(size=p.shape)
        losses = []
        for h in (1e-6, -1e-6):
            changed = [*parameters]
            changed[place] = p + h * moved
            losses.append(names["residual_gradient"](changed, x, y, 0.6)[0])
        assert np.sum(grad * moved) == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-5)


def test_training_residual_branches(names):
    said(
        "Twenty blocks with $\\beta = 1$ begin a thousand times too loud and diverge at both rates"
    )
    said("at a hundredth of the lower one they are still worse than guessing")
    said("without the shortcut the same branches, whose sizes are right, hardly learn either")
    said("the same depth learns at once")
    with np.errstate(all="ignore"):
        for seed in range(5, 10):
            learn = names["learn_residual"]
            assert np.isnan([learn(1.0, lr, seed) for lr in (0.01, 0.03)]).all()
            assert not learn(1.0, 1e-4, seed) < np.log(10)  # or not a number
            assert min(learn(1.0, lr, seed, shortcut=0.0) for lr in (0.01, 0.03)) > 1
            assert learn(20**-0.5, 0.03, seed) < 0.9
            assert learn(1.0, 0.03, seed, zero=True) < 0.7


def test_the_rate_that_is_carried_over(names):
    said("what was best for 16 units is near the best for 256")
    said("the best loss of width 256 with a rate tuned for itself is even lower")
    rates, run = names["adam_rates"], names["adam_run"]

    def ends(n, scaled):
        runs = [[run(n, lr, seed, scaled) for seed in range(5, 10)] for lr in rates]
        return np.mean(runs, axis=1)

    narrow, own, carried = ends(16, False), ends(256, False), ends(256, True)
    assert narrow.argmin() - own.argmin() >= 1
    assert abs(narrow.argmin() - carried.argmin()) <= 1
    assert carried[narrow.argmin()] < 1.5 * carried.min()
    assert own[narrow.argmin()] > 1.5 * own.min()
    assert own.min() < carried.min()


# Digits


def test_five_layers_on_digits(names):
    runs = {
        initial: [results[2][-1] for results in runs] for initial, runs in names["runs"].items()
    }
    said("0.01 does not learn at any rate")
    assert np.abs(np.array(runs["0.01"]) - np.log(10)).max() < 0.02
    said("N(0, 1) learns at the two small rates only")
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


def test_ten_layers_on_printed_digits(names):
    said(
        "At He's rate, Xavier's network needs more than three times as many epochs as He's;"
        " at its own, higher one it still needs more than twice as many."
    )
    said("ten layers with Xavier's weights are late, not lost")
    said("with 0.01 ten epochs are not enough at either rate")
    epochs = {case: [] for case in (("He", 0.03), ("He", 0.1), ("Xavier", 0.03), ("Xavier", 0.1))}
    for seed in range(6, 11):
        images = data.printed_digits(seed)
        for (initial, lr), found in epochs.items():
            found.append(names["epochs_to_half"](initial, lr, seed, images, most=30))
        for lr in (0.03, 0.1):
            assert np.isinf(names["epochs_to_half"]("0.01", lr, seed, images))
    he, faster, slow, own = (np.mean(found) for found in epochs.values())
    assert max(epochs["He", 0.03]) < min(epochs["Xavier", 0.1])
    assert np.isfinite(slow)
    assert slow > 3 * he
    assert 2 * min(he, faster) < own < slow - 1
    assert he < faster + 0.7  # so that the rates are chosen as on the page, or it is no matter


def test_angles_of_relu_close_whatever_the_size():
    said("Its angles close all the same, slowly, and whatever the size of the weights")
    for seed in range(5):
        cosines = []
        for size in (0.5, 1.0, 4.0):
            rng = np.random.default_rng(seed)
            a = rng.normal(size=(2, 300))
            for _ in range(60):
                a = np.maximum(a @ rng.normal(0, size * np.sqrt(2 / 300), (300, 300)), 0)
            cosines.append(a[0] @ a[1] / np.prod(np.linalg.norm(a, axis=1)))
        assert cosines == pytest.approx([cosines[0]] * 3)
        assert 0.9 < cosines[0] < 0.999


def test_starts_with_other_seeds(names):
    """He ahead of Xavier with five ReLU layers; of sigmoids the large weights, of tanh the others."""
    said(
        "Of the sigmoid networks the one with weights of variance 1 is the only one that has learned anything in these epochs"
    )
    said("For tanh those weights are no good, and Xavier's and He's are.")

    def loss(widths, initial, activation, lr, epochs, seed):
        draw = names["INITIAL"][initial]
        return names["train"](widths, draw, activation, lr, epochs, seed=seed)[2][-1]

    for seed in range(1, 6):
        he, xavier, small = (
            loss(names["five"], initial, relu, 0.1, 6, seed) for initial in ("He", "Xavier", "0.01")
        )
        assert he < xavier / 2 < 0.2 < 2.2 < small
        with np.errstate(all="ignore"):
            assert np.isnan(loss(names["five"], "N(0, 1)", relu, 0.03, 1, seed))
            wild = names["train"](
                names["five"], names["INITIAL"]["N(0, 1)"], relu, 1e-4, 6, seed=seed
            )
        assert wild[2][-1] < wild[2][0] / 100
        assert wild[2][-1] > np.log(10)
        assert names["accuracy"](*wild[:2]) > 0.6
        assert loss(names["deep"], "Xavier", relu, 0.03, 4, seed) > 2.2
        assert loss(names["deep"], "He", relu, 0.03, 4, seed) < 1.6
        for activation, *right, wrong in (
            (sigmoid, "N(0, 1)", "Xavier"),
            (tanh, "Xavier", "He", "N(0, 1)"),
        ):
            *good, bad = (
                min(loss(names["five"], start, activation, lr, 5, seed) for lr in (0.03, 0.3))
                for start in (*right, wrong)
            )
            assert max(good) < 0.4 < 1.2 < bad


# In a framework, and the questions


def test_frameworks(oracle):
    said("a *third* of LeCun's variance")
    said("loses five sixths of the mean square in every layer")
    assert (1 / 3) * (1 / 2) == pytest.approx(1 / 6)
    said(
        "until its signal is no larger than what the random biases add, a mean square of about $1/(5n)$"
    )
    for seed in range(5):
        rng, n = np.random.default_rng(seed), 400
        a, bound = rng.normal(size=(50, n)), 1 / np.sqrt(n)
        for _ in range(20):
            weights, biases = rng.uniform(-bound, bound, (n, n)), rng.uniform(-bound, bound, n)
            a = np.maximum(a @ weights + biases, 0)
        assert np.mean(a**2) == pytest.approx(1 / (5 * n), rel=0.2)
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
