"""Does one run in the foreground: at the terminal, without limits and unmonitored, so `breakpoint()` works.

Runs in the parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

from harness.errors import INTERRUPTED
from harness.process import parent_signals
from harness.process.fork_client import BOOTSTRAP, ProcessEnd
from harness.process.result import RunResult, conclude
from harness.process.shared_resources import SharedResources
from harness.process.watchdog import BY_INTERRUPTION
from harness.process.worker_spec import WorkerSpec


def run_foreground(spec: WorkerSpec, resources: SharedResources) -> RunResult:
    """The run, in a fresh interpreter. Ctrl-C goes to the worker; KeyboardInterrupt if that ends it.

    Raises HarnessError where the interpreter cannot be started.
    """
    boot_file = resources.fork_server().boot_file  # only that is needed of the fork server
    with resources.prepared(spec) as run:
        terminal = {key: os.environ[key] for key in ("TERM",) if key in os.environ}
        command = [str(resources.interpreter), "-P", "-s", BOOTSTRAP, "run", str(boot_file)]
        began = time.monotonic()
        with parent_signals.ignored(signal.SIGINT):
            child = subprocess.Popen(
                [*command, str(run.spec.spec_file)], cwd=run.spec.folder, env={**terminal, **run.spec.env}
            )
            with contextlib.suppress(OSError):
                os.sched_setaffinity(child.pid, {resources.core(0)})
            status = child.wait()
        reason = BY_INTERRUPTION if status in (-signal.SIGINT, INTERRUPTED) else None
        wall_s = time.monotonic() - began
        result = conclude(run.spec, ProcessEnd(status), reason, run.page.read(), wall_s)
    if reason is not None:
        raise KeyboardInterrupt
    return result
