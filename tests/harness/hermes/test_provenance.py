"""What a folder with hermes-agent says about itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from harness.hermes import provenance

MakeTree = Callable[..., Path]


def test_a_checkout_has_its_commit_and_says_where_hermes_packages_differ_from_it(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path / "hermes", version=None)
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    commit = provenance.commit(root)
    assert commit is not None
    assert len(commit) == 40
    (root / "unrelated.txt").write_text("x")
    assert provenance.commit(root) == commit
    (root / "gateway/run.py").write_text("x = 1\n")
    assert provenance.commit(root) == f"{commit}-dirty"
    assert provenance.commit(root / "gateway") is None


def test_the_version_is_that_of_the_metadata_else_of_the_pyproject_else_none(
    tmp_path: Path, tree: MakeTree
) -> None:
    assert provenance.version(tree(tmp_path / "wheel", version="0.18.0")) == "0.18.0"
    checkout = tree(tmp_path / "checkout", version=None)
    assert provenance.version(checkout) is None
    project = checkout / "pyproject.toml"
    project.write_text('[project]\nname = "hermes-agent"\nversion = "0.0.0"\n')
    assert provenance.version(checkout) == "0.0.0"
    project.write_text('[project]\nname = "something-else"\nversion = "1.0"\n')
    assert provenance.version(checkout) is None
    assert provenance.project(checkout) == ("something-else", "1.0")


def test_hermes_own_code_in_a_wheel_is_what_its_metadata_lists(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path)
    (root / "aiohttp").mkdir()
    (root / "aiohttp/__init__.py").touch()
    assert provenance.own_names(root) == {"gateway", "plugins", "hermes_cli", "hermes_constants.py"}


def test_hermes_own_code_in_a_checkout_is_every_package_that_is_shipped(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path, version=None)
    for name in ("tests", "agent", "data"):
        (root / name).mkdir()
    for name in ("tests/test_x.py", "agent/__init__.py", "setup.py"):
        (root / name).touch()
    assert provenance.own_names(root) == {"gateway", "plugins", "hermes_cli", "hermes_constants.py", "agent"}


def test_the_content_hash_changes_with_a_name_or_a_byte_and_with_nothing_else(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path)
    first = provenance.content_hash(root)
    (root / "gateway/notes.txt").write_text("x")
    (root / "hermes_constants.py").write_text("HOME = 1\n")
    assert provenance.content_hash(root) == first
    (root / "gateway/run.py").rename(root / "gateway/runs.py")
    second = provenance.content_hash(root)
    (root / "gateway/runs.py").write_text("x = 1\n")
    assert len({first, second, provenance.content_hash(root)}) == 3


def test_the_stamp_changes_when_a_file_is_written_again(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path)
    first = provenance.stamp(root)
    assert provenance.stamp(root) == first
    (root / "gateway/run.py").write_text("x = 1\n")
    assert provenance.stamp(root) != first
