"""From chosen runs to judged outcomes: builds worker specs, runs them, keeps journals, judges each.

This is the one place where an installation, a fix, a supervisor and the judge meet; the commands and the
tests go through it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.hermes import fixes
from harness.hermes.environments import Installation
from harness.hermes.fixes import Fix
from harness.journal.record import JournalError, Record, parse
from harness.journal.run_kinds import FixRef
from harness.judging.outcome import Outcome, as_document, judge
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from harness.scenario.run_spec import RunSpec

JOURNALS = "runs"


@dataclass(frozen=True)
class Judged:
    """One run that is over. `problem`: why there is nothing to judge; then `outcome` is None."""

    name: str
    level: str
    outcome: Outcome | None
    records: tuple[Record, ...]
    journal: Path | None
    problem: str | None


@dataclass(frozen=True)
class Series:
    """What all runs of one command share. `out` is where outcome.json and the journals go."""

    installation: Installation
    out: Path
    level: str = "adapter"
    seed: int = 0
    fix: Fix | None = None
    jobs: int = 1
    debug: bool = False
    stop_at_first: bool = False

    def run(self, specs: Sequence[RunSpec], on_done: Callable[[Judged], None]) -> list[Judged]:
        """Run and judge all; `on_done` is told of each as it ends. Results in the order of `specs`.

        A subject that cannot even be imported is not tried again: the other runs get the same problem.
        outcome.json is written also where a run was interrupted: KeyboardInterrupt passes on afterwards.
        Raises UsageError or SubjectError for a fix, UsageError where `out` is no place for files,
        HarnessError where no worker can be started.
        """
        check_out(self.out)
        done: list[Judged] = []
        hopeless: list[str] = []

        def finished(result: RunResult) -> bool:
            judged = self.judged(result)
            if judged.problem and result.whose == "subject" and not any(one.outcome for one in done):
                hopeless.append(judged.problem)
            done.append(judged)
            on_done(judged)
            failed = judged.outcome is None or judged.outcome.verdict != "pass"
            return bool(hopeless) or (self.stop_at_first and failed)

        with (
            self.laid_over() as installation,
            Supervisor(Driven(installation), self.jobs) as supervisor,
        ):
            workers = [self.worker(spec, installation) for spec in specs]
            try:
                if self.debug:
                    for worker in workers:
                        if finished(supervisor.run_foreground(worker)):
                            break
                else:
                    supervisor.run_all(workers, finished)
                if hopeless:
                    tried = {one.name for one in done}
                    untried = [spec.name for spec in specs if spec.name not in tried]
                    done += [Judged(name, self.level, None, (), None, hopeless[0]) for name in untried]
            finally:
                order = {worker.run: n for n, worker in enumerate(workers)}
                done.sort(key=lambda judged: order[judged.name])
                write_outcomes(self.out, done)
        return done

    def worker(self, spec: RunSpec, installation: Installation) -> WorkerSpec:
        """What the worker of one run is told."""
        fix = self.fix
        return WorkerSpec(
            run=spec.name,
            level=self.level,
            seed=self.seed,
            journal=str(self.out.absolute() / JOURNALS / f"{file_name(spec.name, self.level)}.jsonl"),
            path_entries=tuple(map(str, installation.path_entries)),
            layout=installation.layout.name,
            fix=FixRef(fix.name, fix.kind, fix.sha256) if fix else None,
            scenario=spec.resolved,
            subject={**installation.subject(), "path": str(installation.root)},
        )

    @contextmanager
    def laid_over(self) -> Iterator[Installation]:
        """The installation to run: for a patch, a private copy that lives as long as the series."""
        if self.fix is None or self.fix.plan is None:
            yield self.installation
            return
        with tempfile.TemporaryDirectory(prefix="qqchaos-fix-") as copy:
            yield fixes.lay_over(self.fix, self.installation, Path(copy))

    def judged(self, result: RunResult) -> Judged:
        """The outcome of a run of this series, from the journal that it left."""
        name = result.spec.run
        if result.journal is None or result.problem is not None:
            problem = (result.problem or "no journal was written").removeprefix(f"{name}: ")
            return Judged(name, self.level, None, (), result.journal, problem)
        try:
            records = tuple(parse(result.journal.read_text(encoding="utf-8")))
        except (JournalError, UnicodeDecodeError) as problem:  # the subject wrote into it
            why = f"its journal cannot be read: {problem}"
            return Judged(name, self.level, None, (), result.journal, why)
        outcome = judge(records, str(result.journal.relative_to(self.out.absolute())))
        return Judged(name, self.level, outcome, records, result.journal, None)


def check_out(out: Path) -> None:
    """Make the folder of results. Raises UsageError where that cannot be, before anything ran."""
    try:
        (out / JOURNALS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out), tempfile.TemporaryFile(dir=out / JOURNALS):
            pass
    except OSError as problem:
        raise UsageError(f"--out {out}: results cannot be written there: {problem.strerror}") from problem


def write_outcomes(out: Path, runs: Sequence[Judged]) -> dict[str, Any]:
    """Write OUT/outcome.json; returns the document. Raises HarnessError."""
    document = as_document(run.outcome for run in runs if run.outcome)
    problems = [
        {"scenario": run.name, "level": run.level, "problem": run.problem} for run in runs if run.problem
    ]
    if problems:
        document["problems"] = problems
    text = json.dumps(document, ensure_ascii=False, indent=1)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "outcome.json").write_text(text + "\n", encoding="utf-8")
    except OSError as problem:
        raise HarnessError(f"{out}/outcome.json cannot be written: {problem.strerror}") from problem
    return document


def file_name(run: str, level: str = "adapter") -> str:
    """A run's name as a file's: `exhausted/gateway-500+heals-30m` → `exhausted.gateway-500+heals-30m`; above
    the adapter with the level, so that both fit into one folder."""
    return re.sub(r"[^A-Za-z0-9+._-]", ".", run) + ("" if level == "adapter" else f"@{level}")


@dataclass(frozen=True)
class Driven:
    """What a supervisor needs of an installation."""

    installation: Installation

    @property
    def python(self) -> Path:
        return self.installation.interpreter


__all__ = ["Driven", "Judged", "Series", "check_out", "file_name", "write_outcomes"]
