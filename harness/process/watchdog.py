"""When to end a worker that does not end itself. Pure: numbers in, a verdict or None out.

Robust on a loaded machine, because nothing here is judged by how long it took on a clock on the wall alone:

* *cpu* counts the worker's own CPU seconds;
* *blocked* wants next to no CPU used and no thread that would like some;
* *wall* leaves out the time in which the worker was ready to run and no core was free;
* time in which the supervisor itself did not get to look (a suspended terminal) does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.process.heartbeat_page import Beat, Phase

GIB = 1 << 30

IDLE_CPU_S = 0.5
"""CPU seconds within `blocked_s` that still count as none: a poll in the background is no life."""

GAP_S = 1.0
"""The most that one interval between two looks may count."""

PARDONS = 10
"""How often a cpu verdict may be taken back because the turn is an import: on a machine that compiles every
module anew, a subject's first message takes longer than `cpu_s` to import what handles it."""

STARVED_AT_MOST = 5
"""`wall_s` is stretched for a starved worker, but not beyond this factor."""


@dataclass(frozen=True)
class Limits:
    """`importing_s`: real seconds until the first turn. `cpu_s`: CPU seconds without a turn. `blocked_s`:
    real seconds without a turn and without CPU. `resident`: bytes. `wall_s`: real seconds in all."""

    importing_s: float = 60.0
    cpu_s: float = 2.0
    blocked_s: float = 20.0
    resident: float = 1.5 * GIB
    wall_s: float = 120.0

    @property
    def address_space(self) -> int:
        """RLIMIT_AS in bytes: a backstop for one huge allocation between two looks. Threads reserve much
        more address space than they ever use, so it lies far above `resident`."""
        return int(max(8 * GIB, 4 * self.resident))


@dataclass(frozen=True)
class Sample:
    """One look. `at`: the supervisor's monotonic clock, in seconds; `cpu_s` and `starved_s` since birth."""

    at: float
    beat: Beat
    cpu_s: float
    resident: int
    starved_s: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Why to end it. "importing" is no ending of a run: there was none yet."""

    why: Literal["importing", "cpu", "blocked", "memory", "wall"]
    detail: str


class Watch:
    """Looks at one worker's samples in order. `wants_cpu` is asked only when all else says "blocked"."""

    def __init__(self, limits: Limits, wants_cpu: Callable[[], bool] = lambda: False) -> None:
        self.limits = limits
        self._wants_cpu = wants_cpu
        self._last: Sample | None = None
        self._lived = 0.0
        self._turned_cpu = 0.0
        self._quiet_since = 0.0
        self._quiet_cpu = 0.0
        self._pardons = PARDONS

    def pardon(self) -> bool:
        """Take a cpu verdict back: the same limit once more. False when that has been done often enough."""
        self._pardons -= 1
        if self._pardons < 0 or self._last is None:
            return False
        self._turned_cpu = self._last.cpu_s
        return True

    def look(self, now: Sample) -> Verdict | None:
        """What this sample says; None to let it run on."""
        if self._last is not None:
            self._lived += min(GAP_S, max(0.0, now.at - self._last.at))
        moved = self._last is None or now.beat != self._last.beat
        self._last = now
        if moved:
            self._turned_cpu = now.cpu_s
        if moved or now.cpu_s - self._quiet_cpu >= IDLE_CPU_S:
            self._quiet_since, self._quiet_cpu = self._lived, now.cpu_s
        return self._memory(now) or self._time(now) or self._stuck(now)

    def _memory(self, now: Sample) -> Verdict | None:
        if now.resident <= self.limits.resident:
            return None
        return Verdict("memory", f"more than {self.limits.resident / GIB:.3g} GiB resident")

    def _time(self, now: Sample) -> Verdict | None:
        if now.beat.phase is Phase.IMPORTING:
            if self._lived < self.limits.importing_s:
                return None
            return Verdict("importing", f"no first turn within {self.limits.importing_s:g} s")
        starved = min(now.starved_s, self._lived * (1 - 1 / STARVED_AT_MOST))
        if self._lived - starved < self.limits.wall_s:
            return None
        return Verdict("wall", f"not at its end after {self.limits.wall_s:g} s")

    def _stuck(self, now: Sample) -> Verdict | None:
        if now.beat.phase is Phase.IMPORTING:
            return None
        if now.cpu_s - self._turned_cpu >= self.limits.cpu_s:
            return Verdict("cpu", f"{self.limits.cpu_s:g} s of CPU without a turn of the clock")
        if self._lived - self._quiet_since < self.limits.blocked_s:
            return None
        if self._wants_cpu():
            self._quiet_since = self._lived  # starved, or on a slow disk: not the subject's doing
            return None
        return Verdict("blocked", f"{self.limits.blocked_s:g} s without a turn of the clock and without CPU")
