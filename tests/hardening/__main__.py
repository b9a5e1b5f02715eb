"""`python -m tests.hardening [--scenarios 10000] [--journals 3000] [--lines 500]
[--interrupts 0] [--seed 1] [-j 2]`: so many wrong files, command lines and interrupted commands, and what is
wrong with what came of them. Each is made from the seed and its number alone: `--only N` tries one again, of
all but the interrupts."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.hardening import command_lines, interrupts, journal_files, scenario_files

MEMORY = 4 << 30
"""Bytes of a process that tries files; a file that wants more has found something."""

Attempt = Callable[[int, int, Path], "str | None"]


def main(argv: Sequence[str] | None = None) -> int:
    """Try all; 1 if anything is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.hardening", description=__doc__)
    options.add_argument("--scenarios", type=int, default=10_000)
    options.add_argument("--journals", type=int, default=3_000)
    options.add_argument("--lines", type=int, default=500)
    options.add_argument("--interrupts", type=int, default=0, help="nothing else runs meanwhile")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", type=int, help="this number alone, of whatever is not 0")
    options.add_argument("-j", dest="jobs", type=int, default=len(os.sched_getaffinity(0)))
    args = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="qqchaos-hardening-") as name:
        folder = Path(name)
        numbers = partial(_numbers, args.only)
        wrong = _tried("scenario files", numbers(args.scenarios), args, folder, scenario_files.attempt)
        if args.journals:
            journal_files.record_runs(folder / "recorded")
            attempt = partial(journal_files.attempt, journals=folder / "recorded")
            wrong += _tried("journals", numbers(args.journals), args, folder, attempt)
        if args.lines:
            attempt = partial(_line, place=command_lines.prepared(folder))
            wrong += _tried("command lines", numbers(args.lines), args, folder, attempt, at_once=1)
        if args.interrupts:
            found = interrupts.attempts(args.seed, args.interrupts, folder)
            wrong += _told("interrupts", args.interrupts, found)
    return 1 if wrong else 0


def _numbers(only: int | None, count: int) -> Sequence[int]:
    return range(count) if only is None or not count else [only]


def _tried(
    what: str,
    numbers: Sequence[int],
    args: argparse.Namespace,
    folder: Path,
    attempt: Attempt,
    at_once: int = 10,
) -> int:
    """In processes of their own, whose memory is limited."""
    if not numbers:
        return 0
    limits = (resource.RLIMIT_AS, (MEMORY, MEMORY))
    with ProcessPoolExecutor(args.jobs, initializer=resource.setrlimit, initargs=limits) as pool:
        one = partial(_attempt, attempt, args.seed, folder)
        return _told(what, len(numbers), pool.map(one, numbers, chunksize=at_once))


def _line(seed: int, number: int, own: Path, *, place: Path) -> str | None:
    return command_lines.attempt(seed, number, place)


def _attempt(attempt: Attempt, seed: int, folder: Path, number: int) -> str | None:
    own = folder / f"process-{os.getpid()}"
    own.mkdir(exist_ok=True)
    return attempt(seed, number, own)


def _told(what: str, count: int, found: Iterable[str | None]) -> int:
    """Print what is wrong as it is found, and how much there was."""
    began, wrong = time.monotonic(), 0
    for complaint in found:
        if complaint:
            wrong += 1
            print(complaint, flush=True)
    print(f"{what}: {count} tried, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
