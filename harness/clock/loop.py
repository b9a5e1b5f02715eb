"""Event loops under the baton: they select by parking, and their timers have an order.

asyncio's own timer heap leaves the order of equal times open (eight timers at one instant fire as
2, 6, 5, 3, 7, 0, 1, 4), and virtual time makes ties common: timers here are ordered by (time, n-th made).
Seed 0 keeps that order; another seed permutes ties, to show what depends on them.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import heapq
import itertools
import math
import selectors
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any

from harness.clock.baton import Baton
from harness.clock.stable_ids import Task
from harness.clock.units import microseconds

TURNS_IN_A_ROW = 100
"""How often a loop that still has work may turn before the others get theirs."""

POOL_SIZE = 32
"""Threads of a loop's default executor. asyncio's own number follows the machine's cores."""

_real_select = selectors.EpollSelector.select


class VirtualSelector(selectors.EpollSelector):
    """Waits by parking; polls the real descriptors each time the baton comes round."""

    def __init__(self, baton: Baton) -> None:
        super().__init__()
        self._baton = baton
        self._in_a_row = 0
        epoll: Any = self._selector  # type: ignore[attr-defined]
        self.has_input: Callable[[], Any] = functools.partial(epoll.poll, 0, 1)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, as of a plain selector, after parking for at most `timeout` virtual seconds."""
        me = self._baton.current()
        if me is None:
            return _real_select(self, timeout)
        # A loop with callbacks ready asks with timeout 0. Parking each time would ask the tests of all other
        # threads between any two callbacks; never parking would let one busy loop keep the others out.
        if timeout is not None and timeout <= 0 and self._in_a_row < TURNS_IN_A_ROW:
            self._in_a_row += 1
            self._baton.count_turn(me)
        else:
            self._in_a_row = 0
            if timeout is not None:
                timeout = round(timeout, 6)  # the difference of two whole microseconds
            if not self._baton.park(self.has_input, timeout, "select"):
                return []
        # `has_input` only says that something is there; this tells what, and asyncio wants it all at once.
        return _real_select(self, 0)


class _Timer(asyncio.TimerHandle):
    """A timer that is ordered among those of the same instant."""

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
    _default_executor: Any
    _task_factory: Any

    def __init__(self, baton: Baton, seed: int = 0) -> None:
        self._baton = baton
        self._seed = seed
        self._made = itertools.count()
        self._input = VirtualSelector(baton)
        super().__init__(self._input)
        self._clock_resolution = 0.5e-6  # "due" is `when < time + resolution`: never the next microsecond

    def time(self) -> float:
        """Virtual seconds, from 0."""
        return self._baton.now_us / 1e6

    def run_forever(self) -> None:
        """Run until `stop`; meanwhile the clock knows that this thread runs this loop."""
        who = self._baton.current()
        outer = who.loop if who else None
        if who:
            who.loop = self
        try:
            super().run_forever()
        finally:
            if who:
                who.loop = outer

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call at `when`, virtual seconds. The seed orders equal times; seed 0 leaves them as asked for."""
        # asyncio's call_at, except for the class of the timer and a time in whole microseconds. call_later
        # goes through here as well.
        self._check_closed()  # type: ignore[attr-defined]
        exact = self._whole(when) if math.isfinite(when) else when
        timer = _Timer(self._order(), exact, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def create_task(self, coro: Any, **named: Any) -> Any:
        """A task whose hash and name are numbered, unless the subject set a task factory of its own."""
        self._check_closed()  # type: ignore[attr-defined]
        return super().create_task(coro, **named) if self._task_factory else Task(coro, loop=self, **named)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Run in a thread; the default executor has `POOL_SIZE` threads on every machine."""
        if executor is None and self._default_executor is None:
            self._default_executor = ThreadPoolExecutor(POOL_SIZE, "asyncio")
        return super().run_in_executor(executor, func, *args)

    def next_due(self) -> int | None:
        """When this loop has work to do (µs): now, or when its next timer is; None if it has none."""
        # asyncio leaves cancelled timers in its heap until they reach its top, so the first entry may be no
        # work at all. Hence all are looked through; it is asked only of a blocked loop.
        if self._ready or self._input.has_input():
            return self._baton.now_us
        times = [timer._when for timer in self._scheduled if not timer.cancelled()]
        when = min(times, default=math.inf)
        return round(when * 1e6) if when < math.inf else None

    def _whole(self, when: float) -> float:
        """In whole microseconds, and never now for what is later: who sleeps for what a float left over
        (`while now < end: sleep(end - now)`) must see time move, as it does on a real clock."""
        due, now = microseconds(when), self._baton.now_us
        return (now + 1 if due <= now and when > now / 1e6 else due) / 1e6

    def _order(self) -> int:
        made = next(self._made)
        if self._seed == 0:
            return made
        return int.from_bytes(hashlib.blake2b(f"{self._seed}:{made}".encode(), digest_size=8).digest())
