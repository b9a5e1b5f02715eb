"""Time that passes `rate` times as fast as real time, for an event loop and all that runs in it."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any


class ScaledClock:
    """Scaled seconds since it was made. Its rate may change at any moment; its time goes on from there."""

    def __init__(self, real: Callable[[], float] = time.monotonic) -> None:
        self._real = real
        self._real_then = real()
        self._then = 0.0
        self.rate = 1.0

    def now(self) -> float:
        """Scaled seconds."""
        return self._then + (self._real() - self._real_then) * self.rate

    def set_rate(self, rate: float) -> None:
        """From now on, so many scaled seconds in a real one."""
        self._then, self._real_then = self.now(), self._real()
        self.rate = rate


class _ScaledSelector(selectors.DefaultSelector):
    """Waits real time for a scaled time-out."""

    def __init__(self, clock: ScaledClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        scaled = timeout is not None and timeout > 0
        return super().select(timeout / self._clock.rate if scaled and timeout else timeout)


class ScaledLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` is the clock's. After a change of the rate it must be woken up once
    (`call_soon_threadsafe`): what it waits for then was reckoned with the rate before."""

    def __init__(self, clock: ScaledClock) -> None:
        super().__init__(_ScaledSelector(clock))
        self._scaled_clock = clock

    def time(self) -> float:
        """Scaled seconds."""
        return self._scaled_clock.now()


def runner(clock: ScaledClock) -> asyncio.Runner:
    """What runs a coroutine in such a loop."""
    factory: Any = lambda: ScaledLoop(clock)  # noqa: E731
    return asyncio.Runner(loop_factory=factory)
