"""Record what the frameworks compute and what they take by default: `python -m tests.oracles.record`.

Each file of this folder holds inputs beside outputs. `RECORDERS` computes the outputs again from the inputs, in
the environment of `make test-frameworks`; whatever else a file holds stays as it is. That is: inputs, closed forms,
numbers printed in a source, and notes. `KEPT` lists which of them look like outputs. `defaults.json` is made from
nothing: the parameters and defaults of all that the chapters name.

Without arguments a file is written where it is off by more than rounding; `--check` only says how far each is from
what is computed now.
"""

import copy
import importlib
import inspect
import json
import math
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import scipy
import sklearn
import torch
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.tree import DecisionTreeClassifier
from torch import nn
from torch.nn import functional as F

from tests.frameworks import sections

FOLDER = Path(__file__).parent
TORCH, KERAS = f"torch {torch.__version__}", f"keras {keras.__version__}"

# What looks like an output and is not computed here, by file.
KEPT = {
    "init": [
        "truncated_normal_factor, moments: closed forms",
        "seed_formula, ratio: another book's formula",
    ],
    "keras": ["nominal standard deviations and bounds: closed forms"],
    "lr_schedules": [
        "snapshot_ensemble, seed_exponential_decay, d2l, keras_steps_version: closed forms"
    ],
    "sklearn_stats": [
        "adaboost_worked's rounds, adaboost_schapire_toy: exact fractions, checked by hand",
        "adaboost_2d's stumps: scikit-learn chose them by a weighted error of its own; weights follow from them",
        "bagging, bias_variance_closed_form, random_search: NumPy and closed forms, no framework",
    ],
    "torch_optimizers": ["classical_lr_inside_velocity, equivalence_checks: NumPy"],
    "dropout": ["single_neuron_seed_example: a closed form"],
}


