"""What the site's own extension adds to a chapter, and what it repairs on a page."""

import json
import re
import shutil
import sys
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

from autograder.course import Course
from gradus.stub import STUB_LINE
from tests.conftest import ROOT, forget

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_box
import gradus_chapter
import gradus_live
import gradus_reference
import gradus_site

SMALL = ROOT / "tests" / "grading" / "small_course"
TEXT = (SMALL / "chapters" / "steps.md").read_text("utf-8")
TEXT = TEXT.replace("# Small steps", "# Small steps\n\nIt needs nothing.")
TEXT = TEXT.replace("Why does", "### A question\n\nWhy does") + "\n```python\ncheck(scale)\n```\n"
STUB = """\
@exercise
def draw(rng, shape, keep):
    \"\"\"A mask for dropout: 1 / keep where rng.random(shape) < keep, else 0.\"\"\"
    raise NotImplementedError("replace this line with your answer")
"""


@pytest.fixture
def complete(tmp_path, monkeypatch):
    """The text of a page of the small course, completed: `complete("chapters/steps", show=True)`."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)

    def call(docname, show, text=TEXT, builder="html"):
        source = [text]
        (tmp_path / "chapters" / "steps.md").write_text(text)
        app = SimpleNamespace(
            config=SimpleNamespace(gradus_show_references=show),
            builder=SimpleNamespace(name=builder),
            env=SimpleNamespace(temp_data={}),
            confdir=tmp_path,
        )
        gradus_chapter.complete(app, docname, source)
        return source[0]

    forget("answers")
    yield call
    forget("answers")


def test_an_exercise_is_shown_as_its_stub_and_a_check_is_followed_by_what_belongs_to_it(complete):
    text = complete("chapters/steps", show=True)
    assert "exercise(" not in text and text.count("\n@exercise\n") == 2 * 4
    box = STUB.removeprefix("@exercise\n").partition("    raise")[0]
    head, cell, below = (
        f"``````{{gradus-box}} draw\n:points: 1\n:kind: build\n\n{box}``````\n",
        f"```{{code-cell}} ipython3\n{STUB}```\n",
        f"``````{{gradus-exercise}} draw\n{STUB}``````\n",
    )
    parts = [
        head,
        cell,
        "check(draw)",
        below,
        "Reference: `draw`",
        "``````python\ndef draw(rng, shape, keep):",
        "return (rng.random(shape) < keep) / keep\n``````\n",
        "```{gradus-result}\nWith the reference above, `check(draw)` shows:\n```\n:::::::\n",
    ]
    places = [text.index(part) for part in parts[:5]]
    places += [text.index(part, places[-1]) for part in parts[5:]]
    assert places == sorted(places)
    assert text.count("Reference: `") == 4
    assert (
        text.index("# Small steps")
        < text.index("```{gradus-chapter}\nAbout ")
        < text.index("It needs nothing.")
    )


def test_a_question_is_in_a_box_and_followed_by_its_rubric(complete):
    text = complete("chapters/steps", show=True)
    assert (
        text.index("### A question")
        < text.index("1 points, marked by a person")
        < text.index("Why does")
    )
    assert text.index("Why does") < text.index("How it is marked") < text.index("The end.")


def test_the_setting_leaves_out_references_and_rubrics_and_keeps_the_questions(complete):
    text = complete("chapters/steps", show=False)
    assert "Reference: `" not in text and "rng.random(shape) < keep)" not in text
    assert "How it is marked" not in text
    assert "1 points, marked by a person" in text and "Why does" in text


@pytest.mark.parametrize("builder", ["epub", "latex"])
def test_on_paper_the_result_stands_below_the_exercise_and_no_reference(complete, builder):
    text = complete("chapters/steps", True, builder=builder)
    assert (
        "{dropdown}" not in text
        and "{gradus-box}" not in text
        and "rng.random(shape) < keep)" not in text
    )
    label = "```{gradus-result}\nWith the book's reference, `check(draw)` shows:\n```\n"
    assert text.index("check(draw)") < text.index(label)


@pytest.mark.parametrize("show", [True, False])
def test_the_points_at_the_end_are_folded_and_say_whose_they_are(complete, show):
    cell = "\n```{code-cell} ipython3\nprogress()\n```\n"
    text = complete("chapters/steps", show, text=TEXT + cell)
    assert text.endswith(
        "progress()\n```\n\n:::::::{dropdown} What `progress()` shows at the end\n"
        ":class-container: gradus-result\n\n```{gradus-result}\nWith the references as answers to all "
        "exercises, `progress()` shows:\n```\n:::::::\n"
    )


def test_an_output_stands_where_its_result_is_asked_for():
    document = new_document("page")
    for name in "ab":
        cell = nodes.container(nb_element="cell_code")
        cell += [nodes.container(nb_element=f"cell_code_{part}") for part in ("source", "output")]
        cell[1] += nodes.paragraph("", name)
        document += cell
    document += gradus_chapter.Result("", nodes.paragraph("", "It shows:"))
    document += gradus_chapter.Result("", nodes.paragraph("", "Nothing is left."))
    gradus_chapter.MoveResults(document).apply()
    assert [len(cell) for cell in document[:2]] == [2, 1]
    assert [part.astext() for part in document[2:]] == ["It shows:", "b"]


def paragraph(name, rest):
    """An exercise's first paragraph, as MyST reads it."""
    words = nodes.strong("", "", nodes.Text("Exercise: "), nodes.literal("", name))
    return nodes.paragraph("", "", nodes.Text(""), words, nodes.Text(rest))


