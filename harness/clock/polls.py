"""`select.select`, `poll`, `epoll` and the selectors, used synchronously in a thread, wait by parking.

Only where at least one descriptor is a socket (or there is none, which is a sleep): behind a pipe stands
mostly another process, and to park for that one would let its time-out pass in no time.
"""

from __future__ import annotations

import os
import select
import selectors
import stat
from collections.abc import Iterable
from typing import Any

from harness.clock.baton import Baton


def install(baton: Baton) -> None:
    """Put the hooks in; outside the clock all behave as ever."""
    for selector in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
        _hook_selector(baton, selector)
    real_select = select.select

    def wait(reads: Any, writes: Any, odd: Any, timeout: float | None = None) -> Any:
        reads, writes, odd = list(reads), list(writes), list(odd)
        if baton.current() is None or not _parks(_numbers([*reads, *writes, *odd])):
            return real_select(reads, writes, odd, timeout)

        def ready() -> Any:
            found = real_select(reads, writes, odd, 0)
            return found if any(found) else None

        return baton.park(ready, timeout, "poll") or ([], [], [])

    select.select = wait
    select.poll = _waiting_poll(baton)  # type: ignore[misc]
    select.epoll = _waiting_epoll(baton)  # type: ignore[misc]


def _hook_selector(baton: Baton, kind: Any) -> None:
    real = kind.select

    def wait(self: Any, timeout: float | None = None) -> Any:
        if baton.current() is None or not _parks(self.get_map() or ()):
            return real(self, timeout)
        return baton.park(lambda: real(self, 0), timeout, "poll") or []

    kind.select = wait


def _waiting_poll(baton: Baton) -> Any:
    real = select.poll

    class Poll:
        """`select.poll`."""

        def __init__(self) -> None:
            self._real = real()
            self._known: set[int] = set()

        def register(self, fd: Any, *mask: int) -> None:
            self._real.register(fd, *mask)
            self._known.update(_numbers([fd]))

        def modify(self, fd: Any, mask: int) -> None:
            self._real.modify(fd, mask)

        def unregister(self, fd: Any) -> None:
            self._real.unregister(fd)
            self._known.difference_update(_numbers([fd]))

        def poll(self, timeout: float | None = None) -> Any:
            if baton.current() is None or not _parks(self._known):
                return self._real.poll(timeout)
            limit = None if timeout is None or timeout < 0 else timeout / 1000
            return baton.park(lambda: self._real.poll(0), limit, "poll") or []

    return Poll


def _waiting_epoll(baton: Baton) -> Any:
    real = select.epoll

    class Epoll:
        """`select.epoll`; always parks, for nobody waits for a child process like this."""

        def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
            self._real = real(sizehint, flags)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def __enter__(self) -> Epoll:
            return self

        def __exit__(self, *exc: object) -> None:
            self._real.close()

        def poll(self, timeout: float | None = None, maxevents: int = -1) -> Any:
            if baton.current() is None:
                return self._real.poll(timeout, maxevents)
            limit = None if timeout is None or timeout < 0 else timeout
            return baton.park(lambda: self._real.poll(0, maxevents), limit, "poll") or []

    return Epoll


def _numbers(things: Iterable[Any]) -> list[int]:
    return [thing if isinstance(thing, int) else thing.fileno() for thing in things]


def _parks(numbers: Iterable[int]) -> bool:
    numbers = list(numbers)
    return not numbers or any(_is_socket(number) for number in numbers)


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False
