"""The command line's words: every command with its options, and the request that they become.

An option that was not given is not in the namespace (`argparse.SUPPRESS`): the request's own default holds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from fake_qq_server.serving.options import OPTIONS as SERVE_OPTIONS
from fake_qq_server.serving.version import add_version_option
from harness.commands.request import (
    NETWORKS,
    BaselineRequest,
    BundleRequest,
    DiffRequest,
    DoctorRequest,
    ExplainRequest,
    FixesRequest,
    JudgeRequest,
    ListRequest,
    MergeRequest,
    ReportRequest,
    RunRequest,
    SchemaRequest,
    ServeRequest,
    ShowRequest,
    ToxiproxyRequest,
    ValidateRequest,
    VerbsRequest,
)
from harness.errors import WRONG_USAGE
from harness.scenario.vocabulary import LEVELS, LEVELS_DRIVEN


@dataclass(frozen=True)
class Option:
    """What argparse's `add_argument` takes."""

    names: tuple[str, ...]
    how: dict[str, Any]


@dataclass(frozen=True)
class Command:
    """One command: what it does, the request that it takes, and its options in the order of `--help`.

    `function` is MODULE.NAME in this folder; it is imported when it is run, for most commands need little.
    """

    name: str
    help: str
    function: str
    request: type
    options: tuple[Option, ...] = ()

    def run(self, request: Any) -> int:
        """Do it; the exit status."""
        module, _, name = self.function.partition(".")
        function: Callable[[Any], int] = getattr(import_module(f"harness.commands.{module}"), name)
        return function(request)


def _option(*names: str, **how: Any) -> Option:
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


def _jobs(text: str) -> int:
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


def _level(what: str) -> Option:
    return _option("--level", choices=LEVELS, help=what)


def _out(what: str) -> Option:
    return _option("--out", type=Path, metavar="DIR", help=what)


ISSUE = _option("issue", help="14539, #14539, its address, or a duplicate's number")
PYTHON = _option("--python", metavar="PYTHON", help="the interpreter that runs hermes-agent")
JSON = _option("--json", action="store_true", help="print JSON, and nothing else, on stdout")
STRICT = _option("--strict", action="store_true", help="a failed check counts even if no scenario asks it")
JOBS = _option("-j", dest="jobs", type=_jobs, metavar="N", help="runs at once (default: one per core)")

SUBJECT = (
    _option(
        "--hermes",
        metavar="VERSION|PATH|git:REF",
        help="a release, a checkout, or a commit of the one here (default: the installed one, else 0.19.0)",
    ),
    PYTHON,
)
AGAINST = _option(
    "--against",
    metavar="VERSION|PATH|REF",
    help="run the same on this one first (a commit of the checkout, a release ...), and tell what changed",
)
CHOICE = (
    _option("-m", dest="tags", action="append", metavar="TAG", help="only scenarios with this tag"),
    _option("-k", dest="expression", metavar="EXPR", help="only runs with this in their name (and, or, not)"),
)
RUNNING = (
    JOBS,
    _option("-x", dest="stop_at_first", action="store_true", help="stop after the first run without PASS"),
    _option(
        "--seed", type=int, help="order of events at one instant: 0 (default) keeps it, others permute it"
    ),
    _out("where outcome.json and journals go (default: .qqchaos)"),
    _option(
        "--with-fix",
        dest="fix",
        metavar="NAME|PATCH",
        help="a fix to try: one of ours by name, or a patch file",
    ),
    STRICT,
    _option(
        "--network",
        choices=NETWORKS,
        help="who plays the toxics: a relay in virtual time (default), or a real Toxiproxy server",
    ),
    _option(
        "--store",
        type=Path,
        metavar="DIR",
        help="keep runs there, and do not do a run again of which nothing has changed (default: do each)",
    ),
    _option(
        "--speed",
        type=_speed,
        metavar="X",
        help="at level process: how many times as fast as real time (default: 400, with libfaketime)",
    ),
    _option("--durations", type=_jobs, metavar="N", help="tell the N runs that took longest"),
    _option("--debug", action="store_true", help="in the foreground without limits: breakpoint() works"),
    _option("-v", "--verbose", action="store_true", help="the whole story of every run"),
)
REGRESSION = (
    _option(
        "--baseline",
        metavar="RELEASE|FILE",
        help="compare with known results: 1 only for what is worse (with --strict for any change)",
    ),
    _option("--shard", type=_shard, metavar="N/M", help="only the Nth of M parts of the runs"),
    _option(
        "--replay",
        type=Path,
        metavar="BUNDLE",
        help="do the run of a bundle again, and tell if it is the same",
    ),
)
FILES = (
    _option("--html", type=Path, metavar="FILE", help="write a page: all runs, and everything behind each"),
    _option("--junit", type=Path, metavar="FILE", help="write JUnit XML"),
)
REPORTS = (
    *FILES,
    _option("--markdown", type=Path, metavar="FILE", help="write a comment or summary that GitHub takes"),
    _option("--annotations", action="store_true", help="print annotations for GitHub Actions"),
)
SEVERAL = (
    _option(
        "--hermes",
        action="append",
        metavar="VERSION|PATH",
        help="a release or a checkout; may be given again",
    ),
    PYTHON,
    _option(
        "--with-fix",
        dest="fixes",
        action="append",
        metavar="NAME|PATCH",
        help="one more row, beside the named fixes; may be given again",
    ),
    *FILES,
    _option("--markdown", action="store_true", help="print the tables as Markdown"),
    JOBS,
    _out("where journals and tables go (default: .qqchaos/fixes)"),
)

