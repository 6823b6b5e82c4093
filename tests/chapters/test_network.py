"""The numbers and claims that the prose of the chapter on a network states, computed anew."""

import re

import numpy as np
import pytest

from gradus import data
from gradus.calling import call as attempt
from gradus.verdict import examine
from solutions.checks import network as checks
from solutions.network import (
    accuracy,
    expression_gradient,
    network_gradient,
    numerical_gradient,
    relative_error,
    softmax_cross_entropy,
)
from tests.conftest import ROOT

# Long strings in the code cells are written in parts.
TEXT = re.sub(r'"\s+f?"', "", (ROOT / "chapters" / "network.md").read_text("utf-8"))


def said(sentence: str) -> None:
    """The prose still says this: so that a number cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


# What the check says of a first answer


@pytest.mark.parametrize(
    ("line", "answer", "message"),
    [
        (
            "the right line, but without `return`",
            lambda logits, labels: None,
            "returned None: does every path end in `return`?",
        ),
        (
            "`return logits.argmax(axis=1)`",
            lambda logits, labels: logits.argmax(axis=1),
            "accuracy: expected shape (), got (10,)",
        ),
        (
            "how many examples are right, not their share",
            lambda logits, labels: np.sum(logits.argmax(axis=1) == labels),
            "this is the number of right rows: divide it by the number of rows",
        ),
    ],
)
def test_what_the_check_says_of_a_first_answer(line, answer, message):
    said(f"| {line} | {message} |")
    plan = checks.accuracy.plan()
    verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
    assert message in (verdict.message, verdict.cases[0].message)


def test_the_wrong_axis_raises_what_the_text_says():
    text = "raised ValueError: operands could not be broadcast together with shapes (3,) (10,)"
    said(f"| {text}, in the line: ... |")
    plan = checks.accuracy.plan()

    def answer(logits, labels):
        return logits.argmax(axis=0) == labels

    message = examine(plan, [attempt(answer, case) for case in plan.cases]).cases[0].message
    assert message.startswith(text)


# Differences


def test_the_number_of_parameters_and_of_evaluations():
    said("$64 \\cdot 32 + 32 + 32 \\cdot 10 + 10 = 2{,}410$ parameters")
    said("one step would take $4{,}820$ evaluations of the loss")
    assert 64 * 32 + 32 + 32 * 10 + 10 == 2410


def smooth(x, dtype=float):
    return np.sum(np.log1p(np.exp(x.astype(dtype))))


def test_the_v():
    said("$f$ is $8.8$ and its third derivatives reach $0.1$")
    x = np.linspace(-2, 2, 10)
    exact = 1 / (1 + np.exp(-x))
    assert smooth(x) == pytest.approx(8.8, abs=0.05)
    third = exact * (1 - exact) * (1 - 2 * exact)
    assert np.abs(third).max() == pytest.approx(0.1, abs=0.02)
    said("puts the bottom at some $3 \\cdot 10^{-5}$, where [the figure](#fig-net-step) has it")
    said("the bottom moves to $3 \\cdot 10^{-2}$, only four digits are right there")
    steps = np.logspace(-14, 0, 57)
    for dtype, bottom, best in ((float, 3e-5, 1e-10), (np.float32, 3e-2, 1e-4)):
        u = np.finfo(dtype).eps / 2
        assert (3 * u * 8.8 / 0.1) ** (1 / 3) == pytest.approx(bottom, rel=0.2)
        errors = [
            relative_error(numerical_gradient(lambda v, t=dtype: smooth(v, t), x, h), exact)
            for h in steps
        ]
        at = np.argmin(errors)
        assert bottom / 3 < steps[at] < 3 * bottom
        assert best / 5 < errors[at] < 5 * best
    said("in float32 they run out so early that no step is good")


def test_the_bottom_of_each_v():
    said("lowest, about 1e-10 at a step near 3e-5; forward differences about 6e-8 near 6e-8;")
    said("central differences in float32 about 1e-4 near 3e-2")
    x = np.linspace(-2, 2, 10)

    def forward(f, x, h):
        return np.array([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))])

    for difference, dtype, least, bottom in (
        (numerical_gradient, float, 1e-10, 3e-5),
        (forward, float, 6e-8, 6e-8),
        (numerical_gradient, np.float32, 1e-4, 3e-2),
    ):
        steps = np.logspace(-14, 0, 57)
        errors = [
            relative_error(difference(lambda v, t=dtype: smooth(v, t), x, h), 1 / (1 + np.exp(-x)))
            for h in steps
        ]
        # The bottom of a V is rugged, and another machine may round otherwise.
        assert min(errors) == pytest.approx(least, rel=0.5)
        assert bottom / 2 < steps[np.argmin(errors)] < 2 * bottom


def test_at_a_tiny_step_two_or_three_digits_are_left():
    said("at $10^{-12}$ two or three digits are left")
    x = np.linspace(-2, 2, 10)
    error = relative_error(numerical_gradient(smooth, x, 1e-12), 1 / (1 + np.exp(-x)))
    assert 1e-4 < error < 1e-2


def test_at_the_books_step_float32_gives_noise():
    said("and at $h = 10^{-5}$ not one is sure")
    x = np.linspace(-2, 2, 10)
    single = numerical_gradient(lambda v: smooth(v, np.float32), x, 1e-5)
    assert relative_error(single, 1 / (1 + np.exp(-x))) > 0.05


@pytest.mark.parametrize("h", [0.5, 0.1])
def test_across_a_kink_the_difference_is_a_ramp(h):
    for z in np.linspace(-0.99, 0.99, 7) * h:
        found = numerical_gradient(lambda v: np.maximum(v, 0).sum(), np.array([z]), h)[0]
        assert found == pytest.approx((1 + z / h) / 2)


# Softmax


def test_the_losses_of_the_three_examples():
    said("The true losses are $0.127$, $0$ and $1000$")
    losses = [
        softmax_cross_entropy(np.array([logits]), np.array([0]))[0]
        for logits in ([2.0, 0.0], [1000.0, 0.0], [-1000.0, 0.0])
    ]
    assert losses == pytest.approx([0.127, 0, 1000], abs=5e-4)


def test_where_exponentials_end():
    said("$e^{710}$ is too large for float64, and $e^{-746}$ is rounded to 0")
    with np.errstate(all="ignore"):
        assert np.isinf(np.exp(710.0)) and np.exp(-746.0) == 0
    assert np.isfinite(np.exp(709.0)) and np.exp(-745.0) > 0


def test_a_small_number_in_the_logarithm_caps_the_loss():
    said("it caps the loss at $27.6$")
    assert -np.log(1e-12) == pytest.approx(27.6, abs=0.05)
    # Its gradient is not the formula's: flat, where that says -1.
    logits = np.array([-100.0, 0.0])

    def capped(s):
        p = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
        return -np.log(p[0] + 1e-12)

    numerical = numerical_gradient(capped, logits)
    formula = softmax_cross_entropy(logits[None], np.array([0]))[1][0]
    assert relative_error(numerical, formula) == pytest.approx(1)


def test_guessing():
    said("for ten classes $2.30$")
    said("About $\\ln 100 = 4.6$.")
    assert np.log([10, 100]) == pytest.approx([2.30, 4.6], abs=0.01)


# The chapter's own experiments, run by its own cells


@pytest.fixture(scope="module")
def chapter(run_chapter):
    """The names that the chapter's cells leave behind, with references behind the stubs."""
    return run_chapter("network")


