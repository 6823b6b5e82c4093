"""The program inside the sandbox: runs a notebook's cells, then answers cases, each in a fork of its own.

It reads frames of packed data from its standard input and writes such frames to its standard output: first
what each cell did, then what each call returned. It knows no expected result, and whatever it says is
data to the grader, who judges outside. It imports nothing of the autograder: it runs as a file.
"""

import builtins
import contextlib
import copy
import io
import linecache
import os
import resource
import select
import signal
import struct
import sys
import time
import traceback
import types
import warnings

import numpy as np

from gradus import values
from gradus.exercises import changed_arguments


class CellTimeout(BaseException):
    """A cell used up its time. Not an Exception, so that a plain `except` does not hide it."""


class Pipe:
    """Frames of packed data over two files that the submission's prints do not reach."""

    def __init__(self) -> None:
        self.reads, self.writes = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        for file in (0, 1, 2):
            os.dup2(null, file)

    def receive(self):
        size = self._read(4)
        return values.unpack(self._read(struct.unpack("<I", size)[0])) if size else None

    def send(self, data: bytes) -> None:
        view = memoryview(struct.pack("<I", len(data)) + data)
        while view:
            view = view[os.write(self.writes, view) :]

    def close(self) -> None:
        os.close(self.reads)
        os.close(self.writes)

    def _read(self, size: int) -> bytes:
        parts = []
        while size and (part := os.read(self.reads, min(size, 2**20))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Capture(io.TextIOBase):
    """Keeps the first characters that are printed; the rest is counted and dropped."""

    encoding = "utf-8"

    def __init__(self, limit: int) -> None:
        self.limit, self.parts, self.size = limit, [], 0

    def write(self, text: str) -> int:
        if self.size < self.limit:
            self.parts.append(str(text)[: self.limit - self.size])
        self.size += len(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def text(self) -> str:
        cut = "\n... the rest of the output is left out" if self.size > self.limit else ""
        return "".join(self.parts) + cut


class Magics:
    """What `%`, `%%` and `!` lines reach: they do nothing and say so; the body of %%time runs."""

    def __init__(self, namespace: dict) -> None:
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, *_, **__) -> None:
        print(f"%{name} {line}: not run by the grader")

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        if name in ("time", "timeit", "capture", "prun"):
            exec(compile(body, f"<%%{name}>", "exec"), self.namespace)
        else:
            print(f"%%{name}: not run by the grader")

    def system(self, line: str) -> None:
        print(f"!{line}: not run by the grader")

    getoutput = getsystem = system


class Shell:
    """The notebook's names, and how its cells run."""

    def __init__(self, limits: dict) -> None:
        self.limits = limits
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = vars(module)
        magics = Magics(self.names)
        self.names.update(get_ipython=lambda: magics, display=print, input=_no_input)
        builtins.input = _no_input

    def run(self, index: int, source: str) -> dict:
        """Run one cell; what it printed, and what it raised."""
        file = f"<cell {index}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        output = Capture(self.limits["output_chars"])
        report = {"error": "", "message": "", "line": ""}
        signal.signal(signal.SIGALRM, _ring)
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                signal.setitimer(signal.ITIMER_REAL, self.limits["cell_seconds"])
                exec(_compiled(source, file), self.names)
            except SystemExit:
                print("exit() was called: the grader goes on with the next cell")
            except CellTimeout:
                report["error"] = "CellTimeout"
                report["message"] = (
                    f"took longer than {self.limits['cell_seconds']:g} s and was stopped"
                )
            except BaseException as error:
                report = _described(error)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000))
        return report | {"cell": index, "output": output.text()}

    def answer(self, request: dict, isolated: bool, pipe: Pipe) -> bytes:
        """Make one call in a fork; the packed outcome."""
        if isolated and os.getpid() == 2:
            # In a process namespace of its own, all there is besides init and this process is left over.
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
        reads, writes = os.pipe()
        try:
            child = os.fork()
        except OSError:
            return values.pack(
                {"kind": "killed", "message": "too many processes or threads run already"}
            )
        if child == 0:
            try:
                pipe.close()
                os.setsid()
                data = self._call(request)
                view = memoryview(struct.pack("<I", len(data)) + data)
                while view:
                    view = view[os.write(writes, view) :]
            finally:
                os._exit(0)
        os.close(writes)
        data = _collect(reads, time.monotonic() + self.limits["case_seconds"])
        os.close(reads)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if data is None:
            return values.pack({"kind": "timeout"})
        return data or values.pack({"kind": "killed", "message": _ending(status)})

    def _call(self, request: dict) -> bytes:
        function = self.names.get(request["exercise"])
        if not callable(function):
            return values.pack({"kind": "not found"})
        sys.stdout = sys.stderr = Capture(0)
        try:
            arguments = values.realise(request["args"]), values.realise(request["kwargs"])
            given = copy.deepcopy(arguments)
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = function(*arguments[0], **arguments[1])
            changed = changed_arguments(request["names"], given, arguments)
        except MemoryError:
            return values.pack({"kind": "killed", "message": "it used too much memory"})
        except BaseException as error:
            return values.pack({"kind": "raised", **_described(error)})
        return self._packed(value, changed)

    def _packed(self, value, changed: tuple) -> bytes:
        try:
            data = values.pack({"kind": "returned", "value": _data(value), "changed": changed})
        except Exception:
            return values.pack({"kind": "not data", "message": f"a {type(value).__name__}"})
        if len(data) > self.limits["result_bytes"]:
            return values.pack({"kind": "not data", "message": f"a result of {len(data)} bytes"})
        return data


