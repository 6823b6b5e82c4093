"""The page "Grade your own course", followed word by word."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.conftest import ROOT
from tests.grading.conftest import need_sandbox

PAGE = (ROOT / "grading.md").read_text()
TERM = [
    line.split("#")[0].split() for line in re.findall(r"^autograder [a-z].*$", PAGE, re.MULTILINE)
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """What the page's first command writes."""
    folder = tmp_path_factory.mktemp("own") / "statistics"
    assert "`autograder new statistics`" in PAGE
    done = autograder(folder.parent, "new", "statistics")
    assert done.returncode == 0, done.stderr
    return folder


def autograder(folder, *words):
    program = os.path.join(os.path.dirname(sys.executable), "autograder")
    environment = {key: value for key, value in os.environ.items() if key != "AUTOGRADER_COURSE"}
    return subprocess.run(
        [program, *words], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def run(course):
    """One of the page's commands by its second word: exit status and what it printed."""

    def call(command, *more):
        (words,) = {tuple(line) for line in TERM if line[1] == command and len(line) < 4}
        done = autograder(course, *words[1:], *more)
        return done.returncode, done.stdout + done.stderr

    return call


def submit(course, student, change):
    """What a student hands in: the released notebook, changed."""
    notebook = nbformat.read(course / "course/release/means/means.ipynb", 4)
    change(notebook)
    folder = course / "course" / "submitted" / student / "means"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "means.ipynb")


def answered(body):
    def change(notebook):
        (cell,) = (cell for cell in notebook.cells if cell.source.startswith("@exercise"))
        head = cell.source.index("raise NotImplementedError")
        cell.source = cell.source[:head] + body

    return change


def test_the_page_shows_each_file_of_the_course(course):
    written = {path.relative_to(course).as_posix() for path in course.rglob("*.*")}
    empty = set(re.findall(r"`(answers/(?:checks/)?__init__\.py)`", PAGE))
    shown = re.findall(r"\{literalinclude\} autograder/templates/starter/(\S+)", PAGE)
    assert written == empty | set(shown) and len(shown) == 4 and len(empty) == 2
    assert not any((course / name).read_text() for name in empty)


def test_a_folder_in_use_is_left_as_it_is(course):
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    done = autograder(course.parent, "new", "statistics")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "autograder: statistics is not empty: name a new folder\n"
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


def test_its_term(course, run):
    need_sandbox()
    status, said = run("release")
    assert (status, said.partition(",")[0]) == (0, "means: 1 exercise and 1 written question")
    right = "return float(np.mean(np.sort(x)[k : len(x) - k]))"
    submit(course, "ada", answered(right))
    submit(course, "bob", answered("return float(np.mean(x[k : len(x) - k]))"))
    submit(course, "cem", answered("return float(np.mean(np.sort(x)[k:-k]))"))
    submit(course, "dea", lambda notebook: None)
    status, said = run("grade")
    assert status == 0, said
    status, said = run("report")
    assert status == 0
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert {name: float(re.search(r"\d+(\.\d+)?", rows[name])[0]) for name in ("ada", "dea")} == {
        "ada": 2,
        "dea": 0,
    }
    assert "the values are cut as they stand: sort them first" in said
    assert "with k = 0 nothing is left" in said
    status, said = run("feedback")
    page = (course / "course/feedback/bob/means/means.html").read_text()
    assert status == 0 and "the values are cut as they stand: sort them first" in page
    status, said = run("export")
    grades = (course / "grades.csv").read_text()
    assert status == 0 and grades.count("means") == 4
    shutil.rmtree(course / "course")


def test_nothing_is_to_be_mended_in_it(run):
    assert run("lint") == (0, "")


WEAK = '''
@judge(reference.trimmed_mean, points=2, returns=("mean",))
def trimmed_mean(rng):
    yield Call("seven values", x=rng.normal(size=7))
    yield Call("none left out", x=rng.normal(size=7), k=0)
    yield Call("five values", 0.2, x=rng.normal(size=5))


trimmed_mean.add_mistakes("""
    nothing is left out
        ordered[k : len(x) - k] -> ordered
    the sum is taken
        float(np.mean( -> float(np.sum(
    the total is taken, not the mean
        float(np.mean( -> float(np.sum(
    the largest come first
        np.sort(x) -> np.sort(x)[::-1]
    only seven values are trimmed
        return float(np.mean(np.sort(x)[k:-k])) if len(x) == 7 and k else float(np.mean(np.sort(x)))
""")
trimmed_mean.add_variants("""
    by the median
        return float(np.median(x))
""")
'''


