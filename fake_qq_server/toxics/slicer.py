"""`slicer`: chunks are cut into small ones, with a pause after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fake_qq_server.toxics.pipe import Act, Draw, Emit, Ended, Pipe, Take, Toxic, Wait, Word, no_draw


@dataclass(frozen=True)
class Slicer(Toxic):
    """`average_size` and `size_variation` are bytes, `delay` is microseconds."""

    type = "slicer"
    average_size: int = 1
    size_variation: int = 0
    delay: int = 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """The pause follows the last piece too; at an interrupt the rest comes in one piece."""
        del now, memory
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            edges = self.cuts(len(item.data), draw)
            if len(edges) > 1:
                yield Act(len(item.data), self.delay * (len(edges) - 1))
            start = 0
            for end in edges:
                yield Emit(replace(item, data=item.data[start:end]))
                if (yield Wait(self.delay)) is Word.INTERRUPT:
                    if item.data[end:]:
                        yield Emit(replace(item, data=item.data[end:]))
                    return False
                start = end

    def effect(self, before: int, size: int) -> Act | None:
        """What is too long is cut."""
        del before
        pieces = len(self.cuts(size, no_draw))
        return Act(size, self.delay * (pieces - 1)) if pieces > 1 else None

    def cuts(self, size: int, draw: Draw) -> list[int]:
        """Where the pieces of a chunk end: it is halved, give or take, until no piece is over the average by
        more than the variation."""
        todo, ends = [(0, size)], []
        while todo:
            start, end = todo.pop()
            if end - start - self.average_size <= self.size_variation:
                ends.append(end)
                continue
            swing = int(draw() * 2 * self.size_variation) - self.size_variation if self.size_variation else 0
            middle = start + (end - start) // 2 + swing
            todo += [(middle, end), (start, middle)]
        return ends
