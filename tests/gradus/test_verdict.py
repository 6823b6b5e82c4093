"""The verdict: what is right whatever type holds it, what is said first of what is wrong, and what is not said."""

import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradus import values
from gradus.authoring import Call
from gradus.calling import Outcome
from gradus.plan import Case, Mistake, Plan, Quantities, Seen
from gradus.verdict import CaseVerdict, compare, describe, examine

NUMBERS = st.floats(-1e3, 1e3)


def plan_for(*expected, returns=("theta",), points=1, mistakes=(), **tolerance):
    """A plan whose cases, one for each expected result, have no arguments."""
    return Plan(
        exercise="step",
        points=points,
        returns=returns,
        **{"rtol": 1e-7, "atol": 1e-10, **tolerance},
        cases=tuple(Case(f"case {i}", (), (), {}) for i in range(len(expected))),
        expected=expected,
        mistakes=tuple(Mistake(*mistake) for mistake in mistakes),
    )


def returned(*results, **more):
    return [Outcome("returned", result, **more) for result in results]


def message(expected, outcome, returns=("theta",), reveal=True):
    """What is said of one outcome; "" where it is right."""
    outcome = outcome if isinstance(outcome, Outcome) else Outcome("returned", outcome)
    return examine(plan_for(expected, returns=returns), [outcome], reveal).cases[0].message


ARRAY = np.array([[1.0, -2.0, 3.5], [0.0, 4.0, -0.25]])


@pytest.mark.parametrize(
    "answer",
    [
        ARRAY,
        ARRAY.tolist(),
        tuple(map(tuple, ARRAY.tolist())),
        list(ARRAY),
        ARRAY.astype(np.float32),
        ARRAY.astype(np.float16),
        ARRAY.astype(np.longdouble),
        np.asfortranarray(ARRAY),
        ARRAY.view(np.matrix) if hasattr(np, "matrix") else ARRAY,
        ARRAY * (1 + 5e-8),
        ARRAY + 5e-11,
    ],
    ids=lambda answer: f"{type(answer).__name__} {getattr(answer, 'dtype', '')}",
)
def test_numbers_are_numbers_whatever_holds_them(answer):
    assert message(ARRAY, answer) == ""


@pytest.mark.parametrize("answer", [3, 3.0, np.float32(3), np.int8(3), np.array(3), np.uint64(3)])
@pytest.mark.parametrize("expected", [3, 3.0, np.float64(3), np.array(3.0)])
def test_a_number_is_a_number_whatever_holds_it(expected, answer):
    assert message(expected, answer) == ""


@given(arrays(np.float64, array_shapes(min_dims=0, max_dims=3, max_side=4), elements=NUMBERS))
def test_float32_of_the_right_answer_is_right(expected):
    assert message(expected, expected.astype(np.float32)) == ""
    assert message(expected, expected) == ""


SPECIAL = st.sampled_from(
    [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, 1 + 1e-7, 1e308, -1e308, 5e-324]
)


@given(
    arrays(np.float64, (2, 3), elements=SPECIAL | NUMBERS),
    arrays(np.float64, (2, 3), elements=SPECIAL | NUMBERS),
    st.sampled_from([0.0, 1e-7, 0.5]),
    st.sampled_from([0.0, 1e-10, 2.0, np.finfo(float).max]),
)
def test_numbers_are_as_near_as_numpy_says(expected, answer, rtol, atol):
    with np.errstate(all="ignore"):
        near = np.isclose(answer, expected, rtol, atol, equal_nan=True).all()
    assert (compare("theta", expected, answer, rtol, atol) is None) == near


@given(arrays(np.float64, (2, 3), elements=NUMBERS), st.integers(0, 5), st.floats(1e-2, 1.0))
def test_one_wrong_entry_is_found_and_placed(expected, k, by):
    row, column = divmod(k, 3)
    size = np.abs(expected).max() + 1
    wrong = expected.copy()
    wrong[row, column] += by * size
    for answer in (wrong, wrong.astype(np.float32), wrong.tolist()):
        said = message(expected, answer)
        assert said.startswith(f"theta: wrong value at [{row}, {column}]: ")
        assert said.endswith("(1 of 6 are wrong)")


