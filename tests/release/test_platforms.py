"""What is pinned, and what a student installs, is there for the machines that people have.

The registries that pip knows here are asked, and nothing is installed. Where none answers, or none has
a release at all, the question is skipped.
"""

import functools
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from autograder import doctor
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
STUDENT = tomllib.loads((ROOT / "gradus" / "pyproject.toml").read_text())["project"]
OLDEST, NEWEST = PROJECT["requires-python"].removeprefix(">="), "3.14"
MACOS, LINUX = "macosx_14_0_{}", ("manylinux_2_28_{}", "manylinux_2_17_{}", "manylinux2014_{}")
# For each platform: what markers ask of it, and what its wheels are called.
PLATFORMS = {
    "Windows, x86-64": (("win32", "Windows", "nt", "AMD64"), ("win_amd64",)),
    "macOS, Apple's processors": (("darwin", "Darwin", "posix", "arm64"), (MACOS.format("arm64"),)),
    "macOS, Intel's processors": (
        ("darwin", "Darwin", "posix", "x86_64"),
        (MACOS.format("x86_64"),),
    ),
    "Linux, x86-64": (("linux", "Linux", "posix", "x86_64"), [n.format("x86_64") for n in LINUX]),
    "Linux, ARM": (("linux", "Linux", "posix", "aarch64"), [n.format("aarch64") for n in LINUX]),
}
# Where compilers are rarest, the newest Python too.
ASKED = [*((platform, OLDEST) for platform in PLATFORMS), ("Windows, x86-64", NEWEST)]
MARKED = ("sys_platform", "platform_system", "os_name", "platform_machine")


PINNED = (ROOT / "requirements.txt").read_text()
PINS = {
    canonicalize_name(pin.name): pin
    for pin in (Requirement(line) for line in PINNED.splitlines() if line[0] != "#")
}


def student(platform, python):
    """What the student's part of the project needs on a platform, pinned where there is a pin."""
    environment = dict(zip(MARKED, PLATFORMS[platform][0], strict=True))
    environment |= {"python_version": python[:4], "python_full_version": python}
    needed, found = [*STUDENT["dependencies"], *STUDENT["optional-dependencies"]["student"]], {}
    todo = [Requirement(each) for each in needed]
    while todo:
        requirement = todo.pop()
        for extra in requirement.extras or {""}:
            name = canonicalize_name(requirement.name)
            if (name, extra) in found:
                continue
            pin = PINS.get(name)
            assert pin is None or requirement.specifier.contains(next(iter(pin.specifier)).version)
            found[name, extra] = f"{name}{pin.specifier if pin else requirement.specifier}"
            try:
                further = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:  # needed there, not here
                continue
            todo += [
                each
                for each in map(Requirement, further)
                if not each.marker or each.marker.evaluate(environment | {"extra": extra})
            ]
    return sorted(set(found.values()))


def refused(wanted, *options):
    """Why pip would not install these on the platform and the Python of the options; "" if it would."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    command += ["--ignore-installed", "--target", "nowhere", "--retries", "1", "--timeout", "30"]
    done = subprocess.run(
        [*command, *options, *wanted], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def for_any_platform(requirement):
    """Whether the wheel that is installed here is the wheel for every platform."""
    try:
        wheel = importlib.metadata.distribution(Requirement(requirement).name).read_text("WHEEL")
    except importlib.metadata.PackageNotFoundError:
        return False
    return "-none-any" in wheel


@functools.cache
def answers():
    """pip's word for each platform and Python, asked at once: they mostly wait for a registry."""

    def ask(question):
        platform, python = question
        wanted = [each for each in student(platform, python) if not for_any_platform(each)]
        assert any(each.startswith("numpy==") for each in wanted)
        tags = [word for tag in PLATFORMS[platform][1] for word in ("--platform", tag)]
        return refused(wanted, "--only-binary=:all:", "--python-version", python, *tags)

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(ASKED, threads.map(ask, ASKED), strict=True))


@pytest.fixture
def lock():
    """The module behind `make lock`."""
    spec = importlib.util.spec_from_file_location("lock", ROOT / ".ci" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("platform", "python"), ASKED)
def test_what_a_student_installs_has_wheels(platform, python):
    reason = answers()[platform, python]
    if not reason:
        return
    missing = re.search(r"No matching distribution found for (\S+)", reason)
    if not missing or refused([missing[1]]):
        pytest.skip(f"no registry answers: {(reason.splitlines() or [''])[-1]}")
    pytest.fail(f"{missing[1]} has no wheel for Python {python} on {platform}")


@pytest.mark.parametrize("python", [OLDEST, NEWEST])
def test_every_pin_installs_on(python):
    for name, pin in PINS.items():
        (version,) = pin.specifier
        try:
            asks = importlib.metadata.metadata(name).get("Requires-Python", "")
        except importlib.metadata.PackageNotFoundError:  # pinned for other platforms
            continue
        assert importlib.metadata.version(name) == version.version, f"{pin}: install it"
        assert SpecifierSet(asks).contains(python), f"{pin} asks for Python {asks}"


def test_pins_are_those_that_the_projects_ask_for(lock):
    for wanted in map(Requirement, lock.asked()):
        pin = PINS[canonicalize_name(wanted.name)]
        (version,) = pin.specifier
        assert wanted.specifier.contains(version.version), f"{pin}: run make lock"
        assert str(pin.marker) == str(wanted.marker), f"{pin}: run make lock"


def test_pins_name_no_index():
    assert not re.search(r"://|^-|@", PINNED, re.MULTILINE)


def test_one_oldest_python():
    assert STUDENT["requires-python"] == PROJECT["requires-python"]
    numbers = ", ".join(OLDEST.split("."))
    assert f"sys.version_info < ({numbers})" in (ROOT / "Makefile").read_text()
    assert f"({numbers})" == str(doctor._PYTHON)
    for name in ("Makefile", "README.md", "using.md", "autograder/doctor.py"):
        said = re.findall(r"Python (3[\d.]*\d) or later", (ROOT / name).read_text())
        assert said and set(said) == {OLDEST}, name


def test_a_lock_keeps_markers(lock):
    text = "# a; b\nnumpy\nA_b.c>=2; os_name == 'nt'\nd[e]<3 ;sys_platform != 'x'  # why\n"
    assert lock.markers(text) == {"a-b-c": "os_name == 'nt'", "d": "sys_platform != 'x'"}
