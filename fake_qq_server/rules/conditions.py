"""What a condition does to the bytes of one connection. Pure: the link asks, and the link acts.

A link hands every chunk it is about to deliver to `shape` and obeys the answer. Chunks of one direction
never overtake each other, whatever their delays; that, too, is the link's part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from fake_qq_server.toxics.definition import Definition

Draw = Callable[[], float]
"""The next draw of this rule on this connection, in [0, 1). See `chance.draw`."""


@dataclass(frozen=True)
class Pass:
    """Deliver the chunk, `delay_us` microseconds later than the link would have."""

    delay_us: int = 0


@dataclass(frozen=True)
class Drop:
    """The chunk is gone: the sender believes it sent it, the receiver never sees it."""


@dataclass(frozen=True)
class Hold:
    """Keep the chunk, and all after it, until the condition is released."""


Shape = Pass | Drop | Hold


@dataclass(frozen=True)
class Condition:
    """Base of all conditions; as it stands, it changes nothing.

    `name` is its verb's. `interrupts`: nothing can be served under it; `may_interrupt`: or not from some
    moment on. `listens`: new connections are
    accepted. `swallows_fin`: the end of the stream is not passed on either. `sticky`: once on a connection
    it stays to that connection's end, whatever the rule's window. `both_ways`: it has no direction.
    `on_proxy`: it lies on the proxy before the host, not on the link.
    """

    name: ClassVar[str] = ""
    interrupts: ClassVar[bool] = False
    may_interrupt: ClassVar[bool] = False
    listens: ClassVar[bool] = True
    swallows_fin: ClassVar[bool] = False
    sticky: ClassVar[bool] = False
    both_ways: ClassVar[bool] = False
    on_proxy: ClassVar[bool] = False

    def shape(self, chunk_len: int, now: int, draw: Draw) -> Shape:
        """What becomes of a chunk of `chunk_len` bytes that is due at `now` (µs)."""
        del chunk_len, now, draw
        return Pass()


@dataclass(frozen=True)
class Refuse(Condition):
    """Nobody listens. Open connections are left alone."""

    name = "refuse"
    listens = False
    both_ways = True


@dataclass(frozen=True)
class Silent(Condition):
    """Bytes of this direction vanish; the end of the stream (FIN) still arrives."""

    name = "silent"
    interrupts = True

    def shape(self, chunk_len: int, now: int, draw: Draw) -> Shape:
        """The chunk is dropped."""
        del chunk_len, now, draw
        return Drop()


@dataclass(frozen=True)
class Stall(Condition):
    """Bytes of this direction, and its FIN behind them, wait until the condition ends."""

    name = "stall"
    interrupts = True

    def shape(self, chunk_len: int, now: int, draw: Draw) -> Shape:
        """The chunk is held."""
        del chunk_len, now, draw
        return Hold()


@dataclass(frozen=True)
class Blackhole(Condition):
    """Nothing passes either way, not even FIN, for as long as the connection lives."""

    name = "blackhole"
    interrupts = True
    swallows_fin = True
    sticky = True
    both_ways = True

    def shape(self, chunk_len: int, now: int, draw: Draw) -> Shape:
        """The chunk is dropped."""
        del chunk_len, now, draw
        return Drop()


@dataclass(frozen=True)
class Forget(Condition):
    """A connection that was idle for `idle_us` is `Forgotten`; until then nothing changes."""

    name = "forget"
    may_interrupt = True
    both_ways = True
    idle_us: int = 0


@dataclass(frozen=True)
class Forgotten(Silent):
    """What becomes of such a connection. A real box would lose its end as well; here that arrives, for nobody
    could tell who left it."""

    name = "forget"
    sticky = True
    both_ways = True


@dataclass(frozen=True)
class Latency(Condition):
    """Every chunk comes `delay_us` later, give or take `jitter_us`, but never earlier than it was sent."""

    name = "latency"
    delay_us: int = 0
    jitter_us: int = 0

    def shape(self, chunk_len: int, now: int, draw: Draw) -> Shape:
        """The chunk comes later, by a delay that `draw` decides within the jitter."""
        del chunk_len, now
        if not self.jitter_us:
            return Pass(self.delay_us)
        swing = int((2 * draw() - 1) * self.jitter_us)
        return Pass(max(0, self.delay_us + swing))


@dataclass(frozen=True)
class OnProxy(Condition):
    """A toxic on the proxy that stands before the host. The proxy does what it says, not the link."""

    name = "toxic"
    both_ways = True
    on_proxy = True
    toxic: Definition
