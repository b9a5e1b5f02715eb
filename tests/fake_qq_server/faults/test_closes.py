"""What a plain client sees of answers to the close frames that the platform is about to write."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from fake_qq_server.events import WsOut, WsWithheld
from fake_qq_server.wire import websocket
from tests.fake_qq_server.front import GO, QUIET_S, Bot, Watch, Ws, bot_of, fake_with

CLOSE = {"at": "go", "do": {"close": 4009, "reason": "soon"}}


async def closed_by_a_rule(bot: Bot) -> Ws:
    """A connection that is ready, and a close is due on it."""
    ws = await bot.ready()
    await bot.press("go")
    return ws


async def test_a_withheld_close_never_comes_and_the_connection_ends_in_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket, "CLOSE_WAIT_US", 100_000)
    rule = {"id": "r", "when": "ws.out.close", "do": "withhold"}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws = await closed_by_a_rule(bot)
        await ws.beat()
        assert (await ws.ws.receive()).type is aiohttp.WSMsgType.CLOSED and ws.ws.close_code == 1006
        assert front.one("ws.withheld")[1] == WsWithheld("close", code=4009)
        assert not front.all("ws.out", op="close") and front.acts("r") == 1


async def test_what_a_withheld_close_does_to_the_session_has_happened() -> None:
    rules = [{"at": "go", "do": {"close": 4006}}, {"when": "ws.out.close", "which": 1, "do": "withhold"}]
    async with fake_with(GO, *rules) as front, bot_of(front) as bot:
        await closed_by_a_rule(bot)
        again = await bot.dial()
        await again.resume(1)
        assert await again.names(2) == [10, 9]


async def test_a_delayed_close_comes_later_and_the_platform_is_silent_until_then() -> None:
    rule = {"id": "r", "when": "ws.out.close", "do": {"delay": "200ms"}}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws, watch = await closed_by_a_rule(bot), Watch()
        await ws.beat()
        assert await ws.closed() == (4009, "soon")
        assert watch.ms > 100
        assert front.one("ws.out", op="close")[2].rule == front.one("rule.act", verb="delay")[2].rule


async def test_a_delayed_close_of_a_connection_that_the_client_closed_was_withheld() -> None:
    rule = {"when": "ws.out.close", "which": 1, "do": {"delay": "50ms"}}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws = await closed_by_a_rule(bot)
        await ws.ws.close()
        assert (await front.until("ws.withheld"))[0][1] == WsWithheld("close", code=4009)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"code": 4006}, (4006, "soon")),
        ({"reason": "later"}, (4009, "later")),
        ({"code": 65535, "reason": ""}, (65535, "")),
    ],
)
async def test_body_changes_the_code_and_the_reason(body: Any, seen: Any) -> None:
    rule = {"when": "ws.out.close", "do": {"body": body}}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws = await closed_by_a_rule(bot)
        await ws.ws.receive()
        event = front.one("ws.out", op="close")[1]
        assert event == WsOut("close", code=seen[0], reason=seen[1]) and not front.all("ws.withheld")
        assert seen[0] > 4999 or (ws.ws.close_code == seen[0])


async def test_body_null_leaves_the_code_out() -> None:
    rule = {"when": "ws.out.close", "do": {"body": {"code": None}}}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws = await closed_by_a_rule(bot)
        assert (await ws.ws.receive()).data == 0 and front.one("ws.out", op="close")[1].code is None


async def test_a_refusal_s_close_is_one_too() -> None:
    rule = {"when": "ws.out.close", "do": {"body": {"code": 4008}}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.dial()
        bot.access = "wrong"
        await ws.identify()
        assert (await ws.frame())["op"] == 10
        assert (await ws.closed())[0] == 4008


async def test_a_displaced_connection_s_session_is_lost_though_its_close_is_withheld() -> None:
    async with (
        fake_with({"when": "ws.out.close", "which": 1, "do": "withhold"}) as front,
        bot_of(front) as bot,
    ):
        old, new = await bot.ready(), await bot.dial()
        await new.resume(1)
        assert await new.names(2) == [10, "RESUMED"]
        await old.silence(QUIET_S)
        assert front.one("session", what="dropped")[2].conn == 1


@pytest.mark.parametrize("do", ["withhold", {"delay": "50ms"}])
async def test_it_is_one_of_any_frames(do: Any) -> None:
    rule = {"id": "r", "when": "ws.out.any", "from": "go", "do": do}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        await closed_by_a_rule(bot)
        await front.until("rule.act", verb=do if isinstance(do, str) else "delay")


@pytest.mark.parametrize("do", ["swap", "duplicate", {"body": {"op": 7}}, {"body": "text"}])
async def test_what_does_not_fit_a_close_leaves_it_as_it_is(do: Any) -> None:
    rule = {"id": "r", "when": "ws.out.any", "from": "go", "do": do}
    async with fake_with(GO, CLOSE, rule) as front, bot_of(front) as bot:
        ws = await closed_by_a_rule(bot)
        assert await ws.closed() == (4009, "soon")
        assert "r" in front.unmet()


async def test_a_frame_that_waits_for_the_next_one_does_not_follow_a_close() -> None:
    rules = [{"when": "ws.out.ready", "do": "swap"}, {"when": "ws.in.heartbeat", "do": {"close": 4009}}]
    ack = {"when": "ws.out.ack", "do": "withhold"}
    async with fake_with(*rules, ack) as front, bot_of(front) as bot:
        ws = await bot.dial()
        await ws.names(1)
        await ws.identify()
        await ws.beat()
        assert await ws.closed() == (4009, "")
        assert (await front.until("ws.withheld", op="ready"))[0][2].conn == 1
