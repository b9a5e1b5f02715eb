"""One run in a file: what is in it, and what is no such file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.journal.record import digest, parse
from harness.reporting.bundle import naming, opened, packed
from harness.reporting.stored import read_stored
from harness.user_files import CannotRead
from tests.harness.journals import J
from tests.harness.reporting.made import JOURNAL, dies, document, run_of

HOME = "/home/someone"


def made(folder: Path) -> Path:
    first, *rest = dies()
    first = replace(first, x={"subject": {"path": f"{HOME}/hermes"}, "seen": [f"{HOME}/x", 3]})
    path = folder / "run.zip"
    path.write_bytes(packed(document(dies()), [first, *rest], {"qqchaos": "0.1.0"}, HOME))
    return path


def test_a_report_takes_a_bundle_as_it_takes_the_folder(tmp_path: Path) -> None:
    (run,) = read_stored([made(tmp_path)]).runs
    there = run_of(dies())
    assert (run.verdict, run.told, run.notes, run.checks) == ("fail", there.told, (), there.checks)
    assert digest(run.records) == digest(dies())


def test_a_bundle_has_the_versions_the_outcome_the_journal_and_the_scenario(tmp_path: Path) -> None:
    files = zipfile.ZipFile(made(tmp_path))
    assert files.namelist() == ["bundle.json", "outcome.json", JOURNAL, "scenario.json"]
    assert json.loads(files.read("bundle.json"))["versions"] == {"qqchaos": "0.1.0"}
    assert json.loads(files.read("scenario.json"))["story"] == "It drops."


def test_the_home_folder_is_not_named(tmp_path: Path) -> None:
    files = zipfile.ZipFile(made(tmp_path))
    journal = files.read(JOURNAL).decode()
    assert HOME not in journal
    assert parse(journal)[0].x == {"subject": {"path": "~/hermes"}, "seen": ["~/x", 3]}


def test_where_the_home_folder_is_named_all_the_same_is_told() -> None:
    j = J(story=f"{HOME}/x").up()
    data = packed(document(j.done(90)), j.records, {}, HOME)
    assert naming(data, HOME) == [JOURNAL, "scenario.json"]
    assert naming(data, "/nowhere") == []


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    assert made(tmp_path).read_bytes() == made(tmp_path).read_bytes()


def test_another_name_is_no_bundle(tmp_path: Path) -> None:
    assert opened(tmp_path / "run.jsonl") is None


def test_what_is_called_a_bundle_and_is_none_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    with pytest.raises(UsageError, match=r"run.zip cannot be read: No such file"):
        opened(path)
    path.write_bytes(b"not a zip")
    with pytest.raises(UsageError, match=r"run.zip is no bundle of `qqchaos bundle`"):
        opened(path)


def test_a_damaged_journal_in_a_bundle_cannot_be_read(tmp_path: Path) -> None:
    path = made(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(JOURNAL.encode()) + len(JOURNAL) + 40
    data[at : at + 20] = b"\xff" * 20
    path.write_bytes(data)
    bundle = opened(path)
    assert bundle
    with pytest.raises(CannotRead, match=f"its {JOURNAL} is damaged"):
        bundle.journal(JOURNAL)
    with pytest.raises(CannotRead, match=r"it has no nothing\.jsonl"):
        bundle.journal("nothing.jsonl")
