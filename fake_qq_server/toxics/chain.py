"""The toxics on one stream of one connection, one behind the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fake_qq_server.toxics.pipe import Acted, Chunk, Draw, Ended, Output, Stage, Toxic, no_draw


class Chain:
    """Chunks go in at one end and come out at the other, through each toxic in the order in which it came on.

    Every method takes the time (µs) and returns what comes out by then, in order, with what toxics did.

    A toxic that is over cannot be removed, nor one that holds the end of the stream: its stage stays. Its
    proxy counts it out all the same, and finds the toxics behind it by their places from then on, which are
    those of their forerunners. So does this.
    """

    def __init__(self) -> None:
        self._stages: list[Stage] = [Stage("")]
        self._names: list[str] = [""]
        """By place, as the proxy counts."""

    def push(self, now: int, data: bytes) -> list[Output]:
        """Bytes were read."""
        return self._feed(0, now, [Chunk(data, now)])

    def end(self, now: int, by: str | None = None) -> list[Output]:
        """The sender has ended, or can be read no more, which a toxic of this name brought about."""
        return self._feed(0, now, [Ended(by)])

    def due(self) -> int | None:
        """When `advance` has something to do next."""
        return min((due for one in self._stages if (due := one.due()) is not None), default=None)

    def advance(self, now: int) -> list[Output]:
        """What is due."""
        out: list[Output] = []
        while (due := self.due()) is not None and due <= now:
            for place, stage in enumerate(self._stages):
                if (at := stage.due()) is not None and at <= now:
                    out += self._feed(place + 1, now, stage.run(now))
        return out

    def add(self, now: int, name: str, toxic: Toxic, draw: Draw = no_draw) -> list[Output]:
        """A toxic comes on, behind all others. What the last of them has in hand comes at once."""
        last, new = self._stages[-1], Stage(name, toxic, draw)
        self._stages.append(new)
        self._names.append(name)
        if last.closed:
            new.close()
            return []
        here = len(self._stages) - 1
        out = self._feed(here, now, last.interrupt(now) or [])
        out += self._feed(here + 1, now, new.run(now))
        return out + self._feed(here, now, last.run(now))

    def change(self, now: int, name: str, toxic: Toxic, draw: Draw = no_draw) -> list[Output]:
        """A toxic gets other attributes. What it has in hand comes at once, and its clock starts anew."""
        stage = self._stages[place := self._names.index(name)]
        in_hand = stage.interrupt(now)
        if in_hand is None:
            return []
        stage.become(toxic, draw)
        return self._feed(place + 1, now, [*in_hand, *stage.run(now)])

    def remove(self, now: int, name: str, *, cut: bool = False) -> list[Output]:
        """A toxic goes: what it holds comes at once. With `cut` the stream ends instead."""
        place = self._names.index(name)
        del self._names[place]
        stage, before = self._stages[place], self._stages[place - 1]
        in_hand = stage.interrupt(now)
        if in_hand is None:
            return []
        out = self._feed(place + 1, now, in_hand)
        if cut:
            return out + self._feed(place + 1, now, [Acted(name), stage.close(name)])
        held = [*stage.queue, *(before.interrupt(now) or ())]
        if before.closed:  # the end is the last of what was held
            stage.close()
            return out + self._feed(place + 1, now, held)
        del self._stages[place]
        return out + self._feed(place, now, held) + self._feed(place, now, before.run(now))

    def _feed(self, place: int, now: int, items: Iterable[Output]) -> list[Output]:
        """Give these to a stage; what leaves the last one is out."""
        out: list[Output] = []
        for item in items:
            if isinstance(item, Acted) or place == len(self._stages):
                out.append(item)
                continue
            stage = self._stages[place]
            if not stage.closed:
                stage.queue.append(item)
                out += self._feed(place + 1, now, stage.run(now))
        return out
