"""What a reader, or anybody, changed in a notebook is never lost: by work, by release, by demo."""

import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import demo
from autograder.grade.one import Assignment
from autograder.kept import Record
from autograder.work import fill_folder
from tests.conftest import ROOT

WORKED = "# the answer of a reader, in a file that is no notebook any more"


class Reader:
    """A reader's folder, filled from a release that is mended now and then."""

    def __init__(self, root):
        self.released, self.work = root / "released" / "small", root / "work"
        self.folder = self.work / "small"
        self.released.mkdir(parents=True)
        self.mend("first")

    def mend(self, version):
        """Release the next version of the chapter."""
        for old in self.released.glob("*.whl"):
            old.unlink()
        for name in ("small.ipynb", "small.cases", "requirements.txt", f"gradus-{version}.whl"):
            (self.released / name).write_text(f"{name} {version}")

    def fill(self):
        """Fill the folder; the lines that are told."""
        self.work.mkdir(exist_ok=True)
        record = Record(self.work)
        lines = list(fill_folder(record, self.released, self.folder))
        record.save()
        return lines

    def notebooks(self):
        """The version, or the answer, in each notebook."""
        return {
            path.name: path.read_text().removeprefix("small.ipynb ")
            for path in self.folder.glob("*.ipynb")
        }


@pytest.fixture
def reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Reader(tmp_path)
    assert found.fill() == []
    return found


def test_untouched_files_follow_the_chapter(reader):
    before = {file.name: file.stat().st_mtime_ns for file in reader.folder.iterdir()}
    assert reader.fill() == []
    assert {file.name: file.stat().st_mtime_ns for file in reader.folder.iterdir()} == before
    reader.mend("second")
    (reader.folder / "small.cases").unlink()
    assert reader.fill() == []
    assert reader.notebooks() == {"small.ipynb": "second"}
    assert (reader.folder / "small.cases").read_text() == "small.cases second"
    assert [file.name for file in reader.folder.glob("*.whl")] == ["gradus-second.whl"]


def test_what_was_worked_in_stays_and_the_new_notebook_is_put_beside_it(reader):
    mine, newer = reader.folder / "small.ipynb", reader.folder / "small-new.ipynb"
    mine.write_text("mine")
    assert reader.fill() == []
    assert reader.notebooks() == {"small.ipynb": "mine"}
    reader.mend("second")
    (line,) = reader.fill()
    assert line.startswith("work/small/small.ipynb is yours") and "small-new.ipynb" in line
    assert reader.notebooks() == {"small.ipynb": "mine", "small-new.ipynb": "second"}
    assert (reader.folder / "small.cases").read_text() == "small.cases second"
    assert reader.fill() == []  # it has been said
    # Nobody has worked in the new one: the next takes its place.
    reader.mend("third")
    assert "small-new.ipynb" in reader.fill()[0]
    assert reader.notebooks() == {"small.ipynb": "mine", "small-new.ipynb": "third"}
    # The reader goes on in it; then a fourth comes.
    newer.write_text("mine too")
    assert reader.fill() == []
    reader.mend("fourth")
    assert "small-new-2.ipynb" in reader.fill()[0]
    assert reader.notebooks() == {
        "small.ipynb": "mine",
        "small-new.ipynb": "mine too",
        "small-new-2.ipynb": "fourth",
    }
    assert reader.fill() == []


def test_a_new_notebook_that_was_thrown_away_does_not_come_back(reader):
    mine = reader.folder / "small.ipynb"
    mine.write_text("mine")
    reader.mend("second")
    reader.fill()
    (reader.folder / "small-new.ipynb").unlink()
    assert reader.fill() == []
    assert reader.notebooks() == {"small.ipynb": "mine"}
    # Who throws away the first begins anew.
    mine.unlink()
    assert reader.fill() == []
    assert reader.notebooks() == {"small.ipynb": "second"}


@pytest.mark.parametrize("record", [None, "", "[]", "{", '{"small/small.ipynb": 3}'])
def test_without_a_record_every_file_is_somebodys_work(reader, record):
    (reader.folder / "small.ipynb").write_text("mine")
    (reader.folder / "notes.txt").write_text("mine")
    place = reader.work / ".written.json"
    place.unlink() if record is None else place.write_text(record)
    assert "small-new.ipynb" in reader.fill()[0]
    assert reader.notebooks() == {"small.ipynb": "mine", "small-new.ipynb": "first"}
    assert (reader.folder / "notes.txt").read_text() == "mine"


def test_an_interrupted_round_leaves_whole_files(reader, monkeypatch):
    (reader.folder / "small.ipynb").write_text("mine")
    reader.mend("second")

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.replace", interrupt)
        reader.fill()
    assert reader.notebooks() == {"small.ipynb": "mine"}
    reader.fill()
    assert reader.notebooks() == {"small.ipynb": "mine", "small-new.ipynb": "second"}


@given(st.lists(st.sampled_from(["work", "mend", "fill", "lose"]), max_size=12))
def test_no_history_loses_what_was_worked_in(steps):
    with tempfile.TemporaryDirectory() as folder:
        reader, mine = Reader(Path(folder)), {}
        reader.fill()
        for number, step in enumerate(steps):
            if step == "work":
                newest = max(reader.folder.glob("*.ipynb"), key=lambda path: len(path.name))
                newest.write_text(f"mine {number}")
                mine[newest] = f"mine {number}"
            elif step == "mend":
                reader.mend(f"version {number}")
            elif step == "lose":
                (reader.work / ".written.json").unlink(missing_ok=True)
            else:
                reader.fill()
            assert {path: path.read_text() for path in mine} == mine
        reader.fill()
        assert {path: path.read_text() for path in mine} == mine
        # The newest version is at hand: untouched, or it is what somebody worked in.
        versions = {path.read_text() for path in reader.folder.glob("*.ipynb")}
        assert (reader.released / "small.ipynb").read_text() in versions or mine


