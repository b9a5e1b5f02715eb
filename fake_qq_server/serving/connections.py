"""A port whose connections have a task each: so many at most, and all over when it stops."""

from __future__ import annotations

import abc
import asyncio


class Connections(abc.ABC):
    """`most` at once; one more is reset. `limit`: bytes that a reader holds."""

    def __init__(self, most: int, limit: int) -> None:
        self._most = most
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, address: str, port: int = 0) -> str:
        """Listen; returns the URL. Raises OSError where the port is taken."""
        try:
            self._server = await asyncio.start_server(self._connected, address, port, limit=self._limit)
        except OSError as problem:
            raise OSError(problem.errno, f"port {port} of {address} is taken") from None
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @abc.abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end, and close it, also where this is cancelled. Raises nothing."""

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= self._most:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
