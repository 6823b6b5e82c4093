"""What a chapter's page has that its author does not write, put in before the page is read.

- In place of `exercise("NAME")` stands the stub; the cells run with GRADUS_REFERENCES set, and so the
  reference answers behind it.
- Below `check(NAME)` stands the exercise to try here (`gradus_live`), and in a closed dropdown the
  reference; a written question stands in a box, its rubric folded below. `gradus_show_references`
  false leaves references and rubrics out.
- Below the title stands what the chapter takes and what comes before.
"""

from typing import TYPE_CHECKING

import gradus_overview
import gradus_paper
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from gradus.authoring import Written


def complete(app: Sphinx, docname: str, source: list[str]) -> None:
    """Complete the text of a chapter."""
    from autograder.course import CourseError
    from autograder.release.chapter import read_chapter, references_of
    from autograder.release.release import agree
    from gradus.authoring import written_of

    if not docname.startswith("chapters/"):
        return
    course = gradus_overview.course_of(app)
    try:
        chapter = read_chapter(course.root / f"{docname}.md", source[0])
        if not chapter.named("exercise"):
            return
        agree(course, chapter)
        references = references_of(course, chapter)
        asked = written_of(course.checks_module(chapter.name))
    except CourseError as error:
        raise ExtensionError(str(error)) from error
    show = app.config.gradus_show_references and not gradus_paper.on_paper(app)
    questions = {question.name: question for question in asked}
    lines = source[0].splitlines()
    for cell in reversed(chapter.cells):  # from the end, so that the lines above keep their numbers
        match cell.kind:
            case "exercise":
                lines[cell.place] = [references[cell.name].stub]
            case "check":
                below = [tried_here(cell.name, references[cell.name].stub)]
                if show:
                    below.append(folded_reference(cell.name, course.reference_file(chapter.name)))
                lines[cell.end : cell.end] = below
            case "written":
                lines[cell.place] = [boxed(cell.source, questions[cell.name], show)]
    setup = (cell.source for cell in chapter.cells if cell.kind == "setup")
    app.env.temp_data["gradus_shared"] = {"chapter": chapter.name, "setup": "\n".join(setup)}
    title = next(number for number, line in enumerate(lines, 1) if line.startswith("# "))
    line = gradus_overview.summary(course, chapter.name)
    lines.insert(title, f"\n```{{gradus-chapter}}\n{line}\n```")
    source[0] = "\n".join(lines) + "\n"


def tried_here(name: str, stub: str) -> str:
    """An exercise to try in the page."""
    return f"\n``````{{gradus-exercise}} {name}\n{stub}\n``````"


def folded_reference(name: str, file: str) -> str:
    """A closed dropdown with a reference as its file has it."""
    return (
        f"\n::::{{dropdown}} Reference: `{name}`\n:class-container: gradus-reference\n\n"
        f":::{{literalinclude}} /{file}\n:language: python\n:pyobject: {name}\n:::\n::::"
    )


def boxed(text: str, question: "Written", show: bool) -> str:
    """A written question in a box, and its rubric folded if wanted."""
    heading, body = text.split("\n", 1) if text.startswith("#") else ("", text)
    box = (
        f"{heading}\n\n::::::{{admonition}} Answer in your notebook: {question.points:g} points, marked by"
        f" a person\n:class: gradus-written\n\n{body.strip()}\n::::::\n"
    )
    marking = (
        "\n::::::{dropdown} How it is marked\n:class-container: gradus-reference\n\n"
        f"{question.rubric}\n::::::\n"
    )
    return box + (marking if show else "")


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.setup_extension("gradus_live")
    app.add_config_value("gradus_show_references", True, "env", [bool])
    app.connect("source-read", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