def test_the_two_curves(chapter):
    said("The loss falls in both, and both recognise more than nine digits of ten.")
    learned, book = chapter["learned"], chapter["book"]
    digits = data.digits()
    ends = {}
    for name, (losses, theta) in learned.items():
        assert 2 < losses[0] < 2.6
        ends[name] = losses[-1]
        assert book.accuracy(theta, digits.x_validation, digits.y_validation) > 0.9
    assert 0.1 < ends["A"] < ends["B"] < 0.14
    said("fall side by side over 20 epochs from about 2.5 to a little above 0.1")


def test_b_lacks_the_mask_and_nothing_else(chapter):
    said("$dZ_1 = dA_1$ without $\\odot\\,[Z_1 > 0]$")
    book, rng = chapter["book"], np.random.default_rng(5)
    theta, x = book.init(rng), np.abs(rng.normal(size=(8, 64)))
    y = rng.integers(10, size=8)
    # With weights so that every unit is on there is nothing to mask.
    layers = book.layers(theta)
    layers[0][0][...] = np.abs(layers[0][0])
    np.testing.assert_allclose(
        chapter["gradient_b"](theta, x, y), chapter["gradient_a"](theta, x, y), atol=1e-12
    )


def test_the_check_of_the_two_gradients(chapter):
    said("B's gradient is wrong at every step, in some entries by more than their own size")
    ours, theirs = (np.array(chapter["errors"][name]) for name in ("our own", "B's"))
    steps = list(chapter["steps"])
    # dw1, dw2, db1, db2
    assert (theirs[:, [0, 2]].max(axis=1) > 1).all()
    said("in the first layer, not in the second")
    assert (theirs[4, [1, 3]] < 1e-6).all()
    said("a V with its bottom below 1e-6 at steps of 1e-5 and 1e-4, and a cliff up to 1 at 1e-3")
    worst = ours.max(axis=1)
    assert steps[4:7] == pytest.approx([1e-5, 1e-4, 1e-3])
    assert worst[4] < 1e-6 and worst[5] < 1e-6
    assert 0.9 < worst[6] < 2
    said("with $h = 10^{-9}$ our gradient, which is right, has an error of some thousandths")
    assert 1e-3 < worst[0] < 1e-2


