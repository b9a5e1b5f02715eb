"""What the fake platform reports of itself: one frozen dataclass a kind, and the envelope around it.

The fake hands every event to a `Sink`. Alone it prints them or drops them; under the harness the sink is
the journal. Nothing here knows which.

Numbers: `conn` counts connections per host from 1 (the third WebSocket connection is conn 3 of host "ws"),
`req` counts HTTP requests of the run, `bot` counts bots in the order they were registered. Never ports,
addresses or uuids: two runs of the same scenario must produce the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol, get_args

Host = Literal["token", "api", "ws"]
Party = Literal["subject", "peer", "network"]
Ending = Literal["fin", "rst", "refused", "timeout"]
Held = Literal["keep", "release"]
"""What becomes at a healing of the bytes that a condition holds."""
HELD: tuple[Held, ...] = get_args(Held)

OMIT_NULL: Mapping[str, bool] = MappingProxyType({"omit_null": True})
"""Metadata of a field that a record leaves out while it is null. A field that a kind gains later has it, so
that the digest of an older journal stays what it was."""


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
    """A connection ended, or (`refused`) never began. `by` is who ended it; the network
    is a proxy, by a toxic."""

    KIND = "link.close"
    host: Host
    by: Party
    how: Ending


@dataclass(frozen=True)
class LinkCondition(Event):
    """A condition came on or went off one connection; with conn null, a whole host (`refuse`).

    `interrupts` is true for the conditions under which nothing can be served: silent, stall,
    blackhole, and some toxics; a toxic's name is Toxiproxy's own, such as latency_downstream.
    """

    KIND = "link.condition"
    host: Host
    name: str
    on: bool
    interrupts: bool


@dataclass(frozen=True)
class HttpRequest(Event):
    """A whole request arrived. `reply_to` is the msg_id that a sent message answers, if any; `token` what its
    token is worth, as in `ws.auth`, null where it needs none."""

    KIND = "http.request"
    endpoint: Literal["token", "gateway", "api"]
    method: str
    path: str
    reply_to: str | None = None
    token: Literal["valid", "expired", "unknown", "missing"] | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class HttpSend(Event):
    """What the request before it sends: to whom, what, and a digest by which two copies are told.

    `scene` and `target`: the kind and the id of whom it goes to. `what`: a `message`; a typing `notice`
    (msg_type 6); `media` that is uploaded for a later message; an `upload`'s step. `content`: the first 12
    hex digits of the SHA-256 of everything in the body that its receiver would see, with ports, folders and
    secrets named, null where there is nothing; never the text. `length`: the characters of its text, bytes
    where the body is no JSON object. `text`: how its text begins (`told.opening`). `msg_id`,
    `msg_seq` and `event_id` as sent, null where missing. `seconds`: how long a typing notice is to be shown.
    """

    KIND = "http.send"
    scene: Literal["c2c", "group", "channel", "dm"]
    target: str
    what: Literal["message", "notice", "media", "upload"]
    msg_type: int | None = None
    msg_id: str | None = None
    msg_seq: int | None = None
    event_id: str | None = None
    content: str | None = None
    length: int = 0
    text: str | None = field(default=None, metadata=OMIT_NULL)
    seconds: int | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class HttpAnswer(Event):
    """The answer was handed to the link. `status` is null where none was sent; `verb` is what replaced it.

    `code`: the platform's error code in the body as it was written, whoever made it. `accepted`: whether the
    platform itself did what was asked, whatever the answer says; null where a rule answered and the platform
    never came to decide. `message`: the id that the answer gives the message which was sent.
    """

    KIND = "http.answer"
    endpoint: Literal["token", "gateway", "api"]
    status: int | None
    verb: str | None = None
    code: int | None = field(default=None, metadata=OMIT_NULL)
    accepted: bool | None = field(default=None, metadata=OMIT_NULL)
    message: str | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class WsConnect(Event):
    """An upgrade request arrived and was answered with `status` (101 unless a rule said otherwise)."""

    KIND = "ws.connect"
    path: str
    status: int | None


@dataclass(frozen=True)
class WsIn(Event):
    """The platform received a frame. `op` is a name of `protocol.OP_NAMES`, "close", or "other".

    `s` is the sequence number that the client names: a heartbeat's `d` (satori's `s`) or a Resume's seq, null
    where that is null, missing or no number.
    """

    KIND = "ws.in"
    op: str
    s: int | None = None
    t: str | None = None
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WsAuth(Event):
    """What the Identify or Resume before it says of its client.

    `token`: `valid`, `expired` (or revoked), `unknown` (never given out) or `missing`; never the token.
    `session`: the ordinal of the session that is to be resumed, `unknown` for an id that was never given out,
    null for none. `seq`, `intents`, `shard`: as sent, null where missing or of another shape. `resumable`:
    the ordinal of its bot's newest session that a Resume could continue at that moment, null where none.
    """

    KIND = "ws.auth"
    op: Literal["identify", "resume"]
    token: Literal["valid", "expired", "unknown", "missing"]
    intents: int | None = None
    shard: Sequence[int] | None = None
    session: int | Literal["unknown"] | None = None
    seq: int | None = None
    resumable: int | None = None


@dataclass(frozen=True)
class WsHello(Event):
    """The heartbeat interval that the Hello before it told, milliseconds; null where it told no number."""

    KIND = "ws.hello"
    interval_ms: float | None


@dataclass(frozen=True)
class WsOut(Event):
    """The platform wrote a frame to the link (a condition may still swallow it).

    `resumable`: what an op 9 says of the session, its `d`; null for every other frame.
    """

    KIND = "ws.out"
    op: str
    s: int | None = None
    t: str | None = None
    code: int | None = None
    reason: str | None = None
    resumable: bool | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class WsWithheld(Event):
    """A frame was due and never written as what it was: a rule withheld it, made another frame of it, or held
    it until its connection had ended.

    `op`, `s`, `t`, `code`: as in `ws.out`. `id`: of the message event that it was, null for other frames.
    What the frame was to tell has happened on the platform all the same.
    """

    KIND = "ws.withheld"
    op: str
    s: int | None = None
    t: str | None = None
    id: str | None = None
    code: int | None = field(default=None, metadata=OMIT_NULL)


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
    """A message event (C2C, group, guild) was written to a connection. `probe`: the harness's own.

    What it tells the bot, null where it does not (`platform.told`): `text`: how what its user wrote or said
    begins, without mentions; `place`: where a reply goes; `user`: who wrote; `images`: how many pictures came
    with it; `files`: the names of its other files; `quoted`: how the text of a message that it quotes begins.
    """

    KIND = "event.sent"
    id: str
    t: str
    s: int
    replay: bool
    probe: bool = False
    text: str | None = field(default=None, metadata=OMIT_NULL)
    place: str | None = field(default=None, metadata=OMIT_NULL)
    user: str | None = field(default=None, metadata=OMIT_NULL)
    images: int | None = field(default=None, metadata=OMIT_NULL)
    files: Sequence[str] | None = field(default=None, metadata=OMIT_NULL)
    quoted: str | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class EventKept(Event):
    """A message event had no connection to go to: it waits in the session for a Resume.

    `session` is an ordinal. An `event.sent` with the same id follows where it is replayed.
    """

    KIND = "event.kept"
    id: str
    t: str
    s: int
    session: int


@dataclass(frozen=True)
class EventUnwanted(Event):
    """An event happened that the intents of its session exclude: the bot did not ask
    for such, and never sees it.

    `id`: its message id, else its event id. `session` is an ordinal, `intents` what its Identify asked for.
    """

    KIND = "event.unwanted"
    id: str
    t: str
    session: int
    intents: int
    probe: bool = False


@dataclass(frozen=True)
class InteractionSent(Event):
    """An interaction (somebody clicked a button) was written to a connection. `id` is that of its payload."""

    KIND = "interaction.sent"
    id: str
    s: int
    replay: bool


@dataclass(frozen=True)
class InteractionAck(Event):
    """What the request before it acknowledges: the interaction of this id. `code` is what it tells of the
    click, 0 (done) to 5, null where it is missing."""

    KIND = "interaction.ack"
    id: str
    code: int | None = None


@dataclass(frozen=True)
class RuleAct(Event):
    """A rule really replaced, added or held something. Bytes, frames and microseconds say how much."""

    KIND = "rule.act"
    verb: str
    bytes: int = 0
    frames: int = 0
    us: int = 0

    @property
    def only_marks(self) -> bool:
        """Whether nothing was done: the act is only a mark for others."""
        return self.verb == "nothing"


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
    held: Held


@dataclass(frozen=True)
class ClockSet(Event):
    """The platform's clock is not real time: it runs so many times as fast, and was just moved forward by so
    much. Only a served platform's."""

    KIND = "clock.set"
    speed: float
    forward_us: int


KINDS: tuple[type[Event], ...] = (
    LinkOpen,
    LinkClose,
    LinkCondition,
    HttpRequest,
    HttpSend,
    HttpAnswer,
    WsConnect,
    WsIn,
    WsAuth,
    WsOut,
    WsHello,
    WsWithheld,
    Session,
    EventSent,
    EventKept,
    EventUnwanted,
    InteractionSent,
    InteractionAck,
    RuleAct,
    RuleUnmet,
    ForbiddenSeen,
    ForbiddenUnwatched,
    Heal,
    ClockSet,
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
