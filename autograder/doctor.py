"""Whether grading can be relied on here: one line for each thing, found out by trying it.

The sandbox is asked as a submission would ask it: real cells try to leave it (`autograder/sandbox/probes.py`).
"""

import contextlib
import functools
import importlib.metadata
import json
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from packaging.requirements import Requirement

from autograder.course import Course, CourseError, find_programs
from autograder.folders import database
from autograder.grade import execution
from autograder.grade.scheduler import EXPOSED, Scheduler
from autograder.gradebook import newest_revision
from autograder.sandbox import calls, groups, host, probes
from gradus import authoring
from gradus.calling import Outcome
from gradus.plan import Case, Plan

_PYTHON = (3, 11, 2)
_FREE_BYTES = 2**30
_CONNECT_SECONDS = 10
_SECRET_MODE = 0o600


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: whether all is well, and what was found or what to do."""

    what: str
    ok: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok' if self.ok else 'PROBLEM':9}{self.what}: {self.said}"


def examine(
    course: Course,
    db: str = "",
    scheduler: Scheduler | None = None,
    kind: str = "bubblewrap",
) -> Iterator[Finding]:
    """Try everything that grading needs.

    Parameters
    ----------
    course : Course
    db : str
        Address of the gradebook's database; "": nbgrader's SQLite file.
    scheduler : Scheduler or None
        Of a Dask cluster.
    kind : str
        Of `host.KINDS`.

    Yields
    ------
    Finding

    Raises
    ------
    CourseError
        If there is no sandbox of that kind.
    """
    if kind not in host.KINDS:
        host.require(kind)
    yield from _versions()
    yield from _sandbox(course, kind)
    yield from _course(course)
    yield from _configuration(course)
    yield _try("gradebook", lambda: _database(course, db))
    yield _try("disk", lambda: _disk(course))
    if scheduler:
        yield from _cluster(scheduler)


def _try(what: str, check: Callable[[], str]) -> Finding:
    """What a check returns is well; what it raises is not."""
    try:
        return Finding(what, True, check())
    except CourseError as error:
        return Finding(what, False, str(error))
    except Exception as error:  # a thing that breaks is a finding, whatever way it breaks
        return Finding(what, False, _line(error))


def _line(error: BaseException) -> str:
    said = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _versions() -> Iterator[Finding]:
    def python() -> str:
        if sys.version_info < _PYTHON:
            raise CourseError(f"{platform.python_version()}: use Python 3.11.2 or later")
        return platform.python_version()

    def package(needed: Requirement) -> str:
        try:
            version = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            version = "missing"
        if version == "missing" or version not in needed.specifier:
            asked = f"{needed.name}{needed.specifier}"
            raise CourseError(f"{version}, but {asked} is needed: pip install '{asked}'")
        return version

    def bubblewrap() -> str:
        if not shutil.which("bwrap"):
            raise CourseError(f"missing: {host.INSTALL}")
        return subprocess.check_output(["bwrap", "--version"], text=True).split()[-1]

    def libseccomp() -> str:
        try:
            number = len(calls.names(platform.machine()))
        except calls.Unavailable as error:
            raise CourseError(str(error)) from None
        return f"{calls.version()}; a submission may make {number} system calls, and no others"

    def control_group() -> str:
        try:
            return f"{groups.own()}: memory, tasks and processor time are held by the kernel"
        except groups.Unavailable as error:
            instead = "processes are added up ten times a second, and timeouts tried again alone"
            return f"none, as {error}; without, {instead}"

    yield _try("Python", python)
    for needed in map(Requirement, importlib.metadata.requires("gradus-autograder") or ()):
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        yield _try(needed.name, functools.partial(package, needed))
    yield _try("bubblewrap", bubblewrap)
    yield _try("libseccomp", libseccomp)
    yield _try("control group", control_group)


def _sandbox(course: Course, kind: str) -> Iterator[Finding]:
    """Start the sandbox, and try to leave it."""

    def starts() -> str:
        host.require(kind)
        if kind == "none":
            raise CourseError("none: submissions run as you, with your files; use bubblewrap")
        return kind

    found = _try("sandbox", starts)
    yield found
    if not found.ok and kind != "none":
        return
    try:
        limits = host.Limits.of(course)
    except CourseError as error:
        yield Finding("limits", False, str(error))
        limits = host.Limits()
    with _outside(course, limits, kind) as attempts:
        box = host.Sandbox(kind, limits)
        source = Path(probes.__file__).read_text("utf-8")
        try:
            run = execution.execute(
                [(0, source)], list(map(_plan, attempts, attempts.values())), box
            )
        except host.SandboxError as error:
            yield Finding("sandbox", False, str(error))
            return
        finally:
            box.close()
    for name, asked in attempts.items():
        for (what, *_), outcome in zip(asked, run.outcomes[name], strict=True):
            if name == "layers":
                yield from _layers(outcome, limits)
            else:
                yield _try(f"sandbox: {what}", functools.partial(_refused, outcome))


@contextlib.contextmanager
def _outside(course: Course, limits: host.Limits, kind: str) -> Iterator[dict[str, list[tuple]]]:
    """The attempts by function of `probes`, each with what it is and its arguments, and what they aim at."""
    home, token = Path.home(), f"gradus-doctor-{secrets.token_hex(8)}"
    # Python and its packages are shown, wherever they lie.
    shown = {
        path.relative_to(home).parts[0]
        for path in (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve())
        if path.is_relative_to(home) and path != home
    }
    checks = course.root / course.references / "checks" / "__init__.py"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradus-doctor-")))
        folder.chmod(0o777)
        (folder / "readable").write_text("readable by all")
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        command = [sys.executable, "-c", "import time; time.sleep(120)", token]
        process = stack.enter_context(subprocess.Popen(command))
        stack.callback(process.kill)
        secret = course.directory / ".secret"
        files = {
            "read the course's secret": secret,
            "read the gradebook": course.directory / "gradebook.db",
            "read the references' folder": checks,
            "read a file of the machine that all may read": folder / "readable",
            "read /etc/passwd": Path("/etc/passwd"),
        }
        attempts: dict[str, list[tuple]] = {
            "read_file": [(what, str(file)) for what, file in files.items() if file.is_file()],
            "list_folder": [("look into the home folder", str(home), sorted(shown))],
            "write_file": [("write outside its own folder", str(folder / "written"))],
            "connect": [("reach a server on this machine", listener.getsockname()[1])],
            "see_process": [("see other processes", token)],
            "start_processes": [
                (f"start more than {limits.processes} processes", limits.processes + 1)
            ],
            "hold_sockets": [(f"hold more than {limits.sockets} sockets", limits.sockets + 1)],
            "allocate": [
                (
                    f"use more than {limits.memory_bytes / 2**20:.0f} MiB",
                    limits.memory_bytes + 2**20,
                )
            ],
            "unshare": [("make a user namespace",)],
            "mount": [("mount a file system",)],
            "layers": [("layers",)],
        }
        if kind == "none":  # it would be mounted for the whole machine
            del attempts["mount"]
        yield attempts


def _plan(name: str, calls: list[tuple]) -> Plan:
    """Calls as an exercise's cases; nothing is expected, so that what was found comes back."""
    cases = []
    for what, *arguments in calls:
        names = tuple(f"argument{number}" for number in range(len(arguments)))
        cases.append(Case(what, names, tuple(arguments), {}))
    return Plan(name, 1.0, ("found",), 0.0, 0.0, tuple(cases), (None,) * len(cases), ())