def main() -> None:
    pipe = Pipe()
    job = pipe.receive()
    limits = job["limits"]
    _limit(limits)
    for name, data in job["files"].items():
        with open(os.path.basename(name), "wb") as file:
            file.write(data.tobytes())
    shell = Shell(limits)
    for index, source in job["cells"]:
        pipe.send(values.pack({"begins": index}))
        pipe.send(values.pack(shell.run(index, source)))
    pipe.send(values.pack({"ready": True}))
    while request := pipe.receive():
        pipe.send(shell.answer(request, job["isolated"], pipe))


def _limit(limits: dict) -> None:
    seconds = int(limits["run_seconds"]) + 1
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # Of root no processes are counted, and without a namespace those of the whole desktop are.
    if os.getpid() == 2:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"],) * 2)


def _compiled(source: str, file: str) -> types.CodeType:
    try:
        return compile(source, file, "exec")
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        plain = TransformerManager().transform_cell(source)
        if plain.strip() == source.strip():
            raise
        return compile(plain, file, "exec")


def _data(value):
    """A result as data: what NumPy takes for numbers is sent as an array."""
    if isinstance(value, tuple | list):
        return (tuple if isinstance(value, tuple) else list)(_data(item) for item in value)
    if isinstance(value, dict):
        return {key: _data(item) for key, item in value.items()}
    if value is None or type(value) in (bool, int, float, str):
        return value
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype == np.longdouble else array


def _described(error: BaseException) -> dict:
    """An exception as text: its type, what it says, and the submission's own line."""
    try:
        said = str(error)[:500]
    except BaseException:
        said = ""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _own(frame.filename)]
    line = frames[-1].line if frames else ""
    if isinstance(error, SyntaxError) and _own(error.filename or ""):
        said = f"{error.msg} (line {error.lineno} of the cell)"
        line = error.text or ""
    return {"error": type(error).__name__, "message": said, "line": (line or "").strip()[:300]}


def _own(filename: str) -> bool:
    return filename.startswith("<cell ")


def _collect(file: int, end: float) -> bytes | None:
    """The bytes of one frame from a child: b"" if it ended without, None if it is not in time."""
    data, size = b"", None
    while size is None or len(data) < size:
        ready, _, _ = select.select([file], [], [], max(end - time.monotonic(), 0))
        if not ready:
            return None
        part = os.read(file, 2**20)
        if not part:
            return b""
        data += part
        if size is None and len(data) >= 4:
            size, data = struct.unpack("<I", data[:4])[0], data[4:]
    return data[:size]


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return "it left Python, or used too much memory"


def _ring(*_) -> None:
    raise CellTimeout


def _no_input(prompt: str = "") -> str:
    raise RuntimeError("input() cannot be answered while grading: write the value in the cell")


if __name__ == "__main__":
    main()
