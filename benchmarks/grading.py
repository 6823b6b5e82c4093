"""What grading costs: one class through stock `nbgrader autograde` and through `autograder grade`.

The class is honest: a student answers each exercise with the reference, another right way, a known
mistake, or not at all. Every round grades a fresh copy of it with a fresh gradebook, from the start of the
command to its end; the ways take turns. Two courses: a chapter of the book, whose experiments and figures
stock runs and `autograder` does not; and five of its exercises with nothing else, where both run the same.

    python benchmarks/grading.py --quick
    python benchmarks/grading.py --only time --submissions 20 200 --stock-rounds-large 1 --json FILE
"""

import argparse
import contextlib
import cProfile
import importlib.metadata
import json
import os
import platform
import pstats
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from autograder import demo
from autograder.course import Course
from autograder.folders import submitted
from autograder.grade.one import Assignment
from autograder.release.inline import standalone
from autograder.sandbox import host
from gradus import authoring

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
STOCK_CONFIG = "c = get_config()\nc.CourseDirectory.course_id = {course!r}\n"
STOCK = "nbgrader autograde, stock"
PLUGIN = "nbgrader autograde, our configuration"
# Five exercises, without an experiment, a figure or Matplotlib.
PLAIN = (
    *("sgd_step", "convergence_rate", "momentum_step"),
    *("nesterov_step", "nesterov_shifted_step"),
)
HEAD = """\
---
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---
# Five exercises

```{{code-cell}} ipython3
:tags: [setup]
import numpy as np

from gradus import chapter, check, exercise

chapter("{name}")
```
"""
CUT = f"""
for _name, _value in dict(globals()).items():
    if type(_value).__name__ in ("Exercise", "Written") and _name not in {PLAIN}:
        del globals()[_name]
del _name, _value
"""
# From how many submissions on a round of stock takes half an hour.
LARGE = 100
SAMPLE_SECONDS = 0.2
# Each ends by itself after a while, so that a sandbox that fails cannot harm the machine.
_MINUTE = "import time\nend = time.monotonic() + 60\n"
HANGS = {
    "a loop in Python": _MINUTE + "while time.monotonic() < end:\n    pass",
    "one call of NumPy": (
        "import numpy as np\na = np.ones((500, 500))\nnp.einsum('ij,jk,kl->', a, a, a)"
    ),
    "a loop that catches all": (
        _MINUTE + "while time.monotonic() < end:\n"
        "    try:\n        while time.monotonic() < end:\n            pass\n"
        "    except BaseException:\n        pass"
    ),
}


@dataclass(frozen=True)
class Way:
    """A command that grades a class; `plain`: it runs in the class's folder, else in the root."""

    name: str
    command: tuple[str, ...]
    plain: bool = False


@dataclass(frozen=True)
class Timing:
    """Each round of one way for a class of so many submissions: seconds, and the machine's load then."""

    course: str
    way: str
    submissions: int
    seconds: list[float]
    loads: list[float]

    @property
    def each(self) -> float:
        """Median seconds for a submission, start-up included."""
        return statistics.median(self.seconds) / self.submissions


