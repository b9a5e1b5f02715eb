"""Faults inside the client: what its own call meets instead of the real thing. Never on a wire.

A seam rule answers the client's call of one of five points; the real call is then not made. Everything that
happens here is shown as "injected inside the client (not reachable on a wire)".
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
from collections.abc import Awaitable, Callable
from typing import Any

from fake_qq_server.director import Answered, Director
from fake_qq_server.events import Envelope
from fake_qq_server.replies import SeamReply
from fake_qq_server.verbs.registry import Effect

BOT = 1
METHODS = {"token": "_ensure_token", "gateway": "_get_gateway_url", "open": "_open_ws"}
SOCKET_METHODS = {"receive": "receive", "send": "send_json"}


class Seam:
    """The five points of one adapter, wrapped on the instance."""

    def __init__(self, adapter: Any, director: Director) -> None:
        self._director = director
        for point, method in METHODS.items():
            setattr(adapter, method, self._wrapped(point, getattr(adapter, method)))
        open_ws = adapter._open_ws

        async def open_and_wrap(*args: Any, **kwargs: Any) -> Any:
            result = await open_ws(*args, **kwargs)
            for point, method in SOCKET_METHODS.items():
                setattr(adapter._ws, method, self._wrapped(point, getattr(adapter._ws, method)))
            return result

        adapter._open_ws = open_and_wrap

    def _wrapped(self, point: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            answered = self._director.happened(f"seam.{point}", Envelope(bot=BOT), None)
            if answered is None:
                return await call(*args, **kwargs)
            return await self._inject(answered)

        return wrapped

    async def _inject(self, answered: Answered) -> Any:
        reply: SeamReply = answered.act(None)
        try:
            raised = exception(reply.raises) if reply.raises is not None else None
            returned = message(reply) if raised is None else None
        except Exception as problem:  # not the subject's: it must not meet it
            self._director.failed(problem)
            raise
        if reply.hold_us:
            await asyncio.sleep(reply.hold_us / 1e6)
        self._director.acted(answered, Effect(us=reply.hold_us), Envelope(bot=BOT), None)
        if raised is not None:
            raise raised
        return returned


def exception(text: str) -> BaseException:
    """The exception that "Type: text" or "module.Type: text" names. Raises LookupError for an unknown one."""
    name, _, words = text.partition(": ")
    module, _, short = name.rpartition(".")
    home = importlib.import_module(module) if module else builtins
    kind = getattr(home, short, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise LookupError(f"{name} is no exception")
    return kind(words) if words else kind()


def message(reply: SeamReply) -> Any:
    """A WebSocket message as aiohttp delivers it."""
    aiohttp = importlib.import_module("aiohttp")
    given = dict(reply.message or {})
    kind = aiohttp.WSMsgType[str(given.get("type", "close")).upper()]
    data = given.get("code") if kind is aiohttp.WSMsgType.CLOSE else given.get("data")
    return aiohttp.WSMessage(kind, data, given.get("reason", ""))
