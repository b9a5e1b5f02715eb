"""The check `beats`: heartbeats as Hello asks for them, on every connection that got that far.

Judged by what arrives at the platform. What the bot knew when it sent a heartbeat is judged in its favour:
a frame that may have been under way is open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from fake_qq_server.events import RuleAct
from fake_qq_server.rules.language_verbs import Link
from harness.journal.run_kinds import ProcEnding, RunnerStop, SubjDisconnect
from harness.judging.checks.program import SIGNAL
from harness.judging.checks.result import HEARTBEAT_US, CheckLimits, Finding, fails, not_applicable, passes
from harness.judging.facts import Interruption, Mark, Message
from harness.judging.intervals import SECOND, Interval, duration, subtract
from harness.judging.talks import SENDS_AWAY, Beat, Numbered, Talk, talks
from harness.judging.timeline import Timeline

FLOOD = 5
"""A flood: more than so many gaps in a row, each shorter than the interval's so-manieth part."""
REQUESTED_US = 10 * SECOND
"""A heartbeat this soon after one of the platform's own is the answer to it."""
HANDLED_US = 10 * SECOND
"""So long after a message was handled, the bot must know its number."""
FOR_EVER = 1 << 62


def beats(run: Timeline, limits: CheckLimits) -> Finding:
    """On each connection: none before Identify, no flood, one within each interval from READY or RESUMED on,
    and each names the last number that the bot was sent.

    The first interval counts from READY or RESUMED: QQ's pages let heartbeats begin there, and a client that
    counts from Hello is earlier. Nothing is owed in time where the connection is interrupted, the platform
    asked the bot to leave it (op 7, op 9) or does not answer its heartbeats, nor once the bot gave up or was
    told to stop. n/a where no connection lasted an interval.
    """
    messages = {one.id: one for one in run.messages}
    held: dict[int, list[Interruption]] = {}
    for interruption in run.interruptions:
        held.setdefault(interruption.conn, []).append(interruption)
    seen = [_Watched(run, talk, held.get(talk.number, []), messages) for talk in talks(run).values()]
    stops = _stops(run)
    owed = [(one, _owed(one, stops)) for one in seen]
    for one, stretch in owed:
        wrong = _early(one) or _flood(one) or _late(one, stretch, limits.us("beats")) or _misnumbered(one)
        if wrong is not None:
            return wrong
    lasted = [one.talk for one, stretch in owed if _lasted(one, stretch)]
    if not lasted:
        return not_applicable("no connection in service lasted for an interval between two heartbeats")
    proof = [mark.n for mark, _ in lasted[0].intervals[:1]] + [beat.at.n for beat in lasted[0].beats[:1]]
    many = f"each of {len(lasted)} connections" if len(lasted) > 1 else "the connection"
    return passes(f"heartbeats came in time on {many}", *proof)


@dataclass(frozen=True, eq=False)
class _Watched:
    """A connection, what interrupted it, and the run's messages by id."""

    run: Timeline
    talk: Talk
    held: Sequence[Interruption]
    messages: Mapping[str, Message]

    @cached_property
    def holes(self) -> tuple[Interval, ...]:
        """When it was interrupted for its heartbeats, and as long before and after as they are under way."""
        around = 2 * (self.talk.transit_us or 0)
        begun = [(_begins(self.run, self.talk, one), one.off) for one in self.held]
        return tuple(
            Interval(start - around, off.t + around if off else FOR_EVER)
            for start, off in begun
            if start is not None
        )

    @cached_property
    def sent_elsewhere(self) -> int:
        """The highest number that was sent of a resumed session on other connections."""
        others = [one for one in talks(self.run).values() if self.talk.resumes and one is not self.talk]
        return max((frame.s for one in others for frame in one.numbered), default=0)

    def fails(self, because: str, *lines: int) -> Finding:
        return fails(f"connection {self.talk.number}: {because}", *lines)

    def interval(self, t: int) -> int:
        """The longest that a Hello had told by then: a second Hello need not be obeyed."""
        return max((us for mark, us in self.talk.intervals if mark.t <= t), default=HEARTBEAT_US)


