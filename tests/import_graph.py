"""Who imports whom in the sources: read from the syntax trees, nothing is imported.

An import counts wherever it stands: in a function, or for the type checker only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("fake_qq_server", "harness")


@dataclass(frozen=True)
class Module:
    """One module: those of ours that it imports, and the top-level names of all others."""

    ours: frozenset[str]
    others: frozenset[str]


def read(root: Path = ROOT) -> dict[str, Module]:
    """Every module of the two packages under `root`, by its dotted name."""
    files = {_name(path, root): path for package in PACKAGES for path in (root / package).rglob("*.py")}
    return {name: _module(path, files) for name, path in files.items()}


def circles(graph: Mapping[str, Module]) -> list[list[str]]:
    """Every set of modules that import each other in a ring, each sorted."""
    reach = {name: _reached(name, graph) for name in graph}
    rings = {
        tuple(sorted(other for other in seen if name in reach[other]))
        for name, seen in reach.items()
        if name in seen
    }
    return sorted(list(ring) for ring in rings)


def _reached(name: str, graph: Mapping[str, Module]) -> set[str]:
    seen: set[str] = set()
    todo = list(graph[name].ours)
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += graph[one].ours
    return seen


def _module(path: Path, files: Mapping[str, Path]) -> Module:
    names = set(_imported(ast.parse(path.read_bytes(), str(path)), files))
    ours = {name for name in names if name in files}
    others = {name.partition(".")[0] for name in names - ours}
    return Module(frozenset(ours), frozenset(others - set(PACKAGES) - {"__future__"}))


def _imported(tree: ast.AST, files: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports of ours are absolute"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in files else node.module for name in inside)


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
