"""One run's outcome: its checks, its ending and its verdict, from its journal alone. Pure.

outcome = judge(parse(text))
outcome.verdict, str(outcome.ending), outcome.as_json()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.errors import FAILED, NOT_JUDGED, PASSED
from harness.journal.record import Record, digest
from harness.journal.run_kinds import CLOCK, FixRef
from harness.judging.checks import CHECKS, CheckResult, judge_checks
from harness.judging.endings import FAILS_AWAKE, Ending, ending
from harness.judging.intervals import SECOND
from harness.judging.timeline import Timeline, read
from harness.scenario.vocabulary import SERVED

Verdict = Literal["pass", "fail", "unknown"]

SCHEMA = 1
SUBJECT_KEYS = ("name", "version", "source", "python", "aiohttp", "sha256")


@dataclass(frozen=True)
class Outcome:
    """Everything that is told of one run.

    `asked` are the checks that the verdict stands on: the scenario's, `forbidden` where it forbids anything,
    and those that failed though no fault excuses it (`Check.implied`). `unmet` are the premise's rules that
    acted too seldom. `virtual_s`: when it gave up for good, else E. `attempts`: reconnect attempts; connect()
    is not one. `clock`: of what kind time was, as `run.open` has it.
    `journal`: where the caller keeps the journal, as it wants it written.
    """

    scenario: str
    issues: tuple[int, ...]
    level: str
    seed: int
    fix: FixRef | None
    subject: Mapping[str, Any]
    verdict: Verdict
    ending: Ending
    attempts: int
    virtual_s: float
    wall_s: float | None
    digest: str
    clock: str
    checks: tuple[CheckResult, ...]
    asked: tuple[str, ...]
    unmet: tuple[str, ...] = ()
    hypothetical: bool = False
    journal: str | None = None
    also_seen: tuple[CheckResult, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """One entry of outcome.json's `outcomes`."""
        return {
            "scenario": self.scenario,
            "issues": list(self.issues),
            "level": self.level,
            "seed": self.seed,
            "fix": asdict(self.fix) if self.fix else None,
            "subject": {key: self.subject.get(key) for key in SUBJECT_KEYS},
            "verdict": self.verdict,
            "ending": self.ending.name,
            "attempts": self.attempts,
            "virtual_s": self.virtual_s,
            "wall_s": self.wall_s,
            "digest": self.digest,
            "clock": self.clock,
            "checks": [
                {
                    "name": check.name,
                    "asked": check.name in self.asked,
                    "state": check.state,
                    "because": check.because,
                    "lines": list(check.lines),
                }
                for check in self.checks
            ],
            "journal": self.journal,
        }


def as_document(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The whole of outcome.json."""
    return {"schema": SCHEMA, "outcomes": [outcome.as_json() for outcome in outcomes]}


def judge(records: Iterable[Record], journal: str | None = None) -> Outcome:
    """The outcome of one journal. Never raises, whatever the journal lacks."""
    run = read(records)
    checks = judge_checks(run)
    end = ending(run, checks)
    checks, asked = _implied(run, checks, end)
    opened, stop = run.opened, run.giveup.at.t if run.giveup else run.end
    return Outcome(
        scenario=run.terms.run,
        issues=run.terms.issues,
        level=run.level,
        seed=opened.seed if opened else 0,
        fix=opened.fix if opened else None,
        subject=dict(opened.subject) if opened else {},
        verdict=_verdict(run, checks, asked, end),
        ending=end,
        attempts=len(run.attempts),
        virtual_s=stop / SECOND,
        wall_s=run.closed.x.get("wall_s") if run.closed else None,
        digest=digest(records_in_digest(run.records)),
        clock=opened.clock if opened else CLOCK,
        checks=checks,
        asked=asked,
        unmet=tuple(one.about.rule or "?" for one in run.unmet),
        hypothetical=run.terms.hypothetical,
        journal=journal,
        also_seen=tuple(one for one in checks if one.state == "fail" and one.name not in asked),
    )


def exit_status(outcomes: Iterable[Outcome], strict: bool = False) -> int:
    """0: every asked check passed. 1: one failed, whatever the others. 125: none failed and one could not
    be judged, or there was nothing to judge. `strict`: failed checks count though nobody asked them, but
    never those of a run that says nothing about the bot."""
    everything = tuple(outcomes)
    if any(one.verdict == "fail" or (strict and _also_failed(one)) for one in everything):
        return FAILED
    if not everything or any(one.verdict == "unknown" for one in everything):
        return NOT_JUDGED
    return PASSED


def records_in_digest(records: Sequence[Record]) -> Sequence[Record]:
    """What the digest covers. A kill by one of these limits comes at a moment that the machine chooses, so
    after one only what came before the last movement of the clock is the same in every run."""
    why = getattr(records[-1].event, "why", None) if records else None
    if why not in ("cpu", "platform", "wall", "files", "journal"):
        return records
    last = max(record.t for record in records)
    return [record for record in records if record.t < last]


def _also_failed(outcome: Outcome) -> bool:
    return outcome.ending.judged and bool(outcome.also_seen)


def _implied(
    run: Timeline, checks: tuple[CheckResult, ...], end: Ending
) -> tuple[tuple[CheckResult, ...], tuple[str, ...]]:
    """What is forbidden is asked, and so is what fails though no fault excuses it. A bot that starved its
    loop or crashed fails `awake`."""
    if end.name in FAILS_AWAKE:
        failed = CheckResult("awake", "fail", f"the run ended as {end}", end.lines)
        checks = tuple(failed if one.name == "awake" and one.state != "fail" else one for one in checks)
    forbids = ["forbidden"] if run.terms.forbids else []
    implied = [one.name for one in checks if one.state == "fail" and CHECKS[one.name].implied]
    if run.level == SERVED:  # whoever served it may have stopped the bot at any moment
        implied = []
    return checks, tuple(dict.fromkeys((*run.terms.asks, *forbids, *implied)))


def _verdict(run: Timeline, checks: tuple[CheckResult, ...], asked: tuple[str, ...], end: Ending) -> Verdict:
    """From the asked checks that apply: any fail → fail; else any unknown, an unmet premise, a limit that cut
    the run, or nothing that applies → unknown; else pass. A name that no check has is something we cannot
    judge."""
    states = {one.name: one.state for one in checks}
    applying = [states.get(name, "unknown") for name in asked if states.get(name) != "n/a"]
    if not end.judged:
        return "unknown"
    if "fail" in applying:
        return "fail"
    if not applying or "unknown" in applying or run.unmet or end.cut:
        return "unknown"
    return "pass"