def _begins(run: Timeline, talk: Talk, one: Interruption) -> int | None:
    """When it excuses heartbeats. Where only what comes down is lost, they still arrive, and the bot cannot
    know before one of them went unanswered."""
    rule = run.terms.rules.get(_rule_of(run, one.on) or "")
    if rule is None or not isinstance(rule.trigger, Link) or rule.trigger.direction != "down":
        return one.on.t
    return next((beat.at.t for beat in talk.beats if beat.at.n > one.on.n), None)


def _rule_of(run: Timeline, mark: Mark) -> str | None:
    found = run.records[mark.n - 1] if 0 < mark.n <= len(run.records) else None
    return found.about.rule if found is not None and found.n == mark.n else None


def _stops(run: Timeline) -> list[Mark]:
    """When it gave up, disconnected or was told to stop, in order."""
    found = [one.at for one in run.giveups]
    for record in run.body:
        event = record.event
        began = isinstance(event, SubjDisconnect | RunnerStop) and event.phase == "begin"
        told = isinstance(event, RuleAct) and event.verb == SIGNAL
        if began or told or isinstance(event, ProcEnding):
            found.append(Mark(record.t, record.n))
    return sorted(found, key=lambda mark: mark.n)


def _early(one: _Watched) -> Finding | None:
    """Where Hello did not come, nothing is known of when to begin."""
    first, hello = (one.talk.beats[0].at if one.talk.beats else None), one.talk.hello
    if first is None or hello is None or first.n < hello.n:
        return None
    if any(hole.start <= first.t for hole in one.holes) or (one.talk.asked and one.talk.asked[0].n < first.n):
        return None
    return one.fails("a heartbeat came before Identify", hello.n, first.n)


def _flood(one: _Watched) -> Finding | None:
    """An interruption may bunch them, and the platform may ask for one."""
    row: list[Beat] = []
    for beat in _unbidden(one.talk):
        if row and not _soon(one, row[-1].at, beat.at):
            row = []
        row.append(beat)
        if len(row) > FLOOD + 1:
            took = duration(row[-1].at.t - row[0].at.t)
            return one.fails(f"{len(row)} heartbeats came within {took}", row[0].at.n, row[-1].at.n)
    return None


def _soon(one: _Watched, before: Mark, beat: Mark) -> bool:
    if any(hole.start <= beat.t and before.t <= hole.end for hole in one.holes):
        return False
    return (beat.t - before.t) * FLOOD < min(one.interval(beat.t), HEARTBEAT_US)


def _unbidden(talk: Talk) -> list[Beat]:
    asked = [mark.t for mark in talk.written("heartbeat")]
    before = [bisect_right(asked, beat.at.t) for beat in talk.beats]
    return [
        beat
        for beat, count in zip(talk.beats, before, strict=True)
        if not count or beat.at.t - asked[count - 1] > REQUESTED_US
    ]


def _owed(one: _Watched, stops: list[Mark]) -> list[tuple[Mark, Mark]]:
    """The gaps within which a heartbeat is owed: from one to the next, the first from READY or RESUMED."""
    talk, conn = one.talk, one.run.connections.get(one.talk.number)
    if not talk.granted or not talk.intervals or talk.transit_us is None:
        return []
    start = max(talk.granted[0], talk.intervals[0][0], key=lambda mark: mark.n)
    after = bisect_right([mark.n for mark in stops], start.n)
    ends = [mark for mark in (*talk.written(*SENDS_AWAY), *stops[after : after + 1]) if mark.n > start.n]
    ends += [conn.ended] if conn is not None and conn.ended is not None else []
    last = one.run.records[len(one.run.body) - (1 if one.run.cut else 0)]
    end = min([Mark(one.run.end, last.n), *ends], key=lambda mark: mark.n)
    came = [beat.at for beat in talk.beats if start.n < beat.at.n < end.n]
    acks = [mark.n for mark in talk.acks]
    gaps = pairwise([start, *came, end])
    return [(a, b) for a, b in gaps if a is start or bisect_right(acks, a.n) < bisect_right(acks, b.n)]


