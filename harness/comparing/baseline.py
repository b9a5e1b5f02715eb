"""Known results: what a release did, measured. A JSON file each for release, level and named fix.

The shipped ones lie in scenarios/baselines; a user's own file is of the same form:

    {"schema": 1, "subject": "hermes-agent 0.19.0", "level": "adapter", "runs": {
      "healthy": {"verdict": "pass", "ending": "undisturbed", "attempts": 0, "failed": []}
    }}

A user's own may have `reasons` besides (see `reasons`). `also` in a row says what else the run may do; with
`"python": "3.11"` in it, what it does on that Python alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.comparing.changes import Key
from harness.comparing.reasons import Reason, read_all
from harness.comparing.rows import Row, minor_of
from harness.errors import UsageError
from harness.scenario.loading import catalogue_folder
from harness.user_files import expanded, is_file, read_json

SCHEMA = 1
PREFIX = "hermes-agent-"
DEFAULT_LEVEL = "adapter"


@dataclass(frozen=True)
class Baseline:
    """The known results of one subject at one level. `fix`: a named fix, None as shipped; `reasons`: why
    checks fail, beside those that the catalogue knows."""

    subject: str
    level: str
    fix: str | None
    runs: Mapping[str, Row]
    reasons: tuple[Reason, ...] = ()

    def as_text(self) -> str:
        """The file's text, a line a run and a reason: its differences can be read."""
        about = {"schema": SCHEMA, "subject": self.subject, "level": self.level}
        head = json.dumps({**about, **({"fix": self.fix} if self.fix else {})}, ensure_ascii=False)[:-1]
        lines = ",\n".join(
            f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(row.as_json(), ensure_ascii=False)}"
            for name, row in self.runs.items()
        )
        reasons = ",\n".join(f"  {json.dumps(one.as_json(), ensure_ascii=False)}" for one in self.reasons)
        tail = f', "reasons": [\n{reasons}\n]' if reasons else ""
        return f'{head}, "runs": {{\n{lines}\n}}{tail}}}\n'

    def rows(self, python: str) -> dict[Key, Row]:
        """What is known on this Python (3.12.1), by level and name."""
        minor = minor_of(python)
        return {(self.level, name): row.on(minor) for name, row in self.runs.items()}


def read(file: Path) -> Baseline:
    """Raises UsageError where the file cannot be read, or is no baseline."""
    document = read_json(file)
    try:
        runs = {name: Row.of_json(row) for name, row in document["runs"].items()}
        why = read_all(document.get("reasons", []), file)
        return Baseline(document["subject"], document["level"], document.get("fix"), runs, why)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UsageError(f"{file} is not a baseline: {problem!r}") from problem


def shipped_folder() -> Path:
    """Where the known results of the releases lie."""
    return catalogue_folder() / "baselines"


def shipped_file(release: str, level: str, fix: str | None = None) -> Path:
    """Where those of a release are, or would be."""
    parts = [release, *([level] if level != DEFAULT_LEVEL else []), *([fix] if fix else [])]
    return shipped_folder() / f"{PREFIX}{'-'.join(parts)}.json"


@dataclass(frozen=True)
class Found:
    """A baseline to compare with. `note`: why it is not the one that was asked for, or empty."""

    baseline: Baseline
    note: str = ""


def find(named: str, level: str, fix: str | None) -> Found:
    """What `--baseline` means: a file, or a release; of a release without one, the nearest older.

    `fix` is a named fix: where the release has results with it, they are meant, else those as shipped.
    Raises UsageError for neither, and where a file is of another level.
    """
    path = expanded(named)
    if is_file(path):
        baseline = read(path)
        if baseline.level != level:
            raise UsageError(f"--baseline {named}: has results at level {baseline.level}, not {level}")
        return Found(baseline)
    wanted = _numbers(named)
    if wanted is None:
        raise UsageError(f"--baseline {named}: neither a file nor a release")
    for one in [fix, None] if fix else [None]:
        older = [release for release in releases(level, one) if (_numbers(release) or ()) <= wanted]
        if older:
            nearest = max(older, key=lambda release: _numbers(release) or ())
            return Found(read(shipped_file(nearest, level, one)), _note(named, nearest, fix, one))
    there = ", ".join(releases(level, None)) or "none"
    raise UsageError(
        f"--baseline {named}: no results of it or an older one at level {level}; there are {there}"
    )


def _note(wanted: str, found: str, fix: str | None, found_fix: str | None) -> str:
    notes = [f"there are no known results of {wanted}: compared with {found}"] if wanted != found else []
    notes += [f"there are none with the fix {fix}: compared with it as shipped"] if fix != found_fix else []
    return "; ".join(notes)


def releases(level: str, fix: str | None) -> list[str]:
    """Those with shipped results."""
    names = {
        file.stem.removeprefix(PREFIX).split("-")[0] for file in shipped_folder().glob(f"{PREFIX}*.json")
    }
    return sorted(
        (name for name in names if shipped_file(name, level, fix).is_file()),
        key=lambda name: _numbers(name) or (),
    )


def _numbers(release: str) -> tuple[int, ...] | None:
    parts = release.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else None
