"""The asyncio front of the fake platform: a listener per host, and what stands between sockets and state.

Three hosts, as the real platform has: the token endpoint, the REST API, the WebSocket gateway. Each has its
own port, picked by the kernel on loopback, so that one alone can be refused.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from .director import Director
from .events import Host, LinkClose, Sink
from .http_talk import HttpTalk
from .language import Moment, Rule
from .platform import Bot, Options, Platform
from .rest import TOKEN_PATH
from .rules import Push
from .verbs.registry import Effect
from .wire import Talk, Wire
from .ws_talk import RuleLine, WsTalk

HOSTS: tuple[Host, ...] = get_args(Host)
DELAY_US = 40_000
"""One way. With no delay, bugs hide: the first heartbeat comes at 33 s with 0 ms and at 30 s with 1 ms."""

GATEWAY_PATH = "/websocket"


@dataclass(frozen=True)
class Addresses:
    """Where a client finds the fake: API base, token URL, gateway URL; ports by host."""

    api: str
    token: str
    gateway: str
    ports: Mapping[Host, int]


class Listener:
    """One host's port, and its open connections by number."""

    def __init__(self, fake: FakeQQ, host: Host, address: str = "127.0.0.1", port: int = 0) -> None:
        self.fake = fake
        self.host = host
        self.wires: dict[int, Wire] = {}
        self.all_wires: list[Wire] = []
        self._accepted = 0
        # Bound and never listening: keeps the port ours while nobody listens, so that connects are refused
        # and no stranger can bind it, and healing finds the same port again.
        self._spare = _bound(address, port)
        self.address: tuple[str, int] = self._spare.getsockname()
        self._server: asyncio.Server | None = None
        self._socket: socket.socket | None = None
        self._opening: asyncio.Task[asyncio.Server] | None = None

    def next_number(self) -> int:
        self._accepted += 1
        return self._accepted

    @property
    def listening(self) -> bool:
        return self._socket is not None

    def listen(self) -> None:
        """Accept connections from now on."""
        if self._socket is None:
            self._socket = _bound(*self.address)
            self._socket.listen(128)
            loop = self.fake.loop
            self._opening = loop.create_task(loop.create_server(self._wire, sock=self._socket))

    def refuse(self) -> None:
        """Nobody listens from now on. Idle pooled connections end, as with a process that died."""
        self.close()
        for wire in list(self.wires.values()):
            if wire.idle:
                wire.finish()

    def close(self) -> None:
        """Stop listening; open connections stay."""
        if self._opening is not None:
            if self._opening.done():
                self._opening.result().close()
            else:
                self._opening.cancel()
        if self._socket is not None:
            self._socket.close()
        self._opening = self._socket = None

    def end(self) -> None:
        """The run is over: let go of every socket."""
        self.close()
        self._spare.close()
        for wire in self.all_wires:
            wire.drop()

    def _wire(self) -> Wire:
        wire = Wire(self)
        self.all_wires.append(wire)
        return wire


def _bound(address: str, port: int) -> socket.socket:
    # The protocol must be named: asyncio switches Nagle off only then, and with Nagle a frame waits for the
    # kernel's delayed ACK, that is for real time.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setblocking(False)
    sock.bind((address, port))
    return sock


