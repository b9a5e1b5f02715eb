"""The limits that hold for a worker hold for the process of a life."""

from __future__ import annotations

import os
import time
from pathlib import Path

from harness.process.heartbeat_page import HeartbeatPage
from harness.process.watchdog import EndReason, Limits
from harness.worker.life_watch import LifeWatch


def watch(folder: Path, limits: Limits) -> tuple[LifeWatch, HeartbeatPage, list[EndReason]]:
    """On this very process; with what it was told of."""
    told: list[EndReason] = []
    page = HeartbeatPage.create(folder / "page")
    return LifeWatch(os.getpid(), page, limits, told.append), page, told


def compute(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_life_that_takes_too_much_memory_is_told_of(tmp_path: Path) -> None:
    one, _, told = watch(tmp_path, Limits(resident=1))
    one.look()
    assert [reason.why for reason in told] == ["memory"]


def test_a_life_that_computes_without_a_turn_is_told_of(tmp_path: Path) -> None:
    one, _, told = watch(tmp_path, Limits(cpu_s=0.2))
    one.look()
    compute(0.3)
    one.look()
    assert [reason.why for reason in told] == ["cpu"]


def test_a_life_that_makes_turns_may_compute(tmp_path: Path) -> None:
    one, page, told = watch(tmp_path, Limits(cpu_s=0.2))
    for turn in range(1, 4):
        page.write_turn(turn * 10, 0)
        one.look()
        compute(0.3)
    assert told == []


def test_the_supervisor_sees_progress_while_a_life_is_at_work(tmp_path: Path) -> None:
    one, page, _ = watch(tmp_path, Limits())
    seen = set()
    for _ in range(3):
        one.look()
        seen.add(page.read().turns)
    assert len(seen) == 3
