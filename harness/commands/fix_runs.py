"""Where the fix laboratory's runs are done: every candidate fix of one installation, under one supervisor.

    with Bench(installation, out, jobs=2, told=print) as bench:
        section = bench.measure(stories, candidates, command)

A release whose bot starves its event loop before the attempts are used up (a failed `/gateway` does that up
to 0.16.0) never reaches what the fixes mend. So the stories are tried on the bot as shipped, until one makes
it give up; that story's block is measured whole, and the first story's as far as it goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from harness.commands.fix_table import AS_IT_IS, AS_SHIPPED, LEVELS, Block, Gap, Row, Section, Story, row
from harness.commands.series import Driven, Judged, Series, file_name, write_outcomes
from harness.errors import SubjectError, UsageError
from harness.hermes import fixes
from harness.hermes.environments import Installation
from harness.hermes.fixes import Fix
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from harness.scenario.run_spec import RunSpec

Told = Callable[[str, Judged], None]
"""Is told of each run as it ends: "detached, runner", and the run."""


@dataclass(frozen=True)
class Candidate:
    """One fix to be tried, under the name that its rows have; None is the bot as it is."""

    name: str
    fix: Fix | None


@dataclass(frozen=True)
class Order:
    """One run to be done."""

    candidate: Candidate
    level: str
    run: str
    ends: bool
    spec: RunSpec = field(compare=False)

    @classmethod
    def of(cls, candidate: Candidate, level: str, story: Story, *, ends: bool) -> Order:
        spec = story.ends if ends else story.never
        return cls(candidate, level, spec.name, ends, spec)

    @property
    def place(self) -> str:
        return f"{self.candidate.name}, {self.level}"


class Bench:
    """See the module. Journals go to OUT/FIX/LEVEL/runs/, all outcomes to OUT/outcome.json."""

    def __init__(self, installation: Installation, out: Path, *, jobs: int, told: Told) -> None:
        self._installation = installation
        self._out = out
        self._told = told
        self._supervisor = Supervisor(Driven(installation), jobs)
        self._stack = ExitStack()
        self._laid: dict[str, Installation] = {}
        self._done: dict[Order, Judged] = {}

    def __enter__(self) -> Bench:
        self._stack.enter_context(self._supervisor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if self._done:
            write_outcomes(self._out, [self._in_out(order, judged) for order, judged in self._done.items()])

    def _in_out(self, order: Order, judged: Judged) -> Judged:
        """As outcome.json has it: paths from OUT on, and a name that tells one candidate from another."""
        outcome = judged.outcome
        if outcome is not None and judged.journal is not None:
            outcome = replace(outcome, journal=str(judged.journal.relative_to(self._out.absolute())))
        return replace(judged, name=f"{order.place}: {judged.name}", outcome=outcome)

    def measure(self, stories: Sequence[Story], named: Iterable[str], command: str) -> Section:
        """Every candidate, at both levels, with an outage that ends and one that does not.

        `named` are what `--with-fix` takes; one that does not apply here becomes a gap. Raises HarnessError.
        """
        candidates, gaps = self._candidates(named)
        shipped, notes = candidates[0], []
        for story in stories:
            tried = self._row(Order.of(shipped, "adapter", story, ends=False))
            if tried is None or tried.gave_up_us is not None:
                break
            notes.append(f"{story.name}: as shipped it does not come to giving up ({tried.ending})")
        shown = [story] if story is stories[0] else [story, stories[0]]
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
        found, gaps = [Candidate(AS_IT_IS if is_path else AS_SHIPPED, None)], []
        for name in dict.fromkeys(named):
            try:
                fix = fixes.choose(name, self._installation)
            except (SubjectError, UsageError) as problem:
                gaps.append(Gap(name, None, None, str(problem)))
            else:
                taken = any(fix.name == one.name for one in found)
                found.append(Candidate(name if taken else fix.name, fix))
        return found, gaps

    def _block(self, story: Story, candidates: Sequence[Candidate], gaps: list[Gap]) -> Block:
        """One story's rows. A bot that starved before the healing is not run again with that healing."""
        orders = [
            (Order.of(*pair, story, ends=False), Order.of(*pair, story, ends=True))
            for pair in itertools.product(candidates, LEVELS)
        ]
        shipped = self._row(orders[0][0])
        if shipped is None or shipped.gave_up_us is not None:
            self._run([order for pair in orders for order in pair])
        self._run([never for never, _ in orders])
        measured = {never: self._row(never) for never, _ in orders}
        self._run([ends for never, ends in orders if not _starved(measured[never])])
        rows = []
        for order in itertools.chain.from_iterable(orders):
            judged = self._done.get(order)
            if judged is not None and judged.outcome is None:
                gaps.append(Gap(order.candidate.name, order.level, order.run, judged.problem or "not run"))
            made = self._row(order) if judged is not None else None
            rows += [made] if made is not None else []
        return Block(story.name, story.until, tuple(rows))

    def _row(self, order: Order) -> Row | None:
        self._run([order])
        judged = self._done[order]
        if judged.outcome is None:
            return None
        return row(order.candidate.name, judged.outcome, judged.records, order.ends)

    def _run(self, orders: Sequence[Order]) -> None:
        """Do what was not done yet; whole gateways first: they take longest, and no core is to wait."""
        todo = [order for order in orders if order not in self._done]
        todo.sort(key=lambda order: order.level == "adapter")
        by_journal: dict[str, tuple[Order, Series]] = {}
        workers: list[WorkerSpec] = []
        for order in todo:
            fix = order.candidate.fix
            folder = self._out / file_name(order.candidate.name.replace(" ", "-")) / order.level
            series = Series(self._installation, folder, level=order.level, fix=fix)
            (folder / "runs").mkdir(parents=True, exist_ok=True)
            worker = series.worker(order.spec, self._laid_over(order.candidate, series))
            by_journal[worker.journal] = (order, series)
            workers.append(worker)

        def finished(result: RunResult) -> None:
            order, series = by_journal[result.spec.journal]
            self._done[order] = series.judged(result)
            self._told(order.place, self._done[order])

        if workers:
            self._supervisor.run_all(workers, finished)

    def _laid_over(self, candidate: Candidate, series: Series) -> Installation:
        """The installation with the candidate's fix: for a patch, one private copy as long as the bench."""
        if candidate.name not in self._laid:
            self._laid[candidate.name] = self._stack.enter_context(series.laid_over())
        return self._laid[candidate.name]


def _starved(row: Row | None) -> bool:
    return row is not None and row.starved


__all__ = ["Bench"]
