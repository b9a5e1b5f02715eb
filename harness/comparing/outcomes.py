"""Reads outcome.json files: what `run`, `repro` and `fixes` leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.comparing.changes import Key
from harness.comparing.rows import Row, minor_of
from harness.errors import UsageError
from harness.user_files import is_dir, read_json

NAME = "outcome.json"
AS_SHIPPED = "as shipped"
"""A subject without a fix."""


@dataclass(frozen=True)
class Ran:
    """One run of an outcome.json: which, on what, and what it did. `fix`: its name, or None.

    `python` is major and minor version; `seed` the order of events at one instant.
    """

    name: str
    level: str
    version: str
    python: str
    fix: str | None
    seed: int
    row: Row
    document: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """Which run it is, whatever the subject."""
        return self.level, self.name


def read_outcomes(path: Path) -> list[Ran]:
    """The runs of an outcome.json, or of the one in a folder.

    Raises UsageError where there is none, or where it is not what this program writes.
    """
    file = path / NAME if is_dir(path) else path
    return outcomes_in(read_json(file), str(file))


def outcomes_in(document: Any, where: str) -> list[Ran]:
    """The runs of what an outcome.json holds. Raises UsageError, which says `where`, for anything else."""
    try:
        return [_ran(outcome) for outcome in document["outcomes"]]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UsageError(f"{where} is not an outcome.json of `qqchaos run`: {problem!r}") from problem


def _ran(outcome: Mapping[str, Any]) -> Ran:
    subject, fix = outcome["subject"], outcome["fix"]
    texts = (outcome["scenario"], outcome["level"], subject["version"], subject["python"])
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a name is not text")
    name, level, version, python = texts
    return Ran(
        name,
        level,
        version,
        minor_of(python),
        fix and str(fix["name"]),
        outcome["seed"],
        Row.of_outcome(outcome),
        outcome,
    )


def rows_of(runs: list[Ran]) -> dict[Key, Row]:
    """By level, name and, where there are several, fix; of a run that is there twice, the last."""
    if len({ran.fix for ran in runs}) < 2:
        return {ran.key: ran.row for ran in runs}
    return {(ran.level, f"{ran.name} ({ran.fix or AS_SHIPPED})"): ran.row for ran in runs}
