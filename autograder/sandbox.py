"""Where a submission's code runs: a process that holds Python, NumPy, Matplotlib, `gradus` and nothing else.

bubblewrap gives it namespaces of its own (user, mount, process, network, ipc, uts), a read-only view
of Python and the system's libraries, and a temporary folder. What this process says comes
back as frames of packed data (`gradus.values`), bounded in size and in time, and is never believed.
"""

import functools
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gradus
from autograder.course import CourseError
from gradus import values

KINDS = ("bubblewrap", "none")
INSTALL = "install it (Debian, Ubuntu: sudo apt-get install bubblewrap)"
UNSAFE = (
    "warning: --sandbox none: submissions run as you, with your files and your network; only time and memory are "
    "limited. Use it only for code that you trust."
)
# As root: RLIMIT_NPROC does not bind root, so the sandbox runs as a user that owns nothing.
_NOBODY = 60_001
_INSIDE = "/opt/gradus"
_WORK = "/tmp"


@dataclass(frozen=True)
class Limits:
    """What a submission may use. A cell or case beyond its limit is lost; the rest is graded."""

    cell_seconds: float = 10.0
    case_seconds: float = 5.0
    run_seconds: float = 120.0
    grace_seconds: float = 1.5
    memory_bytes: int = 2 * 2**30
    file_bytes: int = 16 * 2**20
    folder_bytes: int = 64 * 2**20
    result_bytes: int = 16 * 2**20
    output_chars: int = 10_000
    open_files: int = 128
    processes: int = 32


class Lost(Exception):
    """The process in the sandbox said nothing in time ("timeout"), or ended ("killed")."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


class Sandbox:
    """One process for one submission: send it a job and cases, receive what it says.

    Parameters
    ----------
    kind : str
        "bubblewrap" or "none".
    limits : Limits
    """

    def __init__(self, kind: str, limits: Limits):
        self.limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="gradus-") if kind == "none" else None
        work = self._folder.name if self._folder else "/"
        self._process = subprocess.Popen(
            _plain(work) if kind == "none" else _isolated(limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(work, work),
            cwd=work,
            bufsize=0,
            start_new_session=True,
        )
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        if self._folder:
            self._folder.cleanup()

    def send(self, value: Any, seconds: float) -> None:
        """Send data as one frame; `Lost` if it is not taken in time."""
        data = values.pack(value)
        view = memoryview(struct.pack("<I", len(data)) + data)
        file, end = self._process.stdin.fileno(), time.monotonic() + seconds
        while view:
            _, ready, _ = select.select([], [file], [], max(end - time.monotonic(), 0))
            if not ready:
                raise Lost("timeout", "it took too long")
            try:
                view = view[os.write(file, view) :]
            except BrokenPipeError:
                raise Lost("killed", "it ended its process") from None

    def receive(self, seconds: float) -> Any:
        """The next frame, as data; `Lost` if none comes in time or it is too large.

        Raises
        ------
        values.NotData
            If the frame is whole but is not data.
        """
        end = time.monotonic() + seconds
        (size,) = struct.unpack("<I", self._read(4, end))
        if size > self.limits.result_bytes + 2**16:
            raise Lost("killed", "its result is too large to read")
        frame = self._read(size, end)
        try:
            return values.unpack(frame, size)
        except Exception as error:  # hostile bytes may break the reader in ways of their own
            raise values.NotData(str(error)) from error

    def _read(self, size: int, end: float) -> bytes:
        file, parts, missing = self._process.stdout.fileno(), [], size
        while missing:
            ready, _, _ = select.select([file], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise Lost("timeout", "it took too long")
            part = os.read(file, min(missing, 2**20))
            if not part:
                raise Lost("killed", "it ended its process")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def require(kind: str) -> None:
    """Refuse to go on where a sandbox of that kind does not work: proved by starting one.

    Raises
    ------
    CourseError
        With the line that installs what is missing.
    """
    if kind not in KINDS:
        raise CourseError(f"--sandbox: expected one of {', '.join(KINDS)}; got {kind!r}")
    if kind == "bubblewrap" and (problem := _trouble()):
        raise CourseError(
            f"submissions are not graded without a sandbox: {problem}; or use --sandbox none for code that you trust"
        )


@functools.cache
def _trouble() -> str:
    """Why bubblewrap does not work on this machine, or ""."""
    if not shutil.which("bwrap"):
        return f"bubblewrap is missing, {INSTALL}"
    try:
        done = subprocess.run(
            [*_isolated(Limits(), program=("-c", "import gradus, resource"))],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not work here ({error})"
    if done.returncode == 0:
        return ""
    said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return f"bubblewrap does not work here ({said}): allow user namespaces, or {INSTALL}"


def _environment(folder: str, library: str) -> dict[str, str]:
    """All that the runner's process finds in its environment."""
    threads = ("OPENBLAS", "OMP", "MKL", "NUMEXPR")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": folder,
        "TMPDIR": folder,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": folder,
        "IPYTHONDIR": folder,
        "PYTHONPATH": library,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
    }


