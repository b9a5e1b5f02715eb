"""Known results: what each release did, measured. JSON files in scenarios/baselines, one a release and level.

    python -m tests.regression.known 0.19.0 [0.16.0 ...]      measure at the adapter level and write them
    python -m tests.regression.known 0.19.0 --level runner [--with-fix reference] [-k EXPR, only those anew]
    python -m tests.regression.known 0.13.0 --python 3.11     note what differs on that Python, nothing else
    python -m tests.regression.known                          write docs/results.md from the files
    python -m tests.regression.known --compare outcome.json   what of it differs from what is known

A file holds, for each run, its verdict, its ending, how many reconnect attempts it made, and which checks
failed. It is reviewed like code: a changed line is a changed bot, or a changed instrument. Why each check
fails is in reasons.json beside them, for all releases.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.commands.results import Judged
from harness.commands.series import Series
from harness.comparing import baseline
from harness.comparing.baseline import Baseline
from harness.comparing.changes import Change, changes
from harness.comparing.outcomes import Ran, read_outcomes
from harness.comparing.reasons import Reason, shipped
from harness.comparing.rows import Row
from harness.hermes import environments, fixes
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import CHECKS

FOLDER = baseline.shipped_folder()
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "results.md"
REFERENCE = "reference"


@dataclass(frozen=True)
class Known:
    """One file: a release as it is, or with a named fix, at one level."""

    release: str
    level: str = "adapter"
    fix: str | None = None

    @property
    def path(self) -> Path:
        return baseline.shipped_file(self.release, self.level, self.fix)

    @property
    def command(self) -> str:
        """What measures it again."""
        words = ["python -m tests.regression.known", self.release]
        words += ["--level", self.level] if self.level != "adapter" else []
        words += ["--with-fix", self.fix] if self.fix else []
        return " ".join(words)

    def read(self) -> Mapping[str, Row]:
        """The known results, by run."""
        return baseline.read(self.path).runs

    def write(self, runs: Mapping[str, Row]) -> None:
        known = Baseline(f"hermes-agent {self.release}", self.level, self.fix, runs)
        self.path.write_text(known.as_text(), encoding="utf-8")

    def runs(self) -> list[RunSpec]:
        """The whole catalogue at this level."""
        return [run for run in selection.all_runs() if self.level in run.levels]

    def measure(self, out: Path, runs: Sequence[RunSpec], python: str | None = None) -> dict[str, Row]:
        """What these runs do now."""
        installation = environments.resolve(self.release, python and f"python{python}")
        fix = fixes.choose(self.fix, installation) if self.fix else None
        series = Series(installation, out, self.level, fix=fix, jobs=len(os.sched_getaffinity(0)))
        return {judged.name: _summary(judged) for judged in series.run(runs, lambda judged: None)}


def noted(before: Row, now: Row, python: str) -> Row:
    """What was known, and what the run does on a Python where that is something else."""
    others = tuple(one for one in before.also if one.python != python)
    own = () if now == replace(before, also=()) else (replace(now, python=python),)
    return replace(before, also=(*others, *own))


def _summary(judged: Judged) -> Row:
    assert judged.outcome is not None, judged.problem
    return Row.of_outcome(judged.outcome.as_json())


def differences(runs: Iterable[Ran]) -> list[Change]:
    """What of an outcome.json is not as it is known; `new` where nobody knows it."""
    return [change for ran in runs for change in changes_of(ran) if change.word != "as known"]


def changes_of(ran: Ran) -> list[Change]:
    known = Known(ran.version, ran.level, ran.fix)
    before = baseline.read(known.path).rows(ran.python) if known.path.is_file() else {}
    return changes(before, {ran.key: ran.row}, gone=False)


def releases_known(level: str = "adapter", fix: str | None = None) -> list[str]:
    """The releases that there are results of, oldest first."""
    return baseline.releases(level, fix)


def page() -> str:
    """docs/results.md: a table a level, runs by releases."""
    columns = {
        "adapter": [Known(release) for release in releases_known()],
        "runner": [
            Known(release, "runner", fix)
            for release in releases_known("runner")
            for fix in (None, REFERENCE)
            if Known(release, "runner", fix).path.is_file()
        ],
    }
    commands = "\n".join(
        f"$ {command}" for command in dict.fromkeys(one.command for each in columns.values() for one in each)
    )
    tables = {level: _table(each) for level, each in columns.items()}
    everywhere = [*columns["adapter"], *columns["runner"]]
    return PAGE.format(commands=commands, checks=_by_check(everywhere), reasons=_reasons(shipped()), **tables)


def _table(columns: Sequence[Known]) -> str:
    results = [known.read() for known in columns]
    heads = [known.release + (f" + {known.fix}" if known.fix else "") for known in columns]
    names = dict.fromkeys(name for result in results for name in result)
    rows = [["run", *heads], ["---"] * (len(heads) + 1)]
    rows += [[f"`{name}`", *(_cell(result.get(name)) for result in results)] for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _by_check(columns: Sequence[Known]) -> str:
    """For each check, how many runs of each column it fails."""
    heads = [
        f"{known.release}, {known.level}" + (f" + {known.fix}" if known.fix else "") for known in columns
    ]
    counts = [Counter(name for row in known.read().values() for name in row.failed) for known in columns]
    rows = [["check", *heads], ["---"] * (len(heads) + 1)]
    rows += [
        [f"`{name}`", *(str(one[name] or "-") for one in counts)]
        for name in CHECKS
        if any(one[name] for one in counts)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _reasons(reasons: Iterable[Reason]) -> str:
    """Why each check fails, in the order of the checks."""
    rows = [["check", "in", "because"], ["---"] * 3]
    rows += [
        [f"`{one.check}`", ", ".join(f"`{name}`" for name in one.scenarios), one.text]
        for one in sorted(reasons, key=lambda one: CHECKS.index(one.check))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(row: Row | None) -> str:
    if row is None:
        return "-"
    return row.short.replace("FAIL", "**FAIL**", 1)


PAGE = """# Known results

