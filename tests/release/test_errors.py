"""What is wrong with a chapter is said in one line, with exit status 2, and nothing is written."""

import subprocess
import sys

import pytest

from tests.release.conftest import CHECK, CHECKS, EXERCISE, QUESTION, REFERENCE, SETUP

SECOND = EXERCISE.replace("double", "triple") + CHECK.replace("double", "triple")
TEXT = 'double.add_mistakes("""\n    this is x alone\n        x + x -> x\n""")\n'
JUDGED = CHECKS[CHECKS.index("@judge") : CHECKS.index("@double.mistake")]

ALONE = 'chapters/small.md:15: an exercise is one line in a cell of its own, exercise("NAME"): write it so'

CASES = {
    "no reference": (
        {"reference": "x = 1\n", "checks": "\n"},
        "chapters/small.md:15: exercise 'double' has no reference: write it in {package}/small.py",
    ),
    "no cases": (
        {"checks": CHECKS.partition("@judge")[0]},
        "exercise 'double' has no cases: judge it in {package}/checks/small.py",
    ),
    "no check cell": (
        {"chapter": SETUP + EXERCISE + QUESTION},
        "exercise 'double' has no check: add a cell check(double) below it",
    ),
    "no checks module": (
        {"files": {}, "checks": None},
        "chapter 'small' has exercises but no {package}/checks/small.py: write it",
    ),
    "check without exercise": (
        {"chapter": SETUP + EXERCISE + CHECK + CHECK.replace("double", "halve") + QUESTION},
        'chapters/small.md:23: check(halve) has no exercise: add exercise("halve") above it',
    ),
    "the name of what the set-up imports": (
        {
            "chapter": SETUP + (EXERCISE + CHECK).replace("double", "check") + QUESTION,
            "reference": REFERENCE.replace("double", "check"),
            "checks": CHECKS.replace("double", "check"),
        },
        "chapters/small.md:15: exercise 'check' has a name that the set-up cell imports: rename it",
    ),
    "cases without exercise": (
        {
            "reference": REFERENCE + REFERENCE.replace("double", "triple"),
            "checks": CHECKS + JUDGED.replace("double", "triple"),
        },
        "{package}/checks/small.py: 'triple' is judged, but the chapter has no such exercise",
    ),
    "no cases for one of two": (
        {
            "chapter": SETUP + EXERCISE + CHECK + SECOND + QUESTION,
            "reference": REFERENCE + REFERENCE.replace("double", "triple"),
        },
        "exercise 'triple' has no cases",
    ),
    "judged twice": (
        {"checks": CHECKS + JUDGED.replace("def double", "def again")},
        "{package}/checks/small.py: 'double' is judged twice",
    ),
    "a misspelt name": (
        {"chapter": SETUP + EXERCISE.replace("double", "duoble") + CHECK + QUESTION},
        "chapters/small.md:15: exercise 'duoble' has no reference:"
        " write it in {package}/small.py, or correct the name",
    ),
    "no docstring": (
        {"reference": "def double(x):\n    return x + x\n"},
        "{package}/small.py:1: 'double': no stub can be made without a docstring",
    ),
    "a docstring beside the signature": (
        {"reference": "def double(x): 'Twice x.'; return x + x\n"},
        "{package}/small.py:1: 'double': no stub can be made without a docstring",
    ),
    "code beside the docstring": (
        {"reference": "\ndef double(x):\n    'Twice x.'; return x + x\n"},
        "{package}/small.py:2: 'double': no stub can be made without a docstring",
    ),
    "no rubric": (
        {"checks": CHECKS.replace("- 3 points: the distributive law is named.", " ")},
        "written question 'why' has no rubric: write one in {package}/checks/small.py",
    ),
    "rubric without question": (
        {"chapter": SETUP + EXERCISE + CHECK},
        "{package}/checks/small.py: the chapter asks no written question 'why'",
    ),
    "two of one name": (
        {"chapter": SETUP + EXERCISE + EXERCISE + CHECK + QUESTION},
        "chapters/small.md:19: a second exercise 'double'; the first is on line 15",
    ),
    **{
        what: ({"chapter": SETUP + EXERCISE.replace('exercise("double")', text) + CHECK}, ALONE)
        for what, text in {
            "an exercise with code below": 'exercise("double")\nx = 1',
            "two exercises in a cell": 'exercise("double")\nexercise("triple")',
            "an exercise with a comment": "exercise('double')  # easy",
            "an exercise whose name is no plain string": 'exercise("dou" + "ble")',
            "an exercise with a name in f": "exercise(f'double')",
            "an exercise of a name": "exercise(double)",
            "an exercise with more arguments": 'exercise("double", points=2)',
            "an exercise in a loop": 'for name in ["double"]:\n    exercise(name)',
            "a stub": "@exercise\ndef double(x):\n    pass",
        }.items()
    },
    "not Python": (
        {"chapter": SETUP + "\n```{code-cell} ipython3\n%matplotlib inline\n```\n"},
        "chapters/small.md:15: this cell is not Python: invalid syntax",
    ),
    "an unknown directive": (
        {"chapter": SETUP + "\nText.\n\n```{mermaid}\nA-->B\n```\n" + EXERCISE + CHECK + QUESTION},
        "chapters/small.md:17: the directive {mermaid} is not converted",
    ),
    "a bad head": (
        {"chapter": SETUP.replace("display_name: Python 3, ", "")},
        "chapters/small.md:1: jupytext cannot read this chapter: 'display_name' is a required property",
    ),
    "check above its exercise": (
        {"chapter": SETUP + CHECK + EXERCISE + QUESTION},
        "chapters/small.md:15: check(double) stands above its exercise: move it below",
    ),
    "a question named like an exercise": (
        {"chapter": SETUP + EXERCISE + CHECK + QUESTION.replace('"why"', '"double"')},
        "chapters/small.md:25: a second written 'double'; the first is on line 15",
    ),
    "a name that is no name": (
        {"chapter": SETUP + EXERCISE + CHECK + QUESTION.replace('"why"', '"why so?"')},
        "chapters/small.md:25: the name 'why so?': letters, digits, - and _ only",
    ),
    "the set-up of another chapter": (
        {"chapter": SETUP.replace('"small"', '"large"') + EXERCISE + CHECK + QUESTION},
        "chapters/small.md:1: no cell tagged setup says chapter('small'): add one",
    ),
    "a reference that is not Python": (
        {"reference": REFERENCE + "def"},
        "{package}/small.py cannot be imported: SyntaxError: invalid syntax",
    ),
    "cases that cannot be made": (
        {"checks": CHECKS.replace("x=rng.normal", "y=rng.normal")},
        "chapters/small.md:15: the cases of 'double' cannot be made:"
        " TypeError: double: case 'a vector' has no parameter 'y'",
    ),
    "a mistake that is none": (
        {"checks": CHECKS.replace("return x * x", "return x * 2")},
        "chapters/small.md:15: a known mistake of 'double' passes all cases:"
        " 'this is the square: add x to itself'",
    ),
    "an edit that does not fit": (
        {"checks": CHECKS + TEXT.replace("x + x", "x + y")},
        "{package}/checks/small.py cannot be imported: ValueError: double, 'this is x alone':"
        " the edit `x + y -> x` must fit exactly once, and fits nowhere in",
    ),
    "no exercise": (
        {"chapter": SETUP},
        "small: this chapter has no exercise, so there is nothing to release",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_and_nothing_written(small, run, case):
    changes, message = CASES[case]
    for name, value in changes.items():
        setattr(small, name, value if value is not None else "")
    small.write()
    if changes.get("checks", "") is None:
        (small.root / small.package / "checks" / "small.py").unlink()
    status, out, err = run("release", "small")
    assert status == 2
    assert out == []
    assert len(err) == 1
    assert message.replace("{package}", small.package) in err[0]
    assert not (small.root / "course").exists()


def test_unknown_assignment_lists_those_that_exist(small, run):
    small.write()
    assert run("release", "optimisers") == (
        2,
        [],
        ["autograder: there is no assignment 'optimisers'; the assignments are: small"],
    )


def test_no_course(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    status, _, err = run("release")
    assert status == 2
    assert len(err) == 1 and "no course in" in err[0]


def test_one_bad_chapter_holds_back_all(small, run):
    small.files["chapters/other.md"] = SETUP + EXERCISE
    small.write()
    status, _, err = run("release")
    assert status == 2 and len(err) == 1 and "other" in err[0]
    assert not (small.root / "course").exists()


def test_the_command_itself(small):
    small.write()
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "release", "nothing"],
        cwd=small.root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert (
        done.stderr == "autograder: there is no assignment 'nothing'; the assignments are: small\n"
    )


GIVEN = 'returns=("twice",), repair="this is the square: add x to itself"'
SCORED = 'returns=("twice",), score=reference.score, credit={1.0: 0.6, 2.0: 1.0}'
SCORES = """

def score(arguments, result):
    return 2.0 - np.abs(np.mean(result - 2 * arguments["x"])) / 30
"""
KINDS = {
    "a repair of no mistake": (
        {"checks": CHECKS.replace('returns=("twice",)', 'returns=("twice",), repair="none"')},
        "{package}/checks/small.py: repair: no known mistake of double is called 'none'",
    ),
    "a repair that is right": (
        {
            "checks": CHECKS.replace('returns=("twice",)', GIVEN).replace(
                "return x * x", "return x * 2"
            )
        },
        "chapters/small.md:15: the cases of 'double' cannot be made:"
        " ValueError: the program that is given to be repaired passes every case",
    ),
    "a repair of other parameters": (
        {"checks": CHECKS.replace('returns=("twice",)', GIVEN).replace("square(x)", "square(y=1)")},
        "{package}/checks/small.py: the program that 'double' gives to be repaired has other parameters",
    ),
    "a repair with a helper": (
        {
            "checks": CHECKS.replace('returns=("twice",)', GIVEN)
            .replace("return x * x", "return times(x, x)")
            .replace("@judge", "def times(a, b):\n    return a * b\n\n@judge", 1)
        },
        "chapters/small.md:15: the program that 'double' gives to be repaired uses what is not in the set-up cell:"
        " def times(a, b):",
    ),
    "a mistake that earns too much": (
        {
            "reference": f"import numpy as np\n{REFERENCE}{SCORES}",
            "checks": CHECKS.replace('returns=("twice",)', SCORED),
        },
        "chapters/small.md:15: a known mistake of 'double' earns too much:"
        " 'this is the square: add x to itself'",
    ),
    "a reference that reaches too little": (
        {
            "reference": f"import numpy as np\n{REFERENCE}{SCORES}",
            "checks": CHECKS.replace('returns=("twice",)', SCORED.replace("2.0: 1.0", "3.0: 1.0")),
        },
        "chapters/small.md:15: the cases of 'double' cannot be made:"
        " ValueError: the reference does not earn all of the case 'a vector': the score is 2,"
        " the next threshold 3",
    ),
}


@pytest.mark.parametrize("case", KINDS)
def test_so_is_what_is_wrong_with_a_repair_or_a_score(small, run, case):
    changes, message = KINDS[case]
    for name, value in changes.items():
        setattr(small, name, value)
    small.write()
    status, out, err = run("release", "small")
    assert (status, out, len(err)) == (2, [], 1)
    assert message.replace("{package}", small.package) in err[0]
