"""Submissions that are graded at the same time: what one does to the machine takes no point of another."""

from dataclasses import replace

import pytest

from autograder.grade import many
from autograder.grade.pool import Pool, Task
from autograder.sandbox.host import Limits
from tests.conftest import THOROUGH
from tests.grading.conftest import OTHER, RIGHT
from tests.grading.test_grading import ASSIGNMENT, submitted

pytestmark = pytest.mark.usefixtures("bubblewrap")

# More than one would do to show it; once a week as many as tell luck apart.
ROUNDS = 20 if THOROUGH else 4
LIMITS = Limits(case_seconds=0.8)
# In sessions of their own, each of which the kernel's scheduler may give as much as a whole neighbour.
SPINS = """
def doubled(x, times=1):
    import os
    for _ in range(28):
        if os.fork() == 0:
            os.setsid()
            while True:
                pass
    while True:
        pass
"""
# An eighth of the limit, of a processor's own time.
COMPUTES = f"""
import time
def doubled(x, times=1):
    end = time.process_time() + {LIMITS.case_seconds / 8}
    while time.process_time() < end:
        pass
    return x * 2**times
"""


def marks(grade, tasks):
    return {task.student: sum(sheet.marks.values()) for task, sheet in grade(iter(tasks))}


def test_one_that_spins_in_many_sessions_costs_an_honest_one_nothing():
    spinning, honest = submitted(SPINS, OTHER), submitted(COMPUTES, OTHER)
    tasks = []
    for place in range(ROUNDS):
        tasks += [Task(f"spins {place}", spinning), Task(f"honest {place}", honest)]
    assignment = replace(ASSIGNMENT, limits=LIMITS)
    with Pool(assignment, "bubblewrap", LIMITS, 2) as pool:
        found = marks(many._again_alone(pool.run), tasks)
    assert found == {task.student: 3 if "honest" in task.student else 1 for task in tasks}


def test_what_computed_all_its_time_is_not_graded_again():
    """A loop that does not end, on a machine that has time for it, costs the class its limit once."""
    loops = RIGHT.replace("return", "while True: pass\n    return")
    with Pool(ASSIGNMENT, "bubblewrap", Limits(case_seconds=0.5), 1) as pool:
        ((_, loop), (_, sleep)) = pool.run(
            iter(
                Task("", submitted(answer, OTHER))
                for answer in (loops, loops.replace("pass", "__import__('time').sleep(1)"))
            )
        )
    assert sum(loop.marks.values()) == sum(sleep.marks.values()) == 1
    assert sleep.starved
