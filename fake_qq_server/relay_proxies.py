"""Proxies in virtual time: a relay on each connection of a host for which any rule names a toxic.

Such a host has its proxy for the whole run. Chance is drawn from the seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from fake_qq_server.conditioning import OnEffect
from fake_qq_server.events import Host
from fake_qq_server.proxying import Proxies, definition_of
from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.decisions import Act
from fake_qq_server.rules.rule import Rule
from fake_qq_server.stage import Stage
from fake_qq_server.toxics.definition import DOWN
from fake_qq_server.toxics.pipe import NOOP, Acted, Draw, Toxic
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.relay import Relay
from fake_qq_server.wire.tcp import TcpConnection


class RelayProxies(Proxies):
    """See the module. Chance is drawn from `seed`."""

    def __init__(
        self,
        stage: Stage,
        rules: Iterable[Rule],
        listeners: Mapping[Host, Listener],
        on_effect: OnEffect,
        *,
        seed: int = 0,
    ) -> None:
        super().__init__(stage, rules, listeners, on_effect)
        self._seed = seed
        for host in self._proxies:
            listeners[host].proxied = True

    def connected(self, connection: TcpConnection) -> None:
        """A new connection: what lies on its proxy lies on it."""
        proxy, relay = self._proxies.get(connection.host), connection.relay
        if proxy is None or relay is None:
            return
        now = self._stage.now_us()
        relay.on_acted = lambda acted: self._acted(connection, acted)
        relay.on_dead = lambda name: self._dead(connection, name)
        for act in proxy.lying:
            toxic = definition_of(act)
            relay.link.resets |= toxic.toxic.lingers
            chosen, draws = self._chosen(act, connection)
            relay.link.begin(now, toxic.stream, toxic.name, chosen, draws)
            relay.rules[toxic.name] = act.rule.key
            self._report(act, connection, on=True)
        relay.tell(())
        if proxy.downs:  # it was being accepted when the proxy was disabled
            self._cut(connection, relay, proxy.downs[-1])

    def interrupted(self, connection: TcpConnection) -> bool:
        """Whether a toxic is on it under which nothing can be served, or let nothing pass since a while."""
        dead = connection.relay is not None and connection.relay.dead
        return dead or super().interrupted(connection)

    def _put(self, host: Host, act: Act, before: Act | None) -> None:
        toxic, now = definition_of(act), self._stage.now_us()
        for connection, relay in self._relays(host):
            if before is not None:
                self._report(before, connection, on=False)
            relay.rules[toxic.name] = act.rule.key
            self._report(act, connection, on=True)
            do = relay.link.add if before is None else relay.link.change
            relay.tell(do(now, toxic.stream, toxic.name, *self._chosen(act, connection)))

    def _take_off(self, host: Host, act: Act) -> None:
        toxic = definition_of(act)
        cut = toxic.toxic.cuts_when_removed
        for connection, relay in self._relays(host):
            self._report(act, connection, on=False)
            relay.tell(relay.link.remove(self._stage.now_us(), toxic.stream, toxic.name, cut=cut))

    def _switch(self, host: Host, act: Act, *, disabled: bool) -> None:
        if not self._stage.stopped:
            self._listeners[host].update()
        for connection, relay in self._relays(host) if disabled else ():
            self._cut(connection, relay, act)

    def _cut(self, connection: TcpConnection, relay: Relay, act: Act) -> None:
        if connection.open:
            self._on_effect(act, connection.number, 0, 0)
        relay.rules[DOWN] = act.rule.key
        relay.tell(relay.link.cut(DOWN))

    def _relays(self, host: Host) -> list[tuple[TcpConnection, Relay]]:
        sockets = self._listeners[host].sockets.values()
        return [(one, one.relay) for one in sockets if one.relay is not None]

    # -- one connection

    def _chosen(self, act: Act, connection: TcpConnection) -> tuple[Toxic, Draw]:
        """What its toxicity makes of a toxic there, and what it draws from."""
        toxic, counter = definition_of(act), itertools.count(1)

        def next_draw() -> float:
            key = (connection.host, connection.number, toxic.stream)
            return draw(self._seed, act.rule.key, *key, next(counter))

        return (toxic.toxic if self._hit(act, connection) else NOOP), next_draw

    def _hit(self, act: Act, connection: TcpConnection) -> bool:
        toxicity = definition_of(act).toxicity
        return draw(self._seed, act.rule.key, connection.host, connection.number, "toxicity") < toxicity

    def _acted(self, connection: TcpConnection, acted: Acted) -> None:
        proxy = self._proxies[connection.host]
        for act in proxy.toxics.get(acted.name, ())[-1:]:
            self._on_effect(act, connection.number, acted.bytes, acted.us)

    def _dead(self, connection: TcpConnection, name: str) -> None:
        """What passed for a while does not any more: from now on it interrupts."""
        for act in self._proxies[connection.host].toxics.get(name, ())[-1:]:
            self._report(act, connection, on=True, interrupts=True)
