"""The store of runs: what is found is not done again, says so, and is compared now and then."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.commands import outcome_store
from harness.commands.outcome_store import OutcomeStore
from harness.hermes import environments
from harness.process.worker_spec import WorkerSpec
from tests.harness import bot

NAMES = ("healthy", "closed-once/expired-4009")


def run(tmp_path: Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and outcomes of the two runs, with a store."""
    out = tmp_path / "out"
    store = ("--store", str(tmp_path / "store"), "--out", str(out))
    status = cli.main(["run", *NAMES, *bot.on(), *store])
    return status, json.loads((out / "outcome.json").read_text())["outcomes"]


def test_a_second_time_all_but_one_in_twenty_is_found_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, first = run(tmp_path)
    assert [one.get("stored") for one in first] == [None, None]
    capsys.readouterr()
    status, second = run(tmp_path)
    assert status == 0
    assert sorted(one.pop("stored", False) for one in second) == [False, True]
    assert [one["digest"] for one in second] == [one["digest"] for one in first]
    told = [line.endswith("stored") for line in capsys.readouterr().out.splitlines() if "  PASS  " in line]
    assert sorted(told) == [False, True]
    assert all((tmp_path / "out" / one["journal"]).is_file() for one in second)


def test_a_difference_is_told_and_exits_with_125(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path)
    for path in (tmp_path / "store").rglob("*.gz"):
        text = gzip.decompress(path.read_bytes()).decode()
        path.write_bytes(gzip.compress(text.replace('"seed":0', '"seed":9').encode()))
    monkeypatch.setattr(outcome_store, "DONE_AGAIN", 1)
    assert run(tmp_path)[0] == 125
    assert "is not deterministic: do not trust it" in capsys.readouterr().err


def test_what_cannot_be_read_there_is_done_again(tmp_path: Path) -> None:
    run(tmp_path)
    for path in (tmp_path / "store").rglob("*.gz"):
        path.write_bytes(b"no journal")
    assert [one.get("stored") for one in run(tmp_path)[1]] == [None, None]


def test_another_file_seed_or_fix_is_another_run(tmp_path: Path) -> None:
    root = bot.copy(tmp_path)
    worker = WorkerSpec("healthy", "adapter", 0, "/a/journal", subject={"path": "/a"})
    elsewhere = WorkerSpec("healthy", "adapter", 0, "/b/journal", subject={"path": "/b"})

    def store() -> OutcomeStore:
        return OutcomeStore.of(tmp_path / "store", environments.resolve(str(root), sys.executable))

    key = store().key(worker)
    assert store().key(elsewhere) == key
    assert store().key(WorkerSpec("healthy", "adapter", 1, "/a/journal")) != key
    assert store().key(WorkerSpec("healthy", "runner", 0, "/a/journal")) != key
    (root / "data.json").write_text("{}")
    assert store().key(worker) != key


@pytest.mark.parametrize("words", [("--debug",), ("--network", "toxiproxy")])
def test_runs_that_differ_by_nature_are_not_kept(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "healthy", *bot.on(), "--store", str(tmp_path), *words]) == 2
    assert "--store goes neither with" in capsys.readouterr().err
