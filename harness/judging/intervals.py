"""Stretches of virtual time: their union, difference and overlap. Microseconds throughout. Pure.

Every function takes stretches in any order, overlapping or not, and returns them merged, in order and
never empty: `judging` is mostly the question whether one set of stretches covers another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SECOND = 1_000_000


@dataclass(frozen=True, order=True)
class Interval:
    """From `start`, up to and without `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start

    def holds(self, t: int) -> bool:
        """Whether moment `t` lies in it."""
        return self.start <= t < self.end


def merge(stretches: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union: neighbours that touch become one, empty ones vanish."""
    merged: list[Interval] = []
    for one in sorted(stretches):
        if one.length <= 0:
            continue
        if merged and one.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(one.end, merged[-1].end))
        else:
            merged.append(one)
    return tuple(merged)


def subtract(stretches: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """What remains of `stretches` where none of `holes` is."""
    absent, found, first = merge(holes), [], 0
    for one in merge(stretches):
        start = one.start
        while first < len(absent) and absent[first].end <= start:
            first += 1
        here = first
        while here < len(absent) and absent[here].start < one.end:
            found.append(Interval(start, absent[here].start))
            start = absent[here].end
            here += 1
        found.append(Interval(start, one.end))
    return tuple(piece for piece in found if piece.length > 0)


def overlap(left: Iterable[Interval], right: Iterable[Interval]) -> tuple[Interval, ...]:
    """Where a stretch of `left` and one of `right` are both."""
    ours, theirs = merge(left), merge(right)
    found: list[Interval] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        found.append(Interval(max(ours[i].start, theirs[j].start), min(ours[i].end, theirs[j].end)))
        if ours[i].end <= theirs[j].end:
            i += 1
        else:
            j += 1
    return merge(found)


def duration(us: int) -> str:
    """A duration for people: "0.25 s", "133.75 s", "97.8 min", "3 h"."""
    for size, unit, places, upto in ((1, "s", 2, 180), (60, "min", 1, 7200), (3600, "h", 1, None)):
        if upto is None or us < upto * SECOND:
            return f"{us / (size * SECOND):.{places}f}".rstrip("0").rstrip(".") + f" {unit}"
    raise AssertionError("the last unit has no bound")
