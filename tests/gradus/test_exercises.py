"""`chapter`, `exercise`, `check` and `progress`: with references behind them, and with released cases."""

import html
import linecache
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser

import IPython.display
import numpy as np
import pytest

from gradus import CheckFailed, authoring, chapter, check, exercise, exercises, progress, values
from gradus.calling import Outcome, call, changed_arguments
from gradus.exercises import NoExercise
from gradus.plan import CASES_FORMAT, Case, write_cases
from gradus.stub import STUB_LINE
from gradus.tables import Progress, Table, arguments
from gradus.verdict import CaseVerdict, Verdict

HEAD = CASES_FORMAT + b"\n"
REFERENCES = '''
def double(x, by=2.0):
    """Twice x, or `by` times."""
    return by * x


def halves(x, rng):
    return x / 2, x / 2
'''
CHECKS = """
import numpy as np

from gradus.authoring import Call, judge
from gradus.values import Rng
from lessons import two_words as reference


@judge(reference.double, points=2, returns=("y",))
def double(rng):
    yield Call("a vector", x=rng.normal(size=3) + 5)
    yield Call("a matrix", x=rng.normal(size=(2, 2)) + 5)
    yield Call("by three", x=np.array([1.0, 2.0]), by=3.0)
    yield Call("by four", x=np.array([1.0, 2.0]), by=4.0)


@double.mistake("this is the square: `2 * x` is wanted")
def square(x, by=2.0):
    return x**2


@judge(reference.halves, points=1, returns=("a", "b"))
def halves(rng):
    yield Call("one", x=rng.normal(size=2), rng=Rng(3))
"""


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A package of references, as "solutions" is; the folder it lies in."""
    for name, text in {
        "__init__.py": "",
        "two_words.py": REFERENCES,
        "checks/__init__.py": "",
        "checks/two_words.py": CHECKS,
    }.items():
        path = tmp_path / "lessons" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(exercises, "_session", exercises._Session())
    for name in [name for name in sys.modules if name.split(".")[0] == "lessons"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delenv("GRADUS_CASES", raising=False)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "lessons"]:
        del sys.modules[name]


@pytest.fixture
def author(lessons, monkeypatch):
    """As on the website: references behind the stubs."""
    monkeypatch.setenv("GRADUS_REFERENCES", "lessons")
    chapter("two-words")


@pytest.fixture
def student(lessons, monkeypatch):
    """As after release: a file of cases beside the notebook, and no references."""
    from lessons.checks import two_words

    plans = [found.plan() for found in authoring.exercises_of(two_words)]
    (lessons / "two-words.cases").write_bytes(write_cases(plans))
    monkeypatch.delenv("GRADUS_REFERENCES", raising=False)
    monkeypatch.chdir(lessons)
    chapter("two-words")


@pytest.fixture
def shown(monkeypatch):
    """What the notebook displays, in order."""
    tables = []
    monkeypatch.setattr(IPython.display, "display", tables.append)
    return tables


def stub(x, by=2.0):
    raise NotImplementedError("replace this line with your answer")


stub.__name__ = "double"


def named(name, function):
    function.__name__ = name
    return function


def right():
    return named("double", lambda x, by=2.0: by * x)


def squared():
    return named("double", lambda x, by=2.0: x**2)


@pytest.mark.parametrize("life", ["author", "student"])
def test_a_right_answer(life, request, shown):
    request.getfixturevalue(life)
    check(right())
    assert repr(shown[0]).splitlines()[0] == "double: 4 of 4 cases pass"
    assert "FAIL" not in repr(shown[0])
    assert "what was found" not in shown[0]._repr_html_()


@pytest.mark.parametrize("life", ["author", "student"])
def test_a_known_mistake_is_named_and_raises(life, request, shown):
    request.getfixturevalue(life)
    with pytest.raises(CheckFailed, match="^double: 0 of 4 cases pass$"):
        check(squared())
    assert repr(shown[0]).splitlines()[1] == "this is the square: `2 * x` is wanted"
    assert "<code>2 * x</code> is wanted" in shown[0]._repr_html_()


@pytest.mark.parametrize("life", ["author", "student"])
def test_a_stub_is_not_answered(life, request, shown):
    request.getfixturevalue(life)
    with pytest.raises(CheckFailed, match="^double: not answered yet$"):
        check(stub)
    assert repr(shown[0]) == "double: not answered yet"


def test_both_lives_say_the_same(lessons, request, shown):
    said = []
    for life in ("author", "student"):
        request.getfixturevalue(life)
        for answer in (right(), squared(), named("double", lambda x, by=2.0: x.tolist()), stub):
            try:
                check(answer)
            except CheckFailed as failed:
                said.append(str(failed))
    assert [repr(table) for table in shown[:4]] == [repr(table) for table in shown[4:]]
    assert len(shown) == 8
    assert said[:3] == said[3:]


def test_the_exercise_hands_the_author_the_reference(author):
    assert exercise(stub)(2.0) == 4.0
    assert exercise(stub).__module__ == "lessons.two_words"


def test_the_exercise_hands_the_student_the_answer(student):
    answer = right()
    assert exercise(answer) is answer
    assert exercise(stub) is stub


def test_the_line_of_a_chapter_defines_the_reference(author, shown):
    cell: dict = {"exercise": exercise, "check": check}
    exec("given = exercise('double')", cell)
    assert cell["given"] is None
    assert cell["double"](2.0) == 4.0 and cell["double"].__module__ == "lessons.two_words"
    exec("check(double)", cell)
    assert repr(shown[0]).startswith("double: 4 of 4 cases pass")


def test_the_line_of_a_chapter_says_what_it_is_where_no_reference_is(student):
    with pytest.raises(
        LookupError, match="line of the book's text.*`autograder release`.*GRADUS_REF"
    ) as found:
        exercise("double")
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("given", [named("triple", lambda x: x), "triple"])
def test_an_exercise_without_a_reference(author, given):
    with pytest.raises(LookupError, match="'triple' has no reference: write triple in lessons.two"):
        exercise(given)


@pytest.mark.parametrize("life", ["author", "student"])
def test_an_unknown_exercise(life, request, shown):
    request.getfixturevalue(life)
    for unknown in (named("triple", lambda x: x), lambda x: x):
        with pytest.raises(LookupError, match="the exercises here are: double, halves"):
            check(unknown)
    assert not shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check(double(2.0))", "not what it returns: write check(NAME)"),
        ("check('double')", "not its name in quotation marks: write check(double)"),
    ],
)
def test_what_is_no_function(student, shown, line, said):
    with pytest.raises(NoExercise, match=re.escape(said)):
        exec(line, {"check": check, "double": right()})
    assert not shown


def test_an_answer_may_have_another_name_of_its_own(student, shown):
    def counted(function):
        def wrapper(*arguments, **by):
            return function(*arguments, **by)

        return wrapper

    for answer in (lambda x, by=2.0: by * x, counted(right())):
        exec("check(double)", {"check": check, "double": answer})
        assert repr(shown.pop()).startswith("double: 4 of 4 cases pass")


def test_of_one_function_under_two_names_the_one_that_is_written_counts(student, shown):
    code = "check(halves)"
    linecache.cache["<two>"] = (len(code), None, [code], "<two>")
    answer = right()
    with pytest.raises(CheckFailed, match="halves: 0 of"):
        exec(
            compile(code, "<two>", "exec"),
            dict.fromkeys(("double", "halves"), answer) | {"check": check},
        )


def test_a_stubs_line_above_the_answer_is_passed_over(student, shown, capsys):
    code = f"def double(x, by=2.0):\n    {STUB_LINE}\n    return by * x\ncheck(double)"
    linecache.cache["<above>"] = (len(code), None, code.splitlines(keepends=True), "<above>")
    exec(compile(code, "<above>", "exec"), {"check": check})
    assert repr(shown.pop()).startswith("double: 4 of 4 cases pass")
    assert "stands above your code" in capsys.readouterr().out


def test_an_answer_that_calls_an_open_exercise_is_not_blamed(student, shown, capsys):
    code = (
        f"def halves(x, rng):\n    {STUB_LINE}\n\n"
        "def double(x, by=2.0):\n    return halves(x, None)[0] * 4\ncheck(double)"
    )
    linecache.cache["<calls>"] = (len(code), None, code.splitlines(keepends=True), "<calls>")
    with pytest.raises(CheckFailed):
        exec(compile(code, "<calls>", "exec"), {"check": check})
    assert (
        capsys.readouterr().out
        == "double calls `halves`, which is not answered yet: answer that one first\n"
    )
    code = f"def double(x, by=2.0):\n    {STUB_LINE}\ncheck(double)"
    linecache.cache["<open>"] = (len(code), None, code.splitlines(keepends=True), "<open>")
    with pytest.raises(CheckFailed):
        exec(compile(code, "<open>", "exec"), {"check": check})
    assert capsys.readouterr().out == ""


def test_a_check_before_the_set_up(lessons):
    with pytest.raises(LookupError, match=r"run the set-up cell, which says chapter\(\.\.\.\)"):
        check(right())


def test_the_file_of_cases_is_missing(lessons, monkeypatch):
    monkeypatch.delenv("GRADUS_REFERENCES", raising=False)
    monkeypatch.chdir(lessons)
    with pytest.raises(FileNotFoundError, match="two-words.cases is not beside this notebook"):
        chapter("two-words")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: HEAD + values.pack([{"exercise": "double"}]),
        lambda data: HEAD + values.pack(3),
        lambda data: HEAD + zlib.compress(values.pack([3])),
        lambda data: HEAD + values.pack([]),
    ],
)
def test_the_file_of_cases_is_damaged(student, lessons, damage):
    path = lessons / "two-words.cases"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="two-words.cases is damaged: fetch it again"):
        chapter("two-words")


@pytest.mark.parametrize(
    "other",
    [
        lambda data: values.pack([]),  # as 0.1.0 wrote it
        lambda data: data.replace(HEAD, b"GRADUS-CASES 99\n"),
        lambda data: b"GRADUS-CASES 99\nin a way that nobody knows yet",
    ],
)
def test_the_file_of_cases_is_of_another_release(student, lessons, other):
    path = lessons / "two-words.cases"
    path.write_bytes(other(path.read_bytes()))
    with pytest.raises(ValueError, match="another release.*pip install -r requirements.txt"):
        chapter("two-words")


def test_the_file_of_cases_may_lie_elsewhere(student, lessons, monkeypatch, shown):
    elsewhere = lessons / "elsewhere"
    elsewhere.mkdir()
    (lessons / "two-words.cases").rename(elsewhere / "two-words.cases")
    monkeypatch.setenv("GRADUS_CASES", str(elsewhere))
    chapter("two-words")
    check(right())
    assert len(shown) == 1


def test_points_so_far(student, shown):
    progress()
    assert repr(shown[-1]).splitlines() == [
        "double                           0 / 2  not checked yet",
        "halves                           0 / 1  not checked yet",
        "all                              0 / 3",
    ]
    with pytest.raises(CheckFailed):
        check(named("double", lambda x, by=2.0: 2.0 * x))
    check(named("halves", lambda x, rng: (x / 2, x / 2)))
    progress()
    assert repr(shown[-1]).splitlines() == [
        "double                           0 / 2  2 of 4 cases pass",
        "halves                           1 / 1  1 of 1 cases pass",
        "all                              1 / 3",
    ]
    check(right())
    with pytest.raises(CheckFailed):
        check(named("halves", lambda *_: stub(0)))
    progress()
    assert repr(shown[-1]).splitlines()[0].endswith("2 / 2  4 of 4 cases pass")
    assert repr(shown[-1]).splitlines()[1].endswith("0 / 1  not answered yet")
    chapter("two-words")
    progress()
    assert repr(shown[-1]).splitlines()[-1].endswith("0 / 3")


def test_without_ipython_the_table_is_printed(student, monkeypatch, capsys):
    for name in ("IPython", "IPython.display"):
        monkeypatch.setitem(sys.modules, name, None)
    check(right())
    assert capsys.readouterr().out.startswith("double: 4 of 4 cases pass\n  pass  a vector\n")


def test_a_generator_is_there_to_be_used(student, shown):
    def halves(x, rng):
        rng.normal(size=7)
        return x / 2, x / 2

    check(halves)


def test_an_argument_changed_in_place(student, shown):
    def double(x, by=2.0):
        x *= by
        return x

    with pytest.raises(CheckFailed):
        check(double)
    assert "right values, but it changes its argument `x` in place" in repr(shown[0])


def test_each_case_gets_its_own_copy(student, shown):
    seen = []

    def double(x, by=2.0):
        seen.append(x.copy())
        result = by * x
        x[...] = 0
        return result

    for _ in range(2):
        with pytest.raises(CheckFailed):
            check(double)
    for first, second in zip(seen[:4], seen[4:], strict=True):
        np.testing.assert_array_equal(first, second)


def _helper(x):
    return np.linalg.inv(np.zeros((2, 2))) @ x  # singular


def test_an_error_shows_the_students_own_line(student, shown):
    def double(x, by=2.0):
        return _helper(x)

    with pytest.raises(CheckFailed):
        check(double)
    assert (
        "raised LinAlgError: Singular matrix, in the line: "
        "return np.linalg.inv(np.zeros((2, 2))) @ x  # singular" in repr(shown[0])
    )


def test_an_error_of_the_answer_itself_shows_its_line(student, shown):
    def double(x, by=2.0):
        return x[7]

    with pytest.raises(CheckFailed):
        check(double)
    assert "out of bounds for axis 0 with size 3, in the line: return x[7]" in repr(shown[0])


def test_a_wrong_signature_says_so(student, shown):
    def double(y):
        return 2 * y

    with pytest.raises(CheckFailed):
        check(double)
    assert "takes 1 positional argument but 2 were given" in repr(shown[0])


def test_arguments_may_be_renamed(student, shown):
    check(named("double", lambda value, factor=2.0: factor * value))


def test_warnings_of_numpy_are_no_errors(student, shown, recwarn):
    def double(x, by=2.0):
        np.zeros(2) / np.zeros(2)
        return by * x

    check(double)
    assert not recwarn


def test_ctrl_c_and_exit_are_not_answers(student):
    def double(x, by=2.0):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(double)


def test_a_failed_check_prints_one_line_in_a_notebook():
    assert CheckFailed("double: 1 of 3 cases pass")._render_traceback_() == [
        "double: 1 of 3 cases pass"
    ]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (np.ones(2), np.ones(2), False),
        (np.ones(2), np.array([1.0, 2.0]), True),
        (np.array([np.nan]), np.array([np.nan]), False),
        (np.array([np.nan]), np.array([0.0]), True),
        (np.array([True]), np.array([False]), True),
        (np.ones(2), np.ones((2, 1)), True),
        (np.ones(2), [1.0, 1.0], True),
        ([1, 2], [1, 2], False),
        ([1, 2], [2, 1], True),
        ([1, 2], [1, 2, 3], True),
        ([np.ones(2)], [np.zeros(2)], True),
        ({"a": 1}, {"a": 1}, False),
        ({"a": 1}, {"a": 2}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": np.ones(2)}, {"a": np.zeros(2)}, True),
        (float("nan"), float("nan"), False),
        (float("nan"), 1.0, True),
        (1.0, float("nan"), True),
        (1, 2, True),
        (1, 1.0, True),
        ("a", "a", False),
        (None, None, False),
        (np.random.default_rng(1), np.random.default_rng(2), False),
        (len, max, False),
    ],
)
def test_changed_arguments(before, after, changed):
    assert changed_arguments(("a",), ((before,), {}), ((after,), {})) == ("a",) * changed
    both = changed_arguments(("a", "b"), ((1,), {"b": before}), ((1,), {"b": after}))
    assert both == ("b",) * changed


class Reader(HTMLParser):
    """The text of an HTML fragment, cell by cell, and the tags in it; unbalanced tags are an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], set(), [""]
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= {"class", "style"}
        self.open.append(tag)
        self.tags.add(tag)
        if tag in ("td", "th", "p"):
            self.texts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts[-1] += data

    def found(self):
        return [text.strip() for text in self.texts if text.strip()]


