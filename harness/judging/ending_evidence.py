"""For each ending, the records of the journal that show it; null where it does not hold. Pure.

Each function is one row of `endings.ENDINGS`, tried in that order: a later one may rely on the earlier ones
not holding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from fake_qq_server.events import Event
from harness.journal.run_kinds import (
    ClockBlocked,
    ClockHeld,
    ClockHiccup,
    ClockSpin,
    ProcExit,
    RunClose,
    RunnerStop,
)
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.checks import CheckLimits, CheckResult
from harness.judging.checks.program import exit_of, told_to_stop
from harness.judging.checks.recovery import FLAPS_IN_A_ROW, answered, flaps, trying, under_way
from harness.judging.facts import GiveUp, Message
from harness.judging.intervals import subtract
from harness.judging.run_close import said_of
from harness.judging.timeline import Timeline

RULES_ENDED_IT = "the scenario's rules themselves ended the run, so this says nothing about the bot"


@dataclass(frozen=True)
class Case:
    """What a row looks at: the facts, the checks' results by name, and the limits in force."""

    run: Timeline
    checks: Mapping[str, CheckResult]
    limits: CheckLimits


@dataclass(frozen=True)
class Evidence:
    """`lines`: the numbers of the records that show it. `more`: what follows the ending's half-sentence.
    `half`: what stands instead of it."""

    lines: tuple[int, ...] = ()
    more: str = ""
    half: str | None = None


def _first(case: Case, *kinds: type[Event]) -> tuple[int, ...]:
    """The number of the first record of these kinds, if there is one."""
    return tuple(one.n for one in case.run.records if isinstance(one.event, kinds))[:1]


def _closing(case: Case) -> tuple[int, ...]:
    return (case.run.closed.n,) if case.run.closed else ()


# -- nothing can be said of the bot


def instrument_failed(case: Case) -> Evidence | None:
    """Not dense, not opened, not closed, clock.held, clock.hiccup, an error of the harness; also the wall
    limit, where nothing shows that the subject starved a loop: the machine may have been too slow."""
    run = case.run
    torn = _torn(run)
    if torn is not None:
        return torn
    trouble = _first(case, ClockHeld, ClockHiccup)
    if trouble:
        return Evidence(trouble, ": trouble with the virtual clock")
    if run.closed is not None and run.why == "rules":
        return Evidence(_closing(case), half=f"{RULES_ENDED_IT}: {said_of(run.closed)}")
    slow = run.why == "wall" and not _first(case, ClockSpin, ClockBlocked)
    if run.closed is not None and (run.why in ("harness", "platform") or slow):
        return Evidence(_closing(case), f": {said_of(run.closed)}")
    return None


def _torn(run: Timeline) -> Evidence | None:
    """Why the journal is not whole."""
    numbers = [record.n for record in run.records]
    gap = next((n for i, n in enumerate(numbers, 1) if n != i), None)
    if gap is not None:
        return Evidence((gap,), ": records are missing in the journal")
    inside = [record for record in run.records if record.src != "parent"]
    back = next((b.n for a, b in pairwise(inside) if b.t < a.t), None)
    if back is not None:
        return Evidence((back,), ": time ran backwards in the journal")
    if run.opened is None:
        return Evidence(tuple(numbers[-1:]), ": the journal does not begin with run.open")
    if run.closed is None:
        more = ": the journal has no run.close, so nothing says how the run ended"
        return Evidence(tuple(numbers[-1:]), more)
    return None


def interrupted(case: Case) -> Evidence | None:
    """The harness ended the worker without any limit being exceeded."""
    return Evidence(_closing(case)) if case.run.interrupted else None


# -- its process or its event loop


def busy_spin(case: Case) -> Evidence | None:
    """Ended for it; else seen at it, and not ended for the other."""
    return _starved(case, ClockSpin, ("spin", "cpu"), other="blocked")


def blocked(case: Case) -> Evidence | None:
    """Ended for it, or seen at it."""
    return _starved(case, ClockBlocked, ("blocked",))


