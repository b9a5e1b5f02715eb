"""What all runs of one supervisor share: one fork server, one folder in memory, the cores of the machine.

Runs in the parent; may be used by several threads.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.process import parent_signals, private_dirs
from harness.process.fork_client import ForkServerClient
from harness.process.heartbeat_page import HeartbeatPage
from harness.process.worker_spec import WorkerSpec

PRELOAD = (
    "asyncio",
    "sqlite3",
    "ssl",
    "freezegun",
    "h11",
    "websockets",
    "aiohttp",
    "httpx",
    "httpcore",
    "anyio._backends._asyncio",
    "requests",
    "yaml",
    "dotenv",
    "rich.console",
    "pygments.lexers",
    "jiter",
    "click",
    "harness.worker.main",
    "harness.worker.levels.adapter",
    "harness.worker.levels.runner",
)
"""Modules that a fork server imports beforehand, where the subject has them. Never hermes: it reads its homes
on import. httpx imports httpcore when a client is made, and httpcore the backend at the first request."""


@dataclass(frozen=True)
class PreparedRun:
    """A run that can be started: its complete spec, which its `spec_file` holds too, and its page."""

    spec: WorkerSpec
    page: HeartbeatPage


class SharedResources:
    """Everything is created when it is first needed; after `close` it is created anew."""

    def __init__(self, interpreter: Path, private_root: Path | None, preload: Sequence[str]) -> None:
        self.interpreter = interpreter
        self._private_root = private_root
        self._preload = tuple(preload)
        self._base: Path | None = None
        self._fork_server: ForkServerClient | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        cores = sorted(os.sched_getaffinity(0))
        first = os.getpid() % len(cores)  # two harnesses at once should not share the first core
        self._cores = cores[first:] + cores[:first]

    def fork_server(self) -> ForkServerClient:
        """The fork server; a new one if the last has ended, as a subject may kill its parent.

        Raises HarnessError where it cannot be started.
        """
        with self._lock:
            if self._fork_server is None or not self._fork_server.alive:
                if self._fork_server is not None:
                    self._fork_server.close()
                self._fork_server = self._new_fork_server()
            return self._fork_server

    @contextmanager
    def another_fork_server(self) -> Iterator[ForkServerClient]:
        """A fork server besides, for the `with` block. Raises HarnessError where it cannot be started."""
        with self._lock:
            fork_server = self._new_fork_server()
        try:
            yield fork_server
        finally:
            fork_server.close()

    def _new_fork_server(self) -> ForkServerClient:
        home = private_dirs.create_folder(self._base_folder(), f"f{next(self._numbers):05}")
        return ForkServerClient(self.interpreter, home, self._base_folder(), self._preload)

    def next_number(self) -> int:
        """A number that no other request for a worker has."""
        return next(self._numbers)

    def core(self, slot: int) -> int:
        """The core for the workers of one of several threads."""
        return self._cores[slot % len(self._cores)]

    @contextmanager
    def prepared(self, spec: WorkerSpec) -> Iterator[PreparedRun]:
        """Give a run its private folder and environment for the `with` block; an old journal is removed."""
        journal = Path(spec.journal)
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.unlink(missing_ok=True)
        with self._lock:
            folder = private_dirs.create_folder(self._base_folder(), f"r{next(self._numbers):05}")
        try:
            spec = replace(spec, folder=str(folder), env=private_dirs.environment(folder, spec.env))
            spec.spec_file.write_text(spec.to_json(), encoding="utf-8")
            page = HeartbeatPage.create(spec.heartbeat_file)
            try:
                yield PreparedRun(spec, page)
            finally:
                page.close()
        finally:
            private_dirs.remove_folder(folder)

    @contextmanager
    def scratch_file(self, name: str) -> Iterator[Path]:
        """The path of a file beside the private folders; it is gone after the `with` block."""
        with self._lock:
            path = self._base_folder() / name
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """End the fork server with all workers, and remove all private folders."""
        with self._lock, parent_signals.interrupts_put_off():
            if self._fork_server is not None:
                self._fork_server.close()
                self._fork_server = None
            if self._base is not None:
                private_dirs.remove_folder(self._base)
                self._base = None

    def _base_folder(self) -> Path:
        if self._base is None:
            self._base = private_dirs.create_base_folder(self._private_root)
        return self._base
