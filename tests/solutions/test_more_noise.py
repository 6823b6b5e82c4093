"""The references of the optional chapter on more noise: recorded vectors, closed forms, properties, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions import more_noise
from tests.solutions.test_noise import all_masks


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# Colour


def test_pca_colour_moves_along_the_components(rng):
    images = rng.normal(size=(5, 3, 6, 7)) * np.array([3.0, 1.0, 0.2])[None, :, None, None]
    pixels = np.moveaxis(images, 1, -1).reshape(-1, 3)
    alphas = rng.normal(size=(5, 3))
    shifts = (more_noise.pca_color_augment(images, alphas) - images).reshape(5, 3, -1)
    assert np.ptp(shifts, axis=2) == pytest.approx(np.zeros((5, 3)), abs=1e-12)
    centred = pixels - pixels.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    along = shifts[:, :, 0] @ vt.T
    assert np.abs(along) == pytest.approx(np.abs(alphas * s**2 / (len(pixels) - 1)))
    assert (more_noise.pca_color_augment(images, np.zeros((5, 3))) == images).all()


# Relatives of dropout


def test_dropconnect_over_all_masks():
    x, w, p = np.array([[1.5, -2.0]]), np.array([[0.3, 1.0], [0.8, -0.5]]), 0.3
    outs, chances = zip(
        *(((x @ (w * mask.reshape(2, 2)))[0], chance) for mask, chance in all_masks(4, p)),
        strict=True,
    )
    mean = np.dot(chances, outs)
    assert mean == pytest.approx((x @ w)[0])
    covariance = np.einsum("z,zi,zj->ij", chances, outs - mean, outs - mean)
    variances = p / (1 - p) * np.sum((x.T * w) ** 2, axis=0)
    assert covariance == pytest.approx(np.diag(variances), abs=1e-12)


def test_dropconnect_draws_what_it_returns(rng):
    x, w = rng.normal(size=(5, 40)), rng.normal(size=(40, 30))
    out, mask = more_noise.dropconnect_forward(x, w, 0.25, rng)
    assert out == pytest.approx(x @ (w * mask))
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    assert abs((mask == 0).mean() - 0.25) < 4 * np.sqrt(0.1875 / mask.size)


def test_stochastic_depth_keeps_or_drops_a_branch_and_its_mean_is_the_test_output(rng):
    n, survival = 50_000, 0.7
    x, residual = np.tile(rng.normal(size=3), (n, 1)), np.tile(rng.normal(size=3), (n, 1))
    out = more_noise.stochastic_depth_forward(x, residual, survival, True, rng)
    kept = (out != x).all(axis=1)
    assert out[kept] == pytest.approx((x + residual)[kept])
    assert (out[~kept] == x[~kept]).all()
    assert abs(kept.mean() - survival) < 4 * np.sqrt(survival * (1 - survival) / n)
    at_test = more_noise.stochastic_depth_forward(x[:1], residual[:1], survival, False, None)[0]
    assert out.mean(axis=0) == pytest.approx(at_test, abs=4 * 0.46 * 3 / np.sqrt(n))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("survival", "share"), [(0.0, 0), (1.0, 1)])
def test_sure_survival_and_sure_loss(survival, share, training, rng):
    x, residual = rng.normal(size=(2, 4, 3))
    out = more_noise.stochastic_depth_forward(x, residual, survival, training, rng)
    assert out == pytest.approx(x + share * residual)


# Pooling


@given(st.integers(1, 60), st.data())
def test_fractional_regions_are_disjoint_cover_all_and_have_two_sizes(n, data):
    out = data.draw(st.integers(1, n))
    # Nearer to 1 than rounding tells, i + u is the next whole number.
    u = data.draw(st.floats(0, 1 - 1e-12))
    regions = more_noise.fractional_pooling_regions(n, out, u)
    assert regions.shape == (out, 2)
    assert regions[0, 0] == 0
    assert regions[-1, 1] == n
    assert (regions[1:, 0] == regions[:-1, 1]).all()
    sizes = np.diff(regions, axis=1)
    assert sizes.min() >= max(1, n // out - (n % out == 0))
    assert sizes.max() <= n // out + 1


def starts_of_pytorch(n, k, out, u):
    """PyTorch's windows of k pixels begin at the edges of n - k pixels cut into out - 1 regions."""
    return np.append(more_noise.fractional_pooling_regions(n - k, out - 1, u)[:, 0], n - k)


def test_pooling_agrees_with_pytorch(oracle):
    for case in oracle("fractional_max_pool")["cases"]:
        images, k = np.array(case["x"]), case["k"]
        # The recorded samples hold the number for the columns first.
        u_columns, u_rows = case["samples"][0][0]
        regions = [
            np.column_stack([starts, starts + k])
            for starts in (
                starts_of_pytorch(images.shape[2], k, case["out"], u_rows),
                starts_of_pytorch(images.shape[3], k, case["out"], u_columns),
            )
        ]
        assert (more_noise.max_pool_regions(images, *regions) == np.array(case["y"])).all()


def test_pooling_by_hand():
    image = np.array([[1.0, -5.0, 2.0], [0.0, 3.0, -1.0]]).reshape(1, 1, 2, 3)
    pooled = more_noise.max_pool_regions(
        image, np.array([[0, 1], [1, 2]]), np.array([[0, 2], [2, 3]])
    )
    assert pooled[0, 0].tolist() == [[1, 2], [3, -1]]


def test_whole_ratio_without_chance_is_plain_pooling(rng):
    images = rng.normal(size=(2, 3, 6, 8))
    rows, columns = (more_noise.fractional_pooling_regions(n, n // 2, 0.0) for n in (6, 8))
    plain = images.reshape(2, 3, 3, 2, 4, 2).max(axis=(3, 5))
    assert (more_noise.max_pool_regions(images, rows, columns) == plain).all()


# Errors

IMAGES, COLOUR = np.ones((2, 1, 4, 5)), np.ones((2, 3, 4, 5))
RNG = np.random.default_rng(0)
WRONG = {
    "images without colour": (more_noise.pca_color_augment, (IMAGES, np.ones((2, 3)))),
    "alphas": (more_noise.pca_color_augment, (COLOUR, np.ones(3))),
    "x, weights": (more_noise.dropconnect_forward, (np.ones((2, 3)), np.ones((4, 2)), 0.5, RNG)),
    "p of dropconnect": (
        more_noise.dropconnect_forward,
        (np.ones((2, 3)), np.ones((3, 2)), 1.0, RNG),
    ),
    "survival": (
        more_noise.stochastic_depth_forward,
        (np.ones((2, 2)), np.ones((2, 2)), 1.1, True, RNG),
    ),
    "residual": (
        more_noise.stochastic_depth_forward,
        (np.ones((2, 2)), np.ones((2, 3)), 0.5, True, RNG),
    ),
    "out": (more_noise.fractional_pooling_regions, (5, 6, 0.5)),
    "out of 0": (more_noise.fractional_pooling_regions, (5, 0, 0.5)),
    "n": (more_noise.fractional_pooling_regions, (0, 1, 0.5)),
    "u": (more_noise.fractional_pooling_regions, (5, 3, 1.0)),
    "rows": (more_noise.max_pool_regions, (IMAGES, [[0, 5]], [[0, 5]])),
    "columns": (more_noise.max_pool_regions, (IMAGES, [[0, 4]], [[2, 2]])),
    "rows, none": (more_noise.max_pool_regions, (IMAGES, [], [[0, 5]])),
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
