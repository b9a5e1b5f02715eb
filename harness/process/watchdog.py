"""Decides when a worker must be killed. Pure: numbers in, a reason or None out.

Robust on a loaded machine, because nothing here is judged by elapsed real time alone:

* *cpu* counts the CPU seconds of the worker's threads, but for the fake platform's own: what that one uses
  never convicts the subject, and too much of it (*platform*) ends a run of which nothing can be said;
* *blocked* needs next to no CPU used and no thread that wants some;
* *wall* leaves out the time in which the worker was ready to run and no core was free;
* time in which the supervisor itself did not get to look (a suspended terminal) does not count.

Runs in the parent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from harness.journal.run_kinds import INTERRUPTED_DETAIL
from harness.process.heartbeat_page import Phase, Reading

GIB = 1 << 30

IDLE_CPU_S = 0.5
"""CPU seconds within `blocked_s` that still count as none: background polling must not count as progress."""

MAX_GAP_S = 1.0
"""The most that the time between two samples may count."""

MAX_EXTENSIONS = 10
"""How often the limit on CPU is extended for a turn that imports: on a machine that compiles every module
anew, a subject's first message takes longer than `cpu_s` to import what handles it."""

WALL_S_PER_VIRTUAL_HOUR = 6.0
"""What a run is allowed for each hour of virtual time, where that is more than `wall_s`: about three times
what a whole gateway takes that tries all the while."""

MAX_WALL_STRETCH = 5
"""`wall_s` is stretched for a worker that waits for a core, but not beyond this factor."""

Why = Literal[
    "importing", "cpu", "platform", "blocked", "memory", "wall", "files", "journal", "killed", "harness"
]
"""A limit that the worker exceeded; "killed": the runs were interrupted; "harness": its process was lost."""


@dataclass(frozen=True)
class EndReason:
    """Why a worker that did not end by itself was ended. `detail` says by whom and for what; it goes into
    the journal, so it holds nothing that differs from run to run. "importing" means that no run began."""

    why: Why
    detail: str


BY_INTERRUPTION = EndReason("killed", INTERRUPTED_DETAIL)
"""By Ctrl-C or SIGTERM, or because the whole command had to end: nothing that the worker did. The judge
recognises such a run by this detail, so the word is part of the journal's format."""


@dataclass(frozen=True)
class Limits:
    """`importing_s`: real seconds until the first turn. `cpu_s`: CPU seconds of the subject's without a turn,
    `platform_cpu_s`: of the fake platform's. `blocked_s`: real seconds without a turn and without CPU.
    `resident`: bytes. `wall_s`: real seconds in all. `written`: bytes in its folder, `journal`: of its
    journal."""

    importing_s: float = 60.0
    cpu_s: float = 2.0
    platform_cpu_s: float = 10.0
    blocked_s: float = 20.0
    resident: float = 1.5 * GIB
    wall_s: float = 120.0
    written: float = 0.25 * GIB
    journal: float = 0.25 * GIB

    @property
    def address_space(self) -> int:
        """RLIMIT_AS in bytes: a backstop for one huge allocation between two samples. Threads reserve much
        more address space than they ever use, so it lies far above `resident`."""
        return int(max(8 * GIB, 4 * self.resident))

    @property
    def file_size(self) -> int:
        """RLIMIT_FSIZE in bytes: a backstop for one huge file that is written between two looks, or that
        stands where nobody looks."""
        return int(2 * max(self.written, self.journal))


def wall_s_for(virtual_us: int, *, one_to_one: bool = False) -> float:
    """The limit on real seconds for a run of so many microseconds of virtual time; where that may go
    `one_to_one` with real time, so much more."""
    limit = max(Limits.wall_s, WALL_S_PER_VIRTUAL_HOUR * virtual_us / 3_600_000_000)
    return limit + virtual_us / 1e6 if one_to_one else limit


@dataclass(frozen=True)
class Sample:
    """The worker at one moment. `at`: the supervisor's monotonic clock, in seconds. `resident`: bytes.
    `cpu_s` and `run_queue_wait_s`: real seconds since the process started; `platform_cpu_s`: the part of the
    CPU that the fake platform's thread used. `written` and `journal`: bytes in its folder, and of its
    journal."""

    at: float
    reading: Reading
    cpu_s: float
    resident: int
    run_queue_wait_s: float = 0.0
    platform_cpu_s: float = 0.0
    written: int = 0
    journal: int = 0

    @property
    def subject_cpu_s(self) -> float:
        """What is not the fake platform's."""
        return self.cpu_s - self.platform_cpu_s


