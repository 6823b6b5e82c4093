"""The sections on frameworks, without a framework: what they name is there, what they print is the recorded default.

`make test-frameworks` runs the snippets and records the defaults anew.
"""

import ast
import re

import pytest

from tests.frameworks import sections

WITH_SNIPPETS = [chapter for chapter in sections.CHAPTERS if sections.snippets(chapter)]


@pytest.fixture(scope="module")
def signatures(oracle):
    return oracle("defaults")["signatures"]


def test_every_chapter_has_the_section():
    assert len(sections.CHAPTERS) >= 18
    assert set(sections.CHAPTERS) - set(WITH_SNIPPETS) == {"more-noise"}  # a table alone
    for chapter in sections.CHAPTERS:
        assert sections.section(chapter).count("```python\n") == len(sections.snippets(chapter))


@pytest.mark.parametrize("chapter", WITH_SNIPPETS)
def test_what_a_snippet_takes_for_granted_stands_above_it(chapter):
    for snippet in sections.snippets(chapter):
        ast.parse(snippet.code)
        assert sections.open_names(snippet.code) == snippet.given


def test_open_names_are_seen():
    """The reader of the test above: what is bound too late, or in another scope, is open."""
    code = "import torch\nfor x in data:\n    y = f(x)\nz = [model for model in models]\nmodel.eval()\na = a + y\n"
    code += "def g(b):\n    return b + c\n"
    assert sections.open_names(code) == {"data", "f", "models", "model", "a", "c"}
    code = "from torch import optim\nkind = optim.swa_utils\nkind.AveragedModel(net, use=1)\n"
    assert ("torch.optim.swa_utils.AveragedModel", {"use"}) in sections.calls(code)


@pytest.mark.parametrize("chapter", WITH_SNIPPETS)
def test_what_a_snippet_calls_is_there_and_takes_these_arguments(chapter, signatures):
    for snippet in sections.snippets(chapter):
        for name, keywords in sections.calls(snippet.code):
            if name.startswith("torchvision."):  # with weights from a hub
                continue
            assert name in signatures, (
                f"{name}: unknown, or not recorded: python -m tests.oracles.record"
            )
            known = signatures[name] and set(signatures[name]["parameters"])
            if known and not any(parameter.startswith("**") for parameter in known):
                assert keywords <= known, (name, keywords - known)
            elif known:  # of a base class
                assert keywords <= known | {"overwrite"}, (name, keywords - known)


@pytest.mark.parametrize("chapter", sections.CHAPTERS)
def test_what_the_prose_names_is_there(chapter, signatures):
    """`Class` and `Class(argument=)` in the sentences and tables around the snippets."""
    known = {}
    for name, found in signatures.items():
        known.setdefault(name.rpartition(".")[2], set()).update(
            found["parameters"] if found else ()
        )
    for span in re.findall(r"(?<!})`([^`]+)`", sections.prose(chapter)):
        match = re.fullmatch(r"(?:nn\.)?([A-Z]\w+[a-z]\w*)(?:\((.*)\))?", span)
        if match and match[1] != "None":
            assert match[1] in known, span
            assert set(re.findall(r"(\w+)=", match[2] or "")) <= known[match[1]], span


