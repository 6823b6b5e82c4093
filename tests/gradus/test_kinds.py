"""Two kinds of exercises: a program to be repaired, and one judged by what it achieves."""

import re
import warnings

import numpy as np
import pytest

from gradus import exercises, values
from gradus.authoring import Call, judge
from gradus.calling import Outcome, call_cases
from gradus.distributions import sample
from gradus.plan import Plan, write_cases
from gradus.tables import Progress, Table
from gradus.values import Rng
from gradus.verdict import AS_GIVEN, earned, examine, is_open, right_mistakes
from solutions.quantities import digits_gained

FAULT = "the first value is counted twice"


def total(x):
    """The sum of x."""
    result = 0.0
    for value in x:
        result = result + value
    return result


def make_repair(repair=FAULT, **options):
    @judge(total, points=2, returns=("total",), repair=repair, **options)
    def repaired(rng):
        yield Call("none", x=np.zeros(0))
        yield Call("zeros", 2.0, x=np.zeros(2))
        yield Call("two", x=rng.normal(size=2))
        yield Call("three", x=rng.normal(size=3))

    repaired.add_mistakes("""
        the first value is counted twice
            result = 0.0 -> result = x[0] if len(x) else 0.0
        or
            return sum(x) + sum(x[:1])
        this is the mean
            return result -> return result / max(len(x), 1)
    """)
    return repaired


def judged(plan, answer, reveal=True):
    plan = Plan.from_data(values.unpack(values.pack(plan.to_data())))
    return examine(plan, call_cases(answer, plan.cases), reveal)


class TestRepair:
    exercise = make_repair()

    def test_the_program_that_is_given_is_the_first_of_its_mistake(self):
        assert self.exercise.given is self.exercise.mistakes[0][1]
        plan = self.exercise.plan()
        assert plan.repair == FAULT and plan.at_stake == (2, 3)
        assert plan.to_data()["at_stake"] == (2, 3)

    @pytest.mark.parametrize("reveal", [True, False])
    def test_what_does_as_it_did_is_not_answered_however_it_is_written(self, reveal):
        for answer in (self.exercise.given, lambda x: float(np.sum(x) + np.sum(x[:1]))):
            verdict = judged(self.exercise.plan(), answer, reveal)
            assert (verdict.status, verdict.earned) == ("not answered", 0)
            assert verdict.as_given and not verdict.mistake and verdict.message == AS_GIVEN
            assert [case.passed for case in verdict.cases] == [True, True, False, False]
            for shown in (repr(Table(verdict)), Table(verdict)._repr_html_()):
                assert "not answered yet" in shown and AS_GIVEN in shown and "three" in shown
                assert FAULT not in shown
            assert ("expected" in verdict.cases[2].message) == reveal

    def test_a_stub_is_not_answered_as_ever(self):
        def stub(x):
            raise NotImplementedError

        verdict = judged(self.exercise.plan(), stub)
        assert verdict.status == "not answered" and not verdict.as_given
        assert repr(Table(verdict)) == "total: not answered yet"

    def test_what_it_passed_earns_nothing_and_what_fails_now_costs(self):
        plan = self.exercise.plan()
        assert judged(plan, sum).earned == 2
        # One of the two cases at stake is repaired: half is a guess.
        assert judged(plan, lambda x: sum(x) + (len(x) == 3)).earned == 0
        assert earned(plan, [True, True, True, False]) == 0
        assert earned(plan, [False, True, True, True]) == 0
        assert judged(plan, self.exercise.mistakes[2][1]).mistake == "this is the mean"
        assert judged(plan, lambda x: 7.0 + sum(x)).status == "wrong"

    def test_one_code_says_that_it_is_open(self):
        plan = self.exercise.plan()
        assert is_open(plan, call_cases(self.exercise.given, plan.cases))
        assert is_open(plan, [Outcome("not found")] * 4)
        assert not is_open(plan, call_cases(sum, plan.cases))

    def test_what_an_author_must_not_do(self):
        with pytest.raises(ValueError, match="repair: no known mistake of total is called 'other'"):
            make_repair("other").plan()
        passes = make_repair("it is right")
        passes.mistake("it is right")(total)
        with pytest.raises(ValueError, match="given to be repaired passes every case"):
            passes.plan()

    def test_chance_can_be_repaired_too(self):
        def drawn(rng, n):
            """n draws."""
            return rng.normal(size=n)

        @judge(
            drawn, points=1, returns=("x",), compare_as=sample, repair="the spread is that of two"
        )
        def repaired(rng):
            for label in ("one", "two"):
                yield Call(label, rng=Rng(int(rng.integers(2**31))), n=4000)

        repaired.mistake("the spread is that of two")(lambda rng, n: 2 * rng.normal(size=n))
        plan = repaired.plan()
        assert plan.at_stake == (0, 1)
        assert judged(plan, lambda rng, n: 2 * rng.normal(size=n)).as_given
        assert judged(plan, lambda rng, n: rng.normal(size=n)).earned == 1
        assert judged(plan, lambda rng, n: 3 * rng.normal(size=n)).status == "wrong"