class Watchdog:
    """Checks one worker's samples, given in order. `wants_cpu` is called only before a "blocked"."""

    def __init__(self, limits: Limits, wants_cpu: Callable[[], bool] = lambda: False) -> None:
        self.limits = limits
        self._wants_cpu = wants_cpu
        self._last: Sample | None = None
        self._observed_s = 0.0
        self._cpu_at_turn = 0.0
        self._platform_at_turn = 0.0
        self._idle_since = 0.0
        self._idle_cpu = 0.0
        self._extensions = 0
        self._extended = 0
        """The extensions in all, and since the last turn."""

    def check(self, now: Sample) -> EndReason | None:
        """Why to kill the worker; None to let it go on."""
        if self._last is not None:
            # A thread that is gone, with its process or before, has used what it had used.
            platform_cpu_s = max(now.platform_cpu_s, self._last.platform_cpu_s)
            now = replace(now, platform_cpu_s=platform_cpu_s)
            self._observed_s += min(MAX_GAP_S, max(0.0, now.at - self._last.at))
        progressed = self._last is None or _progress(now) != _progress(self._last)
        self._last = now
        if progressed:
            self._cpu_at_turn, self._extended = now.subject_cpu_s, 0
            self._platform_at_turn = now.platform_cpu_s
        if progressed or now.cpu_s - self._idle_cpu >= IDLE_CPU_S:
            self._idle_since, self._idle_cpu = self._observed_s, now.cpu_s
        return self._check_sizes(now) or self._check_time(now) or self._check_progress(now)

    def _check_sizes(self, now: Sample) -> EndReason | None:
        if now.resident > self.limits.resident:
            return _exceeded("memory", f"more than {self.limits.resident / GIB:.3g} GiB of memory resident")
        if now.written > self.limits.written:
            return _exceeded("files", f"more than {self.limits.written / GIB:.3g} GiB in its folder")
        if now.journal > self.limits.journal:
            return _exceeded("journal", f"more than {self.limits.journal / GIB:.3g} GiB of journal")
        return None

    def _check_time(self, now: Sample) -> EndReason | None:
        if now.reading.phase is Phase.IMPORTING:
            if self._observed_s < self.limits.importing_s:
                return None
            return _exceeded("importing", f"no first turn of the clock within {self.limits.importing_s:g} s")
        waited = min(now.run_queue_wait_s, self._observed_s * (1 - 1 / MAX_WALL_STRETCH))
        if self._observed_s - waited < self.limits.wall_s:
            return None
        return _exceeded("wall", f"the run was not over after {self.limits.wall_s:g} s of real time")

    def _check_progress(self, now: Sample) -> EndReason | None:
        if now.reading.phase is Phase.IMPORTING:
            return None
        if now.platform_cpu_s - self._platform_at_turn >= self.limits.platform_cpu_s:
            used = f"{self.limits.platform_cpu_s:g} s of CPU time without a turn of the clock"
            return _exceeded("platform", f"the fake platform's own thread used {used}")
        if now.subject_cpu_s - self._cpu_at_turn >= self.limits.cpu_s:
            if now.reading.imports and self._extensions < MAX_EXTENSIONS:
                self._extensions += 1
                self._extended += 1
                self._cpu_at_turn = now.subject_cpu_s
                return None
            used_s = self.limits.cpu_s * (1 + self._extended)
            more = " (more than usual, for it was importing)" if self._extended else ""
            return _exceeded("cpu", f"{used_s:g} s of CPU time without a turn of the clock{more}")
        if self._observed_s - self._idle_since < self.limits.blocked_s:
            return None
        if self._wants_cpu():
            self._idle_since = self._observed_s  # waits for a core or a disk: not the subject's doing
            return None
        seconds = f"{self.limits.blocked_s:g} s"
        return _exceeded("blocked", f"{seconds} without a turn of the clock and without using CPU time")


def _progress(sample: Sample) -> tuple[Phase, int, int]:
    """What changes where the worker gets on with its run. An import is work, but no progress of a run."""
    return sample.reading.phase, sample.reading.turns, sample.reading.virtual_us


def _exceeded(why: Why, limit: str) -> EndReason:
    return EndReason(why, f"killed by the supervisor: {limit}")
