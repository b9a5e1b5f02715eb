"""A plain TCP client that hides nothing: bytes, frames, EOF and ECONNRESET."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fake_qq_server.wire import frames
from tests.fake_qq_server.front import QUIET_S, Front

UPGRADE = (
    b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass
class Raw:
    """A TCP connection that hides nothing."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def say(self, text: str, opcode: int = frames.TEXT, *, fin: bool = True) -> None:
        """One masked frame."""
        self.write(masked(opcode, text.encode(), fin=fin))

    async def read(self, count: int = 65536) -> bytes:
        return await self.reader.read(count)

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def upgraded(self) -> Raw:
        """Upgraded, and Hello read."""
        self.write(UPGRADE % b"/websocket")
        assert (await self.head()).startswith(b"HTTP/1.1 101 ")
        assert (await self.frame())[0] == frames.TEXT
        return self

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's first byte's opcode, and its payload."""
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2))
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(length)

    async def ends(self) -> str:
        """What the next read says: "EOF", "ECONNRESET", or the bytes that came."""
        try:
            data = await self.read()
        except ConnectionResetError:
            return "ECONNRESET"
        return repr(data) if data else "EOF"

    async def silence(self, seconds: float = QUIET_S) -> None:
        with contextlib.suppress(TimeoutError):
            data = await asyncio.wait_for(self.read(), seconds)
            raise AssertionError(f"not silent: {data!r}")


@contextlib.asynccontextmanager
async def raw(front: Front, host: Any = "ws") -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.fake.addresses.ports[host])
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


async def refused(front: Front, host: Any = "ws") -> bool:
    """Whether a connect is refused."""
    try:
        async with raw(front, host):
            return False
    except ConnectionRefusedError:
        return True


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A client's frame, masked with zeros."""
    plain = frames.encode(opcode, payload, fin=fin)
    head = plain[: len(plain) - len(payload)]
    return bytes([head[0], head[1] | 0x80]) + head[2:] + bytes(4) + payload


def request(method: str = "GET", path: str = "/gateway", *headers: str, body: bytes = b"") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *length, *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
