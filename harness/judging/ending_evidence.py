"""For each ending of a bot, the records of the journal that show it; null where it does not hold. Pure.

Each function is one row of `endings.ENDINGS`, tried in that order: a later one may rely on the earlier ones
not holding, those of `process_evidence` included.
"""

from __future__ import annotations

import textwrap

from fake_qq_server.events import Event, WsWithheld
from harness.journal.run_kinds import SubjLog, SubjState
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.checks.recovery import FLAPS_IN_A_ROW, answered, flaps, trying, under_way
from harness.judging.evidence import Case, Evidence
from harness.judging.facts import GiveUp, Message
from harness.judging.intervals import subtract
from harness.judging.timeline import Timeline
from harness.scenario.vocabulary import PROCESS

LONGEST_REASON = 200
"""Characters of a bot's own reason that are told."""

# -- in service, or so it seems


def never_connected(case: Case) -> Evidence | None:
    """Service of no duration counts as service. The subject's own reason is told, where it gave one."""
    if case.run.service.readies or case.run.serving:
        return None
    reason = _reason(case.run)
    return Evidence((reason[0],), f", and says why: {reason[1]}") if reason else Evidence()


def _reason(run: Timeline) -> tuple[int, str] | None:
    """The record of the last word that the subject gave on why it fails, and that word in one line: the
    message of its fatal flag, else what its connect() raised, else the last error that it logged."""
    messages = [(one.n, one.x.get("message")) for one in run.body if isinstance(one.event, SubjState)]
    raised = [(call.end.n, call.error) for call in run.connects if call.end]
    logged = [(one.n, _logged(one.event)) for one in run.body]
    for words in (messages, raised, logged):
        said = [(n, str(word)) for n, word in words if word]
        if said:
            return said[-1][0], textwrap.shorten(said[-1][1], LONGEST_REASON, placeholder=" …")
    return None


def _logged(event: Event) -> str | None:
    """What an error of the subject's own logs says: without its arguments, which no journal holds."""
    if not isinstance(event, SubjLog) or event.level not in ("ERROR", "CRITICAL"):
        return None
    return f"{event.template} ({event.error})" if event.error else event.template


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
    if probe is None or under_way(case.run, case.limits, probe):
        return None
    if probe.tried if case.run.level == PROCESS else probe.handled:  # from outside a reply alone shows that
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
    half = "gave up, and its status file says so" if case.run.level == PROCESS else None
    return Evidence(tuple(dict.fromkeys((gone.at.n, gone.flag.n))), half=half)


def silent_death(case: Case) -> Evidence | None:
    """It gave up, by neither flag nor call; from outside, no call is seen."""
    half = "gave up, and only its log says so" if case.run.level == PROCESS else None
    return Evidence((case.run.giveup.at.n,), half=half) if case.run.giveup else None


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


def unprobed(case: Case) -> Evidence | None:
    """A message that a rule held to the end of its connection is withheld in the tear-down."""
    run = case.run
    since = run.since
    if since is None or _probe(case) is not None:
        return None
    kept = (one for one in run.records if isinstance(one.event, WsWithheld) and one.event.id is not None)
    return next((Evidence((one.n,)) for one in kept if one.t >= since), None)


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
    return Evidence((case.run.closed.n,) if case.run.closed else ())
