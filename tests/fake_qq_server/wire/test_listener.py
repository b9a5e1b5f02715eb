"""One host's port alone: who is accepted and who is refused, with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from fake_qq_server.events import ListSink
from fake_qq_server.stage import Stage
from fake_qq_server.wire.listener import Listener
from tests.fake_qq_server.parts import Handler, Spoken, kinds


@contextlib.asynccontextmanager
async def listener(handler: Handler | None = None) -> AsyncIterator[tuple[Listener, ListSink]]:
    """A port that is bound; it does not listen yet."""
    sink = ListSink()
    stage = Stage(sink)
    made = Listener(stage, "api", handler or Handler())
    try:
        yield made, sink
    finally:
        stage.stopped = True
        made.end()
        await asyncio.sleep(0.001)


async def dial(at: Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client whose connection was accepted."""
    before = at.attempts
    streams = await asyncio.open_connection(*at.address)
    async with asyncio.timeout(5):
        while at.attempts == before or at.attempts not in at.sockets:
            await asyncio.sleep(0.001)
    return streams


async def test_a_port_that_is_only_bound_refuses() -> None:
    async with listener() as (port, _):
        assert not port.listening
        with pytest.raises(ConnectionRefusedError):
            await dial(port)


async def test_connections_are_numbered_from_1_and_entered() -> None:
    handler = Handler()
    async with listener(handler) as (port, sink):
        port.listen()
        writers = [(await dial(port))[1] for _ in range(2)]
        assert sorted(port.connections) == sorted(port.sockets) == [1, 2] and port.attempts == 2
        assert handler.told == [("connected", 1), ("connected", 2)]
        assert kinds(sink) == ["link.open"] * 2
        for writer in writers:
            writer.close()


async def test_closing_refuses_new_connections_and_keeps_open_ones() -> None:
    async with listener() as (port, _):
        port.listen()
        _, writer = await dial(port)
        port.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*port.address)
        assert 1 in port.connections
        port.listen()
        _, again = await dial(port)
        assert 2 in port.connections
        writer.close()
        again.close()


async def test_only_idle_connections_end_with_their_server() -> None:
    busy = Handler(lambda tcp: Spoken(idle=False))
    async with listener(busy) as (port, _):
        port.listen()
        reader, idle_writer = await dial(port)
        _, busy_writer = await dial(port)
        busy_writer.write(b"GET")
        async with asyncio.timeout(5):
            while port.connections[2].protocol is None:
                await asyncio.sleep(0.001)
        port.end_idle("r")
        assert sorted(port.connections) == [2]
        assert await reader.read() == b""
        idle_writer.close()
        busy_writer.close()


async def test_a_port_that_somebody_has_is_an_error() -> None:
    async with listener() as (port, _):
        with pytest.raises(OSError, match="is taken"):
            Listener(Stage(ListSink()), "ws", Handler(), *port.address)


async def test_the_end_closes_every_socket_without_a_record() -> None:
    async with listener() as (port, sink):
        port.listen()
        reader, writer = await dial(port)
        port.end()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert kinds(sink) == ["link.open"] and not port.listening
        writer.close()


async def test_a_proxy_whose_host_refuses_accepts_and_ends() -> None:
    handler = Handler()
    async with listener(handler) as (port, _):
        port.proxied = True
        port.listen()
        port.close()
        reader, writer = await asyncio.open_connection(*port.address)
        assert await reader.read() == b"" and handler.told == [("unreachable", 0)]
        assert port.attempts == 0 and not port.sockets
        writer.close()


async def test_a_disabled_proxy_refuses_whatever_its_host_does() -> None:
    async with listener() as (port, _):
        port.proxied = True
        port.listen()
        port.enabled = False
        port.update()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*port.address)