def _refused(outcome: Outcome) -> str:
    """How an attempt was refused.

    Raises
    ------
    CourseError
        If it was not, or could not be made.
    """
    match outcome:
        case Outcome("returned", (False, str(met))):
            return f"refused ({met})"
        case Outcome("returned", (True, str(met))):
            raise CourseError(
                f"NOT refused ({met}): grade no submission here that you do not trust"
            )
        case Outcome("killed"):
            return "refused (its process was ended)"
    raise CourseError(f"could not be tried ({outcome.kind} {outcome.error} {outcome.message})")


def _layers(outcome: Outcome, limits: host.Limits) -> Iterator[Finding]:
    """Which layers stand around a submission, by its own account of itself."""
    if outcome.kind != "returned":
        yield Finding("layers", False, f"could not be read ({outcome.error} {outcome.message})")
        return
    found: Any = outcome.value
    shared = [
        name
        for name, space in found["spaces"].items()
        if space == os.readlink(f"/proc/self/ns/{name}")
    ]
    own = ", ".join(name for name in found["spaces"] if name not in shared)
    yield _state(
        "layer: namespaces", not shared, f"own {own or 'none'}", f"shared {', '.join(shared)}"
    )
    per = "of each submission" if found["nested"] else "of a server, which serves one submission"
    yield Finding("layer: namespaces within", found["nested"] or not shared, per)
    status = found["status"]
    for what, name, wanted in (
        ("no new privileges", "NoNewPrivs", "1"),
        ("filter of system calls (seccomp)", "Seccomp", "2"),
        ("no capabilities", "CapEff", "0" * 16),
    ):
        yield _state(
            f"layer: {what}", status[name] == wanted, "stands", f"{name} is {status[name]}"
        )
    bounds = {
        "AS": limits.memory_bytes,
        "FSIZE": limits.file_bytes,
        "NOFILE": limits.open_files,
        "NPROC": limits.processes,
        "CPU": int(max(limits.run_seconds, limits.exercise_seconds)) + 1,
        "CORE": 0,
    }
    missing = [name for name, most in bounds.items() if not 0 <= found["limits"][name] <= most]
    yield _state(
        "layer: limits of the system", not missing, "all set", f"not set: {', '.join(missing)}"
    )


