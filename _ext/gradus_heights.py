"""How high the sections of a page will be, reckoned from what they hold.

A browser that leaves out what is far from the screen (`content-visibility`) takes these numbers for it: so
the scroll bar tells the truth before a section has been seen. The sizes are those of the theme and of
`gradus.css` at two widths of the text; a test holds the sums to what a browser lays out.
"""

import math
import re

from docutils import nodes
from gradus_box import Box, Folded
from gradus_live import ChapterLine, TryHere
from gradus_reader import Guess, guesses
from sphinx import addnodes
from sphinx.application import Sphinx

WIDTHS = {"wide": 688, "narrow": 358}  # of the text, in pixels: a desktop's, a phone's
LINE, LETTER, CODE = 26.4, 7.4, 16.0
MONO = 8.4  # a letter of a signature
RAGGED = 20  # about half a word is missing at the end of a line
COLUMN = 160  # of a table, at most, on a phone
FOLDED = 62.0
BOX, ROW = 100.0, 41.0  # an exercise's margins and heading, and each line of it that is folded
PICTURE = re.compile(
    r"<svg [^>]*max-width: ([\d.]+)pt[^>]*viewBox=\"0 0 ([\d.]+) ([\d.]+)\"", re.DOTALL
)
CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
PLAY = 790.0  # an interactive figure with its controls
COMMAND = re.compile(r"\\[a-zA-Z]+|[{}^_\\&]")
TALL = re.compile(r"\\(?:[dt]?frac|sum|prod|int|begin)")


def lines(text: str, width: float, letter: float = LETTER) -> int:
    """The lines that a text takes."""
    return max(1, math.ceil(len(text) * letter / (width - RAGGED)))


def words(node: nodes.Node) -> str:
    """The text of a node; a formula counts by its letters, not by the commands of its source."""
    if isinstance(node, nodes.math):
        return COMMAND.sub("", re.sub(r"\\[a-zA-Z]+", "x", node.astext())).replace(" ", "")
    if isinstance(node, nodes.Text):
        return node.astext()
    return "".join(map(words, node.children))


def narrow(width: float) -> bool:
    """Whether it is a phone's."""
    return width < 450


def height(node: nodes.Node, width: float) -> float:
    """The height of a node with its margins, in pixels."""

    def children() -> float:
        return sum(height(child, width) for child in node.children)

    match node:
        case nodes.target() | nodes.comment() | nodes.substitution_definition():
            return 0
        case nodes.title() if isinstance(node.parent, nodes.section):
            # Level two: a section's own is the page's first.
            size = {2: (34, 23.2), 3: (28, 20)}.get(level(node), (22, 18))[narrow(width)]
            return 60.8 + 1.15 * size * lines(words(node), width, 0.5 * size)
        case nodes.paragraph() | nodes.title() | nodes.rubric() | ChapterLine():
            last = isinstance(node.parent, nodes.list_item | nodes.entry)
            return LINE * lines(words(node), width) + (4 if last else 18.4)
        case nodes.literal_block():
            return CODE * (node.astext().rstrip("\n").count("\n") + 1) + 34 + 16
        case nodes.math_block():
            rows = node.astext().count("\\\\") + 1
            return 16 + 30 + rows * (42 if TALL.search(node.astext()) else 27)
        case nodes.raw():
            return raw(node.astext(), width)
        case Box():
            rows = sum(is_row(child) for child in node.children)
            shown = (child for child in node.children[1:] if not is_row(child))
            return BOX + ROW * rows + sum(height(child, width - 40) for child in shown)
        case Guess():
            return 96 if narrow(width) else 55
        case nodes.bullet_list() | nodes.enumerated_list():
            return 16 + sum(height(child, width - 32) for child in node.children)
        case addnodes.desc():
            more = LINE * (lines(words(node[0]), width, MONO) - 1)
            return 3 * LINE + more + sum(height(child, width - 32) for child in node.children[1:])
        case nodes.definition_list_item():
            return 3 * LINE + sum(height(child, width - 32) for child in node.children[1:])
        case nodes.table():
            return table(node, width)
        case nodes.Admonition() | nodes.admonition():
            return 50 + sum(height(child, width - 20) for child in node.children)
        case nodes.container() if node.get("design_component") == "dropdown":
            return FOLDED
        case nodes.container() if node.get("nb_element") == "mime_bundle":
            forms = [child for child in node.children if child.get("mime_type") == "text/html"]
            return sum(height(child, width) for child in forms or node.children[:1])
        case nodes.container() if node.get("nb_element") == "cell_code":
            shown = node.children[1:] if node.get("hide_mode") == "input" else node.children
            folded = 76 if node.get("hide_mode") else 0
            return folded + sum(height(child, width) for child in shown)
        case nodes.Text() | nodes.Inline():
            return 0
    return children()


