"""The check `exclusive`: whether a bot is in service once, and not on two connections at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fake_qq_server.events import Session, WsIn
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import Mark
from harness.judging.intervals import Interval, duration, subtract
from harness.judging.timeline import Timeline


def exclusive(run: Timeline, limits: CheckLimits) -> Finding:
    """Never two connections of one bot in service at a time for longer than a hand-over takes.

    In service is what READY or RESUMED was written to, until a CLOSE frame of either side, the end of TCP, or
    another connection that took its session over. From a silence, stall or blackhole on a connection does not
    count until a frame of the bot's comes on it again: the bot may have left it, and nobody heard.
    """
    if not any(conn.readies for conn in run.connections.values()):
        return not_applicable("no connection was ever in service")
    both = max(_doubles(_in_service(run)), key=lambda one: one.during.length, default=None)
    if both is None:
        return passes("it never had two connections in service at a time")
    took = duration(both.during.length)
    if both.during.length > limits.us("exclusive"):
        return fails(f"it had two connections in service for {took}", *both.lines)
    if both.during.end == run.end:
        return unknown(f"it had two connections in service for {took} when the run ended", *both.lines)
    return passes(f"it had two connections in service for {took} at most", *both.lines)


@dataclass(frozen=True)
class _Stretch:
    """One connection in service without a break; `line`: the READY or RESUMED on it."""

    during: Interval
    bot: int | None
    conn: int
    line: int


@dataclass(frozen=True)
class _Double:
    """Two connections of one bot at a time."""

    during: Interval
    lines: tuple[int, ...]


def _doubles(stretches: Sequence[_Stretch]) -> Sequence[_Double]:
    """Each stretch beside the one before it, of its bot, that lasts longest."""
    found = []
    longest: dict[int | None, _Stretch] = {}
    for one in sorted(stretches, key=lambda stretch: (stretch.during, stretch.line)):
        other = longest.get(one.bot)
        if other is not None and other.conn != one.conn and other.during.end > one.during.start:
            until = min(other.during.end, one.during.end)
            found.append(_Double(Interval(one.during.start, until), (other.line, one.line)))
        if other is None or one.during.end > other.during.end:
            longest[one.bot] = one
    return found


def _in_service(run: Timeline) -> Sequence[_Stretch]:
    began, taken = _sessions(run)
    breaks = _breaks(run)
    found = []
    for conn, (ready, bot) in began.items():
        ended = run.connections[conn].ended
        until = min(ended.t if ended else run.end, taken.get(conn, run.end))
        pieces = subtract([Interval(ready.t, until)], breaks.get(conn, ()))
        found += [_Stretch(piece, bot, conn, ready.n) for piece in pieces]
    return found


def _sessions(run: Timeline) -> tuple[Mapping[int, tuple[Mark, int | None]], Mapping[int, int]]:
    """When each connection came into service, with its bot; and when another took its session over."""
    began: dict[int, tuple[Mark, int | None]] = {}
    taken: dict[int, int] = {}
    on: dict[int, int] = {}
    for record in run.body:
        event, conn = record.event, record.about.conn
        if not isinstance(event, Session) or conn is None or event.what not in ("ready", "resumed"):
            continue
        began.setdefault(conn, (Mark(record.t, record.n), record.about.bot))
        if event.session is not None:
            before = on.setdefault(event.session, conn)
            if before != conn:
                taken.setdefault(before, record.t)
                on[event.session] = conn
    return began, taken


def _breaks(run: Timeline) -> Mapping[int, list[Interval]]:
    """By connection, when it does not count."""
    found: dict[int, list[Interval]] = {one.conn: [] for one in run.interruptions}
    frames = [
        (record.about.conn, Mark(record.t, record.n))
        for record in (run.body if found else ())
        if record.about.conn in found and isinstance(record.event, WsIn) and record.event.op != "close"
    ]
    for one in run.interruptions:
        off = one.off.n if one.off is not None else len(run.records) + 1
        heard = next((mark.t for conn, mark in frames if conn == one.conn and mark.n > off), run.end)
        found[one.conn].append(Interval(one.on.t, heard))
    return found