def _pieces(one: _Watched, gap: tuple[Mark, Mark]) -> tuple[Interval, ...]:
    return subtract([Interval(gap[0].t, gap[1].t)], one.holes)


def _late(one: _Watched, owed: list[tuple[Mark, Mark]], grace: int) -> Finding | None:
    for gap in owed:
        interval = one.interval(gap[1].t)
        longest = max((piece.length for piece in _pieces(one, gap)), default=0)
        if longest > interval + grace + 2 * (one.talk.transit_us or 0):
            because = f"no heartbeat came for {duration(longest)}, and Hello told {duration(interval)}"
            return one.fails(because, one.talk.intervals[0][0].n, gap[0].n, gap[1].n)
    return None


def _lasted(one: _Watched, owed: list[tuple[Mark, Mark]]) -> bool:
    watched = sum(piece.length for gap in owed for piece in _pieces(one, gap))
    return bool(owed) and watched >= one.interval(owed[-1][1].t)


def _misnumbered(one: _Watched) -> Finding | None:
    """Too old a number, or one that the bot was never sent. Where frames of unknown content were written,
    only the former can be told."""
    talk = one.talk
    if not talk.granted or talk.transit_us is None:
        return None
    frames, recent = deque(talk.numbered), deque[tuple[Numbered, int]]()
    highest = 0
    raw = bool(talk.written("other"))
    for beat in talk.beats:
        while frames and frames[0].at.n < beat.at.n:
            frame = frames.popleft()
            highest = max(highest, frame.s)
            recent.append((frame, _known_at(one, frame)))
        known = [i for i, (_, at) in enumerate(recent) if at <= beat.at.t]
        for _ in range(known[-1] if known else 0):
            recent.popleft()
        if beat.at.t < _known_at(one, None):
            continue
        said = "none" if beat.s is None else str(beat.s)
        if known and (beat.s is None or beat.s < min(frame.s for frame, _ in recent)):
            last = recent[0][0]
            because = f"a heartbeat named the number {said}, and {last.s} was sent before"
            return one.fails(because, last.at.n, beat.at.n)
        if beat.s is not None and beat.s > highest and not raw and beat.s > one.sent_elsewhere:
            most = max(highest, one.sent_elsewhere)
            because = f"a heartbeat named the number {said}, and none above {most} was sent"
            return one.fails(because, talk.granted[0].n, beat.at.n)
    return None


def _known_at(one: _Watched, frame: Numbered | None) -> int:
    """From when on a heartbeat must count with this frame; without one, with the session that was granted."""
    way = 2 * (one.talk.transit_us or 0)
    if frame is None:
        return one.talk.granted[0].t + way + SECOND
    lost = any(hole.start <= frame.at.t <= hole.end for hole in _disturbed(one))
    if lost or not frame.own:
        return FOR_EVER
    late = frame.at.t + way + one.interval(frame.at.t)
    message = one.messages.get(frame.id) if frame.id is not None else None
    handled = [mark.t for mark in message.handled if mark.n > frame.at.n] if message else []
    return min([late, *(t + HANDLED_US + way for t in handled[:1])])


def _disturbed(one: _Watched) -> list[Interval]:
    """When frames to it were lost or held: what was under way as that began arrives all the same, but for a
    toxic, which lies at the bot's end of the link."""
    return [
        Interval(held.on.t - _way_to(one, held), held.off.t if held.off else FOR_EVER) for held in one.held
    ]


def _way_to(one: _Watched, held: Interruption) -> int:
    return (one.talk.transit_us or 0) if held.name.endswith(STREAMS) else 0


STREAMS = ("_upstream", "_downstream")
"""How the names of toxics end in a journal."""
