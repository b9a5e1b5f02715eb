"""Toxics on a real server, with a stand-in for whoever talks to it: what it is asked, what counts."""

from __future__ import annotations

from typing import Any

from fake_qq_server.events import LinkClose, LinkCondition, ListSink
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.server_proxies import ServerProxies
from fake_qq_server.stage import Stage
from fake_qq_server.wire.tcp import TcpConnection
from tests.fake_qq_server.parts import connect, turns
from tests.fake_qq_server.test_proxying import Switched


class Server:
    """Writes down what it is asked. `by_client`: who ends connections."""

    on_bytes: Any = None

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.by_client: bool | None = False

    def put(self, host: str, toxic: Any, *, new: bool) -> None:
        self.asked.append(("add" if new else "change", host, toxic.name))

    def __getattr__(self, name: str) -> Any:
        return lambda *about: self.asked.append(
            (name, *(one.number if isinstance(one, TcpConnection) else one for one in about))
        )

    def client_ended(self, connection: TcpConnection) -> bool | None:
        return self.by_client


class Setup:
    """Rules whose windows are all open, before one port with one connection."""

    def __init__(self, *dos: Any) -> None:
        self.port, self.server, self.sink = Switched("ws"), Server(), ListSink()
        stage = Stage(self.sink)
        rules = parse_rules([{"id": f"r{n}", "link": "ws", "do": do} for n, do in enumerate(dos)])
        self.effects: list[Any] = []
        listeners: Any = {"ws": self.port}
        self.proxies = ServerProxies(
            stage,
            rules,
            listeners,
            lambda act, *what: self.effects.append((act.rule.key, *what)),
            self.server,
        )
        self.acts = Engine(rules).advance(0).on
        self.connection, _ = connect(stage, self.port)
        self.proxies.connected(self.connection)
        self.server.asked.clear()

    def _acted(self, act: Any, *what: int | None) -> None:
        self.effects.append((act.rule.key, *what))

    def on(self) -> Setup:
        self.proxies.on(self.acts)
        return self

    def off(self) -> Setup:
        self.proxies.off(self.acts)
        return self

    def send(self, stream: Any, size: int) -> bool:
        return bool(self.server.on_bytes(self.connection, stream, size))

    async def end(self) -> LinkClose:
        """The host sees the connection's end; what is recorded of it."""
        self.connection.eof_received()
        await turns()
        return next(event for _, event, _ in self.sink.events if isinstance(event, LinkClose))


def toxic(kind: str, **attributes: int) -> Any:
    return {"toxic": {"type": kind, "attributes": attributes}}


async def test_toxics_come_on_change_and_go_at_the_server() -> None:
    setup = Setup(toxic("latency", latency=1), toxic("latency", latency=2)).on().off()
    name = "latency_downstream"
    assert setup.server.asked == [
        ("add", "ws", name), ("change", "ws", name), ("remove", "ws", name)
    ]  # fmt: skip
    conditions = [event for _, event, _ in setup.sink.events if isinstance(event, LinkCondition)]
    assert [one.on for one in conditions] == [True, False, True, False]


async def test_bytes_of_its_stream_are_what_a_toxic_acts_on() -> None:
    setup = Setup(toxic("latency", latency=200, jitter=50)).on()
    assert not setup.send("upstream", 10) and setup.send("downstream", 10)
    assert setup.effects == [("r0", 1, 10, 250_000)]
    setup.off()
    assert not setup.send("downstream", 10)


async def test_a_limit_acts_when_it_is_reached_and_then_the_end_is_waited_for() -> None:
    setup = Setup(toxic("limit_data", bytes=100)).on()
    assert not setup.send("downstream", 60) and setup.send("downstream", 60)
    assert setup.effects == [("r0", 1, 20, 0)] and setup.server.asked[-1] == ("ends_soon", 1)
    assert not setup.send("downstream", 60)


async def test_a_slicer_acts_on_what_is_long_enough() -> None:
    setup = Setup(toxic("slicer", average_size=100, size_variation=10, delay=5)).on()
    assert not setup.send("downstream", 90) and setup.send("downstream", 400)


async def test_a_timeout_swallows_and_ends_soon_and_when_it_goes_the_connection_does() -> None:
    setup = Setup(toxic("timeout", timeout=300)).on()
    assert setup.server.asked[1:] == [("swallows", 1, "downstream"), ("ends_soon", 1, True)]
    setup.off()
    assert setup.server.asked[3:] == [("remove", "ws", "timeout_downstream"), ("ends_soon", 1)]
    assert (await setup.end()).by == "network"


async def test_a_timeout_of_0_is_not_waited_for() -> None:
    asked = Setup(toxic("timeout", timeout=0)).on().server.asked
    assert asked[1:] == [("swallows", 1, "downstream"), ("ends_soon", 1, False)]


async def test_a_disabled_proxy_ends_what_is_open_and_counts_what_it_refuses() -> None:
    setup = Setup({"toxic": {"type": "down"}}).on()
    assert setup.server.asked == [("enable", "ws", False), ("ends_soon", 1)]
    assert setup.proxies.refused("ws") and setup.effects == [("r0", 1, 0, 0), ("r0", None, 0, 0)]
    assert (await setup.end()).by == "network"
    setup.off()
    assert setup.server.asked[2:] == [("enable", "ws", True)] and not setup.proxies.refused("ws")


async def test_an_end_that_the_proxy_made_is_the_networks_and_an_act() -> None:
    setup = Setup(toxic("reset_peer", timeout=5)).on()
    assert (await setup.end()).by == "network" and setup.effects == [("r0", 1, 0, 0)]


async def test_an_end_that_the_client_made_is_its_own_whatever_lies_there() -> None:
    setup = Setup(toxic("timeout", timeout=0)).on()
    setup.server.by_client = True
    assert (await setup.end()).by == "subject" and setup.effects == []


async def test_where_no_toxic_ends_connections_the_client_did() -> None:
    assert (await Setup(toxic("latency", latency=1)).on().end()).by == "subject"


async def test_a_limit_whose_end_is_kept_back_interrupts() -> None:
    setup = Setup(toxic("limit_data", bytes=100), toxic("slow_close", delay=60_000)).on()
    assert not setup.proxies.interrupted(setup.connection)
    setup.send("downstream", 100)
    assert setup.proxies.interrupted(setup.connection)
    last = [event for _, event, _ in setup.sink.events if isinstance(event, LinkCondition)][-1]
    assert last.name == "limit_data_downstream" and last.on and last.interrupts


async def test_an_end_that_is_kept_back_is_an_act_once_whoever_made_it() -> None:
    for ended_by_the_host in (True, False):
        setup = Setup(toxic("slow_close", delay=60)).on()
        setup.server.by_client = True
        if ended_by_the_host:
            setup.connection.finish()
        await setup.end()
        assert setup.effects == [("r0", 1, 0, 60_000)]


async def test_a_limit_in_front_makes_an_end_that_is_kept_back() -> None:
    setup = Setup(toxic("limit_data", bytes=100), toxic("slow_close", delay=60)).on()
    setup.send("downstream", 100)
    await setup.end()
    assert setup.effects[:2] == [("r0", 1, 0, 0), ("r1", 1, 0, 60_000)]


async def test_a_toxic_for_nobody_does_nothing() -> None:
    spared = {"toxic": {"type": "timeout", "toxicity": 0, "attributes": {"timeout": 5}}}
    setup = Setup(spared).on()
    assert not setup.send("downstream", 10) and (await setup.end()).by == "subject"
    assert setup.server.asked == [("add", "ws", "timeout_downstream")] and setup.effects == []
