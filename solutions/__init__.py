"""The reference implementations of the book, one module for each chapter, and how each exercise is judged."""
