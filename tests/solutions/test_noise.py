"""The references of the chapter on noise: recorded vectors, closed forms, properties, errors."""

from itertools import product

import numpy as np
import pytest

from solutions import noise


def numerical(f, x, h=1e-6):
    """Central differences of f at the vector x."""
    steps = h * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# Augmentation


def test_flips_by_hand(rng):
    image = np.arange(6.0).reshape(1, 1, 2, 3)
    assert noise.random_flip(image, 1.0, rng)[0, 0].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert (noise.random_flip(image, 0.0, rng) == image).all()


def test_the_share_that_is_flipped(rng):
    images, p = rng.normal(size=(40_000, 1, 1, 2)), 0.3
    flipped = (noise.random_flip(images, p, rng) != images).any(axis=(1, 2, 3))
    assert abs(flipped.mean() - p) < 4 * np.sqrt(p * (1 - p) / 40_000)


def test_all_places_of_a_crop_are_equally_probable(rng):
    n = 60_000
    images = np.broadcast_to(np.arange(20.0).reshape(1, 1, 4, 5), (n, 1, 4, 5))
    corners, counts = np.unique(noise.random_crop(images, 3, rng)[:, 0, 0, 0], return_counts=True)
    assert corners.tolist() == [0, 1, 2, 5, 6, 7]
    assert np.abs(counts / n - 1 / 6).max() < 4 * np.sqrt(5 / 36 / n)


def test_a_crop_of_the_whole_image_is_the_image(rng):
    images = rng.normal(size=(3, 2, 5, 5))
    assert (noise.random_crop(images, 5, rng) == images).all()


# Dropout


def all_masks(n, p):
    """Every mask of n entries, scaled, with its probability."""
    for bits in product((0, 1), repeat=n):
        bits = np.array(bits)
        yield bits / (1 - p), np.prod(np.where(bits, 1 - p, p))


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_the_moments_of_dropout(p, rng):
    x, n = np.array([1.0, -2.0, 0.5]), 100_000
    out, mask = noise.dropout_forward(np.tile(x, (n, 1)), p, rng)
    assert (out == np.tile(x, (n, 1)) * mask).all()
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - p)}
    deviation = np.sqrt(p / (1 - p)) * np.abs(x) / np.sqrt(n)
    assert (np.abs(out.mean(axis=0) - x) <= 4 * deviation + 1e-12).all()
    assert abs((mask == 0).mean() - p) <= 4 * np.sqrt(p * (1 - p) / mask.size)


def test_dropout_agrees_with_pytorch(oracle, rng):
    recorded = oracle("dropout")
    x, mask = np.array(recorded["x"]), np.array(recorded["mask_times_scale"])
    assert x * mask == pytest.approx(np.array(recorded["y"]))
    assert mask == pytest.approx(np.array(recorded["dx_for_ones"]))  # the way back
    _, mine = noise.dropout_forward(np.ones(200_000), recorded["p"], rng)
    assert set(np.round(mine, 12)) == set(np.round(mask, 12))
    assert noise.dropout_forward(np.ones(3), 0.0, rng)[0].tolist() == recorded["p0"]


def test_dropout_agrees_with_keras(oracle, rng):
    recorded = oracle("keras")["results"]["keras_dropout"]
    _, mask = noise.dropout_forward(np.ones(200_000), recorded["rate"], rng)
    assert np.unique(mask) == pytest.approx(recorded["unique_values"])
    # Both are samples: theirs of 100,000, ours of 200,000.
    assert abs((mask == 0).mean() - recorded["fraction_zero"]) < 4 * np.sqrt(0.16 * 1.5e-5)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_expectation_and_variance_of_a_linear_unit_over_all_masks(p):
    wx = np.array([0.7, -1.2, 0.4, 2.0])
    outs, chances = zip(*((mask @ wx, chance) for mask, chance in all_masks(4, p)), strict=True)
    mean = np.dot(outs, chances)
    assert sum(chances) == pytest.approx(1)
    assert mean == pytest.approx(wx.sum())
    assert np.dot(np.square(outs), chances) - mean**2 == pytest.approx(p / (1 - p) * wx @ wx)


def test_the_gradient_of_a_network_with_dropout_is_the_derivative_of_its_loss(rng):
    x, labels = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    shapes = ((3, 4), (4,), (4, 2), (2,))
    mask = noise.dropout_forward(np.ones((5, 4)), 0.4, rng)[1]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

    def network(theta):
        parts = [part.reshape(s) for part, s in zip(np.split(theta, cuts), shapes, strict=True)]
        return noise.dropout_gradient(x, labels, *parts, mask)

    theta = rng.normal(size=26)
    grad = np.concatenate([part.ravel() for part in network(theta)[1:]])
    assert grad == pytest.approx(numerical(lambda t: network(t)[0], theta), abs=1e-7)


# Label smoothing


def smoothed(rng, n=5, k=4):
    return 2 * rng.normal(size=(n, k)), rng.integers(k, size=n)


