"""Every verb at every place that it fits: how it is tried. What a client observed stands in `observed.txt`.

A cell is a verb and a place. `observe` runs one; `python -m tests.fake_qq_server.faults.observed` runs all
and writes the file, which is read by eye before it is committed; the test runs them and compares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fake_qq_server.platform.protocol import Intent
from fake_qq_server.rules import verbs as _registered  # noqa: F401  (importing it fills the registry)
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.verbs.registry import VERBS, Class
from tests.fake_qq_server.faults.plain_client import (
    AN_HOUR_S,
    MESSAGE,
    Line,
    PlainClient,
    plain_client,
    sentence,
)

FILE = Path(__file__).with_name("observed.txt")

_TOXIC = {"type": "latency", "stream": "downstream", "attributes": {"latency": 5000}}
TRIED: Mapping[str, Any] = {
    "body": {"body": {"d": {"changed": True}}},
    "close": {"close": 4009, "reason": "bye"},
    "cut": {"cut": 10},
    "delay": {"delay": "5s"},
    "dispatch": {"dispatch": MESSAGE},
    "drip": {"drip": "5s"},
    "error": {"error": 11298},
    "forget": {"forget": "90s"},
    "frame": {"frame": {"op": 7, "d": None}},
    "latency": {"latency": "5s"},
    "message": {"message": {"type": "error"}},
    "raise": {"raise": "OSError"},
    "restart": {"restart": "kill"},
    "signal": {"signal": "SIGTERM"},
    "speak": {"speak": "good morning", "to": "alice"},
    "status": {"status": 503},
    "toxic": {"toxic": _TOXIC},
    "upgrade": {"upgrade": 503},
}
"""How each verb is written; the others take no arguments."""

_AT: Mapping[tuple[str, str], Any] = {
    ("body", "http"): {"body": "<html>"},
    ("body", "ws.out.close"): {"body": {"code": 4006}},
    ("error", "http.token"): {"error": 100016},
}
"""What is written otherwise at some places, by the place or what it begins with."""

REQUESTED = ("http.token", "http.gateway", "http.api")
CONNECTED = ("ws.connect",)
RECEIVED = ("ws.in.identify", "ws.in.heartbeat", "ws.in.resume")
WRITTEN = tuple(
    f"ws.out.{op}"
    for op in ("hello", "ready", "resumed", "ack", "dispatch", "invalid", "reconnect", "heartbeat", "close")
)
PUSHED = ("http.api", "ws.in.heartbeat", "ws.out.ready", "at")
LINKS = ("link.token", "link.api", "link.ws")

PLACES: Mapping[Class, tuple[str, ...]] = {
    Class.ANSWER: (*REQUESTED, *CONNECTED, *RECEIVED, *WRITTEN),
    Class.PUSH: PUSHED,
    Class.CONDITION: LINKS,
}
"""Where verbs of a class are tried. What a rule may name besides (`any`) is one of these each time. A push
acts alike at all events: it is tried at a request, a frame from the client, one to it, and a moment."""


def written(verb: str, place: str) -> Any:
    """The verb as a rule has it there."""
    known = (do for (name, where), do in _AT.items() if name == verb and place.startswith(where))
    return next(known, TRIED.get(verb, verb))


def rule(verb: str, place: str) -> dict[str, Any]:
    """A rule that does it there, once or for a minute. `forget` needs longer than that to act."""
    do = written(verb, place)
    if place == "at":
        return {"at": "10s", "do": do}
    if place.startswith("link."):
        window = {} if verb == "forget" else {"until": "60s"}
        return {"link": place.removeprefix("link."), **window, "do": do}
    return {"when": place, "which": 1, "do": do}


def cells() -> Iterator[tuple[str, str]]:
    """Every verb at every place at which the language takes it."""
    for verb in sorted(VERBS):
        for place in PLACES[VERBS[verb].kind]:
            try:
                parse_rules([rule(verb, place)])
            except LanguageError:
                continue
            yield verb, place


async def observe(verb: str, place: str) -> str:
    """Do it there to a plain client, and return what that observes."""
    async with plain_client() as client:
        if place.startswith("link."):
            return await _on_a_link(client, verb, place)
        if VERBS[verb].kind is Class.PUSH:
            return await _pushed(client, verb, place)
        return await _answered(client, verb, place)


# -- answers


async def _answered(client: PlainClient, verb: str, place: str) -> str:
    line, act, follow = await _BEFORE[place](client)
    client.load([rule(verb, place)])
    acted = act()
    line = await acted if acted is not None else line
    assert line is not None
    now = await line.told()
    follow(line)
    now += await line.told()
    return sentence(now, await client.later(line, AN_HOUR_S))


Step = Callable[[], "Awaitable[Line] | None"]
Before = tuple[Line | None, Step, Callable[[Line], None]]
"""The connection there is, what the client or the platform does then, and what follows it: another frame, so
that it shows which comes first."""


def _beat(line: Line) -> None:
    line.say(1, 1)


def _nothing(line: Line) -> None:
    del line


async def _request(name: str, client: PlainClient) -> Before:
    return None, partial(client.ask, name), _nothing


async def _upgrade(client: PlainClient) -> Before:
    return None, client.upgrade, _nothing


async def _hello(client: PlainClient) -> Before:
    async def upgraded() -> Line:
        line = await client.upgrade()
        await line.settle()
        await client.clock.forward(0.01)
        return line

    return None, upgraded, _beat


async def _identify(client: PlainClient, intents: int | None = None) -> Before:
    line = await client.greeted()
    asked = {} if intents is None else {"intents": intents}
    return line, lambda: client.identify(line, **asked), _beat


async def _heartbeat(client: PlainClient) -> Before:
    line = await client.ready()
    return line, lambda: _beat(line), lambda _: client.push({"dispatch": MESSAGE})


async def _resume(client: PlainClient) -> Before:
    first = await client.ready()
    first.writer.transport.abort()
    await first.settle()
    line = await client.greeted()
    return line, lambda: client.resume(line, first), _beat


async def _push(do: Any, client: PlainClient) -> Before:
    line = await client.ready()
    return line, lambda: client.push(do), _beat


_NO_SUCH_INTENT = 1 << 40
assert not any(one == _NO_SUCH_INTENT for one in Intent)

_BEFORE: Mapping[str, Callable[[PlainClient], Awaitable[Before]]] = {
    **{place: partial(_request, place.removeprefix("http.")) for place in REQUESTED},
    "ws.connect": _upgrade,
    "ws.in.identify": _identify,
    "ws.in.heartbeat": _heartbeat,
    "ws.in.resume": _resume,
    "ws.out.hello": _hello,
    "ws.out.ready": _identify,
    "ws.out.resumed": _resume,
    "ws.out.ack": _heartbeat,
    "ws.out.dispatch": partial(_push, {"dispatch": MESSAGE}),
    "ws.out.invalid": partial(_identify, intents=_NO_SUCH_INTENT),
    "ws.out.reconnect": partial(_push, {"frame": {"op": 7, "d": None}}),
    "ws.out.heartbeat": partial(_push, {"frame": {"op": 1, "d": None}}),
    "ws.out.close": partial(_push, {"close": 4009}),
}


# -- pushes


async def _pushed(client: PlainClient, verb: str, place: str) -> str:
    """On a connection that is ready; the API is asked at the end, for what a push does to the account."""
    if place == "ws.out.ready":
        line, act, _ = await _identify(client)
    else:
        line = await client.ready()
        acts: Mapping[str, Step] = {
            "http.api": partial(client.ask, "api"),
            "ws.in.heartbeat": partial(_beat, line),
        }
        act = acts.get(place, lambda: None)
    assert line is not None
    client.load([rule(verb, place)])
    acted = act()
    if acted is not None:
        await (await acted).settle()
    if place == "at":
        await client.clock.forward(10)
    now = await line.told()
    said = sentence(now, await client.later(line, AN_HOUR_S))
    return f"{said}; then the API: {', '.join(await (await client.ask('api')).told())}"


# -- conditions


async def _on_a_link(client: PlainClient, verb: str, place: str) -> str:
    """A connection that is opened under the condition, an hour later, and when it is used again."""
    name = place.removeprefix("link.")
    client.load([rule(verb, place)])
    try:
        line = await (client.upgrade() if name == "ws" else client.ask(name))
    except ConnectionRefusedError:
        await client.clock.forward(AN_HOUR_S)
        after = await (client.upgrade() if name == "ws" else client.ask(name))
        return sentence(["ECONNREFUSED"], [], await after.told())
    now = await line.told()
    later = await client.later(line, AN_HOUR_S)
    if name == "ws":
        _beat(line)
    else:
        await client.ask(name, line)
    return sentence(now, later, [*await line.told(), *await client.later(line, 1)])


# -- the file


def read() -> dict[tuple[str, str], str]:
    """What the file says, by verb and place."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    rows = (line.split(" | ", 2) for line in lines)
    return {(verb.strip(), place.strip()): said for verb, place, said in rows}


async def _all() -> None:
    lines = [f"{verb:10} | {place:16} | {await observe(verb, place)}" for verb, place in cells()]
    FILE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{FILE.name}: {len(lines)} cells")


if __name__ == "__main__":
    asyncio.run(_all())
