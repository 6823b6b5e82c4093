"""Known mistakes as text: parsing, edits, bodies, functions, and what is said where a text is wrong."""

import inspect
import textwrap
import traceback

import numpy as np
import pytest

from gradus import texts
from gradus.authoring import Call, judge
from gradus.validation import POSITIVE, validate

FACTOR = 10.0


def reference_helper(x):
    return FACTOR * x


@validate(mu=POSITIVE)
def step(theta, lr0, lr, mu=0.9):
    """One step.

    With a docstring: theta - lr * theta.
    """
    # This comment belongs to the body.
    moved = theta - lr * lr0
    return moved + mu * theta


def one_line(x): return x + 1  # fmt: skip


def functions(text, reference=step, **names):
    return texts.functions(text, reference, names)


def only(text, reference=step, **names):
    """The one function of a text without a sentence."""
    ((sentence, function),) = functions(
        f"a sentence\n{textwrap.indent(text, '    ')}", reference, **names
    )
    assert sentence == "a sentence"
    return function


def test_sentences_and_what_stands_under_them():
    found = functions("""
        the step goes uphill
            theta - lr -> theta + lr
        a sentence that does not fit into one line of a hundred columns
        goes on in the next

            return theta

        lr is forgotten
            lr * lr0 -> lr0
        or
            moved = theta - lr0

            return moved + mu * theta
        or
            def forgets(theta, lr0, lr, mu=0.9):
                return theta - lr0 + mu * theta
    """)
    assert [sentence for sentence, _ in found] == [
        "the step goes uphill",
        "a sentence that does not fit into one line of a hundred columns goes on in the next",
        "lr is forgotten",
        "lr is forgotten",
        "lr is forgotten",
    ]
    assert [f(2.0, 3.0, 0.5) for _, f in found] == [5.3, 2.0, 0.8, 0.8, 0.8]


def test_edits_are_made_one_after_the_other():
    function = only("theta - lr -> theta - mu\n# Now there are two.\nmu * theta -> lr * theta")
    assert function(2.0, 3.0, 0.5, mu=0.25) == 2.0 - 0.25 * 3.0 + 0.5 * 2.0


def test_an_edit_fits_whole_names_and_may_take_something_out():
    assert only("lr0 -> 1")(2.0, 3.0, 0.5) == 2.0 - 0.5 + 1.8
    assert only("lr -> 1")(2.0, 3.0, 0.5) == 2.0 - 3.0 + 1.8, "lr0 and theta hold lr no second time"
    assert only("+ mu * theta ->")(2.0, 3.0, 0.5) == 0.5


def test_an_edit_may_hold_what_a_pattern_would_read_otherwise():
    def power(x):
        return (x**2) + x[0]

    assert only(r"(x**2) -> x\1".replace("x\\1", "(x + 1)"), power)(np.array([1.0])) == 3.0


@pytest.mark.parametrize(
    "text", ["return x + 2", "x + 1 -> x + 2", "def other(x):\n    return x + 2"]
)
def test_a_reference_without_a_docstring_on_one_line(text):
    assert only(text, one_line)(1) == 3


def test_parameters_and_defaults_are_the_references_unless_a_function_is_given():
    assert inspect.signature(only("return mu")) == inspect.signature(step)
    assert only("def swapped(lr0, theta, lr=2, **rest):\n    return lr0 - theta")(3, 1) == 2


def test_the_arguments_are_not_guarded_as_the_references_are():
    with pytest.raises(ValueError, match="mu: expected"):
        step(1.0, 1.0, 1.0, mu=-1)
    assert only("return mu")(1.0, 1.0, 1.0, mu=-1) == -1


def test_names_of_the_references_module_come_first_then_those_of_the_checks():
    ten = only("return reference_helper(theta) + other", other=1, reference_helper=None)
    assert ten(2.0, 0, 0) == 21.0
    assert only("return 2 * step(theta, lr0, lr)", step="an exercise")(2.0, 3.0, 0.5) == 4.6


def test_a_function_may_call_itself_by_its_own_name():
    depth = only(
        "def depth(x):\n    return 1 + depth(x[0]) if isinstance(x, list) else 0", one_line
    )
    assert depth([[0]]) == 2
    assert "depth" not in globals()


def test_a_body_may_begin_with_a_function():
    assert only("def twice(x):\n    return 2 * x\nreturn twice(theta)")(1.0, 0, 0) == 2.0


