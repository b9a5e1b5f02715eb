"""The parent's end of a nursery: start it, order workers, hear of their ends. See `fork_server`."""

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
from harness.process.child_setup import Order

START_S = 120.0
"""Real seconds within which a nursery must have imported everything; a second or two on an idle machine."""

BEAR_S = 60.0
"""Real seconds within which it must answer an order."""

TAIL = 2_000
"""Characters of an error output that are worth keeping."""


@dataclass(frozen=True)
class End:
    """How a worker ended. `status` as of `Popen.returncode`; `lost`: the nursery ended, so nobody knows."""

    status: int = 0
    cpu_s: float = 0.0
    resident: int = 0
    lost: bool = False


@dataclass
class Ward:
    """One worker. `start` (see `procfs.Stat`) tells it from a later process of the same pid."""

    id: int
    pid: int = 0
    start: int = 0
    end: End | None = None
    over: threading.Event = field(default_factory=threading.Event)
    born: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)


class Nurse:
    """Starts a nursery whose files are in `home`. If this process dies it removes `folder`, where the homes
    of its runs are. Safe in several threads.

    Raises HarnessError where the nursery cannot be started, or has ended.
    """

    def __init__(self, python: Path, home: Path, folder: Path, preload: Sequence[str]) -> None:
        self.boot = home / "boot.json"
        found = lent_imports.places()
        boot = {"ours": found.ours, "lent": found.lent, "preload": list(preload), "folder": str(folder)}
        self.boot.write_text(json.dumps(boot), encoding="utf-8")
        self.missing: dict[str, str] = {}
        """What could not be imported beforehand: {module: why}."""
        self._complaints = home / "stderr"
        self._wards: dict[int, Ward] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._gone = False
        self._line, theirs = socket.socketpair()
        with theirs, self._complaints.open("wb") as stderr:
            command = [str(python), "-P", "-s", SCRIPT, "serve", str(self.boot), str(theirs.fileno())]
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stderr,
                    stderr=stderr,
                    cwd=home,
                    env=private_dirs.environment(home),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # or the terminal's Ctrl-C would end it before its workers
                )
            except OSError as problem:
                self._line.close()
                raise HarnessError(f"{python} cannot be started: {problem.strerror}") from problem
        self._listener = threading.Thread(target=self._listen, name="nurse", daemon=True)
        self._listener.start()
        if not self._ready.wait(START_S):
            self.close()
            raise HarnessError(f"the nursery of {python} was not ready within {START_S:g} s")
        if self._gone:
            raise HarnessError(self.obituary())

    @property
    def alive(self) -> bool:
        """Whether it takes orders."""
        return not self._gone

    def bear(self, order: Order) -> Ward:
        """Have a worker born. Raises HarnessError where that fails."""
        ward = Ward(order.id)
        with self._lock:
            self._wards[order.id] = ward
        self._ask("bear", **asdict(order))
        try:
            failed = "it is gone" if self._gone and not ward.pid else ward.born.get(timeout=BEAR_S)
        except queue.Empty:
            failed = f"no answer within {BEAR_S:g} s"
        if failed is not None:
            raise HarnessError(self.obituary() if self._gone else f"the nursery could not fork: {failed}")
        return ward

    def kill(self, ward: Ward) -> None:
        """End the worker and all that it started; `ward.over` says when that is done."""
        self._ask("kill", id=ward.id)

    def dump(self, ward: Ward) -> None:
        """Have the worker's stacks written to `stack` in its folder. Only before a kill."""
        self._ask("stack", id=ward.id)

    def obituary(self) -> str:
        """One sentence on how the nursery ended, with what it said last."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        said = " ".join(tail(self._complaints).split()) or "it said nothing"
        return f"the nursery ended by itself (status {self._process.returncode}): {said}"

    def close(self) -> None:
        """End the nursery and all of its workers; a second call does nothing."""
        self._ask("bye")
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its workers die with it
            self._process.wait()
        self._listener.join(5)
        with contextlib.suppress(OSError):
            self._line.close()

    def _ask(self, what: str, **more: Any) -> None:
        line = json.dumps({"ask": what, **more}).encode() + b"\n"
        with self._lock, contextlib.suppress(OSError):  # gone: the listener says so to everybody
            self._line.sendall(line)

    def _listen(self) -> None:
        try:
            with self._line.makefile("rb") as reports:
                for line in reports:
                    self._hear(json.loads(line))
        except (OSError, ValueError):
            pass
        self._gone = True
        with self._lock:
            left = list(self._wards.values())
            self._wards.clear()
        for ward in left:
            kill_session(ward.pid, ward.start)
            ward.end = End(lost=True)
            ward.over.set()
            ward.born.put("it is gone")
        self._ready.set()

    def _hear(self, report: dict[str, Any]) -> None:
        if report["say"] == "ready":
            self.missing = report["missing"]
            self._ready.set()
            return
        with self._lock:
            ward = self._wards[report["id"]]
            if report["say"] in ("ended", "failed"):
                del self._wards[ward.id]
        if report["say"] == "born":
            ward.pid, ward.start = report["pid"], report["start"]
            ward.born.put(None)
        elif report["say"] == "failed":
            ward.born.put(report["why"])
        else:
            ward.end = End(report["status"], report["cpu_s"], report["resident"])
            ward.over.set()


def kill_session(pid: int, start: int) -> None:
    """Kill a worker and whatever still is in its session, by pid. For a worker without a nursery.

    `start` guards against a stranger: no member of the session can be older than the worker, and while one
    lives the kernel does not give the session's number out again.
    """
    if pid <= 0:
        return
    for one in procfs.everyone():
        ours = one.session == pid and one.start >= start
        if ours or (one.pid == pid and one.start == start):
            with contextlib.suppress(OSError):
                os.kill(one.pid, signal.SIGKILL)


def tail(path: Path) -> str:
    """The last of a text file, "" where there is none."""
    try:
        return path.read_bytes()[-TAIL:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


SCRIPT = str(Path(__file__).absolute().with_name("fork_server.py"))
"""The nursery's own file, run by its path."""