@pytest.mark.parametrize("eps", [0.0, 0.3, 1.0])
def test_the_gradient_of_the_smoothed_loss_is_its_derivative(eps, rng):
    logits, labels = smoothed(rng)
    _, grad = noise.smoothed_cross_entropy(logits, labels, eps)
    assert grad.ravel() == pytest.approx(
        numerical(
            lambda z: noise.smoothed_cross_entropy(z.reshape(5, 4), labels, eps)[0], logits.ravel()
        ),
        abs=1e-8,
    )


def test_the_smoothed_loss_is_the_expected_loss_of_labels_that_are_wrong_by_chance(rng):
    logits, labels = smoothed(rng)
    eps, k = 0.3, 4
    hard = [noise.smoothed_cross_entropy(logits, np.full(5, c), 0.0)[0] for c in range(k)]
    plain = noise.smoothed_cross_entropy(logits, labels, 0.0)[0]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert plain == pytest.approx(-np.log(p[np.arange(5), labels]).mean())
    expected = (1 - eps) * plain + eps * np.mean(hard)
    assert noise.smoothed_cross_entropy(logits, labels, eps)[0] == pytest.approx(expected)


def test_it_comes_to_rest_at_a_finite_gap():
    eps, k = 0.1, 10
    logits = np.zeros((1, k))
    logits[0, 3] = np.log((1 - eps + eps / k) / (eps / k))
    assert logits[0, 3] == pytest.approx(4.51, abs=0.01)
    assert np.abs(noise.smoothed_cross_entropy(logits, np.array([3]), eps)[1]).max() < 1e-15


def test_it_is_finite_far_from_zero():
    loss, grad = noise.smoothed_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]), 0.2)
    assert loss == pytest.approx(0.9 * 2e4)
    assert grad == pytest.approx(np.array([[0.9, -0.9]]))


def test_mixed_labels_have_the_mixed_loss(rng):
    """Cross-entropy is linear in the target; without a partner, and at shares of 1, nothing is mixed."""
    x, labels = rng.normal(size=(7, 2, 3)), rng.integers(0, 4, 7)
    partners, shares = rng.permutation(7), rng.random(7)
    mixed, targets = noise.mixup(x, labels, partners, shares, 4)
    log_p = rng.normal(size=(7, 4))
    rows = np.arange(7)
    both = shares * log_p[rows, labels] + (1 - shares) * log_p[rows, labels[partners]]
    np.testing.assert_allclose(np.sum(targets * log_p, axis=1), both)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    for row in rows:  # on the line between the two
        apart = x[row] - x[partners[row]]
        np.testing.assert_allclose(mixed[row] - x[partners[row]], shares[row] * apart, atol=1e-12)
    for no_partner in ((rows, shares), (partners, np.ones(7))):
        same, own = noise.mixup(x, labels, *no_partner, 4)
        np.testing.assert_allclose(same, x)
        assert own.argmax(axis=1).tolist() == labels.tolist()


# Errors

IMAGES = np.ones((2, 1, 4, 5))
RNG = np.random.default_rng(0)
WRONG = {
    "p": (noise.random_flip, (IMAGES, 1.5, RNG)),
    "images of three axes": (noise.random_flip, (IMAGES[0], 0.5, RNG)),
    "images, none": (noise.random_flip, (IMAGES[:0], 0.5, RNG)),
    "size": (noise.random_crop, (IMAGES, 5, RNG)),
    "size of 0": (noise.random_crop, (IMAGES, 0, RNG)),
    "p of dropout": (noise.dropout_forward, (np.ones(3), 1.0, RNG)),
    "p, a word": (noise.dropout_forward, (np.ones(3), "half", RNG)),
    "mask": (
        noise.dropout_gradient,
        (
            np.ones((2, 3)),
            np.zeros(2, int),
            np.ones((3, 4)),
            np.ones(4),
            np.ones((4, 2)),
            np.ones(2),
            np.ones(4),
        ),
    ),
    "eps": (noise.smoothed_cross_entropy, (np.ones((2, 3)), np.zeros(2, int), 1.5)),
    "logits": (noise.smoothed_cross_entropy, (np.ones(3), np.zeros(3, int), 0.1)),
    "shares": (noise.mixup, (np.ones((2, 3)), np.array([0, 1]), np.array([1, 0]), np.ones(3), 2)),
    "n_classes": (noise.mixup, (np.ones((1, 3)), np.array([0]), np.array([0]), np.ones(1), 0)),
    "labels": (noise.smoothed_cross_entropy, (np.ones((2, 3)), np.array([0, 3]), 0.1)),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_argument_and_what_was_expected(name):
    function, arguments = WRONG[name]
    argument = (
        name.split(" of")[0].split(" with")[0].removesuffix(", none").removesuffix(", a word")
    )
    with pytest.raises(ValueError, match=rf"^{argument}: expected .+, got ") as error:
        function(*arguments)
    assert len(str(error.value)) < 200
