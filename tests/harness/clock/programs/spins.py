"""Programs: how the clock fails, and how it says so."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any, NoReturn

from harness.clock import BATON, ClockStuck


class Over(BaseException):
    """Ends a program from a hook of the clock."""


def _report(seen: list[Any]) -> None:
    def spun(who: Any, count: int, what: str) -> NoReturn:
        seen.append([who.name, count, what, BATON.now_us])
        raise Over

    BATON.on_spin = spun


def yields_for_ever() -> list[Any]:
    seen: list[Any] = []
    _report(seen)

    async def main() -> None:
        await asyncio.sleep(5)
        while True:
            await asyncio.sleep(0)

    with contextlib.suppress(Over):
        asyncio.run(main())
    return seen


def only_reads_the_clock() -> list[Any]:
    seen: list[Any] = []
    _report(seen)

    async def main() -> None:
        await asyncio.sleep(5)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            pass

    with contextlib.suppress(Over):
        asyncio.run(main())
    return seen


def thread_sleeps_zero() -> list[Any]:
    seen: list[Any] = []
    _report(seen)
    try:
        while True:
            time.sleep(0)
    except Over:
        pass
    return seen


def refused() -> str:
    """Without a worker around the clock a spin is an error."""

    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    try:
        asyncio.run(main())
    except ClockStuck as stuck:
        return str(stuck)
    return ""


def stuck(how: str) -> list[Any]:
    told: list[str] = []
    BATON.on_stuck = told.append
    threading.Thread(target=threading.Event().wait, name="the waiter", daemon=True).start()

    async def nothing() -> None:
        await asyncio.get_running_loop().create_future()

    async def blocked() -> None:
        threading.Event().wait()

    try:
        if how == "loop":
            asyncio.run(nothing())
        elif how == "blocked loop":
            asyncio.run(blocked())
        else:
            threading.Lock().acquire()
            threading.Event().wait()
    except ClockStuck as stuck:
        return [told, str(stuck), BATON.now_us]
    return []


def _blocked(reports: list[Any]) -> None:
    BATON.on_blocked = lambda who, seconds: reports.append([who.name, seconds, BATON.now_us])


def blocked_with_work() -> list[Any]:
    """A turn that sleeps 100 s, with a timer due 5 s into it."""
    reports: list[Any] = []
    _blocked(reports)

    async def main() -> None:
        asyncio.get_running_loop().call_later(5, lambda: None)
        time.sleep(100)

    asyncio.run(main())
    return reports


def blocked_at_once() -> list[Any]:
    reports: list[Any] = []
    _blocked(reports)

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: None)
        time.sleep(100)

    asyncio.run(main())
    return reports


def blocked_by_input() -> list[Any]:
    """Input comes 40 s into a sleep of 100 s, by another thread: reported 30 s after it came."""
    reports: list[Any] = []
    _blocked(reports)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        threading.Thread(target=lambda: (time.sleep(40), loop.call_soon_threadsafe(lambda: None))).start()
        time.sleep(100)

    asyncio.run(main())
    return reports


def blocked_without_work() -> list[Any]:
    reports: list[Any] = []
    _blocked(reports)

    async def main() -> None:
        asyncio.get_running_loop().call_later(500, lambda: None)
        time.sleep(100)
        await asyncio.sleep(1000)

    asyncio.run(main())
    time.sleep(100)
    return [*reports, BATON.now_us]


def a_test_that_fails() -> list[Any]:
    """The selector a thread waits in is closed by another: the fault is that thread's own."""
    import selectors
    import socket

    seen: list[Any] = []
    left, right = socket.socketpair()
    selector = selectors.EpollSelector()
    selector.register(left, selectors.EVENT_READ)

    def wait() -> None:
        try:
            selector.select(100)
        except ValueError as fault:
            seen.append([str(fault), BATON.now_us])

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(1)
    selector.close()
    thread.join()
    right.close()
    return seen
