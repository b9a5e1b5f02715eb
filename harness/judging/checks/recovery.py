"""The checks `settles` and `recovers`, on what becomes of the bot in the long run.

Without healing, does it end up in a state that is acceptable; with healing, does it come back?
"""

from __future__ import annotations

from fake_qq_server.rules.moments import GAVE_UP
from harness.judging.checks import permanent_errors
from harness.judging.checks.conduct import false_connected, impolite
from harness.judging.checks.program import exit_of
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import Connection, Mark, Message
from harness.judging.intervals import Interval, duration, merge, overlap, subtract
from harness.judging.timeline import Timeline

FLAPS_IN_A_ROW = 20


def settles(run: Timeline, limits: CheckLimits) -> Finding:
    """No heal → from some time on, always one of three: serving; gave up and told; trying as it may.

    That time is 2 h after a rule first acted, or 2 min after the first give-up if that is sooner. Nothing
    acted and nobody gave up, or the program ended itself before: n/a (what that is worth, `back` says). What
    happened before is not held against it: only a wrong
    status file, trying too often and flapping that reach into the window count.

    Told: a call of the handler that ended well, at any time (it may come after the window began), or a
    connect() that returned the failure to its caller. Trying: it has not given up, and its last sign of
    trying (an attempt, a token or gateway request, an upgrade, service itself) is at most 10 min old:
    with a longer pause it could not meet `recovers` either.
    """
    if run.terms.heals or run.heal is not None:
        return not_applicable("the scenario heals")
    begins = [mark.t + limits.us("settles") for mark in (run.first_act,) if mark is not None]
    begins += [one.at.t + limits.us("settles.gaveup") for one in run.giveups[:1]]
    if not begins:
        return not_applicable("no rule acted and it did not give up")
    window = Interval(min(begins), run.end)
    ended = exit_of(run)
    if window.length <= 0 and ended is not None:
        return not_applicable("the program ended before the time at which this check begins", ended.n)
    if window.length <= 0:
        return unknown("the run ended before the time at which this check begins")
    told = [one.stretch for one in run.giveups if one.told or one.connecting]
    if run.failed_connect is not None and run.failed_connect.end is not None:
        told.append(Interval(run.failed_connect.end.t, run.end))
    at_rest = merge([*run.serving, *told])
    for wrong, words in (
        ([one.stretch for one in run.giveups], "it had given up and reported it to nobody"),
        (false_connected_too_long(run, limits), "its status file said connected while it was not serving"),
        (impolite(run), "it was still trying, but too often"),
        (flapping(run, limits), "its connections were lost soon after READY, again and again"),
        (subtract([run.run], trying(run, limits)), "it did not serve, had not given up and did not try"),
    ):
        seen = overlap(subtract(wrong, at_rest), [window])
        if seen:
            because = f"{words}, for {duration(seen[0].length)} from {duration(seen[0].start)} on"
            return fails(because, *_around(run, seen[0].start))
    return passes(
        f"from {duration(window.start)} on it served, had reported that it gave up, or kept trying as it may"
    )


def false_connected_too_long(run: Timeline, limits: CheckLimits) -> tuple[Interval, ...]:
    """When the status file said connected, not serving, for longer than `truthful` allows: all of it."""
    return tuple(one for one in false_connected(run) if one.length > limits.us("truthful"))


def trying(run: Timeline, limits: CheckLimits) -> tuple[Interval, ...]:
    """When its last sign of trying was young enough."""
    pause = limits.us("settles.trying")
    signs = [Interval(mark.t, mark.t + pause) for mark in run.signs_of_trying]
    return merge([*signs, *(Interval(one.start, one.end + pause) for one in run.serving)])


def flaps(run: Timeline, limits: CheckLimits) -> list[list[Connection]]:
    """Rows of connections that became ready or resumed and were not held for 3 heartbeats each.

    A connection that never became ready neither counts nor breaks a row; one that is still open at E does
    not count, and breaks the row once it has been held long enough.
    """
    rows: list[list[Connection]] = [[]]
    for one in sorted(run.connections.values(), key=lambda conn: conn.opened):
        if not one.readies:
            continue
        until = one.ended.t if one.ended else run.end
        if until - one.readies[0].t >= limits.us("settles.flapping"):
            rows.append([])
        elif one.ended is not None:
            rows[-1].append(one)
    return rows


def flapping(run: Timeline, limits: CheckLimits) -> tuple[Interval, ...]:
    """The stretches of rows long enough to be called flapping."""
    rows = [row for row in flaps(run, limits) if len(row) >= FLAPS_IN_A_ROW]
    return merge(Interval(row[0].readies[0].t, row[-1].ended.t) for row in rows if row[-1].ended)


def _around(run: Timeline, t: int) -> tuple[int, ...]:
    """The last change before a moment, and the give-up that it belongs to, if any."""
    marks = [*run.service.changes, *run.statements, *run.signs_of_trying, *(one.at for one in run.giveups)]
    last = max((mark for mark in marks if mark.t <= t), default=None)
    return (last.n,) if last is not None else ()