EVIL = """<script>alert("1")</script> ` <img src=x onerror='a'> & `` </td></table>"""
TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code"}


def verdicts():
    cases = (
        CaseVerdict("one", True),
        CaseVerdict(EVIL, False, EVIL),
        CaseVerdict("3", False, "no"),
    )
    return [
        Verdict("step", 2, "wrong", 0.67, cases, EVIL),
        Verdict("step", 2, "wrong", 0.67, cases),
        Verdict("step", 2, "right", 2.0, (CaseVerdict("<b>one</b>", True),)),
        Verdict("step", 2, "not answered", 0.0, cases),
    ]


@pytest.mark.parametrize("verdict", verdicts(), ids=lambda verdict: verdict.status)
def test_html_and_plain_text_say_the_same(verdict):
    table = Table(verdict)
    reader, plain = Reader(table._repr_html_()), repr(table)
    assert reader.tags <= TAGS
    cells = [
        text
        for text in reader.found()
        if text not in ("result", "case", "what was found", "✓ pass", "✗ fail")
    ]
    for text in cells:
        assert text.replace("`", "") in plain.replace("`", "")
    words = " ".join(cells).replace("`", "")
    for case in verdict.cases:
        if verdict.status != "not answered":
            assert case.label.replace("`", "") in words
            assert case.message.replace("`", "") in words
    passed = sum(case.passed for case in verdict.cases) * (verdict.status != "not answered")
    assert table._repr_html_().count("✓ pass") == plain.count("  pass  ") == passed


