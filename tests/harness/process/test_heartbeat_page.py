"""The heartbeat page: what the worker writes, the supervisor reads, and writing costs next to nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.process.heartbeat_page import HeartbeatPage, Phase, Reading

ROOT = Path(__file__).parents[3]


def test_a_new_page_says_importing_and_no_turn(tmp_path: Path) -> None:
    assert HeartbeatPage.create(tmp_path / "heartbeat").read() == Reading(Phase.IMPORTING, 0, 0)


def test_both_ends_read_what_either_writes(tmp_path: Path) -> None:
    ours = HeartbeatPage.create(tmp_path / "heartbeat")
    theirs = HeartbeatPage(tmp_path / "heartbeat")
    theirs.enter(Phase.TEAR_DOWN)
    theirs.write_turn(7, 60_000_000)
    assert ours.read() == Reading(Phase.TEAR_DOWN, 7, 60_000_000)
    theirs.write_turn(2**64 - 1, 2**48)
    assert ours.read() == Reading(Phase.TEAR_DOWN, 2**64 - 1, 2**48)


def test_the_page_is_five_little_endian_numbers(tmp_path: Path) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    page.enter(Phase.DONE)
    page.write_turn(1, 258)
    page.write_import()
    page.write_platform_thread(259)
    page.close()
    numbers = [3, *[0] * 7, 1, *[0] * 7, 2, 1, *[0] * 6, 2, *[0] * 7, 3, 1, *[0] * 6]
    assert (tmp_path / "heartbeat").read_bytes() == bytes(numbers)


def test_the_fake_platforms_thread_is_read_whatever_turns_there_are(tmp_path: Path) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    page.write_platform_thread(77)
    page.write_turn(5, 6)
    assert page.read() == Reading(Phase.IMPORTING, 5, 6, platform_thread=77)


def test_an_import_is_read_until_the_next_turn(tmp_path: Path) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    read = [page.read().imports]
    page.write_import()
    read.append(page.read().imports)
    page.write_turn(1, 0)
    read.append(page.read().imports)
    assert read == [False, True, False]


def test_an_import_is_written_whatever_a_subject_left_on_the_page(tmp_path: Path) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    page.write_turn(2**64 - 1, 0)
    page.write_import()
    assert not page.read().imports


def test_the_last_turn_of_a_killed_process_can_be_read(tmp_path: Path) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from harness.process.heartbeat_page import HeartbeatPage, Phase
page = HeartbeatPage({str(tmp_path / "heartbeat")!r})
page.enter(Phase.RUNNING)
page.write_turn(3, 4)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert page.read() == Reading(Phase.RUNNING, 3, 4)


@pytest.mark.parametrize("left", [b"", b"\xff" * 40])
def test_a_page_that_was_cut_short_or_written_over_says_what_it_said_before_and_running(
    tmp_path: Path, left: bytes
) -> None:
    page = HeartbeatPage.create(tmp_path / "heartbeat")
    page.write_turn(3, 4)
    page.read()
    (tmp_path / "heartbeat").write_bytes(left)
    assert page.read() == Reading(Phase.RUNNING, 3, 4)


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_file_that_is_too_short_is_an_oserror(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "heartbeat").write_bytes(content)
    with pytest.raises(OSError, match="is not a heartbeat page"):
        HeartbeatPage(tmp_path / "heartbeat")


def test_writing_a_turn_takes_less_than_five_microseconds(tmp_path: Path) -> None:
    write_turn = HeartbeatPage.create(tmp_path / "heartbeat").write_turn
    began = time.process_time()
    for turn in range(100_000):
        write_turn(turn, turn)
    assert (time.process_time() - began) / 100_000 < 5e-6
