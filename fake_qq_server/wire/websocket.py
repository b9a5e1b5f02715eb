"""WebSocket on one connection: websockets' Sans-I/O protocol for the bytes, `gateway` for the answers.

websockets refuses to write some close codes and all broken frames; `frames` writes those. What rules push on
a connection goes through a `RuleWriter`. PING is answered by websockets itself and is no event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from fake_qq_server.events import Envelope, Event, Session, WsConnect, WsIn, WsOut, WsWithheld
from fake_qq_server.platform.exchange import Out
from fake_qq_server.platform.gateway import GatewayConnection
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.replies import FrameReply, HttpAsk, HttpReply
from fake_qq_server.platform.rows import Bot
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire import frames
from fake_qq_server.wire.decider import Decider
from fake_qq_server.wire.due_frames import DueFrames
from fake_qq_server.wire.http import body_of, phrase
from fake_qq_server.wire.observer import NOBODY_WATCHES, Observer
from fake_qq_server.wire.tcp import TcpConnection

HELLO_AFTER_US = 1_000
"""Hello follows the handshake in a packet of its own: were both read at once, as on no real network,
hermes would take its first heartbeat from Hello's interval (33 s) instead of its default (30 s). Measured."""

CLOSE_WAIT_US = 10_000_000
"""How long a close frame of ours may go unanswered before the platform ends the connection [inf; websockets'
own default]."""

BYTES_IN_A_TURN = 4096
"""Some 170 heartbeats. Then it is the other connections' turn, whom a client that writes without end would
make wait for seconds."""

_NO_CODE = 1005
"""How websockets tells of a close frame without a code; it never stands on a wire by itself."""

_NO_LOG = logging.Logger("fake_qq_server")
"""websockets' own log lines belong to no run, least of all to the subject's."""
_NO_LOG.disabled = True

MARKS = {"ready": "ready", "resumed": "resumed", "dropped": "lost"}
"""Which step in a session's life is which mark."""