def _state(what: str, ok: bool, well: str, wrong: str) -> Finding:
    remedy = "use --sandbox bubblewrap on a system that allows it"
    return Finding(what, ok, well if ok else f"{wrong}: {remedy}")


def _course(course: Course) -> Iterator[Finding]:
    """The book, its checks, the secret, what was released."""
    from autograder.release.chapter import read_chapter
    from autograder.release.release import agree

    def pages() -> str:
        return f"{len(course.pages())} pages"

    def limits() -> str:
        host.Limits.of(course)
        return (
            ", ".join(f"{name} {value:g}" for name, value in course.limits.items()) or "the usual"
        )

    def checks(name: str, file: Path) -> str:
        chapter = read_chapter(file)
        if not chapter.named("exercise"):
            return "has no exercise"
        agree(course, chapter)
        return f"{len(chapter.named('exercise'))} exercises, each with a reference and checks"

    yield _try("course: pages", pages)
    yield _try("course: limits", limits)
    with contextlib.suppress(CourseError):  # told above
        for name, file in course.chapters().items():
            yield _try(f"chapter {name}", functools.partial(checks, name, file))
            if (course.directory / "release" / name).is_dir():
                yield _try(f"release of {name}", functools.partial(_released, course, name, file))
    yield _try("course: secret", lambda: _secret(course))
    yield _try("course: private", lambda: _private(course))


def _released(course: Course, name: str, file: Path) -> str:
    """Whether students have the checks that grade."""
    from autograder.grade.one import checked
    from autograder.release.chapter import read_chapter
    from autograder.release.release import visible_cases

    folder = course.directory / "release" / name
    again = f"run autograder release {name}"
    released = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    judged = {item.name for item in authoring.exercises_of(course.checks_module(name))}
    if different := judged ^ set(checked(released).values()):
        raise CourseError(f"its exercises are not those of the checks ({min(different)}): {again}")
    if (folder / f"{name}.cases").read_bytes() != visible_cases(course, read_chapter(file)):
        raise CourseError(f"its cases are not those of the checks: {again}")
    return "fits the checks"


def _private(course: Course) -> str:
    """Whether others on this machine are kept from the answers and from the marks: by the folder, or by each."""
    inside = [course.directory / name for name in ("source", "autograded", "gradebook.db")]
    found = [path for path in (course.directory, *inside) if path.exists()]
    if not found or found[0] != course.directory:
        return "not made yet"
    if not found[0].stat().st_mode & 0o077:
        return f"only you may enter {found[0]}"
    # What was made by hand or by an earlier version keeps its mode: it may be meant so.
    if opened := [str(path) for path in found[1:] if path.stat().st_mode & 0o077]:
        raise CourseError(
            f"others may read {', '.join(opened)}: chmod go= {course.directory}, unless it is meant so"
        )
    return "only you may read source, autograded and gradebook.db"


