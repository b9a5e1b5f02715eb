"""The check `once`: each message and click that the platform sent is handled, in time and not twice."""

from __future__ import annotations

from collections.abc import Sequence

from fake_qq_server.events import EventUnwanted, RuleAct
from fake_qq_server.platform.payloads import INTERACTION, MESSAGE_EVENTS, UNADDRESSED
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.clicks import Click, clicks
from harness.judging.facts import Connection, Message, Writing
from harness.judging.gaps import thrown_away
from harness.judging.intervals import duration
from harness.judging.sessions import follow
from harness.judging.talks import slower
from harness.judging.timeline import Timeline


def once(run: Timeline, limits: CheckLimits) -> Finding:
    """Each dispatched message that was due is handled exactly once, and soon; twice is wrong in any case.

    Due: some writing of it went to a connection that was in service (READY or RESUMED was written, and no
    rule withheld it), and that was open and not interrupted for 1 s after. A message
    in the replay window of a resumed session is written again, as a replay, and is due by that writing:
    where the platform keeps its replay to itself, the subject cannot be blamed. Due as well is what waited in
    a session that the bot could have resumed when it came back, and threw away. What its intents exclude it
    will never handle: that fails too. Never due is a message that does not name the bot. A click is handled
    where the bot acknowledges it.
    """
    for record in run.body:
        if isinstance(record.event, EventUnwanted) and record.event.t in DUE:
            return fails(f"the bot did not ask for events such as message {record.event.id}", record.n)
    due: list[tuple[Message, Writing]] = []
    unsent: list[Message] = []
    open_ended: list[Message] = []
    for one in run.messages:
        if len(one.handled) > 1:
            lines = (mark.n for mark in one.handled)
            return fails(f"message {one.id} was handled {len(one.handled)} times", *lines)
        if one.probe or (one.kind in UNADDRESSED and not one.handled):
            continue
        states = [_due(run, limits.us("once"), writing, handled=bool(one.handled)) for writing in one.written]
        if True in states:
            due.append((one, one.written[states.index(True)]))
        elif not one.handled:
            (open_ended if None in states else unsent).append(one)
    clicked = _due_clicks(run, limits.us("once"))
    for found in (
        _lost(run, limits, due),
        _thrown_away(run, unsent),
        _late(run, limits, due),
        _unacknowledged(run, limits, clicked),
    ):
        if found is not None:
            return found
    young = [one for one, _ in due if not one.handled]
    if open_ended or young:
        late, bound = (open_ended or young)[0], limits.us("once" if open_ended else "once.handled")
        because = f"message {late.id} was written less than {duration(bound)} before the end"
        return unknown(because, *_written(late))
    if not due and clicked:
        lines = (mark.n for one in clicked for mark in (one.written[0].at, one.acknowledged) if mark)
        return passes(f"each of {len(clicked)} clicks was acknowledged", *lines)
    if not due:
        return not_applicable("no message was due besides the probes")
    first = due[0][0]
    return passes(f"each of {len(due)} messages was handled once", *_written(first), first.handled[0].n)


DUE = frozenset({*MESSAGE_EVENTS, INTERACTION}) - UNADDRESSED
"""The types of events that somebody expects an answer to."""


def _lost(run: Timeline, limits: CheckLimits, due: Sequence[tuple[Message, Writing]]) -> Finding | None:
    """The first one that was never handled, though there was time."""
    bound = limits.us("once.handled") + run.terms.delay_us
    for one, writing in due:
        if not one.handled and run.end - writing.at.t >= bound + slower(run, writing.conn, writing.at.t):
            return fails(f"message {one.id} was due and never handled", *_written(one))
    return None


def _thrown_away(run: Timeline, unsent: Sequence[Message]) -> Finding | None:
    """The first one that was lost with a session which the bot could have resumed."""
    said = follow(run) if unsent else ()
    for one in unsent:
        lines = thrown_away(run, said, one)
        if lines:
            because = f"message {one.id} waited in a session that could be resumed, and was never handled"
            return fails(because, *lines)
    return None


def _late(run: Timeline, limits: CheckLimits, due: Sequence[tuple[Message, Writing]]) -> Finding | None:
    """The first one that was handled too long after it arrived, where nothing on the way held it up."""
    bound = limits.us("once.handled")
    for one, writing in due:
        if not one.handled:
            continue
        took = one.handled[0].t - writing.at.t
        if took > bound + run.terms.delay_us and not _held_up(run, writing, one.handled[0].t):
            because = f"message {one.id} was handled only {duration(took)} after it was written"
            return fails(because, writing.at.n, one.handled[0].n)
    return None


def _due_clicks(run: Timeline, bound: int) -> list[Click]:
    return [one for one in clicks(run) if any(_due(run, bound, writing) for writing in one.written)]


def _unacknowledged(run: Timeline, limits: CheckLimits, due: Sequence[Click]) -> Finding | None:
    """The first click that nobody acknowledged in time: who clicked sees an error. Not where the API was in
    trouble meanwhile, for then the request may never have got there."""
    bound = limits.us("once.handled") + run.terms.delay_us
    for one in due:
        first = one.written[0].at
        upto = first.t + bound
        late = one.acknowledged is None or one.acknowledged.t > upto
        if late and run.end >= upto and not run.trouble.on_rest(first.t, upto):
            return fails(f"click {one.id} was not acknowledged within {duration(bound)}", first.n)
    return None


def _held_up(run: Timeline, writing: Writing, upto: int) -> bool:
    """Whether a condition lay on its connection, or a rule acted inside the client before it was handled."""
    if run.trouble.on_socket(writing.conn, writing.at.t, upto):
        return True
    inside = run.terms.rules_at("seam")
    acts = (one for one in run.body if isinstance(one.event, RuleAct) and one.t <= upto)
    return any(one.about.rule in inside for one in acts)


def _written(message: Message) -> tuple[int, ...]:
    return tuple(writing.at.n for writing in message.written)


def _due(run: Timeline, bound: int, writing: Writing, *, handled: bool = True) -> bool | None:
    """Whether it had to arrive; null where the run ended too soon to say."""
    conn = run.connections.get(writing.conn) if writing.conn is not None else None
    upto = writing.at.t + bound + (0 if handled else slower(run, writing.conn, writing.at.t))
    if (
        conn is None
        or (conn.closed is not None and conn.closed.t <= upto)
        or not _expected(run, conn, writing)
    ):
        return False
    for one in run.interruptions:
        meets = one.on.t <= upto and (one.off is None or one.off.t > writing.at.t)
        if one.conn == conn.number and meets:
            return False
    return True if upto <= run.end else None


def _expected(run: Timeline, conn: Connection, writing: Writing) -> bool:
    """READY or RESUMED came on the connection before it: until then a bot need not listen to messages.

    RESUMED follows what it replays. One that was withheld, or swallowed by what lay on the link, never came.
    """
    came = {ready.n for ready in run.service.readies}
    return any(ready.n in came and (writing.replay or ready.n < writing.at.n) for ready in conn.readies)
