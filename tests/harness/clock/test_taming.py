"""Randomness comes from the seed, and garbage is collected at fixed virtual times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_equal_runs_draw_the_same(run: Run) -> None:
    assert run("taming.draws", 1) == run("taming.draws", 1)


def test_another_seed_draws_anew(run: Run) -> None:
    first, second = run("taming.draws", 1).got, run("taming.draws", 2).got
    cores = first.pop()
    assert cores == second.pop() == 4
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_an_abandoned_socket_ends_at_a_fixed_time_whatever_the_garbage(run: Run) -> None:
    *ends, enabled = run("taming.abandoned_socket", 0).got
    assert all(end % 100 == 0 for end in ends)
    assert len(ends) == 3
    assert not enabled
    assert run("taming.abandoned_socket", 3000).got == [*ends, enabled]


def test_a_finaliser_may_wait_for_a_lock(run: Run) -> None:
    assert run("taming.finaliser_that_waits").got == [1000.0]


def test_sets_of_tasks_and_threads_are_gone_through_in_the_same_order_each_time(run: Run) -> None:
    first, *others = [run("taming.order_of_sets").got for _ in range(3)]
    assert [sorted(order) for order in first[:3]] == [list(range(50))] * 3
    assert others == [first, first]


def test_names_and_orders_do_not_depend_on_what_a_warm_parent_did(run: Run) -> None:
    first = run("taming.warm_parent", 3, seed="never").got
    assert first[0] == ["Thread-1", "Thread-2"]
    assert run("taming.warm_parent", 77, seed="never").got == first
