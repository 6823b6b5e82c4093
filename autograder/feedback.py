"""Feedback in HTML: nbgrader's page, on which nothing of a submission is anything but text.

The page loads nothing and runs nothing: a student's Markdown is cleaned, scripts are taken out, and a
content security policy in the page says so to the browser. The book's own text is left out.
"""

import contextlib
import html
import logging
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from bleach.sanitizer import Cleaner
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML, markdown2html
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor
from traitlets.config import Config

from autograder import nbgrader_settings
from autograder.course import Course, CourseError, find_programs
from autograder.export import handed_in, has_unmarked
from autograder.folders import carry
from autograder.grade import one
from autograder.report import failure_of_database, is_unmarked, opened

_TAGS = frozenset(
    "a b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre s "
    "samp span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">"
)
_STYLE = """<style>
pre, code { white-space: pre-wrap; }
div.prompt, .anchor-link { display: none; }
.gradus-check td, .gradus-check th { padding: 0.2em 1em 0.2em 0; vertical-align: top; }
</style>"""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]")
_STYLES, _FONT = re.compile(r"<style\b.*?</style>", re.DOTALL), re.compile(r"@font-face\s*{[^}]*}")
UNMARKED = "not marked yet"
# Longer ones are shown as they are: to render and clean some texts takes time by the square of their length.
MAX_MARKDOWN = 10_000
MAX_CODE_LINE = 2_000


def _attribute(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays: of the classes only ours, because the page's own can cover all of it."""
    if name == "class":
        return value == "anchor-link" or value.startswith("gradus-")
    if name == "href":
        return tag == "a" and value.startswith(("#", "http://", "https://", "mailto:"))
    return name in ("title", "colspan", "rowspan", "start", "open")


_CLEANER = Cleaner(tags=_TAGS, attributes=_attribute, protocols=["http", "https", "mailto"])


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page with everything that is not text taken out."""

    def default_filters(self) -> Iterator[tuple[str, Callable]]:
        """nbconvert's filters, with Markdown cleaned after it is rendered."""
        yield from super().default_filters()
        yield "markdown2html", render
        highlight = Highlight2HTML(pygments_lexer="ipython3", parent=self)

        def render_code(source: str, **about: object) -> str:
            if max(map(len, source.split("\n"))) > MAX_CODE_LINE:
                return f"<pre>{html.escape(source)}</pre>"
            return highlight(source, **about)

        yield "highlight_code", render_code
        # nbgrader's page turns every score into a number.
        yield "float", lambda score: score if score == UNMARKED else float(score)
        yield "round", lambda score, digits: score if score == UNMARKED else round(score, digits)

    def from_notebook_node(self, nb, resources=None, **kwargs):
        """Export, then take out the page's own scripts and name its cells."""
        # Not HTMLExporter's own method: it parses the whole page once more, for pictures and JupyterLab.
        resources = self._init_resources(resources)
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kwargs)
        page = re.sub(r"<script\b.*?</script\s*>", "", page, flags=re.DOTALL | re.IGNORECASE)
        page = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page)
        # Not in a student's text, of which it would take a part, after a search as long as its square.
        page = _STYLES.sub(lambda found: _FONT.sub("", found[0]), page)
        page = page.replace("<head>", f"<head>\n{_POLICY}", 1).replace(
            "</head>", f"{_STYLE}</head>", 1
        )
        names = one.checked(nb)
        page = re.sub(
            r'<a href="#([\w-]+)">(Test cell|Written response)<',
            lambda found: f'<a href="#{found[1]}">{names.get(found[1], found[1])}<',
            page,
        )
        return page, resources


def render(markdown: str) -> str:
    """A student's Markdown as clean HTML, or as it stands where it is too long or cannot be rendered."""
    if len(markdown) <= MAX_MARKDOWN:
        # Of a picture that is not attached nbconvert makes an exception, of deep nesting Python.
        with contextlib.suppress(InvalidNotebook, RecursionError):
            return clean(markdown2html(markdown))
    return f"<pre>{html.escape(markdown)}</pre>"


def clean(text: str) -> str:
    """HTML with nothing left that runs, frames, loads or covers anything."""
    return _CLEANER.clean(text)


class MarksSoFar(GetGrades):
    """nbgrader's marks; a cell that nobody has marked has no 0, it says so."""

    def _get_score(self, cell: NotebookNode, resources: dict) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        if is_unmarked(grade):
            cell.metadata.nbgrader["score"] = UNMARKED


