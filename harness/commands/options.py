"""The options of the command line: what is the same for several commands, and how values are read.

A value that is wrong becomes one sentence (`argparse.ArgumentTypeError`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_qq_server.serving.options import seed
from harness.commands.request import NETWORKS
from harness.scenario.vocabulary import LEVELS


@dataclass(frozen=True)
class Option:
    """What argparse's `add_argument` takes."""

    names: tuple[str, ...]
    how: dict[str, Any]


def option(*names: str, **how: Any) -> Option:
    """An option; where it takes a value, an empty one is refused."""
    if how.get("action", "append") == "append":
        how["type"] = _not_empty(how.get("type", str))
    return Option(names, how)


def _not_empty(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """An empty value is a variable that is not set: what it stands for must not be left out in silence."""

    def converted(text: str) -> Any:
        if not text.strip():
            raise argparse.ArgumentTypeError("is empty: is a variable unset?")
        return convert(text)

    converted.__name__ = getattr(convert, "__name__", "value")
    return converted


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 2000:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 2000")
    return speed


def count(text: str) -> int:
    """A number from 1 up."""
    if not _number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    part, _, of = text.partition("/")
    if not (_number(part) and _number(of)) or not 1 <= int(part) <= int(of):
        raise argparse.ArgumentTypeError(f"{text} is not a part of a whole, like 2/5")
    return int(part), int(of)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def level(what: str) -> Option:
    """`--level`, and what it is for."""
    return option("--level", choices=LEVELS, help=what)


def out(what: str) -> Option:
    """`--out`, and what goes there."""
    return option("--out", type=Path, metavar="DIR", help=what)


ISSUE = option("issue", help="14539, #14539, its address, or a duplicate's number")
PYTHON = option("--python", metavar="PYTHON", help="the interpreter that runs hermes-agent")
JSON = option("--json", action="store_true", help="print JSON, and nothing else, on stdout")
STRICT = option("--strict", action="store_true", help="a failed check counts even if no scenario asks it")
JOBS = option("-j", dest="jobs", type=count, metavar="N", help="runs at once (default: one per core)")

SUBJECT = (
    option(
        "--hermes",
        metavar="VERSION|PATH|git:REF",
        help="a release, a checkout, or a commit of the one here (default: the installed one, else 0.19.0)",
    ),
    PYTHON,
)
AGAINST = option(
    "--against",
    metavar="VERSION|PATH|REF",
    help="run the same on this one first (a commit of the checkout, a release ...), and tell what changed",
)
CHOICE = (
    option("-m", dest="tags", action="append", metavar="TAG", help="only scenarios with this tag"),
    option("-k", dest="expression", metavar="EXPR", help="only runs with this in their name (and, or, not)"),
)
RUNNING = (
    JOBS,
    option("-x", dest="stop_at_first", action="store_true", help="stop after the first run without PASS"),
    option(
        "--seed", type=seed, help="order of events at one instant: 0 (default) keeps it, others permute it"
    ),
    out("where outcome.json and journals go (default: .qqchaos)"),
    option(
        "--with-fix",
        dest="fix",
        metavar="NAME|PATCH",
        help="a fix to try: one of ours by name, or a patch file",
    ),
    STRICT,
    option(
        "--network",
        choices=NETWORKS,
        help="who plays the toxics: a relay in virtual time (default), or a real Toxiproxy server",
    ),
    option(
        "--store",
        type=Path,
        metavar="DIR",
        help="keep runs there, and do not do a run again of which nothing has changed (default: do each)",
    ),
    option(
        "--speed",
        type=_speed,
        metavar="X",
        help="at level process: how many times as fast as real time (default: 400, with libfaketime)",
    ),
    option("--durations", type=count, metavar="N", help="tell the N runs that took longest"),
    option("--debug", action="store_true", help="in the foreground without limits: breakpoint() works"),
    option("-v", "--verbose", action="store_true", help="the whole story of every run"),
)
REGRESSION = (
    option(
        "--baseline",
        metavar="RELEASE|FILE",
        help="compare with known results: 1 only for what is worse (with --strict for any change)",
    ),
    option("--shard", type=_shard, metavar="N/M", help="only the Nth of M parts of the runs"),
    option(
        "--replay",
        type=Path,
        metavar="BUNDLE",
        help="do the run of a bundle again, and tell if it is the same",
    ),
)
FILES = (
    option("--html", type=Path, metavar="FILE", help="write a page: all runs, and everything behind each"),
    option("--junit", type=Path, metavar="FILE", help="write JUnit XML"),
)
REPORTS = (
    *FILES,
    option("--markdown", type=Path, metavar="FILE", help="write a comment or summary that GitHub takes"),
    option("--annotations", action="store_true", help="print annotations for GitHub Actions"),
)
SEVERAL = (
    option(
        "--hermes",
        action="append",
        metavar="VERSION|PATH",
        help="a release or a checkout; may be given again",
    ),
    PYTHON,
    option(
        "--with-fix",
        dest="fixes",
        action="append",
        metavar="NAME|PATCH",
        help="one more row, beside the named fixes; may be given again",
    ),
    *FILES,
    option("--markdown", action="store_true", help="print the tables as Markdown"),
    JOBS,
    out("where journals and tables go (default: .qqchaos/fixes)"),
)
