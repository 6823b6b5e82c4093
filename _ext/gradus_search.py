"""The index of the search: which section of which page holds a word, and how well it stands for it.

Sphinx's own knows pages, as long as a hundred screens. `_web/search.js` searches in this one, which is
`sections.js` at the site's root: each section and each term of the glossary by its place.
"""

import functools
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage
from sphinx.search.en import SearchEnglish

SCRIPT, INDEX = "search.js", "sections.js"
# k and b of BM25, by which a word counts more the oftener it stands in a text, and the shorter that is.
OFTEN, LONG = 1.2, 0.5
IN_TITLE, IN_TITLE_ABOVE = 4.0, 0.5
PLACES = (nodes.section, nodes.definition_list_item, addnodes.desc)
# Their words are no words: a formula's source, what a cell puts out for the page.
SILENT = (nodes.math, nodes.math_block, nodes.raw, nodes.comment)


def placed(node: nodes.Node) -> tuple[str, str] | None:
    """Anchor and title of a node that a result can lead to."""
    if not isinstance(node, PLACES):
        return None
    heads = [
        c
        for c in node.children
        if isinstance(c, nodes.title | nodes.term | addnodes.desc_signature)
    ]
    if not heads or not (
        ids := (node["ids"] if isinstance(node, nodes.section) else heads[0]["ids"])
    ):
        return None
    names = (head.get("fullname") or head.astext() for head in heads)
    return ids[0], ", ".join(names)


def texts(node: nodes.Element) -> Iterator[str]:
    """The text of a node but for what has a place of its own."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child.astext()
        elif (
            isinstance(child, nodes.Element) and not isinstance(child, SILENT) and not placed(child)
        ):
            yield from texts(child)
            yield "\n"


def index(doctrees: dict[str, nodes.document], language: SearchLanguage) -> dict:
    """Pages; sections as page, anchor, title, the section above; and of each word where it stands.

    That is for each section one number: how far it is from the one before, times 32, and its weight in quarters.
    """
    sections: list[list] = []
    words: list[Counter] = []
    stem = functools.cache(language.stem)  # a book has twenty times as many words as different ones

    def stems(text: str) -> Counter:
        split = (word.lower() for word in language.split(text) if not word.isdigit())
        return Counter(stem(word) for word in split if language.word_filter(word))

    def read(page: int, node: nodes.Node, above: int) -> None:
        for child in node.children:
            here = above
            if place := placed(child):
                here = len(sections)
                sections.append([page, *place, above])
                words.append(stems("".join(texts(child))))
            read(page, child, here)

    for page, doctree in enumerate(doctrees.values()):
        read(page, doctree, -1)
    mean = sum(map(Counter.total, words)) / max(1, len(words))
    found: dict[str, list[tuple[int, int]]] = {}
    for number, (counts, (_, _, title, above)) in enumerate(zip(words, sections, strict=True)):
        usual = OFTEN * (1 - LONG + LONG * counts.total() / mean)
        weights = Counter({word: (OFTEN + 1) * n / (n + usual) for word, n in counts.items()})
        name, _, more = title.partition(": ")
        named = stems(name)  # a short one says more
        weights.update(dict.fromkeys(named, IN_TITLE / max(1, len(named)) ** 0.3))
        weights.update(dict.fromkeys(stems(more), IN_TITLE / 2))
        while above >= 0:
            weights.update(dict.fromkeys(stems(sections[above][2]), IN_TITLE_ABOVE))
            above = sections[above][3]
        for word, weight in weights.items():
            found.setdefault(word, []).append((number, min(31, max(1, round(4 * weight)))))
    terms = {
        word: [
            32 * (n - m) + weight
            for (n, weight), (m, _) in zip(all_, [(0, 0), *all_], strict=False)
        ]
        for word, all_ in found.items()
    }
    return {"pages": list(doctrees), "sections": sections, "terms": terms}


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the index, and refresh the script: an incremental build leaves it as it was."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    doctrees = {name: app.env.get_doctree(name) for name in sorted(app.env.found_docs)}
    made = json.dumps(index(doctrees, SearchEnglish({})), ensure_ascii=False, separators=(",", ":"))
    (out / INDEX).write_text(f"Search.setIndex({made})\n", "utf-8")
    shutil.copyfile(Path(app.confdir) / "_web" / SCRIPT, out / SCRIPT)


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