What the released hermes-agents do: verdict, ending (`qqchaos explain ENDING` says what it means) and number
of reconnect attempts. Measured with Python 3.12, and written from the files that the measurement left
(`scenarios/baselines/`, which name the failed checks as well), by

```console
{commands}
$ python -m tests.regression.known
```

The regression suite measures these again and compares: `pytest -m "sweep and not slow"`, with the releases in
`QQCHAOS_TEST_HERMES`; of the runner level the short runs, and all of them with `-m slow`.

## Adapter level

{adapter}

## Runner level

As shipped, and with our `reference` fix ([what it does](fixes.md)). UNKNOWN: the run is about a give-up that
is told, or an outage of a bot in service, and there was none.

{runner}

## Which check fails how often

Runs in which the check failed, asked or not. A run fails where a failed check was asked or is implied
([which are](judging.md#the-checks)).

{checks}

## Why

A check that its scenario asks, and whose scenario names issues ([the catalogue](catalogue.md)), fails because
of those, unless it stands here. Every other failed check has its reason here, written from
`scenarios/baselines/reasons.json`; a test fails for one that has none, and for a reason that nothing needs.

{reasons}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write; or compare; without either, write the page."""
    options = argparse.ArgumentParser(prog="python -m tests.regression.known", description=__doc__)
    options.add_argument("release", nargs="*")
    options.add_argument("--level", default="adapter", choices=("adapter", "runner"))
    options.add_argument("--with-fix")
    options.add_argument("-k", dest="expression", help="measure only these runs, and keep the others' rows")
    options.add_argument("--python", metavar="3.11", help="note what differs there from what is known")
    options.add_argument("--compare", type=Path, metavar="OUTCOME_JSON")
    args = options.parse_args(argv)
    if args.compare:
        found = differences(read_outcomes(args.compare))
        print("\n".join(change.text for change in found) or f"{args.compare}: as known")
        return 1 if found else 0
    if not args.release:
        DOCUMENT.write_text(page(), encoding="utf-8")
        print(DOCUMENT)
    FOLDER.mkdir(exist_ok=True)
    for release in args.release:
        known = Known(release, args.level, args.with_fix)
        before = dict(known.read()) if known.path.is_file() else {}
        runs = selection.narrowed(known.runs(), [], args.expression)
        with tempfile.TemporaryDirectory() as out:
            measured = known.measure(Path(out), runs, args.python)
        for name, row in measured.items():
            if args.python:
                before[name] = noted(before[name], row, args.python)
            else:
                before[name] = replace(row, also=before[name].on_others if name in before else ())
        known.write({run.name: before[run.name] for run in known.runs()})
        print(known.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
