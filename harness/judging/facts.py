"""The types of the facts that a journal's records add up to. Frozen data only; `timeline` derives them.

All times are virtual microseconds; `n` is the number of the record that proves the fact.
"""

from __future__ import annotations

from dataclasses import dataclass

from fake_qq_server.platform.told import NOTHING, Told
from harness.judging.intervals import Interval


@dataclass(frozen=True, order=True)
class Mark:
    """A moment with its proof."""

    t: int
    n: int


@dataclass(frozen=True)
class TimedCall:
    """Something that begins and ends; `end` is null while it is open at E.

    `how` is one of run_kinds.How. `number` is the subject's own count where there is one. `text`, `length`:
    what it made, of a call of the handler of messages.
    """

    begin: Mark
    end: Mark | None = None
    how: str | None = None
    error: str | None = None
    number: int = 1
    text: str | None = None
    length: int | None = None

    def lasted(self, upto: int) -> int:
        """How long it took, or has been open at `upto`."""
        return (self.end.t if self.end else upto) - self.begin.t

    @property
    def lines(self) -> tuple[int, ...]:
        """The numbers of the records of its begin and, where it ended, its end."""
        return (self.begin.n, self.end.n) if self.end else (self.begin.n,)


@dataclass(frozen=True)
class Connection:
    """One WebSocket connection as the platform saw it.

    `readies`: READY or RESUMED written on it. `ended`: the first of a CLOSE frame either way or
    the TCP connection's end. `closed`: the TCP connection's end. `left`: the subject's own
    CLOSE frame or TCP end, whichever came first.
    """

    number: int
    opened: Mark
    readies: tuple[Mark, ...] = ()
    ended: Mark | None = None
    closed: Mark | None = None
    left: Mark | None = None


@dataclass(frozen=True)
class Interruption:
    """A stretch in which one connection could not serve: silent, stalled or blackholed.

    `name` is the condition that began it; `while_serving`: the connection was serving just before.
    """

    conn: int
    name: str
    on: Mark
    off: Mark | None
    while_serving: bool


@dataclass(frozen=True)
class GiveUp:
    """The subject stopped: its listener ended unbidden, or it set the fatal flag, whichever came first.

    A second sign while the first still stands belongs to the same one. `until`: the READY or RESUMED that
    undid it, else E. `stands`: nothing undid it. `flag`: the fatal flag, as soon as it was set.
    `calls`: the calls of the fatal handler between the READY before it and `until`.
    `connecting`: the connect() within which it happened, where that connect() then failed: its caller got
    the answer as a return value.
    """

    at: Mark
    until: Mark
    stands: bool
    flag: Mark | None = None
    calls: tuple[TimedCall, ...] = ()
    told: tuple[TimedCall, ...] = ()
    connecting: TimedCall | None = None

    @property
    def stretch(self) -> Interval:
        """From the give-up to what undid it, or to E."""
        return Interval(self.at.t, self.until.t)


@dataclass(frozen=True)
class Writing:
    """A message event was written to a connection, or kept in the session (`conn` is null then).

    `session`: the ordinal of the session that it belongs to, `s` its sequence number there. `told`: what it
    tells the bot.
    """

    at: Mark
    conn: int | None
    replay: bool
    session: int | None = None
    s: int = 0
    told: Told = NOTHING


@dataclass(frozen=True)
class Given:
    """What a handling was given; the fields are those of `SubjMessage`."""

    at: Mark
    text: str | None = None
    place: str | None = None
    user: str | None = None
    media: int | None = None
    scene: str | None = None


@dataclass(frozen=True)
class Message:
    """One message id: when it was written, handled, and answered through the API.

    `kind`: the event's type, null where only the subject tells of it. `kept`: it had no connection to go to,
    and waited in the session. `calls`: the handler of messages, which the scenario describes, was called for
    it. `tried`: a send of content that names it (no typing notice). `replied`: one that the platform took.
    `given`: for each handling, what the subject's handler was given.
    """

    id: str
    probe: bool
    written: tuple[Writing, ...] = ()
    handled: tuple[Mark, ...] = ()
    replied: tuple[Mark, ...] = ()
    kind: str | None = None
    kept: tuple[Writing, ...] = ()
    tried: tuple[Mark, ...] = ()
    calls: tuple[TimedCall, ...] = ()
    given: tuple[Given, ...] = ()

    @property
    def ready(self) -> Mark | None:
        """When its handler had the answer; where no call is told of, when it was handled."""
        if self.calls:
            return next((call.end for call in self.calls if call.how == "ok"), None)
        return self.handled[0] if self.handled else None

    @property
    def sent(self) -> tuple[Writing, ...]:
        """Every time that the platform wrote or kept it, in order."""
        return tuple(sorted((*self.kept, *self.written), key=lambda one: one.at))
