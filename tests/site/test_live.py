"""Exercises in the page: what a page holds, what its worker's Python does, and the downloads."""

import ast
import functools
import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder.course import Course
from autograder.release.chapter import read_chapter, references_of
from gradus import authoring, calling, exercises, verdict
from gradus.plan import read_cases
from solutions import network
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_live

COURSE = Course.find(ROOT)
CHAPTERS = sorted(COURSE.chapters())
SCRIPT = ROOT / "_web" / "live" / "run.py"

# Runs tasks as the worker does, but in CPython, where a module that Pyodide has not is not there
# either, nor another package than NumPy, nor a process or a thread to start.
ALONE = """
import importlib.abc, json, sys
class Absent(importlib.abc.MetaPathFinder):
    ours = sys.stdlib_module_names | {"numpy", "gradus"}
    none = set("curses dbm fcntl grp idlelib lzma multiprocessing pwd readline resource sqlite3 ssl "
               "syslog termios tkinter turtle venv winreg _posixsubprocess".split())
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in self.none or top not in self.ours:
            raise ModuleNotFoundError(f"No module named {name!r}", name=top)
sys.meta_path.insert(0, Absent())
import os, _thread
def refuse(*_, **__): raise RuntimeError("not in a page")
_thread.start_new_thread = _thread.start_joinable_thread = refuse
os.fork = os.posix_spawn = os.system = refuse
script, wheel, folder = sys.argv[1:]
names = {}
exec(open(script, encoding="utf-8").read(), names)
names["open_book"](wheel, folder)
import gradus
assert gradus.__file__.startswith(folder), gradus.__file__
print(json.dumps([json.loads(names["run"](json.dumps(task))) for task in json.load(sys.stdin)]))
"""


def in_a_worker(tasks, wheel, folder):
    """Run tasks as the worker does, with a wheel and the cases in a folder: a list of results."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(SCRIPT), str(wheel), str(folder)],
        input=json.dumps(tasks),
        capture_output=True,
        text=True,
        cwd=folder,
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def run(site, tmp_path):
    """Run tasks as the worker does, with the site's own files: a list of results."""

    def call(chapter, tasks):
        (tmp_path / f"{chapter}.cases").write_bytes(
            (site / "live" / f"{chapter}.cases").read_bytes()
        )
        return in_a_worker(tasks, site / "live" / gradus_live.WHEEL, tmp_path)

    return call


@functools.cache
def stubs_of(chapter):
    """The stubs of a chapter by the names of its exercises, in order."""
    references = references_of(COURSE, read_chapter(COURSE.chapter(chapter)))
    return {name: reference.stub for name, reference in references.items()}


def task(chapter, name, code=None, answers=None):
    """What the page sends when a reader runs an exercise; `answers` to others, by name."""
    cells, stubs = read_chapter(COURSE.chapter(chapter)), stubs_of(chapter)
    above = list(stubs)[: list(stubs).index(name)]
    return {
        "exercise": name,
        "code": stubs[name] if code is None else code,
        "stub": stubs[name],
        "setup": next(cell.source for cell in cells.cells if cell.kind == "setup"),
        "before": [
            {"name": n, "code": (answers or {}).get(n, stubs[n]), "stub": stubs[n]} for n in above
        ],
        "tried": [],
    }


def references(chapter):
    """The cells of a chapter's exercises with their answers, as nbgrader's source has them."""
    source = nbformat.read(
        ROOT / "_build" / ".release" / "source" / chapter / f"{chapter}.ipynb", 4
    )
    stubs = stubs_of(chapter)
    return {cell.id: cell.source for cell in source.cells if cell.id in stubs}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_can_be_solved_in_a_page(run, chapter):
    answers = references(chapter)
    assert answers
    results = run(chapter, [task(chapter, name, code, answers) for name, code in answers.items()])
    for name, result in zip(answers, results, strict=True):
        assert (result["status"], result["summary"]) == ("right", f"{name}: all cases pass"), result
        assert "✗" not in result["tables"] and f"<strong>{name}</strong>" in result["tables"]
        assert result["output"] == ""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_stub_is_not_answered_yet(run, chapter):
    names = list(references(chapter))
    for name, result in zip(
        names, run(chapter, [task(chapter, name) for name in names]), strict=True
    ):
        assert result["status"] == "not answered"
        assert result["summary"] == f"{name}: not answered yet"


