"""Programs: HTTP and WebSocket clients, synchronous and asynchronous, against servers in threads."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.server
import threading
import time
from typing import Any

from harness.clock import BATON
from tests.harness.clock.programs.servers import now, server_in_a_thread, silent


def blocking_server() -> list[Any]:
    """The standard library's own HTTP server (a selector, then blocking reads), asked by urllib."""
    import urllib.request

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(3)
            body = f"{now()}".encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    answers = []
    for _ in range(3):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            answers.append(answer.read().decode())
    server.shutdown()
    thread.join()
    server.server_close()
    return answers


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    writer.close()


def httpx_keep_alive(gap: float) -> list[Any]:
    """Twenty synchronous GETs `gap` seconds apart, in a thread: how many connections they open."""
    import httpx

    opened = [0]
    spans: list[float] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened[0] += 1
        await _answer(reader, writer)

    def ask(port: int) -> None:
        with httpx.Client(trust_env=False, timeout=5) as client:
            for _ in range(20):
                before = now()
                client.get(f"http://127.0.0.1:{port}/").raise_for_status()
                spans.append(now() - before)
                time.sleep(gap)

    with server_in_a_thread(count) as port:
        thread = threading.Thread(target=ask, args=(port,))
        thread.start()
        thread.join()
    return [opened[0], max(spans)]


def httpx_times_out() -> list[Any]:
    import httpx

    with server_in_a_thread(silent) as port, httpx.Client(trust_env=False, timeout=17) as client:
        try:
            client.get(f"http://127.0.0.1:{port}/")
        except httpx.ReadTimeout:
            return [now()]
    return []


def aiohttp_connects(count: int) -> list[Any]:
    """aiohttp with `trust_env` hops to a thread on each `ws_connect`: no time-out of 20 s ever fires."""
    import aiohttp
    from websockets.asyncio.server import ServerConnection, serve

    ready = threading.Event()
    found: dict[str, Any] = {}

    async def greet(connection: ServerConnection) -> None:
        await connection.send("hello")
        await connection.wait_closed()

    async def main() -> None:
        async with serve(greet, "127.0.0.1", 0) as server:
            found["port"] = next(iter(server.sockets)).getsockname()[1]
            found["loop"], found["stop"] = asyncio.get_running_loop(), asyncio.Event()
            ready.set()
            await found["stop"].wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait()
    digest = hashlib.sha256()

    async def connect() -> int:
        greetings = 0
        for _ in range(count):
            async with aiohttp.ClientSession(trust_env=True) as session:
                url = f"ws://127.0.0.1:{found['port']}/"
                socket = await asyncio.wait_for(session.ws_connect(url), 20)
                greetings += (await socket.receive()).data == "hello"
                await socket.close()
            digest.update(f"{BATON.now_us} {BATON.turns}\n".encode())
            await asyncio.sleep(1)
        return greetings

    greetings = asyncio.run(connect())
    found["loop"].call_soon_threadsafe(found["stop"].set)
    thread.join()
    return [greetings, now(), digest.hexdigest()]
