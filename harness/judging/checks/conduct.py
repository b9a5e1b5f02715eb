"""The checks `truthful`, `awake`, `polite`, `stops` and `secret`, on how the bot behaved in the whole run.

Is its status file true, does its event loop run, how often does it try, does its disconnect() end, does it
leak a secret?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.journal.run_kinds import ClockBlocked, ClockSpin, Left, SubjLog, SubjSecret, SubjState
from harness.judging.checks import program
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.facts import Mark
from harness.judging.intervals import SECOND, Interval, duration, merge, overlap, subtract
from harness.judging.run_close import said_of
from harness.judging.talks import slower, talks
from harness.judging.timeline import Timeline, disconnect_of

SECRET_MARK = "<secret:"  # the journal's writer puts it where a secret stood


def truthful(run: Timeline, limits: CheckLimits) -> Finding:
    """The status file never says connected for longer than allowed while not serving, nor the reverse.

    Above the adapter the file has a word for the whole program as well: that it runs, or that it does not.
    n/a where no status file was ever seen: nothing was said. A wrong word still standing at E, and not
    there long enough, leaves the answer open; but a program that has ended will never take a word back.
    """
    of_itself = program.wrong_word(run, limits)
    if of_itself is not None and of_itself.state == "fail":
        return of_itself
    if not run.statements:
        return of_itself or not_applicable("there was no status file")
    for wrong, bound, words in (
        (false_connected(run), limits.us("truthful"), "connected while it was not serving"),
        (false_disconnected(run), limits.us("truthful.denies"), "not connected while it was serving"),
    ):
        longest = max(wrong, key=lambda one: one.length, default=None)
        if longest is not None and longest.length > bound:
            because = f"its status file said {words} for {duration(longest.length)}"
            return fails(because, *run.proof(longest.start, longest.end))
    ended = program.exit_of(run)
    if ended is not None and _last_word(run) == "connected":
        return fails("its status file says connected, and the program has ended", ended.n)
    open_ended = [one for one in (*false_connected(run), *false_disconnected(run)) if one.end == run.end]
    if open_ended and ended is None:
        lines = run.proof(open_ended[0].start)
        return unknown(f"its status file was wrong for the last {duration(open_ended[0].length)}", *lines)
    return of_itself or passes("its status file was never wrong for longer than allowed", run.statements[0].n)


def _last_word(run: Timeline) -> str | None:
    words = [one.event.status for one in run.body if isinstance(one.event, SubjState)]
    return words[-1] if words else None


def false_connected(run: Timeline) -> tuple[Interval, ...]:
    """When the status file said connected and the bot was not serving, however short."""
    return subtract(run.says_connected, run.serving)


def false_disconnected(run: Timeline) -> tuple[Interval, ...]:
    """When the status file said something else and the bot was serving, however short, and could know it."""
    return overlap(run.says_otherwise, subtract(run.serving, _under_way(run)))


def _under_way(run: Timeline) -> tuple[Interval, ...]:
    """When READY or RESUMED may not have got through a slow line yet."""
    return merge(
        Interval(mark.t, mark.t + late)
        for talk in talks(run).values()
        for mark in talk.granted
        if (late := slower(run, talk.number, mark.t)) > 0
    )


def awake(run: Timeline, limits: CheckLimits) -> Finding:
    """No clock.spin, no clock.blocked, and the worker was not ended for either or for burning CPU.

    The tear-down counts too: run.close comes after it, and a loop starved there is starved as well.
    """
    for record in run.records:
        if isinstance(record.event, ClockSpin):
            thread, turns = record.event.thread, record.event.turns
            return fails(f"thread {thread} turned {turns} times without letting time pass", record.n)
        if isinstance(record.event, ClockBlocked):
            thread, seconds = record.event.thread, duration(int(record.event.seconds * SECOND))
            return fails(f"thread {thread} had work to do and did nothing for {seconds}", record.n)
    if run.closed is not None and run.why in ("spin", "blocked", "cpu"):
        return fails(said_of(run.closed), run.closed.n)
    return passes("its event loop kept running", *([run.closed.n] if run.closed else []))


@dataclass(frozen=True)
class Rate:
    """At most `most` of something in any `seconds`. `whose`: where the number comes from."""

    what: str
    most: int
    seconds: int
    marks: Callable[[Timeline], tuple[Mark, ...]]


ATTEMPTS = Rate("reconnect attempts", 40, 600, lambda run: tuple(call.begin for call in run.attempts))
RATES: tuple[Rate, ...] = (
    Rate("Identify", 1, 5, Timeline.identifies),  # the platform's number
    Rate("Identify", 1000, 86_400, Timeline.identifies),  # the platform's number
    ATTEMPTS,
    Rate("token requests", 20, 600, Timeline.token_requests),
)


def excesses(run: Timeline, rate: Rate) -> list[tuple[Mark, Mark]]:
    """First and last of every `most + 1` in a row that fell within less than `seconds`."""
    marks = rate.marks(run)
    pairs = zip(marks, marks[rate.most :], strict=False)
    return [(first, last) for first, last in pairs if last.t - first.t < rate.seconds * SECOND]


def impolite(run: Timeline) -> tuple[Interval, ...]:
    """When some rate was exceeded, merged; a moment counts as one microsecond."""
    return merge(Interval(first.t, last.t + 1) for rate in RATES for first, last in excesses(run, rate))


def polite(run: Timeline, limits: CheckLimits) -> Finding:
    """No rate is exceeded in any window, wherever it begins. The tear-down does not count."""
    for rate in RATES:
        for first, last in excesses(run, rate):
            took = duration(last.t - first.t)
            because = (
                f"{rate.most + 1} {rate.what} within {took}, where {duration(rate.seconds * SECOND)} allow"
            )
            return fails(f"{because} {rate.most}", first.n, last.n)
    return passes("it kept to all limits on how often it may try")


def stops(run: Timeline, limits: CheckLimits) -> Finding:
    """The tear-down's disconnect() ends well within 25 s and leaves nothing of the subject's behind, nor a
    status file that says connected.

    Above the adapter it is the program that has to stop.
    """
    if run.level != "adapter":
        return program.stops(run, limits)
    bound, call = limits.us("stops"), disconnect_of(run.tail)
    if call is None:
        return not_applicable("disconnect() was not called at the end")
    took = call.lasted(max(record.t for record in run.tail))
    if took > bound:
        verb = "took" if call.end else "had not ended after"
        return fails(f"disconnect() {verb} {duration(took)}", *call.lines)
    if call.end is None:
        if run.closed is not None and run.why in ("spin", "blocked", "cpu"):
            return fails("disconnect() starved its own event loop", *call.lines, run.closed.n)
        return unknown("the journal ends within disconnect()", *call.lines)
    if call.how != "ok":
        return fails(
            f"disconnect() did not end well: {call.how or 'the journal does not say how'}", *call.lines
        )
    left = next((record for record in run.tail if isinstance(record.event, Left)), None)
    if left is None or not isinstance(left.event, Left):
        return unknown("the journal does not say what disconnect() left behind", *call.lines)
    names = (*left.event.tasks, *left.event.threads, *left.event.sockets)
    remains = (*names, *left.event.locks, *left.event.warnings, *(left.event.clients or ()))
    if remains:
        return fails(f"disconnect() left behind: {', '.join(map(str, remains))}", left.n)
    word = program.last_word(run)
    if word is not None and getattr(word.event, "status", None) == "connected":
        return fails("disconnect() has ended, and its status file says connected", word.n, *call.lines)
    return passes(f"disconnect() took {duration(took)} and left nothing behind", *call.lines, left.n)


def secret(run: Timeline, limits: CheckLimits) -> Finding:
    """No secret in a log or in the status file, the tear-down's log included: a leak is a leak."""
    for record in run.records:
        event = record.event
        if isinstance(event, SubjSecret):
            return fails(f"the secret {event.secret} appeared in its {event.where} file", record.n)
        if isinstance(event, SubjLog) and (event.secret or SECRET_MARK in event.template):
            names = ", ".join(map(str, event.secret)) or "a secret"
            return fails(f"{names} appeared in a log record of {event.logger}", record.n)
    return passes("no secret appeared in a log or in the status file")
