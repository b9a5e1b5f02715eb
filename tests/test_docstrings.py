"""Every public name of the two packages has a docstring: modules, classes, functions, methods, properties.

Exempt are private names (a leading underscore, dunder methods too), what is defined inside a function, and
the setter of a property, whose getter has one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.import_graph import ROOT

SOURCES = sorted(path for package in ("harness", "fake_qq_server") for path in (ROOT / package).rglob("*.py"))

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def is_setter(definition: Definition) -> bool:
    """Whether it is decorated as `@NAME.setter`."""
    return any(isinstance(one, ast.Attribute) and one.attr == "setter" for one in definition.decorator_list)


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """The public definitions in a module's or a class's body, also those under an `if`, `try` or `with`."""
    for node in body:
        if isinstance(node, Definition):
            if node.name.startswith("_") or is_setter(node):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")
        else:
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
            yield from public(inner, prefix)


def undocumented(source: str) -> list[str]:
    """The names that lack a docstring, as `line NUMBER: NAME`; the module's own is `module`."""
    tree = ast.parse(source)
    lacking = [] if ast.get_docstring(tree) else ["line 1: module"]
    return lacking + [
        f"line {one.lineno}: {name}" for name, one in public(tree.body) if not ast.get_docstring(one)
    ]


def test_every_public_name_has_a_docstring() -> None:
    assert SOURCES
    lacking = [
        f"{path.relative_to(ROOT)}, {one}"
        for path in SOURCES
        for one in undocumented(path.read_text("utf-8"))
    ]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("", ["line 1: module"]),
        ("'M.'\ndef f(): ...", ["line 2: f"]),
        ("'M.'\nasync def f(): ...", ["line 2: f"]),
        ("'M.'\nclass A:\n  'A.'\n  def f(self): ...", ["line 4: A.f"]),
        ("'M.'\nif True:\n  class A: ...", ["line 3: A"]),
        ("'M.'\ndef _f(): ...\nclass A:\n  'A.'\n  def __init__(self): ...", []),
        ("'M.'\nclass A:\n  'A.'\n  @f.setter\n  def f(self, value): ...", []),
        ("'M.'\ndef f():\n  'F.'\n  def inner(): ...", []),
    ],
)
def test_a_name_without_a_docstring_is_found_by_its_line(source: str, lacking: list[str]) -> None:
    assert undocumented(source) == lacking
