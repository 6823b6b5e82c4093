"""Random results: right ones pass at any seed, wrong distributions and other sources of chance do not."""

import numpy as np
import pytest

from gradus.authoring import Call, judge
from gradus.calling import call as attempt
from gradus.distributions import compare_samples, sample
from gradus.plan import Quantities
from gradus.values import Rng
from gradus.verdict import examine

DRAWS = {
    "normal": lambda rng, n: rng.normal(3.0, 0.2, n),
    "uniform": lambda rng, n: rng.uniform(-0.3, 0.3, n),
    "triangular": lambda rng, n: rng.triangular(0.0, 0.1, 0.9, n),
    "a fair coin": lambda rng, n: rng.integers(0, 2, n),
    "a dropout mask": lambda rng, n: (rng.random(n) < 0.8) / 0.8,
    "a rare event": lambda rng, n: rng.random(n) < 0.05,
    "places": lambda rng, n: rng.integers(0, 50, n),
    "a constant": lambda rng, n: np.full(n, 0.1),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("n", [200, 2000])
def test_two_honest_samples_are_the_same(draw, n):
    rng = np.random.default_rng(0)
    found = [compare_samples("x", draw(rng, n), draw(rng, n)) for _ in range(400)]
    assert [sentence for sentence in found if sentence] == []


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_float32_holds_the_same_sample(draw):
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = compare_samples("x", draw(rng, 2000) / 0.7, (draw(rng, 2000) / 0.7).astype("f4"))
        assert found is None


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (DRAWS["normal"], lambda rng, n: rng.normal(3.05, 0.2, n), "the mean"),
        (DRAWS["normal"], lambda rng, n: rng.normal(3.0, 0.25, n), "standard deviation"),
        (
            DRAWS["normal"],
            lambda rng, n: rng.uniform(3 - 0.2 * 3**0.5, 3 + 0.2 * 3**0.5, n),
            "normal or uniform",
        ),
        (DRAWS["uniform"], lambda rng, n: rng.normal(0, 0.3 / 3**0.5, n), "normal or uniform"),
        (DRAWS["normal"], lambda rng, n: np.full(n, 3.0), "1 different values"),
        (DRAWS["normal"], lambda rng, n: np.repeat(rng.normal(3, 0.2, n // 4), 4), "by itself"),
        (DRAWS["normal"], lambda rng, n: np.append(rng.normal(3, 0.2, n - 1), np.nan), "finite"),
        (DRAWS["a dropout mask"], lambda rng, n: rng.random(n) < 0.8, "the mean"),
        (DRAWS["a dropout mask"], lambda rng, n: (rng.random(n) < 0.2) / 0.2, "deviation"),
        (DRAWS["a fair coin"], lambda rng, n: rng.random(n), "deviation"),
        (DRAWS["places"], lambda rng, n: np.sort(rng.integers(0, 30, n)), "the mean"),
    ],
)
def test_another_distribution_is_told_and_named(right, wrong, said):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert said in compare_samples("x", right(rng, 2000), wrong(rng, 2000))


def test_what_the_reference_has_is_shown_only_where_it_may_be():
    rng = np.random.default_rng(0)
    want, got = rng.normal(0, 1, 500), rng.normal(0, 2, 500)
    assert "expected about 1" in compare_samples("x", want, got)
    assert "expected" not in compare_samples("x", want, got, reveal=False)


def noise(scale, rng):
    return rng.normal(0.0, scale, (40, 30))


@judge(noise, points=2, returns=("noise",), compare_as=sample)
def exercise(rng):
    seed = int(rng.integers(2**31))
    for label, scale, given in (
        ("one", 0.5, seed),
        ("the same seed", 0.5, seed),
        ("another seed", 0.5, seed + 1),
        ("wider", 3.0, seed),
    ):
        yield Call(label, scale=scale, rng=Rng(given))


@exercise.mistake("the variance was taken for the standard deviation")
def variance(scale, rng):
    return rng.normal(0.0, scale**2, (40, 30))


@exercise.mistake("the numbers do not come from the generator `rng`")
def own_generator(scale, rng):
    return np.random.default_rng(0).normal(0.0, scale, (40, 30))


def judged(function, seed=0):
    plan = exercise.plan(seed)
    return examine(plan, [attempt(function, case) for case in plan.cases], reveal=False)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "answer",
    [
        noise,
        lambda scale, rng: scale * rng.standard_normal((40, 30)),
        lambda scale, rng: (scale * rng.standard_normal((30, 40)).T).astype(np.float32),
        lambda scale, rng: [[rng.normal(0, scale) for _ in range(30)] for _ in range(40)],
    ],
)
def test_right_answers_may_draw_as_they_like(answer, seed):
    assert judged(answer, seed).status == "right"


@pytest.mark.parametrize("seed", range(5))
def test_mistakes_are_named(seed):
    for sentence, function in exercise.mistakes:
        assert judged(function, seed).message == sentence


def test_a_sample_that_is_nearly_right_is_not_said_to_come_from_elsewhere():
    verdicts = [
        judged(lambda scale, rng: rng.normal(0.0, 1.17 * scale, (40, 30)), seed)
        for seed in range(40)
    ]
    assert any(verdict.status == "wrong" for verdict in verdicts)
    assert {verdict.mistake for verdict in verdicts} == {""}


def test_the_generator_that_is_given_is_the_one_to_use():
    verdict = judged(own_generator)
    assert [case.passed for case in verdict.cases] == [True, True, False, True]
    assert "another generator" in verdict.cases[2].message
    unseeded = np.random.default_rng()
    verdict = judged(lambda scale, rng: unseeded.normal(0.0, scale, (40, 30)))
    assert [case.passed for case in verdict.cases] == [True, False, True, True]
    assert "same seed" in verdict.cases[1].message


@pytest.mark.parametrize(
    "answer",
    [
        lambda scale, rng: rng.normal(0.0, scale, (30, 40)),
        lambda scale, rng: rng.normal(0.0, scale, 1200),
        lambda scale, rng: None,
        lambda scale, rng: "noise",
        lambda scale, rng: [noise(scale, rng)],
        lambda scale, rng: np.full((40, 30), np.inf),
        lambda scale, rng: {"noise": noise(scale, rng)},
    ],
)
def test_other_forms_are_wrong_and_never_an_error(answer):
    verdict = judged(answer)
    assert verdict.status == "wrong"
    assert verdict.earned == 0


def test_what_is_compared_travels_as_text_that_needs_only_gradus():
    def other(arguments, result):
        return {}

    with pytest.raises(
        ValueError, match="compare_as: .* imports pytest, which a student may not have"
    ):
        judge(noise, points=1, returns=("noise",), compare_as=other)
    assert exercise.compare_as == Quantities("sample", "from gradus.distributions import sample")
    (draws,) = exercise.compare_as.of({}, np.arange(3.0))[""]
    assert list(draws) == [0, 1, 2]
