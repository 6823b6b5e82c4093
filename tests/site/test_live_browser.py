"""Exercises in the page, in Chromium, and two of them in Firefox.

Python is real: Pyodide's core, of the version that the site names. Its NumPy is on no package
registry, so what most tests here show is the page, the worker and its Python: the wheel of `gradus`
is replaced by a few lines that need no NumPy, and the page is told to load no package; where nothing
is replaced, the page must say what is missing.

The book's own checks run in Pyodide 0.27, the newest whose NumPy a registry has: 2.0, made by
emscripten-forge with the same Emscripten for the same Python 3.12. Its integers have 32 bits.
"""

import functools
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from tests.conftest import ROOT, need
from tests.site.conftest import NODE, Quiet, serving
from tests.site.test_live import CHAPTERS, MOMENTUM, references

CORE = ROOT / "node_modules" / "pyodide"
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
STAND_IN = """\
from gradus.exercises import CheckFailed

def chapter(name):
    pass

def exercise(function):
    return function
"""
STAND_IN_EXERCISES = """\
from types import SimpleNamespace

_session = SimpleNamespace(verdicts={})

class CheckFailed(Exception):
    pass

class NoExercise(CheckFailed):
    pass

class Shown:
    def _repr_html_(self):
        return "<p class='shown'>a table</p>"

def check_as(name, answer):
    value = answer(1.0, 2.0, 0.5)
    _display(Shown())
    if value != 0.0:
        raise CheckFailed(f"{name}: 0 of 1 cases pass")
"""
RIGHT = "@exercise\ndef sgd_step(theta, grad, lr):\n    return theta - lr * grad\n"


def wheel():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("gradus/__init__.py", STAND_IN)
        archive.writestr("gradus/exercises.py", STAND_IN_EXERCISES)
    return packed.getvalue()


# What the page tells the scripts, such as where Python comes from, told otherwise.
TELL = """change => {
    const script = document.querySelector("gradus-chapter script")
    script.textContent = JSON.stringify({...JSON.parse(script.textContent), ...change})
}"""


