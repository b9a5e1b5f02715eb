"""`slow_close`: the end of the stream comes so much later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fake_qq_server.toxics.pipe import Act, Draw, Emit, Ended, Pipe, Take, Toxic, Wait, Word


@dataclass(frozen=True)
class SlowClose(Toxic):
    """`delay` is milliseconds."""

    type = "slow_close"
    delay: int = 0

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """Chunks pass; an interrupt leaves the end to whoever runs next."""
        del now, draw, memory
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                yield self.end_effect()
                return False if (yield Wait(self.delay * 1000)) is Word.INTERRUPT else item
            yield Emit(item)

    def end_effect(self) -> Act:
        """It comes later."""
        return Act(us=self.delay * 1000)
