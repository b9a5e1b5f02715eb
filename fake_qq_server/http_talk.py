"""HTTP on one connection: h11 for the wire, `rest` for the answers, rules in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from . import rest
from .events import Envelope, HttpAnswer, HttpRequest
from .replies import HttpAsk, HttpReply
from .verbs.registry import Effect
from .wire import HEAD_LIMIT, Wire

if TYPE_CHECKING:
    from .server import FakeQQ

BODY_LIMIT = 1 << 20


class HttpTalk:
    """One keep-alive connection of the token or the API host."""

    def __init__(self, fake: FakeQQ, wire: Wire) -> None:
        self._fake = fake
        self._wire = wire
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._request: h11.Request | None = None
        self._body = b""
        self.idle = True

    def received(self, data: bytes) -> None:
        self._http.receive_data(data)
        try:
            while self._step():
                pass
        except h11.RemoteProtocolError as exc:
            self._write(HttpReply(exc.error_status_hint, str(exc)), close=True)

    def ended(self) -> None:
        """Nothing to do: an HTTP connection has no state of its own on the platform."""

    def _step(self) -> bool:
        """Take one event off h11; false when it wants more input."""
        event = self._http.next_event()
        match event:
            case h11.Request():
                self._request, self._body, self.idle = event, b"", False
            case h11.Data():
                self._body += event.data
                if len(self._body) > BODY_LIMIT:
                    self._write(HttpReply(413, None), close=True)
                    return False
            case h11.EndOfMessage():
                assert self._request is not None
                self._answer(self._request)
                return self._http.our_state is h11.IDLE
            case _:
                return False
        return True

    def _answer(self, head: h11.Request) -> None:
        fake, wire = self._fake, self._wire
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        method, path = head.method.decode("ascii"), head.target.decode("latin-1")
        request = rest.Request(wire.host, method, path, headers, self._body, fake.now_us())
        asked = rest.asked(fake.platform, request)
        about = Envelope(wire.number, fake.next_request(), asked.bot)
        cause = fake.sink("peer", HttpRequest(asked.endpoint, method, path, asked.reply_to), about)

        def default() -> HttpReply:
            return rest.respond(fake.platform, request)

        ask = HttpAsk(method, path, headers, self._body, asked.endpoint, default)
        answered = fake.director.happened(f"http.{asked.endpoint}", about, cause, path=path)
        reply: HttpReply = answered.act(ask) if answered else default()
        fake.new_secrets()
        if answered:
            size = len(rest.encode(reply)) if reply.delivery == "whole" else 0
            fake.director.acted(answered, Effect(bytes=size), about, cause)
        status = None if reply.delivery == "none" else reply.status
        verb, rule = (answered.verb, answered.rule) if answered else (None, None)
        answer_about = Envelope(about.conn, about.req, about.bot, cause, rule)
        fake.sink("peer", HttpAnswer(asked.endpoint, status, verb), answer_about)
        self._deliver(reply)

    def _deliver(self, reply: HttpReply) -> None:
        match reply.delivery:
            case "whole":
                self._write(reply, close=False)
            case "cut":
                self._wire.send(self._head(reply) + rest.encode(reply)[: reply.cut_after])
                self._wire.finish()
            case "drip":
                self._wire.send(self._head(reply))
                self._drip(rest.encode(reply), reply.drip_us)
            case "none":
                pass

    def _write(self, reply: HttpReply, *, close: bool) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        self._wire.send(self._head(reply, close=close) + self._http.send(h11.Data(rest.encode(reply))))
        self._wire.send(self._http.send(h11.EndOfMessage()))
        if close or self._http.our_state is h11.MUST_CLOSE:
            self._wire.finish()
        else:
            self._http.start_next_cycle()
            self.idle = True

    def _head(self, reply: HttpReply, *, close: bool = False) -> bytes:
        body = rest.encode(reply)
        kind = "application/json" if not isinstance(reply.payload, str) else "text/plain; charset=utf-8"
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}
        if close:
            headers["Connection"] = "close"
        return (
            self._http.send(h11.Response(status_code=reply.status, headers=list(headers.items()), reason=b""))
            or b""
        )

    def _drip(self, body: bytes, every_us: int) -> None:
        if body and self._wire.open:
            self._wire.send(body[:1])
            self._fake.loop.call_later(every_us / 1e6, self._drip, body[1:], every_us)
