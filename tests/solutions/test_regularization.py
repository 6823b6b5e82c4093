"""The references of the chapter on regularization: recorded vectors, closed forms, properties, errors."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions import regularization as reg

SHAPES = [(), (1,), (7,), (3, 4)]


def numerical(f, x, h=1e-6):
    """Central differences of f at the vector x."""
    steps = h * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# Penalties and ridge


@pytest.mark.parametrize("penalty", [reg.l2_penalty, reg.l1_penalty])
def test_the_gradient_of_a_penalty_is_its_derivative_and_spares_the_biases(penalty, rng):
    theta, is_weight = rng.normal(size=9), np.arange(9) % 3 > 0
    value, grad = penalty(theta, 0.7, is_weight)
    assert grad == pytest.approx(numerical(lambda t: penalty(t, 0.7, is_weight)[0], theta))
    assert (grad[~is_weight] == 0).all()
    assert penalty(theta + 100 * ~is_weight, 0.7, is_weight)[0] == pytest.approx(value)
    assert penalty(theta, 0.0, is_weight)[0] == 0


def test_penalties_by_hand():
    theta, is_weight = np.array([3.0, -4.0, 9.0, 0.0]), np.array([True, True, False, True])
    value, grad = reg.l2_penalty(theta, 0.2, is_weight)
    assert value == pytest.approx(2.5)
    assert grad == pytest.approx([0.6, -0.8, 0, 0])
    value, grad = reg.l1_penalty(theta, 0.2, is_weight)
    assert value == pytest.approx(1.4)
    assert grad == pytest.approx([0.2, -0.2, 0, 0])


def test_the_subgradient_lies_below_the_penalty(rng):
    for _ in range(50):
        a, b, flags = rng.normal(size=5), rng.normal(size=5), np.ones(5, bool)
        a[0] = 0
        value, slope = reg.l1_penalty(a, 1.3, flags)
        assert reg.l1_penalty(b, 1.3, flags)[0] >= value + slope @ (b - a) - 1e-12


def test_ridge_agrees_with_scikit_learn(oracle):
    recorded = oracle("sklearn_stats")["results"]
    data = recorded["ridge_lasso"]
    x, y = np.array(data["X"]), np.array(data["y"])
    for row in data["ridge"]:
        weights, intercept = reg.ridge(x, y, row["alpha"])
        assert weights == pytest.approx(row["coef"], rel=1e-9)
        assert intercept == pytest.approx(row["intercept"], rel=1e-9)
    example = recorded["docs_examples"][0]
    weights, intercept = reg.ridge(
        np.array(example["X"], float), np.array(example["y"]), example["alpha"]
    )
    assert weights == pytest.approx(example["coef"])
    assert intercept == pytest.approx(example["intercept"])


@pytest.mark.parametrize(("n", "d"), [(20, 3), (5, 5), (4, 9)])
def test_ridge_is_the_minimum(n, d, rng):
    x, y, lam = rng.normal(size=(n, d)) + 2, rng.normal(size=n), 0.6

    def objective(both):
        return np.sum((y - x @ both[:-1] - both[-1]) ** 2) + lam * np.sum(both[:-1] ** 2)

    best = np.append(*reg.ridge(x, y, lam))
    assert numerical(objective, best) == pytest.approx(np.zeros(d + 1), abs=1e-6)


def test_ridge_shrinks_each_singular_direction_by_its_own_factor(rng):
    x, y, lam = rng.normal(size=(30, 4)), rng.normal(size=30), 3.0
    _, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    plain, shrunk = (vt @ reg.ridge(x, y, strength)[0] for strength in (0.0, lam))
    assert shrunk == pytest.approx(plain * s**2 / (s**2 + lam))


def test_ridge_does_not_mind_where_the_labels_begin(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    (weights, intercept), (moved, higher) = (reg.ridge(x, y + c, 2.0) for c in (0.0, 50.0))
    assert moved == pytest.approx(weights)
    assert higher == pytest.approx(intercept + 50)


def test_a_very_strong_penalty_leaves_the_mean(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    weights, intercept = reg.ridge(x, y, 1e12)
    assert weights == pytest.approx(np.zeros(3), abs=1e-10)
    assert intercept == pytest.approx(y.mean())


# Proximal steps


def objective_1d(w, z, l1, l2=0.0):
    return (w - z) ** 2 / 2 + l1 * np.abs(w) + l2 / 2 * w**2


@given(z=st.floats(-3, 3), threshold=st.floats(0, 2))
def test_the_soft_threshold_is_the_minimiser(z, threshold):
    w = float(reg.soft_threshold(np.array(z), threshold))
    nearby = np.append(np.linspace(-4, 4, 801), 0.0)
    assert objective_1d(w, z, threshold) <= objective_1d(nearby, z, threshold).min() + 1e-12


@given(z=st.floats(-3, 3), lr=st.floats(0.01, 2), l1=st.floats(0, 2), l2=st.floats(0, 3))
def test_the_elastic_net_step_is_the_minimiser(z, lr, l1, l2):
    w = float(reg.elastic_net_prox(np.array(z), lr, l1, l2))
    nearby = np.append(np.linspace(-4, 4, 801), 0.0)
    best = objective_1d(nearby, z, lr * l1, lr * l2).min()
    assert objective_1d(w, z, lr * l1, lr * l2) <= best + 1e-12
    if l2 == 0:
        assert w == pytest.approx(float(reg.soft_threshold(np.array(z), lr * l1)))


@pytest.mark.parametrize("shape", SHAPES)
def test_proximal_steps_keep_the_shape_and_the_argument(shape, rng):
    z = rng.normal(size=shape)
    before = z.copy()
    assert reg.soft_threshold(z, 0.3).shape == shape
    assert reg.elastic_net_prox(z, 0.1, 0.2, 0.3).shape == shape
    assert (z == before).all()
    assert reg.soft_threshold(z, 0.0) == pytest.approx(z)


def test_iterated_soft_thresholds_reach_scikit_learns_lasso(oracle):
    data = oracle("sklearn_stats")["results"]["ridge_lasso"]
    x, y = np.array(data["X"]), np.array(data["y"])
    xc, yc = x - x.mean(axis=0), y - y.mean()
    lr = 1 / np.linalg.eigvalsh(xc.T @ xc / len(y)).max()
    for row in data["lasso"]:
        w = np.zeros(x.shape[1])
        for _ in range(20_000):
            w = reg.soft_threshold(w - lr * xc.T @ (xc @ w - yc) / len(y), lr * row["alpha"])
        assert w == pytest.approx(row["coef"], abs=1e-7)
        assert ((w == 0) == (np.array(row["coef"]) == 0)).all()


# AdamW


def walk(recorded, decay, l2, **hyper):
    theta = np.array(recorded["theta0"])
    m = v = np.zeros_like(theta)
    for t, grad in enumerate(np.array(recorded["grads"]), start=1):
        g = grad + l2 * theta
        theta, m, v = reg.decoupled_weight_decay_step(theta, g, m, v, t, 0.1, decay, **hyper)
        yield theta


@pytest.mark.parametrize(
    ("name", "decay", "l2"),
    [("adam", 0.0, 0.0), ("adamw_0.1", 0.1, 0.0), ("adam_l2_0.1", 0.0, 0.1)],
)
def test_decoupled_and_coupled_decay_agree_with_pytorch(name, decay, l2, oracle):
    recorded = oracle("torch_optimizers")
    run = recorded["optimizers"][name]
    assert run["kwargs"]["lr"] == 0.1
    assert run["kwargs"].get("weight_decay", 0.0) == decay + l2
    want = run["theta_after_each_step"]
    assert np.array(list(walk(recorded, decay, l2))) == pytest.approx(
        np.array(want), rel=1e-12, abs=1e-14
    )


def test_without_gradients_every_weight_loses_the_same_share(rng):
    theta = rng.normal(size=6)
    zero = np.zeros(6)
    new, _, _ = reg.decoupled_weight_decay_step(theta, zero, zero, zero, 1, 0.1, 0.3)
    assert new == pytest.approx(theta * 0.97)


# Early stopping


def test_early_stopping_agrees_with_keras(oracle):
    recorded = oracle("keras")["results"]["EarlyStopping"]
    assert len(recorded) >= 15
    for row in recorded:
        stopped, best = reg.early_stopping(row["values"], row["patience"], row["min_delta"])
        end = len(row["values"]) - 1 if row["stopped_epoch"] is None else row["stopped_epoch"]
        assert (stopped, best) == (end, row["best_epoch"])


@given(losses=st.lists(st.floats(0, 1), min_size=1, max_size=30), patience=st.integers(0, 6))
def test_what_early_stopping_promises(losses, patience):
    stopped, best = reg.early_stopping(losses, patience)
    assert losses[best] == min(losses[: stopped + 1])
    assert best == losses.index(losses[best])
    if stopped < len(losses) - 1:
        assert stopped - best == max(patience, 1)
    assert reg.early_stopping(losses[: stopped + 1], patience) == (stopped, best)


def test_a_loss_that_is_no_number_is_no_improvement():
    assert reg.early_stopping([1.0, 0.5, np.nan, np.nan, 0.1], 2) == (3, 1)


def test_patience_0_is_patience_1(rng):
    for _ in range(50):
        losses = rng.random(12)
        assert reg.early_stopping(losses, 0) == reg.early_stopping(losses, 1)


# Augmentation


def test_flips_by_hand(rng):
    image = np.arange(6.0).reshape(1, 1, 2, 3)
    assert reg.random_flip(image, 1.0, rng)[0, 0].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert (reg.random_flip(image, 0.0, rng) == image).all()


def test_the_share_that_is_flipped(rng):
    images, p = rng.normal(size=(40_000, 1, 1, 2)), 0.3
    flipped = (reg.random_flip(images, p, rng) != images).any(axis=(1, 2, 3))
    assert abs(flipped.mean() - p) < 4 * np.sqrt(p * (1 - p) / 40_000)


def test_all_places_of_a_crop_are_equally_probable(rng):
    n = 60_000
    images = np.broadcast_to(np.arange(20.0).reshape(1, 1, 4, 5), (n, 1, 4, 5))
    corners, counts = np.unique(reg.random_crop(images, 3, rng)[:, 0, 0, 0], return_counts=True)
    assert corners.tolist() == [0, 1, 2, 5, 6, 7]
    assert np.abs(counts / n - 1 / 6).max() < 4 * np.sqrt(5 / 36 / n)


def test_a_crop_of_the_whole_image_is_the_image(rng):
    images = rng.normal(size=(3, 2, 5, 5))
    assert (reg.random_crop(images, 5, rng) == images).all()


def test_pca_colour_moves_along_the_components(rng):
    images = rng.normal(size=(5, 3, 6, 7)) * np.array([3.0, 1.0, 0.2])[None, :, None, None]
    pixels = np.moveaxis(images, 1, -1).reshape(-1, 3)
    alphas = rng.normal(size=(5, 3))
    shifts = (reg.pca_color_augment(images, alphas) - images).reshape(5, 3, -1)
    assert np.ptp(shifts, axis=2) == pytest.approx(np.zeros((5, 3)), abs=1e-12)
    centred = pixels - pixels.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    along = shifts[:, :, 0] @ vt.T
    assert np.abs(along) == pytest.approx(np.abs(alphas * s**2 / (len(pixels) - 1)))
    assert (reg.pca_color_augment(images, np.zeros((5, 3))) == images).all()


# Dropout and its relatives


def all_masks(n, p):
    """Every mask of n entries, scaled, with its probability."""
    for bits in product((0, 1), repeat=n):
        bits = np.array(bits)
        yield bits / (1 - p), np.prod(np.where(bits, 1 - p, p))


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_the_moments_of_dropout(p, rng):
    x, n = np.array([1.0, -2.0, 0.5]), 100_000
    out, mask = reg.dropout_forward(np.tile(x, (n, 1)), p, rng)
    assert (out == np.tile(x, (n, 1)) * mask).all()
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - p)}
    deviation = np.sqrt(p / (1 - p)) * np.abs(x) / np.sqrt(n)
    assert (np.abs(out.mean(axis=0) - x) <= 4 * deviation + 1e-12).all()
    assert abs((mask == 0).mean() - p) <= 4 * np.sqrt(p * (1 - p) / mask.size)


def test_dropout_agrees_with_pytorch(oracle, rng):
    recorded = oracle("dropout")
    x, mask = np.array(recorded["x"]), np.array(recorded["mask_times_scale"])
    assert x * mask == pytest.approx(np.array(recorded["y"]))
    grad = reg.dropout_backward(np.ones_like(x), mask)
    assert grad == pytest.approx(np.array(recorded["dx_for_ones"]))
    _, mine = reg.dropout_forward(np.ones(200_000), recorded["p"], rng)
    assert set(np.round(mine, 12)) == set(np.round(mask, 12))
    assert reg.dropout_forward(np.ones(3), 0.0, rng)[0].tolist() == recorded["p0"]


def test_dropout_agrees_with_keras(oracle, rng):
    recorded = oracle("keras")["results"]["keras_dropout"]
    _, mask = reg.dropout_forward(np.ones(200_000), recorded["rate"], rng)
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


def test_dropout_backward_is_the_derivative(rng):
    x, weights = rng.normal(size=8), rng.normal(size=8)
    mask = reg.dropout_forward(x, 0.4, rng)[1]
    grad = reg.dropout_backward(weights, mask)
    assert grad == pytest.approx(numerical(lambda x: weights @ (x * mask), x))


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
    out, mask = reg.dropconnect_forward(x, w, 0.25, rng)
    assert out == pytest.approx(x @ (w * mask))
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    assert abs((mask == 0).mean() - 0.25) < 4 * np.sqrt(0.1875 / mask.size)


def test_stochastic_depth_keeps_or_drops_a_branch_and_its_mean_is_the_test_output(rng):
    n, survival = 50_000, 0.7
    x, residual = np.tile(rng.normal(size=3), (n, 1)), np.tile(rng.normal(size=3), (n, 1))
    out = reg.stochastic_depth_forward(x, residual, survival, True, rng)
    kept = (out != x).all(axis=1)
    assert out[kept] == pytest.approx((x + residual)[kept])
    assert (out[~kept] == x[~kept]).all()
    assert abs(kept.mean() - survival) < 4 * np.sqrt(survival * (1 - survival) / n)
    at_test = reg.stochastic_depth_forward(x[:1], residual[:1], survival, False, None)[0]
    assert out.mean(axis=0) == pytest.approx(at_test, abs=4 * 0.46 * 3 / np.sqrt(n))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("survival", "share"), [(0.0, 0), (1.0, 1)])
def test_sure_survival_and_sure_loss(survival, share, training, rng):
    x, residual = rng.normal(size=(2, 4, 3))
    out = reg.stochastic_depth_forward(x, residual, survival, training, rng)
    assert out == pytest.approx(x + share * residual)


# Pooling


@given(st.integers(1, 60), st.data())
def test_fractional_regions_are_disjoint_cover_all_and_have_two_sizes(n, data):
    out = data.draw(st.integers(1, n))
    u = data.draw(st.floats(0, 1, exclude_max=True))
    regions = reg.fractional_pooling_regions(n, out, u)
    assert regions.shape == (out, 2)
    assert regions[0, 0] == 0
    assert regions[-1, 1] == n
    assert (regions[1:, 0] == regions[:-1, 1]).all()
    sizes = np.diff(regions, axis=1)
    assert sizes.min() >= max(1, n // out - (n % out == 0))
    assert sizes.max() <= n // out + 1


def starts_of_pytorch(n, k, out, u):
    """PyTorch's windows of k pixels begin at the edges of n - k pixels cut into out - 1 regions."""
    return np.append(reg.fractional_pooling_regions(n - k, out - 1, u)[:, 0], n - k)


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
        assert (reg.max_pool_regions(images, *regions) == np.array(case["y"])).all()