# Recorded defaults as the chapters print them: <name.parameter> stands for a default, <power name.parameter> for it as
# a power of ten in TeX.
PRINTED = {
    "activations": [
        "| leaky ReLU's slope | $\\alpha = 0.01$ | <torch.nn.LeakyReLU.negative_slope> "
        "| <keras.layers.LeakyReLU.negative_slope> in `LeakyReLU()`, "
        '<keras.activations.leaky_relu.negative_slope> in `activation="leaky_relu"` |',
        "| softplus | exact everywhere | $z$ itself above <torch.nn.Softplus.threshold> |",
    ],
    "adaptive": [
        "betas=(<torch.optim.Adam.betas>), eps=<torch.optim.Adam.eps>)",
        "lr=<torch.optim.Adam.lr>, betas",
        "torch.optim.AdamW(model.parameters(), lr=<torch.optim.AdamW.lr>, weight_decay=<torch.optim.AdamW.weight_decay>)",
        "keras.optimizers.Adam(learning_rate=<keras.optimizers.Adam.learning_rate>)",
        "keras.optimizers.AdamW(learning_rate=<keras.optimizers.AdamW.learning_rate>, weight_decay=<keras.optimizers.AdamW.weight_decay>)",
        "| $\\sqrt{\\hat v} + \\epsilon$, $<power torch.optim.Adam.eps>$ | the same | added to $\\sqrt{v}$ before "
        "correction, $<power keras.optimizers.Adam.epsilon>$ |",
        "| AdaGrad's first $s$ | 0 | <torch.optim.Adagrad.initial_accumulator_value> "
        "| <keras.optimizers.Adagrad.initial_accumulator_value> |",
        "| RMSProp's $\\rho$ | 0.9 | `alpha`, <torch.optim.RMSprop.alpha> | <keras.optimizers.RMSprop.rho> |",
    ],
    "batchnorm": [
        "nn.BatchNorm1d(300, eps=<torch.nn.BatchNorm1d.eps>, momentum=<torch.nn.BatchNorm1d.momentum>)",
        "momentum=<keras.layers.BatchNormalization.momentum>, epsilon=<keras.layers.BatchNormalization.epsilon>",
        "| `momentum`, <keras.layers.BatchNormalization.momentum> |",
        "| $10^{-5}$ | $<power torch.nn.BatchNorm1d.eps>$ | $<power keras.layers.BatchNormalization.epsilon>$ |",
    ],
    "descent": [
        "| SGD's default rate | none | <torch.optim.SGD.lr> (none before 2.2) | <keras.optimizers.SGD.learning_rate> |",
    ],
    "ensembles": [
        "`t_mul=<keras.optimizers.schedules.CosineDecayRestarts.t_mul>` as its default",
    ],
    "network": [
        "| `gradcheck`: $h = <power torch.autograd.gradcheck.eps>$, absolute "
        "$<power torch.autograd.gradcheck.atol>$ plus relative $<power torch.autograd.gradcheck.rtol>$ |",
    ],
    "normalization": [
        "| layer, $\\epsilon$ | $10^{-5}$ | `LayerNorm`, $<power torch.nn.LayerNorm.eps>$ "
        "| `LayerNormalization`, $<power keras.layers.LayerNormalization.epsilon>$ |",
        "`GroupNormalization(groups=<keras.layers.GroupNormalization.groups>)`",
        "`RMSNormalization`, $<power keras.layers.RMSNormalization.epsilon>$ |",
    ],
    "penalties": [
        "the same; default <torch.optim.AdamW.weight_decay> | the same; default <keras.optimizers.AdamW.weight_decay>",
    ],
    "quasi-newton": [
        "strong Wolfe, $c_2 = <scipy.optimize._optimize._minimize_bfgs.c2>$ | **none**",
        "`maxcor=<scipy.optimize._lbfgsb_py._minimize_lbfgsb.maxcor>` | `history_size=<torch.optim.LBFGS.history_size>` |",
        "a fixed step `lr=<torch.optim.LBFGS.lr>`",
        "up to `max_iter=<torch.optim.LBFGS.max_iter>` iterations",
        "`gtol=<scipy.optimize._optimize._minimize_bfgs.gtol>`",
        "`tolerance_grad=<torch.optim.LBFGS.tolerance_grad>`, `tolerance_change=<torch.optim.LBFGS.tolerance_change>`",
    ],
    "schedules": [
        "a cut of less than $<power torch.optim.lr_scheduler.ReduceLROnPlateau.eps>$ is left out",
        "factor=<keras.callbacks.ReduceLROnPlateau.factor>, patience=<keras.callbacks.ReduceLROnPlateau.patience>)",
        "ema_momentum=<keras.optimizers.SGD.ema_momentum>",
    ],
}  # fmt: skip
# Defaults that sentences say in words, without a number.
SAID = [
    ("activations", "by $\\Phi$; `approximate=\"tanh\"` for the other", "torch.nn.GELU.approximate", "none"),
    ("activations", "by $\\Phi$; `approximate=True` for the other", "keras.activations.gelu.approximate", False),
    ("bias-variance", "| $K - 1$ | $K$ |", "keras.layers.Dense.kernel_regularizer", None),
    ("boosting", "scikit-learn boosts stumps if nothing else is asked for", "sklearn.ensemble.AdaBoostClassifier.estimator", None),
    ("boosting", "may ask about $\\sqrt d$ features at each question", "sklearn.ensemble.RandomForestClassifier.max_features", "sqrt"),
    ("boosting", "left alone, about all, so that it bags", "sklearn.ensemble.RandomForestRegressor.max_features", 1.0),
    ("descent", "`dampening=mu`", "torch.optim.SGD.dampening", 0),
    ("ensembles", "weighs all alike unless told otherwise", "torch.optim.swa_utils.AveragedModel.multi_avg_fn", None),
    ("initialization", "`glorot_uniform`, biases 0", "keras.layers.Dense.kernel_initializer", "glorot_uniform"),
    ("initialization", "`glorot_uniform`, biases 0", "keras.layers.Dense.bias_initializer", "zeros"),
    ("initialization", "leaky ReLU with slope 0", "torch.nn.init.kaiming_uniform_.a", 0),
    ("initialization", "leaky ReLU with slope 0", "torch.nn.init.kaiming_normal_.nonlinearity", "leaky_relu"),
    ("network", "unless `from_logits=True`", "keras.losses.SparseCategoricalCrossentropy.from_logits", False),
    ("network", "unless `drop_last=True`", "torch.utils.data.DataLoader.drop_last", False),
    ("network", "| order of the data | shuffled | as it is, unless `shuffle=True` | shuffled |", "keras.Model.fit.shuffle", True),
    ("noise", "`CrossEntropyLoss(label_smoothing=)`", "torch.nn.CrossEntropyLoss.label_smoothing", 0.0),
    ("noise", "`CategoricalCrossentropy(label_smoothing=)`", "keras.losses.CategoricalCrossentropy.label_smoothing", 0.0),
    ("normalization", "`RMSNorm`, by default that of the number type", "torch.nn.RMSNorm.eps", None),
    ("normalization", "`nn.TransformerEncoderLayer` is post-norm unless told otherwise", "torch.nn.TransformerEncoderLayer.norm_first", False),
    ("normalization", "`axis=`, last by default", "keras.layers.LayerNormalization.axis", -1),
    ("penalties", "decoupled_weight_decay=True", "torch.optim.Adam.decoupled_weight_decay", False),
    ("penalties", "restoring is *not* the default", "keras.callbacks.EarlyStopping.restore_best_weights", False),
    ("quasi-newton", "**none** by default", "torch.optim.LBFGS.line_search_fn", None),
    ("tuning", "`KFold` only with `shuffle=True`", "sklearn.model_selection.KFold.shuffle", False),
    ("tuning", "`train_test_split` yes", "sklearn.model_selection.train_test_split.shuffle", True),
    ("tuning", "`validation_split`: of the rows given to `fit`", "keras.Model.fit.validation_split", 0.0),
]  # fmt: skip


