"""The released notebook at work: untouched, answered, validated, and compared by nbval."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.validator import Validator

from autograder.course import TEXT_STUB
from gradus.stub import STUB_LINE
from gradus.verdict import AS_GIVEN
from tests.conftest import kept
from tests.release.conftest import SETUP
from tests.runs import Released, answered_run, beside, contents, execute
from tests.site import executed
from tests.site.conftest import BUILT, site  # noqa: F401


def errors(cell: nbformat.NotebookNode) -> list[str]:
    return [f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error"]


@pytest.fixture(scope="module")
def worked(released, tmp_path_factory):
    """A chapter answered and run: its folder, environment and file, outputs stored."""
    folder = tmp_path_factory.mktemp(released.chapter.name)
    return folder, beside(released.folder(), folder), answered_run(released)


# What stands in every notebook alike is seen in two of them.
@pytest.mark.thorough(released=[executed.OWN, "descent"])
def test_untouched_every_check_says_not_answered(released, tmp_path):
    def run() -> bytes:
        environment = beside(released.folder(), tmp_path)
        notebook = released.notebook()
        execute(notebook, tmp_path, environment)
        return nbformat.writes(notebook).encode()

    parts = [Path(__file__).read_bytes(), *contents(released)]
    made = kept(f"untouched-{released.chapter.name}", parts, run)
    notebook = nbformat.reads(made.decode(), 4)
    cells = {cell.id: cell for cell in notebook.cells}
    checks = {cell_id: cell for cell_id, cell in cells.items() if cell_id.startswith("check-")}
    assert len(checks) == len(released.chapter.named("exercise"))
    for name in released.chapter.named("exercise"):
        assert errors(checks[f"check-{name}"]) == [f"CheckFailed: {name}: not answered yet"]
        shown = checks[f"check-{name}"].outputs[0].data
        head, *rest = shown["text/plain"].splitlines()
        assert head == f"{name}: not answered yet"
        repaired = STUB_LINE not in cells[name].source
        assert rest[:1] == [AS_GIVEN] * repaired
    # "Run all" came to the end, whatever raised on the way.
    assert all(
        cell.execution_count for cell in cells.values() if cell.cell_type == "code" and cell.source
    )


def test_answered_every_check_passes(released, worked):
    cells = {cell.id: cell for cell in worked[2].cells}
    for name in released.chapter.named("exercise"):
        (shown,) = cells[f"check-{name}"].outputs
        passed = re.match(rf"{name}: (\d+) of (\d+) cases pass\n", shown.data["text/plain"])
        assert passed and passed[1] == passed[2] and int(passed[1]) > 0
        assert "FAIL" not in shown.data["text/plain"] and "✗" not in shown.data["text/html"]
    assert {
        cell_id: errors(cell)
        for cell_id, cell in cells.items()
        if cell.get("outputs") and errors(cell)
    } == {}
    printed = [
        o for cell in cells.values() for o in cell.get("outputs", ()) if o.get("name") == "stderr"
    ]
    assert printed == []


def nbval(file: Path, environment: dict[str, str]) -> tuple[int, int, int]:
    """pytest --nbval over a notebook in its folder: exit status, passed, failed."""
    options = (
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=300",
        "-q",
        "-p",
        "no:cacheprovider",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:xdist", file.name],
        cwd=file.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    counts = {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout[-300:])
    }
    assert "error" not in counts, done.stdout[-3000:]
    return done.returncode, counts.get("passed", 0), counts.get("failed", 0)


# By nbval and for the site, the one that the site runs itself.
twice = pytest.mark.thorough(released=[executed.OWN])


@twice
def test_run_again_it_says_the_same(worked):
    folder, environment, notebook = worked
    file = folder / "again.ipynb"
    nbformat.write(notebook, file)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(cell.outputs) for cell in code) > len(code) / 2
    assert nbval(file, environment) == (0, len(code), 0)


@twice
def test_nbval_sees_an_output_that_is_another(worked):
    folder, environment, notebook = worked
    notebook = nbformat.from_dict(notebook)
    ends = [
        place
        for place, cell in enumerate(notebook.cells)
        if any(out.output_type == "stream" for out in cell.get("outputs", ()))
    ]
    check = next(cell for cell in notebook.cells if cell.id.startswith("check-"))
    printed = notebook.cells[max(ends[0], notebook.cells.index(check))]
    notebook.cells = notebook.cells[: max(ends[0], notebook.cells.index(check)) + 1]
    stream = next(
        out
        for cell in notebook.cells
        for out in cell.get("outputs", ())
        if out.output_type == "stream"
    )
    stream.text = re.sub(r"\d", lambda digit: str(9 - int(digit[0])), stream.text, count=1)
    check.outputs[0].data["text/html"] = (
        check.outputs[0].data["text/html"].replace("pass", "fail", 1)
    )
    file = folder / "altered.ipynb"
    nbformat.write(notebook, file)
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert printed.outputs
    assert nbval(file, environment) == (1, code - 2, 2)


def printed(cell: nbformat.NotebookNode) -> dict[str, list]:
    """What nbval compares of a cell: pictures aside, its data, and what it wrote to each stream."""
    found: dict[str, list] = {}
    for out in cell.get("outputs", ()):
        if out.output_type == "stream":
            found[out.name] = ["".join(found.get(out.name, [])) + out.text]
        for form, content in out.get("data", {}).items():
            if form not in ("image/png", "image/jpeg"):
                found.setdefault(form, []).append(content)
        if out.output_type == "error":
            found.setdefault("error", []).append([out.ename, out.evalue])
    return found


def shown_by_the_site(released: Released) -> list[nbformat.NotebookNode]:
    """The code cells of a chapter as they were last run for the site, with references behind its stubs."""
    cells = [cell for cell in released.chapter.cells if cell.kind not in ("markdown", "written")]
    own = {place: cell.source for place, cell in enumerate(cells) if cell.kind != "exercise"}
    files = BUILT.glob("_build/.jupyter_cache/executed/*/base.ipynb")
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        ran = nbformat.read(file, 4).cells
        if len(ran) == len(cells) and all(
            ran[place].source == source for place, source in own.items()
        ):
            return ran
    raise AssertionError(f"no run of {released.chapter.name} for the site is kept")


@twice
def test_run_for_the_site_it_says_the_same(released, worked, site):  # noqa: F811
    ran, code = (
        shown_by_the_site(released),
        [cell for cell in worked[2].cells if cell.cell_type == "code"],
    )
    assert sum(bool(printed(cell)) for cell in code) > len(code) / 2
    for there, here in zip(ran, code, strict=True):
        if "nbval-ignore-output" not in here.metadata.get("tags", ()):
            assert printed(there) == printed(here), here.source


def test_validate_tells_an_answer_from_none(small, run, tmp_path, monkeypatch):
    monkeypatch.delenv("GRADUS_REFERENCES", raising=False)
    small.write()
    assert run("release")[0] == 0
    folder = small.root / "course" / "release" / "small"
    file = folder / "small.ipynb"
    found = {cell["source"]: cell for cell in Validator().validate(str(file))["failed"]}
    assert set(found) == {"check(double)", TEXT_STUB}
    assert "double: not answered yet" in found["check(double)"]["error"]

    untouched = small.notebook()

    def answer(body: str, prose: str) -> dict:
        notebook = copy.deepcopy(untouched)
        cells = {cell.id: cell for cell in notebook.cells}
        cells["double"].source = cells["double"].source.replace(STUB_LINE, body)
        cells["why"].source = prose
        nbformat.write(notebook, file)
        return Validator().validate(str(file))

    found = answer("return x * x", "Distributive law.")["failed"]
    assert [cell["source"] for cell in found] == ["check(double)"]
    assert "0 of 2 cases pass" in found[0]["error"]
    assert "failed" not in answer("return 2 * x", "Distributive law.")


def test_setup_that_fails_stops_the_notebook(small, run, tmp_path):
    """Only set-up must work: without its data file a student reads what is missing, once."""
    small.chapter = small.chapter.replace(SETUP, SETUP + "\n```{code-cell} ipython3\n1 / 0\n```\n")
    small.write()
    assert run("release")[0] == 0
    environment = beside(small.root / "course" / "release" / "small", tmp_path / "student")
    (tmp_path / "student" / "small.cases").unlink()
    with pytest.raises(Exception, match="small.cases is not beside this notebook"):
        execute(small.notebook(), tmp_path / "student", environment)