def test_the_tolerances_are_those_of_the_plan():
    tight, wide = plan_for(1.0, rtol=0, atol=1e-12), plan_for(1.0, rtol=0, atol=0.1)
    assert examine(tight, returned(1 + 1e-11)).status == "wrong"
    assert examine(wide, returned(1.05)).status == "right"
    assert examine(plan_for(100.0, rtol=0.01, atol=0), returned(100.9)).status == "right"
    assert examine(plan_for(100.0, rtol=0.01, atol=0), returned(101.1)).status == "wrong"


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_the_tolerance_follows_the_precision_of_the_arguments(dtype):
    """Sums of float32 differ by their order; who hands the sum on as a float is as right."""
    x = np.linspace(0.1, 0.7, 1001).astype(dtype)
    plan = replace(
        plan_for(float(np.sum(x, dtype=np.float64))), cases=(Case("", ("x",), (x,), {}),)
    )
    near, wrong = (returned(plan.expected[0] * by)[0] for by in (1 + 3e-6, 1 + 1e-3))
    coarse = dtype != np.float64
    assert examine(plan, [near]).status == ("right" if coarse else "wrong")
    assert examine(plan, [wrong]).status == "wrong"
    in_a_list = replace(plan, cases=(Case("", ("xs",), ([x, x],), {}),))
    assert examine(in_a_list, [near]).status == examine(plan, [near]).status


def test_float32_is_no_excuse_for_a_wrong_value():
    assert message(np.ones(3), np.float32([1, 1, 1.001])) != ""
    assert message(np.ones(3), np.float64([1, 1, 1.00001])) != ""
    # Cancellation against a large entry is forgiven to float32, by that entry's size.
    assert message(np.array([1e4, 0.01]), np.float32([1e4, 0.02])) == ""
    assert message(np.array([1e4, 0.01]), np.float64([1e4, 0.02])) != ""


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        (np.ones((3, 1)), np.ones(3)),
        (np.ones((1, 3)), np.ones(3)),
        (np.ones(3), np.ones((3, 1))),
        (np.ones((2, 3)), np.ones(3)),
        (np.ones((2, 3)), 1.0),
        (np.ones(3), np.ones(1)),
        (np.ones(1), 1.0),
        (1.0, np.ones(1)),
        (1.0, [1.0]),
        (np.ones((0, 3)), np.ones((3, 0))),
        (np.zeros(3), []),
    ],
)
def test_broadcasting_is_not_forgiven(expected, answer):
    said = message(expected, answer)
    assert said == f"theta: expected shape {np.shape(expected)}, got {np.shape(answer)}"
    assert message(expected, answer, reveal=False) == "theta: wrong shape"


def test_empty_arrays_of_one_shape_are_equal():
    assert message(np.ones((0, 3)), np.ones((0, 3))) == ""


def test_nan_and_infinity():
    expected = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert message(expected, expected) == ""
    for place in range(3):
        wrong = expected.copy()
        wrong[place] = 1.0
        assert message(expected, wrong).startswith(f"theta: wrong value at [{place}]")
    assert "wrong value at [1]" in message(expected, -expected)
    for bad in (np.nan, np.inf, -np.inf):
        answer = np.array([1.0, bad])
        why = "a division by zero, an overflow, or the root or logarithm of a negative number"
        assert message(np.ones(2), answer) == f"theta: {bad:g} at [1]: {why} (1 of 2 are wrong)"
        assert message(np.ones(2), answer, reveal=False) == f"theta: nan or inf: {why}"


def test_complex_numbers_only_where_they_are_expected():
    assert message(1j, 1j) == ""
    assert message(np.array([1.0 + 0j]), [1.0]) == ""
    assert message(1j, 2j) != ""
    assert message(1.0, 1.0 + 0j) == "theta: expected a number, got a complex"


def test_a_string_out_of_an_array_is_the_string_that_it_holds():
    answer = np.array(["new head", "another"])[0]
    for held in (answer, values.unpack(values.pack(answer))):
        assert message("new head", held) == ""
        assert message("old head", held) != ""


