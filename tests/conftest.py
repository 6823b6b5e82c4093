"""What tests share: the root, what is made once for all of them, and what to do where a tool of the system is missing."""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import settings

from tests import units

# As the site runs its cells: two workers have no core to spare. Before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No deadline: a loaded machine is no failure. The same examples in every run.
settings.register_profile("gradus", deadline=None, derandomize=True)
settings.load_profile("gradus")

ROOT = Path(__file__).resolve().parents[1]
# In CI: a missing tool is a failure, and every page is opened in a browser.
REQUIRED = os.environ.get("GRADUS_REQUIRE_ALL") == "1"
# Once a week, where time is no matter: more seeds, every notebook by nbval and by the site itself, too.
THOROUGH = os.environ.get("GRADUS_THOROUGH") == "1"
PROGRAMS = {
    "chromium": "chromium",
    "bubblewrap": "bwrap",
    "postgres": "pg_ctlcluster",
    "openssl": "openssl",
    "firefox": "firefox-esr",
    "jupyterhub": "jupyterhub",
    "its proxy": "configurable-http-proxy",
}


def pytest_addoption(parser):
    parser.addoption(
        "--chapter", help="the tests of one chapter: its references, checks, claims and release"
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "thorough(PARAMETER=...): run where time is no matter, elsewhere for these values, or where a chapter is asked for",
    )


def pytest_ignore_collect(collection_path, config):
    """For one chapter, do not even read what is about none, or takes the whole site."""
    if config.getoption("--chapter") and collection_path.name in (
        "site",
        "gradus",
        "test_units.py",
    ):
        return True
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what is not of the chapter asked for, and put the tests into the order of their units."""
    if chapter := config.getoption("--chapter"):
        chapters = sorted(file.stem for file in (ROOT / "chapters").glob("*.md"))
        if chapter not in chapters:
            raise pytest.UsageError(
                f"there is no chapter {chapter!r}; the chapters are: {', '.join(chapters)}"
            )
        chosen = [item for item in items if units.is_of(chapter, item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    else:
        kept_back = {item for item in items if _is_kept_back(item)}
        config.hook.pytest_deselected(items=[item for item in items if item in kept_back])
        items[:] = [item for item in items if item not in kept_back]
    items.sort(key=lambda item: units.unit(item.nodeid)[0])


# Of the tests that open one page after the other in a browser, outside CI those of these pages run.
OPENED = ("index", "using", "descent")


def _is_kept_back(item):
    """Whether a test waits: for CI, if it opens another page than `OPENED`; or it is marked so and not excepted."""
    if THOROUGH:
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    page = (
        parameters.get("name", parameters.get("chapter")) if "visit" in item.fixturenames else None
    )
    if page and page.rpartition("/")[2] not in OPENED and not REQUIRED:
        return True
    mark = item.get_closest_marker("thorough")
    return bool(mark) and not any(
        parameters[name] in excepted for name, excepted in mark.kwargs.items()
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out the tests by unit.

    The mark xdist_group would say it, but xdist 3.8 writes it where pytest 9.2 does not read it any more.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return units.unit(nodeid)[1]

    config.option.loadscopereorder = False  # our order, not by the number of tests
    return Scheduling(config, log)


def forget(package):
    """Take a package out of this process: each of the tests' courses has references of its own by that name."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def need(what: str) -> None:
    """Skip a test where a tool is missing; fail instead under GRADUS_REQUIRE_ALL=1, as in CI.

    Parameters
    ----------
    what : str
        Of `PROGRAMS`.
    """
    if shutil.which(PROGRAMS[what]):
        return
    message = f"{what} is not installed (no program {PROGRAMS[what]})"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """A folder of this session, made by the first worker that needs it: `once("name", make)`, with `make(folder)`.

    The other workers wait for it, and for them all it is to be read only.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @functools.cache
    def path(name, make):
        folder, told = base / name, base / f"{name}.directory"
        with locked(base / f"{name}.lock"):
            if not told.exists():
                folder.mkdir()
                told.write_text("it could not be made: see the first test that failed")
                make(folder)
                told.write_text("")
        if trouble := told.read_text():
            pytest.fail(f"{name}: {trouble}")
        return folder

    return path


# What is kept from one session to the next, until what it is made of changes: all of it may be deleted.
KEPT, MOST = ROOT / "_build" / ".tests", 600e6


@functools.cache
def environment_of_runs():
    """Python, its packages, and the threads, on which the numbers of a run depend."""
    packages = sorted(f"{package.name} {package.version}" for package in metadata.distributions())
    return "\n".join(
        [sys.version, platform.platform(), os.environ["OPENBLAS_NUM_THREADS"], *packages]
    ).encode()


def kept(name, parts, make):
    """The bytes that `make()` returns; an earlier session's, if they were made of the same by the same Python.

    Parameters
    ----------
    name : str
        Of the file; of each name one is kept.
    parts : iterable of bytes
        All that they depend on, but for Python and its packages.
    make : callable
        What raises is not kept.
    """
    made_of = hashlib.sha256(environment_of_runs())
    for part in parts:
        made_of.update(hashlib.sha256(part).digest())
    KEPT.mkdir(parents=True, exist_ok=True)
    file, seal = KEPT / name, made_of.hexdigest().encode()
    with locked(KEPT / f"{name}.lock"):
        found, _, content = (
            file.read_bytes().partition(b"\n") if file.is_file() else (b"", b"", b"")
        )
        if found != seal:
            content = make()
            if len(content) < MOST:
                new = KEPT / f"{name}.new"
                new.write_bytes(seal + b"\n" + content)
                new.replace(file)
    return content


@contextlib.contextmanager
def locked(file):
    """Hold a lock that other processes wait for."""
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def oracle():
    """Recorded vectors by name: `oracle("torch_optimizers")`."""
    return lambda name: json.loads((ROOT / "tests" / "oracles" / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; one for all tests of a worker, since Playwright cannot be started twice in a process."""
    need("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root, as in a container, cannot use Chromium's own sandbox; the pages are ours.
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def book(once, pytestconfig):
    """The real course, all of it released into a folder of the tests; or the one chapter that is asked for."""
    from autograder.course import Course
    from autograder.release.release import release_assignments

    chapter = pytestconfig.getoption("--chapter")

    def release(folder):
        asked = [chapter] if chapter else []
        lines = list(release_assignments(Course.find(ROOT, directory=folder), asked))
        assert lines and (not chapter or lines[0].partition(":")[0] == chapter)

    return Course.find(ROOT, directory=once("made", release))


@pytest.fixture(scope="session")
def run_chapter(book):
    """The names that a chapter's cells define, answered and run from top to bottom: `run_chapter("transfer")`."""
    from autograder.release.chapter import read_chapter
    from tests.runs import Released, names_of

    @functools.lru_cache(maxsize=1)  # some take hundreds of megabytes
    def names(chapter):
        return names_of(Released(book, read_chapter(book.chapter(chapter))))

    return names
