"""A served platform: as a program with its clients, or in this loop with its control API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from fake_qq_server.client import AsyncClient, Client
from fake_qq_server.platform.options import Options
from fake_qq_server.server import FakeQQ
from fake_qq_server.serving.clock import MovableClock
from fake_qq_server.serving.control import Control
from fake_qq_server.serving.control_http import ControlServer
from fake_qq_server.serving.history import History
from tests.fake_qq_server.front import LONG_S, Bot, Front, Ws

PROGRAM = (sys.executable, "-u", "-m", "fake_qq_server")
TOKEN = "the-token"


@contextlib.contextmanager
def program(*arguments: str, command: tuple[str, ...] = PROGRAM) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def first_line(child: subprocess.Popen[str]) -> dict[str, Any]:
    """Where it serves. Read byte by byte: `communicate` does not know what a buffer has of later lines."""
    assert child.stdout is not None
    line = b""
    while not line.endswith(b"\n") and (got := os.read(child.stdout.fileno(), 1)):
        line += got
    ready: dict[str, Any] = json.loads(line)
    return ready


def client_of(ready: dict[str, Any]) -> Client:
    return Client(ready["control"], ready["control_token"])


def ended(child: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    """Its exit status after a signal, and what it had still to say."""
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    return child.returncode, out, err


@dataclass
class _Bot(Bot):
    """One that knows its connections, for the end of a test."""

    opened: list[Ws] = field(default_factory=list)

    async def dial(self, **more: Any) -> Ws:
        self.opened.append(await super().dial(**more))
        return self.opened[-1]


@dataclass
class Served:
    """A fake in this loop, its control API's client, and a bot of it."""

    fake: FakeQQ
    url: str
    control: AsyncClient
    bot: Bot
    errors: list[BaseException]


@contextlib.asynccontextmanager
async def served(
    options: Options | None = None, *, bots: int = 1, console: bool = False
) -> AsyncIterator[Served]:
    history = History(lambda row: None)
    names = [(f"app{n}", f"secret{n}") for n in range(1, bots + 1)]
    clock = MovableClock(asyncio.get_running_loop())
    fake = FakeQQ(history, names, delay_us=0, options=options, observer=history, clock=clock)
    history.now_us = fake.now_us
    errors: list[BaseException] = []
    fake.on_error = errors.append
    server = ControlServer(Control(fake, clock, history), TOKEN, console=console)
    url = await server.start("127.0.0.1", 0)
    fake.start()
    try:
        timeout = aiohttp.ClientTimeout(total=LONG_S)
        async with asyncio.timeout(3 * LONG_S), aiohttp.ClientSession(timeout=timeout) as http:
            front = Front(fake, None)  # type: ignore[arg-type]
            bot = _Bot(front, http)
            yield Served(fake, url, AsyncClient(url, TOKEN), bot, errors)
            for ws in bot.opened:
                await ws.ws.close()
    finally:
        await server.stop()
        fake.stop()
    if errors:
        raise errors[0]