@pytest.fixture
def visit(browser, address):
    """Open a chapter. Pyodide's address is answered from `core`, or not at all."""
    contexts = []

    def open_page(core=True, stand_in=True, script="", width=1280, mode="light", chapter="descent"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.asked, page.complaints = [], []

        def answer(route):
            file = CORE / route.request.url.split("/full/")[1]
            page.asked.append(file.name)
            if core is None:
                return  # an address that never answers
            if core and file.is_file():
                headers = {
                    "access-control-allow-origin": "*",
                    "content-type": TYPES.get(file.suffix, "text/plain"),
                }
                route.fulfill(body=file.read_bytes(), headers=headers)
            else:
                route.fulfill(status=404, headers={"access-control-allow-origin": "*"})

        context.route("https://cdn.jsdelivr.net/pyodide/**", answer)
        if stand_in:
            context.route("**/live/gradus.whl", lambda route: route.fulfill(body=wheel()))
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{address}/chapters/{chapter}.html", wait_until="networkidle")
        if stand_in:
            page.evaluate(TELL, {"packages": []})
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def with_numpy(once):
    """The address of a Pyodide with its NumPy."""

    def make(folder):
        shutil.copytree(ROOT / "node_modules" / "pyodide-with-numpy", folder, dirs_exist_ok=True)
        (packed,) = (ROOT / "node_modules" / "numpy-for-pyodide" / "pkg").iterdir()
        wheel = io.BytesIO()
        with tarfile.open(packed) as source, zipfile.ZipFile(wheel, "w") as made:
            for member in source:
                _, here, name = member.name.partition("site-packages/")
                if here and member.isfile() and "/tests/" not in name:
                    made.writestr(name, source.extractfile(member).read())
        lock = json.loads((folder / "pyodide-lock.json").read_text())
        numpy = lock["packages"]["numpy"]
        numpy["sha256"] = hashlib.sha256(wheel.getvalue()).hexdigest()
        (folder / numpy["file_name"]).write_bytes(wheel.getvalue())
        (folder / "pyodide-lock.json").write_text(json.dumps(lock))

    folder = once("pyodide", make)

    with serving(functools.partial(ForAll, directory=str(folder))) as home:
        yield f"{home}/"


class ForAll(Quiet):
    """Serves to the pages of any address."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


def place(page, name="sgd_step"):
    """An exercise's place, opened."""
    there = page.locator(f'gradus-exercise[data-name="{name}"]')
    there.evaluate("node => node.querySelector('details').open = true")
    return there


def run(there, code=None):
    if code is not None:
        there.get_by_label("Your answer").fill(code)
    there.get_by_role("button", name="Run and check").click()


def says(there, text, timeout=60_000):
    there.get_by_role("status").filter(has_text=re.compile(text)).wait_for(timeout=timeout)


def test_nothing_is_loaded_before_the_first_click(visit):
    page = visit()
    there = place(page)
    there.get_by_label("Your answer").fill("x = 1")
    assert page.asked == [] and page.evaluate(
        "performance.getEntriesByType('resource').every(r => !/whl|cases/.test(r.name))"
    )
    run(there, RIGHT)
    says(there, "✓ sgd_step: all cases pass")
    assert "pyodide.mjs" in page.asked and "pyodide.asm.wasm" in page.asked
    assert there.locator(".shown").inner_text() == "a table"
    assert page.complaints == []


def test_the_editor_is_as_high_as_its_code(visit):
    there = place(visit())
    editor = there.get_by_label("Your answer")
    rows = "node => node.rows"
    stub = editor.evaluate(rows)
    editor.press("Control+End")
    editor.press_sequentially("\n" * 5)
    assert editor.evaluate(rows) == stub + 5
    editor.fill("x = 1")
    assert editor.evaluate(rows) == 3


def test_a_reader_s_work_is_kept_and_counted_in_this_browser(visit):
    page = visit()
    top = page.locator("gradus-chapter")
    count = page.locator("gradus-exercise").count()
    assert top.inner_text().endswith(f"0 of {count} solved here")
    there = place(page)
    run(there, RIGHT)
    says(there, "✓")
    assert top.inner_text().endswith(f"1 of {count} solved here")
    page.reload(wait_until="networkidle")
    assert top.inner_text().endswith(f"1 of {count} solved here")
    assert there.locator("summary").inner_text() == "Try it here: sgd_step (solved)"
    there = place(page)
    assert there.get_by_label("Your answer").input_value() == RIGHT
    page.once("dialog", lambda dialog: dialog.dismiss())
    there.get_by_role("button", name="Start again").click()
    assert there.get_by_label("Your answer").input_value() == RIGHT
    page.once("dialog", lambda dialog: dialog.accept())
    there.get_by_role("button", name="Start again").click()
    assert "replace this line with your answer" in there.get_by_label("Your answer").input_value()
    page.reload(wait_until="networkidle")
    assert (
        "replace this line with your answer"
        in place(page).get_by_label("Your answer").input_value()
    )
    assert page.evaluate("localStorage['gradus/descent/sgd_step']") == '{"solved":true}'


def test_stop_ends_a_loop_and_python_starts_anew(visit):
    page = visit()
    there = place(page)
    run(there, "while True:\n    pass\n")
    says(there, "Running")
    says(there, "Still running: is there a loop that does not end", timeout=30_000)
    other = place(page, "momentum_step")
    run(other)
    says(other, "Another exercise is running")
    there.get_by_role("button", name="Stop").click()
    says(there, "^Stopped")
    run(there, RIGHT)
    says(there, "✓ sgd_step")


def test_an_exception_shows_the_reader_s_own_lines(visit):
    page = visit()
    there = place(page)
    run(there, "def outer():\n    return 1 / 0\n\nprint('before')\nouter()\n")
    says(there, "✗ Your code stopped with ZeroDivisionError")
    printed = there.locator("pre").inner_text()
    assert printed.startswith("before\nTraceback")
    assert re.findall(r'File "(.*?)", line (\d+)', printed) == [
        ("exercise/sgd_step.py", "5"),
        ("exercise/sgd_step.py", "2"),
    ]
    run(there, "def sgd_step(theta grad):\n    pass\n")
    says(there, "✗ Your code stopped with SyntaxError")
    run(there, "import curses\n")
    says(there, "✗ Your code stopped with ModuleNotFoundError")
    run(there, "def deep():\n    deep()\ndeep()\n")
    says(there, "RecursionError|Python stopped working")
    run(there, RIGHT.replace("- lr", "+ lr"))
    says(there, "✗ sgd_step: 0 of 1 cases pass")
    run(there, RIGHT)
    says(there, "✓")
    assert page.complaints == []


def test_an_address_that_refuses_is_named(visit):
    there = place(visit(core=False))
    run(there)
    says(
        there,
        r"Python could not be loaded from https://cdn\.jsdelivr\.net/pyodide/\S+ \(status 404\)",
    )


def test_an_address_that_never_answers_is_named_within_twenty_seconds(visit):
    there = place(visit(core=None))
    run(there)
    says(
        there,
        r"Python could not be loaded from https://cdn\S+ \(nothing in 15 seconds\)",
        timeout=20_000,
    )
    assert (
        there.get_by_role("button", name="Run and check").get_attribute("aria-disabled") == "false"
    )


def test_a_base_without_numpy_is_named(visit):
    """The site as it is, with Pyodide's core alone: nothing is replaced."""
    page = visit(stand_in=False)
    there = place(page)
    run(there)
    says(there, r"numpy could not be loaded from https://cdn\S+")
    assert any(name.startswith("numpy-") for name in page.asked)


def test_what_gradus_imports_of_the_standard_library_is_in_pyodide(visit):
    import ast

    files = [*(ROOT / "gradus").glob("*.py"), ROOT / "_web" / "live" / "run.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    ours = {
        n
        for n in names
        if n.split(".")[0] not in {"numpy", "gradus", "matplotlib", "sklearn", "IPython"}
    }
    there = place(visit())
    run(there, f"import {', '.join(sorted(ours))}\n{RIGHT}")
    says(there, "✓")


def test_without_local_storage_the_page_works_and_says_so(visit):
    page = visit(
        script="Object.defineProperty(window, 'localStorage', {get() { throw Error('none here') }})"
    )
    there = place(page)
    there.get_by_label("Your answer").fill(RIGHT)
    says(there, "This browser keeps nothing for this page")
    run(there)
    says(there, "✓ sgd_step: all cases pass")
    assert (
        "1 of" in page.locator("gradus-chapter").inner_text()
    )  # the theme's own scripts do complain


def test_keys_do_what_the_line_below_the_editor_says(visit):
    page = visit()
    there = place(page)
    editor = there.get_by_label("Your answer")
    editor.fill("")
    editor.press_sequentially("def f(x):")
    editor.press("Enter")
    editor.press_sequentially("return x")
    editor.press("Enter")
    assert editor.input_value() == "def f(x):\n    return x\n    "
    editor.press("Tab")
    assert not editor.evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")  # the first button after it
    says(there, "✗ Your code stopped with NameError")
    editor.fill(RIGHT)
    editor.press("Control+Enter")
    says(there, "✓")


def test_from_a_file_the_page_says_that_it_must_be_served(browser, site):
    page = browser.new_page()
    page.goto((site / "chapters" / "descent.html").as_uri())
    there = place(page)
    says(there, "Running code needs the site to be served")
    run(there)
    says(there, "Running code needs the site to be served")
    page.close()


def test_without_scripts_a_sentence_stands_in_the_place(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/descent.html")
    assert (
        "With JavaScript, this exercise runs here"
        in page.locator("gradus-exercise").first.inner_text()
    )
    assert page.locator("gradus-exercise textarea").count() == 0
    context.close()


@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (390, "dark")])
def test_the_page_is_sound_with_results_shown(visit, lay_out, width, mode):
    page = visit(width=width, mode=mode)
    lay_out(page)
    there = place(page)
    run(there, f"print('x' * 300)\n{RIGHT}")
    says(there, "✓")
    other = place(page, "momentum_step")
    run(other, "1 / 0")
    says(other, "✗")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=ROOT / "node_modules" / "axe-core" / "axe.min.js")
    report = page.evaluate(
        "axe.run({include: [['gradus-exercise'], ['.gradus-overview']]}, {resultTypes: ['violations']})"
    )
    assert {
        v["id"]: [node["html"][:200] for node in v["nodes"][:3]] for v in report["violations"]
    } == {}
    assert page.complaints == []


