"""The check `back`: a bot that gave up is brought back by the runner, or by the service manager.

Runner and process level only.
"""

from __future__ import annotations

from harness.journal.process_kinds import ProcUnit
from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit, SubjLife
from harness.journal.runner_kinds import RunnerQueue
from harness.judging.checks.program import about_to_start, started_after, stop_job
from harness.judging.checks.program import exit_of as exit_of
from harness.judging.checks.recovery import recovers
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.intervals import SECOND, duration
from harness.judging.systemd import decide, meets_start_limit
from harness.judging.timeline import Timeline
from harness.scenario.vocabulary import PROCESS


def back(run: Timeline, limits: CheckLimits) -> Finding:
    """It gave up → it is brought back: with a healing, it `recovers`; without one, it waits in the runner's
    queue at the end.

    Where the program ended itself, what counts is whether the named restart policy acts on its code: the
    service manager brings it back, or nobody does. After a stop job nobody is to. A platform that is paused
    in the queue waits for an operator, so it is not brought back.
    """
    if run.level == "adapter":
        return not_applicable("only the runner can bring a bot back that gave up")
    gone = run.giveups[0] if run.giveups else None
    ended, again = exit_of(run), _started_again(run)
    if gone is None and ended is None and again is None:
        return not_applicable("it did not give up")
    told = stop_job(run)
    if told is not None:
        return not_applicable("it was told to stop", told.n)
    if ended is not None:
        return _restarted(run, ended)
    if run.terms.heals or run.heal is not None:
        return recovers(run, limits)
    if again is not None:
        return passes("it ended, and the service manager started it again", *again)
    assert gone is not None
    if run.level == PROCESS:
        return _tries_on(run, gone.at.n)
    return _queued(run, gone.at.n)


def _started_again(run: Timeline) -> tuple[int, int] | None:
    """Of a program that a real service manager kept: the records of an end, and of the life after it, or of
    the wait for that."""
    if run.level != PROCESS:
        return None
    for record in run.body:
        if isinstance(record.event, ProcExit):
            life = started_after(run, record) or about_to_start(run)
            return (record.n, life.n) if life else None
    return None


def _restarted(run: Timeline, ended: Record) -> Finding:
    assert isinstance(ended.event, ProcExit)
    unit, code = run.terms.restart, ended.event.code
    if any(isinstance(one.event, ProcUnit) for one in run.body):
        return fails(f"it ended with code {code}, and systemd did not start it again", ended.n)
    if unit is None:
        return not_applicable("the restart policy of the scenario cannot be read", ended.n)
    found = decide(unit, code)
    if not found.starts:
        return fails(f"it ended with code {code}, on which {found.setting} does nothing", ended.n)
    again = f"it ended with code {code}, on which {found.setting} starts it again"
    if meets_start_limit(unit, ended.t - _began(run, ended)):
        limit = f"StartLimitBurst={unit.burst} in {duration(unit.interval_us)}"
        return unknown(f"{again}; if it ends as soon each time, {limit} stops that", ended.n)
    return passes(again, ended.n)


def _began(run: Timeline, ended: Record) -> int:
    """When the life began that ended there."""
    lives = (one.t for one in run.body if isinstance(one.event, SubjLife) and one.event.what == "started")
    return max((t for t in lives if t <= ended.t), default=0)


STILL_TRYING_US = 600 * SECOND
"""The longest pause of the runner's is 300 s."""


def _tries_on(run: Timeline, gave_up: int) -> Finding:
    """Nobody looks into the runner's queue from outside; what it tries, the platform sees."""
    if run.giveup is None:
        return passes("it gave up, and was brought back all the same", gave_up, *run.proof(run.since or 0))
    last = max((mark for mark in run.signs_of_trying if mark.n > gave_up), default=None)
    if last is not None and run.end - last.t <= STILL_TRYING_US:
        return passes("it gave up, and the program goes on trying", gave_up, last.n)
    if run.end - run.giveup.at.t <= STILL_TRYING_US:
        return unknown("the run ended too soon after it gave up", gave_up)
    return fails("it gave up, and the program does not try again", gave_up, *([last.n] if last else []))


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
