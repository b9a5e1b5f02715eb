"""Runs a mutant of the adapter until a verdict changes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
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
from tests.power.mutants import Mutant, compiles
from tests.power.reach import Reached, recording

State = Literal["killed", "noticed", "survived", "unreached", "equivalent"]
"""A verdict changed; only an ending or a check that decides nothing did; nothing did; no run executes its
line; a person found that nobody could tell it from the original."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant. `by`: the run in which that showed, and how; of an equivalent one why."""

    mutant: str
    function: str
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
        self._told: dict[str, str] = {}
        self._cost: dict[str, float] = {}
        self.verdicts: dict[str, str] = {}
        """Of every run on the original: `pass`, `fail`, `unknown`."""

    def on_original(self, specs: Sequence[RunSpec]) -> None:
        """Run all on the original, and keep what each executes."""
        file = self._copy.folder / "lines"
        self._copy.write(recording(self._source, file))
        reached = Reached(file)

        def on_done(judged: Judged) -> None:
            assert judged.outcome is not None, judged.problem
            self.verdicts[judged.name] = judged.outcome.verdict
            self._told[judged.name] = _told(judged)
            self._cost[judged.name] = judged.records[-1].x.get("cpu_s", 0.0)
            self._lines[judged.name] = reached.by(Path(judged.records[0].x["folder"]))

        self._series(self._jobs).run(specs, on_done)
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

        Runs that killed before come first, then the cheap ones.
        """
        if self.executed.isdisjoint(mutant.lines):
            return Result(mutant.name, mutant.function, "unreached")
        runs = [spec for spec in self._passing if not self._lines[spec.name].isdisjoint(mutant.lines)]
        runs.sort(key=lambda spec: (-self._kills[spec.name], self._cost[spec.name]))
        self._copy.write(mutant.applied(self._source))
        noticed = ""
        for judged in self._series(self._jobs, stop_at_first=True).run(runs, lambda judged: None):
            by = f"{judged.name}: {_told(judged)}"
            if judged.outcome is None or judged.outcome.verdict != "pass":
                self._kills[judged.name] += 1
                return Result(mutant.name, mutant.function, "killed", by)
            noticed = noticed or (by if _told(judged) != self._told[judged.name] else "")
        return Result(mutant.name, mutant.function, "noticed" if noticed else "survived", noticed)

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


def _told(judged: Judged) -> str:
    """Verdict, ending and the checks that failed, those that decide nothing too."""
    outcome = judged.outcome
    if outcome is None:
        return judged.problem or "no outcome"
    failed = [check["name"] for check in outcome.as_json()["checks"] if check["state"] == "fail"]
    return f"{outcome.verdict}, {outcome.ending}" + (f", {', '.join(failed)}" if failed else "")


COLUMNS = ("mutants", "unreached", "equivalent", "killed", "noticed", "survived")


def summary(results: Sequence[Result]) -> str:
    """The figures: a row for each function, in the order of the results, and what they amount to."""
    functions = list(dict.fromkeys(one.function for one in results))
    rows = [(name, _counted([one for one in results if one.function == name])) for name in functions]
    count = _counted(results)
    lines = [
        f"{name:24}" + "".join(f"{number:>11}" for number in row) for name, row in (*rows, ("all", count))
    ]
    total, unreached, _, killed, noticed, survived = count
    told = killed + noticed + survived
    head = f"{'function':24}" + "".join(f"{column:>11}" for column in COLUMNS)
    return "\n".join(
        (
            head,
            *lines,
            f"killed by a verdict, of those that a run executes and that differ: {_share(killed, told)}",
            f"killed or noticed: {_share(killed + noticed, told)}",
            f"on lines that no run executes: {_share(unreached, total)}",
        )
    )


def _counted(results: Sequence[Result]) -> tuple[int, ...]:
    states = Counter(one.state for one in results)
    return (
        len(results),
        *(states[state] for state in ("unreached", "equivalent", "killed", "noticed", "survived")),
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}, {100 * part / whole:.1f} %" if whole else "no figure"
