"""What a plain HTTP client sees of the answers that rules give."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.fake_qq_server.front import Bot, Watch, bot_of, fake_with
from tests.fake_qq_server.raw import UPGRADE, raw, request


async def test_status_is_a_whole_answer_and_the_connection_stays_usable() -> None:
    async with fake_with({"when": "http.api", "do": {"status": 503}}) as front, raw(front, "api") as line:
        for _ in range(2):
            line.write(request(path="/users/@me"))
            assert (await line.head()).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            await line.reader.readexactly(len(b'{"message": "Service Unavailable", "code": 503}'))
        assert len(front.all("link.open")) == 1


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_status_without_a_body_has_none(status: int) -> None:
    async with fake_with({"when": "http.api", "do": {"status": status}}) as front, bot_of(front) as bot:
        for _ in range(2):
            async with bot.get("/users/@me") as answer:
                assert (answer.status, await answer.read()) == (status, b"")
        assert len(front.all("link.open")) == 1


@pytest.mark.parametrize("status", [204, 299, 500])
async def test_error_comes_with_the_http_status_that_is_asked_for(status: int) -> None:
    rule = {"when": "http.gateway", "do": {"error": 11298, "http": status}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        assert await bot.status() == status


async def test_error_of_the_token_endpoint_comes_with_status_200() -> None:
    async with fake_with({"when": "http.token", "do": {"error": 100016}}) as front, bot_of(front) as bot:
        assert (await bot.token())["code"] == 100016


async def test_body_as_a_mapping_is_laid_over_the_answer_that_was_due() -> None:
    rule = {"when": "http.token", "do": {"body": {"expires_in": "90"}}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        got = await bot.token()
        assert got["expires_in"] == "90" and got["access_token"]


async def test_body_as_a_text_takes_the_place_of_the_answer() -> None:
    rule = {"when": "http.gateway", "do": {"body": "<html>"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        async with bot.get("/gateway") as answer:
            assert (answer.status, await answer.text()) == (200, "<html>")


async def test_cut_is_fewer_bytes_than_promised_then_eof() -> None:
    rule = {"when": "http.api", "do": {"cut": 10}}
    async with fake_with(rule) as front, raw(front, "api") as line:
        line.write(request(path="/users/@me"))
        promised = int((await line.head()).lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert promised > 10 and len(await line.reader.read(-1)) == 10
        assert front.one("link.close", by="peer", how="fin")[2].rule == front.one("rule.act")[2].rule


async def test_cut_is_a_payload_error_to_aiohttp() -> None:
    async with fake_with({"when": "http.api", "do": {"cut": 10}}) as front, bot_of(front) as bot:
        answer = await bot.get("/users/@me")
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_cut_behind_the_end_of_the_body_has_not_acted() -> None:
    rule = {"id": "cut", "when": "http.token", "do": {"cut": 100_000}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        assert (await bot.token())["access_token"]
        assert front.acts("cut") == 0 and "cut" in front.unmet()


async def test_drip_comes_a_byte_at_a_time_and_frees_the_connection() -> None:
    rule = {"when": "http.api", "which": 1, "do": {"drip": "1ms"}}
    async with fake_with(rule) as front, raw(front, "api") as line:
        line.write(request(path="/users/@me") * 2)  # the second waits for the first
        size = int((await line.head()).lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        watch = Watch()
        parts = 0
        while size > 0:
            size -= len(await line.read(size))
            parts += 1
        assert parts > 3 and watch.ms >= 50
        assert (await line.head()).startswith(b"HTTP/1.1 401 ")
        assert len(front.all("link.open")) == 1


async def test_noanswer_is_silence_on_an_open_connection() -> None:
    async with fake_with({"when": "http.api", "do": "noanswer"}) as front, raw(front, "api") as line:
        line.write(request(path="/users/@me"))
        await front.until("http.answer", status=None)
        await line.silence()
        assert not front.all("link.close")


@pytest.mark.parametrize("status", [200, 204, 299, 403, 503, 599])
async def test_upgrade_is_a_failed_handshake_with_that_status(status: int) -> None:
    rule = {"when": "ws.connect", "do": {"upgrade": status}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        with pytest.raises(aiohttp.WSServerHandshakeError) as failed:
            await bot.dial()
        assert failed.value.status == status
        assert front.one("ws.connect")[1].status == status


async def test_upgrade_turned_down_ends_the_connection_and_has_one_of_each_header() -> None:
    rule = {"when": "ws.connect", "do": {"upgrade": 403}}
    async with fake_with(rule) as front, raw(front) as line:
        line.write(UPGRADE % b"/websocket")
        answer = await line.reader.read(-1)
        assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert answer.lower().count(b"content-type:") == 1
        assert await line.ends() == "EOF"


async def test_noanswer_to_an_upgrade_is_silence_whatever_is_said_then() -> None:
    async with fake_with({"when": "ws.connect", "do": "noanswer"}) as front, raw(front) as line:
        line.write(UPGRADE % b"/websocket")
        await front.until("ws.connect", status=None)
        line.say('{"op":1}')
        await line.silence()


async def test_noanswer_to_a_frame_is_silence_on_an_open_connection() -> None:
    rule = {"when": "ws.in.heartbeat", "which": 1, "do": "noanswer"}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        await ws.silence()
        await ws.beat()
        assert await ws.names(1) == [11]


TEXT: dict[str, Any] = {"content": "x", "msg_type": 0}
TYPING: dict[str, Any] = {"msg_type": 6, "input_notify": {"input_type": 1, "input_second": 60}}
SENDS = (("/v2/users/u/messages", TEXT), ("/v2/users/u/messages", TYPING), ("/v2/groups/g/messages", TEXT))


async def _statuses(bot: Bot) -> list[int]:
    """What is answered to a C2C message, a C2C typing notice and a group message."""
    found = []
    for path, body in SENDS:
        async with bot.post(path, body) as answer:
            await answer.read()
            found.append(answer.status)
    return found


@pytest.mark.parametrize(
    ("where", "statuses"),
    [
        ({"what": "notice"}, [200, 503, 200]),
        ({"what": "message"}, [503, 200, 503]),
        ({"scene": "c2c"}, [503, 503, 200]),
        ({"what": "message", "scene": "group"}, [200, 200, 503]),
    ],
)
async def test_a_call_of_the_api_is_told_by_what_it_sends(where: Any, statuses: list[int]) -> None:
    rule = {"when": "http.api", "where": where, "do": {"status": 503}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        assert await _statuses(bot) == statuses


async def test_a_push_can_wait_for_an_answer_of_a_status_or_an_error_code() -> None:
    closes = {"id": "closes", "when": "http.answer.api", "where": {"code": 40034024}, "do": {"close": 4009}}
    unmet = {"id": "unmet", "when": "http.answer.any", "where": {"status": 500}, "do": "fin"}
    async with fake_with(closes, unmet) as front, bot_of(front) as bot:
        ws = await bot.ready()
        async with bot.post("/v2/users/u/messages", {"content": "x", "msg_id": "nobody-s"}) as answer:
            assert answer.status == 400
        assert await ws.closed() == (4009, "")
        assert front.one("rule.act")[2].cause == front.one("http.answer", code=40034024)[0]
        assert "unmet" in front.unmet()


@pytest.mark.parametrize(
    ("do", "accepted", "again"),
    [
        ({"status": 500}, None, 200),
        ({"error": 22009}, None, 200),
        ({"body": {"code": 22009}}, True, 400),
        ({"body": ""}, True, 400),
        ({"drip": "1ms"}, True, 400),
    ],
)
async def test_a_message_is_taken_where_the_answer_comes_from_the_platform(
    do: Any, accepted: bool | None, again: int
) -> None:
    rules = [
        {"when": "ws.out.ready", "do": {"dispatch": "C2C_MESSAGE_CREATE", "fields": {"id": "m"}}},
        {"when": "http.api", "which": 1, "do": do},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        ws = await bot.ready()
        user = (await ws.frame())["d"]["author"]["user_openid"]
        for number in (1, 2):
            path, reply = f"/v2/users/{user}/messages", {"content": "x", "msg_id": "m", "msg_seq": 7}
            async with bot.post(path, reply) as answer:
                await answer.read()
                assert number == 1 or answer.status == again
        first, second = (event for _, event, _ in front.all("http.answer", endpoint="api"))
        assert first.accepted is accepted
        assert (second.accepted, second.code) == ((True, None) if again == 200 else (False, 40054005))


RENEW = {"id": "renew", "when": "ws.in.resume", "which": 1, "do": "newsession"}


async def test_newsession_is_ready_with_another_id_that_can_be_resumed() -> None:
    async with fake_with(RENEW) as front, bot_of(front) as bot:
        await (await bot.ready()).ws.close()
        old, again = bot.session, await bot.dial()
        await again.resume(1)
        hello, ready = await again.frame(), await again.frame()
        assert (hello["op"], ready["t"]) == (10, "READY") and ready["d"]["session_id"] != old
        await again.beat()
        assert (await again.frame())["op"] == 11
        await again.ws.close()
        for session, seen in ((ready["d"]["session_id"], "RESUMED"), (old, 9)):
            last = await bot.dial()
            await last.resume(1, session)
            assert await last.names(2) == [10, seen]
        assert front.acts("renew") == 1 and not front.unmet()


async def test_newsession_leaves_a_resume_with_a_bad_token_to_the_platform() -> None:
    async with fake_with(RENEW) as front, bot_of(front) as bot:
        await (await bot.ready()).ws.close()
        again = await bot.dial()
        bot.access = "wrong"
        await again.resume(1)
        assert (await again.frame())["op"] == 10
        assert (await again.closed())[0] == 4004
        assert front.unmet() == {"renew": "it matched and had nothing to act on"}
