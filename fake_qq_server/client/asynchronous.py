"""The client for asyncio, on its streams."""

from __future__ import annotations

import asyncio
import http.client
import io
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fake_qq_server.client import calls, shapes
from fake_qq_server.client.calls import Call

Answer = TypeVar("Answer")


class AsyncClient:
    """Calls the control API at `url` with its token; several calls may be under way. Each raises
    `ControlError` where it is refused, OSError where nobody is there, TimeoutError where nothing comes."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: each call has a connection of its own."""

    async def _do(self, call: Call[Answer]) -> Answer:
        async with asyncio.timeout(call.timeout_s):
            reader, writer = await asyncio.open_connection(self._host, self._port)
            try:
                length = f"Content-Length: {len(call.data)}\r\n\r\n"
                head = f"{call.method} {call.target} HTTP/1.1\r\n{self._head}{length}"
                writer.write(head.encode("ascii") + call.data)
                return call.read(*_answer(await reader.read()))
            finally:
                writer.close()

    async def state(self) -> shapes.State:
        """The fake as a whole."""
        return await self._do(calls.state())

    async def bots(self) -> list[shapes.Bot]:
        """Every bot."""
        return await self._do(calls.bots())

    async def register(self, app_id: str, secret: str) -> shapes.Bot:
        """One more bot."""
        return await self._do(calls.register(app_id, secret))

    async def expire_token(self, bot: int | str) -> shapes.Pushed:
        """A bot's tokens are worthless from now on."""
        return await self._do(calls.expire_token(bot))

    async def connections(self) -> list[shapes.Connection]:
        """The open connections of all hosts."""
        return await self._do(calls.connections())

    async def sessions(self) -> list[shapes.Session]:
        """The sessions that are connected or can be resumed."""
        return await self._do(calls.sessions())

    async def expire_session(self, ordinal: int) -> list[shapes.Session]:
        """A session can be resumed no more."""
        return await self._do(calls.expire_session(ordinal))

    async def records(self, after: int = 0, kind: str | None = None) -> list[shapes.Record]:
        """Everything that happened after a record."""
        return await self._do(calls.records(after, kind))

    async def requests(self, after: int = 0) -> list[shapes.Request]:
        """The bots' requests with their answers."""
        return await self._do(calls.requests(after))

    async def sends(self, after: int = 0) -> list[shapes.Send]:
        """What bots sent."""
        return await self._do(calls.sends(after))

    async def frames(self, after: int = 0) -> list[shapes.Frame]:
        """The gateway's text frames."""
        return await self._do(calls.frames(after))

    async def wait(
        self,
        kind: str | None = None,
        where: Mapping[str, Any] | None = None,
        *,
        after: int = 0,
        count: int = 1,
        timeout_s: float = 30.0,
    ) -> shapes.Waited:
        """Until so many records (of a kind) have these values."""
        return await self._do(calls.wait(kind, where, after=after, count=count, timeout_s=timeout_s))

    async def dispatch(
        self, type: str, *, bot: calls.Who = None, conn: calls.Who = None, **arguments: Any
    ) -> shapes.Pushed:
        """An event happens; `arguments` are those of the verb `dispatch`: text, fields, count, media ..."""
        return await self._do(calls.dispatch(type, bot=bot, conn=conn, **arguments))

    async def push(self, do: Any, *, bot: calls.Who = None, conn: calls.Who = None) -> shapes.Pushed:
        """One push verb or several, now."""
        return await self._do(calls.push(do, bot=bot, conn=conn))

    async def rules(self) -> shapes.Rules:
        """The rules there are."""
        return await self._do(calls.rules())

    async def load_rules(
        self,
        rules: Sequence[Any],
        heal: str | None = None,
        forbids: Sequence[Any] = (),
        held: shapes.Held = "keep",
    ) -> shapes.State:
        """These rules and prohibitions instead of those there are."""
        return await self._do(calls.load_rules(rules, heal, forbids, held))

    async def clear_rules(self) -> shapes.State:
        """No rules any more."""
        return await self._do(calls.clear_rules())

    async def move_clock(self, forward: str) -> shapes.Moved:
        """The platform's clock goes forward by a duration such as 20m; what is due in between happens."""
        return await self._do(calls.move_clock(forward))

    async def reset(self) -> shapes.State:
        """As if it had just begun."""
        return await self._do(calls.reset())


class _Bytes:
    """What `http.client` reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        """The whole of it."""
        return io.BytesIO(self._data)


def _answer(data: bytes) -> tuple[int, bytes]:
    """Status and body of one whole answer. Raises OSError where it is none."""
    try:
        answer = http.client.HTTPResponse(_Bytes(data))  # type: ignore[arg-type]
        answer.begin()
        return answer.status, answer.read()
    except http.client.HTTPException as problem:
        raise OSError(f"the control API did not answer: {problem!r}") from None