def test_the_command_fills_a_folder_with_all_that_a_notebook_needs(small, run):
    small.write()
    status, out, err = run("work")
    assert (status, out, err) == (0, ["the notebooks are in work"], [])
    folder = small.root / "work" / "small"
    assert sorted(file.suffix for file in folder.iterdir()) == [".cases", ".ipynb", ".txt", ".whl"]
    assert "NotImplementedError" in (folder / "small.ipynb").read_text()
    assert "SOLUTION" not in (folder / "small.ipynb").read_text()
    # What an instructor releases is another matter.
    assert not (small.root / "course").exists()
    mine = answer(folder / "small.ipynb")
    mend(small, "mended")
    status, out, err = run("work", "small")
    assert (status, len(out), err) == (0, 2, [])
    assert (folder / "small.ipynb").read_bytes() == mine
    assert "mended" in (folder / "small-new.ipynb").read_text()
    status, out, err = run("work", "nothing")
    assert (status, out) == (2, []) and "no assignment 'nothing'" in err[0]


def mend(small, word):
    """Change the chapter's text, as an author does."""
    small.chapter = small.chapter.replace("# A chapter\n", f"# A chapter\n\n{word}\n")
    small.write()


def answer(notebook):
    """Work in a notebook, as JupyterLab does: other cells, other metadata."""
    found = nbformat.read(notebook, 4)
    for cell in found.cells:
        if cell.id == "double":
            cell.source = cell.source.replace("raise NotImplementedError", "return 2 * x  #")
    found.metadata["toc"] = {"kept": True}
    nbformat.write(found, notebook)
    return notebook.read_bytes()


@pytest.fixture
def released(small, run):
    """The small course, released: its folder."""
    small.write()
    assert run("release")[0] == 0
    return small.root / "course"


def test_release_keeps_what_was_changed_by_hand(released, small, run):
    steps = ("source", "release")
    notebooks = [released / step / "small" / "small.ipynb" for step in steps]
    kept = [released / "kept" / step / "small" / "small.ipynb" for step in steps]
    untouched = [notebook.read_bytes() for notebook in notebooks]
    mine = [answer(notebook) for notebook in notebooks]
    status, out, _ = run("release")
    assert status == 0
    assert out[:-1] == [
        f"course/{step}/small/small.ipynb had been changed: "
        f"it is kept as course/kept/{step}/small/small.ipynb"
        for step in steps
    ]
    assert [place.read_bytes() for place in kept] == mine
    assert [notebook.read_bytes() for notebook in notebooks] == untouched
    # What is handed out has nothing beside it.
    assert len(list(notebooks[1].parent.iterdir())) == 4
    # The same once more, then another, of which there is no record: neither takes the place of the first.
    notebooks[0].write_bytes(mine[0])
    notebooks[1].write_text(WORKED)
    (released / ".written.json").unlink()
    out = run("release")[1]
    assert "kept/source/small/small.ipynb" in out[0]
    assert "kept/release/small/small-2.ipynb" in out[1]
    assert kept[1].with_name("small-2.ipynb").read_text() == WORKED
    assert [place.read_bytes() for place in kept] == mine
    # A mended chapter is released without a word.
    mend(small, "mended")
    assert len(run("release")[1]) == 1
    assert "mended" in notebooks[1].read_text()
    assert len(list((released / "kept").rglob("*.ipynb"))) == 3


def test_the_demonstration_keeps_what_was_changed(released, small, monkeypatch):
    demo_class = released / "submitted"
    course = small.write()
    demo.write_class(course, "small")
    told = []
    demo.write_class(course, "small", told.append)
    assert told == []
    changed = demo_class / "demo-half-1" / "small" / "small.ipynb"
    mine = answer(changed)
    added = changed.with_name("notes.txt")
    added.write_text("mine")
    demo.write_class(course, "small", told.append)
    assert len(told) == 2
    kept = released / "kept" / "submitted" / "demo-half-1" / "small"
    assert (kept / "small.ipynb").read_bytes() == mine
    assert (kept / "notes.txt").read_text() == "mine"
    assert changed.read_bytes() != mine
    # It releases first, over what was changed there.
    mine = answer(released / "release" / "small" / "small.ipynb")
    monkeypatch.setattr("autograder.grade.many.grade_class", lambda *_: [])
    monkeypatch.setattr("autograder.feedback.write_feedback", lambda *_: [])
    demo.run_demo(course, "small", told.append)
    assert any(line.startswith("released ") and "course/release" in line for line in told)
    assert (released / "kept" / "release" / "small" / "small.ipynb").read_bytes() == mine
    assert Assignment.load(course, "small").released.metadata.get("toc") is None


def test_npm_does_not_advertise_itself_in_make_demo():
    assert "npm_config_update_notifier=false" in (ROOT / "Makefile").read_text()


def test_make_lab_opens_what_work_fills():
    makefile = (ROOT / "Makefile").read_text()
    (recipe,) = re.findall(r"^lab:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe.split("\n\t") == ["\tautograder work", "jupyter lab --notebook-dir=work\n"]
    assert "work/" in (ROOT / ".gitignore").read_text().splitlines()
    # No target of make removes it.
    assert not re.search(r"rm -rf.*\bwork\b", makefile)
