"""The link between the subject and the platform: one-way delay and conditions, per connection, both ways.

A `Pipe` is one direction of one connection. Items go in at one end and come out later, in order: bytes, or
one of the two ways a stream can end. Time is the stage's clock's.

Order never rests on timers: asyncio leaves the order of equal times open, and jitter makes many of
them. What is on its way is a queue, and a timer only says that the next of it is due.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from fake_qq_server.rules.conditions import Condition, Drop, Hold, Pass
from fake_qq_server.stage import Clock


class End(enum.Enum):
    """How a stream ends."""

    FIN = "fin"
    RST = "rst"


Item = bytes | End


@dataclass(eq=False)
class PipeCondition:
    """A condition on a pipe.

    `draw(n)` is its draw for the nth item of the pipe, so that what another rule holds or drops shifts no
    draw. `on_effect` is called for each item it changed: bytes, added microseconds.
    """

    condition: Condition
    draw: Callable[[int], float]
    on_effect: Callable[[int, int], None]


@dataclass(eq=False)
class Pipe:
    """One direction of a link. `deliver` gets each item after `delay_us`, in order, unless a condition
    interferes."""

    clock: Clock
    delay_us: int
    deliver: Callable[[Item], None]
    conditions: list[PipeCondition] = field(default_factory=list)
    _waiting: deque[tuple[int, Item]] = field(default_factory=deque)
    _holder: PipeCondition | None = None
    _in_transit: deque[Item] = field(default_factory=deque)
    _count: int = 0
    _last_arrival: float = 0.0
    last_pushed: float = 0.0
    """When something last went in, by that clock."""
    _closed: bool = False

    def push(self, item: Item) -> None:
        """Send an item on its way."""
        self._count += 1
        self.last_pushed = self.clock.time()
        if self._holder is not None:
            self._hold(self._holder, self._count, item)
        else:
            self._admit(self._count, item)

    def add(self, applied: PipeCondition) -> None:
        """Begin a condition. What is on its way already arrives unchanged."""
        self.conditions.append(applied)

    def remove(self, applied: PipeCondition) -> None:
        """End a condition; what it held goes on its way now, in order."""
        self.conditions.remove(applied)
        if self._holder is not applied:
            return
        self._holder = None
        waiting, self._waiting = self._waiting, deque()
        for number, item in waiting:
            if self._holder is not None:  # another condition holds them from here on
                self._waiting.append((number, item))
            else:
                self._admit(number, item)

    def cut(self) -> None:
        """Nothing arrives any more (the connection is gone)."""
        self._closed = True
        self._waiting.clear()
        self._in_transit.clear()

    def _admit(self, number: int, item: Item) -> None:
        length = _length(item)
        now_us = round(self.clock.time() * 1e6)
        later: list[tuple[PipeCondition, int]] = []
        for applied in self.conditions:
            match applied.condition.shape(length, now_us, partial(applied.draw, number)):
                case Hold():
                    self._hold(applied, number, item)
                    return
                case Drop() if length or applied.condition.swallows_fin:
                    applied.on_effect(length, 0)
                    return
                case Pass(delay_us=us) if us:
                    later.append((applied, us))
        for applied, us in later:
            applied.on_effect(length, us)
        self._depart(item, self.delay_us + sum(us for _, us in later))

    def _hold(self, applied: PipeCondition, number: int, item: Item) -> None:
        self._holder = applied
        self._waiting.append((number, item))
        applied.on_effect(_length(item), 0)

    def _depart(self, item: Item, delay_us: int) -> None:
        self._last_arrival = max(self._last_arrival, self.clock.time() + delay_us / 1e6)
        self._in_transit.append(item)
        self.clock.call_at(self._last_arrival, self._arrive)

    def _arrive(self) -> None:
        if not self._closed:
            self.deliver(self._in_transit.popleft())


def _length(item: Item) -> int:
    return len(item) if isinstance(item, bytes) else 0
