"""A served platform under load: `python -m tests.benchmark.serving [--connections 1000] [--rate 500]`.

So many connections are there at once, each with a session of its own and heartbeats. Then, for a while and at
this rate, a user's message is dispatched to one of them by way of the control API, and the bot answers it by
way of the API. Right before and after it a bare websockets echo server gets as many connections and messages
from the same clients: what the machine and the clients cost. Latencies hold for the machine as it is just
now; CPU of the server, by message, holds for a busy machine, too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.fuzz.driving import memory_kib, served_platform

BEAT_EVERY_S = 10.0
LINES = 16
"""Kept-alive HTTP connections, of the control API and of the API each."""
PATIENCE_S = 120.0


def cpu_s(pid: int) -> float:
    """What a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Latencies:
    """Milliseconds, of one kind of thing."""

    words: str
    ms: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """One more."""
        began = time.perf_counter()
        yield
        self.ms.append((time.perf_counter() - began) * 1e3)

    @property
    def p50(self) -> float:
        """The median."""
        return quantiles(self.ms, n=100)[49]

    @property
    def p99(self) -> float:
        """What one of a hundred exceeds."""
        return quantiles(self.ms, n=100)[98]

    @property
    def row(self) -> str:
        """As a line of a table."""
        return f"| {self.words} | {len(self.ms):,} | {self.p50:.1f} | {self.p99:.1f} |"


