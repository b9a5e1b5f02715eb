"""The page that a worker and its supervisor share: how far the worker is, readable while it is stuck.

A file of three little-endian u64, mapped by both: phase, turns of the clock, virtual microseconds. The
worker writes it once a turn, so writing is one `pack_into` (a tenth of a microsecond) and there is no lock: a
reader that meets a half-written pair sees a movement, which is what it is.

Stdlib only: runs under the subject's interpreter.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path
from struct import Struct

_PHASE = Struct("<Q")
_COUNTS = Struct("<QQ")
_ALL = Struct("<QQQ")


class Phase(IntEnum):
    """What the worker is at. Only an IMPORTING worker may take long without a turn."""

    IMPORTING = 0
    RUNNING = 1
    TEAR_DOWN = 2
    DONE = 3


@dataclass(frozen=True)
class Beat:
    """One reading. `turns` are the clock's turns since it began, `virtual_us` its time."""

    phase: Phase
    turns: int
    virtual_us: int


class Pulse:
    """One end of the page. Raises OSError where the file is missing or shorter than it must be."""

    beat: Callable[[int, int], None]
    """`beat(turns, virtual_us)`; fits `Baton.on_turn`."""

    def __init__(self, path: str | Path) -> None:
        with Path(path).open("r+b") as file:
            try:
                self._page = mmap.mmap(file.fileno(), _ALL.size)
            except ValueError as problem:
                raise OSError(f"{path} is no pulse: {problem}") from problem
        self.beat = partial(_COUNTS.pack_into, self._page, _PHASE.size)

    @classmethod
    def create(cls, path: str | Path) -> Pulse:
        """A new page at `path`, all zero: importing, no turn, time 0."""
        Path(path).write_bytes(bytes(_ALL.size))
        return cls(path)

    def enter(self, phase: Phase) -> None:
        """Say that `phase` begins."""
        _PHASE.pack_into(self._page, 0, phase)

    def read(self) -> Beat:
        """What the page says now. A phase that is none (a subject scribbled over it) reads as RUNNING."""
        phase, turns, virtual_us = _ALL.unpack_from(self._page)
        return Beat(Phase(phase) if phase in _PHASES else Phase.RUNNING, turns, virtual_us)

    def close(self) -> None:
        """Give the mapping back; the file stays."""
        self._page.close()


_PHASES = frozenset(Phase)
