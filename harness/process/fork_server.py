"""A warm interpreter that bears workers. Run as a script under the subject's interpreter:

    PYTHON -P -s nursery.py serve BOOT FD       fork a worker for each order that comes over the socket FD
    PYTHON -P -s nursery.py run BOOT SPEC       be that one worker (a fresh interpreter, or the foreground)

BOOT is a JSON file: `ours` and `lent` (see `beside`), `preload` (modules to import, third-party only: a
subject's homes are read on import), `folder` (removed when the parent dies).

One JSON object a line, both ways.
Orders: {"ask": "bear", ...Order}, {"ask": "kill"|"stack", "id"}, {"ask": "bye"}.
Reports: {"say": "ready", ...}, {"say": "born", "id", "pid", "start"}, {"say": "failed", "id", "why"},
{"say": "ended", "id", "status", "cpu_s", "resident"}; `ended` comes when nothing of the run is left alive.

It waits for nothing but its socket and its children, so it ends by itself when the parent's end closes,
however the parent ended, and takes all workers along.

-P: this folder has modules of its own and must not stand on `sys.path` of a subject. Stdlib only.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.process import child_setup
    from harness.process.worker_spec import WorkerSpec

KILL_ROUNDS = 200
"""How often the dead are waited for, milliseconds apart: more only for a fork bomb, or a disk that hangs."""

REAP_EVERY_MS = 20
"""How often children are looked at where the kernel has no pidfd."""


@dataclass
class Child:
    """A live worker. `watch`: its pidfd, which is readable when it has ended; None where there is none."""

    id: int
    pid: int
    watch: int | None


class Nursery:
    """The loop around the socket; it returns in the nursery at its end, and in each child at its birth."""

    def __init__(self, line: socket.socket, folder: str) -> None:
        self._line = line
        self._folder = folder
        self._pending = b""
        self._children: dict[int, Child] = {}
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._pid = os.getpid()

    def serve(self) -> child_setup.Order | None:
        """Serve until the parent leaves (None). In a child: the order that it was born for."""
        while True:
            blind = any(child.watch is None for child in self._children.values())
            ready = {fd for fd, _ in self._poll.poll(REAP_EVERY_MS if blind else None)}
            for child in list(self._children.values()):
                if child.watch is None or child.watch in ready:
                    self._reap(child)
            if self._line.fileno() not in ready:
                continue
            for order in self._orders():
                if order["ask"] == "bear":
                    born = self._bear(order)
                    if born is not None:
                        return born
                elif order["ask"] in ("kill", "stack"):
                    self._signal(order["ask"], order["id"])
                else:
                    self._end_all(remove=order["ask"] != "bye")
                    return None

    def say(self, **report: Any) -> None:
        """One report; lost where the parent is gone, which the next poll will tell."""
        with contextlib.suppress(OSError):
            self._line.sendall(json.dumps(report).encode() + b"\n")

    def _orders(self) -> Iterator[Mapping[str, Any]]:
        try:
            got = self._line.recv(1 << 16)
        except OSError:
            got = b""
        if not got:
            yield {"ask": "end"}
            return
        *lines, self._pending = (self._pending + got).split(b"\n")
        yield from map(json.loads, lines)

    # -- birth

    def _bear(self, order: Mapping[str, Any]) -> child_setup.Order | None:
        from harness.process import child_setup, procfs

        wanted = child_setup.Order.from_json(order)
        try:
            pid = os.fork()
        except OSError as problem:
            self.say(say="failed", id=wanted.id, why=str(problem))
            return None
        if pid == 0:
            self._forget()
            return wanted
        watch = _pidfd(pid)
        if watch is not None:
            self._poll.register(watch, select.POLLIN)
        self._children[pid] = Child(wanted.id, pid, watch)
        found = procfs.stat(pid)
        self.say(say="born", id=wanted.id, pid=pid, start=found.start if found else 0)
        return None

    def _forget(self) -> None:
        """In a child: keep no end of the socket open, or the nursery would outlive its parent."""
        self._line.close()
        for child in self._children.values():
            if child.watch is not None:
                os.close(child.watch)

    # -- death

    def _signal(self, what: str, wanted: int) -> None:
        # The child is not reaped yet, so its pid is its own still, even if it has ended.
        from harness.process import child_setup

        for child in self._children.values():
            if child.id == wanted:
                number = child_setup.STACK_SIGNAL if what == "stack" else signal.SIGKILL
                os.kill(child.pid, number)

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
        if child.watch is not None:
            self._poll.unregister(child.watch)
            os.close(child.watch)
        del self._children[child.pid]
        self._kill_orphans()
        self.say(
            say="ended",
            id=child.id,
            status=os.waitstatus_to_exitcode(status),
            cpu_s=used.ru_utime + used.ru_stime,
            resident=used.ru_maxrss * 1024,
        )

    def _kill_orphans(self) -> None:
        """Every child that is no worker was left by a dead one: live workers keep their own orphans."""
        from harness.process import procfs

        for _ in range(KILL_ROUNDS):
            mine = (one.pid for one in procfs.everyone() if one.ppid == self._pid)
            orphans = [pid for pid in mine if pid not in self._children]
            if not orphans:
                return
            for pid in orphans:
                with contextlib.suppress(PermissionError):  # setuid
                    os.kill(pid, signal.SIGKILL)
            select.select((), (), (), 0.002)
            for pid in orphans:
                os.waitpid(pid, os.WNOHANG)  # then look again: what they had started falls to us too

    def _end_all(self, *, remove: bool) -> None:
        for child in self._children.values():
            os.kill(child.pid, signal.SIGKILL)
        for _ in range(KILL_ROUNDS):
            for child in list(self._children.values()):
                self._reap(child)
            if not self._children:
                break
            select.select((), (), (), 0.01)
        if remove:
            shutil.rmtree(self._folder, ignore_errors=True)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def stand_up(boot: Mapping[str, Any]) -> dict[str, str]:
    """Make the harness importable, put the clock's hooks in, import what can be imported beforehand.

    Returns what could not: {module: why}. The hooks come first: a lock made before them stays real.
    """
    found = importlib.util.spec_from_file_location(
        "_qqchaos_beside", Path(__file__).with_name("lent_imports.py")
    )
    assert found is not None and found.loader is not None
    beside = importlib.util.module_from_spec(found)
    sys.modules[found.name] = beside  # a dataclass looks its module up
    found.loader.exec_module(beside)
    beside.install(beside.Places(boot["ours"], boot["lent"]))

    from harness import clock

    clock.install()
    missing: dict[str, str] = {}
    for name in boot["preload"]:
        try:
            importlib.import_module(name)
        except Exception as problem:  # whatever a broken package raises: the worker will meet it in its turn
            missing[name] = f"{type(problem).__name__}: {problem}"
    gc.collect()
    gc.freeze()
    return missing


def _born(order: child_setup.Order, parent: int, boot_path: str) -> WorkerSpec:
    from harness.process import child_setup

    spec = child_setup.detach(order, parent)
    if order.fresh:
        me = [sys.executable, "-P", "-s", str(Path(__file__).absolute())]
        os.execve(sys.executable, [*me, "run", boot_path, order.spec], dict(spec.env))
    return spec


def main(mode: str, boot_path: str, rest: str) -> None:
    """See the module. Never returns in a worker."""
    boot = json.loads(Path(boot_path).read_text(encoding="utf-8"))
    missing = stand_up(boot)
    from harness.process import child_setup
    from harness.process.worker_spec import WorkerSpec

    if mode == "run":
        child_setup.die_with(os.getppid())  # the foreground has no nursery to see to it
        child_setup.live(WorkerSpec.from_json(Path(rest).read_text(encoding="utf-8")))
    child_setup.adopt_orphans()
    me = os.getpid()
    nursery = Nursery(socket.socket(fileno=int(rest)), boot["folder"])
    nursery.say(say="ready", pid=me, python=sys.version.split()[0], missing=missing)
    order = nursery.serve()
    if order is not None:
        try:
            spec = _born(order, me, boot_path)
        except BaseException:
            traceback.print_exc()
            os._exit(child_setup.GAVE_UP)
        child_setup.live(spec)


if __name__ == "__main__":
    main(*sys.argv[1:])
