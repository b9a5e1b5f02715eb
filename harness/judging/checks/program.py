"""The checks `stops`, `stays`, `released` and `others`, on the whole program around the adapter.

Does it stop when told to, stay while it can, let go of what it held, and leave other platforms alone? Runner
and process level. A program is told to stop by a signal of the scenario, or by the tear-down.
"""

from __future__ import annotations

from collections.abc import Iterator

from fake_qq_server.events import RuleAct
from fake_qq_server.rules.verbs.signal_ import KILL
from harness.journal.process_kinds import ProcUnit
from harness.journal.record import Record
from harness.journal.run_kinds import Left, ProcExit, RunnerStop, RunTeardown, SubjLife, SubjState
from harness.journal.runner_kinds import BesideState, BesideWord, RunnerHeld, RunnerState
from harness.judging import asked
from harness.judging.checks import permanent_errors
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import Mark
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline
from harness.scenario.vocabulary import PROCESS

AUTO_RESTART = "auto-restart"
"""systemd's word between the end of a life and the next one."""

SIGNAL = "signal"
"""The verb that acts on the process."""


def told_to_stop(run: Timeline) -> Mark | None:
    """When a rule sent it a signal, if one did."""
    sent = _signal(run)
    return Mark(sent.t, sent.n) if sent is not None else None


def stop_job(run: Timeline) -> Mark | None:
    """When the service manager was told to stop it, which sends the signal and starts nothing again."""
    sent = _signal(run)
    if sent is None or run.more(sent).get("job") == "none":
        return None
    return Mark(sent.t, sent.n)


def killed(run: Timeline) -> Mark | None:
    """When a rule killed it, if one did: it was not told, and could do nothing."""
    return next((Mark(one.t, one.n) for one in _signals(run) if run.argument(one)[1] == KILL), None)


def _signal(run: Timeline) -> Record | None:
    """The record of the first signal that a rule sent it and that it could hear."""
    return next((one for one in _signals(run) if run.argument(one)[1] != KILL), None)


def _signals(run: Timeline) -> Iterator[Record]:
    return (one for one in run.body if isinstance(one.event, RuleAct) and one.event.verb == SIGNAL)


def exit_of(run: Timeline) -> Record | None:
    """The record of the program's own end, where it came before the run's, and where the service manager did
    not start it again, and is not about to."""
    last = next((one for one in reversed(run.body) if isinstance(one.event, ProcExit)), None)
    return None if last is None or started_after(run, last) or about_to_start(run) else last


def about_to_start(run: Timeline) -> Record | None:
    """What a real systemd says of the program at the run's end, where it waits to start it again."""
    last = next((one for one in reversed(run.body) if isinstance(one.event, ProcUnit)), None)
    return last if last and isinstance(last.event, ProcUnit) and last.event.sub == AUTO_RESTART else None


def started_after(run: Timeline, ended: Record) -> Record | None:
    """The record of the next life after this end, where there is one."""
    return next((one for one in run.body if one.n > ended.n and isinstance(one.event, SubjLife)), None)


GONE = ("stopped", "startup_failed")
"""What the status file says of a gateway that does not run any more; every other word says that it does."""


def wrong_word(run: Timeline, limits: CheckLimits) -> Finding | None:
    """What is wrong with the status file's word on the whole program; None where nothing is.

    It ended, be it in the tear-down: the last word must not be that it runs. Only after a SIGTERM that nobody
    planned it may be: newer releases leave it, to be started again with their container (#42675). While it
    runs, the word must
    not be the contrary for longer than `truthful` allows, up to the moment at which it was told to stop or
    began to: from then on `stops` judges.
    """
    words = [one for one in run.body if isinstance(one.event, RunnerState)]
    ended = next((one for one in run.records if isinstance(one.event, ProcExit)), None)
    last = next((one for one in reversed(run.records) if isinstance(one.event, RunnerState)), None)
    if ended is not None and last is not None and _says(last, gone=False) and not _may_say_running(run):
        word = getattr(last.event, "state", None)
        return fails(f"its status file says {word}, and the program has ended", last.n, ended.n)
    until, since = _began_to_stop(run), None
    for record in (*words, None):
        if record is not None and _says(record, gone=True):
            since = since or record
            continue
        if since is not None:
            stood = min(record.t if record else until, until) - since.t
            if stood > limits.us("truthful.denies"):
                because = (
                    f"its status file said for {duration(stood)} that the program does not run, and it did"
                )
                return fails(because, since.n)
            if record is None and stood > 0 and until == run.end:
                return unknown("its status file says at the end that the program does not run", since.n)
        since = None
    return None


