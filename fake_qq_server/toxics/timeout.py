"""`timeout`: nothing passes, and the connection ends when nothing came for so long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fake_qq_server.toxics.pipe import Act, Draw, Ended, Pipe, Take, Toxic, Word


@dataclass(frozen=True)
class Timeout(Toxic):
    """`timeout` is milliseconds, 0: it never ends the connection. Each swallowed chunk starts it anew."""

    type = "timeout"
    interrupts = may_interrupt = True
    cuts_when_removed = True
    timeout: int = 0

    @property
    def ends_when_idle(self) -> bool:
        """But for 0, which is never."""
        return self.timeout > 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """Everything is swallowed but the sender's own end."""
        del now, draw, memory
        while True:
            item = yield Take(self.timeout * 1000 or None)
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            if item is Word.TIMEOUT:
                yield Act()
                return True
            yield Act(len(item.data))

    def effect(self, before: int, size: int) -> Act | None:
        """They are swallowed."""
        del before
        return Act(size)