def test_the_cliff_of_other_networks(chapter):
    said(
        "has an error of some thousandths, and with $h = 10^{-3}$ here, with $10^{-2}$ elsewhere, one of 1"
    )
    for seed in range(1, 6):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(1197)[:20]
        x, labels = chapter["digits"].x_train[rows], chapter["digits"].y_train[rows]
        layers = chapter["parameters_at_start"](rng, (64, 16, 10))
        _, *found = network_gradient(x, labels, *layers)
        found = [*found[0], *found[1]]
        worst = [
            max(map(relative_error, found, chapter["numerical_gradients"](*layers, x, labels, h)))
            for h in (1e-9, 1e-5, 1e-3, 1e-2)
        ]
        assert 3e-3 < worst[0] < 2e-2 and max(worst[1:3]) < 1e-4 and 0.9 < worst[3] < 2


def test_zero_biases_hide_a_mask_that_was_taken_without_them(chapter):
    said("zero biases, as above, hide a mask that was taken without them")
    x, labels = chapter["digits"].x_train[:20], chapter["digits"].y_train[:20]
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (w1, w2), (b1, b2) = chapter["parameters_at_start"](rng)
        for biases, hidden in ((b1, True), (b1 + rng.normal(0, 0.3, b1.shape), False)):
            _, (right, _), _ = network_gradient(x, labels, [w1, w2], [biases, b2])
            a = np.maximum(x @ w1 + biases, 0)
            _, dz = softmax_cross_entropy(a @ w2 + b2, labels)
            wrong = x.T @ (dz @ w2.T * (x @ w1 > 0))
            assert (relative_error(wrong, right) < 1e-12) == hidden


def test_b_passes_the_checks_before_training(chapter):
    said(
        "nor does a loss near $\\ln k$ at the start, or twenty examples learned by heart: B has both"
    )
    x, y, book = chapter["digits"].x_train[:20], chapter["digits"].y_train[:20], chapter["book"]
    for seed in range(5):
        theta = book.init(np.random.default_rng(seed))
        for _ in range(150):
            theta = theta - 0.3 * chapter["gradient_b"](theta, x, y)
        assert book.loss(theta, x, y)[0] < 0.03


def test_the_loss_at_the_start(chapter):
    said("with weights as large as ours it is mostly above, by 0.2 or so")
    x, y = chapter["digits"].x_train, chapter["digits"].y_train
    losses = [
        softmax_cross_entropy(
            chapter["scores"](x, *chapter["parameters_at_start"](np.random.default_rng(seed))), y
        )[0]
        for seed in range(1, 41)
    ]
    assert np.median(losses) - np.log(10) == pytest.approx(0.2, abs=0.05)
    assert np.mean(losses > np.log(10)) > 0.9


