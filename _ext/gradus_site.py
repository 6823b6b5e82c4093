"""What the website needs beyond Jupyter Book: the references behind the stubs, and sound pages.

- Cells run with GRADUS_REFERENCES set, so that every figure and check is the real one.
- Chapters are completed before they are read (`gradus_chapter`).
- A term of the glossary in bold leads there.
- Pages about all chapters are made from them (`gradus_overview`).
- Pages show what their reader solved and where they stopped (`gradus_reader`).
- The scripts of interactive figures are loaded by the pages that hold one (`_web/interactive`).
- Pages say how high their sections are (`gradus_heights`); the search knows sections (`gradus_search`).
- KaTeX's style sheet and fonts come from node_modules; no page asks another host for anything.
- Pages get a description, and the theme's flaws are repaired after the build.
"""

import functools
import hashlib
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import gradus_overview
import gradus_publish
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

FUNCTION = re.compile("<mi[^>]*>[^<]*</mi><mo>(?:\u2061|&#x2061;)</mo>")
OPERATOR = re.compile(r"(<mo[^>]*>)<mrow>(.*?)</mrow></mo>")
INTERACTIVE = re.compile(r'<figure class="gradus-figure"><gradus-([a-z-]+)>')


def prepare(app: Sphinx, config) -> None:
    """Let the cells find the references, and KaTeX's renderer the Node that pip brought."""
    root = Path(app.confdir)
    if not (root / "node_modules" / "katex").is_dir():
        raise ExtensionError(
            "KaTeX is not there: run `make book`, which fetches it before it builds"
        )
    # The book's matrices are small: more threads are slower, and their sums come out otherwise.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(root), os.environ.get("PYTHONPATH")])
    )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    os.environ["GRADUS_REFERENCES"] = gradus_overview.course_of(app).references
    from sphinxcontrib import katex

    katex.NODEJS_BINARY = str(gradus_publish.NODE)
    katex.KaTeXServer.start_server_process = start_renderer
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60
    rendered = katex.render_latex

    @functools.wraps(rendered)
    def whole(latex: str, options: dict | None = None) -> str:
        return mended(rendered(latex, options))

    katex.render_latex = whole


def mended(formula: str) -> str:
    """A formula whose MathML is valid: KaTeX gives a function's name two elements, and parts to an operator."""
    formula = FUNCTION.sub(r"<mrow>\g<0></mrow>", formula)
    return OPERATOR.sub(lambda m: f"{m[1]}{re.sub('<[^>]*>', '', m[2])}</mo>", formula)


def start_renderer(rundir: Path, timeout: float) -> tuple[subprocess.Popen, socket.socket]:
    """Start KaTeX's renderer; in place of the extension's, whose one try may come before the socket listens.

    By TCP, which tries again, each formula would wait 40 ms for an acknowledgement.
    """
    from sphinxcontrib.katex import KaTeXServer

    path = rundir / "katex.sock"
    command, pipe = KaTeXServer.build_command(socket=path), subprocess.PIPE
    process = subprocess.Popen(command, cwd=rundir, stdin=pipe, stdout=pipe)
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.01)
    process.kill()
    raise KaTeXServer.timeout_error(timeout)


