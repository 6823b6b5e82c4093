"""An exercise as one object of its page: a box with all that belongs to it, in the order of its use.

`{gradus-box} NAME`, which `gradus_chapter` puts above the cell of an exercise, knows its points and its kind
and holds its signature. The box takes in what stands around it: its paragraph, whose first words become a
heading with kind, points and whether the reader has solved it (`gradus_reader`), the cells with the contract
and the check, which are folded, the place to try it, the hints, the reference.
"""

import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from gradus_live import TryHere
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

KIND = re.compile(r"\s*\(([a-z-]+)\)\.?\s*")  # as the text says it behind the name
OPEN = "not solved yet"


class Box(nodes.General, nodes.Element):
    """An exercise; its `label` is the id of its heading."""


class Heading(nodes.General, nodes.TextElement):
    """What an exercise is called, its kind, its points, its state."""


class Folded(nodes.General, nodes.Element):
    """A line of a box that opens: the contract as the notebook has it, with its check; a hint; the reference."""


class Summary(nodes.General, nodes.TextElement):
    """The line itself."""


class BoxDirective(Directive):
    """`{gradus-box} NAME`, with the signature."""

    required_arguments = 1
    option_spec: ClassVar = {
        "points": directives.unchanged_required,
        "kind": directives.unchanged_required,
    }
    has_content = True

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        name = self.arguments[0]
        signature = nodes.literal_block(code, code, language="python", classes=["gradus-signature"])
        return [Box("", signature, exercise=name, label=f"exercise-{name}", **self.options)]


class FillBoxes(SphinxTransform):
    """Bring into each box what belongs to its exercise."""

    default_priority = 410  # when `gradus_chapter.MoveResults` has moved the outputs

    def apply(self, **kwargs) -> None:
        for box in list(self.document.findall(Box)):
            parent, name = box.parent, box["exercise"]
            (signature,), place = box.children, parent.index(box)
            first = next((i for i in range(place, -1, -1) if asks(parent[i], name)), place)
            found = (i for i in range(place, len(parent)) if tries(parent[i], name))
            tried = next(found, place + is_cell(parent[place + 1 : place + 2]))
            reference = [node for node in parent[tried + 1 : tried + 2] if is_folded(node)]
            words, below = parent[first:place], parent[place + 1 : tried + 1]
            parent[first : tried + 1 + len(reference)] = [box]
            heading = Heading("", "Exercise: ", nodes.literal(name, name), level=level(box) + 1)
            heading["label"] = box["label"]
            heading += facts(box, kind_of(words[0]) if words else "")
            cells = [node for node in below if is_cell([node])]
            tries_it = [node for node in below if isinstance(node, TryHere)]
            rest = [node for node in [*words, *below] if node not in [*cells, *tries_it]]
            hints = [node for node in rest if is_folded(node)]
            asked = [node for node in rest if node not in hints and not is_empty(node)]
            box.children = []
            contract = Folded("", Summary("", "The whole contract"), *cells, kind="gradus-contract")
            lines = [contract, *tries_it, *map(folded, hints), *map(folded, reference)]
            box += [heading, *asked, signature, *lines]


def asks(node: nodes.Node, name: str) -> bool:
    """Whether a node is the paragraph of an exercise: it begins with **Exercise: `NAME`**."""
    first = next((part for part in node.children if part.astext()), None)
    words = first.astext().rstrip(".") if isinstance(first, nodes.strong) else ""
    return isinstance(node, nodes.paragraph) and words == f"Exercise: {name}"


def tries(node: nodes.Node, name: str) -> bool:
    """Whether a node is where an exercise can be tried."""
    return isinstance(node, TryHere) and node["exercise"] == name


def is_cell(some: list[nodes.Element]) -> bool:
    """Whether the first of some nodes is a cell of code."""
    return bool(some) and some[0].get("nb_element") == "cell_code"


def is_folded(node: nodes.Node) -> bool:
    """Whether a node is a dropdown."""
    return node.get("design_component") == "dropdown"


def folded(dropdown: nodes.container) -> Folded:
    """A dropdown as a line of a box, which is plainer."""
    title, *body = dropdown.children
    own = [kind for kind in dropdown.get("container_classes", ()) if not kind.startswith("sd-")]
    kind = " ".join(own) or "gradus-hint"
    return Folded("", Summary("", "", *title.children), *body, kind=kind)


def is_empty(node: nodes.Node) -> bool:
    """Whether a node is a paragraph of which nothing is left."""
    return isinstance(node, nodes.paragraph) and not node.children


def kind_of(paragraph: nodes.paragraph) -> str:
    """The kind that an exercise's paragraph says behind the name; the heading has taken over both."""
    while not isinstance(paragraph.pop(0), nodes.strong):
        pass  # MyST begins a paragraph with an empty text
    if not paragraph.children or not isinstance(paragraph[0], nodes.Text):
        return ""
    text = str(paragraph.pop(0))  # a node is true even where it is empty
    found = KIND.match(text)
    if rest := text[found.end() :] if found else text.lstrip():
        paragraph.insert(0, nodes.Text(rest))
    return found[1] if found else ""


def facts(box: Box, kind: str) -> nodes.inline:
    """Kind, points, and whether it is solved, which the page's script writes."""
    points = f"{box['points']} point{'s' * (box['points'] != '1')}"
    state = nodes.inline("", OPEN, classes=["gradus-state"])
    line = f" {kind or box['kind']} · {points} · "
    return nodes.inline("", line, state, classes=["gradus-facts"])


def level(node: nodes.Node) -> int:
    """Of the heading of the section that a node stands in: the page's is one."""
    found, above = 0, node.parent
    while above:
        found += isinstance(above, nodes.section)
        above = above.parent
    return found


def visit_box(translator, node: Box) -> None:
    """An article, named by its heading."""
    translator.body.append(f'<article class="gradus-box" aria-labelledby="{node["label"]}">')


def depart_box(translator, node: Box) -> None:
    """Its end."""
    translator.body.append("</article>\n")


def visit_heading(translator, node: Heading) -> None:
    """A heading that the contents do not list."""
    translator.body.append(f'<h{node["level"]} class="gradus-asks" id="{node["label"]}">')


def depart_heading(translator, node: Heading) -> None:
    """Its end."""
    translator.body.append(f"</h{node['level']}>\n")


def visit_folded(translator, node: Folded) -> None:
    """What is folded; it opens without a script, and where a browser finds words in it."""
    translator.body.append(f'<details class="{node["kind"]}">')


def depart_folded(translator, node: Folded) -> None:
    """Its end."""
    translator.body.append("</details>\n")


def visit_summary(translator, node: Summary) -> None:
    """What is seen of it at first."""
    translator.body.append("<summary>")


def depart_summary(translator, node: Summary) -> None:
    """Its end."""
    translator.body.append("</summary>\n")


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.add_node(Box, html=(visit_box, depart_box))
    app.add_node(Heading, html=(visit_heading, depart_heading))
    app.add_node(Folded, html=(visit_folded, depart_folded))
    app.add_node(Summary, html=(visit_summary, depart_summary))
    app.add_directive("gradus-box", BoxDirective)
    app.add_transform(FillBoxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
