"""What a run keeps of itself until its last record."""

from __future__ import annotations

from pathlib import Path

from harness.journal.run_kinds import RunClose
from tests.harness import bot
from tests.harness.worker.runs import records


def test_the_last_record_counts_the_others_and_says_what_the_run_cost(tmp_path: Path) -> None:
    *others, last = records(bot.CORRECT, tmp_path)
    assert isinstance(last.event, RunClose)
    assert sum(last.event.counts.values()) == len(others)
    assert last.x["turns"] > 0
    assert last.x["cpu_s"] > 0 and last.x["wall_s"] > 0


def test_the_last_record_says_when_each_phase_was_reached_first_in_real_seconds(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules="[{at: ready + 60s, do: {close: 4915}}]", end="1h")
    marks = found[-1].x["marks"]
    assert list(marks) == ["imported", "connecting", "gave up"]
    times = [mark["wall_s"] for mark in marks.values()]
    assert times == sorted(times)
