"""Messages that were lost with a session that could have been resumed: what a bot threw away. Pure.

A message that had no connection to go to, or went to one that died, waits in its session. A Resume brings it;
who identifies instead, while the platform would still have resumed that session, loses it.
"""

from __future__ import annotations

from collections.abc import Sequence

from fake_qq_server.events import Session
from harness.judging.authentications import Authentication
from harness.judging.facts import Message, Writing
from harness.judging.timeline import Timeline


def thrown_away(run: Timeline, said: Sequence[Authentication], message: Message) -> tuple[int, ...]:
    """The records by which the bot lost this message; nothing where it did not.

    It was sent in a session, and the bot came back while that could be resumed: it did not resume it, or
    named a sequence number as if it had the message. Nothing is held against a bot that had reason to
    identify and did not cause that itself: an op 9, a close code other than 4009, a Resume that was not
    granted or did not hold for three heartbeats, an adapter that began anew. Nor against one that never came
    back.
    """
    for sent in message.sent:
        back = next((one for one in said if one.at > sent.at and one.outcome in ("new", "resumed")), None)
        if back is None or sent.session is None or not _was_told(run, sent.session):
            continue
        if back.outcome == "resumed":
            claims = back.said.session == sent.session and (back.said.seq or 0) >= sent.s
            if claims and not _swallowed(run, sent):
                return (sent.at.n, back.at.n)
        elif back.said.op == "resume":  # answered with a new session: the platform threw the old one away
            continue
        elif back.said.resumable == sent.session and all(reason.own for reason in back.reasons):
            return (sent.at.n, back.at.n)
    return ()


def _was_told(run: Timeline, session: int) -> bool:
    """Whether a READY of this session was written: without one nobody can resume it."""
    ready = (one.event for one in run.body if isinstance(one.event, Session) and one.event.what == "ready")
    return any(one.session == session for one in ready)


def _swallowed(run: Timeline, sent: Writing) -> bool:
    """Whether its connection was interrupted then, or later: what came after may have passed, and it not."""
    mine = (one for one in run.interruptions if one.conn == sent.conn)
    return any(one.off is None or one.off.t > sent.at.t for one in mine)
