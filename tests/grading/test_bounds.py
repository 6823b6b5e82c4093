"""What a submission sends costs the grader no more than its bounds: memory, time, processes."""

import contextlib
import os
import signal
import socket
import struct
import threading
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.grade import one, pool, reading
from autograder.grade.many import TROUBLE, _told
from autograder.sandbox.host import Connection, Limits
from gradus import values
from gradus.verdict import compare
from tests.grading.conftest import OTHER, RIGHT
from tests.grading.test_grading import ASSIGNMENT, LIMITS

MEGABYTE = 2**20


def cost(call):
    """What a call returns or raises, and the megabytes that it takes at its peak."""
    tracemalloc.start()
    try:
        said = call()
    except Exception as error:
        said = error
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return said, peak / MEGABYTE


@pytest.mark.parametrize(
    "answer",
    [
        ["x"] * 3000 + ["y" * 100_000],
        [np.zeros(16_000, bool)] * 800 + [np.zeros(16_000, complex)],
        [[True] * 1000] * 1000 + [[1j] * 1000],
        [np.float16(1)] * 100_000,
    ],
    ids=["text", "complex", "nested", "half"],
)
def test_no_array_is_made_of_lists_before_their_shape_fits(answer):
    said, megabytes = cost(lambda: compare("y", np.zeros(3), answer, 1e-6, 1e-6))
    assert said.startswith("y: expected ")
    assert megabytes < 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([[1, 2], [3]], "y: expected an array of numbers of shape (2, 2), got a list of 2"),
        ([[1, 2], [3, None]], "y: expected an array of numbers of shape (2, 2), got a list of 2"),
        (
            [[1, 2], [3, 10**4000]],
            "y: expected an array of numbers of shape (2, 2), got a list of 2",
        ),
        ([1, 2, 3, 4], "y: expected shape (2, 2), got (4,)"),
        ([], "y: expected shape (2, 2), got (0,)"),
        ([[1, 2], np.array([3, 4])], None),
        (([1.0, np.float32(2)], [np.array(3), 4]), None),
    ],
)
def test_nested_lists_are_judged_as_the_array_that_they_make(answer, said):
    assert compare("y", np.array([[1, 2], [3, 4]]), answer, 1e-6, 1e-6) == said


def test_a_head_of_brackets_is_refused_before_it_is_read():
    head = b'["list"' + b",{}" * (values.MAX_HEAD // 3 - 10) + b"]"
    data = values._MAGIC + struct.pack("<I", len(head)) + head
    said, megabytes = cost(lambda: values.unpack(data))
    assert isinstance(said, values.NotData)
    assert megabytes < 20  # of these, eight are a copy


def test_items_are_counted_over_all_that_a_submission_sends():
    ours, theirs = socket.socketpair()
    frame = values.pack([{"a": 0}] * 40_000)
    sender = threading.Thread(
        target=lambda: [theirs.sendall(struct.pack("<I", len(frame)) + frame) for _ in range(9)]
    )
    sender.start()
    connection, whole = Connection(ours, Limits()), 0
    for _ in range(9):
        with contextlib.suppress(values.NotData):
            whole += len(connection.receive(60)) == 40_000
    sender.join()
    theirs.close(), ours.close()
    assert whole == 2 * values.MAX_ITEMS // 80_001


def read(text):
    try:
        return reading.cells_of(text.encode(), SimpleNamespace(cells=[]), [])
    except reading.NotANotebook as error:
        return str(error)


def test_a_long_broken_file_is_looked_through_a_few_times_only(monkeypatch):
    text = '{"cells":[' + '{"cell_type":"code","m":[' * 60 + '"abcdef",' * 100_000
    passed = []

    class Counting(reading.json.JSONDecoder):
        def raw_decode(self, s, idx=0):
            passed.append(len(s) - idx)
            return super().raw_decode(s, idx)

    monkeypatch.setattr(reading, "_JSON", Counting(strict=False))
    monkeypatch.setattr(reading, "_MAX_BROKEN_CHARS", 3 * len(text))
    assert read(text) == "the file is not JSON, or ends before its first cell"
    assert sum(passed) <= 5 * len(text)


def test_many_short_texts_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(reading, "MAX_QUOTES", 10_000)
    text = '{"cells":[{"cell_type":"code","source":"x","metadata":[' + '"ab",' * 10_000 + '""]}]}'
    assert read(text) == "the file has more than 10,000 quotation marks"


def _forever():
    while True:
        pass


class TestWorkers:
    """What reads and judges a submission is made to go wrong over one of a class of three."""

    @pytest.fixture
    def grade(self, bubblewrap, monkeypatch, submission):
        def run(wrong):
            whole = one.read

            def read(data, *arguments):
                if data == b"bad":
                    wrong()
                return whole(data, *arguments)

            monkeypatch.setattr(one, "read", read)
            tasks = [pool.Task(name, data) for name, data in submission.items()]
            with pool.Pool(ASSIGNMENT, "bubblewrap", LIMITS, 1) as workers:
                return {task.student: sheet for task, sheet in workers.run(iter(tasks))}

        return run

    @pytest.fixture
    def submission(self):
        import nbformat

        notebook = nbformat.from_dict(ASSIGNMENT.released)
        right = nbformat.writes(notebook)
        document = reading.json.loads(right)
        for cell in document["cells"]:
            cell["source"] = {"doubled": RIGHT, "other": OTHER}.get(cell["id"], cell["source"])
        data = reading.json.dumps(document).encode()
        return {"anna": data, "bad": b"bad", "carol": data}

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            (lambda: bytearray(2 * pool.MEMORY_BYTES), "it took more memory than the grader has"),
            (
                lambda: os.kill(os.getpid(), signal.SIGKILL),
                "the grader's process ended 2 times over it",
            ),
            (_forever, "the grader spent 1 seconds on it, the sandbox's not counted"),
            # In C, where no handler of Python's is called.
            (lambda: any(iter(int, 1)), "the grader's process ended 2 times over it"),
        ],
        ids=["memory", "killed", "loop", "loop in C"],
    )
    def test_it_has_a_verdict_and_costs_no_other_anything(self, grade, monkeypatch, wrong, why):
        monkeypatch.setattr(pool, "PROCESSOR_SECONDS", 1.0)
        sheets = grade(wrong)
        full = {"check-doubled": 2.0, "check-other": 1.0}
        assert [sheets[name].failure for name in ("anna", "bad", "carol")] == ["", "", ""]
        assert sheets["anna"].marks == sheets["carol"].marks == full
        assert sheets["bad"].marks == dict.fromkeys(full, 0.0)
        line = f"not gradable: {why}; a person must look at it"
        assert sheets["bad"].defects == (line,)
        assert line.replace("'", "") in sheets["bad"].notebook.decode().replace("'", "")
        told = _told("bad", "graded", False, sheets["bad"].defects, 0.0, 3.0)
        assert told.state in TROUBLE and told.state == "not gradable"
        assert told.note == line.removeprefix("not gradable: ")
