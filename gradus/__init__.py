"""Gradus, what a student imports: exercises and their checks, data, problems, figures, a small network."""

from gradus.exercises import CheckFailed, chapter, check, exercise, progress

__all__ = ["CheckFailed", "chapter", "check", "exercise", "progress"]
__version__ = "0.2.0"
