"""The blocking client, on http.client."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fake_qq_server.client import calls, shapes
from fake_qq_server.client.calls import Call

Answer = TypeVar("Answer")


class Client:
    """Calls the control API at `url` with its token, one after the other. Each raises `ControlError` where it
    is refused, and OSError where nobody is there."""

    def __init__(self, url: str, token: str) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: each call has a connection of its own."""

    def _do(self, call: Call[Answer]) -> Answer:
        connection = http.client.HTTPConnection(self._address, timeout=call.timeout_s)
        try:
            connection.request(call.method, call.target, call.data, self._headers)
            answer = connection.getresponse()
            return call.read(answer.status, answer.read())
        finally:
            connection.close()

    def state(self) -> shapes.State:
        """The fake as a whole."""
        return self._do(calls.state())

    def bots(self) -> list[shapes.Bot]:
        """Every bot."""
        return self._do(calls.bots())

    def register(self, app_id: str, secret: str) -> shapes.Bot:
        """One more bot."""
        return self._do(calls.register(app_id, secret))

    def expire_token(self, bot: int | str) -> shapes.Pushed:
        """A bot's tokens are worthless from now on."""
        return self._do(calls.expire_token(bot))

    def connections(self) -> list[shapes.Connection]:
        """The open connections of all hosts."""
        return self._do(calls.connections())

    def sessions(self) -> list[shapes.Session]:
        """The sessions that are connected or can be resumed."""
        return self._do(calls.sessions())

    def expire_session(self, ordinal: int) -> list[shapes.Session]:
        """A session can be resumed no more."""
        return self._do(calls.expire_session(ordinal))

    def records(self, after: int = 0, kind: str | None = None) -> list[shapes.Record]:
        """Everything that happened after a record."""
        return self._do(calls.records(after, kind))

    def requests(self, after: int = 0) -> list[shapes.Request]:
        """The bots' requests with their answers."""
        return self._do(calls.requests(after))

    def sends(self, after: int = 0) -> list[shapes.Send]:
        """What bots sent."""
        return self._do(calls.sends(after))

    def frames(self, after: int = 0) -> list[shapes.Frame]:
        """The gateway's text frames."""
        return self._do(calls.frames(after))

    def wait(
        self,
        kind: str | None = None,
        where: Mapping[str, Any] | None = None,
        *,
        after: int = 0,
        count: int = 1,
        timeout_s: float = 30.0,
    ) -> shapes.Waited:
        """Until so many records (of a kind) have these values."""
        return self._do(calls.wait(kind, where, after=after, count=count, timeout_s=timeout_s))

    def dispatch(
        self, type: str, *, bot: calls.Who = None, conn: calls.Who = None, **arguments: Any
    ) -> shapes.Pushed:
        """An event happens; `arguments` are those of the verb `dispatch`: text, fields, count, media ..."""
        return self._do(calls.dispatch(type, bot=bot, conn=conn, **arguments))

    def push(self, do: Any, *, bot: calls.Who = None, conn: calls.Who = None) -> shapes.Pushed:
        """One push verb or several, now."""
        return self._do(calls.push(do, bot=bot, conn=conn))

    def rules(self) -> shapes.Rules:
        """The rules there are."""
        return self._do(calls.rules())

    def load_rules(
        self,
        rules: Sequence[Any],
        heal: str | None = None,
        forbids: Sequence[Any] = (),
        held: shapes.Held = "keep",
    ) -> shapes.State:
        """These rules and prohibitions instead of those there are."""
        return self._do(calls.load_rules(rules, heal, forbids, held))

    def clear_rules(self) -> shapes.State:
        """No rules any more."""
        return self._do(calls.clear_rules())

    def move_clock(self, forward: str) -> shapes.Moved:
        """The platform's clock goes forward by a duration such as 20m; what is due in between happens."""
        return self._do(calls.move_clock(forward))

    def reset(self) -> shapes.State:
        """As if it had just begun."""
        return self._do(calls.reset())
