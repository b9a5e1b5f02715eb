"""Monitors one worker from outside until it ends, and kills it where it exceeds a limit.

Looked at every 50 ms: the heartbeat page, CPU and memory from /proc. Looking sends no signal: that would wake
a subject which is blocked in a system call. Once a worker must go, its run is over: it writes its stacks, in
C, and is killed together with all that it started, and what it still got to write meanwhile does not count.
No wait for the fork server is without a limit: it is continued where somebody stopped it, and given up where
it does not report the end of a worker.

Runs in the parent, in a thread for each worker.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.process import private_dirs, procfs
from harness.process.folder_usage import FolderUsage
from harness.process.fork_client import ForkServerClient, WorkerProcess
from harness.process.heartbeat_page import HeartbeatPage, Reading
from harness.process.watchdog import EndReason, Limits, Sample, Watchdog

SAMPLE_EVERY_S = 0.05
"""Real seconds between two samples of a worker."""

KILL_S = 10.0
"""Real seconds within which a killed worker must be gone, and the end of any worker be reported."""

STACK_S = 5.0
"""Real seconds that a worker gets to write its stacks before it is killed; it takes milliseconds, where there
is a core to do it on."""

STACK_QUIET_S = 0.1
"""Real seconds without a new line after which the stacks are taken to be complete."""


_WITHOUT_STACKS = ("memory", "files", "journal", "killed")
"""It may not grow further meanwhile; and where the person ended it, nobody asks."""

_HALF_ENDED = EndReason(
    "blocked",
    f"killed by the supervisor: its main thread had ended, and its process had not {KILL_S:g} s later",
)
"""It looks like a process that has ended. Where it is one, the fork server does not do its work."""


@dataclass(frozen=True)
class EndDecision:
    """That a worker must go, and where its run ended: with the heartbeat page's `reading`, and the journal's
    first `journal_bytes`."""

    reason: EndReason
    reading: Reading
    journal_bytes: int


@dataclass(frozen=True)
class WorkerMonitor:
    """One worker of `client`'s with its heartbeat page, its private folder, the files of its stacks and its
    journal, and its limits."""

    client: ForkServerClient
    worker: WorkerProcess
    page: HeartbeatPage
    usage: FolderUsage
    stack_file: Path
    journal: Path
    limits: Limits

    def wait(self, stop_reason: Callable[[], EndReason | None]) -> EndDecision | None:
        """Wait until the worker has ended, kill it where it must be killed; None if it ended by itself.

        `stop_reason` is called now and then: a reason that it returns ends the worker.
        """
        watchdog = Watchdog(self.limits, lambda: procfs.wants_cpu(self.worker.pid))
        gone_s = 0.0
        while not self._ended(SAMPLE_EVERY_S):
            if self._is_gone():
                gone_s += SAMPLE_EVERY_S
                reason = _HALF_ENDED if gone_s > KILL_S else None
            else:
                reason = stop_reason() or self._check(watchdog)
            if reason is not None:
                decision = EndDecision(reason, self.page.read(), self._journal_bytes())
                if reason.why not in _WITHOUT_STACKS:
                    self._dump_stacks()
                self._kill()
                return decision
        return None

    def _ended(self, seconds: float) -> bool:
        """Whether the worker has ended, waiting so long for it at most."""
        self.client.keep_going()
        return self.worker.ended.wait(seconds)

    def _is_gone(self) -> bool:
        """Whether the worker's process, or at least its main thread, is over: the fork server is to report
        it."""
        found = procfs.stat(self.worker.pid)
        return found is None or found.start != self.worker.start or found.state == "Z"

    def _journal_bytes(self) -> int:
        try:
            return self.journal.lstat().st_size
        except OSError:  # there is none, or its folder is gone
            return 0

    def _check(self, watchdog: Watchdog) -> EndReason | None:
        # The page before the CPU: a turn in between can then only count in the worker's favour.
        reading = self.page.read()
        found = procfs.stat(self.worker.pid)
        if found is None:
            return None
        # The thread after the process: what it uses in between is taken off the subject's CPU, not put on it.
        platform_s = procfs.thread_cpu_s(self.worker.pid, reading.platform_thread)
        resident = procfs.resident(self.worker.pid)
        waited_s = procfs.run_queue_wait_s(self.worker.pid)
        now = time.monotonic()
        written, journal = self.usage.bytes(now), self._journal_bytes()
        return watchdog.check(
            Sample(now, reading, found.cpu_s, resident, waited_s, platform_s, written, journal)
        )

    def _dump_stacks(self) -> None:
        """Have the worker write its stacks, if it can in time; its subject may have removed the folder."""
        with contextlib.suppress(OSError):
            self._dump_and_wait()

    def _dump_and_wait(self) -> None:
        with private_dirs.opened(self.stack_file, os.O_WRONLY | os.O_TRUNC):
            pass
        self.client.dump_stacks(self.worker)
        until, size = time.monotonic() + STACK_S, -1
        while time.monotonic() < until and not self._ended(STACK_QUIET_S):
            size, before = self.stack_file.stat().st_size, size
            if size == before > 0:
                break

    def _kill(self) -> None:
        for end in (partial(self.client.kill, self.worker), self.client.abandon):
            end()
            for _ in range(int(KILL_S / SAMPLE_EVERY_S)):
                if self._ended(SAMPLE_EVERY_S):
                    return
