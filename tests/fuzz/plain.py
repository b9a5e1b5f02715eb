"""A client that does nothing wrong: what it observes is what others cost it."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_S = 30.0


class Plain:
    """Log in, get READY, beat. Use it as an async context manager."""

    def __init__(self, at: dict[str, Any]) -> None:
        self._at = at
        self._ws: ClientConnection | None = None
        self.authorization = ""

    async def log_in(self) -> str:
        """The Authorization of its API requests."""
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
            answer = await http.post(self._at["token"], json={"appId": "1", "clientSecret": "one"})
        self.authorization = f"QQBot {answer.json()['access_token']}"
        return self.authorization

    async def __aenter__(self) -> Plain:
        auth = await self.log_in()
        self._ws = await connect(self._at["gateway"], proxy=None, open_timeout=PATIENCE_S, ping_interval=None)
        assert json.loads(await self._ws.recv())["op"] == 10
        await self._ws.send(json.dumps({"op": 2, "d": {"token": auth, "intents": 1 << 25}}))
        assert json.loads(await self._ws.recv())["t"] == "READY"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ws is not None:
            await self._ws.close()

    async def beat(self) -> float:
        """One heartbeat; the milliseconds until its ACK."""
        assert self._ws is not None
        began = time.perf_counter()
        await self._ws.send('{"op":1,"d":null}')
        while json.loads(await self._ws.recv())["op"] != 11:
            pass
        return (time.perf_counter() - began) * 1e3
