"""What stands between the subject and the platform: one-way delay and conditions, per connection, both ways.

A `Pipe` is one direction of one connection. Items go in at one end and come out later, in order: bytes, or
one of the two ways a stream can end. Time is the event loop's, so it is virtual where the loop is.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .conditions import Condition, Draw, Drop, Hold, Pass


class End(enum.Enum):
    """How a stream ends."""

    FIN = "fin"
    RST = "rst"


Item = bytes | End


@dataclass(eq=False)
class Held:
    """A condition on a pipe; `acted` is told of each item it changed: bytes, and added microseconds."""

    condition: Condition
    draw: Draw
    acted: Callable[[int, int], None]


@dataclass(eq=False)
class Pipe:
    """One direction. `deliver` gets each item after `delay_us`, in order, unless a condition interferes."""

    loop: asyncio.AbstractEventLoop
    delay_us: int
    deliver: Callable[[Item], None]
    conditions: list[Held] = field(default_factory=list)
    _waiting: deque[Item] = field(default_factory=deque)
    _free_at: float = 0.0
    _closed: bool = False

    def push(self, item: Item) -> None:
        """Send an item on its way."""
        if self._waiting:
            self._waiting.append(item)
        else:
            self._admit(item)

    def put_on(self, held: Held) -> None:
        self.conditions.append(held)

    def take_off(self, held: Held) -> None:
        """End a condition; what it held goes on its way now, in order."""
        self.conditions.remove(held)
        waiting, self._waiting = self._waiting, deque()
        for item in waiting:
            self.push(item)

    def cut(self) -> None:
        """Nothing arrives any more (the connection is gone)."""
        self._closed = True
        self._waiting.clear()

    def _admit(self, item: Item) -> None:
        delay_us = self.delay_us
        length = len(item) if isinstance(item, bytes) else 0
        now_us = round(self.loop.time() * 1e6)
        for held in self.conditions:
            shape = held.condition.shape(length, now_us, held.draw)
            if isinstance(shape, Hold):
                held.acted(length, 0)
                self._waiting.append(item)
                return
            if isinstance(shape, Drop) and (length or held.condition.swallows_fin):
                held.acted(length, 0)
                return
            if isinstance(shape, Pass) and shape.delay_us:
                held.acted(length, shape.delay_us)
                delay_us += shape.delay_us
        at = max(self._free_at, self.loop.time() + delay_us / 1e6)
        self._free_at = at
        self.loop.call_at(at, self._arrive, item)

    def _arrive(self, item: Item) -> None:
        if not self._closed:
            self.deliver(item)
