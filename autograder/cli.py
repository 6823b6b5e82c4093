"""The command `autograder`: each command is a few lines that hand over to a module of that name."""

import errno
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder import lean
from autograder.course import Course, CourseError
from gradus import __version__

if TYPE_CHECKING:
    from autograder.grade.scheduler import Scheduler

app = typer.Typer(
    help="Release, grade and report the assignments of a course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...", help="Assignments; by default every chapter with exercises."
    ),
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"autograder {__version__}")
        raise typer.Exit


@app.callback()
def _course(
    course: Annotated[
        str, typer.Option(metavar="DIR", help="Where nbgrader's folders are; by default ./course.")
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show it and exit.")
    ] = False,
) -> None:
    if course:
        os.environ["AUTOGRADER_COURSE"] = course


@app.command(
    epilog="For instance: autograder new statistics; or autograder new means geometric_mean"
)
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A folder that is not there yet; or a chapter.")
    ],
    exercise: Annotated[
        str, typer.Argument(metavar="[EXERCISE]", help="What the chapter is to get.")
    ] = "",
) -> None:
    """Make a small course to begin with, or, with two names, an exercise to be filled in."""
    from autograder.starter import make_course, make_exercise

    made = make_exercise(Course.find(), name, exercise) if exercise else make_course(Path(name))
    for line in made:
        typer.echo(line)


@app.command(epilog="For instance: autograder lint descent")
def lint(
    names: Names = None,
    seeds: Annotated[
        int,
        typer.Option(min=1, help="On so many sets of cases each mistake and right way is tried."),
    ] = 10,
) -> None:
    """Say all that is missing or weak in how chapters are judged. Exit status 1 if something is."""
    from autograder.lint import lint as examine

    found = 0
    for finding in examine(Course.find(), names or [], seeds):
        typer.echo(finding)
        found += not finding.note
    raise typer.Exit(min(found, 1))


@app.command(epilog="For instance: autograder release descent")
def release(names: Names = None) -> None:
    """Make the students' notebooks: nbgrader's source and release of each assignment."""
    from autograder.commands import watched
    from autograder.release.release import release_assignments

    with watched("releasing") as made:
        for released in release_assignments(Course.find(), names or [], made=made):
            typer.echo(released)


@app.command(epilog="For instance: autograder work")
def work(names: Names = None) -> None:
    """Put the notebooks into work/, for a reader; what was changed there is never overwritten."""
    from autograder.commands import watched
    from autograder.work import fill_work

    with watched("making notebooks") as made:
        for line in fill_work(Course.find(), names or [], made):
            typer.echo(line)


_DASK = "; by default as dask's own configuration has it (DASK_DISTRIBUTED__COMM__TLS__"
TlsCaFile = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help=f"For tls://, in PEM: the authority that signed the cluster's certificates{_DASK}CA_FILE).",
    ),
]
TlsCert = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help=f"For tls://, in PEM: your certificate, of the same authority{_DASK}CLIENT__CERT).",
    ),
]
TlsKey = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help=f"For tls://, in PEM: its key, where it does not stand in --tls-cert{_DASK}CLIENT__KEY).",
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure-scheduler",
        help="Use a scheduler of another machine without tls://: whoever reaches it reads the expected results.",
    ),
]


def _scheduler(
    address: str, ca_file: str, cert: str, key: str, insecure: bool
) -> "Scheduler | None":
    from autograder.grade.scheduler import Scheduler

    if address:
        return Scheduler(address, ca_file, cert, key, insecure)
    if ca_file or cert or key or insecure:
        raise CourseError("--tls- options and --insecure-scheduler are for --scheduler: add it")
    return None


Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the assignment.")]
Database = Annotated[
    str,
    typer.Option("--db", metavar="URL", help="The gradebook, for SQLAlchemy; by default SQLite."),
]


@app.command(epilog="For instance: autograder grade descent --roster class.csv")
def grade(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Of the assignment; all: each that has submissions."),
    ],
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that grade; 0: as many as this machine has cores.")
    ] = 0,
    scheduler: Annotated[
        str,
        typer.Option(metavar="URL", help="A Dask scheduler, tls://host:8786: its workers grade."),
    ] = "",
    tls_ca_file: TlsCaFile = "",
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    insecure_scheduler: Insecure = False,
    sandbox: Annotated[
        str, typer.Option(help="bubblewrap, or none: then only for code that you trust.")
    ] = "bubblewrap",
    db: Database = "",
    roster: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="Students in CSV, as nbgrader db student import reads it."
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Grade again what is unchanged.")] = False,
) -> None:
    """Grade every submission of an assignment. Exit status 1 if some of them need a person."""
    from autograder.commands import grade_command
    from autograder.grade.many import Options

    cluster = _scheduler(scheduler, tls_ca_file, tls_cert, tls_key, insecure_scheduler)
    options = Options(sandbox, workers, cluster, db, force, Path(roster) if roster else None)
    raise typer.Exit(grade_command(Course.find(), name, options))


