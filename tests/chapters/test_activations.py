"""The numbers and claims that the prose of the chapter on activations states, computed anew."""

import re

import numpy as np
import pytest

from gradus import nn
from solutions.activations import elu, gelu, leaky_relu, sigmoid, silu, softplus, tanh
from tests.conftest import ROOT

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "activations.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def names(run_chapter):
    """What the chapter's cells define."""
    return run_chapter("activations")


def test_one_of_the_three_never_learns(names):
    said("In all five runs network A stays at $\\ln 10 = 2.30$, the loss of guessing.")
    said("With a single hidden layer the same function learns the digits.")
    for seed in range(5, 10):
        ends = {
            name: names["train"](nn.MLP(names["deep"], f), seed=seed)[1][-1]
            for name, f in names["candidates"].items()
        }
        assert ends["A"] == pytest.approx(np.log(10), abs=0.02)
        assert max(ends["B"], ends["C"]) < 0.2
        shallow = nn.MLP((64, 50, 10), names["candidates"]["A"])
        theta, _ = names["train"](shallow, lr=1.0, seed=seed)
        assert names["accuracy"](shallow, theta) > 0.9


def test_patience_helps_it_in_the_end(names):
    said(
        "between its hundredth and its two-hundredth epoch the loss leaves 2.30, and after three hundred"
    )
    said("nearly nine digits in ten, which B and C do in ten")
    for seed in range(5, 10):
        network = nn.MLP(names["deep"], sigmoid)
        theta, losses = names["train"](network, epochs=300, seed=seed)
        assert min(losses[:100]) > 2.25 > 2 > losses[200]
        assert 0.8 < names["accuracy"](network, theta) < 0.95
        for name in "BC":
            network = nn.MLP(names["deep"], names["candidates"][name])
            assert names["accuracy"](network, names["train"](network, seed=seed)[0]) > 0.88


def test_a_larger_rate_does_not_help_it(names):
    said("Ten times the rate and three times the epochs leave it where it is")
    for seed in range(5, 10):
        network = nn.MLP(names["deep"], sigmoid)
        _, losses = names["train"](network, lr=1.0, epochs=30, seed=seed)
        assert losses[-1] == pytest.approx(np.log(10), abs=0.02)


def test_what_reaches_the_first_layer(names):
    said("What reaches the first layer of A is a hundredth or less of what reaches the last.")
    said("hidden units that say nearly the same for every image")
    for seed in range(5, 12):
        for name, activation in names["candidates"].items():
            network = nn.MLP(names["deep"], activation)
            theta = network.init(np.random.default_rng(seed))
            pairs = network.layers(network.loss(theta, names["x"], names["y"])[1])
            first, *_, last = (np.linalg.norm(d_weights) for d_weights, _ in pairs)
            assert first < last / 100 if name == "A" else first > last / 3
            if name == "A":
                outputs = sigmoid(network.hidden(theta, names["x"])[-1].z)[0]
                assert outputs.std(axis=0).max() < 0.01 < outputs.std()


def test_most_activations_have_weights_that_keep_both_ways():
    said("can be computed for most activations, though not for the sigmoid")
    z = np.linspace(-10, 10, 20_001)
    share = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    factors = {}
    for f in (tanh, leaky_relu, elu, silu, gelu, sigmoid):
        a, slope = f(z)
        factors[f] = share @ slope**2 / (share @ a**2)  # of the gradient, where the signal is kept
    assert factors.pop(sigmoid) < 1 / 6
    assert all(0.9 < factor < 1.2 for factor in factors.values())


def test_bounds_of_the_slopes(oracle):
    said("$0.25^{5} \\approx 10^{-3}$ over five layers and $0.25^{10} \\approx 10^{-6}$ over ten")
    assert np.log10(0.25) * np.array([5, 10]) == pytest.approx([-3, -6], abs=0.03)
    assert oracle("activations")["facts"]["sigmoid_max_derivative"] == 0.25


