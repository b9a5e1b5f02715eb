"""Event loops under the baton: they select by parking, and their timers have an order.

asyncio's own timer heap leaves the order of equal times open (eight timers at one instant fire as
2, 6, 5, 3, 7, 0, 1, 4), and virtual time makes ties common: timers here are ordered by (time, n-th made).
Seed 0 keeps that order; another seed permutes ties, to show what leans on them.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import itertools
import math
import selectors
from collections.abc import Callable
from contextvars import Context
from typing import Any

from .baton import Baton

TURNS_IN_A_ROW = 100
"""How often a loop that still has work may turn before the others get theirs."""


class VirtualSelector(selectors.EpollSelector):
    """Waits by parking; polls the real descriptors each time the baton comes round."""

    def __init__(self, baton: Baton) -> None:
        super().__init__()
        self._baton = baton
        self._in_a_row = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._baton.current() is None:
            return super().select(timeout)
        if timeout is not None and timeout <= 0 and self._in_a_row < TURNS_IN_A_ROW:
            self._in_a_row += 1
            self._baton.another_turn()
            return super().select(0)
        self._in_a_row = 0
        poll = super().select
        return self._baton.park(lambda: poll(0), timeout, "select") or []


class _Timer(asyncio.TimerHandle):
    """A timer with a place among equals."""

    __slots__ = ("_order",)
    _when: float

    def __init__(self, order: int, when: float, *rest: Any) -> None:
        super().__init__(when, *rest)
        self._order = order

    def __lt__(self, other: Any) -> bool:
        return (self._when, self._order) < (other._when, other._order)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose `time()` is the baton's, in seconds from 0."""

    _scheduled: list[_Timer]
    _ready: Any

    def __init__(self, baton: Baton, seed: int = 0) -> None:
        self._baton = baton
        self._seed = seed
        self._made = itertools.count()
        super().__init__(VirtualSelector(baton))
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._baton.now_us / 1e6

    def run_forever(self) -> None:
        who = self._baton.current()
        outer = who.loop if who else None
        if who:
            who.loop = self
        try:
            super().run_forever()
        finally:
            if who:
                who.loop = outer

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()  # type: ignore[attr-defined]
        exact = math.ceil(when * 1e6 - 1e-3) / 1e6
        timer = _Timer(self._order(), exact, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def due_since(self, since_us: int) -> int | None:
        """Since when (µs, not before `since_us`) this loop has had work it did not do; None if it has none."""
        if self._ready or self._selector.__class__.__mro__[1].select(self._selector, 0):  # type: ignore[attr-defined]
            return since_us
        times = [timer._when for timer in self._scheduled if not timer.cancelled()]
        due = int(min(times) * 1e6) if times else None
        return max(due, since_us) if due is not None and due <= self._baton.now_us else None

    def _order(self) -> int:
        made = next(self._made)
        if self._seed == 0:
            return made
        return int.from_bytes(hashlib.blake2b(f"{self._seed}:{made}".encode(), digest_size=8).digest())