def _secret(course: Course) -> str:
    file = course.directory / ".secret"
    if not file.exists():
        if (course.directory / "autograded").exists():
            raise CourseError(
                f"{file} is missing, but submissions were graded: restore it from a copy"
            )
        return "not made yet: the first grading makes it"
    course.secret()
    mode = file.stat().st_mode & 0o777
    if mode & ~_SECRET_MODE:
        raise CourseError(f"others may read it (mode {mode:o}): chmod 600 {file}")
    return f"32 bytes, mode {mode:o}"


def _configuration(course: Course) -> Iterator[Finding]:
    """What nbgrader makes of its configuration: where that is broken it only logs it, and grades without us."""
    names = {course.root: "the course's root", course.directory: f"{course.directory.name}/"}
    for folder in dict.fromkeys((course.root, course.directory, Path.cwd())):
        where = names.get(folder, "this folder")
        yield _try(f"nbgrader autograde, in {where}", functools.partial(_nbgrader, course, folder))
    with tempfile.TemporaryDirectory(prefix="gradus-doctor-") as elsewhere:
        yield _try(
            f"nbgrader autograde --course-dir {course.directory.name}/, from elsewhere",
            functools.partial(_nbgrader, course, Path(elsewhere), str(course.directory)),
        )


# Loads the configuration as the command and as formgrader do, and says which classes result.
_PROBE = """
import json
import os
import sys
from jupyter_core.application import JupyterApp
from nbgrader.apps import AutogradeApp, NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets.config import Config
from traitlets.utils.importstring import import_item

def found(app, parent):
    converter = Autograde(coursedir=app.coursedir, parent=parent)
    listed = converter.autograde_preprocessors
    listed = [import_item(i) if isinstance(i, str) else i for i in listed]
    return {
        "exporter": f"{converter.exporter_class.__module__}.{converter.exporter_class.__name__}",
        "preprocessors": [f"{i.__module__}.{i.__name__}" for i in listed],
        "sandbox": app.config.GradeInSandbox.get("sandbox", "bubblewrap"),
        "root": app.coursedir.root,
    }

folder = sys.argv[1]
app = AutogradeApp()
app.initialize([f"--course-dir={folder}"] if folder else [])
server = JupyterApp(config=Config({"CourseDirectory": {"root": folder}} if folder else {}))
formgrader = FormgradeExtension(parent=server)
formgrader.root_dir = os.getcwd()
formgrader.initialize([])
formgrader.url_prefix
formgrader.load_config_file()
api = NbGraderAPI(formgrader.coursedir, parent=formgrader)
print(json.dumps({"": found(app, app), "formgrader: ": found(formgrader, api)}))
"""


def _nbgrader(course: Course, folder: Path, course_dir: str = "") -> str:
    """The classes that `nbgrader autograde` and formgrader would use where they are started in a folder."""
    find_programs()
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, course_dir],
        check=False,
        cwd=folder,
        env={**os.environ, "AUTOGRADER_COURSE": str(course.directory)},
        capture_output=True,
        text=True,
    )
    logged = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode:
        raise CourseError(f"nbgrader cannot load it ({logged[-1]}): mend nbgrader_config.py")
    for program, found in json.loads(done.stdout.splitlines()[-1]).items():
        _ours(course, Path(course_dir) if course_dir else folder, program, found, logged)
    return "uses our exporter and our sandbox, and so does formgrader"


def _ours(
    course: Course, folder: Path, program: str, found: dict[str, Any], logged: list[str]
) -> None:
    """Hold what a program of nbgrader's would use against what grades here; `folder`: whose configuration it reads.

    Raises
    ------
    CourseError
        If it is anything else.
    """
    from autograder import nbgrader_plugin

    ours = nbgrader_plugin.__name__
    if (
        found["exporter"] != f"{ours}.SubmissionExporter"
        or f"{ours}.GradeInSandbox" not in found["preprocessors"]
        or "nbgrader.preprocessors.execute.Execute" in found["preprocessors"]
    ):
        if not (folder / "nbgrader_config.py").is_file():
            if folder == course.root:
                what = (
                    "copy the book's own, which calls autograder.nbgrader_settings.configure, "
                    "or use autograder grade"
                )
            elif folder == course.directory:
                what = "run autograder release, which writes it"
            else:
                what = f"start nbgrader in {course.root}"
            raise CourseError(f"there is no nbgrader_config.py in {folder}: {what}")
        why = f" ({logged[-1].strip()})" if any("Error" in line for line in logged) else ""
        raise CourseError(
            f"{program}it would run submissions without a sandbox{why}: put nbgrader_config.py right, "
            f"and start nbgrader in {course.root}"
        )
    if found["sandbox"] != "bubblewrap":
        raise CourseError(
            f"{program}it would use --sandbox {found['sandbox']}: set bubblewrap in the config"
        )
    if Path(found["root"]) != course.directory:
        raise CourseError(
            f"{program}it would grade {found['root']}, not {course.directory}: set AUTOGRADER_COURSE"
        )


