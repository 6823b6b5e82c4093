"""nbgrader's settings for this course: `nbgrader` reads this file where it is started."""

from autograder.course import Course, find_programs
from autograder.nbgrader_plugin import configuration

c = get_config()  # noqa: F821 (nbgrader defines it)
c.merge(Course.find().nbgrader_config())
c.merge(configuration(Course.find()))
find_programs()
