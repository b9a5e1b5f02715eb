"""Programs: randomness and garbage collection."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import secrets
import tempfile
import uuid
from typing import Any

from harness.clock import BATON
from harness.clock.gc_and_random import tame


def draws(seed: int) -> list[Any]:
    tame(BATON, seed)
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
        tame(BATON, 0)
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

    tame(BATON, 0)
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


def warm_parent(used: int) -> list[Any]:
    """A parent that has made `used` tasks and threads forks; the names and the order in the child."""
    import threading

    from harness import clock

    async def parent() -> None:
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(used)))

    asyncio.run(parent())
    for _ in range(used):
        hash(threading.Thread())
    reader, writer = os.pipe()
    if os.fork() == 0:
        clock.begin()
        asyncio.run(asyncio.sleep(1))
        names = [threading.Thread().name for _ in range(2)]
        os.write(writer, json.dumps([names, *order_of_sets()]).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader) as pipe:
        got: list[Any] = json.load(pipe)
    return got


def order_of_sets() -> list[Any]:
    """Tasks as they are cancelled at the end of a run, as `wait` returns them, a set of threads, names."""
    import threading

    cancelled: list[int] = []

    async def sleeper(number: int) -> int:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            cancelled.append(number)
        return number

    async def main() -> list[int]:
        tasks = [asyncio.create_task(sleeper(number)) for number in range(50)]
        done, _ = await asyncio.wait(tasks)
        left = [asyncio.create_task(sleeper(number)) for number in range(50)]
        await asyncio.sleep(1)
        del left
        names.extend(sorted(task.get_name() for task in done))
        return [task.result() for task in done]

    names: list[str] = []
    waited = asyncio.run(main())
    threads = [threading.Thread(name=str(number)) for number in range(50)]
    return [waited, cancelled, [int(thread.name) for thread in set(threads)], names]