class AnswersOnly(NbGraderPreprocessor):
    """Keeps of a graded notebook what a student wrote and what was found; of the book, its headings."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        released = self.parent.parent.released
        book = {cell.source for cell in released.cells if not cell.metadata.get("nbgrader")}
        kept: list[NotebookNode] = []
        heading: NotebookNode | None = None
        for cell in nb.cells:
            if cell.source in book and not cell.metadata.get("nbgrader"):
                heading = _heading(cell) or heading
                continue
            kept += [heading] if heading else []
            heading = None
            if cell.cell_type == "code":
                cell.outputs = [_text_only(output) for output in _shown(cell)]
            kept.append(cell)
        nb.cells = kept
        return nb, resources


def _heading(cell: NotebookNode) -> NotebookNode | None:
    """A cell of the book with nothing but its last heading, or None if it has none."""
    headings = re.findall(r"^#{1,6} .*$", cell.source, re.MULTILINE)
    if cell.cell_type != "markdown" or not headings:
        return None
    cell.source = headings[-1]
    return cell


def _shown(cell: NotebookNode) -> list[NotebookNode]:
    """The outputs that a student should see: the points stand above a check cell already."""
    graded = cell.metadata.get("nbgrader", {}).get("grade")
    return [
        output
        for output in cell.get("outputs", [])
        if not (graded and output.output_type == "execute_result")
    ]


def _text_only(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        kept = {"text/plain": output.data.get("text/plain", "")}
        if "text/html" in output.data:
            kept["text/html"] = clean(output.data["text/html"])
        output.data = kept
    return output


class _Errors(logging.Handler):
    """Keeps what nbgrader logs as errors; the rest is not for an instructor's eyes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []
        self.logger = logging.getLogger("autograder.nbgrader")
        self.logger.handlers = [self]
        self.logger.propagate = False
        self.logger.setLevel(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())

    def last(self) -> str:
        """The last line of the last traceback."""
        lines = [line for text in self.records if "Traceback" in text for line in text.splitlines()]
        return lines[-1] if lines else "no message"


class ClassFeedback(GenerateFeedback):
    """nbgrader's GenerateFeedback with the classes above."""

    released: NotebookNode
    entered: Collection[str]
    begun: Callable[[str], None]

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether a student's page is to be made."""
        return student_id in self.entered and super().init_destination(assignment_id, student_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Write one page."""
        self.begun(Path(notebook_filename).parts[-3])
        super().convert_single_notebook(notebook_filename)


def write_feedback(
    course: Course,
    name: str,
    db: str = "",
    made: Callable[[str, int], None] = lambda student, all_of_them: None,
    log: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Write the feedback of every graded submission of an assignment, in place of what was written before.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.
    db : str
        The gradebook's address.
    made : callable
        Is called for each student whose page is made, of so many.
    log : callable
        Is called with a line about who has no page, or no whole one.

    Returns
    -------
    list of Path
        The pages, by student.

    Raises
    ------
    CourseError
        If the assignment is unknown, or nothing of it is graded.
    """
    released = one.released_notebook(course, name)
    graded = sorted((course.directory / "autograded").glob(f"*/{name}/{name}.ipynb"))
    if not graded:
        raise CourseError(f"nothing of {name} is graded: run autograder grade {name}")
    with opened(course, db) as gradebook:
        known = {item.name: handed_in(item) for item in gradebook.assignments}
        entered = known.get(name, {})
        waiting = sum(map(has_unmarked, entered.values()))
    students = [file.parts[-3] for file in graded]
    for student in sorted(set(students) - set(entered)):
        log(
            f"autograded/{student}: no page, the gradebook has no such submission: run autograder grade {name},"
            " or remove the folder"
        )
    if waiting:
        log(f"{name}: {waiting} of {len(entered)} not wholly marked, as their pages say")
    config = _configuration(course, db=db)
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.GenerateFeedback.preprocessors = [MarksSoFar, AnswersOnly, CSSHTMLHeaderPreprocessor]
    directory = CourseDirectory(config=config)
    directory.assignment_id = name
    errors = _Errors()
    converter = ClassFeedback(coursedir=directory, config=config, log=errors.logger, force=True)
    converter.released = released
    converter.entered = set(entered)
    converter.begun = lambda student: made(student, len(graded))
    try:
        converter.start()
    except NbGraderException as error:
        why = failure_of_database("\n".join(errors.records)) or f"feedback failed: {errors.last()}"
        raise CourseError(why) from error
    places = (course.directory / "feedback" / s / name / f"{name}.html" for s in students)
    pages = [page for page in places if page.parts[-3] in entered]
    for page in pages:
        carry(course.directory / "autograded" / page.parts[-3] / name, page.parent)
    return pages


def _configuration(course: Course, db: str = "") -> Config:
    """nbgrader's configuration for our commands."""
    find_programs()
    config = course.nbgrader_config()
    config.merge(nbgrader_settings.configuration(course))
    # nbgrader copies a submission's other files and follows links: into feedback they would travel.
    config.CourseDirectory.ignore = ["*"]
    if db:
        config.CourseDirectory.db_url = db
    return config