@pytest.mark.parametrize("expected", [True, False, np.True_, np.False_, np.array(True)])
def test_truth_values_arrive_as_they_were_in_the_notebook(expected):
    """NumPy's own come back from a sandbox as arrays without axes."""
    for held in (expected, values.unpack(values.pack(expected))):
        for answer in (bool(expected), np.bool_(expected), np.array(bool(expected))):
            assert message(held, answer) == ""
            assert message(held, values.unpack(values.pack(answer))) == ""
            assert message(held, not answer) != ""
            assert message(held, np.array([bool(expected)])) != ""
        assert message(held, "True") != ""
        assert message(held, None) != ""


def test_a_mask_is_an_array_of_numbers():
    mask = np.array([True, False])
    assert message(mask, [1, 0.0]) == ""
    assert message(mask, np.array([True, True])) == (
        "theta: wrong value at [1]: 1, expected 0 (1 of 2 are wrong)"
    )


def test_text_and_none():
    assert message("saddle", "saddle") == ""
    assert message("saddle", "minimum") == "theta: wrong value: 'minimum', expected 'saddle'"
    assert message("saddle", "minimum", reveal=False) == "theta: wrong value"
    assert message("3", 3) != ""
    assert message(None, None) == ""
    assert message(None, 3) != ""


def test_lists_and_dicts_are_compared_item_by_item():
    expected = {"w": np.ones(2), "b": [0.5, (1.5, "x")]}
    assert message(expected, {"b": (0.5, [1.5, "x"]), "w": [1, 1]}) == ""
    assert message(expected, {**expected, "w": [1, 2]}).startswith(
        "theta['w']: wrong value at [1]: 2, expected 1"
    )
    assert message(expected, {**expected, "b": [0.5, (2.5, "x")]}).startswith("theta['b'][1][0]:")
    assert "expected 2 items" in message(expected, {**expected, "b": [0.5]})
    assert "expected 2 items" in message(expected, {**expected, "b": 0.5})
    assert message(expected, {"w": 1}).startswith("theta: expected a dict with keys ['b', 'w'],")
    assert message(expected, [1, 2]).startswith("theta: expected a dict")


TWO = (np.ones(2), np.zeros(2))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (TWO, ""),
        (list(TWO), ""),
        (([1, 1], [0, 0]), ""),
        (np.ones(2), "expected 2 results, a tuple (theta, v), got an array of shape (2,)"),
        (1.0, "expected 2 results, a tuple (theta, v), got a float"),
        ((np.ones(2),), "expected 2 results, a tuple (theta, v), got 1"),
        ((*TWO, 0), "expected 2 results, a tuple (theta, v), got 3"),
        ((), "expected 2 results, a tuple (theta, v), got 0"),
        (TWO[::-1], "theta: wrong value at [0]: 0, expected 1 (2 of 2 are wrong)"),
        ((TWO[0], np.ones(2)), "v: wrong value at [0]: 1, expected 0 (2 of 2 are wrong)"),
        ((TWO[0], np.zeros(3)), "v: expected shape (2,), got (3,)"),
        ((None, TWO[1]), "theta: expected an array of numbers of shape (2,), got None"),
        (None, "returned None: does every path end in `return`?"),
    ],
)
def test_several_results(answer, said):
    assert message(TWO, answer, returns=("theta", "v")).startswith(said)
    assert bool(message(TWO, answer, returns=("theta", "v"))) == bool(said)


def test_one_result_may_be_a_tuple():
    assert message((1.0, 2.0), [1.0, 2.0]) == ""
    assert message((1.0, 2.0), (1.0, 3.0)) == "theta[1]: wrong value: 3, expected 2"
    assert message((1.0, 2.0), 1.0) == "theta: expected 2 items, got a float"