COMMANDS = (
    Command(
        "repro",
        "run every scenario of an issue; ends with REPRODUCED, NOT REPRODUCED or NOT JUDGED",
        "run.repro",
        RunRequest,
        (
            ISSUE,
            *SUBJECT,
            AGAINST,
            *RUNNING,
            *CHOICE,
            *REPORTS,
            _level("how much of hermes-agent is driven (default: adapter and runner)"),
            JSON,
        ),
    ),
    Command(
        "run",
        "run scenarios by name or file, or the whole catalogue",
        "run.run",
        RunRequest,
        (
            _option("names", nargs="*", metavar="name", help="a scenario, one run's exact name, or a file"),
            *REGRESSION,
            AGAINST,
            *(
                *SUBJECT,
                *RUNNING,
                *CHOICE,
                *REPORTS,
                _level("how much of hermes-agent is driven (default: adapter)"),
                JSON,
            ),
        ),
    ),
    Command(
        "fixes",
        "compare the fixes of an issue: one row per fix and level",
        "fixes.fixes",
        FixesRequest,
        (ISSUE, *SEVERAL, JSON),
    ),
    Command(
        "baseline",
        "write known results of your own, for run --baseline: update FILE measures them",
        "baseline.baseline_update",
        BaselineRequest,
        (
            _option("do", choices=("update",), help="update: measure, and write the rows of these runs"),
            _option("file", type=Path, help="the JSON file"),
            _option("names", nargs="*", metavar="name", help="a scenario, one run's exact name, or a file"),
            *SUBJECT,
            _option("--with-fix", dest="fix", metavar="NAME|PATCH", help="a fix to lay over it"),
            *CHOICE,
            _option(
                "--level", choices=LEVELS_DRIVEN, help="how much of hermes-agent is driven (default: adapter)"
            ),
            _option(
                "--because",
                action="append",
                metavar="SCENARIO:CHECK=WHY",
                help="why a check fails: an issue's number, or a sentence; may be given again",
            ),
            _option("--seeds", type=_jobs, metavar="N", help="how many seeds to try (default: 5)"),
            JOBS,
            _out("where journals go (default: .qqchaos/baseline)"),
        ),
    ),
    Command(
        "diff",
        "compare two outcome.json: what is better, worse, new; exits 1 if a run is worse",
        "comparing.diff",
        DiffRequest,
        (
            _option("before", type=Path, help="an outcome.json, or the folder that holds it"),
            _option("now", type=Path, help="the same of another time, subject or fix"),
            JSON,
        ),
    ),
    Command(
        "merge",
        "one table of several outcome.json: runs by releases, what flips where, whether Pythons agree",
        "comparing.merge",
        MergeRequest,
        (
            _option(
                "results",
                nargs="+",
                type=Path,
                metavar="DIR",
                help="an outcome.json, or the folder that holds it",
            ),
            _out("write one outcome.json of all there"),
            _option("--markdown", action="store_true", help="print the table as Markdown"),
            JSON,
        ),
    ),
    Command(
        "list",
        "list the scenarios",
        "catalogue.list_scenarios",
        ListRequest,
        (*CHOICE, JSON, _option("-v", "--verbose", action="store_true", help="list each scenario's runs")),
    ),
    Command(
        "show",
        "explain one scenario or run",
        "catalogue.show",
        ShowRequest,
        (
            _option("name", help="a scenario, one run's exact name, or a file"),
            _level("only what is asked at this level (default: at every level)"),
            JSON,
        ),
    ),
    Command(
        "validate",
        "check scenario files",
        "catalogue.validate",
        ValidateRequest,
        (_option("files", nargs="+", metavar="file", help="a .yaml file"),),
    ),
    Command(
        "verbs",
        "explain what a rule can do: all verbs, or one",
        "catalogue.verbs",
        VerbsRequest,
        (_option("name", nargs="?", help="a verb"),),
    ),
    Command("schema", "print the JSON Schema of scenario files", "catalogue.schema", SchemaRequest),
    Command(
        "judge",
        "judge stored journals again",
        "judging.judge_journals",
        JudgeRequest,
        (
            _option(
                "journals", nargs="+", metavar="journal", help="a .jsonl file of an earlier run, or a bundle"
            ),
            STRICT,
            JSON,
        ),
    ),
    Command(
        "report",
        "write what runs left as a page, JUnit XML, Markdown or pictures",
        "reports.report",
        ReportRequest,
        (
            _option(
                "results",
                nargs="+",
                type=Path,
                metavar="DIR",
                help="the folder of an earlier run (its --out), an outcome.json, or a bundle",
            ),
            *REPORTS,
            _option(
                "--svg", type=Path, metavar="FILE", help="write the timelines of these runs, a dozen at most"
            ),
        ),
    ),
    Command(
        "bundle",
        "pack one run into a file, for a bug report: judge and report take it elsewhere",
        "reports.bundle",
        BundleRequest,
        (
            _option("run", help="a run's exact name"),
            _option(
                "--from",
                dest="results",
                type=Path,
                metavar="DIR",
                help="the folder of an earlier run (default: .qqchaos)",
            ),
            _level("which of its levels"),
            _option("--out", type=Path, metavar="FILE", help="where to (default: qqchaos-RUN.zip)"),
        ),
    ),
    Command(
        "serve",
        "serve the fake platform in real time, for any QQ bot, with a control API",
        "serve.serve",
        ServeRequest,
        (
            _option("scenario", nargs="?", help="a scenario, a run or a file whose rules act from the start"),
            _option("--journal", type=Path, metavar="FILE", help="write a journal, for `qqchaos judge`"),
            *(Option(one.names, dict(one.how)) for one in SERVE_OPTIONS),
        ),
    ),
    Command(
        "explain",
        "explain a word of a report",
        "judging.explain",
        ExplainRequest,
        (_option("word", help="an ending, a check or a verb"),),
    ),
    Command(
        "toxiproxy",
        "build the Toxiproxy server that --network toxiproxy needs, with Go, into the cache",
        "machine.toxiproxy",
        ToxiproxyRequest,
        (_option("do", choices=("install",), help="install: build it, unless that was done"),),
    ),
    Command(
        "doctor",
        "show what this machine has, and what each level lacks on it",
        "machine.doctor",
        DoctorRequest,
        (*SUBJECT, JSON),
    ),
)


def parse(words: Sequence[str] | None = None) -> tuple[Command, Any]:
    """The command that the words name, and its request; without words, those of this process.

    Raises SystemExit, with status 2 after a message for what is wrong, with 0 after `--help`.
    """
    given = vars(_parser().parse_args(words))
    command = given.pop("command")
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return command, command.request(**fields)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, as for everything else that is wrong, and where to read on."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def _parser() -> argparse.ArgumentParser:
    top = _Parser(
        prog="qqchaos",
        description="Drives a QQ bot through outages of the QQ platform, in virtual time, and judges it.",
        allow_abbrev=False,
    )
    add_version_option(top)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        made = commands.add_parser(
            command.name,
            help=command.help,
            description=command.help,
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
        )
        for option in command.options:
            made.add_argument(*option.names, **option.how)
        made.set_defaults(command=command)
    return top
