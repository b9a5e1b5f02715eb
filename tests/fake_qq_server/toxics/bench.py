"""The bench on which a real Toxiproxy 2.12.0 was measured, in virtual time.

Both ends send 5 x 1000 bytes, one each 20 ms, and the origin ends its stream at 2.1 s. What an end sees is a
list of (milliseconds, bytes or "fin" or "rst").
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from fake_qq_server.toxics.definition import KINDS
from fake_qq_server.toxics.pipe import Acted, Draw, no_draw
from fake_qq_server.toxics.proxy_link import Closed, Delivered, LinkOutput, ProxyLink, Stream

Seen = list[tuple[float, int | str]]


class Bench:
    """A proxied connection. Times are milliseconds."""

    def __init__(self) -> None:
        self.link = ProxyLink()
        self.seen: dict[Stream, Seen] = {"upstream": [], "downstream": []}
        self.acts: list[tuple[float, Acted]] = []
        self.by: set[str | None] = set()
        self._order = itertools.count()
        self._plan: list[tuple[int, int, Callable[[int], list[LinkOutput]]]] = []

    @property
    def client(self) -> Seen:
        """What the client sees."""
        return self.seen["downstream"]

    @property
    def origin(self) -> Seen:
        """What the origin sees."""
        return self.seen["upstream"]

    def at(self, ms: float, do: Callable[[int], list[LinkOutput]]) -> None:
        """Do this at a time."""
        heapq.heappush(self._plan, (round(ms * 1000), next(self._order), do))

    def talk(self, *, ends_ms: float | None = 2100) -> Bench:
        """Both ends send; the origin ends."""
        for n in range(5):
            self.send(20 * n)
        if ends_ms is not None:
            self.end(ends_ms, "downstream")
        return self

    def send(self, ms: float, *streams: Stream, size: int = 1000) -> None:
        """So many bytes, both ways unless one is named."""
        for one in streams or ("upstream", "downstream"):
            self.at(ms, lambda now, one=one: self.link.push(now, one, bytes(size)))  # type: ignore[misc]

    def end(self, ms: float, stream: Stream) -> None:
        """The sender of this stream ends."""
        self.at(ms, lambda now: self.link.end(now, stream))

    def before(
        self, kind: str, stream: Stream = "downstream", draw: Draw = no_draw, **attributes: int
    ) -> Bench:
        """A toxic that was there when the connection began; it is called by its type."""
        toxic = KINDS[kind].make(**attributes)
        self.link.resets |= toxic.lingers
        self.link.begin(0, stream, kind, toxic, draw)
        return self

    def on(self, ms: float, kind: str, stream: Stream = "downstream", **attributes: int) -> Bench:
        """A toxic comes on."""
        self.at(ms, lambda now: self.link.add(now, stream, kind, KINDS[kind].make(**attributes)))
        return self

    def change(self, ms: float, kind: str, stream: Stream = "downstream", **attributes: int) -> Bench:
        """A toxic gets other attributes."""
        self.at(ms, lambda now: self.link.change(now, stream, kind, KINDS[kind].make(**attributes)))
        return self

    def off(self, ms: float, kind: str, stream: Stream = "downstream") -> Bench:
        """A toxic is removed."""
        cut = KINDS[kind].make().cuts_when_removed
        self.at(ms, lambda now: self.link.remove(now, stream, kind, cut=cut))
        return self

    def run(self, until_ms: float = 10_000) -> Bench:
        """Let time pass."""
        while True:
            due = self.link.due()
            planned = self._plan[0][0] if self._plan else None
            now = min((one for one in (due, planned) if one is not None), default=None)
            if now is None or now > until_ms * 1000:
                return self
            if planned == now:
                self._note(now, heapq.heappop(self._plan)[2](now))
            else:
                self._note(now, self.link.advance(now))

    def _note(self, now: int, outputs: list[LinkOutput]) -> None:
        for one in outputs:
            if isinstance(one, Acted):
                self.acts.append((now / 1000, one))
            elif isinstance(one, Delivered):
                self.seen[one.stream].append((now / 1000, len(one.data)))
            elif isinstance(one, Closed):
                self.seen[one.stream].append((now / 1000, "rst" if one.reset else "fin"))
                self.by.add(one.by)


def plain(ends_ms: float = 2100) -> Seen:
    """What an end sees that no toxic is about."""
    return [*((20.0 * n, 1000) for n in range(5)), (ends_ms, "fin")]


def data(seen: Seen) -> list[tuple[float, int]]:
    """Without the end."""
    return [(ms, what) for ms, what in seen if isinstance(what, int)]
