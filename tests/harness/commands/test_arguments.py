"""From the words of a command line to a request: nothing is lost, and the defaults are the request's."""

from __future__ import annotations

import dataclasses
import importlib
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.commands.arguments import COMMANDS, Command, parse
from harness.commands.request import (
    DiffRequest,
    FixesRequest,
    ListRequest,
    MergeRequest,
    RunRequest,
    SchemaRequest,
    VerbsRequest,
)

NOT_OF = {"run": {"issue"}, "repro": {"names", "baseline", "shard", "replay"}}
"""Fields of a request that another of its commands fills in."""


def destination(names: tuple[str, ...], dest: str | None) -> str:
    return dest or max(names, key=len).lstrip("-").replace("-", "_")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_field_of_a_request_has_an_option_and_every_option_a_field(command: Command) -> None:
    options = {destination(option.names, option.how.get("dest")) for option in command.options}
    fields = {field.name for field in dataclasses.fields(command.request)}
    assert options == fields - NOT_OF.get(command.name, set())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_request_is_frozen(command: Command) -> None:
    assert command.request.__dataclass_params__.frozen  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("run", RunRequest()),
        ("run a b -m x -m y", RunRequest(names=("a", "b"), tags=("x", "y"))),
        ("run a -x --strict --debug -v --json", RunRequest(("a",), stop_at_first=True, strict=True,
                                                            debug=True, verbose=True, json=True)),
        ("run a --with-fix detached --seed 3 -j 2", RunRequest(("a",), fix="detached", seed=3, jobs=2)),
        ("repro #14539 --level runner --out x", RunRequest(issue="#14539", level="runner", out=Path("x"))),
        ("run --shard 2/5 --baseline 0.19.0 --durations 5",
         RunRequest(shard=(2, 5), baseline="0.19.0", durations=5)),
        ("diff a b --json", DiffRequest(Path("a"), Path("b"), json=True)),
        ("merge a b --out c", MergeRequest((Path("a"), Path("b")), out=Path("c"))),
        ("fixes 1 --hermes a --hermes b --with-fix c", FixesRequest("1", hermes=("a", "b"), fixes=("c",))),
        ("list -k x", ListRequest(expression="x")),
        ("verbs", VerbsRequest()),
        ("verbs close", VerbsRequest("close")),
        ("schema", SchemaRequest()),
    ],
)  # fmt: skip
def test_words_become_a_request(line: str, request_: object) -> None:
    assert parse(line.split())[1] == request_


def test_without_j_there_are_as_many_runs_at_once_as_cores() -> None:
    assert RunRequest().jobs == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    "line", ["run '' healthy", "run x --with-fix ''", "run x --python ' '", "run x --out ''", "repro ''",
             "run x -k ''", "fixes 1 --hermes ''", "judge ''", "diff a ''"],
)  # fmt: skip
def test_an_empty_value_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(shlex.split(line))
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "is empty: is a variable unset?" in said and said.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_s_function_is_there(command: Command) -> None:
    module, _, name = command.function.partition(".")
    assert callable(getattr(importlib.import_module(f"harness.commands.{module}"), name))


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"qqchaos {version('qqchaos')}\n"


def test_telling_the_version_imports_no_command() -> None:
    heavy = ("rich", "yaml", "harness.judging", "fake_qq_server.server", "h11", "websockets")
    asked = "import sys; from harness.commands import arguments\ntry: arguments.parse(['--version'])\n"
    asked += f"except SystemExit: pass\nprint([name for name in sys.modules if name in {heavy}])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
