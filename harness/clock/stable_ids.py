"""The hashes and names of threads, tasks and futures count up from the moment the clock began.

Sets of them are everywhere (`asyncio.all_tasks`, the results of `wait`, a pool's threads), and a set is
iterated in the order of its hashes. By default those are addresses, which differ from process to process, and
so would the order in which tasks are cancelled at the end of a run. Names such as Thread-3 and Task-7 stand
in logs, and a warm parent may have used up any number of them before it forked.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import concurrent.futures.thread
import itertools
import threading
from typing import Any

_numbers = itertools.count(1)
_task_names = itertools.count(1)


class Task(asyncio.Task[Any]):
    """`asyncio.Task`, named like it for the logs."""

    _stable_hash = 0

    def __init__(self, coro: Any, *, name: str | None = None, **named: Any) -> None:
        super().__init__(coro, name=name or f"Task-{next(_task_names)}", **named)

    def __hash__(self) -> int:
        if not self._stable_hash:
            self._stable_hash = next(_numbers)
        return self._stable_hash


def install() -> None:
    """Number what has a Python class; loops make `Task`s themselves."""
    kinds: tuple[Any, ...] = (threading.Thread, concurrent.futures.Future)
    for kind in kinds:
        kind._stable_hash = 0
        kind.__hash__ = Task.__hash__


def restart_numbering() -> None:
    """Count from the beginning."""
    global _numbers, _task_names
    _numbers, _task_names = itertools.count(1), itertools.count(1)
    threads: Any = threading
    threads._counter = itertools.count(1).__next__
    pool: Any = concurrent.futures.thread.ThreadPoolExecutor
    pool._counter = itertools.count().__next__
