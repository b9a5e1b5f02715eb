"""`latency`: every chunk comes so much later than it was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fake_qq_server.toxics.pipe import Act, Draw, Emit, Ended, Pipe, Take, Toxic, Wait, Word


@dataclass(frozen=True)
class Latency(Toxic):
    """`latency` and `jitter` are milliseconds. The end of the stream is not delayed by itself."""

    type = "latency"
    latency: int = 0
    jitter: int = 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """What time a chunk has waited already counts; what is in hand at an interrupt comes at once."""
        del memory
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            us = self._delay_us(draw) - (now() - item.stamp)
            if us > 0:
                yield Act(len(item.data), us)
                if (yield Wait(us)) is Word.INTERRUPT:
                    yield Emit(item)
                    return False
            yield Emit(replace(item, stamp=item.stamp + us))

    def effect(self, before: int, size: int) -> Act | None:
        """As late as it can be."""
        del before
        return Act(size, (self.latency + self.jitter) * 1000)

    def _delay_us(self, draw: Draw) -> int:
        """Whole milliseconds, from latency - jitter up to, and without, latency + jitter."""
        swing = int(draw() * 2 * self.jitter) - self.jitter if self.jitter else 0
        return (self.latency + swing) * 1000
