"""`bandwidth`: so many kilobytes a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fake_qq_server.toxics.pipe import Act, Draw, Emit, Ended, Pipe, Take, Toxic, Wait, Word

PIECE_MS = 100


@dataclass(frozen=True)
class Bandwidth(Toxic):
    """`rate` is in units of 1000 bytes a second."""

    type = "bandwidth"
    rate: int = 1

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """A chunk comes when its time is over; one that takes longer than 100 ms comes in such pieces."""
        del now, draw, memory
        most = self.rate * PIECE_MS
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            us = len(item.data) * 1000 // self.rate
            yield Act(len(item.data), us)
            while len(item.data) > most:
                if (yield Wait(PIECE_MS * 1000)) is Word.INTERRUPT:
                    yield Emit(item)
                    return False
                yield Emit(replace(item, data=item.data[:most]))
                item = replace(item, data=item.data[most:])
                us -= PIECE_MS * 1000
            interrupted = (yield Wait(us)) is Word.INTERRUPT
            yield Emit(item)
            if interrupted:
                return False

    def effect(self, before: int, size: int) -> Act | None:
        """The time that they take, one after the other."""
        del before
        return Act(size, size * 1000 // self.rate)
