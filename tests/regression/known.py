"""Known results: what each release did, measured. One JSON file a release, in scenarios/baselines.

    python -m tests.regression.known 0.19.0 [0.16.0 ...]      measure and write them
    python -m tests.regression.known                          write docs/results.md from the files

A file holds, for each run, its verdict, its ending, how many reconnect attempts it made, and which checks
failed. It is reviewed like code: a changed line is a changed bot, or a changed instrument.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import choosing, environments
from harness.loading import catalogue_folder
from harness.running import Judged, Series

FOLDER = catalogue_folder() / "baselines"
DOCUMENT = catalogue_folder().parent / "docs" / "results.md"


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


def releases_known() -> list[str]:
    """The releases that there are results of, oldest first."""
    found = [file.stem.removeprefix("hermes-agent-") for file in FOLDER.glob("hermes-agent-*.json")]
    return sorted(found, key=lambda release: [int(part) for part in release.split(".")])


def page() -> str:
    """docs/results.md: one table, runs by releases."""
    releases = releases_known()
    results = {release: read(release) for release in releases}
    names = list(dict.fromkeys(name for result in results.values() for name in result))
    rows = [["run", *releases], ["---"] * (len(releases) + 1)]
    for name in names:
        cells = [_cell(results[release].get(name)) for release in releases]
        rows.append([f"`{name}`", *cells])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return PAGE.format(releases=" ".join(releases), table=table)


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    verdict = {"pass": "PASS", "fail": "**FAIL**", "unknown": "UNKNOWN"}[row["verdict"]]
    return f"{verdict} {row['ending']}, {row['attempts']}"


PAGE = """# Known results

What the released adapters do at the adapter level: verdict, ending (`qqchaos explain ENDING` says what it
means) and number of reconnect attempts. Measured with Python 3.12, and written from the files that the
measurement left, by

```console
$ python -m tests.regression.known {releases}
$ python -m tests.regression.known
```

{table}

The regression suite measures these again and compares: `pytest tests/regression`, with the releases in
`QQCHAOS_TEST_HERMES`.
"""


def main(releases: Sequence[str]) -> None:
    """Measure and write; without a release, write the page."""
    if not releases:
        DOCUMENT.write_text(page(), encoding="utf-8")
        print(DOCUMENT)
    FOLDER.mkdir(exist_ok=True)
    for release in releases:
        with tempfile.TemporaryDirectory() as out:
            runs = measure(release, Path(out))
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in runs.items())
        head = f'{{"schema": 1, "subject": "hermes-agent {release}", "level": "adapter", "runs": {{'
        path(release).write_text(f"{head}\n{lines}\n}}}}\n", encoding="utf-8")
        print(f"{path(release)}: {len(runs)} runs")


if __name__ == "__main__":
    main(sys.argv[1:])
