"""Proxies before a host, with a stand-in for its listener. What a client feels: faults/test_toxics.py."""

from __future__ import annotations

from typing import Any

from fake_qq_server.events import ListSink
from fake_qq_server.relay_proxies import RelayProxies
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.stage import Stage
from fake_qq_server.wire.tcp import TcpConnection
from tests.fake_qq_server.parts import OnePort, connect, turns

DOWN = {"id": "down", "link": "ws", "do": {"toxic": {"type": "down"}}}


class Switched(OnePort):
    """A port that a proxy may open and close."""

    enabled = True

    def update(self) -> None:
        self.done.append("open" if self.enabled else "closed")


class ProxySetup:
    """The proxies of some rules, before one port."""

    def __init__(self, *rules: Any) -> None:
        self.port = Switched("ws")
        self.stage = Stage(ListSink())
        parsed = parse_rules(list(rules))
        listeners: Any = {"ws": self.port}
        self.effects: list[tuple[str, int | None]] = []
        self.proxies = RelayProxies(
            self.stage, parsed, listeners, lambda act, conn, *rest: self.effects.append((act.rule.key, conn))
        )
        self.acts = Engine(parsed).advance(0).on

    def connection(self) -> tuple[TcpConnection, list[Any]]:
        """A new connection, and what its transport is made to do."""
        connection, transport = connect(self.stage, self.port)
        self.proxies.connected(connection)
        return connection, transport.done


async def test_a_connection_that_was_being_accepted_when_the_proxy_was_disabled_ends() -> None:
    setup = ProxySetup(DOWN)
    setup.proxies.on(setup.acts)
    connection, done = setup.connection()
    await turns()
    assert setup.port.done == ["closed"]
    assert setup.effects == [("down", connection.number)]
    assert done, "nothing was done to the connection"


async def test_a_connection_before_a_proxy_that_is_enabled_again_stays() -> None:
    setup = ProxySetup(DOWN)
    setup.proxies.on(setup.acts)
    setup.proxies.off(setup.acts)
    _, done = setup.connection()
    await turns()
    assert setup.port.done == ["closed", "open"]
    assert done == [] and setup.effects == []
