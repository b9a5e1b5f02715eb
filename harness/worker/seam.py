"""Fault injection inside the client: one of its own calls raises or returns what a rule says.

A seam is a place where a program's behaviour can be changed without editing it: here five methods of the
adapter and its WebSocket. A rule for one of them replaces the call's outcome; the real call is then not made.
Nothing of this is seen on a connection, so reports mark it "injected inside the client (the network alone
cannot cause it)". Runs beside the subject.

What a rule raises is made once before the run: an exception that cannot be made must not be raised as another
one in the subject, where it would be taken for the subject's own fault.
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from fake_qq_server.director import Director
from fake_qq_server.events import Envelope
from fake_qq_server.platform.replies import SeamReply
from fake_qq_server.rules.language_verbs import When
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import Effect
from harness.errors import SubjectError
from harness.worker.credentials import BOT

METHODS = {"token": "_ensure_token", "gateway": "_get_gateway_url", "open": "_open_ws"}
SOCKET_METHODS = {"receive": "receive", "send": "send_json"}


class Seam:
    """The five points of one adapter, wrapped on the instance."""

    def __init__(self, adapter: Any, director: Director) -> None:
        self._director = director
        missing = [name for name in METHODS.values() if not callable(getattr(adapter, name, None))]
        if missing:
            raise SubjectError(f"this adapter has no {missing[0]}(): nothing can be injected there")
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
            ruling = self._director.ask(f"seam.{point}", Envelope(bot=BOT), None)
            if not ruling.answered:
                return await call(*args, **kwargs)
            return await self._inject(ruling)

        return wrapped

    async def _inject(self, ruling: Ruling) -> Any:
        reply: SeamReply = ruling.reply(None)
        try:
            raised = make_exception(reply.raises) if reply.raises is not None else None
            returned = make_message(reply) if raised is None else None
        except Exception as problem:  # the harness's fault, not the subject's: the run ends here
            self._director.failed(problem)
            raise
        if reply.hold_us:
            await asyncio.sleep(reply.hold_us / 1e6)
        ruling.finish(Effect(us=reply.hold_us))
        if raised is not None:
            raise raised
        return returned


def seam_rules(rules: Iterable[Rule]) -> list[Rule]:
    """The rules that inject something inside the client."""
    return [
        rule for rule in rules if isinstance(rule.trigger, When) and rule.trigger.event.startswith("seam.")
    ]


def check_exceptions(rules: Iterable[Rule]) -> None:
    """Make each exception that these rules raise, once. Raises SubjectError where one cannot be made."""
    for rule in seam_rules(rules):
        for do in rule.do:
            if do.verb == "raise":
                make_exception(str(do.args.main))


def make_exception(text: str) -> BaseException:
    """The exception that "Type: text" or "module.Type: text" names; "[Errno 5]" of an OSError is its number.

    Raises SubjectError where the subject's interpreter has no such exception, or it takes more than a text.
    """
    name, _, words = text.partition(": ")
    module, _, short = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module) if module else builtins, short)
    except (ImportError, AttributeError):
        raise SubjectError(f"raise: there is no {name} in the subject's interpreter") from None
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise SubjectError(f"raise: {name} is no exception")
    try:
        made = _build(kind, words)
        str(made)  # some are made of anything, and fail where they are logged
    except Exception:
        raise SubjectError(f"raise: {name} cannot be made from a text alone") from None
    return made


def _build(kind: type[BaseException], words: str) -> BaseException:
    if kind.__name__ in _BUILDERS:
        return _BUILDERS[kind.__name__](kind, words)
    numbered = _ERRNO.fullmatch(words) if issubclass(kind, OSError) else None
    if numbered:
        return kind(int(numbered[1]), numbered[2] or os.strerror(int(numbered[1])))
    return kind(words) if words else kind()


def _connector_error(kind: Any, words: str) -> BaseException:
    """As aiohttp makes it where nobody listens, or, with a text, where that is what the system said."""
    os_error = OSError(111, words or "Connect call failed")
    return kind(SimpleNamespace(host="127.0.0.1", port=0, ssl=True, is_ssl=False), os_error)  # type: ignore[no-any-return]


def _handshake_error(kind: Any, words: str) -> BaseException:
    """As aiohttp makes it for an upgrade that was refused; a number in the text is the status."""
    status = re.search(r"\b[1-5]\d\d\b", words)
    request = SimpleNamespace(real_url="ws://127.0.0.1/", url="ws://127.0.0.1/", method="GET", headers={})
    code = int(status[0]) if status else 403
    return kind(request, (), status=code, message=words or "Invalid response status", headers={})  # type: ignore[no-any-return]


_ERRNO = re.compile(r"\[Errno (\d{1,3})\] ?(.*)")
_BUILDERS: Mapping[str, Callable[[Any, str], BaseException]] = {
    "ClientConnectorError": _connector_error,
    "WSServerHandshakeError": _handshake_error,
}


def make_message(reply: SeamReply) -> Any:
    """A WebSocket message as aiohttp delivers it: type close has the code as data, type closed has none."""
    aiohttp = importlib.import_module("aiohttp")
    given = dict(reply.message or {})
    kind = aiohttp.WSMsgType[str(given.get("type", "close")).upper()]
    text = given.get("data", "")
    if kind is aiohttp.WSMsgType.CLOSE:
        return aiohttp.WSMessage(kind, given.get("code"), given.get("reason", ""))
    if kind is aiohttp.WSMsgType.TEXT:
        return aiohttp.WSMessage(kind, text, "")
    if kind in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG):
        return aiohttp.WSMessage(kind, text.encode(), "")
    if kind is aiohttp.WSMsgType.ERROR:
        return aiohttp.WSMessage(kind, aiohttp.WebSocketError(given.get("code", 1002), text), None)
    return aiohttp.WSMessage(kind, None, None)
