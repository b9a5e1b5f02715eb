"""HTTP on one connection: h11 for the bytes, `rest` for the answers, rules in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

import h11

from fake_qq_server.events import Envelope, HttpAnswer, HttpRequest
from fake_qq_server.platform import rest, sends
from fake_qq_server.platform.api import Request
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.moments import NO_FACTS, HttpFacts
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire.decider import Decider
from fake_qq_server.wire.observer import NOBODY_WATCHES, Observer
from fake_qq_server.wire.tcp import HEAD_LIMIT, TcpConnection

BODY_LIMIT = 32 << 20
"""Bots send media as base64 inside JSON: up to 10 MB of it before they cut it into chunks [src hermes]."""

STEPS_IN_A_TURN = 60
"""Some twenty requests, if so many come at once; then it is the other connections' turn."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_LENGTH = (204, 304)
_WITHOUT_BODY = (*_WITHOUT_LENGTH, 205)


def body_of(reply: HttpReply, method: str = "GET") -> bytes:
    """The body as it may stand on the wire: some statuses, and every answer to HEAD, have none."""
    return b"" if method == "HEAD" or reply.status in _WITHOUT_BODY else rest.encode(reply)


def phrase(status: int) -> str:
    """The words after the status; empty for a number that nobody has named."""
    return _PHRASES.get(status, "")


def effect_of(reply: HttpReply, body: bytes) -> Effect | None:
    """How much a rule's answer changed; None where nothing: all of the body fits before the cut."""
    match reply.delivery:
        case "cut":
            missing = len(body) - reply.cut_after
            return Effect(bytes=missing) if missing > 0 else None
        case "drip":
            return Effect(bytes=len(body), us=reply.drip_us * len(body))
        case "none":
            return Effect()
    return Effect(bytes=len(body))


def is_success(reply: HttpReply) -> bool:
    """Whether a reply of the platform's own says that it did what was asked."""
    return reply.status < 300 and sends.answered(rest.encode(reply)).code is None


def written(reply: HttpReply, body: bytes) -> bytes:
    """The part of the body that reaches the link."""
    if reply.delivery == "none":
        return b""
    return body[: reply.cut_after] if reply.delivery == "cut" else body


