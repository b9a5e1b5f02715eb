"""A run over virtual time, as lanes of bands and marks: what `svg` draws. Pure.

Service, give-ups, attempts and messages are the judge's own facts, so that a picture and a verdict cannot
differ; the rest is read off the records. Times are virtual microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fake_qq_server.events import Session, WsIn, WsOut
from harness.journal.run_kinds import SubjLife, SubjState
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.facts import TimedCall
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline
from harness.reporting.faults import fault_lanes
from harness.reporting.marks import BAD, DIM, GOOD, NOTE, WARN, Band, Lane, Moment, Picture, Tick


def picture_of(run: Timeline, title: str) -> Picture:
    """The picture of a run; a lane in which nothing happens is left out."""
    lanes = [*fault_lanes(run), *(make(run) for make in LANES)]
    shown = tuple(lane for lane in lanes if lane.bands or lane.ticks)
    return Picture(title, shown, tuple(_moments(run)), run.end)


def _connections(run: Timeline) -> Lane:
    """Open connections; over them when one was in service, and when one was interrupted."""
    bands = []
    for one in run.connections.values():
        over = one.ended.t if one.ended else run.end
        lasted = duration(over - one.opened.t)
        text = f"connection {one.number}: open for {lasted}"
        bands.append(Band(one.opened.t, over, DIM, text, one.opened.n, many="connections"))
    starts = {mark.t: mark.n for mark in run.service.changes}
    for stretch in run.serving:
        text = f"in service for {duration(stretch.length)}"
        bands.append(
            Band(
                stretch.start,
                stretch.end,
                GOOD,
                text,
                starts.get(stretch.start, 0),
                "in service",
                "times in service",
            )
        )
    for cut in run.interruptions:
        off = cut.off.t if cut.off else _closed(run, cut.conn)
        text = f"connection {cut.conn}: {cut.name} for {duration(off - cut.on.t)}"
        bands.append(Band(cut.on.t, off, WARN, text, cut.on.n, many="interruptions"))
    return Lane("connection", tuple(bands))


def _closed(run: Timeline, number: int) -> int:
    """When a connection ended, or the run."""
    connection = run.connections.get(number)
    return connection.closed.t if connection and connection.closed else run.end


SESSION_COLOURS = {"ready": GOOD, "resumed": GOOD, "refused": BAD, "dropped": DIM, "new": NOTE}


def _sessions(run: Timeline) -> Lane:
    ticks = []
    for record in run.body:
        event, conn = record.event, record.about.conn
        told: tuple[str, str, str] | None = None
        if isinstance(event, Session):
            text = f"session {event.session}: {event.what}{f' ({event.reason})' if event.reason else ''}"
            told = SESSION_COLOURS.get(event.what, NOTE), text, event.what
        elif isinstance(event, WsOut) and event.op in ("invalid", "reconnect", "close"):
            code = f" {event.code}" if event.code else ""
            told = BAD, f"connection {conn}: the platform sends {event.op}{code}", event.op
        if told:
            colour, text, kind = told
            ticks.append(Tick(record.t, colour, text, record.n, kind))
    return Lane("session", ticks=tuple(ticks))


HOW_COLOURS = {"ok": GOOD, "failed": BAD, "raised": BAD, "cancelled": WARN, None: WARN}


def _call(call: TimedCall, name: str, run: Timeline, label: str = "", many: str = "") -> Band:
    how = call.how or "not ended"
    error = f" ({call.error})" if call.error else ""
    text = f"{name}: {how} after {duration(call.lasted(run.end))}{error}"
    end = call.end.t if call.end else run.end
    return Band(call.begin.t, end, HOW_COLOURS.get(call.how, BAD), text, call.begin.n, label, many)


def _attempts(run: Timeline) -> Lane:
    bands = [_call(call, "connect()", run) for call in run.connects]
    bands += [
        _call(call, f"attempt {call.number}", run, str(call.number), "attempts") for call in run.attempts
    ]
    return Lane("attempts", tuple(bands))


def _heartbeats(run: Timeline) -> Lane:
    """A tick each; another colour where no ACK came back: none was written, or the line held it back."""
    acks = (one for one in run.body if isinstance(one.event, WsOut) and one.event.op == "ack")
    answered = {ack.about.cause for ack in acks}
    ticks = []
    for record in run.body:
        event, conn = record.event, record.about.conn
        if isinstance(event, WsIn) and event.op == "heartbeat":
            got = record.n in answered and not _interrupted(run, conn, record.t)
            colour, what = (GOOD, "with an ACK") if got else (WARN, "without an ACK")
            ticks.append(Tick(record.t, colour, f"heartbeat {what}, last number {event.s}", record.n, what))
    return Lane("heartbeats", ticks=tuple(ticks))


def _interrupted(run: Timeline, conn: int | None, t: int) -> bool:
    return any(
        one.conn == conn and one.on.t <= t and (one.off is None or t < one.off.t) for one in run.interruptions
    )


MESSAGE_COLOURS = {"written": NOTE, "kept": WARN, "handled": DIM, "answered": GOOD}


def _messages(run: Timeline) -> Lane:
    ticks = []
    for one in run.messages:
        name = f"{'probe' if one.probe else 'message'} {one.id}"
        marks = [("written", each.at) for each in one.written] + [("kept", each.at) for each in one.kept]
        marks += [("handled", mark) for mark in one.handled] + [("answered", mark) for mark in one.replied]
        ticks += [
            Tick(mark.t, MESSAGE_COLOURS[what], f"{name}: {what}", mark.n, what) for what, mark in marks
        ]
    return Lane("messages", ticks=tuple(sorted(ticks, key=lambda tick: tick.n)))


SAID = "changes"
STATUS_COLOURS = {"connected": GOOD, "fatal": BAD, None: DIM}


def _says(run: Timeline) -> Lane:
    """The status file's word and, while there is none, the bot's own property; calls of the fatal handler."""
    bands: list[Band] = []
    for record in run.body:
        event = record.event
        if not isinstance(event, SubjState):
            continue
        word = event.status or ("connected" if event.connected else None)
        if bands and bands[-1].text == _says_text(word, event.fatal):
            continue
        if bands:
            bands[-1] = _until(bands[-1], record.t)
        colour = BAD if event.fatal else STATUS_COLOURS.get(word, WARN)
        bands.append(
            Band(record.t, run.end, colour, _says_text(word, event.fatal), record.n, word or "", SAID)
        )
    bands += [_call(call, f"fatal handler, call {call.number}", run) for call in run.calls]
    return Lane("it says", tuple(bands))


def _says_text(word: str | None, fatal: object) -> str:
    flag = ", with the fatal flag" if fatal else ""
    return f"it says {word or 'nothing'}{flag}"


def _until(band: Band, t: int) -> Band:
    return replace(band, end=t)


def _gateway(run: Timeline) -> Lane:
    """The runner's reconnect queue, and the stretches without an adapter in its place."""
    bands: list[Band] = []
    open_: dict[str, Band] = {}
    for record in run.body:
        event, key, shown = record.event, "", None
        if isinstance(event, RunnerQueue):
            key = "queued"
            paused = ", paused" if event.paused else ""
            text = f"{event.platform} is queued for a retry, tries so far: {event.attempts}{paused}"
            shown = Band(record.t, run.end, WARN, text, record.n, "queued") if event.queued else None
        elif isinstance(event, RunnerAdapter):
            key = "adapter"
            text = f"the runner has no {event.platform} adapter"
            shown = None if event.installed else Band(record.t, run.end, DIM, text, record.n, "no adapter")
        if key:
            if key in open_:
                bands.append(_until(open_.pop(key), record.t))
            if shown:
                open_[key] = shown
    return Lane("gateway", (*bands, *open_.values()))


LANES: tuple[Callable[[Timeline], Lane], ...] = (
    _connections,
    _sessions,
    _attempts,
    _heartbeats,
    _messages,
    _says,
    _gateway,
)
"""From the top of the picture down, below the faults."""


def _moments(run: Timeline) -> Iterator[Moment]:
    for giveup in run.giveups:
        yield Moment(giveup.at.t, BAD, "gives up", giveup.at.n)
    if run.heal:
        yield Moment(run.heal.t, GOOD, "healed", run.heal.n)
    for record in run.body:
        if isinstance(record.event, SubjLife):
            yield Moment(record.t, WARN, f"life {record.event.number}: {record.event.what}", record.n)
