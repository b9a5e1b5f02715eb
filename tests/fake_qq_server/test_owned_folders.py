"""Folders that say whether their owner lives."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from fake_qq_server import owned_folders
from fake_qq_server.owned_folders import OWNER, UNLOCKED, owned_folder
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
    for name in ("mine-empty", "mine-being-made", "mine-with-a-file", "mine-new"):
        (temporary / name).mkdir()
    (temporary / "mine-being-made" / UNLOCKED).touch()
    (temporary / "mine-with-a-file/file").touch()
    for name in ("mine-empty", "mine-being-made", "mine-with-a-file"):
        os.utime(temporary / name, (1, 1))
    with owned_folder("mine-") as living:
        left = {one.name for one in temporary.iterdir()}
    assert left == {living.name, "mine-with-a-file", "mine-new"}


def test_one_that_is_just_being_made_is_not_taken_for_a_dead_owners(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock

    def after_another_looked(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        owned_folders.remove_abandoned(temporary, "mine-", owned_folders._removed)
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", after_another_looked)
    with owned_folder("mine-") as folder:
        assert [one.name for one in folder.iterdir()] == [OWNER]


@pytest.mark.parametrize("after", MOMENTS)
def test_a_removal_that_is_killed_is_gone_on_with_by_the_next(after: int, temporary: Path) -> None:
    assert leaves_the_owners_file(owned_folders._removed, temporary / "mine-1", after)
