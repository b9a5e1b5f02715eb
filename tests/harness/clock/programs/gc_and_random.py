"""Programs: randomness and garbage collection."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import secrets
import tempfile
import uuid
from typing import Any

from harness.clock import BATON
from harness.clock.gc_and_random import make_deterministic


def draws(seed: int) -> list[Any]:
    make_deterministic(BATON, seed)
    with tempfile.NamedTemporaryFile() as file:
        name = os.path.basename(file.name)  # noqa: PTH119
    return [
        str(uuid.uuid4()),
        str(uuid.uuid1()),
        os.urandom(4).hex(),
        secrets.token_hex(4),
        random.random(),
        random.Random().random(),
        random.SystemRandom().random(),
        name,
        os.cpu_count(),
    ]


def abandoned_socket(garbage: int) -> list[float]:
    """When the peer of a connection that was dropped in a cycle sees the end, with other garbage about."""
    ends: list[float] = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ends.append(BATON.now_us / 1e6)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(served, "127.0.0.1", 0)
        make_deterministic(BATON, 0)
        for rest in (100, 1000, 700):
            await asyncio.sleep(rest)
            await abandon(server.sockets[0].getsockname()[1])
        for _ in range(300):
            kept: list[Any] = [[] for _ in range(garbage)]
            kept.append(kept)
            await asyncio.sleep(10)

    async def abandon(port: int) -> None:
        import socket

        cycle: list[Any] = [socket.create_connection(("127.0.0.1", port))]
        cycle.append(cycle)

    asyncio.run(main())
    return [*ends, float(gc.isenabled())]


def finaliser_that_waits() -> list[Any]:
    """A finaliser may take a lock that somebody holds across a sleep."""
    import threading
    import time

    make_deterministic(BATON, 0)
    lock = threading.Lock()
    seen: list[Any] = []

    class Careful:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            with lock:
                seen.append(BATON.now_us / 1e6)

    def hold() -> None:
        with lock:
            time.sleep(1000)

    Careful()
    thread = threading.Thread(target=hold)
    thread.start()
    for _ in range(15):
        time.sleep(100)
    thread.join()
    return seen
