"""Annotations of GitHub Actions: a line of a step's output for each run that did not pass. Pure.

GitHub shows ten errors and ten warnings of a step (its "workflow commands"); what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.reporting.runs import NotRun, Reported
from harness.reporting.words import NOT_RUN, VERDICTS

MOST = 10
"""Annotations of one severity that GitHub shows of a step."""

LEVELS: Mapping[str, str] = {"fail": "error", "unknown": "warning"}
"""The severity, by verdict; a run that passes has no annotation."""

_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_TEXT, ":": "%3A", ",": "%2C"}


def github_annotations(
    runs: Sequence[Reported], not_run: Sequence[NotRun], sources: Mapping[str, str]
) -> list[str]:
    """Errors first. `sources`: FILE:LINE of a run's scenario by the run's name, for those whose file is in
    the repository."""
    found: dict[str, list[str]] = {"error": [], "warning": []}
    for run in runs:
        if level := LEVELS.get(run.verdict):
            title = f"{VERDICTS[run.verdict]} {run.name} ({run.subject}, {run.level})"
            text = "\n".join([f"{run.ending}: {run.told}", *run.why])
            found[level].append(_annotation(level, title, text, sources.get(run.name, "")))
    found["warning"] += [
        _annotation("warning", f"{NOT_RUN} {one.name} ({one.level})", one.problem, sources.get(one.name, ""))
        for one in not_run
    ]
    return [line for level, lines in found.items() for line in _limited(level, lines)]


def _limited(level: str, lines: Sequence[str]) -> list[str]:
    if len(lines) <= MOST:
        return list(lines)
    rest = f"GitHub shows {MOST} of them; the log and `qqchaos report` have all"
    return [*lines[: MOST - 1], _annotation(level, f"{len(lines) - MOST + 1} more runs", rest, "")]


def _annotation(level: str, title: str, text: str, source: str) -> str:
    file, _, line = source.rpartition(":")
    where = f"file={_escaped(file, _PROPERTY)},line={line}," if file else ""
    return f"::{level} {where}title={_escaped(title, _PROPERTY)}::{_escaped(text, _TEXT)}"


def _escaped(text: str, how: Mapping[str, str]) -> str:
    return "".join(how.get(letter, letter) for letter in text)