def test_a_box_takes_in_what_belongs_to_its_exercise_and_nothing_else():
    document = new_document("page")
    section = nodes.section("", nodes.title("", "A section"))
    document += section
    cells = [nodes.container("", nodes.literal_block(), nb_element="cell_code") for _ in "ab"]
    folds = [
        nodes.container("", nodes.rubric("", title), inside, design_component="dropdown", **kind)
        for title, inside, kind in (
            ("A hint", nodes.paragraph("", "Think."), {}),
            ("Reference", nodes.literal_block(), {"container_classes": ["gradus-reference"]}),
        )
    ]
    inside = [fold[1] for fold in folds]
    box = gradus_box.Box(
        "", nodes.literal_block(), exercise="one", label="exercise-one", points="2", kind="build"
    )
    tried = gradus_live.TryHere("", exercise="one")
    more = nodes.paragraph("", "More of it.")
    parts = [paragraph("one", " (derive). Do it."), more, folds[0], box, *cells, tried, folds[1]]
    above, below = nodes.paragraph("", "Above."), nodes.paragraph("", "Below.")
    section += [above, *parts, below]
    signature = box[0]
    gradus_box.FillBoxes(document).apply()
    assert section[1:] == [above, box, below]
    heading, asked, also, code, contract, place, *rest = box
    assert heading.astext() == "Exercise: one derive · 2 points · not solved yet"
    assert heading["level"] == 2 and asked.astext() == "Do it."
    assert [also, code, contract[1:], place] == [more, signature, cells, tried]
    lines = [(line[0].astext(), line["kind"], line[1:]) for line in (contract, *rest)]
    assert lines == [
        ("The whole contract", "gradus-contract", cells),
        ("A hint", "gradus-hint", inside[:1]),
        ("Reference", "gradus-reference", inside[1:]),
    ]


def test_a_box_without_a_paragraph_or_a_kind_has_those_of_its_check():
    document = new_document("page")
    for name, words in (("one", []), ("two", [paragraph("two", "")])):
        document += [nodes.paragraph("", "Above."), *words]
        data = {"exercise": name, "label": name, "points": "1", "kind": "repair"}
        document += gradus_box.Box("", nodes.literal_block(), **data)
    gradus_box.FillBoxes(document).apply()
    boxes = list(document.findall(gradus_box.Box))
    assert [len(box) for box in boxes] == [3, 3]
    assert [box[0].astext().split(" · ")[:2] for box in boxes] == [
        ["Exercise: one repair", "1 point"],
        ["Exercise: two repair", "1 point"],
    ]


