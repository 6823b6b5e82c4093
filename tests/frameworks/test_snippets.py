"""Every snippet of the sections on frameworks runs, with small stand-ins for what the line above it takes for granted."""

import sys
import types

import keras
import numpy as np
import pytest
import torch
from torch import nn

from tests.frameworks import sections

SNIPPETS = [
    (chapter, place)
    for chapter in sections.CHAPTERS
    for place in range(len(sections.snippets(chapter)))
]
N, D, CLASSES = 96, 6, 3


def data():
    """Inputs, and labels that follow from them."""
    x = np.random.default_rng(0).normal(size=(N, D)).astype(np.float32)
    return x, np.argmax(x[:, :CLASSES], axis=1)


def net(outputs=CLASSES):
    """With batch normalization, so that `update_bn` and `eval` have something to do."""
    return nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, outputs))


def loader(x, y):
    dataset = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return torch.utils.data.DataLoader(dataset, batch_size=16)


def keras_net(outputs=CLASSES, activation="softmax"):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((D,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(outputs, activation=activation),
        ]
    )


def given(chapter, place):
    """What a snippet takes for granted, by name; the test makes sure that nothing else is handed over."""
    x, y = data()
    x_torch, y_torch = torch.tensor(x), torch.tensor(y)
    curvature = np.diag([1.0, 4.0])
    quadratic = {
        "f": lambda theta: 0.5 * theta @ curvature @ theta,
        "gradient": lambda theta: curvature @ theta,
        "hessian": lambda theta: curvature,
        "theta": np.array([1.0, 1.0]),
    }
    model = net()
    torch_training = {
        "model": model,
        "loss_function": nn.CrossEntropyLoss(),
        "loader": loader(x, y),
    }
    one = torch.ones(N, 1)
    halves = {"x_train": x[:64], "y_train": y[:64]}
    match chapter, place:
        case "adaptive", 0:
            return {"model": model}
        case "bias-variance", 0:
            targets = x_torch.sum(dim=1, keepdim=True)
            return {
                "models": [net(1) for _ in range(4)],
                "x_new": x_torch,
                "truth": x_torch.sum(dim=1),
                "features": torch.cat([one, x_torch], dim=1),
                "targets": targets,
            }
        case "bias-variance", 1:
            return {
                "models": [keras_net(1, None) for _ in range(4)],
                "x_new": x,
                "truth": x.sum(axis=1),
            }
        case "boosting", 0:
            return {"x": x, "y": np.where(x[:, 0] + x[:, 1] > 0, 1, -1)}
        case "descent", 0:
            return torch_training
        case "descent", 1:
            return {"model": keras_net()}
        case "ensembles", 0:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            models = [net() for _ in range(3)]
            return {
                "models": models,
                "optimizer": optimizer,
                "loader": loader(x, y),
                "steps_per_cycle": 6,
                "x": x_torch,
            }
        case "ensembles", 1:
            return {"models": [keras_net() for _ in range(3)], "steps_per_cycle": 6, "x": x}
        case "network", 0:
            return {"dataset": torch.utils.data.TensorDataset(torch.rand(N, 64), y_torch)}
        case "network", 1:
            return {"x_train": np.random.default_rng(0).random((N, 64)), "y_train": y}
        case "newton", 0:
            return quadratic | {"direction": -quadratic["gradient"](quadratic["theta"])}
        case "penalties", 0:
            return {"model": nn.Sequential(nn.Linear(D, 8), nn.ReLU(), nn.Linear(8, CLASSES))}
        case "penalties", 1:
            return halves | {"model": keras_net(), "x_val": x[64:], "y_val": y[64:]}
        case "quasi-newton", 0:
            return {name: quadratic[name] for name in ("f", "gradient", "theta")}
        case "quasi-newton", 1:
            return {
                "model": nn.Sequential(nn.Linear(D, 4), nn.Tanh(), nn.Linear(4, CLASSES)),
                "loss_function": nn.CrossEntropyLoss(),
                "x_all": x_torch,
                "y_all": y_torch,
            }
        case "schedules", 0:
            return torch_training
        case "transfer", 1:
            return {"x_train": x[:64], "y_train": (y[:64] > 0).astype(np.float32)[:, None]}
        case "tuning", 0:
            return {"x": x, "y": y}
        case "tuning", 1:
            return {"dataset": torch.utils.data.TensorDataset(x_torch, y_torch)}
        case "tuning", 2:
            return halves | {"x_validation": x[64:], "y_validation": y[64:]}
    return {}


def torchvision(monkeypatch):
    """Without the real one and its weights: a network with the parts of a ResNet that the snippet names."""

    class ResNet(nn.Module):
        def __init__(self, weights):
            super().__init__()
            self.bn1, self.layer4, self.fc = nn.BatchNorm1d(D), nn.Linear(D, 8), nn.Linear(8, 1000)

        def forward(self, x):
            return self.fc(self.layer4(self.bn1(x)))

    models = types.ModuleType("torchvision.models")
    models.resnet18 = ResNet
    models.ResNet18_Weights = types.SimpleNamespace(DEFAULT=None)
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


def shorter(code):
    """The same calls, on fewer epochs and trials: what they learn is not looked at."""
    for long, short in (
        ("epochs=500", "epochs=3"),
        ("n_iter=60", "n_iter=2"),
        ("max_trials=60", "max_trials=2"),
    ):
        code = code.replace(long, short)
    return code