def default(signatures, place):
    name, _, parameter = place.rpartition(".")
    return signatures[name]["defaults"][parameter]


def power(value):
    mantissa, exponent = f"{value:e}".split("e")
    assert float(mantissa) == 1
    return f"10^{{{int(exponent)}}}"


@pytest.mark.parametrize(
    ("chapter", "text"), [(chapter, text) for chapter, texts in PRINTED.items() for text in texts]
)
def test_a_default_is_printed_as_recorded(signatures, chapter, text):
    text = re.sub(r"<power ([\w.]+)>", lambda m: power(default(signatures, m[1])), text)
    parts, places = re.split(r"<[\w.]+>", text), re.findall(r"<([\w.]+)>", text)
    number = r"(\d[\d.e-]*(?:, \d[\d.e-]*)*)"  # 1e-3 or 0.001, or two of them
    found = re.search(
        number.join(map(re.escape, parts)), " ".join(sections.section(chapter).split())
    )
    assert found, f"the section no longer says: {text}"
    for printed, place in zip(found.groups(), places, strict=True):
        expected = default(signatures, place)
        assert [float(part) for part in printed.split(",")] == (
            expected if isinstance(expected, list) else [expected]
        ), place


@pytest.mark.parametrize(("chapter", "words", "place", "value"), SAID)
def test_a_default_in_words_is_the_recorded(signatures, chapter, words, place, value):
    assert words in " ".join(sections.section(chapter).split())
    found = default(signatures, place)
    assert found == value and type(found) is type(value)


def test_the_versions_are_those_that_are_installed_and_named(oracle):
    versions = oracle("defaults")["versions"]
    pinned = (sections.ROOT / "requirements-frameworks.txt").read_text("utf-8")
    for name, version in versions.items():
        assert f"\n{name.replace('_', '-')}=={version}\n" in pinned
    for chapter in sections.CHAPTERS:
        for name, version in re.findall(
            r"(PyTorch|Keras|scikit-learn) (\d\.\d+)", sections.prose(chapter)
        ):
            key = {"PyTorch": "torch", "Keras": "keras"}.get(name, name)
            assert versions[key].startswith(f"{version}."), (chapter, name)
