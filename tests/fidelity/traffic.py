"""The traffic of a case: through a real Toxiproxy in real time, and then, at the same times, through ours."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_qq_server.toxics.definition import DOWN
from fake_qq_server.toxics.pipe import no_draw
from fake_qq_server.toxics.proxy_link import Stream
from harness.toxiproxy.api import Api
from tests.fake_qq_server.toxics.bench import Bench, Seen
from tests.fidelity.cases import CHUNKS, EVERY_MS, LAST_MS, LATER_MS, NEXT_OFF_MS, OFF_MS, ON_MS, Case

Ends = dict[Stream, Seen]
"""What each end saw, by the stream that leads to it: (milliseconds, bytes or `fin` or `rst`)."""


@dataclass
class Done:
    """When everything was really done, in milliseconds since the connection was there."""

    sent: dict[Stream, list[float]] = field(default_factory=lambda: {"upstream": [], "downstream": []})
    ended: float | None = None
    on: tuple[float, float] = (0.0, 0.0)
    """A call that puts a toxic on began, and had been answered; its effect lies between."""
    off: tuple[float, float] | None = None
    """The same of the call that took it off, or changed it."""
    next_off: tuple[float, float] | None = None
    """The same of the call that took off the one behind it."""


_numbers = itertools.count(1)


class RealCase:
    """One case on a server, with a proxy of its own."""

    def __init__(self, api: Api, case: Case) -> None:
        self._api, self.case = api, case
        self._proxy = f"fidelity-{next(_numbers)}"
        self.done = Done()
        self.seen: Ends = {"upstream": [], "downstream": []}
        self._began = 0.0

    async def run(self) -> None:
        """Open a connection, let both ends talk, and write down when each did and saw what."""
        loop = asyncio.get_running_loop()
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.socket() as client,
            _reserved() as reserved,
        ):
            listener.setblocking(False)
            client.setblocking(False)
            address = reserved.getsockname()
            upstream = "{}:{}".format(*listener.getsockname())
            await self._call(lambda: self._api.create(self._proxy, upstream, "{}:{}".format(*address)))
            if self.case.before:
                await self._call(self._put)
            await loop.sock_connect(client, address)
            origin, _ = await loop.sock_accept(listener)
            with origin:
                await self._talk(client, origin)
            await self._call(lambda: self._api.delete(self._proxy))

    async def _talk(self, client: socket.socket, origin: socket.socket) -> None:
        origin.setblocking(False)
        self._began = time.perf_counter()
        tasks = [
            self._send(client, "upstream"),
            self._send(origin, "downstream"),
            self._end(origin),
            self._read(client, "downstream"),
            self._read(origin, "upstream"),
            self._toxic(),
        ]
        await asyncio.wait([asyncio.ensure_future(one) for one in tasks], timeout=LAST_MS / 1000)
        for one in asyncio.all_tasks() - {asyncio.current_task()}:
            if one.get_coro() in tasks:
                one.cancel()

    @property
    def _ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000

    async def _until(self, ms: float) -> None:
        await asyncio.sleep(max(0.0, ms - self._ms) / 1000)

    async def _send(self, sock: socket.socket, stream: Stream) -> None:
        for n in range(CHUNKS):
            await self._until(n * EVERY_MS + (LATER_MS if stream == "downstream" else 0))
            try:
                await asyncio.get_running_loop().sock_sendall(sock, bytes(self.case.size))
            except OSError:
                return
            self.done.sent[stream].append(self._ms)

    async def _end(self, origin: socket.socket) -> None:
        await self._until(self.case.end_ms)
        try:
            origin.shutdown(socket.SHUT_WR)
        except OSError:
            return
        self.done.ended = self._ms

    async def _read(self, sock: socket.socket, stream: Stream) -> None:
        try:
            while data := await asyncio.get_running_loop().sock_recv(sock, 1 << 16):
                self.seen[stream].append((self._ms, len(data)))
            self.seen[stream].append((self._ms, "fin"))
        except ConnectionResetError:
            self.seen[stream].append((self._ms, "rst"))

    async def _toxic(self) -> None:
        case = self.case
        if not case.before:
            await self._until(ON_MS)
            self.done.on = await self._timed(self._put)
        if case.removed or case.changed:
            await self._until(OFF_MS)
            self.done.off = await self._timed(
                self._change if case.changed else lambda: self._remove(case.kind)
            )
        if case.removed and case.behind:
            behind, _ = case.behind
            await self._until(NEXT_OFF_MS)
            self.done.next_off = await self._timed(lambda: self._remove(behind))

    async def _timed(self, call: Callable[[], None]) -> tuple[float, float]:
        began = self._ms
        await self._call(call)
        return began, self._ms

    def _put(self) -> None:
        case = self.case
        if case.kind == DOWN:
            self._api.enable(self._proxy, False)
            return
        self._api.add(self._proxy, self._toxic_of(case.kind, case.attributes))
        if case.behind:
            self._api.add(self._proxy, self._toxic_of(*case.behind))

    def _change(self) -> None:
        self._api.change(self._proxy, self._toxic_of(self.case.kind, self.case.changed or {}))

    def _remove_first(self) -> None:
        self._remove(self.case.kind)

    def _remove(self, name: str) -> None:
        self._api.remove(self._proxy, name)

    def _toxic_of(self, kind: str, attributes: Mapping[str, int]) -> dict[str, Any]:
        made = {"name": kind, "type": kind, "stream": self.case.stream}
        return {**made, "toxicity": 1.0, "attributes": dict(attributes)}

    async def _call(self, call: Callable[[], None]) -> None:
        await asyncio.to_thread(call)


def _reserved() -> socket.socket:
    """Has a free port that nobody else gets, and does not listen: the proxy may, for both ask for
    SO_REUSEADDR."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


def ours(case: Case, done: Done, answered: bool) -> Ends:
    """The same in virtual time: everything is done when it was really done, and toxics come on and go when
    the call began, or when it was answered."""
    bench, on = Bench(), done.on[answered]
    if case.before:
        bench.before(case.kind, case.stream, no_draw, **case.attributes)
    elif case.kind == DOWN:
        bench.at(on, lambda now: bench.link.cut(DOWN))
    else:
        bench.on(on, case.kind, case.stream, **case.attributes)
    if case.behind:
        kind, attributes = case.behind
        bench.before(kind, case.stream, no_draw, **attributes)
    for stream, times in done.sent.items():
        for ms in times:
            bench.send(ms, stream, size=case.size)
    if done.ended is not None:
        bench.end(done.ended, "downstream")
    if done.off is not None and case.changed:
        bench.change(done.off[answered], case.kind, case.stream, **case.changed)
    elif done.off is not None:
        bench.off(done.off[answered], case.kind, case.stream)
    if done.next_off is not None and case.behind:
        bench.off(done.next_off[answered], case.behind[0], case.stream)
    return bench.run(LAST_MS).seen
