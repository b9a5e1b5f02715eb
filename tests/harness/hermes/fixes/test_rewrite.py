"""The named fixes: where they go, what they add, and that the file on disk stays as it was."""

from __future__ import annotations

import ast
import asyncio
import importlib
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from harness.errors import HarnessError, SubjectError, UsageError
from harness.hermes import fixes
from harness.hermes.environments import resolve
from harness.hermes.fixes import rewrite
from harness.hermes.fixes.table import FIXES
from tests.harness.hermes.conftest import MakeTree
from tests.harness.hermes.fixes.subjects import installation

MODULE = "gateway.platforms.qqbot.adapter"

FINAL, RETRYABLE = ("qq_reconnect_exhausted", False), ("qq_reconnect_exhausted", True)
EXPECTED = {
    "flag-only": [RETRYABLE, "mark"],
    "inline-final": [FINAL, "mark", "notified"],
    "inline-retryable": [RETRYABLE, "mark", "notified"],
    "detached": [RETRYABLE, "mark", "notified"],
    "reference": [RETRYABLE, "mark", "notified"],
}


@pytest.fixture
def imported(
    tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], ModuleType]]:
    """`imported(fix)` is the stand-in adapter's module, imported with the fix laid over it."""
    monkeypatch.syspath_prepend(tree(tmp_path))
    before = set(sys.modules)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))

    def load(fix: str) -> ModuleType:
        rewrite.install(MODULE, "QQAdapter", fix)
        return importlib.import_module(MODULE)

    yield load
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "gateway":
            del sys.modules[name]


async def run(adapter: object) -> list[object]:
    await adapter._listen_loop()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    return adapter.calls  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    "failure", [ConnectionError(), ConnectionError("x"), ValueError()], ids=["1", "2", "3"]
)
@pytest.mark.parametrize("name", FIXES)
async def test_each_named_fix_acts_at_each_of_the_three_exits(
    imported: Callable[[str], ModuleType], name: str, failure: Exception
) -> None:
    module = imported(name)
    assert await run(module.QQAdapter([failure])) == EXPECTED[name]


async def test_a_detached_handler_runs_in_a_task_of_its_own(imported: Callable[[str], ModuleType]) -> None:
    adapter = imported("detached").QQAdapter([ValueError()])
    await adapter._listen_loop()
    assert "notified" not in adapter.calls
    await adapter._qqchaos_notifying
    assert adapter.calls[-1] == "notified"


async def test_tracebacks_through_a_fixed_method_show_lines_of_the_file(
    imported: Callable[[str], ModuleType],
) -> None:
    module = imported("inline-final")
    adapter = module.QQAdapter([ValueError()])
    adapter._set_fatal_error = lambda *_, **__: 1 / 0
    with pytest.raises(ZeroDivisionError) as raised:
        await adapter._listen_loop()
    frame = traceback.extract_tb(raised.tb)[1]
    assert (frame.name, frame.line) == ("_listen_loop", "self._mark_disconnected()")


def test_a_fix_changes_neither_the_file_nor_its_bytecode_cache(
    imported: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    adapter = tmp_path / "gateway/platforms/qqbot/adapter.py"
    before = adapter.read_bytes()
    module = imported("detached")
    assert module.__file__ == str(adapter)
    assert adapter.read_bytes() == before
    assert not list(adapter.parent.glob("__pycache__/adapter.*"))


def test_bytecode_cached_without_the_fix_is_not_used(
    imported: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    import py_compile

    py_compile.compile(str(tmp_path / "gateway/platforms/qqbot/adapter.py"))
    assert "_notify_fatal_error" in imported("inline-final").QQAdapter._listen_loop.__code__.co_names


def test_a_fix_cannot_be_installed_after_the_module_was_imported(
    imported: Callable[[str], ModuleType],
) -> None:
    imported("detached")
    with pytest.raises(HarnessError, match="was imported before"):
        rewrite.install(MODULE, "QQAdapter", "detached")


EXIT = "self._mark_disconnected()\n{indent}return\n"
DEEP, SHALLOW = (EXIT.format(indent=" " * width) for width in (20, 16))


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("return False", "self._mark_disconnected()\n        return", 3),  # another method
        (DEEP, DEEP.replace("return", "return None"), 3),
        (DEEP, DEEP.replace("return", "return 1"), 1),
        (DEEP, DEEP.replace("disconnected()", "disconnected(1)"), 1),
        (DEEP, DEEP.replace("self", "other"), 1),
        (SHALLOW, SHALLOW.replace("return", "continue"), 2),
        (SHALLOW, SHALLOW.replace("return", "print()\n                return"), 2),
    ],
)
def test_only_a_mark_before_a_bare_return_in_the_loop_counts_as_an_exit(
    tmp_path: Path, tree: MakeTree, old: str, new: str, count: int
) -> None:
    source = (tree(tmp_path) / "gateway/platforms/qqbot/adapter.py").read_text()
    assert old in source
    assert len(rewrite.sites(ast.parse(source.replace(old, new)), "QQAdapter")) == count


def test_exits_of_a_function_defined_inside_the_loop_do_not_count() -> None:
    source = """
class QQAdapter:
    async def _listen_loop(self):
        async def inner():
            self._mark_disconnected()
            return
        await inner()
"""
    assert rewrite.sites(ast.parse(source), "QQAdapter") == []


def test_a_fix_does_not_apply_to_an_adapter_with_two_exits(tmp_path: Path, tree: MakeTree) -> None:
    adapter = tree(tmp_path) / "gateway/platforms/qqbot/adapter.py"
    adapter.write_text(
        adapter.read_text().replace("            except Exception:\n                self._mark", "#")
    )
    adapter.write_text(adapter.read_text().replace("#_disconnected()\n                return\n", ""))
    with pytest.raises(SubjectError, match=r"detached does not apply: .* has 2 exits"):
        fixes.choose("detached", installation(tmp_path))


def test_each_named_fix_has_a_hash_of_its_own_and_leaves_the_installation_as_it_is(
    tmp_path: Path, tree: MakeTree
) -> None:
    found = installation(tree(tmp_path))
    chosen = [fixes.choose(name, found) for name in FIXES]
    names = ["flag-only", "inline-final", "inline-retryable", "detached", "reference"]
    assert [fix.name for fix in chosen] == names
    assert {fix.kind for fix in chosen} == {"named"}
    assert len({fix.sha256 for fix in chosen}) == len(names)
    assert [fix.name for fix in FIXES.values() if not fix.upstream] == ["reference"]
    assert fixes.lay_over(chosen[0], found, tmp_path / "unused") is found


def test_an_unknown_fix_is_a_usage_error_that_names_the_known_ones(tmp_path: Path, tree: MakeTree) -> None:
    with pytest.raises(UsageError, match="neither a file nor one of flag-only, inline-final"):
        fixes.choose("detatched", installation(tree(tmp_path)))


@pytest.mark.release
@pytest.mark.parametrize("name", FIXES)
@pytest.mark.parametrize("release", ["0.13.0", "0.16.0", "0.19.0"])
def test_every_fix_finds_three_exits_in_the_releases(release: str, name: str) -> None:
    found = resolve(release)
    source = (found.root / found.layout.file).read_bytes()
    assert len(rewrite.sites(ast.parse(source), found.layout.class_name)) == 3
    module = rewrite.rewrite(source, found.layout.file, found.layout.class_name, FIXES[name])
    assert ast.unparse(module).count("qq_reconnect_exhausted") == 3
    assert fixes.choose(name, found).kind == "named"
