"""What a toxic is made of: a generator that takes chunks, waits and emits, and the stage that runs it. Pure.

A toxic's `pipe` is what Toxiproxy's goroutine of that name is, statement by statement, for there the meaning
is. It asks by `yield`: for the next chunk (`Take`), for time to pass (`Wait`), to pass a chunk on (`Emit`). A
`Stage` gives what is asked for as soon as it is there. Time is in integer microseconds and passed in.

Chunks that wait are kept one by one. A real proxy stops reading meanwhile and may find several in one read
afterwards: the same bytes at the same times, in other pieces.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, ClassVar

Draw = Callable[[], float]
"""The next draw of one toxic on one connection, in [0, 1)."""


@dataclass(frozen=True)
class Chunk:
    """Bytes on their way. `stamp`: when they were read, later whatever latency has added since."""

    data: bytes
    stamp: int


@dataclass(frozen=True)
class Ended:
    """The stream is over. `by` is the name of the toxic that ended it, None where its sender did."""

    by: str | None = None


@dataclass(frozen=True)
class Acted:
    """A toxic of this name did something: to how many bytes, and how much later they come. `ends`: nothing
    passes it any more, though the end of the stream may take a while to come out."""

    name: str
    bytes: int = 0
    us: int = 0
    ends: bool = False


Output = Chunk | Ended | Acted


class Word(enum.Enum):
    """What else a pipe is answered: it must stop at once, or the time of its `Take` is up."""

    INTERRUPT = "interrupt"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Take:
    """Ask for what comes next: answered with a `Chunk`, an `Ended` or a `Word`. `within_us`: TIMEOUT then."""

    within_us: int | None = None


@dataclass(frozen=True)
class Wait:
    """Let time pass: answered with None, or INTERRUPT where it is `interruptible`."""

    us: int
    interruptible: bool = True


@dataclass(frozen=True)
class Emit:
    """Pass a chunk on."""

    chunk: Chunk


@dataclass(frozen=True)
class Act:
    """Say that something was done to so many bytes."""

    bytes: int = 0
    us: int = 0
    ends: bool = False


Pipe = Generator[Take | Wait | Emit | Act, Any, "Ended | bool"]
"""It returns the end that it passes on, True to end the stream by itself, or False when interrupted."""


@dataclass(frozen=True)
class Toxic:
    """Base of the toxics, and the one that changes nothing.

    `interrupts`: nothing can be served under it; `may_interrupt`: or not from some moment on.
    `cuts_when_removed`: taking it off ends the connection. `lingers`: connections that begin under it end
    with a reset.
    """

    type: ClassVar[str] = "noop"
    interrupts: ClassVar[bool] = False
    may_interrupt: ClassVar[bool] = False
    cuts_when_removed: ClassVar[bool] = False
    lingers: ClassVar[bool] = False

    @property
    def ends_when_idle(self) -> bool:
        """It ends a connection by a clock of its own, whether anything is sent or not."""
        return False

    def pipe(self, now: Callable[[], int], draw: Draw, memory: dict[str, int]) -> Pipe:
        """Run until the end or an interrupt. `memory` outlives an interrupt."""
        del now, draw, memory
        while True:
            item = yield Take()
            if item is Word.INTERRUPT:
                return False
            if isinstance(item, Ended):
                return item
            yield Emit(item)

    def effect(self, before: int, size: int) -> Act | None:
        """What it does to so many bytes of its stream, the first `before` of which passed since it came on.

        An account by the count of bytes alone, for those who do not see the chunks. None: nothing.
        """
        del before, size
        return None

    def end_effect(self) -> Act | None:
        """What it does to the end of its stream. None: nothing, the end passes."""
        return None


@dataclass(frozen=True)
class Lingering(Toxic):
    """Changes nothing, but connections that begin under it end with a reset."""

    lingers = True


NOOP, LINGERING = Toxic(), Lingering()


def no_draw() -> float:
    """For toxics that draw nothing."""
    return 0.5


class Stage:
    """One toxic at work on one stream of one connection."""

    def __init__(self, name: str, toxic: Toxic = NOOP, draw: Draw = no_draw) -> None:
        self.name = name
        self.queue: deque[Chunk | Ended] = deque()
        self.closed = False
        self._memory: dict[str, int] = {}
        self._now = 0
        self.become(toxic, draw)

    def become(self, toxic: Toxic, draw: Draw) -> None:
        """Run this toxic from the next `run` on."""
        self.toxic, self._draw = toxic, draw
        self._pipe: Pipe | None = None
        self._asked: Take | Wait | Emit | Act | None = None
        self._due: int | None = None

    def due(self) -> int | None:
        """When `run` has something to do next, if nothing comes before."""
        return None if self.closed else self._due

    def run(self, now: int) -> list[Output]:
        """As far as it gets with what is there."""
        self._now, out = now, list[Output]()
        if self._pipe is None and not self.closed:
            self._pipe = self.toxic.pipe(lambda: self._now, self._draw, self._memory)
            self._send(None, out)
        while not self.closed and self._pipe is not None:
            answer = self._answer(now)
            if answer is _NOTHING:
                break
            self._send(answer, out)
        return out

    def interrupt(self, now: int) -> list[Output] | None:
        """Stop at once; what the toxic had in hand is passed on. None where it is over, or lets nobody."""
        blocked = isinstance(self._asked, Wait) and not self._asked.interruptible
        if self.closed or blocked or self._pipe is None:
            return None
        self._now, out = now, list[Output]()
        self._send(Word.INTERRUPT, out)
        while self._pipe is not None:
            self._send(Word.INTERRUPT, out)
        return out

    def close(self, by: str | None = None) -> Ended:
        """End the stream here."""
        self.closed, self._pipe = True, None
        return Ended(by)

    def _answer(self, now: int) -> Any:
        over = self._due is not None and self._due <= now
        if isinstance(self._asked, Wait):
            return None if over else _NOTHING
        if self.queue:  # an end stays: whoever asks again finds it again
            return self.queue[0] if isinstance(self.queue[0], Ended) else self.queue.popleft()
        return Word.TIMEOUT if over else _NOTHING

    def _send(self, answer: Any, out: list[Output]) -> None:
        """Give one answer, and take what follows up to the next question."""
        assert self._pipe is not None
        while True:
            try:
                asked = self._pipe.send(answer)
            except StopIteration as stop:
                self._pipe, self._asked, self._due = None, None, None
                if stop.value is not False:
                    out.append(self.close(stop.value.by if isinstance(stop.value, Ended) else self.name))
                return
            answer = None
            if isinstance(asked, Emit):
                out.append(asked.chunk)
            elif isinstance(asked, Act):
                out.append(Acted(self.name, asked.bytes, asked.us, asked.ends))
            else:
                self._asked = asked
                us = asked.within_us if isinstance(asked, Take) else asked.us
                self._due = None if us is None else self._now + us
                return


_NOTHING = object()
