"""What the benchmark runs inside workers, under the subject's interpreter.

Each body is called in place of `harness.worker.main.main`, writes one JSON object to the file that the
spec names as `result`, and ends its process. Nothing here is a run: there is no journal and nothing to judge.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib
import json
import logging
import os
import selectors
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

from harness.hermes.layouts import LAYOUTS
from harness.process.worker_spec import WorkerSpec
from harness.worker import main as worker
from harness.worker.levels import adapter

HELLO = {"op": 10, "d": {"heartbeat_interval": 41_250}}
READY = {"op": 0, "s": 1, "t": "READY", "d": {"version": 1, "session_id": "bench", "user": {"id": "1"}}}
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def longer(spec: WorkerSpec) -> NoReturn:
    """A whole run with another budget of attempts: `extra["budget"]`. Only here are constants changed."""
    loaded: Any = adapter
    load = loaded.load

    def with_budget(layout: Any) -> Any:
        module = load(layout)
        module.MAX_RECONNECT_ATTEMPTS = spec.extra["budget"]
        return module

    loaded.load = with_budget
    worker.main(spec)


def floors(spec: WorkerSpec) -> NoReturn:
    """What one attempt cannot do without: an httpx GET on a new connection, an aiohttp open and close."""
    import aiohttp
    import httpx

    async def measure() -> dict[str, float]:
        server = await _Minimal.serve()
        client = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))

        async def get() -> None:
            await client.get(server.url("/gateway"))

        async def open_and_close() -> None:
            async with aiohttp.ClientSession(trust_env=True) as session:
                socket = await session.ws_connect(server.url("/websocket"))
                await socket.close()

        return {"get_s": await _each(get), "open_s": await _each(open_and_close)}

    _finish(spec, asyncio.run(measure()))


def bare(spec: WorkerSpec) -> NoReturn:
    """The same adapter and attempts on a bare virtual loop, against a minimal server, without a journal."""
    layout = next(row for row in LAYOUTS if row.name == spec.layout)
    module: Any = importlib.import_module(layout.module)
    logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])

    async def measure() -> dict[str, float]:
        server = await _Minimal.serve()
        server.failing = True
        module.API_BASE, module.TOKEN_URL = server.url(""), server.url("/app/getAppAccessToken")
        config = importlib.import_module("gateway.config")
        extra = {"app_id": "1", "client_secret": "2", "dm_policy": "allowlist", "allow_from": ["*"]}
        adapter = module.QQAdapter(config.PlatformConfig(enabled=True, extra=extra))
        began, cpu = time.perf_counter(), time.process_time()
        await adapter.connect()
        await asyncio.sleep(60)
        server.drop()
        await adapter._listen_task
        return {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}

    with asyncio.Runner(loop_factory=_BareLoop) as runner:
        _finish(spec, runner.run(measure()))


def _finish(spec: WorkerSpec, result: dict[str, float]) -> NoReturn:
    Path(spec.extra["result"]).write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)


async def _each(act: Callable[[], Awaitable[None]], times: int = 300) -> float:
    """Real seconds for one act, after a warm-up."""
    for _ in range(10):
        await act()
    began = time.perf_counter()
    for _ in range(times):
        await act()
    return (time.perf_counter() - began) / times


class _BareLoop(asyncio.SelectorEventLoop):
    """The least virtual loop that is right for one loop: time jumps when nothing else is left to do."""

    def __init__(self) -> None:
        super().__init__(_BareSelector(self))
        self.now = 0.0
        self.jobs = 0

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        self.jobs += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, future: Any) -> None:
        self.jobs -= 1


class _BareSelector(selectors.EpollSelector):
    def __init__(self, loop: _BareLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if self._loop.jobs or timeout is None:
            return super().select(0.001)
        self._loop.now += timeout
        return []


class _Minimal(asyncio.Protocol):
    """The least that an adapter takes for QQ: three canned answers, one handshake, no state."""

    failing = False
    _sockets: list[asyncio.Transport]

    @classmethod
    async def serve(cls) -> _Server:
        server = _Server()
        listening = await asyncio.get_running_loop().create_server(lambda: cls(server), "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        return server

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._upgraded = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._upgraded:
            self._frame(data)
        elif b"Upgrade: websocket" in data:
            self._accept(data)
        else:
            self._transport.write(self._server.answer(data))

    def _accept(self, data: bytes) -> None:
        key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + _text(HELLO)
        )
        self._upgraded = True
        self._server.socket = self._transport

    def _frame(self, data: bytes) -> None:
        if data[0] & 0xF == 8:
            self._transport.write(b"\x88\x00")
            self._transport.close()
        elif not self._server.ready:
            self._server.ready = True
            self._transport.write(_text(READY))
        else:
            self._transport.write(_text({"op": 11}))


class _Server:
    """The state there is: a port, the last socket, whether /gateway fails."""

    def __init__(self) -> None:
        self.port = 0
        self.failing = False
        self.ready = False
        self.gateways = 0
        self.socket: asyncio.Transport | None = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def drop(self) -> None:
        assert self.socket is not None
        self.socket.write(b"\x88\x02\x0f\xa9")

    def answer(self, request: bytes) -> bytes:
        if request.startswith(b"POST"):
            return _http(200, {"access_token": "t", "expires_in": "7200"})
        self.gateways += 1
        if self.failing and self.gateways > 1:
            return _http(500, {"message": "failed", "code": 500})
        return _http(200, {"url": f"ws://127.0.0.1:{self.port}/websocket"})


def _http(status: int, payload: dict[str, Any]) -> bytes:
    body = json.dumps(payload).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _text(payload: dict[str, Any]) -> bytes:
    body = json.dumps(payload).encode()
    return bytes([0x81, len(body)]) + body if len(body) < 126 else b"\x81\x7e" + len(body).to_bytes(2) + body
