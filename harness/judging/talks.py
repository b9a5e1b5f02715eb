"""What was said on each WebSocket connection: Hello, authentication, heartbeats, ACKs, numbered frames. Pure.

Everything is the platform's view: when a frame was written, when one arrived. How long either was under way
is the link's: its delay, and what rules that make it slow add (`Talk.transit_us`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from fake_qq_server.events import EventSent, LinkCondition, Session, WsConnect, WsHello, WsIn, WsOut
from harness.journal.record import Record
from harness.judging.facts import Mark
from harness.judging.timeline import Timeline

GRANTS = ("ready", "resumed")
AUTH = ("identify", "resume")
SENDS_AWAY = ("reconnect", "invalid")
LEAST_INTERVAL_US = 5_000_000
"""A Hello that tells less is nonsense which a client need not follow."""


@dataclass(frozen=True)
class Beat:
    """A heartbeat that arrived. `s` is the sequence number that it names."""

    at: Mark
    s: int | None


@dataclass(frozen=True)
class Numbered:
    """A frame with a sequence number was written. `own`: by the platform, not by a rule's `frame`. `id`: of
    the message in it, if it is one."""

    at: Mark
    s: int
    own: bool
    id: str | None = None


@dataclass(frozen=True, eq=False)
class Talk:
    """One connection. `records`: those of its frames, in order. `transit_us`: the longest that a frame is
    under way in one direction; null where that cannot be known."""

    number: int
    records: Sequence[Record]
    transit_us: int | None

    @cached_property
    def upgraded(self) -> Mark | None:
        """When the upgrade was answered with 101."""
        return self._first(lambda event: isinstance(event, WsConnect) and event.status == 101)

    @cached_property
    def hello(self) -> Mark | None:
        """When the first Hello was written."""
        return next(iter(self.written("hello")), None)

    @cached_property
    def intervals(self) -> tuple[tuple[Mark, int], ...]:
        """The heartbeat intervals (µs) that a Hello told and a client can follow, with their moments."""
        told = [(one, one.event.interval_ms) for one in self.records if isinstance(one.event, WsHello)]
        usable = [(Mark(one.t, one.n), int(ms * 1000)) for one, ms in told if ms and math.isfinite(ms)]
        return tuple((mark, us) for mark, us in usable if us >= LEAST_INTERVAL_US)

    @cached_property
    def asked(self) -> tuple[Mark, ...]:
        """When an Identify or a Resume arrived."""
        return self.arrived(*AUTH)

    @cached_property
    def granted(self) -> tuple[Mark, ...]:
        """When READY or RESUMED was written."""
        return self.written(*GRANTS)

    @cached_property
    def beats(self) -> tuple[Beat, ...]:
        """The heartbeats that arrived."""
        return tuple(
            Beat(Mark(one.t, one.n), one.event.s)
            for one in self.records
            if isinstance(one.event, WsIn) and one.event.op == "heartbeat"
        )

    @cached_property
    def acks(self) -> tuple[Mark, ...]:
        """When an ACK was written."""
        return self.written("ack")

    @cached_property
    def resumes(self) -> bool:
        """Whether an older session goes on here."""
        return any(isinstance(one.event, Session) and one.event.what == "resumed" for one in self.records)

    @cached_property
    def numbered(self) -> tuple[Numbered, ...]:
        """The frames with a sequence number."""
        found: list[Numbered] = []
        for one in self.records:
            event, mark = one.event, Mark(one.t, one.n)
            if isinstance(event, WsOut) and event.s is not None:
                found.append(Numbered(mark, event.s, one.about.rule is None))
            elif isinstance(event, EventSent) and found and found[-1].s == event.s:
                found[-1] = Numbered(found[-1].at, event.s, True, event.id)
        return tuple(found)

    def written(self, *ops: str) -> tuple[Mark, ...]:
        """When a frame with one of these names was written."""
        outs = (one for one in self.records if isinstance(one.event, WsOut) and one.event.op in ops)
        return tuple(Mark(one.t, one.n) for one in outs)

    def arrived(self, *ops: str) -> tuple[Mark, ...]:
        """When a frame with one of these names arrived."""
        ins = (one for one in self.records if isinstance(one.event, WsIn) and one.event.op in ops)
        return tuple(Mark(one.t, one.n) for one in ins)

    def _first(self, wanted: object) -> Mark | None:
        assert callable(wanted)
        return next((Mark(one.t, one.n) for one in self.records if wanted(one.event)), None)


_KINDS = frozenset((WsConnect, WsIn, WsOut, WsHello, Session, EventSent))
_KNOWN: WeakKeyDictionary[Timeline, Mapping[int, Talk]] = WeakKeyDictionary()


def talks(run: Timeline) -> Mapping[int, Talk]:
    """The connections of the run proper by number; worked out once for each timeline."""
    if run not in _KNOWN:
        _KNOWN[run] = _read(run)
    return _KNOWN[run]


def _read(run: Timeline) -> Mapping[int, Talk]:
    records: dict[int, list[Record]] = {}
    later: dict[int, int | None] = {}
    for one in run.body:
        kind, number = type(one.event), one.about.conn
        if kind in _KINDS and number is not None:
            records.setdefault(number, []).append(one)
        elif isinstance(one.event, LinkCondition) and one.event.on and one.event.host == "ws":
            _add(later, number, slowed_by(run, one))
    return {
        number: Talk(number, said, _sum(run.terms.delay_us, later.get(number, 0)))
        for number, said in sorted(records.items())
    }


def _add(later: dict[int, int | None], number: int | None, us: int | None) -> None:
    if number is not None:
        later[number] = _sum(us, later.get(number, 0))


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def slowed_by(run: Timeline, one: Record) -> int | None:
    """What a condition that came on adds at most to the way of a frame; null where that cannot be known."""
    name = getattr(one.event, "name", "")
    rule = run.terms.rules.get(one.about.rule or "")
    if rule is None:
        return None if name.startswith(SLOW) else 0
    us = [0]
    for do in rule.do:
        if do.verb == name == "latency":
            us.append(do.args.main + do.args.more.get("jitter", 0))
        elif do.verb == "toxic" and do.args.main.label == name and name.startswith(SLOW):
            if do.args.main.type != "latency":
                return None
            us.append(1000 * sum(do.args.main.attributes.values()))
    return max(us)


SLOW = ("latency", "bandwidth", "slicer")
"""How the names of conditions begin that let everything pass, and later."""


def slower(run: Timeline, conn: int | None, t: int) -> int:
    """How much longer than the link's delay a frame may be under way that was written at `t` (µs): where what
    a line adds cannot be known, as long as it was slow."""
    talk = talks(run).get(conn or 0)
    if talk is not None and talk.transit_us is not None:
        return talk.transit_us - run.terms.delay_us
    mine = (one for one in run.trouble.stretches if one.host == "ws" and one.conn == conn)
    held = [one for one in mine if one.name.startswith(SLOW) and one.meets(t, run.end)]
    ends = [run.end if one.end is None else one.end for one in held]
    return max((end - t for end in ends), default=0)
