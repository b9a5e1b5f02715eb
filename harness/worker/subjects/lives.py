"""A second life of the adapter in one run: the first is stopped, or killed, and another is made.

New is what a new process would have new: the adapter object, its connections, its memory of messages and
sessions. What outlives a process stays: the platform, and the files of its home. So does what the subject
keeps in modules and classes, for the interpreter is the same.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.journal.run_kinds import SubjLife
from harness.journal.writer import Recorder
from harness.worker.subjects.adapter import AdapterSubject
from harness.worker.subjects.leftovers import open_clients
from harness.worker.subjects.stale_state import PID_MAX, replace_pid

STOPS_WITHIN_S = 60.0
"""How long (virtual) a disconnect() may take before the next life begins without its end."""

ROUNDS = 50
"""Turns of the loop that the tasks of a killed adapter get to end in; what still runs then is left alone."""


class AdapterLives:
    """Ends the adapter's life and begins another. Built in the subject's loop.

    `spare(task)`: a task of the harness's that is none of the adapter's. `on_built(adapter)` is called for
    each new adapter before it connects.
    """

    def __init__(
        self,
        subject: AdapterSubject,
        record: Recorder,
        spare: Callable[[asyncio.Task[Any]], bool],
        on_built: Callable[[Any], None],
    ) -> None:
        self._subject = subject
        self._record = record
        self._spare = spare
        self._on_built = on_built
        self._loop = asyncio.get_running_loop()
        self._number = 1
        self._pending = False
        self._buried: list[Any] = []  # a killed process collects no garbage, and warns of nothing
        self.open_clients: list[Any] = []
        """The HTTP clients of killed adapters: a killed process closes none."""
        self._task: asyncio.Task[None] | None = None
        self._down = self._over = False

    def restart(self, how: str, down_us: int) -> bool:
        """Called in the platform's thread; whether it will be done: not while another is under way."""
        if self._pending or self._over:
            return False
        self._pending = True
        self._loop.call_soon_threadsafe(self._begin, how, down_us)
        return True

    def end(self) -> bool:
        """The run is over: nothing more is restarted. Whether there is an adapter to stop."""
        self._over = True
        if self._down and self._task is not None:
            self._task.cancel()
        return not self._down

    def _begin(self, how: str, down_us: int) -> None:
        if not self._over:
            self._task = self._loop.create_task(self._replace(how, down_us), name="harness: restart")

    async def _replace(self, how: str, down_us: int) -> None:
        self._down = True
        if how == "kill":
            await self._kill()
        else:
            self._record("probe", SubjLife("stopping", self._number))
            stopping = asyncio.create_task(self._subject.stop(), name="harness: stop")
            await asyncio.wait({stopping}, timeout=STOPS_WITHIN_S)
        await asyncio.sleep(down_us / 1e6)
        self._number += 1
        self._record("probe", SubjLife("started", self._number))
        self._subject.build()
        self._on_built(self._subject.adapter)
        self._down = self._pending = False
        await self._subject.connect()

    async def _kill(self) -> None:
        """No call of the adapter's: its connections are cut, its tasks end, its files are as they were."""
        self._record("probe", SubjLife("killed", self._number))
        self._subject.forsake()
        files = {path: path.read_bytes() for path in _files()}
        logging.disable(logging.CRITICAL)
        try:
            transports: Any = getattr(self._loop, "_transports", {})
            for transport in list(transports.values()):
                self._buried.append(transport)
                transport.abort()
            await self._end_tasks()
        finally:
            logging.disable(logging.NOTSET)
        self._buried.append(self._subject.adapter)
        self.open_clients += open_clients()
        dead = int(PID_MAX.read_text())
        for path, content in files.items():
            path.write_bytes(content)
            replace_pid(path, dead)

    async def _end_tasks(self) -> None:
        for _ in range(ROUNDS):
            alive = [task for task in asyncio.all_tasks() if not task.done() and not self._is_spared(task)]
            if not alive:
                return
            for task in alive:
                if task not in self._buried:
                    self._buried.append(task)
                task.cancel()
            await asyncio.sleep(0)

    def _is_spared(self, task: asyncio.Task[Any]) -> bool:
        return task is self._task or self._spare(task)


def _files() -> Iterator[Path]:
    """What an adapter keeps on disk: the status file, and the lock of its app id."""
    status = Path(os.environ["HERMES_HOME"]) / "gateway_state.json"
    locks = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
    yield from (path for path in (status, *sorted(locks.glob("*.lock"))) if path.is_file())
