"""Outcomes of several subjects as one table: runs by subjects, and where a verdict flips. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparing.changes import Key
from harness.comparing.outcomes import Ran
from harness.comparing.rows import Row


@dataclass(frozen=True)
class Column:
    """One subject: a release or checkout, and the fix laid over it."""

    version: str
    fix: str | None

    @property
    def head(self) -> str:
        """`0.19.0`, `0.19.0 + reference`."""
        return self.version + (f" + {self.fix}" if self.fix else "")


@dataclass(frozen=True)
class Merged:
    """All runs that were read. A cell may hold results of several Pythons or seeds; where they differ the
    row is in `disagreements`."""

    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    cells: dict[tuple[Key, Column], tuple[Ran, ...]]

    def rows(self, key: Key, column: Column) -> tuple[Row, ...]:
        """The different results of one run on one subject; one, unless Pythons or seeds disagree."""
        return tuple(dict.fromkeys(ran.row for ran in self.cells.get((key, column), ())))

    @property
    def pythons(self) -> tuple[str, ...]:
        """Versions of Python that there are results of."""
        found = {ran.python for cell in self.cells.values() for ran in cell}
        return tuple(sorted(found, key=lambda text: [int(part) for part in text.split(".")]))

    @property
    def disagreements(self) -> list[str]:
        """A sentence for each run that did not do the same on every Python, or with every seed."""
        return [
            f"{_name(key)} on {column.head}: "
            + "; ".join(
                f"Python {ran.python} seed {ran.seed}: {ran.row.text}" for ran in self.cells[key, column]
            )
            for key in self.keys
            for column in self.columns
            if len(self.rows(key, column)) > 1
        ]

    def flip(self, key: Key, column: Column) -> tuple[Row, Row] | None:
        """What a run did on the release before, and does on this one with the same fix, where its verdict or
        ending is another; null where it is not, and for a cell or a release before without a result."""
        rows = self.rows(key, column)
        alike = [one for one in self.columns if one.fix == column.fix and self.rows(key, one)]
        if not rows or column == alike[0]:
            return None
        old = self.rows(key, alike[alike.index(column) - 1])[0]
        return (old, rows[0]) if (old.verdict, old.ending) != (rows[0].verdict, rows[0].ending) else None

    @property
    def flips(self) -> list[str]:
        """A sentence for each place where a run's verdict or ending is not the one of the release before."""
        found = []
        for fix in dict.fromkeys(column.fix for column in self.columns):
            for key in self.keys:
                for column in (one for one in self.columns if one.fix == fix):
                    if flip := self.flip(key, column):
                        old, new = flip
                        found.append(f"{_name(key)}: from {column.head} on {new.short}, before {old.short}")
        return found


def merged(runs: Sequence[Ran]) -> Merged:
    """Put together what several outcome.json hold; columns in order of release, then of fix."""
    cells: dict[tuple[Key, Column], tuple[Ran, ...]] = {}
    for ran in runs:
        cell = ran.key, Column(ran.version, ran.fix)
        cells[cell] = (*cells.get(cell, ()), ran)
    columns = sorted({column for _, column in cells}, key=lambda one: (_order(one.version), one.fix or ""))
    keys = tuple(dict.fromkeys(ran.key for ran in runs))
    return Merged(tuple(columns), keys, cells)


def table(found: Merged) -> list[list[str]]:
    """Head and rows of texts; a cell whose Pythons or seeds disagree has every result."""
    rows = [["run", *(column.head for column in found.columns)]]
    for key in found.keys:
        cells = [" / ".join(row.short for row in found.rows(key, column)) or "-" for column in found.columns]
        rows.append([_name(key), *cells])
    return rows


def _name(key: Key) -> str:
    level, name = key
    return name if level == "adapter" else f"{name} ({level})"


def _order(version: str) -> tuple[tuple[int, ...], str]:
    """Releases by number, whatever else behind them by name."""
    parts = version.split(".")
    if all(part.isascii() and part.isdigit() for part in parts):
        return tuple(map(int, parts)), ""
    return (1_000_000,), version
