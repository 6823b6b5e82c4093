"""nbgrader's settings for this course: `nbgrader` reads this file where it is started."""

from autograder.course import Course, find_programs

c = get_config()  # noqa: F821 (nbgrader defines it)
c.merge(Course.find().nbgrader_config())
find_programs()
