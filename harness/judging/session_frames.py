"""The frames of one session, and which of them its client surely read: the seq that a Resume may name. Pure.

A client knows a frame *for sure* where nothing was on its connection, and that stayed so for a second and the
link's way there and back. Frames under a condition, right before an end, or made by a rule may have been
read or not: they leave open which seq is right.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from harness.judging.facts import Mark


@dataclass(frozen=True)
class Frame:
    """A frame with a sequence number, as the platform wrote it."""

    at: Mark
    s: int


@dataclass
class SessionFrames:
    """What was written to one session so far.

    `least`: the last one that was surely read, a client may name that or a greater one; `most`: the greatest
    one. `fresh`: a frame since its READY or RESUMED was surely read. `waiting`: those of which nothing is
    known yet, each with whether it is plain.
    """

    least: Frame | None = None
    most: Frame | None = None
    fresh: bool = False
    waiting: deque[tuple[Frame, bool]] = field(default_factory=deque)

    def write(self, frame: Frame, plain: bool) -> None:
        """`plain`: nothing was on the connection, and no rule made the frame."""
        if self.most is None or frame.s > self.most.s:
            self.most = frame
        self.waiting.append((frame, plain))

    def settle(self, until: int) -> None:
        """What was written up to then was read."""
        while self.waiting and self.waiting[0][0].at.t <= until:
            frame, plain = self.waiting.popleft()
            if plain:
                self.least, self.fresh = frame, True
            else:
                self._open(frame)

    def cut(self, until: int) -> None:
        """What was written after `until` may have been read or not."""
        self.settle(until)
        while self.waiting:
            self._open(self.waiting.popleft()[0])

    def _open(self, frame: Frame) -> None:
        if self.least is not None and frame.s < self.least.s:
            self.least = frame