class Refuses:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "answer",
    [
        "1.0",
        ["1.0", "2.0"],
        b"1",
        {"theta": 1},
        {1.0, 2.0},
        object(),
        len,
        [[1.0], [1.0, 2.0]],
        [1.0, None],
        np.array(["1", "2"]),
        np.array([object(), object()]),
        np.array(["2020-01-01"] * 2, dtype="datetime64[D]"),
        Refuses(),
        values.Rng(1),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_is_no_number_is_called_by_its_type(answer):
    said = message(np.ones(2), answer)
    assert said == f"theta: expected an array of numbers of shape (2,), got {describe(answer)}"
    said = message(np.ones(2), answer, reveal=False)
    assert said == f"theta: expected an array of numbers, got {describe(answer, reveal=False)}"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome("not found"), "not answered: there is no function `step`"),
        (Outcome("raised", error="NotImplementedError", message="x"), "not answered yet"),
        (
            Outcome("raised", error="ZeroDivisionError", message="division by zero", line="1 / 0"),
            "raised ZeroDivisionError: division by zero, in the line: 1 / 0",
        ),
        (
            Outcome("raised", error="KeyError", message="'a'"),
            "raised KeyError: 'a'",
        ),
        (Outcome("raised", error="ValueError"), "raised ValueError"),
        (Outcome("timeout"), "took too long and was stopped: is there a loop that does not end?"),
        (Outcome("killed"), "ended its process: it left Python or used too much memory"),
        (Outcome("killed", message="by SIGSEGV"), "ended its process: by SIGSEGV"),
        (Outcome("not data", message="a function"), "expected a number, got a function"),
        (Outcome("not data"), "expected a number, got something else"),
        (Outcome("returned", None), "returned None: does every path end in `return`?"),
        (
            Outcome("returned", 1.0, changed=("theta", "v")),
            "right values, but it changes its argument `theta`, `v` in place: work on a copy",
        ),
        # A wrong value says so before what it did to its arguments.
        (Outcome("returned", 2.0, changed=("theta",)), "theta: wrong value: 2, expected 1"),
    ],
)
def test_each_kind_of_outcome_has_its_message(outcome, said):
    plan = plan_for(1.0)
    verdict = examine(plan, [outcome])
    assert verdict.cases == (CaseVerdict("case 0", False, said),)
    assert verdict.earned == 0


def test_what_is_no_data_is_held_against_the_declared_results():
    outcome = Outcome("not data", message="a function")
    assert message(TWO, outcome, returns=("theta", "v")) == (
        "expected a tuple (theta, v), got a function"
    )
    assert message(np.ones((2, 3)), outcome) == (
        "expected an array of numbers of shape (2, 3), got a function"
    )
    batches = [np.arange(3), np.arange(2)]
    assert message(batches, outcome) == "expected a list of 2, got a function"


def test_the_first_thing_wrong_is_said_first():
    """Type before shape before value; the verdict's sentence is that of the first failed case."""
    plan = plan_for(np.ones(2), np.ones(2), np.ones(2))
    verdict = examine(plan, returned(np.ones(2), np.ones((2, 1)), np.zeros(2)))
    assert [case.passed for case in verdict.cases] == [True, False, False]
    assert verdict.message == "theta: expected shape (2,), got (2, 1) (case: case 1)"


STUB = Outcome("raised", error="NotImplementedError", message="replace this line")


def test_status_and_points():
    plan = plan_for(1.0, 2.0, 3.0, 4.0, points=2)
    right = examine(plan, returned(1, 2, 3, 4))
    assert (right.status, right.earned, right.message) == ("right", 2.0, "all 4 cases pass")
    most = examine(plan, returned(1, 2, 3, 0))
    assert (most.status, most.earned) == ("wrong", 1.0)
    half = examine(plan, returned(1, 2, 0, 0))
    assert (half.status, half.earned) == ("wrong", 0.0)
    none = examine(plan, returned(0, 0, 0, 0))
    assert (none.status, none.earned) == ("wrong", 0.0)
    for outcome in (STUB, Outcome("not found")):
        untouched = examine(plan, [outcome] * 4)
        assert (untouched.status, untouched.earned) == ("not answered", 0.0)
    mixed = examine(plan, [*returned(1, 2, 3), STUB])
    assert (mixed.status, mixed.earned) == ("wrong", 1.0)
    third = examine(plan_for(1.0, 2.0, 3.0, points=1), returned(1, 2, 0))
    assert third.earned == 0.33


