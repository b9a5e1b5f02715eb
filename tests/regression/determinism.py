"""Same run, many times: how many digests? `python -m tests.regression.determinism RUN --times 50 --load`;
without a name, every run of the level.

`--load` keeps a busy loop on each core meanwhile. Law: one digest, whatever the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.commands.series import Series
from harness.hermes import environments
from harness.scenario import selection


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """A busy loop on each core, ended by its own id."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def digests(
    runs: Sequence[str],
    times: int,
    *,
    hermes: str | None,
    loaded: bool,
    jobs: int = 1,
    level: str = "adapter",
) -> dict[str, Counter[str]]:
    """For each of these runs (none: all of them) its digests in `times` goes, and how often each came."""
    cores = len(os.sched_getaffinity(0))
    installation = environments.resolve(hermes)
    all_there = [run for run in selection.all_runs() if level in run.levels]
    specs = selection.by_names(runs, level) if runs else all_there
    found: dict[str, Counter[str]] = {spec.name: Counter() for spec in specs}
    with tempfile.TemporaryDirectory() as out, busy_cores(cores if loaded else 0):
        for number in range(times):
            series = Series(installation, Path(out) / str(number), level, jobs=jobs)
            for judged in series.run(specs, lambda judged: None):
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
    options.add_argument("-j", dest="jobs", type=int, default=1, help="runs at once")
    args = options.parse_args(argv)
    found = digests(
        args.run, args.times, hermes=args.hermes, loaded=args.load, jobs=args.jobs, level=args.level
    )
    for run, counts in found.items():
        for digest, count in counts.most_common():
            print(f"{count:4} x {digest}  {run}")
    many = [run for run, counts in found.items() if len(counts) != 1]
    print(f"{len(found) - len(many)} of {len(found)} runs have one digest")
    return 1 if many else 0


if __name__ == "__main__":
    sys.exit(main())
