"""A run over virtual time, as lanes of bands and marks: what `svg` draws. Pure.

All of it is read from the judge's own timeline, so that a picture cannot say anything else than the verdict.
Times are virtual microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from fake_qq_server.events import LinkCondition, RuleAct, Session, WsIn, WsOut
from harness.journal.run_kinds import SubjLife, SubjState
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.facts import TimedCall
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline
from harness.reporting.words import moment_text

FAULTS_AT_MOST = 6
GOOD, BAD, WARN, DIM, FAULT, NOTE = "good", "bad", "warn", "dim", "fault", "note"
"""What a colour says."""


@dataclass(frozen=True)
class Band:
    """A stretch. `text`: what it is, for whoever points at it; `label` stands in it where there is room; `n`
    is the record that began it; `many` names several of its kind that are drawn as one: "attempts"."""

    start: int
    end: int
    colour: str
    text: str
    n: int
    label: str = ""
    many: str = ""


@dataclass(frozen=True)
class Tick:
    """A moment in a lane. `kind`: what happens again, for folding."""

    t: int
    colour: str
    text: str
    n: int
    kind: str


@dataclass(frozen=True)
class Lane:
    """One line of the picture. `fault`: it shows what was done to the bot, and not the bot."""

    title: str
    bands: tuple[Band, ...] = ()
    ticks: tuple[Tick, ...] = ()
    fault: bool = False


@dataclass(frozen=True)
class Moment:
    """A moment of the whole run: a line through all lanes."""

    t: int
    colour: str
    text: str
    n: int


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn of one run, from 0 to `end`."""

    title: str
    lanes: tuple[Lane, ...]
    moments: tuple[Moment, ...]
    end: int

    def happenings(self) -> Iterator[tuple[int, str]]:
        """Every moment at which a lane changes, and what kind of change it is."""
        for lane in self.lanes:
            for band in lane.bands:
                yield band.start, f"{lane.title} {band.colour} from"
                yield band.end, f"{lane.title} {band.colour} to"
            for tick in lane.ticks:
                yield tick.t, f"{lane.title} {tick.kind}"
        for moment in self.moments:
            yield moment.t, moment.text


def picture_of(run: Timeline, title: str) -> Picture:
    """The picture of a run; a lane in which nothing happens is left out."""
    lanes = [*_faults(run), *(make(run) for make in LANES)]
    shown = tuple(lane for lane in lanes if lane.bands or lane.ticks)
    return Picture(title, shown, tuple(_moments(run)), run.end)


def _faults(run: Timeline) -> list[Lane]:
    """A lane for each kind of fault, in the order of their first act; the later ones share the last."""
    bands: dict[str, list[Band]] = {}
    acts: dict[tuple[str, str | None], list[tuple[int, int]]] = {}
    since: dict[tuple[int | None, str, str | None], tuple[int, int]] = {}
    for record in run.body:
        event, about = record.event, record.about
        if isinstance(event, RuleAct) and not event.only_marks:
            acts.setdefault((event.verb, about.rule), []).append((record.t, record.n))
            bands.setdefault(event.verb, [])
        elif isinstance(event, LinkCondition):
            bands.setdefault(event.name, [])
            key = (about.conn, event.name, about.rule)
            if event.on:
                since.setdefault(key, (record.t, record.n))
            elif key in since:
                bands[event.name].append(_condition(key, since.pop(key), record.t))
    for key, start in since.items():
        bands[key[1]].append(_condition(key, start, run.end))
    ticks: dict[str, list[Tick]] = {}
    for (verb, rule), marks in acts.items():
        if len(marks) > 1:
            told = f"{verb} (rule {rule})" if rule else verb
            (first, n), (last, _) = marks[0], marks[-1]
            text = f"{told}: {len(marks)} times, from {moment_text(first)} to {moment_text(last)}"
            bands[verb].append(Band(first, last, FAULT, text, n))
        ticks.setdefault(verb, []).extend(Tick(t, FAULT, verb, n, verb) for t, n in marks)
    lanes = [
        Lane(_fault_title(name, ticks.get(name, ())), tuple(bands[name]), tuple(ticks.get(name, ())), True)
        for name in bands
    ]
    rest = lanes[FAULTS_AT_MOST:]
    if not rest:
        return lanes
    together = Lane(
        "other faults",
        tuple(band for lane in rest for band in lane.bands),
        tuple(tick for lane in rest for tick in lane.ticks),
        True,
    )
    return [*lanes[:FAULTS_AT_MOST], together]


def _fault_title(name: str, acts: Sequence[Tick]) -> str:
    return f"{len(acts)}x {name}" if len(acts) > 1 else name


def _condition(key: tuple[int | None, str, str | None], start: tuple[int, int], end: int) -> Band:
    conn, name, _ = key
    where = f"connection {conn}" if conn is not None else "the whole host"
    return Band(
        start[0], end, FAULT, f"{name} on {where}, {duration(end - start[0])}", start[1], many=f"times {name}"
    )


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
        off = cut.off.t if cut.off else run.end
        text = f"connection {cut.conn}: {cut.name} for {duration(off - cut.on.t)}"
        bands.append(Band(cut.on.t, off, WARN, text, cut.on.n, many="interruptions"))
    return Lane("connection", tuple(bands))


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
    """A tick each; another colour where the platform wrote no ACK."""
    answered = {
        record.about.cause
        for record in run.body
        if isinstance(record.event, WsOut) and record.event.op == "ack"
    }
    ticks = []
    for record in run.body:
        event = record.event
        if isinstance(event, WsIn) and event.op == "heartbeat":
            colour, what = (GOOD, "with an ACK") if record.n in answered else (WARN, "without an ACK")
            ticks.append(Tick(record.t, colour, f"heartbeat {what}, last number {event.s}", record.n, what))
    return Lane("heartbeats", ticks=tuple(ticks))


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
