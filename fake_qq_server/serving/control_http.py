"""HTTP for the control API: h11 for the bytes, one task a connection. Loopback, and only with the token.

A page in a browser always names its origin where it could do harm, so a request with an Origin is refused,
with the token or without. Only the console's own, where there is a console, is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import inspect
import json
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from fake_qq_server.serving.connections import Connections
from fake_qq_server.serving.console import page
from fake_qq_server.serving.control import Control, Refused
from fake_qq_server.serving.control_routes import find, from_body, from_query
from fake_qq_server.serving.openapi import document

MOST_CONNECTIONS = 128
BODY_LIMIT = 8 << 20
HEAD_LIMIT = 64 << 10
READ_TIMEOUT_S = 30.0
"""How long a request may take to arrive, and how long a connection may be idle."""

OPENAPI = "/openapi.json"
LOOPBACK_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Answer:
    """What is answered to a request."""

    status: int
    body: bytes
    headers: page.Headers = (("Content-Type", "application/json"),)


class ControlServer(Connections):
    """The control API on a port of its own. `token` is what a request must have as its bearer token.
    `console`: whether the console is there too; its page holds nothing secret, and is for everybody."""

    def __init__(self, control: Control, token: str, *, console: bool = False) -> None:
        super().__init__(MOST_CONNECTIONS, HEAD_LIMIT)
        self._control = control
        self.token = token
        self._console = console

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.CancelledError):
            pass  # it went, was too slow, spoke no HTTP to the end, or the program is over
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        while True:
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    request, body = await _request(http, reader)
            except h11.RemoteProtocolError as problem:
                request, answer = None, _refusal(problem.error_status_hint, f"that is no HTTP: {problem}")
            except Refused as why:
                request, answer = None, _refusal(why.status, str(why))
            else:
                if request is None:
                    return
                answer = await self._answer(request, body)
            if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                return
            writer.write(_written(http, answer, close=request is None))
            await writer.drain()
            if request is None:
                return
            try:
                http.start_next_cycle()
            except h11.LocalProtocolError:  # this was the last request
                return

    async def _answer(self, request: h11.Request, body: bytes) -> Answer:
        if self._console and (request.method, request.target) == (b"GET", page.PATH.encode()):
            return Answer(200, page.html(), page.headers())
        try:
            self._check(dict(request.headers))
            return _json(200, await self._do(request, body))
        except Refused as why:
            return _refusal(why.status, str(why))
        except Exception:
            traceback.print_exc()
            return _refusal(500, "the fake itself failed: see what it wrote")

    def _check(self, headers: dict[bytes, bytes]) -> None:
        origin, host = headers.get(b"origin"), headers.get(b"host", b"")
        if origin is not None and not (self._console and _is_own(origin, host)):
            raise Refused(403, "no page of another origin may ask: a request with an Origin is refused")
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token.encode()):
            raise Refused(401, "say Authorization: Bearer and the control_token of the first line")

    async def _do(self, request: h11.Request, body: bytes) -> Any:
        method, url = request.method.decode("ascii"), urlsplit(request.target.decode("latin-1"))
        if (method, url.path) == ("GET", OPENAPI):
            return document()
        route, named = find(method, url.path)
        values = {name: unquote(value) for name, value in named.items()}
        values |= from_query(route, dict(parse_qsl(url.query, keep_blank_values=True)))
        values |= from_body(route, _read(body))
        done = route.call(self._control, **values)
        return await done if inspect.isawaitable(done) else done


async def _request(http: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request | None, bytes]:
    """The next request and its body; None at the end of the connection. Raises Refused, h11's errors."""
    request: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(HEAD_LIMIT))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                raise Refused(413, f"a body has at most {BODY_LIMIT >> 20} MiB")
        elif isinstance(event, h11.EndOfMessage):
            return request, bytes(body)
        else:
            return None, b""


def _is_own(origin: bytes, host: bytes) -> bool:
    """Whether a page has been had from here. The Host is what its browser was told, also where a tunnel leads
    here from another port; a name of somebody else's that leads to this machine is none of ours."""
    name = host.decode("latin-1").partition(":")[0]
    return name in LOOPBACK_NAMES and origin == b"http://" + host


def _written(http: h11.Connection, answer: Answer, *, close: bool) -> bytes:
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    if close:
        headers.append(("Connection", "close"))
    head = http.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    return head + (http.send(h11.Data(answer.body)) or b"") + (http.send(h11.EndOfMessage()) or b"")


def _json(status: int, said: Any) -> Answer:
    return Answer(status, json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def _refusal(status: int, sentence: str) -> Answer:
    return _json(status, {"error": sentence})


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
