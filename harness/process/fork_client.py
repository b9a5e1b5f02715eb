"""The client of a fork server: starts it, asks it for workers, and learns how each ended. See `fork_server`.

Runs in the parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.process import lent_imports, private_dirs, procfs
from harness.process.child_setup import SpawnRequest

START_S = 120.0
"""Real seconds within which a fork server must have imported everything; one or two on an idle machine."""

SPAWN_S = 60.0
"""Real seconds within which it must answer a request for a worker."""

BOOTSTRAP = str(Path(__file__).absolute().with_name("bootstrap.py"))
"""The script that an interpreter is started with."""


@dataclass(frozen=True)
class ProcessEnd:
    """How a worker's process ended. `status` as `Popen.returncode`: negative for a signal. `cpu_s`: CPU
    seconds; `resident`: peak, in bytes. `lost`: its fork server ended first, so none of these is known."""

    status: int = 0
    cpu_s: float = 0.0
    resident: int = 0
    lost: bool = False


@dataclass
class WorkerProcess:
    """One worker. `start` (see `procfs.Stat`) tells it from a later process of the same pid. `ended` is set
    once `end` is known. `spawned` gets one item: None, or why it could not be started."""

    id: int
    pid: int = 0
    start: int = 0
    end: ProcessEnd | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    spawned: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)


class ForkServerClient:
    """Starts a fork server of `interpreter` whose files are in `home`. If this process dies, the server
    removes `folder`, which holds the private folders of its runs. May be used by several threads.

    Raises HarnessError where the fork server cannot be started, or has ended.
    """

    def __init__(self, interpreter: Path, home: Path, folder: Path, preload: Sequence[str]) -> None:
        self.boot_file = home / "boot.json"
        packages = lent_imports.find_package_folders()
        boot = {"ours": packages.ours, "lent": packages.lent, "preload": list(preload), "folder": str(folder)}
        self.boot_file.write_text(json.dumps(boot), encoding="utf-8")
        self.missing: dict[str, str] = {}
        """What of `preload` could not be imported: {module: why}."""
        self._stderr_file = home / "stderr"
        self._workers: dict[int, WorkerProcess] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._gone = False
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = self._start(interpreter, home, theirs)
        self._reader = threading.Thread(target=self._read_reports, name="fork-server-reports", daemon=True)
        self._reader.start()
        if not self._ready.wait(START_S):
            self.close()
            raise HarnessError(f"the fork server of {interpreter} was not ready within {START_S:g} s")
        if self._gone:
            self.close()
            raise HarnessError(self.describe_end())

    def _start(self, interpreter: Path, home: Path, theirs: socket.socket) -> subprocess.Popen[bytes]:
        command = [str(interpreter), "-P", "-s", BOOTSTRAP, "serve", str(self.boot_file)]
        with self._stderr_file.open("wb") as stderr:
            try:
                return subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=stderr,
                    stderr=stderr,
                    cwd=home,
                    env=private_dirs.environment(home),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # or the terminal's Ctrl-C would end it before its workers
                )
            except OSError as problem:
                self._connection.close()
                raise HarnessError(f"{interpreter} cannot be started: {problem.strerror}") from problem

    @property
    def alive(self) -> bool:
        """Whether it takes requests."""
        return not self._gone

    def spawn(self, request: SpawnRequest) -> WorkerProcess:
        """Have a worker started. Raises HarnessError where that fails."""
        worker = WorkerProcess(request.id)
        with self._lock:
            self._workers[request.id] = worker
        self._send("spawn", **asdict(request))
        problem = self._answer(worker)
        if problem is not None:
            raise HarnessError(
                self.describe_end() if self._gone else f"the fork server could not fork: {problem}"
            )
        return worker

    def _answer(self, worker: WorkerProcess) -> str | None:
        """What it says to a request for this worker: None, or why there is none."""
        if self._gone and not worker.pid:
            return "it has ended"
        for _ in range(int(SPAWN_S)):
            self.keep_going()
            with contextlib.suppress(queue.Empty):
                return worker.spawned.get(timeout=1.0)
        self.abandon()
        return f"no answer within {SPAWN_S:g} s"

    def keep_going(self) -> None:
        """Continue the fork server where somebody has stopped it. Cheap: to be called all the while."""
        procfs.go_on(procfs.stat(self._process.pid))

    def abandon(self) -> None:
        """Kill the fork server, which no longer does its work: its workers are lost, and killed with it."""
        self._process.kill()

    def kill(self, worker: WorkerProcess) -> None:
        """Kill the worker and all that it started; `worker.ended` is set when that is done."""
        self._send("kill", id=worker.id)

    def dump_stacks(self, worker: WorkerProcess) -> None:
        """Have the worker write its stacks to its `stack_file`. Only before a kill."""
        self._send("dump", id=worker.id)

    def describe_end(self) -> str:
        """One sentence on how the fork server ended, with the end of what it wrote to stderr."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        output = " ".join(private_dirs.read_tail(self._stderr_file).split()) or "it wrote nothing to stderr"
        return f"the fork server ended by itself (status {self._process.returncode}): {output}"

    def close(self) -> None:
        """End the fork server and all of its workers; a second call does nothing."""
        self.keep_going()
        self._send("close")
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its workers are killed with it
            self._process.wait()
        self._reader.join(5)
        with contextlib.suppress(OSError):
            self._connection.close()

    def _send(self, what: str, **more: Any) -> None:
        line = json.dumps({"request": what, **more}).encode() + b"\n"
        with self._lock, contextlib.suppress(OSError):  # it is gone: the reader tells everybody
            self._connection.sendall(line)

    def _read_reports(self) -> None:
        try:
            with self._connection.makefile("rb") as reports:
                for line in reports:
                    self._handle(json.loads(line))
        except (OSError, ValueError, KeyError):  # a report that makes no sense is the last one that is read
            pass
        self._gone = True
        with self._lock:
            left = list(self._workers.values())
            self._workers.clear()
        for worker in left:
            kill_session(worker.pid, worker.start)
            worker.end = ProcessEnd(lost=True)
            worker.ended.set()
            worker.spawned.put("it has ended")
        self._ready.set()

    def _handle(self, report: dict[str, Any]) -> None:
        what = report["report"]
        if what == "ready":
            self.missing = report["missing"]
            self._ready.set()
            return
        with self._lock:
            worker = self._workers[report["id"]]
            if what in ("ended", "failed"):
                del self._workers[worker.id]
        if what == "spawned":
            worker.pid, worker.start = report["pid"], report["start"]
            worker.spawned.put(None)
        elif what == "failed":
            worker.spawned.put(report["why"])
        else:
            worker.end = ProcessEnd(report["status"], report["cpu_s"], report["resident"])
            worker.ended.set()


def kill_session(pid: int, start: int) -> None:
    """Kill a worker and whatever else is in its session, by pid. For a worker whose fork server has ended.

    `start` keeps other people's processes safe: no member of the session can be older than the worker, and
    while one lives the kernel does not give the session's number out again.
    """
    if pid <= 0:
        return
    for one in procfs.all_processes():
        in_session = one.session == pid and one.start >= start
        if in_session or (one.pid == pid and one.start == start):
            with contextlib.suppress(OSError):
                os.kill(one.pid, signal.SIGKILL)