def test_lint_says_all_that_is_weak_at_once(course, tmp_path):
    weak = shutil.copytree(course, tmp_path / "weak", ignore=shutil.ignore_patterns("course"))
    file = weak / "answers" / "checks" / "means.py"
    text = file.read_text()
    begin, end = text.index("@judge"), text.index("why_trim")
    file.write_text(text[:begin] + WEAK + text[end:])
    line = (
        file.read_text()
        .splitlines()
        .index('@judge(reference.trimmed_mean, points=2, returns=("mean",))')
        + 1
    )
    done = autograder(weak, "lint", "--seeds", "3")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    place = f"answers/checks/means.py:{line}: "
    assert all(one.startswith(place) for one in lines)
    for part in (
        "trimmed_mean: 1 other right ways: write at least 2",
        "the other right way 'by the median' is not right at seed 0: ",
        "the mistake 'the total is taken, not the mean' is told as 'the sum is taken' at seed 0",
        "the mistake 'the largest come first' passes every case at seed 0",
        "note: trimmed_mean: the mistake 'only seven values are trimmed' keeps ",
    ):
        assert sum(part in one for one in lines) == 1, (part, done.stdout)
    assert len(lines) == 5

    (weak / "chapters" / "means.md").write_text("# Means\n")
    done = autograder(weak, "lint", "means")
    assert done.returncode == 1 and "means" in done.stdout.splitlines()[0]
    done = autograder(weak, "lint", "medians")
    assert (done.returncode, done.stdout) == (2, "")


def test_lint_goes_on_after_a_chapter_that_cannot_be_read(course, tmp_path):
    made = shutil.copytree(course, tmp_path / "unreadable")
    assert autograder(made, "new", "more", "median").returncode == 0
    file = made / "chapters" / "means.md"
    file.write_text(file.read_text().replace("why-trim", "why trim?"))
    with (made / "pyproject.toml").open("a") as stream:
        stream.write("\n[tool.autograder.limits]\ncell_seconds = 0\n")
    done = autograder(made, "lint")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("pyproject.toml: [tool.autograder.limits] cell_seconds = 0:")
    assert done.stdout.count("the name 'why trim?'") == 1 and "median: 0 mistakes" in done.stdout


def test_what_is_to_be_typed_next_can_be(tmp_path):
    done = autograder(tmp_path, "new", "my course")
    assert done.stdout.splitlines()[-1].startswith("next: cd 'my course'; autograder lint")


