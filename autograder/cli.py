"""The command `autograder`: each command is a few lines that hand over to a module of that name."""

import os
import sys
from typing import Annotated

import typer

from autograder.course import Course, CourseError

app = typer.Typer(
    help="Release, grade and report the assignments of a course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _course(
    course: Annotated[
        str, typer.Option(metavar="DIR", help="Where nbgrader's folders are; by default ./course.")
    ] = "",
) -> None:
    if course:
        os.environ["AUTOGRADER_COURSE"] = course


@app.command()
def release(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Assignments; by default every chapter with exercises."),
    ] = None,
) -> None:
    """Make the students' notebooks: nbgrader's source and release of each assignment."""
    from autograder.release import release_assignments

    for released in release_assignments(Course.find(), names or []):
        typer.echo(released)


def main() -> None:
    """Run the command; an error of the course is one line and exit status 2."""
    try:
        app(prog_name="autograder")
    except CourseError as error:
        print(f"autograder: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