def tensor(values, grad=False):
    """Float64, as everything is recorded but for Keras's layers."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=grad)


# Activations, layers


def activations(old):
    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu_0.01": lambda x: F.leaky_relu(x, 0.01),
        "elu_1": F.elu,
        "selu": F.selu,
        "softplus": F.softplus,
        "gelu_exact": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "silu": F.silu,
        "softsign": F.softsign,
        "relu6": F.relu6,
    }
    new = copy.deepcopy(old)
    for name, function in functions.items():
        x = tensor(old["x"], grad=True)
        y = function(x)
        y.sum().backward()
        new["functions"][name] = {"y": y.tolist(), "dy": x.grad.tolist()}
    new["source"] = f"{TORCH} float64 autograd"
    return new


def dropout(old):
    new, p = copy.deepcopy(old), old["p"]
    torch.manual_seed(0)
    x = tensor(old["x"], grad=True)
    y = F.dropout(x, p)
    y.sum().backward()
    new |= {"y": y.tolist(), "dx_for_ones": x.grad.tolist(), "mask_times_scale": x.grad.tolist()}
    big = F.dropout(torch.ones(200_000, dtype=torch.float64), p)
    new |= {"big_mean": big.mean().item(), "big_fraction_zero": (big == 0).double().mean().item()}
    three = torch.ones(3, dtype=torch.float64)
    new |= {
        "p1": F.dropout(three, 1.0).tolist(),
        "p0": F.dropout(three, 0.0).tolist(),
        "eval": F.dropout(three, p, training=False).tolist(),
    }
    new["source"] = f"{TORCH}, manual_seed(0)"
    return new


def fractional_max_pool(old):
    new = copy.deepcopy(old)
    for case in new["cases"]:
        y = F.fractional_max_pool2d(
            tensor(case["x"]),
            case["k"],
            output_size=case["out"],
            _random_samples=tensor(case["samples"]),
        )
        case["y"] = y.tolist()
    return new


def init(old):
    new = copy.deepcopy(old)
    draw = {
        "xavier_normal_std": nn.init.xavier_normal_,
        "xavier_uniform_bound": nn.init.xavier_uniform_,
        "kaiming_normal_fan_in_std": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
        "kaiming_uniform_fan_in_bound": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    }
    for case in new["cases"]:
        weights = torch.empty(case["shape"], dtype=torch.float64)
        case["fan_in"], case["fan_out"] = nn.init._calculate_fan_in_and_fan_out(weights)
        for name in case["torch_empirical_seed0"]:
            torch.manual_seed(0)
            w = draw[name](weights)
            case["torch_empirical_seed0"][name] = {
                "std": w.std(correction=0).item(),
                "absmax": w.abs().max().item(),
            }
    for name in new["gains"]:
        kind, _, slope = name.rpartition("_")
        new["gains"][name] = (
            nn.init.calculate_gain(kind, float(slope))
            if kind == "leaky_relu"
            else nn.init.calculate_gain(name)
        )
    new["source"] = f"torch.nn.init {torch.__version__}"
    return new


def torch_batchnorm(old):
    new = copy.deepcopy(old)
    for kind, case in new["cases"].items():
        layer = {"1d": nn.BatchNorm1d, "2d": nn.BatchNorm2d}[kind]
        layer = layer(len(case["gamma"]), eps=case["eps"], momentum=case["torch_momentum"]).double()
        with torch.no_grad():
            layer.weight.copy_(tensor(case["gamma"]))
            layer.bias.copy_(tensor(case["beta"]))

        def run(x, layer=layer, case=case):
            x = tensor(x, grad=True)
            layer.zero_grad()
            y = layer(x)
            y.backward(tensor(case["dout"]))
            return [v.tolist() for v in (y, x.grad, layer.weight.grad, layer.bias.grad)]

        for step, x in zip(case["train_steps"], case["x_batches"], strict=True):
            step["y"], step["dx"], step["dgamma"], step["dbeta"] = run(x)
            step["running_mean"] = layer.running_mean.tolist()
            step["running_var"] = layer.running_var.tolist()
        layer.eval()
        case["eval_y"], case["eval_dx"], case["eval_dgamma"], case["eval_dbeta"] = run(
            case["x_eval"]
        )
    new["source"] = f"{TORCH} BatchNorm1d/2d float64"
    return new


# Optimizers, schedules


def torch_walk(theta0, grads, kind, kwargs, lrs=None):
    """Theta after each step along given gradients, and the optimizer's state at the end."""
    theta = nn.Parameter(tensor(theta0))
    optimizer = getattr(torch.optim, kind)([theta], **kwargs, foreach=False)
    points = []
    for i, grad in enumerate(grads):
        if lrs:
            optimizer.param_groups[0]["lr"] = lrs[i]
        theta.grad = tensor(grad)
        optimizer.step()
        points.append(theta.detach().tolist())
    state = {k: v.tolist() for k, v in optimizer.state[theta].items() if v is not None}
    return points, state


def torch_optimizers(old):
    new = copy.deepcopy(old)
    for case in new["optimizers"].values():
        kwargs = {k: tuple(v) if isinstance(v, list) else v for k, v in case["kwargs"].items()}
        points, state = torch_walk(old["theta0"], old["grads"], case["class"], kwargs)
        case["theta_after_each_step"] = points
        case["final_state"] = {key: state[key] for key in case["final_state"]}
    drop = new["lr_drop_at_step_10"]
    drop["torch_momentum0.9_lr_outside_buffer"], _ = torch_walk(
        old["theta0"], old["grads"], "SGD", {"lr": drop["lrs"][0], "momentum": 0.9}, drop["lrs"]
    )
    new["source"] = f"{TORCH} (torch.optim, float64, foreach=False)"
    return new


