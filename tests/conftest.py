"""What tests share: the root, and what to do where a tool of the system is missing."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: a loaded machine is no failure. The same examples in every run.
settings.register_profile("gradus", deadline=None, derandomize=True)
settings.load_profile("gradus")

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = {"chromium": "chromium", "bubblewrap": "bwrap", "postgres": "pg_ctlcluster"}


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
