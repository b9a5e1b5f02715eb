"""The shared page: what one end writes, the other reads, and it is cheap."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.process.heartbeat_page import Beat, Phase, Pulse

ROOT = Path(__file__).parents[3]


def test_a_new_page_is_importing(tmp_path: Path) -> None:
    assert Pulse.create(tmp_path / "pulse").read() == Beat(Phase.IMPORTING, 0, 0)


def test_both_ends_see_one_page(tmp_path: Path) -> None:
    ours = Pulse.create(tmp_path / "pulse")
    theirs = Pulse(tmp_path / "pulse")
    theirs.enter(Phase.TEAR_DOWN)
    theirs.beat(7, 60_000_000)
    assert ours.read() == Beat(Phase.TEAR_DOWN, 7, 60_000_000)
    theirs.beat(2**64 - 1, 2**63)
    assert ours.read() == Beat(Phase.TEAR_DOWN, 2**64 - 1, 2**63)


def test_the_layout_is_little_endian(tmp_path: Path) -> None:
    pulse = Pulse.create(tmp_path / "pulse")
    pulse.enter(Phase.DONE)
    pulse.beat(1, 258)
    pulse.close()
    assert (tmp_path / "pulse").read_bytes() == bytes([3, *[0] * 7, 1, *[0] * 7, 2, 1, *[0] * 6])


def test_another_process_killed_in_its_tracks_leaves_its_last_beat(tmp_path: Path) -> None:
    pulse = Pulse.create(tmp_path / "pulse")
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from harness.pulse import Phase, Pulse
pulse = Pulse({str(tmp_path / "pulse")!r})
pulse.enter(Phase.RUNNING)
pulse.beat(3, 4)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert pulse.read() == Beat(Phase.RUNNING, 3, 4)


def test_scribbles_are_no_crash(tmp_path: Path) -> None:
    pulse = Pulse.create(tmp_path / "pulse")
    (tmp_path / "pulse").open("r+b").write(os.urandom(0) + b"\xff" * 24)
    assert pulse.read().phase is Phase.RUNNING


@pytest.mark.parametrize("content", [b"", b"short"])
def test_what_is_no_page_is_an_oserror(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pulse").write_bytes(content)
    with pytest.raises(OSError, match="is no pulse"):
        Pulse(tmp_path / "pulse")


def test_a_beat_is_cheap(tmp_path: Path) -> None:
    beat = Pulse.create(tmp_path / "pulse").beat
    began = time.process_time()
    for turn in range(100_000):
        beat(turn, turn)
    assert (time.process_time() - began) / 100_000 < 5e-6
