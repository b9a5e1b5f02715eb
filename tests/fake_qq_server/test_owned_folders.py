"""Folders that say whether their owner lives."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from fake_qq_server import owned_folders
from fake_qq_server.owned_folders import OWNER, owned_folder
from tests.fake_qq_server.killed_removal import MOMENTS, leaves_the_owners_file


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_private_and_gone_after_its_block(temporary: Path) -> None:
    with owned_folder("mine-") as folder:
        assert folder.parent == temporary and folder.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_one_whose_owner_is_dead_is_removed_by_the_next_and_no_other(temporary: Path) -> None:
    for name in ("mine-dead", "mine-without-a-lock", "other-dead"):
        (temporary / name).mkdir()
    for name in ("mine-dead", "other-dead"):
        (temporary / name / OWNER).touch()
    with owned_folder("mine-") as living, owned_folder("mine-") as following:
        left = {one.name for one in temporary.iterdir()}
    assert left == {living.name, following.name, "mine-without-a-lock", "other-dead"}


def test_an_old_folder_without_an_owner_is_removed_if_it_is_empty(temporary: Path) -> None:
    for name in ("mine-empty", "mine-with-a-file", "mine-new"):
        (temporary / name).mkdir()
    (temporary / "mine-with-a-file/file").touch()
    for name in ("mine-empty", "mine-with-a-file"):
        os.utime(temporary / name, (1, 1))
    with owned_folder("mine-") as living:
        left = {one.name for one in temporary.iterdir()}
    assert left == {living.name, "mine-with-a-file", "mine-new"}


@pytest.mark.parametrize("after", MOMENTS)
def test_a_removal_that_is_killed_is_gone_on_with_by_the_next(after: int, temporary: Path) -> None:
    assert leaves_the_owners_file(owned_folders._removed, temporary / "mine-1", after)
