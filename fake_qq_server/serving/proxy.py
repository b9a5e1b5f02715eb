"""A CONNECT proxy that leads QQ's hosts to the served platform, refuses every other one, and says which.

It also leads to the platform's own ports. Some clients hand the proxy to their WebSocket library themselves,
and that library then asks the proxy for the gateway on loopback too, whatever NO_PROXY says.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from fake_qq_server.serving.connections import Connections
from fake_qq_server.serving.tls import QQ_HOSTS

HEAD_LIMIT = 16 << 10
MOST_CONNECTIONS = 256
HEAD_TIMEOUT_S = 30.0


def leads(names: Iterable[str], ports: Mapping[Any, int]) -> dict[str, int]:
    """Where a platform with these names and `ports` by host serves what: QQ's hosts, and its own ports."""
    own = {f"{name.lower()}:{port}": port for name in names for port in ports.values()}
    return own | {f"{host}:443": ports["api" if "sgroup" in host else "token"] for host in QQ_HOSTS}


class Proxy(Connections):
    """`led` says on which port of `address` each "host:port" is served."""

    def __init__(self, led: Mapping[str, int], address: str) -> None:
        super().__init__(MOST_CONNECTIONS, HEAD_LIMIT)
        self._led = led
        self._address = address

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._lead(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # it went, was too slow, or the program is over
        finally:
            writer.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        port = self._led.get(target.lower()) if method == "CONNECT" else None
        if port is None:
            await self._refuse(writer, f"{method} {target}")
            return
        there_reader, there_writer = await asyncio.open_connection(self._address, port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copied(reader, there_writer))
                both.create_task(_copied(there_reader, writer))
        except* OSError:  # one end was reset: so is the other
            pass
        finally:
            there_writer.transport.abort()

    async def _refuse(self, writer: asyncio.StreamWriter, what: str) -> None:
        """403, and a line on stderr: a client that talks to somebody else is worth knowing of."""
        said = what if what.isprintable() else ascii(what)
        print(f"proxy: refused {said[:200]}", file=sys.stderr, flush=True)
        body = f"this proxy leads to {', '.join(sorted(self._led))} only\n".encode()
        head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
