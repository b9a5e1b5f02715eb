"""`run` and `repro`, whole: what is printed where, what is written, and the exit status."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from tests.harness import bot

FILE = """\
scenario: fine
story: Nothing happens.
issues: [14539]
levels: [adapter]
asks: [connects]
rules: []
end: 10m
---
scenario: untouched
story: A rule that never acts.
issues: [14539]
levels: [adapter]
asks: [connects]
rules: [{id: never, when: http.gateway, which: 50, do: {status: 500}}]
end: 10m
---
scenario: down
story: The gateway answers 500 to everybody.
issues: [14539]
levels: [adapter]
asks: [connects]
rules: [{when: http.gateway, do: {status: 500}}]
end: 10m
---
scenario: unasked
story: The same, and nobody asks.
issues: [14539]
levels: [adapter]
asks: [truthful]
rules: [{when: http.gateway, do: {status: 500}}]
end: 10m
"""

FIRST = re.compile(
    r"hermes-agent \S+.* \(path, \S+, sha256 [0-9a-f]{12}\), Python 3\.\d+\.\d+, aiohttp \d\S+"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return path


def run(*words: str | Path, out: Path) -> tuple[int, dict[str, Any]]:
    """In this process: the exit status, and outcome.json as it was written."""
    status = cli.main(["run", *map(str, words), *bot.on(), "--out", str(out), "-j", "2"])
    return status, json.loads((out / "outcome.json").read_text())


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {one["scenario"]: one["verdict"] for one in document["outcomes"]}


class TestExitStatus:
    def test_runs_that_all_pass_end_with_0(self, file: Path, tmp_path: Path) -> None:
        status, document = run(f"{file}::fine", out=tmp_path / "o")
        assert (status, verdicts(document)) == (0, {"fine": "pass"})

    def test_a_rule_that_never_acts_makes_the_run_unknown_and_the_status_125(
        self, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, document = run(f"{file}::untouched", f"{file}::fine", out=tmp_path / "o")
        assert (status, verdicts(document)) == (125, {"untouched": "unknown", "fine": "pass"})
        assert "less or more often than the scenario requires: never" in capsys.readouterr().out

    def test_a_failed_run_outranks_one_that_could_not_be_judged(
        self, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, document = run(f"{file}::untouched", f"{file}::fine", f"{file}::down", out=tmp_path / "o")
        assert status == 1
        assert verdicts(document) == {"untouched": "unknown", "fine": "pass", "down": "fail"}
        said = capsys.readouterr().out
        assert FIRST.fullmatch(said.splitlines()[0])
        assert said.splitlines()[-1] == "1 FAIL, 1 UNKNOWN, 1 PASS"
        assert f"repeat   qqchaos run {file}::down --hermes" in said

    def test_strict_counts_failed_checks_that_no_scenario_asks(self, file: Path, tmp_path: Path) -> None:
        assert run(f"{file}::unasked", out=tmp_path / "o")[0] == 0
        assert run(f"{file}::unasked", "--strict", out=tmp_path / "o")[0] == 1

    def test_x_stops_after_the_first_run_that_fails(self, file: Path, tmp_path: Path) -> None:
        words = [f"{file}::down", "healthy", "exhausted", "-x", *bot.on(), "--out", str(tmp_path), "-j", "1"]
        assert cli.main(["run", *words]) == 1
        document = json.loads((tmp_path / "outcome.json").read_text())
        assert 1 <= len(document["outcomes"]) <= 2  # the next had begun already


def test_against_runs_the_same_first_and_tells_what_changed(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = bot.on()[1]
    out = tmp_path / "o"
    status, document = run(f"{file}::fine", f"{file}::down", "--against", folder, out=out)
    said = capsys.readouterr().out
    assert (status, verdicts(document)) == (1, {"fine": "pass", "down": "fail"})
    assert said.count("  checks  ") == 1  # the story of the one that was asked for
    assert f"compared with {folder}\n2 as known\n" in said
    before = json.loads((out / "against" / "outcome.json").read_text())
    assert verdicts(before) == verdicts(document)


class TestOutput:
    def test_json_prints_outcome_json_and_nothing_else_on_stdout(self, file: Path, tmp_path: Path) -> None:
        done = bot.qqchaos(
            "run", f"{file}::fine", f"{file}::down", *bot.on(), "--json", "--seed", "7", "--out", tmp_path
        )
        assert done.returncode == 1
        assert done.stdout == (tmp_path / "outcome.json").read_text()
        assert FIRST.fullmatch(done.stderr.splitlines()[0])
        document = json.loads(done.stdout)
        assert document["schema"] == 1 and "problems" not in document
        one = document["outcomes"][0]
        assert set(one) == {
            "scenario", "issues", "level", "seed", "fix", "subject", "verdict", "ending", "attempts",
            "virtual_s", "wall_s", "digest", "clock", "checks", "journal",
        }  # fmt: skip
        assert (one["seed"], one["level"], one["fix"], one["journal"]) == (
            7,
            "adapter",
            None,
            "runs/fine.jsonl",
        )
        assert set(one["subject"]) == {"name", "version", "source", "python", "aiohttp", "sha256"}
        assert (tmp_path / one["journal"]).is_file()

    def test_verbose_prints_the_story_of_every_run(
        self, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(f"{file}::fine", f"{file}::untouched", "-v", "--seed", "2", out=tmp_path / "o")
        said = capsys.readouterr().out
        assert said.index("-- fine --") < said.index("-- untouched --")
        assert said.count(" --seed 2\n") == 2

    def test_repro_ends_with_its_conclusion(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = [
            "repro",
            "#14539",
            "-k",
            "exhausted/refused and not heals",
            "--level",
            "adapter",
            *bot.on(),
            "--out",
            str(tmp_path),
        ]
        assert cli.main(words) == 0
        *_, conclusion, flag_and_callback, missing = capsys.readouterr().out.splitlines()
        assert flag_and_callback.startswith("Of 1 run that gave up, 1 set the fatal flag in time and 1 had ")
        assert conclusion == "NOT REPRODUCED: issue 14539: the one run passes"
        assert missing.startswith("Not judged without the runner level: ")

    def test_repro_runs_both_levels_into_one_outcome_json(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chosen = ["-k", "exhausted/refused and not heals"]
        words = ["repro", "14539", *chosen, *bot.on(), "--out", str(tmp_path)]
        assert cli.main(words) == 0
        said = capsys.readouterr().out
        assert "level adapter" in said and "level runner" in said
        assert "Once it gave up, the real gateway brought the bot back in 1 of 1 runs." in said
        document = json.loads((tmp_path / "outcome.json").read_text())
        assert [row["level"] for row in document["outcomes"]] == ["adapter", "runner"]
        journals = {row["journal"] for row in document["outcomes"]}
        assert journals == {"runs/exhausted.refused.jsonl", "runs/exhausted.refused@runner.jsonl"}

    def test_results_go_to_the_current_folder_by_default(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert cli.main(["run", f"{file}::fine", *bot.on()]) == 0
        assert (tmp_path / ".qqchaos" / "runs" / "fine.jsonl").is_file()

    def test_runs_of_a_bot_that_cannot_be_imported_are_problems_in_the_json(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = bot.copy(tmp_path, on_import="raise RuntimeError('half a merge')")
        words = [
            "repro",
            "14539",
            "-k",
            "exhausted/refused",
            *bot.on(broken),
            "--out",
            str(tmp_path / "o"),
            "--json",
        ]
        assert cli.main(words) == 125
        said = capsys.readouterr()
        problems = json.loads(said.out)["problems"]
        assert [problem["level"] for problem in problems] == 3 * ["adapter"] + 3 * ["runner"]
        assert set(problems[0]) == {"scenario", "level", "problem"}
        assert "RuntimeError: half a merge" in problems[0]["problem"]
        assert "NOT JUDGED: issue 14539: none of 6 runs fails, but 6 could not be judged" in said.err
        assert "Traceback" not in said.err


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bot, a broken scenario, a strange adapter and a bare Python."""
    folder = tmp_path_factory.mktemp("place")
    bot.copy(folder)
    (folder / "broken.yaml").write_text("scenario: 7\n")
    strange = folder / "strange" / bot.ADAPTER
    strange.parent.mkdir(parents=True)
    strange.write_text("class QQAdapter:\n    pass\n")
    venv.create(folder / "bare", with_pip=False, symlinks=True)
    return folder


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("words", "status", "why"),
        [
            (["run", "healthy", "--shard", "1/1", "--baseline", "nope"], 2, "neither a file nor a release"),
            (["run", "healthy", "--baseline", "0.1.0"], 2, "no results of it or an older one"),
            (["run", "healthy", "--baseline", "broken.yaml"], 2, "broken.yaml is not JSON"),
            (["run", "nope"], 2, "there is no scenario nope"),
            (["run", "healthy", "broken.yaml"], 2, "broken.yaml:1: "),
            (["repro", "99999"], 2, "no scenario shows issue 99999"),
            (["run", "healthy", "--speed", "2"], 2, "--speed is for --level process"),
            (["run", "healthy", "--level", "process", "--debug"], 2, "do not go together"),
            (["run", "healthy", "--level", "process", *bot.on()], 125, "names no command `hermes`"),
            (["run", "healthy", "--hermes", "/nonexistent"], 2, "neither a release (0.19.0) nor a folder"),
            (["run", "healthy", "--hermes", "broken.yaml"], 2, "is a file"),
            (["run", "healthy", "--hermes", "."], 125, "no hermes-agent there"),
            (["run", "healthy", "--hermes", "strange"], 125, "a layout that is not known here"),
            (["run", "healthy", "--hermes", "bot", "--python", "/bin/false"], 2, "is not a Python that runs"),
            (
                ["run", "healthy", "--hermes", "bot", "--python", "no-such-python"],
                2,
                "no Python of that name",
            ),
            (["run", "healthy", "--hermes", "bot"], 2, "say which Python has its dependencies"),
            (["run", "healthy", "--hermes", "bot", "--python", "bare/bin/python"], 125, "has no aiohttp"),
            (["run", "healthy", *bot.on(), "--with-fix", "nope"], 2, "neither a file nor one of flag-only"),
            (["run", "healthy", *bot.on(), "--with-fix", "detached"], 125, "bot|adapter|exit"),
            (["run", "healthy", *bot.on(), "--out", "broken.yaml"], 2, "results cannot be written there"),
            (["run", "healthy", *bot.on(), "--out", "/proc/nope"], 2, "results cannot be written there"),
        ],
    )
    def test_what_cannot_be_run_is_one_sentence_before_anything_ran(
        self,
        place: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        words: list[str],
        status: int,
        why: str,
    ) -> None:
        monkeypatch.chdir(place)
        assert cli.main(words) == status
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("qqchaos: ") and said.err.count("\n") == 1
        assert any(part in said.err for part in why.split("|"))
        assert not (place / ".qqchaos").exists()


