"""What a student gets of each chapter, and what never leaves the instructor's machine."""

import ast
import inspect
import io
import json
import re
import tokenize
import zipfile
import zlib
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator

import gradus
from autograder.course import TEXT_STUB, Course
from autograder.release.chapter import check_id, question_id, read_chapter, references_of
from gradus import authoring, values
from gradus.calling import call as attempt
from gradus.stub import STUB_LINE
from gradus.verdict import examine
from tests.plans import judging_alone, packed
from tests.release.conftest import CHECK, CHECKS, EXERCISE, QUESTION, REFERENCE, SETUP

RAW_MYST = {
    "role": r"\{[A-Za-z][\w:.+-]*\}`",
    "directive": r"^\s*(`{3,}|~{3,}|:{3,})\s*\{",
    "colon fence": r"^\s*:{3,}",
    "target": r"^\([^()\s]+\)=\s*$",
    "label of an equation": r"\$\$\s*\([^()\s]+\)\s*$",
    "empty link": r"\[\]\(",
    "comment": r"^%",
    "break": r"^\+\+\+",
    "substitution": r"\{\{",
    "footnote": r"\[\^",
}


def all_text(folder: Path) -> str:
    """Everything that lies in a released folder, wheels and cases opened."""
    texts = []
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                texts += [wheel.read(name).decode("latin-1") for name in wheel.namelist()]
        elif file.suffix == ".cases":
            texts.append(packed_cases(file).decode("latin-1"))
        elif file.is_file():
            texts.append(file.read_bytes().decode("latin-1"))
    return "\n".join(texts)


def packed_cases(file: Path) -> bytes:
    """What a file of cases holds, as `gradus.values` reads it."""
    return zlib.decompress(file.read_bytes().partition(b"\n")[2])


def prose(markdown: str) -> str:
    """Markdown without its code spans and fenced code."""
    markdown = re.sub(
        r"^(\s*)(```+)(?!\{).*?^\1\2\s*$", "", markdown, flags=re.DOTALL | re.MULTILINE
    )
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "`", markdown, flags=re.DOTALL)


def code_lines(function: ast.FunctionDef, source: str) -> set[str]:
    """The lines of code of a function's body, without comments, docstring and indentation."""
    first = function.body[ast.get_docstring(function) is not None].lineno
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return {line.strip() for line in lines[first - 1 : function.end_lineno]} - {""}


def test_no_line_of_a_reference_is_released(released):
    source = Path(released.course.reference_module(released.chapter.name).__file__).read_text()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    lines = set().union(*(code_lines(function, source) for function in functions))
    # What the chapter itself says to every reader is no secret; nor is `return x` or `else:`.
    stubs = [r.stub for r in references_of(released.course, released.chapter).values()]
    chapter = "\n".join([released.chapter.file.read_text(), *stubs])
    library = "\n".join(file.read_text() for file in Path(gradus.__file__).parent.rglob("*.py"))
    hidden = {
        line for line in lines if len(line) >= 8 and line not in chapter and line not in library
    }
    assert len(hidden) >= len(released.chapter.named("exercise"))

    notebook = "\n".join(cell.source for cell in released.notebook().cells)
    text = all_text(released.folder())
    assert [line for line in hidden if line in notebook or line in text] == []

    # The same search finds them where they are: in the source notebook.
    answers = "\n".join(cell.source for cell in released.notebook("source").cells)
    exercises = [node for node in functions if node.name in released.chapter.named("exercise")]
    for function in exercises:
        assert all(line in answers for line in code_lines(function, source))


def test_every_answer_of_the_source_is_right_where_nothing_else_is_defined(released):
    cells = {cell.id: cell.source for cell in released.notebook("source").cells}
    for exercise in authoring.exercises_of(released.course.checks_module(released.chapter.name)):
        names = {"np": np, "exercise": lambda function: function}
        exec(compile(cells[exercise.name], exercise.name, "exec"), names)
        plan = judging_alone(exercise, 5)
        outcomes = [attempt(names[exercise.name], case) for case in plan.cases]
        assert examine(plan, outcomes).status == "right", exercise.name


def test_every_answer_is_the_stub_again(released):
    cells = {cell.id: cell for cell in released.notebook().cells}
    for name, reference in references_of(released.course, released.chapter).items():
        assert cells[name].source == reference.stub
        assert cells[name].source.endswith(STUB_LINE) or reference.given != STUB_LINE
        assert "given" not in cells[name].metadata
    for name in released.chapter.named("written"):
        assert cells[name].source == TEXT_STUB
    assert "SOLUTION" not in "".join(cell.source for cell in cells.values())


