"""The check `typing`: who waits for an answer sees that it is being written, and who has it no longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fake_qq_server.platform.payloads import EVENT_TYPES
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, worst
from harness.judging.facts import Mark, Message, TimedCall
from harness.judging.intervals import SECOND, duration
from harness.judging.sends import Send
from harness.judging.timeline import Timeline


def typing(run: Timeline, limits: CheckLimits) -> Finding:
    """Each call of the handler, for a message of a single user, that takes longer than the limit → from then
    until the answer, notices that the platform took are shown, without a gap that is longer than the limit,
    and not again and again. Each message that was answered → a minute later there are none any more.

    A notice is shown for as many seconds as it says. Only single users are shown one [doc send.md]. Nothing
    is owed while a rule had its hand in the API, or the bot was not in service.
    """
    bound = limits.us("typing")
    taken: dict[str, list[Send]] = {}
    for one in run.sends:
        if one.taken and one.names is not None:
            taken.setdefault(one.names, []).append(one)
    found: list[Finding] = []
    for message in run.messages:
        named = taken.get(message.id, [])
        found += [*_of(run, bound, message, named), *_after(message, named)]
    if not found:
        return not_applicable(f"no answer to a single user took longer than {duration(bound)}")
    return worst(found)


LATE_US = 60 * SECOND
"""So long after the answer a notice is none that crossed it: QQ shows one for a minute."""


def _after(message: Message, named: Sequence[Send]) -> Iterator[Finding]:
    """A notice that comes when everything has been said. `named`: what was sent about it and taken."""
    answered = [one.proof for one in named if one.is_content]
    ends = [call.end for call in message.calls if call.end is not None]
    if not (answered and message.calls) or len(ends) < len(message.calls):
        return
    last = max([*answered, *ends], key=lambda mark: mark.t)
    late = next((one.at for one in named if _is_notice(one) and one.at.t > last.t + LATE_US), None)
    if late is not None:
        after = duration(late.t - last.t)
        yield fails(f"message {message.id} was answered, and {after} later typing is shown", last.n, late.n)


def _of(run: Timeline, bound: int, message: Message, named: Sequence[Send]) -> Iterator[Finding]:
    row = EVENT_TYPES.get(message.kind or "")
    if row is None or row.scene != "c2c":
        return
    notices = [one for one in named if _is_notice(one)]
    for call in message.calls:
        until = call.end.t if call.end is not None else run.end
        excused = run.trouble.on_rest(call.begin.t, until) is not None or not _in_service(run, call, until)
        if until - call.begin.t <= bound or excused:
            continue
        gap = _gap(notices, call.begin, until, bound)
        flood = _flood([one.at for one in notices if call.begin.t <= one.at.t <= until])
        if flood:
            yield fails(f"message {message.id} had {MANY} typing notices within {duration(SOON_US)}", *flood)
        elif gap is None:
            yield passes("who waited saw that it was typing", call.begin.n, *(one.at.n for one in notices))
        else:
            words = f"for longer than {duration(bound)} nothing told the user that message {message.id} is"
            yield fails(f"{words} being answered", call.begin.n, gap.n)


MANY, SOON_US = 5, 30 * SECOND
"""So many notices within so much time are a flood: QQ shows one for a minute."""


def _flood(at: Sequence[Mark]) -> tuple[int, ...]:
    runs = (at[n : n + MANY] for n in range(len(at) - MANY + 1))
    return next((tuple(one.n for one in run) for run in runs if run[-1].t - run[0].t <= SOON_US), ())


def _is_notice(one: Send) -> bool:
    return one.sent is not None and one.sent.what == "notice"


def _in_service(run: Timeline, call: TimedCall, until: int) -> bool:
    return any(one.start <= call.begin.t and until <= one.end for one in run.serving) or (
        run.since is not None and run.since <= call.begin.t
    )


def _gap(notices: list[Send], begin: Mark, until: int, bound: int) -> Mark | None:
    """What the first stretch without a notice, longer than the bound, begins with."""
    shown = begin
    for one in notices:
        if one.at.t - shown.t > bound:
            return shown
        seconds = one.sent.seconds if one.sent is not None else None
        shown = max(shown, Mark(one.at.t + (seconds or 0) * SECOND, one.at.n))
    return shown if until - shown.t > bound else None
