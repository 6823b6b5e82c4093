"""Where submissions run: a server that holds Python, NumPy, Matplotlib, `gradus` and nothing else.

bubblewrap gives it namespaces of its own (user, mount, process, network, ipc, uts), a read-only view
of Python and the system's libraries, and temporary folders. It starts once and forks for each submission;
the fork goes into further namespaces, under limits (`autograder/sandbox/inside`). What a submission says comes
back as frames of packed data (`gradus.values`), bounded in size and in time, and is never believed.
"""

import functools
import math
import os
import platform
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

import numpy as np

import gradus
from autograder.course import Course, CourseError
from autograder.sandbox import calls, groups
from gradus import values
from gradus.calling import CASE_SECONDS

KINDS = ("bubblewrap", "none")
INSTALL = "install it (Debian, Ubuntu: sudo apt-get install bubblewrap)"
UNSAFE = (
    "warning: --sandbox none: submissions run as you, with your files and your network; only time and memory are "
    "limited. Use it only for code that you trust."
)
# As root: RLIMIT_NPROC does not bind root, so the sandbox runs as a user that owns nothing.
_NOBODY = 60_001
_INSIDE = "inside"
_SHOWN = "/opt/gradus"
_WORK = "/tmp"
_START_SECONDS = 60.0
_END_SECONDS = 10.0
_RESULTS = 4  # as many of the largest size are kept of one submission
_ITEMS = 2 * values.MAX_ITEMS  # of all that it sends: each takes up to a quarter of a kilobyte


@dataclass(frozen=True)
class Limits:
    """What a submission may use. A cell or case beyond its limit is lost; the rest is graded.

    `run_seconds` is for all cells together, in one run of them: beyond, only definitions are run.
    `exercise_seconds` is for all calls of one exercise together. Neither takes from the other.
    `open_files` is for each process, `processes` and `sockets` for all of them together.
    """

    cell_seconds: float = 10.0
    case_seconds: float = CASE_SECONDS
    run_seconds: float = 120.0
    exercise_seconds: float = 60.0
    grace_seconds: float = 1.0
    memory_bytes: int = 2 * 2**30
    file_bytes: int = 16 * 2**20
    folder_bytes: int = 64 * 2**20
    result_bytes: int = 16 * 2**20
    output_chars: int = 10_000
    open_files: int = 128
    processes: int = 32
    sockets: int = 128

    @classmethod
    def of(cls, course: Course) -> "Limits":
        """The limits of a course: these, but for what its `pyproject.toml` sets.

        Raises
        ------
        CourseError
            If it sets one that does not exist, or to what is not a positive number.
        """
        known = get_type_hints(cls)
        for name, value in course.limits.items():
            place = f"[tool.autograder.limits] {name} = {value!r}"
            if name not in known:
                raise CourseError(f"{place}: the limits are called {', '.join(known)}")
            if type(value) not in (int, known[name]) or not 0 < value < math.inf:
                raise CourseError(f"{place}: expected a positive {known[name].__name__}")
        return cls(**course.limits)