def test_no_rubric_is_released(released):
    rubrics = authoring.written_of(released.course.checks_module(released.chapter.name))
    lines = {line.strip("- ") for question in rubrics for line in question.rubric.splitlines()}
    answers = "\n".join(cell.source for cell in released.notebook("source").cells)
    text = all_text(released.folder())
    assert all(line in answers for line in lines)
    assert [line for line in lines if line in text] == []
    assert "MARK SCHEME" in answers or not rubrics
    assert "MARK SCHEME" not in text


def test_the_cases_are_the_public_ones_alone(released):
    name = released.chapter.name
    data = values.unpack(packed_cases(released.folder() / f"{name}.cases"))
    exercises = {e.name: e for e in authoring.exercises_of(released.course.checks_module(name))}
    assert [plan["exercise"] for plan in data] == list(released.chapter.named("exercise"))
    secret = released.course.secret()
    text = all_text(released.folder()).encode("latin-1")
    assert secret not in text and secret.hex().encode() not in text
    for plan in data:
        exercise = exercises[plan["exercise"]]
        seed = released.course.hidden_seed(name, exercise.name)
        assert values.pack(plan) == packed(exercise, authoring.PUBLIC_SEED)
        hidden = judging_alone(exercise, seed).to_data()
        assert values.pack(plan["cases"]) != values.pack(hidden["cases"])
        assert str(seed).encode() not in text


def test_no_code_of_a_check_is_released(released):
    exercises = authoring.exercises_of(released.course.checks_module(released.chapter.name))
    text = all_text(released.folder())
    functions = [f for e in exercises for _, f in (*e.mistakes, *e.variants)]
    assert len(functions) > len(exercises)
    # As JSON has it. Short lines are anybody's, and what the chapter or `gradus` shows is no secret.
    lines = {line.strip() for f in functions for line in inspect.getsource(f).splitlines()[1:]}
    shown = [
        released.course.chapter(released.chapter.name),
        *Path(gradus.__file__).parent.glob("*.py"),
    ]
    # A program that is to be repaired is given, too.
    stubs = [r.stub for r in references_of(released.course, released.chapter).values()]
    public = "\n".join([*(file.read_text("utf-8") for file in shown), *stubs])
    code = {json.dumps(line)[1:-1] for line in lines if len(line) > 30 and line not in public}
    assert code
    assert {line for line in code if line in text} == set()


def test_no_raw_myst_is_released(released):
    for cell in released.notebook().cells:
        if cell.cell_type == "markdown":
            found = {
                what: re.search(pattern, prose(cell.source), re.MULTILINE)
                for what, pattern in RAW_MYST.items()
            }
            assert {what: match[0] for what, match in found.items() if match} == {}


def test_the_search_for_raw_myst_finds_it_in_the_chapter(released):
    text = "\n".join(prose(cell.source) for cell in released.chapter.cells)
    assert re.search(RAW_MYST["role"], text) and re.search(RAW_MYST["target"], text, re.MULTILINE)


def test_what_nbgrader_is_told(released):
    notebook = released.notebook()
    for step in ("source", "release"):
        made = released.notebook(step)
        nbformat.validate(made)
        MetadataValidator().validate_nb(made)
    cells = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    checks = released.course.checks_module(released.chapter.name)
    points = {e.name: e.points for e in authoring.exercises_of(checks)}
    written = {w.name: w.points for w in authoring.written_of(checks)}
    assert set(points) == set(released.chapter.named("exercise"))
    assert set(cells) == {
        *points, *map(check_id, points), *written, *map(question_id, written)
    }  # fmt: skip
    for name, worth in points.items():
        answer, check = cells[name].metadata, cells[check_id(name)].metadata
        assert answer.nbgrader.solution and not answer.nbgrader.grade
        assert answer.get("editable", True) and not answer.deletable
        assert check.nbgrader.grade and check.nbgrader.points == worth
        assert check.nbgrader.locked and not check.editable and not check.deletable
        assert cells[check_id(name)].source == f"check({name})"
    for name, worth in written.items():
        answer, question = cells[name].metadata, cells[question_id(name)].metadata
        assert (
            answer.nbgrader.grade and answer.nbgrader.solution and answer.nbgrader.points == worth
        )
        assert question.nbgrader.locked and not question.editable
    with Gradebook(f"sqlite:///{released.course.directory}/gradebook.db") as gradebook:
        found = gradebook.find_assignment(released.chapter.name)
        assert found.max_score == sum(points.values()) + sum(written.values())
        assert found.max_code_score == sum(points.values())


