"""A reference as a page shows it: code that runs where a reader pastes it.

Its decorators are left out: they look at the arguments and need `gradus.validation`. Above it stands
what it uses of its module, in the module's order, and the imports that the set-up cell lacks.
"""

import ast
from collections.abc import Iterator, Set
from symtable import SymbolTable, symtable


def shown(source: str, name: str, setup: str, exercises: Set[str] = frozenset()) -> str:
    """The code of a function, with what it needs above it, as its module has them.

    Parameters
    ----------
    source : str
        The module's text.
    name : str
        Of a function that the module defines.
    setup : str
        What has run before: its imports are not repeated.
    exercises : set of str
        Functions that are shown elsewhere on the page: of their docstrings one line is enough.
    """
    lines = source.split("\n")  # as Python counts them
    there = {(where, alias.name, said) for where, alias, said in _imports(ast.parse(setup))}
    tree = ast.parse(source)
    imports = {said: (where, alias) for where, alias, said in _imports(tree)}
    definitions = {bound: node for node in tree.body for bound in _bound(node)}
    wanted, open_names = {name}, [name]
    while open_names:
        text = _text(lines, definitions[open_names.pop()])
        found = _globals(symtable(text, name, "exec")) & (imports.keys() | definitions.keys())
        open_names += [other for other in found - wanted if other in definitions]
        wanted |= found
    above = [
        _import(where, alias)
        for said, (where, alias) in imports.items()
        if said in wanted and (where, alias.name, said) not in there
    ]
    used = [node for node in tree.body if wanted - {name} & set(_bound(node))]
    texts = [_text(lines, node, brief=not exercises.isdisjoint(_bound(node))) for node in used]
    parts = ["\n".join(above), *texts, _text(lines, definitions[name])]
    return "\n\n\n".join(filter(None, parts))


def signature(stub: str) -> str:
    """Of a stub the signature and the first sentence of its docstring; of a repair its program, too."""
    from gradus.stub import STUB_LINE  # late, as `gradus_overview.course_of` has it

    (node,) = ast.parse(stub).body
    lines = _text(stub.split("\n"), node, brief=True).split("\n")
    return "\n".join(line for line in lines if line.strip() != STUB_LINE)


def _imports(tree: ast.Module) -> Iterator[tuple[str, ast.alias, str]]:
    """The imports of a module: where from, what, and the name that it is given."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            where = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                yield where, alias, alias.asname or alias.name.split(".")[0]


def _import(where: str, alias: ast.alias) -> str:
    renamed = f" as {alias.asname}" if alias.asname else ""
    return (f"from {where} " if where else "") + f"import {alias.name}{renamed}"


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a definition binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = (part for target in targets for part in ast.walk(target))
        yield from (part.id for part in names if isinstance(part, ast.Name))


def _text(lines: list[str], node: ast.stmt, *, brief: bool = False) -> str:
    """A definition as its file has it, from `def`, not from its decorators, to its end."""
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    match node:
        case ast.FunctionDef(body=[ast.Expr(ast.Constant(str(doc))) as string, *_]) if brief:
            line = " " * string.col_offset + f'"""{doc.strip().splitlines()[0]}"""'
            end = string.end_lineno or string.lineno
            return "\n".join([*lines[first : string.lineno - 1], line, *lines[end:last]])
    return "\n".join(lines[first:last])


def _globals(table: SymbolTable) -> set[str]:
    """The names that a code looks up outside of itself, in inner functions too."""
    top = table.get_type() == "module"
    symbols = table.get_symbols()
    own = {s.get_name() for s in symbols if s.is_referenced() and (top or s.is_global())}
    return own.union(*map(_globals, table.get_children()))
