"""Where two runs of one scenario part. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from harness.comparing.outcomes import Ran
from harness.journal.record import Record
from harness.journal.run_kinds import RunOpen
from harness.reporting.runs import Reported


@dataclass(frozen=True)
class Parting:
    """The first record that one run has and the other has not as it is; null where a journal had ended."""

    before: Record | None
    now: Record | None

    @property
    def t(self) -> int:
        """Virtual microseconds."""
        return min(one.t for one in (self.before, self.now) if one is not None)


def parting_of(before: Sequence[Record], now: Sequence[Record]) -> Parting | None:
    """Their first difference but for who ran; null where there is none."""
    for one, other in zip_longest(before, now):
        if one is None or other is None:
            return Parting(one, other)
        if isinstance(one.event, RunOpen) and isinstance(other.event, RunOpen):
            continue
        if (one.t, one.src, one.event, one.about) != (other.t, other.src, other.event, other.about):
            return Parting(one, other)
    return None


def alike(runs: Sequence[Ran]) -> dict[int, int]:
    """Of runs that did on another release or Python what the same one did before, with the same fix and seed
    (verdict, ending, attempts and failed checks): their numbers, from 1, each with that of the first."""
    firsts: dict[object, int] = {}
    found = {}
    for number, run in enumerate(runs, 1):
        first = firsts.setdefault((run.key, run.fix, run.seed, run.row), number)
        before = runs[first - 1]
        if (before.version, before.python) != (run.version, run.python):
            found[number] = first
    return found


def as_shipped(run: Reported, others: Sequence[Reported]) -> Reported | None:
    """The same run of the same subject without its fix; null without a fix, or where nobody did it."""
    if not run.ran.fix or not run.records:
        return None
    wanted = (run.ran.key, run.ran.version, run.ran.python, run.ran.seed)
    for other in others:
        found = (other.ran.key, other.ran.version, other.ran.python, other.ran.seed)
        if found == wanted and not other.ran.fix and other.records:
            return other
    return None