MOMENTUM = """\
@exercise
def momentum_step(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + (1 - mu) * grad
    return theta - lr * velocity, velocity
"""


def test_a_check_shows_what_it_shows_in_jupyter(run, site):
    (result,) = run("descent", [task("descent", "momentum_step", MOMENTUM)])
    plans = read_cases((site / "live" / "descent.cases").read_bytes())
    plan = next(p for p in plans if p.exercise == "momentum_step")
    names = {"exercise": lambda function: function}
    exec(MOMENTUM, names)
    found = verdict.examine(
        plan, [calling.call(names["momentum_step"], case) for case in plan.cases]
    )
    assert found.mistake
    assert result["tables"] == exercises.Table(found, plan.cases)._repr_html_()
    assert result["status"] == "wrong"
    assert result["summary"] == f"momentum_step: 1 of {len(plan.cases)} cases pass"


CODES = {
    "no Python": ("def sgd_step(theta, grad, lr)\n    pass", "error", "SyntaxError: expected ':'"),
    "an exception": (
        "x = 1\nx / 0",
        "error",
        '  File "exercise/sgd_step.py", line 2, in <module>\n    x / 0\n',
    ),
    "no function": ("theta = 1", "error", "NameError: name 'sgd_step' is not defined"),
    "another name": ("sgd_step = lambda theta, grad, lr: theta - lr * grad", "right", ""),
    "no longer a function": ("sgd_step = 3", "error", "check takes the function itself"),
    "an end": ("raise SystemExit(3)", "error", "SystemExit: 3"),
    "an end of the answer": (
        "def sgd_step(*a):\n    raise SystemExit",
        "wrong",
        "",
    ),
    "an interruption": ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    "its own check fails": ("def sgd_step(*a):\n    return 0\ncheck(sgd_step)", "wrong", ""),
    "a print": (
        "print('seen')\ndef sgd_step(theta, grad, lr):\n    return theta - lr * grad",
        "right",
        "seen\n",
    ),
}


@pytest.mark.parametrize("what", CODES)
def test_whatever_a_reader_writes_is_answered(run, what):
    code, status, said = CODES[what]
    (result,) = run("descent", [task("descent", "sgd_step", code)])
    assert result["status"] == status, result
    assert said in result["output"]
    assert "run.py" not in result["output"] and "<string>" not in result["output"]
    assert result["summary"].startswith(
        "sgd_step: " if status != "error" else "Your code stopped with "
    )


def test_an_exception_inside_an_answer_is_named_with_its_own_line(run):
    code = "import numpy as np\n@exercise\ndef sgd_step(theta, grad, lr):\n    return np.linalg.inv(grad)\n"
    (result,) = run("descent", [task("descent", "sgd_step", code)])
    assert result["status"] == "wrong"
    assert (
        "raised LinAlgError" in result["tables"]
        and "in the line: return np.linalg.inv(grad)" in result["tables"]
    )


def test_what_is_printed_without_end_does_not_fill_the_memory(run):
    (result,) = run(
        "descent",
        [task("descent", "sgd_step", "for i in range(10**5):\n    print(i)\n1 / 0")],
    )
    assert len(result["output"]) < 21_000
    assert "... and so on" in result["output"] and result["output"].endswith(
        "ZeroDivisionError: division by zero\n"
    )


def test_what_an_answer_uses_of_others_comes_from_the_page(run):
    answers = references("network")
    # As a reader writes it, not as the source has it: there an answer holds what it uses.
    code = inspect.getsource(inspect.unwrap(network.network_gradient))
    code = "@exercise\n" + code[code.index("def ") :]
    needs = ("affine_backward", "softmax_cross_entropy")
    assert all(name in code and f"def {name}" not in code for name in needs)
    whole = task("network", "network_gradient", code, answers)
    half = {name: code for name, code in answers.items() if name != "affine_backward"}
    broken = {**answers, "affine_backward": "def affine_backward("}
    helped = {**answers, "accuracy": f"{answers['accuracy']}\ndef helper():\n    return 1\n"}
    results = run(
        "network",
        [
            whole,
            task("network", "network_gradient", code, half),
            task("network", "network_gradient", code, broken),
            task("network", "network_gradient", f"helper()\n{code}", helped),
        ],
    )
    assert [result["status"] for result in results] == [
        "right",
        "not answered",
        "not answered",
        "right",
    ]
    for result in results[1:3]:
        assert result["summary"].endswith("it uses `affine_backward`, which is still open")


