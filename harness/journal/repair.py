"""Give the journal of a worker that could not end it the last record it lacks."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.journal.record import Record
from harness.journal.run_kinds import RunClose

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Closed:
    """What was found: `records` before the close, and whether the worker had `closed` it itself."""

    records: int
    closed: bool


def close(
    path: Path,
    event: RunClose,
    *,
    at_us: int = 0,
    x: Mapping[str, Any] | None = None,
    keep_bytes: int | None = None,
) -> Closed:
    """Drop a torn last line, then append `event` unless the journal has its run.close already.

    `keep_bytes`: what lies beyond is dropped first; it was written after the run's end had been decided.

    Its number follows the last record's; its time is that record's, or `at_us` if that is later. Without a
    whole record at the end (or without an ordinary file) nothing is appended: there is nothing to judge.
    """
    try:
        found = path.lstat()
    except OSError:
        return Closed(0, False)
    if not stat.S_ISREG(found.st_mode):
        return Closed(0, False)  # the subject put something else there
    if keep_bytes is not None and keep_bytes < found.st_size:
        os.truncate(path, keep_bytes)
    last = _cut(path)
    if last is None:
        return Closed(0, False)
    number, time_us, kind = last
    if kind == RunClose.KIND:
        return Closed(number - 1, True)
    record = Record(number + 1, max(time_us, at_us), "parent", event, x=x or {})
    with path.open("ab", buffering=0) as file:
        file.write(record.as_json().encode("utf-8", "backslashreplace") + b"\n")
    return Closed(number, False)


def _cut(path: Path) -> tuple[int, int, str] | None:
    """Number, time and kind of the last whole record, once the torn line after it is cut off the file."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        for _ in range(2):  # one write() a record: only the very last can be torn
            start = _last_line(file, size)
            file.seek(start)
            found = _whole(file.read(size - start))
            if found is not None:
                file.truncate(size)
                return found
            size = start
    return None


def _last_line(file: IO[bytes], size: int) -> int:
    """Where the line begins that ends at `size`."""
    end = size - 1  # its own newline, if it has one, does not count
    while end > 0:
        start = max(0, end - _CHUNK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _whole(line: bytes) -> tuple[int, int, str] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
        return int(record["n"]), int(record["t"]), str(record["k"])
    except (KeyError, TypeError, ValueError):
        return None