def is_row(node: nodes.Node) -> bool:
    """Whether a node is one line of an exercise's box, until it is opened."""
    return isinstance(node, Folded | TryHere)


def level(title: nodes.title) -> int:
    """Of a heading: the page's is one."""
    above, found = title.parent, 0
    while above:
        found += isinstance(above, nodes.section)
        above = above.parent
    return found


def raw(text: str, width: float) -> float:
    """Of a figure, or of what a check says."""
    if "gradus-check" in text:
        rows = [re.sub("<[^>]*>", "", row) for row in re.split("<p|<tr", text)[1:]]
        return 16 + sum(6 + 23.8 * lines(row, width - 24, 6.9) for row in rows)
    caption = CAPTION.search(text)
    below = 46.4 + 23.8 * lines(caption[1], width - 24, 6.9) if caption else 32
    if "</gradus-" in text:
        return PLAY + below
    if found := PICTURE.search(text):
        most, across, down = map(float, found.groups())
        return min(width - 16, most * 4 / 3) * down / across + below
    return 0


def table(node: nodes.table, width: float) -> float:
    """Each row is as high as its fullest cell; the columns share the width by their letters."""
    rows = [[words(cell) for cell in row.children] for row in node.findall(nodes.row)]
    whole = [LETTER * max(map(len, column)) + RAGGED for column in zip(*rows, strict=False)]
    if narrow(width):
        shares = [min(one, COLUMN) for one in whole]
    else:
        part = min(1, (width - 17 * len(whole)) / sum(whole))
        shares = [min(one, max(90, one * part)) for one in whole]
    high = (max(lines(cell, w - 10) for cell, w in zip(row, shares, strict=False)) for row in rows)
    return 32 + sum(17 + LINE * count for count in high)


# A browser remembers how high a section was, though it held but its first lines, laid out while the page was arriving;
# it forgets that where the section is, for a moment, one that nobody sees. What is near the screen stays.
FORGET = """\
<script>
addEventListener("DOMContentLoaded", () => {
  const far = [...document.querySelectorAll(".bd-article > section > section")].filter(
    section => section.getBoundingClientRect().top > 2 * innerHeight)
  for (const unseen of [true, false]) {
    far.forEach(section => section.classList.toggle("gradus-far", unseen))
    document.body.offsetHeight
  }
})
</script>
"""


def mark(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write into a page how high its sections are."""
    if not doctree or app.builder.name != "html":
        return
    whole = next(iter(app.env.get_doctree(pagename).findall(nodes.section)), None)
    for _, _, answers in guesses(whole) if whole else ():
        for answer in answers:  # a reader sees none of it at first
            answer.parent.remove(answer)
    sections = [node for node in whole.children if isinstance(node, nodes.section)] if whole else []
    for section in sections:
        sizes = ";".join(
            f"--gradus-{name}:{height(section, width) / 16:.0f}rem"
            for name, width in WIDTHS.items()
        )
        tag = f'<section id="{section["ids"][0]}"'
        context["body"] = context["body"].replace(tag, f'{tag} style="{sizes}"', 1)
    if sections:
        context["body"] = FORGET + context["body"]


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.connect("html-page-context", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
