"""outcome.json files as they are read: which run, on what, and what is no such file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.comparing.outcomes import read_outcomes, rows_of
from harness.comparing.rows import Row
from harness.errors import UsageError


def outcome(**changed: Any) -> dict[str, Any]:
    """One run's entry."""
    checks = [{"name": "flag", "state": "fail"}, {"name": "awake", "state": "pass"}]
    return {
        "scenario": "exhausted/refused", "level": "adapter", "seed": 0, "fix": None,
        "subject": {"version": "0.19.0", "python": "3.12.1"},
        "verdict": "fail", "ending": "silent-death", "attempts": 100, "checks": checks, **changed,
    }  # fmt: skip


def written(folder: Path, *outcomes: Any) -> Path:
    """A folder with an outcome.json of these."""
    folder.mkdir(exist_ok=True)
    (folder / "outcome.json").write_text(json.dumps({"schema": 1, "outcomes": outcomes}), encoding="utf-8")
    return folder


def test_a_run_is_known_by_level_and_name_and_its_subject_by_version_python_and_fix(tmp_path: Path) -> None:
    fix = {"name": "change.patch", "kind": "patch", "sha256": "0"}
    (ran,) = read_outcomes(written(tmp_path, outcome(fix=fix, level="runner")))
    assert (ran.key, ran.version, ran.python, ran.fix) == (
        ("runner", "exhausted/refused"), "0.19.0", "3.12", "change.patch",
    )  # fmt: skip
    assert ran.row == Row("fail", "silent-death", 100, ("flag",))


def test_a_folder_means_the_file_in_it_and_of_a_run_twice_the_last_counts(tmp_path: Path) -> None:
    folder = written(tmp_path, outcome(attempts=1), outcome(attempts=2))
    assert read_outcomes(folder) == read_outcomes(folder / "outcome.json")
    assert rows_of(read_outcomes(folder))["adapter", "exhausted/refused"].attempts == 2


def test_runs_with_several_fixes_are_told_apart_by_them(tmp_path: Path) -> None:
    fix = {"name": "reference", "kind": "patch", "sha256": "0"}
    runs = read_outcomes(written(tmp_path, outcome(attempts=1), outcome(fix=fix, attempts=2)))
    names = ("exhausted/refused (as shipped)", "exhausted/refused (reference)")
    assert {key: row.attempts for key, row in rows_of(runs).items()} == {
        ("adapter", name): attempts for attempts, name in enumerate(names, 1)
    }


@pytest.mark.parametrize(
    "document",
    [[], 3, {"scenario": "x"}, outcome(subject=None), outcome(verdict="good"), outcome(attempts="many"),
     outcome(scenario=7), outcome(fix=3)],
)  # fmt: skip
def test_what_is_no_outcome_is_one_sentence(tmp_path: Path, document: Any) -> None:
    with pytest.raises(UsageError, match=r"outcome.json is not an outcome.json of `qqchaos run`"):
        read_outcomes(written(tmp_path, document))


def test_a_file_that_is_not_there_or_not_json_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_outcomes(tmp_path)
    (tmp_path / "outcome.json").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="it is not UTF-8"):
        read_outcomes(tmp_path)
    (tmp_path / "outcome.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="is not JSON"):
        read_outcomes(tmp_path)