def _database(course: Course, db: str) -> str:
    """Open the gradebook, write into it, take that back."""
    from nbgrader import api
    from sqlalchemy import create_engine, insert, inspect, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(database(course, db))
    except (ArgumentError, ValueError) as error:
        raise CourseError(f"--db: expected an address for SQLAlchemy ({_line(error)})") from error
    try:
        shown = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return f"{shown} is not there yet: the first release makes it"
        timeout = "connect_timeout" if url.get_backend_name() == "postgresql" else "timeout"
        engine = create_engine(url, poolclass=NullPool, connect_args={timeout: _CONNECT_SECONDS})
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                connection.execute(text("CREATE TABLE gradus_doctor (tried INTEGER)"))
                connection.rollback()
                return f"{shown} is empty: the first grading makes nbgrader's tables"
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            head = newest_revision()
            if revision != head:
                raise CourseError(
                    f"{shown} has tables of another version of nbgrader ({revision}, not {head}): "
                    "run nbgrader db upgrade"
                )
            name = f"gradus-doctor-{secrets.token_hex(8)}"
            connection.execute(insert(api.Student).values(id=name))
            connection.rollback()
    except (SQLAlchemyError, ImportError) as error:
        said = _line(getattr(error, "orig", None) or error)
        if url.password:
            said = said.replace(url.password, "***")
        raise CourseError(f"it cannot be used ({said}): put the database or --db right") from error
    return f"{shown} can be written to, revision {revision}"


def _disk(course: Course) -> str:
    """Write where grades go, and see how much more would fit."""
    folder = course.directory
    while not folder.exists():
        folder = folder.parent
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(2**20))
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        raise CourseError(f"{free / 2**20:.0f} MiB are free in {folder}: make room, 1 GiB at least")
    return f"{free / 2**30:.1f} GiB are free"


def about_worker() -> tuple[dict[str, str], str]:
    """On a worker: its versions, and why it has no sandbox, or ""."""
    names = ("gradus-book", "numpy", "nbgrader", "distributed")
    versions = {name: importlib.metadata.version(name) for name in names}
    versions["Python"] = ".".join(map(str, sys.version_info[:2]))
    try:
        host.require("bubblewrap")
    except CourseError as error:
        return versions, str(error)
    return versions, ""


def _cluster(scheduler: Scheduler) -> Iterator[Finding]:
    """Reach the scheduler as `grade` would, and have each worker tell of itself."""
    what = f"scheduler {scheduler.address}"
    try:
        client = scheduler.connect(_CONNECT_SECONDS)
    except CourseError as error:
        yield Finding(what, False, str(error).removeprefix(f"--{what} "))
        return
    with client:
        found = client.run(about_worker, on_error="return")
    if not found:
        line = f"has no workers: start some with dask worker {scheduler.address}"
        yield Finding(what, False, line)
        return
    if scheduler.encrypted:
        way = "encrypted"
    elif scheduler.insecure:
        way = f"not encrypted, as --insecure-scheduler asked for: {EXPOSED}"
    else:
        way = "not encrypted, on this machine alone"
    yield Finding(what, True, f"{len(found)} workers; {way}")
    ours, _ = about_worker()
    for worker, said in found.items():
        yield _try(f"worker {worker}", functools.partial(_worker, said, ours))


def _worker(said: Any, ours: dict[str, str]) -> str:
    if isinstance(said, BaseException):
        raise CourseError(f"cannot grade ({_line(said)}): install this package there")
    versions, trouble = said
    if trouble:
        raise CourseError(trouble)
    different = [f"{name} {versions[name]}" for name in ours if versions[name] != ours[name]]
    if different:
        wanted = ", ".join(f"{name} {ours[name]}" for name in ours if versions[name] != ours[name])
        raise CourseError(f"has {', '.join(different)}: install {wanted} there")
    return "its versions are ours, and its sandbox starts"