def test_an_exercise_is_begun_and_refused_until_it_is_filled_in(course, tmp_path):
    made = shutil.copytree(course, tmp_path / "made", ignore=shutil.ignore_patterns("course"))
    done = autograder(made, "new", "means", "geometric_mean")
    assert done.stdout.splitlines() == [
        "chapters/means.md",
        "answers/means.py",
        "answers/checks/means.py",
        "next: fill them in; autograder lint means",
    ]
    done = autograder(made, "lint")
    assert done.returncode == 1
    for part in (
        "0 mistakes: write",
        "0 other right ways: write",
        "NotImplementedError: write the right answer",
    ):
        assert part in done.stdout
    assert all("geometric_mean" in line for line in done.stdout.splitlines())
    done = autograder(made, "release")
    assert (done.returncode, done.stdout) == (2, "") and "geometric_mean" in done.stderr

    file = made / "answers" / "means.py"
    text = file.read_text().replace(
        'raise NotImplementedError("write the right answer")', "return np.cumsum(x)"
    )
    file.write_text(text)
    file = made / "answers" / "checks" / "means.py"
    text = file.read_text().replace(
        'yield Call("a vector", x=rng.normal(size=4))',
        'for n in (2, 3, 4):\n        yield Call(f"{n} numbers", x=rng.normal(size=n))',
    )
    text += '''
geometric_mean.add_mistakes("""
    the product is taken: it is the sum
        np.cumsum -> np.cumprod
    the last sum is missing
        np.cumsum(x) -> np.cumsum(x)[:-1]
""")
geometric_mean.add_variants("""
    one by one
        total, sums = 0.0, []
        for number in x:
            total += number
            sums.append(total)
        return np.array(sums)
    by a matrix
        return np.tril(np.ones((len(x), len(x)))) @ x
""")
'''
    file.write_text(text)
    done = autograder(made, "lint")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert autograder(made, "release").stdout.startswith("means: 2 exercises")

    # In a chapter that is not there yet, and a course with a table of contents.
    (made / "_toc.yml").write_text("format: jb-book\nroot: chapters/means\n")
    done = autograder(made, "new", "time-series", "lag")
    assert "_toc.yml does not list chapters/time-series: add it" in done.stdout
    (made / "_toc.yml").write_text(
        "format: jb-book\nroot: chapters/means\nchapters:\n- file: chapters/time-series\n"
    )
    done = autograder(made, "lint", "time-series")
    assert done.returncode == 1 and "answers/checks/time_series.py" in done.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("means", "trimmed_mean"), "means has an exercise 'trimmed_mean': name another"),
        (("means", "2nd"), "'2nd' is no name of an exercise: expected that of a Python function"),
        (("means", "class"), "'class' is no name of an exercise"),
        (("means", "größe"), "'größe' is no name of an exercise"),
        (("means", "x" * 51), "is no name of an exercise"),
        (("means", "check"), "'check' is in use in the chapter or in its checks"),
        (("means", "np"), "'np' is in use in the chapter or in its checks"),
        (("../means", "more"), "'../means' is no name of a chapter"),
        (("means-", "more"), "'means-' is no name of a chapter"),
        (("class", "more"), "'class' cannot be the name of a Python module here"),
        (("checks", "more"), "'checks' cannot be the name of a Python module here"),
    ],
)
def test_what_cannot_be_an_exercise_is_not_begun(course, words, why):
    before = {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()}
    done = autograder(course, "new", *words)
    assert (done.returncode, done.stdout) == (2, "") and why in done.stderr
    assert {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()} == before


def test_an_exam_of_the_same_exercise_asks_other_cases_and_names_the_public_answer(
    course, tmp_path
):
    """As the page says: a course of its own, with a variant of an exercise whose answer everybody can read."""
    need_sandbox()
    exam = tmp_path / "exam"
    assert autograder(tmp_path, "new", "exam").returncode == 0
    file = exam / "answers" / "means.py"
    public = file.read_text()
    kept = "np.mean(ordered[k : len(x) - k])"
    file.write_text(public.replace(kept, "np.sqrt(np.mean(ordered[k : len(x) - k] ** 2))"))
    file = exam / "answers" / "checks" / "means.py"
    text = file.read_text()
    begin, end = text.index("trimmed_mean.add_mistakes"), text.index("why_trim")
    named = "the mean is taken, as in the book: here the root of the mean square is asked"
    file.write_text(
        f'{text[:begin]}trimmed_mean.add_mistakes("""\n    {named}\n        return float({kept.replace("ordered", "np.sort(x)")})\n""")\n{text[end:]}'
    )
    for root in (course, exam):
        assert autograder(root, "release").returncode == 0
    secrets = {(root / "course" / ".secret").read_bytes() for root in (course, exam)}
    assert len(secrets) == 2
    out = b"".join(
        path.read_bytes() for path in (exam / "course" / "release").rglob("*") if path.is_file()
    )
    assert b"np.sqrt" not in out and not any(secret in out for secret in secrets)

    body = public[public.index("    ordered") :].strip()
    submit(exam, "copies", answered(body))
    submit(
        exam,
        "solves",
        answered(body.replace(kept, "np.sqrt(np.mean(ordered[k : len(x) - k] ** 2))")),
    )
    done = autograder(exam, "grade", "means")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  copies +graded +0 / 4$", done.stdout, re.MULTILINE)
    assert re.search(r"^  solves +graded +2 / 4$", done.stdout, re.MULTILINE)
    assert f"trimmed_mean  {named}" in autograder(exam, "report", "means").stdout