def test_their_angle(chapter):
    said("less than 90 degrees off, 54 where we measured")
    assert np.degrees(np.arccos(chapter["cosine"])) == pytest.approx(54, abs=0.5)


def test_b_learns_and_learns_worse_with_other_seeds(chapter):
    said("mostly worse than it could")
    accuracies = []
    for lr in (0.03, 0.1, 0.3):
        ends = []
        for seed in range(1, 6):
            runs = [
                chapter["learn"](chapter[g], lr, seed=seed) for g in ("gradient_a", "gradient_b")
            ]
            ends.append([losses[-1] for losses, _ in runs])
            accuracies.append(
                [chapter["book"].accuracy(t, *chapter["validation"]) for _, t in runs]
            )
        a, b = np.transpose(ends)
        assert np.sum(b > a) >= 4
    assert np.min(accuracies[5:]) > 0.9


def test_the_angle_at_other_points(chapter):
    said("less than 90 degrees off, so that it still goes downhill")
    x, y, book = chapter["digits"].x_train[:20], chapter["digits"].y_train[:20], chapter["book"]
    for seed in range(1, 6):
        theta = book.init(np.random.default_rng(seed))
        a, b = (chapter[name](theta, x, y) for name in ("gradient_a", "gradient_b"))
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert 20 < np.degrees(np.arccos(cosine)) < 80


def test_sorted_batches_with_other_starts(chapter):
    for seed in range(1, 6):
        start = chapter["parameters_at_start"](np.random.default_rng(seed))
        curves = [
            chapter["train"](
                start, chapter["x_sorted"], chapter["y_sorted"], lr=0.1, epochs=10, batches=batches
            )[1]
            for batches in chapter["kinds"].values()
        ]
        shuffled, in_order = map(np.array, curves)
        assert shuffled[1] < in_order[-1] < shuffled[0]
        assert in_order[-1] > 4 * shuffled[-1]


def test_how_many_of_the_sorted_batches_hold_one_digit(chapter):
    said("most batches hold one digit only")
    batches = chapter["in_order"](len(chapter["y_sorted"]), 32, None)
    one = sum(len(np.unique(chapter["y_sorted"][rows])) == 1 for rows in batches)
    assert len(batches) / 2 < one < len(batches)


def test_sorted_batches_at_other_rates(chapter):
    said("at a tenth of this one the two are alike, and slow")
    said("at three times it the sorted run ends no better than guessing")
    ends = {0.01: [], 0.3: []}
    for seed in range(1, 6):
        start = chapter["parameters_at_start"](np.random.default_rng(seed))
        for lr, found in ends.items():
            found.append(
                [
                    chapter["train"](
                        start, chapter["x_sorted"], chapter["y_sorted"], lr, 10, 32, batches
                    )[1][-1]
                    for batches in chapter["kinds"].values()
                ]
            )
    slow, fast = (np.array(found) for found in ends.values())
    assert slow.min() > 1.3 and np.all(slow[:, 1] < 1.1 * slow[:, 0])
    assert fast[:, 0].max() < 0.2 and fast[:, 1].mean() > np.log(10) and fast[:, 1].min() > 1.9


def test_what_a_gradient_costs(chapter):
    said("all the gradients together cost at most about twice as much as the loss alone")
    said("the gradient costs about as much again as the loss")
    assert chapter["backward"] / chapter["forward"] == pytest.approx(1.14, abs=0.01)


def test_three_checks_and_the_run(chapter):
    said("so that it must be near $\\ln 10 = 2.30$")
    x, y = chapter["x"], chapter["y"]
    loss = softmax_cross_entropy(chapter["scores"](x, *chapter["start"]), y)[0]
    assert 2.30 < loss < 2.5
    _, losses = chapter["train"](chapter["start"], x[:20], y[:20], epochs=150, batch_size=20)
    assert losses[-1] < 0.03
    digits = data.digits()
    right = accuracy(chapter["scores"](digits.x_test, *chapter["trained"]), digits.y_test)
    assert 0.95 < right < 0.985


