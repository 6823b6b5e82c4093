"""The claims that the prose of the chapter on transfer makes of its experiments, held on other draws than the page's."""

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from gradus import nn
from solutions.transfer import freeze_mask, low_rank_gradients
from tests.conftest import ROOT

TEXT = (ROOT / "chapters" / "transfer.md").read_text("utf-8")
DRAWS = 8


def said(sentence):
    """The prose still says this: so that a claim cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


def means(found):
    return {key: np.mean(scores) for key, scores in found.items()}


def lead(found, n, ahead, behind):
    """Mean of the differences, draw by draw, and its standard error."""
    gap = np.subtract(found[ahead, n], found[behind, n])
    return gap.mean(), gap.std(ddof=1) / len(gap) ** 0.5


@pytest.fixture(scope="module")
def ran(run_chapter):
    return run_chapter("transfer")


@pytest.fixture(scope="module")
def other(ran):
    """The table of the page from other draws."""
    return ran["compare"](ran["DIGITS"], seed=900, draws=DRAWS)


def test_a_table_has_twenty_draws(ran):
    for found in (ran["gains"], ran["held"], ran["plans"], ran["low_rank"], *ran["CASES"].values()):
        assert {len(scores) for scores in found.values()} == {20}
    assert {curves.shape[2] for curves in ran["forgot"].values()} == {20}


def test_gradients_of_a_stack_are_those_of_each_network(ran):
    from gradus.nn import MLP

    net, rng = MLP((196, 8, 5)), np.random.default_rng(0)
    thetas = np.stack([net.init(rng) for _ in range(3)])
    x, y = rng.normal(size=(3, 7, 196)), rng.integers(0, 5, (3, 7))
    stack = ran["gradients"](net.widths, thetas, x, y)
    for found, *one in zip(stack, thetas, x, y, strict=True):
        np.testing.assert_allclose(found, net.loss(*one)[1], atol=1e-12)
    right = ran["accuracy"](net.widths, thetas, x[0], y[0])
    assert right.tolist() == [net.accuracy(theta, x[0], y[0]) for theta in thetas]


def test_the_features_have_17_thousand_parameters_and_a_head_650(ran):
    said("the 17,000 parameters of the features")
    said("$65 \\cdot 10$ here")
    mask = freeze_mask(ran["WIDTHS"], 2)
    assert round(np.sum(mask == 0), -3) == 17_000
    assert mask.sum() == 65 * 10 == ran["HEAD"]


def test_what_is_frozen_stands_still(ran):
    examples, begin = ran["prepare"](ran["DIGITS"], 1, 900, 2)
    step = ran["masked"](ran["WIDTHS"], 2)
    thetas = ran["train"](ran["WIDTHS"], begin[2], *examples[True], step, 5)
    np.testing.assert_array_equal(thetas[:, : -ran["HEAD"]], begin[2][:, : -ran["HEAD"]])
    assert np.all(thetas[:, : -ran["HEAD"]] == ran["source"][: -65 * len(ran["LETTERS"])])


def test_two_zero_factors_never_move():
    said("were both zero, neither would ever move")
    grads = low_rank_gradients(np.ones((3, 2)), np.zeros((3, 1)), np.zeros((1, 2)), 1.0)
    assert not any(grad.any() for grad in grads)


def test_without_the_product_the_source_is_back(ran):
    said("Leave the product out, and the source is back")
    thetas = ran["prepare"](ran["DIGITS"], 1, 900, 2)[1][2]
    parts = [np.zeros((2, *s)) for n, k in ran["MATRICES"] for s in ((n, 4), (4, k))]
    assert np.array_equal(ran["changed"](thetas, [*parts, thetas[:, -ran["HEAD"] :]]), thetas)


def test_a_mask_on_the_gradient_rolls_on_and_one_on_the_step_jumps(ran):
    rolls, jumps, right = (
        np.array(ran["path_of"](f"mask on the {where}"))
        for where in ("gradient", "step", "velocity")
    )
    assert rolls[40] < rolls[20] - 0.05
    assert jumps[40] == jumps[20]
    assert right[40] == right[20]
    assert jumps[41] - jumps[40] < 5 * (right[41] - right[40])


def test_the_source_reads_letters_and_augmentation_gains_much(ran):
    said("That is a large gain, and it cost no label.")
    said("of every example there are forty copies, each moved otherwise")
    x, y = ran["five_moved"](np.random.default_rng(0))
    assert np.bincount(y).tolist() == [5 * 40] * 10
    assert len(np.unique(x, axis=0)) == 50 * 40
    assert ran["read_before"] > 0.9
    gain = ran["accuracy"](ran["WIDTHS"], ran["rival"], *ran["DIGITS"][2:])
    plain = ran["accuracy"](ran["WIDTHS"], ran["scratch"], *ran["DIGITS"][2:])
    assert np.mean(gain - plain) > 0.15


def test_what_transfer_gains(ran, other):
    said("both transfers are far ahead of training from scratch, on the same augmented examples")
    said("The new head is as good as fine-tuning with one example, and falls behind")
    said("The lead over training from scratch shrinks with the number of examples.")
    for found in (ran["gains"], other):
        for n, least in ((1, 0.1), (5, 0.04)):
            for way in ("new head", "fine-tune all layers"):
                gap, error = lead(found, n, way, "from scratch")
                assert gap > least
                assert gap > 3 * error
        gap, error = lead(found, 1, "fine-tune all layers", "new head")
        assert abs(gap) < max(0.02, 3 * error)
        assert all(
            lead(found, n, "fine-tune all layers", "new head")[0] > 0.015 for n in (5, 20, 100)
        )
        said("From twenty examples on the new head hardly improves.")
        one, five, twenty, hundred = (np.mean(found["new head", n]) for n in (1, 5, 20, 100))
        assert hundred - twenty < 0.025 < twenty - five < five - one
        leads = [lead(found, n, "fine-tune all layers", "from scratch")[0] for n in (1, 5, 20, 100)]
        assert leads[0] > leads[1] > leads[2] > leads[3]


def test_with_a_hundred_examples_augmentation_slows_300_steps(ran, other):
    said("training from scratch is better off without augmentation")
    for found in (ran["gains"], other):
        gap, error = lead(found, 100, "scratch, not augmented", "from scratch")
        assert gap > 0
        gap, error = lead(found, 5, "from scratch", "scratch, not augmented")
        assert gap > 0.15


def test_another_head_reads_more_out_of_the_same_features(ran):
    said(
        "The head with ReLUs reads more out of the same features, with few examples and with many."
    )
    for found in (ran["held"], ran["readable"](ran["DIGITS"], seed=900, draws=DRAWS)):
        for n, least in ((5, 0.005), (100, 0.01)):
            gap, error = lead(found, n, "head with 128 ReLUs", "linear head")
            assert gap > least
            assert gap > 2 * error


def test_a_part_of_what_a_linear_head_lacks_is_how_it_is_trained(ran):
    said("with 0.01 a head on a hundred of each digit reads one or two in a hundred more")
    said("a linear head found by logistic regression with a penalty comes within a hundredth of it")
    said("(there less far with a rate of 0.01)")
    widths, features = (64, 10), ran["features"]
    for task in (ran["DIGITS"], ran["HANDWRITING"]):
        x, y = ran["prepare"](task, 100, 900, 6)[0][True]
        head = nn.MLP(widths)
        (begin,) = ran["stacked"](lambda rng: [head.init(rng)], 900, 6)
        seen, new = features(x), features(task.x_test)
        shares = {}
        for lr in (0.05, 0.01):
            step = partial(ran["momentum"], lr=lr)
            thetas = ran["train"](widths, begin.astype(np.float32), seen, y, step)
            shares[lr] = ran["accuracy"](widths, thetas, new, task.y_test)
        assert 0.01 < np.mean(shares[0.01] - shares[0.05]) < 0.06
        if task is ran["DIGITS"]:
            tuned = ran["gains"]["fine-tune all layers", 100]
            assert np.mean(shares[0.01]) < np.mean(tuned) - 0.01
            found = [
                LogisticRegression(C=0.03, max_iter=2000).fit(*pair).score(new, task.y_test)
                for pair in zip(seen, y, strict=True)
            ]
            lead = np.mean(ran["held"]["head with 128 ReLUs", 100]) - np.mean(found)
            assert abs(lead) < 0.01


def test_what_changes_of_low_rank_gain(ran, other):
    said("gains about half of what fine-tuning gains over the head alone")
    said("A higher rank gains more, and all parameters most.")
    assert sum(4 * (n + k) for n, k in ran["MATRICES"]) == 1552
    said("Rank 4 trains 1,552 numbers beside the head, less than a tenth of the features' 17,000")
    assert 1552 < 0.1 * np.sum(freeze_mask(ran["WIDTHS"], 2) == 0)
    table = {key: other[key] for key in other if key[1] in (5, 100)}
    table |= ran["low_rank_table"](seed=900, draws=DRAWS)
    gains = np.array(
        [
            [mean[name, n] - mean["new head", n] for name in ("rank 4", "fine-tune all layers")]
            for mean in (means(ran["low_rank"]), means(table))
            for n in (5, 100)
        ]
    )
    # Each of the four is uncertain by a fifth or so.
    assert np.all(gains[:, 0] < 0.9 * gains[:, 1])
    few, every = gains.sum(axis=0)
    assert 0.4 < few / every < 0.7
    for found in (ran["low_rank"], table):
        mean = means(found)
        for n in (5, 100):
            gained = [mean[f"rank {r}", n] for r in ran["RANKS"]]
            assert mean["new head", n] < gained[0] < gained[1] < gained[2]
            assert gained[2] < mean["fine-tune all layers", n]


def test_what_is_forgotten_and_what_replay_saves(ran):
    said("after twenty steps nearly nothing of the old task is left")
    said("one example of each letter saves more than half of them, five save more")
    said("the price is that fewer digits are read")
    said("bar the letters, and about as many digits are right as without replay")
    again = [ran["go_on"](*how, seed=900, draws=DRAWS) for how in ran["KEPT"].values()]
    page = [ran["last"][name, "letters barred"] for name in ran["KEPT"]]
    for curves, barred in (
        (ran["forgot"].values(), page),
        ([curves for curves, _ in again], [ran["barred"](thetas) for _, thetas in again]),
    ):
        alone, one, five = curves
        # Who has forgotten the letters names none.
        assert np.mean(barred[0] - alone[-1, 0]) == pytest.approx(0, abs=0.005)
        for replayed, of_ten in zip((one, five), barred[1:], strict=True):
            price = np.mean(alone[-1, 0] - replayed[-1, 0])
            assert price > 0.03
            assert np.mean(alone[-1, 0] - of_ten) < 0.25 * price
        before = alone[0, 1].mean()
        assert alone[-1, 1].max() < 0.05
        assert one[-1, 1].mean() > 0.52 * before
        assert np.mean(five[-1, 1] - one[-1, 1]) > 0.03
        assert np.mean(alone[-1, 0] - five[-1, 0]) > 0.01
        said("forgets the old one within some twenty steps")
        assert alone[1, 1].mean() < 0.1 * before


def test_a_letter_that_is_known_again_is_named_for_a_digit(ran):
    said("but a network that knows letters again takes a 1 for an l")
    _, thetas = ran["go_on"](1, 0.5, seed=900, draws=DRAWS)
    *below, (weights, biases) = ran["layers"](ran["BOTH"], thetas)
    x = ran["DIGITS"].x_test[ran["DIGITS"].y_test == 1]
    for w, b in below:
        x = np.maximum(x @ w + b, 0)
    named = (x @ weights + biases).argmax(axis=-1)
    looks_like_it = [10 + ran["LETTERS"].index(letter) for letter in "lI"]
    assert np.isin(named, looks_like_it).mean() > 0.05
    assert np.isin(named, looks_like_it).sum() > 0.5 * np.sum(named >= 10)


def test_the_share_that_is_replayed_is_a_dial(ran):
    said(
        "a sixteenth of each batch saves 0.18 of the letters, half 0.67, three quarters hardly more,"
        " 0.71; of the digits 0.91, 0.84 and 0.76 are read"
    )
    found = [
        ran["go_on"](5, share, seed=900, draws=DRAWS)[0][-1].mean(axis=1)
        for share in (1 / 16, 1 / 2, 3 / 4)
    ]
    expected = [(0.91, 0.18), (0.84, 0.67), (0.76, 0.71)]
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_fine_tuning_distorts_nothing_here(ran):
    said("Every plan that moves the features is better than the head alone")
    said("which moves them most, by a tenth of their length, is best")
    said("probing first gains nothing")
    said(
        "all transfers read more than nine in ten in the labelled faces, and lose more than ten points"
    )
    transfers = [name for name in ran["PLANS"] if name != "from scratch"]
    for found in (ran["plans"], ran["distort"](seed=900, draws=DRAWS)):
        mean = means(found)
        far = {name: mean[name, "other faces"] for name in transfers}
        assert min(far, key=far.get) == "head alone"
        assert far["all at 0.05"] > max(far.values()) - 0.015
        assert far["head, then all at 0.05"] < far["all at 0.05"] + 0.01
        assert max(mean[name, "features moved"] for name in transfers) < 0.12
        for name in transfers:
            assert mean[name, "labelled faces"] - far[name] > 0.1
            assert mean[name, "labelled faces"] > 0.92


def test_nor_from_handwriting_to_print(ran):
    said("all layers at 0.05 read printed ones better than the head alone does, in eight draws")
    examples, begin = ran["prepare"](ran["HANDWRITING"], 5, 900, DRAWS)
    right = []
    for frozen in (0, 2):
        step = ran["masked"](ran["WIDTHS"], frozen)
        thetas = ran["train"](ran["WIDTHS"], begin[2], *examples[True], step)
        right.append(ran["accuracy"](ran["WIDTHS"], thetas, *ran["DIGITS"][2:]))
    assert np.mean(right[0] - right[1]) > 0.02


@pytest.fixture(scope="module")
def cases(ran, other):
    """Of the page, and of other draws."""
    again = {
        task: ran["compare"](ran[task.upper()], ran[ways], (5, 100), seed=900, draws=DRAWS)
        for task, ways in (("digits", "MORE"), ("handwriting", "ALL"), ("faces", "KNOWN"))
    }
    again["digits"] |= other
    return ran["CASES"], again


def test_for_handwriting_nothing_helps_and_frozen_features_harm(cases):
    said("fine-tuning is no better than training from scratch, and the new head is far behind it")
    said("Cutting earlier does less harm.")
    said("training from scratch is at least as good, and has no need of a source")
    for tables in cases:
        found = tables["handwriting"]
        for n in (5, 100):
            gap, error = lead(found, n, "fine-tune all layers", "from scratch")
            assert gap < 0.01
            gap, error = lead(found, n, "from scratch", "new head")
            assert gap > max(0.02, 2 * error)
            gap, error = lead(found, n, "head, earlier features", "new head")
            assert gap > max(0.02, 2 * error)
            assert lead(found, n, "from scratch", "head, earlier features")[0] > -0.01


def test_the_success_of_a_new_head_on_handwriting(ran):
    said("without it, 0.84 with a new head on handwriting looks like a success")
    assert np.mean(ran["CASES"]["handwriting"]["new head", 100]) == pytest.approx(0.84, abs=0.015)


def test_what_the_source_had_learned_to_overlook(cases):
    said("For *faces* the new head is behind as well, with a hundred examples even further")
    said("Set free, they come back, and with a hundred examples even to a lead.")
    further = []
    for tables in cases:
        found = tables["faces"]
        assert lead(found, 5, "from scratch", "new head")[0] > 0.01
        gap, error = lead(found, 100, "from scratch", "new head")
        assert gap > max(0.06, 3 * error)
        further.append(gap - lead(tables["handwriting"], 100, "from scratch", "new head")[0])
        assert lead(found, 100, "fine-tune all layers", "from scratch")[0] > 0.01
    assert np.mean(further) > 0.01


def test_more_than_half_of_the_lag_is_how_the_head_is_trained(ran):
    said("In both tasks more than half of this lag is then how the head is trained")
    said("logistic regression with a penalty, on the same features, is some four points behind")
    features = ran["features"]
    for task in (ran["HANDWRITING"], ran["FACES"]):
        examples, begin = ran["prepare"](task, 100, 900, DRAWS)
        x, y = examples[True]
        widths = (196, 64, 64, task.classes)
        scratch, head = (
            ran["accuracy"](
                widths, ran["train"](widths, begin[keep], x, y, step), task.x_test, task.y_test
            )
            for keep, step in ((0, ran["momentum"]), (2, ran["masked"](widths, 2)))
        )
        new = features(task.x_test)
        better = [
            LogisticRegression(C=0.03, max_iter=2000).fit(*pair).score(new, task.y_test)
            for pair in zip(features(x), y, strict=True)
        ]
        lag, rest = np.mean(scratch - head), np.mean(scratch - better)
        assert 0.02 < rest < 0.065 and rest < 0.5 * lag


def test_the_rule_for_a_similar_task(cases):
    said("fine-tuning all layers is ahead of it even with five examples")
    said("every transfer is ahead of training from scratch")
    for tables in cases:
        mean = means(tables["digits"])
        ways = [
            way
            for way, n in mean
            if n == 5 and way not in ("from scratch", "scratch, not augmented")
        ]
        assert min(mean[way, 5] for way in ways) > mean["from scratch", 5] + 0.03
        for n in (5, 100):
            assert max(ways, key=lambda way: mean[way, n]) == "fine-tune all layers"


def test_with_more_steps_a_hundred_examples_need_no_source_and_five_still_do(ran):
    said("Given 1,500 steps, in other draws, both read 0.99 of all digits, and the lead is gone")
    said("with twenty of each hardly anything is left of it, and with five it stays")
    for n in (5, 20, 100):
        examples, begin = ran["prepare"](ran["DIGITS"], n, 900, 5)
        scratch, tuned = (
            ran["accuracy"](
                ran["WIDTHS"],
                ran["train"](ran["WIDTHS"], begin[keep], *examples[True], n_steps=1500),
                *ran["DIGITS"][2:],
            )
            for keep in (0, 2)
        )
        if n == 100:
            assert np.mean(scratch) == pytest.approx(0.99, abs=0.006)
            assert abs(np.mean(tuned - scratch)) < 0.006
        elif n == 20:
            assert abs(np.mean(tuned - scratch)) < 0.015
        else:
            assert np.mean(tuned - scratch) > 0.04
