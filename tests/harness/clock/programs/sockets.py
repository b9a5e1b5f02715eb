"""Programs: sockets, in loops and in threads."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.server
import select
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from harness.clock import BATON

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _now() -> float:
    return BATON.now_us / 1e6


@contextlib.contextmanager
def _server_in_a_thread(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
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


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    writer.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


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

    with _server_in_a_thread(serve) as port:
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
        server = await asyncio.start_server(_echo, "127.0.0.1", 0)
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

    with _server_in_a_thread(_echo) as port:
        return asyncio.run(main(port))


def recv_times_out() -> list[Any]:
    seen: list[Any] = []
    with _server_in_a_thread(_silent) as port, socket.create_connection(("127.0.0.1", port), 30) as sock:
        try:
            sock.recv(1)
        except TimeoutError as fault:
            seen += [str(fault), _now(), sock.gettimeout()]
        try:
            sock.recv_into(bytearray(10), nbytes=5)
        except TimeoutError:
            seen.append(_now())
    return seen


def connect_refused_and_accept() -> list[Any]:
    seen: list[Any] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        with socket.socket() as client:
            client.settimeout(5)
            try:
                client.connect(address)
            except ConnectionRefusedError:
                seen.append("refused")
        with socket.socket() as client:
            client.settimeout(5)
            seen.append(client.connect_ex(address))
        listener.listen()
        listener.settimeout(8)
        try:
            listener.accept()
        except TimeoutError:
            seen.append(_now())
        thread = threading.Thread(
            target=lambda: (time.sleep(2), socket.create_connection(address, timeout=3).close())
        )
        thread.start()
        peer, _ = listener.accept()
        seen.append(_now())
        peer.close()
        thread.join()
    return seen


def connect_times_out() -> list[Any]:
    """A listener whose queue is full drops the SYN."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            sock = stack.enter_context(socket.socket())
            sock.settimeout(20)
            try:
                sock.connect(listener.getsockname())
            except TimeoutError:
                return [_now()]
    return ["never"]


def big_sendall(limit: float | None) -> list[Any]:
    """Ten megabytes to a reader that takes a pause: more than the kernel's buffers hold."""
    size = 10_000_000
    counted = [0]

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        while data := await reader.read(65536):
            counted[0] += len(data)
        writer.write(b"done")
        writer.close()

    with _server_in_a_thread(count) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.settimeout(limit)
        sock.sendall(b"x" * size)
        sock.shutdown(socket.SHUT_WR)
        answer = sock.recv(10)
        sock.close()
    return [counted[0], answer.decode(), _now()]


def sendall_times_out() -> list[Any]:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        writer.transport.abort()

    with _server_in_a_thread(never) as port, socket.create_connection(("127.0.0.1", port), 10) as sock:
        try:
            sock.sendall(b"x" * 20_000_000)
        except TimeoutError:
            return [_now()]
    return []


def full_duplex() -> list[Any]:
    """One thread receives on a socket, another sends on it: neither changes the other's time-out."""
    seen: list[Any] = []
    with _server_in_a_thread(_echo) as port, socket.create_connection(("127.0.0.1", port), 30) as sock:

        def receive() -> None:
            seen.append([sock.recv(10).decode(), _now()])

        thread = threading.Thread(target=receive)
        thread.start()
        time.sleep(7)
        seen.append(sock.gettimeout())
        sock.sendall(b"hello\n")
        thread.join()
    return seen


def tls(folder: str) -> list[Any]:
    """A TLS socket used synchronously: handshake, both directions, a time-out."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(Path(folder) / "cert.pem", Path(folder) / "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    with (
        _server_in_a_thread(_echo, server) as port,
        socket.create_connection(("127.0.0.1", port), 30) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        sock.sendall(b"x" * 50_000 + b"\n")
        got = 0
        while got < 50_001:
            got += len(sock.recv(65536))
        try:
            sock.recv(1)
        except TimeoutError:
            return [got, _now(), sock.gettimeout()]
    return []


def polls() -> list[Any]:
    """select, poll, epoll and selectors in a thread, each with a time-out and then with input."""
    seen: list[Any] = []
    left, right = socket.socketpair()

    def poll(seconds: float) -> bool:
        poller = select.poll()
        poller.register(left, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def epoll(seconds: float) -> bool:
        with select.epoll() as poller:
            poller.register(left.fileno(), select.EPOLLIN)
            return bool(poller.poll(seconds))

    def selector(kind: Any) -> Callable[[float], bool]:
        def wait(seconds: float) -> bool:
            with kind() as chosen:
                chosen.register(left, selectors.EVENT_READ)
                return bool(chosen.select(seconds))

        return wait

    ways: dict[str, Callable[[float], bool]] = {
        "select": lambda seconds: bool(select.select([left], [], [], seconds)[0]),
        "poll": poll,
        "epoll": epoll,
        "default": selector(selectors.DefaultSelector),
        "pollselector": selector(selectors.PollSelector),
        "selectselector": selector(selectors.SelectSelector),
    }
    for name, way in ways.items():
        before = _now()
        first = way(9)
        sender = threading.Thread(target=lambda: (time.sleep(2), right.send(b"x")))
        sender.start()
        second = way(9)
        seen.append([name, first, second, _now() - before])
        left.recv(1)
        sender.join()
    return seen


def pipe_to_a_child() -> list[Any]:
    """Behind a pipe stands another process: its real time does not become a virtual time-out."""
    import subprocess
    import sys

    script = "import time; time.sleep(0.2); print('slow')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
    return [done.stdout.decode().strip(), _now() < 60]


def blocking_server() -> list[Any]:
    """The standard library's own HTTP server (a selector, then blocking reads), asked by urllib."""
    import urllib.request

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(3)
            body = f"{_now()}".encode()
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
                before = _now()
                client.get(f"http://127.0.0.1:{port}/").raise_for_status()
                spans.append(_now() - before)
                time.sleep(gap)

    with _server_in_a_thread(count) as port:
        thread = threading.Thread(target=ask, args=(port,))
        thread.start()
        thread.join()
    return [opened[0], max(spans)]


def httpx_times_out() -> list[Any]:
    import httpx

    with _server_in_a_thread(_silent) as port, httpx.Client(trust_env=False, timeout=17) as client:
        try:
            client.get(f"http://127.0.0.1:{port}/")
        except httpx.ReadTimeout:
            return [_now()]
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
    return [greetings, _now(), digest.hexdigest()]


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

    with _server_in_a_thread(_echo) as port:
        asyncio.run(main(port))
    return hashlib.sha256("\n".join(log).encode()).hexdigest()