def rates(eigenvalues, n_steps):
    """Rates."""
    low, high = eigenvalues.min(), eigenvalues.max()
    return 2 / (high + low + (high - low) * np.cos(np.pi * (np.arange(n_steps) + 0.5) / n_steps))


def make_reach(credit, reference=rates, score=digits_gained):
    @judge(reference, points=2, returns=("rates",), score=score, credit=credit)
    def reached(rng):
        for n in (2, 4):
            yield Call(
                f"{n} steps", n / 2, eigenvalues=np.linspace(1, rng.uniform(40, 50), 9), n_steps=n
            )

    reached.mistake("all steps have one rate")(
        lambda eigenvalues, n_steps: np.full(n_steps, 2 / (eigenvalues[0] + eigenvalues[-1]))
    )
    return reached


def in_turn(eigenvalues, n_steps):
    """The best two rates, one after the other."""
    return np.resize(rates(eigenvalues, 2), n_steps)


class TestReach:
    exercise = make_reach({0.4: 0.25, 0.5: 0.5, 0.99: 1.0})

    def test_a_part_of_the_way_earns_a_part_of_the_points(self):
        plan = self.exercise.plan()
        assert judged(plan, rates).earned == 2
        verdict = judged(plan, in_turn)
        assert [case.part for case in verdict.cases] == [0, 0.5]
        assert [case.passed for case in verdict.cases] == [True, False]
        # (1 * 1 + 2 * 0.5) / 3 of 2 points: it costs once.
        assert (verdict.status, verdict.earned) == ("wrong", 1.33)
        assert re.fullmatch(
            r"the score is 0\.5\d+, the next threshold 0\.99", verdict.cases[1].message
        )
        shown = repr(Table(verdict))
        assert shown.startswith("rates: 1 of 2 cases pass, others in part: 1.33 of 2 points\n")
        assert "\n   50%  4 steps: the score" in shown and "\n  pass  2 steps" in shown
        assert "<td style='text-align:left'>50%</td>" in Table(verdict)._repr_html_()
        assert "1.33 / 2" in repr(Progress({"rates": plan}, {"rates": verdict}))

    def test_who_reaches_all_reads_by_how_much_and_not_of_hidden_cases(self):
        table = Table(judged(self.exercise.plan(), rates))
        assert repr(table).splitlines() == [
            "rates: 2 of 2 cases pass",
            "  pass  2 steps: the score is 1, the highest threshold 0.99",
            "  pass  4 steps: the score is 1, the highest threshold 0.99",
        ]
        assert "the score is 1, the highest" in table._repr_html_()
        assert "score" not in repr(Table(judged(self.exercise.plan(seed=5), rates, False)))

    def test_of_a_hidden_case_only_the_threshold_is_told(self):
        plan = self.exercise.plan(seed=5)
        assert judged(plan, in_turn, False).cases[1].message == "reaches 0.5, not 0.99"
        verdict = judged(plan, lambda eigenvalues, n_steps: np.zeros(n_steps), False)
        assert [case.message for case in verdict.cases] == ["does not reach 0.4"] * 2
        assert verdict.earned == 0

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (lambda e, n: np.full(n, np.nan), "rates: nan at [0]: a division"),
            (lambda e, n: np.zeros(n + 1), "rates: expected shape (2,), got (3,)"),
            (lambda e, n: "rates", "rates: expected an array of numbers of shape (2,), got a str"),
            (lambda e, n: None, "returned None"),
            (lambda e, n: 1 / 0, "raised ZeroDivisionError"),
            (lambda e, n: np.full(n, 1e300), "it has no score: the lowest threshold is 0.4"),
            (lambda e, n: np.full(n, -1.0), "the score is -"),
        ],
    )
    def test_what_has_no_score_earns_nothing(self, answer, says):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            verdict = judged(self.exercise.plan(), answer)
        assert (verdict.status, verdict.earned) == ("wrong", 0)
        assert verdict.cases[0].message.startswith(says)

    def test_a_list_and_float32_are_scored_as_numbers(self):
        plan = self.exercise.plan()
        assert judged(plan, lambda e, n: rates(e, n).tolist()).earned == 2
        assert judged(plan, lambda e, n: rates(e, n).astype(np.float32)).earned == 2

    def test_an_argument_changed_in_place_earns_no_part(self):
        def spoils(eigenvalues, n_steps):
            result = in_turn(eigenvalues, n_steps)
            eigenvalues[:] = 0
            return result

        assert judged(self.exercise.plan(), spoils).earned == 0

    def test_a_mistake_is_told_by_its_results_and_not_by_its_score(self):
        plan = self.exercise.plan()
        (sentence, wrong), *_ = self.exercise.mistakes
        assert judged(plan, wrong).mistake == sentence
        # It scores the same: a rate beyond the other edge.
        assert not judged(plan, lambda e, n: wrong(e, n) * (1 - 1e-3)).mistake
        assert right_mistakes(plan) == []

    def test_a_mistake_that_earns_too_much_is_named_unless_it_may(self):
        generous = make_reach({0.2: 0.6, 0.99: 1.0})
        assert generous.overpaid(generous.plan()) == ["all steps have one rate"]
        generous.most["all steps have one rate"] = 0.6
        assert generous.overpaid(generous.plan()) == []
        assert self.exercise.overpaid(self.exercise.plan()) == []

    def test_the_reference_must_earn_all(self):
        with pytest.raises(ValueError, match=r"reference does not earn all of the case '4 steps'"):
            make_reach({0.4: 0.5, 0.99: 1.0}, in_turn).plan()

    def test_a_score_that_fails_is_none(self):
        def broken(arguments, result):
            return {}["nothing"]

        broken.__module__ = __name__
        with pytest.raises(ValueError, match="score: .* imports pytest, which a student may not"):
            make_reach({1.0: 1.0}, score=broken)

    @pytest.mark.parametrize(
        "credit", [{}, {0.5: 0.5}, {0.5: 1.0, 0.9: 0.5, 0.95: 1.0}, {0.5: 0.0, 0.9: 1.0}]
    )
    def test_credit_rises_to_one(self, credit):
        with pytest.raises(ValueError, match="credit"):
            make_reach(credit)

    def test_scored_is_not_compared_as(self):
        with pytest.raises(ValueError, match="without compare_as and places"):
            judge(
                rates,
                points=1,
                returns=("x",),
                score=digits_gained,
                credit={1.0: 1.0},
                compare_as=sample,
            )


def test_a_notebook_shows_both(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(exercises, "_display", shown.append)
    monkeypatch.setattr(exercises, "_session", exercises._Session())
    monkeypatch.delenv("GRADUS_REFERENCES", raising=False)
    monkeypatch.setenv("GRADUS_CASES", str(tmp_path))
    repaired = make_repair()
    (tmp_path / "both.cases").write_bytes(write_cases([repaired.plan(), TestReach.exercise.plan()]))
    exercises.chapter("both")
    with pytest.raises(exercises.CheckFailed, match="^total: not answered yet$"):
        exercises.check_as("total", repaired.given)
    with pytest.raises(exercises.CheckFailed, match="^rates: 1 of 2 cases pass, others in part$"):
        exercises.check_as("rates", in_turn)
    exercises.check_as("total", sum)
    exercises.progress()
    lines = [" ".join(line.split()) for line in repr(shown[-1]).splitlines()]
    assert lines[0] == "total 2 / 2 4 of 4 cases pass"
    assert lines[1] == "rates 1.33 / 2 1 of 2 cases pass, others in part"
    assert lines[2] == "all 3.33 / 4"
