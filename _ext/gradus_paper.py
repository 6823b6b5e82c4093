"""The book as an EPUB and as a PDF: formulas and figures as these can show them, answers at the end.

- Formulas of an EPUB are MathML; its pages are XHTML, and its manifest says what they hold.
- A figure of a PDF is the twin that `gradus.plots` drew beside the page's SVG (GRADUS_FIGURES).
- References and rubrics stand in `answers`, a page that only these have, not below each exercise.
"""

import functools
import html
import os
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import gradus_overview
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

from gradus import plots

if TYPE_CHECKING:
    from autograder.course import Course

BUILDERS = ("epub", "latex")
COMMENT = "<!-- the references -->"
ANNOTATION = re.compile(r"<annotation[^>]*>.*?</annotation>", re.DOTALL)
FIGURE = re.compile(r'<figure class="gradus-figure">.*?\bid="(f[0-9a-f]{8})-', re.DOTALL)
CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
SEEN = re.compile(r'role="(?:img|group)" aria-label="([^"]*)"')
# What the website alone can do: elements with a script, its own colours, colours that are reckoned,
# pictures without a namespace; and where the map of the chapters leads.
PLAIN = (
    (re.compile(r"<svg (?![^>]*xmlns=)"), '<svg xmlns="http://www.w3.org/2000/svg" '),
    (re.compile(r"</?gradus-[a-z-]+>"), ""),
    (re.compile(re.escape(plots.PAPER)), "#fff"),
    (re.compile(r'(<a href="chapters/[\w-]+)\.html"'), r'\1.xhtml"'),
    (re.compile(r"color-mix\(in srgb, (#[0-9a-f]{6}) \d+%, currentColor\)"), r"\1"),
)


def on_paper(app: Sphinx) -> bool:
    """Whether the book is made that has its answers at the end."""
    return app.builder.name in BUILDERS


def name_version(app: Sphinx, config) -> None:
    """The book's version is that of its package; on paper it must have one."""
    from gradus import __version__

    config.version = config.release = __version__


def prepare(app: Sphinx) -> None:
    """Have figures drawn twice and formulas rendered as MathML; leave the website's files out."""
    if not on_paper(app):
        return
    twins = Path(app.outdir).parent / "figures"
    twins.mkdir(exist_ok=True)
    os.environ["GRADUS_FIGURES"] = str(twins)
    if app.builder.name != "epub":
        return
    from sphinxcontrib import katex

    rendered = katex.render_latex

    @functools.wraps(rendered)
    def as_mathml(latex: str, options: dict | None = None) -> str:
        return ANNOTATION.sub("", rendered(latex, {**(options or {}), "output": "mathml"}))

    katex.render_latex = as_mathml
    app.config.html_extra_path = []
    # Style sheets' sources and the like, which an EPUB may not hold.
    app.config.suppress_warnings.append("epub.unknown_project_files")


def answer(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the page of answers: each chapter's references and rubrics."""
    if COMMENT in source[0]:
        show = app.config.gradus_show_references
        source[0] = source[0].replace(
            COMMENT, answers(gradus_overview.course_of(app)) if show else ""
        )
        app.env.note_reread()


def answers(course: "Course") -> str:
    """The references and rubrics of all chapters, as Markdown."""
    from gradus.authoring import written_of

    parts = []
    for name, text in gradus_overview.chapters(course).items():
        parts.append(
            f"## {gradus_overview.link(name, gradus_overview.title(text))}\n\n"
            f"```{{literalinclude}} /{course.reference_file(name)}\n:language: python\n```"
        )
        for question in written_of(course.checks_module(name)):
            points = f"{question.points:g} points"
            parts.append(f"**{question.name.replace('-', ' ')}**: {points}\n\n{question.rubric}")
    return "\n\n".join(parts)


def undress(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Leave out of an EPUB's pages the style sheets that come when it is packed, or never."""
    if app.builder.name == "epub":
        files = context["css_files"]
        late = re.compile(r"\.\./|/mystnb\.")
        context["css_files"] = [file for file in files if not late.search(str(file.filename))]


class TakeTwins(SphinxPostTransform):
    """Put into a PDF the twins of the figures, with their captions, and leave out the folded code."""

    default_priority = 3  # before MyST-NB chooses one of an output's forms
    builders = ("latex",)

    def run(self, **kwargs) -> None:
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("hide_mode") == "input":
                cell.remove(cell[0])
        for raw in list(self.document.findall(nodes.raw)):
            if not (found := FIGURE.search(raw.astext())):
                continue
            twin = Path(os.environ["GRADUS_FIGURES"]) / f"{found[1]}.pdf"
            if not twin.is_file():
                raise ExtensionError(f"{self.env.docname}: {twin.name} is missing; `make clean`")
            image = nodes.image("", uri=str(twin), candidates={"*": str(twin)})
            image["alt"] = html.unescape(SEEN.findall(raw.astext())[0])
            self.env.images.add_file(self.env.docname, str(twin))
            figure = nodes.figure("", image, align="center")
            if caption := CAPTION.search(raw.astext()):
                words = html.unescape(caption[1])
                figure += nodes.caption(words, words)
            output = raw.parent.parent  # all forms of an output, of which this is one
            whole = output if output.get("nb_element") == "mime_bundle" else raw
            whole.replace_self(figure)


class FitTables(SphinxPostTransform):
    """Give the columns of tables that go over a page widths: without, their lines do not break."""

    default_priority = 900
    builders = ("latex",)

    def run(self, **kwargs) -> None:
        for table in self.document.findall(nodes.table):
            rows = [[cell.astext() for cell in row] for row in table.findall(nodes.row)]
            if len(rows) > 30:  # as Sphinx reckons
                table["classes"].append("colwidths-given")
                columns = zip(*rows, strict=True)
                for width, column in zip(table.findall(nodes.colspec), columns, strict=True):
                    width["colwidth"] = min(50, max(map(len, column)))


def seal(app: Sphinx, exception: Exception | None) -> None:
    """Make the EPUB what its standard wants: well-formed pages, and a manifest that says what they hold."""
    if exception or app.builder.name != "epub":
        return
    book = Path(app.outdir) / f"{app.config.epub_basename}.epub"
    with zipfile.ZipFile(book) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    hold = {}
    for name, content in files.items():
        if not name.endswith(".xhtml"):
            continue
        page = content.decode()
        for pattern, plain in PLAIN:
            page = pattern.sub(plain, page)
        try:
            ElementTree.fromstring(page)
        except ElementTree.ParseError as error:
            raise ExtensionError(f"{name} is no XHTML: {error}") from error
        files[name] = page.encode()
        found = (kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in page)
        hold[name] = " ".join(found)
    manifest = files["content.opf"].decode()
    for name, kinds in hold.items():
        if kinds:
            manifest = manifest.replace(f'href="{name}"', f'href="{name}" properties="{kinds}"')
    files["content.opf"] = manifest.encode()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():  # the first, which says the kind of the file, as it is
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.add_post_transform(TakeTwins)
    app.add_post_transform(FitTables)
    app.connect("config-inited", name_version, priority=600)  # when `gradus` can be imported
    app.connect("builder-inited", prepare)
    app.connect("source-read", answer)
    app.connect("html-page-context", undress, priority=900)
    app.connect("build-finished", seal)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
