"""One call of an answer: what it did, as data, within its time."""

import signal
import threading
import time

import numpy as np
import pytest

from gradus import calling, values
from gradus.calling import Outcome, call, call_cases
from gradus.plan import Case

ONE = Case("one number", ("x",), (2.0,), {})
ARRAY = Case("an array", ("x",), (np.arange(3.0),), {})


def test_a_result_comes_as_data_and_a_changed_argument_by_its_name():
    outcome = call(lambda x: x + 1, ARRAY)
    assert (outcome.kind, list(outcome.value), outcome.changed) == ("returned", [1, 2, 3], ())

    def spoils(x):
        x[0] = 7
        return x

    outcome = call(spoils, ARRAY)
    assert outcome.changed == ("x",)
    assert ARRAY.args[0][0] == 0, "an answer gets copies"


def test_an_error_is_told_with_the_line_that_raised_it():
    def fails(x):
        return x + missing  # noqa: F821

    outcome = call(fails, ONE)
    assert outcome == Outcome(
        "raised",
        error="NameError",
        message="name 'missing' is not defined",
        line="return x + missing  # noqa: F821",
    )


def test_leaving_python_is_an_error_of_the_answer_and_an_interrupt_is_the_readers():
    assert call(lambda x: exit(), ONE).error == "SystemExit"

    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(interrupted, ONE)


def test_memory_that_is_not_there_is_not_the_readers_fault_alone():
    def greedy(x):
        raise MemoryError

    assert call(greedy, ONE) == Outcome("killed", message="it used too much memory")


@pytest.mark.parametrize("value", [{1, 2}, object(), {"a": {3}}, {1: 2}, [lambda: 1], iter(())])
def test_what_is_no_data_is_refused_here_as_by_the_grader(value):
    (outcome,) = call_cases(lambda x: value, [ONE])
    assert outcome == Outcome("not data", message=values.kind(value))


class Unpleasant:
    def __array__(self, *_, **__):
        raise RuntimeError


def test_an_object_that_cannot_become_an_array_is_no_data():
    assert call_cases(lambda x: Unpleasant(), [ONE])[0].kind == "not data"


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(calling, "CASE_SECONDS", 0.1)


def for_ever(x):
    while True:
        pass


def test_a_loop_without_end_is_ended_and_the_other_cases_are_not_tried(short):
    calls = []

    def answer(x):
        calls.append(x)
        for_ever(x)

    before = signal.getsignal(signal.SIGALRM)
    outcomes = call_cases(answer, [ONE, ONE, ONE])
    assert outcomes == [Outcome("timeout")] * 3
    assert calls == [2.0]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_loop_that_catches_every_exception_is_ended_too(short):
    def stubborn(x):
        while True:
            try:
                time.sleep(0.001)
            except Exception:
                continue

    assert call_cases(stubborn, [ONE]) == [Outcome("timeout")]


def test_without_an_alarm_the_interrupt_ends_it(short, monkeypatch):
    """As on Windows."""
    monkeypatch.delattr(signal, "setitimer")
    assert call_cases(for_ever, [ONE]) == [Outcome("timeout")]
    assert call_cases(lambda x: x, [ONE]) == [Outcome("returned", 2.0)]

    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_cases(interrupted, [ONE])


def test_where_nothing_can_be_limited_the_call_is_made(monkeypatch):
    """As in a browser's worker, which has no threads; and in a thread, which no signal reaches."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call_cases(lambda x: x, [ONE])))
    thread.start()
    thread.join()
    monkeypatch.delattr(signal, "setitimer")

    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    found.append(call_cases(lambda x: x, [ONE]))
    assert found == [[Outcome("returned", 2.0)]] * 2
