"""What became of the bot, in one word: the first row of `ROWS` that holds. Pure.

Every journal gets exactly one ending. The order is the meaning: trouble of the instrument comes first,
for then nothing else can be believed; `unclassified` comes last, and if the catalogue ever yields it,
that is a defect of this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from fake_qq_server.events import Event
from harness.journal.run_kinds import ClockBlocked, ClockHeld, ClockHiccup, ClockSpin, ProcExit, RunClose
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.checks import CheckResult, Limits
from harness.judging.checks.program import exit_of, told_to_stop
from harness.judging.checks.recovery import FLAPS_IN_A_ROW, answered, flaps, trying
from harness.judging.facts import Message
from harness.judging.intervals import subtract
from harness.judging.timeline import Timeline

ENDINGS: Mapping[str, str] = {
    "instrument-failed": "the harness itself failed, so this says nothing about the bot",
    "busy-spin": "its event loop ran hot and let nothing else happen",
    "blocked": "its event loop stood still with work to do",
    "crashed": "died without being told to",
    "exited": "ended itself",
    "never-connected": "was never in service",
    "undisturbed": "served, and nothing disturbed it",
    "tolerated": "served on as if nothing had happened",
    "recovered": "lost its connection and came back",
    "deaf": "is connected and answers nobody",
    "zombie": "says connected and serves nobody",
    "stranded": "gave up and told the runner, which then forgot it",
    "fatal-notified": "gave up and told somebody",
    "fatal-unfinished": "gave up, and telling somebody never came to a good end",
    "fatal-unnotified": "gave up, set the fatal flag and told nobody",
    "silent-death": "gave up and told nobody",
    "hung": "is stuck in an attempt that does not end",
    "livelock": "goes on and on without getting anywhere",
    "retrying": "was still trying when the run ended",
    "dormant": "neither serves nor tries, and has not given up",
    "unclassified": "did something that this table has no word for: a defect of ours",
}
"""Each ending and its half-sentence."""

STARVED = ("busy-spin", "blocked", "crashed")
"""The endings that fail an implied check in every scenario."""


@dataclass(frozen=True)
class Ending:
    """`name` is a key of ENDINGS, `half` its half-sentence, `lines` the records that show it."""

    name: str
    half: str
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.half}"


@dataclass(frozen=True)
class Case:
    """What a row looks at: the facts, the checks' results by name, and the limits in force."""

    run: Timeline
    checks: Mapping[str, CheckResult]
    limits: Limits


def ending(run: Timeline, checks: Iterable[CheckResult]) -> Ending:
    """The ending of one run. Never raises, and always finds one."""
    case = Case(run, {check.name: check for check in checks}, Limits.of(run.terms, run.level))
    return next(found for row in ROWS if (found := row(case)) is not None)


def _named(name: str, *lines: int, more: str = "") -> Ending:
    return Ending(name, ENDINGS[name] + more, lines)


def _first(case: Case, *kinds: type[Event]) -> tuple[int, ...]:
    """The number of the first record of these kinds, if there is one."""
    return tuple(one.n for one in case.run.records if isinstance(one.event, kinds))[:1]


def _closing(case: Case) -> tuple[int, ...]:
    return (case.run.closed.n,) if case.run.closed else ()


def _instrument_failed(case: Case) -> Ending | None:
    """Not dense, not opened, not closed, clock.held, clock.hiccup, an error of the harness; also the wall
    limit, where nothing shows that the subject starved a loop: the machine may have been too slow."""
    run = case.run
    numbers = [record.n for record in run.records]
    gap = next((n for i, n in enumerate(numbers, 1) if n != i), None)
    if gap is not None:
        return _named("instrument-failed", gap, more=": records are missing")
    inside = [record for record in run.records if record.src != "parent"]
    back = next((b.n for a, b in pairwise(inside) if b.t < a.t), None)
    if back is not None:
        return _named("instrument-failed", back, more=": time ran backwards")
    if run.opened is None or run.closed is None:
        missing = "beginning" if run.opened is None else "end"
        return _named("instrument-failed", *numbers[-1:], more=f": the journal has no {missing}")
    trouble = _first(case, ClockHeld, ClockHiccup)
    if trouble:
        return _named("instrument-failed", *trouble, more=": trouble with the clock")
    slow = run.why == "wall" and not _first(case, ClockSpin, ClockBlocked)
    if run.why == "harness" or slow:
        reason = "the wall limit was reached" if slow else "an error of the harness"
        return _named("instrument-failed", run.closed.n, more=f": {reason}")
    return None


def _starved(case: Case) -> Ending | None:
    """Ended for it, else seen at it."""
    ended = {"spin": "busy-spin", "cpu": "busy-spin", "blocked": "blocked"}.get(case.run.why or "")
    if ended is not None:
        return _named(ended, *_first(case, ClockSpin, ClockBlocked), *_closing(case))
    for kind, name in ((ClockSpin, "busy-spin"), (ClockBlocked, "blocked")):
        if _first(case, kind):
            return _named(name, *_first(case, kind))
    return None


def _crashed(case: Case) -> Ending | None:
    """A signal, memory, or an exit before the runner's stop. Below the runner every exit is one."""
    reasons = {"killed": "a signal", "memory": "too much memory"}
    if not _stopped(case):
        reasons["exited"] = "an exit of its own"
    reason = reasons.get(case.run.why or "")
    return _named("crashed", *_closing(case), more=f": {reason}") if reason else None


def _stopped(case: Case) -> bool:
    return any(record.kind == "runner.stop" for record in case.run.records)


