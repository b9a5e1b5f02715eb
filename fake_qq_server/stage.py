"""What all parts of one fake share: its event loop, its clock, the sink of its events, its error handler.

A leaf: it imports nothing of the fake but `events`, and every part is given a `Stage` instead of the whole
`FakeQQ`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from fake_qq_server.events import Sink


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Do not make it."""


class Clock(Protocol):
    """What an event loop is as a clock, and what may stand in its place. Times are seconds."""

    def time(self) -> float:
        """The time; only differences mean something."""

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call at a time."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call after a while."""


class Stage:
    """Build it inside a running loop. Times are microseconds since `start_clock` (or since it was built), of
    `clock`: the loop, unless another one is given.

    `delay_us` is the one-way delay of every connection. `on_error` is told of every exception inside the
    fake itself; unless replaced, the loop's exception handler is. `stopped`: nothing is accepted any more.
    `normal` makes of a text what it is in every equal run (ports, folders, secrets); unless replaced, itself.
    """

    def __init__(self, sink: Sink, delay_us: int = 0, clock: Clock | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock: Clock = clock or self.loop
        self.sink = sink
        self.delay_us = delay_us
        self.stopped = False
        self.normal: Callable[[str], str] = lambda text: text
        self.on_error: Callable[[BaseException], None] = self.report_to_loop
        self._start_s = self.clock.time()

    def start_clock(self) -> None:
        """Count time from now."""
        self._start_s = self.clock.time()

    def from_now(self) -> Stage:
        """The same loop, sink and error handler, with a clock that counts from now."""
        made = Stage(self.sink, self.delay_us, self.clock)
        made.on_error = lambda problem: self.on_error(problem)
        return made

    def now_us(self) -> int:
        """The time: virtual where the loop's time is."""
        return round((self.clock.time() - self._start_s) * 1e6)

    def call_at(self, at_us: int, call: Callable[[], object]) -> Timer:
        """Call at a time; what it raises goes to `on_error`."""
        return self.clock.call_at(self._start_s + at_us / 1e6, self.safely, call)

    def later(self, after_us: int, call: Callable[..., object], *args: object) -> Timer:
        """Call after a while; what it raises goes to `on_error`."""
        return self.clock.call_later(after_us / 1e6, self.safely, call, *args)

    def safely(self, call: Callable[..., object], *args: object) -> None:
        """Call now. Everything the loop calls in the fake passes here: what is raised is the fake's own
        error and goes to `on_error`."""
        try:
            call(*args)
        except Exception as problem:
            self.on_error(problem)

    def report_to_loop(self, problem: BaseException) -> None:
        """The default of `on_error`."""
        self.loop.call_exception_handler({"message": "the fake platform failed", "exception": problem})
