"""The control API on a running fake, with a bot that is really connected."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from fake_qq_server.client import ControlError
from fake_qq_server.platform.options import Options
from tests.fake_qq_server.serving.served import served

C2C = "C2C_MESSAGE_CREATE"


async def test_a_dispatched_message_reaches_the_bot_and_its_reply_is_read_whole() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        done = await qq.control.dispatch(C2C, text="how are you", sender="alice")
        frame = await ws.frame()
        assert (frame["t"], frame["d"]["content"]) == (C2C, "how are you")
        assert done["ids"] == [frame["d"]["id"]] and done["acted"] == 1
        to = frame["d"]["author"]["user_openid"]
        reply = {"content": "x" * 900, "msg_type": 0, "msg_id": done["ids"][0]}
        async with qq.bot.post(f"/v2/users/{to}/messages", reply) as answer:
            assert answer.status == 200
        (sent,) = await qq.control.sends()
        assert (sent["text"], sent["target"], sent["status"], sent["accepted"]) == ("x" * 900, to, 200, True)
        assert sent["body"] == reply and sent["answer"]["id"].startswith("ROBOT1.0_")


async def test_a_named_sender_is_the_same_user_each_time() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        users = []
        for name in ("alice", "alice", "bob"):
            await qq.control.dispatch(C2C, sender=name)
            users.append((await ws.frame())["d"]["author"]["user_openid"])
        assert users[0] == users[1] != users[2]


async def test_nobody_to_tell_is_a_conflict_and_no_silent_success() -> None:
    async with served() as qq:
        with pytest.raises(ControlError, match="no session") as caught:
            await qq.control.dispatch(C2C)
        assert caught.value.status == 409


async def test_an_event_waits_in_the_session_of_a_bot_that_is_gone() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        await ws.ws.close()
        await qq.control.wait("session", {"what": "dropped"})
        done = await qq.control.dispatch(C2C)
        assert [row["k"] for row in done["records"]] == ["event.kept", "rule.act"] and done["ids"]


@pytest.mark.parametrize(
    ("do", "seen"),
    [({"close": 4009, "reason": "bye"}, (4009, "bye")), ({"close": 65535}, (65535, ""))],
)
async def test_a_pushed_close_is_what_the_bot_sees(do: object, seen: tuple[int, str]) -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        assert (await qq.control.push(do))["acted"] == 1
        code, reason = await ws.closed()
        assert (code, reason or "") == seen


async def test_several_verbs_act_in_order() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        done = await qq.control.push([{"frame": {"op": 7, "d": None}}, {"close": 4009}])
        assert (await ws.frame())["op"] == 7
        assert (await ws.closed())[0] == 4009 and done["acted"] == 2
        assert {row["rule"] for row in done["records"] if row["k"] == "rule.act"} == {"control API"}


async def test_a_push_picks_its_connection() -> None:
    async with served() as qq:
        first, second = await qq.bot.ready(), await qq.bot.ready()
        await qq.control.push({"close": 4008}, conn=1)
        assert (await first.closed())[0] == 4008
        await second.beat()
        assert (await second.frame())["op"] == 11


async def test_a_reset_connection_is_a_push_that_acted() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        assert (await qq.control.push("rst"))["acted"] == 1
        assert (await ws.closed())[0] == 1006
        assert (await qq.control.push("rst"))["acted"] == 0


@pytest.mark.parametrize(
    ("do", "why"),
    [
        ({"close": 70000}, "do.close: close is a number from 0 to 65535"),
        ({"status": 500}, "an answer"),
        ({"close": 4009, "after": "5s"}, "after is for rules"),
        ("explode", "'explode' is no verb"),
    ],
)
async def test_what_cannot_be_pushed_is_refused_with_a_sentence(do: object, why: str) -> None:
    async with served() as qq:
        await qq.bot.ready()
        with pytest.raises(ControlError) as caught:
            await qq.control.push(do)
        assert caught.value.status == 400 and why in str(caught.value)


async def test_loaded_rules_act_and_cleared_ones_do_not() -> None:
    async with served() as qq:
        await qq.bot.token()
        assert await qq.bot.status() == 200
        broken = {"id": "broken", "when": "http.gateway", "do": {"status": 503}}
        assert (await qq.control.load_rules([broken]))["rules"] == ["broken"]
        assert await qq.bot.status() == 503
        assert (await qq.control.clear_rules())["rules"] == []
        assert await qq.bot.status() == 200


async def test_the_moments_of_loaded_rules_count_from_the_loading() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        await qq.control.load_rules([{"id": "later", "at": "20ms", "do": {"close": 4900}}])
        at = (await qq.control.state())["now_us"]
        assert (await ws.closed())[0] == 4900
        (act,) = (await qq.control.wait("rule.act", {"rule": "later"}))["records"]
        assert act["t"] > at - 20_000


async def test_a_port_that_rules_closed_is_open_once_they_are_cleared() -> None:
    async with served() as qq:
        await qq.bot.token()
        await qq.control.load_rules([{"link": "api", "do": "refuse"}])
        with pytest.raises(aiohttp.ClientError):
            await qq.bot.status()
        await qq.control.clear_rules()
        assert await qq.bot.status() == 200


async def test_what_a_silence_held_arrives_once_it_is_cleared() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        await qq.control.load_rules([{"link": "ws.down", "do": "stall"}])
        await ws.beat()
        await qq.control.wait("ws.out", {"op": "ack"})
        await ws.silence()
        await qq.control.clear_rules()
        assert (await ws.frame())["op"] == 11


async def test_the_rules_there_are_can_be_had_as_they_were_written() -> None:
    async with served() as qq:
        none: dict[str, Any] = {"rules": [], "forbids": [], "heal": None, "held": "keep"}
        assert await qq.control.rules() == none
        mine = [{"id": "mine", "at": "1h", "do": {"close": 4009}}]
        never = [{"when": "ws.in.identify", "from": "mine", "because": "it is to be resumed"}]
        loaded: dict[str, Any] = {"rules": mine, "forbids": never, "heal": "mine + 10m", "held": "release"}
        await qq.control.load_rules(**loaded)
        assert await qq.control.rules() == loaded
        await qq.control.clear_rules()
        assert await qq.control.rules() == none


async def test_what_was_forbidden_is_told_where_it_happens_under_rules_loaded_anew() -> None:
    async with served() as qq:
        await qq.control.load_rules([], forbids=[{"when": "ws.in.identify", "because": "there is a session"}])
        await qq.bot.ready()
        told = await qq.control.wait("forbidden.seen")
        assert told["records"][0]["d"]["because"] == "there is a session"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"forbids": [{"when": "ws.in.identify"}]}, r"forbids\[0\]: because is missing"),
        ({"forbids": [{"when": "ws.in.identify", "from": "gone", "because": "x"}]}, r"forbids\[0\]\.from"),
        ({"held": "drop"}, "held is keep or release, not 'drop'"),
    ],
)
async def test_a_wrong_prohibition_or_healing_is_refused(wrong: dict[str, Any], where: str) -> None:
    async with served() as qq:
        with pytest.raises(ControlError, match=where):
            await qq.control.load_rules([], **wrong)


async def test_wrong_rules_leave_the_old_ones_and_say_where() -> None:
    async with served() as qq:
        await qq.control.load_rules([{"id": "mine", "at": "1h", "do": "rst"}])
        with pytest.raises(ControlError, match=r"rules\[0\]\.do\.clos"):
            await qq.control.load_rules([{"at": "1s", "do": {"clos": 1}}])
        assert (await qq.control.state())["rules"] == ["mine"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (
            {"kind": "forbidden"},
            r"^.*kind: no record is of the kind 'forbidden': did you mean forbidden\.seen",
        ),
        ({"kind": "session", "where": {"wat": "ready"}}, r"where\.wat: .*did you mean what"),
    ],
)
async def test_a_wait_for_what_cannot_happen_is_refused(wrong: dict[str, Any], where: str) -> None:
    async with served() as qq:
        with pytest.raises(ControlError, match=where):
            await qq.control.wait(**wrong)


async def test_records_of_no_kind_are_refused() -> None:
    async with served() as qq:
        with pytest.raises(ControlError, match="did you mean session"):
            await qq.control.records(kind="sesion")


async def test_a_wait_ends_when_it_happens_or_when_its_time_is_over() -> None:
    async with served() as qq:
        waiting = asyncio.create_task(qq.control.wait("session", {"what": "ready"}))
        ws = await qq.bot.ready()
        assert (await waiting)["met"]
        last = (await qq.control.state())["last"]
        late = await qq.control.wait("session", {"what": "ready"}, after=last, timeout_s=0.01)
        assert late == {"met": False, "records": []}
        await ws.beat()
        assert (await qq.control.wait("ws.in", {"op": "heartbeat"}, after=last))["met"]


async def test_a_wait_that_names_no_kind_ends_with_whatever_comes_next() -> None:
    async with served() as qq:
        last = (await qq.control.state())["last"]
        waiting = asyncio.create_task(qq.control.wait(after=last))
        await qq.bot.token()
        assert (await waiting)["records"][0]["k"] == "link.open"


async def test_an_expired_token_is_refused_and_a_new_one_is_given() -> None:
    async with served() as qq:
        await qq.bot.token()
        assert (await qq.control.expire_token("app1"))["acted"] == 1
        assert await qq.bot.status() == 401
        await qq.bot.token()
        assert await qq.bot.status() == 200


async def test_an_expired_session_cannot_be_resumed() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        (session,) = await qq.control.sessions()
        await ws.ws.close()
        assert await qq.control.expire_session(session["ordinal"]) == []
        again = await qq.bot.dial()
        await again.frame()
        await again.resume(1)
        assert await again.frame() == {"op": 9, "d": False}
        assert (await again.closed())[0] == 4006


async def test_what_is_there_is_listed() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        (bot,) = await qq.control.bots()
        assert (bot["app_id"], bot["number"], bot["connected"]) == ("app1", 1, True)
        rows = [row for row in await qq.control.connections() if row["protocol"] == "websocket"]
        assert [(row["host"], row["bot"], row["session"], row["serving"]) for row in rows] == [
            ("ws", 1, 1, True)
        ]
        await ws.beat()
        await ws.frame()
        texts = [(row["direction"], row["text"]) for row in await qq.control.frames()]
        assert texts[-2:] == [("in", '{"op": 1, "d": 1}'), ("out", '{"op":11}')]
        (token,) = [row for row in await qq.control.requests() if row["endpoint"] == "token"]
        assert token["body"]["appId"] == "app1" and token["answer"]["expires_in"] == "7200"


async def test_a_reset_forgets_everything_but_the_bots() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        await qq.control.load_rules([{"at": "1h", "do": "rst"}])
        state = await qq.control.reset()
        assert (await ws.closed())[0] == 1006
        assert state["rules"] == [] and await qq.control.sessions() == []
        assert await qq.control.requests() == [] and len(await qq.control.bots()) == 1
        assert await qq.bot.status() == 401
        qq.bot.access = ""
        await qq.bot.ready()


async def test_a_bot_is_named_by_number_or_app_id_where_there_are_several() -> None:
    async with served(bots=2) as qq:
        ws = await qq.bot.ready()
        with pytest.raises(ControlError, match="say which bot"):
            await qq.control.dispatch(C2C)
        for name in (1, "1", "app1"):
            await qq.control.dispatch(C2C, bot=name)
            assert (await ws.frame())["t"] == C2C
        with pytest.raises(ControlError, match="there is no bot app9") as caught:
            await qq.control.push("rst", bot="app9")
        assert caught.value.status == 404


async def test_a_bot_can_be_registered_while_it_runs() -> None:
    async with served() as qq:
        assert (await qq.control.register("app2", "secret2"))["number"] == 2
        with pytest.raises(ControlError, match="twice"):
            await qq.control.register("app2", "other")
        qq.bot.number = 2
        ws = await qq.bot.ready()
        await qq.control.dispatch(C2C, bot=2)
        assert (await ws.frame())["t"] == C2C


async def test_any_credentials_are_a_bot_where_they_may_be() -> None:
    async with served(Options(any_credentials=True), bots=0) as qq:
        ws = await qq.bot.ready()
        await qq.control.dispatch(C2C)
        assert (await ws.frame())["t"] == C2C
        assert [row["app_id"] for row in await qq.control.bots()] == ["app1"]
