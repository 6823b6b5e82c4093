"""Exercises that run in the page, and the downloads: made at build from the one source of each.

- `{gradus-exercise}`, which `gradus_chapter` puts under each check, becomes `<gradus-exercise>` with
  the stub; `{gradus-chapter}`, at a chapter's top, `<gradus-chapter>` with its downloads.
- `live/` gets the scripts of `_web/live` and, from the release that students get, the wheel of
  `gradus` and the visible cases; `downloads/` gets the released notebooks and the student's pack.
  With `html_baseurl` set, a notebook fetches in Google Colab what it needs from there.
- Pyodide comes from `gradus_pyodide_base`: an address, or a folder of the site such as "pyodide/".
"""

import functools
import hashlib
import html
import json
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PYODIDE = "https://cdn.jsdelivr.net/pyodide/v314.0.6/full/"
PACK = "gradus-student.zip"
FOLDED = {"jupyter": {"source_hidden": True}}
WHEEL = "gradus.whl"  # its own name changes with its content, and pages that do not change would not follow
HEADINGS = re.compile(r"^(?:#|\().*$", re.MULTILINE)  # what links from another page may show
README = """\
# Gradus: the notebooks

All that is needed is Python 3.11.2 or later. In this folder:

    python3 -m venv .venv
    . .venv/bin/activate                  # on Windows: .venv\\Scripts\\activate
    pip install -r requirements.txt
    jupyter lab

Open a notebook and run its cells from the top. Leave the files `*.cases` beside the notebooks: the
checks need them.
"""

# In Colab a notebook lies alone, and NumPy and Matplotlib are there.
COLAB = """\
# In Google Colab, where this notebook has no other files: the package `gradus` and the checks' cases.
import sys

if "google.colab" in sys.modules:
    import importlib, io, pathlib, subprocess, urllib.request, zipfile

    with urllib.request.urlopen("{site}/downloads/{pack}") as answer:
        pack = zipfile.ZipFile(io.BytesIO(answer.read()))
    for name in pack.namelist():
        file = pathlib.Path(pathlib.PurePosixPath(name).name)
        if file.suffix in (".cases", ".whl"):
            file.write_bytes(pack.read(name))
        if file.suffix == ".whl":
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", str(file)], check=True)
    importlib.invalidate_caches()
"""


class ChapterLine(nodes.General, nodes.TextElement):
    """At a chapter's top: time, exercises, points, what comes before."""


class TryHere(nodes.General, nodes.Element):
    """An exercise's place in the page."""


class ChapterDirective(Directive):
    """A line of inline text; what a chapter's exercises share goes with it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        shared = self.state.document.settings.env.temp_data["gradus_shared"]
        return [ChapterLine("", "", *holder[0].children, shared=shared)]


class ExerciseDirective(Directive):
    """`{gradus-exercise} NAME`, with the stub."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        return [TryHere("", exercise=self.arguments[0], stub="\n".join(self.content))]


def visit_chapter(translator, node: ChapterLine) -> None:
    """A chapter's line: what it takes and what comes before."""
    translator.body.append('<p class="gradus-overview">')


def depart_chapter(translator, node: ChapterLine) -> None:
    """Below it, what its exercises share, and the downloads."""
    if translator.builder.name != "html":  # a book of paper or an EPUB has neither
        translator.body.append("</p>")
        return
    base = translator.builder.config.gradus_pyodide_base.rstrip("/") + "/"
    data = {**node["shared"], "base": base, "packages": ["numpy"], "wheel": WHEEL}
    name = data["chapter"]
    up = "../" * translator.builder.current_docname.count("/")
    translator.body.append(
        f"<gradus-chapter>{_json(data)}<span> · 0 of {data['exercises']} solved here</span>"
        "</gradus-chapter></p>"
        f'<p class="gradus-overview gradus-downloads">'
        f'<a href="{up}downloads/{name}.ipynb" download>Download this chapter as a notebook</a> · '
        f'<a href="{up}downloads/{PACK}" download>Download the student\'s pack</a>'
        " (all notebooks, and what they need to run)</p>"
    )


def visit_exercise(translator, node: TryHere) -> None:
    """The element that the script of the page fills."""
    if translator.builder.name == "html":
        name = html.escape(node["exercise"])
        translator.body.append(
            f'<gradus-exercise data-name="{name}"><p class="gradus-overview">With JavaScript, this '
            f"exercise runs here; it runs in the notebook, too.</p>{_json({'stub': node['stub']})}"
            "</gradus-exercise>"
        )
    raise nodes.SkipNode


def _json(data: dict) -> str:
    # Nothing in a script may look like its end.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'