def recovers(run: Timeline, limits: CheckLimits) -> Finding:
    """heal → from some t0 ≤ H + 10 min to E, at least 3 heartbeats, serving, and a probe is answered.

    t0 is the start of the last stretch of service, or H if it was serving then. Every probe since t0 must
    be handled and its reply reach the platform, but one sent in the last 10 s may still be under way. A
    bot whose only way back was that the healing freed its old connection has not recovered.

    n/a at the adapter level if it gave up (or connect() failed) and somebody was told before H: bringing
    it back is then the runner's task. Above it n/a where the platform gave reason to stop for good, and the
    bot did and told: an operator starts it. n/a as well where the program ended itself before H: whether
    somebody starts it again is what `back` says. Where the run ended early after a give-up, nothing could
    change it: that E cuts no window short.
    """
    if not run.terms.heals and run.heal is None:
        return not_applicable("the scenario does not heal")
    if run.level == "adapter" and _gave_up_and_told(run):
        return not_applicable("it gave up and reported so before the healing", *_gave_up_and_told(run))
    reason = permanent_errors.accepted(run)
    if reason and _gave_up_and_told(run):
        return not_applicable(
            "the platform's error was permanent, and it reported so before the healing",
            *reason,
            *_gave_up_and_told(run),
        )
    if run.ended_early and run.giveup is not None:
        return fails("it gave up for good", run.giveup.at.n)
    if run.heal is None:
        ended = exit_of(run)
        if ended is not None:
            return not_applicable("the program ended itself before the healing", ended.n)
        return unknown(not_tried(run) or "the run ended before the healing")
    healed, bound = run.heal.t, limits.us("recovers")
    if run.since is None:
        if run.end < healed + bound:
            return unknown(f"the run ended less than {duration(bound)} after the healing", run.heal.n)
        return fails("it was not serving at the end", run.heal.n, *run.proof(*_lost(run)))
    began = run.since
    lines = (run.heal.n, *run.proof(began))
    if began > healed + bound:
        return fails(f"it came back only {duration(began - healed)} after the healing", *lines)
    freed = _freed(run)
    if freed:
        return fails("it is back only because the healing freed its connection", *lines, *freed)
    start = max(began, healed)
    if run.end - start < limits.us("recovers.held"):
        return unknown(f"it was back for {duration(run.end - start)} only when the run ended", *lines)
    return _answers(run, limits, start, lines)


def not_tried(run: Timeline) -> str | None:
    """Where the healing waits for a give-up that never came: that such a run proves nothing.

    A program that ended itself without giving up has done something else, which `back` and `stays` judge.
    """
    if not _waits_for_give_up(run) or run.heal is not None or run.giveups or exit_of(run) is not None:
        return None
    return f"it did not give up within {duration(run.end)}, so what would bring it back was not tried"


def _waits_for_give_up(run: Timeline) -> bool:
    return run.terms.heal_at is not None and run.terms.heal_at.mark == GAVE_UP


def _answers(run: Timeline, limits: CheckLimits, start: int, lines: tuple[int, ...]) -> Finding:
    probes = [one for one in run.probes if one.written[0].at.t >= start]
    lost = next((one for one in probes if not answered(one)), None)
    if lost is None and probes:
        proof = (probes[-1].written[0].at.n, probes[-1].handled[0].n, probes[-1].replied[0].n)
        because = "it was in service after the healing and answered a message"
        if _waits_for_give_up(run) and not run.giveups:
            because += "; it had not given up by then"
        return passes(because, *lines, *proof)
    if lost is None:
        return unknown("no probe message was sent after it came back", *lines)
    sent = lost.written[0].at
    if run.end - sent.t < limits.us("recovers.reply"):
        return unknown("the run ended while a probe message was under way", *lines, sent.n)
    deed = "answered" if lost.handled else "handled"
    return fails(f"it is connected again, but a message was not {deed}", *lines, sent.n)


def answered(probe: Message) -> bool:
    """Handled by the subject, and its reply reached the platform."""
    return bool(probe.handled and probe.replied)


def _gave_up_and_told(run: Timeline) -> tuple[int, ...]:
    """The records by which it gave up and reported so before the healing, if it did."""
    healed = run.heal if run.heal is not None else Mark(run.end + 1, 0)
    for one in run.giveups:
        ends = [call.end for call in one.told if call.end and call.end.t <= healed.t]
        if one.connecting and one.connecting.end and one.connecting.end.t <= healed.t:
            ends.append(one.connecting.end)
        if one.at.t <= healed.t and (one.stands or one.until.t > healed.t) and ends:
            return (one.at.n, ends[0].n)
    declined = run.failed_connect.end if run.failed_connect else None
    return (declined.n,) if declined is not None and declined.t <= healed.t else ()


def _lost(run: Timeline) -> tuple[int, ...]:
    return (run.serving[-1].end,) if run.serving else ()


def _freed(run: Timeline) -> tuple[int, ...]:
    """Where the connections in service at E hang on `held: release`: the records that freed them."""
    if not run.released or run.heal is None:
        return ()
    healed = run.heal.t
    freed = {
        one.conn: one.off.n
        for one in run.interruptions
        if one.off is not None and one.on.t <= healed <= one.off.t
    }
    last = [one.number for one in run.connections.values() if one.readies and one.ended is None]
    return tuple(freed[number] for number in last if number in freed)
