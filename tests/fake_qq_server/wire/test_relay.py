"""A proxy on one connection, in the time of a loop: what comes out when, and whose doing it was."""

from __future__ import annotations

import asyncio

from fake_qq_server.events import ListSink
from fake_qq_server.stage import Stage
from fake_qq_server.toxics.latency import Latency
from fake_qq_server.toxics.limit_data import LimitData
from fake_qq_server.toxics.slow_close import SlowClose
from fake_qq_server.toxics.timeout import Timeout
from fake_qq_server.wire.link import End, Item
from fake_qq_server.wire.relay import Relay

Seen = list[tuple[Item, str | None]]


def relay() -> tuple[Relay, Seen, Seen]:
    """It, what its client sees, and what its origin sees."""
    client: Seen = []
    origin: Seen = []
    made = Relay(
        Stage(ListSink()),
        lambda item, by: client.append((item, by)),
        lambda item, by: origin.append((item, by)),
    )
    return made, client, origin


async def test_without_a_toxic_bytes_pass_in_the_same_instant() -> None:
    made, client, origin = relay()
    made.push("upstream", b"a")
    made.push("downstream", b"b")
    assert origin == [(b"a", None)] and client == [(b"b", None)]


async def test_a_reset_of_one_end_is_a_fin_at_the_other() -> None:
    made, client, origin = relay()
    made.push("downstream", End.RST)
    assert client == [(End.FIN, None)] and origin == [(End.FIN, None)]


async def test_what_a_toxic_holds_comes_when_it_is_due_and_in_order() -> None:
    made, client, _ = relay()
    made.link.begin(0, "downstream", "far", Latency(latency=20))
    for item in (b"a", b"b", End.FIN):
        made.push("downstream", item)
    assert client == []
    await asyncio.sleep(0.05)
    assert [item for item, _ in client] == [b"a", b"b", End.FIN]


async def test_an_end_that_a_toxic_made_names_its_rule() -> None:
    made, client, origin = relay()
    made.rules["gone"] = "rule 7"
    made.tell(made.link.add(0, "downstream", "gone", Timeout(timeout=10)))
    await asyncio.sleep(0.05)
    assert client == [(End.FIN, "rule 7")] and origin == [(End.FIN, "rule 7")]


async def test_a_stream_that_is_over_while_its_end_is_kept_back_is_told_once() -> None:
    made, client, _ = relay()
    dead: list[str] = []
    made.on_dead = dead.append
    made.link.begin(0, "downstream", "limit", LimitData(bytes=1))
    made.link.begin(0, "downstream", "slow", SlowClose(delay=60_000))
    made.push("downstream", b"abc")
    made.push("downstream", b"def")
    assert client == [(b"a", None)] and dead == ["limit"] and made.dead


async def test_nothing_comes_out_once_the_run_is_over() -> None:
    made, client, _ = relay()
    made.link.begin(0, "downstream", "far", Latency(latency=5))
    made.push("downstream", b"a")
    made.stop()
    await asyncio.sleep(0.02)
    assert client == []
