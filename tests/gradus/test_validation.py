"""Guards on hyperparameters: what each range holds, and that nothing of the function changes."""

import inspect
import math
from fractions import Fraction

import numpy as np
import pytest

from gradus import validation
from gradus.validation import validate as guard

INF, NAN = float("inf"), float("nan")
NEVER = [NAN, INF, -INF, None, "1", 1j, [], [0.5, 0.5], np.array([0.5, 0.5]), {}, len]


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("POSITIVE", [1e-300, 1, 1.5, 1e300, np.float32(2)], [0, -0.0, -1]),
        ("NONNEGATIVE", [0, -0.0, 1e-300, 1e300, Fraction(1, 2)], [-1e-300, -1]),
        ("FRACTION", [0, 0.5, 0.999999, np.float64(0.9)], [1, 1.0, -1e-300, 2]),
        ("PROPER_FRACTION", [1e-300, 0.5, 0.999999], [0, 1, -0.5, 2]),
        ("COUNT", [0, 1, 7.0, np.int64(3), 10**12], [-1, 0.5, 7.000001]),
        ("POSITIVE_COUNT", [1, 7.0, np.int8(3)], [0, -1, 1.5]),
    ],
)
def test_ranges(name, inside, outside):
    @guard(x=getattr(validation, name))
    def same(x):
        return x

    for value in inside:
        assert same(value) is value
        assert same(x=value) is value
    for value in [*outside, *NEVER]:
        with pytest.raises(ValueError, match=r"^x: expected a .+, got ") as caught:
            same(value)
        assert str(caught.value).endswith(f"got {value!r}")


def test_the_words_say_the_range():
    assert validation.POSITIVE[0] == "a finite number above 0"
    assert validation.NONNEGATIVE[0] == "a finite number of at least 0"
    assert validation.FRACTION[0] == "a number in [0, 1)"
    assert validation.PROPER_FRACTION[0] == "a number in (0, 1)"
    assert validation.COUNT[0] == "a whole number of at least 0"
    assert validation.POSITIVE_COUNT[0] == "a whole number of at least 1"


@guard(lr=validation.POSITIVE, mu=validation.FRACTION)
def step(theta, lr, *, mu=0.9):
    """Documented."""
    return theta - lr * mu


def test_the_function_keeps_its_face():
    assert step.__name__ == "step"
    assert step.__doc__ == "Documented."
    assert str(inspect.signature(step)) == "(theta, lr, *, mu=0.9)"
    assert step(1.0, 0.5, mu=0.5) == 0.75


def test_the_first_argument_out_of_range_is_named_before_anything_runs():
    with pytest.raises(ValueError, match="^lr: expected a finite number above 0, got -1$"):
        step(None, -1, mu=7)
    with pytest.raises(ValueError, match=r"^mu: expected a number in \[0, 1\), got 1$"):
        step(None, 1, mu=1)


def test_what_is_not_guarded_is_left_alone():
    with pytest.raises(TypeError):
        step(None, 1)


def test_a_default_is_guarded_too():
    @guard(x=validation.POSITIVE)
    def bad(x=math.inf):
        return x

    with pytest.raises(ValueError, match="^x: expected"):
        bad()


def test_a_call_that_does_not_fit_is_a_type_error():
    for args, kwargs in (((), {}), ((1, 2, 3), {}), ((1, 2), {"nu": 1})):
        with pytest.raises(TypeError):
            step(*args, **kwargs)


def test_a_guard_for_no_parameter_is_refused_where_it_is_written():
    with pytest.raises(TypeError, match="^f has no parameter 'lr' to guard"):

        @guard(lr=validation.POSITIVE)
        def f(x):
            return x


@validation.shapes(x="n d", y="n", weights="d d")
def fit(x, y, weights=((1.0, 0.0), (0.0, 1.0)), *, lr=0.1):
    """Kept."""
    return x, y, weights, lr


def test_shapes_that_fit_pass_unchanged():
    x, y = np.zeros((3, 2)), [1.0, 2.0, 3.0]
    assert fit(x, y)[0] is x
    assert fit(x, y=y, lr=0.5)[1] is y
    assert fit.__doc__ == "Kept."
    assert list(inspect.signature(fit).parameters) == ["x", "y", "weights", "lr"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((np.zeros(3), np.zeros(3)), "x: expected shape (n, d), nothing empty, got (3,)"),
        ((np.zeros((0, 2)), np.zeros(0)), "x: expected shape (n, d), nothing empty, got (0, 2)"),
        ((np.zeros((3, 2)), np.zeros(2)), "y: expected shape (n,) with n = 3, got (2,)"),
        ((np.zeros((3, 2)), 1.0), "y: expected shape (n,) with n = 3, got ()"),
        ((np.zeros((3, 1)), np.zeros(3)), "weights: expected shape (d, d) with d = 1, got (2, 2)"),
        (
            (np.zeros((3, 2)), np.zeros(3), np.zeros((2, 3))),
            "weights: expected shape (d, d) with d = 2, got (2, 3)",
        ),
    ],
)
def test_a_shape_that_does_not_fit_is_named(arguments, said):
    with pytest.raises(ValueError) as raised:
        fit(*arguments)
    assert str(raised.value) == said


def test_shapes_for_no_parameter_are_refused_where_they_are_written():
    with pytest.raises(TypeError, match="^f has no parameter 'y' to guard"):

        @validation.shapes(y="n")
        def f(x):
            return x