def equip(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the script to the pages that have an exercise, and to no other."""
    if "<gradus-exercise" in context.get("body", ""):
        app.add_js_file("../live/exercise.js", loading_method="defer")
        app.add_css_file("../live/exercise.css")


def release(folders: list[Path], app: Sphinx) -> None:
    """Make the notebooks before the pages, so that what is wrong in a chapter is said at once."""
    if app.builder.name == "html":
        root = Path(app.confdir)
        folders[:] = released(root, root / "_build" / ".release")


def publish(folders: list[Path], app: Sphinx, exception: Exception | None) -> None:
    """Bring into the site what the exercises and the downloads need."""
    if exception or app.builder.name != "html":
        return
    root, out = Path(app.confdir), Path(app.outdir)
    for place in ("live", "downloads"):
        (out / place).mkdir(exist_ok=True)
    # An incremental build does not refresh what html_extra_path brings.
    for file in (root / "_web" / "live").iterdir():
        if file.is_file():
            shutil.copyfile(file, out / "live" / file.name)
    pack = {"README.md": README.encode()}
    for folder in folders:
        pack |= {file.name: file.read_bytes() for file in folder.iterdir()}
    if site := app.config.html_baseurl.rstrip("/"):
        pack = {n: colab(c, site) if n.endswith(".ipynb") else c for n, c in pack.items()}
    for name, content in pack.items():
        if name.endswith((".whl", ".cases")):
            (out / "live" / (WHEEL if name.endswith(".whl") else name)).write_bytes(content)
        elif name.endswith(".ipynb"):
            (out / "downloads" / name).write_bytes(content)
    write_pack(out / "downloads" / PACK, pack)


def colab(notebook: bytes, site: str) -> bytes:
    """A notebook with a cell, below its guide, that fetches in Colab what the site at this address offers."""
    made = nbformat.reads(notebook.decode(), as_version=4)
    source = COLAB.format(site=site, pack=PACK).rstrip()
    made.cells.insert(1, nbformat.v4.new_code_cell(source, id="colab", metadata=FOLDED))
    return nbformat.writes(made).encode()


def write_pack(path: Path, files: dict[str, bytes]) -> None:
    """A zip whose bytes depend on its files alone."""
    with zipfile.ZipFile(path, "w") as pack:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"gradus/{name}", (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(entry, files[name])


def released(root: Path, directory: Path) -> list[Path]:
    """The released folder of each chapter with exercises; made again where its source changed."""
    from autograder.course import Course, CourseError
    from autograder.release.chapter import read_chapter
    from autograder.release.release import release_assignments

    try:
        course = Course.find(root, directory=directory)
        chapters = {
            name: _digest(course, name)
            for name, file in course.chapters().items()
            if read_chapter(file).named("exercise")
        }
        if changed := [name for name in chapters if _seal(directory, name) != chapters[name]]:
            list(release_assignments(course, changed, graded=False))
    except CourseError as error:
        raise ExtensionError(f"the notebooks cannot be made: {error}") from error
    for name in changed:
        (directory / f"{name}.digest").write_text(chapters[name])
    return [directory / "release" / name for name in chapters]


def _seal(directory: Path, name: str) -> str:
    seal = directory / f"{name}.digest"
    return seal.read_text() if seal.is_file() else ""


def _digest(course, name: str) -> str:
    """Of all that a chapter's release is made from."""
    packages = [course.root / part for part in ("gradus", "autograder", course.references)]
    files = [
        *sorted(path for package in packages for path in package.rglob("*.py")),
        *(
            course.root / file
            for file in (
                *("pyproject.toml", "gradus/pyproject.toml", "gradus/glyphs.npz"),
                "requirements.txt",
            )
        ),
        course.root / "references.bib",
        course.chapter(name),
    ]
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files if file.is_file()))
    for page, file in course.pages().items():
        shown = HEADINGS.findall(file.read_text("utf-8"))
        digest.update("\n".join((page, *shown)).encode())
    return digest.hexdigest()


def visit_chapter_on_paper(translator, node: ChapterLine) -> None:
    """Of the line, paper has the text."""


def depart_chapter_on_paper(translator, node: ChapterLine) -> None:
    """End the paragraph."""
    translator.body.append("\n\n")


def skip(translator, node: TryHere) -> None:
    """Nothing of it stands on paper."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.add_config_value("gradus_pyodide_base", PYODIDE, "html", [str])
    on_paper = (visit_chapter_on_paper, depart_chapter_on_paper)
    app.add_node(ChapterLine, html=(visit_chapter, depart_chapter), latex=on_paper)
    app.add_node(TryHere, html=(visit_exercise, None), latex=(skip, None))
    app.add_directive("gradus-chapter", ChapterDirective)
    app.add_directive("gradus-exercise", ExerciseDirective)
    app.connect("html-page-context", equip)
    folders: list[Path] = []
    app.connect("builder-inited", functools.partial(release, folders))
    app.connect("build-finished", functools.partial(publish, folders))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