class Lost(Exception):
    """The submission said nothing in time ("timeout"), or its process ended ("killed")."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


class SandboxError(Exception):
    """The sandbox itself failed: no fault of a submission, which has no verdict then."""


class Sandbox:
    """A server for one submission after the other, each over a `Connection` of its own.

    Parameters
    ----------
    kind : str
        "bubblewrap" or "none".
    limits : Limits
    setup : sequence of str
        Cells of the book that are run once, before any submission: each begins with what they define.
    files : dict of name -> bytes
        What lies in the working directory of each submission, at first.
    """

    def __init__(
        self,
        kind: str,
        limits: Limits,
        setup: Sequence[str] = (),
        files: Mapping[str, bytes] = MappingProxyType({}),
    ):
        self.kind, self.limits = kind, limits
        self._nested = kind == "bubblewrap" and _nests()
        self._setup, self._files = list(setup), files
        self._process: subprocess.Popen | None = None
        self._owner = 0
        self._group: groups.Group | None = None

    @contextmanager
    def submission(self) -> Iterator["Connection"]:
        """A connection to a fresh fork; when it is left, every process of the submission is gone.

        Raises
        ------
        SandboxError
            If the server does not start, or does not answer.
        """
        self.start()
        ours, theirs = socket.socketpair()
        connection = Connection(ours, self.limits)
        try:
            with theirs:
                self._command(b"S", theirs.fileno())
            yield connection
        finally:
            ours.close()
            self._command(b"K")
            connection.greedy = self._answer(_END_SECONDS) == b"M"
            if self._group:
                connection.greedy |= self._group.killed()
            if self.kind == "bubblewrap" and not self._nested:
                self.close()

    def close(self) -> None:
        """End the server and all that runs in it."""
        if self._process is None or self._owner != os.getpid():
            return
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1 if self.kind == "none" else 0.2)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        if self._group:
            self._group.close()
        if self._folder:
            self._folder.cleanup()

    def start(self) -> None:
        """Start the server, unless it runs.

        Raises
        ------
        SandboxError
            If it does not start.
        """
        if self._process and self._owner == os.getpid() and self._process.poll() is None:
            return
        self._folder = (
            tempfile.TemporaryDirectory(prefix="gradus-") if self.kind == "none" else None
        )
        work = self._folder.name if self._folder else "/"
        self._owner = os.getpid()
        command = _plain(work) if self._folder else _isolated(self.limits, nested=self._nested)
        self._group = None
        if self.kind == "bubblewrap":
            with suppress(groups.Unavailable):
                self._group = groups.Group(groups.own())
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self._group.enter(command) if self._group else command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(work, f"{work}:{work}/{_INSIDE}"),
                cwd=work,
                start_new_session=True,
            )
        settings = values.pack(
            {
                "limits": asdict(self.limits),
                "setup": self._setup,
                "files": {name: _bytes(data) for name, data in self._files.items()},
                "filter": _bytes(_filter() if self.kind == "bubblewrap" else b""),
                "nested": self._nested,
                "watched": self.kind == "bubblewrap",
            }
        )
        self._command(struct.pack("<I", len(settings)) + settings)
        if self._answer(_START_SECONDS) == b"X":
            trouble = self._control.recv(500).decode(errors="replace")
            self.close()
            raise SandboxError(f"the set-up of the released notebook does not run: {trouble}")
        if self._group:
            self._group.limit(self.limits.memory_bytes, self.limits.processes)

    def _command(self, data: bytes, *files: int) -> None:
        try:
            socket.send_fds(self._control, [data], files)
        except OSError as error:
            self.close()
            raise SandboxError("the sandbox has ended") from error

    def _answer(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._control], [], [], seconds)
        said = self._control.recv(1) if ready else b""
        if not said:
            self.close()
            raise SandboxError("the sandbox has ended" if ready else "the sandbox does not answer")
        return said


class Connection:
    """Frames of packed data to and from one submission."""

    def __init__(self, ends: socket.socket, limits: Limits):
        self.greedy = False
        self._ends, self._limits = ends, limits
        self._received = self._items = 0
        ends.setblocking(False)

    def send(self, value: Any, seconds: float) -> None:
        """Send data as one frame; `Lost` if it is not taken in time."""
        self.send_packed(values.pack(value), seconds)

    def send_packed(self, data: bytes, seconds: float) -> None:
        """Send what `gradus.values.pack` wrote as one frame; `Lost` if it is not taken in time."""
        view = memoryview(struct.pack("<I", len(data)) + data)
        end = time.monotonic() + seconds
        while view:
            _, ready, _ = select.select([], [self._ends], [], max(end - time.monotonic(), 0))
            if not ready:
                raise Lost("timeout", "it took too long")
            try:
                view = view[self._ends.send(view) :]
            except OSError:
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
        if size > self._limits.result_bytes + 2**16:
            raise Lost("killed", "its result is too large to read")
        frame = self._read(size, end)
        self._received += size
        if self._received > _RESULTS * self._limits.result_bytes:
            raise values.NotData("more bytes of results than are kept of one submission")
        try:
            left = min(values.MAX_ITEMS, _ITEMS - self._items)
            value, items = values.read(frame, size, left)
            self._items += items
            return value
        except Exception as error:  # hostile bytes may break the reader in ways of their own
            raise values.NotData(str(error)) from error

    def _read(self, size: int, end: float) -> bytes:
        parts, missing = [], size
        while missing:
            ready, _, _ = select.select([self._ends], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise Lost("timeout", "it took too long")
            try:
                part = self._ends.recv(min(missing, 2**20))
            except OSError:
                part = b""
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
    choose(kind)
    prove(kind)


def choose(kind: str) -> None:
    """Refuse a kind that there is not, and prepare this process, which has no others yet, for its sandboxes."""
    if kind not in KINDS:
        raise CourseError(f"--sandbox: expected one of {', '.join(KINDS)}; got {kind!r}")
    with suppress(groups.Unavailable):
        groups.own()


def prove(kind: str) -> None:
    """The other half of `require`: it waits for a sandbox to start, so let something be done meanwhile."""
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
        held = f"isolate.give_up_privileges(bytes.fromhex({_filter().hex()!r}))"
    except calls.Unavailable as error:
        return str(error)
    return _tried(f"import isolate; {held}; import gradus, resource", nested=False)


def _filter() -> bytes:
    return calls.compiled(platform.machine())


def _bytes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


@functools.cache
def _nests() -> bool:
    """Whether each submission can have namespaces of its own inside the sandbox.

    Where it cannot (some systems forbid namespaces within namespaces), a server serves one submission.
    """
    enter = "import isolate; isolate.fork_in_namespaces({'folder_bytes': 2**20})"
    return not _tried(enter, nested=True)


def _tried(program: str, nested: bool) -> str:
    """Why a program does not run in the sandbox, or ""."""
    try:
        done = subprocess.run(
            _isolated(Limits(), ("-c", program), nested),
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
    """All that the server finds in its environment."""
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
        shutil.copytree(source, Path(folder, source.name))
    return [sys.executable, "-s", "-P", "-B", str(Path(folder, _INSIDE, "server.py"))]


def _ours() -> list[Path]:
    return [Path(gradus.__file__).resolve().parent, Path(__file__).resolve().with_name(_INSIDE)]


def _isolated(
    limits: Limits,
    program: tuple[str, ...] = (f"{_SHOWN}/{_INSIDE}/server.py",),
    nested: bool = True,
) -> list[str]:
    binds = [(path, path) for path in _read_only()]
    ours = [(path, Path(_SHOWN, path.name)) for path in _ours()]
    size = str(limits.folder_bytes)
    spaces = ("user", "pid", "net", "ipc", "uts", "cgroup-try")
    command = [
        *(shutil.which("bwrap"), "--die-with-parent", "--new-session", "--clearenv"),
        *("--cap-drop", "ALL"),
        *(f"--unshare-{name}" for name in spaces),
        *(() if nested else ("--disable-userns",)),
        *("--hostname", "gradus"),
        # Before the files that are shown: a project may itself lie in the machine's /tmp.
        *("--size", size, "--tmpfs", _WORK),
        *_mounts(binds + ours),
        *("--proc", "/proc", "--dev", "/dev"),
        # It reads the same; but /dev/zero can be mapped, as memory that no process counts.
        *("--dev-bind", "/dev/full", "/dev/zero"),
        *("--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--remount-ro", "/", "--chdir", _WORK),
    ]
    for name, value in _environment(_WORK, f"{_SHOWN}:{_SHOWN}/{_INSIDE}").items():
        command += ["--setenv", name, value]
    command += ["--", os.path.abspath(sys.executable), "-s", "-P", "-B", *program]
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
