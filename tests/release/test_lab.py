"""A student's hour with a chapter in JupyterLab and in Notebook 7, in Chromium: untouched, wrong, right, run anew, validated."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.release.conftest import CHECK, EXERCISE, SETUP
from tests.runs import beside

LONG = 240_000  # milliseconds until a state is reached: a loaded machine is no failure
CHAPTER = """
```{code-cell} ipython3
print("twice seven is", double(7))
```

```{code-cell} ipython3
progress()
```
"""
SETTING_UP, ANSWER, CHECKING, USING, PROGRESS = range(5)  # its code cells
STUB = 'raise NotImplementedError("replace this line with your answer")'


@pytest.fixture(
    params={"jupyter-lab": "lab/tree", "jupyter-notebook": "notebooks"}.items(), ids="{0[0]}".format
)
def address(request, small, run, tmp_path):
    """Of the notebook in a program, as a student has it: what `autograder work` makes, and no course."""
    small.chapter = SETUP + EXERCISE + CHECK + CHAPTER
    small.checks = small.checks.partition("why = ")[0]
    small.write()
    assert run("work")[0] == 0
    home = tmp_path / "home"
    environment = beside(small.root / "work" / "small", home / "small")
    # What pip puts into the environment's etc/ goes before what lies there.
    (config,) = (home / "small" / "installed").glob("*.data/data/etc/jupyter")
    environment["JUPYTER_CONFIG_PATH"] = str(config)
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        environment[f"JUPYTER_{name}"] = str(home / name)
    environment["HOME"] = environment["IPYTHONDIR"] = str(home)
    log = tmp_path / "log"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    with log.open("w") as stream:
        program = Path(sys.executable).with_name(request.param[0])
        server = subprocess.Popen(
            [program, *options], cwd=home, env=environment, stdout=stream, stderr=stream
        )
    try:
        while not (found := re.search(r"(http://127\S+/)\w+(\?token=\w+)", log.read_text())):
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
        yield f"{found[1]}{request.param[1]}/small/small.ipynb{found[2]}"
    finally:
        server.kill()  # its kernels end with it; asked kindly, it may wait for one that still starts
        server.wait()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, expect):
        self.page, self.expect = page, expect
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")

    def idle(self):
        self.expect(self.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
            "data-status", "idle"
        )

    def run(self, number):
        """Run a cell; where its outputs are."""
        self.cells.nth(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return self.output(number)

    def output(self, number):
        return self.cells.nth(number).locator(".jp-Cell-outputArea")

    def replace(self, number, old, new):
        """Put a line in the place of another, by keyboard."""
        self.cells.nth(number).locator(".cm-line", has_text=old).click()
        self.page.keyboard.press("Home")
        self.page.keyboard.press("Shift+End")
        self.page.keyboard.insert_text(new)

    def menu(self, name):
        """Open a menu; its entries."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{name}$")).click()
        return self.page.locator(".lm-Menu .lm-Menu-itemLabel")


def test_a_chapter_is_worked_through(address, browser):
    from playwright.sync_api import expect

    expect.set_options(timeout=LONG)
    page = browser.new_page(viewport={"width": 1200, "height": 2000})
    page.set_default_timeout(LONG)
    try:
        page.goto(address)
        work_through(Notebook(page, expect))
    finally:
        page.close()
        expect.set_options(timeout=5_000)  # Playwright's own


def work_through(notebook):
    page, expect = notebook.page, notebook.expect
    expect(notebook.cells).to_have_count(PROGRESS + 1)
    notebook.idle()
    # nbgrader has for students what students need: no formgrader, no courses, no assignments to create. (Where
    # Notebook 7 shows a notebook nothing is left.)
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    entries = {entry for entry in notebook.menu("Nbgrader").all_inner_texts() if entry}
    assert entries == ({"Assignment List"} if "/lab/" in page.url else set())
    page.keyboard.press("Escape")
    expect(page.get_by_text("Create Assignment")).to_have_count(0)

    # Untouched: the check says so, and what needs the answer says which.
    notebook.run(SETTING_UP)
    notebook.run(ANSWER)
    expect(notebook.run(CHECKING)).to_contain_text("double: not answered yet")
    expect(notebook.run(USING)).to_contain_text("this cell needs your answer to `double`")
    # Wrong: the mistake is named.
    notebook.replace(ANSWER, STUB, "return x * x")
    notebook.run(ANSWER)
    expect(notebook.run(CHECKING)).to_contain_text("this is the square: add x to itself")
    # Right.
    notebook.replace(ANSWER, "return x * x", "return x + x")
    notebook.run(ANSWER)
    expect(notebook.run(CHECKING)).to_contain_text("2 of 2 cases pass")
    expect(notebook.output(CHECKING)).not_to_contain_text("fail")
    expect(notebook.run(USING)).to_contain_text("twice seven is 14")

    notebook.menu("Kernel").get_by_text("Restart Kernel and Run All Cells…").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    prompts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
    expect(prompts).to_have_text([f"[{number}]:" for number in range(1, PROGRESS + 2)])
    rows = notebook.output(PROGRESS).locator("tbody tr")
    expect(rows).to_have_text(
        [re.compile("double.*2 / 2.*2 of 2 cases pass"), re.compile("all.*2 / 2")]
    )

    page.get_by_role("button", name="Validate").click()
    expect(page.locator(".jp-Dialog")).to_contain_text(
        "Success! Your notebook passes all the tests."
    )
