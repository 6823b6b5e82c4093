"""Make requirements.txt from all that both pyproject.toml ask for: `make lock`.

The newest releases that install on the oldest Python of pyproject.toml. What is resolved for that one
also installs on the later ones, while the newest releases of today no longer do on it. Only wheels are
taken, so that nobody needs a compiler; a marker that a package has there goes along.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def markers(text: str) -> dict[str, str]:
    """The marker of each package that has one, by its name."""
    lines = re.findall(r"^([\w.-]+)[^;#\n]*;([^#\n]*)", text, re.MULTILINE)
    return {canonical(name): marker.strip() for name, marker in lines}


def asked() -> list[str]:
    """What the distributions need, with every extra, but for one another."""
    lists = []
    for file in ("gradus/pyproject.toml", "pyproject.toml"):
        project = tomllib.loads((ROOT / file).read_text("utf-8"))["project"]
        lists += [project["dependencies"], *project["optional-dependencies"].values()]
    own = ("gradus-book", "gradus-autograder")
    return sorted({line for each in lists for line in each if not line.startswith(own)})


def main() -> None:
    """Resolve, and write what was found."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    # pip asks the Python that it runs on, not the one that is asked for, whether a dependency is needed.
    if oldest.split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        sys.exit(
            f"Pins are made for Python {oldest}: name one of its line, make lock PYTHON=python3.11"
        )
    wanted = "\n".join(asked())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "wanted").write_text(wanted, "utf-8")
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        command = [
            python,
            "-m",
            "pip",
            "install",
            "-qq",
            "--dry-run",
            "--report",
            f"{folder}/report",
        ]
        command += ["--python-version", oldest, "--only-binary=:all:", "--target", f"{folder}/none"]
        subprocess.run([*command, "--requirement", f"{folder}/wanted"], check=True)
        report = json.loads(Path(folder, "report").read_text("utf-8"))
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in report["install"]}
    only_on = markers(wanted)
    lines = [
        f"{name}=={found[name]}"
        + (f"; {only_on[key]}" if (key := canonical(name)) in only_on else "")
        for name in sorted(found, key=str.lower)
    ]
    head = f"# Made by `make lock` from pyproject.toml and gradus/pyproject.toml, for Python {oldest} and later."
    (ROOT / "requirements.txt").write_text("\n".join([head, *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
