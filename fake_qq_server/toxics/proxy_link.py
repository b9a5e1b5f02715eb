"""One connection through a proxy: two chains, and what becomes of the sockets at its two ends. Pure.

A proxy holds two connections, the client's and the origin's. It never closes half of one: when a stream is
over, the socket that it leads to is closed, so nothing can be read from there any more either, and that is
the end of the other stream, which passes its own toxics. No reset passes; an end is a reset only where a
toxic that `lingers` was on when the connection began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fake_qq_server.toxics.chain import Chain
from fake_qq_server.toxics.pipe import Acted, Chunk, Draw, Ended, Output, Toxic, no_draw

Stream = Literal["upstream", "downstream"]
"""From the client to the origin, or to the client."""

END_OF: dict[Stream, Literal["origin", "client"]] = {"upstream": "origin", "downstream": "client"}
"""Where each stream leads to."""

OTHER: dict[Stream, Stream] = {"upstream": "downstream", "downstream": "upstream"}


@dataclass(frozen=True)
class Delivered:
    """Bytes come out of a stream."""

    stream: Stream
    data: bytes


@dataclass(frozen=True)
class Closed:
    """The proxy closes the socket to which a stream leads. `by`: the toxic that did it, None: an end did."""

    stream: Stream
    reset: bool = False
    by: str | None = None


LinkOutput = Delivered | Closed | Acted


class ProxyLink:
    """Every method takes the time (µs) and returns what the proxy does by then, in order."""

    def __init__(self) -> None:
        self._chains: dict[Stream, Chain] = {"upstream": Chain(), "downstream": Chain()}
        self._read: set[Stream] = {"upstream", "downstream"}
        """The streams whose sender can still be read."""
        self._open: set[Stream] = {"upstream", "downstream"}
        """The streams whose receiver is still open."""
        self.resets = False

    def push(self, now: int, stream: Stream, data: bytes) -> list[LinkOutput]:
        """The sender of a stream has written."""
        if stream not in self._read:
            return []
        return self._out(now, stream, self._chains[stream].push(now, data))

    def end(self, now: int, stream: Stream, by: str | None = None) -> list[LinkOutput]:
        """The sender of a stream has ended, in whatever way; `by` is the toxic that ended it."""
        if stream not in self._read:
            return []
        self._read.discard(stream)
        return self._out(now, stream, self._chains[stream].end(now, by))

    def due(self) -> int | None:
        """When `advance` has something to do next."""
        dues = [due for one in self._chains.values() if (due := one.due()) is not None]
        return min(dues, default=None)

    def advance(self, now: int) -> list[LinkOutput]:
        """What is due."""
        out: list[LinkOutput] = []
        for stream, chain in self._chains.items():
            out += self._out(now, stream, chain.advance(now))
        return out

    def begin(self, now: int, stream: Stream, name: str, toxic: Toxic, draw: Draw = no_draw) -> None:
        """A toxic that was on when the connection began."""
        self._chains[stream].add(now, name, toxic, draw)

    def add(
        self, now: int, stream: Stream, name: str, toxic: Toxic, draw: Draw = no_draw
    ) -> list[LinkOutput]:
        """A toxic comes on."""
        return self._out(now, stream, self._chains[stream].add(now, name, toxic, draw))

    def change(
        self, now: int, stream: Stream, name: str, toxic: Toxic, draw: Draw = no_draw
    ) -> list[LinkOutput]:
        """A toxic gets other attributes."""
        return self._out(now, stream, self._chains[stream].change(now, name, toxic, draw))

    def remove(self, now: int, stream: Stream, name: str, *, cut: bool = False) -> list[LinkOutput]:
        """A toxic goes; with `cut` it takes the connection with it."""
        return self._out(now, stream, self._chains[stream].remove(now, name, cut=cut))

    def cut(self, by: str | None = None) -> list[LinkOutput]:
        """The proxy closes both sockets at once; what is on its way is lost."""
        closed: list[LinkOutput] = [Closed(one, self.resets, by) for one in OTHER if one in self._open]
        self._open.clear()
        self._read.clear()
        self._chains = {"upstream": Chain(), "downstream": Chain()}
        return closed

    def _out(self, now: int, stream: Stream, outputs: Iterable[Output]) -> list[LinkOutput]:
        """What comes out of one chain, and what follows from an end of it."""
        found: list[LinkOutput] = []
        for one in outputs:
            if isinstance(one, Acted):
                found.append(one)
            elif stream not in self._open:
                continue
            elif isinstance(one, Chunk):
                found.append(Delivered(stream, one.data))
            elif isinstance(one, Ended):
                self._open.discard(stream)
                found.append(Closed(stream, self.resets, one.by))
                found += self.end(now, OTHER[stream], one.by)
        return found
