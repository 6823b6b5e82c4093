"""What `import gradus` brings along: NumPy, and nothing of the rest of the house."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gradus

HERE = Path(gradus.__file__).parent
MODULES = sorted(HERE.glob("*.py"))
OURS = ("solutions", "autograder", "tests", "benchmarks")
HEAVY = ("matplotlib", "sklearn", "scipy", "IPython", "nbgrader", "jupytext", "pandas")


def imported(path):
    """Top-level names of what a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def test_importing_gradus_loads_nothing_heavy_and_nothing_of_ours():
    program = "import sys, gradus, gradus.problems, gradus.nn, gradus.conv, gradus.data; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=HERE.parent
    )
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert {"gradus", "numpy"} <= loaded
    assert not loaded & {*OURS, *HEAVY}


def test_a_check_needs_no_more_than_gradus_and_numpy(tmp_path):
    """As a student's: another folder, no references, no IPython."""
    from gradus.authoring import exercises_of
    from gradus.plan import write_cases
    from solutions.checks import descent

    plans = [exercise.plan() for exercise in exercises_of(descent)]
    (tmp_path / "descent.cases").write_bytes(write_cases(plans))
    program = f"""
import sys
sys.path[:] = [p for p in sys.path if p not in ("", {str(HERE.parent)!r})]
sys.path.insert(0, {str(tmp_path)!r})
sys.modules["IPython"] = sys.modules["IPython.display"] = None
sys.modules["solutions"] = sys.modules["autograder"] = sys.modules["sklearn"] = None
from gradus import chapter, check, exercise, progress
chapter("descent")

@exercise
def sgd_step(theta, grad, lr):
    return theta - lr * grad

check(sgd_step)
progress()
"""
    (tmp_path / "gradus").symlink_to(HERE)
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stderr
    assert "sgd_step: 4 of 4 cases pass" in run.stdout
    assert "1 / 1  4 of 4 cases pass" in run.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_file_of_gradus_imports_more_than_it_may(path):
    allowed = {*sys.stdlib_module_names, "gradus", "numpy"}
    more = {
        "data.py": {"sklearn"},
        "glyphs.py": {"matplotlib"},
        "exercises.py": {"IPython"},
        "plots.py": {"matplotlib"},
    }
    assert imported(path) <= allowed | more.get(path.name, set())


def test_the_public_names():
    assert set(gradus.__all__) == {"CheckFailed", "chapter", "check", "exercise", "progress"}
    assert all(hasattr(gradus, name) for name in gradus.__all__)
