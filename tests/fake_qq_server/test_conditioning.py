"""Conditions on connections and ports, with stand-ins for the listeners."""

from __future__ import annotations

import sys
from typing import Any, Literal

import pytest

from fake_qq_server.conditioning import Conditions
from fake_qq_server.events import LinkCondition, ListSink
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.stage import Stage
from fake_qq_server.wire.tcp import TcpConnection
from tests.fake_qq_server.parts import OnePort, connect, last, turns


class ConditionsSetup:
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
    setup = ConditionsSetup({"link": "ws.down", "do": "silent"}, {"link": "api", "do": "stall"})
    connection, done = setup.connection()
    setup.conditions.connected(connection)
    connection.send(b"lost")
    await turns()
    assert setup.changes() == [("silent", True, 1)] and done == []
    assert setup.effects == [("silent", 1, 4, 0)]


@pytest.mark.parametrize("opened", ["before", "after"])
async def test_the_work_for_many_conditions_grows_no_faster_than_their_number(opened: str) -> None:
    def calls(rules: int) -> int:
        setup = ConditionsSetup(*[{"link": "ws", "do": ["stall", "silent"]}] * rules)
        counted, connection = 0, setup.connection()[0]

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        if opened == "before":
            setup.conditions.on(setup.acts)
            setup.conditions.off(setup.acts, healed=False)
        else:
            setup.conditions.connected(connection)
        sys.setprofile(None)
        return counted

    assert calls(160) < 2.2 * calls(80)


async def test_a_window_that_begins_reaches_the_connections_there_are_and_its_end_lets_go() -> None:
    setup = ConditionsSetup({"link": "ws.down", "do": "stall"})
    connection, done = setup.connection()
    setup.conditions.on([setup.acts[0]])
    setup.conditions.on([setup.acts[0]])  # once is enough
    connection.send(b"held")
    await turns()
    assert done == [] and setup.conditions.interrupted(connection)
    setup.conditions.off([setup.acts[0]], healed=False)
    await turns()
    assert done == [b"held"] and not setup.conditions.interrupted(connection)
    assert setup.changes() == [("stall", True, 1), ("stall", False, 1)]


@pytest.mark.parametrize(("held", "released"), [("keep", False), ("release", True)])
async def test_healing_releases_what_is_held_only_where_that_is_asked(
    held: Literal["keep", "release"], released: bool
) -> None:
    setup = ConditionsSetup({"link": "ws.down", "do": "stall"}, held=held)
    connection, _ = setup.connection()
    setup.conditions.connected(connection)
    setup.conditions.off([setup.acts[0]], healed=True)
    assert setup.conditions.interrupted(connection) is not released


async def test_a_blackhole_stays_until_its_connection_is_gone() -> None:
    setup = ConditionsSetup({"link": "ws", "do": "blackhole"})
    connection, _ = setup.connection()
    setup.conditions.connected(connection)
    setup.conditions.off([setup.acts[0]], healed=False)
    assert setup.conditions.interrupted(connection)
    setup.conditions.disconnected(connection)
    assert not setup.conditions.interrupted(connection)


async def test_a_refusal_closes_the_port_and_ends_idle_connections() -> None:
    setup = ConditionsSetup({"id": "shut", "link": "ws", "do": "refuse"})
    setup.conditions.on([setup.acts[0]])
    assert setup.port.done == ["close", ("end idle", "shut")]
    event, about = last(setup.sink, "link.condition")
    assert event == LinkCondition("ws", "refuse", True, False) and about.conn is None
    setup.conditions.refused("ws")
    assert setup.effects == [("refuse", None, 0, 0)] and setup.port.attempts == 1


async def test_a_port_listens_again_for_an_attempt_that_no_rule_refuses() -> None:
    setup = ConditionsSetup({"link": "ws", "where": {"conn": 1}, "do": "refuse"})
    setup.conditions.on([setup.acts[0]])
    setup.conditions.refused("ws")
    setup.conditions.listen_or_refuse("ws")
    assert setup.port.done[-1] == "listen" and [on for _, on, _ in setup.changes()] == [True, False]


async def test_once_the_stage_is_stopped_no_port_changes() -> None:
    setup = ConditionsSetup({"link": "ws", "do": "refuse"})
    setup.stage.stopped = True
    setup.conditions.listen_or_refuse("ws")
    assert setup.port.done == [] and setup.sink.events == []
