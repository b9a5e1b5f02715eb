"""Whether time passed too fast for this machine, so that the run proves nothing. Pure.

The program's time-outs are its own: 30 s are 75 ms at rate 400, and where a core is not free for so long, an
attempt fails before the platform sees it. So each attempt that the program's log counts must have been seen
by the platform: what failed then failed for the scripted reason. And where the harness's own timer was late
by minutes of the run's time, so may have been anything.
"""

from __future__ import annotations

from fake_qq_server.events import Event, HttpAnswer, HttpRequest, LinkClose, Session
from harness.journal.process_kinds import ProcSentinel, SubjGaveUp
from harness.journal.run_kinds import SubjAttempt

MOST_LATE_S = 240.0
"""Seconds of the run's time: what the checks of this level measure is ten minutes, or real time."""


TOO_FAST = "time passed too fast for this machine: "
"""How its word begins, where it says that a run proves nothing."""


class Sentinel:
    """Is told of each event as it is recorded."""

    def __init__(self) -> None:
        self._begun = 0
        self._seen = 0
        self._late = 0.0
        self._counting = False

    def saw(self, event: Event) -> None:
        """Attempts are counted from the first READY, or the log's first attempt, to the give-up: what the
        runner tries later is none of the listener's. The platform may see one before the log is read."""
        if isinstance(event, SubjGaveUp):
            self._counting = False
        elif isinstance(event, Session):
            self._counting = self._counting or event.what == "ready"
        elif isinstance(event, SubjAttempt):
            self._counting = self._counting or event.phase == "begin"
            self._begun += event.phase == "end"
        elif self._counting and _is_an_attempt(event):
            self._seen += 1

    def late(self, seconds: float) -> None:
        """The harness's timer came so late, in seconds of the run."""
        self._late = max(self._late, seconds)

    def found(self) -> ProcSentinel:
        """What it has seen so far."""
        return ProcSentinel(self._begun, self._seen, round(self._late, 3))

    def trouble(self) -> str | None:
        """Why the run proves nothing, in words that differ from run to run; None where it does."""
        if self._seen < self._begun:
            return f"{TOO_FAST}the log tells of {self._begun} attempts, and {self._seen} reached the platform"
        if self._late > MOST_LATE_S:
            return f"{TOO_FAST}timers were late by {self._late:.0f} s of the run"
        return None


def _is_an_attempt(event: Event) -> bool:
    """What an attempt does once: it asks for the gateway, unless it gets no token before."""
    if isinstance(event, HttpRequest):
        return event.endpoint == "gateway"
    if isinstance(event, HttpAnswer):
        return event.endpoint == "token" and event.accepted is not True
    return isinstance(event, LinkClose) and event.how == "refused" and event.host != "ws"
