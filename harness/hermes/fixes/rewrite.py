"""Laying a named fix over the adapter, in the worker's memory, while it is imported.

    install("gateway.platforms.qqbot.adapter", "QQAdapter", "detached")
    import gateway.platforms.qqbot.adapter          # the file on disk is as it was

The source is parsed, statements are put around the three exits of `_listen_loop`, and the tree is compiled
under the original file's name. New statements carry the line number of the statement that they stand beside,
so tracebacks, `inspect` and a debugger still point into the file. Nothing is cached: the next process that
imports the same file gets it as shipped. Standard library only.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from itertools import pairwise
from types import CodeType, ModuleType

from harness.errors import HarnessError, SubjectError
from harness.hermes.fixes.repairs import REPAIRS
from harness.hermes.fixes.table import FIXES, SITES, NamedFix
from harness.hermes.fixes.trees import LOOP, blocks, is_bare_return
from harness.hermes.layouts import find_method

MARK = "_mark_disconnected"


def install(module: str, class_name: str, fix: str) -> None:
    """From now on, importing `module` gives it with the named fix.

    Raises HarnessError if the module is imported already or the fix is not in the table. That the fix does
    not apply shows when the module is imported: SubjectError, see `rewrite`.
    """
    if fix not in FIXES:
        raise HarnessError(f"there is no fix named {fix}")
    if module in sys.modules:
        raise HarnessError(f"{module} was imported before the fix {fix} was laid over it")
    sys.meta_path.insert(0, _Finder(module, class_name, FIXES[fix]))


def rewrite(source: bytes | str, filename: str, class_name: str, fix: NamedFix) -> ast.Module:
    """The module's tree with the fix at all its exits, and with what else the fix repairs.

    Raises SubjectError where there are not exactly three exits: the fix "does not apply".
    """
    tree = ast.parse(source, filename)
    found = sites(tree, class_name)
    if len(found) != SITES:
        raise SubjectError(
            f"the fix {fix.name} does not apply: {filename} has {len(found)} exits of the kind that it "
            f"repairs, not {SITES}"
        )
    # From the last exit to the first: an insertion moves what stands behind it in the same block.
    for block, index in reversed(found):
        mark = block[index]
        before, after = fix.statements()
        for statement in (*before, *after):
            # Each node gets a line number of the original file, or a traceback would show another line.
            for node in ast.walk(statement):
                ast.copy_location(node, mark)
        block[index : index + 1] = [*before, mark, *after]
    for repair in fix.repairs:
        REPAIRS[repair](tree, class_name)
    return ast.fix_missing_locations(tree)


def sites(tree: ast.Module, class_name: str) -> list[tuple[list[ast.stmt], int]]:
    """The exits: a block of statements, and the index of `self._mark_disconnected()` before a `return`."""
    loop = find_method(tree, class_name, LOOP)
    if not isinstance(loop, ast.AsyncFunctionDef):
        return []
    return [
        (block, index)
        for block in blocks(loop)
        for index, (first, second) in enumerate(pairwise(block))
        if _is_mark(first) and is_bare_return(second)
    ]


def _is_mark(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr=attribute), args=[], keywords=[]
            )
        ):
            return bool(attribute == MARK)
    return False


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the file as usual, compiles the rewritten tree, and neither reads nor writes a .pyc."""

    def __init__(self, module: str, path: str, class_name: str, fix: NamedFix) -> None:
        super().__init__(module, path)
        self._class_name = class_name
        self._fix = fix

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = rewrite(self.get_data(path), path, self._class_name, self._fix)
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module as Python would, and gives it `_Loader`; leaves all others to the next finder."""

    def __init__(self, module: str, class_name: str, fix: NamedFix) -> None:
        self._module = module
        self._class_name = class_name
        self._fix = fix

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        # PathFinder, not importlib.util.find_spec: that one would ask this finder again, without end.
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin, self._class_name, self._fix)
        return importlib.util.spec_from_file_location(
            fullname,
            spec.origin,
            loader=loader,
            submodule_search_locations=spec.submodule_search_locations,
        )
