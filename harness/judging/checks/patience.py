"""The check `patient`: a bot does not give up on an outage that is young, and backs off while it lasts."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judging.checks import permanent_errors
from harness.judging.checks.conduct import ATTEMPTS, excesses
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import GiveUp, Mark
from harness.judging.intervals import SECOND, Interval, duration, overlap, subtract
from harness.judging.timeline import Timeline


@dataclass(frozen=True)
class _Outage:
    """A stretch without service. `gaveup`: how the bot ended its part in it, if it did."""

    stretch: Interval
    gaveup: GiveUp | None = None

    @property
    def lasted(self) -> int:
        """How long the bot had to be patient, or was."""
        return (self.gaveup.at.t if self.gaveup else self.stretch.end) - self.stretch.start


def patient(run: Timeline, limits: CheckLimits) -> Finding:
    """No give-up while the outage is younger than 15 min, and no more than 40 attempts in any 10 min of it.

    An outage begins when service is lost, or with the first connect(). A connection that is lost again within
    three heartbeats does not end it; where the bot began to reconnect before the platform saw it leave, it
    began then. A give-up counts that stands and that no sign of trying follows; one that connect() answered
    is its caller's. Excused where the platform said that no retry can help. n/a where no outage was that long
    and the bot did not give up.
    """
    budget = limits.us("patient")
    outages = _outages(run, limits)
    tested = [one for one in outages if one.gaveup is not None or one.lasted >= budget]
    for one in tested:
        if one.gaveup is not None and one.lasted < budget and not _hopeless(run, one):
            because = f"it gave up {duration(one.lasted)} after the outage began"
            return fails(
                f"{because}, and {duration(budget)} is the least", *_began(run, one), one.gaveup.at.n
            )
    for first, last in excesses(run, ATTEMPTS):
        if overlap([Interval(first.t, last.t + 1)], [one.stretch for one in tested]):
            took = duration(last.t - first.t)
            because = f"it did not back off: {ATTEMPTS.most + 1} reconnect attempts within {took}"
            return fails(because, first.n, last.n)
    if any(one.gaveup is None or one.lasted >= budget for one in tested):
        longest = max(tested, key=lambda one: one.lasted)
        ended = [longest.gaveup.at.n] if longest.gaveup else []
        because = "it gave up" if ended else "it had not given up"
        because += f" {duration(longest.lasted)} after the outage began, and had not tried too often"
        return passes(because, *_began(run, longest), *ended)
    if tested:
        return not_applicable("it gave up because the platform said that no retry can help")
    if run.since is None and outages and not run.ended_early:
        return unknown(f"the run ended {duration(outages[-1].lasted)} after the outage began")
    return not_applicable(f"no outage lasted {duration(budget)}, and it did not give up")


def _outages(run: Timeline, limits: CheckLimits) -> list[_Outage]:
    begin = run.connects[0].begin.t if run.connects else 0
    held = limits.us("settles.flapping")
    served = [one for one in run.serving if one is run.serving[0] or one.length >= held or one.end == run.end]
    stretches = subtract([Interval(begin, run.end)], served)
    ends = [one for one in run.giveups if _is_the_end(run, one)]
    found = []
    for stretch in stretches:
        end = next((one for one in ends if stretch.start <= one.at.t <= stretch.end), None)
        found.append(_Outage(Interval(min(stretch.start, _tried(run, end)), stretch.end), end))
    unseen = [one for one in ends if all(one is not outage.gaveup for outage in found)]
    return found + [_Outage(Interval(min(one.at.t, _tried(run, one)), one.at.t), one) for one in unseen]


def _is_the_end(run: Timeline, one: GiveUp) -> bool:
    later = any(sign.n > one.at.n for sign in run.signs_of_trying)
    return one.stands and one.connecting is None and not later


def _tried(run: Timeline, gaveup: GiveUp | None) -> int:
    """When the attempts began that ended in the give-up: it may know better than the platform that it is
    not in service."""
    if gaveup is None:
        return run.end
    ready = max((mark.n for mark in run.service.readies if mark.n < gaveup.at.n), default=0)
    return min((call.begin.t for call in run.attempts if ready < call.begin.n < gaveup.at.n), default=run.end)


def _hopeless(run: Timeline, one: _Outage) -> bool:
    assert one.gaveup is not None
    said = permanent_errors.said(run)
    return any(one.stretch.start - SECOND <= record.t and record.n < one.gaveup.at.n for record in said)


def _began(run: Timeline, one: _Outage) -> tuple[int, ...]:
    marks: list[Mark] = [*run.service.changes, *(call.begin for call in (*run.connects, *run.attempts))]
    return tuple(sorted(mark.n for mark in marks if mark.t == one.stretch.start))[:1]
