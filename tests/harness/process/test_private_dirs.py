"""Private folders: always removable, never somebody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.process import private_dirs


def test_a_base_is_new_and_for_nobody_else(tmp_path: Path) -> None:
    one, other = private_dirs.base_folder(tmp_path), private_dirs.base_folder(tmp_path)
    assert one != other
    assert one.stat().st_mode & 0o077 == 0


def test_memory_is_used_only_where_there_is_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(private_dirs, "_SHM", tmp_path)
    monkeypatch.setattr(private_dirs, "ENOUGH", 0)
    inside = private_dirs.base_folder()
    assert inside.parent == tmp_path
    monkeypatch.setattr(private_dirs, "ENOUGH", 1 << 80)
    outside = private_dirs.base_folder()
    outside.rmdir()
    assert outside.parent != tmp_path
    monkeypatch.setattr(private_dirs, "_SHM", tmp_path / "none")
    outside = private_dirs.base_folder()
    outside.rmdir()
    assert outside.parent != tmp_path


def test_only_what_is_named_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "PYTHONPATH", "VIRTUAL_ENV", "OPENAI_API_KEY", "LC_ALL"):
        monkeypatch.setenv(name, "leak")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/lib/somewhere")
    found = private_dirs.environment(tmp_path, {"HOME": "/elsewhere", "MORE": "1"})
    assert "leak" not in found.values()
    assert found["LD_LIBRARY_PATH"] == "/lib/somewhere"
    assert (found["HOME"], found["MORE"]) == ("/elsewhere", "1")


def test_every_home_is_there(tmp_path: Path) -> None:
    folder = private_dirs.new_folder(tmp_path, "r1")
    homes = [
        Path(value) for value in private_dirs.environment(folder).values() if value.startswith(str(folder))
    ]
    assert len(homes) == len(private_dirs._HOMES)
    assert all(home.is_dir() for home in homes)


def test_locked_folders_and_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folder = private_dirs.new_folder(tmp_path, "r1")
    (folder / "link").symlink_to(outside)
    inner = folder / "home" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for locked in (inner, inner.parent, folder / "home"):
        locked.chmod(0o000)
    os.mkfifo(folder / "fifo")
    private_dirs.remove(folder)
    assert not folder.exists()
    assert (outside / "kept").exists()


def test_removing_nothing_is_no_error(tmp_path: Path) -> None:
    private_dirs.remove(tmp_path / "none")
