"""What pages know of their reader, who alone keeps it: scripts of `_web/reader`, published as `reader/`.

Every page counts in its contents what was solved in each chapter, and the first page leads to where
the reader stopped; `book.js`, made here, has the names of the exercises.

Below a paragraph that has **Predict** or **..., predict:** in bold stands a field for a guess. What the
next cells put out, and the paragraph below them, which says it, is hidden until then. A link to an
equation, a figure or a term shows it.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import gradus_overview
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# Script, and what stands on a page that needs it.
REFERENCE = (
    r'<a class="reference internal" href="(?:#fig-|[^"]*#equation-|[^"]*glossary\.html#term-)'
)
USED_WITH = {"predict": "<gradus-predict", "preview": REFERENCE}
PREDICT = re.compile(r"Predict\b|.*\bpredict:$")


class Guess(nodes.General, nodes.Element):
    """Where a reader writes down a prediction."""


class HideAnswers(SphinxPostTransform):
    """Mark what a reader is to predict, and make room for the guess."""

    default_priority = 2  # while outputs are those of their cells
    builders = ("html",)

    def run(self, **kwargs) -> None:
        for question, guess, answers in guesses(self.document):
            words = f"{self.env.docname} {question.astext()}"
            guess["of"] = hashlib.sha256(words.encode()).hexdigest()[:8]
            for answer in answers:
                answer["classes"] += ["gradus-answer", f"gradus-answer-{guess['of']}"]


def guesses(tree: nodes.Element) -> Iterator[tuple[nodes.Element, Guess, list[nodes.Element]]]:
    """Put a field below each paragraph that asks for a prediction: the paragraph, the field, what it hides."""
    for question in list(tree.findall(asks)):
        if answers := asked_about(question):
            guess = Guess()
            question.parent.insert(question.parent.index(question) + 1, guess)
            yield question, guess, answers


def asks(node: nodes.Node) -> bool:
    """Whether a node is a paragraph that asks for a prediction."""
    bold = [part for part in node.children if isinstance(part, nodes.strong)]
    return isinstance(node, nodes.paragraph) and any(PREDICT.match(s.astext()) for s in bold)


def _name(node: nodes.Element) -> str:
    """The words in bold that a paragraph begins with."""
    first = next((part for part in node.children if part.astext()), None)
    return first.astext() if isinstance(first, nodes.strong) else ""


def asked_about(question: nodes.Node) -> list[nodes.Element]:
    """The outputs of the next cells that stand together, and the paragraph below them."""
    answers: list[nodes.Element] = []
    below = question.parent[question.parent.index(question) + 1 :]
    for node in below:
        if isinstance(node, nodes.comment | nodes.target):
            continue
        if node.get("nb_element") == "cell_code":
            answers += [part for part in node if part.get("nb_element") == "cell_code_output"]
        elif isinstance(node, nodes.paragraph | nodes.math_block) and not _name(node):
            if answers:  # what ends in a colon leads on to something else
                says = isinstance(node, nodes.paragraph) and not node.astext().endswith(":")
                return [*answers, node] if says else answers
        else:
            break
    return answers


def visit_guess(translator, node: Guess) -> None:
    """The element that the script of the page fills."""
    translator.body.append(f'<gradus-predict data-of="{node["of"]}"></gradus-predict>')
    raise nodes.SkipNode


def equip(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give a page the scripts that it uses."""
    if app.builder.name != "html":
        return
    body = context.get("body", "")
    used = [name for name, pattern in USED_WITH.items() if re.search(pattern, body)]
    for name in ("book", "reader", *used):
        app.add_js_file(f"../reader/{name}.js", loading_method="defer")
    app.add_css_file("../reader/reader.css")


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Bring the scripts into the site, where an incremental build leaves old ones, and the names."""
    if exception or app.builder.name != "html":
        return
    from autograder.release.chapter import read_chapter

    target = Path(app.outdir) / "reader"
    shutil.copytree(Path(app.confdir) / "_web" / "reader", target, dirs_exist_ok=True)
    chapters = gradus_overview.course_of(app).chapters()
    names = {name: list(read_chapter(file).named("exercise")) for name, file in chapters.items()}
    (target / "book.js").write_text(f'"use strict";\nconst gradusBook = {json.dumps(names)};\n')


def setup(app: Sphinx) -> dict:
    """Sphinx's entry point."""
    app.add_node(Guess, html=(visit_guess, None))
    app.add_post_transform(HideAnswers)
    app.connect("html-page-context", equip)
    app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
