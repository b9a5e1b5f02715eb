"""Servers that the programs talk to, each in a loop and thread of its own; the virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from harness.clock import BATON

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def now() -> float:
    return BATON.now_us / 1e6


@contextlib.contextmanager
def server_in_a_thread(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server in a loop and thread of its own; yields its port."""
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        found["port"] = server.sockets[0].getsockname()[1]
        found["loop"], found["stop"] = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await found["stop"].wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait()
    try:
        yield found["port"]
    finally:
        if thread.is_alive():
            found["loop"].call_soon_threadsafe(found["stop"].set)
            thread.join()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    writer.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()
