"""From MyST, which the book is written in, to what JupyterLab renders without any extension.

Everything that JupyterLab would show raw is converted: targets, labelled equations, roles,
directives, references to other pages, citations, footnotes, definition lists, comments. What is
not known here is an error with the line of the chapter, never raw MyST in a student's notebook.
"""

import base64
import html
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import PurePosixPath

import pybtex.database
import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from pybtex.backends.markdown import Backend
from pybtex.plugin import find_plugin

from autograder.course import Course
from autograder.release.chapter import Cell, Chapter

ADMONITIONS = {
    "attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip", "warning",
}  # fmt: skip
TITLES = {"seealso": "See also"}
CITES = {"cite", "cite:p", "cite:ps", "cite:t", "cite:ts", "cite:author", "cite:year"}
HTML_ROLES = {"sub": "sub", "subscript": "sub", "sup": "sup", "superscript": "sup", "kbd": "kbd"}

_FENCE = re.compile(r"(?P<indent>[ ]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,}|:{3,})[ ]*(?P<info>.*)$")
_DIRECTIVE = re.compile(r"\{(?P<name>[^}\s]+)\}\s*(?P<argument>.*)$")
_TARGET = re.compile(r"\((?P<label>[^()\s]+)\)=\s*$")
_MATH = re.compile(
    r"\s*\$\$(?P<tex>.*?)\$\$[ ]*(?:\((?P<label>[^()\s]+)\))?[ ]*$", re.DOTALL | re.MULTILINE
)
_HEADING = re.compile(r"#{1,6}\s+(?P<title>.*?)\s*#*\s*$")
_ATTRIBUTES = re.compile(r"\s*\{[ ]*(?:[.#][A-Za-z]|\w+=)[^{}]*\}\s*$")
_FOOTNOTE = re.compile(r"\[\^(?P<name>[^\]]+)\]:\s+")
_INLINE = re.compile(
    r"""(?P<escape>\\.)
    |\{(?P<role>[A-Za-z][\w:.+-]*)\}(?P<tick>`+)(?P<content>.+?)(?<!`)(?P=tick)(?!`)
    |(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
    |(?P<math>\$\$(?:\\.|[^$\\])+\$\$|\$(?:\\.|[^$\\])+\$)
    |(?P<image>!)?\[(?P<text>(?:\\.|`[^`]*`|[^\[\]\\`])*)\]\(<?(?P<target>(?:[^\s()<>]|\([^\s()]*\))*)>?(?P<title>\s+"[^"]*")?\)
    |\[\^(?P<footnote>[^\]\s]+)\]
    |<(?P<scheme>project|path|doc|inv|myst):(?P<project>[^>\s]*)>
    |(?P<substitution>\{\{.*?\}\})
    |(?<=[\])`])(?P<attributes>\{[ ]*(?:[.#][A-Za-z]|\w+=)[^{}]*\})""",
    re.DOTALL | re.VERBOSE,
)
_WITH_TITLE = re.compile(r"(?P<title>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)


@dataclass(frozen=True)
class Label:
    """What a label of the book stands for: a section by its title, an equation by its number, or a cell's figure."""

    page: str
    title: str
    number: str = ""
    heading: bool = True


class Book:
    """What one page must know of the others: labels, titles, the bibliography.

    Parameters
    ----------
    course : Course
    """

    def __init__(self, course: Course):
        self.course = course
        self.titles: dict[str, str] = {}
        self.labels: dict[str, Label] = {}
        self.numbers = course.numbers()
        for name, file in course.pages().items():
            self._scan(name, file.read_text("utf-8").splitlines())

    @cached_property
    def bibliography(self) -> pybtex.database.BibliographyData:
        file = self.course.root / "references.bib"
        if not file.is_file():
            return pybtex.database.BibliographyData()
        return pybtex.database.parse_file(str(file), "bibtex")

    def page(self, chapter: Chapter) -> "Page":
        """The converter of one chapter, from its first cell to its last."""
        name = chapter.file.relative_to(self.course.root).with_suffix("").as_posix()
        return Page(self, chapter, name)

    def _scan(self, page: str, lines: list[str]) -> None:
        """Find the title and the labels of a page; equations are numbered as Sphinx does it."""
        waiting: list[str] = []
        equations, chapter = 0, self.numbers.get(page)
        inside = ""  # the fence of a code block
        for line in lines:
            text = line.strip()
            if inside:
                inside = "" if set(text) == {inside[0]} and len(text) >= len(inside) else inside
                continue
            fence = _FENCE.match(line)
            if fence and fence["fence"][0] != ":" and not fence["info"].startswith("{math}"):
                directive = _DIRECTIVE.match(fence["info"])
                if directive and directive["name"] == "code-cell":
                    for label in waiting:
                        self.labels[label] = Label(page, "the figure", heading=False)
                    waiting = []
                # The body of a directive is text with labels of its own; that of code is not.
                if not directive or directive["name"] in ("code-cell", "code-block", "code"):
                    inside = fence["fence"]
            elif target := _TARGET.match(text):
                waiting.append(target["label"])
            elif heading := _HEADING.match(line):
                self.titles.setdefault(page, heading["title"])
                for label in waiting:
                    self.labels[label] = Label(page, heading["title"])
                waiting = []
            elif equation := re.search(r"\$\$[ ]*\(([^()\s]+)\)$|^:label:\s*(\S+)$", text):
                equations += 1
                label = equation[1] or equation[2]
                shown = f"{chapter}.{equations}" if chapter else str(equations)
                self.labels[label] = Label(page, f"({shown})", shown, heading=False)


@dataclass
class Page:
    """Converts the Markdown cells of one chapter, in order.

    Attributes
    ----------
    book : Book
    chapter : Chapter
    name : str
        The page as `_toc.yml` names it.
    """

    book: Book
    chapter: Chapter
    name: str
    cited: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    listed: bool = False

    def convert(self, cell: Cell) -> str:
        """Convert one cell.

        Raises
        ------
        CourseError
            With the chapter's line, at what cannot be converted.
        """
        source = "\n".join(self._blocks(cell.source.splitlines(), cell.line)).strip("\n")
        source = re.sub(r"\n{3,}", "\n\n", source)
        if raw := next(_raw_myst(source), None):
            raise self.chapter.error(cell.line, f"this cell would still show MyST: {raw}")
        return source

    def references(self) -> str:
        """The list of what was cited, unless the chapter has printed it itself."""
        if self.listed or not self.cited:
            return ""
        return f"## Works cited\n\n{self._bibliography()}"

    # Blocks

    def _blocks(self, lines: list[str], first: int) -> list[str]:
        """Convert lines; `first` is the number of the first of them in the chapter."""
        out: list[str] = []
        at = 0
        while at < len(lines):
            line = lines[at]
            number = first + at
            if not line.strip():
                out.append("")
                at += 1
            elif fence := _FENCE.match(line):
                end = self._end_of_fence(lines, at, fence, number)
                width = len(fence["indent"])
                body = [
                    text[min(width, len(text) - len(text.lstrip())) :]
                    for text in lines[at + 1 : end]
                ]
                made = self._fence(fence, body, number)
                out += [fence["indent"] + text if text else "" for text in made]
                at = end + 1
            elif line.lstrip().startswith("$$"):
                math = _MATH.match("\n".join(lines[at:]))
                if not math:
                    raise self.chapter.error(number, "this $$ is not closed, or text follows it")
                indent = line[: len(line) - len(line.lstrip())]
                tex = self._equation(math["tex"], math["label"])
                out += ["", *(indent + text for text in tex), ""]
                at += math[0].count("\n") + 1
            elif line.startswith(r"\begin{"):
                environment = line[len(r"\begin{") :].partition("}")[0]
                last = next(
                    (i for i in range(at, len(lines)) if rf"\end{{{environment}}}" in lines[i]),
                    None,
                )
                if last is None:
                    raise self.chapter.error(number, rf"\begin{{{environment}}} is not closed")
                out += lines[at : last + 1]
                at = last + 1
            elif _TARGET.match(line) or line.startswith("%"):
                at += 1
            elif _ATTRIBUTES.match(line):
                raise self.chapter.error(
                    number, f"{line.strip()} is not converted: write it otherwise"
                )
            else:
                end = at + 1
                while (
                    end < len(lines) and lines[end].strip() and not self._begins_block(lines[end])
                ):
                    end += 1
                out += self._paragraph(lines[at:end], number)
                at = end
        return out

    def _begins_block(self, line: str) -> bool:
        return bool(
            _FENCE.match(line)
            or _TARGET.match(line)
            or line.startswith(("%", r"\begin{"))
            or line.lstrip().startswith("$$")
        )

    def _end_of_fence(self, lines: list[str], at: int, fence: re.Match, number: int) -> int:
        mark = fence["fence"]
        for end in range(at + 1, len(lines)):
            text = lines[end].strip()
            if len(text) >= len(mark) and set(text) == {mark[0]}:
                return end
        raise self.chapter.error(number, f"{mark}{fence['info']} is not closed")

    def _paragraph(self, lines: list[str], number: int) -> list[str]:
        text = "\n".join(lines)
        if text.lstrip().startswith(">") and "$$" in text:
            raise self.chapter.error(
                number, "a displayed formula in a quotation: take it out of the >"
            )
        if footnote := _FOOTNOTE.match(text):
            mark = self._footnote(footnote["name"])
            return [f"{mark} {self._inline(text[footnote.end() :], number)}"]
        if len(lines) > 1 and lines[1].startswith(": "):
            return self._definitions(lines, number)
        return self._inline(text, number).split("\n")

    def _definitions(self, lines: list[str], number: int) -> list[str]:
        """`term` and `: what it is` become a list, which needs no extension."""
        out: list[str] = []
        for offset, line in enumerate(lines):
            if line.startswith(": "):
                out[-1] += f": {self._inline(line[2:].strip(), number + offset)}"
            elif line.startswith("  ") and out:
                out[-1] += f" {self._inline(line.strip(), number + offset)}"
            else:
                out.append(f"- **{self._inline(line.strip(), number + offset)}**")
        return out

    def _equation(self, tex: str, label: str | None) -> list[str]:
        lines = tex.strip("\n").rstrip().splitlines()
        if label:
            lines[-1] += rf" \tag{{{self.book.labels[label].number}}}"
        return ["$$", *lines, "$$"]

    # Directives

    def _fence(self, fence: re.Match, body: list[str], number: int) -> list[str]:
        info = fence["info"].strip()
        directive = _DIRECTIVE.match(info)
        if not directive:
            if fence["fence"][0] == ":":
                raise self.chapter.error(
                    number, f"{fence['fence']} without the name of a directive"
                )
            return [fence["fence"] + info, *body, fence["fence"]]
        name, argument = directive["name"], directive["argument"].strip()
        options, body, first = self._options(body, number + 1)
        if name in ADMONITIONS:
            # The first line of a plain admonition may already be its text.
            text = [argument, *body] if argument else body
            title = TITLES.get(name, name.capitalize())
            box = self._blocks(text, first - bool(argument))
            return self._box(title, box, "dropdown" in options.get("class", ""))
        if name in ("admonition", "dropdown", "topic", "sidebar", "margin", "aside"):
            title = self._inline(argument, number)
            closed = name == "dropdown" or "dropdown" in options.get("class", "")
            return self._box(title, self._blocks(body, first), closed)
        make: Callable[[], list[str]] | None = {
            "math": lambda: self._equation(
                "\n".join([argument, *body]).strip("\n"), options.get("label")
            ),
            "code-block": lambda: [f"```{argument}", *body, "```"],
            "code": lambda: [f"```{argument}", *body, "```"],
            "figure": lambda: self._figure(argument, options, body, number, first),
            "image": lambda: self._figure(argument, options, [], number, first),
            "table": lambda: [
                "",
                f"*{self._inline(argument, number)}*",
                "",
                *self._blocks(body, first),
            ],
            "list-table": lambda: self._list_table(argument, options, body, number, first),
            "tab-set": lambda: self._blocks(body, first),
            "tab-item": lambda: [
                "",
                f"**{self._inline(argument, number)}**",
                "",
                *self._blocks(body, first),
            ],
            "epigraph": lambda: _quote(self._blocks(body, first)),
            "glossary": lambda: self._blocks(body, first),
            "bibliography": self._print_bibliography,
            "contents": list,
        }.get(name)
        if make is None:
            raise self.chapter.error(
                number,
                f"the directive {{{name}}} is not converted: write it otherwise, or teach autograder/release/myst.py",
            )
        return make()

    def _options(self, body: list[str], first: int) -> tuple[dict[str, str], list[str], int]:
        """The options of a directive, its body without them, and where that begins."""
        if body and body[0].strip() == "---":
            end = next((i for i, text in enumerate(body[1:], 1) if text.strip() == "---"), None)
            if end is None:
                raise self.chapter.error(first, "these options are not closed by ---")
            found = yaml.safe_load("\n".join(body[1:end])) or {}
            return (
                {key: str(value) for key, value in found.items()},
                body[end + 1 :],
                first + end + 1,
            )
        options = {}
        used = 0
        while used < len(body) and (option := re.match(r":([\w-]+):\s*(.*)$", body[used])):
            options[option[1]] = option[2].strip()
            used += 1
        return options, body[used:], first + used

    def _box(self, title: str, body: list[str], closed: bool) -> list[str]:
        if closed:
            # The blank lines let Markdown and formulas live inside the HTML.
            head = ["<details>", f"<summary><strong>{_as_html(title)}</strong></summary>"]
            return ["", *head, "", *body, "", "</details>", ""]
        return _quote([f"**{title}**", "", *body] if title else body)

    def _figure(
        self, path: str, options: dict[str, str], body: list[str], number: int, first: int
    ) -> list[str]:
        if not options.get("alt"):
            raise self.chapter.error(number, f"the picture {path} has no :alt: text")
        caption = "\n".join(self._blocks(body, first)).strip()
        return [
            "",
            self._image(options["alt"], path, number),
            *(["", f"*{caption}*"] * bool(caption)),
            "",
        ]

    def _image(self, alt: str, path: str, number: int) -> str:
        """A picture inside the notebook itself, so that no file can get lost."""
        file = self.chapter.file.parent / path
        if not file.is_file():
            raise self.chapter.error(number, f"there is no picture {path}")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        data = base64.b64encode(file.read_bytes()).decode()
        return f"![{alt}](data:{kind};base64,{data})"

    def _list_table(
        self, caption: str, options: dict[str, str], body: list[str], number: int, first: int
    ) -> list[str]:
        rows: list[list[str]] = []
        for offset, line in enumerate(body):
            item = re.match(r"(?P<row>\* - |- - |- \* |\* \* )|(?P<cell>  [-*] )", line)
            if item and item["row"]:
                rows.append([line[item.end() :].strip()])
            elif item and rows:
                rows[-1].append(line[item.end() :].strip())
            elif line.strip() and rows:
                rows[-1][-1] += f" {line.strip()}"
            elif line.strip():
                raise self.chapter.error(
                    first + offset, "a list-table is a list of lists: * - cell"
                )
        if not rows or len({len(row) for row in rows}) != 1:
            raise self.chapter.error(
                number, "the rows of this list-table have not all the same length"
            )
        if not int(options.get("header-rows", 0)):
            rows.insert(0, [""] * len(rows[0]))
        lines = [f"| {' | '.join(self._inline(cell, number) for cell in row)} |" for row in rows]
        title = [f"*{self._inline(caption, number)}*", ""] if caption else []
        return ["", *title, lines[0], "|" + " --- |" * len(rows[0]), *lines[1:], ""]

    def _print_bibliography(self) -> list[str]:
        self.listed = True
        return self._bibliography().split("\n")

    # Inside a paragraph

    def _inline(self, text: str, number: int) -> str:
        """Convert what stands between the code spans and formulas of a paragraph."""

        def replace(match: re.Match) -> str:
            line = number + text.count("\n", 0, match.start())
            if match["role"]:
                return self._role(match["role"], match["content"], line)
            if match["image"]:
                return self._image(match["text"], match["target"], line)
            if match["text"] is not None:
                shown = self._inline(match["text"], line)
                return self._link(shown, match["target"], match["title"] or "", line)
            if match["footnote"]:
                return self._footnote(match["footnote"])
            if match["scheme"]:
                if match["scheme"] != "project":
                    raise self.chapter.error(
                        line, f"{match[0]} is not converted: link by [text](#label)"
                    )
                return self._link("", match["project"], "", line)
            if match["substitution"] or match["attributes"]:
                raise self.chapter.error(line, f"{match[0]} is not converted: write it out")
            return match[0]

        return _INLINE.sub(replace, text)

    def _role(self, role: str, content: str, number: int) -> str:
        titled = _WITH_TITLE.match(content)
        title, target = (titled["title"], titled["target"]) if titled else ("", content)
        if role in CITES:
            return self._cite(role, [key.strip() for key in content.split(",")], number)
        if role in HTML_ROLES:
            return f"<{HTML_ROLES[role]}>{html.escape(content)}</{HTML_ROLES[role]}>"
        match role:
            case "eq" | "ref" | "numref":
                return self._reference(title, target, number)
            case "doc":
                return self._link(
                    title, target if target.endswith(".md") else f"{target}.md", "", number
                )
            case "term" | "index":
                return title or content
            case "abbr":
                return re.sub(r"\s*\([^()]*\)$", "", content)
            case "math":
                return f"${content}$"
            case "code" | "py:func" | "func":
                return f"`{content}`"
        raise self.chapter.error(
            number,
            f"the role {{{role}}} is not converted: write it otherwise, or teach autograder/release/myst.py",
        )

    def _link(self, text: str, target: str, title: str, number: int) -> str:
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            return f"[{text or target}]({target}{title})"
        path, _, label = target.partition("#")
        if not path or path in self.book.labels:
            return self._reference(text, label or path, number)
        if label:
            return self._reference(text, label, number)
        page = _resolve(PurePosixPath(self.name).parent, path)
        if page not in self.book.titles:
            raise self.chapter.error(number, f"the book has no page or label {target!r}")
        return self._to_page(text or self.book.titles[page], page, "")

    def _reference(self, text: str, name: str, number: int) -> str:
        label = self.book.labels.get(name)
        if label is None:
            raise self.chapter.error(number, f"the book has no label {name!r}")
        shown = text or self._inline(label.title, number)
        if label.page != self.name:
            where = f" in *{self.book.titles[label.page]}*" if label.number and not text else ""
            return self._to_page(shown, label.page, name) + where
        if not label.heading or "$" in label.title:
            return shown
        # JupyterLab's own anchors: the heading's text with hyphens for blanks.
        anchor = re.sub(r"[*`]", "", label.title).replace(" ", "-")
        return f"[{shown}](#{anchor})"

    def _to_page(self, text: str, page: str, label: str) -> str:
        if not self.book.course.site:
            return f"*{text}*" if text in self.book.titles.values() else text
        anchor = f"#{label.lower().replace('_', '-')}" if label else ""
        return f"[{text}]({self.book.course.site.rstrip('/')}/{page}.html{anchor})"

    def _footnote(self, name: str) -> str:
        if name not in self.footnotes:
            self.footnotes.append(name)
        return f"<sup>{self.footnotes.index(name) + 1}</sup>"

    # Citations

    def _cite(self, role: str, keys: list[str], number: int) -> str:
        parts = []
        for key in keys:
            entry = self.book.bibliography.entries.get(key)
            if entry is None:
                raise self.chapter.error(number, f"references.bib has no entry {key!r}")
            if key not in self.cited:
                self.cited.append(key)
            authors, year = _authors(entry), entry.fields.get("year", "no date")
            shown = {
                "cite:t": f"{authors} ({year})",
                "cite:ts": f"{authors} ({year})",
                "cite:author": authors,
                "cite:year": year,
            }.get(role, f"{authors}, {year}")
            address = _address(entry)
            parts.append(f"[{shown}]({address})" if address else shown)
        joined = ("; " if role in ("cite", "cite:p", "cite:ps") else ", ").join(parts)
        return f"({joined})" if role in ("cite", "cite:p", "cite:ps") else joined

    def _bibliography(self) -> str:
        """What was cited, formatted by pybtex, in the order of the authors."""
        style = find_plugin("pybtex.style.formatting", "plain")()
        entries = [self.book.bibliography.entries[key] for key in self.cited]
        formatted = style.format_entries(entries)
        texts = (entry.text.render(_Markdown()).replace("\n", " ") for entry in formatted)
        return "\n".join(f"- {text}" for text in texts)


class _Markdown(Backend):
    """pybtex's Markdown without escapes: it escapes every full stop, and formulas in titles."""

    def format_str(self, text: str) -> str:
        return text


def _authors(entry: pybtex.database.Entry) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [
        " ".join(str(part) for part in (*person.rich_prelast_names, *person.rich_last_names))
        for person in people
    ]
    match names:
        case []:
            return str(entry.rich_fields.get("title", entry.key))
        case [name]:
            return name
        case [first, second]:
            return f"{first} and {second}"
    return f"{names[0]} et al."


def _address(entry: pybtex.database.Entry) -> str:
    if doi := entry.fields.get("doi"):
        return f"https://doi.org/{doi}"
    return entry.fields.get("url", "")


def _resolve(folder: PurePosixPath, path: str) -> str:
    """A page's name from a path that is relative to a folder of the book, or absolute."""
    whole = PurePosixPath(path.lstrip("/")) if path.startswith("/") else folder / path
    parts: list[str] = []
    for part in whole.with_suffix("").parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)