def lr_schedules(old):
    new, kinds = copy.deepcopy(old), torch.optim.lr_scheduler
    made = {
        "ExponentialLR(gamma=0.9)": lambda o: kinds.ExponentialLR(o, 0.9),
        "StepLR(step=5,gamma=0.5)": lambda o: kinds.StepLR(o, 5, 0.5),
        "MultiStepLR([15,30],0.5)": lambda o: kinds.MultiStepLR(o, [15, 30], 0.5),
        "CosineAnnealingLR(T_max=20,eta_min=0.01)": lambda o: kinds.CosineAnnealingLR(o, 20, 0.01),
        "CosineAnnealingWarmRestarts(T_0=10,T_mult=1)": lambda o: kinds.CosineAnnealingWarmRestarts(
            o, 10
        ),
        "CosineAnnealingWarmRestarts(T_0=5,T_mult=2,eta_min=0.001)": lambda o: (
            kinds.CosineAnnealingWarmRestarts(o, 5, 2, 0.001)
        ),
        "LambdaLR(1/(1+0.1t))": lambda o: kinds.LambdaLR(o, lambda t: 1 / (1 + 0.1 * t)),
        "ReduceLROnPlateau(factor=.1,patience=2,threshold=1e-4 rel,cooldown=0)": lambda o: (
            kinds.ReduceLROnPlateau(o, factor=0.1, patience=2)
        ),
        "ReduceLROnPlateau(factor=.5,patience=1,cooldown=2,min_lr=.01)": lambda o: (
            kinds.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=2, min_lr=0.01)
        ),
    }
    for name, make in made.items():
        case = old["sequences"][name]
        known = case["lr_before_each_epoch"] if isinstance(case, dict) else case
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=known[0])
        scheduler, rates = make(optimizer), []
        for i in range(len(known)):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step(*([case["metrics"][i]] if isinstance(case, dict) else []))
        new["sequences"][name] = (
            case | {"lr_before_each_epoch": rates} if isinstance(case, dict) else rates
        )
    return new


