"""MyST in, what JupyterLab renders plainly out; or an error with the chapter's line."""

import re
import textwrap

import pytest

from autograder.course import CourseError
from autograder.release import myst
from autograder.release.chapter import read_chapter
from tests.release.conftest import BOOK, SETUP

BIBLIOGRAPHY = """
@article{one, author = {Ruth {van der Berg}}, title = {On {$O(1/k^2)$} {SGD}}, year = 1951, doi = {10.1/a(b)c}, journal = {J. of X}}
@misc{two, author = {Kingma, Diederik and Ba, Jimmy}, title = {Adam}, year = 2015, url = {https://example.org/adam}}
@book{three, author = {A, B and C, D and M{\\"u}ller, E}, title = {A_B*}, year = 2004, publisher = {P}}
"""
TOC = "format: jb-book\nroot: index\nchapters:\n- file: chapters/small\n- file: chapters/other\n"
OTHER = "(other-page)=\n# The other page\n\n(sec-away)=\n## Far *away*\n\n$$ a $$ (eq-away)\n"


@pytest.fixture
def convert(small):
    """Convert the Markdown that stands at the beginning of a chapter: its text, and the page."""

    def call(markdown: str, settings: str = "") -> str:
        small.chapter = (
            "---\nkernelspec: {display_name: Python, name: python3}\n---\n"
            + textwrap.dedent(markdown)
        )
        small.settings = settings
        small.files |= {
            "references.bib": BIBLIOGRAPHY, "_toc.yml": TOC, "chapters/other.md": OTHER, "index.md": "# Home\n",
        }  # fmt: skip
        chapter = read_chapter(small.write().chapter("small"))
        call.page = myst.Book(BOOK.find(small.root)).page(chapter)
        return "\n\n".join(call.page.convert(cell) for cell in chapter.cells)

    return call


SAME = {
    "formulas": "Let $a_1 = \\{b\\}$ and\n$$\nx = y\n$$",
    "code": "Use `{eq}` and ``{cite:p}`x` `` or `(label)=`.",
    "a fence": "```python\n(label)=\n% comment\n$$ x $$ (eq)\n:::{note}\n```",
    "a longer fence": "````\n```{note}\n```\n````",
    "a table": "| a | b |\n|---|---|\n| $x$ | `y` |",
    "a list with a fence": "1. one\n\n   ```python\n   x = 1\n   ```\n2. two",
    "an environment": "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}",
    "a link": '[the text](https://example.org/a(b)c "title") and <https://example.org>',
    "HTML": "<kbd>Shift</kbd> and a &nbsp; blank",
    "an escaped dollar": "It costs \\$5 and 5 % of it.",
    "a percent sign inside": "100 % of it,\nand 50% too",
}


@pytest.mark.parametrize("name", SAME)
def test_plain_markdown_stays(convert, name):
    lines = [line for line in convert(SAME[name]).splitlines() if line.strip()]
    assert lines == [line for line in SAME[name].splitlines() if line.strip()]


