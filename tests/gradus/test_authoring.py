"""How an author says what is right: cases from a seed, plans as data, mistakes and variants."""

import types

import numpy as np
import pytest

from gradus import values
from gradus.authoring import (
    PUBLIC_SEED,
    Call,
    Plan,
    Written,
    exercises_of,
    judge,
    run,
    written_of,
)
from gradus.calling import Outcome
from gradus.values import Problem, Rng
from gradus.verdict import examine


def scale(x, by=2.0, rng=None, gradient=None):
    x = np.asarray(x) * by
    if rng is not None:
        x = x + rng.normal(size=x.shape)
    return x if gradient is None else gradient(x)


def make():
    """A new exercise on `scale`."""

    @judge(scale, points=2, returns=("y",), rtol=1e-3, atol=1e-4)
    def scale_cases(rng):
        yield Call("a vector", x=rng.normal(size=3))
        yield Call("by three", x=rng.normal(size=2), by=3.0)
        yield Call("by the default, with a generator", x=np.ones(2), rng=Rng(5))
        yield Call("a gradient", x=np.ones(2), by=1.5, gradient=Problem("bowl", "gradient"))

    @scale_cases.mistake("it was added")
    def added(x, by=2.0, rng=None, gradient=None):
        return x + by

    @scale_cases.mistake("it raises, or it divides by zero")
    def raises(x, by=2.0, rng=None, gradient=None):
        return {}["no"] if by == 3 else x / 0

    @scale_cases.variant("the other way round")
    def swapped(x, by=2.0, rng=None, gradient=None):
        return scale(x, by, rng, gradient)

    assert added(1) == 3, "the decorator hands the function back"
    return scale_cases


def test_what_the_author_said():
    exercise = make()
    assert exercise.name == "scale"
    assert exercise.reference is scale
    assert [text for text, _ in exercise.mistakes] == [
        "it was added",
        "it raises, or it divides by zero",
    ]
    assert [text for text, _ in exercise.variants] == ["the other way round"]
    plan = exercise.plan()
    assert (plan.exercise, plan.points, plan.returns) == ("scale", 2, ("y",))
    assert (plan.rtol, plan.atol) == (1e-3, 1e-4)
    assert [case.label for case in plan.cases] == [
        "a vector",
        "by three",
        "by the default, with a generator",
        "a gradient",
    ]


def test_arguments_go_by_position_so_that_a_student_may_rename_them():
    vector, three, generator, gradient = make().plan().cases
    assert (vector.names, len(vector.args)) == (("x",), 1)
    assert (three.names, three.args[1]) == (("x", "by"), 3.0)
    # What is left out in between is given its default.
    assert (generator.names, generator.args[1:]) == (("x", "by", "rng"), (2.0, Rng(5)))
    assert gradient.names == ("x", "by", "rng", "gradient")
    assert gradient.args[-1] == Problem("bowl", "gradient")
    assert all(case.kwargs == {} for case in (vector, three, generator, gradient))


def test_keyword_only_parameters_go_by_name():
    def draw(n, *, rng=None):
        return n

    @judge(draw, points=1, returns=("n",))
    def cases(rng):
        yield Call("both", n=1, rng=Rng(5))

    (case,) = cases.plan().cases
    assert (case.names, case.args, case.kwargs) == (("n", "rng"), (1,), {"rng": Rng(5)})


def test_a_case_without_a_needed_argument():
    @judge(scale, points=1, returns=("y",))
    def cases(rng):
        yield Call("half a call", by=2.0)

    with pytest.raises(TypeError, match="^scale: case 'half a call' gives no 'x'$"):
        cases.plan()


def test_a_hidden_case_that_is_the_shown_one_by_chance_is_drawn_again():
    @judge(scale, points=1, returns=("y",))
    def cases(rng):
        yield Call("by hand", x=np.ones(2))
        yield Call("one of nine", x=np.full(3, rng.integers(9)))
        yield Call("any", x=rng.normal(size=3))

    (shown,) = (case.args[0][0] for case in cases.plan().cases if case.label == "one of nine")
    first = [
        next(c for c in cases._cases(seed) if c.label == "one of nine") for seed in range(1, 21)
    ]
    assert any(case.args[0][0] == shown for case in first)
    for seed in range(1, 21):
        assert [case.label for case in cases.plan(seed).cases] == ["one of nine", "any"]


def test_numbers_are_those_of_python():
    @judge(scale, points=1, returns=("y",))
    def cases(rng):
        yield Call("one", x=[rng.normal(), np.int64(2)], by=rng.uniform())

    (case,) = cases.plan().cases
    assert [type(value) for value in (*case.args[0], case.args[1])] == [float, int, float]


def test_names_follow_the_order_of_args_then_kwargs():
    for case in make().plan().cases:
        assert case.names == (*case.names[: len(case.args)], *case.kwargs)


def test_expected_results_are_those_of_the_reference():
    plan = make().plan()
    vector, three, generator, gradient = plan.cases
    np.testing.assert_array_equal(plan.expected[0], 2 * vector.args[0])
    np.testing.assert_array_equal(plan.expected[1], 3 * three.args[0])
    drawn = np.random.default_rng(5).normal(size=2)
    np.testing.assert_array_equal(plan.expected[2], 2 + drawn)
    np.testing.assert_allclose(plan.expected[3], [0.15, 3.0])


def test_a_mistakes_results_and_errors_are_recorded_without_a_warning(recwarn):
    added, raises, unused = make().plan().mistakes
    assert added.sentence == "it was added"
    np.testing.assert_array_equal(added.results[1], make().plan().cases[1].args[0] + 3)
    assert raises.results[1] == {"raised": "KeyError", "says": ""}
    assert np.isinf(raises.results[0]).all()
    assert unused.sentence == "the argument `by` is not used, only its default, 2.0"
    judged = make()
    judged.mistake("the mean of nothing")(lambda x, by=2.0: np.mean(x[:0]))
    judged.plan()
    assert not recwarn


