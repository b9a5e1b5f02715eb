"""Where one command's results go: OUT/outcome.json, and below OUT/runs/ a journal for each run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.commands.written import as_text, write_file
from harness.errors import UsageError
from harness.journal.record import Record
from harness.judging.outcome import Outcome, as_document

DEFAULT_OUT = Path(".qqchaos")
JOURNALS = "runs"


@dataclass(frozen=True)
class Judged:
    """One run that is over. `problem`: why there is nothing to judge; then `outcome` is None. `stored`: it
    was done before, and its journal was found."""

    name: str
    level: str
    outcome: Outcome | None
    records: tuple[Record, ...]
    journal: Path | None
    problem: str | None
    stored: bool = False


class Results:
    """The runs of one command, as they end; leaving the block writes OUT/outcome.json.

    It is written also where an exception leaves the block: an interrupted command leaves what ran.
    `planned` are the runs as (level, name), in the order in which outcome.json is to have them.

    Entering it makes the folders, and raises UsageError where results cannot be written there.
    """

    def __init__(self, out: Path, planned: Sequence[tuple[str, str]]) -> None:
        self._out = out
        self._planned = tuple(planned)
        self._runs: dict[tuple[str, str], Judged] = {}

    def __enter__(self) -> Results:
        check_folder(self._out)
        check_folder(self._out / JOURNALS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        write_outcomes(self._out, self.runs)

    def extend(self, runs: Iterable[Judged]) -> None:
        """Keep runs that are over; a run that is kept already is replaced."""
        self._runs |= {(judged.level, judged.name): judged for judged in runs}

    @property
    def runs(self) -> list[Judged]:
        """Those that are over, in the planned order."""
        return [self._runs[key] for key in self._planned if key in self._runs]


def check_folder(
    folder: Path, option: str = "--out", trouble: str = "results cannot be written there"
) -> None:
    """Make the folder that an option names, and try whether files can be made in it. Raises UsageError, which
    tells the `trouble`, where not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise UsageError(f"{option} {folder}: {trouble}: {problem.strerror}") from problem


def document(runs: Sequence[Judged]) -> dict[str, Any]:
    """What outcome.json holds, also what `--json` prints: outcomes, and `problems` where a run had none."""
    found = as_document(run.outcome for run in runs if run.outcome)
    for run, outcome in zip((run for run in runs if run.outcome), found["outcomes"], strict=True):
        outcome |= {"stored": True} if run.stored else {}
    problems = [
        {"scenario": run.name, "level": run.level, "problem": run.problem} for run in runs if run.problem
    ]
    return {**found, "problems": problems} if problems else found


def write_outcomes(out: Path, runs: Sequence[Judged]) -> None:
    """Write OUT/outcome.json. Raises HarnessError."""
    write_file(out / "outcome.json", as_text(document(runs)))


def file_name(run: str, level: str = "adapter") -> str:
    """A run's name as a file's: `exhausted/gateway-500+heals-30m` → `exhausted.gateway-500+heals-30m`; above
    the adapter with the level, so that both fit into one folder."""
    return re.sub(r"[^A-Za-z0-9+._-]", ".", run) + ("" if level == "adapter" else f"@{level}")
