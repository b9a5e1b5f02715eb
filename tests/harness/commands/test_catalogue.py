"""`list`, `show`, `validate`, `verbs`, `schema`: what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from fake_qq_server.rules.verbs.registry import VERBS
from harness import cli
from harness.scenario import selection
from harness.scenario.loading import load_catalogue


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert cli.main(words) == status
    captured = capsys.readouterr()
    assert (captured.err == "") is (status == 0)
    return captured.out or captured.err


def test_these_commands_do_not_wait_for_what_runs_and_judges() -> None:
    program = "import harness.cli, harness.commands.catalogue, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in done.stdout.split() if name.startswith("harness.")}
    assert "scenario" in rooms
    assert not rooms & {"clock", "comparing", "hermes", "journal", "judging", "worker"}


class TestListCommand:
    def test_all_scenarios_are_listed_without_their_runs(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "list").splitlines()
        names = [line.split()[0] for line in told if not line.startswith(" ")]
        assert names == list(load_catalogue())
        assert not [line for line in told if line != line.rstrip() or len(line) > 120]

    def test_verbose_lists_every_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "list", "-v").splitlines()
        assert [line.strip() for line in told if line.startswith("      ")] == [
            run.name for run in selection.all_runs()
        ]

    def test_an_expression_narrows_the_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "list", "-k", "gateway-500")
        assert told.startswith("exhausted  #14539") and "\n    3 runs\n" in told
        assert "one-failed-reconnect" not in told

    def test_json_is_a_document_of_every_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        runs = json.loads(said(capsys, "list", "--json"))
        assert [run["run"] for run in runs] == [run.name for run in selection.all_runs()]


class TestShowCommand:
    def test_a_run_is_explained_in_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert said(capsys, "show", "exhausted/gateway-500").splitlines() == [
            "exhausted/gateway-500",
            "  The link drops and every reconnect fails. After 100 attempts the listener returns. "
            "Nobody is told.",
            "  tags     give-up",
            "  issues   #14539, #25505, #29005, #21851",
            "  asks     flag, notified, patient, settles (level adapter)",
            "           back, truthful (level runner)",
            "           back, stays, stops, truthful (level process)",
            "  rules    drop: at 1m after ready → close: 4009",
            "           whenever the gateway's address is asked for from drop → status: 500",
            "  ends     1h after the give-up, after 4h at the latest",
            "",
        ]

    @pytest.mark.parametrize("name", sorted(load_catalogue()))
    def test_every_scenario_fits_a_terminal_of_120_columns(
        self, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        told = said(capsys, "show", name).splitlines()
        assert not [line for line in told if len(line) > 120]

    def test_the_healing_is_explained(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "show", "exhausted/refused+heals-30m")
        assert "  heals    at 30m; what a condition holds stays held\n" in told

    def test_a_level_shows_only_what_is_asked_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "show", "exhausted/refused", "--level", "runner")
        assert "back, truthful (level runner)" in told and "(level adapter)" not in told

    def test_a_run_without_rules_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "  rules    none: the platform works as it should\n" in said(capsys, "show", "healthy")
        assert "  bot      " not in said(capsys, "show", "healthy")

    def test_how_the_bot_is_configured_is_told_where_it_is_unusual(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "  bot      has no credentials\n" in said(capsys, "show", "no-credentials")

    def test_json_is_a_document_of_every_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert [run["run"] for run in json.loads(said(capsys, "show", "healthy", "--json"))] == ["healthy"]

    def test_an_unknown_name_suggests_close_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "did you mean receive-raises?" in said(capsys, "show", "receive-raise", status=2)


class TestValidateCommand:
    GOOD = """\
scenario: mine
story: Something.
issues: [1]
levels: [adapter]
asks: [connects]
handler: {slow: 5s}
rules: []
end: 1h
"""

    def test_a_valid_file_is_ok_with_its_number_of_runs(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(self.GOOD)
        assert said(capsys, "validate", str(file)) == f"{file}: ok: mine (1 run)\n"
        assert "  handler  the fatal-error handler takes 5s to return\n" in said(capsys, "show", str(file))

    def test_a_mistake_is_named_with_its_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(self.GOOD.replace("rules: []", "rules: [{at: 1m, do: {clos: 4009}}]"))
        told = said(capsys, "validate", str(file), status=2)
        assert told.startswith(f"qqchaos: {file}:7: ") and "close" in told


class TestVerbsCommand:
    def test_all_verbs_are_listed_by_class(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = said(capsys, "verbs").splitlines()
        assert {line.split()[0] for line in told if line.startswith("  ")} == set(VERBS)
        assert [line.partition(":")[0] for line in told if line[0] != " "] == [
            "answers",
            "pushes",
            "conditions",
        ]

    def test_one_verb_is_explained_with_its_arguments(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert said(capsys, "verbs", "close").splitlines() == [
            "close: The platform closes the WebSocket with this code (any two bytes), or without one.",
            "  class          push",
            "  acts at        everywhere",
            "  close:         the close code (without one the frame is empty); "
            "a number from 0 to 65535 (may be left out)",
            "  reason:        the reason in the close frame; a text (may be left out)",
            "  a client sees  A close frame with that code and reason, then EOF.",
        ]

    def test_a_verb_without_arguments_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "  arguments      none\n" in said(capsys, "verbs", "rst")

    def test_an_unknown_name_suggests_close_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "there is no verb clos; did you mean close?" in said(capsys, "verbs", "clos", status=2)
        assert "see `qqchaos verbs`" in said(capsys, "verbs", "xyzzy", status=2)


def test_the_schema_is_a_valid_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(said(capsys, "schema")))