PAIRS = {
    "a target": ("(sec-x)=\n# X\n\nText.", "# X\n\nText."),
    "a comment": ("% not for readers\nText.\n% nor this\nMore.", "Text.\nMore."),
    "a labelled equation": (
        "$$\nx = y .\n$$ (eq-x)\n\nBy {eq}`eq-x` and [](#eq-x), [so](#eq-x).",
        "$$\nx = y . \\tag{1}\n$$\n\nBy (1) and (1), so.",
    ),
    "equations in one line, in order": (
        "$$ a $$ (eq-a)\n\n$$ b $$\n\n$$ c $$ (eq-c)\n\n{eq}`eq-c` after {eq}`eq-a`",
        "$$\n a \\tag{1}\n$$\n\n$$\n b\n$$\n\n$$\n c \\tag{2}\n$$\n\n(2) after (1)",
    ),
    "the directive for mathematics": (
        "```{math}\n:label: eq-m\nx\n```\n\nsee {eq}`eq-m`",
        "$$\nx \\tag{1}\n$$\n\nsee (1)",
    ),
    "an equation in a list": ("- so\n\n  $$ x $$ (eq-l)\n", "- so\n\n  $$\n   x \\tag{1}\n  $$"),
    "a figure": (
        "(fig-x)=\n```{code-cell} ipython3\npass\n```\n\nAs [the figure](#fig-x) has it.",
        "\n\npass\n\nAs the figure has it.",
    ),
    "an equation elsewhere": ("by {eq}`eq-away`", "by (1) in *The other page*"),
    "a section here": (
        "(sec-here)=\n## It is here\n\n[](#sec-here), [that](#sec-here), {ref}`sec-here`,"
        " {ref}`this <sec-here>`, <project:#sec-here>",
        "## It is here\n\n[It is here](#It-is-here), [that](#It-is-here), [It is here](#It-is-here),"
        " [this](#It-is-here), [It is here](#It-is-here)",
    ),
    "a heading with markup": (
        "(sec-m)=\n## On *`x`*, and y?\n\n[](#sec-m)",
        "## On *`x`*, and y?\n\n[On *`x`*, and y?](#On-x,-and-y?)",
    ),
    "a heading with a formula": ("(sec-f)=\n## On $x$\n\n[](#sec-f)", "## On $x$\n\nOn $x$"),
    "a section elsewhere": ("[](#sec-away) and [there](#sec-away)", "Far *away* and there"),
    "another page": (
        "[](other.md), {doc}`other`, [text](other), [home](../index.md), [](other.md#sec-away)",
        "*The other page*, *The other page*, text, home, Far *away*",
    ),
    "citations": (
        "{cite:p}`one` {cite:t}`two` {cite:p}`one,three` {cite:t}`three`",
        "([van der Berg, 1951](https://doi.org/10.1/a(b)c)) [Kingma and Ba (2015)](https://example.org/adam)"
        " ([van der Berg, 1951](https://doi.org/10.1/a(b)c); A et al., 2004) A et al. (2004)",
    ),
    "small roles": (
        "{term}`loss` {term}`losses <loss>` {abbr}`SGD (stochastic)` {math}`x^2` H{sub}`2`O {kbd}`a<b`",
        "loss losses SGD $x^2$ H<sub>2</sub>O <kbd>a&lt;b</kbd>",
    ),
    "roles inside a link and over lines": (
        "[see\n{math}`x`](https://example.org) {cite:t}`two`",
        "[see\n$x$](https://example.org) [Kingma and Ba (2015)](https://example.org/adam)",
    ),
    "a note": (
        ":::{note}\nLook at {math}`x`:\n\n$$\nx\n$$\n:::",
        "> **Note**\n>\n> Look at $x$:\n>\n> $$ x $$",
    ),
    "a note on its first line": (
        "```{warning} Do not\nstop.\n```",
        "> **Warning**\n>\n> Do not\n> stop.",
    ),
    "a title of one's own": (
        ":::{admonition} On `x`\n:class: tip\nText.\n:::",
        "> **On `x`**\n>\n> Text.",
    ),
    "a note with code, a list, an environment": (
        ":::{note}\n```python\nx = 1\n\ny = 2\n```\n\n- a\n- b\n\n\\begin{align}\na\n\\end{align}\n:::",
        "> **Note**\n>\n> ```python\n> x = 1\n>\n> y = 2\n> ```\n>\n> - a\n> - b\n>\n> \\begin{align} a \\end{align}",
    ),
    "a dropdown": (
        "::::{dropdown} Why $x$ and `a < b`?\n\n:::{tip}\nInner.\n:::\n::::",
        "<details>\n<summary><strong>Why $x$ and <code>a &lt; b</code>?</strong></summary>\n\n"
        "> **Tip**\n>\n> Inner.\n\n</details>",
    ),
    "an admonition that is closed": (
        ":::{admonition} Answer\n:class: note dropdown\nYes.\n:::",
        "<details>\n<summary><strong>Answer</strong></summary>\n\nYes.\n\n</details>",
    ),
    "options in YAML": (
        "```{admonition} T\n---\nclass: warning\n---\nText.\n```",
        "> **T**\n>\n> Text.",
    ),
    "tabs": (
        "::::{tab-set}\n:::{tab-item} PyTorch\n```python\nx\n```\n:::\n::::",
        "**PyTorch**\n\n```python\nx\n```",
    ),
    "a listing": ("```{code-block} python\n:linenos:\nx = 1\n```", "```python\nx = 1\n```"),
    "a table with a title": (
        "```{table} The title\n| a |\n|---|\n| {math}`x` |\n```",
        "*The title*\n\n| a |\n|---|\n| $x$ |",
    ),
    "a list as a table": (
        "```{list-table} T\n:header-rows: 1\n* - a\n  - b\n* - {math}`x`\n  - two\n    lines\n```",
        "*T*\n\n| a | b |\n| --- | --- |\n| $x$ | two lines |",
    ),
    "definitions": (
        "loss\n: what is minimised\n  by {math}`x`",
        "- **loss**: what is minimised by $x$",
    ),
    "footnotes": (
        "One[^a], two[^b].\n\n[^b]: The {math}`b`.\n\n[^a]: The a.",
        "One<sup>1</sup>, two<sup>2</sup>.\n\n<sup>2</sup> The $b$.\n\n<sup>1</sup> The a.",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_converted(convert, name):
    markdown, expected = PAIRS[name]
    assert convert(markdown) == expected


ERRORS = {
    "role": ("a\nb {fancy}`x`", 5, "the role {fancy} is not converted"),
    "role in a box": (":::{note}\na\n\nb\nc {fancy}`x`\n:::", 8, "the role {fancy}"),
    "directive": ("\n\na\n\n```{mermaid}\nx\n```", 8, "the directive {mermaid}"),
    "equation": ("a {eq}`nope`", 4, "the book has no label 'nope'"),
    "section": ("[](#nope)", 4, "the book has no label 'nope'"),
    "page": ("[x](nope.md)", 4, "the book has no page or label 'nope.md'"),
    "citation": ("{cite:p}`one,nope`", 4, "references.bib has no entry 'nope'"),
    "substitution": ("a {{ x }}", 4, "{{ x }} is not converted"),
    "attributes": ("`x`{l=python}", 4, "{l=python} is not converted"),
    "open fence": ("a\n\n:::{note}\nb", 6, ":::{note} is not closed"),
    "open formula": ("$$\nx", 4, "this $$ is not closed"),
    "bare colons": (":::\nx\n:::", 4, "::: without the name of a directive"),
    "formula in a quotation": ("> so\n> $$ x $$", 4, "a displayed formula in a quotation"),
    "no such picture": ("![a](nope.png)", 4, "there is no picture nope.png"),
    "picture without a text": (
        "```{figure} a.png\nC\n```",
        4,
        "the picture a.png has no :alt: text",
    ),
    "ragged table": ("```{list-table}\n* - a\n  - b\n* - c\n```", 4, "not all the same length"),
    "block attributes": ("a\n\n{.special}\ntext", 6, "{.special} is not converted"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_not_known_is_an_error_with_its_line(convert, name):
    markdown, line, message = ERRORS[name]
    with pytest.raises(CourseError, match=re.escape(message)) as raised:
        convert(markdown)
    assert str(raised.value).startswith(f"chapters/small.md:{line}: ")


def test_other_pages_are_links_where_the_site_is_known(convert):
    found = convert(
        "[](other.md) [](#sec-away) {eq}`eq-away`", 'site = "https://example.org/book/"'
    )
    assert found == (
        "[The other page](https://example.org/book/chapters/other.html)"
        " [Far *away*](https://example.org/book/chapters/other.html#sec-away)"
        " [(1)](https://example.org/book/chapters/other.html#eq-away) in *The other page*"
    )


def test_pictures_go_into_the_notebook(convert, small):
    small.files["chapters/a.svg"] = "<svg/>"
    found = convert("![one](a.svg)\n\n```{figure} a.svg\n:alt: two\n\nIt shows {math}`x`.\n```")
    data = "data:image/svg+xml;base64,PHN2Zy8+"
    assert found == f"![one]({data})\n\n![two]({data})\n\n*It shows $x$.*"


def test_what_is_cited_is_listed_once_at_the_end(convert):
    convert("{cite:p}`two` {cite:t}`one` {cite:p}`two`")
    assert convert.page.references() == (
        "## Works cited\n\n"
        "- Diederik Kingma and Jimmy Ba. Adam. 2015. URL: [https://example.org/adam](https://example.org/adam).\n"
        "- Ruth van der Berg. On $O(1/k^2)$ SGD. *J. of X*, 1951. [doi:10.1/a(b)c](https://doi.org/10.1/a(b)c)."
    )


def test_a_chapter_that_lists_its_references_itself(convert):
    found = convert(
        "{cite:p}`two`\n\n## References\n\n```{bibliography}\n:filter: docname in docnames\n```"
    )
    assert "## References\n\n- Diederik Kingma and Jimmy Ba. Adam." in found
    assert convert.page.references() == ""


def test_every_cell_of_the_book_is_known_by_its_line():
    for file in BOOK.chapters().values():
        lines = file.read_text().splitlines()
        for cell in read_chapter(file).cells:
            first = cell.source.splitlines()[0]
            # Code begins below its fence and options, which is the line that an error names.
            assert first in lines[cell.line - 1 : cell.line + 6]
            if cell.kind == "markdown":
                assert first == lines[cell.line - 1]


def test_setup_text_has_a_title(convert):
    assert convert(SETUP.partition("---\n# ")[2].partition("```")[0]).strip() == "A chapter"
