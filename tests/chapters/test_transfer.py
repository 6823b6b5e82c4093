"""The claims that the prose of the chapter on transfer makes of its experiments, held to what its cells compute."""

import numpy as np
import pytest

from solutions.transfer import freeze_mask
from tests.conftest import ROOT

TEXT = (ROOT / "chapters" / "transfer.md").read_text("utf-8")


def said(sentence):
    """The prose still says this: so that a claim cannot be changed in one of the two places."""
    assert sentence in " ".join(TEXT.split()), f"the chapter no longer says: {sentence}"


@pytest.fixture(scope="module")
def ran(run_chapter):
    return run_chapter("transfer")


def test_five_examples_teach_little(ran):
    said(
        "Guessing would be right one time in five. The network has learned its twenty-five pictures by heart"
    )
    assert ran["network"].accuracy(ran["scratch"], *ran["few"]) == 1
    assert ran["network"].accuracy(ran["scratch"], *ran["test_new"]) < 0.35
    assert ran["network"].accuracy(ran["source"], *ran["test_old"]) > 0.95


def test_frozen_features_know_more_than_five_examples_teach(ran):
    said("The same twenty-five examples, and more right answers.")
    accuracy = ran["network"].accuracy
    assert accuracy(ran["frozen"], *ran["test_new"]) > accuracy(ran["scratch"], *ran["test_new"])
    assert accuracy(ran["begin"], *ran["test_new"]) < 0.3


def test_the_features_have_27_thousand_parameters_and_a_head_325(ran):
    said("we dare not move the 27,000 parameters of the features")
    said("$5 \\cdot 65$ here")
    mask = freeze_mask(ran["network"].widths, 2)
    assert round(np.sum(mask == 0), -3) == 27_000
    assert mask.sum() == 5 * 65 == ran["head_size"]


def test_gentler_fine_tuning_forgets_less(ran):
    said("Less learning rate, less forgetting")
    said("gentle recipes are here *not* better than the large rate")
    old, new = ran["old_task"], ran["network"].accuracy
    scores = {}
    for name, lr in (("large", 0.05), ("small", 0.005)):
        step = ran["partial"](ran["masked_step"], mask=np.ones(ran["network"].size), lr=lr)
        rng = np.random.default_rng(5)
        x, y = ran["pick"](ran["NEW"], 20, rng)
        x = ran["scatter"](x, rng)
        theta = ran["train"](ran["network"], ran["with_new_head"](rng), x, y, step)
        scores[name] = new(theta, *ran["test_new"]), old(theta)
    assert scores["small"][1] > scores["large"][1]
    assert scores["small"][0] < scores["large"][0] + 0.03


def test_what_transfer_gains(ran):
    said("With five examples every way that begins with the trained network is ahead.")
    said("With a hundred, the frozen features have become a limit")
    said("Fine-tuning with the large rate is ahead everywhere, but its lead shrinks")
    mean = {key: value[0] for key, value in ran["gains"].items()}
    ways = [name for name in ran["step"] if name != "from scratch"]
    assert all(mean[name, 5] > mean["from scratch", 5] for name in ways)
    assert mean["new head", 100] == min(mean[name, 100] for name in ran["step"])
    lead = [mean["fine-tune, rate 0.05", n] - mean["from scratch", n] for n in (5, 20, 100)]
    assert min(lead) > 0
    assert lead[-1] < min(lead[:2])
    said("the small one is as good with few examples and worse with many")
    gap = [mean["fine-tune, rate 0.05", n] - mean["fine-tune, rate 0.005", n] for n in (5, 100)]
    assert abs(gap[0]) < 0.03 < gap[1]
    said("worse even than training from scratch")
    assert mean["fine-tune, rate 0.005", 100] < mean["from scratch", 100]


def test_upright_digits_gain_nothing(ran):
    said("Nothing is gained, and the frozen features *lose*")
    said("more than 0.8 with five examples looks like a success")
    mean = {key: value[0] for key, value in ran["plain"].items()}
    for n in (5, 20, 100):
        assert mean["new head", n] < mean["from scratch", n]
        assert mean["fine-tune, rate 0.05", n] < mean["from scratch", n] + 0.02
    assert mean["new head", 5] > 0.8
    error = max(ran["plain"][way, 5][1] for way in ("new head", "from scratch"))
    assert mean["from scratch", 5] - mean["new head", 5] > 2 * error


def test_the_four_cases_as_the_text_reads_them(ran):
    mean = {
        (task, n, way): np.mean(scores)
        for (task, n), found in ran["CASES"].items()
        for way, scores in found.items()
    }
    ways = ran["WAYS"]
    said("With few examples of a similar task the rule picks the winner.")
    assert max(ways, key=lambda way: mean["similar", 5, way]) == "new head"
    said("though all layers do better than the last ones")
    assert max(ways, key=lambda way: mean["similar", 100, way]) == "fine-tune all layers"
    said(
        "With few examples of the different task *nothing* is better than beginning at random, beyond the error"
    )
    assert max(mean["different", 5, w] for w in ways) < mean["different", 5, "from scratch"] + 0.03
    said("0.39 against 0.80, the more so the later one cuts")
    assert mean["different", 100, "new head"] == pytest.approx(0.39, abs=0.02)
    assert mean["different", 100, "from scratch"] == pytest.approx(0.80, abs=0.02)
    early = mean["different", 100, "head on earlier features"]
    assert mean["different", 100, "new head"] < early < mean["different", 100, "from scratch"]
    assert (
        abs(mean["different", 100, "fine-tune all layers"] - mean["different", 100, "from scratch"])
        < 0.03
    )
    for n in (5, 100):
        assert mean["different", n, "head on earlier features"] > mean["different", n, "new head"]
