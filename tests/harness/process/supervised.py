"""A supervisor for tests, the specs it runs, and what is left of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.journal import record as journal
from harness.journal.run_kinds import RunClose
from harness.process import procfs
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.watchdog import GIB, Limits
from harness.process.worker_spec import WorkerSpec

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

Start = Callable[[list[str]], "subprocess.Popen[bytes]"]
"""Starts a command; see the fixture `start`."""

INTERPRETER = Path(os.environ.get("QQCHAOS_TEST_PYTHON", sys.executable))
"""The interpreter of these tests, as a subject's; another one to test what runs under it."""

SHORT = Limits(
    importing_s=20.0, cpu_s=0.5, platform_cpu_s=1.0, blocked_s=0.4, resident=0.5 * GIB, wall_s=30.0
)
"""A short `blocked_s` is safe on a loaded machine: a worker that waits for a core is not blocked."""

PATIENT = {"blocked_s": 10.0}
"""For a worker that waits for processes of its own, which may wait for a core."""


class Supervised:
    """A supervisor with short limits; its private folders are in `private`, its journals in `out`."""

    def __init__(self, folder: Path, preload: tuple[str, ...] = ()) -> None:
        self.private, self.out = folder / "private", folder / "out"
        self.private.mkdir(exist_ok=True)
        self.supervisor = Supervisor(
            INTERPRETER, jobs=2, limits=SHORT, private_root=self.private, preload=preload
        )

    def spec(self, entry: str, name: str = "run", **more: Any) -> WorkerSpec:
        """A worker that calls a function of `misbehaving`."""
        extra = {"entry": f"misbehaving:{entry}", **more.pop("extra", {})}
        path = str(self.out / f"{name}.jsonl")
        return WorkerSpec(name, "adapter", 0, path, path_entries=(str(HERE),), extra=extra, **more)

    def run(self, entry: str, **more: Any) -> RunResult:
        return self.supervisor.run(self.spec(entry, **more))

    def close_of(self, entry: str, **more: Any) -> RunClose:
        """The last record of a run; no process but the fork server may be left after it."""
        result = self.run(entry, **more)
        assert result.problem is None, result.problem
        assert len(self.processes()) == 1, "only the fork server goes on"
        return close_record(result)

    def processes(self) -> list[int]:
        return processes_in(self.private)

    def seen(self, name: str = "run") -> dict[str, Any]:
        """What the worker wrote of what it saw."""
        written: dict[str, Any] = json.loads((self.out / f"{name}.seen").read_text())
        return written


def processes_in(folder: Path) -> list[int]:
    """Every process that works in the folder; whatever a worker starts begins in its private folder."""
    found = []
    for one in procfs.all_processes():
        try:
            cwd = str(Path(f"/proc/{one.pid}/cwd").readlink())
        except OSError:
            continue
        if cwd.startswith(str(folder)) and one.state != "Z":
            found.append(one.pid)
    return found


def close_record(result: RunResult) -> RunClose:
    """The last record of a journal that is numbered without gaps, ordered in time and closed once."""
    assert result.journal is not None
    records = journal.parse(result.journal.read_text())
    assert [record.n for record in records] == list(range(1, len(records) + 1))
    assert [record.t for record in records] == sorted(record.t for record in records)
    closes = [record.event for record in records if isinstance(record.event, RunClose)]
    assert closes == [records[-1].event]
    return closes[0]


def extras(result: RunResult) -> dict[str, Any]:
    """The `x` of the last record."""
    assert result.journal is not None
    return dict(journal.parse(result.journal.read_text())[-1].x)


def is_gone(pid: int) -> bool:
    found = procfs.stat(pid)
    return found is None or found.state == "Z"


def wait_until(test: Callable[[], Any], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < until, "not within time"
        time.sleep(0.01)


DRIVER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from pathlib import Path
sys.path[:0] = [{root!r}]
from tests.harness.process.supervised import Supervised
supervised = Supervised(Path({folder!r}))
specs = [supervised.spec({entry!r}, name=f"run{{i}}") for i in range(4)]
try:
    with supervised.supervisor as supervisor:
        {call}
except KeyboardInterrupt:
    sys.exit(130)
"""


def driver(folder: Path, call: str, entry: str = "turns_without_end") -> list[str]:
    """The command of a process that makes a supervisor in `folder`, has `specs`, and does `call`."""
    code = DRIVER.format(root=str(ROOT), folder=str(folder), entry=entry, call=call)
    return [sys.executable, "-c", code]