def mlp_oracle(old):
    new, data = copy.deepcopy(old), old["data"]
    x, y = tensor(data["X"]), torch.tensor(data["y"])

    def loss_of(p, kind):
        act = {"relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "elu": F.elu}[
            kind.split("_")[0]
        ]
        z = x @ p["W1"] + p["b1"]
        if "bn" in kind:
            z = F.batch_norm(z, None, None, p["gamma"], p["beta"], training=True, eps=1e-5)
        logits = act(act(z) @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"]
        weights = [p[name] for name in ("W1", "W2", "W3")]
        penalty = {"l2": lambda w: (w**2).sum(), "l1": lambda w: w.abs().sum()}
        loss = F.cross_entropy(logits, y)
        for name, of in penalty.items():
            if f"_{name}_" in kind:
                loss = loss + float(kind.rpartition("_")[2]) * sum(map(of, weights))
        return loss, logits

    def start():
        return {name: tensor(value, grad=True) for name, value in old["params"].items()}

    for kind, case in new["gradients"].items():
        p = start()
        loss, logits = loss_of(p, kind)
        loss.backward()
        case |= {"loss": loss.item(), "logits": logits.tolist()}
        case["grads"] = {name: None if v.grad is None else v.grad.tolist() for name, v in p.items()}
    names = {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
    for name, case in new["training_50_full_batch_steps_tanh"].items():
        p = start()
        used = [v for key, v in p.items() if key not in ("gamma", "beta")]
        optimizer = getattr(torch.optim, names.get(name, "SGD"))(
            used, **case["kwargs"], foreach=False
        )
        losses = []
        for i in range(len(case["losses"])):
            optimizer.zero_grad()
            loss, _ = loss_of(p, "tanh")
            losses.append(loss.item())
            if i < 50:
                loss.backward()
                optimizer.step()
        case |= {"losses": losses, "final_W3": p["W3"].tolist()}
    new["source"] = f"{TORCH} autograd float64"
    return new


# Keras


def keras_optimizer_walk(optimizer, x0, grads):
    x, points = keras.Variable(np.array(x0), dtype="float64"), []
    optimizer.build([x])
    for grad in grads:
        optimizer.apply([keras.ops.convert_to_tensor(np.array(grad), dtype="float64")])
        points.append(keras.ops.convert_to_numpy(x).tolist())
    return points


def keras_early_stopping(case):
    """As `fit` calls it, epoch by epoch; `stopped_epoch` is None where all epochs pass."""
    stop = keras.callbacks.EarlyStopping(
        "val_loss",
        min_delta=case["min_delta"],
        patience=case["patience"],
        mode="min",
        restore_best_weights=True,
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    stop.set_model(model)
    model.stop_training = False
    stop.on_train_begin()
    stopped = None
    for epoch, value in enumerate(case["values"]):
        stop.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            stopped = epoch
            break
    return {"stopped_epoch": stopped, "best_epoch": stop.best_epoch, "best": float(stop.best)}


def keras_network(extra):
    layers = keras.layers
    dense = {"activation": "elu", "kernel_initializer": "he_normal"}
    model = [keras.Input((28, 28)), layers.Flatten(), extra(), layers.Dense(300, **dense), extra()]
    model += [layers.Dense(100, **dense), extra(), layers.Dense(10, activation="softmax")]
    model = keras.Sequential(model)
    trainable = sum(math.prod(v.shape) for v in model.trainable_variables)
    seeds = sum(
        math.prod(v.shape)
        for layer in model.layers
        for v in layer.non_trainable_variables
        if "seed" in v.path
    )
    total = sum(math.prod(v.shape) for v in model.variables) - seeds
    return {
        "layers": [[type(layer).__name__, layer.count_params()] for layer in model.layers],
        "total": total,
        "trainable": trainable,
        "non_trainable": total - trainable,
    }


def of_keras(old):
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        return _of_keras(old)
    finally:
        keras.config.set_floatx(before)


def _of_keras(old):
    new = copy.deepcopy(old)
    results, layers, optimizers = new["results"], keras.layers, keras.optimizers
    results["batchnorm_model"] = keras_network(layers.BatchNormalization)
    results["dropout_model"] = keras_network(lambda: layers.Dropout(0.2))

    bn, layer = results["keras_bn"], layers.BatchNormalization(dtype="float32")
    bn["defaults"] = {"momentum": layer.momentum, "epsilon": layer.epsilon}
    y = layer(np.array(bn["x"], dtype=np.float32), training=True)
    bn["y"] = keras.ops.convert_to_numpy(y).tolist()
    for name, value in (("mean", layer.moving_mean), ("var", layer.moving_variance)):
        bn[f"moving_{name}_after_1"] = keras.ops.convert_to_numpy(value).tolist()

    keras.utils.set_random_seed(0)
    ones = np.ones(100_000, dtype=np.float32)
    drop, recorded = (
        layers.Dropout(results["keras_dropout"]["rate"], dtype="float32"),
        results["keras_dropout"],
    )
    y = keras.ops.convert_to_numpy(drop(ones, training=True))
    recorded["unique_values"] = np.unique(y).tolist()
    recorded["fraction_zero"] = float(np.mean(y == 0))
    recorded["inference_identity"] = bool((keras.ops.convert_to_numpy(drop(ones)) == 1).all())

    name = "ExponentialDecay(0.01,31250,0.1)"
    schedule = optimizers.schedules.ExponentialDecay(0.01, 31_250, 0.1)
    results[name] = {step: float(schedule(int(step))) for step in results[name]}
    for case in results["EarlyStopping"]:
        case |= keras_early_stopping(case)
    for name, case in results["initializers_784x300"]["empirical"].items():
        w = keras.ops.convert_to_numpy(
            keras.initializers.get({"class_name": name, "config": {"seed": 0}})((784, 300))
        )
        case |= {"std": float(w.std()), "absmax": float(np.abs(w).max()), "mean": float(w.mean())}

    steps, make = results["keras_optimizers"], {
        "SGD(0.1,momentum=.9)": optimizers.SGD(0.1, momentum=0.9),
        "SGD nesterov": optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        "RMSprop(0.1,rho=.9)": optimizers.RMSprop(0.1, rho=0.9),
        "Adagrad(0.1)": optimizers.Adagrad(0.1),
        "Adam(0.1)": optimizers.Adam(0.1),
    }  # fmt: skip
    for name, optimizer in make.items():
        steps[name] = keras_optimizer_walk(optimizer, steps["x0"], steps["grads"])
    sgd, adam = optimizers.SGD(), optimizers.Adam()
    results["keras_defaults"] = {
        "SGD.learning_rate": round(float(sgd.learning_rate), 12),
        "SGD.momentum": sgd.momentum,
        "Adam": {
            "lr": round(float(adam.learning_rate), 12),
            "b1": adam.beta_1,
            "b2": adam.beta_2,
            "eps": adam.epsilon,
        },
    }
    steps["defaults"] = {
        "RMSprop.epsilon": optimizers.RMSprop().epsilon,
        "Adagrad.initial_accumulator_value": optimizers.Adagrad().initial_accumulator_value,
        "Adagrad.epsilon": optimizers.Adagrad().epsilon,
    }
    new["source"] = f"{KERAS} (torch backend, float64; BatchNormalization and Dropout float32)"
    return new


# scikit-learn


def sklearn_stats(old):
    new = copy.deepcopy(old)
    results = new["results"]
    for case in results["docs_examples"]:
        model = Ridge(case["alpha"]) if "Ridge" in case["source"] else Lasso(case["alpha"])
        model.fit(case["X"], case["y"])
        case |= {"coef": model.coef_.tolist(), "intercept": float(model.intercept_)}
    data = results["ridge_lasso"]
    x, y = np.array(data["X"]), np.array(data["y"])
    for case in data["ridge"]:

        def ridge(alpha=case["alpha"], **kwargs):
            return Ridge(alpha, **kwargs) if alpha else LinearRegression(**kwargs)  # fmt: skip

        model = ridge().fit(x, y)
        case |= {"coef": model.coef_.tolist(), "intercept": float(model.intercept_)}
        case["coef_no_intercept"] = ridge(fit_intercept=False).fit(x, y).coef_.tolist()
        case["norm2"] = float(model.coef_ @ model.coef_)
    for case in data["lasso"]:
        model = Lasso(case["alpha"], tol=1e-12, max_iter=1_000_000).fit(x, y)
        case |= {"coef": model.coef_.tolist(), "intercept": float(model.intercept_)}
        case["nonzero"] = int((model.coef_ != 0).sum())
        rest = y - model.predict(x)
        case["objective"] = float(
            rest @ rest / (2 * len(y)) + case["alpha"] * np.abs(model.coef_).sum()
        )
    worked = results["adaboost_worked"]
    x, y = np.array(worked["x"])[:, None], np.array(worked["y"])
    model = AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=1), n_estimators=3, random_state=0
    ).fit(x, y)
    worked["sklearn"] |= {
        "weights": model.estimator_weights_.tolist(),
        "errors": model.estimator_errors_.tolist(),
        "thresholds": [float(tree.tree_.threshold[0]) for tree in model.estimators_],
    }
    new["source"] = f"scikit-learn {sklearn.__version__} / closed forms in NumPy"
    return new


RECORDERS = {
    "activations": activations,
    "dropout": dropout,
    "fractional_max_pool": fractional_max_pool,
    "init": init,
    "keras": of_keras,
    "lr_schedules": lr_schedules,
    "mlp_oracle": mlp_oracle,
    "sklearn_stats": sklearn_stats,
    "torch_batchnorm": torch_batchnorm,
    "torch_optimizers": torch_optimizers,
}


# Defaults

# Named in prose and tables, not in a snippet; of SciPy's methods the options stand in private functions.
NAMED = """
torch.autograd.gradcheck torch.nn.BatchNorm2d torch.nn.CrossEntropyLoss torch.nn.Dropout
torch.nn.FractionalMaxPool2d torch.nn.functional.gelu torch.nn.functional.leaky_relu
torch.nn.Softplus torch.optim.Adagrad torch.optim.Muon torch.optim.RMSprop torch.var
torch.std torch.nn.utils.clip_grad_norm_ torch.optim.lr_scheduler.ReduceLROnPlateau
keras.activations.gelu keras.activations.leaky_relu keras.layers.GroupNormalization
keras.layers.LayerNormalization keras.layers.RMSNormalization keras.losses.CategoricalCrossentropy
keras.Model.fit keras.optimizers.Adagrad keras.optimizers.MultiOptimizer keras.optimizers.Muon
keras.optimizers.RMSprop
scipy.optimize._lbfgsb_py._minimize_lbfgsb scipy.optimize._optimize._minimize_bfgs
sklearn.ensemble.GradientBoostingRegressor sklearn.ensemble.RandomForestClassifier
sklearn.ensemble.RandomForestRegressor sklearn.linear_model.Lasso sklearn.linear_model.Ridge
sklearn.pipeline.Pipeline sklearn.tree.DecisionTreeRegressor
""".split()
ROUNDING = (
    1e-9  # of sums that another processor takes in another order, and of scikit-learn's lasso
)
PLAIN = (bool, int, float, str, type(None))


def names():
    """Every name of a library in a chapter's snippets, and `NAMED`; torchvision is not installed."""
    found = {
        name
        for chapter in sections.CHAPTERS
        for snippet in sections.snippets(chapter)
        for name, _ in sections.calls(snippet.code)
    }
    return sorted(name for name in found.union(NAMED) if not name.startswith("torchvision."))


def find(name):
    """What a dotted name means."""
    module, *rest = name.split(".")
    value = importlib.import_module(module)
    for part in rest:
        module += f".{part}"
        value = getattr(value, part) if hasattr(value, part) else importlib.import_module(module)
    return value


def parameters(value):
    """Names of the parameters and the defaults that JSON can hold; of functions in C nothing is known."""
    function = value.__init__ if inspect.isclass(value) else value
    try:
        found = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    except (TypeError, ValueError):
        return None
    defaults = {}
    for p in found:
        if isinstance(p.default, float) and not math.isfinite(p.default):
            continue
        many = isinstance(p.default, tuple | list) and all(isinstance(v, PLAIN) for v in p.default)
        if many or isinstance(p.default, PLAIN):
            defaults[p.name] = list(p.default) if many else p.default
    starred = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"} if found else {}
    return {"parameters": [starred.get(p.kind, "") + p.name for p in found], "defaults": defaults}


def defaults():
    import keras_tuner

    return {
        "source": "tests/oracles/record.py; null where a signature cannot be read",
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "keras": keras.__version__,
            "keras_tuner": keras_tuner.__version__,
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
        },
        "signatures": {name: parameters(find(name)) for name in names()},
    }


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def write(name, content):
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def again(name):
    """What a file holds, its outputs computed now."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return RECORDERS[name](read(name))
    finally:
        torch.set_default_dtype(before)


def leaves(value, place=()):
    """Each number or text of nested lists and dictionaries, with where it stands."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*place, str(key)))
    else:
        yield "/".join(place), value


def distance(old, new):
    """The largest relative difference of two numbers at one place, and the place; texts other than sources agree."""
    old, new = dict(leaves(old)), dict(leaves(new))
    assert old.keys() == new.keys(), sorted(old.keys() ^ new.keys())[:5]
    worst = 0.0, ""
    for place, value in old.items():
        if place == "source":
            continue
        if isinstance(value, float) or isinstance(new[place], float):
            off = abs(value - new[place]) / max(1.0, abs(value))
            worst = max(worst, (off, place))
        else:
            assert value == new[place], (place, value, new[place])
    return worst


def main():
    check = "--check" in sys.argv
    for name in RECORDERS:
        old, new = read(name), again(name)
        off, place = distance(old, new)
        print(f"{name}: off by {off:.1e} {place}")
        for kept in KEPT.get(name, []):
            print(f"    kept: {kept}")
        if off > ROUNDING and not check:
            write(name, new)
    if not check:
        write("defaults", defaults())


if __name__ == "__main__":
    main()