def _exited(case: Case) -> Ending | None:
    ended = exit_of(case.run)
    if ended is not None and isinstance(ended.event, ProcExit):
        told = told_to_stop(case.run)
        when = " when told to," if told is not None and told.n < ended.n else ""
        return _named("exited", ended.n, more=f"{when} with code {ended.event.code}")
    close = case.run.closed.event if case.run.closed else None
    if not isinstance(close, RunClose) or close.why != "exited":
        return None
    return _named("exited", *_closing(case), more=f" with status {close.status}")


def _never_connected(case: Case) -> Ending | None:
    return None if case.run.service.readies or case.run.serving else _named("never-connected")


def _probe(case: Case) -> Message | None:
    """The last probe sent in the service that holds at E: an earlier one proves nothing about it."""
    since = case.run.since
    if since is None:
        return None
    return next((one for one in reversed(case.run.probes) if one.written[0].at.t >= since), None)


def _served(case: Case) -> Ending | None:
    run, probe = case.run, _probe(case)
    if probe is None or not answered(probe):
        return None
    lines = (probe.written[0].at.n, probe.handled[0].n, probe.replied[0].n)
    if run.first_act is None:
        return _named("undisturbed", *lines)
    if not run.terms.starts_up:
        return Ending("recovered", "came into service as soon as it could", lines)
    never_lost = len(run.service.changes) == 1  # not `serving`: a service of no duration was lost as well
    return _named("tolerated" if never_lost else "recovered", *lines)


def _deaf(case: Case) -> Ending | None:
    """A probe sent in the last seconds may still be under way: that is no proof."""
    probe = _probe(case)
    if probe is None or case.run.end - probe.written[0].at.t < case.limits.us("recovers.reply"):
        return None
    return _named("deaf", probe.written[0].at.n)


def _zombie(case: Case) -> Ending | None:
    """Has said connected all the while, and not served, for longer than `truthful` allows, up to E."""
    run = case.run
    wrong = subtract(run.believes, run.serving)
    if run.giveup or not wrong or wrong[-1].end != run.end:
        return None
    if wrong[-1].length <= case.limits.us("truthful"):
        return None
    return _named("zombie", *run.proof(wrong[-1].start))


def _stranded(case: Case) -> Ending | None:
    """Above the adapter: the handler was told, and at E the platform is neither queued nor installed."""
    gone = case.run.giveup
    if gone is None or not gone.calls or case.run.level == "adapter":
        return None
    queues = [one.event for one in case.run.body if isinstance(one.event, RunnerQueue)]
    adapters = [one.event for one in case.run.body if isinstance(one.event, RunnerAdapter)]
    if (queues and queues[-1].queued) or (adapters and adapters[-1].installed):
        return None
    return _named("stranded", gone.at.n, *gone.calls[0].lines)


def _gave_up(case: Case) -> Ending | None:
    gone = case.run.giveup
    if gone is None:
        return None
    if gone.told:
        return _named("fatal-notified", gone.at.n, *gone.told[0].lines)
    if gone.calls:
        return _named("fatal-unfinished", gone.at.n, *gone.calls[0].lines)
    if gone.flag is not None:
        return _named("fatal-unnotified", *dict.fromkeys((gone.at.n, gone.flag.n)))
    return _named("silent-death", gone.at.n)


def _hung(case: Case) -> Ending | None:
    """An attempt, or a connection that still waits for READY, is open beyond the bound of an attempt."""
    run, bound = case.run, case.limits.us("bounded")
    for call in run.attempts:
        if call.end is None and call.lasted(run.end) > bound:
            return _named("hung", *call.lines)
    for conn in run.connections.values():
        if conn.ended is None and not conn.readies and run.end - conn.opened.t > bound:
            return _named("hung", conn.opened.n, more=": its connection waits for READY")
    return None


def _trying(case: Case) -> Ending | None:
    """Serving at E without an answered probe counts as trying: nothing is proved either way."""
    run = case.run
    signs = trying(run, case.limits)
    if run.since is None and not any(one.start <= run.end <= one.end for one in signs):
        return None
    row = flaps(run, case.limits)[-1]
    if len(row) >= FLAPS_IN_A_ROW:
        return _named("livelock", row[0].opened.n, row[-1].opened.n, more=": up and down, never held")
    for name, more in (("polite", ": and not politely"), ("recovers", ": long after the healing")):
        check = case.checks.get(name)
        if check is not None and check.state == "fail":
            return _named("livelock", *check.lines, more=more)
    return _named("retrying", *_last_sign(run))


def _dormant(case: Case) -> Ending | None:
    """Alive and at rest: nobody was told, and nothing says that it will ever try again."""
    return _named("dormant", *_last_sign(case.run)) if case.run.since is None else None


def _last_sign(run: Timeline) -> tuple[int, ...]:
    """The last record by which it tried, or its service changed."""
    last = max((mark for mark in (*run.lives, *run.service.changes) if mark.t <= run.end), default=None)
    return (last.n,) if last else ()


def _unclassified(case: Case) -> Ending:
    return _named("unclassified", *_closing(case))


ROWS: tuple[Callable[[Case], Ending | None], ...] = (
    _instrument_failed,
    _starved,
    _crashed,
    _exited,
    _never_connected,
    _served,
    _deaf,
    _zombie,
    _stranded,
    _gave_up,
    _hung,
    _trying,
    _dormant,
    _unclassified,
)

__all__ = ["ENDINGS", "ROWS", "STARVED", "Ending", "ending"]
