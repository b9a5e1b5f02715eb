"""A client on bare sockets that puts into words what it observes: at once, and within an hour of the fake's.

The fake runs on a clock that stands still unless it is moved. So nothing here waits in real time, no machine
is too slow for it, and "silence" is an hour of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import termios
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_qq_server.client.shapes import Record
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.server import FakeQQ
from fake_qq_server.serving.clock import MovableClock
from fake_qq_server.serving.history import History
from fake_qq_server.wire import frames
from tests.fake_qq_server.front import INTENTS
from tests.fake_qq_server.raw import UPGRADE, masked, request

TURNS = 60
"""Turns of the loop in which everything happens that follows from what the kernel has delivered."""

STANDS_STILL = 1e-9
"""The speed of a clock that moves only where it is moved."""

AN_HOUR_S = 3600.0
LOGIN = json.dumps({"appId": "app1", "clientSecret": "secret1"}).encode()
REQUESTS: Mapping[str, tuple[str, str, bytes]] = {
    "token": ("POST", "/app/getAppAccessToken", LOGIN),
    "gateway": ("GET", "/gateway", b""),
    "api": ("GET", "/users/@me", b""),
}
OPS = {1: "a heartbeat", 7: "op 7", 9: "op 9", 10: "Hello", 11: "the ack"}
MESSAGE = "C2C_MESSAGE_CREATE"


@dataclass
class Line:
    """One connection: what arrived and was not put into words yet, and how it ended. `partial`: the bytes of
    a body that were told of before all of it was there."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    delivered: Callable[[], bool]
    data: bytes = b""
    ended: str = ""
    closing: bool = False
    partial: int = 0
    upgraded: bool = False
    texts: list[dict[str, Any]] = field(default_factory=list)

    async def settle(self) -> None:
        """Everything that is on its way has arrived."""
        quiet = 0
        while quiet < TURNS:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self.delivered() else 0
        while not self.ended:
            try:
                async with asyncio.timeout(0):
                    got = await self.reader.read(1 << 20)
            except TimeoutError:
                return
            except ConnectionResetError:
                self.ended = "a reset"
                return
            self.data += got
            self.ended = "" if got else "EOF"

    def say(self, op: int, d: Any) -> None:
        """One frame."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(masked(frames.TEXT, json.dumps({"op": op, "d": d}).encode()))

    async def told(self) -> list[str]:
        """What arrived since this was asked last, in words."""
        await self.settle()
        found: list[str] = []
        if not self.upgraded:
            found += self._answer()
        while self.upgraded and (frame := self._frame()) is not None:
            found.append(self._in_words(*frame))
        if self.closing and not self.ended:
            await self.settle()
        if self.data and self.ended:
            found.append(f"a part of {self.data[:1].hex()}..." if self.upgraded else "a part of an answer")
        if self.ended and self.ended != "told":
            found.append(self.ended)
            self.ended = "told"
        return found

    def _answer(self) -> list[str]:
        head, end, body = self.data.partition(b"\r\n\r\n")
        if not end:
            return []
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        if status == 101:
            self.upgraded, self.data = True, body
            return ["101"]
        lengths = [int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")]
        if lengths and len(body) < lengths[0]:
            if not self.ended and len(body) == self.partial:
                return []
            self.partial = len(body)
            if not self.ended:
                return [f"{status} and {_count(body)} of its body so far"]
            self.data = b""
            return [f"{status} and only {_count(body)} of its body"]
        self.data = b""
        return [f"{status} {_body(body)}".strip()]

    def _frame(self) -> tuple[int, bytes] | None:
        if len(self.data) < 2:
            return None
        length, start = self.data[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(self.data[2:4]), 4
        if len(self.data) < start + length:
            return None
        opcode, payload = self.data[0] & 0x0F, self.data[start : start + length]
        self.data = self.data[start + length :]
        return opcode, payload

    def _in_words(self, opcode: int, payload: bytes) -> str:
        if opcode == frames.CLOSE:
            self.closing = True
            with contextlib.suppress(ConnectionError):
                self.writer.write(masked(frames.CLOSE, payload[:2]))  # as every library answers
            code = f" {int.from_bytes(payload[:2])}" if payload else ""
            return f"close{code}" + (f" {payload[2:].decode()!r}" if payload[2:] else "")
        if opcode == frames.PONG:
            return f"pong {payload.decode()!r}"
        try:
            told = json.loads(payload)
        except ValueError:
            return f"the text {payload.decode()!r}"
        self.texts.append(told)
        return _named(told)


def _on_its_way(transport: asyncio.BaseTransport) -> bool:
    """Whether something that was written to a socket has not arrived at the other end of it."""
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return False
    return any(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))


def _count(data: bytes) -> str:
    return f"{len(data)} byte" + "s" * (len(data) != 1)


def _body(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return f"with the body {body.decode()!r}" if body else ""
    return f"with code {told['code']}" if "code" in told else "as is due"


def _named(told: Mapping[str, Any]) -> str:
    name = {MESSAGE: "the message"}.get(told.get("t") or "", told.get("t")) or OPS.get(told["op"], "a frame")
    changed = " as changed" if isinstance(told.get("d"), dict) and "changed" in told["d"] else ""
    return f"{name}{changed}"


class PlainClient:
    """A fake with rules and its only bot. Everything arrives at once, unless a rule delays it."""

    def __init__(self) -> None:
        self.clock = MovableClock(asyncio.get_running_loop(), STANDS_STILL)
        self.records: list[Record] = []
        history = History(self.records.append)
        self.fake = FakeQQ(history, [("app1", "secret1")], delay_us=0, observer=history, clock=self.clock)
        history.now_us = self.fake.now_us
        self.errors: list[BaseException] = []
        self.fake.on_error = self.errors.append
        self.lines: list[Line] = []
        self._token = ""

    async def dial(self, host: Any) -> Line:
        """A connection to one of the hosts. Raises ConnectionRefusedError."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.fake.addresses.ports[host])
        self.lines.append(Line(reader, writer, self._delivered))
        return self.lines[-1]

    def _delivered(self) -> bool:
        """The kernel has brought all that either side wrote to the other."""
        theirs = [one.transport for port in self.fake.listeners.values() for one in port.connections.values()]
        mine = [line.writer.transport for line in self.lines]
        return not any(_on_its_way(one) for one in (*theirs, *mine))

    async def ask(self, name: str, line: Line | None = None) -> Line:
        """Send a request of REQUESTS."""
        line = line or await self.dial("token" if name == "token" else "api")
        method, path, body = REQUESTS[name]
        headers = ("Content-Type: application/json", f"Authorization: QQBot {self._token}")
        with contextlib.suppress(ConnectionError):
            line.writer.write(request(method, path, *headers, body=body))
        return line

    async def log_in(self) -> None:
        """A token, before there is any rule."""
        line = await self.ask("token")
        await line.settle()
        self._token = json.loads(line.data.partition(b"\r\n\r\n")[2])["access_token"]

    async def upgrade(self) -> Line:
        """Send an upgrade request."""
        line = await self.dial("ws")
        line.writer.write(UPGRADE % b"/websocket")
        return line

    async def greeted(self) -> Line:
        """A connection on which Hello came."""
        line = await self.upgrade()
        assert [*await line.told(), *await self.later(line)] == ["101", "Hello"]
        return line

    def identify(self, line: Line, intents: int = INTENTS) -> None:
        line.say(2, {"token": f"QQBot {self._token}", "intents": intents, "shard": [0, 1]})

    async def ready(self) -> Line:
        """A connection up to READY."""
        line = await self.greeted()
        self.identify(line)
        assert await line.told() == ["READY"]
        return line

    def resume(self, line: Line, ready: Line) -> None:
        """Resume the session of another connection."""
        session = next(text["d"]["session_id"] for text in ready.texts if text.get("t") == "READY")
        line.say(6, {"token": f"QQBot {self._token}", "session_id": session, "seq": 1})

    async def later(self, line: Line, seconds: float = 1.0) -> list[str]:
        """What arrives within so many seconds of the fake's clock."""
        await self.clock.forward(seconds)
        return await line.told()

    def load(self, rules: Sequence[Any]) -> None:
        self.fake.load(parse_rules(list(rules)))

    def push(self, do: Any) -> None:
        """A push of the platform's own, besides the rules that are loaded."""
        self.fake.director.push_now(1, parse_rules([{"at": "0s", "do": do}])[0])


@contextlib.asynccontextmanager
async def plain_client() -> AsyncIterator[PlainClient]:
    """It is logged in. Fails a test in which the fake fails."""
    client = PlainClient()
    client.fake.start()
    try:
        await client.log_in()
        yield client
    finally:
        client.fake.stop()
        for line in client.lines:
            line.writer.transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)
    if client.errors:
        raise client.errors[0]


def sentence(now: Sequence[str], later: Sequence[str], again: Sequence[str] | None = None) -> str:
    """What was observed: at once, within the hour, and after asking again."""
    said = ", ".join(now) or "silence"
    if later:
        said += f"; later {', '.join(later)}"
    if again is not None:
        said += f"; asked again: {', '.join(again) or 'silence'}"
    return said
