"""The data of a fix table: how a bot with each candidate fix came through an outage. Pure.

One `Row` is one run: a fix, a level, an outage that ends or one that does not. Every cell is read from that
run's own journal; what no journal says is None, and no cell is derived from another row's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fake_qq_server.rules.moments import GAVE_UP, Moment
from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit, SubjState
from harness.journal.runner_kinds import RunnerQueue
from harness.judging.checks.program import exit_of
from harness.judging.endings import FAILS_AWAKE
from harness.judging.facts import GiveUp
from harness.judging.outcome import Outcome
from harness.judging.systemd import decide
from harness.judging.timeline import Timeline, read
from harness.scenario.in_words import moment_in_words
from harness.scenario.run_spec import RunSpec
from harness.scenario.service_unit import WORDS
from harness.scenario.vocabulary import LEVELS_DRIVEN

AS_IT_IS = "as it is"
"""Somebody's checkout without a fix; a release without one is AS_SHIPPED."""

HEALS = "+heals-"
"""In the name of a run whose outage ends."""


@dataclass(frozen=True)
class Outage:
    """One outage as two runs: in `never` it does not end, in `ends` it does. Where it ends in several, the
    latest of them, best one that waits for the give-up: before that a fix has nothing to do."""

    name: str
    never: RunSpec
    ends: RunSpec

    @property
    def until(self) -> str:
        """When it ends, in words: "2h", "20m after the give-up, at 3h at the latest"."""
        return moment_in_words(self.ends.heal.at) if self.ends.heal else ""


@dataclass(frozen=True)
class Row:
    """One measured run. Times are virtual microseconds.

    `flag`: "no", "retryable" or "final", as it was first set after the first give-up. `calls`: of the fatal
    handler, of that give-up. `finished`: how the first of them ended (a `How`), "open" where it did not.
    `back`: "after" (`back_us` from the healing to the service that holds at the end), "never", or None where
    the question does not arise: the outage never ends, the program ended itself, or nothing above the
    adapter is there to bring it back. `queue`: "queued", "paused" or "no", as a gateway that still ran left
    its queue, with `tries`. `exit_code`: of a program that ended itself, with the reason that it gave; then
    `on_failure` and `always` say whether systemd would start it again. `why_not` are the asked checks that
    decided against it: those that failed, else those that are unknown. `unmet`: rules of the outage that
    acted less or more often than the scenario requires, so that the run says little.
    """

    fix: str
    level: str
    run: str
    ends: bool
    ending: str
    verdict: str
    why_not: tuple[str, ...]
    unmet: tuple[str, ...]
    gave_up_us: int | None
    flag: str | None
    calls: int | None
    finished: str | None
    back: str | None
    back_us: int | None
    queue: str | None
    tries: int | None
    exit_code: int | None
    exit_reason: str | None
    on_failure: bool | None
    always: bool | None
    digest: str

    @property
    def starved(self) -> bool:
        """It did not get as far as giving up: its event loop spun or stood still, or it crashed."""
        return self.ending in FAILS_AWAKE


@dataclass(frozen=True)
class Gap:
    """A row that could not be measured, and why. `level` is None where that goes for both."""

    fix: str
    level: str | None
    run: str | None
    why: str


@dataclass(frozen=True)
class Block:
    """All rows of one outage. `story` is its name, `until` when it ends in the runs in which it does."""

    story: str
    until: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """All that was measured of one installation. `command` makes it again; `notes` say what is special."""

    subject: str
    sha256: str
    aiohttp: str
    command: str
    blocks: tuple[Block, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]


def outages(runs: Iterable[RunSpec]) -> tuple[Outage, ...]:
    """Those outages among an issue's runs that there are with and without an end, at both levels."""
    by_name: dict[str, list[RunSpec]] = {}
    for run in runs:
        by_name.setdefault(run.name.partition(HEALS)[0], []).append(run)
    return tuple(
        Outage(name, never, max(healing, key=_healed_at))
        for name, (never, *healing) in by_name.items()
        if healing and never.name == name and set(LEVELS_DRIVEN) <= set(never.levels)
    )


def _healed_at(run: RunSpec) -> tuple[bool, int]:
    """A healing that waits for the give-up comes after all others."""
    at = run.heal.at if run.heal else Moment(None)
    return at.mark == GAVE_UP, at.offset_us


def row(fix: str, outcome: Outcome, records: Sequence[Record], ends: bool) -> Row:
    """The row of one run."""
    run = read(records)
    first = run.giveups[0] if run.giveups else None
    ended = _exit(run)
    code = ended.code if ended else None
    back, back_us = _back(run, code)
    queue, tries = _queue(run)
    states = {check.name: check.state for check in outcome.checks}
    return Row(
        fix=fix,
        level=outcome.level,
        run=outcome.scenario,
        ends=ends,
        ending=outcome.ending.name,
        verdict=outcome.verdict,
        why_not=tuple(name for name in outcome.asked if states.get(name) == outcome.verdict != "pass"),
        unmet=outcome.unmet,
        gave_up_us=first.at.t if first else None,
        flag=_flag(run, first) if first else None,
        calls=len(first.calls) if first else None,
        finished=(first.calls[0].how or "open") if first and first.calls else None,
        back=back,
        back_us=back_us,
        queue=queue,
        tries=tries,
        exit_code=code,
        exit_reason=ended.reason if ended else None,
        on_failure=None if code is None else decide(WORDS["on-failure"], code).starts,
        always=None if code is None else decide(WORDS["always"], code).starts,
        digest=outcome.digest,
    )


def _flag(run: Timeline, first: GiveUp) -> str:
    if first.flag is None:
        return "no"
    number = first.flag.n
    event = next(one.event for one in run.records if one.n == number)
    fatal = event.fatal if isinstance(event, SubjState) else None
    return "retryable" if fatal and fatal.get("retryable") else "final"


def _exit(run: Timeline) -> ProcExit | None:
    ended = exit_of(run)
    return ended.event if ended is not None and isinstance(ended.event, ProcExit) else None


def _back(run: Timeline, code: int | None) -> tuple[str | None, int | None]:
    """Whether it served again after the healing, and how long that took."""
    if run.heal is None or code is not None:
        return None, None
    if run.since is not None:
        return "after", max(0, run.since - run.heal.t)
    return (None, None) if run.level == "adapter" else ("never", None)


def _queue(run: Timeline) -> tuple[str | None, int | None]:
    """The gateway's queue as it was left, and the most tries that it counted."""
    queues = [one.event for one in run.body if isinstance(one.event, RunnerQueue)]
    if run.level == "adapter" or not queues or exit_of(run) is not None:
        return None, None
    last, most = queues[-1], max(one.attempts for one in queues)
    return ("paused" if last.paused else "queued" if last.queued else "no"), most


__all__ = [
    "AS_IT_IS",
    "Block",
    "Gap",
    "Outage",
    "Row",
    "Section",
    "outages",
    "row",
]