def test_a_folder_of_the_site_can_be_the_base(visit, address):
    page = visit()
    page.evaluate(TELL, {"base": "pyodide/"})
    page.context.route(
        f"{address}/pyodide/**",
        lambda route: route.fulfill(
            body=(CORE / route.request.url.rsplit("/", 1)[1]).read_bytes(),
            content_type=TYPES.get("." + route.request.url.rsplit(".", 1)[1], "text/plain"),
        ),
    )
    there = place(page)
    run(there, RIGHT)
    says(there, "✓")
    assert page.asked == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_is_solved_in_the_page(visit, with_numpy, chapter):
    page = visit(stand_in=False, chapter=chapter)
    page.evaluate(TELL, {"base": with_numpy})
    answers = references(chapter)
    assert answers
    for name, code in answers.items():
        there = place(page, name)
        run(there, code)
        says(there, f"{name}: ", timeout=120_000)
        assert there.get_by_role("status").inner_text() == f"✓ {name}: all cases pass"
    assert page.asked == [] and page.complaints == []


CHOLESKY = """\
@exercise
def safe_direction(grad, hessian):
    try:
        np.linalg.cholesky(hessian)
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(hessian)[0]
        hessian = hessian + (0.1 - 2 * lowest) * np.eye(len(grad))
    return -np.linalg.solve(hessian, grad)
"""


def test_a_matrix_that_is_singular_or_not_positive_raises_in_the_page_as_in_a_notebook(
    visit, with_numpy
):
    page = visit(stand_in=False, chapter="newton")
    page.evaluate(TELL, {"base": with_numpy})
    there = place(page, "safe_direction")
    run(there, CHOLESKY)
    says(there, "✓ safe_direction: all cases pass")
    for call in ("solve(np.zeros((2, 2)), np.ones(2))", "inv(np.zeros((2, 2)))"):
        run(there, f"import numpy as np\nnp.linalg.{call}")
        says(there, "✗ Your code stopped with LinAlgError")


def test_firefox_solves_an_exercise_and_names_a_mistake(address, with_numpy):
    need("firefox")
    program = [NODE, ROOT / "tests" / "site" / "firefox.mjs"]
    first = f"({TELL})({json.dumps({'base': with_numpy})})"
    answers = {"sgd_step": references("descent")["sgd_step"], "momentum_step": MOMENTUM}
    done = subprocess.run(
        [*program, shutil.which("firefox-esr"), f"{address}/chapters/descent.html", first],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    right, wrong = found["said"]
    assert right["status"] == "✓ sgd_step: all cases pass"
    assert re.fullmatch(r"✗ momentum_step: 1 of \d+ cases pass", wrong["status"])
    assert "1 - mu" in wrong["text"]
    assert found["typed"] == "def f(x):\n    return x"