class HttpProtocol:
    """One keep-alive connection. Requests may be pipelined: each waits until the one before is answered.

    `numbers` gives each request its number; `on_answer` is called when an answer was made, which may have
    made a token. `observer` sees each request with its answer.
    """

    def __init__(
        self,
        stage: Stage,
        tcp: TcpConnection,
        platform: Platform,
        decider: Decider,
        numbers: Iterator[int],
        on_answer: Callable[[], None] = lambda: None,
        observer: Observer = NOBODY_WATCHES,
    ) -> None:
        self._stage = stage
        self._observer = observer
        self._tcp = tcp
        self._platform = platform
        self._decider = decider
        self._numbers = numbers
        self._on_answer = on_answer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._paused = False
        self.idle = True

    def received(self, data: bytes) -> None:
        """More bytes from the subject: parts of requests, or several."""
        self._http.receive_data(data)
        self._process()

    def ended(self, cause: int) -> None:
        """Nothing to do: an HTTP connection has no state of its own on the platform."""

    # -- requests

    def _process(self) -> None:
        """Take from h11 what is there, until it wants more input or an answer is still being given. Where
        there is much, the rest in the loop's next turn, and until then nothing more arrives."""
        try:
            for _ in range(STEPS_IN_A_TURN):
                if not (self._tcp.open and self._step()):
                    self._read_on()
                    return
        except h11.RemoteProtocolError as problem:
            self._refuse(HttpReply(problem.error_status_hint, {"message": str(problem)}))
            self._read_on()
            return
        self._paused = True
        self._tcp.pause()
        self._stage.later(0, self._process)

    def _read_on(self) -> None:
        if self._paused:
            self._paused = False
            self._tcp.resume()

    def _step(self) -> bool:
        """Take one event off h11; false when there is nothing more to do now."""
        event = self._http.next_event()
        match event:
            case h11.Request():
                self._request, self._body, self.idle = event, bytearray(), False
                if self._http.they_are_waiting_for_100_continue:
                    self._tcp.send(
                        self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""
                    )
            case h11.Data():
                self._body += event.data
                if len(self._body) > BODY_LIMIT:
                    self._refuse(HttpReply(413, {"message": "too large"}))
                    return False
            case h11.EndOfMessage():
                assert self._request is not None
                self._answer(self._request)
                return self._http.our_state is h11.IDLE
            case _:
                return False
        return True

    def _refuse(self, reply: HttpReply) -> None:
        """For what is no request, or too large: an error status where one can still be sent, then FIN."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            host = self._tcp.host
            endpoint = rest.endpoint_of(host, "", "")
            self._stage.sink("peer", HttpAnswer(endpoint, reply.status), Envelope(self._tcp.number))
            self._tcp.send(self._head(reply, close=True) + rest.encode(reply))
        self._tcp.finish()

    def _answer(self, head: h11.Request) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        method, path = head.method.decode("ascii"), head.target.decode("latin-1")
        request = Request(self._tcp.host, method, path, headers, bytes(self._body), self._stage.now_us())
        asked = rest.asked(self._platform, request, self._stage.normal)
        about = Envelope(self._tcp.number, next(self._numbers), asked.bot)
        cause = self._stage.sink(
            "peer", HttpRequest(asked.endpoint, method, path, asked.reply_to, asked.token), about
        )
        if asked.send is not None:
            self._stage.sink("peer", asked.send, replace(about, cause=cause))
        if asked.ack is not None:
            self._stage.sink("peer", asked.ack, replace(about, cause=cause))
        accepted: bool | None = None

        def default() -> HttpReply:
            nonlocal accepted
            reply = rest.respond(self._platform, request)
            accepted = is_success(reply)
            return reply

        ask = HttpAsk(method, path, headers, request.body, asked.endpoint, default)
        facts = HttpFacts(asked.send.what, asked.send.scene) if asked.send else NO_FACTS
        ruling = self._decider.ask(f"http.{asked.endpoint}", about, cause, path=path, http=facts)
        reply: HttpReply = ruling.reply(ask) if ruling.answered else default()
        self._on_answer()
        body = body_of(reply, method)
        ruling.finish(effect_of(reply, body))
        status = None if reply.delivery == "none" else reply.status
        given = Envelope(about.conn, about.req, about.bot, cause, ruling.rule)
        told = sends.answered(written(reply, body))
        message = told.id if asked.send is not None and asked.send.what == "message" else None
        answer = HttpAnswer(asked.endpoint, status, ruling.verb, told.code, accepted, message)
        n = self._stage.sink("peer", answer, given)
        if status is not None:
            facts = replace(facts, status=status, code=told.code)
            self._decider.ask(f"http.answer.{asked.endpoint}", given, n, path=path, http=facts)
        self._observer.answered(cause, self._tcp.number, request, asked, reply, accepted)
        self._deliver(reply, body, n, ruling.rule)

    # -- answers

    def _deliver(self, reply: HttpReply, body: bytes, cause: int, rule: str | None) -> None:
        match reply.delivery:
            case "whole":
                self._tcp.send(self._head(reply, length=len(body)) + self._part(body))
                self._answered(cause)
            case "cut":
                self._tcp.send(self._head(reply, length=len(body)) + body[: reply.cut_after])
                self._tcp.finish(cause=cause, rule=rule)
            case "drip":
                self._tcp.send(self._head(reply, length=len(body)))
                self._drip(body, 0, reply.drip_us, cause)
            case "none":
                pass

    def _drip(self, body: bytes, at: int, every_us: int, cause: int) -> None:
        if not self._tcp.open:
            return
        self._tcp.send(self._part(body[at : at + 1]))
        if at + 1 < len(body):
            self._stage.later(every_us, self._drip, body, at + 1, every_us, cause)
        else:
            self._answered(cause)
            self._process()

    def _answered(self, cause: int) -> None:
        """The answer is complete: the connection is free for the next request, or it ends."""
        self._tcp.send(self._http.send(h11.EndOfMessage()) or b"")
        if self._http.our_state is h11.MUST_CLOSE:
            self._tcp.finish(cause=cause)
        else:
            self._http.start_next_cycle()
            self.idle = True
            self._tcp.idle_since_us = self._stage.now_us()

    def _part(self, data: bytes) -> bytes:
        return (self._http.send(h11.Data(data)) or b"") if data else b""

    def _head(self, reply: HttpReply, *, length: int | None = None, close: bool = False) -> bytes:
        size = len(rest.encode(reply)) if length is None else length
        kind = "text/plain; charset=utf-8" if isinstance(reply.payload, str) else "application/json"
        now = (self._platform.options.epoch_us + self._stage.now_us()) // 1_000_000
        date = {"Date": formatdate(now, usegmt=True)}
        headers = {**date, "Content-Type": kind, "Content-Length": str(size), **reply.headers}
        if reply.status in _WITHOUT_LENGTH:
            headers = {**date, **reply.headers}
        if close:
            headers["Connection"] = "close"
        head = h11.Response(
            status_code=reply.status, headers=list(headers.items()), reason=phrase(reply.status).encode()
        )
        return self._http.send(head) or b""