def _starved(case: Case, kind: type[Event], whys: tuple[str, ...], other: str = "") -> Evidence | None:
    if case.run.why in whys:
        return Evidence((*_first(case, ClockSpin, ClockBlocked), *_closing(case)))
    seen = _first(case, kind)
    return Evidence(seen) if seen and case.run.why != other else None


def crashed(case: Case) -> Evidence | None:
    """A signal, memory, or an exit before the runner's stop. Below the runner every exit is one."""
    run = case.run
    whys = ("killed", "memory") if _first(case, RunnerStop) else ("killed", "memory", "exited")
    if run.closed is None or run.why not in whys:
        return None
    return Evidence(_closing(case), f": {said_of(run.closed)}")


def exited(case: Case) -> Evidence | None:
    """The program ended itself within the run, or after the runner's stop."""
    ended = exit_of(case.run)
    if ended is not None and isinstance(ended.event, ProcExit):
        told = told_to_stop(case.run)
        when = " when told to," if told is not None and told.n < ended.n else ""
        return Evidence((ended.n,), f"{when} with code {ended.event.code}")
    close = case.run.closed.event if case.run.closed else None
    if not isinstance(close, RunClose) or close.why != "exited":
        return None
    return Evidence(_closing(case), f" with status {close.status}")


# -- in service, or so it seems


def never_connected(case: Case) -> Evidence | None:
    """Service of no duration counts as service."""
    return None if case.run.service.readies or case.run.serving else Evidence()


def _probe(case: Case) -> Message | None:
    """The last probe sent in the service that holds at E: an earlier one proves nothing about it.

    Of several that were sent at one moment it is one that was answered, if any: a bot that answers one kind
    of message is not deaf, whatever `recovers` says of the others.
    """
    since, probes = case.run.since, case.run.probes
    if since is None or not probes or probes[-1].written[0].at.t < since:
        return None
    together = [one for one in probes if one.written[0].at.t == probes[-1].written[0].at.t]
    return next((one for one in together if answered(one)), together[-1])


def _answered(case: Case) -> tuple[int, ...]:
    """The records by which the last probe was sent, handled and answered, where it was."""
    probe = _probe(case)
    if probe is None or not answered(probe):
        return ()
    return (probe.written[0].at.n, probe.handled[0].n, probe.replied[0].n)


def undisturbed(case: Case) -> Evidence | None:
    """The probe was answered, and no rule acted."""
    lines = _answered(case)
    return Evidence(lines) if lines and case.run.first_act is None else None


def tolerated(case: Case) -> Evidence | None:
    """The probe was answered, and service was never lost: not even one of no duration."""
    lines, run = _answered(case), case.run
    return Evidence(lines) if lines and run.terms.starts_up and len(run.service.changes) == 1 else None


def recovered(case: Case) -> Evidence | None:
    """The probe was answered. Where the first connect() was meant to fail, nothing had been lost."""
    lines = _answered(case)
    if not lines:
        return None
    half = None if case.run.terms.starts_up else "came into service as soon as it could"
    return Evidence(lines, half=half)


def deaf(case: Case) -> Evidence | None:
    """A probe sent in the last seconds may still be under way: that is no proof."""
    probe = _probe(case)
    if probe is None or probe.handled or under_way(case.run, case.limits, probe):
        return None
    return Evidence((probe.written[0].at.n,))


def mute(case: Case) -> Evidence | None:
    """The probe was handled, and no reply to it was taken: the last try of one shows it."""
    probe = _probe(case)
    if probe is None or not probe.handled or under_way(case.run, case.limits, probe):
        return None
    return Evidence((probe.written[0].at.n, probe.handled[0].n, *(mark.n for mark in probe.tried[-1:])))


