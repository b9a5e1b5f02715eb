"""Runs a mutant of the adapter until a verdict changes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from harness.commands.results import Judged
from harness.commands.series import Series
from harness.errors import SubjectError
from harness.hermes import fixes
from harness.hermes.fixes import Fix, patch
from harness.hermes.installation import Installation
from harness.scenario.run_spec import RunSpec
from tests.regression.power.mutants import Mutant, compiles
from tests.regression.power.reach import Reached, recording

State = Literal["killed", "survived", "unreached"]


@dataclass(frozen=True)
class Result:
    """What became of a mutant. `by`: the run whose verdict changed, and to what."""

    mutant: str
    state: State
    by: str = ""


@contextmanager
def private_copy(installation: Installation) -> Iterator[Copy]:
    """A copy of hermes' own code whose adapter may be written to, for as long as the block lasts."""
    with TemporaryDirectory(prefix="qqchaos-power-") as folder:
        root = Path(folder) / "hermes"
        patch.lay_over(patch.Plan({}, ()), installation.root, root)
        others = tuple(entry for entry in installation.path_entries if entry != installation.root)
        there = dataclasses.replace(installation, root=root, path_entries=(root, *others))
        yield Copy(there, root / installation.layout.file, Path(folder))


@dataclass(frozen=True)
class Copy:
    """The private copy: its adapter's file, and a folder beside it for what the runs leave."""

    installation: Installation
    adapter: Path
    folder: Path

    def write(self, source: bytes) -> None:
        """Make this the adapter. A .pyc of the text before could pass for its own."""
        for stale in self.adapter.parent.glob(f"__pycache__/{self.adapter.stem}.*.pyc"):
            stale.unlink()
        self.adapter.write_bytes(source)


class Measurement:
    """The runs that pass on the original, the lines that each executes, and what a mutant does to them."""

    def __init__(self, copy: Copy, level: str, fix: str | None, jobs: int) -> None:
        self._copy = copy
        self._level = level
        self._fix = fix
        self._jobs = jobs
        self._source = copy.adapter.read_bytes()
        self._kills: Counter[str] = Counter()
        self._passing: list[RunSpec] = []
        self._lines: dict[str, frozenset[int]] = {}
        self.verdicts: dict[str, str] = {}
        """Of every run on the original: `pass`, `fail`, `unknown`."""

    def on_original(self, specs: Sequence[RunSpec]) -> None:
        """Run all on the original, one at a time, and keep what each executes."""
        file = self._copy.folder / "lines"
        self._copy.write(recording(self._source, file))
        reached = Reached(file)

        def on_done(judged: Judged) -> None:
            assert judged.outcome is not None, judged.problem
            self.verdicts[judged.name] = judged.outcome.verdict
            self._lines[judged.name] = reached.lines()

        self._series(jobs=1).run(specs, on_done)
        self._passing = [spec for spec in specs if self.verdicts[spec.name] == "pass"]

    @property
    def executed(self) -> frozenset[int]:
        """Lines of the adapter that a run on the original executes, whatever its verdict."""
        return frozenset().union(*self._lines.values())

    def usable(self, source: bytes) -> bool:
        """Whether it is Python and the fix can be laid over it: its places may not be edited."""
        if not compiles(source):
            return False
        self._copy.write(source)
        try:
            self._chosen_fix()
        except SubjectError:
            return False
        return True

    def of(self, mutant: Mutant) -> Result:
        """Run what executes the mutant and passes on the original, until one does not pass.

        Runs that killed before come first.
        """
        if self.executed.isdisjoint(mutant.lines):
            return Result(mutant.name, "unreached")
        runs = [spec for spec in self._passing if not self._lines[spec.name].isdisjoint(mutant.lines)]
        runs.sort(key=lambda spec: -self._kills[spec.name])
        self._copy.write(mutant.applied(self._source))
        for judged in self._series(self._jobs, stop_at_first=True).run(runs, lambda judged: None):
            if judged.outcome is None or judged.outcome.verdict != "pass":
                self._kills[judged.name] += 1
                return Result(mutant.name, "killed", f"{judged.name}: {_why(judged)}")
        return Result(mutant.name, "survived")

    def _series(self, jobs: int, *, stop_at_first: bool = False) -> Series:
        return Series(
            self._copy.installation,
            self._copy.folder,
            self._level,
            fix=self._chosen_fix(),
            jobs=jobs,
            stop_at_first=stop_at_first,
        )

    def _chosen_fix(self) -> Fix | None:
        return fixes.choose(self._fix, self._copy.installation) if self._fix else None


def _why(judged: Judged) -> str:
    outcome = judged.outcome
    if outcome is None:
        return judged.problem or "no outcome"
    failed = [check["name"] for check in outcome.as_json()["checks"] if check["state"] == "fail"]
    return f"{outcome.verdict}, {outcome.ending}" + (f", {', '.join(failed)}" if failed else "")


def summary(results: Sequence[Result], equivalent: Mapping[str, str]) -> str:
    """The figures, in one line each. `equivalent`: mutants of which a person found no bot could tell them."""
    count = Counter(
        "equivalent" if one.state == "survived" and one.mutant in equivalent else one.state for one in results
    )
    told = count["killed"] + count["survived"]
    share = f"{100 * count['killed'] / told:.1f} %" if told else "no figure"
    missed = f"{100 * count['unreached'] / len(results):.1f} %" if results else "no figure"
    return (
        f"{len(results)} mutants: {count['killed']} killed, {count['survived']} survived, "
        f"{count['equivalent']} equivalent, {count['unreached']} on lines that no run executes\n"
        f"killed of those that a run executes and that differ: {share}\n"
        f"on lines that no run executes: {missed}"
    )
