"""Clients that mean harm, one kind at a time, beside a plain one: what they cost it, and what stops them.

`python -m tests.fuzz.hostile` prints a table.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.fuzz.driving import memory_kib, served_platform
from tests.fuzz.inputs import UPGRADE
from tests.fuzz.plain import Plain

HUNDRED_MB = 100 << 20
PIECE = bytes(1 << 16)
BEATS = 60
BEAT_EVERY_S = 0.05
LONGEST_S = 180

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _open(at: dict[str, Any], host: str, first: bytes = b"") -> Streams:
    reader, writer = await asyncio.open_connection("127.0.0.1", at["ports"][host])
    writer.write(first)
    return reader, writer


async def _upgraded(at: dict[str, Any]) -> Streams:
    """A WebSocket that was greeted."""
    reader, writer = await _open(at, "ws", UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _pour(streams: Streams, size: int = HUNDRED_MB) -> str:
    """Write so many bytes, reading nothing; then what the platform said, or that it ended the connection."""
    reader, writer = streams
    sent = 0
    with contextlib.suppress(OSError):
        while sent < size and not reader.at_eof():
            writer.write(PIECE)
            await writer.drain()
            sent += len(PIECE)
    said = b""
    with contextlib.suppress(OSError, TimeoutError):
        said = await asyncio.wait_for(reader.read(1 << 16), 5)
    writer.transport.abort()
    return f"{said[-60:]!r} after {sent >> 20} MiB"


async def large_frame(at: dict[str, Any]) -> str:
    """One frame of 100 MB."""
    reader, writer = await _upgraded(at)
    writer.write(b"\x81\xff" + struct.pack("!Q", HUNDRED_MB) + b"mask")
    return await _pour((reader, writer))


async def many_fragments(at: dict[str, Any]) -> str:
    """One message of 100 MB in fragments."""
    _, writer = await _upgraded(at)
    writer.write(b"\x01\x80mask")
    fragment = b"\x00\xff" + struct.pack("!Q", len(PIECE)) + bytes(4) + PIECE
    sent = 0
    with contextlib.suppress(OSError):
        while sent < HUNDRED_MB:
            writer.write(fragment)
            await writer.drain()
            sent += len(PIECE)
    writer.transport.abort()
    return f"ended after {sent >> 20} MiB"


def large_body(host: str) -> Callable[[dict[str, Any]], Awaitable[str]]:
    """A request with 100 MB of body."""

    async def attack(at: dict[str, Any]) -> str:
        head = f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {HUNDRED_MB}\r\n\r\n".encode()
        return await _pour(await _open(at, host, head))

    return attack


def endless_head(host: str) -> Callable[[dict[str, Any]], Awaitable[str]]:
    """A head of 100 MB."""

    async def attack(at: dict[str, Any]) -> str:
        reader, writer = await _open(at, host, b"GET /x HTTP/1.1\r\nHost: x\r\nA: ")
        sent = 0
        with contextlib.suppress(OSError):
            while sent < HUNDRED_MB and not reader.at_eof():
                writer.write(b"a" * 4096)
                await writer.drain()
                sent += 4096
        writer.transport.abort()
        return f"ended after {sent >> 10} KiB"

    return attack


def idle_connections(host: str, count: int) -> Callable[[dict[str, Any]], Awaitable[str]]:
    """Connections on which nothing comes, or a byte of a head now and then: slow loris, half-open."""

    async def attack(at: dict[str, Any]) -> str:
        lines = [await _open(at, host, b"GET /x HT") for _ in range(count)]
        for _ in range(3):
            await asyncio.sleep(1)
            for _, writer in lines:
                with contextlib.suppress(OSError):
                    writer.write(b"x")
        over = sum(reader.at_eof() or reader.exception() is not None for reader, _ in lines)
        for _, writer in lines:
            writer.transport.abort()
        return f"{count} opened, {over} turned away"

    return attack


def _masked(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


async def never_reads(at: dict[str, Any]) -> str:
    """Heartbeats as fast as they go; no answer is ever read."""
    _, writer = await _upgraded(at)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    beats = _masked(b'{"op":1,"d":null}') * 2000
    sent, began = 0, time.monotonic()
    with contextlib.suppress(OSError, TimeoutError):
        while time.monotonic() - began < 10 and not writer.transport.is_closing():
            writer.write(beats)
            await asyncio.wait_for(writer.drain(), 10)
            sent += 2000
    over = "was reset" if writer.transport.is_closing() else "is open still"
    writer.transport.abort()
    return f"{over} after {sent:,} heartbeats, {time.monotonic() - began:.1f} s"


@dataclass(frozen=True)
class Attack:
    """One kind of them: what it does, and how."""

    words: str
    attack: Callable[[dict[str, Any]], Awaitable[str]]


ATTACKS = (
    Attack("a frame of 100 MB", large_frame),
    Attack("a message of 100 MB in fragments", many_fragments),
    Attack("a body of 100 MB, API", large_body("api")),
    Attack("a body of 100 MB, control API", large_body("control")),
    Attack("a head of 100 MB, API", endless_head("api")),
    Attack("a head of 100 MB, gateway", endless_head("ws")),
    Attack("a head of 100 MB, control API", endless_head("control")),
    Attack("500 slow heads, API", idle_connections("api", 500)),
    Attack("500 slow heads, gateway", idle_connections("ws", 500)),
    Attack("500 slow heads, control API", idle_connections("control", 500)),
    Attack("heartbeats without end, never reading", never_reads),
)


@dataclass(frozen=True)
class Suffered:
    """What a plain client observed while it went on: its heartbeats' round trips, milliseconds."""

    became: str
    beats_ms: Sequence[float]
    memory_kib: int

    @property
    def row(self) -> str:
        """Its median, its slowest, and what the platform holds."""
        mib = self.memory_kib / 1024
        return f"{median(self.beats_ms):.1f} | {max(self.beats_ms):.0f} | {mib:.0f} | {self.became}"


async def beside(at: dict[str, Any], attack: Callable[[dict[str, Any]], Awaitable[str]]) -> Suffered:
    """A plain client's heartbeats while somebody attacks, and until it is over."""
    async with asyncio.timeout(LONGEST_S), Plain(at) as plain:
        attacking = asyncio.ensure_future(attack(at))
        beats: list[float] = []
        while not attacking.done() or len(beats) < BEATS:
            beats.append(await plain.beat())
            await asyncio.sleep(BEAT_EVERY_S)
        return Suffered(await attacking, beats, memory_kib(at["pid"]))


async def _nothing(at: dict[str, Any]) -> str:
    del at
    return ""


def main() -> int:
    """Attack one platform after the other, and print what a plain client observed."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.hostile", description=__doc__)
    options.add_argument("-k", default="", help="only attacks that contain this")
    words = options.parse_args().k
    wrong = 0
    print("| who | heartbeat ms, median | slowest | MiB | what became of it |\n|---|---|---|---|---|")
    for one in (Attack("nobody", _nothing), *ATTACKS):
        if words not in one.words:
            continue
        with served_platform() as platform:
            suffered = asyncio.run(beside(platform.at, one.attack))
            status, said = platform.end()
        print(f"| {one.words} | {suffered.row} |{f' status {status}: {said}' if status or said else ''}")
        wrong += bool(status or said)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
