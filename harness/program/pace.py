"""How fast time may pass at each moment: as fast as was asked, but for reasons to be slower. Pure.

What the program does in real time, it must have real time for: while it starts, while a message waits for its
answer, and while it is told to stop, time is real. From its first request after a healing it is a little
faster: what a check measures then are minutes, and the program needs a second. While it talks to the
platform, time is slower than while it waits: the time-outs of an attempt pass as fast as all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from fake_qq_server.events import (
    Event,
    EventSent,
    Heal,
    HttpRequest,
    HttpSend,
    LinkClose,
    LinkOpen,
    Session,
    WsConnect,
)
from fake_qq_server.platform.protocol import HEARTBEAT_MS
from harness.program.faketime import STEP_S, STEPS
from harness.scenario.limits import RECOVERY_HEARTBEATS, RECOVERY_US

MOST: Mapping[str, float] = {
    "starting": 1.0,
    "stopping": 1.0,
    "answering": 1.0,
    "starting again": 40.0,
    "recovering": 40.0,
}
"""For each reason, the rate that it allows."""

TALKING = 1 / 10
"""What part of the rate that was asked for is allowed while the program talks to the platform."""
TALK = (LinkOpen, LinkClose, HttpRequest, WsConnect)

SECOND = 1_000_000
REAL_STARTS = 3
"""So many starts in a row are in real time; those of a program that ends before it is ready, again and again,
are `starting again` from then on."""
START_US = 90 * SECOND
"""Where the bot is not ready by then, time passes faster all the same."""
AGAIN_US = 3600 * SECOND
"""As long as START_US in real time, at the rate of `starting again`: the service manager waits in real time
before it starts a program again."""
ANSWER_US = 60 * SECOND
"""Within this an answer is due."""
AFTER_ANSWER_US = 2 * SECOND
"""Until this long after a reply time stays real: there may be another."""
RECOVER_US = RECOVERY_US + 60 * SECOND
TALK_US = 2 * SECOND
"""Until this long after the last of `TALK`."""
HELD_US = (RECOVERY_HEARTBEATS + 1) * HEARTBEAT_MS * 1000
"""Until this long after the first READY that follows a healing: then comes a probe."""


class Pace:
    """`asked`: the rate where nothing is the matter. `rate`: what it is now; `step` says what it is to be.

    `saw` is told of each event, with the run's time in microseconds.
    """

    def __init__(self, asked: float) -> None:
        self._asked = asked
        self._most = {**MOST, "talking": max(1.0, asked * TALKING)}
        self._until: dict[str, float] = {}
        self._unanswered: set[str] = set()
        self._starts = 0
        self._healing = False
        self._changed_at = -inf
        self._before = 1.0
        self.rate = 1.0

    def starts(self, now_us: int) -> None:
        """The program starts, or is about to be started again."""
        self._until.pop("starting", None)
        self._starts += 1
        if self._starts <= REAL_STARTS:
            self._until["starting"] = now_us + START_US
        else:
            self._until["starting again"] = now_us + AGAIN_US

    def stops(self) -> None:
        """It is told to stop."""
        self._until["stopping"] = inf

    def saw(self, event: Event, now_us: int) -> None:
        """What happens is a reason to be slow, or the end of one."""
        if isinstance(event, TALK):
            self._until["talking"] = now_us + TALK_US
            if self._healing:
                self._healing = False
                self._until["recovering"] = now_us + RECOVER_US
        if isinstance(event, Session) and event.what in ("ready", "resumed"):
            self._starts = 0
            self._until.pop("starting", None)
            self._until.pop("starting again", None)
            if "recovering" in self._until:
                self._until["recovering"] = now_us + HELD_US
        elif isinstance(event, Heal):
            self._healing = True
        elif isinstance(event, EventSent):
            self._unanswered.add(event.id)
            self._until["answering"] = now_us + ANSWER_US
        elif isinstance(event, HttpSend) and event.what == "message" and event.msg_id in self._unanswered:
            self._unanswered.discard(event.msg_id)
            self._until["answering"] = now_us + (ANSWER_US if self._unanswered else AFTER_ANSWER_US)

    def step(self, now_us: int, real_s: float) -> float | None:
        """The rate from now on, if it is another one; `real_s`: real seconds. Down at once, up in steps."""
        self._until = {reason: until for reason, until in self._until.items() if now_us <= until}
        wanted = min([self._asked, *(self._most[reason] for reason in self._until)])
        if wanted > self.rate:
            if real_s - self._changed_at < STEP_S / self._before:
                return None
            wanted = next((step for step in STEPS if self.rate < step < wanted), wanted)
        if wanted == self.rate:
            return None
        self._before, self.rate, self._changed_at = self.rate, wanted, real_s
        return wanted
