"""The check `reacts`: how soon a bot turns to another connection when the platform ended the one it had."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_qq_server.events import HttpRequest, LinkClose, LinkOpen, RuleAct, WsAuth, WsConnect, WsOut
from fake_qq_server.platform.protocol import TOO_FAST
from harness.journal.record import Record
from harness.journal.run_kinds import (
    ProcEnding,
    ProcExit,
    RunnerStop,
    SubjAttempt,
    SubjConnect,
    SubjDisconnect,
    SubjListener,
    SubjState,
)
from harness.judging.checks.permanent_errors import NO_RETRY
from harness.judging.checks.program import SIGNAL
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.facts import Connection, Interruption, Mark
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline

ASKED: Mapping[str, str] = {"reconnect": "op 7", "invalid": "op 9"}
"""The frames by which the platform asks for another connection, or another session."""

SEAMS = ("seam.token", "seam.gateway", "seam.open")
LINK_WAYS = 4
"""How often the link's delay lies between the platform's word and the first sign that it sees."""


@dataclass(frozen=True)
class Loss:
    """The platform ended a connection in service, or asked its bot to: `what` in words. `asked`: by a frame
    that leaves the connection open. `code`: the CLOSE frame's."""

    conn: Connection
    at: Mark
    what: str
    asked: bool = False
    code: int | None = None


def reacts(run: Timeline, limits: CheckLimits) -> Finding:
    """The platform ends a connection in service → the bot tries again in time.

    Within 15 s of op 7, op 9, a CLOSE frame or TCP's end, within 90 s of 4008 (too fast).
    After op 7 a bot may wait for the close that is to follow: it counts anew from there. A longer pause, as
    long as `settles` allows between two signs of trying, may follow a connection that was neither the first
    nor held for three heartbeats, and one from which the bot was trying to get away already.

    Nothing is owed for a connection that was interrupted or that the bot had left, beside another one in
    service, after a close that no retry can help, by a bot that gave up, and by a program that was told to
    stop.
    """
    traces = _Traces.of(run)
    told = [_reacted(run, limits, one, traces) for one in _owed(run, limits)]
    owed = [found for found in told if found is not None]
    return worst(owed) if owed else not_applicable("the platform ended no connection in service")


@dataclass(frozen=True)
class _Traces:
    """What a bot leaves that tries, and that stops. `ends`: of attempts that failed; `first`: its first
    READY."""

    signs: tuple[Mark, ...]
    stops: tuple[Mark, ...]
    ends: tuple[Mark, ...]
    first: Mark | None

    @classmethod
    def of(cls, run: Timeline) -> _Traces:
        """Everything in the journal's order."""
        trails = _Trails(run.terms.rules_at(*SEAMS))
        signs, stops = [], []
        for record in run.body:
            event = record.event
            sign, stop = SIGNS.get(type(event)), STOPS.get(type(event))
            if sign is not None and sign(trails, record, event):
                signs.append(Mark(record.t, record.n))
            if stop is not None and stop(event):
                stops.append(Mark(record.t, record.n))
        failed = (call.end for call in run.attempts if call.end and call.how != "ok")
        ends = sorted(failed, key=lambda mark: mark.n)
        first = min((conn.readies[0] for conn in run.connections.values() if conn.readies), default=None)
        signs = [mark for mark in signs if trails.opened.get(mark.n) not in trails.sends]
        return cls(tuple(signs), tuple(stops), tuple(ends), first)


def _reacted(run: Timeline, limits: CheckLimits, one: Loss, traces: _Traces) -> Finding | None:
    bound = _bound(limits, one, traces)
    due = one.at.t + bound + LINK_WAYS * run.terms.delay_us
    sign, stop = _after(one.at, traces.signs), _after(one.at, traces.stops)
    if sign is not None and sign.t <= due:
        took = duration(sign.t - one.at.t)
        return passes(f"it tried again {took} after {one.what}", one.at.n, sign.n)
    if stop is not None and stop.t <= due:
        return None
    if run.end < due:
        return unknown(f"the run ended less than {duration(bound)} after {one.what}", one.at.n)
    if sign is None:
        return fails(f"it never tried again after {one.what}", one.at.n)
    return fails(f"it tried again only {duration(sign.t - one.at.t)} after {one.what}", one.at.n, sign.n)


def _bound(limits: CheckLimits, one: Loss, traces: _Traces) -> int:
    since = one.conn.readies
    flaps = one.at.t - since[0].t < limits.us("settles.flapping") and since[0] != traces.first
    tried = _after(since[-1], traces.ends)
    if flaps or (tried is not None and tried.n < one.at.n):
        return limits.us("settles.trying")
    if one.code == TOO_FAST:
        return limits.us("reacts.limited")
    return limits.us("reacts")


def _after(mark: Mark, marks: tuple[Mark, ...]) -> Mark | None:
    """The first of `marks` after a record; they are in the journal's order."""
    place = bisect_right(marks, mark.n, key=lambda one: one.n)
    return marks[place] if place < len(marks) else None


