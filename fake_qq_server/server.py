"""The asyncio front of the fake platform: a listener per host, and what stands between sockets and state.

Three hosts, as the real platform has: the token endpoint, the REST API, the WebSocket gateway. Each has its
own port, picked by the kernel on loopback, so that one alone can be refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from fake_qq_server.director import Director
from fake_qq_server.events import Host, LinkClose, Sink
from fake_qq_server.platform.platform import Bot, Options, Platform
from fake_qq_server.platform.rest import TOKEN_PATH
from fake_qq_server.rule_writer import RuleLine
from fake_qq_server.rules.engine import Push
from fake_qq_server.rules.language import Moment, Rule
from fake_qq_server.rules.verbs.registry import Effect, SignalProcess
from fake_qq_server.wire.http import HttpTalk
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.tcp import Talk, Wire
from fake_qq_server.wire.websocket import WsTalk

HOSTS: tuple[Host, ...] = get_args(Host)
DELAY_US = 40_000
"""One way. With no delay, bugs hide: the first heartbeat comes at 33 s with 0 ms and at 30 s with 1 ms."""

GATEWAY_PATH = "/websocket"
_ASKS_UPGRADE = re.compile(rb"^upgrade:[ \t]*websocket", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Addresses:
    """Where a client finds the fake: API base, token URL, gateway URL; ports by host."""

    api: str
    token: str
    gateway: str
    ports: Mapping[Host, int]


class FakeQQ:
    """A whole platform on loopback. Build it inside a running loop; `bots` are (app id, secret) pairs.

    `sink` is told everything that happens; `on_secrets` of each new token, by name. Times are microseconds
    since `start()`; under virtual time the loop starts at 0 and so do they. `ports` of 0, the default, are
    the kernel's choice; a port that somebody has raises OSError.

    `on_error` is told of every exception inside the fake itself: from then on, what it does is worth nothing.
    Unless replaced it goes to the loop's exception handler. `on_signal` sends the subject's process a signal;
    unless replaced there is no process.
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
        address: str = "127.0.0.1",
        ports: Mapping[Host, int] | None = None,
    ) -> None:
        self.sink = sink
        self.loop = asyncio.get_running_loop()
        self.delay_us = delay_us
        self.stopped = False
        self._start = self.loop.time()
        self._requests = 0
        self._on_secrets = on_secrets
        self.on_heal: Callable[[], None] = lambda: None
        self.on_signal: SignalProcess = lambda name: False
        self.on_error: Callable[[BaseException], None] = self._to_the_loop
        self.listeners: dict[Host, Listener] = {}
        try:
            for host in HOSTS:
                self.listeners[host] = Listener(self, host, address, (ports or {}).get(host, 0))
        except BaseException:
            self._let_go()
            raise
        self.addresses = self._addresses()
        self.platform = Platform(self._options(options or Options(seed=seed), len(bots)))
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
        """Let go of every port at once, and of every connection in the loop's next turns."""
        self.director.stop()
        self._let_go()

    def now_us(self) -> int:
        return round((self.loop.time() - self._start) * 1e6)

    def call_at(self, at_us: int, call: Callable[[], object]) -> asyncio.TimerHandle:
        return self.loop.call_at(self._start + at_us / 1e6, self.safely, call)

    def later(self, after_us: int, call: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        return self.loop.call_later(after_us / 1e6, self.safely, call, *args)

    def safely(self, call: Callable[..., object], *args: object) -> None:
        """Everything the loop calls in the fake passes here: an exception is the fake's own, and told."""
        try:
            call(*args)
        except Exception as problem:
            self.on_error(problem)

    def _to_the_loop(self, problem: BaseException) -> None:
        self.loop.call_exception_handler({"message": "the fake platform failed", "exception": problem})

    def _let_go(self) -> None:
        self.stopped = True
        for listener in self.listeners.values():
            listener.end()

    # -- what connections ask

    def talk_for(self, wire: Wire, head: bytes) -> Talk:
        """HTTP or WebSocket, by the first request's head and the host it came to."""
        upgrade = wire.host == "ws" and _ASKS_UPGRADE.search(head.partition(b"\r\n\r\n")[0])
        return WsTalk(self, wire) if upgrade else HttpTalk(self, wire)

    def next_request(self) -> int:
        self._requests += 1
        return self._requests

    def new_secrets(self) -> None:
        """Tell of the secrets there are; a token may just have been made."""
        self._on_secrets(self.platform.canaries())

    def bot_hint(self, path: str, headers: Mapping[str, str]) -> Bot | None:
        """Whose upgrade request this is: by its Authorization (satori sends one), else by the gateway URL,
        which is another one for each of several bots."""
        token = self.platform.token_row(headers.get("authorization"))
        if token is not None:
            return token.bot
        bots = self.platform.bots
        if len(bots) == 1:
            return bots[0]
        return next((bot for bot in bots if path.startswith(_gateway_path(bot.number))), None)

    def ws_talk(self, conn: int) -> WsTalk | None:
        """The WebSocket connection of that number, while it is open."""
        wire = self.listeners["ws"].wires.get(conn)
        talk = wire.talk if wire else None
        return talk if isinstance(talk, WsTalk) else None

    # -- what rules and the harness do

    def push(self, bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        """Carry out a push; returns the connection it acted on and its effect, None where it did not act."""
        do = push.do
        if do.row.on_process:
            return None, do.row.act(do.args, self.on_signal)
        talk = self.newest(bot, lambda talk: _can(do.verb, talk) and _meant(push, talk))
        if talk is not None:
            line = RuleLine(self, talk, push.rule.key, cause)
            effect: Effect = do.row.act(do.args, line)
            return (talk.wire.number, effect) if line.acted else (None, None)
        if do.verb == "dispatch" and push.conn is None:
            return None, self._keep(bot, do.args.main, do.args.more.get("fields", {}))
        return None, None

    def newest(self, bot: int, fits: Callable[[WsTalk], bool] | None = None) -> WsTalk | None:
        """The bot's newest open connection that fits; by default, one that can be written to."""
        fits = fits or (lambda talk: talk.writable)
        talks = (self.ws_talk(number) for number in sorted(self.listeners["ws"].wires, reverse=True))
        return next((talk for talk in talks if talk and talk.bot == bot and fits(talk)), None)

    def serving(self, bot: int) -> WsTalk | None:
        """The bot's connection on which its session is ready or resumed and nothing interrupts, if any."""
        return self.newest(bot, lambda talk: talk.serving and not self.director.interrupted(talk.wire))

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

    def _options(self, given: Options, bots: int) -> Options:
        """The options with our gateway in them. Several bots get a URL each, so that a connection that does
        not even identify is known for what it is."""
        gateway = self.addresses.gateway
        if bots == 1:
            return replace(given, gateway_url=gateway)
        base = gateway.removesuffix(GATEWAY_PATH)
        urls = {number: base + _gateway_path(number) for number in range(1, bots + 1)}
        return replace(given, gateway_url=gateway, gateway_urls=urls)

    def _addresses(self) -> Addresses:
        at = {host: "{}:{}".format(*self.listeners[host].address) for host in HOSTS}
        ports = {host: self.listeners[host].address[1] for host in HOSTS}
        token = f"http://{at['token']}{TOKEN_PATH}"
        return Addresses(f"http://{at['api']}", token, f"ws://{at['ws']}{GATEWAY_PATH}", ports)


def _gateway_path(bot: int) -> str:
    return f"{GATEWAY_PATH}/{bot}/"


def _meant(push: Push, talk: WsTalk) -> bool:
    return push.conn is None or push.conn.holds(talk.wire.number)


def _can(verb: str, talk: WsTalk) -> bool:
    """Whether the verb has something to act on here. A FIN or an RST needs no WebSocket, only a connection;
    an event needs a session."""
    if verb in ("fin", "rst"):
        return talk.wire.open
    return talk.serving if verb == "dispatch" else talk.writable
