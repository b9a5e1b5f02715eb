"""Whatever is asked of the control API: an answer, never a failure of the fake's own."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from fake_qq_server.serving.control import Control
from fake_qq_server.serving.control_routes import ROUTES
from fake_qq_server.serving.openapi import document
from tests.fake_qq_server.serving.served import TOKEN, Served, served
from tests.fuzz.inputs import HEADS, body_for

ROUNDS = 60


async def status(qq: Served, method: str, path: str, body: Any) -> int:
    data = json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with qq.bot.http.request(method, qq.url + path, headers=headers, data=data) as answer:
        said = await answer.json()
        assert answer.status == 200 or isinstance(said["error"], str)
        return answer.status


@pytest.mark.parametrize("seed", range(4))
async def test_no_request_makes_the_fake_fail(seed: int) -> None:
    chance = random.Random(seed)
    seen: set[int] = set()
    async with served() as qq:
        await qq.bot.ready()
        for _ in range(ROUNDS):
            route = chance.choice(ROUTES)
            path = route.path.replace("{bot}", chance.choice(["1", "x"])).replace("{session}", "1")
            query = f"?after={chance.choice(['0', 'x', '9' * 30])}" if chance.random() < 0.3 else ""
            seen.add(await status(qq, route.method, path + query, body_for(route, chance)))
        assert await status(qq, "GET", "/state", {}) == 200
    assert 200 in seen and 400 in seen and not seen & set(range(500, 600))


def test_the_document_and_the_methods_are_of_one_mind() -> None:
    names = {row["operationId"] for rows in document()["paths"].values() for row in rows.values()}
    assert all(callable(getattr(Control, name)) for name in names)


async def test_noise_on_every_port_leaves_the_others_alone() -> None:
    chance = random.Random(7)
    async with served() as qq:
        ports = [*qq.fake.addresses.ports.values(), int(qq.url.rpartition(":")[2])]
        for _ in range(ROUNDS):
            _, writer = await asyncio.open_connection("127.0.0.1", chance.choice(ports))
            writer.write(chance.choice(HEADS) + chance.randbytes(chance.randrange(300)))
            await writer.drain()
            writer.transport.abort()
        ws = await qq.bot.ready()
        await ws.beat()
        assert (await ws.frame())["op"] == 11
