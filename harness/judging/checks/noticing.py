"""The check `notices`: a bot leaves a connection on which nothing comes any more, however that came.

A link may swallow what the platform writes (a silence, stall or blackhole), or the platform may not write
what is due: a Hello, the answer to Identify or Resume, the ACK of a heartbeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fake_qq_server.events import RuleAct, WsIn
from harness.judging.checks.result import (
    HEARTBEAT_US,
    CheckLimits,
    Finding,
    fails,
    not_applicable,
    passes,
    unknown,
    worst,
)
from harness.judging.facts import Connection, Mark
from harness.judging.intervals import duration
from harness.judging.talks import GRANTS, SENDS_AWAY, Talk, talks
from harness.judging.timeline import Timeline

NOUNS = {"silent": "silence", "forget": "forgetting"}  # of conditions whose name is none
HEARTBEATS = 3
DELAY = "delay"
"""The verb that holds a frame."""


@dataclass(frozen=True)
class _Dead:
    """From `on` a connection is dead for the bot, until `off` if that comes. `since`: in words. `answer`: one
    is what is missing, and a connection that is left after it came was not left for that."""

    conn: Connection
    on: Mark
    off: Mark | None
    since: str
    answer: bool = True


def notices(run: Timeline, limits: CheckLimits) -> Finding:
    """A connection is dead → the subject closes it in time.

    Dead: a silence, stall or blackhole while serving; after the upgrade no Hello; after Identify or Resume
    none of READY, RESUMED and op 9; a heartbeat in service, and no ACK from then on. Whatever kept these from
    being written. A CLOSE frame of the subject counts: TCP may take a while to follow. Nothing is owed where
    the fault went off, or somebody else ended the connection, before the time was up. Where Hello told a
    longer interval than the platform's own, three of those are allowed. An ACK that a rule holds, to write it
    in time, is one that comes, though the run may end before.
    """
    late = _held_acks(run)
    told = [_noticed(run, limits, one) for one in _dead(run, late)]
    owed = [found for found in told if found.state != "n/a"]
    if not owed and late:
        most = max(held.us for held in late)
        return not_applicable(f"ACKs came late, by up to {duration(most)}, and none too late", late[0].at.n)
    if not owed:
        return not_applicable(
            "no connection in service was interrupted, or left without an answer, for long enough"
        )
    return worst(owed)


@dataclass(frozen=True)
class _HeldAck:
    """A rule held the ACK of a heartbeat on this connection, for so long; `at` is when it acted."""

    conn: int | None
    at: Mark
    us: int


def _held_acks(run: Timeline) -> Sequence[_HeldAck]:
    beats = {one.n for one in run.body if isinstance(one.event, WsIn) and one.event.op == "heartbeat"}
    return [
        _HeldAck(one.about.conn, Mark(one.t, one.n), one.event.us)
        for one in run.body
        if isinstance(one.event, RuleAct) and one.event.verb == DELAY and one.about.cause in beats
    ]


def _dead(run: Timeline, late: Sequence[_HeldAck]) -> Iterator[_Dead]:
    for one in run.interruptions:
        if one.while_serving:
            what = NOUNS.get(one.name, one.name)
            yield _Dead(run.connections[one.conn], one.on, one.off, f"the {what} began", answer=False)
    for talk in talks(run).values():
        conn = run.connections.get(talk.number)
        if conn is not None:
            yield from _without_hello(talk, conn)
            yield from _without_ready(talk, conn)
            coming = [one.at.t + one.us for one in late if one.conn == talk.number]
            next_ack = min((t for t in coming if t >= run.end), default=None)
            yield from _without_acks(talk, conn, next_ack)


def _without_hello(talk: Talk, conn: Connection) -> Iterator[_Dead]:
    if talk.upgraded is not None and not _over(conn, talk.upgraded):
        yield _Dead(conn, talk.upgraded, talk.hello, "it opened, and no Hello came")


def _without_ready(talk: Talk, conn: Connection) -> Iterator[_Dead]:
    answers = talk.written(*GRANTS, *SENDS_AWAY)
    for name, asked in (("Identify", talk.arrived("identify")), ("Resume", talk.arrived("resume"))):
        for mark in asked:
            answer = next((one for one in answers if one.n > mark.n), None)
            if answer is None or answer.t > mark.t:
                yield _Dead(conn, mark, answer, f"its {name}, which nobody answered")


def _without_acks(talk: Talk, conn: Connection, next_ack: int | None) -> Iterator[_Dead]:
    """From the first heartbeat without an ACK to the next ACK. `next_ack`: when a rule will write one that it
    holds at E, if it does."""
    events = [(beat.at, True) for beat in talk.beats if talk.granted and beat.at.n > talk.granted[0].n]
    events += [(mark, False) for mark in talk.acks]
    first: Mark | None = None
    for mark, beat in sorted(events):
        if beat:
            first = first or mark
        elif first is not None:
            if mark.t > first.t:
                yield _Dead(conn, first, mark, "a heartbeat went unanswered")
            first = None
    if first is not None and not _over(conn, first):
        off = Mark(next_ack, first.n) if next_ack is not None and conn.ended is None else None
        yield _Dead(conn, first, off, "a heartbeat went unanswered")


def _over(conn: Connection, mark: Mark) -> bool:
    """It ended in the instant of that moment."""
    return conn.ended is not None and conn.ended.t <= mark.t


def _noticed(run: Timeline, limits: CheckLimits, one: _Dead) -> Finding:
    bound = _bound(run, limits, one.conn)
    due, conn = one.on.t + bound, one.conn
    released = one.off is not None and one.off.t <= due
    if conn.left is not None and conn.left.t <= due and not (one.answer and _answered(one, conn.left)):
        took = duration(conn.left.t - one.on.t)
        return passes(f"it closed connection {conn.number} {took} after {one.since}", one.on.n, conn.left.n)
    if released or (conn.ended is not None and conn.ended.t <= due):
        return not_applicable("the interruption or the connection ended before the time was up", one.on.n)
    if run.end < due:
        return unknown(f"the run ended less than {duration(bound)} after {one.since}", one.on.n)
    if conn.left is not None:
        took = duration(conn.left.t - one.on.t)
        return fails(
            f"it closed connection {conn.number} only {took} after {one.since}", one.on.n, conn.left.n
        )
    return fails(f"it never closed connection {conn.number} after {one.since}", one.on.n)


def _answered(one: _Dead, left: Mark) -> bool:
    """Before the subject left, what was missing came, or the platform ended the connection."""
    ended = one.conn.ended
    return (one.off is not None and one.off.n < left.n) or (ended is not None and ended.n < left.n)


def _bound(run: Timeline, limits: CheckLimits, conn: Connection) -> int:
    bound, talk = limits.us("notices"), talks(run).get(conn.number)
    longest = max((us for _, us in talk.intervals), default=0) if talk is not None else 0
    longer = HEARTBEATS * max(0, longest - HEARTBEAT_US)
    return bound if "notices" in limits.own_us else bound + longer