REPAIR = """\
@exercise
def half(x, y=(1,)):
    \"\"\"Half of it.

    And more of it.
    \"\"\"
    z = x
    return z / 3
"""


def test_a_signature_has_one_sentence_and_of_a_repair_the_program():
    head = 'def half(x, y=(1,)):\n    """Half of it."""'
    assert gradus_reference.signature(REPAIR) == f"{head}\n    z = x\n    return z / 3"
    stub = REPAIR.partition("    z = x")[0] + f"    {STUB_LINE}"
    assert gradus_reference.signature(stub) == head


def test_pages_without_exercises_stay_as_they_are(complete):
    assert complete("using", show=True) == TEXT
    assert complete("chapters/steps", show=True, text="# A page\n") == "# A page\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"written": "why"',
            '"written": "whence"',
            r":\d+: written question 'whence' has no rubric: write one in answers",
        ),
        (
            'exercise("draw")',
            'exercise("drew")',
            r":\d+: exercise 'drew' has no reference: write it in answers/steps.py",
        ),
        (
            'exercise("draw")',
            'exercise("draw")\npass',
            r":\d+: an exercise is one line in a cell of its own",
        ),
        ("check(draw)", "pass", r":\d+: exercise 'draw' has no check"),
    ],
)
def test_what_is_wrong_in_a_chapter_ends_the_build_with_its_line(complete, old, new, message):
    with pytest.raises(ExtensionError, match=f"^chapters/steps.md{message}"):
        complete("chapters/steps", show=True, text=TEXT.replace(old, new))


def test_without_katex_the_build_says_what_to_run(tmp_path):
    with pytest.raises(ExtensionError, match="run `make book`"):
        gradus_site.prepare(SimpleNamespace(confdir=str(tmp_path)), None)


def test_the_style_sheet_of_katex_is_of_the_version_that_renders():
    from sphinxcontrib.katex import katex_version

    package = json.loads((ROOT / "node_modules" / "katex" / "package.json").read_text())
    assert package["version"] == katex_version


def test_a_full_stop_after_a_formula_is_not_taken_from_elsewhere():
    paragraph = nodes.paragraph("", "", nodes.emphasis("", "one"), nodes.Text("."))
    paragraph += [nodes.Text("\n"), nodes.Text("Two ("), nodes.math("", "n"), nodes.Text(".")]
    document = new_document("page")
    document += paragraph
    gradus_site.KeepPunctuation(document).run()
    assert paragraph.astext() == "one.\nTwo (n."
    assert [node.astext() for node in paragraph.findall(nodes.inline)] == ["(n."]


def test_one_setting_takes_every_reference_from_the_site(bare_site):
    written = 0
    for name in Course.find(ROOT).chapters():
        path = bare_site / "chapters" / f"{name}.html"
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        assert page.find_all(string=re.compile("replace this line with your answer"))
        assert not page.select(".gradus-reference")
        written += len(page.select(".gradus-written"))
    assert written > 10


@pytest.mark.parametrize(("what", "pattern", "repaired"), gradus_site.REPAIRS)
def test_each_repair_finds_something_to_repair_and_leaves_nothing(
    bare_site, site, what, pattern, repaired
):
    def found(folder, pattern=pattern):
        pages = (path for path in folder.rglob("*.html") if "_static" not in path.parts)
        return sum(len(re.findall(pattern, path.read_text("utf-8"))) for path in pages)

    # The bare site has run no cell: what is wrong with outputs is seen by its repair.
    flawed = found(site, re.escape(repaired)) if "output" in pattern else found(bare_site)
    assert flawed > 0, f"no page has this flaw any more: {what}"
    assert found(site) == 0, what


def test_repairs_made_twice_change_nothing(site):
    for path in (site / "chapters").glob("*.html"):
        page = path.read_text("utf-8")
        assert gradus_site.repaired(page) == page
