"""Whether an answer can keep anything between its calls, as the sandbox reads it from its code."""

import itertools
import math
import types

import numpy as np
import pytest

from autograder.course import Course
from autograder.release.inline import standalone
from autograder.sandbox.inside.memory import forgets
from gradus.authoring import exercises_of
from tests.conftest import ROOT

NAMES = """
import functools, itertools, math, os, random
import numpy as np
from math import exp
from numpy import linalg
from numpy import save, set_printoptions
from numpy.random import default_rng
numbers, memory, count, total, PAIR = [], {}, itertools.count(), 0, (1, 2.0)
append, W, rng = numbers.append, np.ones(2), default_rng(0)
class Layer: calls = 0
class Logged(np.float64): log = []
fields, logged = np.zeros(1, [("t", int)])[0], Logged(1)
ufunc = np.frompyfunc(lambda x: numbers.append(x), 1, 1)
@functools.wraps(np.sum)
def wrapped(x): numbers.append(x)
def square(x): return x * x
def remembers(x): numbers.append(x); return x
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
"""

FORGETS = """
    return x
    return np.exp(x) + math.exp(x) + exp(1) + np.linalg.norm(x) + linalg.norm(x)
    return sum(square(y) for y in x) + PAIR[0] + total
    return even(3)
    out = np.zeros(3); out[0] = x; out += 1; return out
    seen = {}; seen[x] = 1; return list(map(lambda y: y + x, seen))
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner()
    import numpy as other; return other.tanh(x)
    with np.errstate(all="ignore"): return np.float32(x)
    raise ValueError(f"{x}: expected a number")
    return missing
    x.append(1); x[0] = 2; return x
"""

REMEMBERS = """
    numbers.append(x); return x
    append(x)
    memory[x] = 1
    return memory.get(x)
    return next(count)
    global total; total += 1
    answer.calls = 1
    Layer.calls += 1
    return W * x
    return remembers(x)
    return sum(map(remembers, x))
    return rng.normal()
    return np.random.rand()
    return default_rng(0)
    np.seterr(all="raise")
    np.total = 1
    return np.__dict__
    import os; return os.getpid()
    return os.getpid()
    from numpy import random
    return random.random()
    return open("file").read()
    return globals()
    setattr(np, "total", 1)
    exec("total = 1")
    class Kept: pass
    return functools.partial(square, x)
    return (lambda y: numbers)(x)
    return np.empty(3)
    return np.empty_like(x)
    np.save("file", x)
    save("file", x)
    np.asarray(x).tofile("file")
    set_printoptions(precision=3)
    return fields["t"]
    return Logged(x)
    return logged
    return ufunc(x)
    return wrapped(x)
"""


def bodies(text):
    """Each statement of a text that begins at its margin, with what is nested in it up to the next `return`."""
    lines = [line[4:] for line in text.strip("\n").splitlines()]
    parts, part = [], []
    for line in lines:
        part.append(line)
        nested = part[0].startswith("n = 0") and not line.startswith("return inner")
        if not nested:
            parts.append("\n".join(part))
            part = []
    assert not part
    return parts


def made(body, head="def answer(x):"):
    names = {}
    exec(NAMES, names)
    exec(head + "\n    " + body.replace("\n", "\n    "), names)
    return names["answer"]


@pytest.mark.parametrize("body", bodies(FORGETS))
def test_what_changes_nothing_outside_forgets(body):
    assert forgets(made(body)) is True


@pytest.mark.parametrize("body", bodies(REMEMBERS))
def test_what_could_keep_something_is_taken_to_remember(body):
    assert forgets(made(body)) is False


@pytest.mark.parametrize(
    ("default", "kept"), [("1", True), ("(1, None)", True), ("[]", False), ("np.ones(2)", False)]
)
def test_a_default_is_kept_between_calls(default, kept):
    assert forgets(made("return x", f"def answer(x, y={default}):")) is kept
    assert forgets(made("return x", f"def answer(x, *, y={default}):")) is kept


def test_what_a_function_closes_over():
    def maker(held, change=False):
        def plain(x):
            return x + held

        def counts(x):
            nonlocal held
            held += x
            return held

        return counts if change else plain

    assert forgets(maker(1)) and forgets(maker(math.sin)) and forgets(maker(np.tanh))
    assert not forgets(maker([])) and not forgets(maker(1, change=True))
    assert not forgets(maker(itertools.count()))


def test_what_is_no_plain_function_is_taken_to_remember():
    class Answer:
        def __call__(self, x):
            return x

    assert not forgets(Answer()) and not forgets(Answer().__call__) and not forgets(None)
    function = made("return x")
    function.calls = 0
    assert not forgets(function)
    decorated = made("return x", "@functools.cache\ndef answer(x):")
    assert not forgets(decorated)


class Odd(types.ModuleType):
    @property
    def __class__(self):
        raise OSError


def deep(n):
    held = ()
    for _ in range(n):
        held = (held,)
    return held


@pytest.mark.parametrize(
    "make", [lambda: Odd("numpy"), lambda: types.ModuleType("xxx"), lambda: deep(100_000)]
)
def test_what_cannot_be_read_is_taken_to_remember(make):
    function = made("return held")
    function.__globals__["held"] = make()
    assert not forgets(function)


def test_what_a_function_says_of_itself_is_not_believed():
    function = made("numbers.append(x)")
    function.__module__ = "numpy"
    assert not forgets(function)
    function = made("return x")
    function.__module__ = 3
    assert forgets(function)
    function.__code__ = function.__code__.replace(co_code=b"\xff\xff" * 4)
    assert forgets(function) in (True, False)


def test_code_that_holds_itself_many_times_is_read_once():
    inner = made("return x").__code__
    for _ in range(40):
        inner = inner.replace(co_consts=(inner, inner))
    function = made("return x")
    function.__code__ = inner
    assert forgets(function)


def test_most_answers_that_people_write_are_known_to_forget():
    course = Course.find(ROOT)
    found = []
    for chapter in course.chapters():
        for exercise in exercises_of(course.checks_module(chapter)):
            for _, known in [*exercise.variants, *exercise.mistakes]:
                source, names = standalone(known, exercise.name, "exercise"), {}
                if "solutions" not in source:  # of which no student's answer has anything
                    exec(NAMES + "exercise = lambda function: function\n" + source, names)
                    found.append(forgets(names[exercise.name]))
    assert len(found) > 1000
    assert np.mean(found) > 0.9
