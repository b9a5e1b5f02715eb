"""`baseline update`: what is written, what is asked, and the exit status; on the small correct bot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from tests.harness import bot

FILE = """\
scenario: dropped
story: The connection drops.
issues: []
levels: [adapter]
asks: [connects]
rules: [{at: ready + 60s, do: {close: 4009}}]
end: 5m
---
scenario: idle
story: A rule that changes nothing for the bot.
issues: []
levels: [adapter]
asks: [connects]
rules: [{when: ws.in.heartbeat, do: nothing}, {when: ws.out.ack, do: {body: {op: 11}}}]
end: 5m
---
scenario: never-up
story: The gateway answers 500 to everybody.
issues: []
levels: [adapter]
asks: [connects]
rules: [{when: http.gateway, do: {status: 500}}]
end: 5m
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return path


def update(to: Path, *words: str | Path, seeds: int = 1) -> tuple[int, dict[str, Any]]:
    """The exit status, and what was written."""
    out = to.with_name("out")
    options = [*bot.on(), "--seeds", str(seeds), "-j", "2", "--out", str(out)]
    status = cli.main(["baseline", "update", str(to), *map(str, words), *options])
    return status, json.loads(to.read_text()) if to.exists() else {}


def test_a_run_is_tried_with_each_seed_and_delay_and_without_each_rule(file: Path, tmp_path: Path) -> None:
    status, document = update(tmp_path / "known.json", f"{file}::dropped", seeds=2)
    assert status == 0
    assert document["runs"]["dropped"]["ending"] == "recovered"
    assert "reasons" not in document and "digest" not in (tmp_path / "known.json").read_text()
    journals = {path.parent.parent.name for path in (tmp_path / "out").rglob("dropped.jsonl")}
    assert journals == {"seed-0", "seed-1", "delay-0ms", "delay-200ms", "without-rule-1"}


def test_a_failed_check_needs_a_reason_before_the_file_is_of_use(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known, run = tmp_path / "known.json", f"{file}::never-up"
    status, document = update(known, run)
    assert (status, document["reasons"]) == (
        1,
        [{"check": "connects", "scenarios": ["never-up"], "because": ""}],
    )
    assert "connects fails in never-up" in capsys.readouterr().out
    compare = ["run", run, *bot.on(), "--out", str(tmp_path / "o"), "--baseline", str(known)]
    assert cli.main(compare) == 2
    assert "no issue or reason for connects in never-up" in capsys.readouterr().err
    status, document = update(known, run, "--because", "never-up:connects=nobody can connect there")
    assert (status, document["reasons"][0]["because"]) == (0, "nobody can connect there")
    assert cli.main(compare) == 0


def test_a_run_of_which_a_rule_changes_nothing_is_left_out(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = update(tmp_path / "known.json", f"{file}::idle", f"{file}::dropped")
    assert (status, list(document["runs"])) == (1, ["dropped"])
    assert "left out: idle: without its rule 2" in capsys.readouterr().out


def test_rows_of_other_runs_stay(file: Path, tmp_path: Path) -> None:
    update(tmp_path / "known.json", f"{file}::dropped")
    _, document = update(tmp_path / "known.json", "healthy")
    assert list(document["runs"]) == ["dropped", "healthy"]


def test_rows_of_two_subjects_are_not_mixed(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = tmp_path / "known.json"
    known.write_text('{"subject": "hermes-agent 0.1.0", "level": "adapter", "runs": {}}')
    assert update(known, f"{file}::dropped")[0] == 2
    assert "has results of hermes-agent 0.1.0" in capsys.readouterr().err


def test_nothing_is_known_of_a_bot_whose_control_run_is_disturbed(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = bot.copy(tmp_path, in_connect="return False")
    words = ["baseline", "update", str(tmp_path / "known.json"), f"{file}::dropped", *bot.on(broken)]
    assert cli.main([*words, "--out", str(tmp_path / "out")]) == 2
    assert "its control run healthy is never-connected" in capsys.readouterr().err
    assert not (tmp_path / "known.json").exists()


@pytest.mark.parametrize("because", ["a:b", "a=b", ":b=c", "a:b= "])
def test_a_reason_of_another_form_is_refused(
    because: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["baseline", "update", str(tmp_path / "k"), "healthy", "--because", because]) == 2
    assert "write SCENARIO:CHECK=ISSUE" in capsys.readouterr().err
