"""What a route of the API is, and the requests that it gets. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fake_qq_server.events import Host
from fake_qq_server.platform import payloads, protocol
from fake_qq_server.platform.forms import fields_of
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.rows import Bot

Body = Mapping[str, Any] | Sequence[Any] | None


@dataclass(frozen=True)
class Request:
    """One whole HTTP request. `headers` have lower-case names; `now` is in microseconds."""

    host: Host
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    now: int

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None where it is none."""
        return protocol.parse(self.body.decode("utf-8", "replace"))

    def fields(self) -> dict[str, Any] | None:
        """The body as a JSON object or as a form, in which botpy sends pictures; None where it is neither."""
        form = fields_of(self.headers.get("content-type", ""), self.body)
        return self.json() if form is None else form


@dataclass(frozen=True)
class Call:
    """An authenticated API request; `target` is the id in its path, `more` the one after it."""

    platform: Platform
    bot: Bot
    request: Request
    scene: payloads.Scene | None
    target: str
    more: str = ""


@dataclass(frozen=True)
class Route:
    """One row of the API: `answer` gives the body of a success (with 204: none), or the name of a REST
    error."""

    method: str
    path: re.Pattern[str]
    answer: Callable[[Call], Body | str]
    scene: payloads.Scene | None = None
    status: int = 200


def route(
    method: str,
    path: str,
    answer: Callable[[Call], Body | str],
    scene: payloads.Scene | None = None,
    status: int = 200,
) -> Route:
    """A row; ID in its path is the id that it is about, MORE the one after it, ANY whatever stands there."""
    pattern = path.replace("ID", "(?P<id>[^/]+)").replace("MORE", "(?P<more>[^/]+)").replace("ANY", "[^/]+")
    return Route(method, re.compile(pattern), answer, scene, status)