def _began_to_stop(run: Timeline) -> int:
    """When it was told to stop, began to, or ended; E where none of it happened."""
    stops = (one.t for one in run.body if isinstance(one.event, RunnerStop | ProcExit))
    told = told_to_stop(run)
    return min([run.end, *stops, *([told.t] if told else [])])


def _may_say_running(run: Timeline) -> bool:
    """A SIGTERM may leave that word; so may a signal of which the journal does not say which it was."""
    sent = _signal(run)
    if sent is None:  # then the tear-down told it: at the process level by SIGTERM, as a service manager does
        return run.level == PROCESS and exit_of(run) is None
    return run.argument(sent)[1] in ("SIGTERM", None)


def _says(record: Record, *, gone: bool) -> bool:
    """Whether it is a word to that effect; a file that is not there says nothing."""
    state = getattr(record.event, "state", None)
    return state is not None and (state in GONE) == gone


def last_word(run: Timeline) -> Record | None:
    """The last record of what the subject said of itself, the tear-down's included."""
    return next((one for one in reversed(run.records) if isinstance(one.event, SubjState)), None)


def _stale_word(run: Timeline) -> Record | None:
    """The word by which its status file still says connected, where that was true when the run ended: a word
    that was wrong before, and what it says of the program, are for `truthful`."""
    word = last_word(run)
    stale = word is not None and getattr(word.event, "status", None) == "connected"
    return word if stale and run.since is not None else None


def stops(run: Timeline, limits: CheckLimits) -> Finding:
    """Told to stop → the program ends in time, and leaves nothing that would hold up it or its successor."""
    teardown = next((one for one in run.records if isinstance(one.event, RunTeardown)), None)
    told = told_to_stop(run) or (Mark(teardown.t, teardown.n) if teardown else None)
    gone = exit_of(run)
    if told is None or (gone is not None and gone.n < told.n):
        return not_applicable("nobody told the program to stop", *([gone.n] if gone else []))
    ended = next((one for one in run.records if one.n > told.n and isinstance(one.event, ProcExit)), None)
    bound = limits.us("stops")
    last = ended.t if ended else max(record.t for record in run.records)
    if last - told.t > bound:
        verb = "took" if ended else "had not stopped after"
        return fails(f"the program {verb} {duration(last - told.t)}", told.n, *([ended.n] if ended else []))
    if ended is None:
        if run.closed is not None and run.why in ("spin", "blocked", "cpu"):
            return fails("the program starved its event loop instead of stopping", told.n, run.closed.n)
        torn = teardown is not None and run.closed is not None and run.why == "end"
        if torn and run.closed is not None:
            return fails("the program did not stop before its tear-down was given up", told.n, run.closed.n)
        return unknown("the journal ends before the program did", told.n)
    left = next((one for one in run.records if isinstance(one.event, Left)), None)
    if left is None or not isinstance(left.event, Left):
        return unknown("the journal does not say what the program left behind", told.n, ended.n)
    what = left.event
    remains = [*what.tasks, *what.threads, *what.sockets, *what.locks, *what.files, *what.warnings]
    remains += what.processes or ()
    if remains:
        return fails(f"the program left behind: {', '.join(map(str, remains))}", left.n)
    stale = _stale_word(run) if exit_of(run) is None else None  # of an earlier end `truthful` has judged it
    if stale is not None:
        return fails("the program has ended, and its status file says connected", stale.n, ended.n)
    return passes(
        f"it stopped within {duration(last - told.t)} and left nothing behind", told.n, ended.n, left.n
    )


