"""Private folders and environments: readable for one user, free of that user's settings, always removed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fake_qq_server.owned_folders import OWNER
from harness.process import private_dirs
from tests.fake_qq_server.killed_removal import MOMENTS, leaves_the_owners_file

ROOT = Path(__file__).parents[3]


def test_a_base_folder_is_new_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    one, other = private_dirs.create_base_folder(tmp_path), private_dirs.create_base_folder(tmp_path)
    assert one != other
    assert one.stat().st_mode & 0o077 == 0


def test_folders_are_in_memory_only_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(private_dirs, "_SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(private_dirs, "MIN_FREE_BYTES", 0)
    inside = private_dirs.create_base_folder()
    assert inside.parent == tmp_path
    monkeypatch.setattr(private_dirs, "MIN_FREE_BYTES", 1 << 80)
    outside = private_dirs.create_base_folder()
    private_dirs.remove_folder(outside)
    assert outside.parent != tmp_path
    monkeypatch.setattr(private_dirs, "_SHARED_MEMORY", tmp_path / "none")
    outside = private_dirs.create_base_folder()
    private_dirs.remove_folder(outside)
    assert outside.parent != tmp_path


def test_what_a_killed_owner_left_is_removed_by_the_next_and_nothing_else_is(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from harness.process import private_dirs
folder = private_dirs.create_base_folder(Path({str(tmp_path)!r}))
(folder / "inner").mkdir()
os.kill(os.getpid(), 9)
"""
    (tmp_path / "qqchaos-of-a-person").mkdir()
    mine = private_dirs.create_base_folder(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == 3
    other = private_dirs.create_base_folder(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {mine.name, other.name, "qqchaos-of-a-person"}
    for folder in (mine, other):
        private_dirs.remove_folder(folder)


def test_what_a_killed_owner_left_where_temporary_files_go_is_removed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, root = tmp_path / "qqchaos-ca-left", tmp_path / "root"
    for folder in (left, root):
        folder.mkdir()
    (left / OWNER).touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    private_dirs.remove_folder(private_dirs.create_base_folder(root))
    assert list(tmp_path.iterdir()) == [root]


def test_a_temporary_copy_is_gone_after_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with private_dirs.temporary_copy("fix") as copy:
        assert (copy.name, list(copy.iterdir())) == ("fix", [])
    assert list(tmp_path.iterdir()) == []


def test_an_environment_holds_only_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "PYTHONPATH", "VIRTUAL_ENV", "OPENAI_API_KEY", "LC_ALL"):
        monkeypatch.setenv(name, "leak")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/lib/somewhere")
    found = private_dirs.environment(tmp_path, {"HOME": "/elsewhere", "MORE": "1"})
    assert "leak" not in found.values()
    assert found["LD_LIBRARY_PATH"] == "/lib/somewhere"
    assert (found["HOME"], found["MORE"]) == ("/elsewhere", "1")


def test_the_name_of_a_home_stands_for_that_home(tmp_path: Path) -> None:
    found = private_dirs.environment(tmp_path, {"FABRIC_HOME": "$HERMES_HOME", "OTHER": "$HERMES_HOMES"})
    assert found["FABRIC_HOME"] == found["HERMES_HOME"]
    assert found["OTHER"] == "$HERMES_HOMES"


def test_every_home_in_the_environment_exists(tmp_path: Path) -> None:
    folder = private_dirs.create_folder(tmp_path, "r1")
    homes = [
        Path(value) for value in private_dirs.environment(folder).values() if value.startswith(str(folder))
    ]
    assert len(homes) == len(private_dirs._HOMES)
    assert all(home.is_dir() for home in homes)


def test_folders_without_permissions_are_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folder = private_dirs.create_folder(tmp_path, "r1")
    (folder / "link").symlink_to(outside)
    inner = folder / "home" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder_inside in (inner, inner.parent, folder / "home"):
        folder_inside.chmod(0o000)
    os.mkfifo(folder / "fifo")
    private_dirs.remove_folder(folder)
    assert not folder.exists()
    assert (outside / "kept").exists()


def test_folders_nested_beyond_all_limits_are_removed(tmp_path: Path) -> None:
    folder = private_dirs.create_folder(tmp_path, "r1")
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("folder", dir_fd=here)
        inner = os.open("folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    private_dirs.remove_folder(folder)
    assert not folder.exists()


def test_removing_a_folder_that_does_not_exist_is_no_error(tmp_path: Path) -> None:
    private_dirs.remove_folder(tmp_path / "none")


def test_what_is_no_ordinary_file_has_no_tail_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(__file__)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    assert [private_dirs.read_tail(tmp_path / name) for name in ("pipe", "link", ".")] == ["", "", ""]
    assert len(private_dirs.read_tail(tmp_path / "large")) == private_dirs.TAIL_LENGTH


def test_the_tail_of_an_output_file_is_its_last_bytes_and_empty_without_a_file(tmp_path: Path) -> None:
    output = tmp_path / "stderr"
    assert private_dirs.read_tail(output) == ""
    output.write_bytes(b"x" * 5_000 + b"the end\xff\n")
    assert private_dirs.read_tail(output).endswith("xthe end\ufffd")
    assert len(private_dirs.read_tail(output)) <= private_dirs.TAIL_LENGTH


@pytest.mark.parametrize("after", MOMENTS)
def test_a_removal_that_is_killed_is_gone_on_with_by_the_next(after: int, tmp_path: Path) -> None:
    assert leaves_the_owners_file(private_dirs.remove_folder, tmp_path / "mine-1", after)
