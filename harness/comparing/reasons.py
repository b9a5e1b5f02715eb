"""Why a check is known to fail: the number of an upstream issue, or a sentence. Pure but for reading.

A reason is for a check in all runs of some scenarios. One list, scenarios/baselines/reasons.json, serves the
known results of every release; a user's own baseline brings its own in `reasons`. In both, a line each:

    {"check": "awake", "scenarios": ["exhausted"], "issues": [17703]}
    {"check": "final", "scenarios": ["wrong-secret"], "because": "a wrong secret is tried again for ever"}

A check that its scenario asks, and whose scenario names issues, needs no line: those are the issues it shows.
A line says otherwise where some release fails it for another reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.comparing.rows import Row
from harness.errors import UsageError
from harness.scenario.loading import catalogue_folder
from harness.scenario.run_spec import RunSpec
from harness.user_files import read_json

Failure = tuple[str, str]
"""A scenario and a check that fails in one of its runs."""


@dataclass(frozen=True)
class Reason:
    """Why `check` fails in these scenarios: `issues` of hermes-agent, or else `because`, which is not empty
    once somebody filled it in."""

    check: str
    scenarios: tuple[str, ...]
    issues: tuple[int, ...] = ()
    because: str = ""

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Reason:
        """From a line. Raises KeyError, TypeError or ValueError for anything else."""
        check, scenarios = document["check"], tuple(document["scenarios"])
        issues, because = tuple(document.get("issues", ())), document.get("because", "")
        if not all(isinstance(text, str) for text in (check, because, *scenarios)):
            raise TypeError("a name or a sentence is not text")
        if not all(type(issue) is int for issue in issues):
            raise TypeError(f"{issues} are not numbers of issues")
        if unknown := set(document) - {"check", "scenarios", "issues", "because"}:
            raise ValueError(f"a reason has no {', '.join(sorted(unknown))}")
        return cls(check, scenarios, issues, because)

    def as_json(self) -> dict[str, Any]:
        """As a file holds it: with issues, or with a sentence that may still be empty."""
        why = {"issues": list(self.issues)} if self.issues else {"because": self.because}
        return {"check": self.check, "scenarios": list(self.scenarios), **why}

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return bool(self.issues or self.because.strip())

    @property
    def failures(self) -> list[Failure]:
        """What it is the reason of."""
        return [(scenario, self.check) for scenario in self.scenarios]

    @property
    def text(self) -> str:
        """`#17703, #31193`, or the sentence."""
        return ", ".join(f"#{issue}" for issue in self.issues) or self.because


def shipped() -> tuple[Reason, ...]:
    """Those of the catalogue's known results."""
    return read_all(read_json(shipped_file()), shipped_file())


def shipped_file() -> Path:
    """Where they lie."""
    return catalogue_folder() / "baselines" / "reasons.json"


def failures(runs: Mapping[str, Row]) -> set[Failure]:
    """Each scenario and check that fails in one of these runs, by the runs' names."""
    return {
        (scenario_of(name), check) for name, row in runs.items() for one in row.all for check in one.failed
    }


def scenario_of(run: str) -> str:
    """The scenario of a run's name: `exhausted/gateway-500+heals-30m` is of `exhausted`."""
    return re.split("[/+]", run, maxsplit=1)[0]


def issues_shown(specs: Iterable[RunSpec]) -> set[Failure]:
    """What needs no reason of its own: the checks that scenarios with issues ask, at any level."""
    return {
        (spec.scenario, check)
        for spec in specs
        if spec.issues
        for asked in spec.asks.values()
        for check in asked
    }


def unexplained(
    runs: Mapping[str, Row], reasons: Iterable[Reason], specs: Iterable[RunSpec]
) -> list[Failure]:
    """The failures that have no reason; in order."""
    known = {failure for reason in reasons if reason.given for failure in reason.failures}
    return sorted(failures(runs) - known - issues_shown(specs))


def read_all(document: Any, where: Path) -> tuple[Reason, ...]:
    """The reasons of a list. Raises UsageError, which says `where`, for anything else."""
    try:
        return tuple(Reason.of_json(one) for one in document)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UsageError(f"{where}: its reasons cannot be read: {problem!r}") from problem
