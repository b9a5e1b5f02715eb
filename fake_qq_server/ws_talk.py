"""WebSocket on one connection: websockets' Sans-I/O protocol for the wire, `session` for the answers.

websockets refuses to write some close codes and all broken frames; `frames` writes those. What rules push on
a connection goes through a `RuleLine`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from . import frames
from .events import Envelope, Event, Session, WsConnect, WsIn, WsOut
from .link import End
from .replies import FrameReply, HttpAsk, HttpReply
from .rest import encode
from .session import Connection, Out
from .verbs.registry import Effect
from .wire import Wire

if TYPE_CHECKING:
    from .server import FakeQQ

HELLO_AFTER_US = 1_000
"""Hello follows the handshake in a packet of its own: were both read at once, as no real line has it, hermes
would take its first heartbeat from Hello's interval (33 s) instead of its default (30 s). Measured."""

_SILENT = logging.Logger("fake_qq_server")
"""websockets' own log lines are no part of anybody's story, least of all of the subject's."""
_SILENT.disabled = True

MARKS = {"ready": "ready", "resumed": "resumed", "dropped": "lost"}
"""Which step in a session's life is which mark."""


class WsTalk:
    """One WebSocket connection, from its upgrade request on."""

    idle = False

    def __init__(self, fake: FakeQQ, wire: Wire) -> None:
        self._fake = fake
        self.wire = wire
        self._ws = ServerProtocol(logger=_SILENT)
        self._fragments: list[bytes] = []
        self.connection: Connection | None = None
        self._close_sent = False

    @property
    def writable(self) -> bool:
        """A push can act on it: upgraded, open, and no close written yet."""
        return self.connection is not None and self.wire.open and not self._close_sent

    @property
    def bot(self) -> int | None:
        bot = self.connection.bot if self.connection else None
        return bot.number if bot else None

    # -- what arrives

    def received(self, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Request):
                self._handshake(event)
            elif isinstance(event, Frame):
                self._frame_received(event)
        self._flush()

    def ended(self) -> None:
        """The connection is gone: its session waits for a Resume."""
        if self.connection is not None:
            self._report(self.connection.ended(self._fake.now_us()))

    def _handshake(self, request: Request) -> None:
        fake = self._fake
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        hint = fake.bot_hint(request.path, headers)
        bot = hint.number if hint else None
        about = Envelope(self.wire.number, None, bot)

        def default() -> HttpReply:
            return HttpReply(101)

        ask = HttpAsk("GET", request.path, headers, b"", "ws", default)
        answered = fake.director.happened("ws.connect", about, None, path=request.path)
        reply: HttpReply = answered.act(ask) if answered else default()
        status = None if reply.delivery == "none" else reply.status
        cause = fake.sink("peer", WsConnect(request.path, status), about)
        if answered:
            fake.director.acted(answered, Effect(bytes=len(encode(reply))), about, cause)
        if reply.delivery == "none":
            return
        if reply.status != 101:
            self._turn_down(reply)
            return
        self._ws.send_response(self._ws.accept(request))
        self._flush()
        if self._ws.state is State.OPEN:
            self.connection = Connection(fake.platform, self.wire.number, hint)
            fake.call_at(fake.now_us() + HELLO_AFTER_US, partial(self._hello, cause))

    def _hello(self, cause: int) -> None:
        assert self.connection is not None
        if self.wire.open:
            self.write(self.connection.opened(self._fake.now_us()), cause)

    def _turn_down(self, reply: HttpReply) -> None:
        body = encode(reply)
        response: Response = self._ws.reject(reply.status, body.decode())
        response.headers["Content-Type"] = "application/json"
        self._ws.send_response(response)

    def _frame_received(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                text, self._fragments = b"".join(self._fragments).decode("utf-8", "replace"), []
                self._text_received(text)
        elif frame.opcode is Opcode.CLOSE:
            close = self._ws.close_rcvd
            code, reason = (close.code, close.reason) if close else (None, "")
            self._sink(WsIn("close", code=code, reason=reason))

    def _text_received(self, text: str) -> None:
        assert self.connection is not None
        fake = self._fake
        received = self.connection.received(text, fake.now_us())
        about = Envelope(self.wire.number, None, received.bot)
        cause = fake.sink("peer", received.event, about)
        answered = fake.director.happened(
            f"ws.in.{received.op}", about, cause, conn=self.wire.number, s=received.event.s
        )
        reply: FrameReply | None = answered.act(received.ask) if answered else None
        answer = received.settle(reply)
        if answered and reply is not None:
            effect = Effect(sum(map(len, reply.texts)), len(reply.texts))
            fake.director.acted(answered, effect, about, cause)
        self._report(answer.events, cause)
        self.write(answer.outs, cause)

    # -- what is written

    def write(self, outs: tuple[Out, ...], cause: int | None = None, rule: str | None = None) -> Effect:
        """Write frames, here or on the connection that an Out names."""
        done = Effect()
        for out in outs:
            talk = self if out.conn == self.wire.number else self._fake.ws_talk(out.conn)
            if talk is not None:
                done = _sum(done, talk._write(out, cause, rule))
        return done

    def _write(self, out: Out, cause: int | None, rule: str | None) -> Effect:
        if not self.wire.open or self._close_sent:
            # The frame comes too late; what became of the session is true all the same.
            self._report(tuple(event for event in out.events if isinstance(event, Session)), cause, rule)
            return Effect()
        if out.close is not None:
            self._send_close(*out.close)
            size = len(frames.close_frame(*out.close))
        else:
            data = (out.text or "").encode()
            size = len(data)
            self.wire.send(frames.encode(frames.TEXT, data))
        self._report(out.events, cause, rule)
        return Effect(size, 1)

    def _send_close(self, code: int | None, reason: str) -> None:
        """Through websockets where it agrees, so that it follows the closing; else by our own encoder."""
        try:
            self._ws.send_close(code, reason)
            self._flush()
        except ProtocolError:
            self.wire.send(frames.close_frame(code, reason))
        self._close_sent = True

    def _flush(self) -> None:
        for data in self._ws.data_to_send():
            if data:
                self.wire.send(data)
            else:
                self.wire.finish()

    def _report(self, events: tuple[Event, ...], cause: int | None = None, rule: str | None = None) -> None:
        for event in events:
            n = self._sink(event, cause, rule)
            if isinstance(event, Session) and event.what in MARKS:
                self._fake.director.mark(MARKS[event.what], self.bot)
            if isinstance(event, WsOut):
                about = Envelope(self.wire.number, None, self.bot)
                self._fake.director.happened(f"ws.out.{event.op}", about, n, conn=self.wire.number, s=event.s)

    def _sink(self, event: Event, cause: int | None = None, rule: str | None = None) -> int:
        about = Envelope(self.wire.number, None, self.bot, cause, rule)
        return self._fake.sink("peer", event, about)


def _sum(a: Effect, b: Effect) -> Effect:
    return Effect(a.bytes + b.bytes, a.frames + b.frames, a.us + b.us)


class RuleLine:
    """The `Line` on which one rule's push acts: what it writes is recorded as that rule's."""

    def __init__(self, fake: FakeQQ, talk: WsTalk, rule: str | None, cause: int | None) -> None:
        assert talk.connection is not None
        self._now_us = fake.now_us
        self._talk = talk
        self._connection = talk.connection
        self._rule = rule
        self._cause = cause

    def frame(self, text: str) -> Effect:
        return self._write((self._connection.frame(text),))

    def raw(self, data: bytes) -> Effect:
        self._talk.wire.send(data)
        return Effect(len(data), 1)

    def dispatch(self, event_type: str, fields: Mapping[str, Any], *, probe: bool = False) -> Effect:
        return self._write(self._connection.dispatch(event_type, fields, self._now_us(), probe))

    def close(self, code: int | None, reason: str) -> Effect:
        return self._write((self._connection.close(code, reason),))

    def fin(self) -> Effect:
        self._talk.wire.finish(End.FIN)
        return Effect()

    def rst(self) -> Effect:
        self._talk.wire.finish(End.RST)
        return Effect()

    def _write(self, outs: tuple[Out, ...]) -> Effect:
        return self._talk.write(outs, self._cause, self._rule)
