"""The runs behind a fix table: every candidate fix of one installation, under one supervisor.

    with FixRuns(installation, out, jobs=2, on_done=print) as runs:
        section = runs.measure(outages, names, command)

A release whose bot starves its event loop before the attempts are used up (a failed `/gateway` does that up
to 0.16.0) never reaches what the fixes mend. So the outages are tried on the bot as shipped, until one makes
it give up; that outage's block is measured whole, and the first outage's as far as it goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from harness.commands.fix_table import AS_IT_IS, Block, Gap, Outage, Row, Section, row
from harness.commands.results import JOURNALS, Judged, file_name, write_outcomes
from harness.commands.series import Series
from harness.comparing.outcomes import AS_SHIPPED
from harness.errors import SubjectError, UsageError
from harness.hermes import fixes
from harness.hermes.fixes import Fix
from harness.hermes.installation import Installation
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import LEVELS_DRIVEN

OnDone = Callable[[str, Judged], None]
"""Called with each run as it ends, after its fix and level: "detached, runner"."""


@dataclass(frozen=True)
class Candidate:
    """One fix to be tried, under the name that its rows have; None is the bot as it is. `folder`: where its
    journals go, a name that no other candidate has."""

    name: str
    fix: Fix | None
    folder: str


@dataclass(frozen=True)
class PlannedRun:
    """One run to be done: of a candidate, at a level, with an outage that ends or does not."""

    candidate: Candidate
    level: str
    run: str
    ends: bool
    spec: RunSpec = field(compare=False)

    @classmethod
    def of(cls, candidate: Candidate, level: str, outage: Outage, *, ends: bool) -> PlannedRun:
        """The run of this outage that ends, or the one that does not."""
        spec = outage.ends if ends else outage.never
        return cls(candidate, level, spec.name, ends, spec)

    @property
    def place(self) -> str:
        """Fix and level, as progress lines and gaps name it."""
        return f"{self.candidate.name}, {self.level}"


class FixRuns:
    """See the module. Journals go to OUT/FIX/LEVEL/runs/, all outcomes to OUT/outcome.json.

    To enter it raises HarnessError where the machine fails its self-test.
    """

    def __init__(self, installation: Installation, out: Path, *, jobs: int, on_done: OnDone) -> None:
        self._installation = installation
        self._out = out
        self._on_done = on_done
        self._supervisor = Supervisor(installation.interpreter, jobs)
        self._stack = ExitStack()
        self._laid: dict[str, Installation] = {}
        self._done: dict[PlannedRun, Judged] = {}

    def __enter__(self) -> FixRuns:
        self._stack.enter_context(self._supervisor)
        with self._stack.pop_all() as opened:  # closed where the self-test fails
            self._supervisor.self_test()
            self._stack = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if self._done:
            write_outcomes(self._out, [self._in_out(plan, judged) for plan, judged in self._done.items()])

    def _in_out(self, plan: PlannedRun, judged: Judged) -> Judged:
        """As outcome.json has it: paths from OUT on, and a name that tells one candidate from another."""
        outcome = judged.outcome
        if outcome is not None and judged.journal is not None:
            fix = replace(outcome.fix, name=plan.candidate.name) if outcome.fix else None
            journal = str(judged.journal.relative_to(self._out.absolute()))
            outcome = replace(outcome, journal=journal, fix=fix)
        return replace(judged, name=f"{plan.place}: {judged.name}", outcome=outcome)

    def measure(self, outages: Sequence[Outage], named: Iterable[str], command: str) -> Section:
        """Every candidate, at both levels, with an outage that ends and one that does not.

        `named` are what `--with-fix` takes; one that does not apply here becomes a gap. Raises HarnessError.
        """
        candidates, gaps = self._candidates(named)
        shipped, notes = candidates[0], []
        for outage in outages:
            tried = self._row(PlannedRun.of(shipped, "adapter", outage, ends=False))
            if tried is None or tried.gave_up_us is not None:
                break
            notes.append(
                f"{outage.name}: as shipped the bot does not get as far as giving up ({tried.ending})"
            )
        shown = [outage] if outage is outages[0] else [outage, outages[0]]
        blocks = [self._block(one, candidates, gaps) for one in shown]
        found = self._installation
        return Section(
            subject=f"{found.name} {found.version}" + (f", {found.root}" if found.source == "path" else ""),
            sha256=found.sha256,
            aiohttp=found.aiohttp,
            command=command,
            blocks=tuple(blocks),
            gaps=tuple(gaps),
            notes=tuple(notes),
        )

    def _candidates(self, named: Iterable[str]) -> tuple[list[Candidate], list[Gap]]:
        is_path = self._installation.source == "path"
        bare = AS_IT_IS if is_path else AS_SHIPPED
        found, gaps = [Candidate(bare, None, _folder(bare, ()))], []
        for name in dict.fromkeys(named):
            try:
                fix = fixes.choose(name, self._installation)
            except (SubjectError, UsageError) as problem:
                gaps.append(Gap(name, None, None, str(problem)))
            else:
                taken = any(fix.name == one.name for one in found)
                shown = name if taken else fix.name
                found.append(Candidate(shown, fix, _folder(shown, [one.folder for one in found])))
        return found, gaps

    def _block(self, outage: Outage, candidates: Sequence[Candidate], gaps: list[Gap]) -> Block:
        """One outage's rows. A bot that starved before the healing is not run again with that healing."""
        pairs = [
            (PlannedRun.of(*each, outage, ends=False), PlannedRun.of(*each, outage, ends=True))
            for each in itertools.product(candidates, LEVELS_DRIVEN)
        ]
        shipped = self._row(pairs[0][0])
        if shipped is None or shipped.gave_up_us is not None:
            self._run([plan for pair in pairs for plan in pair])
        self._run([never for never, _ in pairs])
        measured = {never: self._row(never) for never, _ in pairs}
        self._run([ends for never, ends in pairs if not _starved(measured[never])])
        rows = []
        for plan in itertools.chain.from_iterable(pairs):
            judged = self._done.get(plan)
            if judged is not None and judged.outcome is None:
                gaps.append(Gap(plan.candidate.name, plan.level, plan.run, judged.problem or "not run"))
            made = self._row(plan) if judged is not None else None
            rows += [made] if made is not None else []
        return Block(outage.name, outage.until, tuple(rows))

    def _row(self, plan: PlannedRun) -> Row | None:
        self._run([plan])
        judged = self._done[plan]
        if judged.outcome is None:
            return None
        return row(plan.candidate.name, judged.outcome, judged.records, plan.ends)

    def _run(self, plans: Sequence[PlannedRun]) -> None:
        """Do what was not done yet; whole gateways first: they take longest, and no core is to wait."""
        todo = [plan for plan in plans if plan not in self._done]
        todo.sort(key=lambda plan: plan.level == "adapter")
        by_journal: dict[str, tuple[PlannedRun, Series]] = {}
        workers: list[WorkerSpec] = []
        for plan in todo:
            folder = self._out / plan.candidate.folder / plan.level
            series = Series(self._installation, folder, level=plan.level, fix=plan.candidate.fix)
            (folder / JOURNALS).mkdir(parents=True, exist_ok=True)
            worker = series.worker(plan.spec, self._laid_over(plan.candidate, series))
            by_journal[worker.journal] = (plan, series)
            workers.append(worker)

        def finished(result: RunResult) -> None:
            plan, series = by_journal[result.spec.journal]
            self._done[plan] = series.judged(result)
            self._on_done(plan.place, self._done[plan])

        if workers:
            self._supervisor.run_all(workers, finished)

    def _laid_over(self, candidate: Candidate, series: Series) -> Installation:
        """The installation with the candidate's fix: for a patch, one private copy for all of its runs."""
        if candidate.name not in self._laid:
            self._laid[candidate.name] = self._stack.enter_context(series.laid_over())
        return self._laid[candidate.name]


def _folder(name: str, taken: Sequence[str]) -> str:
    """A candidate's name as a folder's, with a number behind it where two names would share one."""
    folder = file_name(name.replace(" ", "-"))
    return folder if folder not in taken else f"{folder}-{len(taken)}"


def _starved(row: Row | None) -> bool:
    return row is not None and row.starved


__all__ = ["FixRuns"]
