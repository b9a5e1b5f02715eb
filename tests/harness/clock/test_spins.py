"""How the clock fails, and how it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

FIVE_S = 5_000_000

Run = Callable[..., Any]


def test_a_loop_that_yields_for_ever_is_a_spin_after_20000_turns_each_time(run: Run) -> None:
    first = run("spins.yields_for_ever")
    assert first.got == [["main", 20_001, "turns within one instant", FIVE_S]]
    assert run("spins.yields_for_ever") == first


def test_a_loop_that_only_reads_the_clock_is_a_spin_after_200000_readings_each_time(run: Run) -> None:
    first = run("spins.only_reads_the_clock")
    assert first.got == [["main", 200_001, "readings of the clock within one turn", FIVE_S]]
    assert run("spins.only_reads_the_clock") == first


def test_a_thread_that_sleeps_for_no_time_again_and_again_is_a_spin(run: Run) -> None:
    assert run("spins.thread_sleeps_zero").got == [["main", 20_001, "turns within one instant", 0]]


def test_a_spin_without_a_worker_raises_clock_stuck_in_who_spins(run: Run) -> None:
    assert run("spins.refused").got == "main spins: 20001 turns within one instant at 0.000000 s"


@pytest.mark.parametrize(
    ("how", "main_waits"), [("loop", "select"), ("blocked loop", "condition"), ("thread", "condition")]
)
def test_a_clock_on_which_nobody_can_run_names_all_who_wait(run: Run, how: str, main_waits: str) -> None:
    why = f"nobody waits for a time or for input: main ({main_waits}), the waiter (condition)"
    assert run("spins.stuck", how).got == [[why], why, 0]


def test_a_blocked_loop_is_reported_30_s_after_its_work_was_due(run: Run) -> None:
    assert run("spins.blocked_with_work").got == [["main", 35.0, 35_000_000]]
    assert run("spins.blocked_at_once").got == [["main", 30.0, 30_000_000]]


def test_a_blocked_loop_is_reported_30_s_after_another_thread_gave_it_work(run: Run) -> None:
    assert run("spins.blocked_by_input").got == [["main", 70.0, 70_000_000]]


def test_a_blocked_loop_without_due_work_is_not_reported(run: Run) -> None:
    assert run("spins.blocked_without_work").got == [1_200_000_000]


def test_a_selector_that_is_closed_raises_in_the_thread_that_waits_in_it(run: Run) -> None:
    [[fault, when]] = run("spins.a_test_that_fails").got
    assert "closed" in fault
    assert when == 1_000_000
