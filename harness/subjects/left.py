"""What a subject leaves behind after its disconnect(): names, not counts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.journal import Left

OURS = "harness: "
POOL = "asyncio_"
"""Threads of the loop's own default executor: asyncio's, not the subject's."""


def what_is_left(warnings: Sequence[str], locks: Path, ports: Mapping[Any, int]) -> Left:
    """Tasks, threads, sockets and lock files of the subject that are still there; its late warnings."""
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not me and not task.get_name().startswith(OURS)]
    return Left(
        tasks=sorted(_coroutine(task) for task in tasks),
        threads=sorted(
            thread.name
            for thread in threading.enumerate()
            if thread is not threading.main_thread()
            and not getattr(thread, "ours", False)
            and not thread.name.startswith(POOL)
        ),
        sockets=sorted(_sockets(loop, ports)),
        locks=sorted(path.name for path in locks.glob("*.lock")) if locks.is_dir() else [],
        warnings=warnings,
    )


def _coroutine(task: asyncio.Task[Any]) -> str:
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
