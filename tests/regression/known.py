"""Known results: what each release did, measured. One JSON file a release, in scenarios/baselines.

    python -m tests.regression.known 0.19.0 [0.16.0 ...]      measure and write them

A file holds, for each run, its verdict, its ending, how many reconnect attempts it made, and which checks
failed. It is reviewed like code: a changed line is a changed bot, or a changed instrument.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import choosing, environments
from harness.loading import catalogue_folder
from harness.running import Judged, Series

FOLDER = catalogue_folder() / "baselines"


def measure(release: str, out: Path) -> dict[str, dict[str, Any]]:
    """Run the whole catalogue at the adapter level on one release."""
    runs = [run for run in choosing.all_runs() if "adapter" in run.levels]
    series = Series(environments.resolve(release), out, jobs=len(os.sched_getaffinity(0)))
    return {judged.name: summary(judged) for judged in series.run(runs, lambda judged: None)}


def summary(judged: Judged) -> dict[str, Any]:
    """What is known of one run."""
    outcome = judged.outcome
    assert outcome is not None, judged.problem
    return {
        "verdict": outcome.verdict,
        "ending": outcome.ending.name,
        "attempts": outcome.attempts,
        "failed": [check.name for check in outcome.checks if check.state == "fail"],
    }


def read(release: str) -> dict[str, dict[str, Any]]:
    """The known results of one release."""
    document: dict[str, dict[str, Any]] = json.loads(path(release).read_text(encoding="utf-8"))["runs"]
    return document


def path(release: str) -> Path:
    return FOLDER / f"hermes-agent-{release}.json"


def main(releases: Sequence[str]) -> None:
    """Measure and write."""
    FOLDER.mkdir(exist_ok=True)
    for release in releases:
        with tempfile.TemporaryDirectory() as out:
            runs = measure(release, Path(out))
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in runs.items())
        text = f'{{"schema": 1, "subject": "hermes-agent {release}", "level": "adapter", "runs": {{\n{lines}\n}}}}\n'
        path(release).write_text(text, encoding="utf-8")
        print(f"{path(release)}: {len(runs)} runs")


if __name__ == "__main__":
    main(sys.argv[1:])
