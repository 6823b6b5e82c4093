"""A class graded as an instructor does it: commands, gradebook, feedback, report."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder import cli, demo, folders
from autograder.course import Course, CourseError
from autograder.grade import many, one
from autograder.grade.cells import grade_id, is_answer
from autograder.release.inline import standalone
from autograder.sandbox import host
from gradus import authoring
from tests.conftest import ROOT
from tests.grading.conftest import marks, need_sandbox, put


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command: `run(course, "grade", name)` -> (exit status, what it printed, its errors)."""

    def command(course, *arguments):
        monkeypatch.setenv("AUTOGRADER_COURSE", str(course.directory))
        monkeypatch.chdir(course.root)
        monkeypatch.setattr(sys, "argv", ["autograder", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return command


class TestDemonstration:
    def test_there_are_at_least_twenty_of_every_kind(self, demonstration):
        assert len(demonstration) >= 20
        kinds = {student.removeprefix("demo-").split("-")[0] for student in demonstration}
        assert kinds == {"perfect", "mistakes", "half", "untouched", "cheat", "broken"}

    def test_right_answers_have_all_points_however_they_are_written(self, demonstration):
        perfect = [r for s, r in demonstration.items() if s.startswith("demo-perfect")]
        assert len(perfect) >= 3
        for result in perfect:
            assert result.earned == result.points, result

    def test_mistakes_are_named_at_the_seeds_that_grade(self, course, name, demonstration):
        judged = authoring.exercises_of(course.checks_module(name))
        named = 0
        for exercise in judged:
            for number, (sentence, _) in enumerate(demo.mistakes_made(exercise), start=1):
                verdict = demonstration[f"demo-mistakes-{number}"].verdicts[exercise.name]
                if sentence == exercise.repair:
                    assert (verdict["status"], verdict["earned"]) == ("not answered", 0)
                    continue
                assert verdict["status"] == "wrong", (exercise.name, sentence)
                assert verdict["earned"] < verdict["points"]
                assert verdict["mistake"] == sentence
                named += 1
        assert named >= 2 * len(judged)

    def test_a_cheat_has_what_an_unanswered_notebook_has(self, demonstration):
        untouched = demonstration["demo-untouched"]
        assert untouched.earned == 0
        for number in (1, 2):
            assert demonstration[f"demo-cheat-{number}"].verdicts == untouched.verdicts

    def test_half_an_answer_has_half_the_verdicts(self, demonstration):
        halves = [demonstration[f"demo-half-{number}"] for number in (1, 2)]
        assert sum(half.earned for half in halves) == halves[0].points
        assert all(0 < half.earned < half.points for half in halves)

    def test_broken_files_have_a_verdict(self, demonstration):
        assert demonstration["demo-broken-empty"].state == "not a notebook"
        assert demonstration["demo-broken-not-a-notebook"].state == "not a notebook"
        cut = demonstration["demo-broken-cut-off"]
        assert cut.state == "graded"
        assert "cut off" in cut.note
        assert 0 < cut.earned < cut.points

    def test_the_gradebook_has_the_same_points(self, course, name, demonstration):
        found = marks(course, name)
        assert set(found) == set(demonstration)
        for student, result in demonstration.items():
            for exercise, verdict in result.verdicts.items():
                assert found[student][f"check-{exercise}"] == verdict["earned"], (student, exercise)

    def test_no_hidden_value_is_told(self, course, name, assignment, demonstration):
        hidden = {
            repr(float(number))[:8]
            for plan in assignment.plans.values()
            for case, expected in zip(plan.cases, plan.expected, strict=True)
            for number in _numbers([case.args, case.kwargs, getattr(expected, "form", expected)])
            if len(repr(float(number))) > 10
        }
        assert len(hidden) > 100
        for student in demonstration:
            file = course.directory / "autograded" / student / name / f"{name}.ipynb"
            about = json.loads(file.read_text())["metadata"]["gradus"]
            said = " ".join(verdict["message"] for verdict in about["verdicts"].values())
            assert not [value for value in hidden if value in said]

    def test_a_course_with_submissions_of_its_own_is_left_alone(self, empty_course, name, run):
        put(empty_course, "alice", name, b"{}")
        status, out, err = run(empty_course, "demo", name)
        assert status == 2
        assert "alice" in err and "--course" in err and len(err.splitlines()) == 1
        assert [path.name for path in (empty_course.directory / "submitted").iterdir()] == ["alice"]


def test_the_demonstration_runs_where_bubblewrap_is_missing(empty_course, name, run, monkeypatch):
    whole = demo._class
    few = ("perfect-1", "cheat-1", "cheat-2", "broken-empty")
    monkeypatch.setattr(demo, "_class", lambda *given: {key: whole(*given)[key] for key in few})
    monkeypatch.setattr(host, "_trouble", lambda: "bubblewrap is missing, install it")
    status, out, err = run(empty_course, "demo", name)
    assert status == 0, err
    assert "bubblewrap is missing" in out
    assert "without a sandbox: this class was made here and is trusted" in out
    found = marks(empty_course, name)
    assert set(found) == {f"demo-{key}" for key in few}
    assert sum(found["demo-perfect-1"].values()) > 0
    assert sum(found["demo-cheat-1"].values()) == sum(found["demo-cheat-2"].values()) == 0
    assert (
        empty_course.directory / "feedback" / "demo-perfect-1" / name / f"{name}.html"
    ).is_file()
    # Once more: its own submissions are made anew, and graded again only where they differ.
    assert run(empty_course, "demo", name)[0] == 0


def _numbers(value):
    import numpy as np

    if isinstance(value, (list, tuple)):
        return [n for item in value for n in _numbers(item)]
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, (float, np.ndarray, np.generic)):
        return [n for n in np.ravel(value) if isinstance(n, (float, np.floating))]
    return []


def test_one_submission_has_the_same_points_by_both_commands(
    bubblewrap, empty_course, name, course, demonstration, tmp_path
):
    students = [
        "demo-perfect-1",
        "demo-mistakes-1",
        "demo-cheat-1",
        "demo-broken-cut-off",
        "demo-broken-empty",
    ]
    for student in students:
        file = course.directory / "submitted" / student / name / f"{name}.ipynb"
        put(empty_course, student, name, file.read_bytes())
    done = subprocess.run(
        [str(Path(sys.executable).with_name("nbgrader")), "autograde", name],
        cwd=ROOT,
        env=os.environ | {"AUTOGRADER_COURSE": str(empty_course.directory)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs, ours = marks(empty_course, name), marks(course, name)
    assert set(theirs) == set(students)
    for student in students:
        assert theirs[student] == ours[student]
    assert sum(theirs["demo-perfect-1"].values()) > 0


def test_nbgrader_does_not_fall_back_where_the_sandbox_is_missing(
    empty_course, name, submit, answers, tmp_path
):
    put(empty_course, "alice", name, submit(answers))
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("nbgrader", "alembic"):
        (programs / program).symlink_to(Path(sys.executable).with_name(program))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("nbgrader")), "autograde", name],
        cwd=ROOT,
        env=os.environ | {"AUTOGRADER_COURSE": str(empty_course.directory), "PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "bubblewrap is missing" in done.stderr
    assert not (empty_course.directory / "autograded" / "alice" / name).exists()
    assert not any(marks(empty_course, name).get("alice", {}).values())


class TestCommands:
    def test_grade_prints_each_submission_and_a_table(
        self, bubblewrap, empty_course, name, submit, answers, run
    ):
        put(empty_course, "alice", name, submit(answers))
        status, out, err = run(empty_course, "grade", name)
        assert status == 0, err
        assert "graded: alice" in out
        total = sum(
            plan["points"] for plan in self._about(empty_course, "alice", name)["verdicts"].values()
        )
        # The written questions count: that they are empty is no points, without a person.
        most = total + sum(q.points for q in authoring.written_of(empty_course.checks_module(name)))
        assert re.search(rf"alice +graded +{total:g} / {most:g}$", out, re.MULTILINE)

        # Unchanged: not graded again. Changed, or forced: graded again.
        file = empty_course.directory / "autograded" / "alice" / name / f"{name}.ipynb"
        before = file.stat().st_mtime_ns
        status, out, _ = run(empty_course, "grade", name)
        assert status == 0 and re.search(r"alice +unchanged", out)
        assert file.stat().st_mtime_ns == before
        status, out, _ = run(empty_course, "grade", name, "--force")
        assert re.search(r"alice +graded", out) and file.stat().st_mtime_ns != before
        first = next(iter(answers))
        put(empty_course, "alice", name, submit({first: answers[first]}))
        status, out, _ = run(empty_course, "grade", name)
        points = self._about(empty_course, "alice", name)["verdicts"][first]["points"]
        assert re.search(rf"alice +graded +{points:g} / {most:g}", out)
        assert sum(marks(empty_course, name)["alice"].values()) == points

    def test_a_written_answer_waits_for_a_person_and_keeps_the_mark(
        self, bubblewrap, empty_course, name, assignment, submit, run, tmp_path
    ):
        from nbgrader.api import Gradebook

        notebook = nbformat.reads(submit({}).decode(), 4)
        written = [c for c in notebook.cells if is_answer(c) and c.cell_type == "markdown"]
        assert written
        written[0].source = "Because the averages start at zero."
        question = grade_id(written[0])
        put(empty_course, "alice", name, nbformat.writes(notebook).encode())
        file = tmp_path / "points.csv"
        assert run(empty_course, "grade", name)[0] == 0
        out = run(empty_course, "report", name, "--csv", str(file))[1]
        assert re.search(r"^  alice .*\?", out, re.MULTILINE)
        (row,) = csv.DictReader(file.open())
        assert (row[question], row["all"]) == ("", "0")
        with Gradebook(
            f"sqlite:///{empty_course.directory}/gradebook.db", empty_course.name
        ) as gradebook:
            gradebook.find_grade(question, name, name, "alice").manual_score = 1.5
            gradebook.db.commit()
        assert run(empty_course, "grade", name, "--force")[0] == 0
        assert marks(empty_course, name)["alice"][question] == 1.5

    def test_what_needs_a_person_is_exit_status_1_and_the_rest_is_graded(
        self, bubblewrap, empty_course, name, submit, answers, run
    ):
        put(empty_course, "alice", name, submit(answers))
        put(empty_course, "bob", name, b"")
        (empty_course.directory / "submitted" / "carol" / name).mkdir(parents=True)
        put(empty_course, "dave", name, submit(answers), "My Answers.ipynb")
        (empty_course.directory / "submitted" / "stray.txt").write_text("not a folder")
        status, out, err = run(empty_course, "grade", name)
        assert status == 1
        assert re.search(r"bob +not a notebook +0 / \d+ +the file is empty", out)
        assert re.search(r"carol +not a notebook +0 / \d+ +the folder holds none", out)
        assert re.search(
            r"dave +graded +[1-9]\d* / \d+ +the notebook was called `My Answers.ipynb`", out
        )
        found = marks(empty_course, name)
        assert found["alice"] == found["dave"]
        assert sum(found["bob"].values()) == sum(found["carol"].values()) == 0

    def test_a_wrong_command_is_exit_status_2_and_one_line(
        self, empty_course, name, run, monkeypatch
    ):
        for arguments, says in (
            (("grade", "nothing"), f"the assignments are: .*{name}"),
            (("grade", name), "has no submissions"),
            (("feedback", "nothing"), "there is no assignment 'nothing'"),
            (("feedback", name), f"run autograder grade {name}"),
            (("report", name), f"run autograder grade {name}"),
        ):
            status, out, err = run(empty_course, *arguments)
            assert status == 2, arguments
            assert re.search(says, err) and len(err.splitlines()) == 1
            assert out == ""
        put(empty_course, "alice", name, b"{}")
        monkeypatch.setattr(host, "_trouble", lambda: "bubblewrap is missing")
        status, out, err = run(empty_course, "grade", name)
        assert status == 2 and "--sandbox none" in err and len(err.splitlines()) == 1
        status, out, err = run(empty_course, "grade", name, "--sandbox", "docker")
        assert status == 2 and "expected one of bubblewrap, none" in err
        assert not (empty_course.directory / "autograded").exists()

    def test_an_assignment_that_is_not_released(self, empty_course, name, run):
        put(empty_course, "alice", name, b"{}")
        shutil.rmtree(empty_course.directory / "release")
        status, _, err = run(empty_course, "grade", name)
        assert status == 2 and f"run autograder release {name}" in err

    def test_without_a_sandbox_one_line_warns(self, empty_course, name, submit, answers, run):
        put(empty_course, "alice", name, submit(answers))
        status, out, err = run(empty_course, "grade", name, "--sandbox", "none")
        assert status == 0
        assert err.splitlines() == [host.UNSAFE]
        assert re.search(r"alice +graded +[1-9]\d* / \d+", out)

    def test_a_database_that_cannot_be_reached(self, empty_course, name, run):
        put(empty_course, "alice", name, b"{}")
        db = "postgresql+psycopg://nobody@127.0.0.1:1/none"
        status, _, err = run(empty_course, "grade", name, "--sandbox", "none", "--db", db)
        assert status == 2
        assert (
            "127.0.0.1:1/none cannot be used: connection failed" in err
            and len(err.splitlines()) == 2
        )  # with the warning

    def test_the_report_has_every_student_exercise_and_mistake(
        self, course, name, demonstration, run, tmp_path
    ):
        file = tmp_path / "points.csv"
        status, out, _ = run(course, "report", name, "--csv", str(file))
        assert status == 0
        rows = {row["student"]: row for row in csv.DictReader(file.open())}
        assert set(rows) == set(demonstration)
        for student, result in demonstration.items():
            assert re.search(rf"^  {student} .* {result.earned:g}\b", out, re.MULTILINE)
            assert float(rows[student]["all"]) == pytest.approx(result.earned)
            for exercise, verdict in result.verdicts.items():
                assert float(rows[student][exercise]) == verdict["earned"]
        for exercise in authoring.exercises_of(course.checks_module(name)):
            for sentence, _ in demo.mistakes_made(exercise):
                if sentence == exercise.repair:
                    continue  # who does not answer makes no mistake
                made = sum(
                    r.verdicts[exercise.name]["mistake"] == sentence for r in demonstration.values()
                )
                assert made >= 1
                assert re.search(
                    rf"^  {made} +{exercise.name} +{re.escape(sentence)}$", out, re.MULTILINE
                )
        status, _, err = run(course, "report", name, "--csv", str(tmp_path / "none" / "x.csv"))
        assert status == 2 and "--csv" in err

    def test_an_export_has_the_scores_of_the_gradebook(
        self, course, name, demonstration, run, tmp_path
    ):
        file = tmp_path / "grades.csv"
        assert run(course, "export", str(file))[0] == 0
        rows = [row for row in csv.DictReader(file.open()) if row["assignment"] == name]
        assert {row["student_id"] for row in rows} == set(demonstration)
        for row in rows:
            assert float(row["score"]) == pytest.approx(demonstration[row["student_id"]].earned)
        status, _, err = run(course, "export", str(tmp_path / "none" / "x.csv"))
        assert status == 2 and "x.csv cannot be written" in err

    @staticmethod
    def _about(course, student, name):
        return folders.read_graded(
            course.directory / "autograded" / student / name / f"{name}.ipynb"
        )


HOSTILE = """<script>alert(1)</script><iframe src="http://example.com"></iframe>
<img src="http://example.com/x.png" onerror="alert(1)"> ![x](http://example.com/y.png)
[link](javascript:alert(1)) <style>@import 'http://example.com/z.css'</style>
<a href="data:text/html,<script>alert(1)</script>">x</a> <svg onload="alert(1)"></svg>"""


@pytest.fixture(scope="module")
def hostile(released, name, assignment, tmp_path_factory):
    """The course with the feedback of one hostile submission, mallory's, and of an empty one, alice's."""
    need_sandbox()
    made = tmp_path_factory.mktemp("hostile") / "course"
    shutil.copytree(released, made)
    course = Course.find(ROOT, directory=made)
    first, second = authoring.exercises_of(course.checks_module(name))[:2]
    answers = {
        first.name: standalone(first.mistakes[0][1], first.name, "exercise"),
        second.name: f"def {second.name}(*_, **__):\n    raise ValueError('<script>alert(2)</script>')",
    }
    prints = f"print('''{HOSTILE}''')\nraise ValueError('''{HOSTILE}''')"
    notebook = demo.notebook_with(assignment.released, answers, prints)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(HOSTILE))
    for cell in notebook.cells:
        if is_answer(cell) and cell.cell_type == "markdown":
            cell.source = f"My answer. {HOSTILE}"
    data = nbformat.writes(notebook).encode()
    folder = put(course, "mallory", name, data, "<script>alert(3)<script>.ipynb")
    (folder / "link").symlink_to(made / ".secret")
    put(course, "alice", name, nbformat.writes(assignment.released).encode())
    assert [r.state for r in many.grade_class(course, name)] == ["graded", "graded"]
    return course


class TestFeedback:
    def test_it_says_what_was_found_and_holds_only_text(self, hostile, name, run):
        from html.parser import HTMLParser

        status, out, _ = run(hostile, "feedback", name)
        assert status == 0
        pages = [Path(line) for line in out.splitlines()]
        assert [page.parent.parent.name for page in pages] == ["alice", "mallory"]
        assert [path.name for path in pages[1].parent.iterdir()] == [f"{name}.html"]
        graded = hostile.directory / "autograded" / "mallory" / name
        assert [path.name for path in graded.iterdir()] == [f"{name}.ipynb"]

        page = pages[1].read_text("utf-8")
        tags = []

        class Tags(HTMLParser):
            def handle_starttag(self, tag, attributes):
                tags.append((tag, dict(attributes)))

        Tags().feed(page)
        loads = "script iframe object embed link base form svg img video audio".split()
        assert not {tag for tag, _ in tags} & set(loads)
        for _, attributes in tags:
            assert not [key for key in attributes if key.startswith("on")]
            address = (attributes.get("href") or "").lower()
            assert not address.startswith(("javascript:", "data:", "vbscript:"))
        policies = [attributes.get("content") or "" for tag, attributes in tags if tag == "meta"]
        assert any(policy.startswith("default-src 'none'") for policy in policies)
        # What the student wrote is there, as text, and what was found is said.
        text = re.sub(r"<[^>]+>", "", page)
        assert "My answer." in text
        assert "&lt;script&gt;alert(1)" in page
        sentence = authoring.exercises_of(hostile.checks_module(name))[0].mistakes[0][0]
        assert _plain(sentence) in _plain(text)
        assert "raised ValueError" in text
        assert "the notebook was called" in text
        assert "not answered yet" in text

    def test_a_browser_asks_for_nothing_and_runs_nothing(self, hostile, name, run, browser):
        assert run(hostile, "feedback", name)[0] == 0
        address = (hostile.directory / "feedback" / "mallory" / name / f"{name}.html").as_uri()
        events = []
        page = browser.new_page()
        page.on("request", lambda request: events.append(request.url))
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        page.wait_for_timeout(500)
        assert "My answer." in page.inner_text("body")
        assert events == [address]

    def test_the_students_are_told_about_a_file_that_is_no_notebook(
        self, course, name, demonstration, run
    ):
        status, _, _ = run(course, "feedback", name)
        assert status == 0
        page = (
            course.directory / "feedback" / "demo-broken-empty" / name / f"{name}.html"
        ).read_text("utf-8")
        assert "not a notebook: the file is empty" in page


def _plain(text):
    return re.sub(r"[\s`]+|&\w+;|[<>\"']", "", text)


def test_an_answer_may_use_what_the_book_defines_and_what_the_student_added(
    assignment, answers, submit, grade
):
    first, second = list(answers)[:2]
    plan = assignment.plans[first]
    moved = {first: f"# the answer is in a cell of its own\n{answers[second]}"}
    graded = grade(submit(moved, answers[first]))
    assert graded.verdicts[first].earned == plan.points
    assert graded.verdicts[second].status == "right"

    stub = next(c.source for c in assignment.released.cells if grade_id(c) == first)
    body = answers[first].replace(stub.rsplit("\n", 1)[0], "").strip("\n")
    assert body.strip()
    graded = grade(submit({first: f"{stub}\n{body}"}))
    assert graded.verdicts[first].status == "right"
    assert "stands above your code" in graded.defects[0]


def test_an_answer_that_cannot_be_run_is_told_why(assignment, submit, grade):
    first, second, third, *_ = assignment.plans
    graded = grade(
        submit(
            {
                first: f"def {first}(x)\n    return x",
                second: f"import nothing_of_that_name\ndef {second}(x):\n    return x",
                third: "def another_name(x):\n    return x",
            }
        )
    )
    assert graded.verdicts[first].message.startswith(
        "raised SyntaxError: expected ':' (line 1 of the cell)"
    )
    assert "raised ModuleNotFoundError" in graded.verdicts[second].message
    assert graded.verdicts[third].status == "not answered"
    assert f"the cell `{third}` defines no function of that name" in graded.defects


def test_an_exception_does_not_tell_the_hidden_arguments(assignment, submit, grade):
    first = next(iter(assignment.plans))
    tells = f"def {first}(*args, **kwargs):\n    raise ValueError(f'bad: {{args}}')"
    verdict = grade(submit({first: tells})).verdicts[first]
    assert "raised ValueError, in the line: raise ValueError(f'bad: {args}') (" in verdict.message
    tells = f"def {first}(*args, **kwargs):\n    raise type(f'E{{args}}', (Exception,), {{}})"
    verdict = grade(submit({first: tells})).verdicts[first]
    assert "raised an exception" in verdict.message
    assert not re.search(r"\d\.\d", verdict.message)


def test_grading_is_a_function_of_its_arguments(answers, submit, grade):
    data = submit(dict(list(answers.items())[:3]))
    one, two = grade(data), grade(data)
    assert nbformat.writes(one.notebook) == nbformat.writes(two.notebook)
    nbformat.validate(one.notebook)


def test_the_cases_that_grade_are_not_those_that_students_see(course, name, assignment):
    from gradus.plan import read_cases
    from gradus.values import pack

    plans = read_cases(assignment.files[f"{name}.cases"])
    visible = {plan.exercise: plan for plan in plans}
    for exercise, plan in assignment.plans.items():
        assert pack(plan.to_data()) != pack(visible[exercise].to_data())


def test_a_postgresql_gradebook(bubblewrap, postgres, empty_course, name, submit, answers, run):
    put(empty_course, "alice", name, submit(answers))
    assert run(empty_course, "grade", name)[0] == 0
    # Graded for one gradebook is not graded for another.
    status, out, err = run(empty_course, "grade", name, "--db", postgres.address)
    assert status == 0, err
    assert re.search(r"alice +graded", out)
    assert marks(empty_course, name, postgres.address) == marks(empty_course, name)
    assert sum(marks(empty_course, name, postgres.address)["alice"].values()) > 0
    assert run(empty_course, "report", name, "--db", postgres.address)[0] == 0
    assert run(empty_course, "feedback", name, "--db", postgres.address)[0] == 0
    assert re.search(
        r"alice +unchanged", run(empty_course, "grade", name, "--db", postgres.address)[1]
    )


def test_a_submission_that_the_grader_fails_on_does_not_stop_the_others(
    bubblewrap, empty_course, name, submit, answers, monkeypatch
):
    put(empty_course, "alice", name, submit(answers, "alice = 1"))
    put(empty_course, "bob", name, submit(answers))
    plain = one.grade

    def fail(data, *others):
        if b"alice" in data:
            raise RuntimeError("a defect of the grader")
        return plain(data, *others)

    # The workers are forks of this process.
    monkeypatch.setattr(one, "grade", fail)
    alice, bob = many.grade_class(empty_course, name)
    assert alice.state == "failed"
    assert alice.note == "the grader failed: RuntimeError: a defect of the grader"
    assert (bob.state, bob.earned) == ("graded", bob.points)
    assert set(marks(empty_course, name)) == {"bob"}
    monkeypatch.undo()
    assert [r.state for r in many.grade_class(empty_course, name)] == ["graded", "unchanged"]


def test_the_class_is_written_only_for_what_is_released(course, tmp_path):
    fresh = Course.find(ROOT, directory=tmp_path)
    name = next(iter(fresh.chapters()))
    with pytest.raises(CourseError):
        demo.write_class(fresh, name)
