"""What makes the site light and findable.

- Pages load the style sheets and scripts that they use; fonts are cut down to the letters on the pages.
- With `html_baseurl` set, pages say where they are published (`canonical`, Open Graph), and there is
  a sitemap and a card with which others show a link to the book.
"""

import html
import importlib.util
import re
from pathlib import Path
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from fontTools.subset import Options, Subsetter, load_font, save_font
from sphinx.application import Sphinx

CARD = "_static/card.png"
# File of the theme or of an extension, and what stands on a page that needs it.
USED_WITH = {"design-tabs.js": "sd-tab-", "katex.min.css": "katex", "katex-math.css": "katex"}
ICON = re.compile(r"\bfa-[a-z0-9-]+")
# Of the icon font: a rule for each of its 2,000 icons, and the files that it draws them from.
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"[^"]*"\}')
ICON_CODE = re.compile(r'"\\([0-9a-f]{1,6}) ?"')
ICON_FONTS = "vendor/fontawesome/webfonts"


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
        f'<meta property="{name}" content="{content}" />' for name, content in tags.items() if content
    )


def lighten(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Leave out of a page the style sheets and scripts that it does not use."""
    body = context.get("body", "")

    def used(file) -> bool:
        name = str(getattr(file, "filename", file)).split("?")[0].split("/")[-1]
        return USED_WITH.get(name, "") in body

    for files in ("script_files", "css_files"):
        context[files] = [file for file in context[files] if used(file)]


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Cut down the fonts of the finished site; say where it lies."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = "".join(
        path.read_text("utf-8") for path in out.rglob("*.html") if "_static" not in path.parts
    )
    cut_icons(out / "_static", pages)
    for font in (Path(app.confdir) / "node_modules/katex/dist/fonts").glob("*.woff2"):
        cut_font(font, out / "katex/fonts" / font.name, {ord(letter) for letter in set(pages)})
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


def cut_icons(static: Path, pages: str) -> None:
    """Keep of the icon font the icons that pages, scripts and style sheets name."""
    scripts = "".join(path.read_text("utf-8") for path in (static / "scripts").glob("*-theme.js"))
    named = set(ICON.findall(pages + scripts))

    def kept(rule: re.Match) -> str:
        classes = [c for c in rule[1].split(",") if c[1:].removesuffix(":before") in named]
        return f"{','.join(classes)}{rule[0][len(rule[1]) :]}" if classes else ""

    theme = Path(importlib.util.find_spec("pydata_sphinx_theme").origin).parent
    theme = theme / "theme/pydata_sphinx_theme/static"
    sheet = ICON_RULE.sub(kept, (theme / "styles/pydata-sphinx-theme.css").read_text("utf-8"))
    (static / "styles/pydata-sphinx-theme.css").write_text(sheet, "utf-8")
    codes = {int(code, 16) for code in ICON_CODE.findall(sheet)}
    for font in (theme / ICON_FONTS).glob("*.woff2"):
        cut_font(font, static / ICON_FONTS / font.name, codes)


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