def test_an_exercise_numbers_its_texts():
    @judge(one_line, points=1, returns=("y",))
    def cases(rng):
        yield Call("a number", x=rng.uniform())

    @cases.mistake("a function, first")
    def first(x):
        return x

    cases.add_mistakes("as text\n    return x + 2")
    cases.add_variants("as text, too\n    return 1 + x")
    assert [sentence for sentence, _ in cases.mistakes] == ["a function, first", "as text"]
    assert [sentence for sentence, _ in cases.variants] == ["as text, too"]
    assert cases.mistakes[1][1].__code__.co_filename == f"<{__name__}.one_line, mistake 2>"
    assert cases.variants[0][1].__code__.co_filename == f"<{__name__}.one_line, variant 1>"


def test_a_traceback_shows_the_line_and_the_source_is_found():
    function = only("theta - lr -> theta / 0")
    with pytest.raises(ZeroDivisionError) as raised:
        function(1.0, 1.0, 1.0)
    shown = "".join(traceback.format_exception(raised.value))
    assert (
        f'File "<{__name__}.step, text 1>", line 3, in step\n    moved = theta / 0 * lr0' in shown
    )
    assert inspect.getsource(function).splitlines() == [
        "def step(theta, lr0, lr, mu=0.9):",
        "    # This comment belongs to the body.",
        "    moved = theta / 0 * lr0",
        "    return moved + mu * theta",
    ]


WRONG = {
    "an edit that fits nowhere": (
        "a sentence\n    theta + lr -> theta",
        "step, 'a sentence': the edit `theta + lr -> theta` must fit exactly once, and fits nowhere in\n\n"
        "# This comment belongs to the body.\nmoved = theta - lr * lr0\nreturn moved + mu * theta",
    ),
    "an edit that fits twice": (
        "a sentence\n    theta -> 1",
        "step, 'a sentence': the edit `theta -> 1` must fit exactly once, and fits 2 times in\n\n",
    ),
    "an edit that no longer fits": (
        "a sentence\n    lr0 -> 1\n    lr * lr0 -> lr",
        "the edit `lr * lr0 -> lr` must fit exactly once, and fits nowhere in\n\n"
        "# This comment belongs to the body.\nmoved = theta - lr * 1\n",
    ),
    "two arrows": (
        "a sentence\n    lr -> mu -> lr",
        "step, 'a sentence': the edit `lr -> mu -> lr` has more than one arrow",
    ),
    "edits of which no Python comes": (
        "a sentence\n    lr * lr0 -> lr *",
        "step, 'a sentence': invalid syntax, in the line `moved = theta - lr *`",
    ),
    "a body that is no Python": (
        "a sentence\n    moved = 1\n    return moved moved",
        "step, 'a sentence': invalid syntax, in the line `return moved moved`",
    ),
    "a function that is no Python": (
        "a sentence\n    def other(x)\n        return x",
        "step, 'a sentence': expected ':', in the line `def other(x)`",
    ),
    "edits and statements together": (
        "a sentence\n    lr0 -> lr\n    return theta",
        "step, 'a sentence': invalid syntax, in the line `lr0 -> lr`",
    ),
    "a name that is nowhere": (
        "a sentence\n    return [no_helper(part) for part in theta]",
        "step, 'a sentence': there is no `no_helper`",
    ),
    "nothing below the last": (
        "a sentence\n    return theta\nanother sentence",
        "step, 'another sentence': nothing stands indented below it",
    ),
    "nothing below one": (
        "a sentence\n\nanother sentence\n    return theta",
        "step, 'a sentence': nothing stands indented below it",
    ),
    "no sentence": (
        "or\n    return theta",
        "step: no sentence stands at the margin above 'return theta'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case):
    text, message = WRONG[case]
    with pytest.raises(ValueError) as raised:
        functions(text)
    assert message in str(raised.value)


def test_two_exercises_of_one_name_keep_their_own_lines():
    """Two courses in one process: what the second records must not stand for what the first did."""

    def twin(module):
        def same(x):
            """x."""
            return x

        same.__module__ = module
        return same

    (first,) = texts.functions("wrong\n    return x + 1", twin("a.chapter"), {})
    (second,) = texts.functions("wrong\n    return x + 2", twin("another.chapter"), {})
    assert "x + 1" in inspect.getsource(first[1]) and "x + 2" in inspect.getsource(second[1])