def test_what_the_slopes_pass():
    said("only the positive sides pass all, and SELU more than that, just left of 0 most")
    z = np.linspace(-4, 4, 8001)
    left, right = z < 0, z > 0
    for f in (sigmoid, tanh, leaky_relu, elu):
        assert f(z)[1][left].max() < 1
    for f in (leaky_relu, elu):
        assert np.all(f(z)[1][right] == 1)
    slope = elu(z, 1.6732632423543772, 1.0507009873554805)[1]
    assert slope[right] == pytest.approx(1.0507, abs=1e-4)
    assert slope.argmax() == np.flatnonzero(~right)[-1] and slope.max() > 1.7


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
        return [
            names["sizes"](names["study"](activation, deviation, depth=10, seed=seed))[0]
            for seed in range(5, 10)
        ]

    assert min(ratio(tanh, 1.0)) > 300
    assert max(ratio(sigmoid, 0.1)) < 1e-5
    assert max(ratio(sigmoid, 0.3)) < 0.02
    assert 0.5 < np.mean(ratio(sigmoid, 1.0)) < 1.5
    said("rise for 0.3 by one power of ten and for 1 by three")
    assert np.log10(ratio(tanh, 0.3)) == pytest.approx([1] * 5, abs=0.3)
    assert np.log10(ratio(tanh, 1.0)) == pytest.approx([3] * 5, abs=0.5)
    said("fall for 0.01 and a little for 0.1")
    assert max(ratio(tanh, 0.01)) < 1e-7 < 0.1 < min(ratio(tanh, 0.1))
    assert max(ratio(tanh, 0.1)) < 1


def test_gated_units():
    said("SiLU to -0.28 and GELU to -0.17")
    said("at most 1.10 and 1.13")
    z = np.linspace(-6, 6, 12001)
    for f, least, most in ((silu, -0.278, 1.10), (gelu, -0.170, 1.13)):
        a, slope = f(z)
        assert a.min() == pytest.approx(least, abs=5e-4)
        assert slope.max() == pytest.approx(most, abs=5e-3)
        assert slope.min() < 0
        said("at $z = -6$ both slopes are below 0.02, and further out")
        assert np.abs(f(np.linspace(-40, -6, 500))[1]).max() < 0.02
    said("At its least value, $z \\approx -0.75$")
    assert z[gelu(z)[0].argmin()] == pytest.approx(-0.75, abs=0.005)
    said("which is off by up to 0.0005")
    z = np.linspace(-5, 5, 100_001)
    by_tanh = z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2
    assert np.abs(by_tanh - gelu(z)[0]).max() == pytest.approx(0.0005, abs=5e-5)


def test_where_the_softplus_fails(names):
    said("floats near 1 lie $2 \\cdot 10^{-16}$ apart")
    assert np.spacing(1.0) == pytest.approx(2e-16, rel=0.2)
    assert np.exp(-40.0) == pytest.approx(4e-18, rel=0.1)
    said("below -37 the program returns 0")
    with np.errstate(all="ignore"):
        found = names["as_it_stands"](np.array([-38.0, -36.0, 1000.0]))
    assert found[0][0] == 0 < found[0][1]
    assert np.isinf(found[0][2])
    assert np.isnan(found[1][2])
    assert softplus(np.array([-38.0]))[0][0] == pytest.approx(np.exp(-38.0))


def test_the_choice(names):
    said("With two layers all but the sigmoid end within some 0.04 of each other")
    said("With ten the sigmoid does not learn at all")
    said("tanh, ELU and SELU are ahead, and vary less from start to start")
    ahead, behind = [], []
    shallow = {}
    for name, activation in names["ACTIVATIONS"].items():
        if name == "GELU":  # slow, and SiLU's kin
            continue
        for depth, lr in ((2, 0.3), (10, 0.03)):
            network, found = nn.MLP((64, *[50] * depth, 10), activation), []
            for seed in range(20, 25):
                theta, _ = names["train"](
                    network, lr, 3, seed=seed, theta=names["fitted"](network, seed)
                )
                found.append(names["accuracy"](network, theta))
            if depth == 2:
                shallow[name] = np.mean(found)
            elif name in ("tanh", "ELU", "SELU"):
                ahead.append((np.mean(found), np.std(found, ddof=1)))
            elif name == "sigmoid":
                assert max(found) < 0.2
            else:
                behind.append((np.mean(found), np.std(found, ddof=1)))
    sigmoids = shallow.pop("sigmoid")
    assert sigmoids < min(shallow.values()) - 0.1
    assert max(shallow.values()) - min(shallow.values()) < 0.04
    ahead, behind = np.array(ahead), np.array(behind)
    assert min(ahead[:, 0]) > max(behind[:, 0]) + 0.05
    assert ahead[:, 1].mean() < 0.7 * behind[:, 1].mean()
    said("their outputs average nearer to 0 than those of the others")
    z = np.random.default_rng(0).normal(size=100_000)
    off = {}
    for name, activation in names["ACTIVATIONS"].items():
        out = activation(z)[0]
        off[name] = abs(out.mean()) / np.sqrt(np.mean(out**2))
    nearest = sorted(off, key=off.get)[:3]
    assert set(nearest) == {"tanh", "ELU", "SELU"}


