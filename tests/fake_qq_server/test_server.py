"""The whole fake, seen from a client: places, narrowing, windows, marks, healing, several bots."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from fake_qq_server.events import ListSink
from fake_qq_server.server import FakeQQ
from tests.fake_qq_server.front import GO, STOP, Bot, Front, bot_of, fake_with
from tests.fake_qq_server.raw import refused

C2C = "C2C_MESSAGE_CREATE"


# -- places


@pytest.mark.parametrize("place, hit", [
    ("http.token", "token"),
    ("http.gateway", "gateway"),
    ("http.api", "api"),
    ("http.any", "token gateway api"),
])  # fmt: skip
async def test_each_http_place_matches_its_requests_only(place: str, hit: str) -> None:
    async with fake_with({"when": place, "do": {"status": 299}}) as front, bot_of(front) as bot:
        async with bot.http.post(front.fake.addresses.token) as answer:
            seen = {
                "token": answer.status,
                "gateway": await bot.status(),
                "api": await bot.status("/users/@me"),
            }
        assert {name for name, status in seen.items() if status == 299} == set(hit.split())


@pytest.mark.parametrize("place, acts", [
    ("ws.connect", 1),
    ("ws.in.identify", 1),
    ("ws.in.heartbeat", 2),
    ("ws.in.resume", 0),
    ("ws.in.any", 3),
    ("ws.out.hello", 1),
    ("ws.out.ready", 1),
    ("ws.out.ack", 2),
    ("ws.out.resumed", 0),
])  # fmt: skip
async def test_each_websocket_place_matches_its_frames_only(place: str, acts: int) -> None:
    rule = {"id": "r", "when": place, "fires": "0..", "do": {"frame": "pushed"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.dial()
        await ws.identify()
        await ws.beat()
        await ws.beat()
        await front.until("ws.out", 2, op="ack")
        await asyncio.sleep(0.005)
        assert front.acts("r") == acts


async def test_an_event_that_a_rule_brought_about_does_not_set_it_off_again() -> None:
    rule = {"id": "r", "when": "ws.out.dispatch", "do": {"dispatch": C2C}}
    start = {"when": "ws.out.ready", "do": {"dispatch": C2C}}
    async with fake_with(start, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert await ws.names(2) == [C2C] * 2
        await ws.silence()
        assert front.acts("r") == 1


# -- which, where, windows


async def test_which_counts_inside_the_window() -> None:
    rule = {"when": "http.gateway", "which": "2..3", "from": "go", "until": "stop", "do": {"status": 500}}
    async with fake_with(GO, STOP, rule) as front, bot_of(front) as bot:
        await bot.token()
        assert [await bot.status() for _ in range(3)] == [200] * 3
        await bot.press("go")
        assert [await bot.status() for _ in range(4)] == [200, 500, 500, 200]
        await bot.press("stop")


async def test_every_2_acts_on_every_second_match() -> None:
    rule = {"when": "http.gateway", "which": "every 2", "do": {"status": 500}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        assert [await bot.status() for _ in range(4)] == [200, 500, 200, 500]


async def test_where_narrows_by_path_and_by_sequence_number() -> None:
    rules = [
        {"when": "http.api", "where": {"path": "/v2/*"}, "do": {"status": 418}},
        {"when": "ws.in.heartbeat", "where": {"s": "2.."}, "do": {"frame": "far"}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert await bot.status("/users/@me") == 200
        async with bot.post("/v2/users/u/messages", {"content": "x"}) as answer:
            assert answer.status == 418
        await ws.send(1, 1)
        await ws.send(1, 2)
        assert await ws.names(2) == [11, 11]
        assert (await ws.ws.receive()).data == "far"


async def test_where_conn_narrows_frames_to_one_connection() -> None:
    rule = {"when": "ws.in.heartbeat", "where": {"conn": 2}, "do": "noanswer"}
    async with fake_with(rule) as front, bot_of(front) as bot:
        first, second = await bot.ready(), await bot.dial()
        await second.frame()
        await first.beat()
        await second.beat()
        assert await first.names(1) == [11]
        await second.silence()


async def test_ready_resumed_and_lost_are_marks_for_other_rules() -> None:
    rules = [
        {"id": "first", "at": "ready + 5ms", "do": {"close": 4009}},
        {"id": "second", "at": "resumed + 5ms", "do": {"close": 4008}},
        {"id": "gone", "when": "http.gateway", "from": "lost#2", "do": {"status": 503}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        assert (await (await bot.ready()).closed())[0] == 4009
        assert await bot.status() == 200
        ws = await bot.dial()
        await ws.resume(1)
        assert await ws.names(2) == [10, "RESUMED"]
        assert (await ws.closed())[0] == 4008
        await front.until("session", 2, what="dropped")
        assert await bot.status() == 503
        assert not front.unmet()


async def test_a_repeating_push_comes_until_its_window_ends() -> None:
    rule = {"id": "tick", "at": "ready", "every": "3ms", "until": "ready + 10ms", "do": {"frame": "tick"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert [(await ws.ws.receive()).data for _ in range(4)] == ["tick"] * 4
        await ws.silence()


async def test_healing_ends_every_rule() -> None:
    rules = [{"when": "http.gateway", "do": {"status": 500}}, {"link": "ws", "do": "refuse"}]
    async with fake_with(GO, *rules, heal="go") as front, bot_of(front) as bot:
        healed: list[int] = []
        front.fake.on_heal = lambda: healed.append(1)
        await bot.token()
        assert await bot.status() == 500
        await bot.press("go")
        await front.until("heal")
        assert await bot.status() == 200 and front.fake.director.healed and healed == [1]
        await bot.ready()


# -- the end


async def test_only_rules_that_acted_too_seldom_are_unmet() -> None:
    rules = [
        {"id": "never", "when": "ws.in.resume", "do": {"frame": "x"}},
        {"id": "may", "when": "ws.in.resume", "fires": "0..", "do": {"frame": "x"}},
        {"id": "twice", "when": "http.token", "fires": 2, "do": {"status": 500}},
        {"id": "enough", "when": "http.gateway", "do": {"status": 500}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        await bot.http.post(front.fake.addresses.token)
        await bot.status()
        assert set(front.unmet()) == {"never", "twice"}


async def test_two_answers_to_one_event_are_recorded_once_a_rule() -> None:
    rules = [
        {"id": "one", "when": "http.any", "which": "..4", "do": {"status": 500}},
        {"id": "two", "when": "http.api", "which": "2..", "do": {"status": 400}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        assert [await bot.status("/x") for _ in range(4)] == [500] * 4
        front.fake.director.report_unmet()
        assert front.one("rule.unmet", why="two rules answered http.api")[2].rule == "two"


async def test_every_record_names_the_record_that_caused_it() -> None:
    rules = [
        {"id": "no", "when": "http.gateway", "do": {"status": 500}},
        {"id": "hi", "when": "ws.connect", "do": {"frame": "hi"}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        await bot.token()
        await bot.status()
        asked = front.one("http.request", endpoint="gateway")[0]
        assert front.one("rule.act", verb="status")[2].cause == asked
        answer = front.one("http.answer", endpoint="gateway")
        assert (answer[1].verb, answer[2].rule, answer[2].cause) == ("status", "no", asked)
        await bot.http.ws_connect(front.fake.addresses.gateway)
        await front.until("ws.out", op="hello")
        connected = front.one("ws.connect")[0]
        assert front.one("rule.act", verb="frame")[2].cause == connected
        assert front.one("ws.out", op="hello")[2].cause == connected


# -- sessions


@pytest.mark.parametrize("frame, op", [('{"op":7}', 7), ('{"op":9,"d":false}', 9)])
async def test_after_reconnect_or_invalid_a_resume_replays_what_was_missed(frame: str, op: int) -> None:
    rule = {"when": "ws.out.ready", "do": [{"frame": frame}, {"dispatch": C2C}, {"close": 4009}]}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert await ws.names(2) == [op, C2C]
        assert (await ws.closed())[0] == 4009
        ws = await bot.dial()
        await ws.resume(1)
        assert await ws.names(3) == [10, C2C, "RESUMED"]
        assert [event.replay for _, event, _ in front.all("event.sent")] == [False, True]


async def test_a_resume_displaces_the_connection_that_had_the_session() -> None:
    async with fake_with() as front, bot_of(front) as bot:
        old = await bot.ready()
        new = await bot.dial()
        await new.resume(1)
        assert await old.closed() == (4902, "reset by resume")
        assert await new.names(2) == [10, "RESUMED"]
        assert front.one("session", what="dropped")[2].conn == 1
        assert front.fake.serving(1) is front.fake.websockets.get(2)


# -- several bots


async def pair(front: Front) -> tuple[Bot, Bot]:
    one, two = (Bot(front, aiohttp.ClientSession(), number) for number in (1, 2))
    return one, two


async def test_two_bots_have_sessions_rules_and_pushes_of_their_own() -> None:
    rules: list[Any] = [
        {"when": "http.gateway", "which": 2, "do": {"status": 500}},
        {"id": "hi", "when": "ws.in.heartbeat", "do": {"dispatch": C2C}},
        {"link": "ws", "do": {"latency": "1ms"}},
    ]
    async with fake_with(*rules, bots=2) as front:
        one, two = await pair(front)
        async with one.http, two.http:
            first, second = await one.ready(), await two.ready()
            assert one.session != two.session
            assert (await one.status(), await two.status()) == (500, 500)
            await first.beat()
            assert await first.names(2) == [11, C2C]
            await second.silence()
            assert [about.bot for _, _, about in front.all("ws.connect")] == [1, 2]
            assert {about.bot for _, _, about in front.all("rule.act", verb="dispatch")} == {1}
            assert not front.unmet()


async def test_what_a_second_bots_healing_keeps_is_kept() -> None:
    rules: list[Any] = [{"link": "ws", "from": "ready", "do": "stall"}]
    async with fake_with(*rules, bots=2, heal="lost") as front, bot_of(front) as bot:
        ws = await bot.ready()
        await front.until("link.condition", on=True)
        await ws.beat()
        front.fake.director.mark("lost", 2)
        await front.until("heal")
        await ws.silence()
        assert not front.all("link.condition", on=False)


async def test_secrets_are_told_as_they_are_made() -> None:
    told: dict[str, str] = {}
    fake = FakeQQ(ListSink(), [("app1", "secret1")], on_secrets=told.update, delay_us=0)
    fake.start()
    front = Front(fake, ListSink())
    try:
        assert told == {"secret#1": "secret1"}
        async with bot_of(front) as bot:
            token = (await bot.token())["access_token"]
        assert told == {"secret#1": "secret1", "token#1": token}
    finally:
        fake.stop()
        await asyncio.sleep(0.001)


async def test_a_taken_port_is_an_error_and_leaves_nothing() -> None:
    async with fake_with() as front:
        taken = front.fake.addresses.ports["api"]
        with pytest.raises(OSError, match="is taken"):
            FakeQQ(ListSink(), [("a", "b")], ports={"api": taken})


async def test_nothing_acts_after_stop() -> None:
    tick = {"at": "1ms", "every": "1ms", "fires": "0..", "do": {"dispatch": C2C}}
    shut = {"link": "api", "from": "5ms", "do": "refuse", "fires": "0.."}
    async with fake_with(tick, shut) as front:
        await asyncio.sleep(0.003)
    count = len(front.told.events)
    await asyncio.sleep(0.02)
    assert len(front.told.events) == count and await refused(front)