def test_cases_of_other_weights():
    plan = plan_for(1.0, 2.0, 3.0, 4.0, points=4)
    first, *rest = plan.cases
    heavy = replace(plan, cases=(replace(first, weight=3.0), *rest))
    assert examine(heavy, returned(0, 2, 3, 4)).earned == 0.0
    assert examine(heavy, returned(1, 0, 3, 4)).earned == pytest.approx(4 * (1 - 2 / 6), abs=0.005)
    assert Plan.from_data(heavy.to_data()) == heavy
    with pytest.raises(ValueError, match="weight=0: expected a positive number"):
        Call("of no weight", 0, x=1.0)


def test_a_partly_right_answer_never_earns_all():
    n = 300
    plan = plan_for(*np.arange(1.0, n + 1), points=1)
    verdict = examine(plan, returned(*np.arange(1.0, n), 0.0))
    assert verdict.status == "wrong"
    assert verdict.earned < 1


def test_one_outcome_for_each_case():
    with pytest.raises(ValueError, match="outcomes: expected 2"):
        examine(plan_for(1.0, 2.0), returned(1.0))


def test_a_known_mistake_is_named():
    plan = plan_for(
        1.0, 2.0, 3.0, mistakes=[("doubled", (2.0, 4.0, 6.0)), ("negated", (-1.0, -2.0, -3.0))]
    )
    assert examine(plan, returned(-1.0, -2.0, -3.0)).message == "negated"
    assert examine(plan, returned(2, 4, 6)).mistake == "doubled"
    # The middle case is right: whoever doubles does not get that.
    assert examine(plan, returned(2, 2, 6)).mistake == ""
    assert examine(plan, returned(2, -2, 6)).mistake == ""
    assert examine(plan, returned(1, 2, 3)).mistake == ""
    assert examine(plan, [*returned(2, 4), STUB]).mistake == ""


def test_of_two_mistakes_that_explain_the_failures_the_closer_is_named():
    plan = plan_for(
        1.0, 2.0, mistakes=[("both cases", (0.0, 0.0)), ("the second case", (1.0, 0.0))]
    )
    assert examine(plan, returned(1, 0)).mistake == "the second case"
    assert examine(plan, returned(0, 0)).mistake == "both cases"
    twins = plan_for(1.0, mistakes=[("the first", (0.0,)), ("the second", (0.0,))])
    assert examine(twins, returned(0)).mistake == "the first"


def test_a_mistake_may_raise():
    raises = {"raised": "ValueError", "says": "The truth value of an array with more than"}
    plan = plan_for(1.0, 2.0, mistakes=[("asks an array", (raises, 2.0))])
    for error, message, named in (
        ("ValueError", "The truth value of an array is ambiguous", True),
        ("ValueError", "operands could not be broadcast together", False),
        ("ValueError", "The truth", False),
        ("ValueError", "", False),
        ("TypeError", "The truth value of an array is ambiguous", False),
    ):
        outcome = Outcome("raised", error=error, message=message)
        verdict = examine(plan, [outcome, *returned(2.0)])
        assert verdict.mistake == ("asks an array" if named else "")


def test_a_mistake_may_raise_without_words():
    known = ({"raised": "ZeroDivisionError", "says": ""}, 2.0)
    plan = plan_for(1.0, 2.0, mistakes=[("divides by zero", known)])
    raised = Outcome("raised", error="ZeroDivisionError", message="division by zero")
    assert examine(plan, [raised, *returned(2.0)]).mistake == "divides by zero"


@pytest.mark.parametrize("fewer", [(1.0, 2.0), (1.0, 2.0, 3.0, 4.0), ()])
def test_a_mistake_may_return_another_number_of_results(fewer):
    returns = ("a", "b", "c")
    plan = plan_for((1.0, 2.0, 3.0), returns=returns, mistakes=[("forgets one", (fewer,))])
    assert examine(plan, returned(fewer)).mistake == "forgets one"
    assert examine(plan, returned(list(fewer))).mistake == "forgets one"
    for other in ((1.0, 9.0), (1.0, 2.0, 9.0), (1.0, 2.0, 3.0, 9.0), 1.0):
        assert examine(plan, returned(other)).mistake == ""