def test_the_weights_that_suit(names):
    for name in ("tanh", "SELU"):
        network = nn.MLP((64, 50, 50, 50, 10), names["ACTIVATIONS"][name])
        theta = names["fitted"](network, 5)
        for layer in network.hidden(theta, names["x"]):
            assert np.mean(layer.z**2) == pytest.approx(1)


def test_an_exponential_costs_more_than_a_comparison(names):
    z = np.random.default_rng(0).normal(size=(500, 100))
    assert names["seconds"](elu, z) > names["seconds"](nn.relu, z)
    said("goes on falling like $1/n$")


def test_dying(names):
    said("With a good rate a few units are off for all digits, as a few were at the start.")
    said(
        "With a rate that is too large most of the network dies, and the loss is that of guessing again"
    )
    said("Dead units: about ten at 0.1 and 0.3, more at 1, nearly all of 200 at 2.")
    assert names["dead"][:2].max() < 30 < names["dead"][2].mean() < names["dead"][3].min()
    for seed in range(5, 10):
        for lr, least, most in ((0.1, 0, 20), (2.0, 150, 200)):
            theta, losses = names["train"](names["two"], lr, epochs=6, seed=seed)
            assert least <= sum(names["count_dead"](names["two"], theta)) <= most
        assert losses[-1] == pytest.approx(np.log(10), abs=0.1)


def test_no_activation_cures_a_rate_that_is_too_large(names):
    said(
        "in the network with two hidden layers, at `lr = 2`, the leaky ones diverge, to values that are no numbers"
    )
    said("ELU's loss leaps above $10^{7}$ before all its units fall silent")
    with np.errstate(all="ignore"):
        for activation in (leaky_relu, lambda z: leaky_relu(z, 0.2), elu):
            ends = []
            for seed in (*range(6), 7, 20, 21):
                network = nn.MLP(names["two"].widths, activation)
                theta, losses = names["train"](network, 2.0, epochs=6, seed=seed)
                ends.append(losses[-1])
                if activation is elu:
                    assert names["count_dead"](network, theta) == [100, 100]
            assert min(ends) > 1e7 if activation is elu else np.isnan(ends).sum() >= 8


def test_units_killed_by_hand(names):
    said("at the start nearly all hidden units are off for every image")
    said(
        "Hardly one of the dead came back, and a few living units have not learned the digits in ten epochs (in a hundred they mostly do)."
    )
    network = nn.MLP((64, 100, 10), nn.relu)
    ends = [names["train"](network, bias=-2.0, seed=seed, epochs=100)[0] for seed in range(5, 10)]
    assert np.median([names["accuracy"](network, theta) for theta in ends]) > 0.75
    said("A slope of 0.01 is hardly better")
    said("With a slope of 0.2, and with ELU, the network learns; GELU")
    for seed in range(5, 10):
        shares = {}
        for name, activation in names["cures"].items():
            network = nn.MLP((64, 100, 10), activation)
            before, _ = names["train"](network, bias=-2.0, seed=seed, epochs=0)
            theta, _ = names["train"](network, bias=-2.0, seed=seed)
            shares[name] = names["accuracy"](network, theta)
            dead = [names["count_dead"](network, t)[0] for t in (before, theta)]
            assert dead[0] > 85
            assert name != "ReLU" or dead[1] > dead[0] - 3
        assert max(shares["ReLU"], shares["leaky, 0.01"]) < 0.75
        assert min(shares["leaky, 0.2"], shares["ELU"]) > 0.8
        assert shares["ReLU"] < shares["GELU"] < shares["ELU"]
