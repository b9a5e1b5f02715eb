"""The program's clock: what the file says, and a process that reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.program import faketime
from harness.program.faketime import TimestampFile

EPOCH = datetime(2026, 11, 27, 7, 0, 0, tzinfo=UTC)

WAITS = """
import threading, time
began = time.monotonic()
threading.Event().wait(300)
print(time.monotonic() - began)
print(time.strftime("%Y-%m-%d", time.gmtime()))
"""


def test_the_file_says_what_time_it_is_and_how_fast_it_passes(tmp_path: Path) -> None:
    file = TimestampFile(tmp_path / "clock", EPOCH)
    file.write(90.25, 400)
    assert (tmp_path / "clock").read_text() == "@2026-11-27 07:01:30.250000 x400\n"
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


def test_a_library_that_is_named_and_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faketime.LIBRARY, "/nonexistent")
    assert faketime.find() is None


LIBRARY = faketime.find()

if LIBRARY is not None and faketime.compiler() is not None:  # CI skips nothing, and cannot install everything

    def test_a_thread_that_waits_with_a_time_out_wakes_up_in_scaled_time(tmp_path: Path) -> None:
        assert LIBRARY is not None
        file = TimestampFile(tmp_path / "clock", EPOCH)
        file.write(0, 200)
        needed = file.environment(LIBRARY, faketime.build_shim(tmp_path))
        done = subprocess.run(
            [sys.executable, "-c", WAITS],
            env={**os.environ, "TZ": "UTC", **needed},
            capture_output=True,
            text=True,
            timeout=120,
        )
        waited, day = done.stdout.split()
        assert 300 <= float(waited) < 24_000, done.stderr
        assert day == "2026-11-27"
