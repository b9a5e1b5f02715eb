"""What the fake platform reports of itself: one frozen dataclass a kind, and the envelope around it.

The fake hands every event to a `Sink`. Alone it prints them or drops them; under the harness the sink is
the journal. Nothing here knows which.

Numbers: `conn` counts connections per host from 1 (the third WebSocket connection is conn 3 of host "ws"),
`req` counts HTTP requests of the run, `bot` counts bots in the order they were registered. Never ports,
addresses or uuids: two runs of the same scenario must produce the same events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol

Host = Literal["token", "api", "ws"]
Party = Literal["subject", "peer", "network"]
Ending = Literal["fin", "rst", "refused", "timeout"]


@dataclass(frozen=True)
class Event:
    """Base of all kinds. `KIND` is the journal's `k`."""

    KIND: ClassVar[str] = ""


@dataclass(frozen=True)
class LinkOpen(Event):
    """The fake accepted a TCP connection on one of its hosts."""

    KIND = "link.open"
    host: Host


@dataclass(frozen=True)
class LinkClose(Event):
    """A connection ended, or (`refused`) never began. `by` is who ended it."""

    KIND = "link.close"
    host: Host
    by: Party
    how: Ending


@dataclass(frozen=True)
class LinkCondition(Event):
    """A condition came on or went off one connection; with conn null, a whole host (`refuse`).

    `interrupts` is true for the conditions under which nothing can be served: silent, stall, blackhole.
    """

    KIND = "link.condition"
    host: Host
    name: str
    on: bool
    interrupts: bool


@dataclass(frozen=True)
class HttpRequest(Event):
    """A whole request arrived. `reply_to` is the msg_id that a sent message answers, if any."""

    KIND = "http.request"
    endpoint: Literal["token", "gateway", "api"]
    method: str
    path: str
    reply_to: str | None = None


@dataclass(frozen=True)
class HttpAnswer(Event):
    """The answer was handed to the link. `status` is null where none was sent; `verb` is what replaced it."""

    KIND = "http.answer"
    endpoint: Literal["token", "gateway", "api"]
    status: int | None
    verb: str | None = None


@dataclass(frozen=True)
class WsConnect(Event):
    """An upgrade request arrived and was answered with `status` (101 unless a rule said otherwise)."""

    KIND = "ws.connect"
    path: str
    status: int | None


@dataclass(frozen=True)
class WsIn(Event):
    """The platform received a frame. `op` is a name of `protocol.OP_NAMES`, "close", or "other"."""

    KIND = "ws.in"
    op: str
    s: int | None = None
    t: str | None = None
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WsOut(Event):
    """The platform wrote a frame to the link (a condition may still swallow it)."""

    KIND = "ws.out"
    op: str
    s: int | None = None
    t: str | None = None
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Session(Event):
    """A session's life: `new` made by Identify, `ready` READY written, `resumed` RESUMED written,
    `dropped` its connection ended, `refused` an Identify or Resume was turned down.

    `session` is an ordinal. `replayed_from` is the first s replayed by a Resume.
    """

    KIND = "session"
    what: Literal["new", "ready", "resumed", "dropped", "refused"]
    session: int | None
    reason: str | None = None
    replayed_from: int | None = None


@dataclass(frozen=True)
class EventSent(Event):
    """A message event (C2C, group, guild) was written to a connection. `probe`: the harness's own."""

    KIND = "event.sent"
    id: str
    t: str
    s: int
    replay: bool
    probe: bool = False


@dataclass(frozen=True)
class RuleAct(Event):
    """A rule really replaced, added or held something. Bytes, frames and microseconds say how much."""

    KIND = "rule.act"
    verb: str
    bytes: int = 0
    frames: int = 0
    us: int = 0


@dataclass(frozen=True)
class RuleUnmet(Event):
    """At the end, a rule had acted less or more often than its `fires` asks (`wanted` as written: "1..")."""

    KIND = "rule.unmet"
    wanted: str
    got: int
    why: str | None = None


@dataclass(frozen=True)
class ForbiddenSeen(Event):
    """An event that the scenario forbids, the first of its prohibition. `because`: the scenario's reason."""

    KIND = "forbidden.seen"
    event: str
    because: str


@dataclass(frozen=True)
class ForbiddenUnwatched(Event):
    """At the end, the moment from which the scenario forbids this event had not come."""

    KIND = "forbidden.unwatched"
    event: str


@dataclass(frozen=True)
class Heal(Event):
    """Every rule ended. `held` is what conditions already hold: kept, or released on purpose."""

    KIND = "heal"
    held: Literal["keep", "release"]


KINDS: tuple[type[Event], ...] = (
    LinkOpen,
    LinkClose,
    LinkCondition,
    HttpRequest,
    HttpAnswer,
    WsConnect,
    WsIn,
    WsOut,
    Session,
    EventSent,
    RuleAct,
    RuleUnmet,
    ForbiddenSeen,
    ForbiddenUnwatched,
    Heal,
)
"""Every kind that the fake platform reports."""


@dataclass(frozen=True)
class Envelope:
    """Whom an event concerns and what brought it about. `cause` is the `n` of an earlier record."""

    conn: int | None = None
    req: int | None = None
    bot: int | None = None
    cause: int | None = None
    rule: str | None = None


NOBODY = Envelope()
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Sink(Protocol):
    """Takes an event at the moment it happens and returns its number, to be used as a later `cause`."""

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int: ...


@dataclass(slots=True)
class ListSink:
    """Keeps everything; for tests and for the fake on its own."""

    events: list[tuple[str, Event, Envelope]] = field(default_factory=list)

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int:
        self.events.append((src, event, about))
        return len(self.events)
