"""The checks `flag`, `notified` and `final`: whether a bot that gives up reports it, and as what."""

from __future__ import annotations

from fake_qq_server.events import HttpRequest, LinkClose
from harness.journal.run_kinds import SubjState
from harness.judging.checks import permanent_errors
from harness.judging.checks.program import exit_of, told_to_stop
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.facts import GiveUp, TimedCall
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline


def flag(run: Timeline, limits: CheckLimits) -> Finding:
    """Gave up → the fatal flag is set within 1 s of it. Every give-up of the run is judged."""
    if not run.giveups:
        return not_applicable("it did not give up")
    return worst([_flagged(limits.us("flag"), one) for one in run.giveups])


def _flagged(bound: int, one: GiveUp) -> Finding:
    if one.flag is None and one.until.t - one.at.t < bound:
        return unknown(f"the run left it less than {duration(bound)} to set the fatal flag", one.at.n)
    if one.flag is None:
        return fails("it gave up and never set the fatal flag", one.at.n)
    late = one.flag.t - one.at.t
    if late > bound:
        return fails(f"the fatal flag came {duration(late)} after it gave up", one.at.n, one.flag.n)
    return passes(f"the fatal flag was set within {duration(bound)}", *dict.fromkeys((one.at.n, one.flag.n)))


def notified(run: Timeline, limits: CheckLimits) -> Finding:
    """Gave up → exactly one handler call between 1 s before and 60 s after, and it ended well.

    The call must begin in that time; how long it then takes is its own affair, but it must have ended when
    the run does. A give-up inside a connect() that failed was answered by its return value: n/a, unless
    the handler was called as well. n/a as well where the program was told to stop before the handler ended:
    its end cuts off whatever is at work.
    """
    if not run.giveups:
        return not_applicable("it did not give up")
    stop = told_to_stop(run)
    if stop is not None and any(_cut_off(call, stop.n) for one in run.giveups for call in one.calls):
        return not_applicable("it was told to stop while the fatal handler was at work", stop.n)
    told = [_told(run, limits, one) for one in run.giveups if one.calls or not one.connecting]
    if not told:
        return not_applicable("connect() itself returned the failure", *(one.at.n for one in run.giveups))
    return worst(told)


def _cut_off(call: TimedCall, stop: int) -> bool:
    """It had begun when the program was told to stop, and did not end well after that."""
    return call.begin.n < stop and (call.end is None or (call.end.n > stop and call.how != "ok"))


def _told(run: Timeline, limits: CheckLimits, one: GiveUp) -> Finding:
    after, before = limits.us("notified"), limits.us("notified.before")
    mine = [call for call in one.calls if one.at.t - before <= call.begin.t <= one.at.t + after]
    lines = [one.at.n, *(line for call in mine for line in call.lines)]
    short = one.until.t - one.at.t < after
    if len(mine) > 1:
        return fails(f"the fatal handler was called {len(mine)} times", *lines)
    if not mine and short:
        return unknown(f"the run left it less than {duration(after)} to call the fatal handler", *lines)
    if not mine:
        when = "never called" if not one.calls else "not called in time"
        return fails(f"it gave up and the fatal handler was {when}", *lines)
    if mine[0] in one.told:
        if short and one.stands and exit_of(run) is None:
            return unknown(
                f"the run ended before a second call within {duration(after)} was excluded", *lines
            )
        return passes("the fatal handler was called once and ended well", *lines)
    if mine[0].end is not None:
        return fails(f"the fatal handler was called and {mine[0].how or 'did not end well'}", *lines)
    if short:
        return unknown("the run ended while the fatal handler was at work", *lines)
    return fails("the fatal handler was called and never ended", *lines)


def _connects_again(run: Timeline) -> Finding:
    asked = any(isinstance(one.event, HttpRequest | LinkClose) for one in run.body)
    flags = [one.flag.n for one in run.giveups if one.connecting is not None and one.flag is not None]
    first = next(iter(run.connects), None)
    failed = first.end if first is not None and first.how == "failed" else None
    if permanent_errors.said(run) or not asked or (failed is None and not flags):
        return not_applicable("the platform reported no permanent error")
    if failed is not None and not flags:
        return fails("the first connect() failed, and no fatal flag says why", failed.n)
    by_number = {one.n: one.event for one in run.body}
    for n in flags:
        event = by_number[n]
        if isinstance(event, SubjState) and event.fatal and not event.fatal.get("retryable"):
            return fails("a retry could mend why connect() failed, and its fatal flag says that none can", n)
    return passes("the fatal flag of the connect() that failed says that a retry can help", *flags)


def final(run: Timeline, limits: CheckLimits) -> Finding:
    """The platform says that no retry can help → the fatal flag is set in time, and not retryable.

    Where it says nothing of the kind, the first connect(), if it fails, sets the flag, too, and none may call
    that final: its caller would give up over an outage. Of a bot that asked nobody (it may lack credentials)
    that is not asked.
    """
    said = permanent_errors.first_undisputed(run)
    if said is None:
        return _connects_again(run)
    bound = limits.us("final")
    for record in run.body:
        event = record.event
        if record.n > said.n and isinstance(event, SubjState) and event.fatal:
            if event.fatal.get("retryable"):
                return fails(
                    "the platform's error is permanent, and its fatal flag says retryable", said.n, record.n
                )
            if record.t - said.t <= bound:
                return passes("the fatal flag says that the error is permanent", said.n, record.n)
            return fails(f"the fatal flag came {duration(record.t - said.t)} later", said.n, record.n)
    if run.end - said.t <= bound:
        return unknown(f"the run left it less than {duration(bound)} to set the fatal flag", said.n)
    return fails("the platform's error is permanent, and it never set its fatal flag", said.n)