def _owed(run: Timeline, limits: CheckLimits) -> Iterator[Loss]:
    """The losses after which something is owed. A close soon after op 7 or op 9 takes its place."""
    upto = limits.us("reacts")
    asked: dict[int, Loss] = {}
    for one in _losses(run):
        before = asked.get(one.conn.number)
        if one.asked:
            asked.setdefault(one.conn.number, one)
            continue
        if before is not None and one.at.t - before.at.t <= upto:
            del asked[one.conn.number]
        if one.code not in NO_RETRY:
            yield one
    yield from asked.values()


def _losses(run: Timeline) -> Iterator[Loss]:
    """Each word of the platform's by which a connection in service ends, where the bot could hear it."""
    live: dict[int, Connection] = {}
    readies = {conn.readies[0].n: conn for conn in run.connections.values() if conn.readies}
    held = _by_connection(run.interruptions)
    for record in run.body:
        if record.n in readies:
            live[readies[record.n].number] = readies[record.n]
            continue
        if type(record.event) not in (WsOut, LinkClose) or _elsewhere(record):
            continue
        conn = live.get(record.about.conn or 0)
        if conn is None:
            continue
        loss = _loss(conn, record)
        live = {key: one for key, one in live.items() if one.ended is None or one.ended.n > record.n}
        if loss is None or _silent(record, held.get(conn.number, ())) or _gave_up(run, record):
            continue
        others = (one for one in live.values() if one is not conn)
        if all(_silent(record, held.get(one.number, ())) for one in others):
            yield loss


def _elsewhere(record: Record) -> bool:
    """It is about a connection of another host: they are counted by themselves."""
    return isinstance(record.event, LinkClose) and record.event.host != "ws"


def _loss(conn: Connection, record: Record) -> Loss | None:
    event, mark = record.event, Mark(record.t, record.n)
    if conn.left is not None and conn.left.n <= record.n:
        return None
    if isinstance(event, WsOut) and event.op in ASKED:
        return Loss(conn, mark, ASKED[event.op], asked=True)
    if conn.ended != mark:
        return None
    if isinstance(event, WsOut):
        return Loss(conn, mark, f"the close with {event.code or 'no code'}", code=event.code)
    return Loss(conn, mark, "the end of its connection")


def _by_connection(interruptions: Iterable[Interruption]) -> Mapping[int, list[Interruption]]:
    found: dict[int, list[Interruption]] = {}
    for one in interruptions:
        found.setdefault(one.conn, []).append(one)
    return found


def _silent(record: Record, held: Iterable[Interruption]) -> bool:
    """The connection was interrupted at that moment."""
    return any(one.on.n < record.n and (one.off is None or one.off.n > record.n) for one in held)


def _gave_up(run: Timeline, record: Record) -> bool:
    return any(one.at.n < record.n and (one.stands or record.n < one.until.n) for one in run.giveups)


class _Trails:
    """What tells a sign: the rules at the calls by which a client connects, and the connections to the API on
    which messages were sent, with the records that opened them."""

    def __init__(self, seams: frozenset[str]) -> None:
        self.seams = seams
        self.opened: dict[int, int | None] = {}
        self.sends: set[int | None] = set()


def _requests(trails: _Trails, record: Record, event: HttpRequest) -> bool:
    if event.endpoint == "api":
        trails.sends.add(record.about.conn or 0)
    return event.endpoint != "api"


def _opens(trails: _Trails, record: Record, event: LinkOpen) -> bool:
    """A request may never arrive whole. A connection on which a message is sent is no sign."""
    if event.host == "api":
        trails.opened[record.n] = record.about.conn or 0
    return True


SIGNS: Mapping[type, Callable[[_Trails, Record, Any], bool]] = {
    HttpRequest: _requests,
    LinkOpen: _opens,
    LinkClose: lambda trails, record, event: event.how == "refused",
    WsConnect: lambda trails, record, event: True,
    WsAuth: lambda trails, record, event: True,
    SubjAttempt: lambda trails, record, event: event.phase == "end",
    SubjConnect: lambda trails, record, event: event.phase == "begin",
    RuleAct: lambda trails, record, event: record.about.rule in trails.seams,
}
"""What only a client does that connects, as far as it gets. The begin of an attempt is no sign: it may begin
with a pause."""

STOPS: Mapping[type, Callable[[Any], bool]] = {
    ProcEnding: lambda event: True,
    ProcExit: lambda event: True,
    RunnerStop: lambda event: event.phase == "begin",
    SubjDisconnect: lambda event: event.phase == "begin",
    SubjListener: lambda event: event.phase == "end",
    SubjState: lambda event: event.fatal is not None,
    RuleAct: lambda event: event.verb == SIGNAL,
}
"""What ends every duty to try: it gave up, it was disconnected or told to stop, or the program ended."""
