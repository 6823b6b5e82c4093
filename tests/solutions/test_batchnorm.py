"""The references of the chapter on batch normalization: against PyTorch's and Keras's recorded layers, and by their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions.batchnorm import (
    batchnorm_backward,
    batchnorm_backward_steps,
    batchnorm_forward,
    batchnorm_inference,
    count_parameters,
    fold_batchnorm,
    spatial_batchnorm_forward,
    update_running_statistics,
)

RECORDED = {"rtol": 1e-10, "atol": 1e-12}
TINY = 1e-30  # an eps that no variance of these tests notices


def same(actual, recorded, **tolerance):
    np.testing.assert_allclose(actual, recorded, **(tolerance or RECORDED))


def rows(images):
    """(n, c, h, w) -> (n * h * w, c)"""
    images = np.asarray(images)
    return np.moveaxis(images, 1, -1).reshape(-1, images.shape[1])


def draw(rng, n, d):
    return {
        "x": rng.normal(2.0, 3.0, size=(n, d)),
        "gamma": rng.normal(size=d),
        "beta": rng.normal(size=d),
    }


def differences(f, array, h=1e-5):
    grad = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        step = np.zeros_like(array)
        step[place] = h
        grad[place] = (f(array + step) - f(array - step)) / (2 * h)
    return grad


@pytest.mark.parametrize("kind", ["1d", "2d"])
def test_agrees_with_pytorch_in_training(oracle, kind):
    case = oracle("torch_batchnorm")["cases"][kind]
    gamma, beta = np.array(case["gamma"]), np.array(case["beta"])
    matrix = rows if kind == "2d" else np.array
    d, rho = len(gamma), case["equivalent_decay"]
    kept, biased = (np.zeros(d), np.ones(d)), (np.zeros(d), np.ones(d))
    for batch, step, variances in zip(
        case["x_batches"], case["train_steps"], case["biased_var_batch"], strict=True
    ):
        x = matrix(batch)
        y, x_hat, mean, var = batchnorm_forward(x, gamma, beta, case["eps"])
        same(y, matrix(step["y"]))
        same(var, variances)
        dy = matrix(case["dout"])
        dx, dgamma, dbeta = batchnorm_backward(dy, x_hat, gamma, var, case["eps"])
        for ours, key in ((dx, "dx"), (dgamma, "dgamma"), (dbeta, "dbeta")):
            same(ours, matrix(step[key]) if key == "dx" else step[key])
        *_, dx_steps = batchnorm_backward_steps(dy, x, mean, var, gamma, case["eps"])
        same(dx_steps, matrix(step["dx"]))
        kept = update_running_statistics(*kept, mean, var, n=len(x), rho=rho)
        biased = update_running_statistics(*biased, mean, var, n=len(x), rho=rho, unbiased=False)
        same(kept[0], step["running_mean"])
        same(kept[1], step["running_var"])
        if kind == "2d":
            images, map_mean, map_var = spatial_batchnorm_forward(
                np.array(batch), gamma, beta, case["eps"]
            )
            same(images, step["y"])
            same(map_mean, mean)
            same(map_var, var)
    same(biased[1], case["running_var_if_biased_from_ones"])
    evaluated = batchnorm_inference(matrix(case["x_eval"]), gamma, beta, *kept, case["eps"])
    same(evaluated, matrix(case["eval_y"]))


@pytest.mark.parametrize("kind", ["1d", "2d"])
def test_agrees_with_pytorchs_gradient_when_predicting(oracle, kind):
    """With fixed statistics only the direct path is left, as the text says."""
    case = oracle("torch_batchnorm")["cases"][kind]
    matrix = rows if kind == "2d" else np.array
    gamma, last = np.array(case["gamma"]), case["train_steps"][-1]
    std = np.sqrt(np.array(last["running_var"]) + case["eps"])
    same(gamma / std * matrix(case["dout"]), matrix(case["eval_dx"]))


def test_agrees_with_keras(oracle):
    """Recorded in float32: five digits."""
    recorded = oracle("keras")["results"]["keras_bn"]
    x, rho, eps = (
        np.array(recorded["x"]),
        recorded["defaults"]["momentum"],
        recorded["defaults"]["epsilon"],
    )
    d = x.shape[1]
    y, _, mean, var = batchnorm_forward(x, np.ones(d), np.zeros(d), eps)
    single = {"rtol": 2e-6, "atol": 2e-6}
    same(y, recorded["y"], **single)
    start = np.zeros(d), np.ones(d)
    kept = update_running_statistics(*start, mean, var, n=len(x), rho=rho, unbiased=False)
    same(kept[0], recorded["moving_mean_after_1"], **single)
    same(kept[1], recorded["moving_var_after_1"], **single)
    unbiased = update_running_statistics(*start, mean, var, n=len(x), rho=rho)
    assert np.all(np.abs(unbiased[1] - recorded["moving_var_after_1"]) > 1e-3)


def test_counts_as_keras_does(oracle):
    recorded = oracle("keras")["results"]["batchnorm_model"]
    layers = [
        ("batchnorm", 784),
        ("dense", 784, 300, True),
        ("activation",),
        ("batchnorm", 300),
        ("dense", 300, 100, True),
        ("activation",),
        ("batchnorm", 100),
        ("dense", 100, 10, True),
    ]
    trained, kept = count_parameters(layers)
    assert (trained, kept) == (recorded["trainable"], recorded["non_trainable"])
    assert trained + kept == recorded["total"]
    sizes = [size for name, size in recorded["layers"] if name != "Flatten"]
    assert [sum(count_parameters([x])) for x in layers if x != ("activation",)] == sizes


@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 2**32))
def test_gradients_against_differences(n, d, seed):
    rng = np.random.default_rng(seed)
    given_ = draw(rng, n, d)
    x, gamma, beta = given_["x"], given_["gamma"], given_["beta"]
    dy, eps = rng.normal(size=(n, d)), 0.3
    _, x_hat, mean, var = batchnorm_forward(x, gamma, beta, eps)
    dx, dgamma, dbeta = batchnorm_backward(dy, x_hat, gamma, var, eps)
    for analytic, f, array in (
        (dx, lambda v: np.sum(dy * batchnorm_forward(v, gamma, beta, eps)[0]), x),
        (dgamma, lambda v: np.sum(dy * batchnorm_forward(x, v, beta, eps)[0]), gamma),
        (dbeta, lambda v: np.sum(dy * batchnorm_forward(x, gamma, v, eps)[0]), beta),
    ):
        same(analytic, differences(f, array), rtol=1e-6, atol=1e-8)
    dx_hat, dvar, dmean, dx_steps = batchnorm_backward_steps(dy, x, mean, var, gamma, eps)
    same(dx_steps, dx, rtol=1e-10, atol=1e-12)

    def by_node(mean, var):
        return np.sum(dy * (gamma * (x - mean) / np.sqrt(var + eps) + beta))

    same(dx_hat, dy * gamma)
    same(dvar, differences(lambda v: by_node(mean, v), var, 1e-6), rtol=1e-5, atol=1e-7)
    same(dmean, differences(lambda v: by_node(v, var), mean), rtol=1e-6, atol=1e-8)


@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**32))
def test_what_the_layer_guarantees(n, d, seed):
    rng = np.random.default_rng(seed)
    given_ = draw(rng, n, d)
    x, gamma = given_["x"], given_["gamma"]
    y, x_hat, mean, var = batchnorm_forward(**given_, eps=TINY)
    np.testing.assert_allclose(x_hat.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.sum(x_hat**2, axis=0), n, rtol=1e-9)
    np.testing.assert_allclose(y.mean(axis=0), given_["beta"], atol=1e-9)
    np.testing.assert_allclose(y.std(axis=0), np.abs(gamma), rtol=1e-9)
    # The layer can be the identity.
    identity, *_ = batchnorm_forward(x, np.sqrt(var), mean, TINY)
    np.testing.assert_allclose(identity, x, rtol=1e-9, atol=1e-9)
    # No shift and no stretching of the inputs is seen, and the gradient has no part in either.
    moved, *_ = batchnorm_forward(**given_ | {"x": 3.0 * x + 7.0}, eps=TINY)
    np.testing.assert_allclose(moved, y, rtol=1e-8, atol=1e-8)
    dx, *_ = batchnorm_backward(rng.normal(size=(n, d)), x_hat, gamma, var, TINY)
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-9 * max(1, np.abs(dx).max()))
    np.testing.assert_allclose(np.sum(dx * x_hat, axis=0), 0, atol=1e-9 * max(1, np.abs(dx).max()))


def test_a_column_that_does_not_change_gives_beta():
    x = np.array([[7.0, 1.0], [7.0, 2.0], [7.0, 4.0]])
    y, x_hat, mean, var = batchnorm_forward(x, np.array([2.0, 2.0]), np.array([-3.0, 0.0]))
    assert np.all(y[:, 0] == -3.0)
    assert np.all(x_hat[:, 0] == 0.0)
    assert (mean[0], var[0]) == (7.0, 0.0)
    dx, *_ = batchnorm_backward(np.ones((3, 2)), x_hat, np.ones(2), var)
    assert np.isfinite(dx).all()


def test_a_batch_of_one_gives_beta_and_no_gradient():
    x, gamma, beta = np.array([[4.0, -9.0]]), np.array([2.0, 3.0]), np.array([0.5, -0.5])
    y, x_hat, mean, var = batchnorm_forward(x, gamma, beta)
    assert np.array_equal(y, beta[None])
    assert np.array_equal(mean, x[0])
    assert np.array_equal(var, np.zeros(2))
    dx, dgamma, dbeta = batchnorm_backward(np.array([[1.0, -2.0]]), x_hat, gamma, var)
    assert np.array_equal(dx, np.zeros((1, 2)))
    assert np.array_equal(dgamma, np.zeros(2))
    assert np.array_equal(dbeta, [1.0, -2.0])


def test_extreme_inputs_stay_finite():
    x = np.array([[1e150], [-1e150], [1e150]])
    y, *_ = batchnorm_forward(x, np.ones(1), np.zeros(1))
    assert np.isfinite(y).all()
    tiny, *_ = batchnorm_forward(1e-200 * np.arange(4.0)[:, None], np.ones(1), np.zeros(1))
    assert np.abs(tiny).max() < 1e-190


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99)
)
def test_images_are_rows_of_maps(n, c, h, w, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta = rng.normal(size=(n, c, h, w)), rng.normal(size=c), rng.normal(size=c)
    y, mean, var = spatial_batchnorm_forward(x, gamma, beta, 0.1)
    flat, _, flat_mean, flat_var = batchnorm_forward(rows(x), gamma, beta, 0.1)
    same(rows(y), flat)
    same(mean, flat_mean)
    same(var, flat_var)
    # Whatever moves the pixels about moves the output with it.
    turned, *_ = spatial_batchnorm_forward(np.roll(x, 1, axis=3), gamma, beta, 0.1)
    same(turned, np.roll(y, 1, axis=3))


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32))
def test_folding_changes_nothing_that_comes_out(d, k, seed):
    rng = np.random.default_rng(seed)
    w, b, x = rng.normal(size=(d, k)), rng.normal(size=k), rng.normal(size=(5, d))
    units = rng.normal(size=(3, k))
    var = rng.uniform(0.1, 4.0, size=k)
    folded = fold_batchnorm(w, b, *units, var, 0.2)
    expected = batchnorm_inference(x @ w + b, *units, var, 0.2)
    same(x @ folded[0] + folded[1], expected, rtol=1e-10, atol=1e-10)


def test_prediction_does_not_look_at_the_other_rows():
    rng = np.random.default_rng(0)
    given_ = draw(rng, 6, 3) | {"running_mean": rng.normal(size=3), "running_var": np.ones(3)}
    together = batchnorm_inference(**given_)
    alone = [batchnorm_inference(**given_ | {"x": row[None]})[0] for row in given_["x"]]
    same(together, alone)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_running_variance_is_unbiased(n):
    """The mean over many batches, against four of its standard errors."""
    rng = np.random.default_rng(0)
    variances = rng.normal(0.0, 2.0, size=(20_000, n)).var(axis=1)
    _, unbiased = update_running_statistics(
        np.zeros(20_000), np.zeros(20_000), np.zeros(20_000), variances, n=n, rho=0.0
    )
    assert abs(unbiased.mean() - 4.0) < 4 * unbiased.std() / np.sqrt(20_000)
    assert variances.mean() == pytest.approx(4.0 * (n - 1) / n, rel=0.03)


def test_running_statistics_remember_their_start_with_the_weight_rho_to_the_t():
    kept = np.zeros(1), np.ones(1)
    for _ in range(100):
        kept = update_running_statistics(*kept, np.ones(1), np.zeros(1), n=32, rho=0.99)
    assert kept[0][0] == pytest.approx(1 - 0.99**100)
    assert kept[1][0] == pytest.approx(0.99**100)


def test_nothing_is_changed_in_place():
    rng = np.random.default_rng(0)
    given_ = draw(rng, 4, 3)
    before = {name: array.copy() for name, array in given_.items()}
    batchnorm_forward(**given_)
    kept = np.zeros(3), np.ones(3)
    update_running_statistics(*kept, np.ones(3), np.ones(3), n=4)
    assert all(np.array_equal(given_[name], before[name]) for name in given_)
    assert np.array_equal(kept[0], np.zeros(3))


X, V = np.ones((4, 3)), np.ones(3)
IMAGES = np.ones((2, 3, 4, 4))
WRONG = [
    (lambda: batchnorm_forward(np.ones((0, 3)), V, V), r"x: .*not empty, got shape \(0, 3\)"),
    (lambda: batchnorm_forward(np.ones((4, 0)), V, V), "x: "),
    (lambda: batchnorm_forward(V, V, V), r"x: expected a matrix.*\(3,\)"),
    (lambda: batchnorm_forward(X, np.ones(4), V), r"gamma: expected shape \(3,\), got \(4,\)"),
    (lambda: batchnorm_forward(X, V, np.ones((1, 3))), "beta: "),
    (lambda: batchnorm_forward(X, V, V, eps=0.0), "eps: expected a finite number above 0, got 0"),
    (lambda: batchnorm_forward(X, V, V, eps=-1e-5), "eps: "),
    (lambda: batchnorm_backward(X[:2], X, V, V), r"dy: expected the shape of x_hat"),
    (lambda: batchnorm_backward(X, X, V, -V), "var: expected variances of at least 0"),
    (lambda: batchnorm_backward(X, X, V[:2], V), "gamma: "),
    (lambda: batchnorm_backward_steps(X, X.T, V, V, V), "dy: |mean: "),
    (lambda: batchnorm_backward_steps(X, X, V[:1], V, V), "mean: "),
    (lambda: batchnorm_inference(X, V, V, V, -V), "running_var: "),
    (lambda: batchnorm_inference(X, V, V, V[:2], V), "running_mean: "),
    (lambda: batchnorm_inference(np.ones((0, 3)), V, V, V, V), "x: "),
    (lambda: fold_batchnorm(X, V[:2], V, V, V, V), r"b: expected shape \(3,\)"),
    (lambda: fold_batchnorm(V, V, V, V, V, V), "w: "),
    (lambda: spatial_batchnorm_forward(X, V, V), r"x: expected images"),
    (lambda: spatial_batchnorm_forward(IMAGES[:0], V, V), "x: .*not empty"),
    (lambda: spatial_batchnorm_forward(IMAGES, np.ones(4), V), "gamma: "),
    (lambda: update_running_statistics(V, V, V, V, n=1), "n: expected at least 2"),
    (lambda: update_running_statistics(V, V, V, V, n=0), "n: "),
    (lambda: update_running_statistics(V, V, V, V, n=4, rho=1.0), "rho: "),
    (lambda: update_running_statistics(V, V[:2], V, V, n=4), "running_var: "),
    (lambda: update_running_statistics(X, V, V, V, n=4), "running_mean: "),
    (lambda: count_parameters([("conv", 3, 4)]), "layers: .*conv"),
    (lambda: count_parameters([("dense", 3, 4)]), "layers: "),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_batch_of_one_may_update_biased_statistics():
    mean, var = update_running_statistics(V, V, V, 0 * V, n=1, rho=0.5, unbiased=False)
    assert np.array_equal(var, 0.5 * V)
    assert np.array_equal(mean, V)
