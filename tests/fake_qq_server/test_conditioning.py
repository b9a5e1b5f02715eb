"""Conditions on connections and ports, with stand-ins for the listeners."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from fake_qq_server.conditioning import Conditions
from fake_qq_server.events import LinkCondition, ListSink
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.stage import Stage
from fake_qq_server.wire.tcp import TcpConnection
from tests.fake_qq_server.parts import OnePort, connect, last, turns


class Bench:
    """Conditions of some rules on one port."""

    def __init__(self, *rules: Any, held: Literal["keep", "release"] = "keep") -> None:
        self.sink, self.port = ListSink(), OnePort("ws")
        self.stage = Stage(self.sink)
        self.effects: list[tuple[str, int | None, int, int]] = []
        parsed = parse_rules(list(rules))
        listeners: Any = {"ws": self.port}
        self.engine = Engine(parsed)
        self.conditions = Conditions(
            self.stage, listeners, self.engine, lambda act, *rest: self.effects.append((act.do.verb, *rest)),
            held=held,
        )  # fmt: skip
        self.acts = self.engine.advance(0).on

    def connection(self) -> tuple[TcpConnection, list[Any]]:
        """A new connection, and what its transport is made to do."""
        connection, transport = connect(self.stage, self.port)
        return connection, transport.done

    def changes(self) -> list[tuple[str, bool, int | None]]:
        """The conditions that came and went, each with its connection."""
        return [
            (e.name, e.on, about.conn) for _, e, about in self.sink.events if isinstance(e, LinkCondition)
        ]


async def test_a_new_connection_gets_the_conditions_of_its_host() -> None:
    bench = Bench({"link": "ws.down", "do": "silent"}, {"link": "api", "do": "stall"})
    connection, done = bench.connection()
    bench.conditions.connected(connection)
    connection.send(b"lost")
    await turns()
    assert bench.changes() == [("silent", True, 1)] and done == []
    assert bench.effects == [("silent", 1, 4, 0)]


async def test_a_window_that_begins_reaches_the_connections_there_are_and_its_end_lets_go() -> None:
    bench = Bench({"link": "ws.down", "do": "stall"})
    connection, done = bench.connection()
    bench.conditions.on(bench.acts[0])
    bench.conditions.on(bench.acts[0])  # once is enough
    connection.send(b"held")
    await turns()
    assert done == [] and bench.conditions.interrupted(connection)
    bench.conditions.off(bench.acts[0], healed=False)
    await turns()
    assert done == [b"held"] and not bench.conditions.interrupted(connection)
    assert bench.changes() == [("stall", True, 1), ("stall", False, 1)]


@pytest.mark.parametrize(("held", "released"), [("keep", False), ("release", True)])
async def test_healing_releases_what_is_held_only_where_that_is_asked(
    held: Literal["keep", "release"], released: bool
) -> None:
    bench = Bench({"link": "ws.down", "do": "stall"}, held=held)
    connection, _ = bench.connection()
    bench.conditions.connected(connection)
    bench.conditions.off(bench.acts[0], healed=True)
    assert bench.conditions.interrupted(connection) is not released


async def test_a_blackhole_stays_until_its_connection_is_gone() -> None:
    bench = Bench({"link": "ws", "do": "blackhole"})
    connection, _ = bench.connection()
    bench.conditions.connected(connection)
    bench.conditions.off(bench.acts[0], healed=False)
    assert bench.conditions.interrupted(connection)
    bench.conditions.disconnected(connection)
    assert not bench.conditions.interrupted(connection)


async def test_a_refusal_closes_the_port_and_ends_idle_connections() -> None:
    bench = Bench({"id": "shut", "link": "ws", "do": "refuse"})
    bench.conditions.on(bench.acts[0])
    assert bench.port.done == ["close", ("end idle", "shut")]
    event, about = last(bench.sink, "link.condition")
    assert event == LinkCondition("ws", "refuse", True, False) and about.conn is None
    bench.conditions.refused("ws")
    assert bench.effects == [("refuse", None, 0, 0)] and bench.port.attempts == 1


async def test_a_port_listens_again_for_an_attempt_that_no_rule_refuses() -> None:
    bench = Bench({"link": "ws", "where": {"conn": 1}, "do": "refuse"})
    bench.conditions.on(bench.acts[0])
    bench.conditions.refused("ws")
    bench.conditions.listen_or_refuse("ws")
    assert bench.port.done[-1] == "listen" and [on for _, on, _ in bench.changes()] == [True, False]


async def test_once_the_stage_is_stopped_no_port_changes() -> None:
    bench = Bench({"link": "ws", "do": "refuse"})
    bench.stage.stopped = True
    bench.conditions.listen_or_refuse("ws")
    assert bench.port.done == [] and bench.sink.events == []
