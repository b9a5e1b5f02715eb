"""Ends connections that nobody uses: a head that never ends, a pool that is never asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from fake_qq_server.platform.units import SECOND
from fake_qq_server.wire.listener import Listener

LONGEST_IDLE_US = 120 * SECOND
"""From a connection's opening, or its last answer, to the next whole head [inf; nginx's default is 75 s]."""

EVERY_S = 10.0


def end_idle(listeners: Iterable[Listener], now_us: int) -> int:
    """End those that are idle for too long; how many they were. A WebSocket is none of them."""
    overdue = [
        connection
        for listener in listeners
        for connection in listener.connections.values()
        if connection.idle and now_us - connection.idle_since_us > LONGEST_IDLE_US
    ]
    for connection in overdue:
        connection.finish()
    return len(overdue)


async def sweep(listeners: Iterable[Listener], now_us: Callable[[], int]) -> None:
    """Look again and again, until cancelled."""
    every = tuple(listeners)
    while True:
        await asyncio.sleep(EVERY_S)
        end_idle(every, now_us())
