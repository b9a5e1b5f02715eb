"""What a command leaves behind: outcome.json, whatever ends it, and names of journals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.commands.results import Judged, Results, check_folder, document, file_name, write_outcomes
from harness.errors import HarnessError, UsageError
from harness.judging.outcome import judge
from tests.harness.journals import J

PLANNED = (("adapter", "a"), ("adapter", "b"), ("runner", "a"))


def judged(name: str, level: str = "adapter") -> Judged:
    records = J(level=level).up().done(60)
    return Judged(name, level, judge(records, f"runs/{name}.jsonl"), tuple(records), None, None)


def journals(out: Path) -> list[tuple[str, str]]:
    found = json.loads((out / "outcome.json").read_text())["outcomes"]
    return [(one["level"], one["journal"]) for one in found]


class TestResults:
    def test_the_runs_of_all_levels_are_in_one_outcome_json_in_the_planned_order(
        self, tmp_path: Path
    ) -> None:
        with Results(tmp_path, PLANNED) as results:
            results.extend([judged("b"), judged("a")])
            results.extend([judged("a", "runner")])
        assert [(one.level, one.name) for one in results.runs] == list(PLANNED)
        assert journals(tmp_path) == [(level, f"runs/{name}.jsonl") for level, name in PLANNED]

    def test_an_interrupted_command_leaves_the_runs_of_every_level_that_ran(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt), Results(tmp_path, PLANNED) as results:
            results.extend([judged("a"), judged("b")])
            raise KeyboardInterrupt
        assert journals(tmp_path) == [("adapter", "runs/a.jsonl"), ("adapter", "runs/b.jsonl")]

    def test_a_run_that_is_kept_twice_counts_once(self, tmp_path: Path) -> None:
        with Results(tmp_path, PLANNED) as results:
            results.extend([judged("a")])
            results.extend([judged("a"), judged("b")])
        assert len(results.runs) == 2

    def test_the_folders_are_made(self, tmp_path: Path) -> None:
        with Results(tmp_path / "a" / "b", ()):
            assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["runs"]

    def test_the_file_holds_the_document_and_a_line_feed(self, tmp_path: Path) -> None:
        runs = [judged("a")]
        write_outcomes(tmp_path, runs)
        text = (tmp_path / "outcome.json").read_text()
        assert json.loads(text) == document(runs) and text.endswith("}\n")


class TestDocument:
    def test_it_has_the_outcomes_and_no_problems_where_there_are_none(self) -> None:
        run = judged("a")
        assert run.outcome is not None
        assert document([run]) == {"schema": 1, "outcomes": [run.outcome.as_json()]}

    def test_a_run_without_an_outcome_is_a_problem(self) -> None:
        found = document([Judged("a", "runner", None, (), None, "no aiohttp")])
        assert found["outcomes"] == []
        assert found["problems"] == [{"scenario": "a", "level": "runner", "problem": "no aiohttp"}]


def test_a_file_in_place_of_the_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError, match=r"--out .*x: results cannot be written there: "):
        check_folder(tmp_path / "x")


def test_a_folder_in_place_of_outcome_json_is_an_error_of_the_harness(tmp_path: Path) -> None:
    (tmp_path / "outcome.json").mkdir()
    with pytest.raises(HarnessError, match=r"outcome\.json cannot be written: Is a directory"):
        write_outcomes(tmp_path, [])


@pytest.mark.parametrize(
    ("run", "level", "name"),
    [
        ("healthy", "adapter", "healthy"),
        ("exhausted/gateway-500+heals-30m", "adapter", "exhausted.gateway-500+heals-30m"),
        ("exhausted/refused", "runner", "exhausted.refused@runner"),
        ("a b/../c", "adapter", "a.b....c"),
    ],
)
def test_a_file_name_has_no_character_that_a_file_system_refuses(run: str, level: str, name: str) -> None:
    assert file_name(run, level) == name
