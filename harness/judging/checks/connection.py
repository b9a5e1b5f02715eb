"""The checks `connects` and `bounded`, on connections.

Does one come up, do attempts end?
"""

from __future__ import annotations

from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline


def connects(run: Timeline, limits: CheckLimits) -> Finding:
    """start: up → serving within 60 s of the first connect() (of the run's start where there is none), and
    that connect() does not say that it failed.

    However short: a service that the platform ended in the same instant had begun all the same.
    """
    if not run.terms.starts_up:
        return not_applicable("the scenario means the first connect to fail")
    begin = run.connects[0].begin.t if run.connects else 0
    bound = limits.us("connects")
    first = run.service.changes[0] if run.service.changes else None
    if first is not None and first.t <= begin + bound:
        call = next((one for one in reversed(run.connects) if one.begin.n < first.n), None)
        if call is not None and call.how == "failed":
            return fails("connect() says that it failed, and the bot is in service", *call.lines, first.n)
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
