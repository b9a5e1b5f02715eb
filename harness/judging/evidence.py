"""What a row of the endings looks at, and what it shows. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.judging.checks import CheckLimits, CheckResult
from harness.judging.timeline import Timeline


@dataclass(frozen=True)
class Case:
    """What a row looks at: the facts, the checks' results by name, and the limits in force."""

    run: Timeline
    checks: Mapping[str, CheckResult]
    limits: CheckLimits


@dataclass(frozen=True)
class Evidence:
    """`lines`: the numbers of the records that show it. `more`: what follows the ending's half-sentence.
    `half`: what stands instead of it."""

    lines: tuple[int, ...] = ()
    more: str = ""
    half: str | None = None
