"""Same run, many times: how many digests? `python -m tests.regression.determinism RUN --times 50 --load`.

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

from harness import choosing, environments
from harness.running import Series


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
    run: str, times: int, *, hermes: str | None, loaded: bool, jobs: int, level: str = "adapter"
) -> Counter[str]:
    """The digests of `times` runs of one name, with how often each came."""
    cores = len(os.sched_getaffinity(0))
    installation = environments.resolve(hermes)
    specs = choosing.by_names([run], level)
    if len(specs) != 1:
        raise SystemExit(f"{run} is {len(specs)} runs: name one")
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as out, busy_cores(cores if loaded else 0):
        for number in range(times):
            series = Series(installation, Path(out) / str(number), level, jobs=jobs)
            for judged in series.run(specs, lambda judged: None):
                found[judged.outcome.digest if judged.outcome else f"not run: {judged.problem}"] += 1
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print each digest with its count; 0 if there is one."""
    options = argparse.ArgumentParser(prog="python -m tests.regression.determinism", description=__doc__)
    options.add_argument("run", help="one run's exact name")
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--hermes")
    options.add_argument("--level", default="adapter", choices=("adapter", "runner"))
    options.add_argument("--load", action="store_true")
    args = options.parse_args(argv)
    found = digests(args.run, args.times, hermes=args.hermes, loaded=args.load, jobs=1, level=args.level)
    for digest, count in found.most_common():
        print(f"{count:4} x {digest}")
    return 0 if len(found) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
