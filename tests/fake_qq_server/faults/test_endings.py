"""How a connection ends, as a raw socket and as aiohttp see it."""

from __future__ import annotations

import socket
import struct

import pytest

from fake_qq_server.wire import frames
from tests.fake_qq_server.front import bot_of, fake_with
from tests.fake_qq_server.raw import Raw, masked, raw

IDENTIFY = '{"op":2,"d":{"token":"QQBot %s","intents":0}}'


async def ready(line: Raw, token: str) -> None:
    await line.upgraded()
    line.say(IDENTIFY % token)
    assert b"READY" in (await line.frame())[1]


@pytest.mark.parametrize("verb, seen", [("fin", "EOF"), ("rst", "ECONNRESET")])
async def test_a_raw_socket_sees_eof_after_fin_and_a_reset_after_rst(verb: str, seen: str) -> None:
    rule = {"id": "end", "when": "ws.out.ack", "do": verb}
    async with fake_with(rule) as front, bot_of(front) as bot, raw(front) as line:
        await ready(line, (await bot.token())["access_token"])
        line.say('{"op":1,"d":1}')
        assert b'"op":11' in (await line.frame())[1]
        assert await line.ends() == seen
        n, _, about = front.one("link.close", by="peer", how=verb, host="ws")
        assert about.rule == "end" and front.told.events[(about.cause or 0) - 1][1].KIND == "ws.out"
        assert front.one("session", what="dropped")[2].cause == n


@pytest.mark.parametrize("verb", ["fin", "rst"])
async def test_aiohttp_reports_fin_and_rst_as_1006(verb: str) -> None:
    async with fake_with({"when": "ws.out.ready", "do": verb}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert await ws.closed() == (1006, None)


@pytest.mark.parametrize("verb, seen", [("fin", "EOF"), ("rst", "ECONNRESET")])
async def test_fin_and_rst_can_end_the_handshake_itself(verb: str, seen: str) -> None:
    async with fake_with({"when": "ws.connect", "do": ["noanswer", verb]}) as front, raw(front) as line:
        line.write(b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade:WebSocket\r\n\r\n")
        assert await line.ends() == seen
        assert not front.unmet()


@pytest.mark.parametrize("code", [0, 999, 1000, 1005, 1006, 1015, 4009, 5000, 65535])
async def test_a_close_frame_carries_any_code_and_eof_follows_its_answer(code: int) -> None:
    rule = {"when": "ws.out.ready", "do": {"close": code, "reason": "bye"}}
    async with fake_with(rule) as front, bot_of(front) as bot, raw(front) as line:
        await ready(line, (await bot.token())["access_token"])
        assert await line.frame() == (8, code.to_bytes(2) + b"bye")
        line.write(masked(8, b"\x03\xe8"))
        assert await line.ends() == "EOF"
        assert front.one("ws.out", op="close")[1].code == code
        assert front.one("ws.in", op="close")[1].code == 1000


async def test_a_close_frame_without_a_code_is_empty() -> None:
    rule = {"when": "ws.out.ready", "do": "close"}
    async with fake_with(rule) as front, bot_of(front) as bot, raw(front) as line:
        await ready(line, (await bot.token())["access_token"])
        assert await line.frame() == (8, b"")
        line.write(masked(8, b""))
        assert await line.ends() == "EOF"
        assert front.one("ws.in", op="close")[1].code is None


@pytest.mark.parametrize(
    "code, reason, seen",
    [
        (4009, "Session timed out", (4009, "Session timed out")),
        (1000, "", (1000, "")),
    ],
)
async def test_aiohttp_sees_the_code_and_the_reason_of_a_close(code: int, reason: str, seen: object) -> None:
    rule = {"when": "ws.out.ready", "do": {"close": code, "reason": reason}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        assert await (await bot.ready()).closed() == seen


@pytest.mark.parametrize("code", [1005, 1006, 5000])
async def test_forbidden_codes_end_an_aiohttp_client_all_the_same(code: int) -> None:
    async with fake_with({"when": "ws.out.ready", "do": {"close": code}}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        message = await ws.ws.receive()
        assert message.type.name in ("CLOSE", "ERROR") and ws.ws.closed
        await front.until("session", what="dropped")


async def test_aiohttp_reports_a_close_without_a_code_as_1006() -> None:
    async with fake_with({"when": "ws.out.ready", "do": "close"}) as front, bot_of(front) as bot:
        code, _ = await (await bot.ready()).closed()
        assert code == 1006  # aiohttp takes the missing code for no close at all


async def test_a_close_and_a_fin_of_one_rule_both_act() -> None:
    rule = {"when": "ws.out.ready", "do": [{"close": 4009}, "fin"]}
    async with fake_with(rule) as front, bot_of(front) as bot, raw(front) as line:
        await ready(line, (await bot.token())["access_token"])
        assert (await line.frame())[0] == 8
        assert await line.ends() == "EOF"
        assert not front.unmet() and len(front.all("rule.act")) == 2


async def test_the_subjects_own_fin_and_rst_are_told_apart() -> None:
    async with fake_with() as front:
        async with raw(front) as line:
            await line.upgraded()
            line.writer.close()
            await front.until("link.close", host="ws", by="subject", how="fin")
        async with raw(front) as line:
            await line.upgraded()
            sock = line.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await front.until("link.close", host="ws", by="subject", how="rst")


async def test_what_the_subject_still_sends_does_not_turn_fin_into_rst() -> None:
    async with fake_with({"when": "ws.in.any", "do": "fin"}) as front, raw(front) as line:
        await line.upgraded()
        line.say('{"op":1}')
        await front.until("link.close", by="peer", how="fin")
        for _ in range(200):
            line.say('{"op":1}')
        got = await line.reader.read(-1)  # raises where an RST came
        assert got == frames.encode(frames.TEXT, b'{"op":11}')
        assert await line.ends() == "EOF"
