"""A commit of a checkout as a subject: taken out of its repository, which stays as it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.hermes import commits
from harness.hermes.environments import resolve, resolve_against
from tests.harness.hermes.fake_index import make_venv

MakeTree = Callable[..., Path]
ADAPTER = "gateway/platforms/qqbot/adapter.py"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.email=a@example.org", "-c", "user.name=a", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, tree: MakeTree) -> Path:
    """Two commits; the second one adds a line to the adapter, which the working tree has no more."""
    root = tree(tmp_path / "src", version=None)
    (root / "pyproject.toml").write_text('[project]\nname = "hermes-agent"\nversion = "0.0.0"\n')
    (root / "tests").mkdir()
    (root / "tests" / "test_x.py").write_text("")
    make_venv(root / ".venv", "aiohttp", "httpx")
    (root / ".gitignore").write_text(".venv\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    text = (root / ADAPTER).read_text()
    (root / ADAPTER).write_text(text + "SECOND = 1\n")
    git(root, "commit", "-qam", "second")
    (root / ADAPTER).write_text(text + "UNCOMMITTED = 1\n")
    return root


def test_what_was_committed_is_run_and_the_working_tree_stays_as_it_is(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = git(checkout, "status", "--porcelain")
    monkeypatch.chdir(checkout)
    found = resolve("git:HEAD", cache=tmp_path / "cache")
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert (found.root / ADAPTER).read_text().endswith("SECOND = 1\n")
    assert found.interpreter == checkout / ".venv/bin/python"
    assert not (found.root / "tests").exists()
    assert git(checkout, "status", "--porcelain") == before
    assert git(checkout, "worktree", "list").count("\n") == 0


def test_against_takes_a_commit_of_the_checkout_that_is_judged(checkout: Path, tmp_path: Path) -> None:
    found = resolve_against("HEAD~1", str(checkout), None, tmp_path / "cache", say=lambda line: None)
    assert found.commit == git(checkout, "rev-parse", "HEAD~1")
    assert "SECOND" not in (found.root / ADAPTER).read_text()


def test_a_commit_is_taken_out_once(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    first = commits.take("HEAD", checkout, cache)
    monkeypatch.setattr(commits, "_unpack", lambda *_: pytest.fail("unpacked again"))
    assert commits.take("HEAD", checkout, cache) == first


def test_the_oldest_are_dropped(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "KEPT", 1)
    cache = tmp_path / "cache"
    old, _ = commits.take("HEAD~1", checkout, cache)
    os.utime(old, (1, 1))
    new, _ = commits.take("HEAD", checkout, cache)
    assert [one.name for one in (cache / "commits").iterdir()] == [new.name]


@pytest.mark.parametrize("ref", ["nope", "--help", "HEAD~99", ""])
def test_what_is_no_commit_is_one_sentence(checkout: Path, tmp_path: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="no such commit in"):
        commits.take(ref, checkout, tmp_path / "cache")


def test_outside_of_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is in no git checkout"):
        resolve("git:HEAD")
