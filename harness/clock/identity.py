"""Threads, tasks and futures hash by the order in which they came, not by their address.

Sets of them are everywhere (`asyncio.all_tasks`, the results of `wait`, a pool's threads), and a set is gone
through in the order of its hashes: with addresses, which differ from process to process, so would the order
in which tasks are cancelled at the end of a run.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import threading
from typing import Any

_numbers = itertools.count(1)


class Task(asyncio.Task[Any]):
    """`asyncio.Task`, named like it for the logs."""

    _number = 0

    def __hash__(self) -> int:
        if not self._number:
            self._number = next(_numbers)
        return self._number


def install() -> None:
    """Number what has a Python class; loops make `Task`s themselves."""
    kinds: tuple[Any, ...] = (threading.Thread, concurrent.futures.Future)
    for kind in kinds:
        kind._number = 0
        kind.__hash__ = Task.__hash__
