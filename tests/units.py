"""In which order the tests run, which of them one after the other on one worker, and which are a chapter's.

A unit is what a worker runs without a break: tests that share what takes long to make. Units are
given out in the order of `UNITS`: first what others wait for, then what is long, last what is short,
so that all workers end at about the same time.
"""

import functools
import importlib
import re

import pytest

# Tests of one line whose groups are the same are one unit.
UNITS = [
    # Needs nothing made, while another worker releases the book.
    r"tests/(gradus)/",
    # A released notebook is run once, for its tests, those of the chapter's claims and the site.
    r"tests/release/test_run\.py::(?!test_run_for_the_site).*\[([\w-]+)\]$",
    # Makes the site, while another worker does what needs none.
    r"tests/site/test_pages\.py::test_the_site_has_the_pages",
    # A class graded once, each.
    r"tests/grading/test_corpus\.py",
    r"tests/grading/test_class\.py",
    r"tests/chapters/(\w+)",
    r"tests/((?:grading|release)/\w+)\.py::(?!test_run_for_the_site)",
    # A site of its own, made once for those that need it.
    r"tests/site/(?:test_extension|test_live\.py::test_what_a_page_loads|test_publish\.py::test_one_setting)",
    r"tests/site/test_paper",
    r"tests/(release)/test_run",
    # Pages are parsed once for all that only read them; a page in a browser stands by itself.
    r"tests/site/(?:test_pages|test_live\.py|test_publish\.py::.*\[(?!chapters/))",
    r"tests/site/(test_interactive|test_live_browser)",
    r"tests/site/test_browser\.py::\w+(?:\[(.*?)(?:-\d+-\w+)?\])?",
    r"tests/(site/\w+)",
    # The plans of an exercise are made once.
    r"tests/solutions/test_(?:checks|strength)\.py::\w+\[(?:seed \d+-)?(.+)\]",
    r"tests/(.+?)\.py",
]


@functools.cache
def unit(nodeid: str) -> tuple[int, str]:
    """The place of a test in the order, and its unit's name."""
    for place, pattern in enumerate(UNITS):
        if found := re.match(pattern, nodeid):
            return place, " ".join(filter(None, (str(place), *found.groups())))
    return len(UNITS), nodeid  # of no folder of ours


def is_of(chapter: str, item: pytest.Item) -> bool:
    """Whether a test is about one chapter: its references, its checks, what it claims, its release."""
    name = chapter.replace("-", "_")
    folder, parameters = item.path.parent.name, getattr(item, "callspec", None)
    if folder == "site" or "site" in item.fixturenames:  # it takes minutes to make
        return False
    if parameters and (
        named := {"exercise", "written", "released", "chapter"} & set(parameters.params)
    ):
        checks = importlib.import_module(f"solutions.checks.{name}")
        known = [checks, *vars(checks).values()]
        values = [parameters.params[what] for what in named]
        return chapter in map(str, values) or any(value is one for value in values for one in known)
    if folder == "chapters":
        return item.path.stem == f"test_{name}"
    references = importlib.import_module(f"solutions.{name}")
    known = vars(item.module).values()
    uses = any(
        value is references or getattr(value, "__module__", "") == references.__name__
        for value in known
    )
    return folder == "solutions" and uses
