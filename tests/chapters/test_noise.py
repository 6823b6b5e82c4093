"""The numbers and claims that the prose of the chapter on noise states, computed anew."""

import re

import numpy as np
import pytest

from gradus import conv, data, nn
from solutions import penalties
from tests.conftest import ROOT

SOURCE = (ROOT / "chapters" / "noise.md").read_text("utf-8")
# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", SOURCE)


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def page(run_chapter):
    """The names that the chapter's experiments have made when all of them have run."""
    return run_chapter("noise")


# Claims that need no experiment


def test_masks_of_a_large_layer():
    said("$2^{4096} \\approx 10^{1233}$")
    assert 4096 * np.log10(2) == pytest.approx(1233, abs=0.1)


def test_ten_equal_inputs_have_a_tenth_of_the_variance():
    said("the same sum from ten equal inputs has a tenth of the variance")
    assert 10 * 0.1**2 == pytest.approx(0.1)
    said("At $p = 0.2$ the wrong one gives a quarter of the right one.")
    assert 0.2 / 0.8 == 0.25


def test_noise_added_to_inputs_is_ridge():
    said(
        "plus $n s^2 \\lVert w \\rVert^2$: that is [ridge regression](#sec-reg-ridge), with $\\lambda = n s^2$"
    )
    rng = np.random.default_rng(0)
    n, s, copies = 30, 0.6, 20_000
    x = rng.normal(size=(n, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=n)
    noisy = np.concatenate([x + s * rng.normal(size=x.shape) for _ in range(copies)])
    noisy = np.column_stack([noisy, np.ones(len(noisy))])
    fitted = np.linalg.lstsq(noisy, np.tile(y, copies), rcond=None)[0][:3]
    assert fitted == pytest.approx(penalties.ridge(x, y, n * s**2)[0], abs=5e-3)
    assert np.abs(fitted - penalties.ridge(x, y, 0.0)[0]).max() > 0.1


def test_for_a_network_the_gradient_with_respect_to_the_inputs_takes_the_place_of_the_weights():
    said("the squared gradient of its output with respect to the inputs takes the place")
    rng = np.random.default_rng(1)
    w, v = rng.normal(size=(4, 6)), rng.normal(size=6)
    network = lambda x: np.tanh(x @ w) @ v  # noqa: E731
    x = rng.normal(size=(5, 4))
    slopes = ((1 - np.tanh(x @ w) ** 2) * v) @ w.T
    for s in (1e-2, 1e-3):
        # Of a target that is met: noise and its opposite, so that what is odd in it cancels.
        noise = s * rng.normal(size=(40_000, 1, 4))
        noise = np.concatenate([noise, -noise])
        added = np.mean((network(x + noise) - network(x)) ** 2)
        assert added == pytest.approx(s**2 * np.mean(np.sum(slopes**2, axis=1)), rel=0.03)


def test_the_network_of_the_framework_section(oracle):
    said("The network above has 266,610 parameters")
    model = oracle("keras")["results"]["dropout_model"]
    assert model["total"] == 266_610 == 785 * 300 + 301 * 100 + 101 * 10


# Claims about what the experiments show


def test_the_wrong_labels_are_repeated(page):
    said("a network of 7,510 parameters repeats the ten wrong labels")
    assert page["network"].size == 7510
    assert (page["answers"] == data.few_digits(0)[1][:10]).all()
    assert not (page["answers"] == page["truth"]).any()


def mean_accuracy(page, name, n, epochs, seeds):
    thetas = [page["train_augmented"](name, seed, n, epochs=epochs) for seed in seeds]
    x, y = page["x_test"], page["y_test"]
    return np.mean([page["network"].accuracy(theta, x, y) for theta in thetas])


def test_flips_and_shifts_harm_and_warps_help(page):
    said("Flips harm:")
    said("Shifts by a whole pixel, so often recommended, do not help either, and raise the loss")
    plain, flip, shift, warps = (
        mean_accuracy(page, name, 100, 150, range(5)) for name in page["AUGMENT"]
    )
    assert max(flip, shift) < plain - 0.01
    assert warps > plain
    said("With small warps the error is lower for every number of digits.")
    plain, warps = (np.array(page["accuracies"][name]) for name in ("nothing", "small warps"))
    assert (warps > plain).all()
    said("Twice as many digits lower it more.")
    assert (np.diff(plain) > (warps - plain)[:-1]).all()
    said(
        "at 400 digits the warps gain nothing in half the steps, and in four times as many two points"
    )
    nothing, warped = (
        mean_accuracy(page, name, 400, 37, range(10, 15)) for name in ("nothing", "small warps")
    )
    assert warped < nothing + 0.003
    nothing, warped = (
        mean_accuracy(page, "nothing", 400, 75, range(20, 25)),
        mean_accuracy(page, "small warps", 400, 300, range(20, 25)),
    )
    assert 0.01 < warped - nothing < 0.03


def test_a_pass_with_all_units_against_all_masks(page):
    said("Where the output is *linear* in the mask, the two are equal, to rounding")
    assert len(page["masks"]) == 1024
    assert page["chances"].sum() == pytest.approx(1)
    full = page["full_pass"]
    assert page["mean_logits"] == pytest.approx(full, abs=1e-11)
    assert page["geometric"] == pytest.approx(nn.softmax(full), abs=1e-12)
    assert page["mean_probabilities"] != pytest.approx(nn.softmax(full), abs=0.1)
    said(
        "one pass is more confident than the average, though it nearly always names the same class"
    )
    assert (page["passed"] > page["averaged"]).mean() > 0.9
    assert page["agree"] > 0.95
    for seed in range(10, 15):
        theta = page["train_dropout"](seed, p=0.3, n_wrong=0, net=page["small"])[-1]
        (w1, b1), (w2, b2) = page["small"].layers(theta)
        hidden = np.maximum(page["x_test"][:200] @ w1 + b1, 0)
        passed = nn.softmax(hidden @ w2 + b2)
        logits = (hidden * page["masks"][:, None] / 0.7) @ w2 + b2
        averaged = np.tensordot(page["chances"], nn.softmax(logits), 1)
        assert (passed.max(axis=1) > averaged.max(axis=1)).mean() > 0.9
        assert (passed.argmax(axis=1) == averaged.argmax(axis=1)).mean() > 0.94


def test_dropout_still_learns_the_wrong_labels(page):
    said("the survivors, too, can learn the wrong labels")
    x, y, _ = data.few_digits(0)
    logits = page["network"].logits(page["dropout_path"][-1], x)
    assert (logits.argmax(axis=1) == y).all()


def test_the_wrong_ratio_spoils_the_loss_of_both_networks_and_the_accuracy_of_the_deep_one(page):
    said("With the ratio dropped, the loss tells the mistake in both.")
    labels = page["y_test"]

    def scores(layers, factor):
        *below, (weights, biases) = layers
        hidden = page["x_test"]
        for w, b in below:
            hidden = np.maximum(hidden @ w + b, 0) * factor
        logits = hidden @ weights + biases
        probabilities = nn.softmax(logits)[np.arange(len(labels)), labels]
        return -np.log(probabilities).mean(), np.mean(logits.argmax(axis=1) == labels)

    def trained(seed, widths, lr):
        net = nn.MLP(widths)
        path = page["train_dropout"](seed, 0.2, n=400, n_wrong=0, net=net, epochs=40, lr=lr)
        return net.layers(path[-1])

    shapes = ((64, 100, 10), 0.5), ((64, 50, 50, 50, 10), 0.2)
    pairs = [page["trained"], *([trained(seed, *of) for of in shapes] for seed in range(10, 15))]
    said(
        "Without any factor, the outputs are too large by a quarter: that shows in the deep network"
    )
    for shallow, deep in pairs:
        (right, high), (wrong, still), (large, _) = (scores(shallow, k) for k in (1, 0.25, 1.25))
        assert wrong > right + 0.4
        assert still == pytest.approx(high, abs=0.01)
        assert large == pytest.approx(right, abs=0.02)
        (right, high), (wrong, low), (large, _) = (scores(deep, k) for k in (1, 0.25, 1.25))
        assert wrong > right + 1
        assert low < high - 0.3
        assert large > right + 0.01


def others(page, seed):
    """Random passes and the pass without, of both methods, trained on another draw of digits."""
    network, x = page["network"], page["x_test"]
    dropped = page["train_dropout"](seed, n_wrong=0)[-1]
    warped = page["train_augmented"]("small warps", seed)

    def warps(rng):
        images = page["random_warp"](page["images_test"], rng)
        return network.logits(warped, images.reshape(-1, 64))

    return [
        (lambda rng: page["dropout_pass"](dropped, x, rng), network.logits(dropped, x)),
        (warps, network.logits(warped, x)),
    ]


def test_the_common_pattern(page):
    said("One random pass is poor, the average of many is good")
    rng, labels = np.random.default_rng(5), page["y_test"]
    known, behind = list(page["PASSES"].values()), []
    for seed in range(10, 15):
        known += others(page, seed)
    for random_pass, one_pass in known:
        passes = np.array([nn.softmax(random_pass(rng)) for _ in range(32)])
        alone = np.mean(passes.argmax(axis=2) != labels)
        together = np.mean(passes.mean(axis=0).argmax(axis=1) != labels)
        fixed = np.mean(one_pass.argmax(axis=1) != labels)
        assert together < alone - 0.02
        assert fixed < together + 0.03
        behind.append(fixed - together)
    assert np.mean(behind) < 0.005


def test_the_remedies(page):
    gains = {
        name: 100 * (scores[:, 1] - page["scores"]["nothing"][:, 1]).mean()
        for name, scores in page["scores"].items()
    }
    repeated = {name: scores[:, 2].mean() for name, scores in page["scores"].items()}
    said("Flips lose. Dropout gains two to three points")
    assert gains["flips"] < -0.5
    assert gains["dropout"] == pytest.approx(2.5, abs=0.8)
    said("a hundred more digits to train on gain ten points, the most")
    assert gains["a hundred more digits"] == pytest.approx(10, abs=0.8)
    said("Warps and dropout together gain most among the remedies without more data")
    both = gains["warps and dropout"]
    assert both == max(gain for name, gain in gains.items() if "hundred" not in name)
    said("repeat far fewer wrong labels than either alone")
    assert repeated["warps and dropout"] < min(repeated["dropout"], repeated["small warps"]) - 2
    said("dropout alone, and more data, gain while they still repeat nearly all of them")
    assert repeated["dropout"] == repeated["nothing"] == 10
    assert repeated["a hundred more digits"] > 8


@pytest.fixture(scope="module")
def other(page):
    """The remedies that the text compares, on six draws that are not the page's."""
    return {
        name: np.array([page["train_with"](seed, **how) for seed in range(10, 16)])
        for name, how in page["REMEDIES"].items()
    }


def test_warps_and_dropout_on_other_draws(other):
    mean = {name: scores.mean(axis=0) for name, scores in other.items() if "hundred" not in name}
    assert max(mean, key=lambda name: mean[name][1]) == "warps and dropout"
    alone = min(mean["dropout"][2], mean["small warps"][2])
    assert mean["warps and dropout"][2] < alone - 2
    assert mean["flips"][1] < mean["nothing"][1]


def test_wrong_labels_are_learned_later_with_image_and_units_in_motion(page):
    said("after 1,000 nearly all are repeated here, too, and a part of the gain is lost")
    network, x_test, y_test = page["network"], page["x_test"], page["y_test"]
    repeated, accuracy = [], []
    for seed in range(20, 25):
        x, y, rng = data.few_digits(seed)

        def loss(theta, x, y, rng=rng):
            return page["dropout_loss"](theta, x, y, 0.5, rng)

        def warped(x, rng=rng):
            return page["random_warp"](page["as_images"](x), rng).reshape(len(x), 64)

        path = nn.train(network, x, y, rng, loss, 1000, prepare=warped)
        ends = [path[epoch] for epoch in (150, 1000)]
        answers = [network.logits(theta, x[:10]).argmax(axis=1) for theta in ends]
        repeated.append([np.sum(found == y[:10]) for found in answers])
        accuracy.append([network.accuracy(theta, x_test, y_test) for theta in ends])
    early, late = np.mean(repeated, axis=0)
    assert early < 6 and late > 9
    lost = np.subtract(*np.transpose(accuracy))
    assert 0 < lost.mean() < 0.04


def test_with_right_labels_dropout_gains_nothing(page):
    said("with a hundred right ones dropout alone gains nothing")
    network, gains = page["network"], []
    for seed in range(20, 30):
        x, y, rng = data.few_digits(seed, n_wrong=0)
        ends = nn.train(network, x, y, rng)[-1], page["train_dropout"](seed, n_wrong=0)[-1]
        plain, dropped = (network.accuracy(end, page["x_test"], page["y_test"]) for end in ends)
        gains.append(dropped - plain)
    assert abs(np.mean(gains)) < 0.005


def test_augmentation_on_other_draws(page):
    x, y, network = page["x_test"], page["y_test"], page["network"]
    loss, accuracy = {}, {}
    for name in page["AUGMENT"]:
        thetas = [page["train_augmented"](name, seed) for seed in range(10, 15)]
        loss[name] = np.mean([network.loss(theta, x, y)[0] for theta in thetas])
        accuracy[name] = np.mean([network.accuracy(theta, x, y) for theta in thetas])
    assert accuracy["flip"] < accuracy["nothing"] - 0.02
    assert accuracy["shift by a pixel"] < accuracy["nothing"]
    assert loss["shift by a pixel"] > loss["nothing"] > loss["small warps"]
    plain, warps = (
        mean_accuracy(page, name, 100, 300, range(10, 15)) for name in ("nothing", "small warps")
    )
    assert warps > plain + 0.01
    said("In four times as many epochs they cost no accuracy any more, and bring none.")
    plain, shifts = (
        mean_accuracy(page, name, 100, 600, range(20, 26))
        for name in ("nothing", "shift by a pixel")
    )
    assert abs(shifts - plain) < 0.01


def test_shared_filters_do_not_replace_shifts_on_other_draws(page):
    read = {
        (kind, way): np.array([page["train_glyphs"](kind, way, seed) for seed in range(10, 15)])
        for kind in page["NETWORKS"]
        for way in page["WAYS"]
    }
    for found in (page["read"], read):
        (dense, more_dense, moved_dense), (shared, more_shared, moved_shared) = (
            [found[kind, way] for way in ("as they are", "800 images", "shifted")]
            for kind in ("fully connected", "shared filters")
        )
        said("Neither network reads shifted digits unless it has seen some.")
        for unmoved in (dense, more_dense, shared, more_shared):
            assert (unmoved[:, 0] > 0.95).all()
            assert (unmoved[:, 1] < 0.55).all()
        said("Shared filters read a few more of them")
        gain = shared[:, 1] - dense[:, 1]
        assert (gain > 0.02).all() and gain.mean() < 0.15
        said("four times as many images hardly help")
        assert abs(more_dense[:, 1] - dense[:, 1]).mean() < 0.06
        assert abs(more_shared[:, 1] - shared[:, 1]).mean() < 0.06
        said("lift both networks above 85 %")
        assert min(moved_dense[:, 1].min(), moved_shared[:, 1].min()) > 0.85
        said("It costs both networks some points in the middle")
        for unmoved, moved in ((dense, moved_dense), (shared, moved_shared)):
            assert 0.01 < (unmoved - moved)[:, 0].mean() < 0.1
    said(
        "with four times as many steps the fully connected one reads more than 97 % in both places"
    )
    longer = [
        page["train_glyphs"]("fully connected", "shifted", seed, 1280) for seed in range(10, 15)
    ]
    assert np.mean(longer, axis=0).min() > 0.97


def test_means_of_whole_maps_stay_where_the_image_shifts(page):
    said("nothing but the mean of each whole map, and both accuracies are the same, but poor")
    net = conv.ConvNet((1, 28, 28), ((8, 5, 24),), 10)
    new, found = [page[name] for name in ("centred", "off_centre")], []
    for seed in range(20, 25):
        known = data.glyphs(100, np.random.default_rng(seed), shift=0.0)
        theta = nn.train(net, known.x, known.y, np.random.default_rng(seed), None, 80, 2.0, 25)[-1]
        found.append([net.accuracy(theta, part.x[:300], part.y[:300]) for part in new])
    middle, shifted = np.mean(found, axis=0)
    assert middle == pytest.approx(shifted, abs=0.03)
    assert 0.15 < middle and np.max(found) < 0.6  # more than chance, less than any of the figure


def test_maps_shift_with_the_image_and_logits_do_not_stay(page):
    said("if the image shifts, its maps shift along")
    net, _ = page["NETWORKS"]["shared filters"]
    theta = net.init(np.random.default_rng(0))
    filters, biases = net.layers(theta)[0]
    images = page["centred"].x[:5].reshape(5, 1, 28, 28)
    lower = np.roll(images, 1, axis=2)
    maps, below = (conv.correlate(x, filters, biases) for x in (images, lower))
    assert below[:, :, 1:] == pytest.approx(maps[:, :, :-1])
    assert net.logits(theta, lower) != pytest.approx(net.logits(theta, images), abs=1e-3)


def test_label_smoothing_and_mixup_gain_little_on_other_draws(page):
    said("Both gain about a point, with a spread as large as the gain")
    said("repeat the wrong labels all the same; a hundred more digits gain ten points")
    rows = {
        name: np.array([page["train_labels"](name, seed) for seed in range(10, 18)])
        for name in page["LABELS"]
    }
    gains = {name: 100 * (found[:, 0] - rows["nothing"][:, 0]) for name, found in rows.items()}
    for name in ("label smoothing", "mixup"):
        assert -0.5 < gains[name].mean() < 2
        assert gains[name].max() < gains["a hundred more digits"].min()
        assert rows[name][:, 1].mean() > 9
    assert gains["a hundred more digits"].mean() > 7


def test_stronger_label_noise_gains_little_and_in_longer_trainings_nothing(page):
    said("they gain two points at most, and nothing any more after four times as many epochs")
    network, x_test, y_test = page["network"], page["x_test"], page["y_test"]

    def score(kind, strength, epochs):
        rows = []
        for seed in range(20, 28):
            x, y, rng = data.few_digits(seed)
            losses = {
                "smoothing": lambda theta, x, y: page["smoothing_loss"](theta, x, y, strength),
                "mixup": lambda theta, x, y, rng=rng: page["mixup_loss"](
                    theta, x, y, rng, strength
                ),
                "nothing": None,
            }
            theta = nn.train(network, x, y, rng, losses[kind], epochs)[-1]
            repeated = np.sum(network.logits(theta, x[:10]).argmax(axis=1) == y[:10])
            rows.append((network.accuracy(theta, x_test, y_test), repeated))
        return np.mean(rows, axis=0)

    plain = score("nothing", 0, 150)
    for of in (("smoothing", 0.5), ("smoothing", 0.8), ("mixup", 1.0), ("mixup", 8.0)):
        assert 0 < score(*of, 150)[0] - plain[0] < 0.025
    for of in (("smoothing", 0.8), ("mixup", 8.0)):
        late = score(*of, 600)
        assert late[0] < plain[0] and late[1] > 9.5


def test_smoothed_labels_make_a_small_network_not_sure_enough(page):
    said("are sure of 0.90 of what they say and right in 0.88 without it")
    said("and with it sure of 0.73 and right in 0.89")
    found = []
    for seed in range(10, 15):
        for loss in (None, page["smoothing_loss"]):
            x, y, rng = data.few_digits(seed, n_wrong=0)
            theta = nn.train(page["network"], x, y, rng, loss)[-1]
            p = nn.softmax(page["network"].logits(theta, page["x_test"]))
            found.append((p.max(axis=1).mean(), np.mean(p.argmax(axis=1) == page["y_test"])))
    plain, smooth = np.reshape(found, (5, 2, 2)).mean(axis=0)
    assert plain == pytest.approx((0.90, 0.88), abs=0.006)
    assert smooth == pytest.approx((0.73, 0.89), abs=0.006)


def test_the_gap_of_label_smoothing():
    said("4.5 for $\\varepsilon = 0.1$ and ten classes")
    assert np.log(0.91 / 0.01) == pytest.approx(4.5, abs=0.05)
    said(
        "the label is to have the probability 0.9, the other 0.1: $\\ln 9 = 2.2$".replace(
            "the", "The", 1
        )
    )
    assert np.log(9) == pytest.approx(2.2, abs=0.05)
