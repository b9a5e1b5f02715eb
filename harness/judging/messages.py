"""The messages of a run: when each was written or kept, handled, and answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fake_qq_server.events import EventKept, EventSent, Session
from fake_qq_server.platform.told import Told
from harness.journal.record import Record
from harness.journal.run_kinds import SubjAnswer, SubjMessage
from harness.judging.facts import Given, Mark, Message, TimedCall, Writing
from harness.judging.sends import Send


def messages_of(
    body: Iterable[Record], sends: Sequence[Send], *, outside: bool = False
) -> tuple[Message, ...]:
    """Every message id that was written, kept or handled, in the order of first appearance.

    Seen from `outside`, nobody tells of the handling: what was to be answered was written to a connection.
    """
    found: dict[str, Message] = {}
    known: Message | None
    sessions: dict[int, int] = {}  # connection -> the session that it has
    for record in body:
        event, conn = record.event, record.about.conn
        if isinstance(event, Session):
            if conn is not None and event.session is not None and event.what != "refused":
                sessions[conn] = event.session
        elif isinstance(event, EventSent):
            session = sessions.get(conn) if conn is not None else None
            one = Writing(Mark(record.t, record.n), conn, event.replay, session, event.s, Told.by(event))
            known = found.get(event.id, Message(event.id, event.probe, kind=event.t))
            written = (*known.written, one)
            found[event.id] = replace(known, probe=known.probe or event.probe, written=written)
        elif isinstance(event, EventKept):
            one = Writing(Mark(record.t, record.n), None, False, event.session, event.s)
            known = found.get(event.id, Message(event.id, False, kind=event.t))
            found[event.id] = replace(known, kept=(*known.kept, one))
        elif isinstance(event, SubjMessage):
            known, at = found.get(event.id, Message(event.id, False)), Mark(record.t, record.n)
            given = (*known.given, Given(at, event.text, event.place, event.user, event.media, event.scene))
            found[event.id] = replace(known, handled=(*known.handled, at), given=given)
        elif isinstance(event, SubjAnswer):
            known = found.get(event.id)
            if known is not None:
                found[known.id] = replace(known, calls=_called(known.calls, event, Mark(record.t, record.n)))
    for send in sends:
        if send.is_content and send.names in found:
            known = found[str(send.names)]
            replied = (*known.replied, send.proof) if send.taken else known.replied
            found[known.id] = replace(known, tried=(*known.tried, send.at), replied=replied)
    if outside:
        return tuple(replace(one, handled=tuple(w.at for w in one.written[:1])) for one in found.values())
    return tuple(found.values())


def _called(calls: tuple[TimedCall, ...], event: SubjAnswer, mark: Mark) -> tuple[TimedCall, ...]:
    """With one more begin, or with the end of the last one."""
    if event.phase == "begin":
        return (*calls, TimedCall(mark))
    if not calls or calls[-1].end is not None:
        return calls
    return (*calls[:-1], replace(calls[-1], end=mark, how=event.how, text=event.text, length=event.length))
