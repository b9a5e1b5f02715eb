"""The control API's routes: one table, from which requests are read and the OpenAPI document is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from fake_qq_server.client import shapes
from fake_qq_server.serving.control import Control, Refused

Kind = Literal["string", "integer", "number", "object", "array", "any"]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
    "any": (object,),
}


@dataclass(frozen=True)
class Parameter:
    """One value of a request. `kinds`: what it may be."""

    means: str
    kinds: tuple[Kind, ...]
    required: bool = False


@dataclass(frozen=True)
class Route:
    """One route: names in braces in `path`, `query` and `body` are parameters of `call`, whose docstring says
    what it does. `more`: the body may have further keys, which the method checks."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    call: Callable[..., Any]
    answers: Any
    query: Mapping[str, Parameter] = field(default_factory=dict)
    body: Mapping[str, Parameter] | None = None
    more: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path of this route is."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


_AFTER = Parameter("only what has a greater number than this record's", ("integer",))
_BOT = Parameter("its number or its app id; by default the only one there is", ("integer", "string"))
_CONN = Parameter(
    "which WebSocket connection, by number: 2, or 2..; by default the newest", ("integer", "string")
)
_SINCE = {"after": _AFTER}

ROUTES = (
    Route("GET", "/state", Control.state, shapes.State),
    Route("GET", "/bots", Control.bots, list[shapes.Bot]),
    Route(
        "POST",
        "/bots",
        Control.register,
        shapes.Bot,
        body={
            "app_id": Parameter("its app id", ("string",), True),
            "secret": Parameter("its client secret", ("string",), True),
        },
    ),
    Route("POST", "/bots/{bot}/expire-token", Control.expire_token, shapes.Pushed),
    Route("GET", "/connections", Control.connections, list[shapes.Connection]),
    Route("GET", "/sessions", Control.sessions, list[shapes.Session]),
    Route("POST", "/sessions/{session}/expire", Control.expire_session, list[shapes.Session]),
    Route(
        "GET",
        "/records",
        Control.records,
        list[shapes.Record],
        query={**_SINCE, "kind": Parameter("only this kind, such as ws.in", ("string",))},
    ),
    Route("GET", "/requests", Control.requests, list[shapes.Request], query=_SINCE),
    Route("GET", "/sends", Control.sends, list[shapes.Send], query=_SINCE),
    Route("GET", "/frames", Control.frames, list[shapes.Frame], query=_SINCE),
    Route(
        "POST",
        "/wait",
        Control.wait,
        shapes.Waited,
        body={
            "kind": Parameter("of the records that are waited for, such as session (any)", ("string",)),
            "where": Parameter("values that their fields, conn, bot or rule have", ("object",)),
            "after": _AFTER,
            "count": Parameter("how many of them (1)", ("integer",)),
            "timeout_s": Parameter("seconds to wait at most, up to 600 (30)", ("number",)),
        },
    ),
    Route(
        "POST",
        "/dispatch",
        Control.dispatch,
        shapes.Pushed,
        body={
            "type": Parameter("the event's type, such as C2C_MESSAGE_CREATE", ("string",), True),
            "bot": _BOT,
            "conn": _CONN,
        },
        more=True,
    ),
    Route(
        "POST",
        "/push",
        Control.push,
        shapes.Pushed,
        body={
            "do": Parameter("as in a rule: {close: 4009}, rst, or a list", ("any",), True),
            "bot": _BOT,
            "conn": _CONN,
        },
    ),
    Route("GET", "/rules", Control.rules, shapes.Rules),
    Route(
        "PUT",
        "/rules",
        Control.load_rules,
        shapes.State,
        body={
            "rules": Parameter("as in a scenario file", ("array",), True),
            "forbids": Parameter("what must not happen, as in a scenario file", ("array",)),
            "heal": Parameter("the moment that ends all rules, such as 10m", ("string",)),
            "held": Parameter("what becomes then of what a condition holds: keep or release", ("string",)),
        },
    ),
    Route("DELETE", "/rules", Control.clear_rules, shapes.State),
    Route(
        "POST",
        "/clock",
        Control.move_clock,
        shapes.Moved,
        body={"forward": Parameter("how far, such as 90s, 20m or 2h", ("string",), True)},
    ),
    Route("POST", "/reset", Control.reset, shapes.State),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, and the values in its path. Raises Refused: 404, or 405 for another method."""
    found = [(route, match) for route in ROUTES if (match := route.pattern.fullmatch(path))]
    if not found:
        raise Refused(404, f"there is no {path}: GET /openapi.json lists what there is")
    for route, match in found:
        if route.method == method:
            return route, match.groupdict()
    methods = " and ".join(route.method for route, _ in found)
    raise Refused(405, f"{path} takes {methods}, not {method}")


def from_query(route: Route, given: Mapping[str, str]) -> dict[str, Any]:
    """A query's values as what they are. Raises Refused."""
    read: dict[str, Any] = {}
    for name, text in given.items():
        known = route.query.get(name)
        if known is None:
            raise Refused(400, f"{route.path} has no {name}{_known(route.query)}")
        if "integer" in known.kinds:
            if not (text.isascii() and text.isdecimal() and len(text) < 16):
                raise Refused(400, f"{name} is a number from 0 up, not {text[:40]!r}")
            read[name] = int(text)
        else:
            read[name] = text
    return read


def from_body(route: Route, given: Any) -> dict[str, Any]:
    """A body's values, each of its kind. Raises Refused."""
    if route.body is None:
        if given not in (None, {}):
            raise Refused(400, f"{route.path} takes no body")
        return {}
    if not isinstance(given, dict):
        raise Refused(400, f"{route.path} takes a JSON object{_known(route.body)}")
    for name, known in route.body.items():
        if name not in given and known.required:
            raise Refused(400, f"{name} is missing: {known.means}")
        if name in given and not any(_is(kind, given[name]) for kind in known.kinds):
            raise Refused(400, f"{name} is {' or '.join(known.kinds)}: {known.means}")
    strange = next((name for name in given if name not in route.body), None)
    if strange is not None and not route.more:
        raise Refused(400, f"{route.path} has no {strange}{_known(route.body)}")
    if strange is not None and not strange.isidentifier():
        raise Refused(400, f"{strange!r} is no name of an argument")
    return dict(given)


def _is(kind: Kind, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "any" or not isinstance(value, bool))


def _known(names: Mapping[str, Parameter]) -> str:
    return f": it has {', '.join(names)}" if names else ""
