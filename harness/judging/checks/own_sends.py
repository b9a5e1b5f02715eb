"""The checks `delivered` and `reported`: what the bot is made to say of its own accord.

Does it reach whom it is for, and does the bot say truly whether it was sent?
"""

from __future__ import annotations

from fake_qq_server.platform.told import opening
from harness.journal.record import Record
from harness.journal.run_kinds import SubjSend
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.intervals import duration
from harness.judging.sends import Send
from harness.judging.timeline import Timeline


def delivered(run: Timeline, limits: CheckLimits) -> Finding:
    """Each message that a rule makes the bot send → the platform takes it, to the place it is for, in time.

    Whether the WebSocket is there or not is no excuse: QQ takes messages through its API. What a rule did to
    the API excuses where the scenario does not ask this check.
    """
    bound = limits.us("delivered")
    found = [_delivery(run, bound, one) for one in run.body if _is(one, "begin")]
    owed = [one for one in found if one.state != "n/a"]
    if owed:
        return worst(owed)
    return found[0] if found else not_applicable("it was not made to say anything")


def reported(run: Timeline, limits: CheckLimits) -> Finding:
    """Each message that a rule makes the bot send → its send ends in time, says that it was sent only if the
    platform took it, and if it gives it an id then QQ's: who made it speak believes what it says.
    """
    bound = limits.us("reported")
    ends = {one.about.cause: one for one in run.body if _is(one, "end")}
    found = [_report(run, bound, one, ends.get(one.n)) for one in run.body if _is(one, "begin")]
    return worst(found) if found else not_applicable("it was not made to say anything")


def _is(record: Record, phase: str) -> bool:
    return isinstance(record.event, SubjSend) and record.event.phase == phase


def _report(run: Timeline, bound: int, begin: Record, end: Record | None) -> Finding:
    assert isinstance(begin.event, SubjSend)
    if end is None or end.t - begin.t > bound:
        if end is None and run.end - begin.t <= bound:
            return unknown(f"the run ended less than {duration(bound)} after it was made to speak", begin.n)
        lines = (begin.n,) if end is None else (begin.n, end.n)
        return fails(f"its send took longer than {duration(bound)}", *lines)
    assert isinstance(end.event, SubjSend)
    mine = [one for one in run.sends if begin.n < one.at.n < end.n and _says(one, begin.event.text)]
    if end.event.how == "ok" and not any(one.taken for one in mine):
        tries = (one.proof.n for one in mine)
        return fails("it says that it was sent, and the platform took nothing", begin.n, *tries, end.n)
    names = {one.answer.message for one in mine if one.answer is not None} - {None}
    if end.event.sent is not None and names and end.event.sent not in names:
        tries = (one.proof.n for one in mine)
        return fails("it gives what it sent another id than the platform", begin.n, *tries, end.n)
    return passes("what its send says of itself is true", begin.n, end.n)


def _delivery(run: Timeline, bound: int, begin: Record) -> Finding:
    n, t, told = begin.n, begin.t, begin.event
    assert isinstance(told, SubjSend)
    tries = [one for one in run.sends if one.at.t >= t and _says(one, told.text)]
    there = [one for one in tries if one.sent is not None and (one.sent.scene, one.sent.target) == told.to]
    taken = next((one for one in there if one.taken and one.proof.t - t <= bound), None)
    if taken is not None:
        return passes("what it was made to say was taken in time", n, taken.proof.n)
    trouble = None if "delivered" in run.terms.asks else run.trouble.on_rest(t, t + bound)
    if trouble is not None:
        return not_applicable("a rule had its hand in the API", trouble.n)
    if run.end - t < bound:
        return unknown(f"the run ended less than {duration(bound)} after it was made to speak", n)
    if tries and not there:
        return fails("what it was made to say was sent to another place", n, tries[0].at.n)
    if tries:
        because = f"what it was made to say was not taken within {duration(bound)}"
        return fails(because, n, tries[-1].proof.n)
    return fails("what it was made to say was never sent", n)


def _says(one: Send, text: str) -> bool:
    """By how it begins: the journal has no more of a long text, and white space as one space."""
    return one.is_content and one.sent is not None and (opening(text) or text) in (one.sent.text or "")
