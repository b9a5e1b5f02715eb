"""The clock of a platform is moved forward: what a bot sees afterwards, and what happened in between."""

from __future__ import annotations

import asyncio

import pytest

from fake_qq_server.client import ControlError
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.units import MINUTE
from tests.fake_qq_server.serving.served import Served, served

GROUP = "GROUP_AT_MESSAGE_CREATE"


async def test_a_token_is_refused_once_its_life_is_over() -> None:
    async with served() as qq:
        await qq.bot.token()
        assert await qq.bot.status() == 200
        before = (await qq.control.state())["now_us"]
        moved = await qq.control.move_clock("2h")
        assert moved["now_us"] - before >= 120 * MINUTE
        assert await qq.bot.status() == 401
        await qq.bot.token()
        assert await qq.bot.status() == 200


async def resumed_after(qq: Served, pause: str) -> str | None:
    """What a Resume is answered with when the connection has been gone for so long: RESUMED, or none."""
    ws = await qq.bot.ready()
    await ws.ws.close()
    await qq.control.wait("session", {"what": "dropped"})
    await qq.control.move_clock(pause)
    again = await qq.bot.dial()
    assert (await again.frame())["op"] == 10
    await again.resume(1)
    answer: dict[str, str | None] = await again.frame()
    return answer.get("t")


@pytest.mark.parametrize(("pause", "answer"), [("4m", "RESUMED"), ("6m", None)])
async def test_a_session_expires_five_minutes_after_its_connection(pause: str, answer: str | None) -> None:
    async with served() as qq:
        assert await resumed_after(qq, pause) == answer


@pytest.mark.parametrize(("pause", "code"), [("4m", None), ("6m", 304027)])
async def test_a_reply_to_a_group_comes_too_late_after_five_minutes(pause: str, code: int | None) -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        (id,) = (await qq.control.dispatch(GROUP))["ids"]
        group = (await ws.frame())["d"]["group_openid"]
        await qq.control.move_clock(pause)
        reply = {"content": "late", "msg_type": 0, "msg_id": id}
        async with qq.bot.post(f"/v2/groups/{group}/messages", reply) as answer:
            assert (await answer.json()).get("code") == code


async def test_a_connection_without_heartbeats_is_closed_where_they_are_required() -> None:
    async with served(Options(heartbeat_timeout=2)) as qq:
        ws = await qq.bot.ready()
        moved = await qq.control.move_clock("83s")
        assert (await ws.closed())[0] == 4009
        assert [row["d"]["code"] for row in moved["records"] if row["k"] == "ws.out"] == [4009]


async def test_rules_act_in_order_each_at_its_own_moment() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        rules = [{"id": f"at-{n}", "at": f"{n}m", "do": {"frame": {"op": n}}} for n in (9, 3, 30, 6)]
        start = (await qq.control.load_rules(rules))["now_us"]
        moved = await qq.control.move_clock("20m")
        acts = [
            (row["rule"], round((row["t"] - start) / MINUTE))
            for row in moved["records"]
            if row["k"] == "rule.act"
        ]
        assert acts == [("at-3", 3), ("at-6", 6), ("at-9", 9)]
        assert [(await ws.frame())["op"] for _ in acts] == [3, 6, 9]


async def test_who_waits_on_the_control_api_waits_on_in_real_time() -> None:
    async with served() as qq:
        await qq.bot.ready()
        waiting = asyncio.create_task(qq.control.wait("event.sent", timeout_s=60))
        await qq.control.state()  # answered after the wait was asked for
        await qq.control.move_clock("20m")
        assert not waiting.done()
        await qq.control.dispatch(GROUP)
        assert (await waiting)["met"]


async def test_a_move_is_a_record_and_its_first() -> None:
    async with served() as qq:
        first = (await qq.control.move_clock("90s"))["records"][0]
        assert (first["k"], first["d"]) == ("clock.set", {"speed": 1.0, "forward_us": 90_000_000})


@pytest.mark.parametrize(("forward", "why"), [("20", "no unit|not a duration"), ("-5m", "not a duration")])
async def test_what_is_no_duration_is_refused(forward: str, why: str) -> None:
    async with served() as qq:
        with pytest.raises(ControlError, match=why) as caught:
            await qq.control.move_clock(forward)
        assert caught.value.status == 400
