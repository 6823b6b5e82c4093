"""The autograder, what an instructor runs: release, grade, feedback, report. It knows of no chapter."""
