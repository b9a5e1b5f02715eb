"""Whether two ends saw the same: the same bytes at the same times, in no more pieces, and the same end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from harness.toxiproxy.api import Api
from tests.fake_qq_server.toxics.bench import Seen, data
from tests.fidelity.cases import Case
from tests.fidelity.traffic import Ends, RealCase, ours

BOUND_MS = 50.0
"""How far the times may lie apart. On an idle machine it is some two milliseconds."""


AT_ONCE = 8
TRIES = 4
"""A case that differs is tried again: times are real on one side, and the machine may be busy."""


@dataclass(frozen=True)
class Compared:
    """A case: what the ends of the real one saw, and of ours, and how they differ."""

    case: Case
    real: Ends
    our: Ends

    @property
    def differences(self) -> list[str]:
        """In words; none where they are alike."""
        return differences(self.real, self.our)


def compare(api: Api, cases: Sequence[Case]) -> list[Compared]:
    """All of them, in order, on this server."""
    found: dict[Case, Compared] = {}
    for _ in range(TRIES):
        left = [case for case in cases if case not in found or found[case].differences]
        for start in range(0, len(left), AT_ONCE):
            found |= asyncio.run(_some(api, left[start : start + AT_ONCE]))
    return [found[case] for case in cases]


async def _some(api: Api, cases: Sequence[Case]) -> dict[Case, Compared]:
    real = [RealCase(api, case) for case in cases]
    await asyncio.gather(*(one.run() for one in real))
    return {one.case: _nearest(one) for one in real}


def _nearest(one: RealCase) -> Compared:
    tries = [Compared(one.case, one.seen, ours(one.case, one.done, answered)) for answered in (False, True)]
    return min(tries, key=lambda compared: len(compared.differences))


def differences(real: Ends, our: Ends) -> list[str]:
    """What the two ends of a connection saw differently, in words."""
    whose = {"downstream": "client", "upstream": "origin"}
    return [f"{whose[stream]}: {text}" for stream in real for text in _of_one_end(real[stream], our[stream])]


def _of_one_end(real: Seen, our: Seen) -> list[str]:
    ends = [next((what for _, what in seen if isinstance(what, str)), "open") for seen in (real, our)]
    found = [f"{ends[0]}, ours {ends[1]}"] if ends[0] != ends[1] else []
    sums = [list(accumulate(size for _, size in data(seen))) for seen in (real, our)]
    totals = [one[-1] if one else 0 for one in sums]
    if totals[0] != totals[1]:
        found.append(f"{totals[0]} bytes, ours {totals[1]}")
    elif len(sums[0]) > len(sums[1]):
        found.append(f"{len(sums[0])} pieces, ours {len(sums[1])}")
    late = lateness(real, our)
    return found if abs(late) <= BOUND_MS else [*found, f"{late:+.0f} ms apart"]


def lateness(real: Seen, our: Seen) -> float:
    """By how many milliseconds the real bytes, or the end, came later than ours; the farthest."""
    apart = [0.0]
    sums = list(accumulate(size for _, size in data(real)))
    total = 0
    for ms, size in data(our):
        total += size
        there = next((data(real)[n][0] for n, so_far in enumerate(sums) if so_far >= total), None)
        apart += [there - ms] if there is not None else []
    times = [[ms for ms, what in seen if isinstance(what, str)] for seen in (real, our)]
    apart += [times[0][0] - times[1][0]] if all(times) else []
    return max(apart, key=abs)


def in_words(seen: Seen) -> str:
    """`5000 B in 5, 200-280 ms; fin 900`."""
    got = data(seen)
    span = f"{got[0][0]:.0f}-{got[-1][0]:.0f} ms" if got else ""
    words = f"{sum(size for _, size in got)} B in {len(got)}, {span}" if got else "nothing"
    end = next((f"{what} {ms:.0f}" for ms, what in seen if isinstance(what, str)), "no end")
    return f"{words}; {end}"
