"""Random results: right ones pass at any seed, wrong distributions and other sources of chance do not."""

import numpy as np
import pytest

from gradus import values
from gradus.authoring import OF_THE_REFERENCE, Call, judge, right_without_chance
from gradus.calling import call as attempt
from gradus.distributions import Law, compare_sample, sample
from gradus.plan import Case, Plan, Quantities
from gradus.values import Rng
from gradus.verdict import examine
from tests.conftest import THOROUGH

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


def law(draw, rng, n):
    """The law of a reference, as a plan makes it: of several times as many draws as an answer has."""
    return Law.of(np.concatenate([draw(rng, n) for _ in range(OF_THE_REFERENCE)]))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("n", [20, 200, 2000])
def test_honest_draws_are_never_called_wrong(draw, n):
    """Nor are they in 20,000 trials of each: the bound of one in 1e9 is derived in the module."""
    rng = np.random.default_rng(0)
    for _ in range(100 if THOROUGH else 10):
        right = law(draw, rng, n)
        found = [compare_sample("x", right, draw(rng, n)) for _ in range(200)]
        assert [sentence for sentence in found if sentence] == []


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_float32_holds_the_same_draws(draw):
    rng = np.random.default_rng(0)
    for _ in range(50):
        right = law(lambda rng, n: draw(rng, n) / 0.7, rng, 2000)
        assert compare_sample("x", right, (draw(rng, 2000) / 0.7).astype("f4")) is None


@pytest.mark.parametrize(("p", "n"), [(0.5, 10_800), (0.3, 25_500), (0.8, 3_000)], ids=str)
def test_a_share_that_is_off_by_a_tenth_is_seen(p, n):
    """So many draws it takes by the formula that the module gives, and some more where they are few."""
    rng = np.random.default_rng(0)
    right = law(lambda rng, n: rng.random(n) < p, rng, n)
    for off in (0.9, 1.1):
        found = [compare_sample("x", right, rng.random(n) < off * p) for _ in range(300)]
        assert sum(map(bool, found)) >= 295


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (DRAWS["normal"], lambda rng, n: rng.normal(3.06, 0.2, n), "the mean"),
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
        (DRAWS["a fair coin"], lambda rng, n: (rng.random(n) < 0.2) / 0.4, "deviation"),
        (DRAWS["a fair coin"], lambda rng, n: rng.random(n), "deviation"),
        (DRAWS["places"], lambda rng, n: np.sort(rng.integers(0, 30, n)), "the mean"),
    ],
)
def test_another_distribution_is_told_and_named(right, wrong, said):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert said in compare_sample("x", law(right, rng, 8000), wrong(rng, 8000))


def test_what_the_reference_has_is_shown_only_where_it_may_be():
    rng = np.random.default_rng(0)
    want, got = rng.normal(0, 1, 500), rng.normal(0, 2, 500)
    want = Law.of(want)
    assert "expected about 1" in compare_sample("x", want, got)
    assert "expected" not in compare_sample("x", want, got, reveal=False)
    coin = law(DRAWS["a fair coin"], rng, 2000)
    said = "x: 20.0% are 1, expected about 50%"
    assert compare_sample("x", coin, np.arange(2000) % 5 == 0) == said
    assert compare_sample("x", law(DRAWS["normal"], rng, 2000), np.zeros(0)) == "x: no numbers"


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
    case = Case("", (), (), {})
    draws, _ = exercise.compare_as.of([case], [np.arange(3.0)])[""]
    assert list(draws) == [0, 1, 2]


def spread(n):
    return np.linspace(0.0, 1.0, n)


def test_a_mistake_that_is_right_where_nothing_is_random_is_said():
    @judge(spread, points=1, returns=("x",), compare_as=sample)
    def spread_cases(rng):
        yield Call("many", n=int(rng.integers(400, 500)))

    @spread_cases.mistake("from 1 to 0")
    def turned(n):
        return np.linspace(1.0, 0.0, n)

    @spread_cases.mistake("to 2")
    def wide(n):
        return np.linspace(0.0, 2.0, n)

    assert right_without_chance(spread_cases.plan()) == ["from 1 to 0"]
    refused = examine(spread_cases.plan(), [attempt(turned, spread_cases.plan().cases[0])])
    assert refused.mistake == "from 1 to 0"  # which is why it is said
    assert right_without_chance(exercise.plan()) == []


def places(n, rng):
    return rng.integers(0, n, 100)


def test_whole_numbers_are_judged_as_this_machine_has_them(monkeypatch):
    @judge(places, points=1, returns=("places",), compare_as=sample)
    def places_cases(rng):
        yield Call("many", n=int(rng.integers(40, 50)), rng=Rng(1))

    plan = places_cases.plan()
    monkeypatch.setattr(values, "OWN_INTEGER", np.dtype(np.int32))
    (read,) = Plan.from_data(values.unpack(values.pack(plan.to_data()))).expected
    assert plan.expected[0].form.dtype == np.int64
    assert read.form.dtype == np.int32 and read.form.shape == (100,)
