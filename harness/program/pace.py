"""How fast time may pass at each moment: as fast as was asked, but for reasons to be slower. Pure.

What the program does in real time, it must have real time for: while it starts, while a message waits for its
answer, and while it is told to stop, time is real. After a healing it is a little faster: what a check measures
then are minutes, and the program needs a second.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.program.faketime import STEP_S, STEPS

MOST: Mapping[str, float] = {
    "starting": 1.0,
    "stopping": 1.0,
    "answering": 1.0,
    "recovering": 40.0,
}
"""For each reason, the rate that it allows."""


class Pace:
    """`asked`: the rate where nothing is the matter. `rate`: what it is now; `step` says what it is to be."""

    def __init__(self, asked: float) -> None:
        self._asked = asked
        self._reasons: set[str] = set()
        self._raised_at = 0.0
        self.rate = 1.0

    def slow(self, reason: str) -> None:
        """There is this reason from now on."""
        self._reasons.add(reason)

    def resume(self, reason: str) -> None:
        """It is over."""
        self._reasons.discard(reason)

    def has(self, reason: str) -> bool:
        """Whether there is this reason."""
        return reason in self._reasons

    def step(self, real_s: float) -> float | None:
        """The rate from now on, if it is another one. `real_s`: real seconds. Down at once, up in steps."""
        wanted = min([self._asked, *(MOST[reason] for reason in self._reasons)])
        if wanted > self.rate:
            if real_s - self._raised_at < STEP_S:
                return None
            self._raised_at = real_s
            wanted = next((step for step in STEPS if self.rate < step < wanted), wanted)
        if wanted == self.rate:
            return None
        self.rate = wanted
        return wanted
