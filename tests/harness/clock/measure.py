"""What the clock costs: `python -m tests.harness.clock.measure [core]`, pinned to that core if one is given.

Printed are microseconds of CPU time and of real time for each; on a busy machine believe the CPU time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import freezegun.api

from harness import clock

SECONDS = 1.0

_api: Any = freezegun.api  # asked by its module: freezegun exchanges what was imported from it


def measure(name: str, count: int, work: Callable[[int], None]) -> None:
    """The best of three."""
    took = []
    for _ in range(3):
        cpu, real = time.process_time(), _api.real_perf_counter()
        work(count)
        took.append((time.process_time() - cpu, _api.real_perf_counter() - real))
    cpu, real = min(took)
    print(f"{name:40} {cpu / count * 1e6:8.1f} µs CPU {real / count * 1e6:8.1f} µs real", flush=True)


def jumps(count: int) -> None:
    async def main() -> None:
        for _ in range(count):
            await asyncio.sleep(SECONDS)

    asyncio.run(main())


def sleeps(count: int) -> None:
    for _ in range(count):
        time.sleep(SECONDS)


def readings(count: int) -> None:
    for number in range(count):
        time.time()
        if number % 1000 == 0:
            time.sleep(SECONDS)


def idle_threads(count: int) -> None:
    """A jump while twenty threads wait in queues and locks, as in a whole gateway."""
    event = threading.Event()
    threads = [threading.Thread(target=event.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    sleeps(count)
    event.set()
    for thread in threads:
        thread.join()


def hand_overs(count: int) -> None:
    """Two threads that sleep in turns: every jump hands the baton to the other."""

    def work() -> None:
        for _ in range(count // 2):
            time.sleep(SECONDS)

    thread = threading.Thread(target=work)
    thread.start()
    work()
    thread.join()


def exchanges(count: int) -> None:
    """A line there and back between two loops in two threads: two hand-overs, two sends, two receives."""
    ports: list[int] = []
    ready = threading.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def serve() -> None:
        over = asyncio.Event()

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await echo(reader, writer)
            over.set()

        server = await asyncio.start_server(once, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await over.wait()
        server.close()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports[0])
        for number in range(count):
            writer.write(b"hello\n")
            await reader.readline()
            if number % 100 == 0:
                await asyncio.sleep(SECONDS)
        writer.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    asyncio.run(client())
    thread.join()


def hops(count: int) -> None:
    async def main() -> None:
        for number in range(count):
            await asyncio.to_thread(int)
            if number % 100 == 0:
                await asyncio.sleep(SECONDS)

    asyncio.run(main())


def main() -> None:
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    clock.install()
    clock.begin()
    measure("a reading of the clock", 100_000, readings)
    measure("a jump: time.sleep", 20_000, sleeps)
    measure("a jump: asyncio.sleep", 20_000, jumps)
    measure("a jump with 20 idle threads", 20_000, idle_threads)
    measure("a hand-over between two threads", 20_000, hand_overs)
    measure("an exchange between two loops", 5_000, exchanges)
    measure("a to_thread hop", 5_000, hops)


if __name__ == "__main__":
    main()