class Lines:
    """Kept-alive HTTP/1.1 connections to one port: cheaper than any client library, so as to measure the
    platform and not the client."""

    def __init__(self, port: int, authorization: str) -> None:
        self._port = port
        self._authorization = authorization
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._all: list[asyncio.StreamWriter] = []

    async def open(self, count: int = LINES) -> None:
        """So many of them."""
        for _ in range(count):
            line = await asyncio.open_connection("127.0.0.1", self._port)
            self._free.put_nowait(line)
            self._all.append(line[1])

    async def post(self, path: str, said: Any) -> Any:
        """The answer's JSON; raises RuntimeError for what is no 200."""
        reader, writer = line = await self._free.get()
        body = json.dumps(said).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: {self._authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        text = await reader.readexactly(size)
        self._free.put_nowait(line)
        if " 200 " not in answer[:20]:
            raise RuntimeError(text.decode())
        return json.loads(text)

    def close(self) -> None:
        """All of them."""
        for writer in self._all:
            writer.transport.abort()


@dataclass
class Load:
    """What one server was asked, and what came of it."""

    beats: Latencies
    messages: Latencies
    replies: Latencies | None
    took_s: float
    cpu_s: float
    """Of the server, for messages, replies and the heartbeats beside them."""
    per_connection_kib: float


async def _at_rate(count: int, rate: float, do: Callable[[int], Coroutine[Any, Any, None]]) -> float:
    """Start one after the other at this rate, wait for all; the seconds from first start to last end."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(do(number))
    return time.perf_counter() - began


@contextlib.asynccontextmanager
async def _opened(url: str, count: int) -> AsyncIterator[list[ClientConnection]]:
    """So many WebSocket connections, twenty at a time."""
    lines: list[ClientConnection] = []
    try:
        while len(lines) < count:
            batch = min(20, count - len(lines))
            dials = (
                connect(url, proxy=None, compression=None, ping_interval=None, open_timeout=PATIENCE_S)
                for _ in range(batch)
            )
            lines += await asyncio.gather(*dials)
        yield lines
    finally:
        for line in lines:
            line.transport.abort()
        await asyncio.gather(*(line.wait_closed() for line in lines))


async def echoed(port: int, pid: int, connections: int, count: int, rate: float) -> Load:
    """The floor: heartbeats and messages that come back as they are."""
    before = memory_kib(pid)
    beats, messages = Latencies("heartbeat, bare echo"), Latencies("message, bare echo")
    async with _opened(f"ws://127.0.0.1:{port}", connections) as lines:
        free = [asyncio.Lock() for _ in lines]
        held = (memory_kib(pid) - before) / connections

        async def say(number: int, text: str, into: Latencies) -> None:
            place = number % connections
            async with free[place]:
                with into.timed():
                    await lines[place].send(text)
                    await lines[place].recv()

        async def beat(number: int) -> None:
            await say(number, '{"op":1,"d":1}', beats)

        async def message(number: int) -> None:
            await say(number * 7, "m" * 400, messages)

        began = cpu_s(pid)
        beating = asyncio.ensure_future(_at_rate(*_beats(connections, count, rate), beat))
        took = await _at_rate(count, rate, message)
        await beating
        spent = cpu_s(pid) - began
    return Load(beats, messages, None, took, spent, held)


def _beats(connections: int, count: int, rate: float) -> tuple[int, float]:
    """How many heartbeats come while so many messages do, and their rate."""
    every = connections / BEAT_EVERY_S
    return max(100, round(every * count / rate)), every


class Bot:
    """One connection of the bot that all of them are of: its session, and what it waits for."""

    def __init__(self, ws: ClientConnection) -> None:
        self._ws = ws
        self._acks: list[asyncio.Future[None]] = []
        self.heard: asyncio.Future[dict[str, Any]] | None = None
        self.turn = asyncio.Lock()

    async def identify(self, authorization: str, place: int, of: int) -> None:
        """Get READY."""
        await self._ws.recv()
        asked = {"token": authorization, "intents": 1 << 25, "shard": [place, of]}
        await self._ws.send(json.dumps({"op": 2, "d": asked}))
        assert json.loads(await self._ws.recv())["t"] == "READY"

    async def listen(self) -> None:
        """Until the connection ends."""
        with contextlib.suppress(Exception):
            async for text in self._ws:
                said = json.loads(text)
                if said["op"] == 11 and self._acks:
                    self._acks.pop(0).set_result(None)
                elif said["op"] == 0 and self.heard is not None:
                    self.heard.set_result(said["d"])

    async def beat(self) -> None:
        """A heartbeat, until its ACK."""
        ack: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._acks.append(ack)
        await self._ws.send('{"op":1,"d":1}')
        await ack


async def served(at: dict[str, Any], connections: int, count: int, rate: float) -> Load:
    """The platform: heartbeats, messages by way of the control API, replies by way of the API."""
    before = memory_kib(at["pid"])
    beats = Latencies("heartbeat")
    messages = Latencies("message: dispatched until heard")
    replies = Latencies("reply: sent until answered")
    tokens = Lines(at["ports"]["token"], "")
    await tokens.open(1)
    got = await tokens.post("/app/getAppAccessToken", {"appId": "1", "clientSecret": "one"})
    authorization = f"QQBot {got['access_token']}"
    control, api = (
        Lines(at["ports"]["control"], f"Bearer {at['control_token']}"),
        Lines(at["ports"]["api"], authorization),
    )
    await asyncio.gather(control.open(), api.open())
    async with _opened(at["gateway"], connections) as lines:
        bots = [Bot(line) for line in lines]
        for place, bot in enumerate(bots):
            await bot.identify(authorization, place, connections)
        held = (memory_kib(at["pid"]) - before) / connections
        listening = [asyncio.ensure_future(bot.listen()) for bot in bots]

        async def beat(number: int) -> None:
            with beats.timed():
                await bots[number % connections].beat()

        async def message(number: int) -> None:
            place = number * 7 % connections
            bot = bots[place]
            async with bot.turn:
                bot.heard = asyncio.get_running_loop().create_future()
                with messages.timed():
                    asked = {"type": "C2C_MESSAGE_CREATE", "text": "hello", "conn": place + 1}
                    told = asyncio.ensure_future(control.post("/dispatch", asked))
                    heard = await bot.heard
                await told
            path = f"/v2/users/{heard['author']['user_openid']}/messages"
            with replies.timed():
                said = {"content": "hello yourself", "msg_type": 0, "msg_id": heard["id"]}
                await api.post(path, said)

        began = cpu_s(at["pid"])
        beating = asyncio.ensure_future(_at_rate(*_beats(connections, count, rate), beat))
        took = await _at_rate(count, rate, message)
        await beating
        spent = cpu_s(at["pid"]) - began
    await asyncio.gather(*listening)
    for one in (tokens, control, api):
        one.close()
    return Load(beats, messages, replies, took, spent, held)


@contextlib.contextmanager
def _echo_server() -> Iterator[tuple[int, int]]:
    """Its port and its process."""
    command = [sys.executable, "-m", "tests.benchmark.echo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield int(child.stdout.readline()), child.pid
        child.kill()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmark.serving", description=__doc__)
    options.add_argument("--connections", type=int, default=1000)
    options.add_argument("--rate", type=float, default=500.0, help="messages a second, in, and as many out")
    options.add_argument("--seconds", type=float, default=20.0)
    args = options.parse_args()
    count = round(args.rate * args.seconds)
    asked = (args.connections, count, args.rate)
    with _echo_server() as (port, pid), served_platform("--log", "none") as platform:
        first = asyncio.run(echoed(port, pid, *asked))
        load = asyncio.run(served(platform.at, *asked))
        last = asyncio.run(echoed(port, pid, *asked))
        status, said = platform.end()
    print(f"{asked[0]:,} connections; {asked[2]:.0f} messages a second in and out, {args.seconds:.0f} s")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; exit status {status}{said}")
    print("| what | count | p50 ms | p99 ms |\n|---|---|---|---|")
    floors = (first.beats, first.messages, last.beats, last.messages)
    for one in (load.beats, load.messages, load.replies, *floors):
        if one is not None:
            print(one.row)
    print(f"heartbeat, times the floor (p50): {2 * load.beats.p50 / (first.beats.p50 + last.beats.p50):.1f}")
    for words, of in {"the platform": load, "bare echo": first}.items():
        print(
            f"{words}: {count / of.took_s:.0f} messages a second reached, "
            f"{of.cpu_s / count * 1e3:.2f} ms of CPU each, {of.per_connection_kib:.0f} KiB a connection"
        )


if __name__ == "__main__":
    main()
