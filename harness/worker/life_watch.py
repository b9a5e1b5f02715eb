"""Watches the process of a life while the worker's own process waits for it: its CPU time, its memory.

The supervisor samples the worker's own process, which does nothing meanwhile. So what the supervisor does for
a worker is done here for a life, with the same limits; and whether a life is at work is written on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from freezegun.api import real_monotonic

from harness.process import procfs
from harness.process.heartbeat_page import HeartbeatPage, Phase, Reading
from harness.process.watchdog import EndReason, Limits, Sample, Watchdog


class LifeWatch:
    """`look` is to be called about twice a real second while the life has the turn; `on_exceeded` where it
    exceeds a limit."""

    def __init__(
        self, pid: int, page: HeartbeatPage, limits: Limits, on_exceeded: Callable[[EndReason], object]
    ) -> None:
        self._pid = pid
        self._page = page
        self._on_exceeded = on_exceeded
        self._watchdog = Watchdog(replace(limits, wall_s=inf), lambda: procfs.wants_cpu(pid))
        self._reading: Reading | None = None
        """What the life last wrote on the page itself."""
        self._written: tuple[int, int] | None = None

    def look(self) -> None:
        """Compare it with the limits; where it is at work, tell the supervisor by one more turn."""
        found = procfs.stat(self._pid)
        reading = self._page.read()
        if found is None or found.state == "Z":
            return
        if self._reading is None or (reading.turns, reading.virtual_us) != self._written:
            self._reading = reading
        running = Phase.RUNNING if self._reading.phase is Phase.IMPORTING else self._reading.phase
        own = replace(self._reading, phase=running, imports=reading.imports)
        reason = self._watchdog.check(Sample(real_monotonic(), own, found.cpu_s, procfs.resident(self._pid)))
        if reason is not None:
            self._on_exceeded(reason)
        self._written = (reading.turns + 1, reading.virtual_us)
        self._page.write_turn(*self._written)
