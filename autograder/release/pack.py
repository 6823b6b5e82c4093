"""The student's pack: the wheel of `gradus`, and the requirements that install it.

The wheel is the distribution that `gradus/pyproject.toml` describes. Its version ends in a digest of its
files, `0.2.0+4f1d...`, so that pip installs a corrected gradus over an earlier one.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import gradus
from autograder.course import Course, CourseError

WHEELS = "gradus*.whl"
# The hook that every installer calls: neither pip nor a network is needed.
_BUILD = (
    "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
)
_DIGITS = 12


def build_wheel(target: Path, package: Path | None = None) -> Path:
    """Build the wheel of `gradus`; the same files give the same bytes.

    Parameters
    ----------
    target : Path
        The folder into which it is written.
    package : Path, optional
        The folder of `gradus`; by default the one that is imported.

    Returns
    -------
    Path
        The wheel's file.

    Raises
    ------
    CourseError
        If it cannot be built.
    """
    package = package or Path(gradus.__file__).parent
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))
    more = project["tool"]["setuptools"]["package-data"]["gradus"]
    sources = [*sorted(package.glob("*.py")), *(package / name for name in more)]
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for file in sources:
            content = file.read_bytes()
            digest.update(f"{file.name} {len(content)}\n".encode() + content)
            Path(folder, file.name).write_bytes(content)
        label = f"[egg_info]\ntag_build = +{digest.hexdigest()[:_DIGITS]}\n"
        Path(folder, "setup.cfg").write_text(label, "utf-8")
        built = subprocess.run(
            [sys.executable, "-P", "-c", _BUILD, str(target.resolve())],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1577836800"},
            capture_output=True,
            text=True,
            check=False,
        )
    if built.returncode:
        last = (built.stderr.strip() or "no message").splitlines()[-1]
        raise CourseError(f"no wheel of gradus could be built: {last}")
    return target / built.stdout.splitlines()[-1]


def requirements(course: Course, wheel: str) -> str:
    """The text of a pack's requirements.txt: the wheel, and what the course's own extra `student` names."""
    project = tomllib.loads((course.root / "pyproject.toml").read_text("utf-8")).get("project", {})
    more = project.get("optional-dependencies", {}).get("student", [])
    # An older wheel before a newer release that a student's machine would have to compile.
    lines = ["# In this folder: pip install -r requirements.txt", "--prefer-binary"]
    return "\n".join([*lines, f"./{wheel}[student]", *more]) + "\n"