class WebSocketProtocol:
    """One WebSocket connection, from its upgrade request on.

    `gateway` is None until it is upgraded. `peer(number)` finds another open WebSocket connection, to which a
    Resume may write. `observer` sees each text frame.
    """

    idle = False

    def __init__(
        self,
        stage: Stage,
        tcp: TcpConnection,
        platform: Platform,
        decider: Decider,
        peer: Callable[[int], WebSocketProtocol | None],
        observer: Observer = NOBODY_WATCHES,
    ) -> None:
        self._observer = observer
        self._before_hello: list[str] | None = []
        """What came before Hello was written, which is always the first frame; None once it was."""
        self._stage = stage
        self.tcp = tcp
        self._platform = platform
        self._decider = decider
        self._peer = peer
        self._ws = ServerProtocol(logger=_NO_LOG)
        self._requested = False
        self._hint: Bot | None = None
        self._fragments: list[bytes] = []
        self._unread = bytearray()
        """What arrived and waits for its turn."""
        self._paused = False
        self._due = DueFrames(stage, tcp.number, decider, self)
        self.gateway: GatewayConnection | None = None
        self._close_sent = self._unreadable = False

    @property
    def writable(self) -> bool:
        """A push can act on it: upgraded, open, and no close written yet."""
        return self.gateway is not None and self.tcp.open and not self._close_sent

    @property
    def serving(self) -> bool:
        """It has its bot's session, and that is ready or resumed."""
        return self.writable and self.gateway is not None and self.gateway.serving

    @property
    def bot(self) -> int | None:
        """The number of the bot that it belongs to, if known."""
        bot = self.gateway.bot if self.gateway else self._hint
        return bot.number if bot else None

    # -- what arrives

    def received(self, data: bytes) -> None:
        """More bytes from the subject: parts of a request, frames."""
        in_turn = not self._unread
        self._unread += data
        if in_turn:
            self._read()

    def _read(self) -> None:
        """So many bytes; the rest in the loop's next turn, and until then nothing more arrives."""
        if not self.tcp.open:
            self.tcp.resume()  # what comes still is thrown away
            return
        data = bytes(self._unread[:BYTES_IN_A_TURN])
        del self._unread[:BYTES_IN_A_TURN]
        self._interpret(data)
        if self._unread:
            self._paused = True
            self.tcp.pause()
            self._stage.later(0, self._read)
        elif self._paused:
            self._paused = False
            self.tcp.resume()

    def _interpret(self, data: bytes) -> None:
        self._ws.receive_data(data)
        if self._ws.state is State.OPEN:
            self._flush()  # a PONG, ahead of what a later frame is answered
        for event in self._ws.events_received():
            if isinstance(event, Request) and self._ws.eof_sent:  # what follows it is no WebSocket
                self._refuse_non_request()
            elif isinstance(event, Request):
                self._requested = True
                self._handshake(event)
            elif isinstance(event, Frame) and self.gateway is not None:
                self._frame_received(event)
        if not self._requested and self._ws.handshake_exc is not None:
            self._refuse_non_request()
        elif self._ws.close_sent is not None and not self._close_sent:
            self._failed(self._ws.close_sent)
        self._flush()

    def ended(self, cause: int) -> None:
        """The connection closed: its session waits for a Resume."""
        self._due.ended()
        if self.gateway is not None:
            self._report_all(self.gateway.ended(self._stage.now_us()), cause)

    def _handshake(self, request: Request) -> None:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        self._hint = self._platform.bot_of_upgrade(request.path, headers.get("authorization"))
        about = Envelope(self.tcp.number, None, self.bot)
        ask = HttpAsk("GET", request.path, headers, b"", "ws", lambda: HttpReply(101))
        ruling = self._decider.ask("ws.connect", about, None, path=request.path)
        reply: HttpReply = ruling.reply(ask) if ruling.answered else ask.default()
        response = self._response(request, reply)
        status = response.status_code if response else None
        connected = WsConnect(request.path, status)
        cause = self._stage.sink("peer", connected, replace(about, rule=ruling.rule))
        ruling.finish(Effect(bytes=len(body_of(reply))), cause=cause)
        if response is None:
            return
        self._ws.send_response(response)
        self._flush()
        if self._ws.state is State.OPEN:
            self.gateway = GatewayConnection(self._platform, self.tcp.number, self._hint)
            self._stage.later(HELLO_AFTER_US, self.say_hello, cause)

    def _response(self, request: Request, reply: HttpReply) -> Response | None:
        if reply.delivery == "none":
            return None
        if reply.status == 101:
            try:
                return self._ws.accept(request)  # 400 or 426 where the request is not one for a WebSocket
            except UnicodeEncodeError:  # it quotes a header that is no text
                return self._ws.reject(HTTPStatus.BAD_REQUEST, "A header is not UTF-8.\n")
        body = body_of(reply)
        headers = {
            "Connection": "close",
            "Content-Length": str(len(body)),
            "Content-Type": "application/json",
        }
        return Response(reply.status, phrase(reply.status), Headers(headers), body)

    def _refuse_non_request(self) -> None:
        self._requested = True
        self._stage.sink("peer", WsConnect("", 400), Envelope(self.tcp.number))
        self.tcp.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    def say_hello(self, cause: int | None = None) -> None:
        """Hello, once; then what the client said before it is read."""
        if self._before_hello is not None and self.gateway is not None and self.tcp.open:
            self.write(self.gateway.opened(self._stage.now_us()), cause)
            self._watch_heartbeats()
            early, self._before_hello = self._before_hello, None
            for text in early:
                self._text_received(text)

    def _watch_heartbeats(self) -> None:
        """Where there is a limit for heartbeats: check when the next one is overdue."""
        due = self.gateway.deadline() if self.gateway and self.tcp.open else None
        if due is not None:
            self._stage.call_at(due, self._heartbeat_due)

    def _heartbeat_due(self) -> None:
        if self.gateway is not None and self.tcp.open:
            self.write(self.gateway.overdue(self._stage.now_us()).outs)
            self._watch_heartbeats()

    def _frame_received(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                data, self._fragments = b"".join(self._fragments), []
                self._message_received(data)
        elif frame.opcode is Opcode.CLOSE and self._ws.close_rcvd is not None:
            code, reason = _as_written(self._ws.close_rcvd)
            cause = self.report(WsIn("close", code=code, reason=reason))
            if not self._close_sent:  # websockets has echoed it
                self._close_sent = True
                self._report_all((WsOut("close", code=code, reason=reason),), cause)

    def _message_received(self, data: bytes) -> None:
        """One that is no text ends the connection (RFC 6455, 8.1), and nothing behind it is read."""
        if self._unreadable:
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._unreadable = True
            self._ws.fail(CloseCode.INVALID_DATA, "not UTF-8")
            return
        self._text_received(text)

    def _text_received(self, text: str) -> None:
        assert self.gateway is not None
        if self._before_hello is not None:
            self._before_hello.append(text)
            return
        received = self.gateway.received(text, self._stage.now_us())
        about = Envelope(self.tcp.number, None, received.bot)
        cause = self._stage.sink("peer", received.event, about)
        self._observer.frame(cause, self.tcp.number, received.bot, "in", text)
        if received.auth is not None:
            self._stage.sink("peer", received.auth, replace(about, cause=cause))
        ruling = self._decider.ask(f"ws.in.{received.op}", about, cause, s=received.event.s)
        reply: FrameReply | None = ruling.reply(received.ask)
        answer = received.settle(reply)
        ruling.finish(Effect(sum(map(len, reply.texts)), len(reply.texts)) if reply is not None else None)
        self._report_all(answer.events, cause)
        self.write(answer.outs, cause)

    def _failed(self, close: Close) -> None:
        """websockets read what is no WebSocket, or too large a frame, and has written a close of its own."""
        assert self.gateway is not None
        out = self.gateway.close(*_as_written(close))
        self._close_sent = True
        self._report_all(out.events)

    # -- what is written

    def write(self, outs: tuple[Out, ...], cause: int | None = None, rule: str | None = None) -> Effect:
        """Write frames, here or on the connection that an Out names."""
        done = Effect()
        for out in outs:
            there = self if out.conn == self.tcp.number else self._peer(out.conn)
            if there is not None:
                done = _sum(done, there._write(out, cause, rule))
        return done

    def _write(self, out: Out, cause: int | None, rule: str | None) -> Effect:
        over = self._close_sent or (out.close is not None and self._ws.state is not State.OPEN)
        if not self.tcp.open or over:
            # The frame comes too late; that a session was dropped is true all the same.
            dropped = (one for one in out.events if isinstance(one, Session) and one.what == "dropped")
            self._report_all(tuple(dropped), cause, rule)
            return Effect()
        return self._due.write(out, cause, rule)

    def put(self, out: Out, cause: int | None, rule: str | None) -> int:
        """Write a frame and record it; the rules were asked before. Returns the record's number."""
        if out.close is not None:
            self._send_close(*out.close, cause, rule)
        else:
            self.tcp.send(frames.encode(frames.TEXT, (out.text or "").encode()))
        n = self.report(out.wrote, cause, rule)
        if out.text is not None:
            self._observer.frame(n, self.tcp.number, self.bot, "out", out.text)
        self._report_all(tuple(one for one in out.events if one is not out.wrote), cause, rule)
        return n

    def changed(self, out: Out, text: str) -> Out:
        """The same frame with another text."""
        assert self.gateway is not None
        return self.gateway.changed(out, text)

    def withheld(self, out: Out, cause: int | None, rule: str | None) -> int:
        """Record that a frame is never written. Without its close frame a connection ends all the same."""
        if out.close is not None and self.writable:
            self._end_later(cause, rule)
        wrote, message = out.wrote, out.message
        event = WsWithheld(wrote.op, wrote.s, wrote.t, message.id if message else None, wrote.code)
        return self.report(event, cause, rule)

    def tell(self, events: tuple[Event, ...], cause: int | None, rule: str | None) -> None:
        """Record what is true though nothing was written."""
        self._report_all(events, cause, rule)

    def _end_later(self, cause: int | None, rule: str | None) -> None:
        self._stage.later(CLOSE_WAIT_US, partial(self.tcp.finish, cause=cause, rule=rule))

    def _send_close(self, code: int | None, reason: str, cause: int | None, rule: str | None) -> None:
        """Through websockets where it agrees, else by our own encoder; it follows the closing either way."""
        try:
            self._ws.send_close(code, reason)
            self._flush()
        except ProtocolError:
            self.tcp.send(frames.close_frame(code, reason))
            self._ws.close_sent = Close(_NO_CODE if code is None else code, reason)
            self._ws.state = State.CLOSING
        self._close_sent = True
        self._end_later(cause, rule)

    def _flush(self) -> None:
        for data in self._ws.data_to_send():
            if data:
                self.tcp.send(data)
            else:
                self.tcp.finish()

    def _report_all(
        self,
        events: tuple[Event, ...],
        cause: int | None = None,
        rule: str | None = None,
    ) -> None:
        """Record them and tell the decider, also of a close that websockets wrote. `rule` writes them."""
        for event in events:
            n = self.report(event, cause, rule)
            if isinstance(event, Session) and event.what in MARKS:
                self._decider.mark(MARKS[event.what], self.bot)
            if isinstance(event, WsOut):
                about = Envelope(self.tcp.number, None, self.bot)
                self._decider.ask(f"ws.out.{event.op}", about, n, s=event.s)

    def report(self, event: Event, cause: int | None = None, rule: str | None = None) -> int:
        """Record an event of this connection; returns its number."""
        about = Envelope(self.tcp.number, None, self.bot, cause, rule)
        return self._stage.sink("peer", event, about)


def _as_written(close: Close) -> tuple[int | None, str]:
    return (None if close.code == _NO_CODE else close.code), close.reason


def _sum(a: Effect, b: Effect) -> Effect:
    return Effect(a.bytes + b.bytes, a.frames + b.frames, a.us + b.us)
