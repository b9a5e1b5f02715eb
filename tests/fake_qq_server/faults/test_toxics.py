"""A host behind Toxiproxy, as a client feels it: what the real one was measured to do to aiohttp and TCP."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from fake_qq_server.rules.language import parse_rules
from tests.fake_qq_server.front import GO, STOP, Watch, bot_of, fake_with
from tests.fake_qq_server.raw import raw, refused, request

WINDOW = {"from": "go", "until": "stop"}


def toxic(kind: str, stream: str = "downstream", **attributes: int) -> dict[str, Any]:
    """What Toxiproxy's API takes."""
    return {"toxic": {"type": kind, "stream": stream, "attributes": attributes}}


DOWN = {"toxic": {"type": "down"}}
IDLE = {"link": "ws", "from": "go", "do": toxic("slow_close", delay=0)}
"""A proxy stands before the gateway, and nothing is on it."""


async def test_latency_delays_an_answer_and_says_by_how_much() -> None:
    rule = {"id": "far", "link": "api", "do": toxic("latency", latency=60)}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        watch = Watch()
        assert await bot.status() == 200 and watch.ms >= 60
        assert {act.us for _, act, _ in front.all("rule.act")} == {60_000}
        on = front.one("link.condition", name="latency_downstream")[1]
        assert on.on and not on.interrupts


async def test_bandwidth_makes_a_long_answer_slow() -> None:
    rule = {"id": "thin", "link": "api", "do": toxic("bandwidth", rate=2)}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        watch = Watch()
        assert await bot.status() == 200 and watch.ms >= 50
        assert front.acts("thin") >= 1


async def test_slicer_brings_the_same_bytes_in_pieces() -> None:
    rule = {"id": "cut", "link": "api", "do": toxic("slicer", average_size=20, size_variation=5, delay=200)}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        assert (await bot.gateway()).startswith("ws://")
        assert front.acts("cut") >= 1


