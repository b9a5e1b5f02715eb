"""Who imports whom in the sources: read from the syntax trees, nothing is imported.

An import counts wherever it stands: in a function, or for the type checker only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("fake_qq_server", "harness")


@dataclass(frozen=True)
class Module:
    """One module: those of ours that its statements import, the packages of ours that are imported on the way
    (the `__init__` of each package that it does not stand in), and the top-level names of all others."""

    ours: frozenset[str]
    others: frozenset[str]
    on_the_way: frozenset[str] = frozenset()

    @property
    def imports(self) -> frozenset[str]:
        """Every module of ours that runs when it is imported."""
        return self.ours | self.on_the_way


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


def reachable(starts: Iterable[str], graph: Mapping[str, Module]) -> set[str]:
    """The modules that importing these may import, with themselves and the packages that they stand in."""
    begin = {one for start in starts for one in (start, *_packages(start))}
    return begin | {one for start in begin for one in _reached(start, graph)}


def _packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))


def _reached(name: str, graph: Mapping[str, Module]) -> set[str]:
    seen: set[str] = set()
    todo = list(graph[name].imports)
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += graph[one].imports
    return seen


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The absolute names in the import statements among these nodes; `from a import b` gives a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports of ours are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(path: Path, files: Mapping[str, Path]) -> Module:
    tree = ast.parse(path.read_bytes(), str(path))
    names = set(imported(ast.walk(tree)))
    names |= set(_imported_by_call(tree))
    ours = {found for name in names if (found := _nearest(name, files)) is not None}
    own = next(name for name, file in files.items() if file == path)
    on_the_way = {package for one in ours for package in _packages(one)} - {own, *_packages(own)}
    others = {name.partition(".")[0] for name in names} - {*PACKAGES, "__future__"}
    return Module(frozenset(ours), frozenset(others), frozenset(on_the_way))


def _imported_by_call(tree: ast.AST) -> Iterator[str]:
    """What `importlib.import_module("...")` and `__import__("...")` name, where it is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield str(node.args[0].value)


def _nearest(name: str, files: Mapping[str, Path]) -> str | None:
    """The module of ours that a name stands in: itself, or what defines it."""
    return next((one for one in (name, name.rpartition(".")[0]) if one in files), None)


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