def test_a_students_script_does_not_survive(student, shown):
    def double(x, by=2.0):
        raise ValueError(EVIL)

    with pytest.raises(CheckFailed):
        check(double)
    text = shown[0]._repr_html_()
    assert Reader(text).tags <= TAGS
    assert "<script" not in text
    assert "<img" not in text
    assert EVIL.replace("`", "") in html.unescape(text.replace("<code>", "").replace("</code>", ""))


def test_progress_in_html_says_what_the_plain_text_says(student):
    verdict = verdicts()[0]
    table = Progress(exercises._session.plans, {"double": verdict})
    reader = Reader(table._repr_html_())
    assert reader.tags <= TAGS
    plain = repr(table).split()
    assert " ".join(reader.found()).split()[3:] == plain
    assert plain[-3:] == ["0.67", "/", "3"]


def test_an_outcome_is_what_the_call_did(student):
    case = exercises._session.plans["double"].cases[0]
    outcome = call(lambda x, by=2.0: 1, case)
    assert outcome == Outcome("returned", 1)
    raised = call(stub, case)
    assert (raised.kind, raised.error) == ("raised", "NotImplementedError")


def test_the_line_of_a_chapter_in_a_notebook(lessons):
    """In IPython the later cells know the name, and the line shows nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor"],
        input="from gradus import chapter, exercise\nchapter('two-words')\nexercise('double')\ndouble(4.0)\n",
        capture_output=True,
        text=True,
        timeout=60,
        cwd=lessons,
        env={**os.environ, "GRADUS_REFERENCES": "lessons", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert re.findall(r"Out\[(\d+)\]: (.*)", done.stdout) == [("4", "8.0")], (
        done.stdout + done.stderr
    )


WAITING = """
from gradus import chapter, exercise
chapter("two-words")
@exercise
def double(x, by=2.0):
    raise NotImplementedError("replace this line with your answer")
