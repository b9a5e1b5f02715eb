"""The checks `connects`, `notices` and `bounded`, on connections.

Does one come up, is a dead one noticed, do attempts end?
"""

from __future__ import annotations

from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.facts import Interruption
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline

NOUNS = {"silent": "silence"}  # of conditions whose name is none


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


def notices(run: Timeline, limits: CheckLimits) -> Finding:
    """A silence, stall or blackhole while serving → the subject closes that connection in time.

    A CLOSE frame of the subject counts: TCP may take a while to follow. Nothing is owed where the
    condition went off, or somebody else ended the connection, before the time was up.
    """
    told = [_noticed(run, limits, one) for one in run.interruptions if one.while_serving]
    owed = [found for found in told if found.state != "n/a"]
    if not owed:
        return not_applicable("no silence, stall or blackhole lasted long enough on a connection in service")
    return worst(owed)


def _noticed(run: Timeline, limits: CheckLimits, one: Interruption) -> Finding:
    bound = limits.us("notices")
    due = one.on.t + bound
    conn, what = run.connections[one.conn], NOUNS.get(one.name, one.name)
    if conn.left is not None and conn.left.t <= due:
        took = duration(conn.left.t - one.on.t)
        because = f"it closed connection {one.conn} {took} after the {what} began"
        return passes(because, one.on.n, conn.left.n)
    released = one.off is not None and one.off.t <= due
    if released or (conn.ended is not None and conn.ended.t <= due):
        return not_applicable("the interruption or the connection ended before the time was up", one.on.n)
    if run.end < due:
        return unknown(f"the run ended less than {duration(bound)} after the {what} began", one.on.n)
    if conn.left is not None:
        took = duration(conn.left.t - one.on.t)
        because = f"it closed connection {one.conn} only {took} after the {what} began"
        return fails(because, one.on.n, conn.left.n)
    return fails(f"it never closed connection {one.conn} after the {what} began", one.on.n)


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
