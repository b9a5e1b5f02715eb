"""How much a folder holds: each file counts, and nobody looks more often than it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.process import folder_usage
from harness.process.folder_usage import ENTRY, FolderUsage, used


def test_files_and_folders_count_with_what_they_take_up(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(b"x" * 1_000_000)
    (inner / "empty").touch()
    (inner / "link").symlink_to("/")
    with (inner / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert 1_000_000 <= used(tmp_path) <= 1_000_000 + 10 * ENTRY


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert used(tmp_path / "none") == 0
    assert FolderUsage(tmp_path / "none").bytes(0.0) == 0


def test_a_folder_is_gone_through_each_second_and_when_room_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [100 << 20]
    monkeypatch.setattr(folder_usage, "_free", lambda folder: room[-1])
    usage = FolderUsage(tmp_path)
    assert usage.bytes(0.0) == 0
    (tmp_path / "one").touch()
    assert usage.bytes(0.9) == 0
    assert usage.bytes(1.0) == ENTRY
    (tmp_path / "two").touch()
    room.append(room[-1] - folder_usage.LOST)
    assert usage.bytes(1.1) == 2 * ENTRY
