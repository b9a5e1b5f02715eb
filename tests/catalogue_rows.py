"""The rows of docs/catalogue.md: each scenario, and how many of its runs fail on which release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from harness.comparing import baseline
from harness.comparing.rows import Row
from harness.scenario.run_spec import RunSpec
from harness.scenario.selection import all_runs

LEVELS = ("adapter", "runner")


def rows() -> Iterator[tuple[str, ...]]:
    """Scenario, story, issues, and a cell a level."""
    known = {level: _known(level) for level in LEVELS}
    for scenario, mine in groupby(sorted(all_runs(), key=_scenario), key=_scenario):
        runs = list(mine)
        issues = sorted({issue for run in runs for issue in run.issues})
        cells = (cell([run.name for run in runs if level in run.levels], known[level]) for level in LEVELS)
        yield f"`{scenario}`", " ".join(runs[0].story.split()), ", ".join(map(str, issues)), *cells


def _scenario(run: RunSpec) -> str:
    return run.scenario


def _known(level: str) -> dict[str, Mapping[str, Row]]:
    """What is known of each release, oldest first."""
    releases = baseline.releases(level, None)
    return {one: baseline.read(baseline.shipped_file(one, level)).runs for one in releases}


def cell(names: Sequence[str], known: Mapping[str, Mapping[str, Row]]) -> str:
    """`0.13.0 to 0.15.2: 3 of 5 fail; 0.16.0: none of 5`; what never fails and never changes is told once."""
    if not names:
        return ""
    told = [(release, _failing(names, runs)) for release, runs in known.items()]
    parts = []
    for words, same in groupby(told, key=lambda one: one[1]):
        releases = [release for release, _ in same]
        span = releases[0] if len(releases) == 1 else f"{releases[0]} to {releases[-1]}"
        parts.append(words if len(releases) == len(told) else f"{span}: {words}")
    return "; ".join(parts)


def _failing(names: Sequence[str], runs: Mapping[str, Row]) -> str:
    measured = [runs[name] for name in names if name in runs]
    if not measured:
        return "not measured"
    failing = [row for row in measured if row.verdict == "fail"]
    if not failing:
        return f"none of {len(measured)}"
    endings = ", ".join(dict.fromkeys(row.ending for row in failing))
    return f"**{len(failing)}** of {len(measured)} ({endings})"
