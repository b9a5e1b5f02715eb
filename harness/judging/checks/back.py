"""The check `back`: a bot that gave up is brought back by the runner, or by the service manager.

Runner and process level only.
"""

from __future__ import annotations

from typing import cast, get_args

from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit
from harness.journal.runner_kinds import RunnerQueue
from harness.judging.checks.program import exit_of as exit_of
from harness.judging.checks.program import told_to_stop
from harness.judging.checks.recovery import recovers
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes
from harness.judging.systemd import Policy, acts
from harness.judging.timeline import Timeline


def back(run: Timeline, limits: CheckLimits) -> Finding:
    """It gave up → it is brought back: with a healing, it `recovers`; without one, it waits in the runner's
    queue at the end.

    Where the program ended itself, what counts is whether the named restart policy acts on its code: the
    service manager brings it back, or nobody does. A platform that is paused in the queue waits for an
    operator, so it is not brought back.
    """
    if run.level == "adapter":
        return not_applicable("only the runner can bring a bot back that gave up")
    gone = run.giveups[0] if run.giveups else None
    ended = exit_of(run)
    if gone is None and ended is None:
        return not_applicable("it did not give up")
    told = told_to_stop(run)
    if told is not None:
        return not_applicable("it was told to stop", told.n)
    if ended is not None:
        return _restarted(run, ended)
    if run.terms.heals or run.heal is not None:
        return recovers(run, limits)
    assert gone is not None
    return _queued(run, gone.at.n)


def _restarted(run: Timeline, ended: Record) -> Finding:
    assert isinstance(ended.event, ProcExit)
    policy, code = run.terms.restart, ended.event.code
    if policy not in get_args(Policy):
        return not_applicable(f"there is no restart policy {policy}", ended.n)
    if acts(cast(Policy, policy), code):
        return passes(f"it ended with code {code}, on which Restart={policy} starts it again", ended.n)
    return fails(f"it ended with code {code}, on which Restart={policy} does nothing", ended.n)


def _queued(run: Timeline, gave_up: int) -> Finding:
    queues = [record for record in run.body if isinstance(record.event, RunnerQueue)]
    last = queues[-1] if queues else None
    if run.giveup is None:
        return passes("it gave up, and was brought back all the same", gave_up, *run.proof(run.since or 0))
    if last is None or not isinstance(last.event, RunnerQueue) or not last.event.queued:
        return fails("it gave up, and the runner does not try again", gave_up, *([last.n] if last else []))
    if last.event.paused:
        return fails("it is paused in the runner's queue until somebody resumes it", gave_up, last.n)
    return passes("it gave up, and the runner goes on trying", gave_up, last.n)
