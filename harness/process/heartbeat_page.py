"""The page that a worker and its supervisor share: the worker's progress, readable while it is stuck.

A file of five little-endian u64, mapped by both: phase, turns of the clock, virtual microseconds, the turn of
the last import (from 1; 0: none yet), and the kernel's number of the fake platform's thread (0: none yet),
whose CPU is not the subject's. The worker writes it once a turn, so writing is one `pack_into`
(a tenth of a microsecond) and there is no lock: a reader that sees one new and one old number sees progress,
which is right.

Stdlib only: runs under the subject's interpreter.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from pathlib import Path
from struct import Struct

_PHASE = Struct("<Q")
_COUNTS = Struct("<QQ")
_ALL = Struct("<QQQQQ")
_LARGEST = 2**64 - 1
"""A subject may have written this over the page: nothing may be raised into its imports."""

_LATEST_US = 3_650 * 86_400_000_000
"""Ten years, in virtual microseconds. A page that is later has been written over."""


class Phase(IntEnum):
    """What the worker is doing. Only an IMPORTING worker may take long without a turn of the clock."""

    IMPORTING = 0
    RUNNING = 1
    TEAR_DOWN = 2
    DONE = 3


_PHASES = frozenset(Phase)


@dataclass(frozen=True)
class Reading:
    """What the page said at one moment. `turns`: turns of the clock since it began; `virtual_us`: its time,
    in virtual microseconds; `imports`: whether the import of a module began since the last turn;
    `platform_thread`: the kernel's number of the fake platform's thread, 0 before there is one."""

    phase: Phase
    turns: int
    virtual_us: int
    imports: bool = False
    platform_thread: int = 0


class HeartbeatPage:
    """One end of the page. Raises OSError where the file is missing or shorter than it must be."""

    write_turn: Callable[[int, int], None]
    """`write_turn(turns, virtual_us)`: the worker made a turn of the clock. Fits `Baton.on_turn`."""

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._page = mmap.mmap(self._file, _ALL.size)
        except ValueError as problem:
            os.close(self._file)
            raise OSError(f"{path} is not a heartbeat page: {problem}") from problem
        self._last = Reading(Phase.IMPORTING, 0, 0)
        self.write_turn = partial(_COUNTS.pack_into, self._page, _PHASE.size)

    @classmethod
    def create(cls, path: str | Path) -> HeartbeatPage:
        """A new page at `path`, all zero: importing, no turn, time 0."""
        Path(path).write_bytes(bytes(_ALL.size))
        return cls(path)

    def enter(self, phase: Phase) -> None:
        """Write that `phase` begins."""
        _PHASE.pack_into(self._page, 0, phase)

    def write_import(self) -> None:
        """Write that the import of a module begins in this turn."""
        (turns,) = _PHASE.unpack_from(self._page, _PHASE.size)
        _PHASE.pack_into(self._page, _PHASE.size + _COUNTS.size, min(turns + 1, _LARGEST))

    def write_platform_thread(self, number: int) -> None:
        """Write which thread is the fake platform's, by the kernel's number."""
        _PHASE.pack_into(self._page, _ALL.size - _PHASE.size, number)

    def read(self) -> Reading:
        """What the page says now. What it said before, where a subject cut it short or wrote over it; an
        unknown phase reads as RUNNING.

        Read from the file and not through the mapping: that would be a SIGBUS where the file was cut short.
        """
        content = os.pread(self._file, _ALL.size, 0).ljust(_ALL.size, b"\xff")
        phase, turns, virtual_us, import_turn, thread = _ALL.unpack(content)
        known = Phase(phase) if phase in _PHASES else Phase.RUNNING
        if virtual_us > _LATEST_US:
            self._last = replace(self._last, phase=known)
        else:
            imports = import_turn == turns + 1
            self._last = Reading(known, turns, virtual_us, imports=imports, platform_thread=thread)
        return self._last

    def close(self) -> None:
        """Unmap the page; the file stays."""
        self._page.close()
        os.close(self._file)
