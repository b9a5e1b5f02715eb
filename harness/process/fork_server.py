"""The fork server: a warm interpreter that forks a worker for each request, and reports how each one ended.

Runs under the subject's interpreter, which `bootstrap` has prepared; `fork_client` is its client, in the
parent. One JSON object a line, both ways, over one socket:

    requests   {"request": "spawn", ...SpawnRequest}, {"request": "kill"|"dump", "id"}, {"request": "close"}
    reports    {"report": "ready", "missing"}, {"report": "spawned", "id", "pid", "start"},
               {"report": "failed", "id", "why"}, {"report": "ended", "id", "status", "cpu_s", "resident"}

`ended` comes when no process of the run is left. The server waits for nothing but its socket and its
children, so it ends by itself when the parent's end of the socket closes, however the parent ended, and
kills all workers first.

Stdlib only: runs under the subject's interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.process import private_dirs, procfs
from harness.process.child_setup import STACK_SIGNAL, SpawnRequest

PARENT_EVERY_MS = 500
"""How often the parent is looked at while there are children, which might have stopped it."""

KILL_ROUNDS = 200
"""How often killed processes are waited for, milliseconds apart: all are needed only for a fork bomb, or a
disk that hangs."""

REAP_EVERY_MS = 20
"""How often children are looked at where the kernel has no pidfd."""


@dataclass
class Child:
    """A live worker. `pidfd` is readable when it has ended; None where the kernel has none."""

    id: int
    pid: int
    pidfd: int | None


class ForkServer:
    """The loop around the socket. `serve` returns in the server at its end, in each child at its start."""

    def __init__(self, connection: socket.socket, folder: str) -> None:
        self._connection = connection
        self._folder = folder
        self._incomplete = b""
        self._children: dict[int, Child] = {}
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._pid = os.getpid()
        self._parent = os.getppid()

    def serve(self) -> SpawnRequest | None:
        """Serve until the parent leaves; None then. In a child: the request that it was started for."""
        while True:
            ready = {fd for fd, _ in self._poll.poll(self._patience_ms())}
            self._continue_parent()
            for child in list(self._children.values()):
                if child.pidfd is None or child.pidfd in ready:
                    self._reap(child)
            if self._connection.fileno() not in ready:
                continue
            for message in self._receive():
                if message["request"] == "spawn":
                    request = self._spawn(SpawnRequest.from_json(message))
                    if request is not None:
                        return request
                elif message["request"] in _SIGNALS:
                    self._signal(message["id"], _SIGNALS[message["request"]])
                else:
                    self._kill_all(remove=message["request"] != "close")
                    return None

    def _patience_ms(self) -> int | None:
        if any(child.pidfd is None for child in self._children.values()):
            return REAP_EVERY_MS
        return PARENT_EVERY_MS if self._children else None

    def _continue_parent(self) -> None:
        """Continue the parent where it was stopped and has no terminal: a person has not done that, nor can
        a person see it."""
        found = procfs.stat(self._parent) if self._children else None
        if found is not None and not found.terminal:
            procfs.go_on(found)

    def report(self, what: str, **more: Any) -> None:
        """Send one report. It is lost where the parent is gone, which the next poll will notice."""
        with contextlib.suppress(OSError):
            self._connection.sendall(json.dumps({"report": what, **more}).encode() + b"\n")

    def _receive(self) -> Iterator[Mapping[str, Any]]:
        try:
            received = self._connection.recv(1 << 16)
        except OSError:
            received = b""
        if not received:
            yield {"request": "parent is gone"}
            return
        *lines, self._incomplete = (self._incomplete + received).split(b"\n")
        yield from map(json.loads, lines)

    def _spawn(self, request: SpawnRequest) -> SpawnRequest | None:
        """The request in the child, None in the server."""
        try:
            pid = os.fork()
        except OSError as problem:
            self.report("failed", id=request.id, why=str(problem))
            return None
        if pid == 0:
            self._close_inherited()
            return request
        pidfd = _open_pidfd(pid)
        if pidfd is not None:
            self._poll.register(pidfd, select.POLLIN)
        self._children[pid] = Child(request.id, pid, pidfd)
        found = procfs.stat(pid)
        self.report("spawned", id=request.id, pid=pid, start=found.start if found else 0)
        return None

    def _close_inherited(self) -> None:
        """In a child: keep no end of the socket open, or the server would outlive its parent."""
        self._connection.close()
        for child in self._children.values():
            if child.pidfd is not None:
                os.close(child.pidfd)

    def _signal(self, wanted: int, number: int) -> None:
        for child in self._children.values():
            if child.id == wanted:
                os.kill(child.pid, number)  # not reaped yet, so the pid is its own, even if it has ended

    def _reap(self, child: Child) -> None:
        try:
            ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            ended = None
        if ended is None:
            return
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)  # before it is reaped: the number is still its own
        _, status, used = os.wait4(child.pid, 0)
        if child.pidfd is not None:
            self._poll.unregister(child.pidfd)
            os.close(child.pidfd)
        del self._children[child.pid]
        self._kill_orphans()
        self.report(
            "ended",
            id=child.id,
            status=os.waitstatus_to_exitcode(status),
            cpu_s=used.ru_utime + used.ru_stime,
            resident=used.ru_maxrss * 1024,
        )

    def _kill_orphans(self) -> None:
        """Kill every child that is no worker: a worker that ended left it. Live workers keep their own."""
        for _ in range(KILL_ROUNDS):
            mine = (one.pid for one in procfs.all_processes() if one.ppid == self._pid)
            orphans = [pid for pid in mine if pid not in self._children]
            if not orphans:
                return
            for pid in orphans:
                with contextlib.suppress(PermissionError):  # setuid
                    os.kill(pid, signal.SIGKILL)
            select.select((), (), (), 0.002)
            for pid in orphans:
                os.waitpid(pid, os.WNOHANG)  # then look again: what they had started is our child now

    def _kill_all(self, *, remove: bool) -> None:
        for child in self._children.values():
            os.kill(child.pid, signal.SIGKILL)
        for _ in range(KILL_ROUNDS):
            for child in list(self._children.values()):
                self._reap(child)
            if not self._children:
                break
            select.select((), (), (), 0.01)
        if remove:
            private_dirs.remove_folder(Path(self._folder))


_SIGNALS = {"kill": signal.SIGKILL, "dump": STACK_SIGNAL}


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
