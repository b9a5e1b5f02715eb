"""Layouts are told apart by what the adapter can do, from its text alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SubjectError
from harness.hermes import layouts
from harness.hermes.environments import resolve

MakeTree = Callable[..., Path]


@pytest.mark.parametrize("name", ["A", "A1", "B", "C"])
def test_each_layout_of_the_table_is_recognised(tmp_path: Path, tree: MakeTree, name: str) -> None:
    row = layouts.recognise(tree(tmp_path, name))
    assert row.name == name
    assert (tmp_path / row.file).is_file()
    assert row.module.replace(".", "/") in str(Path(row.file).with_suffix(""))


def test_the_layout_with_the_sdk_is_known_but_cannot_be_driven(tmp_path: Path, tree: MakeTree) -> None:
    with pytest.raises(SubjectError, match=r"layout C .* cannot be driven yet"):
        layouts.drivable(tree(tmp_path, "C"))


def test_an_adapter_that_is_a_plugin_is_taken_before_one_in_the_gateway(
    tmp_path: Path, tree: MakeTree
) -> None:
    tree(tmp_path, "A")
    assert layouts.recognise(tree(tmp_path, "B")).name == "B"


def test_an_adapter_of_an_unknown_layout_is_refused_in_one_sentence(tmp_path: Path, tree: MakeTree) -> None:
    tree(tmp_path, "A")
    (tmp_path / "gateway/platforms/qqbot/adapter.py").write_text("class QQAdapter:\n    pass\n")
    with pytest.raises(SubjectError, match="layout that is not known") as raised:
        layouts.recognise(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_folder_without_an_adapter_is_refused_with_the_files_that_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"no QQ adapter found.*gateway/platforms/qqbot/adapter\.py"):
        layouts.recognise(tmp_path)


def test_an_adapter_with_a_merge_conflict_is_refused_with_its_line(tmp_path: Path, tree: MakeTree) -> None:
    tree(tmp_path, "A")
    (tmp_path / "gateway/platforms/qqbot/adapter.py").write_text("x = 1\n<<<<<<< HEAD\n")
    with pytest.raises(SubjectError, match=r"adapter\.py:2: is not Python"):
        layouts.recognise(tmp_path)


def test_a_layout_is_recognised_without_importing_the_adapter(tmp_path: Path, tree: MakeTree) -> None:
    tree(tmp_path, "A")
    adapter = tmp_path / "gateway/platforms/qqbot/adapter.py"
    adapter.write_text("raise SystemExit(1)\n" + adapter.read_text().split('"""\n', 1)[1].split("\n", 1)[1])
    assert layouts.recognise(tmp_path).name == "A"


def test_find_method_does_not_find_inherited_methods() -> None:
    module = ast.parse("class A:\n    def f(self): pass\nclass B(A):\n    pass\n")
    assert layouts.find_method(module, "A", "f") is not None
    assert layouts.find_method(module, "B", "f") is None


@pytest.mark.release
@pytest.mark.parametrize("release", ["0.13.0", "0.16.0", "0.19.0"])
def test_the_releases_have_layout_a_and_what_its_row_names(release: str) -> None:
    found = resolve(release)
    assert found.layout.name == "A"
    module = ast.parse((found.root / found.layout.file).read_bytes())
    for method in found.layout.watched:
        assert layouts.find_method(module, found.layout.class_name, method), method
    bound = {
        alias.asname or alias.name
        for node in ast.walk(module)
        for alias in getattr(node, "names", ())
        if isinstance(alias, ast.alias)
    }
    assert set(found.layout.endpoints) <= bound