@app.command(epilog="For instance: autograder feedback descent")
def feedback(name: Name, db: Database = "") -> None:
    """Write the feedback of every graded submission, in HTML."""
    from autograder.commands import watched
    from autograder.feedback import write_feedback
    from autograder.report import printable

    with watched("writing feedback") as made:
        pages = write_feedback(
            Course.find(),
            name,
            db,
            made,
            log=lambda line: typer.echo(printable(line), err=True),
        )
    for page in pages:
        typer.echo(printable(str(page)))


@app.command(epilog="For instance: autograder report descent --csv points.csv")
def report(
    name: Name,
    db: Database = "",
    csv: Annotated[str, typer.Option(metavar="FILE", help="Write the points into FILE.")] = "",
    html: Annotated[
        str, typer.Option(metavar="FILE", help="Write the report into FILE as one web page.")
    ] = "",
    names: Annotated[
        bool,
        typer.Option("--names", help="With --html: names, where the gradebook has them, not ids."),
    ] = False,
    student: Annotated[
        str,
        typer.Option(
            metavar="ID", help="Run this student's submission again and show all that it says."
        ),
    ] = "",
    sandbox: Annotated[
        str, typer.Option(help="With --student: bubblewrap, or none for code that you trust.")
    ] = "bubblewrap",
) -> None:
    """Show the points of each student and exercise, and how often each mistake was made."""
    from autograder.commands import report_command

    if student:
        from autograder.explain import explain

        for line in explain(Course.find(), name, student, sandbox):
            typer.echo(line)
        return
    report_command(Course.find(), name, db, csv, html, names)


@app.command(epilog="For instance: autograder export grades.csv --format canvas")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, in CSV.")] = Path(
        "grades.csv"
    ),
    form: Annotated[
        str, typer.Option("--format", help="nbgrader, wide, canvas or moodle.")
    ] = "nbgrader",
    db: Database = "",
) -> None:
    """Write the scores of all assignments, with late penalties and marks by hand.

    As nbgrader exports them; or a row for each student (wide), as Canvas's or Moodle's gradebook takes it.
    """
    from autograder.export import export as write

    for line in write(Course.find(), file, db, form):
        typer.echo(line, err=True)


@app.command(epilog="For instance: autograder due descent '2027-01-31 23:59 +0100'")
def due(
    name: Name,
    when: Annotated[
        str,
        typer.Argument(
            metavar="[WHEN]", help="A date and time of ISO 8601; without a zone it is UTC's."
        ),
    ] = "",
    db: Database = "",
) -> None:
    """Set the due date of an assignment, or show it. The next grading counts by it."""
    from autograder.deadlines import set_due

    typer.echo(set_due(Course.find(), name, when, db))


@app.command(epilog="For instance: autograder extend ada descent --until '2027-02-07 23:59 +0100'")
def extend(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="Of the gradebook.")],
    name: Name,
    until: Annotated[
        str,
        typer.Option(
            metavar="WHEN", help="A date and time of ISO 8601; without a zone it is UTC's."
        ),
    ],
    db: Database = "",
) -> None:
    """Let a student hand in an assignment later. The next grading counts by it."""
    from autograder.deadlines import extend as grant

    typer.echo(grant(Course.find(), student, name, until, db))


@app.command(epilog="For instance: autograder demo all")
def demo(names: Names = None) -> None:
    """Release, and have a class made from the references and the known mistakes submit; grade and report it.

    Without a name, the first chapter; `autograder demo all`: every one.
    """
    from autograder.commands import demo_command

    demo_command(Course.find(), names or [])


@app.command(epilog="For instance: autograder doctor")
def doctor(
    scheduler: Annotated[
        str, typer.Option(metavar="URL", help="A Dask scheduler whose workers are to be asked too.")
    ] = "",
    tls_ca_file: TlsCaFile = "",
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    insecure_scheduler: Insecure = False,
    sandbox: Annotated[
        str, typer.Option(help="The one to try: bubblewrap, or none.")
    ] = "bubblewrap",
    db: Database = "",
) -> None:
    """Try all that grading needs, and say what to do about what falls short. Exit status 1 if something does."""
    from autograder.doctor import examine

    cluster = _scheduler(scheduler, tls_ca_file, tls_cert, tls_key, insecure_scheduler)
    well = True
    for finding in examine(Course.find(), db, cluster, sandbox):
        typer.echo(finding)
        well = well and finding.ok
    raise typer.Exit(0 if well else 1)


class _Ended(BaseException):
    """A signal ends this program; nothing that expects a `SystemExit` of a course's own code may keep it."""


def _end_on(number: int) -> None:
    """Let a signal that would end this process at once end it as Ctrl-C does: what it has is put away before."""
    mine = os.getpid()

    def end(number: int, frame: object) -> None:
        if os.getpid() != mine:  # a fork that works for it
            os._exit(128 + number)
        raise _Ended(128 + number)

    if signal.getsignal(number) == signal.SIG_DFL:
        signal.signal(number, end)


def main() -> None:
    """Run the command; an error of the course is one line and exit status 2."""
    lean.skip()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has one of them
            _end_on(getattr(signal, name))
    try:
        app(prog_name="autograder")
    except _Ended as ended:
        raise SystemExit(*ended.args) from None
    except CourseError as error:
        print(f"autograder: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:  # a folder that cannot be written; a disk that is full has no name
        if not error.filename and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"autograder: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