def zombie(case: Case) -> Evidence | None:
    """Has said connected all the while, and not served, for longer than `truthful` allows, up to E."""
    run = case.run
    wrong = subtract(run.believes_connected, run.serving)
    if run.giveup or not wrong or wrong[-1].end != run.end:
        return None
    if wrong[-1].length <= case.limits.us("truthful"):
        return None
    return Evidence(run.proof(wrong[-1].start))


# -- gave up


def stranded(case: Case) -> Evidence | None:
    """Above the adapter: the handler was told, and at E the platform is neither queued nor installed."""
    gone = case.run.giveup
    if gone is None or not gone.calls or case.run.level == "adapter":
        return None
    queues = [one.event for one in case.run.body if isinstance(one.event, RunnerQueue)]
    adapters = [one.event for one in case.run.body if isinstance(one.event, RunnerAdapter)]
    if (queues and queues[-1].queued) or (adapters and adapters[-1].installed):
        return None
    return _called(gone)


def fatal_notified(case: Case) -> Evidence | None:
    """A call of the handler ended well."""
    gone = case.run.giveup
    return Evidence((gone.at.n, *gone.told[0].lines)) if gone and gone.told else None


def fatal_unfinished(case: Case) -> Evidence | None:
    """The handler was called; that no call ended well is what the row before says."""
    gone = case.run.giveup
    return _called(gone) if gone and gone.calls else None


def fatal_unnotified(case: Case) -> Evidence | None:
    """The fatal flag was set, and the handler not called."""
    gone = case.run.giveup
    if gone is None or gone.flag is None:
        return None
    return Evidence(tuple(dict.fromkeys((gone.at.n, gone.flag.n))))


def silent_death(case: Case) -> Evidence | None:
    """It gave up, by neither flag nor call."""
    return Evidence((case.run.giveup.at.n,)) if case.run.giveup else None


def _called(gone: GiveUp) -> Evidence:
    return Evidence((gone.at.n, *gone.calls[0].lines))


# -- not in service, and has not given up


def hung(case: Case) -> Evidence | None:
    """An attempt, or a connection that still waits for READY, is open beyond the bound of an attempt."""
    run, bound = case.run, case.limits.us("bounded")
    for call in run.attempts:
        if call.end is None and call.lasted(run.end) > bound:
            return Evidence(call.lines)
    for conn in run.connections.values():
        if conn.ended is None and not conn.readies and run.end - conn.opened.t > bound:
            return Evidence((conn.opened.n,), ": its connection waits for READY")
    return None


def _still_trying(case: Case) -> bool:
    """Serving at E without an answered probe counts as trying: nothing is proved either way."""
    run = case.run
    signs = trying(run, case.limits)
    return run.since is not None or any(one.start <= run.end <= one.end for one in signs)


def livelock(case: Case) -> Evidence | None:
    """Trying, but flapping, too often or too late."""
    if not _still_trying(case):
        return None
    row = flaps(case.run, case.limits)[-1]
    if len(row) >= FLAPS_IN_A_ROW:
        return Evidence((row[0].opened.n, row[-1].opened.n), ": its connections are lost soon after READY")
    for name, more in (("polite", ": more often than is polite"), ("recovers", ": long after the healing")):
        check = case.checks.get(name)
        if check is not None and check.state == "fail":
            return Evidence(check.lines, more)
    return None


def retrying(case: Case) -> Evidence | None:
    """Trying, and nothing is wrong with how."""
    return Evidence(_last_sign(case.run)) if _still_trying(case) else None


def dormant(case: Case) -> Evidence | None:
    """Alive and at rest: nobody was told, and nothing says that it will ever try again."""
    return Evidence(_last_sign(case.run)) if case.run.since is None else None


def _last_sign(run: Timeline) -> tuple[int, ...]:
    """The last record by which it tried, or its service changed."""
    last = max(
        (mark for mark in (*run.signs_of_trying, *run.service.changes) if mark.t <= run.end), default=None
    )
    return (last.n,) if last else ()


def unclassified(case: Case) -> Evidence:
    """Always holds."""
    return Evidence(_closing(case))
