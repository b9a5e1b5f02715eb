"""What `run --out DIR` left, read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.reporting.runs import MISSING, NotRun
from harness.reporting.stored import read_stored
from tests.harness.reporting.made import JOURNAL, dies, passes, write


def test_folders_and_outcome_files_are_read_with_their_journals(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", dies()), write(tmp_path / "other", passes())
    stored = read_stored([one, other / "outcome.json"])
    assert [run.verdict for run in stored.runs] == ["fail", "pass"]
    assert all(run.records and not run.notes for run in stored.runs)


def test_runs_that_there_was_nothing_to_judge_of_are_told(tmp_path: Path) -> None:
    problem = {"scenario": "story/b", "level": "runner", "problem": "no aiohttp"}
    stored = read_stored([write(tmp_path / "one", dies(), [problem])])
    assert stored.not_run == (NotRun("story/b", "runner", "no aiohttp"),)


def test_a_journal_that_is_gone_leaves_the_outcome(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", dies())
    (folder / JOURNAL).unlink()
    (run,) = read_stored([folder]).runs
    assert (run.verdict, run.notes) == ("fail", (MISSING,))


def test_a_journal_that_is_torn_is_said_to_be(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", dies())
    (folder / JOURNAL).write_text('{"n": 1', encoding="utf-8")
    (run,) = read_stored([folder]).runs
    assert run.notes == ("its journal cannot be read: line 1 is no journal record",)


@pytest.mark.parametrize("name", ["../one/runs/story.a.jsonl", "/etc/passwd", 7, None])
def test_a_journal_is_looked_for_below_the_folder_only(tmp_path: Path, name: object) -> None:
    (run,) = read_stored([write(tmp_path / "one", dies(), journal=name)]).runs
    assert run.notes == (MISSING,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is not an outcome.json"),
        ('{"outcomes": [], "problems": 3}', "is not an"),
    ],
)
def test_what_is_no_outcome_file_is_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "outcome.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=why):
        read_stored([tmp_path])


def test_a_folder_without_an_outcome_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"outcome.json cannot be read: No such file"):
        read_stored([tmp_path])


def test_an_outcome_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", dies(), checks=[{"name": "flag", "state": "fail"}])
    whole = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    del whole["outcomes"][0]["digest"], whole["outcomes"][0]["journal"]
    (folder / "outcome.json").write_text(json.dumps(whole), encoding="utf-8")
    (run,) = read_stored([folder]).runs
    assert (run.checks[0].name, run.checks[0].lines, run.notes) == ("flag", (), (MISSING,))