def stays(run: Timeline, limits: CheckLimits) -> Finding:
    """The program does not end itself over an error that is not permanent.

    It may where the platform gave reason to stop for good and its adapter took it so (a fatal flag that is
    not retryable), where it was told to stop, and where a user asked it to restart. To end all the same is a
    restart loop under a service manager, and the end without one.
    """
    if run.level == "adapter":
        return not_applicable("at the adapter level there is no program")
    ended = next((one for one in run.body if isinstance(one.event, ProcExit)), None)
    if ended is None:
        return passes("the program did not end itself")
    told = told_to_stop(run)
    if told is not None and told.n < ended.n:
        return not_applicable("it was told to stop", told.n, ended.n)
    hit = killed(run)
    if hit is not None and hit.n < ended.n:
        return not_applicable("it was killed", hit.n, ended.n)
    reason = permanent_errors.accepted(run)
    if reason:
        return not_applicable("the platform's error was permanent", *reason, ended.n)
    wish = asked.to_restart(run, ended)
    if wish is not None:
        return not_applicable("a user asked it to restart", wish.n, ended.n)
    code = ended.event.code if isinstance(ended.event, ProcExit) else None
    return fails(f"it ended itself with code {code} over an error that is not permanent", ended.n)


def released(run: Timeline, limits: CheckLimits) -> Finding:
    """Gave up, and still so at the end → its place in the runner, its HTTP client and its lock are free."""
    gone = run.giveup
    if run.level == "adapter":
        return not_applicable("at the adapter level there is no runner that could still hold it")
    if gone is None:
        return not_applicable("it had not given up when the run ended")
    if exit_of(run) is not None:
        return not_applicable("the program ended, and with it whatever it held")
    if run.end - gone.at.t <= limits.us("released"):
        return unknown("it gave up only just before the run ended", gone.at.n)
    held = next((one for one in run.tail if isinstance(one.event, RunnerHeld)), None)
    if held is None or not isinstance(held.event, RunnerHeld):
        return unknown("the journal does not say what it still held", gone.at.n)
    what = held.event
    still = ["its place in the runner"] if what.installed else []
    still += ["its HTTP client"] if what.http else []
    still += [str(lock) for lock in what.locks]
    if still:
        return fails(f"it gave up and still holds {', '.join(still)}", gone.at.n, held.n)
    return passes("it gave up and no longer holds anything", gone.at.n, held.n)


def others(run: Timeline, limits: CheckLimits) -> Finding:
    """A platform beside QQ → from the start of its service to the end of the run it is installed, not queued
    and called connected, and each of its messages is answered in time."""
    states = [one for one in run.body if isinstance(one.event, BesideState)]
    begun = next((one for one in states if _well(one)), None)
    if not states:
        return not_applicable("no other platform stood beside it")
    if begun is None:
        return fails("the other platform never came into service", states[-1].n)
    told, ended = told_to_stop(run), exit_of(run)
    upto = told.n if told is not None else len(run.records) + 1
    for record in states:
        if begun.n < record.n < upto and not _well(record):
            return fails(
                "the other platform was removed, queued for a retry or not connected", begun.n, record.n
            )
    if ended is not None and ended.n < upto:
        return fails("the program ended, and the other platform with it", begun.n, ended.n)
    return _words(run, limits, upto, begun)


def _words(run: Timeline, limits: CheckLimits, upto: int, begun: Record) -> Finding:
    bound = limits.us("others")
    end = next((one.t for one in run.body if one.n >= upto), run.end)
    asked: dict[int, Record] = {}
    answers = 0
    for record in run.body:
        if isinstance(record.event, BesideWord):
            if record.event.what == "asked":
                asked[record.event.number] = record
                continue
            answers += 1
            question = asked.pop(record.event.number, record)
            if record.t - question.t > bound:
                late = duration(record.t - question.t)
                return fails(
                    f"a message to the other platform was answered after {late}", question.n, record.n
                )
    for question in asked.values():
        if end - question.t > bound:
            return fails("a message to the other platform was never answered", question.n)
    if not answers:
        return unknown("nobody wrote to the other platform", begun.n)
    return passes(f"the other platform served on and answered {answers} messages", begun.n)


def _well(record: Record) -> bool:
    state = record.event
    assert isinstance(state, BesideState)
    return state.installed and not state.queued and state.status == "connected"
