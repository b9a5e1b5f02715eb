"""Runs calibration subjects through the whole pipeline: installation, supervisor, worker, judge."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.commands.results import file_name
from harness.commands.series import Series
from harness.hermes.environments import resolve
from harness.hermes.installation import Installation
from harness.journal.record import Record, parse
from harness.judging.outcome import Outcome, judge
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from harness.scenario.loading import load_catalogue, load_file
from harness.scenario.run_spec import RunSpec

LEVEL = "adapter"
JOBS = 2

NEEDS_TIME = frozenset({"patient", "settles"})
"""What a run of minutes cannot decide, where it is not asked."""


def catalogue(level: str = LEVEL) -> dict[str, RunSpec]:
    """Every run of a level, the catalogue's and calibration's own, by name."""
    own = load_file(Path(__file__).with_name("runs.yaml"))
    scenarios = [*load_catalogue().values(), *own]
    return {run.name: run for one in scenarios for run in one.runs if level in run.levels}


class Bench:
    """One supervisor for many subjects: its warm parent has imported none of them."""

    def __init__(self, out: Path, level: str = LEVEL) -> None:
        self.supervisor = Supervisor(Path(sys.executable), JOBS)
        self.level = level
        self.runs = catalogue(level)
        self._out = out
        self._installations: dict[Path, Installation] = {}

    def run(self, hermes: Path, names: Sequence[str]) -> Mapping[str, Outcome]:
        """The outcomes of these runs of the subject in folder `hermes`, by name."""
        return self.run_all({hermes: names})[hermes]

    def run_all(self, wanted: Mapping[Path, Sequence[str]]) -> dict[Path, dict[str, Outcome]]:
        """The outcomes of these runs of each subject: all in one go, two at a time whosever they are."""
        return {
            hermes: {name: judge(records) for name, records in journals.items()}
            for hermes, journals in self._journals(wanted).items()
        }

    def journals(self, hermes: Path, names: Sequence[str]) -> Mapping[str, Sequence[Record]]:
        """The journals of these runs."""
        return self._journals({hermes: names})[hermes]

    def _journals(self, wanted: Mapping[Path, Sequence[str]]) -> dict[Path, dict[str, Sequence[Record]]]:
        pairs = [(hermes, name) for hermes, names in wanted.items() for name in names]
        results = self.supervisor.run_all([self.spec(hermes, name) for hermes, name in pairs])
        found: dict[Path, dict[str, Sequence[Record]]] = {hermes: {} for hermes in wanted}
        for (hermes, name), result in zip(pairs, results, strict=True):
            assert result.problem is None, result.problem
            assert result.journal is not None
            found[hermes][name] = parse(result.journal.read_text(encoding="utf-8"))
        return found

    def spec(self, hermes: Path, name: str) -> WorkerSpec:
        """What the worker of one run is told."""
        installation = self._installation(hermes)
        out = self._out / file_name(hermes.name)
        return Series(installation, out, self.level).worker(self.runs[name], installation)

    def _installation(self, hermes: Path) -> Installation:
        if hermes not in self._installations:
            self._installations[hermes] = resolve(str(hermes), sys.executable)
        return self._installations[hermes]


def failed(outcome: Outcome) -> set[str]:
    return {check.name for check in outcome.checks if check.state == "fail"}


def undecided(outcome: Outcome) -> set[str]:
    """The checks that are unknown although a run of this length could tell."""
    unknown = {check.name for check in outcome.checks if check.state == "unknown"}
    return unknown - (NEEDS_TIME - set(outcome.asked))


def state(outcome: Outcome, check: str) -> str:
    return next(one.state for one in outcome.checks if one.name == check)


def told(outcome: Outcome) -> str:
    """Everything about an outcome that a failing test should show."""
    checks = (f"  {one.name}: {one.state}, {one.because}" for one in outcome.checks)
    return "\n".join([f"{outcome.scenario}: {outcome.verdict}, {outcome.ending}", *checks])
