"""What a platform remembers: bots, tokens, sessions with their events, and what may be answered.

Rows of its tables; `platform.Platform` makes them and says what they are worth.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from fake_qq_server.platform.payloads import Scene
from fake_qq_server.platform.told import NOTHING, Told
from fake_qq_server.platform.units import SECOND

ROWS_KEPT = 10_000
"""Of each table that clients make grow: messages a reply may still name, targets of quotas, tokens ..."""


def forget_oldest(table: dict[Any, Any]) -> None:
    """Down to ROWS_KEPT; what was entered first goes first."""
    while len(table) > ROWS_KEPT:
        del table[next(iter(table))]


@dataclass(frozen=True)
class Bot:
    """One registered bot. `number` counts from 1 in the order of registration; `secret` is the caller's."""

    app_id: str
    secret: str
    number: int


@dataclass(frozen=True)
class Token:
    """An access token. Valid while `now < expires` (microseconds), unless revoked."""

    text: str
    bot: Bot
    ordinal: int
    expires: int

    def seconds_left(self, now: int) -> int:
        """Whole seconds until it expires, 0 from then on; `now` in microseconds."""
        return max(0, (self.expires - now) // SECOND)


@dataclass(frozen=True)
class Stored:
    """A dispatched event as a session keeps it. `id` is the message id (else the event id), `rule` the rule
    that brought it about, if one did; `told`: what it tells the bot, where it is a message."""

    s: int
    t: str
    id: str
    text: str
    at: int
    probe: bool = False
    rule: str | None = None
    told: Told = NOTHING


@dataclass(slots=True, eq=False)
class GatewaySession:
    """A session: made by Identify, continued by Resume. `s` is the last one given out.

    `conn` is the connection that has it, None since `dropped_at`. `kept` is what a Resume can replay;
    everything up to `forgotten_s` has fallen out of it.
    """

    ordinal: int
    id: str
    bot: Bot
    intents: int
    shard: tuple[int, int]
    conn: int | None
    s: int = 0
    dropped_at: int | None = None
    dead: bool = False
    kept: deque[Stored] = field(default_factory=deque)
    forgotten_s: int = 0

    def next_s(self) -> int:
        """Give out the next sequence number."""
        self.s += 1
        return self.s

    def after(self, s: int) -> tuple[Stored, ...]:
        """Every kept event with a greater s, oldest first."""
        return tuple(event for event in self.kept if event.s > s)

    def keep(self, event: Stored, limit: int) -> None:
        """Keep an event for a replay, the newest `limit` events in all."""
        self.kept.append(event)
        while len(self.kept) > limit:
            self.forgotten_s = self.kept.popleft().s


@dataclass(frozen=True)
class Sent:
    """A message that a bot sent to `target`."""

    id: str
    bot: Bot
    target: str
    at: int


@dataclass(slots=True)
class Replyable:
    """A message, or an event whose id may be named: who may answer it, where, and which msg_seq did.

    `scene` is that of a message."""

    id: str
    bot: Bot
    target: str | None
    at: int
    scene: Scene | None = None
    seqs: set[int] = field(default_factory=set)
