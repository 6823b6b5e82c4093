"""What `nbgrader_config.py` calls, so that nbgrader grades with the classes of `nbgrader_plugin`.

Apart from them, since `autograder grade` reads that file too: their imports would take half of its start.
"""

from pathlib import Path

from traitlets.config import Config

from autograder.course import Course, find_programs


def configure(config: Config, root: Path, directory: Path | None = None) -> None:
    """Put into nbgrader's configuration what makes it grade a course with these classes.

    Parameters
    ----------
    config : Config
        What `get_config()` gives in `nbgrader_config.py`.
    root : Path
        The folder of the course.
    directory : Path, optional
        nbgrader's folders, if they are not where the course has them.

    Raises
    ------
    CourseError
        If there is no course. Let nothing but the end of the process follow: nbgrader itself only logs it.
    """
    course = Course.find(root, directory=directory)
    config.merge(course.nbgrader_config())
    config.merge(configuration(course))
    find_programs()


def configuration(course: Course, kind: str = "bubblewrap") -> Config:
    """What makes nbgrader grade with these classes."""
    ours = "autograder.nbgrader_plugin"
    config = Config()
    config.SubmissionExporter.course = str(course.root)
    config.GradeInSandbox.course = str(course.root)
    config.GradeInSandbox.sandbox = kind
    config.OverwriteCells.add_missing_cells = True
    config.Autograde.exporter_class = f"{ours}.SubmissionExporter"
    config.Autograde.autograde_preprocessors = [
        f"{ours}.GradeInSandbox",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    return config