async def test_slow_close_delays_the_fin() -> None:
    rule = {"id": "slow", "link": "ws", "do": toxic("slow_close", delay=80)}
    async with fake_with(rule, {"when": "ws.in.heartbeat", "do": "fin"}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        watch = Watch()
        await ws.beat()
        assert (await ws.names(1), (await ws.closed())[0]) == ([11], 1006)
        assert watch.ms >= 80 and front.acts("slow") >= 1


async def test_timeout_swallows_and_then_ends_both_ends_with_fin() -> None:
    rule = {"id": "gone", "link": "ws", "from": "go", "do": toxic("timeout", timeout=60)}
    async with fake_with(GO, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        assert await ws.closed() == (1006, None)
        close = (await front.until("link.close", host="ws"))[0]
        assert (close[1].by, close[1].how, close[2].rule) == ("network", "fin", "gone")
        assert front.one("link.condition", name="timeout_downstream", on=True)[1].interrupts


async def test_a_timeout_of_0_is_silence_and_removing_it_cuts_the_connection() -> None:
    rule = {"id": "gone", "link": "ws", **WINDOW, "do": toxic("timeout", timeout=0)}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await ws.silence()
        await bot.press("stop")
        assert await ws.closed() == (1006, None)
        assert (await front.until("link.close", host="ws"))[0][1].by == "network"


async def test_the_healing_removes_a_timeout_too_which_cuts_the_connection() -> None:
    rule = {"link": "ws", "from": "go", "do": toxic("timeout", timeout=0)}
    async with fake_with(GO, STOP, rule, heal="stop") as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await bot.press("stop")
        assert await ws.closed() == (1006, None)


async def test_reset_peer_resets_a_connection_that_began_under_it() -> None:
    rule = {"link": "ws", "do": toxic("reset_peer", timeout=30)}
    async with fake_with(rule) as front, raw(front) as client:
        client.write(request(path="/gateway"))
        assert await client.ends() == "ECONNRESET"
        close = (await front.until("link.close", host="ws"))[0]
        assert (close[1].by, close[1].how) == ("network", "rst")


async def test_reset_peer_ends_an_older_connection_with_fin_and_only_after_a_chunk() -> None:
    rule = {"link": "ws", "from": "go", "do": toxic("reset_peer", timeout=30)}
    async with fake_with(GO, rule) as front, bot_of(front) as bot, raw(front) as client:
        await client.upgraded()
        await bot.press("go")
        await client.silence()
        client.say('{"op":1,"d":null}')
        assert await client.ends() == "EOF"
        assert (await front.until("link.close", host="ws"))[0][1].how == "fin"


async def test_limit_data_breaks_an_answer_off() -> None:
    async with (
        fake_with({"link": "api", "do": toxic("limit_data", bytes=120)}) as front,
        bot_of(front) as bot,
    ):
        await bot.token()
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
            await bot.gateway()


async def test_a_disabled_proxy_ends_what_is_open_and_refuses_what_comes() -> None:
    rule = {"id": "off", "link": "ws", **WINDOW, "do": DOWN}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        assert await ws.closed() == (1006, None)
        assert await refused(front) and front.acts("off") == 1
        await bot.press("stop")
        assert not await refused(front)
        assert [event.on for _, event, _ in front.all("link.condition", name="down")] == [True, False]


async def test_a_refused_connect_to_a_disabled_proxy_is_an_act_of_its_rule() -> None:
    async with fake_with({"id": "off", "link": "ws", "do": DOWN}) as front:
        assert await refused(front)
        front.fake.refused(front.fake.addresses.ports["ws"])
        assert front.acts("off") == 1 and front.one("link.close", how="refused")[1].by == "network"


async def test_a_host_that_refuses_looks_through_a_proxy_like_a_connection_that_ends() -> None:
    async with fake_with({"id": "no", "link": "ws", "do": "refuse"}, GO, IDLE) as front, raw(front) as client:
        assert await client.ends() == "EOF"
        assert front.one("link.close", how="refused")[1].by == "peer" and front.acts("no") == 1
        assert not front.all("link.open", host="ws")


async def test_no_reset_of_the_platforms_passes_a_proxy() -> None:
    rule = {"when": "ws.in.heartbeat", "do": "rst"}
    async with fake_with(GO, IDLE, rule) as front, raw(front) as client:
        await client.upgraded()
        client.say('{"op":1,"d":null}')
        while (seen := await client.ends()) not in ("EOF", "ECONNRESET"):
            pass
        assert seen == "EOF"


async def test_a_client_that_ends_its_half_hears_nothing_more() -> None:
    async with fake_with(GO, IDLE) as front, raw(front) as client:
        await client.upgraded()
        client.writer.write_eof()
        assert await client.ends() == "EOF"
        close = (await front.until("link.close", host="ws"))[0]
        assert (close[1].by, close[1].how) == ("subject", "fin")


async def test_toxics_of_one_name_whose_windows_meet_are_one_toxic_that_changes() -> None:
    mild = {"id": "mild", "link": "ws", "until": "go", "do": toxic("timeout", "upstream", timeout=0)}
    hard = {"id": "hard", "link": "ws", "from": "go", "do": toxic("timeout", "upstream", timeout=60)}
    async with fake_with(GO, mild, hard) as front, bot_of(front) as bot, raw(front) as client:
        client.write(request())
        await client.silence()
        await bot.press("go")
        await client.silence(0.03)
        assert await client.ends() == "EOF"
        assert (await front.until("link.close", host="ws"))[0][2].rule == "hard"
        states = [(about.rule, event.on) for _, event, about in front.all("link.condition")]
        assert states[:3] == [("mild", True), ("mild", False), ("hard", True)]


async def test_toxicity_is_drawn_for_each_connection_from_the_seed() -> None:
    rule = {
        "link": "ws",
        "do": {"toxic": {"type": "limit_data", "toxicity": 0.5, "attributes": {"bytes": 1}}},
    }

    async def hit(seed: int) -> list[int | None]:
        async with fake_with(rule, seed=seed) as front:
            for n in range(1, 13):
                async with raw(front):
                    await front.until("link.open", n, host="ws")
            return [about.conn for _, _, about in front.all("link.condition", on=True)]

    first = await hit(1)
    assert 1 < len(first) < 12 and await hit(1) == first and await hit(2) != first


async def test_both_conditions_of_the_fake_and_toxics_lie_on_one_line() -> None:
    rules = [
        {"id": "near", "link": "api", "do": toxic("latency", latency=40)},
        {"id": "far", "link": "api.down", "do": {"latency": "40ms"}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        await bot.token()
        watch = Watch()
        assert await bot.status() == 200 and watch.ms >= 80
        assert front.acts("near") and front.acts("far")


def test_a_toxic_is_written_as_toxiproxy_has_it() -> None:
    [rule] = parse_rules([{"link": "ws", "do": toxic("latency", latency=200, jitter=50)}])
    written = rule.do[0].args.main
    assert (written.name, written.stream, written.toxicity) == ("latency_downstream", "downstream", 1.0)


async def test_a_toxic_may_come_and_go_within_its_window() -> None:
    pulse = {"id": "off", "link": "ws", **WINDOW, "do": {**DOWN, "every": "60ms", "for": "20ms"}}
    async with fake_with(GO, STOP, pulse) as front, bot_of(front) as bot:
        await bot.press("go")
        await front.until("link.condition", 5, name="down")
        await bot.press("stop")
        states = [event.on for _, event, _ in front.all("link.condition", name="down")]
        assert states[:5] == [True, False, True, False, True]
        assert not await refused(front)


async def test_a_stream_that_is_over_while_its_end_is_kept_back_counts_as_interrupted() -> None:
    """Half a frame, and then nothing."""
    both = [toxic("limit_data", bytes=10), toxic("slow_close", delay=60_000)]
    async with fake_with(GO, {"link": "ws", "from": "go", "do": both}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await ws.silence()
        states = front.all("link.condition", name="limit_data_downstream")
        assert [event.interrupts for _, event, _ in states] == [False, True]
        assert front.fake.serving(1) is None
