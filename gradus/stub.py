"""The line that stands where an answer is to be written, and what to do with one that was left above it."""

import ast
import itertools

STUB_LINE = 'raise NotImplementedError("replace this line with your answer")'


def past(source: str, tree: ast.Module | None = None) -> tuple[str, list[str]]:
    """Code with every stub's line that stands above other code passed over, and the functions' names.

    Parameters
    ----------
    source : str
    tree : Module, optional
        Its syntax tree, where it is known.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    if STUB_LINE not in source:
        return source, []
    lines, names = source.split("\n"), []  # as Python counts them
    for function in ast.walk(tree or ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for node, _ in itertools.pairwise(function.body):
                line = lines[node.lineno - 1]
                if line.strip() == STUB_LINE:
                    lines[node.lineno - 1] = line.replace(STUB_LINE, "pass")
                    names.append(function.name)
    return "\n".join(lines), names
