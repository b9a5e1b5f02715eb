"""How time moves, and what the wall clock says meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.clock.units import microseconds

Run = Callable[..., Any]


def test_an_hour_of_sleep_takes_less_than_ten_real_seconds(run: Run) -> None:
    ran = run("times.an_hour")
    assert ran.now_us == 3_600_000_000
    assert ran.got < 10.0  # real seconds, on a machine however loaded


def test_time_moves_only_when_nobody_is_ready(run: Run) -> None:
    assert run("times.only_if_nobody_is_ready").got == ["work 0"] * 10 + ["timer 1"]


def test_sleeps_end_at_whole_microseconds(run: Run) -> None:
    ends = run("times.microseconds").got
    expected = [100000, 333334, 1, 1, 3, 2592000000000, 100000, 1, 5000003]
    assert ends == [[length, True] for length in expected]


@pytest.mark.parametrize("seconds", [0.1, 3600.7, 365 * 86400.3, 5 * 365 * 86400.000001])
def test_the_error_of_a_float_does_not_add_a_microsecond(seconds: float) -> None:
    assert microseconds(seconds) == round(seconds * 1e6)


def test_a_loop_that_sleeps_for_the_remainder_of_a_float_ends(run: Run) -> None:
    ran = run("times.what_a_float_left_over")
    assert ran.got == 4
    assert ran.now_us == 64_401_001


def test_timers_a_microsecond_apart_fire_at_two_times(run: Run) -> None:
    assert run("times.neighbours").got == [[1, 2, 3, 4, 5]] * 3


def test_an_endless_sleep_is_allowed(run: Run) -> None:
    assert run("times.for_ever").got == 10 * 86400 * 1_000_000


def test_timers_of_one_instant_fire_in_the_order_they_were_made_with_seed_0(run: Run) -> None:
    assert run("times.ties").got == list(range(8))


def test_another_seed_permutes_timers_of_one_instant_the_same_way_each_time(run: Run) -> None:
    orders = {seed: run("times.ties", seed=seed).got for seed in (1, 2)}
    assert all(sorted(order) == list(range(8)) for order in orders.values())
    assert orders[1] != orders[2] != list(range(8)) != orders[1]
    assert run("times.ties", seed=1).got == orders[1]


def test_all_wall_clocks_are_in_step_at_every_depth_and_in_threads(run: Run) -> None:
    assert {reading for clocks in run("times.wall_clocks").got for reading in clocks} == {1234.5}


def test_the_frozen_date_is_before_the_date_of_any_new_file(run: Run) -> None:
    assert run("times.before_real_dates").got is True


def test_hooks_change_nothing_before_the_clock_begins(run: Run) -> None:
    got = run("times.inert", seed="never").got
    assert got["flag"] and not got["alive"] and got["year"]
    assert got["loop"].startswith("asyncio.")
    assert 0.14 < got["lasted"] < 60
    assert got["off"] < 10
    assert got["turns"] == 0


def test_a_parent_may_install_the_hooks_and_its_child_begin_the_clock(run: Run) -> None:
    assert run("times.fork_then_begin", seed="never").got == 7


def test_a_child_forked_by_a_subject_is_outside_the_clock(run: Run) -> None:
    assert run("times.fork_by_the_subject").got == 7


def test_event_loops_are_virtual_however_they_are_made(run: Run) -> None:
    got = run("times.loops_from_everywhere").got
    assert [micros for _, micros in got] == [hour * 3_600_000_000 for hour in range(1, 8)]


def test_a_call_before_a_jump_that_gave_somebody_work_keeps_time_from_passing(run: Run) -> None:
    seen = run("times.a_call_before_a_jump").got
    assert seen[:3] == [["asked", 0], ["woken", 0], ["asked", 0]]
