"""Proxies of a real Toxiproxy, which stands between the client and every host for the whole run.

What happens inside that server nobody here sees. A toxic has acted when bytes that it is about were sent
through it, when a connection ended by it or an end is kept back by it, or when a disabled proxy refused one.
Toxicity between 0 and 1 is refused, for the server draws by itself and does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from fake_qq_server.conditioning import OnEffect
from fake_qq_server.events import Host
from fake_qq_server.proxying import Proxies, definition_of
from fake_qq_server.rules.decisions import Act, VerbOfRule
from fake_qq_server.rules.rule import Rule
from fake_qq_server.stage import Stage
from fake_qq_server.toxics.definition import Definition
from fake_qq_server.toxics.proxy_link import Stream
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.tcp import TcpConnection

Address = tuple[str, int]
OnBytes = Callable[[TcpConnection, Stream, int], bool]
"""Told that so many more bytes were sent through a proxy; whether that made anything happen here."""


class ProxyServer(Protocol):
    """A Toxiproxy, by whoever talks to it. Every call is done when it returns, and takes no virtual time."""

    on_bytes: OnBytes

    def open(self, hosts: Mapping[Host, Address]) -> Mapping[Host, Address]:
        """Put a proxy before each host; where clients are to connect instead."""

    def put(self, host: Host, toxic: Definition, *, new: bool) -> None:
        """A toxic comes on, or is changed."""

    def remove(self, host: Host, name: str) -> None:
        """A toxic goes."""

    def enable(self, host: Host, on: bool) -> None:
        """Disable a proxy, or enable it."""

    def accepted(self, connection: TcpConnection) -> None:
        """The host has a new connection, from the proxy."""

    def swallows(self, connection: TcpConnection, stream: Stream) -> None:
        """What is sent in this stream from now on never arrives."""

    def ends_soon(self, connection: TcpConnection, soon: bool = True) -> None:
        """The proxy will end this connection, by a clock of its own; or it will not after all."""

    def client_ended(self, connection: TcpConnection) -> bool | None:
        """The host sees the end of a connection; whether its client made it, and not the proxy. None where
        nothing tells, as after a reset."""


class ServerProxies(Proxies):
    """See the module."""

    def __init__(
        self,
        stage: Stage,
        rules: Iterable[Rule],
        listeners: Mapping[Host, Listener],
        on_effect: OnEffect,
        server: ProxyServer,
    ) -> None:
        super().__init__(stage, rules, listeners, on_effect)
        self._server = server
        self._passed: dict[tuple[TcpConnection, str], int] = {}
        """How many bytes of its stream a toxic has had, on each connection."""
        self._cut: dict[TcpConnection, Act] = {}
        """The connections that the proxy was made to end, and by which rule."""
        self._dead: set[TcpConnection] = set()
        """Those on which nothing passes any more, and whose end is kept back."""
        self._kept: set[tuple[TcpConnection, VerbOfRule]] = set()
        """The ends that a toxic has kept back."""
        server.on_bytes = self._carried

    def connected(self, connection: TcpConnection) -> None:
        """A new connection: what lies on its proxy lies on it."""
        self._server.accepted(connection)
        connection.ended_by = lambda: self._ended_by(connection)
        connection.on_finish = lambda: self._keep(connection)
        proxy = self._proxies.get(connection.host)
        if proxy is None:
            return
        for act in proxy.lying:
            self._lies_on(act, connection)
        if proxy.downs:  # it was being accepted when the proxy was disabled
            self._doom(connection, proxy.downs[-1])

    def interrupted(self, connection: TcpConnection) -> bool:
        """Whether a toxic is on it under which nothing can be served, or lets nothing pass since a while."""
        return connection in self._dead or super().interrupted(connection)

    def _put(self, host: Host, act: Act, before: Act | None) -> None:
        self._server.put(host, definition_of(act), new=before is None)
        for connection in self._connections(host):
            if before is not None:
                self._report(before, connection, on=False)
            else:
                self._passed.pop((connection, definition_of(act).name), None)
            self._lies_on(act, connection)

    def _take_off(self, host: Host, act: Act) -> None:
        toxic = definition_of(act)
        self._server.remove(host, toxic.name)
        for connection in self._connections(host):
            self._report(act, connection, on=False)
            self._passed.pop((connection, toxic.name), None)
            if toxic.toxic.cuts_when_removed:
                self._doom(connection, act)

    def _switch(self, host: Host, act: Act, *, disabled: bool) -> None:
        if self._stage.stopped:
            return
        self._server.enable(host, self._listeners[host].enabled)
        for connection in self._connections(host) if disabled else ():
            self._on_effect(act, connection.number, 0, 0)
            self._doom(connection, act)

    # -- one connection

    def _connections(self, host: Host) -> list[TcpConnection]:
        return list(self._listeners[host].connections.values())

    def _lies_on(self, act: Act, connection: TcpConnection) -> None:
        """A toxic is on it from now on; what that means for what is on its way."""
        toxic = definition_of(act)
        self._report(act, connection, on=True)
        if toxic.toxic.cuts_when_removed:
            self._server.swallows(connection, toxic.stream)
            self._server.ends_soon(connection, toxic.toxic.ends_when_idle)

    def _doom(self, connection: TcpConnection, act: Act) -> None:
        self._cut[connection] = act
        self._server.ends_soon(connection)

    def _carried(self, connection: TcpConnection, stream: Stream, size: int) -> bool:
        """So many bytes went into the proxy: the toxics of that stream have them."""
        acted, lying = False, self._toxics_on(connection) if connection.open else []
        lying = [act for act in lying if definition_of(act).stream == stream]
        for place_there, act in enumerate(lying):
            toxic = definition_of(act)
            place = connection, toxic.name
            before = self._passed.get(place, 0)
            self._passed[place] = before + size
            effect = toxic.toxic.effect(before, size)
            if effect is not None:
                acted = True
                self._on_effect(act, connection.number, effect.bytes, effect.us)
                if effect.ends:
                    self._ends(connection, act, lying[place_there + 1 :])
        return acted

    def _ends(self, connection: TcpConnection, act: Act, behind: Sequence[Act]) -> None:
        """Nothing passes any more, and the end follows: at once, unless a toxic behind keeps it."""
        self._server.ends_soon(connection)
        if self._keep(connection, behind):
            self._dead.add(connection)
            self._report(act, connection, on=True, interrupts=True)

    def _ended_by(self, connection: TcpConnection) -> str | None:
        """The rule that ended it, None: the client did."""
        cut = self._cut.pop(connection, None)
        if cut is not None:
            return cut.rule.key
        self._keep(connection)
        ending = [act for act in self._toxics_on(connection) if definition_of(act).toxic.may_interrupt]
        if not ending or self._server.client_ended(connection):
            return None
        self._on_effect(ending[-1], connection.number, 0, 0)
        return ending[-1].rule.key

    def _keep(self, connection: TcpConnection, acts: Sequence[Act] | None = None) -> bool:
        """Its end reaches these toxics (None: all that lie there); whether one of them keeps it back."""
        kept = False
        for act in self._toxics_on(connection) if acts is None else acts:
            effect = definition_of(act).toxic.end_effect()
            if effect is None:
                continue
            kept = True
            if (connection, act.verb_of_rule) not in self._kept:
                self._kept.add((connection, act.verb_of_rule))
                self._on_effect(act, connection.number, effect.bytes, effect.us)
        return kept

    def _toxics_on(self, connection: TcpConnection) -> list[Act]:
        proxy = self._proxies.get(connection.host)
        return proxy.lying if proxy is not None else []
