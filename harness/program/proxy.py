"""The CONNECT proxy between the program and the platform: what it refuses goes into the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fake_qq_server.serving.proxy import Proxy, leads

ADDRESS = "127.0.0.1"


class RecordingProxy(Proxy):
    """Leads QQ's hosts, and the platform's own `ports` by host, to those ports; `on_refused` is told what
    else was asked for."""

    def __init__(self, ports: Mapping[Any, int], on_refused: Callable[[str], object]) -> None:
        super().__init__(leads([ADDRESS], ports), ADDRESS)
        self._on_refused = on_refused

    async def _refuse(self, writer: asyncio.StreamWriter, what: str) -> None:
        self._on_refused(what[:200])
        await super()._refuse(writer, what)
