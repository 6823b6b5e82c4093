"""What the commands of an instructor print, and the exit status they leave."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder import folders, report
from autograder.course import Course, CourseError
from autograder.grade import many
from autograder.gradebook import Total
from autograder.sandbox import host

# nbgrader's database layer warns about its own order of operations at every submission.
warnings.filterwarnings("ignore", module="nbgrader")
# The exit status that a shell gives to a program which Ctrl-C ended.
INTERRUPTED = 130


def grade_command(course: Course, name: str, options: many.Options) -> int:
    """Grade a class, with a progress bar on a terminal and a line for each submission in a log.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment; "all": of each assignment that has submissions.
    options : many.Options

    Returns
    -------
    status : int
        0 if every submission has a verdict, 1 if some need a person, `INTERRUPTED`.

    Raises
    ------
    CourseError
        If an assignment could not be graded; with "all", after the others are.
    """
    if options.kind == "none":
        print(host.UNSAFE, file=sys.stderr)
    names = [name]
    if name == "all":
        names = [name for name in course.chapters() if _is_handed_in(course, name)]
        if not names:
            for item in folders.overlooked(course, next(iter(course.chapters()), "")):
                print(report.printable(str(item)), file=sys.stderr)
            raise CourseError(f"no assignment has submissions in {course.directory.name}/submitted")
    statuses, failures = [], []
    for name in names:
        try:
            statuses.append(_grade(course, name, options))
        except CourseError as error:
            # One that cannot be graded keeps none of the others from it.
            failures.append(str(error))
        except KeyboardInterrupt:
            line = "autograder: interrupted: the next run grades what is not stored"
            print(line, file=sys.stderr)
            return INTERRUPTED
    if failures:
        raise CourseError("; ".join(dict.fromkeys(failures)))
    return max(statuses)


@contextlib.contextmanager
def watched(what: str) -> Iterator[Callable[[str, int], None]]:
    """Show on a terminal how far a long work has come: what is yielded is to be called with each name, of so many."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def advance(name: str, total: int) -> None:
            progress.update(task, total=total, advance=1, description=f"{what}: {name}")
            if progress.finished:  # what is printed from here on is no part of it
                progress.stop()

        yield advance


def _is_handed_in(course: Course, name: str) -> bool:
    """Whether somebody submitted an assignment, be it in a wrong place."""
    return bool(folders.submitted(course.directory, name)) or any(
        item.meant for item in folders.overlooked(course, name)
    )


def _grade(course: Course, name: str, options: many.Options) -> int:
    console = Console()
    errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def log(line: str) -> None:
        errors.print(report.printable(line))

    if console.is_terminal:
        with Progress(console=console, transient=True) as progress:
            students = folders.submitted(course.directory, name)
            task = progress.add_task(f"grading {name}", total=len(students))
            results = many.grade_class(
                course, name, options, lambda result: progress.advance(task), log
            )
    else:
        results = many.grade_class(course, name, options, _log, log)
    show_results(console, results)
    return int(any(result.state in many.TROUBLE for result in results))


def _log(result: many.Result) -> None:
    print(f"{result.state}: {report.printable(result.student)}", flush=True)


def show_results(console: Console, results: list[many.Result]) -> None:
    """A row for each submission, with what the gradebook gives it."""
    report.lines(
        console,
        f"{sum(result.state != 'no submission' for result in results)} submissions",
        ("student", "state", "points", "late", "to be marked", "about the file"),
        [(result.student, result.state, *_told(result.total), result.note) for result in results],
    )


def _told(total: Total | None) -> tuple[str, str, str]:
    if total is None:
        return "", "", ""
    penalty = f"-{total.penalty:g}" if total.penalty else ""
    return f"{total.score:g} / {total.most:g}", penalty, str(total.waiting or "")


def report_command(
    course: Course, name: str, db: str, csv: str, html: str = "", names: bool = False
) -> None:
    """Print the report on an assignment, and write it as CSV or as a page where a file is named."""
    if names and not html:
        raise CourseError("--names is for --html: add it")
    found = report.make_report(course, name, db)
    if csv:
        report.write_csv(found, Path(csv))
    if html:
        report.write_html(found, Path(html), names)
    report.show(found, Console())


def demo_command(course: Course, names: list[str]) -> None:
    """Run the demonstration and end with the grades and the places to look.

    Without names, of the first chapter that has exercises; with the name "all", of each.
    """
    from autograder import demo
    from autograder.release.chapter import read_chapter

    chapters = {name: read_chapter(file) for name, file in course.chapters().items()}
    asked = [name for name, found in chapters.items() if found.named("exercise")]
    for name in asked[:1] if not names else asked if names == ["all"] else names:
        show_results(Console(), demo.run_demo(course, name, print))
        print(f"the report: autograder report {name}")
