"""Stand-ins for a part's neighbours, so that each part is tested alone, without a whole fake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fake_qq_server.events import Envelope, Host, ListSink
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Platform
from fake_qq_server.rules.decisions import Act, Decision
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import NO_FACTS, HttpFacts
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire.link import End
from fake_qq_server.wire.tcp import ApplicationProtocol, TcpConnection
from fake_qq_server.wire.websocket import WebSocketProtocol
from tests.fake_qq_server.raw import UPGRADE, masked


async def turns(count: int = 10) -> None:
    """So many turns of the loop: what is due now is done."""
    for _ in range(count):
        await asyncio.sleep(0)


def kinds(sink: ListSink) -> list[str]:
    """The kinds of what was recorded, in order."""
    return [event.KIND for _, event, _ in sink.events]


def last(sink: ListSink, kind: str) -> tuple[Any, Envelope]:
    """The last record of a kind."""
    return [(event, about) for _, event, about in sink.events if kind == event.KIND][-1]


class Transport(asyncio.Transport):
    """Writes down what is done to it and to its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Any] = []
        self.options: list[Any] = []
        self.unread = 0
        self._closing = False

    def write(self, data: Any) -> None:
        self.done.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unread

    def write_eof(self) -> None:
        self.done.append("fin")

    def close(self) -> None:
        self.done.append("close")
        self._closing = True

    def abort(self) -> None:
        self.done.append("abort")
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self if name == "socket" else default

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)


class Spoken:
    """An application protocol that writes down what it is told."""

    def __init__(self, idle: bool = True) -> None:
        self.idle = idle
        self.got: list[bytes] = []
        self.causes: list[int] = []

    def received(self, data: bytes) -> None:
        self.got.append(data)

    def ended(self, cause: int) -> None:
        self.causes.append(cause)


class OnePort:
    """A `Port` with what `Conditions` asks of a listener."""

    def __init__(self, host: Host = "api") -> None:
        self.host: Host = host
        self.proxied = False
        self.connections: dict[int, TcpConnection] = {}
        self.sockets: dict[int, TcpConnection] = {}
        self.attempts = 0
        self.done: list[Any] = []

    def next_number(self) -> int:
        self.attempts += 1
        return self.attempts

    def listen(self) -> None:
        self.done.append("listen")

    def close(self) -> None:
        self.done.append("close")

    def end_idle(self, rule: str | None = None) -> None:
        self.done.append(("end idle", rule))


class Handler:
    """A `ConnectionHandler` that gives every connection the same kind of protocol."""

    def __init__(self, make: Callable[[TcpConnection], ApplicationProtocol] = lambda tcp: Spoken()) -> None:
        self._make = make
        self.heads: list[bytes] = []
        self.told: list[tuple[str, int]] = []

    def protocol_for(self, connection: TcpConnection, head: bytes) -> ApplicationProtocol:
        self.heads.append(head)
        return self._make(connection)

    def connected(self, connection: TcpConnection) -> None:
        self.told.append(("connected", connection.number))

    def unreachable(self, host: Host) -> None:
        self.told.append(("unreachable", 0))

    def disconnected(self, connection: TcpConnection) -> None:
        self.told.append(("disconnected", connection.number))


def connect(stage: Stage, port: OnePort, handler: Handler | None = None) -> tuple[TcpConnection, Transport]:
    """A connection that was just accepted."""
    connection, transport = TcpConnection(stage, port, handler or Handler()), Transport()
    connection.connection_made(transport)
    return connection, transport


class Tcp:
    """A TCP connection as HTTP and WebSocket see it."""

    def __init__(self, host: Host = "api", number: int = 1) -> None:
        self.host: Host = host
        self.number = number
        self.open = True
        self.sent = b""
        self.paused = False
        self.ends: list[tuple[End, int | None, str | None]] = []

    def send(self, data: bytes) -> None:
        self.sent += data

    def finish(self, how: End = End.FIN, *, cause: int | None = None, rule: str | None = None) -> bool:
        if not self.open:
            return False
        self.open = False
        self.ends.append((how, cause, rule))
        return True

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def taken(self) -> bytes:
        """What was sent since the last time."""
        sent, self.sent = self.sent, b""
        return sent


class Decider:
    """Rules without an engine: an answer for each event named, and all that was asked and reported."""

    def __init__(self, **do: Any) -> None:
        """`ws_connect={"upgrade": 403}`: the verb that answers "ws.connect"."""
        self._answers = {event.replace("_", "."): verb for event, verb in do.items()}
        self.asked: list[tuple[str, int | None]] = []
        self.heard: list[tuple[Envelope, int | None]] = []
        self.marks: list[tuple[str, int | None]] = []
        self.acts: list[tuple[str, Effect, int | None]] = []

    def ask(
        self,
        event: str,
        about: Envelope,
        cause: int | None,
        *,
        path: str | None = None,
        s: int | None = None,
        http: HttpFacts = NO_FACTS,
    ) -> Ruling:
        self.asked.append((event, cause))
        self.heard.append((about, s))
        return Ruling(self._decision(event), cause, self._report)

    def mark(self, name: str, bot: int | None) -> None:
        self.marks.append((name, bot))

    def _decision(self, event: str) -> Decision:
        if event not in self._answers:
            return Decision()
        (rule,) = parse_rules([{"id": "r", "when": event, "do": self._answers[event]}])
        return Decision((Act(rule, rule.do[0], 1),))

    def _report(self, act: Act, effect: Effect, cause: int | None) -> None:
        self.acts.append((act.do.verb, effect, cause))


def platform(bots: int = 1, options: Options | None = None) -> Platform:
    """A platform with bots "app1", "app2", and so on."""
    made = Platform(options)
    for number in range(1, bots + 1):
        made.register(f"app{number}", f"secret{number}")
    return made


def websocket(
    stage: Stage,
    place: Platform,
    *,
    number: int = 1,
    decider: Decider | None = None,
    peers: dict[int, WebSocketProtocol] | None = None,
) -> tuple[WebSocketProtocol, Any]:
    """A WebSocket connection whose upgrade request has not come yet, and its TCP connection."""
    tcp: Any = Tcp("ws", number)
    known = {} if peers is None else peers
    made = known[number] = WebSocketProtocol(stage, tcp, place, decider or Decider(), known.get)
    return made, tcp


def upgraded(
    stage: Stage, place: Platform, number: int = 1, *, greeted: bool = True, **more: Any
) -> tuple[WebSocketProtocol, Any]:
    """The same, upgraded, as if Hello had been sent; else it is yet to be sent."""
    made, tcp = websocket(stage, place, number=number, **more)
    made.received(UPGRADE % b"/websocket")
    if greeted:
        made._before_hello = None
    tcp.taken()
    return made, tcp


def identified(stage: Stage, place: Platform, number: int = 1, **more: Any) -> tuple[WebSocketProtocol, Any]:
    """The same, with a session that is ready."""
    made, tcp = upgraded(stage, place, number, **more)
    token = place.token(place.bots[0], 0).text
    made.received(masked(1, b'{"op":2,"d":{"token":"QQBot %s","intents":%d}}' % (token.encode(), 1 << 25)))
    tcp.taken()
    return made, tcp