def run(chapter, place):
    """The names that a snippet leaves."""
    snippet = sections.snippets(chapter)[place]
    names = given(chapter, place)
    assert names.keys() == snippet.given
    exec(compile(shorter(snippet.code), f"chapters/{chapter}.md", "exec"), names)
    return names


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:overflow", "ignore:invalid value"
)
@pytest.mark.parametrize(("chapter", "place"), SNIPPETS, ids=str)
def test_a_snippet_runs(chapter, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if (chapter, place) == ("transfer", 0):
        torchvision(monkeypatch)
    if (chapter, place) == ("transfer", 1):
        keras_net(1, "sigmoid").save("model_a.keras")
    names = run(chapter, place)
    look = CLAIMS.get((chapter, place))
    if look:
        look(names)


# What a snippet's own comments say, seen in what it has left.


def _transfer(names):
    """Frozen parts that are in evaluation mode stand still; the groups have the rates that they were given."""
    model = names["model"]
    assert not model.training
    assert {name for name, p in model.named_parameters() if not p.requires_grad} == {
        "bn1.weight",
        "bn1.bias",
    }
    before = model.bn1.running_mean.clone()
    model(torch.ones(4, D))
    assert torch.equal(model.bn1.running_mean, before)
    assert [group["lr"] for group in names["optimizer"].param_groups] == [0.002, 0.005]
    model.train()
    model(torch.ones(4, D))
    assert not torch.equal(model.bn1.running_mean, before)


def _transfer_keras(names):
    """The clone has moved, the model that it was cloned from has not, and all of it is trainable at the end."""
    pairs = list(zip(names["model_a"].get_weights(), names["copy"].get_weights(), strict=True))
    assert any((a != b).any() for a, b in pairs[:2])
    again = keras.models.load_model("model_a.keras")
    assert all(
        (a == b).all()
        for a, b in zip(names["model_a"].get_weights(), again.get_weights(), strict=True)
    )
    assert len(names["model_b"].trainable_weights) == 4


def _bias_variance(names):
    outputs = names["outputs"].numpy()
    assert outputs.shape == (4, N)
    assert np.allclose(names["spread"], outputs.var(axis=0))
    assert np.allclose(names["bias2"], (outputs.mean(axis=0) - names["truth"].numpy()) ** 2)
    assert torch.allclose(names["theta"], torch.tensor([[0.0]] + [[1.0]] * D), atol=1e-5)


def _bias_variance_keras(names):
    outputs = keras.ops.convert_to_numpy(names["outputs"])
    assert np.allclose(keras.ops.convert_to_numpy(names["spread"]), outputs.var(axis=0), atol=1e-6)


def _ensembles(names):
    assert not any(model.training for model in names["models"])
    assert torch.allclose(names["probabilities"].sum(dim=1), torch.ones(N))


def _boosting(names):
    assert (names["model"].predict(names["x"]) == names["y"]).mean() > 0.9


def _penalties(names):
    assert [p.ndim for group in names["groups"] for p in group["params"]] == [2, 2, 1, 1]


def _quasi_newton(names):
    assert np.abs(names["result"].x).max() < 1e-4


def _quasi_newton_torch(names):
    assert names["closure"]() < 0.05


def _network_keras(names):
    assert names["model"].count_params() == 64 * 32 + 32 + 320 + 10


def _tuning(names):
    assert set(names["search"].best_params_) == set(names["space"])
    assert names["search"].best_estimator_[0].n_samples_seen_ == len(
        names["x_rest"]
    )  # trained once more on all


def _tuning_torch(names):
    assert [len(part) for part in (names["train"], names["validation"], names["test"])] == [
        58,
        19,
        19,
    ]
    assert 1e-4 <= names["lr"] <= 1e1
    assert np.allclose(names["std"], names["x_train"].numpy().std(axis=0))


def _batchnorm(names):
    count = sum(np.prod(v.shape) for v in names["model"].variables)
    assert count == 271_346


def _noise(names):
    assert names["model"].count_params() == 266_610


def _schedules(names):
    """The plan's own unit is the step; the average began with the first point."""
    assert names["average"].n_averaged == 6 and names["scheduler"].last_epoch == 6


def _schedules_keras(names):
    rate = [float(names["schedule"](step)) for step in (0, 50, 100, 550, 1000, 2000)]
    assert rate == pytest.approx([0, 0.05, 0.1, 0.05, 0, 0], abs=1e-6)


CLAIMS = {
    ("transfer", 0): _transfer,
    ("transfer", 1): _transfer_keras,
    ("bias-variance", 0): _bias_variance,
    ("bias-variance", 1): _bias_variance_keras,
    ("boosting", 0): _boosting,
    ("ensembles", 0): _ensembles,
    ("penalties", 0): _penalties,
    ("quasi-newton", 0): _quasi_newton,
    ("newton", 0): _quasi_newton,
    ("quasi-newton", 1): _quasi_newton_torch,
    ("network", 1): _network_keras,
    ("tuning", 0): _tuning,
    ("tuning", 1): _tuning_torch,
    ("batchnorm", 1): _batchnorm,
    ("noise", 1): _noise,
    ("schedules", 0): _schedules,
    ("schedules", 1): _schedules_keras,
}
