"""What of a subject is still there after its disconnect(), or after its program ended: names, not counts."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import fcntl
import gc
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.journal.run_kinds import Left

SETTLE_S = 0.25
"""Virtual seconds to wait before looking: aiohttp and httpx close their transports a moment after they were
told to."""

HARNESS_TASK = "harness: "
"""How the names of the harness's own tasks in the subject's loop begin."""
POOL = "asyncio_"
"""Threads of the loop's own default executor: asyncio's, not an adapter's. A program waits for them."""


def find_leftovers(
    warnings: Sequence[str],
    locks: Path,
    ports: Mapping[Any, int],
    *,
    program: Path | None = None,
    buried: Sequence[Any] = (),
) -> Left:
    """Tasks, threads, sockets, HTTP clients and lock files of the subject that are still there; its late
    warnings. Call it after a garbage collection.

    `program` is the home of a whole program, where that is what has ended: then its tasks were ended with its
    loop, a daemon thread or an idle one of a pool does not hold its process up, and its pid file and runtime
    lock must be gone as well. `buried`: HTTP clients of an adapter that was killed, which never closes them.
    """
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not me and not is_harness_task(task)]
    return Left(
        tasks=[] if program else sorted(_coroutine_name(task) for task in tasks),
        threads=sorted(
            thread.name
            for thread in threading.enumerate()
            if thread is not threading.main_thread()
            and not getattr(thread, "ours", False)
            and not ((thread.daemon or _is_idle_worker(thread)) if program else thread.name.startswith(POOL))
        ),
        sockets=sorted(_sockets(loop, ports)),
        locks=sorted([*files(locks, "*.lock"), *(_held_locks(program) if program else ())]),
        warnings=warnings,
        files=files(program, "*.pid") if program else [],
        clients=None if program else _names(open_clients(), but=buried) or None,
    )


def is_harness_task(task: asyncio.Task[Any]) -> bool:
    """Whether a task in the subject's loop is the harness's: told by the beginning of its name."""
    return task.get_name().startswith(HARNESS_TASK)


def files(folder: Path, pattern: str) -> list[str]:
    """The names of the files in a folder, there or not, that fit the pattern."""
    return sorted(path.name for path in folder.glob(pattern)) if folder.is_dir() else []


def _held_locks(home: Path) -> list[str]:
    """The home's lock files that somebody still holds: another open file of this process counts."""
    held = []
    for path in sorted(home.glob("*.lock")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held.append(path.name)
    return held


def _is_idle_worker(thread: threading.Thread) -> bool:
    """A thread of a pool that waits for work: the interpreter ends those itself."""
    queue: Any = getattr(concurrent.futures.thread, "_threads_queues", {}).get(thread)
    who: Any = getattr(thread, "_participant", None)
    return queue is not None and (who is None or who.waits_for == "condition")


CLIENTS = (("aiohttp.client", "ClientSession", "closed"), ("httpx", "AsyncClient", "is_closed"))
"""HTTP clients of the subject's libraries, and which property says that one was closed."""


def open_clients() -> list[Any]:
    """HTTP clients that are still referred to and that nobody closed. The fake platform has none."""
    kinds = [(getattr(sys.modules.get(module), name, None), closed) for module, name, closed in CLIENTS]
    wanted = {kind: closed for kind, closed in kinds if kind is not None}
    alive = [one for one in gc.get_objects() if type(one) in wanted]
    return [one for one in alive if not getattr(one, wanted[type(one)])]


def _names(clients: Sequence[Any], *, but: Sequence[Any]) -> list[str]:
    spared = {id(one) for one in but}
    return sorted(type(one).__name__ for one in clients if id(one) not in spared)


def _coroutine_name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "task")


def _sockets(loop: Any, ports: Mapping[Any, int]) -> list[str]:
    """Connections that the loop still watches, by the host they go to."""
    names = {port: str(host) for host, port in ports.items()}
    found = []
    for key in loop._selector.get_map().values():
        transport = loop._transports.get(key.fd)
        peer = transport.get_extra_info("peername") if transport else None
        if peer is not None:
            found.append(names.get(peer[1], "elsewhere"))
    return found
