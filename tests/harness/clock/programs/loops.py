"""Programs: loops in several threads that talk over sockets."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from typing import Any

from harness.clock import BATON
from tests.harness.clock.programs.servers import echo, server_in_a_thread


def several_loops(loops: int, exchanges: int) -> str:
    """Loops in threads talk to a server in another thread, with sleeps and thread hops between; the whole
    order of what each saw is the result."""
    log: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            log.append(f"{BATON.now_us} got {line!r}")
            if len(line) % 3 == 0:
                await asyncio.sleep(0.02)
            writer.write(line)
        writer.close()

    async def talk(port: int, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for count in range(exchanges):
            writer.write(f"{number} {count} {'x' * (count % 7)}\n".encode())
            answer = await reader.readline()
            log.append(f"{BATON.now_us} {number} {answer!r}")
            if count % 5 == 0:
                await asyncio.sleep(number * 0.01)
            if count % 7 == 0:
                await asyncio.to_thread(time.sleep, 0.005)
        writer.close()

    with server_in_a_thread(serve) as port:
        threads = [
            threading.Thread(target=lambda n=number: asyncio.run(talk(port, n))) for number in range(loops)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return hashlib.sha256("\n".join(log).encode()).hexdigest()


def reconnects(count: int) -> list[Any]:
    """One loop, both ends: a connection, a line each way, an end, over and over."""

    async def main() -> list[Any]:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            await asyncio.wait_for(reader.readline(), 0.000001)
            writer.close()
        return [count, BATON.now_us]

    return asyncio.run(main())


def exchanges(count: int) -> list[Any]:
    """Between two threads' loops, each answer with a microsecond to come in: none is ever missed."""

    async def main(port: int) -> list[Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(count):
            writer.write(b"%d\n" % number)
            await asyncio.wait_for(reader.readline(), 0.000001)
            if number % 100 == 99:
                await asyncio.sleep(1)
        writer.close()
        return [count, BATON.now_us]

    with server_in_a_thread(echo) as port:
        return asyncio.run(main(port))


def executor_server(threads: int) -> str:
    """Synchronous clients in a pool against one asynchronous server: what each saw, in order."""
    log: list[str] = []

    def ask(port: int, number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock, sock.makefile("rwb") as file:
            for count in range(20):
                file.write(f"{number} {count}\n".encode())
                file.flush()
                log.append(f"{BATON.now_us} {file.readline()!r}")
                if count % 4 == 0:
                    time.sleep(0.01 * number)

    async def main(port: int) -> None:
        await asyncio.gather(*(asyncio.to_thread(ask, port, number) for number in range(threads)))

    with server_in_a_thread(echo) as port:
        asyncio.run(main(port))
    return hashlib.sha256("\n".join(log).encode()).hexdigest()
