"""Reads what runs left: the folder of `run --out DIR`, its outcome.json, or a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from harness.comparing.outcomes import NAME, Ran, outcomes_in
from harness.errors import UsageError
from harness.journal.record import JournalError, parse
from harness.reporting import bundle
from harness.reporting.bundle import Bundle
from harness.reporting.runs import Journal, NotRun, Reported, journal_of
from harness.user_files import CannotRead, is_dir, read_text


@dataclass(frozen=True)
class Stored:
    """Everything that was read: the runs that were judged, and those that were not run at all."""

    runs: tuple[Reported, ...]
    not_run: tuple[NotRun, ...]


@dataclass(frozen=True)
class Folder:
    """What `run --out DIR` left. `path` is DIR, or the outcome.json in it."""

    path: Path

    @property
    def where(self) -> str:
        """The outcome.json, for messages."""
        return str(self._root / NAME if is_dir(self.path) else self.path)

    def outcomes(self) -> str:
        """Its outcome.json. Raises CannotRead."""
        return read_text(Path(self.where))

    def journal(self, name: str) -> str:
        """A journal below the folder, by its relative path. Raises CannotRead."""
        return read_text(self._root / name)

    @property
    def _root(self) -> Path:
        return self.path if is_dir(self.path) else self.path.parent


def read_stored(paths: Iterable[Path]) -> Stored:
    """Everything in these folders, files and bundles. Raises UsageError for what is none of them."""
    runs: list[Reported] = []
    not_run: list[NotRun] = []
    for path in paths:
        source = bundle.opened(path) or Folder(path)
        document = _document(source)
        runs += [Reported(ran, partial(_journal, source, ran)) for ran in outcomes_in(document, source.where)]
        not_run += _not_run(document, source.where)
    return Stored(tuple(runs), tuple(not_run))


def _document(source: Folder | Bundle) -> Any:
    try:
        return json.loads(source.outcomes())
    except CannotRead as why:
        raise UsageError(f"{source.where} cannot be read: {why}") from None
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{source.where} is not JSON") from problem


def _journal(source: Folder | Bundle, ran: Ran) -> Journal:
    name = ran.document.get("journal")
    if not isinstance(name, str) or not _below(name):
        return journal_of(ran, None)
    try:
        return journal_of(ran, parse(source.journal(name)))
    except CannotRead:
        return journal_of(ran, None)
    except JournalError as problem:
        return journal_of(ran, None, f"its journal cannot be read: {str(problem).partition(':')[0]}")


def _below(name: str) -> bool:
    """Whether it is a path below the folder: an outcome.json may be somebody else's."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _not_run(document: Any, where: str) -> list[NotRun]:
    try:
        problems = document.get("problems", [])
        return [NotRun(str(one["scenario"]), str(one["level"]), str(one["problem"])) for one in problems]
    except (KeyError, TypeError, AttributeError) as problem:
        raise UsageError(f"{where} is not an outcome.json of `qqchaos run`: {problem!r}") from problem
