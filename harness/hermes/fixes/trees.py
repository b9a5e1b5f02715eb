"""Walking through the syntax tree of a method, for fixes and repairs. Pure; standard library only."""

from __future__ import annotations

import ast
from collections.abc import Iterator

LOOP = "_listen_loop"
"""The method that listens and reconnects, in every layout with a loop of its own."""


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every block of statements of a function in source order; not those of functions inside it."""
    for _, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        if value and isinstance(value[0], ast.stmt):
            yield value
        for item in value:
            if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
                yield from blocks(item)


def is_bare_return(statement: ast.stmt) -> bool:
    """`return`, or `return None`."""
    if not isinstance(statement, ast.Return):
        return False
    value = statement.value
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
