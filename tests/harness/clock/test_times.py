"""How time moves, and what the wall clock says meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.clock.baton import microseconds

Run = Callable[..., Any]


def test_an_hour_in_a_blink(run: Run) -> None:
    ran = run("times.an_hour")
    assert ran.now_us == 3_600_000_000
    assert ran.got < 10.0  # real seconds, on a machine however loaded


def test_time_moves_only_if_nobody_is_ready(run: Run) -> None:
    assert run("times.only_if_nobody_is_ready").got == ["work 0"] * 10 + ["timer 1"]


def test_integer_microseconds(run: Run) -> None:
    ends = run("times.microseconds").got
    expected = [100000, 333334, 1, 1, 3, 2592000000000, 100000, 1, 5000003]
    assert ends == [[length, True] for length in expected]


@pytest.mark.parametrize("seconds", [0.1, 3600.7, 365 * 86400.3, 5 * 365 * 86400.000001])
def test_what_a_float_is_off_is_no_microsecond(seconds: float) -> None:
    assert microseconds(seconds) == round(seconds * 1e6)


def test_a_sleep_for_what_a_float_left_over_ends(run: Run) -> None:
    ran = run("times.what_a_float_left_over")
    assert ran.got == 4
    assert ran.now_us == 64_401_001


def test_timers_a_microsecond_apart_stay_apart(run: Run) -> None:
    assert run("times.neighbours").got == [[1, 2, 3, 4, 5]] * 3


def test_an_endless_sleep_is_allowed(run: Run) -> None:
    assert run("times.for_ever").got == 10 * 86400 * 1_000_000


def test_ties_are_first_in_first_out_with_seed_0(run: Run) -> None:
    assert run("times.ties").got == list(range(8))


def test_another_seed_permutes_ties_the_same_way_each_time(run: Run) -> None:
    orders = {seed: run("times.ties", seed=seed).got for seed in (1, 2)}
    assert all(sorted(order) == list(range(8)) for order in orders.values())
    assert orders[1] != orders[2] != list(range(8)) != orders[1]
    assert run("times.ties", seed=1).got == orders[1]


def test_all_wall_clocks_are_in_step_at_every_depth_and_in_threads(run: Run) -> None:
    assert {reading for clocks in run("times.wall_clocks").got for reading in clocks} == {1234.5}


def test_the_frozen_date_is_before_real_ones(run: Run) -> None:
    assert run("times.before_real_dates").got is True


def test_hooks_are_inert_without_begin(run: Run) -> None:
    got = run("times.inert", seed="never").got
    assert got["flag"] and not got["alive"] and got["year"]
    assert got["loop"].startswith("asyncio.")
    assert 0.14 < got["lasted"] < 60
    assert got["off"] < 10
    assert got["turns"] == 0


def test_install_then_fork_then_begin(run: Run) -> None:
    assert run("times.fork_then_begin", seed="never").got == 7


def test_a_child_forked_by_a_subject_is_outside_the_clock(run: Run) -> None:
    assert run("times.fork_by_the_subject").got == 7


def test_loops_from_everywhere_are_virtual(run: Run) -> None:
    got = run("times.loops_from_everywhere").got
    assert [micros for _, micros in got] == [hour * 3_600_000_000 for hour in range(1, 8)]