def test_stub_and_reference_are_one_function(released):
    """As Python sees them, decorators included: what `help` says is the same."""
    module = released.course.reference_module(released.chapter.name)
    cells = {cell.id: cell.source for cell in released.notebook().cells}
    for name in released.chapter.named("exercise"):
        names: dict = {"exercise": lambda function: function}
        exec(cells[name], names)
        stub, reference = names[name], getattr(module, name)
        assert inspect.signature(stub) == inspect.signature(reference)
        assert inspect.getdoc(stub) == inspect.getdoc(reference)
        # As wide as the book's own code: in a page, what is wider is scrolled.
        assert max(map(len, cells[name].splitlines())) <= 80


def test_what_lies_beside_the_notebook(released):
    name = released.chapter.name
    (wheel,) = (file.name for file in released.folder().glob("*.whl"))
    version = re.escape(gradus.__version__)
    assert re.fullmatch(rf"gradus_book-{version}\+[0-9a-f]+-py3-none-any\.whl", wheel)
    for step in ("source", "release"):
        assert sorted(file.name for file in released.folder(step).iterdir()) == sorted(
            [f"{name}.ipynb", f"{name}.cases", "requirements.txt", wheel]
        )
    requirements = (released.folder() / "requirements.txt").read_text().splitlines()
    assert requirements[1:] == ["--prefer-binary", f"./{wheel}[student]"]
    with zipfile.ZipFile(released.folder() / wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        package = Path(gradus.__file__).parent
        data = ("pyproject.toml", "glyphs.npz", "gradus-student.json")
        files = (*package.glob("*.py"), *(package / name for name in data))
        # What JupyterLab is to read lies where pip puts it into the environment's etc/, too.
        (menus,) = (name for name in names if ".data/data/etc/jupyter/labconfig/" in name)
        assert names - {menus} == {f"gradus/{file.name}" for file in files}
        for name in names:
            assert archive.read(name) == (package / Path(name).name).read_bytes()


def test_released_again_is_the_same(small, run):
    small.write()
    assert run("release")[:2] == (
        0, ["small: 1 exercise and 1 written question, 5 points, in course/release/small"]
    )  # fmt: skip
    made = small.root / "course"

    def state() -> dict[str, bytes]:
        files = (file for step in ("source", "release") for file in (made / step).rglob("*"))
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    before = state()
    assert len(before) == 8
    (made / "release" / "small" / "hints.pdf").write_bytes(b"the instructor's own")
    old = made / "release" / "small" / "gradus_book-0.0.1+1234-py3-none-any.whl"
    old.write_bytes(b"of an earlier release")
    assert run("release", "small", "small")[0] == 0
    assert (made / "release" / "small" / "hints.pdf").read_bytes() == b"the instructor's own"
    assert not old.exists()
    (made / "release" / "small" / "hints.pdf").unlink()
    assert state() == before


def test_a_changed_paragraph_leaves_the_other_ids(small, run):
    small.chapter += "\n```{code-cell} ipython3\nprint(1)\n```\n\nThe very end.\n"
    small.write()
    assert run("release")[0] == 0
    before = [cell.id for cell in small.notebook().cells]
    assert len(set(before)) == len(before)
    small.chapter = small.chapter.replace("# A chapter", "# A chapter\n\nIt begins.").replace(
        "print(1)\n```", "print(1)\n```\n\nBetween.\n\n```{code-cell} ipython3\nprint(1)\n```"
    )
    small.write()
    assert run("release")[0] == 0
    after = [cell.id for cell in small.notebook().cells]
    assert len(set(after)) == len(after)
    assert [name for name in after if name in before] == [before[0], *before[2:]]


def test_released_again_keeps_submissions_and_grades(small, run):
    course = small.write()
    assert run("release")[0] == 0
    url = f"sqlite:///{course.directory}/gradebook.db"
    with Gradebook(url) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("small", "ada")
        grade = gradebook.find_grade("check-double", "small", "small", "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    # A reference is corrected, a paragraph is added: the same exercises, another text.
    small.chapter = small.chapter.replace("# A chapter", "# A chapter\n\nIt begins.")
    small.write()
    assert run("release")[0] == 0
    with Gradebook(url) as gradebook:
        assert gradebook.find_grade("check-double", "small", "small", "ada").score == 1.5
    made = small.notebook()

    # A further exercise would orphan these grades: refused, and the release stays as it was.
    second = (EXERCISE + CHECK).replace("double", "triple")
    judged = CHECKS[CHECKS.index("@judge") : CHECKS.index("@double.mistake")]
    small.chapter += second
    small.reference += REFERENCE.replace("double", "triple")
    small.checks += judged.replace("double", "triple")
    small.write()
    status, out, err = run("release")
    assert (status, out) == (2, [])
    assert err == [
        "autograder: small: exercises were added or removed, but it has submissions already:"
        " finish grading them, or release under another name"
    ]
    assert small.notebook() == made


def test_the_body_goes_along_as_it_is_written(small, run):
    small.write()
    assert run("release")[0] == 0
    (cell,) = [cell for cell in small.notebook("source").cells if cell.id == "double"]
    assert cell.source == (
        "@exercise\ndef double(x):\n"
        '    """Twice x.\n\n    In the docstring stands: 2 * x\n    """\n'
        "    ### BEGIN SOLUTION\n"
        "    # The reason for this comment is that it goes along.\n"
        "    total = x + x\n"
        "    return total\n"
        "    ### END SOLUTION"
    )
    (cell,) = [cell for cell in small.notebook().cells if cell.id == "why-question"]
    assert cell.source == "Why is $2x = x + x$?"


def test_the_stub_is_as_the_reference_is_written_without_its_decorators(small, run):
    small.reference = (
        "def same(function):\n    return function\n\n\n@same\n@same  # again\n# Not for students.\n"
        "def double(\n  x: float,  # a number\n) -> float:\n"
        "  'Twice x, in one line: ```.'\n\n  # Not for students.\n  return x + x\n"
    )
    small.chapter = small.chapter.replace(
        EXERCISE, EXERCISE.replace(" ipython3\n", " ipython3\n:tags: [a]\n")
    )
    small.write()
    assert run("release")[0] == 0
    head = (
        "@exercise\ndef double(\n  x: float,  # a number\n) -> float:\n"
        "  'Twice x, in one line: ```.'\n"
    )
    made = []
    for step in ("source", "release"):
        (cell,) = [cell for cell in small.notebook(step).cells if cell.id == "double"]
        assert cell.metadata.tags == ["a", "raises-exception"]
        made.append(cell.source)
    answer = "  ### BEGIN SOLUTION\n\n  # Not for students.\n  return x + x\n  ### END SOLUTION"
    assert made == [head + answer, head + f"  {STUB_LINE}"]


def test_all_chapters_are_released_but_those_without_exercises(small, run):
    small.files["chapters/notation.md"] = SETUP.replace("# A chapter", "# Notation")
    small.write()
    status, out, _ = run("release")
    assert status == 0
    assert [line.partition(":")[0] for line in out] == ["small"]
    assert sorted(path.name for path in (small.root / "course" / "release").iterdir()) == ["small"]


def test_another_folder_by_an_option(small, run, tmp_path, monkeypatch):
    # `--course` sets the variable for what it starts: undone after the test.
    monkeypatch.setenv("AUTOGRADER_COURSE", "")
    small.write()
    assert run("--course", "elsewhere", "release")[0] == 0
    assert (small.root / "elsewhere" / "release" / "small" / "small.ipynb").is_file()
    assert not (small.root / "course").exists()


def test_a_chapter_reads_as_what_it_is(small):
    small.write()
    chapter = read_chapter(Course.find(small.root).chapter("small"))
    kinds = [cell.kind for cell in chapter.cells]
    assert kinds == ["markdown", "setup", "exercise", "check", "written", "markdown"]
    assert chapter.named("written")["why"].source == QUESTION.split("\n\n")[1]


def test_a_cell_knows_its_lines(small):
    """What edits a chapter by lines finds there what the cell holds; options and fences lie around it."""
    small.chapter = small.chapter.replace("x = x", "x = x$,\n\nor $x + x") + (
        "\n~~~~{code-cell} ipython3\n---\ntags: [hide-input]\n---\n\ntext = '''\n~~~\n'''\n\n~~~~\nTight.\n"
        "````{code-cell} ipython3\n:tags: [hide-input]\n1\n"
    )
    chapter = read_chapter(small.write().chapter("small"))
    lines = small.chapter.splitlines()
    for cell in chapter.cells:
        assert "\n".join(lines[cell.place]).strip() == cell.source.strip()
    first, second = (cell for cell in chapter.cells if cell.kind == "code")
    assert lines[first.line - 1][:4] == lines[first.end - 1] == "~~~~"
    assert second.end == len(lines) + 1  # never closed
    (exercise,) = chapter.named("exercise").values()
    assert lines[exercise.line - 1 : exercise.end] == EXERCISE.strip().splitlines()
    edited = "\n".join(lines).replace('exercise("double")', "pass")
    assert read_chapter(chapter.file, edited).named("exercise") == {}