def test_a_right_value_that_fails_for_another_reason_is_no_mistake():
    """The mistake is right on the first case too; what is wrong there is the change in place."""
    plan = plan_for(1.0, 2.0, mistakes=[("forgets", (1.0, 0.0))])
    outcomes = [Outcome("returned", 1.0, changed=("theta",)), Outcome("returned", 2.0)]
    verdict = examine(plan, outcomes)
    assert (
        verdict.mistake
        == "right values, but it changes its argument `theta` in place: work on a copy"
    )
    assert "in place" in verdict.message
    outcomes[1] = Outcome("returned", 0.0, changed=("theta",))
    assert examine(plan, outcomes).message == "forgets"


SECRET, WRONG = 7.77123, 3.33456
SECRETS = re.compile(r"7\.?77|3\.?33|771|334|secret", re.IGNORECASE)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        (SECRET, WRONG),
        (SECRET, np.float32(WRONG)),
        (SECRET, np.nan),
        (np.inf, WRONG),
        (np.full(3, SECRET), np.full(3, WRONG)),
        (np.full(3, SECRET), np.full((1, 3), WRONG)),
        (np.full(3, SECRET), [WRONG, "3.33456", SECRET]),
        (np.full(3, SECRET), [[WRONG], [WRONG, SECRET]]),
        (np.full(3, SECRET), [WRONG, None, SECRET]),
        (np.full(3, SECRET), str(SECRET)),
        (np.full(3, SECRET), {"a": WRONG}),
        (np.full(3, SECRET), None),
        ((SECRET, np.full(2, SECRET)), (SECRET, np.full(2, WRONG))),
        ((SECRET, np.full(2, SECRET)), (SECRET,)),
        ([SECRET, SECRET], [SECRET, WRONG]),
        ([SECRET, SECRET], [SECRET]),
        ({"a": SECRET}, {"a": WRONG}),
        ({"a": SECRET}, [WRONG]),
        ({"a": SECRET}, {"a": [SECRET]}),
        ("secret", "also secret"),
        (777, 333),
        (np.array([777, 777]), np.array([333, 333])),
        (777j, 333j),
    ],
)
def test_a_hidden_case_reveals_no_value(expected, answer):
    returns = ("theta", "v") if isinstance(expected, tuple) else ("theta",)
    plan = plan_for(expected, expected, returns=returns)
    for outcome in (
        Outcome("returned", answer),
        Outcome("returned", answer, changed=("theta",)),
    ):
        verdict = examine(plan, [outcome] * 2, reveal=False)
        assert verdict.status == "wrong"
        said = " ".join([verdict.message, *(case.message for case in verdict.cases)])
        assert not SECRETS.search(said), said


@pytest.mark.parametrize(
    "expected", [np.ones((4, 3)), [np.ones(3), np.ones(2)], {"w": np.ones(3)}, "text", 1.0, True]
)
@pytest.mark.parametrize(
    "answer",
    [
        *(np.ones((17, 23)), np.ones(0), np.full((4, 3), np.inf), np.arange(12.0).reshape(4, 3)),
        *([1.0] * 17, [np.ones(3), np.arange(2.0)], (np.ones(3),) * 2, {"w": np.arange(3.0)}, {}),
        *("23", 23, 23.5, b"23", [["2"], [3, 4]]),
    ],
    ids=repr,
)
def test_a_hidden_case_counts_nothing_that_an_answer_could_choose(expected, answer):
    said = message(expected, answer, reveal=False)
    assert said and not re.search(r"\d", said)


def test_a_visible_case_reveals_both_values():
    assert message(SECRET, WRONG) == "theta: wrong value: 3.33456, expected 7.77123"


def test_two_values_are_shown_with_the_digits_that_tell_them_apart():
    said = message(1.0, 1.000002)
    assert said.startswith("theta: wrong value: 1.000002, expected 1: near, as float32 would be")
    assert message(1e6, 1000000.2).startswith(
        "theta: wrong value: 1000000.2, expected 1000000: near"
    )
    plan = plan_for(1.0, rtol=0, atol=0)
    said = examine(plan, returned(np.nextafter(1, 2))).cases[0].message
    assert said.startswith("theta: wrong value: 1.0000000000000002, expected 1: near")


