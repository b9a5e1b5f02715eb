"""The command line's words: every command with its options, and the request that they become.

An option that was not given is not in the namespace (`argparse.SUPPRESS`): the request's own default holds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from fake_qq_server.serving.command_line import Parser
from fake_qq_server.serving.options import OPTIONS as SERVE_OPTIONS
from fake_qq_server.serving.version import add_version_option
from harness.commands.options import (
    AGAINST,
    CHOICE,
    ISSUE,
    JOBS,
    JSON,
    REGRESSION,
    REPORTS,
    RUNNING,
    SEVERAL,
    STRICT,
    SUBJECT,
    Option,
    count,
    level,
    option,
    out,
)
from harness.commands.request import (
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
from harness.scenario.vocabulary import LEVELS_DRIVEN


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
            level("how much of hermes-agent is driven (default: adapter and runner)"),
            JSON,
        ),
    ),
    Command(
        "run",
        "run scenarios by name or file, or the whole catalogue",
        "run.run",
        RunRequest,
        (
            option("names", nargs="*", metavar="name", help="a scenario, one run's exact name, or a file"),
            *REGRESSION,
            AGAINST,
            *(
                *SUBJECT,
                *RUNNING,
                *CHOICE,
                *REPORTS,
                level("how much of hermes-agent is driven (default: adapter)"),
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
            option("do", choices=("update",), help="update: measure, and write the rows of these runs"),
            option("file", type=Path, help="the JSON file"),
            option("names", nargs="*", metavar="name", help="a scenario, one run's exact name, or a file"),
            *SUBJECT,
            option("--with-fix", dest="fix", metavar="NAME|PATCH", help="a fix to lay over it"),
            *CHOICE,
            option(
                "--level", choices=LEVELS_DRIVEN, help="how much of hermes-agent is driven (default: adapter)"
            ),
            option(
                "--because",
                action="append",
                metavar="SCENARIO:CHECK=WHY",
                help="why a check fails: an issue's number, or a sentence; may be given again",
            ),
            option("--seeds", type=count, metavar="N", help="how many seeds to try (default: 5)"),
            JOBS,
            out("where journals go (default: .qqchaos/baseline)"),
        ),
    ),
    Command(
        "diff",
        "compare two outcome.json: what is better, worse, new; exits 1 if a run is worse",
        "comparing.diff",
        DiffRequest,
        (
            option("before", type=Path, help="an outcome.json, or the folder that holds it"),
            option("now", type=Path, help="the same of another time, subject or fix"),
            JSON,
        ),
    ),
    Command(
        "merge",
        "one table of several outcome.json: runs by releases, what flips where, whether Pythons agree",
        "comparing.merge",
        MergeRequest,
        (
            option(
                "results",
                nargs="+",
                type=Path,
                metavar="DIR",
                help="an outcome.json, or the folder that holds it",
            ),
            out("write one outcome.json of all there"),
            option("--markdown", action="store_true", help="print the table as Markdown"),
            JSON,
        ),
    ),
    Command(
        "list",
        "list the scenarios",
        "catalogue.list_scenarios",
        ListRequest,
        (*CHOICE, JSON, option("-v", "--verbose", action="store_true", help="list each scenario's runs")),
    ),
    Command(
        "show",
        "explain one scenario or run",
        "catalogue.show",
        ShowRequest,
        (
            option("name", help="a scenario, one run's exact name, or a file"),
            level("only what is asked at this level (default: at every level)"),
            JSON,
        ),
    ),
    Command(
        "validate",
        "check scenario files",
        "catalogue.validate",
        ValidateRequest,
        (option("files", nargs="+", metavar="file", help="a .yaml file"),),
    ),
    Command(
        "verbs",
        "explain what a rule can do: all verbs, or one",
        "catalogue.verbs",
        VerbsRequest,
        (option("name", nargs="?", help="a verb"),),
    ),
    Command("schema", "print the JSON Schema of scenario files", "catalogue.schema", SchemaRequest),
    Command(
        "judge",
        "judge stored journals again",
        "judging.judge_journals",
        JudgeRequest,
        (
            option(
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
            option(
                "results",
                nargs="+",
                type=Path,
                metavar="DIR",
                help="the folder of an earlier run (its --out), an outcome.json, or a bundle",
            ),
            *REPORTS,
            option(
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
            option("run", help="a run's exact name"),
            option(
                "--from",
                dest="results",
                type=Path,
                metavar="DIR",
                help="the folder of an earlier run (default: .qqchaos)",
            ),
            level("which of its levels"),
            option("--out", type=Path, metavar="FILE", help="where to (default: qqchaos-RUN.zip)"),
        ),
    ),
    Command(
        "serve",
        "serve the fake platform in real time, for any QQ bot, with a control API",
        "serve.serve",
        ServeRequest,
        (
            option("scenario", nargs="?", help="a scenario, a run or a file whose rules act from the start"),
            option("--journal", type=Path, metavar="FILE", help="write a journal, for `qqchaos judge`"),
            *(Option(one.names, dict(one.how)) for one in SERVE_OPTIONS),
        ),
    ),
    Command(
        "explain",
        "explain a word of a report",
        "judging.explain",
        ExplainRequest,
        (option("word", help="an ending, a check or a verb"),),
    ),
    Command(
        "toxiproxy",
        "build the Toxiproxy server that --network toxiproxy needs, with Go, into the cache",
        "machine.toxiproxy",
        ToxiproxyRequest,
        (option("do", choices=("install",), help="install: build it, unless that was done"),),
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


def _parser() -> argparse.ArgumentParser:
    top = Parser(
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
        for one in command.options:
            made.add_argument(*one.names, **one.how)
        made.set_defaults(command=command)
    return top
