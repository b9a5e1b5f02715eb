"""Connections that nobody uses end, and no others."""

from __future__ import annotations

import asyncio

from fake_qq_server.serving.idle import LONGEST_IDLE_US, end_idle
from tests.fake_qq_server.serving.served import Served, served


async def half_a_head(qq: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Somebody who never gets to the end of a head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", qq.fake.addresses.ports["api"])
    writer.write(b"GET /gateway HTTP/1.1\r\nX: y")
    await qq.control.wait("link.open", {"host": "api"})
    return reader, writer


async def test_a_head_without_end_and_a_pool_end_after_a_while() -> None:
    async with served() as qq:
        reader, writer = await half_a_head(qq)
        await qq.bot.token()  # a pooled connection stays
        ports = qq.fake.listeners.values()
        now = qq.fake.now_us()
        assert end_idle(ports, now + LONGEST_IDLE_US - now) == 0
        assert end_idle(ports, now + LONGEST_IDLE_US + 1) == 2
        assert await reader.read() == b""
        writer.close()


async def test_an_answer_begins_the_while_anew() -> None:
    async with served() as qq:
        await qq.bot.token()
        (connection,) = qq.fake.listeners["token"].connections.values()
        before = connection.idle_since_us
        await qq.bot.token()
        assert connection.idle_since_us > before


async def test_a_websocket_and_a_request_without_an_answer_stay() -> None:
    async with served() as qq:
        ws = await qq.bot.ready()
        await qq.control.load_rules([{"when": "http.api", "do": "noanswer"}])
        asking = asyncio.create_task(qq.bot.status("/users/@me"))
        await qq.control.wait("http.answer", {"endpoint": "api"})
        open_before = [one for port in qq.fake.listeners.values() for one in port.connections.values()]
        busy = [one for one in open_before if not one.idle]
        end_idle(qq.fake.listeners.values(), qq.fake.now_us() + 10 * LONGEST_IDLE_US)
        assert len(busy) == 2 and all(one.open for one in busy)
        await ws.beat()
        assert (await ws.frame())["op"] == 11
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
