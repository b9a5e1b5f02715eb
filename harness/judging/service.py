"""Was the bot in service? Follows connections, conditions and give-ups through a run, record by record.

Serving means: a connection is open, its session is ready or resumed, no silence, stall or blackhole is on
it, and the subject has not given up since. All of it is read from the platform's and the links' records,
except the give-up, which only the subject can tell.

A CLOSE frame ends a connection's service in either direction: from then on WebSocket forbids data,
however long TCP stays up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fake_qq_server.events import LinkClose, LinkCondition, LinkOpen, Session, WsConnect, WsIn, WsOut
from harness.journal.process_kinds import SubjGaveUp
from harness.journal.record import Record
from harness.journal.run_kinds import ProcEnding, SubjDisconnect, SubjLife, SubjListener, SubjState
from harness.judging.facts import Connection, GiveUp, Interruption, Mark, TimedCall
from harness.judging.intervals import Interval, merge


@dataclass(frozen=True)
class Service:
    """What the scan found. `changes` are the records at which service began or was lost.

    `since`: when the service began in which the run ended, null if it was not serving at E.
    `readies`: READY or RESUMED that reached a connection which was not interrupted.
    """

    serving: tuple[Interval, ...]
    since: int | None
    changes: tuple[Mark, ...]
    readies: tuple[Mark, ...]
    connections: Mapping[int, Connection]
    interruptions: tuple[Interruption, ...]
    giveups: tuple[GiveUp, ...]


def follow(body: Sequence[Record], end: int) -> Service:
    """Reads the run proper (what came before the tear-down), which ended at `end`."""
    scan = _Scan()
    for record in body:
        step = STEPS.get(type(record.event))
        if step is not None:
            step(scan, record, record.event)
            scan.settle(Mark(record.t, record.n))
    return scan.result(end)


@dataclass
class _Scan:
    """The state after the records so far."""

    connections: dict[int, Connection] = field(default_factory=dict)
    ready: dict[int, bool] = field(default_factory=dict)  # open connection -> its session is ready
    sessions: dict[int, int] = field(default_factory=dict)  # session ordinal -> its connection
    conditions: set[tuple[int | None, str, str | None]] = field(default_factory=set)
    interrupted: dict[int, Interruption] = field(default_factory=dict)
    interruptions: list[Interruption] = field(default_factory=list)
    readies: list[Mark] = field(default_factory=list)
    changes: list[Mark] = field(default_factory=list)
    serving: list[Interval] = field(default_factory=list)
    since: int | None = None
    giveups: list[GiveUp] = field(default_factory=list)
    flag: Mark | None = None
    disconnecting: bool = False  # a disconnect() began since the listener did

    def connection(self, number: int, mark: Mark) -> Connection:
        if number not in self.connections:
            self.connections[number] = Connection(number, mark)
            self.ready[number] = False
        return self.connections[number]

    def end(self, number: int, mark: Mark) -> None:
        known = self.connection(number, mark)
        if known.ended is None:
            self.connections[number] = replace(known, ended=mark)
        self.ready.pop(number, None)

    def leave(self, number: int, mark: Mark) -> None:
        known = self.connection(number, mark)
        if known.left is None:
            self.connections[number] = replace(known, left=mark)

    def condition_on(self, number: int) -> str | None:
        names = [name for conn, name, _ in self.conditions if conn in (None, number)]
        return min(names, default=None)

    def settle(self, mark: Mark) -> None:
        """Brings what follows from the state up to date after one record."""
        for number in [*self.ready, *(n for n in self.interrupted if n not in self.ready)]:
            name = self.condition_on(number)
            if name is not None and number not in self.interrupted:
                self.interrupted[number] = Interruption(number, name, mark, None, self.ready[number])
            elif name is None and number in self.interrupted:
                self.interruptions.append(replace(self.interrupted.pop(number), off=mark))
        serving = any(ready and number not in self.interrupted for number, ready in self.ready.items())
        if serving and self.since is None:
            self.since = mark.t
            self.changes.append(mark)
        elif not serving and self.since is not None:
            self.serving.append(Interval(self.since, mark.t))
            self.since = None
            self.changes.append(mark)

    def give_up(self, mark: Mark) -> None:
        """Stands until a READY or RESUMED: what is still open serves nobody."""
        if self.giveups and self.giveups[-1].stands:
            if self.giveups[-1].flag is None:
                self.giveups[-1] = replace(self.giveups[-1], flag=self.flag)
            return
        self.giveups.append(GiveUp(mark, mark, True, self.flag))
        self.ready = dict.fromkeys(self.ready, False)

    def result(self, end: int) -> Service:
        if self.since is not None:
            self.serving.append(Interval(self.since, end))
        if self.giveups and self.giveups[-1].stands:
            self.giveups[-1] = replace(self.giveups[-1], until=Mark(end, self.giveups[-1].at.n))
        held = sorted([*self.interruptions, *self.interrupted.values()], key=lambda one: one.on)
        return Service(
            serving=merge(self.serving),
            since=self.since,
            changes=tuple(self.changes),
            readies=tuple(self.readies),
            connections=dict(self.connections),
            interruptions=tuple(held),
            giveups=tuple(self.giveups),
        )


def _link_open(scan: _Scan, record: Record, event: LinkOpen) -> None:
    if event.host == "ws" and record.about.conn is not None:
        scan.connection(record.about.conn, Mark(record.t, record.n))


def _ws_connect(scan: _Scan, record: Record, event: WsConnect) -> None:
    if record.about.conn is not None:
        scan.connection(record.about.conn, Mark(record.t, record.n))


def _link_close(scan: _Scan, record: Record, event: LinkClose) -> None:
    number, mark = record.about.conn, Mark(record.t, record.n)
    if event.host != "ws" or number is None:
        return
    if event.by == "subject":
        scan.leave(number, mark)
    scan.end(number, mark)
    if scan.connections[number].closed is None:
        scan.connections[number] = replace(scan.connections[number], closed=mark)


def _link_condition(scan: _Scan, record: Record, event: LinkCondition) -> None:
    if event.host != "ws" or not event.interrupts:
        return
    key = (record.about.conn, event.name, record.about.rule)
    if event.on:
        scan.conditions.add(key)
    else:  # an "off" that names no rule ends the condition whoever began it
        scan.conditions = {
            one for one in scan.conditions if one[:2] != key[:2] or (key[2] is not None and one[2] != key[2])
        }


def _close_frame(scan: _Scan, record: Record, event: WsIn | WsOut) -> None:
    number, mark = record.about.conn, Mark(record.t, record.n)
    if event.op != "close" or number is None:
        return
    if isinstance(event, WsIn):
        scan.leave(number, mark)
    scan.end(number, mark)


def _session(scan: _Scan, record: Record, event: Session) -> None:
    mark, number = Mark(record.t, record.n), record.about.conn
    if number is None and event.session is not None:
        number = scan.sessions.get(event.session)
    if number is None:
        return
    if event.session is not None:
        scan.sessions[event.session] = number
    if event.what == "dropped":
        if number in scan.ready:
            scan.ready[number] = False
    elif event.what in ("ready", "resumed"):
        known = scan.connection(number, mark)
        if number not in scan.ready:
            return
        scan.connections[number] = replace(known, readies=(*known.readies, mark))
        scan.ready[number] = True
        if scan.condition_on(number) is None:
            scan.readies.append(mark)
        if scan.giveups and scan.giveups[-1].stands:
            scan.giveups[-1] = replace(scan.giveups[-1], until=mark, stands=False)


def _state(scan: _Scan, record: Record, event: SubjState) -> None:
    before, mark = scan.flag, Mark(record.t, record.n)
    scan.flag = None if event.fatal is None else before or mark
    if before is None and scan.flag is not None:
        scan.give_up(mark)


def _listener(scan: _Scan, record: Record, event: SubjListener) -> None:
    if event.phase == "begin":
        scan.disconnecting = False
    elif not scan.disconnecting:
        scan.give_up(Mark(record.t, record.n))


def _said_gave_up(scan: _Scan, record: Record, event: SubjGaveUp) -> None:
    scan.give_up(Mark(record.t, record.n))


def _disconnect(scan: _Scan, record: Record, event: SubjDisconnect) -> None:
    if event.phase == "begin":
        scan.disconnecting = True


def _life(scan: _Scan, record: Record, event: SubjLife) -> None:
    """What the harness stops or kills does not give up."""
    if event.what != "started":
        scan.disconnecting = True


def _ending(scan: _Scan, record: Record, event: ProcEnding) -> None:
    scan.disconnecting = True


STEPS: Mapping[type, Callable[[_Scan, Record, Any], None]] = {
    LinkOpen: _link_open,
    LinkClose: _link_close,
    LinkCondition: _link_condition,
    WsConnect: _ws_connect,
    WsIn: _close_frame,
    WsOut: _close_frame,
    Session: _session,
    SubjState: _state,
    SubjListener: _listener,
    SubjGaveUp: _said_gave_up,
    SubjDisconnect: _disconnect,
    SubjLife: _life,
    ProcEnding: _ending,
}


def with_calls(service: Service, calls: Sequence[TimedCall], handler: str) -> tuple[GiveUp, ...]:
    """The give-ups, each with the fatal handler's calls that belong to it.

    Those are the calls since the READY before it: a subject may call the handler first and stop
    afterwards. `told` are the calls that ended well; where the scenario tells the handler to raise, one
    that raised has done what it was told to.
    """
    fine = ("ok", "raised") if handler == "raise" else ("ok",)
    found = []
    for one in service.giveups:
        after = max((ready.n for ready in service.readies if ready.n < one.at.n), default=0)
        mine = tuple(c for c in calls if after < c.begin.n and (one.stands or c.begin.n < one.until.n))
        told = tuple(c for c in mine if c.end is not None and c.how in fine)
        found.append(replace(one, calls=mine, told=told))
    return tuple(found)
