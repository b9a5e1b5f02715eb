"""Programs: sockets used synchronously, and polled."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import asyncio
import contextlib
import os
import select
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harness.clock.programs.servers import echo, now, server_in_a_thread, silent


def recv_times_out() -> list[Any]:
    seen: list[Any] = []
    with server_in_a_thread(silent) as port, socket.create_connection(("127.0.0.1", port), 30) as sock:
        try:
            sock.recv(1)
        except TimeoutError as fault:
            seen += [str(fault), now(), sock.gettimeout()]
        try:
            sock.recv_into(bytearray(10), nbytes=5)
        except TimeoutError:
            seen.append(now())
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
            seen.append(now())
        thread = threading.Thread(
            target=lambda: (time.sleep(2), socket.create_connection(address, timeout=3).close())
        )
        thread.start()
        peer, _ = listener.accept()
        seen.append(now())
        peer.close()
        thread.join()
    return seen


def refused_where_an_old_connection_is_in_time_wait(kind: str) -> list[Any]:
    """The server closed first, and nobody listens any more; the client's port is the old one's."""
    with contextlib.ExitStack() as stack:
        reserved, listener, client, again = (stack.enter_context(socket.socket()) for _ in range(4))
        for one in (reserved, listener):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        address = reserved.getsockname()
        listener.bind(address)
        listener.listen()
        for one in (client, again):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mine = _bound_below_the_kernels_choice(client)
        client.connect(address)
        peer, _ = listener.accept()
        peer.shutdown(socket.SHUT_WR)
        client.recv(1)
        client.close()
        peer.recv(1)
        peer.close()
        listener.close()
        again.bind(mine)
        try:
            if kind == "asyncio":
                again.setblocking(False)
                asyncio.run(_sock_connect(again, address))
            else:
                again.settimeout(30)
                again.connect(address)
        except OSError as fault:
            return [type(fault).__name__, now()]
    return ["connected"]


def _bound_below_the_kernels_choice(sock: socket.socket) -> Any:
    """To a port that no other client on this machine gets meanwhile."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return sock.getsockname()
    raise AssertionError("no port is free")


async def _sock_connect(sock: socket.socket, address: Any) -> None:
    await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, address), 30)


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
                return [now()]
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

    with server_in_a_thread(count) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.settimeout(limit)
        sock.sendall(b"x" * size)
        sock.shutdown(socket.SHUT_WR)
        answer = sock.recv(10)
        sock.close()
    return [counted[0], answer.decode(), now()]


def sendall_times_out() -> list[Any]:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        writer.transport.abort()

    with server_in_a_thread(never) as port, socket.create_connection(("127.0.0.1", port), 10) as sock:
        try:
            sock.sendall(b"x" * 20_000_000)
        except TimeoutError:
            return [now()]
    return []


def full_duplex() -> list[Any]:
    """One thread receives on a socket, another sends on it: neither changes the other's time-out."""
    seen: list[Any] = []
    with server_in_a_thread(echo) as port, socket.create_connection(("127.0.0.1", port), 30) as sock:

        def receive() -> None:
            seen.append([sock.recv(10).decode(), now()])

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
        server_in_a_thread(echo, server) as port,
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
            return [got, now(), sock.gettimeout()]
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
        before = now()
        first = way(9)
        sender = threading.Thread(target=lambda: (time.sleep(2), right.send(b"x")))
        sender.start()
        second = way(9)
        seen.append([name, first, second, now() - before])
        left.recv(1)
        sender.join()
    return seen


def pipe_to_a_child() -> list[Any]:
    """Behind a pipe stands another process: its real time does not become a virtual time-out."""
    import subprocess
    import sys

    script = "import time; time.sleep(0.2); print('slow')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
    return [done.stdout.decode().strip(), now() < 60]
