"""`reset_peer`: so long after the first chunk the connection is reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fake_qq_server.toxics.pipe import Act, Chunk, Draw, Pipe, Take, Toxic, Wait, Word


@dataclass(frozen=True)
class ResetPeer(Toxic):
    """`timeout` is milliseconds. Only connections that begin under it end with a reset, others in order."""

    type = "reset_peer"
    interrupts = may_interrupt = True
    lingers = True
    timeout: int = 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """The first chunk, or the sender's end, is swallowed; from then on nothing can stop it."""
        del now, draw, memory
        item = yield Take()
        if item is Word.INTERRUPT:
            return False
        yield Act(len(item.data) if isinstance(item, Chunk) else 0)
        yield Wait(self.timeout * 1000, interruptible=False)
        return True

    def effect(self, before: int, size: int) -> Act | None:
        """The first are lost, and the end is near."""
        del before
        return Act(size)
