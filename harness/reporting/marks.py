"""What a picture of a run is made of: bands, ticks and moments, with the records that say so.

Frozen data only; times are virtual microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GOOD, BAD, WARN, DIM, FAULT, NOTE = "good", "bad", "warn", "dim", "fault", "note"
"""What a colour says."""


@dataclass(frozen=True)
class Band:
    """A stretch. `text`: what it is, for whoever points at it; `label` stands in it where there is room; `n`
    is the record that began it; `many` names several of its kind that are drawn as one: "attempts"."""

    start: int
    end: int
    colour: str
    text: str
    n: int
    label: str = ""
    many: str = ""


@dataclass(frozen=True)
class Tick:
    """A moment in a lane. `kind`: what happens again, for folding."""

    t: int
    colour: str
    text: str
    n: int
    kind: str


@dataclass(frozen=True)
class Lane:
    """One line of the picture. `fault`: it shows what was done to the bot, and not the bot."""

    title: str
    bands: tuple[Band, ...] = ()
    ticks: tuple[Tick, ...] = ()
    fault: bool = False


@dataclass(frozen=True)
class Moment:
    """A moment of the whole run: a line through all lanes."""

    t: int
    colour: str
    text: str
    n: int


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn of one run, from 0 to `end`."""

    title: str
    lanes: tuple[Lane, ...]
    moments: tuple[Moment, ...]
    end: int

    def happenings(self) -> Iterator[tuple[int, str]]:
        """Every moment at which a lane changes, and what kind of change it is."""
        for lane in self.lanes:
            for band in lane.bands:
                yield band.start, f"{lane.title} {band.colour} from"
                yield band.end, f"{lane.title} {band.colour} to"
            for tick in lane.ticks:
                yield tick.t, f"{lane.title} {tick.kind}"
        for moment in self.moments:
            yield moment.t, moment.text
