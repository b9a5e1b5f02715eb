"""One run as a report tells it: its outcome as it was stored, and its journal where there is one. Pure.

What was stored is what is told. A journal is believed only where its digest is the one that the outcome was
judged from; a report never puts one run's proof beside another run's verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

from harness.comparing.outcomes import Ran
from harness.journal.record import Record
from harness.journal.run_kinds import RunOpen
from harness.judging.endings import ENDINGS
from harness.judging.outcome import judge
from harness.judging.timeline import Timeline, read

MISMATCH = "the journal there is of another run than this outcome: it is not shown"
MISSING = "there is no journal beside this outcome: only the outcome is told"


@dataclass(frozen=True)
class NotRun:
    """A run that was to be done, and why there is nothing to judge."""

    name: str
    level: str
    problem: str


@dataclass(frozen=True)
class Check:
    """One check of an outcome. `lines`: the records that prove it; `asked`: it counts for the verdict."""

    name: str
    state: str
    because: str
    lines: tuple[int, ...]
    asked: bool


@dataclass(frozen=True)
class Journal:
    """What the journal beside an outcome says. `told`: what became of the bot, in words. `records`: empty
    where it is not believed. `notes`: what a reader must know about that."""

    told: str
    records: tuple[Record, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reported:
    """One run. Its journal is read when it is asked for: of a thousand runs most are never shown."""

    ran: Ran
    read: Callable[[], Journal] = field(repr=False, compare=False)

    @cached_property
    def journal(self) -> Journal:
        """What its journal says."""
        return self.read()

    @property
    def told(self) -> str:
        """What became of the bot, in words."""
        return self.journal.told

    @property
    def records(self) -> tuple[Record, ...]:
        """Empty where no journal is believed."""
        return self.journal.records

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about this page."""
        return self.journal.notes

    @property
    def name(self) -> str:
        """The run's name."""
        return self.ran.name

    @property
    def level(self) -> str:
        """The run's level."""
        return self.ran.level

    @property
    def verdict(self) -> str:
        """`pass`, `fail` or `unknown`."""
        return self.ran.row.verdict

    @property
    def ending(self) -> str:
        """A key of ENDINGS, of this version or another."""
        return self.ran.row.ending

    @property
    def subject(self) -> str:
        """What ran: `hermes-agent 0.19.0 + reference`."""
        found = self.ran.document["subject"]
        fix = f" + {self.ran.fix}" if self.ran.fix else ""
        return f"{found.get('name') or 'hermes-agent'} {self.ran.version}{fix}"

    @property
    def issues(self) -> tuple[int, ...]:
        """The numbers of the issues that the scenario shows."""
        found = self.ran.document.get("issues")
        return tuple(one for one in found if isinstance(one, int)) if isinstance(found, list) else ()

    @property
    def virtual_s(self) -> float:
        """When it gave up for good, else the run's end; virtual seconds."""
        return _number(self.ran.document.get("virtual_s")) or 0.0

    @property
    def wall_s(self) -> float | None:
        """How long the run took, real seconds; null where nobody measured."""
        return _number(self.ran.document.get("wall_s"))

    @cached_property
    def timeline(self) -> Timeline | None:
        """What its journal adds up to; null without one."""
        return read(self.records) if self.records else None

    @property
    def opened(self) -> RunOpen | None:
        """The journal's first record; null without a journal."""
        return self.timeline.opened if self.timeline else None

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """All checks, in the order of the outcome."""
        return tuple(_check(each) for each in self.ran.document["checks"])

    @property
    def unmet(self) -> tuple[str, ...]:
        """The rules that acted less or more often than the scenario requires."""
        return tuple(one.about.rule or "?" for one in self.timeline.unmet) if self.timeline else ()

    @property
    def why(self) -> tuple[str, ...]:
        """What keeps it from a pass, a sentence each."""
        if self.verdict == "pass":
            return ()
        told = tuple(f"{check.name}: {check.because}" for check in self.decisive)
        if told or not self.unmet:
            return told
        return (f"rules that acted less or more often than the scenario requires: {', '.join(self.unmet)}",)

    @property
    def decisive(self) -> tuple[Check, ...]:
        """The checks that keep it from a pass: those that failed of what was asked, else the undecided."""
        asked = [check for check in self.checks if check.asked]
        failed = tuple(check for check in asked if check.state == "fail")
        return failed or tuple(check for check in asked if check.state == "unknown")


def journal_of(ran: Ran, records: Sequence[Record] | None, why: str = MISSING) -> Journal:
    """What stands beside a stored outcome; `records` None where there is no journal, and `why` not."""
    half = ENDINGS[ran.row.ending].half if ran.row.ending in ENDINGS else ""
    if not records:
        return Journal(half, notes=(why,))
    again = judge(records)
    if ran.document.get("digest") != again.digest:
        return Journal(half, notes=(MISMATCH,))
    if (again.verdict, again.ending.name) != (ran.row.verdict, ran.row.ending):
        now = f"{again.verdict.upper()}, {again.ending.name}"
        return Journal(half, tuple(records), (f"this version of qqchaos judges its journal anew as {now}",))
    return Journal(again.ending.half, tuple(records))


def _check(document: Mapping[str, Any]) -> Check:
    """From an outcome.json, whose writer may have been another version."""
    lines = document.get("lines")
    numbers = tuple(n for n in lines if isinstance(n, int)) if isinstance(lines, list) else ()
    asked = document.get("asked") is True
    return Check(
        str(document["name"]), str(document["state"]), str(document.get("because", "")), numbers, asked
    )


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if usable else None  # type: ignore[arg-type]
