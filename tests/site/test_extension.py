"""What the site's own extension adds to a chapter, and what it repairs on a page."""

import json
import re
import sys
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from tests.conftest import ROOT
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

sys.path.insert(0, str(ROOT / "_ext"))
import gradus_site  # noqa: E402

TEXT = """\
# A chapter

```{code-cell} ipython3
check(sgd_step)
```

```python
check(adam_step)
```

+++ {"written": "why-bias-correction"}

### A question

Why is that so?

+++

The end.
"""


def complete(docname, show, text=TEXT, builder="html"):
    source = [text]
    config = SimpleNamespace(gradus_show_references=show)
    app = SimpleNamespace(config=config, builder=SimpleNamespace(name=builder))
    gradus_site.complete(app, docname, source)
    return source[0]


def test_a_check_is_followed_by_its_reference_and_a_question_by_its_rubric():
    text = complete("chapters/optimizers", show=True)
    assert text.count(":pyobject:") == 1
    assert text.index("check(sgd_step)") < text.index(":pyobject: sgd_step") < text.index("### A question")
    assert ":::{literalinclude} /solutions/optimizers.py" in text
    assert text.index("### A question") < text.index("4 points, marked by a person") < text.index("Why is that so?")
    assert text.index("Why is that so?") < text.index("How it is marked") < text.index("The end.")


def test_the_setting_leaves_out_references_and_rubrics_and_keeps_the_questions():
    text = complete("chapters/optimizers", show=False)
    assert "literalinclude" not in text and "How it is marked" not in text
    assert "4 points, marked by a person" in text and "Why is that so?" in text


@pytest.mark.parametrize("builder", ["epub", "latex"])
def test_on_paper_the_references_do_not_stand_below_the_exercises(builder):
    assert complete("chapters/optimizers", True, builder=builder) == complete("chapters/optimizers", False)


def test_pages_that_are_no_chapters_stay_as_they_are():
    assert complete("using", show=True) == TEXT


def test_a_question_without_a_rubric_is_named():
    with pytest.raises(ExtensionError, match="chapter optimizers: no rubric for the written question 'whence'"):
        complete("chapters/optimizers", show=True, text=TEXT.replace("why-bias-correction", "whence"))


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
    for path in (bare_site / "chapters").glob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        assert page.find_all(string=re.compile("replace this line with your answer"))
        assert not page.select(".gradus-reference")
        assert page.select(".gradus-written")


@pytest.mark.parametrize("what, pattern", [repair[:2] for repair in gradus_site.REPAIRS])
def test_each_repair_finds_something_to_repair_and_leaves_nothing(bare_site, site, what, pattern):
    def found(folder):
        pages = (path for path in folder.rglob("*.html") if "_static" not in path.parts)
        return sum(len(re.findall(pattern, path.read_text("utf-8"))) for path in pages)

    assert found(bare_site) > 0, f"no page has this flaw any more: {what}"
    assert found(site) == 0, what


def test_repairs_made_twice_change_nothing(site):
    for path in (site / "chapters").glob("*.html"):
        page = path.read_text("utf-8")
        assert gradus_site.repaired(page) == page
