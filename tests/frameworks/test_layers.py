"""Rows and sentences on layers, losses, starts, models and data: each is looked for in the chapter, and seen in the framework."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import torch
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from torch import nn
from torch.nn import functional as F

from solutions.activations import gelu, softplus
from solutions.batchnorm import batchnorm_forward, update_running_statistics
from solutions.boosting import fit_stump, gradient_boost, tree_predict
from solutions.network import softmax_cross_entropy
from solutions.noise import smoothed_cross_entropy
from solutions.normalization import (
    groupnorm_forward,
    layernorm_backward,
    layernorm_forward,
    rmsnorm_backward,
)
from solutions.penalties import ridge
from tests.frameworks.test_optimizers import said

RNG = np.random.default_rng(0)
TABLE = RNG.normal(2.0, 3.0, size=(8, 5))
MAPS = RNG.normal(2.0, 3.0, size=(3, 4, 2, 5))


def array(value):
    return keras.ops.convert_to_numpy(value)


def double(values, **kwargs):
    return torch.tensor(np.asarray(values), dtype=torch.float64, **kwargs)


# Activations


def test_the_slope_of_relu_at_zero():
    said("activations", "| slope of ReLU at 0 | 0 | 0 | 0 |")
    for function in (F.relu, keras.activations.relu):
        z = torch.zeros(1, requires_grad=True)
        function(z).sum().backward()
        assert z.grad.item() == 0


def test_gelu_is_by_phi_unless_approximate():
    z = np.linspace(-4, 4, 41)
    assert np.allclose(nn.GELU()(double(z)), gelu(z)[0], atol=1e-12)
    assert np.abs(nn.GELU(approximate="tanh")(double(z)).numpy() - gelu(z)[0]).max() > 1e-4
    assert np.allclose(array(keras.activations.gelu(z)), gelu(z)[0], atol=1e-6)
    assert np.abs(array(keras.activations.gelu(z, approximate=True)) - gelu(z)[0]).max() > 1e-4


def test_softplus_of_pytorch_is_its_argument_above_twenty():
    z = double([19.0, 20.5])
    assert (F.softplus(z) == z).tolist() == [False, True]
    assert softplus(np.array([20.5]))[0][0] > 20.5
    loss = nn.BCEWithLogitsLoss()(double([1000.0]), double([0.0]))
    assert loss.item() == 1000  # no sigmoid that would be 1
    said("activations", "of logits: softplus inside, no sigmoid before")


def test_leaky_relu_has_two_slopes_in_keras():
    assert float(keras.layers.LeakyReLU()(np.array([-1.0]))[0]) == pytest.approx(-0.3)
    assert float(keras.activations.get("leaky_relu")(np.array([-1.0]))[0]) == pytest.approx(-0.2)


# Initialization


def test_shapes_and_defaults_of_a_fully_connected_layer():
    said("initialization", "| shape of the weights | (in, out) | (out, in) | (in, out) |")
    said(
        "network",
        "| weights of a layer | $(d, k)$, $XW + b$ | $(k, d)$, $XW^\\top + b$ | $(d, k)$, $XW + b$ |",
    )
    said(
        "initialization",
        "uniform on $\\pm 1/\\sqrt{n_{\\text{in}}}$, weights and biases: a *third* of LeCun's variance",
    )
    layer = nn.Linear(400, 300)
    assert layer.weight.shape == (300, 400) and layer.weight.dtype == torch.float32
    for values in (layer.weight, layer.bias):
        assert 0.98 / 20 < values.abs().max() <= 1 / 20
    assert layer.weight.var().item() == pytest.approx(1 / (3 * 400), rel=0.02)
    dense = keras.layers.Dense(300)
    dense.build((None, 400))
    assert tuple(dense.kernel.shape) == (400, 300) and not array(dense.bias).any()
    r = np.sqrt(6 / 700)
    assert 0.99 * r < np.abs(array(dense.kernel)).max() <= r * (1 + 1e-6)
    said("network", "| type of numbers | float64 | float32 | float32 |")
    assert dense.kernel.dtype == "float32"


def test_he_of_pytorch_is_normal_and_of_keras_cut_off_and_widened():
    said(
        "initialization",
        "| He, normal | normal | normal | normal cut off at two deviations, widened so that",
    )
    std = np.sqrt(2 / 784)
    ours = nn.init.kaiming_normal_(torch.empty(300, 784), nonlinearity="relu")
    assert ours.std().item() == pytest.approx(std, rel=0.01) and ours.abs().max() > 3.5 * std
    keras_he = array(keras.initializers.HeNormal(seed=0)((784, 300)))
    assert keras_he.std() == pytest.approx(std, rel=0.01)
    beyond = np.abs(keras_he) > 2 * std / 0.8796
    assert beyond.mean() < 1e-4  # the torch backend cuts off nearly all; another one all


def test_a_scale_is_the_square_of_a_gain():
    said("initialization", "`VarianceScaling(scale=...)`, the *square* of a gain")
    kind = keras.initializers.VarianceScaling
    w = array(
        kind(scale=3.0**2, mode="fan_in", distribution="untruncated_normal", seed=0)((400, 300))
    )
    assert w.std() == pytest.approx(3 / 20, rel=0.01)
    w = nn.init.xavier_uniform_(torch.empty(300, 400), gain=3.0)
    assert w.std() == pytest.approx(3 * np.sqrt(2 / 700), rel=0.01)
    slope = 2 / (1 + 0.2**2)
    assert nn.init.calculate_gain("leaky_relu", 0.2) ** 2 == pytest.approx(slope)
    said("initialization", "the same as ReLU")
    assert nn.init.calculate_gain("leaky_relu", 0) == nn.init.calculate_gain("relu")


def test_pytorchs_default_forgets_the_signal():
    said(
        "initialization",
        "loses five sixths of the mean square in every layer, until its signal is no larger than",
    )
    for seed in range(5):
        torch.manual_seed(seed)
        a, n = torch.randn(50, 400), 400
        kept = []
        with torch.no_grad():
            for _ in range(20):
                before = (a**2).mean()
                a = F.relu(nn.Linear(n, n)(a))
                kept.append(float((a**2).mean() / before))
        assert kept[0] == pytest.approx(1 / 6, rel=0.1)
        assert float((a**2).mean()) == pytest.approx(1 / (5 * n), rel=0.2)


# The network


def test_what_cross_entropy_takes():
    said(
        "network",
        "| cross-entropy takes | logits | logits | probabilities, unless `from_logits=True` |",
    )
    said(
        "network",
        "A softmax in front of PyTorch's `cross_entropy` is taken twice, and no error is raised.",
    )
    said("network", "without `from_logits=True`, logits are taken for probabilities")
    logits, y = TABLE[:, :3], np.arange(8) % 3
    expected = softmax_cross_entropy(logits, y)[0]
    assert F.cross_entropy(double(logits), torch.tensor(y)).item() == pytest.approx(
        expected, rel=1e-12
    )
    twice = F.cross_entropy(torch.softmax(double(logits), dim=1), torch.tensor(y)).item()
    assert abs(twice - expected) > 0.1
    kind = keras.losses.SparseCategoricalCrossentropy
    assert float(kind(from_logits=True)(y, logits)) == pytest.approx(expected, rel=1e-5)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert float(kind()(y, softmax)) == pytest.approx(expected, rel=1e-4)
    assert abs(float(kind()(y, np.abs(logits))) - expected) > 0.05  # no error either


def test_gradients_of_pytorch_add_up():
    said("network", "| gradients of two steps | separate | add up, until `zero_grad` | separate |")
    p = nn.Parameter(torch.ones(1))
    for total in (2.0, 4.0):
        (2 * p).sum().backward()
        assert p.grad.item() == total


def test_order_and_last_batch_of_a_loader():
    said("network", "| last, short batch | kept | kept, unless `drop_last=True` | kept |")
    rows = torch.utils.data.TensorDataset(torch.arange(10))
    batches = [b.tolist() for (b,) in torch.utils.data.DataLoader(rows, batch_size=4)]
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    seen = []

    class Batches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse")
    model.fit(np.ones((10, 1)), np.ones((10, 1)), batch_size=4, verbose=0, callbacks=[Batches()])
    assert seen == [0, 1, 2]


def test_keras_needs_a_backend_and_asks_for_tensorflow_of_itself(tmp_path):
    said(
        "network", "set the environment variable `KERAS_BACKEND` to `torch`, `jax` or `tensorflow`"
    )
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", "import keras; print(keras.config.backend())"],
        env=environment | {"KERAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "No module named 'tensorflow'" in done.stderr or done.stdout.strip() == "tensorflow"
    assert keras.config.backend() == "torch"


# Batch normalization


def test_the_variances_of_batch_normalization():
    said("batchnorm", "| variance inside the batch | biased | biased | biased |")
    said("batchnorm", "| variance that is averaged | unbiased, or as you say | unbiased | biased |")
    one = np.ones(5)
    mean, var = TABLE.mean(axis=0), TABLE.var(axis=0)
    layer = nn.BatchNorm1d(5).double()
    y = layer(double(TABLE)).detach().numpy()
    assert np.allclose(y, batchnorm_forward(TABLE, one, 0 * one)[0], atol=1e-12)
    expected = update_running_statistics(0 * one, one, mean, var, 8)
    assert np.allclose(layer.running_mean, expected[0]) and np.allclose(
        layer.running_var, expected[1]
    )
    layer = keras.layers.BatchNormalization(epsilon=1e-5)
    y = array(layer(TABLE.astype(np.float32), training=True))
    assert np.allclose(y, batchnorm_forward(TABLE, one, 0 * one)[0], atol=1e-4)
    expected = update_running_statistics(0 * one, one, mean, var, 8, 0.99, unbiased=False)
    assert np.allclose(array(layer.moving_variance), expected[1], atol=1e-5)


def test_one_row_in_training():
    said(
        "batchnorm",
        "| a batch of one row in training | gives $\\beta$ | an error | gives $\\beta$ |",
    )
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        nn.BatchNorm1d(5)(torch.ones(1, 5))
    nn.BatchNorm2d(4)(torch.rand(1, 4, 2, 2))  # a convolutional network goes on
    layer = keras.layers.BatchNormalization(beta_initializer="ones")
    assert np.allclose(array(layer(TABLE[:1].astype(np.float32), training=True)), 1)


def test_axis_and_frozen_layers_of_batch_normalization():
    said("batchnorm", "| axis of feature maps | second | second | last |")
    said(
        "batchnorm",
        "still updates its statistics in `train()` | `trainable = False` predicts, too |",
    )
    said("transfer", "`trainable = False` also switches it to inference")
    layer = nn.BatchNorm2d(4).requires_grad_(False)
    layer(torch.tensor(MAPS, dtype=torch.float32))
    assert layer.running_mean.abs().min() > 0
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4, 2, 5))
    assert tuple(layer.gamma.shape) == (5,)
    layer.trainable = False
    x = MAPS.astype(np.float32)
    assert np.allclose(array(layer(x, training=True)), x / np.sqrt(1 + 1e-3), rtol=1e-5)
    assert not array(layer.moving_mean).any()


def test_a_bias_before_batch_normalization_has_no_effect():
    said("batchnorm", "the bias would have no effect")
    layer = nn.BatchNorm1d(5).double()
    assert torch.allclose(layer(double(TABLE)), layer(double(TABLE + 7)))


# Other normalizations


def test_layer_normalization():
    said("normalization", "`LayerNorm([c, h, w])`: a $\\gamma$ for each *number*")
    gamma, beta, dy = RNG.normal(size=(3, 5)), RNG.normal(size=5), RNG.normal(size=TABLE.shape)
    gamma = gamma[0]
    layer = nn.LayerNorm(5).double()
    layer.load_state_dict({"weight": double(gamma), "bias": double(beta)})
    x = double(TABLE, requires_grad=True)
    y = layer(x)
    y.backward(double(dy))
    expected, x_hat, std = layernorm_forward(TABLE, gamma, beta)
    assert np.allclose(y.detach(), expected, atol=1e-12)
    back = layernorm_backward(dy, x_hat, gamma, std)
    for grad, found in zip((x.grad, layer.weight.grad, layer.bias.grad), back, strict=True):
        assert np.allclose(grad, found, atol=1e-10)
    assert nn.LayerNorm([4, 2, 5]).weight.shape == (4, 2, 5)
    found = keras.layers.LayerNormalization()(TABLE.astype(np.float32))
    assert np.allclose(
        array(found), layernorm_forward(TABLE, np.ones(5), np.zeros(5), 1e-3)[0], atol=1e-5
    )


def test_group_normalization():
    said(
        "normalization",
        "| group | second axis is that of the maps | the same; `GroupNorm(groups, maps)`",
    )
    said("normalization", "`GroupNormalization(groups=32)`, last axis |")
    expected = groupnorm_forward(MAPS, np.ones(4), np.zeros(4), 2)[0]
    assert np.allclose(nn.GroupNorm(2, 4).double()(double(MAPS)).detach(), expected, atol=1e-12)
    layer = keras.layers.GroupNormalization(groups=2, epsilon=1e-5)
    found = array(layer(np.moveaxis(MAPS, 1, -1).astype(np.float32)))
    assert np.allclose(np.moveaxis(found, -1, 1), expected, atol=1e-4)


def test_rms_normalization():
    said(
        "normalization",
        "| RMS, $\\epsilon$ | $10^{-5}$ | `RMSNorm`, by default that of the number type |",
    )
    for dtype in (torch.float32, torch.float64):
        eps, x = torch.finfo(dtype).eps, torch.full((1, 2), 1e-6, dtype=dtype)
        found = nn.RMSNorm(2, dtype=dtype)(x)
        assert found.detach().numpy() == pytest.approx(
            (x / torch.sqrt(x**2 + eps)).numpy(), rel=1e-5
        )
    layer, dy = nn.RMSNorm(5, eps=1e-5).double(), RNG.normal(size=TABLE.shape)
    x = double(TABLE, requires_grad=True)
    layer(x).backward(double(dy))
    dx, dgamma = rmsnorm_backward(dy, TABLE, np.ones(5))
    assert np.allclose(x.grad, dx, atol=1e-12) and np.allclose(
        layer.weight.grad, dgamma, atol=1e-12
    )
    found = array(keras.layers.RMSNormalization()(np.full((1, 2), 1e-3, np.float32)))
    assert found == pytest.approx(1e-3 / np.sqrt(1e-6 + 1e-6), rel=1e-4)


def test_update_bn_averages_unbiased_variances_and_leaves_out_the_spread_of_the_means():
    said(
        "normalization",
        "averages the batches' means and *unbiased* variances, and leaves the spread of the means out",
    )
    said("normalization", "for batches drawn at random the two make up for each other")
    rng, found = np.random.default_rng(1), []
    for _ in range(40):
        x = rng.normal(size=(64, 200))
        layer = nn.BatchNorm1d(200).double()
        batches = double(x).split(8)
        torch.optim.swa_utils.update_bn(batches, layer)
        assert np.allclose(layer.running_mean, x.mean(axis=0))
        assert np.allclose(
            layer.running_var, np.mean([b.numpy().var(axis=0, ddof=1) for b in batches], axis=0)
        )
        found.append(float((layer.running_var.numpy() / x.var(axis=0, ddof=1)).mean()))
    assert np.mean(found) == pytest.approx(1, abs=0.01)


# Dropout, smoothed labels


def test_dropout_drops_p_scales_in_training_and_is_switched():
    said("noise", "| dropout's argument | `p`, dropped | `p`, dropped | `rate`, dropped |")
    said("noise", "| scale | in training, $1/(1-p)$ | the same | the same |")
    said(
        "noise",
        "Keras switches dropout off by itself in `predict` and `evaluate`; in a call `model(x, training=True)` it is on.",
    )
    ones = np.ones((1000, 20), np.float32)
    layer = nn.Dropout(0.2)
    y = layer(torch.tensor(ones)).numpy()
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.02) and y.max() == 1.25
    assert (layer.eval()(torch.tensor(ones)).numpy() == 1).all()
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dropout(0.2)])
    y = array(model(ones, training=True))
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.02) and y.max() == 1.25
    assert (model.predict(ones, verbose=0) == 1).all()
    model.compile(loss="mse")
    assert model.evaluate(ones, ones, verbose=0) == 0


def test_label_smoothing():
    said("noise", "| label smoothing | the share $\\varepsilon$ over all $k$ classes |")
    logits, labels = TABLE[:, :3], np.arange(8) % 3
    expected = smoothed_cross_entropy(logits, labels, 0.1)[0]
    found = nn.CrossEntropyLoss(label_smoothing=0.1)(double(logits), torch.tensor(labels))
    assert found.item() == pytest.approx(expected, rel=1e-12)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert float(loss(np.eye(3)[labels], logits)) == pytest.approx(expected, rel=1e-5)


def test_windows_of_fractional_pooling_are_of_one_size_and_overlap_or_leave_gaps():
    said(
        "more-noise", "`FractionalMaxPool2d`: windows of one size, which may overlap or leave gaps"
    )
    x = torch.arange(100.0).reshape(1, 1, 10, 10)
    for out, gaps in ((7, False), (3, True)):
        y, at = nn.FractionalMaxPool2d(2, output_size=out, return_indices=True)(x)
        rows = (at[0, 0, :, 0] // 10).tolist()  # the last row of each window, since x rises
        steps = np.diff(rows)
        assert (steps.max() > 2) == gaps and (steps.min() < 2) != gaps


# Bias and variance, penalties


def test_divisors():
    said("bias-variance", "| divisor of `var` by default | $K$ (NumPy) | $K - 1$ | $K$ | |")
    said(
        "tuning", "| divisor of the deviation | $n$ | $n$ | $n - 1$, unless `correction=0` | $n$ |"
    )
    assert torch.allclose(double(TABLE).var(dim=0), double(TABLE.var(axis=0, ddof=1)))
    assert torch.allclose(double(TABLE).std(dim=0), double(TABLE.std(axis=0, ddof=1)))
    assert torch.allclose(double(TABLE).std(dim=0, correction=0), double(TABLE.std(axis=0)))
    assert np.allclose(array(keras.ops.var(TABLE, axis=0)), TABLE.var(axis=0), atol=1e-5)
    assert np.allclose(StandardScaler().fit(TABLE).scale_, TABLE.std(axis=0))
    layer = keras.layers.Normalization()
    layer.adapt(TABLE.astype(np.float32))
    assert np.allclose(array(layer.variance)[0], TABLE.var(axis=0), rtol=1e-4)


def test_least_squares_without_full_rank():
    said(
        "bias-variance",
        "| least squares without full rank | `lstsq`: smallest norm | depends on `driver` | | smallest norm |",
    )
    x = np.column_stack([TABLE, TABLE[:, 0]])
    y = RNG.normal(size=(8, 1))
    smallest = np.linalg.lstsq(x, y)[0]
    for driver, same in (("gelsd", True), ("gelsy", True), ("gels", False)):
        found = torch.linalg.lstsq(double(x), double(y), driver=driver).solution.numpy()
        assert np.allclose(found, smallest, atol=1e-8) == same, driver
    model = LinearRegression(fit_intercept=False).fit(x, y)
    assert np.allclose(model.coef_.T, smallest, atol=1e-8)


def test_ridge_is_that_of_scikit_learn_and_leaves_the_constant_out():
    y = RNG.normal(size=8) + 5
    model = Ridge(alpha=2.0).fit(TABLE, y)
    weights, constant = ridge(TABLE, y, 2.0)
    assert np.allclose(weights, model.coef_) and constant == pytest.approx(model.intercept_)


# Boosting


def test_adaboost_of_scikit_learn_votes_with_twice_our_weights_on_stumps_cut_by_gini():
    said(
        "boosting",
        "The weights of `AdaBoostClassifier` are twice ours for two classes, $\\ln\\frac{1-e}{e}$",
    )
    said("boosting", "Its trees are cut by Gini's impurity and not by the error")
    said("boosting", "so that a stump may be another one than `fit_stump` finds")
    assert DecisionTreeClassifier().criterion == "gini"
    rng, others = np.random.default_rng(0), 0
    for _ in range(5):
        x = rng.normal(size=(60, 2))
        y = np.where(x[:, 0] + x[:, 1] + rng.normal(size=60) > 0, 1, -1)
        model = AdaBoostClassifier(n_estimators=5, random_state=0).fit(x, y)
        assert all(tree.get_depth() == 1 for tree in model.estimators_)
        e = model.estimator_errors_
        assert np.allclose(model.estimator_weights_, np.log((1 - e) / e))
        tree = model.estimators_[0].tree_
        feature, threshold, *_ = fit_stump(x, y, np.full(60, 1 / 60))
        others += (feature, round(threshold, 6)) != (
            tree.feature[0],
            round(float(tree.threshold[0]), 6),
        )
    assert others > 0


def test_trees_and_gradient_boosting_are_those_of_scikit_learn():
    said(
        "boosting",
        "is our `gradient_boost` on any number of features, and `DecisionTreeRegressor(max_depth=3)` our `tree_predict`",
    )
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 40)
    y = np.sin(x) + 0.1 * rng.normal(size=40)
    model = GradientBoostingRegressor(max_depth=1, learning_rate=0.3, n_estimators=50).fit(
        x[:, None], y
    )
    start, thresholds, steps = gradient_boost(x, y, 50, 0.3)
    ours = start + np.sum(np.where(x[:, None] <= thresholds, steps[:, 0], steps[:, 1]), axis=1)
    assert np.allclose(model.predict(x[:, None]), ours, atol=1e-8)
    new = np.linspace(0, 10, 101)
    tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(x[:, None], y)
    assert np.allclose(
        tree.predict(new[:, None]), tree_predict(x[:, None], y, new[:, None], 3), atol=1e-8
    )


# Splits


def test_splits():
    said("tuning", "| a share means | of all rows | of the rows that are given | of all rows |")
    parts = torch.utils.data.random_split(range(50), [0.6, 0.2, 0.2])
    assert [len(part) for part in parts] == [30, 10, 10]
    assert list(parts[0].indices) != sorted(parts[0].indices)
    rest, test = train_test_split(np.arange(50), test_size=0.2)
    assert len(test) == 10 and (rest != np.sort(rest)).any()
    assert len(train_test_split(rest, test_size=0.25)[1]) == 10
    first = next(KFold(5).split(np.arange(50)))[1]
    assert first.tolist() == list(range(10))


def test_keras_validates_on_the_last_rows():
    said("tuning", "**no**: `validation_split` takes the *last* rows, before shuffling")
    x = np.arange(8.0)[:, None]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    seen = model.fit(x, x**2, validation_split=0.25, shuffle=True, verbose=0).history["val_loss"][0]
    assert seen == pytest.approx(model.evaluate(x[6:], x[6:] ** 2, verbose=0), rel=1e-5)
