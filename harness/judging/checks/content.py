"""The checks `heard` and `intact`: what a user wrote is what the bot is given, its answer what they read.

Both compare how texts begin, with white space as one space; a bot may write something before or behind.
"""

from __future__ import annotations

from harness.judging.checks.conversation import TRIPS
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, worst
from harness.judging.facts import Given, Message, TimedCall
from harness.judging.replies import Reply, replies_of
from harness.judging.timeline import Timeline

CUT = 2
"""Characters that a bot may lose at each place where it cuts a long answer: the white space there."""


def heard(run: Timeline, limits: CheckLimits) -> Finding:
    """Each message that was handled → its handler was given the text that the user wrote, and as many
    pictures and files, unless a rule had its hand in the API from which those come."""
    del limits
    told = [
        (one, given)
        for one in run.messages
        if one.says is not None or one.media is not None
        for given in one.given
    ]
    if not told:
        return not_applicable("no message was handled whose text the journal has")
    for message, given in told:
        if message.says is not None and message.says not in (given.text or ""):
            because = f"the handler was given another text than message {message.id} has"
            return fails(because, message.sent[0].at.n, given.at.n)
        if _lacks_media(run, message, given):
            because = f"message {message.id} came with {_files(message.media)}, its handler was given "
            return fails(because + (_files(given.media) if given.media else "none"), given.at.n)
    first = told[0]
    return passes(f"each of {len(told)} messages was given to the handler as it was written", first[1].at.n)


def _lacks_media(run: Timeline, message: Message, given: Given) -> bool:
    if message.media is None or (given.media or 0) >= message.media or not message.sent:
        return False
    return run.trouble.on_rest(message.sent[0].at.t, given.at.t) is None


def _files(count: int | None) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def intact(run: Timeline, limits: CheckLimits) -> Finding:
    """Each reply that the platform took whole → it has what the handler answered: how that begins, and as
    many characters. Nothing is asked of a reply of which a piece was refused, or that could still go on."""
    replies = {one.message: one for one in replies_of(run.sends)}
    found = [
        finding
        for message in run.messages
        for call in message.calls[-1:]
        if message.id in replies
        and (finding := _whole(run, limits, message, call, replies[message.id])) is not None
    ]
    return worst(found) if found else not_applicable("no answer of the handler was taken whole")


def _whole(
    run: Timeline, limits: CheckLimits, message: Message, call: TimedCall, reply: Reply
) -> Finding | None:
    taken = [piece.taken[0] for piece in reply.pieces if piece.taken]
    if call.text is None or call.length is None or call.end is None or len(taken) < len(reply.pieces):
        return None
    texts = [one.sent.text for one in taken if one.sent is not None]
    lines = (call.end.n, *(one.at.n for one in taken))
    if not any(call.text in (text or "") for text in texts):
        return fails(f"the reply to message {message.id} is not what the handler answered", *lines)
    due = call.end.t + limits.us("answered") + TRIPS * run.terms.delay_us
    length = sum(one.sent.length for one in taken if one.sent is not None) + CUT * len(taken)
    if length < call.length and run.end >= due and run.trouble.on_rest(call.end.t, due) is None:
        return fails(f"of the reply to message {message.id} a part is missing", *lines)
    return passes("each reply has what the handler answered", *lines)
