"""What tests share: the root, and what to do where a tool of the system is missing."""

import functools
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# As the site runs its cells: two workers have no core to spare. Before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No deadline: a loaded machine is no failure. The same examples in every run.
settings.register_profile("gradus", deadline=None, derandomize=True)
settings.load_profile("gradus")

ROOT = Path(__file__).resolve().parents[1]
# Tests that share something that takes minutes to make: one worker makes it, once.
TOGETHER = (
    "tests/site/",
    "tests/grading/test_class.py",
    "tests/grading/test_corpus.py",
    "tests/release/test_packages.py",
)
PROGRAMS = {"chromium": "chromium", "bubblewrap": "bwrap", "postgres": "pg_ctlcluster"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep each of TOGETHER on one worker.

    The mark xdist_group would say it, but xdist 3.8 writes it where pytest 9.2 does not read it any more.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    return Scheduling(config, log)


def need(what: str) -> None:
    """Skip a test where a tool is missing; fail instead under GRADUS_REQUIRE_ALL=1, as in CI.

    Parameters
    ----------
    what : str
        "chromium", "bubblewrap" or "postgres".
    """
    if shutil.which(PROGRAMS[what]):
        return
    message = f"{what} is not installed (no program {PROGRAMS[what]})"
    if os.environ.get("GRADUS_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


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
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def run_chapter():
    """The names that a chapter's cells define, run from top to bottom with the references: `run_chapter("transfer")`."""

    @functools.cache
    def run(name):
        import jupytext
        import matplotlib.pyplot as plt

        names = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRADUS_REFERENCES", "solutions")
            for cell in jupytext.read(ROOT / "chapters" / f"{name}.md").cells:
                if cell.cell_type == "code":
                    exec(compile(cell.source, f"<{name}>", "exec"), names)
                    plt.close("all")
        return names

    return run
