"""One exchange on the gateway: a frame that was received, and what is written in answer. Pure.

Receiving has two steps, so that a rule can stand between them:

* `GatewayConnection.received` reads a frame and says what it is. Nothing changes.
* `Received.default` decides what the platform answers, and only then is there a new session, a resumed one, a
  counted heartbeat. `Received.renew` decides otherwise: a new session in answer to a Resume. Where a rule
  answered instead and asked for neither, none of it happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fake_qq_server.events import Event, EventSent, WsAuth, WsIn, WsOut
from fake_qq_server.platform.replies import FrameAsk, FrameReply


@dataclass(frozen=True)
class Out:
    """One frame for one connection: a text, or a close as (code, reason).

    `events` are to be reported, in order, when it is written. `conn` is another connection's number where
    a Resume displaced it. `rule` is the rule that brought its event about, also where it is replayed.
    """

    conn: int
    text: str | None = None
    close: tuple[int | None, str] | None = None
    events: tuple[Event, ...] = ()
    rule: str | None = None

    @property
    def wrote(self) -> WsOut:
        """The record of its writing; each has one."""
        return next(event for event in self.events if isinstance(event, WsOut))

    @property
    def message(self) -> EventSent | None:
        """The message event that it is, if it is one."""
        return next((event for event in self.events if isinstance(event, EventSent)), None)


@dataclass(frozen=True)
class Answer:
    """What a decision brought: `events` to report at once, then `outs` to write in order."""

    outs: tuple[Out, ...] = ()
    events: tuple[Event, ...] = ()

    def reply(self, conn: int) -> FrameReply:
        """The part that answers on connection `conn`, as rules see it."""
        mine = [out for out in self.outs if out.conn == conn]
        texts = tuple(out.text for out in mine if out.text is not None)
        return FrameReply(texts, next((out.close for out in mine if out.close is not None), None))


class FrameMaker(Protocol):
    """What a received frame needs of its connection: its number, and frames with the events to report."""

    number: int

    def frame(self, text: str) -> Out:
        """A text frame for this connection, with the events that it amounts to."""

    def close(self, code: int | None, reason: str) -> Out:
        """A close frame for this connection, with no payload at all where `code` is None."""


class Received:
    """A frame that was read and not yet answered. `bot` is the number of the bot it concerns, if known.

    `auth` is what an Identify or Resume says, None for other frames.
    """

    def __init__(
        self,
        conn: FrameMaker,
        event: WsIn,
        bot: int | None,
        decide: Callable[[], Answer],
        auth: WsAuth | None = None,
        renew: Callable[[], Answer | None] = lambda: None,
    ) -> None:
        self.event = event
        self.bot = bot
        self.auth = auth
        self._conn = conn
        self._decide = decide
        self._renew = renew
        self._decided: Answer | None = None

    @property
    def op(self) -> str:
        """Its opcode's name, as in the journal."""
        return self.event.op

    @property
    def ask(self) -> FrameAsk:
        """The same as rules take it."""
        return FrameAsk(self.op, lambda: self.default().reply(self._conn.number), self._renewed)

    def default(self) -> Answer:
        """The platform's own answer. The first call decides and changes state; later ones repeat it."""
        if self._decided is None:
            self._decided = self._decide()
        return self._decided

    def renew(self) -> Answer | None:
        """A new session in answer to a Resume: another decision, and the last one as well. None where the
        platform cannot give one."""
        if self._decided is None:
            self._decided = self._renew()
        return self._decided

    def _renewed(self) -> FrameReply | None:
        answer = self.renew()
        return None if answer is None else answer.reply(self._conn.number)

    def settle(self, reply: FrameReply | None) -> Answer:
        """What is to be written where a rule answered `reply` (None: no rule did).

        Texts of the default answer keep their own events; any other text is read for what it is.
        """
        if reply is None:
            return self.default()
        decided = self._decided or Answer()
        own = {out.text: out for out in decided.outs if out.conn == self._conn.number}
        outs = [out for out in decided.outs if out.conn != self._conn.number]
        outs += [own.get(text) or self._conn.frame(text) for text in reply.texts]
        if reply.close is not None:
            outs.append(self._conn.close(*reply.close))
        return Answer(tuple(outs), decided.events)
