"""The fake platform as a whole: builds its parts and names them.

Three hosts, as the real platform has: the token endpoint, the REST API, the WebSocket gateway. Each has its
own port, picked by the kernel on loopback, so that one alone can be refused.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fake_qq_server.addresses import HOSTS, Addresses
from fake_qq_server.director import Director
from fake_qq_server.events import Envelope, Held, Host, LinkClose, Party, Sink
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import GATEWAY_URL
from fake_qq_server.platform.rows import Bot
from fake_qq_server.pushing import Pusher
from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.moments import NO_FACTS, HttpFacts, Moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import RestartSubject, SignalProcess, SpeakAs
from fake_qq_server.server_proxies import ProxyServer
from fake_qq_server.stage import Clock, Stage, Timer
from fake_qq_server.wire.http import HttpProtocol
from fake_qq_server.wire.link import End
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.observer import NOBODY_WATCHES, Observer
from fake_qq_server.wire.open_websockets import OpenWebSockets
from fake_qq_server.wire.tcp import ApplicationProtocol, TcpConnection
from fake_qq_server.wire.websocket import WebSocketProtocol

DELAY_US = 40_000
"""One way. With no delay, bugs hide: the first heartbeat comes at 33 s with 0 ms and at 30 s with 1 ms."""

_ASKS_UPGRADE = re.compile(rb"^upgrade:[ \t]*websocket", re.IGNORECASE | re.MULTILINE)


class FakeQQ:
    """A whole platform on loopback. Build it inside a running loop; `bots` are (app id, secret) pairs.

    `sink` is told everything that happens; `on_secrets` of each new token, by name. Times are microseconds
    since `start()`; under virtual time the loop starts at 0 and so do they. `ports` of 0, the default, are
    the kernel's choice; a port that somebody has raises OSError. `name` stands for `address` in the URLs;
    `options.gateway_url`, where set, is what bots are told. `observer` sees whole requests and frames.
    With `tls`, its hosts speak that. `server`: a real Toxiproxy to stand before the hosts. `clock` stands in
    the place of the loop's.

    `on_signal` sends the subject's process a signal; unless replaced there is no process.
    `on_restart` stops the subject and starts it again, `on_speak` makes it send; unless replaced they cannot.
    `on_heal` is called when all rules end. `stage` has the clock and `on_error`. It is the
    `tcp.ConnectionHandler` of its ports.
    """

    def __init__(
        self,
        sink: Sink,
        bots: Sequence[tuple[str, str]],
        *,
        rules: Sequence[Rule] = (),
        forbids: Sequence[Forbid] = (),
        heal: Moment | None = None,
        held: Held = "keep",
        seed: int = 0,
        delay_us: int = DELAY_US,
        options: Options | None = None,
        on_secrets: Callable[[Mapping[str, str]], None] = lambda secrets: None,
        address: str = "127.0.0.1",
        ports: Mapping[Host, int] | None = None,
        name: str | None = None,
        observer: Observer = NOBODY_WATCHES,
        tls: ssl.SSLContext | None = None,
        server: ProxyServer | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._observer = observer
        self._seed = seed
        self._server = server
        self.stage = Stage(sink, delay_us, clock)
        self._on_secrets = on_secrets
        self._request_numbers = itertools.count(1)
        self.on_heal: Callable[[], None] = lambda: None
        self.on_signal: SignalProcess = lambda name: False
        self.on_restart: RestartSubject = lambda how, down_us: False
        self.on_speak: SpeakAs = lambda scene, place, text: False
        self.listeners: dict[Host, Listener] = {}
        try:
            for host in HOSTS:
                port = (ports or {}).get(host, 0)
                self.listeners[host] = Listener(self.stage, host, self, address, port, tls)
        except BaseException:
            self._close()
            raise
        bound: Mapping[Host, tuple[str, int]] = {host: one.address for host, one in self.listeners.items()}
        shown = bound if server is None else server.open(bound)
        self.addresses = Addresses.of(shown, name, tls=tls is not None)
        chosen = options or Options(seed=seed)
        urls = self.addresses.gateways(len(bots)) or chosen.gateway_urls
        gateway, media = self.addresses.gateway, self.addresses.api
        if chosen.gateway_url != GATEWAY_URL:  # advertised, as where a front stands before it
            gateway, urls = chosen.gateway_url, chosen.gateway_urls
        self.platform = Platform(replace(chosen, gateway_url=gateway, gateway_urls=urls, media_url=media))
        for app_id, secret in bots:
            self.platform.register(app_id, secret)
        self.websockets = OpenWebSockets(self.listeners["ws"])
        self._pusher = Pusher(
            self.platform,
            self.websockets.newest_first,
            self.now_us,
            lambda name: self.on_signal(name),
            self.stage.sink,
            lambda how, down_us: self.on_restart(how, down_us),
            lambda scene, place, text: self.on_speak(scene, place, text),
        )
        self.director = self._directed(self.stage, rules, forbids, heal, held)
        self._tell_secrets()

    def _directed(
        self,
        stage: Stage,
        rules: Sequence[Rule],
        forbids: Sequence[Forbid] = (),
        heal: Moment | None = None,
        held: Held = "keep",
    ) -> Director:
        return Director(
            stage,
            rules,
            self.listeners,
            self._pusher.push,
            forbids=forbids,
            bots=[bot.number for bot in self.platform.bots],
            seed=self._seed,
            heal=heal,
            held=held,
            on_heal=lambda: self.on_heal(),
            server=self._server,
        )

    # -- start and stop

    def start(self) -> Addresses:
        """Listen on all hosts; rules count from now."""
        self.stage.start_clock()
        for listener in self.listeners.values():
            listener.listen()
        self.director.start()
        return self.addresses

    def stop(self) -> None:
        """Close every port at once, and every connection in the loop's next turns."""
        self._close()
        self.director.stop()

    def _close(self) -> None:
        self.stage.stopped = True
        for listener in self.listeners.values():
            listener.end()

    # -- while it runs

    def load(
        self,
        rules: Sequence[Rule],
        heal: Moment | None = None,
        held: Held = "keep",
        forbids: Sequence[Forbid] = (),
    ) -> None:
        """These rules and prohibitions instead of those there are; their time and their marks count from
        now."""
        self.director.retire()
        self.director = self._directed(self.stage.from_now(), rules, forbids, heal, held)
        self.director.take_over()

    def register(self, app_id: str, secret: str) -> Bot:
        """One more bot. Raises ValueError where the app id is taken."""
        bot = self.platform.register(app_id, secret)
        self._tell_secrets()
        return bot

    def forget(self) -> None:
        """Begin anew, as between two tests: no rules, no tokens, no sessions, every connection reset."""
        self.load(())
        for listener in self.listeners.values():
            for connection in list(listener.connections.values()):
                connection.finish(End.RST)
        self.platform.forget()

    # -- a `wire.decider.Decider`: that of the rules there are now

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
        """What the rules say to an event."""
        return self.director.ask(event, about, cause, path=path, s=s, http=http)

    def mark(self, name: str, bot: int | None) -> None:
        """A step in a session's life."""
        self.director.mark(name, bot)

    # -- its stage, for those who have only the fake

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop it was built in."""
        return self.stage.loop

    @property
    def on_error(self) -> Callable[[BaseException], None]:
        """Told of every exception inside the fake itself: from then on its behaviour proves nothing."""
        return self.stage.on_error

    @on_error.setter
    def on_error(self, call: Callable[[BaseException], None]) -> None:
        self.stage.on_error = call

    def now_us(self) -> int:
        """Microseconds since `start()`."""
        return self.stage.now_us()

    def call_at(self, at_us: int, call: Callable[[], object]) -> Timer:
        """Call at a time, microseconds since `start()`; what it raises goes to `on_error`."""
        return self.stage.call_at(at_us, call)

    # -- what its connections need

    def protocol_for(self, connection: TcpConnection, head: bytes) -> ApplicationProtocol:
        """HTTP or WebSocket, by the first request's head and the host it came to."""
        if connection.host == "ws" and _ASKS_UPGRADE.search(head.partition(b"\r\n\r\n")[0]):
            return WebSocketProtocol(
                self.stage, connection, self.platform, self, self.websockets.get, self._observer
            )
        return HttpProtocol(
            self.stage,
            connection,
            self.platform,
            self,
            self._request_numbers,
            self._tell_secrets,
            self._observer,
        )

    def connected(self, connection: TcpConnection) -> None:
        """A connection was opened."""
        self.director.connected(connection)

    def unreachable(self, host: Host) -> None:
        """A host refused what the proxy before it had accepted."""
        self.stage.sink("peer", LinkClose(host, "peer", "refused"))
        self.director.refused(host)

    def disconnected(self, connection: TcpConnection) -> None:
        """A connection is closed and its socket is gone."""
        self.director.disconnected(connection)

    def _tell_secrets(self) -> None:
        """A bot or a token may be new."""
        for bot in self.platform.bots:
            self.director.add_bot(bot.number)
        self._on_secrets(self.platform.canaries())

    # -- what the harness asks and tells

    def newest(self, bot: int) -> WebSocketProtocol | None:
        """The bot's newest open connection that can be written to."""
        return self._pusher.newest(bot)

    def serving(self, bot: int) -> WebSocketProtocol | None:
        """The bot's connection on which its session is ready or resumed and nothing interrupts, if any."""
        return self._pusher.newest(bot, lambda one: one.serving and not self.director.interrupted(one.tcp))

    def refused(self, port: int) -> None:
        """Somebody tried to connect to this port: record it where nobody listens."""
        for host in HOSTS:
            listener = self.listeners[host]
            if self.addresses.ports[host] == port and not (listener.listening and listener.enabled):
                by: Party = "peer" if listener.enabled else "network"
                self.stage.sink("probe", LinkClose(host, by, "refused"))
                self.director.refused(host)