class Bench:
    """A released assignment in a temporary folder, and classes made for it."""

    def __init__(self, folder: Path, root: Path, name: str):
        self.folder, self.name = folder, name
        self.course = Course.find(root, directory=folder / "released")
        # By the command, as an instructor: it keeps the plans that grade, which this process, older than the
        # plain course's files, would not.
        environment = os.environ | {"AUTOGRADER_COURSE": str(self.course.directory)}
        release = [PROGRAMS / "autograder", "release", name]
        subprocess.run(release, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
        self.assignment = Assignment.load(self.course, name)
        self.right, self.wrong = {}, {}
        references = demo.right_answers(self.course, self.assignment)
        for exercise in authoring.exercises_of(self.course.checks_module(name)):
            if exercise.name not in references:
                continue
            variants, mistakes = (
                [standalone(function, exercise.name, "exercise") for _, function in known]
                for known in (exercise.variants, exercise.mistakes)
            )
            self.right[exercise.name] = [references[exercise.name], *variants]
            self.wrong[exercise.name] = mistakes or self.right[exercise.name]

    def notebook(self, number: int, *extra: str) -> bytes:
        """The submission of one student: always the same for the same number, and no two are equal."""
        draw = random.Random(number)
        answers = {}
        for exercise in self.right:
            (kind,) = draw.choices((self.right, self.wrong, None), (60, 30, 10))
            if kind:
                answers[exercise] = f"{draw.choice(kind[exercise])}\n# Student {number}"
        extra = extra or (f"# Student {number}",)
        return json.dumps(demo.notebook_with(self.assignment.released, answers, *extra)).encode()

    def write(self, made: Path, count: int, change: dict[int, str] | None = None) -> Path:
        """A course folder with the release and a class; `change`: a further cell of some students."""
        shutil.copytree(self.course.directory, made)
        for number in range(count):
            place = made / "submitted" / f"student-{number:05}" / self.name
            place.mkdir(parents=True)
            extra = [change[number]] if change and number in change else []
            (place / f"{self.name}.ipynb").write_bytes(self.notebook(number, *extra))
        (made / "nbgrader_config.py").write_text(STOCK_CONFIG.format(course=self.course.name))
        return made

    @contextlib.contextmanager
    def fresh(self, template: Path) -> Iterator[Path]:
        """A copy of a class that nobody has graded, removed at the end."""
        made = self.folder / "round"
        shutil.copytree(template, made)
        try:
            yield made
        finally:
            shutil.rmtree(made)

    def run(self, way: Way, made: Path, watch: Callable[[int], None] = lambda pid: None) -> float:
        """Seconds that a command takes for a whole class; it ends if a submission was not graded."""
        environment = dict(os.environ)
        environment.pop("AUTOGRADER_COURSE", None)
        environment["PATH"] = os.pathsep.join((str(PROGRAMS), os.environ.get("PATH", os.defpath)))
        if not way.plain:
            environment["AUTOGRADER_COURSE"] = str(made)
        with tempfile.TemporaryFile("w+") as said:
            begin = time.perf_counter()
            process = subprocess.Popen(
                [PROGRAMS / way.command[0], *way.command[1:]],
                cwd=made if way.plain else self.course.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
            try:
                watch(process.pid)
                status = process.wait()
            finally:
                process.terminate()
            seconds = time.perf_counter() - begin
            said.seek(0)
            last = said.read()[-2000:]
        missing = set(submitted(made, self.name)) - scores(made, self.name).keys()
        if status or missing:
            raise SystemExit(f"{way.name}: status {status}, {len(missing)} not graded\n{last}")
        return seconds


def plain_course(root: Path) -> tuple[Path, str]:
    """The root of a course of the exercises in `PLAIN`, judged as the book judges them, and its chapter."""
    name = "descent"
    root.mkdir()
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    # What is judged and what the chapter asks must be the same: the other exercises are taken out.
    (root / "five" / "checks").mkdir(parents=True)
    for module in ("", "checks/"):
        text = (ROOT / "solutions" / f"{module}{name}.py").read_text()
        text = text.replace("from solutions import descent", "from five import descent")
        (root / "five" / f"{module}{name}.py").write_text(text + CUT * bool(module))
        (root / "five" / f"{module}__init__.py").touch()
    settings = '[tool.autograder]\ncourse = "five"\nreferences = "five"\n'
    (root / "pyproject.toml").write_text(settings)
    (root / "chapters").mkdir()
    cells = [line for e in PLAIN for line in (f'exercise("{e}")', f"check({e})")]
    text = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    (root / "chapters" / f"{name}.md").write_text(HEAD.format(name=name) + text)
    return root, name


def scores(made: Path, name: str) -> dict[str, dict[str, tuple[float, float]]]:
    """What the gradebook holds: points given automatically and possible, by student and check cell."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name,
            grade.auto_score, grade_cells.max_score
        FROM grade JOIN grade_cells ON grade.cell_id = grade_cells.id
        JOIN base_cell ON grade_cells.id = base_cell.id
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN assignment ON submitted_assignment.assignment_id = assignment.id
        WHERE assignment.name = ? AND grade_cells.cell_type = 'code'
    """
    found: dict[str, dict[str, tuple[float, float]]] = {}
    with contextlib.closing(sqlite3.connect(made / "gradebook.db")) as database:
        for student, cell, score, most in database.execute(query, (name,)):
            found.setdefault(student, {})[cell] = score, most
    return found


def agreement(stock: dict, ours: dict) -> tuple[int, int, list[str]]:
    """How many scores agree, of how many, and those that do not.

    Stock's check gives all points or none; where ours gives a share, stock must give none.
    """
    compared, different = 0, []
    for student in stock.keys() | ours.keys():
        for cell in stock.get(student, {}).keys() | ours.get(student, {}).keys():
            compared += 1
            theirs, mine = stock.get(student, {}).get(cell), ours.get(student, {}).get(cell)
            if not theirs or not mine or theirs[0] != (mine[0] if mine[0] == mine[1] else 0.0):
                different.append(f"{student} {cell}: stock {theirs}, ours {mine}")
    return compared - len(different), compared, sorted(different)


class Memory:
    """The largest sum of PSS over a process and its descendants, sampled while it runs."""

    def __init__(self) -> None:
        self.peak = 0
        self.denied = False

    def __call__(self, pid: int) -> None:
        threading.Thread(target=self._sample, args=(psutil.Process(pid),)).start()

    def _sample(self, process: psutil.Process) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            while (
                not self.denied
                and process.is_running()
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                total = 0
                for one in (process, *process.children(recursive=True)):
                    try:
                        total += one.memory_full_info().pss
                    except psutil.AccessDenied:
                        self.denied = True
                    except psutil.NoSuchProcess:
                        continue
                self.peak = max(self.peak, total)
                time.sleep(SAMPLE_SECONDS)


def ours(name: str, workers: int) -> Way:
    """`autograder grade` with so many workers."""
    words = ("autograder", "grade", name, "--workers", str(workers))
    return Way(f"autograder grade, {workers} worker{'s' * (workers > 1)}", words)


def measure_time(bench: Bench, options: argparse.Namespace) -> dict:
    """Each way on each size of class, in turns: on the book's chapter, then on the plain course."""
    plain = bench.folder / "plain"
    plain.mkdir()
    benches = {
        "book": (f"the book's {bench.name}", bench),
        "plain": ("five exercises without figures", Bench(plain, *plain_course(plain / "root"))),
    }
    found: dict[str, list] = {"time": [], "agreement": []}
    for about, one in map(benches.get, options.courses):
        timings, agreed = _time(about, one, options)
        found["time"] += [asdict(timing) for timing in timings]
        found["agreement"].append(agreed)
    return found


def _time(about: str, bench: Bench, options: argparse.Namespace) -> tuple[list[Timing], dict]:
    ways = [
        Way(STOCK, ("nbgrader", "autograde", bench.name), plain=True),
        Way(PLUGIN, ("nbgrader", "autograde", bench.name)),
        *(ours(bench.name, workers) for workers in options.workers),
    ]
    timings, agreed = [], {}
    for count in options.submissions:
        template = bench.write(bench.folder / f"class-{count}", count)
        rounds = {way.name: options.rounds for way in ways}
        rounds[STOCK] = options.stock_rounds_large if count >= LARGE else options.stock_rounds
        timed = {way.name: Timing(about, way.name, count, [], []) for way in ways}
        marks: dict[str, dict] = {}
        for number in range(max(rounds.values())):
            for way in ways:
                if number < rounds[way.name]:
                    with bench.fresh(template) as made:
                        timed[way.name].seconds.append(bench.run(way, made))
                        timed[way.name].loads.append(os.getloadavg()[0])
                        marks[way.name] = scores(made, bench.name)
                    say(f"{count} submissions, {way.name}: {timed[way.name].seconds[-1]:.1f} s")
        shutil.rmtree(template)
        timings += [timing for timing in timed.values() if timing.seconds]
        for name in marks.keys() - {STOCK} if STOCK in marks else ():
            agreed[f"{name}, {count} submissions"] = agreement(marks[STOCK], marks[name])
    show_time(about, timings, agreed, options)
    return timings, agreed


def show_time(about: str, timings: list[Timing], agreed: dict, options: argparse.Namespace) -> None:
    """The table of seconds, the ratio of the workers, and whether the scores agree."""
    stock = {timing.submissions: timing.each for timing in timings if timing.way == STOCK}
    rows, borrowed = [], False
    for timing in timings:
        ratio = ""
        if stock:
            base = stock.get(timing.submissions)
            ratio = f"{(base or stock[min(stock)]) / timing.each:.1f}"
            if base is None:
                ratio, borrowed = f"({ratio})", True
        low, high = min(timing.seconds), max(timing.seconds)
        rows.append(
            (
                str(timing.submissions),
                timing.way,
                f"{timing.each:.3f}",
                f"{statistics.median(timing.seconds):.1f}",
                f"{low:.1f} - {high:.1f}",
                str(len(timing.seconds)),
                f"{statistics.mean(timing.loads):.1f}",
                ratio,
            )
        )
    heads = ("submissions", "way", "s each", "s in all", "range", "rounds", "load", "times stock")
    table(f"Time, {about}: medians of the rounds, start-up included", heads, rows)
    if borrowed:
        print(f"( ): against stock's seconds a submission at {min(stock)}, as it was not run here")
    by_workers = {
        (timing.submissions, timing.way): timing.each
        for timing in timings
        if timing.way not in (STOCK, PLUGIN)
    }
    few, many = (ours("", options.workers[at]).name for at in (0, -1))
    for count in options.submissions:
        if few != many:
            gain = by_workers[count, few] / by_workers[count, many]
            print(f"{count} submissions: {many}: {gain:.2f} times as fast as {few}")
    for about, (same, compared, different) in agreed.items():
        print(f"scores, {about}: {same} of {compared} as stock's")
        for line in different[:5]:
            print(f"    {line}")


def measure_memory(bench: Bench, options: argparse.Namespace) -> dict:
    """The peak of the memory of `autograder grade` on classes of growing size."""
    peaks, rows = {}, []
    way = ours(bench.name, options.workers[-1])
    for count in options.memory_submissions:
        made = bench.write(bench.folder / "round", count)
        memory = Memory()
        seconds = bench.run(way, made, memory)
        shutil.rmtree(made)
        if memory.denied:
            raise SystemExit("memory: the sandbox's processes cannot be looked at: run it as root")
        peaks[count] = memory.peak
        peak = f"{memory.peak / 2**20:.0f}"
        rows.append((str(count), peak, f"{seconds:.1f}", f"{seconds / count:.3f}"))
        say(f"{count} submissions: {peak} MiB at most")
    heads = ("submissions", "MiB at most", "s in all", "s each")
    table(f"Memory of all processes (PSS, every {SAMPLE_SECONDS} s), {way.name}", heads, rows)
    return {"memory": peaks}


def measure_hangs(bench: Bench, options: argparse.Namespace) -> dict:
    """What one cell that does not end costs a class, beyond the same class without it."""
    count, way = 4, ours(bench.name, 1)
    templates = {"": bench.write(bench.folder / "hang-none", count)}
    for number, (name, source) in enumerate(HANGS.items()):
        templates[name] = bench.write(bench.folder / f"hang-{number}", count, {1: source})
    seconds: dict[str, list[float]] = {name: [] for name in templates}
    for _ in range(options.rounds):
        for name, template in templates.items():
            with bench.fresh(template) as made:
                seconds[name].append(bench.run(way, made))
            say(f"one cell with {name or 'nothing'}: {seconds[name][-1]:.1f} s")
    for template in templates.values():
        shutil.rmtree(template)
    limit = host.Limits.of(bench.course).cell_seconds
    costs = {
        name: statistics.median(found) - statistics.median(seconds[""])
        for name, found in seconds.items()
        if name
    }
    rows = [(name, f"{cost:.2f}", f"{cost - limit:+.2f}") for name, cost in costs.items()]
    heads = ("one cell with", "s more", "beyond its limit")
    how = f"{way.name}, medians of {options.rounds}"
    table(
        f"A cell that hangs, beside the same class without: limit {limit:g} s; {how}", heads, rows
    )
    return {"hangs": costs, "limit": limit}


def show_profile(bench: Bench, options: argparse.Namespace) -> dict:
    """Where the time of a submission goes: one worker's work in this process, under cProfile."""
    # Late: the other parts need no part of the grader in this process.
    from autograder.grade.pool import Grader, Task

    count = min(options.submissions[-1], 50)
    limits = host.Limits.of(bench.course)
    grader = Grader(bench.assignment, "bubblewrap", limits)
    tasks = [Task(str(number), bench.notebook(number)) for number in range(count + 1)]
    made = time.perf_counter()
    with contextlib.closing(grader.sandbox):
        grader(tasks[0])
        ready = time.perf_counter()
        plain = [grader(task) for task in tasks[1:]]
        end = time.perf_counter()
        profile = cProfile.Profile()
        profile.runcall(lambda: [grader(task) for task in tasks[1:]])
    if failures := [sheet.failure for sheet in plain if sheet.failure]:
        raise SystemExit(f"--only profile: {failures[0]}")
    each = 1000 * (end - ready) / count
    print(f"\nProfile: one worker, {count} submissions; {each:.1f} ms each without the profiler")
    print(f"(the sandbox and the first submission: {ready - made:.2f} s)")
    stats = pstats.Stats(profile).stats
    rows = []
    packages = (str(ROOT / "autograder"), str(ROOT / "gradus"))
    by_time = sorted(stats.items(), key=lambda item: -item[1][3])
    for (file, _, name), (_, calls, own, inner, _) in by_time:
        if file.startswith(packages) or "select" in name:
            times = (f"{1000 * seconds / count:.2f}" for seconds in (inner, own))
            rows.append((*times, f"{calls / count:g}", f"{Path(file).stem}.{name}"))
    heads = ("ms with what it calls", "ms its own", "calls", "function")
    table("A submission, under the profiler", heads, rows[:30])
    for words in (["--help"], ["grade", "--help"]):
        begin = time.perf_counter()
        subprocess.run([PROGRAMS / "autograder", *words], check=True, stdout=subprocess.DEVNULL)
        print(f"autograder {' '.join(words)}: {time.perf_counter() - begin:.2f} s")
    return {"milliseconds": each, "start": ready - made}


def table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table in plain text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(f"\n{title}")
    for row in (heads, *rows):
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


def say(line: str) -> None:
    """Progress, apart from the results."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", file=sys.stderr, flush=True)


def machine() -> dict[str, str]:
    """What the numbers hold for."""
    versions = {name: importlib.metadata.version(name) for name in ("nbgrader", "numpy")}
    bubblewrap = subprocess.check_output(["bwrap", "--version"], text=True).split()
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": platform.python_version(),
        **versions,
        "bubblewrap": bubblewrap[-1],
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


PARTS = {
    "time": measure_time,
    "memory": measure_memory,
    "hangs": measure_hangs,
    "profile": show_profile,
}


def main() -> None:
    """Measure what was asked for, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--assignment", default="descent", help="a chapter with exercises")
    add("--submissions", type=int, nargs="+", default=[1, 20, 200], help="sizes of the class")
    add("--rounds", type=int, default=3, help="of every way but stock")
    add("--stock-rounds", type=int, default=3, help=f"of stock below {LARGE} submissions")
    add("--stock-rounds-large", type=int, default=0, help="half an hour each")
    add("--workers", type=int, nargs="+", default=[1, 2])
    add("--memory-submissions", type=int, nargs="+", default=[200, 1000, 5000])
    courses = ("book", "plain")
    add("--courses", nargs="+", choices=courses, default=courses, help="what is timed")
    parts = ("time", "memory", "hangs")
    add("--only", nargs="+", choices=PARTS, default=parts, help="some parts")
    add("--profile", action="store_true", help="where the time goes; the same as --only profile")
    add("--quick", action="store_true", help="about two minutes: small classes, few rounds")
    add("--json", type=Path, metavar="FILE", help="write the numbers into FILE")
    options = parser.parse_args()
    if options.quick:
        options.submissions, options.memory_submissions = [4], [20, 100]
        options.rounds = options.stock_rounds = 1
    parts = ["profile"] if options.profile else options.only
    # Killed, it still ends what it started and removes its folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    found: dict[str, object] = {"machine": machine()}
    print("; ".join(f"{key} {value}" for key, value in found["machine"].items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="gradus-bench-") as folder:
        bench = Bench(Path(folder), ROOT, options.assignment)
        for part in parts:
            found |= PARTS[part](bench, options)
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
