"""What each command is asked: frozen data, with the defaults of every option. `arguments` fills it in.

The fields are named as the options' destinations. A command takes one of these and returns an exit status.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from fake_qq_server.serving.options import Settings

Network = Literal["relay", "toxiproxy"]
"""Who plays the toxics: a relay in virtual time, or a real Toxiproxy server."""
RELAY: Network = "relay"
NETWORKS: tuple[Network, ...] = get_args(Network)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """What to write about runs: files, each None where it is not wanted (a page for people, JUnit XML,
    Markdown), and annotations of GitHub Actions on stdout."""

    html: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    annotations: bool = False


@dataclass(frozen=True)
class RunRequest(ReportFiles):
    """`run` and `repro`.

    `names` (of `run`): scenarios, runs or files. `issue` (of `repro`): a number or an address. `level`: None
    is the command's default. `hermes`: a release, a folder or a commit; `fix`: a named fix or a patch's path.
    `out`: None is `.qqchaos`. `baseline`: a release or a file. `against`: another hermes-agent to run first.
    `shard`: which part of how many. `replay`: a bundle whose run to do again. `durations`: how many of the
    slowest runs to tell. `network`: who plays the toxics. `store`: a folder of runs that were done before,
    None to do each. `speed`: how fast time passes at the process level.
    """

    names: tuple[str, ...] = ()
    issue: str = ""
    level: str | None = None
    tags: tuple[str, ...] = ()
    expression: str | None = None
    hermes: str | None = None
    python: str | None = None
    fix: str | None = None
    seed: int = 0
    jobs: int = field(default_factory=_cores)
    out: Path | None = None
    stop_at_first: bool = False
    strict: bool = False
    baseline: str | None = None
    against: str | None = None
    shard: tuple[int, int] | None = None
    replay: Path | None = None
    durations: int = 0
    debug: bool = False
    verbose: bool = False
    json: bool = False
    network: Network = RELAY
    store: Path | None = None
    speed: float | None = None


@dataclass(frozen=True)
class FixesRequest:
    """`fixes`. `hermes`: each gets a table; `fixes`: rows beside the named fixes. `out`: None is
    `.qqchaos/fixes`. `html`, `junit`: files to write about all runs; `markdown`: print the tables so."""

    issue: str
    hermes: tuple[str, ...] = ()
    python: str | None = None
    fixes: tuple[str, ...] = ()
    jobs: int = field(default_factory=_cores)
    out: Path | None = None
    html: Path | None = None
    junit: Path | None = None
    markdown: bool = False
    json: bool = False


@dataclass(frozen=True)
class BaselineRequest:
    """`baseline`. `do`: what to do about `file`; `names`: scenarios, runs or files, () the whole catalogue at
    the level. `because`: reasons, as SCENARIO:CHECK=WHY. `seeds`: how many. `out`: None is
    `.qqchaos/baseline`."""

    do: str
    file: Path
    names: tuple[str, ...] = ()
    level: str = "adapter"
    tags: tuple[str, ...] = ()
    expression: str | None = None
    hermes: str | None = None
    python: str | None = None
    fix: str | None = None
    because: tuple[str, ...] = ()
    seeds: int = 5
    jobs: int = field(default_factory=_cores)
    out: Path | None = None


@dataclass(frozen=True)
class DiffRequest:
    """`diff`. Each is an outcome.json, or the folder that holds it."""

    before: Path
    now: Path
    json: bool = False


@dataclass(frozen=True)
class MergeRequest:
    """`merge`. `results`: outcome.json files, or folders that hold one; `out`: where to write one of all."""

    results: tuple[Path, ...]
    out: Path | None = None
    markdown: bool = False
    json: bool = False


@dataclass(frozen=True)
class ReportRequest(ReportFiles):
    """`report`. `results`: folders that `run` left, outcome.json files or bundles; `svg`: the timelines."""

    results: tuple[Path, ...]
    svg: Path | None = None


@dataclass(frozen=True)
class BundleRequest:
    """`bundle`. `run`: a run's name; `results`: the folder that has it, None is `.qqchaos`. `out`: None is a
    name made of the run's."""

    run: str
    results: Path | None = None
    level: str | None = None
    out: Path | None = None


@dataclass(frozen=True)
class ListRequest:
    """`list`. Without tags and expression: everything."""

    tags: tuple[str, ...] = ()
    expression: str | None = None
    verbose: bool = False
    json: bool = False


@dataclass(frozen=True)
class ShowRequest:
    """`show`. `level`: None shows what is asked at every level."""

    name: str
    level: str | None = None
    json: bool = False


@dataclass(frozen=True)
class ValidateRequest:
    """`validate`."""

    files: tuple[str, ...]


@dataclass(frozen=True)
class VerbsRequest:
    """`verbs`. `name`: None lists all of them."""

    name: str | None = None


@dataclass(frozen=True)
class SchemaRequest:
    """`schema`, which has no options."""


@dataclass(frozen=True)
class JudgeRequest:
    """`judge`. `strict`: failed checks count though no scenario asks them."""

    journals: tuple[str, ...]
    strict: bool = False
    json: bool = False


@dataclass(frozen=True)
class ExplainRequest:
    """`explain`. `word`: an ending, a check or a verb."""

    word: str


@dataclass(frozen=True)
class ServeRequest(Settings):
    """`serve`. `scenario`: a scenario, a run or a file, whose rules act from the start; `journal`: where to
    write one."""

    scenario: str | None = None
    journal: Path | None = None


@dataclass(frozen=True)
class ToxiproxyRequest:
    """`toxiproxy`. `do`: what to do about it."""

    do: str


@dataclass(frozen=True)
class DoctorRequest:
    """`doctor`."""

    hermes: str | None = None
    python: str | None = None
    json: bool = False
