"""From virtual time to a place on paper: wide where something new happens, narrow where it repeats. Pure.

Drawn to a linear scale, an outage of hours hides its first minute. So each stretch between two moments gets a
width by the logarithm of its length, and where the same step comes again and again, all but its first and
last times get ever less: a hundred attempts take the room of nine. Times never change their order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import log1p

from harness.judging.intervals import SECOND

_LEAST = 0.02
"""The width of the shortest stretch, as a logarithm of seconds: what happens at once is still told apart."""


@dataclass(frozen=True)
class Scale:
    """Knots between which it is linear: `times` in virtual microseconds, `places` from 0 to `width`."""

    times: tuple[int, ...]
    places: tuple[float, ...]

    @property
    def width(self) -> float:
        """Where the last moment stands."""
        return self.places[-1]

    def at(self, t: int) -> float:
        """The place of a moment; one beyond the ends stands at the end."""
        i = bisect_right(self.times, t) - 1
        if i < 0:
            return self.places[0]
        if i + 1 >= len(self.times):
            return self.places[-1]
        share = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return self.places[i] + share * (self.places[i + 1] - self.places[i])


def scale_of(moments: Iterable[tuple[int, str]], end: int, width: float) -> Scale:
    """The scale for moments, each with the kind of what happens then; from 0 to `end` over `width`."""
    kinds: dict[int, set[str]] = {0: {"start"}, max(end, 1): {"end"}}
    for t, kind in moments:
        if 0 <= t <= end:
            kinds.setdefault(t, set()).add(kind)
    times = sorted(kinds)
    steps = [(frozenset(kinds[a]), frozenset(kinds[b])) for a, b in pairwise(times)]
    total, seen = Counter(steps), Counter[object]()
    places = [0.0]
    for step, (a, b) in zip(steps, pairwise(times), strict=True):
        seen[step] += 1
        rank = min(seen[step], total[step] - seen[step] + 1)
        places.append(places[-1] + max(log1p((b - a) / SECOND), _LEAST) / rank)
    return Scale(tuple(times), tuple(place * width / places[-1] for place in places))
