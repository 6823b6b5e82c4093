"""What a chapter's page has that its author does not write, put in before the page is read.

- In place of `exercise("NAME")` stands the stub; the cells run with GRADUS_REFERENCES set, and so the
  reference answers behind it. On the website the exercise stands in a box (`gradus_box`).
- Below `check(NAME)` stands the exercise to try here (`gradus_live`), and in a closed dropdown the
  reference with what the check shows for it: below a stub that would be a riddle. So is what
  `progress()` shows. A written question stands in a box, its rubric folded below.
  `gradus_show_references` false leaves references and rubrics out.
- Below the title stands what the chapter takes and what comes before.
"""

import ast
from typing import TYPE_CHECKING

import gradus_overview
import gradus_paper
import gradus_reference
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

REFERENCE, RESULT = "gradus-reference", "gradus-result"  # classes of what is folded

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.release.chapter import Chapter
    from gradus.authoring import Exercise, Written


def complete(app: Sphinx, docname: str, source: list[str]) -> None:
    """Complete the text of a chapter."""
    from autograder.course import CourseError
    from autograder.release.chapter import read_chapter, references_of
    from autograder.release.release import agree
    from gradus.authoring import exercises_of, written_of

    if not docname.startswith("chapters/"):
        return
    course = gradus_overview.course_of(app)
    try:
        chapter = read_chapter(course.root / f"{docname}.md", source[0])
        if not chapter.named("exercise"):
            return
        agree(course, chapter)
        references = references_of(course, chapter)
        checks = course.checks_module(chapter.name)
        asked = written_of(checks)
        judged = {exercise.name: exercise for exercise in exercises_of(checks)}
    except CourseError as error:
        raise ExtensionError(str(error)) from error
    paper = gradus_paper.on_paper(app)
    show = app.config.gradus_show_references and not paper
    shown = shown_references(course, chapter) if show else {}
    questions = {question.name: question for question in asked}
    lines = source[0].splitlines()
    for cell in reversed(chapter.cells):  # from the end, so that the lines above keep their numbers
        match cell.kind:
            case "exercise":
                stub = references[cell.name].stub
                lines[cell.place] = [stub]
                if not paper:
                    lines.insert(cell.line - 1, box(judged[cell.name], stub))
            case "check":
                below = [tried_here(cell.name, references[cell.name].stub)]
                below.append(checked(cell.name, shown.get(cell.name), paper))
                lines[cell.end : cell.end] = below
            case "code" if cell.source.strip() == "progress()":
                sentence = "With the references as answers to all exercises, `progress()` shows:"
                said, head = result(sentence), "What `progress()` shows at the end"
                below = [said if paper else folded(head, said, RESULT)]
                lines[cell.end : cell.end] = below
            case "written":
                lines[cell.place] = [boxed(cell.source, questions[cell.name], show)]
    app.env.temp_data["gradus_shared"] = {
        "chapter": chapter.name,
        "setup": setup_of(chapter),
        "exercises": len(references),
    }
    title = next(number for number, line in enumerate(lines, 1) if line.startswith("# "))
    line = gradus_overview.summary(course, chapter.name)
    lines.insert(title, f"\n```{{gradus-chapter}}\n{line}\n```")
    source[0] = "\n".join(lines) + "\n"


def box(exercise: "Exercise", stub: str) -> str:
    """Where an exercise is asked, with what the author need not say of it."""
    kind = "repair" if exercise.repair else "reach" if exercise.score else "build"
    head = f"``````{{gradus-box}} {exercise.name}\n:points: {exercise.points:g}\n:kind: {kind}"
    return f"{head}\n\n{gradus_reference.signature(stub)}\n``````\n"


def tried_here(name: str, stub: str) -> str:
    """An exercise to try in the page."""
    return f"\n``````{{gradus-exercise}} {name}\n{stub}\n``````"


def setup_of(chapter: "Chapter") -> str:
    """What runs before the exercises of a chapter."""
    return "\n".join(cell.source for cell in chapter.cells if cell.kind == "setup")


def shown_references(course: "Course", chapter: "Chapter") -> dict[str, str]:
    """The references of a chapter's exercises as its page shows them, by name."""
    source = with_other_chapters(course, chapter.name)
    names = chapter.named("exercise").keys()
    before = setup_of(chapter)
    return {name: gradus_reference.shown(source, name, before, names) for name in names}


def with_other_chapters(course: "Course", name: str) -> str:
    """The module of a chapter's references, below those of other chapters from which it imports.

    A reader cannot import these; what is used of them is shown with the reference.
    """
    source = (course.root / course.reference_file(name)).read_text("utf-8")
    lines, above = source.split("\n"), []
    for node in ast.parse(source).body:
        package, _, other = (getattr(node, "module", None) or "").rpartition(".")
        if isinstance(node, ast.ImportFrom) and package == course.references:
            above.append(with_other_chapters(course, other))
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            lines[first:last] = [""] * (last - first)
    return "\n".join([*above, *lines])


def checked(name: str, reference: str | None, paper: bool) -> str:
    """A closed dropdown with a reference, where it is shown, and what the check shows for it."""
    if reference:
        shows = result(f"With the reference above, `check({name})` shows:")
        code = f"``````python\n{reference}\n``````"
        return folded(f"Reference: `{name}`", f"{code}\n\n{shows}", REFERENCE)
    shows = result(f"With the book's reference, `check({name})` shows:")
    return f"\n{shows}" if paper else folded(f"A check that passes: `{name}`", shows, RESULT)


def result(sentence: str) -> str:
    """What the cell above puts out, with a sentence that says of what."""
    return f"```{{gradus-result}}\n{sentence}\n```"


def folded(title: str, text: str, kind: str) -> str:
    """A closed dropdown."""
    return f"\n:::::::{{dropdown}} {title}\n:class-container: {kind}\n\n{text}\n:::::::"


def boxed(text: str, question: "Written", show: bool) -> str:
    """A written question in a box, and its rubric folded if wanted."""
    heading, body = text.split("\n", 1) if text.startswith("#") else ("", text)
    box = (
        f"{heading}\n\n::::::{{admonition}} Answer in your notebook: {question.points:g} points, marked by"
        f" a person\n:class: gradus-written\n\n{body.strip()}\n::::::\n"
    )
    marking = folded("How it is marked", question.rubric, REFERENCE)
    return box + (f"{marking}\n" if show else "")


class Result(nodes.General, nodes.Element):
    """Where the output of the cell above goes; without any, nothing stands there."""


class ResultDirective(Directive):
    """`{gradus-result}`, with the sentence above the output."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        node = Result()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class MoveResults(SphinxTransform):
    """Put the outputs of cells where they belong."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        cell = nodes.container()
        for node in list(self.document.findall(nodes.Element)):
            if node.get("nb_element") == "cell_code":
                cell = node
            elif isinstance(node, Result):
                outputs = [part for part in cell if part.get("nb_element") == "cell_code_output"]
                for output in outputs:
                    cell.remove(output)
                moved = nodes.container("", *outputs, classes=["cell"])
                node.replace_self([*node.children, moved] if outputs else [])


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.setup_extension("gradus_live")
    app.setup_extension("gradus_box")
    app.add_config_value("gradus_show_references", True, "env", [bool])
    app.add_directive("gradus-result", ResultDirective)
    app.add_transform(MoveResults)
    app.connect("source-read", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
