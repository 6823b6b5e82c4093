"""Any part of the tests can be run alone, and one chapter's by a name."""

import re
import subprocess
import sys

from tests import units
from tests.conftest import ROOT


def collected(*arguments):
    """The tests that pytest finds, in its order."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        *arguments,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return (
        done.returncode,
        [line for line in done.stdout.splitlines() if "::" in line],
        done.stdout + done.stderr,
    )


def test_every_folder_of_tests_is_a_package():
    """Else a file's module has another name when files of other folders are collected before it."""
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    assert len(folders) > 5
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
    status, found, said = collected(
        "tests/solutions/test_schedules.py", "tests/grading/test_gradebook.py"
    )
    assert status == 0, said
    assert {line.split("::")[0] for line in found} == {
        "tests/solutions/test_schedules.py",
        "tests/grading/test_gradebook.py",
    }


def test_a_chapter_has_its_references_checks_claims_and_release():
    status, found, said = collected("--chapter", "newton")
    assert status == 0, said
    for part in (
        "tests/solutions/test_newton.py::",
        "tests/solutions/test_checks.py::test_every_mistake_fails_and_is_named[seed 0-backtracking]",
        "tests/chapters/test_newton.py::",
        "tests/release/test_release.py::test_no_line_of_a_reference_is_released[newton]",
        "tests/release/test_run.py::test_answered_every_check_passes[newton]",
    ):
        assert any(line.startswith(part) for line in found), part
    assert not [
        line for line in found if re.search(r"tests/site|test_network|\[network\]|adam_step", line)
    ]


def test_a_chapter_that_is_not_there_is_named():
    status, _, said = collected("--chapter", "optimisers", "tests/chapters")
    assert status != 0
    assert "there is no chapter 'optimisers'; the chapters are: activations, " in said


def test_what_shares_something_is_one_unit_and_the_site_comes_before_its_tests():
    run = "tests/release/test_run.py::test_{}[network]"
    assert units.unit(run.format("answered"))[1] == units.unit(run.format("untouched"))[1]
    assert units.unit(run.format("answered")) < units.unit(
        run.format("run_for_the_site_it_says_the_same")
    )
    check = "tests/solutions/test_checks.py::test_{}[{}adam_step]"
    assert units.unit(check.format("a", "seed 0-"))[1] == units.unit(check.format("b", ""))[1]
    made = units.unit(
        "tests/site/test_pages.py::test_the_site_has_the_pages_of_its_contents_and_no_other"
    )
    assert made < units.unit("tests/site/test_pages.py::test_no_cell_failed[index]")
    look = "tests/site/test_browser.py::test_sound[chapters/bias-variance-1280-{}]"
    assert units.unit(look.format("dark"))[1] == units.unit(look.format("light"))[1]
