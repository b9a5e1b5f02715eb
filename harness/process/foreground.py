"""Does one run in the foreground: at the terminal, without limits and unmonitored, so `breakpoint()` works.

Runs in the parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from harness.process import parent_signals
from harness.process.fork_client import BOOTSTRAP, ProcessEnd
from harness.process.result import RunResult, conclude
from harness.process.shared_resources import SharedResources
from harness.process.watchdog import BY_INTERRUPTION
from harness.process.worker_spec import WorkerSpec


def run_foreground(spec: WorkerSpec, resources: SharedResources) -> RunResult:
    """The run, in a fresh interpreter. Ctrl-C reaches the worker too, which may end by it or not; either way
    the run was interrupted: its journal counts up to then, and KeyboardInterrupt is raised once it is over.

    Raises HarnessError where the interpreter cannot be started.
    """
    boot_file = resources.fork_server().boot_file  # only that is needed of the fork server
    with resources.prepared(spec) as run:
        terminal = {key: os.environ[key] for key in ("TERM",) if key in os.environ}
        command = [str(resources.interpreter), "-P", "-s", BOOTSTRAP, "run", str(boot_file)]
        began = time.monotonic()
        journal = Path(run.spec.journal)
        interrupted_at: list[int] = []

        def interrupt(number: int, frame: object) -> None:
            interrupted_at.append(journal.stat().st_size if journal.exists() else 0)

        with parent_signals.handler(signal.SIGINT, interrupt):
            child = subprocess.Popen(
                [*command, str(run.spec.spec_file)], cwd=run.spec.folder, env={**terminal, **run.spec.env}
            )
            with contextlib.suppress(OSError):
                os.sched_setaffinity(child.pid, {resources.core(0)})
            status = child.wait()
        wall_s = time.monotonic() - began
        reason, keep = (BY_INTERRUPTION, interrupted_at[0]) if interrupted_at else (None, None)
        end, reading = ProcessEnd(status), run.page.read()
        result = conclude(run.spec, end, reason, reading, wall_s, journal_bytes=keep)
    if interrupted_at:
        raise KeyboardInterrupt
    return result