def test_a_hidden_case_without_a_line_keeps_the_text_of_an_exception_to_itself():
    outcome = Outcome("raised", error="ValueError", message=f"theta was {SECRET}")
    assert message(SECRET, outcome, reveal=False) == "raised ValueError"
    assert "7.77" in message(SECRET, outcome)


def test_what_is_revealed_changes_no_verdict():
    plan = plan_for(np.ones(2), TWO[1], points=2, mistakes=[("zero", (np.zeros(2), np.ones(2)))])
    for outcomes in (
        returned(np.ones(2), np.zeros(2)),
        returned(np.zeros(2), np.ones(2)),
        returned(np.ones(2), "x"),
        [STUB, STUB],
    ):
        shown, hidden = examine(plan, outcomes), examine(plan, outcomes, reveal=False)
        assert replace(shown, cases=()) == replace(hidden, cases=())
        assert [c.passed for c in shown.cases] == [c.passed for c in hidden.cases]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((2, 3), dtype=np.float32), "an array of shape (2, 3) and type float32"),
        ([1, 2], "a list of 2"),
        ((1,), "a tuple of 1"),
        (None, "None"),
        (1.5, "a float"),
        ("text", "a str"),
    ],
)
def test_describe(value, words):
    assert describe(value) == words


def test_compare_names_the_result():
    assert compare("velocity", 1.0, 2.0, 0, 0) == "velocity: wrong value: 2, expected 1"
    assert compare("velocity", 1.0, 1.0, 0, 0) is None


def test_text_in_a_list_is_refused_before_it_becomes_one_array():
    """110 KB of answer would be 1.2 GB: an array gives each entry the room of the longest."""
    answer = ["x"] * 3000 + ["y" * 100_000]
    tracemalloc.start()
    found = compare("y", np.zeros(3001), answer, 0, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == "y: expected an array of numbers of shape (3001,), got a list of 3001"
    assert peak < 2**20
    nested = compare("y", np.zeros((2, 1)), [[1.0], [b"2"]], 0, 0)
    assert nested == "y: expected an array of numbers of shape (2, 1), got a list of 2"


def cases_of(f, *arguments):
    """A plan with a case for each argument `x`, and what f does with them as outcomes."""
    plan = plan_for(
        *(x**2 for x in arguments), mistakes=[("added", tuple(2 * x for x in arguments))]
    )
    cases = tuple(
        replace(c, names=("x",), args=(x,)) for c, x in zip(plan.cases, arguments, strict=True)
    )
    return replace(plan, cases=cases), [Outcome("returned", f(x)) for x in arguments]


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: -(x**2), "minus what is asked, the sign is wrong"),
        (lambda x: x**4, "the square of what is asked"),
        (lambda x: 2 * x**2, "twice what is asked"),
        (lambda x: 0 * x, "0 in place of what is asked"),
        (lambda x: x, "the argument `x` as it was given"),
        (lambda x: (x**2)[::-1], "what is asked in the reversed order"),
        (lambda x: (x**2).astype(int), "what is asked, with its fractions cut off: whole numbers"),
    ],
)
def test_what_no_mistake_explains_is_related_to_what_is_asked(f, said):
    arguments = [np.array([1.5, 2.3, 0.7]), np.array([1.1, 3.2]), np.array([4.4, 2.9])]
    plan, outcomes = cases_of(f, *arguments)
    assert examine(plan, outcomes).mistake == f"in every case `theta`: {said}"
    # In one of the cases alone it says nothing; nor where the very array was changed besides.
    outcomes[1] = Outcome("returned", arguments[1] + 9)
    assert examine(plan, outcomes).mistake == ""
    assert examine(plan, [replace(o, changed=("x",)) for o in outcomes]).mistake == ""


def test_results_in_another_order_and_two_relations_at_once():
    wants = [(1.0, 5.0, 2.0), (3.0, 7.0, 4.0), (6.0, 2.0, 9.0)]
    plan = plan_for(*wants, returns=("a", "b", "c"))
    turned = examine(plan, returned(*((c, a, b) for a, b, c in wants)))
    assert turned.mistake == "the results are right, and in another order: `return a, b, c`"
    two = examine(plan, returned(*((-a, b, 2 * c) for a, b, c in wants)))
    assert two.mistake == (
        "in every case `a`: minus what is asked, the sign is wrong; `c`: twice what is asked"
    )
    # Of three results one is related to nothing.
    assert examine(plan, returned(*((-a, b + 0.5, c) for a, b, c in wants))).mistake == ""