def forget_stale_outputs(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Have the pages run again where the code behind them has changed: the cache knows their text alone."""
    course = gradus_overview.course_of(app)
    folders = [course.root / name for name in ("gradus", course.references)]
    files = sorted(
        path
        for folder in folders
        for ending in ("py", "npz")
        for path in folder.rglob(f"*.{ending}")
    )
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    seal = Path(app.outdir).parent / ".code-digest"
    if seal.is_file() and seal.read_text() == digest:
        return []
    shutil.rmtree(Path(app.outdir).parent / ".jupyter_cache", ignore_errors=True)
    seal.write_text(digest)
    return list(env.found_docs)


def complete(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put into a page what is made from all chapters."""
    import gradus_front  # late, as `gradus_overview.course_of` has it

    for comment, made in (gradus_front.MADE | gradus_overview.MADE).items():
        if comment in source[0]:
            app.env.note_reread()
            source[0] = source[0].replace(comment, made(gradus_overview.course_of(app)))


class KeepPunctuation(SphinxPostTransform):
    """Let no line begin with the comma after a formula, nor end with the bracket before it."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            glued = nodes.inline("", "", formula.deepcopy(), classes=["gradus-glued"])
            after = parent[place + 1] if place + 1 < len(parent) else None
            if isinstance(after, nodes.Text) and (marks := re.match(r"[,.;:!?)\]’”]+", after)):
                glued += nodes.Text(marks[0])
                # By its place: a full stop further up in the paragraph is equal to this one.
                parent[place + 1] = nodes.Text(after[marks.end() :])
            before = parent[place - 1] if place else None
            if isinstance(before, nodes.Text) and (marks := re.search(r"[(\[‘“]+$", before)):
                glued.insert(0, nodes.Text(marks[0]))
                parent[place - 1] = nodes.Text(before[: marks.start()])
            if len(glued) > 1:
                parent.replace(formula, glued)


class LinkTerms(SphinxPostTransform):
    """Lead from a term in bold, as it stands where it is explained, to the glossary."""

    default_priority = 5

    def run(self, **kwargs) -> None:
        if self.env.docname == "glossary":
            return
        for bold in list(self.document.findall(nodes.strong)):
            # Typographic by now: "Newton’s method" stands in the glossary with a plain apostrophe.
            word = bold.astext().lower().replace("’", "'")
            for term in (word, word.removesuffix("s")):
                reference = pending_xref("", refdoc=self.env.docname)
                arguments = (self.env, self.env.docname, self.app.builder, "term", term, reference)
                if link := self.env.domains["std"].resolve_xref(*arguments, bold.deepcopy()):
                    bold.replace_self(link)
                    break


def describe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give a page its description: its first paragraph."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        words = " ".join(paragraph.astext().split())
        if len(words) > 40:
            tag = f'<meta name="description" content="{html.escape(words[:155])}" />'
            context["metatags"] = context.get("metatags", "") + tag
            return


def enliven(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the scripts of the interactive figures that a page holds, and no others."""
    names = sorted(set(INTERACTIVE.findall(context.get("body", ""))))
    for name in names:
        if not (Path(app.confdir) / "_web" / "interactive" / f"{name}.js").is_file():
            message = "interactive figure %r: there is no _web/interactive/%s.js"
            logging.getLogger(__name__).warning(message, name, name, location=pagename)
    # Deferred scripts, not modules: those would not run from a file. They run in this order.
    for name in ["figures", *names] if names else []:
        app.add_js_file(f"../interactive/{name}.js", loading_method="defer")
    if names:
        app.add_css_file("../interactive/figures.css")


# Each repair is (what is wrong, pattern, replacement); a test shows that each still finds something.
REPAIRS = (
    (
        "the icon script repeats what the icon font does: 531 KiB (pydata-sphinx-theme#2379)",
        r'\s*<script defer src="[^"]*fontawesome\.js[^"]*"></script>',
        "",
    ),
    (
        "the search runs on its own page, but every page loads its index",
        r'(docsearch:version"[^>]*>)(?:\s*<script src="[^"]*(?:search|language_)\w+\.js"></script>){3}',
        r"\1",
    ),
    (
        "the index knows no sections: `gradus_search` has another",
        r'<script src="searchindex\.js[^"]*">',
        '<script src="search.js"></script>\n  <script src="sections.js">',
    ),
    (
        "a script holds up the page",  # but for the options, which scripts in the page change
        r'<script((?: data-[^>]*)?) src="(?![^"]*documentation_options)',
        r'<script defer\1 src="',
    ),
    (
        "the theme's scripts are fetched before its style",
        r'\s*<link rel="preload" as="script"[^>]*>',
        "",
    ),
    ("icons are read aloud", r'<i class="', '<i aria-hidden="true" class="'),
    (
        "icons are read aloud",
        r'<span class="(fa-(?:solid|brands|regular) )',
        r'<span aria-hidden="true" class="\1',
    ),
    (
        "the search field's key is read as a part of its name",
        r'<span class="search-button__kbd-shortcut">',
        '<span class="search-button__kbd-shortcut" aria-hidden="true">',
    ),
    (
        "the search button's name is not its text",
        r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"',
        r"\1",
    ),
    (
        "a summary's name is not its text",
        r'<summary aria-label="Toggle hidden content">',
        "<summary>",
    ),
    (
        "a list without list items",
        r'<div role="list" class="citation-list">',
        '<div class="citation-list">',
    ),
    ("a role that ARIA deprecates", r' role="doc-biblioentry"', ""),
    ("an empty cell is no heading", r'<th class="head">(?:<p></p>)?</th>', "<td></td>"),
    (
        "the side bar is no landmark",
        r'<div id="pst-primary-sidebar" class="',
        '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class="',
    ),
    (
        "code cannot be scrolled by keyboard before a script has measured it",
        "<pre>",
        '<pre tabindex="0">',
    ),
    (
        "a wide table cannot be scrolled by keyboard before a script has measured it",
        '<div class="pst-scrollable-table-container">',
        '<div class="pst-scrollable-table-container" tabindex="0">',
    ),
    (
        "a cell's wide table cannot be scrolled by keyboard before a script has measured it",
        r'<div class="output text_html">',
        '<div class="output text_html" tabindex="0">',
    ),
    (
        "a wide formula cannot be scrolled by keyboard",
        r'<span class="katex-display">',
        '<span class="katex-display" tabindex="0" role="group" aria-label="Equation">',
    ),
)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Bring KaTeX's style sheet and fonts, and repair the pages."""
    if exception or app.builder.name != "html":
        return
    out, dist = Path(app.outdir), Path(app.confdir) / "node_modules" / "katex" / "dist"
    (out / "katex" / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(dist / "katex.min.css", out / "katex")
    for font in (dist / "fonts").glob("*.woff2"):
        shutil.copy(font, out / "katex" / "fonts")
    for page in out.rglob("*.html"):
        if "_static" not in page.parts:
            page.write_text(repaired(page.read_text("utf-8")), "utf-8")


def repaired(page: str) -> str:
    """A page with every repair made; made again, they change nothing."""
    for _, pattern, replacement in REPAIRS:
        page = re.sub(pattern, replacement, page)
    return page


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.setup_extension("gradus_publish")
    app.setup_extension("gradus_heights")
    app.setup_extension("gradus_paper")
    app.setup_extension("gradus_search")
    app.add_post_transform(KeepPunctuation)
    app.add_post_transform(LinkTerms)
    app.connect("config-inited", prepare)
    app.connect("env-get-outdated", forget_stale_outputs)
    app.connect("source-read", complete)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", enliven)
    app.connect("build-finished", finish)
    app.setup_extension("gradus_chapter")
    app.setup_extension("gradus_reader")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
