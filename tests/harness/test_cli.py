"""The command line: what it takes, and its exit status whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from harness import cli
from harness.commands import arguments
from harness.commands.request import SchemaRequest
from harness.errors import NOT_JUDGED, HarnessError, QQChaosError, SubjectError, UsageError
from tests.harness import bot


@pytest.mark.parametrize(
    "line",
    [
        "repro 14539 --hermes 0.19.0 --python 3.12 --level adapter --with-fix detached --strict --json -v",
        "repro #14539 -m seam -k exhausted -j 2 -x --seed 3 --out x",
        "run a b.yaml -m seam -m x -k not -j 4 -x --seed 1 --out x --json -v --debug --strict --level runner",
        "list -v -m x -k y --json",
        "show exhausted --json",
        "validate a.yaml b.yaml",
        "verbs",
        "verbs close",
        "schema",
        "judge a b --json --strict",
        "explain zombie",
        "doctor --hermes . --python x --json",
    ],
)
def test_the_command_line_takes_each_command_with_its_options(line: str) -> None:
    command, request = arguments.parse(line.split())
    assert command.name == line.split()[0] and type(request) is command.request


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "COMMAND"),
        ("nothing", "invalid choice: 'nothing'"),
        ("repro", "issue"),
        ("run x -j 0", "0 is not a number from 1 up"),
        ("run x -j many", "many is not a number from 1 up"),
        ("run x --seed one", "--seed"),
        ("run x --lev runner", "unrecognized arguments: --lev runner"),
        ("list --verb", "unrecognized arguments: --verb"),
        ("run x --level kernel", "invalid choice: 'kernel'"),
        ("validate", "file"),
        ("judge", "journal"),
        ("explain", "word"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(
    line: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(line.split())
    assert left.value.code == 2
    said = capsys.readouterr()
    assert why in said.err and said.out == ""


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (UsageError("no such thing"), 2),
        (SubjectError("no aiohttp"), 125),
        (HarnessError("no fork server"), 125),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 130),
        (OSError(28, "No space left on device"), 125),
        (ZeroDivisionError(), 125),
    ],
)
def test_what_a_command_raises_decides_the_exit_status(
    problem: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(request: SchemaRequest) -> int:
        raise problem

    monkeypatch.setattr("harness.commands.catalogue.schema", run)
    assert cli.main(["schema"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    if isinstance(problem, QQChaosError):
        assert said.err == f"qqchaos: {problem}\n"
    assert ("Traceback" in said.err) is isinstance(problem, ZeroDivisionError)


def shell(line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `qqchaos` is the program."""
    script = f'set -o pipefail; qqchaos() {{ "{sys.executable}" -m harness.cli "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        cwd=bot.ROOT,
        env={**os.environ, **env},
        timeout=60,
        check=False,
        errors="replace",
    )


class TestTheProgram:
    def test_a_reader_that_goes_away_ends_the_program_with_130(self) -> None:
        done = shell("qqchaos schema | true")
        assert (done.returncode, done.stderr) == (130, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk_is_one_sentence_and_125(self) -> None:
        done = shell("qqchaos list > /dev/full")
        assert done.returncode == 125
        assert done.stderr == "qqchaos: cannot go on: [Errno 28] No space left on device\n"

    @pytest.mark.parametrize("command", ["list", "doctor", "--version", "judge none", "run healthy"])
    def test_a_closed_standard_output_is_one_sentence_and_125(self, command: str) -> None:
        done = shell(f"qqchaos {command} >&-")
        assert (done.returncode, done.stderr) == (125, "qqchaos: cannot go on: standard output is closed\n")

    def test_a_closed_standard_error_or_input_disturbs_nothing(self) -> None:
        assert shell("qqchaos list 2>&- <&-").returncode == 0

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_standard_error_that_takes_nothing_never_ends_with_1(self, tmp_path: Path) -> None:
        assert shell("qqchaos judge none 2> /dev/full").returncode == 2
        line = f"qqchaos run healthy {' '.join(map(str, bot.on()))} --json --out {tmp_path} 2> /dev/full"
        assert shell(line).returncode == 125

    def test_sigterm_outside_the_runs_ends_with_130(self) -> None:
        code = """
import os, signal, sys
from harness import cli
from harness.commands import catalogue
catalogue.schema = lambda request: os.kill(os.getpid(), signal.SIGTERM)
sys.exit(cli.main(["schema"]))
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=bot.ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (130, b"qqchaos: interrupted; what ran is in the journals\n")

    def test_ctrl_c_while_it_imports_is_no_traceback(self) -> None:
        code = """
import builtins, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it for its children
from harness import cli
real = builtins.__import__
def slow(name, *more):
    if name.startswith("harness.commands"):
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *more)
builtins.__import__ = slow
sys.exit(cli.main(["schema"]))
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=bot.ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (130, b"qqchaos: interrupted; what ran is in the journals\n")

    def test_a_terminal_without_unicode_gets_replacement_characters(self) -> None:
        done = shell("qqchaos show exhausted/refused", PYTHONIOENCODING="latin-1")
        assert done.returncode == 0 and "close: 4009" in done.stdout

    def test_help_says_what_the_commands_do(self) -> None:
        done = shell("qqchaos --help && qqchaos repro --help")
        assert done.returncode == 0 and "run every scenario of an issue" in done.stdout

    def test_a_run_that_passes_prints_nothing_on_stderr_and_ends_with_0(self, tmp_path: Path) -> None:
        done = bot.qqchaos("run", "healthy", *bot.on(), "--out", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


class TestInterrupted:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupted_command_leaves_closed_journals_and_outcome_json(
        self, tmp_path: Path, number: signal.Signals
    ) -> None:
        slow = bot.copy(tmp_path, in_connect="import subprocess, time, _thread; _slow()")
        (slow / bot.ADAPTER).write_text(
            (slow / bot.ADAPTER).read_text()
            + "\n\ndef _slow():\n    n = 0\n    while n < 10**12:\n        n += 1\n"
        )
        out = tmp_path / "out"
        command = [sys.executable, "-m", "harness.cli", "run", "healthy", "exhausted", *bot.on(slow)]
        process = subprocess.Popen(
            [*command, "--out", str(out), "-j", "1"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=bot.ROOT,
            preexec_fn=partial(signal.signal, number, signal.SIG_DFL),  # a shell's `&` ignores SIGINT
        )
        journal = out / "runs" / "healthy.jsonl"
        while process.poll() is None and not (journal.exists() and journal.stat().st_size):
            pass
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (130, "qqchaos: interrupted; what ran is in the journals\n")
        records = [line for path in (out / "runs").iterdir() for line in path.read_text().splitlines()[-1:]]
        assert records and all('"k":"run.close"' in record for record in records)
        assert '"outcomes"' in (out / "outcome.json").read_text()
        homes = [
            line.partition('"folder":"')[2].partition('"')[0] for line in journal.read_text().splitlines()[:1]
        ]
        assert homes[0] and not Path(homes[0]).exists()


def test_a_defect_in_taking_the_options_is_no_failed_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(argv: object) -> None:
        raise TypeError("an option without a field")

    monkeypatch.setattr(arguments, "parse", broken)
    assert cli.main(["list"]) == NOT_JUDGED
    assert "a defect of this program" in capsys.readouterr().err
