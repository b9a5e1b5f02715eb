"""Same run, many times: how many digests? `python -m tests.regression.determinism RUN --times 50 --load`;
without a name, every run of the level.

`--load` keeps a busy loop on each core meanwhile. Law: one digest, whatever the machine does. Every second
round runs in fresh interpreters, where objects have other addresses; the others, and with `--forked` all, are
forks of one warm parent.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.commands.busy_loops import busy_loops
from harness.commands.series import Series
from harness.hermes import environments
from harness.process.supervisor import Supervisor
from harness.scenario import selection


def digests(
    runs: Sequence[str],
    *,
    idle: int = 0,
    loaded: int = 0,
    hermes: str | None,
    jobs: int = 1,
    level: str = "adapter",
    forked: bool = False,
) -> dict[str, Counter[str]]:
    """For each of these runs (none: all of them) its digests in so many rounds on a machine that is left
    `idle`, and then on a `loaded` one; and how often each digest came."""
    cores = len(os.sched_getaffinity(0))
    installation = environments.resolve(hermes)
    all_there = [run for run in selection.all_runs() if level in run.levels]
    specs = selection.by_names(runs, level) if runs else all_there
    found: dict[str, Counter[str]] = {spec.name: Counter() for spec in specs}
    with tempfile.TemporaryDirectory() as out, Supervisor(installation.interpreter, jobs) as supervisor:
        for number in range(idle + loaded):
            series = Series(installation, Path(out) / str(number), level)
            workers = [
                replace(series.worker(spec, installation), fresh=number % 2 == 1 and not forked)
                for spec in specs
            ]
            with busy_loops(cores if number >= idle else 0):
                results = supervisor.run_all(workers)
            for judged in map(series.judged, results):
                digest = judged.outcome.digest if judged.outcome else f"not run: {judged.problem}"
                found[judged.name][digest] += 1
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print each run's digests with their counts; 0 if each run has one."""
    options = argparse.ArgumentParser(prog="python -m tests.regression.determinism", description=__doc__)
    options.add_argument("run", nargs="*", help="scenarios or runs; none: every run of the level")
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--hermes")
    options.add_argument("--level", default="adapter", choices=("adapter", "runner"))
    options.add_argument("--load", action="store_true")
    options.add_argument("--forked", action="store_true", help="no fresh interpreters: a third of the time")
    options.add_argument("-j", dest="jobs", type=int, default=1, help="runs at once")
    args = options.parse_args(argv)
    rounds = {"loaded" if args.load else "idle": args.times}
    found = digests(
        args.run, **rounds, hermes=args.hermes, jobs=args.jobs, level=args.level, forked=args.forked
    )
    for run, counts in found.items():
        for digest, count in counts.most_common():
            print(f"{count:4} x {digest}  {run}")
    many = [run for run, counts in found.items() if len(counts) != 1]
    print(f"{len(found) - len(many)} of {len(found)} runs have one digest")
    return 1 if many else 0


if __name__ == "__main__":
    sys.exit(main())
