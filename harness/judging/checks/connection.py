"""The checks `connects`, `bounded` and `once`, on connections and the messages on them.

Does one come up, do attempts end, is each message handled once?
"""

from __future__ import annotations

from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import Message, Writing
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline


def connects(run: Timeline, limits: CheckLimits) -> Finding:
    """start: up → serving within 60 s of the first connect() (of the run's start where there is none).

    However short: a service that the platform ended in the same instant had begun all the same.
    """
    if not run.terms.starts_up:
        return not_applicable("the scenario means the first connect to fail")
    begin = run.connects[0].begin.t if run.connects else 0
    bound = limits.us("connects")
    first = run.service.changes[0] if run.service.changes else None
    if first is not None and first.t <= begin + bound:
        return passes(f"it was in service after {duration(first.t - begin)}", first.n)
    if run.end < begin + bound:
        return unknown(f"the run ended before {duration(bound)} had passed")
    if first is not None:
        return fails(f"it was in service only after {duration(first.t - begin)}", first.n)
    return fails("it was never in service", *(line for call in run.connects[:1] for line in call.lines))


def bounded(run: Timeline, limits: CheckLimits) -> Finding:
    """Each reconnect attempt ends within 120 s; one that E cut short decides nothing."""
    bound = limits.us("bounded")
    if not run.attempts:
        return not_applicable("there was no reconnect attempt")
    longest = max(run.attempts, key=lambda call: call.lasted(run.end))
    took = duration(longest.lasted(run.end))
    if longest.lasted(run.end) > bound:
        verb = "took" if longest.end else "was still open after"
        return fails(f"attempt {longest.number} {verb} {took}", *longest.lines)
    still = next((call for call in run.attempts if call.end is None), None)
    if still is not None:
        return unknown(f"attempt {still.number} was open when the run ended", *still.lines)
    return passes(f"the longest attempt took {took}", *longest.lines)


def once(run: Timeline, limits: CheckLimits) -> Finding:
    """Each dispatched message that was due is handled exactly once; twice is wrong even if it was not due.

    Due: some writing of it went to a connection that was open and not interrupted for 1 s after. A message
    in the replay window of a resumed session is written again, as a replay, and is due by that writing:
    where the platform keeps its replay to itself, the subject cannot be blamed.
    """
    bound, due, open_ended = limits.us("once"), [], []
    for one in run.messages:
        if len(one.handled) > 1:
            lines = (mark.n for mark in one.handled)
            return fails(f"message {one.id} was handled {len(one.handled)} times", *lines)
        if one.probe:
            continue
        states = [_due(run, bound, writing) for writing in one.written]
        if True in states:
            due.append(one)
        elif None in states and not one.handled:
            open_ended.append(one)
    lost = next((one for one in due if not one.handled), None)
    if lost is not None:
        return fails(f"message {lost.id} was due and never handled", *_written(lost))
    if open_ended:
        late = open_ended[0]
        because = f"message {late.id} was written less than {duration(bound)} before the end"
        return unknown(because, *_written(late))
    if not due:
        return not_applicable("no message was due besides the probes")
    return passes(f"each of {len(due)} messages was handled once", *_written(due[0]), due[0].handled[0].n)


def _written(message: Message) -> tuple[int, ...]:
    return tuple(writing.at.n for writing in message.written)


def _due(run: Timeline, bound: int, writing: Writing) -> bool | None:
    """Whether it had to arrive; null where the run ended too soon to say."""
    conn = run.connections.get(writing.conn) if writing.conn is not None else None
    upto = writing.at.t + bound
    if conn is None or (conn.closed is not None and conn.closed.t <= upto):
        return False
    for one in run.interruptions:
        meets = one.on.t <= upto and (one.off is None or one.off.t > writing.at.t)
        if one.conn == conn.number and meets:
            return False
    return True if upto <= run.end else None
