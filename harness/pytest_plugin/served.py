"""`qq_server` and `async_qq_server`: the fake platform for a bot of somebody's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fake_qq_server.client import AsyncClient, Client
    from fake_qq_server.client.shapes import Ready
    from fake_qq_server.serving.threaded import ThreadedServer

MOST_LINES = 200
"""Of the log that a failed test shows."""


@dataclass(frozen=True)
class _Addresses:
    """Where a bot finds the platform: the URLs of `token`, `api` and `gateway`; `ports` by host. `env`: what
    a bot must have in its environment where the platform speaks TLS."""

    token: str
    api: str
    gateway: str
    ports: Mapping[str, int]
    env: Mapping[str, str]


def _addresses(ready: Ready) -> tuple[str, str, str, Mapping[str, int], Mapping[str, str]]:
    return ready["token"], ready["api"], ready["gateway"], ready["ports"], ready["env"]


@dataclass(frozen=True)
class QQServer(_Addresses):
    """A served platform. `control` calls its control API: what happens next, and what a bot did."""

    control: Client

    @classmethod
    def at(cls, ready: Ready) -> QQServer:
        """The one that said so."""
        return cls(*_addresses(ready), _client(ready))


@dataclass(frozen=True)
class AsyncQQServer(_Addresses):
    """The same for a test that awaits: each call of `control` is a coroutine."""

    control: AsyncClient

    @classmethod
    def at(cls, ready: Ready) -> AsyncQQServer:
        """The one that said so."""
        from fake_qq_server.client import AsyncClient

        return cls(*_addresses(ready), AsyncClient(ready["control"], ready["control_token"]))


def _client(ready: Ready) -> Client:
    from fake_qq_server.client import Client

    return Client(ready["control"], ready["control_token"])


_CLIENT: pytest.StashKey[Client] = pytest.StashKey()
"""Of a test that uses the platform: whom to ask what it saw."""


def fresh(server: ThreadedServer, test: pytest.Item) -> Iterator[Ready]:
    """Where it serves, with nothing left of other tests. Raises ServerFailed where the fake itself failed,
    before the test or in it."""
    server.check()
    client = test.stash[_CLIENT] = _client(server.ready)
    client.reset()
    yield server.ready
    server.check()


def seen(test: pytest.Item) -> list[tuple[str, str]]:
    """What the platform saw in a test, as a section of its report; none if it did not use it."""
    client = test.stash.get(_CLIENT, None)
    if client is None:
        return []
    from fake_qq_server.serving.log import as_text

    try:
        lines = [line for row in client.records() if (line := as_text(row)) is not None]
    except Exception as problem:  # whatever a test put in a socket's place must not end pytest
        lines = [f"it does not answer: {problem}"]
    left_out = [f"... {len(lines) - MOST_LINES} lines before"] if len(lines) > MOST_LINES else []
    return [("fake QQ platform", "\n".join([*left_out, *lines[-MOST_LINES:]]))]