def test_the_sorted_run_on_the_page_is_where_the_shuffled_one_was_after_the_second_epoch(chapter):
    said("ten epochs take it about as far as one or two take the shuffled one")
    runs = {
        name: chapter["train"](
            chapter["start"],
            chapter["x_sorted"],
            chapter["y_sorted"],
            lr=0.1,
            epochs=10,
            batches=batches,
        )[1]
        for name, batches in chapter["kinds"].items()
    }
    assert runs["sorted by label"][-1] == pytest.approx(runs["shuffled"][1], rel=0.1)
    said("it rises above the loss of guessing, 2.3, and after ten epochs is still near 1")
    assert max(runs["sorted by label"]) > np.log(10)
    assert runs["shuffled"][-1] == pytest.approx(0.2, abs=0.03)


# The graph, and large networks


def test_the_graph_of_the_figure():
    said("2 + 3 = 5")
    u, v, w = (np.array([number]) for number in (1.0, 2.0, -1.0))
    # max(v, w) = w + max(v - w, 0), with -1 as an input.
    value, grads = expression_gradient(
        [u, v, w, np.array([-1.0])],
        [
            ("add", 0, 1),
            ("multiply", 2, 3),
            ("add", 1, 5),
            ("relu", 6),
            ("add", 2, 7),
            ("multiply", 4, 8),
            ("sum", 9),
        ],
    )
    assert value == 6
    assert [float(grad[0]) for grad in grads[:3]] == [2, 5, 0]


def test_samples_find_the_arrays_that_are_wrong(chapter):
    said("Sixty-four samples of a hundred thousand parameters find the arrays that are wrong")
    said("even a step of $10^{-3}$ says")
    crossed = 0
    for seed in range(5, 10):
        deep = chapter["parameters_at_start"](np.random.default_rng(seed), (64, 256, 256, 128, 10))
        assert 1e5 < sum(v.size for lists in deep for v in lists) < 1.2e5
        x, labels = chapter["digits"].x_train[:10], chapter["digits"].y_train[:10]

        def report(name, h, seed=seed, deep=deep, x=x, labels=labels):
            gradient = chapter[name]
            return chapter["sampled_check"](
                gradient, *deep, x, labels, np.random.default_rng(seed), h
            )

        for h in (1e-5, 1e-3):
            assert max(error for error, _ in report("network_gradient", h).values()) < 1e-4
        crossed += sum(n for _, n in report("network_gradient", 1e-3).values())
        wrong = {
            name for name, (error, _) in report("without_second_mask", 1e-5).items() if error > 1e-2
        }
        assert wrong == {"dw1", "dw2", "db1", "db2"}
    assert crossed > 5


def test_samples_mostly_miss_a_single_column(chapter):
    said("A single wrong column of 256 they mostly miss")
    x, labels, found = chapter["digits"].x_train[:10], chapter["digits"].y_train[:10], 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        deep = chapter["parameters_at_start"](rng, (64, 256, 256, 128, 10))
        column = rng.integers(256)

        def gradient(*arguments, column=column):
            loss, d_weights, d_biases = network_gradient(*arguments)
            d_weights[1][:, column] *= 1.5
            return loss, d_weights, d_biases

        report = chapter["sampled_check"](gradient, *deep, x, labels, rng, 1e-5)
        found += report["dw2"][0] > 1e-2
    assert found < 5


def test_a_larger_rate_is_no_help_to_few_steps(chapter):
    said("For each size the validation images choose one of three rates")
    for seed in range(5):
        task = data.printed_digits(seed)
        first = chapter["parameters_at_start"](np.random.default_rng(seed), (196, 32, 10))
        for lr in (3.0, 10.0):
            kept, _ = chapter["train"](first, task.x_train, task.y_train, lr, 5, 3000)
            assert accuracy(chapter["scores"](task.x_test, *kept), task.y_test) < 0.6


def test_many_small_steps(chapter):
    said("five exact steps do far less than five hundred inexact ones")
    rows = np.array([chapter["by_batch_size"](seed) for seed in range(10, 15)])
    small, middle, whole = rows.T
    assert small.min() > 0.93 and np.all(small > middle + 0.05) and np.all(middle > whole + 0.2)
