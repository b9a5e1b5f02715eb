"""`limit_data`: after so many bytes the connection ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fake_qq_server.toxics.pipe import Act, Draw, Emit, Ended, Pipe, Take, Toxic, Word

_SENT = "sent"


@dataclass(frozen=True)
class LimitData(Toxic):
    """`bytes` counts from when the toxic came on, and goes on counting when it is changed."""

    type = "limit_data"
    may_interrupt = True
    bytes: int = 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """The chunk that goes over the limit is cut, and the end follows it at once."""
        del now, draw
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            rest = max(0, self.bytes - memory.get(_SENT, 0))
            if item.data[:rest]:
                memory[_SENT] = memory.get(_SENT, 0) + len(item.data[:rest])
                yield Emit(replace(item, data=item.data[:rest]))
            if memory.get(_SENT, 0) >= self.bytes:
                yield Act(len(item.data[rest:]), ends=True)
                return True

    def effect(self, before: int, size: int) -> Act | None:
        """It acts where the limit is reached, once."""
        over = before + size - self.bytes
        reached = over >= 0 and before in range(self.bytes or 1)
        return Act(min(size, over), ends=True) if reached else None