def test_pooling_by_hand():
    image = np.array([[1.0, -5.0, 2.0], [0.0, 3.0, -1.0]]).reshape(1, 1, 2, 3)
    pooled = reg.max_pool_regions(image, np.array([[0, 1], [1, 2]]), np.array([[0, 2], [2, 3]]))
    assert pooled[0, 0].tolist() == [[1, 2], [3, -1]]


def test_whole_ratio_without_chance_is_plain_pooling(rng):
    images = rng.normal(size=(2, 3, 6, 8))
    rows, columns = (reg.fractional_pooling_regions(n, n // 2, 0.0) for n in (6, 8))
    plain = images.reshape(2, 3, 3, 2, 4, 2).max(axis=(3, 5))
    assert (reg.max_pool_regions(images, rows, columns) == plain).all()


# Errors

IMAGES, COLOUR = np.ones((2, 1, 4, 5)), np.ones((2, 3, 4, 5))
FLAGS = np.array([True, False])
RNG = np.random.default_rng(0)
STEP = (np.ones(2), np.ones(2), np.zeros(2), np.zeros(2))
WRONG = {
    "lam": (reg.l2_penalty, (np.ones(2), -0.1, FLAGS)),
    "lam of L1": (reg.l1_penalty, (np.ones(2), np.inf, FLAGS)),
    "lam of ridge": (reg.ridge, (np.ones((3, 1)), np.ones(3), -1.0)),
    "x of one axis": (reg.ridge, (np.ones(3), np.ones(3), 1.0)),
    "x without a row": (reg.ridge, (np.ones((0, 2)), np.ones(0), 1.0)),
    "y of another length": (reg.ridge, (np.ones((3, 2)), np.ones(4), 1.0)),
    "threshold": (reg.soft_threshold, (np.ones(2), -1.0)),
    "l1": (reg.elastic_net_prox, (np.ones(2), 0.1, -1.0, 0.0)),
    "l2": (reg.elastic_net_prox, (np.ones(2), 0.1, 0.0, np.nan)),
    "weight_decay": (reg.decoupled_weight_decay_step, (*STEP, 1, 0.1, -0.1)),
    "t": (reg.decoupled_weight_decay_step, (*STEP, 0)),
    "beta2": (reg.decoupled_weight_decay_step, (*STEP, 1, 0.1, 0.1, 0.9, 1.0)),
    "losses": (reg.early_stopping, ([], 3)),
    "patience": (reg.early_stopping, ([1.0], -1)),
    "min_delta": (reg.early_stopping, ([1.0], 1, -0.5)),
    "p": (reg.random_flip, (IMAGES, 1.5, RNG)),
    "images of three axes": (reg.random_flip, (IMAGES[0], 0.5, RNG)),
    "images, none": (reg.random_flip, (IMAGES[:0], 0.5, RNG)),
    "size": (reg.random_crop, (IMAGES, 5, RNG)),
    "size of 0": (reg.random_crop, (IMAGES, 0, RNG)),
    "images without colour": (reg.pca_color_augment, (IMAGES, np.ones((2, 3)))),
    "alphas": (reg.pca_color_augment, (COLOUR, np.ones(3))),
    "p of dropout": (reg.dropout_forward, (np.ones(3), 1.0, RNG)),
    "p, a word": (reg.dropout_forward, (np.ones(3), "half", RNG)),
    "mask": (reg.dropout_backward, (np.ones(3), np.ones(4))),
    "x, weights": (reg.dropconnect_forward, (np.ones((2, 3)), np.ones((4, 2)), 0.5, RNG)),
    "p of dropconnect": (reg.dropconnect_forward, (np.ones((2, 3)), np.ones((3, 2)), 1.0, RNG)),
    "survival": (reg.stochastic_depth_forward, (np.ones((2, 2)), np.ones((2, 2)), 1.1, True, RNG)),
    "residual": (reg.stochastic_depth_forward, (np.ones((2, 2)), np.ones((2, 3)), 0.5, True, RNG)),
    "out": (reg.fractional_pooling_regions, (5, 6, 0.5)),
    "out of 0": (reg.fractional_pooling_regions, (5, 0, 0.5)),
    "n": (reg.fractional_pooling_regions, (0, 1, 0.5)),
    "u": (reg.fractional_pooling_regions, (5, 3, 1.0)),
    "rows": (reg.max_pool_regions, (IMAGES, [[0, 5]], [[0, 5]])),
    "columns": (reg.max_pool_regions, (IMAGES, [[0, 4]], [[2, 2]])),
    "rows, none": (reg.max_pool_regions, (IMAGES, [], [[0, 5]])),
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
