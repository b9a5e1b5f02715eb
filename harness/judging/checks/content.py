"""The checks `heard` and `intact`: what a user wrote is what the bot is given, its answer what they read.

Both compare how texts begin, with white space as one space; a bot may write something before or behind.
"""

from __future__ import annotations

from collections.abc import Iterator

from fake_qq_server.platform.payloads import EVENT_TYPES
from fake_qq_server.platform.told import NOTHING
from harness.judging.checks.conversation import TRIPS
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, worst
from harness.judging.facts import Given, Message, TimedCall, Writing
from harness.judging.replies import Reply, replies_of
from harness.judging.timeline import Timeline

SCENES = ("c2c", "group")
"""The kinds of chats that every bot tells apart; for those of guilds each has words of its own."""

CUT = 2
"""Characters that a bot may lose at each place where it cuts a long answer: the white space there."""


def heard(run: Timeline, limits: CheckLimits) -> Finding:
    """Each message that was handled → its handler was given its text and what it quotes, whose it is and
    where a reply goes, whether others read there, as many pictures, and its files or their names.

    Pictures and files are fetched from the API: nothing is asked of them where a rule had its hand in that.
    What was written several times with one id need not be the same each time: one of them is enough.
    """
    del limits
    found = [
        finding
        for message in run.messages
        for given in message.given
        if (finding := _given(run, message, given)) is not None
    ]
    if not found:
        return not_applicable("no message was handled of which the journal has the text")
    verdict = worst(found)
    if verdict.state != "pass":
        return verdict
    because = f"each of {len(found)} messages was given to the handler as it was written"
    return passes(because, *found[0].lines)


def _given(run: Timeline, message: Message, given: Given) -> Finding | None:
    """Of one handling; null where the journal does not have what was written."""
    wrongs = {}
    for one in message.written:
        if one.told != NOTHING and one.at < given.at:
            wrongs[one.at] = next(_wrong(run, message, one, given), None)
    if not wrongs:
        return None
    at, wrong = next(iter(wrongs.items()))
    if None in wrongs.values():
        return passes("it was given to the handler as it was written", given.at.n)
    return fails(f"of message {message.id} {wrong}", at.n, given.at.n)


def _wrong(run: Timeline, message: Message, writing: Writing, given: Given) -> Iterator[str]:
    """What the handler was given otherwise than it was written, in words."""
    told, text = writing.told, given.text or ""
    row = EVENT_TYPES.get(message.kind or "")
    if row is not None and row.scene in SCENES and given.scene not in (None, row.scene):
        yield "the handler was told of another kind of chat"
    if told.text is not None and told.text not in text:
        yield "the handler was given another text"
    if told.quoted is not None and told.quoted not in text:
        yield "the handler was not given the words that it quotes"
    if None not in (told.place, given.place) and told.place != given.place:
        yield "the handler was told that it came from another place"
    if None not in (told.user, given.user) and told.user != given.user:
        yield "the handler was told that somebody else wrote it"
    files = told.files or ()
    if (told.images or files) and run.trouble.on_rest(writing.at.t, given.at.t) is None:
        unnamed = sum(name not in text for name in files)
        if (given.media or 0) < (told.images or 0) + unnamed:
            yield "the handler was not given each picture and file"


def intact(run: Timeline, limits: CheckLimits) -> Finding:
    """Each reply of which the platform took something → it has what the handler answered: how that begins,
    and as many characters.

    A piece that is missing or was refused fails once the time of `answered` is over, unless a rule had its
    hand in the API; until then nothing is asked.
    """
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
    if call.text is None or call.length is None or call.end is None or not taken:
        return None
    texts = [one.sent.text for one in taken if one.sent is not None]
    lines = (call.end.n, *(one.at.n for one in taken))
    if not any(call.text in (text or "") for text in texts):
        return fails(f"the reply to message {message.id} is not what the handler answered", *lines)
    due = call.end.t + limits.us("answered") + TRIPS * run.terms.delay_us
    length = sum(one.sent.length for one in taken if one.sent is not None) + CUT * len(taken)
    refused = [piece.attempts[-1] for piece in reply.pieces if not piece.taken]
    if not refused and length >= call.length:
        return passes("each reply has what the handler answered", *lines)
    if run.end < due or run.trouble.on_rest(call.end.t, due) is not None:
        return None
    if refused:
        pieces = f"{len(refused)} of {len(reply.pieces)} pieces were refused"
        because = f"of the reply to message {message.id} {pieces}"
        return fails(because, *lines, *(one.proof.n for one in refused))
    return fails(f"of the reply to message {message.id} a part is missing", *lines)