def _quote(lines: list[str]) -> list[str]:
    """Lines as a quotation; formulas on one line each: JupyterLab reads a `>` inside them as TeX."""
    out = [""]
    formula: list[str] = []
    for line in lines:
        text = line.strip()
        if formula or text == "$$" or text.startswith(r"\begin{"):
            formula.append(text)
            if len(formula) > 1 and (text == "$$" or text.startswith(r"\end{")):
                out.append(f"> {' '.join(formula)}")
                formula = []
        elif text or out[-1] not in ("", ">"):
            out.append(f"> {line}".rstrip())
    while out[-1] == ">":
        out.pop()
    return [*out, ""]


def _as_html(markdown: str) -> str:
    """A title for a place where Markdown is not read: code spans and emphasis as HTML."""
    text = html.escape(markdown, quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


@cache
def _parser():
    config = MdParserConfig(
        enable_extensions={"amsmath", "colon_fence", "deflist", "dollarmath", "substitution"}
    )
    return create_md_parser(config, RendererHTML)


def _raw_myst(markdown: str) -> Iterator[str]:
    """What a MyST parser still finds in Markdown that should be plain."""
    for token in _parser().parse(markdown):
        for part in (token, *(token.children or ())):
            special = part.type.startswith(
                ("myst_", "substitution", "footnote", "colon_fence", "dl_open")
            )
            fenced = part.type == "fence" and part.info.startswith("{")
            if special or fenced or part.type == "math_block_label":
                yield (part.content or part.info or part.type).strip().split("\n")[0]
