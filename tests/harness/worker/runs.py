"""Runs of the small correct bot for the tests of the worker, and journals for those of its parts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TypeVar

from fake_qq_server.events import Event
from harness.commands.series import Series
from harness.hermes.environments import resolve
from harness.journal.record import Record, parse
from harness.journal.writer import Recorder
from harness.scenario import selection

E = TypeVar("E", bound=Event)
HEARTBEAT_US = 41_250_000
MINUTE_US = 60_000_000

SCENARIO = """\
scenario: a-run
story: A run that the tests of the worker need.
issues: []
levels: [{level}]
asks: [connects]
rules: {rules}
end: {end}
{more}
"""


def records(
    root: Path, folder: Path, *, rules: str = "[]", end: str = "30m", more: str = "", level: str = "adapter"
) -> tuple[Record, ...]:
    """Run the bot in `root` through one scenario; its journal. `more`: further lines of the scenario."""
    file = folder / "scenario.yaml"
    file.write_text(SCENARIO.format(rules=rules, end=end, more=more, level=level), encoding="utf-8")
    series = Series(resolve(str(root), sys.executable), folder / "out", level)
    (judged,) = series.run(selection.by_names([str(file)], level), lambda one: None)
    assert judged.problem is None, judged.problem
    return judged.records


def of(found: tuple[Record, ...], kind: type[E]) -> list[tuple[int, E]]:
    """The records of one kind, each with its time (virtual µs)."""
    return [(record.t, record.event) for record in found if isinstance(record.event, kind)]


class Journal:
    """A real recorder on a file; `record` is what the parts of a worker are given."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.jsonl"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        self.record = Recorder(descriptor, lambda: 0, lambda count: None, lambda problem: None)

    def records(self) -> list[Record]:
        return list(parse(self._path.read_text(encoding="utf-8")))

    def events(self) -> list[Event]:
        return [record.event for record in self.records()]
