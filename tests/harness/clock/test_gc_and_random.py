"""Randomness comes from the seed, and garbage is collected at fixed virtual times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_runs_with_one_seed_draw_the_same_randomness(run: Run) -> None:
    assert run("gc_and_random.draws", 1) == run("gc_and_random.draws", 1)


def test_a_run_with_another_seed_draws_other_randomness(run: Run) -> None:
    first, second = run("gc_and_random.draws", 1).got, run("gc_and_random.draws", 2).got
    cores = first.pop()
    assert cores == second.pop() == 4
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_an_abandoned_socket_is_collected_at_a_fixed_virtual_time_whatever_other_garbage(
    run: Run,
) -> None:
    *ends, enabled = run("gc_and_random.abandoned_socket", 0).got
    assert all(end % 100 == 0 for end in ends)
    assert len(ends) == 3
    assert not enabled
    assert run("gc_and_random.abandoned_socket", 3000).got == [*ends, enabled]


def test_a_finaliser_may_wait_for_a_lock(run: Run) -> None:
    assert run("gc_and_random.finaliser_that_waits").got == [1000.0]