def test_a_module_that_is_not_there_is_asked_for_once(run):
    code = (
        "plt.plot([1])\n@exercise\ndef sgd_step(theta, grad, lr):\n    return theta - lr * grad\n"
    )
    first = task("descent", "sgd_step", code)
    results = run("descent", [first, {**first, "tried": ["matplotlib"]}])
    assert results[0] == {"missing": "matplotlib"}
    assert (
        results[1]["status"] == "error" and "No module named 'matplotlib'" in results[1]["output"]
    )


def test_the_set_up_brings_what_is_used_and_no_more(run):
    code = "assert nn and problems and 'plt' not in globals() and 'plots' not in globals()\nsgd_step = 1"
    (result,) = run("descent", [task("descent", "sgd_step", code)])
    assert "AssertionError" not in result["output"] and "NoExercise" in result["output"]


def test_this_python_would_miss_what_a_page_has_not(run):
    code = "import subprocess\nsubprocess.run(['true'])"
    lost = "import threading\nthreading.Thread(target=print).start()"
    results = run("descent", [task("descent", "sgd_step", text) for text in (code, lost)])
    assert "_posixsubprocess" in json.dumps(results[0])
    assert "not in a page" in results[1]["output"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_holds_each_of_its_stubs_below_the_check(soup, chapter):
    page = soup(f"chapters/{chapter}")
    stubs = stubs_of(chapter)
    places = page.find_all("gradus-exercise")
    assert [place["data-name"] for place in places] == list(stubs)
    for place in places:
        assert json.loads(place.script.string) == {"stub": stubs[place["data-name"]]}
        assert place.p.get_text().startswith("With JavaScript, this exercise runs here")
        above = place.find_previous(class_="cell_input").get_text().strip()
        assert above == f"check({place['data-name']})"
        assert place.find_next("details")["class"][:1] != [] and place.find_next(
            class_="gradus-reference"
        )
    shared = json.loads(page.find("gradus-chapter").script.string)
    assert shared["chapter"] == chapter
    assert f'chapter("{chapter}")' in shared["setup"]
    assert shared["base"] == gradus_live.PYODIDE


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_says_what_it_takes_and_what_comes_before(soup, chapter):
    line = soup(f"chapters/{chapter}").select_one("main .gradus-overview")
    module = importlib.import_module(f"solutions.checks.{chapter.replace('-', '_')}")
    count = len(authoring.exercises_of(module))
    assert re.match(
        rf"About \d+ hours · {count} exercises · [\d.]+ points · builds on ", line.get_text()
    )
    assert line.find("a") or "no other chapter" in line.get_text()
    assert line.find_previous(["h1", "h2"]).name == "h1"


def test_only_pages_with_exercises_load_the_script(soup, name):
    scripts = [s for s in soup(name).find_all("script", src=True) if "/live/" in s["src"]]
    assert len(scripts) == (1 if soup(name).find("gradus-exercise") else 0)
    for script in scripts:
        assert "defer" in script.attrs and script.get("type") != "module"


def test_what_a_page_loads_shows_no_answer(bare_site):
    """Where references are not shown, no line of one can be found in what the page loads."""
    live = sorted((bare_site / "live").iterdir())
    assert {path.suffix for path in live} == {".js", ".py", ".css", ".whl", ".cases"}
    texts = [path.read_bytes().decode("latin-1") for path in live if path.suffix != ".whl"]
    (wheel,) = (path for path in live if path.suffix == ".whl")
    with zipfile.ZipFile(wheel) as archive:
        texts += [archive.read(name).decode("latin-1") for name in archive.namelist()]
    texts += [path.read_text("utf-8") for path in (bare_site / "chapters").glob("*.html")]
    library = "\n".join(path.read_text("utf-8") for path in (ROOT / "gradus").glob("*.py"))
    whole, hidden = "\n".join(texts), 0
    # A program to be repaired may have a line of another chapter's reference.
    stubs = "\n".join(stub for chapter in CHAPTERS for stub in stubs_of(chapter).values())
    for chapter in CHAPTERS:
        said = COURSE.chapter(chapter).read_text("utf-8") + stubs
        tree = ast.parse(
            (ROOT / "solutions" / f"{chapter.replace('-', '_')}.py").read_text("utf-8")
        )
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            for line in (ast.unparse(node) for node in function.body[1:]):
                if "\n" not in line and len(line) > 25 and line not in said and line not in library:
                    hidden += 1
                    assert line not in whole, f"{chapter}: {function.name}"
    assert hidden > 50


def test_the_pack_is_what_students_get_and_always_the_same(site, tmp_path):
    with zipfile.ZipFile(site / "downloads" / gradus_live.PACK) as pack:
        files = {name.removeprefix("gradus/"): pack.read(name) for name in pack.namelist()}
        assert {entry.date_time for entry in pack.infolist()} == {(2020, 1, 1, 0, 0, 0)}
    release = ROOT / "_build" / ".release" / "release"
    folders = (release / chapter for chapter in CHAPTERS)  # an old clone has others, too
    expected = {file.name: file.read_bytes() for folder in folders for file in folder.glob("*")}
    assert {*expected, "README.md"} == set(files)
    assert all(files[name] == content for name, content in expected.items())
    gradus_live.write_pack(tmp_path / "again.zip", dict(reversed(files.items())))
    assert (tmp_path / "again.zip").read_bytes() == (
        site / "downloads" / gradus_live.PACK
    ).read_bytes()
    (wheel,) = (name for name in files if name.endswith(".whl"))
    assert f"./{wheel}[student]\n" in files["requirements.txt"].decode()
    for chapter in CHAPTERS:
        assert (site / "downloads" / f"{chapter}.ipynb").read_bytes() == files[f"{chapter}.ipynb"]
        assert (site / "live" / f"{chapter}.cases").read_bytes() == files[f"{chapter}.cases"]


def test_the_links_lead_to_the_downloads(soup):
    for chapter in CHAPTERS:
        links = soup(f"chapters/{chapter}").select(".gradus-downloads a")
        assert [link["href"] for link in links] == [
            f"../downloads/{chapter}.ipynb",
            f"../downloads/{gradus_live.PACK}",
        ]


# Colab, as far as the cell can tell: its module is there, `gradus` is not, and the notebook lies alone.
IN_COLAB = """
import json, os, sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
cells, answers = json.load(sys.stdin)
os.chdir(sys.argv[1])
for cell in [*cells, *answers]:
    exec(cell)
import gradus
print(gradus.__file__)
"""


def test_where_the_site_has_an_address_a_notebook_fetches_in_colab_what_it_needs(
    site, bare_site, served, tmp_path
):
    assert "colab" not in (site / "downloads" / "descent.ipynb").read_text("utf-8")
    notebook = nbformat.read(bare_site / "downloads" / "descent.ipynb", as_version=4)
    ids = [cell.id for cell in notebook.cells]
    assert ids[:2] == ["guide", "colab"]
    plain = nbformat.read(site / "downloads" / "descent.ipynb", as_version=4)
    assert [cell.id for cell in plain.cells] == ["guide", *ids[2:]]
    cell, setup = (
        next(c.source for c in notebook.cells if c.cell_type == "code" and found(c))
        for found in (lambda c: c.id == "colab", lambda c: "setup" in c.metadata.get("tags", ()))
    )
    address = "https://example.org/gradus/"
    assert f'"{address}downloads/{gradus_live.PACK}"' in cell
    cell = cell.replace(address, served(bare_site, "/gradus/"))
    answers = ["sgd_step = exercise(lambda theta, grad, lr: theta - lr * grad)", "check(sgd_step)"]
    work, packages = tmp_path / "content", tmp_path / "packages"
    work.mkdir()
    packages.mkdir()
    # What a lone wheel needs is in Colab already; pip installs it apart from this environment's.
    alone = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_TARGET": str(packages)}
    done = subprocess.run(
        [sys.executable, "-c", IN_COLAB, work],
        input=json.dumps([[cell, setup], answers]),
        env={**os.environ, **alone, "PYTHONPATH": str(packages), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(packages / "gradus" / "__init__.py")
    assert "sgd_step: 4 of 4 cases pass" in done.stdout
    names = {file.name for file in work.iterdir()}
    assert {f"{chapter}.cases" for chapter in CHAPTERS} < names
    # Elsewhere the cell does nothing.
    before = sorted(tmp_path.rglob("*"))
    subprocess.run([sys.executable, "-c", cell], cwd=tmp_path, check=True)
    assert sorted(tmp_path.rglob("*")) == before


EXERCISE = '```{code-cell} ipython3\nexercise("a")\n```\n'


def test_a_chapter_is_released_again_where_something_behind_it_changed(tmp_path, monkeypatch):
    made = []

    def pretend(course, names, **options):
        made.append(names)
        return []

    monkeypatch.setattr("autograder.release.release.release_assignments", pretend)
    book = tmp_path / "book"
    for file in (
        "chapters/one.md",
        "chapters/two.md",
        "gradus/core.py",
        "autograder/release/release.py",
        "answers/one.py",
    ):
        (book / file).parent.mkdir(parents=True, exist_ok=True)
        (book / file).write_text(EXERCISE)
    (book / "index.md").write_text("# Home\n")
    (book / "pyproject.toml").write_text(
        '[tool.autograder]\ncourse = "c"\nreferences = "answers"\n'
    )
    (book / "_toc.yml").write_text(
        "root: index\nchapters: [{file: chapters/one}, {file: chapters/two}]\n"
    )

    def build():
        return [path.name for path in gradus_live.released(book, tmp_path / "made")]

    (tmp_path / "made").mkdir()
    changes = [
        ("chapters/two.md", f"{EXERCISE}\nmore", ["two"]),
        ("gradus/core.py", "", ["one", "two"]),
        ("answers/one.py", "", ["one", "two"]),
        ("index.md", "# House\n", ["one", "two"]),
        ("chapters/two.md", "no exercise", []),
    ]
    assert build() == ["one", "two"] and made.pop() == ["one", "two"]
    assert build() == ["one", "two"] and made == []
    for file, text, again in changes[:-1]:
        (book / file).write_text(text)
        assert build() == ["one", "two"] and made.pop() == again, file
    (book / changes[-1][0]).write_text(changes[-1][1])
    assert build() == ["one"] and made == []


def test_the_address_of_pyodide_names_the_version_that_is_tested():
    package = json.loads((ROOT / "node_modules" / "pyodide" / "package.json").read_text())
    assert f"/v{package['version']}/" in gradus_live.PYODIDE


@pytest.mark.parametrize(
    ("builder", "file"), [("latex", "book.tex"), ("epub", "chapters/steps.xhtml")]
)
def test_on_paper_stands_the_line_and_no_editor(tmp_path, builder, file):
    shutil.copytree(ROOT / "tests" / "grading" / "small_course", tmp_path, dirs_exist_ok=True)
    chapter = tmp_path / "chapters" / "steps.md"
    text = chapter.read_text().replace("# Small steps", "# Small steps\n\nIt needs nothing.")
    chapter.write_text(text.replace("---\n", "---\nfile_format: mystnb\n", 1))
    (tmp_path / "index.rst").write_text("Home\n====\n\n.. toctree::\n\n   chapters/steps\n")
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT)!r}, {str(ROOT / '_ext')!r}]\nproject = 'book'\nversion = '1'\n"
        "extensions = ['myst_nb', 'gradus_chapter']\nnb_execution_mode = 'off'\n"
        "exclude_patterns = ['_build']\nlatex_documents = [('index', 'book.tex', 'Book', 'A', 'manual')]\n"
    )
    out = tmp_path / "_build"
    command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, str(tmp_path), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (out / file).read_text("utf-8")
    assert re.search(
        r"About \d+ hours · 4 exercises · \d+ points · builds on no other chapter", text
    )
    assert (
        "check" in text
        and "replace this line" in text
        and "gradus-exercise" not in text
        and "JavaScript" not in text
    )
    assert "ownload" not in text