@pytest.fixture
def stops(tmp_path: Path) -> Path:
    """The bot, with a breakpoint where it connects."""
    return bot.copy(tmp_path, in_connect="breakpoint()")


class TestDebug:
    def test_a_breakpoint_reads_commands_from_a_pipe(self, stops: Path, tmp_path: Path) -> None:
        done = bot.qqchaos(
            "run", "healthy", "--debug", *bot.on(stops), "--out", tmp_path / "o", input="p 6*7\ncontinue\n"
        )
        assert done.returncode == 0, done.stderr
        assert "(Pdb) 42" in done.stdout
        assert "undisturbed: served" in done.stdout

    def test_a_breakpoint_works_at_a_terminal(self, stops: Path, tmp_path: Path) -> None:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "harness.cli", "run", "healthy", "--debug", *bot.on(stops)]
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "o")], stdin=theirs, stdout=theirs, stderr=theirs, cwd=bot.ROOT
        )
        os.close(theirs)
        said, answered = b"", False
        while True:
            try:
                got = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            said += got
            if b"(Pdb)" in said and not answered:
                answered = True
                os.write(ours, b"p 6*7\ncontinue\n")
        os.close(ours)
        assert process.wait(60) == 0
        assert b"42" in said and b"undisturbed" in said
        assert b"running" not in said  # no moving line over the debugger's

    def test_x_stops_after_the_first_run_that_fails_in_the_foreground_too(
        self, file: Path, tmp_path: Path
    ) -> None:
        words = [f"{file}::down", f"{file}::fine", "--debug", "-x", *bot.on(), "--out", str(tmp_path)]
        assert bot.qqchaos("run", *words).returncode == 1
        assert len(json.loads((tmp_path / "outcome.json").read_text())["outcomes"]) == 1


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        (b"o\xffx", {}),
        ("输出".encode(), {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    ],
    ids=["not-utf-8", "c-locale"],
)
def test_results_may_go_to_a_folder_of_any_name(
    tmp_path: Path, name: bytes, environment: dict[str, str]
) -> None:
    out = os.fsencode(tmp_path) + b"/" + name
    command = [sys.executable, "-m", "harness.cli", "run", "healthy", *map(str, bot.on())]
    done = subprocess.run(
        [*map(os.fsencode, command), b"--out", out],
        env={**os.environ, **environment},
        cwd=bot.ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    document = json.loads(Path(os.fsdecode(out), "outcome.json").read_text(encoding="utf-8"))
    assert document["outcomes"][0]["verdict"] == "pass"
