"""The calls of the control API, typed: one function a route. How a call is sent, each client knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from fake_qq_server.client import shapes

Answer = TypeVar("Answer")

SLACK_S = 10.0
"""How much longer than a wait an answer may take."""

MOVE_S = 60.0
"""How long it may take to move the clock: as long as what is due in between takes to happen."""


class ControlError(Exception):
    """The control API refused a call; `status` is HTTP's, the text its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One call, ready to be sent. Its answer may take `timeout_s` seconds."""

    method: str
    target: str
    body: Mapping[str, Any] | None = None
    timeout_s: float = SLACK_S

    @property
    def data(self) -> bytes:
        """The body as it is sent; empty where there is none."""
        return b"" if self.body is None else json.dumps(self.body).encode()

    def read(self, status: int, data: bytes) -> Answer:
        """The answer. Raises ControlError."""
        try:
            said = json.loads(data)
        except ValueError:
            raise ControlError(status, f"that is no control API: {data[:80]!r}") from None
        if status != 200:
            raise ControlError(status, str(said.get("error") if isinstance(said, dict) else said))
        return said  # type: ignore[no-any-return]


def _query(path: str, **values: Any) -> str:
    given = {key: value for key, value in values.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


Who = int | str | None
"""A bot, by number or app id; None: the only one there is."""


def state() -> Call[shapes.State]:
    """The fake as a whole."""
    return Call("GET", "/state")


def bots() -> Call[list[shapes.Bot]]:
    """Every bot."""
    return Call("GET", "/bots")


def register(app_id: str, secret: str) -> Call[shapes.Bot]:
    """One more bot."""
    return Call("POST", "/bots", {"app_id": app_id, "secret": secret})


def expire_token(bot: int | str) -> Call[shapes.Pushed]:
    """A bot's tokens are worthless from now on."""
    return Call("POST", f"/bots/{quote(str(bot), safe='')}/expire-token")


def connections() -> Call[list[shapes.Connection]]:
    """The open connections of all hosts."""
    return Call("GET", "/connections")


def sessions() -> Call[list[shapes.Session]]:
    """The sessions that are connected or can be resumed."""
    return Call("GET", "/sessions")


def expire_session(ordinal: int) -> Call[list[shapes.Session]]:
    """A session can be resumed no more."""
    return Call("POST", f"/sessions/{ordinal}/expire")


def records(after: int = 0, kind: str | None = None) -> Call[list[shapes.Record]]:
    """Everything that happened after a record."""
    return Call("GET", _query("/records", after=after, kind=kind))


def requests(after: int = 0) -> Call[list[shapes.Request]]:
    """The bots' requests with their answers."""
    return Call("GET", _query("/requests", after=after))


def sends(after: int = 0) -> Call[list[shapes.Send]]:
    """What bots sent."""
    return Call("GET", _query("/sends", after=after))


def frames(after: int = 0) -> Call[list[shapes.Frame]]:
    """The gateway's text frames."""
    return Call("GET", _query("/frames", after=after))


def wait(
    kind: str | None = None,
    where: Mapping[str, Any] | None = None,
    *,
    after: int = 0,
    count: int = 1,
    timeout_s: float = 30.0,
) -> Call[shapes.Waited]:
    """Until so many records (of a kind) have these values."""
    body = _given(kind=kind, where=where, after=after, count=count, timeout_s=timeout_s)
    return Call("POST", "/wait", body, timeout_s + SLACK_S)


def dispatch(type: str, *, bot: Who = None, conn: Who = None, **arguments: Any) -> Call[shapes.Pushed]:
    """An event happens; `arguments` are those of the verb `dispatch`: text, fields, count, media ..."""
    sender = {"from": arguments.pop("sender")} if "sender" in arguments else {}
    return Call("POST", "/dispatch", {"type": type, **_given(bot=bot, conn=conn), **arguments, **sender})


def push(do: Any, *, bot: Who = None, conn: Who = None) -> Call[shapes.Pushed]:
    """One push verb or several, now."""
    return Call("POST", "/push", {"do": do, **_given(bot=bot, conn=conn)})


def rules() -> Call[shapes.Rules]:
    """The rules there are."""
    return Call("GET", "/rules")


def load_rules(
    rules: Sequence[Any],
    heal: str | None = None,
    forbids: Sequence[Any] = (),
    held: shapes.Held = "keep",
) -> Call[shapes.State]:
    """These rules and prohibitions instead of those there are."""
    loaded = {"rules": list(rules), "forbids": list(forbids), "held": held, **_given(heal=heal)}
    return Call("PUT", "/rules", loaded)


def clear_rules() -> Call[shapes.State]:
    """No rules any more."""
    return Call("DELETE", "/rules")


def move_clock(forward: str) -> Call[shapes.Moved]:
    """The platform's clock goes forward by a duration such as 20m; what is due in between happens."""
    return Call("POST", "/clock", {"forward": forward}, MOVE_S)


def reset() -> Call[shapes.State]:
    """As if it had just begun."""
    return Call("POST", "/reset")