class FakeQQ:
    """A whole platform on loopback. Build it inside a running loop; `bots` are (app id, secret) pairs.

    `sink` is told everything that happens; `on_secrets` of each new token, by name. Times are microseconds
    since `start()`; under virtual time the loop starts at 0 and so do they.
    """

    def __init__(
        self,
        sink: Sink,
        bots: Sequence[tuple[str, str]],
        *,
        rules: Sequence[Rule] = (),
        heal: Moment | None = None,
        held: Literal["keep", "release"] = "keep",
        seed: int = 0,
        delay_us: int = DELAY_US,
        options: Options | None = None,
        on_secrets: Callable[[Mapping[str, str]], None] = lambda secrets: None,
    ) -> None:
        self.sink = sink
        self.loop = asyncio.get_running_loop()
        self.delay_us = delay_us
        self._start = self.loop.time()
        self._requests = 0
        self._on_secrets = on_secrets
        self.on_heal: Callable[[], None] = lambda: None
        self.listeners: dict[str, Listener] = {host: Listener(self, host) for host in HOSTS}
        self.addresses = self._addresses()
        given = options or Options(seed=seed)
        self.platform = Platform(replace(given, gateway_url=self.addresses.gateway))
        for app_id, secret in bots:
            self.platform.register(app_id, secret)
        numbers = [bot.number for bot in self.platform.bots]
        self.director = Director(self, rules, seed=seed, heal=heal, held=held, bots=numbers)
        self.new_secrets()

    # -- life

    def start(self) -> Addresses:
        """Listen on all hosts; rules count from now."""
        self._start = self.loop.time()
        for listener in self.listeners.values():
            listener.listen()
        self.director.start()
        return self.addresses

    def stop(self) -> None:
        """Let go of every port and connection."""
        for listener in self.listeners.values():
            listener.end()

    def now_us(self) -> int:
        return round((self.loop.time() - self._start) * 1e6)

    def call_at(self, at_us: int, call: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_at(self._start + at_us / 1e6, call)

    # -- what connections ask

    def talk_for(self, wire: Wire, head: bytes) -> Talk:
        """HTTP or WebSocket, by the first request's head and the host it came to."""
        asks_upgrade = b"upgrade: websocket" in head.lower()
        return WsTalk(self, wire) if wire.host == "ws" and asks_upgrade else HttpTalk(self, wire)

    def next_request(self) -> int:
        self._requests += 1
        return self._requests

    def new_secrets(self) -> None:
        """Tell of the secrets there are; a token may just have been made."""
        self._on_secrets(self.platform.canaries())

    def bot_hint(self, path: str, headers: Mapping[str, str]) -> Bot | None:
        """Whose upgrade request this is: by its Authorization (satori sends one), else the only bot's."""
        del path
        token = self.platform.token_row(headers.get("authorization"))
        if token is not None:
            return token.bot
        return self.platform.bots[0] if len(self.platform.bots) == 1 else None

    def ws_talk(self, conn: int) -> WsTalk | None:
        """The WebSocket connection of that number, while it is open."""
        wire = self.listeners["ws"].wires.get(conn)
        talk = wire.talk if wire else None
        return talk if isinstance(talk, WsTalk) else None

    # -- what rules and the harness do

    def push(self, bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        """Carry out a push; returns the connection it acted on and its effect, None where it did not act."""
        do = push.do
        talk = self.newest(bot, lambda conn: push.conn is None or push.conn.holds(conn))
        if talk is not None and not (
            do.verb == "dispatch" and talk.connection and not talk.connection.serving
        ):
            effect: Effect = do.row.act(do.args, RuleLine(self, talk, push.rule.key, cause))
            return talk.wire.number, effect
        if do.verb == "dispatch":
            return None, self._keep(bot, do.args.main, do.args.more.get("fields", {}))
        return None, None

    def newest(self, bot: int, fits: Callable[[int], bool] = lambda conn: True) -> WsTalk | None:
        """The bot's newest open connection that a push can act on."""
        talks = (self.ws_talk(number) for number in sorted(self.listeners["ws"].wires, reverse=True))
        return next((t for t in talks if t and t.writable and t.bot == bot and fits(t.wire.number)), None)

    def serving(self, bot: int) -> WsTalk | None:
        """The bot's connection on which its session is ready or resumed and nothing interrupts, if any."""
        talk = self.newest(bot)
        if talk is None or talk.connection is None or not talk.connection.serving:
            return None
        return None if self.director.interrupted(talk.wire) else talk

    def refused(self, port: int) -> None:
        """Somebody tried to connect to this port: record it where nobody listens."""
        for host in HOSTS:
            if self.addresses.ports[host] == port and not self.listeners[host].listening:
                self.sink("probe", LinkClose(host, "peer", "refused"))
                self.director.refused(host)

    def _keep(self, bot: int, event_type: str, fields: Mapping[str, object]) -> Effect | None:
        """An event while no connection is open waits in the session's replay window."""
        owner = next(row for row in self.platform.bots if row.number == bot)
        session = self.platform.newest_session(owner, self.now_us())
        if session is None:
            return None
        stored = self.platform.dispatch(session, event_type, fields, self.now_us())
        return Effect(len(stored.text), 1) if stored else None

    def _addresses(self) -> Addresses:
        at = {host: "{}:{}".format(*self.listeners[host].address) for host in HOSTS}
        ports = {host: self.listeners[host].address[1] for host in HOSTS}
        token = f"http://{at['token']}{TOKEN_PATH}"
        return Addresses(f"http://{at['api']}", token, f"ws://{at['ws']}{GATEWAY_PATH}", ports)