def test_a_mistake_that_is_written_with_a_list_names_an_array():
    exercise = make()

    @exercise.mistake("one too many")
    def added_one(x, by=2.0, rng=None, gradient=None):
        return [float(entry) + 1 for entry in x]

    @exercise.mistake("a ragged list")
    def ragged(x, by=2.0, rng=None, gradient=None):
        return [[1.0], [1.0, 2.0]]

    plan = exercise.plan()
    known = {mistake.sentence: mistake.results for mistake in plan.mistakes}
    assert known["a ragged list"][0] == [[1.0], [1.0, 2.0]]
    for kind in (np.array, list):
        answers = [Outcome("returned", kind(case.args[0] + 1)) for case in plan.cases]
        assert examine(plan, answers).mistake == "one too many"


def test_one_seed_one_plan():
    def packed(exercise, *seed):
        return values.pack(exercise.plan(*seed).to_data())

    assert packed(make()) == packed(make()) == packed(make(), PUBLIC_SEED)
    assert len({packed(make(), seed) for seed in (0, 1, 2, 2**200, "a word", -1)}) == 6


def test_exercises_of_one_generator_draw_apart():
    def other(x, by=2.0):
        return np.asarray(x) * by

    def cases(rng):
        yield Call("a vector", x=rng.normal(size=3))

    first, second = (
        judge(function, points=1, returns=("y",))(cases).plan().cases[0].args[0]
        for function in (scale, other)
    )
    assert not np.array_equal(first, second)


def test_a_case_that_is_the_same_at_every_seed_is_shown_and_does_not_grade():
    exercise = make()
    assert [case.label for case in exercise.plan().cases][2:] == [
        "by the default, with a generator",
        "a gradient",
    ]
    hidden = exercise.plan(3)
    assert [case.label for case in hidden.cases] == ["a vector", "by three"]
    assert len(hidden.expected) == len(hidden.mistakes[0].results) == 2

    @judge(scale, points=1, returns=("y",))
    def always(rng):
        yield Call("a number", x=1.0)

    assert len(always.plan(3).cases) == 1


def test_a_plan_travels_as_data():
    plan = make().plan()
    data = values.unpack(values.pack(plan.to_data()))
    back = Plan.from_data(data)
    assert values.pack(back.to_data()) == values.pack(plan.to_data())
    assert back.cases[2].args[-1] == Rng(5)
    assert isinstance(back.cases, tuple)
    assert isinstance(back.mistakes[0].results, tuple)
    assert back.exercise == plan.exercise
    np.testing.assert_array_equal(back.expected[0], plan.expected[0])


def test_a_case_names_a_parameter_that_is_none():
    @judge(scale, points=1, returns=("y",))
    def cases(rng):
        yield Call("a typing error", x=1.0, bye=2.0)

    with pytest.raises(TypeError, match="^scale: case 'a typing error' has no parameter 'bye'$"):
        cases.plan()


def test_the_label_may_be_a_parameters_name():
    def label_step(label):
        return label

    @judge(label_step, points=1, returns=("label",))
    def cases(rng):
        yield Call("any", label=3)

    assert cases.plan().expected == (3,)


def test_the_tolerances_of_an_author_who_gives_none():
    def cases(rng):
        yield Call("one", x=1.0)

    plan = judge(scale, points=1, returns=("y",))(cases).plan()
    assert (plan.rtol, plan.atol) == (1e-7, 1e-10)


def test_run_gives_each_call_its_own_copies():
    def spoils(x):
        x += 1
        return x

    @judge(spoils, points=1, returns=("x",))
    def cases(rng):
        yield Call("one", x=np.zeros(2))

    @cases.mistake("spoils it too")
    def twice(x):
        x += 2
        return x

    plan = cases.plan()
    np.testing.assert_array_equal(plan.cases[0].args[0], [0, 0])
    np.testing.assert_array_equal(plan.expected[0], [1, 1])
    np.testing.assert_array_equal(plan.mistakes[0].results[0], [2, 2])
    for _ in range(2):
        np.testing.assert_array_equal(run(spoils, plan.cases[0]), [1, 1])


def test_a_reference_that_raises_stops_the_author():
    def broken(x):
        raise ZeroDivisionError("in the reference")

    @judge(broken, points=1, returns=("x",))
    def cases(rng):
        yield Call("one", x=1)

    with pytest.raises(ZeroDivisionError, match="in the reference"):
        cases.plan()


def test_exercises_and_questions_in_the_order_of_the_module():
    module = types.ModuleType("lesson")
    second, first = make(), make()
    module.later, module.question, module.earlier = (
        first,
        Written("why", 2, "- 2 points: x"),
        second,
    )
    module.other = "not an exercise"
    assert [found is first or found is second for found in exercises_of(module)] == [True, True]
    assert exercises_of(module)[0] is first
    assert [written.name for written in written_of(module)] == ["why"]


def test_numbers_inside_arguments_are_pythons_own():
    def first(values, settings):
        return values[0]

    @judge(first, points=1, returns=("x",))
    def cases(rng):
        yield Call("one", values=[np.float64(1.5)], settings={"lr": (np.float32(0.5), np.int8(2))})

    values_given, settings = cases.plan().cases[0].args
    assert [type(x) for x in values_given] == [float]
    assert settings == {"lr": (0.5, 2)}
    assert [type(x) for x in settings["lr"]] == [float, int]
