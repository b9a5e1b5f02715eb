"""From chosen runs to judged outcomes: builds worker specs, runs them, keeps journals, judges each.

The one place where an installation, a fix, a supervisor and the judge meet; commands and tests go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from harness.commands.outcome_store import StoredRuns
from harness.commands.request import RELAY, Network
from harness.commands.results import JOURNALS, Judged, file_name
from harness.hermes import fixes
from harness.hermes.fixes import Fix, copied
from harness.hermes.installation import Installation, is_installed, program_of
from harness.journal.record import JournalError, parse
from harness.journal.run_kinds import FixRef
from harness.judging.outcome import judge
from harness.process import private_dirs
from harness.process.result import RunResult
from harness.process.supervisor import Beside, Supervisor
from harness.process.watchdog import wall_s_for
from harness.process.worker_spec import WorkerSpec
from harness.program.supervisor import ProgramSupervisor
from harness.scenario import service_unit
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import PROCESS


@dataclass(frozen=True)
class Series:
    """What all runs of one level share. Journals go to OUT/runs/; outcome.json is left to `Results`.

    `network`: who plays the toxics, a relay in virtual time or a real Toxiproxy. `store`: a folder of runs
    that were done before (`outcome_store`), None to do each. `speed`: how fast time passes at the process
    level.
    """

    installation: Installation
    out: Path
    level: str = "adapter"
    seed: int = 0
    fix: Fix | None = None
    jobs: int = 1
    debug: bool = False
    stop_at_first: bool = False
    network: Network = RELAY
    store: Path | None = None
    speed: float | None = None

    def run(self, specs: Sequence[RunSpec], on_done: Callable[[Judged], None]) -> list[Judged]:
        """Run and judge all; `on_done` is called with each as it ends. Results in the order of `specs`.

        What the network cannot carry is not run, and says so. A subject that cannot even be imported is not
        tried again: the other runs get the same problem. Raises UsageError or SubjectError for a fix, OSError
        where `out` cannot be made, HarnessError where no worker can be started, the machine fails its
        self-test, or a run is not what the store has of it. KeyboardInterrupt passes on; `on_done` has been
        called with what ran.
        """
        (self.out / JOURNALS).mkdir(parents=True, exist_ok=True)
        done = self._refused(specs)
        for judged in done:
            on_done(judged)
        refused = {judged.name for judged in done}
        not_importable: list[str] = []

        def finished(result: RunResult, *, stored: bool = False) -> bool:
            judged = replace(self.judged(result), stored=stored)
            if judged.problem and result.whose == "subject" and not any(one.outcome for one in done):
                not_importable.append(judged.problem)
            done.append(judged)
            on_done(judged)
            failed = judged.outcome is None or judged.outcome.verdict != "pass"
            return bool(not_importable) or (self.stop_at_first and failed)

        with self.laid_over() as installation:
            workers = [self.worker(spec, installation) for spec in specs if spec.name not in refused]
            stored = StoredRuns.of(self.store, self.installation, workers) if self.store else None
            if stored and any(finished(result, stored=True) for result in stored.restored()):
                workers = []
            elif stored:
                workers = stored.to_do
            if workers:
                with self._supervisor(installation) as supervisor:
                    supervisor.self_test()
                    self._do(supervisor, workers, finished)
        if stored:
            stored.keep(done)
        if not_importable:
            tried = {one.name for one in done}
            untried = [spec.name for spec in specs if spec.name not in tried]
            done += [Judged(name, self.level, None, (), None, not_importable[0]) for name in untried]
        order = {spec.name: n for n, spec in enumerate(specs)}
        return sorted(done, key=lambda judged: order[judged.name])

    def _do(
        self,
        supervisor: Supervisor | ProgramSupervisor,
        workers: Sequence[WorkerSpec],
        finished: Callable[[RunResult], bool],
    ) -> None:
        if not self.debug:
            supervisor.run_all(workers, finished)
            return
        for worker in workers:
            if finished(supervisor.run_foreground(worker)):
                break

    def _refused(self, specs: Sequence[RunSpec]) -> list[Judged]:
        """The runs that the network cannot carry, and why."""
        if self.network == RELAY:
            return []
        from harness.toxiproxy import lane

        why = {spec.name: lane.refusal(spec, self.level) for spec in specs}
        return [Judged(name, self.level, None, (), None, said) for name, said in why.items() if said]

    def _supervisor(self, installation: Installation) -> Supervisor | ProgramSupervisor:
        """What runs the runs of this level."""
        if self.level == PROCESS:
            return ProgramSupervisor(self.speed)
        return Supervisor(installation.interpreter, self.jobs, beside=self._beside())

    def _beside(self) -> Beside:
        """What stands beside each run."""
        if self.network == RELAY:
            return nullcontext
        from harness.toxiproxy import lane  # with packages that nobody else needs

        return lane.beside

    def worker(self, spec: RunSpec, installation: Installation) -> WorkerSpec:
        """What the worker of one run is told."""
        fix = self.fix
        return WorkerSpec(
            run=spec.name,
            level=self.level,
            seed=self.seed,
            journal=str(self.out.absolute() / JOURNALS / f"{file_name(spec.name, self.level)}.jsonl"),
            path_entries=tuple(map(str, installation.path_entries)),
            env={**installation.environment, **spec.environment},
            layout=installation.layout.name,
            fix=FixRef(fix.name, fix.kind, fix.sha256) if fix else None,
            scenario=spec.resolved,
            subject={**installation.subject(), "path": str(installation.root)},
            limits={"wall_s": wall_s_for(spec.end_us, one_to_one=self.network != RELAY)},
            extra=self._of_the_program(spec, installation) if self.level == PROCESS else {},
        )

    def _of_the_program(self, spec: RunSpec, installation: Installation) -> dict[str, Any]:
        """What the process level is told besides. Raises SubjectError where there is no program."""
        unit = asdict(spec.restart or service_unit.DEFAULT)
        return {"command": program_of(installation), "end_us": spec.end_us, "unit": unit}

    @contextmanager
    def laid_over(self) -> Iterator[Installation]:
        """The installation to run: for a patch, and for a program with any fix or that is installed nowhere,
        a private copy that lives as long as the series."""
        with ExitStack() as stack:
            if self.level == PROCESS and (self.fix or not is_installed(self.installation)):
                copy = stack.enter_context(private_dirs.temporary_copy("environment"))
                yield copied.copy_of(self.installation, self.fix, copy)
            elif self.level != PROCESS and self.fix and self.fix.plan:
                copy = stack.enter_context(private_dirs.temporary_copy("fix"))
                yield fixes.lay_over(self.fix, self.installation, copy)
            else:
                yield self.installation

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


__all__ = ["Series"]