def test_a_mistake_is_named_if_besides_some_case_is_not_finite():
    plan = plan_for(
        1.0, 2.0, 3.0, 4.0, mistakes=[("doubled", (2.0, 4.0, 6.0, 8.0)), ("no", (2.0,) * 4)]
    )
    besides = (
        "doubled; besides, not all numbers are finite: a division by zero, an overflow, "
        "or the root or logarithm of a negative number"
    )
    assert examine(plan, returned(2.0, 4.0, 6.0, np.nan)).mistake == besides
    divided = Outcome("raised", error="ZeroDivisionError")
    assert examine(plan, [*returned(2.0, 4.0, 6.0), divided]).mistake == besides
    other = Outcome("raised", error="ValueError")
    for outcomes in ([*returned(2.0, 4.0, 6.0), other], returned(2.0, 4.0, np.nan, np.inf)):
        assert examine(plan, outcomes).mistake == ""
    # Where two mistakes would do, neither is named.
    twins = plan_for(
        1.0, 3.0, 3.0, 4.0, mistakes=[("a", (2.0, 2.0, 2.0, 1.0)), ("b", (2.0, 2.0, 2.0, 3.0))]
    )
    assert examine(twins, returned(2.0, 2.0, 2.0, np.nan)).mistake == ""


@pytest.mark.parametrize("held", [np.array([1, 2]), [1, 2], np.array([1, 2], np.int32)])
def test_places_may_be_held_as_any_whole_numbers(held):
    plan = replace(plan_for(np.array([1, 2]), returns=("rows",)), places=True)
    assert examine(plan, returned(held)).status == "right"


def test_places_held_as_floats_are_no_places():
    plan = replace(plan_for(np.array([1, 2]), returns=("rows",)), places=True)
    assert "make them whole" in examine(plan, returned(np.array([1.0, 2.0]))).message
    assert "wrong value at [0]" in examine(plan, returned(np.array([5.0, 2.0]))).message
    nested = replace(plan_for([(np.array([1]), np.array([2]))]), places=True)
    assert (
        "make them whole" in examine(nested, returned([(np.array([1]), np.array([2.0]))])).message
    )


GROWTH = """
def growth(arguments, result, before):
    return {"growth": result - before[-1][1] if before else result}
"""


def test_a_quantity_may_depend_on_the_results_before_it():
    """Those of the same side: the answer's own, the reference's, a mistake's."""
    plan, growth = plan_for(1.0, 3.0, 5.0), Quantities("growth", GROWTH)
    seen, thrice = (
        tuple(Seen.of(growth, plan.cases[:n], results[:n]) for n in (1, 2, 3))
        for results in (plan.expected, (1.0, 4.0, 7.0))
    )
    known = (Mistake("it grows by 3", thrice),)
    plan = replace(plan, compare_as=growth, expected=seen, mistakes=known)
    assert examine(plan, returned(1.0, 3.0, 5.0)).status == "right"
    assert [case.passed for case in examine(plan, returned(1.0, 4.0, 6.0)).cases] == [
        True,
        False,
        True,
    ]
    assert examine(plan, returned(1.0, 4.0, 7.0)).mistake == "it grows by 3"
    spoilt = examine(plan, returned(1.0, "3", 5.0))
    assert [case.message for case in spoilt.cases] == [
        "",
        "theta: expected a number, got a str",
        "theta: wrong values",
    ]


def test_what_is_right_but_for_precision_is_told_so():
    want = np.array([1 / 3, 2e-3])
    assert "(2 of 2 are wrong): near, as float32 would be" in message(want, want * (1 + 3e-7))
    hidden = message(want, want * (1 + 3e-7), reveal=False)
    assert hidden.startswith("theta: wrong value: near, as float32 would be")
    assert "float32" not in message(want, want + 1e-3)
    assert "float32" not in message(1e-6 * want, 2e-6 * want)
