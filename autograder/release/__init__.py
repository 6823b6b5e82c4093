"""From a chapter to the notebook that a student gets."""
