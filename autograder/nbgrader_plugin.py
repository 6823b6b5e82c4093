"""How nbgrader grades with us: an exporter that repairs what it reads, a preprocessor in place of Execute.

`nbgrader autograde NAME`, formgrader and `autograder grade NAME` all meet the same two classes. Neither falls
back to running a submission in a plain kernel: where the sandbox does not work they raise.
"""

import copy
import functools
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder.course import Course, CourseError
from autograder.folders import carry
from autograder.grade import one, reading

# Where the nbgrader_config.py of a course that is older than 0.2 looks for it.
from autograder.nbgrader_settings import configure as configure
from autograder.sandbox import host


class SubmissionExporter(NotebookExporter):
    """Reads a submission, whatever it is, as the notebook that was released with the student's code in it."""

    course = Unicode(help="The folder of the course.").tag(config=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # nbgrader would copy whatever lies beside a submission into autograded/, and from there into feedback/.
        # Formgrader collects submissions with the same settings: those are left as they are.
        converter: Any = self.parent
        if getattr(converter, "coursedir", None) is not None:
            converter.coursedir = copy.copy(converter.coursedir)
            converter.coursedir.ignore = ["*"]

    def from_filename(self, filename, resources=None, **kwargs):
        """Repair a submitted file; read a file of nbgrader's own as it is."""
        names = (resources or {}).get("nbgrader", {})
        assert self.parent is not None  # nbgrader's converter makes it
        directory = self.parent.coursedir
        submitted = directory.format_path(
            directory.submitted_directory, names.get("student", "."), names.get("assignment", ".")
        )
        folder = Path(submitted)
        if Path(filename).resolve().parent != folder.resolve():
            return super().from_filename(filename, resources=resources, **kwargs)
        # nbgrader follows links when it copies a submission, and again into feedback.
        found = (folder.parent, folder, *folder.rglob("*"))
        if link := next((path for path in found if path.is_symlink()), None):
            raise CourseError(
                f"the submission holds a link, {link.name}: remove it, or use autograder grade, which follows none"
            )
        assignment = load(self.course, str(directory.root), names["assignment"])
        graded = directory.format_path(
            directory.autograded_directory, names["student"], names["assignment"]
        )
        carry(folder, Path(graded))
        file, renamed = reading.locate(folder, assignment.name, assignment.released)
        repaired = one.read(reading.load(file), assignment, renamed)
        return self.from_notebook_node(repaired.notebook, resources=resources, **kwargs)


class GradeInSandbox(NbGraderPreprocessor):
    """Runs a submission in the sandbox and writes the verdicts into its check cells, for nbgrader to read."""

    course = Unicode(help="The folder of the course.").tag(config=True)
    sandbox = Unicode("bubblewrap", help="Of autograder.sandbox.host.KINDS.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Grade one notebook that `SubmissionExporter` has read."""
        host.require(self.sandbox)
        root = str(self.parent.parent.coursedir.root)
        assignment = load(self.course, root, resources["nbgrader"]["assignment"])
        within = _sandbox(assignment, self.sandbox, host.Limits.of(Course.find(Path(self.course))))
        return one.grade_notebook(nb, assignment, within).notebook, resources


_sandboxes: dict[str, host.Sandbox] = {}


def _sandbox(assignment: one.Assignment, kind: str, limits: host.Limits) -> host.Sandbox:
    """One for all submissions of an assignment; it ends with this process, or with the next assignment."""
    name = assignment.fingerprint(None)
    if name not in _sandboxes:
        for other in list(_sandboxes):
            _sandboxes.pop(other).close()
        _sandboxes[name] = assignment.sandbox(kind, limits)
    return _sandboxes[name]


@functools.cache
def load(course: str, directory: str, name: str) -> one.Assignment:
    """The assignment of that name, read once."""
    return one.Assignment.load(Course.find(Path(course), directory=directory), name)
