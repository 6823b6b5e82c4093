"""nbgrader's settings for this course: `nbgrader` reads this file where it is started.

Your own settings (due dates are in the gradebook, late penalties here) can follow at the end.
"""

from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader defines it)
try:
    from autograder.nbgrader_settings import configure

    configure(c, Path(__file__).parent)
except Exception as error:
    # nbgrader would only log it, and run submissions without a sandbox.
    raise SystemExit(f"nbgrader_config.py: {type(error).__name__}: {error}") from error