def _plain(folder: str) -> list[str]:
    # Copies, so that the folder that holds the references is not on the path.
    for source in _ours():
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, Path(folder, source.name))
    return [sys.executable, "-s", "-P", "-B", str(Path(folder, "runner.py"))]


def _ours() -> list[Path]:
    return [Path(gradus.__file__).resolve().parent, Path(__file__).resolve().with_name("runner.py")]


def _isolated(limits: Limits, program: tuple[str, ...] = (f"{_INSIDE}/runner.py",)) -> list[str]:
    binds = [(path, path) for path in _read_only()]
    ours = [(path, Path(_INSIDE, path.name)) for path in _ours()]
    size = str(limits.folder_bytes)
    spaces = ("user", "pid", "net", "ipc", "uts", "cgroup-try")
    command = [
        *(shutil.which("bwrap"), "--die-with-parent", "--new-session", "--clearenv"),
        *("--cap-drop", "ALL"),
        *(f"--unshare-{name}" for name in spaces),
        *("--disable-userns", "--hostname", "gradus"),
        # Before the files that are shown: a project may itself lie in the machine's /tmp.
        *("--size", size, "--tmpfs", _WORK),
        *_mounts(binds + ours),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--remount-ro", "/", "--chdir", _WORK),
    ]
    for name, value in _environment(_WORK, _INSIDE).items():
        command += ["--setenv", name, value]
    command += ["--", sys.executable, "-s", "-P", "-B", *program]
    return command if os.geteuid() else _as_nobody(binds + [(p, p) for p in _ours()], command)


def _as_nobody(binds: list[tuple[Path, Path]], command: list[str]) -> list[str]:
    """As root: show a user that owns nothing the same files, then let it make the namespaces."""
    setpriv = shutil.which("setpriv") or "setpriv"
    tools = {Path(program).parent for program in (command[0], setpriv)}
    user = str(_NOBODY)
    return [
        *(command[0], "--die-with-parent", "--cap-drop", "ALL"),
        *("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"),
        *_mounts(binds + [(folder, folder) for folder in tools]),
        *("--dir", _WORK, "--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--"),
        *(setpriv, "--reuid", user, "--regid", user, "--clear-groups", "--"),
        *command,
    ]


def _mounts(binds: list[tuple[Path, Path]]) -> list[str]:
    """Arguments that show files read-only, under parents that any user may pass through."""
    arguments, made = [], set()
    for _, target in binds:
        for parent in reversed(target.parents[:-1]):
            if parent not in made:
                made.add(parent)
                arguments += ["--dir", str(parent)]
    for source, target in binds:
        if source.is_symlink() and len(source.parts) == 2:  # /lib is usr/lib
            arguments += ["--symlink", os.readlink(source), str(target)]
        else:
            arguments += ["--ro-bind", str(source), str(target)]
    return arguments


def _read_only() -> list[Path]:
    """Python, its packages and the system's libraries: all that the sandbox shows."""
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives"]
    folders = ("bin", "lib", "lib64")
    python = [Path(prefix, part) for prefix in (sys.base_prefix, sys.prefix) for part in folders]
    settings = [Path(sys.prefix, "pyvenv.cfg")]
    found = dict.fromkeys(
        path for path in [*map(Path, system), *python, *settings] if path.exists()
    )
    return list(found)


def job(
    limits: Limits, isolated: bool, cells: list[tuple[int, str]], files: dict[str, bytes]
) -> dict:
    """The first frame: what the runner reads before any code of the submission runs."""
    return {
        "limits": asdict(limits),
        "isolated": isolated,
        "cells": cells,
        "files": {name: np.frombuffer(data, np.uint8) for name, data in files.items()},
    }