"""


@pytest.mark.parametrize(
    ("line", "said", "frames"),
    [
        ("double(1.0)", "needs your answer to `double`, which is still open", False),
        ("raise NotImplementedError('my own')", "my own", True),
    ],
)
def test_a_cell_that_waits_for_an_answer_says_for_which(student, line, said, frames):
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", "-c", WAITING + line],
        capture_output=True,
        text=True,
        timeout=60,
    )
    printed = done.stdout + done.stderr
    assert said in printed
    assert ("Traceback" in printed) == frames


class TestArguments:
    """What a student may try by hand: the arguments of the first case that fails, where they are few."""

    def test_those_of_the_first_case_that_fails(self, student, shown):
        with pytest.raises(CheckFailed):
            check(named("double", lambda x, by=2.0: by * x + 1))
        said = re.search(r"The first case that fails, (.+): `(.+)`", repr(shown[0]))
        table = shown[0]
        failing = next(case for case in table.verdict.cases if not case.passed)
        assert said[1] == failing.label and said[2].startswith("x = ")
        assert f"<code>{said[2]}</code>" in table._repr_html_()

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (1, "1"),
            (0.30000000000000004, "0.3"),
            (True, "True"),
            ("relu", "'relu'"),
            (None, "None"),
            (np.array([1.0, -2.5]), "[ 1. , -2.5]"),
            (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
            ([1, 2], "[1, 2]"),
        ],
    )
    def test_plain_values(self, value, text):
        assert arguments(Case("", ("x",), (value,), {})) == f"x = {text}"

    @pytest.mark.parametrize(
        "value", [np.zeros(17), np.zeros(0), object(), [[1], [2, 3]], "x" * 300]
    )
    def test_what_is_long_or_no_plain_value_is_not_shown(self, value):
        assert arguments(Case("", ("x", "lr"), (value,), {"lr": 1.0})) == ""
