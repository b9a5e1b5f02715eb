"""The clock of a served platform: it may run faster than real time, and be moved forward.

Everything that the fake waits for is a timer here: heartbeats, rules, toxics, what is on its way. The control
API, the sweep of idle connections and sockets that linger are not: they keep real time.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_STEPS = 10_000
"""Moments at which something is due that one move may pass: some seconds of work."""

MOST_TURNS = 100
"""Turns of the loop that what is due at one moment may take, while the clock is moved."""


class TooManySteps(Exception):
    """The clock was moved only a part of the way; the text says how far."""


@dataclass(order=True)
class _Timer:
    when: float
    number: int
    call: Callable[[], object] = field(compare=False)
    forget: Callable[[], None] = field(compare=False)
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """Do not call."""
        if not self.cancelled:
            self.cancelled = True
            self.forget()


class MovableClock:
    """A `stage.Clock`: `speed` times as fast as the loop's, and further on by what it was moved. Seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, speed: float = 1.0) -> None:
        self._loop = loop
        self.speed = speed
        self._real = self._base = loop.time()
        """It showed `_base` when the loop's clock showed `_real`."""
        self._held: float | None = None
        """What it shows while it is moved."""
        self._timers: list[_Timer] = []
        self._numbers = itertools.count()
        self._cancelled = 0
        self._unfinished = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._moving = asyncio.Lock()

    def time(self) -> float:
        """Seconds; only differences mean something."""
        return (
            self._base + (self._loop.time() - self._real) * self.speed if self._held is None else self._held
        )

    def call_later(self, delay: float, call: Callable[..., object], *args: object) -> _Timer:
        """Call so many seconds of this clock later."""
        return self.call_at(self.time() + delay, call, *args)

    def call_at(self, when: float, call: Callable[..., object], *args: object) -> _Timer:
        """Call at a time; in the loop's next turn where that is past. Equal times: in the order of asking."""
        timer = _Timer(when, next(self._numbers), lambda: call(*args), self._forget)
        if when <= self.time():
            self._call_soon(timer)
            return timer
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._set_alarm()
        return timer

    async def forward(self, seconds: float) -> None:
        """Move it on. What is due in between happens at its own moment, one after the other; no client has
        time to answer. Raises TooManySteps where too much is due: it then stands where it got to."""
        async with self._moving:
            self._held = now = self.time()
            self._set_alarm()
            try:
                await self._step(now, now + seconds)
            finally:
                self._real, self._base = self._loop.time(), self.time()
                self._held = None
                self._set_alarm()

    async def _step(self, start: float, end: float) -> None:
        for _ in range(MOST_STEPS):
            due = self._next_due()
            if due is None or due > end:
                self._held = end
                return
            self._held = max(self.time(), due)
            self._call_due()
            await self._settled()
        raise TooManySteps(
            f"something is due at {MOST_STEPS} moments of the first {self.time() - start:.3f} s, "
            "and there the clock stands"
        )

    async def _settled(self) -> None:
        """Until everything that is due now has happened, and what follows from it at once."""
        for turn in range(MOST_TURNS):
            await asyncio.sleep(0)
            if turn and not self._unfinished:
                return

    def _next_due(self) -> float | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
            self._cancelled -= 1
        return self._timers[0].when if self._timers else None

    def _ring(self) -> None:
        self._call_due()
        self._set_alarm()

    def _call_due(self) -> None:
        now = self.time()
        while (due := self._next_due()) is not None and due <= now:
            self._call_soon(heapq.heappop(self._timers))

    def _set_alarm(self) -> None:
        """The loop's own timer, for the next one of this clock; none while it is moved."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, due = None, self._next_due()
        if self._held is None and due is not None:
            at = self._real + (due - self._base) / self.speed
            self._alarm = self._loop.call_at(at, self._ring)

    def _call_soon(self, timer: _Timer) -> None:
        timer.forget = lambda: None
        self._unfinished += 1
        self._loop.call_soon(self._run, timer)

    def _run(self, timer: _Timer) -> None:
        self._unfinished -= 1
        if not timer.cancelled:
            timer.call()

    def _forget(self) -> None:
        """One was cancelled that is still kept. They are thrown away when they are many."""
        self._cancelled += 1
        if self._cancelled > max(100, len(self._timers) // 2):
            self._timers = [timer for timer in self._timers if not timer.cancelled]
            heapq.heapify(self._timers)
            self._cancelled = 0
