"""A participant: a thread under the clock, with what it waits for."""

from __future__ import annotations

import _thread
from collections.abc import Callable
from typing import Any

_allocate_lock = _thread.allocate_lock  # the real one: hooks replace `threading.Lock`, not this


class ClockStuck(RuntimeError):
    """No participant can ever run again: nobody waits for a time or for input."""


class Participant:
    """`loop` is its running event loop, `waits_for` what it is parked in, `due` when work came for it."""

    def __init__(self, name: str, number: int, *, ours: bool) -> None:
        self.name = name
        self.number = number
        self.ours = ours
        self.loop: Any = None
        self.test: Callable[[], Any] | None = None
        self.deadline: int | None = None
        self.waits_for = "start"
        self.parked_at = 0
        self.due: int | None = None
        self.reported = False
        self.got: Any = None
        self.done = False
        self.given = False
        self.fault: BaseException | None = None
        self._go = _allocate_lock()
        self._go.acquire()
        self._here = _allocate_lock()
        self._here.acquire()
