"""Messages that were lost with a session that could have been resumed: what a bot threw away. Pure.

A message that had no connection to go to, or went to one that died, waits in its session. A Resume brings it;
who identifies instead, while the platform would still have resumed that session, loses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fake_qq_server.events import Session, WsAuth, WsOut
from fake_qq_server.platform.protocol import CLOSE_CODES
from harness.journal.record import Record
from harness.judging.facts import Mark, Message, Writing
from harness.judging.timeline import Timeline

OWN_FAULT = ("bad-payload", "bad-seq")
"""The reasons for which the platform turns down a Resume of its session that the bot brought about itself."""


RESUME = 4009
"""The one close code after which all of QQ's pages say Resume."""


@dataclass(frozen=True)
class Authentication:
    """One Identify or Resume; `said` is its record. `outcome`: `new`, `resumed`, the reason for which the
    platform turned it down, null where it did neither."""

    at: Mark
    conn: int | None
    said: WsAuth
    outcome: str | None = None


def authentications_of(body: Iterable[Record]) -> tuple[Authentication, ...]:
    """Every one, in order."""
    found: list[Authentication] = []
    last: dict[int | None, int] = {}  # connection -> the place of its last one
    for record in body:
        event, conn = record.event, record.about.conn
        if isinstance(event, WsAuth):
            last[conn] = len(found)
            found.append(Authentication(Mark(record.t, record.n), conn, event))
        elif isinstance(event, Session) and event.what in ("new", "resumed", "refused") and conn in last:
            place = last[conn]
            outcome = event.reason or "refused" if event.what == "refused" else event.what
            if found[place].outcome is None:
                found[place] = replace(found[place], outcome=outcome)
    return tuple(found)


def thrown_away(
    run: Timeline, said: Sequence[Authentication], message: Message, held_us: int
) -> tuple[int, ...]:
    """The records by which the bot lost this message; nothing where it did not.

    It was sent in a session, and the bot came back while that could be resumed: it did not resume it, or
    named a sequence number as if it had the message. Nothing is held against a bot that had reason to
    identify: an op 9, a close code other than 4009, a Resume that was not granted or did not hold for
    `held_us`, a connect() that began anew. Nor against one that never came back.
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
        elif back.said.resumable == sent.session and not _had_reason(run, said, sent, back, held_us):
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


def _had_reason(
    run: Timeline, said: Sequence[Authentication], sent: Writing, back: Authentication, held_us: int
) -> bool:
    """Whether something told the bot that its session is over, or that a Resume leads nowhere."""
    before = [one for one in said if one.at < back.at]
    began = max((one.at for one in before if one.outcome == "new"), default=sent.at)
    resumes = (one for one in before if one.said.op == "resume" and one.said.session == sent.session)
    if any(not _held(run, one, held_us) for one in resumes):
        return True
    if any(began < call.begin < back.at for call in run.connects):
        return True
    own = {one.conn for one in before if one.outcome in OWN_FAULT}
    since = (record for record in run.body if began.n < record.n < back.at.n)
    return any(_says_identify(record.event) and record.about.conn not in own for record in since)


def _says_identify(event: object) -> bool:
    """Op 9, or a close code after which QQ's pages do not agree that the session can be resumed."""
    if not isinstance(event, WsOut) or event.op != "close":
        return isinstance(event, WsOut) and event.op == "invalid"
    return event.code in CLOSE_CODES and event.code != RESUME


def _held(run: Timeline, one: Authentication, held_us: int) -> bool:
    """Whether a Resume did what it was to do, or failed by the bot's own doing."""
    if one.outcome in OWN_FAULT:
        return True
    conn = run.connections.get(one.conn) if one.conn is not None else None
    if one.outcome != "resumed" or conn is None:
        return False
    return conn.ended is None or conn.ended.t - one.at.t >= held_us
