"""What lies on a line for a while, as a client feels it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.fake_qq_server.front import GO, STOP, Watch, bot_of, fake_with
from tests.fake_qq_server.raw import raw, refused, request

WINDOW = {"from": "go", "until": "stop"}


async def test_silent_down_hides_what_the_platform_says_and_still_hears_the_client() -> None:
    rule = {"id": "dead", "link": "ws.down", "from": "go", "do": "silent"}
    async with fake_with(GO, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await front.until("ws.in", op="heartbeat")
        await ws.silence()
        assert front.acts("dead") == 1 and front.all("ws.out", op="ack")
        on = front.one("link.condition", name="silent", on=True)
        assert on[1].interrupts and on[2].conn == 1


async def test_silent_down_still_passes_the_end_of_the_stream() -> None:
    rule = {"link": "ws.down", "from": "go", "do": "silent"}
    async with fake_with(GO, rule, {"when": "ws.in.heartbeat", "do": "fin"}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        assert await ws.closed() == (1006, None)


async def test_silent_up_hides_what_the_client_says_from_the_platform() -> None:
    rule = {"link": "ws.up", "from": "go", "do": "silent"}
    async with fake_with(GO, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await ws.silence()
        assert not front.all("ws.in", op="heartbeat")


async def test_frames_pass_again_once_silent_has_ended() -> None:
    rule = {"link": "ws", **WINDOW, "do": "silent"}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await ws.silence()
        await bot.press("stop")
        await ws.beat()
        assert await ws.names(1) == [11]
        assert len(front.all("ws.in", op="heartbeat")) == 1


async def test_stall_holds_and_lets_go_in_order() -> None:
    rule = {"id": "hold", "link": "ws.down", **WINDOW, "do": "stall"}
    pushes = [{"when": "ws.in.heartbeat", "do": [{"frame": str(n)} for n in range(5)]}]
    async with fake_with(GO, STOP, rule, *pushes) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await front.until("ws.out", 5, op="other")
        await ws.silence()
        await bot.press("stop")
        assert await ws.names(1) == [11]
        assert [(await ws.ws.receive()).data for _ in range(5)] == ["0", "1", "2", "3", "4"]
        assert front.acts("hold") == 6


async def test_stall_lets_go_of_an_end_that_it_held() -> None:
    rules = [{"link": "ws.down", **WINDOW, "do": "stall"}, {"when": "ws.in.heartbeat", "do": "fin"}]
    async with fake_with(GO, STOP, *rules) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await front.until("link.close", by="peer", how="fin")
        await ws.silence()
        await bot.press("stop")
        assert await ws.names(1) == [11]
        assert await ws.closed() == (1006, None)


async def test_stall_up_releases_what_a_client_said_before_it_left() -> None:
    rule = {"link": "ws.up", **WINDOW, "do": "stall"}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        async with raw(front) as line:
            await line.upgraded()
            await bot.press("go")
            line.say('{"op":1}')
            await asyncio.sleep(0.02)
        assert not front.all("link.close", host="ws")
        await bot.press("stop")
        await front.until("link.close", host="ws", by="subject")
        assert front.one("ws.in", op="heartbeat")[2].conn == 1


@pytest.mark.parametrize("held", ["keep", "release"])
async def test_healing_lets_go_of_a_stall_only_where_it_is_told_to(held: str) -> None:
    rule = {"link": "ws", "from": "go", "do": "stall"}
    async with fake_with(GO, STOP, rule, heal="stop", held=held) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await ws.silence()
        assert front.fake.serving(1) is None
        await bot.press("stop")
        await front.until("heal", held=held)
        if held == "release":
            assert await ws.names(1) == [11]
            return
        await ws.silence()
        assert front.fake.serving(1) is None and not front.all("link.condition", on=False)
        await bot.ready()  # a new connection is healthy
        assert front.fake.serving(1) is not None


async def test_blackhole_lasts_as_long_as_the_connection() -> None:
    rules = [GO, STOP, {"id": "hole", "link": "ws", **WINDOW, "do": "blackhole"}]
    async with fake_with(*rules, {"at": "stop + 5ms", "do": "fin"}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await bot.press("stop")
        await front.until("link.close", by="peer", how="fin")
        await ws.silence()  # not even the end
        assert not front.all("ws.in", op="heartbeat") and front.acts("hole") >= 2
        assert (await bot.dial()) is not None


async def test_latency_delays_both_ways_and_keeps_the_order() -> None:
    rule = {"id": "slow", "link": "ws.down", "do": {"latency": "30ms", "jitter": "30ms"}}
    pushes = {"when": "ws.in.heartbeat", "do": [{"frame": str(n)} for n in range(8)]}
    async with fake_with(rule, pushes) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        assert await ws.names(1) == [11]
        assert [(await ws.ws.receive()).data for _ in range(8)] == [str(n) for n in range(8)]
        assert front.acts("slow") >= 10


async def test_latency_is_at_least_what_was_asked_for() -> None:
    rule = {"link": "api", "do": {"latency": "25ms"}}
    async with fake_with(rule, delay_us=5000) as front, raw(front, "api") as line:
        watch = Watch()
        line.write(request())
        await line.head()
        assert watch.ms >= 59.9


async def test_a_refused_port_listens_again_on_the_same_number_once_healed() -> None:
    rule = {"id": "shut", "link": "ws", **WINDOW, "do": "refuse"}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        assert await refused(front, "ws") and not await refused(front, "token")
        await ws.beat()
        assert await ws.names(1) == [11]  # what was open stays open
        await bot.press("stop")
        assert not await refused(front, "ws")
        assert [event.on for _, event, _ in front.all("link.condition")] == [True, False]


@pytest.mark.parametrize("refusing", [False, True])
@pytest.mark.parametrize("reuse", [False, True])
async def test_a_stranger_cannot_have_the_port(refusing: bool, reuse: bool) -> None:
    rules = [{"link": "ws", "do": "refuse"}] if refusing else []
    async with fake_with(*rules) as front:
        assert await refused(front) is refusing
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
            with pytest.raises(OSError, match="in use"):
                stranger.bind(("127.0.0.1", front.fake.addresses.ports["ws"]))


async def test_refusing_ends_idle_connections_and_only_these() -> None:
    rules = [GO, {"link": "api", "from": "go", "do": "refuse"}]
    rules.append({"when": "http.gateway", "do": "noanswer"})
    async with (
        fake_with(*rules) as front,
        bot_of(front) as bot,
        raw(front, "api") as idle,
        raw(front, "api") as busy,
    ):
        busy.write(request())
        await front.until("http.request", endpoint="gateway")
        await bot.press("go")
        assert await idle.ends() == "EOF"
        await busy.silence()


async def test_a_refusal_that_the_harness_reports_is_an_act() -> None:
    rule = {"id": "shut", "link": "ws", "do": "refuse"}
    async with fake_with(rule) as front:
        assert await refused(front)
        front.fake.refused(front.fake.addresses.ports["ws"])
        front.fake.refused(front.fake.addresses.ports["api"])
        assert front.acts("shut") == 1 and len(front.all("link.close", how="refused")) == 1


async def test_a_refusal_of_the_second_attempt_ends_with_it() -> None:
    rule = {"id": "second", "link": "ws", "where": {"conn": 2}, "do": "refuse"}
    async with fake_with(rule) as front:
        assert not await refused(front)
        await front.until("link.condition", on=True)
        front.fake.refused(front.fake.addresses.ports["ws"])
        assert await refused(front)
        await front.until("link.condition", on=False)
        assert not await refused(front)


async def test_a_port_can_be_refused_and_healed_in_one_instant() -> None:
    async with fake_with() as front:
        for _ in range(50):
            front.fake.listeners["ws"].close()
            front.fake.listeners["ws"].listen()
        assert not await refused(front)


async def test_a_condition_is_put_on_the_connections_that_where_names_only() -> None:
    rule = {"link": "ws.down", "where": {"conn": "2.."}, "from": "go", "do": "silent"}
    async with fake_with(GO, rule) as front, bot_of(front) as bot:
        first = await bot.ready()
        second = await bot.dial()
        await second.frame()
        await bot.press("go")
        async with raw(front) as third:
            for ws in (first, second):
                await ws.beat()
            assert await first.names(1) == [11]
            await second.silence()
            await third.silence()
        assert [about.conn for _, _, about in front.all("link.condition")] == [2, 3]


async def test_chance_is_drawn_once_for_a_connection() -> None:
    rule = {"link": "ws.down", "chance": 0.5, "do": {"latency": "1ms"}}
    drawn = []
    for _ in range(2):
        async with fake_with(rule, seed=3) as front:
            for _ in range(16):
                async with raw(front) as line:
                    await line.upgraded()
            drawn.append([about.conn for _, _, about in front.all("link.condition", on=True)])
    assert drawn[0] == drawn[1] and 0 < len(drawn[0]) < 16


async def test_forget_drops_a_connection_that_was_idle_without_a_word_and_for_good() -> None:
    rule = {"id": "nat", "link": "ws", "from": "go", "until": "stop", "do": {"forget": "100ms"}}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await front.until("link.condition", name="forget", interrupts=True)
        await bot.press("stop")
        await ws.beat()
        await ws.silence()
        assert front.acts("nat") >= 1 and not front.all("ws.in", op="heartbeat")


async def test_forget_leaves_a_connection_alone_on_which_something_goes() -> None:
    rule = {"id": "nat", "link": "ws", "from": "go", "do": {"forget": "10s"}}
    async with fake_with(GO, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        await ws.beat()
        await front.until("ws.out", op="ack")
        on = front.one("link.condition", name="forget", on=True)
        assert not on[1].interrupts and front.acts("nat") == 0
