"""The environment of a checkout: what goes into it, when it is made, and which Python it gets. No network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SubjectError, UsageError
from harness.hermes import checkouts, interpreters
from harness.hermes.environments import resolve
from tests.harness.hermes.fake_index import forbid_processes, installed

MakeTree = Callable[..., Path]

PROJECT = """
[project]
name = "hermes-agent"
version = "0.0.0"
requires-python = ">=3.11,<3.14"
dependencies = ["httpx==0.28.1"]
[project.optional-dependencies]
homeassistant = ["aiohttp==3.13.0"]
messaging = ["discord.py==2.7.1", "aiohttp==3.14.1"]
"""


@pytest.fixture
def checkout(tmp_path: Path, tree: MakeTree) -> Path:
    root = tree(tmp_path / "src", version=None)
    (root / "pyproject.toml").write_text(PROJECT)
    return root


def test_its_dependencies_and_the_pin_of_the_messaging_extra_are_wanted(checkout: Path) -> None:
    needs = checkouts.wanted(checkout)
    assert needs.requirements == ("httpx==0.28.1", "aiohttp==3.14.1")
    assert needs.lock is None


def test_without_a_messaging_extra_another_pin_is_taken(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text(PROJECT.replace("messaging", "telegram"))
    assert checkouts.wanted(checkout).requirements[-1] == "aiohttp==3.13.0"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("[project]\ndependencies = ['httpx']\n", "names no aiohttp anywhere"),
        ("[tool.x]\n", "cannot be read as a project"),
        ("[project\n", "cannot be read as a project"),
        ("[project]\ndependencies = 5\n", "cannot be read as a project"),
        ("[project]\nrequires-python = 'three'\n", "cannot be read as a project"),
    ],
)
def test_a_project_file_that_says_nothing_usable_is_refused(checkout: Path, text: str, because: str) -> None:
    (checkout / "pyproject.toml").write_text(text)
    with pytest.raises(SubjectError, match=because):
        checkouts.wanted(checkout)


def test_the_environment_is_made_once_for_all_that_ask_for_the_same(
    index: Path, checkout: Path, tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    cache = tmp_path / "cache"
    needs = checkouts.wanted(checkout)
    python = checkouts.python_for(needs)
    made = checkouts.obtain(needs, python, cache, said.append)
    assert installed(index) == ["httpx==0.28.1", "done"]  # pip is asked once; its stand-in reads the first
    assert "making an environment with the dependencies of src" in said[0]
    other = tree(tmp_path / "other", version=None)
    (other / "pyproject.toml").write_text(PROJECT)
    forbid_processes(monkeypatch)
    assert checkouts.obtain(checkouts.wanted(other), python, cache, said.append).folder == made.folder
    assert len(said) == 1


def test_another_lock_or_another_dependency_is_another_environment(checkout: Path) -> None:
    digests = {checkouts.wanted(checkout).digest}
    (checkout / "uv.lock").write_text("one")
    digests.add(checkouts.wanted(checkout).digest)
    (checkout / "uv.lock").write_text("two")
    digests.add(checkouts.wanted(checkout).digest)
    (checkout / "pyproject.toml").write_text(PROJECT.replace("0.28.1", "0.28.0"))
    digests.add(checkouts.wanted(checkout).digest)
    assert len(digests) == 4


def test_a_change_of_its_code_makes_no_other_environment(checkout: Path) -> None:
    before = checkouts.wanted(checkout).digest
    (checkout / "gateway" / "more.py").write_text("x = 1\n")
    assert checkouts.wanted(checkout).digest == before


def test_a_python_that_it_does_not_run_on_is_not_taken(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "pyproject.toml").write_text(PROJECT.replace(">=3.11,<3.14", ">=3.14,<3.15"))
    with pytest.raises(SubjectError, match=r"it runs on Python <3\.15,>=3\.14; of those that this harness"):
        checkouts.python_for(checkouts.wanted(checkout))
    (checkout / "pyproject.toml").write_text(PROJECT.replace(">=3.11,<3.14", "==3.11.*"))
    found = interpreters.current()
    monkeypatch.setattr(interpreters, "of_minor", lambda minor: found if minor == (3, 11) else None)
    assert checkouts.python_for(checkouts.wanted(checkout)) == found


def test_a_lock_that_uv_exports_is_what_is_installed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (checkout / "uv.lock").write_text("lock")
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "httpx==0.27.0"\n')
    uv.chmod(0o755)
    monkeypatch.setattr(interpreters, "working_uv", lambda: uv)
    asked: list[str] = []

    def make(folder: Path, what: str, python: object, fill: Callable[..., None], *others: object) -> None:
        fill(lambda *words: asked.extend((words[0], Path(words[1]).read_text())))

    monkeypatch.setattr("harness.hermes.releases.make", make)
    needs = checkouts.wanted(checkout)
    checkouts.obtain(needs, interpreters.current(), tmp_path / "cache", lambda line: None)
    assert asked == ["-r", "httpx==0.27.0\n\naiohttp==3.14.1\n"]


def test_a_folder_without_a_project_file_needs_a_python_to_be_named(tmp_path: Path, tree: MakeTree) -> None:
    with pytest.raises(UsageError, match="say which Python has its dependencies with --python"):
        resolve(str(tree(tmp_path / "wheel")))
