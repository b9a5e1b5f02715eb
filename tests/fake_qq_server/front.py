"""A fake platform on a plain asyncio loop in real time, and plain clients that say what they observe.

Durations are milliseconds. Where a test needs an order of things, it takes it from marks and from requests of
the client's own ("remote controls"), never from how fast the machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from fake_qq_server.events import Envelope, ListSink
from fake_qq_server.platform.options import Options
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment, parse_moment
from fake_qq_server.server import FakeQQ

INTENTS = 1 << 25 | 1 << 30 | 1 << 12 | 1 << 26
QUIET_S = 0.05
LONG_S = 8.0
GO = {"id": "go", "when": "http.api", "where": {"path": "/go"}, "do": {"status": 299}}
"""A remote control: `await bot.press("go")` is this rule's first act, a mark for others."""
STOP = {"id": "stop", "when": "http.api", "where": {"path": "/stop"}, "do": {"status": 299}}


@dataclass
class Front:
    """A running fake, what it told, and what went wrong inside it."""

    fake: FakeQQ
    told: ListSink
    errors: list[BaseException] = field(default_factory=list)

    def all(self, kind: str, **wanted: Any) -> list[tuple[int, Any, Envelope]]:
        """Records of a kind whose event has these values, each with its number."""
        return [
            (n, event, about)
            for n, (_, event, about) in enumerate(self.told.events, 1)
            if kind == event.KIND and all(getattr(event, key) == value for key, value in wanted.items())
        ]

    def one(self, kind: str, **wanted: Any) -> tuple[int, Any, Envelope]:
        """The only such record."""
        found = self.all(kind, **wanted)
        assert len(found) == 1, [(event, about) for _, event, about in self.all(kind)]
        return found[0]

    async def until(self, kind: str, count: int = 1, **wanted: Any) -> list[tuple[int, Any, Envelope]]:
        """Waits until there are so many."""
        while len(found := self.all(kind, **wanted)) < count:
            await asyncio.sleep(0.001)
        return found

    def acts(self, rule: str) -> int:
        return sum(about.rule == rule for _, _, about in self.all("rule.act"))

    def unmet(self) -> dict[str | None, str | None]:
        """The rules whose premise did not hold, as the end of a run tells them."""
        self.fake.director.report_unmet()
        return {about.rule: event.why for _, event, about in self.all("rule.unmet")}


@contextlib.asynccontextmanager
async def fake_with(
    *rules: Any,
    heal: str | None = None,
    held: Any = "keep",
    bots: int = 1,
    delay_us: int = 1000,
    options: Options | None = None,
    seed: int = 0,
    may_fail: bool = False,
) -> AsyncIterator[Front]:
    """A fake with these rules. Fails a test in which it fails, or which takes longer than LONG_S."""
    parsed = parse_rules(list(rules))
    moment: Moment | None = parse_moment(heal, (), [rule.id for rule in parsed if rule.id]) if heal else None
    told = ListSink()
    fake = FakeQQ(
        told,
        [(f"app{n}", f"secret{n}") for n in range(1, bots + 1)],
        rules=parsed,
        heal=moment,
        held=held,
        seed=seed,
        delay_us=delay_us,
        options=options,
    )
    front = Front(fake, told)
    fake.on_error = front.errors.append
    fake.start()
    try:
        async with asyncio.timeout(LONG_S):
            yield front
    finally:
        fake.stop()
        await asyncio.sleep(0.001)
    if front.errors and not may_fail:
        raise front.errors[0]


# -- HTTP


@dataclass
class Bot:
    """A client of one bot, on aiohttp."""

    front: Front
    http: aiohttp.ClientSession
    number: int = 1
    access: str = ""
    session: str = ""

    async def token(self) -> dict[str, Any]:
        body = {"appId": f"app{self.number}", "clientSecret": f"secret{self.number}"}
        async with self.http.post(self.front.fake.addresses.token, json=body) as answer:
            got: dict[str, Any] = await answer.json()
        self.access = got.get("access_token", self.access)
        return got

    def get(self, path: str, **more: Any) -> Any:
        return self.http.get(self.front.fake.addresses.api + path, headers=self._auth(), **more)

    def post(self, path: str, body: Any) -> Any:
        return self.http.post(self.front.fake.addresses.api + path, json=body, headers=self._auth())

    async def status(self, path: str = "/gateway") -> int:
        async with self.get(path) as answer:
            await answer.read()
            return int(answer.status)

    async def press(self, button: str) -> None:
        """A remote control: the rule of that name acts now."""
        assert await self.status(f"/{button}") == 299
        await asyncio.sleep(0)

    async def gateway(self) -> str:
        if not self.access:
            await self.token()
        async with self.get("/gateway") as answer:
            return str((await answer.json())["url"])

    async def dial(self, **more: Any) -> Ws:
        """A WebSocket, upgraded; Hello not read yet."""
        return Ws(self, await self.http.ws_connect(await self.gateway(), **more))

    async def ready(self, **more: Any) -> Ws:
        """A WebSocket up to READY."""
        ws = await self.dial(**more)
        assert (await ws.frame())["op"] == 10
        await ws.identify()
        self.session = (await ws.frame())["d"]["session_id"]
        return ws

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"QQBot {self.access}"}


@contextlib.asynccontextmanager
async def bot_of(front: Front, number: int = 1) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LONG_S)) as http:
        yield Bot(front, http, number)


# -- WebSocket, as aiohttp sees it


@dataclass
class Ws:
    bot: Bot
    ws: aiohttp.ClientWebSocketResponse

    async def send(self, op: int, d: Any = None) -> None:
        await self.ws.send_str(json.dumps({"op": op, "d": d}))

    async def identify(self) -> None:
        await self.send(2, {"token": f"QQBot {self.bot.access}", "intents": INTENTS, "shard": [0, 1]})

    async def resume(self, seq: int, session: str | None = None) -> None:
        d = {"token": f"QQBot {self.bot.access}", "session_id": session or self.bot.session, "seq": seq}
        await self.send(6, d)

    async def beat(self) -> None:
        await self.send(1, 1)

    async def frame(self) -> dict[str, Any]:
        """The next frame."""
        message = await self.ws.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.ws.close_code)
        got: dict[str, Any] = json.loads(message.data)
        return got

    async def names(self, count: int) -> list[Any]:
        """The next frames by their t, or their op."""
        got = [await self.frame() for _ in range(count)]
        return [frame.get("t") or frame["op"] for frame in got]

    async def closed(self) -> tuple[int | None, Any]:
        """How aiohttp tells the end: the close code, and the reason where a close frame came."""
        message = await self.ws.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
        return self.ws.close_code, message.extra

    async def silence(self, seconds: float = QUIET_S) -> None:
        """Nothing comes, not even an end."""
        with contextlib.suppress(TimeoutError):
            message = await self.ws.receive(timeout=seconds)
            raise AssertionError(f"not silent: {message}")


def sockets() -> set[str]:
    """The sockets of this process."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


class Watch:
    """Measures real time."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def ms(self) -> float:
        return (time.monotonic() - self._began) * 1000


def kinds(front: Front, wanted: Sequence[str]) -> list[str]:
    """The kinds of all records that are among these, in order."""
    return [event.KIND for _, event, _ in front.told.events if event.KIND in wanted]
