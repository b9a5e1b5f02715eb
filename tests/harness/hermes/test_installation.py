"""One hermes-agent put together from what an interpreter answers: never mixed, each refusal one sentence."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SubjectError
from harness.hermes.environments import resolve
from harness.hermes.installation import ProbeAnswer, Source, check_import, describe, probe
from tests.harness.hermes.fake_index import make_venv, shim

MakeTree = Callable[..., Path]


def test_hermes_packages_from_another_place_are_refused(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site, "B")
    resolve(str(root), str(tmp_path / "venv/bin/python"))  # the given path has all of them, and goes first
    (site / "hermes_extra.py").write_text("")
    with pytest.raises(
        SubjectError, match=r"mix two hermes-agents: hermes_extra would come from .*site-packages"
    ):
        resolve(str(root), str(tmp_path / "venv/bin/python"))


def test_a_namespace_package_spread_over_two_places_is_refused(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    (root / "plugins/__init__.py").unlink()
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site, "A")
    with pytest.raises(SubjectError, match="mix two hermes-agents: plugins would come from"):
        resolve(str(root), str(tmp_path / "venv/bin/python"))


@pytest.mark.parametrize(("names", "missing"), [(("httpx",), "aiohttp"), (("aiohttp",), "httpx")])
def test_a_missing_dependency_is_refused_in_one_sentence(
    tmp_path: Path, tree: MakeTree, names: tuple[str, ...], missing: str
) -> None:
    tree(make_venv(tmp_path / "venv", *names))
    with pytest.raises(SubjectError, match=f"has no {missing}, which the QQ adapter needs") as raised:
        resolve(str(tmp_path / "venv"))
    assert ("aiohttp==3.13.3" in str(raised.value)) == (missing == "aiohttp")


def test_an_import_that_fails_is_reported_by_the_last_line_of_its_traceback(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path / "hermes")
    (root / "gateway/__init__.py").write_text("import nowhere_at_all\n")
    make_venv(root / ".venv", "aiohttp", "httpx")
    found = resolve(str(root))
    with pytest.raises(SubjectError, match=r"cannot be imported: ModuleNotFoundError: .*nowhere_at_all"):
        check_import(found.layout, found.interpreter, found.path_entries)


def test_the_description_names_version_place_hash_and_interpreter(index: Path, tmp_path: Path) -> None:
    found = resolve("0.19.0", cache=tmp_path / "cache")
    for part in ("hermes-agent 0.19.0", str(found.root), found.sha256[:12], found.python, "aiohttp 3.13.3"):
        assert part in found.description
    assert json.loads(json.dumps(found.subject()))["source"] == "release"


def answer(root: Path | None = None, **more: Any) -> ProbeAnswer:
    versions = {"aiohttp": "3.13.3", "httpx": "0.28.1"}
    given = {"python": "3.12.1", "native": False, "foreign": {}, "dependencies": versions, **more}
    return ProbeAnswer(root=root, **given)


def test_the_interpreter_says_what_it_finds_and_what_it_lacks(tmp_path: Path, tree: MakeTree) -> None:
    site = make_venv(tmp_path / "venv", "aiohttp")
    python = tmp_path / "venv/bin/python"
    assert probe(python, None).root is None
    tree(site)
    found = probe(python, None)
    assert (found.root, found.native, found.foreign) == (site, True, {})
    assert found.dependencies == {"aiohttp": "1.0", "httpx": None}
    assert found.python == ".".join(map(str, sys.version_info[:3]))


def test_an_interpreter_that_does_not_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="python does not run: "):
        probe(tmp_path / "python", None)
    shim(tmp_path, "python", "echo ImportError: no such thing >&2; exit 1")
    with pytest.raises(SubjectError, match=r"does not run: ImportError: no such thing$"):
        probe(tmp_path / "python", None)


def test_an_interpreter_that_is_too_old_says_its_version(tmp_path: Path) -> None:
    shim(tmp_path, "python", """echo '{"python": "3.8.2"}'""")
    with pytest.raises(SubjectError, match=r"is Python 3\.8\.2; the harness needs 3\.11 or newer"):
        probe(tmp_path / "python", None)


@pytest.mark.parametrize(
    ("source", "folder", "native", "needs_entry"),
    [
        ("installed", "somewhere", True, False),
        ("release", "site-packages", True, False),
        ("path", "site-packages", True, False),
        ("path", "checkout", True, True),
        ("path", "site-packages", False, True),
    ],
)
def test_a_folder_goes_on_the_path_unless_the_interpreter_finds_it_by_itself(
    tmp_path: Path, tree: MakeTree, source: Source, folder: str, native: bool, needs_entry: bool
) -> None:
    root = tree(tmp_path / folder)
    found = describe(source, root, Path("python"), answer(root, native=native))
    assert found.path_entries == ((root,) if needs_entry else ())


def test_two_foreign_packages_are_named_by_the_first_and_a_number(tmp_path: Path, tree: MakeTree) -> None:
    foreign = {"gateway": "/a/gateway", "hermes_cli": "/a/hermes_cli"}
    with pytest.raises(SubjectError, match="gateway and 1 more would come from /a/gateway;"):
        describe("path", tree(tmp_path), Path("python"), answer(foreign=foreign))


def test_the_subject_of_an_outcome_has_a_commit_only_where_there_is_one(
    tmp_path: Path, tree: MakeTree
) -> None:
    found = describe("path", tree(tmp_path), Path("python"), answer())
    assert found.subject() == {
        "name": "hermes-agent",
        "version": "0.19.0",
        "source": "path",
        "python": "3.12.1",
        "aiohttp": "3.13.3",
        "sha256": found.sha256,
    }
    changed = dataclasses.replace(found, commit="0123456789abcdef-dirty")
    assert changed.subject()["commit"] == "0123456789abcdef-dirty"
    assert " at 0123456789ab-dirty (" in changed.description
